// Copyright the Cairn authors
// SPDX-License-Identifier: BSL-1.0
// The database as the operations of a transaction have left it so far, for the functions in it.
#pragma once

#include <cairn/db/record_of.hpp>
#include <cairn/db/snapshot_editor.hpp>
#include <cairn/db/tx_state.hpp>

#include <cstddef>
#include <optional>
#include <utility>
#include <vector>

namespace cairn::detail {

/// A snapshot each time that it is asked, of which only what is new since the last is applied: O(new changes · log n).
/// Where the transaction describes attributes or purges, all of it is applied anew.
template <class IndexTag>
class TxSoFar {
 public:
  explicit TxSoFar(SnapshotEditor<IndexTag>& base) : base_{base} {}

  /// For a transaction that begins again.
  void clear() noexcept { editor_.reset(); }

  [[nodiscard]] Snapshot<IndexTag> snapshot(TxState<IndexTag>& state, Instant clock) {
    bool const follows = editor_ && state.instant() == instant_ && state.described().empty() && state.purged().empty();
    auto const touched = state.take_touched();
    if (follows) {
      follow(state, touched);
    } else {
      editor_.emplace(base_.snapshot());
      editor_->apply(record_of(state, clock));
      instant_ = state.instant();
      is_true_.clear();
      for (auto const& change : state.changes()) is_true_.push_back(change.is);
    }
    return editor_->snapshot();
  }

 private:
  void follow(TxState<IndexTag> const& state, std::vector<std::size_t> const& touched) {
    TxRecord more;
    more.max_entity = state.max_entity();
    for (auto id = editor_->state().schema->next_attribute(); id < state.schema().next_attribute(); ++id) {
      more.new_attributes.emplace_back(id, state.schema().find(id)->ident);
    }
    std::vector<std::pair<RawDatom, RawDatom>> taken_back;
    for (auto at = is_true_.size(); at < state.changes().size(); ++at) is_true_.push_back(state.changes()[at].was);
    for (auto const at : touched) {
      auto const& change = state.changes()[at];
      if (change.is == is_true_[at]) continue;
      is_true_[at] = change.is;
      if (change.is != change.was) {
        more.datoms.push_back({change.e, change.a, change.is, state.tx(), change.v});
      } else {
        taken_back.emplace_back(RawDatom{change.e, change.a, !change.is, state.tx(), change.v},
                                change.was ? state.datom_before(change) : RawDatom{});
      }
    }
    editor_->amend(more, taken_back);
  }

  SnapshotEditor<IndexTag>& base_;
  std::optional<SnapshotEditor<IndexTag>> editor_{};
  std::optional<Instant> instant_{};
  std::vector<bool> is_true_{};  // which changes the editor has, by their places
};

}  // namespace cairn::detail
