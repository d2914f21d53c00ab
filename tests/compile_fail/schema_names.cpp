// Copyright the Cairn authors
// SPDX-License-Identifier: BSL-1.0
// Fields are attributes of their own, in a namespace that users may have; no struct has more than 64.
// EXPECT-ERROR: cairn::Schema .name.: two fields of a struct are one attribute: a `_` at the end
// EXPECT-ERROR: cairn::Schema .namespace.: attribute_namespace is letters, digits
// EXPECT-ERROR: cairn::Schema .namespace.: attribute_namespace is letters, digits
// EXPECT-ERROR: cairn::Schema .count.: a struct has at most 64 fields
#include <cairn/db/aggregate/schema.hpp>

#include <string>

struct Twice {
  std::string name;
#ifdef SHOULD_FAIL
  std::string name_;
#endif
};

struct System {
  int ident;
};

struct Spelled {
  int word;
};

#ifdef SHOULD_FAIL
template <>
inline constexpr std::string_view cairn::attribute_namespace<System> = "db.install";
template <>
inline constexpr std::string_view cairn::attribute_namespace<Spelled> = ":spelled";
#else
template <>
inline constexpr std::string_view cairn::attribute_namespace<Spelled> = "spelled.out";
#endif

struct Many {
  int a0, a1, a2, a3, a4, a5, a6, a7, b0, b1, b2, b3, b4, b5, b6, b7, c0, c1, c2, c3, c4, c5, c6, c7, d0, d1, d2, d3, d4,
      d5, d6, d7, e0, e1, e2, e3, e4, e5, e6, e7, f0, f1, f2, f3, f4, f5, f6, f7, g0, g1, g2, g3, g4, g5, g6, g7, h0, h1,
      h2, h3, h4, h5, h6, h7;
#ifdef SHOULD_FAIL
  int one_more;
#endif
};

cairn::TxData use() { return cairn::schema<Twice, System, Spelled, Many>(); }
