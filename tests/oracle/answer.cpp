// Copyright the Cairn authors
// SPDX-License-Identifier: BSL-1.0
// A query from its inputs to its result.
#include "forms.hpp"
#include "functions.hpp"
#include "oracle.hpp"
#include "query.hpp"
#include "rules.hpp"
namespace cairn::oracle {

namespace {

std::shared_ptr<Source const> source_of(Input const& input) {
  return std::visit([](auto const& one) { return std::make_shared<Source const>(one); }, input);
}

struct Inputs {
  Sources sources{};
  Value rules = Value::vector({});
  Bindings bindings = nothing_yet();
};

Inputs bind(Query const& query, std::span<Input const> inputs) {
  if (inputs.empty() && !query.has_in) return {};
  if (inputs.size() != query.in.size()) {
    raise(Errc::parser_query,
          "The query takes " + std::to_string(query.in.size()) + " inputs, database included, and was given " +
              std::to_string(inputs.size()) + ".",
          "{}");
  }
  Inputs bound;
  for (std::size_t i = 0; i != inputs.size(); ++i) {
    auto const& form = query.in[i];
    if (is_source(form)) {
      bound.sources.emplace(form.as_symbol(), source_of(inputs[i]));
      continue;
    }
    auto const* value = std::get_if<Value>(&inputs[i]);
    if (value == nullptr) refuse(Errc::query_where, "A database goes to a source, as $.", form);
    if (form.is_symbol("%")) {
      bound.rules = *value;
    } else {
      bound.bindings =
          extend(bound.bindings, variables_of(form), [&](Row const&) { return destructure(form, *value); });
    }
  }
  bound.bindings.names.insert(bound.bindings.variables.begin(), bound.bindings.variables.end());
  return bound;
}

/// The values of the elements for each group of bindings that agree in what is not aggregated; where nothing is, each
/// binding is a group.
std::vector<Row> found_values(Query const& query, Bindings const& solved, Sources const& sources) {
  auto const is_aggregated = [](FindElement const& element) { return element.kind == FindElement::Kind::aggregate; };
  bool const grouped = std::ranges::any_of(query.find, is_aggregated);
  auto const value_of = [&](Row const& row, Value const& form) {
    return is_variable(form) ? row[*solved.column(form.as_symbol())] : form;
  };
  std::map<Row, std::vector<Row>, Less> groups;
  for (auto const& row : solved.rows) {
    Row key;
    for (auto const& element : query.find) {
      if (!is_aggregated(element)) key.push_back(row[*solved.column(element.variable)]);
    }
    groups[grouped ? key : row].push_back(row);
  }
  std::vector<Row> results;
  for (auto const& [key, rows] : groups) {
    Row result;
    for (auto const& element : query.find) {
      auto const column = *solved.column(element.variable);
      if (element.kind == FindElement::Kind::variable) {
        result.push_back(rows[0][column]);
      } else if (element.kind == FindElement::Kind::pull) {
        auto const& source = *sources.at(element.name);
        if (source.database() == nullptr) refuse(Errc::query_where, "pull needs a database.", element.pattern);
        result.push_back(pull(*source.database(), value_of(rows[0], element.pattern), rows[0][column]));
      } else {
        Values arguments;
        for (auto const& argument : element.arguments) arguments.push_back(value_of(rows[0], argument));
        Values values;
        for (auto const& row : rows) values.push_back(row[column]);
        result.push_back(aggregate(element.name, arguments, values));
      }
    }
    results.push_back(std::move(result));
  }
  return results;
}

/// Those of the rows for which `:having` holds, in the order that is asked for, from `:offset` on up to `:limit`.
std::vector<Row> arranged(Query const& query, std::vector<Row> rows) {
  std::erase_if(rows, [&](Row const& row) {
    return std::ranges::any_of(query.having, [&](Value const& call) {
      std::vector<Argument> arguments;
      for (auto const& form : call.items().subspan(1)) {
        auto const column = query.column(form);
        arguments.emplace_back(column ? row[*column] : form);
      }
      return !call_function(call[0].as_symbol(), arguments).is_truthy();
    });
  });
  std::ranges::sort(rows, [&](Row const& left, Row const& right) {
    for (auto const& [column, descends] : query.order) {
      auto const order = order_of(left[column], right[column]);
      if (order != 0) return descends ? order > 0 : order < 0;
    }
    return false;
  });
  rows.erase(rows.begin(), rows.begin() + static_cast<std::ptrdiff_t>(std::min(query.offset, rows.size())));
  if (query.limit && rows.size() > *query.limit) rows.resize(*query.limit);
  return rows;
}

Value as_map_or_vector(Query const& query, Row row) {
  if (query.keys.empty()) return Value::vector(std::move(row));
  std::vector<std::pair<Value, Value>> entries;
  for (std::size_t i = 0; i != row.size(); ++i) entries.emplace_back(query.keys[i], std::move(row[i]));
  return Value::map(std::move(entries));
}

Value shaped(Query const& query, std::vector<Row> rows) {
  using Shape = Query::Shape;
  if (query.shape == Shape::scalar) return rows.empty() ? Value::nil() : rows[0][0];
  if (query.shape == Shape::tuple) return rows.empty() ? Value::nil() : as_map_or_vector(query, rows[0]);
  Values values;
  for (auto& row : rows)
    values.push_back(query.shape == Shape::collection ? row[0] : as_map_or_vector(query, std::move(row)));
  bool const plain =
      query.shape == Shape::relation && !query.is_sequence && query.with.empty() && query.keys.empty() &&
      std::ranges::all_of(query.find, [](auto const& element) { return element.kind == FindElement::Kind::variable; });
  return plain ? Value::set(std::move(values)) : Value::vector(std::move(values));
}

}  // namespace

Value q(Value const& form, std::span<Input const> inputs) {
  auto const query = parse_query(form);
  auto const [sources, rules, bindings] = bind(query, inputs);
  std::set<std::string> names;
  for (auto const& [name, source] : sources) names.insert(name);
  RuleTable table{rules, names};
  auto const solved = solve({sources, table}, query.where, bindings);
  if (!solved)
    refuse(Errc::query_where, "Insufficient bindings: a clause waits for a variable that nothing binds.", form);
  Variables variables;
  auto const add = [&](Variable const& variable) {
    if (!solved->binds(variable))
      refuse(Errc::query_where, "Insufficient bindings: nothing binds " + variable + ".", form);
    if (std::ranges::find(variables, variable) == variables.end()) variables.push_back(variable);
  };
  for (auto const& element : query.find) {
    add(element.variable);
    if (is_variable(element.pattern)) add(element.pattern.as_symbol());
    for (auto const& argument : element.arguments) {
      if (is_variable(argument)) add(argument.as_symbol());
    }
  }
  for (auto const& variable : query.with) add(variable);
  return shaped(query, arranged(query, found_values(query, project(*solved, variables), sources)));
}

}  // namespace cairn::oracle
