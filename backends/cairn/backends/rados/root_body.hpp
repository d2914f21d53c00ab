// Copyright the Cairn authors
// SPDX-License-Identifier: BSL-1.0
// The bytes of a root's object.
#pragma once

#include <cairn/backends/common/encoding.hpp>
#include <cairn/backends/common/root_version.hpp>
#include <cairn/backends/rados/names.hpp>
#include <cairn/concepts/bytes.hpp>
#include <cairn/concepts/root.hpp>
#include <cairn/error/error.hpp>

#include <algorithm>
#include <array>
#include <cstddef>
#include <cstdint>
#include <span>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace cairn::backends::rados::details {

/// The attributes of a root's object.
inline constexpr char const* version_attribute = "version";  ///< the base, and how many frames there are
inline constexpr char const* name_attribute = "name";        ///< the root's name

/// What a change draws by lot.
using Lot = std::array<char, common::epoch_size>;
inline Lot random_lot() {
  Lot lot;
  auto const random = common::random_epoch();
  std::copy(random.begin(), random.end(), lot.begin());
  return lot;
}
[[nodiscard]] inline std::string_view text_of(Lot const& lot) noexcept { return {lot.data(), lot.size()}; }

/// A state or a frame. In an object it is its lot (16 bytes), its kind (1), a length (4) and as many bytes; what is large is a blob, of which
/// they are the address. On disk: do not renumber.
struct Record {
  enum class Kind : std::uint8_t {
    here = 0,     ///< the bytes themselves
    blob = 1,     ///< the address of a blob that is the state or the frame
    records = 2,  ///< the address of a blob of records: frames that were moved out of the root together
  };
  Lot lot{};  ///< of the change that wrote it
  Kind kind = Kind::here;
  Bytes bytes{};

  static constexpr std::size_t head_size = common::epoch_size + 1 + 4;

  [[nodiscard]] std::size_t stored_size() const noexcept { return head_size + bytes.size(); }
  [[nodiscard]] Address address() const noexcept {
    Address made;
    for (std::size_t i = 0; i != made.bytes.size(); ++i) made.bytes[i] = std::to_integer<std::uint8_t>(bytes.view()[i]);
    return made;
  }
  [[nodiscard]] static Record of(Lot const& lot, Kind kind, Address const& address) {
    return {lot, kind, Bytes::copy(std::as_bytes(std::span{address.bytes}))};
  }
  void write(common::Buffer& out) const {
    common::add(out, text_of(lot));
    out.push_back(static_cast<std::byte>(kind));
    common::add_count(out, bytes.size());
    common::add(out, bytes);
  }
};
using Records = std::vector<Record>;

/// A root's version: the attribute of that name, and the lot of what is last in the object. The lot, since an object that was put back to what
/// it was, by whoever rolls its pool back or by an object store that lost something, may get as many other frames: that is another version.
[[nodiscard]] inline Version version_of(std::string_view attribute, Lot const& last) { return Version{std::string{attribute}.append(text_of(last))}; }
inline constexpr std::size_t version_attribute_size = common::epoch_size + 8;
[[nodiscard]] inline std::string_view attribute_of(Version const& version) noexcept { return std::string_view{version.token()}.substr(0, version_attribute_size); }

/// An object begins with this; then come the state and the frames, oldest first.
inline constexpr std::string_view root_magic = "crn-rad1";

inline common::Buffer encode(Records const& records, std::string_view magic = root_magic) {
  common::Buffer out;
  std::size_t size = magic.size();
  for (auto const& record : records) size += record.stored_size();
  out.reserve(size);
  common::add(out, magic);
  for (auto const& record : records) record.write(out);
  return out;
}

/// The records in `bytes` behind the first `skip`, which share them. `store/corrupt` where they are none.
inline Records decode(Bytes const& bytes, std::size_t skip) {
  Records made;
  common::Input in{bytes.view().subspan((std::min)(skip, bytes.size()))};
  std::size_t at = skip;
  while (!in.is_at_end()) {
    Record record;
    auto const lot = common::text_of(in.take(common::epoch_size));
    std::copy(lot.begin(), lot.end(), record.lot.begin());
    auto const kind = in.take(1);
    auto const size = in.count();
    auto const content = in.take(size);
    if (in.is_bad() || std::to_integer<int>(kind[0]) > 2 || (kind[0] != std::byte{0} && content.size() != sizeof(Address)))
      raise(Errc::store_corrupt, "A root of the Ceph store is damaged: restore it from a backup.");
    record.kind = static_cast<Record::Kind>(kind[0]);
    at += Record::head_size;
    record.bytes = bytes.slice(at, size);
    at += size;
    made.push_back(std::move(record));
  }
  return made;
}

}  // namespace cairn::backends::rados::details
