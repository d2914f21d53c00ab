// Copyright the Cairn authors
// SPDX-License-Identifier: BSL-1.0
// The EDN forms of files, one after the other.
#pragma once

#include "terminal.hpp"

#include <cairn/edn/document.hpp>
#include <cairn/edn/position.hpp>
#include <cairn/edn/value.hpp>
#include <cairn/error/error.hpp>

#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <cstdio>
#include <fstream>
#include <iostream>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace cairn::tool {

/// A line of one of several files.
struct FormPlace {
  std::size_t file = 0;
  std::uint64_t line = 0;
};

/// Reads forms of any number of files, `-` being standard input. Of a file it holds what it reads at a time, and the form or
/// comment that is under way.
class Forms {
 public:
  explicit Forms(std::vector<std::string> files) : files_{std::move(files)} {}

  /// The next form; nothing behind the last one. Errors: `io/error` for a file that can't be read, `edn/...` with the place in
  /// the file that it came from. Throws `Interrupted` where Ctrl-C cut a read short.
  std::optional<notation::Value> next() {
    for (;;) {
      if (in_ == nullptr && !open_next()) return std::nullopt;
      nodes_.clear();
      auto const result = notation::read_next(text_, at_, nodes_);
      if (!is_whole_ && may_go_on(result)) {
        if (result.status != notation::ReadStatus::error) pass_what_is_no_form();
        read_more();
        continue;
      }
      if (result.status == notation::ReadStatus::end) {
        in_ = nullptr;
        continue;
      }
      if (result.status != notation::ReadStatus::form) throw error_of(result);
      count_lines(result.begin);
      at_ = result.end;
      return notation::Value::of({text_, nodes_.data(), result.root});
    }
  }

  /// Where the form begins that was read last.
  [[nodiscard]] FormPlace begin_of_form() const noexcept { return {next_ - 1, line_}; }
  /// The file, as a sentence has it.
  [[nodiscard]] std::string file_of(FormPlace const& place) const {
    return files_[place.file] == "-" ? std::string{"standard input"} : "the file " + files_[place.file];
  }

  /// How far it has come, for a message about what was read last; empty where nothing of a file was read.
  [[nodiscard]] std::string place() const {
    if (next_ == 0 || (in_ == nullptr && text_.empty() && bytes_ == 0)) return {};  // of the last one nothing was read
    auto const& file = files_[next_ - 1];
    auto const line = lines_ + notation::position(text_, std::min(at_, text_.size())).line;
    return (file == "-" ? std::string{"Standard input"} : "The file " + file) + " had been read to line " + std::to_string(line) + ".";
  }

 private:
  static constexpr std::size_t piece = std::size_t{1} << 20U;
  static constexpr std::size_t longest_word = std::size_t{1} << 16U;
  static constexpr std::size_t shown = 64;  // bytes before an error, of a line of any length

  bool open_next() {
    if (next_ == files_.size()) return false;
    auto const& file = files_[next_++];
    text_.clear();
    at_ = lines_ = columns_ = bytes_ = counted_ = 0;
    line_ = 1;
    is_whole_ = false;
    if (file == "-") {
      in_ = &std::cin;
      return true;
    }
    file_.close();
    file_.clear();
    file_.open(file, std::ios::binary);
    if (!file_) raise(Errc::io_error, "The file " + file + " cannot be read. Look at its name and permissions.");
    in_ = &file_;
    return true;
  }

  /// Whether the next piece may change the result: what ends where the text ends may not be all of it, and what is wrong there
  /// may only have been cut off.
  [[nodiscard]] bool may_go_on(notation::ReadResult const& result) const noexcept {
    switch (result.status) {
      case notation::ReadStatus::form: return result.end == text_.size();
      case notation::ReadStatus::error: return text_.size() - std::min(result.offset, text_.size()) < longest_word;
      default: return true;
    }
  }

  /// Goes on to the form, the comment or the `#_` that the text ends in. Requires: the reader has found nothing wrong.
  void pass_what_is_no_form() {
    if (bytes_ == 0 && at_ == 0 && text_.starts_with("\xEF\xBB\xBF")) at_ = 3;
    for (;;) {
      at_ = std::min(text_.find_first_not_of(" ,\t\n\v\f\r\x1C\x1D\x1E\x1F", at_), text_.size());
      auto const rest = std::string_view{text_}.substr(at_);
      auto end = text_.size();
      if (rest.starts_with(';')) {
        end = std::min(text_.find('\n', at_), end);
      } else if (rest.starts_with("#_")) {
        nodes_.clear();
        auto const discarded = notation::read_next(text_, at_ + 2, nodes_);
        if (discarded.status == notation::ReadStatus::form) end = discarded.end;
      }
      if (end == text_.size()) return;
      at_ = end;
    }
  }

  /// Forgets what was read, but for the line that is under way, which errors show, where it is short; and reads as much again
  /// as there is, so that one long form is not looked at too often.
  void read_more() {
    auto const line = text_.rfind('\n', at_ == 0 ? 0 : at_ - 1);
    auto from = at_ == 0 || line == std::string::npos ? 0 : line + 1;
    if (at_ - from > longest_word) from = at_ - shown;
    forget(from);
    auto const old = text_.size();
    text_.resize(old + std::max(piece, old));
    in_->read(text_.data() + old, static_cast<std::streamsize>(text_.size() - old));
    Interrupted::check();  // what a signal ends looks like the end of a file
    text_.resize(old + static_cast<std::size_t>(in_->gcount()));
    if (in_->bad() || (in_ == &std::cin && std::ferror(stdin) != 0)) {
      raise(Errc::io_error, "The file " + files_[next_ - 1] + " cannot be read to its end.");
    }
    is_whole_ = in_->eof();
  }

  /// Goes on with the number of the line, so that no text is counted twice.
  void count_lines(std::size_t end) {
    if (end <= counted_) return;
    auto const passed = std::string_view{text_}.substr(counted_, end - counted_);
    line_ += static_cast<std::uint64_t>(std::ranges::count(passed, '\n'));
    counted_ = end;
  }

  void forget(std::size_t size) {
    count_lines(size);
    counted_ -= size;
    auto const end = notation::position(std::string_view{text_}.substr(0, size), size);
    columns_ = end.column - 1 + (end.line == 1 ? columns_ : 0);
    lines_ += end.line - 1;
    bytes_ += size;
    text_.erase(0, size);
    at_ -= size;
  }

  /// As if the whole file were there.
  [[nodiscard]] Error error_of(notation::ReadResult const& result) const {
    auto const place = notation::position(text_, result.offset);
    auto const line = std::to_string(lines_ + place.line);
    auto const column = std::to_string(place.column + (place.line == 1 ? columns_ : 0));
    return Error{result.code,
                 "line " + line + ", column " + column + ": " + std::string{result.message} + '\n' +
                     notation::excerpt(text_, result.offset),
                 "{:line " + line + " :column " + column + " :offset " + std::to_string(bytes_ + result.offset) + "}"};
  }

  std::vector<std::string> files_;
  std::size_t next_ = 0;
  std::ifstream file_{};
  std::istream* in_ = nullptr;
  std::string text_{};
  std::size_t at_ = 0;
  bool is_whole_ = false;    // whether the rest of the file is in the text
  // What was forgotten, and of the line that the text begins in.
  std::uint64_t bytes_ = 0;
  std::uint64_t lines_ = 0;
  std::uint64_t columns_ = 0;
  std::size_t counted_ = 0;  // as far as `line_` has counted
  std::uint64_t line_ = 1;
  std::vector<notation::Node> nodes_{};
};

}  // namespace cairn::tool
