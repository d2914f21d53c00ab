// Copyright the Cairn authors
// SPDX-License-Identifier: BSL-1.0
// What the RADOS backend takes from a cluster, on arbitrary bytes: a root's object, read whole and from a place on, blobs of frames, and the
// names of objects. Whatever they are, reading ends with an answer or with `store/corrupt`; what was read is written and read again.
#include <cairn/backends/rados/root_body.hpp>

#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <cstdlib>
#include <cstring>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace {

using namespace cairn::backends::rados::details;
using cairn::Bytes;
using cairn::backends::rados::Address;

void require(bool condition) {
  if (!condition) std::abort();
}

std::optional<Records> read(Bytes const& bytes, std::size_t skip) {
  try {
    return decode(bytes, skip);
  } catch (cairn::Error const& error) {
    require(error.code() == cairn::Errc::store_corrupt);
    return std::nullopt;
  }
}

void read_records(std::span<std::byte const> given, std::size_t skip) {
  // Of the very size, so that a look beyond it is seen.
  Bytes const bytes{std::vector<std::byte>{given.begin(), given.end()}};
  auto const records = read(bytes, skip);
  if (!records) return;
  auto const read_from = bytes.view().subspan((std::min)(skip, bytes.size()));
  std::size_t size = 0;
  for (auto const& record : *records) {
    size += record.stored_size();
    if (record.kind != Record::Kind::here) require(Record::of(record.lot, record.kind, record.address()).bytes == record.bytes);
  }
  require(size == read_from.size());
  auto const again = encode(*records, "");
  require(again.size() == size && (size == 0 || std::memcmp(again.data(), read_from.data(), size) == 0));
  // As an append would: behind all that is there.
  Records const one{Record{Lot{}, Record::Kind::here, Bytes::copy(given)}};
  auto longer = again;
  one.front().write(longer);
  auto const more = read(Bytes{std::move(longer)}, 0);
  require(more && more->size() == records->size() + 1 && more->back().bytes == one.front().bytes);
}

void read_name(std::string_view name) {
  if (auto const id = Names::store_of(name)) {
    Names const names{*id};
    auto const key = names.pack_in(name);
    require(!key || name.starts_with(names.pack(*key, 0)));
  }
  auto const entry = Names::entry(name);
  require(entry.size() <= Names::longest_name + 2 && entry.find('.') == std::string::npos);
  require(!Names{StoreId{}}.pack_in(Names{StoreId{}}.root_of(entry)));
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(std::uint8_t const* data, std::size_t size) {
  auto const bytes = std::as_bytes(std::span{data, size});
  read_records(bytes, 0);
  read_records(bytes, root_magic.size());
  if (size != 0) read_records(bytes, data[0]);
  read_name(cairn::backends::common::text_of(bytes));
  return 0;
}
