// Copyright the Cairn authors
// SPDX-License-Identifier: BSL-1.0
// How pull finds the entities that refer to one.
#pragma once

#include <cairn/datom/order.hpp>
#include <cairn/db/datom_range.hpp>
#include <cairn/db/db.hpp>
#include <cairn/db/pull/plan.hpp>

#include <cstdint>
#include <vector>

namespace cairn::detail {

/// The entities that refer to one, up to the limit, by number.
template <class IndexTag>
void read_back(Db<IndexTag> const& db, EntityId entity, PullStep const& step, std::vector<EntityId>& found) {
  auto const limit = step.limit > found.max_size() - found.size() ? found.max_size() : found.size() + step.limit;
  auto const read = [&]<Order Sorted>(order_tag<Sorted>, std::uint8_t components) {
    Position const from{.datom = {.e = 0, .a = step.attribute, .added = true, .tx = 0, .v = Value{entity}},
                        .components = components,
                        .after = false};
    auto to = from;
    to.after = true;
    auto const range = DatomRange<IndexTag, Sorted>{db, from, to};
    for (auto at = range.begin(); at != range.end() && found.size() < limit; ++at) {
      if (Sorted == Order::avet || at.raw().v == from.datom.v) found.push_back(at.raw().e);
    }
  };
  step.access == PullAccess::back ? read(avet, std::uint8_t{2}) : read(aevt, std::uint8_t{1});
}

}  // namespace cairn::detail
