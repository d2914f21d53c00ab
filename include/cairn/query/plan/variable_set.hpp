// Copyright the Cairn authors
// SPDX-License-Identifier: BSL-1.0
// A set of variables, by number.
#pragma once

#include <bit>
#include <cstddef>
#include <cstdint>

namespace cairn::query::planning {

/// A set of small numbers, as bits. The first 64 need no memory of their own. No vector: a planner makes many of these,
/// and a compiler that plans takes long over what a vector does, even if it is empty.
class VariableSet {
 public:
  constexpr VariableSet() = default;
  constexpr VariableSet(VariableSet const& other) : first_{other.first_} {
    if (other.more_ != nullptr) add_more(other);
  }
  constexpr VariableSet& operator=(VariableSet const& other) {
    if (this == &other) return *this;
    for (std::size_t i = 0; i != count_; ++i) more_[i] = 0;
    first_ = other.first_;
    if (other.more_ != nullptr) add_more(other);
    return *this;
  }
  constexpr ~VariableSet() {
    if (more_ != nullptr) delete[] more_;
  }

  [[nodiscard]] constexpr bool contains(std::uint32_t variable) const {
    if (variable < word_bits) return (first_ >> variable & 1U) != 0;
    std::size_t const at = variable / word_bits - 1;
    return at < count_ && (more_[at] >> (variable % word_bits) & 1U) != 0;
  }
  constexpr void insert(std::uint32_t variable) {
    if (variable < word_bits) {
      first_ |= std::uint64_t{1} << variable;
      return;
    }
    std::size_t const at = variable / word_bits - 1;
    grow(at + 1);
    more_[at] |= std::uint64_t{1} << (variable % word_bits);
  }
  constexpr void erase(std::uint32_t variable) {
    std::size_t const at = variable / word_bits;
    if (at > count_) return;
    (at == 0 ? first_ : more_[at - 1]) &= ~(std::uint64_t{1} << (variable % word_bits));
  }
  /// Calls `visit` with every variable, ascending.
  template <class Visit>
  constexpr void each(Visit const& visit) const {
    for (std::uint64_t rest = first_; rest != 0; rest &= rest - 1)
      visit(static_cast<std::uint32_t>(std::countr_zero(rest)));
    for (std::size_t i = 0; i != count_; ++i) {
      auto const before = static_cast<std::uint32_t>((i + 1) * word_bits);
      for (std::uint64_t rest = more_[i]; rest != 0; rest &= rest - 1) {
        visit(before + static_cast<std::uint32_t>(std::countr_zero(rest)));
      }
    }
  }

 private:
  static constexpr std::uint32_t word_bits = 64;

  constexpr void add_more(VariableSet const& other) {
    grow(other.count_);
    for (std::size_t i = 0; i != other.count_; ++i) more_[i] |= other.more_[i];
  }
  constexpr void grow(std::size_t count) {
    if (count <= count_) return;
    auto* const grown = new std::uint64_t[count]{};
    for (std::size_t i = 0; i != count_; ++i) grown[i] = more_[i];
    delete[] more_;
    more_ = grown;
    count_ = count;
  }

  std::uint64_t first_ = 0;
  std::uint64_t* more_ = nullptr;
  std::size_t count_ = 0;  // words behind the first
};

}  // namespace cairn::query::planning
