// Copyright the Cairn authors
// SPDX-License-Identifier: BSL-1.0
// The keys of a store in Redis.
#pragma once

#include <cairn/backends/common/text.hpp>
#include <cairn/backends/common/timed_key.hpp>
#include <cairn/backends/redis/config.hpp>
#include <cairn/error/error.hpp>
#include <cairn/random/draw.hpp>

#include <cstddef>
#include <optional>
#include <string>
#include <string_view>
#include <utility>

namespace cairn::backends::redis {

/// The key of a blob.
using Address = common::TimedKey;

namespace details {

/// The largest value that Redis takes.
inline constexpr std::size_t most_bytes = std::size_t{512} << 20U;

/// What the keys look like; a store with another number was made by another release.
inline constexpr std::string_view format = "1";

/// A store's keys. The prefix stands in braces, so that a cluster puts all of them into one slot; `own` is what the store drew by lot
/// when it was created, so that nothing of a deleted store is taken for its successor's.
///
///     {prefix}:store          the format, a space, own
///     {prefix}:deleted        the `own` of stores that are deleted and may have keys left
///     {prefix}:own:b address  a blob
///     {prefix}:own:roots      the roots' epochs by their names
///     {prefix}:own:s name     the state of a root
///     {prefix}:own:t name     its tail, a list; each frame behind the 16 bytes that its append drew by lot
class Keys {
 public:
  explicit Keys(Config const& config) : tag_{"{" + config.prefix + "}:"} {
    constexpr std::string_view letters = "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789_-.";
    if (config.prefix.empty() || config.prefix.find_first_not_of(letters) != std::string::npos)
      raise(Errc::config_range, "The :prefix \"" + config.prefix + "\" is not made of letters, digits, _, - and .", "{:key :prefix}");
  }

  [[nodiscard]] std::string store() const { return tag_ + "store"; }
  [[nodiscard]] std::string deleted() const { return tag_ + "deleted"; }
  [[nodiscard]] std::string all_of(std::string_view own) const { return tag_ + std::string{own} + ":"; }

 private:
  std::string tag_;
};

/// Whether it is 16 hexadecimal digits, in which nothing means anything in a pattern.
[[nodiscard]] inline bool is_own(std::string_view text) noexcept {
  return text.size() == 16 && text.find_first_not_of("0123456789abcdef") == std::string_view::npos;
}
[[nodiscard]] inline std::string random_own() { return common::hexadecimal(random::text(8)); }

/// The keys of one store that is there.
class StoreKeys {
 public:
  /// `value` is what `{prefix}:store` holds; `store/format` where that is none of ours.
  StoreKeys(Keys const& keys, std::string value) : store_{keys.store()}, value_{std::move(value)} {
    if (!value_.starts_with(std::string{format} + " ") || !is_own(std::string_view{value_}.substr(format.size() + 1)))
      raise(Errc::store_format, "The key " + store_ +
                                    " of that Redis was written by another release of Cairn, or by another program: use that one, or another :prefix.");
    all_ = keys.all_of(own());
  }

  [[nodiscard]] std::string const& store() const noexcept { return store_; }
  [[nodiscard]] std::string const& value() const noexcept { return value_; }
  [[nodiscard]] std::string own() const { return value_.substr(format.size() + 1); }
  [[nodiscard]] std::string roots() const { return all_ + "roots"; }
  [[nodiscard]] std::string state(std::string_view name) const { return all_ + "s" + std::string{name}; }
  [[nodiscard]] std::string tail(std::string_view name) const { return all_ + "t" + std::string{name}; }
  [[nodiscard]] std::string blob(Address const& address) const {
    auto key = blobs();
    key += address.text();
    return key;
  }
  /// What the keys of all blobs begin with; nothing in it means anything in a pattern.
  [[nodiscard]] std::string blobs() const { return all_ + "b"; }
  /// The address in a key, if it is a blob's.
  [[nodiscard]] std::optional<Address> address_in(std::string_view key) const {
    auto const begin = blobs();
    if (!key.starts_with(begin) || key.size() != begin.size() + sizeof(Address)) return std::nullopt;
    return Address::of(key.substr(begin.size()));
  }

 private:
  std::string store_;
  std::string value_;
  std::string all_;
};

}  // namespace details
}  // namespace cairn::backends::redis
