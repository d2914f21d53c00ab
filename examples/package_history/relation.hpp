// Copyright the Cairn authors
// SPDX-License-Identifier: BSL-1.0
// What packages say of each other: `libc6 (>= 2.36), default-mta | mail-transport-agent` (deb-control(5)).
#pragma once

#include "control_file.hpp"

#include <algorithm>
#include <string>
#include <string_view>
#include <vector>

namespace package_history {

/// The names of which one is enough: more than one where the text has `|`. Sorted, so that a choice has one spelling.
using Choice = std::vector<std::string>;

/// A package's name as it is known here: with its architecture where that is neither the machine's own nor `all`.
[[nodiscard]] inline std::string qualified_name(std::string_view name, std::string_view architecture,
                                                std::string_view native) {
  auto result = std::string{name};
  bool const own = architecture.empty() || architecture == native || architecture == "all" || architecture == "any" ||
                   architecture == "native";
  if (!own) result.append(":").append(architecture);
  return result;
}

/// `libssl3:amd64`, as logs write it, or `python3:any`.
[[nodiscard]] inline std::string qualified_name(std::string_view text, std::string_view native) {
  auto const colon = text.find(':');
  return colon == std::string_view::npos ? std::string{text}
                                         : qualified_name(text.substr(0, colon), text.substr(colon + 1), native);
}

/// The parts between separators, without white space around them; empty ones are left out.
template <class Visit>
void for_each_part(std::string_view text, char separator, Visit visit) {
  while (!text.empty()) {
    auto const end = std::min(text.find(separator), text.size());
    if (auto const part = trimmed(text.substr(0, end)); !part.empty()) visit(part);
    text.remove_prefix(std::min(end + 1, text.size()));
  }
}

/// Calls `visit(Choice)` for each of the relations. Bounds on versions, `(>= 2.36)`, are left out.
template <class Visit>
void for_each_relation(std::string_view field, std::string_view native, Visit visit) {
  for_each_part(field, ',', [&](std::string_view relation) {
    Choice choice;
    for_each_part(relation, '|', [&](std::string_view alternative) {
      auto const name = trimmed(alternative.substr(0, alternative.find_first_of("([< \t\n")));
      if (!name.empty()) choice.push_back(qualified_name(name, native));
    });
    std::ranges::sort(choice);
    auto const repeated = std::ranges::unique(choice);
    choice.erase(repeated.begin(), repeated.end());
    if (!choice.empty()) visit(std::move(choice));
  });
}

}  // namespace package_history
