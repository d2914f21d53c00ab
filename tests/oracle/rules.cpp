// Copyright the Cairn authors
// SPDX-License-Identifier: BSL-1.0
// The fixpoint of rules.
#include "rules.hpp"

#include "forms.hpp"
#include <cairn/edn/write.hpp>

namespace cairn::oracle {

namespace {

/// What no test's rules have: more answers mean that a rule makes ever new values.
constexpr std::size_t most_answers = 1'000'000;

}  // namespace

RuleTable::RuleTable(Value const& rules, std::set<std::string> const& sources) {
  std::map<std::string, std::vector<Branch>> branches;
  if (!rules.is_sequence()) refuse(Errc::parser_where, "Rules are a vector of rules.", rules);
  for (auto const& rule : rules.items()) {
    bool const sound =
        rule.is_sequence() && rule.size() >= 2 && rule[0].is_list() && rule[0].size() >= 2 && rule[0][0].is_symbol();
    if (!sound) refuse(Errc::parser_where, "A rule is [(name ?a ?b) clause ...].", rule);
    Branch branch;
    branch.body.assign(rule.items().begin() + 1, rule.items().end());
    for (auto const& item : rule[0].items().subspan(1)) {
      bool const required = item.is_vector() && branch.head.empty();
      if (!required && !is_variable(item)) refuse(Errc::parser_where, "A rule's head has variables.", rule);
      for (auto const& variable : variables_of(item)) {
        if (std::ranges::find(branch.head, variable) != branch.head.end())
          refuse(Errc::parser_where, "A variable twice in a rule's head.", rule);
        branch.head.push_back(variable);
        if (required) branch.required.push_back(variable);
      }
    }
    auto& same_name = branches[rule[0][0].as_symbol()];
    if (!same_name.empty() && same_name[0].head.size() != branch.head.size())
      refuse(Errc::parser_where, "A rule's heads are of one length.", rule);
    check_clauses(branch.body, sources, true);
    same_name.push_back(std::move(branch));
  }
  branches_ = std::make_shared<std::map<std::string, std::vector<Branch>> const>(std::move(branches));
}

RuleTable::RuleTable(RuleTable const& outer)
    : branches_{outer.branches_}, depth_{outer.running_ ? outer.depth_ + 1 : outer.depth_} {
  if (depth_ > branches_->size())
    raise(Errc::query_where, "A rule denies itself: recursion through not has no answer.", "{}");
}

std::optional<Bindings> RuleTable::answer(Context const& context, std::span<Value const> call, Bindings const& in) {
  auto const& name = call[0].as_symbol();
  auto const arguments = call.subspan(1);
  auto const rule = branches_->find(name);
  if (rule == branches_->end()) raise(Errc::query_where, "There is no rule " + name + ".", "{}");
  if (rule->second[0].head.size() != arguments.size())
    raise(Errc::query_where, "Rule " + name + " takes another number of arguments.", "{}");
  bool too_little = false;
  Variables variables;
  for (auto const& argument : arguments) {
    if (is_variable(argument)) variables.push_back(argument.as_symbol());
  }
  auto result = extend(in, variables, [&](Row const& row) {
    std::vector<Assignment> found;
    Call key{Value::symbol(context.source), call[0]};
    for (auto const& argument : arguments) {
      auto const column = is_variable(argument) ? in.column(argument.as_symbol()) : std::nullopt;
      if (column) {
        key.push_back(Value::vector({row[*column], Value::boolean(in.names.contains(argument.as_symbol()))}));
      } else {
        key.push_back(is_variable(argument) || is_placeholder(argument) ? Value::nil() : Value::vector({argument, Value::boolean(true)}));
      }
    }
    auto const answers = ask(context, key);
    too_little = too_little || !answers;
    if (!answers) return found;
    for (auto const& answer : *answers) {
      Assignment assignment;
      bool agrees = true;
      for (std::size_t i = 0; i != arguments.size(); ++i) {
        if (!is_variable(arguments[i])) continue;
        agrees = same(assignment.emplace(arguments[i].as_symbol(), answer[i]).first->second, answer[i]) && agrees;
      }
      if (agrees) found.push_back(std::move(assignment));
    }
    return found;
  });
  return too_little ? std::nullopt : std::optional{std::move(result)};
}

bool RuleTable::computes(std::string const& name, std::size_t argument) const {
  if (!computed_) {
    computed_.emplace();
    for (bool changed = true; changed;) {
      changed = false;
      for (auto const& [rule, branches] : *branches_) {
        for (auto const& branch : branches) {
          for (std::size_t i = 0; i != branch.head.size(); ++i) {
            bool const found = std::ranges::any_of(
                branch.body, [&](auto const& clause) { return oracle::computes(*this, clause, branch.head[i]); });
            if (found) changed = computed_->insert({rule, i}).second || changed;
          }
        }
      }
    }
  }
  return computed_->contains({name, argument});
}

/// The answers so far, while the table is being filled; else all of them.
std::optional<RowSet> RuleTable::ask(Context const& context, Call const& call) {
  auto const [entry, is_new] = table_.try_emplace(call);
  if (running_ || entry->second.complete) {
    changed_ = changed_ || is_new;
    return entry->second.rows;
  }
  running_ = true;
  do {
    changed_ = false;
    std::vector<Call> calls;
    for (auto const& [one, answers] : table_) {
      if (!answers.complete) calls.push_back(one);
    }
    std::size_t count = 0;
    for (auto const& one : calls) {
      auto found = evaluate(context, one);
      auto& known = table_[one].rows;
      // Rows are only added, and a call that binds too little stays one.
      if (!known) continue;
      if (!found || found->size() != known->size()) changed_ = true;
      count += found ? found->size() : 0;
      known = std::move(found);
    }
    if (count > most_answers) raise(Errc::query_memory, "Rules that have no end.", "{}");
  } while (changed_);
  for (auto& [one, answers] : table_) answers.complete = true;
  running_ = false;
  return table_[call].rows;
}

/// What the branches of a call's rule find with the table as it is.
std::optional<RowSet> RuleTable::evaluate(Context const& context, Call const& call) {
  RowSet rows;
  for (auto const& branch : branches_->at(call[1].as_symbol())) {
    Bindings start = nothing_yet();
    for (std::size_t i = 0; i != branch.head.size(); ++i) {
      if (call[i + 2].is_nil()) continue;
      start.variables.push_back(branch.head[i]);
      start.rows[0].push_back(call[i + 2][0]);
      if (call[i + 2][1].is_truthy()) start.names.insert(branch.head[i]);
    }
    if (shared(start, branch.required).size() != branch.required.size()) return std::nullopt;
    auto const found = solve({context.sources, *this, call[0].as_symbol()}, branch.body, start);
    if (!found || shared(*found, branch.head).size() != branch.head.size()) return std::nullopt;
    for (auto& row : project(*found, branch.head).rows) rows.insert(std::move(row));
  }
  return rows;
}

}  // namespace cairn::oracle
