// Copyright the Cairn authors
// SPDX-License-Identifier: BSL-1.0
// What a result has beside its cells: what was pulled, and the keys of its maps.
#pragma once

#include <cairn/db/pull/memory.hpp>
#include <cairn/edn/form.hpp>
#include <cairn/edn/parse.hpp>
#include <cairn/edn/value.hpp>
#include <cairn/error/error.hpp>
#include <cairn/meta/lazy.hpp>
#include <cairn/meta/watch.hpp>
#include <cairn/query/run/place_error.hpp>
#include <cairn/query/run/query_context.hpp>
#include <cairn/query/run/result.hpp>

#include <cstddef>
#include <optional>
#include <span>
#include <string>
#include <utility>
#include <vector>

namespace cairn::query::detail {

/// Has what is pulled counted, and seen by the limits.
struct PullWatch {
  QueryContext& context;

  [[nodiscard]] bool poll() const {
    context.charge(cairn::detail::pull_work_a_poll * cairn::detail::pull_bytes_a_unit);
    return context.poll();
  }
};

/// The place in a pattern of what an error's data name, `{:attribute :name}` or `{:form (...)}`: the first form that is written so,
/// or the whole pattern.
template <meta::Lazy = {}>
[[nodiscard]] inline notation::Form place_in(notation::Form pattern, Error const& error) {
  auto const data = notation::parse(error.data());
  if (!data.is_map() || data.size() == 0 || data.value(0).is_nil()) return pattern;
  for (auto at = pattern.index() + 1; at < pattern.node().next; ++at) {
    if (notation::Value::of(pattern.at(at)) == data.value(0)) return pattern.at(at);
  }
  return pattern;
}

template <meta::Lazy = {}>
inline void pull_columns(QueryContext& context, Found& found, std::span<Cell const> patterns) {
  auto const& plan = context.plan();
  for (std::size_t i = 0; i != plan.find.size(); ++i) {
    if (plan.find[i].kind != Find::Kind::pull) continue;
    std::vector<Cell> entities;
    entities.reserve(found.rows.size());
    for (std::size_t row = 0; row != found.rows.size(); ++row) entities.push_back(found.rows.at(row, i));
    // As it is written, where it is: a value has lost the difference of lists and vectors.
    auto const written = plan.find[i].pattern.kind == Operand::Kind::constant
                             ? std::optional{form_of(plan, plan.constants[plan.find[i].pattern.index])}
                             : std::nullopt;
    BorrowedValue const pattern{patterns[i]};
    auto const form = written ? notation::Value::of(*written) : to_edn(*pattern);
    auto const& source = context.source(plan.find[i].source);
    PullWatch watcher{context};
    static_cast<void>(context.poll());
    try {
      found.pulled.push_back({i, source.pull(form, entities, meta::Watch::of(watcher))});
    } catch (Error const& error) {
      if (!is_of_text(error.code())) throw;
      bool const is_of_entity = error.code() == Errc::entity_id_missing || error.code() == Errc::entity_id_syntax ||
                                error.code() == Errc::lookup_ref_unique;
      throw error_at(written && !is_of_entity ? place_in(*written, error) : form_of(plan, plan.find[i].form), false, error);
    }
    static_cast<void>(context.poll());
  }
}

template <meta::Lazy = {}>
[[nodiscard]] inline std::vector<notation::Value> keys_of(PlanView const& plan) {
  using Edn = notation::Value;
  std::vector<Edn> keys;
  for (auto const at : plan.keys) {
    auto const name = form_of(plan, at).name();
    keys.push_back(plan.row_keys == RowKeys::keywords  ? Edn::keyword(name)
                   : plan.row_keys == RowKeys::strings ? Edn::string(std::string{name})
                                                       : Edn::symbol(name));
  }
  return keys;
}

}  // namespace cairn::query::detail
