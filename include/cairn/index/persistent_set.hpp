// Copyright the Cairn authors
// SPDX-License-Identifier: BSL-1.0
// The read-optimised index, with all that changes and stores it.
#pragma once

#include <cairn/index/bulk_builder.hpp>
#include <cairn/index/node_reader.hpp>
#include <cairn/index/persistent_set_class.hpp>
#include <cairn/index/tree_check.hpp>
#include <cairn/index/tree_editor.hpp>
#include <cairn/index/tree_flush.hpp>

#include <cstdint>
#include <memory>
#include <span>
#include <utility>

namespace cairn {

/// A set that is being edited by one thread. Nodes that it made itself it changes in place; others it copies first.
///
/// An edit that throws leaves the contents as they were. Cursors on a transient see it as it was when they were made and
/// are invalidated by the next `insert` or `erase`.
template <Order Sorted, class Shape>
class PersistentSet<Sorted, Shape>::Transient
    : public detail::CursorsOf<typename PersistentSet<Sorted, Shape>::Transient, IndexCursor<Sorted, Shape>> {
  friend class detail::CursorsOf<Transient, IndexCursor<Sorted, Shape>>;

 public:
  using value_type = RawDatom;
  using Cursor = typename PersistentSet::Cursor;

  explicit Transient(PersistentSet const& set) : editor_{set.root_.reference(set.size_, set.source_.get()), set.source_.get()}, source_{set.source_}, size_{set.size_}, gap_{set.gap_} {}
  Transient() : Transient{PersistentSet{}} {}
  Transient(Transient&&) noexcept = default;
  Transient& operator=(Transient&&) noexcept = default;
  ~Transient() { static_cast<void>(editor_.take()); }

  /// Whether it was not there yet. O(log n).
  bool insert(RawDatom datom) {
    bool const changed = editor_.insert(std::move(datom));
    size_ += changed ? 1 : 0;
    return changed;
  }
  /// As `insert`, but a datom that belongs below a node that is damaged or gone is left out, where that would throw what the store says
  /// of it: see `gap`. Other errors are thrown, and it can be asked again.
  bool insert_around_gaps(RawDatom const& datom) {
    bool const changed = editor_.insert_around_gaps(datom, on_gap());
    size_ += changed ? 1 : 0;
    return changed;
  }
  /// The same of datoms in order, of which `datom_at(run[i].at)` gives one, with their heads; equal ones count once. What comes to one leaf
  /// costs one search for it and one pass over it. Where it throws, some are inserted.
  void insert_run_around_gaps(std::span<detail::HeadAt const> run, auto const& datom_at) {
    editor_.insert_run_around_gaps(run, datom_at, size_, on_gap());
  }
  /// Whether it was there. O(log n).
  bool erase(RawDatom const& datom) {
    bool const changed = editor_.erase(datom);
    size_ -= changed ? 1 : 0;
    return changed;
  }

  /// As `erase`; the next flush leaves no trace of the datom in what the set consists of on the store, not even that it was
  /// erased, now or before: what is only erased may still stand between two nodes. O(log n).
  bool purge(RawDatom const& datom) {
    bool const changed = editor_.purge(datom);
    size_ -= changed ? 1 : 0;
    return changed;
  }

  [[nodiscard]] std::uint64_t size() const noexcept { return size_; }
  [[nodiscard]] bool empty() const noexcept { return size_ == 0; }
  /// As that of a set.
  [[nodiscard]] Error const* gap() const noexcept { return gap_.get(); }
  [[nodiscard]] std::shared_ptr<NodeSource const> const& source() const noexcept { return source_; }

  [[nodiscard]] bool contains(RawDatom const& datom) const {
    return detail::contains<Sorted, Shape>(editor_.root(), source_.get(), datom);
  }
  [[nodiscard]] std::uint64_t count(Position const& from, Position const& to) const {
    return gap_ ? this->template count_one_by_one<Sorted>(from, to) : detail::count_between<Sorted, Shape>(editor_.root(), source_.get(), from, to);
  }

  /// The result; the transient is empty afterwards. O(1).
  [[nodiscard]] PersistentSet persistent() && {
    return {Root{editor_.take()}, std::exchange(size_, 0), source_, std::move(gap_)};
  }
  /// The contents so far, as a set; editing goes on, and copies again what it changes. O(1).
  [[nodiscard]] PersistentSet snapshot() { return {Root{editor_.share()}, size_, source_, gap_}; }

 private:
  [[nodiscard]] Cursor nowhere() const {
    auto* root = editor_.root();
    if (root == nullptr) return {};
    detail::retain(root);
    return {Node{root}, source_};
  }

  /// Notes what is wrong with the first.
  [[nodiscard]] auto on_gap() noexcept {
    return [this](Error const& error, NodeAddress const& address) {
      if (!gap_) gap_ = detail::error_of_gap(error, address);
    };
  }

  detail::TreeEditor<Sorted, Shape> editor_;  // before the source: see PersistentSet
  Source source_;
  std::uint64_t size_;
  std::shared_ptr<Error const> gap_;
};

/// Builds a set from datoms that come one by one in ascending order (`ExternalSorter` puts them into it).
template <Order Sorted, class Shape>
class PersistentSet<Sorted, Shape>::Builder {
 public:
  using value_type = RawDatom;

  Builder() = default;
  /// In memory; what the set is edited into may have nodes on `source`.
  explicit Builder(Source source) : source_{std::move(source)} {}
  /// Stores nodes as soon as they are full and lets go of them: in the memory of a few nodes, whatever the size. The set
  /// reads them back from `source`, which is of the sink's store. If what the sink wrote is not committed in the end, the
  /// set is of no use. The root is left for `flush`.
  Builder(NodeSink const& sink, Source source) : source_{std::move(source)}, builder_{sink} {}

  /// A datom equal to the last is left out; one before it is a `std::invalid_argument`. O(1) amortised.
  void add(RawDatom datom) { builder_.add(std::move(datom)); }
  [[nodiscard]] std::uint64_t size() const noexcept { return builder_.size(); }
  /// The builder is empty afterwards.
  [[nodiscard]] PersistentSet finish() && {
    auto const size = builder_.size();
    return {Root{builder_.finish()}, size, source_};
  }

 private:
  Source source_;
  detail::TreeBuilder<Sorted, Shape> builder_;
};

template <Order Sorted, class Shape>
PersistentSet<Sorted, Shape> PersistentSet<Sorted, Shape>::from_sorted(std::span<RawDatom const> datoms) {
  Builder builder;
  for (auto const& datom : datoms) builder.add(datom);
  return std::move(builder).finish();
}

template <Order Sorted, class Shape>
typename PersistentSet<Sorted, Shape>::Transient PersistentSet<Sorted, Shape>::edit() const {
  return Transient{*this};
}

template <Order Sorted, class Shape>
NodeAddress PersistentSet<Sorted, Shape>::flush(NodeSink const& sink, FlushReceipt* receipt) const {
  if (gap_) throw Error{*gap_};
  if (empty()) return {};
  if (auto const stored = root_.address()) return *stored;
  return detail::flush_root<Sorted, Shape>(root(), sink, receipt, source_.get());
}

template <Order Sorted, class Shape>
void PersistentSet<Sorted, Shape>::verify() const {
  if (!empty()) detail::check_tree<Sorted, Shape>(root(), source_.get(), size_);
}

}  // namespace cairn
