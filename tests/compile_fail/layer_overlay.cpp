// Copyright the Cairn authors
// SPDX-License-Identifier: BSL-1.0
// What is written to the front alone has addresses of the back's.
// EXPECT-ERROR: cairn::Tiered .frontend_only.: what only the front has needs addresses that the back gives to nobody else. write `Address reserve...`
#include "compile_time/archetype.hpp"
#include <cairn/backends/mem/backend.hpp>
#include <cairn/layer/tiered.hpp>

#ifdef SHOULD_FAIL
using Back = archetype::Backend;
#else
using Back = cairn::backends::mem::Backend;
#endif
static_assert(!cairn::Tiered<cairn::backends::mem::Backend, Back, cairn::WritePolicy::frontend_only>::backend_id.empty());
