// Copyright the Cairn authors
// SPDX-License-Identifier: BSL-1.0
// A list names at least one backend.
// EXPECT-ERROR: cairn::BackendList .empty.: name the backends
#include "compile_time/archetype.hpp"
#include <cairn/store/backend_list.hpp>

#ifdef SHOULD_FAIL
using List = cairn::BackendList<>;
#else
using List = cairn::BackendList<archetype::Backend>;
#endif
static_assert(List::size < 2);
