// Copyright the Cairn authors
// SPDX-License-Identifier: BSL-1.0
// Durable commits of five datoms on each backend that stands on a library, beside that library by itself: one record a commit,
// of as many bytes as Cairn's has.
//
// backend_benchmark [NAME=DIRECTORY]...     servers, as tests/services has them
#include "../peers/bare_servers.hpp"
#include "people.hpp"
#include "report.hpp"
#include "services.hpp"
#include <cairn/backends/lmdb/backend.hpp>
#if CAIRN_BENCHMARK_HAS_MYSQL
#include <cairn/backends/mysql/backend.hpp>
#endif
#if CAIRN_BENCHMARK_HAS_POSTGRES
#include <cairn/backends/postgres/backend.hpp>
#endif
#if CAIRN_BENCHMARK_HAS_REDIS
#include <cairn/backends/redis/backend.hpp>
#endif
#include <cairn/backends/rocksdb/backend.hpp>
#if CAIRN_BENCHMARK_HAS_S3
#include <cairn/backends/s3/backend.hpp>
#endif
#include <cairn/backends/sqlite/backend.hpp>
#include <cairn/database.hpp>

#include <lmdb.h>
#include <rocksdb/db.h>
#include <rocksdb/options.h>
#include <sqlite3.h>

#include <cstdint>
#include <cstring>
#include <filesystem>
#include <memory>
#include <optional>
#include <stdexcept>
#include <string>
#include <string_view>
#include <unistd.h>

namespace {

using namespace cairn::benchmarks;

constexpr std::size_t rounds = 9;
// Commits of one contender before the next has its turn. Cairn's datoms go into its indexes once in some 170 of these commits, so that
// there must be several times that many, or some rounds have that work and others have none.
constexpr std::size_t each = 500;
// Commits of both before the first round: a file that grows makes a sync dearer, and SQLite's log of changes grows until it has 1,000 pages.
constexpr std::size_t until_logs_are_full = 1200;

/// A store with history on a backend, and people who come to it one by one.
template <class Backend>
class CairnPeople {
 public:
  using Store = cairn::Store<Backend>;

  explicit CairnPeople(typename Backend::Config config) : config_{std::move(config)} {
    Store::create(config_);
    connection_.emplace(Store::connect(config_));
    connection_->transact(people_schema);
  }
  void commit() { connection_->transact({operation_of(all_[next_++ % all_.size()])}); }

  /// The bytes of what a commit appends to the root's tail.
  [[nodiscard]] std::size_t frame_size() {
    for (int i = 0; i != 20; ++i) commit();
    auto const blobs = Backend::connect_store(config_);
    auto const root = blobs.root("db");
    if (!root || root->tail.empty()) throw std::runtime_error{"the tail is empty"};
    return root->tail.back().size();
  }

 private:
  typename Backend::Config config_;
  std::optional<typename Store::Connection> connection_{};
  std::vector<Person> all_ = people(20'000);
  std::size_t next_ = 0;
};

/// One row a commit, in a table with the key that Cairn's tail has.
class BareSqlite {
 public:
  BareSqlite(std::filesystem::path const& file, std::size_t bytes) : frame_(bytes, 'x') {
    check(::sqlite3_open(file.c_str(), &database_));
    for (auto const* statement : {"PRAGMA journal_mode=WAL", "PRAGMA synchronous=FULL",
                                  "CREATE TABLE tail (number INTEGER PRIMARY KEY, frame BLOB NOT NULL)"}) {
      check(::sqlite3_exec(database_, statement, nullptr, nullptr, nullptr));
    }
    prepare("BEGIN IMMEDIATE", begin_);
    prepare("INSERT INTO tail VALUES (?, ?)", insert_);
    prepare("COMMIT", commit_);
  }
  BareSqlite(BareSqlite const&) = delete;
  BareSqlite& operator=(BareSqlite const&) = delete;
  ~BareSqlite() {
    for (auto* const statement : {begin_, insert_, commit_}) ::sqlite3_finalize(statement);
    ::sqlite3_close(database_);
  }
  void commit() {
    step(begin_);
    check(::sqlite3_bind_int64(insert_, 1, next_++));
    check(::sqlite3_bind_blob(insert_, 2, frame_.data(), static_cast<int>(frame_.size()), SQLITE_STATIC));
    step(insert_);
    step(commit_);
  }

 private:
  void check(int code) const {
    if (code != SQLITE_OK && code != SQLITE_DONE && code != SQLITE_ROW) throw std::runtime_error{::sqlite3_errmsg(database_)};
  }
  void prepare(char const* text, sqlite3_stmt*& statement) { check(::sqlite3_prepare_v2(database_, text, -1, &statement, nullptr)); }
  void step(sqlite3_stmt* statement) const {
    check(::sqlite3_step(statement));
    check(::sqlite3_reset(statement));
  }

  sqlite3* database_ = nullptr;
  sqlite3_stmt* begin_ = nullptr;
  sqlite3_stmt* insert_ = nullptr;
  sqlite3_stmt* commit_ = nullptr;
  std::string frame_;
  sqlite3_int64 next_ = sqlite3_int64{1} << 32;
};

/// A key of 16 bytes, the most significant first, so that a new one is the last.
std::string key_of(std::uint64_t number) {
  std::string key(16, '\0');
  for (std::size_t i = key.size(); i-- != 8; number >>= 8U) key[i] = static_cast<char>(number & 0xffU);
  return key;
}

/// A tree of its own inside the environment, as whoever keeps more than one kind of thing has it.
class BareLmdb {
 public:
  BareLmdb(std::filesystem::path const& directory, std::size_t bytes) : frame_(bytes, 'x') {
    std::filesystem::create_directory(directory);
    check(::mdb_env_create(&environment_));
    check(::mdb_env_set_mapsize(environment_, std::size_t{1} << 30U));
    check(::mdb_env_set_maxdbs(environment_, 1));
    check(::mdb_env_open(environment_, directory.c_str(), 0, 0600));
    MDB_txn* transaction = nullptr;
    check(::mdb_txn_begin(environment_, nullptr, 0, &transaction));
    check(::mdb_dbi_open(transaction, "tail", MDB_CREATE, &tail_));
    check(::mdb_txn_commit(transaction));
  }
  BareLmdb(BareLmdb const&) = delete;
  BareLmdb& operator=(BareLmdb const&) = delete;
  ~BareLmdb() { ::mdb_env_close(environment_); }
  void commit() {
    MDB_txn* transaction = nullptr;
    check(::mdb_txn_begin(environment_, nullptr, 0, &transaction));
    auto key = key_of(next_++);
    MDB_val key_value{key.size(), key.data()};
    MDB_val value{frame_.size(), frame_.data()};
    check(::mdb_put(transaction, tail_, &key_value, &value, 0));
    check(::mdb_txn_commit(transaction));
  }

 private:
  static void check(int code) {
    if (code != MDB_SUCCESS) throw std::runtime_error{::mdb_strerror(code)};
  }
  MDB_env* environment_ = nullptr;
  MDB_dbi tail_ = 0;
  std::string frame_;
  std::uint64_t next_ = 0;
};

class BareRocksdb {
 public:
  BareRocksdb(std::filesystem::path const& directory, std::size_t bytes) : frame_(bytes, 'x') {
    rocksdb::Options options;
    options.create_if_missing = true;
    rocksdb::DB* database = nullptr;
    check(rocksdb::DB::Open(options, directory.string(), &database));
    database_.reset(database);
    how_.sync = true;
  }
  void commit() { check(database_->Put(how_, key_of(next_++), frame_)); }

 private:
  static void check(rocksdb::Status const& status) {
    if (!status.ok()) throw std::runtime_error{status.ToString()};
  }
  std::unique_ptr<rocksdb::DB> database_;
  rocksdb::WriteOptions how_{};
  std::string frame_;
  std::uint64_t next_ = 0;
};

/// Commits a second by the clock and less what was spent waiting for a processor: commit_benchmark.cpp says why there are two.
class Contender {
 public:
  explicit Contender(std::function<void()> commit) : commit_{std::move(commit)} {}
  double commits_a_second() {
    auto const waited = seconds_without_processor();
    auto const seconds = seconds_of([&] {
      for (std::size_t i = 0; i != each; ++i) commit_();
    });
    without_waiting_.push_back(each / (seconds - (seconds_without_processor() - waited)));
    return each / seconds;
  }
  [[nodiscard]] double without_waiting() const { return median(without_waiting_); }

 private:
  std::function<void()> commit_;
  std::vector<double> without_waiting_{};
};

/// `beside`: what the library by itself is made of, a place or a server. `before`: commits of each that are not measured.
template <class Backend, class Bare, class Beside>
void compare(std::string const& library, typename Backend::Config config, Beside const& beside, std::size_t before = 0) {
  CairnPeople<Backend> people{std::move(config)};
  auto const bytes = people.frame_size();
  Bare bare{beside, bytes};
  for (std::size_t i = 0; i != before; ++i) {
    people.commit();
    bare.commit();
  }
  Contender cairn{[&] { people.commit(); }};
  Contender by_itself{[&] { bare.commit(); }};
  auto const by_the_clock =
      medians_in_turn(rounds, {[&] { return cairn.commits_a_second(); }, [&] { return by_itself.commits_a_second(); }});
  auto const what = "commits of 5 datoms on " + library + ", ";
  auto const peer = library + " by itself, one record of " + std::to_string(bytes) + " bytes";
  print_row(what + "by the clock", "/s", Better::more, by_the_clock[0], peer, by_the_clock[1], 0.9 * by_the_clock[1]);
  print_row(what + "less waiting for a processor", "/s", Better::more, cairn.without_waiting(), peer, by_itself.without_waiting(),
            0.9 * by_itself.without_waiting());
}

}  // namespace

int main(int count, char const* const* arguments) {
  ScratchDirectory const scratch;
  auto const& path = scratch.path();
  namespace backends = cairn::backends;
  compare<backends::sqlite::Backend, BareSqlite>("SQLite", {.path = path / "cairn.sqlite"}, path / "bare.sqlite", until_logs_are_full);
  compare<backends::lmdb::Backend, BareLmdb>("LMDB", {.path = path / "cairn.lmdb"}, path / "bare.lmdb", until_logs_are_full);
  compare<backends::rocksdb::Backend, BareRocksdb>("RocksDB", {.path = path / "cairn.rocksdb"}, path / "bare.rocksdb", until_logs_are_full);

  auto const services = services_of(count, arguments);
  [[maybe_unused]] auto const where = [&](std::string_view name, auto compare_on) {
    if (auto const service = services.find(name); service != services.end()) compare_on(service->second);
  };
  [[maybe_unused]] auto const name = "bench" + std::to_string(::getpid());
#if CAIRN_BENCHMARK_HAS_POSTGRES
  where("postgres", [&](Service const& on) {
    compare<backends::postgres::Backend, BarePostgres>(
        "PostgreSQL", {.host = on("host"), .port = on.port(), .dbname = on("dbname"), .user = on("user"), .table_prefix = name}, on);
  });
#endif
#if CAIRN_BENCHMARK_HAS_MYSQL
  where("mysql", [&](Service const& on) {
    compare<backends::mysql::Backend, BareMysql>(
        "MariaDB", {.host = on("host"), .port = on.port(), .dbname = on("dbname"), .user = on("user"), .table_prefix = name}, on);
  });
#endif
#if CAIRN_BENCHMARK_HAS_REDIS
  where("redis", [&](Service const& on) {
    compare<backends::redis::Backend, BareRedis>("Redis", {.host = on("host"), .port = static_cast<std::uint16_t>(on.port()), .prefix = name}, on);
  });
#endif
#if CAIRN_BENCHMARK_HAS_S3
  where("s3", [&](Service const& on) {
    compare<backends::s3::Backend, BareS3>("S3 (Ceph)", {.bucket = on("bucket"),
                                                         .prefix = name,
                                                         .endpoint = on("endpoint"),
                                                         .access_key = on("access_key"),
                                                         .secret_key = cairn::Secret{on("secret_key")}},
                                           on);
  });
#endif
}
