// Copyright the Cairn authors
// SPDX-License-Identifier: BSL-1.0
// Values in the form in which an attribute holds them.
#pragma once

#include <cairn/datom/value.hpp>
#include <cairn/db/attribute.hpp>
#include <cairn/meta/lazy.hpp>

namespace cairn::detail {

/// The same value, of the attribute's own kind where no more than its width differs: a float attribute holds floats and
/// a double attribute doubles, however C++ or EDN (which has no floats) wrote them. Everything else stays as it is: a
/// long is no double.
template <meta::Lazy = {}>
[[nodiscard]] inline Value coerce(Value value, Attribute const& attribute) {
  if (attribute.type == ValueType::float32 && value.is(ValueKind::float64))
    return static_cast<float>(value.as_double());
  if (attribute.type == ValueType::float64 && value.is(ValueKind::float32)) return value.as_double();
  return value;
}

}  // namespace cairn::detail
