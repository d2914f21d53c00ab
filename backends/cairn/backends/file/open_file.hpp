// Copyright the Cairn authors
// SPDX-License-Identifier: BSL-1.0
// An open file, with the loops and the errors that the bare calls leave to their caller.
#pragma once

#include <cairn/backends/common/medium.hpp>
#include <cairn/backends/file/address.hpp>
#include <cairn/backends/file/little_endian.hpp>
#include <cairn/error/error.hpp>
#include <cairn/error/system_errc.hpp>

#include <cerrno>
#include <cstddef>
#include <cstdint>
#include <span>
#include <string>
#include <string_view>
#include <system_error>
#include <utility>

namespace cairn::backends::file::details {

/// Whether an `-errno` says that there is no room: the disk, a quota, or the largest size that the process may write.
constexpr bool is_full(std::int64_t result) noexcept {
  return result == -ENOSPC || result == -EDQUOT || result == -EFBIG;
}

/// Throws what an `-errno` says: `io/full` where there is no room and the caller may try again, `io/read-only`, `io/denied`, else `io/error`.
[[noreturn]] inline void raise_io(std::int64_t result, std::string_view doing, std::string const& path,
                                  bool may_try_again = true) {
  auto const error = static_cast<int>(-result);
  auto const code = is_full(result) && !may_try_again ? Errc::io_error : errc_of_system(error);
  auto text = "Cannot " + std::string{doing} + " " + path + ": " + std::generic_category().message(error) + ".";
  if (code == Errc::io_full) text += " Nothing was committed; free some space and try again.";
  if (auto const advice = common::advice_on_rights(code); !advice.empty()) text.append(" ").append(advice);
  std::string quoted;
  for (char const character : path) {
    if (character == '"' || character == '\\') quoted += '\\';
    quoted += character;
  }
  raise(code, std::move(text),
        "{:path \"" + quoted + "\" :errno " + std::to_string(error) + "}");
}

/// Calls again for as long as a signal interrupts the call.
template <class Call>
auto uninterrupted(Call call) {
  auto result = call();
  while (result == -EINTR) result = call();
  return result;
}

/// Owns a descriptor. Reading and writing are safe from any thread at once.
template <class Io>
class OpenFile {
 public:
  OpenFile() = default;
  OpenFile(int descriptor, std::string path) : descriptor_{descriptor}, path_{std::move(path)} {}
  OpenFile(OpenFile&& other) noexcept
      : descriptor_{std::exchange(other.descriptor_, -1)}, path_{std::move(other.path_)} {}
  OpenFile& operator=(OpenFile&& other) noexcept {
    std::swap(descriptor_, other.descriptor_);
    std::swap(path_, other.path_);
    return *this;
  }
  ~OpenFile() {
    if (descriptor_ >= 0) Io::close(descriptor_);
  }

  /// Opens, or returns a file that is not open where there is none of that name.
  static OpenFile open_if_there(std::string path, int flags) {
    auto const result = uninterrupted([&] { return Io::open(path, flags); });
    if (result == -ENOENT || result == -ENOTDIR) return {};
    if (result < 0) raise_io(result, "open", path);
    return OpenFile{result, std::move(path)};
  }

  [[nodiscard]] bool is_open() const noexcept { return descriptor_ >= 0; }
  [[nodiscard]] int descriptor() const noexcept { return descriptor_; }
  [[nodiscard]] std::string const& path() const noexcept { return path_; }

  [[nodiscard]] std::uint64_t size() const {
    auto const result = Io::size(descriptor_);
    if (result < 0) raise_io(result, "look at", path_);
    return static_cast<std::uint64_t>(result);
  }

  /// Reads until `into` is full or the file ends; the number of bytes read.
  std::size_t read_at(std::uint64_t offset, std::span<std::byte> into) const {
    std::size_t done = 0;
    while (done != into.size()) {
      auto const result = uninterrupted([&] { return Io::read_at(descriptor_, into.subspan(done), offset + done); });
      if (result < 0) raise_io(result, "read", path_);
      if (result == 0) break;
      done += static_cast<std::size_t>(result);
    }
    return done;
  }

  /// Writes all of `bytes`; 0 or `-errno`, in which case any part of them may have been written.
  [[nodiscard]] std::int64_t try_write_at(std::uint64_t offset, ByteSpan bytes) const {
    while (!bytes.empty()) {
      auto const result = uninterrupted([&] { return Io::write_at(descriptor_, bytes, offset); });
      if (result < 0) return result;
      if (result == 0) return -EIO;
      bytes = bytes.subspan(static_cast<std::size_t>(result));
      offset += static_cast<std::uint64_t>(result);
    }
    return 0;
  }

  /// 0 or `-errno`. Not repeated when it fails: the kernel forgets what it could not write, and the next call would
  /// succeed.
  [[nodiscard]] int try_sync() const {
    return uninterrupted([&] { return Io::sync(descriptor_); });
  }

  [[nodiscard]] int try_truncate(std::uint64_t size) const {
    return uninterrupted([&] { return Io::truncate(descriptor_, size); });
  }

 private:
  int descriptor_ = -1;
  std::string path_;
};

}  // namespace cairn::backends::file::details
