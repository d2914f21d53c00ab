// Copyright the Cairn authors
// SPDX-License-Identifier: BSL-1.0
// What the tests of configurations share: a backend that has nothing but one, and variables that are a map.
#pragma once

#include <cairn/concepts/config_spec.hpp>
#include <cairn/concepts/config_vocabulary.hpp>
#include <cairn/config/load.hpp>
#include <cairn/error/error.hpp>

#include <catch2/catch_test_macros.hpp>
#include <catch2/matchers/catch_matchers.hpp>
#include <catch2/matchers/catch_matchers_string.hpp>

#include <functional>
#include <map>
#include <optional>
#include <string>
#include <string_view>
#include <tuple>
#include <utility>

namespace config_test {

using Catch::Matchers::ContainsSubstring;
using Variables = std::map<std::string, std::string, std::less<>>;

/// Of a backend, what concerns its configuration.
template <class Type>
struct ConfigOnly {
  static constexpr std::string_view backend_id = "shelf";
  using Config = Type;
};

inline cairn::Environment environment(Variables variables) {
  return cairn::Environment{[kept = std::move(variables)](std::string_view name) -> std::optional<std::string> {
    auto const found = kept.find(name);
    return found == kept.end() ? std::nullopt : std::optional{found->second};
  }};
}

template <class Backend>
typename Backend::Config load(std::string_view text, Variables variables = {}) {
  return cairn::load_config<Backend>(text, environment(std::move(variables)));
}

/// Runs what must throw, and hands out the error.
template <class Call>
cairn::Error error_of(Call&& call) {
  try {
    std::ignore = std::forward<Call>(call)();
  } catch (cairn::Error const& error) {
    return error;
  }
  FAIL("nothing was thrown");
  return cairn::Error{cairn::Errc::io_error, ""};
}

template <class Backend>
cairn::Error load_error(std::string_view text, Variables variables = {}) {
  return error_of([&] { return load<Backend>(text, std::move(variables)); });
}

}  // namespace config_test
