// Copyright the Cairn authors
// SPDX-License-Identifier: BSL-1.0
// As much of CBOR (RFC 8949) as dumps are made of.
#pragma once

#include <cairn/dump/format.hpp>

#include <bit>
#include <cmath>
#include <cstddef>
#include <cstdint>
#include <limits>
#include <string>
#include <string_view>

namespace cairn::detail::cbor {

enum class Major : std::uint8_t { positive = 0, negative = 1, bytes = 2, text = 3, array = 4, map = 5, tag = 6, simple = 7 };

inline constexpr std::uint8_t simple_false = 20;
inline constexpr std::uint8_t simple_true = 21;
inline constexpr std::uint8_t simple_null = 22;
inline constexpr std::uint8_t half_float = 25;  // others write it
inline constexpr std::uint8_t single_float = 26;
inline constexpr std::uint8_t double_float = 27;

template <class Number>
void write_big_endian(std::string& out, Number number) {
  for (std::size_t i = sizeof number; i-- != 0;) out += static_cast<char>(static_cast<unsigned char>(number >> (8 * i)));
}

/// The begin of an item, as short as it can be.
inline void write_head(std::string& out, Major major, std::uint64_t argument) {
  auto const first = [&](unsigned low) { out += static_cast<char>(static_cast<unsigned char>((static_cast<unsigned>(major) << 5U) | low)); };
  if (argument < 24) return first(static_cast<unsigned>(argument));
  if (argument <= 0xFFU) {
    first(24);
    write_big_endian(out, static_cast<std::uint8_t>(argument));
  } else if (argument <= 0xFFFFU) {
    first(25);
    write_big_endian(out, static_cast<std::uint16_t>(argument));
  } else if (argument <= 0xFFFFFFFFU) {
    first(26);
    write_big_endian(out, static_cast<std::uint32_t>(argument));
  } else {
    first(27);
    write_big_endian(out, argument);
  }
}
inline void write_integer(std::string& out, std::int64_t number) {
  if (number >= 0) return write_head(out, Major::positive, static_cast<std::uint64_t>(number));
  write_head(out, Major::negative, ~static_cast<std::uint64_t>(number));
}
inline void write_text(std::string& out, std::string_view text) {
  write_head(out, Major::text, text.size());
  out += text;
}
inline void write_bytes(std::string& out, std::string_view bytes) {
  write_head(out, Major::bytes, bytes.size());
  out += bytes;
}
inline void write_simple(std::string& out, std::uint8_t number) { write_head(out, Major::simple, number); }
inline void write_float(std::string& out, float number) {
  out += static_cast<char>(0xFAU);
  write_big_endian(out, std::bit_cast<std::uint32_t>(number));
}
inline void write_double(std::string& out, double number) {
  out += static_cast<char>(0xFBU);
  write_big_endian(out, std::bit_cast<std::uint64_t>(number));
}

/// The begin of an item: of integers, lengths, counts and tags the argument is the number, of floats their bits.
struct Head {
  Major major = Major::positive;
  std::uint8_t low = 0;
  std::uint64_t argument = 0;
};

/// The number that a half float's bits are.
[[nodiscard]] inline double number_of_half(std::uint16_t bits) noexcept {
  auto const exponent = static_cast<int>(bits >> 10U & 31U);
  double const fraction = bits & 1023U;
  constexpr auto infinity = std::numeric_limits<double>::infinity();
  double const magnitude = exponent == 0    ? std::ldexp(fraction, -24)
                           : exponent != 31 ? std::ldexp(fraction + 1024, exponent - 25)
                           : fraction == 0  ? infinity
                                            : std::numeric_limits<double>::quiet_NaN();
  return (bits & 0x8000U) == 0 ? magnitude : -magnitude;
}

/// Reads items from bytes that are all there. Throws `BadRecord` where they end too early, or are of a kind that a dump has not.
class Reader {
 public:
  explicit Reader(std::string_view bytes) noexcept : rest_{bytes} {}

  [[nodiscard]] bool at_end() const noexcept { return rest_.empty(); }
  [[nodiscard]] std::size_t remaining() const noexcept { return rest_.size(); }
  /// Whether more was asked for than there is.
  [[nodiscard]] bool ran_out() const noexcept { return ran_out_; }

  [[nodiscard]] Head head() {
    auto const first = static_cast<unsigned char>(take(1)[0]);
    Head head{static_cast<Major>(first >> 5U), static_cast<std::uint8_t>(first & 31U), first & 31U};
    if (head.low < 24) return head;
    if (head.low > 27) bad_record("an item has no length, or an unknown one");
    head.argument = 0;
    for (char const byte : take(std::size_t{1} << (head.low - 24U))) head.argument = head.argument << 8U | static_cast<unsigned char>(byte);
    return head;
  }
  [[nodiscard]] Head head(Major major, char const* what) {
    auto const found = head();
    if (found.major != major) bad_record(std::string{what} + " is of another type");
    return found;
  }
  [[nodiscard]] std::uint64_t positive(char const* what) { return head(Major::positive, what).argument; }
  [[nodiscard]] std::string_view text(char const* what) { return content(head(Major::text, what)); }
  [[nodiscard]] std::string_view bytes(char const* what) { return content(head(Major::bytes, what)); }
  /// What text or bytes are made of.
  [[nodiscard]] std::string_view content(Head const& head) { return take(head.argument); }
  /// A count of items, of which each takes a byte at the least.
  [[nodiscard]] std::size_t count(Head const& head) {
    ran_out_ = head.argument > rest_.size();
    if (ran_out_) bad_record("a count reaches past the end");
    return static_cast<std::size_t>(head.argument);
  }

 private:
  std::string_view take(std::uint64_t size) {
    ran_out_ = size > rest_.size();
    if (ran_out_) bad_record("it ends inside an item");
    auto const part = rest_.substr(0, static_cast<std::size_t>(size));
    rest_.remove_prefix(part.size());
    return part;
  }

  std::string_view rest_;
  bool ran_out_ = false;
};

}  // namespace cairn::detail::cbor
