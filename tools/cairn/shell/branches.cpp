// Copyright the Cairn authors
// SPDX-License-Identifier: BSL-1.0
#include "branches.hpp"

#include "../difference.hpp"

#include <cairn/store/branching.hpp>

#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <memory>
#include <optional>
#include <span>
#include <string>
#include <utility>
#include <vector>

namespace cairn::tool {

namespace {

Conn& connection_of(ShellValue const& value) {
  if (auto const* held = value.get<ConnPtr>()) return **held;
  raise(Errc::transact_syntax, "Expected a connection, found " + brief(value) + ".");
}

Database const& value_of_database(ShellValue const& value) {
  if (auto const* held = value.get<Database>()) return *held;
  raise(Errc::transact_syntax, "Expected a database, as @conn; found " + brief(value) + ".");
}

std::string branch_name_of(Edn const& edn) {
  if (edn.is_keyword()) return std::string{edn.as_keyword()};
  if (edn.is_string()) return std::string{edn.as_string()};
  raise(Errc::transact_syntax, "A branch is a keyword, as :db; found " + notation::abbreviated(edn) + ".");
}

std::optional<CommitId> commit_of(Edn const& edn) {
  auto const bytes = edn.uuid();
  return bytes ? commit_id_of(notation::format_uuid(*bytes)) : std::nullopt;
}
CommitId require_commit(Edn const& edn) {
  if (auto const id = commit_of(edn)) return *id;
  raise(Errc::transact_syntax, "A commit is a #uuid, as (branch-history conn) shows it; found " + notation::abbreviated(edn) + ".");
}

Edn edn_of(CommitId const& id) {
  notation::UuidBytes bytes;
  std::ranges::transform(id.bytes, bytes.begin(), [](std::byte byte) { return std::to_integer<std::uint8_t>(byte); });
  return Edn::uuid(bytes);
}

ShellValue take_over(Conn& conn, std::string const& branch, MergePreference preference) {
  return conn.visit([&](auto& one) -> ShellValue {
    auto merged = merge(one, branch, preference);
    if (merged.report) return {std::make_shared<Report const>(*std::move(merged.report))};
    return {Edn::map({{Edn::keyword("conflicts"), conflicts_as_edn(merged.conflicts)}})};
  });
}

/// Names of branches stand for what these hold now.
template <class One>
std::vector<CommitId> commits_of(One& one, Edn const& parents) {
  std::vector<CommitId> ids;
  for (auto const& parent : parents.items()) {
    if (auto const id = commit_of(parent)) {
      ids.push_back(*id);
    } else {
      auto other = connect_branch(one, branch_name_of(parent));
      ids.push_back(commit_id(other));
    }
  }
  return ids;
}

}  // namespace

ShellValue call_branches(std::span<ShellValue const> arguments) {
  std::vector<Edn> names;
  for (auto const& name : connection_of(arguments[0]).visit([](auto const& one) { return branches(one); })) names.push_back(Edn::keyword(name));
  return {Edn::set(std::move(names))};
}

ShellValue call_branch(std::span<ShellValue const> arguments) {
  auto const from = to_edn(arguments[1]);
  auto const to = branch_name_of(to_edn(arguments[2]));
  connection_of(arguments[0]).visit([&](auto& one) {
    if (auto const commit = commit_of(from)) {
      create_branch(one, to, *commit);
    } else {
      auto other = connect_branch(one, branch_name_of(from));
      create_branch(other, to);
    }
  });
  return nil();
}

ShellValue call_delete_branch(std::span<ShellValue const> arguments) {
  connection_of(arguments[0]).visit([&](auto& one) { delete_branch(one, branch_name_of(to_edn(arguments[1]))); });
  return nil();
}

ShellValue call_merge(std::span<ShellValue const> arguments) {
  auto& conn = connection_of(arguments[0]);
  auto const parents = to_edn(arguments[1]);
  if (parents.is_keyword() || parents.is_string()) {
    auto preference = MergePreference::none;
    if (arguments.size() > 2) {
      auto const said = to_edn(arguments[2]);
      if (!said.is_keyword("ours") && !said.is_keyword("theirs")) {
        raise(Errc::transact_syntax, "Whom a merge is to follow is :ours or :theirs; found " + notation::abbreviated(said) + ".");
      }
      preference = said.is_keyword("ours") ? MergePreference::ours : MergePreference::theirs;
    }
    return take_over(conn, branch_name_of(parents), preference);
  }
  if (arguments.size() < 3) raise(Errc::transact_syntax, "Write (merge! conn :branch), or (merge! conn #{:branch} tx-data).");
  TxData const data{to_edn(arguments[2])};
  return conn.visit([&](auto& one) -> ShellValue {
    return {std::make_shared<Report const>(merge_commits(one, commits_of(one, parents), data))};
  });
}

ShellValue call_force_branch(std::span<ShellValue const> arguments) {
  if (arguments.size() != 4) {
    raise(Errc::transact_syntax, "Write (force-branch! conn db branch parents): a database value does not know its connection.");
  }
  auto const& db = value_of_database(arguments[1]);
  auto const name = branch_name_of(to_edn(arguments[2]));
  auto const parents = to_edn(arguments[3]);
  return {edn_of(connection_of(arguments[0]).visit([&](auto& one) { return force_branch(one, db, name, commits_of(one, parents)); }))};
}

ShellValue call_parent_commit_ids(std::span<ShellValue const> arguments) {
  auto const newest = connection_of(arguments[0]).visit([](auto const& one) { return commit_log(one, one.db().options().branch, 1); });
  std::vector<Edn> parents;
  for (auto const& parent : newest.front().parents) parents.push_back(edn_of(parent));
  return {Edn::set(std::move(parents))};
}

ShellValue call_branch_as_db(std::span<ShellValue const> arguments) {
  auto const name = branch_name_of(to_edn(arguments[1]));
  return {connection_of(arguments[0]).visit([&](auto const& one) { return branch_as_db(one, name); })};
}

ShellValue call_commit_as_db(std::span<ShellValue const> arguments) {
  auto const id = require_commit(to_edn(arguments[1]));
  return {connection_of(arguments[0]).visit([&](auto const& one) { return commit_as_db(one, id); })};
}

ShellValue call_commit_id(std::span<ShellValue const> arguments) {
  return {edn_of(connection_of(arguments[0]).visit([](auto& one) { return commit_id(one); }))};
}

ShellValue call_branch_history(std::span<ShellValue const> arguments) {
  auto const commits = connection_of(arguments[0]).visit([](auto const& one) { return commit_log(one, one.db().options().branch); });
  std::vector<Edn> shown;
  for (auto const& commit : commits) {
    std::vector<Edn> parents;
    for (auto const& parent : commit.parents) parents.push_back(edn_of(parent));
    shown.push_back(Edn::map({{Edn::keyword("commit"), edn_of(commit.id)},
                              {Edn::keyword("parents"), Edn::vector(std::move(parents))},
                              {Edn::keyword("written"), Edn::instant(commit.written.milliseconds)},
                              {Edn::keyword("max-tx"), Edn::integer(commit.max_tx)},
                              {Edn::keyword("datoms"), Edn::integer(static_cast<std::int64_t>(commit.datoms))}}));
  }
  return {Edn::vector(std::move(shown))};
}

ShellValue call_diff(std::span<ShellValue const> arguments) {
  auto const& before = value_of_database(arguments[0]);
  auto const& after = value_of_database(arguments[1]);
  if (arguments.size() == 2) return {difference_as_edn(before, after)};
  return {difference_as_edn(before, after, value_of_database(arguments[2]))};
}

}  // namespace cairn::tool
