// Copyright the Cairn authors
// SPDX-License-Identifier: BSL-1.0
// The file backend's calls to the operating system, on a disk that fails or in a process that is killed.
#pragma once

#include "fault_disk.hpp"
#include <cairn/backends/file/posix_io.hpp>

#include <algorithm>
#include <cerrno>
#include <chrono>
#include <cstddef>
#include <cstdint>
#include <fcntl.h>
#include <mutex>
#include <signal.h>
#include <span>
#include <string>
#include <utility>
#include <vector>

namespace cairn::test {

/// `PosixIo` on a `Disk`; with no disk, `PosixIo` itself, in which a process can be killed at an exact call. Threads may
/// share the disk.
struct FaultIo {
  using Real = backends::file::PosixIo;
  using Identity = Real::Identity;

  /// What the clock shows; a test may set it back.
  inline static std::chrono::milliseconds clock{std::chrono::hours{1}};
  struct Clock {
    static std::chrono::system_clock::time_point now() { return std::chrono::system_clock::time_point{clock}; }
  };

  inline static Disk* disk = nullptr;

  /// Of the calls that change something when there is no disk: how many there were, and the one at which the process is
  /// killed, a write when half of it is done.
  inline static std::size_t real_calls = 0;
  inline static std::size_t kill_at = SIZE_MAX;

  static int open(std::string const& path, int flags) {
    if (disk == nullptr) {
      if ((flags & O_CREAT) != 0) real_step();
      return Real::open(path, flags);
    }
    std::lock_guard const guard{mutex_};
    auto found = disk->names_.find(path);
    if (found == disk->names_.end()) {
      if ((flags & O_CREAT) == 0) return -ENOENT;
      if (auto const error = step("create " + path); error != 0) return error;
      auto inode = std::make_shared<Disk::Inode>();
      inode->identity = disk->next_identity_++;
      inode->path = path;
      disk->pending_names_.push_back({{}, {{path, inode}}});
      found = disk->names_.emplace(path, std::move(inode)).first;
    } else if ((flags & O_TRUNC) != 0) {
      if (auto const error = step("truncate " + path); error != 0) return error;
      truncate_inode(*found->second, 0);
    }
    disk->open_[disk->next_descriptor_] = found->second;
    return disk->next_descriptor_++;
  }
  static void close(int descriptor) {
    if (disk == nullptr) return Real::close(descriptor);
    std::lock_guard const guard{mutex_};
    disk->open_.erase(descriptor);
  }

  static std::int64_t read_at(int descriptor, std::span<std::byte> into, std::uint64_t offset) {
    if (disk == nullptr) return Real::read_at(descriptor, into, offset);
    std::lock_guard const guard{mutex_};
    if (disk->is_cut()) return -EIO;
    if (disk->read_fault) {
      if (auto const error = disk->read_fault(inode(descriptor).path); error != 0) return error;
    }
    if (disk->shorten_read && !into.empty())
      into = into.first(std::clamp<std::size_t>(disk->shorten_read(into.size()), 1, into.size()));
    auto const& content = inode(descriptor).cached.bytes();
    if (offset >= content.size()) return 0;
    auto const count = std::min<std::size_t>(into.size(), content.size() - static_cast<std::size_t>(offset));
    std::copy_n(content.begin() + static_cast<std::ptrdiff_t>(offset), count, into.begin());
    return static_cast<std::int64_t>(count);
  }
  static std::int64_t write_at(int descriptor, std::span<std::byte const> bytes, std::uint64_t offset) {
    if (disk == nullptr) {
      if (++real_calls == kill_at) {
        static_cast<void>(Real::write_at(descriptor, bytes.first(bytes.size() / 2), offset));
        die();
      }
      return Real::write_at(descriptor, bytes, offset);
    }
    std::lock_guard const guard{mutex_};
    if (disk->shorten && !disk->is_cut() && !bytes.empty())
      bytes = bytes.first(std::clamp<std::size_t>(disk->shorten(bytes.size()), 1, bytes.size()));
    // The write during which power goes may reach the medium like any that was not synced.
    bool const is_last = disk->calls_ + 1 == disk->cut_at;
    auto const error = step("write");
    if (error != 0 && !is_last) return error;
    auto& target = inode(descriptor);
    target.cached.write(offset, bytes);
    target.pending.push_back({offset, Disk::Bytes(bytes.begin(), bytes.end())});
    return error != 0 ? error : static_cast<std::int64_t>(bytes.size());
  }
  static int sync(int descriptor) {
    if (disk == nullptr) return real_step(), Real::sync(descriptor);
    std::lock_guard const guard{mutex_};
    auto const error = step("sync");
    if (disk->is_cut()) return -EIO;
    if (error == -EINTR || (error == 0 && disk->lies_about_sync)) return error;
    auto& target = inode(descriptor);
    if (error == 0) {
      target.write_back();
    } else {
      target.pending.clear();
      if (disk->after_failed_sync == Disk::AfterFailedSync::pages_go) target.cached = target.durable;
    }
    return error;
  }
  static int truncate(int descriptor, std::uint64_t size) {
    if (disk == nullptr) return real_step(), Real::truncate(descriptor, size);
    std::lock_guard const guard{mutex_};
    if (auto const error = step("truncate"); error != 0) return error;
    truncate_inode(inode(descriptor), size);
    return 0;
  }
  static int allocate(int descriptor, std::uint64_t offset, std::uint64_t size) {
    if (disk == nullptr) return real_step(), Real::allocate(descriptor, offset, size);
    std::lock_guard const guard{mutex_};
    if (auto const error = step("allocate"); error != 0) return error;
    auto& target = inode(descriptor);
    target.pending.push_back({offset + size, {}, false, true});
    target.pending.back().apply(target.cached);
    return 0;
  }
  static std::uint64_t size_limit() { return Real::size_limit(); }
  static std::int64_t size(int descriptor) {
    if (disk == nullptr) return Real::size(descriptor);
    std::lock_guard const guard{mutex_};
    return static_cast<std::int64_t>(inode(descriptor).cached.size());
  }
  static std::int64_t links(int descriptor) {
    if (disk == nullptr) return Real::links(descriptor);
    std::lock_guard const guard{mutex_};
    auto const& target = disk->open_.at(descriptor);
    return std::count_if(disk->names_.begin(), disk->names_.end(),
                         [&](auto const& name) { return name.second == target; });
  }
  static Identity identity(int descriptor) {
    if (disk == nullptr) return Real::identity(descriptor);
    std::lock_guard const guard{mutex_};
    return {inode(descriptor).identity, 0};
  }

  static int lock(int descriptor) { return disk == nullptr ? Real::lock(descriptor) : 0; }
  static int try_lock(int descriptor) { return disk == nullptr ? Real::try_lock(descriptor) : 0; }
  static int unlock(int descriptor) { return disk == nullptr ? Real::unlock(descriptor) : 0; }
  static int open_shared(int descriptor) { return disk == nullptr ? Real::open_shared(descriptor) : disk->presence; }
  static int open_alone(int descriptor) { return disk == nullptr ? Real::open_alone(descriptor) : disk->presence; }
  static int leave(int descriptor) { return disk == nullptr ? Real::leave(descriptor) : 0; }

  static int rename(std::string const& from, std::string const& to) {
    if (disk == nullptr) return real_step(), Real::rename(from, to);
    std::lock_guard const guard{mutex_};
    if (auto const error = step("rename"); error != 0) return error;
    auto const found = disk->names_.find(from);
    if (found == disk->names_.end()) return -ENOENT;
    disk->pending_names_.push_back({{from}, {{to, found->second}}});
    found->second->path = to;
    disk->names_[to] = found->second;
    disk->names_.erase(from);
    return 0;
  }
  static int remove(std::string const& path) {
    if (disk == nullptr) return real_step(), Real::remove(path);
    std::lock_guard const guard{mutex_};
    if (!disk->names_.contains(path)) return -ENOENT;
    if (auto const error = step("remove"); error != 0) return error;
    disk->pending_names_.push_back({{path}, {}});
    disk->names_.erase(path);
    return 0;
  }
  static int make_directory(std::string const& path) {
    if (disk == nullptr) return real_step(), Real::make_directory(path);
    std::lock_guard const guard{mutex_};
    return disk->directories_.insert(path).second ? 0 : -EEXIST;
  }
  static int remove_directory(std::string const& path) {
    if (disk == nullptr) return real_step(), Real::remove_directory(path);
    std::lock_guard const guard{mutex_};
    return disk->directories_.erase(path) != 0 ? 0 : -ENOENT;
  }

  static int list(std::string const& path, std::vector<std::string>& names) {
    if (disk == nullptr) return Real::list(path, names);
    std::lock_guard const guard{mutex_};
    if (!disk->directories_.contains(path)) return -ENOENT;
    auto const add = [&](std::string const& name) {
      if (directory_of(name) == path) names.push_back(name.substr(path.size() + 1));
    };
    for (auto const& [name, ignored] : disk->names_) add(name);
    for (auto const& name : disk->directories_) add(name);
    return 0;
  }
  static int sync_directory(std::string const& path) {
    if (disk == nullptr) return real_step(), Real::sync_directory(path);
    std::lock_guard const guard{mutex_};
    if (auto const error = step("sync directory"); error != 0) return error;
    if (disk->lies_about_directory_sync) return 0;
    auto const is_in = [&](std::string const& name) { return directory_of(name) == path; };
    std::erase_if(disk->durable_names_, [&](auto const& entry) { return is_in(entry.first); });
    for (auto const& entry : disk->names_) {
      if (is_in(entry.first)) disk->durable_names_.insert(entry);
    }
    std::erase_if(disk->pending_names_, [&](auto const& change) {
      return is_in(change.removed.empty() ? change.added.front().first : change.removed.front());
    });
    return 0;
  }
  static std::int64_t process() { return disk == nullptr ? Real::process() : 1; }

 private:
  static std::string directory_of(std::string const& path) { return path.substr(0, path.rfind('/')); }

  // One call at a time, and the observer of a call may make calls.
  inline static std::recursive_mutex mutex_;

  static Disk::Inode& inode(int descriptor) { return *disk->open_.at(descriptor); }

  static void truncate_inode(Disk::Inode& target, std::uint64_t size) {
    auto const& bytes = target.cached.bytes();
    bool const is_room = size < bytes.size() && std::all_of(bytes.begin() + static_cast<std::ptrdiff_t>(size), bytes.end(),
                                                            [](std::byte byte) { return byte == std::byte{0}; });
    if (is_room) target.room_end = bytes.size();
    target.cached.resize(size);
    target.pending.push_back({size, {}, true, false});
  }

  static int step(std::string const& call) {
    if (disk->is_cut()) return -EIO;
    if (disk->observe) disk->observe();
    if (++disk->calls_ >= disk->cut_at) return -EIO;
    return disk->fault ? disk->fault(call) : 0;
  }

  static void real_step() {
    if (++real_calls == kill_at) die();
  }
  [[noreturn]] static void die() {
    ::kill(::getpid(), SIGKILL);
    for (;;) ::pause();
  }
};

}  // namespace cairn::test
