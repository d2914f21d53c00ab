// Copyright the Cairn authors
// SPDX-License-Identifier: BSL-1.0
// Of which type the values of each variable of a plan are, as far as the compiler can know.
#pragma once

#include <cairn/edn/form.hpp>
#include <cairn/query/compiled/cell_type.hpp>
#include <cairn/query/compiled/plan_form.hpp>
#include <cairn/query/plan/plan.hpp>

#include <array>
#include <cstddef>
#include <cstdint>

namespace cairn::query::compiled {

/// Finds a type for each variable: where a variable is bound in several places (branches, rules) what they have in common,
/// until nothing changes any more. Quadratic in the plan at worst.
class TypeInference {
 public:
  constexpr TypeInference(PlanView const& plan, Surroundings const& known) : plan_{plan}, known_{known} {
    types_.resize(plan.names.size(), CellType::unknown);
    equals_.resize(plan.names.size(), CellType::unknown);
    std::size_t columns = 0;
    for (auto const& table : plan.tables) {
      table_columns_.push_back(columns);
      columns += table.columns;
    }
    columns_.resize(columns, CellType::unknown);
    note_comparisons();
    do {
      changed_ = false;
      for (auto const& input : plan.inputs) {
        if (input.kind == Input::Kind::binding) bind_input(input);
      }
      for (auto const& step : plan.steps) bind_step(step);
      for (auto const& table : plan.tables) bind_heads(table);
    } while (changed_);
  }

  [[nodiscard]] constexpr CellType variable(std::uint16_t which) const noexcept {
    return types_[which] == CellType::unknown ? CellType::any : types_[which];
  }
  [[nodiscard]] constexpr CellType find(Find const& find) const noexcept {
    auto const type = variable(find.variable);
    if (find.kind == Find::Kind::variable) return type;
    if (find.kind == Find::Kind::custom_aggregate) return custom_result(form_at(plan_, find.form).raw());
    if (find.kind == Find::Kind::pull) return CellType::any;
    switch (find.aggregate) {
      case AggregateId::count:
      case AggregateId::count_distinct: return CellType::integer;
      case AggregateId::min:
      case AggregateId::max: return find.arguments.count == 0 ? type : CellType::any;
      case AggregateId::random: return find.arguments.count == 0 ? type : CellType::any;
      case AggregateId::sum: return known_.has_schema ? number(type, CellType::integer) : CellType::any;
      case AggregateId::avg:
      case AggregateId::median:
      case AggregateId::variance:
      case AggregateId::stddev: return known_.has_schema ? number(CellType::real, type) : CellType::any;
      case AggregateId::distinct:
      case AggregateId::sample: return CellType::any;
    }
    return CellType::any;
  }

 private:
  constexpr void set(CellType& type, CellType more) noexcept {
    auto const joined = join(type, more);
    changed_ = changed_ || joined != type;
    type = joined;
  }
  constexpr void bind(Operand operand, CellType type) noexcept {
    if (operand.kind != Operand::Kind::free) return;
    // What is compared with a value of one type is of it, or it is found by no row.
    auto const equal = equals_[operand.index];
    set(types_[operand.index], type == CellType::any && equal != CellType::unknown ? equal : type);
  }
  /// Of the values of a pattern's or closure's attribute.
  [[nodiscard]] constexpr CellType values_of(Operand attribute) const noexcept {
    if (!known_.has_schema || attribute.kind != Operand::Kind::constant) return CellType::any;
    auto const form = constant_of(plan_, attribute);
    if (!form.is(notation::Kind::keyword)) return CellType::any;
    auto const* found = known_.find(form.name());
    return found == nullptr ? CellType::any : found->type;
  }

  /// Of every variable that is compared with what a pattern finds, so that no row follows without it.
  constexpr void note_comparisons() noexcept {
    for (auto const& block : plan_.blocks) {
      for (auto const& step : plan_.steps_of(block)) {
        if (step.kind != Step::Kind::pattern || !reads_database(plan_, known_, step.source)) continue;
        auto const places = plan_.operands_of(step.operands);
        for (std::size_t place = 0; place != places.size(); ++place) {
          if (places[place].kind != Operand::Kind::bound || !is_of(block, places[place].index)) continue;
          auto const type = place == 2 ? values_of(places[1]) : CellType::unknown;
          auto& equal = equals_[places[place].index];
          // Entities may be compared by ident or lookup ref as well, so that a computed or given value stays what it is.
          if (type != CellType::unknown && type != CellType::any && type != CellType::entity) equal = type;
          if ((place == 0 || place == 3) && is_value_of(block, places[place].index)) equal = CellType::entity;
        }
      }
    }
  }
  /// Whether all values of the variable go through the block: a negation, or one branch of several, says nothing of those that come in,
  /// nor of those that other branches bind.
  [[nodiscard]] constexpr bool is_of(Block const& block, std::uint16_t variable) const noexcept {
    if (&block == &plan_.blocks[plan_.main]) return true;
    for (auto const needed : plan_.variables_of(block.needs)) {
      if (needed == variable) return false;
    }
    for (auto const& other : plan_.blocks) {
      if (&other == &block) continue;
      for (auto const& step : plan_.steps_of(other)) {
        if (step.kind == Step::Kind::compute && binds(plan_.bindings[step.binding], variable)) return false;
        for (auto const operand : plan_.operands_of(step.operands)) {
          if (operand.kind == Operand::Kind::free && operand.index == variable) return false;
        }
      }
    }
    return true;
  }
  [[nodiscard]] constexpr bool binds(Binding const& binding, std::uint16_t variable) const noexcept {
    bool const is_it = binding.kind == Binding::Kind::scalar && binding.variable.index == variable;
    if (is_it && binding.variable.kind == Operand::Kind::free) return true;
    for (auto const& part : plan_.bindings_of(binding.parts)) {
      if (binds(part, variable)) return true;
    }
    return false;
  }
  /// Whether a pattern of the block binds the variable to what it finds for a value.
  [[nodiscard]] constexpr bool is_value_of(Block const& block, std::uint16_t variable) const noexcept {
    for (auto const& step : plan_.steps_of(block)) {
      if (step.kind != Step::Kind::pattern || step.operands.count < 3) continue;
      auto const value = plan_.operands_of(step.operands)[2];
      if (value.kind == Operand::Kind::free && value.index == variable) return true;
    }
    return false;
  }

  constexpr void bind_input(Input const& input) noexcept {
    InputTypes types{};
    for (auto& type : types.columns) type = CellType::any;
    if (known_.has_schema && known_.inputs.size() == plan_.inputs.size()) {
      types = known_.inputs[static_cast<std::size_t>(&input - plan_.inputs.data())];
    }
    auto const& binding = plan_.bindings[input.binding];
    auto const parts = plan_.bindings_of(binding.parts);
    switch (binding.kind) {
      case Binding::Kind::blank: return;
      case Binding::Kind::scalar: return bind(binding.variable, types.columns[0]);
      case Binding::Kind::collection:
        return parts[0].kind == Binding::Kind::scalar ? bind(parts[0].variable, types.columns[0]) : bind_all(parts[0]);
      case Binding::Kind::tuple:
      case Binding::Kind::relation:
        for (std::size_t i = 0; i != parts.size(); ++i) {
          if (parts[i].kind == Binding::Kind::scalar && i < most_typed_columns) {
            bind(parts[i].variable, types.columns[i]);
          } else {
            bind_all(parts[i]);
          }
        }
    }
  }
  /// Anything may come.
  constexpr void bind_all(Binding const& binding) noexcept {
    if (binding.kind == Binding::Kind::scalar) bind(binding.variable, CellType::any);
    for (auto const& part : plan_.bindings_of(binding.parts)) bind_all(part);
  }

  constexpr void bind_step(Step const& step) noexcept {
    auto const operands = plan_.operands_of(step.operands);
    switch (step.kind) {
      case Step::Kind::pattern:
        for (std::size_t place = 0; place != operands.size(); ++place) bind(operands[place], type_of_place(step, place));
        return;
      case Step::Kind::compute: {
        auto const& binding = plan_.bindings[step.binding];
        if (binding.kind == Binding::Kind::scalar) return bind(binding.variable, result_of(step));
        return bind_all(binding);
      }
      case Step::Kind::call:
        for (std::size_t i = 0; i != operands.size(); ++i) bind(operands[i], columns_[table_columns_[step.table] + i]);
        return;
      case Step::Kind::seeds:
        // Whatever somebody asked for.
        for (auto const operand : operands) bind(operand, CellType::any);
        return;
      case Step::Kind::closure: {
        auto const& closure = plan_.closures[closure_of(step)];
        auto const values = values_of(closure.attribute);
        for (std::size_t i = 0; i != operands.size(); ++i) {
          bind(operands[i], (i == 0) != closure.backwards ? CellType::entity : values);
        }
        return;
      }
      default: return;
    }
  }
  [[nodiscard]] static constexpr std::size_t closure_of(Step const& step) noexcept { return step.table; }

  [[nodiscard]] constexpr CellType type_of_place(Step const& step, std::size_t place) const noexcept {
    if (!reads_database(plan_, known_, step.source)) return CellType::any;
    switch (place) {
      case 0:
      case 3: return CellType::entity;
      case 2: return values_of(plan_.operands_of(step.operands)[1]);
      case 4: return known_.has_schema ? CellType::boolean : CellType::any;
      default: return CellType::any;
    }
  }

  constexpr void bind_heads(Table const& table) noexcept {
    auto const first = table_columns_[static_cast<std::size_t>(&table - plan_.tables.data())];
    for (auto const& head : PlanView::of(plan_.heads, table.heads)) {
      auto const operands = plan_.operands_of(head);
      for (std::size_t i = 0; i != operands.size(); ++i) set(columns_[first + i], type_of_operand(operands[i]));
    }
  }

  [[nodiscard]] constexpr CellType type_of_operand(Operand operand) const noexcept {
    switch (operand.kind) {
      case Operand::Kind::constant: return type_of(constant_of(plan_, operand));
      case Operand::Kind::bound:
      case Operand::Kind::free: return types_[operand.index];
      default: return CellType::any;
    }
  }

  /// Of two operands of arithmetic.
  [[nodiscard]] static constexpr CellType number(CellType left, CellType right) noexcept {
    auto const simple = [](CellType type) { return type == CellType::entity ? CellType::integer : type; };
    left = simple(left);
    right = simple(right);
    if (left == CellType::unknown || right == CellType::unknown) return CellType::unknown;
    auto const is_number = [](CellType type) { return type == CellType::integer || type == CellType::real; };
    if (!is_number(left) || !is_number(right)) return CellType::any;
    return left == right ? left : CellType::real;
  }
  [[nodiscard]] constexpr CellType custom_result(std::string_view name) const noexcept {
    if (!known_.has_schema) return CellType::any;
    for (auto const& function : known_.functions) {
      if (function.name == name) return function.result;
    }
    return CellType::any;
  }

  [[nodiscard]] constexpr CellType result_of(Step const& step) const noexcept {
    if (!known_.has_schema) return CellType::any;
    if (step.callee.custom) return custom_result(form_at(plan_, step.callee.form).raw());
    auto const operands = plan_.operands_of(step.operands);
    switch (step.callee.builtin) {
      case FunctionId::add:
      case FunctionId::subtract:
      case FunctionId::multiply:
      case FunctionId::quotient:
      case FunctionId::remainder:
      case FunctionId::modulo:
      case FunctionId::increment:
      case FunctionId::decrement: {
        auto type = CellType::integer;
        for (auto const operand : operands) type = number(type, type_of_operand(operand));
        return type;
      }
      case FunctionId::maximum:
      case FunctionId::minimum: {
        // One of the operands, as it is.
        auto type = CellType::unknown;
        for (auto const operand : operands) type = join(type, type_of_operand(operand));
        return type == CellType::entity ? CellType::integer : type;
      }
      case FunctionId::divide: {
        auto type = CellType::real;
        for (auto const operand : operands) type = number(type, type_of_operand(operand));
        return type;
      }
      case FunctionId::compare:
      case FunctionId::count: return CellType::integer;
      case FunctionId::text:
      case FunctionId::readable_text:
      case FunctionId::spaced_text:
      case FunctionId::text_line:
      case FunctionId::readable_line:
      case FunctionId::substring: return CellType::string;
      case FunctionId::identity:
      case FunctionId::ground: return operands.empty() ? CellType::any : type_of_operand(operands[0]);
      case FunctionId::get_else:
        return operands.size() == 4 ? join(values_of(operands[2]), type_of_operand(operands[3])) : CellType::any;
      default: return info_of(step.callee.builtin).predicate ? CellType::boolean : CellType::any;
    }
  }

  PlanView const& plan_;
  Surroundings const& known_;
  Pool<CellType> types_{};
  Pool<CellType> equals_{};
  Pool<std::size_t> table_columns_{};
  Pool<CellType> columns_{};
  bool changed_ = false;
};

/// Of each that `:find` names.
template <std::size_t Count>
[[nodiscard]] constexpr std::array<CellType, Count> types_of_find(PlanView const& plan, Surroundings const& known) {
  std::array<CellType, Count> types{};
  TypeInference const inference{plan, known};
  for (std::size_t i = 0; i != Count; ++i) types[i] = inference.find(plan.find[i]);
  return types;
}

}  // namespace cairn::query::compiled
