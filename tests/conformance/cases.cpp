// Copyright the Cairn authors
// SPDX-License-Identifier: BSL-1.0
// Reading the cases, doing what they say, and comparing answers.
#include "cases.hpp"

#include <cairn/db/initial_snapshot.hpp>
#include <cairn/db/pull.hpp>
#include <cairn/db/transact.hpp>
#include <cairn/edn/parse.hpp>
#include <cairn/query/query.hpp>

#include <catch2/catch_test_macros.hpp>

#include <algorithm>
#include <array>
#include <cmath>
#include <fstream>
#include <iterator>
#include <memory>
#include <numeric>
#include <optional>
#include <span>
#include <utility>

namespace cairn::conformance {

namespace {

/// Before the instants that cases give their transactions and after those that they ask about.
constexpr Instant clock{946'684'800'000};  // 2000-01-01

EntityRef entity_ref(Edn const& form) {
  if (form.is_integer()) return form.as_integer();
  if (form.is_keyword()) return Keyword{form.as_keyword()};
  return LookupRef{Keyword{form[0].as_keyword()}, to_value(form[1])};
}

ValueRef value_ref(Database const& db, AttributeName const& name, Edn const& form) {
  auto const* attribute = db.attribute(name);
  bool const is_lookup = attribute != nullptr && attribute->is_ref() && form.is_sequence();
  return is_lookup ? ValueRef{LookupRef{Keyword{form[0].as_keyword()}, to_value(form[1])}} : ValueRef{to_value(form)};
}

template <Order Sorted>
Edn datoms_of(Database const& db, std::array<char, 3> places, std::span<Edn const> parts) {
  Components components;
  for (std::size_t i = 0; i != parts.size(); ++i) {
    if (places.at(i) == 'e') components.e = entity_ref(parts[i]);
    if (places.at(i) == 'a') components.a = Keyword{parts[i].as_keyword()};
    if (places.at(i) == 'v') components.v = value_ref(db, *components.a, parts[i]);
  }
  notation::Values found;
  for (auto const& datom : db.datoms(order_tag<Sorted>{}, components)) {
    found.push_back(Edn::vector({Edn::integer(datom.e), Edn::keyword(datom.a.text()), to_edn(datom.v)}));
  }
  return Edn::vector(std::move(found));
}

bool same_items(std::vector<Edn> expected, std::vector<Edn> got, bool sorted) {
  auto const before = [](Edn const& a, Edn const& b) { return compare(a, b) < 0; };
  if (sorted) {
    std::ranges::sort(expected, before);
    std::ranges::sort(got, before);
  }
  return std::ranges::equal(expected, got, [](Edn const& a, Edn const& b) { return same(a, b, Sequence::ordered); });
}

/// With the vectors under its keys in order, at every depth: then maps compare as they are.
Edn with_sorted_vectors(Edn const& value, bool under_key) {
  notation::Values items;
  for (auto const& item : value.items()) items.push_back(with_sorted_vectors(item, false));
  if (value.is_map()) {
    std::vector<std::pair<Edn, Edn>> entries;
    for (std::size_t i = 0; i != value.size(); ++i)
      entries.emplace_back(value.key(i), with_sorted_vectors(value.value(i), true));
    return Edn::map(std::move(entries));
  }
  if (value.is_set()) return Edn::set(std::move(items));
  if (!value.is_sequence()) return value;
  if (under_key) std::ranges::sort(items, [](Edn const& a, Edn const& b) { return compare(a, b) < 0; });
  return Edn::vector(std::move(items));
}

template <class Call>
Outcome outcome_of(Call call) {
  try {
    return {call(), std::nullopt};
  } catch (Error const& error) {
    return {{}, error};
  }
}

void report(bool right, std::string const& place, Edn const& question, Edn const& expected, Outcome const& outcome,
            Tally& tally) {
  if (!right) {
    ++tally.wrong;
    UNSCOPED_INFO(place << "\n  asked:    " << notation::write(question)
                        << "\n  expected: " << notation::write(expected) << "\n  got:      " << outcome.text());
  }
  CHECK(right);
}

}  // namespace

std::string Outcome::text() const {
  return error ? ":" + std::string{name(error->code())} + " " + error->message() : notation::write(value);
}

bool Outcome::is_refusal(Edn const& code) const {
  return error && (code.is_boolean() || code.is_keyword(name(error->code())));
}

std::vector<Edn> read_cases(std::string_view file) {
  std::ifstream in{std::string{CAIRN_CONFORMANCE_CASES} + "/" + std::string{file}, std::ios::binary};
  REQUIRE(in);
  return notation::parse_all(std::string{std::istreambuf_iterator<char>{in}, {}});
}

std::optional<Edn> corrected(std::string_view file, Edn const& one, std::size_t number, Edn const& question) {
  static auto const errata = read_cases("errata.edn");
  for (auto const& erratum : errata) {
    bool const meant = erratum.at("file").as_string() == file && erratum.at("case") == one.at("case") &&
                       erratum.at("question") == Edn::integer(static_cast<std::int64_t>(number));
    if (!meant) continue;
    CHECK(!same(question.at("expect"), erratum.at("expect"), Sequence::bag));
    std::vector<std::pair<Edn, Edn>> entries{{Edn::keyword("expect"), erratum.at("expect")}};
    for (std::size_t i = 0; i != question.size(); ++i) {
      if (!question.key(i).is_keyword("expect")) entries.emplace_back(question.key(i), question.value(i));
    }
    return Edn::map(std::move(entries));
  }
  return std::nullopt;
}

Database empty_database(Edn const& config) {
  DatabaseOptions options;
  for (std::size_t i = 0; i != config.size(); ++i) {
    auto const& key = config.key(i);
    auto const& value = config.value(i);
    if (key.is_keyword("keep-history?")) {
      options.keep_history = value.as_boolean();
    } else if (key.is_keyword("attribute-refs?")) {
      options.attribute_refs = value.as_boolean();
    } else {
      REQUIRE(key.is_keyword("schema-flexibility"));
      options.schema_flexibility = value.is_keyword("read") ? SchemaFlexibility::read : SchemaFlexibility::write;
    }
  }
  return Database{initial_snapshot<persistent_set_tag>(std::make_shared<DatabaseOptions const>(options), clock)};
}

Database transacted(Database const& db, Edn const& tx, Edn const& instant) {
  if (instant.is_nil()) return transact(db, TxData{tx}, clock).db_after;
  auto const meta = Edn::map({{Edn::keyword("db/txInstant"), instant}});
  return transact(db, TxData{Edn::map({{Edn::keyword("tx-data"), tx}, {Edn::keyword("tx-meta"), meta}})}, clock)
      .db_after;
}

Database view_of(Database const& db, Edn const* view) {
  if (view == nullptr) return db;
  if ((*view)[0].is_keyword("history")) return db.history();
  Instant const instant{(*view)[1].instant().value()};
  return (*view)[0].is_keyword("since") ? db.since(instant) : db.as_of(instant);
}

Edn datoms(Database const& db, Edn const& index, Edn const& components) {
  if (index.is_keyword("eavt")) return datoms_of<Order::eavt>(db, {'e', 'a', 'v'}, components.items());
  if (index.is_keyword("aevt")) return datoms_of<Order::aevt>(db, {'a', 'e', 'v'}, components.items());
  return datoms_of<Order::avet>(db, {'a', 'v', 'e'}, components.items());
}

bool same(Edn const& expected, Edn const& got, Sequence sequence) {
  if (expected.is_real() && got.is_real()) {
    double const difference = std::abs(expected.as_real() - got.as_real());
    return expected == got || difference <= 1e-12 * std::abs(expected.as_real());
  }
  if (expected.is_map() && got.is_map()) {
    auto const left = with_sorted_vectors(expected, false);
    auto const right = with_sorted_vectors(got, false);
    if (left.size() != right.size()) return false;
    for (std::size_t i = 0; i != left.size(); ++i) {
      auto const* value = right.find(left.key(i));
      if (value == nullptr || !same(left.value(i), *value, Sequence::ordered)) return false;
    }
    return true;
  }
  bool const both_sets = expected.is_set() && got.is_set();
  if (both_sets || (expected.is_sequence() && got.is_sequence())) {
    bool const bag = both_sets || sequence == Sequence::bag;
    auto const items = [bag](Edn const& value) {
      std::vector<Edn> all;
      for (auto const& item : value.items()) all.push_back(bag ? with_sorted_vectors(item, false) : item);
      return all;
    };
    return same_items(items(expected), items(got), bag);
  }
  return expected == got;
}

Sequence sequence_of(Edn const& query) {
  std::vector<Edn> find;
  if (auto const* part = query.find("find")) {
    find.assign(part->items().begin(), part->items().end());
  } else if (query.is_sequence()) {
    bool inside = false;
    for (auto const& item : query.items()) {
      if (inside && !item.is_keyword()) find.push_back(item);
      if (item.is_keyword()) inside = item.is_keyword("find");
    }
  }
  if (find.empty()) return Sequence::bag;
  if (find.back().is_symbol(".")) return Sequence::ordered;
  bool const tuple = find.size() == 1 && find[0].is_vector() && !find[0].items().back().is_symbol("...");
  return tuple ? Sequence::ordered : Sequence::bag;
}

std::size_t Tally::not_asked() const {
  return std::accumulate(unspoken.begin(), unspoken.end(), std::size_t{0},
                         [](auto sum, auto const& one) { return sum + one.second; });
}

void check(Outcome const& outcome, std::string const& place, Edn const& question, Tally& tally) {
  if (auto const* refusal = question.find("error")) {
    report(outcome.is_refusal(*refusal), place, question, *refusal, outcome, tally);
    return;
  }
  auto sequence = Sequence::ordered;
  if (question.at("op").is_keyword("q")) sequence = sequence_of(question.at("query"));
  // The order of an entity's attributes and of a view's datoms is nobody's business.
  if (question.at("op").is_keyword("datoms") &&
      (question.find("view") != nullptr || question.at("index").is_keyword("eavt")))
    sequence = Sequence::bag;
  auto const& expected = question.at("expect");
  report(!outcome.error && same(expected, outcome.value, sequence), place, question, expected, outcome, tally);
}

namespace {

/// As a program would ask it.
Edn answer_of_engine(Database const& db, Edn const& question) {
  if (question.at("op").is_keyword("pull")) return pull(db, PullPattern{question.at("pattern")}, question.at("eid"));
  std::vector<query::GivenInput> inputs{query::GivenInput{db}};
  for (auto const& argument : question.at("args").items()) inputs.emplace_back(argument);
  return query_with(query::text_of(question.at("query")), inputs).to_edn();
}

Edn answer_of_oracle(Database const& db, Edn const& question) {
  if (question.at("op").is_keyword("pull")) return oracle::pull(db, question.at("pattern"), question.at("eid"));
  return oracle::q(db, question.at("query"), question.at("args").items());
}

}  // namespace

void ask(Database const& db, Edn const& question, std::string const& place, Tally& tally) {
  ++tally.questions;
  if (question.find("error") != nullptr) ++tally.refused;
  auto const seen = view_of(db, question.find("view"));
  if (question.at("op").is_keyword("datoms")) {
    check(outcome_of([&] { return datoms(seen, question.at("index"), question.at("components")); }), place, question,
          tally);
    return;
  }
  check(outcome_of([&] { return answer_of_engine(seen, question); }), place + " to the engine", question, tally);
  try {
    check(outcome_of([&] { return answer_of_oracle(seen, question); }), place + " to the oracle", question, tally);
  } catch (oracle::Unspoken const& reason) {
    ++tally.unspoken[reason.what()];
  }
}

Database take_step(Database const& db, Edn const& step, std::string const& place, Tally& tally) {
  ++tally.transactions;
  auto next = db;
  auto const outcome = outcome_of([&] {
    next = transacted(db, step.at("tx"));
    return Edn::keyword("accepted");
  });
  auto const* refusal = step.find("error");
  if (refusal != nullptr) {
    ++tally.refused;
    report(outcome.is_refusal(*refusal), place, step.at("tx"), *refusal, outcome, tally);
  } else {
    report(!outcome.error, place, step.at("tx"), Edn::keyword("accepted"), outcome, tally);
  }
  return next;
}

}  // namespace cairn::conformance
