// Copyright the Cairn authors
// SPDX-License-Identifier: BSL-1.0
// A backend says what it promises.
// EXPECT-ERROR: cairn::StoreBackend .capabilities.: missing. write `static constexpr cairn::Capabilities capabilities.
// EXPECT-ERROR: cairn::StoreBackend .capabilities.: is there, but is not a public constant
// EXPECT-ERROR: cairn::StoreBackend .capabilities.: is there, but is not a public constant
#include "compile_time/archetype.hpp"

using namespace archetype;

#ifdef SHOULD_FAIL
struct NotConstant {
  static cairn::Capabilities const capabilities;
};
struct IsFunction {
  static constexpr cairn::Capabilities capabilities();
};
template <class... Part>
using With = Composed<Part..., HasId, HasIndexTag, HasConfig, Creates, Deletes, Connects<>>;
static_assert(cairn::check_store_backend<With<>>());
static_assert(cairn::check_store_backend<With<NotConstant>>());
static_assert(cairn::check_store_backend<With<IsFunction>>());
#else
static_assert(cairn::check_store_backend<Backend>());
#endif
