// Copyright the Cairn authors
// SPDX-License-Identifier: BSL-1.0
// Roots that belong to layers, in the store where everybody else's are.
#pragma once

#include <cairn/concepts/root.hpp>

#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace cairn::layer {

/// The name of a layer's own root: a zero byte and a word. Names that users give and that begin with a zero byte get another in
/// front of it, so that none of them is one. On disk: do not rename.
[[nodiscard]] inline std::string hidden_root(std::string_view word) { return std::string(1, '\0').append(word); }

/// The name that a user's root has in the store. Makes a text only of names that begin with a zero byte.
class InnerName {
 public:
  explicit InnerName(std::string_view branch) : view_{branch} {
    if (!branch.starts_with('\0')) return;
    escaped_ = hidden_root(branch);
    view_ = escaped_;
  }
  InnerName(InnerName const&) = delete;
  InnerName& operator=(InnerName const&) = delete;
  ~InnerName() = default;

  [[nodiscard]] std::string_view view() const noexcept { return view_; }

 private:
  std::string escaped_;
  std::string_view view_;
};

/// The roots that a user sees, out of those of a store. In their order, which stays sorted.
[[nodiscard]] inline std::vector<std::string> visible_roots(std::vector<std::string> names) {
  std::vector<std::string> seen;
  seen.reserve(names.size());
  for (auto& name : names) {
    if (!name.starts_with('\0')) {
      seen.push_back(std::move(name));
    } else if (name.size() > 1 && name[1] == '\0') {
      seen.push_back(name.substr(1));
    }
  }
  return seen;
}

}  // namespace cairn::layer
