// Copyright the Cairn authors
// SPDX-License-Identifier: BSL-1.0
// Transactions: from a database value and data to the next database value.
#pragma once

#include <cairn/db/apply.hpp>
#include <cairn/db/db.hpp>
#include <cairn/db/entity.hpp>
#include <cairn/db/transactor.hpp>
#include <cairn/db/tx_data.hpp>
#include <cairn/db/tx_edn.hpp>
#include <cairn/db/tx_report.hpp>

#include <algorithm>
#include <chrono>
#include <limits>
#include <optional>
#include <string>
#include <utility>

namespace cairn {

/// The clock that transactions are stamped with.
[[nodiscard]] inline Instant current_instant() {
  auto const since = std::chrono::system_clock::now().time_since_epoch();
  return {std::chrono::duration_cast<std::chrono::milliseconds>(since).count()};
}

namespace detail {

/// The instant of a transaction: the one that it says itself, else the clock's, later than all before by at least 1 ms.
inline Instant instant_of(std::optional<Instant> said, Instant last, bool is_first, Instant clock) {
  if (said) return *said;
  if (is_first || clock > last) return clock;
  if (last.milliseconds == (std::numeric_limits<std::int64_t>::max)()) {
    raise(Errc::transact_schema, "The last transaction's :db/txInstant is the end of time; nothing can come after it.",
          "{}");
  }
  return {last.milliseconds + 1};
}

template <class IndexTag>
TxRecord record_of(TxState<IndexTag> const& state, Instant clock) {
  auto const& base = state.base();
  TxRecord record;
  record.tx = state.tx();
  record.instant = instant_of(state.instant(), base.last_instant, record.tx == first_transaction, clock);
  record.max_entity = state.max_entity();
  for (auto id = base.schema->next_attribute(); id < state.schema().next_attribute(); ++id) {
    record.new_attributes.emplace_back(id, state.schema().find(id)->ident);
  }
  record.datoms.reserve(state.changes().size() + 1);
  record.datoms.push_back({record.tx, system_attribute::tx_instant, true, record.tx, record.instant});
  for (auto const& change : state.changes()) {
    if (change.is != change.was) record.datoms.push_back({change.e, change.a, change.is, record.tx, change.v});
  }
  return record;
}

}  // namespace detail

/// The database that a transaction makes of `db`, and what it changes. Pure: nothing is stored, `db` stays what it is,
/// and who is refused has changed nothing. `clock` is the time now; the transaction's instant is later than all before.
///
/// Operations take effect one after the other, each on what those before it made; what counts in the end is the
/// difference. Errors: `transact/...`, `entity-id/...`, `lookup-ref/...`; see docs/errors.md. Complexity: O(operations
/// · log n).
template <class IndexTag>
[[nodiscard]] TxReport<IndexTag> transact(Db<IndexTag> const& db, TxData const& data,
                                          Instant clock = current_instant()) {
  if (!db.view().is_plain()) {
    raise(Errc::transact_syntax,
          "A transaction starts from the present: as_of, since, history and filtered views are for reading.", "{}");
  }
  detail::Transactor<IndexTag> transactor{db.snapshot()};
  transactor.run(data);
  auto record = detail::record_of(transactor.state(), clock);
  TxReport<IndexTag> report{.db_before = db, .db_after = Db<IndexTag>{apply(db.snapshot(), record)}, .tx = record.tx};
  for (auto const& [id, entity] : transactor.resolver().temporary_ids()) report.tempids.emplace(id, entity);
  report.tempids.insert_or_assign(Value{Keyword{"db/current-tx"}}, record.tx);
  auto const& schema = report.db_after.schema();
  report.tx_data.reserve(record.datoms.size());
  for (auto const& datom : record.datoms) report.tx_data.push_back(detail::to_datom(datom, schema));
  report.record = std::move(record);
  return report;
}

template <class IndexTag>
TxReport<IndexTag> Db<IndexTag>::with(TxData const& data) const {
  return transact(*this, data);
}

}  // namespace cairn
