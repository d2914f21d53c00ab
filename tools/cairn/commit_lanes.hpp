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

/// Draws commits, children before parents: a column for each line of descent that goes on below. A commit's own column is the first that waits
/// for it; the others end in it above its row, and its further parents begin columns below it.
class CommitLanes {
 public:
  struct Drawn {
    std::vector<std::string> above;  ///< `|/`: columns that end in the commit
    std::string row;                 ///< `* |`, the commit's own
    std::vector<std::string> below;  ///< `|\`: columns that its further parents begin
  };

  Drawn draw(Commit const& commit) {
    Drawn drawn;
    auto const found = std::ranges::find(waited_for_, commit.id);
    auto const at = static_cast<std::size_t>(found - waited_for_.begin());
    if (found == waited_for_.end()) waited_for_.push_back(commit.id);
    for (auto i = waited_for_.size(); --i != at;) {
      if (waited_for_[i] == commit.id) drawn.above.push_back(end_of(i, at));
    }
    drawn.row = bars(waited_for_.size());
    drawn.row[2 * at] = '*';
    if (commit.parents.empty()) {
      auto ended = end_of(at, at);
      if (ended.find('/') != std::string::npos) drawn.below.push_back(std::move(ended));
      return drawn;
    }
    waited_for_[at] = commit.parents.front();
    for (std::size_t i = 1; i != commit.parents.size(); ++i) drawn.below.push_back(begin_of(at + i, commit.parents[i]));
    return drawn;
  }

 private:
  [[nodiscard]] static std::string bars(std::size_t number) {
    std::string row;
    for (std::size_t i = 0; i != number; ++i) row += i == 0 ? "|" : " |";
    return row;
  }

  /// Takes away column `i`, which goes over into column `to`, left of it or itself: those behind it move to the left.
  std::string end_of(std::size_t i, std::size_t to) {
    auto row = bars(i);
    row.resize(waited_for_.empty() ? 0 : 2 * waited_for_.size() - 1, ' ');
    for (auto gap = to; gap + 1 < i; ++gap) row[2 * gap + 1] = '_';
    for (auto moved = to == i ? i + 1 : i; moved != waited_for_.size(); ++moved) row[2 * moved - 1] = '/';
    waited_for_.erase(waited_for_.begin() + static_cast<std::ptrdiff_t>(i));
    return without_end(std::move(row));
  }

  /// Makes a column `i` that comes out of the one before it: those that were there move to the right.
  std::string begin_of(std::size_t i, CommitId const& parent) {
    auto row = bars(i);
    row.resize(2 * waited_for_.size() + 1, ' ');
    for (auto moved = i; moved != waited_for_.size() + 1; ++moved) row[2 * moved - 1] = '\\';
    waited_for_.insert(waited_for_.begin() + static_cast<std::ptrdiff_t>(i), parent);
    return without_end(std::move(row));
  }

  [[nodiscard]] static std::string without_end(std::string row) {
    row.erase(row.find_last_not_of(' ') + 1);
    return row;
  }

  std::vector<CommitId> waited_for_{};  // by column, from the left
};

}  // namespace cairn::tool
