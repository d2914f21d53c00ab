// Copyright the Cairn authors
// SPDX-License-Identifier: BSL-1.0
// The calls to the operating system that the file backend makes, all of them, in one place that a test can replace.
#pragma once

#include <cairn/backends/common/inode.hpp>
#include <cairn/backends/common/process.hpp>

#include <cerrno>
#include <chrono>
#include <cstddef>
#include <cstdint>
#include <cstdio>
#include <dirent.h>
#include <fcntl.h>
#include <linux/magic.h>
#include <span>
#include <string>
#include <sys/file.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <sys/types.h>
#include <sys/vfs.h>
#include <unistd.h>
#include <utility>
#include <vector>

namespace cairn::backends::file {

/// One thin function a system call. Results below zero are `-errno`. Nothing here loops or decides: what to do about a
/// short write, an interruption or a full disk is the business of the code above, and is tested there with a class that
/// has the same members and fails at will.
struct PosixIo {
  using Clock = std::chrono::system_clock;

  static int open(std::string const& path, int flags) noexcept {
    return checked(::open(path.c_str(), flags | O_CLOEXEC, 0666));
  }
  static void close(int descriptor) noexcept { ::close(descriptor); }

  static std::int64_t read_at(int descriptor, std::span<std::byte> into, std::uint64_t offset) noexcept {
    return checked(::pread(descriptor, into.data(), into.size(), static_cast<off_t>(offset)));
  }
  static std::int64_t write_at(int descriptor, std::span<std::byte const> bytes, std::uint64_t offset) noexcept {
    return checked(::pwrite(descriptor, bytes.data(), bytes.size(), static_cast<off_t>(offset)));
  }
  static int sync(int descriptor) noexcept { return checked(::fdatasync(descriptor)); }
  static int truncate(int descriptor, std::uint64_t size) noexcept {
    return checked(::ftruncate(descriptor, static_cast<off_t>(size)));
  }
  /// Sets room aside, which reads as zeros where nothing was written, and makes the file that long where it is shorter.
  static int allocate(int descriptor, std::uint64_t offset, std::uint64_t size) noexcept {
    return checked(::fallocate(descriptor, 0, static_cast<off_t>(offset), static_cast<off_t>(size)));
  }
  /// How long this process may make a file: beyond that a call does not just fail, but raises a signal.
  static std::uint64_t size_limit() noexcept {
    struct rlimit limit {};
    return ::getrlimit(RLIMIT_FSIZE, &limit) == 0 ? std::uint64_t{limit.rlim_cur} : 0;
  }
  static std::int64_t size(int descriptor) noexcept {
    struct stat status {};
    int const result = checked(::fstat(descriptor, &status));
    return result < 0 ? result : static_cast<std::int64_t>(status.st_size);
  }
  /// How many directory entries lead to the file; 0 when it was removed while open.
  static std::int64_t links(int descriptor) noexcept {
    common::Inode file;
    int const error = common::look_at(descriptor, file);
    return error != 0 ? -error : static_cast<std::int64_t>(file.links);
  }

  /// What two descriptors of the same file have in common, as long as either is open.
  using Identity = std::pair<std::uint64_t, std::uint64_t>;
  static Identity identity(int descriptor) noexcept {
    common::Inode file;
    static_cast<void>(common::look_at(descriptor, file));
    return {file.device, file.number};
  }

  // Open file description locks: unlike the older record locks they are not dropped when some other descriptor of the
  // same file is closed, and they hold between two connections of one process. Who may only read the file can keep out
  // those who write, and shares that with others of his kind.
  static int lock(int descriptor) noexcept { return set_own_lock(descriptor, F_OFD_SETLKW); }
  static int try_lock(int descriptor) noexcept { return set_own_lock(descriptor, F_OFD_SETLK); }
  static int unlock(int descriptor) noexcept { return set_lock(descriptor, F_UNLCK, F_OFD_SETLK); }

  // Whoever has a store open says so by a lock of another kind on the same file, which has nothing to do with the one
  // above. It belongs to the descriptor and its copies; none of these waits. Where the file system makes one kind of
  // both, whoever opens would keep out whoever commits, for ever: there it is `-EOPNOTSUPP`.
  static int open_shared(int descriptor) noexcept { return open_as(descriptor, LOCK_SH); }
  static int open_alone(int descriptor) noexcept { return open_as(descriptor, LOCK_EX); }
  static int leave(int descriptor) noexcept { return checked(::flock(descriptor, LOCK_UN)); }
  /// Whether a file system, by its number in `statfs`, has one kind of locks: those that send a lock of a whole file to
  /// a server as a lock of all its bytes.
  static constexpr bool has_one_kind_of_locks(std::uint32_t file_system) noexcept {
    constexpr std::uint32_t cifs = 0xFF534D42;  // older headers of Linux don't have these
    constexpr std::uint32_t smb2 = 0xFE534D42;
    constexpr std::uint32_t afs_of_kernel = 0x6B414653;
    constexpr std::uint32_t lustre = 0x0BD00BD0;
    switch (file_system) {
      case NFS_SUPER_MAGIC:
      case SMB_SUPER_MAGIC:
      case cifs:
      case smb2:
      case V9FS_MAGIC:
      case AFS_SUPER_MAGIC:
      case afs_of_kernel:
      case lustre: return true;
      default: return false;
    }
  }

  static int rename(std::string const& from, std::string const& to) noexcept {
    return checked(std::rename(from.c_str(), to.c_str()));
  }
  static int remove(std::string const& path) noexcept { return checked(::unlink(path.c_str())); }
  static int make_directory(std::string const& path) noexcept { return checked(::mkdir(path.c_str(), 0777)); }
  static int remove_directory(std::string const& path) noexcept { return checked(::rmdir(path.c_str())); }

  static int list(std::string const& path, std::vector<std::string>& names) {
    DIR* const directory = ::opendir(path.c_str());
    if (directory == nullptr) return -errno;
    errno = 0;
    while (dirent const* const entry =
               ::readdir(directory)) {  // NOLINT(concurrency-mt-unsafe): the stream is this call's own
      names.emplace_back(entry->d_name);
      errno = 0;
    }
    int const error = errno;
    ::closedir(directory);
    return -error;
  }

  static int sync_directory(std::string const& path) noexcept {
    int const descriptor = checked(::open(path.c_str(), O_RDONLY | O_DIRECTORY | O_CLOEXEC));
    if (descriptor < 0) return descriptor;
    int const result = checked(::fsync(descriptor));
    ::close(descriptor);
    return result;
  }

  /// The number of this process.
  static std::int64_t process() noexcept { return common::process_number(); }

 private:
  static int open_as(int descriptor, int kind) noexcept {
    struct statfs status {};
    if (int const result = checked(::fstatfs(descriptor, &status)); result < 0) return result;
    if (has_one_kind_of_locks(static_cast<std::uint32_t>(status.f_type))) return -EOPNOTSUPP;
    return checked(::flock(descriptor, kind | LOCK_NB));
  }

  template <class Result>
  static Result checked(Result result) noexcept {
    return result < 0 ? static_cast<Result>(-errno) : result;
  }

  static int set_own_lock(int descriptor, int command) noexcept {
    int const result = set_lock(descriptor, F_WRLCK, command);
    return result == -EBADF ? set_lock(descriptor, F_RDLCK, command) : result;
  }
  static int set_lock(int descriptor, short kind, int command) noexcept {
    struct flock request {};
    request.l_type = kind;
    request.l_whence = SEEK_SET;
    return checked(::fcntl(descriptor, command, &request));
  }
};

}  // namespace cairn::backends::file
