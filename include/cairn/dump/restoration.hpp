// Copyright the Cairn authors
// SPDX-License-Identifier: BSL-1.0
// A snapshot out of a schema and datoms, as they come.
#pragma once

#include <cairn/dump/read.hpp>
#include <cairn/dump/rebuild.hpp>

#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <functional>
#include <limits>
#include <memory>
#include <optional>
#include <string>
#include <utility>

namespace cairn {

/// How far a restoration has come.
struct RestoreProgress {
  enum Phase : std::uint8_t { reading, sorting };
  Phase phase = reading;
  std::uint64_t done = 0;   ///< datoms that were read, or entries of indexes that were sorted
  std::uint64_t total = 0;  ///< of datoms; of entries it is not known
};

/// How a database is restored.
struct RestoreOptions {
  /// Bytes for datoms that wait to be sorted. What does not fit waits in a temporary file.
  std::size_t memory = std::size_t{32} << 20U;
  /// Where that file is; empty: `TMPDIR`, or /var/tmp.
  std::string directory{};
  /// Called now and then. What it throws ends the restoration, and there is no store.
  std::function<void(RestoreProgress const&)> progress{};
};

namespace detail {

/// Builds the snapshot that datoms make, and says how far that is.
template <class IndexTag>
class Restoration {
 public:
  Restoration(DumpHeader const& header, RestoreOptions const& options) : header_{header}, options_{options}, schema_{header.attribute_refs} {}

  void attribute(Attribute attribute) { schema_.attribute(std::move(attribute)); }
  void ident(EntityId entity, Keyword ident) { schema_.ident(entity, ident); }
  void datom(RawDatom datom, bool current) {
    if (datom.a == system_attribute::tx_instant && datom.e >= first_transaction && datom.v.is(ValueKind::instant)) {
      note_instant(datom.e, datom.v.as_instant());
    }
    rebuild_->add(std::move(datom), current);
    if ((++read_ & often) == 0) report(RestoreProgress::reading, read_, header_.current + header_.past);
  }
  [[nodiscard]] DatabaseSchema const& schema() const noexcept { return schema_.schema(); }

  void begin(NodeSink const& sink, std::shared_ptr<NodeSource const> const& source) {
    rebuild_.emplace(schema_.schema(), sink, source, options_.memory, options_.directory);
  }
  /// `share(attribute, value, first, second)` raises what it is that two entities have one value of a unique attribute.
  template <class Share>
  [[nodiscard]] Snapshot<IndexTag> finish(Share const& share) {
    Snapshot<IndexTag> made;
    std::uint64_t entries = 0;
    auto const count = [&] {
      if ((++entries & often) == 0) report(RestoreProgress::sorting, entries, 0);
    };
    rebuild_->finish(made, count, share);
    made.schema = std::make_shared<DatabaseSchema const>(schema_.schema());
    made.max_entity = header_.max_entity;
    made.max_tx = header_.max_tx;
    made.last_instant = header_.last_instant;
    made.last_set_back = last_set_back_;
    DatabaseOptions options;
    options.keep_history = header_.keep_history;
    options.schema_flexibility = header_.schema_flexibility;
    options.attribute_refs = header_.attribute_refs;
    made.options = std::make_shared<DatabaseOptions const>(std::move(options));
    return made;
  }

 private:
  static constexpr std::uint64_t often = (std::uint64_t{1} << 14U) - 1;

  /// Transactions come in their order; up to one that does not their instants are taken for set back.
  void note_instant(EntityId tx, Instant instant) {
    if (tx < latest_tx_ || instant < latest_instant_) last_set_back_ = (std::max)(latest_tx_, tx);
    latest_tx_ = (std::max)(latest_tx_, tx);
    latest_instant_ = (std::max)(latest_instant_, instant);
  }

  void report(RestoreProgress::Phase phase, std::uint64_t done, std::uint64_t total) const {
    if (options_.progress) options_.progress({phase, done, total});
  }

  DumpHeader const& header_;
  RestoreOptions const& options_;
  DumpSchema schema_;
  std::optional<SnapshotRebuild<IndexTag>> rebuild_{};
  std::uint64_t read_ = 0;
  EntityId latest_tx_ = first_transaction - 1;
  Instant latest_instant_{(std::numeric_limits<std::int64_t>::min)()};
  EntityId last_set_back_ = first_transaction - 1;
};

}  // namespace detail

}  // namespace cairn
