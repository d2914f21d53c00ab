// Copyright the Cairn authors
// SPDX-License-Identifier: BSL-1.0
// The stored form of an inner node's buffers, and what becomes of operations when a node is read.
#pragma once

#include <cairn/index/integer_column.hpp>
#include <cairn/index/node.hpp>
#include <cairn/index/pending_run.hpp>
#include <cairn/index/row_columns.hpp>

#include <algorithm>
#include <array>
#include <cstddef>
#include <cstdint>
#include <memory>
#include <span>
#include <utility>
#include <vector>

namespace cairn::detail {

inline constexpr unsigned change_bits = 2;

/// The datom, as long as it lives.
inline void show(RawDatom const& datom, DatomSlot& slot) noexcept {
  slot.set(datom.e, datom.a, datom.added, datom.tx, datom.v.kind(), ValueParts::word(datom.v));
}

/// Appends the runs of `count` children: how long each is, then all operations, which are in order, in rows of up to
/// `most_packed`.
inline void write_pending(ByteWriter& out, std::size_t count, auto const& run_of) {
  std::array<std::int64_t, most_packed> lengths;
  std::vector<PendingOperation const*> all;
  for (std::size_t i = 0; i != count; ++i) {
    PendingRun const& run = run_of(i);
    lengths[i] = run == nullptr ? 0 : static_cast<std::int64_t>(run->operations.size());
    if (run == nullptr) continue;
    for (auto const& operation : run->operations) all.push_back(&operation);
  }
  write_integers(out, std::span{lengths}.first(count));
  for (std::size_t first = 0; first < all.size(); first += most_packed) {
    auto const some = std::span{all}.subspan(first, std::min(most_packed, all.size() - first));
    write_rows(out, some.size(), [&](std::size_t at, DatomSlot& slot) { show(some[at]->datom, slot); });
    std::array<std::uint64_t, most_packed> changes;
    for (std::size_t i = 0; i != some.size(); ++i) changes[i] = static_cast<std::uint64_t>(some[i]->change);
    pack_bits(out, std::span{changes}.first(some.size()), change_bits);
  }
}

/// Reads the runs of a node whose children and separators are there, and whose sizes count what is in them.
template <Order Sorted, class Shape>
void read_pending(ByteReader& in, Inner<Shape>& inner) {
  std::array<std::int64_t, Shape::inner_capacity> lengths;
  read_integers(in, std::span{lengths}.first(inner.count));
  std::array<RawDatom, most_packed> rows;
  std::array<std::uint64_t, most_packed> changes;
  std::size_t there = 0;
  std::size_t next = 0;
  std::uint64_t left = 0;
  // Each operation has bits of its own in the node. Room is made for as many as a block of rows has: an operation takes a hundred times
  // more of it than bits.
  auto const most = in.remaining() * 8 / change_bits;
  for (std::size_t i = 0; i != inner.count; ++i) {
    if (lengths[i] < 0 || static_cast<std::uint64_t>(lengths[i]) > most - left) ByteReader::corrupt("a node has too many operations");
    left += static_cast<std::uint64_t>(lengths[i]);
  }
  RawDatom const* before = nullptr;
  for (std::size_t i = 0; i != inner.count; ++i) {
    if (lengths[i] == 0) continue;
    auto run = std::make_shared<Pending>();
    run->operations.reserve(std::min(static_cast<std::size_t>(lengths[i]), most_packed));
    for (auto number = lengths[i]; number != 0; --number) {
      if (next == there) {
        there = static_cast<std::size_t>(std::min<std::uint64_t>(left, most_packed));
        left -= there;
        next = 0;
        read_rows(in, std::span{rows}.first(there));
        unpack_bits(in, std::span{changes}.first(there), change_bits);
      }
      if (changes[next] > static_cast<std::uint64_t>(PendingChange::replace)) ByteReader::corrupt("an operation has an unknown kind");
      if (before != nullptr && compare<Sorted>(*before, rows[next]) >= 0) {
        ByteReader::corrupt("the operations in a node are not in order");
      }
      run->add({std::move(rows[next]), static_cast<PendingChange>(changes[next])});
      before = &run->operations.back().datom;
      ++next;
    }
    bool const after = i != 0 && compare<Sorted>(run->operations.front().datom, inner.separators[i - 1]) < 0;
    bool const past = i + 1 != inner.count && compare<Sorted>(run->operations.back().datom, inner.separators[i]) >= 0;
    if (after || past) ByteReader::corrupt("an operation in a node belongs to another of its children");
    inner.addresses.set(i, StoredChild{inner.addresses.child(i).block, std::move(run)});
  }
}

/// Notes that the children are as they are in the block.
template <class Shape>
void note_base(Inner<Shape>& inner) {
  std::vector<StoredChild> base;
  base.reserve(inner.count);
  for (std::size_t i = 0; i != inner.count; ++i) base.push_back(inner.addresses.child(i));
  inner.base = std::make_shared<std::vector<StoredChild> const>(std::move(base));
}

/// Does what is pending to the first `count` rows; how many there are then. Errors: `store/corrupt` where an operation changes
/// nothing, or where there is no row left, or no room.
template <Order Sorted, std::size_t Capacity>
[[nodiscard]] std::size_t apply_pending(std::array<RawDatom, Capacity>& rows, std::size_t count, PendingRun const& pending) {
  if (is_empty(pending)) return count;
  auto const begin = rows.begin();
  auto const at = [&](std::size_t index) { return begin + static_cast<std::ptrdiff_t>(index); };
  auto const place_of = [](auto first, auto last, RawDatom const& datom) {
    return std::lower_bound(first, last, datom, [](RawDatom const& left, RawDatom const& right) { return compare<Sorted>(left, right) < 0; });
  };
  // What is erased or replaced, from the first; then what is inserted, from the last, so that rows move where they have to.
  auto next = begin;
  auto kept = begin;
  auto const keep_up_to = [&](auto last) {
    kept = kept == next ? last : std::move(next, last, kept);
    next = last;
  };
  std::size_t insertions = 0;
  for (auto const& operation : pending->operations) {
    if (operation.change == PendingChange::insert) {
      ++insertions;
      continue;
    }
    auto const found = place_of(next, at(count), operation.datom);
    if (found == at(count) || compare<Sorted>(*found, operation.datom) != 0) ByteReader::corrupt("an operation on a leaf changes nothing");
    keep_up_to(found);
    ++next;
    if (operation.change == PendingChange::replace) *kept++ = operation.datom;
  }
  keep_up_to(at(count));
  count = static_cast<std::size_t>(kept - begin);
  if (insertions > Capacity - count) ByteReader::corrupt("more is to be inserted into a leaf than it has room for");
  auto last = at(count);
  auto to = at(count + insertions);
  count += insertions;
  for (auto operation = pending->operations.rbegin(); insertions != 0; ++operation) {
    if (operation->change != PendingChange::insert) continue;
    auto const found = place_of(begin, last, operation->datom);
    if (found != last && compare<Sorted>(*found, operation->datom) == 0) ByteReader::corrupt("an operation on a leaf changes nothing");
    to = std::move_backward(found, last, to);
    last = found;
    *--to = operation->datom;
    --insertions;
  }
  if (count == 0) ByteReader::corrupt("nothing is left of a leaf");
  return count;
}

/// Passes what is pending for a node that was just read on to its children, none of which is in memory.
template <Order Sorted, class Shape>
void route_pending(Inner<Shape>& inner, Pending const& pending) {
  auto const& operations = pending.operations;
  for (std::size_t first = 0; first != operations.size();) {
    auto const& datom = operations[first].datom;
    auto const at = child_index<Sorted>(inner, datom, bounds_of<Sorted>(datom));
    auto last = first + 1;
    while (last != operations.size() && (at + 1 == inner.count || compare<Sorted>(operations[last].datom, inner.separators[at]) < 0)) ++last;
    auto part = std::make_shared<Pending>();
    part->operations.reserve(last - first);
    for (; first != last; ++first) part->add(operations[first]);
    auto child = inner.addresses.child(at);
    PendingRun const more = std::move(part);
    inner.sizes[at] += growth_of(more);
    child.run = followed_by<Sorted>(child.run, more);
    inner.addresses.set(at, std::move(child));
    if (inner.sizes[at] == 0 || inner.sizes[at] >> 63U != 0) ByteReader::corrupt("nothing is left of a node's child");
  }
}

}  // namespace cairn::detail
