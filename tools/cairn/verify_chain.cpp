// Copyright the Cairn authors
// SPDX-License-Identifier: BSL-1.0
// `cairn verify --chain`.
#include "backends.hpp"
#include "commit_argument.hpp"
#include "print_map.hpp"
#include "store_argument.hpp"
#include "terminal.hpp"
#include "verbs.hpp"

#include <cairn/store/verify_chain.hpp>

#include <cstdint>
#include <cstdio>
#include <string>
#include <utility>
#include <vector>

namespace cairn::tool {

int verify_chain_of(std::string const& store, std::string const& from, std::string const& key) {
  Interrupt interrupt;
  auto const text = store_config(store);
  auto const environment = process_environment();
  ChainOptions options;
  if (!from.empty()) options.from = commit_id_argument(from);
  Progress progress{"verified nodes:"};
  options.progress = [&](std::uint64_t, std::uint64_t nodes) {
    Interrupted::check();
    progress.at(nodes);
  };
  try {
    return Backends::dispatch(config::backend_of_database(text, environment), [&]<class Entry>(std::type_identity<Entry>) {
      auto loaded = config::load_database_config<Entry>(text, environment, config::OptionVariables::branch);
      if constexpr (requires { loaded.store.public_key; }) {
        if (!key.empty()) loaded.store.public_key = key;
      }
      auto const conn = Store<Entry>::connect(loaded.store, loaded.options.branch);
      auto const found = verify_chain(conn, options);
      for (auto const& fault : found.faults) std::fprintf(stderr, "%s (:%s)\n", fault.what.c_str(), std::string{name(fault.code)}.c_str());
      std::vector<std::pair<std::string, std::string>> entries{{"branches", std::to_string(found.branches)},
                                                               {"commits", std::to_string(found.commits)},
                                                               {"nodes", std::to_string(found.nodes)},
                                                               {"frames", std::to_string(found.frames)},
                                                               {"incomplete", std::to_string(found.incomplete.size())}};
      if (found.proven) entries.emplace_back("proven", std::to_string(*found.proven));
      if constexpr (requires { conn.session()->handle().blobs().public_key(); }) {
        auto const& signed_with = conn.session()->handle().blobs().public_key();
        entries.emplace_back("signed-with", signed_with ? "\"" + layer::to_hex(*signed_with) + "\"" : "nil");
      }
      entries.emplace_back("sound", found.sound() ? "true" : "false");
      print_map(entries);
      return found.sound() ? 0 : 1;
    });
  } catch (Interrupted const&) {
    std::fputs("Interrupted: nothing was changed.\n", stderr);
    return status_interrupted;
  }
}

}  // namespace cairn::tool
