// Copyright the Cairn authors
// SPDX-License-Identifier: BSL-1.0
// Random histories, against a model that keeps every operation in a list.
#include "db_test.hpp"

#include <algorithm>
#include <cstdint>
#include <cstdlib>
#include <map>
#include <random>
#include <set>
#include <span>
#include <tuple>

namespace cairn::test {
namespace {

using Fact = std::tuple<EntityId, std::string, Value>;  // entity, attribute, value
using Operation = std::tuple<EntityId, std::string, Value, EntityId, bool>;

/// What the database ought to be: what is true, and the operations that history keeps.
struct Model {
  std::set<Fact> truth;
  std::map<Fact, std::vector<std::pair<EntityId, bool>>> operations;

  static bool is_many(std::string const& a) { return a == "tag" || a == "friend"; }
  static bool is_indexed(std::string const& a) { return a == "friend" || a == "kind"; }

  void add(EntityId e, std::string const& a, Value const& v) {
    if (!is_many(a))
      std::erase_if(truth, [&](Fact const& fact) { return std::get<0>(fact) == e && std::get<1>(fact) == a; });
    truth.insert({e, a, v});
  }
  void retract(EntityId e, std::string const& a) {
    std::erase_if(truth, [&](Fact const& fact) { return std::get<0>(fact) == e && std::get<1>(fact) == a; });
  }
  void retract_entity(EntityId e) {
    std::erase_if(truth, [&](Fact const& fact) {
      return std::get<0>(fact) == e || (std::get<1>(fact) == "friend" && std::get<2>(fact) == Value{e});
    });
  }
  void commit(std::set<Fact> const& before, EntityId tx, bool keep_history) {
    for (auto const& fact : before) {
      if (truth.contains(fact)) continue;
      if (keep_history && std::get<1>(fact) != "note") {
        operations[fact].emplace_back(tx, false);
      } else {
        operations.erase(fact);
      }
    }
    for (auto const& fact : truth) {
      if (!before.contains(fact)) operations[fact].emplace_back(tx, true);
    }
  }

  [[nodiscard]] std::vector<Operation> view(EntityId as_of, EntityId since, bool history) const {
    std::vector<Operation> result;
    for (auto const& [fact, said] : operations) {
      auto const put = [&](std::pair<EntityId, bool> const& one) {
        if (one.first > since) {
          result.emplace_back(std::get<0>(fact), std::get<1>(fact), std::get<2>(fact), one.first, one.second);
        }
      };
      if (history) {
        for (auto const& one : said) {
          if (one.first <= as_of) put(one);
        }
        continue;
      }
      auto const later = std::ranges::find_if(said, [&](auto const& one) { return one.first > as_of; });
      if (later != said.begin() && std::prev(later)->second) put(*std::prev(later));
    }
    std::ranges::sort(result);
    return result;
  }
};

template <class Range>
std::vector<Operation> operations_in(Range&& range) {
  std::vector<Operation> result;
  for (auto const& datom : range) {
    if (datom.a.ns() != "db") result.emplace_back(datom.e, std::string{datom.a.text()}, datom.v, datom.tx, datom.added);
  }
  return result;
}

/// Compares one view in every order and both directions.
bool agrees(TestDb const& db, std::vector<Operation> expected) {
  auto const sorted = [](std::vector<Operation> found) {
    std::ranges::sort(found);
    return found;
  };
  auto const forward = operations_in(db.datoms(eavt));
  auto const columns = operations_in(db.datoms(aevt));
  auto const values = operations_in(db.datoms(avet));
  auto backward = operations_in(db.rseek_datoms(eavt));
  auto values_backward = operations_in(db.rseek_datoms(avet));
  std::ranges::reverse(backward);
  std::ranges::reverse(values_backward);
  if (sorted(forward) != expected || sorted(columns) != expected || backward != forward || values_backward != values)
    return false;
  std::erase_if(expected, [](Operation const& one) { return !Model::is_indexed(std::get<1>(one)); });
  return sorted(values) == expected;
}

constexpr char const* model_schema = R"([
  {:db/ident :age :db/valueType :db.type/long :db/cardinality :db.cardinality/one}
  {:db/ident :kind :db/valueType :db.type/keyword :db/cardinality :db.cardinality/one :db/index true}
  {:db/ident :tag :db/valueType :db.type/string :db/cardinality :db.cardinality/many}
  {:db/ident :friend :db/valueType :db.type/ref :db/cardinality :db.cardinality/many}
  {:db/ident :note :db/valueType :db.type/string :db/cardinality :db.cardinality/one :db/noHistory true}])";

void run_history(std::uint64_t seed, bool keep_history) {
  INFO("seed " << seed << ", history " << keep_history << "; CAIRN_TEST_SEED repeats it");
  std::mt19937_64 random{seed};
  auto const below = [&random](int limit) { return static_cast<int>(random() % static_cast<std::uint64_t>(limit)); };
  auto const start = empty_db(keep_history);
  auto first = transact(start, model_schema, Instant{1});
  std::vector<TxRecord> records{first.record};
  auto db = first.db_after;
  Model model;
  for (int step = 0, steps = 3 + below(5); step != steps; ++step) {
    auto const before = model.truth;
    std::vector<TxOp> operations;
    for (int i = 0, count = 1 + below(8); i != count; ++i) {
      EntityId const e = 100 + below(4);
      static char const* const names[] = {"age", "kind", "tag", "friend", "note"};
      std::string const a = names[below(5)];
      Value v = below(3);
      if (a == "kind") v = kw(std::string{":k"} + std::to_string(below(3)));
      if (a == "friend") v = EntityId{100 + below(4)};
      if (a == "tag" || a == "note") v = std::string(static_cast<std::size_t>(below(3)), 'x');
      switch (below(6)) {
        case 0:
          operations.push_back(retract(e, a, v));
          model.truth.erase({e, a, v});
          break;
        case 1:
          if (below(4) == 0) {
            operations.push_back(retract_entity(e));
            model.retract_entity(e);
          } else {
            operations.push_back(below(2) == 0 ? retract(e, a) : retract_attribute(e, a));
            model.retract(e, a);
          }
          break;
        default:
          operations.push_back(below(2) == 0 ? add(e, a, v) : entity_map(e, {{a, v}}));
          model.add(e, a, v);
      }
    }
    auto report = transact(db, operations, Instant{1});
    model.commit(before, report.tx, keep_history);
    records.push_back(report.record);
    db = report.db_after;
    REQUIRE(agrees(db, model.view(View<persistent_set_tag>::now, 0, false)));
    if (!keep_history) continue;
    for (int look = 0; look != 3; ++look) {
      EntityId const t = first_transaction + below(step + 3);
      EntityId const s = first_transaction + below(step + 3);
      REQUIRE(agrees(db.as_of(t), model.view(t, 0, false)));
      REQUIRE(agrees(db.since(s), model.view(View<persistent_set_tag>::now, s, false)));
      REQUIRE(agrees(db.as_of(t).since(s), model.view(t, s, false)));
      REQUIRE(agrees(db.history().as_of(t).since(s), model.view(t, s, true)));
    }
    REQUIRE(agrees(db.history(), model.view(View<persistent_set_tag>::now, 0, true)));
  }
  // What the log makes of it, one by one, at once, and read from bytes.
  auto replayed = start.snapshot();
  for (auto& record : records) {
    ByteWriter out;
    codec::write(out, record);
    ByteReader in{out.view()};
    record = codec::read_tx_record(in);
    replayed = apply(replayed, record);
  }
  for (auto const& again : {replayed, apply(start.snapshot(), std::span<TxRecord const>{records})}) {
    REQUIRE(again.current.eavt == db.snapshot().current.eavt);
    REQUIRE(again.current.aevt == db.snapshot().current.aevt);
    REQUIRE(again.current.avet == db.snapshot().current.avet);
    REQUIRE(again.temporal.eavt == db.snapshot().temporal.eavt);
    REQUIRE(again.temporal.avet == db.snapshot().temporal.avet);
    REQUIRE(*again.schema == db.schema());
    REQUIRE(again.max_entity == db.max_eid());
    REQUIRE(again.last_instant == db.last_instant());
  }
}

TEST_CASE("random histories agree with the model") {
  auto const* given = std::getenv("CAIRN_TEST_SEED");  // NOLINT(concurrency-mt-unsafe)
  if (given != nullptr) {
    run_history(std::strtoull(given, nullptr, 10), true);
    run_history(std::strtoull(given, nullptr, 10), false);
    return;
  }
  std::random_device device;
  std::uint64_t const base = (std::uint64_t{device()} << 32U) | device();
  for (std::uint64_t i = 0; i != 200; ++i) run_history(base + i, i % 8 != 0);
}

}  // namespace
}  // namespace cairn::test
