// Copyright the Cairn authors
// SPDX-License-Identifier: BSL-1.0
// Datoms of one attribute as columns of one form.
#pragma once

#include <cairn/index/datom_run.hpp>
#include <cairn/index/head.hpp>

#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <cstring>

namespace cairn::query::compiled {

/// Neighbouring datoms of one attribute: whatever form a run of them has, one loop reads it. A view.
struct Strip {
  std::uint64_t first_entity = 0;       ///< what keys are distances from
  std::byte const* keys = nullptr;      ///< of 4 bytes
  std::byte const* words = nullptr;     ///< of 8 bytes
  std::uint64_t first_transaction = 0;  ///< what halves of `transactions` are distances from
  std::byte const* transactions = nullptr;  ///< of 4 bytes
  std::uint32_t size = 0;

  template <class Part>
  [[nodiscard]] static Part load(std::byte const* column, std::size_t at) noexcept {
    Part part;
    std::memcpy(&part, column + at * sizeof part, sizeof part);
    return part;
  }
  [[nodiscard]] std::uint32_t key(std::size_t at) const noexcept { return load<std::uint32_t>(keys, at); }
  [[nodiscard]] std::uint64_t entity(std::size_t at) const noexcept { return first_entity + key(at); }
  [[nodiscard]] std::uint64_t word(std::size_t at) const noexcept { return load<std::uint64_t>(words, at); }
  [[nodiscard]] std::uint64_t transaction(std::size_t at) const noexcept {
    return first_transaction + (load<std::uint32_t>(transactions, at) >> 1U);
  }
  /// All words; whatever a run came from keeps them aligned.
  [[nodiscard]] std::uint64_t const* words_in_place() const noexcept { return reinterpret_cast<std::uint64_t const*>(words); }
  /// Requires `from + count <= size`.
  [[nodiscard]] Strip part(std::uint32_t from, std::uint32_t count) const noexcept {
    auto strip = *this;
    strip.keys += from * sizeof(std::uint32_t);
    strip.words += from * sizeof(std::uint64_t);
    strip.transactions += from * sizeof(std::uint32_t);
    strip.size = count;
    return strip;
  }
  [[nodiscard]] std::uint64_t added(std::size_t at) const noexcept { return load<std::uint32_t>(transactions, at) & 1U; }
};

/// Where the datoms of a run that is of rows are put in columns.
class StripRoom {
 public:
  StripRoom() noexcept {}  // NOLINT(modernize-use-equals-default): that would set it

  /// The first part of the run as a strip, as long as possible; all of it, as it stands, where it is no run of rows. Requires that
  /// all datoms from `done` on are of that attribute, and that there are some.
  [[nodiscard]] Strip strip_of(DatomRun const& run, AttributeId attribute, std::size_t done = 0) {
    Strip strip;
    if (run.form() == DatomRun::Form::rows) [[unlikely]] return copied(run, done);
    strip.first_entity = run.first_key();
    if (run.form() == DatomRun::Form::by_attribute) {
      strip.first_entity -= std::uint64_t{attribute} << cairn::detail::value_head_bits;
    }
    strip.keys = run.keys() + done * sizeof(std::uint32_t);
    strip.words = run.words() + done * sizeof(std::uint64_t);
    strip.first_transaction = run.first_transaction();
    strip.transactions = run.transactions() + done * sizeof(std::uint32_t);
    strip.size = static_cast<std::uint32_t>(run.size() - done);
    return strip;
  }

 private:
  static constexpr std::size_t capacity = 128;

  Strip copied(DatomRun const& run, std::size_t done) {
    // Neither entities nor transactions ascend in each order, so that what they are distances from is the lowest of a part.
    auto const part = (std::min)(run.size() - done, capacity);
    Strip strip;
    auto entity = static_cast<std::uint64_t>(run.entity(done));
    auto transaction = static_cast<std::uint64_t>(run.transaction(done));
    auto high_entity = entity;
    auto high_transaction = transaction;
    std::uint32_t size = 0;
    for (; size != part; ++size) {
      auto const e = static_cast<std::uint64_t>(run.entity(done + size));
      auto const t = static_cast<std::uint64_t>(run.transaction(done + size));
      auto const low_e = (std::min)(entity, e);
      auto const low_t = (std::min)(transaction, t);
      auto const high_e = (std::max)(high_entity, e);
      auto const high_t = (std::max)(high_transaction, t);
      if (high_e - low_e > UINT32_MAX || high_t - low_t > UINT32_MAX / 2) break;
      entity = low_e;
      transaction = low_t;
      high_entity = high_e;
      high_transaction = high_t;
    }
    for (std::uint32_t i = 0; i != size; ++i) {
      keys_[i] = static_cast<std::uint32_t>(static_cast<std::uint64_t>(run.entity(done + i)) - entity);
      auto const by = static_cast<std::uint32_t>(static_cast<std::uint64_t>(run.transaction(done + i)) - transaction);
      transactions_[i] = (by << 1U) | (run.added(done + i) ? 1U : 0U);
      words_[i] = run.word(done + i);
    }
    strip.first_entity = entity;
    strip.keys = reinterpret_cast<std::byte const*>(keys_);
    strip.words = reinterpret_cast<std::byte const*>(words_);
    strip.first_transaction = transaction;
    strip.transactions = reinterpret_cast<std::byte const*>(transactions_);
    strip.size = size;
    return strip;
  }

  // Here, so that nothing is allocated while rows are found, and not set before it is needed.
  std::uint32_t keys_[capacity];
  std::uint32_t transactions_[capacity];
  std::uint64_t words_[capacity];
};

}  // namespace cairn::query::compiled
