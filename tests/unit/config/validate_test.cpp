// Copyright the Cairn authors
// SPDX-License-Identifier: BSL-1.0
// A Config that was written in C++: final, and only validated.
#include "unit/config/config_test.hpp"
#include <cairn/config/validate.hpp>

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

namespace config_test::of_validate {

namespace {

using cairn::Errc;

struct Part {
  std::string title;
};

struct Cache {
  int megabytes = 8;
  static constexpr auto config_spec = cairn::config_spec(cairn::range(&Cache::megabytes, 1, 64));
};
struct Caches {
  Cache front = {};
};

struct ShelfConfig {
  std::string path;
  std::string label;
  std::uint16_t port = 5432;
  std::optional<int> limit = {};
  cairn::ByteSize size{1024};
  cairn::Secret key = {};
  std::optional<Part> part = {};
  std::vector<Part> parts = {};
  std::string mode = "fast";
  Caches cache = {};
  std::vector<Cache> caches = {};
};

struct Shelf : ConfigOnly<ShelfConfig> {
  static constexpr auto config_spec =
      cairn::config_spec(cairn::optional(&ShelfConfig::label), cairn::range(&ShelfConfig::port, 1024, 65535),
                         cairn::range(&ShelfConfig::limit, 1, 10),
                         cairn::range(&ShelfConfig::size, cairn::ByteSize{512}, cairn::ByteSize{1 << 20U}),
                         cairn::required(&ShelfConfig::key), cairn::one_of(&ShelfConfig::mode, "fast", "safe"));
};

cairn::Error refusal(ShelfConfig const& config) {
  return error_of([&] {
    cairn::validate_config<Shelf>(config);
    return 0;
  });
}

ShelfConfig const good{.path = "/x", .label = {}, .key = cairn::Secret{"hunter2"}};

}  // namespace

TEST_CASE("a config with all that is required is taken", "[config]") {
  CHECK_NOTHROW(cairn::validate_config<Shelf>(good));
}

TEST_CASE("an empty path, an absent secret and what is nested may be missing", "[config]") {
  auto config = good;
  config.path.clear();
  CHECK(refusal(config).code() == Errc::config_missing);
  CHECK(refusal(config).message() == "configuration of the store :shelf: :path is missing: give it a string");

  config = good;
  config.key = {};
  CHECK_THAT(refusal(config).message(), ContainsSubstring(":key is missing: give it a secret"));

  config = good;
  config.part.emplace();
  config.parts = {{"a"}, {""}};
  CHECK_THAT(refusal(config).message(),
             ContainsSubstring(":part :title is missing") && ContainsSubstring(":parts 1 :title is missing"));
}

TEST_CASE("values outside of a constraint are refused with the constraint", "[config]") {
  auto config = good;
  config.port = 80;
  config.limit = 11;
  config.size.bytes = 3;
  config.mode = "slow";
  auto const error = refusal(config);
  CHECK(error.code() == Errc::config_range);
  CHECK(error.message() ==
        "configuration of the store :shelf: 4 problems: :port must be from 1024 to 65535, and is 80; :limit must be "
        "from 1 to 10, and is 11; "
        ":size must be from 512 to \"1MiB\", and is 3; :mode must be one of \"fast\" \"safe\"");
  CHECK_THAT(error.message(), !ContainsSubstring("hunter2"));
}

TEST_CASE("of a text that is not allowed the nearest that is, and not the text itself, is named", "[config]") {
  auto config = good;
  config.mode = "saef";
  CHECK(refusal(config).message() ==
        "configuration of the store :shelf: :mode must be one of \"fast\" \"safe\"; did you mean \"safe\"?");
}

TEST_CASE("the constraints of a struct inside are its own", "[config]") {
  auto config = good;
  config.cache.front.megabytes = 65;
  config.caches = {{.megabytes = 1}, {.megabytes = 0}};
  CHECK_THAT(refusal(config).message(),
             ContainsSubstring(":cache :front :megabytes must be from 1 to 64, and is 65") &&
                 ContainsSubstring(":caches 1 :megabytes must be from 1 to 64, and is 0"));
  config.cache.front.megabytes = 64;
  config.caches.pop_back();
  CHECK_NOTHROW(cairn::validate_config<Shelf>(config));
}

TEST_CASE("the ends of a range are in it, and an absent optional is too", "[config]") {
  auto config = good;
  config.port = 1024;
  config.limit = 10;
  CHECK_NOTHROW(cairn::validate_config<Shelf>(config));
  config.port = 65535;
  config.limit.reset();
  CHECK_NOTHROW(cairn::validate_config<Shelf>(config));
}

TEST_CASE("what is missing comes before what is out of range", "[config]") {
  auto config = good;
  config.port = 1;
  config.path.clear();
  CHECK(refusal(config).code() == Errc::config_missing);
}

}  // namespace config_test::of_validate
