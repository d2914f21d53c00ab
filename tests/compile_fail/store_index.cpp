// Copyright the Cairn authors
// SPDX-License-Identifier: BSL-1.0
// What a store cannot have for an index is said by the store, by the index, and by a connection to any of several stores.
// EXPECT-ERROR: cairn::Store .index.: the second argument is no index tag. write cairn::persistent_set_tag or cairn::hitchhiker_tree_tag
// EXPECT-ERROR: cairn::Store .index.: this type is not an index tag. use persistent_set_tag or hitchhiker_tree_tag, or specialise cairn::IndexFor for it
// EXPECT-ERROR: cairn::AnyConnection .index.: the backends of the list have different indexes, so their databases are of different types
#include "compile_time/archetype.hpp"
#include <cairn/store/any_connection.hpp>

struct Other : archetype::Backend {
  static constexpr std::string_view backend_id = "other";
};

#ifdef SHOULD_FAIL
struct OwnTag {};
static_assert(sizeof(cairn::Store<archetype::Backend, int>) > 0);
static_assert(sizeof(cairn::index_for<OwnTag>) > 0);
using Tag = cairn::hitchhiker_tree_tag;
#else
static_assert(sizeof(cairn::Store<archetype::Backend, cairn::hitchhiker_tree_tag>) > 0);
static_assert(sizeof(cairn::index_for<cairn::persistent_set_tag>) > 0);
static_assert(sizeof(cairn::index_for<cairn::hitchhiker_tree_tag>) > 0);
using Tag = cairn::persistent_set_tag;
#endif
static_assert(sizeof(cairn::AnyConnection<cairn::BackendList<archetype::Backend, cairn::With<Other, Tag>>>) > 0);
