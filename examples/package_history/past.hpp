// Copyright the Cairn authors
// SPDX-License-Identifier: BSL-1.0
// What did a run of the package manager change, and what was a package's version before?
#pragma once

#include "schema.hpp"

#include <map>
#include <optional>
#include <string>
#include <utility>
#include <vector>

namespace package_history {

/// A change of the installed version. Empty means that the package was not there, or is not any more.
struct VersionChange {
  cairn::EntityId transaction = 0;
  std::string package;
  std::string before;
  std::string after;
};

namespace detail {

/// Pairs what was retracted with what was asserted; rows are a transaction, a package's name, a version, and which of both it was.
[[nodiscard]] inline std::vector<VersionChange> changes_in(cairn::QueryResult const& rows) {
  std::map<std::pair<cairn::EntityId, std::string>, VersionChange> changes;
  for (auto const row : rows) {
    auto const transaction = row.get<cairn::EntityId>(0);
    auto const package = row.get<std::string>(1);
    auto& change = changes[{transaction, package}];
    change.transaction = transaction;
    change.package = package;
    (row.get<bool>(3) ? change.after : change.before) = row.get<std::string>(2);
  }
  std::vector<VersionChange> result;
  for (auto& [key, change] : changes) result.push_back(std::move(change));
  return result;
}

}  // namespace detail

/// The transaction that is the last run; none where there was no run.
[[nodiscard]] inline std::optional<cairn::EntityId> last_run(Database const& db) {
  auto const last = cairn::q(db, "[:find (max ?run) . :where [?run :run/finished]]");
  if (last.empty()) return std::nullopt;
  return last.value().as_integer();
}

/// What a transaction changed: of the history up to it, that which came after the transaction before it.
[[nodiscard]] inline std::vector<VersionChange> changes_of(Database const& db, cairn::EntityId transaction) {
  auto const only = db.history().as_of(transaction).since(transaction - 1);
  return detail::changes_in(cairn::q(only, R"([:find ?tx ?name ?version ?added
                                               :in $ $now
                                               :where [?package :package/version ?version ?tx ?added]
                                                      [$now ?package :package/name ?name]])",
                                     db));
}

/// All versions that a package had, the oldest change first.
[[nodiscard]] inline std::vector<VersionChange> versions_of(Database const& db, cairn::EntityId package) {
  return detail::changes_in(cairn::q(db.history(), R"([:find ?tx ?name ?version ?added
                                                       :in $ $now ?package
                                                       :where [?package :package/version ?version ?tx ?added]
                                                              [$now ?package :package/name ?name]])",
                                     db, package));
}

/// The package whose version was replaced last: in one transaction one version went and another came.
[[nodiscard]] inline std::optional<std::string> last_upgraded(Database const& db) {
  auto const last = cairn::q(db.history(), R"([:find ?tx ?name
                                               :in $ $now
                                               :where [?package :package/version ?old ?tx false]
                                                      [?package :package/version ?new ?tx true]
                                                      [$now ?package :package/name ?name]
                                               :order-by [?tx :desc ?name :desc]
                                               :limit 1])",
                             db);
  if (last.empty()) return std::nullopt;
  return last[0].get<std::string>(1);
}

}  // namespace package_history
