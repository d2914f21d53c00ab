// Copyright the Cairn authors
// SPDX-License-Identifier: BSL-1.0
// A query is given as many inputs as it names, of types that go with what they are for.
// EXPECT-ERROR: cairn::q .inputs.: the query is given another number of inputs than the :in
// EXPECT-ERROR: cairn::q .input.: what is between >> and << can't be given an input of this type
// EXPECT-ERROR: cairn::q .input.: what is between >> and << can't be given an input of this type
// EXPECT-ERROR: cairn::q .input.: what is between >> and << can't be given an input of this type
// EXPECT-ERROR: cairn::q .input type.: the input for what is between >> and << is, or has in it, something of a C.. type that is no value
// EXPECT-ERROR: cairn::q .input type.: the input for what is between >> and << is, or has in it, something of a C.. type that is no value
// EXPECT-ERROR: cairn::q .extras.: behind the query's text come a cairn::Schema
#include <cairn/concepts/index_tag.hpp>
#include <cairn/query/compiled/surroundings.hpp>

#include <tuple>
#include <vector>

struct NoInput {
  int number;
};

inline void use(cairn::Db<cairn::persistent_set_tag> const& db) {
  cairn::check_query<"[:find ?e :in $ ?n :where [?e :name ?n]]">(db, "Ivan");
#ifdef SHOULD_FAIL
  cairn::check_query<"[:find ?e :in $ ?n :where [?e :name ?n]]">(db);
  cairn::check_query<"[:find ?e :in $ [?n ...] :where [?e :name ?n]]">(db, 5);
  cairn::check_query<"[:find ?e :in $ ?n :where [?e :name ?n]]">(db, db);
  cairn::check_query<"[:find ?e :in $ ?n :where [?e :name ?n]]">(db, static_cast<int const*>(nullptr));
  cairn::check_query<"[:find ?e :in $ [[?n ?a]] :where [?e :name ?n] [?e :age ?a]]">(db, std::vector<std::tuple<int, NoInput>>{});
  cairn::check_query<"[:find ?e :where [?e :name]]">("Ivan");
  cairn::check_query<"[:find ?e :where [?e :name]]", int>(db);
#endif
}
