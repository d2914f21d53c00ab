// Copyright the Cairn authors
// SPDX-License-Identifier: BSL-1.0
// A set of variables, by number.
#pragma once

#include <array>
#include <bit>
#include <cstddef>
#include <cstdint>
#include <vector>

namespace cairn::query::planning {

/// A set of small numbers, as bits. The first 128 need no memory of their own.
class VariableSet {
 public:
  constexpr VariableSet() = default;

  [[nodiscard]] constexpr bool contains(std::uint32_t variable) const {
    std::size_t const at = variable / 64;
    return (word(at) >> (variable % 64) & 1U) != 0;
  }
  constexpr void insert(std::uint32_t variable) {
    std::size_t const at = variable / 64;
    grow(at + 1);
    mutable_word(at) |= std::uint64_t{1} << (variable % 64);
  }
  constexpr void erase(std::uint32_t variable) {
    std::size_t const at = variable / 64;
    if (at < words()) mutable_word(at) &= ~(std::uint64_t{1} << (variable % 64));
  }
  constexpr void merge(VariableSet const& other) {
    grow(other.words());
    for (std::size_t i = 0; i != other.words(); ++i) mutable_word(i) |= other.word(i);
  }
  /// Whether every variable of this set is in the other.
  [[nodiscard]] constexpr bool within(VariableSet const& other) const {
    for (std::size_t i = 0; i != words(); ++i) {
      if ((word(i) & ~other.word(i)) != 0) return false;
    }
    return true;
  }
  [[nodiscard]] constexpr bool is_empty() const {
    for (std::size_t i = 0; i != words(); ++i) {
      if (word(i) != 0) return false;
    }
    return true;
  }
  /// Calls `visit` with every variable, ascending.
  template <class Visit>
  constexpr void each(Visit const& visit) const {
    for (std::size_t i = 0; i != words(); ++i) {
      for (std::uint64_t rest = word(i); rest != 0; rest &= rest - 1) {
        visit(static_cast<std::uint32_t>(i * 64) + static_cast<std::uint32_t>(std::countr_zero(rest)));
      }
    }
  }

 private:
  [[nodiscard]] constexpr std::size_t words() const { return first_.size() + rest_.size(); }
  [[nodiscard]] constexpr std::uint64_t word(std::size_t at) const {
    if (at < first_.size()) return first_[at];
    return at - first_.size() < rest_.size() ? rest_[at - first_.size()] : 0;
  }
  constexpr std::uint64_t& mutable_word(std::size_t at) {
    return at < first_.size() ? first_[at] : rest_[at - first_.size()];
  }
  constexpr void grow(std::size_t count) {
    if (count > words()) rest_.resize(count - first_.size());
  }

  std::array<std::uint64_t, 2> first_{};
  std::vector<std::uint64_t> rest_{};
};

}  // namespace cairn::query::planning
