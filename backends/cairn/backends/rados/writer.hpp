// Copyright the Cairn authors
// SPDX-License-Identifier: BSL-1.0
// The writer of the RADOS backend.
#pragma once

#include <cairn/backends/common/gathered_packs.hpp>
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
#include <chrono>
#include <cstddef>
#include <ctime>
#include <limits>
#include <memory>
#include <new>
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
    auto const address = packs_.put(bytes, [&] { return store_->new_pack(); });
    if (packs_.bytes() > most_buffered) flush();
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

  /// Its time goes on while the machine sleeps, as the cluster's does.
  struct Clock {
    static std::chrono::nanoseconds now() noexcept {
      timespec time{};
      ::clock_gettime(CLOCK_BOOTTIME, &time);
      return std::chrono::seconds{time.tv_sec} + std::chrono::nanoseconds{time.tv_nsec};
    }
  };
  /// librados sends a change again where it lost the connection, and the object stores answer it as they did before: they remember the last
  /// 3,000 changes of each placement group (osd_pg_log_dups_tracked), more than are made in this time. One that is refused sooner was not done.
  /// To doubt all refusals would not do: whoever has not looked for long is refused first, and a root does not name all that was committed since.
  static constexpr std::chrono::seconds remembered_for{1};

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
    store_->write(packs_.packs());
    packs_.clear();
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
      operation.expect(details::version_attribute, details::attribute_of(expected)).expect_bytes(known->place_of_last(), details::text_of(known->last().lot));
    } else {
      operation.create().set(details::name_attribute, details::bytes_of(branch));
    }
    if (!change.next) {
      operation.remove();
    } else {
      auto& next = *change.next;
      if (change.is_whole) next.base = details::text_of(change.lot);
      next.version = details::version_of(common::root_version(next.base, next.frame_count()).token(), next.last().lot);
      operation.set(details::version_attribute, details::bytes_of(details::attribute_of(next.version)));
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
    // From here on all that the root names is there. What a change that has landed needs memory for is made before it.
    auto const object = store_->names().root(branch);
    CommitResult done{CommitResult::committed, change.next ? change.next->version : Version{}};
    CommitResult open{CommitResult::unknown, std::string{"there was no memory to find out what became of the change of a root"}};
    try {
      auto const begin = Clock::now();
      auto const answer = store_->cluster().run(object, operation);
      if (answer == 0) {
        store_->remember(branch, std::move(change.next));
        return done;
      }
      if (details::is_refusal(answer)) details::raise_answer(answer, "write a root");
      bool const may_be_forgotten = Clock::now() - begin >= remembered_for;
      return resolve(branch, answer, may_be_forgotten, known.get(), change, std::move(done));
    } catch (std::bad_alloc const&) {
      return open;
    }
  }

  /// Before there is the root: whoever sweeps has to know of it.
  void list_root(std::string_view branch) const {
    details::WriteOperation operation;
    operation.set_entry(details::Names::entry(branch), branch);
    auto const answer = store_->cluster().run(store_->names().roots(), operation);
    if (answer != 0) details::raise_answer(answer, "list a root");
  }

  /// What became of a change whose condition did not hold, perhaps since it had been done already, or whose answer was lost. `known` is what
  /// it would have changed, nothing where there was no root; `done` is the answer where it has landed.
  CommitResult resolve(std::string_view branch, int answer, bool may_be_forgotten, details::Known const* known, Change const& change, CommitResult done) const {
    bool const is_denied = answer == -ECANCELED || answer == -EEXIST || answer == -ENOENT || details::is_other_bytes(answer);
    auto const lost = [&](std::string const& more) {
      auto const why = is_denied ? "the change of a root was refused late, and may have been done before" : "the answer to the change of a root was lost: " + details::words_of(answer);
      return CommitResult{CommitResult::unknown, why + "; " + more};
    };
    details::KnownPtr now;
    try {
      now = store_->look(branch);
      if (!now) store_->require_store();
    } catch (Error const& error) {
      if (error.code() == Errc::store_does_not_exist) throw;
      return lost(error.message());
    }
    // Others may have gone on from it: then its version is one that no root has any more.
    if (now && change.next && now->shows(change.lot)) return done;
    // With the same base the root is the one that it would have changed, and longer: it would show it.
    bool const shows_all = now && known != nullptr && now->base == known->base;
    if (is_denied && (shows_all || !may_be_forgotten)) return CommitResult::conflict;
    return lost(!now ? "there is no such root now" : is_denied ? "others have replaced the root since" : "the root does not show it, and it may be on its way still");
  }

  std::shared_ptr<details::SharedStore> store_;
  common::GatheredPacks packs_{pack_size, most_blobs};
};

}  // namespace cairn::backends::rados
