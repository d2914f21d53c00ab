// Copyright the Cairn authors
// SPDX-License-Identifier: BSL-1.0
// The commit graph as lines of text.
#pragma once

#include <cairn/store/commit_graph.hpp>

#include <algorithm>
#include <cstddef>
#include <string>
#include <utility>
#include <vector>

namespace cairn::tool {

/// Draws commits, children before parents: a column for each line of descent that goes on below.
class CommitLanes {
 public:
  struct Drawn {
    std::string row;                 ///< `* |`, the commit's own
    std::vector<std::string> links;  ///< `|\`, `|/`: how columns part and meet below it
  };

  Drawn draw(Commit const& commit) {
    auto found = std::ranges::find(waited_for_, commit.id);
    if (found == waited_for_.end()) found = waited_for_.insert(found, commit.id);
    auto const at = static_cast<std::size_t>(found - waited_for_.begin());
    Drawn drawn;
    for (std::size_t i = 0; i != waited_for_.size(); ++i) drawn.row += i == 0 ? (i == at ? "*" : "|") : (i == at ? " *" : " |");
    // Columns that waited for the same commit end in it.
    for (auto i = waited_for_.size(); i-- != at + 1;) {
      if (!(waited_for_[i] == commit.id)) continue;
      drawn.links.push_back(row_of_bars(i) + "/");
      waited_for_.erase(waited_for_.begin() + static_cast<std::ptrdiff_t>(i));
    }
    if (commit.parents.empty()) {
      waited_for_.erase(waited_for_.begin() + static_cast<std::ptrdiff_t>(at));
      return drawn;
    }
    waited_for_[at] = commit.parents.front();
    for (std::size_t i = 1; i != commit.parents.size(); ++i) {
      if (std::ranges::find(waited_for_, commit.parents[i]) != waited_for_.end()) continue;
      drawn.links.push_back(row_of_bars(at + 1) + "\\");
      waited_for_.insert(waited_for_.begin() + static_cast<std::ptrdiff_t>(at + 1), commit.parents[i]);
    }
    return drawn;
  }

 private:
  [[nodiscard]] static std::string row_of_bars(std::size_t number) {
    std::string row;
    for (std::size_t i = 0; i != number; ++i) row += i + 1 == number ? "|" : "| ";
    return row;
  }

  std::vector<CommitId> waited_for_{};  // by column, from the left
};

}  // namespace cairn::tool
