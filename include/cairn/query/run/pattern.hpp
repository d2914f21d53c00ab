// Copyright the Cairn authors
// SPDX-License-Identifier: BSL-1.0
// The step of a pattern on a database.
#pragma once

#include <cairn/query/access/seeker.hpp>
#include <cairn/query/access/table.hpp>
#include <cairn/query/run/batch_hash.hpp>
#include <cairn/query/run/pattern_filter.hpp>
#include <cairn/query/run/pattern_output.hpp>
#include <cairn/query/run/pattern_range.hpp>
#include <cairn/query/run/pattern_terms.hpp>

#include <algorithm>
#include <array>
#include <cstddef>
#include <cstdint>
#include <memory>
#include <numeric>
#include <optional>
#include <tuple>
#include <utility>

namespace cairn::query {

/// How the datoms for a pattern are found. What the rows have bound decides; how many there are and how many datoms the
/// attribute has decides between looks and tables.
enum class PatternWay : std::uint8_t {
  none,        ///< nothing can match
  whole,       ///< one range for all rows; what is bound is compared
  entities,    ///< a merge of entities with one attribute
  by_entity,   ///< for each row what its entity has
  by_value,    ///< for each row who has its value under the attribute
  by_attribute ///< for each row the datoms of its attribute
};

/// The step of a pattern on one database value.
template <class IndexTag>
class PatternRunner final : public StepRunner {
  using Terms = PatternTerms<IndexTag>;

 public:
  /// `db` lives longer than the query. Errors: `entity-id/missing`, `lookup-ref/unique` of constants.
  PatternRunner(StepPlace const& place, Db<IndexTag> const& db)
      : context_{&place.context},
        db_{&db},
        terms_{place.context, place.step, db},
        pins_{std::make_shared<LeafPins<IndexTag>>()},
        way_{way_of(terms_)},
        filter_{make_filter()},
        output_{place, terms_, db} {
    if (output_.shows_values() || way_ == PatternWay::by_value) context_->keep(pins_);
  }
  ~PatternRunner() override { context_->discharge(charged_); }

  [[nodiscard]] PatternWay way() const noexcept { return way_; }

  void push(Batch const& in) override {
    if (in.rows() == 0 || way_ == PatternWay::none || context_->poll()) return;
    for (std::size_t at = 0; at != Terms::places; ++at) {
      if (!terms_.is_bound(at)) continue;
      if (rooms_[at] == nullptr) rooms_[at] = &context_->pool().take();
      wanted_[at] = terms_.wanted(at, in, *rooms_[at]);
    }
    rows_seen_ += in.rows();
    switch (way_) {
      case PatternWay::whole: read_whole(in); break;
      case PatternWay::entities: look_up_entities(in); break;
      case PatternWay::by_entity: read_by_entity(in); break;
      case PatternWay::by_value: look_up_values(in); break;
      case PatternWay::by_attribute: read_by_attribute(in); break;
      case PatternWay::none: break;
    }
    charge();
  }
  void flush() override { output_.flush(); }

 private:
  using Way = PatternWay;

  [[nodiscard]] static Way way_of(Terms const& terms) {
    if (terms.is_never()) return Way::none;
    if (terms.is_constant(Terms::attribute)) {
      if (terms.is_bound(Terms::entity)) return Way::entities;
      if (terms.is_constant(Terms::entity)) return Way::whole;
      if (terms.is_bound(Terms::value)) return Way::by_value;
      return Way::whole;
    }
    if (terms.is_known(Terms::entity)) return Way::by_entity;
    return terms.is_bound(Terms::attribute) ? Way::by_attribute : Way::whole;
  }

  [[nodiscard]] PatternFilter<IndexTag> make_filter() {
    std::array<bool, 5> settled{};
    bool limits_settled = false;
    settled[Terms::attribute] = terms_.is_known(Terms::attribute);
    settled[Terms::entity] = terms_.is_known(Terms::entity);
    auto const& attribute = terms_.attribute_access_of();
    if (way_ == Way::by_value) settled[Terms::value] = true;
    if (way_ == Way::whole && terms_.is_constant(Terms::attribute) && !terms_.is_constant(Terms::entity) && attribute.indexed) {
      if (terms_.is_constant(Terms::value)) {
        by_avet_ = true;
        settled[Terms::value] = true;
        avet_ = PlaceRange::prefix(2, 0, attribute.id, terms_.constant(Terms::value));
      } else if (auto const range = range_of_limits(*context_, terms_.low(), terms_.high(), attribute)) {
        by_avet_ = true;
        avet_ = range->places;
        limits_settled = range->is_exact && !terms_.is_bound(Terms::value);
      }
    }
    return {*context_, terms_, *db_, settled, limits_settled};
  }

  // ---- readers, made when they are needed

  template <Order Sorted>
  [[nodiscard]] RangeReader<IndexTag, Sorted>& reader() {
    auto& kept = std::get<static_cast<std::size_t>(Sorted)>(readers_);
    if (!kept) kept.emplace(*db_, *pins_);
    return *kept;
  }

  // ---- one range

  void read_whole(Batch const& in) {
    auto const& attribute = terms_.attribute_access_of();
    if (by_avet_) return read_range(reader<Order::avet>(), avet_, in);
    if (!terms_.is_constant(Terms::attribute)) return read_range(reader<Order::eavt>(), PlaceRange{}, in);
    if (!terms_.is_constant(Terms::entity)) {
      return read_range(reader<Order::aevt>(), PlaceRange::prefix(1, 0, attribute.id, {}), in);
    }
    auto const entity = terms_.constant(Terms::entity).as_integer();
    read_range(reader<Order::aevt>(), PlaceRange::prefix(2, entity, attribute.id, {}), in);
  }

  template <class Reader>
  void read_range(Reader& from, PlaceRange const& range, Batch const& in) {
    auto const key = key_place();
    bool const hashed = key && in.rows() > 1;
    if (hashed) hash_.fill(wanted_[*key], in.rows());
    from.open(range);
    std::uint32_t runs = 0;
    for (DatomRun run; from.next(run);) {
      if (hashed) {
        join(run, *key, in);
      } else if (filter_.is_open()) {
        for (std::uint32_t row = 0; row != in.rows(); ++row) show(in, row, run);
      } else {
        for (std::uint32_t row = 0; row != in.rows(); ++row) select(in, row, run);
      }
      if (output_.shows_values()) from.pin(run);
      if (++runs % 64 == 0 && context_->poll()) return;
    }
  }

  /// The bound place by whose hash rows are found; the rarest come first.
  [[nodiscard]] std::optional<std::size_t> key_place() const noexcept {
    for (auto const at : {Terms::value, Terms::transaction, Terms::operation}) {
      if (terms_.is_bound(at)) return at;
    }
    return std::nullopt;
  }

  /// The run against all rows at once.
  void join(DatomRun const& run, std::size_t key, Batch const& in) {
    auto const count = static_cast<std::uint32_t>(run.size());
    selection_.count = 0;
    for (std::uint32_t place = 0; place != count; ++place) {
      hash_.find(hashed_cell(run, key, place), [&](std::uint32_t row) {
        if (selection_.count == batch_rows) show_selection(in, run);
        selection_.rows[selection_.count] = row;
        selection_.places[selection_.count] = place;
        ++selection_.count;
      });
    }
    show_selection(in, run);
  }
  /// A place as wanted values have it.
  [[nodiscard]] Cell hashed_cell(DatomRun const& run, std::size_t key, std::uint32_t place) const {
    if (key != Terms::value) return filter_.cell_at(run, key, place);
    Cell const cell{run.kind(place), run.word(place)};
    return terms_.attribute_access_of().kind == ValueKind::float32 ? cell : access::as_shown(cell);
  }

  // ---- entities of one attribute

  void look_up_entities(Batch const& in) {
    auto const& attribute = terms_.attribute_access_of();
    auto const* entities = wanted_[Terms::entity].words;
    bool const single = attribute.one || output_.is_check();
    if (single) output_.begin_single(in);
    last_row_ = no_row;
    if (entity_table_) {
      find_in(*entity_table_, in, single, [&](std::uint32_t row, auto&& hit) {
        entity_table_->find(static_cast<EntityId>(entities[row]), hit);
      });
    } else {
      if (!seeker_) seeker_ = std::make_unique<EntitySeeker<IndexTag>>(*db_, attribute, *pins_);
      seeker_->seek(entities, in.rows(), [&](DatomRun const& run, Hits const& hits) {
        found(in, run, hits, single);
        if (output_.shows_values()) seeker_->pin(run);
      });
      if (seeker_->descents() >= 256 && !no_table_) consider_entity_table();
    }
    if (single) output_.end_single(in);
  }

  void found(Batch const& in, DatomRun const& run, Hits const& hits, bool single) {
    if (!filter_.is_open()) {
      selection_.count = hits.count;
      if (hits.is_stretch()) {
        std::iota(selection_.rows, selection_.rows + hits.count, hits.first_row);
        std::iota(selection_.places, selection_.places + hits.count, hits.first_place);
      } else {
        std::copy_n(hits.rows, hits.count, selection_.rows);
        std::copy_n(hits.places, hits.count, selection_.places);
      }
      filter_.apply(run, in, wanted_, selection_);
      show_found(in, run, single);
    } else if (hits.is_stretch()) {  // only where an entity has one
      output_.single_stretch(in, hits.first_row, run, hits.first_place, hits.count);
    } else if (!single || terms_.attribute_access_of().one) {
      single ? output_.single_hits(in, hits.rows, run, hits.places, hits.count)
             : output_.hits(in, hits.rows, run, hits.places, hits.count);
    } else {
      selection_.count = hits.count;
      std::copy_n(hits.rows, hits.count, selection_.rows);
      std::copy_n(hits.places, hits.count, selection_.places);
      show_found(in, run, single);
    }
  }
  void show_found(Batch const& in, DatomRun const& run, bool single) {
    if (!single) return output_.hits(in, selection_.rows, run, selection_.places, selection_.count);
    if (!terms_.attribute_access_of().one) {
      selection_.keep_if([&](std::uint32_t row, std::uint32_t) { return std::exchange(last_row_, row) != row; });
    }
    output_.single_hits(in, selection_.rows, run, selection_.places, selection_.count);
  }

  /// Rows looked up one by one in a table.
  template <class Table, class Find>
  void find_in(Table const& table, Batch const& in, bool single, Find const& find) {
    auto const run = table.run();
    selection_.count = 0;
    auto const show = [&] {
      if (selection_.count == 0) return;
      if (!filter_.is_open()) filter_.apply(run, in, wanted_, selection_);
      show_found(in, run, single);
      selection_.count = 0;
    };
    for (std::uint32_t row = 0; row != in.rows() && !context_->stopped(); ++row) {
      find(row, [&](std::uint32_t place) {
        if (selection_.count == batch_rows) show();
        selection_.rows[selection_.count] = row;
        selection_.places[selection_.count] = place;
        ++selection_.count;
      });
    }
    show();
  }

  void consider_entity_table() {
    auto const size = attribute_size();
    if (seeker_->descents() * descents_a_datom < size) return;
    auto columns = AttributeColumns::read(*db_, terms_.attribute_access_of().id, size, *pins_);
    no_table_ = !columns.has_value();
    if (columns) {
      entity_table_.emplace(std::move(*columns));
      charge(entity_table_->bytes());
      seeker_.reset();
    }
  }
  [[nodiscard]] std::uint64_t attribute_size() {
    if (!size_) {
      auto const range = PlaceRange::prefix(1, 0, terms_.attribute_access_of().id, {});
      size_ = estimate<Order::aevt>(*db_, range.from.get(), range.to.get());
    }
    return *size_;
  }

  // ---- values of one attribute

  void look_up_values(Batch const& in) {
    auto const& attribute = terms_.attribute_access_of();
    auto const& wanted = wanted_[Terms::value];
    if (!value_table_ && in.rows() > 1 && !no_table_) {
      bool const pays = attribute.indexed ? rows_seen_ * descents_a_datom >= attribute_size() : rows_seen_ > in.rows();
      if (pays) {
        auto columns = AttributeColumns::read(*db_, attribute.id, attribute_size(), *pins_);
        no_table_ = !columns.has_value();
        if (columns) {
          value_table_.emplace(std::move(*columns));
          charge(value_table_->bytes());
        }
      }
    }
    if (value_table_) {
      find_in(*value_table_, in, false, [&](std::uint32_t row, auto&& hit) { value_table_->find(wanted[row], hit); });
      return;
    }
    if (!attribute.indexed) {
      auto& from = reader<Order::aevt>();
      auto const range = PlaceRange::prefix(1, 0, attribute.id, {});
      if (in.rows() > 1) return read_range(from, range, in);
      from.open(range);
      for (DatomRun run; from.next(run);) {
        for_parts(run, [&](DatomRun const& part) {
          all_of(0, static_cast<std::uint32_t>(part.size()));
          selection_.keep_if([&](std::uint32_t, std::uint32_t place) {
            return hashed_cell(part, Terms::value, place) == wanted[0];
          });
          show_selection(in, part);
        });
        if (output_.shows_values()) from.pin(run);
      }
      return;
    }
    auto& from = reader<Order::avet>();
    for (std::uint32_t row = 0; row != in.rows(); ++row) {
      auto const cell = wanted[row];
      if (cell.kind == ValueKind::nil || (attribute.kind && cell.kind != *attribute.kind)) continue;
      read_for(from, PlaceRange::prefix(2, 0, attribute.id, cell), in, row);
    }
  }

  // ---- a range a row

  void read_by_entity(Batch const& in) {
    auto& from = reader<Order::eavt>();
    for (std::uint32_t row = 0; row != in.rows(); ++row) {
      auto const entity = static_cast<EntityId>(terms_.is_constant(Terms::entity) ? terms_.constant(Terms::entity).word
                                                                                  : wanted_[Terms::entity].words[row]);
      if (entity < 0) continue;
      std::uint8_t components = 1;
      AttributeId attribute = 0;
      if (terms_.is_bound(Terms::attribute)) {
        auto const id = static_cast<std::int64_t>(wanted_[Terms::attribute].words[row]);
        if (id < 0) continue;
        components = 2;
        attribute = static_cast<AttributeId>(id);
      }
      read_for(from, PlaceRange::prefix(components, entity, attribute, {}), in, row);
    }
  }

  void read_by_attribute(Batch const& in) {
    auto const& attributes = db_->schema().attributes();
    for (std::uint32_t row = 0; row != in.rows(); ++row) {
      auto const id = static_cast<std::int64_t>(wanted_[Terms::attribute].words[row]);
      if (id < 0) continue;
      auto const attribute = static_cast<AttributeId>(id);
      if (terms_.is_known(Terms::value) && attributes[attribute]->in_avet()) {
        auto const value = terms_.is_constant(Terms::value) ? terms_.constant(Terms::value) : wanted_[Terms::value][row];
        if (value.kind != ValueKind::float64) {  // whose floats are elsewhere
          read_for(reader<Order::avet>(), PlaceRange::prefix(2, 0, attribute, value), in, row);
          continue;
        }
      }
      read_for(reader<Order::aevt>(), PlaceRange::prefix(1, 0, attribute, {}), in, row);
    }
  }

  template <class Reader>
  void read_for(Reader& from, PlaceRange const& range, Batch const& in, std::uint32_t row) {
    from.open(range);
    std::uint32_t runs = 0;
    for (DatomRun run; from.next(run);) {
      filter_.is_open() ? show(in, row, run) : select(in, row, run);
      if (output_.shows_values()) from.pin(run);
      if (++runs % 64 == 0 && context_->poll()) return;
    }
  }

  // ---- what was found

  void show(Batch const& in, std::uint32_t row, DatomRun const& run) {
    output_.repeat(in, row, run, 0, output_.is_check() ? 1 : static_cast<std::uint32_t>(run.size()));
  }
  void select(Batch const& in, std::uint32_t row, DatomRun const& run) {
    for_parts(run, [&](DatomRun const& part) {
      all_of(row, static_cast<std::uint32_t>(part.size()));
      show_selection(in, part);
    });
  }
  /// In parts that a selection has room for.
  template <class Visit>
  static void for_parts(DatomRun const& run, Visit const& visit) {
    if (run.size() <= batch_rows) return visit(run);
    for (std::size_t first = 0; first < run.size(); first += batch_rows) {
      visit(run.part(first, std::min<std::size_t>(batch_rows, run.size() - first)));
    }
  }
  void all_of(std::uint32_t row, std::uint32_t count) {
    selection_.count = count;
    std::fill_n(selection_.rows, count, row);
    std::iota(selection_.places, selection_.places + count, 0U);
  }
  void show_selection(Batch const& in, DatomRun const& run) {
    if (!filter_.is_open()) filter_.apply(run, in, wanted_, selection_);
    output_.hits(in, selection_.rows, run, selection_.places, selection_.count);
    selection_.count = 0;
  }

  void charge(std::size_t more = 0) {
    auto const now = tables_ + more + pins_->bytes();
    tables_ += more;
    if (now <= charged_) return;
    context_->charge(now - std::exchange(charged_, now));
  }

  // A way down the tree costs about as much as putting so many datoms in a table.
  static constexpr std::uint64_t descents_a_datom = 16;
  static constexpr std::uint32_t no_row = ~std::uint32_t{0};

  QueryContext* context_;
  Db<IndexTag> const* db_;
  Terms terms_;
  std::shared_ptr<LeafPins<IndexTag>> pins_;
  Way way_;
  bool by_avet_ = false;
  PlaceRange avet_{};
  PatternFilter<IndexTag> filter_;
  PatternOutput<IndexTag> output_;
  std::array<Column, 5> wanted_{};
  std::array<ColumnBuffer*, 5> rooms_{};
  Selection selection_;
  BatchHash hash_;
  std::uint32_t last_row_ = no_row;

  std::tuple<std::optional<RangeReader<IndexTag, Order::eavt>>, std::optional<RangeReader<IndexTag, Order::aevt>>,
             std::optional<RangeReader<IndexTag, Order::avet>>>
      readers_{};
  std::unique_ptr<EntitySeeker<IndexTag>> seeker_{};
  std::optional<EntityTable> entity_table_{};
  std::optional<ValueTable> value_table_{};
  bool no_table_ = false;
  std::optional<std::uint64_t> size_{};
  std::uint64_t rows_seen_ = 0;
  std::size_t tables_ = 0;
  std::size_t charged_ = 0;
};

/// Errors: `entity-id/missing`, `lookup-ref/unique` of constants.
template <class IndexTag>
[[nodiscard]] std::unique_ptr<StepRunner> make_pattern_runner(StepPlace const& place, Db<IndexTag> const& db) {
  return std::make_unique<PatternRunner<IndexTag>>(place, db);
}

}  // namespace cairn::query
