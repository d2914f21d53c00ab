// Copyright the Cairn authors
// SPDX-License-Identifier: BSL-1.0
// What is wrong with a plan besides its text: attributes, constants and variables that do not fit a schema, functions that take other
// arguments, pull patterns.
#pragma once

#include <cairn/config/nearest.hpp>
#include <cairn/query/compiled/infer_types.hpp>
#include <cairn/query/compiled/pull_check.hpp>
#include <cairn/query/compiled/static_query.hpp>
#include <cairn/query/syntax/problem.hpp>

#include <cstddef>
#include <optional>
#include <string_view>
#include <vector>

namespace cairn::query::compiled {

/// A problem that only shows with what is around a query.
struct SchemaProblem {
  enum class Kind : std::uint8_t {
    none,
    query,      ///< as those of its text: `problem.fault` says which
    pull,       ///< a pull pattern is none
    attribute,  ///< the schema has none of that name
    lookup,     ///< a lookup ref's attribute is not unique
    constant,   ///< it is of another type than the attribute
    type,       ///< a variable is
  };
  Kind kind = Kind::none;
  syntax::Problem problem{};
};

[[nodiscard]] constexpr SchemaProblem schema_problem(PlanView const& plan, Surroundings const& known);

/// The same of a query inside of another one, once it is planned. What is wrong with its text was found with that of the outer one.
struct CheckInner {
  Surroundings const& known;
  constexpr SchemaProblem operator()(syntax::Problem const& problem, PlanView const& plan) const {
    return problem ? SchemaProblem{} : schema_problem(plan, known);
  }
};

class SchemaCheck {
  using Kind = SchemaProblem::Kind;

 public:
  constexpr SchemaCheck(PlanView const& plan, Surroundings const& known) : plan_{plan}, known_{known} {}

  /// The first thing that is wrong.
  [[nodiscard]] constexpr SchemaProblem run() {
    for (auto const& step : plan_.steps) {
      if (step.kind == Step::Kind::filter || step.kind == Step::Kind::compute) look_at_call(step);
    }
    for (auto const& having : plan_.having) {
      if (having.callee.custom) look_at_count(having.callee, having.operands.count);
    }
    for (auto const& find : plan_.find) look_at_find(find);
    if (!known_.has_schema || found()) return found_;
    for (auto const& step : plan_.steps) {
      auto const operands = plan_.operands_of(step.operands);
      if (step.kind == Step::Kind::pattern) {
        if (!reads_database(plan_, known_, step.source)) continue;
        look_at_entity(operands[0]);
        if (operands.size() > 1) look_at_attribute(operands[1]);
        if (operands.size() > 2) look_at_value(operands[1], operands[2]);
        look_at_limit(operands, step.low);
        look_at_limit(operands, step.high);
      } else if (step.kind == Step::Kind::missing) {
        look_at_entity(operands[0]);
        look_at_attribute(operands[1], true);
      }
    }
    for (auto const& closure : plan_.closures) look_at_attribute(closure.attribute);
    if (!found()) look_at_types();
    return found_;
  }

  /// As `PullCheck` wants.
  constexpr void attribute(notation::Form form, std::string_view name) {
    auto const slash = name.size() > 1 ? name.find('/') : std::string_view::npos;
    auto const start = slash == std::string_view::npos ? 0 : slash + 1;
    if (!known_.has_schema || is_of_system(name)) return;
    bool const is_reverse = name.size() > start + 1 && name[start] == '_';
    for (auto const& attribute : known_.attributes) {
      auto const own = attribute.name;
      bool const is_it = is_reverse ? own.size() + 1 == name.size() && own.substr(0, start) == name.substr(0, start) &&
                                          own.substr(start) == name.substr(start + 1)
                                    : own == name;
      if (is_it) return;
    }
    report(Kind::attribute, form, false, "unknown", nearest_to(name));
  }

 private:
  [[nodiscard]] constexpr bool found() const noexcept { return found_.kind != Kind::none; }

  [[nodiscard]] constexpr std::optional<notation::Form> keyword_of(Operand operand) const noexcept {
    if (operand.kind != Operand::Kind::constant) return std::nullopt;
    auto const form = constant_of(plan_, operand);
    return form.is(notation::Kind::keyword) ? std::optional{form} : std::nullopt;
  }

  /// Those that every database has.
  [[nodiscard]] static constexpr bool is_of_system(std::string_view name) noexcept {
    return name.starts_with("db/") || name.starts_with("db.");
  }
  [[nodiscard]] constexpr std::string_view nearest_to(std::string_view name) const {
    std::vector<std::string_view> names;
    for (auto const& attribute : known_.attributes) names.push_back(attribute.name);
    return config::nearest(name, names);
  }

  /// `may_reverse`: `:person/_friend` is meant where there is a `:person/friend`.
  constexpr void look_at_attribute(Operand operand, bool may_reverse = false) {
    auto const form = keyword_of(operand);
    if (form && may_reverse) return attribute(*form, form->name());
    if (form) look_at_name(*form, is_in_rules(operand));
  }
  constexpr void look_at_name(notation::Form form, bool in_rules) {
    if (is_of_system(form.name()) || known_.find(form.name()) != nullptr) return;
    report(Kind::attribute, form, in_rules, "unknown", nearest_to(form.name()));
  }

  /// A lookup ref: `[:name "Ivan"]`.
  constexpr void look_at_entity(Operand operand) {
    if (operand.kind != Operand::Kind::constant) return;
    auto const form = constant_of(plan_, operand);
    if (!form.is_sequence() || form.size() != 2 || !form[0].is(notation::Kind::keyword)) return;
    bool const in_rules = is_in_rules(operand);
    auto const name = form[0];
    look_at_name(name, in_rules);
    auto const* known = known_.find(name.name());
    if (known == nullptr || is_of_system(name.name())) return;
    if (!known->is_unique) report(Kind::lookup, name, in_rules, "not unique", {});
    auto const type = type_of(form[1]);
    if (!known->is_ref && never_meet(type, known->type)) report(Kind::constant, form[1], in_rules, known->type_name, {});
  }

  constexpr void look_at_value(Operand attribute, Operand value) {
    auto const name = keyword_of(attribute);
    if (!name || value.kind != Operand::Kind::constant) return;
    auto const* known = known_.find(name->name());
    if (known == nullptr) return;
    if (known->is_ref) look_at_entity(value);
    auto const form = constant_of(plan_, value);
    auto const type = type_of(form);
    if (known->type == CellType::any || type == known->type) return;
    if (known->is_ref && (type == CellType::integer || type == CellType::keyword || form.is_sequence())) return;
    report(Kind::constant, form, is_in_rules(value), known->type_name, {});
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
    auto const form = constant_of(plan_, limit.operand);
    auto const type = type_of(form);
    if (type == known->type || (is_number(type) && is_number(known->type))) return;
    report(Kind::constant, form, is_in_rules(limit.operand), known->type_name, {});
  }

  // ---- calls

  /// Whether a step calls a function, and does not stand for a rule that comes when the query runs.
  [[nodiscard]] constexpr bool is_call(Step const& step) const noexcept {
    return form_at(plan_, step.form).is(notation::Kind::vector);
  }
  [[nodiscard]] constexpr KnownFunction const* function_of(FormAt at) const noexcept {
    auto const name = form_at(plan_, at).raw();
    for (auto const& function : known_.functions) {
      if (function.name == name) return &function;
    }
    return nullptr;
  }

  constexpr void look_at_call(Step const& step) {
    if (step.callee.custom) {
      if (is_call(step)) look_at_count(step.callee, step.operands.count);
      return;
    }
    auto const operands = plan_.operands_of(step.operands);
    if (step.callee.builtin == FunctionId::query) return look_at_inner(operands);
    bool const has_attributes = step.callee.builtin == FunctionId::get_else || step.callee.builtin == FunctionId::get_some;
    if (!has_attributes || !known_.has_schema) return;
    if (operands[0].kind == Operand::Kind::source && !reads_database(plan_, known_, operands[0].index)) return;
    std::size_t const entity = operands[0].kind == Operand::Kind::source ? 1 : 0;
    look_at_entity(operands[entity]);
    auto const end = step.callee.builtin == FunctionId::get_else ? entity + 2 : operands.size();
    for (std::size_t i = entity + 1; i != end; ++i) look_at_attribute(operands[i]);
  }

  constexpr void look_at_count(Callee const& callee, std::size_t given) {
    auto const* function = function_of(callee.form);
    if (function == nullptr) return;
    auto const name = form_at(plan_, callee.form);
    if (function->is_aggregate)
      return report(syntax::Fault::unknown_function, name, callee.form.in_rules, "this is an aggregate, which stands under :find");
    if (function->parameters.size() != given)
      report(syntax::Fault::wrong_arguments, name, callee.form.in_rules, "this function has another number of parameters");
  }

  constexpr void look_at_inner(Elements<Operand> operands) {
    if (operands[0].kind != Operand::Kind::constant) return;
    auto const form = constant_of(plan_, operands[0]);
    if (!form.is_sequence() && !form.is(notation::Kind::map)) return;
    // Of its inputs no more is known than which are databases.
    Pool<InputTypes> inputs;
    for (std::size_t i = 1; i != operands.size(); ++i) {
      InputTypes types;
      for (auto& type : types.columns) type = CellType::any;
      types.is_database = operands[i].kind == Operand::Kind::source && reads_database(plan_, known_, operands[i].index);
      inputs.push_back(types);
    }
    Surroundings const known{known_.has_schema, known_.attributes, inputs, known_.functions};
    syntax::Names names;
    names.any = true;
    auto const at = rules_argument(form);
    bool const are_written = at != 0 && at < operands.size() && operands[at].kind == Operand::Kind::constant;
    auto const rules = are_written ? constant_of(plan_, operands[at]) : form;
    auto const rules_text = are_written && rules.is_sequence() ? rules.raw() : std::string_view{};
    auto inner = plan_then(form.raw(), rules_text, names, rules_text.empty() ? RulesAre::late : RulesAre::known, CheckInner{known});
    if (inner.kind == Kind::none || found()) return;
    found_ = inner;
    found_.problem.offset += found_.problem.in_rules ? rules.offset() : form.offset();
    found_.problem.in_rules = is_in_rules(operands[0]);
  }
  /// Which argument an inner query's `%` is; 0: none.
  [[nodiscard]] static constexpr std::size_t rules_argument(notation::Form query) {
    std::size_t at = 0;
    bool is_input = false;
    auto const is_rules = [&](notation::Form form) {
      ++at;
      return form.is_symbol("%");
    };
    for (notation::Form const form : query) {
      if (form.is(notation::Kind::keyword)) {
        is_input = form.is_keyword("in");
      } else if (is_input && query.is(notation::Kind::map)) {
        for (notation::Form const one : form) {
          if (is_rules(one)) return at;
        }
      } else if (is_input && is_rules(form)) {
        return at;
      }
    }
    return 0;
  }

  // ---- what is found

  constexpr void look_at_find(Find const& find) {
    if (find.kind == Find::Kind::custom_aggregate) {
      auto const* function = function_of(find.form);
      if (function != nullptr && !function->is_aggregate)
        report(syntax::Fault::unknown_aggregate, form_at(plan_, find.form), false,
               "this function is no aggregate: one takes a std::span or a std::vector");
    }
    if (find.kind != Find::Kind::pull || find.pattern.kind != Operand::Kind::constant) return;
    auto const form = constant_of(plan_, find.pattern);
    if (form.is(notation::Kind::string) || form.is(notation::Kind::tagged)) return;
    PullCheck<SchemaCheck> check{*this};
    if (!check.pattern(form)) report(Kind::pull, check.at(), false, check.reason(), {});
  }

  // ---- types of variables

  /// Types are only inferred where something asks for them, since that takes the compiler a while.
  [[nodiscard]] constexpr bool needs_types() const noexcept {
    for (auto const& step : plan_.steps) {
      if (step.kind == Step::Kind::filter || (step.kind == Step::Kind::compute && step.callee.custom)) return true;
      if (step.kind == Step::Kind::pattern && step.operands.count > 2 &&
          plan_.operands_of(step.operands)[2].kind == Operand::Kind::bound)
        return true;
    }
    for (auto const& find : plan_.find) {
      if (find.kind == Find::Kind::aggregate && wants_numbers(find.aggregate)) return true;
    }
    return false;
  }
  [[nodiscard]] static constexpr bool wants_numbers(AggregateId id) noexcept {
    return id == AggregateId::sum || id == AggregateId::avg || id == AggregateId::median || id == AggregateId::variance ||
           id == AggregateId::stddev;
  }

  constexpr void look_at_types() {
    if (!needs_types()) return;
    TypeInference const types{plan_, known_};
    auto const of = [&](Operand operand) {
      if (operand.kind == Operand::Kind::constant) return type_of(constant_of(plan_, operand));
      return operand.kind == Operand::Kind::bound ? types.variable(operand.index) : CellType::any;
    };
    for (auto const& step : plan_.steps) {
      auto const operands = plan_.operands_of(step.operands);
      if (step.kind == Step::Kind::pattern) {
        if (operands.size() < 3 || operands[2].kind != Operand::Kind::bound || !reads_database(plan_, known_, step.source)) continue;
        auto const name = keyword_of(operands[1]);
        auto const* known = name ? known_.find(name->name()) : nullptr;
        if (known != nullptr && never_meet(known->type, of(operands[2])))
          report(Kind::type, *name, is_in_rules(operands[1]), words_of(of(operands[2])), {});
      } else if (step.kind == Step::Kind::filter && !step.callee.custom && is_comparison(step.callee.builtin)) {
        for (std::size_t i = 1; i < operands.size(); ++i) {
          if (!never_meet(of(operands[0]), of(operands[i]))) continue;
          bool const is_second = operands[i].kind == Operand::Kind::constant;
          report_operand(operands[is_second ? i : 0], step.form, words_of(of(operands[is_second ? 0 : i])));
        }
      } else if ((step.kind == Step::Kind::filter || step.kind == Step::Kind::compute) && step.callee.custom && is_call(step)) {
        auto const* function = function_of(step.callee.form);
        for (std::size_t i = 0; function != nullptr && i != operands.size(); ++i) {
          auto const wanted = function->parameters[i];
          bool const is_other = never_meet(of(operands[i]), wanted) || (of(operands[i]) == CellType::keyword && wanted == CellType::entity);
          if (is_other) report_operand(operands[i], step.callee.form, words_of(wanted));
        }
      }
    }
    for (auto const& find : plan_.find) {
      if (find.kind != Find::Kind::aggregate || !wants_numbers(find.aggregate)) continue;
      if (never_meet(types.variable(find.variable), CellType::integer))
        report(Kind::type, form_at(plan_, find.form), false, words_of(CellType::integer), {});
    }
  }

  /// Of a constant the place, else that of what has it.
  constexpr void report_operand(Operand operand, FormAt otherwise, std::string_view wanted) {
    auto const at = operand.kind == Operand::Kind::constant ? plan_.constants[operand.index] : otherwise;
    report(Kind::type, form_at(plan_, at), at.in_rules, wanted, {});
  }

  // ---- reports

  [[nodiscard]] constexpr bool is_in_rules(Operand constant) const noexcept { return plan_.constants[constant.index].in_rules; }

  constexpr void report(Kind kind, notation::Form form, bool in_rules, std::string_view reason, std::string_view hint) {
    if (found()) return;
    found_ = {kind, {syntax::Fault::none, Errc::query_where, form.offset(), form.raw().size(), reason, hint, in_rules}};
  }
  constexpr void report(syntax::Fault fault, notation::Form form, bool in_rules, std::string_view reason) {
    report(Kind::query, form, in_rules, reason, {});
    if (found_.kind == Kind::query && found_.problem.fault == syntax::Fault::none) found_.problem.fault = fault;
  }

  PlanView const& plan_;
  Surroundings const& known_;
  SchemaProblem found_{};
};

/// What is wrong with a query where it stands.
constexpr SchemaProblem schema_problem(PlanView const& plan, Surroundings const& known) {
  return SchemaCheck{plan, known}.run();
}

}  // namespace cairn::query::compiled
