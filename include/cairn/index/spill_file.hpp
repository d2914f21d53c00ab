// Copyright the Cairn authors
// SPDX-License-Identifier: BSL-1.0
// A temporary file that nobody else sees, for what does not fit in memory.
#pragma once

#include <cairn/datom/byte_io.hpp>
#include <cairn/datom/checksum.hpp>
#include <cairn/error/system_errc.hpp>

#include <cerrno>
#include <cstddef>
#include <cstdint>
#include <cstdlib>
#include <span>
#include <string>
#include <system_error>
#include <utility>
#include <vector>

#include <fcntl.h>
#include <unistd.h>

namespace cairn::detail {

/// Blocks of bytes in a file without a name: whatever ends the process, the system frees the space.
/// Errors: `io/full`, `io/error`; `store/corrupt` for a block that does not come back as it was. Thread safety: none.
class SpillFile {
 public:
  /// Opened at the first block, in `directory`; empty: where `TMPDIR` says, or in /var/tmp (/tmp is often memory).
  explicit SpillFile(std::string directory) : directory_{std::move(directory)} {
    if (!directory_.empty()) return;
    char const* named = std::getenv("TMPDIR");  // NOLINT(concurrency-mt-unsafe)
    directory_ = named != nullptr && *named != '\0' ? named : "/var/tmp";
  }
  SpillFile(SpillFile const&) = delete;
  SpillFile& operator=(SpillFile const&) = delete;
  ~SpillFile() {
    if (file_ >= 0) ::close(file_);
  }

  [[nodiscard]] std::uint64_t size() const noexcept { return size_; }

  /// Puts a block, sealed, behind all others: its place.
  std::uint64_t append(ByteWriter& block) {
    if (file_ < 0) open();
    seal(block);
    ByteWriter length;
    length.u32(static_cast<std::uint32_t>(block.size()));
    auto const place = size_;
    write(length.view());
    write(block.view());
    return place;
  }
  /// The content of the block at `place`, kept in `buffer`; `place` is then that of the next.
  [[nodiscard]] std::span<std::byte const> read(std::uint64_t& place, std::vector<std::byte>& buffer) const {
    std::byte length[sizeof(std::uint32_t)];
    read_at(place, length);
    buffer.resize(ByteReader{length}.u32());
    read_at(place + sizeof length, buffer);
    place += sizeof length + buffer.size();
    return unseal(buffer, "A block of a temporary file");
  }

 private:
  void open() {
#ifdef O_TMPFILE
    file_ = ::open(directory_.c_str(), O_TMPFILE | O_RDWR | O_CLOEXEC, 0600);
#endif
    if (file_ >= 0) return;
    auto path = directory_ + "/cairn-spill-XXXXXX";  // not every file system has files without a name
    file_ = ::mkostemp(path.data(), O_CLOEXEC);
    if (file_ < 0) fail("opened", errno);
    ::unlink(path.c_str());
  }
  void write(std::span<std::byte const> bytes) {
    while (!bytes.empty()) {
      auto const written = ::pwrite(file_, bytes.data(), bytes.size(), static_cast<::off_t>(size_));
      if (written < 0 && errno == EINTR) continue;
      if (written <= 0) fail("written", written < 0 ? errno : ENOSPC);
      size_ += static_cast<std::uint64_t>(written);
      bytes = bytes.subspan(static_cast<std::size_t>(written));
    }
  }
  void read_at(std::uint64_t place, std::span<std::byte> bytes) const {
    if (place > size_ || bytes.size() > size_ - place) fail("read", EIO);
    while (!bytes.empty()) {
      auto const read = ::pread(file_, bytes.data(), bytes.size(), static_cast<::off_t>(place));
      if (read < 0 && errno == EINTR) continue;
      if (read <= 0) fail("read", read < 0 ? errno : EIO);
      place += static_cast<std::uint64_t>(read);
      bytes = bytes.subspan(static_cast<std::size_t>(read));
    }
  }
  [[noreturn]] void fail(char const* what, int error) const {
    auto const code = errc_of_system(error);
    raise(code,
          "A temporary file in " + directory_ + " could not be " + what + ": " + std::system_category().message(error) +
              (code == Errc::io_full ? ". Free some space there, or set TMPDIR to a directory that has more." : ". Set TMPDIR to a directory that can be written."));
  }

  std::string directory_;
  int file_ = -1;
  std::uint64_t size_ = 0;
};

}  // namespace cairn::detail
