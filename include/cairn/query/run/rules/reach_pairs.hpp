// Copyright the Cairn authors
// SPDX-License-Identifier: BSL-1.0
// All pairs of a transitive closure, written as columns.
#pragma once

#include <cairn/error/error.hpp>
#include <cairn/meta/watch.hpp>
#include <cairn/query/run/query_context.hpp>
#include <cairn/query/run/rules/reach_graph.hpp>
#include <cairn/query/run/stored_rows.hpp>

#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <cstring>
#include <optional>
#include <span>
#include <vector>

namespace cairn::query {

/// Writes every pair of a node and one that it reaches, once each, in no particular order. How many there are is known
/// before the first is written, so that columns never grow.
///
/// In a forest, what a node reaches lies in one piece behind it in the order of a depth-first walk, and is copied. In
/// other graphs each component is searched once, and its further members get copies.
class ReachPairs {
 public:
  /// Requires that the graph is uniform. Both live longer.
  ReachPairs(QueryContext& context, ReachGraph& graph) : context_{context}, graph_{graph} {}

  /// The columns are empty before. Complexity: linear in the pairs; outside of forests also in the edges for each
  /// component. Errors: those of `QueryContext::charge` and `poll`;
  /// `query/memory` for more than 2^32 - 2 pairs. Returns the number of pairs.
  std::size_t write(StoredColumn& from, StoredColumn& to) { return walk() ? write_forest(from, to) : write_all(from, to); }

 private:
  using Node = ReachGraph::Node;

  /// Where the words go, once it is clear that there is memory for them.
  struct Target {
    std::uint64_t* from;
    std::uint64_t* to;
  };
  Target make_room(std::size_t pairs, StoredColumn& from, StoredColumn& to) {
    if (pairs >= 0xFFFFFFFFU) raise(Errc::query_memory, "A rule finds more than 2^32 - 2 pairs. Ask for less.", "{}");
    context_.charge(pairs * 2 * sizeof(std::uint64_t));
    return {from.extend(pairs, graph_.kind()), to.extend(pairs, graph_.kind())};
  }

  /// The nodes of a forest in the order of a walk from its roots, with the sizes of what hangs on them; false in other
  /// graphs.
  [[nodiscard]] bool walk() {
    if (!graph_.has_single_parents()) return false;
    struct Open {
      Node node;
      Node parent;  ///< by its place in the order
    };
    std::vector<Open> open;
    std::vector<Node> parents;
    order_.reserve(graph_.edges() + 1);
    parents.reserve(graph_.edges() + 1);
    std::size_t edges = 0;
    for (Node root = 0; root != graph_.size(); ++root) {
      if (!graph_.has_edges(root) || graph_.has_parent(root)) continue;
      open.push_back({root, ReachGraph::nobody});
      while (!open.empty()) {
        auto const one = open.back();
        open.pop_back();
        auto const place = static_cast<Node>(order_.size());
        order_.push_back(one.node);
        parents.push_back(one.parent);
        for (auto const target : graph_.targets(one.node)) open.push_back({target, place});
        edges += graph_.targets(one.node).size();
      }
    }
    if (edges != graph_.edges()) return false;  // the others go round in circles
    below_.assign(order_.size(), 0);
    for (auto place = order_.size(); place-- != 0;) {
      if (parents[place] != ReachGraph::nobody) below_[parents[place]] += below_[place] + 1;
    }
    return true;
  }

  std::size_t write_forest(StoredColumn& from, StoredColumn& to) {
    std::size_t pairs = 0;
    for (auto const below : below_) pairs += below;
    auto const target = make_room(pairs, from, to);
    std::vector<std::uint64_t> words(order_.size());
    for (std::size_t place = 0; place != words.size(); ++place) words[place] = graph_.word(order_[place]);
    std::size_t done = 0;
    for (std::size_t place = 0; place != words.size(); ++place) {
      std::size_t const below = below_[place];
      if (below == 0) continue;
      static_cast<void>(context_.poll());
      std::fill_n(target.from + done, below, words[place]);
      copy(target.to + done, words.data() + place + 1, below);
      done += below;
    }
    return pairs;
  }

  std::size_t write_all(StoredColumn& from, StoredColumn& to) {
    std::size_t pairs = 0;
    auto const components = graph_.components(meta::Watch::of(context_));
    std::vector<Node> found;  // of all components, one after the other
    std::vector<std::size_t> ends;
    ends.reserve(components);
    for (std::size_t component = 0; component != components; ++component) {
      auto const members = graph_.members(component);
      auto const before = found.size();
      auto const room = found.capacity();
      if (graph_.has_edges(members[0])) graph_.reach(members[0], [&](Node node) { found.push_back(node); });
      context_.charge((found.capacity() - room) * sizeof(Node));
      ends.push_back(found.size());
      pairs += (found.size() - before) * members.size();
      static_cast<void>(context_.poll());
    }
    auto const target = make_room(pairs, from, to);
    std::size_t done = 0;
    std::size_t begin = 0;
    for (std::size_t component = 0; component != components; ++component) {
      auto const count = ends[component] - begin;
      auto const first = done;
      for (auto const member : graph_.members(component)) {
        std::fill_n(target.from + done, count, graph_.word(member));
        if (done == first) {
          for (std::size_t i = 0; i != count; ++i) target.to[done + i] = graph_.word(found[begin + i]);
        } else {
          copy(target.to + done, target.to + first, count);
        }
        done += count;
      }
      begin = ends[component];
      static_cast<void>(context_.poll());
    }
    context_.discharge(found.capacity() * sizeof(Node));
    return pairs;
  }

  static void copy(std::uint64_t* to, std::uint64_t const* from, std::size_t count) noexcept {
    std::memcpy(to, from, count * sizeof(std::uint64_t));
  }

  QueryContext& context_;
  ReachGraph& graph_;
  std::vector<Node> order_{};
  std::vector<Node> below_{};  ///< by place in the order: how many nodes hang on it
};

}  // namespace cairn::query
