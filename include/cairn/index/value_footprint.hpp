// Copyright the Cairn authors
// SPDX-License-Identifier: BSL-1.0
// How much memory a value takes.
#pragma once

#include <cairn/datom/value.hpp>
#include <cairn/meta/lazy.hpp>

#include <cstddef>

namespace cairn::detail {

/// Bytes that a value takes beside its place in a row, about.
template <meta::Lazy = {}>
[[nodiscard]] std::size_t value_footprint(Value const& value) noexcept {
  constexpr std::size_t block = 32;  // the count and the size before the bytes, and what an allocation costs
  if (!ValueParts::counted(value.kind())) return 0;
  return block + (value.kind() == ValueKind::tuple ? value.as_tuple().size() * 2 * block : value.as_bytes().size());
}

}  // namespace cairn::detail
