// Copyright the Cairn authors
// SPDX-License-Identifier: BSL-1.0
// Names in a query that are probably typing errors.
#include "unknown_attributes.hpp"

#include <cairn/config/nearest.hpp>
#include <cairn/db/reverse_name.hpp>
#include <cairn/edn/form.hpp>
#include <cairn/query/syntax/parse_query.hpp>
#include <cairn/query/syntax/parse_rules.hpp>

#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <cstdio>
#include <span>
#include <string>
#include <string_view>
#include <vector>

namespace cairn::tool {

namespace {

namespace syntax = query::syntax;

/// The names that some sources know.
struct Known {
  std::vector<std::string_view> names{};
  bool all = false;

  void add(Database const* db) {
    all = all || db == nullptr || db->options().schema_flexibility != SchemaFlexibility::write;
    if (all) return;
    for (auto const& attribute : db->schema().attributes()) {
      if (attribute) names.push_back(attribute->ident.text());
    }
  }
};

class Warner {
 public:
  void look_at(syntax::Tree const& tree, notation::Form root, std::span<Known const> sources, Known const& others) {
    auto const known_by = [&](std::uint16_t source) -> Known const& { return source < sources.size() ? sources[source] : others; };
    for (auto const& clause : tree.clauses) {
      auto const terms = tree.terms_of(clause.terms);
      using Kind = syntax::Clause::Kind;
      if (clause.kind == Kind::pattern) {
        if (terms.size() > 1) look_at(root, terms[1], known_by(clause.source));
        continue;
      }
      bool const calls = (clause.kind == Kind::predicate || clause.kind == Kind::function) && !clause.callee.custom;
      if (!calls || terms.size() < 3 || terms[0].kind != syntax::Term::Kind::source) continue;
      auto const called = clause.callee.builtin;
      using query::FunctionId;
      if (called != FunctionId::missing && called != FunctionId::get_else && called != FunctionId::get_some) continue;
      auto const end = called == FunctionId::get_some ? terms.size() : std::size_t{3};
      for (std::size_t i = 2; i != end; ++i) look_at(root, terms[i], known_by(terms[0].index), called == FunctionId::missing);
    }
  }

 private:
  /// `may_reverse`: `:_boss` is meant where there is a `:boss`, and `:db/id` always.
  void look_at(notation::Form root, syntax::Term const& term, Known const& known, bool may_reverse = false) {
    if (known.all || term.kind != syntax::Term::Kind::constant) return;
    auto const form = root.at(term.node);
    if (!form.is(notation::Kind::keyword)) return;
    auto const word = form.name();
    auto const is_known = [&](std::string_view name) { return std::ranges::find(known.names, name) != known.names.end(); };
    if (is_known(word) || std::ranges::find(told_, word) != told_.end()) return;
    if (may_reverse) {
      Keyword const name{word};
      if (word == "db/id" || (cairn::detail::is_reverse(name) && is_known(cairn::detail::forward(name).text()))) return;
    }
    told_.emplace_back(word);
    auto const near = config::nearest(word, known.names);
    std::fprintf(stderr, "cairn: no attribute :%s in this database%s%s\n", told_.back().c_str(),
                 near.empty() ? "" : "; nearest :", std::string{near}.c_str());
  }

  std::vector<std::string> told_{};
};

}  // namespace

void warn_of_unknown_attributes(Question const& question) {
  auto const parsed = syntax::parse_query(question.text, {.any = true});
  auto const& inputs = parsed.tree.inputs;
  if (!parsed.ok() || inputs.size() != question.inputs.size()) return;
  std::vector<Known> sources(parsed.tree.sources.size());
  Known any;
  for (std::size_t i = 0; i != inputs.size(); ++i) {
    if (inputs[i].kind != syntax::Input::Kind::source) continue;
    auto const* db = i < question.databases.size() && question.databases[i] ? &*question.databases[i] : nullptr;
    sources[inputs[i].source].add(db);
    any.add(db);
  }
  Warner warner;
  warner.look_at(parsed.tree, {parsed.text, parsed.nodes.data(), 0}, sources, any);
  for (std::size_t i = 0; i != inputs.size(); ++i) {
    auto const text = inputs[i].kind == syntax::Input::Kind::rules ? question.inputs[i].rules_text() : std::nullopt;
    if (!text) continue;
    auto const rules = syntax::parse_rules(*text, {.any = true});
    // Which of the sources a rule reads is up to whoever calls it.
    if (rules.ok()) warner.look_at(rules.tree, {rules.text, rules.nodes.data(), 0}, {}, any);
  }
}

}  // namespace cairn::tool
