// Copyright the Cairn authors
// SPDX-License-Identifier: BSL-1.0
// The connection of the memory backend.
#pragma once

#include <cairn/backends/mem/state.hpp>
#include <cairn/backends/mem/writer.hpp>
#include <cairn/concepts/root.hpp>

#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace cairn::backends::mem {

/// A hold on one memory store. The store lives as long as it is listed or anybody holds it: whoever is connected when
/// it is deleted keeps a store that works and that nobody else can find any more.
///
/// Thread safety: every member may be called at once from any thread.
class Connection {
 public:
  using Address = mem::Address;
  using Writer = mem::Writer;

  explicit Connection(std::shared_ptr<details::State> state) : state_{std::move(state)} {}

  /// The blob itself, not a copy. O(1). An address that is not there is `io/error`.
  [[nodiscard]] Bytes read(Address address) const { return state_->read(address); }
  /// The root of that name as it is now. Linear in the frames of its tail.
  [[nodiscard]] std::optional<RootRecord> root(std::string_view branch) const { return state_->root(branch); }
  /// The names of all roots, sorted.
  [[nodiscard]] std::vector<std::string> roots() const { return state_->roots(); }
  [[nodiscard]] Writer begin() { return Writer{state_}; }
  /// Forgets every blob that was put before `cutoff` and is not live; whoever holds its `Bytes` keeps them.
  void sweep(LiveSet<Address> const& live, TimePoint cutoff) { state_->sweep(live, cutoff); }
  /// The same: there is no disk.
  void erase(LiveSet<Address> const& live, TimePoint cutoff) { state_->sweep(live, cutoff); }
  /// Calls `visit(address, bytes, put_by)` for every blob there was when it began.
  template <class Visit>
  void for_each_blob(Visit visit) const {
    state_->for_each_blob(visit);
  }

 private:
  std::shared_ptr<details::State> state_;
};

}  // namespace cairn::backends::mem
