// Copyright the Cairn authors
// SPDX-License-Identifier: BSL-1.0
// The edges of a closure, read as they are needed.
#pragma once

#include <cairn/error/error.hpp>
#include <cairn/query/run/block.hpp>
#include <cairn/query/run/query_context.hpp>
#include <cairn/query/run/rules/reach_graph.hpp>
#include <cairn/query/run/row_set.hpp>

#include <algorithm>
#include <array>
#include <cstddef>
#include <cstdint>
#include <memory>
#include <optional>
#include <span>
#include <vector>

namespace cairn::query {

/// What can be reached along an attribute: by searching in the source, an edge at a time, for the first few that ask;
/// by a graph of all edges for those who want everything or ask often.
class ClosureEdges {
 public:
  ClosureEdges(QueryContext& context, Closure const& closure) : context_{&context}, closure_{&closure} {}
  ClosureEdges(ClosureEdges const&) = delete;
  ClosureEdges& operator=(ClosureEdges const&) = delete;

  /// A value that was given, and may be the name of an entity, which only the source can tell.
  [[nodiscard]] static bool is_name(Operand operand, Cell cell) noexcept {
    return !operand.found && (cell.kind == ValueKind::keyword || cell.kind == ValueKind::tuple);
  }

  /// All edges, in the direction of the closure or the other one.
  [[nodiscard]] ReachGraph& graph(bool towards) {
    auto& graph = towards ? backward_ : forward_;
    if (graph == nullptr) {
      read_edges();
      auto const& columns = edges_->columns();
      graph = std::make_unique<ReachGraph>(columns[towards ? 1 : 0], columns[towards ? 0 : 1]);
      context_->charge(graph->bytes());
    }
    return *graph;
  }
  /// Whether a graph is there, or it is time for one.
  [[nodiscard]] bool wants_graph(bool towards) {
    return searches_ >= most_searches || (towards ? backward_ : forward_) != nullptr;
  }

  /// What can be reached from a value, or what can reach it, by one edge or more. Where the value is a name, the entity is what the
  /// search begins at; what it finds names nothing. Valid until the next call.
  [[nodiscard]] StoredColumn const& search(Cell start, bool is_name, bool towards) {
    ++searches_;
    std::uint16_t const known = towards ? closure_->to : closure_->from;
    auto& way = towards ? to_ : from_;
    if (way.sink == nullptr) way.sink = std::make_unique<Sink>(*context_, towards ? closure_->from : closure_->to);
    way.sink->clear();
    Batch batch{context_->variables()};
    batch[known] = {&start.word, nullptr, start.kind};
    batch.set_rows(1);
    std::size_t done = 0;
    for (auto* block = &edges_of_end(way, is_name, towards);; block = &edges_of_end(way, false, towards)) {
      block->push(batch);
      block->flush();
      auto const& found = way.sink->found().rows().columns()[0];
      if (done == found.size() || context_->poll()) return found;
      // A copy, since the set grows while it is looked at.
      auto const count = static_cast<std::uint32_t>((std::min)(std::size_t{batch_rows}, found.size() - done));
      for (std::uint32_t i = 0; i != count; ++i) {
        frontier_.words[i] = found[done + i].word;
        frontier_.kinds[i] = found[done + i].kind;
      }
      batch[known] = {frontier_.words, frontier_.kinds, ValueKind::nil};
      if (found.kinds() == nullptr) batch[known] = {frontier_.words, nullptr, found.kind()};
      batch.set_rows(count);
      done += count;
    }
  }

  /// Whether there is an edge to a value that was given from another one, which was given as well, or found.
  [[nodiscard]] bool has_edge(Cell from, Closure::End from_end, Cell to) {
    auto& edge = from_end == Closure::End::given ? edge_between_given_ : edge_to_given_;
    if (edge.block == nullptr) {
      std::array<std::uint16_t, 2> const both{closure_->from, closure_->to};
      edge.sink = std::make_unique<Sink>(*context_, closure_->from);
      edge.block = std::make_unique<BlockRunner>(*context_, number_of({from_end, Closure::End::given}), both,
                                                 std::span{&closure_->from, 1}, *edge.sink);
    }
    edge.sink->clear();
    Batch batch{context_->variables()};
    batch[closure_->from] = {&from.word, nullptr, from.kind};
    batch[closure_->to] = {&to.word, nullptr, to.kind};
    batch.set_rows(1);
    edge.block->push(batch);
    edge.block->flush();
    return edge.sink->found().size() != 0;
  }

 private:
  static constexpr std::size_t most_searches = 32;

  /// A set of values.
  class Sink final : public StepRunner {
   public:
    Sink(QueryContext& context, std::uint16_t variable) : context_{context}, variable_{variable} {}
    void push(Batch const& in) override {
      if (context_.poll()) return;
      std::uint32_t fresh[batch_rows];
      auto const before = found_.bytes();
      found_.insert(in, std::span{&variable_, 1}, fresh);
      context_.charge(found_.bytes() - before);
    }
    void flush() override {}
    void clear() {
      context_.discharge(found_.bytes());
      found_ = RowSet{1};
    }
    [[nodiscard]] RowSet const& found() const noexcept { return found_; }

   private:
    QueryContext& context_;
    std::uint16_t variable_;
    RowSet found_{1};
  };

  /// A search in one direction.
  struct Search {
    std::unique_ptr<Sink> sink{};
    std::unique_ptr<BlockRunner> of_found{};
    std::unique_ptr<BlockRunner> of_given{};
  };
  struct Edge {
    std::unique_ptr<Sink> sink{};
    std::unique_ptr<BlockRunner> block{};
  };

  [[nodiscard]] std::uint16_t number_of(Closure::Ends ends) const {
    return context_->plan().blocks_of(closure_->blocks)[Closure::block_of(ends)];
  }
  /// The edges from what comes in, or (`towards`) to it.
  [[nodiscard]] BlockRunner& edges_of_end(Search& search, bool is_name, bool towards) {
    auto& block = is_name ? search.of_given : search.of_found;
    if (block == nullptr) {
      auto const end = is_name ? Closure::End::given : Closure::End::found;
      std::uint16_t const known = towards ? closure_->to : closure_->from;
      std::uint16_t const wanted = towards ? closure_->from : closure_->to;
      auto const ends = towards ? Closure::Ends{Closure::End::open, end} : Closure::Ends{end, Closure::End::open};
      block = std::make_unique<BlockRunner>(*context_, number_of(ends), std::span{&known, 1}, std::span{&wanted, 1}, *search.sink);
    }
    return *block;
  }

  void read_edges() {
    if (edges_ != nullptr) return;
    edges_ = std::make_unique<StoredRows>(2);
    std::array<std::uint16_t, 2> const both{closure_->from, closure_->to};
    class Reader final : public StepRunner {
     public:
      Reader(QueryContext& context, StoredRows& rows, std::span<std::uint16_t const> variables)
          : context_{context}, rows_{rows}, variables_{variables} {}
      void push(Batch const& in) override {
        auto const before = rows_.bytes();
        rows_.append(in, variables_);
        context_.charge(rows_.bytes() - before);
        if (rows_.size() >= 0x7FFFFFFFU)
          raise(Errc::query_memory, "A rule follows more than 2^31 edges. Ask for less.", "{}");
      }
      void flush() override {}

     private:
      QueryContext& context_;
      StoredRows& rows_;
      std::span<std::uint16_t const> variables_;
    };
    Reader reader{*context_, *edges_, both};
    BlockRunner block{*context_, number_of({}), {}, both, reader};
    Batch batch{context_->variables()};
    batch.set_rows(1);
    block.push(batch);
    block.flush();
  }

  QueryContext* context_;
  Closure const* closure_;
  std::size_t searches_ = 0;
  std::unique_ptr<StoredRows> edges_{};
  std::unique_ptr<ReachGraph> forward_{};
  std::unique_ptr<ReachGraph> backward_{};
  Search from_{};
  Search to_{};
  Edge edge_between_given_{};
  Edge edge_to_given_{};
  ColumnBuffer frontier_;
};

}  // namespace cairn::query
