// Copyright the Cairn authors
// SPDX-License-Identifier: BSL-1.0
// Where the oracle meets the database: `datoms`, `entid` and the schema is all that it asks for.
#include "source.hpp"

#include "forms.hpp"
#include <cairn/db/db.hpp>
#include <cairn/edn/write.hpp>
#include <cairn/index/persistent_set.hpp>

#include <algorithm>
#include <string>

namespace cairn::oracle {

Source::Source(std::shared_ptr<Database const> db) : database_{std::move(db)} {
  std::map<Keyword, Value> names;
  for (auto const& datom : database_->datoms(eavt)) {
    auto const name = names.find(datom.a);
    auto const& a = name != names.end()
                        ? name->second
                        : names.emplace(datom.a, attribute(Value::keyword(datom.a.text()))).first->second;
    rows_.push_back(
        {Value::integer(datom.e), a, to_edn(datom.v), Value::integer(datom.tx), Value::boolean(datom.added)});
  }
}

Source::Source(Value const& collection) {
  auto const elements = collection.is_string() ? std::nullopt : elements_of(collection);
  if (!elements) refuse(Errc::query_where, "A source is a database or a collection.", collection);
  for (auto const& element : *elements) {
    auto row = element.is_string() ? std::nullopt : elements_of(element);
    if (!row) refuse(Errc::query_where, "A source's elements are rows.", collection);
    rows_.push_back(std::move(*row));
  }
}

std::optional<Value> Source::entity(Value const& ref) const {
  if (ref.is_integer()) return ref;
  std::optional<EntityId> id;
  if (ref.is_keyword()) {
    id = database_->entid(Keyword{ref.as_keyword()});
  } else if (ref.is_sequence() && ref.size() == 2 && ref[0].is_keyword()) {
    auto value = ref[1];
    auto const target = is_reference(ref[0]) ? entity(value) : std::nullopt;
    id = database_->entid(LookupRef{Keyword{ref[0].as_keyword()}, to_value(target.value_or(value))});
  }
  return id ? std::optional{Value::integer(*id)} : std::nullopt;
}

bool Source::is_reference(Value const& attribute) const {
  if (!attribute.is_keyword()) return false;
  auto const* found = database_->schema().find(Keyword{attribute.as_keyword()});
  return found != nullptr && found->is_ref();
}

Value Source::attribute(Value const& name) const {
  if (!name.is_keyword() || !database_->options().attribute_refs) return name;
  auto const* found = database_->schema().find(Keyword{name.as_keyword()});
  return found != nullptr && found->entity != 0 ? Value::integer(found->entity) : name;
}

std::optional<Value> Source::first_value(Value const& entity, Value const& attribute) const {
  auto const id = this->entity(entity);
  if (!id) return std::nullopt;
  auto const name = this->attribute(attribute);
  for (auto const* row : with(0, *id)) {
    if ((*row)[1] == name) return (*row)[2];
  }
  return std::nullopt;
}

bool Source::shows(Value const& entity, Value const& attribute) const {
  auto const id = this->entity(entity);
  if (!id || !attribute.is_keyword()) return id && first_value(entity, attribute);
  if (attribute.is_keyword("db/id")) return true;
  auto const name = attribute.name_part();
  if (name.size() < 2 || name.front() != '_') return first_value(entity, attribute).has_value();
  std::string forward{attribute.namespace_part()};
  if (!forward.empty()) forward += '/';
  forward += name.substr(1);
  auto const* described = database_->schema().find(Keyword{forward});
  if (described != nullptr && described->type && !described->is_ref()) return false;
  auto const wanted = this->attribute(Value::keyword(forward));
  return std::ranges::any_of(rows_, [&](Row const& row) { return row[1] == wanted && row[2] == *id; });
}

std::vector<Row const*> const& Source::with(std::size_t place, Value const& value) const {
  auto const [index, is_new] = by_place_.try_emplace(place);
  if (is_new) {
    for (auto const& row : rows_) {
      if (place < row.size()) index->second[row[place]].push_back(&row);
    }
  }
  static std::vector<Row const*> const none;
  auto const found = index->second.find(value);
  return found == index->second.end() ? none : found->second;
}

Value q(Database const& db, Value const& query, std::span<Value const> inputs) {
  std::vector<Input> all{std::make_shared<Database const>(db)};
  all.insert(all.end(), inputs.begin(), inputs.end());
  return q(query, all);
}

}  // namespace cairn::oracle
