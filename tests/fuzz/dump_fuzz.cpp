// Copyright the Cairn authors
// SPDX-License-Identifier: BSL-1.0
// Whatever a dump, an export of Datahike (in EDN, in CBOR, a directory with its manifest, what is compressed there) or a JSON of DataScript
// has in it: datoms or a coded error, and what was read can be written and read again.
//
// The input's first byte chooses what it is: a whole dump, or records under a right checksum, or another system's.
#include <cairn/dump/datahike.hpp>
#include <cairn/dump/datascript.hpp>
#include <cairn/dump/gzip.hpp>
#include <cairn/dump/read.hpp>

#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <cstdlib>
#include <cstring>
#include <span>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace {

using namespace cairn;

struct Visit : detail::DumpSchema {
  using DumpSchema::DumpSchema;
  std::vector<std::pair<RawDatom, bool>> datoms{};
  void datom(RawDatom datom, bool current) { datoms.emplace_back(std::move(datom), current); }
};

ByteSource source_of(std::string_view text) {
  return [text](std::span<std::byte> room) mutable {
    auto const size = std::min(room.size(), text.size());
    if (size != 0) std::memcpy(room.data(), text.data(), size);
    text.remove_prefix(size);
    return size;
  };
}

std::string bytes_of(Value const& value) {
  ByteWriter out;
  codec::write(out, value);
  auto const bytes = std::move(out).take();
  return {reinterpret_cast<char const*>(bytes.data()), bytes.size()};
}

/// In both encodings.
template <class Framing>
void check_again(Visit const& read) {
  typename Framing::RecordWriter writer;
  std::string text;
  writer.begin_chunk();
  EntityId last = 0;
  std::vector<Value> written;
  for (auto const& [datom, current] : read.datoms) {
    if (datom.e < last || datom.tx < first_transaction || datom.tx >= 2 * first_transaction) continue;  // no dump has it
    last = datom.e;
    writer.datom(text, datom, current, read.schema());
    written.push_back(datom.v);
  }
  Visit again{false};
  for (auto const& attribute : read.schema().attributes().subspan(first_user_attribute)) again.attribute(*attribute);
  typename Framing::RecordReader reader;
  if (reader.read(text, again) != written.size()) std::abort();
  for (std::size_t i = 0; i != written.size(); ++i) {
    if (bytes_of(again.datoms.at(i).first.v) != bytes_of(written[i])) std::abort();
  }
}

template <class Framing>
void read_records(std::string_view payload) {
  Visit visit{false};
  try {
    typename Framing::RecordReader reader;
    reader.read(payload, visit);
  } catch (detail::BadRecord const&) {
  }
  check_again<detail::EdnFraming>(visit);
  check_again<detail::CborFraming>(visit);
}

void read_dump(std::string_view text) {
  detail::DumpReader reader{source_of(text)};
  Visit visit{reader.header().attribute_refs};
  while (reader.read_chunk(visit)) {
  }
}

void read_compressed(std::string_view text) {
  detail::GzipReader reader{source_of(text)};
  std::vector<std::byte> room(1000);
  try {
    while (reader.read(room) != 0) {
    }
  } catch (detail::BadRecord const&) {
  }
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(std::uint8_t const* data, std::size_t size) {
  if (size == 0) return 0;
  std::string_view const text{reinterpret_cast<char const*>(data) + 1, size - 1};
  RestoreOptions const how{.memory = 1};
  try {
    switch (data[0] % 7) {
      case 0: read_dump(text); break;
      case 1: read_records<detail::EdnFraming>(text); break;
      case 2: read_records<detail::CborFraming>(text); break;
      case 3: {
        detail::ImportedHistory history{how};
        detail::DumpInput in{source_of(text)};
        detail::read_datahike(in, history);
        break;
      }
      case 4: {
        detail::ImportedHistory history{how};
        detail::DataScriptReader{text, history}.read();
        break;
      }
      case 5: {  // a manifest, and behind a zero what each of its chunks is
        auto const end = std::min(text.find('\0'), text.size());
        auto const chunk = text.substr(std::min(end + 1, text.size()));
        detail::ImportedHistory history{how};
        detail::read_datahike_directory([&](std::string const& name) { return source_of(name == "manifest.edn" ? text.substr(0, end) : chunk); }, history);
        break;
      }
      default: read_compressed(text);
    }
  } catch (Error const& error) {
    (void)notation::Value::string(error.message());
  }
  return 0;
}
