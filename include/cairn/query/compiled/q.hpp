// Copyright the Cairn authors
// SPDX-License-Identifier: BSL-1.0
// Queries by the compiler: `q<"[:find ?e ?n :where [?e :name ?n]]">(db)`.
#pragma once

#include <cairn/query/compiled/static_query.hpp>
#include <cairn/query/compiled/static_rows.hpp>
#include <cairn/query/compiled/surroundings.hpp>
#include <cairn/query/function/registry.hpp>
#include <cairn/query/plan/explain.hpp>
#include <cairn/query/query.hpp>

#include <array>
#include <concepts>
#include <cstddef>
#include <optional>
#include <string>
#include <type_traits>
#include <utility>

namespace cairn {

namespace query::compiled {

/// The functions of a query, registered once.
template <class... Functions>
[[nodiscard]] FunctionRegistry const* registry_of() {
  if constexpr (sizeof...(Functions) == 0) {
    return nullptr;
  } else {
    static FunctionRegistry const registry = [] {
      FunctionRegistry made;
      (made.add(Functions{}), ...);
      return made;
    }();
    return &registry;
  }
}

template <class Extra>
struct RegistryOf;
template <class SchemaType, class... Functions>
struct RegistryOf<Extras<SchemaType, Functions...>> {
  [[nodiscard]] static FunctionRegistry const* get() { return registry_of<Functions...>(); }
};

/// What a static query gives back, made of its result.
/// A tuple and a scalar own what they show, since there is no result that could.
template <class Whole, FindShape Shape, class Index>
struct Answer;
template <class Whole, FindShape Shape, std::size_t... Index>
struct Answer<Whole, Shape, std::index_sequence<Index...>> {
  static constexpr bool single = Shape == FindShape::collection || Shape == FindShape::scalar;
  using Rows = StaticRows<single, Whole::columns[Index]...>;

  [[nodiscard]] static auto of(QueryResult result) {
    if constexpr (Shape == FindShape::relation || Shape == FindShape::collection) {
      return Rows{std::move(result)};
    } else if constexpr (Shape == FindShape::scalar) {
      using Type = decltype(owned<Whole::columns[0]>(std::declval<Cell>()));
      return result.empty() ? std::optional<Type>{} : std::optional<Type>{owned<Whole::columns[0]>(result.cell(0, 0))};
    } else {
      using Type = std::tuple<decltype(owned<Whole::columns[Index]>(std::declval<Cell>()))...>;
      return result.empty() ? std::optional<Type>{} : std::optional<Type>{Type{owned<Whole::columns[Index]>(result.cell(0, Index))...}};
    }
  }
};

template <class Query, class Extra, class... Inputs>
[[nodiscard]] auto run_static(Inputs const&... inputs) {
  if constexpr (!is_sound<Query, Extra, Inputs...>()) {
    refuse_query<Query, Extra, Inputs...>();
  } else {
    using Whole = Surrounded<Query, Extra, Inputs...>;
    std::array<GivenInput, sizeof...(Inputs)> const given{GivenInput{inputs}...};
    QueryOptions options;
    options.functions = RegistryOf<Extra>::get();
    return Answer<Whole, Query::frozen.shape, std::make_index_sequence<Query::sizes.find>>::of(
        run_plan(Query::plan(), given, options));
  }
}

}  // namespace query::compiled

/// Asks a query that the compiler has read and planned; what is wrong with it does not compile. Inputs are those under `:in`, in
/// order: the first is the database, as a rule. Behind the text may stand a `Schema`, with which attributes and constants are
/// checked and rows have the types of the attributes, and C++ functions that the query calls:
///
///     using People = cairn::Schema<Person, Company>;
///     for (auto const& [e, name] : cairn::q<"[:find ?e ?n :where [?e :name ?n] [(tall? ?n)]]", People, cairn::fn<"tall?", tall>>(db))
///
/// A relation is a range of tuples, `[?x ...]` a range of values, `[?x ?y]` and `?x .` are an optional one. Variables in the
/// places of entities and transactions are `EntityId`; without a schema all others are `ValueView`, with one `std::string_view`,
/// `std::int64_t`, `double`, `bool`, `Instant`, `Keyword` and so on. What rows show is valid as long as the result.
///
/// Errors: `query/where` where a database's values have other types than the schema says, `query/arithmetic`, `query/memory`,
/// `entity-id/missing`, `lookup-ref/unique`; those of the store. Thread safety: any thread.
template <meta::fixed_string Text, class... Extra, class... Inputs>
[[nodiscard]] auto q(Inputs const&... inputs) {
  query::compiled::require_extras<Extra...>();
  using Sorted = query::compiled::SortedExtras<Extra...>;
  using StaticText = typename query::compiled::RulesAmong<Inputs...>::type;
  return query::compiled::run_static<typename Sorted::template Query<Text, StaticText>, Sorted>(inputs...);
}

/// The plan of a static query in words: the clauses in the order in which they are taken, with the variables that are known by then.
template <meta::fixed_string Text, class... Extra>
[[nodiscard]] std::string explain() {
  using Sorted = query::compiled::SortedExtras<std::conditional_t<query::compiled::is_rules<Extra>, query::compiled::NoExtra, Extra>...>;
  using StaticText = typename query::compiled::RulesAmong<Extra...>::type;
  using Query = typename Sorted::template Query<Text, StaticText>;
  if constexpr (Query::is_valid) {
    return query::explain_plan(Query::plan());
  } else {
    Query::check();
    return {};
  }
}

}  // namespace cairn
