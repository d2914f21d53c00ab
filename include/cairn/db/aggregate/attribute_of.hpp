// Copyright the Cairn authors
// SPDX-License-Identifier: BSL-1.0
// Which attribute each field of an aggregate is.
#pragma once

#include <cairn/db/aggregate/value_codec.hpp>
#include <cairn/meta/field_names.hpp>

#include <cstddef>
#include <string_view>

namespace cairn {

namespace detail {

template <class Aggregate, std::size_t Index>
inline constexpr auto attribute_text = [] {
  constexpr std::string_view ns = attribute_namespace<Aggregate>;
  constexpr std::string_view name = meta::field_name<Aggregate, Index>;
  constexpr std::size_t before = ns.empty() ? 0 : ns.size() + 1;
  meta::NameText<before + name.size()> made;
  for (std::size_t i = 0; i != ns.size(); ++i) made.text[i] = ns[i];
  if (!ns.empty()) made.text[ns.size()] = '/';
  for (std::size_t i = 0; i != name.size(); ++i) made.text[before + i] = name[i];
  return made;
}();

/// The same as a keyword, interned once.
template <class Aggregate, std::size_t Index>
[[nodiscard]] Keyword attribute_keyword() {
  static Keyword const keyword{attribute_text<Aggregate, Index>.view()};
  return keyword;
}

}  // namespace detail

/// The attribute that a field is, without a colon: `first-name`, or `person/first-name` where
/// `attribute_namespace<Person>` is `person`.
template <meta::Reflectable Aggregate, std::size_t Index>
inline constexpr std::string_view attribute_name = detail::attribute_text<Aggregate, Index>.view();

}  // namespace cairn
