// Copyright the Cairn authors
// SPDX-License-Identifier: BSL-1.0
// Datahike's exports, whatever version wrote them.
#pragma once

#include <cairn/dump/datahike_cbor.hpp>
#include <cairn/dump/datahike_edn.hpp>
#include <cairn/dump/datahike_manifest.hpp>
#include <cairn/dump/gzip_hook.hpp>

#include <cstdint>
#include <string>

namespace cairn::detail {

/// `file`: of a directory, or empty.
template <meta::Lazy = {}>
void check_export_count(std::uint64_t found, std::uint64_t expected, std::string const& file = {}) {
  if (found == expected) return;
  raise(Errc::edn_syntax,
        (file.empty() ? "The export" : file) + " has " + std::to_string(found) + " datoms, and the export's manifest says " + std::to_string(expected) +
            ": it is not what was exported.",
        file.empty() ? "{}" : "{:file \"" + file + "\"}");
}

/// Reads an export that is one file, and tells by its first byte what it is: a datom a line in EDN, or a sequence of datoms in CBOR, or
/// either behind a line that is a manifest.
template <meta::Lazy = {}>
void read_datahike(DumpInput& in, ImportedHistory& history) {
  DatahikeDatoms datoms{history};
  auto const begin = in.ahead(1);
  auto const first = begin.empty() ? 0U : static_cast<unsigned char>(begin[0]);
  if (first >> 5U == static_cast<unsigned>(cbor::Major::array)) {
    read_datahike_cbor(in, datoms);
    return;
  }
  if (first != '{') {
    read_datahike_edn(in, datoms);
    return;
  }
  auto const line = [&] {
    try {
      auto const found = in.line(0);
      return found ? *found : in.ahead(in.limit());
    } catch (BadRecord const& bad) {
      ExportPlace{{}, "line", 1}.refuse(bad.what);
    }
  }();
  auto const manifest = read_manifest(line, false);
  if (manifest.is_compressed || manifest.chunks.size() > 1) raise(Errc::store_format, "The export is a manifest alone: restore the directory that it stands in.");
  in.pass(line.size());
  for (auto const& [entity, name] : manifest.system) datoms.system(entity, name);
  auto const found = manifest.is_cbor ? read_datahike_cbor(in, datoms) : read_datahike_edn(in, datoms, {}, 1);
  check_export_count(found, manifest.chunks.empty() ? std::uint64_t{0} : manifest.chunks.front().count);
}

/// Reads an export that is a directory. `open`: a file of it as a `ByteSource`; it is asked for `manifest.edn`, and then for names that
/// chunks have, one at a time.
template <class Open>
void read_datahike_directory(Open const& open, ImportedHistory& history) {
  DatahikeDatoms datoms{history};
  auto const manifest = [&] {
    DumpInput in{open(std::string{"manifest.edn"})};
    return read_manifest(in.ahead(in.limit()), true);
  }();
  for (auto const& [entity, name] : manifest.system) datoms.system(entity, name);
  for (auto const& chunk : manifest.chunks) {
    DumpInput in{manifest.is_compressed ? open_compressed(open, chunk.file) : open(chunk.file)};
    auto const found = manifest.is_cbor ? read_datahike_cbor(in, datoms, chunk.file) : read_datahike_edn(in, datoms, chunk.file);
    check_export_count(found, chunk.count, chunk.file);
  }
}

}  // namespace cairn::detail
