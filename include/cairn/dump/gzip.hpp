// Copyright the Cairn authors
// SPDX-License-Identifier: BSL-1.0
// Exports of Datahike's whose chunks are compressed with gzip. Including this anywhere in a program gives them to all of the program's
// imports. Needs zlib: link cairn::gzip.
#pragma once

#include <cairn/dump/format.hpp>
#include <cairn/dump/gzip_hook.hpp>

#include <zlib.h>

#include <algorithm>
#include <atomic>
#include <cstddef>
#include <limits>
#include <memory>
#include <new>
#include <span>
#include <string>
#include <utility>
#include <vector>

namespace cairn::detail {

/// What was compressed, as it comes: one member or several, one behind another. Memory: 110 KB, whatever the bytes say. Throws `BadRecord`
/// where they are no gzip, end too early, or do not have the checksum that they say. Thread safety: none.
class GzipReader {
 public:
  explicit GzipReader(ByteSource source) : source_{std::move(source)}, in_(std::size_t{1} << 16U) {
    constexpr int gzip_alone = 16;
    if (::inflateInit2(&stream_, MAX_WBITS + gzip_alone) != Z_OK) throw std::bad_alloc{};
  }
  GzipReader(GzipReader const&) = delete;  // zlib's state knows where the stream is
  GzipReader& operator=(GzipReader const&) = delete;
  ~GzipReader() { ::inflateEnd(&stream_); }

  /// Fills the room, but at the end.
  std::size_t read(std::span<std::byte> room) {
    std::size_t size = 0;
    while (size != room.size() && !is_done_) {
      if (!has_input()) bad_record("its gzip ends too early");
      auto const rest = room.subspan(size);
      auto const asked = static_cast<uInt>((std::min)(rest.size(), std::size_t{std::numeric_limits<uInt>::max()}));
      stream_.next_out = reinterpret_cast<Bytef*>(rest.data());
      stream_.avail_out = asked;
      auto const status = ::inflate(&stream_, Z_NO_FLUSH);
      size += asked - stream_.avail_out;
      if (status == Z_STREAM_END) {
        end_member();
      } else if (status != Z_OK) {
        refuse(status);
      }
    }
    return size;
  }

 private:
  [[nodiscard]] bool has_input() {
    if (stream_.avail_in != 0) return true;
    auto const size = source_(std::span{in_});
    stream_.next_in = reinterpret_cast<Bytef*>(in_.data());
    stream_.avail_in = static_cast<uInt>(size);
    return size != 0;
  }
  void end_member() {
    is_done_ = !has_input();
    is_first_ = false;
    ::inflateReset(&stream_);
  }
  [[noreturn]] void refuse(int status) const {
    if (status == Z_MEM_ERROR) throw std::bad_alloc{};
    constexpr uLong shortest_header = 10;
    if (stream_.total_in < shortest_header) bad_record(is_first_ ? "it is no gzip" : "what stands behind its gzip is none");
    bad_record("its gzip is damaged: " + std::string{stream_.msg != nullptr ? stream_.msg : "it cannot be read"});
  }

  ByteSource source_;
  std::vector<std::byte> in_;
  ::z_stream stream_{};
  bool is_first_ = true;  // of its members
  bool is_done_ = false;
};

[[nodiscard]] inline ByteSource decompressed_by_zlib(ByteSource source) {
  return [reader = std::make_shared<GzipReader>(std::move(source))](std::span<std::byte> room) { return reader->read(room); };
}

inline bool const decompressor_is_here = (decompressor.store(&decompressed_by_zlib, std::memory_order_release), true);

}  // namespace cairn::detail
