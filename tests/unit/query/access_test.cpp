// Copyright the Cairn authors
// SPDX-License-Identifier: BSL-1.0
// Values that are borrowed from leaves which come and go, and tables of whole attributes.
#include "laws/index_policy_model.hpp"
#include "pattern_rig.hpp"
#include "sanitized.hpp"

#include <catch2/catch_test_macros.hpp>

#include <algorithm>
#include <iterator>
#include <memory>
#include <random>
#include <string>
#include <tuple>
#include <type_traits>
#include <utility>
#include <vector>

namespace cairn::access_test {

using namespace cairn::test;

namespace {

using Tag = persistent_set_tag;

constexpr EntityId number = 3'000;
constexpr AttributeId label = first_user_attribute;
constexpr AttributeId other = first_user_attribute + 1;

std::string label_of(EntityId e) { return "a label that is long enough " + std::to_string(e * 7919 % number); }

/// A stored database with two attributes, whose leaves are forgotten as soon as they may be.
struct Stored {
  Stored() {
    std::vector<RawDatom> datoms;
    for (EntityId e = 1; e <= number; ++e) {
      datoms.push_back({.e = e * 3, .a = label, .tx = first_transaction, .v = label_of(e)});
      datoms.push_back({.e = e * 3, .a = other, .tx = first_transaction, .v = (e * 7919 % number + 1) * 3});
    }
    auto schema = std::make_shared<DatabaseSchema>();
    for (auto const& [id, name, type] : {std::tuple{label, "label", ValueType::string}, {other, "other", ValueType::ref}}) {
      Attribute attribute{.id = id, .ident = Keyword{std::string_view{name}}};
      attribute.type = type;
      attribute.indexed = true;
      schema->restore(std::move(attribute));
    }
    Snapshot<Tag> snapshot;
    snapshot.schema = std::move(schema);
    snapshot.options = std::make_shared<DatabaseOptions const>();
    snapshot.current.eavt = stored<Order::eavt>(datoms);
    snapshot.current.aevt = stored<Order::aevt>(datoms);
    snapshot.current.avet = stored<Order::avet>(datoms);
    snapshot.max_tx = first_transaction;
    db = std::make_unique<Db<Tag>>(std::move(snapshot));
  }

  template <Order Sorted>
  PersistentSet<Sorted> stored(std::vector<RawDatom> datoms) {
    std::ranges::sort(datoms, [](auto const& left, auto const& right) { return cairn::compare<Sorted>(left, right) < 0; });
    auto const set = PersistentSet<Sorted>::from_sorted(datoms);
    return PersistentSet<Sorted>::open(set.flush(nodes.sink()), set.size(), nodes.source(cache));
  }

  laws::MemoryNodes nodes;
  std::shared_ptr<NodeCache> cache = std::make_shared<NodeCache>(0);
  std::unique_ptr<Db<Tag>> db;
};

/// Keeps what it is given as it is given, and looks at it at the end.
class CellSink final : public query::StepRunner {
 public:
  void push(query::Batch const& in) override {
    for (std::uint32_t row = 0; row != in.rows(); ++row) cells.push_back({in[0][row].as_integer(), in[1][row]});
  }
  void flush() override {}
  std::vector<std::pair<EntityId, query::Cell>> cells{};
};

void check_labels(Db<Tag> const& db, NodeCache& cache, std::string const& pattern, std::vector<EntityId> const& entities) {
  PatternPlan const plan{pattern, entities.empty() ? std::vector<std::string>{} : std::vector<std::string>{"?e"}};
  QueryOptions const options;
  query::QueryContext context{plan.view(), options, {}};
  CellSink sink;
  {
    auto const runner = query::make_pattern_runner(query::StepPlace{context, plan.step(), plan.live_, sink}, db);
    query::Batch batch{context.variables()};
    auto& column = context.pool().take();
    auto const rows = (std::max)(entities.size(), std::size_t{1});
    for (std::size_t first = 0; first < rows; first += query::batch_rows) {
      auto const count = (std::min)(rows - first, std::size_t{query::batch_rows});
      for (std::size_t i = 0; i != count && !entities.empty(); ++i) {
        column.words[i] = static_cast<std::uint64_t>(entities[first + i]);
        batch[0] = {column.words, nullptr, ValueKind::integer};
      }
      batch.set_rows(static_cast<std::uint32_t>(count));
      runner->push(batch);
      cache.trim(0);
    }
    runner->flush();
  }
  cache.trim(0);
  CHECK(sink.cells.size() == (entities.empty() ? std::size_t{number} : entities.size()));
  CHECK(std::ranges::all_of(sink.cells, [](auto const& found) {
    return query::BorrowedValue{found.second}->as_string() == label_of(found.first / 3);
  }));
}

/// A database in memory whose facts were added and retracted again and again: `changed` of 100 of them more than once. Entities are
/// `step` apart.
Db<Tag> restless(std::mt19937_64& random, std::uint64_t changed, EntityId step) {
  constexpr AttributeId mixed = other + 1;
  auto schema = std::make_shared<DatabaseSchema>();
  for (auto const& [id, name] : {std::pair{label, "label"}, {other, "other"}, {mixed, "mixed"}}) {
    Attribute attribute{.id = id, .ident = Keyword{std::string_view{name}}};
    attribute.indexed = true;
    schema->restore(std::move(attribute));
  }
  std::vector<RawDatom> present;
  std::vector<RawDatom> past;
  for (EntityId e = 1; e <= 700; ++e) {
    for (auto const a : {label, other, mixed}) {
      for (std::uint64_t i = random() % 3; i != 0; --i) {
        auto const n = static_cast<std::int64_t>(random() % 40 + i * 100);
        bool const is_text = a == label || (a == mixed && n % 2 == 0);
        RawDatom fact{.e = e * step, .a = a, .tx = first_transaction + static_cast<EntityId>(random() % 4),
                      .v = is_text ? Value{"a text that is not short " + std::to_string(n)} : Value{n}};
        if (random() % 100 < changed) {
          for (std::uint64_t left = random() % 5; left != 0; --left) {
            past.push_back(fact);
            fact.added = !fact.added;
            fact.tx += static_cast<EntityId>(random() % 3) + (fact.added ? 0 : 1);
          }
        }
        (fact.added ? present : past).push_back(fact);
      }
    }
  }
  auto const put = [](auto& indexes, std::vector<RawDatom> datoms) {
    auto const sorted = [&]<Order Sorted>(std::integral_constant<Order, Sorted>) {
      std::ranges::sort(datoms, [](auto const& left, auto const& right) { return cairn::compare<Sorted>(left, right) < 0; });
      return PersistentSet<Sorted>::from_sorted(datoms);
    };
    indexes.eavt = sorted(std::integral_constant<Order, Order::eavt>{});
    indexes.aevt = sorted(std::integral_constant<Order, Order::aevt>{});
    indexes.avet = sorted(std::integral_constant<Order, Order::avet>{});
  };
  Snapshot<Tag> snapshot;
  snapshot.schema = std::move(schema);
  snapshot.options = std::make_shared<DatabaseOptions const>();
  put(snapshot.current, present);
  put(snapshot.temporal, past);
  snapshot.max_tx = first_transaction + 20;
  return Db<Tag>{std::move(snapshot)};
}

template <Order Sorted>
void check_runs(Db<Tag> const& db, query::PlaceRange const& range, std::vector<RawDatom> const& expected) {
  query::LeafPins<Tag> pins;
  query::RangeReader<Tag, Sorted> reader{db, pins};
  for (int pass = 0; pass != 2; ++pass) {
    std::vector<RawDatom> found;
    reader.open(range);
    for (DatomRun run; reader.next(run);) {
      REQUIRE(!run.empty());
      reader.pin(run);
      for (std::size_t at = 0; at != run.size(); ++at) found.push_back(run[at]);
    }
    CHECK(found == expected);
  }
}
template <Order Sorted>
std::vector<RawDatom> shown(Db<Tag> const& db, AttributeId attribute) {
  std::vector<RawDatom> found;
  auto const range = db.datoms(order_tag<Sorted>{});
  for (auto at = range.begin(); at != range.end(); ++at) {
    if (attribute == 0 || at.raw().a == attribute) found.push_back(at.raw());
  }
  return found;
}

}  // namespace

TEST_CASE("Runs of a view are its datoms, however the present and the past alternate") {
  for (std::uint64_t seed = 1; seed != (is_sanitized ? 3 : 9); ++seed) {
    CAPTURE(seed);
    std::mt19937_64 random{seed};
    for (std::uint64_t const changed : {0U, 3U, 50U, 100U}) {
      auto const now = restless(random, changed, seed % 4 == 0 ? EntityId{1} << 33U : EntityId{3});
      auto const tx = first_transaction + static_cast<EntityId>(random() % 8);
      auto const odd = [](Db<Tag> const&, Datom const& datom) { return datom.e % 2 != 0; };
      for (auto const& db : {now.as_of(tx), now.since(tx), now.as_of(tx + 3).since(tx), now.history(), now.history().as_of(tx),
                             now.history().since(tx), now.filter(odd), now.history().filter(odd)}) {
        check_runs<Order::eavt>(db, {}, shown<Order::eavt>(db, 0));
        check_runs<Order::aevt>(db, {}, shown<Order::aevt>(db, 0));
        for (auto const a : {label, other, other + 1}) {
          check_runs<Order::aevt>(db, query::PlaceRange::prefix(1, 0, a, {}), shown<Order::aevt>(db, a));
          check_runs<Order::avet>(db, query::PlaceRange::prefix(1, 0, a, {}), shown<Order::avet>(db, a));
        }
      }
    }
  }
}

TEST_CASE("Borrowed values outlive the leaves that a cache forgets") {
  Stored stored;
  std::mt19937_64 random{5};
  std::vector<EntityId> ascending;
  std::vector<EntityId> shuffled;
  for (EntityId e = 1; e <= number; ++e) ascending.push_back(e * 3);
  for (int i = 0; i != 3 * number; ++i) shuffled.push_back((1 + static_cast<EntityId>(random() % number)) * 3);
  auto const even = [](Db<Tag> const&, Datom const& datom) { return datom.e > 0; };
  for (auto const& db : {*stored.db, stored.db->as_of(first_transaction), stored.db->history(), stored.db->filter(even)}) {
    check_labels(db, *stored.cache, "[?e :label ?l]", {});
    check_labels(db, *stored.cache, "[?e :label ?l]", ascending);
    check_labels(db, *stored.cache, "[?e :label ?l]", shuffled);
  }
}

TEST_CASE("A table finds what the attribute has, dense or not, one or many") {
  std::mt19937_64 random{7};
  for (EntityId const step : {1, 3, 1'000}) {
    std::vector<RawDatom> datoms;
    for (EntityId e = 1; e <= 500; ++e) {
      for (std::uint64_t i = random() % 3; i != 0; --i) {
        datoms.push_back({.e = e * step, .a = label, .tx = first_transaction + e % 4,
                          .v = i == 1 ? Value{static_cast<std::int64_t>(random() % 40)} : Value{"text " + std::to_string(e % 9)}});
      }
    }
    Snapshot<Tag> snapshot;
    snapshot.schema = std::make_shared<DatabaseSchema const>();
    snapshot.options = std::make_shared<DatabaseOptions const>();
    std::ranges::sort(datoms, [](auto const& left, auto const& right) { return cairn::compare<Order::aevt>(left, right) < 0; });
    snapshot.current.aevt = PersistentSet<Order::aevt>::from_sorted(datoms);
    Db<Tag> const db{std::move(snapshot)};
    query::LeafPins<Tag> pins;
    auto const columns = [&](std::size_t expected) {
      auto read = query::AttributeColumns::read(db, label, expected, pins);
      REQUIRE(read);
      CHECK(read->size() == datoms.size());
      return std::move(*read);
    };
    query::EntityTable const by_entity{columns(datoms.size())};
    query::ValueTable const by_value{columns(1)};
    auto const shown = [](DatomRun const& run, std::uint32_t place) -> RawDatom { return run[place]; };
    for (EntityId e = -2; e <= 503; ++e) {
      std::vector<RawDatom> expected;
      std::ranges::copy_if(datoms, std::back_inserter(expected), [&](auto const& datom) { return datom.e == e * step; });
      std::vector<RawDatom> found;
      auto const run = by_entity.run();
      by_entity.find(e * step, [&](std::uint32_t place) {
        found.push_back(shown(run, place));
      });
      CHECK(found == expected);
    }
    for (int i = -1; i != 45; ++i) {
      for (auto const& value : {Value{i}, Value{"text " + std::to_string(i)}}) {
        auto const expected = std::ranges::count_if(datoms, [&](auto const& datom) { return datom.v == value; });
        std::ptrdiff_t found = 0;
        by_value.find(query::Cell{value}, [&](std::uint32_t) { ++found; });
        CHECK(found == expected);
      }
    }
  }
}

}  // namespace cairn::access_test
