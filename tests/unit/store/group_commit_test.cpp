// Copyright the Cairn authors
// SPDX-License-Identifier: BSL-1.0
// Threads whose transactions share commits, and checkpoints that share them too.
#include "gated_backend.hpp"

#include <cairn/database.hpp>
#include <cairn/db/verify.hpp>

#include <catch2/catch_test_macros.hpp>
#include <catch2/generators/catch_generators.hpp>

#include <algorithm>
#include <atomic>
#include <barrier>
#include <cstddef>
#include <functional>
#include <memory>
#include <optional>
#include <span>
#include <string>
#include <thread>
#include <utility>
#include <vector>

namespace cairn::group_commit_test {

namespace {

using cairn::Errc;
using gated::Fate;
using gated::Gate;
using Store = cairn::Store<gated::Backend>;
using Session = cairn::Session<gated::Backend, cairn::persistent_set_tag>;
using Database = Store::Connection::Database;
using Report = Store::Connection::Report;

/// What became of one transaction.
struct Answer {
  std::optional<Report> report{};
  std::optional<cairn::Error> error{};
};

struct Fixture {
  Store::Config config{"group"};
  std::unique_ptr<Session> session{};

  Fixture() {
    Store::create(config);
    Store::connect(config).transact(
        R"([{:db/ident :n :db/valueType :db.type/long :db/cardinality :db.cardinality/one :db/unique :db.unique/value}
            {:db/ident :text :db/valueType :db.type/string :db/cardinality :db.cardinality/one}])");
    session = std::make_unique<Session>(std::make_shared<Session::Handle>(config), cairn::DatabaseOptions{});
    Gate::reset();
  }
  ~Fixture() {
    Gate::reset();
    session.reset();
    Store::destroy(config);
  }

  Answer transact(cairn::TxData const& data) {
    try {
      return {session->transact(data), {}};
    } catch (cairn::Error const& error) {
      return {{}, error};
    }
  }

  /// Transacts `first`, and while it is being appended `others`, each on a thread, so that they are one group. `rest` says
  /// what becomes of the appends after the first, counted from 1.
  std::vector<Answer> as_a_group(cairn::TxData const& first, std::vector<cairn::TxData> const& others,
                                 std::function<Fate(int)> rest = {}) {
    Gate::reset();
    std::atomic<bool> all_wait{false};
    Gate::pass = [&, rest](int number) {
      if (number != 0) return rest ? rest(number) : Fate::done;
      while (session->waiting() != others.size()) std::this_thread::yield();
      all_wait = true;
      return Fate::done;
    };
    std::vector<Answer> answers(others.size() + 1);
    std::vector<std::thread> threads;
    threads.emplace_back([&] { answers[0] = transact(first); });
    while (Gate::appends == 0) std::this_thread::yield();
    for (std::size_t i = 0; i != others.size(); ++i) {
      threads.emplace_back([&, i] { answers[i + 1] = transact(others[i]); });
      while (session->waiting() != i + 1 && !all_wait) std::this_thread::yield();  // so that their order is known
    }
    for (auto& thread : threads) thread.join();
    return answers;
  }

  /// What the store holds, in the order of transactions; the session and a new connection must agree.
  std::vector<std::int64_t> values() {
    auto const sorted = [](Database const& db) {
      std::vector<std::pair<cairn::EntityId, std::int64_t>> found;
      for (auto const& datom : db.datoms(cairn::aevt, ":n")) found.emplace_back(datom.tx, datom.v.as_integer());
      std::sort(found.begin(), found.end());
      return found;
    };
    auto const stored = Store::connect(config).db();
    CHECK(cairn::verify(stored).current == stored.size());
    auto const found = sorted(stored);
    CHECK(sorted(session->sync()) == found);
    std::vector<std::int64_t> result;
    for (auto const& [tx, n] : found) result.push_back(n);
    return result;
  }
};

cairn::TxData add_n(int n) { return {cairn::add("new", ":n", n)}; }

std::vector<cairn::TxData> adds(int from, int to) {
  std::vector<cairn::TxData> made;
  for (; from != to; ++from) made.push_back(add_n(from));
  return made;
}

using Values = std::vector<std::int64_t>;

}  // namespace

TEST_CASE("who is overtaken at each attempt is told so in the end, and nothing of it is there") {
  Fixture fixture;
  Session other{std::make_shared<Session::Handle>(fixture.config), cairn::DatabaseOptions{}};
  int overtakings = 0;
  bool is_other = false;
  Gate::pass = [&](int) {
    if (is_other) return Fate::done;
    is_other = true;
    other.transact(R"([{:text "another's"}])");
    is_other = false;
    ++overtakings;
    return Fate::done;
  };
  auto const answer = fixture.transact(R"([{:text "mine"}])");
  Gate::pass = {};
  REQUIRE(answer.error);
  CHECK(answer.error->code() == Errc::commit_conflict);
  CHECK(overtakings == cairn::max_commit_attempts);
  auto const db = Store::connect(fixture.config).db();
  auto const count = [&](char const* text) {
    std::size_t found = 0;
    for (auto const& datom : db.datoms(cairn::eavt)) found += datom.v == cairn::Value{text} ? 1U : 0U;
    return found;
  };
  CHECK(count("mine") == 0);
  CHECK(count("another's") == static_cast<std::size_t>(overtakings));
  CHECK(fixture.transact(R"([{:text "mine"}])").report);
}

TEST_CASE("a database and its first transaction are one commit") {
  Gate::reset();
  Store::Config const config{"first"};
  Gate::pass = [](int) { return Fate::throws; };  // whatever came after a first commit
  Store::create(config, {.initial_tx = "[{:db/ident :n :db/valueType :db.type/long :db/cardinality :db.cardinality/one} {:db/id \"a\" :n 1} {:db/id \"b\" :n 2}]",
                         .branch = "first"});
  CHECK(Gate::commits == 1);
  CHECK(Gate::appends == 0);
  Gate::reset();
  {
    auto conn = Store::connect(config, "first");
    CHECK(cairn::verify(conn.db()).current == conn.db().size());
    CHECK(conn.db().max_tx() == cairn::first_transaction);
    CHECK(conn.tail_bytes() == 0);
    conn.transact("[{:n 3}]");
    std::size_t count = 0;
    for (auto const& datom : conn.db().datoms(cairn::aevt, ":n")) count += datom.added ? 1U : 0U;
    CHECK(count == 3);
  }
  Store::destroy(config);
  Gate::reset();
}

TEST_CASE("transactions of many threads land once each, numbered without a gap", "[threads]") {
  Fixture on;
  constexpr int number = 6;
  constexpr int each = 40;
  std::vector<cairn::EntityId> heard;
  on.session->listeners().add([&](Report const& report) { heard.push_back(report.tx); });
  auto const first = on.session->db().max_tx() + 1;
  std::vector<std::vector<Report>> reports(number);
  std::barrier begin{number};
  std::vector<std::thread> threads;
  for (int t = 0; t != number; ++t) {
    threads.emplace_back([&, t] {
      begin.arrive_and_wait();
      for (int i = 0; i != each; ++i) reports[static_cast<std::size_t>(t)].push_back(on.session->transact(add_n(t * each + i)));
    });
  }
  for (auto& thread : threads) thread.join();

  std::vector<cairn::EntityId> numbers;
  for (auto const& of_thread : reports) {
    CHECK(std::ranges::is_sorted(of_thread, {}, &Report::tx));
    for (auto const& report : of_thread) {
      numbers.push_back(report.tx);
      CHECK(report.db_before.max_tx() + 1 == report.tx);
      CHECK(report.db_after.max_tx() == report.tx);
      CHECK(report.db_after.size() == report.db_before.size() + 2);
    }
  }
  std::ranges::sort(numbers);
  REQUIRE(numbers.size() == number * each);
  CHECK(numbers.front() == first);
  CHECK(numbers.back() == first + number * each - 1);
  CHECK(std::ranges::adjacent_find(numbers) == numbers.end());
  CHECK(heard == numbers);
  auto found = on.values();
  std::ranges::sort(found);
  CHECK(found.size() == number * each);
  CHECK(std::ranges::adjacent_find(found) == found.end());
}

TEST_CASE("what arrives during a commit shares the next one", "[threads]") {
  Fixture on;
  auto const answers = on.as_a_group(add_n(0), adds(1, 8));
  CHECK(Gate::appends == 2);
  for (std::size_t i = 1; i != answers.size(); ++i) {
    REQUIRE(answers[i].report);
    CHECK(answers[i].report->tx == answers[0].report->tx + static_cast<cairn::EntityId>(i));
    CHECK(answers[i].report->db_after.size() == answers[0].report->db_after.size() + 2 * i);
  }
  CHECK(on.values() == Values{0, 1, 2, 3, 4, 5, 6, 7});
  CHECK(Store::connect(on.config).tail_bytes() == on.session->tail_bytes());
}

TEST_CASE("a member of a group that is refused stops no other", "[threads]") {
  Fixture on;
  auto others = adds(1, 4);
  others.insert(others.begin() + 1, add_n(1));                                   // taken by the one before it
  others.insert(others.begin() + 3, cairn::TxData{cairn::add("new", ":n", "one")});  // of no use to anyone
  auto const answers = on.as_a_group(add_n(0), others);
  CHECK(Gate::appends == 2);
  REQUIRE(answers[2].error);
  CHECK(answers[2].error->code() == Errc::transact_unique);
  REQUIRE(answers[4].error);
  CHECK(answers[4].error->code() == Errc::transact_schema);
  for (std::size_t const i : {0U, 1U, 3U, 5U}) CHECK(answers[i].report);
  CHECK(on.values() == Values{0, 1, 2, 3});
}

TEST_CASE("lost replies are found out for each member of a group", "[threads]") {
  Fixture on;
  auto const fate = GENERATE(Fate::lost_reply, Fate::lost_request);
  auto const overtaken = GENERATE(false, true);
  CAPTURE(static_cast<int>(fate), overtaken);
  auto others = adds(1, 4);
  others.push_back(add_n(2));
  auto const answers = on.as_a_group(add_n(0), others, [&](int number) {
    if (number != 1) return Fate::done;
    if (overtaken && fate == Fate::lost_request) Store::connect(on.config).transact(add_n(100));
    return fate;
  });
  for (std::size_t i = 0; i != 4; ++i) CHECK(answers[i].report);
  REQUIRE(answers[4].error);
  CHECK(answers[4].error->code() == Errc::transact_unique);
  CHECK(on.values() == (overtaken && fate == Fate::lost_request ? Values{0, 100, 1, 2, 3} : Values{0, 1, 2, 3}));
}

TEST_CASE("a group that others overtook is applied again, to what they left", "[threads]") {
  Fixture on;
  auto const answers = on.as_a_group(add_n(0), adds(1, 4), [&](int number) {
    if (number == 1) Store::connect(on.config).transact(add_n(2));
    return Fate::done;
  });
  CHECK(answers[1].report);
  REQUIRE(answers[2].error);  // it was the other's by then
  CHECK(answers[2].error->code() == Errc::transact_unique);
  CHECK(answers[3].report);
  CHECK(on.values() == Values{0, 2, 1, 3});
}

TEST_CASE("what ends a group's commit is told to each member, and the session goes on", "[threads]") {
  Fixture on;
  auto const fate = GENERATE(Fate::refused, Fate::throws);
  auto const answers = on.as_a_group(add_n(0), adds(1, 4), [&](int number) { return number == 1 ? fate : Fate::done; });
  for (std::size_t i = 1; i != answers.size(); ++i) {
    REQUIRE(answers[i].error);
    CHECK(answers[i].error->code() == Errc::io_error);
  }
  CHECK(on.values() == Values{0});
  CHECK(on.transact(add_n(5)).report);
  CHECK(on.values() == Values{0, 5});
}

TEST_CASE("where the second reply is bad too, each member of a group hears that its outcome is unknown", "[threads]") {
  Fixture on;
  auto const answers = on.as_a_group(add_n(0), adds(1, 4), [&](int number) {
    return number == 1 ? Fate::lost_request : number == 2 ? Fate::refused : Fate::done;
  });
  for (std::size_t i = 1; i != answers.size(); ++i) {
    REQUIRE(answers[i].error);
    CHECK(answers[i].error->code() == Errc::commit_unknown);
  }
  CHECK(on.values() == Values{0});
}

TEST_CASE("a group with a purge, or with more than the tail may hold, is one checkpoint", "[threads]") {
  Fixture on;
  auto const e = on.session->transact(add_n(50)).tempids.at("new");
  auto others = adds(1, 3);
  auto const purges = GENERATE(true, false);
  if (purges) {
    others.insert(others.begin() + 1, cairn::TxData{cairn::purge(e, ":n", 50)});
  } else {
    cairn::TxData many;
    for (int n = 1000; n != 200'000; ++n) many.operations.push_back(cairn::add(n, ":n", n));
    others.insert(others.begin() + 1, std::move(many));
  }
  auto const answers = on.as_a_group(add_n(0), others);
  for (auto const& answer : answers) CHECK(answer.report);
  CHECK(Gate::appends == 1);
  CHECK(Gate::commits == 1);
  CHECK(on.session->tail_bytes() == 0);
  CHECK(on.values().size() == (purges ? 3U : 199'004U));
}

TEST_CASE("a function that throws ends its own transaction only, on whatever thread it runs", "[threads]") {
  Fixture on;
  on.session->set_functions(std::make_shared<cairn::Functions<cairn::persistent_set_tag> const>(
      cairn::Functions<cairn::persistent_set_tag>{}
          .transaction(":throws", [](Database const&, std::span<cairn::TxValue const>) -> cairn::TxData { throw 42; })
          .transaction(":uses", [&](Database const&, std::span<cairn::TxValue const>) -> cairn::TxData {
            on.session->transact(add_n(7));
            return {};
          })));
  auto others = adds(1, 3);
  others.insert(others.begin() + 1, cairn::TxData{"[[:db.fn/call :uses]]"});
  auto const answers = on.as_a_group(add_n(0), others);
  REQUIRE(answers[2].error);
  CHECK(answers[2].error->code() == Errc::transact_syntax);
  CHECK_THROWS_AS(on.session->transact("[[:db.fn/call :throws]]"), int);
  CHECK(on.values() == Values{0, 1, 2});
}

TEST_CASE("a checkpoint that is due goes to the store in slices, with the commits that follow") {
  Fixture on;
  auto const fate = GENERATE(Fate::done, Fate::lost_reply, Fate::lost_request);
  bool const has_room = GENERATE(true, false);
  CAPTURE(static_cast<int>(fate), has_room);
  constexpr std::size_t largest_slice = std::size_t{384} << 10U;  // the budget and a leaf
  int slices = 0;
  Gate::pass = [&](int) {
    if (Gate::bytes == 0) return Fate::done;
    CHECK(Gate::bytes <= largest_slice);
    return ++slices == 2 ? fate : Fate::done;
  };
  int n = 0;
  std::size_t longest_tail = 0;
  while (Gate::commits == 0) {
    // The disk is full for a while, in the middle of the first slice.
    if (on.session->tail_bytes() > cairn::tail_budget && n % 64 == 0) Gate::puts_left = !has_room && slices == 0 ? 2 : -1;
    cairn::TxData data;
    for (int i = 0; i != 8; ++i, ++n) {
      data.operations.push_back(cairn::entity_map({{":n", n}, {":text", std::to_string(n) + std::string(600, 'x')}}));
    }
    REQUIRE(on.transact(data).report);
    longest_tail = (std::max)(longest_tail, on.session->tail_bytes());
    REQUIRE(n < 20'000);
    if (Gate::puts_left == 0 && on.session->tail_bytes() > cairn::tail_budget * 5 / 4) Gate::puts_left = -1;
  }
  CHECK(slices >= 4);
  CHECK(Gate::commits == 1);
  CHECK(Gate::bytes_of_commit <= largest_slice);
  CHECK(longest_tail > cairn::tail_budget);
  CHECK(longest_tail <= 2 * cairn::tail_budget);
  CHECK(on.session->tail_bytes() == 0);
  Gate::pass = {};
  CHECK(on.values().size() == static_cast<std::size_t>(n));  // from the store, every node of it
}

}  // namespace cairn::group_commit_test
