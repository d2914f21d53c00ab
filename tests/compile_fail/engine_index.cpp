// Copyright the Cairn authors
// SPDX-License-Identifier: BSL-1.0
// A unit that links cairn::engine says so when it uses an index that is not compiled there.
// EXPECT-ERROR: cairn::Store .index.: cairn::engine is compiled for persistent_set_tag; to use another index, include cairn/any_index.hpp
#ifdef SHOULD_FAIL
#define CAIRN_ENGINE 1
#endif
#include <cairn/db/snapshot.hpp>

static_assert(sizeof(cairn::Indexes<cairn::hitchhiker_tree_tag>) != 0);
