// Copyright the Cairn authors
// SPDX-License-Identifier: BSL-1.0
// Of two writers who read the same root, one must fail.
// EXPECT-ERROR: cairn::StoreBackend .fence.: capabilities.fence is Fence::none
#include "compile_time/archetype.hpp"

using namespace archetype;

struct Unfenced {
#ifdef SHOULD_FAIL
  static constexpr cairn::Capabilities capabilities{.durable = true};
#else
  static constexpr cairn::Capabilities capabilities{.durable = true, .fence = cairn::Fence::lock};
#endif
};
using Fenced = Composed<HasId, HasIndexTag, HasConfig, Unfenced, Creates, Deletes, Connects<>>;
static_assert(cairn::check_store_backend<Fenced>());
