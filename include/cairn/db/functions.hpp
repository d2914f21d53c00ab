// Copyright the Cairn authors
// SPDX-License-Identifier: BSL-1.0
// C++ functions under the names by which data refers to them.
#pragma once

#include <cairn/db/pull/transform.hpp>
#include <cairn/db/tx_data.hpp>

#include <functional>
#include <span>
#include <string_view>
#include <unordered_map>
#include <utility>

namespace cairn {

template <class IndexTag>
class Db;

/// The functions that transaction data, schemas and pull patterns can name: `[:db.fn/call :account/withdraw [:account/id 7] 20]`,
/// `{:db/ident :age :db.attr/preds [my/adult?]}`, `{:db/ident :user/guard :db.entity/preds [my/complete?]}`,
/// `[(:name :xform my/initials)]`. Code is not
/// data: a database stores the names alone, and a connection says what they mean (`Connection::set_functions`).
///
/// A name is written with or without its colon. Functions may be called from any thread that transacts or pulls, and
/// more than once for one transaction.
template <class IndexTag>
class Functions {
 public:
  using Transaction = std::function<TxData(Db<IndexTag> const& db, std::span<TxValue const> arguments)>;
  using ValuePredicate = std::function<bool(Value const& value)>;
  using EntityPredicate = std::function<bool(Db<IndexTag> const& db_after, EntityId entity)>;

  /// For `:db.fn/call`: the operations that take the call's place.
  Functions& transaction(std::string_view name, Transaction function) {
    transactions_.insert_or_assign(Keyword{name}, std::move(function));
    return *this;
  }
  /// For `:db.attr/preds`: whether the attribute may have a value.
  Functions& value_predicate(std::string_view name, ValuePredicate predicate) {
    value_predicates_.insert_or_assign(Keyword{name}, std::move(predicate));
    return *this;
  }
  /// For `:db.entity/preds`: whether an entity is as the spec wants it, when the whole transaction is done.
  Functions& entity_predicate(std::string_view name, EntityPredicate predicate) {
    entity_predicates_.insert_or_assign(Keyword{name}, std::move(predicate));
    return *this;
  }
  /// For `:xform` in a pull pattern: what becomes of what was pulled.
  Functions& transform(std::string_view name, Transform function) {
    transforms_.insert_or_assign(Keyword{name}, std::move(function));
    return *this;
  }

  /// Null where the name is not known.
  [[nodiscard]] Transaction const* find_transaction(Keyword name) const { return find(transactions_, name); }
  [[nodiscard]] ValuePredicate const* find_value_predicate(Keyword name) const { return find(value_predicates_, name); }
  [[nodiscard]] EntityPredicate const* find_entity_predicate(Keyword name) const {
    return find(entity_predicates_, name);
  }
  [[nodiscard]] Transform const* find_transform(Keyword name) const { return find(transforms_, name); }

 private:
  template <class Map>
  static typename Map::mapped_type const* find(Map const& map, Keyword name) {
    auto const found = map.find(name);
    return found == map.end() ? nullptr : &found->second;
  }

  std::unordered_map<Keyword, Transaction> transactions_{};
  std::unordered_map<Keyword, ValuePredicate> value_predicates_{};
  std::unordered_map<Keyword, EntityPredicate> entity_predicates_{};
  std::unordered_map<Keyword, Transform> transforms_{};
};

}  // namespace cairn
