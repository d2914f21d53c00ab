// Copyright the Cairn authors
// SPDX-License-Identifier: BSL-1.0
// Datoms.
#pragma once

#include <cairn/datom/keyword.hpp>
#include <cairn/datom/value.hpp>

#include <cstdint>

namespace cairn {

/// The number of an attribute inside one database, given when the attribute is first named and never changed.
using AttributeId = std::uint32_t;

/// A fact: entity `e` had value `v` under attribute `a`; transaction `tx` added it, or retracted it.
struct Datom {
  EntityId e{};
  Keyword a;
  Value v;
  EntityId tx{};
  bool added = true;

  friend bool operator==(Datom const&, Datom const&) = default;
};

/// A datom as the indexes hold it: its attribute is a number of its database.
struct RawDatom {
  EntityId e = 0;
  AttributeId a = 0;
  bool added = true;
  EntityId tx = 0;
  Value v;

  friend bool operator==(RawDatom const& left, RawDatom const& right) noexcept {
    return left.e == right.e && left.a == right.a && left.tx == right.tx && left.added == right.added && left.v == right.v;
  }
};

}  // namespace cairn
