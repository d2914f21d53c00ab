// Copyright the Cairn authors
// SPDX-License-Identifier: BSL-1.0
// Dumps in files.
#pragma once

#include <cairn/dump/format.hpp>
#include <cairn/error/system_errc.hpp>
#include <cairn/meta/lazy.hpp>

#include <fcntl.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cerrno>
#include <cstddef>
#include <cstdint>
#include <cstdio>
#include <functional>
#include <span>
#include <string>
#include <system_error>
#include <utility>

namespace cairn {

namespace detail {

[[noreturn]] inline void raise_file(std::string const& file, std::string const& what, int error) {
  auto const code = errc_of_system(error);
  raise(code, "The file " + file + " could not be " + what + ": " + std::system_category().message(error) + (code == Errc::io_full ? ". Free some space." : "."));
}

class OpenFile {
 public:
  OpenFile(std::string name, int flags) : name_{std::move(name)}, file_{::open(name_.c_str(), flags | O_CLOEXEC, 0644)} {
    if (file_ < 0) raise_file(name_, "opened", errno);
  }
  OpenFile(OpenFile&& other) noexcept : name_{std::move(other.name_)}, file_{std::exchange(other.file_, -1)} {}
  OpenFile& operator=(OpenFile&&) = delete;
  ~OpenFile() {
    if (file_ >= 0) ::close(file_);
  }
  [[nodiscard]] int number() const noexcept { return file_; }
  [[nodiscard]] std::string const& name() const noexcept { return name_; }

 private:
  std::string name_;
  int file_;
};

}  // namespace detail

/// Reads an open file, `name` in errors. `interrupted`, where given, is called whenever a wait has ended, by a signal too, and may throw.
/// Errors: `io/error`; `store/format` for a folder.
template <meta::Lazy = {}>
[[nodiscard]] ByteSource read_from(int file, std::string name, std::function<void()> interrupted = {}) {
  return [file, name = std::move(name), interrupted = std::move(interrupted)](std::span<std::byte> room) {
    for (;;) {
      auto const read = ::read(file, room.data(), room.size());
      int const error = errno;
      if (interrupted) interrupted();  // what a signal ends may look like the end of a file
      if (read >= 0) return static_cast<std::size_t>(read);
      if (error == EISDIR) raise(Errc::store_format, "This is no dump: " + name + " is a folder.");
      if (error != EINTR) detail::raise_file(name, "read", error);
    }
  };
}

/// Writes to an open file; as `read_from`. Errors: `io/error`, `io/full`.
template <meta::Lazy = {}>
[[nodiscard]] ByteSink write_to(int file, std::string name, std::function<void()> interrupted = {}) {
  return [file, name = std::move(name), interrupted = std::move(interrupted)](std::span<std::byte const> bytes) {
    while (!bytes.empty()) {
      auto const written = ::write(file, bytes.data(), bytes.size());
      int const error = written < 0 ? errno : ENOSPC;
      if (interrupted) interrupted();
      if (written < 0 && error == EINTR) continue;
      if (written <= 0) detail::raise_file(name, "written", error);
      bytes = bytes.subspan(static_cast<std::size_t>(written));
    }
  };
}

/// A dump on its way: it is written to `FILE.part`, and becomes FILE when it is whole and on the disk. So what has the name is always
/// whole, and what was there before stays until then. Errors: `io/error`, `io/full`; `store/locked` while somebody else writes a dump to
/// FILE. Thread safety: none.
class DumpFile {
 public:
  /// Begins anew; where `keep` is true, leaves what is there, of which `keep` says how much stays.
  explicit DumpFile(std::string name, bool keep = false) : name_{std::move(name)}, file_{open_alone(part_of(name_))} {
    if (!keep) this->keep(0);
  }

  [[nodiscard]] static std::string part_of(std::string const& name) { return name + ".part"; }

  /// What is there, from its begin.
  [[nodiscard]] ByteSource source(std::function<void()> interrupted = {}) const {
    if (::lseek(file_.number(), 0, SEEK_SET) < 0) detail::raise_file(file_.name(), "read", errno);
    return read_from(file_.number(), file_.name(), std::move(interrupted));
  }
  /// What is written from now on follows the first `size` bytes.
  void keep(std::uint64_t size) {
    if (::ftruncate(file_.number(), static_cast<::off_t>(size)) != 0) detail::raise_file(file_.name(), "cut", errno);
    if (::lseek(file_.number(), 0, SEEK_END) < 0) detail::raise_file(file_.name(), "written", errno);
  }
  [[nodiscard]] ByteSink sink(std::function<void()> interrupted = {}) const { return write_to(file_.number(), file_.name(), std::move(interrupted)); }

  /// Gives the dump its name. Durable. Where that fails at the directory, the dump has its name, and may not have it after a loss of power.
  void finish() {
    if (::fsync(file_.number()) != 0) detail::raise_file(file_.name(), "synced", errno);
    if (std::rename(file_.name().c_str(), name_.c_str()) != 0) detail::raise_file(name_, "made of " + file_.name(), errno);
    auto const slash = name_.rfind('/');
    detail::OpenFile const directory{slash == std::string::npos ? "." : name_.substr(0, slash + 1), O_RDONLY | O_DIRECTORY};
    if (::fsync(directory.number()) != 0 && errno != EINVAL) detail::raise_file(directory.name(), "synced", errno);  // not every file system can
  }

 private:
  /// The file, which nobody else has open so. A dump that was finished between opening and locking has taken the name away with it.
  [[nodiscard]] static detail::OpenFile open_alone(std::string const& part) {
    for (;;) {
      detail::OpenFile file{part, O_RDWR | O_CREAT};
      if (::flock(file.number(), LOCK_EX | LOCK_NB) != 0) {
        if (errno != EWOULDBLOCK) detail::raise_file(part, "locked", errno);
        raise(Errc::store_locked, "Another dump is being written to " + part + ". Wait until it is done, or name another file.");
      }
      struct ::stat held {};
      struct ::stat named {};
      if (::fstat(file.number(), &held) != 0) detail::raise_file(part, "looked at", errno);
      if (::stat(part.c_str(), &named) == 0 && held.st_dev == named.st_dev && held.st_ino == named.st_ino) return file;
    }
  }

  std::string name_;
  detail::OpenFile file_;
};

}  // namespace cairn
