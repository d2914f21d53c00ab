// Copyright the Cairn authors
// SPDX-License-Identifier: BSL-1.0
// Choosing a backend at run time, out of a list fixed at compile time.
#include <cairn/backends/mem/backend.hpp>
#include <cairn/store/backend_list.hpp>

#include <boost/hana/at.hpp>
#include <boost/hana/at_key.hpp>
#include <boost/hana/string.hpp>
#include <catch2/catch_test_macros.hpp>
#include <catch2/matchers/catch_matchers.hpp>
#include <catch2/matchers/catch_matchers_string.hpp>

#include <concepts>
#include <cstdint>
#include <memory>
#include <string>
#include <string_view>
#include <type_traits>

namespace cairn::backend_list_test {

namespace mem = cairn::backends::mem;
using Catch::Matchers::ContainsSubstring;

namespace {

/// The memory backend under other names: what a list does depends on nothing else.
struct Shelf : mem::Backend {
  static constexpr std::string_view backend_id = "shelf";
};
struct Drawer : mem::Backend {
  static constexpr std::string_view backend_id = "drawer";
};

struct TieredShelf : mem::Backend {
  static constexpr std::string_view backend_id = "tiered.mem.shelf";
  static constexpr std::string_view layer_name = "tiered";
};
struct TieredDrawer : TieredShelf {
  static constexpr std::string_view backend_id = "tiered.mem.drawer";
};

using Backends = cairn::BackendList<mem::Backend, Shelf, Drawer>;
using WithIndex = cairn::BackendList<cairn::With<mem::Backend, cairn::hitchhiker_tree_tag>, Shelf>;

constexpr auto id_of = []<class Backend>(std::type_identity<Backend>) { return Backend::backend_id; };

/// Runs what must throw and hands out the error.
template <class Call>
cairn::Error error_of(Call&& call) {
  try {
    call();
  } catch (cairn::Error const& error) {
    return error;
  }
  FAIL("nothing was thrown");
  return cairn::Error{cairn::Errc::io_error, ""};
}

static_assert(Backends::size == 3);
static_assert(Backends::ids[2] == "drawer");
static_assert(Backends::contains(":memory") && Backends::contains("shelf") && !Backends::contains("sqlite"));
static_assert(Backends::dispatch(":shelf", id_of) == "shelf");
static_assert(std::same_as<decltype(+Backends::by_id()[boost::hana::string_c<'s', 'h', 'e', 'l', 'f'>])::type, Shelf>);
static_assert(std::same_as<decltype(+boost::hana::at_c<0>(Backends::types))::type, mem::Backend>);
static_assert(cairn::StoreBackend<cairn::With<mem::Backend, cairn::hitchhiker_tree_tag>>);

}  // namespace

TEST_CASE("an id chooses its backend, with and without its colon", "[dispatch]") {
  CHECK(Backends::dispatch("mem", id_of) == "mem");
  CHECK(Backends::dispatch(":mem", id_of) == "mem");
  CHECK(Backends::dispatch("drawer", id_of) == "drawer");
  CHECK(Backends::dispatch(":drawer", id_of) == "drawer");
}

TEST_CASE("memory is another word for mem", "[dispatch]") {
  CHECK(Backends::dispatch("memory", id_of) == "mem");
  CHECK(Backends::dispatch(":memory", id_of) == "mem");
}

TEST_CASE("the result is the common type of all results", "[dispatch]") {
  auto const size = []<class Backend>(std::type_identity<Backend>) {
    if constexpr (std::same_as<Backend, Shelf>) {
      return std::int64_t{1} << 40U;
    } else {
      return 7;
    }
  };
  STATIC_REQUIRE(std::same_as<decltype(Backends::dispatch("mem", size)), std::int64_t>);
  CHECK(Backends::dispatch("shelf", size) == std::int64_t{1} << 40U);
  CHECK(Backends::dispatch("mem", size) == 7);

  int calls = 0;
  STATIC_REQUIRE(std::is_void_v<decltype(Backends::dispatch("mem", [&](auto) { ++calls; }))>);
  Backends::dispatch("mem", [&](auto) { ++calls; });
  CHECK(calls == 1);

  auto const owner = []<class Backend>(std::type_identity<Backend>) {
    return std::make_unique<std::string>(Backend::backend_id);
  };
  CHECK(*Backends::dispatch("drawer", owner) == "drawer");
}

TEST_CASE("an entry may name another index than the backend's own", "[dispatch]") {
  WithIndex::dispatch("mem", []<class Entry>(std::type_identity<Entry>) {
    if constexpr (std::same_as<cairn::EntryBackend<Entry>, mem::Backend>) {
      STATIC_REQUIRE(std::same_as<cairn::EntryIndex<Entry>, cairn::hitchhiker_tree_tag>);
    } else {
      STATIC_REQUIRE(std::same_as<cairn::EntryIndex<Entry>, cairn::persistent_set_tag>);
    }
  });
  CHECK(WithIndex::dispatch("mem", id_of) == "mem");
}

TEST_CASE("an unknown id is an error that lists the known ones", "[dispatch]") {
  auto const error = error_of([] { Backends::dispatch(":shelv", id_of); });
  CHECK(error.code() == cairn::Errc::config_unknown_backend);
  CHECK_THAT(error.message(), ContainsSubstring("no backend is called :shelv"));
  CHECK_THAT(error.message(), ContainsSubstring("this program knows :mem, :shelf, :drawer"));
  CHECK_THAT(error.message(), ContainsSubstring("did you mean :shelf?"));
  CHECK(error.data() == "{:known [:mem :shelf :drawer] :backend :shelv}");

  auto const far = error_of([] { Backends::dispatch("postgresql", id_of); });
  CHECK_THAT(far.message(), !ContainsSubstring("did you mean"));
}

TEST_CASE("what is no id is not repeated in the error", "[dispatch]") {
  for (auto const& given : {std::string{}, std::string{":"}, std::string{"a b}"}, std::string(100000, 'a')}) {
    auto const error = error_of([&] { Backends::dispatch(given, id_of); });
    CHECK(error.code() == cairn::Errc::config_unknown_backend);
    CHECK(error.message().size() < 200);
    CHECK(error.data() == "{:known [:mem :shelf :drawer]}");
  }
}

TEST_CASE("a layer needs no more than its name where it is the only one that has it") {
  using One = cairn::BackendList<Shelf, TieredShelf>;
  using Two = cairn::BackendList<Shelf, TieredShelf, TieredDrawer>;
  CHECK(One::dispatch(":tiered", id_of) == "tiered.mem.shelf");
  CHECK(One::dispatch("tiered.mem.shelf", id_of) == "tiered.mem.shelf");
  CHECK(Two::dispatch("tiered.mem.drawer", id_of) == "tiered.mem.drawer");
  CHECK(One::contains("tiered"));
  CHECK_FALSE(Two::contains("tiered"));
  CHECK_FALSE(One::contains(""));
  auto const error = error_of([] { static_cast<void>(Two::dispatch("tiered", id_of)); });
  CHECK(error.code() == cairn::Errc::config_unknown_backend);
  CHECK_THAT(error.what(), ContainsSubstring("tiered.mem.drawer"));
}

}  // namespace cairn::backend_list_test
