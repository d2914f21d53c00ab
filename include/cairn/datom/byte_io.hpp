// Copyright the Cairn authors
// SPDX-License-Identifier: BSL-1.0
// Writing and reading the primitives of the stored formats.
#pragma once

#include <cairn/error/error.hpp>

#include <algorithm>
#include <bit>
#include <cstddef>
#include <cstdint>
#include <cstring>
#include <span>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace cairn {

/// Appends primitives to a buffer. Integers of fixed width are little-endian; a varint is LEB128, seven bits a byte, lowest
/// first; a signed varint is zigzag.
class ByteWriter {
 public:
  ByteWriter() = default;
  ByteWriter(ByteWriter const&) = default;
  ByteWriter(ByteWriter&& other) noexcept : buffer_{std::move(other.buffer_)}, size_{std::exchange(other.size_, 0)} {}
  ByteWriter& operator=(ByteWriter const&) = default;
  ByteWriter& operator=(ByteWriter&& other) noexcept {
    buffer_ = std::move(other.buffer_);
    size_ = std::exchange(other.size_, 0);
    return *this;
  }
  ~ByteWriter() = default;

  void u8(std::uint8_t number) { *room_for(1) = std::byte{number}; }
  void u32(std::uint32_t number) { fixed(number); }
  void u64(std::uint64_t number) { fixed(number); }
  void f64(double number) { fixed(std::bit_cast<std::uint64_t>(number)); }
  void f32(float number) { fixed(std::bit_cast<std::uint32_t>(number)); }
  void varint(std::uint64_t number) {
    for (; number >= 0x80; number >>= 7U) u8(static_cast<std::uint8_t>(number | 0x80U));
    u8(static_cast<std::uint8_t>(number));
  }
  void signed_varint(std::int64_t number) {
    varint((static_cast<std::uint64_t>(number) << 1U) ^ static_cast<std::uint64_t>(number >> 63));
  }
  void raw(std::span<std::byte const> bytes) {
    if (!bytes.empty()) std::memcpy(room_for(bytes.size()), bytes.data(), bytes.size());
  }
  /// Puts other bytes in the place of as many that were written from `at` on.
  void overwrite(std::size_t at, std::span<std::byte const> bytes) {
    std::ranges::copy(bytes, buffer_.begin() + static_cast<std::ptrdiff_t>(at));
  }
  /// A length, then the bytes.
  void bytes(std::span<std::byte const> content) {
    varint(content.size());
    raw(content);
  }
  void text(std::string_view content) { bytes(std::as_bytes(std::span{content.data(), content.size()})); }

  /// Makes room for so many bytes in all.
  void reserve(std::size_t size) {
    if (size > buffer_.size()) buffer_.resize(size);
  }
  [[nodiscard]] std::size_t size() const noexcept { return size_; }
  [[nodiscard]] std::span<std::byte const> view() const noexcept { return {buffer_.data(), size_}; }
  [[nodiscard]] std::vector<std::byte> take() && noexcept {
    buffer_.resize(std::exchange(size_, 0));  // no more than there are
    return std::move(buffer_);
  }
  void clear() noexcept { size_ = 0; }

 private:
  template <class Number>
  void fixed(Number number) {
    auto* const to = room_for(sizeof number);
    for (std::size_t i = 0; i != sizeof number; ++i) to[i] = static_cast<std::byte>(number >> (8 * i));
  }

  /// Where the next `count` bytes go, which are written from then on.
  [[nodiscard]] std::byte* room_for(std::size_t count) {
    if (count > buffer_.size() - size_) [[unlikely]] grow(count);
    return buffer_.data() + std::exchange(size_, size_ + count);
  }
  void grow(std::size_t count) { buffer_.resize(std::max({std::size_t{64}, 2 * buffer_.size(), size_ + count})); }

  std::vector<std::byte> buffer_{};  // all of it there is room in: a byte that is added costs a comparison and nothing else
  std::size_t size_ = 0;
};

/// Reads what `ByteWriter` wrote. Bytes that end too early or say what cannot be are an `Error`, `store/corrupt`; no length
/// is believed before it is compared with what is left.
class ByteReader {
 public:
  explicit ByteReader(std::span<std::byte const> bytes) noexcept : rest_{bytes} {}

  [[nodiscard]] std::size_t remaining() const noexcept { return rest_.size(); }
  [[nodiscard]] bool at_end() const noexcept { return rest_.empty(); }

  std::uint8_t u8() { return static_cast<std::uint8_t>(raw(1)[0]); }
  std::uint32_t u32() { return fixed<std::uint32_t>(); }
  std::uint64_t u64() { return fixed<std::uint64_t>(); }
  double f64() { return std::bit_cast<double>(fixed<std::uint64_t>()); }
  float f32() { return std::bit_cast<float>(fixed<std::uint32_t>()); }
  std::uint64_t varint() {
    std::uint64_t number = 0;
    for (unsigned shift = 0; shift < 64; shift += 7) {
      std::uint8_t const part = u8();
      if (shift == 63 && part > 1) corrupt("a number is too large");
      number |= static_cast<std::uint64_t>(part & 0x7FU) << shift;
      if (part < 0x80) return number;
    }
    corrupt("a number is too long");
  }
  std::int64_t signed_varint() {
    auto const coded = varint();
    return static_cast<std::int64_t>(coded >> 1U) ^ -static_cast<std::int64_t>(coded & 1U);
  }
  std::span<std::byte const> raw(std::size_t count) {
    if (count > rest_.size()) corrupt("it ends too early");
    auto const part = rest_.first(count);
    rest_ = rest_.subspan(count);
    return part;
  }
  std::span<std::byte const> bytes() {
    auto const count = varint();
    if (count > rest_.size()) corrupt("a length reaches past the end");
    return raw(static_cast<std::size_t>(count));
  }
  std::string_view text() {
    auto const content = bytes();
    return {reinterpret_cast<char const*>(content.data()), content.size()};
  }
  /// A count of things of which each takes at least `smallest` bytes: one that cannot be true is refused before anyone
  /// makes room for it.
  std::size_t count(std::size_t smallest = 1) {
    auto const number = varint();
    if (number > rest_.size() / smallest) corrupt("a count reaches past the end");
    return static_cast<std::size_t>(number);
  }

  [[noreturn]] static void corrupt(std::string_view why) {
    raise(Errc::store_corrupt, "A stored block cannot be read: " + std::string{why} +
                                   ". Run `cairn verify` on the store and restore the damaged part from a backup.");
  }

 private:
  template <class Number>
  Number fixed() {
    auto const part = raw(sizeof(Number));
    Number number = 0;
    for (std::size_t i = 0; i != sizeof number; ++i) {
      number = static_cast<Number>(number | (static_cast<Number>(part[i]) << (8 * i)));
    }
    return number;
  }

  std::span<std::byte const> rest_;
};

}  // namespace cairn
