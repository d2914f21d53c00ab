// Copyright the Cairn authors
// SPDX-License-Identifier: BSL-1.0
// One branch of a store, open: what it holds now, and the only way to change it.
#pragma once

#include <cairn/db/initial_snapshot.hpp>
#include <cairn/error/log.hpp>
#include <cairn/store/background_garbage.hpp>
#include <cairn/store/background_indexes.hpp>
#include <cairn/store/branch.hpp>
#include <cairn/store/collect_garbage.hpp>
#include <cairn/store/commit_queue.hpp>
#include <cairn/store/group_commit.hpp>
#include <cairn/store/import.hpp>
#include <cairn/store/listeners.hpp>
#include <cairn/store/writers_mutex.hpp>

#include <chrono>
#include <cstddef>
#include <exception>
#include <memory>
#include <mutex>
#include <span>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace cairn {

/// A branch, open for reading and writing.
///
/// A commit appends the transaction to the branch's tail: one small write, one sync. Transactions that arrive while another's
/// sync is under way share the next one. The indexes in memory take in what is new when somebody looks at them, or after a
/// thousand datoms, on a thread of the session's; their nodes reach the store at a checkpoint, which also empties the tail. A
/// transaction larger than the tail's budget is committed as a checkpoint at once, so that its datoms are not written twice;
/// and so is one that purges, which the tail would keep from being forgotten.
///
/// Thread safety: all members may be called from any thread; commits take turns, readers never wait for one. A listener may
/// let go of the session, as long as somebody holds it until `transact` has returned.
template <class Backend, class IndexTag>
class Session {
 public:
  using Handle = BackendHandle<Backend>;

  /// Errors: those of the backend's connect_store; `store/does-not-exist` where the store has no such branch.
  Session(std::shared_ptr<Handle> handle, DatabaseOptions const& options) : branch_{std::move(handle), options} {}

  /// Writes the first state of a branch that is not there yet.
  static void create_branch(Handle& handle, Snapshot<IndexTag> const& first) {
    auto writer = handle.blobs().begin();
    FlushReceipt receipt;
    std::vector<CommitId> commits{CommitId::random()};
    auto const state = codec::write_state<IndexTag>(commits, {}, first, Handle::node_sink(writer), receipt);
    auto const result = writer.commit(first.options->branch, Version{}, state);
    if (result == CommitResult::committed) return;
    if (result == CommitResult::conflict) {
      raise(Errc::store_exists, "The database exists already. Connect to it, or delete it first.");
    }
    raise(result == CommitResult::unknown ? Errc::commit_unknown : Errc::io_error,
          "The database could not be created: " + result.reason + ". Delete the store and create it again.");
  }

  /// What a database holds that is created with these options: their first transaction, if there is one. Errors: as `transact`.
  [[nodiscard]] static Snapshot<IndexTag> first_snapshot(DatabaseOptions const& options) {
    auto empty = initial_snapshot<IndexTag>(std::make_shared<DatabaseOptions const>(options), current_instant());
    if (options.initial_tx.empty()) return empty;
    return cairn::transact(Db<IndexTag>{std::move(empty)}, TxData{options.initial_tx.text()}).db_after.snapshot();
  }

  /// The newest value that this session knows. O(1); waits for no commit.
  [[nodiscard]] Db<IndexTag> db() const { return branch_.db(); }

  /// Takes in what others have committed since.
  Db<IndexTag> sync() {
    std::lock_guard lock{writing_};
    branch_.adopt_newest();
    return db();
  }

  TxReport<IndexTag> transact(TxData const& data) {
    CommitRequest<IndexTag> request{data};
    return transact(request);
  }
  TxReport<IndexTag> transact(CommitRequest<IndexTag>& request) {
    writing_.require_not_mine();
    queue_.run(request, writing_, [this](auto group) { commit(group); });
    if (request.refusal) std::rethrow_exception(std::move(request.refusal));
    listeners_.deliver();
    return *std::move(request.report);
  }
  template <class Facts>
  ImportReport<IndexTag> import(Facts&& facts, ImportOptions const& options) {
    auto report = [&] {
      std::lock_guard lock{writing_};
      auto made = detail::import_facts(branch_, std::forward<Facts>(facts), options);
      has_written_ = true;
      activity().transactions.add(1);
      listeners_.put({.db_before = made.db_before, .db_after = made.db_after, .tx = made.tx});
      return made;
    }();
    listeners_.deliver();
    return report;
  }
  /// Transactions that wait for the commit that is under way to end.
  [[nodiscard]] std::size_t waiting() const noexcept { return queue_.waiting(); }

  [[nodiscard]] Activity& activity() noexcept { return branch_.activity(); }
  [[nodiscard]] Listeners<TxReport<IndexTag>>& listeners() noexcept { return listeners_; }

  /// What the names of functions mean in transactions from now on.
  void set_functions(std::shared_ptr<Functions<IndexTag> const> functions) {
    std::lock_guard lock{writing_};
    branch_.set_functions(std::move(functions));
  }

  /// Writes the nodes that are not in the store yet and empties the tail. Does nothing where the tail is empty.
  void checkpoint() {
    std::lock_guard lock{writing_};
    detail::BackOff back_off;
    for (int attempt = 0; attempt != max_commit_attempts; ++attempt) {
      auto const result = try_checkpoint();
      if (result == CommitResult::committed) return;
      if (result == CommitResult::failed) detail::raise_failed(result.reason, true);
      back_off(attempt);
    }
    raise(Errc::commit_conflict, "Other writers overtook this checkpoint each time; their transactions and yours are in the tail.");
  }

  /// Collects the garbage of the whole store. Commits wait only where a checkpoint is made first.
  GarbageReport collect_garbage(GarbageOptions const& options) {
    writing_.require_not_mine();
    detail::tell_of_collection(options);
    try {
      auto const report = cairn::collect_garbage<Backend, IndexTag>(branch_.shared_handle(), options, [&](std::string_view name) {
        if (name != branch_.name()) return false;
        std::lock_guard lock{writing_};
        branch_.renew();
        return true;
      });
      detail::tell_of_collection(report);
      return report;
    } catch (...) {
      detail::tell_of_broken_collection();
      throw;
    }
  }

  /// Does so on a thread of its own, every `interval` from now on, instead of what was said before; never for an interval of 0.
  void collect_garbage_every(std::chrono::milliseconds interval, GarbageOptions options, GarbageOutcome outcome) {
    if (interval.count() <= 0) return stop_collecting();
    set_background(std::make_unique<BackgroundGarbage>(interval, std::move(options), std::move(outcome),
                                                       [this](GarbageOptions const& what) { return collect_garbage(what); }));
  }
  /// Apart from that, so that who never collects has no code for it.
  void stop_collecting() { set_background(nullptr); }

  /// The checkpoint at the end of a session that has committed something. One that has only read writes nothing: it may not be allowed
  /// to, and a writer that is still at it would be disturbed. None where a damaged node makes it impossible: all is in the tail, and who
  /// lets go can do nothing about it.
  void checkpoint_own() {
    {
      std::lock_guard lock{writing_};
      if (!has_written_) return;
      auto const newest = db();
      if (auto const* const gap = detail::gap_of(newest.snapshot())) return tell_of_failed_checkpoint(gap->message());
    }
    checkpoint();
  }

  [[nodiscard]] Handle& handle() noexcept { return branch_.handle(); }
  [[nodiscard]] std::shared_ptr<Handle> const& shared_handle() const noexcept { return branch_.shared_handle(); }
  /// What nodes of the store are read from.
  [[nodiscard]] std::shared_ptr<NodeSource const> const& source() const noexcept { return branch_.source(); }
  /// Calls `use(branch)` while nobody else writes through this.
  template <class Use>
  decltype(auto) exclusively(Use&& use) {
    std::lock_guard lock{writing_};
    return std::forward<Use>(use)(branch_);
  }
  [[nodiscard]] std::size_t tail_bytes() const {
    std::lock_guard lock{writing_};
    return branch_.known().tail_bytes;
  }

 private:
  void set_background(std::unique_ptr<BackgroundGarbage> next) {
    std::lock_guard const lock{collecting_};
    background_.swap(next);  // what was there ends without the lock: whoever hears of its last outcome may ask for another
  }

  /// Decides a group, and puts its reports into the listeners' queue in the order of commits.
  void commit(std::span<CommitRequest<IndexTag>* const> group) noexcept {
    CommitTimer const timer;
    GroupCommit<Backend, IndexTag>{branch_, group}.run();
    timer.end([&](auto milliseconds) {
      auto const took = std::to_string(milliseconds);
      return std::pair{"A commit of " + std::to_string(group.size()) + " transactions on branch " + branch_.name() + " took " + took + " ms.",
                       "{:branch " + quoted_text(branch_.name()) + " :ms " + took + " :transactions " + std::to_string(group.size()) + "}"};
    });
    for (auto const* const request : group) {
      (request->report ? activity().transactions : activity().refused).add(1);
      if (!request->report) continue;
      has_written_ = true;
      if (request->report_before) {
        activity().transactions.add(1);
        listeners_.put(*request->report_before);
      }
      listeners_.put(*request->report);
      if (auto const& version = request->report->db_after.lazy_snapshot(); version->is_due()) indexes_.make(version);
    }
    checkpoint_when_due();
  }

  CommitResult try_checkpoint() {
    if (branch_.known().frames.empty()) return CommitResult::committed;
    auto const id = CommitId::random();
    auto result = branch_.commit(db(), std::span{&id, 1});
    if (result == CommitResult::committed) return result;
    std::lock_guard const changing{handle().values().changing()};
    auto const since = branch_.adopt(read_root_after(result));
    if (!since.has(id)) return result;
    activity().checkpoints.add(1);  // whose reply was lost
    return CommitResult::committed;
  }

  /// A root that cannot be read after a checkpoint's lost reply leaves open where the transactions are, and loses none.
  [[nodiscard]] RootRecord read_root_after(CommitResult const& result) {
    if (!(result == CommitResult::unknown)) return branch_.read_root();
    try {
      return branch_.read_root();
    } catch (std::exception const& error) {
      raise(Errc::commit_unknown, "The reply to a checkpoint was lost (" + result.reason + ") and the root cannot be read: " +
                                      error.what() + ". No transaction is lost; make the checkpoint again.");
    }
  }

  /// A checkpoint that fails here loses nothing: what it would have written is in the tail, and a later commit tries again.
  void checkpoint_when_due() noexcept {
    try {
      if (!branch_.prepare_checkpoint()) return;
      if (auto const result = try_checkpoint(); result == CommitResult::failed) tell_of_failed_checkpoint(result.reason);
    } catch (std::exception const& error) {
      tell_of_failed_checkpoint(error.what());
    } catch (...) {
      tell_of_failed_checkpoint("something was thrown that is no exception");
    }
  }

  void tell_of_failed_checkpoint(std::string_view reason) noexcept {
    log(LogLevel::warning, LogEvent::commit_checkpoint_failed, [&] {
      return std::pair{"A checkpoint of branch " + branch_.name() + " failed; nothing is lost, and a later commit tries again: " + std::string{reason},
                       "{:branch " + quoted_text(branch_.name()) + "}"};
    });
  }

  mutable WritersMutex writing_;  // guards branch_, but for its db()
  Branch<Backend, IndexTag> branch_;
  bool has_written_ = false;  // guarded by writing_
  CommitQueue<CommitRequest<IndexTag>> queue_{};
  Listeners<TxReport<IndexTag>> listeners_{};
  BackgroundIndexes<IndexTag> indexes_{};  // guarded by writing_; behind branch_, whose store it reads from

  std::mutex collecting_;  // guards background_
  std::unique_ptr<BackgroundGarbage> background_{};  // the last member: it uses the others until it is gone
};

}  // namespace cairn
