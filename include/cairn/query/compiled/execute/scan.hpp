// Copyright the Cairn authors
// SPDX-License-Identifier: BSL-1.0
// A range of one attribute, a strip at a time.
#pragma once

#include <cairn/query/access/attribute.hpp>
#include <cairn/query/access/view_reader.hpp>
#include <cairn/query/compiled/execute/strip.hpp>

#include <cstddef>
#include <cstdint>
#include <optional>
#include <utility>

namespace cairn::query::compiled {

/// Ranges of one attribute in AEVT or AVET as any view shows them, one after the other. Stays where it is; the database stays where
/// it is as well. Errors: those of the store. Thread safety: used by one thread.
template <class IndexTag>
class Scan {
 public:
  /// Sorts it by value, or by entity. `pins` keeps values; without it they are valid as long as their strip. `only_retractions`: of a
  /// history it may leave out what was added.
  void prepare(Db<IndexTag> const& db, AttributeId attribute, bool by_value, LeafPins<IndexTag>* pins, bool only_retractions) {
    db_ = &db;
    attribute_ = attribute;
    pins_ = pins;
    has_room_ = pins == nullptr || !may_forget_leaves(db);
    auto& used = pins != nullptr ? *pins : passing_;
    if (by_value) {
      by_value_.emplace(db, used);
      if (only_retractions) by_value_->leave_out_present();
    } else {
      by_entity_.emplace(db, used);
      if (only_retractions) by_entity_->leave_out_present();
    }
  }
  /// Requires that all datoms in the range are of the attribute.
  void open(PlaceRange const& range) {
    range_ = range;
    if (!std::exchange(has_room_, true)) pins_->reserve(expected(*db_));
    run_ = {};
    done_ = 0;
    by_value_ ? by_value_->open(range_) : by_entity_->open(range_);
  }
  /// The next strip; false at the end, again and again. It is valid until the next call.
  [[nodiscard]] bool next(Strip& strip) {
    if (done_ == run_.size()) {
      done_ = 0;
      bool const found = by_value_ ? read(*by_value_) : by_entity_ ? read(*by_entity_) : false;
      if (!found) {
        run_ = {};
        return false;
      }
    }
    strip = room_.strip_of(run_, attribute_, done_);
    done_ += strip.size;
    return true;
  }

  /// How many datoms there are in the range, about. O(log n).
  [[nodiscard]] std::uint64_t expected(Db<IndexTag> const& db) const {
    return by_value_ ? estimate<Order::avet>(db, range_.from.get(), range_.to.get())
                     : estimate<Order::aevt>(db, range_.from.get(), range_.to.get());
  }

 private:
  template <class Reader>
  bool read(Reader& reader) {
    passing_.clear();
    if (!reader.next(run_)) return false;
    if (pins_ != nullptr) reader.pin(run_);
    return true;
  }

  Db<IndexTag> const* db_ = nullptr;
  AttributeId attribute_ = 0;
  LeafPins<IndexTag>* pins_ = nullptr;
  bool has_room_ = false;  // among the pins for the first range, so that nothing is allocated for these between two strips
  LeafPins<IndexTag> passing_{};  // of a run that is made of some leaves
  std::optional<RangeReader<IndexTag, Order::aevt>> by_entity_{};
  std::optional<RangeReader<IndexTag, Order::avet>> by_value_{};
  PlaceRange range_{};
  DatomRun run_{};
  std::size_t done_ = 0;
  StripRoom room_{};
};

}  // namespace cairn::query::compiled
