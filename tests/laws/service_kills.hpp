// Copyright the Cairn authors
// SPDX-License-Identifier: BSL-1.0
// What the end of a server leaves of what it has acknowledged.
#pragma once

#include "laws/own_service.hpp"
#include "laws/survival.hpp"

#include <catch2/catch_test_macros.hpp>

#include <cstdlib>

namespace cairn::laws {

/// `service("...")` of a harness speaks of this service for as long as this lives.
class ServiceInstead {
 public:
  explicit ServiceInstead(test::OwnService const& service) {
    ::setenv("CAIRN_TEST_SERVICE", service.directory().c_str(), 1);  // NOLINT(concurrency-mt-unsafe): there is one thread
  }
  ServiceInstead(ServiceInstead const&) = delete;
  ServiceInstead& operator=(ServiceInstead const&) = delete;
  ~ServiceInstead() { ::unsetenv("CAIRN_TEST_SERVICE"); }  // NOLINT(concurrency-mt-unsafe): there is one thread
};

/// A server of the test's own, made by `script`, is killed while a process commits, and started again on what is left.
template <BlobStoreHarness Harness>
void check_service_kills(char const* script) {
  if (std::getenv("CAIRN_TEST_SERVICE") != nullptr) {  // NOLINT(concurrency-mt-unsafe): there is one thread
    SUCCEED("the suite runs on another service than its own");
    return;
  }
  int const rounds = std::getenv("CAIRN_LONG") != nullptr ? 20 : 3;  // NOLINT(concurrency-mt-unsafe): there is one thread
  test::OwnService service{script};
  ServiceInstead const instead{service};
  check_survival<Harness>(rounds, [&](Child& child) {
    service.kill();
    auto told = child.kill();  // nothing is acknowledged any more, and whether it has noticed does not matter
    service.restart();
    return told;
  });
}

}  // namespace cairn::laws
