// Copyright the Cairn authors
// SPDX-License-Identifier: BSL-1.0
// The conformance cases, a file a test. README.md says how they look and how many there are.
#include "cases.hpp"

#include <catch2/catch_test_macros.hpp>

#include <initializer_list>
#include <utility>

namespace cairn::conformance::conformance_test {
namespace {

std::string place_of(Edn const& one, std::string const& part, std::size_t number) {
  auto const* title = one.find("title");
  return "case " + notation::write(one.at("case")) + (title != nullptr ? " \"" + title->as_string() + "\"" : "") +
         ", " + part + " " + std::to_string(number);
}

/// queries.edn and language.edn: a database, then questions.
Tally ask_all(std::string_view file) {
  Tally tally;
  for (auto const& one : read_cases(file)) {
    ++tally.cases;
    auto db = transacted(empty_database(one.at("config")), one.at("schema"));
    for (auto const& tx : one.at("txs").items()) {
      db = transacted(db, tx.at("tx"), tx.at("instant"));
      ++tally.transactions;
    }
    std::size_t number = 0;
    for (auto const& question : one.at("ops").items()) {
      auto const other = corrected(file, one, number, question);
      if (other) ++tally.corrected;
      ask(db, other.value_or(question), place_of(one, "question", number++), tally);
    }
  }
  return tally;
}

/// transactions.edn and schema.edn: a transaction, then the same questions, again and again.
Tally transact_all(std::string_view file) {
  Tally tally;
  for (auto const& one : read_cases(file)) {
    ++tally.cases;
    auto db = transacted(empty_database(one.at("config")), one.at("schema"));
    std::size_t number = 0;
    for (auto const& step : one.at("steps").items()) {
      auto const place = place_of(one, "step", number++);
      db = take_step(db, step, place, tally);
      auto const queries = one.at("read").items();
      auto const answers = step.at("reads").items();
      REQUIRE(queries.size() == answers.size());
      for (std::size_t i = 0; i != queries.size(); ++i) {
        auto const& read = queries[i];
        std::vector<std::pair<Edn, Edn>> question{{Edn::keyword("op"), Edn::keyword("q")},
                                                  {Edn::keyword("expect"), answers[i]}};
        question.emplace_back(Edn::keyword("query"), read.is_map() ? read.at("query") : read);
        question.emplace_back(Edn::keyword("args"), read.is_map() ? read.at("args") : Edn::vector({}));
        if (auto const* view = read.find("view")) question.emplace_back(Edn::keyword("view"), *view);
        ask(db, Edn::map(std::move(question)), place, tally);
      }
    }
  }
  return tally;
}

/// Says what there was, so that a run can be looked at, and that the oracle understood all of it.
void sum_up(std::string_view file, Tally const& tally) {
  std::string text{file};
  for (auto const& [what, count] :
       std::initializer_list<std::pair<char const*, std::size_t>>{{"cases", tally.cases},
                                                                  {"transactions", tally.transactions},
                                                                  {"questions", tally.questions},
                                                                  {"refused", tally.refused},
                                                                  {"corrected", tally.corrected},
                                                                  {"wrong", tally.wrong}}) {
    text += std::string{", "} + what + " " + std::to_string(count);
  }
  for (auto const& [reason, count] : tally.unspoken) text += "\n  not asked: " + reason + " " + std::to_string(count);
  UNSCOPED_INFO(text);
  CHECK(tally.wrong == 0);
  CHECK(tally.not_asked() == 0);
  if (tally.wrong == 0) SUCCEED(text);
}

TEST_CASE("transactions") {
  auto const tally = transact_all("transactions.edn");
  sum_up("transactions.edn", tally);
  CHECK(tally.cases == 200);
  CHECK(tally.transactions == 785);
  CHECK(tally.refused == 189);
  CHECK(tally.questions == 4 * tally.transactions);
}

TEST_CASE("schema") {
  auto const tally = transact_all("schema.edn");
  sum_up("schema.edn", tally);
  CHECK(tally.cases == 24);
  CHECK(tally.transactions == 126);
}

TEST_CASE("queries") {
  auto const tally = ask_all("queries.edn");
  sum_up("queries.edn", tally);
  CHECK(tally.cases == 298);
  CHECK(tally.questions == 1738);
  CHECK(tally.corrected == 3);
}

TEST_CASE("language") {
  auto const tally = ask_all("language.edn");
  sum_up("language.edn", tally);
  CHECK(tally.cases == 1);
  CHECK(tally.questions == 242);
  CHECK(tally.corrected == 0);
  CHECK(tally.refused == 12);
}

TEST_CASE("own") {
  auto const tally = ask_all("own.edn");
  sum_up("own.edn", tally);
  CHECK(tally.cases == 2);
  CHECK(tally.questions == 141);
}

}  // namespace
}  // namespace cairn::conformance::conformance_test
