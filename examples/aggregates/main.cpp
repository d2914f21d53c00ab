// Copyright the Cairn authors
// SPDX-License-Identifier: BSL-1.0
// Structs as entities: their fields are the schema, they are transacted as they are, and come back as structs.

// [aggregates]
#include <cairn/backends/mem/backend.hpp>
#include <cairn/database.hpp>

#include <iostream>

struct Company {
  cairn::Unique<std::string> name;  // two companies of one name are the same company
};

struct Address {
  std::string city;
  std::optional<std::string> street;  // may be absent
};

struct Person {
  cairn::Unique<std::string> name;
  std::int64_t age = 0;
  std::vector<std::string> tags = {};                // many values
  std::optional<cairn::Ref<Company>> employer = {};  // an entity of its own
  std::optional<Address> address = {};               // a part of this one
  std::vector<cairn::Ref<Person>> friends = {};
};

template <>
inline constexpr std::string_view cairn::attribute_namespace<Company> = "company";  // :company/name, beside :name

using People = cairn::Schema<Person, Company>;  // what they disagree on would not compile
static_assert(People::find(":tags")->is_many());

int main() {
  using Store = cairn::Store<cairn::backends::mem::Backend>;
  Store::create({.id = "people"});
  auto conn = Store::connect({.id = "people"});
  conn.transact(cairn::schema<People>());

  conn.transact(Person{"Ivan", 42});
  conn.transact({Person{.name = "Petra",
                        .age = 37,
                        .tags = {"climber", "cook"},
                        .employer = Company{"Initech"},
                        .address = Address{"Berlin", {}},
                        .friends = {cairn::lookup(":name", "Ivan")}},
                 Person{"Ivan", 43}});  // the same Ivan, a year older

  auto const db = conn.db();
  auto petra = cairn::pull<Person>(db, cairn::lookup(":name", "Petra"));
  std::cout << *petra.name << " lives in " << petra.address->city << " and works for "
            << *cairn::pull<Company>(db, *petra.employer).name << '\n';
  for (auto const& someone : petra.friends) {
    auto const [name, age, tags, employer, address, friends] = cairn::pull<Person>(db, someone);
    std::cout << "  knows " << *name << ", " << age << '\n';
  }

  petra.employer.reset();
  petra.tags = {"cook"};
  auto const report = conn.transact(cairn::replace(cairn::lookup(":name", "Petra"), petra));
  for (auto const& [e, a, v, tx, added] : report.tx_data) {
    if (a == cairn::kw(":tags") || a == cairn::kw(":employer")) {
      std::cout << (added ? "  + " : "  - ") << a.text() << '\n';
    }
  }
}
// [/aggregates]
