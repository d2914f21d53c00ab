// Copyright the Cairn authors
// SPDX-License-Identifier: BSL-1.0
// `cairn q` and `cairn explain`.
#include "ask.hpp"
#include "query_format.hpp"
#include "store_argument.hpp"
#include "terminal.hpp"
#include "time_argument.hpp"
#include "unknown_attributes.hpp"
#include "verbs.hpp"
#include <cairn/edn/document.hpp>

#include <cstdio>
#include <iostream>
#include <iterator>
#include <string>
#include <string_view>
#include <unistd.h>
#include <variant>
#include <vector>

namespace cairn::tool {

namespace {

/// EDN, or text as it is: a word needs no quotes inside those of the system's shell. Errors: `edn/...` for what begins
/// as no word does.
Edn argument_of(std::string const& text) {
  auto const first = text.find_first_not_of(" \t\n");
  if (first != std::string::npos && std::string_view{"[{(#\""}.find(text[first]) != std::string_view::npos) {
    std::vector<notation::Node> nodes;
    if (auto const read = notation::read_one(text, nodes); read.status != notation::ReadStatus::form) {
      auto const error = notation::error_of(text, read);
      throw Error{
          error.code(),
          "An input is EDN, or text that begins with none of [ { ( # and \"; this is neither: " + error.message(),
          error.data()};
    }
  }
  auto const form = form_of(text);
  return !form || form->is_symbol() ? Edn::string(text) : *form;
}

Database seen_at(Database const& db, std::string const& text, auto view) {
  auto const time = time_of(text);
  if (!time) raise(Errc::parser_query, "A point in time is a transaction's number or an instant, as 2026-01-31T12:00:00Z; found " + text + ".");
  return std::visit([&](auto at) { return view(db, at); }, *time);
}

Database view_of(Database db, QueryArguments const& arguments) {
  if (arguments.history) db = db.history();
  if (!arguments.as_of.empty()) db = seen_at(db, arguments.as_of, [](Database const& of, auto time) { return of.as_of(time); });
  if (!arguments.since.empty()) db = seen_at(db, arguments.since, [](Database const& of, auto time) { return of.since(time); });
  return db;
}

Question question_of(Database const& db, QueryArguments const& arguments) {
  Question question;
  question.text = arguments.query == "-" ? std::string{std::istreambuf_iterator<char>{std::cin}, {}} : arguments.query;
  question.databases.emplace_back(view_of(db, arguments));
  question.inputs.emplace_back(*question.databases[0]);
  for (auto const& input : arguments.inputs) question.inputs.emplace_back(argument_of(input));
  question.options.limit = arguments.limit;
  question.options.offset = arguments.offset;
  if (arguments.timeout > 0) question.options.timeout = milliseconds(arguments.timeout);
  return question;
}

/// What `work` returns, or what an interrupted command does.
template <class Work>
int interruptible(Work work) {
  Interrupt const interrupt;
  try {
    return work();
  } catch (Error const&) {
    if (!Interrupt::raised()) throw;
    std::fputs("Interrupted.\n", stderr);
    return status_interrupted;
  }
}

}  // namespace

int query_store(std::string const& store, QueryArguments const& arguments) {
  return interruptible([&] {
    auto const conn = connect<Backends>(store_config(store));
    auto const db = conn.db();
    auto const question = question_of(db, arguments);
    auto const result = ask(question);
    warn_of_unknown_attributes(question);
    auto const names = column_names(question.text);
    auto const format = !arguments.format.empty() ? arguments.format : isatty(STDOUT_FILENO) != 0 ? "table" : "edn";
    if (format == "csv") {
      auto const text = to_csv(result, names);
      std::fwrite(text.data(), 1, text.size(), stdout);
    } else if (format == "table") {
      std::puts(to_table(result, names).c_str());
    } else {
      std::puts(
          (format == "json" ? to_json(result.to_edn()) : notation::write(result.to_edn(), {.sorted = true})).c_str());
    }
    return 0;
  });
}

int explain_query(std::string const& store, QueryArguments const& arguments) {
  return interruptible([&] {
    auto const conn = connect<Backends>(store_config(store));
    std::puts(explain(question_of(conn.db(), arguments)).c_str());
    return 0;
  });
}

}  // namespace cairn::tool
