// Copyright the Cairn authors
// SPDX-License-Identifier: BSL-1.0
// How datoms that stand whole beside a column of their heads are looked at, whoever keeps them.
#pragma once

#include <cairn/index/datom_view.hpp>
#include <cairn/index/head.hpp>
#include <cairn/index/search.hpp>

#include <cstddef>
#include <cstdint>

namespace cairn::detail {

/// A base of `Self`, which has `data()`, the datoms, and `heads()`, their heads. It has nothing of its own, so that nodes stay as they are laid out.
template <class Self>
class RowAccess {
 public:
  [[nodiscard]] RawDatom const& operator[](std::size_t at) const noexcept { return self().data()[at]; }
  [[nodiscard]] std::uint64_t head(std::size_t at) const noexcept { return self().heads()[at]; }
  [[nodiscard]] bool has_head(std::size_t at, std::uint64_t head) const noexcept { return self().heads()[at] == head; }

  template <Order Sorted>
  [[nodiscard]] DatomView view(std::size_t at) const noexcept {
    auto const& row = self().data()[at];
    return {row.e, row.a, row.added, row.tx, row.v.kind(), ValueParts::word(row.v)};
  }
  template <Order Sorted>
  void look(std::size_t at, DatomSlot& slot) const noexcept {
    auto const& row = self().data()[at];
    slot.set(row.e, row.a, row.added, row.tx, row.v.kind(), ValueParts::word(row.v));
  }

  /// Of the first `count`, those before `key` (a datom or a position).
  template <Order Sorted, class Key>
  [[nodiscard]] Found find(std::size_t count, Key const& key, HeadBounds bounds) const noexcept {
    return search(self().heads(), count, bounds.low, bounds.high,
                  [&](std::size_t at) { return compare<Sorted>(self().data()[at], key); });
  }

  /// The same where those before `first` are before the datom.
  template <Order Sorted>
  [[nodiscard]] Found find_from(std::size_t first, std::size_t count, RawDatom const& datom, std::uint64_t head) const noexcept {
    return search_from(self().heads(), first, count, head, [&](std::size_t at) { return compare<Sorted>(self().data()[at], datom); });
  }

 private:
  [[nodiscard]] Self const& self() const noexcept { return static_cast<Self const&>(*this); }
};

}  // namespace cairn::detail
