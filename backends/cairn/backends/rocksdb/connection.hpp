// Copyright the Cairn authors
// SPDX-License-Identifier: BSL-1.0
// The connection of the RocksDB backend.
#pragma once

#include <cairn/backends/common/followed_root.hpp>
#include <cairn/backends/common/last_root.hpp>
#include <cairn/backends/rocksdb/config.hpp>
#include <cairn/backends/rocksdb/database.hpp>
#include <cairn/backends/rocksdb/writer.hpp>
#include <cairn/concepts/bytes.hpp>
#include <cairn/concepts/root.hpp>
#include <cairn/error/error.hpp>

#include <chrono>
#include <cstddef>
#include <cstdint>
#include <filesystem>
#include <memory>
#include <optional>
#include <rocksdb/db.h>
#include <string>
#include <string_view>
#include <system_error>
#include <utility>
#include <vector>

namespace cairn::backends::rocksdb {

/// An open store. Any number of connections of one process may have the same store open and write to it; RocksDB lets no other process in.
///
/// Errors: `io/error`, `io/full`, `store/corrupt`, `store/locked` for what RocksDB says; `store/does-not-exist` after the store was
/// deleted; `store/poisoned` after a write that failed, and in a child of a fork. Thread safety: every member may be called at once from
/// any thread.
class Connection {
 public:
  using Address = rocksdb::Address;
  using Writer = rocksdb::Writer;

  explicit Connection(Config const& config) : sync_{config.sync} {
    auto const missing = [&] { raise(Errc::store_does_not_exist, "There is no RocksDB store in " + config.path.string() + ": create it first."); };
    if (config.path.empty()) raise(Errc::config_missing, "The RocksDB backend needs a :path, the directory of the store.");
    std::error_code error;
    if (!std::filesystem::exists(config.path / "CURRENT", error) && !error) missing();
    database_ = details::open_database(config, false);
    database_->check_process();
    own_ = database_->own();
    if (own_ == 0) missing();
    database_->check_usable(own_);
  }

  /// A copy of the blob. O(log n + size).
  [[nodiscard]] Bytes read(Address const& address) const {
    database_->check_process();
    std::string value;
    auto const status = database_->db().Get({}, details::blob_key(address), &value);
    if (status.IsNotFound())
      raise_absent_blob("There is no such blob in the RocksDB store in " + database_->path() +
                        ": it was never committed, or swept.");
    details::check(status, "read a blob");
    auto owner = std::make_shared<std::string const>(std::move(value));
    auto const view = details::bytes_of(*owner);
    return Bytes{std::move(owner), view};
  }
  /// The root of that name as it is now. Linear in the bytes of its state and of what was appended since this connection read that root
  /// last; where its state was replaced, or another root was read meanwhile, in those of state and tail.
  [[nodiscard]] std::optional<RootRecord> root(std::string_view branch) const {
    database_->check_usable(own_);
    View const view{*database_};
    auto const head = database_->head_of(branch, view.options);
    if (!head.is_there) return std::nullopt;
    return common::read_root(*last_root_, branch, head.epoch, head.frames, [&] { return Bytes::copy(details::bytes_of(head.state)); },
                             [&](std::uint64_t place, std::vector<Bytes>& frames) {
                               auto const prefix = details::tail_prefix(branch);
                               std::unique_ptr<::rocksdb::Iterator> const found{database_->db().NewIterator(view.options)};
                               for (found->Seek(prefix + common::big_endian(place)); found->Valid() && found->key().starts_with(prefix); found->Next())
                                 frames.push_back(Bytes::copy(details::bytes_of(found->value())));
                               details::check(found->status(), "read a tail");
                             });
  }
  /// The names of all roots, sorted.
  [[nodiscard]] std::vector<std::string> roots() const {
    database_->check_usable(own_);
    std::vector<std::string> names;
    std::unique_ptr<::rocksdb::Iterator> const found{database_->db().NewIterator({})};
    for (found->Seek("r"); found->Valid() && found->key().starts_with("r"); found->Next()) names.push_back(found->key().ToString().substr(1));
    details::check(found->status(), "list roots");
    return names;
  }
  /// Takes nothing yet: the fence is held from the writer's `hold`, or for the length of its commit.
  [[nodiscard]] Writer begin() { return {database_, own_, sync_}; }

  /// Removes every blob that was put before `cutoff` and is not live. Where what is left is less than three quarters of what RocksDB has on the
  /// disk, has it merge everything. Reads every blob.
  void sweep(LiveSet<Address> const& live, TimePoint cutoff) {
    auto const kept = remove_dead(live, cutoff);
    if (bytes_on_disk() > kept + kept / 3 + slack) merge();
  }
  /// The same, and merges in any case: what was removed is in no file any more.
  void erase(LiveSet<Address> const& live, TimePoint cutoff) {
    static_cast<void>(remove_dead(live, cutoff));
    merge();
  }

  /// Calls `visit(address, bytes, put_by)` for every blob there was when it began.
  template <class Visit>
  void for_each_blob(Visit visit) const {
    database_->check_usable(own_);
    std::unique_ptr<::rocksdb::Iterator> const blobs{database_->db().NewIterator({})};
    for (blobs->Seek("b"); blobs->Valid() && blobs->key().starts_with("b"); blobs->Next()) {
      auto const address = address_in(blobs->key());
      visit(address, std::uint64_t{blobs->value().size()}, TimePoint{std::chrono::milliseconds{address.put_at()}});
    }
    details::check(blobs->status(), "list blobs");
  }

 private:
  /// What RocksDB needs for itself, whatever it holds.
  static constexpr std::uint64_t slack = std::uint64_t{256} << 10U;

  /// The bytes of the blobs that stay.
  std::uint64_t remove_dead(LiveSet<Address> const& live, TimePoint cutoff) {
    database_->check_usable(own_);
    auto const before = std::chrono::floor<std::chrono::milliseconds>(cutoff.time_since_epoch()).count();
    std::unique_ptr<::rocksdb::Iterator> const blobs{database_->db().NewIterator({})};
    ::rocksdb::WriteBatch batch;
    std::uint64_t kept = 0;
    auto const remove = [&] {
      details::check(database_->db().Write({}, &batch), "remove blobs");
      batch.Clear();
    };
    for (blobs->Seek("b"); blobs->Valid() && blobs->key().starts_with("b"); blobs->Next()) {
      auto const address = address_in(blobs->key());
      if (address.put_at() >= before || live(address)) {
        kept += blobs->value().size();
        continue;
      }
      details::check(batch.Delete(blobs->key()), "remove a blob");
      if (batch.Count() == 1024) remove();
    }
    details::check(blobs->status(), "list blobs");
    if (batch.Count() != 0) remove();
    return kept;
  }
  [[nodiscard]] std::uint64_t bytes_on_disk() const {
    using Properties = ::rocksdb::DB::Properties;
    std::uint64_t bytes = 0;
    for (auto const* const name : {&Properties::kTotalSstFilesSize, &Properties::kTotalBlobFileSize, &Properties::kCurSizeAllMemTables}) {
      std::uint64_t part = 0;
      if (database_->db().GetIntProperty(*name, &part)) bytes += part;
    }
    return bytes;
  }
  /// What is in memory has its bytes in a log of writes.
  void merge() {
    details::check(database_->db().Flush({}), "write out what is in memory");
    ::rocksdb::CompactRangeOptions options;
    options.bottommost_level_compaction = ::rocksdb::BottommostLevelCompaction::kForce;
    options.blob_garbage_collection_policy = ::rocksdb::BlobGarbageCollectionPolicy::kForce;
    options.blob_garbage_collection_age_cutoff = 1;
    details::check(database_->db().CompactRange(options, nullptr, nullptr), "merge");
  }

  [[nodiscard]] static Address address_in(::rocksdb::Slice const& blob_key) {
    Address address;
    auto const key = blob_key.ToStringView().substr(1);
    for (std::size_t i = 0; i != address.bytes.size() && i != key.size(); ++i) address.bytes[i] = static_cast<std::uint8_t>(key[i]);
    return address;
  }

  /// Reads that see one moment.
  struct View {
    explicit View(details::Database const& database) : db{database.db()} { options.snapshot = db.GetSnapshot(); }
    View(View const&) = delete;
    View& operator=(View const&) = delete;
    ~View() { db.ReleaseSnapshot(options.snapshot); }
    ::rocksdb::DB& db;
    ::rocksdb::ReadOptions options;
  };

  std::shared_ptr<details::Database> database_;
  std::shared_ptr<common::LastRoot> last_root_ = std::make_shared<common::LastRoot>();
  std::uint64_t own_ = 0;
  Sync sync_;
};

}  // namespace cairn::backends::rocksdb
