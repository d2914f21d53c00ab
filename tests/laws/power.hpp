// Copyright the Cairn authors
// SPDX-License-Identifier: BSL-1.0
// What the loss of power leaves of the files of a durable blob store: what this process has synced of them. For one
// unit of a program, whose syncs it looks at.
#pragma once

#include "laws/blob_words.hpp"
#include "laws/child.hpp"
#include "laws/survival.hpp"

#include <catch2/catch_test_macros.hpp>

#include <algorithm>
#include <cerrno>
#include <cstddef>
#include <cstdint>
#include <cstdio>
#include <fcntl.h>
#include <filesystem>
#include <fstream>
#include <ios>
#include <map>
#include <mutex>
#include <stdexcept>
#include <string>
#include <string_view>
#include <sys/mman.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <system_error>
#include <unistd.h>
#include <utility>

namespace cairn::laws {

/// When power is lost.
enum class Cut : std::uint8_t { after_commit, after_sync, before_sync };

/// Remembers what was in each file when it was last synced, by whichever library of the program, and can make that all
/// there is. Names are taken for kept as they are, and files that are open with O_DSYNC for synced: a disk may leave
/// less.
class SyncedFiles {
 public:
  /// From now on, of the files below `directory`. What power leaves of them is put below `left`.
  static void watch(std::filesystem::path directory, std::filesystem::path left) {
    std::lock_guard const guard{mutex_};
    directory_ = std::move(directory);
    left_ = std::move(left);
  }
  /// Power is lost before or after so many syncs more. Before one, every other page that was written and not synced is
  /// there, too.
  static void cut_at(Cut when, int syncs) {
    std::lock_guard const guard{mutex_};
    when_ = when;
    until_cut_ = syncs;
  }
  /// Power is lost now: the process ends.
  [[noreturn]] static void cut() {
    std::lock_guard const guard{mutex_};
    leave(false);
  }

  static int sync_file(long call, int file) {
    return during([&] { return static_cast<int>(::syscall(call, file)); }, [&] { remember(file); });
  }
  static int sync_pages(void* begin, std::size_t size, int flags) {
    auto const call = [&] { return static_cast<int>(::syscall(SYS_msync, begin, size, flags)); };
    if ((flags & MS_SYNC) == 0) return call();
    return during(call, [&] {
      remember_mapped(reinterpret_cast<std::uintptr_t>(begin));
    });  // all of the file: more than was asked for
  }
  static int sync_all(long call, int file) {
    auto const all = [] { for_each_file([](std::filesystem::path const& path) { remember(path); }); };
    return during([&] { return static_cast<int>(::syscall(call, file)); }, all);
  }

  /// Whether `cut` has left anything to put back into `directory`, and puts it there.
  [[nodiscard]] static bool put_back(std::filesystem::path const& directory, std::filesystem::path const& left) {
    bool is_any = false;
    for (auto const& entry : std::filesystem::recursive_directory_iterator{left}) {
      if (!entry.is_regular_file()) continue;
      is_any = true;
      std::filesystem::copy_file(entry.path(), directory / std::filesystem::relative(entry.path(), left),
                                 std::filesystem::copy_options::overwrite_existing);
    }
    std::filesystem::remove_all(left);
    return is_any;
  }

 private:
  using Inode = std::pair<dev_t, ino_t>;
  /// Open to the end: another file would get the number of one that is removed, and with it what was synced of that
  /// one. To close it would also give up the locks (fcntl) that the process has on the file.
  struct Synced {
    int file = -1;
    std::string content;  ///< nothing, where it never was
  };

  template <class Call, class Remember>
  static int during(Call call, Remember remember_what) {
    {
      std::lock_guard const guard{mutex_};
      if (until_cut_ == 1 && when_ == Cut::before_sync) leave(true);
    }
    auto const result = call();
    std::lock_guard const guard{mutex_};
    if (result != 0 || directory_.empty()) return result;
    remember_what();
    if (until_cut_ > 0 && --until_cut_ == 0) leave(false);
    return result;
  }

  static std::string content_of(int file, std::size_t length) {
    std::string content(length, '\0');
    std::size_t done = 0;
    while (done != length) {
      auto const size = ::pread(file, content.data() + done, length - done, static_cast<off_t>(done));
      if (size < 0 && errno == EINTR) continue;
      if (size <= 0) break;
      done += static_cast<std::size_t>(size);
    }
    content.resize(done);
    return content;
  }
  /// It may be open for writing alone, or as a place (O_PATH).
  static void remember(int file) {
    struct stat status {};
    if (::fstat(file, &status) != 0 || !S_ISREG(status.st_mode)) return;
    auto& synced = synced_[{status.st_dev, status.st_ino}];
    if (synced.file < 0) synced.file = ::open(("/proc/self/fd/" + std::to_string(file)).c_str(), O_RDONLY | O_CLOEXEC);
    if (synced.file >= 0) synced.content = content_of(synced.file, static_cast<std::size_t>(status.st_size));
  }
  static void remember(std::filesystem::path const& path) {
    auto const file = ::open(path.c_str(), O_PATH | O_CLOEXEC);
    if (file < 0) return;
    remember(file);
    ::close(file);
  }
  static void remember_mapped(std::uintptr_t address) {
    std::ifstream maps{"/proc/self/maps"};
    for (std::string line; std::getline(maps, line);) {
      unsigned long begin = 0;
      unsigned long end = 0;
      int path = 0;
      if (std::sscanf(line.c_str(), "%lx-%lx %*s %*s %*s %*s %n", &begin, &end, &path) < 2) continue;
      if (address >= begin && address < end && path != 0)
        remember(std::filesystem::path{line.substr(static_cast<std::size_t>(path))});
    }
  }
  template <class Visit>
  static void for_each_file(Visit visit) {
    std::error_code gone;  // threads of the backend's may remove files meanwhile
    for (std::filesystem::recursive_directory_iterator next{directory_, gone}, end; next != end; next.increment(gone)) {
      if (next->is_regular_file(gone) && !next->is_symlink(gone)) visit(next->path());
    }
  }
  [[noreturn]] static void leave(bool with_other_pages) {
    // What is written through such a descriptor is synced when the call returns.
    for (auto const& entry : std::filesystem::directory_iterator{"/proc/self/fd"}) {
      auto const file = std::stoi(entry.path().filename().string());
      auto const flags = ::fcntl(file, F_GETFL);
      if (flags >= 0 && (flags & O_ACCMODE) != O_RDONLY && (flags & O_DSYNC) != 0) remember(file);
    }
    for_each_file([&](std::filesystem::path const& path) {
      struct stat status {};
      auto const file = ::open(path.c_str(), O_RDONLY | O_CLOEXEC);
      if (file < 0) return;
      ::fstat(file, &status);
      auto& content = synced_[{status.st_dev, status.st_ino}].content;
      if (with_other_pages) {
        constexpr std::size_t page = 4096;
        auto const now = content_of(file, static_cast<std::size_t>(status.st_size));
        if (content.size() < now.size()) content.resize(now.size());
        for (std::size_t at = 0; at < now.size(); at += 2 * page)
          content.replace(at, (std::min)(page, now.size() - at), now, at, page);
      }
      ::close(file);
      auto const copy = left_ / std::filesystem::relative(path, directory_);
      std::filesystem::create_directories(copy.parent_path());
      std::ofstream{copy, std::ios::binary} << content;
    });
    ::_exit(0);
  }

  static inline std::mutex mutex_;
  static inline std::filesystem::path directory_;
  static inline std::filesystem::path left_;
  static inline std::map<Inode, Synced> synced_;
  static inline Cut when_ = Cut::after_sync;
  static inline int until_cut_ = 0;
};

/// A process puts a blob with each commit and append, and says so when it is acknowledged, until power is lost at the `cut`th of such
/// moments. Then all that it said is there, blobs included, and at most one more, in a store whose files are what was synced of them.
/// False, and nothing was seen, where no file is below the directory that the store was told.
template <BlobStoreHarness Harness>
[[nodiscard]] bool check_cut(Cut when, int cut) {
  using Backend = typename Harness::Backend;
  using Record = BlobRecord<typename ConnectionOf<Backend>::Address>;
  constexpr std::int64_t enough = 20;
  Harness harness;
  auto const config = harness.config();
  auto const directory = harness.place.path();
  auto left = directory;
  left += ".left";
  std::filesystem::create_directories(left);
  Child child{[&](int out) {
    SyncedFiles::watch(directory, left);
    Backend::empty_store(config);
    tell(out, -1);
    if (when != Cut::after_commit) SyncedFiles::cut_at(when, cut);
    auto connection = Backend::connect_store(config);
    std::string all;
    Version version;
    for (std::int64_t number = 0; number != enough; ++number) {
      auto writer = connection.begin();
      auto const record = Record{number, writer.put(bytes(Record::content_of(number)))}.to_text();
      all += record;
      auto const result = number % 4 == 3 ? writer.commit("main", version, bytes(all)) : writer.append("main", version, bytes(record));
      if (!(result == CommitResult::committed)) throw std::runtime_error{"it was not committed: " + result.reason};
      version = result.version;
      tell(out, number);
      if (when == Cut::after_commit && number + 1 == cut) break;
    }
    SyncedFiles::cut();
  }};
  auto const told = child.wait();
  CHECK(child.ended_well());
  if (!SyncedFiles::put_back(directory, left)) return false;
  REQUIRE_FALSE(told.empty());
  auto const acknowledged = told.back() + 1;
  std::string moment = when == Cut::after_commit ? "right after a commit" : (when == Cut::after_sync ? "after sync " : "before sync ") + std::to_string(cut);
  if (acknowledged == enough) moment = "at the end, after fewer syncs than commits";
  INFO("Power was lost " << moment << ", when " << acknowledged << " commits and appends had been acknowledged. What is left of a file was synced (fsync, "
                            "fdatasync, msync, O_DSYNC); one that never was is empty.");
  auto const connection = Backend::connect_store(config);
  auto const root = connection.root("main");
  std::string all = root ? text(root->state) : "";
  if (root) {
    for (auto const& frame : root->tail) all += text(frame);
  }
  REQUIRE(all.size() % Record::size == 0);
  auto const found = static_cast<std::int64_t>(all.size() / Record::size);
  CHECK(found >= acknowledged);
  CHECK(found <= acknowledged + 1);
  for (std::int64_t number = 0; number != found; ++number) {
    auto const record = Record::of(std::string_view{all}.substr(static_cast<std::size_t>(number) * Record::size));
    CHECK(record.number == number);
    REQUIRE(difference(text(connection.read(record.address)), Record::content_of(number)) == "");
  }
  return true;
}

/// `check_cut` at the first moments of each kind.
template <BlobStoreHarness Harness>
[[nodiscard]] bool check_power() {
  for (auto const when : {Cut::after_commit, Cut::after_sync, Cut::before_sync}) {
    for (int cut = 1; cut <= 8; ++cut) {
      if (!check_cut<Harness>(when, cut)) return false;
    }
  }
  return true;
}

}  // namespace cairn::laws

// Instead of the C library's, for the whole program.
extern "C" {
[[gnu::used]] inline int fsync(int file) { return cairn::laws::SyncedFiles::sync_file(SYS_fsync, file); }
[[gnu::used]] inline int fdatasync(int file) { return cairn::laws::SyncedFiles::sync_file(SYS_fdatasync, file); }
[[gnu::used]] inline int msync(void* begin, std::size_t size, int flags) {
  return cairn::laws::SyncedFiles::sync_pages(begin, size, flags);
}
[[gnu::used]] inline int syncfs(int file) noexcept { return cairn::laws::SyncedFiles::sync_all(SYS_syncfs, file); }
[[gnu::used]] inline void sync() noexcept { static_cast<void>(cairn::laws::SyncedFiles::sync_all(SYS_sync, 0)); }
}
