// Copyright the Cairn authors
// SPDX-License-Identifier: BSL-1.0
// What is still to be done to a stored node: a sorted run of operations on its datoms.
#pragma once

#include <cairn/datom/byte_io.hpp>
#include <cairn/datom/codec.hpp>
#include <cairn/datom/order.hpp>
#include <cairn/index/row_codec.hpp>
#include <cairn/index/value_footprint.hpp>
#include <cairn/meta/lazy.hpp>

#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <memory>
#include <optional>
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

/// A run of operations, strictly ascending. It is shared and never changed, but by the transaction whose token it carries.
struct Pending {
  std::uint64_t owner = 0;
  std::vector<PendingOperation> operations;
  std::size_t weight = 0;

  void add(PendingOperation operation) {
    weight += weight_of(operation);
    operations.push_back(std::move(operation));
  }
};

/// Null: there is nothing to do.
using PendingRun = std::shared_ptr<Pending>;

[[nodiscard]] inline bool is_empty(PendingRun const& run) noexcept { return run == nullptr || run->operations.empty(); }
[[nodiscard]] inline std::size_t weight_of(PendingRun const& run) noexcept { return run == nullptr ? 0 : run->weight; }

/// By how many datoms a set grows, modulo 2^64.
[[nodiscard]] inline std::uint64_t growth_of(PendingRun const& run) noexcept {
  std::uint64_t growth = 0;
  if (run == nullptr) return growth;
  for (auto const& operation : run->operations) {
    if (operation.change == PendingChange::insert) ++growth;
    if (operation.change == PendingChange::erase) --growth;
  }
  return growth;
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

/// Adds an operation to a run that is `owner`'s, or to a copy of it. Whether it follows from what is there.
template <Order Sorted>
[[nodiscard]] bool add_operation(PendingRun& run, std::uint64_t owner, PendingOperation operation) {
  if (run == nullptr) {
    run = std::make_shared<Pending>();
    run->owner = owner;
  } else if (run->owner != owner) {
    run = std::make_shared<Pending>(*run);
    run->owner = owner;
  }
  auto& operations = run->operations;
  auto const at = std::ranges::lower_bound(operations, operation.datom, [](RawDatom const& left, RawDatom const& right) {
    return compare<Sorted>(left, right) < 0;
  }, &PendingOperation::datom);
  if (at == operations.end() || compare<Sorted>(at->datom, operation.datom) != 0) {
    run->weight += weight_of(operation);
    operations.insert(at, std::move(operation));
    return true;
  }
  auto const both = combined(at->change, operation.change, operation.datom);
  if (!both.possible) return false;
  run->weight -= weight_of(*at);
  if (!both.change) {
    operations.erase(at);
    return true;
  }
  operation.change = *both.change;
  run->weight += weight_of(operation);
  *at = std::move(operation);
  return true;
}

/// Walks two runs side by side: `visit(older, newer)` with pointers to operations on one datom, null where a run has none.
template <Order Sorted>
void for_each_pair(PendingRun const& older, PendingRun const& newer, auto const& visit) {
  static std::vector<PendingOperation> const none;
  auto const& first = older == nullptr ? none : older->operations;
  auto const& second = newer == nullptr ? none : newer->operations;
  auto left = first.begin();
  auto right = second.begin();
  while (left != first.end() || right != second.end()) {
    auto const order = left == first.end()    ? std::strong_ordering::greater
                       : right == second.end() ? std::strong_ordering::less
                                               : compare<Sorted>(left->datom, right->datom);
    visit(order <= 0 ? &*left : nullptr, order >= 0 ? &*right : nullptr);
    if (order <= 0) ++left;
    if (order >= 0) ++right;
  }
}

/// One run and then another. Errors: `store/corrupt` where the second does not follow from the first.
template <Order Sorted>
[[nodiscard]] PendingRun followed_by(PendingRun const& older, PendingRun const& newer) {
  if (is_empty(newer)) return older;
  if (is_empty(older)) return newer;
  auto result = std::make_shared<Pending>();
  result->operations.reserve(older->operations.size() + newer->operations.size());
  for_each_pair<Sorted>(older, newer, [&](PendingOperation const* before, PendingOperation const* after) {
    if (before == nullptr || after == nullptr) return result->add(before == nullptr ? *after : *before);
    auto const both = combined(before->change, after->change, after->datom);
    if (!both.possible) ByteReader::corrupt("an operation on a node does not follow from those before it");
    if (both.change) result->add({after->datom, *both.change});
  });
  return result;
}

/// Appends to `result` what leads from one run to another on the same datoms: `followed_by(from, difference)` is `to`. Whether
/// there is such a run.
template <Order Sorted>
[[nodiscard]] bool add_difference(PendingRun const& from, PendingRun const& to, Pending& result) {
  if (from == to) return true;
  bool possible = true;
  for_each_pair<Sorted>(from, to, [&](PendingOperation const* before, PendingOperation const* after) {
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
