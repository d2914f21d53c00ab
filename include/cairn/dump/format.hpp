// Copyright the Cairn authors
// SPDX-License-Identifier: BSL-1.0
// What a dump says of itself, whatever it is written in.
#pragma once

#include <cairn/datom/checksum.hpp>
#include <cairn/db/attribute.hpp>
#include <cairn/db/options.hpp>
#include <cairn/db/value_type.hpp>
#include <cairn/error/error.hpp>
#include <cairn/meta/lazy.hpp>

#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <functional>
#include <span>
#include <string>
#include <string_view>
#include <utility>

namespace cairn {

/// The version of dumps that this code writes. It reads every older one and refuses a newer one.
inline constexpr std::int64_t dump_version = 1;

/// What a dump is written in.
enum class DumpEncoding : std::uint8_t {
  edn,   ///< a form a line: for people, `grep` and `diff`
  cbor,  ///< RFC 8949: a quarter of the size
};

/// Takes the bytes of a dump, a piece at a time.
using ByteSink = std::function<void(std::span<std::byte const>)>;
/// Fills a buffer, which is not empty, and returns how many bytes it has put there; 0 at the end.
using ByteSource = std::function<std::size_t(std::span<std::byte>)>;

/// What is said of a database before its datoms.
struct DumpHeader {
  bool history = true;  ///< whether what is no longer true is there, too
  bool keep_history = true;
  SchemaFlexibility schema_flexibility = SchemaFlexibility::write;
  bool attribute_refs = false;
  std::string index{};  ///< of the database that was dumped; any index takes the dump
  EntityId max_entity = 0;
  EntityId max_tx = first_transaction - 1;
  Instant last_instant{};
  std::uint64_t current = 0;  ///< datoms that are true
  std::uint64_t past = 0;     ///< datoms that history alone shows
};

/// What came of writing or reading a dump.
struct DumpReport {
  std::uint64_t current = 0;  ///< datoms that are true
  std::uint64_t past = 0;     ///< datoms that history alone shows
  std::uint64_t chunks = 0;
  std::uint64_t bytes = 0;  ///< of the dump

  [[nodiscard]] std::uint64_t datoms() const noexcept { return current + past; }
};

namespace detail {

/// No chunk, and so no value, is longer than this.
inline constexpr std::uint64_t largest_chunk = std::uint64_t{1} << 30U;

/// The checksum of a chunk holds that of all before it.
[[nodiscard]] inline std::uint64_t chained_checksum(std::string_view bytes, std::uint64_t before) noexcept {
  return XXH3_64bits_withSeed(bytes.data(), bytes.size(), before);
}

/// Whether a database can have the value under the attribute. What reads datoms does not ask again where the schema says what their type is:
/// of the system's attributes, of references, and of all others unless the schema came after the data.
template <meta::Lazy = {}>
[[nodiscard]] bool can_hold(Attribute const& attribute, Value const& value, SchemaFlexibility flexibility) noexcept {
  bool const is_sure = attribute.id < first_user_attribute || attribute.is_ref() || flexibility == SchemaFlexibility::write;
  return is_sure && attribute.type ? conforms(value, *attribute.type) : !value.is_nil();
}

/// Where a dump is damaged. Errors are thrown with it.
struct DumpPlace {
  std::uint64_t chunk = 0;
  std::uint64_t offset = 0;  ///< in bytes, of the chunk

  [[noreturn]] void refuse(std::string_view what, std::string_view remedy = "Take another copy of the dump, or dump the database again") const {
    raise(Errc::store_corrupt,
          "The dump is damaged in chunk " + std::to_string(chunk) + ", which begins at byte " + std::to_string(offset) + ": " + std::string{what} +
              ". " + std::string{remedy} + ".",
          "{:chunk " + std::to_string(chunk) + " :offset " + std::to_string(offset) + "}");
  }
};

/// Thrown by what reads a record, which does not know where that is.
struct BadRecord {
  std::string what;
};
[[noreturn]] inline void bad_record(std::string what) { throw BadRecord{std::move(what)}; }
/// The begin of a text for such an error, without half a character at its end. Requires: UTF-8.
[[nodiscard]] inline std::string begin_of(std::string_view text) {
  auto size = (std::min)(text.size(), std::size_t{80});
  while (size != text.size() && size != 0 && (static_cast<unsigned char>(text[size]) & 0xC0U) == 0x80U) --size;
  return std::string{text.substr(0, size)};
}

}  // namespace detail

}  // namespace cairn
