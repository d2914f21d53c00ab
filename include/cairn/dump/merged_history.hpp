// Copyright the Cairn authors
// SPDX-License-Identifier: BSL-1.0
// What is true and what was, in one order.
#pragma once

#include <cairn/db/snapshot.hpp>

#include <utility>

namespace cairn::detail {

/// Calls `visit(RawDatom const&, bool current)` for all datoms of a snapshot in the order of EAVT, those behind `after` where that is
/// given; what is no longer true is left out unless `past`. Linear.
template <class IndexTag, class Visit>
void for_each_of_history(Snapshot<IndexTag> const& snapshot, bool past, RawDatom const* after, Visit visit) {
  auto const begin = [&](auto const& index) {
    return after == nullptr ? index.begin() : index.seek(Position{.datom = *after, .components = 5, .after = true});
  };
  auto now = begin(snapshot.current.eavt);
  auto then = begin(past ? snapshot.temporal.eavt : decltype(snapshot.temporal.eavt){});
  RawDatom past_datom;
  if (then.valid()) past_datom = *then;
  while (now.valid()) {
    RawDatom const datom = *now;
    for (; then.valid() && compare<Order::eavt>(past_datom, datom) < 0;) {
      visit(std::as_const(past_datom), false);
      then.next();
      if (then.valid()) past_datom = *then;
    }
    visit(datom, true);
    now.next();
  }
  for (; then.valid(); then.next()) {
    past_datom = *then;
    visit(std::as_const(past_datom), false);
  }
}

}  // namespace cairn::detail
