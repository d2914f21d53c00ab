// Copyright the Cairn authors
// SPDX-License-Identifier: BSL-1.0
// A query taken apart.
#pragma once

#include "bindings.hpp"

#include <cstddef>
#include <optional>
#include <string>
#include <vector>

namespace cairn::oracle {

/// `?x`, `(f 3 ?x)` or `(pull $ ?x [...])` under `:find`.
struct FindElement {
  enum class Kind { variable, aggregate, pull };
  Kind kind = Kind::variable;
  Variable variable{};
  std::string name{};  ///< the aggregate, or the source to pull from
  Value pattern{};     ///< the pull pattern, or the variable that has it
  Values arguments{};  ///< those of an aggregate, before its variable
  Value form{};        ///< as it is written
};

struct Query {
  enum class Shape { relation, collection, tuple, scalar };
  Shape shape = Shape::relation;
  std::vector<FindElement> find{};
  Variables with{};
  Values in{};
  bool has_in = true;  ///< else `in` is `$`, which may be left out where nothing reads it
  Values where{};
  Values keys{};    ///< of return maps: keywords, strings or symbols; empty: no maps
  Values having{};  ///< calls on what is found
  struct Order {
    std::size_t column;
    bool descends;
  };
  std::vector<Order> order{};
  std::size_t offset = 0;
  std::optional<std::size_t> limit{};
  bool is_sequence = false;  ///< rows are in an order, or some of them are left out by number

  /// The place in `find` of what a form names, if it is there.
  [[nodiscard]] std::optional<std::size_t> column(Value const& form) const {
    for (std::size_t i = 0; i != find.size(); ++i) {
      if (find[i].form == form) return i;
    }
    return std::nullopt;
  }
};

/// Of a vector or a map; text is read first. Errors: `parser/query`, `parser/find`, `parser/where`, `query/where`.
[[nodiscard]] Query parse_query(Value const& form);

}  // namespace cairn::oracle
