// Copyright the Cairn authors
// SPDX-License-Identifier: BSL-1.0
#include "asking.hpp"

#include <cairn/db/transact.hpp>
#include <cairn/edn/parse.hpp>
#include <cairn/edn/write.hpp>
#include <cairn/query/query.hpp>

#include <catch2/catch_test_macros.hpp>

namespace cairn::queries {

std::string shown(Outcome const& outcome) {
  return outcome.answer ? notation::write(*outcome.answer) : "refused: " + outcome.what;
}

bool agree(Outcome const& expected, Outcome const& got, bool is_ordered) {
  auto const sequence = is_ordered ? conformance::Sequence::ordered : conformance::Sequence::bag;
  if (expected.answer && got.answer) return conformance::same(*expected.answer, *got.answer, sequence);
  return !expected.answer && !got.answer && expected.code == got.code;
}

Database database_of(std::span<std::string const> transactions) {
  auto db = conformance::empty_database(notation::parse("{:keep-history? true :schema-flexibility :write}"));
  for (auto const& transaction : transactions) db = conformance::transacted(db, notation::parse(transaction));
  return db;
}

std::vector<std::pair<char const*, Database>> views_of(Database const& db, Dice& dice) {
  auto const tx = [&] { return first_transaction + static_cast<EntityId>(dice(6)); };
  auto const some = [](Database const&, Datom const& datom) { return datom.e % 3 != 0; };
  return {{"now", db},
          {"as of", db.as_of(tx())},
          {"since", db.since(tx())},
          {"history", db.history()},
          {"filtered", db.filter(some)},
          {"as of, filtered", db.as_of(tx()).filter(some)},
          {"with", db.with(TxData{notation::parse("[[:db/add 100 :number 3] [:db/add 101 :text \"b\"] [:db/retract 102 :pal 103] {:db/id 120 :count 4 "
                                                  ":next 100}]")})
                       .db_after}};
}

std::vector<Edn> parsed_inputs(std::span<std::string const> inputs, std::string_view rules) {
  std::vector<Edn> parsed;
  for (auto const& input : inputs) parsed.push_back(notation::parse(input));
  if (!rules.empty()) parsed.push_back(notation::parse(rules));
  return parsed;
}

Outcome ask_oracle(Database const& db, std::string_view text, std::span<Edn const> inputs) {
  return outcome_of([&] { return oracle::q(db, notation::parse(text), inputs); });
}

Outcome ask_at_run_time(Database const& db, std::string_view text, std::span<Edn const> inputs) {
  return outcome_of([&] {
    std::vector<query::GivenInput> given{query::GivenInput{db}};
    for (auto const& input : inputs) given.emplace_back(input);
    return query_with(text, given).to_edn();
  });
}

void check_static_questions(std::uint64_t seed, std::span<std::string const> transactions, std::span<StaticQuestion const> questions) {
  Dice dice{seed};
  auto const views = views_of(database_of(transactions), dice);
  std::size_t asked = 0;
  std::size_t rows = 0;
  std::string differences;
  for (auto const& question : questions) {
    auto const inputs = parsed_inputs(question.inputs, question.rules);
    bool is_asked = true;
    for (auto const& [view, db] : views) {
      auto expected = ask_oracle(db, question.text, inputs);
      auto const at_run_time = ask_at_run_time(db, question.text, inputs);
      auto const compiled = outcome_of([&] {
        auto found = question.ask(db);
        is_asked = found.has_value();
        return found.value_or(Edn{});
      });
      if (!is_asked) break;
      bool same = agree(expected, at_run_time, question.is_ordered);
      // Static rows are a range; that none is there twice is to be seen.
      bool const is_set_of_rows = question.text.starts_with("[:find ?") && expected.answer && expected.answer->is_set();
      if (is_set_of_rows) expected.answer = Edn::vector({expected.answer->items().begin(), expected.answer->items().end()});
      same = agree(expected, compiled, question.is_ordered) && same;
      if (expected.answer && expected.answer->is_sequence()) rows += expected.answer->size();
      if (same || differences.size() > 10'000) continue;
      differences += std::string{"\n"} + view + ": " + std::string{question.text};
      for (auto const& input : question.inputs) differences += "\n  " + input;
      if (!question.rules.empty()) differences.append("\n  ").append(question.rules);
      differences += "\n  expected " + shown(expected) + "\n  compiled " + shown(compiled) + "\n  run time " + shown(at_run_time);
    }
    asked += is_asked ? 1U : 0U;
  }
  INFO("seed " << seed << ": " << asked << " of " << questions.size() << " queries asked of " << views.size() << " views, " << rows << " rows"
               << differences);
  CHECK(differences.empty());
  CHECK(10 * asked >= 8 * questions.size());
  CHECK(rows > questions.size());
}

}  // namespace cairn::queries
