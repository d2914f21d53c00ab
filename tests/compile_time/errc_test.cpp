// Copyright the Cairn authors
// SPDX-License-Identifier: BSL-1.0
// Codes and their names.
#include <cairn/error/error.hpp>

#include <catch2/catch_test_macros.hpp>

#include <array>
#include <cstddef>
#include <string_view>
#include <type_traits>

namespace {

constexpr bool every_name_leads_back_to_its_code() {
  for (auto const& [code, name] : cairn::detail::errc_names) {
    if (cairn::errc_of(name) != code || cairn::name(code) != name) return false;
  }
  return true;
}

constexpr bool every_name_is_that_of_a_keyword() {
  for (auto const& entry : cairn::detail::errc_names) {
    auto const name = entry.second;
    auto const slash = name.find('/');
    if (slash == 0 || slash == std::string_view::npos || slash + 1 == name.size()) return false;
    if (name.find('/', slash + 1) != std::string_view::npos) return false;
    if (name.find_first_not_of("abcdefghijklmnopqrstuvwxyz-/") != std::string_view::npos) return false;
  }
  return true;
}

}  // namespace

TEST_CASE("names and codes are a bijection") {
  STATIC_REQUIRE(every_name_leads_back_to_its_code());
  CHECK(every_name_leads_back_to_its_code());
}

TEST_CASE("names are those of keywords") {
  STATIC_REQUIRE(every_name_is_that_of_a_keyword());
  CHECK(every_name_is_that_of_a_keyword());
}

TEST_CASE("the codes that Datahike has are spelt as Datahike spells them") {
  using cairn::Errc;
  STATIC_REQUIRE(cairn::name(Errc::transact_unique) == "transact/unique");
  STATIC_REQUIRE(cairn::name(Errc::entity_id_missing) == "entity-id/missing");
  STATIC_REQUIRE(cairn::name(Errc::lookup_ref_unique) == "lookup-ref/unique");
  STATIC_REQUIRE(cairn::name(Errc::store_does_not_exist) == "store/does-not-exist");
  STATIC_REQUIRE(!cairn::errc_of("no/such"));
  STATIC_REQUIRE(!cairn::errc_of(":transact/unique"));
  STATIC_REQUIRE(!cairn::errc_of(""));
}

TEST_CASE("an error is copied without throwing, and shares its text") {
  STATIC_REQUIRE(std::is_nothrow_copy_constructible_v<cairn::Error>);
  cairn::Error const error{cairn::Errc::io_full, "The disk is full.", "{:path \"/tmp\"}"};
  auto const copy = error;  // NOLINT(performance-unnecessary-copy-initialization): the copy is what is tested
  CHECK(copy.what() == error.what());
  CHECK(copy.code() == cairn::Errc::io_full);
  CHECK(copy.data() == "{:path \"/tmp\"}");
}

TEST_CASE("raise throws an error with all that it was given") {
  try {
    cairn::raise(cairn::Errc::store_exists, "There is a store already.");
    FAIL("raise returned");
  } catch (cairn::Error const& error) {
    CHECK(error.code() == cairn::Errc::store_exists);
    CHECK(error.message() == "There is a store already.");
    CHECK(error.data() == "{}");
  }
}
