// Copyright the Cairn authors
// SPDX-License-Identifier: BSL-1.0
// The write-optimised index: the class.
#pragma once

#include <cairn/index/persistent_set_class.hpp>

#include <cstddef>

namespace cairn {

/// Measured (docs/indexes.md): longer buffers make checkpoints of scattered writes smaller, and small checkpoints larger.
using HitchhikerShape = BufferedShape<DefaultNodeShape, 64, std::size_t{3} << 9U, std::size_t{96} << 10U>;

/// A persistent set whose inner nodes are stored with buffers: what has changed since a child was written. A checkpoint writes
/// a node only where its parent's buffer is full; all else it describes. So scattered writes touch few nodes. In memory it is
/// a `PersistentSet` in each respect: operations are applied when a node is read.
template <Order Sorted>
using HitchhikerTree = PersistentSet<Sorted, HitchhikerShape>;

}  // namespace cairn
