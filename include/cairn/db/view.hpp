// Copyright the Cairn authors
// SPDX-License-Identifier: BSL-1.0
// Which of a snapshot's datoms a database value shows.
#pragma once

#include <cairn/datom/datom.hpp>

#include <functional>
#include <limits>
#include <memory>

namespace cairn {

template <class IndexTag>
class Db;
template <class IndexTag>
struct DatomFilter;

/// A look at a snapshot. `history` shows all that was ever asserted and retracted, otherwise only what was true at
/// `as_of`; of that, what `since` leaves and the filter lets through.
template <class IndexTag>
struct View {
  static constexpr EntityId now = (std::numeric_limits<EntityId>::max)();

  EntityId as_of = now;  ///< transactions up to this one
  EntityId since = 0;    ///< transactions after this one
  bool history = false;
  std::shared_ptr<DatomFilter<IndexTag> const> filter{};

  /// Whether it is the snapshot's present, whole.
  [[nodiscard]] bool is_plain() const noexcept { return as_of == now && since == 0 && !history && !filter; }
  /// Whether it needs what is no longer true.
  [[nodiscard]] bool needs_past() const noexcept { return history || as_of != now; }
};

/// A predicate on datoms, and the database value that it was put on.
template <class IndexTag>
struct DatomFilter {
  std::function<bool(Db<IndexTag> const&, Datom const&)> accept;
  Db<IndexTag> source;

  [[nodiscard]] bool accepts(Datom const& datom) const {
    auto const& before = source.view().filter;
    return (!before || before->accepts(datom)) && accept(source, datom);
  }
};

}  // namespace cairn
