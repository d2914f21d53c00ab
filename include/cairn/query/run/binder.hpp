// Copyright the Cairn authors
// SPDX-License-Identifier: BSL-1.0
// Takes values apart as binding forms say.
#pragma once

#include <cairn/meta/lazy.hpp>
#include <cairn/query/function/collections.hpp>
#include <cairn/query/run/place_error.hpp>
#include <cairn/query/run/query_context.hpp>

#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <optional>
#include <span>
#include <string>
#include <utility>
#include <vector>

namespace cairn::query {

/// Takes values apart, and hands on each row that comes in with all that its value gives: once, many times or not at all.
class Binder {
 public:
  Binder(StepPlace const& place, Binding const& binding)
      : Binder{place.context, binding, place.step.form, place.live, place.next} {}
  /// `form` is that of the binding, or of the clause that has it.
  Binder(QueryContext& context, Binding const& binding, FormAt form, std::span<std::uint16_t const> live, StepRunner& next)
      : context_{context}, binding_{binding}, form_{form}, writer_{context.pool(), context.variables(), live, next} {
    add_free(binding);
    for (auto const variable : free_) targets_.push_back(writer_.find(variable));
  }

  [[nodiscard]] BatchWriter& writer() noexcept { return writer_; }

  /// Row `row` of `in` with what `cell` gives, whose owner lives as long as the query. Errors: `query/where` where its shape is
  /// another than the form's.
  void push(Batch const& in, std::uint32_t row, Cell cell) {
    if (binding_.kind == Binding::Kind::scalar) {
      if (binding_.variable.kind == Operand::Kind::bound) {
        if (in[binding_.variable.index][row] == cell) give(in, row, nullptr);
      } else {
        give(in, row, &cell);
      }
      return;
    }
    if (binding_.kind == Binding::Kind::blank) return give(in, row, nullptr);
    if (is_plain_collection()) {
      for (auto const element : elements_for(binding_, cell)) {
        if (context_.stopped()) return;
        give(in, row, &element);
      }
      return;
    }
    rows_.assign(free_.size(), Cell{});
    row_count_ = 1;
    bound_here_.assign(free_.size(), false);
    take_apart(binding_, cell, in, row);
    for (std::size_t i = 0; i != row_count_; ++i) give(in, row, rows_.data() + i * free_.size());
    context_.discharge(std::exchange(charged_, std::size_t{0}));
  }
  /// The same of many rows, of each its cell.
  void push(Batch const& in, std::uint32_t const* rows, Cell const* cells, std::uint32_t count) {
    bool const is_bulk = binding_.kind == Binding::Kind::scalar && binding_.variable.kind == Operand::Kind::free;
    if (!is_bulk) {
      for (std::uint32_t i = 0; i != count && !context_.stopped(); ++i) push(in, rows[i], cells[i]);
      return;
    }
    while (count != 0) {
      auto const now = (std::min)(count, writer_.room());
      writer_.carry(in, rows, now);
      if (targets_[0] != nullptr) {
        for (std::uint32_t i = 0; i != now; ++i) targets_[0]->put(cells[i], writer_.rows() + i);
      }
      writer_.add(now);
      rows += now;
      cells += now;
      count -= now;
    }
    static_cast<void>(context_.poll());
  }
  void flush() { writer_.flush(); }

 private:
  void add_free(Binding const& binding) {
    if (binding.kind == Binding::Kind::scalar && binding.variable.kind == Operand::Kind::free) free_.push_back(binding.variable.index);
    for (auto const& part : context_.plan().bindings_of(binding.parts)) add_free(part);
  }

  /// `[?x ...]` of a free variable.
  [[nodiscard]] bool is_plain_collection() const noexcept {
    return binding_.kind == Binding::Kind::collection && free_.size() == 1 &&
           context_.plan().bindings_of(binding_.parts)[0].kind == Binding::Kind::scalar;
  }

  /// The row, with one value for each of `free_`.
  void give(Batch const& in, std::uint32_t row, Cell const* values) {
    writer_.carry_repeated(in, row, 1);
    for (std::size_t i = 0; i != targets_.size(); ++i) {
      if (targets_[i] != nullptr) targets_[i]->put(values[i], writer_.rows());
    }
    writer_.add(1);
    if (writer_.rows() == 0) static_cast<void>(context_.poll());
  }

  [[nodiscard]] std::optional<std::size_t> place_of(std::uint16_t variable) const noexcept {
    for (std::size_t i = 0; i != free_.size(); ++i) {
      if (free_[i] == variable) return i;
    }
    return std::nullopt;
  }

  /// Every row of `rows_` becomes as many as the value gives for the form.
  template <meta::Lazy = {}>
  void take_apart(Binding const& binding, Cell cell, Batch const& in, std::uint32_t row) {
    using Kind = Binding::Kind;
    if (binding.kind == Kind::blank) return;
    if (binding.kind == Kind::scalar) return take(binding.variable, cell, in, row);
    auto const elements = elements_for(binding, cell);
    auto const parts = context_.plan().bindings_of(binding.parts);
    if (binding.kind == Kind::tuple) {
      if (elements.size() < parts.size()) refuse(std::to_string(parts.size()) + " elements or more", cell);
      for (std::size_t i = 0; i != parts.size(); ++i) take_apart(parts[i], elements[i], in, row);
      return;
    }
    // A collection's one part is taken for each element, a relation's parts are columns.
    auto const before = std::exchange(rows_, {});
    auto const before_count = std::exchange(row_count_, 0);
    auto const was_bound = bound_here_;
    std::vector<Cell> all;
    std::size_t count = 0;
    for (auto const element : elements) {
      rows_ = before;
      row_count_ = before_count;
      bound_here_ = was_bound;
      if (binding.kind == Kind::collection) {
        take_apart(parts[0], element, in, row);
      } else {
        auto const columns = elements_for(binding, element);
        if (columns.size() < parts.size()) refuse("rows of " + std::to_string(parts.size()) + " elements or more", element);
        for (std::size_t i = 0; i != parts.size(); ++i) take_apart(parts[i], columns[i], in, row);
      }
      all.insert(all.end(), rows_.begin(), rows_.begin() + static_cast<std::ptrdiff_t>(row_count_ * free_.size()));
      // A product of collections is made whole before it is handed on.
      auto const bytes = row_count_ * free_.size() * sizeof(Cell);
      context_.charge(bytes);
      charged_ += bytes;
      static_cast<void>(context_.poll());
      count += row_count_;
    }
    rows_ = std::move(all);
    row_count_ = count;
  }

  void take(Operand variable, Cell cell, Batch const& in, std::uint32_t row) {
    auto const place = place_of(variable.index);
    if (!place) {
      if (!(in[variable.index][row] == cell)) row_count_ = 0;
      return;
    }
    auto const width = free_.size();
    if (variable.kind == Operand::Kind::free && !bound_here_[*place]) {
      for (std::size_t i = 0; i != row_count_; ++i) rows_[i * width + *place] = cell;
      bound_here_[*place] = true;
      return;
    }
    // The same variable twice in one form: both must be the same.
    std::size_t kept = 0;
    for (std::size_t i = 0; i != row_count_; ++i) {
      if (!(rows_[i * width + *place] == cell)) continue;
      if (kept != i) std::copy_n(rows_.begin() + static_cast<std::ptrdiff_t>(i * width), width,
                                 rows_.begin() + static_cast<std::ptrdiff_t>(kept * width));
      ++kept;
    }
    row_count_ = kept;
  }

  /// The elements, as cells whose owners live as long as the query. A string is one value here: where many are wanted, its characters
  /// are not what was meant.
  template <meta::Lazy = {}>
  [[nodiscard]] std::vector<Cell> elements_for(Binding const& binding, Cell cell) {
    std::vector<Cell> cells;
    BorrowedValue const value{cell};
    if (value->is(ValueKind::tuple)) {
      for (auto const& element : value->as_tuple()) cells.emplace_back(element);
      return cells;
    }
    auto elements = value->is(ValueKind::string) ? std::nullopt : elements_of(*value);
    if (!elements) {
      refuse(binding.kind == Binding::Kind::tuple ? "a tuple" : "a collection", cell);
    }
    for (auto& element : *elements) cells.push_back(context_.own(std::move(element)));
    return cells;
  }

  template <meta::Lazy = {}>
  [[noreturn]] void refuse(std::string const& wanted, Cell cell) const {
    BorrowedValue const value{cell};
    auto const form = form_of(context_.plan(), form_);
    bool const is_clause = form.is(notation::Kind::vector) && form.size() == 2 && form[0].is(notation::Kind::list);
    auto const written = is_clause ? form[1] : form;
    throw error_at(written, form_.in_rules,
                   Error{Errc::query_where,
                         "This binding takes " + wanted + ", and was given " + detail::short_text(*value) +
                             ". Bind a single value with ?x, a tuple with [?x ?y], a collection with [?x ...], rows with [[?x ?y]]."});
  }

  QueryContext& context_;
  Binding const& binding_;
  FormAt form_;
  BatchWriter writer_;
  std::vector<std::uint16_t> free_{};
  std::vector<ColumnWriter*> targets_{};
  std::vector<Cell> rows_{};  ///< `row_count_` rows of as many cells as `free_` has
  std::vector<bool> bound_here_{};
  std::size_t row_count_ = 0;
  std::size_t charged_ = 0;  ///< for `rows_`, while a value is taken apart
};

}  // namespace cairn::query
