// Copyright the Cairn authors
// SPDX-License-Identifier: BSL-1.0
// The stable codes of everything that can go wrong at run time.
#pragma once

#include <array>
#include <cstdint>
#include <optional>
#include <string_view>
#include <utility>

namespace cairn {

/// What went wrong. Each enumerator is its keyword with `/` and `-` written `_`: `Errc::transact_unique` is `:transact/unique`.
/// Codes are stable: a program may switch on them, and none is renamed or reused. docs/errors.md says when each is thrown.
enum class Errc : std::uint8_t {
  transact_schema,
  transact_syntax,
  transact_cas,
  transact_unique,
  transact_upsert,
  transact_ensure,
  transact_purge,
  entity_id_missing,
  entity_id_syntax,
  lookup_ref_unique,
  lookup_ref_syntax,
  parser_query,
  parser_find,
  parser_where,
  query_where,
  store_exists,
  store_does_not_exist,
  store_locked,
  store_corrupt,
  store_poisoned,
  store_format,
  config_unknown_key,
  config_missing,
  config_type,
  config_range,
  config_unknown_backend,
  config_mismatch,
  commit_conflict,
  commit_unknown,
  edn_syntax,
  edn_limit,
  query_timeout,
  query_memory,
  query_arithmetic,
  io_error,
  io_full,
  store_wrong_key,
  io_read_only,
  io_denied,
};

namespace detail {

inline constexpr std::array errc_names{
    std::pair{Errc::transact_schema, std::string_view{"transact/schema"}},
    std::pair{Errc::transact_syntax, std::string_view{"transact/syntax"}},
    std::pair{Errc::transact_cas, std::string_view{"transact/cas"}},
    std::pair{Errc::transact_unique, std::string_view{"transact/unique"}},
    std::pair{Errc::transact_upsert, std::string_view{"transact/upsert"}},
    std::pair{Errc::transact_ensure, std::string_view{"transact/ensure"}},
    std::pair{Errc::transact_purge, std::string_view{"transact/purge"}},
    std::pair{Errc::entity_id_missing, std::string_view{"entity-id/missing"}},
    std::pair{Errc::entity_id_syntax, std::string_view{"entity-id/syntax"}},
    std::pair{Errc::lookup_ref_unique, std::string_view{"lookup-ref/unique"}},
    std::pair{Errc::lookup_ref_syntax, std::string_view{"lookup-ref/syntax"}},
    std::pair{Errc::parser_query, std::string_view{"parser/query"}},
    std::pair{Errc::parser_find, std::string_view{"parser/find"}},
    std::pair{Errc::parser_where, std::string_view{"parser/where"}},
    std::pair{Errc::query_where, std::string_view{"query/where"}},
    std::pair{Errc::store_exists, std::string_view{"store/exists"}},
    std::pair{Errc::store_does_not_exist, std::string_view{"store/does-not-exist"}},
    std::pair{Errc::store_locked, std::string_view{"store/locked"}},
    std::pair{Errc::store_corrupt, std::string_view{"store/corrupt"}},
    std::pair{Errc::store_poisoned, std::string_view{"store/poisoned"}},
    std::pair{Errc::store_format, std::string_view{"store/format"}},
    std::pair{Errc::config_unknown_key, std::string_view{"config/unknown-key"}},
    std::pair{Errc::config_missing, std::string_view{"config/missing"}},
    std::pair{Errc::config_type, std::string_view{"config/type"}},
    std::pair{Errc::config_range, std::string_view{"config/range"}},
    std::pair{Errc::config_unknown_backend, std::string_view{"config/unknown-backend"}},
    std::pair{Errc::config_mismatch, std::string_view{"config/mismatch"}},
    std::pair{Errc::commit_conflict, std::string_view{"commit/conflict"}},
    std::pair{Errc::commit_unknown, std::string_view{"commit/unknown"}},
    std::pair{Errc::edn_syntax, std::string_view{"edn/syntax"}},
    std::pair{Errc::edn_limit, std::string_view{"edn/limit"}},
    std::pair{Errc::query_timeout, std::string_view{"query/timeout"}},
    std::pair{Errc::query_memory, std::string_view{"query/memory"}},
    std::pair{Errc::query_arithmetic, std::string_view{"query/arithmetic"}},
    std::pair{Errc::io_error, std::string_view{"io/error"}},
    std::pair{Errc::io_full, std::string_view{"io/full"}},
    std::pair{Errc::store_wrong_key, std::string_view{"store/wrong-key"}},
    std::pair{Errc::io_read_only, std::string_view{"io/read-only"}},
    std::pair{Errc::io_denied, std::string_view{"io/denied"}},
};

consteval bool errc_names_stand_in_order() {
  for (std::size_t i = 0; i != errc_names.size(); ++i) {
    if (static_cast<std::size_t>(errc_names[i].first) != i) return false;
  }
  return true;
}
static_assert(errc_names_stand_in_order(), "cairn::Errc: every enumerator has its name at its own place in errc_names");

}  // namespace detail

/// The keyword's text without its colon: `transact/unique`. O(1).
constexpr std::string_view name(Errc code) noexcept {
  return detail::errc_names[static_cast<std::size_t>(code)].second;
}

/// The code of that name (without a colon), or nothing. Linear in the number of codes.
constexpr std::optional<Errc> errc_of(std::string_view text) noexcept {
  for (auto const& [code, known] : detail::errc_names) {
    if (known == text) return code;
  }
  return std::nullopt;
}

}  // namespace cairn
