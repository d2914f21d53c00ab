// Copyright the Cairn authors
// SPDX-License-Identifier: BSL-1.0
// The stored form of a column of integers: whichever of four codings is the shortest.
#pragma once

#include <cairn/index/bit_packing.hpp>
#include <cairn/index/modular.hpp>
#include <cairn/meta/lazy.hpp>

#include <algorithm>
#include <array>
#include <bit>
#include <cstddef>
#include <cstdint>
#include <span>

namespace cairn::detail {

/// Frame of reference (Goldstein, Ramakrishnan, Shaft: Compressing relations and indexes, ICDE 1998): the distances
/// from the smallest, in bits; or the same of the differences between neighbours; or either only where a number is not
/// the one before it. On disk (docs/format.md, "Columns"): do not renumber.
enum class IntegerCoding : std::uint8_t { offsets = 0, steps = 1, run_offsets = 2, run_steps = 3 };

/// What a coding costs depends only on this; it is found in one pass. All differences are modulo 2^64.
class IntegerColumn {
 public:
  /// Requires 1 to `most_packed` numbers.
  explicit IntegerColumn(std::span<std::int64_t const> numbers) noexcept : numbers_{numbers} {
    values_.add(numbers[0]);
    for (std::size_t i = 1; i != numbers.size(); ++i) {
      values_.add(numbers[i]);
      auto const step = difference(numbers[i], numbers[i - 1]);
      steps_.add(step);
      if (step == 0) continue;
      jumps_.add(step);
      ++runs_;
    }
    choose();
  }

  void write(ByteWriter& out) const {
    bool const of_runs = is_of_runs(coding_);
    bool const of_steps = is_of_steps(coding_);
    auto const& range = range_of(coding_);
    auto const width = range.width();
    out.u8(static_cast<std::uint8_t>(static_cast<unsigned>(coding_) << 6U | std::min(width, 63U)));
    if (of_steps) out.signed_varint(numbers_[0]);
    out.signed_varint(range.low);
    std::array<std::uint64_t, most_packed> parts;
    if (of_runs) {
      for (std::size_t i = 1; i != numbers_.size(); ++i) parts[i - 1] = numbers_[i] == numbers_[i - 1] ? 0 : 1;
      pack_bits(out, std::span{parts}.first(numbers_.size() - 1), 1);
    }
    std::size_t count = 0;
    if (!of_steps) parts[count++] = distance(range.low, numbers_[0]);
    for (std::size_t i = 1; i != numbers_.size(); ++i) {
      if (of_runs && numbers_[i] == numbers_[i - 1]) continue;
      parts[count++] = distance(range.low, of_steps ? difference(numbers_[i], numbers_[i - 1]) : numbers_[i]);
    }
    pack_bits(out, std::span{parts}.first(count), width);
  }

  [[nodiscard]] static bool is_of_runs(IntegerCoding coding) noexcept { return coding >= IntegerCoding::run_offsets; }
  [[nodiscard]] static bool is_of_steps(IntegerCoding coding) noexcept {
    return (static_cast<unsigned>(coding) & 1U) != 0;
  }

 private:
  struct Range {
    std::int64_t low = INT64_MAX;
    std::int64_t high = INT64_MIN;
    void add(std::int64_t number) noexcept {
      low = std::min(low, number);
      high = std::max(high, number);
    }
    [[nodiscard]] std::uint64_t span() const noexcept { return distance(low, high); }
    /// Of the numbers 0 to 64 but for 63, so that it fits six bits.
    [[nodiscard]] unsigned width() const noexcept {
      auto const width = static_cast<unsigned>(std::bit_width(span()));
      return width == 63 ? 64 : width;
    }
  };

  [[nodiscard]] static std::size_t varint_size(std::int64_t number) noexcept {
    auto const coded = (static_cast<std::uint64_t>(number) << 1U) ^ static_cast<std::uint64_t>(number >> 63);
    return (static_cast<std::size_t>(std::bit_width(coded | 1U)) + 6) / 7;
  }

  [[nodiscard]] Range const& range_of(IntegerCoding coding) const noexcept {
    return !is_of_steps(coding) ? values_ : is_of_runs(coding) ? jumps_ : steps_;
  }

  void choose() noexcept {
    if (values_.low == values_.high) return;  // nothing is shorter than offsets of no bits
    auto best = SIZE_MAX;
    for (unsigned i = 0; i != 4; ++i) {
      auto const coding = static_cast<IntegerCoding>(i);
      auto const& range = range_of(coding);
      std::size_t size = varint_size(range.low);
      if (is_of_steps(coding)) size += varint_size(numbers_[0]);
      if (is_of_runs(coding)) size += packed_size(numbers_.size() - 1, 1);
      auto const count = (is_of_runs(coding) ? runs_ : numbers_.size()) - (is_of_steps(coding) ? 1U : 0U);
      size += packed_size(count, range.width());
      if (size < best) {
        best = size;
        coding_ = coding;
      }
    }
  }

  std::span<std::int64_t const> numbers_;
  Range values_;
  Range steps_;  // between neighbours
  Range jumps_;  // those that are not 0
  std::size_t runs_ = 1;
  IntegerCoding coding_ = IntegerCoding::offsets;
};

/// Appends a column. Requires 1 to `most_packed` numbers.
template <meta::Lazy = {}>
void write_integers(ByteWriter& out, std::span<std::int64_t const> numbers) {
  IntegerColumn{numbers}.write(out);
}

/// Reads as many numbers as there is room for, 1 to `most_packed`.
template <meta::Lazy = {}>
void read_integers(ByteReader& in, std::span<std::int64_t> numbers) {
  auto const head = in.u8();
  auto const coding = static_cast<IntegerCoding>(head >> 6U);
  auto const width = (head & 63U) == 63U ? 64U : head & 63U;
  bool const of_steps = IntegerColumn::is_of_steps(coding);
  auto number = of_steps ? static_cast<std::uint64_t>(in.signed_varint()) : 0;
  auto const low = static_cast<std::uint64_t>(in.signed_varint());
  std::array<std::uint64_t, most_packed> starts;  // 1 where a run begins
  auto const rest = numbers.size() - 1;
  std::size_t runs = numbers.size();
  if (IntegerColumn::is_of_runs(coding)) {
    unpack_bits(in, std::span{starts}.first(rest), 1);
    runs = 1;
    for (std::size_t i = 0; i != rest; ++i) runs += starts[i];
  }
  std::array<std::uint64_t, most_packed> parts;
  unpack_bits(in, std::span{parts}.first(of_steps ? runs - 1 : runs), width);
  auto const* part = parts.data();
  if (!of_steps) number = low + *part++;
  numbers[0] = static_cast<std::int64_t>(number);
  for (std::size_t i = 1; i != numbers.size(); ++i) {
    if (!IntegerColumn::is_of_runs(coding) || starts[i - 1] != 0) number = (of_steps ? number : 0) + low + *part++;
    numbers[i] = static_cast<std::int64_t>(number);
  }
}

}  // namespace cairn::detail
