// Copyright the Cairn authors
// SPDX-License-Identifier: BSL-1.0
// What a branch is about to be made of, kept from collections of garbage in other processes meanwhile.
#pragma once

#include <cairn/datom/order.hpp>
#include <cairn/db/snapshot.hpp>
#include <cairn/error/error.hpp>
#include <cairn/store/root_state.hpp>
#include <cairn/store/sweep_notice.hpp>

#include <algorithm>
#include <cstddef>
#include <span>
#include <string>
#include <string_view>

namespace cairn::detail {

/// The names of pins begin with it; a number follows. On disk: do not rename.
inline constexpr std::string_view pin_prefix{"\0pin ", 5};

[[nodiscard]] inline bool is_pin(std::string_view name) noexcept { return name.starts_with(pin_prefix); }
/// How many there may be at once. Their names are used again: some backends keep something of each name for good.
inline constexpr int most_pins = 256;

/// Holds the state of a checkpoint in a hidden root until it is destroyed: a collection keeps what that reaches, as it keeps what a branch reaches.
/// Whoever is killed leaves it there; it counts for a day.
///
/// Of a checkpoint that is no root's any more, a collection in another process knows nothing, and may be removing what it reaches when a branch is made of it.
/// So each of the two writes before it looks:
///
/// - Who makes a branch writes the branch's state, which names all that it needs, as a pin, then looks for sweeps that are under way (`SweepNotice`), then looks
///   whether all is there, and only then makes the branch. The pin goes when the branch is there.
/// - A collection says that it is about to sweep, then looks at the roots, pins among them, and only then sweeps. The notice goes when it has swept.
///
/// A root that was committed is seen by whoever reads it later, in every backend. So one of the two sees the other. Either the collection looks after the pin
/// was made: then it keeps what is pinned. Or it looked before, and so had said before that it would sweep: then the maker finds the notice and refuses, unless what it
/// needs is kept by that collection all the same (a root has it now, or had it after the sweep's cutoff, and what is new was written after that); or finds no notice, because
/// the sweep has ended, and then sees whether it took anything.
template <class Backend>
class PinnedState {
 public:
  using Handle = BackendHandle<Backend>;

  /// `writer` has put what is new of it.
  PinnedState(Handle& handle, WriterOf<typename Handle::Blobs> writer, std::span<std::byte const> state) : handle_{handle} {
    // What is new of it is there after the first attempt that is not refused; a writer that was refused still has it.
    for (int number = 1; number <= most_pins; ++number) {
      name_ = std::string{pin_prefix} + std::to_string(number);
      if (number != most_pins && handle_.blobs().root(name_)) continue;
      auto const result = writer.commit(name_, Version{}, state);
      if (result == CommitResult::committed) return;
      if (result == CommitResult::unknown) {
        auto const root = handle_.blobs().root(name_);
        if (root && std::ranges::equal(root->state.view(), state)) return;
      }
      if (result == CommitResult::conflict) continue;
      raise_failed(result == CommitResult::unknown ? result.reason : "what a branch is to be made of could not be held: " + result.reason, true);
    }
    raise(Errc::commit_conflict, "More branches are being made of older commits than can be at once. Nothing has changed; try again.");
  }
  PinnedState(PinnedState const&) = delete;
  PinnedState& operator=(PinnedState const&) = delete;
  /// Leaves it there when it is destroyed, or not.
  void leave() noexcept { is_left_ = true; }
  void let_go() noexcept { is_left_ = false; }
  ~PinnedState() {
    if (is_left_) return;
    try {
      if (auto const root = handle_.blobs().root(name_)) static_cast<void>(handle_.blobs().begin().drop(name_, root->version));
    } catch (...) {  // NOLINT(bugprone-empty-catch): it keeps something from collections for a day
    }
  }

 private:
  Handle& handle_;
  std::string name_{};
  bool is_left_ = false;
};

/// Whether two snapshots are in the same nodes of one store. Requires: both were read from it and not changed.
template <class IndexTag>
[[nodiscard]] bool is_same_tree(Snapshot<IndexTag> const& one, Snapshot<IndexTag> const& other) {
  auto const same = [](Indexes<IndexTag> const& left, Indexes<IndexTag> const& right) {
    return left.eavt.address() == right.eavt.address() && left.aevt.address() == right.aevt.address() && left.avet.address() == right.avet.address();
  };
  return same(one.current, other.current) && same(one.temporal, other.temporal);
}

template <Order Sorted, class Index>
void read_what_differs(Index const& one, Index const& other) {
  auto const ignore = [](RawDatom const&) {};
  auto const order = [](RawDatom const& left, RawDatom const& right) { return compare<Sorted>(left, right); };
  one.for_each_difference(other, ignore, ignore, order);
}

/// Reads all that two snapshots of one store do not share. Requires: as `is_same_tree`. Errors: `io/error` where a node is gone.
template <class IndexTag>
void read_what_differs(Snapshot<IndexTag> const& one, Snapshot<IndexTag> const& other) {
  auto const read = [](Indexes<IndexTag> const& left, Indexes<IndexTag> const& right) {
    read_what_differs<Order::eavt>(left.eavt, right.eavt);
    read_what_differs<Order::aevt>(left.aevt, right.aevt);
    read_what_differs<Order::avet>(left.avet, right.avet);
  };
  read(one.current, other.current);
  read(one.temporal, other.temporal);
}

}  // namespace cairn::detail
