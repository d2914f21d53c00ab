// Copyright the Cairn authors
// SPDX-License-Identifier: BSL-1.0
// The names of an enumeration's values, out of the enumeration alone.
#pragma once

#include <cairn/meta/spelling.hpp>

#include <array>
#include <concepts>
#include <cstddef>
#include <optional>
#include <string_view>
#include <type_traits>
#include <utility>

namespace cairn::meta {

/// An enumeration with a fixed underlying type (every `enum class` has one): any small number may be asked for its
/// name.
template <class Enum>
concept ReflectableEnum = std::is_enum_v<Enum> && requires {
  Enum{0};
};

/// Enumerators are looked for from 0 to one below this.
inline constexpr std::size_t max_enumerators = 16;

template <ReflectableEnum Enum>
struct Enumerator {
  Enum value;
  std::string_view name;
};

namespace detail {

template <auto Value>
[[nodiscard]] consteval std::string_view find_enumerator_name() noexcept {
  return without_trailing_underscore(last_identifier(spelling_of<Value>()));
}

template <auto Value>
inline constexpr auto enumerator_text = kebab_case<find_enumerator_name<Value>().size()>(find_enumerator_name<Value>());

template <class Enum, std::size_t... Number>
[[nodiscard]] consteval std::size_t count_enumerators(std::index_sequence<Number...>) noexcept {
  return (std::size_t{!find_enumerator_name<static_cast<Enum>(Number)>().empty()} + ...);
}

template <class Enum, std::size_t... Number>
[[nodiscard]] consteval auto find_enumerators(std::index_sequence<Number...> numbers) noexcept {
  std::array<Enumerator<Enum>, count_enumerators<Enum>(numbers)> found{};
  std::size_t next = 0;
  (
      [&] {
        if constexpr (!find_enumerator_name<static_cast<Enum>(Number)>().empty()) {
          found[next++] = {static_cast<Enum>(Number), enumerator_text<static_cast<Enum>(Number)>.view()};
        }
      }(),
      ...);
  return found;
}

/// `bool` and one-bit types aside, every underlying type holds these numbers.
template <class Enum>
inline constexpr std::size_t askable_numbers = std::same_as<std::underlying_type_t<Enum>, bool> ? 2 : max_enumerators;

}  // namespace detail

/// The enumerators from 0 to 15 in the order of their values, with their names as keywords write them
/// (`compare-and-swap`).
template <ReflectableEnum Enum>
inline constexpr auto enumerators =
    detail::find_enumerators<Enum>(std::make_index_sequence<detail::askable_numbers<Enum>>{});

/// The name of a value; empty where no enumerator has it.
template <ReflectableEnum Enum>
[[nodiscard]] constexpr std::string_view enumerator_name(Enum value) noexcept {
  for (auto const& [known, name] : enumerators<Enum>) {
    if (known == value) return name;
  }
  return {};
}

/// The value of that name, written as keywords write it.
template <ReflectableEnum Enum>
[[nodiscard]] constexpr std::optional<Enum> enumerator_of(std::string_view text) noexcept {
  for (auto const& [value, name] : enumerators<Enum>) {
    if (name == text) return value;
  }
  return std::nullopt;
}

}  // namespace cairn::meta
