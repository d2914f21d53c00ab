// Copyright the Cairn authors
// SPDX-License-Identifier: BSL-1.0
// The forms that a plan names, and what is known of them and of sources without running it.
#pragma once

#include <cairn/edn/form.hpp>
#include <cairn/query/compiled/cell_type.hpp>
#include <cairn/query/plan/plan.hpp>

#include <cstddef>
#include <cstdint>

namespace cairn::query::compiled {

[[nodiscard]] constexpr notation::Form form_at(PlanView const& plan, FormAt at) noexcept {
  return at.in_rules ? notation::Form{plan.rules_text, plan.rules_nodes.data(), at.node}
                     : notation::Form{plan.text, plan.nodes.data(), at.node};
}
[[nodiscard]] constexpr notation::Form constant_of(PlanView const& plan, Operand operand) noexcept {
  return form_at(plan, plan.constants[operand.index]);
}

/// The type of the value that a form is.
[[nodiscard]] constexpr CellType type_of(notation::Form form) noexcept {
  using notation::Kind;
  switch (form.kind()) {
    case Kind::boolean: return CellType::boolean;
    case Kind::integer: return CellType::integer;
    case Kind::bigint: return CellType::bigint;
    case Kind::real: return CellType::real;
    case Kind::decimal: return CellType::bigdec;
    case Kind::string: return CellType::string;
    case Kind::symbol: return CellType::symbol;
    case Kind::keyword: return CellType::keyword;
    case Kind::tagged: return form.instant() ? CellType::instant : form.uuid() ? CellType::uuid : CellType::any;
    default: return CellType::any;
  }
}

/// Whether a source is a database, as far as is known, and not a collection, whose rows no schema speaks of.
[[nodiscard]] constexpr bool reads_database(PlanView const& plan, Surroundings const& known, std::uint16_t source) noexcept {
  if (known.inputs.size() != plan.inputs.size()) return true;
  for (std::size_t i = 0; i != plan.inputs.size(); ++i) {
    auto const& input = plan.inputs[i];
    if (input.kind == Input::Kind::source && input.source == source) return known.inputs[i].is_database;
  }
  return true;
}

}  // namespace cairn::query::compiled
