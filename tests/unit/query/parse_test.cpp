// Copyright the Cairn authors
// SPDX-License-Identifier: BSL-1.0
// The parser of queries, in the compiler and at run time.
#include <cairn/edn/edn.hpp>
#include <cairn/query/syntax/parse_rules.hpp>

#include <catch2/catch_test_macros.hpp>

#include <array>
#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace cairn::parse_test {

namespace {

using cairn::Errc;
using namespace cairn::query;
using namespace cairn::query::syntax;

constexpr std::array<std::string_view, 2> own_functions{"adult?", "scale"};
constexpr std::array<std::string_view, 1> own_aggregates{"spread"};
constexpr Names own{own_functions, own_aggregates};

// ---- what is accepted

constexpr std::array<std::string_view, 59> accepted{
    "[:find ?e :where [?e :name]]",
    "'[:find ?e :where [?e :name]]",
    "(quote [:find ?e :where [?e :name]])",
    "{:find [?e] :where [[?e :name]]}",
    "{:find [?e .] :where ([?e :name])}",
    "{:find [[?e ...]] :in [$] :where [[?e :name]]}",
    "[:find ?e . :where [?e]]",
    "[:find [?e ...] :where [?e _ _ ?tx ?added]]",
    "[:find [?e ?a] :keys e a :where [?e ?a]]",
    "[:find ?e ?a :strs e a :where [?e ?a]]",
    "[:find ?e :syms e :where [?e ?a]]",
    "[:find ?x :in ?x]",
    "[:find ?x :in $ [?x ...] [[_ ?y]] _ [?z _ [?w ...]] % $2 :where [$2 ?x :name]]",
    "[:find ?x :in [[?x [?y ...]] ...]]",
    "[:find ?x :in [[[?x]]]]",
    "[:find ?x :in $ ?x pattern]",
    "[:find (pull ?e pattern) :in $ pattern :where [?e :name]]",
    "[:find (pull ?e [*]) (pull $ ?e '[:name {:friend [:name]}]) :where [?e :name]]",
    "[:find (pull $2 ?e ?p) :in $2 ?p :where [$2 ?e :name]]",
    "[:find (count ?e) (min 3 ?e) (max ?n ?e) (sample 2 ?e) (rand 2 ?e) (median ?e) :in $ ?n :where [?e :name]]",
    "[:find (spread ?e) :where [?e :name]]",
    "[:find ?e :with ?n ?m :where [?e :name ?n] [?e :age ?m]]",
    "[:find ?e :where [?e :name ?n] [(> ?n 5)] [(scale ?n 2) ?m] [(adult? ?e)]]",
    "[:find ?e :where [?e :sym 'foo]]",
    "[:find ?e :where [?e :pos (1 :x)]]",
    "[:find ?e :where [[:name \"Ivan\"] :friend ?e]]",
    "[:find ?e :where [?e ?a ?v] [(= ?v \"x\")] (not [?e :age])]",
    "[:find ?e :where [?e :a] ($ not [?e :age ?x] (not [?x :b]))]",
    "[:find ?e :where [?e :a] (not-join [?e] [?e :age ?x] [(> ?x 3)])]",
    "[:find ?e :where (or [?e :a] (and [?e :b] [?e :c]))]",
    "[:find ?e :where (or-join [?e] [?e :a ?x] (and [?e :b ?y] [?y :c]))]",
    "[:find ?e :where [?x :a] (or-join [[?x] ?e] [?e :a ?x] (and [?e :b ?x] [?y :c]))]",
    "[:find ?e :where (and [?e :a] (and [?e :b]))]",
    "[:find ?e :in $ % :where (rule ?e 5 _ :k \"s\" [1 2])]",
    "[:find ?e :in $ $b % :where ($b rule ?e)]",
    "[:find ?e :in % ?e :where (rule ?e)]",
    "[:find ?x :where [(ground [1 2 3]) [?x ...]]]",
    "[:find ?x :where [(ground [[1 2]]) [[?x _]]]]",
    "[:find ?x :where [(ground {:a 1}) [[?k ?x]]]]",
    "[:find ?x :where [?e :name] [(get-else $ ?e :age 0) ?x]]",
    "[:find ?x :where [?e :name] [(get-some $ ?e :age :height) [?a ?x]] [(missing? $ ?e :tag)]]",
    "[:find ?x :where [?e :name ?n] [(identity 'foo) ?x]]",
    "[:find ?x :where [(rand) ?x]]",
    "[:find ?m :where [(q [:find (max ?a) . :where [_ :age ?a]] $) ?m]]",
    "[:find ?m :where [?e :a] [(q '[:find ?m . :in $ ?e :where [?e :age ?m]] $ ?e) ?m]]",
    "[:find ?m :in $ % :where [(q [:find ?m . :in $ % :where (r ?m)] $ %) ?m]]",
    "[:find ?m :where [(q \"[:find ?m . :where [_ :age ?m]]\" $) ?m]]",
    "[:find ?a ?b :where [?a :x ?b] :order-by ?a]",
    "[:find ?a ?b :where [?a :x ?b] :order-by ?a :desc ?b :limit 5]",
    "[:find ?a ?b :order-by [?a :desc ?b :asc] :where [?a :x ?b] :offset 2]",
    "[:find ?a ?b :order-by [0 :desc 1] :where [?a :x ?b]]",
    "[:find ?a (count ?b) :order-by [(count ?b) :desc] :where [?a :x ?b]]",
    "{:find [?a (count ?b)] :order-by ?a :limit 5 :offset nil :where [[?a :x ?b]]}",
    "[:find ?a (count ?b) :where [?a :x ?b] :having [(> (count ?b) 2)] [(adult? ?a)]]",
    "[:find ?a (max 2 ?b) :where [?a :x ?b] :having (= ?a 1) (not= (max 2 ?b) [1 2])]",
    "{:find [?a (count ?b)] :where [[?a :x ?b]] :having [[(> (count ?b) 2)] [(< (count ?b) 9)]]}",
    "[:find ?e :where [?e :a ?x] [(inc ?x) ?x]]",
    "[:find ?e :where [?e :a ?e]]",
    "[:find ?e ?e :where [?e :a]]",
};

// ---- what is refused, with which code, and what the place is

struct Refused {
  std::string_view text;
  Fault fault;
  Errc code;
  std::string_view place;
};

constexpr std::array<Refused, 103> refused{{
    {"[:find ?e", Fault::not_edn, Errc::edn_syntax, "["},
    {"", Fault::not_edn, Errc::edn_syntax, ""},
    {"[:find ?e] 1", Fault::not_edn, Errc::edn_syntax, "1"},
    // the query
    {":find", Fault::bad_query, Errc::parser_query, ":find"},
    {"[]", Fault::bad_query, Errc::parser_query, "[]"},
    {"[?e :find]", Fault::bad_query, Errc::parser_query, "[?e :find]"},
    {"[:find ?e :wher [?e :name]]", Fault::bad_query, Errc::parser_query, ":wher"},
    {"[:find ?e :where [?e :name] :find ?e]", Fault::bad_query, Errc::parser_query, ":find"},
    {"{:find [?e] :where {}}", Fault::bad_query, Errc::parser_query, "{}"},
    {"{\"find\" [?e]}", Fault::bad_query, Errc::parser_query, "\"find\""},
    {"[:where [?e :age]]", Fault::bad_find, Errc::parser_find, "[:where [?e :age]]"},
    {"[:find :where [?e :name ?n]]", Fault::bad_find, Errc::parser_find, ":find"},
    {"[:find [] :where [?e :name ?n]]", Fault::bad_find, Errc::parser_find, ":find"},
    // :find
    {"[:find name :where [?e :name ?n]]", Fault::bad_find, Errc::parser_find, "name"},
    {"[:find 5 :where [?e :name ?n]]", Fault::bad_find, Errc::parser_find, "5"},
    {"[:find ?n . ?e :where [?e :name ?n]]", Fault::bad_find, Errc::parser_find, "."},
    {"[:find (count) :where [?e :name ?n]]", Fault::bad_find, Errc::parser_find, "(count)"},
    {"[:find (count 5) :where [?e :name ?n]]", Fault::bad_find, Errc::parser_find, "5"},
    {"[:find (count 2 ?n) :where [?e :name ?n]]", Fault::wrong_arguments, Errc::parser_find, "(count 2 ?n)"},
    {"[:find (sample ?n) :where [?e :name ?n]]", Fault::wrong_arguments, Errc::parser_find, "(sample ?n)"},
    {"[:find (conut ?n) :where [?e :name ?n]]", Fault::unknown_aggregate, Errc::parser_find, "conut"},
    {"[:find (aggregate ?f ?n) :in $ ?f :where [?e :name ?n]]", Fault::unknown_aggregate, Errc::parser_find,
     "aggregate"},
    {"[:find (min $ ?n) :where [?e :name ?n]]", Fault::bad_find, Errc::parser_find, "$"},
    {"[:find (pull ?e) :where [?e :name ?n]]", Fault::bad_find, Errc::parser_find, "(pull ?e)"},
    {"[:find (pull [:name] ?e) :where [?e :name ?n]]", Fault::bad_find, Errc::parser_find, "(pull [:name] ?e)"},
    {"[:find (pull $b ?e [:name]) :where [?e :name ?n]]", Fault::unknown_source, Errc::parser_query, "$b"},
    {"[:find (pull ?e [:name]) :in ?e]", Fault::unknown_source, Errc::parser_query, "(pull ?e [:name])"},
    {"[:find ?e ?nmae :where [?e :name ?n]]", Fault::unbound_variable, Errc::parser_query, "?nmae"},
    {"[:find (count ?x) :where [?e :name ?n]]", Fault::unbound_variable, Errc::parser_query, "?x"},
    {"[:find (min ?x ?n) :where [?e :name ?n]]", Fault::unbound_variable, Errc::parser_query, "?x"},
    {"[:find (pull ?e ?p) :where [?e :name ?n]]", Fault::unbound_variable, Errc::parser_query, "?p"},
    {"[:find ?y :where [?e :a ?x] (or-join [?e] [?e :b ?y])]", Fault::unbound_variable, Errc::parser_query, "?y"},
    {"[:find ?x :where [?e :age] (not [?x :age])]", Fault::unbound_argument, Errc::query_where, "(not [?x :age])"},
    {"[:find ?x :where [?e :age] (not [?x :boss ?e])]", Fault::unbound_variable, Errc::query_where, "?x"},
    // what makes of rows other rows
    {"[:find ?n :keys n :strs n :where [?e :name ?n]]", Fault::bad_query, Errc::parser_query, ":strs"},
    {"[:find ?n . :keys n :where [?e :name ?n]]", Fault::bad_query, Errc::parser_query, ":keys"},
    {"[:find [?n ...] :keys n :where [?e :name ?n]]", Fault::bad_query, Errc::parser_query, ":keys"},
    {"[:find ?n ?e :keys n :where [?e :name ?n]]", Fault::bad_query, Errc::parser_query, ":keys"},
    {"[:find ?n :keys :limit :where [?e :name ?n]]", Fault::bad_query, Errc::parser_query, ":keys"},
    {"[:find ?n ?e :keys :same same :where [?e :name ?n]]", Fault::repeated_name, Errc::parser_query, "same"},
    {"[:find ?n :keys \"n\" :where [?e :name ?n]]", Fault::bad_query, Errc::parser_query, "\"n\""},
    {"[:find ?n ?e :keys same same :where [?e :name ?n]]", Fault::repeated_name, Errc::parser_query, "same"},
    {"[:find ?n :with ?n :where [?e :name ?n]]", Fault::repeated_name, Errc::parser_query, "?n"},
    {"[:find ?n :with ?e ?e :where [?e :name ?n]]", Fault::repeated_name, Errc::parser_query, "?e"},
    {"[:find ?n :with ?x :where [?e :name ?n]]", Fault::unbound_variable, Errc::parser_query, "?x"},
    {"[:find ?n :with 5 :where [?e :name ?n]]", Fault::bad_query, Errc::parser_query, "5"},
    {"[:find ?n :order-by ?e :where [?e :name ?n]]", Fault::bad_query, Errc::parser_query, "?e"},
    {"[:find ?n :order-by [1] :where [?e :name ?n]]", Fault::bad_query, Errc::parser_query, "1"},
    {"[:find ?n :order-by [-1] :where [?e :name ?n]]", Fault::bad_query, Errc::parser_query, "-1"},
    {"[:find ?n :order-by [:desc ?n] :where [?e :name ?n]]", Fault::bad_query, Errc::parser_query, ":desc"},
    {"[:find ?n :order-by [?n :desc :asc] :where [?e :name ?n]]", Fault::bad_query, Errc::parser_query, ":asc"},
    {"[:find ?n :limit :where [?e :name ?n]]", Fault::bad_query, Errc::parser_query, ":limit"},
    {"[:find ?n :limit -2 :where [?e :name ?n]]", Fault::bad_query, Errc::parser_query, "-2"},
    {"[:find ?n :offset \"1\" :where [?e :name ?n]]", Fault::bad_query, Errc::parser_query, "\"1\""},
    {"[:find ?n :having [(> ?e 1)] :where [?e :name ?n]]", Fault::bad_query, Errc::parser_query, "?e"},
    {"[:find ?n :having [(> (count ?n) 1)] :where [?e :name ?n]]", Fault::bad_query, Errc::parser_query, "(count ?n)"},
    {"[:find ?n :having [] :where [?e :name ?n]]", Fault::bad_query, Errc::parser_query, "[]"},
    {"[:find ?n :having [(missing? $ ?n :a)] :where [?e :name ?n]]", Fault::bad_query, Errc::parser_query, "missing?"},
    {"[:find ?n :having [(inc)] :where [?e :name ?n]]", Fault::wrong_arguments, Errc::query_where, "inc"},
    // :in
    {"[:find ?e :in $ ?n ?n :where [?e :name ?n]]", Fault::repeated_name, Errc::parser_query, "?n"},
    {"[:find ?n :in $ [?n ?n] :where [?e :name ?n]]", Fault::repeated_name, Errc::parser_query, "?n"},
    {"[:find ?n :in $ $ :where [?e :name ?n]]", Fault::repeated_name, Errc::parser_query, "$"},
    {"[:find ?n :in $ % % :where [?e :name ?n]]", Fault::repeated_name, Errc::parser_query, "%"},
    {"[:find ?n :in $ 5 :where [?e :name ?n]]", Fault::bad_input, Errc::parser_query, "5"},
    {"[:find ?n :in $ [] :where [?e :name ?n]]", Fault::bad_input, Errc::parser_query, "[]"},
    {"[:find ?e :where [$b ?e :name]]", Fault::unknown_source, Errc::parser_query, "$b"},
    {"[:find ?e :in $b :where [?e :name]]", Fault::unknown_source, Errc::query_where, "[?e :name]"},
    // clauses
    {"[:find ?e :where ?e]", Fault::bad_clause, Errc::parser_where, "?e"},
    {"[:find ?e :where []]", Fault::bad_clause, Errc::parser_where, "[]"},
    {"[:find ?e :where [$]]", Fault::bad_clause, Errc::parser_where, "[$]"},
    {"[:find ?e :where [?e name]]", Fault::bad_clause, Errc::parser_where, "name"},
    {"[:find ?e :where [?e :name (f ?x)]]", Fault::bad_clause, Errc::parser_where, "(f ?x)"},
    {"[:find ?e :where [?e :pos [?x 1]]]", Fault::bad_clause, Errc::parser_where, "?x"},
    {"[:find ?e :where [?e :a ?v ?tx ?added ?more]]", Fault::bad_clause, Errc::parser_where,
     "[?e :a ?v ?tx ?added ?more]"},
    {"[:find ?e :where [?e :name] (not)]", Fault::bad_clause, Errc::parser_where, "(not)"},
    {"[:find ?e :where [?e :name] (not-join [?x] [?e :age])]", Fault::bad_clause, Errc::parser_where,
     "(not-join [?x] [?e :age])"},
    {"[:find ?e :where (or-join [?e ?a] [?e :age ?a] [?e :name])]", Fault::bad_clause, Errc::parser_where,
     "[?e :name]"},
    {"[:find ?e :where (or [?e :age] [?f :name])]", Fault::bad_clause, Errc::parser_where, "[?f :name]"},
    {"[:find ?e :where (or-join [] [?e :age])]", Fault::bad_clause, Errc::parser_where, "[]"},
    {"[:find ?e :where (?e :age)]", Fault::bad_clause, Errc::parser_where, "?e"},
    {"[:find ?e :where [(ground 1) ?e :x]]", Fault::bad_clause, Errc::parser_where, ":x"},
    {"[:find ?x . :where [(+ (* 2 3) 1) ?x]]", Fault::bad_clause, Errc::parser_where, "(* 2 3)"},
    {"[:find ?x . :where [?e :a ?x] [(> _ ?x)]]", Fault::bad_clause, Errc::parser_where, "_"},
    {"[:find ?x . :where [?e :a ?x] [(> % ?x)]]", Fault::bad_clause, Errc::parser_where, "%"},
    {"[:find ?e :where [?e :name ?n] [(grater ?n 2)]]", Fault::unknown_function, Errc::query_where, "grater"},
    {"[:find ?e :in $ ?f :where [?e :name ?n] [(?f ?n)]]", Fault::unknown_function, Errc::query_where, "?f"},
    {"[:find ?e :where [?e :name ?n] [(inc ?n 2) ?m]]", Fault::wrong_arguments, Errc::query_where, "inc"},
    {"[:find ?e :where [?e :name ?n] [(missing? ?e :a :b)]]", Fault::wrong_arguments, Errc::query_where, "missing?"},
    {"[:find ?e :where [?e :age ?a] [(< ?a ?b)]]", Fault::unbound_argument, Errc::query_where, "?b"},
    {"[:find ?e :where (not [?e :age])]", Fault::unbound_argument, Errc::query_where, "(not [?e :age])"},
    {"[:find ?n :in $ name :where [?e :name ?n] [?f :name ?name]]", Fault::bad_input, Errc::parser_query, "name"},
    {"[:find (pull ?e ?p) :where [?e :name ?p]]", Fault::bad_find, Errc::query_where, "?p"},
    {"[:find (pull ?e ?p) :in $ [?p ...] :where [?e :name]]", Fault::bad_find, Errc::query_where, "?p"},
    {"[:find ?e :where [?e :age ?a] [> ?a 3]]", Fault::bad_clause, Errc::parser_where, ">"},
    {"[:find ?e :where [?e :age ?a] [adult? ?a]]", Fault::bad_clause, Errc::parser_where, "adult?"},
    {"[:find ?e :where [?e :age ?a] [not [?e :boss]]]", Fault::bad_clause, Errc::parser_where, "not"},
    {"[:find ?e :where (grown ?e)]", Fault::unknown_rule, Errc::parser_query, "(grown ?e)"},
    {"[:find ?e :where [?e :age ?a] (> ?a 5)]", Fault::unknown_rule, Errc::parser_query, "(> ?a 5)"},
    {"[:find ?e :in $ % :where [?e :a] (r)]", Fault::bad_clause, Errc::parser_where, "(r)"},
    {"[:find ?x :where [?e :name] [(get-else $ ?e :age nil) ?x]]", Fault::wrong_arguments, Errc::query_where, "nil"},
    {"[:find ?m :where [(q [:find ?x :in $ % :where (r ?x)] $ %) ?m]]", Fault::unknown_rule, Errc::parser_query, "%"},
    {"[:find ?m :where [(q [:find ?x :where [_ :age ?a]] $) ?m]]", Fault::unbound_variable, Errc::parser_query, "?x"},
    {"[:find ?m :where [(q [:find ?a :in $ ?b :where [_ :age ?a]] $) ?m]]", Fault::wrong_arguments, Errc::parser_query,
     "[:find ?a :in $ ?b :where [_ :age ?a]]"},
}};

constexpr bool is_refused_so(Refused const& one, Problem const& problem) {
  return problem.fault == one.fault && problem.code == one.code && !problem.reason.empty() &&
         one.text.substr(problem.offset, problem.length) == one.place;
}

// ---- rules

constexpr std::array<std::string_view, 8> accepted_rules{
    "[]",
    "[[(r ?a ?b) [?a :p ?b]]]",
    "([(r ?a ?b) [?a :p ?b]] [(r ?a ?b) [?a :p ?t] (r ?t ?b)])",
    "'[[(r [?a] ?b) [(inc ?a) ?b]]]",
    "[[(r [?a ?b]) [(< ?a ?b)]]]",
    "[[(even ?a ?b) [?a :p ?t] (odd ?t ?b)] [(odd ?a ?b) [?a :p ?b]] [(odd ?a ?b) [?a :p ?t] (even ?t ?b)]]",
    "[[(r ?a) [$s ?a :p] ($s or [?a 1] [?a 2]) (or-join [?a] [?a ?x])]]",
    "[[(leaf ?e) [?e :name] (not (has-child ?e))] [(has-child ?e) [?c :parent ?e]]]",
};

constexpr std::array<Refused, 16> refused_rules{{
    {"[", Fault::not_edn, Errc::edn_syntax, "["},
    {"5", Fault::bad_rule, Errc::parser_where, "5"},
    {"[[(r ?a)]]", Fault::bad_rule, Errc::parser_where, "[(r ?a)]"},
    {"[[(r) [?a :p]]]", Fault::bad_rule, Errc::parser_where, "[(r) [?a :p]]"},
    {"[[[r ?a] [?a :p]]]", Fault::bad_rule, Errc::parser_where, "[[r ?a] [?a :p]]"},
    {"[[(r [] ?a) [?a :p]] [(r []) [?b :p]]]", Fault::bad_rule, Errc::parser_where, "(r [])"},
    {"[[(r ?a 5) [?a :p]]]", Fault::bad_rule, Errc::parser_where, "5"},
    {"[[(r ?a [?b]) [?a :p ?b]]]", Fault::bad_rule, Errc::parser_where, "[?b]"},
    {"[[(r ?a ?a) [?a :p]]]", Fault::repeated_name, Errc::parser_where, "?a"},
    {"[[(or ?a) [?a :p]]]", Fault::bad_rule, Errc::parser_where, "or"},
    {"[[(r ?a) [?a :p]] [(r ?a ?b) [?a :p ?b]]]", Fault::bad_rule, Errc::parser_where, "(r ?a ?b)"},
    {"[[(r ?a) [?a p]]]", Fault::bad_clause, Errc::parser_where, "p"},
    {"[[(r ?a) (s ?a)]]", Fault::unknown_rule, Errc::query_where, "s"},
    {"[[(r ?a) [?a :p ?b] (r ?a ?b)]]", Fault::wrong_arguments, Errc::query_where, "(r ?a ?b)"},
    {"[[(r ?a) [?a :p] [(< ?a ?b)]]]", Fault::unbound_argument, Errc::query_where, "?b"},
    {"[[(r ?a) [?a :p] [(nofunction ?a)]]]", Fault::unknown_function, Errc::query_where, "nofunction"},
}};

// Each in a constant expression of its own: a compiler counts the steps of one.
template <std::size_t I>
constexpr bool accepts = parse_query(accepted[I], own).ok();
template <std::size_t I>
constexpr bool refuses = is_refused_so(refused[I], parse_query(refused[I].text, own).problem);
template <std::size_t I>
constexpr bool accepts_rules = parse_rules(accepted_rules[I]).ok();
template <std::size_t I>
constexpr bool refuses_rules = is_refused_so(refused_rules[I], parse_rules(refused_rules[I].text).problem);

template <std::size_t... I>
consteval bool all_accepted(std::index_sequence<I...>) {
  return (accepts<I> && ...);
}
template <std::size_t... I>
consteval bool all_refused(std::index_sequence<I...>) {
  return (refuses<I> && ...);
}
template <std::size_t... I>
consteval bool all_rules_accepted(std::index_sequence<I...>) {
  return (accepts_rules<I> && ...);
}
template <std::size_t... I>
consteval bool all_rules_refused(std::index_sequence<I...>) {
  return (refuses_rules<I> && ...);
}
static_assert(all_accepted(std::make_index_sequence<accepted.size()>{}));
static_assert(all_refused(std::make_index_sequence<refused.size()>{}));
static_assert(all_rules_accepted(std::make_index_sequence<accepted_rules.size()>{}));
static_assert(all_rules_refused(std::make_index_sequence<refused_rules.size()>{}));

static_assert(parse_query("[:find ?e :where [?e :name ?n] [(even ?n)]]").problem.hint == "even?");
static_assert(parse_query("[:find (cuont ?e) :where [?e :name ?n]]").problem.hint == "count");
// Each with the name that was probably meant.
constexpr std::string_view hint_of(std::string_view text) { return parse_query(text, own).problem.hint; }
static_assert(hint_of("[:find (pul ?e [*]) :where [?e :name ?n]]") == "pull");
static_assert(hint_of("[:find (spred ?n) :where [?e :age ?n]]") == "spread");
static_assert(hint_of("[:find ?e :where [?e :name ?n] [(scael ?n)]]") == "scale");
static_assert(hint_of("[:find ?e :wher [?e :name ?n]]") == ":where");
static_assert(hint_of("[:find ?e :where [?e :name ?n] :limt 3]") == ":limit");
static_assert(hint_of("[:find ?n :where [?e :name ?n] :order-by ?n :dsc]") == ":desc");
static_assert(hint_of("[:find ?n :dsc :where [?e :name ?n]]").empty());
static_assert(hint_of("{:find [?e] :wehre [[?e :name ?n]]}") == ":where");
static_assert(hint_of("[:find ?e :where [?e :name ?n] (nto [?e :age])]") == "not");
static_assert(hint_of("[:find ?e :where [?e :name ?n] (not-jion [?e] [?e :age])]") == "not-join");
static_assert(hint_of("[:find ?e :where (r ?e)]").empty());
static_assert(hint_of("[:find ?n :in $ name :where [?e :name ?n] [?f :name ?name]]") == "?name");
static_assert(hint_of("[:find ?e :where [?e :age ?a] [(f ?a)]]").empty());  // no more like = than any other

constexpr std::string_view two_rules = "[[(adult ?a ?e) [?e :age ?a]] [(child ?e) [?e :age 8]]]";
constexpr Problem link_problem(std::string_view text) {
  auto query = parse_query(text, own);
  return query.problem ? query.problem : link(query, parse_rules(two_rules));
}
static_assert(link_problem("[:find ?e :in $ % :where (adlt 18 ?e)]").hint == "adult");
static_assert(link_problem("[:find ?e :in $ % :where [?e :age] (nto [?e :boss])]").hint == "not");
static_assert(parse_rules("[[(adult ?e) [?e :age]] [(old ?e) (adutl ?e)]]").problem.hint == "adult");
static_assert(parse_query("[:find (x ?e) :where [?e :name ?n] [(y ?n) ?z]]", {.any = true}).ok());

}  // namespace

TEST_CASE("queries are accepted and refused at run time as by the compiler") {
  for (auto const text : accepted) {
    auto const syntax = parse_query(text, own);
    INFO(text << ": " << syntax.problem.reason);
    CHECK(syntax.ok());
  }
  for (auto const& one : refused) {
    auto const syntax = parse_query(one.text, own);
    INFO(one.text << ": " << syntax.problem.reason << " at "
                  << one.text.substr(syntax.problem.offset, syntax.problem.length));
    CHECK(is_refused_so(one, syntax.problem));
  }
  for (auto const text : accepted_rules) {
    auto const syntax = parse_rules(text);
    INFO(text << ": " << syntax.problem.reason);
    CHECK(syntax.ok());
  }
  for (auto const& one : refused_rules) {
    auto const syntax = parse_rules(one.text);
    INFO(one.text << ": " << syntax.problem.reason);
    CHECK(is_refused_so(one, syntax.problem));
    CHECK(syntax.problem.in_rules);
  }
}

TEST_CASE("an error shows the query and the place") {
  std::string_view const text = "[:find ?e\n :where [?e :age ?a] [(grater ?a 20)]]";
  auto const error = error_of(text, parse_query(text).problem);
  CHECK(error.code() == Errc::query_where);
  CHECK(error.message() ==
        "line 2, column 24: there is no function of this name\n"
        "   :where [?e :age ?a] [(grater ?a 20)]]\n"
        "                         ^");
  CHECK(error.data() == "{:line 2 :column 24 :offset 33}");
}

TEST_CASE("an error says how many arguments are taken") {
  auto const words = [](std::string_view text) { return words_of(parse_query(text, own).problem); };
  CHECK(words("[:find ?e :where [?e :name ?n] [(inc ?n 2) ?m]]") == "this function takes 1 argument, and is given 2");
  CHECK(words("[:find ?e :where [?e :name ?n] [(subs ?n) ?m]]") == "this function takes 2 to 3 arguments, and is given 1");
  CHECK(words("[:find ?e :where [?e :name ?n] [(max) ?m]]") == "this function takes 1 or more arguments, and is given 0");
  CHECK(words("[:find ?n :having [(inc)] :where [?e :name ?n]]") == "this function takes 1 argument, and is given 0");
  CHECK(words("[:find (min 1 2 ?n) :where [?e :name ?n]]") == "this aggregate takes 1 to 2 arguments, and is given 3");
  CHECK(words("[:find (sample ?n) :where [?e :name ?n]]") == "this aggregate takes 2 arguments, and is given 1");
  CHECK(words("[:find ?m :where [(q [:find ?a :in $ ?b :where [_ :age ?a]] $) ?m]]") == "the inner query takes 2 inputs, and is given 1");
  CHECK(words_of(link_problem("[:find ?e :in $ % :where (adult ?e)]")) == "this rule takes 2 arguments, and is given 1");
  CHECK(words_of(link_problem("[:find ?e :in $ % :where [?e :age ?a] (even? ?a)]")) == "a function is called in square brackets: [(f ?x)]");
}

TEST_CASE("names that are not joined are other variables") {
  // ?e ?x outside, ?x of the first branch, ?x of the second, ?x in the not-join
  std::string_view const text =
      "[:find ?e :where [?e :a ?x] (or-join [?e] [?e :b ?x] [?e :c ?x]) (not-join [?e] [?e :d ?x]) (not [?e :e ?x])]";
  auto const syntax = parse_query(text);
  REQUIRE(syntax.ok());
  auto const& tree = syntax.tree;
  CHECK(tree.names.size() == 5);
  std::vector<std::uint16_t> values;
  for (auto const& clause : tree.clauses) {
    if (clause.kind == Clause::Kind::pattern) values.push_back(tree.terms_of(clause.terms)[2].index);
  }
  CHECK(values == std::vector<std::uint16_t>{1, 2, 3, 4, 1});
}

TEST_CASE("a tree has the clauses as they are written") {
  std::string_view const text =
      "[:find ?n (count ?e) :in $ $b % [[?n ?k]] :where [$b ?e :name ?n] ($b or (and [?e 1 ?n] (rule ?e ?k)) (rule ?e "
      "?n ?k)) "
      "[(get-else $b ?e :age 0) [?a _]] :order-by (count ?e) :desc]";
  auto syntax = parse_query(text);
  REQUIRE(syntax.ok());
  auto const& tree = syntax.tree;
  CHECK(tree.inputs.size() == 4);
  CHECK(tree.takes_rules);
  auto const& input = tree.bindings[tree.inputs[3].binding];
  CHECK(input.kind == cairn::query::syntax::Binding::Kind::relation);
  CHECK(tree.bindings_of(input.parts)[1].variable == 1);
  auto const where = tree.children_of(tree.where);
  REQUIRE(where.size() == 3);
  auto const& either = tree.clauses[where[1]];
  CHECK(either.kind == Clause::Kind::disjunction);
  CHECK_FALSE(either.join);
  CHECK(either.joins.count == 3);
  auto const branches = tree.children_of(either.children);
  REQUIRE(branches.size() == 2);
  CHECK(tree.clauses[branches[0]].kind == Clause::Kind::conjunction);
  CHECK(tree.clauses[branches[1]].kind == Clause::Kind::rule_call);
  CHECK(tree.clauses[branches[1]].source == 1);
  auto const& function = tree.clauses[where[2]];
  CHECK(function.kind == Clause::Kind::function);
  CHECK(function.callee.builtin == FunctionId::get_else);
  CHECK(tree.terms_of(function.terms)[0].index == 1);
  REQUIRE(tree.order.size() == 1);
  CHECK(tree.order[0].column == 1);
  CHECK(tree.order[0].descending);

  SECTION("its calls are linked to rules of the same name and length") {
    std::string_view const two = "[[(rule ?a ?b) [?a :p ?b]] [(other ?a ?b ?c) [?a ?b ?c]]]";
    auto const problem = link(syntax, parse_rules(two));
    CHECK(problem.fault == Fault::wrong_arguments);
    CHECK(text.substr(problem.offset, problem.length) == "(rule ?e ?n ?k)");
  }
  SECTION("sources of rules are inputs of the query") {
    auto query = parse_query("[:find ?e :in $ % :where (rule ?e)]");
    std::string_view const rules = "[[(rule ?a) [$c ?a :p]]]";
    auto const problem = link(query, parse_rules(rules));
    CHECK(problem.code == Errc::parser_query);
    CHECK(rules.substr(problem.offset, problem.length) == "$c");
    CHECK(problem.in_rules);
  }
}

TEST_CASE("an order can be given apart from the query") {
  std::string_view const text = "[:find ?a (count ?b) :where [?a :x ?b] :order-by ?a]";
  auto query = parse_query(text);
  REQUIRE(query.ok());
  CHECK_FALSE(parse_order(query, "[(count  ?b) :desc 0]"));
  REQUIRE(query.tree.order.size() == 2);
  CHECK(query.tree.order[0].column == 1);
  CHECK(query.tree.order[0].descending);
  CHECK(query.tree.order[1].column == 0);
  CHECK_FALSE(parse_order(query, "?a"));
  CHECK(query.tree.order.size() == 1);
  CHECK(parse_order(query, "[?a :dsec]").offset == 4);
  CHECK(parse_order(query, "[?b]").code == Errc::parser_query);
  CHECK(parse_order(query, "[?a").code == Errc::edn_syntax);
}

TEST_CASE("rules are collected by name") {
  auto const syntax = parse_rules("[[(a ?x) (b ?x ?y)] [(b [?x] ?y) [?x :p ?z] [?z :p ?y]] [(a ?w) [?w :q]]]");
  REQUIRE(syntax.ok());
  auto const& tree = syntax.tree;
  REQUIRE(tree.rules.size() == 2);
  CHECK(tree.rules[0].arity == 1);
  CHECK(tree.rules[0].branches.count == 2);
  CHECK(tree.rules[0].required.count == 0);
  CHECK(tree.rules[1].arity == 2);
  CHECK(tree.variables_of(tree.rules[1].required).size() == 1);
  CHECK(tree.branches[tree.rules[1].branches.first].names.count == 3);
  CHECK(tree.clauses[tree.children_of(tree.branches[0].clauses)[0]].rule == 1);
}

TEST_CASE("what is too big or too deep is refused in good time") {
  auto const refuses_with = [](std::string const& text, Fault fault) {
    auto const syntax = parse_query(text);
    INFO(text.substr(0, 60) << ": " << syntax.problem.reason);
    CHECK(syntax.problem.fault == fault);
  };
  std::string deep;
  for (int i = 0; i != 100; ++i) deep += "(not [?e :a] ";
  refuses_with("[:find ?e :where [?e :a] " + deep + std::string(100, ')') + "]", Fault::too_big);
  std::string queries = "[:find ?e :where [?e :a]]";
  for (int i = 0; i != 70; ++i) queries = "[:find ?x :where [(q " + queries + " $) ?x]]";
  refuses_with(queries, Fault::too_big);
  refuses_with("[:find ?e :in " + std::string(100, '[') + "?e" + std::string(100, ']') + "]", Fault::too_big);
  std::string many = "[:find ?a0 :where";
  for (int i = 0; i != 5000; ++i) many += " [?a" + std::to_string(i) + " :a]";
  refuses_with(many + "]", Fault::too_big);
  many = "[:find ?a :where";
  for (int i = 0; i != 70'000; ++i) many += " [?a :a]";
  refuses_with(many + "]", Fault::too_big);
  // A big constant is one place.
  many = "[:find ?a :where [(ground [";
  for (int i = 0; i != 70'000; ++i) many += " 1";
  refuses_with(many + "]) [?a ...]]]", Fault::none);
}

}  // namespace cairn::parse_test
