// Copyright the Cairn authors
// SPDX-License-Identifier: BSL-1.0
// What the reader accepts, what it refuses and where, and how a stream of forms is read.
#include <cairn/edn/edn.hpp>

#include <catch2/catch_test_macros.hpp>

#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

namespace {

using cairn::edn;
using cairn::Errc;
using Kind = edn::Kind;
using ReadStatus = edn::ReadStatus;

constexpr edn::ReaderOptions shell{.shell_forms = true};

edn::ReadResult read_text(std::string_view text, edn::ReaderOptions const& options = {}) {
  std::vector<edn::Node> nodes;
  return edn::read_one(text, nodes, options);
}

Kind kind_of(std::string_view text) {
  INFO(text);
  std::vector<edn::Node> nodes;
  edn::ReadResult const result = edn::read_one(text, nodes);
  REQUIRE(result.status == ReadStatus::form);
  return nodes[0].kind;
}

struct Refusal {
  std::string_view text;
  std::size_t offset;
  std::string_view message_has;
};

void check_refused(Refusal const& refusal, ReadStatus status, edn::ReaderOptions const& options = {}) {
  INFO(refusal.text);
  edn::ReadResult const result = read_text(refusal.text, options);
  CHECK(result.status == status);
  CHECK(result.offset == refusal.offset);
  INFO(result.message);
  CHECK(result.message.find(refusal.message_has) != std::string_view::npos);
}

std::string repeat(std::string_view piece, std::size_t count) {
  std::string text;
  for (std::size_t i = 0; i != count; ++i) text += piece;
  return text;
}

}  // namespace

TEST_CASE("every form has its kind", "[edn]") {
  CHECK(kind_of("nil") == Kind::nil);
  CHECK(kind_of("false") == Kind::boolean);
  for (std::string_view const text : {"0", "-0", "+7", "-9223372036854775808", "9223372036854775807"}) {
    CHECK(kind_of(text) == Kind::integer);
  }
  for (std::string_view const text : {"0N", "-12N", "9223372036854775808", "-9223372036854775809"}) {
    CHECK(kind_of(text) == Kind::bigint);
  }
  for (std::string_view const text : {"0.0", "1.", "-1.5", "1e3", "1E+3", "2.5e-3", "##Inf", "##-Inf", "##NaN"}) {
    CHECK(kind_of(text) == Kind::real);
  }
  for (std::string_view const text : {"0M", "-1.50M", "1e3M", "1.M"}) CHECK(kind_of(text) == Kind::decimal);
  for (std::string_view const text :
       {R"(\a)", R"(\newline)", R"(\u00e9)", R"(\o101)", R"(\o)", R"(\u)", R"(\\)", R"(\()", R"(\;)", "\\\xC3\xA9"}) {
    CHECK(kind_of(text) == Kind::character);
  }
  for (std::string_view const text : {"a", "/", "-", "+",  ".",  "-a", "a/b", "a.b/c",        "ns//", "?x",
                                      "$", "%", "_", "<=", "a'", "x#", "a:b", "na\xC3\xAFve", "nilx", "..."}) {
    CHECK(kind_of(text) == Kind::symbol);
  }
  for (std::string_view const text : {":a", ":a/b", ":a.b/c?", ":_attr", ":db/_parent", ":1", ":nil", ":a/b:c"}) {
    CHECK(kind_of(text) == Kind::keyword);
  }
  CHECK(kind_of("()") == Kind::list);
  CHECK(kind_of("[]") == Kind::vector);
  CHECK(kind_of("{}") == Kind::map);
  CHECK(kind_of("#{}") == Kind::set);
  CHECK(kind_of("#a.b/c [1]") == Kind::tagged);
}

TEST_CASE("whitespace, commas, comments and discarded forms are nothing", "[edn]") {
  CHECK(edn::parse(" ,\t\n[1,2 ; three\n #_ 3 #_ #_ 4 5 #_[6 #_7 {:a 1}] 8]\n; end") == edn::parse("[1 2 8]"));
  CHECK(edn::parse("{:a #_ :b 1}") == edn::parse("{:a 1}"));
  CHECK(edn::parse("#{1 #_ 1}") == edn::parse("#{1}"));
  CHECK(edn::parse("#t #_ 1 2") == edn::parse("#t 2"));
  CHECK(edn::parse("\xEF\xBB\xBF[1]") == edn::parse("[1]"));
  CHECK(edn::parse("[1[2]\"a\"\"b\":c(d)]") == edn::parse("[1 [2] \"a\" \"b\" :c (d)]"));
}

TEST_CASE("strings and characters decode their escapes", "[edn]") {
  CHECK(edn::parse(R"("\n\t\r\b\f\"\\")").as_string() == "\n\t\r\b\f\"\\");
  CHECK(edn::parse(R"("\u0041\u00e9\u20AC\uD83D\uDE00")").as_string() == "A\xC3\xA9\xE2\x82\xAC\xF0\x9F\x98\x80");
  CHECK(edn::parse(R"("\101\o101\0z\377")").as_string() == std::string("AA\0z\xC3\xBF", 6));
  CHECK(edn::parse("\"line\nbreak\"").as_string() == "line\nbreak");
  CHECK(edn::parse(R"([\newline \space \tab \return \formfeed \backspace \u0041 \o101 \u \o])") ==
        edn::Value::vector({edn::Value::character(U'\n'), edn::Value::character(U' '), edn::Value::character(U'\t'),
                            edn::Value::character(U'\r'), edn::Value::character(U'\f'), edn::Value::character(U'\b'),
                            edn::Value::character(U'A'), edn::Value::character(U'A'), edn::Value::character(U'u'),
                            edn::Value::character(U'o')}));
}

TEST_CASE("a text that ends too early is incomplete, at what is open", "[edn]") {
  for (Refusal const& refusal : std::vector<Refusal>{
           {"", 0, "expected a form"},
           {" ; nothing", 10, "expected a form"},
           {"(a [b", 3, "']'"},
           {"(a [b]", 0, "')'"},
           {"{:a 1", 0, "'}'"},
           {"#{1", 0, "set"},
           {"\"abc", 0, "string"},
           {"[\"abc\\", 1, "string"},
           {"\"\\u00", 0, "string"},
           {"\"\\uD83D\\u", 0, "string"},
           {"[\\", 1, "character"},
           {"#_", 0, "#_"},
           {"#_ #_ a", 0, "#_"},
           {"#inst", 0, "tag"},
           {"[#", 1, "'#'"},
           {"##", 0, "##Inf"},
           {":", 0, "name"},
           {"\xC3", 0, "UTF-8"},
       }) {
    check_refused(refusal, ReadStatus::incomplete);
  }
  check_refused({"(a '", 3, "prefix"}, ReadStatus::incomplete, shell);
  check_refused({"@", 0, "prefix"}, ReadStatus::incomplete, shell);
}

TEST_CASE("an error has its place and its reason", "[edn]") {
  for (Refusal const& refusal : std::vector<Refusal>{
           {")", 0, "unmatched"},
           {"[1 2)", 4, "']'"},
           {"(a }", 3, "')'"},
           {"{:a 1 ]", 6, "'}'"},
           {"{:a 1 :b}", 6, "no value"},
           {"{:a}", 1, "no value"},
           {"{:a 1 :b 2 :a 3}", 11, "already"},
           {"#{1 2 1}", 6, "already"},
           {"#{1 +1}", 4, "already"},
           {"#{1.0 1e0}", 6, "already"},
           {"#{0.0 -0.0}", 6, "already"},
           {"#{##NaN ##NaN}", 8, "already"},
           {"#{1.0M 1.0e0M}", 7, "already"},
           {"#{\"a\" \"\\u0061\"}", 6, "already"},
           {"#{(1 2) [1 2]}", 8, "already"},
           {"#{#{1 {2 3 4 5}} #{{4 5 2 3} 1}}", 17, "already"},
           {"#{#inst \"2020\" #inst \"2020-01-01T01:00:00+01:00\"}", 15, "already"},
           {"#{#uuid \"01234567-89ab-cdef-0123-456789abcdef\" #uuid \"01234567-89AB-CDEF-0123-456789ABCDEF\"}", 47,
            "already"},
           {"#_ {:a 1 :a 2} 1", 9, "already"},
           {"1 2", 2, "another"},
           {"[#_]", 3, "#_"},
           {"[#t]", 3, "tag"},
           {"#t 1 2", 5, "another"},
           {"::a", 0, "::"},
           {":a/", 0, "missing"},
           {":/a", 0, "'/'"},
           {":/", 0, "':/'"},
           {":a/b/c", 0, "at most one"},
           {"a:", 0, "':'"},
           {"1/2", 1, "ratios"},
           {"01", 0, "begin with 0"},
           {"-01", 1, "begin with 0"},
           {"0x1F", 0, "hexadecimal"},
           {"1a", 1, "malformed"},
           {"1.2.3", 3, "malformed"},
           {"1e", 2, "exponent"},
           {"1NN", 2, "malformed"},
           {".5", 0, "0.5"},
           {"1e400", 0, "range"},
           {"1e1000000M", 0, "exponent"},
           {"##inf", 0, "##Inf"},
           {"\\foo", 0, "unknown character"},
           {"\\uD800", 0, "surrogate"},
           {"\\o400", 0, "unknown character"},
           {"\\ ", 0, "\\space"},
           {"\"\\q\"", 1, "escape"},
           {"\"\\u12G4\"", 1, "hexadecimal"},
           {"\"\\uD800x\"", 1, "surrogate"},
           {"\"\\uDC00\"", 1, "surrogate"},
           {"\"\\400\"", 1, "377"},
           {"'a", 0, "quote"},
           {"@a", 0, "'@'"},
           {"^a", 0, "metadata"},
           {"`a", 0, "syntax quote"},
           {"#\"re\"", 0, "regular"},
           {"#(a)", 0, "function"},
           {"#'a", 0, "var"},
           {"# a 1", 0, "'#'"},
           {"#1 a", 0, "'#'"},
           {"#nil 1", 1, "tags"},
           {"a\\b", 1, "must not stand"},
           {"a@b", 1, "must not stand"},
           {"#inst \"2020-13\"", 6, "#inst"},
           {"#inst 2020", 6, "#inst"},
           {"#inst \"\\u0032020\"", 6, "#inst"},
           {"#uuid \"x\"", 6, "#uuid"},
           {"\xFF", 0, "UTF-8"},
           {"\"a\xC0\x80\"", 2, "UTF-8"},
           {"; \xED\xA0\x80\n1", 2, "UTF-8"},
           {"a\xC2\xA0", 1, "invisible"},
           {std::string_view{"\0", 1}, 0, "must not stand"},
       }) {
    check_refused(refusal, ReadStatus::error);
  }
}

TEST_CASE("limits are coded errors", "[edn]") {
  auto const code_of = [](std::string_view text, edn::ReaderOptions const& options = {}) {
    edn::ReadResult const result = read_text(text, options);
    CHECK(result.status == ReadStatus::error);
    return result.code;
  };
  CHECK(read_text(repeat("[", 256) + repeat("]", 256)).status == ReadStatus::form);
  for (std::string_view const opening : {"[", "(", "#{", "{:a ", "#t ", "#_ "}) {
    INFO(opening);
    CHECK(code_of(repeat(opening, 257) + "1") == Errc::edn_limit);
    CHECK(code_of(repeat(opening, 1'000'000)) == Errc::edn_limit);
  }
  CHECK(code_of(repeat("'", 257), shell) == Errc::edn_limit);
  CHECK(code_of("[1 2 3]", {.max_nodes = 3}) == Errc::edn_limit);
  CHECK(read_text("[1 2]", {.max_nodes = 3}).status == ReadStatus::form);
  CHECK(code_of("[aaaa bbbb c]", {.max_bytes = 8}) == Errc::edn_limit);
  CHECK(code_of(repeat("1", 4097)) == Errc::edn_limit);
  CHECK(read_text(repeat("1", 4096)).status == ReadStatus::form);
}

TEST_CASE("large maps and sets find the key that occurs twice", "[edn]") {
  std::string text = "#{";
  for (int i = 0; i != 20'000; ++i) text += std::to_string(i) + " ";
  CHECK(edn::parse(text + "}").size() == 20'000);
  edn::ReadResult const result = read_text(text + "777}");
  CHECK(result.status == ReadStatus::error);
  CHECK(result.offset == text.size());
}

TEST_CASE("shell forms are read as Clojure reads them", "[edn]") {
  edn::Value const call = edn::parse("(d/q '[:find ?e] @conn '(a) ''b conn')", shell);
  CHECK(call == edn::parse("(d/q (quote [:find ?e]) (deref conn) (quote (a)) (quote (quote b)) conn')"));
  CHECK(edn::parse("#{'a (quote b)}", shell).size() == 2);
  edn::ReadResult const result = read_text("#{'a (quote a)}", shell);
  CHECK(result.offset == 5);
  CHECK(result.status == ReadStatus::error);
  check_refused({"[']", 2, "prefix"}, ReadStatus::error, shell);
}

TEST_CASE("nodes are a flat tree over the text", "[edn]") {
  edn::Document const document = edn::read("[a {:b (1 2)} \"c\"] ; end");
  auto const& nodes = document.nodes();
  REQUIRE(nodes.size() == 8);
  CHECK(nodes[0].children == 3);
  CHECK(nodes[0].begin == 0);
  CHECK(nodes[0].end == 18);
  CHECK(nodes[0].next == 8);
  CHECK(nodes[2].kind == Kind::map);
  CHECK(nodes[2].children == 2);
  CHECK(nodes[2].next == 7);
  CHECK(document.root()[1].raw() == "{:b (1 2)}");
  CHECK(document.root()[1].find("b")->size() == 2);
  CHECK(document.root()[2].string() == "c");
  CHECK(document.root()[2].offset() == 14);
}

TEST_CASE("a stream is read form by form", "[edn]") {
  std::string_view const text = "1 ; one\n(a\n b) #_ x\n[} 9\n:k ) \"open";
  std::vector<edn::Node> nodes;
  std::vector<std::string> seen;
  for (std::size_t at = 0;;) {
    nodes.clear();
    edn::ReadResult const result = edn::read_next(text, at, nodes);
    if (result.status == ReadStatus::end) break;
    std::string const found{text.substr(result.begin, result.end - result.begin)};
    switch (result.status) {
      case ReadStatus::form:
        seen.push_back(found);
        break;
      case ReadStatus::error:
        seen.push_back("error:" + found);
        break;
      default:
        seen.push_back("incomplete:" + found);
    }
    at = result.end;
  }
  CHECK(seen == std::vector<std::string>{"1", "(a\n b)", "error:[} 9\n", ":k", "error:)", "incomplete:\"open"});
}

TEST_CASE("nodes of several forms may share a vector", "[edn]") {
  std::string_view const text = "[1] [2 3] (";
  std::vector<edn::Node> nodes;
  edn::ReadResult const first = edn::read_next(text, 0, nodes);
  edn::ReadResult const second = edn::read_next(text, first.end, nodes);
  CHECK(second.root == 2);
  CHECK(nodes.size() == 5);
  CHECK(edn::read_next(text, second.end, nodes).status == ReadStatus::incomplete);
  CHECK(nodes.size() == 5);
  CHECK(edn::Form(text, nodes.data(), second.root)[1].integer() == 3);
}

TEST_CASE("an error says where, why, and shows the line", "[edn]") {
  try {
    (void)edn::parse("{:name \"Ivan\"\n :\xC3\xA4ge 1/2}");
    FAIL("a ratio was read");
  } catch (cairn::Error const& error) {
    CHECK(error.code() == Errc::edn_syntax);
    CHECK(error.message() ==
          "line 2, column 8: ratios are not supported; write a double (0.5) or a decimal (0.5M)\n"
          "   :\xC3\xA4ge 1/2}\n"
          "         ^");
    CHECK(edn::parse(error.data()) == edn::parse("{:line 2 :column 8 :offset 22}"));
  }
}

TEST_CASE("an excerpt of a long or broken line stays short and printable", "[edn]") {
  std::string const text = repeat("a ", 100) + "\t\xFF" + repeat(" b", 100);
  std::string const shown = cairn::notation::excerpt(text, 201);
  std::size_t const line_end = shown.find('\n');
  CHECK(line_end < 140);
  CHECK(shown.substr(0, 5) == "  ...");
  CHECK(shown[shown.find('^') - line_end - 1] == '?');
}
