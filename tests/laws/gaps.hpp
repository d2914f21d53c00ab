// Copyright the Cairn authors
// SPDX-License-Identifier: BSL-1.0
// Laws of a branch one of whose nodes is damaged or gone: what does not need the node goes on, and nothing is lost.
#pragma once

#include "unit/store/wrapped_mem.hpp"

#include <cairn/cairn.hpp>
#include <cairn/database.hpp>
#include <cairn/db/verify.hpp>

#include <catch2/catch_test_macros.hpp>
#include <catch2/generators/catch_generators.hpp>
#include <catch2/matchers/catch_matchers_string.hpp>

#include <cstddef>
#include <iterator>
#include <mutex>
#include <optional>
#include <string>
#include <string_view>
#include <type_traits>
#include <utility>
#include <vector>

namespace cairn::laws::gaps {

using namespace cairn;
using Catch::Matchers::ContainsSubstring;

/// What is read, and what cannot be.
struct Reads {
  using Address = backends::mem::Address;
  static inline std::mutex mutex{};
  static inline std::vector<Address> seen{};
  static inline std::optional<Address> damaged{};
  enum class How { corrupt, gone, out_of_reach };
  static inline How how = How::corrupt;
  static void look(Address address) {
    std::lock_guard const lock{mutex};
    seen.push_back(address);
    if (!damaged || *damaged != address) return;
    if (how == How::gone) raise_absent_blob("a blob is gone", "{:address 1}");
    raise(how == How::corrupt ? Errc::store_corrupt : Errc::io_error, "a bit has flipped");
  }
};

class Connection : public wrapped_mem::Connection<backends::mem::Writer> {
 public:
  using wrapped_mem::Connection<backends::mem::Writer>::Connection;
  [[nodiscard]] Bytes read(backends::mem::Address address) const {
    Reads::look(address);
    return wrapped_mem::Connection<backends::mem::Writer>::read(address);
  }
};
struct Backend : wrapped_mem::Backend<Backend, Connection> {
  static constexpr std::string_view backend_id = "gap-in-store-test";
};

inline constexpr EntityId first = 10'000;
inline constexpr EntityId entities = 6000;

/// Every even number is some entity's.
inline std::int64_t number_of(EntityId entity) { return (entity - first) * 7919 % entities * 2; }
inline std::string name_of(EntityId entity) { return "n" + std::to_string(entity); }

/// A database whose indexes have three levels, all in a checkpoint.
template <class Tag>
struct World {
  using S = Store<Backend, Tag>;
  using Database = Db<Tag>;

  World() {
    Reads::damaged.reset();
    Reads::how = Reads::How::corrupt;
    S::create(config);
    auto connection = S::connect(config);
    connection.transact(TxData{R"([{:db/ident :num :db/valueType :db.type/long :db/cardinality :db.cardinality/one :db/index true}
      {:db/ident :name :db/valueType :db.type/string :db/cardinality :db.cardinality/one}
      {:db/ident :key :db/valueType :db.type/string :db/cardinality :db.cardinality/one :db/unique :db.unique/identity}])"});
    std::vector<TxOp> facts;
    for (auto entity = first; entity != first + entities; ++entity) {
      facts.push_back(add(entity, ":num", number_of(entity)));
      facts.push_back(add(entity, ":name", name_of(entity)));
      facts.push_back(add(entity, ":key", "k" + std::to_string(entity)));
    }
    connection.transact(TxData{facts});
    connection.checkpoint();
  }
  World(World const&) = delete;
  World& operator=(World const&) = delete;
  ~World() {
    Reads::damaged.reset();
    S::destroy(config);
  }

  /// Damages the last node that is read where somebody looks so, or one above it.
  void damage(auto const& look, std::size_t above = 0) {
    auto connection = S::connect(config);
    Reads::seen.clear();
    look(connection.db());
    REQUIRE(Reads::seen.size() >= 3);
    damaged = Reads::seen[Reads::seen.size() - 1 - above];
    Reads::damaged = damaged;
  }
  void restore() { Reads::damaged.reset(); }
  void damage_again() { Reads::damaged = damaged; }

  wrapped_mem::Config config{"world"};
  Reads::Address damaged{};
};

template <Order Sorted>
std::size_t count_of(auto const& db, auto const&... components) {
  std::size_t count = 0;
  for (auto range = db.datoms(order_tag<Sorted>{}, components...); [[maybe_unused]] auto const& datom : range) ++count;
  return count;
}

void require_damage(auto const& look) {
  try {
    look();
  } catch (Error const& error) {
    REQUIRE(error.code() == Errc::store_corrupt);
    return;
  }
  FAIL("nothing was thrown");
}

/// Where in an index new facts go, and how to look there and elsewhere.
struct Place {
  Order order;
  void look_there(auto const& db, EntityId entity) const {
    switch (order) {
      case Order::eavt: static_cast<void>(count_of<Order::eavt>(db, entity)); break;
      case Order::aevt: static_cast<void>(count_of<Order::aevt>(db, ":num", entity)); break;
      case Order::avet: static_cast<void>(count_of<Order::avet>(db, ":num", number_of(entity))); break;
    }
  }
};

inline constexpr EntityId last = first + entities - 1;

/// What does not need a damaged node goes on behind a transaction that adds below it.
template <class IndexTag>
void check_elsewhere() {
  using W = World<IndexTag>;
  auto const place = GENERATE(Place{Order::eavt}, Place{Order::aevt}, Place{Order::avet});
  auto const above = GENERATE(std::size_t{0}, std::size_t{1});
  auto const number = GENERATE(1, 200, 6000);
  CAPTURE(static_cast<int>(place.order), above, number);
  W world;
  // New entities come behind the last.
  auto const there = last;
  auto const value = number_of(there);
  world.damage([&](auto const& db) { place.look_there(db, there); }, above);
  auto connection = W::S::connect(world.config);
  auto const before = connection.db();
  std::vector<TxOp> facts;
  for (int i = 0; i != number; ++i) facts.push_back(add("t" + std::to_string(i), ":num", value));
  connection.transact(TxData{facts});
  auto const db = connection.db();

  auto const all = static_cast<std::size_t>(number) + 1;
  auto const check_elsewhere = [&](auto const& now) {
    CHECK(count_of<Order::eavt>(now, first + 5) == 3);
    CHECK(count_of<Order::aevt>(now, ":key", first + 5) == 1);
    if (place.order == Order::avet) {
      require_damage([&] { static_cast<void>(count_of<Order::avet>(now, ":num", value)); });
    } else {
      CHECK(count_of<Order::avet>(now, ":num", value) == all);
    }
    if (place.order == Order::aevt) {
      require_damage([&] { static_cast<void>(count_of<Order::aevt>(now, ":num")); });
    } else {
      CHECK(count_of<Order::aevt>(now, ":num") == entities + all - 1);
    }
    if (place.order == Order::eavt) {
      require_damage([&] { static_cast<void>(count_of<Order::eavt>(now)); });
      require_damage([&] { static_cast<void>(now.size()); });
    } else {
      CHECK(count_of<Order::eavt>(now) == now.size());
    }
    require_damage([&] { place.look_there(now, there); });
    require_damage([&] { static_cast<void>(verify(now)); });
  };
  check_elsewhere(db);

  // Elsewhere, and again in the same place.
  connection.transact(TxData{"[{:name \"elsewhere\"}]"});
  connection.transact(TxData{std::vector<TxOp>{add("more", ":num", value)}});
  auto const expected = entities + all;
  // What needs the node is refused.
  auto const max_tx = connection.db().max_tx();
  require_damage([&] { connection.transact(TxData{std::vector<TxOp>{retract(there, ":num", value)}}); });
  require_damage([&] { connection.transact(TxData{std::vector<TxOp>{add(there, ":num", value + 1)}}); });
  CHECK(connection.db().max_tx() == max_tx);

  auto const tail = connection.tail_bytes();
  auto const check_checkpoint = [&] {
    CHECK_THROWS_WITH(connection.checkpoint(), ContainsSubstring("cannot be read: a bit has flipped"));
    CHECK(connection.tail_bytes() == tail);
  };
  check_checkpoint();
  check_elsewhere(db);

  // Versions that lack something must not be read where it is missing, though the node be there again; others can.
  world.restore();
  place.look_there(before, there);
  CHECK(count_of<Order::aevt>(before, ":num") == entities);
  check_elsewhere(db);
  check_checkpoint();
  connection.transact(TxData{"[{:name \"later\"}]"});
  require_damage([&] { place.look_there(connection.db(), there); });
  world.damage_again();
  connection.release();

  {
    auto again = W::S::connect(world.config);
    require_damage([&] { place.look_there(again.db(), there); });
    CHECK(count_of<Order::eavt>(again.db(), first + 5) == 3);
    again.transact(TxData{"[{:name \"from another connection\"}]"});
    again.release();
  }
  world.restore();
  auto again = W::S::connect(world.config);
  CHECK(again.tail_bytes() > tail);
  CHECK(count_of<Order::aevt>(again.db(), ":num") == expected);
  CHECK(count_of<Order::avet>(again.db(), ":num", value) == all + 1);
  static_cast<void>(verify(again.db()));
  again.checkpoint();
  CHECK(again.tail_bytes() == 0);
  again.transact(TxData{std::vector<TxOp>{retract(there, ":num", value)}});
  CHECK(count_of<Order::avet>(again.db(), ":num", value) == all);
}

/// What is unique is refused where a damaged node would have to say whether it is.
template <class IndexTag>
void check_unique() {
  using W = World<IndexTag>;
  W world;
  auto const key = [](EntityId entity) { return "k" + std::to_string(entity); };
  world.damage([&](auto const& db) { static_cast<void>(count_of<Order::avet>(db, ":key", key(first + 3000))); });
  auto connection = W::S::connect(world.config);
  auto const transact = [&](std::string const& name) { connection.transact(TxData{"[{:key \"" + name + "\" :num 1}]"}); };
  require_damage([&] { transact(key(first + 3000)); });
  require_damage([&] { transact(key(first + 3000) + "x"); });
  transact("k0");
  transact("other");
  CHECK(count_of<Order::avet>(connection.db(), ":key", "other") == 1);
  // Nothing is missing there: nobody has inserted anything.
  world.restore();
  transact(key(first + 3000) + "x");
  connection.checkpoint();
  static_cast<void>(verify(connection.db()));
}

/// What was can have a gap while what is has none.
template <class IndexTag>
void check_past() {
  using W = World<IndexTag>;
  W world;
  {
    auto connection = W::S::connect(world.config);
    std::vector<TxOp> facts;
    for (auto entity = first; entity != first + entities; ++entity) facts.push_back(add(entity, ":name", name_of(entity) + "!"));
    connection.transact(TxData{facts});
    connection.checkpoint();
  }
  auto const entity = first + 3000;
  auto const past = [&](auto const& db) { return count_of<Order::eavt>(db.history(), entity, ":name"); };
  world.damage([&](auto const& db) { static_cast<void>(past(db)); });
  auto connection = W::S::connect(world.config);
  auto const set_name = [&](EntityId whose, std::string const& name) { connection.transact(TxData{std::vector<TxOp>{add(whose, ":name", name)}}); };
  set_name(entity, "third");
  set_name(first + 1, "third");
  auto const check = [&](auto const& db) {
    CHECK(count_of<Order::eavt>(db, entity, ":name", "third") == 1);
    CHECK(count_of<Order::eavt>(db) == db.size());
    CHECK(count_of<Order::eavt>(db.history(), first + 1, ":name") == 5);
    require_damage([&] { static_cast<void>(past(db)); });
    require_damage([&] { static_cast<void>(verify(db)); });
  };
  check(connection.db());
  world.restore();
  check(connection.db());
  require_damage([&] { connection.checkpoint(); });
  connection.release();
  connection = W::S::connect(world.config);
  CHECK(past(connection.db()) == 5);
  connection.checkpoint();
  static_cast<void>(verify(connection.db()));
}

/// A node that is gone is as one that is damaged, and one that is out of reach is waited for.
template <class IndexTag>
void check_gone() {
  using W = World<IndexTag>;
  W world;
  auto const value = number_of(last);
  auto const how = GENERATE(Reads::How::gone, Reads::How::out_of_reach);
  auto const look = [&](auto const& db) { return count_of<Order::avet>(db, ":num", value); };
  world.damage([&](auto const& db) { static_cast<void>(look(db)); });
  Reads::how = how;
  auto connection = W::S::connect(world.config);
  connection.transact(TxData{std::vector<TxOp>{add("t", ":num", value)}});
  auto const db = connection.db();
  auto const is_refused = [](auto const& ask) {
    try {
      ask();
      return false;
    } catch (Error const& error) {
      CHECK((error.code() == Errc::io_error || (Reads::how == Reads::How::gone && error.code() == Errc::store_corrupt)));
      return true;
    }
  };
  CHECK(is_refused([&] { static_cast<void>(look(db)); }));
  CHECK(is_refused([&] { static_cast<void>(count_of<Order::eavt>(db, first + 5)); }) == (how == Reads::How::out_of_reach));
  CHECK(is_refused([&] { connection.checkpoint(); }));
  world.restore();
  if (how == Reads::How::gone) {
    CHECK(is_refused([&] { static_cast<void>(look(db)); }));
    CHECK(is_refused([&] { connection.checkpoint(); }));
    connection.release();
    connection = W::S::connect(world.config);
  }
  CHECK(look(connection.db()) == 2);
  connection.checkpoint();
  static_cast<void>(verify(connection.db()));
}

/// The tail grows where no checkpoint can be made, and what has to be one is refused.
template <class IndexTag>
void check_tail() {
  using W = World<IndexTag>;
  W world;
  auto const value = number_of(last);
  world.damage([&](auto const& db) { static_cast<void>(count_of<Order::avet>(db, ":num", value)); });
  {
    auto connection = W::S::connect(world.config);
    connection.transact(TxData{std::vector<TxOp>{add("t", ":num", value)}});
    int warnings = 0;
    set_log_sink([&](LogRecord const& record) { warnings += record.event == LogEvent::commit_checkpoint_failed ? 1 : 0; });
    for (int i = 0; i != 40; ++i) {
      connection.transact(TxData{std::vector<TxOp>{add("t", ":name", std::string(100'000, 'x') + std::to_string(i))}});
    }
    set_log_sink({});
    CHECK(warnings > 5);
    CHECK(warnings < 15);  // not of each commit
    CHECK(connection.tail_bytes() > 3 * tail_budget);
    auto const max_tx = connection.db().max_tx();
    require_damage([&] { connection.transact(TxData{std::vector<TxOp>{add("t", ":name", std::string(2 * tail_budget, 'y'))}}); });
    require_damage([&] { static_cast<void>(connection.collect_garbage()); });
    CHECK(connection.db().max_tx() == max_tx);
    connection.transact(TxData{"[{:name \"z\"}]"});
  }
  world.restore();
  auto again = W::S::connect(world.config);
  CHECK(again.tail_bytes() > 3 * tail_budget);
  CHECK(count_of<Order::avet>(again.db(), ":num", value) == 2);
  CHECK(count_of<Order::aevt>(again.db(), ":name") == entities + 41);
  again.transact(TxData{std::vector<TxOp>{add("t", ":name", std::string(2 * tail_budget, 'y'))}});
  CHECK(again.tail_bytes() == 0);
  static_cast<void>(verify(again.db()));
}

}  // namespace cairn::laws::gaps
