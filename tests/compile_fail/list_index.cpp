// Copyright the Cairn authors
// SPDX-License-Identifier: BSL-1.0
// The index of an entry is a tag.
// EXPECT-ERROR: cairn::BackendList .index.: the second half of With<Backend, IndexTag> is a tag
#include "compile_time/archetype.hpp"
#include <cairn/store/backend_list.hpp>

#ifdef SHOULD_FAIL
using Tag = int;
#else
using Tag = cairn::hitchhiker_tree_tag;
#endif
static_assert(cairn::BackendList<cairn::With<archetype::Backend, Tag>>::size == 1);
