// Copyright the Cairn authors
// SPDX-License-Identifier: BSL-1.0
// What a transaction did.
#pragma once

#include <cairn/db/db.hpp>
#include <cairn/db/tx_record.hpp>

#include <map>
#include <vector>

namespace cairn {

/// The outcome of a transaction.
template <class IndexTag>
struct TxReport {
  Db<IndexTag> db_before;
  Db<IndexTag> db_after;
  EntityId tx = 0;
  /// The entities that temporary ids became, by the id as it was given (a string, a negative number); `:db/current-tx`
  /// is the transaction.
  std::map<Value, EntityId> tempids{};
  /// What became true and what ceased to be, the transaction's own datoms first: nothing that was true already, and
  /// nothing that was added and retracted again.
  std::vector<Datom> tx_data{};
  /// What a purge took out of the present and the past.
  std::vector<Datom> purged{};
  /// All of that in the form which replay applies, attributes by number. What was purged is in no log.
  TxRecord record{};
};

}  // namespace cairn
