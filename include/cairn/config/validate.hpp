// Copyright the Cairn authors
// SPDX-License-Identifier: BSL-1.0
// Whether a Config has what it must have, and whether that is in range.
#pragma once

#include <cairn/config/check.hpp>
#include <cairn/config/compound.hpp>
#include <cairn/config/nearest.hpp>
#include <cairn/config/problem.hpp>
#include <cairn/config/requirement.hpp>
#include <cairn/config/store_field.hpp>
#include <cairn/config/variable.hpp>

#include <concepts>
#include <cstddef>
#include <optional>
#include <string>
#include <string_view>
#include <type_traits>
#include <utility>
#include <vector>

namespace cairn::config {

namespace detail {

/// Whether a field that must be given has nothing in it.
template <class Type>
[[nodiscard]] bool lacks(Type const& value) {
  if constexpr (is_text<Type> || std::same_as<Type, Secret>) {
    return value.empty();
  } else if constexpr (requires { value.has_value(); }) {
    return !value.has_value();
  } else {
    return false;
  }
}

/// Whether a field is as its initialiser left it, as far as that can be asked.
template <class Type>
[[nodiscard]] bool is_same(Type const& left, Type const& right) {
  if constexpr (std::equality_comparable<Type>) {
    return left == right;
  } else {
    return true;
  }
}

/// Calls `visit(aggregate, place)` for the structs inside a field, which have fields of their own.
template <class Type, class Visit>
void visit_nested(Type const& value, Place const& place, Visit&& visit) {
  if constexpr (NestedConfig<Type>) visit(value, place);
}
template <class Type, class Visit>
void visit_nested(std::optional<Type> const& value, Place const& place, Visit&& visit) {
  if (value.has_value()) visit_nested(*value, place, visit);
}
template <class Type, class Visit>
void visit_nested(std::vector<Type> const& value, Place const& place, Visit&& visit) {
  if constexpr (!std::same_as<Type, bool>) {
    for (std::size_t i = 0; i != value.size(); ++i) visit_nested(value[i], place.element(i), visit);
  }
}

/// `origins` is null where the Config is final: then only what is empty can be missing.
template <class Spec, class Config>
void report_missing(Config const& config, Place const& place, Origins<Config> const* origins) {
  Config const unset{};
  meta::for_each_index<meta::field_count<Config>>([&]<std::size_t Index>(std::integral_constant<std::size_t, Index>) {
    using Type = meta::FieldType<Config, Index>;
    constexpr auto requirement = requirement_of<Spec, Config, Index>();
    Place const here = place.field(meta::field_name<Config, Index>, {});
    auto const& value = meta::field<Index>(config);
    bool missing = false;
    if constexpr (requirement == Requirement::required) {
      missing = lacks(value) ||
                (origins != nullptr && (*origins)[Index].empty() && is_same(value, meta::field<Index>(unset)));
    } else if constexpr (requirement == Requirement::by_initialiser && is_text<Type>) {
      missing = value.empty() && meta::field<Index>(unset).empty();
    }
    if (!missing) {
      return visit_nested(value, here, [](auto const& inner, Place const& there) {
        report_missing<PartOf<Spec, Config, Index>>(inner, there, nullptr);
      });
    }
    if (place.problems().concerns(here.path())) return;
    std::string message = "is missing: give it a " + FieldCodec<Type>::type_words();
    if (origins != nullptr) {
      message += ", here or in " + store_variable(variable_prefixes.front(), meta::field_name<Config, Index>);
    }
    here.report(Errc::config_missing, std::move(message));
  });
}

/// What a constraint does not allow, in words. A text is not repeated: it may be a secret in the wrong place.
template <class Constraint, class Value>
[[nodiscard]] std::string refusal_of(Constraint const& constraint, Value const& value) {
  std::string message = "must " + words_of(constraint);
  if constexpr (is_one_of_constraint<Constraint> && is_text<Value>) {
    if (auto const near = nearest(value, constraint.allowed); !near.empty())
      message.append("; did you mean ").append(edn_string(near)).append("?");
  } else if constexpr (!is_non_empty_constraint<Constraint> && !is_text<Value>) {
    message.append(", and is ").append(to_text(value));
  }
  return message;
}

/// Reports the fields that a constraint does not allow; those that are known to be wrong are left alone. Where
/// `origins` is null, all fields came from where the place did.
template <class Spec, class Config>
void report_constraints(Config const& config, Place const& place, Origins<Config> const* origins) {
  auto const place_of = [&]<std::size_t Index>(std::integral_constant<std::size_t, Index>) {
    return place.field(meta::field_name<Config, Index>,
                       origins == nullptr ? place.source() : std::string_view{(*origins)[Index]});
  };
  for_each_constraint<Spec, Config>([&]<class Constraint, std::size_t Index>(
                                        Constraint const& constraint,
                                        std::integral_constant<std::size_t, Index> index) {
    if constexpr (is_about_value<Constraint>) {
      auto const* value = Unwrapped<meta::FieldType<Config, Index>>::get(meta::field<Index>(config));
      Place const here = place_of(index);
      if (value == nullptr || holds(constraint, *value) || place.problems().concerns(here.path())) return;
      here.report(Errc::config_range, refusal_of(constraint, *value));
    }
  });
  meta::for_each_index<meta::field_count<Config>>([&]<std::size_t Index>(std::integral_constant<std::size_t, Index> index) {
    visit_nested(meta::field<Index>(config), place_of(index), [](auto const& inner, Place const& there) {
      report_constraints<PartOf<Spec, Config, Index>>(inner, there, nullptr);
    });
  });
}

}  // namespace detail

/// Asks whether an aggregate that was written in C++, and is therefore final, can be used. `Spec` has a `config_spec`
/// about it, or is `NoSpec`; `subject` is what it is called in an error: `the database`. Errors: `config/missing` for
/// required fields that are empty, `config/range` for what `config_spec` does not allow; all in one.
template <class Spec, class Config>
void validate_aggregate(Config const& config, std::string_view subject) {
  if constexpr (is_readable<Config>) {
    Problems problems;
    Place const whole{problems, {}};
    detail::report_missing<Spec, Config>(config, whole, nullptr);
    detail::report_constraints<Spec, Config>(config, whole, nullptr);
    problems.raise_if_any(subject);
  }
}

/// What a store's configuration is called in an error.
template <Configurable Backend>
[[nodiscard]] std::string subject_of() {
  return "the store :" + std::string{Backend::backend_id};
}

/// Asks whether a backend's Config that was written in C++ can be used. Errors: as `validate_aggregate`.
template <Configurable Backend>
void validate_config(typename Backend::Config const& config) {
  validate_aggregate<Backend>(config, subject_of<Backend>());
}

/// A Config as an EDN map, secrets as `"****"`: for statistics and errors.
template <class Config>
[[nodiscard]] std::string to_edn(Config const& config) {
  if constexpr (is_readable<Config>) {
    return to_text(config);
  } else {
    return {};
  }
}

}  // namespace cairn::config
