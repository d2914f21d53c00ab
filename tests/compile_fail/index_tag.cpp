// Copyright the Cairn authors
// SPDX-License-Identifier: BSL-1.0
// A backend names the index that suits it.
// EXPECT-ERROR: cairn::StoreBackend .index_tag.: missing. write `using index_tag = cairn::persistent_set_tag.` or `cairn::hitchhiker_tree_tag`
// EXPECT-ERROR: cairn::StoreBackend .index_tag.: names no index. write `using index_tag = cairn::persistent_set_tag.` or `cairn::hitchhiker_tree_tag`
#include "compile_time/archetype.hpp"

using namespace archetype;

#ifdef SHOULD_FAIL
struct TagOfNothing {
  using index_tag = int;
};
template <class... Part>
using With = Composed<Part..., HasId, HasConfig, HasCapabilities, Creates, Deletes, Connects<>>;
static_assert(cairn::check_store_backend<With<>>());
static_assert(cairn::check_store_backend<With<TagOfNothing>>());
#else
static_assert(cairn::check_store_backend<Backend>());
#endif
