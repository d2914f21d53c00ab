// Copyright the Cairn authors
// SPDX-License-Identifier: BSL-1.0
// Values of the shell as text.
#include "value.hpp"

#include <cairn/edn/abbreviate.hpp>

#include <utility>

namespace cairn::tool {

namespace {

template <class... Cases>
struct Overloaded : Cases... {
  using Cases::operator()...;
};

/// The most that a form prints. What values share is counted each time that it is there, so that a few definitions may be more text than fits memory.
constexpr std::size_t most_text = std::size_t{256} << 20U;

[[noreturn]] void raise_too_long() {
  raise(Errc::edn_limit, "This is more than 256 MiB of text. Look at a part of it: (count it), or a query with a :limit.");
}

/// Appends a value, sets and maps in its order.
void add(std::string& text, Edn const& edn, bool sorted = true) {
  if (text.size() > most_text || !notation::write_to(text, edn, {.sorted = sorted, .max_bytes = most_text - text.size()})) raise_too_long();
}

Edn edn_of(DbEntity const& entity) {
  std::vector<std::pair<Edn, Edn>> entries;
  entries.emplace_back(Edn::keyword("db/id"), Edn::integer(entity.id()));
  auto const& db = entity.db();
  for (auto const& datom : db.datoms(eavt, entity.id())) {
    auto const* attribute = db.attribute(datom.a);
    bool const many = attribute != nullptr && attribute->is_many();
    auto value = cairn::to_edn(datom.v);
    if (attribute != nullptr && attribute->is_ref()) value = Edn::map({{Edn::keyword("db/id"), std::move(value)}});
    auto key = Edn::keyword(datom.a.text());
    if (!many) {
      entries.emplace_back(std::move(key), std::move(value));
    } else if (entries.back().first == key) {
      auto const before = entries.back().second.items();
      std::vector<Edn> elements(before.begin(), before.end());
      elements.push_back(std::move(value));
      entries.back().second = Edn::set(std::move(elements));
    } else {
      entries.emplace_back(std::move(key), Edn::set({std::move(value)}));
    }
  }
  return Edn::map(std::move(entries));
}

}  // namespace

Edn to_edn(ShellValue const& value) {
  return std::visit(Overloaded{
                        [](Edn const& edn) { return edn; },
                        [](DbDatom const& datom) { return to_edn(datom); },
                        [](Values const& values) {
                          std::vector<Edn> items;
                          items.reserve(values.size());
                          for (auto const& one : values) items.push_back(to_edn(one));
                          return Edn::list(std::move(items));
                        },
                        [](DbEntity const& entity) { return edn_of(entity); },
                        [](auto const&) -> Edn {
                          raise(Errc::transact_syntax, "A connection, a database or a report is no EDN value; it cannot be part of one.");
                        },
                    },
                    value.is);
}

std::string print(ShellValue const& value) {
  return std::visit(
      Overloaded{
          [](Database const& db) {
            return "#cairn/db {:max-tx " + std::to_string(db.max_tx()) + " :max-eid " + std::to_string(db.max_eid()) + "}";
          },
          [](ConnPtr const& conn) {
            return *conn ? "#cairn/connection {:max-tx " + std::to_string(conn->db().max_tx()) + "}"
                         : std::string{"#cairn/connection {:released true}"};
          },
          [](ReportPtr const& report) {
            std::vector<std::pair<Edn, Edn>> tempids;
            for (auto const& [name, id] : report->tempids) tempids.emplace_back(cairn::to_edn(name), Edn::integer(id));
            std::string text = "{:tx " + std::to_string(report->tx) + " :tempids ";
            add(text, Edn::map(std::move(tempids)));
            text += " :tx-data [";
            for (char const* separator = ""; auto const& datom : report->tx_data) {
              text += std::exchange(separator, " ");
              add(text, to_edn(DbDatom{datom, report->db_after}));
            }
            return text + "]}";
          },
          [](Values const& values) {
            std::string text = "(";
            for (char const* separator = ""; auto const& one : values) {
              text += std::exchange(separator, " ");
              text += print(one);
              if (text.size() > most_text) raise_too_long();
            }
            return text + ")";
          },
          [&](auto const&) {
            std::string text;
            add(text, to_edn(value));
            return text;
          },
      },
      value.is);
}

std::string form_text(Edn const& form) {
  std::string text;
  add(text, form, false);
  return text;
}

std::string brief(ShellValue const& value) {
  auto const* edn = value.get<Edn>();
  return edn != nullptr ? notation::abbreviated(*edn) : print(value).substr(0, 80);
}

std::string print(Error const& error) {
  std::string text = "#cairn/error {:code :";
  text += name(error.code());
  text += " :message ";
  notation::write_string_to(text, error.message());
  return text + "}";
}

}  // namespace cairn::tool
