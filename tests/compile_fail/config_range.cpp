// Copyright the Cairn authors
// SPDX-License-Identifier: BSL-1.0
// A range has its bounds in order.
// EXPECT-ERROR-AMONG: the_lowest_of_a_range_is_above_its_highest
#include <cairn/concepts/config_spec.hpp>

struct Config {
  int port = 1;
};
#ifdef SHOULD_FAIL
inline constexpr auto port_range = cairn::range(&Config::port, 9, 1);
#else
inline constexpr auto port_range = cairn::range(&Config::port, 1, 9);
#endif
