// Copyright the Cairn authors
// SPDX-License-Identifier: BSL-1.0
// Replies that come late.
#pragma once

#include "laws/tcp_proxy.hpp"

#include <catch2/catch_test_macros.hpp>

#include <atomic>
#include <chrono>
#include <thread>

namespace cairn::test {

/// What `call` gives where all replies come `delay` late, which its client bears. Fails where none did.
template <class Call>
auto with_late_replies(TcpProxy& proxy, std::chrono::milliseconds delay, Call call) {
  auto const before = proxy.held();
  proxy.set_delay(delay);
  auto result = call();
  proxy.set_delay(std::chrono::milliseconds{0});
  CHECK(proxy.held() > before);
  return result;
}

/// The same where a reply comes three times as late as a client waits, and what the client then tries meets no better, until twice its patience
/// has passed.
template <class Call>
auto with_replies_too_late(TcpProxy& proxy, std::chrono::milliseconds patience, Call call) {
  auto const before = proxy.held();
  std::atomic<bool> is_done = false;
  proxy.set_delay(3 * patience);
  std::thread calm{[&] {
    while (proxy.held() == before && !is_done) std::this_thread::sleep_for(std::chrono::milliseconds{1});
    std::this_thread::sleep_for(2 * patience);
    proxy.set_delay(std::chrono::milliseconds{0});
  }};
  auto result = [&] {
    try {
      return call();
    } catch (...) {
      is_done = true;
      calm.join();
      throw;
    }
  }();
  is_done = true;
  calm.join();
  CHECK(proxy.held() > before);
  return result;
}

}  // namespace cairn::test
