// Copyright the Cairn authors
// SPDX-License-Identifier: BSL-1.0
// Replies that come late.
#pragma once

#include "laws/tcp_proxy.hpp"

#include <catch2/catch_test_macros.hpp>

#include <chrono>
#include <thread>

namespace cairn::test {

namespace late {

/// What `call` gives while every reply comes `delay` later than it was sent; when `until` has passed, replies come at once again.
/// Fails where the call has taken less than `least`.
template <class Call>
auto call_with(TcpProxy& proxy, std::chrono::milliseconds delay, std::chrono::milliseconds until, std::chrono::milliseconds least, Call call) {
  auto const begin = std::chrono::steady_clock::now();
  proxy.set_delay(delay);
  std::thread calm{[&] {
    std::this_thread::sleep_until(begin + until);
    proxy.set_delay(std::chrono::milliseconds{0});
  }};
  auto result = [&] {
    try {
      return call();
    } catch (...) {
      calm.join();
      throw;
    }
  }();
  auto const took = std::chrono::steady_clock::now() - begin;
  calm.join();
  CHECK(took >= least);
  return result;
}

}  // namespace late

/// What `call` gives where replies come `delay` late, which its client bears.
template <class Call>
auto with_late_replies(TcpProxy& proxy, std::chrono::milliseconds delay, Call call) {
  return late::call_with(proxy, delay, delay, delay, call);
}
/// The same where they come three times as late as a client waits, for twice that time.
template <class Call>
auto with_replies_too_late(TcpProxy& proxy, std::chrono::milliseconds patience, Call call) {
  return late::call_with(proxy, 3 * patience, 2 * patience, patience, call);
}

}  // namespace cairn::test
