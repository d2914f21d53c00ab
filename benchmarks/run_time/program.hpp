// Copyright the Cairn authors
// SPDX-License-Identifier: BSL-1.0
// This program once more, with other arguments, as a process of its own.
#pragma once

#include <cerrno>
#include <csignal>
#include <cstdio>
#include <fcntl.h>
#include <stdexcept>
#include <string>
#include <sys/types.h>
#include <sys/wait.h>
#include <unistd.h>
#include <utility>
#include <vector>

namespace cairn::benchmarks {

/// A process from `execv` on; what it reads and what it says are pipes. One thread uses it.
class Program {
 public:
  explicit Program(std::vector<std::string> arguments) {
    arguments.insert(arguments.begin(), "/proc/self/exe");
    std::vector<char*> words;
    for (auto& argument : arguments) words.push_back(argument.data());
    words.push_back(nullptr);
    int input[2];
    int output[2];
    if (::pipe2(input, O_CLOEXEC) != 0 || ::pipe2(output, O_CLOEXEC) != 0) throw std::runtime_error{"pipe2 failed"};
    process_ = ::fork();
    if (process_ < 0) throw std::runtime_error{"fork failed"};
    if (process_ == 0) {
      ::dup2(input[0], STDIN_FILENO);
      ::dup2(output[1], STDOUT_FILENO);
      ::execv(words.front(), words.data());
      ::_exit(127);
    }
    ::close(input[0]);
    ::close(output[1]);
    to_ = input[1];
    from_ = ::fdopen(output[0], "r");
  }
  Program(Program const&) = delete;
  Program& operator=(Program const&) = delete;
  ~Program() {
    if (process_ > 0) {
      ::kill(process_, SIGKILL);
      static_cast<void>(wait());
    }
    close_input();
    std::fclose(from_);
  }

  /// The next line of what it says, without its end. Throws where there is none.
  [[nodiscard]] std::string line() {
    std::string text;
    for (int c = 0; (c = std::fgetc(from_)) != '\n'; text += static_cast<char>(c)) {
      if (c == EOF) throw std::runtime_error{"a process ended before it had said all"};
    }
    return text;
  }
  /// It reads an end.
  void close_input() {
    if (to_ >= 0) ::close(std::exchange(to_, -1));
  }
  /// Waits for its end; whether that was a good one.
  [[nodiscard]] bool wait() {
    int status = 0;
    while (::waitpid(process_, &status, 0) < 0 && errno == EINTR) {
    }
    process_ = -1;
    return WIFEXITED(status) && WEXITSTATUS(status) == 0;
  }

 private:
  pid_t process_ = -1;
  int to_ = -1;
  std::FILE* from_ = nullptr;
};

}  // namespace cairn::benchmarks
