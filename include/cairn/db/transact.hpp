// Copyright the Cairn authors
// SPDX-License-Identifier: BSL-1.0
// Transactions: from a database value and data to the next database value.
#pragma once

#include <cairn/db/aggregate/write.hpp>
#include <cairn/db/apply.hpp>
#include <cairn/db/clock.hpp>
#include <cairn/db/db.hpp>
#include <cairn/db/entity.hpp>
#include <cairn/db/record_of.hpp>
#include <cairn/db/transactor.hpp>
#include <cairn/db/tx_data.hpp>
#include <cairn/db/tx_edn.hpp>
#include <cairn/db/tx_function.hpp>
#include <cairn/db/tx_report.hpp>

#include <memory>
#include <utility>

namespace cairn {

namespace detail {

/// What `editor`, which is where `db` is, makes of it.
template <class IndexTag>
[[nodiscard]] Db<IndexTag> next_value(Db<IndexTag> const& db, TxRecord const& record, std::unique_ptr<SnapshotEditor<IndexTag>> editor) {
  editor->apply(record);
  return {std::make_shared<LazySnapshot<IndexTag> const>(db.lazy_snapshot(), record, std::move(editor)), {}};
}

}  // namespace detail

/// The database that a transaction makes of `db`, and what it changes. Pure: nothing is stored, `db` stays what it is,
/// and who is refused has changed nothing. `clock` is the time now; the transaction's instant is later than all before,
/// unless its data says another (`:db/txInstant`), which may be earlier: what is imported keeps its own time.
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
  detail::EditorLoan<IndexTag> loan{*db.lazy_snapshot()};
  detail::Transactor<IndexTag> transactor{loan.editor(), clock};
  transactor.run(data);
  auto record = detail::record_of(transactor.state(), clock);
  TxReport<IndexTag> report{.db_before = db, .db_after = detail::next_value(db, record, loan.take()), .tx = record.tx};
  for (auto const& [id, entity] : transactor.resolver().temporary_ids()) report.tempids.emplace(id, entity);
  static Keyword const current_tx{"db/current-tx"};
  report.tempids.insert_or_assign(Value{current_tx}, record.tx);
  auto const& schema = report.db_after.schema();
  report.tx_data.reserve(record.datoms.size());
  for (auto const& datom : record.datoms) report.tx_data.push_back(detail::to_datom(datom, schema));
  report.purged.reserve(record.purged.size());
  for (auto const& datom : record.purged) report.purged.push_back(detail::to_datom(datom, schema));
  report.record = std::move(record);
  return report;
}

template <class IndexTag>
TxReport<IndexTag> Db<IndexTag>::with(TxData const& data) const {
  return transact(*this, data);
}

}  // namespace cairn

#ifdef CAIRN_ENGINE
#include <cairn/db/engine.hpp>
#endif
