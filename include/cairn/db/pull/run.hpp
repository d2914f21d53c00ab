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
/// What was found of an entity first lies in cells, then the entities that it leads to are followed. By then its index
/// has been left, so that a level costs little of the stack.
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
    memory_.path.clear();
    memory_.work = 0;
    memory_.depth = 0;
    return pull(0, 0, entity);
  }

 private:
  static constexpr std::size_t deepest = 1000;
  static constexpr std::size_t most_work = std::size_t{1} << 20U;
  /// The key of components, in a path.
  static constexpr std::uint32_t component_key = ~std::uint32_t{0};

  [[nodiscard]] PullStep const& step(std::uint32_t node, std::uint32_t at) const {
    return memory_.stars[node] ? memory_.stars[node]->step(at) : plan_.nodes[node].steps[at];
  }

  /// `region`: where in the path the references begin that this pattern has followed into itself.
  Edn pull(std::uint32_t node, std::size_t region, EntityId entity) {
    auto const& plan = plan_.nodes[node];
    if (plan.everything && !memory_.stars[node]) memory_.stars[node] = std::make_unique<PullStar>(plan);
    auto const base = memory_.cells.size();
    auto const first_target = memory_.targets.size();
    for (std::uint32_t i = 0; i != plan.steps.size(); ++i) memory_.cells.emplace_back().step = i;
    find(node, base, entity);
    auto const end = memory_.cells.size();
    for (auto i = base; i != end; ++i) {
      if (memory_.cells[i].targets != 0) follow(node, region, i);
      auto& cell = memory_.cells[i];
      if (cell.found) continue;
      auto const& missing = step(node, cell.step).missing;
      if (missing) {
        cell.value = *missing;
        cell.found = true;
      }
    }
    bool const is_simple = !plan.everything && plan.keys_differ;
    auto result = is_simple ? put_named(plan, base) : put_together(node, base, entity);
    memory_.cells.resize(base);
    memory_.targets.resize(first_target);
    return result;
  }

  /// What hangs at the entity itself is bounded by the data; what is pulled through others grows with the ways to them.
  void charge(std::size_t work) {
    memory_.unasked += work;
    if (memory_.unasked >= pull_work_a_poll) ask();
    if (memory_.depth == 0) return;
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

  static void set(PullCell& cell, PullStep const& one, Edn&& value) {
    if (one.transform) [[unlikely]] value = one.transform(value);
    cell.value = std::move(value);
    cell.found = !cell.value.is_nil();
  }

  // ---- where it leads

  void follow(std::uint32_t node, std::size_t region, std::size_t at) {
    auto const first = memory_.cells[at].first_target;
    auto const count = memory_.cells[at].targets;
    auto const index = memory_.cells[at].step;
    auto const mark = memory_.values.size();
    for (std::size_t i = 0; i != count; ++i) {
      auto one = follow(node, region, index, memory_.targets[first + i]);
      if (one.is_nil()) continue;
      memory_.values.push_back(std::move(one));
      if (!step(node, index).many) break;
    }
    if (memory_.values.size() == mark) return;
    auto const& one = step(node, index);
    if (one.many) {
      auto const from = memory_.values.begin() + static_cast<std::ptrdiff_t>(mark);
      set(memory_.cells[at], one,
          Edn::vector({std::make_move_iterator(from), std::make_move_iterator(memory_.values.end())}));
    } else {
      set(memory_.cells[at], one, std::move(memory_.values[mark]));
    }
    memory_.values.resize(mark);
  }

  /// What a reference shows of the entity that it leads to.
  Edn follow(std::uint32_t node, std::size_t region, std::uint32_t at, EntityId target) {
    auto const& one = step(node, at);
    switch (one.inner) {
      case PullInner::pattern:
        return descend(one.pattern, memory_.path.size(), target);
      case PullInner::recursion:
        return recur(node, region, one.same, one.depth, target);
      case PullInner::none:
        if (!one.component) break;
        // The components of components are one descent; one that begins here knows of none before.
        return recur(plan_.whole(), node == plan_.whole() ? region : memory_.path.size(), component_key, 0, target);
    }
    return number_only(target);
  }

  Edn recur(std::uint32_t node, std::size_t region, std::uint32_t key, std::int64_t most, EntityId target) {
    std::int64_t levels = 0;
    bool is_seen = false;
    for (auto i = region; i != memory_.path.size(); ++i) {
      if (memory_.path[i].key != key) continue;
      ++levels;
      is_seen = is_seen || memory_.path[i].target == target;
    }
    if (most != 0 && levels == most) return {};
    if (is_seen) return number_only(target);
    memory_.path.push_back({key, target});
    auto result = descend(node, region, target);
    memory_.path.pop_back();
    return result;
  }

  Edn descend(std::uint32_t node, std::size_t region, EntityId target) {
    if (++memory_.depth > deepest) {
      raise(Errc::query_where,
            "Entity " + std::to_string(target) +
                " would stand more than 1000 levels deep in what is pulled. Give the recursion a number of levels: "
                "{:attribute 100}.",
            "{:entity-id " + std::to_string(target) + "}");
    }
    auto result = pull(node, region, target);
    --memory_.depth;
    return result;
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
