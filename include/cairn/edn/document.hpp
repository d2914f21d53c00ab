// Copyright the Cairn authors
// SPDX-License-Identifier: BSL-1.0
// One form and what owns it: read by the compiler out of a literal, or at run time.
#pragma once

#include <cairn/edn/char_buffer.hpp>
#include <cairn/edn/form.hpp>
#include <cairn/edn/node.hpp>
#include <cairn/edn/position.hpp>
#include <cairn/edn/reader.hpp>
#include <cairn/error/error.hpp>
#include <cairn/meta/fixed_string.hpp>
#include <cairn/meta/lazy.hpp>

#include <algorithm>
#include <array>
#include <cstddef>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace cairn::notation {

namespace detail {

/// The reason comes in short pieces since clang shows no more than 32 bytes of one argument.
template <meta::fixed_string... Reason>
consteval void refuse_literal() {
  static_assert(sizeof...(Reason) == 0,
                "cairn::edn: this literal is not EDN; the lines around this one show the reason and the place");
}

template <meta::fixed_string Text, ReaderOptions Options>
struct LiteralReading {
  static constexpr std::vector<Node> read() {
    std::vector<Node> found;
    (void)read_one(Text.view(), found, Options);
    return found;
  }

  /// On one line, since compilers print the newlines of a template argument as numbers.
  static constexpr CharBuffer reason() {
    std::vector<Node> found;
    ReadResult const result = read_one(Text.view(), found, Options);
    Position const at = position(Text.view(), result.offset);
    CharBuffer text{"line "};
    text += to_text(at.line);
    text += ", column ";
    text += to_text(at.column);
    text += ": ";
    text += result.message;
    text += " >>> ";
    std::string_view const rest = Text.view().substr(std::min(result.offset, Text.size()));
    text += rest.substr(0, std::min<std::size_t>(rest.find('\n'), 60));
    return text;
  }

  static constexpr std::size_t piece_size = 30;

  template <std::size_t Piece>
  static constexpr auto piece() {
    constexpr std::size_t size = std::min(piece_size, reason().size() - Piece * piece_size);
    return meta::fixed_string<size + 1>{reason().view().substr(Piece * piece_size, size)};
  }

  template <std::size_t... Pieces>
  static consteval void refuse(std::index_sequence<Pieces...>) {
    refuse_literal<piece<Pieces>()...>();
  }

  static constexpr auto fixed_nodes() {
    constexpr std::size_t count = read().size();
    if constexpr (count == 0) {
      refuse(std::make_index_sequence<(reason().size() + piece_size - 1) / piece_size>{});
    }
    std::array<Node, count> result{};
    std::vector<Node> const found = read();
    std::copy(found.begin(), found.end(), result.begin());
    return result;
  }
};

}  // namespace detail

/// A literal as the compiler read it; see `document`.
template <meta::fixed_string Text, ReaderOptions Options = ReaderOptions{}>
struct StaticDocument {
  static constexpr std::string_view text = Text.view();
  static constexpr auto nodes = detail::LiteralReading<Text, Options>::fixed_nodes();

  [[nodiscard]] static constexpr Form root() noexcept { return {text, nodes.data(), 0}; }
};

/// `document<"[:find ?e]">` is the literal's nodes, in static storage. A literal that is not one EDN form does not
/// compile; the error shows the reason, line and column, and the text with a caret.
template <meta::fixed_string Text, ReaderOptions Options = ReaderOptions{}>
inline constexpr StaticDocument<Text, Options> document{};

/// The error for a result that is not a form: message with line, column, reason and excerpt; data `{:line 1 :column 5
/// :offset 4}`.
template <meta::Lazy = {}>
inline Error error_of(std::string_view text, ReadResult const& result) {
  Position const at = position(text, result.offset);
  return Error{result.code, explain(text, result.offset, result.message),
               "{:line " + std::to_string(at.line) + " :column " + std::to_string(at.column) + " :offset " +
                   std::to_string(result.offset) + "}"};
}

/// A form read at run time, with its text. Movable and copyable; its `Form`s are valid as long as it stays where it is.
class Document {
 public:
  /// Requires: `nodes` are those of the one form of `text`.
  Document(std::string text, std::vector<Node> nodes) noexcept : text_{std::move(text)}, nodes_{std::move(nodes)} {}

  [[nodiscard]] std::string const& text() const noexcept { return text_; }
  [[nodiscard]] std::vector<Node> const& nodes() const noexcept { return nodes_; }
  [[nodiscard]] Form root() const noexcept { return {text_, nodes_.data(), 0}; }

 private:
  std::string text_;
  std::vector<Node> nodes_;
};

/// Reads the one form that is the whole of `text`. Linear. Throws `Errc::edn_syntax` and `Errc::edn_limit`.
template <meta::Lazy = {}>
inline Document read(std::string text, ReaderOptions const& options = {}) {
  std::vector<Node> nodes;
  ReadResult const result = read_one(text, nodes, options);
  if (result.status != ReadStatus::form) throw error_of(text, result);
  return {std::move(text), std::move(nodes)};
}

}  // namespace cairn::notation
