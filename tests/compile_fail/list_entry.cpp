// Copyright the Cairn authors
// SPDX-License-Identifier: BSL-1.0
// Every entry of a list is a backend.
// EXPECT-ERROR: cairn::BackendList .backend.: an entry is not a backend: each is a backend's type, or With<Backend, IndexTag>
#include "compile_time/archetype.hpp"
#include <cairn/store/backend_list.hpp>

#ifdef SHOULD_FAIL
using Entry = int;
#else
using Entry = archetype::Backend;
#endif
static_assert(cairn::BackendList<Entry>::size == 1);
