// Copyright the Cairn authors
// SPDX-License-Identifier: BSL-1.0
// From an index tag to the index.
#pragma once

#include <cairn/concepts/index_tag.hpp>
#include <cairn/index/hitchhiker_shape.hpp>
#include <cairn/index/persistent_set_class.hpp>

#include <concepts>
#include <type_traits>

namespace cairn {

/// The persistent set as a policy: one index a sort order.
struct PersistentSetPolicy {
  template <Order Sorted>
  using Index = PersistentSet<Sorted>;
};

/// The hitchhiker tree, the same way.
struct HitchhikerTreePolicy {
  template <Order Sorted>
  using Index = HitchhikerTree<Sorted>;
};

/// The policy that a tag names. Specialise it, with a member `type`, for a tag of your own.
template <class Tag>
struct IndexFor {
  static_assert(std::same_as<Tag, persistent_set_tag>,
                "cairn::Store [index]: this type is not an index tag; use persistent_set_tag or hitchhiker_tree_tag, or specialise "
                "cairn::IndexFor for it");
  using type = PersistentSetPolicy;  // so that nothing else is reported
};
template <>
struct IndexFor<persistent_set_tag> {
  using type = PersistentSetPolicy;
};
template <>
struct IndexFor<hitchhiker_tree_tag> {
  using type = HitchhikerTreePolicy;
};

template <class Tag>
using index_for = typename IndexFor<Tag>::type;

namespace detail {

struct AnyIndex;

/// Whether this unit can compile what is behind a tag, or the library that it links has it.
template <class Tag>
inline constexpr bool has_engine =
#ifdef CAIRN_ENGINE
    std::same_as<Tag, persistent_set_tag> || requires { sizeof(std::conditional_t<std::is_void_v<Tag>, Tag, AnyIndex>); };
#else
    true;
#endif

}  // namespace detail

}  // namespace cairn

#ifndef CAIRN_ENGINE
#include <cairn/index/persistent_set.hpp>
#endif
