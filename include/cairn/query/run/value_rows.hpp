// Copyright the Cairn authors
// SPDX-License-Identifier: BSL-1.0
// Rows that are shown: values side by side.
#pragma once

#include <cairn/query/run/batch.hpp>

#include <algorithm>
#include <bit>
#include <cstddef>
#include <cstdint>
#include <cstring>
#include <new>
#include <span>
#include <vector>

namespace cairn::query {

/// Room for a value that is borrowed.
struct ValueSlot {
  alignas(Value) std::byte bytes[sizeof(Value)];
  [[nodiscard]] Value const& get() const noexcept { return *std::launder(reinterpret_cast<Value const*>(bytes)); }
  void set(ValueKind kind, std::uint64_t word) noexcept {
    ::new (static_cast<void*>(bytes)) Value{cairn::detail::ValueParts::join(kind, word)};
  }
};

/// Rows without end, each the values of its columns one after the other. Values are borrowed. Rows stay where they are once there are
/// more than `batch_rows`: they lie in chunks, each as large as all before it and one batch more, so that what is added moves nothing.
class ValueRows {
 public:
  explicit ValueRows(std::size_t columns) noexcept : columns_{columns} {}

  [[nodiscard]] std::size_t columns() const noexcept { return columns_; }
  [[nodiscard]] std::size_t size() const noexcept { return size_; }
  [[nodiscard]] std::size_t bytes() const noexcept { return bytes_; }

  /// The values of a row. Requires `row < size()`. Those of the rows behind it follow, up to the row `chunk_end(row)`.
  [[nodiscard]] ValueSlot const* row(std::size_t row) const noexcept {
    auto const chunk = chunk_of(row);
    return chunks_[chunk].get() + (row - first_of(chunk)) * columns_;
  }
  /// The first row of the chunk behind that of `row`.
  [[nodiscard]] static std::size_t chunk_end(std::size_t row) noexcept { return first_of(chunk_of(row) + 1); }

  /// So many rows of those columns, one of which may be there more than once. At most `batch_rows`.
  void append(std::span<Column const> columns, std::uint32_t count) {
    for (std::uint32_t done = 0; done != count;) {
      auto const chunk = chunk_of(size_);
      auto const at = size_ - first_of(chunk);
      auto const now = static_cast<std::uint32_t>((std::min)(std::size_t{count - done}, rows_in(chunk) - at));
      auto* const to = room(chunk, at, now) + at * columns_;
      for (std::size_t i = 0; i != columns_; ++i) write(to + i, columns_, columns[i], done, now);
      done += now;
      size_ += now;
    }
  }

 private:
  [[nodiscard]] static std::size_t chunk_of(std::size_t row) noexcept {
    return static_cast<std::size_t>(std::bit_width(row / batch_rows + 1)) - 1;
  }
  [[nodiscard]] static std::size_t first_of(std::size_t chunk) noexcept { return ((std::size_t{1} << chunk) - 1) * batch_rows; }
  [[nodiscard]] static std::size_t rows_in(std::size_t chunk) noexcept { return (std::size_t{1} << chunk) * batch_rows; }

  /// A chunk with room for so many rows more. Most results are a few rows: the first chunk grows with them.
  [[nodiscard]] ValueSlot* room(std::size_t chunk, std::size_t used, std::size_t more) {
    if (chunk == chunks_.size()) {
      chunks_.emplace_back((chunk == 0 ? more : rows_in(chunk)) * columns_);
      bytes_ += chunks_.back().bytes();
    } else if (chunk == 0 && (used + more) * columns_ > chunks_[0].size()) {
      Scratch<ValueSlot> larger{(std::min)((std::max)(used + more, 2 * used), std::size_t{batch_rows}) * columns_};
      std::memcpy(larger.get(), chunks_[0].get(), used * columns_ * sizeof(ValueSlot));
      bytes_ += larger.bytes() - chunks_[0].bytes();
      chunks_[0] = std::move(larger);
    }
    return chunks_[chunk].get();
  }

  static void write(ValueSlot* to, std::size_t stride, Column const& from, std::uint32_t first, std::uint32_t count) noexcept {
    auto const* words = from.words + first;
    if (!from.is_uniform()) {
      auto const* kinds = from.kinds + first;
      for (std::uint32_t row = 0; row != count; ++row, to += stride) to->set(kinds[row], words[row]);
      return;
    }
    auto const kind = from.kind;
    std::uint32_t row = 0;
    for (; row + 4 <= count; row += 4, to += 4 * stride) {  // half of a loop of one are the loop's own instructions
      to[0].set(kind, words[row]);
      to[stride].set(kind, words[row + 1]);
      to[2 * stride].set(kind, words[row + 2]);
      to[3 * stride].set(kind, words[row + 3]);
    }
    for (; row != count; ++row, to += stride) to->set(kind, words[row]);
  }

  std::size_t columns_;
  std::size_t size_ = 0;
  std::size_t bytes_ = 0;
  std::vector<Scratch<ValueSlot>> chunks_{};
};

}  // namespace cairn::query
