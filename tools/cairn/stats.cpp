// Copyright the Cairn authors
// SPDX-License-Identifier: BSL-1.0
// How much is in a database, and what its store does with it.
#include "backends.hpp"
#include "print_map.hpp"
#include "store_argument.hpp"
#include "terminal.hpp"
#include "text_table.hpp"
#include "verbs.hpp"

#include <cairn/store/exposition.hpp>

#include <unistd.h>

#include <cstddef>
#include <cstdio>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace cairn::tool {

namespace {

using Entries = std::vector<std::pair<std::string, std::string>>;

/// As EDN, the moment as one.
Entries entries_of(ConnectionStats const& stats, std::string const& store) {
  Entries entries;
  for_each_figure(stats, [&](std::size_t, std::string_view name, std::string const& number) {
    if (name == "last-instant-ms") {
      entries.emplace_back("last-instant", edn::write(cairn::to_edn(Value{Instant{stats.last_instant_ms}})));
    } else {
      entries.emplace_back(name, number);
    }
  });
  entries.emplace_back("store", store);
  return entries;
}

void print_table(Entries const& entries) {
  std::vector<std::vector<std::string>> rows{{"figure", "value"}};
  for (auto const& [name, value] : entries) rows.push_back({name, value});
  std::puts(text_table(rows, {false, false}, "figure", rows.size()).c_str());
}

/// What a store is called in short: its `:id`, or else its `:path`, that of the store below a layer too; all of its configuration where it has
/// neither. Secrets are stars in that.
std::string short_name(std::string const& config) {
  auto const parsed = notation::parse(config);
  for (auto const* map = &parsed; map != nullptr && map->is_map(); map = map->find("store")) {
    for (auto const* const key : {"id", "path"}) {
      auto const* const found = map->find(key);
      if (found != nullptr && found->is_string() && !found->as_string().empty()) return std::string{found->as_string()};
    }
  }
  return config;
}

MetricLabels labels_of(Conn const& conn) {
  auto const& options = *conn.db().snapshot().options;
  return conn.visit([&]<class One>(One const& one) {
    auto store = options.name.empty() ? short_name(config::to_edn(one.config())) : options.name;
    return MetricLabels{.store = std::move(store), .branch = options.branch, .backend = std::string{one.backend_id()}};
  });
}

}  // namespace

int print_stats(std::string const& store, StatsArguments const& arguments) {
  Interrupt interrupt;
  auto conn = connect<Backends>(store_config(store));
  try {
    Progress marking{"living nodes:"};
    Progress listing{"blobs looked at:"};
    auto const stats = conn.stats(arguments.nodes ? StatsDepth::nodes : StatsDepth::roots, [&](GarbageProgress const& progress) {
      Interrupted::check();
      (progress.phase == GarbageProgress::marking ? marking : listing).at(progress.done);
    });
    Progress::clear();
    if (arguments.format == "prometheus") {
      Exposition page;
      page.add(stats, labels_of(conn));
      std::fputs(page.text().c_str(), stdout);
      return 0;
    }
    auto const entries = entries_of(stats, conn.visit([](auto const& one) { return config::to_edn(one.config()); }));
    bool const as_table = arguments.format.empty() ? isatty(STDOUT_FILENO) != 0 : arguments.format == "table";
    if (as_table) {
      print_table(entries);
    } else {
      print_map(entries);
    }
    return 0;
  } catch (Interrupted const&) {
    std::fputs("Interrupted: nothing was changed.\n", stderr);
    return status_interrupted;
  }
}

}  // namespace cairn::tool
