// Copyright the Cairn authors
// SPDX-License-Identifier: BSL-1.0
// Each type that a field can have: how it is read out of EDN and out of a variable, what is refused, how it is written.
#include "unit/config/config_test.hpp"
#include <cairn/config/edn_text.hpp>
#include <cairn/datom/keyword.hpp>

#include <catch2/generators/catch_generators.hpp>

#include <chrono>
#include <cstdint>
#include <filesystem>
#include <limits>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace config_test::of_fields {

namespace {

using cairn::Errc;
using namespace std::chrono_literals;

enum class Colour : std::uint8_t { red, dark_green };

struct Inner {
  std::string title;
  int depth = 2;
  friend bool operator==(Inner const&, Inner const&) = default;
};

struct Every {
  bool flag = false;
  std::int8_t small = 0;
  std::uint16_t port = 5432;
  std::int64_t large = 0;
  std::uint64_t largest = 0;
  float single = 0;
  double real = 0.5;
  std::string text = "text";
  std::string id = "id";
  std::filesystem::path file = "file";
  Colour colour = Colour::red;
  std::optional<std::string> user = {};
  std::optional<int> limit = {};
  std::chrono::milliseconds wait{1500};
  std::chrono::seconds age{60};
  std::chrono::duration<double> fraction{0.25};
  cairn::ByteSize size{std::uint64_t{64} << 20U};
  cairn::Secret secret = {};
  Inner inner{.title = "inner", .depth = 2};
  std::vector<std::string> hosts = {};
  std::vector<Inner> inners = {};
  std::vector<std::vector<int>> rows = {};
  std::optional<cairn::Keyword> word = {};
  cairn::EdnText any = {};
};

using Shelf = ConfigOnly<Every>;

/// What a key is after reading it out of a map.
template <class Member>
Member from_map(Member Every::*member, std::string_view entry) {
  return load<Shelf>("{" + std::string{entry} + "}").*member;
}
template <class Member>
Member from_variable(Member Every::*member, std::string_view name, std::string_view text) {
  return load<Shelf>("", {{"CAIRN_STORE_" + std::string{name}, std::string{text}}}).*member;
}

struct Refused {
  std::string_view entry;
  Errc code;
  std::string_view message;
};

struct RefusedText {
  std::string_view variable;
  std::string_view text;
  Errc code;
};

}  // namespace

TEST_CASE("fields are read out of a map", "[config]") {
  CHECK(from_map(&Every::flag, ":flag true"));
  CHECK(from_map(&Every::flag, ":flag? true"));
  CHECK(from_map(&Every::small, ":small -128") == -128);
  CHECK(from_map(&Every::port, ":port 65535") == 65535);
  CHECK(from_map(&Every::large, ":large -9223372036854775808") == std::numeric_limits<std::int64_t>::min());
  CHECK(from_map(&Every::largest, ":largest 18446744073709551615") == std::numeric_limits<std::uint64_t>::max());
  CHECK(from_map(&Every::largest, ":largest 7N") == 7);
  CHECK(from_map(&Every::single, ":single 1.5") == 1.5F);
  CHECK(from_map(&Every::real, ":real 2") == 2.0);
  CHECK(from_map(&Every::text, R"(:text "a\nb")") == "a\nb");
  CHECK(from_map(&Every::file, R"(:file "/tmp/ä")") == std::filesystem::path{"/tmp/ä"});
  CHECK(from_map(&Every::colour, ":colour :dark-green") == Colour::dark_green);
  CHECK(from_map(&Every::user, R"(:user "ivan")") == "ivan");
  CHECK(from_map(&Every::user, ":user nil") == std::nullopt);
  CHECK(from_map(&Every::limit, ":limit 3") == 3);
  CHECK(from_map(&Every::wait, R"(:wait "5s")") == 5s);
  CHECK(from_map(&Every::wait, R"(:wait "10ms")") == 10ms);
  CHECK(from_map(&Every::wait, R"(:wait "3000us")") == 3ms);
  CHECK(from_map(&Every::age, R"(:age "2d")") == 48h);
  CHECK(from_map(&Every::age, R"(:age "5m")") == 5min);
  CHECK(from_map(&Every::fraction, R"(:fraction "250ms")") == 250ms);
  CHECK(from_map(&Every::size, R"(:size "64KiB")") == cairn::ByteSize{65536});
  CHECK(from_map(&Every::size, R"(:size "10kB")") == cairn::ByteSize{10000});
  CHECK(from_map(&Every::size, R"(:size "512")") == cairn::ByteSize{512});
  CHECK(from_map(&Every::size, ":size 512") == cairn::ByteSize{512});
  CHECK(from_map(&Every::secret, R"(:secret "s")") == cairn::Secret{"s"});
  CHECK(from_map(&Every::inner, ":inner {:depth 7}") == Inner{.title = "inner", .depth = 7});
  CHECK(from_map(&Every::hosts, R"(:hosts ["a" "b"])") == std::vector<std::string>{"a", "b"});
  CHECK(from_map(&Every::inners, R"(:inners [{:title "a"} {:title "b" :depth 3}])") ==
        std::vector<Inner>{{"a", 2}, {"b", 3}});
  CHECK(from_map(&Every::rows, ":rows [[1 2] [] [3]]") == std::vector<std::vector<int>>{{1, 2}, {}, {3}});
  CHECK(from_map(&Every::word, ":word :a/b") == cairn::kw(":a/b"));
  CHECK(from_map(&Every::any, ":any [1 {:a #{2}}]") == cairn::EdnText{"[1 {:a #{2}}]"});
  CHECK(from_map(&Every::any, ":any nil").empty());
}

TEST_CASE("fields are read out of variables", "[config]") {
  CHECK(from_variable(&Every::flag, "FLAG", "true"));
  CHECK(from_variable(&Every::small, "SMALL", "-128") == -128);
  CHECK(from_variable(&Every::largest, "LARGEST", "18446744073709551615") == std::numeric_limits<std::uint64_t>::max());
  CHECK(from_variable(&Every::real, "REAL", "1e3") == 1000.0);
  CHECK(from_variable(&Every::text, "TEXT", "verbatim \"\\n") == "verbatim \"\\n");
  CHECK(from_variable(&Every::file, "FILE", "/tmp/x y") == std::filesystem::path{"/tmp/x y"});
  CHECK(from_variable(&Every::colour, "COLOUR", "dark-green") == Colour::dark_green);
  CHECK(from_variable(&Every::colour, "COLOUR", ":dark-green") == Colour::dark_green);
  CHECK(from_variable(&Every::user, "USER", "nil") == "nil");
  CHECK(from_variable(&Every::wait, "WAIT", "10ms") == 10ms);
  CHECK(from_variable(&Every::size, "SIZE", "1GiB") == cairn::ByteSize{std::uint64_t{1} << 30U});
  CHECK(from_variable(&Every::secret, "SECRET", "s") == cairn::Secret{"s"});
  CHECK(from_variable(&Every::inner, "INNER", "{:depth 7}") == Inner{.title = "inner", .depth = 7});
  CHECK(from_variable(&Every::hosts, "HOSTS", R"(["a"])") == std::vector<std::string>{"a"});
  CHECK(from_variable(&Every::word, "WORD", "a/b") == cairn::kw(":a/b"));
  CHECK(from_variable(&Every::any, "ANY", "#{1}") == cairn::EdnText{"#{1}"});
}

TEST_CASE("a name is a string, a keyword or a UUID", "[config]") {
  CHECK(from_map(&Every::id, R"(:id "t")") == "t");
  CHECK(from_map(&Every::id, ":id :t") == "t");
  CHECK(from_map(&Every::id, R"(:id #uuid "550E8400-E29B-41D4-A716-446655440000")") ==
        "550e8400-e29b-41d4-a716-446655440000");
  CHECK(load_error<Shelf>("{:id 1}").code() == Errc::config_type);
  CHECK(load_error<Shelf>("{:text :t}").code() == Errc::config_type);
}

TEST_CASE("what does not fit a field is refused with what would", "[config]") {
  auto const [entry, code, message] = GENERATE(
      Refused{":flag 1", Errc::config_type, "must be true or false, not an integer"},
      Refused{R"(:flag "true")", Errc::config_type, "not a string"},
      Refused{":small 128", Errc::config_range, "must be an integer from -128 to 127"},
      Refused{":port -1", Errc::config_range, "must be an integer from 0 to 65535"},
      Refused{":port 65536", Errc::config_range, "from 0 to 65535"},
      Refused{":port 1.0", Errc::config_type, "must be an integer, not a double"},
      Refused{R"(:port "1")", Errc::config_type, "must be an integer, not a string"},
      Refused{":large 9223372036854775808", Errc::config_range, "must be an integer from -9223372036854775808"},
      Refused{":largest -1N", Errc::config_range, "must be an integer from 0"},
      Refused{":largest 18446744073709551616", Errc::config_range, "to 18446744073709551615"},
      Refused{":single 1e39", Errc::config_range, "must be a finite number"},
      Refused{":real ##Inf", Errc::config_range, "must be a finite number"},
      Refused{":real ##NaN", Errc::config_range, "must be a finite number"},
      Refused{":real 1.0M", Errc::config_type, "must be a number, not a decimal"},
      Refused{":text nil", Errc::config_type, "must be a string, not nil"},
      Refused{":file :x", Errc::config_type, "must be a path in a string, not a keyword"},
      Refused{R"(:file "a\u0000b")", Errc::config_range, "without NUL"},
      Refused{":colour :blue", Errc::config_range, "must be one of :red, :dark-green"},
      Refused{":colour :darkgreen", Errc::config_range, "did you mean :dark-green?"},
      Refused{R"(:colour "red")", Errc::config_type, "must be one of :red, :dark-green, not a string"},
      Refused{":limit :x", Errc::config_type, "must be an integer"},
      Refused{":wait 5", Errc::config_type, "must be a duration in a string"},
      Refused{R"(:wait "5")", Errc::config_type, "must be a duration in a string"},
      Refused{R"(:wait "s")", Errc::config_type, "must be a duration in a string"},
      Refused{R"(:wait "5 s")", Errc::config_type, "must be a duration in a string"},
      Refused{R"(:wait "1us")", Errc::config_range, "a whole number of \"1ms\""},
      Refused{R"(:age "1500ms")", Errc::config_range, "a whole number of \"1s\""},
      Refused{R"(:wait "9223372036854775807d")", Errc::config_range, "must be a duration"},
      Refused{R"(:wait "9223372036854775808ms")", Errc::config_range, "must be a duration"},
      Refused{":size -1", Errc::config_range, "must be a size from 0"},
      Refused{R"(:size "1XB")", Errc::config_type, "must be a size"},
      Refused{R"(:size "-1kB")", Errc::config_type, "must be a size"},
      Refused{R"(:size "16777216TiB")", Errc::config_range, "must be a size from 0"},
      Refused{R"(:size "18446744073709551616")", Errc::config_range, "must be a size from 0"},
      Refused{":secret 5", Errc::config_type, "must be a secret in a string, not an integer"},
      Refused{":inner 5", Errc::config_type, ":inner (in the EDN map) must be a map, not an integer"},
      Refused{":inner {:depth :x}", Errc::config_type, ":inner :depth (in the EDN map) must be an integer"},
      Refused{":inner {:dpth 1}", Errc::config_unknown_key,
              ":inner :dpth (in the EDN map) is unknown; did you mean :depth?"},
      Refused{R"(:hosts "a")", Errc::config_type, "must be a vector, not a string"},
      Refused{R"(:hosts ["a" 5])", Errc::config_type, ":hosts 1 (in the EDN map) must be a string"},
      Refused{":inners [{}]", Errc::config_missing, ":inners 0 :title is missing"},
      Refused{":rows [[1] [:x]]", Errc::config_type, ":rows 1 0 (in the EDN map) must be an integer"},
      Refused{R"(:word "x")", Errc::config_type, "must be a keyword, not a string"},
      Refused{":flag true :flag? true", Errc::config_mismatch, "is given twice"});
  CAPTURE(entry);
  auto const error = load_error<Shelf>("{" + std::string{entry} + "}");
  CHECK(name(error.code()) == name(code));
  CHECK_THAT(error.message(), ContainsSubstring(std::string{message}));
}

TEST_CASE("what does not fit is refused in a variable too, which is named", "[config]") {
  auto const [variable, text, code] =
      GENERATE(RefusedText{"FLAG", "yes", Errc::config_type}, RefusedText{"SMALL", "1x", Errc::config_type},
               RefusedText{"SMALL", "128", Errc::config_range}, RefusedText{"PORT", "-1", Errc::config_range},
               RefusedText{"PORT", "-", Errc::config_type}, RefusedText{"PORT", "+1", Errc::config_type},
               RefusedText{"PORT", " 1", Errc::config_type}, RefusedText{"REAL", "x", Errc::config_type},
               RefusedText{"REAL", "1e999", Errc::config_range}, RefusedText{"COLOUR", "blue", Errc::config_range},
               RefusedText{"WAIT", "5", Errc::config_type}, RefusedText{"SIZE", "many", Errc::config_type},
               RefusedText{"INNER", "{:depth", Errc::config_type}, RefusedText{"INNER", "5", Errc::config_type},
               RefusedText{"HOSTS", "a,b", Errc::config_type}, RefusedText{"WORD", "a b", Errc::config_type},
               RefusedText{"WORD", "[a]", Errc::config_type}, RefusedText{"ANY", "[", Errc::config_type});
  CAPTURE(variable, text);
  auto const error = load_error<Shelf>("", {{"CAIRN_STORE_" + std::string{variable}, std::string{text}}});
  CHECK(name(error.code()) == name(code));
  CHECK_THAT(error.message(), ContainsSubstring("(from CAIRN_STORE_" + std::string{variable} + ")"));
}

TEST_CASE("a config is written as a map that reads back", "[config]") {
  Every config;
  CHECK(
      cairn::config::to_edn(config) ==
      R"({:flag false :small 0 :port 5432 :large 0 :largest 0 :single 0.0 :real 0.5 :text "text" )"
      R"(:id "id" :file "file" :colour :red )"
      R"(:user nil :limit nil :wait "1500ms" :age "1m" :fraction "250ms" :size "64MiB" :secret "****" )"
      R"(:inner {:title "inner" :depth 2} :hosts [] :inners [] :rows [] :word nil :any nil})");
  config.largest = std::numeric_limits<std::uint64_t>::max();
  config.size.bytes = std::numeric_limits<std::uint64_t>::max();
  config.wait = 0ms;
  config.age = -1s;
  config.text = "\"quoted\"\\\n";
  config.real = 1e100;
  config.rows = {{1}, {}};
  config.word = cairn::kw("x/y");
  config.colour = Colour::dark_green;
  auto const text = cairn::config::to_edn(config);
  CHECK(cairn::config::to_edn(load<Shelf>(text)) == text);
}

TEST_CASE("a path that is not UTF-8 can still be written", "[config]") {
  Every config;
  config.file = std::string{"/tmp/\xFF"};
  CHECK_THAT(cairn::config::to_edn(config), ContainsSubstring("/tmp/\xEF\xBF\xBD"));
}

}  // namespace config_test::of_fields
