// Copyright the Cairn authors
// SPDX-License-Identifier: BSL-1.0
// What a person at a terminal sees and does that a pipe does not: progress, and Ctrl-C.
#pragma once

#include <cairn/error/error.hpp>

#include <unistd.h>

#include <algorithm>
#include <atomic>
#include <chrono>
#include <csignal>
#include <cstdint>
#include <cstdio>
#include <string>
#include <string_view>
#include <utility>

namespace cairn::tool {

/// The message and the code, which stands behind the first line: what may follow is a text with a place in it.
[[nodiscard]] inline std::string with_code(Error const& error) {
  auto text = error.message();
  text.insert(std::min(text.find('\n'), text.size()), " (:" + std::string{name(error.code())} + ")");
  return text;
}

/// Remembers a Ctrl-C until the work that is under way has come to a place where it can stop.
class Interrupt {
 public:
  Interrupt() {
    raised_ = false;
    struct sigaction action {};
    action.sa_handler = [](int) { raised_ = true; };
    sigemptyset(&action.sa_mask);
    action.sa_flags = static_cast<int>(SA_RESETHAND);  // a second one ends what does not look
    sigaction(SIGINT, &action, &before_);
  }
  Interrupt(Interrupt const&) = delete;
  Interrupt& operator=(Interrupt const&) = delete;
  ~Interrupt() { sigaction(SIGINT, &before_, nullptr); }

  [[nodiscard]] static bool raised() noexcept { return raised_; }
  /// For work that looks at it by itself.
  [[nodiscard]] static std::atomic<bool> const& flag() noexcept { return raised_; }

 private:
  static inline std::atomic<bool> raised_ = false;
  static_assert(std::atomic<bool>::is_always_lock_free, "a signal handler writes it");
  struct sigaction before_ {};
};

/// Thrown where a Ctrl-C ends work that is under way.
struct Interrupted {
  static void check() {
    if (Interrupt::raised()) throw Interrupted{};
  }
};

/// One line on standard error that says how far long work has come; nothing where that is no terminal.
class Progress {
 public:
  explicit Progress(std::string_view what) : what_{what}, shown_{isatty(STDERR_FILENO) != 0} {}
  Progress(Progress const&) = delete;
  Progress& operator=(Progress const&) = delete;
  ~Progress() { clear(); }

  /// Takes the line away, so that what is printed next stands by itself.
  static void clear() {
    if (std::exchange(drawn, false)) std::fputs("\r\033[K", stderr);
  }

  /// `total` 0: not known.
  void at(std::uint64_t done, std::uint64_t total = 0) {
    auto const now = std::chrono::steady_clock::now();
    if (!shown_ || now - last_ < std::chrono::milliseconds{100}) return;
    last_ = now;
    drawn = true;
    if (total != 0) {
      std::fprintf(stderr, "\r\033[K%s %llu of %llu (%d %%)", what_.c_str(), static_cast<unsigned long long>(done),
                   static_cast<unsigned long long>(total), static_cast<int>(done * 100 / total));
    } else {
      std::fprintf(stderr, "\r\033[K%s %llu", what_.c_str(), static_cast<unsigned long long>(done));
    }
    std::fflush(stderr);
  }

 private:
  std::string what_;
  bool shown_;
  static inline bool drawn = false;  // a terminal has one such line, whoever draws it
  std::chrono::steady_clock::time_point last_{};
};

}  // namespace cairn::tool
