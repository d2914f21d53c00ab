// Copyright the Cairn authors
// SPDX-License-Identifier: BSL-1.0
// Reads lines from a person.
#include "prompt.hpp"

#include "../terminal.hpp"

#include <cstdio>
#include <cstdlib>
#include <cstring>
#include <filesystem>
#include <iostream>
#include <utility>

#ifdef CAIRN_TOOL_HAS_LIBEDIT
#include <editline/readline.h>
#endif

namespace cairn::tool {

#ifdef CAIRN_TOOL_HAS_LIBEDIT

namespace {

// The library calls plain functions: what they need stands here, for the one prompt that there is.
Prompt::Names known_names;     // NOLINT(cert-err58-cpp)
std::filesystem::path history;  // NOLINT(cert-err58-cpp)

char* next_completion(char const* begun, int state) {
  static std::vector<std::string> names;
  static std::size_t at;
  if (state == 0) {
    names = known_names();
    at = 0;
  }
  // `d/conn` completes as `conn` does, and keeps its namespace.
  std::string_view const word{begun};
  auto const slash = word.rfind('/');
  auto const head = slash == std::string_view::npos ? std::string_view{} : word.substr(0, slash + 1);
  auto const tail = word.substr(head.size());
  while (at != names.size()) {
    auto const& name = names[at++];
    if (name.starts_with(tail)) return strdup((std::string{head} + name).c_str());
  }
  return nullptr;
}

char** complete(char const* begun, int, int) { return rl_completion_matches(begun, next_completion); }

std::filesystem::path history_file() {
  char const* state = std::getenv("XDG_STATE_HOME");  // NOLINT(concurrency-mt-unsafe)
  char const* home = std::getenv("HOME");             // NOLINT(concurrency-mt-unsafe)
  if (state != nullptr && *state != '\0') return std::filesystem::path{state} / "cairn" / "history";
  if (home != nullptr && *home != '\0') return std::filesystem::path{home} / ".local" / "state" / "cairn" / "history";
  return {};
}

}  // namespace

Prompt::Prompt(Names names) {
  known_names = std::move(names);
  history = history_file();
  rl_initialize();
  using_history();
  stifle_history(1000);
  if (!history.empty()) read_history(history.c_str());
  rl_attempted_completion_function = complete;
  static char breaks[] = " \t\n()[]{}'@\"";
  rl_basic_word_break_characters = breaks;
}

Prompt::~Prompt() {
  std::error_code error;
  if (!history.empty() && (std::filesystem::create_directories(history.parent_path(), error), !error)) write_history(history.c_str());
  known_names = {};
}

Prompt::Line Prompt::read(std::string_view prompt) {
  Interrupt interrupt;
  char* const line = readline(std::string{prompt}.c_str());
  if (Interrupt::raised()) {
    std::free(line);
    std::puts("");
    return {Kind::interrupted, {}};
  }
  if (line == nullptr) return {Kind::end, {}};
  Line result{Kind::line, line};
  if (*line != '\0') add_history(line);
  std::free(line);
  return result;
}

#else

Prompt::Prompt(Names) {}
Prompt::~Prompt() = default;

Prompt::Line Prompt::read(std::string_view prompt) {
  std::cout << prompt << std::flush;
  std::string text;
  return std::getline(std::cin, text) ? Line{Kind::line, std::move(text)} : Line{Kind::end, {}};
}

#endif

}  // namespace cairn::tool
