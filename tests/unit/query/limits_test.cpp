// Copyright the Cairn authors
// SPDX-License-Identifier: BSL-1.0
// What queries may not take, however they are written: the stack, memory, time.
#include "laws/blob_words.hpp"
#include "sanitized.hpp"
#include "small_stack.hpp"

#include <cairn/db/initial_snapshot.hpp>
#include <cairn/db/transact.hpp>
#include <cairn/edn/edn.hpp>
#include <cairn/index/persistent_set.hpp>
#include <cairn/query/query.hpp>
#include <cairn/query/run/cell_hash.hpp>

#include <catch2/catch_test_macros.hpp>

#include <array>
#include <atomic>
#include <cstddef>
#include <cstdint>
#include <functional>
#include <memory>
#include <optional>
#include <set>
#include <string>
#include <string_view>
#include <utility>

namespace cairn::limits_test {
namespace {

using Database = Db<persistent_set_tag>;

/// Two thousand entities with a number, in a chain.
Database const& numbers() {
  static Database const db = [] {
    auto const after = [](Database const& before, std::string_view tx) {
      return transact(before, TxData{notation::parse(tx)}, Instant{1000}).db_after;
    };
    Database const empty{initial_snapshot<persistent_set_tag>(std::make_shared<DatabaseOptions const>(), Instant{0})};
    auto const schema = after(empty, R"([
      {:db/ident :n :db/valueType :db.type/long :db/cardinality :db.cardinality/one :db/index true}
      {:db/ident :next :db/valueType :db.type/ref :db/cardinality :db.cardinality/one}])");
    std::string tx = "[";
    for (int i = 0; i != 2000; ++i) {
      tx += "{:db/id " + std::to_string(1000 + i) + " :n " + std::to_string(i);
      if (i != 0) tx += " :next " + std::to_string(1000 + i - 1);
      tx += "}";
    }
    return after(schema, tx + "]");
  }();
  return db;
}

std::string repeated(std::string_view text, int times) {
  std::string all;
  for (int i = 0; i != times; ++i) all += text;
  return all;
}

void with_small_stack(std::function<void()> call) {
  constexpr std::size_t small = std::size_t{512} << 10U;
  test::on_stack_of(test::is_sanitized ? 16 * small : small, std::move(call));
}

TEST_CASE("a query of many clauses needs little of the stack") {
  std::optional<Errc> many;
  std::optional<Errc> too_many;
  std::optional<Errc> in_branches;
  static_cast<void>(numbers());
  with_small_stack([&] {
    auto const count = [](std::string const& clauses) {
      return laws::code_of([&] { return q(numbers(), "[:find (count ?e) . :where " + clauses + "]"); });
    };
    many = count(repeated("[?e :n ?a] ", 400));
    too_many = count(repeated("[?e :n ?a] ", 2000));
    in_branches = count("[?e :n ?a] " + repeated("(or [?e :n ?a] (and " + repeated("[?e :n ?a] ", 30) + "))", 30));
  });
  CHECK(!many);
  CHECK(too_many == Errc::query_where);
  CHECK(in_branches == Errc::query_where);
  // Clauses that stand beside each other are no path.
  CHECK(!laws::code_of([] { return q(numbers(), "[:find ?e . :where [?e :n 7] " + repeated("(not [?e :n ?b] [?b :n ?c]) ", 300) + "]"); }));
}

TEST_CASE("queries that ask themselves need little of the stack") {
  auto const query = "[:find ?x . :in $ ?t ?z :where " + repeated("[?e :n ?a] ", 30) + "[(q ?t $ ?t ?a) ?x]]";
  std::optional<Errc> endless;
  static_cast<void>(numbers());
  with_small_stack([&] { endless = laws::code_of([&] { return q(numbers(), query, Value{query}, 1); }); });
  CHECK(endless == Errc::query_memory);
}

TEST_CASE("a rule that calls itself in clause after clause is refused before it is large") {
  auto const rule = [](int times) {
    std::string text = "[[(r ?x) [?x :n]] [(r ?x) [?x :next]";
    for (int i = 0; i != times; ++i) text += " (or (r ?x))";
    return rules(text + "]]");
  };
  auto const asked = [&](int times) {
    return laws::code_of([&] { return q(numbers(), "[:find (count ?x) . :in $ % :where (r ?x)]", rule(times)); });
  };
  CHECK(!asked(20));
  CHECK(asked(300) == Errc::query_where);
}

TEST_CASE("planning can be ended") {
  std::string clauses;
  for (int i = 0; i != 600; ++i) clauses += "[?e :n ?v" + std::to_string(i) + "] ";
  std::atomic<bool> const cancelled{true};
  // The plan would be refused in the end.
  auto const text = "[:find ?e :where " + clauses + "]";
  CHECK(laws::code_of([&] { return q(numbers(), text); }) == Errc::query_where);
  CHECK(laws::code_of([&] { return q(numbers(), text, QueryOptions{.cancelled = &cancelled}); }) == Errc::query_timeout);
}

TEST_CASE("what is pulled may be deep, and needs no stack for it") {
  static_cast<void>(numbers());
  test::on_stack_of(std::size_t{256} << 10U, [] {
    auto const found = q(numbers(), "[:find (pull ?e [:n {:next ...}]) . :where [?e :n 1999]]");
    auto const deep = found.to_edn();
    auto levels = 1;
    for (auto const* at = deep.find(":next"); at != nullptr; at = at->find(":next")) ++levels;
    CHECK(levels == 2000);
    // As a value it is text, which is read only as deep as the reader goes.
    CHECK(found.value().is(ValueKind::edn));
    CHECK(laws::code_of([&] { return to_edn(found.value()); }) == Errc::edn_limit);
  });
}

TEST_CASE("what is pulled takes of the query's memory") {
  auto const pulled = [](std::size_t memory) {
    return laws::code_of([&] { return q(numbers(), "[:find (pull ?e [*]) :where [?e :n]]", QueryOptions{.memory = memory}); });
  };
  CHECK(pulled(1U << 17U) == Errc::query_memory);
  CHECK(!pulled(1U << 22U));
}

TEST_CASE("a large set is read once for all rows") {
  std::string set = "#{";
  for (int i = 0; set.size() < (std::size_t{3} << (test::is_sanitized ? 17U : 19U)); ++i) set += std::to_string(i * 2) + " ";
  set += "}";
  CHECK(q(numbers(), "[:find (count ?n) . :where [_ :n ?n] [(contains? " + set + " ?n)]]").value() == Value{1000});
  CHECK(q(numbers(), "[:find (count ?n) . :in $ ?set :where [_ :n ?n] [(contains? ?set ?n)]]", edn(set)).value() == Value{1000});
}

TEST_CASE("values that somebody chose to fall together do not") {
  constexpr std::uint64_t factor = 0x9E3779B97F4A7C15U;
  std::uint64_t inverse = factor;
  for (int i = 0; i != 6; ++i) inverse *= 2 - factor * inverse;
  REQUIRE(factor * inverse == 1);
  // Products of the factor that have nothing in their upper halves.
  constexpr std::uint32_t count = 512;
  std::array<std::uint64_t, count> words{};
  std::array<std::uint64_t, count> hashes{};
  for (std::uint64_t i = 0; i != count; ++i) words[i] = i * inverse;
  hashes.fill(query::detail::hash_seed);
  query::detail::add_hashes({words.data(), nullptr, ValueKind::integer}, count, hashes.data());
  std::set<std::uint64_t> uppers;
  std::set<std::uint64_t> lowers;
  for (std::uint32_t i = 0; i != count; ++i) {
    uppers.insert(hashes[i] >> 32U);
    lowers.insert(query::hash_of({ValueKind::integer, words[i]}) & 0xFFFFFFFFU);
  }
  CHECK(uppers.size() > count - 4);
  CHECK(lowers.size() > count - 4);
  // Texts of which one word has another first bit and the next what takes that back, whatever comes before: of the lower half of a
  // product alone.
  std::set<std::uint64_t> texts;
  for (std::uint32_t i = 0; i != 256; ++i) {
    std::string text(128, 'a');
    for (std::uint32_t pair = 0; pair != 8; ++pair) {
      if ((i >> pair & 1U) == 0) continue;
      std::uint64_t change[2] = {std::uint64_t{1} << 63U, std::uint64_t{1} << 22U | std::uint64_t{1} << 54U};
      for (std::size_t byte = 0; byte != sizeof change; ++byte)
        text[pair * sizeof change + byte] ^= static_cast<char>(change[byte / 8] >> (byte % 8 * 8) & 0xFFU);
    }
    texts.insert(query::detail::text_hash(text));
  }
  CHECK(texts.size() == 256);
}

}  // namespace
}  // namespace cairn::limits_test
