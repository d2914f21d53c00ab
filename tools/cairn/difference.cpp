// Copyright the Cairn authors
// SPDX-License-Identifier: BSL-1.0
// `cairn diff`.
#include "difference.hpp"

#include "query_format.hpp"
#include "shell/value.hpp"
#include "store_argument.hpp"
#include "time_argument.hpp"
#include "verbs.hpp"

#include <cairn/db/three_way_diff.hpp>
#include <cairn/store/branching.hpp>

#include <algorithm>
#include <cstdio>
#include <optional>
#include <string>
#include <utility>
#include <variant>
#include <vector>

namespace cairn::tool {

namespace {

Edn value_or_nil(std::optional<Value> const& value) { return value ? cairn::to_edn(*value) : Edn::nil(); }

Edn as_edn(DbDiff const& difference, Database const& before, Database const& after) {
  auto const list = [](std::vector<Datom> const& datoms, Database const& db) {
    std::vector<Edn> found;
    for (auto const& datom : datoms) found.push_back(to_edn(DbDatom{datom, db}));
    return Edn::vector(std::move(found));
  };
  return Edn::map({{Edn::keyword("removed"), list(difference.removed, before)}, {Edn::keyword("added"), list(difference.added, after)}});
}

/// What a branch holds, what a commit left, or what was true at a time.
Database database_named(auto const& conn, std::string const& name) {
  auto const names = branches(conn);
  if (std::ranges::find(names, name) != names.end()) return branch_as_db(conn, name);
  if (auto const commit = commit_id_of(name)) return commit_as_db(conn, *commit);
  if (auto const time = time_of(name)) {
    return std::visit([&](auto at) { return conn.db().as_of(at); }, *time);
  }
  raise(Errc::store_does_not_exist, "\"" + name + "\" is no branch of this store (`cairn branches`), no commit (`cairn log`), and no point in time, as a transaction's number or "
                                    "2026-01-31T12:00:00Z.");
}

}  // namespace

Edn conflicts_as_edn(std::vector<MergeConflict> const& conflicts) {
  std::vector<Edn> found;
  for (auto const& conflict : conflicts) {
    found.push_back(Edn::map({{Edn::keyword("e"), Edn::integer(conflict.e)},
                              {Edn::keyword("a"), Edn::keyword(conflict.a.text())},
                              {Edn::keyword("base"), value_or_nil(conflict.base)},
                              {Edn::keyword("ours"), value_or_nil(conflict.ours)},
                              {Edn::keyword("theirs"), value_or_nil(conflict.theirs)}}));
  }
  return Edn::vector(std::move(found));
}

Edn difference_as_edn(Database const& before, Database const& after) { return as_edn(diff(before, after), before, after); }

Edn difference_as_edn(Database const& base, Database const& ours, Database const& theirs) {
  auto const difference = diff(base, ours, theirs);
  return Edn::map({{Edn::keyword("ours"), as_edn(difference.ours, base, ours)},
                   {Edn::keyword("theirs"), as_edn(difference.theirs, base, theirs)},
                   {Edn::keyword("conflicts"), conflicts_as_edn(difference.conflicts)}});
}

int print_difference(std::string const& store, std::vector<std::string> const& names, std::string const& format) {
  auto const conn = connect<Backends>(store_config(store));
  std::vector<Database> values;
  conn.visit([&](auto const& one) {
    for (auto const& name : names) values.push_back(database_named(one, name));
  });
  bool const is_merge = values.size() == 3;
  if (is_merge && std::ranges::any_of(values, [](Database const& db) { return !db.view().is_plain(); })) {
    raise(Errc::config_range, "What a merge would do is said of branches and commits, not of points in time.");
  }
  auto const found = is_merge ? difference_as_edn(values[0], values[1], values[2]) : difference_as_edn(values[0], values[1]);
  std::puts((format == "json" ? to_json(found) : notation::write(found)).c_str());
  return 0;
}

}  // namespace cairn::tool
