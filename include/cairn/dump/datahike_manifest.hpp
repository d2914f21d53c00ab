// Copyright the Cairn authors
// SPDX-License-Identifier: BSL-1.0
// What Datahike's exports say of themselves.
#pragma once

#include <cairn/db/value_type.hpp>
#include <cairn/dump/edn_values.hpp>

#include <algorithm>
#include <array>
#include <cstdint>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace cairn::detail {

/// The manifest of an export: of a directory, or the first line of a file.
struct DatahikeManifest {
  struct Chunk {
    std::string file{};
    std::uint64_t count = 0;  ///< of its datoms
  };
  bool is_cbor = false;
  bool is_compressed = false;
  std::vector<std::pair<std::int64_t, Keyword>> system{};  ///< Datahike's own entities, where the database had them as such
  std::vector<Chunk> chunks{};
};

/// Reads a manifest. Errors: `store/format` for an export that needs more to be understood than there is here; throws `BadRecord` where it
/// is no manifest.
class DatahikeManifestReader {
 public:
  explicit DatahikeManifestReader(std::string_view text) : text_{text} {}

  [[nodiscard]] DatahikeManifest read() {
    std::vector<notation::Node> nodes;
    auto const result = notation::read_one(text_, nodes, dump_reading);
    if (result.status != notation::ReadStatus::form) bad_record(std::string{result.message});
    notation::Form const form{text_, nodes.data(), result.root};
    if (!form.is(Kind::map)) bad_record("it is no map");
    check_version(form);
    check_requirements(form);
    DatahikeManifest manifest;
    manifest.is_cbor = choice(form, "serialization", {"cbor-seq", "edn-lines"}) == "cbor-seq";
    auto const compression = form.find("compression");
    manifest.is_compressed = compression && choice(form, "compression", {"gzip", "none"}) == "gzip";
    read_system(form, manifest);
    read_chunks(form, manifest);
    return manifest;
  }

  /// Whether the chunks have the names that they are written with, each behind the one before it: so none leads out of the directory.
  static void check_names(DatahikeManifest const& manifest) {
    std::string_view const end = !manifest.is_cbor ? ".edn" : manifest.is_compressed ? ".cbor.gz" : ".cbor";
    constexpr std::string_view begin = "datoms-";
    std::string_view last;
    for (auto const& chunk : manifest.chunks) {
      std::string_view number{chunk.file};
      bool is_name = number.starts_with(begin) && number.size() >= begin.size() + 6 + end.size() && number.ends_with(end);
      if (is_name) {
        number = number.substr(begin.size(), number.size() - begin.size() - end.size());
        is_name = number.find_first_not_of("0123456789") == std::string_view::npos;
      }
      if (!is_name) bad_record("\"" + begin_of(chunk.file) + "\" is no name of a chunk: datoms-000001" + std::string{end});
      if (std::pair{number.size(), number} <= std::pair{last.size(), last}) bad_record(chunk.file + " does not follow the chunk before it");
      last = number;
    }
  }

 private:
  using Kind = notation::Kind;

  [[noreturn]] static void not_understood(std::string const& what) {
    raise(Errc::store_format, "The export " + what + ". Export the database again with a version of Datahike that Cairn's documentation names.");
  }

  static void check_version(notation::Form form) {
    auto const version = form.find("datahike.migrate/format-version");
    if (!version || !version->is(Kind::integer)) bad_record("it does not say :datahike.migrate/format-version");
    if (version->integer() != 1) not_understood("is of the format " + std::to_string(version->integer()) + ", and 1 is the newest that is known here");
  }

  [[nodiscard]] static bool is_known(notation::Form requirement) {
    if (!requirement.is(Kind::keyword)) return false;
    auto const name = requirement.name();
    static constexpr std::array<std::string_view, 3> known{"datahike.migrate/cbor-seq", "datahike.migrate/history", "datahike.migrate/attribute-refs"};
    // The types that only Datahike's own attributes have.
    static constexpr std::array<std::string_view, 4> internal{"db.type/valueType", "db.type/cardinality", "db.type/unique", "db.type.install/attribute"};
    return std::ranges::find(known, name) != known.end() || std::ranges::find(internal, name) != internal.end() ||
           std::ranges::find(value_type_names, name, [](auto const& type) { return type.second; }) != value_type_names.end();
  }
  static void check_requirements(notation::Form form) {
    auto const required = form.find("requires");
    if (!required || required->is(Kind::nil)) return;
    if (!required->is(Kind::vector)) bad_record(":requires is no vector");
    std::string unknown;
    for (auto const requirement : *required) {
      if (!is_known(requirement)) (unknown += unknown.empty() ? "" : ", ") += begin_of(requirement.raw());
    }
    if (!unknown.empty()) not_understood("has what is not known here: " + unknown);
  }

  [[nodiscard]] static std::string_view choice(notation::Form form, std::string_view key, std::array<std::string_view, 2> known) {
    auto const found = form.find(key);
    if (!found || !found->is(Kind::keyword)) bad_record("it does not say :" + std::string{key});
    auto const name = found->name();
    if (std::ranges::find(known, name) == known.end()) not_understood("is written with :" + std::string{key} + " :" + std::string{name});
    return name;
  }

  static void read_system(notation::Form form, DatahikeManifest& manifest) {
    auto const system = form.find("system-idents");
    if (!system || system->is(Kind::nil)) return;
    if (!system->is(Kind::map)) bad_record(":system-idents is no map");
    std::int64_t entity = 0;
    bool is_name = false;
    for (auto const part : *system) {
      if (!part.is(is_name ? Kind::keyword : Kind::integer)) bad_record(":system-idents does not say what entities are called");
      if (is_name) {
        manifest.system.emplace_back(entity, Keyword{part.name()});
      } else {
        entity = part.integer();
      }
      is_name = !is_name;
    }
  }

  static void read_chunks(notation::Form form, DatahikeManifest& manifest) {
    auto const chunks = form.find("chunks");
    if (!chunks || !chunks->is(Kind::vector)) bad_record(":chunks is no vector");
    std::uint64_t all = 0;
    for (auto const chunk : *chunks) {
      auto const file = chunk.is(Kind::map) ? chunk.find("file") : std::nullopt;
      auto const count = chunk.is(Kind::map) ? chunk.find("count") : std::nullopt;
      if (!file || !file->is(Kind::string) || !count || !count->is(Kind::integer) || count->integer() < 0) {
        bad_record("a chunk does not say its :file and :count");
      }
      all += static_cast<std::uint64_t>(count->integer());
      manifest.chunks.push_back({file->string(), static_cast<std::uint64_t>(count->integer())});
    }
    auto const stats = form.find("stats");
    auto const expected = stats && stats->is(Kind::map) ? stats->find("datom-count") : std::nullopt;
    if (expected && expected->is(Kind::integer) && static_cast<std::uint64_t>(expected->integer()) != all) {
      bad_record("its chunks have " + std::to_string(all) + " datoms, and its :datom-count is " + std::to_string(expected->integer()));
    }
  }

  std::string_view text_;
};

/// Errors: those of `DatahikeManifestReader`; `edn/syntax`.
template <meta::Lazy = {}>
[[nodiscard]] DatahikeManifest read_manifest(std::string_view text, bool of_directory) {
  try {
    auto manifest = DatahikeManifestReader{text}.read();
    if (of_directory) DatahikeManifestReader::check_names(manifest);
    return manifest;
  } catch (BadRecord const& bad) {
    raise(Errc::edn_syntax, "The export's manifest cannot be taken: " + bad.what + ".");
  }
}

}  // namespace cairn::detail
