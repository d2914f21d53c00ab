// Copyright the Cairn authors
// SPDX-License-Identifier: BSL-1.0
// Carrying out the operations of a transaction.
#pragma once

#include <cairn/db/record_of.hpp>
#include <cairn/db/reverse_name.hpp>
#include <cairn/db/schema_check.hpp>
#include <cairn/db/snapshot_editor.hpp>
#include <cairn/db/tx_data.hpp>
#include <cairn/db/tx_function.hpp>
#include <cairn/db/tx_predicates.hpp>
#include <cairn/db/tx_purge.hpp>
#include <cairn/db/tx_resolver.hpp>
#include <cairn/db/tx_so_far.hpp>
#include <cairn/db/tx_state.hpp>

#include <algorithm>
#include <optional>
#include <string>
#include <utility>
#include <vector>

namespace cairn::detail {

/// Operations one after the other, each on what those before it made. Where a temporary id turns out to be another
/// entity than the one that it was given, all begins again with what was learnt; each new beginning has learnt more, so
/// it ends.
template <class IndexTag>
class Transactor {
 public:
  /// `base` applies nothing while this is there.
  Transactor(SnapshotEditor<IndexTag>& base, Instant clock)
      : state_{base.state()}, resolver_{state_}, so_far_{base}, clock_{clock} {}

  void run(TxData const& data) {
    auto const most = most_rounds + data.operations.size();
    for (std::size_t round = 0;; ++round) {
      if (round == most) {
        raise(Errc::transact_syntax,
              "The transaction's temporary ids turn out to be others again and again. A function in it must give the same "
              "operations for the same database.",
              "{}");
      }
      state_.clear();
      resolver_.clear();
      so_far_.clear();
      ensured_.clear();
      forgotten_before_.reset();
      call_depth_ = 0;
      try {
        apply_all(data);
        if (!resolver_.begin_again()) {
          check();
          if (!state_.is_taken_late()) return;
          resolver_.forget_new();
        }
      } catch (Error const&) {
        if (!resolver_.begin_again()) throw;  // otherwise it may come of the wrong entity
      }
    }
  }

  [[nodiscard]] TxState<IndexTag> const& state() const noexcept { return state_; }
  [[nodiscard]] TxResolver<IndexTag> const& resolver() const noexcept { return resolver_; }

 private:
  static constexpr int deepest_map = 256;
  static constexpr int deepest_call = 64;
  static constexpr std::size_t most_rounds = 4096;  // beside one an operation: data that stays the same ends long before

  void apply_all(TxData const& data) {
    for (auto const& [name, value] : data.meta) add_all(state_.tx(), ident_of(name), value, 0);
    state_.update_composites();
    for (auto const& operation : data.operations) {
      apply(operation);
      state_.update_composites();
    }
  }

  /// What can be said only when all is done.
  void check() {
    if (forgotten_before_) TxPurge<IndexTag>{state_, resolver_}.purge_made_before(*forgotten_before_, instant());
    if (!state_.described().empty()) {
      state_.update_touched_composites();
      SchemaCheck<IndexTag>{state_}.run();
    }
    TxPredicates<IndexTag> predicates{state_, state_.base().functions.get()};
    predicates.check_values();
    if (ensured_.empty()) return;
    for (auto const& [entity, spec] : ensured_) check_attributes(entity, spec);
    auto const db_after = db_so_far();
    for (auto const& [entity, spec] : ensured_) predicates.check_entity(db_after, entity, spec);
  }

  [[nodiscard]] Instant instant() const {
    return instant_of(state_.instant(), state_.base().last_instant, state_.tx() == first_transaction, clock_);
  }

  [[nodiscard]] Db<IndexTag> db_so_far() { return Db<IndexTag>{so_far_.snapshot(state_, clock_)}; }

  void apply(TxOp const& operation) {
    if (operation.kind == TxOpKind::entity_map) {
      (void)entity_map(operation.value.map(), 0);
      return;
    }
    if (operation.kind == TxOpKind::call) {
      call(operation);
      return;
    }
    if (operation.kind != TxOpKind::add && resolver_.is_temporary(operation.entity) &&
        !names_transaction(operation.entity)) {
      raise(Errc::transact_syntax,
            "A temporary id such as " + text_of(operation.entity) +
                " names a new entity, of which there is nothing to retract "
                "or to compare. Temporary ids belong into :db/add and entity maps.",
            "{:entity-id " + text_of(operation.entity) + "}");
    }
    switch (operation.kind) {
      case TxOpKind::add: {
        auto const& attribute = resolver_.attribute(*operation.attribute);
        add(added_entity(operation, attribute), attribute, operation.value);
        break;
      }
      case TxOpKind::retract:
        retract(operation);
        break;
      case TxOpKind::replace:
        replace(operation);
        break;
      case TxOpKind::retract_attribute:
        retract_attribute(operation);
        break;
      case TxOpKind::retract_entity:
        if (auto const entity = resolver_.find_entity(operation.entity)) {
          state_.require_no_system_entity(*entity);
          retract_entities({*entity});
        }
        break;
      case TxOpKind::compare_and_swap:
        compare_and_swap(operation);
        break;
      case TxOpKind::purge:
      case TxOpKind::purge_attribute:
      case TxOpKind::purge_entity:
      case TxOpKind::purge_before:
        TxPurge<IndexTag>{state_, resolver_}.run(operation);
        if (operation.kind == TxOpKind::purge_before) {
          forgotten_before_ = (std::max)(forgotten_before_, std::optional{operation.value.scalar().as_instant()});
        }
        break;
      case TxOpKind::call:
      case TxOpKind::entity_map:
        break;
    }
  }

  /// The entity of a `:db/add`. A temporary id that is given a unique identity is the entity that has it already.
  EntityId added_entity(TxOp const& operation, Attribute const& attribute) {
    auto const& entity = operation.entity;
    if (attribute.unique == Uniqueness::identity && resolver_.is_temporary(entity) && !names_transaction(entity) &&
        !operation.value.is_nil()) {
      if (auto const found = owner(attribute, operation.value)) resolver_.identify(entity.scalar(), *found);
    }
    return used(resolver_.entity(entity));
  }
  EntityId used(EntityId entity) {
    state_.use_entity(entity);
    return entity;
  }

  /// Who has the value that a unique attribute is given; nobody has a reference to an entity that is new.
  std::optional<EntityId> owner(Attribute const& attribute, TxValue const& value) {
    if (attribute.is_ref() && resolver_.is_temporary(value) && !names_transaction(value)) {
      auto const target = resolver_.find_temporary(value.scalar());
      return target ? state_.owner(attribute, Value{*target}) : std::nullopt;
    }
    return state_.owner(attribute, resolver_.value(attribute, value));
  }

  void add(EntityId entity, Attribute const& attribute, TxValue const& given) {
    if (given.is_map() && attribute.is_ref()) {
      add_map(entity, attribute, given.map(), 0);
      return;
    }
    auto const id = attribute.id;
    auto const value = resolver_.value(attribute, given);  // may name attributes: the reference is not used after it
    say(entity, id, value);
  }

  void say(EntityId entity, AttributeId id, Value const& value) {
    if (is_schema_attribute(id)) check_schema_value(id, state_.schema().by_name(value));
    state_.assert_fact(entity, id, value);
  }

  void retract(TxOp const& operation) {
    auto const entity = resolver_.find_entity(operation.entity);
    if (!entity) return;
    auto const* attribute = resolver_.find_attribute(*operation.attribute);
    if (attribute == nullptr) return;
    auto const id = attribute->id;
    if (operation.value.is_nil()) {
      resolver_.require_no_composite(*attribute);
      for (auto const& value : state_.values(*entity, id)) state_.retract_fact(*entity, id, value);
    } else {
      state_.retract_fact(*entity, id, resolver_.value(*attribute, operation.value));
    }
  }

  void retract_attribute(TxOp const& operation) {
    auto const entity = resolver_.find_entity(operation.entity);
    if (!entity) return;
    auto const* attribute = resolver_.find_attribute(*operation.attribute);
    if (attribute == nullptr) return;
    resolver_.require_no_composite(*attribute);
    auto const id = attribute->id;
    bool const component = attribute->component;
    std::vector<EntityId> components;
    for (auto const& value : state_.values(*entity, id)) {
      if (component && value.is(ValueKind::integer)) components.push_back(value.as_integer());
      state_.retract_fact(*entity, id, value);
    }
    retract_entities(std::move(components));
  }

  /// All that they say, all that refers to them, and their components, and theirs.
  void retract_entities(std::vector<EntityId> left) {
    while (!left.empty()) {
      auto const entity = left.back();
      left.pop_back();
      if (state_.is_system(entity)) continue;
      auto const said = state_.facts(entity);
      for (auto const& [a, v] : said) {
        auto const* attribute = state_.schema().find(a);
        if (attribute != nullptr && attribute->component && v.is(ValueKind::integer)) left.push_back(v.as_integer());
      }
      for (auto const& [a, v] : said) state_.retract_fact(entity, a, v);
      std::vector<std::pair<EntityId, AttributeId>> references;
      for (auto const& attribute : state_.schema().attributes()) {
        if (!attribute || !attribute->is_ref()) continue;
        for (auto const from : state_.owners(*attribute, Value{entity}, TxState<IndexTag>::no_limit)) {
          references.emplace_back(from, attribute->id);
        }
      }
      for (auto const& [from, a] : references) state_.retract_fact(from, a, Value{entity});
    }
  }

  /// The entity is looked up before anything changes: what is retracted may be what names it.
  void replace(TxOp const& operation) {
    auto map = operation.value.map();
    map.id = used(resolver_.entity(operation.entity));
    for (auto const& [name, with_components] : operation.expected.map().attributes) {
      bool const all = with_components.scalar().as_boolean();
      apply(all ? cairn::retract_attribute(map.id, name) : cairn::retract(map.id, name));
    }
    (void)entity_map(map, 0);
  }

  void compare_and_swap(TxOp const& operation) {
    auto const entity = resolver_.entity(operation.entity);
    auto const& attribute = resolver_.attribute(*operation.attribute);
    auto const id = attribute.id;
    auto const ident = attribute.ident;
    auto const value = resolver_.value(attribute, operation.value);
    auto const found = state_.values(entity, id);
    bool const none = operation.expected.is_nil();
    auto const expected = none ? Value{} : resolver_.value(attribute, operation.expected);
    bool const as_expected = none ? found.empty() : std::ranges::find(found, expected) != found.end();
    if (!as_expected) {
      std::string text;
      for (auto const& one : found) text += (text.empty() ? "" : " ") + to_text(one);
      if (found.empty()) text = "nil";
      raise(Errc::transact_cas,
            "Entity " + std::to_string(entity) + " has " + text + " under " + to_text(ident) + ", not " +
                to_text(expected) + " as expected; nothing was swapped. Read it again and decide anew.",
            "{:entity-id " + std::to_string(entity) + " :attribute " + to_text(ident) + " :expected " +
                to_text(expected) + " :found [" + (found.empty() ? "" : text) + "]}");
    }
    say(entity, id, value);
  }

  void call(TxOp const& operation) {
    if (call_depth_ == deepest_call) {
      raise(Errc::transact_syntax, "Functions call functions more than " + std::to_string(deepest_call) + " deep.", "{}");
    }
    ++call_depth_;
    apply_all(called(operation));
    --call_depth_;
  }
  [[nodiscard]] TxData called(TxOp const& operation) {
    if (operation.function) return (*operation.function)(db_so_far());
    auto const* functions = state_.base().functions.get();
    auto const name = operation.attribute->keyword;
    auto const* function = functions == nullptr ? nullptr : functions->find_transaction(name);
    if (function != nullptr) return (*function)(db_so_far(), operation.value.elements());
    raise(Errc::transact_syntax,
          "This connection knows no function " + to_text(name) + ". Give it with Connection::set_functions.",
          "{:function " + to_text(name) + "}");
  }

  // ---- entity maps

  [[nodiscard]] Keyword ident_of(AttributeName const& name) const {
    return name.entity == 0 ? name.keyword : described_attribute(state_.schema(), name.entity).ident;
  }
  static bool is_ensure(Keyword ident) noexcept { return ident.text() == "db/ensure"; }
  /// Datomic's old way to install an attribute, which needs none here.
  static bool is_install(Keyword ident) noexcept { return ident.text() == "db.install/_attribute"; }

  EntityId entity_map(EntityMap const& map, int depth) {
    if (depth == deepest_map)
      raise(Errc::transact_syntax, "Entity maps are nested too deep; name the inner ones by :db/id.", "{}");
    auto const entity = map_entity(map);
    for (auto const& [name, value] : map.attributes) {
      auto const ident = ident_of(name);
      if (is_ensure(ident) || is_install(ident)) continue;
      if (is_reverse(ident)) {
        add_reverse(entity, ident, value, depth);
      } else {
        add_all(entity, ident, value, depth);
      }
    }
    for (auto const& [name, value] : map.attributes) {
      if (is_ensure(name.keyword)) ensure(entity, value);
    }
    return entity;
  }

  /// Which entity a map is about: the one that its unique identities name, or else its `:db/id`, or a new one.
  EntityId map_entity(EntityMap const& map) {
    auto const known = identified(map);
    auto const& id = map.id;
    if (id.is_nil()) return known ? *known : state_.new_entity();
    if (resolver_.is_temporary(id) && !names_transaction(id)) {
      if (known) resolver_.identify(id.scalar(), *known);
      return resolver_.of_temporary(id.scalar());
    }
    auto const entity = used(resolver_.entity(id));
    if (known && *known != entity) {
      raise(Errc::transact_upsert,
            "The map's :db/id is entity " + std::to_string(entity) + ", but its unique attributes name entity " +
                std::to_string(*known) + ". Leave :db/id out, or give other values.",
            "{:entity-id " + std::to_string(entity) + " :conflict " + std::to_string(*known) + "}");
    }
    return entity;
  }

  std::optional<EntityId> identified(EntityMap const& map) {
    std::optional<EntityId> known;
    auto const take = [&](std::optional<EntityId> found, Keyword ident) {
      if (!found) return;
      if (known && *known != *found) {
        raise(Errc::transact_upsert,
              "The map's unique attributes name two entities, " + std::to_string(*known) + " and, by " +
                  to_text(ident) + ", " + std::to_string(*found) + ".",
              "{:attribute " + to_text(ident) + " :entity-ids [" + std::to_string(*known) + " " +
                  std::to_string(*found) + "]}");
      }
      known = found;
    };
    for (auto const& [name, value] : map.attributes) {
      auto const ident = ident_of(name);
      auto const* attribute = state_.schema().find(ident);
      if (attribute == nullptr || attribute->unique != Uniqueness::identity || value.is_map()) continue;
      if (attribute->is_many() && !value.is_scalar() && !is_lookup(*attribute, value)) {
        for (auto const& one : value.elements()) {
          if (!one.is_map()) take(owner(*attribute, one), ident);
        }
      } else {
        take(owner(*attribute, value), ident);
      }
    }
    if (!state_.schema().has_composites()) return known;
    for (auto const& attribute : state_.schema().attributes()) {
      if (!attribute || !attribute->is_composite() || attribute->unique != Uniqueness::identity) continue;
      if (auto const whole = composite(*attribute, map)) take(state_.owner(*attribute, *whole), attribute->ident);
    }
    return known;
  }

  /// The composite tuple that a map makes, if it gives all parts and none is a new entity.
  std::optional<Value> composite(Attribute const& attribute, EntityMap const& map) {
    std::vector<Value> parts;
    for (auto const part : attribute.tuple_attributes) {
      auto const given = std::ranges::find(map.attributes, part, [&](auto const& entry) { return ident_of(entry.first); });
      auto const* found = state_.schema().find(part);
      if (given == map.attributes.end() || found == nullptr || given->second.is_map()) return std::nullopt;
      if (found->is_ref() && resolver_.is_temporary(given->second)) return std::nullopt;
      parts.push_back(resolver_.value(*found, given->second));
    }
    return Value{std::move(parts)};
  }

  /// Whether a list of two under a reference is one lookup ref, and not two entities.
  [[nodiscard]] bool is_lookup(Attribute const& attribute, TxValue const& value) const {
    if (!attribute.is_ref() || !value.is_list() || value.elements().size() != 2) return false;
    auto const& first = value.elements()[0];
    if (!first.is_scalar() || !first.scalar().is(ValueKind::keyword)) return false;
    auto const* unique = state_.schema().find(first.scalar().as_keyword());
    return unique != nullptr && unique->unique == Uniqueness::identity;
  }

  void add_all(EntityId entity, Keyword ident, TxValue const& value, int depth) {
    auto const* attribute = &resolver_.attribute(ident);
    bool const several = attribute->is_many() && (value.is_list() || value.form() == TxValue::Form::set) &&
                         !is_lookup(*attribute, value);
    if (!several) {
      add_one(entity, *attribute, value, depth);
      return;
    }
    for (auto const& one : value.elements()) {
      attribute = &resolver_.attribute(ident);  // the one before may have changed the schema
      add_one(entity, *attribute, one, depth);
    }
  }

  void add_one(EntityId entity, Attribute const& attribute, TxValue const& value, int depth) {
    if (value.is_map() && attribute.is_ref()) {
      add_map(entity, attribute, value.map(), depth);
    } else {
      add(entity, attribute, value);
    }
  }
  void add_map(EntityId entity, Attribute const& attribute, EntityMap const& map, int depth) {
    auto const id = attribute.id;
    say(entity, id, Value{entity_map(map, depth + 1)});
  }

  /// `{:db/id entity :_friend others}`: entity is a friend of the others.
  void add_reverse(EntityId entity, Keyword ident, TxValue const& value, int depth) {
    auto const& attribute = resolver_.attribute(forward(ident));
    if (!attribute.is_ref()) {
      raise(Errc::transact_syntax,
            to_text(ident) + " is a reverse name, but " + to_text(attribute.ident) +
                " is no reference. Only attributes of "
                ":db.type/ref can be said in reverse.",
            "{:attribute " + to_text(ident) + "}");
    }
    auto const id = attribute.id;
    auto const add_from = [&](TxValue const& from) {
      say(from.is_map() ? entity_map(from.map(), depth + 1) : resolver_.entity(from), id, Value{entity});
    };
    if (value.form() == TxValue::Form::set || (value.is_list() && !is_lookup(attribute, value))) {
      for (auto const& one : value.elements()) add_from(one);
    } else {
      add_from(value);
    }
  }

  /// `:db/ensure`: the transaction must give the entity all attributes that the named spec requires, and leave it as
  /// the spec's predicates want it. Which it has is seen when all is done.
  void ensure(EntityId entity, TxValue const& spec) {
    auto const named = spec.is_nil() ? std::nullopt : resolver_.find_entity(spec);
    if (named) ensured_.emplace_back(entity, *named);  // a spec that nobody made requires nothing, as in Datahike
  }

  /// What a spec requires of an entity, when all is done.
  void check_attributes(EntityId entity, EntityId spec) {
    for (auto const& required : state_.values(spec, system_attribute::entity_attributes)) {
      auto const* attribute = required.is(ValueKind::keyword) ? state_.schema().find(required.as_keyword()) : nullptr;
      bool const is_given = attribute != nullptr && state_.has_said(entity, attribute->id) &&
                            !state_.values(entity, attribute->id).empty();
      if (is_given) continue;
      auto const ident = state_.schema().ident(spec);
      auto const text = ident ? to_text(*ident) : std::to_string(spec);
      raise(Errc::transact_ensure,
            "Entity " + std::to_string(entity) + " needs " + to_text(required) + " in this transaction: the spec " + text +
                " requires it.",
            "{:entity-id " + std::to_string(entity) + " :attribute " + to_text(required) + " :spec " + text + "}");
    }
  }

  TxState<IndexTag> state_;
  TxResolver<IndexTag> resolver_;
  TxSoFar<IndexTag> so_far_;
  Instant clock_;
  std::vector<std::pair<EntityId, EntityId>> ensured_{};  // entities, and specs whose predicates they must satisfy
  std::optional<Instant> forgotten_before_{};
  int call_depth_ = 0;
};

}  // namespace cairn::detail
