// Copyright the Cairn authors
// SPDX-License-Identifier: BSL-1.0
// Debian control files: what `/var/lib/dpkg/status` and `apt-cache dumpavail` are written in (deb822(5)).
#pragma once

#include <string_view>
#include <utility>
#include <vector>

namespace package_history {

[[nodiscard]] inline std::string_view trimmed(std::string_view text) {
  auto const first = text.find_first_not_of(" \t\r\n");
  if (first == std::string_view::npos) return {};
  return text.substr(first, text.find_last_not_of(" \t\r\n") - first + 1);
}

/// One paragraph: fields and their values. It refers to the text that it was read from.
class Stanza {
 public:
  /// The first line of a field, without white space around it; empty where there is no such field.
  [[nodiscard]] std::string_view operator[](std::string_view name) const {
    for (auto const& [field, value] : fields_) {
      if (field == name) return trimmed(value.substr(0, value.find('\n')));
    }
    return {};
  }

  /// All lines of a field, as they stand there.
  [[nodiscard]] std::string_view whole(std::string_view name) const {
    for (auto const& [field, value] : fields_) {
      if (field == name) return value;
    }
    return {};
  }

 private:
  friend class ControlFile;
  std::vector<std::pair<std::string_view, std::string_view>> fields_;
};

/// Reads a control file, paragraph by paragraph. A line that is neither a field nor the continuation of one is passed
/// over.
class ControlFile {
 public:
  explicit ControlFile(std::string_view text) : text_{text} {}

  /// The next paragraph, or null at the end. It is overwritten by the next call.
  [[nodiscard]] Stanza const* next() {
    stanza_.fields_.clear();
    while (position_ < text_.size()) {
      auto const start = position_;
      auto const line = next_line();
      if (trimmed(line).empty()) {
        if (stanza_.fields_.empty()) continue;
        break;
      }
      if (line.front() == ' ' || line.front() == '\t') {
        extend_last_field(start + line.size());
      } else if (auto const colon = line.find(':'); colon != std::string_view::npos && line.front() != '#') {
        stanza_.fields_.emplace_back(line.substr(0, colon), line.substr(colon + 1));
      }
    }
    return stanza_.fields_.empty() ? nullptr : &stanza_;
  }

 private:
  std::string_view next_line() {
    auto const end = text_.find('\n', position_);
    auto const line = text_.substr(position_, end == std::string_view::npos ? end : end - position_);
    position_ = end == std::string_view::npos ? text_.size() : end + 1;
    return line;
  }

  void extend_last_field(std::size_t end) {
    if (stanza_.fields_.empty()) return;
    auto& value = stanza_.fields_.back().second;
    auto const start = static_cast<std::size_t>(value.data() - text_.data());
    value = text_.substr(start, end - start);
  }

  std::string_view text_;
  std::size_t position_ = 0;
  Stanza stanza_;
};

}  // namespace package_history
