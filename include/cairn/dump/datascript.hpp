// Copyright the Cairn authors
// SPDX-License-Identifier: BSL-1.0
// DataScript's databases as JSON.
#pragma once

#include <cairn/dump/imported_history.hpp>
#include <cairn/dump/json.hpp>

#include <charconv>
#include <cstddef>
#include <cstdint>
#include <limits>
#include <map>
#include <string>
#include <string_view>
#include <system_error>
#include <utility>
#include <vector>

namespace cairn::detail {

/// Reads the JSON of what DataScript's `serializable` returns. The schema becomes entities behind the largest of the database's, in a
/// transaction behind the last one; when transactions were DataScript does not say, and all have the time of the import.
class DataScriptReader {
 public:
  DataScriptReader(std::string_view text, ImportedHistory& history) : json_{text}, history_{history} {}

  /// Errors: `edn/syntax` for what cannot be read; `transact/syntax` for a value that no datom can hold.
  void read() {
    try {
      read_parts();
      if (places_.count("eavt") == 0 || places_.count("attrs") == 0) bad_record("it has no \"eavt\" or no \"attrs\"");
      read_names("attrs", attributes_);
      read_names("keywords", keywords_);
      find_first_transaction();
      read_datoms();
      read_schema();
    } catch (BadRecord const& bad) {
      raise(Errc::edn_syntax, "The JSON of DataScript cannot be taken, near byte " + std::to_string(json_.at()) + ": " + bad.what + ".",
            "{:offset " + std::to_string(json_.at()) + "}");
    }
  }

 private:
  /// Where the parts are that are read later, whatever their order.
  void read_parts() {
    json_.object([&](std::string const& key) {
      json_.peek();
      places_[key] = json_.at();
      if (key == "max-eid") {
        auto const largest = json_.integer();
        if (largest < 0 || largest >= imported_first_transaction) bad_record("its \"max-eid\" is no number of an entity");
        history_.reach(largest);
      } else if (key == "tx0") {
        if (json_.integer() != imported_first_transaction) bad_record("its \"tx0\" is not DataScript's");
      } else {
        json_.skip();
      }
    });
    if (json_.peek() != '\0') bad_record("something follows the object");
  }
  bool begin(char const* part) {
    auto const found = places_.find(part);
    if (found != places_.end()) json_.go_to(found->second);
    return found != places_.end();
  }
  /// In Clojure names are keywords, in JavaScript they may be any text.
  void read_names(char const* part, std::vector<Keyword>& names) {
    if (begin(part)) json_.array([&] { names.emplace_back(json_.string()); });
  }

  /// Datoms of `init-db` are of the transaction before the first: all move up by one then.
  void find_first_transaction() {
    begin("eavt");
    json_.array([&] {
      std::size_t part = 0;
      json_.array([&] {
        if (part++ == 3) {
          if (json_.integer() == 0) history_.shift(1);
        } else {
          json_.skip();
        }
      });
    });
  }

  void read_datoms() {
    begin("eavt");
    json_.array([&] {
      json_.expect('[');
      auto const e = json_.integer();
      json_.expect(',');
      auto const a = named(attributes_, json_.integer());
      json_.expect(',');
      auto v = value();
      json_.expect(',');
      auto const tx = json_.integer();
      json_.expect(']');
      if (tx < 0 || tx > INT32_MAX) bad_record("a transaction's number is out of range");
      history_.add(e, a, std::move(v), imported_first_transaction + tx, true);
    });
  }
  [[nodiscard]] static Keyword named(std::vector<Keyword> const& names, std::int64_t place) {
    if (place < 0 || static_cast<std::uint64_t>(place) >= names.size()) bad_record("a name is used that is not there");
    return names[static_cast<std::size_t>(place)];
  }
  [[nodiscard]] Value value() {
    switch (json_.peek()) {
      case '"': return json_.string();
      case '[': {
        json_.expect('[');
        auto const kind = json_.integer();
        auto made = marked(kind);
        json_.expect(']');
        return made;
      }
      default: break;
    }
    if (json_.take(std::string_view{"true"})) return true;
    if (json_.take(std::string_view{"false"})) return false;
    auto const text = json_.number();
    if (text.find_first_of(".eE") == std::string_view::npos) {
      std::int64_t number = 0;
      if (std::from_chars(text.data(), text.data() + text.size(), number).ec == std::errc{}) return number;
      return BigInt{std::string{text}};
    }
    return notation::detail::to_double(text);
  }

  /// What JSON has no notation for.
  [[nodiscard]] Value marked(std::int64_t kind) {
    using Double = std::numeric_limits<double>;
    switch (kind) {
      case 0: json_.expect(','); return named(keywords_, json_.integer());
      case 1: json_.expect(','); return to_value(notation::parse(json_.string()));
      case 2: return Double::infinity();
      case 3: return -Double::infinity();
      case 4: return Double::quiet_NaN();
      default: bad_record("there is a value of the kind " + std::to_string(kind) + ", which is not known here");
    }
  }

  void read_schema() {
    if (!begin("schema") || json_.peek() != '"') return;
    auto const schema = notation::parse(json_.string());
    if (schema.kind() == notation::Kind::nil) return;
    if (!schema.is_map()) bad_record("its schema is no map");
    auto last = history_.max_entity();
    auto const tx = history_.next_transaction();
    auto const items = schema.items();
    for (std::size_t i = 0; i + 1 < items.size(); i += 2) {
      auto const name = keyword_in(items[i]);
      auto const& facts = items[i + 1];
      if (!facts.is_map() || name.ns() == "db") continue;  // DataScript lets a name stand alone
      auto entity = history_.entity_named(name);
      if (entity == 0) entity = ++last;
      if (entity == imported_first_transaction) bad_record("there is no number left for the entity of " + to_text(name));
      history_.add(entity, Keyword{":db/ident"}, name, tx, true);
      bool has_cardinality = false;
      auto const said = facts.items();
      for (std::size_t k = 0; k + 1 < said.size(); k += 2) {
        auto const about = keyword_in(said[k]);
        if (!is_known(about) || said[k + 1].kind() == notation::Kind::nil) continue;
        has_cardinality = has_cardinality || about == Keyword{":db/cardinality"};
        history_.add(entity, about, schema_value(about, said[k + 1]), tx, true);
      }
      if (!has_cardinality) history_.add(entity, Keyword{":db/cardinality"}, Keyword{":db.cardinality/one"}, tx, true);
    }
  }
  [[nodiscard]] static bool is_known(Keyword about) {
    static DatabaseSchema const system;
    auto const* found = system.find(about);
    return found != nullptr && (defines_attribute(found->id) || found->id == system_attribute::doc);
  }
  [[nodiscard]] static Keyword keyword_in(notation::Value const& name) {
    if (name.kind() == notation::Kind::keyword) return Keyword{name.as_keyword()};
    if (name.is_string()) return Keyword{name.as_string()};
    bad_record("its schema has a name that is neither a keyword nor a string");
  }
  /// Where JavaScript wrote it, keywords are strings, and so are those in a vector.
  [[nodiscard]] static Value schema_value(Keyword about, notation::Value const& said) {
    if (about == Keyword{":db/doc"}) return to_value(said);
    if (said.is_string()) return Keyword{said.as_string()};
    if (!said.is_vector()) return to_value(said);
    std::vector<Value> parts;
    for (auto const& part : said.items()) parts.push_back(part.is_string() ? Value{Keyword{part.as_string()}} : to_value(part));
    return parts;
  }

  JsonReader json_;
  ImportedHistory& history_;
  std::map<std::string, std::size_t> places_{};
  std::vector<Keyword> attributes_{};
  std::vector<Keyword> keywords_{};
};

/// Errors: those of `DataScriptReader`; `edn/limit` for a text that is longer than the input's limit.
template <meta::Lazy = {}>
void read_datascript(DumpInput& in, ImportedHistory& history) {
  auto const text = in.ahead(in.limit() + 1);
  if (text.size() > in.limit()) {
    raise(Errc::edn_limit, "The JSON has more than " + std::to_string(in.limit()) + " bytes, and is read as a whole. Take fewer datoms at a time.");
  }
  DataScriptReader{text, history}.read();
}

}  // namespace cairn::detail
