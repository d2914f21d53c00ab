// Copyright the Cairn authors
// SPDX-License-Identifier: BSL-1.0
// The two records beside the log: the mark, which says how far it goes, and the hint, which saves a scan.
#pragma once

#include <cairn/backends/file/frame.hpp>
#include <cairn/backends/file/little_endian.hpp>
#include <cairn/backends/file/open_file.hpp>
#include <cairn/backends/file/roots.hpp>
#include <cairn/error/error.hpp>

#include <algorithm>
#include <array>
#include <cstddef>
#include <cstdint>
#include <fcntl.h>
#include <optional>
#include <string>
#include <string_view>
#include <utility>

namespace cairn::backends::file::details {

/// A place up to which the log is known to be on the medium.
struct Durable {
  std::uint32_t segment = 0;
  std::uint64_t offset = 0;
  friend bool operator==(Durable const&, Durable const&) = default;
};

/// How far the log goes and how much of that was synced. It lies in the lock file and is written, without a sync of its
/// own, after what it says has become true. So whatever survives of it is true, and a reader that holds no lock learns
/// with one read what it may look at; nothing depends on its being there.
struct Mark {
  Uuid store{};
  Position end;
  Durable durable;
  bool is_rolling = false;  ///< the next segment is being begun, and may be there
  friend bool operator==(Mark const&, Mark const&) = default;
};

inline constexpr std::string_view mark_magic = "CAIRNMRK";
inline constexpr std::string_view hint_magic = "CAIRNHNT";
inline constexpr std::size_t mark_size = 96;

inline void add_position(Buffer& buffer, Position const& position) {
  add(buffer, position.segment);
  add(buffer, std::uint32_t{0});
  add(buffer, position.offset);
  add(buffer, position.sequence);
  add(buffer, position.chain);
  add(buffer, position.last);
}

inline Position take_position(Fields& fields) noexcept {
  Position position;
  position.segment = fields.take<std::uint32_t>();
  fields.take<std::uint32_t>();
  position.offset = fields.take<std::uint64_t>();
  position.sequence = fields.take<std::uint64_t>();
  position.chain = fields.take<std::uint64_t>();
  position.last = fields.take<std::uint64_t>();
  return position;
}

inline Uuid take_uuid(Fields& fields) noexcept {
  Uuid uuid{};
  auto const bytes = fields.take_bytes(uuid.size());
  std::copy(bytes.begin(), bytes.end(), uuid.begin());
  return uuid;
}

/// Closes a record with the checksum of all before it.
inline void add_checksum(Buffer& buffer) { add(buffer, XXH3_64bits(buffer.data(), buffer.size())); }

/// The record without its magic and its checksum; nothing where either is wrong.
inline std::optional<Fields> open_record(ByteSpan bytes, std::string_view magic) {
  if (bytes.size() < magic.size() + sizeof(std::uint64_t)) return std::nullopt;
  auto const body = bytes.first(bytes.size() - sizeof(std::uint64_t));
  if (text_of(body.first(magic.size())) != magic) return std::nullopt;
  if (load<std::uint64_t>(body.data() + body.size()) != XXH3_64bits(body.data(), body.size())) return std::nullopt;
  return Fields{body.subspan(magic.size())};
}

/// With room for a mark.
inline Buffer mark_buffer() {
  Buffer buffer;
  buffer.reserve(mark_size);
  return buffer;
}

/// The mark, in a `mark_buffer()`; needs no memory.
inline ByteSpan encode_mark(Buffer& buffer, Mark const& mark) noexcept {
  buffer.clear();
  add(buffer, bytes_of(mark_magic));
  add(buffer, ByteSpan{mark.store});
  add_position(buffer, mark.end);
  add(buffer, mark.durable.segment);
  add(buffer, std::uint32_t{0});
  add(buffer, mark.durable.offset);
  add(buffer, std::uint64_t{mark.is_rolling ? 1U : 0U});
  add_checksum(buffer);
  return buffer;
}

inline std::optional<Mark> decode_mark(ByteSpan bytes) {
  auto fields = bytes.size() == mark_size ? open_record(bytes, mark_magic) : std::nullopt;
  if (!fields) return std::nullopt;
  Mark mark;
  mark.store = take_uuid(*fields);
  mark.end = take_position(*fields);
  mark.durable.segment = fields->take<std::uint32_t>();
  fields->take<std::uint32_t>();
  mark.durable.offset = fields->take<std::uint64_t>();
  mark.is_rolling = fields->take<std::uint64_t>() != 0;
  return mark;
}

/// The roots at some place of the log, all of it synced. The place names its last frame by checksum, and that, by the
/// chain, everything before it: where that frame is, the hint is true.
struct Hint {
  Uuid store{};
  Position end;
  Roots roots;
};

inline Buffer encode_hint(Hint const& hint) {
  Buffer buffer;
  add(buffer, bytes_of(hint_magic));
  add(buffer, ByteSpan{hint.store});
  add_position(buffer, hint.end);
  add(buffer, ByteSpan{encode_roots(hint.roots)});
  add_checksum(buffer);
  return buffer;
}

inline std::optional<Hint> decode_hint(ByteSpan bytes) {
  auto fields = open_record(bytes, hint_magic);
  if (!fields) return std::nullopt;
  Hint hint;
  hint.store = take_uuid(*fields);
  hint.end = take_position(*fields);
  auto roots = decode_roots(fields->rest());
  if (!fields->good() || !roots) return std::nullopt;
  hint.roots = *std::move(roots);
  return hint;
}

/// Nothing where there is none, one that can't be read, a damaged one, or one that would take more than 64 MiB of
/// memory: nobody needs it, and its size is whatever somebody made it.
template <class Io>
std::optional<Hint> read_hint(std::string const& path) try {
  constexpr std::uint64_t most = std::uint64_t{64} << 20U;
  auto const file = OpenFile<Io>::open_if_there(path, O_RDONLY);
  if (!file.is_open()) return std::nullopt;
  auto const size = file.size();
  if (size > most) return std::nullopt;
  Buffer bytes(static_cast<std::size_t>(size));
  bytes.resize(file.read_at(0, bytes));
  return decode_hint(bytes);
} catch (Error const&) {
  return std::nullopt;
}

template <class Io>
[[nodiscard]] bool try_write_hint(std::string const& path, Hint const& hint) {
  auto const bytes = encode_hint(hint);
  auto const descriptor = uninterrupted([&] { return Io::open(path, O_RDWR | O_CREAT); });
  if (descriptor < 0) return false;
  OpenFile<Io> const file{descriptor, path};
  if (file.try_write_at(0, bytes) == 0) static_cast<void>(file.try_truncate(bytes.size()));
  return true;
}

template <class Io>
std::optional<Mark> read_mark(OpenFile<Io> const& file) {
  std::array<std::byte, mark_size> bytes{};
  auto const count = file.read_at(0, bytes);
  return decode_mark(ByteSpan{bytes}.first(count));
}

}  // namespace cairn::backends::file::details
