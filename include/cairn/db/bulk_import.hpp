// Copyright the Cairn authors
// SPDX-License-Identifier: BSL-1.0
// One large transaction that only adds, in the memory that it is given.
#pragma once

#include <cairn/db/coerce.hpp>
#include <cairn/db/import.hpp>
#include <cairn/db/record_of.hpp>
#include <cairn/db/snapshot.hpp>
#include <cairn/db/tx_data.hpp>
#include <cairn/db/tx_text.hpp>
#include <cairn/db/unique_values.hpp>
#include <cairn/index/external_sort.hpp>
#include <cairn/index/persistent_set.hpp>

#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <unordered_map>
#include <utility>
#include <vector>

namespace cairn {

namespace detail {

/// What an `Import` does.
template <class IndexTag>
class BulkImport {
 public:
  BulkImport(Snapshot<IndexTag> const& base, Instant clock, ImportOptions const& options)
      : base_{base},
        options_{options},
        tx_{base.max_tx + 1},
        instant_{instant_of(std::nullopt, base.last_instant, tx_ == first_transaction, clock)},
        max_entity_{base.max_entity},
        sorter_{std::in_place, options.memory / 3, options.directory} {
    sorter_->add({tx_, system_attribute::tx_instant, true, tx_, instant_});
  }

  void add(ImportFact fact) {
    auto const& attribute = attribute_of(fact.attribute);
    add(entity_of(fact.entity), attribute, std::move(fact.value));
  }

  void add(TxOp const& operation) {
    if (operation.kind == TxOpKind::add) {
      add_given(entity_of(operation.entity), *operation.attribute, operation.value);
    } else if (operation.kind == TxOpKind::entity_map) {
      auto const& map = operation.value.map();
      auto const entity = map.id.is_nil() ? new_entity() : entity_of(map.id);
      for (auto const& [name, value] : map.attributes) add_given(entity, name, value);
    } else {
      raise(Errc::transact_syntax, "An import only adds: it takes :db/add and entity maps. Transact the other operations.", "{}");
    }
  }

  [[nodiscard]] Snapshot<IndexTag> finish(NodeSink const& sink, std::shared_ptr<NodeSource const> const& source) {
    auto made = base_;
    std::optional<ExternalSorter<Order::aevt>> aevt{std::in_place, options_.memory / 3, options_.directory};
    ExternalSorter<Order::avet> avet{options_.memory / 3, options_.directory};
    made.current.eavt = merge<Order::eavt>(base_.current.eavt, *std::move(sorter_), sink, source, [&](RawDatom const& datom) {
      ++datoms_;
      aevt->add(datom);
      if (use_of(datom.a).in_avet) avet.add(datom);
    });
    sorter_.reset();
    made.current.aevt = merge<Order::aevt>(base_.current.aevt, *std::move(aevt), sink, source, [](RawDatom const&) {});
    aevt.reset();
    made.current.avet = merge<Order::avet>(base_.current.avet, std::move(avet), sink, source, [](RawDatom const&) {});
    made.max_tx = tx_;
    made.max_entity = max_entity_;
    made.last_instant = instant_;
    return made;
  }

  [[nodiscard]] EntityId tx() const noexcept { return tx_; }
  [[nodiscard]] std::uint64_t datoms() const noexcept { return datoms_; }

 private:
  /// What of an attribute matters here.
  struct Use {
    Attribute const* attribute = nullptr;
    bool many = false;
    bool unique = false;
    bool in_avet = false;
  };

  // ---- what is said

  Attribute const& attribute_of(Keyword ident) {
    // Imports go through the attributes of one entity after the other, in the same order each time.
    for (std::size_t i = 0; i != known_.size(); ++i) {
      if (++next_ >= known_.size()) next_ = 0;
      if (known_[next_].first == ident) return *known_[next_].second;
    }
    auto const* found = base_.schema->find(ident);
    if (found == nullptr || (!found->type && is_write())) {
      refuse_attribute(ident, "is no attribute of the database. Transact its schema first");
    }
    if (found->id < first_user_attribute) refuse_attribute(ident, "is the system's. Transact it");
    if (found->is_composite() || found->type == ValueType::tuple) refuse_attribute(ident, "holds tuples, which an import does not make. Transact it");
    for (auto const& other : base_.schema->attributes()) {
      if (other && std::ranges::find(other->tuple_attributes, ident) != other->tuple_attributes.end()) {
        refuse_attribute(ident, "is part of the composite tuple " + to_text(other->ident) + ". Transact it");
      }
    }
    if (has_predicates(*found)) refuse_attribute(ident, "has predicates, which an import does not ask. Transact it");
    known_.emplace_back(ident, found);
    next_ = known_.size() - 1;
    if (uses_.size() <= found->id) uses_.resize(found->id + std::size_t{1});
    uses_[found->id] = {found, found->is_many(), found->is_unique(), found->in_avet()};
    return *found;
  }
  [[noreturn]] static void refuse_attribute(Keyword ident, std::string const& why) {
    raise(Errc::transact_schema, to_text(ident) + " " + why + ".", "{:attribute " + to_text(ident) + "}");
  }
  [[nodiscard]] bool has_predicates(Attribute const& attribute) const {
    if (attribute.entity == 0) return false;
    auto const from = prefix(attribute.entity, system_attribute::attribute_predicates, {});
    auto const cursor = base_.current.eavt.seek(from);
    return cursor.valid() && (*cursor).e == from.datom.e && (*cursor).a == from.datom.a;
  }
  [[nodiscard]] bool is_write() const noexcept { return base_.options->schema_flexibility == SchemaFlexibility::write; }

  /// Of what the import has said, or the transaction's own instant.
  [[nodiscard]] Use use_of(AttributeId id) const noexcept {
    return id < uses_.size() && uses_[id].attribute != nullptr ? uses_[id] : Use{nullptr, false, false, true};
  }

  EntityId new_entity() { return checked(max_entity_ + 1); }

  EntityId checked(EntityId id) {
    bool const is_system = base_.options->attribute_refs && id < first_user_entity;
    if (id <= 0 || is_system || (id > TxState<IndexTag>::largest_given_entity && id > max_entity_)) {
      raise(Errc::entity_id_syntax,
            "There is no entity " + std::to_string(id) + " to import into: entities can be numbered from " +
                std::to_string(base_.options->attribute_refs ? first_user_entity : 1) + " to " +
                std::to_string(TxState<IndexTag>::largest_given_entity) + ". Use a negative number for a new entity.",
            "{:entity-id " + std::to_string(id) + "}");
    }
    max_entity_ = (std::max)(max_entity_, id);
    return id;
  }
  EntityId entity_of(EntityId id) { return id < 0 ? of_temporary(Value{id}) : checked(id); }
  EntityId entity_of(TxValue const& given) {
    if (given.is_scalar()) {
      auto const& id = given.scalar();
      if (id.is(ValueKind::integer)) return entity_of(id.as_integer());
      if (id.is(ValueKind::string) && !names_transaction(given)) return of_temporary(id);
    }
    raise(Errc::entity_id_syntax,
          text_of(given) + " names no entity of an import: write its number, or a string or a negative number for a new one.",
          "{:entity-id " + text_of(given) + "}");
  }
  EntityId of_temporary(Value const& id) {
    if (id == last_temporary_.first) return last_temporary_.second;
    auto const [found, is_new] = temporary_.try_emplace(id, 0);
    if (is_new) found->second = new_entity();
    last_temporary_ = *found;
    return found->second;
  }

  void add_given(EntityId entity, AttributeName const& name, TxValue const& given) {
    if (name.entity != 0) {
      raise(Errc::transact_syntax, "An import names attributes by their keywords, not by entities.", "{}");
    }
    auto const& attribute = attribute_of(name.keyword);
    if (given.is_scalar()) {
      add(entity, attribute, attribute.is_ref() ? Value{entity_of(given)} : given.scalar());
    } else if (!given.is_map() && attribute.is_many()) {
      for (auto const& one : given.elements()) add_given(entity, name, one);
    } else {
      raise(Errc::transact_schema, text_of(given) + " is no value for " + to_text(name.keyword) + " in an import. Transact it.",
            "{:attribute " + to_text(name.keyword) + " :value " + text_of(given) + "}");
    }
  }

  void add(EntityId entity, Attribute const& attribute, Value value) {
    if (attribute.is_ref() && value.is(ValueKind::integer)) value = entity_of(value.as_integer());
    if (attribute.type == ValueType::float32 || attribute.type == ValueType::float64) value = coerce(std::move(value), attribute);
    bool const fits = attribute.type ? conforms(value, *attribute.type) : !value.is_nil() && !value.is(ValueKind::tuple);
    if (!fits || !is_storable(value)) {
      auto const type = attribute.type ? ":" + std::string{name(*attribute.type)} : std::string{"a single value"};
      raise(Errc::transact_schema,
            to_text(value) + " is no value for " + to_text(attribute.ident) + ", which holds " + type + ".",
            "{:attribute " + to_text(attribute.ident) + " :value " + to_text(value) + "}");
    }
    sorter_->add({entity, attribute.id, true, tx_, std::move(value)});
  }

  // ---- what comes of it

  static Position prefix(EntityId e, AttributeId a, Value v) {
    return {.datom = {.e = e, .a = a, .added = true, .tx = 0, .v = std::move(v)}, .components = 2, .after = false};
  }

  /// Whether a datom says what another says already; refuses it where the two cannot both be true. Requires: they are
  /// neighbours in the order, of those that have its first two parts in common.
  template <Order Sorted, class Datom>
  [[nodiscard]] bool repeats(RawDatom const& datom, Datom const& other) const {
    if constexpr (Sorted == Order::eavt) {
      if (other.e != datom.e || other.a != datom.a) return false;
      if (other.v == datom.v) return true;
      if (use_of(datom.a).many) return false;
      auto const name = to_text(use_of(datom.a).attribute->ident);
      raise(Errc::transact_schema,
            "Entity " + std::to_string(datom.e) + " would have two values of " + name + ", " + to_text(Value{other.v}) + " and " +
                to_text(datom.v) + ", and can have one. An import only adds; transact what replaces a value.",
            "{:entity-id " + std::to_string(datom.e) + " :attribute " + name + "}");
    } else if constexpr (Sorted == Order::avet) {
      auto const use = use_of(datom.a);
      if (!use.unique || other.a != datom.a || other.e == datom.e || other.v != datom.v) return false;
      raise_shared_value(*use.attribute, datom.v, other.e, datom.e);
    }
    return false;
  }

  /// The index with the sorter's datoms. `visit` is shown those that are new.
  template <Order Sorted, class Index, class Visit>
  [[nodiscard]] Index merge(Index const& old, ExternalSorter<Sorted>&& sorter, NodeSink const& sink,
                            std::shared_ptr<NodeSource const> const& source, Visit visit) {
    if (sorter.size() <= most_inserted && sorter.size() < old.size() / 8) return insert<Sorted>(old, std::move(sorter), visit);
    typename Index::Builder builder{sink, source};
    auto cursor = old.begin();
    RawDatom last{};
    std::move(sorter).drain([&](RawDatom datom) {
      for (; cursor.valid() && compare<Sorted>(*cursor, datom) < 0; cursor.next()) {
        last = *cursor;
        builder.add(last);
        count_entry();
      }
      if (repeats<Sorted>(datom, last)) return;
      if (cursor.valid()) static_cast<void>(repeats<Sorted>(datom, *cursor));
      visit(datom);
      last = datom;
      builder.add(std::move(datom));
      count_entry();
    });
    for (; cursor.valid(); cursor.next()) {
      builder.add(*cursor);
      count_entry();
    }
    return std::move(builder).finish();
  }

  void count_entry() {
    if (++entries_ % entries_between_calls == 0 && options_.progress) options_.progress(entries_);
  }

  /// The same for few among many: one by one.
  template <Order Sorted, class Index, class Visit>
  [[nodiscard]] Index insert(Index const& old, ExternalSorter<Sorted>&& sorter, Visit visit) const {
    auto edit = old.edit();
    RawDatom last{};
    std::move(sorter).drain([&](RawDatom datom) {
      bool is_known = repeats<Sorted>(datom, last);
      // Only what can be refused is looked for: many entities may have the value, and many values the entity.
      auto const use = use_of(datom.a);
      if (Sorted == Order::eavt || (Sorted == Order::avet && use.unique)) {
        auto from = prefix(datom.e, datom.a, datom.v);
        if (Sorted == Order::eavt && use.many) from.components = 3;
        auto to = from;
        to.after = true;
        for (auto cursor = old.seek(from); cursor.valid() && compare<Sorted>(*cursor, to) < 0; cursor.next()) {
          is_known = repeats<Sorted>(datom, *cursor) || is_known;
        }
      }
      if (is_known) return;
      visit(datom);
      last = datom;
      edit.insert(std::move(datom));
    });
    return std::move(edit).persistent();
  }

  /// Their nodes, in the worst case a leaf for each and index, are in memory until the import ends: half a gigabyte or so.
  static constexpr std::uint64_t most_inserted = std::uint64_t{1} << 16U;
  static constexpr std::uint64_t entries_between_calls = std::uint64_t{1} << 14U;

  Snapshot<IndexTag> base_;
  ImportOptions options_;
  EntityId tx_;
  Instant instant_;
  EntityId max_entity_;
  std::uint64_t datoms_ = 0;
  std::uint64_t entries_ = 0;
  std::vector<std::pair<Keyword, Attribute const*>> known_{};
  std::size_t next_ = 0;
  std::vector<Use> uses_{};  // by number
  std::unordered_map<Value, EntityId> temporary_{};
  std::pair<Value, EntityId> last_temporary_{};
  std::optional<ExternalSorter<Order::eavt>> sorter_;
};

template <class IndexTag>
Import<IndexTag>::Import(Snapshot<IndexTag> const& base, Instant clock, ImportOptions const& options)
    : work_{std::make_unique<BulkImport<IndexTag>>(base, clock, options)} {}
template <class IndexTag>
Import<IndexTag>::~Import() = default;
template <class IndexTag>
void Import<IndexTag>::add(ImportFact fact) {
  work_->add(std::move(fact));
}
template <class IndexTag>
void Import<IndexTag>::add(TxOp const& operation) {
  work_->add(operation);
}
template <class IndexTag>
Snapshot<IndexTag> Import<IndexTag>::finish(NodeSink const& sink, std::shared_ptr<NodeSource const> const& source) {
  return work_->finish(sink, source);
}
template <class IndexTag>
EntityId Import<IndexTag>::tx() const noexcept {
  return work_->tx();
}
template <class IndexTag>
std::uint64_t Import<IndexTag>::datoms() const noexcept {
  return work_->datoms();
}

}  // namespace detail

}  // namespace cairn
