// Copyright the Cairn authors
// SPDX-License-Identifier: BSL-1.0
// Whether all that an audited store holds is what was committed to it.
#pragma once

#include <cairn/store/branching.hpp>

#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <deque>
#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <type_traits>
#include <unordered_map>
#include <unordered_set>
#include <utility>
#include <vector>

namespace cairn {

/// What `verify_chain` is to look for.
struct ChainOptions {
  /// A commit of this branch that is known to be good.
  std::optional<CommitId> from{};
  /// Called now and then with the numbers of commits and nodes; may throw to end it.
  std::function<void(std::uint64_t commits, std::uint64_t nodes)> progress{};
};

/// Something that is not what was committed.
struct ChainFault {
  Errc code{};
  std::string what{};  ///< the node with its address, tree and path; the commit; the root, or the frame of its tail
};

/// What `verify_chain` has looked at and found.
struct ChainReport {
  std::uint64_t branches = 0;
  std::uint64_t commits = 0;  ///< checkpoints that are what they are called
  std::uint64_t nodes = 0;    ///< those of all commits, each once
  std::uint64_t frames = 0;   ///< of tails
  std::vector<ChainFault> faults{};
  /// Commits of which something is not there, none of which is a branch's newest: a collection of garbage that was to keep less has taken it, or
  /// somebody else. What is left of them is what was committed. Of what comes before a commit whose record is not there, nothing is known.
  std::vector<CommitId> incomplete{};
  /// How many commits `from` stands for: itself and those before it. Nothing where none was given, or it was not found.
  std::optional<std::uint64_t> proven{};

  [[nodiscard]] bool sound() const noexcept { return faults.empty(); }
};

namespace detail {

/// The layer that audits, below others or not.
template <class Connection>
[[nodiscard]] auto& audited_part(Connection& connection) {
  if constexpr (requires { connection.check_root(std::string_view{}); }) {
    return connection;
  } else if constexpr (requires { connection.inner(); }) {
    return audited_part(connection.inner());
  } else {
    return audited_part(connection.back());
  }
}

/// Whether all that is read comes through the layer that audits, and from the store below it.
template <class Connection>
[[nodiscard]] consteval bool audits_all_reads() {
  if constexpr (requires(Connection& connection) { connection.check_root(std::string_view{}); }) {
    return true;
  } else if constexpr (requires { Connection::answers_from_copies; }) {
    return false;
  } else {
    return audits_all_reads<std::remove_cvref_t<decltype(std::declval<Connection&>().inner())>>();
  }
}

template <class Backend, class IndexTag>
class ChainVerification {
 public:
  using Handle = BackendHandle<Backend>;
  using Address = typename Handle::Address;

  ChainVerification(Connection<Backend, IndexTag> const& conn, ChainOptions const& options)
      : session_{conn.session()}, options_{options}, branch_{conn.db().options().branch}, database_options_{conn.db().options()} {}

  ChainReport run() {
    // The newest ones first: of these all has to be there.
    for (auto const& name : audited_part(blobs()).roots()) check_root(name);
    for (auto const& name : blobs().roots()) look_at_branch(name);
    report_.branches = heads_.size();
    for (auto const& head : heads_) look_at_commit(head.checkpoint, true);
    for (; !waiting_.empty(); waiting_.pop_front()) look_at_parent(waiting_.front());
    if (options_.from) find(*options_.from);
    return std::move(report_);
  }

 private:
  /// What a branch held. The value lets collections in this process know that all of it is being read.
  struct Head {
    std::string branch;
    Checkpoint<IndexTag> checkpoint;
    Db<IndexTag> held{checkpoint.snapshot};
  };

  [[nodiscard]] typename Handle::Blobs& blobs() const noexcept { return session_->handle().blobs(); }

  void fault(Errc code, std::string what) { report_.faults.push_back({code, std::move(what)}); }

  void check_root(std::string const& name) {
    try {
      audited_part(blobs()).check_root(name);
    } catch (Error const& error) {
      if (is_of_place(error)) throw;
      bad_roots_.insert(name);
      fault(error.code(), (name.starts_with('\0') ? "Root " + name.substr(1) : "Branch " + name) + ": " + error.message());
    }
  }

  void look_at_branch(std::string const& name) {
    if (name.starts_with('\0') || bad_roots_.contains(name)) return;
    try {
      ReadingOldCommits<Backend> const reading{session_->handle()};
      auto const root = blobs().root(name);
      if (!root) return;  // dropped meanwhile
      for (std::size_t i = 0; i != root->tail.size(); ++i) {
        try {
          static_cast<void>(codec::read_frame(root->tail[i]));
          ++report_.frames;
        } catch (Error const& error) {
          fault(error.code(), "Frame " + std::to_string(i + 1) + " in the tail of the root \"" + name + "\": " + error.message());
        }
      }
      heads_.push_back(Head{name, codec::read_state<IndexTag>(root->state, session_->source(), database_options_)});
    } catch (Error const& error) {
      if (is_of_place(error)) throw;
      fault(error.code(), "Branch " + name + ": " + error.message());
    }
  }

  /// Each commit that names a parent has a record of its own of it.
  void look_at_parent(CommitParent const& parent) {
    if (!seen_.insert(parent.record.template to<Address>())) return;
    std::optional<Checkpoint<IndexTag>> checkpoint;
    std::optional<Db<IndexTag>> held;
    try {
      ReadingOldCommits<Backend> const reading{session_->handle()};
      auto const& source = session_->source();
      checkpoint = codec::read_state<IndexTag>(source->read(source->context, parent.record), source, database_options_);
      held.emplace(checkpoint->snapshot);
    } catch (Error const& error) {
      if (is_missing(error)) return note_incomplete(parent.id);
      return fault(error.code(), "Commit " + to_text(parent.id) + " (its record is at the address " + hexadecimal(parent.record) + "): " + error.message());
    }
    if (checkpoint->id() != parent.id) {
      return fault(Errc::store_corrupt, "Commit " + to_text(parent.id) + ": in its place there is the commit " + to_text(checkpoint->id()) + ".");
    }
    look_at_commit(*checkpoint, false);
  }

  /// `is_head`: of this nothing may be missing. Requires: a value holds it.
  void look_at_commit(Checkpoint<IndexTag> const& checkpoint, bool is_head) {
    auto const id = checkpoint.id();
    if (!parents_.try_emplace(id).second) return;
    ++report_.commits;
    for (auto const& parent : checkpoint.parents) {
      parents_[id].push_back(parent.id);
      waiting_.push_back(parent);
    }
    is_whole_ = true;
    auto const read = [&](auto const& index, std::string const& tree) {
      index.read_all([&](std::size_t depth, NodeAddress const& address) { return enter(depth, address); },
                     [&](NodePath const& path, NodeAddress const& address, Error const& error) {
                       if (is_missing(error)) {
                         note_gap();
                         if (!is_head) return;
                       }
                       fault(error.code(), "Commit " + to_text(id) + ", index " + tree + ", " + text_of(path) + ", at the address " + hexadecimal(address) +
                                               ": " + error.message());
                     });
    };
    for (bool const current : {true, false}) {
      auto const& indexes = current ? checkpoint.snapshot.current : checkpoint.snapshot.temporal;
      std::string const which = current ? "" : " of the history";
      read(indexes.eavt, "EAVT" + which);
      read(indexes.aevt, "AEVT" + which);
      read(indexes.avet, "AVET" + which);
    }
    if (!is_head && !is_whole_) note_incomplete(id);
    tell();
  }

  void note_incomplete(CommitId const& id) {
    if (std::ranges::find(report_.incomplete, id) == report_.incomplete.end()) report_.incomplete.push_back(id);
  }
  /// What is shared with a commit that was looked at before is not read again.
  bool enter(std::size_t depth, NodeAddress const& node) {
    auto const address = node.template to<Address>();
    way_.resize(depth);
    way_.push_back(address);
    if (!seen_.insert(address)) {
      if (with_gaps_.contains(address)) note_gap();
      return false;
    }
    constexpr std::uint64_t now_and_then = 256;
    if (++report_.nodes % now_and_then == 0) tell();
    return true;
  }
  /// Something is not there at the end of the way, or below it.
  void note_gap() {
    is_whole_ = false;
    for (auto const& address : way_) with_gaps_.insert(address);
  }
  void tell() const {
    if (options_.progress) options_.progress(report_.commits, report_.nodes);
  }

  /// Whether nothing is told about the bytes: the store does not answer, or not this user.
  [[nodiscard]] static bool is_of_place(Error const& error) noexcept {
    return error.code() == Errc::io_error || error.code() == Errc::io_denied || error.code() == Errc::io_read_only;
  }
  /// Whether it is not there, in a store that answers.
  [[nodiscard]] bool is_missing(Error const& error) const {
    if (error.code() != Errc::io_error) return false;
    static_cast<void>(blobs().roots());  // throws where it is the store that does not answer
    return true;
  }
  [[nodiscard]] static std::string text_of(NodePath const& path) {
    if (path.empty()) return "the root node";
    std::string text = "node root";
    for (auto const child : path) text += "/" + std::to_string(child);
    return text;
  }

  void find(CommitId const& from) {
    std::vector<CommitId> heads;
    for (auto const& head : heads_) {
      if (head.branch == branch_) heads.push_back(head.checkpoint.id());
    }
    if (!reached_from(std::move(heads)).contains(from)) {
      return fault(Errc::store_corrupt, "Commit " + to_text(from) + " is none that the branch " + branch_ +
                                            " comes from: the branch was put back to an older state, or is another one, or the commit was collected as garbage.");
    }
    report_.proven = reached_from({from}).size();
  }
  using Ids = std::unordered_set<CommitId, CommitIdHash>;
  [[nodiscard]] Ids reached_from(std::vector<CommitId> waiting) const {
    Ids reached;
    while (!waiting.empty()) {
      auto const id = waiting.back();
      waiting.pop_back();
      auto const found = parents_.find(id);
      if (found == parents_.end() || !reached.insert(id).second) continue;
      waiting.insert(waiting.end(), found->second.begin(), found->second.end());
    }
    return reached;
  }

  std::shared_ptr<Session<Backend, IndexTag>> session_;
  ChainOptions const& options_;
  std::string branch_;
  DatabaseOptions database_options_;
  std::vector<Head> heads_{};
  std::unordered_set<std::string> bad_roots_{};
  std::deque<CommitParent> waiting_{};
  std::unordered_map<CommitId, std::vector<CommitId>, CommitIdHash> parents_{};  ///< of those that were looked at
  AddressSet<Address> seen_{};
  AddressSet<Address> with_gaps_{};  ///< nodes that are not there, and those above them
  std::vector<Address> way_{};       ///< from the root of a tree to the node that was last met
  bool is_whole_ = true;             ///< the commit that is looked at
  ChainReport report_{};
};

}  // namespace detail

/// Reads all that an audited store holds (`Audited`): every node, commit and frame of all branches, and what came before them, and compares it with
/// the hashes by which others name it, and the roots with their signatures where the store is signed. What is not as it was committed is in the
/// report; nothing is thrown for it.
///
/// Without `from`, and without a public key in the configuration, that is: whatever was changed by somebody who did not make all hashes above it
/// anew, up to the root. `from`, a commit of the connection's branch that is known to be good, proves itself and what came before it against
/// everybody. A public key proves all, but not that it is the newest.
///
/// Errors: those of a store that does not answer; `config/mismatch` where it is not audited, or is read through copies above the layer that audits (`Cached`,
/// `Tiered`); what `progress` throws.
/// Complexity: reads every blob that is reached, once. Memory: an address for each, of 16 bytes more than the store's own. Beside writers it looks at what the
/// branches hold when it begins.
template <class Backend, class IndexTag>
[[nodiscard]] ChainReport verify_chain(Connection<Backend, IndexTag> const& conn, ChainOptions const& options = {}) {
  using Blobs = typename BackendHandle<Backend>::Blobs;
  if constexpr (!BlobStoreNamesCommits<Blobs>) {
    static_cast<void>(conn);
    raise(Errc::config_mismatch, "The backend " + std::string{Backend::backend_id} +
                                     " does not name commits by what is in them. Copy the database into a store that does: Audited<Backend>, :audited.");
  } else if constexpr (!detail::audits_all_reads<Blobs>()) {
    static_cast<void>(conn);
    raise(Errc::config_mismatch, "The backend " + std::string{Backend::backend_id} +
                                     " reads copies, which are above the layer that audits: they don't tell what is in the store. Verify the :audited store by "
                                     "itself, with a configuration that leaves out the :cached or :tiered layer above it.");
  } else {
    return detail::ChainVerification<Backend, IndexTag>{conn, options}.run();
  }
}

}  // namespace cairn
