// Copyright the Cairn authors
// SPDX-License-Identifier: BSL-1.0
// Datahike's datoms, whatever they were written in, and what Datahike's own entities mean in them.
#pragma once

#include <cairn/dump/imported_history.hpp>

#include <algorithm>
#include <array>
#include <cstddef>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <unordered_map>
#include <utility>

namespace cairn::detail {

/// What the entities are that each of Datahike's databases with `:attribute-refs? true` begins with: an export may say it, by datoms of the
/// transaction before the first or in its manifest, or leave it out. Of those that came with later versions there is nothing here, since
/// older ones gave their numbers to users.
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

/// A datom as an export has it.
struct DatahikeDatom {
  std::int64_t e = 0;
  std::optional<Keyword> name{};  ///< of the attribute; else
  std::int64_t number = 0;        ///< that of its entity
  Value v{};
  bool is_system = false;  ///< whether the value is the name of one of Datahike's own entities, and stands for that
  std::int64_t tx = 0;
  bool added = true;
};

/// Takes datoms in any order, with the schema's among them. Attributes are names, or all are numbers (`:attribute-refs? true`): then what
/// the export says of the system's own entities comes first. Throws `BadRecord`.
class DatahikeDatoms {
 public:
  explicit DatahikeDatoms(ImportedHistory& history) : history_{history} {}

  void system(std::int64_t entity, Keyword name) { system_.say(entity, name); }

  void add(DatahikeDatom datom) {
    (datom.name ? has_names_ : has_numbers_) = true;
    if (has_numbers_ && has_names_) bad_record("attributes are numbers in one datom and names in another");
    if (!datom.name) {
      auto const known = system_.name_of(datom.number);
      if (datom.tx == imported_first_transaction) {  // what every such database begins with
        if (datom.added && known == ident_ && datom.v.is(ValueKind::keyword)) system_.say(datom.e, datom.v.as_keyword());
        return;
      }
      // Taken for the system's, a user's attribute would silently become another one.
      if (auto const own = system_.name_of(datom.e); own && known == ident_) {
        bad_record("the entity " + std::to_string(datom.e) + " is called anew, which is Datahike's own :" + std::string{own->text()} +
                   " unless the export says first what its system's entities are");
      }
      datom.name = known ? *known : history_.attribute_numbered(datom.number);
    }
    bool const kind = names_a_kind(*datom.name);
    if (kind && datom.v.is(ValueKind::integer)) {
      auto const name = system_.name_of(datom.v.as_integer());
      if (!name) bad_record("the entity " + std::to_string(datom.v.as_integer()) + " is no type, cardinality or uniqueness");
      datom.v = *name;
    } else if (datom.is_system && !kind) {
      bad_record("a datom of :" + std::string{datom.name->text()} + " refers to Datahike's own entity " + to_text(datom.v) + ", which is none here");
    }
    history_.add(datom.e, *datom.name, std::move(datom.v), datom.tx, datom.added);
  }

 private:
  [[nodiscard]] bool names_a_kind(Keyword attribute) const { return std::ranges::find(kinds_, attribute) != kinds_.end(); }

  ImportedHistory& history_;
  DatahikeSystem system_{};
  Keyword ident_{"db/ident"};
  std::array<Keyword, 4> kinds_{Keyword{"db/valueType"}, Keyword{"db/cardinality"}, Keyword{"db/unique"}, Keyword{"db/tupleType"}};
  bool has_numbers_ = false;
  bool has_names_ = false;
};

/// Where something stands in an export that cannot be taken.
struct ExportPlace {
  std::string_view file{};  ///< in a directory
  std::string_view unit{};  ///< what is counted
  std::uint64_t number = 0;

  [[noreturn]] void refuse(std::string_view what) const {
    std::string text{unit};
    text[0] = static_cast<char>(text[0] - 'a' + 'A');
    text += " " + std::to_string(number) + " of " + (file.empty() ? "the export" : std::string{file}) + " cannot be taken: " + std::string{what} + ".";
    raise(Errc::edn_syntax, std::move(text),
          "{:" + std::string{unit} + " " + std::to_string(number) + (file.empty() ? "" : " :file \"" + std::string{file} + "\"") + "}");
  }
};

}  // namespace cairn::detail
