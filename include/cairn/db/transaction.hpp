// Copyright the Cairn authors
// SPDX-License-Identifier: BSL-1.0
// What a transaction does.
#pragma once

#include <cairn/db/lazy_snapshot_members.hpp>
#include <cairn/db/record_of.hpp>
#include <cairn/db/snapshot_editor.hpp>
#include <cairn/db/transact.hpp>
#include <cairn/db/transactor.hpp>

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

template <class IndexTag>
TxReport<IndexTag> transact(Db<IndexTag> const& db, TxData const& data, Instant clock) {
  if (!db.view().is_plain()) {
    raise(Errc::transact_syntax,
          "A transaction starts from the present: as_of, since, history and filtered views are for reading.", "{}");
  }
  detail::EditorLoan<IndexTag> loan{db.lazy_snapshot()};
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

}  // namespace cairn
