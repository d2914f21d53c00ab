// Copyright the Cairn authors
// SPDX-License-Identifier: BSL-1.0
// What an entry of a list lacks to be a backend is said in the words of the concept.
// EXPECT-ERROR: cairn::BackendList .backend.: an entry is not a backend. the messages of cairn::StoreBackend say what it lacks
// EXPECT-ERROR: cairn::StoreBackend .fence.: capabilities.fence is Fence::none
#include "compile_time/archetype.hpp"
#include <cairn/store/backend_list.hpp>

struct Entry : archetype::Backend {
#ifdef SHOULD_FAIL
  static constexpr cairn::Capabilities capabilities{.fence = cairn::Fence::none};
#endif
};
static_assert(cairn::BackendList<Entry>::size == 1);
