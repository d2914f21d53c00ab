// Copyright the Cairn authors
// SPDX-License-Identifier: BSL-1.0
// A default_config is optional; one that is there has the exact shape.
// EXPECT-ERROR: cairn::StoreBackend .default_config.: is optional and there, but cannot be called so. write `static Config default_config.Config known, cairn::Environment const& environment..`
// EXPECT-ERROR: cairn::StoreBackend .default_config.: is optional and there, but cannot be called so. write `static Config default_config.Config known, cairn::Environment const& environment..`
#include "compile_time/archetype.hpp"

using archetype::Config;

struct Backend : archetype::Backend {
#ifndef SHOULD_FAIL
  static Config default_config(Config, cairn::Environment const&);
#else
  static Config default_config(Config);
#endif
};
static_assert(cairn::check_store_backend<Backend>());

struct ReturnsNothing : archetype::Backend {
#ifndef SHOULD_FAIL
  static Config default_config(Config, cairn::Environment const&);
#else
  static void default_config(Config&, cairn::Environment const&);
#endif
};
static_assert(cairn::check_store_backend<ReturnsNothing>());
