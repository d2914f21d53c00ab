// Copyright the Cairn authors
// SPDX-License-Identifier: BSL-1.0
// The stored form of an inner node's buffers, and what becomes of operations when a node is read.
#pragma once

#include <cairn/index/head.hpp>
#include <cairn/index/integer_column.hpp>
#include <cairn/index/node.hpp>
#include <cairn/index/pending_run.hpp>
#include <cairn/index/row_columns.hpp>

#include <algorithm>
#include <array>
#include <compare>
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
template <Order Sorted>
void write_pending(ByteWriter& out, std::size_t count, auto const& run_of) {
  std::array<std::int64_t, most_packed> lengths;
  std::array<JoinedOperations, most_packed> runs;
  std::vector<PendingOperation const*> all;
  for (std::size_t i = 0; i != count; ++i) {
    runs[i] = joined<Sorted>(run_of(i));
    lengths[i] = static_cast<std::int64_t>(runs[i].all.size());
    for (auto const& operation : runs[i].all) all.push_back(&operation);
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

/// The runs of all children of a node that was read: one piece, for which nothing is allocated child by child. It stays as long as
/// any of them is a child's.
struct ReadRuns {
  std::vector<PendingOperation> operations;  // that the node's block has
  std::vector<PendingPart> parts;            // room for all is made at first
  PendingRun passed_on;                      // what is to be done to the node itself

  /// Gives a child of the node some operations more. Requires room.
  template <class Shape>
  static void add(std::shared_ptr<ReadRuns> const& runs, Inner<Shape>& inner, std::size_t at, std::span<PendingOperation const> more) {
    auto const& child = inner.addresses.child(at);
    auto& part = runs->parts.emplace_back(more, child.run.get());
    inner.addresses.set(at, StoredChild{child.block, PendingRun{runs, &part}});
  }
};

/// Reads operations that are to be strictly ascending. Each has bits of its own in the node, but takes a hundred times more room than
/// these: for so many as no node has that Cairn wrote, room is made as they come.
template <Order Sorted>
[[nodiscard]] std::vector<PendingOperation> read_pending_rows(ByteReader& in, std::uint64_t number) {
  std::vector<PendingOperation> operations;
  operations.reserve(static_cast<std::size_t>(std::min<std::uint64_t>(number, 64 * most_packed)));
  std::array<RawDatom, most_packed> rows;
  std::array<std::uint64_t, most_packed> changes;
  while (number != 0) {
    auto const some = static_cast<std::size_t>(std::min<std::uint64_t>(number, most_packed));
    number -= some;
    read_rows(in, std::span{rows}.first(some));
    unpack_bits(in, std::span{changes}.first(some), change_bits);
    for (std::size_t i = 0; i != some; ++i) {
      if (changes[i] > static_cast<std::uint64_t>(PendingChange::replace)) ByteReader::corrupt("an operation has an unknown kind");
      if (!operations.empty() && compare<Sorted>(operations.back().datom, rows[i]) >= 0) {
        ByteReader::corrupt("the operations in a node are not in order");
      }
      operations.emplace_back(std::move(rows[i]), static_cast<PendingChange>(changes[i]));
    }
  }
  return operations;
}

/// Reads the runs of a node whose children and separators are there, and whose sizes count what is in them, into `runs`, where
/// there is nothing yet.
template <Order Sorted, class Shape>
void read_pending(ByteReader& in, Inner<Shape>& inner, std::shared_ptr<ReadRuns> const& runs) {
  std::array<std::int64_t, Shape::inner_capacity> lengths;
  read_integers(in, std::span{lengths}.first(inner.count));
  auto const most = in.remaining() * 8 / change_bits;
  std::uint64_t number = 0;
  for (std::size_t i = 0; i != inner.count; ++i) {
    if (lengths[i] < 0 || static_cast<std::uint64_t>(lengths[i]) > most - number) ByteReader::corrupt("a node has too many operations");
    number += static_cast<std::uint64_t>(lengths[i]);
  }
  runs->operations = read_pending_rows<Sorted>(in, number);
  std::span<PendingOperation const> rest{runs->operations};
  for (std::size_t i = 0; i != inner.count; ++i) {
    if (lengths[i] == 0) continue;
    ReadRuns::add(runs, inner, i, rest.first(static_cast<std::size_t>(lengths[i])));
    rest = rest.subspan(static_cast<std::size_t>(lengths[i]));
    auto const* const low = i == 0 ? nullptr : &inner.separators[i - 1];
    auto const* const high = i + 1 == inner.count ? nullptr : &inner.separators[i];
    if (!is_between<Sorted>(inner.addresses.child(i).run.get(), low, high)) {
      ByteReader::corrupt("an operation in a node belongs to another of its children");
    }
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

/// Rows of a leaf in their order, wherever they are, and their heads.
template <std::size_t Capacity>
struct RowOrder {
  std::array<RawDatom const*, Capacity> rows;
  std::array<std::uint64_t, Capacity> heads;
  std::size_t count = 0;

  void add(RawDatom const& row, std::uint64_t head) noexcept {
    rows[count] = &row;
    heads[count++] = head;
  }
};

/// Does what is pending to the rows of a leaf. What an operation puts there stays where the run has it. Errors: `store/corrupt` where an
/// operation changes nothing, or where there is no row left, or no room.
template <Order Sorted, std::size_t Capacity>
void apply_pending(RowOrder<Capacity>& result, PendingPart const* pending) {
  for_each_part(pending, [&](PendingPart const& part) {
    RowOrder<Capacity> before;
    for (std::size_t i = 0; i != result.count; ++i) before.add(*result.rows[i], result.heads[i]);
    result.count = 0;
    auto const add = [&](RawDatom const& row, std::uint64_t head) {
      if (result.count == Capacity) ByteReader::corrupt("more is to be inserted into a leaf than it has room for");
      result.add(row, head);
    };
    // Row by row: in runs as short as a leaf's, a search would be mispredicted at each of its steps.
    std::size_t next = 0;
    auto const keep = [&] {
      add(*before.rows[next], before.heads[next]);
      ++next;
    };
    for (auto const& operation : part.operations) {
      auto const& datom = operation.datom;
      auto const bounds = bounds_of<Sorted>(datom);
      while (next != before.count && before.heads[next] < bounds.low) keep();
      auto order = std::strong_ordering::greater;
      for (; next != before.count && before.heads[next] <= bounds.high; keep()) {
        order = compare<Sorted>(*before.rows[next], datom);
        if (order >= 0) break;
      }
      bool const there = order == 0;
      if (there == (operation.change == PendingChange::insert)) ByteReader::corrupt("an operation on a leaf changes nothing");
      if (there) ++next;
      if (operation.change != PendingChange::erase) add(datom, head_of<Sorted>(datom));
    }
    while (next != before.count) keep();
    if (result.count == 0) ByteReader::corrupt("nothing is left of a leaf");
  });
}

/// Whether an operation follows from those before it, as far as they tell.
template <Order Sorted>
[[nodiscard]] bool follows(PendingPart const* before, PendingOperation const& operation) {
  for (; before != nullptr; before = before->before) {
    auto const found = place_in<Sorted>(before->operations, operation.datom);
    if (found == before->operations.end() || compare<Sorted>(found->datom, operation.datom) != 0) continue;
    return combined(found->change, operation.change, operation.datom).possible;
  }
  return true;
}

/// How many parts the children of a node are given by one of its own run at the most.
template <class Shape>
[[nodiscard]] std::size_t most_routed(Inner<Shape> const& inner, PendingRun const& pending) {
  std::size_t most = 0;
  for_each_part(pending.get(), [&](PendingPart const& part) { most += std::min<std::size_t>(inner.count, part.operations.size()); });
  return most;
}

/// Passes what is pending for a node that was just read on to its children, none of which is in memory.
template <Order Sorted, class Shape>
void route_pending(Inner<Shape>& inner, std::shared_ptr<ReadRuns> const& runs) {
  for_each_part(runs->passed_on.get(), [&](PendingPart const& part) {
    auto const operations = part.operations;
    for (std::size_t first = 0; first != operations.size();) {
      auto const& datom = operations[first].datom;
      auto const at = child_index<Sorted>(inner, datom, bounds_of<Sorted>(datom));
      auto const* const before = inner.addresses.child(at).run.get();
      auto last = first;
      do {
        if (!follows<Sorted>(before, operations[last])) ByteReader::corrupt("an operation on a node does not follow from those before it");
        ++last;
      } while (last != operations.size() && (at + 1 == inner.count || compare<Sorted>(operations[last].datom, inner.separators[at]) < 0));
      auto const more = operations.subspan(first, last - first);
      ReadRuns::add(runs, inner, at, more);
      inner.sizes[at] += growth_of(more);
      if (inner.sizes[at] == 0 || inner.sizes[at] >> 63U != 0) ByteReader::corrupt("nothing is left of a node's child");
      first = last;
    }
  });
}

}  // namespace cairn::detail
