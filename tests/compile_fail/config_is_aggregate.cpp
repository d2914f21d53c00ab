// Copyright the Cairn authors
// SPDX-License-Identifier: BSL-1.0
// A Config is a plain struct, so that its fields can be found.
// EXPECT-ERROR: cairn::StoreBackend .config.: Config is not a struct
// EXPECT-ERROR: cairn::StoreBackend .config.: Config is not a struct
// EXPECT-ERROR: cairn::StoreBackend .config.: Config is not an aggregate. make it a plain struct
// EXPECT-ERROR: cairn::StoreBackend .config.: Config is not an aggregate. make it a plain struct
// EXPECT-ERROR: cairn::StoreBackend .config.: `Config..` does not compile
// EXPECT-ERROR: cairn::StoreBackend .config.: Config cannot be copied
// EXPECT-ERROR: cairn::StoreBackend .config.: Config cannot be copied
// EXPECT-ERROR: cairn::StoreBackend .config.: Config has a base class
#include "compile_time/archetype.hpp"

#include <memory>

using namespace archetype;

template <class ConfigType>
struct BackendWith {
  static constexpr std::string_view backend_id = "mine";
  using index_tag = cairn::persistent_set_tag;
  using Config = ConfigType;
  static constexpr cairn::Capabilities capabilities{.fence = cairn::Fence::lock};
  static void empty_store(Config const&);
  static void delete_store(Config const&);
  static Connection connect_store(Config const&);
};

struct Plain {
  std::string name;
  int port = 1;
};
#ifdef SHOULD_FAIL
union OneOfTwo {
  int number = 0;
  float other;
};
struct WithConstructor {
  explicit WithConstructor(int);
  WithConstructor();
};
class WithPrivateField {
  [[maybe_unused]] int number_ = 0;
};
struct HasNoDefault {
  int& number;
};
struct HoldsHandle {
  std::unique_ptr<int> handle;
};
struct HoldsConstant {
  int const number = 1;
};
struct WithBase : Plain {
  int number = 0;
};
static_assert(cairn::check_store_backend<BackendWith<int>>());
static_assert(cairn::check_store_backend<BackendWith<OneOfTwo>>());
static_assert(cairn::check_store_backend<BackendWith<WithConstructor>>());
static_assert(cairn::check_store_backend<BackendWith<WithPrivateField>>());
static_assert(cairn::check_store_backend<BackendWith<HasNoDefault>>());
static_assert(cairn::check_store_backend<BackendWith<HoldsHandle>>());
static_assert(cairn::check_store_backend<BackendWith<HoldsConstant>>());
static_assert(cairn::check_store_backend<BackendWith<WithBase>>());
#else
static_assert(cairn::check_store_backend<BackendWith<Plain>>());
#endif
