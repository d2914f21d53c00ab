// Copyright the Cairn authors
// SPDX-License-Identifier: BSL-1.0
// Says, in words, which fields of a Config cannot be read.
#pragma once

#include <cairn/concepts/backend_requirements.hpp>
#include <cairn/concepts/config_aggregate.hpp>
#include <cairn/config/compound.hpp>
#include <cairn/meta/enum_names.hpp>
#include <cairn/meta/field_names.hpp>
#include <cairn/meta/fixed_string.hpp>

#include <concepts>
#include <cstddef>
#include <optional>
#include <utility>
#include <vector>

namespace cairn::config {

/// The most fields that an aggregate of a configuration may have.
inline constexpr std::size_t max_fields = 64;

namespace detail {

/// The name of a field as a template argument: compilers print it with the message.
template <class Config, std::size_t Index>
inline constexpr auto field_label =
    meta::fixed_string<meta::field_name<Config, Index>.size() + 1>{meta::field_name<Config, Index>};

/// The type that a field's is made of in the end.
template <class Type>
struct Innermost {
  using type = Type;
};
template <class Type>
struct Innermost<std::optional<Type>> : Innermost<Type> {};
template <class Type, class Allocator>
struct Innermost<std::vector<Type, Allocator>> : Innermost<Type> {};

/// `Above` are the structs that the Config is inside of.
template <class Config, class... Above>
consteval bool check_fields();

template <class Config, meta::fixed_string Field, class Type, class... Above>
consteval bool check_field() {
  using Inner = typename Innermost<Type>::type;
  static_assert(
      ConfigField<Inner>,
      "cairn::Config [field]: no configuration can be read into a field of this type (its name and type are in the "
      "lines "
      "around this one); fields are bool, integers, float, double, std::string, std::filesystem::path, enums, "
      "durations, "
      "ByteSize, Secret, EdnText, Keyword, structs of these, std::vector and std::optional of these; for another type "
      "specialise cairn::config::FieldCodec");
  if constexpr (meta::ReflectableEnum<Inner>) {
    constexpr bool has_enumerators = !meta::enumerators<Inner>.empty();
    static_assert(has_enumerators, "cairn::Config [field]: the enumeration has no enumerator from 0 to 15");
  }
  constexpr bool is_taken = Field.view() == "backend" || Field.view() == "config";
  static_assert(
      !is_taken,
      "cairn::Config [name]: a field may not be called backend or config: :backend names the backend itself, and "
      "CAIRN_STORE_CONFIG is a whole configuration");
  constexpr bool is_inside_itself = std::same_as<Inner, Config> || (std::same_as<Inner, Above> || ...);
  static_assert(!is_inside_itself,
                "cairn::Config [field]: a struct has vectors or optionals of itself inside, so its description would "
                "have no end; hand it on as an EdnText");
  if constexpr (ConfigField<Inner> && NestedConfig<Inner> && !is_inside_itself) {
    return check_fields<Inner, Config, Above...>() && !is_taken;
  } else {
    return ConfigField<Inner> && !is_taken && !is_inside_itself;
  }
}

template <class Config>
[[nodiscard]] consteval bool field_names_are_distinct() {
  auto const& names = meta::field_names<Config>;
  for (std::size_t left = 0; left < names.size(); ++left) {
    for (std::size_t right = left + 1; right < names.size(); ++right) {
      if (names[left] == names[right]) return false;
    }
  }
  return true;
}

/// Asserts, and returns whether all is well.
template <class Config, class... Above>
consteval bool check_fields() {
  constexpr bool is_small = meta::field_count<Config> <= max_fields;
  static_assert(is_small,
                "cairn::Config [count]: a struct of a configuration has at most 64 fields; put those that belong "
                "together into one");
  if constexpr (is_small) {
    constexpr bool are_distinct = field_names_are_distinct<Config>();
    static_assert(
        are_distinct,
        "cairn::Config [name]: two fields have the same name as keywords: a `_` at the end is not a part of it");
    constexpr bool spec_fits = BackendHasConfigSpecOrLeavesIt<Config>;
    static_assert(spec_fits,
                  "cairn::Config [spec]: config_spec is there, but is no specification; write `static constexpr auto "
                  "config_spec = cairn::config_spec(cairn::range(&Part::size, 1, 9));` with your constraints");
    return []<std::size_t... Index>(std::index_sequence<Index...>) {
      // Not `&&`, which would leave out the messages behind the first.
      using meta::FieldType;
      return (std::size_t{0} + ... +
              std::size_t{check_field<Config, field_label<Config, Index>, FieldType<Config, Index>, Above...>()}) ==
             sizeof...(Index);
    }
    (std::make_index_sequence<meta::field_count<Config>>{}) && are_distinct && spec_fits;
  } else {
    return false;
  }
}

template <class Config>
consteval bool check_readable() {
  static_assert(
      ConfigAggregate<Config>,
      "cairn::Config [aggregate]: a configuration is a plain struct: no constructors, bases, or private members");
  if constexpr (ConfigAggregate<Config>) {
    return check_fields<Config>();
  } else {
    return false;
  }
}

}  // namespace detail

/// Whether a Config can be read. What cannot is asserted, in words, where this is first asked.
template <class Config>
inline constexpr bool is_readable = detail::check_readable<Config>();

/// Asserts that each field of a Config, nested ones included, has a type and a name that can be read. Everything that
/// reads a configuration asks it; a backend may say it itself: `static_assert(cairn::config::check_config<Config>());`.
template <class Config>
consteval bool check_config() {
  return is_readable<Config> || true;  // after a failed assertion a second one at the call would add lines and no news
}

}  // namespace cairn::config
