// Copyright the Cairn authors
// SPDX-License-Identifier: BSL-1.0
// The functions of the shell that ask queries and pull.
#include "queries.hpp"

#include "../ask.hpp"
#include "../unknown_attributes.hpp"
#include <cairn/db/pull.hpp>

#include <string>
#include <utility>
#include <vector>

namespace cairn::tool {

namespace {

void add_input(Question& question, ShellValue const& value) {
  auto& db = question.databases.emplace_back();
  if (auto const* given = value.get<Database>()) db = *given;
  if (auto const* conn = value.get<ConnPtr>()) db = (*conn)->sync();
  question.inputs.push_back(db ? query::GivenInput{*db} : query::GivenInput{to_edn(value)});
}

Question question_of(std::span<ShellValue const> arguments) {
  Question question;
  auto query = to_edn(arguments[0]);
  std::vector<Edn> in_map;
  if (query.is_map() && query.find("query") != nullptr) {
    set_options(question.options, query);
    if (auto const* args = query.find("args"); args != nullptr && !args->is_nil()) {
      if (!args->is_sequence())
        raise(Errc::parser_query, ":args is a vector of inputs; found " + notation::abbreviated(*args) + ".");
      in_map.assign(args->items().begin(), args->items().end());
    }
    auto asked = query.at("query");
    query = std::move(asked);
  }
  question.text = query.is_string() ? query.as_string() : form_text(query);
  for (auto const& argument : in_map) {
    question.inputs.emplace_back(argument);
    question.databases.emplace_back();
  }
  for (auto const& argument : arguments.subspan(1)) add_input(question, argument);
  return question;
}

Database database_of(ShellValue const& value) {
  if (auto const* conn = value.get<ConnPtr>()) return (*conn)->sync();
  if (auto const* db = value.get<Database>()) return *db;
  raise(Errc::transact_syntax, "Expected a database, as @conn, found " + brief(value) + ".");
}

/// What is pulled, and of what: two arguments, or a map of both.
std::pair<Edn, Edn> pattern_and(char const* key, std::span<ShellValue const> arguments) {
  auto first = to_edn(arguments[1]);
  if (arguments.size() == 3) return {std::move(first), to_edn(arguments[2])};
  if (!first.is_map()) {
    raise(
        Errc::parser_query,
        "A pull takes a database, a pattern and an entity, as (pull @conn '[*] 3), or a database and {:selector [*] :" +
            std::string{key} + " ...}.");
  }
  return {first.at("selector"), first.at(key)};
}

}  // namespace

ShellValue call_q(std::span<ShellValue const> arguments) {
  auto const question = question_of(arguments);
  auto const result = ask(question);
  warn_of_unknown_attributes(question);
  return {result.to_edn()};
}

ShellValue call_explain(std::span<ShellValue const> arguments) {
  return {Edn::string(explain(question_of(arguments)))};
}

ShellValue call_pull(std::span<ShellValue const> arguments) {
  auto const [pattern, entity] = pattern_and("eid", arguments);
  return {pull(database_of(arguments[0]), PullPattern{pattern}, entity)};
}

ShellValue call_pull_many(std::span<ShellValue const> arguments) {
  auto const db = database_of(arguments[0]);
  auto const [pattern, entities] = pattern_and("eids", arguments);
  auto bound = PullPattern{pattern}.on(db);
  std::vector<Edn> pulled;
  for (auto const& entity : entities.items()) pulled.push_back(bound(cairn::detail::entity_ref_of(db, entity)));
  return {Edn::vector(std::move(pulled))};
}

}  // namespace cairn::tool
