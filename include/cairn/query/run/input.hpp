// Copyright the Cairn authors
// SPDX-License-Identifier: BSL-1.0
// What a program gives a query under `:in`.
#pragma once

#include <cairn/datom/value.hpp>
#include <cairn/db/entity_ref.hpp>
#include <cairn/edn/value.hpp>
#include <cairn/edn/write.hpp>
#include <cairn/meta/lazy.hpp>
#include <cairn/query/edn_values.hpp>
#include <cairn/query/run/db_source.hpp>
#include <cairn/query/run/query_input.hpp>
#include <cairn/query/run/source.hpp>

#include <concepts>
#include <cstddef>
#include <memory>
#include <optional>
#include <ranges>
#include <string>
#include <string_view>
#include <tuple>
#include <type_traits>
#include <utility>
#include <variant>
#include <vector>

namespace cairn {

/// Rules for the `%` of a query.
struct Rules {
  std::string text;
};

/// Rules for the `%` of a query, as EDN text: `q(db, "[:find ?x :in $ % :where (reach 1 ?x)]", rules("[[(reach ?a ?b) ...]]"))`.
template <meta::Lazy = {}>
[[nodiscard]] inline Rules rules(std::string_view text) {
  return {std::string{text}};
}

namespace query {

namespace detail {

/// The value that a query sees of a C++ value: a range is a collection, a tuple or a pair a tuple.
template <class T>
[[nodiscard]] Value value_from(T const& input) {
  if constexpr (std::same_as<T, LookupRef>) {
    return std::vector<Value>{Value{input.attribute}, input.value};
  } else if constexpr (std::derived_from<T, notation::Value>) {
    return to_value(static_cast<notation::Value const&>(input));
  } else if constexpr (std::convertible_to<T const&, Value>) {
    return input;
  } else if constexpr (is_tuple_like<T>) {
    return std::apply([](auto const&... elements) { return Value{std::vector<Value>{value_from(elements)...}}; }, input);
  } else {
    std::vector<Value> elements;
    if constexpr (std::ranges::sized_range<T const&>) elements.reserve(std::ranges::size(input));
    for (auto const& element : input) elements.push_back(value_from(element));
    return elements;
  }
}

}  // namespace detail

/// One input of a query, of whatever type it was.
class GivenInput {
 public:
  using Which = std::variant<Value, notation::Value, Rules, std::shared_ptr<Source const>>;

  template <class T>
  requires(QueryInput<T> && !std::same_as<std::remove_cvref_t<T>, GivenInput>)
  GivenInput(T const& input) : which_{make(input)} {}  // NOLINT(google-explicit-constructor)
  explicit GivenInput(std::shared_ptr<Source const> source) noexcept : which_{std::move(source)} {}

  [[nodiscard]] Which const& which() const noexcept { return which_; }
  [[nodiscard]] std::shared_ptr<Source const> const* source() const noexcept {
    return std::get_if<std::shared_ptr<Source const>>(&which_);
  }
  /// As the value of a binding. Requires: no source and no rules.
  template <meta::Lazy = {}>
  [[nodiscard]] Value value() const {
    if (auto const* edn = std::get_if<notation::Value>(&which_)) return to_value(*edn);
    return std::get<Value>(which_);
  }
  /// As the text of rules; nothing where it can't be that.
  template <meta::Lazy = {}>
  [[nodiscard]] std::optional<std::string> rules_text() const {
    if (auto const* rules = std::get_if<Rules>(&which_)) return rules->text;
    if (auto const* edn = std::get_if<notation::Value>(&which_)) return edn->is_string() ? edn->as_string() : notation::write(*edn);
    auto const* value = std::get_if<Value>(&which_);
    if (value != nullptr && value->is(ValueKind::string)) return std::string{value->as_string()};
    return std::nullopt;
  }

  /// Whether `rules_text` is that.
  template <meta::Lazy = {}>
  [[nodiscard]] bool is_rules(std::string_view text) const {
    if (auto const* rules = std::get_if<Rules>(&which_)) return rules->text == text;
    auto const own = rules_text();
    return own && *own == text;
  }

 private:
  template <class T>
  [[nodiscard]] static Which make(T const& input) {
    if constexpr (detail::IsDb<T>) {
      return std::shared_ptr<Source const>{std::make_shared<DbSource<typename T::index_tag> const>(input)};
    } else if constexpr (std::same_as<T, Rules>) {
      return input;
    } else if constexpr (detail::HasRulesText<T>) {
      return Rules{std::string{std::string_view{T::text}}};
    } else if constexpr (detail::MakesRulesText<T>) {
      return Rules{std::string{std::string_view{std::remove_cvref_t<std::invoke_result_t<T const&>>::text}}};
    } else if constexpr (std::derived_from<T, notation::Value>) {
      return static_cast<notation::Value const&>(input);
    } else {
      return detail::value_from(input);
    }
  }

  Which which_;
};

}  // namespace query

}  // namespace cairn
