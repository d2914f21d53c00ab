// Copyright the Cairn authors
// SPDX-License-Identifier: BSL-1.0
// Integers as little-endian bytes, written to a buffer and read back with every bound checked.
#pragma once

#include <cairn/backends/common/text.hpp>

#include <concepts>
#include <cstddef>
#include <vector>

namespace cairn::backends::file::details {

using common::ByteSpan;
using common::bytes_of;
using common::text_of;
using Buffer = std::vector<std::byte>;

/// Requires room for `sizeof(Integer)` bytes at `to`.
template <std::unsigned_integral Integer>
void store(std::byte* to, Integer value) noexcept {
  for (std::size_t i = 0; i != sizeof value; ++i) to[i] = static_cast<std::byte>(value >> (8 * i));
}

/// Requires `sizeof(Integer)` bytes at `from`.
template <std::unsigned_integral Integer>
Integer load(std::byte const* from) noexcept {
  Integer value = 0;
  for (std::size_t i = 0; i != sizeof value; ++i) {
    value = static_cast<Integer>(value | static_cast<Integer>(static_cast<Integer>(from[i]) << (8 * i)));
  }
  return value;
}

template <std::unsigned_integral Integer>
void add(Buffer& buffer, Integer value) {
  auto const start = buffer.size();
  buffer.resize(start + sizeof value);
  store(buffer.data() + start, value);
}

inline void add(Buffer& buffer, ByteSpan bytes) { buffer.insert(buffer.end(), bytes.begin(), bytes.end()); }

/// Takes fields off the front of some bytes. Past the end it yields zeros and is no longer `good`, so that a decoder
/// asks once.
class Fields {
 public:
  explicit Fields(ByteSpan bytes) : left_{bytes} {}

  template <std::unsigned_integral Integer>
  Integer take() noexcept {
    auto const bytes = take_bytes(sizeof(Integer));
    return good_ ? load<Integer>(bytes.data()) : Integer{0};
  }

  ByteSpan take_bytes(std::size_t count) noexcept {
    if (!good_ || count > left_.size()) {
      good_ = false;
      return {};
    }
    auto const taken = left_.first(count);
    left_ = left_.subspan(count);
    return taken;
  }

  [[nodiscard]] ByteSpan rest() const noexcept { return left_; }
  [[nodiscard]] bool good() const noexcept { return good_; }
  [[nodiscard]] bool done() const noexcept { return good_ && left_.empty(); }

 private:
  ByteSpan left_;
  bool good_ = true;
};

}  // namespace cairn::backends::file::details
