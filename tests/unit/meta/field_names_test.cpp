// Copyright the Cairn authors
// SPDX-License-Identifier: BSL-1.0
// Names, types and places of fields, out of aggregates of every shape.
#include "unit/meta/big_struct.hpp"

#include <cairn/concepts/config_vocabulary.hpp>
#include <cairn/meta/field_names.hpp>

#include <catch2/catch_test_macros.hpp>

#include <array>
#include <chrono>
#include <concepts>
#include <cstddef>
#include <cstdint>
#include <filesystem>
#include <map>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <type_traits>
#include <vector>

namespace cairn::field_names_test {

namespace meta = cairn::meta;

namespace outer::inner {

struct Everything {
  std::filesystem::path root_path;
  std::string name;
  std::optional<std::string> user_name;
  std::vector<std::string> hosts;
  cairn::Secret secret;
  cairn::ByteSize segment_size;
  std::chrono::milliseconds time_out{10};
  cairn::Sync sync = cairn::Sync::durable;
  double ratio = 0.5;
  std::uint16_t port = 5432;
  std::map<std::string, int> map;
};

template <class Type>
struct Pair {
  Type left_hand{};
  Type right_hand{};
};

class NotDefault {
 public:
  explicit NotDefault(int number) : number_{number} {}
  [[nodiscard]] int number() const { return number_; }

 private:
  int number_;
};

struct HasNotDefault {
  int first;
  NotDefault second;
  bool third;
};

struct HasMoveOnly {
  std::unique_ptr<int> owner;
  int count = 0;
};

struct WithKeywords {
  int default_ = 1;
  int a__b = 2;
  int x = 3;
};

struct Nested {
  Pair<int> ints;
  Everything everything;
};

struct Empty {};

struct One {
  std::string only;
};

}  // namespace outer::inner

namespace {

struct InUnnamedNamespace {
  int here_too = 0;
};

using cairn::test::Big;
using namespace outer::inner;

template <class Aggregate>
std::vector<std::string> names() {
  return {meta::field_names<Aggregate>.begin(), meta::field_names<Aggregate>.end()};
}

static_assert(meta::field_name<Everything, 5> == "segment-size");
static_assert(meta::field_name<Everything const, 5> == "segment-size");
static_assert(meta::field_count<Empty> == 0);
static_assert(meta::field_count<Big> == 64);
static_assert(std::same_as<meta::FieldType<Everything, 2>, std::optional<std::string>>);
static_assert(
    std::same_as<decltype(meta::field<2>(std::declval<Everything const&>())), std::optional<std::string> const&>);
static_assert(meta::field_index<Everything>(&Everything::segment_size) == 5);
static_assert(meta::field_index<Everything>(&Everything::root_path) == 0);
static_assert(meta::field_index<Pair<int>>(&Pair<int>::right_hand) == 1);
static_assert(meta::field_index<Big>(&Big::field_63) == 63);
static_assert(!meta::Reflectable<NotDefault>);
static_assert(!meta::Reflectable<int>);

}  // namespace

TEST_CASE("fields are named as keywords are written", "[meta]") {
  CHECK(names<Everything>() == std::vector<std::string>{"root-path", "name", "user-name", "hosts", "secret",
                                                        "segment-size", "time-out", "sync", "ratio", "port", "map"});
  CHECK(names<Pair<std::string>>() == std::vector<std::string>{"left-hand", "right-hand"});
  CHECK(names<HasNotDefault>() == std::vector<std::string>{"first", "second", "third"});
  CHECK(names<HasMoveOnly>() == std::vector<std::string>{"owner", "count"});
  CHECK(names<Nested>() == std::vector<std::string>{"ints", "everything"});
  CHECK(names<One>() == std::vector<std::string>{"only"});
  CHECK(names<InUnnamedNamespace>() == std::vector<std::string>{"here-too"});
  CHECK(names<Empty>().empty());
}

TEST_CASE("an underscore that keeps a name from being a word of C++ is no part of it", "[meta]") {
  CHECK(names<WithKeywords>() == std::vector<std::string>{"default", "a--b", "x"});
}

TEST_CASE("types that are local to a function have names of fields too", "[meta]") {
  struct Local {
    int local_one = 1;
    std::string local_two = "2";
  };
  CHECK(names<Local>() == std::vector<std::string>{"local-one", "local-two"});
}

TEST_CASE("sixty-four fields are all found", "[meta]") {
  Big const big;
  std::size_t count = 0;
  meta::for_each_field(big, [&](std::string_view name, int const& value) {
    CHECK(name == "field-" + std::to_string(count));
    CHECK(value == static_cast<int>(count));
    ++count;
  });
  CHECK(count == 64);
}

TEST_CASE("fields are visited by reference", "[meta]") {
  Pair<int> pair{1, 2};
  meta::for_each_field(pair, [](std::string_view, int& value) { value *= 10; });
  CHECK(pair.left_hand == 10);
  CHECK(pair.right_hand == 20);
  HasNotDefault const object{1, NotDefault{42}, true};
  CHECK(meta::field<1>(object).number() == 42);
}

}  // namespace cairn::field_names_test
