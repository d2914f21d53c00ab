// Copyright the Cairn authors
// SPDX-License-Identifier: BSL-1.0
// A config_spec is optional; one that is there is made by cairn::config_spec.
// EXPECT-ERROR: cairn::StoreBackend .config_spec.: is optional and there, but is no specification
// EXPECT-ERROR: cairn::StoreBackend .config_spec.: is optional and there, but is no specification
#include "compile_time/archetype.hpp"

struct Backend : archetype::Backend {
#ifndef SHOULD_FAIL
  static constexpr auto config_spec = cairn::config_spec(cairn::non_empty(&archetype::Config::name));
#else
  static constexpr int config_spec = 1;
#endif
};
static_assert(cairn::check_store_backend<Backend>());

struct OfOtherThings : archetype::Backend {
#ifndef SHOULD_FAIL
  static constexpr auto config_spec = cairn::config_spec();
#else
  static constexpr std::tuple<int> config_spec{1};
#endif
};
static_assert(cairn::check_store_backend<OfOtherThings>());
