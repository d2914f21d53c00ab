// Copyright the Cairn authors
// SPDX-License-Identifier: BSL-1.0
// What a transaction in progress has changed so far, as a record.
#pragma once

#include <cairn/db/tx_record.hpp>
#include <cairn/db/tx_state.hpp>
#include <cairn/meta/lazy.hpp>

#include <limits>
#include <optional>

namespace cairn::detail {

/// The instant of a transaction: the one that it says itself, else the clock's, later than all before by at least 1 ms.
template <meta::Lazy = {}>
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
  record.purged.assign(state.purged().begin(), state.purged().end());
  return record;
}

}  // namespace cairn::detail
