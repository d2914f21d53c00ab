// Copyright the Cairn authors
// SPDX-License-Identifier: BSL-1.0
// The log's last segment as a file that grows.
#pragma once

#include <cairn/backends/file/frame.hpp>
#include <cairn/backends/file/little_endian.hpp>
#include <cairn/backends/file/open_file.hpp>
#include <cairn/backends/file/scan.hpp>

#include <algorithm>
#include <array>
#include <cerrno>
#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>
#include <utility>

namespace cairn::backends::file::details {

/// The file may be longer than the log: behind the log's end is room, zeros that the file system has set aside. A sync
/// of what is written there has no size to write down beside it, and blocks need not be looked for; that a block holds
/// data now is written down all the same, once. Whether there is room is no promise to anybody: whoever has the store
/// may cut it off, and a loss of power may take it or bring it back.
///
/// Whoever writes holds the store's lock.
template <class Io>
class ActiveSegment {
 public:
  ActiveSegment() = default;
  /// No room is made behind `most`, the size at which segments are closed.
  ActiveSegment(OpenFile<Io> file, std::uint64_t most) : file_{std::move(file)}, most_{most} {}

  [[nodiscard]] OpenFile<Io> const& file() const noexcept { return file_; }
  [[nodiscard]] std::string const& path() const noexcept { return file_.path(); }

  /// Whether the log that ends at `end` is all that was written: the file has what is before that, and behind it
  /// nothing or room. One read of a few bytes: whoever writes begins at the end, and no frame begins with zeros. No
  /// before `try_cut_written` has looked at all of it: in a file that was at rest any block may have become zeros.
  [[nodiscard]] bool ends_at(std::uint64_t end) {
    if (!is_looked_at_) return false;
    std::array<std::byte, before_end + frame_header_size> around{};
    auto const count = file_.read_at(end - before_end, around);
    if (count < around.size()) room_end_ = std::min(room_end_, end - before_end + count);  // somebody cut it off
    return count >= before_end && is_zero(ByteSpan{around}.first(count).subspan(before_end));
  }

  /// Cuts off what is written behind `end` in a file of that size; room stays. 0 or `-errno`.
  [[nodiscard]] std::int64_t try_cut_written(std::uint64_t end, std::uint64_t size) {
    room_end_ = size;
    auto const result = is_zero_between(file_, end, size) ? 0 : try_cut(end);
    is_looked_at_ = result == 0;
    return result;
  }

  [[nodiscard]] std::int64_t try_cut(std::uint64_t end) {
    room_end_ = end;
    return file_.try_truncate(end);
  }

  /// Gives back the room behind `end`, whoever made it. Where that fails it stays, and does no harm.
  void trim(std::uint64_t end) { static_cast<void>(try_cut(end)); }

  /// 0 or `-errno`, as of `OpenFile::try_write_at`.
  [[nodiscard]] std::int64_t try_write_at(std::uint64_t offset, ByteSpan bytes) {
    if (offset + bytes.size() > room_end_) make_room(offset, bytes.size());
    return file_.try_write_at(offset, bytes);
  }

  [[nodiscard]] int try_sync() const { return file_.try_sync(); }

  /// What failed, and how; 0 where nothing did.
  struct Failure {
    std::int64_t result = 0;
    std::string_view doing{};
  };

  /// Somebody wrote this and did not live to say that it was synced, or was told that it could not be. The page cache
  /// may then hold, as clean, what the medium never got, and a sync of that does nothing. So the same bytes are written
  /// again, and synced.
  [[nodiscard]] Failure try_write_again(std::uint64_t from, std::uint64_t to) const {
    Buffer chunk;
    while (from != to) {
      chunk.resize(static_cast<std::size_t>(std::min<std::uint64_t>(to - from, std::uint64_t{1} << 20U)));
      if (file_.read_at(from, chunk) != chunk.size()) return {-EIO, "read"};  // it became shorter
      if (auto const result = file_.try_write_at(from, chunk); result < 0) return {result, "write"};
      from += chunk.size();
    }
    return {try_sync(), "sync"};
  }

 private:
  static constexpr std::size_t before_end = 8;
  /// Setting room aside costs as much as one commit gains, so it is made for many small ones; a small store wastes no
  /// more.
  static constexpr std::uint64_t room_step = std::uint64_t{64} << 10U;

  /// Where there is no room to be had the write itself says why.
  void make_room(std::uint64_t offset, std::uint64_t size) {
    auto const end = offset + size;
    room_end_ = end;
    if (!makes_room_ || size >= room_step) return;
    auto const most = std::min(most_, Io::size_limit()) / 8 * 8;
    auto const wanted = std::min((end + room_step) / room_step * room_step, most);
    if (wanted <= end) return;
    auto const result = uninterrupted([&] { return Io::allocate(file_.descriptor(), offset, wanted - offset); });
    if (result == 0) room_end_ = wanted;
    if (result == -EOPNOTSUPP || result == -ENOSYS) makes_room_ = false;
  }

  OpenFile<Io> file_;
  std::uint64_t most_ = 0;
  std::uint64_t room_end_ = 0;  ///< the file is not known to go on behind this
  bool makes_room_ = true;
  bool is_looked_at_ = false;
};

}  // namespace cairn::backends::file::details
