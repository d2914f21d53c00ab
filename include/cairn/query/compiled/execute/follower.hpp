// Copyright the Cairn authors
// SPDX-License-Identifier: BSL-1.0
// All that one entity after the other has of an attribute, in any view.
#pragma once

#include <cairn/query/access/view_reader.hpp>
#include <cairn/query/compiled/execute/strip.hpp>

#include <cstddef>
#include <cstdint>
#include <optional>
#include <utility>

namespace cairn::query::compiled {

/// Finds the datoms of one attribute that an entity has, however many, as any view shows them. Entities that ascend are a walk along
/// the attribute; where one is further away, or behind, it is looked for in the index.
///
/// Thread safety: used by one thread; it and the database stay where they are. Errors: those of the store.
template <class IndexTag>
class Follower {
 public:
  /// `pins` keeps values; without it they are valid as long as their strip.
  void prepare(Db<IndexTag> const& db, AttributeId attribute, LeafPins<IndexTag>* pins) {
    attribute_ = attribute;
    pins_ = pins;
    reader_.emplace(db, pins != nullptr ? *pins : passing_);
  }

  /// Begins with an entity. Any number may be asked for.
  void open(std::uint64_t entity) {
    wanted_ = entity;
    reads_ = 0;
    if (whole_.size != 0 && less(whole_.entity(0), entity)) {  // else strips before this one may have it
      if (at_ != 0 && !less(whole_.entity(at_ - 1), entity)) at_ = 0;
      return;
    }
    seek();
  }
  /// Begins with an entity of which the strip that was read last says all: what it has is in `strip` from `at` on, and there is no
  /// `next`. False where that takes a closer look, with `open` and `next`.
  [[nodiscard]] bool open_here(std::uint64_t entity, Strip& strip, std::uint32_t& at) noexcept {
    if (at_ == whole_.size) return false;
    wanted_ = entity;
    skip();
    // Strips before this one, and those behind it, may have some, too.
    if (at_ == 0 || at_ == whole_.size || !less(whole_.entity(at_ - 1), entity)) return false;
    auto end = at_;
    while (end != whole_.size && whole_.entity(end) == entity) ++end;
    if (end == whole_.size) return false;
    strip = whole_;
    strip.size = end;
    at = std::exchange(at_, end);
    return true;
  }
  /// What it has, a strip at a time; false at the end. A strip is valid until the next call.
  [[nodiscard]] bool next(Strip& strip) {
    for (;;) {
      if (at_ == whole_.size && !read()) return false;
      skip();
      if (at_ == whole_.size) {
        // A way down the tree costs about as much as some leaves.
        if (reads_ > 2) seek();
        continue;
      }
      if (whole_.entity(at_) != wanted_) return false;
      auto const first = at_;
      auto const key = whole_.key(first);
      while (at_ != whole_.size && whole_.key(at_) == key) ++at_;
      strip = whole_.part(first, at_ - first);
      return true;
    }
  }

 private:
  [[nodiscard]] static bool less(std::uint64_t left, std::uint64_t right) noexcept {
    return static_cast<EntityId>(left) < static_cast<EntityId>(right);
  }

  void seek() {
    range_ = {IndexPlace{2, static_cast<EntityId>(wanted_), attribute_, {}, false}, IndexPlace{1, 0, attribute_, {}, true}};
    reader_->open(range_);
    run_ = {};
    done_ = 0;
    whole_.size = 0;
    at_ = 0;
    reads_ = 0;
  }
  /// The next strip of the attribute; false, and nothing, at its end.
  bool read() {
    at_ = 0;
    ++reads_;
    if (done_ == run_.size()) {
      done_ = 0;
      passing_.clear();
      if (!reader_->next(run_)) {
        // What was read last says where the end is.
        run_ = {};
        whole_.size = 0;
        return false;
      }
      if (pins_ != nullptr) reader_->pin(run_);
    }
    whole_ = room_.strip_of(run_, attribute_, done_);
    done_ += whole_.size;
    return true;
  }
  /// To the first datom whose entity is not before the wanted one. Gallops.
  void skip() noexcept {
    auto const size = whole_.size;
    auto const before = [&](std::uint32_t at) { return less(whole_.entity(at), wanted_); };
    if (!before(at_)) return;
    auto low = at_;  // is before
    std::uint32_t step = 1;
    while (low + step < size && before(low + step)) {
      low += step;
      step *= 2;
    }
    auto high = low + step < size ? low + step : size;
    while (high - low > 1) {
      auto const middle = low + (high - low) / 2;
      (before(middle) ? low : high) = middle;
    }
    at_ = high;
  }

  std::uint64_t wanted_ = 0;
  Strip whole_{};
  std::uint32_t at_ = 0;
  std::uint32_t reads_ = 0;
  AttributeId attribute_ = 0;
  LeafPins<IndexTag>* pins_ = nullptr;
  LeafPins<IndexTag> passing_{};  // of a run that is made of some leaves
  DatomRun run_{};
  std::size_t done_ = 0;  // of the run
  std::optional<RangeReader<IndexTag, Order::aevt>> reader_{};
  PlaceRange range_{};
  StripRoom room_{};
};

}  // namespace cairn::query::compiled
