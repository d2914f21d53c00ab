// Copyright the Cairn authors
// SPDX-License-Identifier: BSL-1.0
// The step of a transitive closure.
#pragma once

#include <cairn/meta/watch.hpp>
#include <cairn/query/run/rules/closure_edges.hpp>
#include <cairn/query/run/rules/rule_tables.hpp>

#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <cstring>
#include <vector>

namespace cairn::query {

/// Every row with the ends of a closure: both, those from where it begins, those from where it ends, or whether it goes
/// from one to the other. Pairs are found once each.
class ClosureRunner final : public StepRunner {
 public:
  explicit ClosureRunner(StepPlace const& place)
      : context_{place.context},
        edges_{RuleTables::of(place.context).closure(place.step.table)},
        operands_{place.context.plan().operands_of(place.step.operands)},
        writer_{place.context.pool(), place.context.variables(), place.live, place.next},
        from_{target(0)},
        to_{target(1)} {}

  void push(Batch const& in) override {
    bool const from = is_known(0);
    bool const to = is_known(1);
    for (std::uint32_t row = 0; row != in.rows(); ++row) {
      if (context_.poll()) return;
      if (from && to) {
        if (reaches(context_.operand(operands_[0], in, row), context_.operand(operands_[1], in, row)))
          give_row(in, row);
      } else if (from) {
        reach(in, row, context_.operand(operands_[0], in, row), false);
      } else if (to) {
        reach(in, row, context_.operand(operands_[1], in, row), true);
      } else if (operands_[1].kind == Operand::Kind::same) {
        circles(in, row);
      } else {
        all(in, row);
      }
    }
  }
  void flush() override { writer_.flush(); }

 private:
  [[nodiscard]] bool is_known(std::size_t place) const noexcept {
    return operands_[place].kind == Operand::Kind::bound || operands_[place].kind == Operand::Kind::constant;
  }
  /// The column that a place gives, if anybody looks at it.
  [[nodiscard]] ColumnWriter* target(std::size_t place) noexcept {
    return operands_[place].kind == Operand::Kind::free ? writer_.find(operands_[place].index) : nullptr;
  }

  void give_row(Batch const& in, std::uint32_t row) {
    writer_.carry_repeated(in, row, 1);
    writer_.add(1);
  }
  void give(Batch const& in, std::uint32_t row, ColumnWriter* column, Cell cell) {
    writer_.carry_repeated(in, row, 1);
    if (column != nullptr) column->put(cell, writer_.rows());
    writer_.add(1);
  }

  [[nodiscard]] bool reaches(Cell from, Cell to) {
    bool const from_name = ClosureEdges::is_name(operands_[0], from);
    bool const to_name = ClosureEdges::is_name(operands_[1], to);
    if (!from_name && !to_name && edges_.wants_graph(false)) {
      auto& graph = edges_.graph(false);
      auto const start = graph.find(from);
      auto const end = graph.find(to);
      if (start == ReachGraph::nobody || end == ReachGraph::nobody) return false;
      if (start != graph.last_start()) graph.reach(start, [](ReachGraph::Node) {});
      return graph.is_reached(end);
    }
    // A name is understood where it begins a search, never where it is to be found.
    if (to_name) {
      if (!from_name) return contains(edges_.search(to, true, true), from);
      if (edges_.has_edge(from, Closure::End::given, to)) return true;
      auto const& found = edges_.search(from, true, false);
      for (std::size_t i = 0; i != found.size(); ++i) {
        if (edges_.has_edge(found[i], Closure::End::found, to)) return true;
      }
      return false;
    }
    return contains(edges_.search(from, from_name, false), to);
  }
  [[nodiscard]] static bool contains(StoredColumn const& column, Cell cell) {
    for (std::size_t i = 0; i != column.size(); ++i) {
      if (column[i] == cell) return true;
    }
    return false;
  }

  /// What a value reaches, or (`towards`) what reaches it.
  void reach(Batch const& in, std::uint32_t row, Cell known, bool towards) {
    auto* const column = towards ? from_ : to_;
    bool const is_name = ClosureEdges::is_name(operands_[towards ? 1 : 0], known);
    if (is_name || !edges_.wants_graph(towards)) {
      search(known, is_name, towards);
      for (auto const cell : found_) give(in, row, column, cell);
      return;
    }
    auto& graph = edges_.graph(towards);
    auto const start = graph.find(known);
    if (start == ReachGraph::nobody) return;
    collect(graph, start);
    for (auto const node : nodes_) give(in, row, column, graph[node]);
  }

  /// The nodes that a node reaches, to `nodes_`: whoever is handed rows may search as well.
  void collect(ReachGraph& graph, ReachGraph::Node start) {
    nodes_.clear();
    graph.reach(start, [&](ReachGraph::Node node) { nodes_.push_back(node); });
  }

  /// A copy of what is found, to `found_`: whoever is handed rows may search as well.
  void search(Cell known, bool is_name, bool towards) {
    auto const& found = edges_.search(known, is_name, towards);
    found_.clear();
    for (std::size_t i = 0; i != found.size(); ++i) found_.push_back(found[i]);
  }

  void circles(Batch const& in, std::uint32_t row) {
    auto& graph = edges_.graph(false);
    for (std::size_t component = 0; component != graph.components(meta::Watch::of(context_)); ++component) {
      if (context_.poll()) return;
      auto const members = graph.members(component);
      // One that is alone is in a circle only by an edge to itself.
      if (members.size() == 1 && !graph.has_edge(members[0], members[0])) continue;
      for (auto const node : members) give(in, row, from_, graph[node]);
    }
  }

  void all(Batch const& in, std::uint32_t row) {
    auto& graph = edges_.graph(false);
    for (std::size_t component = 0; component != graph.components(meta::Watch::of(context_)); ++component) {
      if (context_.poll()) return;
      auto const members = graph.members(component);
      if (!graph.has_edges(members[0])) continue;
      collect(graph, members[0]);
      words_.clear();
      if (graph.is_uniform()) {
        for (auto const node : nodes_) words_.push_back(graph.word(node));
      }
      for (auto const node : members) give_all(in, row, graph, node);
    }
  }

  /// A node with all of `nodes_`, as many at a time as there is room for.
  void give_all(Batch const& in, std::uint32_t row, ReachGraph const& graph, ReachGraph::Node start) {
    auto const value = graph[start];
    for (std::size_t done = 0; done != nodes_.size();) {
      auto const count = static_cast<std::uint32_t>((std::min)(std::size_t{writer_.room()}, nodes_.size() - done));
      auto const first = writer_.rows();
      writer_.carry_repeated(in, row, count);
      if (from_ != nullptr) from_->repeat({&value.word, nullptr, value.kind}, 0, count, first);
      if (to_ != nullptr) {
        if (graph.is_uniform()) {
          std::memcpy(to_->words(first), words_.data() + done, count * sizeof(std::uint64_t));
          to_->note(graph.kind(), first, count);
        } else {
          for (std::uint32_t i = 0; i != count; ++i) to_->put(graph[nodes_[done + i]], first + i);
        }
      }
      writer_.add(count);
      done += count;
      if (context_.stopped()) return;
    }
  }

  QueryContext& context_;
  ClosureEdges& edges_;
  std::span<Operand const> operands_;
  BatchWriter writer_;
  ColumnWriter* from_;
  ColumnWriter* to_;
  std::vector<Cell> found_{};
  std::vector<ReachGraph::Node> nodes_{};
  std::vector<std::uint64_t> words_{};
};

}  // namespace cairn::query
