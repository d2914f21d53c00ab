// Copyright the Cairn authors
// SPDX-License-Identifier: BSL-1.0
// Evaluates the forms of the shell.
#pragma once

#include "value.hpp"

#include <map>
#include <span>
#include <string>
#include <string_view>
#include <vector>

namespace cairn::tool {

/// Evaluates EDN forms as Datahike's README writes them: calls of its API, with any namespace or none before the name, the few
/// forms of Clojure around them (`def`, `do`, `require`, `comment`, `quote`, `@`), and functions that take results apart.
class Evaluator {
 public:
  /// What a form means, and what the shell shows of it. Errors: `Error`; what was defined before stays.
  struct Result {
    ShellValue value;
    std::string shown;  ///< one line
  };
  Result evaluate(Edn const& form);

  /// Whether the form is a name that was given a value.
  [[nodiscard]] bool defines(Edn const& form) const {
    return form.is_symbol() && definitions_.contains(form.as_symbol());
  }

  /// Names that a form may begin with, for completion; sorted.
  [[nodiscard]] std::vector<std::string> names() const;

 private:
  [[nodiscard]] std::vector<std::string> defined_names() const;
  ShellValue value_of(Edn const& form);
  ShellValue call(Edn const& form);
  std::vector<ShellValue> arguments(Edn const& form);
  std::vector<ShellValue> query_map(Edn const& map);

  std::map<std::string, ShellValue, std::less<>> definitions_;
};

/// A function of the shell.
struct Function {
  std::string_view name;
  std::string_view usage;  ///< `(connect config)`
  std::string_view what;   ///< it gives or does, in a few words
  std::size_t least;       ///< arguments
  std::size_t most;
  ShellValue (*call)(std::span<ShellValue const> arguments);
};

/// All functions, by name.
[[nodiscard]] std::span<Function const> functions();

}  // namespace cairn::tool
