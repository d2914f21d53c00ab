// Copyright the Cairn authors
// SPDX-License-Identifier: BSL-1.0
// Databases of Datahike and DataScript.
#pragma once

#include <cairn/dump/datahike.hpp>
#include <cairn/dump/datahike_directory.hpp>
#include <cairn/dump/datascript.hpp>
#include <cairn/dump/whole_store.hpp>

#include <memory>
#include <string>
#include <utility>

namespace cairn {

namespace detail {

template <class Backend, class IndexTag, class Fill>
DumpReport import_history(typename Backend::Config const& config, RestoreOptions const& how, DatabaseOptions const& options, Fill const& fill) {
  if (!options.keep_history) raise_option_mismatch("keep-history?", "false", "true");
  if (options.attribute_refs) raise_option_mismatch("attribute-refs?", "true", "false");
  DumpReport report;
  create_whole<Backend, IndexTag>(config, options, [&](NodeSink const& sink, std::shared_ptr<NodeSource const> const& nodes) {
    ImportedHistory history{how};
    fill(history);
    return history.finish<IndexTag>(report, sink, nodes);
  });
  return report;
}

}  // namespace detail

/// Makes a new store of what Datahike's `export-db` wrote in one file, in any of its versions: a datom a line in EDN, `#datahike/Datom
/// [e a v tx added]`, or a sequence of such datoms in CBOR, the schema's among them, with a history if it was exported. Entities keep their
/// numbers; the transaction 536870912 + n becomes the n-th.
///
/// The database is of `:schema-flexibility :write` where all attributes have a type; then, and of references, a value that is not of its
/// attribute's type is refused (`transact/schema`), but that a long under a bigint becomes one. Transactions without a `:db/txInstant` get the time
/// of the import. Attributes that are numbers (`:attribute-refs? true`) become names, by the datoms of their entities. Errors: `edn/syntax` for
/// what is no datom or cannot be one here, with its line or number, and for an attribute whose number nothing says the name of; `store/format`
/// where a manifest needs what is not known here; `transact/unique` where two entities have one value of a unique attribute; as `restore`. Memory: that of `RestoreOptions`, a few words for each transaction and each
/// fact about the schema, and a line or a datom.
template <class Backend, class IndexTag = typename detail::DefaultIndex<Backend>::type>
DumpReport import_datahike(typename Backend::Config const& config, ByteSource source, RestoreOptions const& how = {}, DatabaseOptions const& options = {}) {
  return detail::import_history<Backend, IndexTag>(config, how, options, [&](detail::ImportedHistory& history) {
    detail::DumpInput in{std::move(source)};
    detail::require_dump(in, Errc::edn_syntax);
    detail::read_datahike(in, history);
  });
}

/// The same of a directory: a manifest and chunks, in EDN or CBOR. Those with gzip are `store/format` where no unit of the program includes
/// `cairn/dump/gzip.hpp`. The manifest's version, what it requires and how many datoms each chunk has are checked, SHA-256 is not. Memory: the
/// manifest, too, and for gzip 110 KB.
template <class Backend, class IndexTag = typename detail::DefaultIndex<Backend>::type>
DumpReport import_datahike(typename Backend::Config const& config, DatahikeDirectory const& directory, RestoreOptions const& how = {},
                           DatabaseOptions const& options = {}) {
  return detail::import_history<Backend, IndexTag>(config, how, options, [&](detail::ImportedHistory& history) {
    detail::read_datahike_directory([&](std::string const& name) { return directory.open(name); }, history);
  });
}

/// Makes a new store of the JSON of what DataScript's `serializable` returns. Entities keep their numbers, and transactions their order; the
/// schema, which is no data there, becomes entities behind all others, and a last transaction. Names of attributes that are strings
/// become keywords. Transactions have the time of the import. Errors: `edn/syntax`, `transact/syntax` for a value that no datom can hold
/// (a map, a set), `transact/unique` as `import_datahike`, `edn/limit` for more than a gigabyte; as `restore`. Memory: the text, beside that of `RestoreOptions`.
template <class Backend, class IndexTag = typename detail::DefaultIndex<Backend>::type>
DumpReport import_datascript(typename Backend::Config const& config, ByteSource source, RestoreOptions const& how = {}, DatabaseOptions const& options = {}) {
  return detail::import_history<Backend, IndexTag>(config, how, options, [&](detail::ImportedHistory& history) {
    detail::DumpInput in{std::move(source)};
    detail::require_dump(in, Errc::edn_syntax);
    detail::read_datascript(in, history);
  });
}

}  // namespace cairn
