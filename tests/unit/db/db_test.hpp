// Copyright the Cairn authors
// SPDX-License-Identifier: BSL-1.0
// What the tests of databases share.
#pragma once

#include <cairn/db/transact.hpp>

#include <catch2/catch_test_macros.hpp>

#include <memory>
#include <optional>
#include <string>
#include <utility>
#include <vector>

namespace cairn::test {

using TestDb = Db<persistent_set_tag>;
using TestReport = TxReport<persistent_set_tag>;

inline TestDb empty_db(bool keep_history = true, SchemaFlexibility flexibility = SchemaFlexibility::write) {
  DatabaseOptions options;
  options.keep_history = keep_history;
  options.schema_flexibility = flexibility;
  return TestDb{Snapshot<persistent_set_tag>::empty(std::make_shared<DatabaseOptions const>(options))};
}

inline constexpr char const* people_schema = R"([
  {:db/ident :key :db/valueType :db.type/string :db/cardinality :db.cardinality/one :db/unique :db.unique/identity}
  {:db/ident :ssn :db/valueType :db.type/long :db/cardinality :db.cardinality/one :db/unique :db.unique/value}
  {:db/ident :age :db/valueType :db.type/long :db/cardinality :db.cardinality/one}
  {:db/ident :tag :db/valueType :db.type/string :db/cardinality :db.cardinality/many}
  {:db/ident :kind :db/valueType :db.type/keyword :db/cardinality :db.cardinality/one :db/index true}
  {:db/ident :friend :db/valueType :db.type/ref :db/cardinality :db.cardinality/many}
  {:db/ident :part :db/valueType :db.type/ref :db/cardinality :db.cardinality/many :db/isComponent true}
  {:db/ident :note :db/valueType :db.type/string :db/cardinality :db.cardinality/one :db/noHistory true}])";

/// The database after one more transaction; its clock stands, so that instants count up by a millisecond.
inline TestDb after(TestDb const& db, TxData const& data) { return transact(db, data, Instant{1000}).db_after; }
inline TestDb people(bool keep_history = true) { return after(empty_db(keep_history), people_schema); }

/// The code that a transaction is refused with; nothing where it is not. EDN is refused where it is read.
template <class Data>
std::optional<Errc> refusal(TestDb const& db, Data const& data) {
  try {
    (void)transact(db, TxData{data}, Instant{1000});
    return std::nullopt;
  } catch (Error const& error) {
    CHECK(std::string{error.what()}.size() > 10);
    CHECK_NOTHROW(notation::parse(error.data()));  // the details are EDN
    return error.code();
  }
}

/// What is in a range, as `[e a v added]` a line, without the system's own datoms.
template <class Range>
std::string show(Range&& range) {
  std::string text;
  for (auto const& datom : range) {
    if (datom.a.ns() == "db") continue;
    text += std::to_string(datom.e) + " " + to_text(datom.a) + " " + to_text(datom.v) + (datom.added ? "\n" : " -\n");
  }
  return text;
}

/// The values of an attribute by key: "a 1, b 2".
inline std::string by_key(TestDb const& db, AttributeName attribute) {
  std::string text;
  for (auto const& key : db.datoms(avet, ":key")) {
    for (auto const& datom : db.datoms(eavt, key.e, attribute)) {
      text += (text.empty() ? "" : ", ") + std::string{key.v.as_string()} + " " + to_text(datom.v);
    }
  }
  return text;
}

}  // namespace cairn::test
