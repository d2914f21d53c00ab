// Copyright the Cairn authors
// SPDX-License-Identifier: BSL-1.0
// What libpq answers, and what the server's error codes mean to a store.
#pragma once

#include <cairn/backends/common/sql_session.hpp>
#include <cairn/concepts/bytes.hpp>
#include <cairn/error/error.hpp>

#include <charconv>
#include <cstddef>
#include <cstdint>
#include <libpq-fe.h>
#include <memory>
#include <span>
#include <string>
#include <string_view>

namespace cairn::backends::postgres::details {

/// The code of an error for an SQLSTATE of the server's.
inline Errc errc_of_state(std::string_view state) noexcept {
  if (state == "42P01" || state == "3F000" || state == "3D000") return Errc::store_does_not_exist;
  if (state == "42P07" || state == "42P06" || state == "23505" || state == "42710") return Errc::store_exists;
  if (state == "42703" || state == "42804" || state == "42883") return Errc::store_format;
  if (state == "53100") return Errc::io_full;
  if (state == "55P03" || state == "57014") return Errc::store_locked;
  if (state == "25006") return Errc::io_read_only;
  if (state == "42501") return Errc::io_denied;
  if (state.starts_with("XX0")) return state == "XX000" ? Errc::io_error : Errc::store_corrupt;
  return Errc::io_error;
}

/// What helps against an error of that SQLSTATE.
inline std::string_view advice(std::string_view state) noexcept {
  if (state == "42P01" || state == "3F000") return "The store was deleted: create it and connect again.";
  if (state == "3D000") return "Create the database first.";
  if (state == "42P07" || state == "42P06" || state == "23505" || state == "42710") {
    return "There is such a store already: connect to it, delete it first, or choose another :table-prefix or :schema.";
  }
  if (state == "42703" || state == "42804" || state == "42883") return "A table of that name is another program's: choose another :table-prefix or :schema.";
  if (state == "53100") return "Make room on the server and do it again; nothing has changed.";
  if (state == "55P03" || state == "57014") return "Somebody holds the tables, or a limit of time ended the statement: try again.";
  if (state == "25006") return "The server is a standby or read-only: connect to the primary (target_session_attrs=read-write).";
  if (state == "42501") return "The user may not do that: grant it, or connect as another one.";
  if (state.starts_with("XX0")) return "Look at the server's log; pg_amcheck tells how much is hurt.";
  return "Look at the server and its log.";
}

class Result {
 public:
  explicit Result(PGresult* result) noexcept : result_{result, PQclear} {}

  [[nodiscard]] ExecStatusType status() const noexcept { return PQresultStatus(result_.get()); }
  [[nodiscard]] std::string_view state() const noexcept { return field(PG_DIAG_SQLSTATE); }
  [[nodiscard]] bool is_error() const noexcept { return status() != PGRES_COMMAND_OK && status() != PGRES_TUPLES_OK; }

  [[nodiscard]] int rows() const noexcept { return PQntuples(result_.get()); }
  /// Of a statement that changes something.
  [[nodiscard]] std::int64_t changed() const noexcept {
    std::string_view const text{PQcmdTuples(result_.get())};
    std::int64_t number = 0;
    std::from_chars(text.data(), text.data() + text.size(), number);
    return number;
  }
  [[nodiscard]] bool is_null(int row, int column) const noexcept { return PQgetisnull(result_.get(), row, column) != 0; }
  [[nodiscard]] std::string_view text(int row, int column) const noexcept {
    return {PQgetvalue(result_.get(), row, column), static_cast<std::size_t>(PQgetlength(result_.get(), row, column))};
  }
  /// They keep the whole result alive.
  [[nodiscard]] Bytes bytes(int row, int column) const {
    auto const found = text(row, column);
    return Bytes{result_, std::as_bytes(std::span{found.data(), found.size()})};
  }

  /// Throws what the server says: `TryAgain`, `LostConnection` where it ends the session, or an `Error`.
  [[noreturn]] void raise_error(std::string_view what) const {
    auto const sqlstate = state();
    auto const message = std::string{field(PG_DIAG_MESSAGE_PRIMARY)};
    if (sqlstate == "40001" || sqlstate == "40P01") throw common::TryAgain{message + "."};
    // 57P: the server ends sessions. Without a state it was libpq that saw the connection end.
    if (sqlstate.empty() || sqlstate.starts_with("57P") || sqlstate.starts_with("08")) {
      throw common::LostConnection{(message.empty() ? std::string{PQresultErrorMessage(result_.get())} : message) + "."};
    }
    auto const hint = std::string{field(PG_DIAG_MESSAGE_HINT)};
    raise(errc_of_state(sqlstate),
          "PostgreSQL could not " + std::string{what} + ": " + message + " (" + std::string{sqlstate} + "). " + (hint.empty() ? "" : hint + " ") +
              std::string{advice(sqlstate)},
          "{:postgres/sqlstate \"" + std::string{sqlstate} + "\"}");
  }

 private:
  [[nodiscard]] std::string_view field(int which) const noexcept {
    auto const* found = PQresultErrorField(result_.get(), which);
    return found == nullptr ? std::string_view{} : std::string_view{found};
  }

  std::shared_ptr<PGresult> result_;
};

}  // namespace cairn::backends::postgres::details
