// Copyright the Cairn authors
// SPDX-License-Identifier: BSL-1.0
// Mistakes as a program makes them. query_first_lines.py checks that a compiler, in the first 25 lines that it prints for each, says
// the reason (REASON) and shows the query's own text around the place (PLACE).
#include <cairn/concepts/index_tag.hpp>
#include <cairn/index/persistent_set.hpp>
#include <cairn/query/compiled/q.hpp>

#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

struct Person {
  std::string name;
  std::int64_t age = 0;
  cairn::Unique<std::string> mail;
  std::vector<cairn::Ref<Person>> friends;
};
struct NoInput {
  int number;
};
inline bool adult(std::int64_t age) { return age >= 18; }
using Adult = cairn::fn<"adult?", adult>;
using People = cairn::Schema<Person>;

// REASON: cairn::q [edn]: this text is not EDN
// PLACE: ([?e :name ?n]>>]<<
inline void is_not_edn(cairn::Db<cairn::persistent_set_tag> const& db) {
  cairn::q<"[:find ?e :where ([?e :name ?n]]">(db);
}
// REASON: cairn::q [where]: what is between >> and << is no clause
// PLACE: :where >>name<<]
inline void is_no_clause(cairn::Db<cairn::persistent_set_tag> const& db) {
  cairn::q<"[:find ?e :where name]">(db);
}
// REASON: cairn::q [unbound]: the variable between >> and << is not bound
// PLACE: >>?nmae<< :where
inline void finds_what_is_not_bound(cairn::Db<cairn::persistent_set_tag> const& db) {
  cairn::q<"[:find ?e ?nmae :where [?e :name ?n]]">(db);
}
// REASON: cairn::q [argument]: what is between >> and << waits for a variable
// PLACE: [(> >>?a<< 20)]
inline void compares_what_is_not_bound(cairn::Db<cairn::persistent_set_tag> const& db) {
  cairn::q<"[:find ?e :where [?e :name] [(> ?a 20)]]">(db);
}
// REASON: cairn::q [function]: there is no function of the name between >> and <<
// PLACE: [(>>evenn?<< ?a)]
// REASON: did you mean even?
inline void calls_what_is_not_there(cairn::Db<cairn::persistent_set_tag> const& db) {
  cairn::q<"[:find ?e :where [?e :age ?a] [(evenn? ?a)]]">(db);
}
// REASON: cairn::q [rule]: there is no rule of the name between >> and <<
// PLACE: (>>abov<< 101 ?e)
// REASON: did you mean above?
inline void calls_a_rule_that_is_not_there(cairn::Db<cairn::persistent_set_tag> const& db) {
  cairn::q<"[:find ?e :in $ % :where (abov 101 ?e)]">(db, cairn::rules<"[[(above ?a ?b) [?b :boss ?a]]]">);
}
// REASON: cairn::q [arguments]: what is between >> and << takes another number
// PLACE: [(>>even?<< ?a 2)]
// REASON: this function takes 1 argument
inline void gives_a_function_too_much(cairn::Db<cairn::persistent_set_tag> const& db) {
  cairn::q<"[:find ?e :where [?e :age ?a] [(even? ?a 2)]]">(db);
}
// REASON: cairn::q [inputs]: the query is given another number of inputs
// PLACE: >>:in<< $ ?n :where
inline void gives_too_little(cairn::Db<cairn::persistent_set_tag> const& db) {
  cairn::q<"[:find ?e :in $ ?n :where [?e :name ?n]]">(db);
}
// REASON: cairn::q [input type]: the input for what is between >> and << is, or has in it, something of a C++ type that is no value
// PLACE: :in $ >>[?n ...]<< :where
// REASON: NoInput>
inline void gives_what_is_no_value(cairn::Db<cairn::persistent_set_tag> const& db) {
  cairn::q<"[:find ?e :in $ [?n ...] :where [?e :name ?n]]">(db, std::vector<NoInput>{});
}
// REASON: cairn::q [attribute]: the schema has no attribute of the name between >> and <<
// PLACE: [?e >>:nmae<< ?n]
// REASON: did you mean name?
inline void misspells_an_attribute(cairn::Db<cairn::persistent_set_tag> const& db) {
  cairn::q<"[:find ?e :where [?e :nmae ?n]]", People>(db);
}
// REASON: cairn::q [constant]: the schema gives the attribute another type
// PLACE: ?e :age >>:old<<]
inline void compares_a_number_with_a_keyword(cairn::Db<cairn::persistent_set_tag> const& db) {
  cairn::q<"[:find ?e :where [?e :age :old]]", People>(db);
}
// REASON: cairn::q [find]: what is between >> and << can't be found
// PLACE: [:find >>5<< :where
inline void finds_a_number(cairn::Db<cairn::persistent_set_tag> const& db) {
  cairn::q<"[:find 5 :where [?e :name ?n]]">(db);
}
// REASON: cairn::q [aggregate]: there is no aggregate of the name between >> and <<
// PLACE: [:find (>>cuont<< ?e)
// REASON: did you mean count?
inline void misspells_an_aggregate(cairn::Db<cairn::persistent_set_tag> const& db) {
  cairn::q<"[:find (cuont ?e) :where [?e :name]]">(db);
}
// REASON: cairn::q [source]: :in does not name the source between >> and <<
// PLACE: :where [>>$b<< ?e :name]]
inline void reads_no_source_of_its_own(cairn::Db<cairn::persistent_set_tag> const& db) {
  cairn::q<"[:find ?e :where [$b ?e :name]]">(db);
}
// REASON: cairn::q [rule]: there is no rule of the name between >> and <<
// PLACE: >>(adult ?e)<<
inline void calls_no_rule(cairn::Db<cairn::persistent_set_tag> const& db) {
  cairn::q<"[:find ?e :where [?e :age] (adult ?e)]">(db);
}
// REASON: cairn::q [query]: what is between >> and << is no part of a query
// PLACE: ?e >>:keys<< a b :where
inline void gives_keys_too_many(cairn::Db<cairn::persistent_set_tag> const& db) {
  cairn::q<"[:find ?e :keys a b :where [?e :name]]">(db);
}
// REASON: cairn::q [query]: what is between >> and << is no part of a query
// PLACE: order-by [?n >>:up<<]]
inline void orders_by_no_direction(cairn::Db<cairn::persistent_set_tag> const& db) {
  cairn::q<"[:find ?n :where [?e :name ?n] :order-by [?n :up]]">(db);
}
// REASON: cairn::q [query]: what is between >> and << is no part of a query
// PLACE: :having >>?a<<]
inline void has_no_predicate(cairn::Db<cairn::persistent_set_tag> const& db) {
  cairn::q<"[:find ?a :where [_ :age ?a] :having ?a]">(db);
}
// REASON: cairn::q [query]: what is between >> and << is no part of a query
// PLACE: :limit >>many<<]
inline void limits_by_a_word(cairn::Db<cairn::persistent_set_tag> const& db) {
  cairn::q<"[:find ?a :where [_ :age ?a] :limit many]">(db);
}
// REASON: cairn::q [value]: the schema gives the attribute between >> and << another type than that of the input
// PLACE: [?e >>:name<< ?n]]
inline void asks_for_a_number_as_a_name(cairn::Db<cairn::persistent_set_tag> const& db) {
  cairn::q<"[:find ?e :in $ ?n :where [?e :name ?n]]", People>(db, 5);
}
// REASON: cairn::q [input]: what is between >> and << can't be given an input of this type
// PLACE: >>[?n ...]<<
inline void gives_one_for_several(cairn::Db<cairn::persistent_set_tag> const& db) {
  cairn::q<"[:find ?e :in $ [?n ...] :where [?e :age ?n]]", People>(db, 5);
}
// REASON: cairn::q [inputs]: the query is given another number of inputs
// PLACE: [>>:find<< ?e :where
inline void gives_what_nothing_takes(cairn::Db<cairn::persistent_set_tag> const& db) {
  cairn::q<"[:find ?e :where [?e :name]]">(db, 5);
}
// REASON: cairn::q [attribute]: the schema has no attribute of the name between >> and <<
// PLACE: ?e :age >>:mial<<)
inline void misspells_one_of_several(cairn::Db<cairn::persistent_set_tag> const& db) {
  cairn::q<"[:find ?k ?x :where [?e :name] [(get-some $ ?e :age :mial) [?k ?x]]]", People>(db);
}
// REASON: cairn::q [attribute]: the schema has no attribute of the name between >> and <<
// PLACE: friends [>>:agee<<]
// REASON: did you mean age?
inline void pulls_what_is_not_there(cairn::Db<cairn::persistent_set_tag> const& db) {
  cairn::q<"[:find (pull ?e [{:friends [:agee]}]) :where [?e :name]]", People>(db);
}
// REASON: cairn::q [attribute]: the schema has no attribute of the name between >> and <<
// PLACE: pull ?e [>>:_frends<<
inline void pulls_back_what_is_not_there(cairn::Db<cairn::persistent_set_tag> const& db) {
  cairn::q<"[:find (pull ?e [:_frends]) :where [?e :name]]", People>(db);
}
// REASON: cairn::q [pull]: what is between >> and << is no part of a pull pattern
// PLACE: (:name >>:lmit<< 1)
inline void pulls_no_pattern(cairn::Db<cairn::persistent_set_tag> const& db) {
  cairn::q<"[:find (pull ?e [(:name :lmit 1) :age]) :where [?e :name]]">(db);
}
// REASON: cairn::q [attribute]: the schema has no attribute of the name between >> and <<
// PLACE: [[>>:mial<< 
inline void names_an_entity_by_nothing(cairn::Db<cairn::persistent_set_tag> const& db) {
  cairn::q<"[:find ?a :where [[:mial \"x\"] :age ?a]]", People>(db);
}
// REASON: cairn::q [lookup]: a lookup ref names an entity by a unique attribute
// PLACE: [[>>:age<< 5] :name
inline void names_an_entity_by_its_age(cairn::Db<cairn::persistent_set_tag> const& db) {
  cairn::q<"[:find ?n :where [[:age 5] :name ?n]]", People>(db);
}
// REASON: cairn::q [attribute]: the schema has no attribute of the name between >> and <<
// PLACE: where [_ >>:agee<< ?a]]
// REASON: did you mean age?
inline void misspells_inside(cairn::Db<cairn::persistent_set_tag> const& db) {
  cairn::q<"[:find ?x :where [(q [:find (sum ?a) . :where [_ :agee ?a]] $) ?x]]", People>(db);
}
// REASON: cairn::q [attribute]: the schema has no attribute of the name between >> and <<
// PLACE: r ?x) [?x >>:agee<<]]]
// REASON: did you mean age?
inline void misspells_in_rules_inside(cairn::Db<cairn::persistent_set_tag> const& db) {
  cairn::q<"[:find ?x :where [(q [:find ?x . :in $ % :where (r ?x)] $ [[(r ?x) [?x :agee]]]) ?x]]", People>(db);
}
// REASON: cairn::q [rule]: there is no rule of the name between >> and <<
// PLACE: :where (>>s<< ?x)] $
inline void calls_no_rule_inside(cairn::Db<cairn::persistent_set_tag> const& db) {
  cairn::q<"[:find ?x :where [(q [:find ?x . :in $ % :where (s ?x)] $ [[(r ?x) [?x :age]]]) ?x]]", People>(db);
}
// REASON: cairn::q [arguments]: what is between >> and << takes another number of arguments
// PLACE: ?a] [(>>adult?<< ?a 3)]]
inline void gives_a_function_of_its_own_too_much(cairn::Db<cairn::persistent_set_tag> const& db) {
  cairn::q<"[:find ?e :where [?e :age ?a] [(adult? ?a 3)]]", Adult>(db);
}
// REASON: cairn::q [type]: what is between >> and << is never of the type
// PLACE: ?n] [(>>adult?<< ?n)]]
inline void gives_a_function_another_type(cairn::Db<cairn::persistent_set_tag> const& db) {
  cairn::q<"[:find ?e :where [?e :name ?n] [(adult? ?n)]]", People, Adult>(db);
}
// REASON: cairn::q [aggregate]: there is no aggregate of the name between >> and <<
// PLACE: [:find (>>adult?<< ?a)
inline void finds_a_function_that_is_no_aggregate(cairn::Db<cairn::persistent_set_tag> const& db) {
  cairn::q<"[:find (adult? ?a) :where [_ :age ?a]]", Adult>(db);
}
// REASON: cairn::q [type]: what is between >> and << is never of the type
// PLACE: [(= ?a >>
inline void compares_a_number_with_a_text(cairn::Db<cairn::persistent_set_tag> const& db) {
  cairn::q<"[:find ?e :where [?e :age ?a] [(= ?a \"x\")]]", People>(db);
}
// REASON: cairn::q [type]: what is between >> and << is never of the type
// PLACE: [(not= ?a >>
inline void tells_a_number_from_a_text(cairn::Db<cairn::persistent_set_tag> const& db) {
  cairn::q<"[:find ?e :where [?e :age ?a] [(not= ?a \"x\")]]", People>(db);
}
// REASON: cairn::q [type]: what is between >> and << is never of the type
// PLACE: [:find >>(sum ?n)<< :where
inline void adds_texts(cairn::Db<cairn::persistent_set_tag> const& db) {
  cairn::q<"[:find (sum ?n) :where [_ :name ?n]]", People>(db);
}
// REASON: cairn::q [type]: what is between >> and << is never of the type
// PLACE: ?f >>:name<< ?x]]
inline void joins_numbers_with_texts(cairn::Db<cairn::persistent_set_tag> const& db) {
  cairn::q<"[:find ?e ?f :where [?e :age ?x] [?f :name ?x]]", People>(db);
}

// What is done with the result adds no error of its own.
// REASON: cairn::q [attribute]: the schema has no attribute of the name between >> and <<
// PLACE: [?e >>:nmae<< 
inline std::size_t keeps_rows(cairn::Db<cairn::persistent_set_tag> const& db) {
  auto const rows = cairn::q<"[:find ?e :where [?e :nmae \"Ivan\"]]", People>(db);
  return rows.size();
}
// REASON: cairn::q [unbound]: the variable between >> and << is not bound
// PLACE: [:find >>?x<< ?n :where
inline std::size_t takes_rows_apart(cairn::Db<cairn::persistent_set_tag> const& db) {
  std::size_t size = 0;
  for (auto const& [x, n] : cairn::q<"[:find ?x ?n :where [?e :name ?n]]", People>(db)) {
    std::string_view const name = n;
    std::int64_t const number = x;
    size += name.size() + static_cast<std::size_t>(number);
  }
  return size;
}
// REASON: cairn::q [edn]: this text is not EDN
// PLACE: >>[<<:find [?n ?a]
inline std::size_t takes_one_row_apart(cairn::Db<cairn::persistent_set_tag> const& db) {
  auto const row = cairn::q<"[:find [?n ?a] :where [?e :name ?n] [?e :age ?a]", People>(db);
  if (!row) return 0;
  auto const [name, age] = *row;
  return static_cast<std::string_view>(name).size() + static_cast<std::size_t>(age);
}
// REASON: cairn::q [constant]: the schema gives the attribute another type
// PLACE: [?e :age >>
inline std::size_t reads_values(cairn::Db<cairn::persistent_set_tag> const& db) {
  std::size_t size = 0;
  for (std::string_view const name : cairn::q<"[:find [?n ...] :where [?e :name ?n] [?e :age \"4\"]]", People>(db)) size += name.size();
  return size;
}
