// Copyright the Cairn authors
// SPDX-License-Identifier: BSL-1.0
// Plans in words: in which order clauses are taken, what is live, where duplicates are removed.
#include <cairn/query/plan/distinct.hpp>
#include <cairn/query/plan/explain.hpp>
#include <cairn/query/plan/frozen.hpp>
#include <cairn/query/plan/plan_query.hpp>
#include <cairn/query/syntax/parse_query.hpp>
#include <cairn/query/syntax/parse_rules.hpp>

#include <catch2/catch_test_macros.hpp>

#include <algorithm>
#include <array>
#include <cstddef>
#include <cstdint>
#include <iterator>
#include <string>
#include <string_view>
#include <utility>

namespace cairn::plan_test {

using namespace cairn::query;

namespace {

/// A query with its plan, in the compiler or at run time.
struct Planned {
  std::string_view text{};
  std::string_view rules_text{};
  syntax::QuerySyntax query{};
  syntax::RulesSyntax rules{};
  PlanResult result{};

  constexpr explicit Planned(std::string_view query_text, std::string_view rules_in = {})
      : text{query_text}, rules_text{rules_in} {
    query = syntax::parse_query(text);
    result.problem = query.problem;
    if (result.problem) return;
    planning::Written const written{text, query.nodes, &query.tree};
    if (rules_text.empty()) {
      result = make_plan(written);
      return;
    }
    rules = syntax::parse_rules(rules_text);
    result.problem = rules.problem;
    if (!result.problem) result.problem = syntax::link(query, rules);
    if (result.problem) return;
    planning::Written const written_rules{rules_text, rules.nodes, &rules.tree};
    result = make_plan(written, &written_rules);
  }
  [[nodiscard]] constexpr PlanView view() const {
    return view_of(result.plan, text, query.nodes, rules_text, rules.nodes);
  }
};

std::string words(std::string_view text, std::string_view rules = {}) {
  Planned const planned{text, rules};
  if (planned.result.problem) return "problem: " + std::string{planned.result.problem.reason};
  return "\n" + explain_plan(planned.view());
}

/// Which steps of the main block have to remove duplicates where every attribute has one value, and names are unique or
/// not.
std::string dedups(std::string_view text, PatternFacts facts, bool one_row = true) {
  Planned const planned{text};
  REQUIRE(planned.result.ok());
  auto const view = planned.view();
  std::string flags;
  for (auto const flag : needed_distinct(
           view, view.blocks[view.main], [&](Step const&) { return facts; }, one_row))
    flags += flag != 0 ? 'd' : '-';
  return flags;
}

constexpr PatternFacts one{true, true, false};
constexpr PatternFacts many{true, false, false};
constexpr PatternFacts history{false, true, false};

}  // namespace

TEST_CASE("constants come first, then what hangs together by an entity") {
  CHECK(words(R"([:find ?e ?l ?a :where [?e :last-name ?l] [?e :age ?a] [?e :sex :male] [?e :name "Ivan"]])") == R"(
find [?e :sex :male]: finds ?e, keeps ?e
find [?e :name "Ivan"]: knows ?e, keeps ?e
find [?e :last-name ?l]: knows ?e, finds ?l, keeps ?e ?l
find [?e :age ?a]: knows ?e, finds ?a, keeps ?e ?l ?a, distinct
)");
}

TEST_CASE("a variable that is dead goes, and with it duplicates before they multiply") {
  CHECK(words(R"([:find ?e1 ?l ?a :where [?e :name "Ivan"] [?e :age ?a] [?e1 :age ?a] [?e1 :last-name ?l]])") == R"(
find [?e :name "Ivan"]: finds ?e, keeps ?e
find [?e :age ?a]: knows ?e, finds ?a, keeps ?a, distinct
find [?e1 :age ?a]: knows ?a, finds ?e1, keeps ?a ?e1
find [?e1 :last-name ?l]: knows ?e1, finds ?l, keeps ?a ?e1 ?l, distinct
)");
  auto const q5 = R"([:find ?e1 ?l ?a :where [?e :name "Ivan"] [?e :age ?a] [?e1 :age ?a] [?e1 :last-name ?l]])";
  CHECK(dedups(q5, one) == "-d--");
  CHECK(dedups(q5, many) == "-d--");
  CHECK(dedups(q5, history) == "-d-d");
}

TEST_CASE("what the schema determines needs no removal of duplicates") {
  CHECK(dedups(R"([:find ?e ?a :where [?e :name "Ivan"] [?e :age ?a]])", one) == "--");
  CHECK(dedups(R"([:find ?e :where [?e :age ?a]])", one) == "-");
  CHECK(dedups(R"([:find ?e :where [?e :likes ?a]])", many) == "d");
  CHECK(dedups(R"([:find ?e :where [?e :likes]])", many) == "d");
  CHECK(dedups(R"([:find ?a :where [?e :age ?a]])", one) == "d");
  CHECK(dedups(R"([:find ?a :where [?e :name ?a]])", {true, true, true}) == "-");
  CHECK(dedups(R"([:find ?e :in $ ?l :where [?e :likes ?l]])", many) == "-");
  CHECK(dedups(R"([:find ?e :in $ ?l :where [?e :likes ?l]])", many, false) == "d");
  CHECK(dedups(R"([:find ?e ?n :in $ [[?a ?b]] :where [?e :name ?n]])", one, false) == "d");
  CHECK(dedups(R"([:find ?x :where [(ground [1 1 2]) [?x ...]]])", one) == "d");
  CHECK(dedups(R"([:find ?e ?x :where [?e :age ?a] [(inc ?a) ?x]])", one) == "--");
  CHECK(dedups(R"([:find ?a ?x :where [?e :age ?a] [(inc ?a) ?x]])", one) == "-d");
  CHECK(dedups(R"([:find ?e :where (or [?e :name "Ivan"] [?e :name "Petr"])])", one) == "-");
  CHECK(dedups(R"([:find ?e :where (or [?e :name "Ivan"] [?e :name "Petr"])])", many) == "d");
  CHECK(dedups(R"([:find ?e :where (or [?e :name "Ivan"] [?e :age 5])])", one) == "d");
  // A unique attribute has one entity for each alternative, and not one for both.
  CHECK(dedups(R"([:find ?e :where (or [?e :name "Ivan"] [?e :name "Petr"])])", {true, true, true}) == "-");
  CHECK(dedups(R"([:find ?x :in $ ?x :where (or [?e :name "Ivan"] [?e :name "Petr"])])", {true, true, true}) == "d");
}

TEST_CASE("predicates become limits of the pattern that gives their variable") {
  CHECK(words("[:find ?e ?s :in $ ?min :where [?e :salary ?s] [(> ?s ?min)] [(>= 80000 ?s)] [(< ?s 70000)]]") == R"(
find [?e :salary ?s]: finds ?e ?s, ?s > ?min, ?s <= 80000, keeps ?e ?s
keep if [(< ?s 70000)]: keeps ?e ?s, distinct
)");
  CHECK(words("[:find ?e :where [?e :best ?e] [(> ?e 5)] [(> ?e :a)]]") == R"(
find [?e :best ?e]: finds ?e, keeps ?e
keep if [(> ?e 5)]: keeps ?e
keep if [(> ?e :a)]: keeps ?e, distinct
)");
}

TEST_CASE("clauses wait for what they need") {
  CHECK(words("[:find ?b :where [(inc ?a) ?b] [(inc ?c) ?a] [(ground 1) ?c]]") == R"(
compute [(ground 1) ?c]: finds ?c, keeps ?c
compute [(inc ?c) ?a]: finds ?a, keeps ?a
compute [(inc ?a) ?b]: finds ?b, keeps ?b, distinct
)");
  CHECK(words("[:find ?n :where (not [?e :parent ?p]) [?p :name \"Bob\"] [?e :age ?a] [(< ?a 10)] [?e :name ?n]]") ==
        R"(
find [?p :name "Bob"]: finds ?p, keeps ?p
find [?e :age ?a]: finds ?e ?a, ?a < 10, keeps ?e ?p
drop if found: keeps ?e
  find [?e :parent ?p]: knows ?e ?p, keeps nothing
find [?e :name ?n]: knows ?e, finds ?n, keeps ?n, distinct
)");
  CHECK(words("[:find ?n :where (or [(> ?a 50)] [(< ?a 5)]) [?e :age ?a] [?e :name ?n]]") == R"(
find [?e :age ?a]: finds ?e ?a, keeps ?a ?e
find [?e :name ?n]: knows ?e, finds ?n, keeps ?a ?n, distinct
any of: keeps ?n, distinct
  keep if [(> ?a 50)]: keeps nothing
or
  keep if [(< ?a 5)]: keeps nothing
)");
  CHECK(words("[:find ?a ?b :where (or-join [?a ?b] (and [?e :x ?a] [?e :y ?b]) [?a :z ?b])]") == R"(
any of: keeps ?a ?b, distinct
  find [?e :x ?a]: finds ?e ?a, keeps ?a ?e
  find [?e :y ?b]: knows ?e, finds ?b, keeps ?a ?b
or
  find [?a :z ?b]: finds ?a ?b, keeps ?a ?b
)");
}

TEST_CASE("clauses that wait in vain are problems with their place") {
  auto const reason_at = [](std::string_view text, std::string_view rules = {}) {
    Planned const planned{text, rules};
    auto const& problem = planned.result.problem;
    CHECK(problem.code == cairn::Errc::query_where);
    return std::string{(problem.in_rules ? rules : text).substr(problem.offset, problem.length)};
  };
  CHECK(reason_at("[:find ?x :where [(inc ?a) ?b] [(inc ?b) ?a] [?x :y]]") == "[(inc ?a) ?b]");
  CHECK(reason_at("[:find ?e :in $ % :where (older ?e 40)]", "[[(older [?e ?a]) [?e :age ?b] [(> ?b ?a)]]]") ==
        "(older ?e 40)");
  CHECK(reason_at("[:find ?e :in $ % :where [?e :age] (odd ?e)]", "[[(odd ?e) [?e :age] (not (odd ?e))]]") ==
        "(odd ?e)");
  CHECK(reason_at("[:find ?e ?f :in $ % :where (r ?e ?f)]", "[[(r ?x ?y) [?x :a] (not [?x :b ?y])]]") ==
        "(not [?x :b ?y])");
}

TEST_CASE("rules that don't call themselves are put in") {
  CHECK(words("[:find ?e :in $ % :where (leaf ?e) [?e :age]]",
              "[[(leaf ?e) [?e :name] (not (has-child ?e))] [(has-child ?e) [?c :parent ?e]]]") == R"(
find [?e :name]: finds ?e, keeps ?e
drop if found: keeps ?e
  find [?c :parent ?e]: knows ?e, finds ?c, keeps nothing
find [?e :age]: knows ?e, keeps ?e, distinct
)");
  CHECK(words("[:find ?n :in $ % :where (older ?e 40) [?e :name ?n]]",
              "[[(older [?e ?a]) [?e :age ?b] [(> ?b ?a)]]]") == R"(
find [?e :name ?n]: finds ?e ?n, keeps ?e ?n
find [?e :age ?b]: knows ?e, finds ?b, ?b > 40, keeps ?n, distinct
)");
  Planned const planned{"[:find ?e :in $ % :where (r ?e [:name \"Ada\"])]", "[[(r ?x ?y) [?x :friend ?y]]]"};
  REQUIRE(planned.result.ok());
  REQUIRE(planned.result.plan.constants.size() == 2);
  CHECK(planned.result.plan.constants[1].lenient);
  CHECK_FALSE(planned.result.plan.constants[0].lenient);
}

TEST_CASE("what is put in costs no more than what is written") {
  // The same steps, but for the names that the forms have.
  auto const same = [](std::string_view with_rule, std::string_view rules, std::string_view written) {
    Planned const by_rule{with_rule, rules};
    Planned const by_hand{written};
    REQUIRE(by_rule.result.ok());
    REQUIRE(by_hand.result.ok());
    auto const& left = by_rule.result.plan;
    auto const& right = by_hand.result.plan;
    REQUIRE(left.steps.size() == right.steps.size());
    CHECK(left.blocks.size() == right.blocks.size());
    CHECK(left.tables.empty());
    for (std::size_t i = 0; i != left.steps.size(); ++i) {
      auto const& a = left.steps[i];
      auto const& b = right.steps[i];
      CHECK((a.kind == b.kind && a.distinct == b.distinct && a.live.count == b.live.count &&
             a.low.kind == b.low.kind && a.high.kind == b.high.kind));
      REQUIRE(a.operands.count == b.operands.count);
      for (std::uint32_t j = 0; j != a.operands.count; ++j)
        CHECK(left.operands[a.operands.first + j].kind == right.operands[b.operands.first + j].kind);
    }
  };
  same("[:find ?a ?b :in $ % :where (follow ?a ?b)]", "[[(follow ?x ?y) [?x :follows ?y]]]",
       "[:find ?a ?b :where [?a :follows ?b]]");
  same("[:find ?n :in $ % :where (rich ?e 40) [?e :name ?n]]",
       "[[(rich ?e ?a) [?e :age ?b] [(> ?b ?a)] (male ?e)] [(male ?e) [?e :sex :male]]]",
       "[:find ?n :where [?e :age ?b] [(> ?b 40)] [?e :sex :male] [?e :name ?n]]");
  same("[:find ?e :in $ % :where (either ?e)]", "[[(either ?e) [?e :name \"Ivan\"]] [(either ?e) [?e :name \"Petr\"]]]",
       "[:find ?e :where (or [?e :name \"Ivan\"] [?e :name \"Petr\"])]");
}

TEST_CASE("a pattern waits for the function that gives its variable by name") {
  CHECK(words("[:find ?y :where [?y :rare 1] [?x :common ?n] [(tuple :name ?n) ?y]]") == R"(
find [?x :common ?n]: finds ?x ?n, keeps ?n
compute [(tuple :name ?n) ?y]: finds ?y, keeps ?y
find [?y :rare 1]: knows ?y, keeps ?y, distinct
)");
  // Numbers name nobody.
  CHECK(words("[:find ?y :where [?y :rare 1] [?x :common ?n] [(inc ?n) ?y]]").starts_with("\nfind [?y :rare 1]"));
  CHECK(words("[:find ?y :where [?y :rare 1] [(ground [1 2]) [?y ...]]]").starts_with("\ncompute"));
}

TEST_CASE("closures are recognised, however they are written") {
  auto const kind_of = [](std::string_view rules) {
    Planned const planned{"[:find ?a ?b :in $ % :where (r ?a ?b)]", rules};
    REQUIRE(planned.result.ok());
    if (planned.result.plan.closures.empty()) return std::string{"table"};
    return std::string{planned.result.plan.closures[0].backwards ? "backwards" : "forwards"};
  };
  CHECK(kind_of("[[(r ?x ?y) [?x :f ?y]] [(r ?x ?y) [?x :f ?t] (r ?t ?y)]]") == "forwards");
  CHECK(kind_of("[[(r ?x ?y) (r ?x ?t) [?t :f ?y]] [(r ?x ?y) [?x :f ?y]]]") == "forwards");
  CHECK(kind_of("[[(r ?x ?y) (r ?t ?y) (r ?x ?t)] [(r ?x ?y) [?x :f ?y]]]") == "forwards");
  CHECK(kind_of("[[(r ?x ?y) [?y :f ?x]] [(r ?x ?y) [?t :f ?x] (r ?t ?y)]]") == "backwards");
  CHECK(kind_of("[[(r ?x ?y) [?y :f ?x]] [(r ?x ?y) [?x :f ?t] (r ?t ?y)]]") == "table");
  CHECK(kind_of("[[(r ?x ?y) [?x :f ?y]] [(r ?x ?y) [?x :g ?t] (r ?t ?y)]]") == "table");
  CHECK(kind_of("[[(r ?x ?y) [?x :f ?y]] [(r ?x ?y) [?x :f ?t] (r ?y ?t)]]") == "table");
}

TEST_CASE("recursive rules get tables that are asked by what is known") {
  CHECK(words("[:find ?y :in $ ?x % :where (sg ?x ?y)]",
              "[[(sg ?x ?y) [?p :par ?x] [?p :par ?y]] [(sg ?x ?y) [?x :par ?u] (or-join [?u ?v] (sg ?u ?v) [?u :like "
              "?v]) [?y :par ?v]]]") == R"(
ask table 0 (sg ?x ?y): knows ?x, finds ?y, keeps ?y, distinct
rule sg (table 0), asked by column 1
  new questions to table 0: finds ?x, keeps ?x
  find [?p :par ?x]: knows ?x, finds ?p, keeps ?x ?p
  find [?p :par ?y]: knows ?p, finds ?y, keeps ?x ?y
  and
  new questions to table 0: finds ?x, keeps ?x
  find [?x :par ?u]: knows ?x, finds ?u, keeps ?x ?u
  ask table 1 (sg ?u ?v): knows ?u, finds ?v, keeps ?x ?v, distinct
  find [?y :par ?v]: knows ?v, finds ?y, keeps ?x ?y
  and
  new questions to table 0: finds ?x, keeps ?x
  find [?x :par ?u]: knows ?x, finds ?u, keeps ?x ?u
  find [?u :like ?v]: knows ?u, finds ?v, keeps ?x ?v, distinct
  find [?y :par ?v]: knows ?v, finds ?y, keeps ?x ?y
rule sg (table 1), asked by column 1
  new questions to table 1: finds ?x, keeps ?x
  find [?p :par ?x]: knows ?x, finds ?p, keeps ?x ?p
  find [?p :par ?y]: knows ?p, finds ?y, keeps ?x ?y
  and
  new questions to table 1: finds ?x, keeps ?x
  find [?x :par ?u]: knows ?x, finds ?u, keeps ?x ?u
  ask table 1 (sg ?u ?v): knows ?u, finds ?v, keeps ?x ?v, distinct
  find [?y :par ?v]: knows ?v, finds ?y, keeps ?x ?y
  and
  new questions to table 1: finds ?x, keeps ?x
  find [?x :par ?u]: knows ?x, finds ?u, keeps ?x ?u
  find [?u :like ?v]: knows ?u, finds ?v, keeps ?x ?v, distinct
  find [?y :par ?v]: knows ?v, finds ?y, keeps ?x ?y
)");
}

TEST_CASE("what patterns alone have found is marked, and what inputs and functions give is not") {
  auto const found = [](std::string_view query) {
    Planned const planned{query};
    REQUIRE(planned.result.ok());
    return std::ranges::any_of(planned.result.plan.operands, &Operand::found);
  };
  CHECK(found("[:find ?y :where [?x :rare ?f] [?f :common ?y]]"));
  CHECK(!found("[:find ?y :in $ ?f :where [?x :rare ?f] [?f :common ?y]]"));
  CHECK(!found("[:find ?y :where [(ground :a) ?f] [?x :rare ?f] [?f :common ?y]]"));
  CHECK(!found("[:find ?y :where (or [?f :rare 1] [(ground :a) ?f]) [?f :common ?y]]"));
  CHECK(found("[:find ?y :where (or [?f :rare 1] [?f :rare 2]) [?f :common ?y]]"));
}

namespace {

constexpr std::string_view big_query =
    R"([:find ?e ?l ?a :in $ % :where [?e :name "Ivan"] [?e :age ?a] [?e1 :age ?a] [?e1 :last-name ?l] [?e :sex :male]
        [?e1 :salary ?s] [?e1 :boss ?b] [?b :name ?bn] [?b :age ?ba] (above ?b ?e) [(> ?s 50000)]])";
constexpr std::string_view big_rules =
    "[[(above ?x ?y) [?x :boss ?y] [?y :active true]] [(above ?x ?y) [?x :boss ?t] (above ?t ?y)]]";

// The default limits of both compilers have to do, so this file is compiled with none of its own.
constexpr PlanSizes big_sizes = sizes_of(Planned{big_query, big_rules}.view());
static_assert(big_sizes.tables == 1);
constexpr FrozenPlan<big_sizes> big_plan{Planned{big_query, big_rules}.view()};

}  // namespace

TEST_CASE("a plan that the compiler made is the one that is made at run time") {
  CHECK(explain_plan(big_plan.view()) ==
        explain_plan(Planned{std::string_view{big_query}, std::string_view{big_rules}}.view()));
  CHECK(explain_plan(big_plan.view()).find("ask table 0 (above ?b ?e)") != std::string::npos);
}

namespace {

/// Whatever is asked about `:rare` has few rows.
struct Counted {
  static constexpr bool knows = true;
  std::string_view text;
  std::span<cairn::notation::Node const> nodes;
  [[nodiscard]] double rows(PatternQuestion const& question) const {
    auto const& node = nodes[question.attribute_form.node];
    bool const rare = text.substr(node.begin, node.end - node.begin) == ":rare";
    return expected_rows(question, {rare ? 10.0 : 100'000.0, true, false, -1});
  }
};

}  // namespace

TEST_CASE("statistics choose where to begin") {
  std::string_view const text = "[:find ?e ?f :where [?e :common ?d] [?d :common ?f] [?f :rare ?x]]";
  auto const query = syntax::parse_query(text);
  REQUIRE(query.ok());
  auto const result = make_plan(planning::Written{text, query.nodes, &query.tree}, nullptr, Counted{text, query.nodes});
  REQUIRE(result.ok());
  CHECK(explain_plan(view_of(result.plan, text, query.nodes), {result.plan.estimates, {}}) ==
        R"(find [?f :rare ?x]: finds ?f ?x, keeps ?f, distinct, expects about 10 rows
find [?d :common ?f]: knows ?f, finds ?d, keeps ?d ?f, expects about 260 for each row
find [?e :common ?d]: knows ?d, finds ?e, keeps ?e ?f, distinct, expects about 260 for each row
)");
}

namespace {

/// Few people of a department, if one knows it; many departments; one of each value that an entity has.
struct Departments {
  static constexpr bool knows = true;
  std::string_view text;
  std::span<cairn::notation::Node const> nodes;
  [[nodiscard]] double rows(PatternQuestion const& question) const {
    auto const& node = nodes[question.attribute_form.node];
    bool const is_name = text.substr(node.begin, node.end - node.begin) == ":dept/name";
    AttributeFacts facts{is_name ? 100.0 : 20'000.0, true, false};
    if (question.low != PatternQuestion::Place::open) facts.matching = 2000;
    facts.per_value = 200;
    return expected_rows(question, facts);
  }
};

}  // namespace

TEST_CASE("what makes few rows at first is not taken if it makes many in the end") {
  std::string_view const text = "[:find ?e ?n :where [?d :dept/name ?n] [?e :dept ?d] [?e :salary ?s] [(> ?s 90000)]]";
  auto const query = syntax::parse_query(text);
  REQUIRE(query.ok());
  auto const result = make_plan(planning::Written{text, query.nodes, &query.tree}, nullptr, Departments{text, query.nodes});
  REQUIRE(result.ok());
  // 100 departments have 20,000 people, of whom 2,000 earn so much.
  CHECK(explain_plan(view_of(result.plan, text, query.nodes), {result.plan.estimates, {}}) ==
        R"(find [?e :salary ?s]: finds ?e ?s, ?s > 90000, keeps ?e, expects about 2000 rows
find [?e :dept ?d]: knows ?e, finds ?d, keeps ?d ?e, expects about 1 for each row
find [?d :dept/name ?n]: knows ?d, finds ?n, keeps ?n ?e, distinct, expects about 1 for each row
)");
}

TEST_CASE("what would be endless or huge is refused") {
  // Each rule calls the next twice: put in, they would be 2^40.
  std::string rules = "[";
  for (int i = 0; i != 40; ++i) {
    auto const next = std::to_string(i + 1);
    rules += "[(r" + std::to_string(i) + " ?x) (r" + next + " ?x) (r" + next + " ?x)]";
  }
  rules += "[(r40 ?x) [?x :a]]]";
  Planned const planned{"[:find ?x :in $ % :where (r0 ?x)]", rules};
  CHECK(planned.result.ok());
  CHECK(planned.result.plan.steps.size() < 2'000);

  // Or's that have to be multiplied out.
  std::string branches = "[[(r ?x)";
  for (int i = 0; i != 20; ++i) branches += " (or (r ?x) [?x :a" + std::to_string(i) + "])";
  branches += "]]";
  CHECK(Planned{"[:find ?x :in $ % :where (r ?x)]", branches}.result.problem.fault == syntax::Fault::too_big);
}

// ---- what plans are made in, by the compiler and now

constexpr bool pool_is_sound() {
  Pool<int> numbers;
  for (int i = 0; i != 8; ++i) numbers.push_back(i);
  numbers.push_back(numbers[3]);  // of its own, while it grows
  bool sound = numbers.size() == 9 && numbers.back() == 3 && numbers[0] == 0 && numbers[7] == 7;
  numbers.erase(numbers.begin() + 1);
  int const more[] = {10, 11};
  numbers.insert(numbers.begin() + 2, more, more + 2);
  int const expected[] = {0, 2, 10, 11, 3, 4, 5, 6, 7, 3};
  sound = sound && std::equal(numbers.begin(), numbers.end(), std::begin(expected), std::end(expected));
  auto copy = numbers;
  copy.resize(2);
  copy.resize(4, 9);
  sound = sound && numbers.size() == 10 && copy[1] == 2 && copy[2] == 9 && copy[3] == 9;
  Pool<int> other{copy.begin(), copy.end()};
  other.pop_back();
  copy = other;
  sound = sound && copy.size() == 3 && Elements{copy}.contains(9) && !Elements{copy}.contains(10);
  other = std::move(numbers);
  return sound && other.size() == 10 && Elements{other}.of({2, 2})[1] == 11;
}

constexpr bool set_is_sound() {
  using planning::VariableSet;
  VariableSet set;
  for (std::uint32_t const variable : {3U, 63U, 64U, 200U}) set.insert(variable);
  VariableSet const copy = set;
  set.erase(64);
  set.erase(3);
  set.erase(5000);
  bool sound = set.contains(63) && set.contains(200) && !set.contains(3) && !set.contains(64) && !set.contains(5000);
  sound = sound && copy.contains(3) && copy.contains(64);
  std::uint32_t sum = 0;
  copy.each([&](std::uint32_t variable) { sum = sum * 7 + variable; });
  VariableSet few;
  few.insert(1);
  set = few;
  return sound && sum == ((3U * 7 + 63) * 7 + 64) * 7 + 200 && set.contains(1) && !set.contains(63) &&
         !set.contains(200);
}

TEST_CASE("pools and sets of variables keep what is put in, however much it is") {
  STATIC_CHECK(pool_is_sound());
  STATIC_CHECK(set_is_sound());
  CHECK(pool_is_sound());
  CHECK(set_is_sound());
}

}  // namespace cairn::plan_test
