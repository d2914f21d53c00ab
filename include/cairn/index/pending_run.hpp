// Copyright the Cairn authors
// SPDX-License-Identifier: BSL-1.0
// What is still to be done to a stored node: a sorted run of operations on its datoms.
#pragma once

#include <cairn/datom/byte_io.hpp>
#include <cairn/datom/codec.hpp>
#include <cairn/datom/order.hpp>
#include <cairn/index/compiler.hpp>
#include <cairn/index/row_codec.hpp>
#include <cairn/index/value_footprint.hpp>
#include <cairn/meta/lazy.hpp>

#include <algorithm>
#include <compare>
#include <cstddef>
#include <cstdint>
#include <memory>
#include <optional>
#include <span>
#include <utility>
#include <vector>

namespace cairn::detail {

/// What is done to a set of datoms, always something that changes it. On disk: do not renumber.
enum class PendingChange : std::uint8_t {
  erase = 0,    ///< of a datom that is there
  insert = 1,   ///< of one that is not
  replace = 2,  ///< of one that is there by one that is equal and is written otherwise: 1.0M by 1.00M
};

struct PendingOperation {
  RawDatom datom;
  PendingChange change;
};

/// Bytes that an operation takes where it is stored, about.
[[nodiscard]] inline std::size_t weight_of(PendingOperation const& operation) noexcept {
  auto const value = value_footprint(operation.datom.v);
  return 12 + (value < 24 ? value : value - 24);  // that is in memory
}

/// Operations on what `before` leaves, strictly ascending. Who keeps it keeps what it refers to. It is shared and never changed,
/// but by the transaction whose token it carries.
struct PendingPart {
  std::span<PendingOperation const> operations{};
  PendingPart const* before = nullptr;  // none: what the block holds
  std::uint64_t owner = 0;
};

/// A part by itself that keeps its operations.
struct Pending : PendingPart {
  Pending() = default;
  explicit Pending(std::vector<PendingOperation> made) noexcept : list{std::move(made)} { operations = list; }
  Pending(Pending const&) = delete;
  Pending& operator=(Pending const&) = delete;

  void add(PendingOperation operation) {
    list.push_back(std::move(operation));
    operations = list;
  }
  std::vector<PendingOperation> list;
};

/// What is to be done to a node: a part and those before it. Null: nothing. The runs of a node that was read are of one piece,
/// and what comes from further up is a part of its own that refers to the parent's piece: a reader that goes down to one child
/// copies and combines nothing for the others.
using PendingRun = std::shared_ptr<PendingPart>;

[[nodiscard]] inline bool is_empty(PendingRun const& run) noexcept {
  return run == nullptr || (run->operations.empty() && run->before == nullptr);
}

/// The oldest part first.
void for_each_part(PendingPart const* run, auto const& visit) {
  if (run == nullptr) return;
  for_each_part(run->before, visit);
  visit(*run);
}

inline void prefetch_operations(PendingPart const* run) noexcept {
  for (; run != nullptr; run = run->before) prefetch(run->operations.data(), run->operations.size_bytes());
}

[[nodiscard]] inline std::size_t weight_of(std::span<PendingOperation const> operations) noexcept {
  std::size_t weight = 0;
  for (auto const& operation : operations) weight += weight_of(operation);
  return weight;
}

/// By how many datoms a set grows, modulo 2^64.
[[nodiscard]] inline std::uint64_t growth_of(std::span<PendingOperation const> operations) noexcept {
  std::uint64_t growth = 0;
  for (auto const& operation : operations) {
    if (operation.change == PendingChange::insert) ++growth;
    if (operation.change == PendingChange::erase) --growth;
  }
  return growth;
}
[[nodiscard]] inline std::uint64_t growth_of(PendingRun const& run) noexcept {
  std::uint64_t growth = 0;
  for_each_part(run.get(), [&](PendingPart const& part) { growth += growth_of(part.operations); });
  return growth;
}

/// Whether all of it is on datoms from `low` on and before `high`, where there are such.
template <Order Sorted>
[[nodiscard]] bool is_between(PendingPart const* run, RawDatom const* low, RawDatom const* high) noexcept {
  bool all = true;
  for_each_part(run, [&](PendingPart const& part) {
    if (part.operations.empty()) return;
    all = all && (low == nullptr || compare<Sorted>(part.operations.front().datom, *low) >= 0) &&
          (high == nullptr || compare<Sorted>(part.operations.back().datom, *high) < 0);
  });
  return all;
}

/// Whether equal values of a kind are the same to the last byte.
[[nodiscard]] inline bool equal_is_same(ValueKind kind) noexcept {
  return kind != ValueKind::float32 && kind != ValueKind::float64 && kind != ValueKind::bigdec && kind != ValueKind::tuple;
}
/// Whether equal datoms are the same to the last byte.
template <meta::Lazy = {}>
[[nodiscard]] bool is_same(RawDatom const& left, RawDatom const& right) {
  if (equal_is_same(left.v.kind())) return true;
  ByteWriter first;
  ByteWriter second;
  codec::write(first, left.v);
  codec::write(second, right.v);
  return std::ranges::equal(first.view(), second.view());
}

/// What two changes of one datom, the newer one being to `datom`, come to.
struct Combined {
  bool possible;
  std::optional<PendingChange> change;
};
[[nodiscard]] inline Combined combined(PendingChange older, PendingChange newer, RawDatom const& datom) noexcept {
  switch (older) {
    case PendingChange::erase:
      if (newer != PendingChange::insert) return {false, {}};
      // Of one that may have been written otherwise it is not known that it is back.
      if (equal_is_same(datom.v.kind())) return {true, {}};
      return {true, PendingChange::replace};
    case PendingChange::insert:
      if (newer == PendingChange::insert) return {false, {}};
      if (newer == PendingChange::erase) return {true, {}};
      return {true, PendingChange::insert};
    case PendingChange::replace:
      if (newer == PendingChange::insert) return {false, {}};
      return {true, newer};
  }
  return {false, {}};
}

/// The first of some operations that is not before a datom's.
template <Order Sorted>
[[nodiscard]] auto place_in(auto& operations, RawDatom const& datom) noexcept {
  return std::ranges::lower_bound(operations, datom, [](RawDatom const& left, RawDatom const& right) {
    return compare<Sorted>(left, right) < 0;
  }, &PendingOperation::datom);
}

/// Walks operations side by side: `visit(older, newer)` with pointers to those on one datom, null where there is none.
template <Order Sorted>
void for_each_pair(std::span<PendingOperation const> older, std::span<PendingOperation const> newer, auto const& visit) {
  auto left = older.begin();
  auto right = newer.begin();
  while (left != older.end() || right != newer.end()) {
    auto const order = left == older.end()    ? std::strong_ordering::greater
                       : right == newer.end() ? std::strong_ordering::less
                                              : compare<Sorted>(left->datom, right->datom);
    visit(order <= 0 ? &*left : nullptr, order >= 0 ? &*right : nullptr);
    if (order <= 0) ++left;
    if (order >= 0) ++right;
  }
}

/// Operations and then others, in one. Errors: `store/corrupt` where the latter do not follow from the former.
template <Order Sorted>
[[nodiscard]] std::vector<PendingOperation> followed_by(std::span<PendingOperation const> older, std::span<PendingOperation const> newer) {
  std::vector<PendingOperation> result;
  result.reserve(older.size() + newer.size());
  for_each_pair<Sorted>(older, newer, [&](PendingOperation const* before, PendingOperation const* after) {
    if (before == nullptr || after == nullptr) return result.push_back(before == nullptr ? *after : *before);
    auto const both = combined(before->change, after->change, after->datom);
    if (!both.possible) ByteReader::corrupt("an operation on a node does not follow from those before it");
    if (both.change) result.push_back({after->datom, *both.change});
  });
  return result;
}

/// The operations of a run in one piece: those of its only part, or what its parts were combined to.
struct JoinedOperations {
  std::vector<PendingOperation> made{};
  std::span<PendingOperation const> all{};
};
/// Without those of `up_to` and before. Requires that this is a part of it, or null. Errors: `store/corrupt` where one part does
/// not follow from those before it.
template <Order Sorted>
[[nodiscard]] JoinedOperations joined(PendingPart const* run, PendingPart const* up_to = nullptr) {
  JoinedOperations result;
  if (run == up_to) return result;
  result.all = run->operations;
  if (run->before == up_to) return result;
  result.made = followed_by<Sorted>(joined<Sorted>(run->before, up_to).all, run->operations);
  result.all = result.made;
  return result;
}

/// Adds an operation to a run that is `owner`'s, or to a copy of it. Whether it follows from what is there. Requires an owner.
template <Order Sorted>
[[nodiscard]] bool add_operation(PendingRun& run, std::uint64_t owner, PendingOperation operation) {
  if (run == nullptr || run->owner != owner) {
    auto before = joined<Sorted>(run.get());
    if (before.made.empty()) before.made.assign(before.all.begin(), before.all.end());
    run = std::make_shared<Pending>(std::move(before.made));
    run->owner = owner;
  }
  auto& own = static_cast<Pending&>(*run);
  auto& operations = own.list;
  auto const at = place_in<Sorted>(operations, operation.datom);
  if (at == operations.end() || compare<Sorted>(at->datom, operation.datom) != 0) {
    operations.insert(at, std::move(operation));
  } else {
    auto const both = combined(at->change, operation.change, operation.datom);
    if (!both.possible) return false;
    if (both.change) {
      operation.change = *both.change;
      *at = std::move(operation);
    } else {
      operations.erase(at);
    }
  }
  own.operations = operations;
  return true;
}

/// Appends to `result` what leads from one run to another on the same datoms: `from` and then the difference is `to`. Whether
/// there is such a run.
template <Order Sorted>
[[nodiscard]] bool add_difference(PendingPart const* from, PendingPart const* to, Pending& result) {
  auto const* part = to;
  while (part != nullptr && part != from) part = part->before;
  if (part == from) {
    auto const since = joined<Sorted>(to, from);
    for (auto const& operation : since.all) result.add(operation);
    return true;
  }
  bool possible = true;
  auto const older = joined<Sorted>(from);
  auto const newer = joined<Sorted>(to);
  for_each_pair<Sorted>(older.all, newer.all, [&](PendingOperation const* before, PendingOperation const* after) {
    if (before == nullptr) return result.add(*after);
    if (after == nullptr) {
      if (before->change == PendingChange::replace) {
        possible = false;
      } else {
        result.add({before->datom, before->change == PendingChange::erase ? PendingChange::insert : PendingChange::erase});
      }
      return;
    }
    if (before->change == after->change) {
      if (after->change != PendingChange::erase && !is_same(before->datom, after->datom)) result.add({after->datom, PendingChange::replace});
    } else if (before->change == PendingChange::erase && after->change == PendingChange::replace) {
      result.add({after->datom, PendingChange::insert});
    } else if (before->change == PendingChange::replace && after->change == PendingChange::erase) {
      result.add(*after);
    } else {
      possible = false;
    }
  });
  return possible;
}

}  // namespace cairn::detail
