// Copyright the Cairn authors
// SPDX-License-Identifier: BSL-1.0
// A database out of all of its datoms.
#pragma once

#include <cairn/db/snapshot.hpp>
#include <cairn/db/unique_values.hpp>
#include <cairn/dump/format.hpp>
#include <cairn/index/external_sort.hpp>
#include <cairn/index/persistent_set.hpp>

#include <cstddef>
#include <memory>
#include <optional>
#include <string>
#include <utility>

namespace cairn::detail {

/// Takes datoms in the order of EAVT, what is true and what was, and builds the indexes of both in bounded memory: nodes go to the sink
/// as they are full, and what has another order is sorted outside.
template <class IndexTag>
class SnapshotRebuild {
 public:
  /// `memory`: bytes for datoms that wait to be sorted. Requires: the schema stays where it is.
  SnapshotRebuild(DatabaseSchema const& schema, NodeSink const& sink, std::shared_ptr<NodeSource const> source, std::size_t memory,
                  std::string const& directory)
      : schema_{schema}, sink_{sink}, source_{std::move(source)}, current_{sink_, source_, memory / 4, directory}, past_{sink_, source_, memory / 4, directory} {}

  /// One behind the last of its kind. Requires: the schema has its attribute.
  void add(RawDatom datom, bool current) {
    auto& half = current ? current_ : past_;
    half.aevt->add(datom);
    if (schema_.find(datom.a)->in_avet()) half.avet->add(datom);
    half.eavt.add(std::move(datom));
  }

  /// The indexes of a snapshot; once. `progress()` is called for each entry that was sorted, and `share(attribute, value, first, second)` where
  /// two entities have one value of a unique attribute.
  template <class Progress, class Share>
  void finish(Snapshot<IndexTag>& snapshot, Progress const& progress, Share const& share) {
    UniqueValues unique{schema_};
    snapshot.current = finish(current_, progress, [&](RawDatom const& datom) {
      if (auto const other = unique.other_with(datom)) share(*schema_.find(datom.a), datom.v, *other, datom.e);
    });
    snapshot.temporal = finish(past_, progress, [](RawDatom const&) {});
  }

 private:
  struct Half {
    Half(NodeSink const& sink, std::shared_ptr<NodeSource const> const& source, std::size_t memory, std::string const& directory)
        : eavt{sink, source}, aevt{std::in_place, memory, directory}, avet{std::in_place, memory, directory} {}
    typename IndexOf<IndexTag, Order::eavt>::Builder eavt;
    std::optional<ExternalSorter<Order::aevt>> aevt;
    std::optional<ExternalSorter<Order::avet>> avet;
  };

  template <class Progress, class Look>
  [[nodiscard]] Indexes<IndexTag> finish(Half& half, Progress const& progress, Look const& look_at_avet) {
    Indexes<IndexTag> made;
    made.eavt = std::move(half.eavt).finish();
    made.aevt = sorted<Order::aevt>(half.aevt, progress, [](RawDatom const&) {});
    made.avet = sorted<Order::avet>(half.avet, progress, look_at_avet);
    return made;
  }
  template <Order Sorted, class Progress, class Look>
  [[nodiscard]] auto sorted(std::optional<ExternalSorter<Sorted>>& sorter, Progress const& progress, Look const& look) {
    typename IndexOf<IndexTag, Sorted>::Builder builder{sink_, source_};
    (*std::move(sorter)).drain([&](RawDatom datom) {
      look(datom);
      builder.add(std::move(datom));
      progress();
    });
    sorter.reset();
    return std::move(builder).finish();
  }

  DatabaseSchema const& schema_;
  NodeSink sink_;
  std::shared_ptr<NodeSource const> source_;
  Half current_;
  Half past_;
};

}  // namespace cairn::detail
