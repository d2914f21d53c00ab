// Copyright the Cairn authors
// SPDX-License-Identifier: BSL-1.0
// For `get-else`, `get-some` and `missing?`: an entity's values, for a batch of entities.
#pragma once

#include <cairn/query/run/query_context.hpp>

#include <algorithm>
#include <array>
#include <cstdint>
#include <optional>

namespace cairn::query {

/// One value, or nothing, for each row of a batch.
using FirstValues = std::array<std::optional<Cell>, batch_rows>;

/// For each row of a batch a value that the entity has under the attribute, as `find` finds it. At once where the attribute is a
/// constant. Errors: those of `find`.
inline void first_values(QueryContext& context, Source const& source, Operand entity, Operand attribute, Batch const& in,
                         std::optional<Cell>* found, decltype(&Source::first_values) find = &Source::first_values) {
  bool const one_entity = entity.kind == Operand::Kind::constant;
  if (attribute.kind == Operand::Kind::constant && !one_entity) {
    return (source.*find)(context, context.constant(attribute.index), in[entity.index], in.rows(), found);
  }
  for (std::uint32_t i = 0; i != in.rows(); ++i) {
    auto const cell = context.operand(entity, in, i);
    Column const single{&cell.word, nullptr, cell.kind};
    (source.*find)(context, context.operand(attribute, in, i), single, 1, found + i);
    if (one_entity && attribute.kind == Operand::Kind::constant) {
      std::fill(found + i + 1, found + in.rows(), found[i]);
      return;
    }
  }
}

}  // namespace cairn::query
