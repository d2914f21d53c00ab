// Copyright the Cairn authors
// SPDX-License-Identifier: BSL-1.0
// Cuts text that arrives line by line into forms.
#pragma once

#include "../backends.hpp"

#include <optional>
#include <string>
#include <string_view>
#include <variant>
#include <vector>

namespace cairn::tool {

/// Text goes in a line at a time; forms come out when they are complete. Keeps the text, so that errors name its lines.
class FormReader {
 public:
  void add_line(std::string_view line) { (text_ += line) += '\n'; }

  /// The next complete form, or what is wrong with it; nothing where more lines are needed. `at_end`: no more will come, and
  /// a form that is not finished is an error.
  [[nodiscard]] std::optional<std::variant<Edn, Error>> next(bool at_end) {
    nodes_.clear();
    auto const result = notation::read_next(text_, at_, nodes_, {.shell_forms = true});
    switch (result.status) {
      case notation::ReadStatus::end: at_ = text_.size(); return std::nullopt;
      case notation::ReadStatus::incomplete:
        if (!at_end) return std::nullopt;
        break;
      case notation::ReadStatus::form: {
        auto form = Edn::of({text_, nodes_.data(), result.root});
        at_ = result.end;
        return form;
      }
      default: break;
    }
    auto error = notation::error_of(text_, result);
    at_ = result.status == notation::ReadStatus::incomplete ? text_.size() : after_error(result.offset);
    return error;
  }

  /// Whether a form has begun and is not finished.
  [[nodiscard]] bool in_form() const noexcept { return text_.find_first_not_of(" \t\n,", at_) != std::string::npos; }
  /// What has begun and is not finished.
  [[nodiscard]] std::string_view rest() const noexcept { return std::string_view{text_}.substr(at_); }
  void clear() {
    text_.clear();
    at_ = 0;
  }

 private:
  /// Where reading goes on after an error: at the next line that begins a form of its own.
  [[nodiscard]] std::size_t after_error(std::size_t offset) const {
    auto line = text_.find('\n', offset);
    while (line != std::string::npos && line + 1 < text_.size() &&
           std::string_view{" \t\n,;)]}"}.find(text_[line + 1]) != std::string_view::npos) {
      line = text_.find('\n', line + 1);
    }
    return line == std::string::npos ? text_.size() : line + 1;
  }

  std::string text_;
  std::size_t at_ = 0;
  std::vector<notation::Node> nodes_;
};

}  // namespace cairn::tool
