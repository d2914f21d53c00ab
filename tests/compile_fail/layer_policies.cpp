// Copyright the Cairn authors
// SPDX-License-Identifier: BSL-1.0
// A front that only reads fill, and that is all that is read, would stay empty.
// EXPECT-ERROR: cairn::Tiered .policies.: write_around leaves the front to what is read, and frontend_only reads nothing else. choose another
#include <cairn/backends/mem/backend.hpp>
#include <cairn/layer/tiered.hpp>

#ifdef SHOULD_FAIL
constexpr auto reads = cairn::ReadPolicy::frontend_only;
#else
constexpr auto reads = cairn::ReadPolicy::frontend_first;
#endif
using Mem = cairn::backends::mem::Backend;
static_assert(!cairn::Tiered<Mem, Mem, cairn::WritePolicy::write_around, reads>::backend_id.empty());
