// Copyright the Cairn authors
// SPDX-License-Identifier: BSL-1.0
// Where configurations come from: which source wins, and what is said when several are wrong.
#include "unit/config/config_test.hpp"
#include <cairn/edn/edn.hpp>

#include <cstdint>
#include <filesystem>
#include <optional>
#include <string>
#include <string_view>

namespace config_test::of_load {

namespace {

using cairn::Errc;

struct ShelfConfig {
  std::filesystem::path path;
  cairn::Sync sync = cairn::Sync::durable;
  std::uint16_t port = 5432;
  bool eager = false;
  std::optional<std::string> user = {};
  cairn::Secret password = {};
};

using Shelf = ConfigOnly<ShelfConfig>;

/// Fills in what is missing, as Datahike's variables do.
struct WithDefault : Shelf {
  static ShelfConfig default_config(ShelfConfig config, cairn::Environment const& environment) {
    config.path = environment.get_or("DATAHIKE_STORE_PATH", "/default");
    config.port = 1;
    return config;
  }
};

struct Constrained : Shelf {
  static constexpr auto config_spec =
      cairn::config_spec(cairn::optional(&ShelfConfig::path), cairn::range(&ShelfConfig::port, 1024, 65535),
                         cairn::required(&ShelfConfig::sync), cairn::non_empty(&ShelfConfig::user));
};

struct Named {
  std::string id;
};
struct Mem : ConfigOnly<Named> {
  static constexpr std::string_view backend_id = "mem";
};

struct Remote {
  std::string host;
  std::uint16_t port = 6379;
  std::string user = "nobody";
  cairn::Secret password = {};
  std::filesystem::path path = "/";
};

struct Nothing {};

}  // namespace

TEST_CASE("later sources win, field by field", "[config]") {
  Variables const variables{{"CAIRN_STORE_CONFIG", R"({:backend :shelf :path "/c" :port 2 :eager? true})"},
                            {"CAIRN_STORE_PATH", "/v"},
                            {"DATAHIKE_STORE_PATH", "/d"}};
  CHECK(load<WithDefault>("").path == "/default");
  CHECK(load<WithDefault>("", {{"DATAHIKE_STORE_PATH", "/d"}}).path == "/d");
  auto const config = load<WithDefault>("{:sync :relaxed}", variables);
  CHECK(config.path == "/v");
  CHECK(config.port == 2);
  CHECK(config.eager);
  CHECK(config.sync == cairn::Sync::relaxed);
  CHECK(load<WithDefault>(R"({:path "/e"})", variables).path == "/e");
  CHECK(load<WithDefault>("cairn:shelf:///u?port=3", variables).path == "/u");
  CHECK(load<WithDefault>("cairn:shelf:///u?port=3", variables).port == 3);
  auto const both = cairn::load_config<WithDefault>("{:port 4}", environment(variables), "cairn:shelf:///u?port=3");
  CHECK(both.path == "/u");
  CHECK(both.port == 4);
}

TEST_CASE("Datahike's variables are taken where Cairn's are not set", "[config]") {
  CHECK(load<Shelf>("", {{"DATAHIKE_STORE_PATH", "/d"}}).path == "/d");
  CHECK(load<Shelf>("", {{"DATAHIKE_STORE_CONFIG", R"({:path "/d"})"}}).path == "/d");
  CHECK(load<Shelf>("", {{"DATAHIKE_STORE_PATH", "/d"}, {"CAIRN_STORE_PATH", "/c"}}).path == "/c");
  CHECK(load<Shelf>("", {{"DATAHIKE_STORE_PATH", "/d"}, {"CAIRN_STORE_CONFIG", R"({:path "/c"})"}}).path == "/c");
  CHECK(load<Shelf>("", {{"DATAHIKE_STORE_PATH", "/d"}, {"CAIRN_STORE_PATH", ""}}).path == "/d");
  auto const error = load_error<Shelf>("", {{"DATAHIKE_STORE_PORT", "many"}});
  CHECK(error.code() == Errc::config_missing);
  CHECK_THAT(error.message(), ContainsSubstring(":port (from DATAHIKE_STORE_PORT) must be an integer"));
}

TEST_CASE("Datahike's variables for another backend are left alone where Cairn's name this one", "[config]") {
  Variables const others{{"DATAHIKE_STORE_BACKEND", "file"}, {"DATAHIKE_STORE_PORT", "nonsense"}};
  auto both = others;
  both.emplace("CAIRN_STORE_BACKEND", "shelf");
  both.emplace("CAIRN_STORE_PATH", "/x");
  CHECK(load<Shelf>("", both).port == 5432);
  CHECK(load<Shelf>(R"({:backend :shelf :path "/x"})", others).port == 5432);
  auto const error = load_error<Shelf>(R"({:path "/x"})", others);
  CHECK(error.code() == Errc::config_mismatch);
  CHECK_THAT(error.message(), ContainsSubstring("from DATAHIKE_STORE_BACKEND"));
}

TEST_CASE("a variable that no field has is not looked at", "[config]") {
  CHECK(load<Shelf>(R"({:path "/x"})", {{"CAIRN_STORE_PTH", "/y"}, {"CAIRN_STORE_HOST", "another store's"}}).path ==
        "/x");
}

TEST_CASE("what is wrong in variables, in the URI and in the map is in one error, each with its source", "[config]") {
  Variables const variables{{"CAIRN_STORE_BACKEND", "file"},
                            {"CAIRN_STORE_CONFIG", "{:sync :relaxt :spare 1}"},
                            {"CAIRN_STORE_EAGER", "yes"},
                            {"DATAHIKE_STORE_PORT", "65536"}};
  auto const error = error_of([&] {
    return cairn::load_config<Shelf>("{:user 5}", environment(variables), "shelf:///x");
  });
  for (std::string_view const part :
       {":backend (from CAIRN_STORE_BACKEND) must be :shelf", ":sync (from CAIRN_STORE_CONFIG) must be one of",
        ":spare (from CAIRN_STORE_CONFIG) is unknown", ":eager (from CAIRN_STORE_EAGER) must be true or false",
        ":port (from DATAHIKE_STORE_PORT) must be an integer from 0 to 65535",
        "it (in the URI) must begin with cairn:", ":user (in the EDN map) must be a string"}) {
    CHECK_THAT(error.message(), ContainsSubstring(std::string{part}));
  }
}

TEST_CASE("a variable that is empty is not set", "[config]") {
  CHECK(load<Shelf>(R"({:path "/e"})",
                    {{"CAIRN_STORE_PORT", ""}, {"CAIRN_STORE_CONFIG", ""}, {"CAIRN_STORE_BACKEND", ""}})
            .port == 5432);
}

TEST_CASE("a config comes from a value too", "[config]") {
  CHECK(cairn::load_config<Shelf>(cairn::edn::parse(R"({:path "/e" :port 7})")).port == 7);
}

TEST_CASE("everything that is wrong is in one error, whose code is that of the first", "[config]") {
  auto const error = load_error<Shelf>(R"({:pth "/x" :port 65536 :eager 1})", {{"CAIRN_STORE_SYNC", "relaxt"}});
  CHECK(error.code() == Errc::config_unknown_key);
  CHECK(error.message() ==
        "configuration of the store :shelf: 5 problems: :pth (in the EDN map) is unknown; did you mean :path?; "
        ":path is missing: give it a path, here or in CAIRN_STORE_PATH; :eager (in the EDN map) must be true or false, "
        "not an integer; "
        ":sync (from CAIRN_STORE_SYNC) must be one of :durable, :relaxed; did you mean :relaxed?; "
        ":port (in the EDN map) must be an integer from 0 to 65535");

  auto const data = cairn::edn::read(error.data());
  auto const problems = data.root().find("problems");
  REQUIRE(problems.has_value());
  REQUIRE(problems->size() == 5);
  auto const first = (*problems)[0];
  CHECK(first.find("code")->name() == "config/unknown-key");
  CHECK(first.find("source")->string() == "in the EDN map");
  REQUIRE(first.find("path")->size() == 1);
  CHECK((*first.find("path"))[0].name() == "pth");
  CHECK((*problems)[1].find("code")->name() == "config/missing");
  CHECK_FALSE((*problems)[1].find("source").has_value());
}

TEST_CASE("a field that is wrong is not missing too", "[config]") {
  auto const error = load_error<Shelf>("{:path 5}");
  CHECK(error.code() == Errc::config_type);
  CHECK_THAT(error.message(), !ContainsSubstring("missing"));
}

TEST_CASE("a path that is empty is missing", "[config]") {
  CHECK(load_error<Shelf>("").code() == Errc::config_missing);
  CHECK(load_error<Shelf>(R"({:path ""})").code() == Errc::config_missing);
}

TEST_CASE("an error does not grow with what is wrong", "[config]") {
  std::string map = "{";
  for (int i = 0; i != 5000; ++i) map += ":unknown-" + std::to_string(i) + " 1 ";
  auto const error = load_error<Shelf>(map + "}");
  CHECK(error.code() == Errc::config_unknown_key);
  CHECK_THAT(error.message(), ContainsSubstring("5001 problems") && ContainsSubstring("and 4968 more"));
  CHECK(error.message().size() < 10000);
  CHECK_NOTHROW(cairn::edn::parse(error.data()));

  auto const longest = load_error<Shelf>("{:" + std::string(100000, 'x') + " 1}");
  CHECK(longest.message().size() < 500);
}

TEST_CASE("keys are keywords", "[config]") {
  auto const error = load_error<Shelf>(R"({"path" "/x" 5 6})");
  CHECK(error.code() == Errc::config_unknown_key);
  CHECK_THAT(error.message(), ContainsSubstring("it (in the EDN map) has a string for a key") &&
                                  ContainsSubstring("has an integer for a key"));
  CHECK(load_error<Shelf>("[]").code() == Errc::config_type);
  CHECK(load_error<Shelf>("nil").code() == Errc::config_type);
}

TEST_CASE("text that is no EDN is refused with its place", "[config]") {
  auto const error = load_error<Shelf>("{:path \"/x\"\n :port");
  CHECK(error.code() == Errc::edn_syntax);
  CHECK_THAT(error.message(), ContainsSubstring("line "));
  auto const variable = load_error<Shelf>(R"({:path "/x"})", {{"CAIRN_STORE_CONFIG", "{:path"}});
  CHECK(variable.code() == Errc::config_type);
  CHECK_THAT(variable.message(), ContainsSubstring("it (from CAIRN_STORE_CONFIG) must be a map as EDN"));
}

TEST_CASE("the backend that is named must be this one", "[config]") {
  CHECK(load<Shelf>(R"({:backend :shelf :path "/x"})").path == "/x");
  CHECK(load<Mem>("{:backend :memory :id :t}").id == "t");
  CHECK(load<Mem>("{:backend :mem :id :t}").id == "t");
  auto const error = load_error<Shelf>(R"({:backend :file :path "/x"})");
  CHECK(error.code() == Errc::config_mismatch);
  CHECK_THAT(error.message(), ContainsSubstring("must be :shelf") && ContainsSubstring("not :file"));
  CHECK(load_error<Shelf>(R"({:backend 1 :path "/x"})").code() == Errc::config_type);
  CHECK(load_error<Shelf>("cairn:file:///x").code() == Errc::config_mismatch);
}

TEST_CASE("variables for another backend are left alone where the map or the URI names this one", "[config]") {
  Variables const others{{"CAIRN_STORE_BACKEND", "file"}, {"CAIRN_STORE_PORT", "nonsense"}};
  CHECK(load<Shelf>(R"({:backend :shelf :path "/x"})", others).port == 5432);
  CHECK(load<Shelf>("cairn:shelf:///x", others).port == 5432);
  CHECK(load_error<Shelf>(R"({:path "/x"})", others).code() == Errc::config_mismatch);
  CHECK(load<Shelf>(R"({:backend :shelf :path "/x"})", {{"CAIRN_STORE_CONFIG", "{:backend :file :port 1}"}}).port ==
        5432);
  CHECK(load<Shelf>(R"({:backend :shelf :path "/x"})", {{"CAIRN_STORE_BACKEND", ":shelf"}, {"CAIRN_STORE_PORT", "7"}})
            .port == 7);
}

TEST_CASE("every backend takes an id", "[config]") {
  CHECK(load<Shelf>(R"({:id "t" :path "/x"})").path == "/x");
  CHECK(load<Shelf>(R"({:id :t :path "/x"})").path == "/x");
  CHECK(load<Shelf>(R"({:id #uuid "550e8400-e29b-41d4-a716-446655440000" :path "/x"})").path == "/x");
  CHECK(load_error<Shelf>(R"({:id 5 :path "/x"})").code() == Errc::config_type);
  CHECK_NOTHROW(load<ConfigOnly<Nothing>>("{:id :t :backend :shelf}"));
  CHECK(load_error<ConfigOnly<Nothing>>("{:x 1}").code() == Errc::config_unknown_key);
}

TEST_CASE("constraints are asked after all sources", "[config]") {
  CHECK(load<Constrained>("{:sync :durable}").path.empty());
  auto const error = load_error<Constrained>(R"({:user ""})", {{"CAIRN_STORE_PORT", "80"}});
  CHECK(error.code() == Errc::config_missing);
  CHECK_THAT(error.message(),
             ContainsSubstring(":sync is missing") &&
                 ContainsSubstring(":port (from CAIRN_STORE_PORT) must be from 1024 to 65535, and is 80") &&
                 ContainsSubstring(":user (in the EDN map) must not be empty"));
  CHECK(load<Constrained>("{:port 8080}", {{"CAIRN_STORE_PORT", "80"}, {"CAIRN_STORE_SYNC", "durable"}}).port == 8080);
}

TEST_CASE("a URI's parts go to the fields that are made for them", "[config]") {
  CHECK(load<Shelf>("cairn:shelf:/tmp/x").path == "/tmp/x");
  CHECK(load<Shelf>("cairn:shelf:relative/x").path == "relative/x");
  CHECK(load<Shelf>("cairn:shelf:///tmp/a%20%C3%A4?eager?=true&sync=relaxed").path == "/tmp/a ä");
  CHECK(load<Shelf>("cairn:shelf:///x?eager=true&id=anything").eager);
  CHECK(load<Mem>("cairn:mem://t").id == "t");
  CHECK(load<Mem>("cairn:memory:t").id == "t");
  CHECK(load<Mem>("cairn:mem:?id=t").id == "t");
  auto const remote = load<ConfigOnly<Remote>>("cairn:shelf://ivan:p%40ss@db.example:7000/base");
  CHECK(remote.host == "db.example");
  CHECK(remote.port == 7000);
  CHECK(remote.user == "ivan");
  CHECK(remote.password == cairn::Secret{"p@ss"});
  CHECK(remote.path == "/base");
  CHECK(load<ConfigOnly<Remote>>("cairn:shelf://[::1]:7000").host == "[::1]");
  CHECK(load<ConfigOnly<Remote>>("cairn:shelf://[::1]").port == 6379);
}

TEST_CASE("a URI that does not fit is refused", "[config]") {
  CHECK(load_error<Shelf>("cairn:shelf://tmp/x").code() == Errc::config_type);
  CHECK_THAT(load_error<Shelf>("cairn:shelf://tmp/x?path=y").message(), ContainsSubstring("three slashes"));
  CHECK_THAT(load_error<Shelf>("cairn:shelf:///x?prt=1").message(),
             ContainsSubstring(":prt (in the URI) is unknown; did you mean :port?"));
  CHECK_THAT(load_error<Shelf>("cairn:shelf:///x?port").message(), ContainsSubstring("parameter without a value"));
  CHECK_THAT(load_error<Shelf>("cairn:shelf:///x?port=1&port=2").message(), ContainsSubstring("given twice"));
  CHECK_THAT(load_error<Shelf>("cairn:shelf:///x%2").message(), ContainsSubstring("two hexadecimal digits"));
  CHECK_THAT(load_error<Shelf>("cairn:shelf:///x#y").message(), ContainsSubstring("has a #"));
  CHECK_THAT(load_error<Shelf>("cairn:shelf:///x?=1").message(), ContainsSubstring("none of its own"));
  CHECK(load_error<Shelf>("cairn:").code() == Errc::config_mismatch);
  CHECK(load_error<Shelf>("cairn:shelf:///x%00y").code() == Errc::config_range);
  CHECK(error_of([] { return cairn::load_config<Shelf>("", {}, "file:///x"); }).code() == Errc::config_type);
}

TEST_CASE("a program that knows several backends asks which one is meant", "[config]") {
  using cairn::config::backend_of;
  auto const document = cairn::edn::read("{:backend :file}");
  CHECK(backend_of(document.root()) == "file");
  CHECK(backend_of(std::nullopt, {}, "cairn:mem://t") == "mem");
  CHECK(backend_of(std::nullopt,
                   environment({{"CAIRN_STORE_BACKEND", "mem"}, {"CAIRN_STORE_CONFIG", "{:backend :file}"}})) == "mem");
  CHECK(backend_of(std::nullopt, environment({{"CAIRN_STORE_CONFIG", "{:backend :file}"}})) == "file");
  CHECK(backend_of(document.root(), environment({{"CAIRN_STORE_BACKEND", "mem"}})) == "file");
  CHECK(backend_of(std::nullopt, environment({{"DATAHIKE_STORE_BACKEND", "file"}})) == "file");
  CHECK(backend_of(std::nullopt, environment({{"DATAHIKE_STORE_BACKEND", "file"},
                                              {"CAIRN_STORE_CONFIG", "{:backend :mem}"}})) == "mem");
  CHECK(error_of([] { return backend_of(std::nullopt); }).code() == Errc::config_missing);
}

TEST_CASE("what should have named a backend and doesn't is reported", "[config]") {
  auto const refusal = [](std::string_view store, Variables variables = {}) {
    return error_of([&] { return cairn::config::backend_of(cairn::edn::read(std::string{store}).root(), environment(std::move(variables))); });
  };
  CHECK_THAT(refusal(":biglog").message(), ContainsSubstring("it (in the EDN map) must be a map, not a keyword"));
  CHECK_THAT(refusal(R"({:backend 7})").message(),
             ContainsSubstring(":backend (in the EDN map) must be the id of a backend: a keyword, not an integer"));
  auto const near = refusal(R"({:bakend :file :path "/x"})");
  CHECK(near.code() == Errc::config_unknown_key);
  CHECK_THAT(near.message(), ContainsSubstring(":bakend (in the EDN map) is unknown; did you mean :backend?") &&
                                 ContainsSubstring(":backend is missing") && !ContainsSubstring(":path ("));
  auto const both = refusal("[:file]", {{"CAIRN_STORE_CONFIG", "{:backend :file :path"}, {"DATAHIKE_STORE_CONFIG", ":file"}});
  CHECK(both.code() == Errc::config_type);
  CHECK_THAT(both.message(),
             ContainsSubstring("3 problems") && ContainsSubstring("it (in the EDN map) must be a map, not a vector") &&
                 ContainsSubstring("it (from CAIRN_STORE_CONFIG) must be a map as EDN; line 1") &&
                 ContainsSubstring("it (from DATAHIKE_STORE_CONFIG) must be a map, not a keyword"));
}

}  // namespace config_test::of_load
