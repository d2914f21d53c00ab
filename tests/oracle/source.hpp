// Copyright the Cairn authors
// SPDX-License-Identifier: BSL-1.0
// What patterns are matched with: a database's datoms, or a collection's rows.
#pragma once

#include "bindings.hpp"
#include "oracle.hpp"

#include <memory>

namespace cairn::oracle {

class Source {
 public:
  /// Rows are `[e a v tx added]`.
  explicit Source(std::shared_ptr<Database const> db);
  /// Rows are the elements. Errors: `query/where` where there are none to have.
  explicit Source(Value const& collection);

  [[nodiscard]] std::vector<Row> const& rows() const noexcept { return rows_; }
  /// Null of a collection.
  [[nodiscard]] std::shared_ptr<Database const> const& database() const noexcept { return database_; }

  /// The number of the entity that a number, an ident or a lookup ref names; nothing where there is none.
  [[nodiscard]] std::optional<Value> entity(Value const& ref) const;
  /// Whether the values of the attribute are entities.
  [[nodiscard]] bool is_reference(Value const& attribute) const;
  /// The attribute as the rows have it: its name, or the number of its entity in a database with attribute refs.
  [[nodiscard]] Value attribute(Value const& name) const;

  /// The first value of the entity under the attribute.
  [[nodiscard]] std::optional<Value> first_value(Value const& entity, Value const& attribute) const;
  /// Whether an entity shows something under the name, be it in reverse or `:db/id`.
  [[nodiscard]] bool shows(Value const& entity, Value const& attribute) const;

  /// The rows that have the value at that place.
  [[nodiscard]] std::vector<Row const*> const& with(std::size_t place, Value const& value) const;

 private:
  std::vector<Row> rows_{};
  std::shared_ptr<Database const> database_{};
  /// For each place that was asked for, the rows by their value there.
  mutable std::map<std::size_t, std::map<Value, std::vector<Row const*>, Less>> by_place_{};
};

/// By the name that `:in` gives them.
using Sources = std::map<std::string, std::shared_ptr<Source const>>;

}  // namespace cairn::oracle
