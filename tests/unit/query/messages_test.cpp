// Copyright the Cairn authors
// SPDX-License-Identifier: BSL-1.0
// What a wrong query says when it is asked: why, and at which place of its text.
#include <cairn/db/initial_snapshot.hpp>
#include <cairn/db/transact.hpp>
#include <cairn/edn/edn.hpp>
#include <cairn/index/persistent_set.hpp>
#include <cairn/query/query.hpp>

#include <catch2/catch_test_macros.hpp>

#include <cstddef>
#include <memory>
#include <string>
#include <string_view>

namespace cairn::messages_test {
namespace {

using Database = Db<persistent_set_tag>;

Database const& people() {
  static Database const db = [] {
    Database const empty{initial_snapshot<persistent_set_tag>(std::make_shared<DatabaseOptions const>(), Instant{0})};
    auto const after = [](Database const& before, std::string_view tx) {
      return transact(before, TxData{notation::parse(tx)}, Instant{1000}).db_after;
    };
    auto const schema = after(empty, R"([
      {:db/ident :name :db/valueType :db.type/string :db/cardinality :db.cardinality/one :db/unique :db.unique/identity}
      {:db/ident :age :db/valueType :db.type/long :db/cardinality :db.cardinality/one}
      {:db/ident :boss :db/valueType :db.type/ref :db/cardinality :db.cardinality/one}])");
    return after(schema, R"([{:db/id 101 :name "Ada" :age 70} {:db/id 102 :name "Bob" :age 40 :boss 101}])");
  }();
  return db;
}

/// The code, what is under the caret up to a blank or the end of a form, and the reason.
struct Said {
  Errc code{};
  std::string under{};
  std::string why{};
};

template <class... Inputs>
Said said(std::string_view text, Inputs const&... inputs) {
  try {
    static_cast<void>(q(people(), text, inputs...));
  } catch (Error const& error) {
    std::string_view const message = error.what();
    UNSCOPED_INFO(message);
    CHECK_NOTHROW(notation::parse(error.data()));
    auto const first = message.find('\n');
    auto const second = message.find('\n', first + 1);
    if (second == std::string_view::npos) return {error.code(), "no caret", std::string{message}};
    auto const shown = message.substr(first + 1, second - first - 1);
    auto const column = message.size() - 1 - (second + 1);
    auto const under = column < shown.size() ? shown.substr(column) : std::string_view{};
    CHECK(message.ends_with('^'));
    auto const why = message.substr(0, first);
    return {error.code(), std::string{under.substr(0, under.find_first_of(" ])", 1))}, std::string{why}};
  }
  return {};
}

void check(Said const& found, Errc code, std::string_view under, std::string_view why) {
  INFO(found.why);
  CHECK(found.code == code);
  CHECK(found.under == under);
  CHECK(found.why.find(why) != std::string::npos);
}

}  // namespace

TEST_CASE("another number of inputs is shown at :in") {
  check(said("[:find ?e :in $ ?n :where [?e :name ?n]]"), Errc::parser_query, ":in", "line 1, column 11: The query takes 2 inputs");
  check(said("[:find ?e :where [?e :name]]", 5), Errc::parser_query, "[:find", "takes 1 input, its database among them, and was given 2");
  check(said("{:find [?e] :in [$ %] :where [(old ?e)]}"), Errc::parser_query, ":in", "takes 2 inputs");
  check(said("[:find ?a . :where [(ground \"[:find ?x . :in $ ?x]\") ?q] [(q ?q $) ?a]]"), Errc::parser_query, ":in", "takes 2 inputs");
  check(said("[:find ?e :in $ $b :where [$b ?e]]", rules("[]")), Errc::query_where, "$b", "The input $b was given rules");
}

TEST_CASE("mistakes in what is pulled are shown there") {
  check(said("[:find (pull ?e [:age :nmae]) :where [?e :name]]"), Errc::transact_schema, ":nmae", "the nearest is :name.");
  check(said("[:find (pull ?e [:age {:boss [:nmae]}]) :where [?e :name]]"), Errc::transact_schema, ":nmae", "not in the schema");
  check(said("[:find (pull ?e [(:name :lmit 1)]) :where [?e :name]]"), Errc::parser_find, "(:name", "Found (:name :lmit 1) in [(:name");
  check(said("[:find (pull ?e [(:name :xform shout)]) :where [?e :name]]"), Errc::query_where, "shout", "shout is not known here");
  check(said("[:find (pull ?e [:_age]) :where [?e :name]]"), Errc::transact_schema, "[:_age", "can be pulled in reverse");
  check(said("[:find (pull ?e ?p) :in $ ?p :where [?e :name]]", edn("[:nmae]")), Errc::transact_schema, "(pull", "the nearest is :name");
  check(said("[:find (pull ?n [:age]) :where [?e :name ?n]]"), Errc::entity_id_syntax, "(pull", "line 1, column 8: An entity is a number");
  check(said("[:find (pull ?e [:age]) :in $ ?e]", lookup(":name", "Cy")), Errc::entity_id_missing, "(pull", "There is no entity [:name \"Cy\"]");
  check(said("[:find (pull ?e ?p) :where [?e :name ?p]]"), Errc::query_where, "?p", "is a ?variable under :in");
  CHECK_NOTHROW(q(people(), "[:find (pull ?e [(:name :as \"n\" :limit 1)]) :where [?e :age 70]]"));
}

TEST_CASE("entities that are written are shown where they name none") {
  check(said("[:find ?a :where [[:nmae \"Ada\"] :age ?a]]"), Errc::lookup_ref_unique, "[:nmae",
        "needs a unique attribute, and :nmae is not in the schema; the nearest is :name. Give it");
  check(said("[:find ?a :where [[:agee 70] :age ?a]]"), Errc::lookup_ref_unique, "[:agee", ":agee is not in the schema. Give it");  // :age is not unique
  check(said("[:find ?n :where [[:age 41] :name ?n]]"), Errc::lookup_ref_unique, "[:age", "needs a unique attribute");
  check(said("[:find ?n :where [?e :boss [:name \"Cy\"]] [?e :name ?n]]"), Errc::entity_id_missing, "[:name", "Cy");
  check(said("[:find ?n :in $ % :where (b ?n)]", rules("[[(b ?n) [?e :boss [:age 1]] [?e :name ?n]]]")), Errc::lookup_ref_unique, "[:age",
        "column 20: in the rules: The lookup ref");
}

TEST_CASE("functions that refuse what they are given are shown") {
  check(said("[:find ?b :where [?e :age ?a] [(+ ?a \"x\") ?b]]"), Errc::query_where, "+", "line 1, column 33: + wants");
  check(said("[:find ?b :where [?e :age ?a] [(quot ?a 0) ?b]]"), Errc::query_arithmetic, "quot", "divides by zero");
  check(said("[:find ?e :where [?e :age ?a] [(even? \"x\")]]"), Errc::query_where, "even?", "even? wants");
  check(said("[:find ?a :having [(even? ?n)] :find ?n :where [_ :name ?n]]"), Errc::parser_query, ":find", "twice");
  check(said("[:find ?n :having [(even? ?n)] :where [_ :name ?n]]"), Errc::query_where, "even?", "even? wants");
  check(said("[:find ?b :in $ % :where (m ?b)]", rules("[[(m ?b) [_ :age ?a] [(+ ?a \"x\") ?b]]]")), Errc::query_where, "+",
        "in the rules: + wants");
  FunctionRegistry functions;
  functions.predicate("adult?", 1, [](query::Arguments arguments) { return arguments[0]->as_integer() >= 18; });
  check(said("[:find ?a :where [_ :age ?a] [(adlt? ?a)]]", QueryOptions{.functions = &functions}), Errc::query_where, "adlt?",
        "There is no function adlt?; the nearest is adult?.");
  check(said("[:find ?a :where [_ :age ?a] [(adult? ?a 1)]]", QueryOptions{.functions = &functions}), Errc::query_where, "adult?",
        "line 1, column 32: this function takes 1 argument, and is given 2");
  check(said("[:find ?a :where [_ :age ?a] [(even? ?a 1)]]"), Errc::query_where, "even?", "line 1, column 32: this function takes 1 argument, and is given 2");
  check(said("[:find ?a :in $ % :where (g ?a)]", QueryOptions{.functions = &functions}, rules("[[(g ?a) [_ :age ?a] [(adult?)]]]")), Errc::query_where,
        "adult?", "in the rules: this function takes 1 argument, and is given 0");
  check(said("[:find (sumup ?a) :where [_ :age ?a]]", QueryOptions{.functions = &functions}), Errc::parser_find, "sumup",
        "There is no aggregate sumup");
  // So are aggregates, whether they refuse a value, the values of a group, or what stands before them.
  check(said("[:find ?e (sum ?n) :where [?e :name ?n]]"), Errc::query_where, "(sum", "line 1, column 11: sum wants numbers, and got \"Ada\".");
  check(said("[:find (sum ?a) (avg ?n) :in $ [?a ...] [?n ...]]", edn("[1 2]"), edn("[1 :k]")), Errc::query_where, "(avg", "avg wants numbers");
  check(said("[:find (median ?n) :in $ [?n ...]]", edn("[1 :k]")), Errc::query_where, "(median", "median wants numbers");
  check(said("[:find (sum ?n) :in $ [?n ...]]", edn("[9223372036854775807 1]")), Errc::query_arithmetic, "(sum", "does not fit");
  check(said("[:find (min ?k ?n) :in $ ?k [?n ...]]", -1, edn("[1 2]")), Errc::query_where, "(min", "min wants a count");
  // A query inside of this one has a text of its own.
  auto const inner = said("[:find ?x :where [(q [:find ?b . :where [_ :age ?a] [(+ ?a \"x\") ?b]] $) ?x]]");
  check(inner, Errc::query_where, "+", "line 1, column 34: + wants");
}

TEST_CASE("values of another shape than their binding are shown") {
  check(said("[:find ?a :in $ [?a ?b]]", edn("[1]")), Errc::query_where, "[?a", "column 17: This binding takes 2 elements or more, and was given [1].");
  check(said("[:find ?a :in $ [[?a ?b]]]", edn("[[1]]")), Errc::query_where, "[[?a", "This binding takes rows of 2 elements or more, and was given [1].");
  check(said("[:find ?a :in $ [?a ...]]", 5), Errc::query_where, "[?a", "This binding takes a collection, and was given 5.");
  check(said("[:find ?a :in $ [?a ...]]", "Ada"), Errc::query_where, "[?a", "This binding takes a collection, and was given \"Ada\".");
  check(said("[:find ?a :where [_ :age ?n] [(identity ?n) [?a ?b]]]"), Errc::query_where, "[?a", "This binding takes a tuple, and was given 70.");
}

}  // namespace cairn::messages_test
