// Copyright the Cairn authors
// SPDX-License-Identifier: BSL-1.0
// The schema of a database: its attributes and its idents.
#pragma once

#include <cairn/datom/datom.hpp>
#include <cairn/db/attribute.hpp>
#include <cairn/meta/lazy.hpp>

#include <algorithm>
#include <memory>
#include <optional>
#include <span>
#include <string_view>
#include <unordered_map>
#include <utility>
#include <vector>

namespace cairn {

/// What an entity says of itself in the attributes that describe attributes: its current facts, in any order.
struct EntityFacts {
  EntityId entity = 0;
  std::vector<std::pair<AttributeId, Value>> facts{};
};

/// The attributes of a database, by number and by keyword, and the idents of its entities. A function of the datoms: it
/// is never changed but by applying them.
///
/// Copying costs a pointer an attribute and an ident; a database value shares it
/// (`std::shared_ptr<DatabaseSchema const>`).
/// Thread safety: that of a container.
class DatabaseSchema {
 public:
  /// The attributes that every database has.
  template <meta::Lazy = {}>
  DatabaseSchema() : DatabaseSchema{system()} {}
  /// The same where attributes are entities (`:attribute-refs? true`): attribute 1 is entity 1, and so on, and what says
  /// `:db/valueType`, `:db/cardinality` and `:db/unique` refers to entities.
  template <meta::Lazy = {}>
  [[nodiscard]] static DatabaseSchema with_attribute_refs();

  /// The attribute of that number, or null. O(1).
  template <meta::Lazy = {}>
  [[nodiscard]] Attribute const* find(AttributeId id) const noexcept {
    return id < attributes_.size() ? attributes_[id].get() : nullptr;
  }
  /// The attribute of that name, or null. O(1).
  template <meta::Lazy = {}>
  [[nodiscard]] Attribute const* find(Keyword ident) const noexcept {
    auto const found = by_ident_.find(ident);
    return found == by_ident_.end() ? nullptr : find(found->second);
  }
  /// The attribute that an entity describes, or null. O(1).
  template <meta::Lazy = {}>
  [[nodiscard]] Attribute const* described_by(EntityId entity) const noexcept {
    auto const found = by_entity_.find(entity);
    return found == by_entity_.end() ? nullptr : find(found->second);
  }

  /// The entity of that `:db/ident`. O(1).
  template <meta::Lazy = {}>
  [[nodiscard]] std::optional<EntityId> entity(Keyword ident) const noexcept {
    auto const found = entities_.find(ident);
    return found == entities_.end() ? std::nullopt : std::optional{found->second};
  }
  /// The `:db/ident` of that entity. O(1).
  template <meta::Lazy = {}>
  [[nodiscard]] std::optional<Keyword> ident(EntityId entity) const noexcept {
    auto const found = idents_.find(entity);
    return found == idents_.end() ? std::nullopt : std::optional{found->second};
  }

  /// A value that describes attributes, by name: the ident of the entity where it refers to one that has one.
  template <meta::Lazy = {}>
  [[nodiscard]] Value by_name(Value const& value) const {
    if (!value.is(ValueKind::integer)) return value;
    auto const found = ident(value.as_integer());
    return found ? Value{*found} : value;
  }

  /// All attributes by number, those of `system_attribute` first; null where a number is not in use.
  [[nodiscard]] std::span<std::shared_ptr<Attribute const> const> attributes() const noexcept { return attributes_; }
  /// Whether some attribute's value is made of other attributes' values. O(1).
  [[nodiscard]] bool has_composites() const noexcept { return composites_ != 0; }
  /// Every entity that has an ident.
  [[nodiscard]] std::unordered_map<EntityId, Keyword> const& idents() const noexcept { return idents_; }
  /// The number that the next new attribute gets.
  [[nodiscard]] AttributeId next_attribute() const noexcept { return static_cast<AttributeId>(attributes_.size()); }

  /// Gives a name a number. Requires: it has none. An entity that already has the name as its ident is to be defined
  /// again.
  template <meta::Lazy = {}>
  AttributeId add(Keyword ident) {
    auto const id = next_attribute();
    put({.id = id, .ident = ident});
    by_ident_.insert_or_assign(ident, id);
    return id;
  }

  /// Takes over what entities say of themselves; all facts of each, no others. An attribute that they define and that
  /// has no number yet must be added first. Facts that make no sense are passed over: refusing them is the
  /// transaction's task.
  template <meta::Lazy = {}>
  void define(std::span<EntityFacts const> entities) {
    for (auto const& [entity, facts] : entities) forget_ident(entity);
    for (auto const& [entity, facts] : entities) {
      if (auto const ident = ident_in(facts)) {
        restore_ident(entity, *ident);
      } else {
        give_up_attribute(entity);
      }
    }
    // A name can change hands: first who gives it up, then who takes an attribute to another name, then who takes what is free.
    for (auto const& [entity, facts] : entities) {
      auto const described = by_entity_.find(entity);
      if (described != by_entity_.end()) describe(described->second, entity, facts);
    }
    for (auto const& [entity, facts] : entities) {
      auto const ident = idents_.find(entity);
      if (ident == idents_.end() || by_entity_.contains(entity)) continue;
      auto const named = by_ident_.find(ident->second);
      if (named != by_ident_.end()) describe(named->second, entity, facts);
    }
  }
  template <meta::Lazy = {}>
  void define(EntityFacts const& entity) { define(std::span{&entity, 1}); }

  /// Makes an attribute that no entity describes any more an entity's again, which is to be defined next.
  template <meta::Lazy = {}>
  void give_back(EntityId entity, AttributeId id) {
    by_entity_.insert_or_assign(entity, id);
  }

  /// A name that two attributes have, if there is one: what every schema is free of that can be stored. Linear.
  template <meta::Lazy = {}>
  [[nodiscard]] std::optional<Keyword> name_of_two() const {
    for (auto const& attribute : attributes_) {
      if (!attribute) continue;
      auto const named = by_ident_.find(attribute->ident);
      if (named == by_ident_.end() || named->second != attribute->id) return attribute->ident;
    }
    return std::nullopt;
  }

  /// Puts an attribute in its place as it is: for reading a stored schema.
  template <meta::Lazy = {}>
  void restore(Attribute attribute) {
    auto const id = attribute.id;
    auto const ident = attribute.ident;
    if (attribute.entity != 0) by_entity_.insert_or_assign(attribute.entity, id);
    put(std::move(attribute));
    by_ident_.insert_or_assign(ident, id);
  }
  template <meta::Lazy = {}>
  void restore_ident(EntityId entity, Keyword ident) {
    idents_.insert_or_assign(entity, ident);
    entities_.insert_or_assign(ident, entity);
  }

  template <meta::Lazy = {}>
  friend bool operator==(DatabaseSchema const& left, DatabaseSchema const& right) noexcept {
    auto const same = [](auto const& a, auto const& b) { return a == b || (a && b && *a == *b); };
    return left.attributes_.size() == right.attributes_.size() && left.by_ident_ == right.by_ident_ &&
           left.idents_ == right.idents_ && left.by_entity_ == right.by_entity_ &&
           std::equal(left.attributes_.begin(), left.attributes_.end(), right.attributes_.begin(), same);
  }

 private:
  struct Empty {};
  explicit DatabaseSchema(Empty) {}

  template <meta::Lazy = {}>
  static DatabaseSchema const& system();

  /// Puts an attribute in its place, in that of another perhaps.
  template <meta::Lazy = {}>
  void put(Attribute attribute) {
    auto const id = attribute.id;
    if (id >= attributes_.size()) attributes_.resize(id + std::size_t{1});
    if (attributes_[id] && attributes_[id]->is_composite()) --composites_;
    if (attribute.is_composite()) ++composites_;
    attributes_[id] = std::make_shared<Attribute const>(std::move(attribute));
  }

  template <meta::Lazy = {}>
  void forget_ident(EntityId entity) {
    auto const found = idents_.find(entity);
    if (found == idents_.end()) return;
    if (auto const owner = entities_.find(found->second); owner != entities_.end() && owner->second == entity) {
      entities_.erase(owner);
    }
    idents_.erase(found);
  }

  template <meta::Lazy = {}>
  static std::optional<Keyword> ident_in(std::vector<std::pair<AttributeId, Value>> const& facts) {
    std::optional<Keyword> ident;
    for (auto const& [a, v] : facts) {
      if (a == system_attribute::ident && v.is(ValueKind::keyword)) ident = v.as_keyword();
    }
    return ident;
  }

  /// The name stays with its number, and the datoms with the name; what was said of it is gone.
  template <meta::Lazy = {}>
  void give_up_attribute(EntityId entity) {
    auto const described = by_entity_.find(entity);
    if (described == by_entity_.end()) return;
    auto const id = described->second;
    by_entity_.erase(described);
    if (attributes_[id]->entity == entity) put({.id = id, .ident = attributes_[id]->ident});
  }

  /// Requires: the entity has an ident.
  template <meta::Lazy = {}>
  void describe(AttributeId id, EntityId entity, std::vector<std::pair<AttributeId, Value>> const& facts) {
    if (id < first_user_attribute) return;
    auto const ident = idents_.at(entity);
    auto const before = attributes_[id]->ident;
    if (auto const old = by_ident_.find(before); before != ident && old != by_ident_.end() && old->second == id) {
      by_ident_.erase(old);
    }
    by_ident_.insert_or_assign(ident, id);
    by_entity_.insert_or_assign(entity, id);
    put(attribute_of(id, ident, entity, facts));
  }

  template <meta::Lazy = {}>
  static std::vector<Keyword> keywords_of(Value const& value) {
    std::vector<Keyword> result;
    if (!value.is(ValueKind::tuple)) return result;
    for (auto const& element : value.as_tuple()) {
      if (element.is(ValueKind::keyword)) result.push_back(element.as_keyword());
    }
    return result;
  }

  template <meta::Lazy = {}>
  [[nodiscard]] Attribute attribute_of(AttributeId id, Keyword ident, EntityId entity,
                                       std::vector<std::pair<AttributeId, Value>> const& facts) const {
    namespace system = system_attribute;
    Attribute attribute{.id = id, .ident = ident, .entity = entity};
    for (auto const& [a, v] : facts) {
      auto const named = by_name(v);
      auto const text = named.is(ValueKind::keyword) ? named.as_keyword().text() : std::string_view{};
      auto const flag = v.is(ValueKind::boolean) && v.as_boolean();
      switch (a) {
        case system::value_type:
          attribute.type = value_type_of(text);
          break;
        case system::cardinality:
          attribute.cardinality = cardinality_of(text).value_or(Cardinality::one);
          attribute.has_cardinality = true;
          break;
        case system::unique:
          attribute.unique = uniqueness_of(text).value_or(Uniqueness::none);
          break;
        case system::index:
          attribute.indexed = flag;
          break;
        case system::is_component:
          attribute.component = flag;
          break;
        case system::no_history:
          attribute.no_history = flag;
          break;
        case system::doc:
          if (v.is(ValueKind::string)) attribute.doc = v.as_string();
          break;
        case system::tuple_attrs:
          attribute.tuple_attributes = keywords_of(v);
          break;
        case system::tuple_type:
          attribute.tuple_type = value_type_of(text);
          break;
        case system::tuple_types:
          for (auto const type : keywords_of(v)) {
            if (auto const known = value_type_of(type.text())) attribute.tuple_types.push_back(*known);
          }
          break;
        default:
          break;
      }
    }
    return attribute;
  }

  std::vector<std::shared_ptr<Attribute const>> attributes_{};
  std::unordered_map<Keyword, AttributeId> by_ident_{};
  std::unordered_map<EntityId, AttributeId> by_entity_{};
  std::unordered_map<EntityId, Keyword> idents_{};
  std::unordered_map<Keyword, EntityId> entities_{};
  std::size_t composites_ = 0;
};

template <meta::Lazy>
inline DatabaseSchema const& DatabaseSchema::system() {
  static DatabaseSchema const schema = [] {
    namespace system = system_attribute;
    DatabaseSchema made{Empty{}};
    auto const put = [&made](AttributeId id, std::string_view ident, ValueType type, Cardinality cardinality) {
      Attribute attribute{.id = id, .ident = Keyword{ident}};
      attribute.type = type;
      attribute.cardinality = cardinality;
      attribute.has_cardinality = true;
      if (id == system::ident) attribute.unique = Uniqueness::identity;
      if (id == system::tx_instant) attribute.indexed = true;
      made.restore(std::move(attribute));
    };
    using enum Cardinality;
    put(system::ident, "db/ident", ValueType::keyword, one);
    put(system::value_type, "db/valueType", ValueType::keyword, one);
    put(system::cardinality, "db/cardinality", ValueType::keyword, one);
    put(system::unique, "db/unique", ValueType::keyword, one);
    put(system::index, "db/index", ValueType::boolean, one);
    put(system::is_component, "db/isComponent", ValueType::boolean, one);
    put(system::no_history, "db/noHistory", ValueType::boolean, one);
    put(system::doc, "db/doc", ValueType::string, one);
    put(system::tx_instant, "db/txInstant", ValueType::instant, one);
    put(system::tuple_attrs, "db/tupleAttrs", ValueType::tuple, one);
    put(system::tuple_type, "db/tupleType", ValueType::keyword, one);
    put(system::tuple_types, "db/tupleTypes", ValueType::tuple, one);
    put(system::attribute_predicates, "db.attr/preds", ValueType::symbol, many);
    put(system::entity_attributes, "db.entity/attrs", ValueType::keyword, many);
    put(system::entity_predicates, "db.entity/preds", ValueType::symbol, many);
    made.attributes_.resize(first_user_attribute);
    return made;
  }();
  return schema;
}

template <meta::Lazy>
inline DatabaseSchema DatabaseSchema::with_attribute_refs() {
  namespace system = system_attribute;
  DatabaseSchema made;
  for (AttributeId id = 1; id != first_user_attribute; ++id) {
    auto const* found = made.find(id);
    if (found == nullptr) continue;
    Attribute attribute = *found;
    attribute.entity = id;
    if (id == system::value_type || id == system::cardinality || id == system::unique) attribute.type = ValueType::ref;
    made.restore(std::move(attribute));
  }
  return made;
}

}  // namespace cairn
