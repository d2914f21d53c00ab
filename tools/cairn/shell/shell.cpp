// Copyright the Cairn authors
// SPDX-License-Identifier: BSL-1.0
// The shell: forms in, results out.
#include "shell.hpp"

#include "../terminal.hpp"
#include "evaluator.hpp"
#include "form_reader.hpp"
#include "prompt.hpp"
#include "secret_keys.hpp"
#include "table.hpp"

#include <algorithm>
#include <cstdio>
#include <exception>
#include <optional>
#include <string>

namespace cairn::tool {

namespace {

/// What the C++ library throws where there is no memory, or a backend outside of its contract.
Error as_error(std::exception const& error) { return Error{Errc::io_error, std::string{"The form failed: "} + error.what()}; }

/// Whether a string is more readable as its lines than as EDN, and does nothing else to a terminal.
bool is_lines(std::string const& text) {
  return text.find('\n') != std::string::npos && std::ranges::none_of(text, [](char c) {
           auto const byte = static_cast<unsigned char>(c);
           return (byte < 0x20 && c != '\n') || byte == 0x7F;
         });
}

/// What people type who want to leave: `exit`, `quit`, or a call of it.
bool is_farewell(Edn const& form) {
  auto const& word = form.is_list() && form.size() == 1 ? form[0] : form;
  return word.is_symbol() && (word.as_symbol() == "exit" || word.as_symbol() == "quit");
}

template <class Work>
std::optional<Error> error_of(Work work) {
  try {
    work();
    return std::nullopt;
  } catch (Error const& error) {
    return error;
  } catch (std::exception const& error) {
    return as_error(error);
  }
}

}  // namespace

int run_forms(std::istream& in, std::ostream& out) {
  Evaluator evaluator;
  FormReader reader;
  bool failed = false;
  std::string line;
  for (bool at_end = false; !at_end;) {
    at_end = !std::getline(in, line);
    if (!at_end) reader.add_line(line);
    while (auto next = reader.next(at_end)) {
      std::string shown;
      auto const error = error_of([&] {
        if (auto const* wrong = std::get_if<Error>(&*next)) throw *wrong;
        shown = evaluator.evaluate(std::get<Edn>(*next)).shown;
      });
      failed = failed || error;
      out << (error ? print(*error) : shown) << '\n' << std::flush;
    }
  }
  return failed ? 1 : 0;
}

int run_prompt() {
  Evaluator evaluator;
  FormReader reader;
  Prompt prompt{[&evaluator] { return evaluator.names(); }};
  auto const keys = secret_keys();
  std::puts(
      "Cairn " CAIRN_VERSION
      ". Forms of EDN; (help) lists the functions, Ctrl-D or exit ends, Ctrl-C drops what was begun, Tab completes.");
  for (bool is_over = false; !is_over;) {
    auto const line = prompt.read(reader.in_form() ? "    ... " : "cairn=> ");
    if (line.kind == Prompt::Kind::end) {
      std::puts("");
      break;
    }
    if (line.kind == Prompt::Kind::interrupted) {
      reader.clear();
      continue;
    }
    reader.add_line(line.text);
    if (!may_hold_secret(reader.rest(), keys)) prompt.remember(line.text);
    while (auto next = reader.next(false)) {
      auto const* form = std::get_if<Edn>(&*next);
      is_over = form != nullptr && is_farewell(*form) && !evaluator.defines(*form);
      if (is_over) break;
      auto const error = error_of([&] {
        if (auto const* wrong = std::get_if<Error>(&*next)) throw *wrong;
        Interrupt interrupt;  // Ctrl-C ends a query
        auto const result = evaluator.evaluate(std::get<Edn>(*next));
        auto const table = table_of(result.value);
        auto const* text = result.value.get<Edn>();
        bool const has_lines = text != nullptr && text->is_string() && is_lines(text->as_string());
        std::puts((table ? *table : has_lines ? text->as_string() : result.shown).c_str());
      });
      if (error) std::puts(with_code(*error).c_str());
    }
  }
  return 0;
}

}  // namespace cairn::tool
