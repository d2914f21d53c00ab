// Copyright the Cairn authors
// SPDX-License-Identifier: BSL-1.0
// A connection to a database.
#pragma once

#include <cairn/db/tx_range.hpp>
#include <cairn/store/collect_stats.hpp>
#include <cairn/store/session.hpp>
#include <cairn/store/stats.hpp>

#include <chrono>
#include <functional>
#include <initializer_list>
#include <memory>
#include <string_view>
#include <utility>
#include <vector>

namespace cairn {

/// A connection to one branch of a database; the way to its values and the only way to change it.
///
/// Moves, does not copy. Releases once: by `release()` or in the destructor. Database values outlive it.
/// Thread safety: all members but `release` and moves may be called at once from any thread.
template <class Backend, class IndexTag = typename Backend::index_tag>
class Connection {
 public:
  using Config = typename Backend::Config;
  using Database = Db<IndexTag>;
  using Report = TxReport<IndexTag>;

  explicit Connection(std::shared_ptr<BackendHandle<Backend>> handle, DatabaseOptions const& options);
  Connection(Connection&&) noexcept = default;
  Connection& operator=(Connection&& other) noexcept {
    if (this != &other) {
      close_quietly();
      session_ = std::move(other.session_);
    }
    return *this;
  }
  ~Connection() { close_quietly(); }

  /// The database as this connection knows it: an immutable value. O(1), waits for no commit. What *other* connections
  /// have committed since is taken in by the next `transact` or `sync`.
  [[nodiscard]] Database db() const;

  /// Takes in what others have committed and returns the value with it. One read of the root.
  Database sync();

  /// Commits a transaction: EDN text, an `edn::Value`, operations (`{cairn::add(e, ":name", "Ivan")}`), or structs
  /// (`Person{"Ivan", 42}`, `people`, `{person, company}`; see db/aggregate.hpp).
  ///
  /// Durability: when it returns, the transaction is as durable as the backend's capabilities say. Of writers that meet,
  /// each transaction is applied to what the others committed; none is lost.
  /// Errors: `transact/...`, `entity-id/...` and `lookup-ref/...` where the data is refused, `commit/conflict` where others
  /// overtook it too often, `io/...` and `store/...` from the storage: nothing has changed. `commit/unknown`: it may have.
  Report transact(TxData const& data);
  Report transact(std::initializer_list<TxOp> operations);

  /// Commits any number of facts as one transaction, in bounded memory (`ImportOptions`): sorted, validated in bulk, built into
  /// full nodes that go to the store as they are made, and visible, all of them, when one commit at the end has made them so.
  /// `facts` is a range, which may be gone through once, of `ImportFact` or of operations that only add (`:db/add`, entity
  /// maps with plain values):
  ///
  ///     conn.import(std::vector{cairn::ImportFact{-1, cairn::kw(":name"), "Ivan"}, ...});
  ///
  /// It only adds, and identifies nobody by a unique attribute: a second value of an attribute that holds one, and a unique
  /// value that another entity has, refuse the whole import; so do schema, tuples, and attributes with predicates, which are
  /// for `transact`. Facts that are true already stay as they are. Other threads' transactions, checkpoints and `sync` wait; what another connection
  /// commits meanwhile makes the import fail (`commit/conflict`). Listeners hear of it without its datoms.
  ///
  /// Durability and errors: as `transact`; what reading the facts throws passes through. Nothing has changed then.
  /// Complexity: linear in the facts, and in the database where the facts are more than an eighth of it, or than 65,536.
  /// Memory beside that of `ImportOptions`: a few words for each temporary id, and the nodes of fewer facts than that.
  template <class Facts>
  ImportReport<IndexTag> import(Facts&& facts, ImportOptions const& options = {}) {
    return session()->import(std::forward<Facts>(facts), options);
  }

  /// Has `listener(report)` called after every transaction that this connection commits, in their order. It may use the
  /// connection, release it and destroy it. Where several threads transact, a report may come from another's thread, and after `transact` has
  /// returned. What it throws is lost: the transaction is committed.
  ListenerId listen(std::function<void(Report const&)> listener);
  /// Takes a listener away; nothing happens where there is none of that name. No call of it begins after this has returned;
  /// one that another thread has begun may still run.
  void unlisten(ListenerId id);

  /// Says what the names of functions mean that this connection's transactions and the schema use (`Functions`). It
  /// replaces what was said before, and values taken from the connection from now on know it too (`Db::with`).
  ///
  /// A function works on the database that it is given and must not use the connection, whose transaction it is part of:
  /// it would wait for itself, and gets `transact/syntax` instead. It runs again when others overtook its transaction. It
  /// may run on any thread that transacts at the same time, and must not wait for one that does.
  void set_functions(Functions<IndexTag> functions);

  /// The transactions from `from` on, up to and without `to`, each a transaction's number, a moment, or nothing for no
  /// limit. As `cairn::tx_range` of `db()`.
  [[nodiscard]] std::vector<Transaction> tx_range(TxBound from = {}, TxBound to = {}) const;

  /// Writes the indexes' new nodes to the store and empties the tail, so that opening has nothing to replay. Happens by
  /// itself when the tail has grown and when a connection that has committed something is released.
  /// Errors: those of the store; `store/corrupt`, which names it, where something was added below a damaged node, until the node is restored and
  /// somebody connects anew (docs/reliability.md). What was committed stays in the tail.
  void checkpoint();

  /// Removes what no branch of the store needs any more, beside its writers and readers: all values that this process holds stay
  /// readable, and so do those of other processes that were read within `keep_for`. Values of this process are known where they came
  /// through this type of backend.
  ///
  /// Errors: those of the store; `config/mismatch` where the backend cannot erase. Whatever ends it, only garbage is gone, and the next
  /// collection removes the rest.
  /// Complexity: reads the inner nodes of all that is kept, once; then what the backend's sweep reads. Memory: `AddressSet` of the nodes
  /// that are alive and of those that are not.
  GarbageReport collect_garbage(GarbageOptions const& options = {});
  /// The same on a thread of its own, every `interval` until the connection is released, in the place of what was asked for before; 0 ends
  /// it. `outcome(report, error)` is called on that thread after each; `error` is null where there was none.
  void collect_garbage_every(std::chrono::milliseconds interval, GarbageOptions options = {}, GarbageOutcome outcome = {});

  /// Checkpoints, where something was committed through it, and lets go of the store; the connection is of no use afterwards. Database
  /// values taken from it stay readable, and the backend's own connection is released when the last of them is gone. Does nothing the
  /// second time.
  /// Errors: those of the checkpoint; it is released all the same, and nothing that was acknowledged is lost. Where a damaged node makes a checkpoint
  /// impossible, none is made, which is logged and no error.
  void release();

  /// Whether it has not been released or moved from.
  [[nodiscard]] explicit operator bool() const noexcept { return session_ != nullptr; }

  [[nodiscard]] Config const& config() const;
  /// The backend's name.
  [[nodiscard]] static constexpr std::string_view backend_id() noexcept { return Backend::backend_id; }
  /// Bytes of transactions that wait in the tail for the next checkpoint.
  [[nodiscard]] std::size_t tail_bytes() const;
  /// Figures of the database, of what waits in the tail, of the memory for nodes and of what was done through this connection; with
  /// `StatsDepth::roots` and `nodes` also of the store. Values that it takes into account are those of this moment, each by itself.
  /// `progress` is called as that of a collection of garbage, whose errors `nodes` has. Waits for no commit, `nodes` aside. O(values that are held),
  /// and what `depth` costs.
  [[nodiscard]] ConnectionStats stats(StatsDepth depth = StatsDepth::memory, std::function<void(GarbageProgress const&)> progress = {}) const;
  /// The backend's connection, for tools that look at a store below its database.
  [[nodiscard]] typename BackendHandle<Backend>::Blobs& blobs();

  /// What is below, for what is built beside this class (cairn/store/branching.hpp). Shared, so that it outlives what is asked of it:
  /// a listener may release the connection or destroy it.
  [[nodiscard]] std::shared_ptr<Session<Backend, IndexTag>> session() const {
    if (!session_) raise(Errc::store_does_not_exist, "This connection has been released. Connect again.");
    return session_;
  }

 private:
  void close_quietly() noexcept {
    try {
      release();
    } catch (...) {  // NOLINT(bugprone-empty-catch): all that was acknowledged is durable; release() is how to hear of faults
    }
  }

  std::shared_ptr<Session<Backend, IndexTag>> session_;
};

// Out of the class, so that they are not inline: a program that links cairn::engine does not compile them again in each unit, with
// all that is behind them.

template <class Backend, class IndexTag>
Connection<Backend, IndexTag>::Connection(std::shared_ptr<BackendHandle<Backend>> handle, DatabaseOptions const& options)
    : session_{std::make_shared<Session<Backend, IndexTag>>(std::move(handle), options)} {}

template <class Backend, class IndexTag>
Db<IndexTag> Connection<Backend, IndexTag>::db() const {
  return session()->db();
}

template <class Backend, class IndexTag>
Db<IndexTag> Connection<Backend, IndexTag>::sync() {
  return session()->sync();
}

template <class Backend, class IndexTag>
TxReport<IndexTag> Connection<Backend, IndexTag>::transact(TxData const& data) {
  return session()->transact(data);
}

template <class Backend, class IndexTag>
TxReport<IndexTag> Connection<Backend, IndexTag>::transact(std::initializer_list<TxOp> operations) {
  return session()->transact(TxData{operations});
}

template <class Backend, class IndexTag>
ListenerId Connection<Backend, IndexTag>::listen(std::function<void(Report const&)> listener) {
  return session()->listeners().add(std::move(listener));
}

template <class Backend, class IndexTag>
void Connection<Backend, IndexTag>::unlisten(ListenerId id) {
  session()->listeners().remove(id);
}

template <class Backend, class IndexTag>
void Connection<Backend, IndexTag>::set_functions(Functions<IndexTag> functions) {
  session()->set_functions(std::make_shared<Functions<IndexTag> const>(std::move(functions)));
}

template <class Backend, class IndexTag>
std::vector<Transaction> Connection<Backend, IndexTag>::tx_range(TxBound from, TxBound to) const {
  return cairn::tx_range(db(), from, to);
}

template <class Backend, class IndexTag>
void Connection<Backend, IndexTag>::checkpoint() {
  session()->checkpoint();
}

template <class Backend, class IndexTag>
GarbageReport Connection<Backend, IndexTag>::collect_garbage(GarbageOptions const& options) {
  return session()->collect_garbage(options);
}

template <class Backend, class IndexTag>
void Connection<Backend, IndexTag>::collect_garbage_every(std::chrono::milliseconds interval, GarbageOptions options, GarbageOutcome outcome) {
  session()->collect_garbage_every(interval, std::move(options), std::move(outcome));
}

template <class Backend, class IndexTag>
void Connection<Backend, IndexTag>::release() {
  auto const session = std::move(session_);
  if (!session) return;
  session->stop_collecting();
  session->checkpoint_own();
}

template <class Backend, class IndexTag>
typename Backend::Config const& Connection<Backend, IndexTag>::config() const {
  return session()->handle().config();
}

template <class Backend, class IndexTag>
std::size_t Connection<Backend, IndexTag>::tail_bytes() const {
  return session()->tail_bytes();
}

template <class Backend, class IndexTag>
ConnectionStats Connection<Backend, IndexTag>::stats(StatsDepth depth, std::function<void(GarbageProgress const&)> progress) const {
  return detail::collect_stats(*session(), depth, std::move(progress));
}

template <class Backend, class IndexTag>
typename BackendHandle<Backend>::Blobs& Connection<Backend, IndexTag>::blobs() {
  return session()->handle().blobs();
}

}  // namespace cairn
