// Copyright the Cairn authors
// SPDX-License-Identifier: BSL-1.0
// What functions and aggregates say about arguments that they cannot take, and the sizes that nothing they make exceeds.
#pragma once

#include <cairn/db/edn_conversion.hpp>
#include <cairn/error/error.hpp>
#include <cairn/meta/lazy.hpp>

#include <cstddef>
#include <string>
#include <string_view>

namespace cairn::query {

/// The most that one value may take, its parts counted as often as they are in it: a function that would make more raises
/// `query/memory`. Values share their parts, so that a rule that puts a value twice into a tuple would otherwise double it at each
/// step.
inline constexpr std::size_t largest_value = std::size_t{16} << 20U;
/// Elements of what `range`, `re-seq` and `rand` make.
inline constexpr std::size_t most_elements = 1'000'000;
/// Collections inside collections. What walks a value recurses as deep.
inline constexpr int deepest_value = 100;

namespace detail {

/// A value's text, for messages: what is long is cut short.
template <meta::Lazy = {}>
[[nodiscard]] inline std::string short_text(Value const& value) {
  constexpr std::size_t longest = 120;
  auto text = to_text(value);
  if (text.size() <= longest) return text;
  std::size_t end = longest;
  while (end != 0 && (static_cast<unsigned char>(text[end]) & 0xC0U) == 0x80U) --end;  // not inside of a character
  text.resize(end);
  return text + "...";
}

/// `inc wants a number, and got "a".`
template <meta::Lazy = {}>
[[noreturn]] inline void refuse(std::string_view function, std::string_view wanted, Value const& got) {
  auto const text = short_text(got);
  auto const whole = text.ends_with("...") ? std::string{} : " :argument " + text;
  raise(Errc::query_where, std::string{function} + " wants " + std::string{wanted} + ", and got " + text + ".",
        "{:function " + std::string{function} + whole + "}");
}

template <meta::Lazy = {}>
[[noreturn]] inline void refuse_size(std::string_view function, std::string_view limit) {
  raise(Errc::query_memory, std::string{function} + " would make " + std::string{limit} + ".",
        "{:function " + std::string{function} + "}");
}

/// How deep the collections of an EDN text are nested.
template <meta::Lazy = {}>
[[nodiscard]] inline int depth_of(std::string_view edn) noexcept {
  int depth = 0;
  int deepest = 0;
  bool quoted = false;
  for (std::size_t i = 0; i < edn.size(); ++i) {
    char const c = edn[i];
    if (c == '\\') {
      ++i;  // an escape in a string, or a character that may be a bracket
    } else if (c == '"') {
      quoted = !quoted;
    } else if (!quoted && (c == '(' || c == '[' || c == '{')) {
      if (++depth > deepest) deepest = depth;
    } else if (!quoted && (c == ')' || c == ']' || c == '}')) {
      --depth;
    }
  }
  return deepest;
}

/// Adds to `size` what a value takes when it is written out. Stops where it is too much.
template <meta::Lazy = {}>
inline void measure(std::string_view function, Value const& value, int depth, std::size_t& size) {
  size += sizeof(Value);
  if (value.is(ValueKind::tuple)) {
    if (depth >= deepest_value) refuse_size(function, "a value that is nested more than 100 deep");
    for (auto const& element : value.as_tuple()) measure(function, element, depth + 1, size);
  } else if (cairn::detail::ValueParts::counted(value.kind())) {
    // What reads EDN makes about so much of it.
    size += value.as_bytes().size() * (value.is(ValueKind::edn) ? 8 : 1);
    if (value.is(ValueKind::edn) && depth + depth_of(value.as_string()) > deepest_value) {
      refuse_size(function, "a value that is nested more than 100 deep");
    }
  }
  if (size > largest_value) refuse_size(function, "a value of more than 16 MiB");
}

}  // namespace detail

/// Raises `query/memory` where a collection is too large or nested too deep to be handed on. Whoever makes collections of values
/// in a loop that a query controls (a rule, say) passes what it made through this. Linear in the size of the value.
template <meta::Lazy = {}>
inline void check_size(std::string_view function, Value const& made) {
  std::size_t size = 0;
  detail::measure(function, made, 0, size);
}

}  // namespace cairn::query
