// Copyright the Cairn authors
// SPDX-License-Identifier: BSL-1.0
// A query is EDN and has the parts of a query.
// EXPECT-ERROR: cairn::q .edn.: this text is not EDN at the place between >> and <<
// EXPECT-ERROR: cairn::q .query.: what is between >> and << is no part of a query
// EXPECT-ERROR: cairn::q .find.: what is between >> and << can't be found
// EXPECT-ERROR: cairn::q .in.: what is between >> and << can't be an input
// EXPECT-ERROR: cairn::q .where.: what is between >> and << is no clause
// EXPECT-ERROR: cairn::q .name.: the name between >> and << is there already
#include <cairn/query/compiled/surroundings.hpp>

inline void use() {
  cairn::check_query<"[:find ?e :in ?e]">(1);
#ifdef SHOULD_FAIL
  cairn::check_query<"[:find ?e :in ?e">(1);
  cairn::check_query<"[:fetch ?e :in ?e]">(1);
  cairn::check_query<"[:find 5 :in ?e]">(1);
  cairn::check_query<"[:find ?e :in 5]">(1);
  cairn::check_query<"[:find ?e :in ?e :where 5]">(1);
  cairn::check_query<"[:find ?e :in ?e ?e]">(1, 1);
#endif
}
