// Copyright the Cairn authors
// SPDX-License-Identifier: BSL-1.0
// Errors of a query that runs, with the place in its text.
#pragma once

#include <cairn/edn/form.hpp>
#include <cairn/edn/position.hpp>
#include <cairn/error/error.hpp>
#include <cairn/meta/lazy.hpp>
#include <cairn/query/plan/plan.hpp>
#include <cairn/query/syntax/term_parser.hpp>

#include <cstddef>
#include <string>
#include <string_view>

namespace cairn::query {

/// An error with the line, the column and the text of a form of the query, or of its rules.
template <meta::Lazy = {}>
[[nodiscard]] inline Error error_at(notation::Form form, bool in_rules, Error const& error) {
  auto const message = (in_rules ? "in the rules: " : "") + error.message();
  return Error{error.code(), notation::explain(form.whole_text(), form.offset(), message), error.data()};
}

/// Whether an error is of what a query says or was given, and not of a limit or a store.
[[nodiscard]] constexpr bool is_of_text(Errc code) noexcept {
  return code == Errc::query_where || code == Errc::query_arithmetic || code == Errc::parser_find || code == Errc::transact_schema ||
         code == Errc::entity_id_missing || code == Errc::entity_id_syntax || code == Errc::lookup_ref_unique;
}

/// What `work` returns. Its errors that are of the text get the place of the form.
template <class Work>
decltype(auto) at_place(PlanView const& plan, FormAt at, Work const& work) {
  try {
    return work();
  } catch (Error const& error) {
    if (!is_of_text(error.code())) throw;
    auto const nodes = at.in_rules ? plan.rules_nodes : plan.nodes;
    throw error_at({at.in_rules ? plan.rules_text : plan.text, nodes.data(), at.node}, at.in_rules, error);
  }
}

/// Throws `parser/query`: another number of inputs than the query takes, with the place of its `:in`.
template <meta::Lazy = {}>
[[noreturn]] inline void refuse_inputs(std::string_view text, notation::Node const* nodes, std::size_t wanted, std::size_t given) {
  auto const query = syntax::detail::unquoted({text, nodes, 0});
  auto at = query;
  for (auto const part : query) {
    if (part.is_keyword("in")) {
      at = part;
      break;
    }
  }
  throw error_at(at, false,
                 Error{Errc::parser_query,
                       "The query takes " + std::to_string(wanted) + (wanted == 1 ? " input" : " inputs") +
                           ", its database among them, and was given " + std::to_string(given) +
                           ". Give one for each symbol under :in.",
                       "{:expected " + std::to_string(wanted) + " :given " + std::to_string(given) + "}"});
}

}  // namespace cairn::query
