// Copyright the Cairn authors
// SPDX-License-Identifier: BSL-1.0
// What a pattern wants at each place of a datom.
#pragma once

#include <cairn/db/edn_conversion.hpp>
#include <cairn/query/access/attribute.hpp>
#include <cairn/query/access/entity_named.hpp>
#include <cairn/query/plan/plan.hpp>
#include <cairn/query/run/batch.hpp>
#include <cairn/query/run/place_error.hpp>
#include <cairn/query/run/query_context.hpp>
#include <cairn/query/run/step_runner.hpp>

#include <array>
#include <bit>
#include <cstddef>
#include <cstdint>
#include <optional>

namespace cairn::query {

namespace access {

/// What no datom has at any place.
inline constexpr Cell nothing_like_it{};

/// A float as queries have it: a double that is written the same.
[[nodiscard]] inline Cell as_shown(Cell cell) {
  if (cell.kind != ValueKind::float32) return cell;
  return {ValueKind::float64, std::bit_cast<std::uint64_t>(cairn::detail::shortest_double(std::bit_cast<double>(cell.word)))};
}

/// The value in the form in which datoms of the attribute hold it.
[[nodiscard]] inline Cell as_held(Cell cell, std::optional<ValueKind> kind) {
  cell = as_shown(cell);
  if (kind != ValueKind::float32 || cell.kind != ValueKind::float64) return cell;
  Cell const held{ValueKind::float32,
                  std::bit_cast<std::uint64_t>(static_cast<double>(static_cast<float>(std::bit_cast<double>(cell.word))))};
  return as_shown(held) == cell ? held : nothing_like_it;
}

}  // namespace access

/// The places of a pattern on a database, with its constants in the form in which datoms hold them.
template <class IndexTag>
class PatternTerms {
 public:
  enum Where : std::size_t { entity, attribute, value, transaction, operation, places };

  /// Errors: `entity-id/missing` and `lookup-ref/unique` of constants that name no entity.
  PatternTerms(QueryContext& context, Step const& step, Db<IndexTag> const& db) : db_{&db} {
    auto const operands = context.plan().operands_of(step.operands);
    if (operands.size() > places) is_never_ = true;  // datoms have no more
    for (std::size_t at = 0; at != places && at != operands.size(); ++at) operands_[at] = operands[at];
    low_ = step.low;
    high_ = step.high;
    bool by_keyword = false;
    if (is(attribute, Operand::Kind::constant)) {
      auto const name = context.constant(operands_[attribute].index);
      by_keyword = name.kind == ValueKind::keyword;
      attribute_ = attribute_access(db, name);
      if (!attribute_.known) is_never_ = true;
    }
    names_entities_ = {true, false, by_keyword && attribute_.ref, true, false};
    for (std::size_t at = 0; at != places; ++at) {
      if (!is(at, Operand::Kind::constant) || at == attribute) continue;
      auto const form = context.plan().constants[operands_[at].index];
      auto const written = context.constant(operands_[at].index);
      constants_[at] = written;
      if (names_entities_[at]) {
        constants_[at] = at_place(context.plan(), form, [&] { return named(written, !form.lenient); });
      }
      if (at == value) constants_[at] = access::as_held(constants_[at], attribute_.kind);
      if (constants_[at] == access::nothing_like_it || !fits(at, constants_[at].kind)) is_never_ = true;
    }
  }

  [[nodiscard]] bool is_never() const noexcept { return is_never_; }
  [[nodiscard]] AttributeAccess const& attribute_access_of() const noexcept { return attribute_; }
  [[nodiscard]] Operand operator[](std::size_t at) const noexcept { return operands_[at]; }
  [[nodiscard]] bool is(std::size_t at, Operand::Kind kind) const noexcept { return operands_[at].kind == kind; }
  [[nodiscard]] bool is_constant(std::size_t at) const noexcept { return is(at, Operand::Kind::constant); }
  [[nodiscard]] bool is_bound(std::size_t at) const noexcept { return is(at, Operand::Kind::bound); }
  [[nodiscard]] bool is_known(std::size_t at) const noexcept { return is_constant(at) || is_bound(at); }
  [[nodiscard]] Cell constant(std::size_t at) const noexcept { return constants_[at]; }
  [[nodiscard]] Limit const& low() const noexcept { return low_; }
  [[nodiscard]] Limit const& high() const noexcept { return high_; }
  /// And nothing else.
  [[nodiscard]] bool wants_retractions() const noexcept {
    return is_constant(operation) && constants_[operation].kind == ValueKind::boolean && constants_[operation].word == 0;
  }
  [[nodiscard]] bool is_limited() const noexcept {
    return low_.kind != Limit::Kind::none || high_.kind != Limit::Kind::none;
  }
  [[nodiscard]] bool has_bound_limit() const noexcept {
    auto const is_bound = [](Limit const& limit) { return limit.kind != Limit::Kind::none && limit.operand.kind == Operand::Kind::bound; };
    return is_bound(low_) || is_bound(high_);
  }

  /// A bound place's values in the form in which datoms hold them: the column itself where it has that already, else put in
  /// `room`. What may name an entity is looked up, but not what patterns have found (`Operand::found`). Entities, attributes (as
  /// their ids) and transactions are integers, all of them; -1 is none.
  [[nodiscard]] Column wanted(std::size_t at, Batch const& in, ColumnBuffer& room) const {
    auto const& column = in[operands_[at].index];
    auto const rows = in.rows();
    if (at == attribute) {
      Cell last{};
      std::int64_t found = -1;
      for (std::uint32_t i = 0; i != rows; ++i) {
        auto const name = column[i];
        if (!(name == last)) {
          last = name;
          bool const is_other = operands_[at].found && name.kind == ValueKind::keyword && db_->options().attribute_refs;
          auto const* known = is_other ? nullptr : attribute_of(*db_, name);
          found = known != nullptr ? std::int64_t{known->id} : -1;
        }
        room.words[i] = static_cast<std::uint64_t>(found);
      }
      return {room.words, nullptr, ValueKind::integer};
    }
    bool const may_name = names_entities_[at] && !operands_[at].found;
    if (at == entity || at == transaction) {
      if (column.is_uniform(ValueKind::integer)) return column;
      for (std::uint32_t i = 0; i != rows; ++i) {
        auto const cell = may_name ? named(column[i], false) : column[i];
        room.words[i] = cell.kind == ValueKind::integer ? cell.word : ~std::uint64_t{0};
      }
      return {room.words, nullptr, ValueKind::integer};
    }
    bool const may_differ =
        at == value && (may_name ? !column.is_uniform(ValueKind::integer) : !column.is_uniform() || is_float(column.kind));
    if (!may_differ) return column;
    for (std::uint32_t i = 0; i != rows; ++i) {
      auto const cell = access::as_held(may_name ? named(column[i], false) : column[i], attribute_.kind);
      room.words[i] = cell.word;
      room.kinds[i] = cell.kind;
    }
    return {room.words, room.kinds, ValueKind::nil};
  }

 private:
  [[nodiscard]] static bool is_float(ValueKind kind) noexcept {
    return kind == ValueKind::float32 || kind == ValueKind::float64;
  }
  [[nodiscard]] bool fits(std::size_t at, ValueKind kind) const noexcept {
    switch (at) {
      case entity:
      case transaction: return kind == ValueKind::integer;
      case operation: return kind == ValueKind::boolean;
      default: return !attribute_.kind || kind == *attribute_.kind;
    }
  }
  /// The number of the entity that a cell names; what names none as it is.
  [[nodiscard]] Cell named(Cell cell, bool is_written) const {
    if (cell.kind == ValueKind::integer) return cell;
    BorrowedValue const name{cell};
    if (!may_name_entity(*name)) return cell;
    if (is_written) return Cell::integer(entity_written(*db_, *name));
    auto const found = entity_in_data(*db_, *name);
    return found ? Cell::integer(*found) : access::nothing_like_it;
  }

  Db<IndexTag> const* db_;
  bool is_never_ = false;
  AttributeAccess attribute_{};  // the constant one
  std::array<Operand, places> operands_{};
  std::array<Cell, places> constants_{};
  std::array<bool, places> names_entities_{};
  Limit low_{};
  Limit high_{};
};

}  // namespace cairn::query
