// Copyright the Cairn authors
// SPDX-License-Identifier: BSL-1.0
// A place in memory for a database, which goes with it.
#pragma once

#include <cairn/backends/mem/backend.hpp>
#include <cairn/database.hpp>

#include <string>

namespace cairn::test {

/// Another place each time; what was made there is removed in the end.
struct OnMem {
  using Backend = backends::mem::Backend;
  std::string name = "on-mem-" + std::to_string(++number);
  OnMem() = default;
  OnMem(OnMem const&) = delete;
  OnMem& operator=(OnMem const&) = delete;
  ~OnMem() { Store<Backend>::destroy(config()); }
  [[nodiscard]] Backend::Config config() const { return {name}; }
  static inline int number = 0;
};

}  // namespace cairn::test
