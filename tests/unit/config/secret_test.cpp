// Copyright the Cairn authors
// SPDX-License-Identifier: BSL-1.0
// A secret is in no error, in no description and in nothing that is written, wherever it came from.
#include "unit/config/config_test.hpp"
#include <cairn/backends/mem/backend.hpp>
#include <cairn/config/describe.hpp>
#include <cairn/db/options.hpp>
#include <cairn/store/backend_list.hpp>

#include <catch2/catch_tostring.hpp>

#include <cstdint>
#include <new>
#include <optional>
#include <ostream>
#include <string>
#include <string_view>
#include <type_traits>
#include <utility>
#include <vector>

namespace config_test::of_secret {

namespace {

/// What must not be seen. A password as people choose them: it could be a name, a host or a keyword.
std::string const marker = "hunter2";

struct Account {
  std::string name;
  cairn::Secret password = {};
};

struct Guarded {
  std::string host;
  std::uint16_t port = 1;
  std::string user = "nobody";
  cairn::Secret password = {};
  std::optional<cairn::Secret> token = {};
  std::vector<cairn::Secret> keys = {};
  Account account = {.name = "root"};
  std::vector<Account> accounts = {};
  std::string mode = "fast";
  cairn::ByteSize size{1};
};

/// Whoever gives a secret a default has it in the program; not in what `describe` says.
struct BuiltIn {
  cairn::Secret password{"hunter2"};
  std::optional<cairn::Secret> token = cairn::Secret{"hunter2"};
};

struct Shelf : ConfigOnly<Guarded> {
  static constexpr auto config_spec =
      cairn::config_spec(cairn::required(&Guarded::password), cairn::non_empty(&Guarded::token),
                         cairn::one_of(&Guarded::mode, "fast", "safe"), cairn::range(&Guarded::port, 1, 9));
};

/// `hunter2` for `$`.
std::string filled(std::string_view text) {
  std::string result;
  for (char const c : text) result += c == '$' ? marker : std::string{c};
  return result;
}

void check_silent(cairn::Error const& error) {
  CAPTURE(error.message());
  CHECK_THAT(error.message(), !ContainsSubstring(marker));
  CHECK_THAT(error.what(), !ContainsSubstring(marker));
  CHECK_THAT(error.data(), !ContainsSubstring(marker));
}

template <class Type>
concept Streamable = requires(std::ostream& out, Type const& value) {
  out << value;
};

static_assert(!Streamable<cairn::Secret> && !std::is_convertible_v<cairn::Secret, std::string> &&
              !std::is_convertible_v<cairn::Secret, std::string_view>);

}  // namespace

TEST_CASE("no error about a map shows a secret", "[config]") {
  for (std::string_view const map : {R"({:password [:$]})",
                                     R"({:password :$})",
                                     R"({:password $})",
                                     R"({:password "$" :pasword "$"})",
                                     R"({:pasword "$"})",
                                     R"({:host "h" :password "$" :port 70000})",
                                     R"({:token [:$]})",
                                     R"({:token ""})",
                                     R"({:keys ["$" :$]})",
                                     R"({:keys "$"})",
                                     R"({:keys [["$"]]})",
                                     R"({:account {:password :$}})",
                                     R"({:account {:pasword "$"}})",
                                     R"({:account "$"})",
                                     R"({:accounts [{:password "$"}]})",
                                     R"({:accounts [{:name "" :password "$"}]})",
                                     R"({:accounts ["$"]})",
                                     R"({"$" 1})",
                                     R"({$ 1})",
                                     R"({"password" "$"})",
                                     R"({:port "$"})",
                                     R"({:port $})",
                                     R"({:host :$})",
                                     R"({:host "$@h" :port 0})",
                                     R"({:mode "$"})",
                                     R"({:mode :$})",
                                     R"({:size "$"})",
                                     R"({:size "$MiB"})",
                                     R"({:backend "$@h"})",
                                     R"({:backend ["$"]})",
                                     R"({:id ["$"]})",
                                     R"({:password "$)",
                                     R"({:password "$" :path )",
                                     R"({:password "$" "$"})",
                                     R"({:password "\$"})",
                                     R"({:password "$"} "$")",
                                     R"({:password "$" :password "$"})",
                                     R"({:password #$ "$"})",
                                     R"("$")",
                                     R"([$])",
                                     R"($)"}) {
    CAPTURE(map);
    check_silent(load_error<Shelf>(filled(map)));
    check_silent(load_error<Shelf>("", {{"CAIRN_STORE_CONFIG", filled(map)}}));
    check_silent(load_error<Shelf>("", {{"DATAHIKE_STORE_CONFIG", filled(map)}}));
    check_silent(
        error_of([&] { return cairn::config::load_database_config<Shelf>(filled("{:store ") + filled(map)); }));
  }
}

TEST_CASE("no error about a variable shows a secret", "[config]") {
  for (std::string_view const field :
       {"BACKEND", "HOST", "PORT", "USER", "PASSWORD", "TOKEN", "KEYS", "ACCOUNT", "ACCOUNTS", "MODE", "SIZE"}) {
    for (std::string_view const text : {"$@h", "[\"$\"", "{:name \"$\" :password \"$\"", "[:$]", "{:password :$}"}) {
      CAPTURE(field, text);
      for (std::string const prefix : {"CAIRN_STORE_", "DATAHIKE_STORE_"}) {
        check_silent(load_error<Shelf>("{:port 0}", {{prefix + std::string{field}, filled(text)}}));
      }
    }
  }
  for (std::string_view const option :
       {"NAME", "KEEP_HISTORY", "SCHEMA_FLEXIBILITY", "INDEX", "INDEX_CONFIG", "INITIAL_TX"}) {
    check_silent(error_of([&] {
      return cairn::config::load_database_config<Shelf>(
          "{:store {}}", environment({{"CAIRN_" + std::string{option}, filled("$ \"$\" [")}}));
    }));
  }
}

TEST_CASE("no error about a URI shows a secret", "[config]") {
  for (std::string_view const uri : {"cairn:shelf://ivan:$@h:x",
                                     "cairn:shelf://ivan:$@h?port=0",
                                     "cairn:shelf://ivan:$@h/path",
                                     "cairn:shelf://ivan:$@h#f",
                                     "cairn:shelf://ivan:%$@h",
                                     "cairn:shelf://ivan:a/$@h",
                                     "cairn:shelf://ivan:a?$@h",
                                     "cairn:shelf://ivan:a?$=@h",
                                     "cairn:shelf://ivan:a#$@h",
                                     "cairn:shelf://$",
                                     "cairn:shelf://h?password=$&port=$",
                                     "cairn:shelf://h?password=a&$=b",
                                     "cairn:shelf://h?password=a&$",
                                     "cairn:shelf://h?pasword=$",
                                     "cairn:shelf://h?password=$&password=$",
                                     "cairn:shelf://h?token=&mode=$&password=$",
                                     "cairn:shelf://h?keys=$&account=$&accounts=$&size=$",
                                     "cairn://ivan:$@h",
                                     "cairn:ivan:$@h",
                                     "shelf://ivan:$@h",
                                     "cairn:$@h"}) {
    CAPTURE(uri);
    check_silent(error_of([&] { return cairn::load_config<Shelf>("{:port 0}", {}, filled(uri)); }));
  }
  using List = cairn::BackendList<cairn::backends::mem::Backend>;
  for (std::string_view const id : {"ivan:$@h", "//ivan:$@h", "$@h"}) {
    check_silent(error_of([&] { return List::dispatch(filled(id), [](auto) { return 0; }); }));
  }
}

TEST_CASE("no written config and no description shows a secret", "[config]") {
  Guarded config;
  config.password = cairn::Secret{marker};
  config.token.emplace(marker);
  config.keys = {cairn::Secret{marker}};
  config.account.password = cairn::Secret{marker};
  config.accounts = {{"a", cairn::Secret{marker}}};
  auto const text = cairn::config::to_edn(config);
  CHECK(text ==
        R"({:host "" :port 1 :user "nobody" :password "****" :token "****" :keys ["****"] )"
        R"(:account {:name "root" :password "****"} :accounts [{:name "a" :password "****"}] :mode "fast" :size 1})");
  auto const described = cairn::config::describe<BuiltIn>();
  CHECK(described[0].default_text == "\"****\"");
  CHECK(described[1].default_text == "\"****\"");
  CHECK_THAT(Catch::Detail::stringify(config.password), !ContainsSubstring(marker));
}

TEST_CASE("a secret is what it was made of, and nothing is left where it was", "[config]") {
  for (std::string const& text : {marker, std::string(100, 'x')}) {
    cairn::Secret secret{text};
    CHECK(secret.reveal() == text);
    cairn::Secret copy{secret};
    CHECK(copy == secret);
    cairn::Secret moved{std::move(copy)};
    CHECK(moved == secret);
    CHECK(copy.empty());  // NOLINT(bugprone-use-after-move): what is left there is what is asked
    copy = std::move(moved);
    CHECK(copy == secret);
    CHECK(moved.empty());  // NOLINT(bugprone-use-after-move)
    auto& self = copy;
    copy = self;
    CHECK(copy == secret);
    copy = cairn::Secret{};
    CHECK(copy.empty());
    CHECK(copy != secret);
    secret = copy;
    CHECK(secret.empty());
  }
}

TEST_CASE("a secret's memory is overwritten before it is given back", "[config]") {
  alignas(cairn::Secret) unsigned char memory[sizeof(cairn::Secret)] = {};
  auto* const secret = new (memory) cairn::Secret{marker};  // short enough to lie in the object itself
  CHECK(std::string_view{reinterpret_cast<char const*>(memory), sizeof memory}.find(marker) != std::string_view::npos);
  secret->~Secret();
  CHECK(std::string_view{reinterpret_cast<char const*>(memory), sizeof memory}.find(marker) == std::string_view::npos);
}

}  // namespace config_test::of_secret
