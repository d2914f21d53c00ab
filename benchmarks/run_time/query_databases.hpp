// Copyright the Cairn authors
// SPDX-License-Identifier: BSL-1.0
// Cairn's databases of the facts in workload.hpp.
#pragma once

#include "workload.hpp"
#include <cairn/backends/mem/backend.hpp>
#include <cairn/cairn.hpp>

#include <cstdint>
#include <string>
#include <utility>
#include <vector>

namespace cairn::benchmarks {

using MemStore = cairn::Store<backends::mem::Backend>;
using Database = decltype(std::declval<cairn::Connection<backends::mem::Backend>&>().db());

/// The first number that is given to what the facts tell of; below are the entities of the schema.
inline constexpr std::int64_t first_entity = 1001;

[[nodiscard]] inline Value value_of(Fact const& fact) {
  auto const type = attributes_of_work[fact.a].type;
  if (type == ":db.type/string") return Value{texts().text_of(fact.v)};
  if (type == ":db.type/keyword") return Value{kw(texts().text_of(fact.v))};
  return Value{fact.v};
}

/// A database in memory with the facts in one transaction, and with what a second one changes.
class Databases {
 public:
  explicit Databases(std::string id, bool keep_history = false) : connection_{opened(std::move(id), keep_history)} {
    std::string schema = "[";
    for (auto const& [ident, type, many] : attributes_of_work) {
      schema += "{:db/ident " + std::string{ident} + " :db/valueType " + std::string{type} + " :db/cardinality :db.cardinality/" +
                (many ? "many" : "one") + " :db/index true}";
    }
    connection_.transact(schema + "]");
  }
  /// The transaction.
  EntityId add(Facts const& facts) {
    std::vector<TxOp> operations;
    for (auto const& fact : facts) operations.push_back(cairn::add(fact.e, attributes_of_work[fact.a].ident, value_of(fact)));
    return connection_.transact(TxData{std::move(operations)}).tx;
  }
  [[nodiscard]] Database db() const { return connection_.db(); }

 private:
  static cairn::Connection<backends::mem::Backend> opened(std::string id, bool keep_history) {
    backends::mem::Config const config{.id = std::move(id)};
    MemStore::create(config, {.keep_history = keep_history});
    return MemStore::connect(config);
  }
  cairn::Connection<backends::mem::Backend> connection_;
};

/// The people and whom they follow.
[[nodiscard]] inline Facts people_and_follows() {
  auto facts = people_facts(first_entity);
  for (auto const& fact : follows_facts(first_entity)) facts.push_back(fact);
  return facts;
}
/// What the second transaction of the databases with a history does: the first 2,000 people grow older.
[[nodiscard]] inline bool grows_older(Fact const& fact) noexcept { return fact.a == age && fact.e < first_entity + 2000; }
[[nodiscard]] inline Facts birthdays(Facts const& facts) {
  Facts changes;
  for (auto const& fact : facts) {
    if (grows_older(fact)) changes.push_back({fact.e, age, fact.v + 100});
  }
  return changes;
}

}  // namespace cairn::benchmarks
