// Copyright the Cairn authors
// SPDX-License-Identifier: BSL-1.0
// Queries at run time: `q(db, "[:find ?e :where [?e :name \"Ivan\"]]")`.
#pragma once

#include <cairn/db/db.hpp>
#include <cairn/edn/write.hpp>
#include <cairn/meta/lazy.hpp>
#include <cairn/query/function/registry.hpp>
#include <cairn/query/run/front_end.hpp>
#include <cairn/query/run/input.hpp>
#include <cairn/query/run/options.hpp>
#include <cairn/query/run/result.hpp>

#include <array>
#include <span>
#include <string>
#include <string_view>

namespace cairn {

/// Asks a database value a query of Datalog, as EDN text or EDN. Inputs follow those of `:in` after its first source, which is the
/// database: a string is a string (EDN needs `edn("...")`), `kw(":male")`, `lookup(":name", "Ivan")`, a range is a collection, a
/// range of tuples a relation or a source, a database value a further source, `rules("[...]")` goes to `%`.
///
///     auto rows = q(db, "[:find ?e ?a :in $ ?n :where [?e :name ?n] [?e :age ?a]]", "Ivan");
///     for (auto row : rows) use(row.get<std::int64_t>(0), row[1]);
///
/// Complexity: reading is linear in the text, planning quadratic in the clauses, and both are done once for a text that is asked
/// again of a database like the one before (the last hundred or so of a program are kept); then what the plan says (`explain`).
/// Errors: `edn/...`, `parser/...` with the text around the place; `query/where`, `query/arithmetic`, `query/timeout`, `query/memory`,
/// `entity-id/missing`, `lookup-ref/unique`; those of the store. Thread safety: any thread.
template <class IndexTag, query::QueryInput... Inputs>
[[nodiscard]] QueryResult q(Db<IndexTag> const& db, std::string_view text, QueryOptions const& options, Inputs const&... inputs) {
  std::array<query::GivenInput, sizeof...(Inputs) + 1> const given{query::GivenInput{db}, query::GivenInput{inputs}...};
  return query::ask(text, given, options);
}
template <class IndexTag, query::QueryInput... Inputs>
[[nodiscard]] QueryResult q(Db<IndexTag> const& db, std::string_view text, Inputs const&... inputs) {
  return q(db, text, QueryOptions{}, inputs...);
}
template <class IndexTag, query::QueryInput... Inputs>
[[nodiscard]] QueryResult q(Db<IndexTag> const& db, notation::Value const& form, QueryOptions const& options, Inputs const&... inputs) {
  return q(db, query::text_of(form), options, inputs...);
}
template <class IndexTag, query::QueryInput... Inputs>
[[nodiscard]] QueryResult q(Db<IndexTag> const& db, notation::Value const& form, Inputs const&... inputs) {
  return q(db, query::text_of(form), QueryOptions{}, inputs...);
}

/// The same with inputs in a list, for those who don't know them before they run; the database is the first of them.
template <meta::Lazy = {}>
[[nodiscard]] inline QueryResult query_with(std::string_view text, std::span<query::GivenInput const> inputs,
                                            QueryOptions const& options = {}) {
  return query::ask(text, inputs, options);
}

/// How a query is answered: its plan, a line a step, with the rows that were expected and that there were. It runs the query.
/// Errors: those of `q`.
template <class IndexTag, query::QueryInput... Inputs>
[[nodiscard]] std::string explain(Db<IndexTag> const& db, std::string_view text, Inputs const&... inputs) {
  std::array<query::GivenInput, sizeof...(Inputs) + 1> const given{query::GivenInput{db}, query::GivenInput{inputs}...};
  return query::explain(text, given, QueryOptions{});
}

}  // namespace cairn

#ifdef CAIRN_ENGINE
#include <cairn/query/engine.hpp>
#else
#include <cairn/query/definitions.hpp>
#endif
