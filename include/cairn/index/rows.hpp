// Copyright the Cairn authors
// SPDX-License-Identifier: BSL-1.0
// A short sorted run of whole datoms with a column of their heads: the rows of a leaf whose datoms have too little in common.
#pragma once

#include <cairn/index/datom_run.hpp>
#include <cairn/index/row_access.hpp>

#include <cstddef>
#include <cstdint>
#include <cstring>
#include <memory>
#include <new>
#include <utility>

namespace cairn::detail {

/// Rows are kept in raw storage and moved by copying their bytes: a datom owns what it refers to, and nothing refers to a
/// datom, so that its old place can simply be forgotten. How many there are is known to the node.
template <std::size_t Capacity>
class Rows : public RowAccess<Rows<Capacity>> {
 public:
  Rows() noexcept {}  // NOLINT(modernize-use-equals-default): "= default" would have `new Leaf{}` clear all of it

  [[nodiscard]] RawDatom const* data() const noexcept { return std::launder(reinterpret_cast<RawDatom const*>(storage_)); }
  [[nodiscard]] RawDatom* data() noexcept { return std::launder(reinterpret_cast<RawDatom*>(storage_)); }
  [[nodiscard]] std::uint64_t const* heads() const noexcept { return heads_; }
  /// Whether some value may have to be counted.
  [[nodiscard]] bool counted() const noexcept { return counted_; }
  /// `count` rows from `first` on.
  template <Order Sorted>
  [[nodiscard]] DatomRun run(std::size_t first, std::size_t count) const noexcept {
    return DatomRun{std::span{data() + first, count}, counted_};
  }

  /// Makes a row at `at` out of nothing.
  void put(std::size_t at, std::uint64_t head, RawDatom datom) noexcept {
    heads_[at] = head;
    counted_ = counted_ || ValueParts::counted(datom.v.kind());
    ::new (static_cast<void*>(place(at))) RawDatom{std::move(datom)};
  }
  /// Makes room for one among the first `count`, and puts it there.
  void insert(std::size_t count, std::size_t at, std::uint64_t head, RawDatom datom) noexcept {
    relocate(*this, at, count - at, *this, at + 1);
    put(at, head, std::move(datom));
  }
  void erase(std::size_t count, std::size_t at) noexcept {
    std::destroy_at(data() + at);
    relocate(*this, at + 1, count - at - 1, *this, at);
  }
  void destroy(std::size_t count) noexcept {
    if (counted_) std::destroy_n(data(), count);
  }
  /// Takes the datom out, whose row is none afterwards.
  template <Order Sorted>
  [[nodiscard]] RawDatom take(std::size_t at) noexcept {
    RawDatom datom = std::move(data()[at]);
    std::destroy_at(data() + at);
    return datom;
  }
  void copy_from(Rows const& other, std::size_t count) noexcept {
    std::memcpy(heads_, other.heads_, count * sizeof(std::uint64_t));
    counted_ = other.counted_;
    if (counted_) {
      std::uninitialized_copy_n(other.data(), count, reinterpret_cast<RawDatom*>(storage_));
    } else {
      std::memcpy(storage_, other.storage_, count * sizeof(RawDatom));
    }
  }
  /// Moves rows, within one run or to another; where they were there are none afterwards.
  static void relocate(Rows& from, std::size_t first, std::size_t count, Rows& to, std::size_t at) noexcept {
    if (count - 1 >= Capacity) return;  // none; said so that the compiler knows the most there can be
    std::memmove(to.heads_ + at, from.heads_ + first, count * sizeof(std::uint64_t));
    std::memmove(to.place(at), from.place(first), count * sizeof(RawDatom));
    to.counted_ = to.counted_ || from.counted_;
  }

 private:
  [[nodiscard]] std::byte* place(std::size_t at) noexcept { return storage_ + at * sizeof(RawDatom); }

  bool counted_ = false;  // whether some value may have to be counted
  std::uint64_t heads_[Capacity];
  alignas(RawDatom) std::byte storage_[Capacity * sizeof(RawDatom)];
};

}  // namespace cairn::detail
