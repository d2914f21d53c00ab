// Copyright the Cairn authors
// SPDX-License-Identifier: BSL-1.0
// Leaves, and the forms in which they keep their datoms.
#pragma once

#include <cairn/index/compiler.hpp>
#include <cairn/index/node_cache.hpp>
#include <cairn/index/node_header.hpp>
#include <cairn/index/node_pool.hpp>
#include <cairn/index/packed_rows.hpp>
#include <cairn/index/rows.hpp>
#include <cairn/index/stored_child.hpp>
#include <cairn/index/value_footprint.hpp>

#include <cstddef>
#include <cstdint>
#include <memory>
#include <optional>
#include <span>
#include <utility>

namespace cairn::detail {

/// In memory only; what is stored does not depend on it.
enum class LeafForm : std::uint8_t {
  packed,  ///< EAVT and AEVT
  valued,  ///< AVET, packed
  wide,    ///< of datoms that have too little in common
};

template <class Shape, LeafForm Form>
struct FormedLeaf;

/// A sorted run of datoms; an object of this type is always a `FormedLeaf`. The form never changes: a leaf whose datoms no
/// longer fit it is replaced.
template <class Shape>
struct Leaf : NodeHeader, LiveNodes<Shape>, LeafOrigin<Shape::buffered> {
  Leaf(LeafForm leaf_form, std::uint64_t token) noexcept : NodeHeader{0, token}, form{leaf_form} {}
  Leaf(Leaf const&) = delete;
  Leaf& operator=(Leaf const&) = delete;

  static constexpr std::size_t capacity = Shape::leaf_capacity;
  template <Order Sorted>
  static constexpr LeafForm packed_form = Sorted == Order::avet ? LeafForm::valued : LeafForm::packed;

  LeafForm const form;

  template <LeafForm Form>
  [[nodiscard]] auto& as() noexcept {
    return static_cast<FormedLeaf<Shape, Form>&>(*this).rows;
  }
  template <LeafForm Form>
  [[nodiscard]] auto const& as() const noexcept {
    return static_cast<FormedLeaf<Shape, Form> const&>(*this).rows;
  }
  [[nodiscard]] bool is_wide() const noexcept { return form == LeafForm::wide; }

  /// Calls `visit` with the rows, whatever their form.
  template <Order Sorted>
  decltype(auto) with_rows(auto const& visit) noexcept {
    return is_wide() ? visit(as<LeafForm::wide>()) : visit(as<packed_form<Sorted>>());
  }
  template <Order Sorted>
  decltype(auto) with_rows(auto const& visit) const noexcept {
    return is_wide() ? visit(as<LeafForm::wide>()) : visit(as<packed_form<Sorted>>());
  }

  template <Order Sorted>
  [[nodiscard]] DatomView view(std::size_t at) const noexcept {
    return with_rows<Sorted>([&](auto const& rows) { return rows.template view<Sorted>(at); });
  }
  template <Order Sorted>
  void look(std::size_t at, DatomSlot& slot) const noexcept {
    with_rows<Sorted>([&](auto const& rows) { rows.template look<Sorted>(at, slot); });
  }
  template <Order Sorted>
  [[nodiscard]] DatomRun run(std::size_t first, std::size_t rows_wanted) const noexcept {
    return with_rows<Sorted>([&](auto const& rows) { return rows.template run<Sorted>(first, rows_wanted); });
  }
  template <Order Sorted, class Key>
  [[nodiscard]] Found find(Key const& key, HeadBounds bounds) const noexcept {
    return with_rows<Sorted>([&](auto const& rows) { return rows.template find<Sorted>(count, key, bounds); });
  }
  /// Where those before `first` are before the datom.
  template <Order Sorted>
  [[nodiscard]] Found find_from(std::size_t first, RawDatom const& datom, std::uint64_t head) const noexcept {
    return with_rows<Sorted>([&](auto const& rows) { return rows.template find_from<Sorted>(first, count, datom, head); });
  }
  /// Asks for what a search reads.
  void prefetch_heads() const noexcept {
    prefetch(&this->references, sizeof(Leaf) - offsetof(NodeHeader, references) + sizeof(Frame) + capacity * sizeof(std::uint32_t));
  }

  /// Asks for what is likely to be read of a row at about `at`, and of all of the first `rows`. Requires nothing of the leaf's
  /// content, which may be on its way from memory: that it is packed is a guess.
  template <Order Sorted>
  void prefetch_row(std::size_t at) const noexcept {
    as<packed_form<Sorted>>().prefetch_row(at);
  }
  template <Order Sorted>
  void prefetch_columns(std::size_t rows) const noexcept {
    as<packed_form<Sorted>>().prefetch_columns(rows);
  }

  /// Whether this form has room for such a datom. Requires, of the next two, that it has.
  template <Order Sorted>
  [[nodiscard]] bool suits(RawDatom const& datom, std::uint64_t head) const noexcept {
    return is_wide() || fits<Sorted>(as<packed_form<Sorted>>().frame(), datom, head);
  }
  template <Order Sorted>
  void insert(std::size_t at, std::uint64_t head, RawDatom datom) noexcept {
    if (!is_wide() && !in_focus<Sorted>(as<packed_form<Sorted>>().frame(), head)) [[unlikely]] focus<Sorted>(&datom, head);
    with_rows<Sorted>([&](auto& rows) { rows.insert(count, at, head, std::move(datom)); });
    ++count;
  }
  /// A datom that is to stand before the row that is at `place`.
  struct Addition {
    std::size_t place;
    std::uint64_t head;
    RawDatom const* datom;
  };
  /// Whether the form has room for such a datom, and the frame tells it apart.
  template <Order Sorted>
  [[nodiscard]] bool suits_well(RawDatom const& datom, std::uint64_t head) const noexcept {
    if (is_wide()) return true;
    auto const& frame = as<packed_form<Sorted>>().frame();
    return fits<Sorted>(frame, datom, head) && in_focus<Sorted>(frame, head);
  }
  /// In one pass. Requires that they are in order, that there is room, and that they suit the leaf well.
  template <Order Sorted>
  void merge(std::span<Addition const> additions) noexcept {
    with_rows<Sorted>([&](auto& rows) {
      std::size_t end = count;  // of the rows that are still to be moved
      for (auto i = additions.size(); i-- != 0;) {
        auto const& [place, head, datom] = additions[i];
        rows.relocate(rows, place, end - place, rows, place + i + 1);
        rows.put(place + i, head, *datom);
        end = place;
      }
    });
    count = static_cast<std::uint16_t>(count + additions.size());
  }
  template <Order Sorted>
  void append(std::uint64_t head, RawDatom datom) noexcept {
    with_rows<Sorted>([&](auto& rows) { rows.put(count, head, std::move(datom)); });
    ++count;
  }
  template <Order Sorted>
  void erase(std::size_t at) noexcept {
    with_rows<Sorted>([&](auto& rows) { rows.erase(count, at); });
    --count;
  }

  /// Gives a packed leaf of AVET the frame that tells its datoms, and one that is to come, apart best.
  template <Order Sorted>
  void focus(RawDatom const* datom = nullptr, std::uint64_t head = 0) noexcept {
    if (Sorted != Order::avet || is_wide()) return;  // the others' heads are whole
    FrameFinder<Sorted> finder;
    show_all<Sorted>(finder);
    if (datom != nullptr) finder.add(*datom, head);
    if (auto const frame = finder.find()) adopt<Sorted>(*frame);
  }

  /// The same where it has become much narrower than its frame was made for.
  template <Order Sorted>
  void sharpen() noexcept {
    if constexpr (Sorted == Order::avet) {
      if (is_wide()) return;
      auto const& rows = as<LeafForm::valued>();
      if (rows.frame().shift != 0 && rows.is_narrow(count)) focus<Sorted>();
    }
  }
  /// Requires a packed leaf whose datoms all fit the frame.
  template <Order Sorted>
  void adopt(Frame const& frame) noexcept {
    as<packed_form<Sorted>>().template adopt<Sorted>(frame, count);
  }

  /// Bytes that the leaf takes, about, with its values.
  template <Order Sorted>
  [[nodiscard]] std::size_t footprint() const noexcept;

  template <Order Sorted>
  void show_all(FrameFinder<Sorted>& finder) const noexcept {
    if (is_wide()) {
      auto const& rows = as<LeafForm::wide>();
      for (std::size_t i = 0; i != count; ++i) finder.add(rows[i], rows.head(i));
    } else {
      for (std::size_t i = 0; i != count; ++i) show<Sorted>(finder, i);
    }
  }
  /// The first and the last. Where these have too little in common, all have.
  template <Order Sorted>
  void show_ends(FrameFinder<Sorted>& finder) const noexcept {
    if (count == 0) return;
    show<Sorted>(finder, 0);
    show<Sorted>(finder, count - 1U);
  }

 private:
  template <Order Sorted>
  void show(FrameFinder<Sorted>& finder, std::size_t row) const noexcept {
    DatomSlot shown;
    look<Sorted>(row, shown);
    finder.add(shown.get(), head_of<Sorted>(shown.get()));
  }
};

template <class Shape>
struct FormedLeaf<Shape, LeafForm::wide> : Leaf<Shape> {
  explicit FormedLeaf(std::uint64_t token) noexcept : Leaf<Shape>{LeafForm::wide, token} {}
  ~FormedLeaf() { rows.destroy(this->count); }
  Rows<Shape::leaf_capacity> rows;
};
template <class Shape>
struct FormedLeaf<Shape, LeafForm::packed> : Leaf<Shape>, Pooled<FormedLeaf<Shape, LeafForm::packed>> {
  FormedLeaf(std::uint64_t token, Frame const& frame) noexcept : Leaf<Shape>{LeafForm::packed, token}, rows{frame} {}
  ~FormedLeaf() { rows.destroy(this->count); }
  PackedRows<Shape::leaf_capacity, false> rows;
};
template <class Shape>
struct FormedLeaf<Shape, LeafForm::valued> : Leaf<Shape>, Pooled<FormedLeaf<Shape, LeafForm::valued>> {
  FormedLeaf(std::uint64_t token, Frame const& frame) noexcept : Leaf<Shape>{LeafForm::valued, token}, rows{frame} {}
  ~FormedLeaf() { rows.destroy(this->count); }
  PackedRows<Shape::leaf_capacity, true> rows;
};

template <class Shape>
[[nodiscard]] Leaf<Shape>* as_leaf(NodeHeader* node) noexcept {
  return static_cast<Leaf<Shape>*>(node);
}

template <class Shape>
template <Order Sorted>
std::size_t Leaf<Shape>::footprint() const noexcept {
  std::size_t const own = is_wide() ? sizeof(FormedLeaf<Shape, LeafForm::wide>) : sizeof(FormedLeaf<Shape, packed_form<Sorted>>);
  return own + with_rows<Sorted>([&](auto const& rows) {
           std::size_t values = 0;
           for (std::size_t i = 0; rows.counted() && i != count; ++i) values += value_footprint(view<Sorted>(i).v);
           return values;
         });
}

template <class Shape>
void destroy_leaf(Leaf<Shape>* leaf) noexcept {
  if (leaf->cache != nullptr) leaf->cache->dropped(leaf->weight.load(std::memory_order_relaxed));
  switch (leaf->form) {
    case LeafForm::packed: delete static_cast<FormedLeaf<Shape, LeafForm::packed>*>(leaf); break;
    case LeafForm::valued: delete static_cast<FormedLeaf<Shape, LeafForm::valued>*>(leaf); break;
    case LeafForm::wide: delete static_cast<FormedLeaf<Shape, LeafForm::wide>*>(leaf); break;
  }
}

/// An owning pointer to a leaf that nobody else knows yet.
struct DestroyLeaf {
  template <class Shape>
  void operator()(Leaf<Shape>* leaf) const noexcept {
    destroy_leaf(leaf);
  }
};
template <class Shape>
using OwnLeaf = std::unique_ptr<Leaf<Shape>, DestroyLeaf>;

/// An empty leaf: packed if there is a frame.
template <Order Sorted, class Shape>
[[nodiscard]] OwnLeaf<Shape> make_leaf(std::uint64_t token, std::optional<Frame> const& frame) {
  if (!frame) return OwnLeaf<Shape>{new FormedLeaf<Shape, LeafForm::wide>{token}};
  return OwnLeaf<Shape>{new FormedLeaf<Shape, Leaf<Shape>::template packed_form<Sorted>>{token, *frame}};
}
/// An empty leaf that suits a datom.
template <Order Sorted, class Shape>
[[nodiscard]] OwnLeaf<Shape> make_leaf_for(std::uint64_t token, RawDatom const& datom, std::uint64_t head) {
  FrameFinder<Sorted> finder;
  finder.add(datom, head);
  return make_leaf<Sorted, Shape>(token, finder.find());
}
/// An empty leaf of the same form and frame.
template <Order Sorted, class Shape>
[[nodiscard]] OwnLeaf<Shape> make_leaf_like(std::uint64_t token, Leaf<Shape> const& other) {
  if (other.is_wide()) return make_leaf<Sorted, Shape>(token, std::nullopt);
  return make_leaf<Sorted, Shape>(token, other.template as<Leaf<Shape>::template packed_form<Sorted>>().frame());
}

/// Moves all datoms of a leaf to an empty one that they suit.
template <Order Sorted, class Shape>
void move_all(Leaf<Shape>& from, Leaf<Shape>& to) noexcept {
  auto const count = std::exchange(from.count, std::uint16_t{0});
  if (from.is_wide() && !to.is_wide()) {
    to.template as<Leaf<Shape>::template packed_form<Sorted>>().take_from(from.template as<LeafForm::wide>(), count);
    to.count = count;
    return;
  }
  for (std::size_t i = 0; i != count; ++i) {
    auto datom = from.template with_rows<Sorted>([&](auto& rows) { return rows.template take<Sorted>(i); });
    auto const head = head_of<Sorted>(datom);
    to.template append<Sorted>(head, std::move(datom));
  }
}

/// Puts a datom behind all others of a leaf that nobody else knows yet and that may be none; the leaf is replaced by one of
/// another form where that is needed. When the last one is there, the leaf has to be focussed.
template <Order Sorted, class Shape>
void append_to(OwnLeaf<Shape>& leaf, RawDatom datom) {
  auto const head = head_of<Sorted>(datom);
  if (leaf == nullptr) {
    leaf = make_leaf_for<Sorted, Shape>(0, datom, head);
  } else if (!leaf->template suits<Sorted>(datom, head)) {
    FrameFinder<Sorted> finder;
    leaf->template show_all<Sorted>(finder);
    finder.add(datom, head);
    auto better = make_leaf<Sorted, Shape>(0, finder.find());
    move_all<Sorted>(*leaf, *better);
    leaf = std::move(better);
  }
  leaf->template append<Sorted>(head, std::move(datom));
}

/// Moves a run of datoms between leaves of one form and frame, or within one; the counts do not change.
template <Order Sorted, class Shape>
void move_run(Leaf<Shape>& from, std::size_t first, std::size_t number, Leaf<Shape>& to, std::size_t at) noexcept {
  auto const move = [&](auto& rows, auto& other) { rows.relocate(rows, first, number, other, at); };
  constexpr auto packed = Leaf<Shape>::template packed_form<Sorted>;
  if (from.is_wide()) {
    move(from.template as<LeafForm::wide>(), to.template as<LeafForm::wide>());
  } else {
    move(from.template as<packed>(), to.template as<packed>());
  }
}

template <class Shape, LeafForm Form>
[[nodiscard]] NodeHeader* clone_as(Leaf<Shape> const& leaf, auto const&... arguments) {
  auto* copy = new FormedLeaf<Shape, Form>{arguments...};
  copy->rows.copy_from(leaf.template as<Form>(), leaf.count);
  copy->count = leaf.count;
  if constexpr (Shape::buffered) copy_origin<Leaf<Shape>>(leaf, *copy);
  return copy;
}
template <class Shape>
[[nodiscard]] NodeHeader* clone_leaf(Leaf<Shape> const& leaf, std::uint64_t token) {
  switch (leaf.form) {
    case LeafForm::packed: return clone_as<Shape, LeafForm::packed>(leaf, token, leaf.template as<LeafForm::packed>().frame());
    case LeafForm::valued: return clone_as<Shape, LeafForm::valued>(leaf, token, leaf.template as<LeafForm::valued>().frame());
    case LeafForm::wide: break;
  }
  return clone_as<Shape, LeafForm::wide>(leaf, token);
}

}  // namespace cairn::detail
