// Copyright the Cairn authors
// SPDX-License-Identifier: BSL-1.0
// The writer of the RADOS backend.
#pragma once

#include <cairn/backends/common/pack.hpp>
#include <cairn/backends/common/root_version.hpp>
#include <cairn/backends/rados/errors.hpp>
#include <cairn/backends/rados/known.hpp>
#include <cairn/backends/rados/names.hpp>
#include <cairn/backends/rados/operation.hpp>
#include <cairn/backends/rados/root_body.hpp>
#include <cairn/backends/rados/shared_store.hpp>
#include <cairn/concepts/bytes.hpp>
#include <cairn/concepts/root.hpp>
#include <cairn/error/error.hpp>

#include <cerrno>
#include <cstddef>
#include <limits>
#include <memory>
#include <span>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace cairn::backends::rados {

/// Gathers blobs into packs, and writes those before it changes a root. After a conflict what was put is still there, for another
/// attempt; after a success it is empty and may be used again; destroyed without a commit it leaves nothing but garbage.
///
/// Not safe to share between threads; any number of writers may be used at once, each by its own thread.
class Writer {
 public:
  explicit Writer(std::shared_ptr<details::SharedStore> store) noexcept : store_{std::move(store)} {}

  /// Keeps a copy of `bytes`; others can read it after the commit. O(size). What is more than 32 MiB goes to the cluster at once.
  Address put(std::span<std::byte const> bytes) {
    store_->cluster().check_process();
    if (bytes.size() > std::numeric_limits<std::uint32_t>::max() / 2) raise(Errc::io_error, "A blob of more than 2 GiB is more than the RADOS backend writes.");
    // One that is sealed has been tried to write, and an attempt may still be under way.
    bool const fits = !packs_.empty() && !packs_.back().is_sealed && packs_.back().blobs.size() != most_blobs && packs_.back().bytes.size() + bytes.size() <= pack_size;
    if (!fits) packs_.push_back(store_->new_pack());
    auto const before = packs_.back().bytes.size();
    auto const address = packs_.back().put(bytes);
    buffered_ += packs_.back().bytes.size() - before;
    if (buffered_ > most_buffered) flush();
    return address;
  }

  /// Replaces the root's state and empties its tail. One round trip; another one before it where something was put, and where there is no
  /// root yet.
  CommitResult commit(std::string_view branch, Version const& expected, std::span<std::byte const> state) {
    return change(branch, expected, [&](Change& change) {
      change.next = std::make_shared<details::Known>();
      change.next->state = frame_of(change.lot, state);
      change.is_whole = true;
    });
  }
  /// Adds one frame to the root's tail; where there is no root and none is expected, one with an empty state begins. One round trip, of
  /// the frame's own bytes; one more where it has more than 256 KiB, where something was put, and where there is no root yet.
  CommitResult append(std::string_view branch, Version const& expected, std::span<std::byte const> frame) {
    return change(branch, expected, [&](Change& change) {
      auto& next = *change.next;
      auto added = frame_of(change.lot, frame);
      if (next.version.absent()) {
        next.state.record.lot = change.lot;
        change.is_whole = true;
      } else if (next.size + added.record.stored_size() > most_in_root) {
        move_frames_out(next, change.lot);
        change.is_whole = true;
      }
      change.added = added.record;
      next.frames.add({std::move(added)});
    });
  }
  /// Removes the root.
  CommitResult drop(std::string_view branch, Version const& expected) {
    if (expected.absent()) return store_->look(branch) ? CommitResult::conflict : CommitResult{CommitResult::committed, Version{}};
    return change(branch, expected, [](Change& change) { change.next = nullptr; });
  }

 private:
  static constexpr std::size_t pack_size = std::size_t{4} << 20U;
  static constexpr std::size_t most_blobs = 2048;  // so that the table of contents is small enough for an attribute
  static constexpr std::size_t most_buffered = std::size_t{32} << 20U;
  static constexpr std::size_t most_here = std::size_t{256} << 10U;
  static constexpr std::size_t most_in_root = std::size_t{8} << 20U;

  struct Change {
    std::shared_ptr<details::Known> next;  ///< what the root becomes; nothing where it goes
    details::Lot lot = details::random_lot();
    bool is_whole = false;  ///< the object is written anew; otherwise `added` behind what is there
    details::Record added{};
  };

  [[nodiscard]] details::Frame frame_of(details::Lot const& lot, std::span<std::byte const> bytes) {
    using Kind = details::Record::Kind;
    auto const copy = Bytes::copy(bytes);
    if (bytes.size() > most_here) return {details::Record::of(lot, Kind::blob, put(bytes)), copy};
    return {{lot, Kind::here, copy}, copy};
  }
  /// A tail that nobody commits must not outgrow what an object may be.
  void move_frames_out(details::Known& root, details::Lot const& lot) {
    details::Records moved;
    auto all = *root.moved_frames;
    root.frames.each([&](details::Frame const& frame) {
      moved.push_back(frame.record);
      all.push_back(frame.bytes);
    });
    root.moved.push_back(details::Record::of(lot, details::Record::Kind::records, put(details::encode(moved, {}))));
    root.moved_frames = std::make_shared<std::vector<Bytes> const>(std::move(all));
    root.frames = {};
  }

  /// Writes what was put, unnamed by any root yet. Where that fails it is still here, for another attempt.
  void flush() {
    if (packs_.empty()) return;
    store_->write(packs_);
    packs_.clear();
    buffered_ = 0;
  }

  /// The root at the expected version; `is_there` false where it is at another.
  details::KnownPtr root_at(std::string_view branch, Version const& expected, bool& is_there) const {
    if (expected.absent()) {
      store_->require_store();
      auto known = store_->look(branch);
      is_there = !known;
      return known;
    }
    auto known = store_->remembered(branch);
    if (!known || known->version != expected) known = store_->look(branch);
    if (!known) store_->require_store();
    is_there = known && known->version == expected;
    return known;
  }

  template <class Make>
  CommitResult change(std::string_view branch, Version const& expected, Make make) {
    store_->cluster().check_process();
    bool is_there = false;
    auto const known = root_at(branch, expected, is_there);
    if (!is_there) return CommitResult::conflict;
    Change change{known ? std::make_shared<details::Known>(*known) : std::make_shared<details::Known>()};
    make(change);
    details::WriteOperation operation;
    if (known) {
      operation.expect(details::version_attribute, expected.token());
    } else {
      operation.create().set(details::name_attribute, details::bytes_of(branch));
    }
    if (!change.next) {
      operation.remove();
    } else {
      auto& next = *change.next;
      if (change.is_whole) next.base = details::text_of(change.lot);
      next.version = common::root_version(next.base, next.frame_count());
      operation.set(details::version_attribute, details::bytes_of(next.version.token()));
      if (change.is_whole) {
        auto const bytes = details::encode(next.records());
        next.size = bytes.size();
        operation.replace(bytes);
      } else {
        auto const bytes = details::encode({change.added}, {});
        next.size += bytes.size();
        operation.append(bytes);
      }
    }
    flush();
    if (!known) list_root(branch);
    // From here on all that the root names is there.
    auto const answer = store_->cluster().run(store_->names().root(branch), operation);
    if (answer == 0) return finish(branch, std::move(change));
    if (details::is_refusal(answer)) details::raise_answer(answer, "write a root");
    return resolve(branch, answer, std::move(change));
  }

  /// Before there is the root: whoever sweeps has to know of it.
  void list_root(std::string_view branch) const {
    details::WriteOperation operation;
    operation.set_entry(details::Names::entry(branch), branch);
    auto const answer = store_->cluster().run(store_->names().roots(), operation);
    if (answer != 0) details::raise_answer(answer, "list a root");
  }

  CommitResult finish(std::string_view branch, Change change) const {
    auto version = change.next ? change.next->version : Version{};
    store_->remember(branch, std::move(change.next));
    return {CommitResult::committed, std::move(version)};
  }

  /// What became of a change whose condition did not hold, perhaps since it had been done already, or whose answer was lost.
  CommitResult resolve(std::string_view branch, int answer, Change change) const {
    bool const is_denied = answer == -ECANCELED || answer == -EEXIST || answer == -ENOENT;
    auto const lost = [&](std::string const& more) {
      return CommitResult{CommitResult::unknown, "the answer to the change of a root was lost: " + details::words_of(answer) + "; " + more};
    };
    details::KnownPtr now;
    try {
      now = store_->look(branch);
    } catch (Error const& error) {
      return lost(error.message());
    }
    if (now && change.next && now->shows(change.lot)) {
      // Others may have gone on from it: then its version is one that no root has any more.
      return {CommitResult::committed, change.next->version};
    }
    if (!now) store_->require_store();
    if (is_denied) return CommitResult::conflict;
    return lost(now ? "the root does not show it, and it may be on its way still" : "there is no such root now");
  }

  std::shared_ptr<details::SharedStore> store_;
  std::vector<common::Pack> packs_{};
  std::size_t buffered_ = 0;
};

}  // namespace cairn::backends::rados
