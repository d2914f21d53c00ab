// Copyright the Cairn authors
// SPDX-License-Identifier: BSL-1.0
// What a query gives that does not compile.
#pragma once

#include <cstddef>
#include <string_view>
#include <tuple>
#include <type_traits>

namespace cairn::query::compiled {

/// How many names a structured binding has that takes a row of this query, as its author may have meant it: what stands between
/// `:find` and the next keyword, or in a vector there. The text may be anything.
[[nodiscard]] constexpr std::size_t width_of_rows(std::string_view text) noexcept {
  auto at = text.find(":find");
  if (at == std::string_view::npos) return 1;
  at = text.find_first_not_of(" \t\r\n,", at + 5);
  if (at != std::string_view::npos && text[at] == '[') ++at;
  std::size_t found = 0, depth = 0;
  bool in_form = false;
  for (; at < text.size(); ++at) {
    char const c = text[at];
    bool const opens = c == '(' || c == '[' || c == '{';
    bool const closes = c == ')' || c == ']' || c == '}';
    bool const is_space = c == ' ' || c == '\t' || c == '\r' || c == '\n' || c == ',';
    if (depth == 0 && (closes || c == ':')) break;
    if (depth == 0 && !is_space && !in_form && c != '.') ++found;
    in_form = !is_space && !closes;
    if (opens) ++depth;
    if (closes) --depth;
  }
  return found == 0 ? 1 : found;
}

/// Stands for a value of any type.
struct AnyValue {
  template <class Type>
  operator Type() const;  // NOLINT(google-explicit-constructor)
};

/// Stands for the rows of a query, and for one of them, so that a program says no more than what is wrong with the query itself.
template <std::size_t Width>
struct Refused {
  struct Iterator {
    Refused operator*() const;
    Iterator& operator++();
    void operator++(int);
    bool operator==(Iterator const&) const;
    using value_type = Refused;
    using difference_type = std::ptrdiff_t;
  };
  [[nodiscard]] Iterator begin() const;
  [[nodiscard]] Iterator end() const;
  [[nodiscard]] std::size_t size() const;
  [[nodiscard]] bool empty() const;

  [[nodiscard]] bool has_value() const;
  [[nodiscard]] Refused const& value() const;
  Refused const& operator*() const;
  Refused const* operator->() const;
  template <class Type>
  operator Type() const;  // NOLINT(google-explicit-constructor)

  template <std::size_t Index>
  [[nodiscard]] AnyValue get() const;
};

}  // namespace cairn::query::compiled

template <std::size_t Width>
struct std::tuple_size<cairn::query::compiled::Refused<Width>> : std::integral_constant<std::size_t, Width> {};
template <std::size_t Index, std::size_t Width>
struct std::tuple_element<Index, cairn::query::compiled::Refused<Width>> {
  using type = cairn::query::compiled::AnyValue;
};
