// Copyright the Cairn authors
// SPDX-License-Identifier: BSL-1.0
// The functions that `:xform` names.
#pragma once

#include <cairn/db/pull/transform.hpp>
#include <cairn/edn/value.hpp>
#include <cairn/edn/write.hpp>
#include <cairn/error/error.hpp>
#include <cairn/meta/lazy.hpp>

#include <algorithm>
#include <cstdint>
#include <limits>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace cairn::detail {

[[noreturn]] inline void raise_no_argument(std::string_view function, notation::Value const& value) {
  raise(Errc::query_where,
        "The :xform " + std::string{function} + " cannot be applied to " + notation::write(value).substr(0, 200) + ".",
        "{:xform " + std::string{function} + "}");
}

template <meta::Lazy = {}>
[[nodiscard]] notation::Value moved_by(std::string_view function, notation::Value const& value, std::int64_t step) {
  if (value.is_real()) return notation::Value::real(value.as_real() + static_cast<double>(step));
  if (!value.is_integer()) raise_no_argument(function, value);
  auto const number = value.as_integer();
  auto const edge = step > 0 ? (std::numeric_limits<std::int64_t>::max)() : (std::numeric_limits<std::int64_t>::min)();
  if (number == edge) {
    raise(Errc::query_arithmetic,
          "The :xform " + std::string{function} + " leaves 64 bits at " + notation::write(value) + ".",
          "{:xform " + std::string{function} + "}");
  }
  return notation::Value::integer(number + step);
}

/// The functions that pull knows by itself; empty where it knows none of that name.
template <meta::Lazy = {}>
[[nodiscard]] Transform built_in_transform(std::string_view name) {
  using Edn = notation::Value;
  if (name == "identity") return [](Edn const& value) { return value; };
  if (name == "not") return [](Edn const& value) { return Edn::boolean(!value.is_truthy()); };
  if (name == "inc") return [](Edn const& value) { return moved_by("inc", value, 1); };
  if (name == "dec") return [](Edn const& value) { return moved_by("dec", value, -1); };
  if (name == "vector") return [](Edn const& value) { return Edn::vector({value}); };
  if (name == "str") {
    return [](Edn const& value) { return value.is_string() ? value : Edn::string(notation::write(value)); };
  }
  if (name == "name") {
    return [](Edn const& value) {
      if (value.is_string()) return value;
      if (!value.is_keyword() && !value.is_symbol()) raise_no_argument("name", value);
      return Edn::string(std::string{value.name_part()});
    };
  }
  if (name == "keyword") {
    return [](Edn const& value) {
      if (value.is_keyword()) return value;
      if (!value.is_string() && !value.is_symbol()) raise_no_argument("keyword", value);
      return Edn::keyword(value.is_string() ? value.as_string() : value.as_symbol());
    };
  }
  if (name == "count") {
    return [](Edn const& value) {
      if (!value.is_sequence() && !value.is_map()) raise_no_argument("count", value);
      return Edn::integer(static_cast<std::int64_t>(value.size()));
    };
  }
  if (name == "first" || name == "last") {
    return [is_first = name == "first"](Edn const& value) {
      if (!value.is_sequence()) raise_no_argument(is_first ? "first" : "last", value);
      return value.empty() ? Edn{} : is_first ? value.items().front() : value.items().back();
    };
  }
  if (name == "set") {
    return [](Edn const& value) {
      if (!value.is_sequence()) raise_no_argument("set", value);
      std::vector<Edn> items{value.items().begin(), value.items().end()};
      std::sort(items.begin(), items.end(), [](Edn const& left, Edn const& right) { return compare(left, right) < 0; });
      items.erase(std::unique(items.begin(), items.end()), items.end());
      return Edn::set(std::move(items));
    };
  }
  return {};
}

}  // namespace cairn::detail
