// Copyright the Cairn authors
// SPDX-License-Identifier: BSL-1.0
// Whether what a static query is given is what its :in wants.
#pragma once

#include <cairn/query/compiled/cell_type.hpp>
#include <cairn/query/compiled/excerpt.hpp>
#include <cairn/query/compiled/infer_types.hpp>
#include <cairn/query/compiled/query_errors.hpp>
#include <cairn/query/compiled/static_rules.hpp>
#include <cairn/query/run/query_input.hpp>
#include <cairn/query/syntax/tree.hpp>

#include <array>
#include <concepts>
#include <cstddef>
#include <cstdint>
#include <ranges>
#include <span>
#include <string_view>
#include <tuple>
#include <type_traits>
#include <utility>

namespace cairn::query::compiled {

template <class Type>
inline constexpr bool is_database = false;
template <class IndexTag>
inline constexpr bool is_database<Db<IndexTag>> = true;

template <class Type>
concept TupleLike = requires { std::tuple_size<Type>::value; };

/// What can be looked at as EDN has any shape; so has a value.
template <class Type>
concept AnyShape = requires(Type const& value) { value.kind(); };

template <class Type>
concept Text = std::convertible_to<Type const&, std::string_view>;

/// Several values: a range that is no text.
template <class Type>
concept Several = std::ranges::input_range<Type const&> && !Text<Type>;

/// What an input of a type can be given to. A type has one, so that a query's check is no template of the types of its inputs.
struct GivenShape {
  enum class Kind : std::uint8_t { rules, database, anything, several, tuple, value };
  Kind kind = Kind::value;
  GivenShape const* element = nullptr;  ///< of several
};

template <class Type>
[[nodiscard]] consteval GivenShape shape_of_type();
template <class Type>
inline constexpr GivenShape shape_of = shape_of_type<Type>();

template <class Type>
[[nodiscard]] consteval GivenShape shape_of_type() {
  using Kind = GivenShape::Kind;
  if constexpr (is_rules<Type>) {
    return {Kind::rules};
  } else if constexpr (is_database<Type>) {
    return {Kind::database};
  } else if constexpr (AnyShape<Type>) {
    return {Kind::anything};
  } else if constexpr (Several<Type>) {
    using Element = std::remove_cvref_t<std::ranges::range_reference_t<Type const&>>;
    if constexpr (std::same_as<Element, Type>) {
      return {};  // a path is a range of paths
    } else {
      return {Kind::several, &shape_of<Element>};
    }
  } else {
    return {TupleLike<Type> ? Kind::tuple : Kind::value};
  }
}

/// Whether an input may be given to a binding form, or for a source (null).
[[nodiscard]] constexpr bool suits(PlanView const& plan, Binding const* binding, GivenShape const& given) {
  using Kind = GivenShape::Kind;
  switch (given.kind) {
    case Kind::rules: return false;
    case Kind::database: return binding == nullptr;
    case Kind::anything: return true;
    case Kind::several: {
      auto const element = given.element->kind;
      bool const is_of_rows = element == Kind::tuple || element == Kind::several || element == Kind::anything;
      if (binding == nullptr || binding->kind == Binding::Kind::relation) return is_of_rows;
      return binding->kind != Binding::Kind::collection || suits(plan, &plan.bindings_of(binding->parts)[0], *given.element);
    }
    case Kind::tuple:
      return binding != nullptr && binding->kind != Binding::Kind::collection && binding->kind != Binding::Kind::relation;
    case Kind::value:
      return binding != nullptr && (binding->kind == Binding::Kind::scalar || binding->kind == Binding::Kind::blank);
  }
  return true;
}
[[nodiscard]] constexpr bool suits(PlanView const& plan, Input const& input, GivenShape const& given) {
  if (input.kind == Input::Kind::rules) return given.kind == GivenShape::Kind::rules;
  return suits(plan, input.kind == Input::Kind::source ? nullptr : &plan.bindings[input.binding], given);
}

/// Whether inputs are as many as a query takes, each of which may be given what it is.
[[nodiscard]] constexpr bool all_suit(PlanView const& plan, std::span<GivenShape const* const> given) {
  if (!syntax::takes_inputs(plan.inputs, given.size())) return false;
  for (std::size_t i = 0; i != given.size(); ++i) {
    if (!suits(plan, plan.inputs[i], *given[i])) return false;
  }
  return true;
}

/// The part of an input's type that a query does not know; void where it knows all.
template <class Type>
struct UnknownPart {
  using type = typename detail::NoValue<Type>::type;
};
template <class Type>
requires(is_rules<Type> || is_database<Type>)
struct UnknownPart<Type> {
  using type = void;
};
template <class Input>
using unknown_part = typename UnknownPart<std::remove_cvref_t<Input>>::type;

template <class... Inputs>
inline constexpr std::array<GivenShape const*, sizeof...(Inputs)> shapes_of{&shape_of<std::remove_cvref_t<Inputs>>...};

/// The place of a query that has no `:in`. One of a map may have its `:find` anywhere.
[[nodiscard]] constexpr Excerpt place_of_find(PlanView const& plan) {
  return excerpt_of(plan.text, plan.text.find(":find"), 5);
}

/// The place of what the input is for: `$`, `?x`, `[?x ...]`.
[[nodiscard]] constexpr Excerpt place_of(PlanView const& plan, Input const& input) {
  auto const form = form_at(plan, input.form);
  if (input.form.node != 0) return excerpt_of(plan.text, form.offset(), form.raw().size());
  return place_of_find(plan);  // a `$` that nobody wrote
}

/// The place of all of them.
[[nodiscard]] constexpr Excerpt place_of_inputs(PlanView const& plan) {
  auto const at = plan.text.find(":in ");
  return at == std::string_view::npos ? place_of_find(plan) : excerpt_of(plan.text, at, 3);
}

template <class Query, class... Inputs>
struct InputCheck {
  static constexpr bool types_are_known = (std::is_void_v<unknown_part<Inputs>> && ...);
  static constexpr bool is_valid = types_are_known && all_suit(Query::plan(), shapes_of<Inputs...>);

  template <std::size_t Index>
  static constexpr Excerpt place = place_of(Query::plan(), Query::plan().inputs[Index]);
  static constexpr Excerpt place_of_all = place_of_inputs(Query::plan());

  template <std::size_t Index>
  static auto check_one() {
    using Type = std::tuple_element_t<Index, std::tuple<std::remove_cvref_t<Inputs>...>>;
    if constexpr (!suits(Query::plan(), Query::plan().inputs[Index], shape_of<Type>)) {
      static_cast<void>(sizeof(query_error::type_of_input<as_argument<place<Index>>(), Type>));
    } else if constexpr (!std::is_void_v<unknown_part<Type>>) {
      static_cast<void>(sizeof(query_error::unknown_type<as_argument<place<Index>>(), unknown_part<Type>>));
    }
  }

  /// What is wrong does not compile, where this is instantiated.
  static auto check() {
    constexpr std::size_t wanted = Query::plan().inputs.size();
    if constexpr (!syntax::takes_inputs(Query::plan().inputs, sizeof...(Inputs))) {
      static_cast<void>(sizeof(query_error::number_of_inputs<as_argument<place_of_all>(), static_cast<int>(sizeof...(Inputs)),
                                                             static_cast<int>(wanted)>));
    } else if constexpr (!is_valid) {
      []<std::size_t... Index>(std::index_sequence<Index...>) { (check_one<Index>(), ...); }
      (std::make_index_sequence<wanted>{});
    }
  }
};

}  // namespace cairn::query::compiled
