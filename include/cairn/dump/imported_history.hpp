// Copyright the Cairn authors
// SPDX-License-Identifier: BSL-1.0
// The history of another system's database, in the order in which it comes.
#pragma once

#include <cairn/db/clock.hpp>
#include <cairn/db/coerce.hpp>
#include <cairn/db/tx_record.hpp>
#include <cairn/db/unique_values.hpp>
#include <cairn/dump/restoration.hpp>
#include <cairn/edn/read_result.hpp>

#include <algorithm>
#include <cstdint>
#include <map>
#include <set>
#include <string>
#include <string_view>
#include <tuple>
#include <unordered_map>
#include <utility>
#include <vector>

namespace cairn::detail {

/// In DataScript and Datahike transactions have the numbers behind this one, and no other entity has.
inline constexpr EntityId imported_first_transaction = 0x20000000;

/// Why the text, which begins with a datom, cannot be read. Datahike's older versions print bytes as Java does, by their address.
template <meta::Lazy = {}>
[[nodiscard]] std::string why_unread(std::string_view text, notation::ReadResult const& result) {
  constexpr std::string_view printed = "#object[\"[B\" 0x";
  auto const at = text.substr(0, result.offset).rfind("#object[");
  if (at != std::string_view::npos && text.substr(at).starts_with(printed) && result.offset <= at + printed.size()) {
    return "an array of bytes was printed as " + std::string{printed} + "..., and the bytes cannot be read from it";
  }
  return std::string{result.message};
}

/// Takes what was ever said, in any order, and makes of it what a database here would have kept: of an attribute with one value each
/// new value retracts the one before, and what says nothing new is left out. An attribute that nobody declared has many values where an entity has
/// two at a time, neither retracted. Transactions become those of the same place in the order.
class ImportedHistory {
 public:
  explicit ImportedHistory(RestoreOptions const& how) : how_{how}, sorter_{how.memory / 4, how.directory} {}

  /// By how much transactions move up. Before the first datom.
  void shift(EntityId by) noexcept { shift_ = by; }

  /// Entities and transactions by their numbers there.
  void add(EntityId e, Keyword ident, Value v, EntityId tx, bool added) {
    auto const transaction = mapped(tx);
    if (transaction < first_transaction || transaction >= 2 * first_transaction) bad_record("a datom has the transaction " + std::to_string(tx) + ", which is none");
    e = mapped(e);
    if (e <= 0 || e == first_transaction - 1 || e >= first_transaction + INT32_MAX) bad_record("there is no entity " + std::to_string(e));
    if (e < first_transaction) max_entity_ = (std::max)(max_entity_, e);
    if (transaction != last_transaction_) transactions_.insert(last_transaction_ = transaction);
    auto const a = attribute_of(ident);
    if (auto const* system = schema_.find(a); a < first_user_attribute) {
      if (!conforms(v, *system->type)) bad_record(to_text(v) + " is no value of :" + std::string{ident.text()});
      if (a == system_attribute::tx_instant && e >= first_transaction && added) timed_.insert(e);
      if (a == system_attribute::tx_instant) last_instant_ = (std::max)(last_instant_, v.as_instant());
      if (is_schema_attribute(a)) said_.emplace(std::tuple{e, transaction, added, a}, v);
    }
    if (v.is_nil() || !is_storable(v)) bad_record(to_text(v) + " is no value of a datom");
    sorter_.add({e, a, added, transaction, std::move(v)});
    ++size_;
    if ((size_ & 0x3FFFU) == 0 && how_.progress) how_.progress({RestoreProgress::reading, size_, 0});
  }

  /// What to call an attribute that is known by the number of its entity, until it is known what that is called.
  [[nodiscard]] Keyword attribute_numbered(EntityId e) {
    auto const found = numbered_.find(e);
    return found != numbered_.end() ? found->second : numbered_.emplace(e, Keyword{"cairn.import/" + std::to_string(e)}).first->second;
  }

  /// No new entity has a number up to this one.
  void reach(EntityId e) noexcept { max_entity_ = (std::max)(max_entity_, e); }
  /// The entity with that `:db/ident` so far; 0: none.
  [[nodiscard]] EntityId entity_named(Keyword ident) const {
    for (auto const& [place, v] : said_) {
      auto const& [e, tx, added, a] = place;
      if (a == system_attribute::ident && added && v == Value{ident}) return e;
    }
    return 0;
  }
  /// The largest number of an entity so far, and of a transaction.
  [[nodiscard]] EntityId max_entity() const noexcept { return max_entity_; }
  [[nodiscard]] EntityId max_tx() const noexcept { return transactions_.empty() ? first_transaction - 1 : *transactions_.rbegin(); }
  /// What would there be the transaction behind the last.
  [[nodiscard]] EntityId next_transaction() const noexcept { return max_tx() + 1 - (first_transaction - 1) - shift_ + imported_first_transaction; }

  /// The database. Once.
  template <class IndexTag>
  [[nodiscard]] Snapshot<IndexTag> finish(DumpReport& report, NodeSink const& sink, std::shared_ptr<NodeSource const> const& source) {
    define();
    declare_many();
    auto const now = current_instant();
    for (auto const tx : transactions_) {
      if (timed_.contains(tx)) continue;
      sorter_.add({tx, system_attribute::tx_instant, true, tx, now});
      last_instant_ = (std::max)(last_instant_, now);
    }
    DumpHeader header;
    header.max_entity = max_entity_;
    header.max_tx = max_tx();
    header.last_instant = last_instant_;
    auto const users = schema_.attributes().subspan(first_user_attribute);
    bool const all_typed = std::ranges::all_of(users, [](auto const& attribute) { return attribute->type.has_value(); });
    header.schema_flexibility = flexibility_ = all_typed ? SchemaFlexibility::write : SchemaFlexibility::read;
    Restoration<IndexTag> restoration{header, how_};
    for (auto const& attribute : users) restoration.attribute(*attribute);
    for (auto const& [entity, ident] : schema_.idents()) restoration.ident(entity, ident);
    restoration.begin(sink, source);
    std::vector<RawDatom> group;
    auto const put = [&](RawDatom const& datom, bool current) {
      ++(current ? report.current : report.past);
      restoration.datom(datom, current);
    };
    std::move(sorter_).drain([&](RawDatom datom) {
      if (!group.empty() && (group.front().e != datom.e || group.front().a != datom.a)) replay(std::exchange(group, {}), put);
      group.push_back(std::move(datom));
    });
    if (!group.empty()) replay(std::move(group), put);
    return restoration.finish([](auto const&... shared) { raise_shared_value(shared...); });
  }

 private:
  [[nodiscard]] EntityId mapped(EntityId id) const noexcept {
    return id >= imported_first_transaction && id <= INT32_MAX ? first_transaction - 1 + (id - imported_first_transaction) + shift_ : id;
  }
  AttributeId attribute_of(Keyword ident) {
    auto const* found = schema_.find(ident);
    return found != nullptr ? found->id : schema_.add(ident);
  }

  /// Makes the schema what the entities say of themselves in the end.
  void define() {
    std::map<EntityId, std::map<AttributeId, std::vector<Value>>> facts;
    for (auto const& [place, v] : said_) {
      auto const& [e, tx, added, a] = place;
      auto& values = facts[e][a];
      if (!added) {
        std::erase(values, v);
      } else {
        if (!schema_.find(a)->is_many()) values.clear();
        values.push_back(v);
      }
    }
    for (auto const& [e, unnamed] : numbered_) {
      if (auto const found = facts.find(e); found == facts.end() || found->second[system_attribute::ident].empty()) {
        raise(Errc::edn_syntax, "The export has datoms of the attribute " + std::to_string(e) + ", and does not say what that is called: no datom of it has a :db/ident.",
              "{:attribute " + std::to_string(e) + "}");
      }
      schema_.define(EntityFacts{e, {{system_attribute::ident, Value{unnamed}}}});  // and has another name from here on
    }
    std::vector<EntityFacts> entities;
    for (auto const& [e, by_attribute] : facts) {
      EntityFacts said{e, {}};
      bool defines = false;
      for (auto const& [a, values] : by_attribute) {
        for (auto const& v : values) said.facts.emplace_back(a, v);
        defines = defines || (defines_attribute(a) && !values.empty());
      }
      for (auto const& [a, v] : said.facts) {
        if (a == system_attribute::ident && defines && !numbered_.contains(e)) attribute_of(v.as_keyword());
      }
      entities.push_back(std::move(said));
    }
    schema_.define(entities);
  }

  /// Of an attribute that nobody declared, as all are of whose database the schema was no data, nothing says how many values an entity has: many,
  /// where one has two at a time. That is said from here on, by the entity of the name, which is behind all others where there was none, in a last
  /// transaction.
  void declare_many() {
    std::set<AttributeId> undeclared;
    for (auto const& attribute : schema_.attributes().subspan(first_user_attribute)) {
      if (*attribute == Attribute{.id = attribute->id, .ident = attribute->ident, .entity = attribute->entity, .doc = attribute->doc}) undeclared.insert(attribute->id);
    }
    if (undeclared.empty()) return;
    std::set<AttributeId> many;
    std::vector<RawDatom> group;
    auto const look = [&] {
      if (!group.empty() && has_two_at_a_time(group)) many.insert(group.front().a);
      group.clear();
    };
    std::uint64_t seen = 0;
    sorter_.visit([&](RawDatom const& datom) {
      if ((++seen & 0x3FFFU) == 0 && how_.progress) how_.progress({RestoreProgress::reading, size_, 0});
      if (!undeclared.contains(datom.a) || many.contains(datom.a)) return;
      if (!group.empty() && (group.front().e != datom.e || group.front().a != datom.a)) look();
      group.push_back(datom);
    });
    look();
    if (many.empty()) return;
    auto const tx = max_tx() + 1;
    for (auto const a : many) {
      auto const ident = schema_.find(a)->ident;
      auto const known = schema_.entity(ident);
      auto const e = known ? *known : max_entity_ + 1;
      if (tx == 2 * first_transaction || e == first_transaction - 1) raise(Errc::edn_syntax, "There is no number left for the entity of " + to_text(ident) + ".");
      if (!known) add(e, Keyword{":db/ident"}, ident, tx, true);
      add(e, Keyword{":db/cardinality"}, Keyword{":db.cardinality/many"}, tx, true);
    }
    define();
  }
  /// Of one attribute of one entity: neither retracted when the other came.
  [[nodiscard]] static bool has_two_at_a_time(std::vector<RawDatom>& said) {
    sort_by_time(said);
    std::set<Value> truth;
    for (auto const& datom : said) {
      if (!datom.added) {
        truth.erase(datom.v);
      } else if (truth.insert(datom.v); truth.size() == 2) {
        return true;
      }
    }
    return false;
  }
  static void sort_by_time(std::vector<RawDatom>& said) {
    std::ranges::sort(said, [](RawDatom const& left, RawDatom const& right) {
      return std::tie(left.tx, left.added, left.v) < std::tie(right.tx, right.added, right.v);
    });
  }

  /// A value as its attribute holds it.
  [[nodiscard]] Value fitted(Value v, Attribute const& attribute) const {
    if (attribute.is_ref() && v.is(ValueKind::integer)) return mapped(v.as_integer());
    if (attribute.type == ValueType::bigint && v.is(ValueKind::integer)) return BigInt{std::to_string(v.as_integer())};
    if (attribute.type == ValueType::tuple && v.is(ValueKind::tuple)) return fitted_tuple(v, attribute);
    return coerce(std::move(v), attribute);
  }
  /// Part by part: of the attributes whose values they are, or of the types that were said of them.
  [[nodiscard]] Value fitted_tuple(Value const& v, Attribute const& attribute) const {
    std::vector<Value> parts;
    for (auto const& part : v.as_tuple()) {
      auto const i = parts.size();
      Attribute of_part;
      of_part.type = attribute.tuple_type;
      if (i < attribute.tuple_types.size()) of_part.type = attribute.tuple_types[i];
      auto const* named = i < attribute.tuple_attributes.size() ? schema_.find(attribute.tuple_attributes[i]) : nullptr;
      parts.push_back(fitted(part, named != nullptr ? *named : of_part));
    }
    return parts;
  }

  /// What was said of one attribute of one entity, as a history of this system's.
  template <class Put>
  void replay(std::vector<RawDatom> said, Put const& put) const {
    auto const& attribute = *schema_.find(said.front().a);
    for (auto& datom : said) {
      datom.v = fitted(std::move(datom.v), attribute);
      if (!can_hold(attribute, datom.v, flexibility_)) {
        raise(Errc::transact_schema,
              "Entity " + std::to_string(datom.e) + " has or had the value " + to_text(datom.v) + " of " + to_text(attribute.ident) + ", which holds :" +
                  std::string{name(*attribute.type)} + ".",
              "{:attribute " + to_text(attribute.ident) + " :entity-id " + std::to_string(datom.e) + "}");
      }
    }
    sort_by_time(said);
    std::vector<RawDatom> kept;
    std::unordered_map<Value, std::size_t> truth;  // a value, and where it was last added
    for (auto& datom : said) {
      auto const found = truth.find(datom.v);
      if (datom.added == (found != truth.end())) continue;
      if (datom.added && !attribute.is_many()) {
        for (auto const& [value, place] : truth) kept.push_back({datom.e, datom.a, false, datom.tx, value});
        truth.clear();
      }
      if (datom.added) {
        truth.emplace(datom.v, kept.size());
      } else {
        truth.erase(found);
      }
      kept.push_back(std::move(datom));
    }
    std::vector<std::pair<RawDatom, bool>> marked;
    for (std::size_t i = 0; i != kept.size(); ++i) {
      auto const found = truth.find(kept[i].v);
      marked.emplace_back(kept[i], found != truth.end() && found->second == i);
    }
    std::ranges::sort(marked, [](auto const& left, auto const& right) { return compare<Order::eavt>(left.first, right.first) < 0; });
    for (auto const& [datom, current] : marked) put(datom, current);
  }

  RestoreOptions const& how_;
  ExternalSorter<Order::eavt> sorter_;
  DatabaseSchema schema_{};
  std::unordered_map<EntityId, Keyword> numbered_{};  // attributes, by their entities
  SchemaFlexibility flexibility_ = SchemaFlexibility::read;
  EntityId shift_ = 0;
  EntityId max_entity_ = 0;
  Instant last_instant_{};
  EntityId last_transaction_ = 0;
  std::set<EntityId> transactions_{};
  std::set<EntityId> timed_{};                                                             // those that say when they were
  std::multimap<std::tuple<EntityId, EntityId, bool, AttributeId>, Value> said_{};  // of attributes
  std::uint64_t size_ = 0;
};

}  // namespace cairn::detail
