// Copyright the Cairn authors
// SPDX-License-Identifier: BSL-1.0
// What threads take of the program's signals.
#include <cairn/meta/start_thread.hpp>

#include <catch2/catch_test_macros.hpp>

#include <csignal>
#include <memory>
#include <utility>

namespace cairn::test {
namespace {

sigset_t blocked_here() {
  sigset_t mask;
  ::pthread_sigmask(SIG_SETMASK, nullptr, &mask);
  return mask;
}

TEST_CASE("a thread that is started takes no signal but its own faults, and the one that starts it goes on taking them") {
  auto const before = blocked_here();
  sigset_t there{};
  auto work = std::make_unique<sigset_t*>(&there);  // which may be something that only moves
  meta::start_thread([work = std::move(work)] { **work = blocked_here(); }).join();
  for (int const signal : {SIGINT, SIGTERM, SIGHUP, SIGCHLD, SIGALRM, SIGUSR1, SIGPIPE}) CHECK(sigismember(&there, signal) == 1);
  for (int const signal : {SIGSEGV, SIGBUS, SIGFPE, SIGABRT, SIGPROF}) CHECK(sigismember(&there, signal) == 0);
  auto const here = blocked_here();
  for (int const signal : {SIGINT, SIGTERM, SIGCHLD}) CHECK(sigismember(&here, signal) == sigismember(&before, signal));
}

}  // namespace
}  // namespace cairn::test
