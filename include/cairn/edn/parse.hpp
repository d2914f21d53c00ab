// Copyright the Cairn authors
// SPDX-License-Identifier: BSL-1.0
// Text to values.
#pragma once

#include <cairn/edn/document.hpp>
#include <cairn/edn/form.hpp>
#include <cairn/edn/reader.hpp>
#include <cairn/edn/value.hpp>
#include <cairn/meta/lazy.hpp>

#include <cstddef>
#include <string_view>
#include <vector>

namespace cairn::notation {

/// The value of the one form that is the whole of `text`. Linear, but for the sorting of maps and sets.
/// Throws `Errc::edn_syntax` (message with line, column, reason and excerpt) and `Errc::edn_limit`.
template <meta::Lazy = {}>
Value parse(std::string_view text, ReaderOptions const& options = {}) {
  std::vector<Node> nodes;
  ReadResult const result = read_one(text, nodes, options);
  if (result.status != ReadStatus::form) throw error_of(text, result);
  return Value::of({text, nodes.data(), result.root});
}

/// The values of all forms of `text`; none where there is none. Throws as `parse` does.
template <meta::Lazy = {}>
std::vector<Value> parse_all(std::string_view text, ReaderOptions const& options = {}) {
  std::vector<Value> values;
  std::vector<Node> nodes;
  for (std::size_t at = 0;;) {
    nodes.clear();
    ReadResult const result = read_next(text, at, nodes, options);
    if (result.status == ReadStatus::end) return values;
    if (result.status != ReadStatus::form) throw error_of(text, result);
    values.push_back(Value::of({text, nodes.data(), result.root}));
    at = result.end;
  }
}

}  // namespace cairn::notation
