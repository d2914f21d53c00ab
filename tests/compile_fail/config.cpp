// Copyright the Cairn authors
// SPDX-License-Identifier: BSL-1.0
// A backend has a Config.
// EXPECT-ERROR: cairn::StoreBackend .config.: no Config. write `using Config = mine::Config.`
#include "compile_time/archetype.hpp"

using namespace archetype;

#ifdef SHOULD_FAIL
using WithoutConfig = Composed<HasId, HasIndexTag, HasCapabilities, Creates, Deletes, Connects<>>;
static_assert(cairn::check_store_backend<WithoutConfig>());
#else
static_assert(cairn::check_store_backend<Backend>());
#endif
