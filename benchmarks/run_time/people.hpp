// Copyright the Cairn authors
// SPDX-License-Identifier: BSL-1.0
// People to store: five attributes each, all indexed, the same in every run, made up or from a file.
#pragma once

#include <cairn/db/import.hpp>
#include <cairn/db/tx_data.hpp>

#include <array>
#include <cstddef>
#include <cstdint>
#include <filesystem>
#include <fstream>
#include <functional>
#include <random>
#include <set>
#include <stdexcept>
#include <string>
#include <string_view>
#include <vector>

namespace cairn::benchmarks {

struct Person {
  std::string_view name;
  std::string_view last_name;
  bool female;
  std::int64_t age;
  std::int64_t salary;
  std::int64_t id = 0;  ///< from 1, of those of a file
};

[[nodiscard]] inline std::vector<Person> people(std::size_t number) {
  static constexpr std::array<std::string_view, 8> names{"Ivan", "Petr",   "Sergei", "Oleg",
                                                         "Yuri", "Dmitry", "Fedor",  "Denis"};
  static constexpr std::array<std::string_view, 6> last_names{"Ivanov",  "Petrov",    "Sidorov",
                                                              "Kovalev", "Kuznetsov", "Voronoi"};
  std::mt19937_64 random{20};
  std::vector<Person> made(number);
  for (auto& person : made) {
    person = {names[random() % names.size()], last_names[random() % last_names.size()], random() % 2 == 0,
              static_cast<std::int64_t>(random() % 100), static_cast<std::int64_t>(random() % 100'000)};
  }
  return made;
}

/// Those of data/people20k.tsv in the order of the file, which is not that of their numbers.
[[nodiscard]] inline std::vector<Person> people_of(std::filesystem::path const& file) {
  static std::set<std::string, std::less<>> names;  // a person's point into it
  std::ifstream in{file};
  if (!in) throw std::runtime_error{"cannot read " + file.string()};
  std::vector<Person> all;
  std::string name;
  std::string last_name;
  std::string sex;
  for (Person person{}; in >> person.id >> name >> last_name >> sex >> person.age >> person.salary;) {
    person.name = *names.insert(name).first;
    person.last_name = *names.insert(last_name).first;
    person.female = sex == "female";
    all.push_back(person);
  }
  return all;
}

inline constexpr std::string_view people_schema =
    R"([{:db/ident :name :db/valueType :db.type/string :db/cardinality :db.cardinality/one :db/index true}
        {:db/ident :last-name :db/valueType :db.type/string :db/cardinality :db.cardinality/one :db/index true}
        {:db/ident :sex :db/valueType :db.type/keyword :db/cardinality :db.cardinality/one :db/index true}
        {:db/ident :age :db/valueType :db.type/long :db/cardinality :db.cardinality/one :db/index true}
        {:db/ident :salary :db/valueType :db.type/long :db/cardinality :db.cardinality/one :db/index true}])";

/// One person as five datoms.
[[nodiscard]] inline TxOp operation_of(Person const& person) {
  static Keyword const male{kw(":male")};
  static Keyword const female{kw(":female")};
  return entity_map({{":name", person.name},
                     {":last-name", person.last_name},
                     {":sex", person.female ? female : male},
                     {":age", person.age},
                     {":salary", person.salary}});
}

/// One of the five, by its place in a row of people.
[[nodiscard]] inline ImportFact fact_of(Person const& person, EntityId entity, std::size_t at) {
  static std::array<Keyword, 5> const attributes{kw(":name"), kw(":last-name"), kw(":sex"), kw(":age"), kw(":salary")};
  static std::array<Keyword, 2> const sexes{kw(":male"), kw(":female")};
  auto const attribute = attributes[at % 5];
  switch (at % 5) {
    case 0: return {entity, attribute, person.name};
    case 1: return {entity, attribute, person.last_name};
    case 2: return {entity, attribute, sexes[person.female ? 1 : 0]};
    case 3: return {entity, attribute, person.age};
    default: return {entity, attribute, person.salary};
  }
}

}  // namespace cairn::benchmarks
