// Copyright the Cairn authors
// SPDX-License-Identifier: BSL-1.0
// The writer of the Redis backend.
#pragma once

#include <cairn/backends/common/root_version.hpp>
#include <cairn/backends/redis/call.hpp>
#include <cairn/backends/redis/keys.hpp>
#include <cairn/backends/redis/scripts.hpp>
#include <cairn/backends/redis/shared_store.hpp>
#include <cairn/concepts/root.hpp>
#include <cairn/error/error.hpp>

#include <cstddef>
#include <memory>
#include <span>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace cairn::backends::redis {

/// Gathers blobs and sends them with one change of a root, as one script. After a conflict it still has what was put, for another
/// attempt; after a success it is empty and may be used again; destroyed without a commit it leaves nothing but garbage.
///
/// A reply that was lost is asked for again, by sending the same change once more: it sees whether it has landed. Only where others
/// have changed the root since, or the server stays away for longer than `:timeout`, the outcome is unknown.
///
/// Not safe to share between threads; any number of writers may be used at once, each by its own thread.
class Writer {
 public:
  explicit Writer(std::shared_ptr<details::SharedStore> store) noexcept : store_{std::move(store)} {}

  /// Keeps a copy of `bytes`; others can read it after the commit. O(size). What is more than 8 MiB goes to the server at once.
  /// `io/error` for more than 512 MiB, which is all that Redis takes in one value.
  Address put(std::span<std::byte const> bytes) {
    auto const address = reserve();
    put(address, bytes);
    return address;
  }
  /// An address for a `put` to come. O(1).
  Address reserve() { return store_->next_address(); }
  /// The same under an address that is known before; what is there is replaced.
  void put(Address const& address, std::span<std::byte const> bytes) {
    store_->server().check_process();
    check_size(bytes.size(), "A blob");
    blobs_.push_back({store_->keys().blob(address), std::string{common::text_of(bytes)}});
    buffered_ += bytes.size();
    if (buffered_ > most_buffered || blobs_.size() >= most_blobs) flush();
  }

  /// Replaces the root's state and empties its tail.
  CommitResult commit(std::string_view branch, Version const& expected, std::span<std::byte const> state) {
    check_size(state.size(), "The state of a root");
    auto const lot = common::random_epoch();
    return change(branch, expected, "commit", lot, common::text_of(state), [&](Head const&) { return details::version_of({lot, 0, {}}); });
  }
  /// Adds one frame to the root's tail; where there is no root and none is expected, one with an empty state begins.
  /// Adds one entry to one list.
  CommitResult append(std::string_view branch, Version const& expected, std::span<std::byte const> frame) {
    check_size(frame.size() + common::epoch_size, "A frame");
    auto const lot = common::random_epoch();
    auto entry = lot;
    entry += common::text_of(frame);
    return change(branch, expected, "append", lot, entry, [&](Head const& head) {
      return details::version_of({head.epoch.empty() ? lot : head.epoch, head.frames + 1, lot});
    });
  }
  /// Removes the root.
  CommitResult drop(std::string_view branch, Version const& expected) {
    return change(branch, expected, "drop", common::random_epoch(), {}, [](Head const&) { return Version{}; });
  }

 private:
  struct Blob {
    std::string key;
    std::string bytes;
  };
  using Head = details::Head;
  static constexpr std::size_t most_buffered = std::size_t{8} << 20U;
  static constexpr std::size_t most_blobs = 4096;

  static void check_size(std::size_t size, std::string_view what) {
    if (size <= details::most_bytes) return;
    raise(Errc::io_error, std::string{what} + " of " + std::to_string(size) + " bytes is larger than 512 MiB, the most that Redis takes.");
  }

  void add_blobs(std::vector<std::string>& keys, std::vector<std::string_view>& words) const {
    for (auto const& blob : blobs_) {
      keys.push_back(blob.key);
      words.emplace_back(blob.bytes);
    }
  }
  void forget_blobs() noexcept {
    blobs_.clear();
    buffered_ = 0;
  }
  /// Unnamed by any root yet. Nobody minds if they are stored twice.
  void flush() {
    std::vector<std::string> keys{store_->keys().store()};
    std::vector<std::string_view> words{store_->keys().value()};
    add_blobs(keys, words);
    store_->run({details::Script::put, std::move(keys), std::move(words)}, "write blobs");
    forget_blobs();
  }

  template <class Made>
  CommitResult change(std::string_view branch, Version const& expected, std::string_view operation, std::string_view lot, std::string_view bytes,
                      Made made) {
    auto const& names = store_->keys();
    auto const head = details::head_of(expected);
    auto const frames = std::to_string(head.frames);
    std::vector<std::string> keys{names.store(), names.roots(), names.state(branch), names.tail(branch)};
    std::vector<std::string_view> words{names.value(), branch, head.epoch, frames, head.lot, operation, lot, bytes};
    add_blobs(keys, words);
    CommitResult done{CommitResult::committed, made(head)};
    bool may_have_run = false;
    bool landed = false;
    try {
      landed = store_->run({details::Script::change, std::move(keys), std::move(words)}, "commit", may_have_run).text() == "done";
    } catch (Error const& error) {
      if (!may_have_run || error.code() == Errc::store_poisoned) throw;
      return {CommitResult::unknown, error.message()};
    }
    if (landed) {
      forget_blobs();
      return done;
    }
    if (may_have_run) return {CommitResult::unknown, std::string{"the reply was lost, and the root has changed since"}};
    return CommitResult::conflict;
  }

  std::shared_ptr<details::SharedStore> store_;
  std::vector<Blob> blobs_;
  std::size_t buffered_ = 0;
};

}  // namespace cairn::backends::redis
