// Copyright the Cairn authors
// SPDX-License-Identifier: BSL-1.0
// Databases on whichever backend of a list a configuration names.
#include "laws/temporary_directory.hpp"
#include <cairn/backends/file/backend.hpp>
#include <cairn/backends/mem/backend.hpp>
#include <cairn/database.hpp>

#include <catch2/catch_test_macros.hpp>

#include <concepts>
#include <map>
#include <optional>
#include <string>
#include <string_view>
#include <utility>

namespace cairn::any_connection_test {

namespace {

using File = cairn::backends::file::Backend;
using Mem = cairn::With<cairn::backends::mem::Backend, cairn::persistent_set_tag>;
using Backends = cairn::BackendList<Mem, File>;

cairn::Environment environment(std::map<std::string, std::string, std::less<>> variables) {
  return cairn::Environment{[kept = std::move(variables)](std::string_view name) -> std::optional<std::string> {
    auto const found = kept.find(name);
    return found == kept.end() ? std::nullopt : std::optional{found->second};
  }};
}

/// The code of what must be thrown.
template <class Call>
std::string_view code_of(Call&& call) {
  try {
    call();
  } catch (cairn::Error const& error) {
    return name(error.code());
  }
  return "nothing";
}

}  // namespace

TEST_CASE("a configuration's backend is created, opened, found and destroyed", "[dispatch]") {
  cairn::test::TemporaryDirectory const directory;
  auto const path = (directory.path() / "store").string();
  auto const variables = environment({{"CAIRN_STORE_BACKEND", "file"}, {"CAIRN_STORE_PATH", path}});
  struct Case {
    std::string text;
    cairn::Environment environment;
  };
  for (auto const& [text, from] :
       {Case{"{:store {:backend :memory :id \"list\"}}", {}}, Case{"cairn:mem://list", {}},
        Case{"{:store {:backend :file :path \"" + path + "\"}}", {}}, Case{"cairn:file:" + path, {}},
        Case{"", variables}, Case{"{:keep-history? true}", variables}}) {
    CAPTURE(text);
    CHECK_FALSE(cairn::exists<Backends>(text, from));
    CHECK(code_of([&] { return cairn::connect<Backends>(text, from); }) == "store/does-not-exist");
    cairn::create<Backends>(text, from);
    CHECK(cairn::exists<Backends>(text, from));
    CHECK(code_of([&] { cairn::create<Backends>(text, from); }) == "store/exists");
    {
      auto connection = cairn::connect<Backends>(text, from);
      connection.transact(
          cairn::TxData{"[{:db/ident :name :db/valueType :db.type/string :db/cardinality :db.cardinality/one}]"});
      CHECK(connection.db().entity(":name").get(":db/ident").is_value());
      CHECK(connection.visit([]<class Connection>(Connection const&) {
        return std::same_as<Connection, cairn::Store<Mem>::Connection>;
      }) == (text.find("mem") != std::string::npos));
      connection.release();
    }
    cairn::destroy<Backends>(text, from);
    cairn::destroy<Backends>(text, from);
    CHECK_FALSE(cairn::exists<Backends>(text, from));
  }
}

TEST_CASE("the options of a new database may come from variables", "[dispatch]") {
  auto const from = environment({{"DATAHIKE_KEEP_HISTORY", "false"}, {"CAIRN_SCHEMA_FLEXIBILITY", "read"}});
  cairn::create<Backends>("cairn:mem://options", from);
  auto const connection = cairn::connect<Backends>("cairn:mem://options", {});
  CHECK_FALSE(connection.db().options().keep_history);
  CHECK(connection.db().options().schema_flexibility == cairn::SchemaFlexibility::read);
  // To open it is no question of how new ones are made.
  auto const others = environment({{"CAIRN_KEEP_HISTORY", "true"}, {"CAIRN_INDEX", "hitchhiker-tree"}});
  auto const wrong = environment({{"CAIRN_KEEP_HISTORY", "nonsense"}, {"CAIRN_INITIAL_TX", "/first.edn"}});
  for (auto const& unlike : {others, wrong}) {
    CHECK_NOTHROW(cairn::connect<Backends>("cairn:mem://options", unlike));
    CHECK_NOTHROW(cairn::connect<Backends>("{:store {:backend :mem :id \"options\"}}", unlike));
    CHECK(cairn::exists<Backends>("cairn:mem://options", unlike));
    CHECK_NOTHROW(cairn::destroy<Backends>("cairn:mem://nobody", unlike));
  }
  CHECK(code_of([&] { cairn::create<Backends>("cairn:mem://others", others); }) == "config/mismatch");
  CHECK(code_of([&] { cairn::create<Backends>("cairn:mem://others", wrong); }) == "config/type");
  CHECK(code_of([&] {
          return cairn::connect<Backends>("cairn:mem://options", environment({{"CAIRN_BRANCH", "side"}}));
        }) == "store/does-not-exist");
  CHECK(code_of([] {
          return cairn::connect<Backends>("{:store {:backend :mem :id \"options\"} :index :hitchhiker-tree}", {});
        }) == "config/mismatch");
  CHECK(code_of([] {
          return cairn::connect<Backends>("{:store {:backend :mem :id \"options\"} :keep-history? true}", {});
        }) == "config/mismatch");
  cairn::destroy<Backends>("cairn:mem://options", {});
}

TEST_CASE("a backend that is not in the list is an error that lists the known ones", "[dispatch]") {
  CHECK(code_of([] { cairn::create<Backends>("{:store {:backend :sqlite :path \"x\"}}", {}); }) ==
        "config/unknown-backend");
  CHECK(code_of([] { return cairn::exists<Backends>("", {}); }) == "config/missing");
}

}  // namespace cairn::any_connection_test
