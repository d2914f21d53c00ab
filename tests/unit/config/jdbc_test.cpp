// Copyright the Cairn authors
// SPDX-License-Identifier: BSL-1.0
// Datahike's :jdbc as the backend that it means.
#include "unit/config/config_test.hpp"
#include <cairn/concepts/config_spec.hpp>
#include <cairn/config/jdbc.hpp>
#include <cairn/db/options.hpp>
#include <cairn/edn/form.hpp>
#include <cairn/edn/reader.hpp>

#include <functional>
#include <map>
#include <optional>
#include <string>
#include <string_view>
#include <utility>

namespace config_test::of_jdbc {

namespace {

using cairn::Errc;

/// What a store's map means.
std::string mapped(std::string const& text) {
  auto const document = cairn::config::read_map_text(text);
  REQUIRE(cairn::config::detail::is_jdbc(document.root()));
  cairn::config::Problems problems;
  cairn::config::Place const place{problems, "in the EDN map"};
  auto made = cairn::config::detail::JdbcMap{document.root(), place}.text();
  problems.raise_if_any("the store");
  return made.value();
}

/// Of the PostgreSQL backend, the keys that are asked for here.
struct Reached {
  cairn::Secret conninfo{};
  std::string host = "here";
  int port = 0;
  std::string dbname = "none";
  std::string user = "nobody";
  cairn::Secret password{};
  std::string table_prefix = "cairn";
};
struct Postgres : ConfigOnly<Reached> {
  static constexpr std::string_view backend_id = "postgres";
};

/// A backend that is made of two, as layers are.
struct Two {
  Reached near_config{};
  Reached far_config{};
};
struct Pair : ConfigOnly<Two> {
  static constexpr std::string_view backend_id = "pair";
  static constexpr auto config_spec =
      cairn::config_spec(cairn::store_of<Postgres>(&Two::near_config), cairn::store_of<Postgres>(&Two::far_config));
};
/// One around it.
struct Around {
  Two store{};
};
struct Outside : ConfigOnly<Around> {
  static constexpr std::string_view backend_id = "outside";
  static constexpr auto config_spec = cairn::config_spec(cairn::store_of<Pair>(&Around::store));
};

/// Somebody's own, of that name.
struct OwnConfig {
  std::string dbtype{};
};
struct Own : ConfigOnly<OwnConfig> {
  static constexpr std::string_view backend_id = "jdbc";
};

}  // namespace

TEST_CASE("a :dbtype is a backend, and the other keys stay", "[config]") {
  CHECK(mapped(R"({:backend :jdbc :dbtype "postgresql" :host "db" :port "5432" :dbname "people" :user "ada" :password "p}w" :table "datahike"})") ==
        R"({:backend :postgres :host "db" :port 5432 :dbname "people" :user "ada" :password "p}w" :table-prefix "datahike"})");
  CHECK(mapped(R"({:dbtype "mysql" :dbname "people" :max-connections 3 :backend "jdbc" :classname "com.mysql.jdbc.Driver"})") ==
        R"({:backend :mysql :dbname "people" :max-connections 3})");
  CHECK(mapped(R"({:backend :jdbc :dbtype :sqlite :dbname "/x/people.sqlite"})") == R"({:backend :sqlite :path "/x/people.sqlite"})");
}

TEST_CASE("a :jdbcUrl is a backend and where it is", "[config]") {
  CHECK(mapped(R"({:backend :jdbc :jdbcUrl "jdbc:postgresql://db:5432/people?user=ada&ssl=true" :password "x"})") ==
        R"({:backend :postgres :conninfo "postgresql://db:5432/people?user=ada&ssl=true" :password "x"})");
  for (std::string const where : {"people?user=ada", "/people?user=ada"}) {
    CHECK(mapped("{:backend :jdbc :jdbcUrl \"jdbc:postgresql:" + where + "\"}") ==
          R"({:backend :postgres :conninfo "postgresql://localhost/people?user=ada"})");
  }
  CHECK(mapped(R"({:backend :jdbc :jdbcUrl "jdbc:mysql://db:03306/pe%20ople?user=ada&password=a%26b&sslMode=VERIFY_IDENTITY"})") ==
        R"({:backend :mysql :dbname "pe ople" :host "db" :port 3306 :user "ada" :password "a&b" :tls :verified})");
  for (auto const* const on : {"useSSL=TRUE", "useSSL=yes", "requireSSL=true&useSSL=false", "sslMode=required", "sslMode=trust"}) {
    CHECK(mapped(R"({:backend :jdbc :jdbcUrl "jdbc:mysql://db/people?)" + std::string{on} + "\"}") == R"({:backend :mysql :dbname "people" :host "db" :tls :on})");
  }
  CHECK(mapped(R"({:backend :jdbc :jdbcUrl "jdbc:mysql://db/people?sslMode=Disabled"})") == R"({:backend :mysql :dbname "people" :host "db" :tls :off})");
  CHECK(mapped(R"({:backend :jdbc :jdbcUrl "jdbc:mysql://ada:a%26b@db:3306/people?sslMode=verify-ca"})") ==
        R"({:backend :mysql :dbname "people" :user "ada" :password "a&b" :host "db" :port 3306 :tls :verified})");
  CHECK(mapped(R"({:backend :jdbc :jdbcUrl "jdbc:sqlite:file:/x/people.sqlite"})") == R"({:backend :sqlite :path "/x/people.sqlite"})");
  CHECK(mapped(R"({:backend :jdbc :jdbcUrl "jdbc:mariadb://[::1]/people"})") == R"({:backend :mysql :dbname "people" :host "::1"})");
  CHECK(mapped(R"({:backend :jdbc :jdbcUrl "jdbc:sqlite:/x/people.sqlite"})") == R"({:backend :sqlite :path "/x/people.sqlite"})");
}

TEST_CASE("what is meant is read as if it had been said", "[config]") {
  auto const text = R"({:store {:backend :jdbc :dbtype "postgresql" :host "db" :port 5433 :dbname "people" :user "ada" :table "t"}})";
  CHECK(cairn::config::backend_of_database(text) == "postgres");
  auto const config = cairn::config::load_database_config<Postgres>(text).store;
  CHECK(config.host == "db");
  CHECK(config.port == 5433);
  CHECK(config.table_prefix == "t");
}

TEST_CASE("it is read wherever a store's configuration is, as a layer's part and alone", "[config]") {
  std::string const postgres = R"({:backend :jdbc :dbtype "postgresql" :host "db" :port "5433" :table "t"})";
  auto const is_read = [](Reached const& config) { return config.host == "db" && config.port == 5433 && config.table_prefix == "t"; };
  CHECK(is_read(load<Postgres>(postgres)));
  CHECK(is_read(load<Postgres>("", {{"CAIRN_STORE_CONFIG", postgres}})));
  CHECK(is_read(load<Postgres>("", {{"DATAHIKE_STORE_BACKEND", "jdbc"}, {"DATAHIKE_STORE_CONFIG", postgres}})));
  CHECK(cairn::config::backend_of(cairn::config::read_map_text(postgres).root()) == "postgres");

  std::string const both = "{:backend :pair :near-config " + postgres + " :far-config " + postgres + "}";
  auto const pair = load<Pair>(both);
  CHECK((is_read(pair.near_config) && is_read(pair.far_config)));
  auto const outside = cairn::config::load_database_config<Outside>("{:store {:backend :outside :store " + both + "}}").store.store;
  CHECK((is_read(outside.near_config) && is_read(outside.far_config)));
  CHECK(is_read(load<Pair>("{:near-config " + postgres + "}", {{"CAIRN_STORE_FAR_CONFIG", postgres}}).far_config));
  CHECK(is_read(load<Pair>("", {{"CAIRN_STORE_CONFIG", both}}).near_config));
  CHECK(is_read(cairn::load_config<Pair>("cairn:pair:?near-config={:backend%20:jdbc%20:dbtype%20%22postgresql%22%20:host%20%22db%22%20:port%205433%20:table%20%22t%22}")
                    .near_config));
}

TEST_CASE("what is wrong with it is reported with its place and the other faults", "[config]") {
  auto const error = load_error<Pair>(R"({:near-config {:backend :jdbc :jdbcUrl "jdbc:hunter2"} :far-config {:backend :jdbc :dbtype "sqlite" :dbname "x"} :other 1})");
  CHECK(error.code() == Errc::config_mismatch);
  CHECK_THAT(error.message(), ContainsSubstring("4 problems"));
  CHECK_THAT(error.message(), ContainsSubstring(":near-config (in the EDN map) has a :jdbcUrl that is not jdbc:<dbtype>:<where>"));
  CHECK_THAT(error.message(), ContainsSubstring(":far-config :backend (in the EDN map) must be :postgres"));
  CHECK_THAT(error.message(), ContainsSubstring("not :sqlite"));
  CHECK_THAT(error.message(), ContainsSubstring(":other (in the EDN map) is unknown"));
  CHECK_THAT(error.message(), !ContainsSubstring("hunter2"));
  auto const of_variables = load_error<Postgres>("", {{"DATAHIKE_STORE_BACKEND", "jdbc"}, {"DATAHIKE_STORE_DBTYPE", "hunter2"}});
  CHECK(of_variables.code() == Errc::config_range);
  CHECK_THAT(of_variables.message(), ContainsSubstring("(from variables DATAHIKE_STORE_...)"));
  CHECK_THAT(of_variables.message(), !ContainsSubstring("hunter2"));
}

TEST_CASE("variables that name :jdbc are those of the backend that it means", "[config]") {
  using cairn::config::backend_of_database;
  using cairn::config::load_database_config;
  using Variables = std::map<std::string, std::string, std::less<>>;
  auto const environment = [](Variables variables) {
    return cairn::Environment{[variables = std::move(variables)](std::string_view name) {
      auto const found = variables.find(name);
      return found == variables.end() ? std::nullopt : std::optional{found->second};
    }};
  };
  auto const datahikes = environment({{"DATAHIKE_STORE_BACKEND", "jdbc"},
                                      {"DATAHIKE_STORE_CONFIG", R"({:dbtype "postgresql" :host "db" :port 1 :dbname "people" :user "ada" :table "t"})"},
                                      {"DATAHIKE_STORE_PORT", "5433"}});
  CHECK(backend_of_database("", datahikes) == "postgres");
  CHECK(backend_of_database("{:keep-history? false}", datahikes) == "postgres");
  for (auto const* const text : {"", "{:keep-history? false}", "{:store {:backend :postgres}}"}) {
    auto const config = load_database_config<Postgres>(text, datahikes).store;
    CHECK(config.host == "db");
    CHECK(config.port == 5433);
    CHECK(config.dbname == "people");
    CHECK(config.table_prefix == "t");
  }
  auto const by_url = environment({{"CAIRN_STORE_CONFIG", "{:backend :jdbc}"}, {"CAIRN_STORE_JDBCURL", "jdbc:sqlite:/x/people.sqlite"}});
  CHECK(backend_of_database("", by_url) == "sqlite");
  // Those of Cairn win, and what is stronger than both needs none of them to be right.
  auto const wrong = environment({{"DATAHIKE_STORE_BACKEND", ":jdbc"}, {"CAIRN_STORE_BACKEND", "postgres"}, {"CAIRN_STORE_HOST", "there"}});
  CHECK(backend_of_database("", wrong) == "postgres");
  CHECK(load_database_config<Postgres>("", wrong).store.host == "there");
  auto const nothing = environment({{"DATAHIKE_STORE_BACKEND", "jdbc"}});
  CHECK(backend_of_database("cairn:mem://x", nothing) == "mem");
  CHECK(backend_of_database("{:store {:backend :file}}", nothing) == "file");
  CHECK(load_database_config<Postgres>("cairn:postgres://there", nothing).store.host == "there");
  CHECK(error_of([&] { return backend_of_database("", nothing); }).code() == Errc::config_missing);
  for (auto const* const text : {"{:dbtype", ":sqlite"}) {
    auto const broken = environment({{"CAIRN_STORE_BACKEND", "jdbc"}, {"CAIRN_STORE_CONFIG", text}});
    for (auto const& error : {error_of([&] { return backend_of_database("", broken); }),
                              error_of([&] { return load_database_config<Postgres>("", broken); })}) {
      CHECK(error.code() == Errc::config_type);
      CHECK_THAT(error.message(), ContainsSubstring("it (from CAIRN_STORE_CONFIG) must be a map"));
    }
    CHECK(backend_of_database("cairn:mem://x", broken) == "mem");
  }
  auto const oracle = environment({{"DATAHIKE_STORE_BACKEND", "jdbc"}, {"DATAHIKE_STORE_DBTYPE", "oracle:thin"}});
  CHECK(error_of([&] { return load_database_config<Postgres>("", oracle); }).code() == Errc::config_range);
}

TEST_CASE("other maps stay as they are", "[config]") {
  for (auto const* const text : {"{:backend :file :path \"jdbc\"}", "[:jdbc]", "[:backend :jdbc]", "{:a :jdbc}", "{:backend 7}", "{:backend :x/jdbc}"}) {
    CHECK_FALSE(cairn::config::detail::is_jdbc(cairn::config::read_map_text(text).root()));
  }
  CHECK(load<Own>(R"({:backend :jdbc :dbtype "mine"})").dbtype == "mine");
  CHECK(load<Own>("", {{"CAIRN_STORE_BACKEND", "jdbc"}, {"CAIRN_STORE_DBTYPE", "mine"}}).dbtype == "mine");
}

TEST_CASE("what is no :jdbc of ours is refused without being shown", "[config]") {
  auto const code = [](std::string const& given) {
    auto const error = error_of([&] { return mapped(given); });
    CHECK_THAT(std::string{error.what()}, !ContainsSubstring("hunter2"));
    return error.code();
  };
  CHECK(code(R"({:backend :jdbc})") == Errc::config_missing);
  CHECK(code(R"({:backend :jdbc :dbtype "oracle:thin" :password "hunter2"})") == Errc::config_range);
  CHECK(code(R"({:backend :jdbc :dbtype 7})") == Errc::config_type);
  CHECK(code(R"({:backend :jdbc :jdbcUrl "hunter2"})") == Errc::config_type);
  CHECK(code(R"({:backend :jdbc :jdbcUrl "jdbc:hunter2"})") == Errc::config_type);
  CHECK(code(R"({:backend :jdbc :jdbcUrl "jdbc:mysql:hunter2"})") == Errc::config_type);
  CHECK(code(R"({:backend :jdbc :jdbcUrl "jdbc:mysql://db:hunter2/x"})") == Errc::config_type);
  CHECK(code(R"({:backend :jdbc :jdbcUrl "jdbc:mysql://db/x?password=%hunter2"})") == Errc::config_type);
  CHECK(code(R"({:backend :jdbc :jdbcUrl "jdbc:mysql://db/x?hunter2=1"})") == Errc::config_unknown_key);
  // Never taken for no.
  CHECK(code(R"({:backend :jdbc :jdbcUrl "jdbc:mysql://db/x?useSSL=hunter2"})") == Errc::config_type);
  CHECK(code(R"({:backend :jdbc :jdbcUrl "jdbc:mysql://db/x?sslMode=hunter2"})") == Errc::config_type);
  CHECK(code(R"({:backend :jdbc :jdbcUrl "jdbc:mysql://ada:hunter2@db/x" :password "hunter2"})") == Errc::config_mismatch);
  CHECK(code(R"({:backend :jdbc :jdbcUrl "jdbc:sqlite:x" :dbname "hunter2"})") == Errc::config_mismatch);
  CHECK(code(R"({:backend :jdbc :jdbcUrl "jdbc:sqlite::memory:"})") == Errc::config_range);
  CHECK(code(R"({:backend :jdbc :jdbcUrl "jdbc:sqlite:x?journal_mode=hunter2"})") == Errc::config_range);
}

}  // namespace config_test::of_jdbc
