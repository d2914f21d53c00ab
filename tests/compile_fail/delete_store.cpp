// Copyright the Cairn authors
// SPDX-License-Identifier: BSL-1.0
// A backend deletes a store.
// EXPECT-ERROR: cairn::StoreBackend .delete_store.: missing. write `static void delete_store.Config const& config..`
// EXPECT-ERROR: cairn::StoreBackend .delete_store.: is there, but is not static. write `static void delete_store.Config const& config..`
// EXPECT-ERROR: cairn::StoreBackend .delete_store.: is there, but takes Config& without const. write `static void delete_store.Config const& config..`
// EXPECT-ERROR: cairn::StoreBackend .delete_store.: is there, but returns a value, which nobody looks at
// EXPECT-ERROR: cairn::StoreBackend .delete_store.: is there, but cannot be called so .private, or other parameters.. write `static void delete_store.Config const& config..`
// EXPECT-ERROR: cairn::StoreBackend .delete_store.: is there, but cannot be called so .private, or other parameters.. write `static void delete_store.Config const& config..`
#include "compile_time/archetype.hpp"

using namespace archetype;

#ifdef SHOULD_FAIL
struct NotStatic {
  void delete_store(Config const&) const;
};
struct TakesMutable {
  static void delete_store(Config&);
};
struct ReturnsValue {
  static bool delete_store(Config const&);
};
struct TakesNothing {
  static void delete_store();
};
struct IsPrivate {
  private:
  static void delete_store(Config const&);
};
template <class... Part>
using With = Composed<Part..., HasId, HasIndexTag, HasConfig, HasCapabilities, Creates, Connects<>>;
static_assert(cairn::check_store_backend<With<>>());
static_assert(cairn::check_store_backend<With<NotStatic>>());
static_assert(cairn::check_store_backend<With<TakesMutable>>());
static_assert(cairn::check_store_backend<With<ReturnsValue>>());
static_assert(cairn::check_store_backend<With<TakesNothing>>());
static_assert(cairn::check_store_backend<With<IsPrivate>>());
#else
static_assert(cairn::check_store_backend<Backend>());
#endif
