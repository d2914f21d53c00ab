// Copyright the Cairn authors
// SPDX-License-Identifier: BSL-1.0
// The front of a tier stores under the back's addresses.
// EXPECT-ERROR: cairn::Tiered .front.: the front's writer cannot store under a given address. write `void put.Address const& address, std::span<std::byte const> bytes..`
#include "compile_time/archetype.hpp"
#include <cairn/backends/mem/backend.hpp>
#include <cairn/layer/tiered.hpp>

#ifdef SHOULD_FAIL
using Front = archetype::Backend;
#else
using Front = cairn::backends::mem::Backend;
#endif
static_assert(!cairn::Tiered<Front, archetype::Backend>::backend_id.empty());
