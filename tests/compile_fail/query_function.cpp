// Copyright the Cairn authors
// SPDX-License-Identifier: BSL-1.0
// A function that a query calls has one signature, of values.
// EXPECT-ERROR: cairn::fn .function.: name a function that is not overloaded, or an object with one operator
// EXPECT-ERROR: cairn::fn .parameter.: a query can't give a function an argument of this type
// EXPECT-ERROR: cairn::fn .result.: a query can't use a result of this type
#include <cairn/query/compiled/surroundings.hpp>

struct Opaque {};
inline bool takes_opaque(Opaque) { return true; }
inline Opaque gives_opaque(std::int64_t) { return {}; }
inline bool adult(std::int64_t age) { return age >= 18; }

inline void use(std::span<cairn::Value const> values) {
  static_cast<void>(cairn::fn<"adult?", adult>::call(values));
#ifdef SHOULD_FAIL
  static_cast<void>(sizeof(cairn::fn<"generic", [](auto) { return true; }>));
  static_cast<void>(cairn::fn<"takes", takes_opaque>::call(values));
  static_cast<void>(cairn::fn<"gives", gives_opaque>::call(values));
#endif
}
