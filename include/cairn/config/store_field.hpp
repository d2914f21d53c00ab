// Copyright the Cairn authors
// SPDX-License-Identifier: BSL-1.0
// Fields that are the Config of a backend: what a backend that is made of others has.
#pragma once

#include <cairn/config/backend_name.hpp>
#include <cairn/config/compound.hpp>
#include <cairn/config/jdbc.hpp>
#include <cairn/config/requirement.hpp>

#include <array>
#include <concepts>
#include <cstddef>
#include <optional>
#include <string>
#include <string_view>
#include <tuple>
#include <type_traits>
#include <utility>

namespace cairn::config::detail {

template <class Type>
struct StoreOf : std::type_identity<NoSpec> {};
template <class Backend, class Class, class Member>
struct StoreOf<StoreConstraint<Backend, Class, Member>> : std::type_identity<Backend> {};

template <class Spec, class Config, std::size_t Index, std::size_t Which = 0>
[[nodiscard]] consteval auto find_part() {
  using Constraints = std::remove_const_t<decltype(constraints_of<Spec, Config>)>;
  if constexpr (Which == std::tuple_size_v<Constraints>) {
    return std::type_identity<NoSpec>{};
  } else {
    using Found = StoreOf<std::tuple_element_t<Which, Constraints>>;
    if constexpr (!std::same_as<typename Found::type, NoSpec>) {
      if constexpr (constrained_field<Spec, Config, Which>() == Index) return std::type_identity<typename Found::type>{};
      else return find_part<Spec, Config, Index, Which + 1>();
    } else {
      return find_part<Spec, Config, Index, Which + 1>();
    }
  }
}

/// The backend whose Config the field at an index is, by `store_of`; `NoSpec` where it is none.
template <class Spec, class Config, std::size_t Index>
using PartOf = typename decltype(find_part<Spec, Config, Index>())::type;

/// Whether a text may name a backend: by its id, or, where it is a layer, by the layer's name alone.
template <Configurable Backend>
[[nodiscard]] constexpr bool answers_to(std::string_view named) noexcept {
  auto const id = canonical_backend_id(named);
  return id == Backend::backend_id || (!layer_name<Backend>.empty() && id == layer_name<Backend>);
}

template <Configurable Backend>
void check_backend(std::string_view named, Place const& place) {
  if (answers_to<Backend>(named)) return;
  std::string message = "must be :" + std::string{Backend::backend_id} + ", which is what this program opens here";
  if (is_showable(named)) message.append(", not :").append(named);
  place.report(Errc::config_mismatch, std::move(message));
}

template <class Spec>
struct FieldReader;

/// The keys of a store's map that no field has.
template <Configurable Backend>
bool read_other_key(std::string_view key, notation::Form value, Place const& place) {
  if (key == "backend") {
    Place const here = place.field(key);
    if (auto const named = value.is(notation::Kind::keyword)  ? std::optional<std::string>{value.name()}
                           : value.is(notation::Kind::string) ? std::optional<std::string>{value.string()}
                                                              : std::nullopt) {
      check_backend<Backend>(canonical_backend_id(*named), here);
    } else {
      here.report_type("the id of a backend: a keyword", value);
    }
    return true;
  }
  if (key != "id") return false;
  bool has_id = false;
  for (auto const name : meta::field_names<typename Backend::Config>) has_id = has_id || name == "id";
  if (has_id) return false;
  // Every store may have a name; one whose backend needs none keeps it nowhere.
  if (!read_name(value).has_value()) place.field(key).report_type("a name: a string, a keyword or a UUID", value);
  return true;
}

/// Reads the map of a store; of Datahike's `:jdbc`, what it means.
template <Configurable Backend>
void read_store(notation::Form form, typename Backend::Config& config, Place const& place,
                Origins<typename Backend::Config>* origins) {
  if (!answers_to<Backend>("jdbc") && is_jdbc(form)) {
    if (auto const meant = JdbcMap{form, place}.text()) {
      with_edn(*meant, "a map", place, [&](notation::Form map) { read_store<Backend>(map, config, place, origins); });
    }
    return;
  }
  static constexpr std::array<std::string_view, 2> also_known{"backend", "id"};
  read_fields<FieldReader<Backend>>(form, config, place, origins, also_known,
                                    [&](std::string_view key, notation::Form value) {
                                      return read_other_key<Backend>(key, value, place);
                                    });
}

/// Reads the fields of a backend's Config: those that are stores as such, the others by their types.
template <class Spec>
struct FieldReader {
  template <std::size_t Index, class Config>
  static void read(notation::Form form, Config& config, Place const& place) {
    using Part = PartOf<Spec, Config, Index>;
    if constexpr (std::same_as<Part, NoSpec>) {
      ByType::read<Index>(form, config, place);
    } else {
      read_store<Part>(form, meta::field<Index>(config), place, nullptr);
    }
  }
  template <std::size_t Index, class Config>
  static void read_text(std::string_view text, Config& config, Place const& place) {
    using Part = PartOf<Spec, Config, Index>;
    if constexpr (std::same_as<Part, NoSpec>) {
      ByType::read_text<Index>(text, config, place);
    } else {
      with_edn(text, "a map", place, [&](notation::Form form) { read<Index>(form, config, place); });
    }
  }
};

}  // namespace cairn::config::detail
