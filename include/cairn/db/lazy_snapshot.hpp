// Copyright the Cairn authors
// SPDX-License-Identifier: BSL-1.0
// A database at one moment, whose indexes are made when somebody asks for them.
#pragma once

#include <cairn/db/snapshot.hpp>
#include <cairn/db/tx_record.hpp>

#include <atomic>
#include <cstddef>
#include <memory>
#include <mutex>
#include <optional>

namespace cairn {

template <class IndexTag>
class SnapshotEditor;

namespace detail {

/// What a `Db` shares with its copies. Most values that transactions make are never read: the next one takes their place. So a
/// new version has no indexes of its own at first but the editor that has made it, and hands that on to the version after it: no
/// node is copied for a version that nobody looks at. Whoever asks for the snapshot of the last one gets it out of the editor, and
/// of one before it by applying its few transactions again to the nearest version before it that has one.
///
/// So that none is dear to make, a version is due after a thousand datoms: its editor is not handed on, and the one after it
/// begins anew, on indexes that it asks for when somebody looks. Until the next one is due there is time to make them on
/// another thread; then they are made by whoever commits.
///
/// Thread safety: all members may be called at once from any thread. Nobody waits for an editor that is at work, only for another
/// thread that makes the snapshot of the same version, or of the one that was due before it.
template <class IndexTag>
class LazySnapshot {
 public:
  using SnapshotPointer = std::shared_ptr<Snapshot<IndexTag> const>;
  using Editor = SnapshotEditor<IndexTag>;

  explicit LazySnapshot(Snapshot<IndexTag> snapshot);
  /// What `editor` has made of the version `before` by applying `record`. A version that would be due has its snapshot at once where
  /// little is left to do for it or the one that was due before it has none yet; and so has one whose record purges: what is purged
  /// stays in no version for the sake of another.
  LazySnapshot(std::shared_ptr<LazySnapshot const> before, TxRecord const& record, std::unique_ptr<Editor> editor);
  LazySnapshot(LazySnapshot const&) = delete;
  LazySnapshot& operator=(LazySnapshot const&) = delete;
  ~LazySnapshot();

  [[nodiscard]] Moment<IndexTag> const& moment() const noexcept { return moment_; }

  /// All of it. O(1) but for whoever asks first, for whom it may be that of applying two thousand datoms. Throws what the store
  /// throws, and can be asked again.
  [[nodiscard]] SnapshotPointer const& snapshot() const {
    if (!is_made()) make();
    return made_;
  }

  [[nodiscard]] bool is_made() const noexcept { return is_made_.load(std::memory_order_acquire); }
  /// Whether it is time to ask for its snapshot, on a thread for which nobody waits.
  [[nodiscard]] bool is_due() const noexcept { return is_due_ && !is_made(); }
  /// Whether there are predicates of attributes, where that is known of a version that was due.
  [[nodiscard]] std::optional<bool> const& has_predicates() const noexcept { return has_predicates_; }

  /// An editor that is where `version` is: the one that made it, or a new one.
  [[nodiscard]] static std::unique_ptr<Editor> take_editor(std::shared_ptr<LazySnapshot const> const& version);
  /// Gives one back that has applied nothing.
  void give_back(std::unique_ptr<Editor> editor) const noexcept;

 private:
  static constexpr std::size_t most_datoms_behind = 1024;
  static constexpr std::size_t worth_a_thread = 256;  // insertions: some 100 us of work, where a thread's begin takes 20

  void make() const;
  [[nodiscard]] SnapshotPointer replayed() const;

  Moment<IndexTag> moment_;
  TxRecord record_{};  // what it is made of its predecessor by, where it may have to be
  bool is_due_ = false;
  std::optional<bool> has_predicates_{};

  std::atomic<bool> mutable is_made_{false};
  std::mutex mutable making_{};  // guards what follows, of which `made_` stays once it is there
  SnapshotPointer mutable made_{};
  std::shared_ptr<LazySnapshot const> mutable before_{};
  std::shared_ptr<LazySnapshot const> mutable due_{};  // the one before it that its editor stands on
  std::unique_ptr<Editor> mutable editor_{};
};

}  // namespace detail

}  // namespace cairn

#ifndef CAIRN_ENGINE
#include <cairn/db/lazy_snapshot_members.hpp>
#endif
