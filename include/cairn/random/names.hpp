// Copyright the Cairn authors
// SPDX-License-Identifier: BSL-1.0
// Random names that are drawn many at a time.
#pragma once

#include <cairn/random/draw.hpp>
#include <cairn/random/emptied_by_fork.hpp>
#include <cairn/random/split_mix.hpp>

#include <algorithm>
#include <array>
#include <atomic>
#include <chrono>
#include <cstddef>
#include <cstdint>
#include <cstring>
#include <span>

namespace cairn::random {

inline constexpr std::size_t name_size = 16;

namespace detail {

/// What the system gave at once, of which the first `left` are still to be given out.
struct DrawnNames {
  std::atomic<bool> is_taken;
  std::size_t left;
  std::array<std::array<std::byte, name_size>, 16> names;
};

}  // namespace detail

/// Fills `bytes` with what nobody else draws, ever: a system call for sixteen of them. Each goes with the moment at which it was asked for, so that two machines
/// which go on from one image of the memory draw different ones; and a child of a fork has none of its parent's. No secret: for that, `fill`.
/// Errors: as of `fill`. Thread-safe, without waiting: who meets another thread makes a system call of its own.
inline void fill_name(std::span<std::byte, name_size> bytes) {
  static auto* const drawn = emptied_by_fork<detail::DrawnNames>();
  if (drawn == nullptr || drawn->is_taken.exchange(true, std::memory_order_acquire)) return fill(bytes);
  if (drawn->left == 0 && try_fill(std::as_writable_bytes(std::span{drawn->names}))) drawn->left = drawn->names.size();
  bool const is_there = drawn->left != 0;
  if (is_there) std::ranges::copy(drawn->names[--drawn->left], bytes.begin());
  drawn->is_taken.store(false, std::memory_order_release);
  if (!is_there) return fill(bytes);
  auto const now = std::chrono::system_clock::now().time_since_epoch().count();
  SplitMix moment{static_cast<std::uint64_t>(now)};
  std::array<std::uint64_t, name_size / sizeof(std::uint64_t)> words{};
  std::memcpy(words.data(), bytes.data(), bytes.size());
  for (auto& word : words) word ^= moment.next();
  std::memcpy(bytes.data(), words.data(), bytes.size());
}

}  // namespace cairn::random
