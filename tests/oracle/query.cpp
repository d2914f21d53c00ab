// Copyright the Cairn authors
// SPDX-License-Identifier: BSL-1.0
// The grammar of queries, clauses aside.
#include "query.hpp"

#include "forms.hpp"
#include "functions.hpp"
#include <cairn/edn/parse.hpp>

namespace cairn::oracle {

namespace {

std::set<std::string_view> const& part_names() {
  static std::set<std::string_view> const known{"find", "with",   "in",       "where", "keys",  "strs",
                                                "syms", "having", "order-by", "limit", "offset"};
  return known;
}

/// The parts of a query by their keyword.
std::map<std::string, Values> parts_of(Value const& form) {
  std::map<std::string, Values> parts;
  if (form.is_map()) {
    for (std::size_t i = 0; i != form.size(); ++i) {
      if (!form.key(i).is_keyword() || !form.value(i).is_sequence())
        refuse(Errc::parser_query, "A query's map has vectors under keywords.", form);
      auto const items = form.value(i).items();
      parts[form.key(i).as_keyword()].assign(items.begin(), items.end());
    }
  } else if (form.is_sequence() && !form.empty() && form[0].is_keyword()) {
    Values* part = nullptr;
    std::string last;
    for (auto const& item : form.items()) {
      bool const is_key = last == "keys" || last == "strs" || last == "syms";
      if (item.is_keyword() && !(is_key && !part_names().contains(item.as_keyword()))) {
        last = item.as_keyword();
        if (parts.contains(item.as_keyword())) refuse(Errc::parser_query, "A part of the query occurs twice.", form);
        part = &parts[item.as_keyword()];
      } else {
        part->push_back(item);
      }
    }
  } else {
    refuse(Errc::parser_query, "A query is a vector [:find ?e :where ...] or a map.", form);
  }
  for (auto const& [name, part] : parts) {
    if (part_names().contains(name)) continue;
    refuse(Errc::parser_query, "A query has :find, :with, :in, :where and :keys, :strs or :syms.", form);
  }
  return parts;
}

FindElement find_element(Value const& form) {
  using Kind = FindElement::Kind;
  if (is_variable(form)) return {Kind::variable, form.as_symbol()};
  if (!form.is_list() || form.size() < 2 || !form[0].is_symbol())
    refuse(Errc::parser_find, "Find ?x, (aggregate ?x) or (pull ?x [...]).", form);
  if (form[0].is_symbol("pull")) {
    auto items = form.items().subspan(1);
    std::string source = "$";
    if (is_source(items[0])) {
      source = items[0].as_symbol();
      items = items.subspan(1);
    }
    if (items.size() != 2 || !is_variable(items[0])) refuse(Errc::parser_find, "Write (pull ?x [...]).", form);
    return {Kind::pull, items[0].as_symbol(), source, items[1]};
  }
  auto const& name = form[0].as_symbol();
  if (!is_aggregate(name)) refuse(Errc::parser_find, "There is no such aggregate.", form);
  auto const& last = form[form.size() - 1];
  if (!is_variable(last)) refuse(Errc::parser_find, "An aggregate's last argument is a variable.", form);
  return {Kind::aggregate, last.as_symbol(), name, {}, {form.items().begin() + 1, form.items().end() - 1}};
}

void read_find(Query& query, Values find, Value const& whole) {
  using Shape = Query::Shape;
  if (find.size() == 2 && find[1].is_symbol(".")) {
    query.shape = Shape::scalar;
    find.pop_back();
  } else if (find.size() == 1 && find[0].is_vector()) {
    find.assign(find[0].items().begin(), find[0].items().end());
    query.shape = Shape::tuple;
    if (find.size() == 2 && find[1].is_symbol("...")) {
      query.shape = Shape::collection;
      find.pop_back();
    }
  }
  if (find.empty()) refuse(Errc::parser_find, "A query finds something.", whole);
  for (auto const& form : find) {
    query.find.push_back(find_element(form));
    query.find.back().form = form;
  }
}

/// `:having`, `:order-by`, `:offset` and `:limit`, of whose mistakes other tests tell.
void read_result(Query& query, std::map<std::string, Values>& parts, Value const& whole) {
  auto const in_one = [](Values part) {
    return part.size() == 1 && part[0].is_vector() ? Values{part[0].items().begin(), part[0].items().end()} : part;
  };
  for (auto const& form : parts["having"]) {
    if (form.is_list()) query.having.push_back(form);
    if (form.is_vector()) query.having.insert(query.having.end(), form.items().begin(), form.items().end());
  }
  for (auto const& form : in_one(parts["order-by"])) {
    if (form.is_keyword()) {
      query.order.back().descends = form.is_keyword("desc");
      continue;
    }
    auto const column = form.is_integer() ? std::optional{static_cast<std::size_t>(form.as_integer())} : query.column(form);
    if (!column || *column >= query.find.size()) refuse(Errc::parser_query, "Order by what is found.", whole);
    query.order.push_back({*column, false});
  }
  auto const number = [&](std::string const& name) -> std::optional<std::size_t> {
    auto const& part = parts[name];
    if (part.empty() || part[0].is_nil() || part[0] == Value::integer(-1)) return std::nullopt;
    return static_cast<std::size_t>(part[0].as_integer());
  };
  query.limit = number("limit");
  query.offset = number("offset").value_or(0);
  query.is_sequence = !query.order.empty() || query.limit || query.offset != 0;
}

void read_keys(Query& query, std::map<std::string, Values> const& parts, Value const& whole) {
  for (std::string const kind : {"keys", "strs", "syms"}) {
    auto const part = parts.find(kind);
    if (part == parts.end()) continue;
    if (!query.keys.empty()) refuse(Errc::parser_query, "Only one of :keys, :strs and :syms.", whole);
    if (part->second.size() != query.find.size())
      refuse(Errc::parser_query, "As many keys as the query finds values.", whole);
    if (query.shape == Query::Shape::scalar || query.shape == Query::Shape::collection)
      refuse(Errc::parser_query, "Maps are made of relations and tuples.", whole);
    for (auto const& key : part->second) {
      if (!key.is_symbol() && !key.is_keyword()) refuse(Errc::parser_query, "Keys are symbols or keywords.", whole);
      auto const& name = key.is_symbol() ? key.as_symbol() : key.as_keyword();
      query.keys.push_back(kind == "keys" ? Value::keyword(name) : kind == "strs" ? Value::string(name) : Value::symbol(name));
    }
  }
}

/// That every variable comes from somewhere, and every source and the rules from `:in`.
void check(Query const& query, Value const& whole) {
  std::set<std::string> known;
  std::set<std::string> sources;
  bool rules = false;
  for (auto const& binding : query.in) {
    if (is_source(binding) || binding.is_symbol("%")) {
      rules = rules || binding.is_symbol("%");
      if (!sources.insert(binding.as_symbol()).second) refuse(Errc::parser_query, "A name twice in :in.", whole);
      continue;
    }
    check_binding(binding, Errc::parser_query);
    for (auto const& variable : variables_of(binding)) {
      if (!known.insert(variable).second) refuse(Errc::parser_query, "A variable twice in :in.", whole);
    }
  }
  check_clauses(query.where, sources, rules);
  for (auto const& variable : clause_variables(query.where)) known.insert(variable);
  auto const is_known = [&](Variable const& variable) {
    if (!known.contains(variable)) refuse(Errc::parser_query, "Nothing binds " + variable + ".", whole);
  };
  std::set<std::string> found;
  for (auto const& element : query.find) {
    is_known(element.variable);
    found.insert(element.variable);
    if (is_variable(element.pattern)) is_known(element.pattern.as_symbol());
    for (auto const& argument : element.arguments) {
      if (is_variable(argument)) is_known(argument.as_symbol());
    }
    bool const pulls = element.kind == FindElement::Kind::pull;
    if (pulls && !sources.contains(element.name)) refuse(Errc::parser_query, "A source that :in does not name.", whole);
  }
  std::set<std::string> with;
  for (auto const& variable : query.with) {
    is_known(variable);
    if (found.contains(variable) || !with.insert(variable).second)
      refuse(Errc::parser_query, ":with repeats a variable.", whole);
  }
}

}  // namespace

Query parse_query(Value const& form) {
  if (form.is_string()) return parse_query(notation::parse(form.as_string()));
  if (is_form(form, "quote") && form.size() == 2) return parse_query(form[1]);
  auto parts = parts_of(form);
  Query query;
  if (!parts.contains("find")) refuse(Errc::parser_find, "A query has :find.", form);
  read_find(query, parts["find"], form);
  read_keys(query, parts, form);
  read_result(query, parts, form);
  for (auto const& variable : parts["with"]) {
    if (!is_variable(variable)) refuse(Errc::parser_query, ":with has variables.", form);
    query.with.push_back(variable.as_symbol());
  }
  query.has_in = parts.contains("in");
  query.in = parts.contains("in") ? parts["in"] : Values{Value::symbol("$")};
  query.where = parts["where"];
  check(query, form);
  return query;
}

}  // namespace cairn::oracle
