// Copyright the Cairn authors
// SPDX-License-Identifier: BSL-1.0
// All of a database at one moment.
#pragma once

#include <cairn/concepts/index_tag.hpp>
#include <cairn/datom/datom.hpp>
#include <cairn/datom/order.hpp>
#include <cairn/db/functions.hpp>
#include <cairn/db/options.hpp>
#include <cairn/db/schema.hpp>
#include <cairn/index/index_for.hpp>
#include <cairn/index/live_values.hpp>

#include <memory>
#include <utility>

namespace cairn {

/// The index of a tag in one order.
template <class IndexTag, Order Sorted>
using IndexOf = typename index_for<IndexTag>::template Index<Sorted>;

/// One set of datoms in the three orders.
template <class IndexTag>
struct Indexes {
  static_assert(detail::has_engine<IndexTag>,
                "cairn::Store [index]: cairn::engine is compiled for persistent_set_tag; to use another index, include cairn/any_index.hpp");

  IndexOf<IndexTag, Order::eavt> eavt{};
  IndexOf<IndexTag, Order::aevt> aevt{};
  IndexOf<IndexTag, Order::avet> avet{};  ///< indexed, unique and reference attributes only

  template <Order Sorted>
  [[nodiscard]] auto const& get() const noexcept {
    if constexpr (Sorted == Order::eavt) {
      return eavt;
    } else if constexpr (Sorted == Order::aevt) {
      return aevt;
    } else {
      return avet;
    }
  }
};

/// What a database knows at one moment beside its datoms, and what it takes to go on from there.
template <class IndexTag>
struct Moment {
  std::shared_ptr<DatabaseSchema const> schema{};
  EntityId max_entity = 0;  ///< the largest entity id given out; transactions aside
  EntityId max_tx = first_transaction - 1;
  Instant last_instant{};  ///< the latest `:db/txInstant` so far
  /// Behind this transaction none has an instant before that of an earlier one.
  EntityId last_set_back = first_transaction - 1;
  std::shared_ptr<DatabaseOptions const> options{};
  std::shared_ptr<Functions<IndexTag> const> functions{};  ///< what names in transactions mean; null: none is known
};

/// A database at one moment: what is true (`current`), what was (`temporal`), and what it takes to go on from there.
///
/// `temporal` holds, for each fact that is no longer true, the datom that asserted it and the one that retracted it. So
/// the two together are the history, and `current` alone is the present; they have no datom in common. It is empty
/// where no history is kept.
///
/// A value: copying costs the counting of the indexes' roots.
template <class IndexTag>
struct Snapshot : Moment<IndexTag> {
  Indexes<IndexTag> current{};
  Indexes<IndexTag> temporal{};

  /// A database without a transaction.
  [[nodiscard]] static Snapshot empty(std::shared_ptr<DatabaseOptions const> options) {
    Snapshot snapshot;
    snapshot.schema = std::make_shared<DatabaseSchema const>(
        options->attribute_refs ? DatabaseSchema::with_attribute_refs() : DatabaseSchema{});
    snapshot.options = std::move(options);
    return snapshot;
  }
};

/// Calls `visit(address)` for every stored node of the indexes; where it returns false, what is below is left out. Reads inner
/// nodes that are not in memory.
template <class IndexTag, class Visit>
void for_each_address(Snapshot<IndexTag> const& snapshot, Visit visit) {
  for (auto const* const indexes : {&snapshot.current, &snapshot.temporal}) {
    indexes->eavt.for_each_address(visit);
    indexes->aevt.for_each_address(visit);
    indexes->avet.for_each_address(visit);
  }
}

namespace detail {

/// Why datoms are missing from an index, which then can't be flushed; null where none are. See `PersistentSet::gap`.
template <class Index>
[[nodiscard]] Error const* gap_of(Index const& index) noexcept {
  if constexpr (requires { index.gap(); }) {
    return index.gap();
  } else {
    return nullptr;
  }
}
/// The same of any index of a snapshot.
template <class IndexTag>
[[nodiscard]] Error const* gap_of(Snapshot<IndexTag> const& snapshot) noexcept {
  for (auto const* const indexes : {&snapshot.current, &snapshot.temporal}) {
    for (auto const* const gap : {gap_of(indexes->eavt), gap_of(indexes->aevt), gap_of(indexes->avet)}) {
      if (gap != nullptr) return gap;
    }
  }
  return nullptr;
}
/// Before a flush of all: of nothing is written, then, what is of no use.
template <class IndexTag>
void require_no_gap(Snapshot<IndexTag> const& snapshot) {
  if (auto const* const gap = gap_of(snapshot)) throw Error{*gap};
}

}  // namespace detail

/// Lets the store that a snapshot's nodes come from know that it is in use.
template <class IndexTag>
void note_in_use(std::shared_ptr<Snapshot<IndexTag> const> const& snapshot) {
  if constexpr (requires { snapshot->current.eavt.source(); }) {
    auto const& source = snapshot->current.eavt.source();
    if (!source || !source->values) return;
    source->values->add(snapshot, [](void const* value, AddressSink const& sink) {
      for_each_address(*static_cast<Snapshot<IndexTag> const*>(value),
                       [&](NodeAddress const& address) { return sink.put(sink.context, address); });
    });
  }
}

}  // namespace cairn
