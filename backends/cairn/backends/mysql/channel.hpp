// Copyright the Cairn authors
// SPDX-License-Identifier: BSL-1.0
// One connection of libmariadb's: several statements are sent together, and their results come together.
#pragma once

#include <cairn/backends/common/sql_session.hpp>
#include <cairn/backends/mysql/config.hpp>
#include <cairn/error/error.hpp>

#include <cstdint>
#include <filesystem>
#include <fstream>
#include <memory>
#include <mysql.h>
#include <new>
#include <poll.h>
#include <string>
#include <string_view>
#include <vector>

namespace cairn::backends::mysql::details {

/// The code of an error for a number of the server's.
inline Errc errc_of_number(unsigned number) noexcept {
  switch (number) {
    case 1146:
    case 1049: return Errc::store_does_not_exist;
    case 1050: return Errc::store_exists;
    case 1054:
    case 1136: return Errc::store_format;
    case 1021:
    case 1114: return Errc::io_full;
    case 1034:
    case 1712: return Errc::store_corrupt;
    case 1044:
    case 1142:
    case 1143:
    case 1227: return Errc::io_denied;
    case 1290:
    case 1792:
    case 1836:
    case 1874: return Errc::io_read_only;
    default: return Errc::io_error;
  }
}

/// What helps against it.
inline std::string_view advice(unsigned number) noexcept {
  switch (number) {
    case 1146: return "The store was deleted: create it and connect again.";
    case 1049: return "Create the database first.";
    case 1050: return "There is such a store already: connect to it, delete it first, or choose another :table-prefix.";
    case 1054:
    case 1136: return "A table of that name is another program's: choose another :table-prefix.";
    case 1021:
    case 1114: return "Make room on the server and do it again; nothing has changed.";
    case 1034:
    case 1712: return "Look at the server's log; CHECK TABLE tells how much is hurt.";
    case 1044:
    case 1142:
    case 1143:
    case 1227: return "The user may not do that: grant it, or connect as another one.";
    case 1153: return "Give the server a greater max_allowed_packet.";
    case 1290:
    case 1792:
    case 1836:
    case 1874: return "The server is a replica or read-only: connect to the primary.";
    default: return "Look at the server and its log.";
  }
}

/// The rows of a statement, or how many it changed.
class Result {
 public:
  Result(MYSQL_RES* rows, std::uint64_t changed) : changed_{changed} {
    if (rows == nullptr) return;
    std::unique_ptr<MYSQL_RES, void (*)(MYSQL_RES*)> const owner{rows, mysql_free_result};
    auto const columns = mysql_num_fields(rows);
    while (auto* const row = mysql_fetch_row(rows)) {
      auto const* const lengths = mysql_fetch_lengths(rows);
      auto& made = rows_.emplace_back();
      for (unsigned i = 0; i != columns; ++i) {
        made.push_back(row[i] == nullptr ? Field{} : Field{true, {row[i], lengths[i]}});
      }
    }
  }

  struct Field {
    bool is_there = false;
    std::string text;
  };
  using Row = std::vector<Field>;
  [[nodiscard]] std::uint64_t changed() const noexcept { return changed_; }
  [[nodiscard]] std::vector<Row> const& rows() const noexcept { return rows_; }

 private:
  std::uint64_t changed_;
  std::vector<Row> rows_;
};

/// Errors: `config/range` where there is nothing to be read: libmariadb says that like a server that it cannot agree with, and perhaps only once it has
/// found one.
inline void check_readable(std::filesystem::path const& path, std::string_view key) {
  if (path.empty() || std::ifstream{path}.peek() != std::ifstream::traits_type::eof()) return;
  raise(Errc::config_range, "the store: " + std::string{key} + " names no file that can be read, or an empty one.", "{:key " + std::string{key} + "}");
}

class Channel {
 public:
  /// Connects; `LostConnection` where that fails, `config/mismatch` where an option file may undo or undid what `tls` says, or where there
  /// are certificates for a connection that would not be encrypted, `config/range` where those are not there.
  explicit Channel(Config const& config) {
    // libmariadb reads the file when it connects, so what is in it wins over all options that were set before.
    if (config.tls == Tls::verified && !config.option_file.empty()) {
      raise(Errc::config_mismatch, "An :option-file may turn off what :tls :verified asks for: say with keys what is in it.", "{:key :option-file}");
    }
    if (config.tls == Tls::off && !(config.tls_ca.empty() && config.tls_cert.empty() && config.tls_key.empty())) {
      raise(Errc::config_mismatch, "There are certificates or keys for a connection that is not encrypted: say :tls :verified or :tls :on, or leave them out.",
            "{:key :tls}");
    }
    check_readable(config.tls_ca, ":tls-ca");
    check_readable(config.tls_cert, ":tls-cert");
    check_readable(config.tls_key, ":tls-key");
    static int const is_ready = mysql_server_init(0, nullptr, nullptr);  // once, before there are threads in it
    if (is_ready == 0) connection_.reset(mysql_init(nullptr));
    if (!connection_) throw std::bad_alloc{};
    auto* const to = connection_.get();
    auto const timeout = static_cast<unsigned>(config.reply_timeout.count());
    unsigned const connect_timeout = 10;
    unsigned const no = 0;
    my_bool const yes = 1;
    if (!config.option_file.empty()) {
      mysql_options(to, MYSQL_READ_DEFAULT_FILE, config.option_file.c_str());
      mysql_options(to, MYSQL_READ_DEFAULT_GROUP, "client");
    }
    mysql_options(to, MYSQL_OPT_CONNECT_TIMEOUT, &connect_timeout);
    mysql_options(to, MYSQL_OPT_READ_TIMEOUT, &timeout);
    mysql_options(to, MYSQL_OPT_WRITE_TIMEOUT, &timeout);
    mysql_options(to, MYSQL_OPT_LOCAL_INFILE, &no);  // or the server could ask for files
    mysql_options(to, MYSQL_SET_CHARSET_NAME, "utf8mb4");  // of the names with which it connects
    if (config.tls != Tls::off) {
      auto const path = [](std::filesystem::path const& from) { return from.empty() ? nullptr : from.c_str(); };
      mysql_ssl_set(to, path(config.tls_key), path(config.tls_cert), path(config.tls_ca), nullptr, nullptr);
      mysql_options(to, MYSQL_OPT_SSL_ENFORCE, &yes);
      if (config.tls == Tls::verified) mysql_options(to, MYSQL_OPT_SSL_VERIFY_SERVER_CERT, &yes);
    }
    auto const text = [](std::string const& from) { return from.empty() ? nullptr : from.c_str(); };
    if (mysql_real_connect(to, text(config.host), text(config.user), text(config.password.reveal()), text(config.dbname),
                           static_cast<unsigned>(config.port), text(config.socket), CLIENT_MULTI_STATEMENTS) == nullptr) {
      if (auto const number = mysql_errno(to); number == 1049 || number == 1044) raise_error("connect");
      throw_lost();
    }
    my_bool const off = 0;
    mysql_options(to, MYSQL_OPT_RECONNECT, &off);  // in the middle of a transaction, with what comes after done without it
    if (config.tls != Tls::off && mysql_get_ssl_cipher(to) == nullptr) {
      raise(Errc::config_mismatch, "The connection is not encrypted, as :tls asks for: look at what the :option-file says of TLS.", "{:key :tls}");
    }
    // Told to the server, which may have its own mind of what clients speak: bytes are escaped by the rules of one character set, and read
    // by those of another only to be taken for statements.
    if (mysql_set_character_set(to, "utf8mb4") != 0) throw_lost();
  }

  /// Whether nothing says that the server hung up. Nothing is to be read between exchanges but its goodbye.
  [[nodiscard]] bool is_alive() const noexcept {
    if (is_lost_) return false;
    pollfd look{mysql_get_socket(connection_.get()), POLLIN, 0};
    return ::poll(&look, 1, 0) == 0;
  }

  /// Sends statements with `;` between them, and reads a result of each. After an error, thrown as `what` that could not be done, those
  /// behind it were not run, and no transaction is open.
  std::vector<Result> run(std::string const& text, std::string_view what) {
    auto* const to = connection_.get();
    std::vector<Result> results;
    is_lost_ = true;  // unless it comes to an end: what is thrown in between leaves answers that nobody has read
    auto failed = mysql_real_query(to, text.data(), text.size());
    while (failed == 0) {
      auto* const rows = mysql_store_result(to);
      if (rows == nullptr && mysql_field_count(to) != 0) break;
      results.emplace_back(rows, mysql_affected_rows(to));
      failed = mysql_next_result(to);
      if (failed < 0) {
        is_lost_ = false;
        return results;
      }
    }
    raise_error(what);
  }

  /// Bytes as they stand in a statement.
  [[nodiscard]] std::string literal(std::string_view bytes) const {
    constexpr std::string_view before = "_binary'";
    std::string made(before.size() + 2 * bytes.size() + 2, '\0');
    made.replace(0, before.size(), before);
    auto const size = mysql_real_escape_string(connection_.get(), made.data() + before.size(), bytes.data() == nullptr ? "" : bytes.data(), bytes.size());
    made.resize(before.size() + size);
    return made += '\'';
  }

 private:
  [[noreturn]] void throw_lost() {
    is_lost_ = true;
    throw common::LostConnection{std::string{mysql_error(connection_.get())} + "."};
  }

  [[noreturn]] void raise_error(std::string_view what) {
    auto* const to = connection_.get();
    auto const number = mysql_errno(to);
    auto const message = std::string{mysql_error(to)};
    // 2000 to 2999 are the client's own: the connection is of no use. The others: the server ends, or ended this session.
    if ((number >= 2000 && number < 3000) || number == 1053 || number == 1927 || number == 1158 || number == 1159) throw_lost();
    is_lost_ = mysql_real_query(to, "ROLLBACK", 8) != 0;
    // 3101: what a group of servers undoes on commit, for another member's sake.
    if (number == 1213 || number == 1205 || number == 3101) throw common::TryAgain{message + "."};
    raise(errc_of_number(number),
          "MySQL could not " + std::string{what} + ": " + message + " (" + std::to_string(number) + "). " + std::string{advice(number)},
          "{:mysql/error " + std::to_string(number) + "}");
  }

  struct Close {
    void operator()(MYSQL* connection) const noexcept { mysql_close(connection); }
  };
  std::unique_ptr<MYSQL, Close> connection_;
  bool is_lost_ = false;
};

}  // namespace cairn::backends::mysql::details
