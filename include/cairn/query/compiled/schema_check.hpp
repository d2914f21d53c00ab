// Copyright the Cairn authors
// SPDX-License-Identifier: BSL-1.0
// Whether the attributes and constants of a plan are those of a schema.
#pragma once

#include <cairn/config/nearest.hpp>
#include <cairn/query/compiled/infer_types.hpp>
#include <cairn/query/syntax/problem.hpp>

#include <cstddef>
#include <optional>
#include <string_view>
#include <vector>

namespace cairn::query::compiled {

/// A problem that only a schema shows.
struct SchemaProblem {
  enum class Kind : std::uint8_t { none, attribute, constant };
  Kind kind = Kind::none;
  syntax::Problem problem{};
};

class SchemaCheck {
 public:
  constexpr SchemaCheck(PlanView const& plan, Surroundings const& known) : plan_{plan}, known_{known} {}

  /// The first thing that is wrong.
  [[nodiscard]] constexpr SchemaProblem run() {
    for (auto const& step : plan_.steps) {
      auto const operands = plan_.operands_of(step.operands);
      if (step.kind == Step::Kind::pattern) {
        if (!reads_database(plan_, known_, step.source)) continue;
        if (operands.size() > 1) look_at_attribute(operands[1]);
        if (operands.size() > 2) look_at_value(operands[1], operands[2]);
        look_at_limit(operands, step.low);
        look_at_limit(operands, step.high);
      } else if (step.kind == Step::Kind::missing) {
        look_at_attribute(operands[1]);
      } else if (step.kind == Step::Kind::compute && !step.callee.custom && step.callee.builtin == FunctionId::get_else) {
        look_at_attribute(operands[operands[0].kind == Operand::Kind::source ? 2 : 1]);
      }
    }
    for (auto const& closure : plan_.closures) look_at_attribute(closure.attribute);
    return found_;
  }

 private:
  [[nodiscard]] constexpr std::optional<notation::Form> keyword_of(Operand operand) const noexcept {
    if (operand.kind != Operand::Kind::constant) return std::nullopt;
    auto const form = constant_of(plan_, operand);
    return form.is(notation::Kind::keyword) ? std::optional{form} : std::nullopt;
  }

  /// Those that every database has.
  [[nodiscard]] static constexpr bool is_of_system(std::string_view name) noexcept {
    return name.starts_with("db/") || name.starts_with("db.");
  }

  constexpr void look_at_attribute(Operand operand) {
    auto const form = keyword_of(operand);
    if (!form || is_of_system(form->name()) || known_.find(form->name()) != nullptr) return;
    std::vector<std::string_view> names;
    for (auto const& attribute : known_.attributes) names.push_back(attribute.name);
    report(SchemaProblem::Kind::attribute, operand, "unknown", config::nearest(form->name(), names));
  }

  constexpr void look_at_value(Operand attribute, Operand value) {
    auto const name = keyword_of(attribute);
    if (!name || value.kind != Operand::Kind::constant) return;
    auto const* known = known_.find(name->name());
    if (known == nullptr) return;
    auto const form = constant_of(plan_, value);
    auto const type = type_of(form);
    if (known->type == CellType::any || type == known->type) return;
    if (known->is_ref && (type == CellType::integer || type == CellType::keyword || form.is_sequence())) return;
    report(SchemaProblem::Kind::constant, value, known->type_name, {});
  }

  constexpr void look_at_limit(Elements<Operand> operands, Limit const& limit) {
    if (limit.kind == Limit::Kind::none || limit.operand.kind != Operand::Kind::constant || operands.size() < 2) return;
    auto const name = keyword_of(operands[1]);
    auto const* known = name ? known_.find(name->name()) : nullptr;
    if (known == nullptr || known->type == CellType::any) return;
    auto const is_number = [](CellType type) {
      return type == CellType::integer || type == CellType::entity || type == CellType::real || type == CellType::bigint ||
             type == CellType::bigdec;
    };
    auto const type = type_of(constant_of(plan_, limit.operand));
    if (type == known->type || (is_number(type) && is_number(known->type))) return;
    report(SchemaProblem::Kind::constant, limit.operand, known->type_name, {});
  }

  constexpr void report(SchemaProblem::Kind kind, Operand constant, std::string_view reason, std::string_view hint) {
    if (found_.kind != SchemaProblem::Kind::none) return;
    auto const at = plan_.constants[constant.index];
    auto const form = form_at(plan_, at);
    found_ = {kind,
              {syntax::Fault::none, Errc::query_where, form.offset(), form.raw().size(), reason, hint, at.in_rules}};
  }

  PlanView const& plan_;
  Surroundings const& known_;
  SchemaProblem found_{};
};

/// What a schema shows to be wrong with a query; nothing without one.
[[nodiscard]] constexpr SchemaProblem schema_problem(PlanView const& plan, Surroundings const& known) {
  return known.has_schema ? SchemaCheck{plan, known}.run() : SchemaProblem{};
}

}  // namespace cairn::query::compiled
