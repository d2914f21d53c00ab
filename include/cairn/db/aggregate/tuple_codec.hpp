// Copyright the Cairn authors
// SPDX-License-Identifier: BSL-1.0
// Tuples, pairs and arrays as one value: `:db.type/tuple`.
#pragma once

#include <cairn/db/aggregate/value_codec.hpp>
#include <cairn/db/attribute.hpp>

#include <array>
#include <cstddef>
#include <optional>
#include <tuple>
#include <utility>
#include <vector>

namespace cairn {

namespace detail {

template <class Type>
struct TupleElement {
  using Coded = Type;
  static constexpr bool is_optional = false;
};
template <class Type>
struct TupleElement<std::optional<Type>> {
  using Coded = Type;
  static constexpr bool is_optional = true;
};

/// What can stand in a tuple: a value that is no tuple itself.
template <class Type>
concept TupleElementType = CodedValue<typename TupleElement<Type>::Coded> &&
                           ValueCodec<typename TupleElement<Type>::Coded>::type != ValueType::tuple;

/// The codec of `Tuple`, whose elements are of the types `Elements`; an absent optional is nil.
template <class Tuple, class... Elements>
struct TupleCodec {
  static constexpr ValueType type = ValueType::tuple;
  /// `:db/tupleTypes`.
  static constexpr std::array tuple_types{ValueCodec<typename TupleElement<Elements>::Coded>::type...};

  static Value write(Tuple const& tuple) {
    return std::apply([](auto const&... element) { return Value{std::vector<Value>{write_element(element)...}}; },
                      tuple);
  }
  static std::optional<Tuple> read(Value const& value) requires(
      ReadableValue<typename TupleElement<Elements>::Coded>&&...) {
    auto const elements = value.as_tuple();
    if (elements.size() != sizeof...(Elements)) return std::nullopt;
    return [&]<std::size_t... Index>(std::index_sequence<Index...>)->std::optional<Tuple> {
      std::tuple<std::optional<Elements>...> parts{read_element<Elements>(elements[Index])...};
      if (!(std::get<Index>(parts).has_value() && ...)) return std::nullopt;
      return Tuple{*std::move(std::get<Index>(parts))...};
    }
    (std::index_sequence_for<Elements...>{});
  }

 private:
  template <class Element>
  static Value write_element(Element const& element) {
    if constexpr (TupleElement<Element>::is_optional) {
      return element ? Value{ValueCodec<typename TupleElement<Element>::Coded>::write(*element)} : Value{};
    } else {
      return ValueCodec<Element>::write(element);
    }
  }
  template <class Element>
  static std::optional<Element> read_element(Value const& value) {
    using Codec = ValueCodec<typename TupleElement<Element>::Coded>;
    if constexpr (TupleElement<Element>::is_optional) {
      if (value.is_nil()) return std::optional<Element>{std::in_place};
    }
    if (!conforms(value, Codec::type)) return std::nullopt;
    auto read = Codec::read(value);
    if (!read) return std::nullopt;
    return std::optional<Element>{std::in_place, *std::move(read)};
  }
};

template <class Type, std::size_t>
using Repeated = Type;
template <class Type, std::size_t... Index>
auto array_codec(std::index_sequence<Index...>) -> TupleCodec<std::array<Type, sizeof...(Index)>, Repeated<Type, Index>...>;

}  // namespace detail

template <detail::TupleElementType... Elements>
requires(sizeof...(Elements) > 0 &&
         sizeof...(Elements) <= max_tuple_size) struct ValueCodec<std::tuple<Elements...>>
    : detail::TupleCodec<std::tuple<Elements...>, Elements...> {
};

template <detail::TupleElementType First, detail::TupleElementType Second>
struct ValueCodec<std::pair<First, Second>> : detail::TupleCodec<std::pair<First, Second>, First, Second> {};

template <detail::TupleElementType Type, std::size_t Size>
requires(Size > 0 && Size <= max_tuple_size) struct ValueCodec<std::array<Type, Size>>
    : decltype(detail::array_codec<Type>(std::make_index_sequence<Size>{})) {
};

}  // namespace cairn
