// Copyright the Cairn authors
// SPDX-License-Identifier: BSL-1.0
// Transactions: from a database value and data to the next database value.
#pragma once

#include <cairn/db/aggregate/write.hpp>
#include <cairn/db/clock.hpp>
#include <cairn/db/db.hpp>
#include <cairn/db/entity.hpp>
#include <cairn/db/tx_data.hpp>
#include <cairn/db/tx_edn.hpp>
#include <cairn/db/tx_function.hpp>
#include <cairn/db/tx_report.hpp>

namespace cairn {

/// The database that a transaction makes of `db`, and what it changes. Pure: nothing is stored, `db` stays what it is,
/// and who is refused has changed nothing. `clock` is the time now; the transaction's instant is later than all before,
/// unless its data says another (`:db/txInstant`), which may be earlier: what is imported keeps its own time.
///
/// Operations take effect one after the other, each on what those before it made; what counts in the end is the
/// difference. Errors: `transact/...`, `entity-id/...`, `lookup-ref/...`; see docs/errors.md. Complexity: O(operations
/// · log n), again each time that a temporary id turns out late to be an entity that is there; where it describes
/// attributes or purges, that for each function in it.
template <class IndexTag>
[[nodiscard]] TxReport<IndexTag> transact(Db<IndexTag> const& db, TxData const& data,
                                          Instant clock = current_instant());

template <class IndexTag>
TxReport<IndexTag> Db<IndexTag>::with(TxData const& data) const {
  return transact(*this, data);
}

}  // namespace cairn

#ifdef CAIRN_ENGINE
#include <cairn/db/engine.hpp>
#else
#include <cairn/db/transaction.hpp>
#endif
