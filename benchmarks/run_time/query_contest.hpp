// Copyright the Cairn authors
// SPDX-License-Identifier: BSL-1.0
// Contenders in turn, what is asked of Cairn beside each of them, and what it got.
#pragma once

#include "../peers/hand_loops.hpp"
#include "report.hpp"

#include <algorithm>
#include <cmath>
#include <cstddef>
#include <cstdint>
#include <cstdlib>
#include <fstream>
#include <functional>
#include <iostream>
#include <map>
#include <stdexcept>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace cairn::benchmarks {

/// Microseconds of one call: the median of nine samples, of 20 ms each, in which the contenders take turns. Each finds memory as it
/// leaves it, and not as the one before it did: a call before the sample, of those that don't take seconds, is not counted.
[[nodiscard]] inline std::vector<double> microseconds(std::vector<std::function<void()>> const& contenders) {
  std::vector<std::function<double()>> timed;
  for (auto const& work : contenders) {
    double const once = seconds_of(work);
    auto const times = static_cast<std::size_t>(std::ceil(0.02 / std::max(once, 1e-7)));
    timed.push_back([&work, times, once] {
      if (once < 1) work();
      return 1e6 / static_cast<double>(times) * seconds_of([&] {
               for (std::size_t i = 0; i != times; ++i) work();
             });
    });
  }
  return medians_in_turn(9, timed);
}

/// Microseconds by the names of queries.
using Figures = std::map<std::string, double, std::less<>>;

/// What peers/datascript.js printed, microseconds and numbers of rows; nothing where there is no such file.
struct DatascriptFigures {
  Figures us{};
  Figures rows{};
};
[[nodiscard]] inline DatascriptFigures datascript_figures(char const* file) {
  DatascriptFigures figures;
  if (file == nullptr) return figures;
  std::ifstream in{file};
  for (std::string line; std::getline(in, line);) {
    auto const name_at = line.find(R"("name":")") + 8;
    auto const name = line.substr(name_at, line.find('"', name_at) - name_at);
    auto const number = [&](std::string_view key) { return std::strtod(line.c_str() + line.find(key) + key.size(), nullptr); };
    figures.us[name] = number(R"("us":)");
    figures.rows[name] = number(R"("rows":)");
  }
  return figures;
}
/// Of data/datahike.tsv.
[[nodiscard]] inline Figures datahike_figures() {
  Figures figures;
  auto in = open_data("datahike.tsv");
  for (std::string line; std::getline(in, line);) {
    auto const tab = line.find('\t');
    figures[line.substr(0, tab)] = std::strtod(line.c_str() + tab + 1, nullptr);
  }
  return figures;
}

/// How many times as long as a peer queries take: each, and their geometric mean. What is asked of Cairn stands in the rows.
class Comparison {
 public:
  /// `each` and `mean`: at most so many times.
  Comparison(std::string who, std::string peer, double each, double mean)
      : who_{std::move(who)}, peer_{std::move(peer)}, each_{each}, mean_{mean} {}

  void add(std::string const& query, double us, double of_peer) { add(query, us, of_peer, each_ * of_peer); }
  /// With another limit, in microseconds.
  void add(std::string const& query, double us, double of_peer, double asked) {
    print_row(query + ": " + who_, "us", Better::less, us, peer_, of_peer, asked);
    sum_ += std::log(us / of_peer);
    ++count_;
    worst_ = std::max(worst_, us / of_peer);
  }
  void finish() const {
    if (count_ == 0) return;
    auto const times = who_ + " in times of " + peer_;
    print_row(times + ", geometric mean of " + std::to_string(count_), "x", Better::less, std::exp(sum_ / count_), peer_, 1, mean_);
    print_row(times + ", worst", "x", Better::less, worst_, peer_, 1, each_);
  }

 private:
  std::string who_;
  std::string peer_;
  double each_;
  double mean_;
  double sum_ = 0;
  int count_ = 0;
  double worst_ = 0;
};

using Answer = std::function<void(RowSink&)>;

class Contest {
 public:
  explicit Contest(char const* datascript_file) : datascript_{datascript_figures(datascript_file)} {}

  /// A query planned by the compiler, at run time as it is asked again and as it is asked for the first time; and the same as loops
  /// over a tree and over columns.
  void query(std::string const& named, Answer const& fixed, Answer const& now, Answer const& anew, Answer const& tree,
             Answer const& columns) {
    std::vector<std::uint64_t> rows;
    std::vector<std::function<void()>> contenders;
    for (auto const* answer : {&fixed, &now, &anew, &tree, &columns}) {
      RowSink row;
      (*answer)(row);
      rows.push_back(row.rows);
      contenders.push_back([answer] {
        RowSink sink;
        (*answer)(sink);
        if (sink.sum == 1) std::cerr << "";  // so that it is computed
      });
    }
    auto const require = [&](std::uint64_t count, std::string const& of) {
      if (count == rows[0]) return;
      throw std::runtime_error{named + ": " + std::to_string(count) + " rows" + of + ", not " + std::to_string(rows[0])};
    };
    for (auto const count : rows) require(count, "");
    if (auto const found = datascript_.rows.find(named); found != datascript_.rows.end()) {
      require(static_cast<std::uint64_t>(found->second), " of DataScript");
    }
    auto const us = microseconds(contenders);
    to_tree_.add(named, us[0], us[3]);
    // A closure's loop over columns is the fastest that is known; a loop over a tree is easily beaten there.
    bool const is_closure = named.starts_with("closure");
    to_columns_.add(named, us[0], us[4], is_closure ? 1.5 * us[4] : no_limit);
    to_static_.add(named, us[1], us[0], std::max(4 * us[0], us[0] + 2));
    anew_to_static_.add(named, us[2], us[0], std::max(4 * us[0], us[0] + 2));
    beside_others(named, us[0]);
  }
  /// Against programs that are not in this one.
  void beside_others(std::string const& named, double us) {
    if (auto const found = datascript_.us.find(named); found != datascript_.us.end()) to_datascript_.add(named, us, found->second);
    if (auto const found = datahike_.find(named); found != datahike_.end()) to_datahike_.add(named, us, found->second);
  }
  void pull(std::string const& named, double us, std::string const& how = "of 1,000 entities, one by one") {
    // Of four attributes there is a figure to reach.
    bool const is_asked = named == "pull 4 attributes";
    auto const add = [&](Figures const& figures, std::string const& peer, double each) {
      auto const found = figures.find(named);
      if (found != figures.end()) Comparison{how, peer, each, no_limit}.add(named, us, found->second);
    };
    add(datascript_.us, "DataScript, node", is_asked ? 0.05 : no_limit);
    add(datahike_, "Datahike, another run", no_limit);
  }

  void finish() const {
    for (auto const* comparison : {&to_tree_, &to_columns_, &to_static_, &anew_to_static_, &to_datascript_, &to_datahike_}) comparison->finish();
  }

 private:
  static constexpr double no_limit = 0;

  DatascriptFigures datascript_;
  Figures datahike_ = datahike_figures();
  Comparison to_tree_{"static", "loop over absl::btree_set", 1.2, 0.5};
  Comparison to_columns_{"static", "loop over sorted columns", no_limit, 1.5};
  Comparison to_static_{"at run time", "Cairn, static", no_limit, 3};
  Comparison anew_to_static_{"at run time, read and planned", "Cairn, static", no_limit, 3};
  Comparison to_datascript_{"static", "DataScript, node", 1, 0.01};
  Comparison to_datahike_{"static", "Datahike, another run", 0.2, 0.05};
};

}  // namespace cairn::benchmarks
