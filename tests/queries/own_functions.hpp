// Copyright the Cairn authors
// SPDX-License-Identifier: BSL-1.0
// Functions of the program that random queries call, by the names that they have there.
#pragma once

#include <algorithm>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace cairn::queries {

/// `(apart? ?n ?m)`
inline bool apart(std::int64_t left, std::int64_t right) { return left + 1 < right || right + 1 < left; }
/// `(doubled ?n)`
inline std::int64_t doubled(std::int64_t number) { return 2 * number; }
/// `(half ?n)`; of odd numbers there is none.
inline std::optional<std::int64_t> half(std::int64_t number) {
  return number % 2 == 0 ? std::optional{number / 2} : std::nullopt;
}
/// `(initial ?t)`
inline std::string initial(std::string_view text) { return std::string{text.substr(0, 1)} + '.'; }
/// `(width ?n)` under `:find`
inline std::int64_t width(std::vector<std::int64_t> numbers) {
  auto const [least, most] = std::minmax_element(numbers.begin(), numbers.end());
  return *most - *least;
}

}  // namespace cairn::queries
