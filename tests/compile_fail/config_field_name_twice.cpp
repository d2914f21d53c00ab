// Copyright the Cairn authors
// SPDX-License-Identifier: BSL-1.0
// Two fields do not have the same keyword.
// EXPECT-ERROR: cairn::Config .name.: two fields have the same name as keywords
#include <cairn/config/check.hpp>

struct Config {
  int size = 0;
#ifdef SHOULD_FAIL
  int size_ = 0;
#else
  int size2 = 0;
#endif
};
static_assert(cairn::config::check_config<Config>());
