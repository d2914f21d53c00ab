// Copyright the Cairn authors
// SPDX-License-Identifier: BSL-1.0
// A range of an index of any view, a run of datoms at a time.
#pragma once

#include <cairn/db/db_class.hpp>
#include <cairn/meta/watch.hpp>
#include <cairn/query/access/merged_columns.hpp>
#include <cairn/query/access/reader.hpp>

#include <cstddef>
#include <cstdint>
#include <memory>
#include <span>
#include <vector>

namespace cairn::query {

/// What a view other than the present shows of a range: the present and the past merged by the run, as `DatomRange` merges
/// them by the datom. Stretches of one of which the other says nothing are passed on as they lie in their leaf; where they alternate,
/// columns are merged to columns.
///
/// A fact is true at a moment if the last of its operations up to then added it. Much may be read for a run that is
/// shown, so that the watch is asked each time a leaf is.
template <class IndexTag, Order Sorted>
class ViewReader {
  using Index = IndexOf<IndexTag, Sorted>;

 public:
  ViewReader(Db<IndexTag> const& db, LeafPins<IndexTag>& pins, meta::Watch watch = {})
      : db_{&db},
        pins_{&pins},
        watch_{watch},
        present_{db.snapshot().current.template get<Sorted>()},
        past_{db.snapshot().temporal.template get<Sorted>()} {}

  /// Of a history: what is true at present was added, and is in no past. So who wants retractions can do without it.
  void leave_out_present() noexcept { reads_present_ = !db_->view().history; }

  void open(Position const& from, Position const& to) {
    pending_ = 0;
    present_.left = 0;
    if (reads_present_) begin(present_, from, to);
    past_.left = 0;
    if (db_->view().needs_past()) begin(past_, from, to);
  }

  bool next(DatomRun& run) {
    advance(*showing_, pending_);
    pending_ = 0;
    count_ = 0;
    while (count_ != capacity && (present_.left != 0 || past_.left != 0)) {
      bool const merges = !db_->view().filter && columns_.begin(present_.stretch(), past_.stretch());
      if (count_ == 0 && !db_->view().filter) {
        if (pass_on(present_, past_, run) || (db_->view().history && pass_on(past_, present_, run))) return true;
        if (merges && merge()) {
          if (columns_.size() == 0) continue;
          run = columns_.run();
          return true;
        }
      } else if (merges) {
        break;
      }
      step();
    }
    if (count_ == 0) return false;
    run = DatomRun{std::span{&rows_[0].get(), count_}};
    return true;
  }
  /// Keeps what the last run borrows. What was left behind is kept already.
  void pin() {
    if (present_.left != 0) pins_->template add<Sorted>(present_.reader.cursor());
    if (past_.left != 0) pins_->template add<Sorted>(past_.reader.cursor());
  }

 private:
  static constexpr std::size_t capacity = 128;
  static constexpr std::size_t worth_passing_on = 32;  // unless no more is left of a leaf
  static_assert(sizeof(cairn::detail::DatomSlot) == sizeof(RawDatom));

  struct Stream {
    explicit Stream(Index const& index) : reader{index} {}
    IndexReader<Index, Sorted> reader;
    DatomRun run{};
    std::size_t at = 0;
    std::size_t left = 0;

    [[nodiscard]] access::Stretch stretch() const noexcept { return {&run, at, left}; }
  };

  void begin(Stream& stream, Position const& from, Position const& to) {
    stream.reader.open(from, to);
    read(stream);
  }
  void read(Stream& stream) {
    stream.at = 0;
    stream.left = !watch_.poll() && stream.reader.next(stream.run) ? stream.run.size() : 0;
  }
  void advance(Stream& stream, std::size_t by) {
    if (by == 0) return;
    stream.at += by;
    stream.left -= by;
    if (stream.left != 0) return;
    if (stream.run.counted()) pins_->template add<Sorted>(stream.reader.cursor());
    read(stream);
  }

  [[nodiscard]] bool shows(DatomRun const& run, std::size_t at) const {
    auto const& view = db_->view();
    auto const transaction = run.transaction(at);
    if (transaction <= view.since || transaction > view.as_of) return false;
    return !view.filter || view.filter->accepts(cairn::detail::to_datom(run[at], db_->schema()));
  }
  void keep(DatomRun const& run, std::size_t at) {
    rows_[count_++].set(run.entity(at), run.attribute(at), run.added(at), run.transaction(at), run.kind(at), run.word(at));
  }

  /// A long part of what `stream` has before the other has anything to say, as it lies there. It is still to be advanced by
  /// `pending_`. False where there is none.
  bool pass_on(Stream& stream, Stream const& other, DatomRun& run) {
    if (stream.left == 0) return false;
    auto const alone = other.left == 0 ? stream.left : count_before(stream, other);
    if (alone < worth_passing_on && alone != stream.left) return false;
    auto const passing = count_shown(stream, alone);
    if (passing == 0 || (passing < worth_passing_on && passing != stream.left)) return false;
    run = stream.run.part(stream.at, passing);
    pending_ = passing;
    showing_ = &stream;
    return true;
  }
  /// Of the first `count` datoms, those before the first of a transaction that the view does not show.
  [[nodiscard]] std::size_t count_shown(Stream const& stream, std::size_t count) const noexcept {
    auto const since = db_->view().since;
    auto const as_of = db_->view().as_of;
    if (since == 0 && as_of == View<IndexTag>::now) return count;
    std::size_t shown = 0;
    stream.run.with_transactions([&, at = stream.at](auto const& get) {
      auto const is_shown = [&](std::uint64_t transaction) {
        return static_cast<EntityId>(transaction) > since && static_cast<EntityId>(transaction) <= as_of;
      };
      while (shown != count && is_shown(get(at + shown))) ++shown;
    });
    return shown;
  }

  /// Merges what is left of two runs that are columns. False where there is nothing that it can tell of them.
  bool merge() {
    access::Moments const moments{db_->view().since, db_->view().as_of};
    auto const taken = db_->view().history ? columns_.merge_operations(moments) : columns_.merge_facts(moments);
    advance(present_, taken.present);
    advance(past_, taken.past);
    return taken.is_some();
  }

  /// The same for all other runs, by the datom or the fact: there is room for one more.
  void step() {
    if (rows_.empty()) rows_.resize(capacity);
    bool const is_history = db_->view().history;
    if (keep_alone(present_, past_) || (is_history && keep_alone(past_, present_))) return;
    if (!is_history) return settle_fact();
    advance(past_, 1);  // the same in both, which a sound store doesn't have
  }
  /// What `stream` has before the other has anything to say. False where that is nothing.
  bool keep_alone(Stream& stream, Stream const& other) {
    if (stream.left == 0) return false;
    auto const alone = other.left == 0 ? stream.left : count_before(stream, other);
    std::size_t taken = 0;
    for (; taken != alone && count_ != capacity; ++taken) {
      if (shows(stream.run, stream.at + taken)) keep(stream.run, stream.at + taken);
    }
    advance(stream, taken);
    return taken != 0;
  }

  /// How much of the stream is before what the other is at: before the datom, in history; before the fact in other views, of
  /// which all operations have to be seen. Gallops.
  [[nodiscard]] std::size_t count_before(Stream const& stream, Stream const& other) const noexcept {
    auto const before = [&, is_history = db_->view().history](std::size_t by) {
      auto const at = stream.at + by;
      auto const order = access::compare_facts<Sorted>(stream.run, at, other.run, other.at);
      if (order != 0 || !is_history) return order < 0;
      auto const transaction = stream.run.transaction(at);
      auto const of_other = other.run.transaction(other.at);
      if (transaction != of_other) return transaction < of_other;
      return !stream.run.added(at) && other.run.added(other.at);
    };
    if (!before(0)) return 0;
    std::size_t low = 0;
    std::size_t step = 1;
    while (low + step < stream.left && before(low + step)) {
      low += step;
      step *= 2;
    }
    std::size_t high = low + step < stream.left ? low + step : stream.left;
    while (high - low > 1) {
      std::size_t const middle = low + (high - low) / 2;
      (before(middle) ? low : high) = middle;
    }
    return high;
  }

  /// Takes all operations on the fact that the past is at, and keeps the one that made it true, if any.
  void settle_fact() {
    auto const& view = db_->view();
    auto const entity = past_.run.entity(past_.at);
    auto const attribute = past_.run.attribute(past_.at);
    Cell const value{past_.run.kind(past_.at), past_.run.word(past_.at)};
    EntityId last = 0;
    bool known = false;
    bool added = false;
    auto const is_same = [&](Stream const& stream) {
      return stream.left != 0 && stream.run.entity(stream.at) == entity && stream.run.attribute(stream.at) == attribute &&
             access::compare_values({stream.run.kind(stream.at), stream.run.word(stream.at)}, value) == 0;
    };
    for (auto* stream : {&past_, &present_}) {
      for (; is_same(*stream); advance(*stream, 1)) {
        auto const transaction = stream->run.transaction(stream->at);
        bool const is_added = stream->run.added(stream->at);
        bool const is_later = !known || transaction > last || (transaction == last && is_added);
        if (transaction > view.as_of || !is_later) continue;
        last = transaction;
        added = is_added;
        known = true;
      }
    }
    if (!added || last <= view.since) return;
    auto& row = rows_[count_];
    row.set(entity, attribute, true, last, value.kind, value.word);
    if (view.filter && !view.filter->accepts(cairn::detail::to_datom(row.get(), db_->schema()))) return;
    ++count_;
  }

  Db<IndexTag> const* db_;
  LeafPins<IndexTag>* pins_;
  meta::Watch watch_;
  Stream present_;
  Stream past_;
  bool reads_present_ = true;
  Stream* showing_ = &present_;  // whose run was passed on
  std::size_t pending_ = 0;      // how much of it
  access::MergedColumns<Sorted> columns_{};
  std::vector<cairn::detail::DatomSlot> rows_{};  // made when they are needed
  std::size_t count_ = 0;
};

/// A range of an index as a database value shows it, again and again. The database and the places must stay where they are.
template <class IndexTag, Order Sorted>
class RangeReader {
 public:
  RangeReader(Db<IndexTag> const& db, LeafPins<IndexTag>& pins, meta::Watch watch = {})
      : pins_{&pins}, present_{db.snapshot().current.template get<Sorted>()} {
    if (!db.view().is_plain()) others_ = std::make_unique<ViewReader<IndexTag, Sorted>>(db, pins, watch);
  }

  /// As of `ViewReader`.
  void leave_out_present() noexcept {
    if (others_ != nullptr) others_->leave_out_present();
  }
  void open(Position const& from, Position const& to) {
    if (others_ == nullptr) [[likely]] return present_.open(from, to);
    others_->open(from, to);
  }
  void open(PlaceRange const& range) { open(range.from.get(), range.to.get()); }
  /// The next run; false at the end. It is valid until the next call.
  bool next(DatomRun& run) { return others_ == nullptr ? present_.next(run) : others_->next(run); }
  /// Keeps what the last run's values belong to.
  void pin(DatomRun const& run) {
    if (!run.counted()) return;
    if (others_ != nullptr) return others_->pin();
    pins_->template add<Sorted>(present_.cursor());
  }

 private:
  LeafPins<IndexTag>* pins_;
  IndexReader<IndexOf<IndexTag, Sorted>, Sorted> present_;
  std::unique_ptr<ViewReader<IndexTag, Sorted>> others_{};
};

}  // namespace cairn::query
