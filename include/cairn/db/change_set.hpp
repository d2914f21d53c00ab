// Copyright the Cairn authors
// SPDX-License-Identifier: BSL-1.0
// The facts that a transaction in progress has touched.
#pragma once

#include <cairn/datom/datom.hpp>
#include <cairn/meta/lazy.hpp>

#include <cstddef>
#include <cstdint>
#include <utility>
#include <vector>

namespace cairn::detail {

/// A fact that the transaction asserted or retracted: whether it was true before, and whether it is now.
struct Change {
  EntityId e = 0;
  AttributeId a = 0;
  Value v{};
  bool was = false;
  bool is = false;
};

/// From hashes to the places of changes: a chained hash table without keys. Looking up costs the chain, of which a
/// place can be taken out.
class ChangeIndex {
 public:
  /// The place is one more than the last.
  template <meta::Lazy = {}>
  void add(std::size_t hashed, bool is_in = true) {
    if (links_.size() == heads_.size()) grow();
    links_.push_back({hashed, out, out});
    if (is_in) link(static_cast<std::uint32_t>(links_.size()));
  }
  /// Whether a place is found from now on. O(1).
  template <meta::Lazy = {}>
  void put(std::size_t place, bool is_in) noexcept {
    if (is_in == (links_[place].before != out)) return;
    if (is_in) {
      link(static_cast<std::uint32_t>(place + 1));
      return;
    }
    auto const [_, next, before] = std::exchange(links_[place], {links_[place].hashed, out, out});
    (before == 0 ? head_of(links_[place]) : links_[before - 1].next) = next;
    if (next != 0) links_[next - 1].before = before;
  }

  /// Calls `visit(place)` for all with that hash until it returns true; whether it did.
  template <class Visit>
  bool find(std::size_t hashed, Visit visit) const {
    if (heads_.empty()) return false;
    for (auto at = heads_[hashed & (heads_.size() - 1)]; at != 0; at = links_[at - 1].next) {
      if (links_[at - 1].hashed == hashed && visit(std::size_t{at - 1U})) return true;
    }
    return false;
  }

  [[nodiscard]] std::size_t size() const noexcept { return links_.size(); }
  void clear() noexcept {
    heads_.clear();
    links_.clear();
  }

 private:
  static constexpr std::uint32_t out = static_cast<std::uint32_t>(-1);

  struct Link {
    std::size_t hashed;
    std::uint32_t next;    // place + 1; 0: none; `out`: in no chain
    std::uint32_t before;  // the same
  };

  [[nodiscard]] std::uint32_t& head_of(Link const& one) noexcept { return heads_[one.hashed & (heads_.size() - 1)]; }
  void link(std::uint32_t at) noexcept {
    auto& mine = links_[at - 1];
    auto& head = head_of(mine);
    mine.next = std::exchange(head, at);
    mine.before = 0;
    if (mine.next != 0) links_[mine.next - 1].before = at;
  }
  template <meta::Lazy = {}>
  void grow() {
    heads_.assign(heads_.empty() ? 64 : heads_.size() * 2, 0);
    for (std::uint32_t at = 1; at <= links_.size(); ++at) {
      if (links_[at - 1].before != out) link(at);
    }
  }

  std::vector<std::uint32_t> heads_{};
  std::vector<Link> links_{};
};

/// The changes of a transaction, in the order in which facts were first touched, and the ways to find them again: a few
/// are looked through, of more there are indexes. Facts that are not true any more are found only by themselves, so
/// that what is said and taken back again and again makes nothing longer to look through.
class ChangeSet {
 public:
  static constexpr std::size_t none = static_cast<std::size_t>(-1);

  [[nodiscard]] std::vector<Change> const& all() const noexcept { return changes_; }

  /// The place of a fact's change, or `none`.
  template <meta::Lazy = {}>
  [[nodiscard]] std::size_t find(EntityId e, AttributeId a, Value const& v) const {
    std::size_t found = none;
    visit(by_fact_, [&] { return hash_of(e, a, v); }, [&](std::size_t at) {
      auto const& change = changes_[at];
      bool const same = change.e == e && change.a == a && change.v == v;
      if (same) found = at;
      return same;
    });
    return found;
  }

  template <meta::Lazy = {}>
  void add(Change change) {
    if (changes_.empty()) changes_.reserve(few);
    if (is_followed_) touched_.push_back(changes_.size());
    changes_.push_back(std::move(change));
    if (changes_.size() <= few) return;
    for (auto at = by_fact_.size(); at != changes_.size(); ++at) {
      auto const& each = changes_[at];
      by_fact_.add(hash_of(each.e, each.a, each.v));
      by_attribute_.add(hash_of(each.e, each.a), each.is);
      by_value_.add(hash_of(0, each.a, each.v), each.is);
    }
  }
  template <meta::Lazy = {}>
  void set(std::size_t at, bool is) {
    changes_[at].is = is;
    if (is_followed_) touched_.push_back(at);
    for (auto* const index : {&by_attribute_, &by_value_, &by_entity_}) {
      if (at < index->size()) index->put(at, is);
    }
  }
  /// As if the fact had never been true.
  void forget(std::size_t at) {
    changes_[at].was = false;
    set(at, false);
  }

  /// The places that were touched since this was last asked, some more than once; empty when it is asked first.
  template <meta::Lazy = {}>
  [[nodiscard]] std::vector<std::size_t> take_touched() {
    is_followed_ = true;
    return std::exchange(touched_, {});
  }

  /// Calls `take(change)` for what is true of an entity's attribute until it returns true.
  template <class Visit>
  bool of_attribute(EntityId e, AttributeId a, Visit take) const {
    return visit(by_attribute_, [&] { return hash_of(e, a); }, [&](std::size_t at) {
      auto const& change = changes_[at];
      return change.is && change.e == e && change.a == a && take(change);
    });
  }
  /// Of all that give an attribute a value.
  template <class Visit>
  bool of_value(AttributeId a, Value const& v, Visit take) const {
    return visit(by_value_, [&] { return hash_of(0, a, v); }, [&](std::size_t at) {
      auto const& change = changes_[at];
      return change.is && change.a == a && change.v == v && take(change);
    });
  }
  /// Of an entity, in the order in which they became true. The index for it is made when it is first asked for.
  template <meta::Lazy = {}>
  [[nodiscard]] std::vector<std::size_t> of_entity(EntityId e) {
    for (auto at = by_entity_.size(); at != changes_.size(); ++at)
      by_entity_.add(hash_of(changes_[at].e, 0), changes_[at].is);
    std::vector<std::size_t> found;
    by_entity_.find(hash_of(e, 0), [&](std::size_t at) {
      if (changes_[at].e == e) found.push_back(at);
      return false;
    });
    return {found.rbegin(), found.rend()};
  }

  void clear() noexcept {
    changes_.clear();
    by_fact_.clear();
    by_attribute_.clear();
    by_value_.clear();
    by_entity_.clear();
    touched_.clear();
    is_followed_ = false;
  }

 private:
  static constexpr std::size_t few = 12;

  /// Calls `take(place)`, the newest first, for those that an index has under a hash until it returns true; whether it
  /// did. While they are few, for all.
  template <class Hash, class Take>
  bool visit(ChangeIndex const& index, Hash hash, Take take) const {
    if (changes_.size() > few) return index.find(hash(), take);
    for (auto at = changes_.size(); at-- != 0;) {
      if (take(at)) return true;
    }
    return false;
  }

  [[nodiscard]] static std::size_t mix(std::size_t number) noexcept {
    number ^= number >> 32U;
    number *= 0x9E3779B97F4A7C15U;
    return number ^ (number >> 29U);
  }
  [[nodiscard]] static std::size_t hash_of(EntityId e, AttributeId a) noexcept {
    return mix(mix(static_cast<std::size_t>(e)) + a);
  }
  [[nodiscard]] static std::size_t hash_of(EntityId e, AttributeId a, Value const& v) noexcept {
    return mix(hash_of(e, a) + v.hash());
  }

  std::vector<Change> changes_{};
  ChangeIndex by_fact_{};
  ChangeIndex by_attribute_{};
  ChangeIndex by_value_{};
  ChangeIndex by_entity_{};
  std::vector<std::size_t> touched_{};
  bool is_followed_ = false;  // most transactions call nothing
};

}  // namespace cairn::detail
