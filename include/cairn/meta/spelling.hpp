// Copyright the Cairn authors
// SPDX-License-Identifier: BSL-1.0
// From a compiler's spelling of a template argument to the name in it, and from that to the name that a user types.
#pragma once

#include <cstddef>
#include <source_location>
#include <string_view>

namespace cairn::meta {

/// A short text that is a value, so that of a compiler's long spelling only the name is left in a program.
template <std::size_t Size>
struct NameText {
  char text[Size + 1]{};
  [[nodiscard]] constexpr std::string_view view() const noexcept { return {text, Size}; }
};

/// A C++ name without the underscore that keeps it from being a word of the language: `default_` is `default`.
[[nodiscard]] constexpr std::string_view without_trailing_underscore(std::string_view identifier) noexcept {
  while (identifier.size() > 1 && identifier.back() == '_') identifier.remove_suffix(1);
  return identifier;
}

/// A C++ name as a keyword writes it: `segment_size` is `segment-size`. Requires `identifier.size() == Size`.
template <std::size_t Size>
[[nodiscard]] constexpr NameText<Size> kebab_case(std::string_view identifier) noexcept {
  NameText<Size> result;
  for (std::size_t i = 0; i != Size; ++i) result.text[i] = identifier[i] == '_' ? '-' : identifier[i];
  return result;
}

namespace detail {

/// How the compiler writes this function's name, its argument last. It returns a plain `char const*`: g++ explains any
/// alias in a signature (`std::string_view`) behind the arguments.
template <auto Argument>
[[nodiscard]] consteval char const* spelling_of() noexcept {
  return std::source_location::current().function_name();
}

/// Letters, digits, `_`, and every byte of a character that is not ASCII.
[[nodiscard]] constexpr bool is_identifier_part(char c) noexcept {
  return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') || c == '_' ||
         static_cast<unsigned char>(c) >= 0x80U;
}

/// The identifier at the end of a spelling such as `... [with auto Argument = Place<int>{(& nowhere<A>.A::name)}]`,
/// brackets aside. Empty where none stands there, by which a number that has no enumerator is told: `(Colour)7`.
[[nodiscard]] constexpr std::string_view last_identifier(std::string_view spelling) noexcept {
  while (!spelling.empty() && (spelling.back() == ']' || spelling.back() == ')' || spelling.back() == '}')) {
    spelling.remove_suffix(1);
  }
  std::size_t first = spelling.size();
  while (first > 0 && is_identifier_part(spelling[first - 1])) --first;
  auto const found = spelling.substr(first);
  return found.empty() || (found.front() >= '0' && found.front() <= '9') ? std::string_view{} : found;
}

}  // namespace detail
}  // namespace cairn::meta
