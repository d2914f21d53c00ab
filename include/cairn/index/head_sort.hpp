// Copyright the Cairn authors
// SPDX-License-Identifier: BSL-1.0
// Sorting datoms by their heads.
#pragma once

#include <cairn/datom/order.hpp>
#include <cairn/meta/lazy.hpp>

#include <algorithm>
#include <array>
#include <bit>
#include <cstddef>
#include <cstdint>
#include <utility>
#include <vector>

namespace cairn::detail {

/// A head, and whose it is.
struct HeadAt {
  std::uint64_t head;
  std::uint32_t at;
};

/// Sorts by head and keeps the order of equal ones: a radix sort from the lowest bit up, eight bits at a time, without those that all
/// have in common (heads of one import mostly differ in four or five times eight). Linear.
template <meta::Lazy = {}>
void sort_by_head(std::vector<HeadAt>& heads, std::vector<HeadAt>& room) {
  std::uint64_t unlike = 0;
  for (auto const& each : heads) unlike |= each.head ^ heads.front().head;
  room.resize(heads.size());
  while (unlike != 0) {
    auto const shift = static_cast<unsigned>(std::countr_zero(unlike));
    unlike &= ~(std::uint64_t{0xFF} << shift);
    std::array<std::uint32_t, 256> places{};
    for (auto const& each : heads) ++places[(each.head >> shift) & 0xFFU];
    std::uint32_t sum = 0;
    for (auto& place : places) sum += std::exchange(place, sum);
    for (auto const& each : heads) room[places[(each.head >> shift) & 0xFFU]++] = each;
    heads.swap(room);
  }
}

/// Sorts datoms, of which `datom_at(at)` gives one. Linear where heads tell them apart, or where those of equal heads are in order.
template <Order Sorted>
void sort_run(std::vector<HeadAt>& heads, auto const& datom_at) {
  std::vector<HeadAt> room;
  sort_by_head(heads, room);
  auto const before = [&](HeadAt const& left, HeadAt const& right) { return compare<Sorted>(datom_at(left.at), datom_at(right.at)) < 0; };
  for (auto first = heads.begin(); first != heads.end();) {
    auto const last = std::find_if(first + 1, heads.end(), [&](HeadAt const& each) { return each.head != first->head; });
    if (last - first > 1 && !std::is_sorted(first, last, before)) std::sort(first, last, before);
    first = last;
  }
}

}  // namespace cairn::detail
