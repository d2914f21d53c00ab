// Copyright the Cairn authors
// SPDX-License-Identifier: BSL-1.0
// The one reader of configurations: defaults, variables, a URI, an EDN map; later wins.
#pragma once

#include <cairn/concepts/config_vocabulary.hpp>
#include <cairn/config/backend_name.hpp>
#include <cairn/config/check.hpp>
#include <cairn/config/jdbc.hpp>
#include <cairn/config/nearest.hpp>
#include <cairn/config/place.hpp>
#include <cairn/config/problem.hpp>
#include <cairn/config/store_field.hpp>
#include <cairn/config/uri.hpp>
#include <cairn/config/validate.hpp>
#include <cairn/config/variable.hpp>
#include <cairn/edn/document.hpp>
#include <cairn/edn/reader.hpp>
#include <cairn/edn/value.hpp>
#include <cairn/edn/write.hpp>
#include <cairn/meta/lazy.hpp>

#include <array>
#include <concepts>
#include <cstddef>
#include <optional>
#include <string>
#include <string_view>
#include <type_traits>
#include <utility>
#include <vector>

namespace cairn::config {

/// EDN text of a configuration, read. Errors: `edn/syntax`, `edn/limit`, with line and column but without the text
/// itself, which may hold a secret.
template <meta::Lazy = {}>
[[nodiscard]] inline notation::Document read_map_text(std::string text) {
  std::vector<notation::Node> nodes;
  auto const result = notation::read_one(text, nodes);
  if (result.status != notation::ReadStatus::form)
    raise(result.code, "the configuration is not an EDN map: " + detail::fault_of(text, result));
  return notation::Document{std::move(text), std::move(nodes)};
}

namespace detail {

/// Reads the variables of an aggregate's fields, whose names `name_of(field)` makes, each as `Reader` does.
template <class Reader = ByType, class Aggregate, class NameOf>
void read_field_variables(Environment const& environment, Place const& place, Aggregate& object,
                          Origins<Aggregate>& origins, NameOf&& name_of) {
  constexpr std::size_t count = meta::field_count<Aggregate>;
  meta::for_each_index<count>([&]<std::size_t Index>(std::integral_constant<std::size_t, Index>) {
    constexpr std::string_view field = meta::field_name<Aggregate, Index>;
    std::string const name = name_of(field);
    auto const text = variable(environment, name);
    if (!text.has_value()) return;
    std::string source = "from " + name;
    Reader::template read_text<Index>(*text, object, place.field(field, source));
    origins[Index] = std::move(source);
  });
}

/// One reading of all sources into one Config.
template <Configurable Backend>
class Loader {
 public:
  using Config = typename Backend::Config;

  Loader(Problems& problems, std::string_view under) : problems_{problems}, under_{under} {}

  Config load(std::optional<notation::Form> edn, Environment const& environment, std::string_view uri) {
    bool const is_named = is_uri(uri) || backend_in(edn).has_value();
    auto const meant = answers_to<Backend>("jdbc") ? environment : without_jdbc(environment, is_named);
    if constexpr (BackendHasDefaultConfig<Backend>) config_ = Backend::default_config(Config{}, meant);
    read_variables(meant, is_named);
    if (!uri.empty()) read_uri(uri);
    if (edn.has_value()) read_map(*edn, "in the EDN map");
    Place const whole = whole_from({});
    report_missing<Backend>(config_, whole, &origins_);
    report_constraints<Backend>(config_, whole, &origins_);
    return std::move(config_);
  }

 private:
  using Reader = FieldReader<Backend>;

  [[nodiscard]] Place whole_from(std::string_view source) const noexcept { return {problems_, source, under_}; }

  void read_map(notation::Form form, std::string_view source) {
    read_store<Backend>(form, config_, whole_from(source), &origins_);
  }

  /// Of each prefix, Cairn's last, so that they win. Variables that name another backend are meant for another store,
  /// unless nothing stronger says which this one is.
  void read_variables(Environment const& environment, bool is_named) {
    std::array<bool, variable_prefixes.size()> reads{};
    for (std::size_t i = 0; i != reads.size(); ++i) {
      auto const named = backend_in(environment, variable_prefixes[i]);
      reads[i] = !is_named || !named.has_value() || answers_to<Backend>(*named);
      is_named = is_named || named.has_value();
    }
    for (std::size_t i = reads.size(); i-- != 0;) {
      if (reads[i]) read_variables(environment, variable_prefixes[i]);
    }
  }

  void read_variables(Environment const& environment, std::string_view prefix) {
    if (auto const name = store_variable(prefix, "backend"); auto const named = variable(environment, name)) {
      auto const source = "from " + name;
      check_backend<Backend>(*named, whole_from(source).field("backend"));
    }
    if (auto const name = store_variable(prefix, "config"); auto const text = variable(environment, name)) {
      auto const source = "from " + name;
      with_edn(*text, "a map", whole_from(source), [&](notation::Form form) { read_map(form, source); });
    }
    read_field_variables<Reader>(environment, whole_from({}), config_, origins_,
                                 [&](std::string_view field) { return store_variable(prefix, field); });
  }

  void read_uri(std::string_view uri) {
    Place const place = whole_from("in the URI");
    if (!is_uri(uri))
      return place.report(Errc::config_type, "must begin with cairn: and the backend, as cairn:file:///tmp/x");
    auto const parts = split_uri(uri);
    check_backend<Backend>(parts.backend, place.field("backend"));
    UriReader<Config, Reader>{config_, place, origins_}.read(parts);
  }

  Problems& problems_;
  std::string_view under_;
  Config config_{};
  Origins<Config> origins_{};
};

}  // namespace detail

/// Reads a backend's Config out of all sources, and adds what is wrong to `problems`: for what is read together with
/// other parts, among which it has the key `under`.
template <Configurable Backend>
[[nodiscard]] typename Backend::Config load_config(Problems& problems, std::optional<notation::Form> edn,
                                                   Environment const& environment, std::string_view uri,
                                                   std::string_view under) {
  if constexpr (is_readable<typename Backend::Config>) {
    return detail::Loader<Backend>{problems, under}.load(edn, environment, uri);
  } else {
    return {};
  }
}

/// Reads a backend's Config. Later wins: the initialisers of `Config{}`, `default_config`, Datahike's variables, the
/// map in `CAIRN_STORE_CONFIG`, the variables `CAIRN_STORE_<FIELD>`, the URI, the EDN map. Datahike's variables are the
/// same with `DATAHIKE_` in front.
///
/// A variable that is empty is not set, and one that no field has is not looked at: other programs and other stores
/// share the environment. Variables that name another backend (`CAIRN_STORE_BACKEND`) are left alone where the URI or the map
/// names this one, Datahike's where Cairn's do. `:id` is taken for every backend. Datahike's `{:backend :jdbc ...}` is read as the
/// `:postgres`, `:mysql` or `:sqlite` that it means, as a part of a layer, too. Errors: `config/mismatch`,
/// `config/unknown-key`, `config/missing`, `config/type`, `config/range`: everything that is wrong in one error, each
/// with its key and the source it came from, none with a secret. See `Problems::raise_if_any`.
template <Configurable Backend>
[[nodiscard]] typename Backend::Config load_config(std::optional<notation::Form> edn,
                                                   Environment const& environment = {}, std::string_view uri = {}) {
  Problems problems;
  auto config = load_config<Backend>(problems, edn, environment, uri, {});
  problems.raise_if_any(subject_of<Backend>());
  return config;
}

/// The same from text: EDN, or a URI where it begins with `cairn:`; empty text gives nothing.
/// Errors: those, and `edn/syntax`, `edn/limit`.
template <Configurable Backend>
[[nodiscard]] typename Backend::Config load_config(std::string_view edn, Environment const& environment = {},
                                                   std::string_view uri = {}) {
  if (is_uri(edn) && uri.empty()) return load_config<Backend>(std::nullopt, environment, edn);
  if (edn.empty()) return load_config<Backend>(std::nullopt, environment, uri);
  auto const document = read_map_text(std::string{edn});
  return load_config<Backend>(document.root(), environment, uri);
}

/// The same from a value.
template <Configurable Backend, std::derived_from<notation::Value> Value>
[[nodiscard]] typename Backend::Config load_config(Value const& edn, Environment const& environment = {},
                                                   std::string_view uri = {}) {
  return load_config<Backend>(std::string_view{notation::write(edn)}, environment, uri);
}

namespace detail {

/// The first backend that is named, as `backend_of` has it; nothing where none is.
template <meta::Lazy = {}>
[[nodiscard]] inline std::optional<std::string> named_backend(std::optional<notation::Form> store,
                                                              Environment const& environment, std::string_view uri) {
  if (is_jdbc(store)) {
    Problems problems;
    Place const place{problems, "in the EDN map"};
    JdbcMap const meant{*store, place};
    if (!meant.backend().empty()) return std::string{meant.backend()};  // what else is wrong is told by who reads all of it
    problems.raise_if_any("the store");
  }
  if (auto named = backend_in(store)) return named;
  if (is_uri(uri)) return std::string{split_uri(uri).backend};
  auto const meant = without_jdbc(environment, false);
  for (auto const prefix : variable_prefixes) {
    if (auto named = backend_in(meant, prefix)) return named;
  }
  return std::nullopt;
}

/// Reports what keeps a store's map from naming a backend. Its other keys are not looked at: whose they would be is not known.
template <meta::Lazy = {}>
inline void report_nameless_map(notation::Form map, Place const& place) {
  static constexpr std::array<std::string_view, 1> known{"backend"};
  if (!map.is(notation::Kind::map)) return place.report_type("a map", map);
  for (std::size_t i = 0; i + 1 < map.size(); i += 2) {
    auto const key = map[i];
    if (!key.is(notation::Kind::keyword)) continue;
    if (key.name() == known.front()) {
      place.field(key.name()).report_type("the id of a backend: a keyword", map[i + 1]);
    } else if (!nearest(key.name(), known).empty()) {
      report_unknown_key(key.name(), known, place);
    }
  }
}

/// Reports why nothing names a backend, in the map and in variables: nobody reads their fields, since it is not known whose they are.
template <meta::Lazy = {}>
inline void report_nameless(Problems& problems, std::optional<notation::Form> store, Environment const& environment,
                            std::string_view under) {
  if (store.has_value()) report_nameless_map(*store, Place{problems, "in the EDN map", under});
  for (auto const prefix : variable_prefixes) {
    auto const name = store_variable(prefix, "config");
    auto const text = variable(environment, name);
    if (!text.has_value()) continue;
    auto const source = "from " + name;
    Place const place{problems, source, under};
    with_edn(*text, "a map", place, [&](notation::Form map) { report_nameless_map(map, place); });
  }
}

template <meta::Lazy = {}>
inline void report_missing_backend(Problems& problems, std::string_view under) {
  Place const whole{problems, {}, under};
  Place const place = whole.field("backend");
  if (problems.concerns(place.path())) return;
  place.report(Errc::config_missing,
               "is missing, so that nothing names a backend: write {:store {:backend :file :path \"/tmp/people\"}}, or set "
               "CAIRN_STORE_BACKEND");
}

}  // namespace detail

/// Which backend a configuration names, for a program that knows several: `:backend` of the map, the URI,
/// `CAIRN_STORE_BACKEND`, `CAIRN_STORE_CONFIG`, Datahike's two; the first that does. `:jdbc` is the backend that it means.
/// Errors: where none does, `config/missing`, or `config/type` and `config/unknown-key` of what should have; `config/type` and
/// `config/range` of a `:jdbc` that means none.
template <meta::Lazy = {}>
[[nodiscard]] inline std::string backend_of(std::optional<notation::Form> store, Environment const& environment = {},
                                            std::string_view uri = {}) {
  auto named = detail::named_backend(store, environment, uri);
  if (!named.has_value()) {
    Problems problems;
    detail::report_nameless(problems, store, environment, {});
    detail::report_missing_backend(problems, {});
    problems.raise_if_any("the store");
  }
  return std::move(named).value();
}

}  // namespace cairn::config

namespace cairn {
using config::load_config;
using config::validate_config;
}  // namespace cairn
