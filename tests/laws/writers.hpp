// Copyright the Cairn authors
// SPDX-License-Identifier: BSL-1.0
// Transactions of several writers that show afterwards whether one was lost, done twice, or made of a database that was not the newest.
#pragma once

#include <cairn/database.hpp>

#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <map>
#include <optional>
#include <string>
#include <vector>

namespace cairn::laws {

/// Each transaction adds an entity with a number that no other has, and makes that number the last one of an entity that all share:
/// which number it takes the place of depends on who came before.
class NumberedWriters {
 public:
  NumberedWriters(std::int64_t writers, std::int64_t each) : writers_{writers}, each_{each} {}

  [[nodiscard]] std::int64_t all() const noexcept { return writers_ * each_; }

  template <class Connection>
  static void begin(Connection& connection) {
    connection.transact(R"([{:db/ident :writers/number :db/valueType :db.type/long :db/cardinality :db.cardinality/one :db/index true}
                            {:db/ident :writers/last :db/valueType :db.type/long :db/cardinality :db.cardinality/one}
                            {:db/ident :writers/shared :db/valueType :db.type/long :db/cardinality :db.cardinality/one :db/unique :db.unique/identity}])");
    connection.transact("[{:writers/shared 0 :writers/last -1}]");
  }
  template <class Connection>
  void transact(Connection& connection, std::int64_t writer, std::int64_t which) const {
    auto const number = std::to_string(writer * each_ + which);
    connection.transact("[{:writers/number " + number + "} [:db/add [:writers/shared 0] :writers/last " + number + "]]");
  }

  /// How many transactions there are.
  template <class Db>
  [[nodiscard]] static std::int64_t count(Db const& db) {
    std::int64_t found = 0;
    for ([[maybe_unused]] auto const& datom : db.datoms(avet, ":writers/number")) ++found;
    return found;
  }

  /// Of how many transactions the one before was another writer's.
  template <class Db>
  [[nodiscard]] std::int64_t turns(Db const& db) const {
    std::map<EntityId, std::int64_t> writers;
    for (auto const& datom : db.datoms(avet, ":writers/number")) writers[datom.tx] = datom.v.as_integer() / each_;
    std::int64_t found = 0;
    std::optional<std::int64_t> before;
    for (auto const& [tx, writer] : writers) {
      if (before && *before != writer) ++found;
      before = writer;
    }
    return found;
  }

  /// What is wrong with a database while they write; empty: nothing. Whatever is there is whole: one new number a transaction, which was
  /// also made the last one, in place of the one before. A writer's own come in their order.
  template <class Db>
  [[nodiscard]] std::string fault_of(Db const& db) const {
    std::map<EntityId, Change> changes;
    for (auto const& datom : db.history().datoms(aevt, ":writers/last")) {
      auto& change = changes[datom.tx];
      (datom.added ? change.added : change.retracted).push_back(datom.v.as_integer());
    }
    std::map<std::int64_t, std::size_t> numbers;
    for (auto const& datom : db.datoms(avet, ":writers/number")) {
      if (datom.v.as_integer() < 0 || datom.v.as_integer() >= all()) return "nobody wrote " + std::to_string(datom.v.as_integer());
      changes[datom.tx].numbers.push_back(datom.v.as_integer());
      if (++numbers[datom.v.as_integer()] != 1) return std::to_string(datom.v.as_integer()) + " is there twice";
    }
    std::vector<std::int64_t> last_of(static_cast<std::size_t>(writers_), -1);
    std::vector<std::int64_t> before;
    for (auto const& [tx, change] : changes) {
      auto const at = " in transaction " + std::to_string(tx);
      if (change.added.size() != 1) return std::to_string(change.added.size()) + " numbers became the last one" + at;
      if (change.retracted != before) return "another number than the last one was replaced" + at;
      before = change.added;
      if (change.added.front() == -1 && change.numbers.empty()) continue;  // how it began
      if (change.numbers != change.added) return "a part is missing" + at;
      auto& last = last_of[static_cast<std::size_t>(change.added.front() / each_)];
      if (change.added.front() <= last) return "one writer's transactions changed places" + at;
      last = change.added.front();
    }
    return {};
  }

  /// The same at the end, when all are there.
  template <class Db>
  [[nodiscard]] std::string fault_at_the_end(Db const& db) const {
    auto const found = count(db);
    auto fault = fault_of(db);
    if (fault.empty() && found != all()) fault = std::to_string(found) + " of " + std::to_string(all()) + " are there";
    return fault;
  }

 private:
  struct Change {
    std::vector<std::int64_t> added{}, retracted{}, numbers{};
  };

  std::int64_t writers_;
  std::int64_t each_;
};

}  // namespace cairn::laws
