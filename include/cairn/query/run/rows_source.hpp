// Copyright the Cairn authors
// SPDX-License-Identifier: BSL-1.0
// A collection as a source: clauses match its rows.
#pragma once

#include <cairn/error/error.hpp>
#include <cairn/meta/lazy.hpp>
#include <cairn/meta/watch.hpp>
#include <cairn/query/edn_values.hpp>
#include <cairn/query/function/refuse.hpp>
#include <cairn/query/run/row_matcher.hpp>
#include <cairn/query/run/source.hpp>
#include <cairn/query/run/stored_rows.hpp>

#include <cstddef>
#include <cstdint>
#include <memory>
#include <optional>
#include <span>
#include <unordered_map>
#include <utility>
#include <vector>

namespace cairn::query {

/// The rows of a collection. Rows may be of different lengths: a pattern matches those that are as long as it is, or longer.
class RowsSource final : public Source {
 public:
  /// Errors: `query/where` for what is no collection of rows.
  template <meta::Lazy = {}>
  explicit RowsSource(Value const& collection) {
    for (auto& row : elements(collection)) {
      auto& cells = rows_.emplace_back();
      if (row.is(ValueKind::tuple)) {
        for (auto const& element : row.as_tuple()) cells.emplace_back(element);
        owners_.push_back(std::move(row));
      } else {
        for (auto& element : elements(row)) {
          cells.emplace_back(element);
          owners_.push_back(std::move(element));
        }
      }
    }
  }

  [[nodiscard]] std::vector<std::vector<Cell>> const& rows() const noexcept { return rows_; }

  [[nodiscard]] bool is_database() const noexcept override { return false; }
  [[nodiscard]] std::unique_ptr<StepRunner> pattern(StepPlace const& place) const override;
  [[nodiscard]] PatternFacts facts(QueryContext const&, Step const&) const override {
    PatternFacts facts;
    facts.names = 0xFF;
    return facts;
  }
  [[nodiscard]] AttributeFacts attribute_facts(Keyword, std::optional<Value> const&, std::optional<Value> const&,
                                               std::optional<Value> const&) const override {
    return {};
  }
  void first_values(QueryContext&, Cell, Column const&, std::uint32_t, std::optional<Cell>*) const override {
    refuse_look_up();
  }
  [[nodiscard]] std::vector<notation::Value> pull(notation::Value const&, std::span<Cell const>, meta::Watch const&) const override {
    refuse_look_up();
  }

 private:
  template <meta::Lazy = {}>
  [[nodiscard]] static std::vector<Value> elements(Value const& collection) {
    auto found = collection.is(ValueKind::string) ? std::nullopt : elements_of(collection);
    if (found) return *std::move(found);
    raise(Errc::query_where,
          "A source is a database or a collection of rows, such as [[1 :name \"Ivan\"]], and not " +
              detail::short_text(collection) + ".",
          "{}");
  }
  template <meta::Lazy = {}>
  [[noreturn]] static void refuse_look_up() {
    raise(Errc::query_where,
          "get-else, get-some, missing? and pull look entities up in a database, and this source is a collection. Match its "
          "rows with a pattern.",
          "{}");
  }

  std::vector<std::vector<Cell>> rows_{};
  std::vector<Value> owners_{};
};

namespace detail {

/// Looks at all rows for each of few that come in; for more, at those that have the right value at the first place that is
/// bound.
class RowsPattern final : public StepRunner {
 public:
  RowsPattern(StepPlace const& place, RowsSource const& source)
      : context_{place.context}, source_{source}, matcher_{place} {
    for (std::size_t i = 0; i != matcher_.operands().size(); ++i) {
      if (!bound_ && matcher_.operands()[i].kind == Operand::Kind::bound) bound_ = i;
    }
  }

  void push(Batch const& in) override {
    pushed_ += in.rows();
    auto const as_it_is = [](std::size_t, Cell cell) { return std::optional{cell}; };
    for (std::uint32_t row = 0; row != in.rows() && !context_.poll(); ++row) {
      if (!matcher_.set_row(in, row, as_it_is)) continue;
      if (bound_ && pushed_ > few) {
        make_index();
        auto const [first, last] = index_.equal_range(hash_of(*matcher_.known()[*bound_]));
        for (auto found = first; found != last; ++found) matcher_.match(source_.rows()[found->second]);
      } else {
        for (auto const& cells : source_.rows()) matcher_.match(cells);
      }
    }
  }
  void flush() override { matcher_.flush(); }

 private:
  static constexpr std::uint64_t few = 4;

  void make_index() {
    if (indexed_) return;
    indexed_ = true;
    index_.reserve(source_.rows().size());
    context_.charge(source_.rows().size() * 48);
    for (std::uint32_t i = 0; i != source_.rows().size(); ++i) {
      auto const& cells = source_.rows()[i];
      if (*bound_ < cells.size()) index_.emplace(hash_of(cells[*bound_]), i);
    }
  }

  QueryContext& context_;
  RowsSource const& source_;
  RowMatcher matcher_;
  std::optional<std::size_t> bound_{};
  bool indexed_ = false;
  std::uint64_t pushed_ = 0;
  std::unordered_multimap<std::size_t, std::uint32_t> index_{};
};

}  // namespace detail

inline std::unique_ptr<StepRunner> RowsSource::pattern(StepPlace const& place) const {
  return std::make_unique<detail::RowsPattern>(place, *this);
}

}  // namespace cairn::query
