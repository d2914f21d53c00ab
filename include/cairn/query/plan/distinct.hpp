// Copyright the Cairn authors
// SPDX-License-Identifier: BSL-1.0
// Which duplicates a schema rules out.
#pragma once

#include <cairn/edn/node.hpp>
#include <cairn/query/plan/plan.hpp>

#include <cstddef>
#include <cstdint>

namespace cairn::query {

/// What is known of a pattern's source, and of its attribute where that is constant.
struct PatternFacts {
  /// No two rows of the source agree in entity, attribute and value: a view of a database that is neither a history nor
  /// a collection.
  bool facts_are_once = false;
  bool one = false;     ///< an entity has at most one value of the attribute
  bool unique = false;  ///< a value belongs to at most one entity
  /// The places, a bit each, where what is found may name an entity otherwise than by its number.
  std::uint8_t names = 0;
};

namespace planning {

/// Rows by what determines what: at most 64 variables, those without a name included. More than that are never proved
/// distinct.
///
/// What a pattern is given may be one of many names for what it finds: an ident, a lookup ref or the number of an entity, a float
/// of another width. So a fact determines of its places those alone whose variables patterns have found.
class Dependencies {
 public:
  constexpr Dependencies(PlanView const& plan, bool one_input_row) : plan_{&plan}, one_input_row_{one_input_row} {}

  /// The rows are distinct in those variables, however they were made.
  constexpr void restart(Elements<std::uint16_t> variables) {
    all_ = 0;
    for (std::uint16_t const variable : variables) all_ |= bit_of(variable);
  }
  /// The rows that came in: they are distinct, or there is one.
  constexpr void add_incoming(Block const& block) {
    for (std::uint16_t const variable : plan_->variables_of(block.needs)) {
      if (one_input_row_) given_ |= bit_of(variable);
      add_unsure(bit_of(variable));
    }
  }

  /// What a step adds to the rows.
  template <class Facts>
  constexpr void add(Step const& step, Facts const& facts) {
    auto const operands = plan_->operands_of(step.operands);
    switch (step.kind) {
      case Step::Kind::pattern:
        return add_pattern(operands, facts(step));
      case Step::Kind::compute: {
        std::uint64_t from = 0;
        for (Operand const& operand : operands) from |= bits_of(operand);
        bool const pure = !step.callee.custom && info_of(step.callee.builtin).pure;
        add_binding(plan_->bindings[step.binding], from, pure);
        break;
      }
      case Step::Kind::call:
      case Step::Kind::closure:
      case Step::Kind::seeds:
        for (Operand const& operand : operands)
          add_unsure(operand.kind == Operand::Kind::blank ? nameless() : bits_of(operand));
        break;
      case Step::Kind::either:
        // Whether its blocks find the same is for whoever asks; each of them may find something more than once.
        for (std::uint16_t const number : plan_->blocks_of(step.blocks)) {
          for (std::uint16_t const variable : plan_->variables_of(plan_->blocks[number].gives))
            add_unsure(bit_of(variable));
        }
        all_ |= nameless();
        break;
      case Step::Kind::filter:
      case Step::Kind::missing:
      case Step::Kind::without:
      case Step::Kind::empty:
        break;
    }
  }

  /// What an either adds whose blocks exclude each other, of which `step` is one block's pattern. Which constant a row has is
  /// something that rows differ in, as a variable without a name would be: a unique attribute has one entity for each of them.
  template <class Facts>
  constexpr void add_one_of(Step const& step, Facts const& facts) {
    auto const places = plan_->operands_of(step.operands);
    std::array<Operand, 3> const of_any_value{places[0], places[1], Operand{}};
    add_pattern(of_any_value, facts(step));
  }

  /// Whether rows that agree in these variables are the same row.
  [[nodiscard]] constexpr bool distinct_in(Elements<std::uint16_t> variables) const {
    if (overflow_) return false;
    std::uint64_t known = given_;
    for (std::uint16_t const variable : variables) known |= known_bit(variable);
    for (bool changed = true; changed && (all_ & ~known) != 0;) {
      changed = false;
      for (Dependency const& one : dependencies_) {
        if ((one.from & ~known) != 0 || (one.to & ~known) == 0) continue;
        known |= one.to;
        changed = true;
      }
    }
    return (all_ & ~known) == 0;
  }

 private:
  struct Dependency {
    std::uint64_t from = 0;
    std::uint64_t to = 0;
  };
  static constexpr std::uint32_t nobody = 0xFFFFFFFF;
  static constexpr std::size_t most_variables = 64;

  constexpr std::uint64_t bit_of(std::uint32_t variable) {
    std::uint64_t const known = known_bit(variable);
    return known != 0 ? known : add_number(variable);
  }
  [[nodiscard]] constexpr std::uint64_t known_bit(std::uint32_t variable) const {
    for (std::size_t i = 0; i != count_; ++i) {
      if (numbers_[i] == variable) return std::uint64_t{1} << i;
    }
    return 0;
  }
  constexpr std::uint64_t nameless() { return add_number(nobody); }
  constexpr std::uint64_t add_number(std::uint32_t variable) {
    if (count_ == most_variables) {
      overflow_ = true;
      return 0;
    }
    numbers_[count_] = variable;
    return std::uint64_t{1} << count_++;
  }

  constexpr std::uint64_t bits_of(Operand const& operand) {
    return operand.kind == Operand::Kind::bound || operand.kind == Operand::Kind::free ? bit_of(operand.index) : 0;
  }

  /// Variables that may have names for values, those that were not there before.
  constexpr void add_unsure(std::uint64_t variables) {
    names_ |= variables & ~all_;
    all_ |= variables;
  }

  constexpr void add_pattern(Elements<Operand> operands, PatternFacts const& facts) {
    std::uint64_t places[5] = {};
    for (std::size_t i = 0; i != 5; ++i) {
      if (i >= operands.size() || operands[i].kind == Operand::Kind::blank) {
        // When a fact was made is determined by the fact; where it isn't, it counts as another variable.
        if (i < 3 || !facts.facts_are_once) places[i] = nameless();
      } else if (operands[i].kind == Operand::Kind::same) {
        places[i] = places[operands[i].index];
      } else {
        places[i] = bits_of(operands[i]);
        bool const sure = operands[i].kind == Operand::Kind::free && ((facts.names >> i) & 1U) == 0;
        if (!sure) add_unsure(places[i]);
      }
      all_ |= places[i];
    }
    auto const found = [&](std::size_t place) { return places[place] & ~names_; };
    if (facts.facts_are_once) {
      if (places[3] != 0 || places[4] != 0)
        dependencies_.push_back({places[0] | places[1] | places[2], found(3) | places[4]});
      if (facts.one) dependencies_.push_back({places[0] | places[1], found(2)});
      if (facts.unique) dependencies_.push_back({places[1] | places[2], found(0)});
    }
  }

  /// What is taken out of a value that `from` determines, if the function is `pure`.
  constexpr void add_binding(Binding const& binding, std::uint64_t from, bool pure) {
    switch (binding.kind) {
      case Binding::Kind::blank:
        break;
      case Binding::Kind::scalar: {
        std::uint64_t const variable = bits_of(binding.variable);
        add_unsure(variable);
        if (pure) dependencies_.push_back({from, variable});
        break;
      }
      case Binding::Kind::tuple:
        for (Binding const& part : plan_->bindings_of(binding.parts)) add_binding(part, from, pure);
        break;
      case Binding::Kind::collection:
      case Binding::Kind::relation: {
        // Elements may repeat, so that it matters which one it is.
        std::uint64_t const element = nameless();
        all_ |= element;
        for (Binding const& part : plan_->bindings_of(binding.parts)) add_binding(part, from | element, pure);
        break;
      }
    }
  }

  PlanView const* plan_;
  bool one_input_row_;
  bool overflow_ = false;
  std::uint64_t all_ = 0;    ///< that make a row
  std::uint64_t given_ = 0;  ///< the same in all rows
  std::uint64_t names_ = 0;  ///< that may be names
  std::uint32_t numbers_[most_variables]{};
  std::size_t count_ = 0;
  Pool<Dependency> dependencies_{};
};

}  // namespace planning

/// Whether the blocks of an either can't find the same: each is one pattern for a constant value, another each time, of
/// one attribute of which an entity has at most one value. `facts` as for `needed_distinct`.
template <class Facts>
constexpr bool blocks_exclude_each_other(PlanView const& plan, Step const& either, Facts const& facts) {
  auto const form_of = [&](Operand const& operand) {
    FormAt const at = plan.constants[operand.index];
    notation::Node const& node = (at.in_rules ? plan.rules_nodes : plan.nodes)[at.node];
    return (at.in_rules ? plan.rules_text : plan.text).substr(node.begin, node.end - node.begin);
  };
  /// Whether equal texts are equal values, and others others.
  auto const is_plain = [&](Operand const& operand) {
    FormAt const at = plan.constants[operand.index];
    notation::Node const& node = (at.in_rules ? plan.rules_nodes : plan.nodes)[at.node];
    return node.kind == notation::Kind::keyword || (node.kind == notation::Kind::string && !node.escaped);
  };
  auto const numbers = plan.blocks_of(either.blocks);
  Elements<Operand> first;
  for (std::size_t i = 0; i != numbers.size(); ++i) {
    auto const steps = plan.steps_of(plan.blocks[numbers[i]]);
    if (steps.size() != 1 || steps[0].kind != Step::Kind::pattern || !facts(steps[0]).one ||
        !facts(steps[0]).facts_are_once)
      return false;
    auto const places = plan.operands_of(steps[0].operands);
    using Kind = Operand::Kind;
    bool const fits = places.size() == 3 && (places[0].kind == Kind::free || places[0].kind == Kind::bound) &&
                      places[1].kind == Kind::constant && places[2].kind == Kind::constant && is_plain(places[2]);
    if (!fits) return false;
    if (i == 0) first = places;
    if (!(places[0] == first[0]) || form_of(places[1]) != form_of(first[1])) return false;
    if (steps[0].source != plan.steps_of(plan.blocks[numbers[0]])[0].source) return false;
    for (std::size_t j = 0; j != i; ++j) {
      auto const earlier = plan.operands_of(plan.steps_of(plan.blocks[numbers[j]])[0].operands);
      if (form_of(earlier[2]) == form_of(places[2])) return false;
    }
  }
  return true;
}

/// Which steps of a block have to remove duplicates: those marked `distinct` after which there may be some, by what is
/// known of the schema, and that are the last, or stand before a step that would multiply them. One flag a step of the
/// block.
///
/// `facts(step) -> PatternFacts` for the patterns of the block, and of blocks in it. `one_input_row`: only one row
/// comes in. Source of the algorithm: closures of attributes under functional dependencies (Beeri, Bernstein:
/// Computational problems related to the design of normal form relational schemas, 1979). Complexity: quadratic in the
/// steps.
template <class Facts>
constexpr Pool<std::uint8_t> needed_distinct(PlanView const& plan, Block const& block, Facts const& facts,
                                             bool one_input_row) {
  auto const steps = plan.steps_of(block);
  Pool<std::uint8_t> needed;
  needed.reserve(steps.size());
  planning::Dependencies dependencies{plan, one_input_row};
  dependencies.add_incoming(block);
  for (Step const& step : steps) {
    bool wanted = false;
    if (step.kind == Step::Kind::either && blocks_exclude_each_other(plan, step, facts)) {
      auto const branch = plan.steps_of(plan.blocks[plan.blocks_of(step.blocks)[0]]);
      dependencies.add_one_of(branch[0], facts);
    } else {
      dependencies.add(step, facts);
    }
    if (step.distinct) {
      auto const live = plan.variables_of(step.live);
      wanted = !dependencies.distinct_in(live);
      if (wanted) dependencies.restart(live);
    }
    needed.push_back(wanted ? 1 : 0);
  }
  return needed;
}

}  // namespace cairn::query
