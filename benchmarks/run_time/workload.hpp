// Copyright the Cairn authors
// SPDX-License-Identifier: BSL-1.0
// What the query benchmark asks questions of: facts as numbers, for Cairn and for loops written by hand alike.
#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <filesystem>
#include <fstream>
#include <map>
#include <random>
#include <stdexcept>
#include <string>
#include <string_view>
#include <vector>

namespace cairn::benchmarks {

/// The attributes of all databases; a number is what loops know them by.
enum Attribute : std::uint8_t {
  name, last_name, sex, age, salary, follows, department_name, department_budget, department_division, division_name,
  person_name, person_salary, person_department, attribute_count
};

struct AttributeOfWork {
  std::string_view ident;
  std::string_view type;
  bool many = false;
};
inline constexpr std::array<AttributeOfWork, attribute_count> attributes_of_work{{
    {":name", ":db.type/string"}, {":last-name", ":db.type/string"}, {":sex", ":db.type/keyword"}, {":age", ":db.type/long"},
    {":salary", ":db.type/long"}, {":follows", ":db.type/ref", true}, {":d/name", ":db.type/string"}, {":d/budget", ":db.type/long"},
    {":d/div", ":db.type/ref"}, {":div/name", ":db.type/string"}, {":p/name", ":db.type/string"}, {":p/salary", ":db.type/long"},
    {":p/dept", ":db.type/ref"}}};

/// A fact; a text is its number in `Texts`.
struct Fact {
  std::int64_t e;
  Attribute a;
  std::int64_t v;
};
using Facts = std::vector<Fact>;

/// Numbers for texts: ordered as they first came.
class Texts {
 public:
  std::int64_t number_of(std::string_view text) {
    auto const [found, added] = numbers_.try_emplace(std::string{text}, static_cast<std::int64_t>(texts_.size()));
    if (added) texts_.emplace_back(text);
    return found->second;
  }
  [[nodiscard]] std::string const& text_of(std::int64_t number) const { return texts_.at(static_cast<std::size_t>(number)); }

 private:
  std::map<std::string, std::int64_t, std::less<>> numbers_;
  std::vector<std::string> texts_;
};
[[nodiscard]] inline Texts& texts() {
  static Texts all;
  return all;
}

[[nodiscard]] inline std::ifstream open_data(std::string_view file) {
  auto const path = std::filesystem::path{CAIRN_BENCHMARK_DATA} / file;
  std::ifstream in{path};
  if (!in) throw std::runtime_error{"cannot read " + path.string()};
  return in;
}

/// 20,000 people with five attributes. Entities are those of the file plus `first - 1`.
[[nodiscard]] inline Facts people_facts(std::int64_t first = 1) {
  auto in = open_data("people20k.tsv");
  Facts facts;
  std::int64_t id = 0;
  std::int64_t years = 0;
  std::int64_t money = 0;
  for (std::string given, family, gender; in >> id >> given >> family >> gender >> years >> money;) {
    auto const e = id + first - 1;
    facts.insert(facts.end(), {{e, name, texts().number_of(given)}, {e, last_name, texts().number_of(family)},
                               {e, sex, texts().number_of(":" + gender)}, {e, age, years}, {e, salary, money}});
  }
  return facts;
}
/// Every other person follows one other.
[[nodiscard]] inline Facts follows_facts(std::int64_t first = 1) {
  Facts facts;
  for (std::int64_t i = 2; i <= 20'000; i += 2) facts.push_back({i + first - 1, follows, (i * 7919) % 20'000 + first});
  return facts;
}
[[nodiscard]] inline Facts graph_facts(std::string_view file, std::int64_t first = 1) {
  auto in = open_data(file);
  Facts facts;
  for (std::int64_t from = 0, to = 0; in >> from >> to;) facts.push_back({from + first - 1, follows, to + first - 1});
  return facts;
}
/// Edges at random; none from a node to itself is excluded.
[[nodiscard]] inline Facts random_graph_facts(std::int64_t nodes, std::size_t edges, std::int64_t first = 1) {
  std::mt19937_64 random{2000};
  Facts facts;
  for (std::size_t i = 0; i != edges; ++i) {
    auto const from = static_cast<std::int64_t>(random() % static_cast<std::uint64_t>(nodes));
    auto const to = static_cast<std::int64_t>(random() % static_cast<std::uint64_t>(nodes));
    facts.push_back({from + first, follows, to + first});
  }
  return facts;
}
/// People in 100 departments in 10 divisions: first the divisions, then the departments, then the people.
[[nodiscard]] inline Facts joins_facts(std::int64_t first = 1) {
  Facts facts;
  auto const division = [&](std::int64_t i) { return first + i; };
  auto const department = [&](std::int64_t i) { return first + 10 + i; };
  for (std::int64_t i = 0; i != 10; ++i) facts.push_back({division(i), division_name, texts().number_of("div-" + std::to_string(i))});
  for (std::int64_t i = 0; i != 100; ++i) {
    facts.insert(facts.end(), {{department(i), department_name, texts().number_of("dept-" + std::to_string(i))},
                               {department(i), department_budget, i * 5000},
                               {department(i), department_division, division(i % 10)}});
  }
  for (auto const& fact : people_facts(first + 109)) {
    auto const i = fact.e - first - 109;
    if (fact.a == name) {
      facts.push_back({fact.e, person_name, texts().number_of(texts().text_of(fact.v) + "-" + std::to_string(i))});
      facts.push_back({fact.e, person_department, department(i * 31 % 100)});
    } else if (fact.a == salary) {
      facts.push_back({fact.e, person_salary, fact.v});
    }
  }
  return facts;
}

}  // namespace cairn::benchmarks
