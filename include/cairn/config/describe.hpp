// Copyright the Cairn authors
// SPDX-License-Identifier: BSL-1.0
// What a Config is, as data: for tables, help and completion.
#pragma once

#include <cairn/config/check.hpp>
#include <cairn/config/requirement.hpp>
#include <cairn/config/store_field.hpp>

#include <algorithm>
#include <concepts>
#include <cstddef>
#include <optional>
#include <string>
#include <type_traits>
#include <utility>
#include <vector>

namespace cairn::config {

/// One field of a configuration.
struct FieldSpec {
  std::string name;       ///< as a keyword, without a colon: `segment-size`
  std::string type;       ///< `string`, `path`, `integer`, `enum: durable|relaxed`, `vector of map`, ...
  bool required = false;  ///< there is no configuration without it
  std::optional<std::string> default_text;  ///< as EDN; nothing for a required one
  std::vector<std::string> constraints;     ///< in words behind "must": `be from 1 to 65535`
  std::vector<FieldSpec> fields;            ///< of a map, or of the maps of a vector

  friend bool operator==(FieldSpec const&, FieldSpec const&) = default;
};

namespace detail {

template <class Spec, class Config>
[[nodiscard]] std::vector<FieldSpec> describe_fields() {
  std::vector<FieldSpec> specs;
  Config const unset{};
  meta::for_each_index<meta::field_count<Config>>([&]<std::size_t Index>(std::integral_constant<std::size_t, Index>) {
    using Type = meta::FieldType<Config, Index>;
    auto const& value = meta::field<Index>(unset);
    FieldSpec spec;
    spec.name = meta::field_name<Config, Index>;
    spec.type = FieldCodec<Type>::type_words();
    constexpr auto requirement = requirement_of<Spec, Config, Index>();
    spec.required = requirement == Requirement::required;
    if constexpr (is_text<Type> && requirement == Requirement::by_initialiser) spec.required = value.empty();
    if (!spec.required) spec.default_text = to_text(value);
    for_each_constraint<Spec, Config>([&]<class Constraint, std::size_t Which>(
                                          Constraint const& constraint, std::integral_constant<std::size_t, Which>) {
      if constexpr (Which == Index && is_about_value<Constraint>) {
        spec.constraints.push_back(words_of(constraint));
      }
    });
    using Part = PartOf<Spec, Config, Index>;
    if constexpr (NestedConfig<typename Innermost<Type>::type>) {
      spec.fields = describe_fields<Part, typename Innermost<Type>::type>();
    }
    if constexpr (!std::same_as<Part, NoSpec>) {
      spec.type = "store :" + std::string{Part::backend_id};
      spec.required = std::ranges::any_of(spec.fields, &FieldSpec::required);
      if (spec.required) spec.default_text.reset();
    }
    specs.push_back(std::move(spec));
  });
  return specs;
}

}  // namespace detail

/// The fields of an aggregate, in order; out of the aggregate alone.
template <class Config>
[[nodiscard]] std::vector<FieldSpec> describe() {
  if constexpr (is_readable<Config>) {
    return detail::describe_fields<NoSpec, Config>();
  } else {
    return {};
  }
}

/// The fields of a backend's Config, with what its `config_spec` adds.
template <Configurable Backend>
[[nodiscard]] std::vector<FieldSpec> describe_backend() {
  if constexpr (is_readable<typename Backend::Config>) {
    return detail::describe_fields<Backend, typename Backend::Config>();
  } else {
    return {};
  }
}

}  // namespace cairn::config
