// Copyright the Cairn authors
// SPDX-License-Identifier: BSL-1.0
// What a collection of garbage is told, and what it tells.
#pragma once

#include <cairn/concepts/root.hpp>
#include <cairn/error/error.hpp>
#include <cairn/error/log.hpp>

#include <chrono>
#include <cstddef>
#include <cstdint>
#include <functional>
#include <string>
#include <utility>

namespace cairn {

/// How far a collection has come.
struct GarbageProgress {
  enum Phase : std::uint8_t {
    marking,   ///< `done` nodes are alive, so far
    sweeping,  ///< `done` old blobs have been looked at
  };
  Phase phase = marking;
  std::uint64_t done = 0;
};

/// What a collection keeps, beside what the branches' roots and this process's values consist of. A checkpoint that both of
/// the first two would let go goes.
struct GarbageOptions {
  /// Checkpoints that a root held so long ago, and whatever was written since: it is how long *other* processes may hold a
  /// database value, and how long one of their commits may take. Below an hour, each branch gets a new checkpoint first, so
  /// that commits which are under way in other processes meet a conflict, and are made again, instead of losing their nodes.
  std::chrono::milliseconds keep_for = std::chrono::hours{24};
  /// The newest checkpoints of each branch that hold something new; what the root holds is one, and is kept in any case. Those that
  /// collections made of another one, and which say the same, don't count.
  std::size_t keep_last = 1;
  /// Removes nothing, and reports what would be.
  bool dry_run = false;
  /// Leaves no byte of what it removes on the disk: for what was purged, with `keep_for` 0 and nobody who holds an old value.
  /// Writes anew all that is in reach of what is dead. Not every backend can (docs/garbage.md).
  bool erase = false;
  /// Called now and then; it must not read old commits (`commit_as_db`, `merge`, ...) or make branches, which wait for the collection. What it throws ends the collection and passes through; what was removed by then was garbage.
  std::function<void(GarbageProgress const&)> progress{};
};

/// What a collection found and did.
struct GarbageReport {
  TimePoint cutoff{};             ///< what was written since then was left alone
  std::uint64_t branches = 0;     ///< whose roots were marked
  std::uint64_t checkpoints = 0;  ///< older ones that were kept
  std::uint64_t values = 0;       ///< of this process, which were kept
  std::uint64_t live = 0;         ///< blobs that all of these consist of
  std::uint64_t dead = 0;         ///< others that are older than the cutoff: gone, but for what a backend leaves until more around it is dead
  std::uint64_t live_bytes = 0;   ///< of a dry run, where the backend can list its blobs; else 0
  std::uint64_t dead_bytes = 0;   ///< the same
};

namespace detail {

inline void tell_of_collection(GarbageOptions const& options) noexcept {
  log(LogLevel::info, LogEvent::gc_begin, [&] {
    auto const age = std::to_string(options.keep_for.count());
    return std::pair{std::string{options.dry_run ? "A dry run of a collection of garbage begins." : "A collection of garbage begins."},
                     "{:keep-for-ms " + age + " :keep-last " + std::to_string(options.keep_last) + " :dry-run " + (options.dry_run ? "true" : "false") +
                         " :erase " + (options.erase ? "true" : "false") + "}"};
  });
}
inline void tell_of_collection(GarbageReport const& report) noexcept {
  log(LogLevel::info, LogEvent::gc_end, [&] {
    auto const live = std::to_string(report.live);
    auto const dead = std::to_string(report.dead);
    return std::pair{"The collection of garbage has ended: " + live + " nodes are alive, " + dead + " are not.",
                     "{:live " + live + " :dead " + dead + " :branches " + std::to_string(report.branches) + "}"};
  });
}
/// By the exception that is being handled.
inline void tell_of_broken_collection() noexcept {
  log(LogLevel::warning, LogEvent::gc_end, [] {
    std::string reason = "it was broken off";
    std::string data = "{}";
    try {
      throw;
    } catch (Error const& error) {
      reason = error.message();
      data = "{:code :" + std::string{name(error.code())} + "}";
    } catch (...) {  // NOLINT(bugprone-empty-catch): a progress function's own way to end it
    }
    return std::pair{"The collection of garbage did not end; what it has removed was garbage: " + reason, data};
  });
}

}  // namespace detail

}  // namespace cairn
