// Copyright the Cairn authors
// SPDX-License-Identifier: BSL-1.0
// Snapshots after transactions.
#pragma once

#include <cairn/db/snapshot.hpp>
#include <cairn/db/tx_record.hpp>

#include <span>

namespace cairn {

/// The snapshot after a transaction. O(datoms · log n), linear where a record outnumbers the database.
template <class IndexTag>
[[nodiscard]] Snapshot<IndexTag> apply(Snapshot<IndexTag> const& snapshot, TxRecord const& record);

/// The snapshot after several transactions: as applying them one by one, with one set of edits. The snapshot is taken
/// by value so that `std::apply`, which a `std::span` brings along, is never the better match.
template <class IndexTag>
[[nodiscard]] Snapshot<IndexTag> apply(Snapshot<IndexTag> snapshot, std::span<TxRecord const> records);

}  // namespace cairn

#ifndef CAIRN_ENGINE
#include <cairn/db/snapshot_editor.hpp>
#endif
