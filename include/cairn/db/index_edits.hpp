// Copyright the Cairn authors
// SPDX-License-Identifier: BSL-1.0
// Indexes that are being edited.
#pragma once

#include <cairn/datom/order.hpp>
#include <cairn/db/snapshot.hpp>
#include <cairn/index/head.hpp>
#include <cairn/index/head_sort.hpp>

#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <optional>
#include <utility>
#include <vector>

namespace cairn::detail {

template <class IndexTag>
class LazySnapshot;

/// The three indexes of one set of datoms, being edited. What is inserted is held back until somebody looks or takes away, and
/// then goes into each index in its order: neighbours come to the same leaf one after the other, and what nobody looks at between
/// two transactions costs them neither a search nor a node from the store.
///
/// Errors: what the store throws, of whoever looks; nothing is lost then, and it can be asked again. A stored node that is damaged or
/// gone is no error but a gap in its index, where that can have one (`PersistentSet::gap`): or nobody could look elsewhere any more. Thread
/// safety: none, looking included.
template <class IndexTag>
class IndexEdits {
  template <Order Sorted>
  using Edit = typename IndexOf<IndexTag, Sorted>::Transient;

 public:
  explicit IndexEdits(Indexes<IndexTag> const& indexes) : edits_{std::in_place, indexes} {}
  /// Those of a version, which is asked for them when somebody looks: to insert is to wait for nobody who makes them.
  /// Requires: `version` outlives this.
  IndexEdits(LazySnapshot<IndexTag> const& version, Indexes<IndexTag> Snapshot<IndexTag>::*which) noexcept
      : version_{&version}, which_{which} {}

  [[nodiscard]] Edit<Order::eavt> const& eavt() const { return settled().eavt; }
  [[nodiscard]] Edit<Order::aevt> const& aevt() const { return settled().aevt; }
  [[nodiscard]] Edit<Order::avet> const& avet() const { return settled().avet; }

  /// O(1); O(log n) when somebody looks. Where what is held then outnumbers what is there, the index is built anew from both, in
  /// full nodes: linear, and without a search.
  void insert(RawDatom const& datom, bool in_avet) { held_.emplace_back(datom, in_avet); }
  /// How many insertions wait.
  [[nodiscard]] std::size_t held() const noexcept { return held_.size(); }

  /// Whether it was there.
  bool erase(RawDatom const& datom, bool in_avet) {
    auto& edits = settled();
    if (!edits.eavt.erase(datom)) return false;
    edits.aevt.erase(datom);
    if (in_avet) edits.avet.erase(datom);
    return true;
  }
  /// The same; what the indexes keep of what was erased goes too, whether the datom is there now or was before.
  bool purge(RawDatom const& datom, bool in_avet) {
    if constexpr (requires(Edits edits) { edits.eavt.purge(datom); }) {
      auto& edits = settled();
      bool const was_there = edits.eavt.purge(datom);
      edits.aevt.purge(datom);
      edits.avet.purge(datom);
      return was_there;
    } else {
      return erase(datom, in_avet);
    }
  }

  /// Makes AVET hold, or no longer hold, the datoms of an attribute.
  void refile(AttributeId attribute, bool in_avet) {
    auto const start =
        Position{.datom = {.e = 0, .a = attribute, .added = true, .tx = 0, .v = {}}, .components = 1, .after = false};
    auto& edits = settled();
    for (auto cursor = edits.aevt.seek(start); cursor.valid() && (*cursor).a == attribute; cursor.next()) {
      if (in_avet) {
        edits.avet.insert(*cursor);
      } else {
        edits.avet.erase(*cursor);
      }
    }
  }

  /// Makes the insertions that wait. Where one throws all of them wait on: those that are made are made again, which changes nothing.
  void settle() const { settled(); }

  [[nodiscard]] Indexes<IndexTag> finish() && {
    auto& edits = settled();
    return {std::move(edits.eavt).persistent(), std::move(edits.aevt).persistent(), std::move(edits.avet).persistent()};
  }
  /// What is there so far; editing goes on.
  [[nodiscard]] Indexes<IndexTag> snapshot() {
    auto const so_far = [](auto& edit) {
      auto index = std::move(edit).persistent();
      edit = index.edit();
      return index;
    };
    auto& edits = settled();
    return {so_far(edits.eavt), so_far(edits.aevt), so_far(edits.avet)};
  }

 private:
  struct Edits {
    explicit Edits(Indexes<IndexTag> const& indexes)
        : eavt{indexes.eavt.edit()}, aevt{indexes.aevt.edit()}, avet{indexes.avet.edit()} {}
    Edit<Order::eavt> eavt;
    Edit<Order::aevt> aevt;
    Edit<Order::avet> avet;
  };
  struct Held {
    Held(RawDatom const& inserted, bool is_in_avet) noexcept : datom{inserted}, in_avet{is_in_avet} {}
    RawDatom datom;
    bool in_avet;
  };
  static constexpr std::size_t sorted_from = 32;    // fewer are inserted as they come
  static constexpr std::size_t rebuilt_from = 4096;

  template <Order Sorted>
  static constexpr bool has_gaps = requires(Edit<Sorted> edit, RawDatom const& datom) { edit.insert_around_gaps(datom); };

  template <Order Sorted>
  [[nodiscard]] static bool belongs(Held const& held) noexcept {
    return Sorted != Order::avet || held.in_avet;
  }

  Edits& settled() const {
    if (!edits_) edits_.emplace((*version_->snapshot()).*which_);
    if (!held_.empty()) {
      insert_held<Order::avet>(edits_->avet);
      insert_held<Order::aevt>(edits_->aevt);
      insert_held<Order::eavt>(edits_->eavt);
      held_.clear();
    }
    return *edits_;
  }
  template <Order Sorted>
  void insert_held(Edit<Sorted>& edit) const {
    if (held_.size() < sorted_from) {
      for (auto const& one : held_) {
        if (!belongs<Sorted>(one)) continue;
        if constexpr (has_gaps<Sorted>) {
          edit.insert_around_gaps(one.datom);
        } else {
          edit.insert(one.datom);
        }
      }
    } else if (held_.size() < rebuilt_from || held_.size() < edit.size() || !rebuild<Sorted>(edit)) {
      insert_in_order<Sorted>(edit);
    }
  }
  template <Order Sorted>
  void insert_in_order(Edit<Sorted>& edit) const {
    std::vector<HeadAt> sorted;
    sorted.reserve(held_.size());
    for (std::size_t i = 0; i != held_.size(); ++i) {
      if (belongs<Sorted>(held_[i])) sorted.push_back({head_of<Sorted>(held_[i].datom), static_cast<std::uint32_t>(i)});
    }
    auto const datom_at = [this](std::size_t at) -> RawDatom const& { return held_[at].datom; };
    sort_run<Sorted>(sorted, datom_at);
    if constexpr (has_gaps<Sorted>) {
      edit.insert_run_around_gaps(sorted, datom_at);
    } else {
      for (auto const& each : sorted) edit.insert(datom_at(each.at));
    }
  }
  /// False, and nothing is done, where a node of the index is damaged or gone and the index can do without it.
  template <Order Sorted>
  [[nodiscard]] bool rebuild(Edit<Sorted>& edit) const {
    try {
      build_from_both<Sorted>(edit);
      return true;
    } catch (Error const& error) {
      if (!has_gaps<Sorted> || !is_damage(error)) throw;
      return false;
    }
  }
  template <Order Sorted>
  void build_from_both(Edit<Sorted>& edit) const {
    auto const before = [](RawDatom const& left, RawDatom const& right) { return compare<Sorted>(left, right) < 0; };
    std::vector<RawDatom> added;
    added.reserve(held_.size());
    for (auto const& one : held_) {
      if (belongs<Sorted>(one)) added.push_back(one.datom);
    }
    std::sort(added.begin(), added.end(), before);
    typename IndexOf<IndexTag, Sorted>::Builder builder{edit.source()};
    auto next = added.begin();
    for (auto cursor = edit.begin(); cursor.valid(); cursor.next()) {  // the builder leaves equal ones out
      for (; next != added.end() && before(*next, *cursor); ++next) builder.add(std::move(*next));
      builder.add(*cursor);
    }
    for (; next != added.end(); ++next) builder.add(std::move(*next));
    edit = std::move(builder).finish().edit();
  }

  LazySnapshot<IndexTag> const* version_ = nullptr;
  Indexes<IndexTag> Snapshot<IndexTag>::*which_ = nullptr;
  // To look is to settle, which changes nothing that anybody could tell.
  std::optional<Edits> mutable edits_{};
  std::vector<Held> mutable held_{};
};

}  // namespace cairn::detail
