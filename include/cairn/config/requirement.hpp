// Copyright the Cairn authors
// SPDX-License-Identifier: BSL-1.0
// What a backend's config_spec says about each field.
#pragma once

#include <cairn/concepts/backend_requirements.hpp>
#include <cairn/config/compound.hpp>
#include <cairn/config/place.hpp>
#include <cairn/meta/field_names.hpp>

#include <concepts>
#include <cstddef>
#include <cstdint>
#include <filesystem>
#include <optional>
#include <string>
#include <string_view>
#include <tuple>
#include <type_traits>

namespace cairn::config {

/// A backend as far as its configuration goes.
template <class Backend>
concept Configurable = BackendHasId<Backend> && BackendConfigIsAggregate<Backend>;

/// Who decides whether a field may be left out.
enum class Requirement : std::uint8_t {
  by_initialiser,  ///< a path or string that is empty in `Config{}` may not, everything else may
  required,        ///< config_spec: it may not
  optional,        ///< config_spec: it may
};

/// What stands in for a backend where there is only a Config: a nested one, the options of a database.
struct NoSpec {};

namespace detail {

template <class Spec>
[[nodiscard]] constexpr auto spec_of() noexcept {
  if constexpr (BackendHasConfigSpec<Spec>) {
    return Spec::config_spec;
  } else {
    return std::tuple<>{};
  }
}

/// The constraints of a backend, and those that a Config has itself: a nested one has no other place for them.
template <class Spec, class Config>
inline constexpr auto constraints_of = std::tuple_cat(spec_of<Spec>(), spec_of<Config>());

/// The index of the field that a constraint is about; a function of its own, so that a wrong one is reported once.
template <class Spec, class Config, std::size_t Which>
[[nodiscard]] consteval std::size_t constrained_field() {
  constexpr std::size_t index = meta::field_index<Config>(std::get<Which>(constraints_of<Spec, Config>).member);
  static_assert(index < meta::field_count<Config>,
                "cairn::Config [spec]: a constraint of config_spec is not about a field of the Config that it belongs "
                "to; a struct inside has a `static constexpr auto config_spec` of its own");
  return index;
}

/// Calls `visit(constraint, index of its field)` for each constraint in order.
template <class Spec, class Config, class Visit>
constexpr void for_each_constraint(Visit&& visit) {
  meta::for_each_index<std::tuple_size_v<std::remove_const_t<decltype(constraints_of<Spec, Config>)>>>(
      [&]<std::size_t Which>(std::integral_constant<std::size_t, Which>) {
        constexpr std::size_t index = constrained_field<Spec, Config, Which>();
        if constexpr (index < meta::field_count<Config>) {
          visit(std::get<Which>(constraints_of<Spec, Config>), std::integral_constant<std::size_t, index>{});
        }
      });
}

template <class Type>
inline constexpr bool is_required_constraint = false;
template <class Class, class Member>
inline constexpr bool is_required_constraint<RequiredConstraint<Class, Member>> = true;
template <class Type>
inline constexpr bool is_optional_constraint = false;
template <class Class, class Member>
inline constexpr bool is_optional_constraint<OptionalConstraint<Class, Member>> = true;
/// Whether a constraint is a question to the field's value.
template <class Type>
inline constexpr bool is_about_value = !is_required_constraint<Type> && !is_optional_constraint<Type>;
template <class Backend, class Class, class Member>
inline constexpr bool is_about_value<StoreConstraint<Backend, Class, Member>> = false;
template <class Type>
inline constexpr bool is_non_empty_constraint = false;
template <class Class, class Member>
inline constexpr bool is_non_empty_constraint<NonEmptyConstraint<Class, Member>> = true;
template <class Type>
inline constexpr bool is_one_of_constraint = false;
template <class Class, class Member, std::size_t Count>
inline constexpr bool is_one_of_constraint<OneOfConstraint<Class, Member, Count>> = true;

/// Text and paths: what is empty may be missing.
template <class Type>
inline constexpr bool is_text = std::same_as<Type, std::string> || std::same_as<Type, std::filesystem::path>;

template <class Type>
struct Unwrapped {
  static constexpr Type const* get(Type const& value) noexcept { return &value; }
};
template <class Type>
struct Unwrapped<std::optional<Type>> {
  static constexpr Type const* get(std::optional<Type> const& value) noexcept {
    return value.has_value() ? &*value : nullptr;
  }
};

template <class Value>
[[nodiscard]] std::string bound_text(Value const& value) {
  if constexpr (std::same_as<Value, std::string_view>) {
    return edn_string(value);
  } else {
    return to_text(value);
  }
}

/// What a constraint asks, in words behind "must".
template <class Class, class Member>
[[nodiscard]] std::string words_of(RangeConstraint<Class, Member> const& constraint) {
  return "be from " + bound_text(constraint.lowest) + " to " + bound_text(constraint.highest);
}
template <class Class, class Member, std::size_t Count>
[[nodiscard]] std::string words_of(OneOfConstraint<Class, Member, Count> const& constraint) {
  std::string words = "be one of";
  for (auto const& value : constraint.allowed) words.append(" ").append(bound_text(value));
  return words;
}
template <class Class, class Member>
[[nodiscard]] std::string words_of(NonEmptyConstraint<Class, Member> const&) {
  return "not be empty";
}
template <class Class, class Member>
[[nodiscard]] std::string words_of(RequiredConstraint<Class, Member> const&) {
  return "be given";
}
template <class Class, class Member>
[[nodiscard]] std::string words_of(OptionalConstraint<Class, Member> const&) {
  return {};
}

template <class Class, class Member, class Value>
[[nodiscard]] bool holds(RangeConstraint<Class, Member> const& constraint, Value const& value) {
  return !(value < constraint.lowest) && !(constraint.highest < value);
}
template <class Class, class Member, std::size_t Count, class Value>
[[nodiscard]] bool holds(OneOfConstraint<Class, Member, Count> const& constraint, Value const& value) {
  for (auto const& allowed : constraint.allowed) {
    if (value == allowed) return true;
  }
  return false;
}
template <class Class, class Member, class Value>
[[nodiscard]] bool holds(NonEmptyConstraint<Class, Member> const&, Value const& value) {
  return !value.empty();
}

}  // namespace detail

/// What a spec says of the field at an index.
template <class Spec, class Config, std::size_t Index>
[[nodiscard]] consteval Requirement requirement_of() {
  Requirement found = Requirement::by_initialiser;
  detail::for_each_constraint<Spec, Config>(
      [&]<class Constraint, std::size_t Which>(Constraint const&, std::integral_constant<std::size_t, Which>) {
        if constexpr (Which == Index && detail::is_required_constraint<Constraint>) found = Requirement::required;
        if constexpr (Which == Index && detail::is_optional_constraint<Constraint>) found = Requirement::optional;
      });
  return found;
}

}  // namespace cairn::config
