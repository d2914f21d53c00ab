// Copyright the Cairn authors
// SPDX-License-Identifier: BSL-1.0
// A query with all that is asked with it.
#include "ask.hpp"

#include "terminal.hpp"

#include <cairn/edn/abbreviate.hpp>
#include <cairn/query/function/big_numbers.hpp>
#ifdef CAIRN_TOOL_HAS_REGEX
#include <cairn/query/regex.hpp>
#include <cairn/query/syntax/parse_query.hpp>
#endif

namespace cairn::tool {

namespace {

std::int64_t whole_number(Edn const& value, char const* key, std::int64_t least = 0) {
  if (value.is_integer() && value.as_integer() >= least) return value.as_integer();
  raise(Errc::parser_query,
        std::string{key} + " is a number, 0 or more" + (least < 0 ? ", or -1 for none; found " : "; found ") + notation::abbreviated(value) + ".");
}

QueryOptions stoppable(QueryOptions options) {
  options.cancelled = &Interrupt::flag();
  return options;
}

}  // namespace

void set_options(QueryOptions& options, Edn const& map) {
  for (std::size_t i = 0; i != map.size(); ++i) {
    auto const& key = map.key(i);
    auto const& value = map.value(i);
    if (key.is_keyword("query") || key.is_keyword("args") || value.is_nil()) continue;
    if (key.is_keyword("limit")) {
      options.limit = whole_number(value, ":limit", -1);
    } else if (key.is_keyword("offset")) {
      options.offset = whole_number(value, ":offset", -1);
    } else if (key.is_keyword("timeout")) {
      options.timeout = milliseconds(whole_number(value, ":timeout"));
    } else if (key.is_keyword("order-by")) {
      options.order_by = notation::write(value);
    } else {
      raise(Errc::parser_query, "A query's map has :query, :args, :limit, :offset, :order-by and :timeout; found " +
                                    notation::abbreviated(key) + ".");
    }
  }
}

QueryResult ask(Question const& question) {
  return query_with(question.text, question.inputs, stoppable(question.options));
}

std::string explain(Question const& question) {
  auto text = query::explain(question.text, question.inputs, stoppable(question.options));
  while (text.ends_with('\n')) text.pop_back();
  return text;
}

std::vector<std::string> column_names(std::string const& text) {
  auto const syntax = query::syntax::parse_query(text, {.any = true});
  std::vector<std::string> names;
  if (!syntax.ok()) return names;
  notation::Form const root{text, syntax.nodes.data(), 0};
  for (auto const node : syntax.tree.keys) names.emplace_back(root.at(node).name());
  if (!names.empty()) return names;
  for (auto const& element : syntax.tree.find) names.emplace_back(root.at(element.node).raw());
  return names;
}

}  // namespace cairn::tool
