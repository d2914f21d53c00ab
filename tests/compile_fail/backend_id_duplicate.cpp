// Copyright the Cairn authors
// SPDX-License-Identifier: BSL-1.0
// No two backends of a list have the same id.
// EXPECT-ERROR: cairn::BackendList .backend_id.: two backends of the list have the same id
#include "compile_time/archetype.hpp"

struct Other : archetype::Backend {
#ifndef SHOULD_FAIL
  static constexpr std::string_view backend_id = "other";
#endif
};
static_assert(cairn::check_backend_ids<archetype::Backend, Other>());
