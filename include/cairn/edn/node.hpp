// Copyright the Cairn authors
// SPDX-License-Identifier: BSL-1.0
// What a reader leaves behind: a flat array of nodes over the text.
#pragma once

#include <cstddef>
#include <cstdint>
#include <string_view>

namespace cairn::notation {

/// What a form is. `integer` fits 64 bits; `bigint` was written with an `N` or doesn't fit.
enum class Kind : std::uint8_t {
  nil,
  boolean,
  integer,
  bigint,
  real,
  decimal,
  character,
  string,
  symbol,
  keyword,
  list,
  vector,
  map,
  set,
  tagged,
};

/// The kind's name with its article, for messages: `an integer`.
constexpr std::string_view name(Kind kind) noexcept {
  constexpr std::string_view names[] = {"nil",       "a boolean",   "an integer", "a bigint", "a double",
                                        "a decimal", "a character", "a string",   "a symbol", "a keyword",
                                        "a list",    "a vector",    "a map",      "a set",    "a tagged value"};
  return names[static_cast<std::size_t>(kind)];
}

/// One form of a text. A subtree is a contiguous run of nodes in the order of the text: the node itself, then its
/// children's subtrees. A map's children are its keys and values in turn, a tagged value's are its tag (a symbol)
/// and its value, those of `'form` and `@form` are a symbol (over the prefix character) and the form.
struct Node {
  std::uint32_t begin = 0;     ///< Offset of the first byte.
  std::uint32_t end = 0;       ///< Offset past the last byte, quotes and brackets included.
  std::uint32_t children = 0;  ///< How many; direct ones only.
  std::uint32_t next = 0;      ///< Index of the node after this subtree.
  std::uint32_t hash = 0;  ///< Equal values have equal hashes, however they are written. Not stable between versions.
  Kind kind = Kind::nil;
  bool escaped = false;  ///< A string whose bytes between the quotes are not yet its value.

  friend constexpr bool operator==(Node const&, Node const&) = default;
};

}  // namespace cairn::notation
