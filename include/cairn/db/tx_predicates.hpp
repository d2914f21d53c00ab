// Copyright the Cairn authors
// SPDX-License-Identifier: BSL-1.0
// What schemas and specs demand of values and entities in words of the program's own.
#pragma once

#include <cairn/db/functions.hpp>
#include <cairn/db/record_of.hpp>
#include <cairn/db/snapshot_editor.hpp>
#include <cairn/db/tx_state.hpp>

#include <string>
#include <unordered_map>
#include <vector>

namespace cairn::detail {

/// Checks `:db.attr/preds` and `:db.entity/preds` when a transaction's operations are done.
template <class IndexTag>
class TxPredicates {
 public:
  TxPredicates(TxState<IndexTag>& state, Functions<IndexTag> const* functions) : state_{state}, functions_{functions} {}

  /// Every value that the transaction made true, against the predicates of its attribute.
  void check_values() {
    if (!state_.has_predicates()) return;
    std::unordered_map<AttributeId, std::vector<Value>> predicates;
    for (auto const& change : state_.changes()) {
      if (!change.is || change.was) continue;
      auto const& attribute = *state_.schema().find(change.a);
      if (attribute.entity == 0) continue;
      auto const [known, is_new] = predicates.try_emplace(change.a);
      if (is_new) known->second = state_.values(attribute.entity, system_attribute::attribute_predicates);
      for (auto const& name : known->second) check_value(attribute, name, change.v);
    }
  }

  /// An entity against the predicates of a spec that `:db/ensure` named. `db_after` is the database as the transaction
  /// leaves it.
  void check_entity(Db<IndexTag> const& db_after, EntityId entity, EntityId spec) {
    for (auto const& name : state_.values(spec, system_attribute::entity_predicates)) {
      auto const* predicate = functions_ == nullptr ? nullptr : functions_->find_entity_predicate(keyword_of(name));
      auto const text = to_text(name);
      if (predicate == nullptr) {
        raise(Errc::transact_ensure,
              "The spec wants the predicate " + text +
                  ", which this connection does not know. Give it with Connection::set_functions.",
              "{:predicate " + text + "}");
      }
      if ((*predicate)(db_after, entity)) continue;
      raise(Errc::transact_ensure, "Entity " + std::to_string(entity) + " is not as the predicate " + text + " wants it.",
            "{:entity-id " + std::to_string(entity) + " :predicate " + text + "}");
    }
  }

 private:
  static Keyword keyword_of(Value const& name) { return Keyword{name.as_symbol().text()}; }

  void check_value(Attribute const& attribute, Value const& name, Value const& value) const {
    auto const* predicate = functions_ == nullptr ? nullptr : functions_->find_value_predicate(keyword_of(name));
    auto const ident = to_text(attribute.ident);
    auto const text = to_text(name);
    if (predicate == nullptr) {
      raise(Errc::transact_schema,
            ident + " has the predicate " + text +
                ", which this connection does not know. Give it with Connection::set_functions.",
            "{:attribute " + ident + " :predicate " + text + "}");
    }
    if ((*predicate)(value)) return;
    raise(Errc::transact_schema, to_text(value) + " is no value for " + ident + ": its predicate " + text + " says no.",
          "{:attribute " + ident + " :value " + to_text(value) + " :predicate " + text + "}");
  }

  TxState<IndexTag>& state_;
  Functions<IndexTag> const* functions_;
};

}  // namespace cairn::detail
