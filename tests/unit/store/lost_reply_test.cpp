// Copyright the Cairn authors
// SPDX-License-Identifier: BSL-1.0
// Commits whose outcome the storage does not tell.
#include "flaky_backend.hpp"

#include <cairn/database.hpp>
#include <cairn/db/verify.hpp>

#include <catch2/catch_test_macros.hpp>
#include <catch2/generators/catch_generators.hpp>

#include <cstdlib>
#include <new>
#include <span>
#include <string>
#include <vector>

// Memory that can be short, for this thread. Not inline: g++ would miss that what is freed comes from the same pair.
namespace {
thread_local bool out_of_memory = false;
}
[[gnu::noinline]] void* operator new(std::size_t size, std::nothrow_t const&) noexcept {
  return out_of_memory ? nullptr : std::malloc(size == 0 ? 1 : size);
}
[[gnu::noinline]] void* operator new(std::size_t size) {
  if (auto* const memory = operator new(size, std::nothrow)) return memory;
  throw std::bad_alloc{};
}
[[gnu::noinline]] void operator delete(void* memory) noexcept { std::free(memory); }
[[gnu::noinline]] void operator delete(void* memory, std::size_t) noexcept { std::free(memory); }
[[gnu::noinline]] void operator delete(void* memory, std::nothrow_t const&) noexcept { std::free(memory); }

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
    Plan::reset();
    Store::destroy(config);
  }
};

std::vector<std::int64_t> values(Store::Connection::Database const& db) {
  std::vector<std::int64_t> result;
  for (auto const& datom : db.datoms(cairn::avet, ":n")) result.push_back(datom.v.as_integer());
  return result;
}

cairn::TxOp add_n(int n) { return cairn::add("new", ":n", n); }

/// How a transaction was refused: code, message and data in one text.
template <class Work>
std::string refusal(Work work) {
  try {
    work();
  } catch (cairn::Error const& error) {
    return std::string{name(error.code())} + ": " + error.message() + " " + error.data();
  }
  return "nothing was thrown";
}
bool has(std::string const& text, std::string_view part) { return text.find(part) != std::string::npos; }

using Database = Store::Connection::Database;

/// Functions of which `:once` adds 1 when it runs first and throws later.
cairn::Functions<Database::index_tag> once(bool an_error, int& runs) {
  cairn::Functions<Database::index_tag> functions;
  functions.transaction(":once", [&runs, an_error](Database const&, std::span<cairn::TxValue const>) -> cairn::TxData {
    if (++runs == 1) return {add_n(1)};
    if (an_error) cairn::raise(cairn::Errc::transact_cas, "not again");
    throw 42;
  });
  return functions;
}

}  // namespace

TEST_CASE("a commit whose reply is lost is applied once") {
  Fixture on;
  auto conn = Store::connect(on.config);
  Plan::next = {Fault::lost_reply};
  auto const report = conn.transact({add_n(1)});
  CHECK(values(report.db_after) == std::vector<std::int64_t>{1});
  CHECK(values(conn.db()) == std::vector<std::int64_t>{1});
  CHECK(values(Store::connect(on.config).db()) == std::vector<std::int64_t>{1});
  auto const stats = conn.stats();
  CHECK(stats.committed == 1);
  CHECK(stats.appends == 1);
  CHECK(stats.appended_bytes == stats.tail_bytes);
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

TEST_CASE("a commit that lands late, after the root was looked at, is applied once") {
  Fixture on;
  auto conn = Store::connect(on.config);
  Plan::next = {Fault::late};
  auto const report = conn.transact({add_n(1)});
  CHECK(report.tx == conn.db().max_tx());
  CHECK(values(conn.db()) == std::vector<std::int64_t>{1});
  CHECK(values(Store::connect(on.config).db()) == std::vector<std::int64_t>{1});
}

TEST_CASE("while a commit may have landed every other error leaves as commit/unknown") {
  Fixture on;
  auto conn = Store::connect(on.config);
  std::string told;
  SECTION("the root cannot be read after the lost reply") {
    Plan::next = {Fault::lost_reply};
    Plan::root_fails = {true};
    told = refusal([&] { conn.transact({add_n(1)}); });
    CHECK(has(told, "the line is dead"));
    CHECK(has(told, "{:cause :io/error}"));
  }
  SECTION("the root cannot be read after the conflict that the late commit made") {
    Plan::next = {Fault::late};
    Plan::root_fails = {true, false};
    told = refusal([&] { conn.transact({add_n(1)}); });
    CHECK(has(told, "the line is dead"));
  }
  SECTION("memory ends with the reply, for the error too") {
    Plan::next = {Fault::lost_reply};
    Plan::meanwhile = [] { out_of_memory = true; };
    told = refusal([&] {
      struct Until {
        ~Until() { out_of_memory = false; }
      } const until;
      conn.transact({add_n(1)});
    });
    CHECK(has(told, "no memory"));
  }
  SECTION("the next attempt is refused by the storage") {
    Plan::next = {Fault::refusal, Fault::late};
    told = refusal([&] { conn.transact({add_n(1)}); });
    CHECK(has(told, "refused"));
  }
  SECTION("the next attempt is refused by the transaction itself") {
    auto const an_error = GENERATE(true, false);
    int runs = 0;
    conn.set_functions(once(an_error, runs));
    Plan::next = {Fault::late};
    told = refusal([&] { conn.transact("[[:db.fn/call :once]]"); });
    CHECK(runs == 2);
    CHECK(has(told, "not again") == an_error);
    std::exchange(Plan::late, {})();
  }
  SECTION("others committed so much that the root cannot tell") {
    Plan::next = {Fault::lost_reply};
    Plan::meanwhile = [&] {
      auto other = Store::connect(on.config);
      for (std::size_t i = 0; i != cairn::max_absorbed_commits; ++i) other.transact({cairn::retract(1, ":n", 0)});
      other.checkpoint();
    };
    told = refusal([&] { conn.transact({add_n(1)}); });
  }
  CAPTURE(told);
  CHECK(told.starts_with("commit/unknown"));
  CHECK_FALSE(has(told, "Nothing has changed"));
  CHECK(values(conn.sync()) == std::vector<std::int64_t>{1});
}

TEST_CASE("a lost request that others overtook cannot land any more, and the next error says that nothing has changed") {
  Fixture on;
  auto conn = Store::connect(on.config);
  auto other = Store::connect(on.config);
  int runs = 0;
  conn.set_functions(once(true, runs));
  Plan::next = {Fault::lost_request};
  Plan::meanwhile = [&] {
    other.transact({add_n(2)});
    other.checkpoint();
  };
  CHECK(refusal([&] { conn.transact("[[:db.fn/call :once]]"); }).starts_with("transact/cas"));
  CHECK(values(conn.sync()) == std::vector<std::int64_t>{2});
}

TEST_CASE("a purge whose outcome is lost is applied once, whatever checkpoints follow it") {
  Fixture on;
  auto conn = Store::connect(on.config);
  auto other = Store::connect(on.config);
  auto const e = conn.transact({add_n(1)}).tempids.at("new");
  conn.transact({cairn::retract(e, ":n", 1)});
  auto const before = conn.db().max_tx();
  auto const fault = GENERATE(Fault::lost_reply, Fault::lost_request, Fault::late);
  auto const overtaken = GENERATE(false, true);
  CAPTURE(fault, overtaken);
  Plan::next = {fault};
  if (overtaken) {
    Plan::meanwhile = [&] {
      for (int n = 2; n != 4; ++n) {
        other.transact({add_n(n)});
        other.checkpoint();
      }
    };
  }
  auto const report = conn.transact({cairn::purge(e, ":n", 1)});
  CHECK(report.purged.size() == 2);
  CHECK(conn.tail_bytes() == 0);
  for (auto const& db : {conn.db(), Store::connect(on.config).db()}) {
    CHECK(db.max_tx() == before + (overtaken ? 3 : 1));
    CHECK(values(db.history()) == (overtaken ? std::vector<std::int64_t>{2, 3} : std::vector<std::int64_t>{}));
    CHECK(cairn::verify(db).current == db.size());
  }
}

TEST_CASE("memory that ends when a commit has landed takes nothing from it") {
  Fixture on;
  Store::connect(on.config).transact({add_n(1)});
  auto conn = Store::connect(on.config);
  conn.listen([](auto const&) {});
  auto const tx = conn.db().max_tx();
  auto const purges = GENERATE(false, true);
  cairn::TxData const data{purges ? cairn::purge(1, ":n", 1) : add_n(2)};
  Plan::landed = [] { out_of_memory = true; };
  bool returned = false;
  try {
    conn.transact(data);
    returned = true;
  } catch (std::bad_alloc const&) {
  }
  out_of_memory = false;
  CHECK(returned);
  CHECK(conn.db().max_tx() == tx + 1);
  conn.transact({add_n(3)});
  conn.checkpoint();
  auto const db = Store::connect(on.config).db();
  CHECK(db.max_tx() == tx + 2);
  CHECK(values(db).back() == 3);
  CHECK(cairn::verify(db).current == db.size());
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
  CHECK(conn.stats().checkpoints == 1);
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
