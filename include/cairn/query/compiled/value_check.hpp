// Copyright the Cairn authors
// SPDX-License-Identifier: BSL-1.0
// Whether inputs can be what a schema says of the attributes that they are compared with.
#pragma once

#include <cairn/query/compiled/cell_type.hpp>
#include <cairn/query/compiled/plan_form.hpp>
#include <cairn/query/plan/plan.hpp>

#include <cstddef>
#include <optional>

namespace cairn::query::compiled {

/// The attribute whose values a variable of `binding`, given a value of type `given`, is compared with and can never be.
[[nodiscard]] constexpr std::optional<Operand> other_type(PlanView const& plan, Surroundings const& known, Binding const& binding,
                                                          CellType given) {
  if (binding.kind != Binding::Kind::scalar || given == CellType::any) return std::nullopt;
  for (auto const& step : plan.steps) {
    if (step.kind != Step::Kind::pattern || step.operands.count < 3 || !reads_database(plan, known, step.source)) continue;
    auto const places = plan.operands_of(step.operands);
    if (places[2].kind != Operand::Kind::bound || places[2].index != binding.variable.index ||
        places[1].kind != Operand::Kind::constant)
      continue;
    auto const name = constant_of(plan, places[1]);
    auto const* attribute = name.is(notation::Kind::keyword) ? known.find(name.name()) : nullptr;
    if (attribute == nullptr || attribute->type == CellType::any || attribute->type == given) continue;
    if (attribute->is_ref && (given == CellType::integer || given == CellType::keyword)) continue;
    return places[1];
  }
  return std::nullopt;
}

/// The same of an input.
[[nodiscard]] constexpr std::optional<Operand> other_type(PlanView const& plan, Surroundings const& known, std::size_t which) {
  auto const& input = plan.inputs[which];
  if (input.kind != Input::Kind::binding) return std::nullopt;
  auto const& binding = plan.bindings[input.binding];
  if (binding.kind == Binding::Kind::scalar) return other_type(plan, known, binding, known.inputs[which].columns[0]);
  auto const parts = plan.bindings_of(binding.parts);
  for (std::size_t i = 0; i != parts.size() && i != most_typed_columns; ++i) {
    if (auto const found = other_type(plan, known, parts[i], known.inputs[which].columns[i])) return found;
  }
  return std::nullopt;
}

[[nodiscard]] constexpr bool values_are_valid(PlanView const& plan, Surroundings const& known) {
  for (std::size_t i = 0; known.has_schema && i != known.inputs.size(); ++i) {
    if (other_type(plan, known, i)) return false;
  }
  return true;
}

}  // namespace cairn::query::compiled
