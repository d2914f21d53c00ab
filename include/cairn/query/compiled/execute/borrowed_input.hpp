// Copyright the Cairn authors
// SPDX-License-Identifier: BSL-1.0
// What a program gives a static query under `:in`, before anybody looks at it.
#pragma once

#include <cairn/datom/value.hpp>
#include <cairn/query/run/input.hpp>

#include <memory>
#include <type_traits>

namespace cairn::query::compiled {

/// An input of whatever type, which lives where its owner has it. What is made of it is the same code for all queries that are given
/// one of its type.
class BorrowedInput {
 public:
  template <QueryInput T>
  explicit constexpr BorrowedInput(T const& input) noexcept : kind_{&kind_of<T>} {
    if constexpr (!std::is_function_v<T>) input_ = std::addressof(input);
  }

  /// Whether it is a value, and neither a database nor rules.
  [[nodiscard]] bool is_value() const noexcept { return kind_->value != nullptr; }
  /// Requires `is_value()`.
  [[nodiscard]] Value value() const { return kind_->value(input_); }
  [[nodiscard]] GivenInput given() const { return kind_->given(input_); }

 private:
  struct Kind {
    GivenInput (*given)(void const*);
    Value (*value)(void const*);
  };
  template <class T>
  [[nodiscard]] static GivenInput make_given([[maybe_unused]] void const* input) {
    if constexpr (std::is_function_v<T>) {  // one that makes rules, for which its type is enough
      return GivenInput{std::remove_cvref_t<std::invoke_result_t<T const&>>{}};
    } else {
      return GivenInput{*static_cast<T const*>(input)};
    }
  }
  template <class T>
  [[nodiscard]] static Value make_value(void const* input) {
    return query::detail::value_from(*static_cast<T const*>(input));
  }
  template <class T>
  [[nodiscard]] static constexpr Kind make_kind() noexcept {
    if constexpr (!query::detail::IsDb<T> && query::detail::is_value_like<T>()) {
      return {&make_given<T>, &make_value<T>};
    } else {
      return {&make_given<T>, nullptr};
    }
  }
  template <class T>
  static constexpr Kind kind_of = make_kind<T>();

  void const* input_ = nullptr;
  Kind const* kind_;
};

}  // namespace cairn::query::compiled
