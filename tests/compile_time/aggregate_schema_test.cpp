// Copyright the Cairn authors
// SPDX-License-Identifier: BSL-1.0
// The schema that structs make, as the compiler knows it.
#include <cairn/db/aggregate/schema.hpp>

#include <catch2/catch_test_macros.hpp>

#include <chrono>
#include <cstdint>
#include <list>
#include <optional>
#include <set>
#include <string>
#include <string_view>
#include <type_traits>
#include <vector>

namespace aggregates {

using cairn::Cardinality;
using cairn::Uniqueness;
using cairn::ValueType;

enum class Colour { red, dark_blue };

struct Address {
  std::string city;
};

struct Company {
  cairn::Unique<std::string> name;
  std::vector<Company> parts;  // a struct may hold its own kind
};

struct Person {
  cairn::Unique<std::string> name;
  std::int32_t age;
  std::optional<std::string> first_name;
  std::set<std::string> tags;
  cairn::Ref<Company> employer;
  std::vector<cairn::Ref<Person>> friends;
  Address address;
  std::tuple<double, std::optional<int>> place;
  std::vector<std::byte> photo;
  Colour default_;
};

struct Scalars {
  bool boolean;
  std::int8_t tiny;
  std::uint32_t wide;
  float narrow;
  double real;
  std::string_view text;
  cairn::Keyword keyword;
  cairn::Symbol symbol;
  cairn::Instant instant;
  std::chrono::sys_days day;
  cairn::Uuid uuid;
  cairn::BigInt bigint;
  cairn::BigDecimal bigdec;
  cairn::Bytes bytes;
  std::array<cairn::Uuid, 3> uuids;
  std::pair<int, bool> pair;
  std::optional<cairn::Unique<cairn::Ref<>, Uniqueness::value>> owner;
};

}  // namespace aggregates

template <>
inline constexpr std::string_view cairn::attribute_namespace<aggregates::Company> = "company";

namespace aggregates {
namespace {

using People = cairn::Schema<Person, Company>;

constexpr auto shape(std::string_view name) { return *People::find(name); }

TEST_CASE("a schema lists the attributes of structs, those inside of them too") {
  STATIC_REQUIRE(People::attributes.size() == 13);
  STATIC_REQUIRE(People::attributes[0].name == "name");
  STATIC_REQUIRE(People::attributes[12].name == "company/parts");
  STATIC_REQUIRE(People::find(":city")->type == ValueType::string);
  STATIC_REQUIRE(People::find("city") == People::find(":city"));
  STATIC_REQUIRE(People::find("nobody") == nullptr);
  STATIC_REQUIRE(People::find("company/name")->is_unique());
  STATIC_REQUIRE(People::find("first-name") != nullptr);
  STATIC_REQUIRE(People::find("first_name") == nullptr);
  STATIC_REQUIRE(People::find("default") != nullptr);
  // A reference alone brings nothing along, and a schema in a schema is its structs.
  STATIC_REQUIRE(cairn::Schema<Person>::find("company/name") == nullptr);
  STATIC_REQUIRE(std::is_same_v<cairn::Schema<Address, People, Person const>::Structs,
                                cairn::detail::TypeList<Address, Person, Company>>);
}

TEST_CASE("the type of a field says what its attribute is") {
  STATIC_REQUIRE(shape("name").unique == Uniqueness::identity);
  STATIC_REQUIRE(shape("name").type == ValueType::string);
  STATIC_REQUIRE(shape("age").type == ValueType::integer);
  STATIC_REQUIRE(shape("age").cardinality == Cardinality::one);
  STATIC_REQUIRE(!shape("age").is_unique());
  STATIC_REQUIRE(shape("tags").is_many());
  STATIC_REQUIRE(shape("employer").is_ref());
  STATIC_REQUIRE(!shape("employer").component);
  STATIC_REQUIRE(shape("friends").is_ref());
  STATIC_REQUIRE(shape("friends").is_many());
  STATIC_REQUIRE(shape("address").is_ref());
  STATIC_REQUIRE(shape("address").component);
  STATIC_REQUIRE(shape("place").type == ValueType::tuple);
  STATIC_REQUIRE(shape("place").tuple_types.size == 2);
  STATIC_REQUIRE(shape("place").tuple_types.types[1] == ValueType::integer);
  STATIC_REQUIRE(shape("photo").type == ValueType::bytes);
  STATIC_REQUIRE(!shape("photo").is_many());
  STATIC_REQUIRE(shape("default").type == ValueType::keyword);
}

TEST_CASE("every type of value has a type in C++") {
  using One = cairn::Schema<Scalars>;
  constexpr auto type = [](std::string_view name) { return One::find(name)->type; };
  STATIC_REQUIRE(type("boolean") == ValueType::boolean);
  STATIC_REQUIRE(type("tiny") == ValueType::integer);
  STATIC_REQUIRE(type("wide") == ValueType::integer);
  STATIC_REQUIRE(type("narrow") == ValueType::float32);
  STATIC_REQUIRE(type("real") == ValueType::float64);
  STATIC_REQUIRE(type("text") == ValueType::string);
  STATIC_REQUIRE(type("keyword") == ValueType::keyword);
  STATIC_REQUIRE(type("symbol") == ValueType::symbol);
  STATIC_REQUIRE(type("instant") == ValueType::instant);
  STATIC_REQUIRE(type("day") == ValueType::instant);
  STATIC_REQUIRE(type("uuid") == ValueType::uuid);
  STATIC_REQUIRE(type("bigint") == ValueType::bigint);
  STATIC_REQUIRE(type("bigdec") == ValueType::bigdec);
  STATIC_REQUIRE(type("bytes") == ValueType::bytes);
  STATIC_REQUIRE(One::find("uuids")->tuple_types.types[2] == ValueType::uuid);
  STATIC_REQUIRE(One::find("uuids")->tuple_types.size == 3);
  STATIC_REQUIRE(type("pair") == ValueType::tuple);
  STATIC_REQUIRE(One::find("owner")->unique == Uniqueness::value);
  STATIC_REQUIRE(One::find("owner")->is_ref());
}

TEST_CASE("transaction data is made of structs, and of nothing by mistake") {
  using cairn::TxData;
  STATIC_REQUIRE(std::is_convertible_v<Person, TxData>);
  STATIC_REQUIRE(std::is_convertible_v<std::vector<Person>, TxData>);
  STATIC_REQUIRE(std::is_convertible_v<std::list<Person> const&, TxData>);
  STATIC_REQUIRE(std::is_constructible_v<TxData, Person, Company, cairn::TxOp, TxData, std::vector<Address>>);
  STATIC_REQUIRE(!std::is_convertible_v<int, TxData>);
  STATIC_REQUIRE(!std::is_convertible_v<std::vector<int>, TxData>);
  STATIC_REQUIRE(!std::is_convertible_v<cairn::EntityMap, TxData>);
  STATIC_REQUIRE(!std::is_convertible_v<cairn::LookupRef, TxData>);
  STATIC_REQUIRE(!cairn::EntityAggregate<cairn::TxData>);
  STATIC_REQUIRE(!cairn::EntityAggregate<cairn::TxOp>);
  STATIC_REQUIRE(!cairn::EntityAggregate<std::string>);
  STATIC_REQUIRE(!cairn::EntityAggregate<std::array<int, 3>>);
}

}  // namespace
}  // namespace aggregates
