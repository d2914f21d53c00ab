// Copyright the Cairn authors
// SPDX-License-Identifier: BSL-1.0
// Collecting garbage: what is alive is marked, the rest is swept.
#pragma once

#include <cairn/layer/front_kind.hpp>
#include <cairn/store/address_set.hpp>
#include <cairn/store/branch.hpp>
#include <cairn/store/garbage.hpp>
#include <cairn/store/pinned_state.hpp>
#include <cairn/store/sweep_notice.hpp>

#include <algorithm>
#include <chrono>
#include <cstddef>
#include <cstdint>
#include <limits>
#include <map>
#include <memory>
#include <mutex>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <utility>

namespace cairn {

/// Who keeps less than this makes checkpoints first: a commit may take as long.
inline constexpr std::chrono::milliseconds longest_commit = std::chrono::hours{1};

/// One collection. What must not go:
///
/// - *What roots reach*, with the older checkpoints that are to be kept: marked from the roots as they are after the cutoff was
///   read. What a later root reaches is part of these, or younger than the cutoff.
/// - *What values in this process reach*, whatever their age, unwritten commits included: marked from the values themselves, of
///   all open stores of this backend that are this one.
/// - *What commits in other processes have written and not yet named*: it is younger than the cutoff, or, where a checkpoint is on
///   its way in slices, its branch gets another checkpoint first, after which the other writer begins anew.
/// - *What somebody in another process makes a branch of*, though it is no root's any more: it is pinned, or they are told to wait (`PinnedState`).
/// - *What readers in other processes hold*: they read its root within `keep_for`, and so it was a root's since the cutoff.
///
/// A collection that is cut off has removed garbage only; the next one does the rest.
template <class Backend, class IndexTag>
class GarbageCollection {
 public:
  using Handle = BackendHandle<Backend>;
  using Address = typename Handle::Address;

  /// `renew(name)` makes a new checkpoint of a branch that is open here; false: it is not.
  template <class Renew>
  GarbageCollection(std::shared_ptr<Handle> handle, GarbageOptions const& options, Renew renew)
      : handle_{std::move(handle)}, options_{options}, source_{Handle::node_source(handle_)} {
    // Before anything is marked: what is committed meanwhile is younger.
    auto const now = std::chrono::system_clock::now();
    auto const age = std::chrono::floor<std::chrono::milliseconds>(now.time_since_epoch());
    report_.cutoff = now - std::clamp(options.keep_for, std::chrono::milliseconds{0}, age);
    require_no_front();
    if (!options_.dry_run) renew_branches(renew);
  }

  GarbageReport run() {
    mark_roots();
    std::unique_lock const collecting{Handle::collecting()};
    mark_values();
    std::optional<detail::SweepNotice<Backend>> notice;
    if (!options_.dry_run) notice.emplace(handle_, report_.cutoff);
    mark_roots();  // after the notice: what was made a branch of a checkpoint that was no root's any more, or is about to be
    mark_parents();
    report_.live = marked_.size();
    if (options_.dry_run) {
      survey();
    } else {
      sweep();
    }
    return report_;
  }

 private:
  [[nodiscard]] typename Handle::Blobs& blobs() const noexcept { return handle_->blobs(); }

  // ---- roots

  /// Whether it is a root of a layer's, or another that is no branch: such a one names no nodes.
  [[nodiscard]] static bool is_of_layer(std::string_view name, RootRecord const& root) noexcept {
    auto const magic = std::as_bytes(std::span{codec::state_magic});
    return name.starts_with('\0') && !std::ranges::equal(root.state.view().first((std::min)(magic.size(), root.state.size())), magic);
  }
  /// What a tier alone can tell from garbage must not be swept below it.
  void require_no_front() const {
    auto const names = blobs().roots();
    if (std::ranges::find(names, layer::overlay_root()) == names.end()) return;
    raise(Errc::config_mismatch,
          "This store is the front of a tier that holds what was written to it alone: collect through the tier, which knows what is alive.");
  }

  /// A checkpoint is written in slices while the tail is long, and nobody knows how long that has been going on.
  template <class Renew>
  void renew_branches(Renew& renew) {
    for (auto const& name : blobs().roots()) {
      auto const root = blobs().root(name);
      if (!root || is_of_layer(name, *root)) continue;
      if (detail::is_pin(name)) {
        auto const made = codec::read_state<IndexTag>(root->state, source_, DatabaseOptions{}).written.milliseconds;
        if (detail::is_notice_old(made < 0 ? 0 : static_cast<std::uint64_t>(made))) static_cast<void>(blobs().begin().drop(name, root->version));
        continue;
      }
      std::size_t tail_bytes = 0;
      for (auto const& frame : root->tail) tail_bytes += frame.size();
      if (options_.keep_for >= longest_commit && tail_bytes <= tail_budget) continue;
      if (!renew(name)) renew_branch(name);
    }
  }
  void renew_branch(std::string const& name) {
    try {
      Branch<Backend, IndexTag>{handle_, DatabaseOptions{.branch = name}}.renew();
    } catch (Error const& error) {
      if (error.code() != Errc::store_does_not_exist || blobs().root(name)) throw;  // else it was dropped meanwhile
    }
  }

  // ---- marking

  /// By its place: whether a blob stays is not for the blob to say.
  bool mark(NodeAddress const& address) {
    bool const is_new = marked_.insert(blob_place(address.template to<Address>()));
    if (is_new && !is_among_values_) tell(GarbageProgress::marking, marked_.size());
    return is_new;
  }

  [[nodiscard]] bool is_marked(Address const& address) const noexcept { return marked_.contains(blob_place(address)); }

  /// Those that have changed since it was last done. A listing is no snapshot: a branch whose maker takes the pin away meanwhile may be in
  /// none of a listing's parts, and the pin neither. So it is done again until two listings have the same branches and pins.
  void mark_roots() {
    std::map<std::string, Version> before;
    for (int attempt = 0; attempt != max_commit_attempts; ++attempt) {
      std::map<std::string, Version> found;
      bool is_whole = true;
      for (auto const& name : blobs().roots()) {
        auto const root = blobs().root(name);
        if (!root) {
          is_whole = false;
          continue;
        }
        if (is_of_layer(name, *root)) continue;
        bool const is_pin = detail::is_pin(name);
        found.emplace(name, is_pin ? root->version : Version{});  // pins' names are used again, branches change all the time
        auto& version = versions_[name];
        if (version == root->version) continue;
        version = root->version;
        if (is_pin) {
          mark_pin(*root);
        } else if (!mark_if_newest(name, *root)) {
          is_whole = false;
          versions_.erase(name);
        }
      }
      report_.branches = static_cast<std::size_t>(std::ranges::count_if(found, [](auto const& entry) { return !entry.first.starts_with('\0'); }));
      if (is_whole && attempt != 0 && found == before) return;
      before = std::move(found);
    }
    raise(Errc::commit_conflict, "Others made and removed branches each time that the collection looked at them. Nothing was removed; try again.");
  }
  /// Who pinned it finds out whether all of it is there.
  void mark_pin(RootRecord const& root) {
    static_cast<void>(mark_if_there(*handle_, [&](Below below) {
      mark_nodes(codec::read_state<IndexTag>(root.state, source_, DatabaseOptions{}).snapshot, below);
    }));
  }
  /// False: it has changed since it was read, and another collection has taken what it named then. So it is to be looked at again.
  bool mark_if_newest(std::string const& name, RootRecord const& root) {
    try {
      mark_root(root);
      return true;
    } catch (Error const& error) {
      if (error.code() != Errc::io_error) throw;
      auto const now = blobs().root(name);
      if (now && now->version == root.version) throw;
      below_ = Below::always;  // what comes later may share a node whose parts were not reached
      return false;
    }
  }
  void mark_root(RootRecord const& root) {
    auto const checkpoint = codec::read_state<IndexTag>(root.state, source_, DatabaseOptions{});
    mark_nodes(checkpoint.snapshot, below_);
    note_parents(checkpoint, 0);
  }

  /// Whether a walk goes below nodes that are marked: what is below them is, but where a walk has been cut off (`below_`).
  enum class Below : std::uint8_t { once, always };

  void mark_nodes(Snapshot<IndexTag> const& snapshot, Below below) {
    for_each_address(snapshot, [&](NodeAddress const& address) { return mark(address) || below == Below::always; });
  }

  /// `walk(below)` marks something of which nodes may be gone, because it is older than what an earlier collection kept. Whether it is
  /// there. It is read through `handle`.
  template <class Walk>
  bool mark_if_there(Handle& handle, Walk walk) {
    for (auto const below : {below_, Below::always}) {
      try {
        walk(below);
        return true;
      } catch (Error const& error) {
        below_ = Below::always;  // what comes later may share a node whose parts were not reached
        if (error.code() == Errc::store_poisoned) return false;  // nobody can read it here: this is a child of a fork
        if (error.code() != Errc::io_error) throw;
      }
      static_cast<void>(handle.blobs().roots());  // throws where it is the store that does not answer
    }
    return false;
  }

  /// `newer`: how many of its branch are newer that are no renewals. Those of collections don't count, or enough of them would put an
  /// end to all that is to be kept.
  void note_parents(Checkpoint<IndexTag> const& checkpoint, std::size_t newer) {
    // Until it was written, the root held what it was made from.
    TimePoint const written{std::chrono::milliseconds{checkpoint.written.milliseconds}};
    bool const is_recent = written > report_.cutoff;
    if (!checkpoint.is_renewal) ++newer;
    if (checkpoint.is_renewal && checkpoint.parents.size() > 1) {  // of another renewal, and of what both are of
      if (is_recent) parents_.emplace(never_kept, Parent{checkpoint.parents.front().record, true});
      parents_.emplace(newer, Parent{checkpoint.parents.back().record, false});
      return;
    }
    for (auto const& parent : checkpoint.parents) parents_.emplace(newer, Parent{parent.record, is_recent});
  }

  /// In the order of their numbers, so that the first way to one is the shortest.
  void mark_parents() {
    while (!parents_.empty()) {
      auto const newer = parents_.begin()->first;
      auto const parent = parents_.begin()->second;
      parents_.erase(parents_.begin());
      if (!parent.is_recent && newer >= options_.keep_last) continue;
      if (is_marked(parent.record.template to<Address>())) continue;
      bool const is_there = mark_if_there(*handle_, [&](Below below) {
        auto const checkpoint = codec::read_state<IndexTag>(source_->read(source_->context, parent.record), source_, DatabaseOptions{});
        mark_nodes(checkpoint.snapshot, below);
        note_parents(checkpoint, newer);
      });
      if (!is_there) continue;
      mark(parent.record);
      ++report_.checkpoints;
    }
  }

  void mark_values() {
    for (auto const& other : Handle::all()) {
      if (!is_this_store(*other)) continue;
      // Nobody is told under the lock, who might wait for somebody who waits for it.
      is_among_values_ = true;
      std::lock_guard const changing{other->values().changing()};
      for (auto const& value : other->values().held()) {
        bool const is_there = mark_if_there(*other, [&](Below below) {
          auto visit = [&](NodeAddress const& address) { return mark(address) || below == Below::always; };
          value.visit_addresses({&visit, [](void* context, NodeAddress const& address) { return (*static_cast<decltype(visit)*>(context))(address); }});
        });
        if (is_there) ++report_.values;
      }
    }
    is_among_values_ = false;
  }

  /// By what its roots say: states hold random numbers. Where that can't be told, as while roots move, it is taken for this one: too
  /// much is kept then, never too little.
  [[nodiscard]] bool is_this_store(Handle& other) const {
    if (&other == handle_.get()) return true;
    for (int attempt = 0; attempt != 3; ++attempt) {
      auto const names = blobs().roots();
      if (names.empty()) return false;
      auto const before = blobs().root(names.back());
      std::optional<RootRecord> theirs;
      try {
        theirs = other.blobs().root(names.back());
      } catch (Error const& error) {
        return error.code() != Errc::store_does_not_exist;
      }
      if (before && theirs && before->version == theirs->version && before->state == theirs->state) return true;
      auto const after = blobs().root(names.back());
      if (before && after && before->version == after->version) return false;
    }
    return true;
  }

  // ---- sweeping

  void sweep() {
    AddressSet<Address> dead;
    std::uint64_t seen = 0;
    LiveSet<Address> const live = [&](Address const& address) {
      tell(GarbageProgress::sweeping, ++seen);
      if (is_marked(address)) return true;
      dead.insert(blob_place(address));
      return false;
    };
    if constexpr (BlobStoreErases<typename Handle::Blobs>) {
      if (options_.erase) {
        blobs().erase(live, report_.cutoff);
        report_.dead = dead.size();
        return;
      }
    }
    blobs().sweep(live, report_.cutoff);
    report_.dead = dead.size();
  }

  /// What a sweep would meet.
  void survey() {
    std::uint64_t seen = 0;
    if constexpr (BlobStoreListsBlobs<typename Handle::Blobs>) {
      blobs().for_each_blob([&](Address const& address, std::uint64_t bytes, TimePoint put_by) {
        tell(GarbageProgress::sweeping, ++seen);
        if (is_marked(address)) {
          report_.live_bytes += bytes;
        } else if (put_by < report_.cutoff) {
          ++report_.dead;
          report_.dead_bytes += bytes;
        }
      });
    } else {
      AddressSet<Address> dead;
      blobs().sweep(
          [&](Address const& address) {
            tell(GarbageProgress::sweeping, ++seen);
            if (!is_marked(address)) dead.insert(blob_place(address));
            return true;
          },
          report_.cutoff);
      report_.dead = dead.size();
    }
  }

  void tell(GarbageProgress::Phase phase, std::uint64_t done) const {
    constexpr std::uint64_t now_and_then = 32;
    if (options_.progress && done % now_and_then == 0) options_.progress({phase, done});
  }

  /// What a checkpoint was made from that is kept.
  struct Parent {
    NodeAddress record;
    bool is_recent;  ///< whether it was a root's after the cutoff
  };
  static constexpr auto never_kept = (std::numeric_limits<std::size_t>::max)() / 2;  ///< more that are newer than can be

  std::shared_ptr<Handle> handle_;
  GarbageOptions const& options_;
  std::shared_ptr<NodeSource const> source_;
  AddressSet<Address> marked_{};
  bool is_among_values_ = false;
  Below below_ = Below::once;
  std::map<std::string, Version> versions_{};  ///< of the roots that are marked
  std::multimap<std::size_t, Parent> parents_{};  ///< by how many are newer
  GarbageReport report_{};
};

/// Collects the garbage of a store, or says how much there is. `renew` as in `GarbageCollection`.
/// Errors: those of the store; `config/mismatch` where the backend can't erase.
template <class Backend, class IndexTag, class Renew>
GarbageReport collect_garbage(std::shared_ptr<BackendHandle<Backend>> const& handle, GarbageOptions const& options, Renew renew) {
  if (options.erase && !BlobStoreErases<typename BackendHandle<Backend>::Blobs>) {
    raise(Errc::config_mismatch, "The backend " + std::string{Backend::backend_id} +
                                     " cannot promise that no byte of what it removes stays on the disk. Collect without :erase, or copy the "
                                     "database to a new store (`cairn copy`) and destroy this one.");
  }
  auto report = GarbageCollection<Backend, IndexTag>{handle, options, renew}.run();
  if (!options.erase || options.dry_run) return report;
  // What the first round closed is old enough for the second.
  auto const dead = report.dead;
  report = GarbageCollection<Backend, IndexTag>{handle, options, renew}.run();
  report.dead += dead;
  return report;
}

}  // namespace cairn
