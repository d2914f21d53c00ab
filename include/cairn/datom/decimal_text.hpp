// Copyright the Cairn authors
// SPDX-License-Identifier: BSL-1.0
// The text of a decimal that is known by its digits and their scale.
#pragma once

#include <cstddef>
#include <cstdint>
#include <string>

namespace cairn::detail {

/// `digits * 10^-scale` as Java writes it: digits and a point where that is short, an exponent where it isn't. Requires: digits, after a
/// minus where it is negative.
[[nodiscard]] inline std::string decimal_text(std::string digits, std::int64_t scale) {
  bool const negative = digits.starts_with('-');
  if (negative) digits.erase(0, 1);
  auto const size = static_cast<std::int64_t>(digits.size());
  auto const magnitude = size - 1 - scale;
  std::string text = negative ? "-" : "";
  if (scale == 0) return text + digits;
  if (scale > 0 && magnitude >= -6) {
    if (size <= scale) digits.insert(0, static_cast<std::size_t>(scale - size + 1), '0');
    digits.insert(digits.size() - static_cast<std::size_t>(scale), 1, '.');
    return text + digits;
  }
  if (size > 1) digits.insert(1, 1, '.');
  return text + digits + "e" + std::to_string(magnitude);
}

}  // namespace cairn::detail
