// Copyright the Cairn authors
// SPDX-License-Identifier: BSL-1.0
// An entity of a database value, looked at attribute by attribute.
#pragma once

#include <cairn/db/db.hpp>
#include <cairn/db/edn_conversion.hpp>
#include <cairn/db/reverse_name.hpp>

#include <algorithm>
#include <cstddef>
#include <set>
#include <string>
#include <utility>
#include <variant>
#include <vector>

namespace cairn {

template <class IndexTag>
class Entity;

/// What an entity has under an attribute: nothing, a value, an entity (under a reference), or several of these (under
/// an attribute of many values, or a reverse name).
template <class IndexTag>
class EntityValue {
 public:
  using Many = std::vector<EntityValue>;

  EntityValue() = default;
  explicit EntityValue(Value value) : which_{std::move(value)} {}
  explicit EntityValue(Entity<IndexTag> entity) : which_{std::move(entity)} {}
  explicit EntityValue(Many many) : which_{std::move(many)} {}

  [[nodiscard]] bool is_nil() const noexcept { return std::holds_alternative<std::monostate>(which_); }
  [[nodiscard]] explicit operator bool() const noexcept { return !is_nil(); }
  [[nodiscard]] bool is_value() const noexcept { return std::holds_alternative<Value>(which_); }
  [[nodiscard]] bool is_entity() const noexcept { return std::holds_alternative<Entity<IndexTag>>(which_); }
  [[nodiscard]] bool is_many() const noexcept { return std::holds_alternative<Many>(which_); }

  // Errors: `query/where` where it is something else.
  [[nodiscard]] Value const& value() const { return checked<Value>("a value"); }
  [[nodiscard]] Entity<IndexTag> const& entity() const { return checked<Entity<IndexTag>>("an entity"); }
  [[nodiscard]] Many const& many() const { return checked<Many>("several"); }

 private:
  template <class Wanted>
  [[nodiscard]] Wanted const& checked(char const* wanted) const {
    if (auto const* found = std::get_if<Wanted>(&which_)) return *found;
    char const* const is = is_nil() ? "nothing: no such attribute, or none of this entity" : is_value() ? "a value" : is_entity() ? "an entity" : "several";
    raise(Errc::query_where, "What an entity has under an attribute was read as " + std::string{wanted} + ", and is " + is + ". Ask is_value(), is_entity() or is_many() first.");
  }

  std::variant<std::monostate, Value, Entity<IndexTag>, Many> which_{};
};

/// An entity, lazily: nothing is read before it is asked for, and nothing is kept. It holds its database value.
///
/// Complexity of each question: O(log n + answer). Thread safety: as its database value.
template <class IndexTag>
class Entity {
 public:
  Entity(Db<IndexTag> db, EntityId id) : db_{std::move(db)}, id_{id} {}

  [[nodiscard]] EntityId id() const noexcept { return id_; }
  [[nodiscard]] Db<IndexTag> const& db() const noexcept { return db_; }

  /// What it has under an attribute; a reverse name (`":_friend"`) gives the entities that refer to it.
  [[nodiscard]] EntityValue<IndexTag> get(AttributeName name) const {
    bool const by_number = name.entity != 0;
    if (!by_number && detail::is_reverse(name.keyword)) return get_reverse(detail::forward(name.keyword));
    auto const* attribute = by_number ? db_.schema().described_by(name.entity) : db_.schema().find(name.keyword);
    if (attribute == nullptr) return {};
    std::vector<EntityValue<IndexTag>> found;
    for (auto const& datom : db_.datoms(eavt, id_, name)) {
      found.push_back(attribute->is_ref() ? EntityValue<IndexTag>{Entity{db_, datom.v.as_integer()}}
                                          : EntityValue<IndexTag>{datom.v});
      if (!attribute->is_many()) break;
    }
    if (found.empty()) return {};
    return attribute->is_many() ? EntityValue<IndexTag>{std::move(found)} : std::move(found.front());
  }

  [[nodiscard]] bool contains(AttributeName name) const { return static_cast<bool>(get(name)); }

  /// The attributes that it has, in their order.
  [[nodiscard]] std::vector<Keyword> attributes() const {
    std::vector<Keyword> found;
    for (auto const& datom : db_.datoms(eavt, id_)) {
      if (found.empty() || found.back() != datom.a) found.push_back(datom.a);
    }
    return found;
  }

  /// Everything that it has, attribute by attribute.
  [[nodiscard]] std::vector<std::pair<Keyword, EntityValue<IndexTag>>> touch() const {
    std::vector<std::pair<Keyword, EntityValue<IndexTag>>> found;
    for (auto const attribute : attributes()) found.emplace_back(attribute, get(attribute));
    return found;
  }

  friend bool operator==(Entity const& left, Entity const& right) noexcept { return left.id_ == right.id_; }

 private:
  [[nodiscard]] EntityValue<IndexTag> get_reverse(Keyword name) const {
    auto const* attribute = db_.schema().find(name);
    if (attribute == nullptr || !attribute->is_ref()) return {};
    std::vector<EntityValue<IndexTag>> found;
    for (auto const& datom : db_.datoms(avet, name, id_)) found.emplace_back(Entity{db_, datom.e});
    if (found.empty()) return {};
    return attribute->component ? std::move(found.front()) : EntityValue<IndexTag>{std::move(found)};
  }

  Db<IndexTag> db_;
  EntityId id_;
};

template <class IndexTag>
Entity<IndexTag> Db<IndexTag>::entity(EntityRef const& ref) const {
  return {*this, require_entity(ref)};
}

namespace detail {

template <class IndexTag>
notation::Value to_edn(Entity<IndexTag> const& entity, std::set<EntityId>& shown);

template <class IndexTag>
notation::Value to_edn(EntityValue<IndexTag> const& value, bool component, std::set<EntityId>& shown) {
  if (value.is_nil()) return {};
  if (value.is_value()) return cairn::to_edn(value.value());
  if (value.is_entity()) {
    auto const& entity = value.entity();
    if (component && !shown.contains(entity.id())) return to_edn(entity, shown);
    return notation::Value::map({{notation::Value::keyword("db/id"), notation::Value::integer(entity.id())}});
  }
  std::vector<notation::Value> items;
  for (auto const& one : value.many()) items.push_back(to_edn(one, component, shown));
  return notation::Value::set(std::move(items));
}

template <class IndexTag>
notation::Value to_edn(Entity<IndexTag> const& entity, std::set<EntityId>& shown) {
  constexpr std::size_t most = 256;  // of components inside components; the others are named
  std::vector<std::pair<notation::Value, notation::Value>> entries;
  entries.emplace_back(notation::Value::keyword("db/id"), notation::Value::integer(entity.id()));
  shown.insert(entity.id());
  for (auto const& [name, value] : entity.touch()) {
    bool const component = entity.db().schema().find(name)->component && shown.size() < most;
    entries.emplace_back(notation::Value::keyword(name.text()), to_edn(value, component, shown));
  }
  return notation::Value::map(std::move(entries));
}

}  // namespace detail

/// An entity as a map: `{:db/id 1 :name "Ivan" :friend #{{:db/id 2}}}`. Its components are shown whole, other entities
/// by number; many values are a set.
template <class IndexTag>
[[nodiscard]] notation::Value to_edn(Entity<IndexTag> const& entity) {
  std::set<EntityId> shown;
  return detail::to_edn(entity, shown);
}

}  // namespace cairn
