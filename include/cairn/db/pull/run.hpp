// Copyright the Cairn authors
// SPDX-License-Identifier: BSL-1.0
// A pull pattern at work: entity by entity.
#pragma once

#include <cairn/db/db.hpp>
#include <cairn/db/pull/back_reading.hpp>
#include <cairn/db/pull/memory.hpp>
#include <cairn/db/pull/plan.hpp>
#include <cairn/db/pull/reading.hpp>
#include <cairn/db/pull/star.hpp>
#include <cairn/edn/value.hpp>
#include <cairn/error/error.hpp>
#include <cairn/index/value_footprint.hpp>

#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <iterator>
#include <memory>
#include <span>
#include <string>
#include <utility>
#include <vector>

namespace cairn::detail {

/// Pulls entities by one plan from one database value, one after the other. One thread at a time may use a memory.
///
/// What was found of an entity first lies in cells, then the entities that it leads to are followed. The entities on the way
/// are levels in the memory: the stack does not grow with them.
template <class IndexTag>
class PullRun {
  using Edn = notation::Value;

 public:
  PullRun(Db<IndexTag> const& db, PullPlan const& plan, PullMemory& memory) noexcept
      : db_{db}, plan_{plan}, memory_{memory} {}

  [[nodiscard]] Edn operator()(EntityId entity) {
    memory_.cells.clear();
    memory_.targets.clear();
    memory_.values.clear();
    memory_.levels.clear();
    memory_.path.clear();
    memory_.work = 0;
    memory_.made_text = 0;
    enter(0, 0, entity, false);
    for (;;) {
      if (follow_next()) continue;
      auto found = leave();
      if (memory_.levels.empty()) return found;
      keep(std::move(found));
    }
  }

 private:
  static constexpr std::size_t most_work = std::size_t{1} << 20U;
  static constexpr std::size_t most_made_text = most_work * pull_bytes_a_unit;
  /// The key of components, in a path.
  static constexpr std::uint32_t component_key = ~std::uint32_t{0};

  [[nodiscard]] PullStep const& step(std::uint32_t node, std::uint32_t at) const {
    return memory_.stars[node] ? memory_.stars[node]->step(at) : plan_.nodes[node].steps[at];
  }

  void enter(std::uint32_t node, std::size_t region, EntityId entity, bool has_followed) {
    auto const& plan = plan_.nodes[node];
    if (plan.everything && !memory_.stars[node]) memory_.stars[node] = std::make_unique<PullStar>(plan);
    auto const base = memory_.cells.size();
    memory_.levels.push_back({.node = node,
                              .entity = entity,
                              .region = region,
                              .has_followed = has_followed,
                              .base = base,
                              .first_target = memory_.targets.size(),
                              .cell = base,
                              .first_value = memory_.values.size()});
    for (std::uint32_t i = 0; i != plan.steps.size(); ++i) memory_.cells.emplace_back().step = i;
    find(node, base, entity);
    memory_.levels.back().end = memory_.cells.size();
  }

  /// What the entity shows that was entered last.
  Edn leave() {
    auto const level = memory_.levels.back();
    auto const& plan = plan_.nodes[level.node];
    bool const is_simple = !plan.everything && plan.keys_differ;
    auto result = is_simple ? put_named(plan, level.base) : put_together(level.node, level.base, level.entity);
    memory_.cells.resize(level.base);
    memory_.targets.resize(level.first_target);
    if (level.has_followed) memory_.path.pop();
    memory_.levels.pop_back();
    return result;
  }

  /// What hangs at the entity itself is bounded by the data; what is pulled through others grows with the ways to them.
  void charge(std::size_t work) {
    memory_.unasked += work;
    if (memory_.unasked >= pull_work_a_poll) ask();
    if (memory_.levels.size() == 1) return;
    memory_.work += work;
    if (memory_.work > most_work) refuse_work();
  }
  void ask() {
    for (; memory_.unasked >= pull_work_a_poll; memory_.unasked -= pull_work_a_poll) static_cast<void>(memory_.watch.poll());
  }
  [[noreturn]] static void refuse_work() {
    raise(
        Errc::query_memory,
        "More than 2^20 entities and values hang together here. Give the pattern limits, or its recursion a number of "
        "levels: {:attribute 3}.",
        "{}");
  }

  // ---- what an entity has

  /// Fills the cells of an entity, and adds those of what only `*` asks for.
  void find(std::uint32_t node, std::size_t base, EntityId entity) {
    auto const& plan = plan_.nodes[node];
    charge(1);
    if (plan.everything || !plan.wanted.empty()) {
      read_forward(db_, entity, plan.wanted, plan.everything, [&](auto& reading) { take(node, base, reading); });
    }
    for (std::uint32_t i = 0; i != plan.steps.size(); ++i) {
      auto const& one = plan.steps[i];
      if (one.access == PullAccess::id) {
        set(memory_.cells[base + i], one, Edn::integer(entity));
      } else if (one.access == PullAccess::back || one.access == PullAccess::back_scan) {
        auto const first = memory_.targets.size();
        read_back(db_, entity, one, memory_.targets);
        point(memory_.cells[base + i], first, one);
        charge(memory_.targets.size() - first);
      }
    }
  }

  /// The values of one attribute, for each step that wants it.
  template <class Reading>
  void take(std::uint32_t node, std::size_t base, Reading& reading) {
    auto const& plan = plan_.nodes[node];
    auto const attribute = reading.attribute();
    auto wanted = std::ranges::lower_bound(plan.wanted, attribute, {}, &PullWanted::attribute);
    if (!plan.everything && (wanted + 1 == plan.wanted.end() || wanted[1].attribute != attribute)) {
      auto const& one = plan.steps[wanted->step];
      if (!one.entities && !one.many) {  // what most are: one value, for one step
        reading.read(1, [&](Value const& value) { set(memory_.cells[base + wanted->step], one, shown(value)); });
        return charge(1);
      }
    }
    memory_.takers.clear();
    // What is named is shown as it is named: `*` leaves it out.
    if (plan.everything && (wanted == plan.wanted.end() || wanted->attribute != attribute)) {
      memory_.takers.push_back(memory_.cells.size());
      memory_.cells.emplace_back().step = memory_.stars[node]->step_for(attribute, *plan_.schema);
    }
    for (; wanted != plan.wanted.end() && wanted->attribute == attribute; ++wanted)
      memory_.takers.push_back(base + wanted->step);
    std::size_t limit = 0;
    for (auto const taker : memory_.takers) limit = (std::max)(limit, step(node, memory_.cells[taker].step).limit);
    auto const& any = step(node, memory_.cells[memory_.takers.front()].step);
    if (any.entities) {
      auto const first = memory_.targets.size();
      reading.read(limit, [&](Value const& value) { memory_.targets.push_back(value.as_integer()); });
      for (auto const taker : memory_.takers) point(memory_.cells[taker], first, step(node, memory_.cells[taker].step));
      return charge(memory_.targets.size() - first);
    }
    if (!any.many) {
      reading.read(1, [&](Value const& value) {
        for (auto const taker : memory_.takers)
          set(memory_.cells[taker], step(node, memory_.cells[taker].step), shown(value));
      });
      return charge(1);
    }
    auto const first = memory_.values.size();
    reading.read(limit, [&](Value const& value) { memory_.values.push_back(shown(value)); });
    charge(memory_.values.size() - first);
    for (auto const taker : memory_.takers) {
      auto const& one = step(node, memory_.cells[taker].step);
      auto const count = (std::min)(one.limit, memory_.values.size() - first);
      auto const from = memory_.values.begin() + static_cast<std::ptrdiff_t>(first);
      set(memory_.cells[taker], one, Edn::vector(std::vector<Edn>(from, from + static_cast<std::ptrdiff_t>(count))));
    }
    memory_.values.resize(first);
  }

  [[nodiscard]] Edn shown(Value const& value) {
    if (ValueParts::counted(value.kind())) memory_.unasked += value_footprint(value) / pull_bytes_a_unit;
    return to_edn(value);
  }

  void point(PullCell& cell, std::size_t first, PullStep const& one) const {
    cell.first_target = first;
    cell.targets = static_cast<std::uint32_t>((std::min)(one.limit, memory_.targets.size() - first));
  }

  void set(PullCell& cell, PullStep const& one, Edn&& value) {
    if (one.transform) [[unlikely]] value = transformed(one, value);
    cell.value = std::move(value);
    cell.found = !cell.value.is_nil();
  }

  /// Text is counted that is made of what is no text or less of it: of text in text, as `str` makes it at each level of a recursion, each
  /// level has twice as much as the one below.
  [[nodiscard]] Edn transformed(PullStep const& one, Edn const& value) {
    auto made = one.transform(value);
    auto const length = [](Edn const& text) { return text.is_string() ? text.as_string().size() : 0; };
    if (length(made) <= length(value)) return made;
    auto const more = length(made) - length(value);
    memory_.unasked += more / pull_bytes_a_unit;
    if (memory_.unasked >= pull_work_a_poll) ask();
    if (memory_.levels.size() == 1) return made;
    memory_.made_text += more;
    if (memory_.made_text > most_made_text) {
      raise(Errc::query_memory,
            "The :xform functions of the pattern make more than 64 MiB of text here. Give the pattern limits, or its recursion a number of levels: "
            "{:attribute 3}.",
            "{}");
    }
    return made;
  }

  // ---- where it leads

  /// To the next entity that the last level leads to. False where its cells are complete.
  bool follow_next() {
    auto& level = memory_.levels.back();
    for (; level.cell != level.end; ++level.cell) {
      auto const& cell = memory_.cells[level.cell];
      if (level.target != cell.targets) {
        auto const target = memory_.targets[cell.first_target + level.target++];
        follow(level.node, level.region, cell.step, target);
        return true;
      }
      complete(level);
    }
    return false;
  }

  /// What the target of a cell shows is one of the cell's values.
  void keep(Edn&& shown) {
    if (shown.is_nil()) return;
    auto& level = memory_.levels.back();
    auto const& cell = memory_.cells[level.cell];
    memory_.values.push_back(std::move(shown));
    if (!step(level.node, cell.step).many) level.target = cell.targets;
  }

  void complete(PullMemory::Level& level) {
    auto& cell = memory_.cells[level.cell];
    auto const& one = step(level.node, cell.step);
    if (memory_.values.size() != level.first_value) {
      auto const from = memory_.values.begin() + static_cast<std::ptrdiff_t>(level.first_value);
      set(cell, one, one.many ? Edn::vector({std::make_move_iterator(from), std::make_move_iterator(memory_.values.end())}) : std::move(*from));
      memory_.values.resize(level.first_value);
    }
    if (!cell.found && one.missing) {
      cell.value = *one.missing;
      cell.found = true;
    }
    level.target = 0;
  }

  /// Shows an entity that a reference leads to.
  void follow(std::uint32_t node, std::size_t region, std::uint32_t at, EntityId target) {
    auto const& one = step(node, at);
    switch (one.inner) {
      case PullInner::pattern:
        return enter(one.pattern, memory_.path.size(), target, false);
      case PullInner::recursion:
        return recur(node, region, one.same, one.depth, target);
      case PullInner::none:
        if (!one.component) break;
        // The components of components are one descent; one that begins here knows of none before.
        return recur(plan_.whole(), node == plan_.whole() ? region : memory_.path.size(), component_key, 0, target);
    }
    keep(number_only(target));
  }

  void recur(std::uint32_t node, std::size_t region, std::uint32_t key, std::int64_t most, EntityId target) {
    if (most != 0 && memory_.path.levels(region, key) == most) return;
    if (memory_.path.has(region, key, target)) return keep(number_only(target));
    memory_.path.push(region, key, target);
    enter(node, region, target, true);
  }

  static Edn number_only(EntityId entity) {
    static auto const key = Edn::keyword("db/id");
    return Edn::map_of({key, Edn::integer(entity)}, {0});
  }

  // ---- the answer

  /// The cells of a pattern that names what it shows, each once, as a map; nil where nothing was found.
  Edn put_named(PullPlanNode const& plan, std::size_t base) {
    auto const cells = std::span{memory_.cells}.subspan(base, plan.steps.size());
    auto const count = static_cast<std::size_t>(std::ranges::count(cells, true, &PullCell::found));
    if (count == 0) return {};
    std::vector<Edn> items;
    items.reserve(2 * count);
    for (auto& cell : cells) {
      if (!cell.found) continue;
      cell.place = static_cast<std::uint32_t>(items.size());
      items.push_back(plan.steps[cell.step].key);
      items.push_back(std::move(cell.value));
    }
    std::vector<std::uint32_t> order;
    order.reserve(count);
    for (auto const i : plan.by_key) {
      if (cells[i].found) order.push_back(cells[i].place);
    }
    return Edn::map_of(std::move(items), std::move(order));
  }

  /// The cells as a map, what `*` found first; nil where nothing was. What is named hides what `*` found under its key.
  Edn put_together(std::uint32_t node, std::size_t base, EntityId entity) {
    auto const& plan = plan_.nodes[node];
    auto const named = base + plan.steps.size();
    memory_.shown.clear();
    if (plan.everything) {
      auto& cell = memory_.cells.emplace_back();
      cell.step = memory_.stars[node]->id_step();
      cell.value = Edn::integer(entity);
      cell.found = true;
      show(node, memory_.cells.size() - 1);
      for (auto i = named; i != memory_.cells.size() - 1; ++i) show(node, i);
    }
    for (auto i = base; i != named; ++i) show(node, i);
    if (memory_.shown.empty()) return {};

    memory_.by_rank.clear();
    for (std::uint32_t i = 0; i != memory_.shown.size(); ++i) memory_.by_rank.push_back(i);
    std::sort(memory_.by_rank.begin(), memory_.by_rank.end(), [&](std::uint32_t left, std::uint32_t right) {
      return memory_.shown[left].rank != memory_.shown[right].rank
                 ? memory_.shown[left].rank < memory_.shown[right].rank
                 : left < right;
    });
    std::size_t count = memory_.shown.size();
    for (std::size_t i = 1; i < memory_.by_rank.size(); ++i) {
      if (memory_.shown[memory_.by_rank[i]].rank != memory_.shown[memory_.by_rank[i - 1]].rank) continue;
      memory_.shown[memory_.by_rank[i - 1]].is_hidden = true;
      --count;
    }
    std::vector<Edn> items;
    items.reserve(2 * count);
    for (auto& one : memory_.shown) {
      if (one.is_hidden) continue;
      one.place = static_cast<std::uint32_t>(items.size());
      items.push_back(step(node, memory_.cells[one.cell].step).key);
      items.push_back(std::move(memory_.cells[one.cell].value));
    }
    std::vector<std::uint32_t> order;
    order.reserve(count);
    for (auto const i : memory_.by_rank) {
      if (!memory_.shown[i].is_hidden) order.push_back(memory_.shown[i].place);
    }
    return Edn::map_of(std::move(items), std::move(order));
  }

  void show(std::uint32_t node, std::size_t cell) {
    if (memory_.cells[cell].found) memory_.shown.push_back({step(node, memory_.cells[cell].step).rank, cell, 0, false});
  }

  Db<IndexTag> const& db_;
  PullPlan const& plan_;
  PullMemory& memory_;
};

}  // namespace cairn::detail
