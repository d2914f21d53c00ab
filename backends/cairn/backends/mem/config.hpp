// Copyright the Cairn authors
// SPDX-License-Identifier: BSL-1.0
// The configuration of the memory backend.
#pragma once

#include <string>

namespace cairn::backends::mem {

/// Names a store in the memory of this process.
struct Config {
  /// Which store: connections with the same id, anywhere in the process, share one. Required.
  std::string id;
};

}  // namespace cairn::backends::mem
