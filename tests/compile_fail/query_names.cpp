// Copyright the Cairn authors
// SPDX-License-Identifier: BSL-1.0
// What a query names is there: variables, sources, rules, functions, aggregates.
// EXPECT-ERROR: cairn::q .unbound.: the variable between >> and << is not bound
// EXPECT-ERROR: cairn::q .argument.: what is between >> and << waits for a variable that no clause
// EXPECT-ERROR: cairn::q .source.: :in does not name the source between >> and <<
// EXPECT-ERROR: cairn::q .rule.: there is no rule of the name between >> and <<
// EXPECT-ERROR: cairn::q .function.: there is no function of the name between >> and <<
// EXPECT-ERROR: cairn::q .aggregate.: there is no aggregate of the name between >> and <<
// EXPECT-ERROR: cairn::q .arguments.: what is between >> and << takes another number of arguments
// EXPECT-ERROR: cairn::q .size.: the query is too big at the place between >> and <<
// EXPECT-ERROR: cairn::rules .rule.: what is between >> and << is no rule
#include <cairn/query/compiled/surroundings.hpp>

inline void use() {
  cairn::check_query<"[:find ?e :in ?e % :where (r ?e)]">(1, cairn::rules<"[[(r ?x) [(odd? ?x)]]]">);
#ifdef SHOULD_FAIL
  cairn::check_query<
      "[:find ?e :in ?e :where "
      "(and (and (and (and (and (and (and (and (and (and (and (and (and (and (and (and (and (and (and (and "
      "(and (and (and (and (and (and (and (and (and (and (and (and (and (and (and (and (and (and (and (and "
      "(and (and (and (and (and (and (and (and (and (and (and (and (and (and (and (and (and (and (and (and "
      "(and (and (and (and (and (and [(odd? ?e)])))))))))))))))))))))))))))))))))))))))))))))))))))))))))))"
      ")))))))"
      "]">(1);
  cairn::check_query<"[:find ?e ?nmae :in ?e]">(1);
  cairn::check_query<"[:find ?e :in ?e :where [(> ?a 10)]]">(1);
  cairn::check_query<"[:find ?e :in ?e :where [$2 ?e :name]]">(1);
  cairn::check_query<"[:find ?e :in ?e % :where (reach ?e)]">(1, cairn::rules<"[[(r ?x) [(odd? ?x)]]]">);
  cairn::check_query<"[:find ?e :in ?e :where [(grater ?e 10)]]">(1);
  cairn::check_query<"[:find (summ ?e) :in ?e]">(1);
  cairn::check_query<"[:find ?e :in ?e :where [(odd? ?e 10)]]">(1);
  cairn::check_query<"[:find ?e :in ?e % :where (r ?e)]">(1, cairn::rules<"[[r [(odd? ?x)]]]">);
#endif
}
