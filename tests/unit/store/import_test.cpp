// Copyright the Cairn authors
// SPDX-License-Identifier: BSL-1.0
// What an import makes of a history that does not say all, and what it refuses.
#include "laws/dump.hpp"
#include "laws/temporary_directory.hpp"
#include "unit/store/on_mem.hpp"

#include <cairn/backends/mem/backend.hpp>
#include <cairn/dump/file.hpp>
#include <cairn/dump/import.hpp>

#include <catch2/catch_test_macros.hpp>

#include <memory>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace {

using namespace cairn;
using laws::dumped;
using laws::out_of;
using test::OnMem;
namespace mem = backends::mem;
using Memory = Store<mem::Backend>;

struct Imported {
  [[nodiscard]] auto db() const { return Memory::connect(to.config()).db(); }
  explicit Imported(std::string_view text, RestoreOptions const& how = {}) {
    import_datahike<mem::Backend>(to.config(), out_of(text), how);
    CHECK_NOTHROW(verify(db()));
  }
  OnMem to{};
};

/// The error that something throws, and its code.
template <class Does>
std::pair<std::string, Errc> error_of(Does does) {
  try {
    does();
  } catch (Error const& error) {
    return {error.message() + " " + error.data(), error.code()};
  }
  return {};
}
std::pair<std::string, Errc> refusal(std::string_view text) {
  return error_of([&] { import_datahike<mem::Backend>(OnMem{}.config(), out_of(text)); });
}
bool has(std::string const& text, std::string_view part) { return text.find(part) != std::string::npos; }

template <class Db>
std::string values(Db const& db, EntityId e, std::string_view attribute) {
  std::string all;
  for (auto const& datom : db.datoms(eavt, e, Keyword{attribute})) all += (all.empty() ? "" : " ") + to_text(datom.v);
  return all;
}

TEST_CASE("an attribute that nobody declared has as many values as an entity has at a time") {
  std::string const text = R"(#datahike/Datom [1 :aka "x" 536870913 true]
#datahike/Datom [1 :aka "y" 536870913 true]
#datahike/Datom [1 :name "Ivan" 536870913 true]
#datahike/Datom [1 :name "Ivan" 536870914 false]
#datahike/Datom [1 :name "Oleg" 536870914 true]
#datahike/Datom [1 :tag :a 536870913 true]
#datahike/Datom [1 :tag :b 536870914 true]
#datahike/Datom [2 :aka "z" 536870913 true]
#datahike/Datom [2 :aka "z" 536870914 false]
#datahike/Datom [3 :declared 1 536870913 true]
#datahike/Datom [3 :declared 2 536870914 true]
#datahike/Datom [4 :db/ident :declared 536870913 true]
#datahike/Datom [4 :db/cardinality :db.cardinality/one 536870913 true]
#datahike/Datom [5 :db/ident :tag 536870913 true]
#datahike/Datom [536870914 :note 1 536870914 true]
#datahike/Datom [536870914 :note 2 536870914 true]
)";
  Imported const made{text};
  auto conn = Memory::connect(made.to.config());
  auto const db = conn.db();
  CHECK(values(db, 1, ":aka") == "\"x\" \"y\"");
  CHECK(values(db, 1, ":tag") == ":a :b");  // across transactions
  CHECK(values(db, 1, ":name") == "\"Oleg\"");
  CHECK(values(db, 2, ":aka").empty());
  CHECK(values(db, 3, ":declared") == "2");
  CHECK(values(db, first_transaction + 1, ":note") == "1 2");
  auto const is_many = [&](std::string_view attribute) { return db.schema().find(Keyword{attribute})->is_many(); };
  CHECK(is_many(":aka"));
  CHECK(is_many(":tag"));
  CHECK(is_many(":note"));
  CHECK_FALSE(is_many(":name"));
  CHECK_FALSE(is_many(":declared"));
  // It is said by entities, of which one that has the name already stays.
  auto const said = [&](std::string_view attribute) { return values(db, db.schema().entity(Keyword{attribute}).value_or(0), ":db/cardinality"); };
  CHECK(said(":aka") == ":db.cardinality/many");
  CHECK(said(":note") == ":db.cardinality/many");
  CHECK(said(":tag") == ":db.cardinality/many");
  CHECK(db.schema().entity(Keyword{":tag"}) == 5);
  CHECK_FALSE(db.schema().entity(Keyword{":name"}));
  CHECK_NOTHROW(conn.transact(R"([{:db/id 1 :aka "z" :name "Petra"}])"));
  CHECK(values(conn.db(), 1, ":aka") == "\"x\" \"y\" \"z\"");
  CHECK(values(conn.db(), 1, ":name") == "\"Petra\"");
}

TEST_CASE("what does not fit in memory is seen to have many values, too") {
  std::string text;
  for (int e = 1; e != 5000; ++e) {
    text += '[' + std::to_string(e) + " :one \"some longer value of " + std::to_string(e) + "\" 536870913 true]\n";
    for (char const* value : {"x", "y"}) {
      if (e == 4000) text += '[' + std::to_string(e) + " :aka \"" + value + "\" 536870913 true]\n";
    }
  }
  Imported const made{text, {.memory = 1}};
  auto const db = made.db();
  CHECK(values(db, 4000, ":aka") == "\"x\" \"y\"");
  CHECK(db.schema().find(Keyword{":aka"})->is_many());
  CHECK_FALSE(db.schema().find(Keyword{":one"})->is_many());
  CHECK(values(db, 4999, ":one") == "\"some longer value of 4999\"");
}

constexpr std::string_view unique_name = R"([1 :db/ident :name 536870913 true] [1 :db/cardinality :db.cardinality/one 536870913 true]
[1 :db/unique :db.unique/identity 536870913 true] [1 :db/valueType :db.type/string 536870913 true]
[2 :name "Ivan" 536870913 true]
)";

TEST_CASE("two entities with one value of a unique attribute are not imported") {
  auto const [message, code] = refusal(std::string{unique_name} + "[3 :name \"Ivan\" 536870914 true]");
  CHECK(code == Errc::transact_unique);
  for (auto const* part : {":name", "\"Ivan\"", " 2 ", " 3 "}) CHECK(has(message, part));
  CHECK(refusal("[1 :db/ident :x 536870913 true] [2 :db/ident :x 536870913 true]").second == Errc::transact_unique);
  // It may have passed from one to the other.
  Imported const made{std::string{unique_name} + "[2 :name \"Ivan\" 536870914 false] [3 :name \"Ivan\" 536870914 true]"};
  CHECK(values(made.db(), 3, ":name") == "\"Ivan\"");
}

TEST_CASE("a database in which two entities have one value of a unique attribute is not sound, and is not restored") {
  OnMem from;
  Memory::create(from.config());
  auto conn = Memory::connect(from.config());
  conn.transact("[{:db/ident :n :db/valueType :db.type/long :db/cardinality :db.cardinality/one :db/index true}]");
  conn.transact("[{:db/id 7 :n 1} {:db/id 8 :n 2} {:db/id 9 :n 3}]");
  conn.transact("[{:db/id 8 :n 1} {:db/id 9 :n 2}]");
  auto const made_unique = [&] {
    auto snapshot = conn.db().snapshot();
    auto schema = *snapshot.schema;
    auto attribute = *schema.find(Keyword{":n"});
    attribute.unique = Uniqueness::value;
    schema.restore(attribute);
    snapshot.schema = std::make_shared<DatabaseSchema const>(std::move(schema));
    return decltype(conn.db()){std::move(snapshot)};
  };
  auto const check = [](std::pair<std::string, Errc> const& found) {
    CHECK(found.second == Errc::store_corrupt);
    for (auto const* part : {":n", " 7 ", " 8 ", " 1"}) CHECK(has(found.first, part));
  };
  auto const unsound = made_unique();
  check(error_of([&] { static_cast<void>(verify(unsound)); }));
  check(error_of([&] { restore<mem::Backend>(OnMem{}.config(), out_of(dumped(unsound))); }));
  check(error_of([&] { restore<mem::Backend>(OnMem{}.config(), out_of(dumped(unsound, {.encoding = DumpEncoding::cbor}))); }));
  check(error_of([&] { copy_database<mem::Backend>(unsound, OnMem{}.config()); }));
  conn.transact("[{:db/id 7 :n 5}]");  // what was is none of it
  OnMem to;
  CHECK_NOTHROW(verify(made_unique()));
  CHECK_NOTHROW(restore<mem::Backend>(to.config(), out_of(dumped(made_unique()))));
}

TEST_CASE("a transaction that a tuple refers to has its number here") {
  std::string const text = R"([1 :db/ident :by 536870913 true] [1 :db/valueType :db.type/ref 536870913 true] [1 :db/cardinality :db.cardinality/one 536870913 true]
[2 :db/ident :x 536870913 true] [2 :db/valueType :db.type/long 536870913 true] [2 :db/cardinality :db.cardinality/one 536870913 true]
[3 :db/ident :by+x 536870913 true] [3 :db/valueType :db.type/tuple 536870913 true] [3 :db/tupleAttrs [:by :x] 536870913 true] [3 :db/cardinality :db.cardinality/one 536870913 true]
[4 :db/ident :types 536870913 true] [4 :db/valueType :db.type/tuple 536870913 true] [4 :db/tupleTypes [:db.type/long :db.type/ref] 536870913 true] [4 :db/cardinality :db.cardinality/one 536870913 true]
[6 :db/ident :type 536870913 true] [6 :db/valueType :db.type/tuple 536870913 true] [6 :db/tupleType :db.type/ref 536870913 true] [6 :db/cardinality :db.cardinality/one 536870913 true]
[5 :by 536870914 536870914 true] [5 :x 536870914 536870914 true] [5 :by+x [536870914 536870914] 536870914 true]
[5 :types [536870913 536870913] 536870914 true] [5 :type [536870914 2 nil] 536870914 true]
[7 :x 7 536870914 true] [7 :by+x [nil 7] 536870914 true]
)";
  Imported const made{text};
  auto const db = made.db();
  CHECK(values(db, 5, ":by") == "281474976710658");
  CHECK(values(db, 5, ":by+x") == "[281474976710658 536870914]");
  CHECK(values(db, 5, ":types") == "[536870913 281474976710657]");
  CHECK(values(db, 5, ":type") == "[281474976710658 2 nil]");
  CHECK(values(db, 7, ":by+x") == "[nil 7]");
}

TEST_CASE("numbers that JSON has not, in DataScript's") {
  auto const datom = [](std::string_view value) {
    return R"({"attrs":[":a"],"eavt":[[1,0,)" + std::string{value} + ",1]]}";
  };
  auto const value = [&](std::string_view text) {
    OnMem to;
    import_datascript<mem::Backend>(to.config(), out_of(datom(text)));
    return values(Memory::connect(to.config()).db(), 1, ":a");
  };
  CHECK(value("[2]") == "##Inf");
  CHECK(value("[3]") == "##-Inf");
  CHECK(value("[4]") == "##NaN");
  auto const [message, code] = error_of([&] { value("[5]"); });
  CHECK(code == Errc::edn_syntax);
  CHECK(has(message, "a value of the kind 5"));
  CHECK(error_of([&] { value("[2,1]"); }).second == Errc::edn_syntax);
  CHECK(error_of([&] { value("[1]"); }).second == Errc::edn_syntax);
}

TEST_CASE("what is no dump is told so in words") {
  std::string const mark = "\xEF\xBB\xBF";
  auto const restoring = [](std::string_view text) {
    return error_of([&] { restore<mem::Backend>(OnMem{}.config(), out_of(text)); });
  };
  auto const check = [](std::pair<std::string, Errc> const& found, Errc code, std::string_view part) {
    CAPTURE(found.first);
    CHECK(found.second == code);
    CHECK(found.first.starts_with("This is no dump: "));
    CHECK(has(found.first, part));
  };
  check(restoring(""), Errc::store_format, "it is empty");
  check(restoring(mark + "#cairn/dump {}"), Errc::store_format, "byte order mark");
  check(restoring("hello\n"), Errc::store_format, "it begins neither with #cairn/dump");
  check(refusal(""), Errc::edn_syntax, "it is empty");
  check(refusal(mark + std::string{unique_name}), Errc::edn_syntax, "byte order mark");
  auto const datascript = [](std::string_view text) {
    return error_of([&] { import_datascript<mem::Backend>(OnMem{}.config(), out_of(text)); });
  };
  check(datascript(""), Errc::edn_syntax, "it is empty");
  check(datascript(mark + R"({"attrs":[],"eavt":[]})"), Errc::edn_syntax, "byte order mark");
  test::TemporaryDirectory const place;
  auto const name = place.path().string();
  detail::OpenFile const folder{name, O_RDONLY};
  check(error_of([&] { restore<mem::Backend>(OnMem{}.config(), read_from(folder.number(), name)); }), Errc::store_format, name + " is a folder");
}

TEST_CASE("bytes that Datahike did not write are told so in words") {
  auto const [message, code] = refusal("[1 :n 1 536870913 true]\n#datahike/Datom [1 :b #object[\"[B\" 0x6d06d69c \"[B@6d06d69c\"] 536870913 true]\n");
  CHECK(code == Errc::edn_syntax);
  CHECK(has(message, "Line 2 "));
  CHECK(has(message, "bytes cannot be read from it"));
  CHECK_FALSE(has(refusal("[1 :n 0x12 536870913 true] [1 :b \"#object[\\\"[B\\\" 0x6d06d69c]\" 536870913 true]").first, "bytes"));
}

}  // namespace
