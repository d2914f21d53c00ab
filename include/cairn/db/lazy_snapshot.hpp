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

namespace cairn {

template <class IndexTag>
class SnapshotEditor;

namespace detail {

/// What a `Db` shares with its copies. Most values that transactions make are never read: the next one takes their place. So a
/// new version has no indexes of its own at first but the editor that has made it, and hands that on to the version after it: no
/// node is copied for a version that nobody looks at. Whoever asks for the snapshot of the last one gets it out of the editor, and
/// of one before it by applying its few transactions again to the nearest version before it that has one.
///
/// Thread safety: all members may be called at once from any thread. Nobody waits for an editor that is at work, only for another
/// thread that makes the same version's snapshot.
template <class IndexTag>
class LazySnapshot {
 public:
  using SnapshotPointer = std::shared_ptr<Snapshot<IndexTag> const>;
  using Editor = SnapshotEditor<IndexTag>;

  explicit LazySnapshot(Snapshot<IndexTag> snapshot);
  /// What `editor` has made of the version `before` by applying `record`. A version has its snapshot at once where the
  /// editor has applied many datoms, so that none is dear to make and no editor stands on an old one for long, and where its record purges: what is purged stays in
  /// no version for the sake of another.
  LazySnapshot(std::shared_ptr<LazySnapshot const> before, TxRecord const& record, std::unique_ptr<Editor> editor);
  LazySnapshot(LazySnapshot const&) = delete;
  LazySnapshot& operator=(LazySnapshot const&) = delete;
  ~LazySnapshot();

  [[nodiscard]] Moment<IndexTag> const& moment() const noexcept { return moment_; }

  /// All of it. O(1) but for whoever asks first, for whom it may be that of applying a thousand datoms. Throws what the store
  /// throws, and can be asked again.
  [[nodiscard]] SnapshotPointer const& snapshot() const {
    if (!is_made_.load(std::memory_order_acquire)) make();
    return made_;
  }

  /// An editor that is where this version is: the one that made it, or a new one.
  [[nodiscard]] std::unique_ptr<Editor> take_editor() const;
  /// Gives one back that has applied nothing.
  void give_back(std::unique_ptr<Editor> editor) const noexcept;

 private:
  static constexpr std::size_t most_datoms_behind = 1024;

  void make() const;
  [[nodiscard]] SnapshotPointer replayed() const;

  Moment<IndexTag> moment_;
  TxRecord record_{};         // what it is made of its predecessor by, where it may have to be

  std::atomic<bool> mutable is_made_{false};
  std::mutex mutable making_{};  // guards what follows, of which `made_` stays once it is there
  SnapshotPointer mutable made_{};
  std::shared_ptr<LazySnapshot const> mutable before_{};
  std::unique_ptr<Editor> mutable editor_{};
};

}  // namespace detail

}  // namespace cairn

#ifndef CAIRN_ENGINE
#include <cairn/db/lazy_snapshot_members.hpp>
#endif
