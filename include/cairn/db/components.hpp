// Copyright the Cairn authors
// SPDX-License-Identifier: BSL-1.0
// The parts of a datom that a look into an index begins with.
#pragma once

#include <cairn/datom/order.hpp>
#include <cairn/db/entity_ref.hpp>

#include <concepts>
#include <cstddef>
#include <optional>
#include <type_traits>
#include <utility>
#include <variant>

namespace cairn {

/// A value to look for; under a reference attribute also the ident or a lookup ref of the entity referred to.
class ValueRef {
 public:
  template <class T>
  requires(std::convertible_to<T, Value> && !std::same_as<std::remove_cvref_t<T>, ValueRef>) ValueRef(T&& value)
      : which_{Value{std::forward<T>(value)}} {}       // NOLINT(google-explicit-constructor)
  ValueRef(LookupRef ref) : which_{std::move(ref)} {}  // NOLINT(google-explicit-constructor)

  [[nodiscard]] std::variant<Value, LookupRef> const& which() const noexcept { return which_; }

 private:
  std::variant<Value, LookupRef> which_;
};

/// The components of a look into an index. Those that are given must be the first ones in the index's order.
struct Components {
  std::optional<EntityRef> e{};
  std::optional<AttributeName> a{};
  std::optional<ValueRef> v{};
  std::optional<EntityId> tx{};
};

namespace detail {

template <class... Args>
inline constexpr bool are_components = !(std::same_as<std::remove_cvref_t<Args>, Components> || ...);

/// From arguments in the index's order.
template <Order Sorted, class... Args>
Components components_of(Args&&... args) {
  static_assert(sizeof...(Args) <= 4, "cairn::Db::datoms: an index has four components: e, a, v and the transaction");
  Components result;
  auto const put = [&result]<std::size_t Place, class Arg>(std::integral_constant<std::size_t, Place>, Arg&& arg) {
    constexpr std::size_t entity = Sorted == Order::eavt ? 0 : Sorted == Order::aevt ? 1 : 2;
    constexpr std::size_t attribute = Sorted == Order::eavt ? 1 : 0;
    if constexpr (Place == 3) {
      result.tx = static_cast<EntityId>(arg);
    } else if constexpr (Place == entity) {
      result.e = EntityRef{std::forward<Arg>(arg)};
    } else if constexpr (Place == attribute) {
      result.a = AttributeName{std::forward<Arg>(arg)};
    } else {
      result.v = ValueRef{std::forward<Arg>(arg)};
    }
  };
  [&]<std::size_t... Places>(std::index_sequence<Places...>) {
    (put(std::integral_constant<std::size_t, Places>{}, std::forward<Args>(args)), ...);
  }
  (std::index_sequence_for<Args...>{});
  return result;
}

}  // namespace detail

}  // namespace cairn
