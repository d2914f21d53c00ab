// Copyright the Cairn authors
// SPDX-License-Identifier: BSL-1.0
// The plan of a query: what the planner makes, at compile time or at run time, and every executor reads.
#pragma once

#include <cairn/datom/value.hpp>
#include <cairn/edn/node.hpp>
#include <cairn/query/aggregate/aggregates.hpp>
#include <cairn/query/syntax/vocabulary.hpp>

#include <cstddef>
#include <cstdint>
#include <string_view>

namespace cairn::query {

// A plan is flat: pools of small structs that name each other by number, so that a compiler can make one as well as a
// program. Its steps say in which order clauses are taken and what is bound by then. They don't say which index is
// read: that depends on the schema, on what a source turns out to be and on how many datoms there are, which only the
// executor knows.

/// What stands at a place of a pattern or is an argument.
struct Operand {
  enum class Kind : std::uint8_t {
    blank,     ///< `_`, or nothing at all
    constant,  ///< `index`: of `constants`
    bound,     ///< `index`: a variable that has a value before the step
    free,      ///< `index`: a variable that the step gives a value
    same,      ///< `index`: an earlier operand of the same step, which has the same free variable
    source,    ///< `index`: of a source; only arguments of functions
  };
  Kind kind = Kind::blank;
  std::uint16_t index = 0;
  bool found = false;  ///< of a bound one: patterns alone gave it its value, which therefore names no entity
  friend constexpr bool operator==(Operand const&, Operand const&) = default;
};

/// The form that takes a value apart: under `:in`, and behind a function. Nothing in it is read but what is bound, in
/// order.
struct Binding {
  enum class Kind : std::uint8_t { blank, scalar, tuple, collection, relation };
  Kind kind = Kind::blank;
  Operand variable{};  ///< of a scalar: free, or bound and then compared
  Slice parts{};       ///< of the pool of bindings: a tuple's and a relation's columns; a collection's one element
};

/// A limit of a pattern's value that follows from predicates on it: `[?e :salary ?s] [(> ?s 50000)]`. The predicate's
/// own step is gone, so a limit must be kept by every executor: it compares as the predicate does, whatever kinds meet
/// (numbers by value alone, all else in the order of `Value`), and its operand names no entity. Only two-place `<`,
/// `>`, `<=` and `>=` with a number, a text, a tagged value or a bound variable become limits. `=` never does: it tells
/// 1 from 1.0, which limits don't.
struct Limit {
  enum class Kind : std::uint8_t { none, at_least, above, at_most, below };
  Kind kind = Kind::none;
  Operand operand{};  ///< constant or bound
};

struct Step {
  enum class Kind : std::uint8_t {
    pattern,  ///< `operands`: places (e a v tx added); `limits` of v
    filter,   ///< keeps rows for which `callee` of `operands` is neither nil nor false
    compute,  ///< `callee` of `operands`, taken apart by `binding`; get-else, get-some, q and ground are such, too
    missing,  ///< `operands` (entity attribute): keeps rows whose entity has no such fact in `source`
    without,  ///< keeps the rows with which `blocks[0]` finds nothing
    either,   ///< every row with all that any of `blocks` finds for it
    call,  ///< joins with the rows of `table`; `operands`: its columns. Those that are its seeds are bound or constant
           ///< and asked for; what others have is compared
    closure,  ///< `operands` (x y) of closure number `table`: y can be reached from x by one edge or more
    seeds,  ///< first in a block of `table`: gives the seeds that are new (one row where it has none); `operands`: the
            ///< seed's columns
    empty,    ///< keeps nothing: what stands here can never be true
  };
  Kind kind = Kind::empty;
  std::uint16_t source = 0;  ///< of pattern, missing, closure; of functions that read one
  std::uint16_t table = 0;   ///< of call and seeds; of closure: the number of the closure
  bool distinct = false;     ///< rows that are the same in `live` may follow from the step and should be one again
  Slice operands{};          ///< of the pool of operands
  Limit low{};
  Limit high{};
  Callee callee{};
  std::uint32_t binding = 0;  ///< of compute: of the pool of bindings
  Slice blocks{};             ///< of the pool of block numbers
  Slice live{};   ///< of the pool of variables: those that are looked at after the step; all are bound by then
  FormAt form{};  ///< the clause, for messages and explanations
};

/// Steps that are taken one after the other for every row that comes in. In a block of an either or a without,
/// `distinct` and what is found are about one row that came in, or about rows that are the same in `needs`.
struct Block {
  Slice steps{};
  Slice needs{};  ///< of the pool of variables: those of the rows that come in which the block looks at; of the main
                  ///< block, all that inputs bind, in which its rows are distinct
  Slice gives{};  ///< of the pool of variables: those that it binds and others look at
};

/// The rows of a recursive rule, for the arguments that somebody asked for: a table by semi-naive evaluation with magic
/// sets (Bancilhon, Maier, Sagiv, Ullman: Magic sets and other strange ways to implement logic programs, 1986).
///
/// Each of its blocks begins with the seeds that are new, and `heads` has for each the operands that make up a row. A
/// call in such a block of a table of the same group has rows as soon as they are found: what it was asked before
/// stands, and is answered with new rows as these come. Such calls are steps of the block itself, in no block within.
struct Table {
  std::uint16_t columns = 0;
  std::uint32_t group = 0;  ///< tables with the same number need each other; others need them whole
  Slice seeds{};   ///< of the pool of column numbers (in `variables`): the columns that are asked for; none: all rows
  Slice blocks{};  ///< of the pool of block numbers: every block whose rows are the table's
  Slice heads{};   ///< of the pool of heads: for each of these blocks its row, in operands, all of them bound
  FormAt form{};   ///< the rule
};

/// Edges from x to y, whose transitive closure is asked for: `[?x :follows ?y]`, backwards or not.
struct Closure {
  std::uint16_t source = 0;
  Operand attribute{};
  bool backwards = false;  ///< the edge goes from the value to the entity
  std::uint16_t from = 0;  ///< the variables of the blocks
  std::uint16_t to = 0;
  Slice blocks{};  ///< of the pool of block numbers: one for each of `edges`

  /// What is known of an end of an edge: nothing, a value that was found, or one that may be a name of an entity.
  enum class End : std::uint8_t { open, found, given };
  struct Ends {
    End from = End::open;
    End to = End::open;
    friend constexpr bool operator==(Ends const&, Ends const&) = default;
  };
  static constexpr Ends edges[] = {{End::open, End::open},  {End::found, End::open},  {End::given, End::open}, {End::open, End::found},
                                   {End::open, End::given}, {End::given, End::given}, {End::found, End::given}};
  /// Which of the blocks has those edges. Requires: one does.
  [[nodiscard]] static constexpr std::size_t block_of(Ends ends) noexcept {
    std::size_t at = 0;
    while (!(edges[at] == ends)) ++at;
    return at;
  }
};

/// What `:find` names.
struct Find {
  enum class Kind : std::uint8_t { variable, aggregate, custom_aggregate, pull };
  Kind kind = Kind::variable;
  std::uint16_t variable = 0;
  AggregateId aggregate{};
  Slice arguments{};         ///< of an aggregate, those before the variable: operands, constants or bound by `:in`
  std::uint16_t source = 0;  ///< of a pull
  Operand pattern{};         ///< of a pull: a constant, or a variable of `:in`
  FormAt form{};
};

/// `:order-by`: by what `:find` names.
struct OrderKey {
  std::uint16_t column = 0;
  bool descending = false;
};

/// `:having`: a predicate on what `:find` names; operands `bound` are columns of the result, or behind these inputs, by their number.
struct Having {
  Callee callee{};
  Slice operands{};
};

/// What comes for a symbol under `:in`, in order. The rows that inputs make are distinct before the first step.
struct Input {
  enum class Kind : std::uint8_t { source, rules, binding };
  Kind kind = Kind::binding;
  std::uint16_t source = 0;
  std::uint32_t binding = 0;
  FormAt form{};
  bool optional = false;  ///< a `$` that nobody wrote and that nothing reads
};

/// A plan, by its pools. A view: of a `Plan`, or of what a compiler keeps.
struct PlanView {
  std::string_view text{};                  ///< of the query
  Elements<notation::Node> nodes{};         ///< of the text
  std::string_view rules_text{};            ///< of `%`
  Elements<notation::Node> rules_nodes{};

  Elements<Step> steps{};
  Elements<Block> blocks{};
  Elements<std::uint16_t> block_numbers{};
  Elements<Operand> operands{};
  Elements<std::uint16_t> variables{};  ///< lists of variables
  Elements<Binding> bindings{};
  Elements<FormAt> constants{};  ///< forms whose values are used
  Elements<Value> values{};      ///< their values, where somebody keeps them
  Elements<FormAt> names{};      ///< for every variable a form that it stands at
  Elements<FormAt> sources{};    ///< for every source its symbol
  Elements<Table> tables{};
  Elements<Slice> heads{};
  Elements<Closure> closures{};
  Elements<Input> inputs{};
  Elements<Find> find{};
  Elements<FormAt> keys{};  ///< as many as `find`, or none
  Elements<OrderKey> order{};
  Elements<Having> having{};

  std::uint16_t main = 0;  ///< the block that begins with the inputs' rows
  Slice with{};            ///< of the pool of variables
  FindShape shape = FindShape::relation;
  RowKeys row_keys = RowKeys::none;
  std::int64_t limit = -1;  ///< -1: none
  std::int64_t offset = 0;

  template <class T>
  [[nodiscard]] static constexpr Elements<T> of(Elements<T> pool, Slice slice) noexcept {
    return pool.of(slice);
  }
  [[nodiscard]] constexpr Elements<Step> steps_of(Block const& block) const noexcept { return of(steps, block.steps); }
  [[nodiscard]] constexpr Elements<Operand> operands_of(Slice slice) const noexcept { return of(operands, slice); }
  [[nodiscard]] constexpr Elements<std::uint16_t> variables_of(Slice slice) const noexcept {
    return of(variables, slice);
  }
  [[nodiscard]] constexpr Elements<std::uint16_t> blocks_of(Slice slice) const noexcept {
    return of(block_numbers, slice);
  }
  [[nodiscard]] constexpr Elements<Binding> bindings_of(Slice slice) const noexcept { return of(bindings, slice); }
};

/// A plan that owns its pools. Trivial elements only, since clang has no others in a constant expression.
struct Plan {
  Pool<Step> steps{};
  Pool<Block> blocks{};
  Pool<std::uint16_t> block_numbers{};
  Pool<Operand> operands{};
  Pool<std::uint16_t> variables{};
  Pool<Binding> bindings{};
  Pool<FormAt> constants{};
  Pool<FormAt> names{};
  Pool<FormAt> sources{};
  Pool<Table> tables{};
  Pool<Slice> heads{};
  Pool<Closure> closures{};
  Pool<Input> inputs{};
  Pool<Find> find{};
  Pool<FormAt> keys{};
  Pool<OrderKey> order{};
  Pool<Having> having{};
  Pool<double> estimates{};  ///< for every step the rows that are expected of one, negative: unknown; or none at all
  std::uint16_t main = 0;
  std::uint32_t depth = 0;  ///< how many steps call each other at most, one behind the other
  Slice with{};
  FindShape shape = FindShape::relation;
  RowKeys row_keys = RowKeys::none;
  std::int64_t limit = -1;
  std::int64_t offset = 0;
};

}  // namespace cairn::query
