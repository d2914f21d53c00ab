// Copyright the Cairn authors
// SPDX-License-Identifier: BSL-1.0
// How a dump is put together: a header, chunks that each say what they hold, and an end.
#pragma once

#include <cairn/dump/cbor_records.hpp>
#include <cairn/dump/edn_records.hpp>
#include <cairn/dump/input.hpp>

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

namespace cairn::detail {

/// A chunk as it is stored: what it says of itself, and its records.
struct DumpChunk {
  std::uint64_t number = 0;
  std::uint64_t records = 0;
  std::uint64_t checksum = 0;
  std::string_view payload{};  ///< in the input, until that is read on
};

/// What stands behind the last chunk. `checksum` is that chunk's, and with it all chunks'.
struct DumpEnd {
  std::uint64_t chunks = 0;
  std::uint64_t current = 0;
  std::uint64_t past = 0;
  std::uint64_t checksum = 0;

  friend bool operator==(DumpEnd const&, DumpEnd const&) = default;
};

/// Either of them: which `DumpInput` has next.
struct DumpPiece {
  std::optional<DumpChunk> chunk{};
  std::optional<DumpEnd> end{};
};

/// In EDN what is said of a chunk stands behind it, so that the whole file is forms, a line each.
struct EdnFraming {
  using RecordWriter = EdnRecordWriter;
  using RecordReader = EdnRecordReader;

  static constexpr std::string_view header_tag = "#cairn/dump ";
  static constexpr std::string_view chunk_tag = "#cairn/chunk ";
  static constexpr std::string_view end_tag = "#cairn/end ";

  static void write_header(std::string& out, DumpHeader const& header) { write_fields(out, "cairn/dump", fields_of(header)); }
  /// What stands before a chunk's records, and behind them.
  static void write_before(std::string& /*out*/, DumpChunk const& /*chunk*/) {}
  static void write_behind(std::string& out, DumpChunk const& chunk) {
    write_fields(out, "cairn/chunk", {{"number", natural(chunk.number)}, {"records", natural(chunk.records)}, {"checksum", hex(chunk.checksum)}});
  }
  static void write_end(std::string& out, DumpEnd const& end) {
    write_fields(out, "cairn/end",
                 {{"chunks", natural(end.chunks)}, {"current", natural(end.current)}, {"past", natural(end.past)}, {"checksum", hex(end.checksum)}});
  }

  [[nodiscard]] static DumpHeader read_header(DumpInput& in, std::uint64_t& checksum) {
    auto const line = in.line(0);
    if (!line || !line->starts_with(header_tag)) bad_record("it does not begin like a dump");
    checksum = chained_checksum(*line, 0);
    auto const header = header_of(fields_in(*line));
    in.pass(line->size());
    return header;
  }
  [[nodiscard]] static DumpPiece read_piece(DumpInput& in) {
    for (std::size_t size = 0;;) {
      auto const line = in.line(size);
      if (!line) return {};
      if (line->starts_with(chunk_tag)) {
        auto const fields = fields_in(*line);
        DumpChunk chunk{natural_of(fields, "number"), natural_of(fields, "records"), checksum_in(fields), in.view(size)};
        in.pass(size + line->size());
        return {chunk, {}};
      }
      if (size == 0 && line->starts_with(end_tag)) {
        auto const fields = fields_in(*line);
        DumpEnd const end{natural_of(fields, "chunks"), natural_of(fields, "current"), natural_of(fields, "past"), checksum_in(fields)};
        in.pass(line->size());
        return {{}, end};
      }
      size += line->size();
    }
  }

 private:
  static Value natural(std::uint64_t number) { return static_cast<std::int64_t>(number); }
  static Value hex(std::uint64_t checksum) {
    std::string text;
    write_hex(text, checksum);
    return text;
  }
  static std::uint64_t checksum_in(DumpFields const& fields) {
    return read_hex<std::uint64_t>(field_of(fields, "checksum", ValueKind::string).as_string());
  }
  static DumpFields fields_in(std::string_view line) {
    std::vector<notation::Node> nodes;
    auto const result = notation::read_one(line, nodes, dump_reading);
    if (result.status != notation::ReadStatus::form) bad_record(std::string{result.message});
    return read_fields(notation::Form{line, nodes.data(), result.root}.tagged_value());
  }
};

/// In CBOR a dump is a sequence of items (RFC 8742): a header, chunks, an end.
struct CborFraming {
  using RecordWriter = cbor::RecordWriter;
  using RecordReader = cbor::RecordReader;

  /// Tag 55799 says that what follows is CBOR; then an array of two.
  static constexpr std::string_view magic{"\xD9\xD9\xF7\x82\x6A"
                                          "cairn-dump",
                                          15};

  static void write_header(std::string& out, DumpHeader const& header) {
    out += magic;
    cbor::write_fields(out, fields_of(header));
  }
  static void write_before(std::string& out, DumpChunk const& chunk) {
    cbor::write_head(out, cbor::Major::array, 5);
    cbor::write_text(out, "chunk");
    for (auto const number : {chunk.number, chunk.records, chunk.checksum}) cbor::write_head(out, cbor::Major::positive, number);
    cbor::write_head(out, cbor::Major::bytes, chunk.payload.size());
  }
  static void write_behind(std::string& /*out*/, DumpChunk const& /*chunk*/) {}
  static void write_end(std::string& out, DumpEnd const& end) {
    cbor::write_head(out, cbor::Major::array, 5);
    cbor::write_text(out, "end");
    for (auto const number : {end.chunks, end.current, end.past, end.checksum}) cbor::write_head(out, cbor::Major::positive, number);
  }

  [[nodiscard]] static DumpHeader read_header(DumpInput& in, std::uint64_t& checksum) {
    // The header is short; what is read beyond it stays in the input.
    auto const text = in.ahead(largest_header);
    if (!text.starts_with(magic)) bad_record("it does not begin like a dump");
    cbor::Reader reader{text.substr(magic.size())};
    auto const fields = cbor::read_fields(reader);
    auto const size = text.size() - reader.remaining();
    checksum = chained_checksum(text.substr(0, size), 0);
    auto const header = header_of(fields);
    in.pass(size);
    return header;
  }
  [[nodiscard]] static DumpPiece read_piece(DumpInput& in) {
    auto const text = in.ahead(largest_frame);
    if (text.empty()) return {};
    cbor::Reader reader{text};
    try {
      auto const size = reader.head(cbor::Major::array, "a chunk").argument;
      auto const kind = reader.text("the begin of a chunk");
      if (size != 5 || (kind != "chunk" && kind != "end")) bad_record("what stands here is neither a chunk nor the end");
      auto const next = [&] { return reader.positive("a number of a chunk"); };
      if (kind == "end") {
        DumpEnd end{next(), next(), next(), next()};
        in.pass(text.size() - reader.remaining());
        return {{}, end};
      }
      DumpChunk chunk{next(), next(), next(), {}};
      auto const bytes = reader.head(cbor::Major::bytes, "a chunk's content").argument;
      auto const begin = text.size() - reader.remaining();
      if (bytes > largest_chunk) bad_record("it is longer than a chunk can be");
      auto const whole = in.ahead(begin + static_cast<std::size_t>(bytes));
      if (whole.size() < begin + bytes) return {};
      chunk.payload = whole.substr(begin, static_cast<std::size_t>(bytes));
      in.pass(begin + chunk.payload.size());
      return {chunk, {}};
    } catch (BadRecord const&) {
      if (text.size() < largest_frame && reader.ran_out()) return {};  // it was cut off
      throw;
    }
  }

 private:
  static constexpr std::size_t largest_header = std::size_t{1} << 12U;
  static constexpr std::size_t largest_frame = 64;
};

}  // namespace cairn::detail
