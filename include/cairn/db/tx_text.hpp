// Copyright the Cairn authors
// SPDX-License-Identifier: BSL-1.0
// Transaction data as text, for messages.
#pragma once

#include <cairn/db/attribute.hpp>
#include <cairn/db/edn_conversion.hpp>
#include <cairn/db/tx_value.hpp>
#include <cairn/meta/lazy.hpp>

#include <cstddef>
#include <optional>
#include <span>
#include <string>

namespace cairn::detail {

template <meta::Lazy = {}>
inline std::string text_of(AttributeName const& name) {
  return name.entity == 0 ? to_text(name.keyword) : std::to_string(name.entity);
}

/// EDN; what is long or deep is cut short.
template <meta::Lazy = {}>
inline std::string text_of(TxValue const& value, int depth = 0) {
  constexpr int deepest = 4;
  constexpr std::size_t longest = 16;
  if (value.is_scalar()) return to_text(value.scalar());
  if (depth == deepest) return "\"...\"";
  std::string text;
  std::size_t count = 0;
  auto const room = [&] {
    if (count++ == longest) text += " \"...\"";
    return count <= longest;
  };
  if (value.is_map()) {
    text = "{";
    if (!value.map().id.is_nil()) text += ":db/id " + text_of(value.map().id, depth + 1);
    for (auto const& [attribute, content] : value.map().attributes) {
      if (!room()) break;
      if (text.size() > 1) text += ' ';
      text += text_of(attribute) + " " + text_of(content, depth + 1);
    }
    return text + "}";
  }
  text = value.is_list() ? "[" : "#{";
  auto const start = text.size();
  for (auto const& element : value.elements()) {
    if (!room()) break;
    if (text.size() > start) text += ' ';
    text += text_of(element, depth + 1);
  }
  return text + (value.is_list() ? "]" : "}");
}

/// Why a list cannot be a value of an attribute of tuples, as a sentence; empty where it can.
template <meta::Lazy = {}>
[[nodiscard]] inline std::string tuple_fault(Attribute const& attribute, std::span<Value const> elements) {
  if (elements.size() > max_tuple_size) return "a tuple has up to " + std::to_string(max_tuple_size) + " elements.";
  auto const& types = attribute.tuple_types;
  if (!types.empty() && types.size() != elements.size()) return "it has " + std::to_string(types.size()) + " elements.";
  for (std::size_t i = 0; i != elements.size(); ++i) {
    auto const type = !types.empty() ? std::optional{types[i]} : attribute.tuple_type;
    if (type && !elements[i].is_nil() && !conforms(elements[i], *type)) {
      return to_text(elements[i]) + " is no :" + std::string{name(*type)} + ".";
    }
  }
  return {};
}

}  // namespace cairn::detail
