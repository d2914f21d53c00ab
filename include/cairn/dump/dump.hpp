// Copyright the Cairn authors
// SPDX-License-Identifier: BSL-1.0
// A database as a file that no version of a store's format can outlive.
#pragma once

#include <cairn/db/db.hpp>
#include <cairn/dump/framing.hpp>
#include <cairn/dump/merged_history.hpp>
#include <cairn/dump/read.hpp>

#include <algorithm>
#include <cstdint>
#include <functional>
#include <optional>
#include <string>
#include <utility>
#include <vector>

namespace cairn {

/// How a dump is made.
struct DumpOptions {
  DumpEncoding encoding = DumpEncoding::edn;
  /// Whether what is no longer true is written, too.
  bool history = true;
  /// How many datoms have one checksum; a dump that was interrupted goes on behind the last of these.
  std::uint64_t chunk_size = std::uint64_t{1} << 14U;
  /// Where an interrupted dump of the same value goes on (`scan_dump`); what is written then follows its first `bytes` bytes.
  std::optional<DumpPosition> from{};
  /// Called after each chunk, with how many datoms were written by then. What it throws ends the dump.
  std::function<void(std::uint64_t datoms)> progress{};
};

namespace detail {

/// The header of a dump of that snapshot.
template <class IndexTag>
[[nodiscard]] DumpHeader dump_header(Snapshot<IndexTag> const& snapshot, bool history) {
  DumpHeader header;
  header.history = history;
  header.keep_history = snapshot.options->keep_history;
  header.schema_flexibility = snapshot.options->schema_flexibility;
  header.attribute_refs = snapshot.options->attribute_refs;
  header.index = IndexTag::name;
  header.max_entity = snapshot.max_entity;
  header.max_tx = snapshot.max_tx;
  header.last_instant = snapshot.last_instant;
  header.current = snapshot.current.eavt.size();
  header.past = history ? snapshot.temporal.eavt.size() : 0;
  return header;
}

/// Gathers records into chunks and writes these.
template <class Framing>
class DumpWriter {
 public:
  DumpWriter(ByteSink const& sink, DumpOptions const& options) : sink_{sink}, options_{options} {}

  /// The header, and the first chunk: all but datoms.
  void begin(DumpHeader const& header, DatabaseSchema const& schema) {
    expected_ = header;
    Framing::write_header(out_, header);
    checksum_ = chained_checksum(out_, 0);
    for (auto const& attribute : schema.attributes().subspan(first_user_attribute)) {
      records_.attribute(payload_, *attribute);
      ++in_chunk_;
    }
    std::vector<std::pair<EntityId, Keyword>> idents{schema.idents().begin(), schema.idents().end()};
    std::ranges::sort(idents, {}, &std::pair<EntityId, Keyword>::first);
    for (auto const& [entity, ident] : idents) {
      records_.ident(payload_, entity, ident);
      ++in_chunk_;
    }
    close_chunk();
    if (!options_.from) return;
    auto const& from = *options_.from;
    if (from.chunks == 0) return;
    out_.clear();  // it is there
    checksum_ = from.checksum;
    report_ = {from.current, from.past, from.chunks, from.bytes};
  }
  void datom(RawDatom const& datom, bool current, DatabaseSchema const& schema) {
    records_.datom(payload_, datom, current, schema);
    ++in_chunk_;
    ++(current ? report_.current : report_.past);
    if (in_chunk_ >= options_.chunk_size || payload_.size() >= largest_payload) close_chunk();
  }
  /// Of the chunks so far.
  [[nodiscard]] std::uint64_t checksum() const noexcept { return checksum_; }
  [[nodiscard]] DumpReport finish() {
    if (in_chunk_ != 0) close_chunk();
    if (report_.current != expected_.current || report_.past != expected_.past) {
      raise(Errc::store_corrupt, "The database does not have as many datoms as it says. `cairn verify` says more.");
    }
    Framing::write_end(out_, {report_.chunks, report_.current, report_.past, checksum_});
    flush();
    return report_;
  }

 private:
  static constexpr std::size_t largest_payload = std::size_t{1} << 20U;

  void close_chunk() {
    checksum_ = chained_checksum(payload_, checksum_);
    DumpChunk const chunk{report_.chunks, in_chunk_, checksum_, payload_};
    if (payload_.size() > largest_chunk) {
      raise(Errc::config_range, "A datom of more than a gigabyte cannot be dumped.");
    }
    Framing::write_before(out_, chunk);
    out_ += payload_;
    Framing::write_behind(out_, chunk);
    ++report_.chunks;
    payload_.clear();
    in_chunk_ = 0;
    records_.begin_chunk();
    if (report_.chunks == 1) return;  // it may be there
    flush();
    if (options_.progress) options_.progress(report_.datoms());
  }
  void flush() {
    report_.bytes += out_.size();
    sink_(std::as_bytes(std::span{out_}));
    out_.clear();
  }

  ByteSink const& sink_;
  DumpOptions const& options_;
  typename Framing::RecordWriter records_{};
  std::string payload_{};
  std::string out_{};
  std::uint64_t in_chunk_ = 0;
  std::uint64_t checksum_ = 0;
  DumpHeader expected_{};
  DumpReport report_{};
};

/// Whether a dump that was begun can go on with that snapshot: they have the same header and schema, and the snapshot has as many datoms
/// up to the last that was written, of both kinds. O(log n).
template <class IndexTag>
[[nodiscard]] bool is_dump_of(Snapshot<IndexTag> const& snapshot, DumpPosition const& begun) {
  ByteSink const nowhere;
  DumpOptions const options;
  auto const identity = [&](auto writer) {
    writer.begin(dump_header(snapshot, begun.header.history), *snapshot.schema);
    return writer.checksum();
  };
  auto const checksum = begun.encoding == DumpEncoding::cbor ? identity(DumpWriter<CborFraming>{nowhere, options}) : identity(DumpWriter<EdnFraming>{nowhere, options});
  if (checksum != begun.first_checksum) return false;
  if (!begun.last) return begun.current == 0 && begun.past == 0;
  auto const& now = snapshot.current.eavt;
  auto const& then = snapshot.temporal.eavt;
  Position const behind{.datom = *begun.last, .components = 5, .after = true};
  return (now.contains(*begun.last) || then.contains(*begun.last)) && now.count(Position{}, behind) == begun.current &&
         (begun.header.history ? then.count(Position{}, behind) : 0) == begun.past;
}

template <class Framing, class IndexTag>
DumpReport dump_as(Snapshot<IndexTag> const& snapshot, ByteSink const& sink, DumpOptions const& options) {
  if (auto const& from = options.from; from && from->chunks != 0) {
    if (from->encoding != options.encoding || from->header.history != options.history || !is_dump_of(snapshot, *from)) {
      raise(Errc::config_mismatch, "The dump that is to go on is of another value of the database, or of another database. Dump to another file.");
    }
  }
  DumpWriter<Framing> writer{sink, options};
  writer.begin(dump_header(snapshot, options.history), *snapshot.schema);
  auto const* last = options.from && options.from->last ? &*options.from->last : nullptr;
  for_each_of_history(snapshot, options.history, last,
                      [&](RawDatom const& datom, bool current) { writer.datom(datom, current, *snapshot.schema); });
  return writer.finish();
}

}  // namespace detail

/// Writes a database with its whole history: what is read back (`restore`) has the same numbers of entities and transactions, the same
/// instants, the same schema, and every value with its type and its bytes. Two dumps of one value are the same bytes.
///
/// It is of one value, whatever is committed meanwhile, which a collection of garbage of this process leaves alone for as long.
/// Errors: `config/mismatch` for a view that is not the present (`as_of`, a filter), or where `from` is of another value or written otherwise; those of the store
/// and of the sink. Complexity: linear; memory: a chunk and a few nodes. Thread safety: as any reading of a database value.
template <class IndexTag>
DumpReport dump(Db<IndexTag> const& db, ByteSink const& sink, DumpOptions const& options = {}) {
  if (!db.view().is_plain()) {
    raise(Errc::config_mismatch, "A dump is of a whole database, and this is a view of one. Dump what conn.db() returns.");
  }
  if (options.encoding == DumpEncoding::cbor) return detail::dump_as<detail::CborFraming>(db.snapshot(), sink, options);
  return detail::dump_as<detail::EdnFraming>(db.snapshot(), sink, options);
}

}  // namespace cairn
