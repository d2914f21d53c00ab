// Copyright the Cairn authors
// SPDX-License-Identifier: BSL-1.0
// In which order goals are taken.
#pragma once

#include <cairn/query/plan/goal_builder.hpp>
#include <cairn/query/plan/name_givers.hpp>
#include <cairn/query/plan/statistics.hpp>
#include <cairn/query/plan/variable_set.hpp>

#include <cstddef>
#include <cstdint>
#include <span>
#include <vector>

namespace cairn::query::planning {

/// A goal with its place in the order.
struct Placed {
  std::uint32_t goal = no_number;
  std::uint32_t low = no_number;  ///< predicates that become limits of a pattern
  std::uint32_t high = no_number;
  double rows = -1;  ///< expected for a row that comes in; negative: nobody knows
};

/// Orders the goals of a scope: always the one that is expected to make fewest rows of one, out of those that have all
/// that they need. What a function may give by name waits for it (see `NameGivers`), and what shares nothing with the rows
/// so far comes when nothing else is left; goals of one entity stay together, so that one walk along their indexes
/// answers all of them.
template <PatternStatistics Statistics>
class Order {
 public:
  /// Requires: the builder is complete.
  constexpr Order(GoalBuilder& builder, Statistics const& statistics)
      : builder_{&builder}, goals_{&builder.goals()}, statistics_{&statistics} {}

  /// The order of a scope's goals where `bound` has values, by rows that come in (`started`) or not; `bound` gets what
  /// they bind. Fails in the builder.
  constexpr std::vector<Placed> of(std::uint32_t scope, VariableSet& bound, bool started) {
    bound_ = &bound;
    started_ = started;
    last_entity_ = no_number;
    pending_.clear();
    spliced_.clear();
    std::vector<Placed> placed;
    for (std::uint32_t const number : goals_->goals_of(goals_->scopes[scope])) pending_.push_back({number});
    while (!builder_->failed()) {
      splice();
      if (pending_.empty()) {
        if (!spliced_.empty()) fail(goals_->goals[spliced_[0]]);
        break;
      }
      if (!take_next(placed) && !builder_->failed()) fail();
    }
    return placed;
  }

  /// Whether all goals of a scope can be reached where `bound` has values; `bound` gets what they bind.
  constexpr bool solvable(std::uint32_t scope, VariableSet& bound) {
    auto const numbers = goals_->goals_of(goals_->scopes[scope]);
    std::vector<std::uint32_t> waiting{numbers.begin(), numbers.end()};
    // What can be reached with some bindings can be with more, so that any order finds out.
    while (!waiting.empty()) {
      std::vector<std::uint32_t> still;
      for (std::uint32_t const number : waiting) {
        if (reachable(goals_->goals[number], bound)) {
          bind(goals_->goals[number], bound);
        } else {
          still.push_back(number);
        }
      }
      if (still.size() == waiting.size() || builder_->failed()) return false;
      waiting = still;
    }
    return true;
  }

  /// The source of clauses that name none, in rules.
  constexpr void set_callers_source(std::uint16_t source) { callers_source_ = source; }

  /// Adds what a goal that is reached has bound.
  constexpr void bind(Goal const& goal, VariableSet& bound) const {
    if (binds(goal)) each_joined(*goals_, goal, [&](std::uint32_t variable) { bound.insert(variable); });
  }

  /// The columns of a call that are bound, as bits.
  [[nodiscard]] constexpr std::uint64_t bound_columns(Goal const& goal, VariableSet const& bound) const {
    std::uint64_t mask = 0;
    std::size_t column = 0;
    for (Term const& term : goals_->terms_of(goal)) {
      bool const has =
          term.kind == Term::Kind::constant || (term.kind == Term::Kind::variable && bound.contains(term.index));
      if (has && column < 64) mask |= std::uint64_t{1} << column;
      ++column;
    }
    return mask;
  }

 private:
  struct Pending {
    std::uint32_t goal = no_number;
    std::uint64_t asked = 0;  ///< what was known when `rows` was found out; 0: never
    double rows = 0;
  };
  struct Candidate {
    std::size_t at = no_number;  ///< of `pending_`
    bool early = false;          ///< has variables that functions would give
    bool apart = false;          ///< shares nothing with the rows so far
    bool elsewhere = false;      ///< is about another entity than the last pattern
    double rows = 0;
    std::uint32_t low = no_number;
    std::uint32_t high = no_number;
  };

  [[nodiscard]] constexpr bool is_bound(Term const& term, VariableSet const& bound) const {
    return term.kind != Term::Kind::variable || bound.contains(term.index);
  }
  [[nodiscard]] constexpr bool all_bound(std::span<std::uint32_t const> variables, VariableSet const& bound) const {
    for (std::uint32_t const variable : variables) {
      if (!bound.contains(variable)) return false;
    }
    return true;
  }

  constexpr bool count_check() {
    if (++checks_ > Bounds::checks) builder_->fail({Failure::Kind::too_large, {}, {}});
    return !builder_->failed();
  }

  /// Whether a goal has all that it needs; a negation, where nothing else will be bound.
  constexpr bool reachable(Goal const& goal, VariableSet const& bound) {
    if (!count_check()) return false;
    switch (goal.kind) {
      case Goal::Kind::pattern:
        return true;
      case Goal::Kind::predicate:
      case Goal::Kind::function:
        for (Term const& term : goals_->terms_of(goal)) {
          if (!is_bound(term, bound)) return false;
        }
        return true;
      case Goal::Kind::require:
        return all_bound(goals_->joins_of(goal), bound);
      case Goal::Kind::alternatives:
        if (!all_bound(goals_->required_of(goal), bound)) return false;
        for (std::uint32_t const scope : goals_->scopes_of(goal)) {
          VariableSet inside = bound;
          if (!solvable(scope, inside) || !all_bound(goals_->joins_of(goal), inside)) return false;
        }
        return true;
      case Goal::Kind::negation: {
        bool joins = goal.has_constant;
        for (std::uint32_t const variable : goals_->joins_of(goal)) {
          bool const has = bound.contains(variable);
          if (goal.join && !has) return false;
          joins = joins || has;
        }
        VariableSet inside = bound;
        return joins && solvable(goals_->scopes_of(goal)[0], inside);
      }
      case Goal::Kind::call:
        return callable(goal.rule, bound_columns(goal, bound));
    }
    return false;
  }

  /// Whether a rule has an answer where those of its columns are bound. Rules in a circle can if nothing says that one
  /// can't.
  constexpr bool callable(std::uint16_t rule, std::uint64_t mask) {
    for (Callable const& known : callable_) {
      if (known.rule == rule && known.mask == mask) return known.yes;
    }
    syntax::Rule const& written = builder_->rules()->tree->rules[rule];
    bool yes = true;
    for (std::uint16_t const column : builder_->rules()->tree->variables_of(written.required))
      yes = yes && (mask >> column & 1U) != 0;
    std::size_t const first = callable_.size();
    callable_.push_back({rule, mask, yes});
    if (!yes || builder_->closure_of(rule).found) return yes;
    if (callable_depth_ != 0 || callable_.size() > Bounds::tables) {
      if (callable_.size() > Bounds::tables) builder_->fail({Failure::Kind::too_large, {written.name, true}, {}});
      return yes;  // looked at by whoever asked first
    }
    ++callable_depth_;
    // Each can but for what is found out below, so that what was thought of others may have to be thought of again.
    for (bool changed = true; changed && !builder_->failed();) {
      changed = false;
      for (std::size_t i = first; i != callable_.size(); ++i) {
        if (callable_[i].yes && !bodies_solvable(callable_[i].rule, callable_[i].mask)) {
          callable_[i].yes = false;
          changed = true;
        }
      }
    }
    --callable_depth_;
    for (Callable const& known : callable_) {
      if (known.rule == rule && known.mask == mask) return known.yes;
    }
    return false;
  }

  constexpr bool bodies_solvable(std::uint16_t rule, std::uint64_t mask) {
    if (builder_->closure_of(rule).found) return true;
    for (GoalBuilder::Body const& body : builder_->bodies_of(rule)) {
      VariableSet bound;
      auto const head = Goals::of(goals_->variables, body.head);
      for (std::size_t column = 0; column != head.size(); ++column) {
        if ((mask >> column & 1U) != 0) bound.insert(head[column]);
      }
      if (!solvable(body.scope, bound) || !all_bound(head, bound)) return false;
    }
    return !builder_->failed();
  }

  /// Alternatives without an alternative are taken apart as soon as what they require is bound.
  constexpr void splice() {
    for (std::size_t i = 0; i < pending_.size();) {
      Goal const& goal = goals_->goals[pending_[i].goal];
      bool const single = goal.kind == Goal::Kind::alternatives && goal.scopes.count == 1;
      if (goal.kind == Goal::Kind::require && all_bound(goals_->joins_of(goal), *bound_)) {
        pending_.erase(pending_.begin() + static_cast<std::ptrdiff_t>(i));
        continue;
      }
      if (!single || !all_bound(goals_->required_of(goal), *bound_)) {
        ++i;
        continue;
      }
      std::vector<Pending> inside;
      for (std::uint32_t const inner : goals_->goals_of(goals_->scopes[goals_->scopes_of(goal)[0]]))
        inside.push_back({inner});
      // What stays behind is that its variables are bound.
      std::uint32_t const whole = pending_[i].goal;
      pending_.erase(pending_.begin() + static_cast<std::ptrdiff_t>(i));
      pending_.insert(pending_.begin() + static_cast<std::ptrdiff_t>(i), inside.begin(), inside.end());
      if (!all_bound(goals_->joins_of(goal), *bound_)) spliced_.push_back(whole);
    }
    for (std::size_t i = 0; i < spliced_.size();) {
      if (all_bound(goals_->joins_of(goals_->goals[spliced_[i]]), *bound_)) {
        spliced_.erase(spliced_.begin() + static_cast<std::ptrdiff_t>(i));
      } else {
        ++i;
      }
    }
  }

  /// Whether some goal other than a negation may still bind a variable.
  [[nodiscard]] constexpr bool may_bind(std::uint32_t variable) const {
    bool found = false;
    for (Pending const& one : pending_) {
      Goal const& goal = goals_->goals[one.goal];
      if (goal.kind == Goal::Kind::negation || goal.kind == Goal::Kind::predicate) continue;
      each_joined(*goals_, goal, [&](std::uint32_t joined) { found = found || joined == variable; });
      if (found) return true;
    }
    for (std::uint32_t const whole : spliced_) {
      for (std::uint32_t const joined : goals_->joins_of(goals_->goals[whole])) found = found || joined == variable;
    }
    return found;
  }

  constexpr bool ready(Goal const& goal) {
    if (goal.kind == Goal::Kind::require) return false;
    if (goal.kind == Goal::Kind::negation) {
      for (std::uint32_t const variable : goals_->joins_of(goal)) {
        if (!bound_->contains(variable) && may_bind(variable)) return false;
      }
    }
    return reachable(goal, *bound_);
  }

  constexpr bool take_next(std::vector<Placed>& placed) {
    Candidate best;
    std::size_t ready_count = 0;
    for (std::size_t i = 0; i != pending_.size(); ++i) {
      Goal const& goal = goals_->goals[pending_[i].goal];
      if (!ready(goal)) continue;
      ++ready_count;
      Candidate candidate = judge(i, goal);
      candidate.at = i;
      candidate.early = is_early(i, goal);
      if (best.at == no_number || better(candidate, best)) best = candidate;
      if (builder_->failed()) return false;
      if (best.rows <= 0 && !best.apart && !best.early && goal.kind == Goal::Kind::predicate) break;
    }
    if (ready_count == 0) return false;
    Goal const& goal = goals_->goals[pending_[best.at].goal];
    bool const counted = goal.kind == Goal::Kind::pattern && Statistics::knows;
    placed.push_back({pending_[best.at].goal, best.low, best.high, counted ? best.rows : -1});
    if (goal.kind == Goal::Kind::pattern) last_entity_ = entity_of(goal);
    bind(goal, *bound_);
    started_ = true;
    std::vector<Pending> rest;
    for (std::size_t i = 0; i != pending_.size(); ++i) {
      std::uint32_t const number = pending_[i].goal;
      if (i != best.at && number != best.low && number != best.high) rest.push_back(pending_[i]);
    }
    pending_ = rest;
    return true;
  }

  [[nodiscard]] static constexpr bool better(Candidate const& left, Candidate const& right) {
    if (left.early != right.early) return right.early;
    if (left.apart != right.apart) return right.apart;
    bool const left_few = left.rows <= 1;
    bool const right_few = right.rows <= 1;
    if (left_few != right_few) return left_few;
    if (left_few && left.elsewhere != right.elsewhere) return right.elsewhere;
    return left.rows < right.rows;
  }

  /// Whether a goal would find a variable that another may give by name.
  [[nodiscard]] constexpr bool is_early(std::size_t at, Goal const& goal) {
    bool const finds =
        goal.kind == Goal::Kind::pattern || goal.kind == Goal::Kind::alternatives || goal.kind == Goal::Kind::call;
    if (!finds) return false;
    if (!givers_.is_ready()) givers_ = NameGivers{*builder_};
    if (!givers_.any()) return false;
    bool early = false;
    each_joined(*goals_, goal, [&](std::uint32_t variable) {
      if (early || bound_->contains(variable)) return;
      for (std::size_t i = 0; i != pending_.size() && !early; ++i)
        early = i != at && givers_.gives(goals_->goals[pending_[i].goal], variable);
    });
    return early;
  }

  [[nodiscard]] constexpr std::uint32_t entity_of(Goal const& goal) const {
    auto const terms = goals_->terms_of(goal);
    return !terms.empty() && terms[0].kind == Term::Kind::variable ? terms[0].index : no_number;
  }

  constexpr Candidate judge(std::size_t at, Goal const& goal) {
    Candidate candidate;
    switch (goal.kind) {
      case Goal::Kind::pattern:
        return judge_pattern(at, goal);
      case Goal::Kind::predicate:
        candidate.rows = 0;
        break;
      case Goal::Kind::function:
        candidate.rows = rows_of_function(goal);
        candidate.apart = candidate.rows > 1 && is_apart(goal);
        break;
      case Goal::Kind::negation:
        candidate.rows = 0.45;
        break;
      case Goal::Kind::alternatives:
        candidate.rows = rows_of_alternatives(goal);
        candidate.elsewhere = true;
        candidate.apart = is_apart(goal);
        break;
      case Goal::Kind::call: {
        std::uint64_t const mask = bound_columns(goal, *bound_);
        bool const full = goal.terms.count < 64 && mask == (std::uint64_t{1} << goal.terms.count) - 1;
        candidate.rows = full ? 0.5 : mask != 0 ? 60 : 2e5;
        candidate.elsewhere = true;
        candidate.apart = is_apart(goal);
        break;
      }
      case Goal::Kind::require:
        break;
    }
    return candidate;
  }

  /// Whether a goal joins nothing that is bound, while something is.
  [[nodiscard]] constexpr bool is_apart(Goal const& goal) const {
    if (!started_) return false;
    bool shares = false;
    bool any = false;
    each_joined(*goals_, goal, [&](std::uint32_t variable) {
      any = true;
      shares = shares || bound_->contains(variable);
    });
    return any && !shares;
  }

  constexpr double rows_of_function(Goal const& goal) const {
    Unpacking const& unpacking = goals_->unpackings[goal.unpacking];
    bool const many =
        unpacking.kind == query::Binding::Kind::collection || unpacking.kind == query::Binding::Kind::relation;
    if (!many) return 0.9;
    auto const terms = goals_->terms_of(goal);
    if (terms.size() == 1 && terms[0].kind == Term::Kind::constant) {
      Written const& written = terms[0].form.in_rules ? *builder_->rules() : builder_->query();
      return static_cast<double>(written.nodes[terms[0].form.node].children);
    }
    return 10;
  }

  /// The sum over the branches, each of which is as good as its best pattern.
  constexpr double rows_of_alternatives(Goal const& goal) {
    double sum = 0;
    for (std::uint32_t const scope : goals_->scopes_of(goal)) {
      double fewest = -1;
      for (std::uint32_t const number : goals_->goals_of(goals_->scopes[scope])) {
        Goal const& inner = goals_->goals[number];
        double rows = -1;
        if (inner.kind == Goal::Kind::pattern) rows = statistics_->rows(question_of(inner, no_number, no_number));
        if (inner.kind == Goal::Kind::alternatives && count_check()) rows = rows_of_alternatives(inner);
        if (inner.kind == Goal::Kind::call) rows = bound_columns(inner, *bound_) != 0 ? 60 : 2e5;
        if (inner.kind == Goal::Kind::function) rows = rows_of_function(inner);
        if (inner.kind == Goal::Kind::predicate) rows = 0.5;
        if (rows >= 0 && (fewest < 0 || rows < fewest)) fewest = rows;
      }
      sum += fewest < 0 ? 1 : fewest;
    }
    return sum;
  }

  constexpr Candidate judge_pattern(std::size_t at, Goal const& goal) {
    Candidate candidate;
    find_limits(goal, candidate);
    candidate.elsewhere = entity_of(goal) != last_entity_ || last_entity_ == no_number;
    candidate.apart = is_apart(goal);
    for (std::uint32_t const limit : {candidate.low, candidate.high}) {
      if (limit == no_number) continue;
      for (Term const& term : goals_->terms_of(goals_->goals[limit]))
        candidate.apart = candidate.apart && !(term.kind == Term::Kind::variable && bound_->contains(term.index));
    }
    if (pending_.size() == 1 && !Statistics::knows) return candidate;  // there is nothing to choose
    PatternQuestion const question = question_of(goal, candidate.low, candidate.high);
    using Known = PatternQuestion::Place;
    std::uint64_t asked = 1;
    for (Known const place : {question.entity, question.attribute, question.value, question.transaction, question.added,
                              question.low, question.high}) {
      asked = asked * 4 + static_cast<std::uint64_t>(place);
    }
    if (pending_[at].asked != asked) {
      pending_[at].asked = asked;
      pending_[at].rows = statistics_->rows(question);
    }
    candidate.rows = pending_[at].rows;
    return candidate;
  }

  [[nodiscard]] constexpr PatternQuestion::Place place_of(Term const& term) const {
    if (term.kind == Term::Kind::constant) return PatternQuestion::Place::constant;
    return term.kind == Term::Kind::variable && bound_->contains(term.index) ? PatternQuestion::Place::bound
                                                                             : PatternQuestion::Place::open;
  }

  [[nodiscard]] constexpr PatternQuestion question_of(Goal const& goal, std::uint32_t low, std::uint32_t high) const {
    PatternQuestion question;
    question.source = goal.source == syntax::callers_source ? callers_source_ : goal.source;
    auto const terms = goals_->terms_of(goal);
    PatternQuestion::Place* const places[] = {&question.entity, &question.attribute, &question.value,
                                              &question.transaction, &question.added};
    FormAt* const forms[] = {&question.entity_form, &question.attribute_form, &question.value_form};
    for (std::size_t i = 0; i != terms.size() && i != 5; ++i) {
      *places[i] = place_of(terms[i]);
      if (i < 3) *forms[i] = terms[i].form;
    }
    auto const set = [&](std::uint32_t limit, PatternQuestion::Place& place, FormAt& form) {
      if (limit == no_number) return;
      auto const arguments = goals_->terms_of(goals_->goals[limit]);
      bool const first = arguments[0].kind == Term::Kind::variable && arguments[0].index == terms[2].index;
      Term const& other = arguments[first ? 1 : 0];
      place = place_of(other);
      form = other.form;
    };
    set(low, question.low, question.low_form);
    set(high, question.high, question.high_form);
    return question;
  }

  /// Predicates that compare what the pattern binds as its value with something known.
  constexpr void find_limits(Goal const& goal, Candidate& candidate) const {
    auto const terms = goals_->terms_of(goal);
    if (terms.size() < 3 || terms[2].kind != Term::Kind::variable || bound_->contains(terms[2].index)) return;
    for (std::size_t i = 0; i != terms.size(); ++i) {
      if (i != 2 && terms[i].kind == Term::Kind::variable && terms[i].index == terms[2].index) return;
    }
    for (Pending const& one : pending_) {
      Goal const& predicate = goals_->goals[one.goal];
      if (predicate.kind != Goal::Kind::predicate || predicate.callee.custom || predicate.terms.count != 2) continue;
      FunctionId const compares = predicate.callee.builtin;
      bool const greater = compares == FunctionId::greater || compares == FunctionId::at_least;
      if (!greater && compares != FunctionId::less && compares != FunctionId::at_most) continue;
      auto const arguments = goals_->terms_of(predicate);
      bool const first = arguments[0].kind == Term::Kind::variable && arguments[0].index == terms[2].index;
      bool const second = arguments[1].kind == Term::Kind::variable && arguments[1].index == terms[2].index;
      if (first == second) continue;
      Term const& other = arguments[first ? 1 : 0];
      if (other.kind == Term::Kind::constant ? !is_scalar(other.form)
                                             : !is_bound(other, *bound_) || other.kind != Term::Kind::variable)
        continue;
      std::uint32_t& limit = greater == first ? candidate.low : candidate.high;
      if (limit == no_number) limit = one.goal;
    }
  }

  /// Whether a constant is a number, a text or a point in time: what indexes have in the order of the predicates.
  [[nodiscard]] constexpr bool is_scalar(FormAt form) const {
    Written const& written = form.in_rules ? *builder_->rules() : builder_->query();
    notation::Kind const kind = written.nodes[form.node].kind;
    return kind == notation::Kind::integer || kind == notation::Kind::real || kind == notation::Kind::string ||
           kind == notation::Kind::bigint || kind == notation::Kind::decimal || kind == notation::Kind::tagged;
  }

  constexpr void fail() {
    Pending const* worst = nullptr;
    for (Pending const& one : pending_) {
      if (worst == nullptr || rank(goals_->goals[one.goal]) > rank(goals_->goals[worst->goal])) worst = &one;
    }
    if (worst == nullptr) return builder_->fail({Failure::Kind::unbound, {}, {}});
    fail(goals_->goals[worst->goal]);
  }
  constexpr void fail(Goal const& goal) {
    Failure failure{goal.kind == Goal::Kind::negation ? Failure::Kind::no_join : Failure::Kind::unbound, goal.form, {}};
    bool found = false;
    each_inside(*goals_, goal, [&](std::uint32_t variable) {
      if (!found && !bound_->contains(variable)) {
        failure.variable = goals_->names[variable];
        found = true;
      }
      if (bound_->contains(variable) && failure.kind == Failure::Kind::no_join) failure.kind = Failure::Kind::unbound;
    });
    builder_->fail(failure);
  }
  /// Calls of functions say most of what is missing.
  [[nodiscard]] static constexpr int rank(Goal const& goal) {
    if (goal.kind == Goal::Kind::predicate || goal.kind == Goal::Kind::function) return 3;
    return goal.kind == Goal::Kind::negation ? 1 : 2;
  }

  struct Callable {
    std::uint16_t rule = 0;
    std::uint64_t mask = 0;
    bool yes = true;
  };

  GoalBuilder* builder_;
  Goals const* goals_;
  Statistics const* statistics_;
  std::uint16_t callers_source_ = 0;
  VariableSet* bound_ = nullptr;
  std::vector<Pending> pending_{};
  std::vector<std::uint32_t> spliced_{};
  std::vector<Callable> callable_{};
  NameGivers givers_{};  ///< made when it is asked for the first time
  std::uint32_t callable_depth_ = 0;
  std::uint64_t checks_ = 0;
  std::uint32_t last_entity_ = no_number;
  bool started_ = false;
};

}  // namespace cairn::query::planning
