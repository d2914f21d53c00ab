// Copyright the Cairn authors
// SPDX-License-Identifier: BSL-1.0
// What may be a Config, and the constraints that a backend may put on its fields.
#include <cairn/concepts/config_aggregate.hpp>
#include <cairn/concepts/config_spec.hpp>
#include <cairn/concepts/config_vocabulary.hpp>

#include <catch2/catch_test_macros.hpp>

#include <filesystem>
#include <memory>
#include <optional>
#include <string>
#include <tuple>
#include <type_traits>
#include <vector>

namespace {

enum class Mode { fast, safe };

struct Nested {
  int depth = 0;
};

struct Config {
  std::string user;
  std::filesystem::path path;
  int port = 5432;
  std::optional<int> retries;
  Mode mode = Mode::safe;
  cairn::ByteSize cache{1024};
  cairn::Secret password;
  std::vector<std::string> hosts;
  Nested nested;
};

struct Empty {};
union OneOfTwo {
  int number = 0;
  float other;
};
class HasConstructor {
 public:
  HasConstructor() = default;

 private:
  [[maybe_unused]] int number_ = 0;
};
struct Derived : Nested {
  int more = 0;
};
struct HoldsHandle {
  std::unique_ptr<int> handle;
};
struct HoldsReference {
  int& reference;
};

constexpr auto spec =
    cairn::config_spec(cairn::range(&Config::port, 1, 65535), cairn::range(&Config::retries, 0, 9),
                       cairn::range(&Config::cache, cairn::ByteSize{0}, cairn::ByteSize{1U << 30U}),
                       cairn::non_empty(&Config::user), cairn::non_empty(&Config::password),
                       cairn::non_empty(&Config::hosts),
                       cairn::one_of(&Config::mode, Mode::fast, Mode::safe), cairn::one_of(&Config::user, "root", "me"),
                       cairn::required(&Config::mode), cairn::optional(&Config::path));

}  // namespace

TEST_CASE("a plain struct is a configuration") {
  STATIC_REQUIRE(cairn::ConfigAggregate<Config>);
  STATIC_REQUIRE(cairn::ConfigAggregate<Nested>);
  STATIC_REQUIRE(cairn::ConfigAggregate<Empty>);
}

TEST_CASE("anything else is none, and one requirement says why") {
  STATIC_REQUIRE(!cairn::ConfigIsClass<int>);
  STATIC_REQUIRE(!cairn::ConfigIsClass<OneOfTwo>);
  STATIC_REQUIRE(!cairn::ConfigIsClass<int[3]>);
  STATIC_REQUIRE(!cairn::ConfigIsAggregate<HasConstructor>);
  STATIC_REQUIRE(!cairn::ConfigIsCopyable<HoldsHandle>);
  STATIC_REQUIRE(!cairn::ConfigIsDefaultInitializable<HoldsReference>);
  STATIC_REQUIRE(!cairn::ConfigHasNoBase<Derived>);
  STATIC_REQUIRE(cairn::ConfigHasNoBase<Config>);
  STATIC_REQUIRE(!cairn::ConfigAggregate<int>);
  STATIC_REQUIRE(!cairn::ConfigAggregate<OneOfTwo>);
  STATIC_REQUIRE(!cairn::ConfigAggregate<HasConstructor>);
  STATIC_REQUIRE(!cairn::ConfigAggregate<HoldsHandle>);
  STATIC_REQUIRE(!cairn::ConfigAggregate<HoldsReference>);
  STATIC_REQUIRE(!cairn::ConfigAggregate<Derived>);
}

TEST_CASE("a config_spec is a tuple of constraints") {
  STATIC_REQUIRE(cairn::ConfigSpec<decltype(spec)>);
  STATIC_REQUIRE(!cairn::ConfigSpec<std::tuple<int>>);
  STATIC_REQUIRE(!cairn::ConfigSpec<int>);
  STATIC_REQUIRE(cairn::ConfigSpec<decltype(cairn::config_spec())>);
  STATIC_REQUIRE(std::tuple_size_v<std::remove_cv_t<decltype(spec)>> == 10);

  STATIC_REQUIRE(std::get<0>(spec).member == &Config::port);
  STATIC_REQUIRE(std::get<0>(spec).lowest == 1);
  STATIC_REQUIRE(std::get<0>(spec).highest == 65535);
  STATIC_REQUIRE(std::get<1>(spec).highest == 9);  // of what may be in the optional
  STATIC_REQUIRE(std::get<2>(spec).highest.bytes == 1U << 30U);
  STATIC_REQUIRE(std::get<6>(spec).allowed[1] == Mode::safe);
  STATIC_REQUIRE(std::get<7>(spec).allowed[0] == "root");  // of strings as views
  STATIC_REQUIRE(std::get<9>(spec).member == &Config::path);
}

TEST_CASE("a member pointer of a constraint reads the field") {
  Config config;
  config.user = "me";
  auto const& user = std::get<3>(spec);
  CHECK(config.*user.member == "me");
}
