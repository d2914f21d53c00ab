// Copyright the Cairn authors
// SPDX-License-Identifier: BSL-1.0
// What an engine needs from an index: an immutable sorted set, its cursors, and a state in which it is edited.
#pragma once

#include <concepts>
#include <cstdint>
#include <ranges>
#include <span>
#include <type_traits>
#include <utility>

namespace cairn {

namespace detail {

/// Stands for an argument whose type is declared above the concepts: a position, a sink, a source.
struct Anything {
  template <class Type>
  operator Type() const;  // NOLINT(google-explicit-constructor): never called, only asked about
};

struct TakesAnything {
  template <class Type>
  void operator()(Type const&) const;
};

}  // namespace detail

template <class Index>
concept IndexHasValueType = requires { typename Index::value_type; } && std::regular<typename Index::value_type>;

template <class Index>
concept IndexIsValue = std::regular<Index> && std::is_nothrow_move_constructible_v<Index>;

template <class Index>
concept IndexHasSize = requires(Index const& index) {
  { index.size() } -> std::same_as<std::uint64_t>;
  { index.empty() } -> std::same_as<bool>;
};

template <class Index>
concept IndexHasCursor = requires { typename Index::Cursor; } && std::copyable<typename Index::Cursor>;

template <class Index>
concept IndexHasEnds = requires(Index const& index) {
  { index.begin() } -> std::same_as<typename Index::Cursor>;
  { index.last() } -> std::same_as<typename Index::Cursor>;
};

template <class Index>
concept IndexSeeks = requires(Index const& index, detail::Anything position) {
  { index.seek(position) } -> std::same_as<typename Index::Cursor>;
  { index.seek_before(position) } -> std::same_as<typename Index::Cursor>;
};

/// How many values lie between two positions: what keeps counts of its subtrees tells without going there.
template <class Index>
concept IndexCounts = requires(Index const& index, detail::Anything position) {
  { index.count(position, position) } -> std::same_as<std::uint64_t>;
};

template <class Index>
concept CursorReads = requires(typename Index::Cursor const& cursor) {
  { cursor.valid() } -> std::same_as<bool>;
  { *cursor } -> std::convertible_to<typename Index::value_type const&>;
};

template <class Index>
concept CursorMoves = requires(typename Index::Cursor& cursor) {
  cursor.next();
  cursor.prev();
};

/// Scans go by whole leaves, whose layout is the index's own business.
template <class Index>
concept CursorHasBlocks = requires(typename Index::Cursor& cursor, typename Index::Cursor const& place) {
  { place.block() } -> std::same_as<typename Index::Block>;
  cursor.next_block();
} && std::ranges::random_access_range<typename Index::Block const> &&
    std::ranges::sized_range<typename Index::Block const> &&
    std::convertible_to<std::ranges::range_reference_t<typename Index::Block const>, typename Index::value_type const&>;

template <class Index>
concept IndexEdits = requires(Index const& index) {
  { index.edit() } -> std::same_as<typename Index::Transient>;
} && std::movable<typename Index::Transient>;

template <class Index>
concept TransientChanges = requires(typename Index::Transient& transient, typename Index::value_type const& value) {
  { transient.insert(value) } -> std::same_as<bool>;
  { transient.erase(value) } -> std::same_as<bool>;
};

template <class Index>
concept TransientBecomesIndex = requires(typename Index::Transient transient) {
  { std::move(transient).persistent() } -> std::same_as<Index>;
};

template <class Index>
concept IndexIsBuiltInBulk = requires(std::span<typename Index::value_type const> sorted) {
  { Index::from_sorted(sorted) } -> std::same_as<Index>;
};

/// Where an index's root was stored: what `flush` returns.
template <class Index>
using IndexAddressOf = std::remove_cvref_t<decltype(std::declval<Index const&>().flush(detail::Anything{}))>;

template <class Index>
concept IndexFlushes = requires { typename IndexAddressOf<Index>; } && std::regular<IndexAddressOf<Index>>;

template <class Index>
concept IndexOpens = IndexFlushes<Index> &&
                     requires(IndexAddressOf<Index> const& address, std::uint64_t size, detail::Anything source) {
                       { Index::open(address, size, source) } -> std::same_as<Index>;
                     };

template <class Index>
concept IndexListsAddresses =
    requires(Index const& index, detail::TakesAnything visit) { index.for_each_address(visit); };

/// An index of one sort order: an immutable sorted set of `value_type`, a regular value of which a copy costs O(1).
///
/// - `seek(position)` is at the first value after a position, `seek_before(position)` at the last one before it; a
/// cursor
///   keeps its version alive, and one that left the set at either end is not `valid()`.
/// - `count(from, to)` is how many values lie between two positions, 0 where `to` is not after `from`; O(log n).
/// - `edit()` begins a transient in O(1); what is changed there is seen nowhere else until `persistent()`. `insert` and
///   `erase` say whether anything changed.
/// - `flush(sink)` writes what is not stored yet and gives the root's address; `open(address, size, source)` is the
/// same set
///   again, whose nodes are read when they are needed. `for_each_address` visits all that the stored set consists of.
///
/// Thread safety: versions may be read from any thread at once; a transient belongs to one.
template <class Index>
concept IndexPolicy = IndexHasValueType<Index> && IndexIsValue<Index> && IndexHasSize<Index> && IndexHasCursor<Index> &&
                      IndexHasEnds<Index> && IndexSeeks<Index> && IndexCounts<Index> && CursorReads<Index> &&
                      CursorMoves<Index> && CursorHasBlocks<Index> && IndexEdits<Index> && TransientChanges<Index> &&
                      TransientBecomesIndex<Index> && IndexIsBuiltInBulk<Index> && IndexFlushes<Index> &&
                      IndexOpens<Index> && IndexListsAddresses<Index>;

/// Reports every unmet requirement of `IndexPolicy` at once, each in a few lines that show what to write.
/// Always true, so that the failed assertions inside are all there is to read.
template <class Index>
consteval bool check_index_policy() {
  constexpr bool has_value_type = IndexHasValueType<Index>;
  constexpr bool is_value = IndexIsValue<Index>;
  constexpr bool has_size = IndexHasSize<Index>;
  static_assert(has_value_type,
                "cairn::IndexPolicy [value_type]: missing or not regular; write `using value_type = RawDatom;`");
  static_assert(is_value,
                "cairn::IndexPolicy [value]: an index is a regular value: default constructible, copyable, with `==` "
                "and a move that does not throw");
  static_assert(has_size,
                "cairn::IndexPolicy [size]: missing or wrong; write `std::uint64_t size() const;` and `bool empty() "
                "const;`");

  constexpr bool has_cursor = IndexHasCursor<Index>;
  static_assert(has_cursor,
                "cairn::IndexPolicy [Cursor]: missing or not copyable; write a nested `class Cursor`");
  if constexpr (has_cursor && has_value_type) {
    constexpr bool has_ends = IndexHasEnds<Index>;
    constexpr bool seeks = IndexSeeks<Index>;
    constexpr bool cursor_reads = CursorReads<Index>;
    constexpr bool cursor_moves = CursorMoves<Index>;
    constexpr bool has_blocks = CursorHasBlocks<Index>;
    static_assert(has_ends,
                  "cairn::IndexPolicy [begin]: missing or wrong; write `Cursor begin() const;` and `Cursor last() "
                  "const;`");
    static_assert(seeks,
                  "cairn::IndexPolicy [seek]: missing or wrong; write `Cursor seek(Position const& position) const;` "
                  "and `Cursor seek_before(Position const& position) const;`");
    static_assert(cursor_reads,
                  "cairn::IndexPolicy [Cursor]: cannot be read; write `bool valid() const;` and `value_type const& "
                  "operator*() const;`");
    static_assert(cursor_moves,
                  "cairn::IndexPolicy [Cursor]: cannot be moved; write `void next();` and `void prev();`");
    static_assert(has_blocks,
                  "cairn::IndexPolicy [Block]: missing or wrong; write `Block block() const;` (a random access range "
                  "of value_type, with a size) and `void next_block();` in Cursor, and `using Block = ...;` in the "
                  "index");
  }

  constexpr bool counts = IndexCounts<Index>;
  static_assert(counts,
                "cairn::IndexPolicy [count]: missing or wrong; write `std::uint64_t count(Position const& from, Position "
                "const& to) const;`");

  constexpr bool edits = IndexEdits<Index>;
  static_assert(edits,
                "cairn::IndexPolicy [edit]: missing or wrong; write a nested `class Transient` that can be moved, "
                "and `Transient edit() const;`");
  if constexpr (edits && has_value_type) {
    constexpr bool changes = TransientChanges<Index>;
    constexpr bool becomes_index = TransientBecomesIndex<Index>;
    static_assert(changes,
                  "cairn::IndexPolicy [Transient]: cannot be changed; write `bool insert(value_type value);` and "
                  "`bool erase(value_type const& value);`");
    static_assert(becomes_index,
                  "cairn::IndexPolicy [Transient]: does not become an index again; write `Index persistent() &&;`");
  }

  if constexpr (has_value_type) {
    constexpr bool is_built_in_bulk = IndexIsBuiltInBulk<Index>;
    static_assert(is_built_in_bulk,
                  "cairn::IndexPolicy [from_sorted]: missing or wrong; write `static Index "
                  "from_sorted(std::span<value_type const> values);`");
  }

  constexpr bool flushes = IndexFlushes<Index>;
  static_assert(flushes,
                "cairn::IndexPolicy [flush]: missing or wrong; write `NodeAddress flush(NodeSink const& sink) const;`");
  if constexpr (flushes) {
    constexpr bool opens = IndexOpens<Index>;
    static_assert(opens,
                  "cairn::IndexPolicy [open]: missing or wrong; write `static Index open(NodeAddress const& root, "
                  "std::uint64_t size, std::shared_ptr<NodeSource const> source);`");
  }
  constexpr bool lists_addresses = IndexListsAddresses<Index>;
  static_assert(lists_addresses,
                "cairn::IndexPolicy [for_each_address]: missing or wrong; write `template <class Visit> void "
                "for_each_address(Visit visit) const;`");
  return true;
}

}  // namespace cairn
