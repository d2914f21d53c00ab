// Copyright the Cairn authors
// SPDX-License-Identifier: BSL-1.0
// The database as a transaction in progress sees it: a snapshot and the changes so far.
#pragma once

#include <cairn/datom/codec.hpp>
#include <cairn/db/change_set.hpp>
#include <cairn/db/coerce.hpp>
#include <cairn/db/db.hpp>
#include <cairn/db/initial_snapshot.hpp>
#include <cairn/db/snapshot.hpp>
#include <cairn/db/snapshot_editor.hpp>
#include <cairn/meta/lazy.hpp>

#include <algorithm>
#include <map>
#include <memory>
#include <optional>
#include <set>
#include <span>
#include <string>
#include <unordered_map>
#include <utility>
#include <vector>

namespace cairn::detail {

template <meta::Lazy = {}>
[[noreturn]] inline void raise_too_deep() {
  raise(Errc::transact_schema,
        "A value may have tuples inside tuples up to " + std::to_string(codec::max_tuple_depth) + " deep.", "{}");
}
/// Refuses tuples that have more levels, which could not be read again.
template <meta::Lazy = {}>
inline void require_readable_depth(Value const& value, int levels = codec::max_tuple_depth) {
  if (!value.is(ValueKind::tuple)) return;
  if (levels == 0) raise_too_deep();
  for (auto const& element : value.as_tuple()) require_readable_depth(element, levels - 1);
}
/// What an attribute has not been all through a transaction, whatever it is in the end.
struct AttributeTouches {
  bool type = false;
  bool cardinality = false;
  bool unique = false;
  bool tuple = false;
};

/// Reading and writing single facts over a snapshot, which stays as it is meanwhile. Each operation sees what those before it did,
/// schema included.
template <class IndexTag>
class TxState {
 public:
  explicit TxState(EditedSnapshot<IndexTag> const& base)
      : base_{base}, schema_{base.schema}, tx_{base.max_tx + 1}, max_entity_{base.max_entity} {}

  [[nodiscard]] EditedSnapshot<IndexTag> const& base() const noexcept { return base_; }
  [[nodiscard]] DatabaseSchema const& schema() const noexcept { return *schema_; }
  [[nodiscard]] EntityId tx() const noexcept { return tx_; }
  [[nodiscard]] EntityId max_entity() const noexcept { return max_entity_; }
  [[nodiscard]] std::vector<Change> const& changes() const noexcept { return changes_.all(); }
  [[nodiscard]] std::vector<std::size_t> take_touched() { return changes_.take_touched(); }
  /// The entities whose facts describe attributes and that were touched.
  [[nodiscard]] std::set<EntityId> const& described() const noexcept { return described_; }
  /// The attributes whose description changed, even if it is what it was.
  [[nodiscard]] std::map<AttributeId, AttributeTouches> const& touched() const noexcept { return touched_; }
  /// Whether an entity lost its ident, for another one or for none.
  [[nodiscard]] bool names_moved() const noexcept { return names_moved_; }
  [[nodiscard]] std::optional<Instant> const& instant() const noexcept { return instant_; }
  /// What is taken out of the present and the past.
  [[nodiscard]] auto const& purged() const noexcept { return purged_; }

  /// Back to the beginning. Numbers that were given out stay so.
  void clear() {
    schema_ = base_.schema;
    own_schema_.reset();
    changes_.clear();
    said_.clear();
    changes_said_ = 0;
    described_.clear();
    touched_.clear();
    names_moved_ = false;
    composites_ = composites_of(*schema_);
    composites_changed_.clear();
    instant_.reset();
    purged_.clear();
    first_new_ = max_entity_;
    is_taken_late_ = false;
  }

  // ---- entities and attributes

  EntityId new_entity() {
    if (max_entity_ + 1 >= first_transaction - 1) {
      raise(Errc::entity_id_syntax, "The database has no number left for a new entity.", "{}");
    }
    return ++max_entity_;
  }
  /// Whether it is a number that an entity can have, and leaves room for new ones behind it.
  [[nodiscard]] bool is_entity(EntityId id) const noexcept {
    bool const is_transaction = id >= first_transaction && id <= tx_;
    return is_transaction || (id > 0 && id <= (std::max)(largest_given_entity, max_entity_));
  }
  /// Refuses other numbers.
  void check_entity(EntityId id) const {
    if (is_entity(id)) return;
    raise(Errc::entity_id_syntax,
          "There is no entity " + std::to_string(id) + ": entities can be numbered from 1 to " +
              std::to_string(largest_given_entity) + ", transactions are from 2^48 + 1 to " + std::to_string(tx_) +
              ". Use a temporary id (a string) for a new entity.",
          "{:entity-id " + std::to_string(id) + "}");
  }
  /// Whether it is one of those that every database with attribute references has.
  [[nodiscard]] bool is_system(EntityId e) const noexcept {
    return base_.options->attribute_refs && e < first_user_entity;
  }
  void require_no_system_entity(EntityId e) const {
    if (!is_system(e)) return;
    raise(Errc::transact_schema,
          "Entity " + std::to_string(e) + " is the system's own: it describes what every database has, and cannot change.",
          "{:entity-id " + std::to_string(e) + "}");
  }
  /// Takes note that a number is somebody's, so that no new entity gets it.
  void use_entity(EntityId id) {
    check_entity(id);
    if (id < first_transaction) max_entity_ = (std::max)(max_entity_, id);
  }
  /// The same for what turns out to be somebody's when all is done. Requires: `is_entity(id)`.
  void use_entity_late(EntityId id) {
    use_entity(id);
    if (id < first_transaction && id > first_new_) is_taken_late_ = true;
  }
  /// Whether new entities may have been given the numbers of others, and all must begin again.
  [[nodiscard]] bool is_taken_late() const noexcept { return is_taken_late_; }

  /// Numbers an attribute that is used before anything is said of it.
  AttributeId name_attribute(Keyword ident) {
    auto const id = own_schema().add(ident);
    if (auto const owner = schema_->entity(ident)) describe(*owner);
    return id;
  }

  /// The largest number that a transaction may give an entity itself; behind it four thousand million are left for those
  /// that the database numbers.
  static constexpr EntityId largest_given_entity = first_transaction - (EntityId{1} << 32U);

  static constexpr std::size_t no_limit = static_cast<std::size_t>(-1);

  // ---- reading

  /// Whether a fact of the base is true still, and was not purged and said again.
  [[nodiscard]] bool is_kept(EntityId e, AttributeId a, Value const& v) const {
    auto const at = changes_.find(e, a, v);
    return at == ChangeSet::none || (changes_.all()[at].was && changes_.all()[at].is);
  }
  [[nodiscard]] bool is_true(EntityId e, AttributeId a, Value const& v) const {
    auto const at = changes_.find(e, a, v);
    return at != ChangeSet::none ? changes_.all()[at].is : was_true(e, a, v);
  }

  /// The values that an entity has under an attribute.
  [[nodiscard]] std::vector<Value> values(EntityId e, AttributeId a) const {
    std::vector<Value> found;
    if (may_be_in_base(e, a)) {
      for (auto cursor = base_.current.eavt().seek(prefix(e, a, {}, 2)); cursor.valid(); cursor.next()) {
        auto&& datom = *cursor;
        if (datom.e != e || datom.a != a) break;
        if (changes_.find(e, a, datom.v) == ChangeSet::none) found.push_back(datom.v);
      }
    }
    changes_.of_attribute(e, a, [&](Change const& change) {
      found.push_back(change.v);
      return false;
    });
    return found;
  }

  /// All that is true of an entity, as attribute and value.
  [[nodiscard]] std::vector<std::pair<AttributeId, Value>> facts(EntityId e) {
    std::vector<std::pair<AttributeId, Value>> found;
    if (!is_new(e)) {
      for (auto cursor = base_.current.eavt().seek(prefix(e, 0, {}, 1)); cursor.valid(); cursor.next()) {
        auto&& datom = *cursor;
        if (datom.e != e) break;
        if (changes_.find(e, datom.a, datom.v) == ChangeSet::none) found.emplace_back(datom.a, datom.v);
      }
    }
    for (auto const at : changes_.of_entity(e)) {
      auto const& change = changes_.all()[at];
      found.emplace_back(change.a, change.v);
    }
    return found;
  }

  /// All facts that an entity ever had before this transaction, and those that it has now: with an attribute, or with
  /// any where `a` is 0. Each once.
  [[nodiscard]] std::vector<std::pair<AttributeId, Value>> facts_ever(EntityId e, AttributeId a) {
    std::vector<std::pair<AttributeId, Value>> found;
    for_each_operation(prefix(e, a, {}, a == 0 ? 1 : 2),
                       [&](RawDatom const& datom) { found.emplace_back(datom.a, datom.v); });
    for (auto const at : changes_.of_entity(e)) {
      auto const& change = changes_.all()[at];
      if (a == 0 || a == change.a) found.emplace_back(change.a, change.v);
    }
    std::sort(found.begin(), found.end());
    found.erase(std::unique(found.begin(), found.end()), found.end());
    return found;
  }

  /// The entities that have a value under an attribute; no more than `limit`.
  [[nodiscard]] std::vector<EntityId> owners(Attribute const& attribute, Value const& v, std::size_t limit) const {
    std::vector<EntityId> found;
    changes_.of_value(attribute.id, v, [&](Change const& change) {
      found.push_back(change.e);
      return found.size() == limit;
    });
    auto const take = [&](RawDatom const& datom) {
      if (changes_.find(datom.e, attribute.id, v) == ChangeSet::none) found.push_back(datom.e);
    };
    if (found.size() == limit || attribute.id >= base_.schema->next_attribute()) return found;
    if (base_.schema->find(attribute.id)->in_avet()) {
      for (auto cursor = base_.current.avet().seek(prefix(0, attribute.id, v, 2));
           cursor.valid() && found.size() != limit; cursor.next()) {
        if ((*cursor).a != attribute.id || (*cursor).v != v) break;
        take(*cursor);
      }
    } else {  // it is becoming unique or a reference in this transaction
      for (auto cursor = base_.current.aevt().seek(prefix(0, attribute.id, {}, 1));
           cursor.valid() && found.size() != limit; cursor.next()) {
        if ((*cursor).a != attribute.id) break;
        if ((*cursor).v == v) take(*cursor);
      }
    }
    return found;
  }
  [[nodiscard]] std::optional<EntityId> owner(Attribute const& attribute, Value const& v) const {
    auto const found = owners(attribute, v, 1);
    return found.empty() ? std::nullopt : std::optional{found.front()};
  }

  /// Whether there were datoms of an attribute before the transaction, now or in the past.
  [[nodiscard]] bool was_used(AttributeId a) const { return base_.is_used(a); }
  /// The same, or the transaction has said something of it.
  [[nodiscard]] bool is_used(AttributeId a) const { return was_used(a) || is_said_of_any(a); }
  /// Whether any attribute has, or had, predicates.
  [[nodiscard]] bool has_predicates() const {
    return base_.has_predicates() || is_said_of_any(system_attribute::attribute_predicates);
  }

  /// Whether the transaction has said anything of an entity's attribute.
  [[nodiscard]] bool has_said(EntityId e, AttributeId a) {
    for (; changes_said_ != changes_.all().size(); ++changes_said_) {
      auto const& change = changes_.all()[changes_said_];
      said_.insert({change.e, change.a});
    }
    return said_.contains({e, a});
  }

  // ---- writing

  /// Makes a fact true. Requires: the value is one that the attribute can have.
  void assert_fact(EntityId e, AttributeId a, Value const& v) {
    use_entity(e);
    if (a == system_attribute::tx_instant) return set_instant(e, v);
    auto const at = changes_.find(e, a, v);
    if (at != ChangeSet::none ? changes_.all()[at].is : was_true(e, a, v)) {
      said_.insert({e, a});
      return;
    }
    auto const& attribute = *schema_->find(a);
    if (attribute.is_unique()) require_nobody_else(attribute, e, v);
    if (!attribute.is_many()) {
      for (auto const& other : values(e, a)) write(e, a, other, false);
    }
    if (attribute.is_ref()) use_entity(v.as_integer());
    write(at, e, a, v, true);
    noticed(e, a);
  }

  /// Makes a fact untrue; nothing happens where it is not true.
  void retract_fact(EntityId e, AttributeId a, Value const& v) {
    if (!is_true(e, a, v)) return;
    if (a == system_attribute::tx_instant) {
      raise(Errc::transact_schema, "The instant of a transaction cannot be retracted.", "{:attribute :db/txInstant}");
    }
    write(e, a, v, false);
    noticed(e, a);
  }

  /// Makes a fact one that never was: takes it out of the present and the past, and out of this transaction.
  void purge_fact(EntityId e, AttributeId a, Value const& v) {
    require_no_system_entity(e);
    bool const was_known = is_true(e, a, v);
    if (auto const at = changes_.find(e, a, v); at != ChangeSet::none) {
      changes_.forget(at);
    } else {
      changes_.add({e, a, v, false, false});
    }
    for_each_operation(prefix(e, a, v, 3), [&](RawDatom const& datom) { purged_.insert(datom); });
    if (was_known) noticed(e, a);
  }
  /// Takes one operation out of the past. Requires: it is in the base's past, or in its present and retracted.
  void purge_past(RawDatom const& datom) { purged_.insert(datom); }
  /// As if a fact had never been true.
  void forget(std::size_t change) { changes_.forget(change); }
  /// The datom of the base that said what has been retracted since. Requires: the fact was true.
  [[nodiscard]] RawDatom datom_before(Change const& change) const {
    return *base_.current.eavt().seek(prefix(change.e, change.a, change.v, 3));
  }

  /// The composite tuples of which an attribute is a part.
  [[nodiscard]] std::span<AttributeId const> composites_with(Keyword part) const {
    auto const found = composites_.find(part);
    return found == composites_.end() ? std::span<AttributeId const>{} : found->second;
  }

  /// Brings those composite tuples up to date whose parts changed while the tuple, or a part, was described otherwise
  /// than in the end. Linear in the changes where there are such.
  void update_touched_composites() {
    if (!schema_->has_composites()) return;
    std::unordered_map<AttributeId, std::set<AttributeId>> by_source;  // by the attributes whose changes matter
    auto const add = [&](AttributeId id) {
      by_source[id].insert(id);
      for (auto const part : schema_->find(id)->tuple_attributes) {
        if (auto const* attribute = schema_->find(part)) by_source[attribute->id].insert(id);
      }
    };
    for (auto const& [id, _] : touched_) {
      auto const& attribute = *schema_->find(id);
      if (attribute.is_composite()) add(id);
      for (auto const composite : composites_with(attribute.ident)) add(composite);
    }
    if (by_source.empty()) return;
    for (auto const& change : changes_.all()) {
      auto const found = by_source.find(change.a);
      if (found == by_source.end()) continue;
      for (auto const composite : found->second) composites_changed_.emplace(change.e, composite);
    }
    update_composites();
  }

  /// Brings the composite tuples of entities whose parts have changed up to date.
  void update_composites() {
    auto const changed = std::exchange(composites_changed_, {});
    for (auto const& [e, a] : changed) {
      auto const& composite = *schema_->find(a);
      std::vector<Value> parts;
      bool any = false;
      for (auto const part : composite.tuple_attributes) {
        auto const* attribute = schema_->find(part);
        auto const found = attribute != nullptr ? values(e, attribute->id) : std::vector<Value>{};
        parts.push_back(found.empty() ? Value{} : found.front());
        any = any || !found.empty();
      }
      if (any) {
        Value const whole{std::move(parts)};
        require_readable_depth(whole);
        assert_fact(e, a, whole);
      } else {
        for (auto const& old : values(e, a)) retract_fact(e, a, old);
      }
    }
  }

 private:
  static Position prefix(EntityId e, AttributeId a, Value v, std::uint8_t components) {
    return {
        .datom = {.e = e, .a = a, .added = true, .tx = 0, .v = std::move(v)}, .components = components, .after = false};
  }

  /// Calls `visit` for what the base says, now and in the past, and is not purged, from a place in EAVT on for as long as the place's
  /// components are the same.
  template <class Visit>
  void for_each_operation(Position const& from, Visit visit) const {
    auto to = from;
    to.after = true;
    for (auto const* indexes : {&base_.current, &base_.temporal}) {
      for (auto cursor = indexes->eavt().seek(from); cursor.valid(); cursor.next()) {
        auto&& datom = *cursor;
        if (compare<Order::eavt>(datom, to) > 0) break;
        if (!purged_.contains(datom)) visit(datom);
      }
    }
  }

  [[nodiscard]] bool is_said_of_any(AttributeId a) const noexcept {
    return std::ranges::find(changes_.all(), a, &Change::a) != changes_.all().end();
  }
  /// Entities that did not exist before need not be looked for.
  [[nodiscard]] bool is_new(EntityId e) const noexcept {
    return e < first_transaction ? e > base_.max_entity : e > base_.max_tx;
  }
  [[nodiscard]] bool may_be_in_base(EntityId e, AttributeId a) const noexcept {
    return !is_new(e) && a < base_.schema->next_attribute();
  }
  [[nodiscard]] bool was_true(EntityId e, AttributeId a, Value const& v) const {
    if (!may_be_in_base(e, a)) return false;
    auto const cursor = base_.current.eavt().seek(prefix(e, a, v, 3));
    return cursor.valid() && (*cursor).e == e && (*cursor).a == a && (*cursor).v == v;
  }

  void write(EntityId e, AttributeId a, Value const& v, bool is) { write(changes_.find(e, a, v), e, a, v, is); }
  /// The same of a change whose place is known, or that is none.
  void write(std::size_t at, EntityId e, AttributeId a, Value const& v, bool is) {
    require_no_system_entity(e);
    if (at != ChangeSet::none) {
      changes_.set(at, is);
    } else {
      changes_.add({e, a, v, !is, is});
    }
  }

  void set_instant(EntityId e, Value const& v) {
    if (e != tx_) {
      raise(Errc::transact_schema,
            ":db/txInstant belongs to the transaction that is being made; that of another, or of an entity, cannot be "
            "set.",
            "{:entity-id " + std::to_string(e) + "}");
    }
    instant_ = v.as_instant();
  }

  void require_nobody_else(Attribute const& attribute, EntityId e, Value const& v) const {
    auto const other = owner(attribute, v);
    if (!other || *other == e) return;
    auto const name = to_text(attribute.ident);
    raise(Errc::transact_unique,
          name + " is unique, and entity " + std::to_string(*other) + " already has " + to_text(v) + "; entity " +
              std::to_string(e) + " cannot have it too. Retract it there first, or name that entity.",
          "{:attribute " + name + " :value " + to_text(v) + " :entity-id " + std::to_string(*other) + "}");
  }

  void noticed(EntityId e, AttributeId a) {
    if (is_schema_attribute(a)) describe(e);
    if (composites_.empty()) return;
    if (auto const found = composites_.find(schema_->find(a)->ident); found != composites_.end()) {
      for (auto const composite : found->second) composites_changed_.emplace(e, composite);
    }
  }

  /// Takes over what an entity says of attributes.
  void describe(EntityId e) {
    described_.insert(e);
    EntityFacts said{e, {}};
    std::optional<Keyword> ident;
    bool defines = false;
    bool is_tuple = false;
    for (auto& [a, v] : facts(e)) {
      if (!is_schema_attribute(a)) continue;
      if (a == system_attribute::ident && v.is(ValueKind::keyword)) ident = v.as_keyword();
      defines = defines || defines_attribute(a);
      is_tuple = is_tuple || a == system_attribute::tuple_attrs;
      said.facts.emplace_back(a, std::move(v));
    }
    auto& schema = own_schema();
    if (auto const had = schema.ident(e); had && had != ident) names_moved_ = true;
    if (ident && schema.described_by(e) == nullptr) take_back(e);
    auto const* mine = schema.described_by(e);
    auto const* named = ident ? schema.find(*ident) : nullptr;
    if (mine != nullptr && named != nullptr && mine->id != named->id) {
      raise(Errc::transact_schema,
            "An attribute cannot be renamed to " + to_text(*ident) + ": that is the name of another one.",
            "{:attribute " + to_text(*ident) + "}");
    }
    if (ident && defines && mine == nullptr && named == nullptr) named = schema.find(schema.add(*ident));
    auto const* attribute = mine != nullptr ? mine : named;
    auto const before = attribute != nullptr ? schema.attributes()[attribute->id] : nullptr;
    schema.define(said);
    if (before) touch(*before, *schema.find(before->id));
    if (is_tuple || (before && before->is_composite())) composites_ = composites_of(schema);
  }

  /// An entity that lost its name and gets another has the attribute that it had: what is stored is what is said in the end, which
  /// says that it was renamed.
  void take_back(EntityId e) {
    auto const* had = base_.schema->described_by(e);
    if (had == nullptr) return;
    auto const owner = schema_->find(had->id)->entity;
    if (owner == 0) {
      own_schema().give_back(e, had->id);
    } else if (owner != e) {
      raise(Errc::transact_schema,
            "Entity " + std::to_string(e) + " gave its attribute " + to_text(had->ident) + " to entity " + std::to_string(owner) +
                ", and cannot get a new name in the same transaction. Make two transactions of it.",
            "{:attribute " + to_text(had->ident) + " :entity-id " + std::to_string(e) + "}");
    }
  }

  void touch(Attribute const& before, Attribute const& now) {
    if (before == now) return;
    auto& touches = touched_[now.id];
    touches.type = touches.type || before.type != now.type;
    touches.cardinality = touches.cardinality || before.cardinality != now.cardinality;
    touches.unique = touches.unique || before.is_unique() != now.is_unique();
    touches.tuple = touches.tuple || before.tuple_attributes != now.tuple_attributes || before.tuple_type != now.tuple_type ||
                    before.tuple_types != now.tuple_types;
  }

  DatabaseSchema& own_schema() {
    if (!own_schema_) {
      own_schema_ = std::make_shared<DatabaseSchema>(*schema_);
      schema_ = own_schema_;
    }
    return *own_schema_;
  }

  using Composites = std::unordered_map<Keyword, std::vector<AttributeId>>;  // by the names of their parts
  static Composites composites_of(DatabaseSchema const& schema) {
    Composites result;
    if (!schema.has_composites()) return result;
    for (auto const& attribute : schema.attributes()) {
      if (!attribute) continue;
      for (auto const part : attribute->tuple_attributes) result[part].push_back(attribute->id);
    }
    return result;
  }

  EditedSnapshot<IndexTag> const& base_;
  std::shared_ptr<DatabaseSchema const> schema_;
  std::shared_ptr<DatabaseSchema> own_schema_{};
  EntityId tx_;
  EntityId max_entity_;
  EntityId first_new_ = max_entity_;  // what is given out from the beginning on lies behind it
  bool is_taken_late_ = false;
  ChangeSet changes_{};
  std::set<std::pair<EntityId, AttributeId>> said_{};  // again what was true already; and changes, when it is first asked
  std::size_t changes_said_ = 0;
  std::set<EntityId> described_{};
  std::map<AttributeId, AttributeTouches> touched_{};
  bool names_moved_ = false;
  std::set<std::pair<EntityId, AttributeId>> composites_changed_{};
  std::optional<Instant> instant_{};
  struct BeforeInEavt {
    bool operator()(RawDatom const& left, RawDatom const& right) const noexcept {
      return compare<Order::eavt>(left, right) < 0;
    }
  };
  std::set<RawDatom, BeforeInEavt> purged_{};
  Composites composites_ = composites_of(*schema_);
};

}  // namespace cairn::detail
