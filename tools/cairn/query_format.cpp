// Copyright the Cairn authors
// SPDX-License-Identifier: BSL-1.0
// Answers as JSON, CSV and tables.
#include "query_format.hpp"

#include "text_table.hpp"

#include <cmath>
#include <string_view>

namespace cairn::tool {

namespace {

void add_json_string(std::string& out, std::string_view text) {
  out += '"';
  for (char const c : text) {
    auto const byte = static_cast<unsigned char>(c);
    if (c == '"' || c == '\\') {
      (out += '\\') += c;
    } else if (c == '\n') {
      out += "\\n";
    } else if (byte < 0x20 || byte == 0x7F) {
      constexpr std::string_view digits = "0123456789abcdef";
      ((out += "\\u00") += digits[byte >> 4U]) += digits[byte & 0xFU];
    } else {
      out += c;
    }
  }
  out += '"';
}

/// As a person reads it: strings, keywords and symbols without quotes and colons, what is tagged without its tag.
std::string plain_text(Edn const& value) {
  if (value.is_string()) return value.as_string();
  if (value.is_keyword()) return value.as_keyword();
  if (value.is_tagged() && value.items()[1].is_string()) return value.items()[1].as_string();
  return notation::write(value, {.sorted = true});
}

void add_json_atom(std::string& out, Edn const& value) {
  if (value.is_nil() || value.is_boolean() || value.is_integer() || value.is_real()) {
    bool const finite = !value.is_real() || std::isfinite(value.as_real());
    out += value.is_nil() || !finite ? "null" : notation::write(value);
  } else if (value.is_bigint()) {
    out += value.as_bigint();
  } else if (value.is_decimal()) {
    out += value.as_decimal();
  } else {
    add_json_string(out, plain_text(value));
  }
}

/// Without recursion: what is pulled may be nested deeper than the stack would bear.
void add_json(std::string& out, Edn const& value) {
  struct Open {
    Edn const* edn;
    std::size_t at;
  };
  std::vector<Open> open;
  for (auto const* one = &value;;) {
    if (one->is_map() || one->is_sequence() || one->is_set()) {
      out += one->is_map() ? '{' : '[';
      open.push_back({one, 0});
    } else {
      add_json_atom(out, *one);
    }
    for (; !open.empty() && open.back().at == open.back().edn->size(); open.pop_back()) out += open.back().edn->is_map() ? '}' : ']';
    if (open.empty()) return;
    auto& [edn, at] = open.back();
    if (at != 0) out += ',';
    auto place = edn->order().empty() ? (edn->is_map() ? 2 * at : at) : edn->order()[at];
    ++at;
    if (edn->is_map()) {
      add_json_string(out, plain_text(edn->items()[place++]));
      out += ':';
    }
    one = &edn->items()[place];
  }
}

void add_csv(std::string& out, std::string const& cell) {
  if (cell.find_first_of(",\"\r\n") == std::string::npos) {
    out += cell;
    return;
  }
  out += '"';
  for (char const c : cell) {
    if (c == '"') out += '"';
    out += c;
  }
  out += '"';
}

}  // namespace

std::string to_json(Edn const& value) {
  std::string out;
  add_json(out, value);
  return out;
}

std::string to_csv(QueryResult const& result, std::vector<std::string> const& names) {
  std::string out;
  for (std::size_t i = 0; i != names.size(); ++i) {
    if (i != 0) out += ',';
    add_csv(out, names[i]);
  }
  out += '\n';
  for (auto const row : result) {
    for (std::size_t i = 0; i != row.size(); ++i) {
      if (i != 0) out += ',';
      auto const value = row.edn(i);
      if (!value.is_nil())
        add_csv(out, value.is_string() ? value.as_string() : notation::write(value, {.sorted = true}));
    }
    out += '\n';
  }
  return out;
}

std::string to_table(QueryResult const& result, std::vector<std::string> const& names) {
  std::vector<std::vector<std::string>> rows{names};
  std::vector<bool> right(names.size(), true);
  for (auto const row : result) {
    auto& cells = rows.emplace_back();
    for (std::size_t i = 0; i != row.size(); ++i) {
      auto const value = row.edn(i);
      if (!value.is_integer() && !value.is_real()) right[i] = false;
      cells.push_back(notation::write(value, {.sorted = true}));
    }
  }
  return text_table(rows, right, "row", result.size());
}

}  // namespace cairn::tool
