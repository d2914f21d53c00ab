// Copyright the Cairn authors
// SPDX-License-Identifier: BSL-1.0
// A process to be killed.
#pragma once

#include <sys/types.h>
#include <unistd.h>

namespace cairn::test {

/// Runs `work` in a child that never comes back into the test.
template <class Work>
[[nodiscard]] pid_t in_child(Work work) {
  auto const child = ::fork();
  if (child != 0) return child;
  int status = 1;
  try {
    work();
    status = 0;
  } catch (...) {  // NOLINT(bugprone-empty-catch): the status says it
  }
  ::_exit(status);
}

}  // namespace cairn::test
