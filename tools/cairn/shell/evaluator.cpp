// Copyright the Cairn authors
// SPDX-License-Identifier: BSL-1.0
// Evaluates the forms of the shell.
#include "evaluator.hpp"

#include <algorithm>
#include <array>
#include <utility>

namespace cairn::tool {

namespace {

constexpr std::array special_forms{std::string_view{"comment"}, std::string_view{"def"},     std::string_view{"deref"},
                                   std::string_view{"do"},      std::string_view{"quote"},   std::string_view{"require"}};

/// `d/connect` and `datahike.api/connect` are `connect`.
std::string_view without_namespace(std::string_view symbol) {
  auto const slash = symbol.size() > 1 ? symbol.rfind('/') : std::string_view::npos;
  return slash == std::string_view::npos ? symbol : symbol.substr(slash + 1);
}

/// `defined` are the names that the user has given.
[[noreturn]] void raise_unknown(std::string_view symbol, std::vector<std::string> const& defined) {
  auto const name = without_namespace(symbol);
  std::string message = "The shell knows nothing by the name " + std::string{symbol} + ".";
  // What stands in queries and patterns, and is no name outside of them.
  if (symbol.starts_with('?') || symbol == "*" || symbol == "..." || symbol == "_" || symbol == "$" || symbol == "%") {
    raise(Errc::parser_query, message + " Queries and patterns are quoted: '[:find ?e :where [?e :name]].");
  }
  if (auto const all = functions(); std::ranges::find(all, name, &Function::name) != all.end()) {
    raise(Errc::parser_query, std::string{symbol} + " is a function, and is called: " + std::string{std::ranges::find(all, name, &Function::name)->usage} + ".");
  }
  std::vector<std::string_view> known{defined.begin(), defined.end()};
  known.insert(known.end(), special_forms.begin(), special_forms.end());
  for (auto const& function : functions()) known.push_back(function.name);
  if (auto const near = config::nearest(name, known); !near.empty()) message += " Did you mean " + std::string{near} + "?";
  raise(Errc::parser_query, message);
}

/// `(:name thing)`.
ShellValue look_up(Edn const& keyword, ShellValue const& thing) {
  if (auto const* datom = thing.get<DbDatom>()) {
    constexpr std::array parts{"e", "a", "v", "tx", "added"};
    for (std::size_t i = 0; i != parts.size(); ++i) {
      if (keyword.is_keyword(parts[i])) return {to_edn(*datom)[i]};
    }
    return nil();
  }
  if (auto const* report = thing.get<ReportPtr>()) {
    if (keyword.is_keyword("tx")) return {Edn::integer((*report)->tx)};
    if (keyword.is_keyword("db-after")) return {(*report)->db_after};
    if (keyword.is_keyword("db-before")) return {(*report)->db_before};
    if (keyword.is_keyword("tx-data")) {
      Values datoms;
      for (auto const& datom : (*report)->tx_data) datoms.push_back({DbDatom{datom, (*report)->db_after}});
      return {std::move(datoms)};
    }
    if (keyword.is_keyword("tempids")) {
      std::vector<std::pair<Edn, Edn>> entries;
      for (auto const& [name, id] : (*report)->tempids) entries.emplace_back(cairn::to_edn(name), Edn::integer(id));
      return {Edn::map(std::move(entries))};
    }
    return nil();
  }
  if (auto const* db = thing.get<Database>()) {
    if (keyword.is_keyword("max-tx")) return {Edn::integer(db->max_tx())};
    if (keyword.is_keyword("max-eid")) return {Edn::integer(db->max_eid())};
    return nil();
  }
  Edn const edn = to_edn(thing);
  auto const* found = edn.find(keyword);
  return found != nullptr ? ShellValue{*found} : nil();
}

}  // namespace

Evaluator::Result Evaluator::evaluate(Edn const& form) {
  if (form.is_list() && form.size() > 0 && form[0].is_symbol() && form[0].as_symbol() == "def") {
    if (form.size() != 3 || !form[1].is_symbol()) raise(Errc::parser_query, "(def name value) gives a value a name.");
    auto value = value_of(form[2]);
    auto const name = std::string{form[1].as_symbol()};
    definitions_.insert_or_assign(name, value);
    return {std::move(value), "#'" + name};
  }
  auto value = value_of(form);
  auto shown = print(value);
  return {std::move(value), std::move(shown)};
}

ShellValue Evaluator::value_of(Edn const& form) {
  if (form.is_symbol()) {
    if (auto const found = definitions_.find(form.as_symbol()); found != definitions_.end()) return found->second;
    raise_unknown(form.as_symbol(), defined_names());
  }
  if (form.is_list()) return form.size() == 0 ? ShellValue{form} : call(form);
  auto const evaluated = [&] {
    std::vector<Edn> items;
    items.reserve(form.items().size());
    for (auto const& item : form.items()) items.push_back(to_edn(value_of(item)));
    return items;
  };
  if (form.is_vector()) return {Edn::vector(evaluated())};
  if (form.is_set()) return {Edn::set(evaluated())};
  if (form.is_map()) {
    auto items = evaluated();
    std::vector<std::pair<Edn, Edn>> entries;
    for (std::size_t i = 0; i + 1 < items.size(); i += 2) entries.emplace_back(std::move(items[i]), std::move(items[i + 1]));
    return {Edn::map(std::move(entries))};
  }
  return {form};
}

std::vector<ShellValue> Evaluator::arguments(Edn const& form) {
  std::vector<ShellValue> values;
  for (auto const& argument : form.items().subspan(1)) values.push_back(value_of(argument));
  return values;
}

/// `{:query q :args [db 1] :limit 5}` as arguments: the map without `:args`, then those, which may be what EDN can't hold.
std::vector<ShellValue> Evaluator::query_map(Edn const& map) {
  std::vector<std::pair<Edn, Edn>> entries;
  std::vector<ShellValue> inputs;
  for (std::size_t i = 0; i != map.size(); ++i) {
    auto const& value = map.value(i);
    if (map.key(i).is_keyword("args") && value.is_vector()) {
      for (auto const& input : value.items()) inputs.push_back(value_of(input));
    } else {
      entries.emplace_back(map.key(i), to_edn(value_of(value)));
    }
  }
  inputs.insert(inputs.begin(), ShellValue{Edn::map(std::move(entries))});
  return inputs;
}

ShellValue Evaluator::call(Edn const& form) {
  auto const& head = form[0];
  if (head.is_keyword()) {
    if (form.size() < 2 || form.size() > 3) raise(Errc::parser_query, "A keyword as a function takes the thing to look into, and what to give where nothing is there.");
    auto found = look_up(head, value_of(form[1]));
    bool const absent = found.get<Edn>() != nullptr && found.get<Edn>()->is_nil();
    return absent && form.size() == 3 ? value_of(form[2]) : found;
  }
  if (!head.is_symbol()) raise(Errc::parser_query, "A call begins with the name of a function or with a keyword, as (d/connect config).");
  auto const name = without_namespace(head.as_symbol());
  if (name == "quote") {
    if (form.size() != 2) raise(Errc::parser_query, "(quote form) takes one form.");
    return {form[1]};
  }
  if (name == "require" || name == "comment") return nil();
  if (name == "def") raise(Errc::parser_query, "(def name value) stands by itself, not inside another form.");
  if (name == "do") {
    auto values = arguments(form);
    return values.empty() ? nil() : std::move(values.back());
  }
  auto const all = functions();
  auto const* const found = std::ranges::find(all, name, &Function::name).base();
  if (found == all.data() + all.size()) raise_unknown(head.as_symbol(), {});
  bool const asks = name == "q" || name == "explain";
  auto const values = asks && form.size() == 2 && form[1].is_map() ? query_map(form[1]) : arguments(form);
  if (values.size() < found->least || values.size() > found->most) {
    raise(Errc::parser_query, std::string{found->usage} + " does not take " + std::to_string(values.size()) + " arguments.");
  }
  return found->call(values);
}

std::vector<std::string> Evaluator::defined_names() const {
  std::vector<std::string> result;
  for (auto const& [name, value] : definitions_) result.push_back(name);
  return result;
}

std::vector<std::string> Evaluator::names() const {
  auto result = defined_names();
  result.insert(result.end(), special_forms.begin(), special_forms.end());
  for (auto const& function : functions()) result.emplace_back(function.name);
  std::ranges::sort(result);
  return result;
}

}  // namespace cairn::tool
