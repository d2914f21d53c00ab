// Copyright the Cairn authors
// SPDX-License-Identifier: BSL-1.0
// The oracle: a Datalog evaluator that is too simple to be wrong, for tests to ask what a query should answer.
#pragma once

#include <cairn/edn/value.hpp>

#include <functional>
#include <memory>
#include <span>
#include <stdexcept>
#include <string_view>
#include <variant>

namespace cairn {
struct persistent_set_tag;
template <class IndexTag>
class Db;
}  // namespace cairn

namespace cairn::oracle {

using notation::Value;
using Database = Db<persistent_set_tag>;

/// What a query is given under `:in`: a database, or EDN (a value, a collection, a relation, rules).
using Input = std::variant<std::shared_ptr<Database const>, Value>;

/// Thrown for what the language has and the oracle does not speak; `what()` is the reason, the same for the same cause.
struct Unspoken : std::runtime_error {
  using std::runtime_error::runtime_error;
};

/// The answer to a query, by the definition: every clause in its turn joined with all that is known so far, negations
/// when nothing else is left. A plain relation is a set; with aggregates, `:with`, `pull` or return maps it is a vector
/// in no particular order; `[?x ...]` is a vector, a tuple a vector or nil, a scalar the value or nil.
///
/// Exponential in time and space where the query has few joins: for small databases.
/// Errors: `parser/query`, `parser/find`, `parser/where` for what is not a query; `query/where` for variables that
/// nothing binds, unknown functions and inputs of another shape; `query/arithmetic`; `entity-id/missing`,
/// `lookup-ref/unique`; `Unspoken`.
[[nodiscard]] Value q(Value const& query, std::span<Input const> inputs);
/// `(q query db & inputs)`.
[[nodiscard]] Value q(Database const& db, Value const& query, std::span<Value const> inputs = {});

/// What a pull pattern finds of an entity (a number, an ident or a lookup ref); nil where it finds nothing.
/// Errors: `transact/schema` for an unknown attribute, `entity-id/missing`, `parser/find` for what is not a pattern.
[[nodiscard]] Value pull(Database const& db, Value const& pattern, Value const& entity);

/// What a program has of its own beside Datahike's: a function of so many arguments, and an aggregate of the values of a group. The name
/// is to live on. To be called before the first query is asked.
void add_function(std::string_view name, std::size_t arguments, std::function<Value(std::span<Value const>)> function);
void add_aggregate(std::string_view name, std::function<Value(std::span<Value const>)> aggregate);

}  // namespace cairn::oracle
