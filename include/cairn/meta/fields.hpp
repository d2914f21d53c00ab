// Copyright the Cairn authors
// SPDX-License-Identifier: BSL-1.0
// The fields of an aggregate: how many, of which types, and references to them.
#pragma once

#include <boost/pfr/core.hpp>
#include <boost/pfr/tuple_size.hpp>

#include <cstddef>
#include <type_traits>
#include <utility>

namespace cairn::meta {

/// An aggregate whose fields can be found: a class, not an array, without bases.
template <class Type>
concept Reflectable = std::is_class_v<std::remove_cv_t<Type>> && std::is_aggregate_v<std::remove_cv_t<Type>>;

/// How many fields an aggregate has. Requires fields that are not arrays and not references.
template <Reflectable Aggregate>
inline constexpr std::size_t field_count = boost::pfr::tuple_size_v<std::remove_cv_t<Aggregate>>;

/// The type of a field.
template <Reflectable Aggregate, std::size_t Index>
using FieldType = boost::pfr::tuple_element_t<Index, std::remove_cv_t<Aggregate>>;

/// A reference to a field. O(1).
template <std::size_t Index, class Aggregate>
requires Reflectable<Aggregate>
[[nodiscard]] constexpr auto& field(Aggregate& object) noexcept { return boost::pfr::get<Index>(object); }

/// Calls `visit(std::integral_constant<std::size_t, i>{})` for i from 0 to `Count` - 1, in order.
template <std::size_t Count, class Visit>
constexpr void for_each_index(Visit&& visit) {
  [&]<std::size_t... Index>(std::index_sequence<Index...>) {
    (static_cast<void>(visit(std::integral_constant<std::size_t, Index>{})), ...);
  }
  (std::make_index_sequence<Count>{});
}

}  // namespace cairn::meta
