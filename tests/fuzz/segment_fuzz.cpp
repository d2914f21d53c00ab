// Copyright the Cairn authors
// SPDX-License-Identifier: BSL-1.0
// The file backend on arbitrary bytes: a directory's files as they are, and frames whose checksums are right and whose
// contents are not. Whatever they are, opening and reading ends with an answer or a coded error.
#include "../crash/fault_io.hpp"
#include <cairn/backends/file/backend.hpp>

#include <cstddef>
#include <cstdint>
#include <span>
#include <string>
#include <utility>

namespace {

namespace file = cairn::backends::file;
namespace details = cairn::backends::file::details;
using cairn::test::Disk;
using cairn::test::FaultIo;
using FuzzBackend = file::BasicBackend<FaultIo>;

/// Takes pieces off the input; zeros and nothing when it is used up.
class Input {
 public:
  explicit Input(std::span<std::byte const> bytes) : left_{bytes} {}
  std::uint8_t byte() {
    if (left_.empty()) return 0;
    auto const first = static_cast<std::uint8_t>(left_.front());
    left_ = left_.subspan(1);
    return first;
  }
  std::span<std::byte const> take(std::size_t count) {
    auto const taken = left_.first(std::min(count, left_.size()));
    left_ = left_.subspan(taken.size());
    return taken;
  }
  [[nodiscard]] bool empty() const { return left_.empty(); }
  [[nodiscard]] std::size_t size() const { return left_.size(); }

 private:
  std::span<std::byte const> left_;
};

/// A segment of valid frames with made-up contents, and then some damage.
Disk::Bytes forge_segment(Input& input, details::Uuid const& store) {
  Disk::Bytes bytes;
  details::SegmentHeader header;
  header.segment = 1;
  header.store = store;
  details::add_segment_header(bytes, header);
  auto position = header.start();
  if (input.byte() % 2 == 0) {
    details::add_frame(bytes, store, position, details::FrameType::roots, {details::encode_roots({})});
  } else {
    details::add_frame(bytes, store, position, details::FrameType::roots, {input.take(input.byte())});
  }
  auto const flips = input.byte() % 4;
  auto const frames = input.byte() % 32;
  for (int i = 0; i != frames && !input.empty(); ++i) {
    auto const type = static_cast<details::FrameType>(input.byte() % 5 + 1);
    if (input.byte() % 2 == 0) {
      details::Buffer fixed;
      details::add(fixed, std::uint64_t{input.byte()} * 8);
      auto const branch = input.take(input.byte() % 8);
      details::add(fixed, static_cast<std::uint32_t>(branch.size()));
      details::add_frame(bytes, store, position, type, {details::ByteSpan{fixed}, branch, input.take(input.byte())});
    } else {
      details::add_frame(bytes, store, position, type, {input.take(input.byte())});
    }
  }
  for (int i = 0; i != flips; ++i) {
    auto const at = std::size_t{input.byte()} * 256 + input.byte();
    bytes[at % bytes.size()] ^= static_cast<std::byte>(input.byte());
  }
  auto const rest = input.take(input.size());
  bytes.insert(bytes.end(), rest.begin(), rest.end());
  return bytes;
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(std::uint8_t const* data, std::size_t size) {
  Input input{std::as_bytes(std::span{data, size})};
  Disk disk;
  FaultIo::disk = &disk;
  details::Uuid const store{};
  auto const kind = input.byte();
  if (kind % 4 == 0) {
    auto const mark = input.take(input.byte());
    disk.place("/s", "lock", Disk::Bytes(mark.begin(), mark.end()));
    auto const hint = input.take(input.byte());
    disk.place("/s", "roots.hint", Disk::Bytes(hint.begin(), hint.end()));
    auto const log = input.take(input.size());
    disk.place("/s", "seg-0000000001.clog", Disk::Bytes(log.begin(), log.end()));
  } else {
    if (kind % 4 == 1) {
      details::Mark mark{store, {1, input.byte(), input.byte(), input.byte(), 0}, {1, input.byte()}};
      disk.place("/s", "lock", details::encode_mark(mark));
    } else if (kind % 4 == 2) {
      Disk::Bytes hint;
      details::add(hint, details::bytes_of(details::hint_magic));
      details::add(hint, details::ByteSpan{store});
      details::add_position(
          hint, {1, std::uint64_t{input.byte()} * 8, input.byte(), input.byte(), std::uint64_t{input.byte()} * 8});
      details::add(hint, input.take(input.byte()));
      details::add_checksum(hint);
      disk.place("/s", "roots.hint", std::move(hint));
    }
    disk.place("/s", "seg-0000000001.clog", forge_segment(input, store));
  }
  try {
    auto connection = FuzzBackend::connect_store({.path = "/s"});
    for (auto const& branch : connection.roots()) {
      try {
        static_cast<void>(connection.root(branch));
      } catch (cairn::Error const&) {
      }
    }
    auto writer = connection.begin();
    static_cast<void>(writer.append("fuzz", {}, {}));
  } catch (cairn::Error const&) {
  }
  return 0;
}
