// Copyright the Cairn authors
// SPDX-License-Identifier: BSL-1.0
// A store's configuration as a URI: `cairn:file:///tmp/x?sync=relaxed`, `cairn:mem://id`.
#pragma once

#include <cairn/config/backend_name.hpp>
#include <cairn/config/compound.hpp>
#include <cairn/meta/lazy.hpp>

#include <algorithm>
#include <cstddef>
#include <optional>
#include <string>
#include <string_view>
#include <type_traits>

namespace cairn::config {

/// Whether a text is meant as a URI, and not as EDN.
[[nodiscard]] constexpr bool is_uri(std::string_view text) noexcept { return text.starts_with("cairn:"); }

/// The parts of a URI, percent signs and all; empty where they are not there.
struct UriParts {
  std::string_view backend;    // `file`
  std::string_view authority;  // between `//` and the path
  std::string_view path;
  std::string_view query;  // without its `?`
};

/// Splits `cairn:<backend>:[//<authority>]<path>[?<query>]`. Requires `is_uri(text)`.
[[nodiscard]] constexpr UriParts split_uri(std::string_view text) noexcept {
  UriParts parts;
  text.remove_prefix(std::string_view{"cairn:"}.size());
  if (auto const at = text.find('?'); at != std::string_view::npos) {
    parts.query = text.substr(at + 1);
    text = text.substr(0, at);
  }
  auto const colon = text.find(':');
  parts.backend = text.substr(0, colon);
  text = colon == std::string_view::npos ? std::string_view{} : text.substr(colon + 1);
  if (text.starts_with("//")) {
    text.remove_prefix(2);
    auto const slash = std::min(text.find('/'), text.size());
    parts.authority = text.substr(0, slash);
    text = text.substr(slash);
  }
  parts.path = text;
  return parts;
}

/// Text with `%2F` and its like replaced by what they stand for; nothing where two hexadecimal digits don't follow a
/// `%`.
template <meta::Lazy = {}>
[[nodiscard]] inline std::optional<std::string> percent_decoded(std::string_view text) {
  constexpr auto digit = [](char c) -> unsigned {
    if (c >= '0' && c <= '9') return static_cast<unsigned>(c - '0');
    if (c >= 'a' && c <= 'f') return static_cast<unsigned>(c - 'a') + 10;
    return c >= 'A' && c <= 'F' ? static_cast<unsigned>(c - 'A') + 10 : 16;
  };
  std::string decoded;
  for (std::size_t i = 0; i != text.size(); ++i) {
    if (text[i] != '%') {
      decoded += text[i];
      continue;
    }
    if (text.size() - i < 3 || digit(text[i + 1]) > 15 || digit(text[i + 2]) > 15) return std::nullopt;
    decoded += static_cast<char>(static_cast<unsigned char>(digit(text[i + 1]) * 16 + digit(text[i + 2])));
    i += 2;
  }
  return decoded;
}

namespace detail {

/// Whether an aggregate has a field of that name.
template <class Aggregate>
[[nodiscard]] bool has_field(std::string_view name) {
  auto const& names = meta::field_names<Aggregate>;
  return std::find(names.begin(), names.end(), name) != names.end();
}

/// Puts the parts of a URI into the fields of a Config, each as `Reader` reads it.
template <class Config, class Reader = ByType>
class UriReader {
 public:
  UriReader(Config& config, Place const& place, Origins<Config>& origins)
      : config_{config}, place_{place}, origins_{origins} {}

  void read(UriParts const& parts) {
    if (parts.path.find('#') != std::string_view::npos || parts.query.find('#') != std::string_view::npos) {
      return place_.report(Errc::config_type, "has a #, which is written %23 in a URI");
    }
    if (!parts.authority.empty()) read_authority(parts);
    if (!parts.path.empty()) read_path(parts);
    read_query(parts.query);
  }

 private:
  void read_authority(UriParts const& parts) {
    std::string_view host = parts.authority;
    if (!has_field<Config>("host")) {
      if (has_field<Config>("id") && !has_field<Config>("path")) return set("id", host);
      return place_.report(
          Errc::config_type,
          "names a host, which this backend has none of; a path has three slashes, as cairn:file:///tmp/x");
    }
    if (auto const at = host.rfind('@'); at != std::string_view::npos) {
      std::string_view const user = host.substr(0, at);
      auto const colon = user.find(':');
      set("user", user.substr(0, colon));
      if (colon != std::string_view::npos) set("password", user.substr(colon + 1));
      host.remove_prefix(at + 1);
    }
    if (auto const colon = host.rfind(':');
        colon != std::string_view::npos && host.find(']', colon) == std::string_view::npos) {
      set("port", host.substr(colon + 1));
      host = host.substr(0, colon);
    }
    set("host", host);
  }

  void read_path(UriParts const& parts) {
    if (has_field<Config>("path")) return set("path", parts.path);
    if (parts.path == "/") return;
    if (parts.authority.empty() && has_field<Config>("id")) {
      return set("id", parts.path.starts_with('/') ? parts.path.substr(1) : parts.path);
    }
    place_.report(Errc::config_type, "has a path, which this backend has no use for; its other keys stand behind a ?, as ?key=value");
  }

  void read_query(std::string_view query) {
    while (!query.empty()) {
      auto const end = std::min(query.find('&'), query.size());
      std::string_view const pair = query.substr(0, end);
      query.remove_prefix(std::min(end + 1, query.size()));
      auto const equals = pair.find('=');
      if (equals == std::string_view::npos) {
        place_.report(Errc::config_type, "has a parameter without a value: write name=value");
      } else {
        set(pair.substr(0, equals), pair.substr(equals + 1));
      }
    }
  }

  void set(std::string_view key, std::string_view encoded) {
    auto const text = percent_decoded(encoded);
    bool const known = visit_field<Config>(key, [&]<std::size_t Index>(std::integral_constant<std::size_t, Index>) {
      Place const here = place_.field(key);
      if (!text.has_value()) return here.report(Errc::config_type, "has a % that no two hexadecimal digits follow");
      if (seen_[Index]) return here.report(Errc::config_mismatch, "is given twice");
      seen_[Index] = true;
      Reader::template read_text<Index>(*text, config_, here);
      origins_[Index] = place_.source();
    });
    if (known || key == "id") return;
    // A key that is like none of ours may be a part of a password whose & or ? is not written %26 or %3F.
    bool const is_mistyped = !nearest(key, meta::field_names<Config>).empty();
    report_unknown_key(is_mistyped ? key : std::string_view{}, meta::field_names<Config>, place_);
  }

  Config& config_;
  Place const& place_;
  Origins<Config>& origins_;
  std::array<bool, meta::field_count<Config> + 1> seen_{};
};

}  // namespace detail
}  // namespace cairn::config
