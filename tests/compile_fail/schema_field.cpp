// Copyright the Cairn authors
// SPDX-License-Identifier: BSL-1.0
// A field has a type that an attribute can be made of, in nested structs too.
// EXPECT-ERROR: cairn::Schema .field.: no attribute can be made of a field of this type
// EXPECT-ERROR: cairn::Schema .field.: no attribute can be made of a field of this type
// EXPECT-ERROR: cairn::Schema .field.: no attribute can be made of a field of this type
// EXPECT-ERROR: cairn::Schema .field.: no attribute can be made of a field of this type
// EXPECT-ERROR: cairn::Schema .field.: no attribute can be made of a field of this type
// EXPECT-ERROR: cairn::Schema .field.: no attribute can be made of a field of this type
// EXPECT-ERROR: cairn::Unique .kind.: a unique field is of Uniqueness::identity or Uniqueness::value
#include <cairn/db/aggregate/schema.hpp>

#include <cstdint>
#include <map>
#include <optional>
#include <string>
#include <vector>

enum class Code { large = 100 };

struct Address {
  std::string city;
#ifdef SHOULD_FAIL
  char const* street;
#endif
};

struct Person {
  cairn::Unique<std::string> name;
#ifdef SHOULD_FAIL
  std::map<std::string, int> labels;
  std::uint64_t number;
  std::optional<std::vector<std::string>> tags;
  cairn::Unique<Address> home;
  Code code;
#endif
  std::vector<Address> addresses;
};

#ifdef SHOULD_FAIL
cairn::Unique<int, cairn::Uniqueness::none> other;
#endif

cairn::TxData use() { return cairn::schema<Person>(); }
