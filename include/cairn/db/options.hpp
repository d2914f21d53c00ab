// Copyright the Cairn authors
// SPDX-License-Identifier: BSL-1.0
// What a database is created and opened with, beside the place where it is stored.
#pragma once

#include <cairn/concepts/config_spec.hpp>
#include <cairn/config/edn_text.hpp>
#include <cairn/config/load.hpp>
#include <cairn/datom/keyword.hpp>

#include <array>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

namespace cairn {

/// Whether attributes must be declared.
enum class SchemaFlexibility : std::uint8_t {
  write,  ///< before they are used: a transaction that uses an unknown one is refused (the default)
  read,   ///< never: what a value is shows when it is read
};

/// Datahike's options of a database, under Datahike's names: `:keep-history?` is `keep_history`.
struct DatabaseOptions {
  /// For people; nothing depends on it.
  std::string name = {};
  /// Whether what was retracted stays readable through `history` and `as_of`. Fixed at creation.
  bool keep_history = true;
  /// Fixed at creation.
  SchemaFlexibility schema_flexibility = SchemaFlexibility::write;
  /// Whether attributes are entities' numbers in datoms, as in Datomic. Fixed at creation.
  bool attribute_refs = false;
  /// The index, `:persistent-set` or Datahike's `:datahike.index/persistent-set`; nothing takes what the program's type
  /// says.
  std::optional<Keyword> index = {};
  /// Settings of the index, as EDN.
  EdnText index_config = {};
  /// Transacted right after creation, as EDN: a vector, or a map with `:tx-data`.
  EdnText initial_tx = {};
  /// The branch that a connection is on.
  std::string branch = "db";

  friend bool operator==(DatabaseOptions const&, DatabaseOptions const&) = default;
};

namespace config {

/// What its initialisers don't say about DatabaseOptions.
struct DatabaseOptionsSpec {
  static constexpr auto config_spec =
      cairn::config_spec(cairn::optional(&DatabaseOptions::name), cairn::non_empty(&DatabaseOptions::branch));
};

/// Asks whether options that were written in C++ can be used. Errors: `config/range`, `config/missing`.
inline void validate_options(DatabaseOptions const& options) {
  validate_aggregate<DatabaseOptionsSpec>(options, "the database");
}

/// Reads the options out of Datahike's whole map, in which `:store` is another's, and adds what is wrong to `problems`.
[[nodiscard]] inline DatabaseOptions read_options(Problems& problems, notation::Form whole) {
  static constexpr std::array<std::string_view, 1> also_known{"store"};
  DatabaseOptions options;
  Origins<DatabaseOptions> origins;
  Place const place{problems, "in the EDN map"};
  read_fields(whole, options, place, &origins, also_known,
              [](std::string_view key, notation::Form) { return key == "store"; });
  detail::report_constraints<DatabaseOptionsSpec, DatabaseOptions>(options, place, &origins);
  return options;
}

/// A store's Config and the options of the database in it.
template <class Backend>
struct DatabaseConfig {
  typename Backend::Config store;
  DatabaseOptions options;
};

/// Reads Datahike's whole map, `{:store {:backend :file :path "..."} :keep-history? true}`; the store's part as
/// `load_config` has it. Errors: as `load_config`; what is wrong in both parts is in one error.
template <Configurable Backend>
[[nodiscard]] DatabaseConfig<Backend> load_database_config(notation::Form whole, Environment const& environment = {}) {
  Problems problems;
  DatabaseConfig<Backend> result;
  result.options = read_options(problems, whole);
  if (whole.is(notation::Kind::map)) {
    result.store = load_config<Backend>(problems, whole.find("store"), environment, {}, "store");
  }
  problems.raise_if_any("the database");
  return result;
}

/// The same from text: EDN, or a store's URI where it begins with `cairn:`, with default options; empty text gives
/// nothing, so that all comes from variables. Errors: those, and `edn/syntax`, `edn/limit`.
template <Configurable Backend>
[[nodiscard]] DatabaseConfig<Backend> load_database_config(std::string_view text, Environment const& environment = {}) {
  if (is_uri(text) || text.empty()) return {load_config<Backend>(std::nullopt, environment, text), {}};
  auto const document = read_map_text(std::string{text});
  return load_database_config<Backend>(document.root(), environment);
}

/// Which backend a whole map, or a store's URI, names. Errors: `config/missing`, `edn/syntax`, `edn/limit`.
[[nodiscard]] inline std::string backend_of_database(std::string_view text, Environment const& environment = {}) {
  if (is_uri(text) || text.empty()) return backend_of(std::nullopt, environment, text);
  auto const document = read_map_text(std::string{text});
  auto const whole = document.root();
  return backend_of(whole.is(notation::Kind::map) ? whole.find("store") : std::nullopt, environment);
}

}  // namespace config
}  // namespace cairn
