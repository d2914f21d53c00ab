// Copyright the Cairn authors
// SPDX-License-Identifier: BSL-1.0
// A tier that writes to its front alone, over a back that is only read.
#pragma once

#include <cairn/concepts/blob_store.hpp>
#include <cairn/concepts/store_backend.hpp>
#include <cairn/error/error.hpp>
#include <cairn/layer/front_record.hpp>
#include <cairn/layer/hidden_root.hpp>
#include <cairn/layer/layer.hpp>
#include <cairn/layer/overlay_root.hpp>
#include <cairn/layer/tier_front.hpp>
#include <cairn/layer/tier_policy.hpp>

#include <algorithm>
#include <cstddef>
#include <memory>
#include <new>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace cairn::layer {

template <class Front, class Back>
struct OverlayStore {
  using Address = typename ConnectionOf<Back>::Address;

  OverlayStore(ConnectionOf<Back> connection, typename Front::Config const& config, std::string identity, ConnectionOf<Front> front_connection)
      : back{std::move(connection)}, front{config, std::move(identity), std::move(front_connection)} {}

  /// The front's own root, unseen through or not.
  [[nodiscard]] std::optional<RootRecord> front_root(std::string_view branch) { return front.connection().root(InnerName{branch}.view()); }
  [[nodiscard]] std::optional<RootRecord> back_root(std::string_view branch) const { return back.root(InnerName{branch}.view()); }

  ConnectionOf<Back> back;
  TierFront<Front, Address> front;
};

/// Writes to the front. What the back has is taken over when it is first changed: a root's state and tail in one commit of the front.
template <class Front, class Back>
class OverlayWriter : public Holds<OverlayWriter<Front, Back>, ConnectionOf<Front>> {
 public:
  using Address = typename ConnectionOf<Back>::Address;
  using FrontAddress = typename ConnectionOf<Front>::Address;
  using Span = std::span<std::byte const>;

  explicit OverlayWriter(std::shared_ptr<OverlayStore<Front, Back>> store)
      : store_{std::move(store)}, inner_{store_->front.connection().begin()}, addresses_{store_->back.begin()} {}

  Address put(Span bytes) {
    auto const address = addresses_.reserve();
    inner_.put(front_address<FrontAddress>(address), FrontRecord<Address>::make(address, bytes));
    return address;
  }

  CommitResult commit(std::string_view branch, Version const& expected, Span state) {
    return change(branch, expected, [&](Version const& version, RootRecord const*) {
      return inner_.commit(InnerName{branch}.view(), version, OverlayState::make(state, {}));
    });
  }
  CommitResult append(std::string_view branch, Version const& expected, Span frame) {
    if (is_fronts(expected)) return seen(inner_.append(InnerName{branch}.view(), inner_version(expected), frame));
    return change(branch, expected, [&](Version const& version, RootRecord const* over) {
      std::vector<Span> frames;
      if (over != nullptr) frames.assign(over->tail.begin(), over->tail.end());
      frames.push_back(frame);
      return inner_.commit(InnerName{branch}.view(), version, OverlayState::make(over != nullptr ? over->state.view() : Span{}, frames));
    });
  }
  CommitResult drop(std::string_view branch, Version const& expected) {
    auto result = change(branch, expected, [&](Version const& version, RootRecord const*) {
      return inner_.commit(InnerName{branch}.view(), version, OverlayState::tombstone());
    });
    if (result == CommitResult::committed) result.version = Version{};
    return result;
  }

  void do_hold() {
    if (!holding_) {
      store_->front.hold();
      holding_ = {store_.get(), [store = store_](void*) { store->front.let_go(); }};
    }
    inner_.hold();
  }

 private:
  [[nodiscard]] CommitResult seen(CommitResult result) {
    if (!(result == CommitResult::committed)) return result;
    holding_.reset();
    if (result.version.absent()) return result;
    try {
      result.version = front_version(result.version);
      return result;
    } catch (std::bad_alloc const&) {
      return CommitResult::unknown;
    }
  }

  /// Calls `write(version, over)` with the version at which the front's root has to be; `over` is the back's, where that is what is changed.
  template <class Write>
  CommitResult change(std::string_view branch, Version const& expected, Write write) {
    if (is_fronts(expected)) return seen(write(inner_version(expected), nullptr));
    auto const over = store_->back_root(branch);
    if (!expected.absent()) {
      if (!over.has_value() || back_version(over->version) != expected) return CommitResult::conflict;
      return seen(write(Version{}, &*over));
    }
    auto const own = store_->front_root(branch);
    if (!own.has_value()) return over.has_value() ? CommitResult{CommitResult::conflict} : seen(write(Version{}, nullptr));
    if (!OverlayState::is_tombstone(own->state)) return CommitResult::conflict;
    return seen(write(own->version, nullptr));
  }

  std::shared_ptr<OverlayStore<Front, Back>> store_;
  WriterOf<ConnectionOf<Front>> inner_;
  std::shared_ptr<void> holding_{};         // from `hold` to the commit, in which the front is given no copies
  WriterOf<ConnectionOf<Back>> addresses_;  // gives addresses that the back gives to nobody else, and writes nothing
};

/// Thread safety: as the front's connection's.
template <class Front, class Back, ReadPolicy Reads>
class OverlayConnection {
 public:
  using Address = typename ConnectionOf<Back>::Address;
  using Writer = OverlayWriter<Front, Back>;
  using Store = OverlayStore<Front, Back>;

  explicit OverlayConnection(std::shared_ptr<Store> store) : store_{std::move(store)} {}

  /// Errors: what the front says, unless the back has the blob; what the back says where the front has nothing to say.
  [[nodiscard]] Bytes read(Address const& address) const {
    std::optional<Error> fault;
    if (auto own = store_->front.read_own(address, fault)) return *std::move(own);
    if constexpr (Reads == ReadPolicy::frontend_only) {
      raise_unread(*fault, ":read-policy :frontend-only does not look further.", true);
    } else {
      auto bytes = from_back(address, *fault);
      store_->front.keep_soon(address, bytes);
      return bytes;
    }
  }
  /// The front's, where it has one, and else the back's.
  [[nodiscard]] std::optional<RootRecord> root(std::string_view branch) const {
    if (auto own = store_->front_root(branch)) return OverlayState::open(*std::move(own));
    auto over = store_->back_root(branch);
    if (over.has_value()) over->version = back_version(over->version);
    return over;
  }
  [[nodiscard]] std::vector<std::string> roots() const {
    auto names = visible_roots(store_->back.roots());
    for (auto& name : visible_roots(store_->front.connection().roots())) {
      auto const own = store_->front_root(name);
      bool const is_dropped = own.has_value() && OverlayState::is_tombstone(own->state);
      std::erase(names, name);
      if (!is_dropped) names.push_back(std::move(name));
    }
    std::ranges::sort(names);
    return names;
  }
  [[nodiscard]] Writer begin() { return Writer{store_}; }
  /// Of the front alone.
  void sweep(LiveSet<Address> const& live, TimePoint cutoff) {
    sweep_records<Address>(store_->front.connection(), live, cutoff);
  }

  [[nodiscard]] FrontFigures front_figures() const { return store_->front.figures(); }
  [[nodiscard]] ConnectionOf<Back>& back() noexcept { return store_->back; }
  void close_front() noexcept { store_->front.close(); }

 private:
  [[nodiscard]] Bytes from_back(Address const& address, Error const& front) const {
    try {
      return store_->back.read(address);
    } catch (Error const& back) {
      if (front.code() == Errc::io_error && back.code() != Errc::io_error) throw;
      raise_unread(front, "The back: " + back.message(), is_absent_blob(back));
    }
  }
  /// `is_nowhere_else`: whoever looks further finds nothing, and never will.
  [[noreturn]] static void raise_unread(Error const& front, std::string const& further, bool is_nowhere_else) {
    if (front.code() != Errc::io_error) throw front;
    auto message = "The front of the tier does not give this blob: " + front.message() + " " + further;
    if (is_nowhere_else && is_absent_blob(front)) raise_absent_blob(std::move(message));
    raise(Errc::io_error, std::move(message));
  }

  std::shared_ptr<Store> store_;
};

}  // namespace cairn::layer
