// Copyright the Cairn authors
// SPDX-License-Identifier: BSL-1.0
// A database value as a source.
#pragma once

#include <cairn/db/db.hpp>
#include <cairn/db/pull.hpp>
#include <cairn/db/pull/back_reading.hpp>
#include <cairn/db/reverse_name.hpp>
#include <cairn/meta/watch.hpp>
#include <cairn/query/access/attribute.hpp>
#include <cairn/query/access/seeker.hpp>
#include <cairn/query/access/text_hash.hpp>
#include <cairn/query/run/pattern.hpp>
#include <cairn/query/run/query_context.hpp>
#include <cairn/query/run/source.hpp>

#include <algorithm>
#include <bit>
#include <cstdint>
#include <memory>
#include <optional>
#include <span>
#include <utility>
#include <vector>

namespace cairn::query {

/// The number of the entity that a value names: a number, an ident, a lookup ref. Nothing where it names none.
template <class IndexTag>
[[nodiscard]] std::optional<EntityId> entity_of(Db<IndexTag> const& db, Cell cell) {
  if (cell.kind == ValueKind::integer) return cell.as_integer();
  BorrowedValue const value{cell};
  if (cell.kind == ValueKind::keyword) return db.entid(value->as_keyword());
  bool const is_lookup = cell.kind == ValueKind::tuple && value->as_tuple().size() == 2 && value->as_tuple()[0].is(ValueKind::keyword);
  if (!is_lookup) return std::nullopt;
  auto const name = value->as_tuple()[0].as_keyword();
  auto const* attribute = db.schema().find(name);
  auto sought = value->as_tuple()[1];
  if (attribute != nullptr && attribute->is_ref()) {
    if (auto const target = entity_of(db, Cell{sought})) sought = *target;
  }
  return db.entid(LookupRef{name, std::move(sought)});
}

template <class IndexTag>
class DbSource final : public Source {
 public:
  explicit DbSource(Db<IndexTag> db) : db_{std::move(db)} {}

  [[nodiscard]] Db<IndexTag> const& db() const noexcept { return db_; }

  [[nodiscard]] bool is_database() const noexcept override { return true; }
  [[nodiscard]] std::unique_ptr<StepRunner> pattern(StepPlace const& place) const override {
    return make_pattern_runner(place, db_);
  }

  [[nodiscard]] PatternFacts facts(QueryContext const& context, Step const& step) const override {
    PatternFacts facts;
    facts.facts_are_once = !db_.is_history();
    auto const operands = context.plan().operands_of(step.operands);
    constexpr std::uint8_t value = 1U << 2U;
    facts.names = value;
    if (operands.size() < 2 || operands[1].kind != Operand::Kind::constant) return facts;
    auto const attribute = attribute_access(db_, context.constant(operands[1].index));
    facts.one = attribute.one;
    facts.unique = attribute.unique;
    if (attribute.kind && attribute.kind != ValueKind::tuple) facts.names = 0;  // a tuple may be a lookup ref
    return facts;
  }

  [[nodiscard]] std::uint64_t likeness() const override {
    auto const& snapshot = db_.snapshot();
    auto const& view = db_.view();
    std::uint64_t const datoms = snapshot.current.eavt.size() + snapshot.temporal.eavt.size();
    auto const bits = static_cast<std::uint64_t>(std::bit_width(datoms));
    auto const size = bits <= 4 ? datoms : bits << 4U | (datoms >> (bits - 4));  // four digits of it, and how many there are
    std::uint64_t const seen = (view.as_of != view.now ? 1U : 0U) | (view.since != 0 ? 2U : 0U) | (view.history ? 4U : 0U) | (view.filter ? 8U : 0U);
    // Where a schema is says which one it is, nearly always: if another one has come to lie there, a plan is worse and not wrong.
    auto const schema = detail::mixed(reinterpret_cast<std::uintptr_t>(snapshot.schema.get()), snapshot.schema->next_attribute());
    return detail::mixed(schema, size << 4U | seen);
  }

  [[nodiscard]] AttributeFacts attribute_facts(Keyword attribute, std::optional<Value> const& value,
                                               std::optional<Value> const& low,
                                               std::optional<Value> const& high) const override {
    AttributeFacts facts;
    auto const access = attribute_access(db_, db_.schema().find(attribute));
    if (!access.known) return facts;
    facts.one = access.one;
    facts.unique = access.unique;
    auto const whole = PlaceRange::prefix(1, 0, access.id, {});
    facts.datoms = static_cast<double>(estimate<Order::aevt>(db_, whole.from.get(), whole.to.get()));
    if (access.indexed && !access.unique && !value) facts.per_value = datoms_a_value(access.id);
    // Entities may be named in other ways than datoms have them.
    bool const countable = access.indexed && (!access.ref || !value || value->is(ValueKind::integer));
    if (!countable || !(value || low || high)) return facts;
    auto range = whole;
    if (value) range = PlaceRange::prefix(2, 0, access.id, Cell{*value});
    if (!value && low) range.from = IndexPlace{2, 0, access.id, Cell{*low}, false};
    if (!value && high) range.to = IndexPlace{2, 0, access.id, Cell{*high}, true};
    if (!value && low && high && *low > *high) return facts;
    facts.matching = static_cast<double>(estimate<Order::avet>(db_, range.from.get(), range.to.get()));
    return facts;
  }

  void first_values(QueryContext& context, Cell attribute, Column const& entities, std::uint32_t rows,
                    std::optional<Cell>* found) const override {
    std::fill_n(found, rows, std::nullopt);
    auto const access = attribute_access(db_, attribute);
    if (!access.known || rows == 0) return;
    auto numbers = entities;
    Scratch<std::uint64_t> others;
    if (!entities.is_uniform(ValueKind::integer)) {
      others = Scratch<std::uint64_t>{rows};
      for (std::uint32_t i = 0; i != rows; ++i) others[i] = static_cast<std::uint64_t>(entity_of(db_, entities[i]).value_or(-1));
      numbers.words = others.get();
    }
    auto& kept = context.kept_for(*this);
    if (kept == nullptr) {
      kept = std::make_shared<LeafPins<IndexTag>>();
      context.keep(kept);
    }
    auto& pins = *static_cast<LeafPins<IndexTag>*>(kept.get());
    auto const before = pins.bytes();
    EntitySeeker<IndexTag> seeker{db_, access, pins, meta::Watch::of(context)};
    seeker.seek(numbers.words, rows, [&](DatomRun const& run, Hits const& hits) {
      for (std::uint32_t i = 0; i != hits.count; ++i) {
        auto const row = hits.is_stretch() ? hits.first_row + i : hits.rows[i];
        auto const place = hits.is_stretch() ? hits.first_place + i : hits.places[i];
        if (!found[row]) found[row] = access::as_shown({run.kind(place), run.word(place)});
      }
      seeker.pin(run);
    });
    context.charge(pins.bytes() - before);
  }

  void first_shown(QueryContext& context, Cell attribute, Column const& entities, std::uint32_t rows,
                   std::optional<Cell>* found) const override {
    bool const is_name = attribute.kind == ValueKind::keyword;
    auto const name = is_name ? BorrowedValue{attribute}->as_keyword() : Keyword{};
    bool const is_id = name == Keyword{"db/id"};
    if (!is_id && !cairn::detail::is_reverse(name)) return first_values(context, attribute, entities, rows, found);
    std::fill_n(found, rows, std::nullopt);
    cairn::detail::PullStep step;
    step.limit = 1;
    auto const* of = is_id ? nullptr : db_.schema().find(cairn::detail::forward(name));
    if (of != nullptr && of->type && !of->is_ref()) of = nullptr;
    if (of != nullptr) {
      step.attribute = of->id;
      step.access = of->in_avet() ? cairn::detail::PullAccess::back : cairn::detail::PullAccess::back_scan;
    }
    std::vector<EntityId> referring;
    for (std::uint32_t i = 0; i != rows && !context.poll(); ++i) {
      auto const entity = entity_of(db_, entities[i]);
      referring.clear();
      if (entity && of != nullptr) cairn::detail::read_back(db_, *entity, step, referring);
      if (is_id && entity) found[i] = Cell::integer(*entity);
      if (!referring.empty()) found[i] = Cell::integer(referring.front());
    }
  }

  [[nodiscard]] Cell shown_attribute(Cell attribute) const override {
    auto const* known = attribute_of(db_, attribute);
    return known == nullptr ? attribute : attribute_name(db_, *known);
  }

  [[nodiscard]] std::vector<notation::Value> pull(notation::Value const& pattern, std::span<Cell const> entities,
                                                  meta::Watch const& watch) const override {
    auto bound = PullPattern{pattern}.on(db_);
    bound.set_watch(watch);
    std::vector<notation::Value> pulled;
    pulled.reserve(entities.size());
    for (auto const cell : entities) {
      auto const entity = entity_of(db_, cell);
      if (!entity) {
        BorrowedValue const value{cell};
        pulled.push_back(bound(cairn::detail::entity_ref_of(db_, to_edn(*value))));
      } else {
        pulled.push_back(bound(*entity));
      }
    }
    return pulled;
  }

 private:
  /// How many datoms of an attribute have the same value: the mean of the first few values. Negative where there is none.
  /// Requires that AVET has the attribute. O(log n).
  [[nodiscard]] double datoms_a_value(AttributeId attribute) const {
    constexpr int few = 4;
    IndexReader<IndexOf<IndexTag, Order::avet>, Order::avet> reader{db_.snapshot().current.avet};
    auto range = PlaceRange::prefix(1, 0, attribute, {});
    std::uint64_t datoms = 0;
    int values = 0;
    Value value;
    for (DatomRun run; values != few; ++values) {
      reader.open(range.from.get(), range.to.get());
      if (!reader.next(run)) break;
      BorrowedValue const found{Cell{run.kind(0), run.word(0)}};
      value = *found;
      auto const same = PlaceRange::prefix(2, 0, attribute, Cell{value});
      datoms += estimate<Order::avet>(db_, same.from.get(), same.to.get());
      range.from = IndexPlace{2, 0, attribute, Cell{value}, true};
    }
    return values == 0 ? -1 : static_cast<double>(datoms) / values;
  }

  Db<IndexTag> db_;
};

}  // namespace cairn::query
