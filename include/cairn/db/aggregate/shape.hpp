// Copyright the Cairn authors
// SPDX-License-Identifier: BSL-1.0
// Which types transaction data takes for entities, by their shape alone.
#pragma once

#include <concepts>
#include <ranges>
#include <type_traits>

namespace cairn {

struct EntityMap;
struct LookupRef;
struct MapEntry;
struct TxOp;
class TxData;

namespace detail {

/// Structs that transaction data is itself made of.
template <class Type>
inline constexpr bool is_transaction_word =
    std::same_as<Type, EntityMap> || std::same_as<Type, LookupRef> || std::same_as<Type, MapEntry> ||
    std::same_as<Type, TxOp> || std::same_as<Type, TxData>;

}  // namespace detail

/// A struct that may stand for an entity: `conn.transact(Person{"Ivan", 42})`. Whether its fields can be attributes is
/// asked where it is used, so that the compiler says in words which one cannot.
template <class Type>
concept EntityAggregate = std::is_class_v<Type> && std::is_aggregate_v<Type> && !std::ranges::range<Type> &&
                          !detail::is_transaction_word<Type>;

/// Several of them: a vector, a span, a view.
template <class Range>
concept EntityAggregates =
    std::ranges::input_range<Range const> && EntityAggregate<std::ranges::range_value_t<Range const>>;

/// What one transaction can be put together from.
template <class Type>
concept TransactionPart =
    EntityAggregate<Type> || EntityAggregates<Type> || std::same_as<Type, TxOp> || std::same_as<Type, TxData>;

}  // namespace cairn
