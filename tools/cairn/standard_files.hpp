// Copyright the Cairn authors
// SPDX-License-Identifier: BSL-1.0
// Standard input, output and error of the command.
#pragma once

#include <cairn/error/error.hpp>
#include <cairn/error/system_errc.hpp>

#include <fcntl.h>
#include <unistd.h>

#include <cerrno>
#include <cstdio>
#include <string>
#include <system_error>

namespace cairn::tool {

/// Puts something in the place of those that the caller has closed: else a store's own file would get such a number, and what is printed would be
/// written into it. What is put there takes nothing and gives nothing: who reads or writes it is told so. False where that is not possible.
[[nodiscard]] inline bool hold_standard_files() {
  for (int const number : {STDIN_FILENO, STDOUT_FILENO, STDERR_FILENO}) {
    if (::fcntl(number, F_GETFD) != -1 || errno != EBADF) continue;
    if (::open("/dev/null", number == STDIN_FILENO ? O_WRONLY : O_RDONLY) != number) return false;  // the lowest number that is free
  }
  return true;
}

/// Hands what was printed to the system. Errors: `io/full` or `io/error` where it did not take all of it.
inline void finish_output() {
  errno = 0;
  bool const is_cut = std::ferror(stdout) != 0;
  if (std::fflush(stdout) == 0 && !is_cut) return;
  int const error = errno;
  std::string message = "Standard output could not be written";
  if (error != 0) message += ": " + std::system_category().message(error);
  raise(error != 0 ? errc_of_system(error) : Errc::io_error,
        message + ". What was printed is not whole; what the command has changed in a store stays changed.");
}

}  // namespace cairn::tool
