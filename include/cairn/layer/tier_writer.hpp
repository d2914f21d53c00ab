// Copyright the Cairn authors
// SPDX-License-Identifier: BSL-1.0
// Writing to a tier whose root is the back's.
#pragma once

#include <cairn/concepts/blob_store.hpp>
#include <cairn/concepts/store_backend.hpp>
#include <cairn/layer/hidden_root.hpp>
#include <cairn/layer/layer.hpp>
#include <cairn/layer/past_copies.hpp>
#include <cairn/layer/pending_blobs.hpp>
#include <cairn/layer/tier_front.hpp>
#include <cairn/layer/tier_policy.hpp>

#include <cstddef>
#include <memory>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace cairn::layer {

template <class Front, class Back, WritePolicy Writes, ReadPolicy Reads>
class TieredWriter : public Holds<TieredWriter<Front, Back, Writes, Reads>, ConnectionOf<Back>> {
 public:
  using Address = typename ConnectionOf<Back>::Address;
  using InnerWriter = WriterOf<ConnectionOf<Back>>;
  using FrontOfTier = TierFront<Front, Address>;

  TieredWriter(InnerWriter inner, std::shared_ptr<FrontOfTier> front) : inner_{std::move(inner)}, front_{std::move(front)} {}

  Address put(std::span<std::byte const> bytes) {
    auto const address = inner_.put(bytes);
    if constexpr (Writes != WritePolicy::write_around) pending_.add(address, bytes);
    return address;
  }

  CommitResult commit(std::string_view branch, Version const& expected, std::span<std::byte const> state) {
    return copied(inner_.commit(InnerName{branch}.view(), expected, state));
  }
  CommitResult append(std::string_view branch, Version const& expected, std::span<std::byte const> frame) {
    return copied(inner_.append(InnerName{branch}.view(), expected, frame));
  }
  CommitResult drop(std::string_view branch, Version const& expected) {
    return copied(inner_.drop(InnerName{branch}.view(), expected));
  }

  void do_hold() { inner_.hold(); }

 private:
  /// Where the front is all that is read, it has to get everything.
  static constexpr std::size_t most_pending = Reads == ReadPolicy::frontend_only ? static_cast<std::size_t>(-1) : std::size_t{16} << 20U;

  CommitResult copied(CommitResult result) {
    if constexpr (Writes != WritePolicy::write_around) {
      if (result == CommitResult::committed) {
        if constexpr (Writes == WritePolicy::write_behind) {
          front_->keep_behind(pending_.take());
        } else {
          front_->keep(pending_.take());
        }
      } else if (result == CommitResult::unknown) {
        pending_.forget();
      }
    }
    return result;
  }

  InnerWriter inner_;
  std::shared_ptr<FrontOfTier> front_;
  PendingBlobs<Address> pending_{most_pending};
};

/// Thread safety: as the back's connection's.
template <class Front, class Back, WritePolicy Writes, ReadPolicy Reads>
class TieredConnection : public ReadsMany<TieredConnection<Front, Back, Writes, Reads>, typename ConnectionOf<Back>::Address, ConnectionOf<Back>>,
                         public NamesCommits<ConnectionOf<Back>> {
 public:
  using BackConnection = ConnectionOf<Back>;
  using Address = typename BackConnection::Address;
  using Writer = TieredWriter<Front, Back, Writes, Reads>;
  using FrontOfTier = TierFront<Front, Address>;
  /// Of what is in the back, a read need not tell.
  static constexpr bool answers_from_copies = true;

  TieredConnection(BackConnection back, std::shared_ptr<FrontOfTier> front) : back_{std::move(back)}, front_{std::move(front)} {}

  [[nodiscard]] Bytes read(Address const& address) const {
    if (PastCopies::are_wanted()) return back_.read(address);
    if (auto copy = front_->read(address)) return *std::move(copy);
    if constexpr (Reads == ReadPolicy::frontend_only) {
      raise(Errc::io_error, "The front of the tier does not have this blob, and :read-policy :frontend-only does not look further.");
    } else {
      auto bytes = back_.read(address);
      front_->keep_soon(address, bytes);
      return bytes;
    }
  }
  [[nodiscard]] std::optional<RootRecord> root(std::string_view branch) const { return back_.root(InnerName{branch}.view()); }
  [[nodiscard]] std::vector<std::string> roots() const { return visible_roots(back_.roots()); }
  [[nodiscard]] Writer begin() { return Writer{back_.begin(), front_}; }
  void sweep(LiveSet<Address> const& live, TimePoint cutoff) {
    back_.sweep(live, cutoff);
    front_->sweep(live, cutoff);
  }
  template <class Sink>
  void do_read_many(std::span<Address const> addresses, Sink& sink) const {
    if (PastCopies::are_wanted()) return back_.read_many(addresses, sink);
    std::vector<Address> missing;
    std::vector<std::size_t> places;
    for (std::size_t i = 0; i != addresses.size(); ++i) {
      if (auto copy = front_->read(addresses[i])) {
        sink(i, *std::move(copy));
      } else {
        missing.push_back(addresses[i]);
        places.push_back(i);
      }
    }
    if (missing.empty()) return;
    if constexpr (Reads == ReadPolicy::frontend_only) {
      static_cast<void>(read(missing.front()));
    } else {
      back_.read_many(std::span<Address const>{missing}, [&](std::size_t index, Bytes bytes) {
        front_->keep_soon(missing[index], bytes);
        sink(places[index], std::move(bytes));
      });
    }
  }

  /// What the front has done, and why it is out of use, if it is.
  [[nodiscard]] FrontFigures front_figures() const { return front_->figures(); }
  [[nodiscard]] BackConnection& back() noexcept { return back_; }
  /// Gives the front what waits for it, and lets go of it.
  void close_front() noexcept { front_->close(); }

 private:
  BackConnection back_;
  std::shared_ptr<FrontOfTier> front_;
};

}  // namespace cairn::layer
