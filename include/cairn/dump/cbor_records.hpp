// Copyright the Cairn authors
// SPDX-License-Identifier: BSL-1.0
// The records of a dump as CBOR.
#pragma once

#include <cairn/datom/codec.hpp>
#include <cairn/db/schema.hpp>
#include <cairn/dump/cbor.hpp>
#include <cairn/dump/fields.hpp>
#include <cairn/edn/utf8.hpp>

#include <algorithm>
#include <bit>
#include <cstddef>
#include <cstdint>
#include <span>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace cairn::detail::cbor {

/// Tags: the first two are registered, the others are Cairn's own. In dumps: do not renumber.
namespace tag {
inline constexpr std::uint64_t uuid = 37;
inline constexpr std::uint64_t keyword = 39;
inline constexpr std::uint64_t instant = 51728;  ///< milliseconds since 1970
inline constexpr std::uint64_t symbol = 51729;
inline constexpr std::uint64_t bigint = 51730;  ///< its decimal digits
inline constexpr std::uint64_t bigdec = 51731;  ///< its text
inline constexpr std::uint64_t string = 51732;  ///< bytes that are a string and not UTF-8
}  // namespace tag

inline void write_tag(std::string& out, std::uint64_t number) { write_head(out, Major::tag, number); }

/// Text; bytes where it is not UTF-8, which text in CBOR is.
inline void write_any_text(std::string& out, std::string_view text) {
  if (notation::utf8::is_valid(text)) return write_text(out, text);
  write_bytes(out, text);
}

template <meta::Lazy = {}>
void write_value(std::string& out, Value const& value) {
  auto const tagged = [&](std::uint64_t number, std::string_view text) {
    write_tag(out, number);
    write_any_text(out, text);
  };
  auto const bytes_of = [](std::span<std::byte const> bytes) { return std::string_view{reinterpret_cast<char const*>(bytes.data()), bytes.size()}; };
  switch (value.kind()) {
    case ValueKind::nil: return write_simple(out, simple_null);
    case ValueKind::boolean: return write_simple(out, value.as_boolean() ? simple_true : simple_false);
    case ValueKind::integer: return write_integer(out, value.as_integer());
    case ValueKind::float32: return write_float(out, static_cast<float>(value.as_double()));
    case ValueKind::float64: return write_double(out, value.as_double());
    case ValueKind::bigint: return tagged(tag::bigint, value.as_string());
    case ValueKind::bigdec: return tagged(tag::bigdec, value.as_string());
    case ValueKind::instant:
      write_tag(out, tag::instant);
      return write_integer(out, value.as_instant().milliseconds);
    case ValueKind::uuid:
      write_tag(out, tag::uuid);
      return write_bytes(out, bytes_of(value.as_bytes()));
    case ValueKind::string:
      if (!notation::utf8::is_valid(value.as_string())) write_tag(out, tag::string);
      return write_any_text(out, value.as_string());
    case ValueKind::keyword: return tagged(tag::keyword, value.as_keyword().text());
    case ValueKind::symbol: return tagged(tag::symbol, value.as_symbol().text());
    case ValueKind::bytes: return write_bytes(out, bytes_of(value.as_bytes()));
    case ValueKind::tuple:
      write_head(out, Major::array, value.as_tuple().size());
      for (auto const& element : value.as_tuple()) write_value(out, element);
      return;
    case ValueKind::edn: raise(Errc::transact_schema, std::string{value.as_string()} + " is nothing that a datom can hold.", "{}");
  }
}

template <meta::Lazy = {}>
[[nodiscard]] Value read_uuid(std::string_view bytes) {
  Uuid uuid;
  if (bytes.size() != uuid.bytes.size()) bad_record("a UUID does not have 16 bytes");
  for (std::size_t i = 0; i != bytes.size(); ++i) uuid.bytes[i] = static_cast<std::byte>(bytes[i]);
  return uuid;
}

template <meta::Lazy = {}>
[[nodiscard]] Value read_tagged(Reader& in, std::uint64_t number) {
  auto const content = in.head();
  if (number == tag::instant) {
    if ((content.major == Major::positive || content.major == Major::negative) && content.argument <= INT64_MAX) {
      auto const milliseconds = static_cast<std::int64_t>(content.argument);
      return Instant{content.major == Major::positive ? milliseconds : ~milliseconds};
    }
    bad_record("an instant is out of range");
  }
  if (content.major != Major::text && content.major != Major::bytes) bad_record("a tag has a content that it cannot have");
  auto const text = in.content(content);
  switch (number) {
    case tag::uuid:
      if (content.major != Major::bytes) break;
      return read_uuid(text);
    case tag::keyword: return Keyword{":" + std::string{text}};
    case tag::symbol: return Symbol{text};
    case tag::string: return text;
    case tag::bigint:
      if (!is_number_text(text, false)) break;
      return BigInt{std::string{text}};
    case tag::bigdec:
      if (!is_number_text(text, true)) break;
      return BigDecimal{std::string{text}};
    default: break;
  }
  bad_record("tag " + std::to_string(number) + " has no value of a datom in it");
}

/// A value has no more elements, those of its elements included: a byte of a dump can be one, which takes many in memory.
inline constexpr std::size_t most_elements = std::size_t{1} << 23U;

/// What values there are in a dump besides those that every writer has in the same way. Who reads another writer's gives a type with
/// these functions: of an integer beyond 64 bits, of what a tag stands before, and of a simple value or a float of another width.
struct OwnItems {
  [[noreturn]] static Value beyond(Head const& /*head*/) { bad_record("an integer is out of range"); }
  static Value tagged(Reader& in, std::uint64_t number) { return read_tagged(in, number); }
  [[noreturn]] static Value simple(Head const& /*head*/) { bad_record("an item is no value of a datom"); }
};

template <class Items = OwnItems>
[[nodiscard]] Value read_value(Reader& in, std::size_t& left, int depth = 0) {
  auto const head = in.head();
  switch (head.major) {
    case Major::positive:
    case Major::negative: {
      if (head.argument > INT64_MAX) return Items::beyond(head);
      auto const number = static_cast<std::int64_t>(head.argument);
      return head.major == Major::positive ? number : ~number;
    }
    case Major::bytes: return std::as_bytes(std::span{in.content(head)});
    case Major::text: {
      auto const text = in.content(head);
      if (!notation::utf8::is_valid(text)) bad_record("a text is not UTF-8");
      return text;
    }
    case Major::array: {
      if (depth == codec::max_tuple_depth) bad_record("tuples are nested too deep");
      auto const count = in.count(head);
      if (count > left) bad_record("a tuple has too many elements");
      left -= count;
      std::vector<Value> elements;
      elements.reserve((std::min)(count, std::size_t{64}));  // a count is no promise
      for (std::size_t i = 0; i != count; ++i) elements.push_back(read_value<Items>(in, left, depth + 1));
      return elements;
    }
    case Major::tag: return Items::tagged(in, head.argument);
    case Major::simple:
      switch (head.low) {
        case simple_false: return false;
        case simple_true: return true;
        case simple_null: return {};
        case single_float: return std::bit_cast<float>(static_cast<std::uint32_t>(head.argument));
        case double_float: return std::bit_cast<double>(head.argument);
        default: return Items::simple(head);
      }
    case Major::map: break;
  }
  bad_record("an item is no value of a datom");
}

template <class Items = OwnItems>
[[nodiscard]] Value read_value(Reader& in) {
  auto left = most_elements;
  return read_value<Items>(in, left);
}

template <meta::Lazy = {}>
void write_fields(std::string& out, DumpFields const& fields) {
  write_head(out, Major::map, fields.size());
  for (auto const& [name, value] : fields) {
    write_text(out, name);
    write_value(out, value);
  }
}

template <meta::Lazy = {}>
[[nodiscard]] DumpFields read_fields(Reader& in) {
  DumpFields fields;
  for (auto left = in.count(in.head(Major::map, "a map")); left != 0; --left) {
    auto const name = in.text("a key");
    fields.emplace_back(std::string{name}, read_value(in));
  }
  return fields;
}

inline constexpr std::string_view attribute_record = "attribute";
inline constexpr std::string_view ident_record = "ident";

/// Writes records as CBOR. A datom is `[e, a, v, tx]` or `[e, a, v, tx, added]`: e less that of the datom before it in the chunk, a the
/// attribute's number, tx counted from the first.
class RecordWriter {
 public:
  void attribute(std::string& out, Attribute const& attribute) {
    write_head(out, Major::array, 2);
    write_text(out, attribute_record);
    write_fields(out, fields_of(attribute));
  }
  void ident(std::string& out, EntityId entity, Keyword ident) {
    write_head(out, Major::array, 3);
    write_text(out, ident_record);
    write_integer(out, entity);
    write_any_text(out, ident.text());
  }
  void datom(std::string& out, RawDatom const& datom, bool current, DatabaseSchema const& /*schema*/) {
    write_head(out, Major::array, current ? 4 : 5);
    write_head(out, Major::positive, static_cast<std::uint64_t>(datom.e) - std::exchange(before_, static_cast<std::uint64_t>(datom.e)));
    write_head(out, Major::positive, datom.a);
    write_value(out, datom.v);
    write_head(out, Major::positive, static_cast<std::uint64_t>(datom.tx - first_transaction));
    if (!current) write_simple(out, datom.added ? simple_true : simple_false);
  }
  void begin_chunk() noexcept { before_ = 0; }

 private:
  std::uint64_t before_ = 0;
};

/// Reads records of CBOR; as `EdnRecordReader`.
class RecordReader {
 public:
  template <class Visit>
  std::uint64_t read(std::string_view payload, Visit& visit) {
    Reader in{payload};
    std::uint64_t count = 0;
    for (std::uint64_t before = 0; !in.at_end(); ++count) {
      auto const size = in.head(Major::array, "a record").argument;
      auto const first = in.head();
      if (first.major == Major::positive) {
        read_datom(in, size, before += first.argument, visit);
        continue;
      }
      auto const kind = first.major == Major::text ? in.content(first) : std::string_view{};
      if (kind == attribute_record && size == 2) {
        visit.attribute(attribute_of(read_fields(in)));
      } else if (kind == ident_record && size == 3) {
        auto const entity = read_value(in);
        auto const name = in.head();
        if (!entity.is(ValueKind::integer) || (name.major != Major::text && name.major != Major::bytes)) bad_record("an ident has no entity or no name");
        visit.ident(entity.as_integer(), Keyword{":" + std::string{in.content(name)}});
      } else {
        bad_record("a record is neither a datom, nor an attribute, nor an ident");
      }
    }
    return count;
  }

 private:
  template <class Visit>
  static void read_datom(Reader& in, std::uint64_t size, std::uint64_t entity, Visit& visit) {
    if (size != 4 && size != 5) bad_record("a datom has four or five parts");
    RawDatom datom;
    datom.e = static_cast<EntityId>(entity);  // one out of range is refused with the datom
    auto const attribute = in.positive("an attribute's number");
    if (attribute > UINT32_MAX || visit.schema().find(static_cast<AttributeId>(attribute)) == nullptr) {
      bad_record("a datom has the attribute " + std::to_string(attribute) + ", which the dump does not describe");
    }
    datom.a = static_cast<AttributeId>(attribute);
    datom.v = read_value(in);
    auto const ordinal = in.positive("a transaction's number");
    if (ordinal >= static_cast<std::uint64_t>(first_transaction)) bad_record("a transaction's number is too large");
    datom.tx = first_transaction + static_cast<EntityId>(ordinal);
    bool const current = size == 4;
    if (!current) {
      auto const added = read_value(in);
      if (!added.is(ValueKind::boolean)) bad_record("a datom was neither added nor retracted");
      datom.added = added.as_boolean();
    }
    visit.datom(std::move(datom), current);
  }
};

}  // namespace cairn::detail::cbor
