// Copyright the Cairn authors
// SPDX-License-Identifier: BSL-1.0
// A plan in words.
#pragma once

#include <cairn/query/plan/plan.hpp>

#include <cmath>
#include <cstddef>
#include <cstdint>
#include <span>
#include <string>
#include <string_view>

namespace cairn::query {

/// How many rows steps are expected to make and made, by the steps' numbers in the plan; or nothing. An estimate is for
/// one row that comes in, negative where nobody knows.
struct ExplainedRows {
  std::span<double const> estimates{};
  std::span<std::uint64_t const> actual{};
};

namespace planning {

class Explanation {
 public:
  Explanation(PlanView const& plan, ExplainedRows rows) : plan_{plan}, rows_{rows} {}

  std::string text() {
    block(plan_.main, 0, 0);
    for (std::size_t i = 0; i != plan_.tables.size(); ++i) table(i);
    return std::move(out_);
  }

 private:
  void table(std::size_t number) {
    Table const& one = plan_.tables[number];
    out_ += "rule ";
    out_ += form(one.form);
    out_ += " (table " + std::to_string(number) + ")";
    auto const seeds = plan_.variables_of(one.seeds);
    out_ += seeds.empty() ? ", all rows" : seeds.size() == 1 ? ", asked by column" : ", asked by columns";
    for (auto const column : seeds) out_ += " " + std::to_string(column + 1);
    out_ += "\n";
    auto const blocks = plan_.blocks_of(one.blocks);
    for (std::size_t i = 0; i != blocks.size(); ++i) {
      if (i != 0) out_ += "  and\n";
      block(blocks[i], 1, 0);
    }
  }

  /// `incoming`: the rows that the block is run for; 0 where nobody knows.
  void block(std::uint16_t number, std::size_t depth, std::uint64_t incoming) {
    Slice const steps = plan_.blocks[number].steps;
    for (std::uint32_t i = 0; i != steps.count; ++i) {
      step(steps.first + i, depth, incoming, depth == 0 && i == 0);
      incoming = steps.first + i < rows_.actual.size() ? rows_.actual[steps.first + i] : 0;
    }
    if (steps.count == 0) out_.append(2 * depth, ' ') += "nothing to do\n";
  }

  /// `first`: of all, so that no rows come in.
  void step(std::uint32_t number, std::size_t depth, std::uint64_t incoming, bool first) {
    Step const& one = plan_.steps[number];
    out_.append(2 * depth, ' ');
    title(one);
    std::size_t const before = out_.size();
    note_operands(one);
    note_limit(one, one.low);
    note_limit(one, one.high);
    if (one.kind == Step::Kind::compute) note_binding(one.binding);
    note_live(one);
    if (one.distinct) note("distinct");
    if (number < rows_.estimates.size() && rows_.estimates[number] >= 0)
      note("expects about " + rounded(rows_.estimates[number]) + (first ? " rows" : " for each row"));
    if (number < rows_.actual.size()) {
      auto const found = rows_.actual[number];
      note("found " + std::to_string(found));
      // As the estimate is: what came in is what the step before it found.
      if (incoming > 1)
        out_ += ", " + rounded(static_cast<double>(found) / static_cast<double>(incoming)) + " for each";
    }
    if (out_.size() != before) out_[before] = ':';
    out_ += "\n";
    auto const blocks = plan_.blocks_of(one.blocks);
    for (std::size_t i = 0; i != blocks.size(); ++i) {
      if (i != 0) out_.append(2 * depth, ' ') += "or\n";
      block(blocks[i], depth + 1, incoming);
    }
  }

  void title(Step const& one) {
    switch (one.kind) {
      case Step::Kind::pattern:
        out_ += "find ";
        break;
      case Step::Kind::filter:
        out_ += "keep if ";
        break;
      case Step::Kind::compute:
        out_ += "compute ";
        break;
      case Step::Kind::missing:
        out_ += "keep if ";
        break;
      case Step::Kind::without:
        out_ += "drop if found";
        return;
      case Step::Kind::either:
        out_ += "any of";
        return;
      case Step::Kind::call:
        out_ += "ask table " + std::to_string(one.table) + " ";
        break;
      case Step::Kind::closure:
        out_ += plan_.closures[one.table].backwards ? "reach backwards along " : "reach along ";
        out_ += form(plan_.constants[plan_.closures[one.table].attribute.index]);
        out_ += " ";
        break;
      case Step::Kind::seeds:
        out_ += "new questions to table " + std::to_string(one.table);
        return;
      case Step::Kind::empty:
        out_ += "nothing can be found ";
        break;
    }
    out_ += form(one.form);
  }

  void note(std::string_view text) { (out_ += ", ") += text; }

  void note_operands(Step const& one) {
    std::string bound;
    std::string free;
    for (Operand const& operand : plan_.operands_of(one.operands)) {
      if (operand.kind == Operand::Kind::bound) (bound += ' ') += name(operand.index);
      if (operand.kind == Operand::Kind::free) (free += ' ') += name(operand.index);
    }
    bool const asks =
        one.kind != Step::Kind::filter && one.kind != Step::Kind::compute && one.kind != Step::Kind::missing;
    if (!bound.empty() && asks) note("knows" + bound);
    if (!free.empty()) note("finds" + free);
  }

  void note_binding(std::uint32_t number) {
    std::string found;
    std::string compared;
    add_binding(number, found, compared);
    if (!found.empty()) note("finds" + found);
    if (!compared.empty()) note("compares" + compared);
  }
  void add_binding(std::uint32_t number, std::string& found, std::string& compared) const {
    Binding const& one = plan_.bindings[number];
    if (one.kind == Binding::Kind::scalar)
      ((one.variable.kind == Operand::Kind::free ? found : compared) += ' ') += name(one.variable.index);
    for (std::uint32_t i = 0; i != one.parts.count; ++i) add_binding(one.parts.first + i, found, compared);
  }

  void note_limit(Step const& one, Limit const& limit) {
    constexpr std::string_view signs[] = {"", ">=", ">", "<=", "<"};
    if (limit.kind == Limit::Kind::none) return;
    std::string text{name(plan_.operands_of(one.operands)[2].index)};
    ((text += ' ') += signs[static_cast<std::size_t>(limit.kind)]) += ' ';
    text += limit.operand.kind == Operand::Kind::constant ? form(plan_.constants[limit.operand.index])
                                                          : std::string{name(limit.operand.index)};
    note(text);
  }

  void note_live(Step const& one) {
    std::string live;
    for (auto const variable : plan_.variables_of(one.live)) (live += ' ') += name(variable);
    note(live.empty() ? "keeps nothing" : "keeps" + live);
  }

  /// Two digits are all that an estimate is worth.
  static std::string rounded(double rows) {
    if (rows < 10) {
      auto const tenths = std::llround(rows * 10);
      auto text = std::to_string(tenths / 10);
      if (tenths % 10 != 0) (text += '.') += std::to_string(tenths % 10);
      return text;
    }
    double const unit = std::pow(10.0, std::floor(std::log10(rows)) - 1);
    return std::to_string(std::llround(std::min(std::round(rows / unit) * unit, 1e18)));
  }

  /// The form as it is written, in one line.
  [[nodiscard]] std::string form(FormAt at) const {
    auto const nodes = at.in_rules ? plan_.rules_nodes : plan_.nodes;
    auto const text = at.in_rules ? plan_.rules_text : plan_.text;
    if (at.node >= nodes.size()) return {};
    std::string line;
    bool quoted = false;
    for (std::size_t i = nodes[at.node].begin; i < nodes[at.node].end && i < text.size(); ++i) {
      char const c = text[i];
      bool const space = !quoted && (c == ' ' || c == '\n' || c == '\t' || c == '\r' || c == ',');
      if (c == '"' && (i == 0 || text[i - 1] != '\\')) quoted = !quoted;
      if (!space) {
        line += c;
      } else if (!line.empty() && line.back() != ' ') {
        line += ' ';
      }
    }
    return line;
  }
  /// A variable's name; one that has none of its own (a `_` that a rule is called with) is called so.
  [[nodiscard]] std::string name(std::uint16_t variable) const {
    auto const text = form(plan_.names[variable]);
    return text.starts_with('?') ? text : "_";
  }

  PlanView plan_;
  ExplainedRows rows_;
  std::string out_{};
};

}  // namespace planning

/// What a plan does, a line for each step in the order in which they are taken: the clause as it is written, which of
/// its variables are known by then, which it finds, which are looked at afterwards. Blocks within a step are indented
/// below it, rules that have rows of their own come last.
[[nodiscard]] inline std::string explain_plan(PlanView const& plan, ExplainedRows rows = {}) {
  return planning::Explanation{plan, rows}.text();
}

}  // namespace cairn::query
