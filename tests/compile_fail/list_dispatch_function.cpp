// Copyright the Cairn authors
// SPDX-License-Identifier: BSL-1.0
// The function of a dispatch takes every backend of the list.
// EXPECT-ERROR: cairn::BackendList .dispatch.: the function must take std::type_identity<Backend> for every backend
#include "compile_time/archetype.hpp"
#include <cairn/store/backend_list.hpp>

#include <type_traits>

struct Other : archetype::Backend {
  static constexpr std::string_view backend_id = "other";
};
using List = cairn::BackendList<archetype::Backend, Other>;

#ifdef SHOULD_FAIL
void use() {
  List::dispatch("other", [](std::type_identity<Other>) {});
}
#else
void use() {
  List::dispatch("other", []<class Backend>(std::type_identity<Backend>) {});
}
#endif
