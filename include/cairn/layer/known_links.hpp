// Copyright the Cairn authors
// SPDX-License-Identifier: BSL-1.0
// What the next frame of a root is chained to.
#pragma once

#include <cairn/concepts/root.hpp>

#include <functional>
#include <map>
#include <mutex>
#include <new>
#include <optional>
#include <string>
#include <string_view>

namespace cairn::layer {

/// Remembers the end of each root's chain at the version that was last seen, which is what the next append has to know.
/// Thread safety: every member may be called at once from any thread.
template <class Link>
class KnownLinks {
 public:
  void remember(std::string_view branch, Version const& version, Link const& last) {
    std::lock_guard const guard{mutex_};
    known_.insert_or_assign(std::string{branch}, Known{version, last});
  }
  void forget(std::string_view branch) {
    std::lock_guard const guard{mutex_};
    if (auto const found = known_.find(branch); found != known_.end()) known_.erase(found);
  }
  /// The end at that version; nothing where another was seen last.
  [[nodiscard]] std::optional<Link> last_at(std::string_view branch, Version const& version) const {
    std::lock_guard const guard{mutex_};
    auto const found = known_.find(branch);
    if (found == known_.end() || found->second.version != version) return std::nullopt;
    return found->second.last;
  }

  /// What an append at `expected` has to follow: `none` in a root that it begins. Where this has not seen it, `look()` reads the root, remembers
  /// its end and returns its version. Nothing where the root has moved on: the append would be a conflict.
  template <class Look>
  [[nodiscard]] std::optional<Link> before_append(std::string_view branch, Version const& expected, Link const& none, Look look) const {
    if (expected.absent()) return none;
    if (auto last = last_at(branch, expected)) return last;
    if (look() != expected) return std::nullopt;
    return last_at(branch, expected);  // nothing: another thread has seen a newer one
  }
  /// The result of a commit that made `last` the end, remembered where it landed.
  [[nodiscard]] CommitResult landed(std::string_view branch, Link const& last, CommitResult result) {
    if (result == CommitResult::committed) {
      try {
        remember(branch, result.version, last);
      } catch (std::bad_alloc const&) {  // NOLINT(bugprone-empty-catch): the commit has landed; the next append reads the root
      }
    }
    return result;
  }

 private:
  struct Known {
    Version version;
    Link last;
  };

  mutable std::mutex mutex_;
  std::map<std::string, Known, std::less<>> known_;
};

}  // namespace cairn::layer
