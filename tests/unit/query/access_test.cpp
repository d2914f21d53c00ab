// Copyright the Cairn authors
// SPDX-License-Identifier: BSL-1.0
// Values that are borrowed from leaves which come and go, and tables of whole attributes.
#include "laws/index_policy_model.hpp"
#include "pattern_rig.hpp"

#include <catch2/catch_test_macros.hpp>

#include <algorithm>
#include <iterator>
#include <memory>
#include <random>
#include <string>
#include <tuple>
#include <utility>
#include <vector>

using namespace cairn;
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

}  // namespace

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
