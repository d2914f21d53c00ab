// Copyright the Cairn authors
// SPDX-License-Identifier: BSL-1.0
// Transactions as the log keeps them, and values as EDN writes them.
#include "db_test.hpp"

#include <bit>
#include <cmath>
#include <cstdint>
#include <span>
#include <string>

namespace cairn::test::record_test {
namespace {

std::vector<std::byte> bytes_of(TxRecord const& record) {
  ByteWriter out;
  codec::write(out, record);
  return std::move(out).take();
}
TxRecord record_of(std::span<std::byte const> bytes) {
  ByteReader in{bytes};
  auto record = codec::read_tx_record(in);
  CHECK(in.at_end());
  return record;
}

TEST_CASE("a record is read as it was written") {
  auto const db = after(people(), R"([{:key "a" :age 1}])");
  auto const report =
      transact(db, R"([{:key "a" :age -2 :tag ["x" ""] :note "n"} {:db/ident :new :db/valueType :db.type/bigdec
    :db/cardinality :db.cardinality/one} {:db/id 281470681743361 :new 1.50M}])",
               Instant{7});
  auto const bytes = bytes_of(report.record);
  CHECK(record_of(bytes) == report.record);
  CHECK(report.record.new_attributes.size() == 1);
  for (std::size_t size = 0; size != bytes.size(); ++size) {
    ByteReader cut{std::span{bytes}.first(size)};
    CHECK_THROWS_AS(codec::read_tx_record(cut), Error);
  }
}

TEST_CASE("a small fact takes few bytes") {
  auto const db = people();
  std::vector<TxOp> operations;
  for (int i = 0; i != 1000; ++i) operations.push_back(add(100 + i, ":age", i % 60));
  CHECK(bytes_of(transact(db, operations, Instant{1}).record).size() < 1000 * 5 + 100);
}

TEST_CASE("a record that does not follow is refused") {
  auto const db = people();
  auto const record = transact(db, R"([{:key "a"}])", Instant{1}).record;
  auto const refused = [&](auto spoil) {
    auto spoiled = record;
    spoil(spoiled);
    try {
      (void)apply(db.snapshot(), spoiled);
      return false;
    } catch (Error const& error) {
      return error.code() == Errc::store_corrupt;
    }
  };
  CHECK_FALSE(refused([](TxRecord&) {}));
  CHECK(refused([](TxRecord& r) { ++r.tx; }));
  CHECK(refused([](TxRecord& r) { r.datoms.back().a = 4000; }));
  CHECK(refused([](TxRecord& r) { r.datoms.back().a = 0; }));
  CHECK(refused([](TxRecord& r) { r.datoms.back().added = false; }));
  CHECK(refused([](TxRecord& r) { r.new_attributes.emplace_back(99U, kw(":x")); }));
}

TEST_CASE("a large transaction is what many small ones are") {
  std::vector<TxOp> operations;
  for (int i = 0; i != 6000; ++i) {
    auto const e = 1000 + (i * 7919) % 6000;
    operations.push_back(add(e, ":key", "k" + std::to_string(e)));
    operations.push_back(add(e, ":friend", 1000 + i));
  }
  auto const base = people();
  auto const whole = after(base, operations);
  auto parts = base;
  for (std::size_t i = 0; i != operations.size(); i += 1000) {
    parts = after(parts, std::vector<TxOp>(operations.begin() + static_cast<std::ptrdiff_t>(i),
                                           operations.begin() + static_cast<std::ptrdiff_t>(i + 1000)));
  }
  CHECK(show(whole.datoms(eavt)) == show(parts.datoms(eavt)));
  CHECK(show(whole.datoms(aevt)) == show(parts.datoms(aevt)));
  CHECK(show(whole.datoms(avet)) == show(parts.datoms(avet)));
  whole.snapshot().current.avet.verify();
  // And with its schema in the same transaction.
  std::vector<TxOp> all = TxData{people_schema}.operations;
  all.insert(all.end(), operations.begin(), operations.end());
  CHECK(show(after(empty_db(), all).datoms(avet)) == show(whole.datoms(avet)));
}

TEST_CASE("values go to EDN and back") {
  std::byte const some[] = {std::byte{0}, std::byte{255}, std::byte{16}, std::byte{1}};
  Uuid uuid;
  uuid.bytes[15] = std::byte{0xAB};
  std::vector<Value> values{true,
                            -5,
                            1.5,
                            -0.25,
                            BigInt{"123456789012345678901234567890"},
                            BigDecimal{"1.50"},
                            Instant{1577923200123},
                            uuid,
                            "text \"quoted\" \n",
                            kw(":a/b"),
                            Symbol{"c/d"},
                            Value{std::vector<Value>{1, Value{}, "x", std::vector<Value>{2}}}};
  for (std::size_t size = 0; size <= 4; ++size) values.emplace_back(std::span<std::byte const>{some}.first(size));
  for (auto const& value : values) {
    auto const text = to_text(value);
    INFO(text);
    auto const back = to_value(notation::parse(text));
    CHECK(back == value);
    CHECK(back.kind() == value.kind());
  }
  CHECK(to_text(Value{0.1F}) == "0.1");
  // Whose shortest digits are another float's when they are read as a double first.
  CHECK(static_cast<float>(std::stod(to_text(Value{std::bit_cast<float>(0x15AE43FDU)}))) == std::bit_cast<float>(0x15AE43FDU));
  CHECK(to_text(Value{std::span<std::byte const>{some}}) == "#bytes \"AP8QAQ==\"");
  CHECK(std::isnan(to_value(notation::parse("##NaN")).as_double()));
  CHECK_THROWS_AS(to_value(notation::parse("#{1}")), Error);
  CHECK_THROWS_AS(to_value(notation::parse("#bytes \"A\"")), Error);
  CHECK_THROWS_AS(to_value(notation::parse("#bytes \"A?==\"")), Error);
  CHECK_THROWS_AS(to_value(notation::parse("#other 5")), Error);
  CHECK(notation::write(to_edn(Datom{1, kw(":a"), "x", 5, false})) == "[1 :a \"x\" 5 false]");
}

TEST_CASE("a name with a colon of its own is read as it was written") {
  TxRecord record{.tx = first_transaction,
                  .instant = {},
                  .max_entity = 1,
                  .new_attributes = {{100U, kw("::named")}},
                  .datoms = {},
                  .purged = {}};
  record.datoms.push_back({1, 100, true, first_transaction, kw("::value")});
  CHECK(record_of(bytes_of(record)) == record);
}

}  // namespace
}  // namespace cairn::test::record_test
