// Copyright the Cairn authors
// SPDX-License-Identifier: BSL-1.0
// C++ functions under the names by which queries at run time call them.
#pragma once

#include <cairn/config/nearest.hpp>
#include <cairn/datom/value.hpp>
#include <cairn/edn/name.hpp>
#include <cairn/error/error.hpp>
#include <cairn/meta/lazy.hpp>
#include <cairn/query/aggregate/aggregates.hpp>
#include <cairn/query/aggregate/custom_aggregate.hpp>
#include <cairn/query/function/builtins.hpp>
#include <cairn/query/function/text.hpp>
#include <cairn/query/syntax/problem.hpp>

#include <concepts>
#include <cstddef>
#include <cstdint>
#include <functional>
#include <map>
#include <memory>
#include <span>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace cairn {

/// A function of the program, with the number of arguments that it takes.
struct QueryFunction {
  std::string name{};
  std::uint16_t least = 0;
  std::uint16_t most = query::any_number;
  bool predicate = false;  ///< its result is true or false
  std::function<Value(query::Arguments arguments)> function{};

  /// Errors: `query/where` for another number of arguments, and what the function throws.
  [[nodiscard]] Value operator()(query::Arguments arguments) const {
    if (!takes(arguments.size())) refuse(arguments.size());
    return function(arguments);
  }
  [[nodiscard]] bool takes(std::size_t given) const noexcept { return given >= least && (given <= most || most == query::any_number); }

 private:
  template <meta::Lazy = {}>
  [[noreturn]] void refuse(std::size_t given) const {
    query::syntax::Problem problem;
    problem.reason = name;
    problem.count = {"argument", given, least, most};
    raise(Errc::query_where, query::syntax::words_of(problem) + ".", "{:function " + name + "}");
  }
};

/// The functions and aggregates that queries may name beside the built-in ones:
///
/// ```cpp
/// auto functions = cairn::FunctionRegistry{}
///                      .predicate("adult?", 1, [](auto arguments) { return arguments[0]->as_integer() >= 18; })
///                      .add(cairn::fn<"initials", initials>{});
/// ```
///
/// A value: copies are cheap, and changing one changes no other. What `find_...` returns lives as long as some registry has it.
///
/// Thread safety: as an `int`. Functions may be called by any thread that asks a query, and must not throw anything but what
/// the query shall throw.
class FunctionRegistry {
 public:
  /// A function of `least` to `most` arguments; `query::any_number` is no limit. What is registered again is replaced.
  /// Errors: `query/where` for a name that is no symbol, or that of a built-in function.
  template <meta::Lazy = {}>
  FunctionRegistry& function(std::string_view name, std::uint16_t least, std::uint16_t most,
                             std::function<Value(query::Arguments)> function) {
    return insert({std::string{name}, least, most, false, std::move(function)});
  }
  /// A function of so many arguments.
  template <meta::Lazy = {}>
  FunctionRegistry& function(std::string_view name, std::uint16_t count, std::function<Value(query::Arguments)> function) {
    return insert({std::string{name}, count, count, false, std::move(function)});
  }
  /// One that says whether something holds.
  template <meta::Lazy = {}>
  FunctionRegistry& predicate(std::string_view name, std::uint16_t count, std::function<bool(query::Arguments)> holds) {
    return insert({std::string{name}, count, count, true,
                   [holds = std::move(holds)](query::Arguments arguments) -> Value { return holds(arguments); }});
  }
  /// An aggregate of `:find`. Errors: `query/where` for a name that is no symbol, or that of a built-in aggregate.
  template <meta::Lazy = {}>
  FunctionRegistry& aggregate(std::string_view name, query::CustomAggregate::Function function) {
    check_name(name, query::find_aggregate(name) != nullptr);
    changed().aggregates.insert_or_assign(std::string{name}, query::CustomAggregate{std::string{name}, std::move(function)});
    return *this;
  }
  /// A `cairn::fn`, which knows its name and its parameters.
  template <class Named>
  requires requires(std::span<Value const> values) {
    { Named::call(values) } -> std::convertible_to<Value>;
    { Named::is_aggregate } -> std::convertible_to<bool>;
  }
  FunctionRegistry& add(Named) {
    if constexpr (Named::is_aggregate) {
      return aggregate(Named::name, [](std::span<Value const> values) -> Value { return Named::call(values); });
    } else {
      return function(Named::name, static_cast<std::uint16_t>(Named::parameters), [](query::Arguments arguments) -> Value {
        std::vector<Value> values;
        values.reserve(arguments.size());
        for (auto const* argument : arguments) values.push_back(*argument);
        return Named::call(values);
      });
    }
  }

  /// Null where there is none.
  template <meta::Lazy = {}>
  [[nodiscard]] QueryFunction const* find_function(std::string_view name) const {
    auto const found = names_->functions.find(name);
    return found == names_->functions.end() ? nullptr : &found->second;
  }
  template <meta::Lazy = {}>
  [[nodiscard]] query::CustomAggregate const* find_aggregate(std::string_view name) const {
    auto const found = names_->aggregates.find(name);
    return found == names_->aggregates.end() ? nullptr : &found->second;
  }
  /// The function, built in or registered, that a mistyped name was probably meant to be; empty where none is near.
  template <meta::Lazy = {}>
  [[nodiscard]] std::string_view nearest_function(std::string_view name) const {
    std::vector<std::string_view> known;
    for (auto const& builtin : query::detail::builtins) known.push_back(builtin.name);
    for (auto const& [own, function] : names_->functions) known.push_back(own);
    return config::nearest(name, known);
  }

 private:
  struct Names {
    std::map<std::string, QueryFunction, std::less<>> functions{};
    std::map<std::string, query::CustomAggregate, std::less<>> aggregates{};
  };

  template <meta::Lazy = {}>
  static void check_name(std::string_view name, bool taken) {
    auto const refuse = [&](std::string const& why) {
      raise(Errc::query_where, "No function can be registered as \"" + std::string{name} + "\": " + why, "{}");
    };
    if (char const* const error = notation::detail::any_name_error(name, false)) refuse(error);
    if (name.starts_with('?') || name.starts_with('$') || name == "_" || name == "%") refuse("a query reads it as something else");
    if (taken) refuse("it is built in");
  }
  template <meta::Lazy = {}>
  FunctionRegistry& insert(QueryFunction made) {
    check_name(made.name, query::find_function(made.name) != nullptr);
    auto name = made.name;
    changed().functions.insert_or_assign(std::move(name), std::move(made));
    return *this;
  }
  /// Others may look at what was.
  template <meta::Lazy = {}>
  Names& changed() {
    auto copy = std::make_shared<Names>(*names_);
    auto& names = *copy;
    names_ = std::move(copy);
    return names;
  }

  std::shared_ptr<Names const> names_ = std::make_shared<Names const>();
};

}  // namespace cairn
