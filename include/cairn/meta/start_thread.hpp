// Copyright the Cairn authors
// SPDX-License-Identifier: BSL-1.0
// Threads that the library starts.
#pragma once

#include <csignal>
#include <pthread.h>
#include <thread>
#include <utility>

namespace cairn::meta {

/// A thread that takes none of the program's signals: who waits for one, or is to be woken by it, has threads of its own. What a
/// thread raises itself by a fault, and what profilers send, it takes.
///
/// Errors: `std::system_error` where there can be no thread.
template <class Work>
[[nodiscard]] std::thread start_thread(Work work) {
  struct Block {
    Block() noexcept {
      ::sigset_t blocked;
      ::sigfillset(&blocked);
      for (int const taken : {SIGABRT, SIGBUS, SIGFPE, SIGILL, SIGPROF, SIGSEGV, SIGSYS, SIGTRAP}) ::sigdelset(&blocked, taken);
      ::pthread_sigmask(SIG_BLOCK, &blocked, &before);
    }
    Block(Block const&) = delete;
    Block& operator=(Block const&) = delete;
    ~Block() { ::pthread_sigmask(SIG_SETMASK, &before, nullptr); }
    ::sigset_t before{};
  } const block;
  return std::thread{std::move(work)};  // with the mask of whoever starts it
}

}  // namespace cairn::meta
