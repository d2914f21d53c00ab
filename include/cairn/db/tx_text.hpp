// Copyright the Cairn authors
// SPDX-License-Identifier: BSL-1.0
// Transaction data as text, for messages.
#pragma once

#include <cairn/db/edn_conversion.hpp>
#include <cairn/db/tx_value.hpp>
#include <cairn/meta/lazy.hpp>

#include <cstddef>
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

}  // namespace cairn::detail
