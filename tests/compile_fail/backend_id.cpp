// Copyright the Cairn authors
// SPDX-License-Identifier: BSL-1.0
// A backend has an id that the compiler can read.
// EXPECT-ERROR: cairn::StoreBackend .backend_id.: missing. write `static constexpr std::string_view backend_id = .mine..`
// EXPECT-ERROR: cairn::StoreBackend .backend_id.: is there, but is not a public constant std::string_view. write `static constexpr std::string_view backend_id = .mine..`
// EXPECT-ERROR: cairn::StoreBackend .backend_id.: is there, but is not a public constant std::string_view. write `static constexpr std::string_view backend_id = .mine..`
// EXPECT-ERROR: cairn::StoreBackend .backend_id.: is there, but is not a public constant std::string_view. write `static constexpr std::string_view backend_id = .mine..`
#include "compile_time/archetype.hpp"

using namespace archetype;

#ifdef SHOULD_FAIL
struct IdIsText {
  static constexpr char const* backend_id = "mine";
};
struct IdIsNotConstant {
  static inline std::string_view backend_id = "mine";
};
struct IdIsNotStatic {
  std::string_view const backend_id = "mine";
};
template <class... Part>
using With = Composed<Part..., HasIndexTag, HasConfig, HasCapabilities, Creates, Deletes, Connects<>>;
static_assert(cairn::check_store_backend<With<>>());
static_assert(cairn::check_store_backend<With<IdIsText>>());
static_assert(cairn::check_store_backend<With<IdIsNotConstant>>());
static_assert(cairn::check_store_backend<With<IdIsNotStatic>>());
#else
static_assert(cairn::check_store_backend<Backend>());
#endif
