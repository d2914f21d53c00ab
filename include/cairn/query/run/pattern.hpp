// Copyright the Cairn authors
// SPDX-License-Identifier: BSL-1.0
// The step of a pattern on a database.
#pragma once

#include <cairn/query/run/batch_hash.hpp>
#include <cairn/query/run/pattern_emitter.hpp>
#include <cairn/query/run/pattern_entities.hpp>
#include <cairn/query/run/pattern_range.hpp>
#include <cairn/query/run/pattern_terms.hpp>
#include <cairn/query/run/pattern_values.hpp>

#include <algorithm>
#include <array>
#include <cstddef>
#include <cstdint>
#include <memory>
#include <optional>
#include <tuple>
#include <utility>

namespace cairn::query {

/// How the datoms for a pattern are found. What the rows have bound decides.
enum class PatternWay : std::uint8_t {
  none,          ///< nothing can match
  whole,         ///< one range for all rows; what is bound is compared
  entities,      ///< what the rows' entities have of one attribute
  by_entity,     ///< for each row what its entity has
  by_value,      ///< for each row who has its value under the attribute
  by_limits,     ///< for each row the values of the attribute that its limits let through
  by_attribute,  ///< for each row the datoms of its attribute
};

/// The step of a pattern on one database value.
template <class IndexTag>
class PatternRunner final : public StepRunner {
  using Terms = PatternTerms<IndexTag>;
  using Emitter = PatternEmitter<IndexTag>;

 public:
  /// `db` lives longer than the query. Errors: `entity-id/missing`, `lookup-ref/unique` of constants.
  PatternRunner(StepPlace const& place, Db<IndexTag> const& db)
      : context_{&place.context},
        db_{&db},
        terms_{place.context, place.step, db},
        pins_{std::make_shared<LeafPins<IndexTag>>()},
        way_{way_of(terms_)},
        emitter_{place, terms_, make_filter(place), db} {
    if (is_kept()) context_->keep(pins_);
  }
  ~PatternRunner() override {
    // What is kept is in use as long as the query.
    context_->discharge(charged_ - (is_kept() ? (std::min)(charged_, pins_->bytes()) : 0));
  }

  [[nodiscard]] PatternWay way() const noexcept { return way_; }

  void push(Batch const& in) override {
    if (in.rows() == 0 || way_ == Way::none || context_->poll()) return;
    emitter_.set_rows(in);
    switch (way_) {
      case Way::whole: read_whole(); break;
      case Way::entities: made(entities_).look_up(emitter_); break;
      case Way::by_value: made(values_).look_up(emitter_); break;
      case Way::by_entity: read_by_entity(); break;
      case Way::by_limits: read_by_limits(); break;
      case Way::by_attribute: read_by_attribute(); break;
      case Way::none: break;
    }
    charge();
  }
  void flush() override { emitter_.flush(); }

 private:
  using Way = PatternWay;

  /// Whether what is found borrows from the leaves.
  [[nodiscard]] bool is_kept() const noexcept { return emitter_.shows_values() || way_ == Way::by_value; }

  [[nodiscard]] static Way way_of(Terms const& terms) {
    if (terms.is_never()) return Way::none;
    if (terms.is_constant(Terms::attribute)) {
      if (terms.is_bound(Terms::entity)) return Way::entities;
      if (terms.is_constant(Terms::entity)) return Way::whole;
      if (terms.is_bound(Terms::value)) return Way::by_value;
      bool const by_limits = terms.has_bound_limit() && terms.attribute_access_of().indexed && !terms.is_known(Terms::value) &&
                             !terms.is_bound(Terms::transaction) && !terms.is_bound(Terms::operation);
      return by_limits ? Way::by_limits : Way::whole;
    }
    if (terms.is_known(Terms::entity)) return Way::by_entity;
    return terms.is_bound(Terms::attribute) ? Way::by_attribute : Way::whole;
  }

  [[nodiscard]] PatternFilter<IndexTag> make_filter(StepPlace const& place) {
    std::array<bool, 5> settled{};
    bool limits_settled = false;
    settled[Terms::attribute] = terms_.is_known(Terms::attribute);
    settled[Terms::entity] = terms_.is_known(Terms::entity);
    auto const& attribute = terms_.attribute_access_of();
    if (way_ == Way::by_value) settled[Terms::value] = true;
    if (way_ == Way::whole && terms_.is_constant(Terms::attribute) && !terms_.is_constant(Terms::entity) && attribute.indexed) {
      if (terms_.is_constant(Terms::value)) {
        if (!attribute.has_one_form(terms_.constant(Terms::value))) return {*context_, terms_, *db_, settled, limits_settled};
        by_avet_ = true;
        settled[Terms::value] = true;
        avet_ = PlaceRange::prefix(2, 0, attribute.id, terms_.constant(Terms::value));
      } else if (auto const range = limit_range([](Operand) { return std::nullopt; })) {
        by_avet_ = true;
        avet_ = range->places;
        limits_settled = range->is_exact;
      } else if (shows_only_values(place)) {  // in their order, so that equal ones are neighbours
        by_avet_ = true;
        avet_ = PlaceRange::prefix(1, 0, attribute.id, {});
      }
    }
    return {*context_, terms_, *db_, settled, limits_settled};
  }
  [[nodiscard]] bool shows_only_values(StepPlace const& place) const noexcept {
    auto const is_shown = [&](std::size_t at) {
      return terms_.is(at, Operand::Kind::free) && std::ranges::find(place.live, terms_[at].index) != place.live.end();
    };
    return is_shown(Terms::value) && !is_shown(Terms::entity) && !is_shown(Terms::transaction) && !is_shown(Terms::operation);
  }
  /// `bound(operand)`: what is known of a variable.
  template <class Bound>
  [[nodiscard]] std::optional<LimitRange> limit_range(Bound const& bound) const {
    return range_of_limits(terms_.low(), terms_.high(), terms_.attribute_access_of(), [&](Operand operand) -> std::optional<Cell> {
      if (operand.kind == Operand::Kind::constant) return context_->constant(operand.index);
      return bound(operand);
    });
  }

  // ---- what is made when it is needed

  template <Order Sorted>
  [[nodiscard]] RangeReader<IndexTag, Sorted>& reader() {
    auto& kept = std::get<static_cast<std::size_t>(Sorted)>(readers_);
    if (!kept) {
      kept.emplace(*db_, *pins_, meta::Watch::of(*context_));
      if (terms_.wants_retractions()) kept->leave_out_present();
    }
    return *kept;
  }
  template <class Lookup>
  [[nodiscard]] Lookup& made(std::optional<Lookup>& lookup) {
    if (!lookup) lookup.emplace(*context_, *db_, terms_, *pins_);
    return *lookup;
  }

  // ---- one range

  void read_whole() {
    auto const& attribute = terms_.attribute_access_of();
    if (by_avet_) return read_range(reader<Order::avet>(), avet_);
    if (!terms_.is_constant(Terms::attribute)) return read_range(reader<Order::eavt>(), PlaceRange{});
    if (!terms_.is_constant(Terms::entity)) {
      return read_range(reader<Order::aevt>(), PlaceRange::prefix(1, 0, attribute.id, {}));
    }
    auto const entity = terms_.constant(Terms::entity).as_integer();
    read_range(reader<Order::aevt>(), PlaceRange::prefix(2, entity, attribute.id, {}));
  }

  template <class Reader>
  void read_range(Reader& from, PlaceRange const& range) {
    auto const rows = emitter_.rows().rows();
    auto const key = key_place();
    bool const is_hashed = key && rows > 1;
    if (is_hashed && !hash_) hash_ = std::make_unique_for_overwrite<BatchHash>();
    if (is_hashed) hash_->fill(emitter_.wanted(*key), rows);
    read(from, range, [&](DatomRun const& run) {
      if (is_hashed) return emitter_.emit_joined(run, *key, *hash_);
      for (std::uint32_t row = 0; row != rows; ++row) emitter_.emit_run(run, row);
    });
  }

  /// The bound place by whose hash rows are found; the rarest come first.
  [[nodiscard]] std::optional<std::size_t> key_place() const noexcept {
    for (auto const at : {Terms::value, Terms::transaction, Terms::operation}) {
      if (terms_.is_bound(at)) return at;
    }
    return std::nullopt;
  }

  // ---- a range a row

  void read_by_entity() {
    auto const rows = emitter_.rows().rows();
    for (std::uint32_t row = 0; row != rows; ++row) {
      auto const entity = static_cast<EntityId>(terms_.is_constant(Terms::entity) ? terms_.constant(Terms::entity).word
                                                                                  : emitter_.wanted(Terms::entity).words[row]);
      if (entity < 0) continue;
      std::uint8_t components = 1;
      AttributeId attribute = 0;
      if (terms_.is_bound(Terms::attribute)) {
        auto const id = static_cast<std::int64_t>(emitter_.wanted(Terms::attribute).words[row]);
        if (id < 0) continue;
        components = 2;
        attribute = static_cast<AttributeId>(id);
      }
      read_for(reader<Order::eavt>(), PlaceRange::prefix(components, entity, attribute, {}), row);
    }
  }

  void read_by_limits() {
    auto const& in = emitter_.rows();
    auto const whole = PlaceRange::prefix(1, 0, terms_.attribute_access_of().id, {});
    for (std::uint32_t row = 0; row != in.rows(); ++row) {
      auto const range = limit_range([&](Operand operand) { return std::optional{context_->operand(operand, in, row)}; });
      emitter_.filter().settle_limits(range && range->is_exact);
      read_for(reader<Order::avet>(), range ? range->places : whole, row);
    }
  }

  void read_by_attribute() {
    auto const& attributes = db_->schema().attributes();
    auto const rows = emitter_.rows().rows();
    for (std::uint32_t row = 0; row != rows; ++row) {
      auto const id = static_cast<std::int64_t>(emitter_.wanted(Terms::attribute).words[row]);
      if (id < 0) continue;
      auto const attribute = static_cast<AttributeId>(id);
      if (terms_.is_known(Terms::value) && attributes[attribute]->in_avet()) {
        auto const value = terms_.is_constant(Terms::value) ? terms_.constant(Terms::value) : emitter_.wanted(Terms::value)[row];
        if (value.kind != ValueKind::float64) {  // whose floats are elsewhere
          read_for(reader<Order::avet>(), PlaceRange::prefix(2, 0, attribute, value), row);
          continue;
        }
      }
      read_for(reader<Order::aevt>(), PlaceRange::prefix(1, 0, attribute, {}), row);
    }
  }

  template <class Reader>
  void read_for(Reader& from, PlaceRange const& range, std::uint32_t row) {
    read(from, range, [&](DatomRun const& run) { emitter_.emit_run(run, row); });
  }

  template <class Reader, class Visit>
  void read(Reader& from, PlaceRange const& range, Visit const& visit) {
    if (context_->stopped()) return;
    from.open(range);
    std::uint32_t runs = 0;
    for (DatomRun run; from.next(run);) {
      visit(run);
      if (emitter_.shows_values()) from.pin(run);
      if (++runs % 64 == 0 && context_->poll()) return;
    }
  }

  void charge() {
    auto const now = pins_->bytes() + (entities_ ? entities_->bytes() : 0) + (values_ ? values_->bytes() : 0);
    if (now <= charged_) return;
    context_->charge(now - std::exchange(charged_, now));
  }

  QueryContext* context_;
  Db<IndexTag> const* db_;
  Terms terms_;
  std::shared_ptr<LeafPins<IndexTag>> pins_;
  Way way_;
  bool by_avet_ = false;
  PlaceRange avet_{};
  Emitter emitter_;

  std::tuple<std::optional<RangeReader<IndexTag, Order::eavt>>, std::optional<RangeReader<IndexTag, Order::aevt>>,
             std::optional<RangeReader<IndexTag, Order::avet>>>
      readers_{};
  std::optional<EntityLookup<IndexTag>> entities_{};
  std::optional<ValueLookup<IndexTag>> values_{};
  std::unique_ptr<BatchHash> hash_{};
  std::size_t charged_ = 0;
};

/// Errors: `entity-id/missing`, `lookup-ref/unique` of constants.
template <class IndexTag>
[[nodiscard]] std::unique_ptr<StepRunner> make_pattern_runner(StepPlace const& place, Db<IndexTag> const& db) {
  return std::make_unique<PatternRunner<IndexTag>>(place, db);
}

}  // namespace cairn::query
