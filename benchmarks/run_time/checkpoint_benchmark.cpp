// Copyright the Cairn authors
// SPDX-License-Identifier: BSL-1.0
// The two indexes beside each other: what checkpoints of scattered writes put into a store of 10^6 datoms, and what reads take
// afterwards, warm and cold (docs/indexes.md).
#include "report.hpp"
#include <cairn/any_index.hpp>
#include <cairn/backends/mem/backend.hpp>
#include <cairn/database.hpp>
#include <cairn/layer/metered.hpp>

#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <cstdlib>
#include <functional>
#include <numeric>
#include <optional>
#include <random>
#include <ranges>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace {

using namespace cairn::benchmarks;
using Backend = cairn::Metered<cairn::backends::mem::Backend>;
using cairn::StoreOperation;

constexpr std::size_t datoms_before = 1'000'000;
constexpr cairn::EntityId first_entity = 1000;
constexpr std::size_t entities = 200'000;
constexpr std::size_t attributes = 8;  // half of them indexed
constexpr std::size_t transactions = 1000;
constexpr std::size_t datoms_of_one = 5;

std::string schema() {
  std::string text = "[";
  for (std::size_t i = 0; i != attributes; ++i) {
    text += "{:db/ident :a" + std::to_string(i) + " :db/valueType :db.type/long :db/cardinality :db.cardinality/many :db/index " +
            (i % 2 == 0 ? "true}" : "false}");
  }
  return text + "]";
}

std::vector<cairn::Keyword> const& names() {
  static auto const all = [] {
    std::vector<cairn::Keyword> made;
    for (std::size_t i = 0; i != attributes; ++i) made.emplace_back("a" + std::to_string(i));
    return made;
  }();
  return all;
}

/// A datom of any entity, any attribute and any value; the same for both indexes.
struct Random {
  std::mt19937_64 engine;
  cairn::EntityId entity() { return first_entity + static_cast<cairn::EntityId>(engine() % entities); }
  std::size_t attribute() { return engine() % attributes; }
  std::int64_t value() { return static_cast<std::int64_t>(engine() % 1'000'000'000); }
};

template <class Tag>
class Contender {
 public:
  using Store = cairn::Store<Backend, Tag>;

  explicit Contender(std::string const& name) : config_{.store = {.id = name}, .id = name} {
    Store::create(config_);
    conn_.emplace(Store::connect(config_));
    conn_->transact(schema());
    std::vector<cairn::ImportFact> facts;
    facts.reserve(datoms_before);
    for (std::size_t i = 0; i != datoms_before; ++i) {
      auto const entity = random_.entity();
      auto const attribute = random_.attribute();
      facts.push_back({entity, names()[attribute], random_.value()});
    }
    conn_->import(facts);
  }
  ~Contender() {
    conn_.reset();
    Store::destroy(config_);
  }
  Contender(Contender const&) = delete;
  Contender& operator=(Contender const&) = delete;

  /// A thousand transactions and a checkpoint; the bytes that it writes.
  double checkpoint() {
    for (std::size_t i = 0; i != transactions; ++i) {
      std::vector<cairn::TxOp> data;
      for (std::size_t j = 0; j != datoms_of_one; ++j) {
        auto const entity = random_.entity();
        auto const attribute = random_.attribute();
        data.push_back(cairn::add(entity, names()[attribute], random_.value()));
      }
      conn_->transact(cairn::TxData{std::move(data)});
    }
    auto const& metrics = *cairn::metrics(config_.id);
    auto const before = metrics.figures(StoreOperation::put).bytes;
    conn_->checkpoint();
    return static_cast<double>(metrics.figures(StoreOperation::put).bytes - before);
  }

  /// Seconds for looking at all of `number` random entities, in a connection that has been used.
  double look_warm(std::size_t number) { return look(*conn_, number); }
  double scan_warm() { return scan(*conn_); }
  /// The same, and nodes read, in a new connection.
  double look_cold(std::size_t number) {
    auto const conn = Store::connect(config_);
    return look(conn, number);
  }
  double scan_cold() {
    auto const conn = Store::connect(config_);
    return scan(conn);
  }
  double nodes_of_cold_look() {
    auto const conn = Store::connect(config_);
    auto const& metrics = *cairn::metrics(config_.id);
    auto const before = metrics.figures(StoreOperation::read).calls;
    static_cast<void>(look(conn, 1));
    return static_cast<double>(metrics.figures(StoreOperation::read).calls - before);
  }

 private:
  static double look(typename Store::Connection const& conn, std::size_t number) {
    Random random{std::mt19937_64{11}};
    std::size_t seen = 0;
    auto const seconds = seconds_of([&] {
      auto const db = conn.db();
      for (std::size_t i = 0; i != number; ++i) {
        for (auto const& datom : db.datoms(cairn::eavt, random.entity())) seen += datom.added ? 1U : 0U;
      }
    });
    if (seen == 0) throw std::runtime_error{"nothing was found"};
    return seconds;
  }
  static double scan(typename Store::Connection const& conn) {
    std::size_t seen = 0;
    auto const seconds = seconds_of([&] {
      for (auto const& datom : conn.db().datoms(cairn::eavt)) seen += datom.added ? 1U : 0U;
    });
    if (seen < datoms_before / 2) throw std::runtime_error{"datoms are missing"};
    return seconds;
  }

  typename Store::Config config_;
  Random random_{std::mt19937_64{7}};
  std::optional<typename Store::Connection> conn_;
};

}  // namespace

int main(int count, char** arguments) {
  std::size_t const checkpoints = count > 1 ? std::strtoul(arguments[1], nullptr, 10) : 200;
  constexpr std::string_view peer = "persistent_set";
  Contender<cairn::hitchhiker_tree_tag> tree{"tree"};
  Contender<cairn::persistent_set_tag> set{"set"};

  std::vector<double> of_tree;
  std::vector<double> of_set;
  auto const row = [&](std::string const& what, std::size_t first, std::size_t last, double asked) {
    auto const mean = [&](std::vector<double> const& all) {
      double sum = 0;
      for (auto i = first; i != last; ++i) sum += all[i];
      return sum / static_cast<double>(last - first) / 1000;
    };
    auto const peers = mean(of_set);
    print_row(what, "kB", Better::less, mean(of_tree), peer, peers, asked * peers);
  };
  auto const compare = [&](std::string const& what, std::string_view unit, double scale, auto const& measure, double asked) {
    auto const medians = medians_in_turn(9, {[&] { return measure(tree); }, [&] { return measure(set); }});
    print_row(what, unit, Better::less, medians[0] * scale, peer, medians[1] * scale, asked * medians[1] * scale);
  };
  constexpr std::size_t looks = 100'000;
  constexpr std::size_t cold_looks = 10'000;
  compare("right after the import: the datoms of a random entity, warm", "us", 1e6 / looks, [](auto& each) { return each.look_warm(looks); }, 1.5);
  compare("right after the import: the same, in a new connection", "us", 1e6 / cold_looks, [](auto& each) { return each.look_cold(cold_looks); }, 1.5);
  compare("right after the import: a scan, warm", "ms", 1e3, [](auto& each) { return each.scan_warm(); }, 1.5);
  compare("right after the import: a scan, in a new connection", "ms", 1e3, [](auto& each) { return each.scan_cold(); }, 1.5);
  for (std::size_t i = 0; i != checkpoints; ++i) {
    of_tree.push_back(tree.checkpoint());
    of_set.push_back(set.checkpoint());
  }
  auto const ten = std::min<std::size_t>(10, checkpoints);
  row("a checkpoint of 1,000 transactions of 5 random datoms, the first ten", 0, ten, 0.2);
  row("the same, the first 40", 0, std::min<std::size_t>(40, checkpoints), 0.2);
  row("the same, all " + std::to_string(checkpoints), 0, checkpoints, 0.2);
  row("the same, the second quarter", checkpoints / 4, std::max(checkpoints / 2, checkpoints / 4 + 1), 0.2);
  std::size_t worst = 0;
  double most = 0;
  for (std::size_t first = 0; first + ten <= checkpoints; ++first) {
    auto const sum = [&](std::vector<double> const& all) {
      return std::accumulate(all.begin() + static_cast<std::ptrdiff_t>(first), all.begin() + static_cast<std::ptrdiff_t>(first + ten), 0.0);
    };
    if (auto const ratio = sum(of_tree) / sum(of_set); ratio > most) {
      most = ratio;
      worst = first;
    }
  }
  row("the same, the ten in a row with the most in proportion (from checkpoint " + std::to_string(worst + 1) + " on)", worst, worst + ten, 0.2);
  row("the same, the last quarter", checkpoints - std::max<std::size_t>(1, checkpoints / 4), checkpoints, 0.2);

  compare("the datoms of a random entity, warm", "us", 1e6 / looks, [](auto& each) { return each.look_warm(looks); }, 1.5);
  compare("the same, in a new connection", "us", 1e6 / cold_looks, [](auto& each) { return each.look_cold(cold_looks); }, 1.5);
  compare("nodes read by the first of these", "", 1, [](auto& each) { return each.nodes_of_cold_look(); }, 1.5);
  compare("a scan, warm", "ms", 1e3, [](auto& each) { return each.scan_warm(); }, 1.5);
  compare("a scan, in a new connection", "ms", 1e3, [](auto& each) { return each.scan_cold(); }, 1.5);
}
