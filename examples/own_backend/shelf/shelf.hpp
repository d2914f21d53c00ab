// Copyright the Cairn authors
// SPDX-License-Identifier: BSL-1.0
// A place to keep bytes, such as you may have one: here, in this process, for as long as it lives.
#pragma once

#include <cairn/concepts/root.hpp>
#include <cairn/error/error.hpp>

#include <chrono>
#include <cstddef>
#include <cstdint>
#include <functional>
#include <map>
#include <memory>
#include <mutex>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace shelf {

/// One store: blobs that never change, and named roots, the only cells that do. Safe to use from any thread.
class Shelf {
 public:
  std::uint64_t put(std::span<std::byte const> bytes) {
    std::scoped_lock const lock{mutex_};
    blobs_.emplace(++counter_, Blob{cairn::Bytes::copy(bytes), std::chrono::system_clock::now()});
    return counter_;
  }

  cairn::Bytes read(std::uint64_t number) const {
    std::scoped_lock const lock{mutex_};
    auto const found = blobs_.find(number);
    if (found == blobs_.end()) {
      cairn::raise_absent_blob("There is no blob " + std::to_string(number) + " on this shelf.");
    }
    return found->second.bytes;
  }

  std::optional<cairn::RootRecord> root(std::string_view branch) const {
    std::scoped_lock const lock{mutex_};
    auto const found = roots_.find(branch);
    return found == roots_.end() ? std::nullopt : std::optional{found->second};
  }

  std::vector<std::string> roots() const {
    std::scoped_lock const lock{mutex_};
    std::vector<std::string> names;
    for (auto const& [name, record] : roots_) names.push_back(name);
    return names;
  }

  /// Lets `change` at a root, or at nothing where there is none, if that is at `expected`. To compare and to replace is
  /// one step under the lock: of two writers who saw the same version, one gets a conflict.
  template <class Change>
  cairn::CommitResult swap(std::string_view branch, cairn::Version const& expected, Change change) {
    std::scoped_lock const lock{mutex_};
    auto const found = roots_.find(branch);
    auto root = found == roots_.end() ? std::nullopt : std::optional{found->second};
    if ((root ? root->version : cairn::Version{}) != expected) return cairn::CommitResult::conflict;
    change(root);
    if (!root) {
      if (found != roots_.end()) roots_.erase(found);
      return cairn::CommitResult::committed;
    }
    root->version = cairn::Version{std::to_string(++counter_)};
    roots_.insert_or_assign(std::string{branch}, *root);
    return {cairn::CommitResult::committed, root->version};
  }

  /// `live` may read this very shelf, so it is asked without the lock. What is put meanwhile is not in the list.
  void sweep(cairn::LiveSet<std::uint64_t> const& live, cairn::TimePoint cutoff) {
    std::vector<std::uint64_t> old;
    {
      std::scoped_lock const lock{mutex_};
      for (auto const& [number, blob] : blobs_) {
        if (blob.put_at < cutoff) old.push_back(number);
      }
    }
    std::erase_if(old, [&](std::uint64_t number) { return live(number); });
    std::scoped_lock const lock{mutex_};
    for (auto const number : old) blobs_.erase(number);
  }

 private:
  struct Blob {
    cairn::Bytes bytes;
    cairn::TimePoint put_at;
  };

  mutable std::mutex mutex_;
  std::map<std::uint64_t, Blob> blobs_;
  std::map<std::string, cairn::RootRecord, std::less<>> roots_;
  std::uint64_t counter_ = 0;  // of blobs and of versions, so that none comes again
};

/// The shelves of this process, by their ids. A shelf that is removed lives on for those who hold it.
class Shelves {
 public:
  bool create(std::string const& id) {
    std::scoped_lock const lock{mutex_};
    return shelves_.try_emplace(id, std::make_shared<Shelf>()).second;
  }
  void remove(std::string const& id) {
    std::scoped_lock const lock{mutex_};
    shelves_.erase(id);
  }
  std::shared_ptr<Shelf> find(std::string const& id) {
    std::scoped_lock const lock{mutex_};
    auto const found = shelves_.find(id);
    return found == shelves_.end() ? nullptr : found->second;
  }

 private:
  std::mutex mutex_;
  std::map<std::string, std::shared_ptr<Shelf>> shelves_;
};

inline Shelves shelves;

}  // namespace shelf
