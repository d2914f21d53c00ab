// Copyright the Cairn authors
// SPDX-License-Identifier: BSL-1.0
// In which order goals are taken.
#pragma once

#include <cairn/meta/watch.hpp>
#include <cairn/query/plan/expectation.hpp>
#include <cairn/query/plan/goal_builder.hpp>
#include <cairn/query/plan/reachability.hpp>
#include <cairn/query/plan/statistics.hpp>
#include <cairn/query/plan/variable_set.hpp>
#include <cairn/query/plan/waiting_goals.hpp>
#include <cairn/query/plan/waiting_index.hpp>

#include <cstddef>
#include <cstdint>
#include <limits>
#include <utility>

namespace cairn::query::planning {

/// A goal with its place in the order.
struct Placed {
  std::uint32_t goal = no_number;
  std::uint32_t low = no_number;  ///< predicates that become limits of a pattern
  std::uint32_t high = no_number;
  double rows = -1;  ///< expected for a row that comes in; negative: nobody knows
};

/// Orders the goals of a scope: always the one that is expected to make fewest rows of one, out of those that have all
/// that they need. What a function may give by name waits for it (see `NameGivers`); of those that wait for each other the first
/// is taken. What shares nothing with the rows so far comes when nothing else is left; goals of one entity stay together, so that
/// one walk along their indexes answers all of them.
///
/// Where it has statistics, and few goals are left, it looks to the end of the query before it takes a pattern that makes many
/// rows: another pattern is taken first if the rows of all steps would be less than half as many then.
template <PatternStatistics Statistics>
class Order {
 public:
  /// Requires: the builder is complete.
  constexpr Order(GoalBuilder& builder, Statistics const& statistics, meta::Watch const& watch)
      : builder_{&builder},
        goals_{&builder.goals()},
        reachability_{builder, watch},
        waiting_{builder},
        index_{builder, reachability_, waiting_},
        expectation_{builder, reachability_, statistics} {}
  Order(Order const&) = delete;
  Order& operator=(Order const&) = delete;

  /// The order of a scope's goals where `bound` has values, by rows that come in (`started`) or not; `bound` gets what
  /// they bind. Fails in the builder.
  constexpr Pool<Placed> of(std::uint32_t scope, VariableSet& bound, bool started) {
    bound_ = &bound;
    started_ = started;
    last_entity_ = no_number;
    waiting_.begin(scope);
    Pool<Placed> placed;
    placed.reserve(waiting_.all.size());
    while (!builder_->failed()) {
      waiting_.splice(*bound_);
      index_.forget();
      if (waiting_.all.empty()) {
        if (!waiting_.spliced.empty()) fail(goals_->goals[waiting_.spliced[0]]);
        break;
      }
      if (!take_next(placed) && !builder_->failed()) fail();
    }
    return placed;
  }

  /// The source of clauses that name none, in rules.
  constexpr void set_callers_source(std::uint16_t source) { expectation_.set_callers_source(source); }
  /// Whether a goal may give a variable a name of an entity: what patterns find are values.
  [[nodiscard]] constexpr bool may_name(Goal const& goal, std::uint32_t variable) {
    return index_.any_gives() && index_.givers().gives(goal, variable);
  }
  /// The columns of a call that are bound, as bits.
  [[nodiscard]] constexpr std::uint64_t bound_columns(Goal const& goal, VariableSet const& bound) const {
    return reachability_.bound_columns(goal, bound);
  }

 private:
  struct Candidate {
    std::size_t at = no_number;  ///< of those that wait
    bool early = false;          ///< has variables that functions would give
    bool apart = false;          ///< shares nothing with the rows so far
    bool elsewhere = false;      ///< is about another entity than the last pattern
    double rows = 0;
    WaitingGoals::Limits limits{};
  };

  constexpr bool ready(Goal const& goal) {
    if (goal.kind == Goal::Kind::require) return false;
    if (goal.kind == Goal::Kind::negation) {
      for (std::uint32_t const variable : goals_->joins_of(goal)) {
        if (!bound_->contains(variable) && index_.may_bind(variable)) return false;
      }
    }
    return reachability_.reachable(goal, *bound_);
  }

  constexpr bool take_next(Pool<Placed>& placed) {
    Candidate best = choose();
    if (best.at == no_number || builder_->failed()) return false;
    if constexpr (Statistics::knows) {
      if (!best.early && best.rows > 1 && can_look_ahead()) best = cheapest(best);
    }
    take(best, placed);
    return true;
  }

  /// The best of those that are ready, if there is one.
  constexpr Candidate choose() {
    Candidate best;
    for (std::size_t i = 0; i != waiting_.all.size(); ++i) {
      Goal const& goal = goals_->goals[waiting_.all[i].goal];
      if (!ready(goal)) continue;
      Candidate const candidate = judge(i, goal);
      if (best.at == no_number || better(candidate, best)) best = candidate;
      if (builder_->failed()) return best;
      if (best.rows <= 0 && !best.apart && !best.early && goal.kind == Goal::Kind::predicate) break;
    }
    return best;
  }

  constexpr void take(Candidate const& chosen, Pool<Placed>& placed) {
    Goal const& goal = goals_->goals[waiting_.all[chosen.at].goal];
    bool const counted = goal.kind == Goal::Kind::pattern && Statistics::knows;
    placed.push_back({waiting_.all[chosen.at].goal, chosen.limits.low, chosen.limits.high, counted ? chosen.rows : -1});
    if (goal.kind == Goal::Kind::pattern) last_entity_ = entity_of(goal);
    reachability_.bind(goal, *bound_);
    started_ = true;
    waiting_.take(chosen.at, chosen.limits);
    index_.forget();
    if (placed.size() > Bounds::steps) builder_->fail({Failure::Kind::too_large, goal.form, {}});
  }

  // Looking ahead

  /// Few goals, none of which is a question of its own.
  [[nodiscard]] constexpr bool can_look_ahead() const {
    constexpr std::size_t most = 8;
    if (waiting_.all.size() < 2 || waiting_.all.size() > most || !waiting_.spliced.empty()) return false;
    for (WaitingGoals::Waiting const& one : waiting_.all) {
      switch (goals_->goals[one.goal].kind) {
        case Goal::Kind::pattern:
        case Goal::Kind::predicate:
        case Goal::Kind::function: break;
        default: return false;
      }
    }
    return true;
  }

  /// The pattern with which the whole rest is cheapest; the one that seems best, unless another costs less than half: what is
  /// expected several steps ahead is not expected well.
  constexpr Candidate cheapest(Candidate const& best) {
    Candidate chosen = best;
    double least = 0.5 * cost_behind(best);
    for (std::size_t i = 0; i != waiting_.all.size(); ++i) {
      Goal const& goal = goals_->goals[waiting_.all[i].goal];
      if (i == best.at || goal.kind != Goal::Kind::pattern) continue;
      Candidate const candidate = judge(i, goal);
      if (candidate.early != best.early || candidate.apart != best.apart) continue;
      double const cost = cost_behind(candidate);
      if (cost >= least) continue;
      least = cost;
      chosen = candidate;
    }
    return chosen;
  }

  /// A look for every row that comes in and every row that goes out, summed over the steps, where one goal is taken next and then
  /// always the one that seems best.
  constexpr double cost_behind(Candidate next) {
    WaitingGoals const waiting = waiting_;
    std::uint32_t const last_entity = last_entity_;
    bool const started = started_;
    VariableSet bound = *bound_;
    VariableSet* const outer = std::exchange(bound_, &bound);
    Pool<Placed> placed;
    double rows = 1;
    double cost = 0;
    while (true) {
      double const made = rows * (goals_->goals[waiting_.all[next.at].goal].kind == Goal::Kind::predicate ? 0.5 : next.rows);
      cost += rows + made;
      rows = made;
      take(next, placed);
      if (waiting_.all.empty()) break;
      next = choose();
      if (next.at == no_number) cost = std::numeric_limits<double>::infinity();
      if (next.at == no_number || builder_->failed()) break;
    }
    waiting_ = waiting;
    index_.forget();
    last_entity_ = last_entity;
    started_ = started;
    bound_ = outer;
    return cost;
  }

  [[nodiscard]] static constexpr bool better(Candidate const& left, Candidate const& right) {
    if (left.early != right.early) return right.early;
    if (left.early) return false;  // what the query means depends on it, so that it is the first one, whatever it costs
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
    if (!finds || !index_.any_gives()) return false;
    bool early = false;
    each_joined(*goals_, goal, [&](std::uint32_t variable) {
      early = early || (!bound_->contains(variable) && index_.is_given_elsewhere(at, variable));
    });
    return early;
  }

  [[nodiscard]] constexpr std::uint32_t entity_of(Goal const& goal) const {
    auto const terms = goals_->terms_of(goal);
    return !terms.empty() && terms[0].kind == Term::Kind::variable ? terms[0].index : no_number;
  }

  constexpr Candidate judge(std::size_t at, Goal const& goal) {
    Candidate candidate = rate(at, goal);
    candidate.at = at;
    candidate.early = is_early(at, goal);
    return candidate;
  }
  constexpr Candidate rate(std::size_t at, Goal const& goal) {
    Candidate candidate;
    switch (goal.kind) {
      case Goal::Kind::pattern:
        return rate_pattern(at, goal);
      case Goal::Kind::predicate:
        candidate.rows = 0;
        break;
      case Goal::Kind::function:
        candidate.rows = expectation_.of_function(goal);
        candidate.apart = candidate.rows > 1 && is_apart(goal);
        break;
      case Goal::Kind::negation:
        candidate.rows = 0.45;
        break;
      case Goal::Kind::alternatives:
        candidate.rows = expectation_.of_alternatives(goal, *bound_);
        candidate.elsewhere = true;
        candidate.apart = is_apart(goal);
        break;
      case Goal::Kind::call: {
        std::uint64_t const mask = reachability_.bound_columns(goal, *bound_);
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

  constexpr Candidate rate_pattern(std::size_t at, Goal const& goal) {
    Candidate candidate;
    candidate.limits = index_.limits_of(goal, *bound_);
    candidate.elsewhere = entity_of(goal) != last_entity_ || last_entity_ == no_number;
    candidate.apart = is_apart(goal);
    for (std::uint32_t const limit : {candidate.limits.low, candidate.limits.high}) {
      if (limit == no_number) continue;
      for (Term const& term : goals_->terms_of(goals_->goals[limit]))
        candidate.apart = candidate.apart && !(term.kind == Term::Kind::variable && bound_->contains(term.index));
    }
    if (waiting_.all.size() == 1 && !Statistics::knows) return candidate;  // there is nothing to choose
    PatternQuestion const question = expectation_.question_of(goal, candidate.limits.low, candidate.limits.high, *bound_);
    using Known = PatternQuestion::Place;
    std::uint64_t asked = 1;
    for (Known const place : {question.entity, question.attribute, question.value, question.transaction, question.added,
                              question.low, question.high}) {
      asked = asked * 4 + static_cast<std::uint64_t>(place);
    }
    if (waiting_.all[at].asked != asked) {
      waiting_.all[at].asked = asked;
      waiting_.all[at].rows = expectation_.of_pattern(question);
    }
    candidate.rows = waiting_.all[at].rows;
    return candidate;
  }

  constexpr void fail() {
    WaitingGoals::Waiting const* worst = nullptr;
    for (WaitingGoals::Waiting const& one : waiting_.all) {
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

  GoalBuilder* builder_;
  Goals const* goals_;
  Reachability reachability_;
  WaitingGoals waiting_;
  WaitingIndex index_;
  Expectation<Statistics> expectation_;
  VariableSet* bound_ = nullptr;
  std::uint32_t last_entity_ = no_number;
  bool started_ = false;
};

}  // namespace cairn::query::planning
