// Copyright the Cairn authors
// SPDX-License-Identifier: BSL-1.0
// Aggregates as transaction data.
#pragma once

#include <cairn/db/aggregate/check.hpp>
#include <cairn/db/edn_conversion.hpp>
#include <cairn/db/tx_data.hpp>
#include <cairn/error/error.hpp>

#include <concepts>
#include <cstddef>
#include <optional>
#include <ranges>
#include <type_traits>
#include <utility>
#include <vector>

namespace cairn {

namespace detail {

template <class Aggregate>
EntityMap entity_of(Aggregate const& aggregate, int depth);

template <class Target>
TxValue write_reference(Ref<Target> const& ref, Keyword attribute, int depth) {
  if constexpr (!std::is_void_v<Target>) {
    if (auto const* target = ref.in_place()) return entity_of(*target, depth + 1);
  }
  auto const& written = ref.written();
  if (written.is_nil()) {
    raise(Errc::transact_syntax,
          "The reference " + to_text(attribute) +
              " refers to nothing. Give it an entity, or make the field std::optional<Ref<...>> and leave it out.",
          "{:attribute " + to_text(attribute) + "}");
  }
  if (!written.is(ValueKind::tuple)) return written;
  return LookupRef{written.as_tuple()[0].as_keyword(), written.as_tuple()[1]};
}

template <class Element>
TxValue write_element(Element const& element, Keyword attribute, int depth) {
  if constexpr (ElementValue<Element>::unique != Uniqueness::none) {
    return write_element(element.value, attribute, depth);
  } else if constexpr (CodedValue<Element>) {
    return Value{ValueCodec<Element>::write(element)};
  } else if constexpr (is_ref<Element>) {
    return write_reference(element, attribute, depth);
  } else {
    return entity_of(element, depth + 1);
  }
}

/// The value of a field; nothing where there is none to be said.
template <class Field>
std::optional<TxValue> write_field(Field const& field, Keyword attribute, int depth) {
  if constexpr (FieldElement<Field>::holds == Holds::one) {
    return write_element(field, attribute, depth);
  } else if constexpr (FieldElement<Field>::holds == Holds::one_or_none) {
    if (!field) return std::nullopt;
    return write_element(*field, attribute, depth);
  } else {
    if (field.empty()) return std::nullopt;
    std::vector<TxValue> elements;
    elements.reserve(field.size());
    for (ElementOf<Field> const& element : field) elements.push_back(write_element(element, attribute, depth));
    return TxValue::set(std::move(elements));  // a list of two could be read as a lookup ref
  }
}

template <class Aggregate>
EntityMap entity_of(Aggregate const& aggregate, int depth) {
  if (depth == deepest_aggregate) {
    raise(Errc::transact_syntax,
          "Structs are nested too deep; transact the inner ones by themselves, and refer to them by Ref.", "{}");
  }
  EntityMap map;
  if constexpr (is_schema_valid<ClosureOf<Aggregate>>) {
    map.attributes.reserve(meta::field_count<Aggregate>);
    meta::for_each_index<meta::field_count<Aggregate>>(
        [&]<std::size_t Index>(std::integral_constant<std::size_t, Index>) {
          auto const attribute = attribute_keyword<Aggregate, Index>();
          auto value = write_field(meta::field<Index>(aggregate), attribute, depth);
          if (value) map.attributes.emplace_back(attribute, *std::move(value));
        });
  }
  return map;
}

/// The structs that a part of a transaction brings along.
template <class Part>
struct StructsOf {
  using type = TypeList<>;
};
template <EntityAggregate Part>
struct StructsOf<Part> {
  using type = TypeList<Part>;
};
template <EntityAggregates Part>
struct StructsOf<Part> {
  using type = TypeList<std::ranges::range_value_t<Part const>>;
};

template <class... Structs>
consteval bool check_together(TypeList<Structs...>) {
  return is_schema_valid<ClosureOf<Structs...>>;
}

template <class Part>
void append(TxData& data, Part const& part) {
  if constexpr (std::same_as<Part, TxOp>) {
    data.operations.push_back(part);
  } else if constexpr (std::same_as<Part, TxData>) {
    data.operations.insert(data.operations.end(), part.operations.begin(), part.operations.end());
    data.meta.insert(data.meta.end(), part.meta.begin(), part.meta.end());
  } else if constexpr (EntityAggregate<Part>) {
    data.operations.push_back(entity_map(entity_of(part, 0)));
  } else {
    if constexpr (std::ranges::sized_range<Part const>) {
      data.operations.reserve(data.operations.size() + static_cast<std::size_t>(std::ranges::size(part)));
    }
    for (auto const& one : part) append(data, one);
  }
}

}  // namespace detail

template <class Part>
requires(EntityAggregate<Part> || EntityAggregates<Part>) TxData::TxData(Part const& part) {
  detail::append(*this, part);
}

template <TransactionPart First, TransactionPart Second, TransactionPart... More>
TxData::TxData(First const& first, Second const& second, More const&... more) {
  if constexpr (detail::check_together(typename detail::Joined<typename detail::StructsOf<First>::type,
                                                               typename detail::StructsOf<Second>::type,
                                                               typename detail::StructsOf<More>::type...>::type{})) {
    detail::append(*this, first);
    detail::append(*this, second);
    (detail::append(*this, more), ...);
  }
}

/// A struct as an entity map: `add(e, ":address", entity(Address{"Berlin"}))`. What is absent is not said of it.
template <EntityAggregate Aggregate>
[[nodiscard]] EntityMap entity(Aggregate const& aggregate) {
  return detail::entity_of(aggregate, 0);
}
/// The same of a certain entity: its number, a temporary id (a string, a negative number), an ident or a lookup ref.
template <EntityAggregate Aggregate>
[[nodiscard]] EntityMap entity(TxValue id, Aggregate const& aggregate) {
  auto map = detail::entity_of(aggregate, 0);
  map.id = std::move(id);
  return map;
}

/// A struct as an operation, which says what it holds: `conn.transact(entity_map("acme", Company{"Acme"}))`. It adds to
/// what the entity has: absent fields and other values of many stay as they are. `replace` is for making the entity
/// what the struct is.
template <EntityAggregate Aggregate>
[[nodiscard]] TxOp entity_map(Aggregate const& aggregate) {
  return entity_map(entity(aggregate));
}
template <EntityAggregate Aggregate>
[[nodiscard]] TxOp entity_map(TxValue id, Aggregate const& aggregate) {
  return entity_map(entity(std::move(id), aggregate));
}

/// Makes an entity that is there what the struct is: absent fields are retracted, fields of many have these values and
/// no others, structs in it are made anew in place of those before. Attributes that are no fields stay. The transaction
/// says no more than what differs. The entity is looked up once, so a lookup ref may name it by what it is to lose.
template <EntityAggregate Aggregate>
[[nodiscard]] TxData replace(TxValue entity, Aggregate const& aggregate) {
  TxData data;
  if constexpr (detail::is_schema_valid<detail::ClosureOf<Aggregate>>) {
    EntityMap retracted;
    meta::for_each_index<meta::field_count<Aggregate>>(
        [&]<std::size_t Index>(std::integral_constant<std::size_t, Index>) {
          using Field = meta::FieldType<Aggregate, Index>;
          auto const attribute = detail::attribute_keyword<Aggregate, Index>();
          constexpr bool is_component = detail::shape_of<Field>().component;  // what was a part of it goes too
          if constexpr (is_component || detail::FieldElement<Field>::holds == detail::Holds::many) {
            retracted.attributes.emplace_back(attribute, is_component);
          } else if constexpr (detail::FieldElement<Field>::holds == detail::Holds::one_or_none) {
            if (!meta::field<Index>(aggregate)) retracted.attributes.emplace_back(attribute, false);
          }
        });
    data.operations.push_back({.kind = TxOpKind::replace,
                               .entity = std::move(entity),
                               .attribute = {},
                               .value = cairn::entity(aggregate),
                               .expected = std::move(retracted),
                               .function = {}});
  }
  return data;
}

}  // namespace cairn
