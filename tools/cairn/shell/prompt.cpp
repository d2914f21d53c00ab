// Copyright the Cairn authors
// SPDX-License-Identifier: BSL-1.0
// Reads lines from a person.
#include "prompt.hpp"

#include "../terminal.hpp"

#include <clocale>
#include <cstdio>
#include <cstdlib>
#include <cstring>
#include <filesystem>
#include <iostream>
#include <utility>

#ifdef CAIRN_TOOL_HAS_LIBEDIT
#include <editline/readline.h>
#include <langinfo.h>
#include <poll.h>
#include <unistd.h>
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

/// Whether the terminal has sent more than was read: nobody types so fast, it is a paste.
bool more_waits() {
  pollfd terminal{.fd = STDIN_FILENO, .events = POLLIN, .revents = 0};
  return poll(&terminal, 1, 0) > 0;
}

/// In a paste of a terminal that does not say so a Tab is white space.
char** complete(char const* begun, int, int) {
  rl_attempted_completion_over = 0;
  if (more_waits()) {
    rl_insert_text("\t");
    rl_attempted_completion_over = 1;
    return nullptr;
  }
  return rl_completion_matches(begun, next_completion);
}

// A terminal that is asked to (`\e[?2004h`) puts what is pasted between `\e[200~` and `\e[201~`. A function of one's
// own has one key, so each of these stands for a key that has nothing else to do.
constexpr int key_of_paste_begin = 0x1D;
constexpr int key_of_paste_end = 0x1E;

int begin_paste(int, int) {
  rl_inhibit_completion = 1;  // a Tab is a Tab
  return 0;
}
int end_paste(int, int) {
  rl_inhibit_completion = 0;
  return 0;
}

void bind_pastes() {
  rl_add_defun("cairn-begin-paste", begin_paste, key_of_paste_begin);
  rl_add_defun("cairn-end-paste", end_paste, key_of_paste_end);
  rl_parse_and_bind("bind -s '\\e[200~' '\\035'");
  rl_parse_and_bind("bind -s '\\e[201~' '\\036'");
}

/// Whether the terminal knows sequences.
bool has_sequences() {
  char const* terminal = std::getenv("TERM");  // NOLINT(concurrency-mt-unsafe)
  return terminal != nullptr && *terminal != '\0' && std::strcmp(terminal, "dumb") != 0;
}

void announce_pastes(bool wanted) {
  if (!has_sequences()) return;
  std::fputs(wanted ? "\033[?2004h" : "\033[?2004l", stdout);
  std::fflush(stdout);
}

/// EDN is UTF-8, and the library drops what the locale's letters are not. Numbers stay as they are.
void use_unicode() {
  auto const* const own = std::setlocale(LC_CTYPE, "");  // NOLINT(concurrency-mt-unsafe)
  if (own == nullptr || std::strcmp(nl_langinfo(CODESET), "UTF-8") != 0)
    std::setlocale(LC_CTYPE, "C.UTF-8");  // NOLINT(concurrency-mt-unsafe)
}

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
  use_unicode();
  rl_initialize();
  bind_pastes();
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
  announce_pastes(true);
  char* const line = readline(std::string{prompt}.c_str());
  announce_pastes(false);
  if (Interrupt::raised()) {
    rl_inhibit_completion = 0;
    std::free(line);
    std::puts("");
    return {Kind::interrupted, {}};
  }
  if (line == nullptr) return {Kind::end, {}};
  Line result{Kind::line, line};
  std::free(line);
  return result;
}

void Prompt::remember(std::string const& line) {
  if (!line.empty()) add_history(line.c_str());
}

#else

Prompt::Prompt(Names) {}
Prompt::~Prompt() = default;

Prompt::Line Prompt::read(std::string_view prompt) {
  std::cout << prompt << std::flush;
  std::string text;
  return std::getline(std::cin, text) ? Line{Kind::line, std::move(text)} : Line{Kind::end, {}};
}

void Prompt::remember(std::string const&) {}

#endif

}  // namespace cairn::tool
