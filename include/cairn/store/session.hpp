// Copyright the Cairn authors
// SPDX-License-Identifier: BSL-1.0
// One branch of a store, open: what it holds now, and the only way to change it.
#pragma once

#include <cairn/db/db.hpp>
#include <cairn/db/initial_snapshot.hpp>
#include <cairn/db/transact.hpp>
#include <cairn/store/backend_handle.hpp>
#include <cairn/store/listeners.hpp>
#include <cairn/store/root_state.hpp>

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
/// Thread safety: all members may be called from any thread; commits take turns, readers never wait for one.
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
    functions_ = std::move(functions);
    publish(knowing_functions(db().snapshot()));
  }

  /// Writes the nodes that are not in the store yet and empties the tail. Does nothing where the tail is empty.
  void checkpoint() {
    std::lock_guard lock{writing_};
    for (int attempt = 0; attempt != max_commit_attempts; ++attempt) {
      auto const result = try_checkpoint();
      if (result == CommitResult::committed) return;
      if (result == CommitResult::failed) raise_failed(result.reason);
      back_off(attempt);
    }
    raise(Errc::commit_conflict, "Other writers overtook this checkpoint each time; their transactions and yours are in the tail.");
  }

  [[nodiscard]] Handle& handle() noexcept { return *handle_; }
  [[nodiscard]] std::size_t tail_bytes() const {
    std::lock_guard lock{writing_};
    return tail_bytes_;
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

  TxReport<IndexTag> commit_until_known(TxData const& data) {
    std::vector<Pending> pending;  // attempts of which nobody knows yet whether they landed
    for (int attempt = 0; attempt != max_commit_attempts; ++attempt) {
      auto report = cairn::transact(db(), data);
      auto const id = CommitId::random();
      auto const result = commit(report, id);
      switch (result.outcome) {
        case CommitResult::committed:
          version_ = result.version;
          publish(report.db_after);
          checkpoint_when_due();
          return report;
        case CommitResult::failed: raise_failed(result.reason);
        case CommitResult::unknown: pending.push_back({id, std::move(report)}); break;
        case CommitResult::conflict: break;
      }
      auto const landed = adopt(read_root_after(result));
      for (auto& one : pending) {
        if (std::ranges::find(landed, one.id) != landed.end()) return std::move(one.report);
      }
      back_off(attempt);
    }
    if (!pending.empty()) {
      raise(Errc::commit_unknown, "The transaction's outcome is not known: the storage did not answer. Look for its data before "
                                  "you transact it again.");
    }
    raise(Errc::commit_conflict, "Other writers overtook this transaction " + std::to_string(max_commit_attempts) +
                                     " times. Nothing has changed; try again.");
  }

  [[nodiscard]] RootRecord read_root() {
    auto root = handle_->blobs().root(options_.branch);
    if (!root) {
      raise(Errc::store_does_not_exist, "There is no database under the branch " + options_.branch + " of this store. Create it first.",
            "{:branch :" + options_.branch + "}");
    }
    return *std::move(root);
  }

  /// After a lost reply a root that cannot be read either leaves the outcome open.
  [[nodiscard]] RootRecord read_root_after(CommitResult const& result) {
    if (!(result == CommitResult::unknown)) return read_root();
    try {
      return read_root();
    } catch (std::exception const& error) {
      raise(Errc::commit_unknown, "The reply to a commit was lost (" + result.reason + ") and the root cannot be read: " +
                                      error.what() + ". Connect again and look for the transaction's data before you repeat it.");
    }
  }

  /// Makes what the root says the current value; returns the commits that were not known before.
  std::vector<CommitId> adopt(RootRecord const& root) {
    if (root.version == version_) return {};
    bool const extends = root.state == state_ && root.tail.size() >= frames_.size() &&
                         std::equal(frames_.begin(), frames_.end(), root.tail.begin());
    std::vector<CommitId> fresh;
    auto commits = commits_;
    auto snapshot = db().snapshot();
    if (!extends) {
      auto checkpoint = codec::read_state<IndexTag>(root.state, source_, options_);
      fresh = std::move(checkpoint.commits);
      snapshot = std::move(checkpoint.snapshot);
      commits.clear();
    }
    std::vector<TxRecord> records;
    for (auto const& bytes : std::span{root.tail}.subspan(commits.size())) {
      auto frame = codec::read_frame(bytes);
      fresh.push_back(frame.commit);
      commits.push_back(frame.commit);
      records.push_back(std::move(frame.record));
    }
    auto db = knowing_functions(apply(snapshot, std::span<TxRecord const>{records}));
    auto frames = root.tail;
    std::size_t bytes = 0;
    for (auto const& frame : frames) bytes += frame.size();
    // From here on nothing throws: what is known of the root and what is published change together.
    version_ = root.version;
    state_ = root.state;
    frames_.swap(frames);
    commits_.swap(commits);
    tail_bytes_ = bytes;
    publish(std::move(db));
    return fresh;
  }

  /// What is large goes to the store once, as nodes; what purges must not leave a trace in the tail.
  [[nodiscard]] CommitResult commit(TxReport<IndexTag> const& report, CommitId const& id) {
    if (report.record.purged.empty()) {
      auto const frame = codec::write_frame(id, report.record);
      if (frame.size() <= tail_budget) return append(frame, id);
    }
    return commit_checkpoint(report.db_after.snapshot(), id);
  }

  [[nodiscard]] CommitResult append(std::span<std::byte const> frame, CommitId const& id) {
    auto kept = Bytes::copy(frame);
    make_room(frames_);  // before the commit: after it, nothing may throw
    make_room(commits_);
    auto result = handle_->blobs().begin().append(options_.branch, version_, frame);
    if (result == CommitResult::committed) {
      frames_.push_back(std::move(kept));
      commits_.push_back(id);
      tail_bytes_ += frame.size();
    }
    return result;
  }

  [[nodiscard]] CommitResult commit_checkpoint(Snapshot<IndexTag> const& snapshot, CommitId const& id) {
    // Nodes learn their addresses while they are written. Where the commit does not follow, they are not in the store, and
    // a later checkpoint must not refer to them.
    struct Guard {
      FlushReceipt written{};
      ~Guard() { written.forget(); }
    } guard;
    auto writer = handle_->blobs().begin();
    auto commits = commits_;
    commits.push_back(id);
    auto const state =
        codec::write_state(std::span<CommitId const>{commits}, snapshot, Handle::node_sink(writer), guard.written);
    auto kept = Bytes::copy(state);
    auto result = writer.commit(options_.branch, version_, state);
    if (result == CommitResult::committed) {
      guard.written = {};
      state_ = std::move(kept);
      frames_.clear();
      commits_.clear();
      tail_bytes_ = 0;
    }
    return result;
  }

  CommitResult try_checkpoint() {
    if (frames_.empty()) return CommitResult{CommitResult::committed, version_};
    auto const id = CommitId::random();
    auto result = commit_checkpoint(db().snapshot(), id);
    if (result == CommitResult::committed) {
      version_ = result.version;
      return result;
    }
    auto const landed = adopt(read_root_after(result));
    return std::ranges::find(landed, id) != landed.end() ? CommitResult{CommitResult::committed, version_} : result;
  }

  /// A checkpoint that fails here loses nothing: what it would have written is in the tail, and the next commit tries again.
  void checkpoint_when_due() noexcept {
    if (tail_bytes_ <= tail_budget) return;
    try {
      static_cast<void>(try_checkpoint());
    } catch (...) {  // NOLINT(bugprone-empty-catch): see above
    }
  }

  /// Room for one more, without copying everything each time.
  template <class Element>
  static void make_room(std::vector<Element>& elements) {
    if (elements.size() == elements.capacity()) elements.reserve(2 * elements.size() + 16);
  }

  [[nodiscard]] Db<IndexTag> knowing_functions(Snapshot<IndexTag> snapshot) const {
    snapshot.functions = functions_;
    return Db<IndexTag>{std::move(snapshot)};
  }

  void publish(Db<IndexTag> db) {
    std::lock_guard lock{publishing_};
    db_ = std::move(db);
  }

  [[noreturn]] static void raise_failed(std::string const& reason) {
    raise(Errc::io_error, "The storage refused the commit: " + reason + ". Nothing has changed; try again when the cause is mended.");
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

  mutable std::mutex writing_;  // guards what follows, down to the next mutex
  Version version_;
  Bytes state_;
  std::vector<Bytes> frames_;       // the tail
  std::vector<CommitId> commits_;  // those of its frames
  std::size_t tail_bytes_ = 0;
  std::shared_ptr<Functions<IndexTag> const> functions_{};

  mutable std::mutex publishing_;  // guards db_
  Db<IndexTag> db_;

  Listeners<TxReport<IndexTag>> listeners_{};
};

}  // namespace cairn
