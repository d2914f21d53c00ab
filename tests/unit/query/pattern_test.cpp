// Copyright the Cairn authors
// SPDX-License-Identifier: BSL-1.0
// Patterns, by every way through the indexes and on every view, against the oracle.
#include "../../oracle/oracle.hpp"
#include "pattern_rig.hpp"
#include "sanitized.hpp"
#include <cairn/db/transact.hpp>
#include <cairn/edn/parse.hpp>
#include <cairn/edn/write.hpp>
#include <cairn/query/edn_values.hpp>

#include <catch2/catch_test_macros.hpp>

#include <cstdlib>
#include <iostream>
#include <random>
#include <set>
#include <sstream>

namespace cairn::pattern_test {

using namespace cairn::test;

namespace {

using TestDb = Db<persistent_set_tag>;
using Kind = query::Limit::Kind;

constexpr char const* schema = R"([
  {:db/ident :key :db/valueType :db.type/string :db/cardinality :db.cardinality/one :db/unique :db.unique/identity}
  {:db/ident :age :db/valueType :db.type/long :db/cardinality :db.cardinality/one}
  {:db/ident :size :db/valueType :db.type/long :db/cardinality :db.cardinality/one :db/index true}
  {:db/ident :tag :db/valueType :db.type/string :db/cardinality :db.cardinality/many}
  {:db/ident :kind :db/valueType :db.type/keyword :db/cardinality :db.cardinality/one :db/index true}
  {:db/ident :score :db/valueType :db.type/double :db/cardinality :db.cardinality/one :db/index true}
  {:db/ident :weight :db/valueType :db.type/float :db/cardinality :db.cardinality/one :db/index true}
  {:db/ident :friend :db/valueType :db.type/ref :db/cardinality :db.cardinality/many}])";

class Random {
 public:
  explicit Random(std::uint64_t seed) : engine_{seed} {}
  int below(int limit) { return static_cast<int>(engine_() % static_cast<std::uint64_t>(limit)); }
  std::uint64_t next() { return engine_(); }

 private:
  std::mt19937_64 engine_;
};

constexpr EntityId first_person = 100;

std::string value_of(Random& random, std::string const& attribute, int people) {
  auto const numeral = [&](int limit) { return std::to_string(random.below(limit)); };
  if (attribute == ":tag") return "\"t" + numeral(5) + "\"";
  if (attribute == ":kind") return ":kind/" + std::string(1, static_cast<char>('a' + random.below(4)));
  if (attribute == ":score") return numeral(9) + "." + numeral(2);
  if (attribute == ":weight") return "0." + numeral(9);
  if (attribute == ":friend") return std::to_string(first_person + random.below(people));
  return numeral(12);
}

/// People whose facts came and went in some transactions.
TestDb people(Random& random, int count, int transactions, bool attribute_refs = false) {
  DatabaseOptions options;
  options.attribute_refs = attribute_refs;
  auto db = TestDb{initial_snapshot<persistent_set_tag>(std::make_shared<DatabaseOptions const>(options), Instant{1})};
  db = transact(db, TxData{schema}, Instant{1}).db_after;
  std::string text = "[{:db/id 90 :db/ident :ident/someone :age 3}";
  for (int i = 0; i != count; ++i) {
    text += " {:db/id " + std::to_string(first_person + i) + " :key \"k" + std::to_string(i) + "\"}";
  }
  db = transact(db, TxData{text + "]"}, Instant{2}).db_after;
  char const* const attributes[] = {":age", ":size", ":tag", ":kind", ":score", ":weight", ":friend"};
  for (int t = 0; t != transactions; ++t) {
    text = "[";
    for (int i = 0; i != count; ++i) {
      auto const entity = std::to_string(first_person + i);
      for (auto const* attribute : attributes) {
        if (random.below(transactions) > 1) continue;
        bool const removes = t != 0 && random.below(4) == 0;
        text += removes ? " [:db.fn/retractAttribute " + entity + " " + attribute + "]"
                        : " [:db/add " + entity + " " + attribute + " " + value_of(random, attribute, count) + "]";
      }
    }
    db = transact(db, TxData{text + "]"}, Instant{3 + t}).db_after;
  }
  return db;
}

std::vector<std::pair<std::string, TestDb>> views_of(TestDb const& db) {
  auto const middle = first_transaction + (db.max_tx() - first_transaction) / 2 + 1;
  auto const odd = [](TestDb const&, Datom const& datom) { return datom.e % 2 == 1; };
  return {{"present", db},
          {"as of", db.as_of(middle)},
          {"since", db.since(middle)},
          {"history", db.history()},
          {"filtered", db.filter(odd)},
          {"as of, since, filtered", db.as_of(middle + 1).since(middle - 2).filter(odd)},
          {"history since", db.history().since(middle)}};
}

/// Values that a variable of that name may come in with: such as there are, and others.
std::string some_value(Random& random, char variable, int people) {
  auto const person = std::to_string(first_person + random.below(people + 3));
  if (variable == 'l') {  // a limit: what the oracle compares, so no bigints
    static std::vector<std::string> const limits{"2.5", "-1", "4.0", "0.4", "7", "\"t2\"", ":kind/b", "1e300"};
    if (random.below(3) != 0) return std::to_string(random.below(12));
    return limits[static_cast<std::size_t>(random.below(static_cast<int>(limits.size())))];
  }
  static std::vector<std::string> const others{"\"t1\"", "3", ":kind/b", "2.5", "0.5", "nil", "[1 2]", "true", ":age", "\"k2\"",
                                               "#{1}", "{:a 1}", "[:key 3]", "3N", "-5", "[:age 3]", ":nobody"};
  if (random.below(8) == 0) return others[static_cast<std::size_t>(random.below(static_cast<int>(others.size())))];
  switch (variable) {
    case 'e':
      if (random.below(6) == 0) return "[:key \"k" + std::to_string(random.below(people + 2)) + "\"]";
      return random.below(9) == 0 ? ":ident/someone" : person;
    case 'a': {
      static std::vector<std::string> const names{":age", ":tag", ":kind", ":friend", ":key", ":size", ":weight", ":none"};
      return names[static_cast<std::size_t>(random.below(static_cast<int>(names.size())))];
    }
    case 't': return std::to_string(first_transaction + random.below(9));
    case 'o': return random.below(2) == 0 ? "true" : "false";
    default: {
      static std::vector<std::string> const names{":age", ":size", ":tag", ":kind", ":score", ":weight", ":friend"};
      if (random.below(7) == 0) return "[:key \"k" + std::to_string(random.below(people)) + "\"]";
      if (random.below(7) == 0) return "\"k" + std::to_string(random.below(people)) + "\"";
      return value_of(random, names[static_cast<std::size_t>(random.below(static_cast<int>(names.size())))], people);
    }
  }
}

using Lines = std::set<std::string>;

Lines lines_of(notation::Value const& rows) {
  Lines lines;
  for (auto const& row : rows.items()) lines.insert(notation::write(row));
  return lines;
}
Lines lines_of(std::vector<std::vector<Value>> const& rows) {
  Lines lines;
  for (auto const& row : rows) {
    std::vector<notation::Value> items;
    for (auto const& value : row) items.push_back(to_edn(value));
    lines.insert(notation::write(notation::Value::vector(std::move(items))));
  }
  return lines;
}

struct Question {
  std::string pattern;
  std::vector<std::string> bound;
  Kind low = Kind::none;
  std::string low_value = "0";
  Kind high = Kind::none;
  std::string high_value = "0";
};

std::string predicate(Kind kind, std::string const& variable, std::string const& value) {
  static std::map<Kind, std::string> const names{
      {Kind::at_least, ">="}, {Kind::above, ">"}, {Kind::at_most, "<="}, {Kind::below, "<"}};
  return kind == Kind::none ? "" : " [(" + names.at(kind) + " " + variable + " " + value + ")]";
}

/// Asks both for some rows that come in, and for those in many small batches.
void compare(Question const& question, TestDb const& db, std::vector<std::vector<std::string>> const& in, std::uint32_t at_once) {
  PatternPlan const plan{question.pattern, question.bound, question.low, question.low_value, question.high, question.high_value};
  std::string text = "[:find";
  for (auto const& variable : plan.variables()) text += " " + variable;
  std::string relation = "[";
  std::vector<std::vector<Value>> rows;
  for (auto const& row : in) {
    std::string line;
    auto& values = rows.emplace_back();
    for (auto const& value : row) {
      line += value + " ";
      values.push_back(query::to_value(notation::parse(value)));
    }
    relation += "[" + line + "]";
  }
  text += " :in $";
  std::vector<oracle::Input> inputs{std::make_shared<TestDb const>(db)};
  if (!question.bound.empty()) {
    text += " [[";
    for (auto const& variable : question.bound) text += variable + " ";
    text += "]]";
    inputs.emplace_back(notation::parse(relation + "]"));
  }
  text += " :where " + question.pattern + predicate(question.low, "?v", question.low_value) +
          predicate(question.high, "?v", question.high_value) + "]";
  INFO(text << " with " << relation.substr(0, 400));
  // In some views a constant names nobody.
  auto const answer_of = [](auto const& ask) -> std::pair<std::optional<Errc>, Lines> {
    try {
      return {std::nullopt, lines_of(ask())};
    } catch (Error const& error) {
      return {error.code(), {}};
    }
  };
  auto const expected = answer_of([&] { return oracle::q(notation::parse(text), inputs); });
  auto const found = answer_of([&] { return rows_of(plan, db, rows, at_once); });
  CHECK(found == expected);
}

std::vector<std::vector<std::string>> rows_for(Random& random, Question const& question, int people, int count) {
  if (question.bound.empty()) return {{}};
  std::vector<std::vector<std::string>> rows;
  for (int i = 0; i != count; ++i) {
    auto& row = rows.emplace_back();
    for (auto const& variable : question.bound) row.push_back(some_value(random, variable[1], people));
  }
  return rows;
}

std::uint64_t seed() {
  auto const* given = std::getenv("CAIRN_SEED");
  auto const value = given != nullptr ? std::strtoull(given, nullptr, 10) : std::random_device{}();
  std::cout << "seed " << value << "\n";
  return value;
}

std::vector<Question> questions() {
  std::vector<Question> all;
  auto const with_all = [&](std::string const& pattern, std::vector<std::string> const& variables) {
    for (std::size_t set = 0; set != std::size_t{1} << variables.size(); ++set) {
      Question question{pattern, {}};
      for (std::size_t i = 0; i != variables.size(); ++i) {
        if ((set >> i & 1U) != 0) question.bound.push_back(variables[i]);
      }
      all.push_back(question);
    }
  };
  for (auto const* attribute : {":key", ":age", ":size", ":tag", ":kind", ":score", ":weight", ":friend"}) {
    with_all(std::string{"[?e "} + attribute + " ?v]", {"?e", "?v"});
  }
  with_all("[?e ?a ?v]", {"?e", "?a", "?v"});
  with_all("[?e :age ?v ?t ?o]", {"?e", "?v", "?t", "?o"});
  with_all("[?e :friend ?v ?t ?o]", {"?t", "?o"});
  with_all("[?e ?a ?v ?t ?o]", {"?t"});
  with_all("[?e ?a]", {"?e", "?a"});
  with_all("[?e :friend ?e]", {"?e"});
  with_all("[?e ?a ?e]", {"?e", "?a"});
  with_all("[_ :age ?v]", {"?v"});
  with_all("[?e :tag]", {"?e"});
  with_all("[?e ?a 3]", {"?e", "?a"});
  with_all("[?e ?a :kind/a]", {"?a"});
  with_all("[?e :age 3]", {"?e"});
  with_all("[?e :size 3 ?t]", {"?e", "?t"});
  with_all("[?e :weight 0.3]", {"?e"});
  with_all("[?e :score 2.5]", {"?e"});
  with_all("[?e :size 3.0]", {"?e"});
  with_all("[?e :kind :kind/c]", {"?e"});
  with_all("[?e :friend 103]", {"?e"});
  with_all("[?e :friend [:key \"k3\"]]", {"?e"});
  with_all("[[:key \"k3\"] :friend ?v]", {"?v"});
  with_all("[:ident/someone :age ?v]", {"?v"});
  with_all("[101 ?a ?v ?t]", {"?a", "?v"});
  with_all("[?e :none ?v]", {"?e"});
  with_all("[?e \"age\" ?v]", {"?e"});
  with_all("[?e _ _ ?t false]", {"?e"});
  return all;
}

std::vector<Question> limited_questions() {
  std::vector<Question> all;
  auto const add = [&](std::string const& attribute, std::string const& value) {
    for (auto const& [low, high] : {std::pair{Kind::at_least, Kind::none}, std::pair{Kind::above, Kind::none},
                                    std::pair{Kind::none, Kind::at_most}, std::pair{Kind::none, Kind::below}}) {
      all.push_back({"[?e " + attribute + " ?v]", {}, low, value, high, value});
      all.push_back({"[?e " + attribute + " ?v]", {"?e"}, low, value, high, value});
    }
  };
  for (auto const* attribute : {":age", ":size", ":score", ":weight"}) {
    for (auto const* value : {"5", "2.5", "5.0", "0.4", "-1"}) add(attribute, value);
  }
  add(":tag", "\"t2\"");
  add(":key", "\"k2\"");
  add(":kind", ":kind/b");
  all.push_back({"[?e :size ?v]", {}, Kind::above, "2", Kind::at_most, "7"});
  all.push_back({"[?e :age ?v]", {"?e"}, Kind::at_least, "2", Kind::below, "7.5"});
  all.push_back({"[?e ?a ?v]", {"?e", "?a"}, Kind::at_least, "2", Kind::below, "7.5"});
  for (auto const* attribute : {":age", ":size", ":score", ":weight", ":tag", ":kind", ":none"}) {
    auto const pattern = std::string{"[?e "} + attribute + " ?v]";
    for (auto const kind : {Kind::at_least, Kind::above}) all.push_back({pattern, {"?l"}, kind, "?l"});
    for (auto const kind : {Kind::at_most, Kind::below}) all.push_back({pattern, {"?l", "?e"}, Kind::none, "0", kind, "?l"});
    all.push_back({pattern, {"?l", "?l2"}, Kind::above, "?l", Kind::at_most, "?l2"});
    all.push_back({pattern, {"?l"}, Kind::at_least, "2", Kind::below, "?l"});
    all.push_back({std::string{"[?e "} + attribute + " ?v ?t]", {"?t", "?l"}, Kind::above, "?l"});
  }
  return all;
}

}  // namespace

TEST_CASE("Patterns find what the oracle finds, on every view, whatever is bound") {
  auto const used = seed();
  Random random{used};
  CAPTURE(used);
  bool const is_long = std::getenv("CAIRN_LONG") != nullptr;
  for (int round = 0; round != (is_long ? 10 : 1); ++round) {
    int const count = 20;
    auto const db = people(random, count, 5, round % 2 == 1);
    for (auto const& [name, view] : views_of(db)) {
      INFO(name);
      // Under sanitizers a third of all, others each time.
      auto const is_left_out = [&] { return is_sanitized && random.below(3) != 0; };
      for (auto const& question : questions()) {
        if (is_left_out()) continue;
        compare(question, view, rows_for(random, question, count, 1), 1);
        if (!question.bound.empty()) compare(question, view, rows_for(random, question, count, 12), round % 3 == 0 ? 5 : 1024);
      }
      for (auto const& question : limited_questions()) {
        if (is_left_out()) continue;
        compare(question, view, rows_for(random, question, count, 9), 1024);
        if (!question.bound.empty()) compare(question, view, rows_for(random, question, count, 1), 1);
      }
    }
  }
}

TEST_CASE("Many entities and values are looked up in their order and in none") {
  auto const used = seed();
  Random random{used};
  CAPTURE(used);
  int const count = is_sanitized ? 100 : 700;
  auto const db = people(random, count, 4);
  for (auto const& [name, view] : views_of(db)) {
    INFO(name);
    for (auto const* pattern : {"[?e :age ?v]", "[?e :friend ?v]", "[?e :tag ?v]", "[?e :key ?v ?t]", "[?e :size]", "[?e :kind :kind/b]",
                                "[?e :size 3]", "[?e :friend 103]", "[?e :kind :kind/b ?t]"}) {
      for (bool const in_order : {true, false}) {
        std::vector<std::vector<std::string>> rows;
        for (int i = 0; i != count + 20; ++i) {
          if (in_order && random.below(3) == 0) continue;
          rows.push_back({std::to_string(first_person - 5 + (in_order ? i : random.below(count + 20)))});
        }
        compare({pattern, {"?e"}}, view, rows, 64);
        compare({pattern, {"?e"}}, view, rows, 1024);
      }
    }
    std::vector<std::vector<std::string>> values;
    for (int i = 0; i != 60; ++i) values.push_back({std::to_string(random.below(15))});
    for (auto const* pattern : {"[?e :age ?v]", "[?e :size ?v]"}) compare({pattern, {"?v"}}, view, values, 7);
  }
}

TEST_CASE("A pattern names what its text gets wrong") {
  Random random{1};
  auto const db = people(random, 5, 2);
  auto const code = [&](std::string const& pattern) -> std::optional<Errc> {
    try {
      (void)rows_of(PatternPlan{pattern, {}}, db, {{}});
      return std::nullopt;
    } catch (Error const& error) {
      return error.code();
    }
  };
  CHECK(code("[[:key \"nobody\"] :age ?v]") == Errc::entity_id_missing);
  CHECK(code("[:nobody :age ?v]") == Errc::entity_id_missing);
  CHECK(code("[?e :friend :nobody]") == Errc::entity_id_missing);
  CHECK(code("[[:age 3] :age ?v]") == Errc::lookup_ref_unique);
  CHECK(code("[?e :kind :nobody]") == std::nullopt);
}

TEST_CASE("Rows that all have their datom are handed on as they came") {
  Random random{2};
  auto const db = people(random, 300, 1);
  std::vector<std::vector<Value>> in;
  for (EntityId e = first_person; e != first_person + 300; ++e) in.push_back({Value{e}});
  PatternPlan const plan{"[?e :key ?v]", {"?e"}};
  auto const out = rows_of(plan, db, in, 100);
  REQUIRE(out.size() == in.size());
  for (std::size_t i = 0; i != out.size(); ++i) {
    CHECK(out[i][0] == in[i][0]);
    CHECK(out[i][1] == Value{"k" + std::to_string(i)});
  }
}

}  // namespace cairn::pattern_test
