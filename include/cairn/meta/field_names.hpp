// Copyright the Cairn authors
// SPDX-License-Identifier: BSL-1.0
// The names of an aggregate's fields, out of the aggregate alone.
#pragma once

#include <cairn/meta/fields.hpp>
#include <cairn/meta/spelling.hpp>

#include <array>
#include <concepts>
#include <cstddef>
#include <memory>
#include <string_view>
#include <type_traits>
#include <utility>

#if defined(__clang__)
#pragma clang diagnostic push
#pragma clang diagnostic ignored "-Wundefined-var-template"  // `nowhere` is declared and never defined, on purpose
#pragma clang diagnostic ignored "-Wundefined-internal"
#endif

namespace cairn::meta {

namespace detail {

/// An object that is declared and never defined: only places in it are talked about, so its type needs no constructor.
/// It is wrapped because a variable template of a type without linkage could not be declared by itself.
template <class Aggregate>
struct Nowhere {
  Aggregate object;
};
template <class Aggregate>
extern Nowhere<Aggregate> const nowhere;

/// A place as a template argument: compilers spell the path to it, which ends in the field's name.
template <class Pointer>
struct Place {
  Pointer pointer;
};

template <class Aggregate, std::size_t Index>
[[nodiscard]] consteval std::string_view find_field_name() noexcept {
  auto constexpr found = last_identifier(spelling_of<Place<FieldType<Aggregate, Index> const*>{
                                             std::addressof(field<Index>(nowhere<Aggregate>.object))}>());
  static_assert(!found.empty(),
                "cairn::meta [field]: this compiler does not spell the names of fields as g++ and clang do");
  return without_trailing_underscore(found);
}

template <class Aggregate, std::size_t Index>
inline constexpr auto field_name_text =
    kebab_case<find_field_name<Aggregate, Index>().size()>(find_field_name<Aggregate, Index>());

template <class Aggregate, std::size_t Index, class Class, class Member>
[[nodiscard]] constexpr bool is_field(Member Class::*member) noexcept {
  if constexpr (std::same_as<Aggregate, Class> && std::same_as<FieldType<Aggregate, Index>, Member>) {
    return std::addressof(nowhere<Aggregate>.object.*member) == std::addressof(field<Index>(nowhere<Aggregate>.object));
  } else {
    return false;
  }
}

}  // namespace detail

/// The name of a field as a keyword writes it, without a colon: `segment-size` for `segment_size`.
template <Reflectable Aggregate, std::size_t Index>
inline constexpr std::string_view field_name = detail::field_name_text<std::remove_cv_t<Aggregate>, Index>.view();

/// The names of all fields, in order.
template <Reflectable Aggregate>
inline constexpr auto field_names = []<std::size_t... Index>(std::index_sequence<Index...>) {
  return std::array<std::string_view, sizeof...(Index)>{field_name<Aggregate, Index>...};
}
(std::make_index_sequence<field_count<Aggregate>>{});

/// The index of the field that a member pointer points to; `field_count` where it is none of them. Linear in the
/// fields.
template <Reflectable Aggregate, class Class, class Member>
[[nodiscard]] consteval std::size_t field_index(Member Class::*member) noexcept {
  return [&]<std::size_t... Index>(std::index_sequence<Index...>) {
    std::size_t found = sizeof...(Index);
    static_cast<void>(((detail::is_field<Aggregate, Index>(member) && (found = Index, true)) || ...));
    return found;
  }
  (std::make_index_sequence<field_count<Aggregate>>{});
}

/// Calls `visit(name, member)` for each field in order, the name as `field_name` has it.
template <class Aggregate, class Visit>
requires Reflectable<Aggregate>
constexpr void for_each_field(Aggregate& object, Visit&& visit) {
  for_each_index<field_count<Aggregate>>([&]<std::size_t Index>(std::integral_constant<std::size_t, Index>) {
    visit(field_name<Aggregate, Index>, field<Index>(object));
  });
}

}  // namespace cairn::meta

#if defined(__clang__)
#pragma clang diagnostic pop
#endif
