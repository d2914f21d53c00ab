// Copyright the Cairn authors
// SPDX-License-Identifier: BSL-1.0
// The names by which a backend chooses its default index.
#pragma once

#include <string_view>

namespace cairn {

/// The read-optimised index: a B+tree of immutable nodes (Datahike's `:datahike.index/persistent-set`).
struct persistent_set_tag {
  static constexpr std::string_view name = "persistent-set";
};

/// The write-optimised index: a B+tree with operation buffers in its inner nodes (`:datahike.index/hitchhiker-tree`).
struct hitchhiker_tree_tag {
  static constexpr std::string_view name = "hitchhiker-tree";
};

/// Whether a type names an index. Specialise it to `true` for the tag of an index of your own.
template <class Tag>
inline constexpr bool is_index_tag = false;
template <>
inline constexpr bool is_index_tag<persistent_set_tag> = true;
template <>
inline constexpr bool is_index_tag<hitchhiker_tree_tag> = true;

template <class Tag>
concept IndexTag = is_index_tag<Tag>;

}  // namespace cairn
