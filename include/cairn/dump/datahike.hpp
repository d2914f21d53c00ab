// Copyright the Cairn authors
// SPDX-License-Identifier: BSL-1.0
// Datahike's exports in EDN.
#pragma once

#include <cairn/dump/imported_history.hpp>

#include <array>
#include <cstddef>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <unordered_map>
#include <utility>
#include <vector>

namespace cairn::detail {

/// What the entities are that each of Datahike's databases with `:attribute-refs? true` begins with: an export may say it, by datoms of the
/// transaction before the first, or leave it out. Of those that came with later versions there is nothing here, since older ones gave their
/// numbers to users.
class DatahikeSystem {
 public:
  /// The name of an entity; nothing where it is a user's.
  [[nodiscard]] std::optional<Keyword> name_of(std::int64_t entity) const {
    if (auto const found = said_.find(entity); found != said_.end()) return found->second;
    if (entity < 1 || entity > static_cast<std::int64_t>(names.size())) return std::nullopt;
    return Keyword{names[static_cast<std::size_t>(entity - 1)]};
  }
  void say(std::int64_t entity, Keyword name) { said_.insert_or_assign(entity, name); }

 private:
  static constexpr std::array<std::string_view, 38> names{
      "db/ident",      "db/valueType",     "db/cardinality",  "db/doc",       "db/index",          "db/unique",          "db/noHistory",
      "db.install/attribute", "db/txInstant", "db.cardinality/many", "db.cardinality/one", "db.part/sys", "db.part/tx",   "db.part/user",
      "db.type/bigdec", "db.type/bigint",  "db.type/boolean", "db.type/double", "db.type/cardinality", "db.type/float",  "db.type/number",
      "db.type/instant", "db.type/keyword", "db.type/long",   "db.type/ref",  "db.type/string",    "db.type/symbol",     "db.type/unique",
      "db.type/uuid",  "db.type/valueType", "db.type.install/attribute", "db.unique/identity", "db.unique/value", "db/isComponent", "db/tupleType",
      "db/tupleTypes", "db/tupleAttrs",    "db.type/tuple"};
  std::unordered_map<std::int64_t, Keyword> said_{};
};

/// Reads what Datahike's `export-db` prints: a datom a line, `#datahike/Datom [e a v tx added]`, in any order, with the schema's among
/// them. Vectors without the tag, or without `added`, are taken too. Attributes are names, or all are numbers (`:attribute-refs? true`):
/// then what the export says of the system's own entities comes first.
template <meta::Lazy = {}>
void read_datahike(DumpInput& in, ImportedHistory& history) {
  std::vector<notation::Node> nodes;
  std::uint64_t number = 0;
  DatahikeSystem system;
  bool has_numbers = false;
  bool has_names = false;
  // A datom whose attribute is a number, as one that has a name.
  auto const add_numbered = [&](std::int64_t e, std::int64_t a, Value v, std::int64_t tx, bool added) {
    auto const known = system.name_of(a);
    if (tx == imported_first_transaction) {  // what every such database begins with
      if (added && known == Keyword{"db/ident"} && v.is(ValueKind::keyword)) system.say(e, v.as_keyword());
      return;
    }
    // Taken for the system's, a user's attribute would silently become another one.
    if (auto const own = system.name_of(e); own && known == Keyword{"db/ident"}) {
      bad_record("the entity " + std::to_string(e) + " is called anew, which is Datahike's own :" + std::string{own->text()} +
                 " unless the export says first what its system's entities are");
    }
    bool const names_kinds = known && (*known == Keyword{"db/valueType"} || *known == Keyword{"db/cardinality"} || *known == Keyword{"db/unique"} ||
                                       *known == Keyword{"db/tupleType"});
    if (names_kinds && v.is(ValueKind::integer)) {
      auto const kind = system.name_of(v.as_integer());
      if (!kind) bad_record("the entity " + std::to_string(v.as_integer()) + " is no type, cardinality or uniqueness");
      v = *kind;
    }
    history.add(e, known ? *known : history.attribute_numbered(a), std::move(v), tx, added);
  };
  auto const read = [&](std::string_view line) {
    for (std::size_t at = 0;;) {
      nodes.clear();
      auto const result = notation::read_next(line, at, nodes, dump_reading);
      if (result.status == notation::ReadStatus::end) return;
      if (result.status != notation::ReadStatus::form) bad_record(std::string{result.message});
      at = result.end;
      notation::Form form{line, nodes.data(), result.root};
      if (form.is(notation::Kind::tagged) && form.tag() == "datahike/Datom") form = form.tagged_value();
      if (!form.is(notation::Kind::vector) || form.size() < 4 || form.size() > 5) bad_record("it is no datom: [e a v tx added]");
      bool const is_numbered = form[1].is(notation::Kind::integer);
      if (!form[0].is(notation::Kind::integer) || (!is_numbered && !form[1].is(notation::Kind::keyword)) || !form[3].is(notation::Kind::integer) ||
          (form.size() == 5 && !form[4].is(notation::Kind::boolean))) {
        bad_record("it is no datom: [e a v tx added]");
      }
      (is_numbered ? has_numbers : has_names) = true;
      if (has_numbers && has_names) bad_record("attributes are numbers in one datom and names in another");
      bool const added = form.size() == 4 || form[4].boolean();
      if (is_numbered) {
        add_numbered(form[0].integer(), form[1].integer(), read_exact(form[2]), form[3].integer(), added);
      } else {
        history.add(form[0].integer(), Keyword{form[1].name()}, read_exact(form[2]), form[3].integer(), added);
      }
    }
  };
  for (bool is_more = true; is_more;) {
    ++number;
    try {
      auto const line = in.line(0);
      is_more = line.has_value();
      auto const text = is_more ? *line : in.ahead(in.limit());
      read(text);
      in.pass(text.size());
    } catch (BadRecord const& bad) {
      raise(Errc::edn_syntax, "Line " + std::to_string(number) + " of the export cannot be taken: " + bad.what + ".", "{:line " + std::to_string(number) + "}");
    }
  }
}

}  // namespace cairn::detail
