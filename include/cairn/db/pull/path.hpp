// Copyright the Cairn authors
// SPDX-License-Identifier: BSL-1.0
// The way by which a pull has come to an entity.
#pragma once

#include <cairn/datom/datom.hpp>

#include <cstddef>
#include <cstdint>
#include <functional>
#include <limits>
#include <unordered_map>
#include <vector>

namespace cairn::detail {

/// The references that a pattern has followed into itself to come to an entity. Each has a key, of the attribute's place in
/// the pattern, and where it leads to. Those from some place on are a region: one descent of one pattern. O(1) amortised, however
/// long the way is: of the first few each is looked at, the others are found by what they are.
class PullPath {
 public:
  [[nodiscard]] std::size_t size() const noexcept { return followed_.size(); }
  void clear() noexcept {
    followed_.clear();
    if (!places_.empty()) places_.clear();  // which else goes over the buckets of the longest way so far
  }

  void push(std::size_t region, std::uint32_t key, EntityId target) {
    Followed one{key, target, levels(region, key) + 1, none, none};
    if (auto const at = followed_.size(); at >= looked_at) {
      one.before = put({key, target}, at);
      one.before_of_key = put({key, any}, at);
    }
    followed_.push_back(one);
  }
  void pop() {
    auto const& one = followed_.back();
    if (followed_.size() > looked_at) {
      put_back({one.key, one.target}, one.before);
      put_back({one.key, any}, one.before_of_key);
    }
    followed_.pop_back();
  }

  /// How often the region has followed the key.
  [[nodiscard]] std::int64_t levels(std::size_t region, std::uint32_t key) const {
    auto const at = last(region, key, any);
    return at == none ? 0 : followed_[at].levels;
  }
  /// Whether the region has followed the key there.
  [[nodiscard]] bool has(std::size_t region, std::uint32_t key, EntityId target) const {
    return last(region, key, target) != none;
  }

 private:
  static constexpr std::size_t looked_at = 32;
  static constexpr std::size_t none = ~std::size_t{0};
  static constexpr EntityId any = (std::numeric_limits<EntityId>::min)();

  struct Followed {
    std::uint32_t key = 0;
    EntityId target = 0;
    std::int64_t levels = 0;  ///< as of `levels`, with itself
    /// The places of the last such ones before, for when this one goes.
    std::size_t before = none;
    std::size_t before_of_key = none;
  };
  struct What {
    std::uint32_t key = 0;
    EntityId target = 0;
    friend bool operator==(What const&, What const&) = default;
  };
  struct Hash {
    std::size_t operator()(What const& what) const noexcept {
      return std::hash<std::uint64_t>{}((static_cast<std::uint64_t>(what.target) ^ what.key) * 0x9E3779B97F4A7C15U);
    }
  };

  [[nodiscard]] std::size_t last(std::size_t region, std::uint32_t key, EntityId target) const {
    if (followed_.size() > looked_at) {
      if (auto const found = places_.find({key, target}); found != places_.end()) {
        return found->second >= region ? found->second : none;
      }
    }
    for (auto i = followed_.size() < looked_at ? followed_.size() : looked_at; i > region; --i) {
      auto const& one = followed_[i - 1];
      if (one.key == key && (target == any || one.target == target)) return i - 1;
    }
    return none;
  }
  std::size_t put(What const& what, std::size_t at) {
    auto const [place, is_new] = places_.try_emplace(what, at);
    auto const before = is_new ? none : place->second;
    place->second = at;
    return before;
  }
  void put_back(What const& what, std::size_t before) {
    if (before == none) {
      places_.erase(what);
    } else {
      places_[what] = before;
    }
  }

  std::vector<Followed> followed_{};
  std::unordered_map<What, std::size_t, Hash> places_{};  ///< of those after the first few
};

}  // namespace cairn::detail
