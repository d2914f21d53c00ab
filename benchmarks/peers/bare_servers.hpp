// Copyright the Cairn authors
// SPDX-License-Identifier: BSL-1.0
// Client libraries of servers by themselves: one record a commit, durable as the server is set up.
#pragma once

#include "../run_time/services.hpp"

#include <array>
#include <cstddef>
#include <cstdint>
#include <memory>
#include <stdexcept>
#include <string>

#if CAIRN_BENCHMARK_HAS_POSTGRES
#include <libpq-fe.h>
#endif
#if CAIRN_BENCHMARK_HAS_MYSQL
#include <mysql.h>
#endif
#if CAIRN_BENCHMARK_HAS_REDIS
#include <hiredis/hiredis.h>
#endif
#if CAIRN_BENCHMARK_HAS_S3
#include <curl/curl.h>
#include <openssl/evp.h>
#endif

namespace cairn::benchmarks {

/// A number in the order of a key's bytes.
[[nodiscard]] inline std::array<char, 8> in_order(std::uint64_t number) {
  std::array<char, 8> key{};
  for (std::size_t i = key.size(); i-- != 0; number >>= 8U) key[i] = static_cast<char>(number & 0xffU);
  return key;
}

#if CAIRN_BENCHMARK_HAS_POSTGRES
/// A prepared insert into a table with a key, a transaction of its own.
class BarePostgres {
 public:
  BarePostgres(Service const& service, std::size_t bytes) : frame_(bytes, 'x') {
    auto const text = "host=" + service("host") + " port=" + service("port") + " dbname=" + service("dbname") + " user=" + service("user");
    connection_.reset(::PQconnectdb(text.c_str()));
    if (::PQstatus(connection_.get()) != CONNECTION_OK) throw std::runtime_error{::PQerrorMessage(connection_.get())};
    check(::PQexec(connection_.get(), "SET client_min_messages = warning; DROP TABLE IF EXISTS bare; CREATE TABLE bare(place bytea PRIMARY KEY, frame bytea)"));
    check(::PQprepare(connection_.get(), "insert", "INSERT INTO bare VALUES($1::bytea, $2::bytea)", 2, nullptr));
  }
  void commit() {
    auto const place = in_order(next_++);
    std::array<char const*, 2> const values{place.data(), frame_.data()};
    std::array<int, 2> const lengths{static_cast<int>(place.size()), static_cast<int>(frame_.size())};
    std::array<int, 2> const formats{1, 1};
    check(::PQexecPrepared(connection_.get(), "insert", 2, values.data(), lengths.data(), formats.data(), 1));
  }

 private:
  void check(PGresult* result) const {
    std::unique_ptr<PGresult, decltype(&::PQclear)> const owned{result, ::PQclear};
    if (::PQresultStatus(result) != PGRES_COMMAND_OK) throw std::runtime_error{::PQerrorMessage(connection_.get())};
  }
  std::unique_ptr<PGconn, decltype(&::PQfinish)> connection_{nullptr, ::PQfinish};
  std::string frame_;
  std::uint64_t next_ = 0;
};
#endif

#if CAIRN_BENCHMARK_HAS_MYSQL
/// A prepared insert into a table with a key, a transaction of its own.
class BareMysql {
 public:
  BareMysql(Service const& service, std::size_t bytes) : frame_(bytes, 'x') {
    if (::mysql_real_connect(connection_.get(), service("host").c_str(), service("user").c_str(), "", service("dbname").c_str(),
                             static_cast<unsigned>(service.port()), nullptr, 0) == nullptr) {
      fail();
    }
    for (auto const* text : {"DROP TABLE IF EXISTS bare", "CREATE TABLE bare(place BINARY(8) PRIMARY KEY, frame LONGBLOB) ENGINE=InnoDB"}) {
      if (::mysql_query(connection_.get(), text) != 0) fail();
    }
    statement_.reset(::mysql_stmt_init(connection_.get()));
    std::string const text = "INSERT INTO bare VALUES(?, ?)";
    if (::mysql_stmt_prepare(statement_.get(), text.data(), text.size()) != 0) fail();
  }
  void commit() {
    auto place = in_order(next_++);
    std::array<MYSQL_BIND, 2> values{};
    values[0].buffer_type = MYSQL_TYPE_BLOB;
    values[0].buffer = place.data();
    values[0].buffer_length = place.size();
    values[1].buffer_type = MYSQL_TYPE_BLOB;
    values[1].buffer = frame_.data();
    values[1].buffer_length = frame_.size();
    if (::mysql_stmt_bind_param(statement_.get(), values.data()) != 0 || ::mysql_stmt_execute(statement_.get()) != 0) fail();
  }

 private:
  [[noreturn]] void fail() const { throw std::runtime_error{::mysql_error(connection_.get())}; }
  std::unique_ptr<MYSQL, decltype(&::mysql_close)> connection_{::mysql_init(nullptr), ::mysql_close};
  struct Close {
    void operator()(MYSQL_STMT* statement) const { ::mysql_stmt_close(statement); }
  };
  std::unique_ptr<MYSQL_STMT, Close> statement_{};
  std::string frame_;
  std::uint64_t next_ = 0;
};
#endif

#if CAIRN_BENCHMARK_HAS_REDIS
/// One push to a list.
class BareRedis {
 public:
  BareRedis(Service const& service, std::size_t bytes) : frame_(bytes, 'x') {
    connection_.reset(::redisConnect(service("host").c_str(), service.port()));
    if (!connection_ || connection_->err != 0) throw std::runtime_error{"no connection to Redis"};
  }
  void commit() {
    std::unique_ptr<redisReply, decltype(&::freeReplyObject)> const reply{
        static_cast<redisReply*>(::redisCommand(connection_.get(), "RPUSH bare %b", frame_.data(), frame_.size())), ::freeReplyObject};
    if (!reply || reply->type != REDIS_REPLY_INTEGER) throw std::runtime_error{"RPUSH failed"};
  }

 private:
  std::unique_ptr<redisContext, decltype(&::redisFree)> connection_{nullptr, ::redisFree};
  std::string frame_;
};
#endif

#if CAIRN_BENCHMARK_HAS_S3
/// One new object, signed by libcurl.
class BareS3 {
 public:
  BareS3(Service const& service, std::size_t bytes) : frame_(bytes, 'x'), place_{service("endpoint") + "/" + service("bucket") + "/bare/"} {
    auto const set = [&](CURLoption option, auto value) {
      if (::curl_easy_setopt(handle_.get(), option, value) != CURLE_OK) throw std::runtime_error{"libcurl takes no such option"};
    };
    set(CURLOPT_AWS_SIGV4, "aws:amz:us-east-1:s3");
    set(CURLOPT_USERNAME, service("access_key").c_str());
    set(CURLOPT_PASSWORD, service("secret_key").c_str());
    set(CURLOPT_CUSTOMREQUEST, "PUT");
    set(CURLOPT_POSTFIELDSIZE, static_cast<long>(frame_.size()));
    set(CURLOPT_POSTFIELDS, frame_.data());
    set(CURLOPT_FAILONERROR, 1L);
    // Servers want the hash that is signed in a header.
    std::array<unsigned char, 32> hash{};
    if (::EVP_Digest(frame_.data(), frame_.size(), hash.data(), nullptr, ::EVP_sha256(), nullptr) != 1) throw std::runtime_error{"no SHA-256"};
    std::string header = "x-amz-content-sha256: ";
    for (auto const byte : hash) {
      header += "0123456789abcdef"[byte >> 4U];
      header += "0123456789abcdef"[byte & 0xfU];
    }
    headers_.reset(::curl_slist_append(nullptr, header.c_str()));
    set(CURLOPT_HTTPHEADER, headers_.get());
  }
  void commit() {
    auto const url = place_ + std::to_string(next_++);
    ::curl_easy_setopt(handle_.get(), CURLOPT_URL, url.c_str());
    if (auto const result = ::curl_easy_perform(handle_.get()); result != CURLE_OK) throw std::runtime_error{::curl_easy_strerror(result)};
  }

 private:
  std::unique_ptr<curl_slist, decltype(&::curl_slist_free_all)> headers_{nullptr, ::curl_slist_free_all};  // outlives the handle
  std::unique_ptr<CURL, decltype(&::curl_easy_cleanup)> handle_{::curl_easy_init(), ::curl_easy_cleanup};
  std::string frame_;
  std::string place_;
  std::uint64_t next_ = 0;
};
#endif

}  // namespace cairn::benchmarks
