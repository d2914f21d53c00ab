// Copyright the Cairn authors
// SPDX-License-Identifier: BSL-1.0
// The constraints that a backend may put on the fields of its Config, by member pointer.
#pragma once

#include <array>
#include <concepts>
#include <cstddef>
#include <optional>
#include <string>
#include <string_view>
#include <tuple>
#include <type_traits>

namespace cairn {

namespace detail {

template <class Member>
struct ConstrainedValue {
  using type = Member;
};
template <class Member>
struct ConstrainedValue<std::optional<Member>> : ConstrainedValue<Member> {};
template <>
struct ConstrainedValue<std::string> {
  using type = std::string_view;
};

/// Not constexpr: a consteval function that reaches it does not compile, and the name is in the error.
inline void the_lowest_of_a_range_is_above_its_highest() {}
inline void a_bound_or_a_choice_does_not_fit_into_its_field() {}

/// A number that counts, for the comparisons of the standard library.
template <class Type>
concept Counts = std::integral<Type> && !std::same_as<Type, bool>;

/// A value of a constraint as its field holds it. A conversion would turn 70000 into some other port.
template <class Field, class Value>
[[nodiscard]] consteval Field fitted(Value value) {
  if constexpr (Counts<Field> && Counts<Value>) {
    auto const kept = static_cast<Field>(value);
    if (static_cast<Value>(kept) != value || (kept < Field{}) != (value < Value{}))
      a_bound_or_a_choice_does_not_fit_into_its_field();
  }
  return static_cast<Field>(value);
}

}  // namespace detail

/// What a constraint on a field is written in: the field's own type, a view where that is a string, what may be inside
/// where that is an optional.
template <class Member>
using ConstrainedValueOf = typename detail::ConstrainedValue<Member>::type;

/// The field lies between two values, both included. An optional field that is absent does.
template <class Class, class Member>
struct RangeConstraint {
  Member Class::* member;
  ConstrainedValueOf<Member> lowest;
  ConstrainedValueOf<Member> highest;
};

/// The field is one of some values.
template <class Class, class Member, std::size_t Count>
struct OneOfConstraint {
  Member Class::* member;
  std::array<ConstrainedValueOf<Member>, Count> allowed;
};

/// The field is not empty: a string, a path, a secret, a container.
template <class Class, class Member>
struct NonEmptyConstraint {
  Member Class::* member;
};

/// The field must be given, whatever its initialiser is.
template <class Class, class Member>
struct RequiredConstraint {
  Member Class::* member;
};

/// The field may be left out, even where it is a path or a string that is empty in `Config{}`.
template <class Class, class Member>
struct OptionalConstraint {
  Member Class::* member;
};

/// The field is the Config of another backend, of which this one is made.
template <class Backend, class Class, class Member>
struct StoreConstraint {
  Member Class::* member;
};

template <class Class, class Member,
          std::convertible_to<ConstrainedValueOf<Member>> Lowest = ConstrainedValueOf<Member>,
          std::convertible_to<ConstrainedValueOf<Member>> Highest = ConstrainedValueOf<Member>>
[[nodiscard]] consteval RangeConstraint<Class, Member> range(Member Class::* member, Lowest lowest, Highest highest) {
  auto const first = detail::fitted<ConstrainedValueOf<Member>>(lowest);
  auto const last = detail::fitted<ConstrainedValueOf<Member>>(highest);
  if (last < first) detail::the_lowest_of_a_range_is_above_its_highest();
  return {member, first, last};
}

template <class Class, class Member, std::convertible_to<ConstrainedValueOf<Member>>... Values>
  requires(sizeof...(Values) > 0)
[[nodiscard]] consteval OneOfConstraint<Class, Member, sizeof...(Values)> one_of(Member Class::* member,
                                                                                 Values... values) {
  return {member, {detail::fitted<ConstrainedValueOf<Member>>(values)...}};
}

template <class Class, class Member>
  requires requires(ConstrainedValueOf<Member> const& value) {
    { value.empty() } -> std::same_as<bool>;
  }
[[nodiscard]] consteval NonEmptyConstraint<Class, Member> non_empty(Member Class::* member) {
  return {member};
}

template <class Class, class Member>
[[nodiscard]] consteval RequiredConstraint<Class, Member> required(Member Class::* member) {
  return {member};
}

template <class Class, class Member>
[[nodiscard]] consteval OptionalConstraint<Class, Member> optional(Member Class::* member) {
  return {member};
}

/// `cairn::store_of<Inner>(&Config::store)`: the field is read, defaulted, checked and described as a store of `Inner` is, so it may name its
/// `:backend` and has an `:id`.
template <class Backend, class Class, class Member>
  requires std::same_as<Member, typename Backend::Config>
[[nodiscard]] consteval StoreConstraint<Backend, Class, Member> store_of(Member Class::* member) {
  return {member};
}

template <class Type>
concept ConfigConstraint = std::is_aggregate_v<Type> && std::is_member_object_pointer_v<decltype(Type::member)>;

/// `static constexpr auto config_spec = cairn::config_spec(cairn::range(&Config::port, 1, 65535), ...)`: a tuple, in
/// the order in which faults are to be reported.
template <ConfigConstraint... Constraints>
[[nodiscard]] consteval std::tuple<Constraints...> config_spec(Constraints... constraints) {
  return {constraints...};
}

namespace detail {
template <class Type>
inline constexpr bool is_config_spec = false;
template <ConfigConstraint... Constraints>
inline constexpr bool is_config_spec<std::tuple<Constraints...>> = true;
}  // namespace detail

/// The type of a `config_spec`.
template <class Type>
concept ConfigSpec = detail::is_config_spec<std::remove_cv_t<Type>>;

}  // namespace cairn
