// Copyright the Cairn authors
// SPDX-License-Identifier: BSL-1.0
// The laws of a blob store that only several processes can break.
#pragma once

#include "laws/blob_store.hpp"

#include <catch2/catch_test_macros.hpp>

#include <atomic>
#include <cerrno>
#include <csignal>
#include <cstddef>
#include <cstdint>
#include <fcntl.h>
#include <optional>
#include <stdexcept>
#include <string>
#include <sys/types.h>
#include <sys/wait.h>
#include <thread>
#include <unistd.h>
#include <utility>
#include <vector>

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
      } catch (...) {  // NOLINT(bugprone-empty-catch): the status says it
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
  /// Waits for the next thing that it tells; nothing at its end.
  std::optional<std::int64_t> hear() {
    std::int64_t number = 0;
    for (;;) {
      auto const size = ::read(in_, &number, sizeof number);
      if (size < 0 && errno == EINTR) continue;
      return size == static_cast<ssize_t>(sizeof number) ? std::optional{number} : std::nullopt;
    }
  }
  /// What it told until its end, and was not heard yet.
  std::vector<std::int64_t> wait() {
    std::vector<std::int64_t> told;
    while (auto const number = hear()) told.push_back(*number);
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
  pid_t process_ = -1;
  int in_ = -1;
  bool ended_well_ = false;
  bool was_killed_ = false;
};

/// Five threads in each of two processes count a root up. Each reads, lets the others read, and tries to replace what it read, until
/// it has counted often enough. The root ends at the sum, and somebody was refused: they did contend.
template <BlobStoreHarness Harness>
void check_processes() {
  using Backend = typename Harness::Backend;
  constexpr int processes = 2;
  constexpr int threads = 5;
  constexpr int each = 8;
  Harness harness;
  auto const config = harness.config();
  Backend::empty_store(config);
  {
    auto connection = Backend::connect_store(config);
    commit(connection, "counter", Version{}, "0");
  }
  auto const count_up = [&](int out) {
    auto connection = Backend::connect_store(config);
    std::atomic<std::int64_t> conflicts = 0;
    std::vector<std::thread> pool;
    for (int thread = 0; thread != threads; ++thread) {
      pool.emplace_back([&] {
        for (int done = 0; done != each;) {
          auto const seen = connection.root("counter");
          std::this_thread::yield();
          auto writer = connection.begin();
          static_cast<void>(writer.put(bytes("a node")));
          auto const result = writer.commit("counter", seen->version, bytes(std::to_string(std::stoi(text(seen->state)) + 1)));
          if (result == CommitResult::committed) ++done;
          if (result == CommitResult::conflict) ++conflicts;
        }
      });
    }
    for (auto& thread : pool) thread.join();
    tell(out, conflicts);
  };
  std::int64_t conflicts = 0;
  {
    Child first{count_up};
    Child second{count_up};
    for (auto* child : {&first, &second}) {
      for (auto const number : child->wait()) conflicts += number;
      CHECK(child->ended_well());
    }
  }
  auto const connection = Backend::connect_store(config);
  CHECK(text(connection.root("counter")->state) == std::to_string(processes * threads * each));
  CHECK(conflicts > 0);
}

}  // namespace cairn::laws
