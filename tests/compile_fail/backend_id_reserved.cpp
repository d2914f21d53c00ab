// Copyright the Cairn authors
// SPDX-License-Identifier: BSL-1.0
// The ids of Cairn's own backends are taken.
// EXPECT-ERROR: cairn::StoreBackend .backend_id.: .mem., .memory. and .file. are reserved
// EXPECT-ERROR: cairn::StoreBackend .backend_id.: .mem., .memory. and .file. are reserved
// EXPECT-ERROR: cairn::StoreBackend .backend_id.: .mem., .memory. and .file. are reserved
#include "compile_time/archetype.hpp"

using namespace archetype;

#ifdef SHOULD_FAIL
struct IdIsMem {
  static constexpr std::string_view backend_id = "mem";
};
struct IdIsMemory {
  static constexpr std::string_view backend_id = "memory";
};
struct IdIsFile {
  static constexpr std::string_view backend_id = "file";
};
template <class... Part>
using With = Composed<Part..., HasIndexTag, HasConfig, HasCapabilities, Creates, Deletes, Connects<>>;
static_assert(cairn::check_store_backend<With<IdIsMem>>());
static_assert(cairn::check_store_backend<With<IdIsMemory>>());
static_assert(cairn::check_store_backend<With<IdIsFile>>());
#else
static_assert(cairn::check_store_backend<Backend>());
#endif
