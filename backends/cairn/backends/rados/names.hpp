// Copyright the Cairn authors
// SPDX-License-Identifier: BSL-1.0
// The names of a store's objects.
#pragma once

#include <cairn/backends/common/packed_address.hpp>
#include <cairn/backends/common/text.hpp>
#include <cairn/backends/common/timed_key.hpp>
#include <cairn/backends/rados/cluster.hpp>
#include <cairn/error/error.hpp>

#define XXH_INLINE_ALL
#include <xxhash.h>

#include <array>
#include <cerrno>
#include <cstddef>
#include <cstdint>
#include <optional>
#include <span>
#include <string>
#include <string_view>

namespace cairn::backends::rados {

/// Where a blob is.
using Address = common::PackedAddress;

namespace details {

/// The number that a store is given when it is created: what was there before in its namespace has another.
using StoreId = std::array<std::uint8_t, 16>;

/// In the store's namespace:
///
///     cairn.store                 what the store is, text
///     cairn.<id>.roots            an entry for each root that there ever was: its own part of the root's name here, and the name
///     cairn.<id>.r.n-<name>       a root (root_body.hpp); bytes of the name that are no letters, digits, - or _ are % and two digits
///     cairn.<id>.r.h-<hash>       a root whose name is too long for that
///     cairn.<id>.b.<key>          a pack of blobs
///     cairn.<id>.b.<key>.<number> what of a pack is more than 16 MiB, in pieces of 16 MiB from 1 on
class Names {
 public:
  static constexpr std::string_view marker = "cairn.store";
  static constexpr std::size_t longest_name = 1024;

  explicit Names(StoreId const& id) : base_{"cairn." + common::hexadecimal(id) + "."} {}

  [[nodiscard]] std::string roots() const { return base_ + "roots"; }
  [[nodiscard]] static std::string entry(std::string_view name) {
    auto text = common::escaped(name, "-_");
    if (text.size() <= longest_name) return "n-" + text;
    XXH128_canonical_t hash;
    XXH128_canonicalFromHash(&hash, XXH3_128bits(name.data(), name.size()));
    return "h-" + common::hexadecimal(std::span{hash.digest});
  }
  [[nodiscard]] std::string root(std::string_view name) const { return root_of(entry(name)); }
  [[nodiscard]] std::string root_of(std::string_view entry) const { return base_ + "r." + std::string{entry}; }

  [[nodiscard]] std::string pack(common::TimedKey const& key, std::size_t piece) const {
    auto name = base_ + "b." + common::hexadecimal(key.bytes);
    if (piece != 0) name += '.' + std::to_string(piece);
    return name;
  }
  /// The key of the pack that is in that object, or a piece of it.
  [[nodiscard]] std::optional<common::TimedKey> pack_in(std::string_view name) const {
    common::TimedKey made;
    auto const start = base_ + "b.";
    auto const digits = 2 * made.bytes.size();
    if (!name.starts_with(start)) return std::nullopt;
    name.remove_prefix(start.size());
    if (name.size() < digits || (name.size() != digits && name[digits] != '.')) return std::nullopt;
    if (!common::read_hexadecimal(name.substr(0, digits), made.bytes)) return std::nullopt;
    return made;
  }

  /// The id of the store that an object is of, of this life of it or another; nothing where it is of none, and of the marker.
  [[nodiscard]] static std::optional<StoreId> store_of(std::string_view name) {
    StoreId id;
    if (!name.starts_with("cairn.") || name.size() <= 39 || name[38] != '.' || !common::read_hexadecimal(name.substr(6, 32), id)) return std::nullopt;
    return id;
  }

 private:
  std::string base_;
};

/// What `cairn.store` says: two lines of text, on disk, do not change.
struct Marker {
  static constexpr std::string_view first_line = "cairn-rados-store 1\n";

  [[nodiscard]] static std::string text(StoreId const& id) { return std::string{first_line} + "id " + common::hexadecimal(id) + "\n"; }
  /// The store's id; nothing where there is no store. `store/format` where another release or another program wrote it.
  [[nodiscard]] static std::optional<StoreId> read(Cluster const& cluster) {
    Cluster::Seen seen;
    seen.bytes.resize(256);
    auto const answer = cluster.look(std::string{Names::marker}, 0, seen);
    if (answer == -ENOENT) return std::nullopt;
    if (answer < 0) raise_answer(answer, "look for a store");
    StoreId id;
    auto const text = common::text_of(seen.bytes);
    auto const begin = std::string{first_line} + "id ";
    if (text.size() != begin.size() + 33 || !text.starts_with(begin) || !common::read_hexadecimal(text.substr(begin.size(), 32), id))
      raise(Errc::store_format, "The object cairn.store of that pool and namespace was written by another release of Cairn, or by another program: use that one, or another :namespace.");
    return id;
  }
};

}  // namespace details
}  // namespace cairn::backends::rados
