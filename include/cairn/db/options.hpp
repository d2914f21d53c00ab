// Copyright the Cairn authors
// SPDX-License-Identifier: BSL-1.0
// What a database is created and opened with, beside the place where it is stored.
#pragma once

#include <cairn/concepts/config_spec.hpp>
#include <cairn/config/compound.hpp>
#include <cairn/config/edn_text.hpp>
#include <cairn/config/load.hpp>
#include <cairn/config/place.hpp>
#include <cairn/config/problem.hpp>
#include <cairn/datom/keyword.hpp>
#include <cairn/edn/form.hpp>
#include <cairn/edn/node.hpp>
#include <cairn/edn/reader.hpp>
#include <cairn/meta/field_names.hpp>
#include <cairn/meta/lazy.hpp>

#include <algorithm>
#include <array>
#include <cstddef>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

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
  /// Settings of the index, as EDN: `{:node-cache "64MiB"}` is the memory that a connection may keep stored nodes in, so
  /// that it need not read them again (256 MiB if nothing is said).
  EdnText index_config = {};
  /// Transacted as a part of the creation, as EDN: a vector, or a map with `:tx-data`.
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

namespace detail {

template <meta::Lazy = {}>
[[nodiscard]] inline bool asks_for_refs_without_schema(DatabaseOptions const& options) noexcept {
  return options.attribute_refs && options.schema_flexibility == SchemaFlexibility::read;
}

/// Whether EDN can be transacted, as far as its outside shows.
template <meta::Lazy = {}>
[[nodiscard]] inline bool is_transaction(EdnText const& text) {
  std::vector<notation::Node> nodes;
  auto const result = notation::read_one(text.text(), nodes);
  if (result.status != notation::ReadStatus::form) return false;
  notation::Form const form{text.text(), nodes.data(), result.root};
  return form.is(notation::Kind::vector) || form.is(notation::Kind::map);
}

}  // namespace detail

/// Asks whether options that were written in C++ can be used. Errors: `config/range`, `config/missing`.
template <class Spec = DatabaseOptionsSpec>
void validate_options(DatabaseOptions const& options) {
  validate_aggregate<Spec>(options, "the database");
  if (detail::asks_for_refs_without_schema(options)) {
    raise(Errc::config_range,
          "The database's :attribute-refs? needs :schema-flexibility :write: an attribute that nobody declared is no entity.",
          "{:path [:attribute-refs?]}");
  }
}

/// Which options are read from variables. They say how new databases are made, whichever of them is created; one that
/// is there is as it was made, and a program that only opens it must not stumble over them.
enum class OptionVariables : std::uint8_t {
  all,     ///< to create a database
  branch,  ///< to open one
  none,    ///< to find or remove the whole store
};

namespace detail {

template <meta::Lazy = {}>
[[nodiscard]] inline Environment with_variables(Environment const& environment, OptionVariables which) {
  if (which == OptionVariables::all) return environment;
  if (which == OptionVariables::none) return {};
  return Environment{[environment](std::string_view name) {
    bool const is_branch = std::any_of(variable_prefixes.begin(), variable_prefixes.end(), [name](auto const prefix) {
      return name == option_variable(prefix, "branch");
    });
    return is_branch ? environment.get(name) : std::nullopt;
  }};
}

}  // namespace detail

namespace detail {

/// Reports a `:backend` beside the options: a store's map that was given as the whole.
template <meta::Lazy = {}>
inline void report_bare_store(notation::Form backend, Place const& place) {
  bool const is_shown = backend.is(notation::Kind::keyword) && is_showable(backend.name());
  place.field("backend").report(Errc::config_unknown_key,
                                "belongs inside :store, with all that says where the store is: write {:store {:backend :" +
                                    (is_shown ? std::string{backend.name()} : std::string{"file"}) + " ...}}");
}

}  // namespace detail

/// Reads the options, and adds what is wrong to `problems`. Later wins: Datahike's variables (`DATAHIKE_KEEP_HISTORY`,
/// `DATAHIKE_SCHEMA_FLEXIBILITY`, ...), the same with `CAIRN_` in front, Datahike's whole map, in which `:store` is
/// another's.
template <class Options = DatabaseOptions>
[[nodiscard]] Options read_options(Problems& problems, std::optional<notation::Form> whole,
                                   Environment const& environment = {},
                                   OptionVariables which = OptionVariables::all) {
  static constexpr std::array<std::string_view, 1> also_known{"store"};
  Options options;
  Origins<Options> origins;
  Place const place{problems, "in the EDN map"};
  auto const variables = detail::with_variables(environment, which);
  for (auto prefix = variable_prefixes.rbegin(); prefix != variable_prefixes.rend(); ++prefix) {
    detail::read_field_variables(variables, place, options, origins,
                                 [&](std::string_view option) { return option_variable(*prefix, option); });
  }
  if (whole.has_value()) {
    read_fields(*whole, options, place, &origins, also_known, [&](std::string_view key, notation::Form value) {
      if (key == "backend") detail::report_bare_store(value, place);
      return key == "store" || key == "backend";
    });
  }
  if (!options.initial_tx.empty() && !detail::is_transaction(options.initial_tx)) {
    constexpr std::size_t index = meta::field_index<Options>(&Options::initial_tx);
    place.field("initial-tx", origins[index])
        .report(Errc::config_type, "must be a vector of transaction data, or a map with :tx-data");
  }
  if (detail::asks_for_refs_without_schema(options)) {
    constexpr std::size_t index = meta::field_index<Options>(&Options::attribute_refs);
    place.field("attribute-refs?", origins[index])
        .report(Errc::config_range, "needs :schema-flexibility :write: an attribute that nobody declared is no entity");
  }
  detail::report_constraints<DatabaseOptionsSpec, Options>(options, place, &origins);
  return options;
}

/// A store's Config and the options of the database in it.
template <class Backend>
struct DatabaseConfig {
  typename Backend::Config store;
  DatabaseOptions options;
};

/// Reads Datahike's whole map, `{:store {:backend :file :path "..."} :keep-history? true}`; the store's part as
/// `load_config` has it, the options as `read_options`. Errors: as `load_config`; what is wrong in both parts, and in
/// the variables of both, is in one error.
template <Configurable Backend>
[[nodiscard]] DatabaseConfig<Backend> load_database_config(std::optional<notation::Form> whole,
                                                           Environment const& environment = {},
                                                           std::string_view uri = {},
                                                           OptionVariables which = OptionVariables::all) {
  Problems problems;
  DatabaseConfig<Backend> result;
  auto const store = whole.has_value() && whole->is(notation::Kind::map) ? whole->find("store") : std::nullopt;
  result.options = read_options(problems, whole, environment, which);
  if (!whole.has_value()) {
    result.store = load_config<Backend>(problems, std::nullopt, environment, uri, {});
  } else if (whole->is(notation::Kind::map)) {
    result.store = load_config<Backend>(problems, store, environment, uri, "store");
  }
  problems.raise_if_any(whole.has_value() ? "the database" : subject_of<Backend>());
  return result;
}

/// The same from text: EDN, or a store's URI where it begins with `cairn:`; empty text gives nothing, so that all comes
/// from variables. Errors: those, and `edn/syntax`, `edn/limit`.
template <Configurable Backend>
[[nodiscard]] DatabaseConfig<Backend> load_database_config(std::string_view text, Environment const& environment = {},
                                                           OptionVariables which = OptionVariables::all) {
  if (is_uri(text) || text.empty()) return load_database_config<Backend>(std::nullopt, environment, text, which);
  auto const document = read_map_text(std::string{text});
  return load_database_config<Backend>(document.root(), environment, {}, which);
}

/// Which backend a whole map, or a store's URI, names. Errors: as `backend_of`; where none is named, all that is wrong with the
/// options in the map as well; `edn/syntax`, `edn/limit`.
template <meta::Lazy = {}>
[[nodiscard]] inline std::string backend_of_database(std::string_view text, Environment const& environment = {}) {
  if (is_uri(text)) return backend_of(std::nullopt, environment, text);
  if (text.empty()) return backend_of(std::nullopt, environment);
  auto const document = read_map_text(std::string{text});
  auto const whole = document.root();
  bool const is_map = whole.is(notation::Kind::map);
  auto const store = is_map ? whole.find("store") : std::nullopt;
  auto named = detail::named_backend(store, environment, {});
  if (!named.has_value()) {
    Problems problems;
    static_cast<void>(read_options(problems, whole, {}, OptionVariables::none));
    detail::report_nameless(problems, store, environment, "store");
    bool const is_bare = is_map && whole.find("backend").has_value();
    if (!is_bare) detail::report_missing_backend(problems, "store");
    problems.raise_if_any("the database");
  }
  return std::move(named).value();
}

}  // namespace config
}  // namespace cairn
