// Copyright the Cairn authors
// SPDX-License-Identifier: BSL-1.0
// Datahike's `{:backend :jdbc ...}` as the configuration of the backend that it means.
#pragma once

#include <cairn/concepts/config_vocabulary.hpp>
#include <cairn/config/backend_name.hpp>
#include <cairn/config/compound.hpp>
#include <cairn/config/place.hpp>
#include <cairn/config/problem.hpp>
#include <cairn/config/uri.hpp>
#include <cairn/config/variable.hpp>
#include <cairn/edn/form.hpp>
#include <cairn/edn/reader.hpp>
#include <cairn/edn/write.hpp>
#include <cairn/error/errc.hpp>
#include <cairn/meta/lazy.hpp>

#include <algorithm>
#include <array>
#include <cstddef>
#include <cstdint>
#include <initializer_list>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace cairn::config {

namespace detail {

/// What a `:dbtype`, or the second part of a `:jdbcUrl`, means.
[[nodiscard]] constexpr std::string_view backend_of_dbtype(std::string_view type) noexcept {
  if (type == "postgresql" || type == "postgres") return "postgres";
  if (type == "mysql" || type == "mariadb") return "mysql";
  return type == "sqlite" ? "sqlite" : "";
}

/// Whether a map names `:jdbc`.
template <meta::Lazy = {}>
[[nodiscard]] inline bool is_jdbc(std::optional<notation::Form> store) {
  auto const named = backend_in(store);
  return named.has_value() && canonical_backend_id(*named) == "jdbc";
}

/// A store's map, written anew: `:postgres`, `:mysql` or `:sqlite`, `:table` as `:table-prefix`, and all other keys as they are. What is
/// wrong with it is reported as wrong with the whole, at `place`, which must outlive this: then nobody misses the keys that it was to give.
class JdbcMap {
 public:
  JdbcMap(notation::Form store, Place const& place) : place_{place}, problems_before_{place.problems().size()} {
    if (auto const url = text_of(store, "jdbcUrl")) {
      auto const rest = std::string_view{*url};
      auto const colon = rest.find(':', 5);
      if (!rest.starts_with("jdbc:") || colon == std::string_view::npos) {
        place_.report(Errc::config_type, "has a :jdbcUrl that is not jdbc:<dbtype>:<where>");
        return;
      }
      choose(rest.substr(5, colon - 5));
      if (!is_wrong()) read_url(rest.substr(colon + 1));
    } else if (auto const type = text_of(store, "dbtype")) {
      choose(*type);
    } else if (!is_wrong()) {
      place_.report(Errc::config_missing, "is a :jdbc without a :dbtype (\"postgresql\", \"mysql\" or \"sqlite\") and without a :jdbcUrl");
    }
    if (!is_wrong()) copy(store);
  }

  /// Empty where that is what is wrong.
  [[nodiscard]] std::string_view backend() const noexcept { return backend_; }
  /// Nothing where something is wrong.
  [[nodiscard]] std::optional<std::string> text() && {
    if (is_wrong()) return std::nullopt;
    return "{:backend :" + std::string{backend_} + std::move(made_) + "}";
  }

 private:
  [[nodiscard]] bool is_wrong() const noexcept { return place_.problems().size() != problems_before_; }

  [[nodiscard]] std::optional<std::string> text_of(notation::Form map, std::string_view key) const {
    auto const found = map.find(key);
    if (!found) return std::nullopt;
    if (found->is(notation::Kind::keyword)) return std::string{found->name()};
    if (found->is(notation::Kind::string)) return found->string();
    place_.report(Errc::config_type, "has a :" + std::string{key} + " that is no string");
    return std::nullopt;
  }

  void choose(std::string_view type) {
    backend_ = backend_of_dbtype(type);
    if (!backend_.empty()) return;
    place_.report(Errc::config_range,
                  "has a :dbtype that is not known; :backend :jdbc is :postgres, :mysql or :sqlite here, by a :dbtype \"postgresql\", \"mysql\" or \"sqlite\"");
  }

  void begin(std::string_view key) {
    if (std::find(said_.begin(), said_.end(), key) != said_.end()) {
      place_.report(Errc::config_mismatch, "has :" + std::string{key} + " twice, in the :jdbcUrl and beside it, or twice in it; leave one out");
    }
    said_.emplace_back(key);
    ((made_ += " :") += key) += ' ';
  }
  void add(std::string_view key, std::string_view value) {
    begin(key);
    notation::write_string_to(made_, value);
  }
  void add_raw(std::string_view key, std::string_view value) {
    begin(key);
    made_ += value;
  }
  void add_decoded(std::string_view key, std::string_view encoded) {
    if (auto const value = percent_decoded(encoded)) return add(key, *value);
    report_url();
  }

  /// libpq reads such URLs itself, `?ssl=true` included, but for the short ones, `people` or `/people`, where the host is not named: JDBC's
  /// is `localhost`. What names a file is one; the others are taken to pieces.
  void read_url(std::string_view where) {
    if (backend_ == "postgres") {
      if (where.starts_with("//")) return add("conninfo", "postgresql:" + std::string{where});
      return add("conninfo", "postgresql://localhost/" + std::string{where.substr(where.starts_with('/') ? 1 : 0)});
    }
    if (backend_ == "sqlite") return read_file(where);
    auto const query = where.find('?');
    auto const parameters = query == std::string_view::npos ? std::string_view{} : where.substr(query + 1);
    where = where.substr(0, query);
    if (!where.starts_with("//")) return report_url();
    where.remove_prefix(2);
    auto const slash = std::min(where.find('/'), where.size());
    auto authority = where.substr(0, slash);
    if (slash + 1 < where.size()) add_decoded("dbname", where.substr(slash + 1));
    if (auto const at = authority.rfind('@'); at != std::string_view::npos) {
      read_user(authority.substr(0, at));
      authority.remove_prefix(at + 1);
    }
    auto const colon = authority.starts_with('[') ? authority.find(':', std::min(authority.find(']'), authority.size())) : authority.find(':');
    auto host = authority.substr(0, colon);
    if (host.starts_with('[') && host.ends_with(']')) host = host.substr(1, host.size() - 2);
    if (!host.empty()) add_decoded("host", host);
    if (colon != std::string_view::npos && !add_port(authority.substr(colon + 1))) report_url();
    read_parameters(parameters);
  }
  void read_file(std::string_view where) {
    if (where.starts_with("file:")) where.remove_prefix(5);
    if (where.empty() || where == ":memory:" || where.find('?') != std::string_view::npos) {
      return place_.report(Errc::config_range,
                           "has a :jdbcUrl of SQLite that names no file, or has parameters behind a ?; what is only in memory is :backend :mem");
    }
    add("path", where);
  }
  void read_user(std::string_view said) {
    auto const colon = std::min(said.find(':'), said.size());
    if (colon != 0) add_decoded("user", said.substr(0, colon));
    if (colon != said.size()) add_decoded("password", said.substr(colon + 1));
  }
  /// Whether it is a port.
  [[nodiscard]] bool add_port(std::string_view digits) {
    if (digits.empty() || digits.size() > 5 || digits.find_first_not_of("0123456789") != std::string_view::npos) return false;
    digits.remove_prefix(std::min(digits.find_first_not_of('0'), digits.size() - 1));  // EDN has no numbers that begin with it
    add_raw("port", digits);
    return true;
  }
  void read_parameters(std::string_view parameters) {
    auto tls = Tls::unsaid;
    while (!parameters.empty()) {
      auto const end = std::min(parameters.find('&'), parameters.size());
      auto const one = parameters.substr(0, end);
      parameters.remove_prefix(std::min(end + 1, parameters.size()));
      auto const equals = std::min(one.find('='), one.size());
      auto const key = one.substr(0, equals);
      auto const value = percent_decoded(one.substr(std::min(equals + 1, one.size())));
      if (!value) {
        report_url();
      } else if (key == "user" || key == "password") {
        add(key, *value);
      } else if (key == "useSSL" || key == "requireSSL") {
        tls = (std::max)(tls, tls_of_flag(key, *value));
      } else if (key == "sslMode") {
        tls = (std::max)(tls, tls_of_mode(*value));
      } else if (!key.empty()) {
        place_.report(Errc::config_unknown_key,
                      "has a :jdbcUrl with a parameter that is not known here; user, password, useSSL, requireSSL and sslMode are");
      }
    }
    if (tls != Tls::unsaid) add_raw("tls", tls == Tls::off ? ":off" : tls == Tls::on ? ":on" : ":verified");
  }
  enum class Tls : std::uint8_t { unsaid, off, on, verified };  // of several that are said the strictest counts

  [[nodiscard]] static bool is_one_of(std::string_view value, std::initializer_list<std::string_view> words) {
    return std::any_of(words.begin(), words.end(), [&](std::string_view word) {
      return std::equal(value.begin(), value.end(), word.begin(), word.end(), [](char a, char b) { return (a >= 'A' && a <= 'Z' ? static_cast<char>(a + ('a' - 'A')) : a) == b; });
    });
  }
  /// A word that is not known is refused: taken for no, it would send a password in the clear.
  [[nodiscard]] Tls tls_of_flag(std::string_view key, std::string_view value) const {
    if (is_one_of(value, {"true", "yes", "1", ""})) return Tls::on;
    if (is_one_of(value, {"false", "no", "0"})) return Tls::off;
    place_.report(Errc::config_type, "has a :jdbcUrl in which " + std::string{key} + " is neither true nor false");
    return Tls::unsaid;
  }
  [[nodiscard]] Tls tls_of_mode(std::string_view value) const {
    if (is_one_of(value, {"disabled", "disable"})) return Tls::off;
    if (is_one_of(value, {"preferred", "required", "trust"})) return Tls::on;
    if (is_one_of(value, {"verify_ca", "verify-ca", "verify_identity", "verify-full"})) return Tls::verified;
    place_.report(Errc::config_type,
                  "has a :jdbcUrl in which sslMode is not DISABLED, REQUIRED, VERIFY_CA or VERIFY_IDENTITY (disable, trust, verify-ca or verify-full)");
    return Tls::unsaid;
  }
  void report_url() const { place_.report(Errc::config_type, "has a :jdbcUrl that is no URL of that kind"); }

  /// The other keys, those that the backend itself has among them.
  void copy(notation::Form store) {
    static constexpr std::array<std::string_view, 6> of_jdbc{"backend", "dbtype", "jdbcUrl", "classname", "dbname-separator", "host-prefix"};
    for (std::size_t i = 0; i + 1 < store.size(); i += 2) {
      auto const key = store[i];
      auto const value = store[i + 1];
      if (!key.is(notation::Kind::keyword)) {
        ((made_ += ' ').append(key.raw()) += ' ').append(value.raw());
        continue;
      }
      auto const name = key.name();
      if (std::find(of_jdbc.begin(), of_jdbc.end(), name) != of_jdbc.end()) continue;
      if (name == "table") {
        add_raw("table-prefix", value.raw());
      } else if (name == "dbname" && backend_ == "sqlite") {
        add_raw("path", value.raw());
      } else if (name == "port" && value.is(notation::Kind::string)) {
        if (!add_port(value.string())) place_.report(Errc::config_type, "has a :port that is none");
      } else {
        add_raw(name, value.raw());
      }
    }
  }

  Place const& place_;
  std::size_t problems_before_;
  std::string_view backend_;
  std::string made_;
  std::vector<std::string> said_{};
};

/// The map that the variables of one prefix, which name `:jdbc`, are together: those of single keys win over that in `..._STORE_CONFIG`.
/// Nothing where that is no map, which is reported.
template <meta::Lazy = {}>
[[nodiscard]] inline std::optional<std::string> jdbc_map_in(Environment const& environment, std::string_view prefix, Problems& problems) {
  static constexpr std::array<std::string_view, 8> keys{"jdbcUrl", "dbtype", "dbname", "host", "port", "user", "password", "table"};
  auto const config = store_variable(prefix, "config");
  auto const text = variable(environment, config).value_or("{}");
  auto const source = "from " + config;
  Place const place{problems, source};
  std::vector<notation::Node> nodes;
  auto const result = notation::read_one(text, nodes);
  if (result.status != notation::ReadStatus::form) {
    place.report(Errc::config_type, "must be a map as EDN; " + fault_of(text, result));
    return std::nullopt;
  }
  notation::Form const map{text, nodes.data(), result.root};
  if (!map.is(notation::Kind::map)) {
    place.report_type("a map", map);
    return std::nullopt;
  }
  std::string made = "{:backend :jdbc";
  std::array<bool, keys.size()> is_variable{};
  for (std::size_t i = 0; i != keys.size(); ++i) {
    auto const value = variable(environment, store_variable(prefix, keys[i]));
    if (!value) continue;
    is_variable[i] = true;
    (made += " :").append(keys[i]) += ' ';
    notation::write_string_to(made, *value);
  }
  for (std::size_t i = 0; i + 1 < map.size(); i += 2) {
    auto const key = map[i];
    auto const name = key.is(notation::Kind::keyword) ? key.name() : std::string_view{};
    auto const at = static_cast<std::size_t>(std::find(keys.begin(), keys.end(), name) - keys.begin());
    if (name == "backend" || (at != keys.size() && is_variable[at])) continue;
    ((made += ' ').append(key.raw()) += ' ').append(map[i + 1].raw());
  }
  return made + "}";
}

}  // namespace detail

/// Variables; where those of a prefix name `:jdbc`, with what that means in the place of their `..._STORE_BACKEND` and `..._STORE_CONFIG`. `is_named`:
/// whether something stronger names the backend; then what can't be mapped is left alone, since it is for another store.
/// Errors: `config/missing`, `config/type`, `config/range`, `config/unknown-key`, `config/mismatch`; none shows what is in the variables.
template <meta::Lazy = {}>
[[nodiscard]] inline Environment without_jdbc(Environment const& environment, bool is_named) {
  std::vector<std::pair<std::string, std::string>> meant;
  for (auto const prefix : variable_prefixes) {
    auto const named = detail::backend_in(environment, prefix);
    if (!named) continue;
    Problems problems;
    auto const text = canonical_backend_id(*named) == "jdbc" ? detail::jdbc_map_in(environment, prefix, problems) : std::nullopt;
    if (text) {
      std::vector<notation::Node> nodes;
      auto const result = notation::read_one(*text, nodes);
      auto const source = "from variables " + store_variable(prefix, "") + "...";
      Place const place{problems, source};
      detail::JdbcMap made{notation::Form{*text, nodes.data(), result.root}, place};
      auto const backend = made.backend();
      if (auto map = std::move(made).text()) {
        meant.emplace_back(store_variable(prefix, "backend"), backend);
        meant.emplace_back(store_variable(prefix, "config"), *std::move(map));
      }
    }
    if (!is_named) problems.raise_if_any("the store");
    is_named = true;
  }
  if (meant.empty()) return environment;
  return Environment{[environment, meant = std::move(meant)](std::string_view name) {
    auto const found = std::find_if(meant.begin(), meant.end(), [&](auto const& one) { return one.first == name; });
    return found == meant.end() ? environment.get(name) : found->second;
  }};
}

}  // namespace cairn::config
