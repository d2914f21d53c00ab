// Copyright the Cairn authors
// SPDX-License-Identifier: BSL-1.0
// Queries by the compiler: `q<"[:find ?e ?n :where [?e :name ?n]]">(db)`.
#pragma once

#include <cairn/query/compiled/execute/run.hpp>
#include <cairn/query/compiled/static_query.hpp>
#include <cairn/query/compiled/static_rows.hpp>
#include <cairn/query/compiled/surroundings.hpp>
#include <cairn/query/function/registry.hpp>
#include <cairn/query/plan/explain.hpp>
#include <cairn/query/query.hpp>
#include <cairn/query/run/options.hpp>

#include <array>
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
template <FindShape Shape, CellType... Types>
struct Answer {
  static constexpr bool single = Shape == FindShape::collection || Shape == FindShape::scalar;
  using Rows = StaticRows<single, Types...>;

  [[nodiscard]] static auto of(StaticAnswer&& answer) {
    if constexpr (Shape == FindShape::relation || Shape == FindShape::collection) {
      return Rows{std::move(answer)};
    } else {
      return first_of(answer, std::make_index_sequence<sizeof...(Types)>{});
    }
  }

 private:
  template <std::size_t... Index>
  [[nodiscard, gnu::noinline]] static auto first_of(StaticAnswer const& answer, std::index_sequence<Index...>) {
    if constexpr (Shape == FindShape::scalar) {
      using Type = decltype((owned<Types>(std::declval<Cell>()), ...));
      return answer.size == 0 ? std::optional<Type>{} : std::optional<Type>{(owned<Types>(answer.columns[Index][0]), ...)};
    } else {
      using Type = std::tuple<decltype(owned<Types>(std::declval<Cell>()))...>;
      return answer.size == 0 ? std::optional<Type>{} : std::optional<Type>{Type{owned<Types>(answer.columns[Index][0])...}};
    }
  }
};

/// That of a query; queries with rows of the same types have the same.
template <class Whole, FindShape Shape, class Index>
struct AnswerTo;
template <class Whole, FindShape Shape, std::size_t... Index>
struct AnswerTo<Whole, Shape, std::index_sequence<Index...>> {
  using type = Answer<Shape, Whole::columns[Index]...>;
};

template <class Query, class Extra, class... Inputs>
[[nodiscard]] auto run_static(Inputs const&... inputs) {
  if constexpr (!is_sound<Query, Extra, Inputs...>()) {
    return refuse_query<Query, Extra, Inputs...>();
  } else {
    using Whole = Surrounded<Query, Extra, Inputs...>;
    using Given = typename AnswerTo<Whole, Query::frozen.shape, std::make_index_sequence<Query::sizes.find>>::type;
    std::array<BorrowedInput, sizeof...(Inputs)> const given{BorrowedInput{inputs}...};
    if constexpr (is_compiled<Query> && is_of_one_database<Query, Inputs...>) {
      auto const& db = input_at<place_of_database<Query>()>(inputs...);
      return Given::of(answer_of(compiled_query<Query, typename std::remove_cvref_t<decltype(db)>::index_tag>, db, given));
    } else {
      return Given::of(interpret(Query::plan(), given, RegistryOf<Extra>::get()));
    }
  }
}

/// With what a query may use and is asked besides its text. An order that is given apart from the text, and rules that are, have the
/// query planned now; what the compiler found out of its rows stays true.
template <class Query, class Extra, class... Inputs>
[[nodiscard]] auto run_static_with(QueryOptions options, Inputs const&... inputs) {
  if constexpr (!is_sound<Query, Extra, Inputs...>()) {
    return refuse_query<Query, Extra, Inputs...>();
  } else {
    using Whole = Surrounded<Query, Extra, Inputs...>;
    using Given = typename AnswerTo<Whole, Query::frozen.shape, std::make_index_sequence<Query::sizes.find>>::type;
    std::array<GivenInput, sizeof...(Inputs)> const given{GivenInput{inputs}...};
    if (auto const* functions = RegistryOf<Extra>::get(); functions != nullptr) options.functions = functions;
    if (Query::has_late_rules || !options.order_by.empty()) return Given::of(shown(query::ask(Query::text, given, options, RowsAs::columns)));
    return Given::of(shown(run_plan(Query::plan(), given, options, nullptr, RowsAs::columns)));
  }
}

template <class Query, class Extra, class... Inputs>
[[nodiscard]] auto answer_static(QueryOptions const& options, Inputs const&... inputs) {
  return run_static_with<Query, Extra>(options, inputs...);
}
template <class Query, class Extra, class... Inputs>
[[nodiscard]] auto answer_static(Inputs const&... inputs) {
  if constexpr (Query::has_late_rules) {
    return run_static_with<Query, Extra>(QueryOptions{}, inputs...);
  } else {
    return run_static<Query, Extra>(inputs...);
  }
}

}  // namespace query::compiled

/// Asks a query that the compiler has read and planned; what is wrong with it does not compile. Inputs are those under `:in`, in
/// order: the first is the database, as a rule; a query without `:in` that reads none needs none. Behind the text may stand a
/// `Schema`, with which attributes and constants are
/// checked and rows have the types of the attributes, and C++ functions that the query calls:
///
///     using People = cairn::Schema<Person, Company>;
///     for (auto const& [e, name] : cairn::q<"[:find ?e ?n :where [?e :name ?n] [(tall? ?n)]]", People, cairn::fn<"tall?", tall>>(db))
///
/// A relation is a range of tuples, `[?x ...]` a range of values, `[?x ?y]` and `?x .` are an optional one. Variables in the
/// places of entities and transactions are `EntityId`; without a schema all others are `ValueView`, with one `std::string_view`,
/// `std::int64_t`, `double`, `bool`, `Instant`, `Keyword` and so on. What rows show is valid as long as the result. Of rows that are
/// maps (`:keys`) the tuples have the values, in the order of `:find`. Rows may be found as they are read: see `StaticRows`.
///
/// `QueryOptions` come first, before the inputs: `q<"[:find ...]">(QueryOptions{.timeout = 1s, .limit = 10}, db)`; their `functions`
/// are those that stand behind the text, if there are any. Rules for `%` are `rules<"[...]">`, or `rules("[...]")`, with which the
/// query is planned when it runs; an entity that a rule binds, too, is a `ValueView` then, and without a schema so is every value.
///
/// Errors: `query/where` where a database's values have other types than the schema says, `query/arithmetic`, `query/memory`,
/// `query/timeout`, `entity-id/missing`, `lookup-ref/unique`; those of the store; with rules or an order that come when it runs
/// also `edn/...` and `parser/...`. Thread safety: any thread.
template <meta::fixed_string Text, class... Extra, class... Inputs>
[[nodiscard]] auto q(Inputs const&... inputs) {
  query::compiled::require_extras<Extra...>();
  using Sorted = query::compiled::SortedExtras<Extra...>;
  using StaticText = typename query::compiled::RulesAmong<Inputs...>::type;
  return query::compiled::answer_static<typename Sorted::template Query<Text, StaticText>, Sorted>(inputs...);
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

#ifdef CAIRN_ENGINE
#include <cairn/query/compiled/engine.hpp>
#endif
