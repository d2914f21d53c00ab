// Copyright the Cairn authors
// SPDX-License-Identifier: BSL-1.0
// The verbs of the command beside `shell`.
#include "verbs.hpp"

#include "backends.hpp"
#include "print_map.hpp"
#include "store_argument.hpp"
#include "terminal.hpp"

#include <cairn/db/verify.hpp>

#include <chrono>
#include <cstdio>
#include <filesystem>
#include <iostream>
#include <string>
#include <system_error>
#include <unistd.h>
#include <utility>
#include <vector>

namespace cairn::tool {

int create_store(std::string const& store, bool keep_history, bool schema_on_read) {
  auto const text = store_config(store);
  auto const environment = process_environment();
  Backends::dispatch(config::backend_of_database(text, environment), [&]<class Entry>(std::type_identity<Entry>) {
    auto loaded = config::load_database_config<Entry>(text, environment);
    if (!keep_history) loaded.options.keep_history = false;
    if (schema_on_read) loaded.options.schema_flexibility = SchemaFlexibility::read;
    Store<Entry>::create(loaded.store, loaded.options);
  });
  return 0;
}

int delete_store(std::string const& store, bool sure) {
  auto const text = store_config(store);
  auto const environment = process_environment();
  return Backends::dispatch(config::backend_of_database(text, environment), [&]<class Entry>(
                                                                                std::type_identity<Entry>) {
    auto const store_of = config::load_database_config<Entry>(text, environment, config::OptionVariables::none).store;
    bool is_there = true;
    try {
      is_there = Store<Entry>::exists(store_of);
    } catch (Error const&) {  // NOLINT(bugprone-empty-catch): a damaged one can be removed
    }
    if (!is_there)
      raise(Errc::store_does_not_exist, "There is no such store, and nothing was deleted. Look at the path or the id.");
    if (!sure) {
      if (isatty(STDIN_FILENO) == 0) {
        std::fputs(
            "cairn: A store is deleted for good, and nobody is there to be asked. Nothing was deleted; --yes says that "
            "it is meant.\n",
            stderr);
        return 2;
      }
      std::fprintf(stderr, "Delete %s for good, with its history and all branches? [y/N] ",
                   config::to_edn(store_of).c_str());
      std::string answer;
      std::getline(std::cin, answer);
      if (answer != "y" && answer != "yes") {
        std::fputs("Nothing was deleted.\n", stderr);
        return 1;
      }
    }
    Store<Entry>::destroy(store_of);
    return 0;
  });
}

std::string store_in_place_of_forms(std::string const& file) {
  if (file.starts_with('{')) return file;
  std::string quoted;
  std::error_code error;
  if (is_sqlite_file(file)) {
    notation::write_string_to(quoted, "cairn:sqlite:" + file);
  } else if (file.starts_with("cairn:")) {
    notation::write_string_to(quoted, file);
  } else if (std::filesystem::is_directory(file, error)) {
    try {
      if (exists<Backends>(store_config(file))) notation::write_string_to(quoted, file);
    } catch (Error const&) {  // NOLINT(bugprone-empty-catch): it is no store that can be opened
    }
  }
  return quoted;
}

int collect_garbage(std::string const& store, GarbageArguments const& arguments) {
  Interrupt interrupt;
  auto conn = connect<Backends>(store_config(store));
  try {
    Progress marking{"living nodes:"};
    Progress sweeping{"blobs looked at:"};
    GarbageOptions options{.keep_for = std::chrono::milliseconds{arguments.keep_age},
                           .keep_last = arguments.keep,
                           .dry_run = arguments.dry_run,
                           .erase = arguments.erase};
    options.progress = [&](GarbageProgress const& progress) {
      Interrupted::check();
      (progress.phase == GarbageProgress::marking ? marking : sweeping).at(progress.done);
    };
    auto const report = conn.collect_garbage(options);
    std::vector<std::pair<std::string, std::string>> entries{
        {"branches", std::to_string(report.branches)},
        {"older-checkpoints", std::to_string(report.checkpoints)},
        {"live-nodes", std::to_string(report.live)},
        {"dead-nodes", std::to_string(report.dead)},
    };
    if (report.live_bytes != 0) {
      entries.emplace_back("live-bytes", std::to_string(report.live_bytes));
      entries.emplace_back("dead-bytes", std::to_string(report.dead_bytes));
    }
    print_map(entries);
    return 0;
  } catch (Interrupted const&) {
    std::fputs("Interrupted: what was removed was garbage. The next collection removes the rest.\n", stderr);
    return status_interrupted;
  }
}

int verify_store(std::string const& store) {
  Interrupt interrupt;
  auto const conn = connect<Backends>(store_config(store));
  try {
    Progress progress{"verified datoms:"};
    auto const total = conn.db().snapshot().current.eavt.size() + conn.db().snapshot().temporal.eavt.size();
    auto const found = verify(conn.db(), [&](std::uint64_t seen) {
      Interrupted::check();
      progress.at(seen, total);
    });
    print_map({{"datoms", std::to_string(found.current)},
               {"history", std::to_string(found.temporal)},
               {"in-avet", std::to_string(found.in_avet)},
               {"sound", "true"}});
    return 0;
  } catch (Interrupted const&) {
    std::fputs("Interrupted: nothing was changed.\n", stderr);
    return status_interrupted;
  }
}

}  // namespace cairn::tool
