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
  if (editor_->applied() > most_datoms_behind || !record.purged.empty()) {
    make();
  } else {
    record_ = record;
    before_ = std::move(before);
  }
}

template <class IndexTag>
LazySnapshot<IndexTag>::~LazySnapshot() = default;

template <class IndexTag>
void LazySnapshot<IndexTag>::make() const {
  std::shared_ptr<LazySnapshot const> before;  // goes after the lock
  std::lock_guard const lock{making_};
  if (is_made_.load(std::memory_order_relaxed)) return;
  auto const editor = std::move(editor_);  // whatever throws here, it can be made from the version before
  auto made = editor ? std::make_shared<Snapshot<IndexTag> const>(std::move(*editor).finish()) : replayed();
  note_in_use<IndexTag>(made);
  made_ = std::move(made);
  is_made_.store(true, std::memory_order_release);
  before = std::move(before_);
}

template <class IndexTag>
typename LazySnapshot<IndexTag>::SnapshotPointer LazySnapshot<IndexTag>::replayed() const {
  std::vector<std::shared_ptr<LazySnapshot const>> between;
  auto base = before_;
  for (;;) {
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
std::unique_ptr<SnapshotEditor<IndexTag>> LazySnapshot<IndexTag>::take_editor() const {
  {
    std::lock_guard const lock{making_};
    if (editor_) return std::move(editor_);
  }
  return std::make_unique<Editor>(snapshot());
}

template <class IndexTag>
void LazySnapshot<IndexTag>::give_back(std::unique_ptr<Editor> editor) const noexcept {
  // Who makes the snapshot meanwhile may be reading from the store, and needs no editor any more.
  std::unique_lock const lock{making_, std::try_to_lock};
  if (lock && !made_) editor_ = std::move(editor);
}

/// An editor for as long as it applies nothing: goes back to its version unless it is taken.
template <class IndexTag>
class EditorLoan {
 public:
  explicit EditorLoan(LazySnapshot<IndexTag> const& version) : version_{version}, editor_{version.take_editor()} {}
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
