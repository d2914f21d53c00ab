// Copyright the Cairn authors
// SPDX-License-Identifier: BSL-1.0
// Counts, bytes and latencies of what is asked of a store, readable while it runs.
#pragma once

#include <array>
#include <atomic>
#include <bit>
#include <chrono>
#include <cstddef>
#include <cstdint>
#include <functional>
#include <map>
#include <memory>
#include <mutex>
#include <string>
#include <string_view>

namespace cairn {

/// What can be asked of a store.
enum class StoreOperation : std::uint8_t { read, read_many, root, roots, put, commit, append, drop, hold, sweep, connect };
inline constexpr std::size_t store_operations = 11;

/// The name of an operation, as the concept has it. O(1).
[[nodiscard]] constexpr std::string_view name(StoreOperation operation) noexcept {
  constexpr std::array<std::string_view, store_operations> names{"read", "read_many", "root", "roots", "put",    "commit",
                                                                 "append", "drop",     "hold", "sweep", "connect"};
  return names[static_cast<std::size_t>(operation)];
}

/// What was measured of one operation. Figures that are read while it goes on may be one call apart from each other.
struct OperationFigures {
  std::uint64_t calls = 0;      ///< that have ended
  std::uint64_t failures = 0;   ///< of those, that threw, or whose commit failed or has an unknown outcome
  std::uint64_t conflicts = 0;  ///< of those, commits that met another's
  std::uint64_t blobs = 0;      ///< read by `read_many`
  std::uint64_t bytes = 0;      ///< read or written, as the layer above hands them over
  std::chrono::nanoseconds total{};
  std::chrono::nanoseconds slowest{};
  /// How many calls took at least 2^i and less than 2^(i+1) nanoseconds.
  std::array<std::uint64_t, 48> by_time{};

  /// The time within which a part of the calls, 0 to 1, was done: exact to a factor of two, and never less. 0 without calls.
  [[nodiscard]] std::chrono::nanoseconds quantile(double part) const noexcept {
    auto const wanted = static_cast<double>(calls) * part;
    double seen = 0;
    for (std::size_t i = 0; i != by_time.size(); ++i) {
      seen += static_cast<double>(by_time[i]);
      if (by_time[i] != 0 && seen >= wanted) return std::chrono::nanoseconds{std::int64_t{2} << i};
    }
    return {};
  }
};

/// Measures operations. Thread safety: every member may be called at once from any thread; none waits. Recording is two looks at
/// a clock and five additions without an order.
class Metrics {
  // One operation's, on cache lines of its own.
  struct alignas(64) Slot {
    std::atomic<std::uint64_t> calls{0}, failures{0}, conflicts{0}, blobs{0}, bytes{0}, total{0}, slowest{0};
    std::array<std::atomic<std::uint64_t>, 48> by_time{};
  };

 public:
  using Clock = std::chrono::steady_clock;

  [[nodiscard]] OperationFigures figures(StoreOperation operation) const noexcept {
    auto const& from = slots_[static_cast<std::size_t>(operation)];
    OperationFigures made;
    made.calls = from.calls.load(std::memory_order_relaxed);
    made.failures = from.failures.load(std::memory_order_relaxed);
    made.conflicts = from.conflicts.load(std::memory_order_relaxed);
    made.blobs = from.blobs.load(std::memory_order_relaxed);
    made.bytes = from.bytes.load(std::memory_order_relaxed);
    made.total = std::chrono::nanoseconds{from.total.load(std::memory_order_relaxed)};
    made.slowest = std::chrono::nanoseconds{from.slowest.load(std::memory_order_relaxed)};
    for (std::size_t i = 0; i != made.by_time.size(); ++i) made.by_time[i] = from.by_time[i].load(std::memory_order_relaxed);
    return made;
  }

  /// All that has been called, as EDN: `{:read {:calls 3 :failures 0 :conflicts 0 :bytes 12288 :mean-ns 900 :p99-ns 2048 :slowest-ns 1500} ...}`.
  [[nodiscard]] std::string to_edn() const {
    std::string text = "{";
    for (std::size_t i = 0; i != store_operations; ++i) {
      auto const operation = static_cast<StoreOperation>(i);
      auto const now = figures(operation);
      if (now.calls == 0) continue;
      if (text.size() > 1) text += ' ';
      std::string key{name(operation)};
      for (char& letter : key) letter = letter == '_' ? '-' : letter;
      text.append(":").append(key).append(" {:calls ").append(std::to_string(now.calls));
      text.append(" :failures ").append(std::to_string(now.failures)).append(" :conflicts ").append(std::to_string(now.conflicts));
      if (operation == StoreOperation::read_many) text.append(" :blobs ").append(std::to_string(now.blobs));
      text.append(" :bytes ").append(std::to_string(now.bytes));
      text.append(" :mean-ns ").append(std::to_string(now.total.count() / static_cast<std::int64_t>(now.calls)));
      text.append(" :p99-ns ").append(std::to_string(now.quantile(0.99).count()));
      text.append(" :slowest-ns ").append(std::to_string(now.slowest.count())).append("}");
    }
    return text + "}";
  }

  /// One call that is under way: notes it when it ends, as failed unless it was said to be `done`.
  class Call {
   public:
    Call(Metrics& metrics, StoreOperation operation) noexcept
        : slot_{metrics.slots_[static_cast<std::size_t>(operation)]}, start_{Clock::now()} {}
    Call(Call const&) = delete;
    Call& operator=(Call const&) = delete;
    ~Call() {
      auto const took = static_cast<std::uint64_t>(std::chrono::duration_cast<std::chrono::nanoseconds>(Clock::now() - start_).count());
      add(slot_.calls, 1);
      add(slot_.total, took);
      if (bytes_ != 0) add(slot_.bytes, bytes_);
      if (blobs_ != 0) add(slot_.blobs, blobs_);
      if (is_conflict_) add(slot_.conflicts, 1);
      if (!is_done_) add(slot_.failures, 1);
      auto const width = static_cast<std::size_t>(std::bit_width(took));
      auto const class_of_time = width == 0 ? 0 : width - 1;
      add(slot_.by_time[class_of_time < slot_.by_time.size() ? class_of_time : slot_.by_time.size() - 1], 1);
      auto slowest = slot_.slowest.load(std::memory_order_relaxed);
      while (slowest < took && !slot_.slowest.compare_exchange_weak(slowest, took, std::memory_order_relaxed)) {
      }
    }

    void add_bytes(std::size_t size) noexcept { bytes_ += size; }
    void add_blob(std::size_t size) noexcept {
      bytes_ += size;
      ++blobs_;
    }
    void conflict() noexcept { is_conflict_ = true; }
    void done() noexcept { is_done_ = true; }

   private:
    static void add(std::atomic<std::uint64_t>& number, std::uint64_t more) noexcept { number.fetch_add(more, std::memory_order_relaxed); }

    Slot& slot_;
    Clock::time_point start_;
    std::uint64_t bytes_ = 0;
    std::uint64_t blobs_ = 0;
    bool is_conflict_ = false;
    bool is_done_ = false;
  };

 private:
  std::array<Slot, store_operations> slots_{};
};

/// The figures of all metered stores of this process that have `id`, from the first of them on: they stay when the stores are
/// closed. Thread-safe.
[[nodiscard]] inline std::shared_ptr<Metrics> metrics(std::string_view id) {
  static std::mutex mutex;
  static std::map<std::string, std::shared_ptr<Metrics>, std::less<>> known;
  std::lock_guard const guard{mutex};
  auto found = known.find(id);
  if (found == known.end()) found = known.emplace(std::string{id}, std::make_shared<Metrics>()).first;
  return found->second;
}

}  // namespace cairn
