// Copyright the Cairn authors
// SPDX-License-Identifier: BSL-1.0
// A disk in memory that can lose power, fill up, fail and lie, behind the calls that the file backend makes.
#pragma once

#include <algorithm>
#include <cerrno>
#include <chrono>
#include <cstddef>
#include <cstdint>
#include <fcntl.h>
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
class Disk {
 public:
  using Bytes = std::vector<std::byte>;
  static constexpr std::size_t sector = 512;

  enum class Loss { everything, random_sectors, random_prefix, nothing };

  /// The number of the call that is not done, and after which nothing is: where the power goes.
  std::size_t cut_at = SIZE_MAX;
  /// Asked at every call that changes something: 0, or the `-errno` with which it fails.
  std::function<int(std::string const& call)> fault;
  /// How much of a write is done, at most; by default all.
  std::function<std::size_t(std::size_t)> shorten;
  /// Acknowledges a sync and does nothing.
  bool lies_about_sync = false;
  bool lies_about_directory_sync = false;

  [[nodiscard]] std::size_t calls() const { return calls_; }
  [[nodiscard]] bool is_cut() const { return calls_ >= cut_at; }

  [[nodiscard]] std::vector<std::string> paths() const {
    std::vector<std::string> paths;
    for (auto const& [path, ignored] : names_) paths.push_back(path);
    return paths;
  }
  [[nodiscard]] Bytes const& content(std::string const& path) const { return names_.at(path)->cached; }
  /// Puts a whole file there, for others to find.
  void place(std::string const& directory, std::string const& name, Bytes content) {
    directories_.insert(directory);
    auto inode = std::make_shared<Inode>();
    inode->identity = next_identity_++;
    inode->cached = content;
    inode->durable = std::move(content);
    names_[directory + "/" + name] = inode;
    durable_names_[directory + "/" + name] = inode;
  }

  /// The disk after power has gone and come back.
  [[nodiscard]] Disk after_power_loss(Loss loss, std::mt19937_64& random) const {
    Disk disk;
    disk.directories_ = directories_;
    disk.next_identity_ = next_identity_ + 1000;
    auto names = durable_names_;
    for (auto const& change : pending_names_) {
      if (loss == Loss::everything || (loss != Loss::nothing && random() % 2 == 0)) continue;
      for (auto const& name : change.removed) names.erase(name);
      for (auto const& [name, inode] : change.added) names[name] = inode;
    }
    std::map<Inode const*, std::shared_ptr<Inode>> survivors;
    for (auto const& [name, inode] : names) {
      auto& survivor = survivors[inode.get()];
      if (!survivor) survivor = inode->after_power_loss(loss, random, disk.next_identity_++);
      disk.names_[name] = survivor;
      disk.durable_names_[name] = survivor;
    }
    return disk;
  }

 private:
  friend struct FaultIo;

  struct Change {
    std::uint64_t offset = 0;  ///< or the new size
    Bytes bytes;
    bool is_truncation = false;
  };

  struct Inode {
    std::uint64_t identity = 0;
    Bytes cached;
    Bytes durable;
    std::vector<Change> pending;

    static void write(Bytes& content, std::uint64_t offset, std::span<std::byte const> bytes) {
      if (content.size() < offset + bytes.size()) content.resize(static_cast<std::size_t>(offset + bytes.size()));
      std::copy(bytes.begin(), bytes.end(), content.begin() + static_cast<std::ptrdiff_t>(offset));
    }

    [[nodiscard]] std::shared_ptr<Inode> after_power_loss(Loss loss, std::mt19937_64& random,
                                                          std::uint64_t number) const {
      auto survivor = std::make_shared<Inode>();
      survivor->identity = number;
      auto content = durable;
      auto left = loss == Loss::everything      ? 0
                  : loss == Loss::random_prefix ? random() % (pending.size() + 1)
                                                : pending.size();
      for (auto const& change : pending) {
        if (left-- == 0) break;
        bool const is_random = loss == Loss::random_sectors;
        if (change.is_truncation) {
          if (!is_random || random() % 2 == 0) content.resize(static_cast<std::size_t>(change.offset));
          continue;
        }
        std::size_t done = 0;
        while (done != change.bytes.size()) {
          auto const to_border = sector - static_cast<std::size_t>((change.offset + done) % sector);
          auto const count = std::min(to_border, change.bytes.size() - done);
          if (!is_random || random() % 2 == 0)
            write(content, change.offset + done, std::span{change.bytes}.subspan(done, count));
          done += count;
        }
      }
      // The size of a file may reach the medium before what is in it: zeros, or whatever lay there before.
      if (loss == Loss::random_sectors && content.size() < cached.size() && random() % 2 == 0) {
        auto const garbage = random() % 2 == 0 ? std::byte{0} : std::byte{0xa5};
        content.resize(cached.size(), garbage);
      }
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

  std::map<std::string, std::shared_ptr<Inode>> names_;
  Names durable_names_;
  std::vector<NameChange> pending_names_;
  std::set<std::string> directories_;
  std::map<int, std::shared_ptr<Inode>> open_;
  int next_descriptor_ = 3;
  std::uint64_t next_identity_ = 1;
  std::size_t calls_ = 0;
};

/// `PosixIo` on a `Disk`. The disk is the current one, and used by one thread.
struct FaultIo {
  struct Clock {
    static std::chrono::system_clock::time_point now() {
      return std::chrono::system_clock::time_point{std::chrono::hours{1}};
    }
  };
  using Identity = std::pair<std::uint64_t, std::uint64_t>;

  inline static Disk* disk = nullptr;

  static int open(std::string const& path, int flags) {
    auto found = disk->names_.find(path);
    if (found == disk->names_.end()) {
      if ((flags & O_CREAT) == 0) return -ENOENT;
      if (auto const error = step("create " + path); error != 0) return error;
      auto inode = std::make_shared<Disk::Inode>();
      inode->identity = disk->next_identity_++;
      disk->pending_names_.push_back({{}, {{path, inode}}});
      found = disk->names_.emplace(path, std::move(inode)).first;
    } else if ((flags & O_TRUNC) != 0) {
      if (auto const error = step("truncate " + path); error != 0) return error;
      truncate_inode(*found->second, 0);
    }
    disk->open_[disk->next_descriptor_] = found->second;
    return disk->next_descriptor_++;
  }
  static void close(int descriptor) { disk->open_.erase(descriptor); }

  static std::int64_t read_at(int descriptor, std::span<std::byte> into, std::uint64_t offset) {
    if (disk->is_cut()) return -EIO;
    auto const& content = inode(descriptor).cached;
    if (offset >= content.size()) return 0;
    auto const count = std::min<std::size_t>(into.size(), content.size() - static_cast<std::size_t>(offset));
    std::copy_n(content.begin() + static_cast<std::ptrdiff_t>(offset), count, into.begin());
    return static_cast<std::int64_t>(count);
  }
  static std::int64_t write_at(int descriptor, std::span<std::byte const> bytes, std::uint64_t offset) {
    if (disk->shorten && !disk->is_cut())
      bytes = bytes.first(std::clamp<std::size_t>(disk->shorten(bytes.size()), 1, bytes.size()));
    // The write during which power goes may reach the medium like any that was not synced.
    bool const is_last = disk->calls_ + 1 == disk->cut_at;
    auto const error = step("write");
    if (error != 0 && !is_last) return error;
    auto& target = inode(descriptor);
    Disk::Inode::write(target.cached, offset, bytes);
    target.pending.push_back({offset, Disk::Bytes(bytes.begin(), bytes.end()), false});
    return error != 0 ? error : static_cast<std::int64_t>(bytes.size());
  }
  /// A sync that fails leaves the pages clean and the medium without them, as Linux does.
  static int sync(int descriptor) {
    auto const error = step("sync");
    if (disk->is_cut()) return -EIO;
    auto& target = inode(descriptor);
    if (error == 0 && !disk->lies_about_sync) target.durable = target.cached;
    if (error == -EINTR || disk->lies_about_sync) return error;
    target.pending.clear();
    return error;
  }
  static int truncate(int descriptor, std::uint64_t size) {
    if (auto const error = step("truncate"); error != 0) return error;
    truncate_inode(inode(descriptor), size);
    return 0;
  }
  static std::int64_t size(int descriptor) { return static_cast<std::int64_t>(inode(descriptor).cached.size()); }
  static std::int64_t links(int descriptor) {
    auto const& target = disk->open_.at(descriptor);
    return std::count_if(disk->names_.begin(), disk->names_.end(),
                         [&](auto const& name) { return name.second == target; });
  }
  static Identity identity(int descriptor) { return {inode(descriptor).identity, 0}; }

  static int lock(int) { return 0; }
  static int try_lock(int) { return 0; }
  static int unlock(int) { return 0; }

  static int rename(std::string const& from, std::string const& to) {
    if (auto const error = step("rename"); error != 0) return error;
    auto const found = disk->names_.find(from);
    if (found == disk->names_.end()) return -ENOENT;
    disk->pending_names_.push_back({{from}, {{to, found->second}}});
    disk->names_[to] = found->second;
    disk->names_.erase(from);
    return 0;
  }
  static int remove(std::string const& path) {
    if (!disk->names_.contains(path)) return -ENOENT;
    if (auto const error = step("remove"); error != 0) return error;
    disk->pending_names_.push_back({{path}, {}});
    disk->names_.erase(path);
    return 0;
  }
  static int make_directory(std::string const& path) { return disk->directories_.insert(path).second ? 0 : -EEXIST; }
  static int remove_directory(std::string const& path) { return disk->directories_.erase(path) != 0 ? 0 : -ENOENT; }

  static int list(std::string const& path, std::vector<std::string>& names) {
    if (!disk->directories_.contains(path)) return -ENOENT;
    for (auto const& [name, ignored] : disk->names_) {
      if (name.starts_with(path + "/")) names.push_back(name.substr(path.size() + 1));
    }
    return 0;
  }
  static int sync_directory(std::string const&) {
    if (auto const error = step("sync directory"); error != 0) return error;
    if (disk->lies_about_directory_sync) return 0;
    disk->durable_names_ = disk->names_;
    disk->pending_names_.clear();
    return 0;
  }
  static std::int64_t process() { return 1; }

 private:
  static Disk::Inode& inode(int descriptor) { return *disk->open_.at(descriptor); }

  static void truncate_inode(Disk::Inode& target, std::uint64_t size) {
    target.cached.resize(static_cast<std::size_t>(size));
    target.pending.push_back({size, {}, true});
  }

  static int step(std::string const& call) {
    if (disk->is_cut()) return -EIO;
    if (++disk->calls_ >= disk->cut_at) return -EIO;
    return disk->fault ? disk->fault(call) : 0;
  }
};

}  // namespace cairn::test
