// Copyright the Cairn authors
// SPDX-License-Identifier: BSL-1.0
// Random histories, against a model that keeps every operation in a list.
#include "db_test.hpp"
#include "sanitized.hpp"

#include <cairn/db/tx_text.hpp>

#include <algorithm>
#include <cstdint>
#include <cstdlib>
#include <iostream>
#include <map>
#include <optional>
#include <random>
#include <set>
#include <span>
#include <string>
#include <tuple>
#include <utility>
#include <vector>

namespace cairn::test::model_test {
namespace {

using Fact = std::tuple<EntityId, std::string, Value>;  // entity, attribute, value
using Operation = std::tuple<EntityId, std::string, Value, EntityId, bool>;

bool is_many(std::string const& a) { return a == "tag" || a == "friend" || a == "part"; }
bool is_unique(std::string const& a) { return a == "key" || a == "ssn"; }
bool is_reference(std::string const& a) { return a == "friend" || a == "part"; }
bool is_indexed(std::string const& a) { return is_unique(a) || is_reference(a) || a == "kind"; }

/// The clock of these tests stands still, so that instants count transactions.
Instant instant_of(EntityId tx) { return {tx - first_transaction + 1}; }

struct Refused {
  Errc code;
};

/// What the database ought to be: what is true, and the operations that history keeps, fact by fact.
///
/// New entities have negative numbers until `rename` says what became of them.
struct Model {
  std::set<Fact> before{};  // what was true when the transaction began, and is not purged
  std::set<Fact> truth{};
  std::map<Fact, std::vector<std::pair<EntityId, bool>>> operations{};
  bool keep_history = true;
  std::optional<Instant> forgotten{};  // the latest moment up to which the transaction purges the past

  // ---- operations; each throws Refused where the database must refuse the transaction

  void add(EntityId e, std::string const& a, Value const& v) {
    if (is_unique(a)) {
      if (auto const other = owner(a, v); other && *other != e) throw Refused{Errc::transact_unique};
    }
    if (!is_many(a) && !truth.contains({e, a, v})) retract(e, a);
    truth.insert({e, a, v});
  }
  void retract(EntityId e, std::string const& a) {
    std::erase_if(truth, [&](Fact const& fact) { return std::get<0>(fact) == e && std::get<1>(fact) == a; });
  }
  void retract_attribute(EntityId e, std::string const& a) {
    auto const values = values_of(truth, e, a);
    retract(e, a);
    if (a != "part") return;
    for (auto const& value : values) retract_entity(value.as_integer());
  }
  void retract_entity(EntityId e) {
    auto const parts = values_of(truth, e, "part");
    std::erase_if(truth, [&](Fact const& fact) { return is_about(fact, e); });
    for (auto const& part : parts) retract_entity(part.as_integer());
  }
  void compare_and_swap(EntityId e, std::string const& a, Value const& expected, Value const& v) {
    auto const values = values_of(truth, e, a);
    bool const same = expected.is_nil() ? values.empty() : std::ranges::find(values, expected) != values.end();
    if (!same) throw Refused{Errc::transact_cas};
    add(e, a, v);
  }
  void purge(Fact const& fact) {
    if (!keep_history) throw Refused{Errc::transact_purge};
    auto const& [e, a, v] = fact;
    forget(fact);
    if (a != "age" && a != "kind") return;
    for (auto const& one : facts_ever()) {
      if (std::get<0>(one) == e && std::get<1>(one) == "pair" && std::get<2>(one).as_tuple()[a == "age" ? 0 : 1] == v) {
        forget(one);
      }
    }
  }
  void purge_attribute(EntityId e, std::string const& a) {
    if (!keep_history) throw Refused{Errc::transact_purge};
    std::vector<EntityId> parts;
    for (auto const& fact : facts_ever()) {
      if (std::get<0>(fact) != e || std::get<1>(fact) != a) continue;
      if (a == "part") parts.push_back(std::get<2>(fact).as_integer());
      purge(fact);
    }
    for (auto const part : parts) purge_entity(part);
  }
  void purge_entity(EntityId e) {
    if (!keep_history) throw Refused{Errc::transact_purge};
    std::vector<EntityId> parts;
    for (auto const& fact : facts_ever()) {
      if (!is_about(fact, e)) continue;
      if (std::get<0>(fact) == e && std::get<1>(fact) == "part") parts.push_back(std::get<2>(fact).as_integer());
      purge(fact);
    }
    for (auto const part : parts) purge_entity(part);
  }
  void purge_before(Instant moment) {
    if (!keep_history) throw Refused{Errc::transact_purge};
    forgotten = (std::max)(forgotten, std::optional{moment});
    for (auto& [fact, said] : operations) {
      auto const is_old = [&](auto const& one) { return instant_of(one.first) < moment; };
      bool const holds = !said.empty() && said.back().second;  // the last one is of the present, not of the past
      auto const end = holds ? std::prev(said.end()) : said.end();
      said.erase(std::remove_if(said.begin(), end, is_old), end);
    }
  }

  // ---- around a transaction

  void update_pairs() {
    std::set<EntityId> entities;
    for (auto const& fact : truth) entities.insert(std::get<0>(fact));
    for (auto const e : entities) {
      auto const age = values_of(truth, e, "age");
      auto const kind = values_of(truth, e, "kind");
      retract(e, "pair");
      if (age.empty() && kind.empty()) continue;
      truth.insert({e, "pair",
                    Value{std::vector<Value>{age.empty() ? Value{} : age.front(), kind.empty() ? Value{} : kind.front()}}});
    }
  }
  void rename(std::map<EntityId, EntityId> const& numbers) {
    auto const number = [&](EntityId e) { return numbers.contains(e) ? numbers.at(e) : e; };
    std::set<Fact> renamed;
    for (auto const& [e, a, v] : truth) {
      renamed.insert({number(e), a, is_reference(a) ? Value{number(v.as_integer())} : v});
    }
    truth = std::move(renamed);
  }
  void commit(EntityId tx) {
    for (auto const& fact : before) {
      if (truth.contains(fact)) continue;
      if (keep_history && std::get<1>(fact) != "note") {
        auto& said = operations[fact];
        bool const is_forgotten = forgotten && instant_of(said.back().first) < *forgotten;
        if (is_forgotten) said.pop_back();
        if (!is_forgotten || instant_of(tx) >= *forgotten) said.emplace_back(tx, false);
      } else {
        operations.erase(fact);
      }
    }
    for (auto const& fact : truth) {
      if (!before.contains(fact)) operations[fact].emplace_back(tx, true);
    }
    before = truth;
    forgotten.reset();
  }

  // ---- looking

  [[nodiscard]] std::optional<EntityId> owner(std::string const& a, Value const& v) const {
    for (auto const& fact : truth) {
      if (std::get<1>(fact) == a && std::get<2>(fact) == v) return std::get<0>(fact);
    }
    return std::nullopt;
  }
  [[nodiscard]] std::vector<Operation> view(EntityId as_of, EntityId since, bool history) const {
    std::vector<Operation> result;
    for (auto const& [fact, said] : operations) {
      auto const put = [&](std::pair<EntityId, bool> const& one) {
        if (one.first > since) {
          result.emplace_back(std::get<0>(fact), std::get<1>(fact), std::get<2>(fact), one.first, one.second);
        }
      };
      if (history) {
        for (auto const& one : said) {
          if (one.first <= as_of) put(one);
        }
        continue;
      }
      auto const later = std::ranges::find_if(said, [&](auto const& one) { return one.first > as_of; });
      if (later != said.begin() && std::prev(later)->second) put(*std::prev(later));
    }
    std::ranges::sort(result);
    return result;
  }

 private:
  static std::vector<Value> values_of(std::set<Fact> const& facts, EntityId e, std::string const& a) {
    std::vector<Value> values;
    for (auto const& fact : facts) {
      if (std::get<0>(fact) == e && std::get<1>(fact) == a) values.push_back(std::get<2>(fact));
    }
    return values;
  }
  static bool is_about(Fact const& fact, EntityId e) {
    return std::get<0>(fact) == e || (is_reference(std::get<1>(fact)) && std::get<2>(fact) == Value{e});
  }
  [[nodiscard]] std::vector<Fact> facts_ever() const {
    std::set<Fact> facts = truth;
    for (auto const& [fact, said] : operations) {
      if (!said.empty()) facts.insert(fact);
    }
    return {facts.begin(), facts.end()};
  }
  void forget(Fact const& fact) {
    truth.erase(fact);
    before.erase(fact);
    operations.erase(fact);
  }
};

template <class Range>
std::vector<Operation> operations_in(Range&& range) {
  std::vector<Operation> result;
  for (auto const& datom : range) {
    if (datom.a.ns() != "db") result.emplace_back(datom.e, std::string{datom.a.text()}, datom.v, datom.tx, datom.added);
  }
  return result;
}

/// Compares one view in every order and both directions.
bool agrees(TestDb const& db, std::vector<Operation> expected) {
  auto const sorted = [](std::vector<Operation> found) {
    std::ranges::sort(found);
    return found;
  };
  auto const forward = operations_in(db.datoms(eavt));
  auto const columns = operations_in(db.datoms(aevt));
  auto const values = operations_in(db.datoms(avet));
  auto backward = operations_in(db.rseek_datoms(eavt));
  auto values_backward = operations_in(db.rseek_datoms(avet));
  std::ranges::reverse(backward);
  std::ranges::reverse(values_backward);
  if (sorted(forward) != expected) {
    for (auto const& [e, a, v, tx, added] : sorted(forward)) UNSCOPED_INFO("found " << e << " " << a << " " << to_text(v) << " " << tx - first_transaction << " " << added);
    for (auto const& [e, a, v, tx, added] : expected) UNSCOPED_INFO("wanted " << e << " " << a << " " << to_text(v) << " " << tx - first_transaction << " " << added);
  }
  if (sorted(forward) != expected || sorted(columns) != expected || backward != forward || values_backward != values)
    return false;
  std::erase_if(expected, [](Operation const& one) { return !is_indexed(std::get<1>(one)); });
  return sorted(values) == expected;
}

constexpr char const* model_schema = R"([
  {:db/ident :key :db/valueType :db.type/string :db/cardinality :db.cardinality/one :db/unique :db.unique/identity}
  {:db/ident :ssn :db/valueType :db.type/long :db/cardinality :db.cardinality/one :db/unique :db.unique/value}
  {:db/ident :age :db/valueType :db.type/long :db/cardinality :db.cardinality/one}
  {:db/ident :kind :db/valueType :db.type/keyword :db/cardinality :db.cardinality/one :db/index true}
  {:db/ident :pair :db/valueType :db.type/tuple :db/cardinality :db.cardinality/one :db/tupleAttrs [:age :kind]}
  {:db/ident :tag :db/valueType :db.type/string :db/cardinality :db.cardinality/many}
  {:db/ident :friend :db/valueType :db.type/ref :db/cardinality :db.cardinality/many}
  {:db/ident :part :db/valueType :db.type/ref :db/cardinality :db.cardinality/many :db/isComponent true}
  {:db/ident :note :db/valueType :db.type/string :db/cardinality :db.cardinality/one :db/noHistory true}
  {:db/id 103 :db/doc "new entities are numbered behind those that the test numbers itself"}])";

/// Makes operations at random, each for the database and for the model.
class Generator {
 public:
  explicit Generator(std::uint64_t seed) : random_{seed} {}

  int below(int limit) { return static_cast<int>(random_() % static_cast<std::uint64_t>(limit)); }

  /// A transaction; the model is what it ought to make, up to the operation that throws Refused.
  std::vector<TxOp> transaction(Model& model, EntityId last_tx, std::optional<Errc>& refused) {
    std::vector<TxOp> operations;
    for (int i = 0, count = 1 + below(8); i != count; ++i) {
      EntityId const new_entity = -1 - 2 * i;
      try {
        // What follows a refusal is not for the model to see, but the database must not mind it.
        Model unseen = model;
        operations.push_back(operation(refused ? unseen : model, new_entity, last_tx));
        if (!refused) model.update_pairs();
      } catch (Refused const& refusal) {
        if (!refused) refused = refusal.code;
        operations.push_back(std::move(last_));
      }
    }
    return operations;
  }

 private:
  EntityId entity() { return 100 + below(4); }
  std::string attribute() {
    static char const* const names[] = {"key", "ssn", "age", "kind", "tag", "friend", "part", "note"};
    return names[below(8)];
  }
  Value value(std::string const& a) {
    if (a == "key") return std::string{"k"} + std::to_string(below(4));
    if (a == "kind") return kw(std::string{":k"} + std::to_string(below(3)));
    if (is_reference(a)) return entity();
    if (a == "tag" || a == "note") return std::string(static_cast<std::size_t>(below(3)), 'x');
    return below(3);
  }

  TxOp operation(Model& model, EntityId fresh, EntityId last_tx) {
    auto const e = entity();
    auto const a = attribute();
    auto const v = value(a);
    // The operation is kept before the model sees it: the model may refuse.
    switch (below(20)) {
      case 0:
      case 1:
        last_ = retract(e, a, v);
        model.truth.erase({e, a, v});
        break;
      case 2:
        last_ = retract(e, a);
        model.retract(e, a);
        break;
      case 3:
        last_ = retract_attribute(e, a);
        model.retract_attribute(e, a);
        break;
      case 4:
        last_ = retract_entity(e);
        model.retract_entity(e);
        break;
      case 5: {
        Value const expected = below(3) == 0 ? Value{} : Value{below(3)};
        Value const next = below(3);
        last_ = cas(e, "age", expected, next);
        model.compare_and_swap(e, "age", expected, next);
        break;
      }
      case 6:
      case 7:
      case 8:
        upsert(model, fresh, value("key"));
        break;
      case 9:
        if (below(2) == 0) {
          last_ = purge(e, a, v);
          model.purge({e, a, v});
        } else if (below(2) == 0) {
          last_ = purge_attribute(e, a);
          model.purge_attribute(e, a);
        } else if (below(2) == 0) {
          last_ = purge_entity(e);
          model.purge_entity(e);
        } else {
          auto const moment = instant_of(first_transaction + below(static_cast<int>(last_tx - first_transaction) + 3));
          last_ = purge_history_before(moment);
          model.purge_before(moment);
        }
        break;
      case 10:
      case 11:
        last_ = entity_map(e, {{a, v}});
        add_by_map(model, e, a, v);
        break;
      default:
        last_ = add(e, a, v);
        model.add(e, a, v);
    }
    return last_;
  }

  /// `{:db/id 100 :key "k1"}` where another entity is "k1" says two things of one map.
  static void add_by_map(Model& model, EntityId e, std::string const& a, Value const& v) {
    if (a == "key") {
      if (auto const other = model.owner(a, v); other && *other != e) throw Refused{Errc::transact_upsert};
    }
    model.add(e, a, v);
  }

  /// A map without a number, with a part in it: the entity that has the key, or a new one.
  void upsert(Model& model, EntityId fresh, Value const& key) {
    auto const name = [](EntityId id) { return "new" + std::to_string(-id); };
    Value const age = below(3);
    bool const with_part = below(3) == 0;
    std::vector<std::pair<AttributeName, TxValue>> entries{{Keyword{"key"}, key}, {Keyword{"age"}, age}};
    if (with_part) entries.emplace_back(Keyword{"part"}, cairn::entity(name(fresh - 1), {{":age", 7}}));
    EntityMap map{.id = name(fresh)};
    map.attributes = std::move(entries);
    last_ = entity_map(std::move(map));
    auto const e = model.owner("key", key).value_or(fresh);
    model.add(e, "key", key);
    model.add(e, "age", age);
    if (!with_part) return;
    model.add(fresh - 1, "age", 7);
    model.add(e, "part", fresh - 1);
  }

  std::mt19937_64 random_;
  TxOp last_{};
};

/// An operation in words, for a history that fails.
std::string text_of(TxOp const& operation) {
  static char const* const names[] = {"add",   "retract",         "retract-attribute", "retract-entity", "cas", "",
                                      "purge", "purge-attribute", "purge-entity",      "purge-before",   "call"};
  if (operation.kind == TxOpKind::entity_map) return detail::text_of(operation.value);
  std::string text = std::string{"("} + names[static_cast<std::size_t>(operation.kind)] + " ";
  text += detail::text_of(operation.entity);
  if (operation.attribute) text += " " + to_text(operation.attribute->keyword);
  if (operation.kind == TxOpKind::compare_and_swap) text += " " + detail::text_of(operation.expected);
  return text + " " + detail::text_of(operation.value) + ")";
}

/// Compares every view of a database with the model's.
void check_views(TestDb const& db, Model const& model, Generator& random) {
  constexpr auto now = View<persistent_set_tag>::now;
  REQUIRE(agrees(db, model.view(now, 0, false)));
  if (!model.keep_history) return;
  REQUIRE(agrees(db.history(), model.view(now, 0, true)));
  for (auto t = first_transaction; t <= db.max_tx(); ++t) {
    REQUIRE(agrees(db.as_of(t), model.view(t, 0, false)));
    REQUIRE(agrees(db.since(t), model.view(now, t, false)));
    auto const s = first_transaction + random.below(static_cast<int>(db.max_tx() - first_transaction) + 2);
    REQUIRE(agrees(db.as_of(t).since(s), model.view(t, s, false)));
    REQUIRE(agrees(db.history().as_of(t).since(s), model.view(t, s, true)));
  }
}

/// What the log makes of the transactions, one by one, at once, and read from bytes.
void check_replay(TestDb const& start, TestDb const& db, std::vector<TxRecord> records) {
  auto replayed = start.snapshot();
  for (auto& record : records) {
    if (record.purged.empty()) {
      ByteWriter out;
      codec::write(out, record);
      ByteReader in{out.view()};
      record = codec::read_tx_record(in);
    }
    replayed = apply(replayed, record);
  }
  for (auto const& again : {replayed, apply(start.snapshot(), std::span<TxRecord const>{records})}) {
    REQUIRE(again.current.eavt == db.snapshot().current.eavt);
    REQUIRE(again.current.aevt == db.snapshot().current.aevt);
    REQUIRE(again.current.avet == db.snapshot().current.avet);
    REQUIRE(again.temporal.eavt == db.snapshot().temporal.eavt);
    REQUIRE(again.temporal.aevt == db.snapshot().temporal.aevt);
    REQUIRE(again.temporal.avet == db.snapshot().temporal.avet);
    REQUIRE(*again.schema == db.schema());
    REQUIRE(again.max_entity == db.max_eid());
    REQUIRE(again.last_instant == db.last_instant());
  }
}

struct Counts {
  int transactions = 0;
  int refused = 0;
};

void run_history(std::uint64_t seed, bool keep_history, Counts& counts) {
  INFO("CAIRN_TEST_SEED=" << seed << " CAIRN_TEST_HISTORY=" << keep_history << " repeats it");
  Generator random{seed};
  auto const start = empty_db(keep_history);
  auto first = transact(start, model_schema, Instant{1});
  std::vector<TxRecord> records{first.record};
  auto db = first.db_after;
  Model model;
  model.keep_history = keep_history;
  std::string trace;
  for (int step = 0, steps = 3 + random.below(5); step != steps; ++step) {
    Model next = model;
    std::optional<Errc> refused;
    auto const operations = random.transaction(next, db.max_tx(), refused);
    ++counts.transactions;
    for (auto const& operation : operations) trace += "\n" + text_of(operation);
    trace += refused ? "\n-- refused" : "\n--";
    INFO(trace);
    if (refused) {
      ++counts.refused;
      REQUIRE(refusal(db, operations) == refused);
    } else {
      auto report = transact(db, operations, Instant{1});
      std::map<EntityId, EntityId> numbers;
      for (auto const& [name, entity] : report.tempids) {
        if (name.is(ValueKind::string)) numbers.emplace(-std::stoll(std::string{name.as_string().substr(3)}), entity);
      }
      model = std::move(next);
      model.rename(numbers);
      model.commit(report.tx);
      records.push_back(report.record);
      db = report.db_after;
    }
    check_views(db, model, random);
  }
  check_replay(start, db, std::move(records));
}

char const* variable(char const* name) { return std::getenv(name); }  // NOLINT(concurrency-mt-unsafe)

TEST_CASE("random histories agree with the model") {
  Counts counts;
  if (auto const* given = variable("CAIRN_TEST_SEED")) {
    auto const* history = variable("CAIRN_TEST_HISTORY");
    run_history(std::strtoull(given, nullptr, 10), history == nullptr || *history != '0', counts);
    return;
  }
  constexpr int usual = is_sanitized ? 200 : 2000;
  int const runs = variable("CAIRN_LONG") != nullptr ? 10 * usual : usual;
  std::random_device device;
  std::uint64_t const base = (std::uint64_t{device()} << 32U) | device();
  for (int i = 0; i != runs; ++i) run_history(base + static_cast<std::uint64_t>(i), i % 8 != 0, counts);
  std::cout << runs << " histories from seed " << base << ": " << counts.transactions << " transactions, " << counts.refused
            << " of them refused, 0 differences\n";
  CHECK(counts.refused > runs / 10);
  CHECK(counts.transactions - counts.refused > runs);
}

}  // namespace
}  // namespace cairn::test::model_test
