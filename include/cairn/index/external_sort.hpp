// Copyright the Cairn authors
// SPDX-License-Identifier: BSL-1.0
// Sorting more datoms than fit in memory.
#pragma once

#include <cairn/index/compiler.hpp>
#include <cairn/index/head.hpp>
#include <cairn/index/head_sort.hpp>
#include <cairn/index/row_codec.hpp>
#include <cairn/index/spill_file.hpp>
#include <cairn/index/value_footprint.hpp>

#include <algorithm>
#include <array>
#include <cstddef>
#include <cstdint>
#include <memory>
#include <string>
#include <utility>
#include <vector>

namespace cairn {

/// Takes datoms in any order and gives them back in an index's, within a budget of memory: what does not fit is sorted in
/// runs, which wait in a temporary file and are merged, in several passes where they are too many for one. The file has no name, so nothing
/// is left of it whatever happens.
///
///     ExternalSorter<Order::avet> sorter{std::size_t{64} << 20U};
///     for (...) sorter.add(datom);
///     PersistentSet<Order::avet>::Builder builder{sink, source};
///     std::move(sorter).drain([&](RawDatom datom) { builder.add(std::move(datom)); });
///     auto const index = std::move(builder).finish();
///
/// Cost: linear for a run where heads (entity and attribute, or the first bytes of a value) tell datoms apart or the datoms
/// came in order; a merge costs the logarithm of the number of runs for each datom. A merge reads as many runs as the budget has blocks of
/// 16 KiB (eight at the least): one pass for 256 runs with a budget of 4 MiB, and all datoms are written to the file once more for each
/// further 256 times as many. Errors: `io/full`, `io/error`, of the temporary file.
/// Thread safety: none; sorters of different orders may run on as many threads.
template <Order Sorted>
class ExternalSorter {
 public:
  /// `memory`: bytes that datoms and their values may take, about, at least 64 KiB; `directory`: where the temporary file is, if one is
  /// needed (empty: `TMPDIR`, or /var/tmp).
  explicit ExternalSorter(std::size_t memory, std::string directory = {})
      : budget_{std::max(memory, smallest_budget)}, file_{std::move(directory)} {}

  void add(RawDatom datom) {
    auto const cost = datom_cost + detail::value_footprint(datom.v);
    if (used_ + cost > budget_ && !datoms_.empty()) spill();
    in_order_ = in_order_ && (datoms_.empty() || compare<Sorted>(datoms_.back(), datom) <= 0);
    used_ += cost;
    // All at once: a vector that grows has its datoms twice. The system gives memory when it is written to.
    if (datoms_.capacity() == 0) datoms_.reserve(budget_ / datom_cost + 1);
    datoms_.push_back(std::move(datom));
    ++size_;
  }

  /// How many datoms were added.
  [[nodiscard]] std::uint64_t size() const noexcept { return size_; }
  /// How many bytes wait in the temporary file.
  [[nodiscard]] std::uint64_t spilled() const noexcept { return file_.size(); }

  /// Calls `sink(RawDatom)` for each, in order; equal ones once. The sorter is of no use afterwards.
  template <class Sink>
  void drain(Sink&& sink) && {
    go_through([&](RawDatom& datom) { sink(std::move(datom)); }, sink);
  }
  /// Calls `sink(RawDatom const&)` for each, as `drain`, and keeps them; more may be added afterwards. The cost is that of `drain`, each time.
  template <class Sink>
  void visit(Sink&& sink) {
    go_through([&](RawDatom const& datom) { sink(datom); }, sink);
  }

 private:
  static constexpr std::size_t smallest_budget = std::size_t{1} << 16U;
  static constexpr std::size_t block_size = std::size_t{1} << 14U;
  static constexpr std::size_t smallest_fan_in = 8;
  static constexpr std::size_t datom_cost = sizeof(RawDatom) + 2 * sizeof(detail::HeadAt);
  static constexpr std::size_t ahead = 8;
  using Sequence = std::vector<detail::HeadAt>;

  struct Run {
    std::uint64_t begin;
    std::uint64_t end;
  };

  /// Writes a run behind all others. A datom that was added stays where it is until the next one has been.
  class RunWriter {
   public:
    explicit RunWriter(detail::SpillFile& file) : file_{&file}, begin_{file.size()} {}
    void add(RawDatom const& datom) {
      detail::write_row(block_, before_ != nullptr ? *before_ : none_, datom);
      before_ = &datom;
      if (block_.size() >= block_size) end_block();
    }
    [[nodiscard]] Run finish() {
      if (block_.size() != 0) end_block();
      return {begin_, file_->size()};
    }
    [[nodiscard]] std::size_t largest_block() const noexcept { return largest_block_; }

   private:
    void end_block() {
      largest_block_ = std::max(largest_block_, block_.size());
      file_->append(block_);
      block_.clear();
      before_ = nullptr;
    }

    detail::SpillFile* file_;
    std::uint64_t begin_;
    ByteWriter block_{};
    RawDatom none_{};
    RawDatom const* before_ = nullptr;  // in the block
    std::size_t largest_block_ = 0;
  };

  /// Reads a run from its blocks.
  class Reader {
   public:
    Reader(detail::SpillFile const& file, Run run) : file_{&file}, run_{run} { next(); }
    [[nodiscard]] RawDatom& datom() noexcept { return datom_; }
    [[nodiscard]] std::uint64_t head() const noexcept { return head_; }
    [[nodiscard]] bool at_end() const noexcept { return at_end_; }
    void next() {
      if (rows_.at_end()) {
        if (run_.begin == run_.end) {
          at_end_ = true;
          return;
        }
        rows_ = ByteReader{file_->read(run_.begin, buffer_)};
        datom_ = {};
      }
      datom_ = detail::read_row(rows_, datom_);
      head_ = detail::head_of<Sorted>(datom_);
    }

   private:
    detail::SpillFile const* file_;
    Run run_;
    std::vector<std::byte> buffer_;
    ByteReader rows_{{}};
    RawDatom datom_;
    std::uint64_t head_ = 0;
    bool at_end_ = false;
  };

  [[nodiscard]] static std::size_t place(Sequence const& order, std::size_t at) noexcept {
    return order.empty() ? at : order[at].at;
  }

  /// `sink_one` takes those that are in memory, `sink_merged` those that were in the file.
  template <class SinkOne, class SinkMerged>
  void go_through(SinkOne&& sink_one, SinkMerged& sink_merged) {
    if (!runs_.empty()) {
      if (!datoms_.empty()) spill();
      std::vector<RawDatom>{}.swap(datoms_);
      while (runs_.size() > fan_in()) combine();
      return merge(runs_, sink_merged);
    }
    auto const order = sort();
    for (std::size_t i = 0; i != datoms_.size(); ++i) {
      if (i + ahead < datoms_.size()) detail::prefetch(&datoms_[place(order, i + ahead)], 1);
      auto& datom = datoms_[place(order, i)];
      if (i + 1 != datoms_.size() && compare<Sorted>(datom, datoms_[place(order, i + 1)]) == 0) continue;
      sink_one(datom);
    }
  }

  /// The order in which the datoms in memory are to be gone through; empty: as they are.
  [[nodiscard]] Sequence sort() const {
    Sequence order;
    if (in_order_) return order;
    order.resize(datoms_.size());
    for (std::size_t i = 0; i != datoms_.size(); ++i) {
      order[i] = {detail::head_of<Sorted>(datoms_[i]), static_cast<std::uint32_t>(i)};
    }
    detail::sort_run<Sorted>(order, [this](std::size_t at) -> RawDatom const& { return datoms_[at]; });
    return order;
  }

  void spill() { spill_sorted(sort()); }

  void spill_sorted(Sequence const& order) {
    RunWriter run{file_};
    for (std::size_t i = 0; i != datoms_.size(); ++i) {
      if (i + ahead < datoms_.size()) detail::prefetch(&datoms_[place(order, i + ahead)], 1);
      run.add(datoms_[place(order, i)]);
    }
    keep(run);
    datoms_.clear();
    used_ = 0;
    in_order_ = true;
  }

  void keep(RunWriter& run) {
    runs_.push_back(run.finish());
    largest_block_ = std::max(largest_block_, run.largest_block());
  }

  /// How many runs are read at once, each by a block; where values are large, a reader has one of them besides.
  [[nodiscard]] std::size_t fan_in() const noexcept {
    return std::max(smallest_fan_in, budget_ / (largest_block_ > 2 * block_size ? 2 * largest_block_ : block_size));
  }

  /// Makes one run of the first ones, which are the shortest, behind all others; of no more than must go for one pass to do the rest.
  void combine() {
    auto const most = fan_in();
    auto const count = std::min(most, runs_.size() - most + 1);
    auto const end = runs_.begin() + static_cast<std::ptrdiff_t>(count);
    std::vector<Run> const first(runs_.begin(), end);
    runs_.erase(runs_.begin(), end);
    RunWriter run{file_};
    std::array<RawDatom, 2> kept;
    std::size_t at = 0;
    merge(first, [&](RawDatom const& datom) {
      at ^= 1U;
      kept[at] = datom;
      run.add(kept[at]);
    });
    keep(run);
  }

  template <class Sink>
  void merge(std::vector<Run> const& runs, Sink&& sink) const {
    std::vector<std::unique_ptr<Reader>> readers;
    for (auto const& run : runs) readers.push_back(std::make_unique<Reader>(file_, run));
    auto const after = [](std::unique_ptr<Reader> const& left, std::unique_ptr<Reader> const& right) {
      if (left->head() != right->head()) return left->head() > right->head();
      return compare<Sorted>(left->datom(), right->datom()) > 0;
    };
    std::make_heap(readers.begin(), readers.end(), after);
    RawDatom last;
    bool any = false;
    while (!readers.empty()) {
      std::pop_heap(readers.begin(), readers.end(), after);
      auto& reader = *readers.back();
      if (!any || compare<Sorted>(last, reader.datom()) != 0) {
        last = reader.datom();
        any = true;
        sink(std::as_const(last));
      }
      reader.next();
      if (reader.at_end()) {
        readers.pop_back();
      } else {
        std::push_heap(readers.begin(), readers.end(), after);
      }
    }
  }

  std::size_t budget_;
  std::size_t used_ = 0;
  std::uint64_t size_ = 0;
  bool in_order_ = true;
  std::vector<RawDatom> datoms_;
  std::vector<Run> runs_;
  std::size_t largest_block_ = 0;
  detail::SpillFile file_;
};

}  // namespace cairn
