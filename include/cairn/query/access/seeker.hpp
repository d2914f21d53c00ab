// Copyright the Cairn authors
// SPDX-License-Identifier: BSL-1.0
// Many entities looked up in one attribute: a merge where they ascend, a leap where they do not.
#pragma once

#include <cairn/db/db_class.hpp>
#include <cairn/query/access/attribute.hpp>
#include <cairn/query/access/view_reader.hpp>

#include <algorithm>
#include <array>
#include <cstddef>
#include <cstdint>
#include <limits>
#include <memory>
#include <utility>

namespace cairn::query {

/// Datoms that were found in one run: the `i`th is at `places[i]` of it, for what was asked at `rows[i]`. Where both count up by
/// one they are not written down: `first_row` and `first_place` say it all.
struct Hits {
  std::uint32_t const* rows = nullptr;
  std::uint32_t const* places = nullptr;
  std::uint32_t first_row = 0;
  std::uint32_t first_place = 0;
  std::uint32_t count = 0;

  [[nodiscard]] bool is_stretch() const noexcept { return rows == nullptr; }
};

namespace access {

/// Whether each of the entities is above the one before.
[[nodiscard]] inline bool ascends(std::uint64_t const* entities, std::uint32_t count) noexcept {
  bool ascending = true;
  for (std::uint32_t i = 1; i < count; ++i) {
    ascending &= static_cast<EntityId>(entities[i - 1]) < static_cast<EntityId>(entities[i]);
  }
  return ascending;
}

}  // namespace access

/// The datoms that entities have of one attribute. Entities that ascend are merged with the attribute, leaf by leaf, by direct
/// address where a leaf has every entity between its first and its last; others cost a search in the leaf or, further away, a
/// way down the tree. Any order is right.
///
/// Thread safety: used by one thread. The database must stay where it is. Errors: those of the store
/// and of the watch.
template <class IndexTag>
class EntitySeeker {
  using Index = IndexOf<IndexTag, Order::aevt>;
  using Cursor = typename Index::Cursor;

 public:
  EntitySeeker(Db<IndexTag> const& db, AttributeAccess const& attribute, LeafPins<IndexTag>& pins, meta::Watch watch = {})
      : db_{&db}, pins_{&pins}, index_{&db.snapshot().current.aevt}, attribute_{attribute.id}, one_{attribute.one} {
    if (!db.view().is_plain()) others_ = std::make_unique<ViewReader<IndexTag, Order::aevt>>(db, pins, watch);
  }

  /// Calls `found(run, hits)` for what the entities (numbers; there may be any) have, in the order in which they are asked for.
  /// A run is valid until `found` returns.
  template <class Found>
  void seek(std::uint64_t const* entities, std::uint32_t count, Found&& found) {
    bool const ascending = access::ascends(entities, count);
    if (others_ != nullptr) return seek_in_view(entities, count, ascending, found);
    for (std::uint32_t i = 0; i != count;) {
      auto const entity = as_id(entities[i]);
      stand_at(entity);
      if (run_.empty() || entity < first_ || entity > last_) {  // up to the run there is nothing, or behind it
        if (ascending && (run_.empty() || entity > last_)) return;
        ++i;
        continue;
      }
      i = ascending ? merge(entities, i, count, found) : search(entities, i, count, found);
    }
  }

  /// How often a look needed a way down the tree.
  [[nodiscard]] std::uint64_t descents() const noexcept { return descents_; }
  /// Keeps what the run's values belong to; to be called by `found`.
  void pin(DatomRun const& run) {
    if (!run.counted()) return;
    if (others_ != nullptr) return others_->pin();
    pins_->template add<Order::aevt>(cursor_);
  }

 private:
  static constexpr std::uint32_t capacity = 1024;
  static constexpr std::uint64_t datoms_a_look = 64;  // of a view: to merge so many costs as much as a look

  [[nodiscard]] static std::uint64_t distance(EntityId from, EntityId to) noexcept { return cairn::detail::distance(from, to); }
  /// No datom has the last of all numbers.
  [[nodiscard]] static EntityId after(EntityId entity) noexcept {
    return entity == std::numeric_limits<EntityId>::max() ? entity : entity + 1;
  }
  [[nodiscard]] static EntityId as_id(std::uint64_t word) noexcept { return static_cast<EntityId>(word); }

  // ---- where the run is

  [[nodiscard]] bool covers(EntityId entity) const noexcept {
    return entity >= low_ && (entity <= last_ || is_end_) && is_placed_;
  }

  /// Finds the run that has the entity, or would have it: afterwards `covers(entity)`.
  void stand_at(EntityId entity) {
    if (covers(entity)) return;
    if (is_placed_ && !is_end_ && entity > last_ && distance(last_, entity) <= 2 * distance(first_, last_) + 1) {
      auto const low = last_ + 1;
      cursor_.next_block();
      enter(low);
      if (covers(entity)) return;
    }
    ++descents_;
    IndexPlace const place{2, entity, attribute_, {}, false};
    is_placed_ = false;
    access::go(*index_, cursor_, place.get(), is_first_);
    enter(entity);
  }

  /// The part of the block at the cursor that is the attribute's. From `low` on, nothing is before it.
  void enter(EntityId low) {
    is_placed_ = true;
    low_ = low;
    hint_ = 0;
    run_ = {};
    first_ = last_ = std::numeric_limits<EntityId>::min();
    is_end_ = true;
    if (!cursor_.valid()) return;
    auto const block = [&] {
      if constexpr (requires { cursor_.whole_block(); }) {
        return cursor_.whole_block();
      } else {
        return cursor_.block();
      }
    }();
    auto run = access::run_of(block, rows_);
    std::size_t first = 0;
    std::size_t last = run.size();
    bool const is_begin = run.attribute(0) < attribute_;
    if (is_begin) first = access::count_before<Order::aevt>(block, IndexPlace{1, 0, attribute_, {}, false}.get());
    is_end_ = run.attribute(last - 1) > attribute_;
    if (is_end_) last = access::count_before<Order::aevt>(block, IndexPlace{1, 0, attribute_, {}, true}.get());
    if (first >= last) {
      is_end_ = true;
      return;
    }
    run_ = last - first == run.size() ? run : run.part(first, last - first);
    first_ = run_.entity(0);
    last_ = run_.entity(run_.size() - 1);
    // What the leaf before this one may have of its first entity is not here.
    low_ = is_begin ? std::numeric_limits<EntityId>::min() : std::min(low, one_ ? first_ : after(first_));
    is_dense_ = one_ && distance(first_, last_) == run_.size() - 1;
  }

  // ---- entities that ascend

  /// All that are not above the run's last. Requires that the first is in the run. The first that is not done yet.
  template <class Found>
  std::uint32_t merge(std::uint64_t const* entities, std::uint32_t from, std::uint32_t count, Found&& found) {
    if (is_dense_) return address(entities, from, count, found);
    auto const end = first_above(entities, from, count, last_);
    merge_with(run_, entities, from, end, found);
    flush(run_, found);
    return finish_last(entities, end, found);
  }

  /// The same in a run that has all of them.
  template <class Found>
  std::uint32_t address(std::uint64_t const* entities, std::uint32_t from, std::uint32_t count, Found&& found) {
    auto const offset = static_cast<std::uint64_t>(first_);
    auto const most = distance(as_id(entities[from]), last_) + 1;
    auto const end = count - from <= most ? count : from + static_cast<std::uint32_t>(most);
    if (entities[end - 1] - entities[from] == end - 1 - from) {
      found(run_, Hits{nullptr, nullptr, from, static_cast<std::uint32_t>(entities[from] - offset), end - from});
      return end;
    }
    auto i = from;
    while (i != end && as_id(entities[i]) <= last_) {
      std::uint32_t kept = 0;
      for (; kept != capacity && i != end && as_id(entities[i]) <= last_; ++i, ++kept) {
        hit_rows_[kept] = i;
        places_[kept] = static_cast<std::uint32_t>(entities[i] - offset);
      }
      hits_ = kept;
      flush(run_, found);
    }
    return i;
  }

  /// The number of entities that are not above `limit`. Requires that the one at `from` isn't, and that they ascend.
  [[nodiscard]] static std::uint32_t first_above(std::uint64_t const* entities, std::uint32_t from, std::uint32_t count,
                                                 EntityId limit) noexcept {
    auto const most = static_cast<std::uint64_t>(limit) - entities[from];
    auto high = count - from - 1 <= most ? count : from + static_cast<std::uint32_t>(most) + 1;
    if (as_id(entities[high - 1]) <= limit) return high;
    auto low = from;
    while (high - low > 1) {
      auto const middle = low + (high - low) / 2;
      (as_id(entities[middle]) <= limit ? low : high) = middle;
    }
    return high;
  }

  /// Entities from the run's first to its last, against the run.
  template <class Found>
  void merge_with(DatomRun const& run, std::uint64_t const* entities, std::uint32_t from, std::uint32_t end, Found&& found) {
    auto place = static_cast<std::uint32_t>(run.first_not_below(as_id(entities[from]), 0));
    auto const size = static_cast<std::uint32_t>(run.size());
    auto i = from;
    bool const is_thin = (end - from) * std::uint64_t{8} < size - std::min(place, size);
    if (is_thin) {
      for (; i != end && place != size; ++i) {
        auto const entity = as_id(entities[i]);
        place = static_cast<std::uint32_t>(run.first_not_below(entity, place));
        for (; place != size && run.entity(place) == entity; ++place) hit(run, i, place, found);
      }
      return;
    }
    run.with_entities([&](auto const& at) {
      while (i != end && place != size) {
        // Room for as many hits as this many steps can make, so that the loop has no other branch.
        if (hits_ == capacity) flush(run, found);
        auto steps = capacity - hits_;
        auto kept = hits_;
        for (; steps != 0 && i != end && place != size; --steps) {
          auto const here = as_id(at(place));
          auto const wanted = as_id(entities[i]);
          hit_rows_[kept] = i;
          places_[kept] = place;
          kept += here == wanted ? 1 : 0;
          place += here <= wanted ? 1 : 0;
          i += here > wanted ? 1 : 0;
        }
        hits_ = kept;
      }
    });
  }

  // ---- entities in any order

  template <class Found>
  std::uint32_t search(std::uint64_t const* entities, std::uint32_t from, std::uint32_t count, Found&& found) {
    auto const size = static_cast<std::uint32_t>(run_.size());
    auto i = from;
    for (; i != count; ++i) {
      auto const entity = as_id(entities[i]);
      if (entity < low_ || entity > last_) break;
      if (entity < first_) continue;
      if (is_dense_) {
        hit(run_, i, static_cast<std::uint32_t>(entity - first_), found);
        continue;
      }
      auto const hint = hint_ < size && run_.entity(hint_) <= entity ? hint_ : 0;
      // Another with the same entity may be before the hint where an entity has many.
      auto place = static_cast<std::uint32_t>(run_.first_not_below(entity, hint == 0 || run_.entity(hint) < entity ? hint : 0));
      hint_ = place;
      for (; place != size && run_.entity(place) == entity; ++place) hit(run_, i, place, found);
      if (place == size && !one_ && !is_end_ && entity == last_) {
        flush(run_, found);
        return finish_last(entities, i + 1, found);
      }
    }
    flush(run_, found);
    return i;
  }

  /// What the following leaves have of the entity before `end`, if it is the run's last.
  template <class Found>
  std::uint32_t finish_last(std::uint64_t const* entities, std::uint32_t end, Found&& found) {
    auto const entity = as_id(entities[end - 1]);
    while (!one_ && !is_end_ && entity == last_) {
      cursor_.next_block();
      enter(after(entity));
      low_ = after(entity);
      if (run_.empty() || first_ != entity) break;
      auto const more = static_cast<std::uint32_t>(run_.first_not_below(after(entity), 0));
      for (std::uint32_t place = 0; place != more; ++place) hit(run_, end - 1, place, found);
      flush(run_, found);
    }
    return end;
  }

  // ---- views other than the present

  template <class Found>
  void seek_in_view(std::uint64_t const* entities, std::uint32_t count, bool ascending, Found&& found) {
    DatomRun run;
    std::uint32_t i = 0;
    if (ascending && count > 1) {
      PlaceRange const range{IndexPlace{2, as_id(entities[0]), attribute_, {}, false},
                             IndexPlace{2, as_id(entities[count - 1]), attribute_, {}, true}};
      if (estimate<Order::aevt>(*db_, range.from.get(), range.to.get()) <= datoms_a_look * count) {
        others_->open(range.from.get(), range.to.get());
        while (i != count && others_->next(run)) {
          auto const last = run.entity(run.size() - 1);
          while (i != count && as_id(entities[i]) < run.entity(0)) ++i;
          if (i == count || as_id(entities[i]) > last) continue;
          auto const end = first_above(entities, i, count, last);
          merge_with(run, entities, i, end, found);
          flush(run, found);
          // The last entity may go on in the next run.
          i = as_id(entities[end - 1]) == last ? end - 1 : end;
        }
        return;
      }
    }
    for (; i != count; ++i) {
      auto const entity = as_id(entities[i]);
      PlaceRange const range{IndexPlace{2, entity, attribute_, {}, false}, IndexPlace{2, entity, attribute_, {}, true}};
      others_->open(range.from.get(), range.to.get());
      while (others_->next(run)) {
        for (std::uint32_t place = 0; place != run.size(); ++place) hit(run, i, place, found);
        flush(run, found);
      }
    }
  }

  // ---- hits

  template <class Found>
  void hit(DatomRun const& run, std::uint32_t row, std::uint32_t place, Found&& found) {
    if (hits_ == capacity) flush(run, found);
    hit_rows_[hits_] = row;
    places_[hits_] = place;
    ++hits_;
  }
  template <class Found>
  void flush(DatomRun const& run, Found&& found) {
    if (hits_ == 0) return;
    auto const number = std::exchange(hits_, 0U);
    found(run, Hits{hit_rows_.data(), places_.data(), 0, 0, number});
  }

  Db<IndexTag> const* db_;
  LeafPins<IndexTag>* pins_;
  Index const* index_;
  AttributeId attribute_;
  bool one_;
  std::unique_ptr<ViewReader<IndexTag, Order::aevt>> others_{};

  Cursor cursor_{};
  bool is_first_ = true;
  bool is_placed_ = false;
  bool is_end_ = false;    // the attribute has nothing behind the run
  bool is_dense_ = false;  // the run has every entity between its first and its last, once
  DatomRun run_{};
  EntityId low_ = 0;       // from here to the first there is nothing
  EntityId first_ = 0;
  EntityId last_ = 0;
  std::uint32_t hint_ = 0;
  std::uint64_t descents_ = 0;
  std::vector<RawDatom> rows_{};  // of indexes whose blocks have no columns

  std::uint32_t hits_ = 0;
  std::array<std::uint32_t, capacity> hit_rows_;
  std::array<std::uint32_t, capacity> places_;
};

}  // namespace cairn::query
