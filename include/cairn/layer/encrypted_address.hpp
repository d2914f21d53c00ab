// Copyright the Cairn authors
// SPDX-License-Identifier: BSL-1.0
// Addresses of encrypted blobs, to which their bytes are bound.
#pragma once

#include <cairn/concepts/blob_store.hpp>
#include <cairn/layer/sealed_box.hpp>

#include <algorithm>
#include <array>
#include <cstddef>
#include <string_view>
#include <type_traits>

namespace cairn::layer {

/// The address of a blob in a store that says it only after the bytes are there: the beginning of the box's nonce beside it says which
/// box is meant. 16 bytes of it, or 8 beside a long one. On disk: do not change.
template <class Inner>
struct TaggedAddress {
  static constexpr std::size_t tag_size = sizeof(Inner) <= 16 ? 16 : 8;

  Inner inner{};
  std::array<std::byte, tag_size> tag{};
  friend bool operator==(TaggedAddress const&, TaggedAddress const&) = default;

  /// Whatever has become of the box.
  [[nodiscard]] constexpr TaggedAddress place() const noexcept { return {blob_place(inner), {}}; }

  static TaggedAddress of(Inner const& inner, Nonce const& nonce) noexcept {
    TaggedAddress made{inner, {}};
    std::copy_n(nonce.begin(), tag_size, made.tag.begin());
    return made;
  }
};

/// The address that an encrypted blob has in a program: the inner one, where that is known before the bytes are encrypted for it.
template <class Connection>
using EncryptedAddress = std::conditional_t<ReservingBlobStore<Connection>, typename Connection::Address, TaggedAddress<typename Connection::Address>>;

/// What a box is bound to.
template <class Address>
[[nodiscard]] std::string_view place_of(Address const& address) noexcept {
  return {reinterpret_cast<char const*>(&address), sizeof address};
}
template <class Inner>
[[nodiscard]] std::string_view place_of(TaggedAddress<Inner> const& address) noexcept {
  return {reinterpret_cast<char const*>(address.tag.data()), address.tag.size()};
}

}  // namespace cairn::layer
