// Copyright the Cairn authors
// SPDX-License-Identifier: BSL-1.0
// What there is to know of a connection and its store, as figures.
#pragma once

#include <cairn/edn/write.hpp>
#include <cairn/meta/field_names.hpp>
#include <cairn/meta/fields.hpp>
#include <cairn/meta/lazy.hpp>

#include <cstddef>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <type_traits>

namespace cairn {

/// How far statistics look.
enum class StatsDepth : std::uint8_t {
  memory,  ///< what the connection knows; the indexes of its newest value may have to be made first, beside a commit
  roots,   ///< also what the store says of itself: the names of its roots, and who else has it open
  nodes,   ///< also what is alive and dead in it: a collection of garbage that removes nothing, and costs what that costs
};

/// A connection's statistics: what `Connection::stats` gives, `cairn stats` prints and `Exposition` writes for Prometheus. What was not looked
/// at, or can't be told, is absent.
///
/// What is counted begins with the connection. Figures that are read while others commit may be a commit apart.
struct ConnectionStats {
  // The database, as the connection knows it.
  std::uint64_t datoms = 0;          ///< that are true
  std::uint64_t datoms_in_avet = 0;  ///< of those, that can be found by their value
  std::uint64_t history = 0;         ///< datoms that are kept of what is no longer true: two for each fact
  std::uint64_t attributes = 0;
  std::uint64_t max_eid = 0;
  std::uint64_t max_tx = 0;
  std::uint64_t transactions = 0;
  std::int64_t last_instant_ms = 0;  ///< since 1970
  std::uint64_t levels = 0;          ///< of the index EAVT; its leaves are one. Reads the index's root where that was not read yet

  // What is not in a checkpoint.
  std::uint64_t tail_frames = 0;
  std::uint64_t tail_bytes = 0;
  std::uint64_t tail_budget = 0;  ///< a checkpoint follows when the tail is longer

  // Memory.
  std::uint64_t values_held = 0;  ///< database values of the store that this process holds and has looked into; a collection of garbage spares what they need
  std::uint64_t waiting_transactions = 0;
  std::uint64_t cache_bytes = 0;  ///< leaves of indexes that were read, or could be read again
  std::uint64_t cache_budget = 0;
  std::uint64_t cache_hits = 0;    ///< visits of an index that found what they needed in memory; about, where leaves are read ahead
  std::uint64_t cache_misses = 0;  ///< leaves that were read from the store
  std::uint64_t cache_evictions = 0;

  // What was done through this connection.
  std::uint64_t committed = 0;          ///< transactions, imports too
  std::uint64_t refused = 0;            ///< transactions that were not committed
  std::uint64_t commit_conflicts = 0;   ///< commits that others overtook, and that were made again
  std::uint64_t appends = 0;            ///< commits that added a frame to the tail; one may hold many transactions
  std::uint64_t checkpoints = 0;        ///< commits that wrote nodes and replaced the state
  std::uint64_t nodes_written = 0;
  std::uint64_t transaction_bytes = 0;  ///< what was transacted, in its stored form; imports aside
  std::uint64_t appended_bytes = 0;     ///< handed to the store in frames
  std::uint64_t checkpoint_bytes = 0;   ///< handed to the store in nodes, states and records, imports aside
  std::uint64_t import_bytes = 0;       ///< the same of imports
  std::optional<double> write_amplification{};  ///< appended and checkpointed bytes for each of a transaction

  // With StatsDepth::roots.
  std::optional<std::uint64_t> branches{};
  std::optional<std::uint64_t> others{};  ///< connections (file) or snapshots that are read (lmdb) beside this one's, of all processes

  // With StatsDepth::nodes; the bytes where the backend can list its blobs.
  std::optional<std::uint64_t> older_checkpoints{};
  std::optional<std::uint64_t> live_nodes{};
  std::optional<std::uint64_t> dead_nodes{};
  std::optional<std::uint64_t> live_bytes{};
  std::optional<std::uint64_t> dead_bytes{};
};

namespace detail {

template <class Number>
[[nodiscard]] std::string number_text(Number number) {
  if constexpr (std::is_floating_point_v<Number>) {
    return notation::write(notation::Value::real(number));
  } else {
    return std::to_string(number);
  }
}

}  // namespace detail

/// Calls `visit(index, name, text)` for every figure that is there: its place, its name as a keyword has it (`tail-bytes`), the number.
template <class Visit>
void for_each_figure(ConnectionStats const& stats, Visit&& visit) {
  meta::for_each_index<meta::field_count<ConnectionStats>>([&](auto index) {
    auto const& figure = meta::field<index>(stats);
    constexpr auto name = meta::field_name<ConnectionStats, index>;
    if constexpr (requires { figure.has_value(); }) {
      if (figure) visit(std::size_t{index}, name, detail::number_text(*figure));
    } else {
      visit(std::size_t{index}, name, detail::number_text(figure));
    }
  });
}

/// As an EDN map: `{:datoms 16 ... :tail-bytes 220 ...}`.
template <meta::Lazy = {}>
[[nodiscard]] std::string to_edn(ConnectionStats const& stats) {
  std::string text = "{";
  for_each_figure(stats, [&](std::size_t index, std::string_view name, std::string const& number) {
    text.append(index == 0 ? ":" : " :").append(name).append(" ").append(number);
  });
  return text + "}";
}

}  // namespace cairn
