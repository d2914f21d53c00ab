// Copyright the Cairn authors
// SPDX-License-Identifier: BSL-1.0
// Cells by which rows are told apart.
#pragma once

#include <cairn/query/access/cell.hpp>
#include <cairn/query/access/text_hash.hpp>
#include <cairn/query/run/batch.hpp>

#include <bit>
#include <cmath>
#include <cstdint>

namespace cairn::query::detail {

/// Equal cells of one kind have equal codes.
[[nodiscard]] inline std::uint64_t hash_code(ValueKind kind, std::uint64_t word) noexcept {
  if (equal_by_word(kind)) return kind == ValueKind::nil ? 0 : word;
  if (kind == ValueKind::float64 || kind == ValueKind::float32) {
    auto const real = std::bit_cast<double>(word);
    return std::isnan(real) ? 1 : std::bit_cast<std::uint64_t>(real + 0.0);  // -0.0 + 0.0 is 0.0
  }
  BorrowedValue const value{kind, word};
  return kind == ValueKind::string ? text_hash(value->as_string()) : value->hash();
}

/// Those of the first column are added to `hash_seed`.
inline void add_hashes(Column const& column, std::uint32_t rows, std::uint64_t* hashes) noexcept {
  if (column.is_uniform() && equal_by_word(column.kind) && column.kind != ValueKind::nil) {
    for (std::uint32_t i = 0; i != rows; ++i) hashes[i] = mixed(hashes[i], column.words[i]);
  } else if (column.is_uniform(ValueKind::string)) {
    for (std::uint32_t i = 0; i != rows; ++i) {
      BorrowedValue const text{ValueKind::string, column.words[i]};
      hashes[i] = mixed(hashes[i], text_hash(text->as_string()));
    }
  } else {
    for (std::uint32_t i = 0; i != rows; ++i) hashes[i] = mixed(hashes[i], hash_code(column.kind_at(i), column.words[i]));
  }
}

/// As cells are equal; text by its size first.
[[nodiscard]] inline bool same(Cell left, Cell right) noexcept {
  if (left.kind != ValueKind::string || right.kind != ValueKind::string) return left == right;
  if (left.word == right.word) return true;
  BorrowedValue const a{left};
  BorrowedValue const b{right};
  return a->as_string() == b->as_string();
}

}  // namespace cairn::query::detail
