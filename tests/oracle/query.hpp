// Copyright the Cairn authors
// SPDX-License-Identifier: BSL-1.0
// A query taken apart.
#pragma once

#include "bindings.hpp"

#include <string>

namespace cairn::oracle {

/// `?x`, `(f 3 ?x)` or `(pull $ ?x [...])` under `:find`.
struct FindElement {
  enum class Kind { variable, aggregate, pull };
  Kind kind = Kind::variable;
  Variable variable{};
  std::string name{};  ///< the aggregate, or the source to pull from
  Value pattern{};     ///< the pull pattern, or the variable that has it
  Values arguments{};  ///< those of an aggregate, before its variable
};

struct Query {
  enum class Shape { relation, collection, tuple, scalar };
  Shape shape = Shape::relation;
  std::vector<FindElement> find{};
  Variables with{};
  Values in{};
  Values where{};
  Values keys{};  ///< of return maps: keywords, strings or symbols; empty: no maps
};

/// Of a vector or a map; text is read first. Errors: `parser/query`, `parser/find`, `parser/where`, `query/where`.
[[nodiscard]] Query parse_query(Value const& form);

}  // namespace cairn::oracle
