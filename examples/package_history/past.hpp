// Copyright the Cairn authors
// SPDX-License-Identifier: BSL-1.0
// What did a run of the package manager change, and what was a package's version before?
#pragma once

#include "facts.hpp"

#include <algorithm>
#include <cstddef>
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

/// Pairs what was retracted with what was asserted, by transaction and package.
template <class Datoms>
std::vector<VersionChange> changes_among(Database const& db, Datoms&& datoms) {
  std::map<std::pair<cairn::EntityId, cairn::EntityId>, VersionChange> changes;
  for (auto const& datom : datoms) {
    auto& change = changes[{datom.tx, datom.e}];
    change.transaction = datom.tx;
    (datom.added ? change.after : change.before) = datom.v.as_string();
  }
  std::vector<VersionChange> result;
  for (auto& [key, change] : changes) {
    change.package = name_of(db, key.second);
    result.push_back(std::move(change));
  }
  return result;
}

}  // namespace detail

/// The transaction that is the last run; none where there was no run.
[[nodiscard]] inline std::optional<cairn::EntityId> last_run(Database const& db) {
  for (auto const& datom : db.rseek_datoms(cairn::aevt, attribute::run_finished)) {
    if (datom.a == attribute::run_finished) return datom.e;
    break;  // what is before the first run belongs to another attribute
  }
  return std::nullopt;
}

/// What a transaction changed: of the history up to it, that which came after the transaction before it.
[[nodiscard]] inline std::vector<VersionChange> changes_of(Database const& db, cairn::EntityId transaction) {
  auto const only = db.history().as_of(transaction).since(transaction - 1);
  auto changes = detail::changes_among(db, only.datoms(cairn::aevt, attribute::version));
  std::ranges::sort(changes, {}, &VersionChange::package);
  return changes;
}

/// All versions that a package had, the oldest change first.
[[nodiscard]] inline std::vector<VersionChange> versions_of(Database const& db, cairn::EntityId package) {
  return detail::changes_among(db, db.history().datoms(cairn::eavt, package, attribute::version));
}

/// The package whose version was replaced last.
[[nodiscard]] inline std::optional<std::string> last_upgraded(Database const& db) {
  auto changes = detail::changes_among(db, db.history().datoms(cairn::aevt, attribute::version));
  std::erase_if(changes, [](auto const& change) { return change.before.empty() || change.after.empty(); });
  if (changes.empty()) return std::nullopt;
  return changes.back().package;
}

}  // namespace package_history
