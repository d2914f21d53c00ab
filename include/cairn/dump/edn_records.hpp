// Copyright the Cairn authors
// SPDX-License-Identifier: BSL-1.0
// The records of a dump as EDN, a line each.
#pragma once

#include <cairn/db/schema.hpp>
#include <cairn/dump/edn_values.hpp>
#include <cairn/dump/fields.hpp>
#include <cairn/edn/reader.hpp>

#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace cairn::detail {

template <meta::Lazy = {}>
void write_fields(std::string& out, std::string_view tag, DumpFields const& fields) {
  ((out += '#') += tag) += ' ';
  char before = '{';
  for (auto const& [name, value] : fields) {
    ((out += std::exchange(before, ' ')) += ':') += name;
    out += ' ';
    write_exact(out, value);
  }
  out += "}\n";
}

template <meta::Lazy = {}>
[[nodiscard]] DumpFields read_fields(notation::Form map) {
  if (!map.is(notation::Kind::map)) bad_record("a map is missing");
  DumpFields fields;
  for (auto at = map.begin(); at != map.end(); ++at) {
    auto const key = *at;
    if (!key.is(notation::Kind::keyword)) bad_record("a map has a key that is no keyword");
    fields.emplace_back(std::string{key.name()}, read_exact(*++at));
  }
  return fields;
}

/// Writes records as EDN.
class EdnRecordWriter {
 public:
  void attribute(std::string& out, Attribute const& attribute) { write_fields(out, "cairn/attribute", fields_of(attribute)); }
  void ident(std::string& out, EntityId entity, Keyword ident) {
    out += "#cairn/ident [";
    notation::write_to(out, entity);
    out += ' ';
    write_name(out, ident.text(), true);
    out += "]\n";
  }
  /// `[e a v tx]`, and of what is no longer true `[e a v tx added]`. Requires: the schema has the attribute.
  void datom(std::string& out, RawDatom const& datom, bool current, DatabaseSchema const& schema) {
    out += '[';
    notation::write_to(out, datom.e);
    out += ' ';
    write_name(out, schema.find(datom.a)->ident.text(), true);
    out += ' ';
    write_exact(out, datom.v);
    out += ' ';
    notation::write_to(out, datom.tx);
    if (!current) out += datom.added ? " true" : " false";
    out += "]\n";
  }
  void begin_chunk() noexcept {}
};

/// Reads records of EDN. `Visit` has `attribute(Attribute)`, `ident(EntityId, Keyword)`, `datom(RawDatom, bool current)` and
/// `schema()`, which names the attributes.
class EdnRecordReader {
 public:
  /// Returns how many there were. Throws `BadRecord`, and what the visitor throws.
  template <class Visit>
  std::uint64_t read(std::string_view payload, Visit& visit) {
    std::uint64_t count = 0;
    for (std::size_t at = 0;; ++count) {
      nodes_.clear();
      auto const result = notation::read_next(payload, at, nodes_, dump_reading);
      if (result.status == notation::ReadStatus::end) return count;
      if (result.status != notation::ReadStatus::form) bad_record(std::string{result.message});
      at = result.end;
      read_record(notation::Form{payload, nodes_.data(), result.root}, visit);
    }
  }

 private:
  template <class Visit>
  void read_record(notation::Form form, Visit& visit) {
    if (form.is(notation::Kind::vector)) return read_datom(form, visit);
    if (form.is(notation::Kind::tagged) && form.tag() == "cairn/attribute") return visit.attribute(attribute_of(read_fields(form.tagged_value())));
    if (form.is(notation::Kind::tagged) && form.tag() == "cairn/ident") {
      auto const pair = form.tagged_value();
      if (pair.is(notation::Kind::vector) && pair.size() == 2 && pair[0].is(notation::Kind::integer)) {
        return visit.ident(pair[0].integer(), keyword_of(pair[1]));
      }
    }
    bad_record("a record is neither a datom, nor an attribute, nor an ident");
  }

  template <class Visit>
  void read_datom(notation::Form form, Visit& visit) {
    if (form.size() != 4 && form.size() != 5) bad_record("a datom has four or five parts");
    auto part = form.begin();
    RawDatom datom;
    datom.e = integer_of(*part);
    auto const ident = keyword_of(*++part);
    auto const* attribute = visit.schema().find(ident);
    if (attribute == nullptr) bad_record("a datom has the attribute :" + std::string{ident.text()} + ", which the dump does not describe");
    datom.a = attribute->id;
    datom.v = read_exact(*++part);
    datom.tx = integer_of(*++part);
    bool const current = form.size() == 4;
    if (!current) {
      auto const added = *++part;
      if (!added.is(notation::Kind::boolean)) bad_record("a datom was neither added nor retracted");
      datom.added = added.boolean();
    }
    visit.datom(std::move(datom), current);
  }

  static std::int64_t integer_of(notation::Form form) {
    if (!form.is(notation::Kind::integer)) bad_record("a number of an entity is none");
    return form.integer();
  }
  static Keyword keyword_of(notation::Form form) {
    if (form.is(notation::Kind::keyword)) return Keyword{form.name()};
    if (auto const value = read_exact(form); value.is(ValueKind::keyword)) return value.as_keyword();
    bad_record("an attribute has no name");
  }

  std::vector<notation::Node> nodes_{};
};

}  // namespace cairn::detail
