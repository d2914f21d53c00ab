// Copyright the Cairn authors
// SPDX-License-Identifier: BSL-1.0
// Datahike's whole map: a store's configuration and the options of the database in it.
#include "unit/config/config_test.hpp"
#include <cairn/backends/file/config.hpp>
#include <cairn/db/options.hpp>
#include <cairn/edn/edn.hpp>

#include <string>
#include <string_view>
#include <utility>

namespace config_test::of_options {

namespace {

using cairn::Errc;
using cairn::config::load_database_config;

struct File : ConfigOnly<cairn::backends::file::Config> {
  static constexpr std::string_view backend_id = "file";
};

cairn::Error refusal(std::string_view text) {
  return error_of([&] { return load_database_config<File>(text); });
}

}  // namespace

TEST_CASE("options have Datahike's defaults", "[config]") {
  auto const config = load_database_config<File>(R"({:store {:backend :file :path "/x"}})");
  CHECK(config.store.path == "/x");
  CHECK(config.options == cairn::DatabaseOptions{});
  CHECK(config.options.keep_history);
  CHECK(config.options.schema_flexibility == cairn::SchemaFlexibility::write);
  CHECK_FALSE(config.options.attribute_refs);
  CHECK(config.options.branch == "db");
}

TEST_CASE("options have Datahike's names", "[config]") {
  auto const [store, options] = load_database_config<File>(
      R"({:store {:backend :file :path "/x" :id #uuid "550e8400-e29b-41d4-a716-446655440000"}
          :name "people" :keep-history? false
          :schema-flexibility :read :attribute-refs? false :index :datahike.index/persistent-set :index-config {:a 1}
          :initial-tx [{:name "Ivan"}] :branch :main})");
  CHECK(store.path == "/x");
  CHECK(options.name == "people");
  CHECK_FALSE(options.keep_history);
  CHECK(options.schema_flexibility == cairn::SchemaFlexibility::read);
  CHECK_FALSE(options.attribute_refs);
  CHECK(options.index == cairn::kw(":datahike.index/persistent-set"));
  CHECK(options.index_config == "{:a 1}");
  CHECK(options.initial_tx == R"([{:name "Ivan"}])");
  CHECK(options.branch == "main");
}

TEST_CASE("attributes that nobody declares cannot be entities", "[config]") {
  auto const error = refusal(R"({:store {:backend :file :path "/x"} :schema-flexibility :read :attribute-refs? true})");
  CHECK(error.code() == Errc::config_range);
  CHECK_THAT(error.message(), ContainsSubstring(":attribute-refs? (in the EDN map) needs :schema-flexibility :write"));
  CHECK_THROWS_AS(cairn::config::validate_options(
                      {.schema_flexibility = cairn::SchemaFlexibility::read, .attribute_refs = true}),
                  cairn::Error);
}

TEST_CASE("what is wrong in the store's part and in the options is in one error", "[config]") {
  auto const error = refusal(R"({:store {:backend :file :pth "/x"} :keep-histor? false :schema-flexibility :red})");
  CHECK(error.code() == Errc::config_unknown_key);
  CHECK_THAT(error.message(),
             ContainsSubstring(":keep-histor? (in the EDN map) is unknown; did you mean :keep-history?") &&
                 ContainsSubstring(":store :pth (in the EDN map) is unknown; did you mean :path?") &&
                 ContainsSubstring(":store :path is missing") && ContainsSubstring("did you mean :read?"));
  CHECK_THAT(error.data(), ContainsSubstring(":path [:store :pth]"));
  CHECK_THAT(refusal(R"({:stor {} })").message(), ContainsSubstring("did you mean :store?"));
  CHECK(refusal("[]").code() == Errc::config_type);
  CHECK(refusal("{:store 5}").code() == Errc::config_type);
  CHECK(refusal(R"({:store {:path "/x"} :branch ""})").code() == Errc::config_range);
}

TEST_CASE("a store's URI is a database with default options, and so are variables alone", "[config]") {
  CHECK(load_database_config<File>("cairn:file:///x?sync=relaxed").store.sync == cairn::Sync::relaxed);
  CHECK(load_database_config<File>("", environment({{"CAIRN_STORE_PATH", "/v"}})).store.path == "/v");
  CHECK(load_database_config<File>("{:keep-history? false}", environment({{"CAIRN_STORE_PATH", "/v"}})).store.path ==
        "/v");
}

TEST_CASE("options come from variables too, under both names", "[config]") {
  auto const load_options = [](std::string_view text, Variables variables) {
    return load_database_config<File>(text, environment(std::move(variables))).options;
  };
  for (std::string const prefix : {"CAIRN_", "DATAHIKE_"}) {
    auto const options = load_options(R"({:store {:path "/x"}})", {{prefix + "NAME", "people"},
                                                                   {prefix + "KEEP_HISTORY", "false"},
                                                                   {prefix + "SCHEMA_FLEXIBILITY", "write"},
                                                                   {prefix + "ATTRIBUTE_REFS", "true"},
                                                                   {prefix + "INDEX", "datahike.index/persistent-set"},
                                                                   {prefix + "INDEX_CONFIG", "{:a 1}"},
                                                                   {prefix + "INITIAL_TX", "[{:name \"Ivan\"}]"},
                                                                   {prefix + "BRANCH", "main"}});
    CHECK(options == cairn::DatabaseOptions{.name = "people",
                                            .keep_history = false,
                                            .schema_flexibility = cairn::SchemaFlexibility::write,
                                            .attribute_refs = true,
                                            .index = cairn::kw(":datahike.index/persistent-set"),
                                            .index_config = "{:a 1}",
                                            .initial_tx = "[{:name \"Ivan\"}]",
                                            .branch = "main"});
  }
  CHECK(load_options("", {{"CAIRN_STORE_PATH", "/x"}, {"DATAHIKE_INDEX", "persistent-set"}}).index ==
        cairn::kw(":persistent-set"));
  CHECK_FALSE(load_options("cairn:file:///x", {{"CAIRN_KEEP_HISTORY", "false"}}).keep_history);
  CHECK(load_options("cairn:file:///x", {{"CAIRN_KEEP_HISTORY", "true"}, {"DATAHIKE_KEEP_HISTORY", "false"}})
            .keep_history);
  CHECK(load_options(R"({:store {:path "/x"} :keep-history? true})", {{"CAIRN_KEEP_HISTORY", "false"}}).keep_history);
}

TEST_CASE("of the options' variables, only a new database is made by all", "[config]") {
  using cairn::config::OptionVariables;
  auto const variables = environment({{"CAIRN_STORE_PATH", "/v"},
                                      {"CAIRN_KEEP_HISTORY", "nonsense"},
                                      {"CAIRN_INDEX", "other"},
                                      {"DATAHIKE_NAME", "people"},
                                      {"DATAHIKE_BRANCH", "main"}});
  CHECK(error_of([&] { return load_database_config<File>("", variables); }).code() == Errc::config_type);
  auto const opened = load_database_config<File>("", variables, OptionVariables::branch);
  CHECK(opened.store.path == "/v");
  CHECK(opened.options == cairn::DatabaseOptions{.branch = "main"});
  CHECK(load_database_config<File>("{:branch :other}", variables, OptionVariables::branch).options.branch == "other");
  CHECK(load_database_config<File>(R"({:name "n"})", variables, OptionVariables::none).options ==
        cairn::DatabaseOptions{.name = "n"});
  CHECK(load_database_config<File>("", variables, OptionVariables::none).options == cairn::DatabaseOptions{});
}

TEST_CASE("options that are wrong in variables are reported with all else", "[config]") {
  auto const error = error_of([] {
    return load_database_config<File>(
        "{:store {:sync :relaxt} :branch 1}",
        environment({{"CAIRN_KEEP_HISTORY", "nil"}, {"DATAHIKE_INITIAL_TX", "/etc/first.edn"}}));
  });
  CHECK_THAT(error.message(), ContainsSubstring(":keep-history (from CAIRN_KEEP_HISTORY) must be true or false") &&
                                  ContainsSubstring(":initial-tx (from DATAHIKE_INITIAL_TX) must be EDN") &&
                                  ContainsSubstring(":branch (in the EDN map) must be a name") &&
                                  ContainsSubstring(":store :sync (in the EDN map) must be one of") &&
                                  ContainsSubstring(":store :path is missing"));
}

TEST_CASE("a first transaction is a vector, a map, or nothing", "[config]") {
  CHECK(load_database_config<File>(R"({:store {:path "/x"} :initial-tx nil})").options.initial_tx.empty());
  CHECK_NOTHROW(load_database_config<File>(R"({:store {:path "/x"} :initial-tx {:tx-data []}})"));
  CHECK_THAT(refusal(R"({:store {:path "/x"} :initial-tx "first.edn"})").message(),
             ContainsSubstring(":initial-tx (in the EDN map) must be a vector of transaction data"));
}

TEST_CASE("options that were written in C++ are validated", "[config]") {
  CHECK_NOTHROW(cairn::config::validate_options({}));
  CHECK_NOTHROW(cairn::config::validate_options({.keep_history = false, .initial_tx = "[]"}));
  CHECK(error_of([] {
          cairn::config::validate_options({.branch = ""});
          return 0;
        }).code() == Errc::config_range);
}

TEST_CASE("which backend a whole map names", "[config]") {
  CHECK(cairn::config::backend_of_database("{:store {:backend :file}}") == "file");
  CHECK(cairn::config::backend_of_database("cairn:mem://t") == "mem");
  CHECK(error_of([] { return cairn::config::backend_of_database("{:store {}}"); }).code() == Errc::config_missing);
  CHECK(error_of([] { return cairn::config::backend_of_database("{"); }).code() == Errc::edn_syntax);
}

TEST_CASE("where a whole map names no backend, all that is wrong with it is reported", "[config]") {
  auto const nameless = [](std::string_view text, Variables variables = {}) {
    return error_of([&] { return cairn::config::backend_of_database(text, environment(std::move(variables))); });
  };
  CHECK(nameless("{}").message() ==
        "configuration of the database: :store :backend is missing, so that nothing names a backend: write {:store "
        "{:backend :file :path \"/tmp/people\"}}, or set CAIRN_STORE_BACKEND");
  CHECK_THAT(nameless("").message(), ContainsSubstring(": :backend is missing"));
  CHECK(nameless("{:store :biglog}").message() ==
        "configuration of the database: :store (in the EDN map) must be a map, not a keyword");
  CHECK_THAT(nameless(R"({:store "/tmp/s"})").message(), ContainsSubstring(":store (in the EDN map) must be a map, not a string"));
  CHECK_THAT(nameless("{:store [:file]}").message(), ContainsSubstring(":store (in the EDN map) must be a map, not a vector"));
  CHECK(nameless("[]").message() == "configuration of the database: it (in the EDN map) must be a map, not a vector");

  auto const mistyped = nameless("{:stor {:backend :file} :keep-histry? false :branch 7}");
  CHECK(mistyped.code() == Errc::config_unknown_key);
  CHECK_THAT(mistyped.message(), ContainsSubstring(":stor (in the EDN map) is unknown; did you mean :store?") &&
                                     ContainsSubstring("did you mean :keep-history?") &&
                                     ContainsSubstring(":branch (in the EDN map) must be") &&
                                     ContainsSubstring(":store :backend is missing"));
  auto const broken = nameless("{}", {{"CAIRN_STORE_CONFIG", "{:backend :file :path"}});
  CHECK(broken.code() == Errc::config_type);
  CHECK_THAT(broken.message(), ContainsSubstring(":store (from CAIRN_STORE_CONFIG) must be a map as EDN; line 1") &&
                                   !ContainsSubstring("missing"));
  CHECK_NOTHROW(cairn::edn::parse(mistyped.data()));
}

TEST_CASE("a store's map in the place of the whole is told apart", "[config]") {
  auto const bare = R"({:backend :file :path "/x"})";
  auto const of_any = error_of([&] { return cairn::config::backend_of_database(bare); });
  for (auto const& error : {of_any, refusal(bare)}) {
    CHECK(error.code() == Errc::config_unknown_key);
    CHECK_THAT(error.message(),
               ContainsSubstring(":backend (in the EDN map) belongs inside :store, with all that says where the store is: "
                                 "write {:store {:backend :file ...}}"));
  }
  CHECK_THAT(of_any.message(), !ContainsSubstring("missing"));
  CHECK_THAT(refusal(R"({:backend "hunter2 " :path "/x"})").message(), !ContainsSubstring("hunter2"));
}

}  // namespace config_test::of_options
