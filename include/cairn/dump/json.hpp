// Copyright the Cairn authors
// SPDX-License-Identifier: BSL-1.0
// Reading JSON (RFC 8259), item by item.
#pragma once

#include <cairn/dump/format.hpp>
#include <cairn/edn/utf8.hpp>

#include <algorithm>
#include <charconv>
#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>

namespace cairn::detail {

/// Goes through a text that is all there. Throws `BadRecord` where it is no JSON. Thread safety: none.
class JsonReader {
 public:
  explicit JsonReader(std::string_view text) noexcept : text_{text} {}

  [[nodiscard]] std::size_t at() const noexcept { return at_; }
  /// Goes back, or on, to a place where an item begins.
  void go_to(std::size_t place) noexcept { at_ = place; }

  /// The first character of the next item; 0 at the end.
  char peek() {
    while (at_ != text_.size() && (text_[at_] == ' ' || text_[at_] == '\t' || text_[at_] == '\n' || text_[at_] == '\r')) ++at_;
    return at_ == text_.size() ? '\0' : text_[at_];
  }
  void expect(char wanted) {
    if (peek() != wanted || at_ == text_.size()) bad_record(std::string{"at byte "} + std::to_string(at_) + " there should be a '" + wanted + "'");
    ++at_;
  }
  /// Whether it is there, and then it is passed.
  bool take(char wanted) {
    if (peek() != wanted || at_ == text_.size()) return false;
    ++at_;
    return true;
  }
  bool take(std::string_view word) {
    peek();
    if (!text_.substr(at_).starts_with(word)) return false;
    at_ += word.size();
    return true;
  }

  /// Calls `visit()` for each element, which reads it.
  template <class Visit>
  void array(Visit visit) {
    expect('[');
    if (take(']')) return;
    do {
      visit();
    } while (take(','));
    expect(']');
  }
  /// Calls `visit(key)` for each entry, which reads its value.
  template <class Visit>
  void object(Visit visit) {
    expect('{');
    if (take('}')) return;
    do {
      auto const key = string();
      expect(':');
      visit(key);
    } while (take(','));
    expect('}');
  }

  [[nodiscard]] std::string string() {
    expect('"');
    std::string made;
    for (;;) {
      auto const end = text_.find_first_of("\"\\", at_);
      if (end == std::string_view::npos) bad_record("a string does not end");
      made += text_.substr(at_, end - at_);
      at_ = end + 1;
      if (text_[end] == '"') break;
      read_escape(made);
    }
    if (!notation::utf8::is_valid(made)) bad_record("a string is not UTF-8");
    return made;
  }

  /// The text of a number, which has the grammar of one.
  [[nodiscard]] std::string_view number() {
    peek();
    auto const begin = at_;
    auto const digits = [&] {
      auto const from = at_;
      while (at_ != text_.size() && text_[at_] >= '0' && text_[at_] <= '9') ++at_;
      if (at_ == from) bad_record("at byte " + std::to_string(at_) + " there should be a number");
    };
    if (at_ != text_.size() && text_[at_] == '-') ++at_;
    digits();
    if (at_ != text_.size() && text_[at_] == '.') {
      ++at_;
      digits();
    }
    if (at_ != text_.size() && (text_[at_] == 'e' || text_[at_] == 'E')) {
      ++at_;
      if (at_ != text_.size() && (text_[at_] == '+' || text_[at_] == '-')) ++at_;
      digits();
    }
    return text_.substr(begin, at_ - begin);
  }
  [[nodiscard]] std::int64_t integer() {
    auto const text = number();
    std::int64_t value = 0;
    auto const [end, error] = std::from_chars(text.data(), text.data() + text.size(), value);
    if (error != std::errc{} || end != text.data() + text.size()) bad_record(std::string{text} + " is no integer of 64 bits");
    return value;
  }

  /// Passes an item of any kind.
  void skip(int depth = 0) {
    constexpr int deepest = 512;
    if (depth == deepest) bad_record("it is nested too deep");
    switch (peek()) {
      case '[': return array([&] { skip(depth + 1); });
      case '{': return object([&](std::string const&) { skip(depth + 1); });
      case '"': static_cast<void>(string()); return;
      default:
        if (!take(std::string_view{"true"}) && !take(std::string_view{"false"}) && !take(std::string_view{"null"})) static_cast<void>(number());
    }
  }

 private:
  [[nodiscard]] std::uint32_t hex4() {
    std::uint32_t unit = 0;
    auto const digits = text_.substr((std::min)(at_, text_.size()), 4);
    auto const [end, error] = std::from_chars(digits.data(), digits.data() + digits.size(), unit, 16);
    if (digits.size() != 4 || error != std::errc{} || end != digits.data() + 4) bad_record("\\u needs four hexadecimal digits");
    at_ += 4;
    return unit;
  }
  void read_escape(std::string& made) {
    if (at_ == text_.size()) bad_record("a string does not end");
    char const escaped = text_[at_++];
    constexpr std::string_view names = "\"\\/bfnrt";
    constexpr std::string_view means = "\"\\/\b\f\n\r\t";
    if (auto const place = names.find(escaped); place != std::string_view::npos) {
      made += means[place];
      return;
    }
    if (escaped != 'u') bad_record("a string has an unknown escape");
    auto point = hex4();
    if (point >= 0xD800 && point < 0xDC00 && text_.substr(at_).starts_with("\\u")) {
      at_ += 2;
      auto const low = hex4();
      if (low < 0xDC00 || low > 0xDFFF) bad_record("a string has half a character");
      point = 0x10000 + ((point - 0xD800) << 10U) + (low - 0xDC00);
    }
    if (!notation::utf8::is_scalar(static_cast<char32_t>(point))) bad_record("a string has half a character");
    made += notation::utf8::encode(static_cast<char32_t>(point)).view();
  }

  std::string_view text_;
  std::size_t at_ = 0;
};

}  // namespace cairn::detail
