// Copyright the Cairn authors
// SPDX-License-Identifier: BSL-1.0
// The functions of the shell: Datahike's API, and a few of Clojure's that take results apart.
#include "branches.hpp"
#include "evaluator.hpp"
#include "queries.hpp"

#include "../store_argument.hpp"

#include <array>
#include <chrono>
#include <memory>
#include <optional>
#include <string>
#include <utility>

namespace cairn::tool {

namespace {

using Arguments = std::span<ShellValue const>;

template <class Held>
Held const& expect(ShellValue const& value, std::string_view what) {
  if (auto const* held = value.get<Held>()) return *held;
  raise(Errc::transact_syntax, "Expected " + std::string{what} + ", found " + brief(value) + ".");
}

Conn& conn_of(ShellValue const& value) { return *expect<ConnPtr>(value, "a connection"); }

/// A database, or a connection's newest one.
Database db_of(ShellValue const& value) {
  if (auto const* conn = value.get<ConnPtr>()) return (*conn)->sync();
  return expect<Database>(value, "a database, as @conn");
}

/// A map, or what names a store on the command line as a string: a directory, a URI, a map as text.
std::string config_of(Arguments arguments) {
  if (arguments.empty()) return {};
  auto const config = to_edn(arguments[0]);
  return config.is_string() ? store_config(config.as_string()) : form_text(config);
}

EntityRef entity_ref_of(Edn const& edn) {
  if (edn.is_integer()) return edn.as_integer();
  if (edn.is_keyword()) return Keyword{edn.as_keyword()};
  if (edn.is_sequence()) {
    if (edn.size() == 2 && edn[0].is_keyword()) return lookup(edn[0].as_keyword(), to_value(edn[1]));
    raise(Errc::lookup_ref_syntax, "A lookup ref is [attribute value], as [:name \"Ivan\"]; found " + notation::abbreviated(edn) + ".");
  }
  raise(Errc::entity_id_syntax, "An entity is a number, an ident or a lookup ref; found " + notation::abbreviated(edn) + ".");
}

AttributeName attribute_of(Edn const& edn) {
  if (edn.is_keyword()) return Keyword{edn.as_keyword()};
  if (edn.is_integer() && edn.as_integer() > 0) return edn.as_integer();
  raise(Errc::transact_syntax, "An attribute is a keyword, as :name, or the number of its entity; found " + notation::abbreviated(edn) + ".");
}

ValueRef value_ref_of(Edn const& edn, Database const& db, std::optional<AttributeName> const& name) {
  auto const* attribute = name ? db.attribute(*name) : nullptr;
  if (attribute != nullptr && attribute->is_ref() && edn.is_sequence() && edn.size() == 2 && edn[0].is_keyword()) {
    return lookup(edn[0].as_keyword(), to_value(edn[1]));
  }
  return to_value(edn);
}

Components components_of(Order order, std::span<Edn const> parts, Database const& db) {
  Components result;
  std::array<char, 4> letters{'e', 'a', 'v', 't'};
  if (order == Order::aevt) letters = {'a', 'e', 'v', 't'};
  if (order == Order::avet) letters = {'a', 'v', 'e', 't'};
  if (parts.size() > letters.size()) raise(Errc::transact_syntax, "An index has four components: e, a, v and the transaction.");
  for (std::size_t i = 0; i != parts.size(); ++i) {
    switch (letters[i]) {
      case 'e': result.e = entity_ref_of(parts[i]); break;
      case 'a': result.a = attribute_of(parts[i]); break;
      case 'v': result.v = value_ref_of(parts[i], db, result.a); break;
      default:
        if (!parts[i].is_integer()) raise(Errc::transact_syntax, "A transaction is a number; found " + notation::abbreviated(parts[i]) + ".");
        result.tx = parts[i].as_integer();
    }
  }
  return result;
}

template <class Range>
ShellValue list_of(Database const& db, Range const& range) {
  Values values;
  for (auto const& datom : range) values.push_back({DbDatom{datom, db}});
  return {std::move(values)};
}

/// `(f db :eavt e a v)` and Datahike's `(f db {:index :eavt :components [e a v]})`; `look(order, components)` looks.
template <class Look>
ShellValue look_into_index(Arguments arguments, Look look) {
  auto const db = db_of(arguments[0]);
  std::vector<Edn> parts;
  for (auto const& argument : arguments.subspan(1)) parts.push_back(to_edn(argument));
  if (parts[0].is_map()) {
    auto const map = parts[0];
    auto const* components = map.find("components");
    parts.assign(1, map.at("index"));
    if (components != nullptr) parts.insert(parts.end(), components->items().begin(), components->items().end());
  }
  auto const rest = std::span{parts}.subspan(1);
  if (parts[0].is_keyword("eavt")) return look(db, eavt, components_of(Order::eavt, rest, db));
  if (parts[0].is_keyword("aevt")) return look(db, aevt, components_of(Order::aevt, rest, db));
  if (parts[0].is_keyword("avet")) return look(db, avet, components_of(Order::avet, rest, db));
  raise(Errc::transact_syntax, "An index is :eavt, :aevt or :avet; found " + notation::abbreviated(parts[0]) + ".");
}

ShellValue index_range(Arguments arguments) {
  auto const db = db_of(arguments[0]);
  auto const first = to_edn(arguments[1]);
  std::optional<ValueRef> start;
  std::optional<ValueRef> end;
  auto const limit = [&](std::optional<AttributeName> const& attribute, Edn const& edn, std::optional<ValueRef>& into) {
    if (!edn.is_nil()) into = value_ref_of(edn, db, attribute);
  };
  if (first.is_map()) {
    auto const* attribute = first.find("attrid");
    AttributeName const name = attribute_of(attribute != nullptr ? *attribute : first.at("attribute"));
    if (auto const* edn = first.find("start")) limit(name, *edn, start);
    if (auto const* edn = first.find("end")) limit(name, *edn, end);
    return list_of(db, db.index_range(name, std::move(start), std::move(end)));
  }
  AttributeName const name = attribute_of(first);
  if (arguments.size() > 2) limit(name, to_edn(arguments[2]), start);
  if (arguments.size() > 3) limit(name, to_edn(arguments[3]), end);
  return list_of(db, db.index_range(name, std::move(start), std::move(end)));
}

/// A transaction's number or an instant.
template <class View>
ShellValue at_time(Arguments arguments, View view) {
  auto const db = db_of(arguments[0]);
  auto const time = to_edn(arguments[1]);
  if (time.is_integer()) return {view(db, time.as_integer())};
  if (auto const instant = time.instant()) return {view(db, Instant{*instant})};
  raise(Errc::transact_syntax, "A point in time is a transaction's number or an #inst; found " + notation::abbreviated(time) + ".");
}

TxBound bound_of(Edn const& edn) {
  if (edn.is_nil()) return {};
  if (edn.is_integer()) return edn.as_integer();
  if (auto const instant = edn.instant()) return Instant{*instant};
  raise(Errc::transact_syntax, "A range ends at a transaction's number, an #inst or nil; found " + notation::abbreviated(edn) + ".");
}

/// `{:tx n :instant #inst ".." :data [datoms]}` for each transaction.
ShellValue tx_range(Arguments arguments) {
  auto const db = db_of(arguments[0]);
  Values found;
  for (auto const& one : cairn::tx_range(db, bound_of(to_edn(arguments[1])), bound_of(to_edn(arguments[2])))) {
    std::vector<Edn> data;
    for (auto const& datom : one.datoms) data.push_back(to_edn(DbDatom{datom, db}));
    found.push_back({Edn::map({{Edn::keyword("tx"), Edn::integer(one.tx)},
                               {Edn::keyword("instant"), Edn::instant(one.instant.milliseconds)},
                               {Edn::keyword("data"), Edn::vector(std::move(data))}})});
  }
  return {std::move(found)};
}

ShellValue schema_of(Arguments arguments) {
  auto const db = db_of(arguments[0]);
  std::vector<std::pair<Edn, Edn>> attributes;
  for (auto const& attribute : db.schema().attributes()) {
    if (!attribute || attribute->id < first_user_attribute) continue;
    std::vector<std::pair<Edn, Edn>> facts;
    if (attribute->entity != 0) {
      for (auto const& datom : db.datoms(eavt, attribute->entity)) {
        facts.emplace_back(Edn::keyword(datom.a.text()), cairn::to_edn(datom.v));
      }
      facts.emplace_back(Edn::keyword("db/id"), Edn::integer(attribute->entity));
    }
    attributes.emplace_back(Edn::keyword(attribute->ident.text()), Edn::map(std::move(facts)));
  }
  return {Edn::map(std::move(attributes))};
}

/// Datahike's `remove-before` says until when checkpoints were kept; without it they are for a day.
ShellValue collect_garbage(Arguments arguments) {
  GarbageOptions options;
  if (arguments.size() > 1) {
    auto const before = to_edn(arguments[1]).instant();
    if (!before) raise(Errc::transact_syntax, "Garbage is what was replaced before an #inst; found " + print(arguments[1]) + ".");
    auto const age = current_instant().milliseconds - *before;
    options.keep_for = std::chrono::milliseconds{age > 0 ? age : 0};
  }
  auto const report = conn_of(arguments[0]).collect_garbage(options);
  auto const number = [](std::uint64_t count) { return Edn::integer(static_cast<std::int64_t>(count)); };
  return {Edn::map({{Edn::keyword("branches"), number(report.branches)},
                    {Edn::keyword("older-checkpoints"), number(report.checkpoints)},
                    {Edn::keyword("live-nodes"), number(report.live)},
                    {Edn::keyword("dead-nodes"), number(report.dead)}})};
}

std::vector<ShellValue> elements_of(ShellValue const& value) {
  if (auto const* values = value.get<Values>()) return *values;
  auto const edn = to_edn(value);
  if (edn.is_nil()) return {};
  std::vector<ShellValue> elements;
  if (edn.is_map()) {
    for (std::size_t i = 0; i + 1 < edn.items().size(); i += 2) elements.push_back({Edn::vector({edn.items()[i], edn.items()[i + 1]})});
  } else {
    for (auto const& item : edn.items()) elements.push_back({item});
  }
  return elements;
}

ShellValue element(std::vector<ShellValue> elements, std::size_t at) {
  return at < elements.size() ? std::move(elements[at]) : nil();
}

/// How each function is called and what it gives, a line each.
ShellValue help(Arguments) {
  constexpr std::size_t widest = 45;
  std::string lines;
  auto const add = [&](std::string_view usage, std::string_view what) {
    lines.append(usage).append(usage.size() < widest ? widest - usage.size() : 1, ' ').append(what) += '\n';
  };
  add("(def name value)", "gives a value a name");
  for (auto const& function : functions()) add(function.usage, function.what);
  add("exit, quit, Ctrl-D", "end a prompt");
  lines.pop_back();
  return {Edn::string(lines)};
}

/// Of a string the characters, as many as Clojure counts: one that UTF-16 needs two units for is two.
std::size_t utf16_units(std::string_view text) {
  std::size_t units = 0;
  for (char const c : text) {
    auto const byte = static_cast<unsigned char>(c);
    units += (byte & 0xC0U) == 0x80U ? 0 : byte >= 0xF0U ? 2 : 1;
  }
  return units;
}

ShellValue count_things(Arguments arguments) {
  auto const number = [](std::size_t size) { return ShellValue{Edn::integer(static_cast<std::int64_t>(size))}; };
  if (arguments[0].get<Values>() != nullptr) return number(elements_of(arguments[0]).size());
  auto const edn = to_edn(arguments[0]);
  if (edn.is_string()) return number(utf16_units(edn.as_string()));
  if (!edn.is_nil() && !edn.is_sequence() && !edn.is_set() && !edn.is_map()) {
    raise(Errc::transact_syntax, "count wants a collection, and got " + notation::abbreviated(edn) + ".");
  }
  return number(elements_of(arguments[0]).size());
}

constexpr std::size_t any = 64;

// clang-format off: a table
constexpr std::array functions_by_name{
    Function{"help", "(help)", "this list", 0, 0, help},
    Function{"create-database", "(create-database config)", "an empty database; config: a directory, a URI or a map", 0, 1, [](Arguments a) { create<Backends>(config_of(a)); return nil(); }},
    Function{"delete-database", "(delete-database config)", "removes it for good", 0, 1, [](Arguments a) { destroy<Backends>(config_of(a)); return nil(); }},
    Function{"database-exists?", "(database-exists? config)", "whether it is there", 0, 1, [](Arguments a) { return ShellValue{Edn::boolean(exists<Backends>(config_of(a)))}; }},
    Function{"connect", "(connect config)", "a connection", 0, 1, [](Arguments a) { return ShellValue{std::make_shared<Conn>(connect<Backends>(config_of(a)))}; }},
    Function{"release", "(release conn)", "lets go of it", 1, 1, [](Arguments a) { conn_of(a[0]).release(); return nil(); }},
    Function{"stats", "(stats conn)", "figures", 1, 1, [](Arguments a) { return ShellValue{notation::parse(cairn::to_edn(conn_of(a[0]).stats()))}; }},
    Function{"gc-storage", "(gc-storage conn remove-before)", "removes what no branch needs", 1, 2, collect_garbage},
    Function{"gc-storage!", "(gc-storage! conn remove-before)", "the same", 1, 2, collect_garbage},
    Function{"transact", "(transact conn tx-data)", "commits maps, or [:db/add e a v]; gives a report", 2, 2, [](Arguments a) { return ShellValue{std::make_shared<Report const>(conn_of(a[0]).transact(TxData{to_edn(a[1])}))}; }},
    Function{"transact!", "(transact! conn tx-data)", "the same", 2, 2, [](Arguments a) { return ShellValue{std::make_shared<Report const>(conn_of(a[0]).transact(TxData{to_edn(a[1])}))}; }},
    Function{"db", "(db conn)", "the newest database", 1, 1, [](Arguments a) { return ShellValue{conn_of(a[0]).sync()}; }},
    Function{"deref", "@conn", "the same", 1, 1, [](Arguments a) { return a[0].get<ReportPtr>() != nullptr ? a[0] : ShellValue{conn_of(a[0]).sync()}; }},
    Function{"as-of", "(as-of db tx-or-instant)", "as it was then", 2, 2, [](Arguments a) { return at_time(a, [](auto const& db, auto time) { return db.as_of(time); }); }},
    Function{"since", "(since db tx-or-instant)", "what was said after that", 2, 2, [](Arguments a) { return at_time(a, [](auto const& db, auto time) { return db.since(time); }); }},
    Function{"history", "(history db)", "all that was ever said", 1, 1, [](Arguments a) { return ShellValue{db_of(a[0]).history()}; }},
    Function{"with", "(with db tx-data)", "what a transaction would do", 2, 2, [](Arguments a) { return ShellValue{std::make_shared<Report const>(db_of(a[0]).with(TxData{to_edn(a[1])}))}; }},
    Function{"db-with", "(db-with db tx-data)", "the database that it would leave", 2, 2, [](Arguments a) { return ShellValue{db_of(a[0]).with(TxData{to_edn(a[1])}).db_after}; }},
    Function{"datoms", "(datoms db index & components)", "of :eavt, :aevt or :avet", 2, 6, [](Arguments a) { return look_into_index(a, [](auto const& db, auto order, auto const& parts) { return list_of(db, db.datoms(order, parts)); }); }},
    Function{"seek-datoms", "(seek-datoms db index & components)", "from there to the end", 2, 6, [](Arguments a) { return look_into_index(a, [](auto const& db, auto order, auto const& parts) { return list_of(db, db.seek_datoms(order, parts)); }); }},
    Function{"rseek-datoms", "(rseek-datoms db index & components)", "from there to the begin", 2, 6, [](Arguments a) { return look_into_index(a, [](auto const& db, auto order, auto const& parts) { return list_of(db, db.rseek_datoms(order, parts)); }); }},
    Function{"index-range", "(index-range db attribute start end)", "by value", 2, 4, index_range},
    Function{"tx-range", "(tx-range conn from to)", "transactions, in order", 3, 3, tx_range},
    Function{"entity", "(entity db id)", "its attributes, as a map", 2, 2, [](Arguments a) { return ShellValue{db_of(a[0]).entity(entity_ref_of(to_edn(a[1])))}; }},
    Function{"touch", "(touch entity)", "the same", 1, 1, [](Arguments a) { return a[0]; }},
    Function{"entid", "(entid db ident)", "its number", 2, 2, [](Arguments a) { auto const id = db_of(a[0]).entid(entity_ref_of(to_edn(a[1]))); return id ? ShellValue{Edn::integer(*id)} : nil(); }},
    Function{"ident", "(ident db id)", "its name", 2, 2, [](Arguments a) { auto const ident = db_of(a[0]).ident(entity_ref_of(to_edn(a[1]))); return ident ? ShellValue{Edn::keyword(ident->text())} : nil(); }},
    Function{"schema", "(schema db)", "the attributes", 1, 1, schema_of},
    Function{"q", "(q query & inputs)", "'[:find ?e :where [?e :name]]", 1, any, call_q},
    Function{"explain", "(explain query & inputs)", "how a query is answered", 1, any, call_explain},
    Function{"pull", "(pull db pattern entity)", "'[*] and an entity's number or [:name \"Ivan\"]", 2, 3, call_pull},
    Function{"pull-many", "(pull-many db pattern entities)", "of several entities", 2, 3, call_pull_many},
    Function{"branches", "(branches conn)", "their names", 1, 1, call_branches},
    Function{"branch!", "(branch! conn from to)", "a new branch", 3, 3, call_branch},
    Function{"delete-branch!", "(delete-branch! conn branch)", "removes one", 2, 2, call_delete_branch},
    Function{"force-branch!", "(force-branch! conn db branch parents)", "makes a branch what db is", 3, 4, call_force_branch},
    Function{"merge!", "(merge! conn branch-or-parents & tx-data)", "takes over what another branch changed", 2, 3, call_merge},
    Function{"branch-as-db", "(branch-as-db conn branch)", "what a branch holds", 2, 2, call_branch_as_db},
    Function{"commit-as-db", "(commit-as-db conn commit)", "what a commit left", 2, 2, call_commit_as_db},
    Function{"commit-id", "(commit-id conn)", "of the newest commit", 1, 1, call_commit_id},
    Function{"parent-commit-ids", "(parent-commit-ids conn)", "what it was made from", 1, 1, call_parent_commit_ids},
    Function{"branch-history", "(branch-history conn)", "the commits of the branch", 1, 1, call_branch_history},
    Function{"diff", "(diff before after), (diff base ours theirs)", "what differs", 2, 3, call_diff},
    Function{"count", "(count things)", "how many", 1, 1, count_things},
    Function{"first", "(first things)", "of a list", 1, 1, [](Arguments a) { return element(elements_of(a[0]), 0); }},
    Function{"second", "(second things)", "of a list", 1, 1, [](Arguments a) { return element(elements_of(a[0]), 1); }},
    Function{"last", "(last things)", "of a list", 1, 1, [](Arguments a) { auto all = elements_of(a[0]); return all.empty() ? nil() : std::move(all.back()); }},
    Function{"get", "(get map key)", "what a key has", 2, 2, [](Arguments a) { auto const map = to_edn(a[0]); auto const* found = map.find(to_edn(a[1])); return found != nullptr ? ShellValue{*found} : nil(); }},
};
// clang-format on

}  // namespace

std::span<Function const> functions() { return functions_by_name; }

}  // namespace cairn::tool
