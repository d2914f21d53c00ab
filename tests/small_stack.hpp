// Copyright the Cairn authors
// SPDX-License-Identifier: BSL-1.0
// What is called with little stack, so that what recurses as deep as its data ends there.
#pragma once

#include <catch2/catch_test_macros.hpp>

#include <pthread.h>

#include <cstddef>
#include <functional>

namespace cairn::test {

/// Calls it on a thread with so many bytes of stack, and waits for it.
inline void on_stack_of(std::size_t bytes, std::function<void()> call) {
  pthread_attr_t attributes;
  REQUIRE(pthread_attr_init(&attributes) == 0);
  REQUIRE(pthread_attr_setstacksize(&attributes, bytes) == 0);
  pthread_t thread{};
  auto const run = [](void* known) -> void* {
    (*static_cast<std::function<void()>*>(known))();
    return nullptr;
  };
  REQUIRE(pthread_create(&thread, &attributes, run, &call) == 0);
  REQUIRE(pthread_join(thread, nullptr) == 0);
  pthread_attr_destroy(&attributes);
}

}  // namespace cairn::test
