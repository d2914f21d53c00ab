// Copyright the Cairn authors
// SPDX-License-Identifier: BSL-1.0
// Reads lines from a person.
#pragma once

#include <functional>
#include <string>
#include <string_view>
#include <vector>

namespace cairn::tool {

/// Lines from the terminal: with history (kept in `$XDG_STATE_HOME/cairn/history`, or `~/.local/state/...`) and
/// completion where libedit is there, plain otherwise. One at a time. Sets the locale of letters (`LC_CTYPE`), so make
/// it before other threads.
class Prompt {
 public:
  enum class Kind { line, interrupted, end };
  struct Line {
    Kind kind;
    std::string text;
  };
  using Names = std::function<std::vector<std::string>()>;

  explicit Prompt(Names names);
  Prompt(Prompt const&) = delete;
  Prompt& operator=(Prompt const&) = delete;
  ~Prompt();

  Line read(std::string_view prompt);
  /// Adds a line to the history.
  void remember(std::string const& line);
};

}  // namespace cairn::tool
