// Copyright the Cairn authors
// SPDX-License-Identifier: BSL-1.0
// The object that is a root.
#pragma once

#include <cairn/backends/common/root_version.hpp>
#include <cairn/backends/s3/address.hpp>
#include <cairn/backends/common/pack.hpp>
#include <cairn/concepts/bytes.hpp>
#include <cairn/concepts/root.hpp>

#include <algorithm>
#include <cstddef>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace cairn::backends::s3::details {

/// A part of a root: in it, or, where it is large, a blob that it names.
struct Part {
  Bytes bytes{};                   ///< where it is not `blob`
  std::optional<Address> blob{};
};

/// What an append or a commit replaces as a whole. A state or frames that would make it large are blobs, of which it has the addresses.
///
///     magic (8) id (16) what was (n * 16) name state packed frames checksum (8)
///
/// Lengths and counts are 4 bytes; a part is 0, its length and its bytes, or 1 and an address. A root that was dropped stays as an
/// object of `dropped_size` bytes, shorter than any other: what can't be removed under a condition is replaced under one.
struct RootObject {
  std::string id = common::random_epoch();  ///< the change that wrote it
  std::vector<std::string> was{};           ///< the changes before it, oldest first, the last `most_remembered`
  std::string name{};
  bool is_dropped = false;
  Part state{};
  std::vector<Address> packed{};  ///< blobs of frames, oldest first
  std::vector<Bytes> frames{};    ///< those behind them

  static constexpr std::size_t most_remembered = 32;
  static constexpr std::size_t id_size = common::epoch_size;
  static constexpr std::string_view magic = "crn-s3r1";
  static constexpr std::string_view dropped_magic = "crn-s3d1";
  static constexpr std::size_t dropped_size = 8 + 2 * id_size + checksum_size;

  [[nodiscard]] std::size_t frame_bytes() const noexcept {
    std::size_t size = 0;
    for (auto const& frame : frames) size += frame.size() + 4;
    return size;
  }

  /// The next one, still with the same contents.
  [[nodiscard]] RootObject successor() const {
    auto next = *this;
    next.id = common::random_epoch();
    next.was.push_back(id);
    if (next.was.size() > most_remembered) next.was.erase(next.was.begin());
    // An object that says that a root was dropped has no more than the last of those before: that more are not known is as if there had been many.
    if (is_dropped && next.was.size() < most_remembered) next.was.insert(next.was.begin(), most_remembered - next.was.size(), std::string(id_size, '\0'));
    next.is_dropped = false;
    return next;
  }

  [[nodiscard]] Buffer encode() const {
    Buffer out;
    if (is_dropped) {
      add(out, dropped_magic);
      add(out, id);
      add(out, was.empty() ? std::string(id_size, '\0') : was.back());
      add_checksum(out);
      return out;
    }
    add(out, magic);
    add(out, id);
    add_count(out, was.size());
    for (auto const& one : was) add(out, one);
    add_text(out, bytes_of(name));
    out.push_back(static_cast<std::byte>(state.blob ? 1 : 0));
    if (state.blob) {
      add(out, std::as_bytes(std::span{state.blob->bytes}));
    } else {
      add_text(out, state.bytes);
    }
    add_count(out, packed.size());
    for (auto const& blob : packed) add(out, std::as_bytes(std::span{blob.bytes}));
    add(out, encode_frames(frames));
    add_checksum(out);
    return out;
  }
  [[nodiscard]] static std::optional<RootObject> decode(ByteSpan bytes) {
    auto const body = without_checksum(bytes);
    if (!body) return std::nullopt;
    Input in{*body};
    RootObject made;
    auto const begin = text_of(in.take(magic.size()));
    made.id = text_of(in.take(id_size));
    if (begin == dropped_magic) {
      made.is_dropped = true;
      made.was.emplace_back(text_of(in.take(id_size)));
      return in.is_at_end() ? std::optional{std::move(made)} : std::nullopt;
    }
    if (begin != magic) return std::nullopt;
    for (auto n = in.count(id_size); n != 0; --n) made.was.emplace_back(text_of(in.take(id_size)));
    made.name = text_of(in.take(in.count()));
    auto const kind = in.take(1);
    if (in.is_bad() || std::to_integer<int>(kind[0]) > 1) return std::nullopt;
    if (std::to_integer<int>(kind[0]) == 1) {
      made.state.blob = read_address(in);
    } else {
      made.state.bytes = Bytes::copy(in.take(in.count()));
    }
    for (auto n = in.count(sizeof(Address)); n != 0; --n) made.packed.push_back(read_address(in));
    if (!read_frames(in, made.frames) || !in.is_at_end()) return std::nullopt;
    return made;
  }

  /// Frames as they are in a root and in a blob.
  [[nodiscard]] static Buffer encode_frames(std::vector<Bytes> const& frames) {
    Buffer out;
    add_count(out, frames.size());
    for (auto const& frame : frames) add_text(out, frame);
    return out;
  }
  [[nodiscard]] static bool read_frames(Input& in, std::vector<Bytes>& frames) {
    for (auto n = in.count(4); n != 0; --n) frames.push_back(Bytes::copy(in.take(in.count())));
    return !in.is_bad();
  }

  /// What is known of a change whose reply was lost, or that was refused when it was repeated, from the object that is there now.
  enum class Fate : std::uint8_t { landed, overtaken, open };
  /// `from` is the id that the change replaced; empty where nothing was there.
  [[nodiscard]] Fate fate_of(std::string_view change, std::string_view from) const {
    if (id == change || std::find(was.begin(), was.end(), change) != was.end()) return Fate::landed;
    if (id == from) return Fate::open;
    bool const is_known = std::find(was.begin(), was.end(), from) != was.end();
    bool const is_all = !is_dropped && was.size() < most_remembered;
    return is_known || is_all ? Fate::overtaken : Fate::open;
  }

 private:
  static void add_text(Buffer& out, ByteSpan bytes) {
    add_count(out, bytes.size());
    add(out, bytes);
  }
  static Address read_address(Input& in) {
    Address made;
    auto const bytes = in.take(made.bytes.size());
    for (std::size_t i = 0; i != bytes.size(); ++i) made.bytes[i] = std::to_integer<std::uint8_t>(bytes[i]);
    return made;
  }
};

}  // namespace cairn::backends::s3::details
