// Copyright the Cairn authors
// SPDX-License-Identifier: BSL-1.0
// What the clauses of a query are asked of: a database value of any index, or a collection of rows.
#pragma once

#include <cairn/datom/value.hpp>
#include <cairn/edn/value_class.hpp>
#include <cairn/meta/watch.hpp>
#include <cairn/query/access/cell.hpp>
#include <cairn/query/plan/distinct.hpp>
#include <cairn/query/plan/plan.hpp>
#include <cairn/query/plan/statistics.hpp>
#include <cairn/query/run/batch.hpp>

#include <cstdint>
#include <memory>
#include <optional>
#include <span>
#include <vector>

namespace cairn::query {

class QueryContext;
class StepRunner;
struct StepPlace;

/// A source at run time. Immutable: it can be used from many threads. One virtual call a step or a batch.
class Source {
 public:
  Source() = default;
  Source(Source const&) = delete;
  Source& operator=(Source const&) = delete;
  virtual ~Source() = default;

  [[nodiscard]] virtual bool is_database() const noexcept = 0;

  /// The runner of a pattern step.
  [[nodiscard]] virtual std::unique_ptr<StepRunner> pattern(StepPlace const& place) const = 0;

  /// What the schema says of a pattern step's rows.
  [[nodiscard]] virtual PatternFacts facts(QueryContext const& context, Step const& step) const = 0;

  /// A number that stays the same as long as a plan for the source is still a good one: another schema, another kind of view and a
  /// number of datoms that begins otherwise change it. Plans give the same rows wherever they were made.
  [[nodiscard]] virtual std::uint64_t likeness() const { return 0; }

  /// How many datoms an attribute has, and how many of them that value, or a value within those limits. Errors: those of the store.
  [[nodiscard]] virtual AttributeFacts attribute_facts(Keyword attribute, std::optional<Value> const& value,
                                                       std::optional<Value> const& low,
                                                       std::optional<Value> const& high) const = 0;

  /// For each of the first `rows` entities (numbers, idents, lookup refs) one of its values of the attribute, or nothing.
  /// The values live as long as the context. Errors: `query/where` of a source that is no database.
  virtual void first_values(QueryContext& context, Cell attribute, Column const& entities, std::uint32_t rows,
                            std::optional<Cell>* found) const = 0;

  /// As `first_values`, of what an entity shows: under `:_boss` entities that refer to it, under `:db/id` its number.
  virtual void first_shown(QueryContext& context, Cell attribute, Column const& entities, std::uint32_t rows,
                           std::optional<Cell>* found) const {
    first_values(context, attribute, entities, rows, found);
  }

  /// An attribute as patterns show it: a keyword, or an entity where attributes are entities.
  [[nodiscard]] virtual Cell shown_attribute(Cell attribute) const { return attribute; }

  /// What a pattern pulls of each entity; nil of what is none. `watch` is asked as `BoundPull` asks it. Errors: as of `pull`; those of
  /// the watch; `query/where` of a source that is no database.
  [[nodiscard]] virtual std::vector<notation::Value> pull(notation::Value const& pattern, std::span<Cell const> entities,
                                                          meta::Watch const& watch) const = 0;
};

}  // namespace cairn::query
