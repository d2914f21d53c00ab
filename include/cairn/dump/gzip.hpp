// Copyright the Cairn authors
// SPDX-License-Identifier: BSL-1.0
// Reading gzip (RFC 1952, RFC 1951).
#pragma once

#include <cairn/dump/format.hpp>

#include <algorithm>
#include <array>
#include <cstddef>
#include <cstdint>
#include <span>
#include <string_view>
#include <utility>
#include <vector>

namespace cairn::detail {

/// What was compressed, as it comes: one member or several, one behind another. Memory: 100 KB, whatever the bytes say. Throws `BadRecord`
/// where they are no gzip, end too early, or do not have the checksum that they say. Thread safety: none.
class GzipReader {
 public:
  explicit GzipReader(ByteSource source) : source_{std::move(source)}, in_(std::size_t{1} << 16U), window_(window_size) {}

  /// Fills the room, but at the end.
  std::size_t read(std::span<std::byte> room) {
    room_ = room;
    written_ = 0;
    while (written_ != room_.size() && state_ != State::end) {
      switch (state_) {
        case State::header: begin_member(); break;
        case State::block: begin_block(); break;
        case State::stored: copy_stored(); break;
        case State::codes: decode(); break;
        case State::match: copy_match(); break;
        case State::trailer: end_member(); break;
        case State::end: break;
      }
    }
    return written_;
  }

 private:
  enum class State : std::uint8_t { header, block, stored, codes, match, trailer, end };

  static constexpr std::size_t window_size = std::size_t{1} << 15U;
  static constexpr std::size_t longest_code = 15;
  static constexpr std::size_t literals = 288;
  static constexpr std::size_t distances = 30;
  static constexpr unsigned end_of_block = 256;

  /// A Huffman code: how many words have each length, and what the words mean, in their order.
  struct Code {
    std::array<std::uint16_t, longest_code + 1> counts{};
    std::array<std::uint16_t, literals> meanings{};

    explicit Code(std::span<std::uint8_t const> lengths) {
      for (auto const length : lengths) ++counts[length];
      counts[0] = 0;
      int left = 1;
      std::array<std::uint16_t, longest_code + 2> places{};
      for (std::size_t length = 1; length <= longest_code; ++length) {
        left = 2 * left - counts[length];
        if (left < 0) damaged();
        places[length + 1] = static_cast<std::uint16_t>(places[length] + counts[length]);
      }
      for (std::size_t meaning = 0; meaning != lengths.size(); ++meaning) {
        if (lengths[meaning] != 0) meanings[places[lengths[meaning]]++] = static_cast<std::uint16_t>(meaning);
      }
    }
  };

  [[noreturn]] static void damaged() { bad_record("its gzip is damaged"); }

  [[nodiscard]] bool has_byte() {
    if (in_at_ != in_end_) return true;
    in_at_ = 0;
    in_end_ = source_(std::span{in_});
    return in_end_ != 0;
  }
  /// The next bits, the first of them the lowest.
  unsigned bits(unsigned count) {
    while (held_ < count) {
      if (!has_byte()) bad_record("its gzip ends too early");
      hold_ |= static_cast<std::uint32_t>(in_[in_at_++]) << held_;
      held_ += 8;
    }
    auto const taken = hold_ & ((std::uint32_t{1} << count) - 1);
    hold_ >>= count;
    held_ -= count;
    return taken;
  }
  void align() {
    hold_ = 0;
    held_ = 0;  // never a whole byte
  }
  /// Of bytes, the lowest first.
  std::uint32_t number(unsigned size) {
    std::uint32_t made = 0;
    for (unsigned i = 0; i != size; ++i) made |= bits(8) << (8 * i);
    return made;
  }
  void skip_text() {
    while (bits(8) != 0) {
    }
  }
  unsigned word(Code const& code) {
    int value = 0;
    int first = 0;
    std::size_t place = 0;
    for (std::size_t length = 1; length <= longest_code; ++length) {
      value |= static_cast<int>(bits(1));
      int const count = code.counts[length];
      if (value - first < count) return code.meanings[place + static_cast<std::size_t>(value - first)];
      place += static_cast<std::size_t>(count);
      first = 2 * (first + count);
      value *= 2;
    }
    damaged();
  }
  void put(std::byte byte) {
    room_[written_++] = byte;
    window_[size_++ % window_size] = byte;
    checksum_ = checksums[(checksum_ ^ static_cast<std::uint32_t>(byte)) & 0xFFU] ^ checksum_ >> 8U;
  }

  void begin_member() {
    constexpr unsigned checksum = 2;
    constexpr unsigned extra = 4;
    constexpr unsigned name = 8;
    constexpr unsigned comment = 16;
    if (number(2) != 0x8B1F || number(1) != 8) bad_record("it is no gzip");
    auto const flags = number(1);
    if (flags > 31) bad_record("its gzip is of an unknown kind");
    static_cast<void>(number(4));  // when
    static_cast<void>(number(2));  // how, where
    if ((flags & extra) != 0) {
      for (auto left = number(2); left != 0; --left) static_cast<void>(bits(8));
    }
    if ((flags & name) != 0) skip_text();
    if ((flags & comment) != 0) skip_text();
    if ((flags & checksum) != 0) static_cast<void>(number(2));
    size_ = 0;
    checksum_ = 0xFFFFFFFFU;
    state_ = State::block;
  }
  void end_member() {
    align();
    if (number(4) != ~checksum_ || number(4) != static_cast<std::uint32_t>(size_)) bad_record("its gzip does not have the checksum that it says");
    state_ = has_byte() ? State::header : State::end;
  }

  void begin_block() {
    if (std::exchange(is_last_, false)) {
      state_ = State::trailer;
      return;
    }
    is_last_ = bits(1) != 0;
    switch (bits(2)) {
      case 0: {
        align();
        auto const size = number(2);
        if ((size ^ number(2)) != 0xFFFF) damaged();
        left_ = size;
        state_ = State::stored;
        return;
      }
      case 1: {
        std::array<std::uint8_t, literals> lengths{};
        std::fill(lengths.begin(), lengths.begin() + 144, std::uint8_t{8});
        std::fill(lengths.begin() + 144, lengths.begin() + 256, std::uint8_t{9});
        std::fill(lengths.begin() + 256, lengths.begin() + 280, std::uint8_t{7});
        std::fill(lengths.begin() + 280, lengths.end(), std::uint8_t{8});
        literal_ = Code{lengths};
        std::array<std::uint8_t, distances> const same = [] {
          std::array<std::uint8_t, distances> all{};
          all.fill(5);
          return all;
        }();
        distance_ = Code{same};
        break;
      }
      case 2: read_codes(); break;
      default: damaged();
    }
    state_ = State::codes;
  }
  void read_codes() {
    constexpr std::array<std::uint8_t, 19> order{16, 17, 18, 0, 8, 7, 9, 6, 10, 5, 11, 4, 12, 3, 13, 2, 14, 1, 15};
    std::size_t const literal_count = bits(5) + 257;
    std::size_t const distance_count = bits(5) + 1;
    std::size_t const order_count = bits(4) + 4;
    if (literal_count > 286 || distance_count > distances) damaged();
    std::array<std::uint8_t, order.size()> order_lengths{};
    for (std::size_t i = 0; i != order_count; ++i) order_lengths[order[i]] = static_cast<std::uint8_t>(bits(3));
    Code const code{order_lengths};
    std::array<std::uint8_t, literals + distances> lengths{};
    auto const all = literal_count + distance_count;
    for (std::size_t at = 0; at != all;) {
      auto const meaning = word(code);
      if (meaning < 16) {
        lengths[at++] = static_cast<std::uint8_t>(meaning);
        continue;
      }
      if (meaning == 16 && at == 0) damaged();
      auto const length = meaning == 16 ? lengths[at - 1] : std::uint8_t{0};
      std::size_t const times = meaning == 16 ? 3 + bits(2) : meaning == 17 ? 3 + bits(3) : 11 + bits(7);
      if (times > all - at) damaged();
      std::fill_n(lengths.begin() + static_cast<std::ptrdiff_t>(at), times, length);
      at += times;
    }
    literal_ = Code{std::span{lengths}.first(literal_count)};
    distance_ = Code{std::span{lengths}.subspan(literal_count, distance_count)};
  }

  void copy_stored() {
    for (; left_ != 0 && written_ != room_.size(); --left_) put(static_cast<std::byte>(bits(8)));
    if (left_ == 0) state_ = State::block;
  }
  void copy_match() {
    for (; left_ != 0 && written_ != room_.size(); --left_) put(window_[(size_ - back_) % window_size]);
    if (left_ == 0) state_ = State::codes;
  }
  void decode() {
    constexpr std::array<std::uint16_t, 29> lengths{3,  4,  5,  6,  7,  8,  9,  10, 11,  13,  15,  17,  19,  23, 27,
                                                    31, 35, 43, 51, 59, 67, 83, 99, 115, 131, 163, 195, 227, 258};
    constexpr std::array<std::uint16_t, distances> backs{1,   2,   3,   4,   5,   7,    9,    13,   17,   25,   33,   49,   65,    97,    129,
                                                         193, 257, 385, 513, 769, 1025, 1537, 2049, 3073, 4097, 6145, 8193, 12289, 16385, 24577};
    while (written_ != room_.size()) {
      auto const meaning = word(literal_);
      if (meaning < end_of_block) {
        put(static_cast<std::byte>(meaning));
        continue;
      }
      if (meaning == end_of_block) {
        state_ = State::block;
        return;
      }
      auto const place = meaning - end_of_block - 1;
      if (place >= lengths.size()) damaged();
      bool const is_exact = place < 8 || place == lengths.size() - 1;
      left_ = lengths[place] + (is_exact ? 0 : bits((place - 4) / 4));
      auto const far = word(distance_);
      if (far >= distances) damaged();
      back_ = backs[far] + (far < 4 ? 0 : bits((far - 2) / 2));
      if (back_ > size_) damaged();
      state_ = State::match;
      return;
    }
  }

  static constexpr std::array<std::uint32_t, 256> checksums = [] {
    std::array<std::uint32_t, 256> all{};
    for (std::uint32_t byte = 0; byte != all.size(); ++byte) {
      auto rest = byte;
      for (int bit = 0; bit != 8; ++bit) rest = (rest & 1U) != 0 ? rest >> 1U ^ 0xEDB88320U : rest >> 1U;
      all[byte] = rest;
    }
    return all;
  }();

  ByteSource source_;
  std::vector<std::byte> in_;
  std::size_t in_at_ = 0;
  std::size_t in_end_ = 0;
  std::uint32_t hold_ = 0;
  unsigned held_ = 0;
  State state_ = State::header;
  bool is_last_ = false;
  Code literal_{std::span<std::uint8_t const>{}};
  Code distance_{std::span<std::uint8_t const>{}};
  std::size_t left_ = 0;  // of a stored block, or a match
  std::size_t back_ = 0;
  std::vector<std::byte> window_;
  std::uint64_t size_ = 0;  // of what was written of this member
  std::uint32_t checksum_ = 0;
  std::span<std::byte> room_{};
  std::size_t written_ = 0;
};

/// A source of what is compressed in another.
template <meta::Lazy = {}>
[[nodiscard]] ByteSource decompressed(ByteSource source) {
  return [reader = GzipReader{std::move(source)}](std::span<std::byte> room) mutable { return reader.read(room); };
}

}  // namespace cairn::detail
