// Copyright the Cairn authors
// SPDX-License-Identifier: BSL-1.0
// A field that is any EDN.
#pragma once

#include <string>
#include <string_view>
#include <utility>

namespace cairn {

/// Any EDN form, kept as its text, for what a configuration hands on without looking into it: `:initial-tx [{:name
/// "Ivan"}]`. Empty where there is none. Whoever uses it reads it, and refuses what is not EDN.
class EdnText {
 public:
  EdnText() = default;
  EdnText(std::string text) : text_{std::move(text)} {}  // NOLINT(google-explicit-constructor)
  EdnText(char const* text) : text_{text} {}             // NOLINT(google-explicit-constructor)
  explicit EdnText(std::string_view text) : text_{text} {}
  [[nodiscard]] std::string_view text() const noexcept { return text_; }
  [[nodiscard]] bool empty() const noexcept { return text_.empty(); }
  friend bool operator==(EdnText const&, EdnText const&) = default;

 private:
  std::string text_;
};

}  // namespace cairn
