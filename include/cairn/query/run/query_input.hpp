// Copyright the Cairn authors
// SPDX-License-Identifier: BSL-1.0
// Of which C++ types inputs of queries may be.
#pragma once

#include <cairn/datom/value.hpp>
#include <cairn/edn/value_class.hpp>

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
struct LookupRef;
struct Rules;

namespace query {

namespace detail {

template <class T>
concept IsDb = requires { typename std::remove_cvref_t<T>::index_tag; } &&
               std::same_as<std::remove_cvref_t<T>, Db<typename std::remove_cvref_t<T>::index_tag>>;

/// Rules that the compiler has read, as an object or as the function that makes one. Values that have a text of their own are none.
template <class T>
concept HasRulesText = requires {
  { std::remove_cvref_t<T>::text } -> std::convertible_to<std::string_view>;
  requires std::is_pointer_v<decltype(&std::remove_cvref_t<T>::text)>;
};
template <class T>
concept MakesRulesText = std::invocable<T const&> && HasRulesText<std::invoke_result_t<T const&>>;

template <class T>
inline constexpr bool is_tuple_like = false;
template <class First, class Second>
inline constexpr bool is_tuple_like<std::pair<First, Second>> = true;
template <class... Elements>
inline constexpr bool is_tuple_like<std::tuple<Elements...>> = true;

/// The part of a type for which it is no value: an element's, or an element's element's, or itself; void where it is one.
template <class T>
struct NoValue;
template <class... Parts>
struct FirstOf {
  using type = void;
};
template <class Part, class... Rest>
struct FirstOf<Part, Rest...> {
  using type = Part;
};
template <class... Rest>
struct FirstOf<void, Rest...> : FirstOf<Rest...> {};

template <class T>
consteval auto no_value() {
  if constexpr (std::same_as<T, LookupRef> || std::derived_from<T, notation::Value> ||
                (std::convertible_to<T const&, Value> && !std::same_as<T, std::nullptr_t>)) {
    return std::type_identity<void>{};
  } else if constexpr (is_tuple_like<T>) {
    return []<std::size_t... I>(std::index_sequence<I...>) {
      return FirstOf<typename NoValue<std::remove_cvref_t<std::tuple_element_t<I, T>>>::type...>{};
    }(std::make_index_sequence<std::tuple_size_v<T>>{});
  } else if constexpr (std::ranges::input_range<T const&>) {
    using Element = std::remove_cvref_t<std::ranges::range_value_t<T const&>>;
    if constexpr (std::same_as<Element, T>) {
      return std::type_identity<T>{};  // a path is a range of paths
    } else {
      return NoValue<Element>{};
    }
  } else {
    return std::type_identity<T>{};
  }
}
template <class T>
struct NoValue {
  using type = typename decltype(no_value<T>())::type;
};

template <class T>
consteval bool is_value_like() {
  return std::is_void_v<typename NoValue<std::remove_cvref_t<T>>::type>;
}

}  // namespace detail

/// What can be given to a query: strings, numbers and all else that is a `cairn::Value`; `edn("...")` and any `notation::Value`;
/// `kw(":male")`, `lookup(":name", "Ivan")`; ranges, tuples and pairs of these; database values; rules.
template <class T>
concept QueryInput = detail::IsDb<T> || std::same_as<std::remove_cvref_t<T>, Rules> || detail::HasRulesText<T> ||
                     detail::MakesRulesText<T> || detail::is_value_like<T>();

}  // namespace query

}  // namespace cairn
