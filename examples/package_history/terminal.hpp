// Copyright the Cairn authors
// SPDX-License-Identifier: BSL-1.0
// How the program speaks: progress, times, tables, and an end on Ctrl-C.
#pragma once

#include <atomic>
#include <chrono>
#include <csignal>
#include <cstddef>
#include <cstdint>
#include <ctime>
#include <iomanip>
#include <iostream>
#include <sstream>
#include <string>
#include <string_view>
#include <unistd.h>

namespace package_history {

/// Milliseconds since it was made.
class Timer {
 public:
  [[nodiscard]] double milliseconds() const {
    return std::chrono::duration<double, std::milli>(std::chrono::steady_clock::now() - start_).count();
  }

 private:
  std::chrono::steady_clock::time_point start_ = std::chrono::steady_clock::now();
};

/// Thrown between two steps after Ctrl-C.
struct Interrupted {};

/// Makes of Ctrl-C a wish that the program looks at; the second one ends it on the spot.
class Interrupts {
 public:
  static void install() {
    struct sigaction action {};
    action.sa_handler = [](int) { asked_ = true; };
    action.sa_flags = static_cast<int>(SA_RESETHAND | SA_RESTART);
    for (int const signal : {SIGINT, SIGTERM}) sigaction(signal, &action, nullptr);
  }
  static void check() {
    if (asked_) throw Interrupted{};
  }

 private:
  static inline std::atomic<bool> asked_{false};
  static_assert(std::atomic<bool>::is_always_lock_free);
};

/// One line that is written again and again; nothing where nobody looks.
class Progress {
 public:
  explicit Progress(std::string_view what) : what_{what} {}
  Progress(Progress const&) = delete;
  Progress& operator=(Progress const&) = delete;
  ~Progress() {
    if (seen_) std::cerr << "\r\033[K" << std::flush;
  }

  void show(std::size_t done, std::size_t all) {
    if (!is_terminal_ || all == 0) return;
    seen_ = true;
    std::cerr << "\r\033[K  " << what_ << "  " << done * 100 / all << " %" << std::flush;
  }

 private:
  std::string_view what_;
  bool is_terminal_ = isatty(STDERR_FILENO) == 1;
  bool seen_ = false;
};

[[nodiscard]] inline std::string fixed(double number, int decimals) {
  std::ostringstream text;
  text << std::fixed << std::setprecision(decimals) << number;
  return text.str();
}

[[nodiscard]] inline std::string time_text(double milliseconds) {
  if (milliseconds >= 1000) return fixed(milliseconds / 1000, 1) + " s";
  return fixed(milliseconds, milliseconds < 1 ? 2 : milliseconds < 10 ? 1 : 0) + " ms";
}

[[nodiscard]] inline std::string size_text(std::int64_t kib) {
  if (kib >= 1024 * 1024) return fixed(static_cast<double>(kib) / (1024 * 1024), 1) + " GiB";
  if (kib >= 1024) return fixed(static_cast<double>(kib) / 1024, 1) + " MiB";
  return std::to_string(kib) + " KiB";
}

/// In the machine's own time zone, as dpkg writes it.
[[nodiscard]] inline std::string date_text(std::int64_t milliseconds_since_1970) {
  auto const seconds = static_cast<std::time_t>(milliseconds_since_1970 / 1000);
  std::tm local{};
  localtime_r(&seconds, &local);
  std::ostringstream text;
  text << std::put_time(&local, "%Y-%m-%d %H:%M:%S");
  return text.str();
}

/// The begin of a text, whole words of it.
[[nodiscard]] inline std::string shortened(std::string const& text, std::size_t most) {
  if (text.size() <= most) return text;
  auto const space = text.rfind(' ', most - 4);
  return text.substr(0, space == std::string::npos ? 0 : space) + " ...";
}

/// `1 package`, `2 packages`.
[[nodiscard]] inline std::string count_text(std::size_t count, std::string_view one) {
  return std::to_string(count) + " " + std::string{one} + (count == 1 ? "" : "s");
}

/// A line with what happened on the left and how long it took on the right.
inline void print_timed(std::string_view text, double milliseconds) {
  std::cout << std::left << std::setw(94) << text << std::right << std::setw(9) << time_text(milliseconds) << std::endl;
}

}  // namespace package_history
