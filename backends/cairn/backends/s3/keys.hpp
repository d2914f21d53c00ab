// Copyright the Cairn authors
// SPDX-License-Identifier: BSL-1.0
// The keys of a store's objects.
#pragma once

#include <cairn/backends/s3/address.hpp>
#include <cairn/backends/s3/config.hpp>
#include <cairn/backends/s3/text.hpp>
#include <cairn/error/error.hpp>

#include <array>
#include <cstddef>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <utility>

namespace cairn::backends::s3::details {

/// The number that a store is given when it is created: what was there before under its prefix has another.
using StoreId = std::array<std::uint8_t, 16>;

/// The prefix without the slash behind it; `config/range` where it can't be part of a key.
inline std::string checked_prefix(Config const& config) {
  auto prefix = config.prefix;
  while (!prefix.empty() && prefix.back() == '/') prefix.pop_back();
  auto const refuse = [](std::string const& why) { raise(Errc::config_range, "The :prefix " + why + ".", "{:key :prefix}"); };
  if (prefix.empty()) refuse("is empty: name a folder of the bucket for the store");
  if (prefix.size() > 256) refuse("has more than 256 bytes");
  for (std::size_t at = 0; at <= prefix.size();) {
    auto const end = (std::min)(prefix.find('/', at), prefix.size());
    auto const part = std::string_view{prefix}.substr(at, end - at);
    if (part.empty() || part == "." || part == "..") refuse("has a part that is empty, \".\" or \"..\": servers and proxies take those for a way");
    at = end + 1;
  }
  return prefix;
}

/// Below the prefix:
///
///     store            what the store is (marker.hpp)
///     probe-<random>   while a server is examined
///     <id>/r/n-<name>  a root; bytes of the name that are no letters, digits, - or _ are . and two digits
///     <id>/r/h-<hash>  a root whose name is too long for that
///     <id>/b/<key>     a pack of blobs
///     <id>/m/<address> a blob that was moved out of its pack
class Keys {
 public:
  static constexpr std::size_t longest_name = 400;

  Keys(std::string prefix, StoreId const& id) : prefix_{std::move(prefix)}, base_{prefix_ + "/" + hexadecimal(id) + "/"} {}

  [[nodiscard]] static std::string marker(std::string_view prefix) { return std::string{prefix} + "/store"; }
  [[nodiscard]] std::string marker() const { return marker(prefix_); }
  [[nodiscard]] std::string const& prefix() const noexcept { return prefix_; }

  /// Whether a key is one of this store's, apart from the marker.
  [[nodiscard]] bool has(std::string_view key) const { return key.starts_with(base_); }

  [[nodiscard]] std::string roots() const { return base_ + "r/"; }
  [[nodiscard]] std::string root(std::string_view name) const {
    auto text = escaped(name, "-_", '.');
    return roots() + (text.size() <= longest_name ? "n-" + text : "h-" + sha256(bytes_of(name)));
  }
  /// The name of the root with that key; nothing where only the root itself says it.
  [[nodiscard]] std::optional<std::string> name_of(std::string_view key) const {
    auto const rest = key.substr((std::min)(roots().size(), key.size()));
    if (!rest.starts_with("n-")) return std::nullopt;
    return unescaped(rest.substr(2), '.');
  }

  [[nodiscard]] std::string packs() const { return base_ + "b/"; }
  [[nodiscard]] std::string pack(common::TimedKey const& key) const { return packs() + hexadecimal(key.bytes); }
  [[nodiscard]] std::optional<common::TimedKey> pack_of(std::string_view key) const {
    common::TimedKey made;
    auto const start = packs();
    if (!key.starts_with(start) || !read_hexadecimal(key.substr(start.size()), made.bytes)) return std::nullopt;
    return made;
  }

  [[nodiscard]] std::string moved_blobs() const { return base_ + "m/"; }
  [[nodiscard]] std::string moved(Address const& address) const { return moved_blobs() + hexadecimal(address.bytes); }
  [[nodiscard]] std::optional<Address> moved_of(std::string_view key) const {
    Address made;
    auto const start = moved_blobs();
    if (!key.starts_with(start) || !read_hexadecimal(key.substr(start.size()), made.bytes)) return std::nullopt;
    return made;
  }

  /// Whether a key is one of a store with that prefix, of this life or an earlier one: another store may have a prefix that begins
  /// with this one.
  [[nodiscard]] static bool is_of_store(std::string_view prefix, std::string_view key) {
    if (!key.starts_with(prefix) || key.size() <= prefix.size() + 1 || key[prefix.size()] != '/') return false;
    auto const rest = key.substr(prefix.size() + 1);
    StoreId id;
    std::array<std::uint8_t, 8> number{};
    if (rest == "store" || (rest.starts_with("probe-") && read_hexadecimal(rest.substr(6), number))) return true;
    if (rest.size() < 36 || !read_hexadecimal(rest.substr(0, 32), id) || rest[32] != '/' || rest[34] != '/') return false;
    auto const last = rest.substr(35);
    if (last.find('/') != std::string_view::npos) return false;
    common::TimedKey pack;
    Address moved;
    switch (rest[33]) {
      case 'r': return last.starts_with("n-") || last.starts_with("h-");
      case 'b': return read_hexadecimal(last, pack.bytes);
      case 'm': return read_hexadecimal(last, moved.bytes);
      default: return false;
    }
  }

 private:
  std::string prefix_;
  std::string base_;
};

}  // namespace cairn::backends::s3::details
