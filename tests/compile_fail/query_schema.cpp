// Copyright the Cairn authors
// SPDX-License-Identifier: BSL-1.0
// With a schema, attributes are known, and constants and inputs are of their types.
// EXPECT-ERROR: cairn::q .attribute.: the schema has no attribute of the name between >> and <<
// EXPECT-ERROR: cairn::q .constant.: the schema gives the attribute another type than that of the constant
// EXPECT-ERROR: cairn::q .value.: the schema gives the attribute between >> and << another type than that of the input
#include <cairn/concepts/index_tag.hpp>
#include <cairn/query/compiled/surroundings.hpp>

struct Person {
  std::string name;
  std::int64_t age;
};
using People = cairn::Schema<Person>;

inline void use(cairn::Db<cairn::persistent_set_tag> const& db) {
  cairn::check_query<"[:find ?e :in $ ?n :where [?e :name ?n] [?e :age 42]]", People>(db, "Ivan");
#ifdef SHOULD_FAIL
  cairn::check_query<"[:find ?e :where [?e :nmae]]", People>(db);
  cairn::check_query<"[:find ?e :where [?e :age \"42\"]]", People>(db);
  cairn::check_query<"[:find ?e :in $ ?n :where [?e :name ?n]]", People>(db, 42);
#endif
}
