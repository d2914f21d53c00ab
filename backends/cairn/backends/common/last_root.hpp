// Copyright the Cairn authors
// SPDX-License-Identifier: BSL-1.0
// The root that a connection has read last, so that only what was added since need be read.
#pragma once

#include <cairn/concepts/root.hpp>

#include <memory>
#include <mutex>
#include <string>
#include <string_view>
#include <utility>

namespace cairn::backends::common {

/// One root, since a connection is seldom asked for another. Its state and frames are shared with whoever read it; a backend whose `Record` is
/// more than a `RootRecord` keeps what it needs beside.
/// Thread safety: both members may be called at once from any thread.
template <class Record>
class LastOf {
 public:
  /// What is known of that root, or null.
  [[nodiscard]] std::shared_ptr<Record const> find(std::string_view branch) const {
    std::lock_guard const guard{mutex_};
    return branch == branch_ ? record_ : nullptr;
  }
  void keep(std::string_view branch, Record record) {
    auto kept = std::make_shared<Record const>(std::move(record));
    std::string name{branch};
    std::lock_guard const guard{mutex_};
    branch_.swap(name);
    record_.swap(kept);  // what was there before goes without the lock
  }

 private:
  mutable std::mutex mutex_;
  std::string branch_{};
  std::shared_ptr<Record const> record_{};
};

using LastRoot = LastOf<RootRecord>;

}  // namespace cairn::backends::common
