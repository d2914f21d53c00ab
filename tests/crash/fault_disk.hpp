// Copyright the Cairn authors
// SPDX-License-Identifier: BSL-1.0
// A disk in memory that can lose power, fill up, fail and lie.
#pragma once

#include <algorithm>
#include <cerrno>
#include <cstddef>
#include <cstdint>
#include <functional>
#include <map>
#include <memory>
#include <random>
#include <set>
#include <span>
#include <string>
#include <utility>
#include <vector>

namespace cairn::test {

/// What a medium has, what the page cache has on top of it, and the calls in between that power may take away. A write
/// that was not synced is lost sector by sector, a change of a directory that was not synced name by name.
///
/// A disk after a loss shares the bytes of what was not lost with the disk before it: thousands of them cost little. A copy has the same
/// files, so that what is written to one is there in the other; who wants another disk has `after_power_loss` make one.
class Disk {
 public:
  using Bytes = std::vector<std::byte>;
  static constexpr std::size_t sector = 512;

  /// `names` loses all changes of directories and nothing else, `random_names` some of them.
  enum class Loss { everything, random_sectors, random_prefix, names, random_names, nothing };
  /// What happens to the pages of a sync that failed. Linux calls them clean either way: what they held reaches the
  /// medium only if it is written again.
  enum class AfterFailedSync { pages_stay, pages_go };

  /// The number of the call that is not done, and after which nothing is: where the power goes.
  std::size_t cut_at = SIZE_MAX;
  /// Called before every call that changes something.
  std::function<void()> observe;
  /// Asked at every call that changes something: 0, or the `-errno` with which it fails.
  std::function<int(std::string const& call)> fault;
  /// Asked at every read, of the file at `path`: 0, or the `-errno` with which it fails.
  std::function<int(std::string const& path)> read_fault;
  /// How much of a write, and of a read, is done, at most; by default all.
  std::function<std::size_t(std::size_t)> shorten;
  std::function<std::size_t(std::size_t)> shorten_read;
  AfterFailedSync after_failed_sync = AfterFailedSync::pages_stay;
  /// What it says to who opens a store, alone or beside others.
  int presence = 0;
  /// Acknowledges a sync and does nothing.
  bool lies_about_sync = false;
  bool lies_about_directory_sync = false;

  [[nodiscard]] std::size_t calls() const { return calls_; }
  [[nodiscard]] bool is_cut() const { return calls_ >= cut_at; }
  /// Whether a change of a directory waits for a sync.
  [[nodiscard]] bool has_pending_names() const { return !pending_names_.empty(); }

  [[nodiscard]] std::vector<std::string> paths() const {
    std::vector<std::string> paths;
    for (auto const& [path, ignored] : names_) paths.push_back(path);
    return paths;
  }
  [[nodiscard]] Bytes const& content(std::string const& path) const { return names_.at(path)->cached.bytes(); }
  /// Puts a whole file there, for others to find.
  void place(std::string const& directory, std::string const& name, Bytes content) {
    directories_.insert(directory);
    auto inode = std::make_shared<Inode>();
    inode->identity = next_identity_++;
    inode->path = directory + "/" + name;
    inode->cached = Content{std::move(content)};
    inode->durable = inode->cached;
    names_[inode->path] = inode;
    durable_names_[inode->path] = inode;
  }
  /// The page cache lets go of what the medium does not have, as it may with pages that it calls clean.
  void evict() {
    for (auto const& [name, inode] : names_) {
      if (inode->pending.empty()) inode->cached = inode->durable;
    }
  }

  /// The disk after power has gone and come back.
  [[nodiscard]] Disk after_power_loss(Loss loss, std::mt19937_64& random) const {
    Disk disk;
    disk.directories_ = directories_;
    disk.next_identity_ = next_identity_ + 1000;
    auto names = durable_names_;
    for (auto const& change : pending_names_) {
      bool const is_lost =
          loss == Loss::everything || loss == Loss::names || (loss != Loss::nothing && random() % 2 == 0);
      if (is_lost) continue;
      for (auto const& name : change.removed) names.erase(name);
      for (auto const& [name, inode] : change.added) names[name] = inode;
    }
    std::map<Inode const*, std::shared_ptr<Inode>> survivors;
    for (auto const& [name, inode] : names) {
      auto& survivor = survivors[inode.get()];
      if (!survivor) survivor = inode->after_power_loss(loss, random, disk.next_identity_++, name);
      disk.names_[name] = survivor;
      disk.durable_names_[name] = survivor;
    }
    return disk;
  }

 private:
  friend struct FaultIo;

  /// Bytes that are copied when they are changed while somebody else has them too.
  class Content {
   public:
    Content() : bytes_{std::make_shared<Bytes>()} {}
    explicit Content(Bytes bytes) : bytes_{std::make_shared<Bytes>(std::move(bytes))} {}
    [[nodiscard]] Bytes const& bytes() const { return *bytes_; }
    [[nodiscard]] std::size_t size() const { return bytes_->size(); }
    void resize(std::uint64_t size, std::byte filling = std::byte{0}) {
      own().resize(static_cast<std::size_t>(size), filling);
    }
    void write(std::uint64_t offset, std::span<std::byte const> bytes) {
      auto& mine = own();
      if (mine.size() < offset + bytes.size()) mine.resize(static_cast<std::size_t>(offset + bytes.size()));
      std::copy(bytes.begin(), bytes.end(), mine.begin() + static_cast<std::ptrdiff_t>(offset));
    }

   private:
    Bytes& own() {
      if (bytes_.use_count() != 1) bytes_ = std::make_shared<Bytes>(*bytes_);
      return *bytes_;
    }
    std::shared_ptr<Bytes> bytes_;
  };

  struct Change {
    std::uint64_t offset = 0;  ///< or the new size
    Bytes bytes;
    bool is_truncation = false;
    bool is_room = false;  ///< that was set aside: the file is at least so long

    void apply(Content& content) const {
      if (is_truncation) {
        content.resize(offset);
      } else if (is_room) {
        if (content.size() < offset) content.resize(offset);
      } else {
        content.write(offset, bytes);
      }
    }
  };

  struct Inode {
    std::uint64_t identity = 0;
    std::string path;
    Content cached;
    Content durable;
    std::vector<Change> pending;
    std::uint64_t room_end = 0;  ///< where room ended that was cut off

    /// What is dirty reaches the medium; what a failed sync left clean does not.
    void write_back() {
      for (auto const& change : pending) change.apply(durable);
      pending.clear();
    }

    [[nodiscard]] std::shared_ptr<Inode> after_power_loss(Loss loss, std::mt19937_64& random, std::uint64_t number,
                                                          std::string const& name) const {
      auto survivor = std::make_shared<Inode>();
      survivor->identity = number;
      survivor->path = name;
      auto content = durable;
      auto left = loss == Loss::everything      ? 0
                  : loss == Loss::random_prefix ? random() % (pending.size() + 1)
                                                : pending.size();
      for (auto const& change : pending) {
        if (left-- == 0) break;
        bool const is_random = loss == Loss::random_sectors;
        if (change.is_truncation || change.is_room) {
          if (!is_random || random() % 2 == 0) change.apply(content);
          continue;
        }
        std::size_t done = 0;
        while (done != change.bytes.size()) {
          auto const to_border = sector - static_cast<std::size_t>((change.offset + done) % sector);
          auto const count = std::min(to_border, change.bytes.size() - done);
          if (!is_random || random() % 2 == 0)
            content.write(change.offset + done, std::span{change.bytes}.subspan(done, count));
          done += count;
        }
      }
      // The size of a file may reach the medium before what is in it: zeros, or whatever lay there before.
      if (loss == Loss::random_sectors && content.size() < cached.size() && random() % 2 == 0) {
        auto const garbage = random() % 2 == 0 ? std::byte{0} : std::byte{0xa5};
        content.resize(cached.size(), garbage);
      }
      // A sync of data need not make durable that a file has become shorter: the room is back.
      if (loss == Loss::random_sectors && content.size() < room_end && random() % 2 == 0) content.resize(room_end);
      survivor->cached = content;
      survivor->durable = std::move(content);
      return survivor;
    }
  };

  using Names = std::map<std::string, std::shared_ptr<Inode>>;
  struct NameChange {
    std::vector<std::string> removed;
    std::vector<std::pair<std::string, std::shared_ptr<Inode>>> added;
  };

  Names names_;
  Names durable_names_;
  std::vector<NameChange> pending_names_;
  std::set<std::string> directories_;
  std::map<int, std::shared_ptr<Inode>> open_;
  int next_descriptor_ = 3;
  std::uint64_t next_identity_ = 1;
  std::size_t calls_ = 0;
};

}  // namespace cairn::test
