// Copyright the Cairn authors
// SPDX-License-Identifier: BSL-1.0
// Whether what a static query is given is what its :in wants.
#pragma once

#include <cairn/query/compiled/cell_type.hpp>
#include <cairn/query/compiled/excerpt.hpp>
#include <cairn/query/compiled/infer_types.hpp>
#include <cairn/query/compiled/query_errors.hpp>
#include <cairn/query/compiled/static_rules.hpp>

#include <array>
#include <concepts>
#include <cstddef>
#include <ranges>
#include <string_view>
#include <tuple>
#include <type_traits>
#include <utility>

namespace cairn {
template <class IndexTag>
class Db;
}  // namespace cairn

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

/// Whether an input of a type may be given to a binding form, or for a source (null).
template <class Type>
[[nodiscard]] constexpr bool suits(PlanView const& plan, Binding const* binding) {
  if constexpr (is_rules<Type>) {
    return false;
  } else if constexpr (is_database<Type>) {
    return binding == nullptr;
  } else if constexpr (AnyShape<Type>) {
    return true;
  } else if constexpr (Several<Type>) {
    using Element = std::remove_cvref_t<std::ranges::range_reference_t<Type const&>>;
    if (binding == nullptr) return TupleLike<Element> || Several<Element> || AnyShape<Element>;
    switch (binding->kind) {
      case Binding::Kind::collection:
        return suits<Element>(plan, &plan.bindings_of(binding->parts)[0]);
      case Binding::Kind::relation: return TupleLike<Element> || Several<Element> || AnyShape<Element>;
      case Binding::Kind::blank:
      case Binding::Kind::scalar:
      case Binding::Kind::tuple: return true;
    }
    return true;
  } else if constexpr (TupleLike<Type>) {
    if (binding == nullptr) return false;
    return binding->kind != Binding::Kind::collection && binding->kind != Binding::Kind::relation;
  } else {
    return binding != nullptr && (binding->kind == Binding::Kind::scalar || binding->kind == Binding::Kind::blank);
  }
}

/// The place of what the input is for: `$`, `?x`, `[?x ...]`.
[[nodiscard]] constexpr Excerpt place_of(PlanView const& plan, Input const& input) {
  auto const form = form_at(plan, input.form);
  if (input.form.node != 0) return excerpt_of(plan.text, form.offset(), form.raw().size());
  return excerpt_of(plan.text, 0, 0);  // a `$` that nobody wrote
}

/// The place of all of them.
[[nodiscard]] constexpr Excerpt place_of_inputs(PlanView const& plan) {
  auto const at = plan.text.find(":in ");
  return at == std::string_view::npos ? excerpt_of(plan.text, 0, 0) : excerpt_of(plan.text, at, 3);
}

template <class Query, class... Inputs>
struct InputCheck {
  static constexpr std::size_t wanted = Query::plan().inputs.size();

  template <std::size_t Index>
  static constexpr bool suits_one() {
    using Type = std::tuple_element_t<Index, std::tuple<std::remove_cvref_t<Inputs>...>>;
    constexpr Input input = Query::plan().inputs[Index];
    if constexpr (input.kind == Input::Kind::rules) return is_rules<Type>;
    if constexpr (input.kind == Input::Kind::source) return suits<Type>(Query::plan(), nullptr);
    if constexpr (input.kind == Input::Kind::binding)
      return suits<Type>(Query::plan(), &Query::plan().bindings[input.binding]);
    return true;
  }

  static constexpr bool has_number = sizeof...(Inputs) == wanted;
  static constexpr bool is_valid = [] {
    if constexpr (!has_number) {
      return false;
    } else {
      return []<std::size_t... Index>(std::index_sequence<Index...>) {
        return (suits_one<Index>() && ...);
      }
      (std::make_index_sequence<wanted>{});
    }
  }();

  template <std::size_t Index>
  static constexpr Excerpt place = place_of(Query::plan(), Query::plan().inputs[Index]);
  static constexpr Excerpt place_of_all = place_of_inputs(Query::plan());

  template <std::size_t Index>
  static void check_one() {
    using Type = std::tuple_element_t<Index, std::tuple<std::remove_cvref_t<Inputs>...>>;
    if constexpr (!suits_one<Index>()) {
      static_cast<void>(sizeof(query_error::type_of_input<as_argument<place<Index>>(), Type>));
    }
  }

  /// What is wrong does not compile, where this is instantiated.
  static void check() {
    if constexpr (!has_number) {
      static_cast<void>(sizeof(query_error::number_of_inputs<as_argument<place_of_all>(), static_cast<int>(sizeof...(Inputs)),
                                                             static_cast<int>(wanted)>));
    } else if constexpr (!is_valid) {
      []<std::size_t... Index>(std::index_sequence<Index...>) { (check_one<Index>(), ...); }
      (std::make_index_sequence<wanted>{});
    }
  }
};

}  // namespace cairn::query::compiled
