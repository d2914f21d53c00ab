// Copyright the Cairn authors
// SPDX-License-Identifier: BSL-1.0
// The file backend on arbitrary bytes: a directory's files as they are, and frames whose checksums are right and whose
// contents are not. Whatever they are, opening and reading ends with an answer or a coded error; what was answered once
// is answered again after the next commit, and what a codec reads it writes and reads again.
#include "../crash/fault_io.hpp"
#include <cairn/backends/file/backend.hpp>

#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <cstdlib>
#include <map>
#include <span>
#include <string>
#include <utility>
#include <vector>

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

void require(bool condition) {
  if (!condition) std::abort();
}

Disk::Bytes bytes_of_mark(details::Mark const& mark) {
  auto buffer = details::mark_buffer();
  static_cast<void>(details::encode_mark(buffer, mark));
  return buffer;
}

void check_codecs(details::ByteSpan bytes) {
  if (auto const roots = details::decode_roots(bytes)) require(details::decode_roots(details::encode_roots(*roots)) == roots);
  if (auto const mark = details::decode_mark(bytes)) require(details::decode_mark(bytes_of_mark(*mark)) == mark);
  if (auto const hint = details::decode_hint(bytes)) {
    auto const again = details::decode_hint(details::encode_hint(*hint));
    require(again && again->store == hint->store && again->end == hint->end && again->roots == hint->roots);
  }
}

/// Everything that a connection shows, but for one branch; nothing under a branch whose frames cannot be read.
std::map<std::string, std::vector<cairn::Bytes>> shown_by(FuzzBackend::Connection const& connection,
                                                          std::string const& but) {
  std::map<std::string, std::vector<cairn::Bytes>> shown;
  for (auto const& branch : connection.roots()) {
    if (branch == but) continue;
    auto& content = shown[branch];
    try {
      auto const record = connection.root(branch);
      content = record->tail;
      content.push_back(record->state);
    } catch (cairn::Error const&) {
    }
  }
  return shown;
}

bool is_same(std::map<std::string, std::vector<cairn::Bytes>> const& left,
             std::map<std::string, std::vector<cairn::Bytes>> const& right) {
  auto const is_equal = [](cairn::Bytes const& one, cairn::Bytes const& other) {
    return std::ranges::equal(one.view(), other.view());
  };
  return std::equal(left.begin(), left.end(), right.begin(), right.end(), [&](auto const& one, auto const& other) {
    return one.first == other.first &&
           std::equal(one.second.begin(), one.second.end(), other.second.begin(), other.second.end(), is_equal);
  });
}

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

/// A compacted segment whose header and table are right, or one of them not, and whose frames may be: some made for their
/// places, the rest whatever is left of the input.
void place_compacted(Input& input, Disk& disk, details::Uuid const& store, file::Layout layout) {
  auto const place = [&](std::uint32_t number, Disk::Bytes content) {
    disk.place("/s", std::string{details::segment_name(number)}, std::move(content));
  };
  details::SegmentHeader header{.segment = 1, .store = store, .layout = layout};
  header.runs = input.byte() % 8;
  Disk::Bytes bytes;
  details::add_segment_header(bytes, header);
  details::Buffer table;
  std::vector<std::uint32_t> offsets;
  auto logical = std::uint32_t{10} + input.byte();
  auto physical = static_cast<std::uint32_t>((details::segment_header_size + details::size_of_runs(header.runs)) / 8);
  details::Buffer frames;
  for (std::uint32_t run = 0; run != header.runs; ++run) {
    details::add(table, logical);
    details::add(table, physical);
    offsets.push_back(logical);
    details::Position position{1, std::uint64_t{logical} * 8, input.byte(), input.byte(), 0};
    auto const before = frames.size();
    details::add_frame(frames, store, position, static_cast<details::FrameType>(input.byte() % 5 + 1),
                       {input.take(input.byte())});
    auto const units = static_cast<std::uint32_t>((frames.size() - before) / 8);
    auto const lie = input.byte();
    physical += lie % 16 == 1 ? lie : units;
    logical += lie % 16 == 2 ? lie / 16 : units + lie;
  }
  auto const checksum = details::checksum_of_runs(table, header);
  details::add(bytes, details::ByteSpan{table});
  details::add(bytes, checksum ^ (input.byte() % 16 == 1 ? 1U : 0U));
  details::add(bytes, details::ByteSpan{frames});
  place(1, std::move(bytes));

  // The last segment, whose root refers to the first run.
  details::Roots roots;
  if (!offsets.empty()) {
    roots["r"] = {1, 1, {1, offsets[input.byte() % offsets.size()], input.byte(), input.byte()}, {}};
  }
  Disk::Bytes last;
  details::SegmentHeader next{.segment = 2, .store = store, .layout = layout};
  details::add_segment_header(last, next);
  auto position = next.start();
  details::add_frame(last, store, position, details::FrameType::roots, {details::encode_roots(roots)});
  place(2, std::move(last));
  for (int i = 0; i != 3; ++i) {
    file::Address const address{1, input.byte(), input.byte(), input.byte()};
    auto const content = input.take(input.byte());
    disk.place("/s/blobs", details::blob_name(address), Disk::Bytes(content.begin(), content.end()));
  }
}

/// Reads and sweeps what `place_compacted` left, through addresses that are made up.
void read_and_sweep(Input& input, file::Layout layout) try {
  auto connection = FuzzBackend::connect_store({.path = "/s", .layout = layout, .compact_below = 1.0});
  auto const read = [&] {
    for (std::uint32_t unit = 0; unit != 64; ++unit) {
      try {
        static_cast<void>(connection.read({1, unit, unit % 3 == 0 ? 0xffffffffU : unit, 0}));
      } catch (cairn::Error const&) {
      }
    }
    try {
      static_cast<void>(connection.root("r"));
    } catch (cairn::Error const&) {
    }
  };
  read();
  auto const salt = input.byte();
  connection.sweep([&](file::Address const& address) { return (address.check ^ salt) % 2 == 0; }, cairn::TimePoint::max());
  read();
} catch (cairn::Error const&) {
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(std::uint8_t const* data, std::size_t size) {
  Input input{std::as_bytes(std::span{data, size})};
  Disk disk;
  FaultIo::disk = &disk;
  details::Uuid const store{};
  check_codecs(std::as_bytes(std::span{data, size}));
  auto const kind = input.byte();
  if (kind >= 200) {
    auto const layout = kind % 2 == 0 ? file::Layout::log : file::Layout::dir;
    place_compacted(input, disk, store, layout);
    read_and_sweep(input, layout);
    return 0;
  }
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
      check_codecs(bytes_of_mark(mark));
      disk.place("/s", "lock", bytes_of_mark(mark));
    } else if (kind % 4 == 2) {
      Disk::Bytes hint;
      details::add(hint, details::bytes_of(details::hint_magic));
      details::add(hint, details::ByteSpan{store});
      details::add_position(
          hint, {1, std::uint64_t{input.byte()} * 8, input.byte(), input.byte(), std::uint64_t{input.byte()} * 8});
      details::add(hint, input.take(input.byte()));
      details::add_checksum(hint);
      check_codecs(hint);
      disk.place("/s", "roots.hint", std::move(hint));
    }
    disk.place("/s", "seg-0000000001.clog", forge_segment(input, store));
  }
  try {
    auto connection = FuzzBackend::connect_store({.path = "/s"});
    auto const shown = shown_by(connection, "fuzz");
    auto const before = connection.root("fuzz");
    auto const result = connection.begin().append("fuzz", before ? before->version : cairn::Version{}, {});
    require(result == cairn::CommitResult::committed);
    auto const again = FuzzBackend::connect_store({.path = "/s"});
    require(is_same(shown_by(again, "fuzz"), shown) && again.root("fuzz")->version == result.version);
  } catch (cairn::Error const&) {
  }
  return 0;
}
