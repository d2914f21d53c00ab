// Copyright the Cairn authors
// SPDX-License-Identifier: BSL-1.0
// Where the state and the tail of every root are: the log replayed, without its bytes.
#pragma once

#include <cairn/backends/file/frame.hpp>
#include <cairn/backends/file/little_endian.hpp>
#include <cairn/backends/file/scan.hpp>
#include <cairn/backends/file/segment.hpp>
#include <cairn/concepts/root.hpp>

#include <cstdint>
#include <functional>
#include <map>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace cairn::backends::file::details {

/// One root. Its version is the frame that last changed it.
struct RootEntry {
  std::uint64_t sequence = 0;
  std::uint64_t chain = 0;
  Address state;  ///< of the commit frame; nowhere while nothing but frames were appended
  std::vector<Address> tail;
  friend bool operator==(RootEntry const&, RootEntry const&) = default;

  /// The checksum beside the number keeps apart two frames of the same number, of which a loss of power took the first.
  [[nodiscard]] Version version() const {
    std::string token(16, '\0');
    store(reinterpret_cast<std::byte*>(token.data()), sequence);
    store(reinterpret_cast<std::byte*>(token.data() + 8), chain);
    return Version{std::move(token)};
  }
};

using Roots = std::map<std::string, RootEntry, std::less<>>;

inline Version version_of(Roots const& roots, std::string_view branch) {
  auto const found = roots.find(branch);
  return found == roots.end() ? Version{} : found->second.version();
}

/// Does to the roots what a frame of that header, which changes a root, says; nothing where it throws.
inline void apply_change(Roots& roots, FrameHeader const& header, Address const& address, std::string_view branch) {
  if (header.type == FrameType::drop) {
    if (auto const found = roots.find(branch); found != roots.end()) roots.erase(found);
    return;
  }
  auto const change = [&](RootEntry& root) {
    if (header.type == FrameType::commit) {
      root.state = address;
      root.tail.clear();
    } else {
      root.tail.push_back(address);
    }
    root.sequence = header.sequence;
    root.chain = header.checksum;
  };
  if (auto const found = roots.find(branch); found != roots.end()) return change(found->second);
  RootEntry root;
  change(root);  // before anybody can see it: where there is no memory there is no root
  roots.emplace(std::string{branch}, std::move(root));
}

inline void add_address(Buffer& buffer, Address const& address) {
  add(buffer, address.segment);
  add(buffer, address.unit);
  add(buffer, address.length);
  add(buffer, address.check);
}

inline Address take_address(Fields& fields) noexcept {
  Address address;
  address.segment = fields.take<std::uint32_t>();
  address.unit = fields.take<std::uint32_t>();
  address.length = fields.take<std::uint32_t>();
  address.check = fields.take<std::uint32_t>();
  return address;
}

/// All roots as bytes: what a `roots` frame and the hint hold.
inline Buffer encode_roots(Roots const& roots) {
  Buffer buffer;
  add(buffer, static_cast<std::uint32_t>(roots.size()));
  for (auto const& [branch, root] : roots) {
    add(buffer, static_cast<std::uint32_t>(branch.size()));
    add(buffer, bytes_of(branch));
    add(buffer, root.sequence);
    add(buffer, root.chain);
    add_address(buffer, root.state);
    add(buffer, static_cast<std::uint32_t>(root.tail.size()));
    for (auto const& address : root.tail) add_address(buffer, address);
  }
  return buffer;
}

/// Nothing where the bytes are not exactly an encoding. Memory is bounded by the size of the bytes.
inline std::optional<Roots> decode_roots(ByteSpan bytes) {
  Fields fields{bytes};
  Roots roots;
  auto const count = fields.take<std::uint32_t>();
  for (std::uint32_t i = 0; i != count && fields.good(); ++i) {
    auto const length = fields.take<std::uint32_t>();
    std::string branch{text_of(fields.take_bytes(length))};
    RootEntry root;
    root.sequence = fields.take<std::uint64_t>();
    root.chain = fields.take<std::uint64_t>();
    root.state = take_address(fields);
    auto const frames = fields.take<std::uint32_t>();
    for (std::uint32_t frame = 0; frame != frames && fields.good(); ++frame) root.tail.push_back(take_address(fields));
    roots.insert_or_assign(std::move(branch), std::move(root));
  }
  return fields.done() ? std::optional{std::move(roots)} : std::nullopt;
}

/// Replays a frame. False where its payload is not what its type says, though its checksum is right.
inline bool apply_frame(Roots& roots, FrameView const& frame, std::uint32_t segment) {
  if (frame.header.type == FrameType::blob) return true;
  if (frame.header.type == FrameType::roots) {
    auto snapshot = decode_roots(frame.payload);
    if (!snapshot) return false;
    roots = *std::move(snapshot);
    return true;
  }
  auto const change = parse_root_change(frame.payload);
  if (!change) return false;
  apply_change(roots, frame.header, frame.address(segment), change->branch);
  return true;
}

/// What every segment begins with: the roots as they were, and where the next frame goes.
struct Beginning {
  Roots roots;
  Position end;
};

/// Nothing where it is not there, or damaged.
template <class Source>
std::optional<Beginning> read_beginning(Source const& file, SegmentHeader const& header) {
  FrameReader reader{file, segment_key(header.store, header.segment), file.size()};
  auto const start = header.start();
  auto const frame = reader.at(start.offset);
  if (!frame || frame->header.type != FrameType::roots || frame->header.sequence != start.sequence + 1 ||
      frame->header.previous != start.chain)
    return std::nullopt;
  auto roots = decode_roots(frame->payload);
  if (!roots) return std::nullopt;
  return Beginning{*std::move(roots),
                   {header.segment, frame->end(), frame->header.sequence, frame->header.checksum, frame->offset}};
}

}  // namespace cairn::backends::file::details
