// Copyright the Cairn authors
// SPDX-License-Identifier: BSL-1.0
// What the connections of one memory store share, and the process-wide list of such stores.
#pragma once

#include <cairn/concepts/root.hpp>
#include <cairn/error/error.hpp>

#include <atomic>
#include <compare>
#include <cstdint>
#include <map>
#include <memory>
#include <mutex>
#include <optional>
#include <shared_mutex>
#include <string>
#include <string_view>
#include <unordered_map>
#include <utility>
#include <vector>

namespace cairn::backends::mem {

/// The number of a blob: counted up from 1 and never used again.
struct Address {
  std::uint64_t number = 0;
  friend constexpr auto operator<=>(Address const&, Address const&) = default;
};

namespace details {

struct Blob {
  Address address;
  Bytes bytes;
  TimePoint put_at;
};

struct Root {
  std::uint64_t version = 0;
  Bytes state;
  std::vector<Bytes> tail;
};

inline Version token_of(std::uint64_t version) {
  std::string token(sizeof version, '\0');
  for (char& byte : token) {
    byte = static_cast<char>(static_cast<unsigned char>(version & 0xffU));
    version >>= 8U;
  }
  return Version{std::move(token)};
}

/// One store. Everything behind one lock that readers share: what is done under it is a look-up and a copy of a
/// pointer.
class State {
 public:
  [[nodiscard]] Address reserve() noexcept { return Address{next_blob_.fetch_add(1, std::memory_order_relaxed)}; }

  [[nodiscard]] Bytes read(Address address) const {
    std::shared_lock const guard{mutex_};
    auto const found = blobs_.find(address.number);
    if (found == blobs_.end()) {
      raise_absent_blob("There is no blob " + std::to_string(address.number) +
                            " in this memory store: it was never committed, or swept.",
                        "{:address " + std::to_string(address.number) + "}");
    }
    return found->second.bytes;
  }

  [[nodiscard]] std::optional<RootRecord> root(std::string_view branch) const {
    std::shared_lock const guard{mutex_};
    auto const found = roots_.find(branch);
    if (found == roots_.end()) return std::nullopt;
    return RootRecord{token_of(found->second.version), found->second.state, found->second.tail};
  }

  [[nodiscard]] std::vector<std::string> roots() const {
    std::shared_lock const guard{mutex_};
    std::vector<std::string> names;
    names.reserve(roots_.size());
    for (auto const& [name, ignored] : roots_) names.push_back(name);
    return names;
  }

  /// Lets `change` at the root of `branch` if that is at `expected`, and takes the blobs in the same step; a conflict
  /// leaves `blobs` with the caller. `change` must not throw once it has changed anything.
  template <class Change>
  CommitResult swap(std::string_view branch, Version const& expected, std::vector<Blob>& blobs, Change change) {
    std::unique_lock const guard{mutex_};
    auto found = roots_.find(branch);
    auto const now = found == roots_.end() ? Version{} : token_of(found->second.version);
    if (now != expected) return CommitResult::conflict;
    take(blobs);
    return change(found);
  }

  CommitResult commit(std::string_view branch, Version const& expected, std::vector<Blob>& blobs, Bytes state) {
    return swap(branch, expected, blobs, [&](auto found) {
      return publish(branch, found, Root{0, std::move(state), {}});
    });
  }

  CommitResult append(std::string_view branch, Version const& expected, std::vector<Blob>& blobs, Bytes frame) {
    return swap(branch, expected, blobs, [&](auto found) {
      if (found == roots_.end()) return publish(branch, found, Root{0, {}, {std::move(frame)}});
      found->second.tail.push_back(std::move(frame));
      found->second.version = ++last_version_;
      return CommitResult{CommitResult::committed, token_of(last_version_)};
    });
  }

  CommitResult drop(std::string_view branch, Version const& expected, std::vector<Blob>& blobs) {
    return swap(branch, expected, blobs, [&](auto found) {
      if (found != roots_.end()) roots_.erase(found);
      return CommitResult{CommitResult::committed};
    });
  }

  void sweep(LiveSet<Address> const& live, TimePoint cutoff) {
    // `live` is foreign code that may read this very store, so it runs without the lock. What is committed meanwhile is
    // younger than the list and stays.
    std::vector<Address> old;
    {
      std::shared_lock const guard{mutex_};
      for (auto const& [number, blob] : blobs_) {
        if (blob.put_at < cutoff) old.push_back(Address{number});
      }
    }
    std::erase_if(old, [&](Address const& address) { return live(address); });
    std::unique_lock const guard{mutex_};
    for (auto const& address : old) blobs_.erase(address.number);
  }

  template <class Visit>
  void for_each_blob(Visit visit) const {
    std::vector<std::pair<std::uint64_t, Blob>> all;
    {
      std::shared_lock const guard{mutex_};
      all.assign(blobs_.begin(), blobs_.end());
    }
    for (auto const& [number, blob] : all) visit(Address{number}, blob.bytes.size(), blob.put_at);
  }

 private:
  using Roots = std::map<std::string, Root, std::less<>>;

  void take(std::vector<Blob>& blobs) {
    blobs_.reserve(blobs_.size() + blobs.size());
    for (auto const& blob : blobs) blobs_.insert_or_assign(blob.address.number, blob);
    blobs.clear();
  }

  CommitResult publish(std::string_view branch, typename Roots::iterator found, Root root) {
    root.version = ++last_version_;
    if (found == roots_.end()) {
      roots_.emplace(std::string{branch}, std::move(root));
    } else {
      found->second = std::move(root);
    }
    return CommitResult{CommitResult::committed, token_of(last_version_)};
  }

  mutable std::shared_mutex mutex_;
  std::unordered_map<std::uint64_t, Blob> blobs_;
  Roots roots_;
  std::uint64_t last_version_ = 0;
  std::atomic<std::uint64_t> next_blob_{1};
};

/// The memory stores of this process by id.
class Registry {
 public:
  static Registry& instance() {
    static Registry registry;
    return registry;
  }

  void create(std::string const& id) {
    auto fresh = std::make_shared<State>();
    std::lock_guard const guard{mutex_};
    if (!stores_.try_emplace(id, std::move(fresh)).second) {
      raise(Errc::store_exists, "There is a memory store \"" + id + "\" already: connect to it, or delete it first.");
    }
  }

  void remove(std::string const& id) {
    std::lock_guard const guard{mutex_};
    stores_.erase(id);
  }

  [[nodiscard]] std::shared_ptr<State> find(std::string const& id) const {
    std::lock_guard const guard{mutex_};
    auto const found = stores_.find(id);
    if (found == stores_.end()) {
      raise(Errc::store_does_not_exist, "There is no memory store \"" + id + "\" in this process: create it first.");
    }
    return found->second;
  }

 private:
  mutable std::mutex mutex_;
  std::map<std::string, std::shared_ptr<State>> stores_;
};

}  // namespace details
}  // namespace cairn::backends::mem
