// Copyright the Cairn authors
// SPDX-License-Identifier: BSL-1.0
// Committing an import.
#pragma once

#include <cairn/db/import.hpp>
#include <cairn/db/transact.hpp>
#include <cairn/store/branch.hpp>
#include <cairn/store/group_commit.hpp>

#include <cstdint>
#include <mutex>
#include <span>
#include <utility>

namespace cairn {

/// The outcome of an import.
template <class IndexTag>
struct ImportReport {
  Db<IndexTag> db_before;
  Db<IndexTag> db_after;
  EntityId tx = 0;           ///< the one transaction that all of it is
  std::uint64_t datoms = 0;  ///< those that became true, the transaction's own too
};

namespace detail {

/// Whether a commit landed whose reply was lost. Not where the root cannot be read.
template <class Backend, class IndexTag>
[[nodiscard]] bool has_landed(Branch<Backend, IndexTag>& branch, CommitId const& id) {
  try {
    return branch.adopt_newest().has(id);
  } catch (...) {
    return false;
  }
}

/// Nodes go to the store as they are made; then one commit makes them the database. Requires: it is this writer's turn.
template <class Backend, class IndexTag, class Facts>
[[nodiscard]] ImportReport<IndexTag> import_facts(Branch<Backend, IndexTag>& branch, Facts&& facts, ImportOptions const& options) {
  using Handle = BackendHandle<Backend>;
  branch.adopt_newest();
  auto const db_before = branch.db();
  Import<IndexTag> import{db_before.snapshot(), current_instant(), options};
  for (auto&& fact : facts) import.add(std::forward<decltype(fact)>(fact));
  std::lock_guard const changing{branch.handle().values().changing()};
  auto writer = branch.handle().blobs().begin();
  CountedSink sink{Handle::node_sink(writer)};
  Db<IndexTag> const db{import.finish(sink.sink(), branch.source())};
  auto const id = CommitId::random();
  auto const result = branch.commit(std::move(writer), db, std::span{&id, 1}, {}, branch.activity().import_bytes);
  switch (result.outcome) {
    case CommitResult::committed: break;
    case CommitResult::failed: raise_failed(result.reason, true);
    case CommitResult::conflict:
      raise(Errc::commit_conflict, "Others have committed while the import was made. Nothing has changed; import again.");
    case CommitResult::unknown:
      if (has_landed(branch, id)) break;
      raise(Errc::commit_unknown, "The reply to an import's commit was lost (" + result.reason +
                                      ") and the root does not tell whether it landed. Connect again and look for the "
                                      "import's data before you repeat it.");
  }
  branch.activity().import_bytes.add(sink.bytes());
  branch.activity().nodes_written.add(sink.nodes());
  return {db_before, db, import.tx(), import.datoms()};
}

}  // namespace detail

}  // namespace cairn
