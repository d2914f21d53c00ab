// Copyright the Cairn authors
// SPDX-License-Identifier: BSL-1.0
// A branch of a store: its newest value as far as it is known, and the two ways to move its root.
#pragma once

#include <cairn/db/db.hpp>
#include <cairn/db/apply.hpp>
#include <cairn/error/log.hpp>
#include <cairn/store/activity.hpp>
#include <cairn/store/back_off.hpp>
#include <cairn/store/backend_handle.hpp>
#include <cairn/store/known_root.hpp>
#include <cairn/store/node_cache_budget.hpp>
#include <cairn/store/root_state.hpp>
#include <cairn/store/sliced_flush.hpp>

#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <memory>
#include <mutex>
#include <optional>
#include <span>
#include <string>
#include <type_traits>
#include <utility>
#include <vector>

namespace cairn {

/// The tail is turned into a checkpoint when it has grown past this. It is at most some three times as long (see
/// `Branch::append`), where checkpoints succeed and nobody else appends.
inline constexpr std::size_t tail_budget = std::size_t{1} << 20U;

/// What is known of a root, and the value that it says; the two change together or not at all.
///
/// Thread safety: `db` may be called from any thread at any time; all else belongs to the writer whose turn it is.
template <class Backend, class IndexTag>
class Branch {
 public:
  using Handle = BackendHandle<Backend>;

  /// Nodes learn their addresses while they are written. Where the commit does not follow, they are not in the store, and a
  /// later checkpoint must not refer to them.
  struct Written {
    FlushReceipt receipt{};
    ~Written() { receipt.forget(); }
  };

  /// Errors: those of the backend's connect_store; `store/does-not-exist` where the store has no such branch.
  Branch(std::shared_ptr<Handle> handle, DatabaseOptions const& options)
      : handle_{std::move(handle)},
        source_{Handle::node_source(handle_, node_cache_budget(options.index_config))},
        options_{options},
        db_{Snapshot<IndexTag>::empty(std::make_shared<DatabaseOptions const>(options))} {
    adopt_newest();
  }

  /// The newest value that is known. O(1).
  [[nodiscard]] Db<IndexTag> db() const {
    std::lock_guard lock{publishing_};
    return db_;
  }
  [[nodiscard]] std::string const& name() const noexcept { return options_.branch; }
  [[nodiscard]] KnownRoot const& known() const noexcept { return known_; }
  /// What was done here; any thread may look.
  [[nodiscard]] Activity& activity() noexcept { return activity_; }
  /// The checkpoint that the root holds.
  [[nodiscard]] CommitRecord record() const { return {known_.absorbed.empty() ? CommitId{} : known_.absorbed.back(), known_.state}; }
  [[nodiscard]] Handle& handle() const noexcept { return *handle_; }
  [[nodiscard]] std::shared_ptr<Handle> const& shared_handle() const noexcept { return handle_; }
  /// What nodes of the store are read from.
  [[nodiscard]] std::shared_ptr<NodeSource const> const& source() const noexcept { return source_; }

  /// What the names of functions mean from now on.
  void set_functions(std::shared_ptr<Functions<IndexTag> const> functions) {
    auto snapshot = db().snapshot();
    snapshot.functions = functions;
    Db<IndexTag> next{std::move(snapshot)};
    functions_.swap(functions);
    publish(std::move(next));
  }

  [[nodiscard]] RootRecord read_root() const {
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
    [[nodiscard]] bool has(CommitId const& id) const { return std::ranges::find(commits, id) != commits.end(); }
  };

  /// Reads the root and makes what it says the current value.
  Since adopt_newest() {
    std::lock_guard const changing{handle_->values().changing()};
    return adopt(read_root());
  }

  /// Makes what the root says the current value. Requires: `changing` of the handle's values was held before the root was read.
  Since adopt(RootRecord root) {
    if (root.version == known_.version) return {};
    Since since{.moved = true};
    KnownRoot next;
    Snapshot<IndexTag> snapshot;
    bool const extends = known_.goes_on_in(root);
    if (extends) {
      snapshot = db().snapshot();
      next.absorbed = known_.absorbed;
      next.commits = known_.commits;
    } else {
      auto checkpoint = codec::read_state<IndexTag>(root.state, source_, options_);
      next.absorbed = std::move(checkpoint.commits);
      since.commits = next.absorbed;
      snapshot = std::move(checkpoint.snapshot);
    }
    std::vector<TxRecord> records;
    for (auto const& bytes : std::span{root.tail}.subspan(extends ? known_.frames.size() : 0)) {
      for (auto& [commit, record] : codec::read_frame(bytes)) {
        since.commits.push_back(commit);
        next.commits.push_back(commit);
        records.push_back(std::move(record));
      }
    }
    // Commits are named in their order, so that all are named that followed one that is.
    since.complete = extends || since.has(known_.newest_commit());
    for (auto const& frame : root.tail) next.tail_bytes += frame.size();
    next.version = std::move(root.version);
    next.state = std::move(root.state);
    next.frames = std::move(root.tail);
    snapshot = apply(std::move(snapshot), std::span<TxRecord const>{records});
    snapshot.functions = functions_;
    // A schema that says the same stays where it was, so that the plans that were made for it are still found.
    if (auto const known = this->db().moment().schema; !extends && *snapshot.schema == *known) snapshot.schema = known;
    Db<IndexTag> db{std::move(snapshot)};
    // From here on nothing throws: what is known of the root and what is published change together.
    known_ = std::move(next);
    note_tail();
    if (!extends) forget_flush();  // its nodes are no part of what is known now
    publish(std::move(db));
    return since;
  }

  /// Whether others have committed since; takes it in. Not where the root cannot be read.
  [[nodiscard]] bool has_moved() {
    try {
      return adopt_newest().moved;
    } catch (Error const&) {
      return false;
    }
  }

  /// Keeps other writers from the store, where its backend can, until the next commit or `let_go`: the root that is read now is
  /// the one that it will meet.
  void hold() {
    if constexpr (BlobStoreHolds<typename Handle::Blobs>) {
      // Others of this process take `changing` first and wait for the store then: so must whoever holds it for longer.
      holding_ = std::unique_lock{handle_->values().changing()};
      holder_.emplace(handle_->blobs().begin());
      holder_->hold();
    }
  }
  /// On the thread that held it.
  void let_go() noexcept {
    holder_.reset();
    holding_ = {};
  }
  [[nodiscard]] bool holds() const noexcept { return holder_.has_value(); }

  // Once a commit has landed nothing may throw: what is known of the root and what is published change together, or the
  // next commit would repeat this one's number. What needs memory is made before.

  /// Adds to the tail a frame of the transactions `ids`, which lead to `db`. Once the tail has passed its budget, each frame
  /// takes a slice of the nodes along that a checkpoint has to write, so that no commit waits for all of them; one that finds
  /// the tail at twice the budget takes all that is left. Nodes for which there is no room don't keep the frame from it.
  [[nodiscard]] CommitResult append(Db<IndexTag> db, std::span<std::byte const> frame, std::span<CommitId const> ids) {
    std::lock_guard const changing{handle_->values().changing()};
    auto kept = Bytes::copy(frame);
    known_.make_room(ids.size());
    Written slice;
    auto writer = take_writer();
    CountedSink sliced{Handle::node_sink(writer)};
    bool is_last = flush_ && write_slice(writer, sliced, slice.receipt);
    auto result = [&] {
      if (!flush_) return writer.append(options_.branch, known_.version, frame);
      try {
        auto both = writer.append(options_.branch, known_.version, frame);
        if (!(both == CommitResult::failed)) return both;
      } catch (Error const&) {  // NOLINT(bugprone-empty-catch): what is not the slice's fault is thrown again
      }
      is_last = false;
      leave_slice(writer, sliced, slice.receipt);
      return writer.append(options_.branch, known_.version, frame);
    }();
    if (result == CommitResult::committed) {
      slice.receipt.confirm();
      known_.appended(std::move(result.version), std::move(kept), ids);
      note_tail();
      publish(std::move(db));
      if (is_last) flush_.reset();
      is_flushed_ = is_flushed_ || is_last;
      activity_.appends.add(1);
      activity_.appended_bytes.add(frame.size());
      activity_.transaction_bytes.add(frame.size());
      activity_.nodes_written.add(sliced.nodes());
      activity_.checkpoint_bytes.add(sliced.bytes());
    } else if (result == CommitResult::conflict) {
      activity_.conflicts.add(1);
    }
    return result;
  }

  /// Begins to write the nodes of what is known now with the frames that follow, where the tail has passed its budget. True
  /// when few are left: it is time for a checkpoint.
  [[nodiscard]] bool prepare_checkpoint() {
    if (known_.tail_bytes <= tail_budget || flush_) return false;
    // What was committed during the slices has made nodes too: they go the same way, unless they are few.
    bool const is_due = is_flushed_ && (known_.tail_bytes - bytes_at_flush_ <= tail_budget / 32 || known_.tail_bytes > 2 * tail_budget);
    if (!is_due && known_.tail_bytes < next_flush_) return false;
    auto newest = db();
    if (detail::gap_of(newest.snapshot()) != nullptr) {  // nothing can be written: the checkpoint will say so, now and then
      is_flushed_ = false;
      next_flush_ = known_.tail_bytes + tail_budget / 4;
      return true;
    }
    if (is_due) return true;
    flush_.emplace(std::move(newest));  // whose nodes, which are there now, are those that later versions share
    bytes_at_flush_ = known_.tail_bytes;
    return false;
  }

  /// Writes the nodes of `db` that are not in the store and makes it the root's state, instead of state and tail. `ids` are
  /// those that lead to it from what is known.
  [[nodiscard]] CommitResult commit(Db<IndexTag> db, std::span<CommitId const> ids, std::span<CommitRecord const> merged = {}) {
    return commit(take_writer(), std::move(db), ids, merged, activity_.checkpoint_bytes);
  }
  /// On whose behalf a checkpoint is made: a collection's own, with nothing new in it, are none that it is to keep.
  enum class MadeBy : std::uint8_t { user, collection };

  /// With a writer that has written some of them already. `merged` are checkpoints that it is made from beside the one before it; `written` is where what
  /// it writes is counted.
  [[nodiscard]] CommitResult commit(WriterOf<typename Handle::Blobs> writer, Db<IndexTag> db, std::span<CommitId const> ids,
                                    std::span<CommitRecord const> merged, Activity::Count& written, MadeBy made_by = MadeBy::user) {
    std::lock_guard const changing{handle_->values().changing()};
    Written nodes;
    auto named = known_.named_with(ids);
    std::vector<CommitParent> parents{put_record(writer, record())};
    bool const is_renewal = made_by == MadeBy::collection && known_.frames.empty();
    if (is_renewal) {
      // What users committed has a short way to it, however many collections come between.
      auto const before = codec::read_state<IndexTag>(known_.state, source_, options_);
      if (before.is_renewal && !before.parents.empty()) parents.push_back(before.parents.back());
    }
    auto other_bytes = known_.state.size();  // of states, here and in records
    for (auto const& record : merged) {
      parents.push_back(put_record(writer, record));
      other_bytes += record.state.size();
    }
    CountedSink sink{Handle::node_sink(writer)};
    auto const state =
        codec::write_state(named, std::span<CommitParent const>{parents}, db.snapshot(), sink.sink(), nodes.receipt, is_renewal);
    auto kept = Bytes::copy(state);
    auto result = writer.commit(options_.branch, known_.version, state);
    if (result == CommitResult::committed) {
      nodes.receipt.confirm();
      forget_flush();
      known_.replaced(std::move(result.version), std::move(kept), std::move(named));
      note_tail();
      publish(std::move(db));
      activity_.checkpoints.add(1);
      activity_.nodes_written.add(sink.nodes());
      written.add(sink.bytes() + state.size() + other_bytes);
      log(LogLevel::info, LogEvent::commit_checkpoint, [&] {
        return std::pair{"Branch " + options_.branch + " has a new checkpoint.", "{:branch " + quoted_text(options_.branch) + " :nodes " + std::to_string(sink.nodes()) +
                                                                                     " :bytes " + std::to_string(sink.bytes() + state.size()) + "}"};
      });
    } else if (result == CommitResult::conflict) {
      activity_.conflicts.add(1);
    }
    return result;
  }

  /// Puts a checkpoint of what is newest in the place of the root's, even where the tail is empty: whoever has written nodes for the
  /// one before it begins anew. Where there is nothing new in it, it says that it is a renewal, and has for its parents the one before it and, where
  /// that is a renewal too, the one that both are of. Errors: `commit/conflict` where others go on doing the same.
  void renew() {
    struct LetGo {
      Branch& branch;
      ~LetGo() { branch.let_go(); }
    } const at_the_end{*this};
    detail::BackOff back_off;
    for (int attempt = 0; attempt != max_commit_attempts; ++attempt) {
      auto const id = CommitId::random();
      auto const result = commit(take_writer(), db(), std::span{&id, 1}, {}, activity_.checkpoint_bytes, MadeBy::collection);
      if (result == CommitResult::committed) return;
      if (result == CommitResult::conflict && attempt + 1 >= patient_commit_attempts) hold();
      auto const since = adopt_newest();
      if (since.has(id)) return;
      if (result == CommitResult::failed) raise(Errc::io_error, "The storage refused a checkpoint: " + result.reason + ". No transaction is lost.");
      if (!holds()) back_off(attempt);
    }
    raise(Errc::commit_conflict, "Other writers overtook this checkpoint each time; no transaction is lost.");
  }

 private:
  static constexpr std::size_t slice_size = std::size_t{1} << 18U;

  [[nodiscard]] static CommitParent put_record(WriterOf<typename Handle::Blobs>& writer, CommitRecord const& record) {
    return {record.id, NodeAddress::of(writer.put(record.state.view()))};
  }

  void note_tail() noexcept {
    activity_.tail_frames.set(known_.frames.size());
    activity_.tail_bytes.set(known_.tail_bytes);
  }

  /// Whether it was the last. `sink` is the writer's.
  bool write_slice(WriterOf<typename Handle::Blobs>& writer, CountedSink& sink, FlushReceipt& receipt) {
    bool const waits = known_.tail_bytes <= 2 * tail_budget;
    try {
      return flush_->write(sink.sink(), waits ? slice_size : static_cast<std::size_t>(-1), receipt);
    } catch (...) {
      leave_slice(writer, sink, receipt);
      return false;
    }
  }
  /// A new writer without any; the next try is when the tail has grown.
  void leave_slice(WriterOf<typename Handle::Blobs>& writer, CountedSink& sink, FlushReceipt& receipt) {
    receipt.forget();
    sink.forget();
    writer = handle_->blobs().begin();
    flush_.reset();
    next_flush_ = known_.tail_bytes + tail_budget / 4;
  }

  /// A writer without anything in it: the one that holds the store, if one does.
  [[nodiscard]] WriterOf<typename Handle::Blobs> take_writer() {
    if (!holder_) return handle_->blobs().begin();
    auto writer = *std::move(holder_);
    holder_.reset();
    return writer;
  }

  void forget_flush() noexcept {
    flush_.reset();
    is_flushed_ = false;
    bytes_at_flush_ = next_flush_ = 0;
  }

  /// The value that was current goes after the lock, since its nodes may be many.
  void publish(Db<IndexTag> db) noexcept {
    static_assert(std::is_nothrow_swappable_v<Db<IndexTag>>);
    std::lock_guard lock{publishing_};
    std::swap(db_, db);
  }

  std::shared_ptr<Handle> handle_;
  std::shared_ptr<NodeSource const> source_;
  DatabaseOptions options_;
  KnownRoot known_{};
  Activity activity_{};
  std::shared_ptr<Functions<IndexTag> const> functions_{};

  std::unique_lock<std::recursive_mutex> holding_{};
  std::optional<WriterOf<typename Handle::Blobs>> holder_{};
  std::optional<SlicedFlush<IndexTag>> flush_{};  // the nodes that are on their way
  bool is_flushed_ = false;                       // whether some value's nodes are all there, whose tail was
  std::size_t bytes_at_flush_ = 0;                // so long
  std::size_t next_flush_ = 0;                    // no other begins before the tail is so long

  mutable std::mutex publishing_;  // guards db_
  Db<IndexTag> db_;
};

}  // namespace cairn
