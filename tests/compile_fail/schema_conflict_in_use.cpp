// Copyright the Cairn authors
// SPDX-License-Identifier: BSL-1.0
// Structs that disagree are not transacted together, and what is wrong with one is said once, wherever it is used.
// EXPECT-ERROR: cairn::Schema .conflict.: two structs disagree on the type of an attribute
// EXPECT-ERROR: cairn::Schema .field.: no attribute can be made of a field of this type
#include <cairn/db/aggregate/schema.hpp>
#include <cairn/db/aggregate/write.hpp>

#include <string>
#include <vector>

struct Person {
  std::string name;
  int age;
};

struct Wine {
  std::string name;
#ifdef SHOULD_FAIL
  std::string age;
#else
  int age;
#endif
};

struct Place {
  double north;
#ifdef SHOULD_FAIL
  double* east;
#else
  double east;
#endif
};

cairn::TxData both(Person const& person, std::vector<Wine> const& wines) { return {person, wines}; }

cairn::TxData one(Place const& place) { return place; }
cairn::TxData again(Place const& place) { return cairn::replace(5, place); }
cairn::TxData installed() { return cairn::schema<Place>(); }
