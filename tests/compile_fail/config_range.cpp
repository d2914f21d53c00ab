// Copyright the Cairn authors
// SPDX-License-Identifier: BSL-1.0
// A range has its bounds in order, and they fit into the field.
// EXPECT-ERROR-AMONG: the_lowest_of_a_range_is_above_its_highest
// EXPECT-ERROR-AMONG: a_bound_or_a_choice_does_not_fit_into_its_field
// EXPECT-ERROR-AMONG: a_bound_or_a_choice_does_not_fit_into_its_field
#include <cairn/concepts/config_spec.hpp>

#include <cstdint>

struct Config {
  std::uint16_t port = 1;
};
#ifdef SHOULD_FAIL
inline constexpr auto backwards = cairn::range(&Config::port, 9, 1);
inline constexpr auto too_high = cairn::range(&Config::port, 1, 70000);
inline constexpr auto too_low = cairn::one_of(&Config::port, 1, -1);
#else
inline constexpr auto port_range = cairn::range(&Config::port, 1, 65535);
inline constexpr auto port_choice = cairn::one_of(&Config::port, 0, 65535);
#endif
