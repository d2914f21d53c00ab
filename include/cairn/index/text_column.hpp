// Copyright the Cairn authors
// SPDX-License-Identifier: BSL-1.0
// The stored form of a column of texts: one after the other, or a dictionary and which one of it each is.
#pragma once

#include <cairn/datom/checksum.hpp>
#include <cairn/index/front_coding.hpp>
#include <cairn/meta/lazy.hpp>

#include <algorithm>
#include <array>
#include <bit>
#include <cstddef>
#include <cstdint>
#include <span>
#include <string_view>
#include <vector>

namespace cairn::detail {

// How a column is stored (docs/format.md, "Columns"). On disk: do not renumber.
inline constexpr std::uint8_t texts_in_row = 0;
inline constexpr std::uint8_t texts_of_dictionary = 1;

/// Numbers different texts in the order in which they come.
class TextNumbers {
 public:
  /// The number of a text; requires that it lives on.
  std::size_t number_of(std::string_view text) noexcept {
    auto slot = static_cast<std::size_t>(checksum(std::as_bytes(std::span{text.data(), text.size()}))) % slots_.size();
    for (; slots_[slot] != 0; slot = (slot + 1) % slots_.size()) {
      if (texts_[slots_[slot] - 1U] == text) return slots_[slot] - 1U;
    }
    texts_[count_] = text;
    slots_[slot] = static_cast<std::uint8_t>(++count_);
    return count_ - 1U;
  }
  [[nodiscard]] std::span<std::string_view const> texts() const noexcept { return std::span{texts_}.first(count_); }

 private:
  std::array<std::uint8_t, 2 * most_packed> slots_{};  // the number and one; 0: free
  std::array<std::string_view, most_packed> texts_;
  std::size_t count_ = 0;
};

/// Appends a column. Requires 1 to `most_packed` texts.
template <meta::Lazy = {}>
void write_texts(ByteWriter& out, std::span<std::string_view const> texts) {
  TextNumbers numbers;
  std::array<std::int64_t, most_packed> indexes;
  std::size_t repeated = 0;  // bytes of those that were there before
  for (std::size_t i = 0; i != texts.size(); ++i) {
    bool const again = i != 0 && texts[i].data() == texts[i - 1].data() && texts[i].size() == texts[i - 1].size();
    auto const known = numbers.texts().size();
    auto const number = again ? static_cast<std::size_t>(indexes[i - 1]) : numbers.number_of(texts[i]);
    if (number != known) repeated += texts[i].size();
    indexes[i] = static_cast<std::int64_t>(number);
  }
  auto const different = numbers.texts();
  auto const index_width = static_cast<std::size_t>(std::bit_width(different.size() - 1));
  if (8 * repeated <= texts.size() * index_width) {
    out.u8(texts_in_row);
    write_front_coded(out, texts);
    return;
  }
  std::array<std::uint8_t, most_packed> order;
  for (std::size_t i = 0; i != different.size(); ++i) order[i] = static_cast<std::uint8_t>(i);
  std::ranges::sort(std::span{order}.first(different.size()), {}, [&](std::uint8_t at) { return different[at]; });
  std::array<std::string_view, most_packed> sorted;
  std::array<std::int64_t, most_packed> places;
  for (std::size_t i = 0; i != different.size(); ++i) {
    sorted[i] = different[order[i]];
    places[order[i]] = static_cast<std::int64_t>(i);
  }
  for (auto& index : std::span{indexes}.first(texts.size())) index = places[static_cast<std::size_t>(index)];
  out.u8(texts_of_dictionary);
  out.varint(different.size());
  write_front_coded(out, std::span{sorted}.first(different.size()));
  write_integers(out, std::span{indexes}.first(texts.size()));
}

/// Reads as many as there is room for, 1 to `most_packed`. `make(text)` makes one of a text, once for each in a
/// dictionary.
template <class Made>
void read_texts(ByteReader& in, std::span<Made> made, auto const& make) {
  auto const form = in.u8();
  if (form == texts_in_row) {
    read_front_coded(in, made.size(), false, [&](std::size_t at, std::string_view text) { made[at] = make(text); });
    return;
  }
  if (form != texts_of_dictionary) ByteReader::corrupt("a column of texts has an unknown form");
  auto const count = in.varint();
  if (count == 0 || count > made.size()) ByteReader::corrupt("a dictionary has no texts, or too many");
  std::vector<Made> entries(static_cast<std::size_t>(count));
  read_front_coded(in, static_cast<std::size_t>(count), true,
                   [&](std::size_t at, std::string_view text) { entries[at] = make(text); });
  std::array<std::int64_t, most_packed> indexes;
  read_integers(in, std::span{indexes}.first(made.size()));
  for (std::size_t i = 0; i != made.size(); ++i) {
    if (indexes[i] < 0 || static_cast<std::uint64_t>(indexes[i]) >= count) {
      ByteReader::corrupt("a text is not in its dictionary");
    }
    made[i] = entries[static_cast<std::size_t>(indexes[i])];
  }
}

}  // namespace cairn::detail
