// Copyright the Cairn authors
// SPDX-License-Identifier: BSL-1.0
// Datahike's `{:backend :jdbc ...}` as the configuration of the backend that it means.
#pragma once

#include <cairn/concepts/config_vocabulary.hpp>
#include <cairn/config/load.hpp>
#include <cairn/config/uri.hpp>
#include <cairn/config/variable.hpp>
#include <cairn/edn/form.hpp>
#include <cairn/edn/reader.hpp>
#include <cairn/edn/write.hpp>
#include <cairn/error/error.hpp>
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

/// The store's map, written anew.
class JdbcMap {
 public:
  explicit JdbcMap(notation::Form store) {
    std::optional<std::string> type;
    if (auto const url = text_of(store, "jdbcUrl")) {
      auto const rest = std::string_view{*url};
      auto const colon = rest.find(':', 5);
      if (!rest.starts_with("jdbc:") || colon == std::string_view::npos) {
        raise(Errc::config_type, "the store: :jdbcUrl is not jdbc:<dbtype>:<where>.", "{:key :jdbcUrl}");
      }
      type = rest.substr(5, colon - 5);
      choose(*type);
      read_url(rest.substr(colon + 1));
    } else if ((type = text_of(store, "dbtype"))) {
      choose(*type);
    } else {
      raise(Errc::config_missing, "the store: :backend :jdbc needs a :dbtype (\"postgresql\", \"mysql\" or \"sqlite\") or a :jdbcUrl.", "{:key :dbtype}");
    }
    copy(store);
  }

  [[nodiscard]] std::string_view backend() const noexcept { return backend_; }
  [[nodiscard]] std::string text() && { return "{:backend :" + std::string{backend_} + std::move(made_) + "}"; }

 private:
  [[nodiscard]] static std::optional<std::string> text_of(notation::Form map, std::string_view key) {
    auto const found = map.find(key);
    if (!found) return std::nullopt;
    if (found->is(notation::Kind::keyword)) return std::string{found->name()};
    if (found->is(notation::Kind::string)) return found->string();
    raise(Errc::config_type, "the store: :" + std::string{key} + " must be a string.", "{:key :" + std::string{key} + "}");
  }

  void choose(std::string_view type) {
    backend_ = backend_of_dbtype(type);
    if (!backend_.empty()) return;
    raise(Errc::config_range,
          "the store: :backend :jdbc is :postgres, :mysql or :sqlite here, by a :dbtype \"postgresql\", \"mysql\" or \"sqlite\"; no other is there.",
          "{:key :dbtype}");
  }

  void begin(std::string_view key) {
    if (std::find(said_.begin(), said_.end(), key) != said_.end()) {
      raise(Errc::config_mismatch, "the store: :" + std::string{key} + " is given twice, in the :jdbcUrl and beside it, or twice in it. Leave one out.",
            "{:key :" + std::string{key} + "}");
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
    if (!where.starts_with("//")) raise_url();
    where.remove_prefix(2);
    auto const slash = std::min(where.find('/'), where.size());
    auto authority = where.substr(0, slash);
    if (slash + 1 < where.size()) add("dbname", decoded(where.substr(slash + 1)));
    if (auto const at = authority.rfind('@'); at != std::string_view::npos) {
      read_user(authority.substr(0, at));
      authority.remove_prefix(at + 1);
    }
    auto const colon = authority.starts_with('[') ? authority.find(':', std::min(authority.find(']'), authority.size())) : authority.find(':');
    auto host = authority.substr(0, colon);
    if (host.starts_with('[') && host.ends_with(']')) host = host.substr(1, host.size() - 2);
    if (!host.empty()) add("host", decoded(host));
    if (colon != std::string_view::npos) add_port(authority.substr(colon + 1));
    read_parameters(parameters);
  }
  void read_file(std::string_view where) {
    if (where.starts_with("file:")) where.remove_prefix(5);
    if (where.empty() || where == ":memory:" || where.find('?') != std::string_view::npos) {
      raise(Errc::config_range, "the store: a :jdbcUrl of SQLite names a file here, without parameters behind a ?; what is only in memory is :backend :mem.", "{:key :jdbcUrl}");
    }
    add("path", where);
  }
  void read_user(std::string_view said) {
    auto const colon = std::min(said.find(':'), said.size());
    if (colon != 0) add("user", decoded(said.substr(0, colon)));
    if (colon != said.size()) add("password", decoded(said.substr(colon + 1)));
  }
  void add_port(std::string_view digits) {
    if (digits.empty() || digits.size() > 5 || digits.find_first_not_of("0123456789") != std::string_view::npos) raise_url();
    digits.remove_prefix(std::min(digits.find_first_not_of('0'), digits.size() - 1));  // EDN has no numbers that begin with it
    add_raw("port", digits);
  }
  void read_parameters(std::string_view parameters) {
    auto tls = Tls::unsaid;
    while (!parameters.empty()) {
      auto const end = std::min(parameters.find('&'), parameters.size());
      auto const one = parameters.substr(0, end);
      parameters.remove_prefix(std::min(end + 1, parameters.size()));
      auto const equals = std::min(one.find('='), one.size());
      auto const key = one.substr(0, equals);
      auto const value = decoded(one.substr(std::min(equals + 1, one.size())));
      if (key == "user" || key == "password") {
        add(key, value);
      } else if (key == "useSSL" || key == "requireSSL") {
        tls = (std::max)(tls, tls_of_flag(key, value));
      } else if (key == "sslMode") {
        tls = (std::max)(tls, tls_of_mode(value));
      } else if (!key.empty()) {
        raise(Errc::config_unknown_key, "the store: a parameter of :jdbcUrl is not known here; user, password, useSSL, requireSSL and sslMode are.",
              "{:key :jdbcUrl}");
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
  [[nodiscard]] static Tls tls_of_flag(std::string_view key, std::string_view value) {
    if (is_one_of(value, {"true", "yes", "1", ""})) return Tls::on;
    if (is_one_of(value, {"false", "no", "0"})) return Tls::off;
    raise(Errc::config_type, "the store: " + std::string{key} + " in the :jdbcUrl is true or false.", "{:key :jdbcUrl}");
  }
  [[nodiscard]] static Tls tls_of_mode(std::string_view value) {
    if (is_one_of(value, {"disabled", "disable"})) return Tls::off;
    if (is_one_of(value, {"preferred", "required", "trust"})) return Tls::on;
    if (is_one_of(value, {"verify_ca", "verify-ca", "verify_identity", "verify-full"})) return Tls::verified;
    raise(Errc::config_type, "the store: sslMode in the :jdbcUrl is DISABLED, REQUIRED, VERIFY_CA or VERIFY_IDENTITY (disable, trust, verify-ca or verify-full).", "{:key :jdbcUrl}");
  }
  [[nodiscard]] static std::string decoded(std::string_view text) {
    auto made = percent_decoded(text);
    if (!made) raise_url();
    return *std::move(made);
  }
  [[noreturn]] static void raise_url() { raise(Errc::config_type, "the store: :jdbcUrl is no URL of that kind.", "{:key :jdbcUrl}"); }

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
        add_port(value.string());
      } else {
        add_raw(name, value.raw());
      }
    }
  }

  std::string_view backend_;
  std::string made_;
  std::vector<std::string> said_{};
};

/// The map that the variables of one prefix, which name `:jdbc`, are together: those of single keys win over that in `..._STORE_CONFIG`.
template <meta::Lazy = {}>
[[nodiscard]] inline std::optional<std::string> jdbc_map_in(Environment const& environment, std::string_view prefix) {
  static constexpr std::array<std::string_view, 8> keys{"jdbcUrl", "dbtype", "dbname", "host", "port", "user", "password", "table"};
  auto const text = variable(environment, store_variable(prefix, "config")).value_or("{}");
  std::vector<notation::Node> nodes;
  auto const result = notation::read_one(text, nodes);
  if (result.status != notation::ReadStatus::form) return std::nullopt;  // reported where its fields are read
  notation::Form const map{text, nodes.data(), result.root};
  if (!map.is(notation::Kind::map)) return std::nullopt;
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
/// Errors: as of a map.
template <meta::Lazy = {}>
[[nodiscard]] inline Environment without_jdbc(Environment const& environment, bool is_named) {
  std::vector<std::pair<std::string, std::string>> meant;
  for (auto const prefix : variable_prefixes) {
    auto const named = detail::backend_in(environment, prefix);
    if (!named) continue;
    auto const text = *named == "jdbc" || *named == ":jdbc" ? detail::jdbc_map_in(environment, prefix) : std::nullopt;
    try {
      if (text) {
        std::vector<notation::Node> nodes;
        auto const result = notation::read_one(*text, nodes);
        auto made = detail::JdbcMap{notation::Form{*text, nodes.data(), result.root}};
        meant.emplace_back(store_variable(prefix, "backend"), made.backend());
        meant.emplace_back(store_variable(prefix, "config"), std::move(made).text());
      }
    } catch (Error const&) {
      if (!is_named) throw;
    }
    is_named = true;
  }
  if (meant.empty()) return environment;
  return Environment{[environment, meant = std::move(meant)](std::string_view name) {
    auto const found = std::find_if(meant.begin(), meant.end(), [&](auto const& one) { return one.first == name; });
    return found == meant.end() ? environment.get(name) : found->second;
  }};
}

/// The text of a database's map; where its `:store` is `{:backend :jdbc :dbtype ...}` or has a `:jdbcUrl`, with what that means in its place:
/// `:postgres`, `:mysql` or `:sqlite`, `:table` as `:table-prefix`, and all other keys as they are. Text that is no map, or none of that kind, comes back.
/// Errors: `config/missing`, `config/type`, `config/range`, `config/unknown-key`; none shows what is in the map.
template <meta::Lazy = {}>
[[nodiscard]] inline std::string without_jdbc(std::string text) {
  if (text.find("jdbc") == std::string::npos) return text;
  std::vector<notation::Node> nodes;
  auto const result = notation::read_one(text, nodes);
  if (result.status != notation::ReadStatus::form) return text;  // reported by whoever reads it next
  notation::Form const whole{text, nodes.data(), result.root};
  auto const store = whole.is(notation::Kind::map) ? whole.find("store") : std::nullopt;
  if (!store || !store->is(notation::Kind::map)) return text;
  auto const backend = store->find("backend");
  bool const is_jdbc = backend && (backend->is_keyword("jdbc") || (backend->is(notation::Kind::string) && backend->string() == "jdbc"));
  if (!is_jdbc) return text;
  auto const made = detail::JdbcMap{*store}.text();
  return text.substr(0, store->offset()) + made + text.substr(store->offset() + store->raw().size());
}

}  // namespace cairn::config
