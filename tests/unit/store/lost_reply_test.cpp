// Copyright the Cairn authors
// SPDX-License-Identifier: BSL-1.0
// Commits whose outcome the storage does not tell.
#include "flaky_backend.hpp"

#include <cairn/cairn.hpp>
#include <cairn/db/verify.hpp>

#include <catch2/catch_test_macros.hpp>

#include <string>
#include <vector>

namespace {

using Store = cairn::Store<flaky::Backend>;
using flaky::Fault;
using flaky::Plan;

struct Fixture {
  Store::Config config{"lost"};
  Fixture() {
    Store::create(config);
    Store::connect(config).transact(
        R"([{:db/ident :n :db/valueType :db.type/long :db/cardinality :db.cardinality/many :db/index true}])");
  }
  ~Fixture() {
    Plan::next.clear();
    Plan::meanwhile = {};
    Store::destroy(config);
  }
};

std::vector<std::int64_t> values(Store::Connection::Database const& db) {
  std::vector<std::int64_t> result;
  for (auto const& datom : db.datoms(cairn::avet, ":n")) result.push_back(datom.v.as_integer());
  return result;
}

cairn::TxOp add_n(int n) { return cairn::add("new", ":n", n); }

}  // namespace

TEST_CASE("a commit whose reply is lost is applied once") {
  Fixture on;
  auto conn = Store::connect(on.config);
  Plan::next = {Fault::lost_reply};
  auto const report = conn.transact({add_n(1)});
  CHECK(values(report.db_after) == std::vector<std::int64_t>{1});
  CHECK(values(conn.db()) == std::vector<std::int64_t>{1});
  CHECK(values(Store::connect(on.config).db()) == std::vector<std::int64_t>{1});
}

TEST_CASE("a commit whose request is lost is tried again") {
  Fixture on;
  auto conn = Store::connect(on.config);
  Plan::next = {Fault::lost_request, Fault::lost_request};
  conn.transact({add_n(1)});
  CHECK(values(Store::connect(on.config).db()) == std::vector<std::int64_t>{1});
}

TEST_CASE("a commit whose reply is lost is found after others have committed and checkpointed") {
  Fixture on;
  auto conn = Store::connect(on.config);
  auto other = Store::connect(on.config);
  Plan::next = {Fault::lost_reply};
  Plan::meanwhile = [&] {
    other.transact({add_n(2)});
    other.checkpoint();
    other.transact({add_n(3)});
  };
  conn.transact({add_n(1)});
  CHECK(values(conn.db()) == std::vector<std::int64_t>{1, 2, 3});
  CHECK(values(Store::connect(on.config).db()) == std::vector<std::int64_t>{1, 2, 3});
}

TEST_CASE("a lost request that others overtook is applied once, to what they left") {
  Fixture on;
  auto conn = Store::connect(on.config);
  auto other = Store::connect(on.config);
  Plan::next = {Fault::lost_request};
  Plan::meanwhile = [&] { other.transact({add_n(2)}); };
  conn.transact({add_n(1)});
  CHECK(values(Store::connect(on.config).db()) == std::vector<std::int64_t>{1, 2});
}

TEST_CASE("a refused commit changes nothing and can be repeated") {
  Fixture on;
  auto conn = Store::connect(on.config);
  Plan::next = {Fault::refusal};
  CHECK_THROWS_AS(conn.transact({add_n(1)}), cairn::Error);
  CHECK(values(conn.db()).empty());
  conn.transact({add_n(1)});
  CHECK(values(Store::connect(on.config).db()) == std::vector<std::int64_t>{1});
}

TEST_CASE("a checkpoint that fails leaves no node that believes to be stored") {
  Fixture on;
  auto conn = Store::connect(on.config);
  conn.transact({add_n(1)});
  auto const fault = GENERATE(Fault::refusal, Fault::put_throws);
  Plan::next = {fault};
  CHECK_THROWS_AS(conn.checkpoint(), cairn::Error);
  conn.transact({add_n(2)});
  conn.checkpoint();
  auto const db = Store::connect(on.config).db();
  CHECK(values(db) == std::vector<std::int64_t>{1, 2});
  CHECK(cairn::verify(db).current == conn.db().size());
}

TEST_CASE("a checkpoint whose reply is lost has happened") {
  Fixture on;
  auto conn = Store::connect(on.config);
  conn.transact({add_n(1)});
  Plan::next = {Fault::lost_reply};
  conn.checkpoint();
  CHECK(conn.tail_bytes() == 0);
  conn.transact({add_n(2)});
  CHECK(values(Store::connect(on.config).db()) == std::vector<std::int64_t>{1, 2});
}

TEST_CASE("a backend is released once, when the last database value is gone") {
  Fixture on;
  auto const before = flaky::Backend::releases;
  {
    auto conn = Store::connect(on.config);
    auto const db = conn.db();
    conn.release();
    conn.release();
    CHECK(flaky::Backend::releases == before);
  }
  CHECK(flaky::Backend::releases == before + 1);
}
