// Copyright the Cairn authors
// SPDX-License-Identifier: BSL-1.0
// A backend is a class, and its definition must be seen.
// EXPECT-ERROR: cairn::StoreBackend .backend.: is not a class, or only declared here
// EXPECT-ERROR: cairn::StoreBackend .backend.: is not a class, or only declared here
#include "compile_time/archetype.hpp"

#ifdef SHOULD_FAIL
struct OnlyDeclared;
static_assert(cairn::check_store_backend<OnlyDeclared>());
static_assert(cairn::check_store_backend<int>());
#else
static_assert(cairn::check_store_backend<archetype::Backend>());
#endif
