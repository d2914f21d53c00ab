// Copyright the Cairn authors
// SPDX-License-Identifier: BSL-1.0
// Applying transactions to a snapshot: the one place where indexes change.
#pragma once

#include <cairn/db/apply.hpp>
#include <cairn/db/snapshot.hpp>
#include <cairn/db/tx_record.hpp>
#include <cairn/index/persistent_set.hpp>

#include <algorithm>
#include <cstddef>
#include <memory>
#include <span>
#include <utility>
#include <vector>

namespace cairn {

namespace detail {

/// Indexes that are being edited.
template <class IndexTag>
struct IndexEdits {
  template <Order Sorted>
  using Edit = typename IndexOf<IndexTag, Sorted>::Transient;

  explicit IndexEdits(Indexes<IndexTag> const& indexes)
      : eavt{indexes.eavt.edit()}, aevt{indexes.aevt.edit()}, avet{indexes.avet.edit()} {}

  void insert(RawDatom const& datom, bool in_avet) {
    if (in_avet) avet.insert(datom);
    aevt.insert(datom);
    eavt.insert(datom);
  }
  /// Whether it was there.
  bool erase(RawDatom const& datom, bool in_avet) {
    if (!eavt.erase(datom)) return false;
    aevt.erase(datom);
    if (in_avet) avet.erase(datom);
    return true;
  }
  /// The same; what the indexes keep of what was erased goes too, whether the datom is there now or was before.
  bool purge(RawDatom const& datom, bool in_avet) {
    if constexpr (requires { eavt.purge(datom); }) {
      bool const was_there = eavt.purge(datom);
      aevt.purge(datom);
      avet.purge(datom);
      return was_there;
    } else {
      return erase(datom, in_avet);
    }
  }

  /// Makes AVET hold, or no longer hold, the datoms of an attribute.
  void refile(AttributeId attribute, bool in_avet) {
    auto const start =
        Position{.datom = {.e = 0, .a = attribute, .added = true, .tx = 0, .v = {}}, .components = 1, .after = false};
    for (auto cursor = aevt.seek(start); cursor.valid() && (*cursor).a == attribute; cursor.next()) {
      if (in_avet) {
        avet.insert(*cursor);
      } else {
        avet.erase(*cursor);
      }
    }
  }

  [[nodiscard]] Indexes<IndexTag> finish() && {
    return {std::move(eavt).persistent(), std::move(aevt).persistent(), std::move(avet).persistent()};
  }
  /// What is there so far; editing goes on.
  [[nodiscard]] Indexes<IndexTag> snapshot() {
    auto const so_far = [](auto& edit) {
      auto index = std::move(edit).persistent();
      edit = index.edit();
      return index;
    };
    return {so_far(eavt), so_far(aevt), so_far(avet)};
  }

  Edit<Order::eavt> eavt;
  Edit<Order::aevt> aevt;
  Edit<Order::avet> avet;
};

/// Adds many datoms that are not in the index. Where they outnumber those that are, the index is built anew from both,
/// in full nodes: linear, and without a search.
template <Order Sorted, class Index>
void insert_many(typename Index::Transient& edit, std::vector<RawDatom> datoms) {
  auto const before = [](RawDatom const& left, RawDatom const& right) { return compare<Sorted>(left, right) < 0; };
  std::sort(datoms.begin(), datoms.end(), before);
  if (datoms.size() < edit.size()) {
    for (auto& datom : datoms) edit.insert(std::move(datom));
    return;
  }
  typename Index::Builder builder{edit.source()};
  auto next = datoms.begin();
  for (auto cursor = edit.begin(); cursor.valid(); cursor.next()) {
    for (; next != datoms.end() && before(*next, *cursor); ++next) builder.add(std::move(*next));
    builder.add(*cursor);
  }
  for (; next != datoms.end(); ++next) builder.add(std::move(*next));
  edit = std::move(builder).finish().edit();
}

}  // namespace detail

/// A snapshot whose indexes are being edited.
template <class IndexTag>
struct EditedSnapshot : Moment<IndexTag> {
  explicit EditedSnapshot(Snapshot<IndexTag> const& base)
      : Moment<IndexTag>{base}, current{base.current}, temporal{base.temporal} {}

  detail::IndexEdits<IndexTag> current;
  detail::IndexEdits<IndexTag> temporal;
};

/// A snapshot to which transactions are being applied, one after the other, in place: nodes that it made itself it
/// changes. A function of the snapshot and the records alone, so that replaying a log gives what transacting gave.
///
/// Errors: `store/corrupt` where a record does not follow from what is there; the editor is of no use then.
template <class IndexTag>
class SnapshotEditor {
 public:
  explicit SnapshotEditor(Snapshot<IndexTag> const& base) : state_{base} {}
  /// Keeps the base: what is collected as garbage meanwhile is nothing that nodes of it are read from.
  explicit SnapshotEditor(std::shared_ptr<Snapshot<IndexTag> const> base) : state_{*base}, base_{std::move(base)} {}

  /// What is there so far. The schema that it names stays as it is; the rest changes with the next `apply`.
  [[nodiscard]] EditedSnapshot<IndexTag> const& state() noexcept {
    own_.reset();
    return state_;
  }

  void apply(TxRecord const& record) {
    if (record.tx != state_.max_tx + 1) ByteReader::corrupt("a transaction does not follow the one before it");
    for (auto const& [id, ident] : record.new_attributes) add_attribute(id, ident);
    bool const bulk = record.datoms.size() >= bulk_size;
    std::vector<RawDatom> added;
    std::vector<EntityId> described;
    for (auto const& datom : record.purged) {
      purge(datom);
      if (is_schema_attribute(datom.a)) described.push_back(datom.e);
    }
    for (auto const& datom : record.datoms) {
      auto const* attribute = state_.schema->find(datom.a);
      if (attribute == nullptr) ByteReader::corrupt("a datom has an attribute that no schema names");
      if (!datom.added) {
        retract(datom, *attribute, record.purged);
      } else if (bulk) {
        added.push_back(datom);
      } else {
        state_.current.insert(datom, attribute->in_avet());
      }
      if (is_schema_attribute(datom.a)) described.push_back(datom.e);
    }
    if (bulk) insert_many(std::move(added));
    for (auto const& [id, ident] : record.new_attributes) {
      if (auto const owner = state_.schema->entity(ident)) described.push_back(*owner);
    }
    describe(std::move(described));
    applied_ += record.datoms.size();
    state_.max_tx = record.tx;
    if (record.instant < state_.last_instant) state_.last_set_back = record.tx;
    state_.max_entity = (std::max)(state_.max_entity, record.max_entity);
    state_.last_instant = (std::max)(state_.last_instant, record.instant);
  }

  /// What more the transaction that was applied last says, and what of it is taken back, each with the datom that it
  /// ended where it is a retraction. Requires: none of it describes attributes.
  void amend(TxRecord const& more, std::span<std::pair<RawDatom, RawDatom> const> taken_back) {
    for (auto const& [id, ident] : more.new_attributes) add_attribute(id, ident);
    for (auto const& [operation, ended] : taken_back) {
      bool const in_avet = state_.schema->find(operation.a)->in_avet();
      if (operation.added) {
        state_.current.erase(operation, in_avet);
      } else {
        state_.temporal.erase(operation, in_avet);
        state_.temporal.erase(ended, in_avet);
        state_.current.insert(ended, in_avet);
      }
    }
    for (auto const& datom : more.datoms) {
      auto const& attribute = *state_.schema->find(datom.a);
      if (datom.added) {
        state_.current.insert(datom, attribute.in_avet());
      } else {
        retract(datom, attribute, {});
      }
    }
    applied_ += more.datoms.size() + taken_back.size();
    state_.max_entity = (std::max)(state_.max_entity, more.max_entity);
  }

  /// How many datoms lie between the base and what is there.
  [[nodiscard]] std::size_t applied() const noexcept { return applied_; }

  [[nodiscard]] Snapshot<IndexTag> finish() && {
    return {std::move(static_cast<Moment<IndexTag>&>(state_)), std::move(state_.current).finish(), std::move(state_.temporal).finish()};
  }
  /// What is there so far, as a value. Nodes are copied again from here on.
  [[nodiscard]] Snapshot<IndexTag> snapshot() { return {state(), state_.current.snapshot(), state_.temporal.snapshot()}; }

 private:
  static constexpr std::size_t bulk_size = 4096;

  /// The schema, to be changed: our own copy from the first change on that follows a look at it.
  DatabaseSchema& own_schema() {
    if (!own_) {
      own_ = std::make_shared<DatabaseSchema>(*state_.schema);
      state_.schema = own_;
    }
    return *own_;
  }

  void add_attribute(AttributeId id, Keyword ident) {
    // The name may be another attribute's, which gives it up in this very transaction.
    if (id != state_.schema->next_attribute()) ByteReader::corrupt("an attribute's number does not follow the one before it");
    own_schema().add(ident);
  }

  /// What was asserted may have been purged by the same record, and then leaves only the retraction.
  void retract(RawDatom const& datom, Attribute const& attribute, std::span<RawDatom const> purged) {
    auto const says_it = [&datom](auto const& other) {
      return other.e == datom.e && other.a == datom.a && other.v == datom.v;
    };
    auto const cursor = state_.current.eavt.seek(Position{.datom = datom, .components = 3, .after = false});
    bool const there = cursor.valid() && says_it(*cursor);
    bool const in_avet = attribute.in_avet();
    bool const keep = state_.options->keep_history && !attribute.no_history;
    if (there) {
      RawDatom const asserted = *cursor;
      state_.current.erase(asserted, in_avet);
      if (keep) state_.temporal.insert(asserted, in_avet);
    } else {
      auto const first = std::ranges::partition_point(
          purged, [&](RawDatom const& other) { return detail::compare_parts<Order::eavt>(other, datom, 3) < 0; });
      if (first == purged.end() || !says_it(*first)) ByteReader::corrupt("a transaction retracts what is not there");
    }
    if (keep) state_.temporal.insert(datom, in_avet);
  }

  void purge(RawDatom const& datom) {
    auto const* attribute = state_.schema->find(datom.a);
    if (attribute == nullptr) ByteReader::corrupt("a purged datom has an attribute that no schema names");
    bool const is_true = state_.current.purge(datom, attribute->in_avet());
    bool const was_true = state_.temporal.purge(datom, attribute->in_avet());
    if (!is_true && !was_true) ByteReader::corrupt("a transaction purges what is not there");
  }

  void insert_many(std::vector<RawDatom> added) {
    std::vector<RawDatom> indexed;
    for (auto const& datom : added) {
      if (state_.schema->find(datom.a)->in_avet()) indexed.push_back(datom);
    }
    detail::insert_many<Order::avet, IndexOf<IndexTag, Order::avet>>(state_.current.avet, std::move(indexed));
    detail::insert_many<Order::aevt, IndexOf<IndexTag, Order::aevt>>(state_.current.aevt, added);
    detail::insert_many<Order::eavt, IndexOf<IndexTag, Order::eavt>>(state_.current.eavt, std::move(added));
  }

  /// Takes over what entities now say of themselves, and files the datoms of attributes that became indexed or ceased
  /// to be.
  void describe(std::vector<EntityId> entities) {
    if (entities.empty()) return;
    std::sort(entities.begin(), entities.end());
    entities.erase(std::unique(entities.begin(), entities.end()), entities.end());
    std::vector<EntityFacts> facts;
    facts.reserve(entities.size());
    for (auto const entity : entities) facts.push_back(facts_of(entity));
    auto& schema = own_schema();
    std::vector<std::pair<AttributeId, bool>> filed;
    for (auto const& [entity, said] : facts) {
      if (auto const* attribute = schema.described_by(entity)) filed.emplace_back(attribute->id, attribute->in_avet());
      for (auto const& [a, v] : said) {
        auto const* named =
            a == system_attribute::ident && v.is(ValueKind::keyword) ? schema.find(v.as_keyword()) : nullptr;
        if (named != nullptr) filed.emplace_back(named->id, named->in_avet());
      }
    }
    schema.define(facts);
    std::sort(filed.begin(), filed.end());
    filed.erase(std::unique(filed.begin(), filed.end()), filed.end());
    for (auto const& [id, was_in_avet] : filed) {
      bool const in_avet = schema.find(id)->in_avet();
      if (in_avet == was_in_avet) continue;
      state_.current.refile(id, in_avet);
      state_.temporal.refile(id, in_avet);
    }
  }

  [[nodiscard]] EntityFacts facts_of(EntityId entity) const {
    EntityFacts result{entity, {}};
    auto const start =
        Position{.datom = {.e = entity, .a = 0, .added = true, .tx = 0, .v = {}}, .components = 1, .after = false};
    for (auto cursor = state_.current.eavt.seek(start); cursor.valid(); cursor.next()) {
      auto&& datom = *cursor;
      if (datom.e != entity || datom.a >= first_user_attribute) break;
      if (is_schema_attribute(datom.a)) result.facts.emplace_back(datom.a, datom.v);
    }
    return result;
  }

  EditedSnapshot<IndexTag> state_;
  std::shared_ptr<DatabaseSchema> own_{};  // the schema, where it was copied since somebody saw it
  std::shared_ptr<Snapshot<IndexTag> const> base_{};
  std::size_t applied_ = 0;
};

template <class IndexTag>
Snapshot<IndexTag> apply(Snapshot<IndexTag> const& snapshot, TxRecord const& record) {
  SnapshotEditor<IndexTag> editor{snapshot};
  editor.apply(record);
  return std::move(editor).finish();
}

template <class IndexTag>
Snapshot<IndexTag> apply(Snapshot<IndexTag> snapshot, std::span<TxRecord const> records) {
  if (records.empty()) return snapshot;  // an editor reads the roots of the indexes
  SnapshotEditor<IndexTag> editor{snapshot};
  for (auto const& record : records) editor.apply(record);
  return std::move(editor).finish();
}

}  // namespace cairn
