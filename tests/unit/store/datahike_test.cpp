// Copyright the Cairn authors
// SPDX-License-Identifier: BSL-1.0
// What Datahike's versions exported: datoms in EDN and in CBOR, in a file and in a directory.
#include "laws/dump.hpp"
#include "laws/temporary_directory.hpp"
#include "unit/store/bytes.hpp"
#include "unit/store/on_mem.hpp"

#include <cairn/backends/mem/backend.hpp>
#include <cairn/dump/import.hpp>
#include <cairn/query/query.hpp>

#include <catch2/catch_test_macros.hpp>

#include <algorithm>
#include <array>
#include <concepts>
#include <cstddef>
#include <cstdint>
#include <filesystem>
#include <fstream>
#include <limits>
#include <span>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include <sys/stat.h>

namespace {

using namespace cairn;
using laws::code_of;
using laws::dumped;
using laws::out_of;
using test::bytes;
using test::OnMem;
namespace mem = backends::mem;
using Memory = Store<mem::Backend>;

/// A database as a dump in EDN, which shows all of it.
std::string imported(DatahikeDirectory const& from) {
  OnMem to;
  import_datahike<mem::Backend>(to.config(), from);
  auto const db = Memory::connect(to.config()).db();
  CHECK_NOTHROW(verify(db));
  return dumped(db);
}
std::string imported(std::string const& text) {
  OnMem to;
  import_datahike<mem::Backend>(to.config(), out_of(text));
  auto const db = Memory::connect(to.config()).db();
  CHECK_NOTHROW(verify(db));
  return dumped(db);
}

/// The code and the message of the error that an import ends with; nothing of it is there then.
template <std::invocable Source>
std::string refusal(Source const& source) {
  OnMem to;
  try {
    import_datahike<mem::Backend>(to.config(), source());
  } catch (Error const& error) {
    CHECK_FALSE(Memory::exists(to.config()));
    CHECK(notation::utf8::is_valid(error.message()));
    return std::string{error.what()};
  }
  return "none";
}
std::string refusal(std::string const& text) {
  return refusal([&] { return out_of(text); });
}
bool contains(std::string const& text, std::string_view part) {
  INFO(text);
  CHECK(text.find(part) != std::string::npos);
  return text.find(part) != std::string::npos;
}

/// Attributes, one of each type, as EDN and as CBOR have them, and the time of the two transactions.
struct Attribute {
  std::string_view name;
  std::string_view type;
};
constexpr std::array attributes{
    Attribute{"b", "boolean"}, Attribute{"l", "long"},    Attribute{"d", "double"}, Attribute{"f", "float"},   Attribute{"n", "bigint"},
    Attribute{"m", "bigdec"},  Attribute{"i", "instant"}, Attribute{"u", "uuid"},   Attribute{"s", "string"},  Attribute{"k", "keyword"},
    Attribute{"y", "symbol"},  Attribute{"x", "bytes"},   Attribute{"r", "ref"},
};
std::string text_of(std::string_view text) {
  std::string made;
  detail::cbor::write_text(made, text);
  return made;
}
std::string keyword_of(std::string_view text) { return bytes("d827") + text_of(text); }
std::string number_of(std::int64_t number) {
  std::string made;
  detail::cbor::write_integer(made, number);
  return made;
}
std::string schema_in_edn() {
  std::string made = "[536870913 :db/txInstant #inst \"2020-01-01T00:00:00.123Z\" 536870913 true]\n";
  std::int64_t e = 0;
  for (auto const& [name, type] : attributes) {
    auto const entity = "[" + std::to_string(++e) + " ";
    made += entity + ":db/ident :" + std::string{name} + " 536870913 true]\n" + entity + ":db/valueType :db.type/" + std::string{type} + " 536870913 true]\n" +
            entity + ":db/cardinality :db.cardinality/many 536870913 true]\n";
  }
  return made + "[536870914 :db/txInstant #inst \"1969-12-31T23:59:58.5Z\" 536870914 true]\n";
}
std::string in_cbor(std::int64_t e, std::string_view attribute, std::string_view value, std::int64_t tx = 536870914) {
  return bytes("85") + number_of(e) + keyword_of(attribute) + std::string{value} + number_of(tx) + bytes("f5");
}
std::string schema_in_cbor() {
  auto made = in_cbor(536870913, ":db/txInstant", bytes("c1 fb41d782f84007df3b"), 536870913);  // 1577836800.123
  std::int64_t e = 0;
  for (auto const& [name, type] : attributes) {
    made += in_cbor(++e, ":db/ident", keyword_of(":" + std::string{name}), 536870913);
    made += in_cbor(e, ":db/valueType", keyword_of(":db.type/" + std::string{type}), 536870913);
    made += in_cbor(e, ":db/cardinality", keyword_of(":db.cardinality/many"), 536870913);
  }
  return made + in_cbor(536870914, ":db/txInstant", bytes("c1 fbbff8000000000000"), 536870914);  // -1.5
}

TEST_CASE("what Datahike exports becomes a database with its history") {
  constexpr auto text = R"(#datahike/Datom [1 :db/ident :name 536870913 true]
#datahike/Datom [1 :db/valueType :db.type/string 536870913 true]
#datahike/Datom [1 :db/cardinality :db.cardinality/one 536870913 true]
#datahike/Datom [2 :db/ident :friend 536870913 true]
#datahike/Datom [2 :db/valueType :db.type/ref 536870913 true]
#datahike/Datom [2 :db/cardinality :db.cardinality/many 536870913 true]
#datahike/Datom [3 :friend 4 536870914 true]
#datahike/Datom [3 :friend 4 536870915 false]
#datahike/Datom [3 :friend 536870914 536870915 true]
#datahike/Datom [3 :name "Ivan" 536870914 true]
#datahike/Datom [3 :name "Ivan" 536870915 false]
#datahike/Datom [3 :name "Oleg" 536870915 true]
#datahike/Datom [4 :name "Petra" 536870914 true]
#datahike/Datom [4 :name "Vera" 536870915 true]
#datahike/Datom [536870913 :db/txInstant #inst "2020-01-01T00:00:00.000-00:00" 536870913 true]
#datahike/Datom [536870914 :db/txInstant #inst "2020-01-02T00:00:00.000-00:00" 536870914 true]
#datahike/Datom [536870915 :db/txInstant #inst "2020-01-03T00:00:00.000-00:00" 536870915 true]
)";
  OnMem to;
  auto const report = import_datahike<mem::Backend>(to.config(), out_of(text));
  CHECK(report.past == 6);  // Petra's end is not said there, and is known here
  auto conn = Memory::connect(to.config());
  CHECK_NOTHROW(verify(conn.db()));
  auto const name = [&](auto const& db, EntityId e) { return (*db.datoms(eavt, e, ":name").begin()).v; };
  CHECK(name(conn.db(), 3) == Value{"Oleg"});
  CHECK(name(conn.db(), 4) == Value{"Vera"});
  CHECK(name(conn.db().as_of(first_transaction + 1), 4) == Value{"Petra"});
  CHECK(conn.db().transaction_at(Instant{1'577'923'200'000}) == first_transaction + 1);
  CHECK(conn.db().require_entity(EntityRef{first_transaction + 1}) == first_transaction + 1);
  CHECK((*conn.db().datoms(eavt, 3, ":friend").begin()).v == Value{first_transaction + 1});
  CHECK(conn.db().options().schema_flexibility == SchemaFlexibility::write);
  CHECK_NOTHROW(conn.transact(R"([{:name "new"}])"));
  CHECK(code_of([&] { import_datahike<mem::Backend>(OnMem{}.config(), out_of("[1 :a 3 4 true]")); }) == Errc::edn_syntax);
  RestoreOptions const how;
  detail::ImportedHistory history{how};
  std::string const long_line(3000, ' ');
  detail::DumpInput in{out_of(long_line), 1000};
  CHECK(code_of([&] { detail::read_datahike(in, history); }) == Errc::edn_syntax);
  std::string const long_manifest = "{" + long_line;
  detail::DumpInput manifest{out_of(long_manifest), 1000};
  try {
    detail::read_datahike(manifest, history);
    FAIL("it is taken");
  } catch (Error const& error) {
    CHECK(error.message() == "Line 1 of the export cannot be taken: it is longer than a chunk can be.");
  }
  contains(refusal("[1 :a 2 536870913 true 5]"), "Line 1 of the export cannot be taken: it is no datom");
}

TEST_CASE("what Datahike exports with attributes that are numbers becomes the same as with names") {
  std::string const system = R"(#datahike/Datom [1 1 :db/ident 536870912 true]
#datahike/Datom [1 2 23 536870912 true]
#datahike/Datom [11 1 :db.cardinality/one 536870912 true]
#datahike/Datom [39 1 :db.valid/from 536870912 true]
#datahike/Datom [60 1 :db.type/symbol 536870912 true]
#datahike/Datom [60 1 :db.type/long 536870912 false]
#datahike/Datom [536870912 9 #inst "1970-01-01T00:00:00.000-00:00" 536870912 true]
)";
  // In the order of entities: a datom may come before its attribute's name, and a name before another one.
  std::string const users = R"(#datahike/Datom [40 41 "Ivan" 536870914 true]
#datahike/Datom [40 42 43 536870914 true]
#datahike/Datom [41 1 :label 536870913 true]
#datahike/Datom [41 1 :label 536870915 false]
#datahike/Datom [41 1 :name 536870915 true]
#datahike/Datom [41 2 26 536870913 true]
#datahike/Datom [41 3 11 536870913 true]
#datahike/Datom [41 6 32 536870913 true]
#datahike/Datom [42 1 :friend 536870913 true]
#datahike/Datom [42 2 25 536870913 true]
#datahike/Datom [42 3 10 536870913 true]
#datahike/Datom [43 41 "Petra" 536870914 true]
#datahike/Datom [44 1 :unused 536870913 true]
#datahike/Datom [44 2 24 536870913 true]
#datahike/Datom [44 3 11 536870913 true]
#datahike/Datom [536870913 9 #inst "2020-01-01T00:00:00.000-00:00" 536870913 true]
#datahike/Datom [536870914 9 #inst "2020-01-02T00:00:00.000-00:00" 536870914 true]
#datahike/Datom [536870915 9 #inst "2020-01-03T00:00:00.000-00:00" 536870915 true]
)";
  for (auto const& text : {system + users, users}) {
    OnMem to;
    import_datahike<mem::Backend>(to.config(), out_of(text));
    auto conn = Memory::connect(to.config());
    CHECK_NOTHROW(verify(conn.db()));
    CHECK_FALSE(conn.db().options().attribute_refs);
    CHECK(conn.db().options().schema_flexibility == SchemaFlexibility::write);
    CHECK(notation::write(q(conn.db(), "[:find ?n ?m :where [?e :friend ?f] [?e :name ?n] [?f :name ?m]]").to_edn()) == R"(#{["Ivan" "Petra"]})");
    CHECK(notation::write(q(conn.db(), "[:find ?e . :where [?e :db/ident :name] [?e :db/valueType :db.type/string] [?e :db/unique :db.unique/identity]]").to_edn()) == "41");
    CHECK(conn.db().schema().find(Keyword{":friend"})->is_many());
    CHECK(conn.db().schema().find(Keyword{":unused"}) != nullptr);
    CHECK(conn.db().schema().find(Keyword{":label"}) == nullptr);
    CHECK(conn.db().schema().find(Keyword{":cairn.import/41"}) == nullptr);
    CHECK(conn.db().transaction_at(Instant{1'577'923'200'000}) == first_transaction + 1);
    CHECK_NOTHROW(conn.transact(R"([{:name "Ivan" :unused 1}])"));
  }
  // What the export says of an entity beyond those that every database begins with; and the last of these, in a schema that has tuples.
  contains(refusal(users + "[45 1 :y 536870913 true] [45 2 60 536870913 true]"), "the entity 60 is no type, cardinality or uniqueness");
  CHECK(imported(system + users + "[45 1 :y 536870913 true] [45 2 60 536870913 true] [46 45 sym 536870913 true]") ==
        imported(users + "[45 1 :y 536870913 true] [45 2 27 536870913 true] [46 45 sym 536870913 true]"));
  CHECK(imported("[45 1 :t 536870913 true] [45 2 38 536870913 true] [45 3 11 536870913 true] [45 35 24 536870913 true] [46 45 [1 2] 536870913 true] "
                 "[536870913 9 #inst \"2020-01-01\" 536870913 true]") ==
        imported("[45 :db/ident :t 536870913 true] [45 :db/valueType :db.type/tuple 536870913 true] [45 :db/cardinality :db.cardinality/one 536870913 true] "
                 "[45 :db/tupleType :db.type/long 536870913 true] [46 :t [1 2] 536870913 true] [536870913 :db/txInstant #inst \"2020-01-01\" 536870913 true]"));
  contains(refusal("[38 1 :name 536870913 true]"), "is called anew, which is Datahike's own :db.type/tuple");
  CHECK(refusal("[39 1 :name 536870913 true]") == "none");
  auto const code = [](std::string const& text) {
    return code_of([&] { import_datahike<mem::Backend>(OnMem{}.config(), out_of(text)); });
  };
  CHECK(code(users + "[40 45 1 536870914 true]") == Errc::edn_syntax);               // which nothing names
  CHECK(code(users + "[40 :name \"Oleg\" 536870914 true]") == Errc::edn_syntax);     // a number there and a name here
  CHECK(code(users + "[44 2 77 536870914 true]") == Errc::edn_syntax);               // no type
  CHECK(code("[1 2 3 4 true]") == Errc::edn_syntax);
  CHECK(code("[34 1 :name 536870913 true]") == Errc::edn_syntax);                    // which is :db/isComponent, or was not there yet
}

TEST_CASE("what is imported is of its attribute's type") {
  std::string const schema = R"([1 :db/ident :n 536870913 true] [1 :db/valueType :db.type/bigint 536870913 true] [1 :db/cardinality :db.cardinality/one 536870913 true]
)";
  OnMem to;
  import_datahike<mem::Backend>(to.config(), out_of(schema + "[2 :n 5 536870914 true] [3 :n 6N 536870914 true]"));
  auto const db = Memory::connect(to.config()).db();
  CHECK((*db.datoms(eavt, 2, ":n").begin()).v == Value{BigInt{"5"}});
  CHECK(notation::write(q(db, "[:find ?n . :where [2 :n ?n]]").to_edn()) == "5N");
  auto const code = [](std::string const& text) {
    OnMem there;
    return code_of([&] { import_datahike<mem::Backend>(there.config(), out_of(text)); });
  };
  CHECK(code(schema + "[2 :n \"5\" 536870914 true]") == Errc::transact_schema);
  CHECK(code("[1 :db/ident :r 536870913 true] [1 :db/valueType :db.type/ref 536870913 true] [2 :untyped 1 536870914 true] [2 :r \"5\" 536870914 true]") ==
        Errc::transact_schema);
}

/// A value in CBOR and the same in EDN, of the attribute that has its type.
struct Pair {
  std::string_view attribute;
  std::string_view cbor;
  std::string_view edn;
};

TEST_CASE("what Datahike exports in CBOR is what it exports in EDN") {
  constexpr std::array pairs{
      Pair{":b", "f5", "true"},
      Pair{":b", "f4", "false"},
      Pair{":l", "00", "0"},
      Pair{":l", "1903e8", "1000"},
      Pair{":l", "3b 7fffffffffffffff", "-9223372036854775808"},
      Pair{":d", "f9 0000", "0.0"},  // clj-cbor writes these as half floats, whatever they were
      Pair{":d", "f9 7c00", "##Inf"},
      Pair{":d", "f9 fc00", "##-Inf"},
      Pair{":d", "f9 7e00", "##NaN"},
      Pair{":d", "f9 3e00", "1.5"},
      Pair{":d", "f9 8001", "-5.9604644775390625E-8"},
      Pair{":d", "fb 3fb999999999999a", "0.1"},
      Pair{":d", "fb bff8000000000000", "-1.5"},
      Pair{":f", "fa 3fc00000", "1.5"},
      Pair{":f", "fa 3dcccccd", "#datahike/float \"0.1\""},
      Pair{":f", "f9 0000", "#datahike/float \"0.0\""},
      Pair{":f", "f9 fc00", "#datahike/float \"-Infinity\""},
      Pair{":f", "fa 7f7fffff", "#datahike/float \"3.4028235E38\""},
      Pair{":n", "05", "5N"},
      Pair{":n", "1b ffffffffffffffff", "18446744073709551615N"},
      Pair{":n", "3b ffffffffffffffff", "-18446744073709551616N"},
      Pair{":n", "c2 4d 018ee90ff6c373e0ee4e3f0ad2", "123456789012345678901234567890N"},
      Pair{":n", "c2 49 00 fffffffffffffffe", "18446744073709551614N"},  // as Java's toByteArray has it
      Pair{":n", "c3 49 01 0000000000000000", "-18446744073709551617N"},
      Pair{":n", "c3 41 ff", "-256N"},
      Pair{":n", "c2 40", "0N"},
      Pair{":n", "c3 40", "-1N"},
      Pair{":m", "c4 82 21 1896", "1.50M"},
      Pair{":m", "c4 82 20 0f", "1.5M"},
      Pair{":m", "c4 82 21 24", "-0.05M"},
      Pair{":m", "c4 82 03 01", "1E+3M"},
      Pair{":m", "c4 82 00 c2 49 010000000000000000", "18446744073709551616M"},
      Pair{":m", "c4 82 27 17", "2.3E-7M"},
      Pair{":m", "c4 82 1a 000f423f 01", "1E+999999M"},
      Pair{":i", "c1 fb 41d782f84007df3b", "#inst \"2020-01-01T00:00:00.123-00:00\""},
      Pair{":i", "c1 1a 5e0be100", "#inst \"2020-01-01\""},
      Pair{":i", "c1 fb 3ff004189374bc6a", "#inst \"1970-01-01T00:00:01.001\""},  // times 1000 a bit less than 1001
      Pair{":i", "c1 fb 4331c37937e08000", "#inst \"+158445662-07-14T08:53:20\""},
      Pair{":i", "c1 fa 3fc00000", "#inst \"1970-01-01T00:00:01.5\""},
      Pair{":i", "c1 20", "#inst \"1969-12-31T23:59:59\""},
      Pair{":i", "c1 fb bf50624dd2f1a9fc", "#inst \"1969-12-31T23:59:59.999\""},
      Pair{":i", "c1 f9 0000", "#inst \"1970-01-01\""},
      Pair{":i", "c0 74 '2026-01-01T00:00:00Z'", "#inst \"2026-01-01\""},
      Pair{":i", "c0 78 18 '1969-12-31T23:59:59.998Z'", "#inst \"1969-12-31T23:59:59.998\""},
      Pair{":u", "d825 50 00000000 0000 0000 0000 000000000001", "#uuid \"00000000-0000-0000-0000-000000000001\""},
      Pair{":s", "60", "\"\""},
      Pair{":s", "65 'a b' c3ab", "\"a bë\""},
      Pair{":k", "d827 63 ':kw'", ":kw"},
      Pair{":k", "d827 66 ':ns/kw'", ":ns/kw"},
      Pair{":y", "d827 63 'sym'", "sym"},
      Pair{":x", "44 00017fff", "#datahike/bytes \"AAF//w==\""},
      Pair{":x", "40", "#datahike/bytes \"\""},
      Pair{":r", "01", "1"},
      Pair{":r", "1a 20000001", "536870913"},
      Pair{":untyped", "83 01 f6 d827 62 ':a'", "[1 nil :a]"},  // with which the database has no schema on write
      Pair{":untyped", "81 fa 3fc00000", "[#datahike/float \"1.5\"]"},
  };
  for (std::size_t size : {pairs.size(), pairs.size() - 2}) {
    auto edn = schema_in_edn();
    auto cbor = schema_in_cbor();
    std::int64_t e = 100;
    for (auto const& pair : std::span{pairs}.first(size)) {
      CAPTURE(pair.cbor);
      ++e;
      edn += "[" + std::to_string(e) + " " + std::string{pair.attribute} + " " + std::string{pair.edn} + " 536870914 true]\n";
      cbor += in_cbor(e, pair.attribute, bytes(pair.cbor));
      auto const both = std::pair{imported(schema_in_cbor() + in_cbor(e, pair.attribute, bytes(pair.cbor))),
                                  imported(schema_in_edn() + "[" + std::to_string(e) + " " + std::string{pair.attribute} + " " + std::string{pair.edn} + " 536870914 true]")};
      CHECK(both.first == both.second);
      CHECK(both.first.find("[" + std::to_string(e) + " ") != std::string::npos);
    }
    CHECK(imported(cbor) == imported(edn));
  }
}

TEST_CASE("a history that Datahike exports in CBOR, sorted by transactions, without what a database begins with") {
  // As clj-cbor writes what export-db gives it: [e a v tx added].
  auto const text = bytes(R"(
    85 01 d827 69':db/ident' d827 65':name' 1a20000001 f5
    85 01 d827 6d':db/valueType' d827 6f':db.type/string' 1a20000001 f5
    85 01 d827 6f':db/cardinality' d827 73':db.cardinality/one' 1a20000001 f5
    85 1a20000001 d827 6d':db/txInstant' c1 fb41d782f840000000 1a20000001 f5
    85 02 d827 65':name' 64'Ivan' 1a20000002 f5
    85 1a20000002 d827 6d':db/txInstant' c1 fb41d782fe1c000000 1a20000002 f5
    85 02 d827 65':name' 64'Ivan' 1a20000003 f4
    85 02 d827 65':name' 64'Oleg' 1a20000003 f5
    85 1a20000003 d827 6d':db/txInstant' c1 fb41d78303f8000000 1a20000003 f5)");
  constexpr auto same = R"(#datahike/Datom [1 :db/ident :name 536870913 true]
#datahike/Datom [1 :db/valueType :db.type/string 536870913 true]
#datahike/Datom [1 :db/cardinality :db.cardinality/one 536870913 true]
#datahike/Datom [2 :name "Ivan" 536870914 true]
#datahike/Datom [2 :name "Ivan" 536870915 false]
#datahike/Datom [2 :name "Oleg" 536870915 true]
#datahike/Datom [536870913 :db/txInstant #inst "2020-01-01T00:00:00.000-00:00" 536870913 true]
#datahike/Datom [536870914 :db/txInstant #inst "2020-01-01T01:40:00.000-00:00" 536870914 true]
#datahike/Datom [536870915 :db/txInstant #inst "2020-01-01T03:20:00.000-00:00" 536870915 true]
)";
  CHECK(imported(text) == imported(std::string{same}));
  CHECK(imported(text + bytes("84 03 d827 65':name' 64'Vera' 1a20000003")) == imported(same + std::string{"[3 :name \"Vera\" 536870915]"}));
  // Attributes are numbers with :attribute-refs? true, and so are types.
  auto const numbers = bytes(R"(
    85 1828 01 d827 65':name' 1a20000001 f5
    85 1828 02 181a 1a20000001 f5
    85 1828 03 0b 1a20000001 f5
    85 1a20000001 09 c1 fb41d782f840000000 1a20000001 f5
    85 1829 1828 64'Ivan' 1a20000001 f5)");
  constexpr auto same_numbers = R"([40 :db/ident :name 536870913 true] [40 :db/valueType :db.type/string 536870913 true]
[40 :db/cardinality :db.cardinality/one 536870913 true] [536870913 :db/txInstant #inst "2020-01-01" 536870913 true] [41 :name "Ivan" 536870913 true])";
  CHECK(imported(numbers) == imported(std::string{same_numbers}));
}

TEST_CASE("a datom of any size is read, wherever it is cut into pieces") {
  auto edn = schema_in_edn();
  auto cbor = schema_in_cbor();
  std::int64_t e = 100;
  for (std::size_t const size : {std::size_t{65'500}, std::size_t{65'536}, std::size_t{70'000}, std::size_t{1}, std::size_t{300'000}}) {
    std::string const text(size, 'x');
    edn += "[" + std::to_string(++e) + " :s \"" + text + "\" 536870914 true]\n";
    cbor += in_cbor(e, ":s", text_of(text));
  }
  CHECK(imported(cbor) == imported(edn));
}

TEST_CASE("as large an integer as is read from CBOR is the number that it is, and EDN has larger ones") {
  // 256^4095 and -256^4095; of a negative number what -1 less the number is was written.
  std::string digits = "1";
  for (int i = 0; i != 4095; i += 3) {
    unsigned carry = 0;
    for (auto digit = digits.rbegin(); digit != digits.rend(); ++digit) {
      carry += static_cast<unsigned>(*digit - '0') * (1U << 24U);
      *digit = static_cast<char>('0' + carry % 10);
      carry /= 10;
    }
    if (carry != 0) digits.insert(0, std::to_string(carry));
  }
  auto const edn = [&](std::string_view attribute, std::string const& number) { return schema_in_edn() + "[100 " + std::string{attribute} + " " + number + " 536870914 true]\n"; };
  auto const cbor = [&](std::string_view attribute, std::string const& value) { return schema_in_cbor() + in_cbor(100, attribute, bytes(value)); };
  CHECK((imported(cbor(":n", "c2 59 1000 01" + std::string(std::size_t{2} * 4095, '0'))) == imported(edn(":n", digits + "N"))));
  CHECK((imported(cbor(":n", "c3 59 0fff" + std::string(std::size_t{2} * 4095, 'f'))) == imported(edn(":n", "-" + digits + "N"))));
  CHECK((imported(cbor(":m", "c4 82 00 c2 59 1000 01" + std::string(std::size_t{2} * 4095, '0'))) == imported(edn(":m", digits + "M"))));
  CHECK(imported(edn(":n", std::string(100'000, '9') + "N")).find(std::string(100'000, '9')) != std::string::npos);
}

TEST_CASE("CBOR that is no export is refused with the datom, and takes no more than it has") {
  auto const schema = schema_in_cbor();
  auto const with = [&](std::string_view value) { return schema + in_cbor(100, ":l", bytes(value)); };
  auto const first_of_all = "Datom 42 of the export cannot be taken: ";
  struct Case {
    std::string_view value;
    std::string_view why;
  };
  constexpr std::array cases{
      Case{"d856 58 10 000000000000f03f 0000000000000040", "an array of numbers"},  // double[]
      Case{"d855 44 0000803f", "an array of numbers"},                              // float[]
      Case{"a1 01 02", "no value of a datom"},
      Case{"d90102 81 01", "tag 258"},
      Case{"d9d9f7 01", "tag 55799"},
      Case{"d81e 82 01 02", "a ratio"},
      Case{"d81b 82 6c'clojure/char' 61'a'", "an object"},
      Case{"d81b 83 01 02 03", "an object"},
      Case{"d81b 82 61'x' a1 d827 66':ident' d827 6e':db.type/string'", "an object"},
      Case{"d81b 82 78 1c 'datahike.migrate.cbor.SysRef' a1 d827 62':x' d827 6e':db.type/string'", "an object"},
      Case{"81 d81b 82 78 1c 'datahike.migrate.cbor.SysRef' a1 d827 66':ident' d827 6e':db.type/string'", "an object"},  // in a tuple
      Case{"d81b 82 78 1c 'datahike.migrate.cbor.SysRef' a1 d827 66':ident' d827 6f':db.type/string'", "refers to Datahike's own entity :db.type/string"},
      Case{"d81b 82 78 1c 'datahike.migrate.cbor.SysRef' a1 d827 66':ident' 01", "no name"},
      Case{"d81b 82 78 1c 'datahike.migrate.cbor.SysRef' a2 d827 66':ident' 01 02 03", "an object"},
      Case{"f6", "nil"},
      Case{"f7", "no value of a datom"},
      Case{"f8 c8", "no value of a datom"},
      Case{"ff", "no length"},
      Case{"9f 01 ff", "no length"},
      Case{"7f 61'a' ff", "no length"},
      Case{"1c", "no length"},
      Case{"61 ff", "not UTF-8"},
      Case{"d827 62 3aff", "not UTF-8"},
      Case{"d827 41 3a", "of another type"},
      Case{"d825 41 00", "16 bytes"},
      Case{"c2 61'a'", "of another type"},
      Case{"c4 81 01", "no exponent with digits"},
      Case{"c4 82 1a 000f4240 01", "exponent is out of range"},
      Case{"c4 82 3a 000f423f 01", "exponent is out of range"},
      Case{"c4 82 1b 7fffffffffffffff 01", "exponent is out of range"},
      Case{"c4 82 3b 7fffffffffffffff 01", "exponent is out of range"},
      Case{"c4 82 1b ffffffffffffffff 01", "exponent is out of range"},
      Case{"c4 82 01 f9 0000", "not made of integers"},
      Case{"c4 82 01 c4 82 01 01", "not made of integers"},
      Case{"c1 1b 0fffffffffffffff", "instant is out of range"},
      Case{"c1 3b 0fffffffffffffff", "instant is out of range"},
      Case{"c1 1b ffffffffffffffff", "not made of seconds"},
      Case{"c1 fb 7ff0000000000000", "instant is out of range"},
      Case{"c1 fb 7ff8000000000000", "instant is out of range"},
      Case{"c1 fb 4341c37937e08000", "instant is out of range"},  // 1e16 seconds
      Case{"c1 c1 01", "not made of seconds"},
      Case{"c1 63'now'", "not made of seconds"},
      Case{"c0 63'now'", "no instant"},
      Case{"c0 63 'n' c3 'w'", "not UTF-8"},
      Case{"c0 01", "of another type"},
      Case{"1b ffffffffffffffff", ""},  // a bigint, of a long's attribute
  };
  for (auto const& [value, why] : cases) {
    CAPTURE(value);
    auto const error = refusal(with(value));
    contains(error, why);
    if (!why.empty()) contains(error, first_of_all);
    if (why.empty()) contains(error, "which holds :db.type/long");
  }
  // What claims to be long is not there.
  for (auto const* claim : {"5b 7fffffffffffffff", "7b ffffffffffffffff", "9b 00ffffffffffffff", "9a ffffffff", "c2 5a ffffffff", "d827 7a ffffffff", "d81b 9b 7fffffffffffffff"}) {
    CAPTURE(claim);
    contains(refusal(schema + bytes("85 01") + keyword_of(":l") + bytes(claim)), first_of_all);
  }
  for (auto const* begin : {"c2 59 1001", "c3 59 1001", "c4 82 00 c2 59 1001", "c4 82 00 c3 59 1001"}) {
    CAPTURE(begin);
    contains(refusal(with(begin + std::string(2 * 4097, 'f'))), "an integer has more than 4096 bytes");
  }
  std::string deep;
  for (int i = 0; i != 100'000; ++i) deep += "81";
  contains(refusal(with(deep)), "too deep");
  std::string nested;
  for (int i = 0; i != 100'000; ++i) nested += "c48201";
  contains(refusal(with(nested)), "not made of integers");
  // The datom itself.
  for (auto const* datom : {"80", "83 01 02 03", "86 01 02 03 04 f5 01", "85 f5 d827 62':l' 01 1a20000002 f5", "85 01 62':l' 01 1a20000002 f5", "85 01 d827 61'l' 01 1a20000002 f5",
                            "85 01 d827 62':l' 01 f5 f5", "85 01 d827 62':l' 01 1a20000002 01", "85 01 d827 62':l' 01 1a20000002 f6", "85 01 d827 62':l' 01 02 f5", "85 00 d827 62':l' 01 1a20000002 f5",
                            "85 01 d827 62':l' 01 1b ffffffffffffffff f5", "85 01 01 01 1a20000002 f5", "01", "f6", "a0", "d9d9f7 80"}) {
    CAPTURE(datom);
    contains(refusal(schema + bytes(datom)), first_of_all);
  }
  // What is no datom is seen where it begins, however much stands behind it.
  RestoreOptions const how;
  detail::ImportedHistory history{how};
  std::size_t taken = 0;
  detail::DumpInput in{[&](std::span<std::byte> room) {
                         std::ranges::fill(room, std::byte{0x81});
                         taken += room.size();
                         return room.size();
                       },
                       std::size_t{1} << 24U};
  CHECK(code_of([&] { detail::read_datahike(in, history); }) == Errc::edn_syntax);
  CHECK(taken < std::size_t{1} << 20U);
  // An end anywhere but between two datoms.
  auto const whole = with("c4 82 21 1896");
  for (std::size_t size = schema.size() + 1; size != whole.size(); ++size) contains(refusal(whole.substr(0, size)), "it ends inside an item");
}

constexpr std::string_view manifest_begin = "{:datahike.migrate/format-version 1, :history? true, ";

TEST_CASE("what Datahike exported in lines of EDN behind a manifest is read") {
  std::string const lines = R"([536870913 :db/txInstant #inst "2020-01-01T00:00:00.000-00:00" 536870913 true]
[40 :db/ident :f 536870913 true]
[40 :db/valueType #datahike/sysref :db.type/float 536870913 true]
[40 :db/cardinality #datahike/sysref :db.cardinality/many 536870913 true]
[41 :f #datahike/float "1.5" 536870913 true]
[41 :f #datahike/float "NaN" 536870913 true]
)";
  std::string const plain = R"([536870913 :db/txInstant #inst "2020-01-01" 536870913 true] [40 :db/ident :f 536870913 true] [40 :db/valueType :db.type/float 536870913 true]
[40 :db/cardinality :db.cardinality/many 536870913 true] [41 :f 1.5 536870913 true] [41 :f ##NaN 536870913 true])";
  auto const manifest = [](std::string_view count) {
    return std::string{manifest_begin} + ":serialization :edn-lines, :datahike-version nil, :system-idents {1 :db/ident, 20 :db.type/float}, :stats {:datom-count " +
           std::string{count} + "}, :chunks [{:file \"dump.edn\", :count " + std::string{count} + ", :bytes 1, :sha256 \"00\"}]}\n";
  };
  CHECK(imported(manifest("6") + lines) == imported(plain));
  contains(refusal(manifest("7") + lines), "The export has 6 datoms, and the export's manifest says 7");
  contains(refusal(manifest("6") + lines + "[41 :f #datahike/farray \"AAAA\" 536870913 true]"), "Line 8 of the export cannot be taken: #datahike/farray is no value of a datom");
  for (auto const* value : {"#datahike/darray \"AAAA\"", "#datahike/float \"x\"", "#datahike/float 1.5", "#datahike/bytes \"*\"", "#datahike/sysref :db.type/float", "#datahike/sysref 1",
                            "[#datahike/sysref :db.type/float]", "#unknown 1", "{}"}) {
    CAPTURE(value);
    contains(refusal(manifest("7") + lines + "[41 :f " + value + " 536870913 true]"), "Line 8 of the export cannot be taken: ");
  }
  contains(refusal(manifest("7") + lines + "[41 :f #datahike/sysref 1 536870913 true]"), "#datahike/sysref is no value of a datom");
  // An entity that only the manifest knows.
  auto const named = std::string{manifest_begin} + ":serialization :edn-lines :system-idents {90 :db.type/float} :chunks [{:file \"dump.edn\" :count 6}]}\n";
  auto numbered = lines;
  numbered.replace(numbered.find("#datahike/sysref :db.type/float"), std::string_view{"#datahike/sysref :db.type/float"}.size(), "90");
  CHECK(imported(named + numbered) == imported(plain));
  contains(refusal(manifest("6") + numbered), "the entity 90 is no type");
  for (auto const* form : {":serialization :edn-lines :compression :gzip :chunks [{:file \"dump.edn\" :count 6}]}\n",
                           ":serialization :edn-lines :chunks [{:file \"dump.edn\" :count 3} {:file \"more.edn\" :count 3}]}\n"}) {
    contains(refusal(std::string{manifest_begin} + form + lines), "The export is a manifest alone");
  }
  contains(refusal(std::string{manifest_begin} + ":serialization :edn-lines :chunks []}\n" + lines), "The export has 6 datoms, and the export's manifest says 0");
  // One behind which CBOR follows.
  auto const cbor = std::string{manifest_begin} + ":serialization :cbor-seq, :chunks [{:file \"dump.cbor\", :count 43}]}\n";
  CHECK(imported(cbor + schema_in_cbor() + in_cbor(99, ":l", bytes("01")) + in_cbor(99, ":l", bytes("02"))) ==
        imported(schema_in_edn() + "[99 :l 1 536870914 true] [99 :l 2 536870914 true]"));
}

/// A directory with those files.
struct Exported {
  cairn::test::TemporaryDirectory place{};
  [[nodiscard]] std::string path() const { return (place.path() / "export").string(); }
  Exported() { std::filesystem::create_directory(path()); }
  void put(std::string const& name, std::string_view text) const {
    std::ofstream out{path() + "/" + name, std::ios::binary};
    out.write(text.data(), static_cast<std::streamsize>(text.size()));
  }
  [[nodiscard]] std::string refused() const {
    return refusal([&] { return DatahikeDirectory{path()}; });
  }
};

/// The end of a manifest: chunks, with how many datoms each has.
std::string chunks(std::vector<std::pair<std::string, std::size_t>> const& all) {
  std::string made = ":chunks [";
  std::size_t sum = 0;
  for (auto const& [file, count] : all) {
    made += "{:file \"" + file + "\", :count " + std::to_string(count) + ", :bytes 1, :sha256 \"00\"} ";
    sum += count;
  }
  return made + "], :stats {:datom-count " + std::to_string(sum) + ", :max-eid 1}}";
}

TEST_CASE("the directories that Datahike exports to are read") {
  auto const expected = imported(schema_in_edn() + "[99 :l 1 536870914 true] [99 :l 2 536870914 true]");
  Exported edn;
  edn.put("manifest.edn", std::string{manifest_begin} + ":serialization :edn-lines " + chunks({{"datoms-000001.edn", 41}, {"datoms-000002.edn", 2}}));
  edn.put("datoms-000001.edn", schema_in_edn());
  edn.put("datoms-000002.edn", "[99 :l 1 536870914 true]\n[99 :l 2 536870914 true]\n");
  CHECK(imported(DatahikeDirectory{edn.path()}) == expected);
  edn.put("manifest.edn", std::string{manifest_begin} + ":serialization :edn-lines :system-idents {90 :db.type/long} " + chunks({{"datoms-000001.edn", 41}, {"datoms-000002.edn", 4}}));
  edn.put("datoms-000002.edn", "[99 :l 1 536870914 true]\n[99 :l 2 536870914 true]\n[50 :db/ident :z 536870914 true]\n[50 :db/valueType 90 536870914 true]\n");
  CHECK(imported(DatahikeDirectory{edn.path()}) == imported(schema_in_edn() + "[99 :l 1 536870914 true] [99 :l 2 536870914 true] [50 :db/ident :z 536870914 true] "
                                                                              "[50 :db/valueType :db.type/long 536870914 true]"));
  edn.put("datoms-000002.edn", "[99 :l 1 536870914 true]\n[99 :l x 536870914 true]\n[99 l");
  contains(edn.refused(), "Line 3 of datoms-000002.edn cannot be taken");

  Exported cbor;
  std::string const begin = std::string{manifest_begin} +
                            ":serialization :cbor-seq, :datahike/meta {:datahike/version \"0.8\" :created-at #inst \"2026-01-01\"}, :requires [:datahike.migrate/attribute-refs "
                            ":datahike.migrate/cbor-seq :datahike.migrate/history :db.type/long :db.type/valueType], :source-config {:attribute-refs? true}, :schema {}, "
                            ":system-idents {2 :db/valueType}, :semantic-digest {:xor 1N}, :store-refs nil, ";
  cbor.put("manifest.edn", begin + chunks({{"datoms-000001.cbor", 41}, {"datoms-000002.cbor", 2}}));
  cbor.put("datoms-000001.cbor", schema_in_cbor());
  auto const last = in_cbor(99, ":l", bytes("01")) + in_cbor(99, ":l", bytes("02"));
  cbor.put("datoms-000002.cbor", last);
  CHECK(imported(DatahikeDirectory{cbor.path()}) == expected);
  cbor.put("datoms-000002.cbor", last + last);
  contains(cbor.refused(), "datoms-000002.cbor has 4 datoms, and the export's manifest says 2");
  cbor.put("datoms-000002.cbor", last.substr(0, last.size() - 1));
  contains(cbor.refused(), "Datom 2 of datoms-000002.cbor cannot be taken: it ends inside an item");
  // A type, by the name of its entity, as where attributes are entities.
  auto const reference = bytes("d81b 82 78 1c 'datahike.migrate.cbor.SysRef' a1 d827 66':ident' d827 6d':db.type/long'");
  cbor.put("manifest.edn", begin + chunks({{"datoms-000001.cbor", 41}, {"datoms-000002.cbor", 5}}));
  cbor.put("datoms-000002.cbor", last + in_cbor(50, ":db/ident", keyword_of(":z"), 536870913) + in_cbor(50, ":db/valueType", reference, 536870913) +
                                     in_cbor(50, ":db/cardinality", number_of(10), 536870913));
  CHECK(imported(DatahikeDirectory{cbor.path()}) ==
        imported(schema_in_edn() + "[99 :l 1 536870914 true] [99 :l 2 536870914 true] [50 :db/ident :z 536870913 true] [50 :db/valueType :db.type/long 536870913 true] "
                                   "[50 :db/cardinality :db.cardinality/many 536870913 true]"));
}

TEST_CASE("a manifest that needs more than is known, or leads elsewhere, is refused") {
  Exported there;
  auto const manifest = [&](std::string_view text) {
    there.put("manifest.edn", text);
    return there.refused();
  };
  contains(there.refused(), "is no export of Datahike's: it has no manifest.edn");
  std::string const begin{manifest_begin};
  there.put("datoms-000001.cbor", "");
  CHECK(manifest(begin + ":serialization :cbor-seq " + chunks({{"datoms-000001.cbor", 0}})) == "none");
  CHECK(manifest(begin + ":serialization :cbor-seq :requires nil :system-idents nil :compression :none " + chunks({})) == "none");
  contains(manifest("{:datahike.migrate/format-version 0 :serialization :cbor-seq " + chunks({})), "is of the format 0");
  contains(manifest("{:datahike.migrate/format-version 2 :serialization :cbor-seq " + chunks({})), "is of the format 2");
  contains(manifest("{:serialization :cbor-seq " + chunks({})), "does not say :datahike.migrate/format-version");
  contains(manifest(begin + chunks({})), "does not say :serialization");
  contains(manifest(begin + ":serialization :fressian " + chunks({})), "is written with :serialization :fressian");
  contains(manifest(begin + ":serialization :cbor-seq :compression :zstd " + chunks({})), "is written with :compression :zstd");
  contains(manifest(begin + ":serialization :cbor-seq :requires [:db.type/long :db.type/store-ref :datahike.migrate/store-ref-blobs 1] " + chunks({})),
           "has what is not known here: :db.type/store-ref, :datahike.migrate/store-ref-blobs, 1");
  contains(manifest(begin + ":serialization :cbor-seq :requires [:db.type/float-array] " + chunks({})), ":db.type/float-array");
  contains(manifest(begin + ":serialization :cbor-seq}"), ":chunks is no vector");
  contains(manifest(begin + ":serialization :cbor-seq :chunks [1]}"), "does not say its :file and :count");
  contains(manifest(begin + ":serialization :cbor-seq :chunks [{:file \"datoms-000001.cbor\" :count -1}]}"), "does not say its :file and :count");
  contains(manifest(begin + ":serialization :cbor-seq :chunks [] :stats {:datom-count 1}}"), "its :datom-count is 1");
  contains(manifest(begin + ":serialization :cbor-seq :requires {} " + chunks({})), ":requires is no vector");
  contains(manifest(begin + ":serialization :cbor-seq :system-idents {1 2} :chunks []}"), ":system-idents does not say");
  contains(manifest(begin + ":serialization :cbor-seq :system-idents [1 :db/ident] :chunks []}"), ":system-idents is no map");
  contains(manifest(begin), "manifest cannot be taken");
  contains(manifest("[]"), "it is no map");
  contains(manifest(""), "manifest cannot be taken");
  for (auto const* name : {"../datoms-ëëëëëëëëëëëëëëëëëëëëëëëëëëëëëëëëëëëëëëë.cbor", "../datoms-000001.cbor", "datoms-../x.cbor", "/etc/passwd", "datoms-000001.edn", "datoms-000001.cbor.gz", "datoms-01.cbor", "datoms-.cbor", "", "datoms-000001.cbor/..",
                           "datoms-00000\\n.cbor", "datoms-000001"}) {
    CAPTURE(name);
    contains(manifest(begin + ":serialization :cbor-seq " + chunks({{name, 0}})), "is no name of a chunk");
  }
  contains(manifest(begin + ":serialization :cbor-seq " + chunks({{"datoms-000001.cbor", 0}, {"datoms-000001.cbor", 0}})), "does not follow the chunk before it");
  contains(manifest(begin + ":serialization :cbor-seq " + chunks({{"datoms-1000000.cbor", 0}, {"datoms-999999.cbor", 0}})), "does not follow the chunk before it");
  contains(manifest(begin + ":serialization :cbor-seq " + chunks({{"datoms-000007.cbor", 0}})), "could not be opened");
  // What is no file is not followed, and not waited for.
  std::filesystem::create_symlink(there.path() + "/datoms-000001.cbor", there.path() + "/datoms-000002.cbor");
  contains(manifest(begin + ":serialization :cbor-seq " + chunks({{"datoms-000002.cbor", 0}})), "could not be opened");
  REQUIRE(::mkfifo((there.path() + "/datoms-000003.cbor").c_str(), 0600) == 0);
  contains(manifest(begin + ":serialization :cbor-seq " + chunks({{"datoms-000003.cbor", 0}})), "is no file");
  std::filesystem::create_directory(there.path() + "/datoms-000004.cbor");
  contains(manifest(begin + ":serialization :cbor-seq " + chunks({{"datoms-000004.cbor", 0}})), "is no file");
  std::filesystem::rename(there.path() + "/manifest.edn", there.path() + "/other.edn");
  std::filesystem::create_symlink("other.edn", there.path() + "/manifest.edn");
  contains(there.refused(), "could not be opened");
}

/// For as long as it lives, gzip is as in a program that does not include `cairn/dump/gzip.hpp`.
struct WithoutGzip {
  detail::Decompressor before = detail::decompressor.exchange(nullptr);
  WithoutGzip() = default;
  WithoutGzip(WithoutGzip const&) = delete;
  WithoutGzip& operator=(WithoutGzip const&) = delete;
  ~WithoutGzip() { detail::decompressor = before; }
};

TEST_CASE("where a program cannot read gzip, a compressed directory is refused with what to do, and that does") {
  WithoutGzip const without;
  Exported there;
  auto const manifest = [&](std::string_view compression, std::string_view file) {
    there.put("manifest.edn", std::string{manifest_begin} + ":serialization :cbor-seq :compression " + std::string{compression} + " " + chunks({{std::string{file}, 42}}));
  };
  manifest(":gzip", "datoms-000001.cbor.gz");
  auto const refused = there.refused();  // whether the chunk is there or not
  contains(refused, "The export's datoms-000001.cbor.gz is compressed with gzip");
  contains(refused, "<cairn/dump/gzip.hpp>");
  contains(refused, "find_package(cairn COMPONENTS gzip)");
  CHECK(code_of([&] { import_datahike<mem::Backend>(OnMem{}.config(), DatahikeDirectory{there.path()}); }) == Errc::store_format);
  // As after gunzip.
  there.put("datoms-000001.cbor", schema_in_cbor() + in_cbor(99, ":l", bytes("01")));
  manifest(":none", "datoms-000001.cbor");
  CHECK(imported(DatahikeDirectory{there.path()}) == imported(schema_in_edn() + "[99 :l 1 536870914 true]"));
}

}  // namespace
