// Copyright the Cairn authors
// SPDX-License-Identifier: BSL-1.0
// The place of the regular expressions' library: functions that need one ask here.
#pragma once

#include <cairn/datom/value.hpp>
#include <cairn/error/error.hpp>
#include <cairn/meta/lazy.hpp>
#include <cairn/meta/watch.hpp>
#include <cairn/query/function/builtins.hpp>
#include <cairn/query/function/refuse.hpp>

#include <atomic>
#include <string>
#include <string_view>

namespace cairn::query::detail {

/// `function` is `pattern` (checks the pattern, has no text), `find_match`, `match_whole` or `all_matches`, which asks the watch before
/// each match: each may look at all of the text that is left.
using Matcher = Value (*)(FunctionId function, std::string_view pattern, std::string_view text, meta::Watch const& watch);

/// Set by `cairn/query/regex.hpp` before `main`, where any unit of the program includes it.
inline constinit std::atomic<Matcher> matcher{nullptr};

/// Errors: `query/where` for what is no string, for a pattern that cannot be read and where there is no library; those of the watch.
template <meta::Lazy = {}>
[[nodiscard]] inline Value match(FunctionId function, Value const& pattern, Value const& text, meta::Watch const& watch) {
  auto const name = std::string{info_of(function).name};
  for (auto const* one : {&pattern, &text}) {
    if (!one->is(ValueKind::string)) refuse(name, "strings", *one);
  }
  if (auto const with = matcher.load(std::memory_order_acquire)) return with(function, pattern.as_string(), text.as_string(), watch);
  raise(Errc::query_where,
        name + " needs regular expressions, and this program has none. Let one of its units include <cairn/query/regex.hpp>, and "
               "link cairn::regex (find_package(cairn COMPONENTS regex)), which needs RE2.",
        "{:function " + name + "}");
}

}  // namespace cairn::query::detail
