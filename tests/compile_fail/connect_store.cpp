// Copyright the Cairn authors
// SPDX-License-Identifier: BSL-1.0
// A backend connects, and what it returns is the connection.
// EXPECT-ERROR: cairn::StoreBackend .connect_store.: missing. write `static Connection connect_store.Config const& config..`
// EXPECT-ERROR: cairn::StoreBackend .connect_store.: is there, but is not static. write `static Connection connect_store.Config const& config..`
// EXPECT-ERROR: cairn::StoreBackend .connect_store.: is there, but takes Config& without const. write `static Connection connect_store.Config const& config..`
// EXPECT-ERROR: cairn::StoreBackend .connect_store.: is there, but returns void. write `static Connection connect_store.Config const& config..`
// EXPECT-ERROR: cairn::StoreBackend .connect_store.: is there, but does not return a Connection by value. write `static Connection connect_store.Config const& config..`
// EXPECT-ERROR: cairn::StoreBackend .connect_store.: is there, but cannot be called so
#include "compile_time/archetype.hpp"

using namespace archetype;

#ifdef SHOULD_FAIL
struct NotStatic {
  Connection connect_store(Config const&);
};
struct TakesMutable {
  static Connection connect_store(Config&);
};
struct ReturnsNothing {
  static void connect_store(Config const&);
};
struct ReturnsReference {
  static Connection& connect_store(Config const&);
};
struct TakesText {
  static Connection connect_store(std::string_view, int);
};
template <class... Part>
using With = Composed<Part..., HasId, HasIndexTag, HasConfig, HasCapabilities, Creates, Deletes>;
static_assert(cairn::check_store_backend<With<>>());
static_assert(cairn::check_store_backend<With<NotStatic>>());
static_assert(cairn::check_store_backend<With<TakesMutable>>());
static_assert(cairn::check_store_backend<With<ReturnsNothing>>());
static_assert(cairn::check_store_backend<With<ReturnsReference>>());
static_assert(cairn::check_store_backend<With<TakesText>>());
#else
static_assert(cairn::check_store_backend<Backend>());
#endif
