// Copyright the Cairn authors
// SPDX-License-Identifier: BSL-1.0
// The commits of a store and what each was made from.
#pragma once

#include <cairn/db/db.hpp>
#include <cairn/store/backend_handle.hpp>
#include <cairn/store/root_state.hpp>

#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <cstring>
#include <memory>
#include <queue>
#include <span>
#include <string>
#include <string_view>
#include <unordered_map>
#include <utility>
#include <vector>

namespace cairn {

/// A commit as the graph tells of it: a checkpoint, which took in the transactions since the one before it.
struct Commit {
  CommitId id{};
  std::vector<CommitId> parents{};
  EntityId max_tx = 0;         ///< its last transaction
  Instant last_instant{};      ///< and that one's instant
  Instant written{};           ///< when the checkpoint was made
  std::uint64_t datoms = 0;    ///< that are true
  /// Whether a collection of garbage made it, with nothing new in it. It names the checkpoint that it replaced, and behind it, where that is one too, the
  /// one with something new that both are of.
  bool is_renewal = false;
};

namespace detail {

struct CommitIdHash {
  std::size_t operator()(CommitId const& id) const noexcept {
    std::size_t hash = 0;
    std::memcpy(&hash, id.bytes.data(), sizeof hash);  // random bits
    return hash;
  }
};

/// Reads commits of a store, from the newest to the oldest.
template <class Backend, class IndexTag>
class CommitGraph {
 public:
  using Handle = BackendHandle<Backend>;

  /// A commit whose record was read.
  struct Node {
    CommitRecord record;
    Checkpoint<IndexTag> checkpoint;

    [[nodiscard]] Commit commit() const {
      Commit commit{record.id, {}, checkpoint.snapshot.max_tx, checkpoint.snapshot.last_instant, checkpoint.written,
                    checkpoint.snapshot.current.eavt.size(), checkpoint.is_renewal};
      for (auto const& parent : checkpoint.parents) commit.parents.push_back(parent.id);
      return commit;
    }
    [[nodiscard]] Db<IndexTag> db() const { return Db<IndexTag>{checkpoint.snapshot}; }
  };
  using NodePtr = std::shared_ptr<Node const>;

  CommitGraph(std::shared_ptr<Handle> handle, std::shared_ptr<NodeSource const> source, DatabaseOptions options)
      : handle_{std::move(handle)}, source_{std::move(source)}, options_{std::move(options)} {}

  /// The newest checkpoint of a branch. Errors: `store/does-not-exist`.
  [[nodiscard]] NodePtr head(std::string_view branch) const {
    auto const root = handle_->blobs().root(branch);
    if (!root) {
      raise(Errc::store_does_not_exist, "There is no branch " + std::string{branch} + " in this store.",
            "{:branch :" + std::string{branch} + "}");
    }
    return node(root->state);
  }

  /// Calls `visit(node)` for the commits that `heads` come from, each once, from the newest to the oldest, until it
  /// returns false. `ended(parent, error)` is called for a commit whose record is not there: no collection of garbage was to keep it.
  template <class Visit, class Ended>
  void walk(std::span<NodePtr const> heads, Visit visit, Ended ended) const {
    std::unordered_map<CommitId, bool, CommitIdHash> seen;
    Waiting waiting;
    auto const put = [&](NodePtr node) {
      if (seen.emplace(node->record.id, true).second) waiting.push(std::move(node));
    };
    for (auto const& head : heads) put(head);
    while (!waiting.empty()) {
      auto const node = waiting.top();
      waiting.pop();
      if (!visit(*node)) return;
      for (auto const& parent : node->checkpoint.parents) {
        if (seen.contains(parent.id)) continue;
        if (auto read = at_if_there(parent, ended)) put(std::move(read));
      }
    }
  }

  /// The newest commits that both come from, or are, none of which comes from another: several where the two were merged crosswise,
  /// none where the graph that is left holds none. The newest by its writer's clock comes first.
  [[nodiscard]] std::vector<NodePtr> common_ancestors(NodePtr const& left, NodePtr const& right) const {
    constexpr unsigned from_left = 1;
    constexpr unsigned from_right = 2;
    constexpr unsigned older = 4;
    auto const only_older = [](Waiting nodes, auto const& sides) {
      for (; !nodes.empty(); nodes.pop()) {
        if ((sides.at(nodes.top()->record.id) & older) == 0) return false;
      }
      return true;
    };
    std::unordered_map<CommitId, unsigned, CommitIdHash> reached{};
    Waiting waiting;
    auto const begin_at = [&](NodePtr const& node, unsigned side) {
      reached[node->record.id] |= side;
      waiting.push(node);
    };
    begin_at(left, from_left);
    begin_at(right, from_right);
    std::vector<NodePtr> found;
    while (!waiting.empty() && (found.empty() || !only_older(waiting, reached))) {
      auto const node = waiting.top();
      waiting.pop();
      auto const sides = reached[node->record.id];
      bool const is_common = (sides & (from_left | from_right)) == (from_left | from_right);
      bool const is_known = std::ranges::any_of(found, [&](NodePtr const& one) { return one->record.id == node->record.id; });
      if (is_common && (sides & older) == 0 && !is_known) found.push_back(node);
      // What comes before a common ancestor is common, too, but none of the newest.
      auto const below = is_common ? sides | older : sides;
      for (auto const& parent : node->checkpoint.parents) {
        auto& known = reached[parent.id];  // before it is read: each commit that names it has a copy of its own
        if ((known | below) == known) continue;
        known |= below;
        if (auto read = at_if_there(parent, [](CommitParent const&, Error const&) {})) waiting.push(std::move(read));
      }
    }
    std::erase_if(found, [&](NodePtr const& node) { return (reached[node->record.id] & older) != 0; });
    return found;
  }

 private:
  /// By their writers' clocks: transactions are counted on each branch for itself.
  struct Earlier {
    bool operator()(NodePtr const& one, NodePtr const& other) const noexcept { return one->checkpoint.written < other->checkpoint.written; }
  };
  using Waiting = std::priority_queue<NodePtr, std::vector<NodePtr>, Earlier>;

  /// Null where the record is not there; `ended(parent, error)` hears of it. Errors: what is there and is not sound, and a store that
  /// does not answer.
  template <class Ended>
  [[nodiscard]] NodePtr at_if_there(CommitParent const& parent, Ended const& ended) const {
    try {
      return at(parent);
    } catch (Error const& error) {
      if (error.code() != Errc::io_error) throw;
      static_cast<void>(handle_->blobs().roots());  // throws where it is the store that does not answer
      ended(parent, error);
      return nullptr;
    }
  }

  [[nodiscard]] NodePtr node(Bytes state) const {
    auto checkpoint = codec::read_state<IndexTag>(state, source_, options_);
    auto const id = checkpoint.id();
    return std::make_shared<Node const>(Node{{id, std::move(state)}, std::move(checkpoint)});
  }
  [[nodiscard]] NodePtr at(CommitParent const& parent) const {
    auto found = node(source_->read(source_->context, parent.record));
    if (!(found->record.id == parent.id)) ByteReader::corrupt("the record of a commit is that of another one");
    return found;
  }

  std::shared_ptr<Handle> handle_;
  std::shared_ptr<NodeSource const> source_;
  DatabaseOptions options_;
};

}  // namespace detail

}  // namespace cairn
