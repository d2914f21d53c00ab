// Copyright the Cairn authors
// SPDX-License-Identifier: BSL-1.0
// Rules: a table of calls and their answers, filled again and again until nothing is new.
#pragma once

#include "solve.hpp"

#include <memory>

namespace cairn::oracle {

class RuleTable {
 public:
  /// Of the value of `%`: a vector of rules `[(name ?a ?b) clause ...]`. Errors: `parser/where`.
  RuleTable(Value const& rules, std::set<std::string> const& sources);
  /// The same rules, with an empty table: for what a negation denies.
  /// Errors: `query/where` where negations are nested deeper than there are rules, so that one denies itself.
  explicit RuleTable(RuleTable const& outer);
  RuleTable& operator=(RuleTable const&) = delete;

  /// `(name arguments)` joined with what is known. Nothing where the rule needs more than is bound.
  /// Errors: `query/where` where there is no such rule.
  [[nodiscard]] std::optional<Bindings> answer(Context const& context, std::span<Value const> call, Bindings const& in);

  /// Whether an argument of a rule, by its number from 0, may get a name that a function makes.
  [[nodiscard]] bool computes(std::string const& name, std::size_t argument) const;

 private:
  struct Branch {
    Variables required;  ///< those that the head has in a vector
    Variables head;
    Values body;
  };
  /// Of a call: its source, its name, and each argument that is bound in a vector with whether it may be a name, nil for the others.
  using Call = Row;
  struct Answers {
    std::optional<RowSet> rows = RowSet{};  ///< rows of all arguments; nothing: the call binds too little
    bool complete = false;
  };

  std::optional<RowSet> ask(Context const& context, Call const& call);
  std::optional<RowSet> evaluate(Context const& context, Call const& call);

  std::shared_ptr<std::map<std::string, std::vector<Branch>> const> branches_;
  std::map<Call, Answers, Less> table_{};
  std::size_t depth_ = 0;
  bool running_ = false;
  bool changed_ = false;
  /// The arguments of rules that may be computed; nothing: not yet known.
  mutable std::optional<std::set<std::pair<std::string, std::size_t>>> computed_{};
};

}  // namespace cairn::oracle
