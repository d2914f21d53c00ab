// Copyright the Cairn authors
// SPDX-License-Identifier: BSL-1.0
// Of each mistake the compiler shows the query's own text around the place, and the reason.
// EXPECT-ERROR-AMONG: >>\?nmae<< :where
// EXPECT-ERROR-AMONG: \(\(> >>\?a<< 10\)\)
// EXPECT-ERROR-AMONG: \(\(>>grater<< \?e 10\)\)
// EXPECT-ERROR-AMONG: >>\(<<:find \?e :in \?e
// EXPECT-ERROR-AMONG: find \?e >>:in<< \$ \?n :where
// EXPECT-ERROR-AMONG: :in \$ >>\(\?n \.\.\.\)<< :where
// EXPECT-ERROR-AMONG: \(\?e >>:nmae<<.*did you mean name
#include <cairn/concepts/index_tag.hpp>
#include <cairn/query/compiled/surroundings.hpp>

struct Person {
  std::string name;
};

inline void use(cairn::Db<cairn::persistent_set_tag> const& db) {
  cairn::check_query<"[:find ?e :where [?e :name]]">(db);
#ifdef SHOULD_FAIL
  cairn::check_query<"[:find ?e ?nmae :where [?e :name]]">(db);
  cairn::check_query<"[:find ?e :in ?e :where [(> ?a 10)]]">(1);
  cairn::check_query<"[:find ?e :in ?e :where [(grater ?e 10)]]">(1);
  cairn::check_query<"[:find ?e :in ?e">(1);
  cairn::check_query<"[:find ?e :in $ ?n :where [?e :name ?n]]">(db);
  cairn::check_query<"[:find ?e :in $ [?n ...] :where [?e :name ?n]]">(db, 5);
  cairn::check_query<"[:find ?e :where [?e :nmae]]", cairn::Schema<Person>>(db);
#endif
}
