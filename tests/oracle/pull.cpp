// Copyright the Cairn authors
// SPDX-License-Identifier: BSL-1.0
// Pull, attribute by attribute.
#include "forms.hpp"
#include "oracle.hpp"
#include "source.hpp"
#include <cairn/db/db.hpp>
#include <cairn/edn/write.hpp>
#include <cairn/index/persistent_set.hpp>

#include <algorithm>
#include <limits>

namespace cairn::oracle {

namespace {

using Result = std::map<Value, Value, Less>;

/// An attribute of a pattern, and what to do with it.
struct Spec {
  Keyword attribute{"db/id"};
  bool reverse = false;
  Value key{};    ///< what it is called in the result
  Value inner{};  ///< the pattern for entities, `...` or a number for the same pattern again; nil: none
  std::optional<Value> missing{};  ///< `:default`
  std::size_t limit = 1000;
};

/// How far a pattern that goes on into itself has come, by attribute.
struct Descent {
  std::int64_t depth = 0;
  std::set<EntityId> seen{};
};
using Descents = std::map<Value, Descent, Less>;

class Puller {
 public:
  explicit Puller(Database const& db) : db_{db} {}

  /// A pattern's result; nil where there is nothing.
  [[nodiscard]] Value pull(Value const& pattern, EntityId entity, Descents const& descents) const {
    if (!pattern.is_sequence() && !pattern.is_set()) refuse(Errc::parser_find, "A pull pattern is a vector.", pattern);
    Result result;
    for (auto const& item : pattern.items()) {
      if (item.is_symbol("*") || item == Value::string("*") || item.is_keyword("*"))
        pull_everything(pattern, entity, descents, result);
    }
    // What is named is in the star's place, and overrides what the star found under its key.
    for (auto const& item : pattern.items()) {
      if (item.is_symbol("*") || item == Value::string("*") || item.is_keyword("*")) continue;
      if (!item.is_map()) {
        pull_attribute(spec_of(item), pattern, entity, descents, result);
        continue;
      }
      for (std::size_t i = 0; i != item.size(); ++i) {
        auto spec = spec_of(item.key(i));
        spec.inner = item.value(i);
        pull_attribute(spec, pattern, entity, descents, result);
      }
    }
    return result.empty() ? Value::nil() : Value::map({result.begin(), result.end()});
  }

 private:
  static Value everything() { return Value::vector({Value::symbol("*")}); }
  static Value id_only(EntityId entity) { return Value::map({{Value::keyword("db/id"), Value::integer(entity)}}); }

  /// Whether a pattern says itself how the attribute is shown.
  bool is_named(Value const& pattern, Keyword attribute) const {
    return std::ranges::any_of(pattern.items(), [&](Value const& item) {
      if (item.is_symbol("*") || item == Value::string("*") || item.is_keyword("*")) return false;
      auto const says = [&](Value const& form) {
        auto const spec = spec_of(form);
        return spec.attribute == attribute && !spec.reverse;
      };
      if (!item.is_map()) return says(item);
      for (std::size_t i = 0; i != item.size(); ++i) {
        if (says(item.key(i))) return true;
      }
      return false;
    });
  }

  void pull_everything(Value const& pattern, EntityId entity, Descents const& descents, Result& result) const {
    result.emplace(Value::keyword("db/id"), Value::integer(entity));
    std::set<Keyword> attributes;
    for (auto const& datom : db_.datoms(eavt, entity)) attributes.insert(datom.a);
    for (auto const& attribute : attributes) {
      Spec spec;
      spec.attribute = attribute;
      spec.key = Value::keyword(attribute.text());
      if (!is_named(pattern, attribute)) pull_attribute(spec, {}, entity, descents, result);
    }
  }

  /// `:a`, `(:a :as x :limit 2 :default y)`, `[...]` alike, `(limit :a 2)`, `(default :a y)`.
  Spec spec_of(Value const& form) const {
    Spec spec;
    auto name = form;
    std::vector<std::pair<Value, Value>> options;
    if (form.is_sequence() && form.size() == 3 && (form[0].is_symbol("limit") || form[0].is_symbol("default"))) {
      name = form[1];
      options.emplace_back(Value::keyword(form[0].as_symbol()), form[2]);
    } else if (form.is_sequence() && form.size() % 2 == 1) {
      name = form[0];
      for (std::size_t i = 1; i != form.size(); i += 2) options.emplace_back(form[i], form[i + 1]);
    }
    if (!name.is_keyword()) refuse(Errc::parser_find, "Not an attribute of a pull pattern.", form);
    spec.key = name;
    std::string text{name.name_part()};
    spec.reverse = text.starts_with('_');
    if (spec.reverse) text.erase(0, 1);
    auto const space = name.namespace_part();
    spec.attribute = Keyword{space.empty() ? text : std::string{space} + "/" + text};
    for (auto const& [option, value] : options) {
      if (option.is_keyword("as")) {
        spec.key = value;
      } else if (option.is_keyword("default")) {
        spec.missing = value;
      } else if (option.is_keyword("limit") && value.is_nil()) {
        spec.limit = std::numeric_limits<std::size_t>::max();
      } else if (option.is_keyword("limit") && value.is_integer() && value.as_integer() > 0) {
        spec.limit = static_cast<std::size_t>(value.as_integer());
      } else {
        refuse(Errc::parser_find, "The options are :as, :default and :limit.", form);
      }
    }
    return spec;
  }

  /// What the attribute has: values, or the entities that refer to this one.
  [[nodiscard]] std::vector<cairn::Value> values_of(Spec const& spec, EntityId entity) const {
    std::vector<cairn::Value> values;
    if (spec.reverse) {
      for (auto const& datom : db_.datoms(aevt, spec.attribute)) {
        if (datom.v == cairn::Value{entity}) values.emplace_back(datom.e);
      }
    } else {
      for (auto const& datom : db_.datoms(eavt, entity, spec.attribute)) values.push_back(datom.v);
    }
    if (values.size() > spec.limit) values.resize(spec.limit);
    return values;
  }

  void pull_attribute(Spec const& spec, Value const& pattern, EntityId entity, Descents const& descents,
                      Result& result) const {
    if (spec.attribute == Keyword{"db/id"}) {
      result.insert_or_assign(spec.key, Value::integer(entity));
      return;
    }
    auto const* attribute = db_.attribute(spec.attribute);
    bool const is_component = attribute != nullptr && attribute->component;
    bool const is_entity = spec.reverse || (attribute != nullptr && attribute->is_ref());
    bool const is_many = spec.reverse ? !is_component : attribute != nullptr && attribute->is_many();
    Values found;
    for (auto const& value : values_of(spec, entity)) {
      auto one = to_edn(value);
      if (is_entity) one = pull_entity(spec, pattern, value.as_integer(), is_component && !spec.reverse, descents);
      if (!one.is_nil()) found.push_back(std::move(one));
    }
    if (!found.empty()) {
      result.insert_or_assign(spec.key, is_many ? Value::vector(std::move(found)) : found[0]);
    } else if (spec.missing) {
      result.insert_or_assign(spec.key, *spec.missing);
    }
  }

  /// What a reference shows of the entity it leads to.
  [[nodiscard]] Value pull_entity(Spec const& spec, Value const& pattern, EntityId target, bool is_component,
                                  Descents descents) const {
    bool const recursive = spec.inner.is_symbol("...") || spec.inner.is_integer();
    if (!recursive && !spec.inner.is_nil()) return pull(spec.inner, target, {});
    if (!recursive && !is_component) return id_only(target);
    // Components are shown whole, their own ones too: that is a descent as well.
    auto& descent = descents[recursive ? spec.key : Value::nil()];
    if (spec.inner.is_integer() && descent.depth == spec.inner.as_integer()) return {};
    if (!descent.seen.insert(target).second) return id_only(target);
    ++descent.depth;
    return pull(recursive ? pattern : everything(), target, descents);
  }

  Database const& db_;
};

}  // namespace

Value pull(Database const& db, Value const& pattern, Value const& entity) {
  std::optional<EntityId> id;
  if (entity.is_integer()) {
    id = db.require_entity(entity.as_integer());
  } else if (auto const found = Source{std::make_shared<Database const>(db)}.entity(entity)) {
    id = found->as_integer();
  }
  if (!id) raise(Errc::entity_id_missing, "There is no entity " + notation::write(entity) + ".", "{}");
  return Puller{db}.pull(pattern, *id, {});
}

}  // namespace cairn::oracle
