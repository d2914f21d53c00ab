// Copyright the Cairn authors
// SPDX-License-Identifier: BSL-1.0
// An id is the name of a keyword.
// EXPECT-ERROR: cairn::StoreBackend .backend_id.: is empty or has a character other than a-z 0-9 - _ . in it
// EXPECT-ERROR: cairn::StoreBackend .backend_id.: is empty or has a character other than a-z 0-9 - _ . in it
// EXPECT-ERROR: cairn::StoreBackend .backend_id.: is empty or has a character other than a-z 0-9 - _ . in it
#include "compile_time/archetype.hpp"

using namespace archetype;

#ifdef SHOULD_FAIL
struct IdIsEmpty {
  static constexpr std::string_view backend_id = "";
};
struct IdHasSpace {
  static constexpr std::string_view backend_id = "my store";
};
struct IdHasCapital {
  static constexpr std::string_view backend_id = "Mine";
};
template <class... Part>
using With = Composed<Part..., HasIndexTag, HasConfig, HasCapabilities, Creates, Deletes, Connects<>>;
static_assert(cairn::check_store_backend<With<IdIsEmpty>>());
static_assert(cairn::check_store_backend<With<IdHasSpace>>());
static_assert(cairn::check_store_backend<With<IdHasCapital>>());
#else
static_assert(cairn::check_store_backend<Backend>());
#endif
