// Copyright the Cairn authors
// SPDX-License-Identifier: BSL-1.0
// A range of one index, a run of datoms at a time.
#pragma once

#include <cairn/datom/order.hpp>
#include <cairn/db/snapshot.hpp>
#include <cairn/index/datom_run.hpp>
#include <cairn/query/access/cell.hpp>
#include <cairn/query/access/pins.hpp>

#include <algorithm>
#include <compare>
#include <cstddef>
#include <cstdint>
#include <new>
#include <span>
#include <utility>
#include <vector>

namespace cairn::query {

/// A position whose value is borrowed.
class IndexPlace {
 public:
  IndexPlace() noexcept : position_{} {}
  /// Before, or after, the datoms that have these components, in the order of the index.
  IndexPlace(std::uint8_t components, EntityId e, AttributeId a, Cell v, bool after) noexcept
      : position_{.datom = {.e = e, .a = a, .added = true, .tx = 0, .v = cairn::detail::ValueParts::join(v.kind, v.word)},
                  .components = components,
                  .after = after} {}
  IndexPlace(IndexPlace const& other) noexcept
      : IndexPlace{other.position_.components, other.position_.datom.e, other.position_.datom.a, Cell{other.position_.datom.v},
              other.position_.after} {
    position_.datom.tx = other.position_.datom.tx;
    position_.datom.added = other.position_.datom.added;
  }
  IndexPlace& operator=(IndexPlace const& other) noexcept {
    if (this != &other) ::new (static_cast<void*>(this)) IndexPlace{other};
    return *this;
  }
  ~IndexPlace() {}  // NOLINT(modernize-use-equals-default): the value is not its own

  [[nodiscard]] Position const& get() const noexcept { return position_; }
  void set_operation(EntityId tx, bool added) noexcept {
    position_.datom.tx = tx;
    position_.datom.added = added;
  }

 private:
  union {
    Position position_;
  };
};

/// Between two places of an index.
struct PlaceRange {
  IndexPlace from{};
  IndexPlace to{0, 0, 0, {}, true};

  /// All datoms that have these first components, in the order of the index.
  [[nodiscard]] static PlaceRange prefix(std::uint8_t components, EntityId e, AttributeId a, Cell v) noexcept {
    return {IndexPlace{components, e, a, v, false}, IndexPlace{components, e, a, v, true}};
  }
};

namespace access {

/// The values of two datoms, in the order of indexes.
[[nodiscard]] inline std::strong_ordering compare_values(Cell left, Cell right) noexcept {
  if (left.kind == right.kind) {
    if (left.word == right.word) return std::strong_ordering::equal;
    if (left.kind == ValueKind::integer) return left.as_integer() <=> right.as_integer();
  }
  return *BorrowedValue{left} <=> *BorrowedValue{right};
}

/// Two datoms by entity, attribute and value, in the order of an index.
template <Order Sorted>
[[nodiscard]] std::strong_ordering compare_facts(DatomRun const& left, std::size_t at, DatomRun const& right,
                                                 std::size_t other) noexcept {
  auto const by_entity = [&] { return left.entity(at) <=> right.entity(other); };
  auto const by_attribute = [&] { return left.attribute(at) <=> right.attribute(other); };
  auto const by_value = [&] {
    return compare_values({left.kind(at), left.word(at)}, {right.kind(other), right.word(other)});
  };
  if constexpr (Sorted == Order::eavt) {
    if (auto const order = by_entity(); order != 0) return order;
    if (auto const order = by_attribute(); order != 0) return order;
    return by_value();
  } else if constexpr (Sorted == Order::aevt) {
    if (auto const order = by_attribute(); order != 0) return order;
    if (auto const order = by_entity(); order != 0) return order;
    return by_value();
  } else {
    if (auto const order = by_attribute(); order != 0) return order;
    if (auto const order = by_value(); order != 0) return order;
    return by_entity();
  }
}

/// The columns of a block, or of whatever another index has for one, copied to `rows`.
template <class Block>
[[nodiscard]] DatomRun run_of(Block const& block, std::vector<RawDatom>& rows) {
  if constexpr (requires { block.run(); }) {
    return block.run();
  } else {
    rows.clear();
    for (std::size_t i = 0; i != block.size(); ++i) rows.push_back(block[i]);
    return DatomRun{std::span<RawDatom const>{rows}};
  }
}

/// How many datoms of a block are before a position.
template <Order Sorted, class Block>
[[nodiscard]] std::size_t count_before(Block const& block, Position const& position) {
  if constexpr (requires { block.count_before(position); }) {
    return block.count_before(position);
  } else {
    std::size_t low = 0;
    for (std::size_t high = block.size(); low != high;) {
      std::size_t const middle = low + (high - low) / 2;
      if (compare<Sorted>(block[middle], position) < 0) {
        low = middle + 1;
      } else {
        high = middle;
      }
    }
    return low;
  }
}

/// To the first datom after a position, by the cheapest way that the index has.
template <class Index, class Cursor>
void go(Index const& index, Cursor& cursor, Position const& position, bool& is_first) {
  if constexpr (requires { cursor.seek_near(position); }) {
    if (!is_first) return cursor.seek_near(position);
  }
  cursor = index.seek(position);
  is_first = false;
}

}  // namespace access

/// One index read from one place to another, again and again. The index and the places must stay where they are.
/// Complexity: `open` O(1), the first `next` after it O(log n), or O(1) near the last range; the others O(1).
template <class Index, Order Sorted>
class IndexReader {
 public:
  explicit IndexReader(Index const& index) : index_{&index} {}

  void open(Position const& from, Position const& to) noexcept {
    from_ = &from;
    to_ = &to;
    state_ = State::opened;
  }
  /// The next run; false at the end. It is valid until the next call.
  bool next(DatomRun& run) {
    switch (state_) {
      case State::opened: access::go(*index_, cursor_, *from_, is_first_); break;
      case State::inside: cursor_.next_block(); break;
      case State::ended: return false;
    }
    state_ = State::ended;
    if (!cursor_.valid()) return false;
    auto const block = cursor_.block();
    auto whole = access::run_of(block, rows_);
    bool const all = [&] {
      if constexpr (requires { block.is_before(*to_); }) {
        return block.is_before(*to_);
      } else {
        return compare<Sorted>(block[block.size() - 1], *to_) < 0;
      }
    }();
    if (all) {
      state_ = State::inside;
      run = whole;
      return true;
    }
    auto const count = access::count_before<Sorted>(block, *to_);
    run = whole.part(0, count);
    return count != 0;
  }
  /// Where the last run came from. Requires that there was one.
  [[nodiscard]] auto const& cursor() const noexcept { return cursor_; }

 private:
  enum class State : std::uint8_t { opened, inside, ended };

  Index const* index_;
  typename Index::Cursor cursor_{};
  Position const* from_ = nullptr;
  Position const* to_ = nullptr;
  State state_ = State::ended;
  bool is_first_ = true;
  std::vector<RawDatom> rows_{};  // of indexes whose blocks have no columns
};

}  // namespace cairn::query
