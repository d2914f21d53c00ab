// Copyright the Cairn authors
// SPDX-License-Identifier: BSL-1.0
// What a configuration must be, so that its fields can be found by reflection.
#pragma once

#include <concepts>
#include <type_traits>

namespace cairn {

template <class Type>
concept ConfigIsClass = std::is_class_v<Type>;

template <class Type>
concept ConfigIsAggregate = std::is_aggregate_v<Type>;

template <class Type>
concept ConfigIsDefaultInitializable = std::default_initializable<Type> && requires { Type{}; };

template <class Type>
concept ConfigIsCopyable = std::copyable<Type>;

namespace detail {

/// Converts to the bases of a type and to nothing else.
template <class Type>
struct AnyBaseOf {
  template <class Base>
    requires(std::is_base_of_v<Base, Type> && !std::same_as<Base, Type>)
  operator Base() const;  // NOLINT(google-explicit-constructor): never called, only asked about
};

}  // namespace detail

/// The first initialiser of an aggregate with a base is the base's.
template <class Type>
concept ConfigHasNoBase = !requires { Type{detail::AnyBaseOf<Type>{}}; };

/// A configuration: a plain struct without constructors, bases or private members, of which a default one can be made
/// and copied. Its fields and their initialisers are its whole description; reading, defaulting and printing are
/// derived.
template <class Type>
concept ConfigAggregate = ConfigIsClass<Type> && ConfigIsAggregate<Type> && ConfigIsDefaultInitializable<Type> &&
                          ConfigIsCopyable<Type> && ConfigHasNoBase<Type>;

}  // namespace cairn
