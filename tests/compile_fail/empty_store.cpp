// Copyright the Cairn authors
// SPDX-License-Identifier: BSL-1.0
// A backend creates a store.
// EXPECT-ERROR: cairn::StoreBackend .empty_store.: missing. write `static void empty_store.Config const& config..`
// EXPECT-ERROR: cairn::StoreBackend .empty_store.: is there, but is not static. write `static void empty_store.Config const& config..`
// EXPECT-ERROR: cairn::StoreBackend .empty_store.: is there, but takes Config& without const. write `static void empty_store.Config const& config..`
// EXPECT-ERROR: cairn::StoreBackend .empty_store.: is there, but returns a value, which nobody looks at
// EXPECT-ERROR: cairn::StoreBackend .empty_store.: is there, but cannot be called so .private, or other parameters.. write `static void empty_store.Config const& config..`
// EXPECT-ERROR: cairn::StoreBackend .empty_store.: is there, but cannot be called so .private, or other parameters.. write `static void empty_store.Config const& config..`
#include "compile_time/archetype.hpp"

using namespace archetype;

#ifdef SHOULD_FAIL
struct NotStatic {
  void empty_store(Config const&) const;
};
struct TakesMutable {
  static void empty_store(Config&);
};
struct ReturnsValue {
  static bool empty_store(Config const&);
};
struct TakesNothing {
  static void empty_store();
};
struct IsPrivate {
  private:
  static void empty_store(Config const&);
};
template <class... Part>
using With = Composed<Part..., HasId, HasIndexTag, HasConfig, HasCapabilities, Deletes, Connects<>>;
static_assert(cairn::check_store_backend<With<>>());
static_assert(cairn::check_store_backend<With<NotStatic>>());
static_assert(cairn::check_store_backend<With<TakesMutable>>());
static_assert(cairn::check_store_backend<With<ReturnsValue>>());
static_assert(cairn::check_store_backend<With<TakesNothing>>());
static_assert(cairn::check_store_backend<With<IsPrivate>>());
#else
static_assert(cairn::check_store_backend<Backend>());
#endif
