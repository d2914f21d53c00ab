// Copyright the Cairn authors
// SPDX-License-Identifier: BSL-1.0
// The stored form of texts that often begin as the one before them does.
#pragma once

#include <cairn/index/integer_column.hpp>
#include <cairn/meta/lazy.hpp>

#include <algorithm>
#include <array>
#include <cstddef>
#include <cstdint>
#include <span>
#include <string>
#include <string_view>

namespace cairn::detail {

/// The most that a text shares with the one before it: so that what some bytes stand for is not many times what they are.
inline constexpr std::size_t most_shared = 4096;

inline std::size_t shared_prefix(std::string_view left, std::string_view right) noexcept {
  return static_cast<std::size_t>(std::ranges::mismatch(left, right).in1 - left.begin());
}

/// Appends 1 to `most_packed` texts. Front coding (Witten, Moffat, Bell: Managing Gigabytes, 1999): a column of how
/// many bytes each shares with the one before it, a column of how many follow, and those.
template <meta::Lazy = {}>
void write_front_coded(ByteWriter& out, std::span<std::string_view const> texts) {
  std::array<std::int64_t, most_packed> shared;
  std::array<std::int64_t, most_packed> own;
  std::string_view previous;
  for (std::size_t i = 0; i != texts.size(); ++i) {
    auto const prefix = (std::min)(shared_prefix(previous, texts[i]), most_shared);
    shared[i] = static_cast<std::int64_t>(prefix);
    own[i] = static_cast<std::int64_t>(texts[i].size() - prefix);
    previous = texts[i];
  }
  write_integers(out, std::span{shared}.first(texts.size()));
  write_integers(out, std::span{own}.first(texts.size()));
  for (std::size_t i = 0; i != texts.size(); ++i) {
    auto const rest = texts[i].substr(static_cast<std::size_t>(shared[i]));
    out.raw(std::as_bytes(std::span{rest.data(), rest.size()}));
  }
}

/// Gives `take(i, text)` each of them. `ascending`: refuses texts that are not, or that share more than they say.
inline void read_front_coded(ByteReader& in, std::size_t count, bool ascending, auto const& take) {
  std::array<std::int64_t, most_packed> shared;
  std::array<std::int64_t, most_packed> own;
  read_integers(in, std::span{shared}.first(count));
  read_integers(in, std::span{own}.first(count));
  std::string text;
  for (std::size_t i = 0; i != count; ++i) {
    if (shared[i] < 0 || static_cast<std::uint64_t>(shared[i]) > (std::min)(text.size(), most_shared)) {
      ByteReader::corrupt("a text shares more with another than there is");
    }
    if (own[i] < 0 || static_cast<std::uint64_t>(own[i]) > in.remaining()) {
      ByteReader::corrupt("a text reaches past the end");
    }
    auto const prefix = static_cast<std::size_t>(shared[i]);
    auto const bytes = in.raw(static_cast<std::size_t>(own[i]));
    auto const is_after = [&] {
      if (prefix == most_shared) {
        return std::string_view{reinterpret_cast<char const*>(bytes.data()), bytes.size()} > std::string_view{text}.substr(prefix);
      }
      return !bytes.empty() && (prefix == text.size() ||
                                std::to_integer<unsigned char>(bytes[0]) > static_cast<unsigned char>(text[prefix]));
    };
    if (ascending && i != 0 && !is_after()) {
      ByteReader::corrupt("the texts of a dictionary are not in order");
    }
    text.resize(prefix);
    text.append(reinterpret_cast<char const*>(bytes.data()), bytes.size());
    take(i, std::string_view{text});
  }
}

}  // namespace cairn::detail
