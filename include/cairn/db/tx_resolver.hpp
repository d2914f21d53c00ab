// Copyright the Cairn authors
// SPDX-License-Identifier: BSL-1.0
// What transaction data means: attributes, entities, temporary ids and values.
#pragma once

#include <cairn/datom/codec.hpp>
#include <cairn/db/db_lookup.hpp>
#include <cairn/db/tx_data.hpp>
#include <cairn/db/tx_state.hpp>
#include <cairn/db/tx_text.hpp>

#include <optional>
#include <string>
#include <unordered_map>
#include <vector>

namespace cairn::detail {

/// Resolves what operations say against a `TxState`.
///
/// A temporary id stands for one entity in the whole transaction. Which one may turn out late, when a unique identity
/// that is said of it is found to be an entity's already: then the transaction begins again, knowing it
/// (`begin_again`).
template <class IndexTag>
class TxResolver {
 public:
  explicit TxResolver(TxState<IndexTag>& state) : state_{state} {}

  /// Forgets what temporary ids stand for, but for what was found out about them. New entities stay theirs, so that
  /// what was found out stays true.
  void clear() {
    temporary_ = created_;
    for (auto const& [id, entity] : known_) temporary_.insert_or_assign(id, entity);
    known_before_ = known_.size();
  }
  /// New entities are given other numbers next time.
  void forget_new() {
    created_.clear();
    known_.clear();
  }
  /// Whether a temporary id turned out to be another entity than the one that it was given.
  [[nodiscard]] bool begin_again() const noexcept { return known_.size() != known_before_; }
  [[nodiscard]] std::unordered_map<Value, EntityId> const& temporary_ids() const noexcept { return temporary_; }

  // ---- attributes

  /// The attribute of that name; named now where the schema needn't know it.
  Attribute const& attribute(Keyword ident) {
    auto const* found = state_.schema().find(ident);
    bool const write = is_write();
    if (found != nullptr && (found->type || !write)) return *found;
    auto const text = to_text(ident);
    if (ident.name().starts_with('_')) {
      raise(Errc::transact_syntax, text + " is a reverse name, which only an entity map's key can be.",
            "{:attribute " + text + "}");
    }
    if (write || is_reserved(ident)) raise_unknown_attribute(state_.schema(), ident);
    auto const id = state_.name_attribute(ident);  // changes the schema: first this, then the look into it
    return *state_.schema().find(id);
  }

  Attribute const& attribute(AttributeName const& name) {
    if (name.entity == 0) return attribute(name.keyword);
    return attribute(described_attribute(state_.schema(), name.entity).ident);
  }

  /// The same for what only takes away: null where nobody has named the attribute, and it need not be known.
  Attribute const* find_attribute(AttributeName const& name) {
    bool const may_be_new = name.entity == 0 && !is_write() && state_.schema().find(name.keyword) == nullptr;
    return may_be_new ? nullptr : &attribute(name);
  }

  /// Refuses to take away what is made of other attributes' values.
  static void require_no_composite(Attribute const& attribute) {
    if (!attribute.is_composite()) return;
    auto const text = to_text(attribute.ident);
    raise(Errc::transact_syntax,
          "The tuple " + text + " is made of other attributes' values by itself, and goes with them. Retract those.",
          "{:attribute " + text + "}");
  }

  [[nodiscard]] static bool is_reserved(Keyword ident) noexcept {
    return ident.ns() == "db" || ident.ns().starts_with("db.");
  }

  // ---- entities

  [[nodiscard]] static bool is_temporary(TxValue const& value) noexcept {
    if (!value.is_scalar()) return false;
    auto const& scalar = value.scalar();
    return scalar.is(ValueKind::string) || (scalar.is(ValueKind::integer) && scalar.as_integer() < 0);
  }

  /// The entity of a temporary id; a new one where it has none yet.
  EntityId of_temporary(Value const& id) {
    auto const [found, is_new] = temporary_.try_emplace(id, 0);
    if (is_new) {
      found->second = state_.new_entity();
      created_.emplace(id, found->second);
    }
    return found->second;
  }
  [[nodiscard]] std::optional<EntityId> find_temporary(Value const& id) const {
    auto const found = temporary_.find(id);
    return found == temporary_.end() ? std::nullopt : std::optional{found->second};
  }
  /// A temporary id has been found to be an entity's that is there already.
  void identify(Value const& id, EntityId entity) {
    auto const [bound, is_new] = temporary_.try_emplace(id, entity);
    if (is_new || bound->second == entity) return;
    bound->second = entity;
    // Once it is clear that all begins again, what is new may be so by mistake.
    if (begin_again() && !known_.contains(id) && entity > state_.base().max_entity) return;
    auto const [known, is_news] = known_.try_emplace(id, entity);
    if (!is_news && known->second != entity) {
      raise(Errc::transact_upsert,
            "The temporary id " + to_text(id) + " is two entities at once: unique attributes say that it is " +
                std::to_string(known->second) + " and that it is " + std::to_string(entity) + ".",
            "{:tempid " + to_text(id) + " :entity-ids [" + std::to_string(known->second) + " " +
                std::to_string(entity) + "]}");
    }
  }

  /// The entity that is meant, or nothing where an ident or a lookup ref finds none.
  std::optional<EntityId> find_entity(TxValue const& value) {
    if (names_transaction(value)) {
      temporary_.insert_or_assign(value.scalar(), state_.tx());
      return state_.tx();
    }
    if (value.is_list()) return find_lookup(value);
    if (value.is_scalar()) {
      auto const& scalar = value.scalar();
      if (is_temporary(value)) return of_temporary(scalar);
      if (scalar.is(ValueKind::integer)) {
        state_.check_entity(scalar.as_integer());
        return scalar.as_integer();
      }
      if (scalar.is(ValueKind::keyword)) return state_.schema().entity(scalar.as_keyword());
    }
    raise(Errc::entity_id_syntax,
          text_of(value) +
              " names no entity. Write its number, a temporary id (a string or a negative number), its ident (a "
              "keyword), or a lookup ref such as [:name \"Ivan\"].",
          "{:entity-id " + text_of(value) + "}");
  }

  /// The entity that is meant; `entity-id/missing` where there is none.
  EntityId entity(TxValue const& value) {
    if (auto const found = find_entity(value)) return *found;
    raise(Errc::entity_id_missing, "There is no entity " + text_of(value) + " in this database.",
          "{:entity-id " + text_of(value) + "}");
  }

  // ---- values

  /// The value that an attribute would hold. Temporary ids under a reference become entities.
  Value value(Attribute const& attribute, TxValue const& given) {
    if (given.is_nil()) {
      raise(Errc::transact_syntax,
            "Nil is no value: " + to_text(attribute.ident) + " cannot have it. Retract the attribute, or leave it out.",
            "{:attribute " + to_text(attribute.ident) + "}");
    }
    if (attribute.is_ref()) return entity(given);
    if (attribute.type == ValueType::tuple && (given.is_list() || given.is_scalar())) return tuple(attribute, given);
    bool const strict = is_write() || attribute.id < first_user_attribute;
    bool const plain = given.is_scalar() || (given.is_list() && !strict);
    if (plain) {
      Value result = coerce(plain_value(given), attribute);
      if (!strict || !attribute.type || conforms(result, *attribute.type)) return result;
    }
    auto const text = to_text(attribute.ident);
    auto const type = attribute.type ? ":" + std::string{name(*attribute.type)} : std::string{"a single value"};
    raise(Errc::transact_schema, text_of(given) + " is no value for " + text + ", which holds " + type + ".",
          "{:attribute " + text + " :value " + text_of(given) + " :type " + (attribute.type ? type : "nil") + "}");
  }

 private:
  [[nodiscard]] bool is_write() const noexcept {
    return state_.base().options->schema_flexibility == SchemaFlexibility::write;
  }

  std::optional<EntityId> find_lookup(TxValue const& value) {
    auto const parts = value.elements();
    if (parts.size() != 2 || !parts[0].is_scalar() || !parts[0].scalar().is(ValueKind::keyword)) {
      raise(Errc::lookup_ref_syntax, text_of(value) + " is no lookup ref; one is written [:unique-attribute value].",
            "{:entity-id " + text_of(value) + "}");
    }
    auto const ident = parts[0].scalar().as_keyword();
    auto const* attribute = state_.schema().find(ident);
    if (attribute == nullptr || !attribute->is_unique()) {
      require_unique(state_.schema(), {ident, parts[1].is_scalar() ? parts[1].scalar() : Value{}}, attribute);
    }
    if (parts[1].is_nil()) return std::nullopt;
    if (!attribute->is_ref()) return state_.owner(*attribute, coerce(plain_value(parts[1]), *attribute));
    auto const target = find_entity(parts[1]);
    return target ? state_.owner(*attribute, Value{*target}) : std::nullopt;
  }

  /// Scalars as they are, lists as tuples; no deeper than what can be read again.
  static Value plain_value(TxValue const& given, int depth = 0) {
    if (given.is_scalar()) {
      require_readable_depth(given.scalar(), codec::max_tuple_depth - depth);
    } else if (depth == codec::max_tuple_depth) {
      raise_too_deep();
    }
    if (given.is_scalar() && is_storable(given.scalar())) return given.scalar();
    if (!given.is_list()) {
      raise(Errc::transact_schema,
            text_of(given) +
                " cannot be part of a value. Values are scalars and lists of them; a bigint's text is digits (-12), a "
                "bigdec's a "
                "decimal number (1.10, 1E+3).",
            "{:value " + text_of(given) + "}");
    }
    std::vector<Value> elements;
    for (auto const& element : given.elements()) elements.push_back(plain_value(element, depth + 1));
    return elements;
  }

  Value tuple(Attribute const& attribute, TxValue const& given) {
    auto const text = to_text(attribute.ident);
    auto const refuse = [&](std::string const& why) {
      raise(Errc::transact_syntax, text_of(given) + " is no value for the tuple " + text + ": " + why,
            "{:attribute " + text + " :value " + text_of(given) + "}");
    };
    if (attribute.is_composite()) {
      refuse("it is made of other attributes' values by itself. Transact those.");
    }
    auto const made = plain_value(given);
    if (!made.is(ValueKind::tuple)) {
      raise(Errc::transact_schema, text_of(given) + " is no value for " + text + ", which holds :db.type/tuple.",
            "{:attribute " + text + " :value " + text_of(given) + "}");
    }
    if (auto const fault = tuple_fault(attribute, made.as_tuple()); !fault.empty()) refuse(fault);
    return made;
  }

  TxState<IndexTag>& state_;
  std::unordered_map<Value, EntityId> temporary_{};
  std::unordered_map<Value, EntityId> created_{};  // those that became new entities
  std::unordered_map<Value, EntityId> known_{};    // what was found out, for the next beginning
  std::size_t known_before_ = 0;
};

}  // namespace cairn::detail
