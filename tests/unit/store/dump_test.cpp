// Copyright the Cairn authors
// SPDX-License-Identifier: BSL-1.0
// Dumps: what is in them, what is wrong with one, and where an interrupted one goes on.
#include "laws/dump.hpp"
#include "laws/temporary_directory.hpp"
#include "sanitized.hpp"
#include "unit/store/on_mem.hpp"

#include <cairn/backends/file/backend.hpp>
#include <cairn/backends/mem/backend.hpp>
#include <cairn/dump/file.hpp>
#include <cairn/dump/import.hpp>
#include <cairn/query/query.hpp>

#include <catch2/catch_test_macros.hpp>

#include <bit>
#include <cmath>
#include <exception>
#include <fstream>
#include <future>
#include <limits>
#include <random>
#include <stdexcept>
#include <string>
#include <thread>
#include <utility>
#include <vector>

namespace {

using namespace cairn;
using laws::code_of;
using laws::dumped;
using laws::into;
using laws::out_of;
using test::OnMem;
namespace mem = backends::mem;
using Memory = Store<mem::Backend>;

struct OnFile {
  using Backend = backends::file::Backend;
  cairn::test::TemporaryDirectory place{};
  [[nodiscard]] Backend::Config config() const { return {.path = place.path() / "store"}; }
};

std::string bytes_of(Value const& value) {
  ByteWriter out;
  codec::write(out, value);
  auto const bytes = std::move(out).take();
  return {reinterpret_cast<char const*>(bytes.data()), bytes.size()};
}

/// One of each type, and what is hard to write of it.
std::vector<Value> hard_values() {
  using Double = std::numeric_limits<double>;
  using Float = std::numeric_limits<float>;
  using Long = std::numeric_limits<std::int64_t>;
  std::vector<Value> values{true, false, 0, -1, (Long::max)(), (Long::min)(), 0.0, -0.0, 0.1, 1e300, -1e-300, Double::infinity(), -Double::infinity(),
                            Double::quiet_NaN(), -Double::quiet_NaN(), std::bit_cast<double>(0x7FF8000000000123U), Double::denorm_min(), (Double::max)(),
                            1.0F, 0.1F, -0.0F, Float::infinity(), Float::quiet_NaN(), std::bit_cast<float>(0x7FC00001U), Float::denorm_min(), (Float::max)(),
                            std::bit_cast<float>(0x15AE43FDU)};  // 7.038531e-26 is another one when it is read as a double first
  for (auto const* text : {"0", "12", "-12", "123456789012345678901234567890", "007", "-0"}) values.emplace_back(BigInt{text});
  values.emplace_back(BigInt{std::string(5000, '7')});
  for (auto const* text : {"1.10", "1E+3", "-0.0", "1e3", "+1.5", "0.00001", "123456789012345678901234567890.5", ".5"}) values.emplace_back(BigDecimal{text});
  for (auto const milliseconds : {std::int64_t{0}, std::int64_t{-1}, std::int64_t{1'700'000'000'123}, (Long::max)(), (Long::min)()}) values.emplace_back(Instant{milliseconds});
  Uuid uuid;
  for (std::size_t i = 0; i != uuid.bytes.size(); ++i) uuid.bytes[i] = static_cast<std::byte>(i * 17);
  values.emplace_back(uuid);
  for (std::string const& text : {std::string{}, std::string{"Ivan"}, std::string{"a\nb\t\"c\\ \r\b\f"}, std::string{"\0x", 2}, std::string{"\xF0\x9F\x90\x98 Zo\xC3\xAB \xEF\xBB\xBF"},
                                 std::string{"\xFF\xFE"}, std::string{"\xC3"}, std::string{"#cairn/end {}\n#cairn/chunk {}\n[1 :a 2 3]"}, std::string(5000, 'x')}) {
    values.emplace_back(text);
    values.emplace_back(std::as_bytes(std::span{text}));
  }
  for (auto const* text : {"a", "a/b", "a.b/c-d", "with space", "9", "a/b/c", ":a", "true", "\xFF", "\xD0\xB8\xD0\xBC\xD1\x8F", ""}) {
    values.emplace_back(Keyword{":" + std::string{text}});
    values.emplace_back(Symbol{text});
  }
  values.emplace_back(Symbol{"nil"});
  auto const scalars = values;
  values.emplace_back(std::vector<Value>{});
  values.emplace_back(std::vector<Value>{Value{}, 1, Value{std::vector<Value>{0.5F, Value{}, "x"}}});
  values.emplace_back(scalars);
  return values;
}

/// What a reader of records shows.
struct Shown : detail::DumpSchema {
  using DumpSchema::DumpSchema;
  std::vector<RawDatom> datoms{};
  void datom(RawDatom datom, bool /*current*/) { datoms.push_back(std::move(datom)); }
};

template <class Framing>
void check_value(Value const& value) {
  Shown shown{false};
  typename Framing::RecordWriter writer;
  std::string text;
  writer.begin_chunk();
  writer.datom(text, {1, system_attribute::doc, true, first_transaction, value}, true, shown.schema());
  typename Framing::RecordReader reader;
  CAPTURE(text);
  REQUIRE(reader.read(text, shown) == 1);
  CHECK((bytes_of(shown.datoms.at(0).v) == bytes_of(value)));
}

/// A small database with a past, and a value of each type.
void fill(Connection<mem::Backend>& conn) {
  conn.transact(R"([{:db/ident :n :db/valueType :db.type/long :db/cardinality :db.cardinality/one :db/unique :db.unique/identity}
                    {:db/ident :v :db/valueType :db.type/string :db/cardinality :db.cardinality/many :db/doc "so \"it\" is"}
                    {:db/ident :pair :db/valueType :db.type/tuple :db/cardinality :db.cardinality/one :db/tupleTypes [:db.type/long :db.type/keyword]}
                    {:db/ident :d :db/valueType :db.type/double :db/cardinality :db.cardinality/one :db/index true}])");
  conn.transact(R"([{:n 1 :v ["a" "b"] :pair [1 :x] :d 0.5} {:n 2 :v "c" :d ##NaN}])");
  conn.transact(R"([{:n 1 :d 1.5} [:db/retract [:n 2] :v "c"]])");
}

TEST_CASE("a random history survives a dump, on each backend") {
  laws::check_dump<OnMem, OnFile>();
  laws::check_dump<OnFile, OnMem>();
}

TEST_CASE("every value comes back with its type and its bytes") {
  for (auto const& value : hard_values()) {
    check_value<detail::EdnFraming>(value);
    check_value<detail::CborFraming>(value);
  }
  std::mt19937_64 random{Catch::getSeed()};
  for (int i = 0; i != 3000; ++i) {
    auto const bits = random();
    std::string text;
    for (auto left = bits % 9; left != 0; --left) text += static_cast<char>(static_cast<unsigned char>(random()));
    for (auto const& value : {Value{std::bit_cast<double>(bits)}, Value{std::bit_cast<float>(static_cast<std::uint32_t>(bits))}, Value{text}, Value{Keyword{":" + text}},
                              Value{Symbol{text}}, Value{static_cast<std::int64_t>(bits)}, Value{Instant{static_cast<std::int64_t>(bits)}}}) {
      check_value<detail::EdnFraming>(value);
      check_value<detail::CborFraming>(value);
    }
  }
}

TEST_CASE("what has no schema is dumped with its types") {
  OnMem from;
  Memory::create(from.config(), {.schema_flexibility = SchemaFlexibility::read});
  auto conn = Memory::connect(from.config());
  for (auto const& value : hard_values()) {
    if (!value.is(ValueKind::tuple)) conn.transact({add(7, ":any value", value)});  // of one value: all but the last become the past
  }
  auto const expected = laws::everything_of(conn.db().snapshot());
  for (auto const encoding : {DumpEncoding::edn, DumpEncoding::cbor}) {
    OnMem to;
    restore<mem::Backend>(to.config(), out_of(dumped(conn.db(), {.encoding = encoding})));
    CHECK((laws::everything_of(Memory::connect(to.config()).db().snapshot()) == expected));
  }
}

TEST_CASE("moments are found in a restored database as in the one that was dumped") {
  for (auto const set_back : {false, true}) {
    OnMem from;
    Memory::create(from.config());
    auto conn = Memory::connect(from.config());
    for (auto const instant : {1'000, set_back ? 20'000 : 2'000, 10'000}) conn.transact(TxData{}.with_meta(":db/txInstant", Instant{instant}));
    OnMem to;
    restore<mem::Backend>(to.config(), out_of(dumped(conn.db())));
    auto const db = Memory::connect(to.config()).db();
    CHECK(db.moment().last_set_back == first_transaction - 1 + (set_back ? 3 : 0));
    CHECK(db.transaction_at(Instant{30'000}) == first_transaction + 2);
    CHECK(db.transaction_at(Instant{15'000}) == first_transaction + 2);
  }
}

TEST_CASE("databases of all options, and such without a transaction, are restored as they were") {
  for (auto const refs : {false, true}) {
    for (auto const history : {false, true}) {
      OnMem from;
      Memory::create(from.config(), {.keep_history = history, .attribute_refs = refs});
      auto conn = Memory::connect(from.config());
      for (int full = 0; full != 2; ++full) {
        if (full == 1) fill(conn);
        OnMem to;
        restore<mem::Backend>(to.config(), out_of(dumped(conn.db())));
        CHECK((laws::everything_of(Memory::connect(to.config()).db().snapshot()) == laws::everything_of(conn.db().snapshot())));
      }
      OnMem to;
      auto const report = restore<mem::Backend>(to.config(), out_of(dumped(conn.db(), {.history = false})));
      CHECK(report.past == 0);
      CHECK((laws::facts_of(Memory::connect(to.config()).db()) == laws::facts_of(conn.db())));
      CHECK(code_of([&] { restore<mem::Backend>(OnMem{}.config(), out_of(dumped(conn.db())), {}, {.keep_history = false}); }) ==
            (history ? std::optional{Errc::config_mismatch} : std::nullopt));
    }
  }
}

TEST_CASE("a view is no database to dump") {
  OnMem from;
  Memory::create(from.config());
  auto conn = Memory::connect(from.config());
  fill(conn);
  std::string text;
  CHECK(code_of([&] { dump(conn.db().as_of(first_transaction), into(text)); }) == Errc::config_mismatch);
  CHECK(code_of([&] { copy_database<mem::Backend>(conn.db().history(), OnMem{}.config()); }) == Errc::config_mismatch);
}

TEST_CASE("a dump that is damaged or cut off anywhere is refused, and leaves no store") {
  OnMem from;
  Memory::create(from.config());
  auto conn = Memory::connect(from.config());
  fill(conn);
  for (auto const encoding : {DumpEncoding::edn, DumpEncoding::cbor}) {
    auto const text = dumped(conn.db(), {.encoding = encoding, .chunk_size = 6});
    OnMem to;
    auto const refused = [&](std::string const& wrong) {
      auto const code = code_of([&] { restore<mem::Backend>(to.config(), out_of(wrong)); });
      return (code == Errc::store_corrupt || code == Errc::store_format) && !Memory::exists(to.config());
    };
    std::size_t const step = test::is_sanitized ? 5 : 1;
    for (std::size_t at = 0; at < text.size(); at += step) {
      CAPTURE(at);
      CHECK(refused(text.substr(0, at)));
      auto flipped = text;
      flipped[at] = static_cast<char>(flipped[at] ^ static_cast<char>(1U << (at % 8)));
      CHECK(refused(flipped));
    }
    CHECK(refused(text + "\n"));
    CHECK(refused(text + text));
    CHECK_NOTHROW(restore<mem::Backend>(to.config(), out_of(text)));
  }
}

TEST_CASE("the error of a damaged dump names the chunk and where it begins") {
  OnMem from;
  Memory::create(from.config());
  auto conn = Memory::connect(from.config());
  fill(conn);
  auto text = dumped(conn.db(), {.chunk_size = 6});
  auto const place = text.find("#cairn/chunk {:number 1 ");
  auto const begin = text.find('\n', place) + 1;
  text[begin + 1] = '9';
  try {
    restore<mem::Backend>(OnMem{}.config(), out_of(text));
    FAIL("nothing was thrown");
  } catch (Error const& error) {
    CHECK(error.data() == "{:chunk 2 :offset " + std::to_string(begin) + "}");
    CHECK(error.message().find("chunk 2") != std::string::npos);
  }
  auto newer = dumped(conn.db());
  newer.replace(newer.find(":version 1"), 10, ":version 9");
  CHECK(code_of([&] { restore<mem::Backend>(OnMem{}.config(), out_of(newer)); }) == Errc::store_format);
  CHECK(code_of([&] { restore<mem::Backend>(OnMem{}.config(), out_of("{:name 1}")); }) == Errc::store_format);
}

/// Writes the records of a dump anew, changed, with checksums that are right.
template <class Framing, class Change>
std::string resealed(std::string const& text, Change change) {
  detail::DumpInput in{out_of(text)};
  std::uint64_t read = 0;
  auto const header = Framing::read_header(in, read);
  std::string out;
  Framing::write_header(out, header);
  auto checksum = detail::chained_checksum(out, 0);
  for (;;) {
    auto piece = Framing::read_piece(in);
    if (piece.end) {
      piece.end->checksum = checksum;
      Framing::write_end(out, *piece.end);
      return out;
    }
    std::string payload{piece.chunk->payload};
    change(payload);
    checksum = detail::chained_checksum(payload, checksum);
    piece.chunk->payload = payload;
    piece.chunk->checksum = checksum;
    Framing::write_before(out, *piece.chunk);
    out += payload;
    Framing::write_behind(out, *piece.chunk);
  }
}

TEST_CASE("records that are wrong under checksums that are right do no harm") {
  OnMem from;
  Memory::create(from.config());
  auto conn = Memory::connect(from.config());
  fill(conn);
  std::mt19937_64 random{Catch::getSeed()};
  auto const damage = [&](std::string& payload) {
    for (auto left = random() % 3; left != 0 && !payload.empty(); --left) {
      auto const at = random() % payload.size();
      switch (random() % 3) {
        case 0: payload[at] = static_cast<char>(random()); break;
        case 1: payload.erase(at, random() % 5); break;
        default: payload.insert(at, payload.substr(random() % payload.size(), random() % 20));
      }
    }
  };
  auto const edn = dumped(conn.db(), {.chunk_size = 6});
  auto const cbor = dumped(conn.db(), {.encoding = DumpEncoding::cbor, .chunk_size = 6});
  for (int i = 0; i != (test::is_sanitized ? 400 : 1500); ++i) {
    OnMem to;
    auto const wrong = i % 2 == 0 ? resealed<detail::EdnFraming>(edn, damage) : resealed<detail::CborFraming>(cbor, damage);
    auto const code = code_of([&] { restore<mem::Backend>(to.config(), out_of(wrong)); });
    CHECK((!code || *code == Errc::store_corrupt));
    CHECK(Memory::exists(to.config()) == !code);
    if (code) continue;
    auto const db = Memory::connect(to.config()).db();
    static_cast<void>(laws::facts_of(db.history()));
    for (auto const* where : {"[?e :n ?x]", "[?e :v ?x]", "[?e :pair ?x]", "[?e :d ?x]"}) {
      static_cast<void>(code_of([&] { static_cast<void>(notation::write(q(db, std::string{"[:find ?e ?x :where "} + where + "]").to_edn())); }));
      static_cast<void>(code_of([&] { static_cast<void>(notation::write(q(db.history(), std::string{"[:find (max ?x) :where "} + where + "]").to_edn())); }));
    }
  }
}

TEST_CASE("what is not of its attribute's type is in no restored database") {
  OnMem from;
  Memory::create(from.config());
  auto conn = Memory::connect(from.config());
  fill(conn);
  conn.transact("[{:db/ident :to :db/valueType :db.type/ref :db/cardinality :db.cardinality/one}]");
  conn.transact("[{:n 3 :v \"x\" :pair [3 :y] :d 2.5 :to [:n 1]}]");
  OnMem loose;
  Memory::create(loose.config(), {.schema_flexibility = SchemaFlexibility::read});
  auto any = Memory::connect(loose.config());
  any.transact("[{:db/ident :to :db/valueType :db.type/ref :db/cardinality :db.cardinality/one} {:db/ident :long :db/valueType :db.type/long :db/cardinality :db.cardinality/one}]");
  any.transact("[{:db/id 90 :to 7 :name \"x\" :long \"not yet\"}]");
  auto const code = [](std::string const& dump, std::string const& before, std::string const& after) {
    std::size_t changed = 0;
    auto const wrong = resealed<detail::EdnFraming>(dump, [&](std::string& payload) {
      auto const at = payload.find(before);
      if (at == std::string::npos) return;
      payload.replace(at, before.size(), after);
      ++changed;
    });
    CHECK(changed == 1);
    OnMem to;
    auto const found = code_of([&] { restore<mem::Backend>(to.config(), out_of(wrong)); });
    CHECK(Memory::exists(to.config()) == !found);
    return found;
  };
  auto const strict = dumped(conn.db());
  CHECK(code(strict, ":pair [3 :y] ", ":pair [4 :z] ") == std::nullopt);
  CHECK(code(strict, ":pair [3 :y] ", ":pair 41 ") == Errc::store_corrupt);
  CHECK(code(strict, ":d 2.5 ", ":d \"2.5\" ") == Errc::store_corrupt);
  CHECK(code(strict, ":v \"x\" ", ":v nil ") == Errc::store_corrupt);
  auto const free = dumped(any.db());
  CHECK(code(free, ":name \"x\" ", ":name 41 ") == std::nullopt);
  CHECK(code(free, ":name \"x\" ", ":name nil ") == Errc::store_corrupt);
  CHECK(code(free, ":to 7 ", ":to \"7\" ") == Errc::store_corrupt);
  CHECK(code(free, "[90 :to ", "[9000 :to ") == Errc::store_corrupt);  // behind :max-eid
}

TEST_CASE("a count that a dump claims takes no memory") {
  std::string text;
  for (int depth = 0; depth != 20; ++depth) detail::cbor::write_head(text, detail::cbor::Major::array, 1U << 16U);
  text += std::string(std::size_t{1} << 16U, '\0');
  detail::cbor::Reader in{text};
  CHECK_THROWS_AS(detail::cbor::read_value(in), detail::BadRecord);
  std::size_t left = 3;
  std::string four;
  detail::cbor::write_value(four, std::vector<Value>{1, std::vector<Value>{2, 3}});
  detail::cbor::Reader few{four};
  CHECK_THROWS_AS(detail::cbor::read_value(few, left), detail::BadRecord);
  left = 4;
  detail::cbor::Reader again{four};
  CHECK_NOTHROW(detail::cbor::read_value(again, left));
}

TEST_CASE("an interrupted dump goes on behind its last whole chunk") {
  OnMem from;
  Memory::create(from.config());
  auto conn = Memory::connect(from.config());
  fill(conn);
  auto const db = conn.db();
  for (auto const encoding : {DumpEncoding::edn, DumpEncoding::cbor}) {
    DumpOptions options{.encoding = encoding, .chunk_size = 4};
    auto const whole = dumped(db, options);
    for (std::size_t cut = 1; cut < whole.size(); cut += 13) {
      auto const position = scan_dump(out_of(std::string_view{whole}.substr(0, cut)));
      CHECK(position.bytes <= cut);
      CHECK_FALSE(position.complete);
      options.from = position;
      auto text = whole.substr(0, position.bytes);
      auto const report = dump(db, into(text), options);
      CHECK((text == whole));
      CHECK(report.bytes == whole.size());
      CHECK(report.datoms() == db.snapshot().current.eavt.size() + db.snapshot().temporal.eavt.size());
    }
    CHECK(scan_dump(out_of(whole)).complete);
    auto const refused = [&](auto change) {
      options.from = scan_dump(out_of(std::string_view{whole}.substr(0, whole.size() - 1)));
      change(*options.from);
      std::string text;
      return code_of([&] { dump(db, into(text), options); }) == Errc::config_mismatch && text.empty();
    };
    CHECK(refused([](DumpPosition& from_there) { from_there.last->tx += 1; }));
    CHECK(refused([](DumpPosition& from_there) { from_there.current += 1; }));
    CHECK(refused([](DumpPosition& from_there) { from_there.past -= 1; }));
    CHECK(refused([](DumpPosition& from_there) { from_there.header.history = false; }));
    CHECK(refused([](DumpPosition& from_there) { from_there.encoding = from_there.encoding == DumpEncoding::edn ? DumpEncoding::cbor : DumpEncoding::edn; }));
    options.from = scan_dump(out_of(std::string_view{whole}.substr(0, whole.size() - 1)));
    conn.transact("[{:n 3}]");
    std::string text;
    CHECK(code_of([&] { dump(conn.db(), into(text), options); }) == Errc::config_mismatch);
  }
}

TEST_CASE("a dump is of one value, whatever is committed and collected meanwhile") {
  OnFile from;
  using Files = Store<backends::file::Backend>;
  Files::create(from.config());
  auto conn = Files::connect(from.config());
  conn.transact(laws::database_schema);
  for (int i = 0; i != 20; ++i) conn.transact("[{:n " + std::to_string(i) + " :text \"one\"}]");
  conn.checkpoint();
  auto const quiet = dumped(conn.db(), {.chunk_size = 10});
  int chunks = 0;
  DumpOptions options{.chunk_size = 10};
  options.progress = [&](std::uint64_t /*datoms*/) {
    if (++chunks > 3) return;
    conn.transact("[{:n " + std::to_string(chunks) + " :text \"two\"}]");
    conn.checkpoint();
    conn.collect_garbage({.keep_for = std::chrono::hours{0}});
  };
  CHECK((dumped(conn.db(), options) == quiet));
}

TEST_CASE("a restoration that is interrupted leaves nothing, and can be done again") {
  OnMem from;
  Memory::create(from.config());
  auto conn = Memory::connect(from.config());
  conn.transact(laws::database_schema);
  std::string many = "[";
  for (int i = 0; i != 6000; ++i) many += "{:n " + std::to_string(i) + " :text \"x\" :tag :a}";
  conn.transact(many + "]");
  auto const text = dumped(conn.db());
  struct Stop {};
  for (auto const phase : {RestoreProgress::reading, RestoreProgress::sorting}) {
    OnFile to;
    using Files = Store<backends::file::Backend>;
    RestoreOptions how{.memory = 1};
    how.progress = [&](RestoreProgress const& progress) {
      if (progress.phase == phase) throw Stop{};
    };
    CHECK_THROWS_AS(restore<backends::file::Backend>(to.config(), out_of(text), how), Stop);
    CHECK_FALSE(Files::exists(to.config()));
    // As after kill -9: storage without a database in it.
    backends::file::Backend::empty_store(to.config());
    CHECK_NOTHROW(restore<backends::file::Backend>(to.config(), out_of(text)));
    CHECK((laws::facts_of(Files::connect(to.config()).db()) == laws::facts_of(conn.db())));
  }
}

TEST_CASE("a restoration that fails removes no storage that it did not make") {
  using Files = Store<backends::file::Backend>;
  OnMem from;
  Memory::create(from.config());
  auto conn = Memory::connect(from.config());
  fill(conn);
  auto const text = dumped(conn.db());
  OnFile to;  // where somebody else's has begun
  backends::file::Backend::empty_store(to.config());
  auto const cut = text.substr(0, text.size() - 1);
  CHECK(code_of([&] { restore<backends::file::Backend>(to.config(), out_of(cut)); }) == Errc::store_corrupt);
  CHECK(code_of([&] { backends::file::Backend::empty_store(to.config()); }) == Errc::store_exists);  // it is still there
  CHECK_NOTHROW(restore<backends::file::Backend>(to.config(), out_of(text)));
  CHECK(Files::exists(to.config()));
  OnFile own;
  CHECK(code_of([&] { restore<backends::file::Backend>(own.config(), out_of(cut)); }) == Errc::store_corrupt);
  CHECK_NOTHROW(backends::file::Backend::empty_store(own.config()));  // its own it removes
}

TEST_CASE("a restoration that fails leaves the place to another one that began there meanwhile") {
  OnMem from;
  Memory::create(from.config());
  auto conn = Memory::connect(from.config());
  conn.transact(laws::database_schema);
  std::string many = "[";
  for (int i = 0; i != 6000; ++i) many += "{:n " + std::to_string(i) + " :text \"x\" :tag :a}";
  conn.transact(many + "]");
  auto const text = dumped(conn.db());
  OnMem to;
  struct Stop {};
  std::promise<void> other_has_begun;
  std::promise<void> first_has_failed;
  std::exception_ptr failure;
  std::thread other;
  RestoreOptions first{.memory = 1};
  first.progress = [&](RestoreProgress const&) {
    other = std::thread{[&] {
      RestoreOptions second{.memory = 1};
      bool waits = true;
      second.progress = [&](RestoreProgress const&) {
        if (!std::exchange(waits, false)) return;
        other_has_begun.set_value();
        first_has_failed.get_future().wait();
      };
      try {
        restore<mem::Backend>(to.config(), out_of(text), second);
      } catch (...) {
        failure = std::current_exception();
        if (waits) other_has_begun.set_value();
      }
    }};
    other_has_begun.get_future().wait();
    throw Stop{};
  };
  CHECK_THROWS_AS(restore<mem::Backend>(to.config(), out_of(text), first), Stop);
  first_has_failed.set_value();
  other.join();
  CHECK(failure == nullptr);
  auto restored = Memory::connect(to.config());
  CHECK((laws::facts_of(restored.db()) == laws::facts_of(conn.db())));
  CHECK(restored.blobs().roots() == std::vector<std::string>{"db"});  // and nothing of either is left beside it
}

TEST_CASE("two dumps to one file do not meet") {
  test::TemporaryDirectory place;
  auto const name = (place.path() / "people.edn").string();
  {
    DumpFile first{name};
    first.sink()(std::as_bytes(std::span{std::string_view{"first"}}));
    CHECK(code_of([&] { DumpFile{name}; }) == Errc::store_locked);
    CHECK(code_of([&] { DumpFile(name, true); }) == Errc::store_locked);
    CHECK(std::filesystem::file_size(DumpFile::part_of(name)) == 5);
  }
  DumpFile goes_on{name, true};
  std::string found(10, ' ');
  CHECK(goes_on.source()(std::as_writable_bytes(std::span{found})) == 5);
  goes_on.keep(3);
  goes_on.sink()(std::as_bytes(std::span{std::string_view{"..."}}));
  goes_on.finish();
  DumpFile second{name};  // the name that the first one had is free
  CHECK(std::filesystem::file_size(name) == 6);
}

TEST_CASE("a file has its name when the dump in it is whole") {
  test::TemporaryDirectory place;
  auto const name = (place.path() / "people.edn").string();
  OnMem from;
  Memory::create(from.config());
  auto conn = Memory::connect(from.config());
  fill(conn);
  {
    DumpFile file{name};
    dump(conn.db(), file.sink());
    CHECK_FALSE(std::filesystem::exists(name));
    file.finish();
  }
  detail::OpenFile const file{name, O_RDONLY};
  OnMem to;
  restore<mem::Backend>(to.config(), read_from(file.number(), name));
  CHECK((laws::everything_of(Memory::connect(to.config()).db().snapshot()) == laws::everything_of(conn.db().snapshot())));
  CHECK(code_of([&] { DumpFile{"/nowhere/at/all"}; }) == Errc::io_error);
}

// `cairn dump` wrote these when the format had version 1.
TEST_CASE("dumps of version 1 are read, and are written as they were", "[golden]") {
  for (auto const encoding : {DumpEncoding::edn, DumpEncoding::cbor}) {
    std::ifstream in{std::string{CAIRN_GOLDEN_DUMP} + (encoding == DumpEncoding::edn ? "/people.edn" : "/people.cbor"), std::ios::binary};
    std::string const text{std::istreambuf_iterator<char>{in}, {}};
    OnMem to;
    CHECK(restore<mem::Backend>(to.config(), out_of(text)).past == 6);
    auto const conn = Memory::connect(to.config());
    CHECK_NOTHROW(verify(conn.db()));
    CHECK((*conn.db().as_of(first_transaction + 1).datoms(eavt, 18, ":age").begin()).v == Value{41});
    CHECK((dumped(conn.db(), {.encoding = encoding}) == text));
  }
}

TEST_CASE("documentation: a dump and its restoration in a program") {
  OnMem from;
  Memory::create(from.config());
  auto conn = Memory::connect(from.config());
  fill(conn);
  test::TemporaryDirectory place;
  auto const path = (place.path() / "people.cbor").string();
  OnFile to;
  auto const config = to.config();
  // [backup]
  cairn::DumpFile file{path};                                   // written to people.cbor.part, which becomes people.cbor when it is whole
  cairn::dump(conn.db(), file.sink(), {.encoding = cairn::DumpEncoding::cbor});
  file.finish();

  std::ifstream in{path, std::ios::binary};                     // a source is a function, and so is a sink
  auto const source = [&](std::span<std::byte> room) {
    in.read(reinterpret_cast<char*>(room.data()), static_cast<std::streamsize>(room.size()));
    return static_cast<std::size_t>(in.gcount());
  };
  cairn::restore<cairn::backends::file::Backend>(config, source);          // a new store, whole or not at all

  cairn::copy_database<cairn::backends::mem::Backend>(conn.db(), {"copy"});  // the same without a file between
  // [/backup]
  CHECK((laws::everything_of(Store<backends::file::Backend>::connect(config).db().snapshot()) == laws::everything_of(conn.db().snapshot())));
  CHECK((laws::everything_of(Memory::connect(mem::Config{"copy"}).db().snapshot()) == laws::everything_of(conn.db().snapshot())));
  Memory::destroy(mem::Config{"copy"});
}

// ---- other systems' databases

// DataScript itself wrote the fixture: `npm install datascript@1.8.1`, then in node
//   const d = require("datascript");
//   let db = d.empty_db({aka: {":db/cardinality": ":db.cardinality/many"}, friend: {":db/valueType": ":db.type/ref"},
//                        name: {":db/unique": ":db.unique/identity"}});
//   db = d.db_with(db, [{":db/id": -1, name: "Ivan", age: 41, aka: ["Zoë", 'a "b"'], sex: ":male"}]);
//   db = d.db_with(db, [{":db/id": -1, name: "Petra", age: 37.5, friend: 1, alive: true}]);
//   db = d.db_with(db, [[":db/add", 1, "age", 42]]);
//   db = d.db_with(db, [{":db/id": 1, most: Infinity, least: -Infinity, none: NaN}]);
//   process.stdout.write(JSON.stringify(d.serializable(db)));
TEST_CASE("what DataScript serialises becomes a database") {
  std::ifstream in{CAIRN_DATASCRIPT_FIXTURE, std::ios::binary};
  std::string const text{std::istreambuf_iterator<char>{in}, {}};
  REQUIRE(!text.empty());
  OnMem to;
  import_datascript<mem::Backend>(to.config(), out_of(text));
  auto const conn = Memory::connect(to.config());
  auto const db = conn.db();
  CHECK_NOTHROW(verify(db));
  std::string facts;
  for (auto const& datom : db.datoms(eavt)) {
    if (datom.a.ns() != "db") facts += notation::write(to_edn(Value{datom.e})) + to_text(datom.a) + to_text(datom.v) + '+' + std::to_string(datom.tx - first_transaction) + '\n';
  }
  CHECK(facts == R"(1:age42+2
1:aka"Zoë"+0
1:aka"a \"b\""+0
1:least##-Inf+3
1:most##Inf+3
1:name"Ivan"+0
1:none##NaN+3
1:sex":male"+0
2:age37.5+1
2:name"Petra"+1
2:alivetrue+1
2:friend1+1
)");
  auto const* aka = db.schema().find(Keyword{":aka"});
  REQUIRE(aka != nullptr);
  CHECK(aka->is_many());
  CHECK(db.schema().find(Keyword{":friend"})->is_ref());
  CHECK(db.schema().find(Keyword{":name"})->unique == Uniqueness::identity);
  auto const size = text.size();
  for (std::size_t at = 0; at < size; at += 7) {
    auto const code = code_of([&] { import_datascript<mem::Backend>(OnMem{}.config(), out_of(std::string_view{text}.substr(0, at))); });
    CHECK(code == Errc::edn_syntax);
  }
}

TEST_CASE("what Clojure's DataScript serialises has keywords, and other values as EDN") {
  constexpr std::string_view text = R"({"count":4,"tx0":536870912,"max-eid":9,"max-tx":536870912,"schema":"{:id {:db/unique :db.unique/identity, :db/tupleAttrs nil}, :note nil}",
    "attrs":[":id",":kind",":when"],"keywords":[":a/b",":c"],
    "eavt":[[9,0,[1,"#uuid \"00000000-0000-0000-0000-000000000001\""],0],[9,1,[0,1],0],[9,2,[1,"#inst \"2020-01-01T00:00:00.000-00:00\""],0],[536870912,1,[0,0],0]]})";
  OnMem to;
  import_datascript<mem::Backend>(to.config(), out_of(text));
  auto const conn = Memory::connect(to.config());
  auto const db = conn.db();
  CHECK_NOTHROW(verify(db));
  CHECK((*db.datoms(eavt, 9, ":kind").begin()).v == Value{Keyword{":c"}});
  CHECK((*db.datoms(eavt, 9, ":when").begin()).v == Value{Instant{1'577'836'800'000}});
  CHECK((*db.datoms(eavt, 9, ":id").begin()).v.is(ValueKind::uuid));
  CHECK((*db.datoms(eavt, first_transaction, ":kind").begin()).tx == first_transaction);
  CHECK(code_of([&] { import_datascript<mem::Backend>(OnMem{}.config(), out_of(R"({"attrs":[":a"],"eavt":[[1,0,[1,"{:a 1}"],1]]})")); }) == Errc::transact_syntax);
  CHECK(code_of([&] { import_datascript<mem::Backend>(OnMem{}.config(), out_of(R"({"attrs":[":a"],"eavt":[[1,1,2,1]]})")); }) == Errc::edn_syntax);
  CHECK(code_of([&] { import_datascript<mem::Backend>(OnMem{}.config(), out_of(R"({"attrs":[":a"],"eavt":[[-1,0,2,1]]})")); }) == Errc::edn_syntax);
  RestoreOptions const how;
  detail::ImportedHistory history{how};
  detail::DumpInput in{out_of(text), 100};
  CHECK(code_of([&] { detail::read_datascript(in, history); }) == Errc::edn_limit);
}

TEST_CASE("a schema of DataScript's that is in the data, too, or that JavaScript wrote") {
  constexpr std::string_view text = R"({"tx0":536870912,"max-eid":20,
    "schema":"{\":name\" {\":db/doc\" \":a name\"}, \":pair\" {\":db/valueType\" \":db.type/tuple\" \":db/tupleAttrs\" [\"name\" \":age\"]}, \":db/ident\" {\":db/unique\" \":db.unique/identity\"}}",
    "attrs":[":db/ident",":name",":age"],"keywords":[":name"],"eavt":[[5,0,[0,0],1],[6,1,"Ivan",1],[6,2,123456789012345678901,1]]})";
  OnMem to;
  import_datascript<mem::Backend>(to.config(), out_of(text));
  auto const db = Memory::connect(to.config()).db();
  CHECK_NOTHROW(verify(db));
  CHECK(db.schema().find(Keyword{":name"})->entity == 5);
  CHECK(db.schema().find(Keyword{":name"})->doc == ":a name");
  CHECK((db.schema().find(Keyword{":pair"})->tuple_attributes == std::vector{Keyword{":name"}, Keyword{":age"}}));
  CHECK(db.schema().find(Keyword{":pair"})->entity == 21);
  CHECK((*db.datoms(eavt, 6, ":age").begin()).v == Value{BigInt{"123456789012345678901"}});
  auto const max_entity = [](std::string const& json) {
    OnMem there;
    import_datascript<mem::Backend>(there.config(), out_of(json));
    return Memory::connect(there.config()).db().snapshot().max_entity;
  };
  CHECK(max_entity(R"({"max-eid":20,"attrs":[":a"],"eavt":[[1,0,2,1]]})") == 20);
  CHECK(code_of([&] { max_entity(R"({"max-eid":9223372036854775807,"schema":"{:a {}}","attrs":[":a"],"eavt":[[1,0,2,1]]})"); }) == Errc::edn_syntax);
  CHECK(code_of([&] { max_entity(R"({"max-eid":536870911,"schema":"{:a {}}","attrs":[":a"],"eavt":[[1,0,2,1]]})"); }) == Errc::edn_syntax);
}

}  // namespace
