// Copyright the Cairn authors
// SPDX-License-Identifier: BSL-1.0
// Blobs as files of their own: the layout `:dir`.
#pragma once

#include <cairn/backends/file/address.hpp>
#include <cairn/backends/file/directory.hpp>
#include <cairn/backends/file/frame.hpp>
#include <cairn/backends/file/little_endian.hpp>
#include <cairn/backends/file/open_file.hpp>
#include <cairn/backends/file/segment.hpp>

#include <array>
#include <cerrno>
#include <charconv>
#include <chrono>
#include <cstddef>
#include <cstdint>
#include <fcntl.h>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace cairn::backends::file::details {

inline constexpr std::string_view blob_suffix = ".blob";

/// All of an address, in hexadecimal: what wrote at one place of the log and was cut off has other names than what
/// writes there next, and a list of the files is a list of the blobs.
inline std::string blob_name(Address const& address) {
  constexpr std::string_view digits = "0123456789abcdef";
  std::string name;
  name.reserve(4 * 8 + blob_suffix.size());
  for (auto const part : {address.segment, address.unit, address.length, address.check}) {
    for (int shift = 28; shift >= 0; shift -= 4) name += digits[part >> static_cast<unsigned>(shift) & 15U];
  }
  return name += blob_suffix;
}

inline std::optional<Address> address_of_name(std::string_view name) {
  if (name.size() != 4 * 8 + blob_suffix.size() || !name.ends_with(blob_suffix)) return std::nullopt;
  std::array<std::uint32_t, 4> parts{};
  for (std::size_t i = 0; i != parts.size(); ++i) {
    auto const* const first = name.data() + 8 * i;
    auto const [stop, error] = std::from_chars(first, first + 8, parts[i], 16);
    if (error != std::errc{} || stop != first + 8) return std::nullopt;
  }
  Address const address{parts[0], parts[1], parts[2], parts[3]};
  return blob_name(address) == name ? std::optional{address} : std::nullopt;  // in lower case, as we write it
}

/// The directory of the blobs. A file is a frame, with the time in the place of the sequence number; it is written
/// under its last name, since nobody knows that before the commit which comes after its sync, and it has a checksum.
template <class Io>
class BlobFiles {
 public:
  explicit BlobFiles(std::string const& directory) : directory_{path_in(directory, blobs_name)} {}

  [[nodiscard]] std::string const& directory() const noexcept { return directory_; }
  [[nodiscard]] std::string path(Address const& address) const { return path_in(directory_, blob_name(address)); }

  /// Not open where there is no such blob.
  [[nodiscard]] OpenFile<Io> open(Address const& address) const {
    return OpenFile<Io>::open_if_there(path(address), O_RDONLY);
  }

  /// Writes and syncs the file of a blob that has its place in the log at `position`. The name is not synced. `-errno`
  /// where that failed, and no file is left.
  std::int64_t try_write(Uuid const& store_id, Position const& position, ByteSpan blob, Address& address) const {
    auto const now = std::chrono::duration_cast<std::chrono::milliseconds>(Io::Clock::now().time_since_epoch()).count();
    Buffer bytes;
    Position at{position.segment, position.offset, static_cast<std::uint64_t>(now) - 1, 0, 0};
    address = add_frame(bytes, store_id, at, FrameType::blob, {blob});
    auto const name = path(address);
    auto const descriptor = uninterrupted([&] { return Io::open(name, O_RDWR | O_CREAT | O_TRUNC); });
    if (descriptor < 0) return descriptor;
    OpenFile<Io> const file{descriptor, name};
    auto result = file.try_write_at(0, bytes);
    if (result == 0) result = file.try_sync();
    if (result < 0) Io::remove(name);
    return result;
  }

  [[nodiscard]] std::vector<Address> list() const {
    std::vector<std::string> names;
    std::vector<Address> addresses;
    auto const result = Io::list(directory_, names);
    if (result < 0 && result != -ENOENT && result != -ENOTDIR) raise_io(result, "list", directory_);
    for (auto const& name : names) {
      if (auto const address = address_of_name(name)) addresses.push_back(*address);
    }
    return addresses;
  }

  /// When a blob was put, in milliseconds since 1970; nothing where its file was never finished or is damaged.
  [[nodiscard]] std::optional<std::uint64_t> created(Address const& address) const {
    auto const file = open(address);
    std::array<std::byte, frame_header_size> bytes{};
    if (!file.is_open() || file.read_at(0, bytes) != bytes.size()) return std::nullopt;
    auto const header = parse_frame_header(bytes);
    return header ? std::optional{header->sequence} : std::nullopt;
  }

 private:
  std::string directory_;
};

}  // namespace cairn::backends::file::details
