// Copyright the Cairn authors
// SPDX-License-Identifier: BSL-1.0
// `cairn backends`: what the types say of themselves.
#include "backends.hpp"
#include "verbs.hpp"

#include <cairn/config/describe.hpp>

#include <fmt/format.h>

#include <algorithm>
#include <cstdio>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace cairn::tool {

namespace {

using Rows = std::vector<std::vector<std::string>>;

/// `enum: durable|relaxed` as `one of :durable, :relaxed`.
std::string in_words(std::string const& cell) {
  constexpr std::string_view of_enumerations = "enum: ";
  if (!cell.starts_with(of_enumerations)) return cell;
  std::string made = "one of `:";
  for (auto const character : std::string_view{cell}.substr(of_enumerations.size())) {
    if (character == '|') {
      made += "`, `:";
    } else {
      made += character;
    }
  }
  return made += '`';
}

/// As a document has it: what is a keyword or a default is code, and what would end a column is words.
void print_markdown(Rows const& rows) {
  for (std::size_t i = 0; i != rows.size(); ++i) {
    std::string line = "|";
    for (auto const& cell : rows[i]) {
      bool const is_code = i != 0 && (cell.starts_with(':') || cell.starts_with('"'));
      line += is_code ? fmt::format(" `{}` |", cell) : fmt::format(" {} |", in_words(cell));
    }
    std::puts(line.c_str());
    if (i != 0) continue;
    line = "|";
    for (std::size_t column = 0; column != rows[0].size(); ++column) line += "---|";
    std::puts(line.c_str());
  }
}

void print_table(Rows const& rows) {
  std::vector<std::size_t> widths(rows.front().size());
  for (auto const& row : rows) {
    for (std::size_t i = 0; i != row.size(); ++i) widths[i] = (std::max)(widths[i], row[i].size());
  }
  for (auto const& row : rows) {
    std::string line;
    for (std::size_t i = 0; i != row.size(); ++i) line += fmt::format("{:<{}}  ", row[i], widths[i]);
    line.erase(line.find_last_not_of(' ') + 1);
    std::puts(line.c_str());
  }
}

std::string words_of(Fence fence) {
  return fence == Fence::compare_and_swap ? "compare-and-swap" : fence == Fence::lock ? "lock" : "none";
}

std::string words_of(Sharing sharing) {
  switch (sharing) {
    case Sharing::connection: return "connection";
    case Sharing::process: return "process";
    case Sharing::machine: return "machine";
    case Sharing::network: return "network";
  }
  return {};
}

std::vector<std::pair<std::string, std::string>> promises_of(Capabilities const& capabilities) {
  auto const yes = [](bool flag) { return std::string{flag ? "yes" : "no"}; };
  return {{"durable", yes(capabilities.durable)},
          {"fence", words_of(capabilities.fence)},
          {"shared-by", words_of(capabilities.sharing)},
          {"zero-copy-reads", yes(capabilities.zero_copy_reads)},
          {"durable-append", yes(capabilities.durable_append)},
          {"needs", capabilities.needs.empty() ? "nothing" : std::string{capabilities.needs}}};
}

Edn edn_of(std::vector<config::FieldSpec> const& fields) {
  std::vector<Edn> items;
  for (auto const& field : fields) {
    std::vector<std::pair<Edn, Edn>> entries{{Edn::keyword("key"), Edn::keyword(field.name)},
                                             {Edn::keyword("type"), Edn::string(field.type)},
                                             {Edn::keyword("required"), Edn::boolean(field.required)}};
    if (field.default_text) entries.emplace_back(Edn::keyword("default"), edn::parse(*field.default_text));
    std::vector<Edn> constraints;
    for (auto const& one : field.constraints) constraints.push_back(Edn::string("must " + one));
    if (!constraints.empty()) entries.emplace_back(Edn::keyword("constraints"), Edn::vector(std::move(constraints)));
    if (!field.fields.empty()) entries.emplace_back(Edn::keyword("fields"), edn_of(field.fields));
    items.push_back(Edn::map(std::move(entries)));
  }
  return Edn::vector(std::move(items));
}

template <class Backend>
Edn edn_of_backend() {
  std::vector<std::pair<Edn, Edn>> entries{{Edn::keyword("id"), Edn::keyword(Backend::backend_id)},
                                           {Edn::keyword("index"), Edn::keyword(EntryIndex<Backend>::name)}};
  for (auto& [name, words] : promises_of(Backend::capabilities)) {
    bool const flag = words == "yes" || words == "no";
    entries.emplace_back(Edn::keyword(name), flag             ? Edn::boolean(words == "yes")
                                             : name == "needs" ? Edn::string(words)
                                                               : Edn::keyword(words));
  }
  entries.emplace_back(Edn::keyword("config"), edn_of(config::describe_backend<Backend>()));
  return Edn::map(std::move(entries));
}

void add_fields(Rows& rows, std::vector<config::FieldSpec> const& fields, std::string const& prefix) {
  for (auto const& field : fields) {
    std::string notes;
    for (auto const& one : field.constraints) notes += (notes.empty() ? "must " : ", must ") + one;
    auto const by_default = field.type == "secret" ? std::string{} : field.default_text.value_or("");
    rows.push_back({prefix + field.name, field.type, field.required ? "(required)" : by_default, notes});
    add_fields(rows, field.fields, prefix + field.name + " :");
  }
}

template <class Backend>
[[nodiscard]] Rows fields_of() {
  Rows fields{{"key", "type", "default", ""}};
  add_fields(fields, config::describe_backend<Backend>(), ":");
  return fields;
}

template <class Backend>
void print_one() {
  Rows rows{{"backend", ":" + std::string{Backend::backend_id}}, {"index", ":" + std::string{EntryIndex<Backend>::name}}};
  for (auto const& [name, words] : promises_of(Backend::capabilities)) rows.push_back({name, words});
  print_table(rows);
  std::puts("");
  print_table(fields_of<Backend>());
}

template <class... Entries>
[[nodiscard]] Rows all_of(BackendList<Entries...>) {
  Rows rows{{"backend"}};
  for (auto const& [name, words] : promises_of({})) rows.front().push_back(name);
  auto const add = [&]<class Backend>(std::type_identity<Backend>) {
    rows.push_back({":" + std::string{Backend::backend_id}});
    for (auto const& [name, words] : promises_of(Backend::capabilities)) rows.back().push_back(words);
  };
  (add(std::type_identity<Entries>{}), ...);
  return rows;
}

}  // namespace

int print_backends(std::string const& id, BackendsAs as) {
  auto const show_edn = []<class Backend>(std::type_identity<Backend>) {
    std::puts(edn::write(edn_of_backend<Backend>(), {.sorted = true}).c_str());
  };
  auto const show = [&]<class Backend>(std::type_identity<Backend> backend) {
    switch (as) {
      case BackendsAs::text: return print_one<Backend>();
      case BackendsAs::edn: return show_edn(backend);
      case BackendsAs::markdown: return print_markdown(fields_of<Backend>());
    }
  };
  if (!id.empty()) {
    Backends::dispatch(id, show);
    return 0;
  }
  switch (as) {
    case BackendsAs::text: print_table(all_of(Backends{})); break;
    case BackendsAs::edn:
      for (auto const known : Backends::ids) Backends::dispatch(known, show_edn);
      break;
    case BackendsAs::markdown: print_markdown(all_of(Backends{})); break;
  }
  return 0;
}

}  // namespace cairn::tool
