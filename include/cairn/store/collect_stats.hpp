// Copyright the Cairn authors
// SPDX-License-Identifier: BSL-1.0
// Where the figures of a connection's statistics come from.
#pragma once

#include <cairn/concepts/blob_store.hpp>
#include <cairn/store/garbage.hpp>
#include <cairn/store/root_state.hpp>
#include <cairn/store/session.hpp>
#include <cairn/store/stats.hpp>

#include <algorithm>
#include <cstdint>
#include <functional>
#include <string_view>
#include <utility>

namespace cairn::detail {

template <class IndexTag>
void describe_database(ConnectionStats& stats, Db<IndexTag> const& db) {
  auto const& snapshot = db.snapshot();
  stats.datoms = snapshot.current.eavt.size();
  stats.datoms_in_avet = snapshot.current.avet.size();
  stats.history = snapshot.temporal.eavt.size();
  for (auto const& attribute : db.schema().attributes()) {
    if (attribute && attribute->id >= first_user_attribute) ++stats.attributes;
  }
  stats.max_eid = static_cast<std::uint64_t>(db.max_eid());
  stats.max_tx = static_cast<std::uint64_t>(db.max_tx());
  stats.transactions = static_cast<std::uint64_t>(db.max_tx() - first_transaction + 1);
  stats.last_instant_ms = db.last_instant().milliseconds;
  stats.levels = snapshot.current.eavt.levels();
}

inline void describe_activity(ConnectionStats& stats, Activity const& activity) {
  stats.tail_frames = activity.tail_frames.get();
  stats.tail_bytes = activity.tail_bytes.get();
  stats.committed = activity.transactions.get();
  stats.refused = activity.refused.get();
  stats.commit_conflicts = activity.conflicts.get();
  stats.appends = activity.appends.get();
  stats.checkpoints = activity.checkpoints.get();
  stats.nodes_written = activity.nodes_written.get();
  stats.transaction_bytes = activity.transaction_bytes.get();
  stats.appended_bytes = activity.appended_bytes.get();
  stats.checkpoint_bytes = activity.checkpoint_bytes.get();
  stats.import_bytes = activity.import_bytes.get();
  if (stats.transaction_bytes != 0) {
    stats.write_amplification =
        static_cast<double>(stats.appended_bytes + stats.checkpoint_bytes) / static_cast<double>(stats.transaction_bytes);
  }
}

inline void describe_cache(ConnectionStats& stats, NodeCache const& cache) {
  stats.cache_bytes = cache.bytes();
  stats.cache_budget = cache.budget();
  stats.cache_misses = cache.loads();
  auto const visits = cache.visits();
  stats.cache_hits = visits - (std::min)(visits, stats.cache_misses);
  stats.cache_evictions = cache.unloads();
}

/// Roots of layers aside.
template <class Backend>
[[nodiscard]] std::uint64_t count_branches(BackendHandle<Backend>& handle) {
  auto const names = handle.blobs().roots();
  return static_cast<std::uint64_t>(std::ranges::count_if(names, [](std::string_view name) { return !name.starts_with('\0'); }));
}

template <class Backend, class IndexTag>
[[nodiscard]] ConnectionStats collect_stats(Session<Backend, IndexTag>& session, StatsDepth depth,
                                            std::function<void(GarbageProgress const&)> progress) {
  ConnectionStats stats;
  auto& handle = session.handle();
  // Before anything of this is read in order to describe it.
  if (auto const& cache = session.source()->cache) describe_cache(stats, *cache);
  describe_database(stats, session.db());
  describe_activity(stats, session.activity());
  stats.tail_budget = tail_budget;
  stats.values_held = handle.values().count();
  stats.waiting_transactions = session.waiting();
  if (depth == StatsDepth::memory) return stats;
  stats.branches = count_branches(handle);
  if constexpr (BlobStoreKnowsOthers<typename BackendHandle<Backend>::Blobs>) {
    if (auto const others = handle.blobs().others()) stats.others = *others;
  }
  if (depth == StatsDepth::roots) return stats;
  auto const found = session.collect_garbage({.dry_run = true, .progress = std::move(progress)});
  stats.branches = found.branches;
  stats.older_checkpoints = found.checkpoints;
  stats.live_nodes = found.live;
  stats.dead_nodes = found.dead;
  if (found.live_bytes != 0) {
    stats.live_bytes = found.live_bytes;
    stats.dead_bytes = found.dead_bytes;
  }
  return stats;
}

}  // namespace cairn::detail
