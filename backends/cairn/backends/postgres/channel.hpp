// Copyright the Cairn authors
// SPDX-License-Identifier: BSL-1.0
// One connection of libpq's in pipeline mode: statements are sent together, and their results come together.
#pragma once

#include <cairn/backends/common/sql_session.hpp>
#include <cairn/backends/postgres/config.hpp>
#include <cairn/backends/postgres/result.hpp>
#include <cairn/error/error.hpp>

#include <algorithm>
#include <array>
#include <chrono>
#include <climits>
#include <cstddef>
#include <cstdint>
#include <initializer_list>
#include <libpq-fe.h>
#include <memory>
#include <new>
#include <poll.h>
#include <span>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#ifndef LIBPQ_HAS_PIPELINING
#error "cairn::postgres needs libpq 14 or later"
#endif

namespace cairn::backends::postgres::details {

/// A value of a statement, in the server's binary format.
struct Parameter {
  std::string_view bytes;
  Parameter(std::string_view text) noexcept : bytes{text} {}      // NOLINT(google-explicit-constructor): in lists of them
  Parameter(std::string const& text) noexcept : bytes{text} {}    // NOLINT(google-explicit-constructor)
  Parameter(std::span<std::byte const> from) noexcept  // NOLINT(google-explicit-constructor)
      : bytes{reinterpret_cast<char const*>(from.data()), from.size()} {}
};

using ConninfoOptions = std::unique_ptr<PQconninfoOption, decltype(&PQconninfoFree)>;
/// What a connection string says; nothing where libpq cannot read it.
inline ConninfoOptions options_of(std::string const& text) {
  char* fault = nullptr;
  ConninfoOptions options{PQconninfoParse(text.c_str(), &fault), &PQconninfoFree};
  PQfreemem(fault);
  return options;
}
/// Otherwise it is the name of a database.
inline bool is_conninfo(std::string const& text) noexcept {
  return text.find('=') != std::string::npos || text.starts_with("postgresql://") || text.starts_with("postgres://");
}

/// Errors: `config/type` where libpq could not read it, or would take a part of a password for a host or a port. libpq repeats in its messages what
/// it stumbles over, which is a secret here.
inline void check_conninfo(std::string const& text) {
  if (!is_conninfo(text)) return;
  auto const options = options_of(text);
  bool is_readable = options != nullptr;
  for (auto const* option = options.get(); option != nullptr && option->keyword != nullptr; ++option) {
    if (option->val == nullptr) continue;
    std::string_view const key{option->keyword};
    std::string_view const value{option->val};
    if (key == "host") is_readable = is_readable && value.find('@') == std::string_view::npos;
    if (key == "port") is_readable = is_readable && value.find_first_not_of("0123456789, ") == std::string_view::npos;
  }
  if (is_readable) return;
  raise(Errc::config_type,
        "the store: :conninfo is no connection string of libpq's. In a URL the characters % @ : / ? # of a user or a password are written %25 %40 %3A %2F %3F %23; "
        "between key and value is a =, and a value with blanks is in single quotes.",
        "{:key :conninfo}");
}

/// Whether libpq would look for a server with these parameters, whose values it looks at before. Asks none: there is none at that place.
inline bool are_taken(std::span<PQconninfoOption const* const> parameters) {
  std::vector<char const*> keys{"host"};
  std::vector<char const*> values{"/"};
  for (auto const* parameter : parameters) {
    keys.push_back(parameter->keyword);
    values.push_back(parameter->val);
  }
  keys.push_back(nullptr);
  values.push_back(nullptr);
  return PQpingParams(keys.data(), values.data(), 0) != PQPING_NO_ATTEMPT;
}

/// For a connection that failed, which libpq tells like one that a server refused. Errors: `config/range` where it is the value of a parameter that
/// libpq does not take; it names the parameter, and not the value, as above.
inline void check_values(std::string const& text) {
  if (!is_conninfo(text)) return;
  auto const options = options_of(text);
  std::vector<PQconninfoOption const*> given;
  for (auto const* option = options.get(); option != nullptr && option->keyword != nullptr; ++option) {
    constexpr std::array<std::string_view, 4> places{"host", "hostaddr", "port", "service"};
    if (option->val != nullptr && std::find(places.begin(), places.end(), option->keyword) == places.end()) given.push_back(option);
  }
  if (are_taken(given) || !are_taken({})) return;  // it was the server, or an environment variable
  for (auto const* option : given) {
    if (are_taken({&option, 1})) continue;
    std::string const key{option->keyword};
    raise(Errc::config_range, "the store: libpq does not take what :conninfo says for " + key + ". Its manual has the values that there are.",
          "{:key :conninfo :parameter \"" + key + "\"}");
  }
  raise(Errc::config_range, "the store: libpq does not take together what :conninfo says.", "{:key :conninfo}");
}

/// The statements between two syncs are one transaction, unless they say otherwise: all of them happen, or none.
class Channel {
 public:
  /// Connects; `LostConnection` where that fails, `store/does-not-exist` where there is no such database; as `check_conninfo` and `check_values`.
  explicit Channel(Config const& config) : reply_timeout_{config.reply_timeout} {
    check_conninfo(config.conninfo.reveal());
    auto const port = config.port == 0 ? std::string{} : std::to_string(config.port);
    // Later ones win, and empty ones don't count.
    std::array<char const*, 9> const keys{"connect_timeout", "fallback_application_name", "dbname", "host", "port", "dbname", "user", "password", nullptr};
    std::array<char const*, 9> const values{"10", "cairn", config.conninfo.reveal().c_str(), config.host.c_str(), port.c_str(), config.dbname.c_str(),
                                            config.user.c_str(), config.password.reveal().c_str(), nullptr};
    connection_.reset(PQconnectdbParams(keys.data(), values.data(), 1));
    if (!connection_) throw std::bad_alloc{};
    if (PQstatus(connection_.get()) != CONNECTION_OK) {
      check_values(config.conninfo.reveal());
      throw_refused();
    }
    PQsetNoticeReceiver(connection_.get(), [](void*, PGresult const*) {}, nullptr);
    if (PQsetnonblocking(connection_.get(), 1) != 0 || PQenterPipelineMode(connection_.get()) != 1) throw_lost();
  }

  /// Whether nothing says that the server hung up. Nothing is to be read between exchanges but its goodbye.
  [[nodiscard]] bool is_alive() const noexcept {
    if (PQstatus(connection_.get()) != CONNECTION_OK || waiting_ != 0) return false;
    pollfd look{PQsocket(connection_.get()), POLLIN, 0};
    return ::poll(&look, 1, 0) == 0 || (look.revents & (POLLIN | POLLHUP | POLLERR)) == 0;
  }

  void prepare(char const* name, std::string const& text) {
    if (PQsendPrepare(connection_.get(), name, text.c_str(), 0, nullptr) != 1) throw_lost();
    ++waiting_;
  }
  /// A prepared statement, its results in binary format.
  void send(char const* name, std::initializer_list<Parameter> parameters) {
    std::array<char const*, most_parameters> values{};
    std::array<int, most_parameters> lengths{};
    std::array<int, most_parameters> formats{};
    std::size_t count = 0;
    for (auto const& parameter : parameters) {
      if (parameter.bytes.size() > most_bytes) {
        raise(Errc::io_full, "PostgreSQL takes no more than 1 GiB less 64 KiB in one value here, and this one has " + std::to_string(parameter.bytes.size()) + " bytes.");
      }
      values[count] = parameter.bytes.data() == nullptr ? "" : parameter.bytes.data();  // a null pointer would be NULL
      lengths[count] = static_cast<int>(parameter.bytes.size());
      formats[count++] = 1;
    }
    if (PQsendQueryPrepared(connection_.get(), name, static_cast<int>(count), values.data(), lengths.data(), formats.data(), 1) != 1) throw_lost();
    ++waiting_;
  }
  /// Text without parameters.
  void send_text(std::string const& text) {
    if (PQsendQueryParams(connection_.get(), text.c_str(), 0, nullptr, nullptr, nullptr, nullptr, 1) != 1) throw_lost();
    ++waiting_;
  }

  /// Ends the transaction; the results of what was sent, one each. The first error of the server is thrown after all were read, as
  /// `what` that could not be done.
  std::vector<Result> exchange(std::string_view what) {
    if (PQpipelineSync(connection_.get()) != 1) throw_lost();
    auto const end = std::chrono::steady_clock::now() + reply_timeout_;
    flush(end);
    std::vector<Result> results;
    std::vector<Result> errors;
    for (;;) {
      // Of each statement: its result, then nothing. At the end, that of the sync.
      auto* const next = next_result(end);
      if (next == nullptr) continue;
      Result result{next};
      if (result.status() == PGRES_PIPELINE_SYNC) break;
      if (result.status() == PGRES_PIPELINE_ABORTED) continue;
      if (result.is_error()) {
        if (PQstatus(connection_.get()) != CONNECTION_OK) throw_lost(result);
        errors.push_back(std::move(result));
      } else {
        results.push_back(std::move(result));
      }
    }
    waiting_ = 0;
    if (!errors.empty()) errors.front().raise_error(what);
    return results;
  }

 private:
  using Clock = std::chrono::steady_clock;
  static constexpr std::size_t most_parameters = 6;
  static constexpr std::size_t most_bytes = (std::size_t{1} << 30U) - (std::size_t{1} << 16U);  // a whole message is less than 1 GiB

  /// libpq has the SQLSTATE of a refusal in its message alone, if it is told to: where the database may be the reason, it asks once more.
  [[noreturn]] void throw_refused() {
    auto* const to = connection_.get();
    std::string const message{PQerrorMessage(to)};
    std::string const database{PQdb(to) == nullptr ? "" : PQdb(to)};
    if (!database.empty() && message.find('"' + database + '"') != std::string::npos) {
      PQsetErrorVerbosity(to, PQERRORS_SQLSTATE);
      PQreset(to);
      if (std::string_view{PQerrorMessage(to)}.find(" 3D000\n") != std::string_view::npos) {
        raise(Errc::store_does_not_exist, "There is no database \"" + database + "\" on this server. " + std::string{advice("3D000")},
              "{:postgres/sqlstate \"3D000\"}");
      }
    }
    throw_lost(message);
  }
  [[noreturn]] void throw_lost() const { throw_lost(PQerrorMessage(connection_.get())); }
  [[noreturn]] static void throw_lost(std::string reason) {
    while (!reason.empty() && reason.back() == '\n') reason.pop_back();
    throw common::LostConnection{reason + "."};
  }
  [[noreturn]] void throw_lost(Result const& result) const {
    // The server's last words say more than libpq's.
    if (!result.state().empty() && !result.state().starts_with("08")) {
      try {
        result.raise_error("go on");
      } catch (Error const& error) {
        throw common::LostConnection{error.what()};
      }
    }
    throw_lost();
  }

  void wait(short events, Clock::time_point end) const {
    for (;;) {
      auto const left = std::chrono::ceil<std::chrono::milliseconds>(end - Clock::now()).count();
      if (left <= 0) throw common::LostConnection{"The server has not answered for " + std::to_string(reply_timeout_.count()) + " ms."};
      pollfd look{PQsocket(connection_.get()), events, 0};
      if (::poll(&look, 1, static_cast<int>(std::min<std::int64_t>(left, INT_MAX))) > 0) return;
    }
  }
  /// A server that can't get rid of its answers stops to read: they are taken in meanwhile.
  void flush(Clock::time_point end) {
    for (;;) {
      auto const left = PQflush(connection_.get());
      if (left == 0) return;
      if (left < 0) throw_lost();
      wait(POLLIN | POLLOUT, end);
      if (PQconsumeInput(connection_.get()) != 1) throw_lost();
    }
  }
  [[nodiscard]] PGresult* next_result(Clock::time_point end) {
    while (PQisBusy(connection_.get()) == 1) {
      wait(POLLIN, end);
      if (PQconsumeInput(connection_.get()) != 1) throw_lost();
    }
    auto* const result = PQgetResult(connection_.get());
    if (result == nullptr && PQstatus(connection_.get()) != CONNECTION_OK) throw_lost();
    return result;
  }

  struct Finish {
    void operator()(PGconn* connection) const noexcept { PQfinish(connection); }
  };
  std::unique_ptr<PGconn, Finish> connection_;
  std::chrono::milliseconds reply_timeout_;
  std::size_t waiting_ = 0;  ///< statements that were sent, and not answered
};

}  // namespace cairn::backends::postgres::details
