// Copyright the Cairn authors
// SPDX-License-Identifier: BSL-1.0
// Processes that tell their parent numbers, and wait for each other.
#pragma once

#include <catch2/catch_tostring.hpp>

#include <cerrno>
#include <csignal>
#include <cstdint>
#include <cstdio>
#include <exception>
#include <fcntl.h>
#include <optional>
#include <poll.h>
#include <stdexcept>
#include <string>
#include <sys/types.h>
#include <sys/wait.h>
#include <unistd.h>
#include <utility>
#include <vector>

// How Catch2 shows what a process told, where a law is broken.
template <>
struct Catch::StringMaker<std::optional<std::int64_t>> {
  static std::string convert(std::optional<std::int64_t> const& told) { return told ? std::to_string(*told) : "nothing"; }
};

namespace cairn::laws {

/// Says a number to the parent.
inline void tell(int out, std::int64_t number) {
  if (::write(out, &number, sizeof number) != static_cast<ssize_t>(sizeof number)) ::_exit(1);
}

/// A process of its own, for as long as this lives. Nothing may be connected when it is begun: a child has no use for what its
/// parent opened.
class Child {
 public:
  template <class Work>
  explicit Child(Work work) {
    int ends[2];
    if (::pipe2(ends, O_CLOEXEC) != 0) throw std::runtime_error{"pipe2 failed"};
    process_ = ::fork();
    if (process_ == 0) {
      ::close(ends[0]);
      int status = 1;
      try {
        work(ends[1]);
        status = 0;
      } catch (std::exception const& error) {
        static_cast<void>(std::fprintf(stderr, "A child of the test: %s\n", error.what()));
      }
      ::_exit(status);
    }
    ::close(ends[1]);
    in_ = ends[0];
    if (process_ < 0) throw std::runtime_error{"fork failed"};
  }
  Child(Child const&) = delete;
  Child& operator=(Child const&) = delete;
  ~Child() {
    if (process_ > 0) static_cast<void>(kill());
    ::close(in_);
  }

  /// Ends it at once; what it told until then.
  std::vector<std::int64_t> kill() {
    ::kill(process_, SIGKILL);
    return wait();
  }
  /// Waits for the next thing that it tells; nothing at its end. An error after two minutes, in which anything is told: ctest would only say that time was up.
  std::optional<std::int64_t> hear() {
    constexpr int patience = 120'000;
    pollfd in{in_, POLLIN, 0};
    int ready = 0;
    while ((ready = ::poll(&in, 1, patience)) < 0 && errno == EINTR) {
    }
    if (ready == 0) {
      throw std::runtime_error{
          "a process that uses the store has told nothing for two minutes; does it wait for a lock that one which was killed has left?"};
    }
    return next();
  }
  /// What it told until its end, and was not heard yet.
  std::vector<std::int64_t> wait() {
    std::vector<std::int64_t> told;
    while (auto const number = next()) told.push_back(*number);
    int status = 0;
    while (::waitpid(process_, &status, 0) < 0 && errno == EINTR) {
    }
    process_ = -1;
    ended_well_ = WIFEXITED(status) && WEXITSTATUS(status) == 0;
    was_killed_ = WIFSIGNALED(status) && WTERMSIG(status) == SIGKILL;
    return told;
  }
  [[nodiscard]] bool ended_well() const noexcept { return ended_well_; }
  [[nodiscard]] bool was_killed() const noexcept { return was_killed_; }

 private:
  std::optional<std::int64_t> next() {
    std::int64_t number = 0;
    for (;;) {
      auto const size = ::read(in_, &number, sizeof number);
      if (size < 0 && errno == EINTR) continue;
      return size == static_cast<ssize_t>(sizeof number) ? std::optional{number} : std::nullopt;
    }
  }

  pid_t process_ = -1;
  int in_ = -1;
  bool ended_well_ = false;
  bool was_killed_ = false;
};

/// Where processes wait for each other: whoever comes goes on once all have come, or have ended, that were begun since this was made,
/// and who made it.
class Meeting {
 public:
  Meeting() {
    if (::pipe2(ends_, O_CLOEXEC) != 0) throw std::runtime_error{"pipe2 failed"};
  }
  Meeting(Meeting const&) = delete;
  Meeting& operator=(Meeting const&) = delete;
  ~Meeting() {
    leave();
    ::close(ends_[0]);
  }

  /// Others no longer wait for this process.
  void leave() {
    if (ends_[1] >= 0) ::close(std::exchange(ends_[1], -1));
  }
  /// Once in a process.
  void attend() {
    leave();
    char nothing = 0;
    while (::read(ends_[0], &nothing, 1) < 0 && errno == EINTR) {
    }
  }

 private:
  int ends_[2]{-1, -1};  // all hold the one that is written to, and its end is what they wait for
};

}  // namespace cairn::laws
