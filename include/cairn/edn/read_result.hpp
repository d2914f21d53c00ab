// Copyright the Cairn authors
// SPDX-License-Identifier: BSL-1.0
// What a reader is told and what it tells.
#pragma once

#include <cairn/error/errc.hpp>

#include <cstddef>
#include <cstdint>
#include <string_view>

namespace cairn::notation {

/// What is read, and how much of it.
struct ReaderOptions {
  bool shell_forms = false;       ///< `'form` is (quote form), `@form` is (deref form); not EDN, but Clojure source.
  std::uint32_t max_depth = 256;  ///< Nesting of one form. What walks a form recurses as deep as this.
  std::uint32_t max_nodes = 1U << 23;  ///< Nodes of one form.
  std::uint32_t max_bytes = 1U << 28;  ///< Text of one form.
  std::uint32_t max_digits = 4096;     ///< Text of one number.
};

enum class ReadStatus : std::uint8_t {
  form,        ///< One form was read.
  end,         ///< Nothing but whitespace, comments and discarded forms was left.
  incomplete,  ///< The text ends inside a form; more text may finish it.
  error,       ///< No text that follows can make it right.
};

/// What `read_next` found. Everything is known to a constant expression; `explain` makes a message of it.
struct ReadResult {
  ReadStatus status = ReadStatus::end;
  /// Of the form; where there is none, of what was looked at.
  std::size_t begin = 0;
  /// Where to read on. After an error that is the next line, past a stray bracket at the top level right behind it.
  std::size_t end = 0;
  /// Index of the form's node among the nodes.
  std::uint32_t root = 0;
  Errc code = Errc::edn_syntax;
  /// The place of the error; of an incomplete form, what was opened last and is not finished.
  std::size_t offset = 0;
  /// Says what was expected; static text; empty for `form` and `end`.
  std::string_view message{};
};

}  // namespace cairn::notation
