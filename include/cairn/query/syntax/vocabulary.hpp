// Copyright the Cairn authors
// SPDX-License-Identifier: BSL-1.0
// What syntax trees and plans have in common.
#pragma once

#include <cairn/query/function/builtins.hpp>
#include <cairn/query/syntax/elements.hpp>

#include <cstdint>

namespace cairn::query {

/// A form that was written: in the query's text, or in that of its rules.
struct FormAt {
  std::uint32_t node = 0;
  bool in_rules = false;
  /// It came as a rule's argument, as a variable's value would: at a pattern's entity, value or transaction it may name
  /// an entity that is not there, and then matches nothing. Other constants that name no entity are errors.
  bool lenient = false;
  friend constexpr bool operator==(FormAt const&, FormAt const&) = default;
};

/// What is called: a built-in, or (`custom`) what the program gave a name, which is the form's text.
struct Callee {
  FunctionId builtin{};
  bool custom = false;
  FormAt form{};
};

/// What `:find` makes: rows, one column of them `[?x ...]`, one row `[?x ?y]`, one value `?x .`.
enum class FindShape : std::uint8_t { relation, collection, tuple, scalar };
/// `:keys`, `:strs`, `:syms`: rows are maps.
enum class RowKeys : std::uint8_t { none, keywords, strings, symbols };

}  // namespace cairn::query
