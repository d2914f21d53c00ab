// Copyright the Cairn authors
// SPDX-License-Identifier: BSL-1.0
// The bytes of a dump, of which as many are in memory as somebody looks at.
#pragma once

#include <cairn/dump/format.hpp>
#include <cairn/meta/lazy.hpp>

#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <utility>

namespace cairn::detail {

/// Reads ahead as far as it is asked to. Grows with what arrives and not with what a dump says will, so that a hostile one costs no more
/// memory than it has bytes, and at most its limit and as much again.
class DumpInput {
 public:
  /// `limit`: bytes that are looked at at once, at the most.
  explicit DumpInput(ByteSource source, std::size_t limit = static_cast<std::size_t>(largest_chunk)) : source_{std::move(source)}, limit_{limit} {}

  /// How many bytes were passed.
  [[nodiscard]] std::uint64_t offset() const noexcept { return offset_; }
  [[nodiscard]] std::size_t limit() const noexcept { return limit_; }

  /// The next `size` bytes; fewer only where the dump ends. Valid until more is looked at.
  [[nodiscard]] std::string_view ahead(std::size_t size) {
    while (available() < size && fill()) {
    }
    return view(std::min(size, available()));
  }
  /// The line that begins `from` bytes from here, with its end; nothing where the dump ends before it does. Valid until more is looked at.
  [[nodiscard]] std::optional<std::string_view> line(std::size_t from) {
    for (auto searched = from;;) {
      auto const all = std::string_view{buffer_}.substr(begin_, available());
      auto const end = all.find('\n', searched);
      if (end != std::string_view::npos) return all.substr(from, end + 1 - from);
      searched = all.size();
      if (searched > limit_) bad_record("it is longer than a chunk can be");
      if (!fill()) return std::nullopt;
    }
  }
  /// Requires: so many bytes were looked at.
  [[nodiscard]] std::string_view view(std::size_t size) const noexcept { return std::string_view{buffer_}.substr(begin_, size); }
  /// Goes on; what was looked at stays where it is until more is.
  void pass(std::size_t size) noexcept {
    begin_ += size;
    offset_ += size;
  }
  [[nodiscard]] bool at_end() { return ahead(1).empty(); }

 private:
  static constexpr std::size_t piece = std::size_t{1} << 18U;

  [[nodiscard]] std::size_t available() const noexcept { return end_ - begin_; }

  bool fill() {
    if (begin_ != 0) {
      std::copy(buffer_.begin() + static_cast<std::ptrdiff_t>(begin_), buffer_.begin() + static_cast<std::ptrdiff_t>(end_), buffer_.begin());
      end_ -= std::exchange(begin_, 0);
    }
    // Half as much again: a long chunk is not copied too often.
    if (buffer_.size() - end_ < piece) buffer_.resize(end_ + end_ / 2 + piece);
    auto const read = source_(std::as_writable_bytes(std::span{buffer_.data() + end_, buffer_.size() - end_}));
    end_ += read;
    return read != 0;
  }

  ByteSource source_;
  std::size_t limit_;
  std::string buffer_{};
  std::size_t begin_ = 0;
  std::size_t end_ = 0;
  std::uint64_t offset_ = 0;
};

/// Refuses what is none, whatever it was to be one of, with that code.
template <meta::Lazy = {}>
void require_dump(DumpInput& in, Errc code) {
  constexpr std::string_view mark = "\xEF\xBB\xBF";
  if (in.at_end()) raise(code, "This is no dump: it is empty.");
  if (in.ahead(mark.size()) == mark) raise(code, "This is no dump: it begins with a byte order mark (EF BB BF), which an editor may have put there. Save it without one.");
}

}  // namespace cairn::detail
