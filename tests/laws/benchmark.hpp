// Copyright the Cairn authors
// SPDX-License-Identifier: BSL-1.0
// What a database costs on a backend, beside `mem` and `file` in the same run.
#pragma once

#include "benchmarks/run_time/people.hpp"
#include "benchmarks/run_time/report.hpp"

#include <cairn/backends/file/backend.hpp>
#include <cairn/backends/mem/backend.hpp>
#include <cairn/database.hpp>

#include <algorithm>
#include <cstddef>
#include <filesystem>
#include <functional>
#include <optional>
#include <stdexcept>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace cairn::laws {

/// How much is measured.
struct BenchmarkSize {
  std::size_t rounds = 9;       ///< of which the median counts
  std::size_t commits = 100;    ///< of one backend in a round
  std::size_t people = 20'000;  ///< five datoms each, in the store before anything is measured
};

/// A store with people in it, who are written, and read by connections that know nothing yet.
template <class Backend>
class BenchmarkedStore {
 public:
  using Store = cairn::Store<Backend>;

  BenchmarkedStore(typename Backend::Config config, std::size_t number) : config_{std::move(config)}, people_{benchmarks::people(number)} {
    Store::create(config_);
    open();
    connection_->transact(benchmarks::people_schema);
    constexpr std::size_t at_once = 1000;
    for (std::size_t first = 0; first < people_.size(); first += at_once) {
      std::vector<TxOp> operations;
      for (auto i = first; i != (std::min)(first + at_once, people_.size()); ++i) operations.push_back(benchmarks::operation_of(people_[i]));
      connection_->transact(TxData(std::move(operations)));
    }
    close();
  }
  BenchmarkedStore(BenchmarkedStore const&) = delete;
  BenchmarkedStore& operator=(BenchmarkedStore const&) = delete;
  ~BenchmarkedStore() {
    connection_.reset();
    try {
      Store::destroy(config_);
    } catch (...) {  // NOLINT(bugprone-empty-catch): it was measured all the same
    }
  }

  void open() { connection_.emplace(Store::connect(config_)); }
  void close() {
    if (connection_) connection_->release();
    connection_.reset();
  }

  /// Transactions of five datoms a second.
  double commits_a_second(std::size_t number) {
    auto const seconds = benchmarks::seconds_of([&] {
      for (std::size_t i = 0; i != number; ++i) connection_->transact({benchmarks::operation_of(people_[next_++ % people_.size()])});
    });
    return static_cast<double>(number) / seconds;
  }
  /// Milliseconds from nothing to all of one person.
  double milliseconds_to_one() {
    std::size_t found = 0;
    auto const seconds = benchmarks::seconds_of([&] {
      open();
      auto const db = connection_->db();
      // Ids count up from 1, and the schema's come first.
      for ([[maybe_unused]] auto const& datom : db.datoms(eavt, static_cast<EntityId>(5 + people_.size() / 2))) ++found;
    });
    close();
    if (found != 5) throw std::runtime_error{"a person has " + std::to_string(found) + " datoms"};
    return seconds * 1e3;
  }
  /// Datoms a second of a look at all of them.
  double datoms_a_second() {
    std::size_t found = 0;
    open();
    auto const db = connection_->db();
    auto const seconds = benchmarks::seconds_of([&] {
      for ([[maybe_unused]] auto const& datom : db.datoms(eavt)) ++found;
    });
    close();
    if (found < people_.size() * 5) throw std::runtime_error{"of all people there are " + std::to_string(found) + " datoms"};
    return static_cast<double>(found) / seconds;
  }

 private:
  typename Backend::Config config_;
  std::vector<benchmarks::Person> people_;
  std::optional<typename Store::Connection> connection_{};
  std::size_t next_ = 0;
};

/// Prints two rows for each thing that is measured, one beside `mem` and one beside `file`, as benchmarks/table.py reads them. `scratch` is an empty
/// directory.
template <class Backend>
void print_benchmark(typename Backend::Config config, std::filesystem::path const& scratch, BenchmarkSize const& size) {
  BenchmarkedStore<Backend> store{std::move(config), size.people};
  BenchmarkedStore<backends::mem::Backend> memory{{.id = "benchmark"}, size.people};
  BenchmarkedStore<backends::file::Backend> files{{.path = scratch / "file"}, size.people};
  auto const compare = [&](std::string_view what, std::string_view unit, benchmarks::Better better, auto measure) {
    auto const medians = benchmarks::medians_in_turn(size.rounds, {[&] { return measure(store); }, [&] { return measure(memory); }, [&] { return measure(files); }});
    auto const name = std::string{what} + " on " + std::string{Backend::backend_id};
    benchmarks::print_row(name, unit, better, medians[0], "mem", medians[1]);
    benchmarks::print_row(name, unit, better, medians[0], "file", medians[2]);
  };
  auto const all = [&](auto act) {
    act(store);
    act(memory);
    act(files);
  };
  all([](auto& one) { one.open(); });
  compare("commits of 5 datoms", "/s", benchmarks::Better::more, [&](auto& one) { return one.commits_a_second(size.commits); });
  all([](auto& one) { one.close(); });
  compare("opening and all of one entity", "ms", benchmarks::Better::less, [](auto& one) { return one.milliseconds_to_one(); });
  compare("datoms read by who has read nothing", "/s", benchmarks::Better::more, [](auto& one) { return one.datoms_a_second(); });
}

}  // namespace cairn::laws
