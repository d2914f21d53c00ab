// Copyright the Cairn authors
// SPDX-License-Identifier: BSL-1.0
// The writer of the file backend.
#pragma once

#include <cairn/backends/file/address.hpp>
#include <cairn/backends/file/config.hpp>
#include <cairn/backends/file/frame.hpp>
#include <cairn/backends/file/log.hpp>
#include <cairn/concepts/root.hpp>

#include <array>
#include <cstddef>
#include <cstdint>
#include <memory>
#include <span>
#include <string_view>
#include <utility>

namespace cairn::backends::file {

/// Puts blobs and publishes them with one change of a root.
///
/// From its first `put` or `hold` until its commit or destruction a writer holds the store: other writers, of any thread or
/// process, wait. A commit or append without either holds it only while it runs. A thread that has a writer which holds
/// it and starts to write by another one gets `store/locked`. Blobs wait in memory, up to 8 MiB of them, and go to
/// the file with the commit; in the layout `dir` each is a file, and synced, when `put` returns.
///
/// After a conflict the writer still has what was put, and the store, for another attempt; after a success it is empty
/// and may be used again. When a call throws, what was put is lost. A sync that fails is `unknown`: the commit may or
/// may not be there when the store is opened again, and this connection is `store/poisoned` from then on.
///
/// Not safe to share between threads.
template <class Io>
class BasicWriter {
 public:
  explicit BasicWriter(std::shared_ptr<details::Log<Io>> log) : log_{std::move(log)} {}
  BasicWriter(BasicWriter&&) noexcept = default;
  BasicWriter& operator=(BasicWriter&& other) noexcept {
    abandon();
    log_ = std::move(other.log_);
    hold_ = std::move(other.hold_);
    buffer_ = std::move(other.buffer_);
    position_ = other.position_;
    written_ = other.written_;
    has_files_ = other.has_files_;
    keeps_ = other.keeps_;
    return *this;
  }
  ~BasicWriter() { abandon(); }

  /// Takes the store before the first `put` or commit: what is read of it from here on stands still until this writer commits or
  /// is destroyed. Waits for other writers.
  void hold() {
    undone_by_throwing([&] {
      if (!hold_) take_store();
      keeps_ = true;
    });
  }

  /// Adds a blob; others can read it after the commit. O(size), without a system call while the buffer has room.
  Address put(std::span<std::byte const> bytes) {
    return undone_by_throwing([&] {
      if (!hold_) take_store();
      if (log_->is_full(position_)) roll();
      auto const address = log_->layout() == Layout::dir ? put_file(bytes) : put_frame(bytes);
      if (buffer_.size() >= most_buffered) flush();
      return address;
    });
  }

  /// Replaces the root's state and empties its tail. One write and, where commits are durable, one sync.
  CommitResult commit(std::string_view branch, Version const& expected, std::span<std::byte const> state) {
    return change(details::FrameType::commit, branch, expected, state);
  }

  /// Adds one frame to the root's tail; where there is no root and none is expected, one with an empty state begins.
  /// One write of the frame's own bytes and, where commits are durable, one sync.
  CommitResult append(std::string_view branch, Version const& expected, std::span<std::byte const> frame) {
    return change(details::FrameType::append, branch, expected, frame);
  }

  /// Removes the root.
  CommitResult drop(std::string_view branch, Version const& expected) {
    return change(details::FrameType::drop, branch, expected, {});
  }

 private:
  static constexpr std::size_t most_buffered = std::size_t{8} << 20U;

  void take_store() {
    hold_ = log_->acquire();
    go_to_end();
    if (log_->is_full(position_)) roll();
  }

  void go_to_end() {
    buffer_.clear();
    position_ = log_->end();
    written_ = position_.offset;
  }

  void flush() {
    log_->write(written_, buffer_);
    written_ += buffer_.size();
    buffer_.clear();
  }

  void roll() {
    flush();
    log_->roll(position_);
    go_to_end();
  }

  Address put_frame(std::span<std::byte const> bytes) {
    return details::add_frame(buffer_, log_->store(), position_, details::FrameType::blob, {bytes});
  }

  /// The log has a frame for it too, that says which file; so each has a place of its own in the log.
  Address put_file(std::span<std::byte const> bytes) {
    auto const address = log_->write_file(position_, bytes);
    has_files_ = true;
    std::array<std::byte, 8> name{};
    details::store(name.data(), address.length);
    details::store(name.data() + 4, address.check);
    put_frame(name);
    return address;
  }

  CommitResult change(details::FrameType type, std::string_view branch, Version const& expected,
                      std::span<std::byte const> content) {
    return undone_by_throwing([&]() -> CommitResult {
      if (!hold_) take_store();
      if (log_->version(branch) != expected) {
        if (position_ == log_->end() && !keeps_) hold_.release();
        return CommitResult::conflict;
      }
      // Before a frame can say that the blobs are there.
      if (std::exchange(has_files_, false)) log_->sync_files();
      std::array<std::byte, 12> fixed{};
      details::store(fixed.data(), log_->durable_offset());
      details::store(fixed.data() + 8, static_cast<std::uint32_t>(branch.size()));
      auto const address = details::add_frame(buffer_, log_->store(), position_, type,
                                              {details::ByteSpan{fixed}, details::bytes_of(branch), content});
      // What throws before the commit is published is cut off again, so the result is made before it.
      CommitResult done{CommitResult::committed};
      if (type != details::FrameType::drop)
        done.version = details::RootEntry{position_.sequence, position_.chain, {}, {}}.version();
      CommitResult lost{CommitResult::unknown, std::string{"The sync failed: connect again and look at the root."}};
      flush();
      if (!log_->sync()) {
        release();
        return lost;
      }
      log_->publish(type, branch, address, position_);
      release();
      return done;
    });
  }

  template <class Step>
  auto undone_by_throwing(Step step) {
    try {
      log_->check_usable();  // the store may be held since before a fork, or before a failure of another writer
      return step();
    } catch (...) {
      abandon();
      throw;
    }
  }

  void abandon() noexcept {
    if (!hold_) return;
    if (!log_->is_foreign_process() && written_ != log_->end().offset) log_->cut_back();
    release();
    buffer_.clear();
    has_files_ = false;
  }

  void release() noexcept {
    hold_.release();
    keeps_ = false;
  }

  std::shared_ptr<details::Log<Io>> log_;
  typename details::Log<Io>::Hold hold_;
  details::Buffer buffer_;
  details::Position position_;
  std::uint64_t written_ = 0;
  bool has_files_ = false;  ///< whose names are not synced
  bool keeps_ = false;      ///< the store through a conflict, though nothing was put
};

}  // namespace cairn::backends::file
