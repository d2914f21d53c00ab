// Copyright the Cairn authors
// SPDX-License-Identifier: BSL-1.0
// The verbs about branches.
#include "verbs.hpp"

#include "backends.hpp"
#include "commit_argument.hpp"
#include "commit_lanes.hpp"
#include "store_argument.hpp"

#include <cairn/store/branching.hpp>

#include <algorithm>
#include <cstdio>
#include <map>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace cairn::tool {

namespace {

std::string instant_text(Instant instant) {
  auto const text = edn::write(cairn::to_edn(Value{instant}));  // #inst "..."
  auto const quote = text.find('"');
  return quote == std::string::npos ? text : text.substr(quote + 1, text.size() - quote - 2);
}

std::string text_of(std::optional<Value> const& value) { return value ? edn::write(cairn::to_edn(*value)) : "nothing"; }

std::string line_of(Commit const& commit) {
  return to_text(commit.id) + "  " + instant_text(commit.written) + "  tx " + std::to_string(commit.max_tx) + ", " +
         std::to_string(commit.datoms) + " datoms" + (commit.is_renewal ? ", a collection's" : "");
}

/// A renewal names a second one only in case that the first is gone: it is no merge.
Commit with_one_line_of_descent(Commit commit, std::vector<Commit> const& shown) {
  if (!commit.is_renewal || commit.parents.size() < 2) return commit;
  bool const has_first = std::ranges::find(shown, commit.parents.front(), &Commit::id) != shown.end();
  commit.parents = {has_first ? commit.parents.front() : commit.parents.back()};
  return commit;
}

}  // namespace

int print_branches(std::string const& store) {
  auto const conn = connect<Backends>(store_config(store));
  conn.visit([](auto const& one) {
    auto const current = one.db().options().branch;
    for (auto const& name : branches(one)) std::printf("%c %s\n", name == current ? '*' : ' ', name.c_str());
  });
  return 0;
}

int make_branch(std::string const& store, std::string const& name, std::string const& from) {
  auto conn = connect<Backends>(store_config(store));
  conn.visit([&](auto& one) {
    if (from.empty()) {
      create_branch(one, name);
    } else {
      create_branch(one, name, commit_id_argument(from));
    }
  });
  return 0;
}

int remove_branch(std::string const& store, std::string const& name) {
  auto conn = connect<Backends>(store_config(store));
  conn.visit([&](auto& one) { delete_branch(one, name); });
  return 0;
}

int merge_branch(std::string const& store, std::string const& name, std::string const& prefer) {
  auto conn = connect<Backends>(store_config(store));
  auto const preference = prefer == "ours"     ? MergePreference::ours
                          : prefer == "theirs" ? MergePreference::theirs
                                               : MergePreference::none;
  return conn.visit([&](auto& one) {
    auto const merged = merge(one, name, preference);
    for (auto const& conflict : merged.conflicts) {
      std::printf("conflict: entity %lld, :%s was %s, is %s here and %s in %s\n", static_cast<long long>(conflict.e),
                  std::string{conflict.a.text()}.c_str(), text_of(conflict.base).c_str(), text_of(conflict.ours).c_str(),
                  text_of(conflict.theirs).c_str(), name.c_str());
    }
    if (!merged.merged()) {
      std::fprintf(stderr, "Nothing was merged. Resolve the conflicts on one of the branches, or say whom to follow: --prefer ours, or theirs.\n");
      return 1;
    }
    if (!merged.report) {
      std::puts("There is nothing to merge.");
    } else {
      std::printf("merged as transaction %lld, %zu datoms\n", static_cast<long long>(merged.report->tx),
                  merged.report->tx_data.size());
    }
    return 0;
  });
}

int print_log(std::string const& store, bool graph, bool all, std::size_t limit) {
  auto const conn = connect<Backends>(store_config(store));
  conn.visit([&](auto const& one) {
    std::optional<std::string> const only = all ? std::nullopt : std::optional{one.db().options().branch};
    auto const commits = commit_log(one, only ? std::optional<std::string_view>{*only} : std::nullopt, limit);
    std::map<std::string, std::string> names;  // of branches, by commit
    for (auto const& name : branches(one)) {
      auto const head = commit_log(one, name, 1);
      if (head.empty()) continue;
      auto& text = names[to_text(head.front().id)];
      text += (text.empty() ? "" : ", ") + name;
    }
    CommitLanes lanes;
    for (auto const& commit : commits) {
      auto const found = names.find(to_text(commit.id));
      auto const line = line_of(commit) + (found == names.end() ? "" : "  (" + found->second + ")");
      if (!graph) {
        std::puts(line.c_str());
        continue;
      }
      auto const drawn = lanes.draw(with_one_line_of_descent(commit, commits));
      for (auto const& link : drawn.above) std::puts(link.c_str());
      std::printf("%s %s\n", drawn.row.c_str(), line.c_str());
      for (auto const& link : drawn.below) std::puts(link.c_str());
    }
  });
  return 0;
}

}  // namespace cairn::tool
