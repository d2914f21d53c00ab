// Copyright the Cairn authors
// SPDX-License-Identifier: BSL-1.0
// No two entries of a list have the same id, whatever their index.
// EXPECT-ERROR: cairn::BackendList .duplicate.: two entries of the list have the same backend_id
#include "compile_time/archetype.hpp"
#include <cairn/store/backend_list.hpp>

struct Other : archetype::Backend {
  static constexpr std::string_view backend_id = "other";
};
#ifdef SHOULD_FAIL
using Third = cairn::With<archetype::Backend, cairn::hitchhiker_tree_tag>;
#else
struct Third : archetype::Backend {
  static constexpr std::string_view backend_id = "third";
};
#endif
static_assert(cairn::BackendList<archetype::Backend, Other, Third>::size == 3);
