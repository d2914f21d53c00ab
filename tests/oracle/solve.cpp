// Copyright the Cairn authors
// SPDX-License-Identifier: BSL-1.0
// One function a kind of clause.
#include "solve.hpp"

#include "forms.hpp"
#include "functions.hpp"
#include "rules.hpp"
#include <cairn/edn/write.hpp>

#include <iterator>

namespace cairn::oracle {

namespace {

using Answer = std::optional<Bindings>;

Source const& source_of(Context const& context, std::string const& name) {
  auto const found = context.sources.find(name);
  if (found == context.sources.end()) raise(Errc::query_where, "There is no source " + name + " in :in.", "{}");
  return *found->second;
}

/// The value that a constant or a bound variable that may be a name wants at a place of a row; entities may be named in any way there.
/// Nothing where there is no such entity, which is an error of a constant: it can match nothing whatever the data is.
std::optional<Value> wanted(Source const& source, Values const& pattern, std::size_t place, Value const& value,
                            bool constant) {
  if (source.database() == nullptr) return value;
  if (place == 1) return source.attribute(value);
  bool const names_entity = place == 0 || place == 3 || (place == 2 && source.is_reference(pattern[1]));
  bool const is_lookup = value.is_sequence() && value.size() == 2 && value[0].is_keyword();
  if (!names_entity || !(is_lookup || value.is_keyword())) return value;
  if (!constant) {
    try {
      return source.entity(value);
    } catch (Error const&) {
      return std::nullopt;  // a value that only looks like a lookup ref
    }
  }
  auto found = source.entity(value);
  if (!found) raise(Errc::entity_id_missing, "There is no entity " + notation::write(value) + ".", "{}");
  return found;
}

/// `[?e :name ?n]`: a row of the source for a row of the bindings, place by place.
Bindings pattern(Context const& context, Values const& terms, Bindings const& in) {
  Source const& source = source_of(context, context.source);
  Variables fresh;
  for (auto const& term : terms) {
    if (is_variable(term) && !in.binds(term.as_symbol())) fresh.push_back(term.as_symbol());
  }
  std::map<std::size_t, Value> constants;
  for (std::size_t i = 0; i != terms.size(); ++i) {
    if (!is_variable(terms[i]) && !is_placeholder(terms[i]))
      constants.emplace(i, *wanted(source, terms, i, terms[i], true));
  }
  return extend(in, fresh, [&](Row const& row) {
    std::vector<Assignment> matches;
    auto known = constants;
    for (std::size_t i = 0; i != terms.size(); ++i) {
      auto const column = is_variable(terms[i]) ? in.column(terms[i].as_symbol()) : std::nullopt;
      if (!column) continue;
      bool const is_name = in.names.contains(terms[i].as_symbol());
      auto value = is_name ? wanted(source, terms, i, row[*column], false) : row[*column];
      if (!value) return matches;
      known.emplace(i, std::move(*value));
    }
    auto const try_row = [&](Row const& candidate) {
      if (candidate.size() < terms.size()) return;
      for (auto const& [place, value] : known) {
        if (!same(candidate[place], value)) return;
      }
      Assignment match;
      for (std::size_t i = 0; i != terms.size(); ++i) {
        if (!is_variable(terms[i]) || known.contains(i)) continue;
        if (!same(match.emplace(terms[i].as_symbol(), candidate[i]).first->second, candidate[i]))
          return;  // [?e :friend ?e]
      }
      matches.push_back(std::move(match));
    };
    if (known.empty()) {
      for (auto const& candidate : source.rows()) try_row(candidate);
      return matches;
    }
    // Any known place would do; the rarest value gives the fewest rows to try.
    std::vector<Row const*> const* fewest = nullptr;
    for (auto const& [place, value] : known) {
      auto const& rows = source.with(place, value);
      if (fewest == nullptr || rows.size() < fewest->size()) fewest = &rows;
    }
    for (auto const* candidate : *fewest) try_row(*candidate);
    return matches;
  });
}

/// `[(f ?x)]`, `[(f ?x) ?y]`. Waits for its arguments; nil is no result.
Answer call(Context const& context, Value const& clause, Bindings const& in) {
  auto const form = clause[0].items();
  if (is_variable(form[0])) throw Unspoken{"functions as inputs"};
  for (auto const& argument : form.subspan(1)) {
    if (is_variable(argument) && !in.binds(argument.as_symbol())) return std::nullopt;
  }
  bool const predicate = clause.size() == 1;
  return extend(in, predicate ? Variables{} : variables_of(clause[1]), [&](Row const& row) -> std::vector<Assignment> {
    std::vector<Argument> arguments;
    for (auto const& argument : form.subspan(1)) {
      if (is_variable(argument)) {
        arguments.emplace_back(row[*in.column(argument.as_symbol())]);
      } else if (is_source(argument)) {
        arguments.emplace_back(context.sources.at(argument.as_symbol()));
      } else {
        arguments.emplace_back(is_form(argument, "quote") ? argument[1] : argument);
      }
    }
    auto const result = call_function(form[0].as_symbol(), arguments);
    if (predicate) return result.is_truthy() ? std::vector<Assignment>{{}} : std::vector<Assignment>{};
    return result.is_nil() ? std::vector<Assignment>{} : destructure(clause[1], result);
  });
}

/// `(or-join [?x] ...)`: the branches see the variables to join and nothing else; what any of them finds is true.
Answer disjunction(Context const& context, Variables const& variables, std::span<Value const> branches,
                   Bindings const& in) {
  auto const visible = project(in, shared(in, variables));
  RowSet found;
  for (auto const& branch : branches) {
    auto const answer = solve(context, {&branch, 1}, visible);
    if (!answer || shared(*answer, variables).size() != variables.size()) return std::nullopt;
    for (auto& row : project(*answer, variables).rows) found.insert(std::move(row));
  }
  return join(in, {variables, {found.begin(), found.end()}, {}});
}

/// `(not-join [?x] ...)`: the clauses see the variables to join and nothing else; whom they find is not in.
Answer negation(Context const& context, Variables const& variables, std::span<Value const> clauses,
                Bindings const& in) {
  auto const visible = project(in, variables);
  // What is to be denied must be known in full, so rules in there are answered on their own.
  RuleTable rules{context.rules};
  auto const found = solve({context.sources, rules, context.source}, clauses, visible);
  if (!found) return std::nullopt;
  return without(in, project(*found, variables));
}

Answer answer(Context const& context, Value const& clause, Bindings const& in) {
  if (is_call(clause)) return call(context, clause, in);
  auto items = clause.items();
  Context here = context;
  if (is_source(items[0])) {
    here.source = items[0].as_symbol();
    items = items.subspan(1);
  }
  if (clause.is_vector()) return pattern(here, {items.begin(), items.end()}, in);
  auto const& head = items[0].as_symbol();
  if (head == "and") return solve(here, items.subspan(1), in);
  if (head == "or") return disjunction(here, clause_variables(items.subspan(1)), items.subspan(1), in);
  if (head == "or-join") {
    // `(or-join [[?required] ?free] ...)`
    for (auto const& item : items[1].items()) {
      if (item.is_sequence() && shared(in, variables_of(item)).size() != item.size()) return std::nullopt;
    }
    return disjunction(here, variables_of(items[1]), items.subspan(2), in);
  }
  if (head == "not") {
    auto const variables = shared(in, clause_variables(items.subspan(1)));
    if (variables.empty()) return std::nullopt;
    return negation(here, variables, items.subspan(1), in);
  }
  if (head == "not-join") {
    auto const variables = variables_of(items[1]);
    if (shared(in, variables).size() != variables.size()) return std::nullopt;
    return negation(here, variables, items.subspan(2), in);
  }
  return here.rules.answer(here, items, in);
}

}  // namespace

namespace {

/// Whether a clause would find an unbound variable that another one that waits computes.
bool is_early(Context const& context, std::vector<Value> const& waiting, std::size_t number, Bindings const& in) {
  auto const& clause = waiting[number];
  if (is_call(clause) || is_negation(clause)) return false;
  return std::ranges::any_of(clause_variables(clause), [&](auto const& variable) {
    if (in.binds(variable)) return false;
    for (std::size_t i = 0; i != waiting.size(); ++i) {
      if (i != number && computes(context.rules, waiting[i], variable)) return true;
    }
    return false;
  });
}

}  // namespace

bool computes(RuleTable const& rules, Value const& clause, Variable const& variable) {
  if (is_call(clause)) return clause.size() > 1 && may_name(clause[0]) && std::ranges::count(variables_of(clause[1]), variable) != 0;
  if (clause.is_vector() || is_negation(clause)) return false;
  auto items = clause.items();
  if (is_source(items[0])) items = items.subspan(1);
  auto const& head = items[0].as_symbol();
  if (head == "or" || head == "and" || head == "or-join") {
    bool const joins = head == "or-join";
    if (joins && std::ranges::count(variables_of(items[1]), variable) == 0) return false;
    auto const inner = items.subspan(joins ? 2 : 1);
    return std::ranges::any_of(inner, [&](auto const& one) { return computes(rules, one, variable); });
  }
  for (std::size_t i = 1; i != items.size(); ++i) {
    if (is_variable(items[i]) && items[i].as_symbol() == variable && rules.computes(head, i - 1)) return true;
  }
  return false;
}

std::optional<Bindings> solve(Context const& context, std::span<Value const> clauses, Bindings in) {
  std::vector<Value> waiting;
  std::ranges::copy_if(clauses, std::back_inserter(waiting), [](auto const& clause) { return !is_negation(clause); });
  std::ranges::copy_if(clauses, std::back_inserter(waiting), is_negation);
  auto const take_one = [&](bool early_too) {
    for (std::size_t i = 0; i != waiting.size(); ++i) {
      if (is_negation(waiting[i]) && !is_negation(waiting[0])) return false;
      if (!early_too && is_early(context, waiting, i, in)) continue;
      auto found = answer(context, waiting[i], in);
      if (!found) continue;
      for (auto const& variable : found->variables) {
        if (!in.binds(variable) && computes(context.rules, waiting[i], variable)) found->names.insert(variable);
      }
      in = std::move(*found);
      waiting.erase(waiting.begin() + static_cast<std::ptrdiff_t>(i));
      return true;
    }
    return false;
  };
  while (!waiting.empty()) {
    if (!take_one(false) && !take_one(true)) return std::nullopt;
  }
  return in;
}

}  // namespace cairn::oracle
