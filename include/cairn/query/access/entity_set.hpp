// Copyright the Cairn authors
// SPDX-License-Identifier: BSL-1.0
// The entities that have one value, for rows that are asked whether theirs is among them.
#pragma once

#include <cairn/query/access/attribute.hpp>
#include <cairn/query/access/view_reader.hpp>
#include <cairn/query/run/scratch.hpp>

#include <cstddef>
#include <cstdint>
#include <cstring>
#include <utility>

namespace cairn::query {

/// The entities of a range of AVET with one value, which has them in ascending order. Complexity: linear to read; a look at
/// ascending entities is a leapfrog over both, O(log of the distance) a leap; at others O(log n) each.
class EntitySet {
 public:
  /// Requires that AVET has the attribute. `expected`: about how many there are. Errors: those of the store
  /// and of the watch.
  template <class IndexTag>
  EntitySet(Db<IndexTag> const& db, PlaceRange const& range, std::size_t expected, LeafPins<IndexTag>& pins, meta::Watch watch = {})
      : words_{expected + 1} {
    RangeReader<IndexTag, Order::avet> reader{db, pins, watch};
    reader.open(range);
    for (DatomRun run; reader.next(run);) {
      if (size_ + run.size() > words_.size()) grow(run.size());
      run.with_entities([&, count = run.size()](auto const& get) {
        for (std::size_t i = 0; i != count; ++i) {
          auto const entity = get(i);
          if (size_ == 0 || words_[size_ - 1] != entity) words_[size_++] = entity;  // a history has some twice
        }
      });
    }
  }

  [[nodiscard]] std::size_t size() const noexcept { return size_; }
  [[nodiscard]] std::size_t bytes() const noexcept { return words_.bytes(); }

  /// Writes to `rows` which of the entities are in it, in their order; returns their number.
  [[nodiscard]] std::uint32_t find(std::uint64_t const* entities, std::uint32_t count, bool ascending,
                                   std::uint32_t* rows) const noexcept {
    std::uint32_t found = 0;
    if (!ascending) {
      for (std::uint32_t i = 0; i != count; ++i) {
        auto const at = first_not_below(words_.get(), size_, 0, entities[i]);
        rows[found] = i;
        found += at != size_ && words_[at] == entities[i] ? 1U : 0U;
      }
      return found;
    }
    std::size_t i = 0;
    std::size_t at = 0;
    while (i != count && at != size_) {
      if (less(words_[at], entities[i])) {
        at = first_not_below(words_.get(), size_, at, entities[i]);
      } else if (less(entities[i], words_[at])) {
        i = first_not_below(entities, count, i, words_[at]);
      } else {
        rows[found++] = static_cast<std::uint32_t>(i++);
        ++at;
      }
    }
    return found;
  }

 private:
  [[nodiscard]] static bool less(std::uint64_t left, std::uint64_t right) noexcept {
    return static_cast<EntityId>(left) < static_cast<EntityId>(right);
  }
  /// Gallops from `from`.
  [[nodiscard]] static std::size_t first_not_below(std::uint64_t const* words, std::size_t size, std::size_t from,
                                                   std::uint64_t wanted) noexcept {
    if (from == size || !less(words[from], wanted)) return from;
    std::size_t low = from;  // is below
    std::size_t step = 1;
    while (low + step < size && less(words[low + step], wanted)) {
      low += step;
      step *= 2;
    }
    std::size_t high = low + step < size ? low + step : size;
    while (high - low > 1) {
      auto const middle = low + (high - low) / 2;
      (less(words[middle], wanted) ? low : high) = middle;
    }
    return high;
  }

  void grow(std::size_t more) {
    Scratch<std::uint64_t> larger{2 * (size_ + more)};
    if (size_ != 0) std::memcpy(larger.get(), words_.get(), size_ * sizeof(std::uint64_t));
    words_ = std::move(larger);
  }

  std::size_t size_ = 0;
  Scratch<std::uint64_t> words_;
};

}  // namespace cairn::query
