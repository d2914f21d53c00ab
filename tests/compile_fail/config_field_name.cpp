// Copyright the Cairn authors
// SPDX-License-Identifier: BSL-1.0
// A field is not called as what every configuration has.
// EXPECT-ERROR: cairn::Config .name.: a field may not be called backend or config
#include <cairn/config/check.hpp>

#include <string>

struct Config {
#ifdef SHOULD_FAIL
  std::string backend;
#else
  std::string back;
#endif
};
static_assert(cairn::config::check_config<Config>());
