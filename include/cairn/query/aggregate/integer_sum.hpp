// Copyright the Cairn authors
// SPDX-License-Identifier: BSL-1.0
// The exact sum of many longs.
#pragma once

#include <cstddef>
#include <cstdint>
#include <cstring>
#include <span>

namespace cairn::query {

/// Longs at equal distances in memory: a column of them, or the words of a column of values.
struct IntegerColumn {
  std::byte const* first = nullptr;
  std::size_t stride = sizeof(std::int64_t);  ///< bytes from one to the next
  std::size_t count = 0;

  IntegerColumn() = default;
  IntegerColumn(void const* begin, std::size_t distance, std::size_t size) noexcept
      : first{static_cast<std::byte const*>(begin)}, stride{distance}, count{size} {}
  IntegerColumn(std::span<std::int64_t const> numbers) noexcept  // NOLINT(google-explicit-constructor)
      : IntegerColumn{numbers.data(), sizeof(std::int64_t), numbers.size()} {}

  [[nodiscard]] std::int64_t operator[](std::size_t i) const noexcept {
    std::int64_t number = 0;
    std::memcpy(&number, first + i * stride, sizeof number);
    return number;
  }
};

namespace detail {

/// The sum of up to 2^31 longs, which may be larger than a long on the way. The halves of the numbers are summed apart: neither
/// sum can overflow, so that the loop has no branch and a compiler can take many numbers at once.
class IntegerSum {
 public:
  void add(std::int64_t number) noexcept {
    high_ += number >> 32;
    low_ += static_cast<std::uint32_t>(number);
  }
  void add(IntegerColumn const& column) noexcept {
    std::int64_t high = 0;
    std::uint64_t low = 0;
    for (std::size_t i = 0; i != column.count; ++i) {
      auto const number = column[i];
      high += number >> 32;
      low += static_cast<std::uint32_t>(number);
    }
    high_ += high;
    low_ += low;
  }

  [[nodiscard]] bool fits() const noexcept { return upper() >= INT32_MIN && upper() <= INT32_MAX; }
  /// Requires: `fits()`.
  [[nodiscard]] std::int64_t value() const noexcept {
    return static_cast<std::int64_t>(static_cast<std::uint64_t>(upper()) << 32U | (low_ & 0xFFFFFFFFU));
  }
  /// The sum, rounded. Exactly what the cast of the sum is where that fits.
  [[nodiscard]] double real() const noexcept {
    if (fits()) return static_cast<double>(value());
    return static_cast<double>(upper()) * 0x1p32 + static_cast<double>(low_ & 0xFFFFFFFFU);
  }

 private:
  [[nodiscard]] std::int64_t upper() const noexcept { return high_ + static_cast<std::int64_t>(low_ >> 32U); }

  std::int64_t high_ = 0;
  std::uint64_t low_ = 0;
};

}  // namespace detail

}  // namespace cairn::query
