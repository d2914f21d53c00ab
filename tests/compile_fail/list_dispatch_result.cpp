// Copyright the Cairn authors
// SPDX-License-Identifier: BSL-1.0
// The results of a dispatch have a common type.
// EXPECT-ERROR: cairn::BackendList .dispatch.: the function's results for the backends of the list have no common type
#include "compile_time/archetype.hpp"
#include <cairn/store/backend_list.hpp>

#include <type_traits>

struct Other : archetype::Backend {
  static constexpr std::string_view backend_id = "other";
};
using List = cairn::BackendList<archetype::Backend, Other>;

void use() {
#ifdef SHOULD_FAIL
  List::dispatch("other", []<class Backend>(std::type_identity<Backend> backend) { return backend; });
#else
  List::dispatch("other", []<class Backend>(std::type_identity<Backend>) { return sizeof(Backend); });
#endif
}
