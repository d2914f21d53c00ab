// Copyright the Cairn authors
// SPDX-License-Identifier: BSL-1.0
// Random patterns on random databases, against the oracle's pull.
#include "oracle/oracle.hpp"
#include "sanitized.hpp"
#include "unit/db/db_test.hpp"
#include <cairn/db/initial_snapshot.hpp>
#include <cairn/db/pull.hpp>

#include <cstdint>
#include <cstdlib>
#include <iostream>
#include <random>
#include <string>
#include <utility>
#include <vector>

namespace cairn::test::random_pull_test {
namespace {

struct RandomAttribute {
  std::string name;
  std::string type;  // empty: nothing says it
  bool many = false;
  bool component = false;

  [[nodiscard]] bool is_ref() const { return type == "ref"; }
};

/// A schema, facts in several transactions, and patterns that speak of them.
class RandomPulls {
 public:
  explicit RandomPulls(std::uint64_t seed) : random_{seed} {}

  TestDb database() {
    DatabaseOptions options;
    options.attribute_refs = chance(4);
    options.schema_flexibility =
        !options.attribute_refs && chance(3) ? SchemaFlexibility::read : SchemaFlexibility::write;
    strict_ = options.schema_flexibility == SchemaFlexibility::write;
    TestDb db{initial_snapshot<persistent_set_tag>(std::make_shared<DatabaseOptions const>(options), Instant{1000})};
    std::string schema = "[";
    for (auto const* name : {"a", "b", "c", "d", "x/a", "x/b", "y.z/c"}) schema += declared(name);
    db = after(db, schema + "]");
    for (int count = between(2, 5); count != 0; --count) {
      std::string tx = "[";
      for (int facts = between(4, 14); facts != 0; --facts) tx += operation();
      try {
        db = after(db, tx + "]");
      } catch (Error const&) {  // two values for one attribute, and the like
      }
    }
    return db;
  }

  TestDb view(TestDb const& db) {
    auto const tx = first_transaction + between(0, 5);
    switch (between(0, 8)) {
      case 0:
        return db.as_of(tx);
      case 1:
        return db.since(tx);
      case 2:
        return db.history();
      case 3:
        return db.as_of(tx).history();
      case 4: {
        auto const left_out = between(0, 2);
        return db.filter([left_out](auto const&, Datom const& datom) {
          return (datom.e + static_cast<EntityId>(datom.v.hash() % 7)) % 3 != left_out;
        });
      }
      case 5:
        try {
          return db.with(TxData{"[" + operation() + operation() + "]"}).db_after;
        } catch (Error const&) {
          return db;
        }
      default:
        return db;
    }
  }

  EntityId entity() { return chance(12) ? between(1, 80) : 100 + between(0, 8); }

  std::string pattern(int depth = 0) {
    std::string text = "[";
    for (int count = between(depth == 0 ? 1 : 0, 4); count != 0; --count) text += item(depth) + " ";
    return text + "]";
  }

 private:
  int between(int low, int high) { return std::uniform_int_distribution<int>{low, high}(random_); }
  bool chance(int of) { return between(1, of) == 1; }
  template <class Items>
  auto const& any(Items const& items) {
    return items[static_cast<std::size_t>(between(0, static_cast<int>(items.size()) - 1))];
  }

  std::string declared(std::string const& name) {
    RandomAttribute made{.name = name,
                         .type = any(std::vector<std::string>{"ref", "ref", "long", "string", "keyword"}),
                         .many = chance(2)};
    if (!strict_ && chance(3)) made = {.name = name, .type = ""};
    made.component = made.is_ref() && chance(3);
    attributes_.push_back(made);
    if (made.type.empty()) return "";
    return "{:db/ident :" + name + " :db/valueType :db.type/" + made.type + " :db/cardinality :db.cardinality/" +
           (made.many ? "many" : "one") + (made.component ? " :db/isComponent true" : "") +
           (chance(3) ? " :db/index true" : "") + "}";
  }

  std::string value(RandomAttribute const& attribute) {
    auto const number = std::to_string(between(0, 4));
    if (attribute.type == "string") return "\"s" + number + "\"";
    if (attribute.type == "keyword") return ":k/" + number;
    if (attribute.is_ref() || (attribute.type.empty() && chance(2))) return std::to_string(100 + between(0, 8));
    return number;
  }

  std::string operation() {
    auto const& attribute = any(attributes_);
    return std::string{"["} + (chance(4) ? ":db/retract " : ":db/add ") + std::to_string(100 + between(0, 8)) + " :" +
           attribute.name + " " + value(attribute) + "]";
  }

  /// By its name, or from those that refer; sometimes a name that nobody knows.
  std::string attribute_name(RandomAttribute const& attribute, bool reverse) {
    auto name = attribute.name;
    auto const slash = name.find('/');
    if (reverse) name.insert(slash == std::string::npos ? 0 : slash + 1, "_");
    return ":" + name;
  }

  std::string named(RandomAttribute const& attribute) {
    bool const may_reverse = attribute.is_ref() || (!strict_ && attribute.type.empty());
    auto const name = attribute_name(attribute, may_reverse && chance(3));
    if (chance(2)) return name;
    if (chance(6)) return "(limit " + name + " " + (chance(3) ? "nil" : std::to_string(between(1, 3))) + ")";
    if (chance(6)) return "(default " + name + " :none)";
    auto const is_vector = chance(2);
    std::string text = (is_vector ? "[" : "(") + name;
    if (chance(3)) text += " :as " + any(std::vector<std::string>{":a", ":b", "\"a\"", "7", ":x/y"});
    if (chance(3)) text += " :limit " + std::to_string(between(1, 3));
    if (chance(3)) text += " :default " + any(std::vector<std::string>{"0", "[]", "false", "{:a 1}"});
    return text + (is_vector ? "]" : ")");
  }

  std::string item(int depth) {
    if (chance(6)) return "*";
    if (chance(8)) return ":db/id";
    if (depth == 0 && chance(60)) return ":nobody/knows";
    if (!chance(3)) return named(any(attributes_));
    std::string text = "{";
    std::string first;
    for (int count = between(1, 2); count != 0; --count) {
      auto const& attribute = any(attributes_);
      if (attribute.name == first) break;  // the same key twice
      first = attribute.name;
      text += named(attribute) + " ";
      if (depth < 3 && chance(2)) {
        text += pattern(depth + 1) + " ";
      } else {
        text += chance(2) ? "... " : std::to_string(between(1, 3)) + " ";
      }
    }
    return text + "}";
  }

  std::mt19937_64 random_;
  std::vector<RandomAttribute> attributes_{};
  bool strict_ = true;
};

struct Outcome {
  notation::Value value{};
  std::optional<Errc> error{};
};

template <class Run>
Outcome outcome_of(Run const& run) {
  try {
    return {.value = run(), .error = {}};
  } catch (Error const& error) {
    return {.value = {}, .error = error.code()};
  }
}

std::size_t size_of(notation::Value const& value) {
  std::size_t size = 1;
  for (auto const& item : value.items()) size += size_of(item);
  return size;
}

TEST_CASE("pull finds what the oracle finds") {
  auto const* given = std::getenv("CAIRN_TEST_SEED");  // NOLINT(concurrency-mt-unsafe)
  std::uint64_t const base = given != nullptr ? std::strtoull(given, nullptr, 10) : std::random_device{}();
  int const runs = given != nullptr                       ? 1
                   : std::getenv("CAIRN_LONG") != nullptr ? 2000
                   : is_sanitized                         ? 40
                                                          : 200;  // NOLINT(concurrency-mt-unsafe)
  std::size_t compared = 0;
  std::size_t found = 0;
  std::size_t refused = 0;
  for (int run = 0; run != runs; ++run) {
    auto const seed = base + static_cast<std::uint64_t>(run);
    RandomPulls random{seed};
    auto const db = random.database();
    for (int i = 0; i != 25; ++i) {
      auto const seen = random.view(db);
      auto const text = random.pattern();
      PullPattern const pattern{text};
      auto const entity = random.entity();
      INFO("CAIRN_TEST_SEED=" << seed << " repeats it: " << text << " of " << entity);
      auto const got = outcome_of([&] { return pattern.of(seen, entity); });
      // The oracle takes its time over what is large.
      if (got.error == Errc::query_memory || size_of(got.value) > 20'000) continue;
      auto const expected =
          outcome_of([&] { return oracle::pull(seen, pattern.edn(), notation::Value::integer(entity)); });
      ++compared;
      found += got.value.is_nil() ? 0U : 1U;
      refused += got.error ? 1U : 0U;
      if (got.error == expected.error && got.value == expected.value) continue;
      CHECK(notation::write(got.value) == notation::write(expected.value));
      CHECK(got.error == expected.error);
      return;
    }
  }
  std::cout << compared << " pulls from seed " << base << ": " << found << " found something, " << refused
            << " were refused\n";
  if (given == nullptr) {
    CHECK(found > compared / 3);
    CHECK(refused > 0);
  }
}

}  // namespace
}  // namespace cairn::test::random_pull_test
