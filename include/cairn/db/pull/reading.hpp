// Copyright the Cairn authors
// SPDX-License-Identifier: BSL-1.0
// How pull reads the facts of an entity from a database value.
#pragma once

#include <cairn/datom/order.hpp>
#include <cairn/db/datom_range.hpp>
#include <cairn/db/db.hpp>

#include <cstddef>
#include <cstdint>
#include <limits>
#include <span>
#include <utility>

namespace cairn::detail {

/// An attribute that somebody wants to see, and who: the place of a step, of a field.
struct PullWanted {
  AttributeId attribute = 0;
  std::uint32_t step = 0;
};

[[nodiscard]] inline Position place_of(EntityId entity, AttributeId attribute, bool after = false) {
  return {.datom = {.e = entity, .a = attribute, .added = true, .tx = 0, .v = {}}, .components = 2, .after = after};
}

/// One attribute of an entity after the other, in one walk along EAVT. What nobody wants is stepped over, or jumped
/// over where it is much.
template <class Stream, class OpenFrom>
class PullReading {
 public:
  PullReading(EntityId entity, OpenFrom const& open_from, Stream stream)
      : entity_{entity}, open_from_{open_from}, stream_{std::move(stream)} {}

  [[nodiscard]] bool valid() const noexcept { return stream_.valid() && stream_.get().e == entity_; }
  [[nodiscard]] AttributeId attribute() const noexcept { return attribute_; }
  /// To the attribute whose facts come next.
  void look() { attribute_ = stream_.get().a; }

  /// To the first fact of that attribute, or of one behind it.
  void skip_to(AttributeId attribute) {
    for (int steps = 0; valid() && stream_.get().a < attribute; ++steps) {
      if (steps == most_steps) {
        stream_ = open_from_(place_of(entity_, attribute));
        return;
      }
      stream_.advance();
    }
  }

  /// Up to so many of the attribute's values; leaves it behind.
  template <class Take>
  void read(std::size_t limit, Take const& take) {
    for (; limit != 0 && valid() && stream_.get().a == attribute_; --limit) {
      take(stream_.get().v);
      stream_.advance();
    }
    skip_to(attribute_ + 1);
  }

 private:
  static constexpr int most_steps = 16;

  EntityId entity_;
  OpenFrom const& open_from_;
  Stream stream_;
  AttributeId attribute_ = 0;
};

template <class OpenFrom, class Take>
void read_forward(EntityId entity, std::span<PullWanted const> wanted, bool everything, OpenFrom const& open_from,
                  Take const& take) {
  AttributeId const from = everything ? 0 : wanted.front().attribute;
  auto reading = PullReading{entity, open_from, open_from(place_of(entity, from))};
  auto next = wanted.begin();
  while (reading.valid()) {
    reading.look();
    if (!everything) {
      while (next != wanted.end() && next->attribute < reading.attribute()) ++next;
      if (next == wanted.end()) return;
      if (next->attribute != reading.attribute()) {
        reading.skip_to(next->attribute);
        continue;
      }
    }
    take(reading);
  }
}

/// Calls `take(reading)` at each wanted attribute that the entity has, or at all that it has. `take` must read what is
/// there. Requires: `wanted` is sorted by attribute, and not empty unless everything is wanted.
template <class IndexTag, class Take>
void read_forward(Db<IndexTag> const& db, EntityId entity, std::span<PullWanted const> wanted, bool everything,
                  Take const& take) {
  auto const& snapshot = db.snapshot();
  if (db.view().is_plain()) [[likely]] {
    using Stream = DatomStream<IndexOf<IndexTag, Order::eavt>, Order::eavt, false>;
    // Without a bound, which would be looked for in the block; the reading sees where the entity ends.
    Position const to{.datom = {}, .components = 0, .after = true};
    auto const open_from = [&](Position const& from) { return Stream{snapshot.current.eavt, from, to}; };
    read_forward(entity, wanted, everything, open_from, take);
  } else {
    using Stream = ViewStream<IndexTag, Order::eavt, false>;
    // A view looks ahead for what it shows, so it must know where to stop.
    auto const last = everything ? (std::numeric_limits<AttributeId>::max)() : wanted.back().attribute;
    auto const to = place_of(entity, last, true);
    auto const open_from = [&](Position const& from) { return Stream{snapshot, db.view(), from, to}; };
    read_forward(entity, wanted, everything, open_from, take);
  }
}

}  // namespace cairn::detail
