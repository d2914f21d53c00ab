// Copyright the Cairn authors
// SPDX-License-Identifier: BSL-1.0
// Datahike's :jdbc as the backend that it means.
#include "unit/config/config_test.hpp"
#include <cairn/config/jdbc.hpp>
#include <cairn/db/options.hpp>

#include <functional>
#include <map>
#include <optional>
#include <string>
#include <string_view>
#include <utility>

namespace config_test::of_jdbc {

namespace {

using cairn::Errc;
using cairn::config::without_jdbc;

std::string mapped(std::string const& store) { return without_jdbc("{:store " + store + " :keep-history? false}"); }
std::string store(std::string const& made) { return "{:store " + made + " :keep-history? false}"; }

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

}  // namespace

TEST_CASE("a :dbtype is a backend, and the other keys stay", "[config]") {
  CHECK(mapped(R"({:backend :jdbc :dbtype "postgresql" :host "db" :port "5432" :dbname "people" :user "ada" :password "p}w" :table "datahike"})") ==
        store(R"({:backend :postgres :host "db" :port 5432 :dbname "people" :user "ada" :password "p}w" :table-prefix "datahike"})"));
  CHECK(mapped(R"({:dbtype "mysql" :dbname "people" :max-connections 3 :backend "jdbc" :classname "com.mysql.jdbc.Driver"})") ==
        store(R"({:backend :mysql :dbname "people" :max-connections 3})"));
  CHECK(mapped(R"({:backend :jdbc :dbtype :sqlite :dbname "/x/people.sqlite"})") == store(R"({:backend :sqlite :path "/x/people.sqlite"})"));
}

TEST_CASE("a :jdbcUrl is a backend and where it is", "[config]") {
  CHECK(mapped(R"({:backend :jdbc :jdbcUrl "jdbc:postgresql://db:5432/people?user=ada&ssl=true" :password "x"})") ==
        store(R"({:backend :postgres :conninfo "postgresql://db:5432/people?user=ada&ssl=true" :password "x"})"));
  for (std::string const where : {"people?user=ada", "/people?user=ada"}) {
    CHECK(mapped("{:backend :jdbc :jdbcUrl \"jdbc:postgresql:" + where + "\"}") ==
          store(R"({:backend :postgres :conninfo "postgresql://localhost/people?user=ada"})"));
  }
  CHECK(mapped(R"({:backend :jdbc :jdbcUrl "jdbc:mysql://db:03306/pe%20ople?user=ada&password=a%26b&sslMode=VERIFY_IDENTITY"})") ==
        store(R"({:backend :mysql :dbname "pe ople" :host "db" :port 3306 :user "ada" :password "a&b" :tls :verified})"));
  for (auto const* const on : {"useSSL=TRUE", "useSSL=yes", "requireSSL=true&useSSL=false", "sslMode=required", "sslMode=trust"}) {
    CHECK(mapped(R"({:backend :jdbc :jdbcUrl "jdbc:mysql://db/people?)" + std::string{on} + "\"}") == store(R"({:backend :mysql :dbname "people" :host "db" :tls :on})"));
  }
  CHECK(mapped(R"({:backend :jdbc :jdbcUrl "jdbc:mysql://db/people?sslMode=Disabled"})") == store(R"({:backend :mysql :dbname "people" :host "db" :tls :off})"));
  CHECK(mapped(R"({:backend :jdbc :jdbcUrl "jdbc:mysql://ada:a%26b@db:3306/people?sslMode=verify-ca"})") ==
        store(R"({:backend :mysql :dbname "people" :user "ada" :password "a&b" :host "db" :port 3306 :tls :verified})"));
  CHECK(mapped(R"({:backend :jdbc :jdbcUrl "jdbc:sqlite:file:/x/people.sqlite"})") == store(R"({:backend :sqlite :path "/x/people.sqlite"})"));
  CHECK(mapped(R"({:backend :jdbc :jdbcUrl "jdbc:mariadb://[::1]/people"})") == store(R"({:backend :mysql :dbname "people" :host "::1"})"));
  CHECK(mapped(R"({:backend :jdbc :jdbcUrl "jdbc:sqlite:/x/people.sqlite"})") == store(R"({:backend :sqlite :path "/x/people.sqlite"})"));
}

TEST_CASE("what is meant is read as if it had been said", "[config]") {
  auto const text = R"({:store {:backend :jdbc :dbtype "postgresql" :host "db" :port 5433 :dbname "people" :user "ada" :table "t"}})";
  CHECK(cairn::config::backend_of_database(text) == "postgres");
  auto const config = cairn::config::load_database_config<Postgres>(text).store;
  CHECK(config.host == "db");
  CHECK(config.port == 5433);
  CHECK(config.table_prefix == "t");
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
  auto const oracle = environment({{"DATAHIKE_STORE_BACKEND", "jdbc"}, {"DATAHIKE_STORE_DBTYPE", "oracle:thin"}});
  CHECK(error_of([&] { return load_database_config<Postgres>("", oracle); }).code() == Errc::config_range);
}

TEST_CASE("other text stays as it is", "[config]") {
  for (std::string const text : {"", "{:store {:backend :file :path \"jdbc\"}}", "{:store {:backend :jdbc", "[:jdbc]", "{:store [:backend :jdbc]}", "{:a :jdbc}"}) {
    CHECK(without_jdbc(text) == text);
  }
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
