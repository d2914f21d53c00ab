// Copyright the Cairn authors
// SPDX-License-Identifier: BSL-1.0
// A prepared statement of SQLite, and what its result codes mean to a store.
#pragma once

#include <cairn/backends/common/medium.hpp>
#include <cairn/error/error.hpp>

#include <cstddef>
#include <cstdint>
#include <filesystem>
#include <memory>
#include <span>
#include <sqlite3.h>
#include <string>
#include <string_view>

namespace cairn::backends::sqlite::details {

using ByteSpan = std::span<std::byte const>;

/// The code of an error for an extended result code; `text` is what SQLite says of it.
inline Errc errc_of_result(int result, std::string_view text) noexcept {
  switch (result & 0xff) {
    case SQLITE_FULL: return Errc::io_full;
    case SQLITE_CORRUPT: return Errc::store_corrupt;
    case SQLITE_NOTADB: return Errc::store_format;
    case SQLITE_BUSY:
    case SQLITE_LOCKED: return Errc::store_locked;
    case SQLITE_READONLY: return result == SQLITE_READONLY_DBMOVED ? Errc::io_error : Errc::io_read_only;
    case SQLITE_PERM: return Errc::io_denied;
    case SQLITE_ERROR: return text.starts_with("no such table") ? Errc::store_does_not_exist : Errc::io_error;
    default: return Errc::io_error;
  }
}

/// What helps against an error of that code and result.
inline std::string_view advice(Errc code, int result) noexcept {
  if (result == SQLITE_READONLY_DBMOVED) return "The file is not where it was opened any more: it was moved, replaced or deleted. Connect again to see what is there.";
  if (auto const rights = common::advice_on_rights(code); !rights.empty()) return rights;
  switch (code) {
    case Errc::io_full: return "Make room and do it again; nothing has changed.";
    case Errc::store_corrupt: return "Restore the file from a backup; SQLite's .recover may save other tables of it.";
    case Errc::store_format: return "The file is no SQLite database: look at :path.";
    case Errc::store_locked: return "Another program holds the file: try again, or give a longer :busy-timeout.";
    case Errc::store_does_not_exist: return "The store was deleted: create it and connect again.";
    default: return "Look at the file, its directory and the system's log.";
  }
}

/// `path` is the file's, where it is known: SQLite says little of why it could not write there.
[[noreturn]] inline void raise_result(int result, std::string_view text, std::string_view what, char const* path = nullptr) {
  auto code = errc_of_result(result, text);
  bool const may_lack_rights = code == Errc::io_read_only || code == Errc::io_denied || (result & 0xff) == SQLITE_CANTOPEN;
  if (path != nullptr && may_lack_rights) {
    auto why = common::why_not_writable(path);
    if (!why) why = common::why_not_writable(std::filesystem::path{path}.parent_path().string());
    code = why.value_or(code);
  }
  raise(code,
        "SQLite could not " + std::string{what} + ": " + std::string{text} + " (" + std::to_string(result) + "). " +
            std::string{advice(code, result)},
        "{:sqlite/result " + std::to_string(result) + "}");
}

[[noreturn]] inline void raise_last(sqlite3* database, std::string_view what) {
  raise_result(sqlite3_extended_errcode(database), sqlite3_errmsg(database), what, sqlite3_db_filename(database, "main"));
}

/// A statement, prepared once and run any number of times. What is bound must live until the statement is reset, and columns are
/// valid until the next step or reset.
class Statement {
 public:
  Statement() = default;
  Statement(sqlite3* database, std::string const& text) {
    sqlite3_stmt* made = nullptr;
    auto const result = sqlite3_prepare_v3(database, text.c_str(), static_cast<int>(text.size()), SQLITE_PREPARE_PERSISTENT, &made, nullptr);
    statement_.reset(made);
    if (result != SQLITE_OK) raise_last(database, "read its tables");
  }

  Statement& bind(int place, std::int64_t number) {
    return check(sqlite3_bind_int64(statement_.get(), place, number));
  }
  Statement& bind(int place, ByteSpan bytes) {
    // A null pointer would be NULL, which is not the empty blob.
    auto const* data = bytes.empty() ? static_cast<void const*>("") : bytes.data();
    return check(sqlite3_bind_blob64(statement_.get(), place, data, bytes.size(), SQLITE_STATIC));
  }
  Statement& bind(int place, std::string_view text) { return bind(place, std::as_bytes(std::span{text.data(), text.size()})); }

  /// SQLITE_ROW, SQLITE_DONE or an error's extended code.
  [[nodiscard]] int try_step() noexcept { return sqlite3_step(statement_.get()); }
  /// Whether there is a row.
  bool step() {
    auto const result = try_step();
    if (result != SQLITE_ROW && result != SQLITE_DONE) raise_last(database(), "run a statement");
    return result == SQLITE_ROW;
  }
  [[nodiscard]] std::int64_t number(int column) const noexcept { return sqlite3_column_int64(statement_.get(), column); }
  [[nodiscard]] bool is_null(int column) const noexcept { return sqlite3_column_type(statement_.get(), column) == SQLITE_NULL; }
  [[nodiscard]] ByteSpan bytes(int column) const noexcept {
    auto const* data = static_cast<std::byte const*>(sqlite3_column_blob(statement_.get(), column));
    return {data, static_cast<std::size_t>(sqlite3_column_bytes(statement_.get(), column))};
  }
  [[nodiscard]] std::string text(int column) const {
    auto const found = bytes(column);
    return {reinterpret_cast<char const*>(found.data()), found.size()};
  }
  void reset() noexcept { sqlite3_reset(statement_.get()); }

  [[nodiscard]] sqlite3* database() const noexcept { return sqlite3_db_handle(statement_.get()); }

 private:
  Statement& check(int result) {
    if (result != SQLITE_OK) raise_last(database(), "bind a value");
    return *this;
  }

  struct Finalize {
    void operator()(sqlite3_stmt* statement) const noexcept { sqlite3_finalize(statement); }
  };
  std::unique_ptr<sqlite3_stmt, Finalize> statement_;
};

/// Resets a statement at the end of a scope: one that is left in the middle keeps its snapshot, and the log of the file then
/// grows without end.
class Running {
 public:
  explicit Running(Statement& statement) noexcept : statement_{statement} {}
  Running(Running const&) = delete;
  Running& operator=(Running const&) = delete;
  ~Running() { statement_.reset(); }
  Statement* operator->() const noexcept { return &statement_; }

 private:
  Statement& statement_;
};

}  // namespace cairn::backends::sqlite::details
