// Copyright the Cairn authors
// SPDX-License-Identifier: BSL-1.0
// Keys of blobs that no two processes need to agree on, in the order of time.
#pragma once

#include <cairn/random/draw.hpp>

#include <array>
#include <atomic>
#include <chrono>
#include <compare>
#include <cstddef>
#include <cstdint>
#include <cstring>
#include <string_view>

namespace cairn::backends::common {

/// An address for backends that store blobs under keys: the time of the put in milliseconds since 1970 (6 bytes), what the process
/// drew by lot (6), a count (4), each with its most significant byte first. So new blobs are neighbours in an ordered store, and a sweep sees how old
/// one is without reading it. All zero is nowhere.
struct TimedKey {
  std::array<std::uint8_t, 16> bytes{};
  friend constexpr auto operator<=>(TimedKey const&, TimedKey const&) = default;

  /// Of the bytes as a database gives them back; nowhere where they are none of a key.
  [[nodiscard]] static TimedKey of(std::string_view text) noexcept {
    TimedKey made;
    if (text.size() == made.bytes.size()) std::memcpy(made.bytes.data(), text.data(), text.size());
    return made;
  }
  /// Its bytes, for as long as it lives.
  [[nodiscard]] std::string_view text() const noexcept { return {reinterpret_cast<char const*>(bytes.data()), bytes.size()}; }
  [[nodiscard]] constexpr std::int64_t put_at() const noexcept {
    std::int64_t time = 0;
    for (std::size_t i = 0; i != 6; ++i) time = time << 8 | bytes[i];
    return time;
  }
  /// Where the keys of that time begin.
  [[nodiscard]] static constexpr TimedKey first_at(std::chrono::system_clock::time_point time) noexcept {
    auto const since = std::chrono::floor<std::chrono::milliseconds>(time.time_since_epoch()).count();
    TimedKey made;
    if (since <= 0) return made;
    auto const number = static_cast<std::uint64_t>(since);
    for (std::size_t i = 0; i != 6; ++i) made.bytes[i] = static_cast<std::uint8_t>(number >> (8 * (5 - i)));
    return made;
  }
};

/// Gives keys, each once: two are the same only if two processes draw one of 2^48 lots and count alike in one millisecond. Thread-safe.
class TimedKeys {
 public:
  [[nodiscard]] TimedKey next() noexcept {
    using std::chrono::milliseconds;
    auto const now = std::chrono::duration_cast<milliseconds>(std::chrono::system_clock::now().time_since_epoch());
    TimedKey made;
    write(made, 0, 6, static_cast<std::uint64_t>(now.count()));
    write(made, 6, 6, lot_);
    write(made, 12, 4, count_.fetch_add(1, std::memory_order_relaxed));
    return made;
  }

 private:
  static constexpr void write(TimedKey& key, std::size_t at, std::size_t size, std::uint64_t number) noexcept {
    for (std::size_t i = 0; i != size; ++i) key.bytes[at + i] = static_cast<std::uint8_t>(number >> (8 * (size - 1 - i)));
  }

  std::uint64_t lot_ = random::number();
  std::atomic<std::uint32_t> count_{0};
};

}  // namespace cairn::backends::common
