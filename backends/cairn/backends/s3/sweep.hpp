// Copyright the Cairn authors
// SPDX-License-Identifier: BSL-1.0
// Removing blobs that nothing names any more.
#pragma once

#include <cairn/backends/s3/address.hpp>
#include <cairn/backends/s3/client.hpp>
#include <cairn/backends/common/pack.hpp>
#include <cairn/backends/s3/shared_store.hpp>
#include <cairn/concepts/root.hpp>
#include <cairn/error/error.hpp>

#include <algorithm>
#include <chrono>
#include <cstddef>
#include <cstdint>
#include <optional>
#include <set>
#include <span>
#include <string>
#include <utility>
#include <vector>

namespace cairn::backends::s3::details {

/// One sweep of a store. A pack is removed when all its blobs are dead. One in which a quarter of the bytes or less is live goes, too, and
/// then the emptiest ones until what is older than the cutoff takes at most half as much again as is live of it. Their live blobs are moved to objects
/// of their own first, where readers look when the pack is gone.
class Sweep {
 public:
  Sweep(SharedStore& store, LiveSet<Address> const& live, TimePoint cutoff)
      : store_{store}, live_{live}, before_{std::chrono::floor<std::chrono::milliseconds>(cutoff.time_since_epoch()).count()} {}

  void run() {
    find_parts_of_roots();
    std::vector<Old> old;
    auto const some = [&] {
      look_into(old);
      old.clear();
    };
    // Keys are in the order of their times.
    store_.client().list(store_.keys().packs(), [&](Listed const& object) {
      auto const key = store_.keys().pack_of(object.key);
      if (!key) return true;
      if (key->put_at() >= before_) return false;
      old.push_back({*key, object.size});
      if (old.size() == at_a_time) some();
      return true;
    });
    some();
    store_.client().list(store_.keys().moved_blobs(), [&](Listed const& object) {
      auto const address = store_.keys().moved_of(object.key);
      if (!address || address->pack().put_at() >= before_) return true;
      if (is_live(*address)) {
        live_bytes_ += object.size;
      } else {
        dead_.push_back(object.key);
      }
      return true;
    });
    rewrite_emptiest();
    move_out();
    store_.client().remove(std::move(dead_));
  }

 private:
  static constexpr std::size_t at_a_time = 256;
  static constexpr std::size_t first_guess = std::size_t{16} << 10U;
  static constexpr std::uint64_t moved_at_a_time = std::uint64_t{32} << 20U;
  struct Old {
    common::TimedKey key;
    std::uint64_t size;
  };
  /// A pack of which a part is dead.
  struct Sparse {
    common::TimedKey key;
    std::uint64_t size;
    std::uint64_t live_bytes;
    std::vector<Address> live;
    [[nodiscard]] double part() const noexcept { return static_cast<double>(live_bytes) / static_cast<double>(size); }
  };

  /// Large states and tails are blobs that no tree names.
  void find_parts_of_roots() {
    std::vector<std::string> keys;
    store_.client().list(store_.keys().roots(), [&](Listed const& object) {
      if (object.size != RootObject::dropped_size) keys.push_back(object.key);
      return true;
    });
    for (auto& key : keys) {
      auto const root = store_.root_in(std::move(key));
      if (!root) continue;
      if (root->state.blob) parts_.insert(*root->state.blob);
      parts_.insert(root->packed.begin(), root->packed.end());
    }
  }
  [[nodiscard]] bool is_live(Address const& address) const { return parts_.contains(address) || live_(address); }

  void look_into(std::vector<Old> const& old) {
    auto const tables = read_contents_of(old);
    for (std::size_t i = 0; i != old.size(); ++i) {
      auto const& table = tables[i];
      if (!table || table->sealed_at >= before_) continue;
      Sparse pack{old[i].key, old[i].size, 0, {}};
      for (auto const& blob : table->blobs) {
        if (!is_live(blob)) continue;
        pack.live.push_back(blob);
        pack.live_bytes += stored_size(blob.size());
      }
      if (pack.live_bytes <= pack.size / 4) {
        rewrite(pack);
      } else if (pack.live.size() == table->blobs.size()) {
        live_bytes_ += pack.size;  // nothing can be gained
      } else {
        live_bytes_ += pack.live_bytes;
        dead_bytes_ += pack.size - pack.live_bytes;
        sparse_.push_back(std::move(pack));
      }
    }
  }

  void rewrite_emptiest() {
    std::ranges::sort(sparse_, {}, &Sparse::part);
    for (auto& pack : sparse_) {
      if (dead_bytes_ <= live_bytes_ / 2) break;
      dead_bytes_ -= pack.size - pack.live_bytes;
      rewrite(pack);
    }
  }

  /// Its live blobs go elsewhere, and it is dead.
  void rewrite(Sparse& pack) {
    moving_.insert(moving_.end(), pack.live.begin(), pack.live.end());
    moving_bytes_ += pack.live_bytes;
    dead_.push_back(store_.keys().pack(pack.key));
    pack.live = {};
    if (moving_bytes_ >= moved_at_a_time) move_out();
  }

  /// Nothing in the place of one that somebody else has removed.
  std::vector<std::optional<Contents>> read_contents_of(std::vector<Old> const& old) {
    std::vector<std::optional<Contents>> made(old.size());
    std::vector<Call> calls(old.size());
    std::vector<std::size_t> wanted(old.size(), first_guess);
    for (int round = 0; round != 2; ++round) {
      std::vector<std::size_t> places;
      std::vector<Call> now;
      for (std::size_t i = 0; i != old.size(); ++i) {
        if (wanted[i] == 0) continue;
        places.push_back(i);
        auto const first = old[i].size - (std::min)(old[i].size, std::uint64_t{wanted[i]});
        now.push_back(Client::get(store_.keys().pack(old[i].key), (std::max)(wanted[i], std::size_t{1} << 16U)));
        now.back().request.range = std::to_string(first) + "-" + std::to_string((std::max)(old[i].size, std::uint64_t{1}) - 1);
        wanted[i] = 0;
      }
      store_.client().perform(now, [&](std::size_t at) {
        auto const i = places[at];
        auto const& answer = now[at].answer;
        if (answer.status == 404) return;
        if (!answer.is_success() || now[at].is_exhausted) raise_answer(now[at], "read a pack's contents");
        auto const size = contents_size(answer.body);
        if (size && *size > answer.body.size() && *size <= old[i].size && round == 0) {
          wanted[i] = *size;
          return;
        }
        made[i] = read_contents(old[i].key, answer.body);
        if (!made[i]) {
          raise(Errc::store_corrupt, "The end of a pack of blobs is damaged: restore " + path_encoded(now[at].request.key) + " from a backup.",
                "{:key \"" + path_encoded(now[at].request.key) + "\"}");
        }
      });
    }
    return made;
  }

  void move_out() {
    auto const addresses = std::exchange(moving_, {});
    moving_bytes_ = 0;
    if (addresses.empty()) return;
    std::vector<Buffer> bodies(addresses.size());
    store_.read_many(std::span<Address const>{addresses}, [&](std::size_t i, Bytes const& bytes) {
      add_number(bodies[i], checksum_of(addresses[i], bytes));
      add(bodies[i], bytes);
    });
    std::vector<std::pair<std::string, ByteSpan>> objects;
    for (std::size_t i = 0; i != addresses.size(); ++i) objects.emplace_back(store_.keys().moved(addresses[i]), bodies[i]);
    store_.create(objects);
  }

  SharedStore& store_;
  LiveSet<Address> const& live_;
  std::int64_t before_;
  std::set<Address> parts_{};
  std::vector<Sparse> sparse_{};
  std::uint64_t live_bytes_ = 0;  ///< of what is older than the cutoff and stays where it is
  std::uint64_t dead_bytes_ = 0;  ///< beside them
  std::vector<Address> moving_{};
  std::uint64_t moving_bytes_ = 0;
  std::vector<std::string> dead_{};  ///< objects, to be removed when all that was alive in them is elsewhere
};

}  // namespace cairn::backends::s3::details
