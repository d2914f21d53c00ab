// Copyright the Cairn authors
// SPDX-License-Identifier: BSL-1.0
// The exact sum of many longs.
#pragma once

#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <cstring>
#include <limits>
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

/// Calls `visit(number)` for each of them, in a loop whose stride a compiler knows where they are neighbours.
template <class Visit>
void for_each(IntegerColumn const& column, Visit const& visit) {
  constexpr auto size = sizeof(std::int64_t);
  if (column.stride == size) {
    for (std::size_t i = 0; i != column.count; ++i) {
      std::int64_t number = 0;
      std::memcpy(&number, column.first + i * size, size);
      visit(number);
    }
  } else {
    for (std::size_t i = 0; i != column.count; ++i) visit(column[i]);
  }
}

/// The largest number of all where there are none.
[[nodiscard]] inline std::int64_t least_of(IntegerColumn const& column) noexcept {
  auto least = (std::numeric_limits<std::int64_t>::max)();
  for_each(column, [&](std::int64_t number) { least = (std::min)(least, number); });
  return least;
}
/// The smallest number of all where there are none.
[[nodiscard]] inline std::int64_t greatest_of(IntegerColumn const& column) noexcept {
  auto greatest = (std::numeric_limits<std::int64_t>::min)();
  for_each(column, [&](std::int64_t number) { greatest = (std::max)(greatest, number); });
  return greatest;
}

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
    for_each(column, [&](std::int64_t number) {
      high += number >> 32;
      low += static_cast<std::uint32_t>(number);
    });
    high_ += high;
    low_ += low;
  }
  void add(IntegerSum const& other) noexcept {
    high_ += other.high_;
    low_ += other.low_;
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

/// How far longs of 32 bits are from their mean, exactly, for up to 2^31 of them.
class SmallSquares {
 public:
  [[nodiscard]] static constexpr bool takes(std::int64_t number) noexcept { return number >= -limit && number < limit; }

  /// Requires: `takes(number)`.
  void add(std::int64_t number) noexcept {
    ++count_;
    sum_ += number;
    auto const square = static_cast<std::uint64_t>(number * number);
    high_ += square >> 32U;
    low_ += square & half;
  }
  /// All of them, or none where one is too large.
  [[nodiscard]] bool add(IntegerColumn const& column) noexcept {
    // In sums of their own, which are kept in registers. What does not fit is summed up nevertheless, and forgotten.
    std::uint64_t outside = 0;
    std::uint64_t sum = 0;
    std::uint64_t high = 0;
    std::uint64_t low = 0;
    for_each(column, [&](std::int64_t number) {
      auto const bits = static_cast<std::uint64_t>(number);
      outside |= (bits + static_cast<std::uint64_t>(limit)) >> 32U;
      auto const sign = 0U - (bits >> 63U);
      auto const magnitude = ((bits ^ sign) - sign) & half;  // a product of halves is one instruction for several numbers
      auto const square = magnitude * magnitude;
      sum += bits;
      high += square >> 32U;
      low += square & half;
    });
    if (outside != 0) return false;
    count_ += column.count;
    sum_ += static_cast<std::int64_t>(sum);
    high_ += high;
    low_ += low;
    return true;
  }

  [[nodiscard]] std::uint64_t count() const noexcept { return count_; }
  [[nodiscard]] std::int64_t sum() const noexcept { return sum_; }
  /// Requires: `count() != 0`.
  [[nodiscard]] double mean() const noexcept { return static_cast<double>(sum_) / static_cast<double>(count_); }
  /// The sum of the squares of the distances from the mean: that of the squares less the sum's square by their number. The
  /// difference, times the number, is whole and below 2^125. Requires: `count() != 0`.
  [[nodiscard]] double squares() const noexcept {
    auto const magnitude = static_cast<std::uint64_t>(sum_ < 0 ? -sum_ : sum_);
    auto const high = product(count_, high_);  // of 2^32
    auto left = product(count_, low_);
    left = plus(left, {high.high << 32U | high.low >> 32U, high.low << 32U});
    auto const right = product(magnitude, magnitude);
    Wide const difference{left.high - right.high - (left.low < right.low ? 1U : 0U), left.low - right.low};
    return (static_cast<double>(difference.high) * 0x1p64 + static_cast<double>(difference.low)) / static_cast<double>(count_);
  }

 private:
  static constexpr std::int64_t limit = std::int64_t{1} << 31;
  static constexpr std::uint64_t half = 0xFFFFFFFFU;

  /// 128 bits.
  struct Wide {
    std::uint64_t high = 0;
    std::uint64_t low = 0;
  };
  [[nodiscard]] static constexpr Wide plus(Wide left, Wide right) noexcept {
    auto const low = left.low + right.low;
    return {left.high + right.high + (low < left.low ? 1U : 0U), low};
  }
  [[nodiscard]] static constexpr Wide product(std::uint64_t left, std::uint64_t right) noexcept {
    auto const low = (left & half) * (right & half);
    auto const first = (left >> 32U) * (right & half);
    auto const second = (left & half) * (right >> 32U);
    auto const middle = (low >> 32U) + (first & half) + (second & half);
    return {(left >> 32U) * (right >> 32U) + (first >> 32U) + (second >> 32U) + (middle >> 32U), middle << 32U | (low & half)};
  }

  std::uint64_t count_ = 0;
  std::int64_t sum_ = 0;
  std::uint64_t high_ = 0;
  std::uint64_t low_ = 0;
};

}  // namespace detail

}  // namespace cairn::query
