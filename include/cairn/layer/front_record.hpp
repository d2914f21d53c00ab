// Copyright the Cairn authors
// SPDX-License-Identifier: BSL-1.0
// Copies of blobs in the front of a tier: under which address, and how they are told from damage. On disk, in the front.
#pragma once

#include <cairn/concepts/bytes.hpp>
#include <cairn/concepts/root.hpp>
#include <cairn/error/error.hpp>

#define XXH_INLINE_ALL
#include <xxhash.h>

#include <chrono>
#include <concepts>
#include <cstddef>
#include <cstdint>
#include <cstring>
#include <optional>
#include <span>
#include <vector>

namespace cairn::layer {

/// The address in the front at which the copy of a blob of the back is. The same where both use the same addresses; else the bytes of
/// the back's, with zeros in front of them; else, where there is no room for that, a hash. So two blobs may share a place, of which the
/// front then has the last: copies say whose they are.
template <class Front, class Back>
[[nodiscard]] Front front_address(Back const& back) noexcept {
  if constexpr (std::same_as<Front, Back>) {
    return back;
  } else {
    Front made{};
    // Addresses that begin with a time stay in the past this way, so that a sweep of the front reaches them.
    constexpr std::size_t zeros = sizeof(Front) >= 16 ? 2 : 0;
    auto* const to = reinterpret_cast<unsigned char*>(&made);
    if constexpr (sizeof(Back) + zeros <= sizeof(Front)) {
      std::memcpy(to + (sizeof(Front) - sizeof(Back)), &back, sizeof(Back));
    } else {
      auto const hash = XXH3_128bits(&back, sizeof(Back));
      constexpr std::size_t size = sizeof(Front) - zeros < sizeof hash ? sizeof(Front) - zeros : sizeof hash;
      std::memcpy(to + (sizeof(Front) - size), &hash, size);
    }
    return made;
  }
}

/// A copy as the front stores it: the bytes, the back's address, when it was put (milliseconds since 1970, 8 bytes), and a checksum of
/// all that. The bytes are first, so that they lie as they would in the back.
template <class Back>
struct FrontRecord {
  static constexpr std::size_t trailer = sizeof(Back) + 16;

  [[nodiscard]] static std::vector<std::byte> make(Back const& address, std::span<std::byte const> bytes) {
    std::vector<std::byte> record(bytes.size() + trailer);
    auto* at = record.data();
    if (!bytes.empty()) std::memcpy(at, bytes.data(), bytes.size());
    at += bytes.size();
    std::memcpy(at, &address, sizeof address);
    auto const now = std::chrono::duration_cast<std::chrono::milliseconds>(std::chrono::system_clock::now().time_since_epoch()).count();
    store(at + sizeof address, static_cast<std::uint64_t>(now));
    store(record.data() + record.size() - 8, XXH3_64bits(record.data(), record.size() - 8));
    return record;
  }

  /// Whose copy it is; nothing where it is none, or damaged.
  [[nodiscard]] static std::optional<Back> owner(std::span<std::byte const> record) noexcept {
    if (record.size() < trailer || load(record.data() + record.size() - 8) != XXH3_64bits(record.data(), record.size() - 8)) return std::nullopt;
    Back address{};
    std::memcpy(&address, record.data() + record.size() - trailer, sizeof address);
    return address;
  }
  /// Of a record that has an owner.
  [[nodiscard]] static TimePoint put_at(std::span<std::byte const> record) noexcept {
    auto const time = load(record.data() + record.size() - 16);
    return TimePoint{std::chrono::duration_cast<TimePoint::duration>(std::chrono::milliseconds{static_cast<std::int64_t>(time)})};
  }
  [[nodiscard]] static Bytes bytes(Bytes const& record) { return record.slice(0, record.size() - trailer); }

 private:
  static void store(std::byte* to, std::uint64_t number) noexcept {
    for (std::size_t i = 0; i != 8; ++i) to[i] = static_cast<std::byte>(number >> (8 * i));
  }
  [[nodiscard]] static std::uint64_t load(std::byte const* from) noexcept {
    std::uint64_t number = 0;
    for (std::size_t i = 8; i-- != 0;) number = number << 8U | std::to_integer<std::uint64_t>(from[i]);
    return number;
  }
};

/// Removes from a front the records that are damaged, or neither live nor put at `cutoff` or later, in milliseconds of both. What can't be read
/// stays: another sweep has removed it, which backends don't tell from a medium that fails, and of an overlay it may be the only one.
template <class Back, class Connection, class Live>
void sweep_records(Connection& front, Live const& live, TimePoint cutoff) {
  auto const since = std::chrono::floor<std::chrono::milliseconds>(cutoff);
  front.sweep(
      [&](typename Connection::Address const& address) {
        std::optional<Bytes> record;
        try {
          record = front.read(address);
        } catch (Error const& error) {
          if (error.code() == Errc::io_error) return true;
          throw;
        }
        auto const owner = FrontRecord<Back>::owner(*record);
        return owner.has_value() && (FrontRecord<Back>::put_at(*record) >= since || live(*owner));
      },
      TimePoint::max());
}

}  // namespace cairn::layer
