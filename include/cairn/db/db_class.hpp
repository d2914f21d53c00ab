// Copyright the Cairn authors
// SPDX-License-Identifier: BSL-1.0
// The database as a value: the class; what its look-ups do is in db_lookup.hpp.
#pragma once

#include <cairn/db/components.hpp>
#include <cairn/db/datom_range.hpp>
#include <cairn/db/edn_conversion.hpp>
#include <cairn/db/lazy_snapshot.hpp>
#include <cairn/db/snapshot.hpp>
#include <cairn/db/view.hpp>
#include <cairn/error/error.hpp>

#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <utility>

namespace cairn {

template <class IndexTag>
class Entity;
template <class IndexTag>
struct TxReport;
class TxData;

/// A database at one moment, seen in one way: an immutable value. Copying is O(1) and shares everything; it can be kept
/// for as long as one likes and given to any thread. It knows nothing of the backend that its nodes come from.
///
/// The indexes of a value that a transaction made are made when they are first asked for: of the newest one that is to take in what waits, of
/// another that nobody has looked at to apply its last transactions again; at most two thousand datoms.
///
/// Its members read nodes that are not in memory yet, and throw what the store throws then.
template <class IndexTag>
class Db {
 public:
  using index_tag = IndexTag;
  using SnapshotType = Snapshot<IndexTag>;
  using LazySnapshot = detail::LazySnapshot<IndexTag>;

  explicit Db(SnapshotType snapshot) : Db{std::make_shared<LazySnapshot const>(std::move(snapshot)), {}} {}
  Db(std::shared_ptr<LazySnapshot const> snapshot, View<IndexTag> view) : snapshot_{std::move(snapshot)}, view_{std::move(view)} {}

  // ---- other views of the same database

  /// The database as it was after transaction `tx`. Needs history.
  [[nodiscard]] Db as_of(EntityId tx) const {
    require_history("as_of");
    auto view = view_;
    view.as_of = (std::min)(view.as_of, tx);
    return {snapshot_, std::move(view)};
  }
  /// The database as it was at a point in time: after the last transaction that was not later.
  [[nodiscard]] Db as_of(Instant instant) const { return as_of(transaction_at(instant)); }

  /// What is true of that which was added after transaction `tx`; on `history()`, all operations after it. Needs
  /// history.
  [[nodiscard]] Db since(EntityId tx) const {
    require_history("since");
    auto view = view_;
    view.since = (std::max)(view.since, tx);
    return {snapshot_, std::move(view)};
  }
  [[nodiscard]] Db since(Instant instant) const { return since(transaction_at(instant)); }

  /// All that was ever asserted and retracted. Needs history.
  [[nodiscard]] Db history() const {
    require_history("history");
    auto view = view_;
    view.history = true;
    return {snapshot_, std::move(view)};
  }

  /// The datoms for which `accept(db, datom)` holds; `db` is this value. It may be called from any thread that uses the
  /// result, and as often as a datom is looked at.
  template <class Accept>
  [[nodiscard]] Db filter(Accept accept) const {
    auto view = view_;
    view.filter = std::make_shared<DatomFilter<IndexTag> const>(DatomFilter<IndexTag>{std::move(accept), *this});
    return {snapshot_, std::move(view)};
  }

  /// The database that a transaction would make of this one, and what it would change; nothing is stored. Not of a
  /// view. Errors: as `transact`.
  [[nodiscard]] TxReport<IndexTag> with(TxData const& data) const;

  // ---- datoms

  /// The datoms of an index whose first components are those given, in its order: `datoms(eavt, e, ":name")`,
  /// `datoms(avet, ":name", "Ivan")`. Entities and references may be idents and lookup refs.
  /// Errors: `entity-id/missing`, `lookup-ref/...`; `transact/schema` where the schema does not know the attribute, or
  /// AVET does not hold it.
  template <Order Sorted, class... Args>
  requires detail::are_components<Args...>
  [[nodiscard]] DatomRange<IndexTag, Sorted> datoms(order_tag<Sorted> order, Args&&... components) const {
    return datoms(order, detail::components_of<Sorted>(std::forward<Args>(components)...));
  }
  template <Order Sorted>
  [[nodiscard]] DatomRange<IndexTag, Sorted> datoms(order_tag<Sorted>, Components const& components) const {
    auto const from = position<Sorted>(components);
    return {*this, from, after(from)};
  }

  /// From there to the end of the index.
  template <Order Sorted, class... Args>
  requires detail::are_components<Args...>
  [[nodiscard]] DatomRange<IndexTag, Sorted> seek_datoms(order_tag<Sorted> order, Args&&... components) const {
    return seek_datoms(order, detail::components_of<Sorted>(std::forward<Args>(components)...));
  }
  template <Order Sorted>
  [[nodiscard]] DatomRange<IndexTag, Sorted> seek_datoms(order_tag<Sorted>, Components const& components) const {
    return {*this, position<Sorted>(components), Position{.datom = {}, .components = 0, .after = true}};
  }

  /// From there back to the begin of the index; of the datoms that match, the last comes first.
  template <Order Sorted, class... Args>
  requires detail::are_components<Args...>
  [[nodiscard]] DatomRange<IndexTag, Sorted, true> rseek_datoms(order_tag<Sorted> order, Args&&... components) const {
    return rseek_datoms(order, detail::components_of<Sorted>(std::forward<Args>(components)...));
  }
  template <Order Sorted>
  [[nodiscard]] DatomRange<IndexTag, Sorted, true> rseek_datoms(order_tag<Sorted>, Components const& components) const {
    return {*this, after(position<Sorted>(components))};
  }

  /// The datoms of an attribute with values from `start` to `end`, both included, by value; nothing: no limit.
  [[nodiscard]] DatomRange<IndexTag, Order::avet> index_range(AttributeName attribute, std::optional<ValueRef> start,
                                                              std::optional<ValueRef> end) const {
    auto const from = position<Order::avet>({.e = {}, .a = attribute, .v = std::move(start), .tx = {}});
    auto const to = position<Order::avet>({.e = {}, .a = attribute, .v = std::move(end), .tx = {}});
    return {*this, from, after(to)};
  }

  /// The number of datoms. O(1) of the present, linear of other views. Errors: those of the store; so it is, and linear,
  /// where something was added below a damaged node (docs/reliability.md).
  [[nodiscard]] std::uint64_t size() const {
    if (view_.is_plain() && detail::gap_of(snapshot().current.eavt) == nullptr) return snapshot().current.eavt.size();
    std::uint64_t count = 0;
    for (auto range = datoms(eavt); [[maybe_unused]] auto const& datom : range) ++count;
    return count;
  }

  // ---- entities

  /// The number of the entity; nothing where there is none (of a number nobody asks whether it has facts).
  /// Errors: `entity-id/syntax` for a number below 1, `lookup-ref/unique` where the attribute is not unique.
  [[nodiscard]] std::optional<EntityId> entid(EntityRef const& ref) const;
  /// The same; `entity-id/missing` where there is none.
  [[nodiscard]] EntityId require_entity(EntityRef const& ref) const;
  /// The `:db/ident` of the entity.
  [[nodiscard]] std::optional<Keyword> ident(EntityRef const& ref) const {
    auto const id = entid(ref);
    return id ? schema().ident(*id) : std::nullopt;
  }
  /// The entity, to be asked for its attributes. Errors: those of `require_entity`.
  [[nodiscard]] Entity<IndexTag> entity(EntityRef const& ref) const;

  // ---- about it

  [[nodiscard]] DatabaseSchema const& schema() const noexcept { return *snapshot_->moment().schema; }
  [[nodiscard]] DatabaseOptions const& options() const noexcept { return *snapshot_->moment().options; }
  /// The last transaction, whatever the view; 2^48 where there was none.
  [[nodiscard]] EntityId max_tx() const noexcept { return snapshot_->moment().max_tx; }
  /// The largest entity id that was given out.
  [[nodiscard]] EntityId max_eid() const noexcept { return snapshot_->moment().max_entity; }
  [[nodiscard]] Instant last_instant() const noexcept { return snapshot_->moment().last_instant; }
  [[nodiscard]] View<IndexTag> const& view() const noexcept { return view_; }
  [[nodiscard]] bool is_history() const noexcept { return view_.history; }
  [[nodiscard]] bool is_filtered() const noexcept { return view_.filter != nullptr; }
  [[nodiscard]] SnapshotType const& snapshot() const { return *snapshot_->snapshot(); }
  [[nodiscard]] std::shared_ptr<SnapshotType const> const& shared_snapshot() const { return snapshot_->snapshot(); }
  /// What it knows beside its datoms. Makes no indexes.
  [[nodiscard]] Moment<IndexTag> const& moment() const noexcept { return snapshot_->moment(); }
  [[nodiscard]] std::shared_ptr<LazySnapshot const> const& lazy_snapshot() const noexcept { return snapshot_; }

  /// The last transaction whose `:db/txInstant` is not after `instant`; 2^48 where there is none. O(log n) while
  /// instants ascend with transactions; where some were set back after it, O(transactions between).
  [[nodiscard]] EntityId transaction_at(Instant instant) const;

  /// How datoms of this database name an attribute, as EDN shows them: by keyword, or, with `:attribute-refs? true`, by
  /// the number of the entity that describes it.
  [[nodiscard]] notation::Value attribute_edn(Keyword ident) const {
    auto const* found = options().attribute_refs ? schema().find(ident) : nullptr;
    return found != nullptr && found->entity != 0 ? notation::Value::integer(found->entity)
                                                  : notation::Value::keyword(ident.text());
  }

  /// The attribute of that name. `transact/schema` where the schema must know it and doesn't; null where it needn't.
  [[nodiscard]] Attribute const* attribute(AttributeName name) const;

 private:
  void require_history(char const* what) const {
    if (options().keep_history) return;
    raise(Errc::config_mismatch,
          std::string{what} +
              " needs a database that keeps its history; this one was created with "
              ":keep-history? false. Create one with :keep-history? true.",
          "{:keep-history? false}");
  }

  template <Order Sorted>
  [[nodiscard]] Position position(Components const& components) const;
  [[nodiscard]] Value value_of(ValueRef const& ref, Attribute const* attribute) const;
  [[nodiscard]] static Position after(Position position) {
    position.after = true;
    return position;
  }

  std::shared_ptr<LazySnapshot const> snapshot_;
  View<IndexTag> view_{};
};

}  // namespace cairn
