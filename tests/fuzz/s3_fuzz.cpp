// Copyright the Cairn authors
// SPDX-License-Identifier: BSL-1.0
// What the S3 backend takes from a server, on arbitrary bytes: its XML, and the objects of a store. Whatever they are, reading ends with
// an answer or without one; what was read is written and read again.
#include <cairn/backends/s3/answers.hpp>
#include <cairn/backends/s3/marker.hpp>
#include <cairn/backends/common/pack.hpp>
#include <cairn/backends/s3/root_object.hpp>

#include <cstddef>
#include <cstdint>
#include <cstdlib>
#include <span>
#include <string>

namespace {

using namespace cairn::backends::s3::details;
using cairn::backends::common::TimedKey;

void require(bool condition) {
  if (!condition) std::abort();
}

bool is_same(Buffer const& left, Buffer const& right) { return text_of(left) == text_of(right); }

void read_root(ByteSpan bytes) {
  auto const root = RootObject::decode(bytes);
  if (!root) return;
  require(is_same(root->encode(), Buffer(bytes.begin(), bytes.end())));
  auto const next = root->successor();
  if (!root->is_dropped) require(RootObject::decode(next.encode()).has_value());
  require(next.fate_of(root->id, "") == RootObject::Fate::landed);
}

void read_table(ByteSpan bytes) {
  TimedKey const key{};
  static_cast<void>(contents_size(bytes));
  auto const contents = read_contents(key, bytes);
  if (!contents) return;
  Pack pack{key, {}, contents->blobs, false};
  pack.seal(contents->sealed_at);
  require(text_of(bytes).ends_with(text_of(pack.bytes)));
}

void read_marker(std::string_view text) {
  try {
    if (auto const marker = Marker::read(text)) require(Marker::read(marker->text())->text() == marker->text());
  } catch (cairn::Error const&) {
  }
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(std::uint8_t const* data, std::size_t size) {
  auto const bytes = std::as_bytes(std::span{data, size});
  if (auto const page = read_page(bytes)) {
    for (auto const& object : page->objects) static_cast<void>(Keys::is_of_store("p", object.key));
  }
  auto const refusal = read_refusal(bytes);
  require(refusal.code.size() <= 64 && refusal.message.size() <= 200 && refusal.code.find('"') == std::string::npos);
  read_marker(text_of(bytes));
  read_root(bytes);
  read_table(bytes);
  // Past the checksum.
  Buffer right(bytes.begin(), bytes.end());
  add_checksum(right);
  read_root(right);
  read_table(right);
  if (auto const text = unescaped(text_of(bytes))) require(unescaped(percent_encoded(*text)) == text);
  require(unescaped(escaped(text_of(bytes), "-_", '.'), '.') == text_of(bytes));
  return 0;
}
