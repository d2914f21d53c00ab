// Copyright the Cairn authors
// SPDX-License-Identifier: BSL-1.0
// Calls of built-in functions that are written as EDN.
#pragma once

#include <cairn/edn/parse.hpp>
#include <cairn/query/edn_values.hpp>
#include <cairn/query/function/call.hpp>

#include <stdexcept>
#include <string>
#include <string_view>
#include <vector>

namespace cairn::query::test {

/// `! query/where` where it is refused, its text otherwise.
template <class Make>
std::string outcome_text(Make const& make) {
  try {
    return notation::write(cairn::to_edn(make()));
  } catch (Error const& error) {
    return "! " + std::string{name(error.code())};
  }
}

inline Value called(notation::Value const& form) {
  auto const* function = find_function(form[0].as_symbol());
  if (function == nullptr || !takes(*function, form.size() - 1)) throw std::invalid_argument{notation::write(form)};
  std::vector<Value> values;
  for (auto const& argument : form.items().subspan(1)) values.push_back(to_value(argument));
  std::vector<Value const*> arguments;
  for (auto const& value : values) arguments.push_back(&value);
  return call(function->id, arguments);
}
/// What `(f 1 2)` gives.
inline std::string answer(std::string_view text) {
  return outcome_text([&] { return called(notation::parse(text)); });
}

}  // namespace cairn::query::test
