// Copyright the Cairn authors
// SPDX-License-Identifier: BSL-1.0
// What two structs say of one attribute is the same: its type, how many values it has, whether they are unique, and
// whether an entity in it is a part.
// EXPECT-ERROR: cairn::Schema .conflict.: two structs disagree on the type of an attribute
// EXPECT-ERROR: cairn::Schema .conflict.: two structs disagree on the type of an attribute
// EXPECT-ERROR: cairn::Schema .conflict.: two structs disagree on the cardinality of an attribute
// EXPECT-ERROR: cairn::Schema .conflict.: two structs disagree on the uniqueness of an attribute
// EXPECT-ERROR: cairn::Schema .conflict.: two structs disagree on an attribute: a struct in one is a part of it
#include <cairn/db/aggregate/schema.hpp>

#include <optional>
#include <string>
#include <tuple>
#include <vector>

struct Address {
  std::string city;
};

struct Person {
  cairn::Unique<std::string> name;
  std::optional<int> age;
  std::tuple<double, double> place;
  std::vector<std::string> mail;
  Address address;
};

struct Company {
#ifdef SHOULD_FAIL
  std::string name;
  double age;
  std::tuple<double, float> place;
  std::string mail;
  cairn::Ref<Address> address;
#else
  cairn::Unique<std::string> name;
  long age;
  std::array<double, 2> place;
  std::vector<std::string> mail;
  std::optional<Address> address;
#endif
};

using People = cairn::Schema<Person, Company>;

cairn::SchemaAttribute const* use() { return People::find(":name"); }
