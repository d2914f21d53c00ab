// Copyright the Cairn authors
// SPDX-License-Identifier: BSL-1.0
// The bytes of a blob, and what keeps them alive.
#pragma once

#include <cstddef>
#include <memory>
#include <span>
#include <string_view>
#include <utility>
#include <vector>

namespace cairn {

/// Immutable bytes together with whatever keeps them alive, so that a backend which has them in memory already (a map,
/// a mapped file, a cache) hands them out without a copy. Copying is O(1) and shares. Safe to read from any thread.
class Bytes {
 public:
  Bytes() = default;

  /// Takes over a buffer.
  explicit Bytes(std::vector<std::byte> buffer) {
    auto owner = std::make_shared<std::vector<std::byte> const>(std::move(buffer));
    view_ = *owner;
    owner_ = std::move(owner);
  }

  /// Bytes that `owner` keeps alive and unchanged for as long as it lives.
  Bytes(std::shared_ptr<void const> owner, std::span<std::byte const> view) : owner_{std::move(owner)}, view_{view} {}

  /// A copy of `source`.
  [[nodiscard]] static Bytes copy(std::span<std::byte const> source) {
    return Bytes{std::vector<std::byte>(source.begin(), source.end())};
  }

  [[nodiscard]] std::span<std::byte const> view() const noexcept { return view_; }
  // NOLINTNEXTLINE(google-explicit-constructor): a view of itself
  operator std::span<std::byte const>() const noexcept { return view_; }
  [[nodiscard]] std::byte const* data() const noexcept { return view_.data(); }
  [[nodiscard]] std::size_t size() const noexcept { return view_.size(); }
  [[nodiscard]] bool empty() const noexcept { return view_.empty(); }

  /// A part of these bytes, kept alive by the same owner. Requires `offset + count <= size()`.
  [[nodiscard]] Bytes slice(std::size_t offset, std::size_t count) const {
    return Bytes{owner_, view_.subspan(offset, count)};
  }

  /// Equal when the bytes are, whoever owns them. Linear; O(1) where they are one and the same.
  friend bool operator==(Bytes const& left, Bytes const& right) noexcept {
    if (left.size() != right.size()) return false;
    if (left.data() == right.data()) return true;
    return std::string_view{reinterpret_cast<char const*>(left.data()), left.size()} ==
           std::string_view{reinterpret_cast<char const*>(right.data()), right.size()};
  }

 private:
  std::shared_ptr<void const> owner_;
  std::span<std::byte const> view_;
};

}  // namespace cairn
