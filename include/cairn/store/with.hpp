// Copyright the Cairn authors
// SPDX-License-Identifier: BSL-1.0
// A backend with another index than its own.
#pragma once

#include <cairn/concepts/backend_requirements.hpp>

namespace cairn {

/// `Backend` with `Tag` as its index: a backend like any other, whose entry in a `BackendList` says which index its
/// stores have. `Store<With<Backend, Tag>>` is `Store<Backend, Tag>` in one type.
template <class Backend, class Tag>
struct With : Backend {
  using backend = Backend;
  using index_tag = Tag;
};

/// As the backend itself: it keeps its right to a reserved id.
template <class Backend, class Tag>
inline constexpr bool is_cairn_backend<With<Backend, Tag>> = is_cairn_backend<Backend>;

namespace detail {
template <class Entry>
struct ListEntry {
  using backend = Entry;
};
template <class Backend, class Tag>
struct ListEntry<With<Backend, Tag>> {
  using backend = Backend;
};
}  // namespace detail

/// The backend of an entry of a list, without its `With`.
template <class Entry>
using EntryBackend = typename detail::ListEntry<Entry>::backend;

/// The index of an entry of a list.
template <class Entry>
using EntryIndex = typename Entry::index_tag;

}  // namespace cairn
