// Copyright the Cairn authors
// SPDX-License-Identifier: BSL-1.0
// Regular expressions for queries: re-find, re-matches, re-seq, re-pattern. Including this anywhere in a program gives them to all
// of the program's queries. Needs RE2: link cairn::regex.
#pragma once

#include <cairn/datom/value.hpp>
#include <cairn/error/error.hpp>
#include <cairn/meta/watch.hpp>
#include <cairn/query/function/builtins.hpp>
#include <cairn/query/function/refuse.hpp>
#include <cairn/query/function/regex_hook.hpp>
#include <cairn/query/function/text.hpp>

#include <re2/re2.h>

#include <atomic>
#include <cstddef>
#include <list>
#include <memory>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace cairn::query::detail {

/// The pattern, ready to match. A thread keeps the last few, since a query asks the same one for every row.
/// Errors: `query/where` for what RE2 cannot read: it takes linear time for every pattern, so it has no lookaround and no
/// backreferences.
[[nodiscard]] inline re2::RE2 const& compiled_pattern(std::string_view function, std::string_view pattern) {
  constexpr std::size_t kept = 8;
  thread_local std::list<std::pair<std::string, std::unique_ptr<re2::RE2>>> recent;
  for (auto known = recent.begin(); known != recent.end(); ++known) {
    if (known->first != pattern) continue;
    recent.splice(recent.begin(), recent, known);
    return *recent.front().second;
  }
  re2::RE2::Options options;
  options.set_log_errors(false);
  options.set_max_mem(std::int64_t{2} << 20U);
  auto made = std::make_unique<re2::RE2>(re2::StringPiece{pattern.data(), pattern.size()}, options);
  if (!made->ok()) {
    raise(Errc::query_where,
          std::string{function} + " cannot read the pattern " + short_text(Value{pattern}) + ": " + made->error() +
              ". Patterns are RE2's: no lookaround, no backreferences.",
          "{:function " + std::string{function} + "}");
  }
  // What a match keeps grows with the groups, for each place at which it may still begin.
  constexpr int most_groups = 100;
  if (made->NumberOfCapturingGroups() > most_groups) {
    raise(Errc::query_where,
          std::string{function} + " takes a pattern of at most 100 groups. Write (?:...) where none is wanted.", "{:function " + std::string{function} + "}");
  }
  recent.emplace_front(std::string{pattern}, std::move(made));
  if (recent.size() > kept) recent.pop_back();
  return *recent.front().second;
}

/// The match, or where the pattern has groups a tuple of it and of theirs, nil for those that took no part.
[[nodiscard]] inline Value match_value(std::vector<re2::StringPiece> const& parts) {
  auto const value = [](re2::StringPiece part) {
    return part.data() == nullptr ? Value{} : Value{std::string_view{part.data(), part.size()}};
  };
  if (parts.size() == 1) return value(parts[0]);
  std::vector<Value> groups;
  groups.reserve(parts.size());
  for (auto const& part : parts) groups.push_back(value(part));
  return groups;
}

/// See `Matcher`.
[[nodiscard]] inline Value match_by_re2(FunctionId function, std::string_view pattern, std::string_view text, meta::Watch const& watch) {
  auto const name = info_of(function).name;
  auto const& regex = compiled_pattern(name, pattern);
  if (function == FunctionId::pattern) return pattern;
  re2::StringPiece const subject{text.data(), text.size()};
  std::vector<re2::StringPiece> parts(static_cast<std::size_t>(regex.NumberOfCapturingGroups()) + 1);
  auto const match_from = [&](std::size_t from, re2::RE2::Anchor anchor) {
    return regex.Match(subject, from, text.size(), anchor, parts.data(), static_cast<int>(parts.size()));
  };
  if (function != FunctionId::all_matches) {
    bool const whole = function == FunctionId::match_whole;
    return match_from(0, whole ? re2::RE2::ANCHOR_BOTH : re2::RE2::UNANCHORED) ? match_value(parts) : Value{};
  }
  std::vector<Value> matches;
  std::size_t size = 0;
  for (std::size_t from = 0; from <= text.size() && !watch.poll() && match_from(from, re2::RE2::UNANCHORED);) {
    if (matches.size() == most_elements) refuse_size(name, "more than a million matches");
    matches.push_back(match_value(parts));
    measure(name, matches.back(), 1, size);
    auto const end = static_cast<std::size_t>(parts[0].data() - text.data()) + parts[0].size();
    // After an empty match comes the next character, or the same one would match for ever.
    from = !parts[0].empty() ? end : end == text.size() ? end + 1 : end + character_size(text, end);
  }
  return matches.empty() ? Value{} : Value{std::move(matches)};
}

inline bool const matcher_is_here = (matcher.store(&match_by_re2, std::memory_order_release), true);

}  // namespace cairn::query::detail
