// Copyright the Cairn authors
// SPDX-License-Identifier: BSL-1.0
// A graph in memory, and what can be reached from each of its nodes.
#pragma once

#include <cairn/meta/watch.hpp>
#include <cairn/query/run/batch.hpp>
#include <cairn/query/run/row_set.hpp>

#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <optional>
#include <span>
#include <utility>
#include <vector>

namespace cairn::query {

/// Edges by the node that they come from, nodes being numbered: entities by what they are above the lowest where they
/// lie close together, all else by a hash table. Nodes of a circle reach the same, which is found once (strongly
/// connected components by Tarjan: Depth-first search and linear graph algorithms, 1972).
class ReachGraph {
 public:
  using Node = std::uint32_t;
  static constexpr Node nobody = 0xFFFFFFFF;

  /// Of edges in columns of one length. Complexity: linear. Requires: fewer than 2^31 edges.
  ReachGraph(StoredColumn const& from, StoredColumn const& to) : values_{1} {
    number(from, to);
    link(from, to);
  }

  [[nodiscard]] std::size_t bytes() const noexcept {
    return values_.bytes() + (size_ * std::size_t{6} + targets_.size()) * sizeof(Node);
  }
  [[nodiscard]] Node size() const noexcept { return size_; }

  /// The node of a value, or `nobody`.
  [[nodiscard]] Node find(Cell cell) const {
    if (dense_) {
      auto const offset = cell.word - lowest_;
      return cell.kind == ValueKind::integer && offset < size_ ? static_cast<Node>(offset) : nobody;
    }
    Batch one{1};
    one[0] = {&cell.word, nullptr, cell.kind};
    one.set_rows(1);
    return values_.number_of(one, key, 0).value_or(nobody);
  }
  [[nodiscard]] Cell operator[](Node node) const noexcept {
    return dense_ ? Cell{ValueKind::integer, lowest_ + node} : values_.rows().at(node, 0);
  }
  /// Whether all values are of one kind.
  [[nodiscard]] bool is_uniform() const noexcept { return dense_ || values_.rows().columns()[0].kinds() == nullptr; }
  /// Of the values, where they are uniform.
  [[nodiscard]] ValueKind kind() const noexcept {
    return dense_ ? ValueKind::integer : values_.rows().columns()[0].kind();
  }
  /// Whether nodes are entities that lie close together: `word(0)` and those that follow.
  [[nodiscard]] bool is_dense() const noexcept { return dense_; }
  [[nodiscard]] std::uint64_t word(Node node) const noexcept {
    return dense_ ? lowest_ + node : values_.rows().columns()[0].words()[node];
  }

  /// How many circles and nodes outside of circles there are that edges come from, and what these reach.
  /// Found when they are asked for the first time, in linear time; what a component reaches comes before it.
  /// Errors: those of the watch.
  [[nodiscard]] std::size_t components(meta::Watch const& watch = {}) {
    if (members_first_.empty()) find_components(watch);
    return members_first_.size() - 1;
  }
  [[nodiscard]] std::span<Node const> members(std::size_t component) const noexcept {
    return std::span{members_}.subspan(members_first_[component],
                                       members_first_[component + 1] - members_first_[component]);
  }

  /// Calls `found` once with each node that can be reached from `start` by one edge or more. Depth first.
  template <class Found>
  void reach(Node start, Found const& found) {
    last_start_ = start;
    ++round_;
    stack_.clear();
    stack_.push_back(start);
    while (!stack_.empty()) {
      auto const node = stack_.back();
      stack_.pop_back();
      for (auto i = first_[node]; i != first_[node + 1]; ++i) {
        auto const target = targets_[i];
        if (marks_[target] == round_) continue;
        marks_[target] = round_;
        found(target);
        if (first_[target] != first_[target + 1]) stack_.push_back(target);
      }
    }
  }
  /// Whether the last call of `reach` found a node.
  [[nodiscard]] bool is_reached(Node node) const noexcept { return marks_[node] == round_; }
  /// Where the last call of `reach` began, or `nobody`.
  [[nodiscard]] Node last_start() const noexcept { return last_start_; }
  [[nodiscard]] bool has_edges(Node node) const noexcept { return first_[node] != first_[node + 1]; }
  [[nodiscard]] std::size_t edges() const noexcept { return targets_.size(); }
  /// Where the edges of a node go.
  [[nodiscard]] std::span<Node const> targets(Node node) const noexcept {
    return std::span{targets_}.subspan(first_[node], first_[node + 1] - first_[node]);
  }
  /// Whether an edge goes to a node.
  [[nodiscard]] bool has_parent(Node node) const noexcept { return parents_[node] != 0; }
  /// Whether at most one edge goes to each node.
  [[nodiscard]] bool has_single_parents() const noexcept { return single_parents_; }
  /// Complexity: linear in the edges that come from `from`.
  [[nodiscard]] bool has_edge(Node from, Node to) const noexcept {
    auto const all = targets(from);
    return std::ranges::find(all, to) != all.end();
  }

 private:
  static constexpr std::uint16_t key[] = {0};

  void number(StoredColumn const& from, StoredColumn const& to) {
    auto const count = from.size();
    bool const entities = from.kinds() == nullptr && to.kinds() == nullptr && from.kind() == ValueKind::integer &&
                          to.kind() == ValueKind::integer && count != 0;
    if (entities) {
      auto low = static_cast<std::int64_t>(from.words()[0]);
      auto high = low;
      for (auto const* words : {from.words(), to.words()}) {
        for (std::size_t i = 0; i != count; ++i) {
          low = (std::min)(low, static_cast<std::int64_t>(words[i]));
          high = (std::max)(high, static_cast<std::int64_t>(words[i]));
        }
      }
      auto const range = static_cast<std::uint64_t>(high) - static_cast<std::uint64_t>(low);
      if (range < 8 * count + 4096) {
        dense_ = true;
        lowest_ = static_cast<std::uint64_t>(low);
        size_ = static_cast<Node>(range + 1);
        return;
      }
    }
    std::uint32_t fresh[batch_rows];
    for (auto const* column : {&from, &to}) {
      for (std::size_t done = 0; done < count; done += batch_rows) {
        Batch batch{1};
        batch[0] = column->from(done);
        batch.set_rows(static_cast<std::uint32_t>((std::min)(std::size_t{batch_rows}, count - done)));
        values_.insert(batch, key, fresh);
      }
    }
    size_ = static_cast<Node>(values_.size());
  }

  /// The nodes of a column, in order.
  template <class Visit>
  void each_node(StoredColumn const& column, Visit const& visit) {
    auto const count = column.size();
    if (dense_) {
      for (std::size_t i = 0; i != count; ++i) visit(i, static_cast<Node>(column.words()[i] - lowest_));
      return;
    }
    std::uint32_t fresh[batch_rows];
    std::uint32_t numbers[batch_rows];
    for (std::size_t done = 0; done < count; done += batch_rows) {
      Batch batch{1};
      batch[0] = column.from(done);
      batch.set_rows(static_cast<std::uint32_t>((std::min)(std::size_t{batch_rows}, count - done)));
      values_.insert(batch, key, fresh, numbers);
      for (std::uint32_t i = 0; i != batch.rows(); ++i) visit(done + i, numbers[i]);
    }
  }

  void link(StoredColumn const& from, StoredColumn const& to) {
    first_.assign(size_ + std::size_t{1}, 0);
    std::vector<Node> sources(from.size());
    each_node(from, [&](std::size_t i, Node node) {
      sources[i] = node;
      ++first_[node + std::size_t{1}];
    });
    for (std::size_t i = 0; i != size_; ++i) first_[i + 1] += first_[i];
    targets_.resize(from.size());
    auto next = first_;
    parents_.assign(size_, 0);
    each_node(to, [&](std::size_t i, Node node) {
      targets_[next[sources[i]]++] = node;
      single_parents_ = single_parents_ && parents_[node] == 0;
      parents_[node] = 1;
    });
    marks_.assign(size_, 0);
  }

  void find_components(meta::Watch const& watch) {
    struct Visit {
      Node node;
      Node next;
    };
    component_.assign(size_, nobody);
    std::vector<Node> order(size_, nobody);
    std::vector<Node> low(size_, 0);
    std::vector<Node> open;
    std::vector<Visit> visits;
    Node seen = 0;
    auto const enter = [&](Node node) {
      order[node] = low[node] = seen++;
      open.push_back(node);
      visits.push_back({node, first_[node]});
      if (seen % 1024 == 0) static_cast<void>(watch.poll());
    };
    members_.reserve(size_);
    members_first_.assign(1, 0);
    for (Node root = 0; root != size_; ++root) {
      if (order[root] != nobody || !has_edges(root)) continue;
      enter(root);
      while (!visits.empty()) {
        auto& visit = visits.back();
        auto const node = visit.node;
        if (visit.next != first_[node + 1]) {
          auto const target = targets_[visit.next++];
          if (order[target] == nobody) {
            enter(target);
          } else if (component_[target] == nobody) {
            low[node] = (std::min)(low[node], order[target]);
          }
          continue;
        }
        visits.pop_back();
        if (!visits.empty()) low[visits.back().node] = (std::min)(low[visits.back().node], low[node]);
        if (low[node] != order[node]) continue;
        Node member = nobody;
        do {
          member = open.back();
          open.pop_back();
          component_[member] = static_cast<Node>(members_first_.size() - 1);
          members_.push_back(member);
        } while (member != node);
        members_first_.push_back(static_cast<Node>(members_.size()));
      }
    }
  }

  RowSet values_;
  bool dense_ = false;
  std::uint64_t lowest_ = 0;
  Node size_ = 0;
  std::vector<Node> first_{};  ///< of each node's edges, and past the last
  std::vector<Node> targets_{};
  std::vector<std::uint8_t> parents_{};  ///< whether an edge goes to a node
  bool single_parents_ = true;
  std::vector<Node> component_{};
  std::vector<Node> members_{};  ///< component by component
  std::vector<Node> members_first_{};
  std::vector<Node> marks_{};  ///< the last round in which a node was found
  std::vector<Node> stack_{};
  Node round_ = 0;
  Node last_start_ = nobody;
};

}  // namespace cairn::query
