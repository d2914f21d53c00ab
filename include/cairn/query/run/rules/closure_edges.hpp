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

  /// A value that may be the name of an entity, which only the source can tell.
  [[nodiscard]] static bool is_name(Cell cell) noexcept {
    return cell.kind == ValueKind::keyword || cell.kind == ValueKind::tuple;
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
    return (searches_ >= most_searches || (towards ? backward_ : forward_) != nullptr) && suits_graph();
  }
  /// Whether a graph says what searches say: not where an edge ends at what may be a name.
  [[nodiscard]] bool suits_graph() {
    read_edges();
    return !has_names_;
  }
  /// Where edges begin, each value once.
  [[nodiscard]] StoredColumn const& starts() {
    if (starts_ == nullptr) {
      read_edges();
      starts_ = std::make_unique<Sink>(*context_, std::uint16_t{0});
      for (std::size_t done = 0; done < edges_->size(); done += batch_rows) {
        Batch batch{1};
        batch[0] = edges_->columns()[0].from(done);
        batch.set_rows(static_cast<std::uint32_t>((std::min)(std::size_t{batch_rows}, edges_->size() - done)));
        starts_->push(batch);
      }
    }
    return starts_->found().rows().columns()[0];
  }

  /// What can be reached from a value, or what can reach it, by one edge or more. Valid until the next call.
  [[nodiscard]] StoredColumn const& search(Cell start, bool towards) {
    ++searches_;
    auto const& plan = context_->plan();
    std::uint16_t const known = towards ? closure_->to : closure_->from;
    std::uint16_t const wanted = towards ? closure_->from : closure_->to;
    auto& block = towards ? to_ : from_;
    auto& sink = towards ? to_sink_ : from_sink_;
    if (block == nullptr) {
      sink = std::make_unique<Sink>(*context_, wanted);
      block = std::make_unique<BlockRunner>(*context_, plan.blocks_of(closure_->blocks)[towards ? 2 : 1],
                                            std::span{&known, 1}, std::span{&wanted, 1}, *sink);
    }
    sink->clear();
    Batch batch{context_->variables()};
    batch[known] = {&start.word, nullptr, start.kind};
    batch.set_rows(1);
    std::size_t done = 0;
    while (true) {
      block->push(batch);
      block->flush();
      auto const& found = sink->found().rows().columns()[0];
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

  /// Whether there is an edge between two values.
  [[nodiscard]] bool has_edge(Cell from, Cell to) {
    if (edge_ == nullptr) {
      std::array<std::uint16_t, 2> const both{closure_->from, closure_->to};
      edge_sink_ = std::make_unique<Sink>(*context_, closure_->from);
      edge_ = std::make_unique<BlockRunner>(*context_, context_->plan().blocks_of(closure_->blocks)[3], both,
                                            std::span{&closure_->from, 1}, *edge_sink_);
    }
    edge_sink_->clear();
    Batch batch{context_->variables()};
    batch[closure_->from] = {&from.word, nullptr, from.kind};
    batch[closure_->to] = {&to.word, nullptr, to.kind};
    batch.set_rows(1);
    edge_->push(batch);
    edge_->flush();
    return edge_sink_->found().size() != 0;
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

  void read_edges() {
    if (edges_ != nullptr) return;
    edges_ = std::make_unique<StoredRows>(2);
    std::array<std::uint16_t, 2> const both{closure_->from, closure_->to};
    class Reader final : public StepRunner {
     public:
      Reader(QueryContext& context, StoredRows& rows, std::span<std::uint16_t const> variables)
          : context_{context}, rows_{rows}, variables_{variables} {}
      [[nodiscard]] bool has_names() const noexcept { return has_names_; }
      void push(Batch const& in) override {
        for (auto const variable : variables_) note_names(in[variable], in.rows());
        auto const before = rows_.bytes();
        rows_.append(in, variables_);
        context_.charge(rows_.bytes() - before);
        if (rows_.size() >= 0x7FFFFFFFU)
          raise(Errc::query_memory, "A rule follows more than 2^31 edges. Ask for less.", "{}");
      }
      void flush() override {}

     private:
      void note_names(Column const& column, std::uint32_t rows) noexcept {
        for (std::uint32_t i = 0; i != (column.is_uniform() ? 1U : rows); ++i) has_names_ = has_names_ || is_name(column[i]);
      }

      bool has_names_ = false;
      QueryContext& context_;
      StoredRows& rows_;
      std::span<std::uint16_t const> variables_;
    };
    Reader reader{*context_, *edges_, both};
    BlockRunner block{*context_, context_->plan().blocks_of(closure_->blocks)[0], {}, both, reader};
    Batch batch{context_->variables()};
    batch.set_rows(1);
    block.push(batch);
    block.flush();
    has_names_ = reader.has_names();
  }

  QueryContext* context_;
  Closure const* closure_;
  std::size_t searches_ = 0;
  std::unique_ptr<StoredRows> edges_{};
  bool has_names_ = false;  ///< among the ends of edges
  std::unique_ptr<ReachGraph> forward_{};
  std::unique_ptr<ReachGraph> backward_{};
  std::unique_ptr<Sink> starts_{};
  std::unique_ptr<Sink> from_sink_{};
  std::unique_ptr<Sink> to_sink_{};
  std::unique_ptr<BlockRunner> from_{};
  std::unique_ptr<BlockRunner> to_{};
  std::unique_ptr<Sink> edge_sink_{};
  std::unique_ptr<BlockRunner> edge_{};
  ColumnBuffer frontier_;
};

}  // namespace cairn::query
