// Copyright the Cairn authors
// SPDX-License-Identifier: BSL-1.0
// What the program says about a static query: its schema, its functions, the types of its inputs.
#pragma once

#include <cairn/db/aggregate/schema.hpp>
#include <cairn/query/compiled/cell_type_of.hpp>
#include <cairn/query/compiled/fault_report.hpp>
#include <cairn/query/compiled/fn.hpp>
#include <cairn/query/compiled/infer_types.hpp>
#include <cairn/query/compiled/input_check.hpp>
#include <cairn/query/compiled/refused.hpp>
#include <cairn/query/compiled/schema_check.hpp>
#include <cairn/query/compiled/static_query.hpp>
#include <cairn/query/compiled/value_check.hpp>

#include <array>
#include <cstddef>
#include <ranges>
#include <tuple>
#include <type_traits>
#include <utility>

namespace cairn::query::compiled {

/// No schema: any attribute, and values of any type.
struct NoSchema {
  static constexpr std::array<SchemaAttribute, 0> attributes{};
};

template <class Type>
inline constexpr bool is_schema = false;
template <class... Aggregates>
inline constexpr bool is_schema<Schema<Aggregates...>> = true;

template <class SchemaType>
inline constexpr auto known_attributes = [] {
  std::array<KnownAttribute, SchemaType::attributes.size()> known{};
  for (std::size_t i = 0; i != known.size(); ++i) {
    auto const& attribute = SchemaType::attributes[i];
    known[i] = {attribute.name, cell_type_of_value(attribute.type), attribute.is_ref(), attribute.is_unique(), cairn::name(attribute.type)};
  }
  return known;
}();

/// What comes behind a query's text, sorted: a schema, and functions.
template <class SchemaType, class... Functions>
struct Extras {
  using schema = SchemaType;
  static constexpr std::array<KnownFunction, sizeof...(Functions)> functions{Functions::known...};
  template <meta::fixed_string Text, class Rules>
  using Query = StaticQuery<Text, Rules, Functions...>;
};

template <class Sorted, class... Rest>
struct Sort {
  using type = Sorted;
};
template <class SchemaType, class... Functions, class Next, class... Rest>
struct Sort<Extras<SchemaType, Functions...>, Next, Rest...> {
  using Before = Extras<SchemaType, Functions...>;
  using After = std::conditional_t<is_schema<Next>, Extras<Next, Functions...>,
                                   std::conditional_t<is_fn<Next>, Extras<SchemaType, Functions..., Next>, Before>>;
  using type = typename Sort<After, Rest...>::type;
};

/// Stands for what is no extra after all.
struct NoExtra {};
template <class SchemaType, class... Functions, class... Rest>
struct Sort<Extras<SchemaType, Functions...>, NoExtra, Rest...> : Sort<Extras<SchemaType, Functions...>, Rest...> {};

/// Apart from the sorting, since a compiler goes on with less where an assertion fails inside of a class.
template <class... Given>
constexpr void require_extras() {
  static_assert(((is_schema<Given> || is_fn<Given>)&&...),
                "cairn::q [extras]: behind the query's text come a cairn::Schema<...> and cairn::fn<\"name\", function>s");
}

template <class... Given>
using SortedExtras = typename Sort<Extras<NoSchema>, Given...>::type;

template <class Type>
[[nodiscard]] consteval InputTypes input_types() {
  InputTypes types;
  for (auto& type : types.columns) type = CellType::any;
  if constexpr (is_database<Type>) {
    types.is_database = true;
  } else if constexpr (TupleLike<Type> && !Several<Type>) {
    [&]<std::size_t... Index>(std::index_sequence<Index...>) {
      ((Index < most_typed_columns
            ? void(types.columns[Index < most_typed_columns ? Index : 0] = cell_type_of<std::remove_cvref_t<std::tuple_element_t<Index, Type>>>)
            : void()),
       ...);
    }
    (std::make_index_sequence<std::tuple_size_v<Type>>{});
  } else if constexpr (Several<Type> && cell_type_of<Type> == CellType::any && !is_rules<Type>) {
    using Element = std::remove_cvref_t<std::ranges::range_reference_t<Type const&>>;
    if constexpr (!std::same_as<Element, Type>) {
      auto const elements = input_types<Element>();
      for (std::size_t i = 0; i != most_typed_columns; ++i) types.columns[i] = elements.columns[i];
    }
  } else {
    types.columns[0] = cell_type_of<Type>;
  }
  return types;
}
template <class... Inputs>
inline constexpr std::array<InputTypes, sizeof...(Inputs)> types_of_inputs{input_types<std::remove_cvref_t<Inputs>>()...};

/// A query with all that is known around it. What can be is done by functions that are no templates: these are members of each query.
template <class Query, class Extra, class... Inputs>
struct Surrounded {
  using SchemaType = typename Extra::schema;
  static constexpr bool has_schema = !std::is_same_v<SchemaType, NoSchema>;

  static constexpr Surroundings known{has_schema, known_attributes<SchemaType>, types_of_inputs<Inputs...>, Extra::functions};

  static constexpr SchemaProblem problem = schema_problem(Query::plan(), known);
  static constexpr bool values_are_valid = compiled::values_are_valid(Query::plan(), known);
  static constexpr bool is_valid = problem.kind == SchemaProblem::Kind::none && values_are_valid;

  struct Report {
    static constexpr std::string_view text() { return problem().in_rules ? Query::rules_text : Query::text; }
    static constexpr syntax::Problem problem() { return Surrounded::problem.problem; }
  };

  template <std::size_t Index>
  static constexpr Excerpt place_of_value = [] {
    auto const& plan = Query::plan();
    auto const at = plan.constants[other_type(plan, known, Index)->index];
    auto const form = form_at(plan, at);
    return excerpt_of(at.in_rules ? Query::rules_text : Query::text, form.offset(), form.raw().size());
  }();

  template <std::size_t Index>
  static auto check_value() {
    if constexpr (other_type(Query::plan(), known, Index).has_value()) {
      using Given = std::remove_cvref_t<std::tuple_element_t<Index, std::tuple<Inputs...>>>;
      static_cast<void>(sizeof(query_error::type_of_value<as_argument<place_of_value<Index>>(), Given>));
    }
  }

  /// What is wrong does not compile, where this is instantiated.
  static auto check() {
    if constexpr (!values_are_valid) {
      []<std::size_t... Index>(std::index_sequence<Index...>) { (check_value<Index>(), ...); }
      (std::make_index_sequence<sizeof...(Inputs)>{});
    } else if constexpr (problem.kind == SchemaProblem::Kind::query) {
      refuse<Report>();
    } else if constexpr (problem.kind == SchemaProblem::Kind::pull) {
      FaultReport<Report>::template refuse<query_error::bad_pull>();
    } else if constexpr (problem.kind == SchemaProblem::Kind::lookup) {
      FaultReport<Report>::template refuse<query_error::not_unique>();
    } else if constexpr (problem.kind == SchemaProblem::Kind::type) {
      FaultReport<Report>::template refuse<query_error::other_type>();
    } else if constexpr (problem.kind == SchemaProblem::Kind::attribute) {
      FaultReport<Report>::template refuse<query_error::unknown_attribute>();
    } else if constexpr (problem.kind == SchemaProblem::Kind::constant) {
      FaultReport<Report>::template refuse<query_error::type_of_constant>();
    }
  }

  /// The types of what `:find` names.
  static constexpr auto columns = types_of_find<Query::sizes.find>(Query::plan(), known);
};

/// Whether a query can be asked with inputs of these types.
template <class Query, class Extra, class... Inputs>
[[nodiscard]] consteval bool is_sound() {
  if constexpr (!Query::is_valid) {
    return false;
  } else if constexpr (!InputCheck<Query, Inputs...>::is_valid) {
    return false;
  } else {
    return Surrounded<Query, Extra, Inputs...>::is_valid;
  }
}

/// The first thing that is wrong with it does not compile, where this is instantiated. Functions on the way to that have no declared type:
/// compilers instantiate them where they are called, before they look at what is done with the result.
template <class Query, class Extra, class... Inputs>
auto refuse_query() {
  if constexpr (!Query::is_valid) {
    Query::check();
  } else if constexpr (!InputCheck<Query, Inputs...>::is_valid) {
    InputCheck<Query, Inputs...>::check();
  } else {
    Surrounded<Query, Extra, Inputs...>::check();
  }
  return Refused<width_of_rows(Query::text)>{};
}

}  // namespace cairn::query::compiled

namespace cairn {

/// All that the compiler checks of `q<Text, Extra...>(inputs...)`, without the means to ask it: a header that includes this one
/// can check its queries, and leave asking them to a source file.
template <meta::fixed_string Text, class... Extra, class... Inputs>
constexpr void check_query(Inputs const&...) {
  query::compiled::require_extras<Extra...>();
  using Sorted = query::compiled::SortedExtras<Extra...>;
  using StaticText = typename query::compiled::RulesAmong<Inputs...>::type;
  using Query = typename Sorted::template Query<Text, StaticText>;
  if constexpr (!query::compiled::is_sound<Query, Sorted, Inputs...>()) {
    query::compiled::refuse_query<Query, Sorted, Inputs...>();
  }
}

}  // namespace cairn
