// Copyright the Cairn authors
// SPDX-License-Identifier: BSL-1.0
#include "asking.hpp"

#include "own_functions.hpp"
#include <cairn/db/transact.hpp>
#include <cairn/edn/parse.hpp>
#include <cairn/edn/write.hpp>
#include <cairn/query/compiled/fn.hpp>
#include <cairn/query/function/registry.hpp>
#include <cairn/query/query.hpp>

#include <catch2/catch_test_macros.hpp>

namespace cairn::queries {
namespace {

std::int64_t integer(Edn const& value) {
  if (!value.is_integer()) raise(Errc::query_where, "A function wants an integer.", "{}");
  return value.as_integer();
}

/// The functions of own_functions.hpp, for the oracle and for queries at run time.
FunctionRegistry const& own_functions() {
  static FunctionRegistry const functions = [] {
    using Arguments = std::span<Edn const>;
    oracle::add_function("apart?", 2, [](Arguments all) { return Edn::boolean(apart(integer(all[0]), integer(all[1]))); });
    oracle::add_function("doubled", 1, [](Arguments all) { return Edn::integer(doubled(integer(all[0]))); });
    oracle::add_function("half", 1, [](Arguments all) {
      auto const found = half(integer(all[0]));
      return found ? Edn::integer(*found) : Edn::nil();
    });
    oracle::add_function("initial", 1, [](Arguments all) { return Edn::string(initial(all[0].as_string())); });
    oracle::add_aggregate("width", [](Arguments all) {
      std::vector<std::int64_t> numbers;
      for (auto const& one : all) numbers.push_back(integer(one));
      return Edn::integer(width(std::move(numbers)));
    });
    return FunctionRegistry{}
        .add(fn<"apart?", apart>{})
        .add(fn<"doubled", doubled>{})
        .add(fn<"half", half>{})
        .add(fn<"initial", initial>{})
        .add(fn<"width", width>{});
  }();
  return functions;
}

/// Any text of a decimal may stand for all that have its value; the generator writes one in two ways.
Edn with_one_text(Edn const& answer) {
  static std::string const long_text = "1.50M";
  auto text = notation::write(answer);
  auto at = text.find(long_text);
  if (at == std::string::npos) return answer;
  for (; at != std::string::npos; at = text.find(long_text, at)) text.replace(at, long_text.size(), "1.5M");
  return notation::parse(text);
}

}  // namespace

std::string shown(Outcome const& outcome) {
  return outcome.answer ? notation::write(*outcome.answer) : "refused: " + outcome.what;
}

bool agree(Outcome const& expected, Outcome const& got, bool is_ordered) {
  auto const sequence = is_ordered ? conformance::Sequence::ordered : conformance::Sequence::bag;
  if (expected.answer && got.answer) return conformance::same(with_one_text(*expected.answer), with_one_text(*got.answer), sequence);
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

Outcome ask_oracle(Asked const& asked, std::string_view text, std::span<Edn const> inputs) {
  static_cast<void>(own_functions());  // it knows them as well
  return outcome_of([&] {
    std::vector<oracle::Input> given{std::make_shared<Database const>(asked.db)};
    if (asked.other != nullptr) given.emplace_back(std::make_shared<Database const>(*asked.other));
    given.insert(given.end(), inputs.begin(), inputs.end());
    return oracle::q(notation::parse(text), given);
  });
}

Outcome ask_at_run_time(Asked const& asked, std::string_view text, std::span<Edn const> inputs) {
  return outcome_of([&] {
    std::vector<query::GivenInput> given{query::GivenInput{asked.db}};
    if (asked.other != nullptr) given.emplace_back(*asked.other);
    for (auto const& input : inputs) given.emplace_back(input);
    QueryOptions options;
    options.functions = &own_functions();
    return query_with(text, given, options).to_edn();
  });
}

void check_static_questions(std::uint64_t seed, std::span<std::string const> transactions, std::span<std::string const> other_transactions,
                            std::span<StaticQuestion const> questions) {
  Dice dice{seed};
  auto const views = views_of(database_of(transactions), dice);
  auto const others = views_of(database_of(other_transactions), dice);
  std::size_t asked = 0;
  std::size_t rows = 0;
  std::string differences;
  for (auto const& question : questions) {
    auto const inputs = parsed_inputs(question.inputs, question.rules);
    bool is_asked = true;
    for (auto const& [view, db] : views) {
      auto const& other = others[dice(others.size())].second;
      Asked const those{db, question.has_other ? &other : nullptr};
      auto expected = ask_oracle(those, question.text, inputs);
      auto const at_run_time = ask_at_run_time(those, question.text, inputs);
      auto const compiled = outcome_of([&] {
        auto found = question.ask(db, other);
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
  constexpr std::size_t few = 10;  // of which none may find anything: the last of a batch, on a database of their own
  CHECK((rows > questions.size() || questions.size() < few));
}

}  // namespace cairn::queries
