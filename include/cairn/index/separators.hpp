// Copyright the Cairn authors
// SPDX-License-Identifier: BSL-1.0
// What stands between the children of an inner node.
#pragma once

#include <cairn/datom/reference_count.hpp>
#include <cairn/index/node_pool.hpp>
#include <cairn/index/row_access.hpp>

#include <atomic>
#include <cstddef>
#include <cstdint>
#include <cstring>
#include <memory>
#include <new>
#include <utility>

namespace cairn::detail {

/// A short sorted run of datoms with a column of their heads. The datoms, which only a tie of heads asks for and only a split
/// or a merge changes, are shared by the versions of a node; the heads are each one's own. How many there are is known to the
/// node. Datoms are moved by copying their bytes, as in `Rows`.
template <std::size_t Capacity>
class Separators : public RowAccess<Separators<Capacity>> {
 public:
  Separators() : block_{new Block} {}
  /// Shares the first `count` of another's.
  Separators(Separators const& other, std::size_t count) noexcept : block_{other.block_}, counted_{other.counted_} {
    std::memcpy(heads_, other.heads_, count * sizeof(std::uint64_t));
    count_up(block_->references);
  }
  Separators(Separators const&) = delete;
  Separators& operator=(Separators const&) = delete;
  /// Requires that `destroy` was called.
  ~Separators() = default;

  [[nodiscard]] RawDatom const* data() const noexcept { return std::launder(reinterpret_cast<RawDatom const*>(block_->storage)); }
  [[nodiscard]] std::uint64_t const* heads() const noexcept { return heads_; }

  /// Makes the first `count`, which are all, the node's own. What changes them requires it.
  void own(std::size_t count) {
    if (block_->references.load(std::memory_order_acquire) == 1) return;
    auto* copy = new Block;
    if (counted_) {
      std::uninitialized_copy_n(data(), count, reinterpret_cast<RawDatom*>(copy->storage));
    } else {
      std::memcpy(copy->storage, block_->storage, count * sizeof(RawDatom));
    }
    destroy(count);
    block_ = copy;
  }
  /// Lets go of the first `count`, which are all.
  void destroy(std::size_t count) noexcept {
    if (count_down(block_->references) != 0) return;
    if (counted_) std::destroy_n(own_data(), count);
    delete block_;
  }

  /// Makes one at `at` out of nothing.
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
  /// Puts another one in the place of the one at `at`.
  void replace(std::size_t at, std::uint64_t head, RawDatom datom) noexcept {
    static_cast<void>(take(at));
    put(at, head, std::move(datom));
  }
  /// Takes one out, which is none afterwards.
  [[nodiscard]] RawDatom take(std::size_t at) noexcept {
    RawDatom datom = std::move(own_data()[at]);
    std::destroy_at(own_data() + at);
    return datom;
  }
  /// Moves some, within one run or to another; where they were there are none afterwards.
  static void relocate(Separators& from, std::size_t first, std::size_t count, Separators& to, std::size_t at) noexcept {
    if (count - 1 >= Capacity) return;  // none; said so that the compiler knows the most there can be
    std::memmove(to.heads_ + at, from.heads_ + first, count * sizeof(std::uint64_t));
    std::memmove(to.place(at), from.place(first), count * sizeof(RawDatom));
    to.counted_ = to.counted_ || from.counted_;
  }

 private:
  struct Block : Pooled<Block> {
    Block() noexcept {}  // NOLINT(modernize-use-equals-default): "= default" would have `new Block{}` clear all of it
    std::atomic<std::uint32_t> references{1};
    alignas(RawDatom) std::byte storage[Capacity * sizeof(RawDatom)];
  };

  [[nodiscard]] RawDatom* own_data() noexcept { return std::launder(reinterpret_cast<RawDatom*>(block_->storage)); }
  [[nodiscard]] std::byte* place(std::size_t at) noexcept { return block_->storage + at * sizeof(RawDatom); }

  Block* block_;
  bool counted_ = false;  // whether some value may have to be counted
  std::uint64_t heads_[Capacity];
};

}  // namespace cairn::detail
