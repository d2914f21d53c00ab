// Copyright the Cairn authors
// SPDX-License-Identifier: BSL-1.0
// The range of datoms that a look into an index gives.
#pragma once

#include <cairn/datom/byte_io.hpp>
#include <cairn/datom/order.hpp>
#include <cairn/db/datom_stream.hpp>
#include <cairn/db/snapshot.hpp>
#include <cairn/db/view.hpp>
#include <cairn/meta/lazy.hpp>

#include <cstddef>
#include <cstdint>
#include <iterator>
#include <memory>
#include <ranges>
#include <type_traits>
#include <utility>

namespace cairn {

namespace detail {

template <meta::Lazy = {}>
[[nodiscard]] inline bool same_fact(RawDatom const& left, RawDatom const& right) noexcept {
  return left.e == right.e && left.a == right.a && left.v == right.v;
}

/// With its attribute's name.
template <meta::Lazy = {}>
[[nodiscard]] inline Datom to_datom(RawDatom const& datom, DatabaseSchema const& schema) {
  auto const* attribute = schema.find(datom.a);
  if (attribute == nullptr) ByteReader::corrupt("a datom has an attribute that no schema names");
  return {datom.e, attribute->ident, datom.v, datom.tx, datom.added};
}

/// The datoms of a view that is more than the present: the present and the past merged in the order of the index,
/// thinned to what the view shows.
///
/// Of one fact the operations stand together, by transaction. What was true at a moment is a fact whose last operation
/// up to then added it.
template <class IndexTag, Order Sorted, bool Backward>
class ViewStream {
  using Index = IndexOf<IndexTag, Sorted>;
  using Stream = DatomStream<Index, Sorted, Backward>;

 public:
  ViewStream() = default;
  ViewStream(Snapshot<IndexTag> const& snapshot, View<IndexTag> const& view, Position const& from,
             Position const& to) requires(!Backward)
      : view_{view}, schema_{snapshot.schema.get()} {
    keep_bounds(from, to);
    open(snapshot, around_fact(from, false), around_fact(to, true));
  }
  ViewStream(Snapshot<IndexTag> const& snapshot, View<IndexTag> const& view, Position const& from) requires Backward
      : view_{view},
        schema_{snapshot.schema.get()} {
    keep_bounds({}, from);
    open(snapshot, around_fact(from, true));
  }

  [[nodiscard]] bool valid() const noexcept { return valid_; }
  [[nodiscard]] RawDatom const& get() const noexcept { return current_; }

  void advance() {
    do {
      valid_ = is_thinned() ? next_true() : next_operation();
    } while (valid_ && !shows(current_));
  }

 private:
  static constexpr std::uint8_t components_of_fact = 3;

  /// Whether it shows what was true, of which one operation alone does not tell.
  [[nodiscard]] bool is_thinned() const noexcept { return view_.needs_past() && !view_.history; }

  /// Bounds between the operations of one fact are for what the view shows, not for what it is made of.
  void keep_bounds(Position const& from, Position const& to) {
    if (!is_thinned() || (from.components <= components_of_fact && to.components <= components_of_fact)) return;
    bounds_ = std::make_shared<std::pair<Position, Position> const>(from, to);
  }
  [[nodiscard]] Position around_fact(Position bound, bool after) const {
    if (bounds_ && bound.components > components_of_fact) {
      bound.components = components_of_fact;
      bound.after = after;
    }
    return bound;
  }
  template <class... Bounds>
  void open(Snapshot<IndexTag> const& snapshot, Bounds const&... bounds) {
    present_ = Stream{snapshot.current.template get<Sorted>(), bounds...};
    if (view_.needs_past()) past_ = Stream{snapshot.temporal.template get<Sorted>(), bounds...};
    advance();
  }

  [[nodiscard]] bool shows(RawDatom const& datom) const {
    if (datom.tx <= view_.since || datom.tx > view_.as_of) return false;
    if (bounds_ && (compare<Sorted>(datom, bounds_->first) < 0 || compare<Sorted>(datom, bounds_->second) > 0))
      return false;
    return !view_.filter || view_.filter->accepts(to_datom(datom, *schema_));
  }

  /// The next of either stream, in the order of the index; false at the end.
  bool next_operation() {
    bool const present = present_.valid();
    if (!present && !past_.valid()) return false;
    bool from_present = present;
    if (present && past_.valid()) {
      auto const order = compare<Sorted>(present_.get(), past_.get());
      from_present = Backward ? order > 0 : order < 0;
    }
    auto& stream = from_present ? present_ : past_;
    current_ = stream.get();
    stream.advance();
    return true;
  }

  /// The next fact that was true at the view's moment.
  bool next_true() {
    for (;;) {
      if (!ahead_valid_ && !read_ahead()) return false;
      RawDatom last = ahead_;
      bool known = last.tx <= view_.as_of;
      while (read_ahead() && same_fact(last, ahead_)) {
        // Forward a later operation wins, backward the first that is not too late.
        if (ahead_.tx <= view_.as_of && !(Backward && known)) {
          last = ahead_;
          known = true;
        }
      }
      if (known && last.added) {
        current_ = std::move(last);
        return true;
      }
    }
  }
  bool read_ahead() {
    ahead_valid_ = next_operation();
    if (ahead_valid_) ahead_ = current_;
    return ahead_valid_;
  }

  Stream present_{};
  Stream past_{};
  View<IndexTag> view_{};
  std::shared_ptr<std::pair<Position, Position> const> bounds_{};  // where they are narrower than the streams'
  DatabaseSchema const* schema_ = nullptr;
  RawDatom current_{};
  RawDatom ahead_{};
  bool ahead_valid_ = false;
  bool valid_ = false;
};

}  // namespace detail

/// The datoms of a database value in one order, from one place to another. A view in the sense of `std::ranges` and
/// range-v3, a forward range of `Datom` values; it keeps the database alive, and its iterators are good as long as it
/// or a database value of the same moment lives.
///
/// Complexity: `begin` O(log n); a step of the present O(1) amortised without an indirect call, of other views O(1) a
/// datom looked at. Errors: those of the store that nodes are read from.
template <class IndexTag, Order Sorted, bool Backward = false>
class DatomRange : public std::ranges::view_base {
  using Index = IndexOf<IndexTag, Sorted>;

 public:
  class Iterator;
  using value_type = Datom;

  DatomRange() = default;
  /// Forward, between two places.
  DatomRange(Db<IndexTag> const& db, Position from, Position to) requires(!Backward)
      : snapshot_{db.shared_snapshot()}, view_{db.view()}, from_{std::move(from)}, to_{std::move(to)} {}
  /// Backward, from a place on.
  DatomRange(Db<IndexTag> const& db, Position from) requires Backward : snapshot_{db.shared_snapshot()},
                                                                        view_{db.view()},
                                                                        from_{std::move(from)} {}

  [[nodiscard]] Iterator begin() const { return snapshot_ ? Iterator{*this} : Iterator{}; }
  [[nodiscard]] Iterator end() const noexcept { return {}; }
  /// O(log n).
  [[nodiscard]] bool empty() const { return begin() == end(); }

 private:
  std::shared_ptr<Snapshot<IndexTag> const> snapshot_{};
  View<IndexTag> view_{};
  Position from_{};
  Position to_{};
};

template <class IndexTag, Order Sorted, bool Backward>
class DatomRange<IndexTag, Sorted, Backward>::Iterator {
 public:
  using value_type = Datom;
  using difference_type = std::ptrdiff_t;
  using reference = Datom;
  using iterator_category = std::input_iterator_tag;  // a reference that is a value is no more to C++17
  using iterator_concept = std::forward_iterator_tag;

  struct pointer {  // NOLINT(readability-identifier-naming): the standard's name
    Datom datom;
    [[nodiscard]] Datom const* operator->() const noexcept { return &datom; }
  };

  Iterator() = default;
  explicit Iterator(DatomRange const& range) : schema_{range.snapshot_->schema.get()}, plain_{range.view_.is_plain()} {
    if constexpr (Backward) {
      open(range, range.from_);
    } else {
      open(range, range.from_, range.to_);
    }
  }

  [[nodiscard]] Datom operator*() const { return detail::to_datom(raw(), *schema_); }
  [[nodiscard]] pointer operator->() const { return {**this}; }
  /// The datom as the index has it, its attribute a number; until the iterator moves.
  [[nodiscard]] RawDatom const& raw() const noexcept { return plain_ ? present_.get() : others_.get(); }

  Iterator& operator++() {
    ++step_;
    if (plain_) [[likely]] {
      present_.advance();
      valid_ = present_.valid();
    } else {
      others_.advance();
      valid_ = others_.valid();
    }
    return *this;
  }
  Iterator operator++(int) {
    auto before = *this;
    ++*this;
    return before;
  }

  friend bool operator==(Iterator const& left, Iterator const& right) noexcept {
    return left.valid_ == right.valid_ && (!left.valid_ || left.step_ == right.step_);
  }
  friend bool operator==(Iterator const& it, std::default_sentinel_t) noexcept { return !it.valid_; }

 private:
  template <class... Bounds>
  void open(DatomRange const& range, Bounds const&... bounds) {
    auto const& snapshot = *range.snapshot_;
    if (plain_) {
      present_ = {snapshot.current.template get<Sorted>(), bounds...};
      valid_ = present_.valid();
    } else {
      others_ = {snapshot, range.view_, bounds...};
      valid_ = others_.valid();
    }
  }

  detail::DatomStream<Index, Sorted, Backward> present_{};
  detail::ViewStream<IndexTag, Sorted, Backward> others_{};
  DatabaseSchema const* schema_ = nullptr;
  std::size_t step_ = 0;
  bool plain_ = true;
  bool valid_ = false;
};

}  // namespace cairn

// range-v3 asks this template whether a range is a view; declaring it needs none of its headers.
namespace ranges::ext {
template <class Range>
struct enable_view;
template <class IndexTag, cairn::Order Sorted, bool Backward>
struct enable_view<cairn::DatomRange<IndexTag, Sorted, Backward>> : std::true_type {};
}  // namespace ranges::ext
