// Copyright the Cairn authors
// SPDX-License-Identifier: BSL-1.0
// Mistakes as a program makes them. query_first_lines.py checks that a compiler, in the first 25 lines that it prints for each, says
// the reason (REASON) and shows the query's own text around the place (PLACE).
#include <cairn/concepts/index_tag.hpp>
#include <cairn/index/persistent_set.hpp>
#include <cairn/query/compiled/q.hpp>

#include <cstdint>
#include <string>

struct Person {
  std::string name;
  std::int64_t age = 0;
};
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
// REASON: cairn::q [inputs]: the query is given another number of inputs
// PLACE: >>:in<< $ ?n :where
inline void gives_too_little(cairn::Db<cairn::persistent_set_tag> const& db) {
  cairn::q<"[:find ?e :in $ ?n :where [?e :name ?n]]">(db);
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
