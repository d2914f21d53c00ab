// Copyright the Cairn authors
// SPDX-License-Identifier: BSL-1.0
// The rules of a static query: known to the compiler, or when it runs.
#pragma once

#include <cairn/meta/fixed_string.hpp>

#include <string_view>
#include <type_traits>

namespace cairn {

struct Rules;

/// The rules of a static query, as a type; see `rules`.
template <meta::fixed_string Text>
struct StaticRules {
  static constexpr std::string_view text = Text.view();
};

/// Rules for the `%` of a static query: `q<"[:find ?x ?y :in $ % :where (reach ?x ?y)]">(db, cairn::rules<"[...]">)`. They are
/// parsed and planned with the query; what is wrong with them does not compile. Rules that are only known when the query runs,
/// `cairn::rules("[...]")`, are given in the same place: then the query is read, checked and typed by the compiler as far as that
/// goes without them, and planned when it runs.
template <meta::fixed_string Text>
[[nodiscard]] constexpr StaticRules<Text> rules() noexcept {
  return {};
}

namespace query::compiled {

/// A query that is given no rules.
struct NoRules {
  static constexpr std::string_view text{};
};

/// Rules whose text is only known when the query runs.
struct LateRules {
  static constexpr std::string_view text{};
};

/// The rules that an input is, or `NoRules`. `rules<"[...]">` without parentheses is a function, and means the same.
template <class Input>
struct RulesOf {
  using type = NoRules;
};
template <>
struct RulesOf<Rules> {
  using type = LateRules;
};
template <meta::fixed_string Text>
struct RulesOf<StaticRules<Text>> {
  using type = StaticRules<Text>;
};
template <meta::fixed_string Text>
struct RulesOf<StaticRules<Text>() noexcept> {
  using type = StaticRules<Text>;
};
template <meta::fixed_string Text>
struct RulesOf<StaticRules<Text> (*)() noexcept> {
  using type = StaticRules<Text>;
};

template <class Input>
inline constexpr bool is_rules = !std::is_same_v<typename RulesOf<Input>::type, NoRules>;

/// The first of the inputs that is rules.
template <class... Inputs>
struct RulesAmong {
  using type = NoRules;
};
template <class First, class... Inputs>
struct RulesAmong<First, Inputs...> {
  using type = std::conditional_t<is_rules<First>, typename RulesOf<First>::type, typename RulesAmong<Inputs...>::type>;
};

}  // namespace query::compiled
}  // namespace cairn
