// Copyright the Cairn authors
// SPDX-License-Identifier: BSL-1.0
// Reading a dump, chunk by chunk.
#pragma once

#include <cairn/datom/order.hpp>
#include <cairn/db/schema.hpp>
#include <cairn/db/tx_record.hpp>
#include <cairn/dump/framing.hpp>

#include <algorithm>
#include <cstdint>
#include <optional>
#include <string>
#include <utility>
#include <variant>

namespace cairn {

/// How far a dump has come that may not be whole.
struct DumpPosition {
  DumpEncoding encoding = DumpEncoding::edn;
  DumpHeader header{};
  bool complete = false;             ///< nothing is missing
  std::uint64_t chunks = 0;          ///< those that are whole; what follows is of `bytes` and later
  std::uint64_t bytes = 0;
  std::uint64_t current = 0;
  std::uint64_t past = 0;
  std::uint64_t checksum = 0;        ///< of the last of them, and so of all
  std::uint64_t first_checksum = 0;  ///< that says which value of which database it is of
  std::optional<RawDatom> last{};
};

namespace detail {

/// The schema that a dump describes, record by record.
class DumpSchema {
 public:
  explicit DumpSchema(bool attribute_refs) : schema_{attribute_refs ? DatabaseSchema::with_attribute_refs() : DatabaseSchema{}} {}

  void attribute(Attribute attribute) {
    if (attribute.id != schema_.next_attribute()) bad_record("the attribute " + std::to_string(attribute.id) + " does not follow the one before it");
    if (schema_.find(attribute.ident) != nullptr) bad_record("two attributes have the name :" + std::string{attribute.ident.text()});
    schema_.restore(std::move(attribute));
  }
  void ident(EntityId entity, Keyword ident) { schema_.restore_ident(entity, ident); }
  [[nodiscard]] DatabaseSchema const& schema() const noexcept { return schema_; }

 private:
  DatabaseSchema schema_;
};

/// Reads a dump of either encoding. What it gives out has passed its checksum, and is what indexes can hold.
class DumpReader {
 public:
  /// Reads the header. Errors: `store/corrupt`; `store/format` where it is no dump, or a newer version's; those of the source.
  explicit DumpReader(ByteSource source) : in_{std::move(source)} {
    require_dump(in_, Errc::store_format);
    constexpr auto size = (std::max)(CborFraming::magic.size(), EdnFraming::header_tag.size());
    auto const begin = in_.ahead(size);
    auto const begins = [&](std::string_view what) { return what.substr(0, begin.size()) == begin.substr(0, what.size()); };
    bool const is_cbor = begins(CborFraming::magic);
    if (!is_cbor && !begins(EdnFraming::header_tag)) {
      raise(Errc::store_format, "This is no dump: it begins neither with " + std::string{EdnFraming::header_tag} +
                                    "nor as one in CBOR does. Dumps are made by `cairn dump`.");
    }
    if (is_cbor) records_.emplace<CborFraming::RecordReader>();
    encoding_ = is_cbor ? DumpEncoding::cbor : DumpEncoding::edn;
    located([&] { header_ = is_cbor ? CborFraming::read_header(in_, checksum_) : EdnFraming::read_header(in_, checksum_); });
    position_.encoding = encoding_;
    position_.header = header_;
  }

  [[nodiscard]] DumpHeader const& header() const noexcept { return header_; }
  /// Of the chunks that were read.
  [[nodiscard]] DumpPosition const& position() const noexcept { return position_; }
  [[nodiscard]] std::uint64_t bytes() const noexcept { return in_.offset(); }

  /// Reads a chunk and shows its records to `visit`, which has `attribute(Attribute)`, `ident(EntityId, Keyword)`,
  /// `datom(RawDatom, bool current)` and `schema()`. False behind the last chunk, when all was found to be there.
  /// Errors: `store/corrupt`, with the chunk and its place; what the visitor throws.
  template <class Visit>
  bool read_chunk(Visit& visit) {
    if (position_.complete) return false;
    place_.offset = in_.offset();
    place_.chunk = position_.chunks;
    DumpPiece piece;
    located([&] { piece = is_cbor() ? CborFraming::read_piece(in_) : EdnFraming::read_piece(in_); });
    if (piece.end) return finish(*piece.end);
    if (!piece.chunk) {
      place_.refuse("the dump ends here, and its end is missing: it was cut off",
                    "Go on where it was interrupted (cairn dump --resume), or dump the database again");
    }
    auto const& chunk = *piece.chunk;
    if (chunk.number != position_.chunks) place_.refuse("chunk " + std::to_string(chunk.number) + " stands there");
    if (chained_checksum(chunk.payload, checksum_) != chunk.checksum) {
      place_.refuse("it does not have the checksum that it was written with, so that its bytes have changed");
    }
    checksum_ = chunk.checksum;
    Checked<Visit> checked{*this, visit};
    located([&] {
      auto const records = std::visit([&](auto& reader) { return reader.read(chunk.payload, checked); }, records_);
      if (records != chunk.records) bad_record("it holds " + std::to_string(records) + " records, and says " + std::to_string(chunk.records));
    });
    if (position_.chunks == 0) position_.first_checksum = checksum_;
    ++position_.chunks;
    position_.bytes = in_.offset();
    position_.checksum = checksum_;
    return true;
  }

 private:
  /// Looks at what passes.
  template <class Visit>
  class Checked {
   public:
    Checked(DumpReader& reader, Visit& visit) : reader_{reader}, visit_{visit} {}
    void attribute(Attribute attribute) {
      require_first_chunk();
      visit_.attribute(std::move(attribute));
    }
    void ident(EntityId entity, Keyword ident) {
      require_first_chunk();
      if (!codec::detail::is_entity(entity, reader_.header_.max_tx)) bad_record("an ident has an entity that is out of range");
      visit_.ident(entity, ident);
    }
    void datom(RawDatom datom, bool current) {
      reader_.check(datom, current, *visit_.schema().find(datom.a));
      visit_.datom(std::move(datom), current);
    }
    [[nodiscard]] DatabaseSchema const& schema() const noexcept { return visit_.schema(); }

   private:
    void require_first_chunk() const {
      if (reader_.position_.chunks != 0) bad_record("the schema goes on behind the first chunk");
    }
    DumpReader& reader_;
    Visit& visit_;
  };

  void check(RawDatom const& datom, bool current, Attribute const& attribute) {
    auto const refuse = [&](std::string const& why) { bad_record("the datom of entity " + std::to_string(datom.e) + " and attribute " + std::to_string(datom.a) + " " + why); };
    if (position_.chunks == 0) refuse("stands in the first chunk, which is the schema's");
    if (!codec::detail::is_entity(datom.e, header_.max_tx)) refuse("has an entity that is out of range");
    if (datom.tx < first_transaction || datom.tx > header_.max_tx) refuse("has a transaction that is out of range");
    if (datom.e < first_transaction && datom.e > header_.max_entity) refuse("has an entity behind :max-eid");
    if (!can_hold(attribute, datom.v, header_.schema_flexibility)) refuse("has a value that is not of the attribute's type");
    if (position_.last && compare<Order::eavt>(*position_.last, datom) >= 0) refuse("does not follow the one before it");
    if (!current && !header_.history) refuse("is of a past that the dump does not have");
    ++(current ? position_.current : position_.past);
    position_.last = datom;
  }

  bool finish(DumpEnd const& end) {
    if (end != DumpEnd{position_.chunks, position_.current, position_.past, checksum_} || end.current != header_.current || end.past != header_.past) {
      place_.refuse("the dump's end says something else than what stands before it");
    }
    if (!in_.at_end()) place_.refuse("something follows the dump's end");
    position_.complete = true;
    return false;
  }

  [[nodiscard]] bool is_cbor() const noexcept { return encoding_ == DumpEncoding::cbor; }

  template <class Read>
  void located(Read read) const {
    try {
      read();
    } catch (BadRecord const& bad) {
      place_.refuse(bad.what);
    }
  }

  DumpInput in_;
  DumpEncoding encoding_ = DumpEncoding::edn;
  DumpHeader header_{};
  std::uint64_t checksum_ = 0;
  DumpPlace place_{};
  DumpPosition position_{};
  std::variant<EdnFraming::RecordReader, CborFraming::RecordReader> records_{};
};

}  // namespace detail

/// How far an interrupted dump has come: the chunks that are whole. Nothing of it is an error, unless its begin is not a dump's.
/// Errors: as `DumpReader`. Linear.
template <meta::Lazy = {}>
[[nodiscard]] DumpPosition scan_dump(ByteSource source) {
  struct Visit : detail::DumpSchema {
    using DumpSchema::DumpSchema;
    void datom(RawDatom const& /*datom*/, bool /*current*/) {}
  };
  DumpPosition whole;
  try {
    detail::DumpReader reader{std::move(source)};
    Visit visit{reader.header().attribute_refs};
    whole = reader.position();
    while (reader.read_chunk(visit)) whole = reader.position();
    whole = reader.position();
  } catch (Error const& error) {
    if (error.code() != Errc::store_corrupt) throw;
  }
  return whole;
}

}  // namespace cairn
