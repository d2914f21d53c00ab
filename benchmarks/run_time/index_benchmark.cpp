// Copyright the Cairn authors
// SPDX-License-Identifier: BSL-1.0
// A million random datoms in a persistent set and, in the same process, in an absl::btree_set of 24-byte tuples.
// Run with --benchmark_enable_random_interleaving=true --benchmark_repetitions=5 and compare medians as ratios.
#include <cairn/index/persistent_set.hpp>

#include <absl/container/btree_set.h>
#include <benchmark/benchmark.h>

#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <random>
#include <tuple>
#include <utility>
#include <vector>

#include <malloc.h>

namespace {

using namespace cairn;

constexpr std::size_t number = 1'000'000;
using Set = PersistentSet<Order::eavt>;
using Row = std::tuple<std::uint64_t, std::int64_t, std::int64_t>;  // entity and attribute, value, transaction
using Peer = absl::btree_set<Row>;

std::vector<RawDatom> const& datoms() {
  static auto const all = [] {
    std::mt19937_64 random{42};
    std::vector<RawDatom> made(number);
    for (auto& datom : made) {
      datom.e = static_cast<EntityId>(random() % 200'000 + 1);
      datom.a = static_cast<AttributeId>(random() % 5 + 1);
      datom.v = static_cast<std::int64_t>(random());
      datom.tx = first_transaction + static_cast<EntityId>(random() % 1000);
    }
    return made;
  }();
  return all;
}

Row row_of(RawDatom const& datom) {
  return {(static_cast<std::uint64_t>(datom.e) << 16U) | datom.a, datom.v.as_integer(), datom.tx};
}
std::vector<Row> const& rows() {
  static auto const all = [] {
    std::vector<Row> made;
    for (auto const& datom : datoms()) made.push_back(row_of(datom));
    return made;
  }();
  return all;
}
std::vector<RawDatom> const& sorted() {
  static auto const all = [] {
    auto made = datoms();
    std::ranges::sort(made, [](auto const& left, auto const& right) { return compare<Order::eavt>(left, right) < 0; });
    return made;
  }();
  return all;
}
/// Where lookups go: all of them, in another order than they were inserted in.
std::vector<std::uint32_t> const& shuffled() {
  static auto const all = [] {
    std::vector<std::uint32_t> made(number);
    for (std::uint32_t i = 0; i != number; ++i) made[i] = i;
    std::mt19937_64 random{7};
    std::ranges::shuffle(made, random);
    return made;
  }();
  return all;
}

Set filled() {
  auto transient = Set{}.edit();
  for (auto const& datom : datoms()) transient.insert(datom);
  return std::move(transient).persistent();
}
Set const& set() {
  static auto const made = filled();
  return made;
}
Peer const& peer() {
  static Peer const made(rows().begin(), rows().end());
  return made;
}

void items(benchmark::State& state, std::size_t each) {
  state.SetItemsProcessed(state.iterations() * static_cast<std::int64_t>(each));
}

void insert_absl(benchmark::State& state) {
  for (auto _ : state) {
    Peer made;
    for (auto const& row : rows()) made.insert(row);
    benchmark::DoNotOptimize(made.size());
  }
  items(state, number);
}
void insert_cairn(benchmark::State& state) {
  for (auto _ : state) benchmark::DoNotOptimize(filled().size());
  items(state, number);
}
void insert_in_order_absl(benchmark::State& state) {
  std::vector<Row> in_order(peer().begin(), peer().end());
  for (auto _ : state) {
    Peer made;
    for (auto const& row : in_order) made.insert(row);
    benchmark::DoNotOptimize(made.size());
  }
  items(state, number);
}
void insert_in_order_cairn(benchmark::State& state) {
  for (auto _ : state) {
    auto transient = Set{}.edit();
    for (auto const& datom : sorted()) transient.insert(datom);
    benchmark::DoNotOptimize(transient.size());
  }
  items(state, number);
}
void build_cairn(benchmark::State& state) {
  for (auto _ : state) benchmark::DoNotOptimize(Set::from_sorted(sorted()).size());
  items(state, number);
}
/// A version for every datom, of which the last `keep` stay.
void insert_a_version_each(benchmark::State& state, std::size_t keep) {
  constexpr std::size_t edits = 20'000;
  for (auto _ : state) {
    auto version = set();
    std::vector<Set> kept(keep);
    for (std::size_t i = 0; i != edits; ++i) {
      auto transient = version.edit();
      auto datom = datoms()[i];
      datom.tx += 5000;
      transient.insert(std::move(datom));
      if (keep != 0) kept[i % keep] = version;
      version = std::move(transient).persistent();
    }
    benchmark::DoNotOptimize(version.size());
  }
  items(state, edits);
}
void insert_a_version_each_cairn(benchmark::State& state) { insert_a_version_each(state, 0); }
void insert_a_version_each_1000_kept_cairn(benchmark::State& state) { insert_a_version_each(state, 1000); }

template <Order Sorted>
PersistentSet<Sorted> filled_in(bool in_bulk) {
  if (in_bulk) {
    auto made = datoms();
    std::ranges::sort(made, [](auto const& left, auto const& right) { return compare<Sorted>(left, right) < 0; });
    return PersistentSet<Sorted>::from_sorted(made);
  }
  auto transient = PersistentSet<Sorted>{}.edit();
  for (auto const& datom : datoms()) transient.insert(datom);
  return std::move(transient).persistent();
}
/// What an index takes, as the C library sees it; the time is of no interest.
template <Order Sorted>
void memory(benchmark::State& state, bool in_bulk) {
  double bytes = 0;
  for (auto _ : state) {
    auto const before = mallinfo2();
    auto const made = filled_in<Sorted>(in_bulk);
    auto const after = mallinfo2();
    bytes = static_cast<double>(after.uordblks + after.hblkhd) - static_cast<double>(before.uordblks + before.hblkhd);
    benchmark::DoNotOptimize(made.size());
  }
  state.counters["bytes_per_datom"] = bytes / number;
}
void memory_eavt_random_cairn(benchmark::State& state) { memory<Order::eavt>(state, false); }
void memory_eavt_bulk_cairn(benchmark::State& state) { memory<Order::eavt>(state, true); }
void memory_aevt_random_cairn(benchmark::State& state) { memory<Order::aevt>(state, false); }
void memory_aevt_bulk_cairn(benchmark::State& state) { memory<Order::aevt>(state, true); }
void memory_avet_random_cairn(benchmark::State& state) { memory<Order::avet>(state, false); }
void memory_avet_bulk_cairn(benchmark::State& state) { memory<Order::avet>(state, true); }
void insert_avet_cairn(benchmark::State& state) {
  for (auto _ : state) benchmark::DoNotOptimize(filled_in<Order::avet>(false).size());
  items(state, number);
}
void lookup_avet_cairn(benchmark::State& state) {
  static auto const all = filled_in<Order::avet>(false);
  for (auto _ : state) {
    std::size_t found = 0;
    for (auto const at : shuffled()) found += all.contains(datoms()[at]) ? 1U : 0U;
    benchmark::DoNotOptimize(found);
  }
  items(state, number);
}

void lookup_absl(benchmark::State& state) {
  auto const& all = peer();
  for (auto _ : state) {
    std::size_t found = 0;
    for (auto const at : shuffled()) found += all.contains(rows()[at]) ? 1U : 0U;
    benchmark::DoNotOptimize(found);
  }
  items(state, number);
}
void lookup_cairn(benchmark::State& state) {
  auto const& all = set();
  for (auto _ : state) {
    std::size_t found = 0;
    for (auto const at : shuffled()) found += all.contains(datoms()[at]) ? 1U : 0U;
    benchmark::DoNotOptimize(found);
  }
  items(state, number);
}
void seek_cairn(benchmark::State& state) {
  auto cursor = set().begin();
  for (auto _ : state) {
    EntityId sum = 0;
    for (auto const at : shuffled()) {
      cursor.seek({datoms()[at], 2, false});
      sum += cursor->e;
    }
    benchmark::DoNotOptimize(sum);
  }
  items(state, number);
}

void scan_absl(benchmark::State& state) {
  auto const& all = peer();
  for (auto _ : state) {
    std::int64_t sum = 0;
    for (auto const& row : all) sum += std::get<1>(row) ^ std::get<2>(row);
    benchmark::DoNotOptimize(sum);
  }
  items(state, number);
}
void scan_cursor_cairn(benchmark::State& state) {
  auto const& all = set();
  for (auto _ : state) {
    std::int64_t sum = 0;
    for (auto cursor = all.begin(); cursor.valid(); cursor.next()) sum += cursor->v.as_integer() ^ cursor->tx;
    benchmark::DoNotOptimize(sum);
  }
  items(state, number);
}
void scan_block_cairn(benchmark::State& state) {
  auto const& all = set();
  for (auto _ : state) {
    std::int64_t sum = 0;
    for (auto cursor = all.begin(); cursor.valid(); cursor.next_block()) {
      for (auto const& datom : cursor.block()) sum += datom.v.as_integer() ^ datom.tx;
    }
    benchmark::DoNotOptimize(sum);
  }
  items(state, number);
}

BENCHMARK(insert_absl)->Unit(benchmark::kMillisecond);
BENCHMARK(insert_cairn)->Unit(benchmark::kMillisecond);
BENCHMARK(insert_in_order_absl)->Unit(benchmark::kMillisecond);
BENCHMARK(insert_in_order_cairn)->Unit(benchmark::kMillisecond);
BENCHMARK(build_cairn)->Unit(benchmark::kMillisecond);
BENCHMARK(insert_a_version_each_cairn)->Unit(benchmark::kMillisecond);
BENCHMARK(insert_a_version_each_1000_kept_cairn)->Unit(benchmark::kMillisecond);
BENCHMARK(insert_avet_cairn)->Unit(benchmark::kMillisecond);
BENCHMARK(lookup_avet_cairn)->Unit(benchmark::kMillisecond);
BENCHMARK(memory_eavt_random_cairn)->Unit(benchmark::kMillisecond)->Iterations(1);
BENCHMARK(memory_eavt_bulk_cairn)->Unit(benchmark::kMillisecond)->Iterations(1);
BENCHMARK(memory_aevt_random_cairn)->Unit(benchmark::kMillisecond)->Iterations(1);
BENCHMARK(memory_aevt_bulk_cairn)->Unit(benchmark::kMillisecond)->Iterations(1);
BENCHMARK(memory_avet_random_cairn)->Unit(benchmark::kMillisecond)->Iterations(1);
BENCHMARK(memory_avet_bulk_cairn)->Unit(benchmark::kMillisecond)->Iterations(1);
BENCHMARK(lookup_absl)->Unit(benchmark::kMillisecond);
BENCHMARK(lookup_cairn)->Unit(benchmark::kMillisecond);
BENCHMARK(seek_cairn)->Unit(benchmark::kMillisecond);
BENCHMARK(scan_absl)->Unit(benchmark::kMillisecond);
BENCHMARK(scan_cursor_cairn)->Unit(benchmark::kMillisecond);
BENCHMARK(scan_block_cairn)->Unit(benchmark::kMillisecond);

}  // namespace

int main(int argc, char** argv) {
  benchmark::Initialize(&argc, argv);
  if (benchmark::ReportUnrecognizedArguments(argc, argv)) return 1;
  // Made before anything is measured: whoever uses them first would pay for them.
  benchmark::DoNotOptimize(rows().size() + sorted().size() + shuffled().size() + set().size() + peer().size());
  benchmark::RunSpecifiedBenchmarks();
  benchmark::Shutdown();
}
