// Copyright the Cairn authors
// SPDX-License-Identifier: BSL-1.0
// Names of enumerators.
#include <cairn/concepts/capabilities.hpp>
#include <cairn/concepts/config_vocabulary.hpp>
#include <cairn/meta/enum_names.hpp>

#include <catch2/catch_test_macros.hpp>

#include <cstdint>
#include <optional>
#include <string_view>

namespace cairn::enum_names_test {

namespace meta = cairn::meta;

namespace {

enum class Sparse : std::int8_t { default_ = 0, four = 4, fifteen_exactly = 15, beyond = 16 };
enum Plain : unsigned { plain_zero, plain_one };
enum class OnOff : bool { off, on };
enum NotFixed { some, other };

static_assert(meta::ReflectableEnum<Sparse> && meta::ReflectableEnum<Plain> && meta::ReflectableEnum<OnOff>);
static_assert(!meta::ReflectableEnum<NotFixed> && !meta::ReflectableEnum<int>);
static_assert(meta::enumerators<cairn::Fence>.size() == 3);
static_assert(meta::enumerator_name(cairn::Fence::compare_and_swap) == "compare-and-swap");
static_assert(meta::enumerator_of<cairn::Fence>("compare-and-swap") == cairn::Fence::compare_and_swap);

}  // namespace

TEST_CASE("enumerators are named as keywords are written", "[meta]") {
  CHECK(meta::enumerator_name(cairn::Sync::durable) == "durable");
  CHECK(meta::enumerator_name(cairn::Sync::relaxed) == "relaxed");
  CHECK(meta::enumerator_name(plain_one) == "plain-one");
  CHECK(meta::enumerator_name(OnOff::on) == "on");
  CHECK(meta::enumerators<OnOff>.size() == 2);
}

TEST_CASE("enumerators need not be dense, and none above fifteen is found", "[meta]") {
  REQUIRE(meta::enumerators<Sparse>.size() == 3);
  CHECK(meta::enumerators<Sparse>[0].name == "default");
  CHECK(meta::enumerators<Sparse>[1].value == Sparse::four);
  CHECK(meta::enumerators<Sparse>[2].name == "fifteen-exactly");
  CHECK(meta::enumerator_name(Sparse::beyond).empty());
  CHECK(meta::enumerator_of<Sparse>("beyond") == std::nullopt);
  CHECK(meta::enumerator_of<Sparse>("default_") == std::nullopt);
  CHECK(meta::enumerator_name(static_cast<cairn::Sync>(7)).empty());
}

}  // namespace cairn::enum_names_test
