// Copyright the Cairn authors
// SPDX-License-Identifier: BSL-1.0
// The shell: forms in, results out.
#include "shell.hpp"

#include "evaluator.hpp"
#include "form_reader.hpp"
#include "prompt.hpp"
#include "table.hpp"

#include <cstdio>
#include <exception>
#include <string>

namespace cairn::tool {

namespace {

/// What the C++ library throws where there is no memory, or a backend outside of its contract.
Error as_error(std::exception const& error) { return Error{Errc::io_error, std::string{"The form failed: "} + error.what()}; }

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
  std::puts("Cairn " CAIRN_VERSION ". Forms of EDN; Ctrl-D ends, Ctrl-C drops what was begun, Tab completes.");
  for (;;) {
    auto const line = prompt.read(reader.in_form() ? "    ... " : "cairn=> ");
    if (line.kind == Prompt::Kind::end) break;
    if (line.kind == Prompt::Kind::interrupted) {
      reader.clear();
      continue;
    }
    reader.add_line(line.text);
    while (auto next = reader.next(false)) {
      auto const error = error_of([&] {
        if (auto const* wrong = std::get_if<Error>(&*next)) throw *wrong;
        auto const result = evaluator.evaluate(std::get<Edn>(*next));
        auto const table = table_of(result.value);
        std::puts((table ? *table : result.shown).c_str());
      });
      if (error) std::printf("%s  (:%s)\n", error->what(), std::string{name(error->code())}.c_str());
    }
  }
  std::puts("");
  return 0;
}

}  // namespace cairn::tool
