// Copyright the Cairn authors
// SPDX-License-Identifier: BSL-1.0
// The read-optimised index: the class; how it is changed and stored is in persistent_set.hpp.
#pragma once

#include <cairn/index/cursor.hpp>
#include <cairn/index/flush_receipt.hpp>
#include <cairn/index/tree_diff.hpp>
#include <cairn/index/tree_root.hpp>
#include <cairn/index/tree_store.hpp>

#include <cstdint>
#include <iterator>
#include <memory>
#include <optional>
#include <span>
#include <utility>

namespace cairn {

namespace detail {

/// The members that make a cursor on a `Set`, all from its `nowhere()`, a cursor that is at no datom.
template <class Set, class Cursor>
class CursorsOf {
 public:
  /// At the first datom.
  [[nodiscard]] Cursor begin() const {
    auto cursor = set().nowhere();
    cursor.to_first();
    return cursor;
  }
  /// A cursor equals it when it is not `valid()`.
  [[nodiscard]] static std::default_sentinel_t end() noexcept { return {}; }
  /// At the last datom.
  [[nodiscard]] Cursor last() const {
    auto cursor = set().nowhere();
    cursor.to_last();
    return cursor;
  }
  /// At the first datom after `position`. O(log n).
  [[nodiscard]] Cursor seek(Position const& position) const {
    auto cursor = set().nowhere();
    cursor.seek(position);
    return cursor;
  }
  /// At the last datom before `position`. O(log n).
  [[nodiscard]] Cursor seek_before(Position const& position) const {
    auto cursor = set().nowhere();
    cursor.seek_before(position);
    return cursor;
  }
  /// At the datom, or nowhere. O(log n).
  [[nodiscard]] Cursor find(RawDatom const& datom) const {
    auto cursor = set().nowhere();
    cursor.find(datom);
    return cursor;
  }

 protected:
  CursorsOf() = default;

  /// How many datoms lie between two positions, whatever the nodes say.
  template <Order Sorted>
  [[nodiscard]] std::uint64_t count_one_by_one(Position const& from, Position const& to) const {
    std::uint64_t number = 0;
    for (auto cursor = seek(from); cursor.valid() && compare<Sorted>(*cursor, to) < 0; cursor.next()) ++number;
    return number;
  }

 private:
  [[nodiscard]] Set const& set() const noexcept { return static_cast<Set const&>(*this); }
};

}  // namespace detail

/// An immutable sorted set of datoms: a B+tree whose versions share their nodes. A regular value, of which a copy costs O(1);
/// "changing" it is an edit of a `Transient`, which costs the nodes on the way and leaves this version as it is.
///
/// A tree that was opened from a store reads its nodes when they are first needed, so that any member may throw what the
/// store throws, and `Errc::store_corrupt` for a node that is not sound.
///
/// Thread safety: as an `int`; different copies may be used on any threads at once, though they share nodes. `flush` and
/// `FlushReceipt::forget` must not overlap with each other, nor with `for_each_address` and `address`, on sets that share
/// nodes.
template <Order Sorted, class Shape = DefaultNodeShape>
class PersistentSet : public detail::CursorsOf<PersistentSet<Sorted, Shape>, IndexCursor<Sorted, Shape>> {
  friend class detail::CursorsOf<PersistentSet, IndexCursor<Sorted, Shape>>;
  using Root = detail::TreeRoot<Sorted, Shape>;
  using Node = detail::NodeReference<Shape>;
  using Source = std::shared_ptr<NodeSource const>;

 public:
  using value_type = RawDatom;
  using Cursor = IndexCursor<Sorted, Shape>;
  using Block = typename Cursor::Block;
  /// A leaf has so many datoms at least, but for one along the right edge.
  static constexpr std::size_t leaf_minimum = Shape::leaf_minimum;
  class Transient;
  class Builder;

  static constexpr Order order = Sorted;

  /// The empty set.
  PersistentSet() = default;
  PersistentSet(PersistentSet const&) = default;
  PersistentSet(PersistentSet&&) noexcept = default;
  PersistentSet& operator=(PersistentSet const&) = default;
  PersistentSet& operator=(PersistentSet&&) noexcept = default;
  ~PersistentSet() { root_ = {}; }

  /// From datoms in ascending order (equal neighbours count once), in full nodes; with buffers, in nodes that have room for more. Linear.
  [[nodiscard]] static PersistentSet from_sorted(std::span<RawDatom const> datoms);

  /// The set that a flush gave `root` for. Reads nothing: nodes, the root too, are read when they are needed. An empty set, too,
  /// remembers the source, and so does what it is edited into.
  [[nodiscard]] static PersistentSet open(NodeAddress const& root, std::uint64_t size, Source source) {
    if ((root.size == 0) != (size == 0)) ByteReader::corrupt("an index without a root has datoms, or the other way round");
    return {Root{root}, size, std::move(source)};
  }

  /// Of a set with a gap: without what is missing.
  [[nodiscard]] std::uint64_t size() const noexcept { return size_; }
  [[nodiscard]] bool empty() const noexcept { return size_ == 0; }
  /// Of a set with a gap, what is wrong; null of one that is whole. A gap is where a stored node was damaged or gone when datoms were
  /// inserted below it that an edit was to leave out then (`Transient::insert_around_gaps`): they are missing. So nobody may look there, though
  /// the node be restored: what comes to it throws what the store throws, or `Errc::store_corrupt`. The rest can be read and edited, but not flushed.
  [[nodiscard]] Error const* gap() const noexcept { return gap_.get(); }
  /// How many nodes lie on the way to a datom, its leaf's own included; 0 of an empty set.
  [[nodiscard]] unsigned levels() const { return empty() ? 0U : root()->level + 1U; }
  /// Where nodes that are not in memory come from; null for a set that was never stored.
  [[nodiscard]] std::shared_ptr<NodeSource const> const& source() const noexcept { return source_; }

  [[nodiscard]] bool contains(RawDatom const& datom) const {
    return detail::contains<Sorted, Shape>(root(), source_.get(), datom);
  }
  /// How many datoms lie between two positions. O(log n): counts are kept in the tree. Linear in the answer in a set with a gap.
  [[nodiscard]] std::uint64_t count(Position const& from, Position const& to) const {
    return gap_ ? this->template count_one_by_one<Sorted>(from, to) : estimate(from, to);
  }
  /// The same, without what is missing from a set with a gap. O(log n).
  [[nodiscard]] std::uint64_t estimate(Position const& from, Position const& to) const {
    return detail::count_between<Sorted, Shape>(root(), source_.get(), from, to);
  }

  /// A state to edit that begins as this set. O(1).
  [[nodiscard]] Transient edit() const;

  /// Writes the nodes that are not stored yet, children before parents; the address of the root, or of nowhere (size 0)
  /// where the set is empty. Afterwards the nodes know where they are, and no flush of this or of a set that shares them
  /// writes them again. Durability is the sink's: see `FlushReceipt`. Requires: all flushes of sets that share nodes are to
  /// one store. Throws `*gap()`, and writes nothing, where there is a gap.
  NodeAddress flush(NodeSink const& sink, FlushReceipt* receipt = nullptr) const;
  /// Where the root is, if the set is stored whole; nowhere (size 0) where it is empty.
  [[nodiscard]] std::optional<NodeAddress> address() const {
    if (empty()) return NodeAddress{};
    return root_.address();
  }
  /// Calls `visit(address)` for every stored node of the tree, parents first, and, in a tree with buffers, for every one that a flush
  /// would describe others by. Reads inner nodes only, and keeps none of them.
  /// Where `visit` returns a `bool`, false leaves out what is below: so a walk over many versions sees shared parts once.
  template <class Visit>
  void for_each_address(Visit visit) const {
    if (empty()) return;
    // Before the root is read: of many versions most are known to be visited by their addresses.
    if (auto const stored = root_.address(); stored && !detail::visit_address(*stored, visit)) return;
    detail::visit_below<Sorted, Shape>(root(), source_.get(), visit);
  }
  /// Reads every node and checks that the whole is a tree in order; throws `Errc::store_corrupt` where it is not. Nodes that
  /// were not in memory are not kept. Linear.
  void verify() const;

  /// Reads every node of a set that was just opened, each before what is below it, and keeps none of them. `enter(depth, address)` says whether a node is to be
  /// read, and what is below it; the root's depth is 0; `fault(path, address, error)` hears of one that can't be, and of the way to it: which child, from the root on. Linear.
  template <class Enter, class Fault>
  void read_all(Enter enter, Fault fault) const {
    auto const where = address();
    if (empty() || !where || !enter(std::size_t{0}, *where)) return;
    detail::NodePath path;
    auto const* const node = [&]() -> detail::NodeHeader const* {
      try {
        return root();
      } catch (Error const& error) {
        fault(std::as_const(path), *where, error);
        return nullptr;
      }
    }();
    if (node != nullptr && node->level != 0) detail::read_below<Sorted, Shape>(*static_cast<detail::Inner<Shape> const*>(node), source_.get(), path, enter, fault);
  }

  /// Calls `removed(datom)` for each datom of this set that `after` lacks, and `added(datom)` for each that only `after` has, in the
  /// order of the set. What `compare(datom, datom)` calls equal is in both: by default what is equal. It must agree with the order as
  /// far as it goes. Linear in the nodes that the two do not share, so that two versions of one set cost what was changed; linear in
  /// both where they were not made of one. Requires: of one store, where both have the same source.
  template <class Removed, class Added, class Compare>
  void for_each_difference(PersistentSet const& after, Removed removed, Added added, Compare compare) const {
    bool const comparable = source_ != nullptr && after.source_ != nullptr && source_->context == after.source_->context;
    detail::for_each_difference<Sorted, Shape>(detail::DiffWalk<Sorted, Shape>{root(), source_.get()},
                                               detail::DiffWalk<Sorted, Shape>{after.root(), after.source_.get()}, comparable, compare,
                                               removed, added);
  }

  /// Equal sets hold equal datoms. O(1) for one and the same version, linear otherwise.
  friend bool operator==(PersistentSet const& left, PersistentSet const& right) {
    if (left.size() != right.size() && !left.gap_ && !right.gap_) return false;
    if (left.source_ == right.source_ && left.root_.is(right.root_)) return true;
    auto other = right.begin();
    for (auto mine = left.begin(); mine.valid(); mine.next(), other.next()) {
      if (!other.valid() || *mine != *other) return false;
    }
    return !other.valid();
  }

 private:
  PersistentSet(Root root, std::uint64_t size, Source source, std::shared_ptr<Error const> gap = nullptr) noexcept
      : root_{std::move(root)}, source_{std::move(source)}, size_{size}, gap_{std::move(gap)} {}

  [[nodiscard]] detail::NodeHeader* root() const { return root_.get(size_, source_.get()); }
  [[nodiscard]] Cursor nowhere() const { return {root_.reference(size_, source_.get()), source_}; }

  // Nodes go before their source, which has the cache that counts them: in an assignment by this order, at the end by the
  // destructor.
  Root root_;
  Source source_;
  std::uint64_t size_ = 0;
  std::shared_ptr<Error const> gap_;
};

}  // namespace cairn
