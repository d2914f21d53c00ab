// Copyright the Cairn authors
// SPDX-License-Identifier: BSL-1.0
// A layer_name is optional; one that is there is a text that the compiler can read.
// EXPECT-ERROR: cairn::StoreBackend .layer_name.: is optional and there, but is no public constant text. write `static constexpr std::string_view layer_name = "mine".`
// EXPECT-ERROR: cairn::StoreBackend .layer_name.: is optional and there, but is no public constant text. write `static constexpr std::string_view layer_name = "mine".`
// EXPECT-ERROR: cairn::StoreBackend .layer_name.: is optional and there, but is no public constant text. write `static constexpr std::string_view layer_name = "mine".`
// EXPECT-ERROR: cairn::StoreBackend .layer_name.: is optional and there, but is no public constant text. write `static constexpr std::string_view layer_name = "mine".`
#include "compile_time/archetype.hpp"

#ifdef SHOULD_FAIL
struct IsNumber : archetype::Backend {
  static constexpr int layer_name = 1;
};
struct IsFunction : archetype::Backend {
  static constexpr std::string_view layer_name();
};
struct NotConstant : archetype::Backend {
  static std::string_view const layer_name;
};
class IsPrivate : public archetype::Backend {
  static constexpr std::string_view layer_name = "layer";
};
static_assert(cairn::check_store_backend<IsNumber>());
static_assert(cairn::check_store_backend<IsFunction>());
static_assert(cairn::check_store_backend<NotConstant>());
static_assert(cairn::check_store_backend<IsPrivate>());
#else
struct Layer : archetype::Backend {
  static constexpr std::string_view layer_name = "layer";
};
struct LayerByLiteral : archetype::Backend {
  static constexpr char const* layer_name = "layer";
};
static_assert(cairn::check_store_backend<Layer>());
static_assert(cairn::layer_name<Layer> == "layer");
static_assert(cairn::check_store_backend<LayerByLiteral>());
static_assert(cairn::layer_name<LayerByLiteral> == "layer");
static_assert(cairn::layer_name<archetype::Backend>.empty());
#endif
