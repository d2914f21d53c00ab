// Copyright the Cairn authors
// SPDX-License-Identifier: BSL-1.0
// Merging what two databases made of a third: as transaction data, and as conflicts.
#pragma once

#include <cairn/db/diff.hpp>
#include <cairn/db/transact.hpp>

#include <algorithm>
#include <cstdint>
#include <iterator>
#include <map>
#include <optional>
#include <unordered_map>
#include <utility>
#include <vector>

namespace cairn {

/// What both sides changed, each in its way.
struct MergeConflict {
  EntityId e = 0;  ///< in `ours`
  Keyword a;
  std::optional<Value> base{};    ///< nothing: it had no value
  std::optional<Value> ours{};    ///< nothing: it has none, or the entity is gone
  std::optional<Value> theirs{};  ///< the same; an entity that is new there by its number there

  friend bool operator==(MergeConflict const&, MergeConflict const&) = default;
};

/// Which side a merge follows where both changed something.
enum class MergePreference : std::uint8_t { none, ours, theirs };

/// What leads from `ours` to the merge.
struct MergePlan {
  TxData schema{};  ///< what is new of the schema: to be transacted first, and the rest planned again on the result
  TxData data{};
  std::vector<MergeConflict> conflicts{};
};

namespace detail {

template <class IndexTag>
class MergePlanner {
 public:
  MergePlanner(Db<IndexTag> const& base, Db<IndexTag> const& ours, Db<IndexTag> const& theirs, MergePreference preference)
      : base_{base}, ours_{ours}, theirs_{theirs}, preference_{preference} {}

  /// `their` leads from the base to theirs, and `our`, where it is known already, to ours.
  [[nodiscard]] MergePlan plan(DbDiff const& their, DbDiff const* our = nullptr) && {
    for (auto const& datom : their.added) note(datom, true);
    for (auto const& datom : their.removed) note(datom, false);
    find_what_ours_needs(our);
    for (auto const& [entity, attributes] : changes_) {
      if (leaves(entity, attributes)) continue;
      for (auto const& [name, change] : attributes) merge(entity, name, change);
    }
    // What is unique is given up by one entity before another one takes it.
    for (auto const& [operations, given_up] : {std::pair{&plan_.schema.operations, &given_up_schema_}, std::pair{&plan_.data.operations, &given_up_}}) {
      operations->insert(operations->begin(), std::make_move_iterator(given_up->begin()), std::make_move_iterator(given_up->end()));
    }
    return std::move(plan_);
  }

 private:
  struct Change {
    std::vector<Value> added{};
    std::vector<Value> removed{};
  };
  using Changes = std::map<Keyword, Change>;

  /// What a transaction says of itself stays with it; what is made of other attributes is made again.
  void note(Datom const& datom, bool added) {
    if (datom.e >= first_transaction) return;
    auto const* attribute = theirs_.schema().find(datom.a);
    if (attribute == nullptr || attribute->is_composite()) return;
    auto& change = changes_[datom.e][datom.a];
    (added ? change.added : change.removed).push_back(datom.v);
  }

  /// What ours calls an entity of theirs. Numbers mean the same on all branches of a store; but two entities may be one that a unique
  /// identity says is one, and ours then knows it by its own number.
  [[nodiscard]] EntityId in_ours(EntityId entity) {
    if (entity <= 0 || entity >= first_transaction) return entity;
    auto const [place, is_first] = numbers_.try_emplace(entity, entity);
    if (is_first && !has_facts(ours_, entity)) {
      if (auto const same = same_in_ours(theirs_, entity)) {
        place->second = *same;
      } else if (auto const once = same_in_ours(base_, entity)) {
        place->second = *once;
      }
    }
    return place->second;
  }
  [[nodiscard]] Value in_ours(Value const& value, Attribute const& attribute) {
    return attribute.is_ref() && value.is(ValueKind::integer) ? Value{in_ours(value.as_integer())} : value;
  }
  /// Who has in ours what is unique of an entity elsewhere.
  [[nodiscard]] std::optional<EntityId> same_in_ours(Db<IndexTag> const& db, EntityId entity) const {
    for (auto const& datom : db.datoms(eavt, entity)) {
      auto const* attribute = ours_.schema().find(datom.a);
      bool const identifies = attribute != nullptr && !attribute->is_ref() && !attribute->is_composite() &&
                              (attribute->unique == Uniqueness::identity || attribute->id == system_attribute::ident);
      if (!identifies) continue;
      if (auto const found = ours_.entid(LookupRef{datom.a, datom.v})) return found;
    }
    return std::nullopt;
  }

  [[nodiscard]] static bool has_facts(Db<IndexTag> const& db, EntityId entity) { return !db.datoms(eavt, entity).empty(); }
  [[nodiscard]] static std::vector<Value> values(Db<IndexTag> const& db, EntityId entity, Keyword name) {
    std::vector<Value> found;
    if (entity <= 0 || db.schema().find(name) == nullptr) return found;
    for (auto const& datom : db.datoms(eavt, entity, name)) found.push_back(datom.v);
    return found;
  }
  [[nodiscard]] bool holds(EntityId entity, Keyword name, Value const& value) const {
    return entity > 0 && ours_.schema().find(name) != nullptr && !ours_.datoms(eavt, entity, name, value).empty();
  }
  [[nodiscard]] static std::optional<Value> first(std::vector<Value> const& values) {
    return values.empty() ? std::nullopt : std::optional{values.front()};
  }
  /// Whether the entity was there and theirs, or ours, took it away.
  [[nodiscard]] bool is_gone_in_theirs(EntityId entity) const { return has_facts(base_, entity) && !has_facts(theirs_, entity); }
  [[nodiscard]] bool is_gone_in_ours(EntityId entity) {
    return entity > 0 && entity < first_transaction && has_facts(base_, entity) && !has_facts(ours_, in_ours(entity));
  }

  /// Entities that theirs took away, and about which ours says something new.
  void find_what_ours_needs(DbDiff const* our) {
    std::unordered_map<EntityId, EntityId> gone;  // by what ours calls them
    for (auto const& [entity, attributes] : changes_) {
      if (is_gone_in_theirs(entity) && has_facts(ours_, in_ours(entity))) gone.emplace(in_ours(entity), entity);
    }
    if (gone.empty()) return;
    DbDiff found;
    if (our == nullptr) our = &(found = diff(base_, ours_));
    for (auto const& datom : our->added) {
      auto const* attribute = ours_.schema().find(datom.a);
      if (attribute == nullptr || attribute->is_composite()) continue;
      auto const about = gone.find(datom.e);
      auto const to = attribute->is_ref() && datom.v.is(ValueKind::integer) ? gone.find(datom.v.as_integer()) : gone.end();
      // The base may have said it under another number.
      auto const before = values(base_, about == gone.end() ? datom.e : about->second, datom.a);
      if (std::ranges::find(before, to == gone.end() ? datom.v : Value{to->second}) != before.end()) continue;
      if (about != gone.end()) needed_[about->second].push_back(datom);
      if (to != gone.end()) needed_[to->second].push_back(datom);
    }
  }

  /// Whether all is said about an entity that theirs took away.
  bool leaves(EntityId entity, Changes const& attributes) {
    auto const needed = needed_.find(entity);
    if (needed == needed_.end()) return false;
    if (preference_ == MergePreference::theirs) {
      plan_.data.operations.push_back(retract_entity(in_ours(entity)));
    } else if (preference_ == MergePreference::none) {
      for (auto const& datom : needed->second) {
        auto const said = attributes.find(datom.a);
        bool const changes_it = datom.e == in_ours(entity) && said != attributes.end() && !said->second.removed.empty();
        plan_.conflicts.push_back({datom.e, datom.a, changes_it ? first(said->second.removed) : std::nullopt, datom.v, std::nullopt});
      }
    }
    return true;
  }

  void merge(EntityId entity, Keyword name, Change const& change) {
    auto const& attribute = *theirs_.schema().find(name);
    auto const target = in_ours(entity);
    bool const gone = is_gone_in_ours(entity);
    if (attribute.is_many()) {
      for (auto const& value : change.added) {
        auto const wanted = in_ours(value, attribute);
        if (holds(target, name, wanted) || leaves_out(value, attribute)) continue;
        if (!settles(gone || refers_to_lost(value, attribute), {target, name, std::nullopt, std::nullopt, value})) continue;
        if (!takes_over(entity, target, attribute, wanted)) continue;
        put(entity, add(target, name, wanted));
      }
      for (auto const& value : change.removed) {
        auto const unwanted = in_ours(value, attribute);
        if (holds(target, name, unwanted)) give_up(entity, target, attribute, unwanted);
      }
      return;
    }
    auto const translated = [&](std::vector<Value> const& found) {
      return found.empty() ? std::nullopt : std::optional{in_ours(found.front(), attribute)};
    };
    auto const before = translated(change.removed);
    auto const here = first(values(ours_, target, name));
    auto const there = first(change.added);
    auto const wanted = translated(change.added);
    if (here == wanted || (there && leaves_out(*there, attribute))) return;
    bool const differs = here != before || (there && (gone || refers_to_lost(*there, attribute)));
    if (!settles(differs, {target, name, before, here, there})) return;
    if (wanted && !takes_over(entity, target, attribute, *wanted)) return;
    if (here && (!wanted || attribute.is_unique())) give_up(entity, target, attribute, *here);
    if (wanted) put(entity, add(target, name, *wanted));
  }

  /// Whether what theirs made unique of an entity may become so. Ours may have given it to another one that keeps it there: a conflict of that one's,
  /// or what it loses to theirs.
  bool takes_over(EntityId entity, EntityId target, Attribute const& attribute, Value const& wanted) {
    auto const* here = ours_.schema().find(attribute.ident);
    if (here == nullptr || !here->is_unique() || !attribute.is_unique()) return true;
    auto const holder = ours_.entid(LookupRef{attribute.ident, wanted});
    if (!holder || *holder == target) return true;
    // What theirs took away and ours needs stays where nobody prefers theirs, and goes as a whole where somebody does.
    if (auto const theirs = changes_.find(*holder); theirs != changes_.end() && !needed_.contains(*holder)) {
      auto const change = theirs->second.find(attribute.ident);
      if (change != theirs->second.end() && std::ranges::find(change->second.removed, wanted) != change->second.removed.end()) return true;
    }
    auto const there = first(values(theirs_, *holder, attribute.ident));
    if (!settles(true, {*holder, attribute.ident, first(values(base_, *holder, attribute.ident)), wanted, there})) return false;
    give_up(entity, *holder, attribute, wanted);
    return true;
  }

  void give_up(EntityId entity, EntityId target, Attribute const& attribute, Value const& value) {
    if (!attribute.is_unique()) return put(entity, retract(target, attribute.ident, value));
    (describes(entity) ? given_up_schema_ : given_up_).push_back(retract(target, attribute.ident, value));
  }

  /// Whether a value refers to what ours took away, or to a transaction, whose number is another's on each branch.
  [[nodiscard]] bool refers_to_lost(Value const& value, Attribute const& attribute) {
    if (!attribute.is_ref() || !value.is(ValueKind::integer)) return false;
    return value.as_integer() >= first_transaction || is_gone_in_ours(value.as_integer());
  }

  /// Where one side is to win, a reference to a transaction of theirs wins nothing: it would be to another one here.
  [[nodiscard]] bool leaves_out(Value const& value, Attribute const& attribute) const {
    return preference_ != MergePreference::none && attribute.is_ref() && value.is(ValueKind::integer) && value.as_integer() >= first_transaction;
  }

  /// Whether theirs is to be taken over; notes a conflict where nobody said whom to follow.
  bool settles(bool is_conflict, MergeConflict conflict) {
    if (!is_conflict || preference_ == MergePreference::theirs) return true;
    if (preference_ == MergePreference::none) plan_.conflicts.push_back(std::move(conflict));
    return false;
  }

  [[nodiscard]] bool describes(EntityId entity) const { return theirs_.schema().described_by(entity) != nullptr; }
  void put(EntityId entity, TxOp operation) { (describes(entity) ? plan_.schema : plan_.data).operations.push_back(std::move(operation)); }

  Db<IndexTag> const& base_;
  Db<IndexTag> const& ours_;
  Db<IndexTag> const& theirs_;
  MergePreference preference_;
  std::map<EntityId, Changes> changes_{};                       // of theirs
  std::unordered_map<EntityId, EntityId> numbers_{};            // see in_ours
  std::unordered_map<EntityId, std::vector<Datom>> needed_{};  // see find_what_ours_needs
  std::vector<TxOp> given_up_schema_{};
  std::vector<TxOp> given_up_{};
  MergePlan plan_{};
};

}  // namespace detail

/// What makes of `ours` a database that has what `theirs` changed of `base`, too.
///
/// An attribute with one value conflicts where both sides changed it to different values; one with many takes what was added and loses
/// what was retracted. A unique value that both sides gave to different entities is a conflict of the one that has it in `ours`. Where one side took an entity away that the other says something new of or refers to, that conflicts. An entity of
/// `theirs` keeps its number, unless `ours` has one of the same unique identity: the two become one. What transactions say of
/// themselves is not merged, and a reference to one is a conflict. With a preference there are no conflicts: that side's change counts, and
/// what refers to a transaction of theirs is left out.
///
/// Requires: `ours` and `theirs` come from `base` on branches of one store, where no number is given to two entities; all three are of the
/// present. Complexity: that of the two differences.
template <class IndexTag>
[[nodiscard]] MergePlan plan_merge(Db<IndexTag> const& base, Db<IndexTag> const& ours, Db<IndexTag> const& theirs,
                                   MergePreference preference = MergePreference::none) {
  return detail::MergePlanner<IndexTag>{base, ours, theirs, preference}.plan(diff(base, theirs));
}

}  // namespace cairn
