// Copyright the Cairn authors
// SPDX-License-Identifier: BSL-1.0
// What the engine asks of a store, counted: nodes read by a cold question, nodes in flight while a scan reads ahead, appends and
// nodes written by commits, for stores of 10^5, 10^6 and 10^7 datoms; beside each what docs/scale.md computes. Counts, not times:
// they are the same on every machine.
#include "people.hpp"
#include "report.hpp"
#include <cairn/backends/mem/backend.hpp>
#include <cairn/database.hpp>
#include <cairn/index/node_shape.hpp>
#include <cairn/layer/metered.hpp>

#include <array>
#include <cmath>
#include <cstdint>
#include <random>
#include <ranges>
#include <span>
#include <string>
#include <string_view>
#include <utility>

namespace {

using namespace cairn::benchmarks;
/// In memory, and asked for several blobs in one turn as a store behind a network is.
struct RemoteConnection : cairn::backends::mem::Connection {
  explicit RemoteConnection(cairn::backends::mem::Connection connection) : cairn::backends::mem::Connection{std::move(connection)} {}
  template <class Sink>
  void read_many(std::span<Address const> addresses, Sink&& sink) const {
    for (std::size_t i = 0; i != addresses.size(); ++i) sink(i, read(addresses[i]));
  }
};
struct Remote : cairn::backends::mem::Backend {
  static constexpr std::string_view backend_id = "remote";
  using Connection = RemoteConnection;
  static Connection connect_store(Config const& config) { return Connection{cairn::backends::mem::Backend::connect_store(config)}; }
};

using Backend = cairn::Metered<Remote>;
using Store = cairn::Store<Backend>;
using cairn::StoreOperation;

constexpr std::size_t transactions = 1000;

/// What was asked of a store since a moment.
class Since {
 public:
  explicit Since(cairn::Metrics const& metrics) : metrics_{metrics} {
    for (std::size_t i = 0; i != before_.size(); ++i) before_[i] = metrics.figures(static_cast<StoreOperation>(i));
  }
  [[nodiscard]] std::uint64_t calls(StoreOperation operation) const { return now(operation).calls - before(operation).calls; }
  [[nodiscard]] std::uint64_t bytes(StoreOperation operation) const { return now(operation).bytes - before(operation).bytes; }
  /// Nodes, one by one and together.
  [[nodiscard]] std::uint64_t nodes_read() const {
    return calls(StoreOperation::read) + now(StoreOperation::read_many).blobs - before(StoreOperation::read_many).blobs;
  }
  /// Turns: what is read together waits once.
  [[nodiscard]] std::uint64_t turns() const { return calls(StoreOperation::read) + calls(StoreOperation::read_many); }

 private:
  [[nodiscard]] cairn::OperationFigures now(StoreOperation operation) const { return metrics_.figures(operation); }
  [[nodiscard]] cairn::OperationFigures const& before(StoreOperation operation) const {
    return before_[static_cast<std::size_t>(operation)];
  }
  cairn::Metrics const& metrics_;
  std::array<cairn::OperationFigures, cairn::store_operations> before_{};
};

/// Levels of an index of so many datoms: leaves of 128, inner nodes of 32 children, all full, as an import leaves them.
double levels(double datoms) {
  using Shape = cairn::DefaultNodeShape;
  auto nodes = std::ceil(datoms / Shape::leaf_capacity);
  double number = 1;
  for (; nodes > 1; ++number) nodes = std::ceil(nodes / Shape::inner_capacity);
  return number;
}

/// Nodes of three indexes of so many datoms, full as an import leaves them.
double nodes_of(double datoms) {
  using Shape = cairn::DefaultNodeShape;
  auto const inner = static_cast<double>(Shape::inner_capacity);
  return 3 * std::ceil(datoms / static_cast<double>(Shape::leaf_capacity)) * inner / (inner - 1);
}

constexpr cairn::EntityId first_person = 1000;

cairn::ImportFact fact_at(std::vector<Person> const& all, std::size_t at) {
  auto const& person = all[at / 5 % all.size()];
  return fact_of(person, static_cast<cairn::EntityId>(at / 5) + first_person, at);
}

/// What an import of them takes, in bytes a datom.
double count(std::size_t datoms, std::string const& name) {
  double bytes_a_datom = 0;
  auto const all = people(20'000);
  Store::Config const config{.store = {.id = name}, .id = name};
  auto const& metrics = *cairn::metrics(name);
  auto const row = [&](std::string const& what, std::string_view unit, double counted, std::string_view how, double computed) {
    print_row(what + ", " + name + " datoms", unit, Better::less, counted, how, computed);
  };
  Store::create(config);
  {
    Since const since{metrics};
    auto conn = Store::connect(config);
    conn.transact(people_schema);
    conn.import(std::views::iota(std::size_t{0}, datoms) | std::views::transform([&](std::size_t at) { return fact_at(all, at); }));
    conn.release();
    row("nodes written by an import", "", static_cast<double>(since.calls(StoreOperation::put)), "3 orders, full leaves and inner nodes",
        nodes_of(static_cast<double>(datoms)));
    bytes_a_datom = static_cast<double>(since.bytes(StoreOperation::put)) / static_cast<double>(datoms);
    row("bytes a datom of it, 3 orders", "B", bytes_a_datom, "", 0);
  }
  std::mt19937_64 random{7};
  auto const anyone = [&] { return first_person + static_cast<cairn::EntityId>(random() % (datoms / 5)); };
  {
    Since const since{metrics};
    auto const conn = Store::connect(config);
    static_cast<void>(conn.db().entity(anyone()).get(":salary").value());
    row("reads of a cold open and one entity", "", static_cast<double>(since.nodes_read() + since.calls(StoreOperation::root)),
        "the root, and each level of eavt", 1 + levels(static_cast<double>(datoms)));
  }
  {
    auto const conn = Store::connect(config);
    auto const db = conn.db();
    Since const since{metrics};
    std::size_t seen = 0;
    for (auto const& datom : db.datoms(cairn::eavt)) seen += static_cast<std::size_t>(datom.e != 0);
    if (seen < datoms) throw std::runtime_error{"datoms are missing"};
    row("nodes read in a turn by a cold scan", "", static_cast<double>(since.nodes_read()) / static_cast<double>(since.turns()),
        "up to 2,048 leaves ahead, and their parents", 2048);
  }
  {
    auto conn = Store::connect(config);
    static_cast<void>(conn.db());
    Since const since{metrics};
    for (std::size_t i = 0; i != transactions; ++i) {
      conn.transact({cairn::add(anyone(), ":salary", static_cast<std::int64_t>(random() % 100'000))});
    }
    row("appends of a commit", "", static_cast<double>(since.calls(StoreOperation::append)) / transactions, "one", 1);
    row("bytes of a commit that changes one value", "B", static_cast<double>(since.bytes(StoreOperation::append)) / transactions, "", 0);
    Since const writing{metrics};
    conn.checkpoint();
    // Each change is one path of eavt and aevt, two of avet, and its old value goes to as many of the temporal indexes.
    row("nodes written a commit by a checkpoint after 1,000", "", static_cast<double>(writing.calls(StoreOperation::put)) / transactions,
        "4 leaves and their paths, shared near the root", 0);
    row("bytes written a commit by it", "B", static_cast<double>(writing.bytes(StoreOperation::put)) / transactions, "", 0);
  }
  Store::destroy(config);
  return bytes_a_datom;
}

/// The same arithmetic where nobody counts.
void extrapolate(double datoms, std::string const& name, double bytes_a_datom) {
  auto const row = [&](std::string const& what, std::string_view unit, double computed) {
    print_row("computed: " + what + ", " + name + " datoms", unit, Better::less, computed, "", 0);
  };
  row("nodes written by an import", "", nodes_of(datoms));
  row("its size, as of 10^7", "GB", datoms * bytes_a_datom / 1e9);
  row("reads of a cold open and one entity", "", 1 + levels(datoms));
}

}  // namespace

int main() {
  count(100'000, "10^5");
  count(1'000'000, "10^6");
  auto const bytes_a_datom = count(10'000'000, "10^7");
  extrapolate(1e9, "10^9", bytes_a_datom);
  extrapolate(1e12, "10^12", bytes_a_datom);
}
