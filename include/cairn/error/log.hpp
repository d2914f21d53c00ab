// Copyright the Cairn authors
// SPDX-License-Identifier: BSL-1.0
// What happens inside, told to whoever wants to hear it.
#pragma once

#include <algorithm>
#include <array>
#include <atomic>
#include <chrono>
#include <cstddef>
#include <cstdint>
#include <functional>
#include <limits>
#include <memory>
#include <mutex>
#include <string>
#include <string_view>
#include <utility>

namespace cairn {

enum class LogLevel : std::uint8_t {
  debug,    ///< the course of things
  info,     ///< what an operator may want to see once
  warning,  ///< what was dealt with, and should not happen often
  error,    ///< what somebody has to see to
};

/// What happened. The codes (`code_of`) are stable: none is renamed, none is used again for something else.
enum class LogEvent : std::uint8_t {
  store_recovered,      ///< a torn tail was cut off when a store was opened, or after another writer died
  store_locked,         ///< a store was not opened because somebody else has it
  store_poisoned,       ///< a connection acknowledges nothing any more: what is on the medium is not known
  store_compacted,      ///< a segment was written anew without what is dead in it
  store_retry,          ///< `Retrying`, or a backend of a server, asks again after an error
  store_reconnected,    ///< a new connection to a server replaces one that was lost
  commit_checkpoint,    ///< new nodes were written, and the tail is empty
  commit_checkpoint_failed,  ///< a checkpoint that was due failed; nothing is lost, and a later commit tries again
  commit_conflict,      ///< others overtook a commit, and it is made again
  commit_unknown,       ///< the reply to a commit was lost; the root is asked what became of it
  commit_slow,          ///< a commit took longer than `LogOptions::slow_commit`
  gc_begin,
  gc_end,
};
inline constexpr std::size_t log_events = 13;

/// The code of an event, an EDN keyword without its colon. O(1).
[[nodiscard]] constexpr std::string_view code_of(LogEvent event) noexcept {
  constexpr std::array<std::string_view, log_events> codes{
      "store/recovered",   "store/locked",             "store/poisoned",  "store/compacted", "store/retry", "store/reconnected", "commit/checkpoint",
      "commit/checkpoint-failed", "commit/conflict", "commit/unknown",  "commit/slow", "gc/begin",          "gc/end"};
  return codes[static_cast<std::size_t>(event)];
}
[[nodiscard]] constexpr std::string_view name(LogLevel level) noexcept {
  constexpr std::array<std::string_view, 4> names{"debug", "info", "warning", "error"};
  return names[static_cast<std::size_t>(level)];
}

/// One thing that happened. The texts are there while the sink is called. They name stores, branches and hosts; passwords, keys and what is in a
/// database are in none.
struct LogRecord {
  LogLevel level{};
  LogEvent event{};
  std::string_view message{};  ///< for people
  std::string_view data{};     ///< for programs: the text of an EDN map
};

using LogSink = std::function<void(LogRecord const&)>;

struct LogOptions {
  LogLevel least = LogLevel::info;                ///< what is below it is not told
  std::chrono::milliseconds slow_commit{1000};  ///< a commit that takes as long is `commit/slow`
};

/// A text as EDN has it, on one line, for the data of a record.
[[nodiscard]] inline std::string quoted_text(std::string_view text) {
  constexpr std::string_view digits = "0123456789abcdef";
  std::string made{'"'};
  for (char const letter : text) {
    auto const code = static_cast<unsigned char>(letter);
    if (code < 32) {
      made.append("\\u00") += digits[code >> 4U];
      made += digits[code & 15U];
      continue;
    }
    if (letter == '"' || letter == '\\') made += '\\';
    made += letter;
  }
  return made += '"';
}

namespace detail {

inline constexpr std::uint8_t no_log = std::numeric_limits<std::uint8_t>::max();

/// What the sink wants to hear: `no_log` where there is none.
inline constinit std::atomic<std::uint8_t> log_least{no_log};
inline constinit std::atomic<std::int64_t> slow_commit_ms{0};

struct LogState {
  std::mutex mutex{};  // guards the sink
  std::shared_ptr<LogSink const> sink{};
};
/// Is never destroyed: stores are closed while a program ends, too.
inline LogState& log_state() {
  static auto& made = *new LogState{};
  return made;
}

/// Out of the way of what does not log.
[[gnu::cold, gnu::noinline]] inline void tell_sink(LogRecord const& record) noexcept {
  static thread_local bool is_telling = false;
  if (is_telling) return;
  is_telling = true;
  try {
    std::shared_ptr<LogSink const> sink;
    {
      std::lock_guard const lock{log_state().mutex};
      sink = log_state().sink;
    }
    if (sink) (*sink)(record);
  } catch (...) {  // NOLINT(bugprone-empty-catch): what happened has happened, and nothing of it may fail because of this
  }
  is_telling = false;
}

}  // namespace detail

/// Has `sink(record)` called for what happens from now on, in all connections of this process, in the place of the sink before; an empty one ends it.
///
/// It is called on the thread on which something happens, on several at once perhaps, and often while a store is held: it must be quick, use no
/// connection, and wait for nobody who does. What it causes to be logged itself is not told, and what it throws is lost. The sink
/// before may still be called by threads that were about to: a sink owns what it uses, and is destroyed behind its last call.
/// Cost without a sink: one relaxed load at each such event, of which a commit has two; nothing is measured or written then.
inline void set_log_sink(LogSink sink, LogOptions options = {}) {
  auto next = sink ? std::make_shared<LogSink const>(std::move(sink)) : nullptr;
  auto& state = detail::log_state();
  std::lock_guard const lock{state.mutex};  // made after `next`, so that the sink before ends without it
  detail::log_least.store(next ? static_cast<std::uint8_t>(options.least) : detail::no_log, std::memory_order_relaxed);
  detail::slow_commit_ms.store((std::max)(options.slow_commit, std::chrono::milliseconds{0}).count(), std::memory_order_relaxed);
  state.sink.swap(next);
}

/// Whether anybody hears of such an event.
[[nodiscard]] inline bool logs(LogLevel level) noexcept {
  return static_cast<std::uint8_t>(level) >= detail::log_least.load(std::memory_order_relaxed);  // no level is as high as `no_log`
}

/// Tells the sink; for the framework and for backends. `make()` gives message and data, a pair of texts, and is called only where they are wanted.
/// Without effect on the caller: nothing is thrown.
template <class Make>
void log(LogLevel level, LogEvent event, Make&& make) noexcept {
  if (!logs(level)) [[likely]] return;
  try {
    std::pair<std::string, std::string> const texts = std::forward<Make>(make)();
    detail::tell_sink({level, event, texts.first, texts.second});
  } catch (...) {  // NOLINT(bugprone-empty-catch): no memory for the texts
  }
}

/// Tells that a connection acknowledges nothing any more. `store` says which store, for people.
inline void log_poisoned(std::string_view store) noexcept {
  log(LogLevel::error, LogEvent::store_poisoned, [&] {
    return std::pair{"A write to " + std::string{store} + " failed on its way to the medium, and this connection acknowledges nothing any more: connect again.",
                     "{:store " + quoted_text(store) + "}"};
  });
}

/// Tells that something is asked again after an error. `what` is what failed, and why.
inline void log_retry(std::string_view what, std::uint64_t attempt) noexcept {
  log(LogLevel::warning, LogEvent::store_retry, [&] {
    return std::pair{std::string{what} + " It is tried again, after " + std::to_string(attempt) + (attempt == 1 ? " attempt." : " attempts."),
                     "{:attempt " + std::to_string(attempt) + "}"};
  });
}

/// Measures a commit, where somebody wants to hear of slow ones.
class CommitTimer {
 public:
  CommitTimer() noexcept {
    if (logs(LogLevel::warning)) start_ = std::chrono::steady_clock::now();
  }
  /// `make(milliseconds)` gives message and data.
  template <class Make>
  void end(Make&& make) const noexcept {
    if (start_ == std::chrono::steady_clock::time_point{}) return;
    auto const took = std::chrono::duration_cast<std::chrono::milliseconds>(std::chrono::steady_clock::now() - start_).count();
    if (took < detail::slow_commit_ms.load(std::memory_order_relaxed)) return;
    log(LogLevel::warning, LogEvent::commit_slow, [&] { return make(took); });
  }

 private:
  std::chrono::steady_clock::time_point start_{};
};

}  // namespace cairn
