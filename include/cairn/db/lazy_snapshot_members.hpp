// Copyright the Cairn authors
// SPDX-License-Identifier: BSL-1.0
// How a database's indexes are made, and the editors that make them.
#pragma once

#include <cairn/db/lazy_snapshot.hpp>
#include <cairn/db/snapshot_editor.hpp>
#include <cairn/db/tx_record.hpp>

#include <atomic>
#include <memory>
#include <mutex>
#include <utility>
#include <vector>

namespace cairn::detail {

template <class IndexTag>
LazySnapshot<IndexTag>::LazySnapshot(Snapshot<IndexTag> snapshot)
    : moment_{snapshot}, is_made_{true}, made_{std::make_shared<Snapshot<IndexTag> const>(std::move(snapshot))} {
  note_in_use<IndexTag>(made_);
}

template <class IndexTag>
LazySnapshot<IndexTag>::LazySnapshot(std::shared_ptr<LazySnapshot const> before, TxRecord const& record, std::unique_ptr<Editor> editor)
    : moment_{editor->state()}, editor_{std::move(editor)} {
  bool const is_far = editor_->applied() > most_datoms_behind;
  bool const stands_on_due = editor_->version() && editor_->version()->is_due();
  if (!record.purged.empty() || (is_far && (editor_->held() < worth_a_thread || stands_on_due))) {
    make();
  } else {
    is_due_ = is_far;
    if (is_due_) has_predicates_ = editor_->known_predicates();
    record_ = record;
    before_ = std::move(before);
    due_ = editor_->version();
  }
}

template <class IndexTag>
LazySnapshot<IndexTag>::~LazySnapshot() {
  // Not one inside the other: a thread's stack may be small.
  for (auto next = std::move(before_); next && next.use_count() == 1;) {
    std::shared_ptr<LazySnapshot const> before;
    {
      std::lock_guard const lock{next->making_};  // whoever has let go of it may have changed that
      before = std::move(next->before_);
    }
    next = std::move(before);
  }
}

template <class IndexTag>
void LazySnapshot<IndexTag>::make() const {
  std::shared_ptr<LazySnapshot const> before;  // these go after the lock
  std::shared_ptr<LazySnapshot const> due;
  {
    std::lock_guard const lock{making_};
    due = due_;
  }
  if (due) static_cast<void>(due->snapshot());  // without the lock: it may take long, and who commits needs the editor
  std::lock_guard const lock{making_};
  if (is_made_.load(std::memory_order_relaxed)) return;
  auto const editor = std::move(editor_);  // whatever throws here, it can be made from the version before
  auto made = editor ? std::make_shared<Snapshot<IndexTag> const>(std::move(*editor).finish()) : replayed();
  note_in_use<IndexTag>(made);
  made_ = std::move(made);
  is_made_.store(true, std::memory_order_release);
  before = std::move(before_);
  due_.reset();
}

template <class IndexTag>
typename LazySnapshot<IndexTag>::SnapshotPointer LazySnapshot<IndexTag>::replayed() const {
  std::vector<std::shared_ptr<LazySnapshot const>> between;
  auto base = before_;
  for (;;) {
    if (base->is_due()) base->make();
    std::lock_guard const lock{base->making_};  // that of the later version is held: always in this order
    if (base->made_) break;
    between.push_back(base);
    base = between.back()->before_;
  }
  Editor editor{base->made_};
  for (auto one = between.rbegin(); one != between.rend(); ++one) editor.apply((*one)->record_);
  editor.apply(record_);
  auto made = std::move(editor).finish();
  static_cast<Moment<IndexTag>&>(made) = moment_;  // which says the same; plans are found by where the schema is
  return std::make_shared<Snapshot<IndexTag> const>(std::move(made));
}

template <class IndexTag>
std::unique_ptr<SnapshotEditor<IndexTag>> LazySnapshot<IndexTag>::take_editor(std::shared_ptr<LazySnapshot const> const& version) {
  if (version->is_due()) return std::make_unique<Editor>(version);
  {
    std::lock_guard const lock{version->making_};
    if (version->editor_) return std::move(version->editor_);
  }
  return std::make_unique<Editor>(version->snapshot());
}

template <class IndexTag>
void LazySnapshot<IndexTag>::give_back(std::unique_ptr<Editor> editor) const noexcept {
  // Who makes the snapshot meanwhile may be reading from the store, and needs no editor any more.
  std::unique_lock const lock{making_, std::try_to_lock};
  if (lock && !made_ && !is_due_) editor_ = std::move(editor);
}

/// An editor for as long as it applies nothing: goes back to its version unless it is taken.
template <class IndexTag>
class EditorLoan {
 public:
  /// Requires: `version` outlives this.
  explicit EditorLoan(std::shared_ptr<LazySnapshot<IndexTag> const> const& version)
      : version_{*version}, editor_{LazySnapshot<IndexTag>::take_editor(version)} {}
  EditorLoan(EditorLoan const&) = delete;
  EditorLoan& operator=(EditorLoan const&) = delete;
  ~EditorLoan() {
    if (editor_) version_.give_back(std::move(editor_));
  }
  [[nodiscard]] SnapshotEditor<IndexTag>& editor() const noexcept { return *editor_; }
  [[nodiscard]] std::unique_ptr<SnapshotEditor<IndexTag>> take() noexcept { return std::move(editor_); }

 private:
  LazySnapshot<IndexTag> const& version_;
  std::unique_ptr<SnapshotEditor<IndexTag>> editor_;
};

}  // namespace cairn::detail
