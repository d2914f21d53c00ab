// Copyright the Cairn authors
// SPDX-License-Identifier: BSL-1.0
// The commits of a store and what each was made from.
#pragma once

#include <cairn/db/db.hpp>
#include <cairn/edn/uuid.hpp>
#include <cairn/store/backend_handle.hpp>
#include <cairn/store/root_state.hpp>

#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <memory>
#include <optional>
#include <queue>
#include <span>
#include <string>
#include <string_view>
#include <unordered_map>
#include <utility>
#include <vector>

namespace cairn {

/// As a UUID is written; `cairn log` prints it.
[[nodiscard]] inline std::string to_text(CommitId const& id) {
  notation::UuidBytes bytes;
  std::ranges::transform(id.bytes, bytes.begin(), [](std::byte byte) { return std::to_integer<std::uint8_t>(byte); });
  return notation::format_uuid(bytes);
}

/// Reads it again; nothing where the text is anything else.
[[nodiscard]] inline std::optional<CommitId> commit_id_of(std::string_view text) {
  auto const bytes = notation::parse_uuid(text);
  if (!bytes) return std::nullopt;
  CommitId id;
  std::ranges::transform(*bytes, id.bytes.begin(), [](std::uint8_t byte) { return std::byte{byte}; });
  return id;
}

/// A commit as the graph tells of it: a checkpoint, which took in the transactions since the one before it.
struct Commit {
  CommitId id{};
  std::vector<CommitId> parents{};
  EntityId max_tx = 0;         ///< its last transaction
  Instant last_instant{};      ///< and that one's instant
  Instant written{};           ///< when the checkpoint was made
  std::uint64_t datoms = 0;    ///< that are true
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
                    checkpoint.snapshot.current.eavt.size()};
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
  /// returns false. `ended(parent, error)` is called for a commit whose record cannot be read: most likely no collection of garbage
  /// was to keep it.
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
        NodePtr read;
        try {
          read = at(parent);
        } catch (Error const& error) {
          ended(parent, error);
          continue;
        }
        put(std::move(read));
      }
    }
  }

  /// The newest commit that both come from, or are; null where the graph that is left holds none.
  [[nodiscard]] NodePtr common_ancestor(NodePtr const& left, NodePtr const& right) const {
    constexpr unsigned from_left = 1;
    constexpr unsigned from_right = 2;
    std::unordered_map<CommitId, unsigned, CommitIdHash> reached;
    Waiting waiting;
    auto const put = [&](NodePtr const& node, unsigned from) {
      auto& sides = reached[node->record.id];
      if ((sides | from) == sides) return;
      sides |= from;
      waiting.push(node);
    };
    put(left, from_left);
    put(right, from_right);
    while (!waiting.empty()) {
      auto const node = waiting.top();
      waiting.pop();
      auto const sides = reached[node->record.id];
      if (sides == (from_left | from_right)) return node;
      for (auto const& parent : node->checkpoint.parents) {
        try {
          put(at(parent), sides);
        } catch (Error const&) {  // NOLINT(bugprone-empty-catch): the graph ends there
        }
      }
    }
    return nullptr;
  }

 private:
  /// By their writers' clocks: transactions are counted on each branch for itself.
  struct Earlier {
    bool operator()(NodePtr const& one, NodePtr const& other) const noexcept { return one->checkpoint.written < other->checkpoint.written; }
  };
  using Waiting = std::priority_queue<NodePtr, std::vector<NodePtr>, Earlier>;

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
