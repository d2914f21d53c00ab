// Copyright the Cairn authors
// SPDX-License-Identifier: BSL-1.0
// C++ functions that static queries call by name.
#pragma once

#include <cairn/db/aggregate/value_codec.hpp>
#include <cairn/meta/fixed_string.hpp>
#include <cairn/query/compiled/cell_type.hpp>
#include <cairn/query/compiled/cell_type_of.hpp>
#include <cairn/query/function/refuse.hpp>

#include <array>
#include <concepts>
#include <cstddef>
#include <optional>
#include <ranges>
#include <span>
#include <string_view>
#include <tuple>
#include <type_traits>
#include <utility>
#include <vector>

namespace cairn {

namespace query::compiled {

/// What a function takes and gives; of what has not one signature nothing.
template <class Function>
struct SignatureOf {
  static constexpr bool is_known = false;
  using result = bool;
  using parameters = std::tuple<>;
};
template <class Result, class... Parameters>
struct SignatureOf<Result (*)(Parameters...)> {
  static constexpr bool is_known = true;
  using result = Result;
  using parameters = std::tuple<std::remove_cvref_t<Parameters>...>;
};
template <class Result, class... Parameters>
struct SignatureOf<Result (*)(Parameters...) noexcept> : SignatureOf<Result (*)(Parameters...)> {};
template <class Class, class Result, class... Parameters>
struct SignatureOf<Result (Class::*)(Parameters...) const> : SignatureOf<Result (*)(Parameters...)> {};
template <class Class, class Result, class... Parameters>
struct SignatureOf<Result (Class::*)(Parameters...) const noexcept> : SignatureOf<Result (*)(Parameters...)> {};
template <class Class>
requires requires { &Class::operator(); }
struct SignatureOf<Class> : SignatureOf<decltype(&Class::operator())> {};

/// Several values as one argument, which an aggregate takes.
template <class Type>
struct ElementsOf {};
template <class Element>
struct ElementsOf<std::span<Element const>> {
  using type = Element;
};
template <class Element>
struct ElementsOf<std::vector<Element>> {
  using type = Element;
};
template <class Type>
concept ManyValues = requires { typename ElementsOf<Type>::type; } && !std::same_as<Type, Bytes> &&
                     !std::same_as<Type, std::span<std::byte const>>;

/// The argument of a function, of the type that it takes. Errors: `query/where` for a value of another type.
template <class Type>
[[nodiscard]] decltype(auto) argument_as(std::string_view function, Value const& value) {
  if constexpr (std::same_as<Type, Value>) {
    return (value);
  } else if constexpr (std::same_as<Type, std::string_view>) {
    if (!value.is(ValueKind::string)) query::detail::refuse(function, "a string", value);
    return value.as_string();
  } else if constexpr (std::floating_point<Type>) {
    if (value.is(ValueKind::integer)) return static_cast<Type>(value.as_integer());
    if (!value.is(ValueKind::float64) && !value.is(ValueKind::float32)) query::detail::refuse(function, "a number", value);
    return static_cast<Type>(value.as_double());
  } else if constexpr (ReadableValue<Type>) {
    constexpr auto type = ValueCodec<Type>::type;
    if (!conforms(value, type)) query::detail::refuse(function, name(type), value);
    auto read = ValueCodec<Type>::read(value);
    if (!read) query::detail::refuse(function, name(type), value);
    return Type{*std::move(read)};  // a value: what was read goes out of scope
  } else {
    static_assert(ReadableValue<Type>,
                  "cairn::fn [parameter]: a query can't give a function an argument of this type: take bool, numbers, "
                  "std::string_view, cairn::Keyword, cairn::Instant, cairn::Value const& or a type with a cairn::ValueCodec");
    return Type{};
  }
}

/// The type of the cells that a parameter takes.
template <class Type>
inline constexpr CellType parameter_type = std::same_as<Type, std::string_view> ? CellType::string : cell_type_of<Type>;

/// What a function returned, as a value.
template <class Result>
[[nodiscard]] Value result_value(Result&& result) {
  using Type = std::remove_cvref_t<Result>;
  if constexpr (std::same_as<Type, Value>) {
    return std::forward<Result>(result);
  } else if constexpr (requires { { result.has_value() } -> std::same_as<bool>; *result; }) {
    return result ? result_value(*std::forward<Result>(result)) : Value{};
  } else if constexpr (CodedValue<Type>) {
    return ValueCodec<Type>::write(result);
  } else if constexpr (std::constructible_from<Value, Result>) {
    return Value{std::forward<Result>(result)};
  } else if constexpr (std::ranges::input_range<Type>) {
    std::vector<Value> elements;
    for (auto&& element : result) elements.push_back(result_value(std::forward<decltype(element)>(element)));
    return elements;
  } else {
    static_assert(std::ranges::input_range<Type>,
                  "cairn::fn [result]: a query can't use a result of this type: return bool, a number, a string, a "
                  "cairn::Keyword, a cairn::Value, a type with a cairn::ValueCodec, or std::optional or a range of these");
    return {};
  }
}

}  // namespace query::compiled

/// A C++ function under the name by which a static query calls it: `q<"[:find ?e :where [?e :age ?a] [(adult? ?a)]]",
/// cairn::fn<"adult?", adult>>(db)`. A function pointer, or an object with one `operator() const`; its arguments are converted
/// to its parameters. Another number of arguments does not compile, nor do those that a schema shows to be of another type; else that is
/// the error `query/where`. A result `std::nullopt` is nil: no row.
/// One whose only parameter is `std::span<T const>` or `std::vector<T>` is an aggregate under `:find`, of all values of a group.
template <meta::fixed_string Name, auto Function>
struct fn {
  using Signature = query::compiled::SignatureOf<std::remove_cvref_t<decltype(Function)>>;
  static_assert(Signature::is_known,
                "cairn::fn [function]: name a function that is not overloaded, or an object with one operator() const");
  using Parameters = typename Signature::parameters;
  using Result = std::remove_cvref_t<typename Signature::result>;

  static constexpr std::string_view name = Name.view();
  static constexpr auto function = Function;
  static constexpr std::size_t parameters = std::tuple_size_v<Parameters>;
  static constexpr bool is_aggregate = [] {
    if constexpr (parameters == 1) return query::compiled::ManyValues<std::tuple_element_t<0, Parameters>>;
    return false;
  }();

  static constexpr auto parameter_types = []<std::size_t... Index>(std::index_sequence<Index...>) {
    return std::array<query::compiled::CellType, parameters>{
        query::compiled::parameter_type<std::tuple_element_t<Index, Parameters>>...};
  }(std::make_index_sequence<parameters>{});
  static constexpr query::compiled::KnownFunction known{name, query::compiled::cell_type_of<Result>, is_aggregate, parameter_types};

  /// As a query calls it. Errors: `query/where` for other arguments than it takes, and what it throws.
  static Value call(std::span<Value const> arguments) {
    if constexpr (is_aggregate) {
      using Element = typename query::compiled::ElementsOf<std::tuple_element_t<0, Parameters>>::type;
      std::vector<Element> values;
      values.reserve(arguments.size());
      for (auto const& value : arguments) values.push_back(query::compiled::argument_as<Element>(name, value));
      return query::compiled::result_value(Function(std::move(values)));
    } else {
      if (arguments.size() != parameters) {
        raise(Errc::query_where,
              std::string{name} + " takes " + std::to_string(parameters) + " arguments and is given " +
                  std::to_string(arguments.size()) + ".",
              "{:function " + std::string{name} + "}");
      }
      return [&]<std::size_t... Index>(std::index_sequence<Index...>) {
        return query::compiled::result_value(
            Function(query::compiled::argument_as<std::tuple_element_t<Index, Parameters>>(name, arguments[Index])...));
      }
      (std::make_index_sequence<parameters>{});
    }
  }
};

namespace query::compiled {

template <class Type>
inline constexpr bool is_fn = false;
template <meta::fixed_string Name, auto Function>
inline constexpr bool is_fn<fn<Name, Function>> = true;

}  // namespace query::compiled
}  // namespace cairn
