// Copyright the Cairn authors
// SPDX-License-Identifier: BSL-1.0
// The known word that a mistyped one was probably meant to be.
#pragma once

#include <cairn/meta/lazy.hpp>

#include <algorithm>
#include <cstddef>
#include <numeric>
#include <string_view>
#include <utility>
#include <vector>

namespace cairn::config {

/// How many insertions, removals, replacements and swaps of neighbours turn one text into the other (optimal string
/// alignment). O(|left| * |right|) time, O(|right|) memory.
template <meta::Lazy = {}>
[[nodiscard]] constexpr std::size_t edit_distance(std::string_view left, std::string_view right) {
  std::vector<std::size_t> before(right.size() + 1, std::size_t{0});
  std::vector<std::size_t> above(right.size() + 1, std::size_t{0});
  std::vector<std::size_t> row(right.size() + 1, std::size_t{0});
  std::iota(above.begin(), above.end(), std::size_t{0});
  for (std::size_t i = 0; i != left.size(); ++i) {
    row[0] = i + 1;
    for (std::size_t j = 0; j != right.size(); ++j) {
      row[j + 1] = std::min({row[j] + 1, above[j + 1] + 1, above[j] + (left[i] == right[j] ? 0U : 1U)});
      if (i > 0 && j > 0 && left[i] == right[j - 1] && left[i - 1] == right[j])
        row[j + 1] = std::min(row[j + 1], before[j - 1] + 1);
    }
    std::swap(before, above);
    std::swap(above, row);
  }
  return above.back();
}

/// The word of `known` that is nearest to `given`, the first of equals; empty where none is within a third of its
/// length (at least one edit) and has a letter in common with it, for a wild guess misleads. `given` may be anything a user
/// typed: what is far too long is near nothing.
template <class Words>
[[nodiscard]] constexpr std::string_view nearest(std::string_view given, Words const& known) {
  std::string_view best;
  std::size_t best_distance = 0;
  for (std::string_view const word : known) {
    std::size_t const allowed = std::max<std::size_t>(1, (word.size() + 1) / 3);
    if (given.size() > word.size() + allowed || word.size() > given.size() + allowed) continue;
    std::size_t const distance = edit_distance(given, word);
    bool const is_another = distance >= std::max(given.size(), word.size());
    if (distance <= allowed && !is_another && (best.empty() || distance < best_distance)) {
      best = word;
      best_distance = distance;
    }
  }
  return best;
}

}  // namespace cairn::config
