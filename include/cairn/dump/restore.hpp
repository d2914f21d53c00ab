// Copyright the Cairn authors
// SPDX-License-Identifier: BSL-1.0
// A database made of a dump, or of another database.
#pragma once

#include <cairn/db/db.hpp>
#include <cairn/dump/dump.hpp>
#include <cairn/dump/read.hpp>
#include <cairn/dump/restoration.hpp>
#include <cairn/dump/whole_store.hpp>

#include <memory>
#include <string>
#include <utility>

namespace cairn {

namespace detail {

/// What the dump says is fixed at creation must not be contradicted by who restores it; else it is taken from there.
template <meta::Lazy = {}>
void check_restored_options(DumpHeader const& header, DatabaseOptions const& asked) {
  DatabaseOptions const otherwise;
  auto const check = [](char const* key, auto is, auto wanted, auto by_default) {
    if (wanted != by_default && wanted != is) raise_option_mismatch(key, edn_of(wanted), edn_of(is));
  };
  check("keep-history?", header.keep_history, asked.keep_history, otherwise.keep_history);
  check("schema-flexibility", header.schema_flexibility, asked.schema_flexibility, otherwise.schema_flexibility);
  check("attribute-refs?", header.attribute_refs, asked.attribute_refs, otherwise.attribute_refs);
}

/// Refuses what two entities share that one alone can have.
template <meta::Lazy = {}>
[[noreturn]] void raise_unsound_source(char const* source, Attribute const& attribute, Value const& value, EntityId first, EntityId second) {
  raise(Errc::store_corrupt,
        "The " + std::string{source} + " is not sound: " + describe_shared_value(attribute, value, first, second) + ". Take another one, or retract one of them there.",
        "{:attribute " + to_text(attribute.ident) + " :value " + to_text(value) + " :entity-id " + std::to_string(first) + "}");
}

}  // namespace detail

/// Makes a new store of a dump, on any backend and in either index, whatever the dump was made of. It is there when this returns, whole
/// and durable, with the answers that the dumped database gave; else there is none: an error removes what was begun, and what a killed
/// process leaves is no database and does not stand in the way of doing it again.
///
/// Of `options` the branch is used; what is fixed at creation is the dump's (`config/mismatch` where it is asked for otherwise).
/// Errors: `store/exists`; `store/corrupt` where the dump is damaged or cut off, with the place, and where two entities have one value of a
/// unique attribute; `store/format` where it is none, or a newer version's; those of the source and the backend. Complexity: n log n in the datoms; memory: that of `RestoreOptions`, and a chunk.
template <class Backend, class IndexTag = typename detail::DefaultIndex<Backend>::type>
DumpReport restore(typename Backend::Config const& config, ByteSource source, RestoreOptions const& how = {}, DatabaseOptions const& options = {}) {
  detail::DumpReader reader{std::move(source)};
  detail::check_restored_options(reader.header(), options);
  detail::create_whole<Backend, IndexTag>(config, options, [&](NodeSink const& sink, std::shared_ptr<NodeSource const> const& nodes) {
    detail::Restoration<IndexTag> restoration{reader.header(), how};
    restoration.begin(sink, nodes);
    while (reader.read_chunk(restoration)) {
    }
    return restoration.finish([](auto const&... shared) { detail::raise_unsound_source("dump", shared...); });
  });
  auto const& position = reader.position();
  return {position.current, position.past, position.chunks, reader.bytes()};
}

/// Makes a new store of a database: as `dump` and `restore`, without a dump between them. Errors: theirs.
template <class Backend, class IndexTag = typename detail::DefaultIndex<Backend>::type, class FromTag>
DumpReport copy_database(Db<FromTag> const& db, typename Backend::Config const& config, RestoreOptions const& how = {},
                         DatabaseOptions const& options = {}) {
  if (!db.view().is_plain()) {
    raise(Errc::config_mismatch, "A copy is of a whole database, and this is a view of one. Copy what conn.db() returns.");
  }
  auto const& snapshot = db.snapshot();
  auto const header = detail::dump_header(snapshot, true);
  detail::check_restored_options(header, options);
  detail::create_whole<Backend, IndexTag>(config, options, [&](NodeSink const& sink, std::shared_ptr<NodeSource const> const& nodes) {
    detail::Restoration<IndexTag> restoration{header, how};
    for (auto const& attribute : snapshot.schema->attributes().subspan(first_user_attribute)) restoration.attribute(*attribute);
    for (auto const& [entity, ident] : snapshot.schema->idents()) restoration.ident(entity, ident);
    restoration.begin(sink, nodes);
    detail::for_each_of_history(snapshot, true, nullptr, [&](RawDatom const& datom, bool current) { restoration.datom(datom, current); });
    return restoration.finish([](auto const&... shared) { detail::raise_unsound_source("database", shared...); });
  });
  return {header.current, header.past, 0, 0};
}

}  // namespace cairn
