// Copyright the Cairn authors
// SPDX-License-Identifier: BSL-1.0
// With a schema, attributes are known wherever they stand, and constants, variables and inputs are of their types.
// EXPECT-ERROR: cairn::q .attribute.: the schema has no attribute of the name between >> and <<
// EXPECT-ERROR: cairn::q .constant.: the schema gives the attribute another type than that of the constant
// EXPECT-ERROR: cairn::q .value.: the schema gives the attribute between >> and << another type than that of the input
// EXPECT-ERROR: cairn::q .lookup.: a lookup ref names an entity by a unique attribute
// EXPECT-ERROR: cairn::q .type.: what is between >> and << is never of the type of what it is compared with
// EXPECT-ERROR: cairn::q .pull.: what is between >> and << is no part of a pull pattern
#include <cairn/concepts/index_tag.hpp>
#include <cairn/query/compiled/surroundings.hpp>

#include <cstdint>
#include <string>
#include <vector>

struct Person {
  std::string name;
  std::int64_t age;
  cairn::Unique<std::string> mail;
  std::vector<cairn::Ref<Person>> friends;
};
inline bool adult(std::int64_t age) { return age >= 18; }
inline std::int64_t spread(std::vector<std::int64_t> const& all) { return all.back() - all.front(); }
using Adult = cairn::fn<"adult?", adult>;
using Spread = cairn::fn<"spread", spread>;
using People = cairn::Schema<Person>;

inline void use(cairn::Db<cairn::persistent_set_tag> const& db) {
  cairn::check_query<"[:find ?e :in $ ?n :where [?e :name ?n] [?e :age 42]]", People>(db, "Ivan");
  cairn::check_query<"[:find ?k ?x :where [?e :name] [(get-some $ ?e :mail :age) [?k ?x]]]", People>(db);
  cairn::check_query<"[:find ?a :where [[:mail \"i@x\"] :age ?a]]", People>(db);
  cairn::check_query<"[:find ?a :where [?e :friends [:mail \"i@x\"]] [?e :age ?a]]", People>(db);
  cairn::check_query<"[:find (pull ?e [:name * :db/id \"age\" (:name :default 1) (limit :friends 2) {:friends [:age] (:_friends :limit nil) ...}])"
                     " :where [?e :name]]",
                     People>(db);
  cairn::check_query<"[:find ?x :where [(q [:find (sum ?a) . :where [?e :age ?a] [(adult? ?a)]] $) ?x]]", People, Adult>(db);
  cairn::check_query<"[:find ?e :where [?e :age ?a] [(= ?a 42)] [(not= ?a 4.5)] [(adult? ?a)]]", People, Adult>(db);
  cairn::check_query<"[:find ?n (spread ?a) :where [?e :age ?a] [?e :name ?n]]", Adult, Spread>(db);
  // A rule has a name of its own.
  cairn::check_query<"[:find ?e :in $ % :where (adult? ?e ?a)]", People, Adult>(
      db, cairn::rules<"[[(adult? ?e ?a) [?e :age ?a] [(adult? ?a)]]]">);
#ifdef SHOULD_FAIL
  cairn::check_query<"[:find ?e :where [?e :nmae]]", People>(db);
  cairn::check_query<"[:find ?e :where [?e :age \"42\"]]", People>(db);
  cairn::check_query<"[:find ?e :in $ ?n :where [?e :name ?n]]", People>(db, 42);
  cairn::check_query<"[:find ?n :where [[:age 5] :name ?n]]", People>(db);
  cairn::check_query<"[:find ?e :where [?e :age ?x] [?f :name ?x]]", People>(db);
  cairn::check_query<"[:find (pull ?e [(:name :lmit 1)]) :where [?e :name]]", People>(db);
#endif
}
