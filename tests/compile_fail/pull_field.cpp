// Copyright the Cairn authors
// SPDX-License-Identifier: BSL-1.0
// A view can be transacted and not be read: what it looks at would be gone.
// EXPECT-ERROR: cairn::pull .field.: a field of this type can be transacted and not be read
#include <cairn/db/aggregate/pull.hpp>

#include <string>
#include <string_view>

struct Person {
#ifdef SHOULD_FAIL
  std::string_view name;
#else
  std::string name;
#endif
  int age;
};

Person use(cairn::Db<cairn::persistent_set_tag> const& db) { return cairn::pull<Person>(db, 5); }
