// Copyright the Cairn authors
// SPDX-License-Identifier: BSL-1.0
// Where a blob of the SQLite backend is.
#pragma once

#include <compare>
#include <cstdint>

namespace cairn::backends::sqlite {

/// The row of a blob. Counted up, never given twice in one store; 0 is nowhere.
struct Address {
  std::int64_t number = 0;
  friend constexpr auto operator<=>(Address const&, Address const&) = default;
};

}  // namespace cairn::backends::sqlite
