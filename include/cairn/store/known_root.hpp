// Copyright the Cairn authors
// SPDX-License-Identifier: BSL-1.0
// What a session knows of its root.
#pragma once

#include <cairn/concepts/root.hpp>
#include <cairn/store/commit_id.hpp>
#include <cairn/store/root_state.hpp>

#include <algorithm>
#include <cstddef>
#include <span>
#include <type_traits>
#include <utility>
#include <vector>

namespace cairn {

/// A root as a session last saw or left it: what the next commit goes on from, and how it tells what others did since.
struct KnownRoot {
  Version version{};
  Bytes state{};
  std::vector<CommitId> absorbed{};  ///< those that the state names
  std::vector<Bytes> frames{};       ///< the tail
  std::vector<CommitId> commits{};   ///< those of its frames, each of which is of one or several
  std::size_t tail_bytes = 0;

  /// Whether `root` is this one with more frames, or none.
  [[nodiscard]] bool goes_on_in(RootRecord const& root) const noexcept {
    return root.state == state && root.tail.size() >= frames.size() && std::equal(frames.begin(), frames.end(), root.tail.begin());
  }

  /// Nobody's where nothing is known yet.
  [[nodiscard]] CommitId newest_commit() const noexcept {
    if (!commits.empty()) return commits.back();
    return absorbed.empty() ? CommitId{} : absorbed.back();
  }

  /// What a checkpoint names that takes in commits `ids` beside what is known.
  [[nodiscard]] std::vector<CommitId> named_with(std::span<CommitId const> ids) const {
    auto named = absorbed;
    named.insert(named.end(), commits.begin(), commits.end());
    named.insert(named.end(), ids.begin(), ids.end());
    if (named.size() > max_absorbed_commits) {
      named.erase(named.begin(), named.end() - static_cast<std::ptrdiff_t>(max_absorbed_commits));
    }
    return named;
  }

  /// Lets the next `appended`, of that many commits, need no memory, without copying everything each time.
  void make_room(std::size_t number) {
    if (frames.size() == frames.capacity()) frames.reserve(2 * frames.size() + 16);
    if (commits.size() + number > commits.capacity()) commits.reserve(2 * commits.size() + number + 16);
  }

  /// A frame of commits `ids` has been added. Requires: `make_room` before it.
  void appended(Version now, Bytes frame, std::span<CommitId const> ids) noexcept {
    version = std::move(now);
    tail_bytes += frame.size();
    frames.push_back(std::move(frame));
    commits.insert(commits.end(), ids.begin(), ids.end());
  }

  /// A checkpoint has replaced it.
  void replaced(Version now, Bytes by, std::vector<CommitId> named) noexcept {
    version = std::move(now);
    state = std::move(by);
    absorbed = std::move(named);
    frames.clear();
    commits.clear();
    tail_bytes = 0;
  }
};
static_assert(std::is_nothrow_move_assignable_v<KnownRoot>, "what is known of a root changes together or not at all");

}  // namespace cairn
