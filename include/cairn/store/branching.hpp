// Copyright the Cairn authors
// SPDX-License-Identifier: BSL-1.0
// Branches of a store: made, followed, merged and removed; and the commits behind them.
#pragma once

#include <cairn/db/merge.hpp>
#include <cairn/layer/past_copies.hpp>
#include <cairn/store/commit_graph.hpp>
#include <cairn/store/connection.hpp>
#include <cairn/store/number_range.hpp>
#include <cairn/store/pinned_state.hpp>

#include <algorithm>
#include <chrono>
#include <cstddef>
#include <cstdint>
#include <limits>
#include <memory>
#include <mutex>
#include <optional>
#include <shared_mutex>
#include <span>
#include <string>
#include <string_view>
#include <tuple>
#include <utility>
#include <vector>

namespace cairn {

namespace detail {

template <class Backend, class IndexTag>
[[nodiscard]] CommitGraph<Backend, IndexTag> graph_of(Connection<Backend, IndexTag> const& conn) {
  auto const session = conn.session();
  auto const db = session->db();
  return {session->shared_handle(), session->source(), db.options()};
}

inline void check_branch_name(std::string_view name) {
  if (!name.empty() && !name.starts_with('\0')) return;
  raise(Errc::config_range, "A branch has a name of one character or more, and it does not begin with a zero byte.", "{:key :branch}");
}

[[noreturn]] inline void raise_branch_commit(CommitResult const& result, std::string_view name) {
  auto const data = "{:branch :" + std::string{name} + "}";
  if (result == CommitResult::unknown) {
    raise(Errc::commit_unknown, "The reply to a change of the branch " + std::string{name} + " was lost (" + result.reason +
                                    "). Look at the branches of the store before you repeat it.", data);
  }
  if (result == CommitResult::conflict) {
    raise(Errc::commit_conflict, "Others changed the branch " + std::string{name} + " at the same moment. Nothing has changed; try again.", data);
  }
  raise_failed(result.reason, true);
}

[[noreturn]] inline void raise_branch_exists(std::string_view name) {
  raise(Errc::store_exists, "The branch " + std::string{name} + " exists already. Delete it first, or take another name.",
        "{:branch :" + std::string{name} + "}");
}

/// The node of a commit. Errors: `store/does-not-exist`, also where its record was collected.
/// `replaced` becomes the time at which it ceased to be a root at the earliest, in milliseconds, where a root comes from a commit that was made of it.
template <class Backend, class IndexTag>
[[nodiscard]] auto find_commit(Connection<Backend, IndexTag> const& conn, CommitId const& id, std::int64_t* replaced = nullptr) {
  auto const graph = graph_of(conn);
  typename CommitGraph<Backend, IndexTag>::NodePtr found;
  std::string ended;
  std::vector<typename CommitGraph<Backend, IndexTag>::NodePtr> heads;
  for (auto const& branch : branches(conn)) heads.push_back(graph.head(branch));
  graph.walk(
      heads,
      [&](auto const& node) {
        auto const& [before, is_renewal] = std::tie(node.checkpoint.parents, node.checkpoint.is_renewal);
        // A collection goes from a renewal of a renewal to the first of these, and to the other one by another rule.
        auto const of = std::ranges::find(before, id, &CommitParent::id);
        if (replaced != nullptr && of != before.end() && (!is_renewal || of == before.begin())) *replaced = node.checkpoint.written.milliseconds;
        if (node.record.id == id) found = std::make_shared<typename CommitGraph<Backend, IndexTag>::Node const>(node);
        return found == nullptr;
      },
      [&](CommitParent const& parent, Error const& error) {
        ended = " Older ones than " + to_text(parent.id) + " cannot be read: " + error.message();
      });
  if (!found) {
    raise(Errc::store_does_not_exist,
          "No branch of this store comes from a commit " + to_text(id) + ". `cairn log` lists those that are left." + ended,
          "{:commit #uuid \"" + to_text(id) + "\"}");
  }
  return found;
}

/// Makes sure that all of a pinned state is there and stays, for as long as it is pinned. It is made of `from`, which was written after `since`, or was a root's until
/// after it, in milliseconds; below zero: nobody knows. Errors: `commit/conflict` where a collection in another process may be removing it; `store/does-not-exist` where one has. Complexity:
/// linear in what it does not share with what the connection's branch holds.
template <class Backend, class IndexTag>
void require_kept(Connection<Backend, IndexTag> const& conn, std::span<std::byte const> state, std::span<CommitRecord const> from, std::int64_t since) {
  auto const session = conn.session();
  auto& handle = session->handle();
  auto const cutoff = newest_cutoff(handle);
  auto const head = graph_of(conn).head(session->db().options().branch);  // after the look: what a root holds now stays, whoever sweeps
  auto const pinned = codec::read_state<IndexTag>(state, session->source(), session->db().options());
  if (is_same_tree(pinned.snapshot, head->checkpoint.snapshot)) return;
  // Who sweeps keeps what ceased to be a root after the cutoff, as long as a root says so: a branch may have been removed since, or forced elsewhere.
  auto const kept_since = [&]() -> std::int64_t {
    if (from.size() != 1 || since < 0) return -1;
    if (head->record.id == from.front().id) return since;
    std::int64_t replaced = -1;
    try {
      static_cast<void>(find_commit(conn, from.front().id, &replaced));
    } catch (Error const& error) {
      if (error.code() != Errc::store_does_not_exist) throw;
      return -1;
    }
    return (std::min)(since, replaced);
  };
  if (cutoff && kept_since() <= static_cast<std::int64_t>(*cutoff)) {
    raise(Errc::commit_conflict, "A collection of garbage under way in another process need not keep what the branch is to be made of. Nothing has changed; try again when it has "
                                 "ended. (One that was killed counts for a day.)");
  }
  layer::PastCopies const copies;  // that there is one of a node tells nothing
  try {
    read_what_differs(pinned.snapshot, head->checkpoint.snapshot);
  } catch (Error const& error) {
    if (error.code() != Errc::io_error) throw;
    static_cast<void>(handle.blobs().roots());  // throws where it is the store that does not answer
    raise(Errc::store_does_not_exist, "What the branch is to be made of was collected as garbage, at least in part: " + error.message());
  }
}

/// Makes a value what a branch holds, whose root has the version `expected`; `from` are the checkpoints that it comes from. `since` as of `require_kept`, apart from what is
/// written here. Requires: `changing` of the handle's values is held, and was before the value was read.
template <class Backend, class IndexTag>
CommitId commit_branch(Connection<Backend, IndexTag> const& conn, std::string_view name, Version const& expected, std::span<CommitRecord const> from,
                       Snapshot<IndexTag> const& snapshot, std::int64_t since) {
  auto const session = conn.session();
  auto& blobs = session->handle().blobs();
  since = (std::min)(since, static_cast<std::int64_t>(milliseconds_of(std::chrono::system_clock::now())));
  typename Branch<Backend, IndexTag>::Written nodes;
  auto writer = blobs.begin();
  std::vector<CommitParent> parents;
  for (auto const& record : from) parents.push_back({record.id, NodeAddress::of(writer.put(record.state.view()))});
  std::vector<CommitId> commits{CommitId::random()};
  auto const state = codec::write_state(commits, std::span<CommitParent const>{parents}, snapshot, BackendHandle<Backend>::node_sink(writer), nodes.receipt);
  PinnedState<Backend> pin{session->handle(), std::move(writer), state};
  require_kept(conn, state, from, since);
  pin.leave();  // until it is known whether the branch is there, which may come later
  auto const result = blobs.begin().commit(name, expected, state);
  if (!(result == CommitResult::unknown)) pin.let_go();
  if (result == CommitResult::conflict && expected.absent()) raise_branch_exists(name);
  if (!(result == CommitResult::committed)) raise_branch_commit(result, name);
  nodes.receipt.confirm();
  return commits.back();
}

/// Held while old commits are read that a collection of garbage under way in this process may be about to take: it ends first, and
/// what is left can be read, and what is read is known to the next one.
template <class Backend>
class ReadingOldCommits {
 public:
  explicit ReadingOldCommits(BackendHandle<Backend>& handle) : beside_{BackendHandle<Backend>::collecting()}, changing_{handle.values().changing()} {}

 private:
  std::shared_lock<std::shared_mutex> beside_;  // first: so does a collection
  std::lock_guard<std::recursive_mutex> changing_;
};

}  // namespace detail

/// The names of the branches of the store, sorted. One request.
template <class Backend, class IndexTag>
[[nodiscard]] std::vector<std::string> branches(Connection<Backend, IndexTag> const& conn) {
  auto names = conn.session()->handle().blobs().roots();
  std::erase_if(names, [](std::string const& name) { return name.starts_with('\0'); });  // of layers
  std::ranges::sort(names);
  return names;
}

/// A connection to another branch, through the same connection to the backend. Errors: `store/does-not-exist`.
template <class Backend, class IndexTag>
[[nodiscard]] Connection<Backend, IndexTag> connect_branch(Connection<Backend, IndexTag> const& conn, std::string_view name) {
  auto const session = conn.session();
  auto options = session->db().options();
  options.branch = name;
  return Connection<Backend, IndexTag>{session->shared_handle(), options};
}

/// What a branch holds now, transactions of its tail included. Errors: `store/does-not-exist`.
template <class Backend, class IndexTag>
[[nodiscard]] Db<IndexTag> branch_as_db(Connection<Backend, IndexTag> const& conn, std::string_view name) {
  auto const session = conn.session();
  auto options = session->db().options();
  options.branch = name;
  return Branch<Backend, IndexTag>{session->shared_handle(), options}.db();
}

/// Makes what the connection's branch holds a commit, which the graph names from now on, and returns its name. Where all is in a
/// checkpoint already, that is it. Errors: those of `Connection::checkpoint`.
template <class Backend, class IndexTag>
CommitId commit_id(Connection<Backend, IndexTag>& conn) {
  conn.sync();
  conn.checkpoint();
  return detail::graph_of(conn).head(conn.db().options().branch)->record.id;
}

/// The commits that the branch `name` comes from, or all branches where none is named: at most `limit`, newest first.
/// A commit whose record was collected as garbage, with all before it, is left out. Errors: `store/does-not-exist` for an unknown branch;
/// those of the store, `store/corrupt` for a record that is not sound. Complexity: a read a commit.
template <class Backend, class IndexTag>
[[nodiscard]] std::vector<Commit> commit_log(Connection<Backend, IndexTag> const& conn, std::optional<std::string_view> name = {},
                                             std::size_t limit = (std::numeric_limits<std::size_t>::max)()) {
  auto const graph = detail::graph_of(conn);
  std::vector<typename decltype(graph)::NodePtr> heads;
  if (name) {
    heads.push_back(graph.head(*name));
  } else {
    for (auto const& branch : branches(conn)) heads.push_back(graph.head(branch));
  }
  std::vector<Commit> commits;
  if (limit == 0) return commits;
  graph.walk(
      heads,
      [&](auto const& node) {
        commits.push_back(node.commit());
        return commits.size() != limit;
      },
      [](CommitParent const&, Error const&) {});
  return commits;
}

/// The database as a commit left it. Errors: `store/does-not-exist` where no branch comes from it, or its record was collected as
/// garbage.
template <class Backend, class IndexTag>
[[nodiscard]] Db<IndexTag> commit_as_db(Connection<Backend, IndexTag> const& conn, CommitId const& id) {
  auto const session = conn.session();
  detail::ReadingOldCommits<Backend> const reading{session->handle()};
  return detail::find_commit(conn, id)->db();
}

/// Makes a branch of what the connection's branch holds now; the two share everything. The connection checkpoints first, so that both
/// begin at one commit where nobody else commits meanwhile. A collection of garbage in another process does no harm: what the branch is made of is pinned
/// until it is there (`detail::PinnedState`). Errors: `store/exists` where there is such a branch; those of a checkpoint; `commit/conflict` where such a collection sweeps, keeps for less time than this takes, and others
/// committed meanwhile. Complexity: four changes of roots. Thread safety: waits for a collection in this process to end; commits of this process
/// wait meanwhile.
template <class Backend, class IndexTag>
void create_branch(Connection<Backend, IndexTag>& conn, std::string_view name) {
  detail::check_branch_name(name);
  std::shared_lock const beside{BackendHandle<Backend>::collecting()};
  conn.sync();
  conn.checkpoint();
  auto const session = conn.session();
  auto& handle = session->handle();
  std::lock_guard const changing{handle.values().changing()};
  auto const now = static_cast<std::int64_t>(detail::milliseconds_of(std::chrono::system_clock::now()));
  // What others have committed since is in the tail, and in the value.
  Branch<Backend, IndexTag> const from{session->shared_handle(), session->db().options()};
  auto snapshot = from.db().snapshot();
  auto const record = from.record();
  snapshot.max_entity = detail::reserve_numbers(handle, snapshot.max_entity);
  static_cast<void>(detail::commit_branch<Backend, IndexTag>(conn, name, Version{}, std::span{&record, 1}, snapshot, now));
}

/// The same of an earlier commit. Errors: as `commit_as_db`, too, also where only a part of it was collected as garbage; `commit/conflict` where a collection is sweeping in
/// another process that need not keep the commit, or was killed at it within a day. Complexity: linear in what the commit does not share with what the connection's branch
/// holds, which is read while commits of this process wait.
template <class Backend, class IndexTag>
void create_branch(Connection<Backend, IndexTag>& conn, std::string_view name, CommitId const& from) {
  detail::check_branch_name(name);
  auto const session = conn.session();
  detail::ReadingOldCommits<Backend> const reading{session->handle()};
  std::int64_t replaced = -1;
  auto const commit = detail::find_commit(conn, from, &replaced);
  auto snapshot = commit->checkpoint.snapshot;
  snapshot.max_entity = detail::reserve_numbers(session->handle(), snapshot.max_entity);
  static_cast<void>(detail::commit_branch<Backend, IndexTag>(conn, name, Version{}, std::span{&commit->record, 1}, snapshot, replaced));
}

/// Removes a branch; what only it held is garbage. Errors: `store/does-not-exist`; `config/range` for the branch that the connection
/// is on; `commit/conflict` where others committed to it at the same moment.
template <class Backend, class IndexTag>
void delete_branch(Connection<Backend, IndexTag>& conn, std::string_view name) {
  if (name == conn.db().options().branch) {
    raise(Errc::config_range, "A connection cannot delete the branch that it is on. Connect to another one first.", "{:key :branch}");
  }
  auto& blobs = conn.session()->handle().blobs();
  auto const root = blobs.root(name);
  if (!root) {
    raise(Errc::store_does_not_exist, "There is no branch " + std::string{name} + " in this store.", "{:branch :" + std::string{name} + "}");
  }
  auto const result = blobs.begin().drop(name, root->version);
  if (!(result == CommitResult::committed)) detail::raise_branch_commit(result, name);
}

/// Makes `db` what a branch holds, whatever that held before; `parents` are the commits that it is said to come from. `db` is a value
/// of the present that this connection gave out (`commit_as_db` included), or one that `with` made of it. Connections on that branch go
/// on from there.
/// Errors: `config/mismatch` for a database of elsewhere; `store/does-not-exist` for an unknown parent, and where a collection of garbage in another process has taken
/// a part of `db`; `commit/conflict` where others committed to the branch at the same moment, or a collection is sweeping in another process (or was killed at it within a day) and `db` is
/// not what the connection's branch holds; `store/exists` where somebody else made the branch at the same moment. Complexity: linear in what `db` does not share with what
/// the connection's branch holds, which is read while commits of this process wait. Thread safety: waits for a collection in this process to end.
template <class Backend, class IndexTag>
CommitId force_branch(Connection<Backend, IndexTag>& conn, Db<IndexTag> const& db, std::string_view name, std::span<CommitId const> parents) {
  using Handle = BackendHandle<Backend>;
  detail::check_branch_name(name);
  auto const session = conn.session();
  // Whose nodes another connection may be writing, too, would be written twice at once.
  if (!db.view().is_plain() || db.snapshot().current.eavt.source() != session->source()) {
    raise(Errc::config_mismatch, "Only a value of this connection's, and of the present, can become a branch. Take it from db() or commit_as_db().");
  }
  std::shared_lock const beside{Handle::collecting()};
  // The nodes that this branch shares with the other one are to be named by its own root, too.
  conn.checkpoint();
  auto& blobs = session->handle().blobs();
  // Before the writer, which may keep others from the store from its first blob on.
  std::vector<CommitRecord> records;
  for (auto const& id : parents) records.push_back(detail::find_commit(conn, id)->record);
  auto const root = blobs.root(name);
  auto snapshot = db.snapshot();
  snapshot.max_entity = detail::reserve_numbers(session->handle(), snapshot.max_entity);
  return session->exclusively([&](auto&) {
    std::lock_guard const changing{session->handle().values().changing()};
    // Nobody knows how old the value is.
    return detail::commit_branch<Backend, IndexTag>(conn, name, root ? root->version : Version{}, records, snapshot, -1);
  });
}

/// Commits a transaction that takes in other commits: in the graph it has them as parents beside the branch's own. What it changes is the
/// caller's business; see `merge`. Durability and errors: as `Connection::transact`; `store/does-not-exist` for an unknown commit.
template <class Backend, class IndexTag>
TxReport<IndexTag> merge_commits(Connection<Backend, IndexTag>& conn, std::span<CommitId const> parents, TxData const& data) {
  std::vector<CommitRecord> records;
  auto above = conn.db().max_eid();
  for (auto const& id : parents) {
    auto const node = detail::find_commit(conn, id);
    above = (std::max)(above, node->checkpoint.snapshot.max_entity);
    records.push_back(node->record);
  }
  CommitRequest<IndexTag> request{data};
  request.merged = records;
  request.numbers_from = detail::reserve_numbers(conn.session()->handle(), above);
  return conn.session()->transact(request);
}

/// What became of a merge.
template <class IndexTag>
struct MergeReport {
  CommitId base{};                              ///< the newest commit that both came from
  std::vector<MergeConflict> conflicts{};       ///< where there are any, nothing was committed
  std::optional<TxReport<IndexTag>> report{};   ///< of the merge; nothing where there was nothing to merge

  [[nodiscard]] bool merged() const noexcept { return conflicts.empty(); }
};

/// Takes what another branch changed since the two parted into the connection's, as one transaction (`plan_merge` says how), which has
/// both as its parents. What the other branch added to the schema is a transaction before it, in the same commit: there are both, or neither.
/// Where both changed the same, nothing is committed and the conflicts are returned, unless `preference` says whom to follow. Both branches
/// are checkpointed first.
///
/// Durability and errors: as `Connection::transact`; `store/does-not-exist` where there is no such branch, or the commits at which they
/// parted were collected as garbage; `commit/conflict` where the two were merged into each other crosswise and there is no preference.
/// Complexity: linear in what was changed, and a read for each commit since they parted.
template <class Backend, class IndexTag>
MergeReport<IndexTag> merge(Connection<Backend, IndexTag>& conn, std::string_view branch, MergePreference preference = MergePreference::none) {
  connect_branch(conn, branch).checkpoint();
  auto const graph = detail::graph_of(conn);
  auto const session = conn.session();
  // A collection of garbage learns that what is read here is in use when it has become a database value.
  auto const [theirs, their_db] = [&] {
    std::lock_guard const changing{session->handle().values().changing()};
    auto head = graph.head(branch);
    auto db = head->db();
    return std::pair{std::move(head), std::move(db)};
  }();
  EntityId numbers_from = 0;
  detail::BackOff back_off;
  for (int attempt = 0;; ++attempt) {
    session->checkpoint();
    auto const mine = graph.head(session->db().options().branch);
    auto const [base, base_db, crosswise] = [&, &other = theirs] {
      detail::ReadingOldCommits<Backend> const reading{session->handle()};
      auto const found = graph.common_ancestors(mine, other);
      auto newest = found.empty() ? nullptr : found.front();
      auto db = newest ? std::optional{newest->db()} : std::nullopt;
      return std::tuple{std::move(newest), std::move(db), found.size() > 1};
    }();
    if (!base) {
      raise(Errc::store_does_not_exist, "The branch " + std::string{branch} + " and this one have no commit in common that is left in the store: garbage was collected "
                                        "that is older than where they parted. Take over what it has by merge_commits, and keep commits for longer than branches.",
            "{:branch :" + std::string{branch} + "}");
    }
    MergeReport<IndexTag> merged{base->record.id, {}, {}};
    if (base->record.id == theirs->record.id || base_db->max_tx() == their_db.max_tx()) return merged;  // the second: a branch that was only made
    if (crosswise && preference == MergePreference::none) {
      raise(Errc::commit_conflict, "The branch " + std::string{branch} + " and this one were merged into each other crosswise, so that there is more "
                                   "than one commit at which they parted. Say whose changes count (MergePreference), or merge with "
                                   "merge_commits.", "{:branch :" + std::string{branch} + "}");
    }
    auto const ours = session->sync();
    // What was committed since may be this same merge.
    if (ours.max_tx() != mine->checkpoint.snapshot.max_tx && attempt < max_commit_attempts) {
      back_off(attempt);
      continue;
    }
    auto plan = plan_merge(*base_db, ours, their_db, preference);
    TxData schema;
    if (!plan.schema.operations.empty() && plan.conflicts.empty()) {
      schema = std::move(plan.schema);
      plan = plan_merge(*base_db, ours.with(schema).db_after, their_db, preference);
    }
    merged.conflicts = std::move(plan.conflicts);
    if (!merged.merged()) return merged;
    // What the schema itself makes possible to say of it.
    plan.data.operations.insert(plan.data.operations.begin(), plan.schema.operations.begin(), plan.schema.operations.end());
    try {
      if (numbers_from == 0) {
        numbers_from = detail::reserve_numbers(session->handle(), (std::max)(ours.max_eid(), their_db.max_eid()));
      }
      CommitRequest<IndexTag> request{plan.data};
      if (!schema.operations.empty()) request.before = &schema;
      request.made_for = ours.max_tx();
      request.numbers_from = numbers_from;
      request.merged = std::span{&theirs->record, 1};
      merged.report = session->transact(request);
      return merged;
    } catch (Error const& error) {
      // Somebody committed between the look and the commit: what was planned was for what is gone.
      if (error.code() != Errc::commit_conflict || attempt >= max_commit_attempts) throw;
      back_off(attempt);
    }
  }
}

}  // namespace cairn
