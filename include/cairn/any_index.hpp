// Copyright the Cairn authors
// SPDX-License-Identifier: BSL-1.0
// The engine for indexes that the library `cairn::engine` does not have: a hitchhiker tree, or one of your own.
#pragma once

#include <cairn/db/bulk_import.hpp>
#include <cairn/db/lazy_snapshot_members.hpp>
#include <cairn/db/pull/pattern_members.hpp>
#include <cairn/db/snapshot_editor.hpp>
#include <cairn/db/system_entities.hpp>
#include <cairn/db/transaction.hpp>
#include <cairn/index/hitchhiker_tree.hpp>
#include <cairn/store/state_codec.hpp>

namespace cairn::detail {

struct AnyIndex {};

}  // namespace cairn::detail
