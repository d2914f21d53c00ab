// Copyright the Cairn authors
// SPDX-License-Identifier: BSL-1.0
// Applying transactions to a snapshot: the one place where indexes change.
#pragma once

#include <cairn/db/apply.hpp>
#include <cairn/db/index_edits.hpp>
#include <cairn/db/snapshot.hpp>
#include <cairn/db/tx_record.hpp>
#include <cairn/index/persistent_set.hpp>

#include <algorithm>
#include <cstddef>
#include <memory>
#include <optional>
#include <span>
#include <utility>
#include <vector>

namespace cairn {

/// A snapshot whose indexes are being edited.
template <class IndexTag>
struct EditedSnapshot : Moment<IndexTag> {
  explicit EditedSnapshot(Snapshot<IndexTag> const& base)
      : Moment<IndexTag>{base}, current{base.current}, temporal{base.temporal} {}
  explicit EditedSnapshot(detail::LazySnapshot<IndexTag> const& version)
      : Moment<IndexTag>{version.moment()},
        current{version, &Snapshot<IndexTag>::current},
        temporal{version, &Snapshot<IndexTag>::temporal},
        has_predicates_{version.has_predicates()} {}

  /// Whether there are datoms of an attribute, now or in the past.
  [[nodiscard]] bool is_used(AttributeId a) const {
    auto const start = Position{.datom = {.e = 0, .a = a, .added = true, .tx = 0, .v = {}}, .components = 1, .after = false};
    for (auto const* indexes : {&current, &temporal}) {
      auto const cursor = indexes->aevt().seek(start);
      if (cursor.valid() && (*cursor).a == a) return true;
    }
    return false;
  }
  /// The same of `:db.attr/preds`, for which every transaction asks: the indexes are looked at once.
  [[nodiscard]] bool has_predicates() const {
    if (!has_predicates_) has_predicates_ = is_used(system_attribute::attribute_predicates);
    return *has_predicates_;
  }
  /// The answer, where it is known already.
  [[nodiscard]] std::optional<bool> const& known_predicates() const noexcept { return has_predicates_; }
  /// Takes note of a datom that was added.
  void note(RawDatom const& datom) noexcept {
    if (datom.a == system_attribute::attribute_predicates) has_predicates_ = true;
  }

  detail::IndexEdits<IndexTag> current;
  detail::IndexEdits<IndexTag> temporal;

 private:
  std::optional<bool> mutable has_predicates_{};
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
  /// On a version whose snapshot is asked for when somebody looks at an index.
  explicit SnapshotEditor(std::shared_ptr<detail::LazySnapshot<IndexTag> const> version)
      : state_{*version}, version_{std::move(version)} {}

  /// What is there so far. The schema that it names stays as it is; the rest changes with the next `apply`.
  [[nodiscard]] EditedSnapshot<IndexTag> const& state() noexcept {
    own_.reset();
    return state_;
  }

  void apply(TxRecord const& record) {
    if (record.tx != state_.max_tx + 1) ByteReader::corrupt("a transaction does not follow the one before it");
    for (auto const& [id, ident] : record.new_attributes) add_attribute(id, ident);
    std::vector<EntityId> described;
    for (auto const& datom : record.purged) {
      purge(datom);
      if (is_schema_attribute(datom.a)) described.push_back(datom.e);
    }
    // To retract is to look at the indexes: so first, and what is asserted is held back. No fact of a record is both.
    for (auto const& datom : record.datoms) {
      auto const* attribute = state_.schema->find(datom.a);
      if (attribute == nullptr) ByteReader::corrupt("a datom has an attribute that no schema names");
      if (!datom.added) retract(datom, *attribute, record.purged);
      if (is_schema_attribute(datom.a)) described.push_back(datom.e);
    }
    for (auto const& datom : record.datoms) {
      if (!datom.added) continue;
      state_.current.insert(datom, state_.schema->find(datom.a)->in_avet());
      state_.note(datom);
    }
    if (state_.current.held() > most_held) state_.current.settle();
    if (state_.temporal.held() > most_held) state_.temporal.settle();
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
        state_.note(datom);
      } else {
        retract(datom, attribute, {});
      }
    }
    applied_ += more.datoms.size() + taken_back.size();
    state_.max_entity = (std::max)(state_.max_entity, more.max_entity);
  }

  /// How many datoms lie between the base and what is there.
  [[nodiscard]] std::size_t applied() const noexcept { return applied_; }
  /// How many insertions wait until somebody looks at an index.
  [[nodiscard]] std::size_t held() const noexcept { return state_.current.held() + state_.temporal.held(); }
  /// The version that this stands on and asks for its snapshot; null where it was given one.
  [[nodiscard]] std::shared_ptr<detail::LazySnapshot<IndexTag> const> const& version() const noexcept { return version_; }
  [[nodiscard]] std::optional<bool> const& known_predicates() const noexcept { return state_.known_predicates(); }

  [[nodiscard]] Snapshot<IndexTag> finish() && {
    return {std::move(static_cast<Moment<IndexTag>&>(state_)), std::move(state_.current).finish(), std::move(state_.temporal).finish()};
  }
  /// What is there so far, as a value. Nodes are copied again from here on.
  [[nodiscard]] Snapshot<IndexTag> snapshot() { return {state(), state_.current.snapshot(), state_.temporal.snapshot()}; }

 private:
  static constexpr std::size_t most_held = 4096;  // of what many transactions insert

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
    auto const cursor = state_.current.eavt().seek(Position{.datom = datom, .components = 3, .after = false});
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
    for (auto cursor = state_.current.eavt().seek(start); cursor.valid(); cursor.next()) {
      auto&& datom = *cursor;
      if (datom.e != entity || datom.a >= first_user_attribute) break;
      if (is_schema_attribute(datom.a)) result.facts.emplace_back(datom.a, datom.v);
    }
    return result;
  }

  EditedSnapshot<IndexTag> state_;
  std::shared_ptr<DatabaseSchema> own_{};  // the schema, where it was copied since somebody saw it
  std::shared_ptr<Snapshot<IndexTag> const> base_{};
  std::shared_ptr<detail::LazySnapshot<IndexTag> const> version_{};
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

#include <cairn/db/lazy_snapshot.hpp>  // at the end: its members use what is above
