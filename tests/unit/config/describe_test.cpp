// Copyright the Cairn authors
// SPDX-License-Identifier: BSL-1.0
// What reflection knows about a Config.
#include "unit/config/config_test.hpp"
#include "unit/meta/big_struct.hpp"
#include <cairn/backends/file/config.hpp>
#include <cairn/backends/mem/config.hpp>
#include <cairn/config/describe.hpp>

#include <chrono>
#include <cstddef>
#include <cstdint>
#include <filesystem>
#include <optional>
#include <string>
#include <vector>

namespace config_test::of_describe {

namespace {

using cairn::config::FieldSpec;
using cairn::test::Big;

struct Part {
  std::string title;
  bool big = false;
};
struct Limits {
  int readers = 4;
  static constexpr auto config_spec = cairn::config_spec(cairn::range(&Limits::readers, 1, 9));
};
struct Limited {
  std::optional<Limits> limits = {};
};

struct ShelfConfig {
  std::filesystem::path path;
  std::string label = "books";
  std::uint16_t port = 5432;
  std::optional<std::string> user = {};
  std::chrono::seconds age{90};
  cairn::Secret key = {};
  std::vector<Part> parts = {};
  std::optional<Part> part = {};
};

struct Shelf : ConfigOnly<ShelfConfig> {
  static constexpr auto config_spec =
      cairn::config_spec(cairn::optional(&ShelfConfig::path), cairn::required(&ShelfConfig::port),
                         cairn::range(&ShelfConfig::port, 1, 9999));
};

FieldSpec spec(std::string name, std::string type, std::string default_text) {
  return {std::move(name), std::move(type), false, std::move(default_text), {}, {}};
}
FieldSpec required(std::string name, std::string type) {
  return {std::move(name), std::move(type), true, std::nullopt, {}, {}};
}

}  // namespace

TEST_CASE("a config describes itself", "[config]") {
  std::vector<FieldSpec> const part{required("title", "string"), spec("big", "boolean", "false")};
  auto parts = spec("parts", "vector of map", "[]");
  parts.fields = part;
  auto optional_part = spec("part", "optional map", "nil");
  optional_part.fields = part;
  CHECK(cairn::config::describe<ShelfConfig>() ==
        std::vector<FieldSpec>{required("path", "path"), spec("label", "string", "\"books\""),
                               spec("port", "integer", "5432"), spec("user", "optional string", "nil"),
                               spec("age", "duration", "\"90s\""), spec("key", "secret", "\"****\""), parts,
                               optional_part});
}

TEST_CASE("a backend's spec is in its description", "[config]") {
  auto const fields = cairn::config::describe_backend<Shelf>();
  CHECK_FALSE(fields[0].required);
  CHECK(fields[0].default_text == "\"\"");
  CHECK(fields[2].required);
  CHECK(fields[2].default_text == std::nullopt);
  CHECK(fields[2].constraints == std::vector<std::string>{"be from 1 to 9999"});
}

TEST_CASE("a struct inside describes its own constraints", "[config]") {
  auto const fields = cairn::config::describe<Limited>();
  REQUIRE(fields.at(0).fields.size() == 1);
  CHECK(fields[0].fields[0].constraints == std::vector<std::string>{"be from 1 to 9"});
  auto const error = load_error<ConfigOnly<Limited>>("{:limits {:readers 10}}");
  CHECK(error.code() == cairn::Errc::config_range);
  CHECK_THAT(error.message(),
             ContainsSubstring(":limits :readers (in the EDN map) must be from 1 to 9, and is 10"));
}

TEST_CASE("the configs of mem and file describe themselves", "[config]") {
  CHECK(cairn::config::describe<cairn::backends::mem::Config>() == std::vector<FieldSpec>{required("id", "string")});
  CHECK(cairn::config::describe<cairn::backends::file::Config>() ==
        std::vector<FieldSpec>{required("path", "path"), spec("sync", "enum: durable|relaxed", ":durable"),
                               spec("segment-size", "bytes", "\"64MiB\""), spec("layout", "enum: log|dir", ":log"),
                               spec("exclusive", "boolean", "false"), spec("compact-below", "number", "0.5")});
}

TEST_CASE("sixty-four fields are described and read", "[config]") {
  auto const fields = cairn::config::describe<Big>();
  REQUIRE(fields.size() == 64);
  CHECK(fields[63] == spec("field-63", "integer", "63"));
  std::string map = "{";
  for (std::size_t i = 0; i != 64; ++i) map += ":field-" + std::to_string(i) + " " + std::to_string(i * 2) + " ";
  auto const big = load<ConfigOnly<Big>>(map + "}", {{"CAIRN_STORE_FIELD_7", "1"}});
  CHECK(big.field_7 == 14);
  CHECK(big.field_63 == 126);
}

}  // namespace config_test::of_describe
