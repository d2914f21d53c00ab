// Copyright the Cairn authors
// SPDX-License-Identifier: BSL-1.0
// What one entity after the other has of an attribute.
#pragma once

#include <cairn/query/access/attribute.hpp>
#include <cairn/query/access/table.hpp>
#include <cairn/query/access/view_reader.hpp>
#include <cairn/query/compiled/execute/strip.hpp>

#include <cstddef>
#include <cstdint>
#include <limits>
#include <optional>
#include <vector>

namespace cairn::query::compiled {

/// Finds the datom of one attribute that an entity has, of the present, where an entity has at most one. Entities that ascend are
/// a walk along the leaves; in a leaf that has each entity between its first and its last it is an address, in others a gallop from
/// the last place. Where many looks lead from leaf to leaf, the attribute is put in a table.
///
/// Thread safety: used by one thread; the database stays where it is. Errors: those of the store.
template <class IndexTag>
class Lookup {
  using Index = IndexOf<IndexTag, Order::aevt>;
  using Cursor = typename Index::Cursor;

 public:
  /// `pins` keeps values; without it they are valid until the next look.
  void prepare(Db<IndexTag> const& db, AttributeId attribute, LeafPins<IndexTag>* pins) {
    db_ = &db;
    index_ = &db.snapshot().current.aevt;
    pins_ = pins;
    attribute_ = attribute;
  }
  /// Tables may be made, and so memory allocated, while rows are found.
  void allow_table() noexcept { may_have_table_ = true; }
  /// Has room among the pins for as many leaves as so many looks may come to.
  void reserve(std::uint64_t looks) {
    if (pins_ != nullptr) pins_->reserve(size(), looks);
  }
  /// So many looks are to come, in no order.
  void expect(std::uint64_t looks) {
    if (looks >= many_moves) make_table(looks);
  }

  /// Whether the entity has one; then it is `word()` and so on. Any number may be asked for.
  [[nodiscard]] bool find(std::uint64_t entity) {
    auto const by = entity - first_;
    if (by >= span_) [[unlikely]] return find_elsewhere(entity);
    if (is_dense_) [[likely]] {
      place_ = static_cast<std::uint32_t>(by);
      return true;
    }
    return search(by);
  }

  [[nodiscard]] std::uint64_t word() const noexcept { return strip_.word(place_); }
  [[nodiscard]] std::uint64_t transaction() const noexcept { return strip_.transaction(place_); }
  [[nodiscard]] std::uint64_t added() const noexcept { return strip_.added(place_); }

 private:
  static constexpr std::uint32_t nowhere = (std::numeric_limits<std::uint32_t>::max)();
  /// Looks that led to another leaf, before a table is thought of; and how many datoms in a table one of them is worth.
  static constexpr std::uint64_t many_moves = 64;
  /// So many leaves further it is sooner there leaf by leaf than by the tree.
  static constexpr std::uint64_t near_leaves = 2;
  /// Looks that are further from each other than such a part of a leaf need little of it.
  static constexpr std::uint64_t worth_reading_all = 8;
  static constexpr std::uint64_t datoms_a_move = 16;

  /// How many datoms the attribute has, about.
  [[nodiscard]] std::uint64_t size() {
    auto const range = PlaceRange::prefix(1, 0, attribute_, {});
    if (size_ == 0) size_ = estimate<Order::aevt>(*db_, range.from.get(), range.to.get());
    return size_;
  }
  [[nodiscard]] static bool less(std::uint64_t left, std::uint64_t right) noexcept {
    return static_cast<EntityId>(left) < static_cast<EntityId>(right);
  }
  [[nodiscard]] std::uint64_t last() const noexcept { return first_ + (span_ - 1); }

  /// `by` entities behind the first, in a strip that has gaps.
  bool search(std::uint64_t by) {
    if (!places_.empty()) {
      place_ = places_[by];
      return place_ != nowhere;
    }
    auto const wanted = static_cast<std::uint32_t>(by + (first_ - strip_.first_entity));
    auto const size = strip_.size;
    auto low = place_ < size && strip_.key(place_) <= wanted ? place_ : 0;  // is not above
    std::uint32_t step = 1;
    while (low + step < size && strip_.key(low + step) <= wanted) {
      low += step;
      step *= 2;
    }
    auto high = low + step < size ? low + step : size;  // is above
    while (high - low > 1) {
      auto const middle = low + (high - low) / 2;
      (strip_.key(middle) <= wanted ? low : high) = middle;
    }
    place_ = low;
    return strip_.key(low) == wanted;
  }

  /// In another leaf, or nowhere.
  [[gnu::noinline]] bool find_elsewhere(std::uint64_t entity) {
    if (places_known_) return false;
    if (is_placed_ && !less(entity, low_) && ((span_ != 0 && less(entity, first_)) || is_end_)) return false;
    if (++moves_ >= many_moves && may_have_table_ && make_table(moves_)) return find(entity);
    for (auto leaves = near_leaves; leaves != 0; --leaves) {
      bool const is_near = is_placed_ && span_ != 0 && less(last(), entity) && entity - last() <= leaves * span_;
      if (!is_near) break;
      auto const low = last() + 1;
      if (done_ == run_.size()) {
        to_next_block(entity - low > span_ / worth_reading_all);
        enter(low, true);
      } else {
        take_strip(low);
      }
      if (entity - first_ < span_) return find(entity);
      if (!less(entity, low_) && ((span_ != 0 && less(entity, first_)) || is_end_)) return false;
    }
    IndexPlace const place{2, static_cast<EntityId>(entity), attribute_, {}, false};
    is_placed_ = false;
    access::go(*index_, cursor_, place.get(), is_first_);
    enter(entity);
    while (span_ != 0 && less(last(), entity) && done_ != run_.size()) take_strip(last() + 1);
    return entity - first_ < span_ && find(entity);
  }

  void to_next_block(bool needs_little) {
    if constexpr (requires { cursor_.skip_block(); }) {
      if (needs_little) return cursor_.skip_block();
    }
    cursor_.next_block();
  }
  /// The part of the block at the cursor that is the attribute's. From `low` to it there is nothing. `follows`: the block before it has
  /// some of the attribute.
  void enter(std::uint64_t low, bool follows = false) {
    is_placed_ = true;
    forget();
    low_ = low;
    done_ = 0;
    is_end_ = true;
    if (!cursor_.valid()) {
      run_ = {};
      return;
    }
    auto const block = [&] {
      if constexpr (requires { cursor_.whole_block(); }) {
        return cursor_.whole_block();
      } else {
        return cursor_.block();
      }
    }();
    run_ = access::run_of(block, rows_);
    std::size_t first = 0;
    std::size_t end = run_.size();
    bool const is_begin = !follows && run_.attribute(0) < attribute_;
    if (is_begin) first = access::count_before<Order::aevt>(block, IndexPlace{1, 0, attribute_, {}, false}.get());
    bool const is_end = run_.attribute(end - 1) > attribute_;
    if (is_end) end = access::count_before<Order::aevt>(block, IndexPlace{1, 0, attribute_, {}, true}.get());
    if (first >= end) {
      run_ = {};
      return;
    }
    is_end_ = is_end;
    if (is_begin || is_end) run_ = run_.part(first, end - first);
    if (pins_ != nullptr && run_.counted()) pins_->template add<Order::aevt>(cursor_);
    take_strip(is_begin ? static_cast<std::uint64_t>((std::numeric_limits<EntityId>::min)()) : low);
  }
  /// The next strip of the run; nearly always all of it.
  void take_strip(std::uint64_t low) {
    strip_ = room_.strip_of(run_, attribute_, done_);
    done_ += strip_.size;
    stand(strip_);
    low_ = less(low, first_) ? low : first_;
    if (done_ != run_.size()) is_end_ = false;
  }
  void stand(Strip const& strip) {
    first_ = strip.entity(0);
    span_ = strip.entity(strip.size - 1) - first_ + 1;
    is_dense_ = span_ == strip.size;
    place_ = 0;
  }
  void forget() noexcept {
    first_ = 0;
    span_ = 0;
    is_dense_ = false;
  }

  /// All datoms of the attribute in one strip, with an address for every entity. False where that does not pay, or is too large.
  bool make_table(std::uint64_t looks);

  // What `find` looks at comes first.
  std::uint64_t first_ = 0;  // entity of the strip
  std::uint64_t span_ = 0;   // entities from there to its last, which it may have
  bool is_dense_ = false;    // it has them all
  std::uint32_t place_ = 0;
  Strip strip_{};
  std::vector<std::uint32_t> places_{};  // of a table with gaps, by entity
  bool places_known_ = false;            // the strip is all there is

  bool may_have_table_ = false;
  bool is_placed_ = false;
  bool is_end_ = false;    // the attribute has nothing behind the strip
  bool is_first_ = true;   // the cursor was never anywhere
  std::uint64_t low_ = 0;  // from here to the strip there is nothing
  DatomRun run_{};
  std::size_t done_ = 0;  // of the run
  std::uint64_t moves_ = 0;
  std::uint64_t size_ = 0;  // of the attribute; 0: not known yet
  StripRoom room_{};
  Cursor cursor_{};
  std::vector<RawDatom> rows_{};  // of indexes whose blocks have no columns
  std::optional<AttributeColumns> table_{};

  Db<IndexTag> const* db_ = nullptr;
  Index const* index_ = nullptr;
  LeafPins<IndexTag>* pins_ = nullptr;
  LeafPins<IndexTag> table_pins_{};  // where values are not kept longer than the table
  AttributeId attribute_ = 0;
};

// Not inline: a unit that links cairn::engine does not compile it, nor what it alone needs.
template <class IndexTag>
bool Lookup<IndexTag>::make_table(std::uint64_t looks) {
  auto const range = PlaceRange::prefix(1, 0, attribute_, {});
  if (looks * datoms_a_move < size()) return false;
  may_have_table_ = false;
  auto const first = index_->seek(range.from.get());
  auto const last = index_->seek_before(range.to.get());
  if (size_ == 0 || !first.valid() || !last.valid()) return false;
  auto const span = static_cast<std::uint64_t>((*last).e) - static_cast<std::uint64_t>((*first).e) + 1;
  if (span > size_ * 8 + 1024) return false;
  table_ = AttributeColumns::read(*db_, attribute_, size_, pins_ != nullptr ? *pins_ : table_pins_);
  if (!table_ || table_->size() == 0) {
    table_.reset();
    table_pins_.clear();
    return false;
  }
  places_known_ = true;
  strip_ = room_.strip_of(table_->run(), attribute_);
  stand(strip_);
  if (is_dense_) return true;
  places_.assign(span, nowhere);
  for (std::uint32_t i = 0; i != strip_.size; ++i) places_[strip_.key(i) - strip_.key(0)] = i;
  return true;
}

}  // namespace cairn::query::compiled
