// Copyright the Cairn authors
// SPDX-License-Identifier: BSL-1.0
// The stored form of a database at a checkpoint, and of a transaction in the tail after it.
#pragma once

#include <cairn/db/snapshot.hpp>
#include <cairn/db/tx_record.hpp>
#include <cairn/meta/lazy.hpp>
#include <cairn/store/commit_id.hpp>

#include <cstdint>
#include <memory>
#include <span>
#include <string_view>
#include <utility>
#include <vector>

namespace cairn {

/// The version of the format that this code writes. It reads every older one and refuses a newer one.
inline constexpr std::uint8_t format_version = 2;

/// How many of the commits that led to a checkpoint it names at the most.
inline constexpr std::size_t max_absorbed_commits = 256;

/// A checkpoint by itself: its name and its state, as it was in the root.
struct CommitRecord {
  CommitId id{};
  Bytes state{};
};

/// A checkpoint that another one was made from, and the blob in which its state is kept.
struct CommitParent {
  CommitId id{};
  NodeAddress record{};

  friend bool operator==(CommitParent const&, CommitParent const&) = default;
};

/// A checkpoint: a snapshot and the newest commits that led to it, oldest first and its own last: those of the tail that it
/// took in, and before them those that the checkpoint before it named. A writer whose reply was lost looks for its commit
/// there when the tail or the checkpoint that it may have landed in is gone.
template <class IndexTag>
struct Checkpoint {
  std::vector<CommitId> commits;
  /// What it was made from: the checkpoint that it replaced, and others where it is a merge; none where it is the first, or was
  /// written in format 1. A record may be gone that no collection of garbage was to keep.
  std::vector<CommitParent> parents;
  /// When it was made, by its writer's clock; in format 1 the instant of its last transaction. Until then the one before it was what
  /// readers opened.
  Instant written;
  Snapshot<IndexTag> snapshot;
  /// Whether a collection of garbage made it of the one that it replaced, with nothing new in it (`Branch::renew`).
  bool is_renewal = false;

  /// Its own name; nobody's where it has none.
  [[nodiscard]] CommitId id() const noexcept { return commits.empty() ? CommitId{} : commits.back(); }
};

namespace codec {

inline constexpr std::string_view state_magic = "cairn.db";

/// Writes what indexes need to be opened again: their sizes and the addresses of their roots. Nodes that are not in the store are
/// written to `sink` first, children before parents.
template <class IndexTag>
void write_indexes(ByteWriter& out, Indexes<IndexTag> const& indexes, NodeSink const& sink, FlushReceipt& receipt);

/// The state of a root (docs/format.md, "The root"). Nodes that are not stored yet are written to `sink`, and noted in
/// `receipt`: until the state is committed they are only promised. Where the store names commits, the checkpoint's own name is made of
/// the state and added to `commits`; the random one before it makes sure that no two attempts are called the same.
template <class IndexTag>
std::vector<std::byte> write_state(std::vector<CommitId>& commits, std::span<CommitParent const> parents,
                                   Snapshot<IndexTag> const& snapshot, NodeSink const& sink, FlushReceipt& receipt,
                                   bool is_renewal = false);

/// Reads it again. `options` are the connection's: what was fixed when the database was created replaces what they say.
/// Errors: `store/corrupt`; `store/format` where a newer version wrote it; `config/mismatch` where another index did.
template <class IndexTag>
Checkpoint<IndexTag> read_state(std::span<std::byte const> bytes, std::shared_ptr<NodeSource const> const& source,
                                DatabaseOptions options);

/// A frame of the tail: the transactions that were committed together, each with the attempt that wrote it (docs/format.md,
/// "The tail"). Requires: not empty.
template <meta::Lazy = {}>
std::vector<std::byte> write_frame(std::span<std::pair<CommitId, TxRecord const*> const> transactions);

struct TailTransaction {
  CommitId commit;
  TxRecord record;
};

template <meta::Lazy = {}>
std::vector<TailTransaction> read_frame(std::span<std::byte const> bytes);

}  // namespace codec

}  // namespace cairn

#ifndef CAIRN_ENGINE
#include <cairn/store/state_codec.hpp>
#endif
