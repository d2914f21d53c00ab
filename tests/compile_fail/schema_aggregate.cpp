// Copyright the Cairn authors
// SPDX-License-Identifier: BSL-1.0
// An entity is a plain struct, so that its fields can be found.
// EXPECT-ERROR: cairn::Schema .aggregate.: an entity is a plain struct: no constructors, bases, virtual functions
// EXPECT-ERROR: cairn::Schema .aggregate.: an entity is a plain struct: no constructors, bases, virtual functions
// EXPECT-ERROR: cairn::Schema .aggregate.: an entity is a plain struct: no constructors, bases, virtual functions
// EXPECT-ERROR: cairn::Schema .aggregate.: an entity is a plain struct: no constructors, bases, virtual functions
// EXPECT-ERROR: cairn::Schema .aggregate.: an entity is a plain struct: no constructors, bases, virtual functions
// EXPECT-ERROR: cairn::Schema .aggregate.: an entity is a plain struct: no constructors, bases, virtual functions
// EXPECT-ERROR: cairn::Schema .empty.: a struct without fields says nothing
// EXPECT-ERROR: cairn::schema .structs.: name the structs, as in cairn::schema<Person, Company>..
#include <cairn/db/aggregate/schema.hpp>

#include <string>
#include <vector>

struct Plain {
  std::string name;
};
#ifdef SHOULD_FAIL
struct WithConstructor {
  explicit WithConstructor(std::string given) : name{std::move(given)} {}
  std::string name;
};
struct WithBase : Plain {
  int age;
};
struct WithReference {
  int& number;
};
struct WithoutFields {};
cairn::TxData use() {
  return cairn::schema<Plain, WithConstructor, WithBase, WithReference, int, std::vector<Plain>, cairn::Uuid, WithoutFields>();
}
cairn::TxData none() { return cairn::schema<>(); }
#else
cairn::TxData use() { return cairn::schema<Plain>(); }
#endif
