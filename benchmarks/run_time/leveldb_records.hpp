// Copyright the Cairn authors
// SPDX-License-Identifier: BSL-1.0
// Commits to LevelDB, as its own benchmark makes them.
#pragma once

#include <leveldb/db.h>
#include <leveldb/write_batch.h>

#include <atomic>
#include <cstddef>
#include <cstdint>
#include <cstring>
#include <filesystem>
#include <memory>
#include <stdexcept>
#include <string>

namespace cairn::benchmarks {

/// A database to which batches of five records, of keys of 16 bytes in no order and values of 100, are written.
/// Thread safety: `commit` may be called from any thread; LevelDB writes what waits as one.
class LevelDbRecords {
 public:
  /// `sync`: whether a commit waits for the disk.
  LevelDbRecords(std::filesystem::path const& directory, bool sync) {
    leveldb::Options options;
    options.create_if_missing = true;
    options.compression = leveldb::kNoCompression;
    leveldb::DB* database = nullptr;
    check(leveldb::DB::Open(options, directory.string(), &database));
    database_.reset(database);
    how_.sync = sync;
  }

  void commit() {
    static std::string const value(100, 'x');
    leveldb::WriteBatch batch;
    auto number = next_.fetch_add(5, std::memory_order_relaxed);
    for (int i = 0; i != 5; ++i) batch.Put(key_of(number++), value);
    check(database_->Write(how_, &batch));
  }

 private:
  static std::string key_of(std::uint64_t number) {
    std::string key(16, '\0');
    number *= 0x9E3779B97F4A7C15U;  // odd, and so one to one
    std::memcpy(key.data(), &number, sizeof number);
    return key;
  }
  static void check(leveldb::Status const& status) {
    if (!status.ok()) throw std::runtime_error{status.ToString()};
  }

  std::unique_ptr<leveldb::DB> database_;
  leveldb::WriteOptions how_{};
  std::atomic<std::uint64_t> next_{0};
};

}  // namespace cairn::benchmarks
