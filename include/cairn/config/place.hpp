// Copyright the Cairn authors
// SPDX-License-Identifier: BSL-1.0
// Where in a configuration something is, and where it came from.
#pragma once

#include <cairn/config/problem.hpp>
#include <cairn/edn/form.hpp>
#include <cairn/edn/node.hpp>

#include <cstddef>
#include <string>
#include <string_view>
#include <utility>

namespace cairn::config {

/// A place that is being read. Made on the stack on the way down; refers to the place above it.
class Place {
 public:
  /// The whole. `source` says in words where it came from, `in the EDN map`, and must outlive this. `under` is the key
  /// that the whole has in a larger one, if it is in one: `store`.
  Place(Problems& problems, std::string_view source, std::string_view under = {}) noexcept
      : problems_{&problems}, source_{source}, key_{under} {}

  [[nodiscard]] Place field(std::string_view key) const noexcept { return {*this, key, no_index, source_}; }
  [[nodiscard]] Place element(std::size_t index) const noexcept { return {*this, {}, index, source_}; }
  /// A field that came from elsewhere than the whole.
  [[nodiscard]] Place field(std::string_view key, std::string_view source) const noexcept {
    return {*this, key, no_index, source};
  }

  /// The field's name, without a colon; empty for the whole and for elements.
  [[nodiscard]] std::string_view key() const noexcept { return key_; }
  [[nodiscard]] std::string_view source() const noexcept { return source_; }
  [[nodiscard]] Problems& problems() const noexcept { return *problems_; }

  /// As EDN writes it: `:front :path`.
  [[nodiscard]] std::string path() const {
    if (above_ == nullptr && key_.empty()) return {};
    std::string text = above_ == nullptr ? std::string{} : above_->path();
    if (!text.empty()) text += ' ';
    return index_ == no_index ? text.append(":").append(key_) : text.append(std::to_string(index_));
  }

  void report(Errc code, std::string message) const { problems_->add(code, path(), source_, std::move(message)); }

  /// Says what was expected, and of what is there only its kind: it may be a secret in the wrong place.
  void report_type(std::string_view expected, notation::Form form) const {
    std::string message = "must be ";
    message.append(expected).append(", not ").append(name(form.kind()));
    report(Errc::config_type, std::move(message));
  }
  /// The same for text that is not EDN: a variable, a part of a URI.
  void report_text(std::string_view expected) const {
    report(Errc::config_type, std::string{"must be "}.append(expected));
  }

 private:
  static constexpr std::size_t no_index = static_cast<std::size_t>(-1);

  Place(Place const& above, std::string_view key, std::size_t index, std::string_view source) noexcept
      : problems_{above.problems_}, source_{source}, above_{&above}, key_{key}, index_{index} {}

  Problems* problems_;
  std::string_view source_;
  Place const* above_ = nullptr;
  std::string_view key_;
  std::size_t index_ = no_index;
};

}  // namespace cairn::config
