// Copyright the Cairn authors
// SPDX-License-Identifier: BSL-1.0
// Structs as entities: transacted, replaced, pulled.
#include "unit/db/db_test.hpp"
#include <cairn/db/aggregate.hpp>

#include <chrono>
#include <cstdint>
#include <limits>
#include <map>
#include <optional>
#include <set>
#include <string>
#include <tuple>
#include <unordered_set>
#include <vector>

namespace cairn::test {
namespace {

enum class Sex { male, female };
enum class Level : std::uint8_t { low, very_high, unnamed = 20 };

struct Company {
  Unique<std::string> name;
  std::optional<std::string> motto;
};

struct Address {
  std::string city;
  std::optional<std::string> street;
};

struct Person {
  Unique<std::string> name;
  std::int64_t age{};
  std::optional<std::string> nick_name{};
  std::vector<std::string> tags{};
  std::optional<Ref<Company>> employer{};
  std::set<Ref<Person>> friends{};
  std::optional<Address> address{};
};

/// Known by any of its values, none of which it must have.
struct Member {
  std::optional<Unique<std::string>> nick{};
  std::set<Unique<std::string>> emails{};
  std::optional<Unique<std::int64_t, Uniqueness::value>> badge{};
  std::optional<Ref<>> desk{};
};

struct Node {
  std::string label;
  std::vector<Node> children;
};

/// A celsius temperature in tenths.
struct Celsius {
  std::int16_t tenths;
};

struct Everything {
  Unique<std::int32_t> key;
  bool flag;
  std::int8_t tiny;
  std::uint32_t wide;
  float narrow;
  double real;
  Keyword keyword;
  Symbol symbol;
  Instant instant;
  std::chrono::sys_time<std::chrono::milliseconds> moment;
  std::chrono::sys_days day;
  std::chrono::sys_time<std::chrono::nanoseconds> fine;
  Uuid uuid;
  BigInt bigint;
  BigDecimal bigdec;
  Bytes bytes;
  std::vector<std::byte> buffer;
  Sex sex;
  Level level;
  std::vector<Level> levels;
  std::tuple<std::string, std::optional<double>, Sex> tuple;
  std::pair<int, bool> pair;
  std::array<float, 2> array;
  std::unordered_set<std::int64_t> numbers;
  std::vector<std::vector<std::byte>> buffers;
  std::vector<bool> flags;
  Ref<> anything;
  Celsius temperature;
  std::optional<Unique<Uuid, Uniqueness::value>> serial;
};

}  // namespace
}  // namespace cairn::test

template <>
inline constexpr std::string_view cairn::attribute_namespace<cairn::test::Company> = "company";
template <>
inline constexpr std::string_view cairn::attribute_namespace<cairn::test::Level> = "level";
template <>
struct cairn::ValueCodec<cairn::test::Celsius> {
  static constexpr ValueType type = ValueType::integer;
  static Value write(test::Celsius const& celsius) { return celsius.tenths; }
  static std::optional<test::Celsius> read(Value const& value) {
    if (value.as_integer() < -2731 || value.as_integer() > 32767) return std::nullopt;
    return test::Celsius{static_cast<std::int16_t>(value.as_integer())};
  }
};

namespace cairn::test {
namespace {

TestDb with_people() { return after(empty_db(), schema<Person, Company>()); }

template <class Call>
std::optional<Errc> fault(Call&& call) {
  try {
    static_cast<void>(call());
    return std::nullopt;
  } catch (Error const& error) {
    CHECK(std::string{error.what()}.size() > 10);
    CHECK_NOTHROW(notation::parse(error.data()));
    return error.code();
  }
}

/// How many datoms a transaction says, its own aside.
std::size_t changes(TestDb const& db, TxData const& data) {
  return transact(db, data, Instant{1000}).tx_data.size() - 1;
}

TEST_CASE("a schema of structs is installed once") {
  auto const db = with_people();
  auto const& schema_of_db = db.schema();
  auto const* name = schema_of_db.find(kw(":name"));
  REQUIRE(name != nullptr);
  CHECK(name->type == ValueType::string);
  CHECK(name->unique == Uniqueness::identity);
  CHECK(schema_of_db.find(kw(":company/name"))->unique == Uniqueness::identity);
  CHECK(schema_of_db.find(kw(":nick-name"))->cardinality == Cardinality::one);
  CHECK(schema_of_db.find(kw(":tags"))->is_many());
  CHECK(schema_of_db.find(kw(":friends"))->is_ref());
  CHECK(schema_of_db.find(kw(":address"))->component);
  CHECK_FALSE(schema_of_db.find(kw(":employer"))->component);
  CHECK(schema_of_db.find(kw(":city")) != nullptr);  // of a struct inside
  CHECK(changes(db, schema<Person, Company>()) == 0);
  using People = Schema<Company, Person>;
  CHECK(changes(db, schema<People>()) == 0);
  auto const indexed = after(db, "[{:db/ident :age :db/index true}]");
  CHECK(changes(indexed, schema<Person>()) == 0);
  CHECK(indexed.schema().find(kw(":age"))->indexed);
  CHECK(refusal(after(db, Person{"Ivan", 42}), "[{:db/ident :age :db/valueType :db.type/string}]") ==
        Errc::transact_schema);
}

TEST_CASE("a struct is transacted and pulled") {
  auto const db = after(with_people(), Person{"Ivan", 42});
  auto const ivan = pull<Person>(db, lookup(":name", "Ivan"));
  CHECK(*ivan.name == "Ivan");
  CHECK(ivan.name == "Ivan");
  CHECK(ivan.age == 42);
  CHECK_FALSE(ivan.nick_name);
  CHECK(ivan.tags.empty());
  CHECK_FALSE(ivan.employer);
  // What is absent is not said.
  CHECK(transact(db, Person{"Petra", 37}).tx_data.size() == 3);
}

TEST_CASE("a unique field is how an entity is known again") {
  auto db = after(with_people(), Person{.name = "Ivan", .age = 41, .tags = {"a", "b"}});
  auto const id = db.require_entity(lookup(":name", "Ivan"));
  db = after(db, Person{.name = "Ivan", .age = 42, .nick_name = "Vanya", .tags = {"b", "c"}});
  CHECK(db.require_entity(lookup(":name", "Ivan")) == id);
  auto const ivan = pull<Person>(db, id);
  CHECK(ivan.age == 42);
  CHECK(ivan.nick_name == "Vanya");
  CHECK(ivan.tags == std::vector<std::string>{"a", "b", "c"});
  CHECK(changes(db, ivan) == 0);
}

TEST_CASE("a struct is said of a certain entity") {
  auto db = after(with_people(), Person{"Ivan", 41});
  auto const ivan = lookup(":name", "Ivan");
  auto const id = db.require_entity(ivan);
  db = after(db, entity_map(ivan, Person{"Johann", 41}));
  CHECK(db.require_entity(lookup(":name", "Johann")) == id);
  auto const report = transact(db, TxData{entity_map("p", Person{"Petra", 37}), add("p", ":nick-name", "P")});
  CHECK(pull<Person>(report.db_after, report.tempids.at("p")).nick_name == "P");
  CHECK(refusal(db, entity_map(id, Person{"Petra", 1})) == std::nullopt);
  CHECK(refusal(report.db_after, entity_map(id, Person{"Petra", 1})) == Errc::transact_upsert);
  // As a value under a reference.
  db = after(db, add(id, ":address", entity(Address{"Berlin", {}})));
  CHECK(pull<Person>(db, id).address->city == "Berlin");
}

TEST_CASE("replacing makes an entity what the struct is") {
  auto db = after(with_people(), Person{.name = "Ivan",
                                        .age = 41,
                                        .nick_name = "Vanya",
                                        .tags = {"a", "b"},
                                        .employer = Company{"Initech", {}},
                                        .address = Address{"Berlin", "Hauptstr."}});
  auto const id = db.require_entity(lookup(":name", "Ivan"));
  auto ivan = pull<Person>(db, id);
  CHECK(changes(db, replace(id, ivan)) == 6);  // the address goes with its two facts, and comes as a new entity
  ivan.address.reset();
  auto const moved = after(db, replace(id, ivan));
  CHECK(changes(moved, replace(id, ivan)) == 0);
  CHECK(moved.datoms(aevt, ":city").empty());  // a part goes with its whole
  ivan.nick_name.reset();
  ivan.tags = {"b", "c"};
  ivan.age = 42;
  CHECK(changes(moved, replace(id, ivan)) == 5);  // the nick name, a tag less, a tag more, two for the age
  auto const again = pull<Person>(after(moved, replace(lookup(":name", "Ivan"), ivan)), id);
  CHECK_FALSE(again.nick_name);
  CHECK(again.tags == ivan.tags);
  CHECK(again.age == 42);
  CHECK(again.employer == ivan.employer);
  CHECK(fault([&] { return after(db, replace("new", Person{"Olga", 1})); }) == Errc::transact_syntax);
  CHECK(fault([&] { return after(db, replace(lookup(":name", "Olga"), Person{"Olga", 1})); }) ==
        Errc::entity_id_missing);
}

TEST_CASE("replacing an entity that is named by what it loses") {
  auto db = after(empty_db(), schema<Member>());
  db = after(db, Member{.nick = "m", .emails = {"m", "n"}, .badge = 7, .desk = Ref<>{1}});
  auto const id = db.require_entity(lookup(":emails", "m"));
  auto const as = [&](LookupRef const& name, Member const& member) {
    auto const report = transact(db, replace(name, member), Instant{1000});
    auto const read = pull<Member>(report.db_after, id);
    CHECK(read.nick == member.nick);
    CHECK(read.emails == member.emails);
    CHECK(read.badge == member.badge);
    CHECK(read.desk == member.desk);
    CHECK(report.db_after.datoms(aevt, ":emails").begin()->e == id);
    return report.tx_data.size() - 1;
  };
  Member const same{.nick = "m", .emails = {"m", "n"}, .badge = 7, .desk = Ref<>{1}};
  for (auto const& name :
       {lookup(":emails", "m"), lookup(":emails", "n"), lookup(":nick", "m"), lookup(":badge", 7)}) {
    CHECK(as(name, same) == 0);
    CHECK(as(name, {.nick = "m", .emails = {"m", "o"}, .badge = 7, .desk = Ref<>{1}}) == 2);
    CHECK(as(name, {.nick = "k", .emails = {"o", "p"}, .badge = 8, .desk = Ref<>{2}}) == 10);
    CHECK(as(name, {.nick = std::nullopt, .emails = {"o"}, .badge = std::nullopt, .desk = std::nullopt}) == 6);
  }
  CHECK(fault([&] { return after(db, replace(lookup(":emails", "z"), same)); }) == Errc::entity_id_missing);
  CHECK(fault([&] { return after(db, replace(kw(":nobody"), same)); }) == Errc::entity_id_missing);
  db = after(db, Member{.nick = "other", .emails = {"q"}});
  CHECK(fault([&] { return after(db, replace(lookup(":emails", "m"), Member{.emails = {"q"}})); }) ==
        Errc::transact_upsert);
}

TEST_CASE("references are numbers, lookup refs, idents, temporary ids or structs in place") {
  auto db = after(with_people(), TxData{Company{"Initech", "More"}, Person{"Ivan", 41}});
  auto const ivan = db.require_entity(lookup(":name", "Ivan"));
  auto const initech = db.require_entity(lookup(":company/name", "Initech"));
  auto const employer = [&](Ref<Company> const& ref) {
    auto const after_it = after(db, Person{.name = "Petra", .age = 37, .employer = ref});
    return pull<Person>(after_it, lookup(":name", "Petra")).employer->id();
  };
  CHECK(employer(initech) == initech);
  CHECK(employer(lookup(":company/name", "Initech")) == initech);
  CHECK(employer(Company{"Initech", {}}) == initech);
  CHECK(employer(Company{"Globex", {}}) > initech);

  auto const report = transact(db, TxData{Person{.name = "Petra",
                                                 .age = 37,
                                                 .employer = Ref<Company>::temp("acme"),
                                                 .friends = {Ref<Person>::temp("olga"), lookup(":name", "Ivan")}},
                                          entity_map("acme", Company{"Acme", {}}),
                                          entity_map("olga", Person{.name = "Olga", .age = 5, .friends = {ivan}})});
  auto const petra = pull<Person>(report.db_after, lookup(":name", "Petra"));
  CHECK(petra.employer->id() == report.tempids.at("acme"));
  CHECK(petra.friends == std::set<Ref<Person>>{ivan, report.tempids.at("olga")});
  CHECK(pull<Company>(report.db_after, *petra.employer).name == "Acme");
  CHECK(report.db_after.entity(*petra.employer).id() == petra.employer->id());

  // An ident; and two references of which the first is a keyword are two references.
  struct Painted {
    Unique<std::string> name;
    std::vector<Ref<>> colours;
  };
  auto painted = after(db, schema<Painted>());
  painted = after(painted, "[{:db/ident :colour/red} {:db/ident :colour/blue}]");
  painted = after(painted, Painted{"chair", {kw(":colour/red"), kw(":colour/blue")}});
  auto const chair = pull<Painted>(painted, lookup(":name", "chair"));
  REQUIRE(chair.colours.size() == 2);
  CHECK(painted.ident(chair.colours[0]) == kw(":colour/red"));

  CHECK(fault([&] { return after(db, Person{.name = "X", .age = 1, .employer = Ref<Company>{}}); }) ==
        Errc::transact_syntax);
  CHECK(fault([&] { return after(db, Person{.name = "X", .age = 1, .employer = lookup(":company/name", "No")}); }) ==
        Errc::entity_id_missing);
  CHECK(fault([&] { return Ref<>{}.id(); }) == Errc::entity_id_syntax);
  CHECK(fault([&] { return Ref<>::temp("x").id(); }) == Errc::entity_id_syntax);
  CHECK(fault([&] { return db.entity(Ref<Company>{Company{"In place", {}}}).id(); }) == Errc::entity_id_syntax);
  CHECK(Ref<>{initech} == Ref<>{initech});
  CHECK(Ref<>{initech} != Ref<>{lookup(":company/name", "Initech")});
  CHECK_FALSE(Ref<>{});
}

TEST_CASE("structs, ranges of them and operations make one transaction") {
  std::vector<Person> const people{{"Ivan", 41}, {"Petra", 37}};
  std::map<std::string, int> const ages{{"Olga", 5}, {"Oleg", 6}};
  auto const made = ages | std::views::transform([](auto const& entry) { return Person{entry.first, entry.second}; });
  auto db = after(empty_db(), TxData{schema<Person, Company>(), people, Company{"Acme", {}}, made,
                                     add(lookup(":name", "Ivan"), ":nick-name", "V")});
  CHECK(db.datoms(aevt, ":name").begin()->v == Value{"Ivan"});
  CHECK(pull<Person>(db, lookup(":name", "Oleg")).age == 6);
  CHECK(pull<Person>(db, lookup(":name", "Ivan")).nick_name == "V");
  CHECK(changes(db, people) == 0);
  CHECK(changes(db, std::vector<Person>{}) == 0);
  // Braces, as the members of a connection are called.
  auto const count = [](TxData const& data) { return data.operations.size(); };
  CHECK(count({Person{"Ivan", 1}, Company{"Acme", {}}}) == 2);
  CHECK(count({Person{"Ivan", 1}}) == 1);
  CHECK(count({add(1, ":age", 1), Person{"Ivan", 1}}) == 2);
  CHECK(count({add(1, ":age", 1), add(1, ":age", 2)}) == 2);
  CHECK(count(TxData{people, TxData{"[{:age 1}]"}.with_meta(":db/doc", "x")}) == 3);
  CHECK(TxData{people, TxData{"[{:age 1}]"}.with_meta(":db/doc", "x")}.meta.size() == 1);
}

TEST_CASE("every type of field comes back as it was") {
  using namespace std::chrono;
  auto db = after(empty_db(), schema<Everything>());
  auto const bytes = std::vector<std::byte>{std::byte{1}, std::byte{0}};
  Uuid uuid;
  uuid.bytes[3] = std::byte{7};
  Everything const object{.key = 7,
                          .flag = true,
                          .tiny = -128,
                          .wide = 4294967295,
                          .narrow = 0.1F,
                          .real = 0.1,
                          .keyword = kw(":a/b"),
                          .symbol = Symbol{"s"},
                          .instant = {5},
                          .moment = sys_time<milliseconds>{milliseconds{-1}},
                          .day = sys_days{2024y / February / 29},
                          .fine = sys_time<nanoseconds>{nanoseconds{-1}},
                          .uuid = uuid,
                          .bigint = {"123456789012345678901234567890"},
                          .bigdec = {"1.10"},
                          .bytes = Bytes::copy(bytes),
                          .buffer = bytes,
                          .sex = Sex::female,
                          .level = Level::very_high,
                          .levels = {Level::low, Level::very_high},
                          .tuple = {"x", std::nullopt, Sex::male},
                          .pair = {-5, true},
                          .array = {1.5F, 2.5F},
                          .numbers = {3, 1, 2},
                          .buffers = {bytes, {}},
                          .flags = {true, false},
                          .anything = 7,
                          .temperature = {366},
                          .serial = uuid};
  db = after(db, object);
  CHECK(changes(db, object) == 0);
  auto const id = db.require_entity(lookup(":key", 7));
  auto const read = pull<Everything>(db, id);
  CHECK(read.key == object.key);
  CHECK(read.flag);
  CHECK(read.tiny == -128);
  CHECK(read.wide == 4294967295);
  CHECK(read.narrow == 0.1F);
  CHECK(read.real == 0.1);
  CHECK(read.keyword == object.keyword);
  CHECK(read.symbol == object.symbol);
  CHECK(read.instant == object.instant);
  CHECK(read.moment == object.moment);
  CHECK(read.day == object.day);
  CHECK(read.fine == sys_time<nanoseconds>{milliseconds{-1}});  // rounded down
  CHECK(read.uuid == object.uuid);
  CHECK(read.bigint.digits == object.bigint.digits);
  CHECK(read.bigdec.text == object.bigdec.text);
  CHECK(read.bytes == object.bytes);
  CHECK(read.buffer == object.buffer);
  CHECK(read.sex == Sex::female);
  CHECK(read.level == Level::very_high);
  CHECK(read.levels == object.levels);
  CHECK(read.tuple == object.tuple);
  CHECK(read.pair == object.pair);
  CHECK(read.array == object.array);
  CHECK(read.numbers == object.numbers);
  CHECK(read.buffers == std::vector<std::vector<std::byte>>{{}, bytes});
  CHECK(read.flags == std::vector<bool>{false, true});
  CHECK(read.anything.id() == 7);
  CHECK(read.temperature.tenths == 366);
  CHECK(read.serial == object.serial);
  CHECK(show(db.datoms(eavt, id, ":level")) == std::to_string(id) + " :level :level/very-high\n");
  CHECK(show(db.datoms(eavt, id, ":sex")) == std::to_string(id) + " :sex :female\n");

  auto wrong = object;
  wrong.level = Level::unnamed;
  CHECK(fault([&] { return after(db, wrong); }) == Errc::transact_schema);
  wrong = object;
  wrong.keyword = {};
  CHECK(fault([&] { return after(db, wrong); }) == Errc::transact_schema);
  auto const spoilt = [&](char const* attribute, TxValue value) {
    auto const other = after(db, add(id, attribute, std::move(value)));
    return fault([&] { return pull<Everything>(other, id); });
  };
  CHECK(spoilt(":tiny", 128) == Errc::transact_schema);
  CHECK(spoilt(":wide", -1) == Errc::transact_schema);
  CHECK(spoilt(":wide", 4294967296) == Errc::transact_schema);
  CHECK(spoilt(":sex", kw(":other")) == Errc::transact_schema);
  CHECK(spoilt(":sex", kw(":level/male")) == Errc::transact_schema);
  CHECK(spoilt(":level", kw(":low")) == Errc::transact_schema);
  CHECK(spoilt(":temperature", -9999) == Errc::transact_schema);
  CHECK(spoilt(":fine", Instant{std::numeric_limits<std::int64_t>::max()}) == Errc::transact_schema);
  CHECK(spoilt(":instant", Instant{std::numeric_limits<std::int64_t>::max()}) == std::nullopt);
  CHECK(spoilt(":tuple", TxValue::list({"x", {}, kw(":nobody")})) == Errc::transact_schema);
  CHECK(spoilt(":tuple", TxValue::list({{}, {}, kw(":male")})) == Errc::transact_schema);
}

TEST_CASE("points in time are converted without overflow") {
  using namespace std::chrono;
  using Hours = sys_time<duration<std::int64_t, std::ratio<3600>>>;
  using Codec = ValueCodec<Hours>;
  CHECK(Codec::write(Hours{hours{2}}) == Value{Instant{7'200'000}});
  CHECK(fault([] { return Codec::write((Hours::max)()); }) == Errc::transact_schema);
  CHECK(fault([] { return Codec::write((Hours::min)()); }) == Errc::transact_schema);
  CHECK(Codec::read(Value{Instant{-1}}) == Hours{hours{-1}});  // rounded down
  using Days = ValueCodec<sys_time<duration<std::int32_t, days::period>>>;
  CHECK(Days::read(Value{Instant{86'400'000}}) == sys_days{1970y / January / 2});
  CHECK_FALSE(Days::read(Value{Instant{std::numeric_limits<std::int64_t>::max()}}).has_value());
  CHECK_FALSE(Days::read(Value{Instant{std::numeric_limits<std::int64_t>::min()}}).has_value());
  using Fine = ValueCodec<sys_time<nanoseconds>>;
  CHECK(Fine::write((sys_time<nanoseconds>::min)()) == Value{Instant{-9'223'372'036'855}});
  CHECK(Fine::read(Value{Instant{9'223'372'036'854}}).has_value());
  CHECK_FALSE(Fine::read(Value{Instant{9'223'372'036'855}}).has_value());
  CHECK(Fine::read(Value{Instant{-9'223'372'036'854}}).has_value());
  CHECK_FALSE(Fine::read(Value{Instant{-9'223'372'036'855}}).has_value());
}

TEST_CASE("pulling says what an entity lacks") {
  auto db = after(with_people(), TxData{Person{"Ivan", 41}, Company{"Acme", {}}});
  auto const ivan = lookup(":name", "Ivan");
  auto const acme = db.require_entity(lookup(":company/name", "Acme"));
  CHECK(fault([&] { return pull<Person>(db, lookup(":name", "Nobody")); }) == Errc::entity_id_missing);
  CHECK(fault([&] { return pull<Person>(db, acme); }) == Errc::entity_id_missing);
  CHECK(fault([&] { return pull<Person>(db, 0); }) == Errc::entity_id_syntax);
  CHECK(fault([&] { return pull<Person>(db, lookup(":age", 41)); }) == Errc::lookup_ref_unique);
  CHECK(pull<std::optional<Person>>(db, ivan).value().age == 41);
  CHECK_FALSE(pull<std::optional<Person>>(db, lookup(":name", "Nobody")));
  CHECK_FALSE(pull<std::optional<Person>>(db, acme));
  CHECK_FALSE(pull<std::optional<Person>>(db, 9999));
  // What is there in part is no person, and not none either.
  db = after(db, add(acme, ":age", 3));
  CHECK(fault([&] { return pull<std::optional<Person>>(db, acme); }) == Errc::entity_id_missing);
  CHECK(fault([&] { return pull<Person>(empty_db(), 5); }) == Errc::entity_id_missing);
  // Another schema than the struct's.
  auto const other = after(empty_db(), R"([
    {:db/ident :city :db/valueType :db.type/long :db/cardinality :db.cardinality/one}
    {:db/ident :street :db/valueType :db.type/string :db/cardinality :db.cardinality/many}
    {:db/id 50 :city 1} {:db/id 51 :street ["a" "b"]}])");
  CHECK(fault([&] { return pull<Address>(other, 50); }) == Errc::transact_schema);
  struct Street {
    std::string street;
  };
  CHECK(fault([&] { return pull<Street>(other, 51); }) == Errc::transact_schema);
}

TEST_CASE("pulling reads any moment, and no history") {
  auto const before = after(with_people(), Person{"Ivan", 41});
  auto const now = after(before, Person{"Ivan", 42});
  auto const ivan = lookup(":name", "Ivan");
  CHECK(pull<Person>(now.as_of(before.max_tx()), ivan).age == 41);
  CHECK(pull<Person>(now, ivan).age == 42);
  CHECK(fault([&] { return pull<Person>(now.history(), ivan); }) == Errc::query_where);
}

TEST_CASE("structs in structs are parts, as deep as they go") {
  auto const db = after(after(empty_db(), schema<Node>()),
                        entity_map("root", Node{"root", {{"a", {}}, {"b", {{"c", {}}, {"d", {}}}}}}));
  auto const label = [&](char const* wanted) {
    for (auto const& datom : db.datoms(aevt, ":label")) {
      if (datom.v == Value{wanted}) return datom.e;
    }
    return EntityId{0};
  };
  auto const root = pull<Node>(db, label("root"));
  REQUIRE(root.children.size() == 2);
  CHECK(root.children[1].children.size() == 2);
  CHECK(root.children[1].children[1].label == "d");
  CHECK(after(db, retract_entity(label("root"))).datoms(aevt, ":label").empty());

  auto const circle = after(db, add(label("d"), ":children", label("root")));
  CHECK(fault([&] { return pull<Node>(circle, label("root")); }) == Errc::query_where);
  // What two share is read twice; but not without end.
  std::vector<TxOp> ladder;
  for (int i = 100; i < 130; ++i) {
    ladder.push_back(add(2 * i, ":label", "left"));
    ladder.push_back(add(2 * i + 1, ":label", "right"));
    for (int const from : {2 * i, 2 * i + 1}) {
      ladder.push_back(add(from, ":children", 2 * i + 2));
      ladder.push_back(add(from, ":children", 2 * i + 3));
    }
  }
  ladder.push_back(add(260, ":label", "end"));
  ladder.push_back(add(261, ":label", "end"));
  auto const shared = after(db, TxData{ladder});
  CHECK(pull<Node>(shared, 2 * 127).children[0].children.size() == 2);
  CHECK(fault([&] { return pull<Node>(shared, 2 * 100); }) == Errc::query_memory);

  Node deep{"deepest", {}};
  for (int i = 0; i != 300; ++i) {
    std::vector<Node> inner;
    inner.push_back(std::move(deep));
    deep = Node{"deep", std::move(inner)};
  }
  CHECK(refusal(db, deep) == Errc::transact_syntax);
  std::vector<TxOp> chain;
  for (int i = 300; i < 600; ++i) {
    chain.push_back(add(i, ":label", "link"));
    chain.push_back(add(i, ":children", i + 1));
  }
  chain.push_back(add(600, ":label", "link"));
  auto const chained = after(db, TxData{chain});
  CHECK(fault([&] { return pull<Node>(chained, 300); }) == Errc::query_where);
  CHECK_FALSE(fault([&] { return pull<Node>(chained, 345); }));
}

}  // namespace
}  // namespace cairn::test
