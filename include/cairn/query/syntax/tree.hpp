// Copyright the Cairn authors
// SPDX-License-Identifier: BSL-1.0
// What the parser makes of a query or of rules: flat pools of small structs that name each other by number.
#pragma once

#include <cairn/query/aggregate/aggregates.hpp>
#include <cairn/query/syntax/vocabulary.hpp>

#include <cstdint>

namespace cairn::query::syntax {

// Names are resolved here once and for all: whoever reads a tree compares numbers. A name that a not-join, an or-join
// or a branch of one does not join is another variable than the same name outside. Inside of a plain `not`, `or` and
// `and` a name is the variable that it is outside.

/// The source of clauses that name none in a rule: that of whoever calls the rule.
inline constexpr std::uint16_t callers_source = 0xFFFF;
/// A call of a rule that is not yet known.
inline constexpr std::uint32_t unlinked = 0xFFFFFFFF;

/// A place of a pattern or an argument.
struct Term {
  enum class Kind : std::uint8_t {
    blank,     ///< `_`
    variable,  ///< `index`: its number
    constant,  ///< the value of the form `node`, quotes taken off
    source,    ///< `index`: its number; only arguments of functions
    column,    ///< `index`: of what `:find` names, or behind these of the inputs; only in `:having`
  };
  Kind kind = Kind::blank;
  std::uint16_t index = 0;
  std::uint32_t node = 0;
};

/// `?x`, `_`, `[?x ?y]`, `[?x ...]`, `[[?x ?y]]`, nested as one likes.
struct Binding {
  enum class Kind : std::uint8_t { blank, scalar, tuple, collection, relation };
  Kind kind = Kind::blank;
  std::uint16_t variable = 0;  ///< of a scalar
  Slice parts{};               ///< of `bindings`: a tuple's and a relation's columns; a collection's one element
  std::uint32_t node = 0;
};

struct Clause {
  enum class Kind : std::uint8_t {
    pattern,      ///< `terms` (1 to 5) in `source`
    predicate,    ///< `callee` of `terms`
    function,     ///< `callee` of `terms`, taken apart by `binding`
    conjunction,  ///< `children`, all of them
    disjunction,  ///< `children`, any of them: or, or-join
    negation,     ///< not all of `children`: not, not-join
    rule_call,    ///< `rule` of `terms`, which are variables, constants and blanks; its body reads `source`
  };
  Kind kind = Kind::pattern;
  /// Written as or-join or not-join: `joins` are as written. Of a plain `or`, `joins` are all its variables, which each
  /// of its branches has and must bind. Of a plain `not`, `joins` are all its variables: those that are bound outside
  /// are joined.
  bool join = false;
  std::uint16_t source = 0;
  Slice terms{};
  Callee callee{};
  std::uint32_t binding = 0;      ///< of `bindings`
  Slice children{};               ///< of `clause_numbers`
  Slice joins{};                  ///< of `variables`
  Slice required{};               ///< of `variables`: the first of an or-join's, bound before it is asked
  std::uint32_t rule = unlinked;  ///< of the rules' `rules`
  std::uint32_t name = 0;         ///< of a rule call: the node of the rule's name
  std::uint32_t node = 0;         ///< the clause
};

struct FindElement {
  enum class Kind : std::uint8_t { variable, aggregate, custom_aggregate, pull };
  Kind kind = Kind::variable;
  std::uint16_t variable = 0;
  AggregateId aggregate{};
  Slice arguments{};         ///< of `terms`: of an aggregate, those before the variable
  std::uint16_t source = 0;  ///< of a pull
  Term pattern{};            ///< of a pull: a constant or a variable
  std::uint32_t name = 0;    ///< the node of the aggregate's name
  std::uint32_t node = 0;
};

struct Input {
  enum class Kind : std::uint8_t { source, rules, binding };
  Kind kind = Kind::binding;
  std::uint16_t source = 0;
  std::uint32_t binding = 0;  ///< of `bindings`
  std::uint32_t node = 0;     ///< of a source that is not written, the whole query
  bool optional = false;      ///< a source that is not written and that nothing reads
};

/// Whether that many inputs are as many as a query takes. Of a syntax tree and of a plan alike.
template <class Inputs>
[[nodiscard]] constexpr bool takes_inputs(Inputs const& inputs, std::size_t given) noexcept {
  return given == inputs.size() || (given == 0 && inputs.size() == 1 && inputs[0].optional);
}

struct OrderKey {
  std::uint16_t column = 0;
  bool descending = false;
};

/// A predicate on what is found; `terms` are constants and columns, also those of inputs that are one value.
struct Having {
  Callee callee{};
  Slice terms{};
  std::uint32_t node = 0;
};

/// One `[(name ?a ?b) clause ...]`. Variables are numbered from 0 in each branch; the head's come first, in order.
struct Branch {
  Slice names{};    ///< of `names`: the branch's variables
  Slice clauses{};  ///< of `clause_numbers`
  std::uint32_t node = 0;
};

/// All branches of one name.
struct Rule {
  std::uint32_t name = 0;  ///< the node of the name in its first head
  std::uint16_t arity = 0;
  Slice branches{};  ///< of `branches`
  Slice required{};  ///< of `variables`: columns that some branch wants bound, ascending
};

/// The pools of a query (`find` and what follows) or of rules (`rules` and `branches`).
struct Tree {
  Pool<Term> terms{};
  Pool<Binding> bindings{};
  Pool<Clause> clauses{};
  Pool<std::uint32_t> clause_numbers{};
  Pool<std::uint16_t> variables{};  ///< lists of variables
  Pool<std::uint32_t> names{};      ///< for every variable the node of a symbol that names it
  Pool<std::uint32_t> sources{};    ///< for every source the node of a symbol that names it

  Slice where{};  ///< of `clause_numbers`
  Pool<Input> inputs{};
  Pool<FindElement> find{};
  Pool<std::uint32_t> keys{};  ///< symbols, as many as `find`, or none
  Pool<OrderKey> order{};
  Pool<Having> having{};
  Slice with{};  ///< of `variables`
  FindShape shape = FindShape::relation;
  RowKeys row_keys = RowKeys::none;
  std::int64_t limit = -1;
  std::int64_t offset = 0;
  bool takes_rules = false;  ///< `%` is an input

  Pool<Rule> rules{};
  Pool<Branch> branches{};

  template <class T>
  [[nodiscard]] static constexpr Elements<T> of(Pool<T> const& pool, Slice slice) noexcept {
    return {pool.data() + slice.first, slice.count};
  }
  [[nodiscard]] constexpr Elements<Term> terms_of(Slice slice) const noexcept { return of(terms, slice); }
  [[nodiscard]] constexpr Elements<Binding> bindings_of(Slice slice) const noexcept { return of(bindings, slice); }
  [[nodiscard]] constexpr Elements<std::uint32_t> children_of(Slice slice) const noexcept {
    return of(clause_numbers, slice);
  }
  [[nodiscard]] constexpr Elements<std::uint16_t> variables_of(Slice slice) const noexcept {
    return of(variables, slice);
  }
};

}  // namespace cairn::query::syntax
