// Copyright the Cairn authors
// SPDX-License-Identifier: BSL-1.0
// Which of the datoms that an index gave a pattern has a use for.
#pragma once

#include <cairn/index/datom_run.hpp>
#include <cairn/query/function/compare.hpp>
#include <cairn/query/run/pattern_terms.hpp>

#include <array>
#include <cstddef>
#include <cstdint>
#include <limits>
#include <optional>
#include <vector>

namespace cairn::query {

/// Datoms of a run, each with the row that it was found for.
struct Selection {
  std::uint32_t count = 0;
  std::uint32_t rows[batch_rows];
  std::uint32_t places[batch_rows];

  /// Keeps those for which `keep(row, place)` holds.
  template <class Keep>
  void keep_if(Keep const& keep) noexcept(noexcept(keep(0U, 0U))) {
    std::uint32_t kept = 0;
    for (std::uint32_t i = 0; i != count; ++i) {
      auto const row = rows[i];
      auto const place = places[i];
      rows[kept] = row;
      places[kept] = place;
      kept += keep(row, place) ? 1U : 0U;
    }
    count = kept;
  }
};

/// The conditions of a pattern that its way through an index doesn't see to.
template <class IndexTag>
class PatternFilter {
  using Terms = PatternTerms<IndexTag>;

 public:
  /// `settled`: the places whose known values the index sees to; `limits_settled`: that it sees to the limits as well.
  PatternFilter(QueryContext const& context, Terms const& terms, Db<IndexTag> const& db, std::array<bool, 5> settled,
                bool limits_settled)
      : context_{&context}, terms_{&terms}, db_{&db} {
    for (std::size_t at = 0; at != Terms::places; ++at) {
      if (terms.is_known(at) && !settled[at]) checked_.push_back(at);
      if (terms.is(at, Operand::Kind::same)) same_.push_back(at);
    }
    limited_ = terms.is_limited() && !limits_settled;
    limits_change_ = terms.has_bound_limit();
    if (limited_ && !limits_change_) integers_ = integer_limits(nullptr);
  }

  [[nodiscard]] bool is_open() const noexcept { return checked_.empty() && same_.empty() && !limited_; }
  /// Whether the value at that place is all that is looked at.
  [[nodiscard]] bool checks_only(std::size_t at) const noexcept {
    return checked_.size() == 1 && checked_[0] == at && same_.empty() && !limited_;
  }

  /// The rows that datoms are found for from now on.
  void set_rows(Batch const& in) {
    if (limits_change_) integers_ = in.rows() == 1 ? integer_limits(&in) : std::nullopt;
  }
  /// Whether the index sees to the limits of what comes from now on.
  void settle_limits(bool settled) noexcept { limited_ = terms_->is_limited() && !settled; }

  /// `wanted`: the bound places' values as datoms hold them, for the rows of `in`.
  void apply(DatomRun const& run, Batch const& in, std::array<Column, 5> const& wanted, Selection& selection) const {
    for (auto const at : checked_) {
      if (selection.count == 0) return;
      if (terms_->is_constant(at)) {
        check_constant(at, run, terms_->constant(at), selection);
      } else {
        check_bound(at, run, wanted[at], selection);
      }
    }
    if (limited_ && selection.count != 0) check_limits(run, in, selection);
    for (auto const at : same_) {
      auto const other = terms_->operator[](at).index;
      selection.keep_if([&](std::uint32_t, std::uint32_t place) {
        return cell_at(run, at, place) == cell_at(run, other, place);
      });
    }
  }

  /// What a query sees at a place of a datom.
  [[nodiscard]] Cell cell_at(DatomRun const& run, std::size_t at, std::uint32_t place) const {
    switch (at) {
      case Terms::entity: return Cell::integer(run.entity(place));
      case Terms::attribute: {
        auto const* attribute = db_->schema().find(run.attribute(place));
        return attribute == nullptr ? Cell{} : attribute_name(*db_, *attribute);
      }
      case Terms::value: return access::as_shown({run.kind(place), run.word(place)});
      case Terms::transaction: return Cell::integer(run.transaction(place));
      default: return {ValueKind::boolean, run.added(place) ? 1U : 0U};
    }
  }
  /// The same in the form in which wanted values are.
  [[nodiscard]] Cell held_cell(DatomRun const& run, std::size_t at, std::uint32_t place) const {
    bool const is_held = at == Terms::value && terms_->attribute_access_of().kind == ValueKind::float32;
    return is_held ? Cell{run.kind(place), run.word(place)} : cell_at(run, at, place);
  }

 private:
  struct IntegerLimits {
    std::int64_t low = std::numeric_limits<std::int64_t>::min();
    std::int64_t high = std::numeric_limits<std::int64_t>::max();
    bool is_empty = false;
  };

  /// Calls `visit(get)` with the words of a place that is no value.
  template <class Visit>
  static void with_place(std::size_t at, DatomRun const& run, Visit&& visit) {
    switch (at) {
      case Terms::entity: return run.with_entities(visit);
      case Terms::attribute: return run.with_attributes(visit);
      case Terms::transaction: return run.with_transactions(visit);
      case Terms::operation: return run.with_added(visit);
      default: return run.with_words(visit);
    }
  }

  void check_constant(std::size_t at, DatomRun const& run, Cell wanted, Selection& selection) const {
    if (at != Terms::value || (equal_by_word(wanted.kind) && is_uniform(run))) {
      if (at == Terms::value && run.kind(0) != wanted.kind) {
        selection.count = 0;
        return;
      }
      return with_place(at, run, [&](auto const& get) {
        selection.keep_if([&](std::uint32_t, std::uint32_t place) noexcept { return get(place) == wanted.word; });
      });
    }
    selection.keep_if([&](std::uint32_t, std::uint32_t place) { return is_value(run, place, wanted); });
  }

  void check_bound(std::size_t at, DatomRun const& run, Column const& wanted, Selection& selection) const {
    bool const by_word = at != Terms::value || (wanted.is_uniform() && equal_by_word(wanted.kind) && is_uniform(run));
    if (!by_word) {
      selection.keep_if([&](std::uint32_t row, std::uint32_t place) { return is_value(run, place, wanted[row]); });
      return;
    }
    if (at == Terms::operation && !wanted.is_uniform(ValueKind::boolean)) {
      selection.keep_if([&](std::uint32_t row, std::uint32_t place) {
        return wanted[row] == Cell{ValueKind::boolean, run.added(place) ? 1U : 0U};
      });
      return;
    }
    if (at == Terms::value && wanted.kind != run.kind(0)) {
      selection.count = 0;
      return;
    }
    with_place(at, run, [&](auto const& get) {
      selection.keep_if([&, words = wanted.words](std::uint32_t row, std::uint32_t place) noexcept {
        return get(place) == words[row];
      });
    });
  }

  /// Requires that the run is not empty.
  [[nodiscard]] bool is_uniform(DatomRun const& run) const noexcept {
    return terms_->attribute_access_of().kind.has_value() || run.is_uniform();
  }
  [[nodiscard]] bool is_value(DatomRun const& run, std::uint32_t place, Cell wanted) const {
    Cell const here{run.kind(place), run.word(place)};
    if (here.kind == ValueKind::float32 && terms_->attribute_access_of().kind != ValueKind::float32) {
      return access::as_shown(here) == wanted;
    }
    return here == wanted;
  }

  /// Both limits, where they are integers: of the first row, or without any.
  [[nodiscard]] std::optional<IntegerLimits> integer_limits(Batch const* in) const {
    IntegerLimits limits;
    for (auto const& limit : {terms_->low(), terms_->high()}) {
      if (limit.kind == Limit::Kind::none) continue;
      auto const cell = in != nullptr ? context_->operand(limit.operand, *in, 0) : context_->constant(limit.operand.index);
      if (cell.kind != ValueKind::integer) return std::nullopt;
      auto const number = cell.as_integer();
      switch (limit.kind) {
        case Limit::Kind::at_least: limits.low = number; break;
        case Limit::Kind::above:
          if (number == std::numeric_limits<std::int64_t>::max()) limits.is_empty = true;
          else limits.low = number + 1;
          break;
        case Limit::Kind::at_most: limits.high = number; break;
        case Limit::Kind::below:
          if (number == std::numeric_limits<std::int64_t>::min()) limits.is_empty = true;
          else limits.high = number - 1;
          break;
        case Limit::Kind::none: break;
      }
    }
    return limits;
  }

  void check_limits(DatomRun const& run, Batch const& in, Selection& selection) const {
    if (integers_ && is_uniform(run) && run.kind(0) == ValueKind::integer) {
      if (integers_->is_empty) selection.count = 0;
      run.with_words([&, low = integers_->low, high = integers_->high](auto const& get) {
        selection.keep_if([&](std::uint32_t, std::uint32_t place) noexcept {
          auto const number = static_cast<std::int64_t>(get(place));
          return (number >= low) & (number <= high);
        });
      });
      return;
    }
    for (auto const& limit : {terms_->low(), terms_->high()}) {
      if (limit.kind == Limit::Kind::none) continue;
      selection.keep_if([&](std::uint32_t row, std::uint32_t place) {
        BorrowedValue const here{access::as_shown({run.kind(place), run.word(place)})};
        BorrowedValue const there{context_->operand(limit.operand, in, row)};
        auto const order = order_of(*here, *there);
        switch (limit.kind) {
          case Limit::Kind::at_least: return order >= 0;
          case Limit::Kind::above: return order > 0;
          case Limit::Kind::at_most: return order <= 0;
          case Limit::Kind::below: return order < 0;
          default: return true;
        }
      });
    }
  }

  QueryContext const* context_;
  Terms const* terms_;
  Db<IndexTag> const* db_;
  std::vector<std::size_t> checked_{};
  std::vector<std::size_t> same_{};
  bool limited_ = false;
  bool limits_change_ = false;  // with the rows
  std::optional<IntegerLimits> integers_{};
};

}  // namespace cairn::query
