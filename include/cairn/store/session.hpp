// Copyright the Cairn authors
// SPDX-License-Identifier: BSL-1.0
// One branch of a store, open: what it holds now, and the only way to change it.
#pragma once

#include <cairn/db/db.hpp>
#include <cairn/db/initial_snapshot.hpp>
#include <cairn/db/transact.hpp>
#include <cairn/store/backend_handle.hpp>
#include <cairn/store/known_root.hpp>
#include <cairn/store/listeners.hpp>
#include <cairn/store/root_state.hpp>
#include <cairn/store/writers_mutex.hpp>

#include <algorithm>
#include <chrono>
#include <cstddef>
#include <exception>
#include <memory>
#include <mutex>
#include <optional>
#include <random>
#include <string>
#include <thread>
#include <type_traits>
#include <utility>
#include <vector>

namespace cairn {

/// The tail is turned into a checkpoint when it has grown past this: what an open has to replay at the most.
inline constexpr std::size_t tail_budget = std::size_t{1} << 20U;

/// How often a commit that others overtook is tried again before `commit/conflict` tells the caller.
inline constexpr int max_commit_attempts = 256;

/// A branch, open for reading and writing.
///
/// A commit appends the transaction to the branch's tail: one small write, one sync. The indexes in memory are new at once;
/// their nodes reach the store at a checkpoint, which also empties the tail. A transaction larger than the tail's budget is
/// committed as a checkpoint at once, so that its datoms are not written twice; and so is one that purges, which the tail
/// would keep from being forgotten.
///
/// Thread safety: all members may be called from any thread; commits take turns, readers never wait for one. A listener may
/// let go of the session, as long as somebody holds it until `transact` has returned.
template <class Backend, class IndexTag>
class Session {
 public:
  using Handle = BackendHandle<Backend>;

  /// Errors: those of the backend's connect_store; `store/does-not-exist` where the store has no such branch.
  Session(std::shared_ptr<Handle> handle, DatabaseOptions const& options)
      : handle_{std::move(handle)},
        source_{Handle::node_source(handle_)},
        options_{options},
        db_{Snapshot<IndexTag>::empty(std::make_shared<DatabaseOptions const>(options))} {
    adopt(read_root());
  }

  /// Writes the first state of a branch that is not there yet.
  static void create_branch(Handle& handle, DatabaseOptions const& options) {
    auto writer = handle.blobs().begin();
    FlushReceipt receipt;
    auto const commit = CommitId::random();
    auto const state = codec::write_state<IndexTag>(
        std::span{&commit, 1},
        initial_snapshot<IndexTag>(std::make_shared<DatabaseOptions const>(options), current_instant()),
        Handle::node_sink(writer), receipt);
    auto const result = writer.commit(options.branch, Version{}, state);
    if (result == CommitResult::committed) return;
    if (result == CommitResult::conflict) {
      raise(Errc::store_exists, "The database exists already. Connect to it, or delete it first.");
    }
    raise(result == CommitResult::unknown ? Errc::commit_unknown : Errc::io_error,
          "The database could not be created: " + result.reason + ". Delete the store and create it again.");
  }

  /// The newest value that this session knows. O(1); waits for no commit.
  [[nodiscard]] Db<IndexTag> db() const {
    std::lock_guard lock{publishing_};
    return db_;
  }

  /// Takes in what others have committed since.
  Db<IndexTag> sync() {
    std::lock_guard lock{writing_};
    adopt(read_root());
    return db();
  }

  TxReport<IndexTag> transact(TxData const& data) {
    auto report = commit_next(data);
    listeners_.deliver();
    return report;
  }

  [[nodiscard]] Listeners<TxReport<IndexTag>>& listeners() noexcept { return listeners_; }

  /// What the names of functions mean in transactions from now on.
  void set_functions(std::shared_ptr<Functions<IndexTag> const> functions) {
    std::lock_guard lock{writing_};
    auto snapshot = db().snapshot();
    snapshot.functions = functions;
    Db<IndexTag> next{std::move(snapshot)};
    functions_.swap(functions);
    publish(std::move(next));
  }

  /// Writes the nodes that are not in the store yet and empties the tail. Does nothing where the tail is empty.
  void checkpoint() {
    std::lock_guard lock{writing_};
    for (int attempt = 0; attempt != max_commit_attempts; ++attempt) {
      auto const result = try_checkpoint();
      if (result == CommitResult::committed) return;
      if (result == CommitResult::failed) raise_failed(result.reason, true);
      back_off(attempt);
    }
    raise(Errc::commit_conflict, "Other writers overtook this checkpoint each time; their transactions and yours are in the tail.");
  }

  [[nodiscard]] Handle& handle() noexcept { return *handle_; }
  [[nodiscard]] std::size_t tail_bytes() const {
    std::lock_guard lock{writing_};
    return known_.tail_bytes;
  }

 private:
  struct Pending {
    CommitId id;
    TxReport<IndexTag> report;
  };

  /// Commits and puts the report into the listeners' queue, in the order of commits.
  TxReport<IndexTag> commit_next(TxData const& data) {
    std::lock_guard lock{writing_};
    auto report = commit_until_known(data);
    listeners_.put(report);
    return report;
  }

  /// Whatever ends it while an attempt may have landed, or may land yet, leaves as `commit/unknown`.
  TxReport<IndexTag> commit_until_known(TxData const& data) {
    std::vector<Pending> pending;
    try {
      return commit_until_known(data, pending);
    } catch (Error const& error) {
      if (pending.empty()) throw;
      raise_unknown(error.message(), "{:cause :" + std::string{name(error.code())} + "}");
    } catch (std::exception const& error) {
      if (pending.empty()) throw;
      raise_unknown(error.what());
    } catch (...) {
      if (pending.empty()) throw;
      raise_unknown("Something was thrown that is no exception.");
    }
  }

  /// `pending` holds the attempts of which nobody knows whether they landed, when it throws too.
  TxReport<IndexTag> commit_until_known(TxData const& data, std::vector<Pending>& pending) {
    for (int attempt = 0; attempt != max_commit_attempts; ++attempt) {
      auto report = pending.empty() ? transact_newest(data) : cairn::transact(db(), data);
      auto const id = CommitId::random();
      pending.reserve(pending.size() + 1);  // before the commit: once its reply is lost it must be noted
      auto const result = commit(report, id);
      switch (result.outcome) {
        case CommitResult::committed: checkpoint_when_due(); return report;
        case CommitResult::failed: raise_failed(result.reason, pending.empty());
        case CommitResult::unknown: pending.push_back({id, std::move(report)}); break;
        case CommitResult::conflict: break;
      }
      auto const since = adopt(read_root());
      for (auto& one : pending) {
        if (std::ranges::find(since.commits, one.id) != since.commits.end()) return std::move(one.report);
      }
      if (since.moved && !pending.empty()) {
        if (!since.complete) raise(Errc::commit_conflict, "Others have committed more since than the root names.");
        pending.clear();  // they expected a version that is gone: not landed, and never to land
      }
      back_off(attempt);
    }
    raise(Errc::commit_conflict, "Other writers overtook this transaction " + std::to_string(max_commit_attempts) +
                                     " times." + (pending.empty() ? " Nothing has changed; try again." : ""));
  }

  /// What is refused may only be so because of what others have committed since: a schema that is not known here yet.
  [[nodiscard]] TxReport<IndexTag> transact_newest(TxData const& data) {
    for (;;) {
      try {
        return cairn::transact(db(), data);
      } catch (Error const&) {
        if (!has_moved()) throw;
      }
    }
  }
  /// Whether others have committed since; takes it in. Not where the root cannot be read.
  [[nodiscard]] bool has_moved() {
    try {
      return adopt(read_root()).moved;
    } catch (Error const&) {
      return false;
    }
  }

  [[nodiscard]] RootRecord read_root() {
    auto root = handle_->blobs().root(options_.branch);
    if (!root) {
      raise(Errc::store_does_not_exist, "There is no database under the branch " + options_.branch + " of this store. Create it first.",
            "{:branch :" + options_.branch + "}");
    }
    return *std::move(root);
  }

  /// What was committed between two looks at the root.
  struct Since {
    bool moved = false;               ///< whether the root has another version
    std::vector<CommitId> commits{};  ///< those that were not known before, and perhaps some that were
    bool complete = true;             ///< whether none is missing
  };

  /// Makes what the root says the current value.
  Since adopt(RootRecord root) {
    if (root.version == known_.version) return {};
    Since since{.moved = true};
    KnownRoot next;
    auto snapshot = db().snapshot();
    bool const extends = known_.goes_on_in(root);
    if (extends) {
      next.absorbed = known_.absorbed;
      next.commits = known_.commits;
    } else {
      auto checkpoint = codec::read_state<IndexTag>(root.state, source_, options_);
      next.absorbed = std::move(checkpoint.commits);
      since.commits = next.absorbed;
      snapshot = std::move(checkpoint.snapshot);
    }
    std::vector<TxRecord> records;
    for (auto const& bytes : std::span{root.tail}.subspan(next.commits.size())) {
      auto frame = codec::read_frame(bytes);
      since.commits.push_back(frame.commit);
      next.commits.push_back(frame.commit);
      records.push_back(std::move(frame.record));
    }
    // Commits are named in their order, so that all are named that followed one that is.
    since.complete = extends || std::ranges::find(since.commits, known_.newest_commit()) != since.commits.end();
    for (auto const& frame : root.tail) next.tail_bytes += frame.size();
    next.version = std::move(root.version);
    next.state = std::move(root.state);
    next.frames = std::move(root.tail);
    auto db = knowing_functions(apply(snapshot, std::span<TxRecord const>{records}));
    // From here on nothing throws: what is known of the root and what is published change together.
    known_ = std::move(next);
    publish(std::move(db));
    return since;
  }

  /// What is large goes to the store once, as nodes; what purges must not leave a trace in the tail.
  [[nodiscard]] CommitResult commit(TxReport<IndexTag> const& report, CommitId const& id) {
    if (report.record.purged.empty()) {
      auto const frame = codec::write_frame(id, report.record);
      if (frame.size() <= tail_budget) return append(report.db_after, frame, id);
    }
    return commit_checkpoint(report.db_after, id);
  }

  // Once a commit has landed nothing may throw: what is known of the root and what is published change together, or the
  // next commit would repeat this one's number. What needs memory is made before.

  [[nodiscard]] CommitResult append(Db<IndexTag> db, std::span<std::byte const> frame, CommitId const& id) {
    auto kept = Bytes::copy(frame);
    known_.make_room();
    auto result = handle_->blobs().begin().append(options_.branch, known_.version, frame);
    if (result == CommitResult::committed) {
      known_.appended(std::move(result.version), std::move(kept), id);
      publish(std::move(db));
    }
    return result;
  }

  [[nodiscard]] CommitResult commit_checkpoint(Db<IndexTag> db, CommitId const& id) {
    // Nodes learn their addresses while they are written. Where the commit does not follow, they are not in the store, and
    // a later checkpoint must not refer to them.
    struct Guard {
      FlushReceipt written{};
      ~Guard() { written.forget(); }
    } guard;
    auto writer = handle_->blobs().begin();
    auto named = known_.named_with(id);
    auto const state =
        codec::write_state(std::span<CommitId const>{named}, db.snapshot(), Handle::node_sink(writer), guard.written);
    auto kept = Bytes::copy(state);
    auto result = writer.commit(options_.branch, known_.version, state);
    if (result == CommitResult::committed) {
      guard.written = {};
      known_.replaced(std::move(result.version), std::move(kept), std::move(named));
      publish(std::move(db));
    }
    return result;
  }

  CommitResult try_checkpoint() {
    if (known_.frames.empty()) return CommitResult::committed;
    auto const id = CommitId::random();
    auto result = commit_checkpoint(db(), id);
    if (result == CommitResult::committed) return result;
    auto const since = adopt(read_root_after(result));
    return std::ranges::find(since.commits, id) != since.commits.end() ? CommitResult{CommitResult::committed} : result;
  }

  /// A root that cannot be read after a checkpoint's lost reply leaves open where the transactions are, and loses none.
  [[nodiscard]] RootRecord read_root_after(CommitResult const& result) {
    if (!(result == CommitResult::unknown)) return read_root();
    try {
      return read_root();
    } catch (std::exception const& error) {
      raise(Errc::commit_unknown, "The reply to a checkpoint was lost (" + result.reason + ") and the root cannot be read: " +
                                      error.what() + ". No transaction is lost; make the checkpoint again.");
    }
  }

  /// A checkpoint that fails here loses nothing: what it would have written is in the tail, and the next commit tries again.
  void checkpoint_when_due() noexcept {
    if (known_.tail_bytes <= tail_budget) return;
    try {
      static_cast<void>(try_checkpoint());
    } catch (...) {  // NOLINT(bugprone-empty-catch): see above
    }
  }

  [[nodiscard]] Db<IndexTag> knowing_functions(Snapshot<IndexTag> snapshot) const {
    snapshot.functions = functions_;
    return Db<IndexTag>{std::move(snapshot)};
  }

  /// The value that was current goes after the lock, since its nodes may be many.
  void publish(Db<IndexTag> db) noexcept {
    static_assert(std::is_nothrow_swappable_v<Db<IndexTag>>);
    std::lock_guard lock{publishing_};
    std::swap(db_, db);
  }

  [[noreturn]] static void raise_failed(std::string const& reason, bool nothing_else) {
    raise(Errc::io_error, "The storage refused the commit: " + reason + "." +
                              (nothing_else ? " Nothing has changed; try again when the cause is mended." : ""));
  }
  [[noreturn]] static void raise_unknown(std::string const& cause, std::string data = "{}") {
    raise(Errc::commit_unknown,
          "The reply to a commit was lost, and what followed did not tell whether it landed: " + cause +
              " Connect again and look for the transaction's data before you repeat it.",
          std::move(data));
  }

  /// Waits a random time that doubles, so that two writers do not go on meeting each other.
  static void back_off(int attempt) {
    if (attempt < 4) return;
    thread_local std::minstd_rand random{std::random_device{}()};
    auto const most = std::int64_t{50} << (std::min)(attempt - 4, 8);
    std::this_thread::sleep_for(std::chrono::microseconds{std::uniform_int_distribution<std::int64_t>{0, most}(random)});
  }

  std::shared_ptr<Handle> handle_;
  std::shared_ptr<NodeSource const> source_;
  DatabaseOptions options_;

  mutable WritersMutex writing_;  // guards what follows, down to the next mutex
  KnownRoot known_{};
  std::shared_ptr<Functions<IndexTag> const> functions_{};

  mutable std::mutex publishing_;  // guards db_
  Db<IndexTag> db_;

  Listeners<TxReport<IndexTag>> listeners_{};
};

}  // namespace cairn
