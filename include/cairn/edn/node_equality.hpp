// Copyright the Cairn authors
// SPDX-License-Identifier: BSL-1.0
// Whether two nodes of one text stand for equal values.
#pragma once

#include <cairn/edn/char_buffer.hpp>
#include <cairn/edn/instant.hpp>
#include <cairn/edn/node.hpp>
#include <cairn/edn/number.hpp>
#include <cairn/edn/scan_text.hpp>
#include <cairn/edn/uuid.hpp>

#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <limits>
#include <string_view>
#include <utility>
#include <vector>

namespace cairn::notation::detail {

/// What a symbol's or keyword's node says, prefixes of the shell included.
constexpr std::string_view name_of(std::string_view raw) noexcept {
  // Without the calls of comparisons: a compiler that reads queries asks for names all the time.
  char const* const text = raw.data();
  if (text[0] == ':') return {text + 1, raw.size() - 1};
  if ((text[0] != '\'' && text[0] != '@') || raw.size() != 1) return raw;
  return text[0] == '@' ? "deref" : "quote";
}

constexpr double real_of(std::string_view raw) noexcept {
  if (raw == "##Inf") return std::numeric_limits<double>::infinity();
  if (raw == "##-Inf") return -std::numeric_limits<double>::infinity();
  if (raw == "##NaN") return std::numeric_limits<double>::quiet_NaN();
  return to_double(raw);
}

template <class Text>
constexpr Text string_of(std::string_view raw) {
  return unescape<Text>(raw.substr(1, raw.size() - 2));
}

class NodeEquality {
 public:
  constexpr NodeEquality(std::string_view text, std::vector<Node> const& nodes) noexcept : text_{text}, nodes_{nodes} {}

  /// Recurses as deep as the nodes are nested.
  [[nodiscard]] constexpr bool equal(std::uint32_t left, std::uint32_t right) const {
    Node const& a = nodes_[left];
    Node const& b = nodes_[right];
    if (a.hash != b.hash || a.children != b.children) return false;
    bool const sequences =
        (a.kind == Kind::list || a.kind == Kind::vector) && (b.kind == Kind::list || b.kind == Kind::vector);
    if (a.kind != b.kind && !sequences) return false;
    switch (a.kind) {
      case Kind::nil:
        return true;
      case Kind::boolean:
      case Kind::symbol:
      case Kind::keyword:
        return name_of(raw(a)) == name_of(raw(b));
      case Kind::integer:
        return to_integer(raw(a)) == to_integer(raw(b));
      case Kind::bigint:
        return canonical_bigint<CharBuffer>(raw(a)) == canonical_bigint<CharBuffer>(raw(b));
      case Kind::decimal:
        return canonical_decimal<CharBuffer>(raw(a)) == canonical_decimal<CharBuffer>(raw(b));
      case Kind::real: {
        double const x = real_of(raw(a));
        double const y = real_of(raw(b));
        return (x >= y && x <= y) || (x != x && y != y);
      }
      case Kind::character:
        return scan_character(raw(a).substr(1)).point == scan_character(raw(b).substr(1)).point;
      case Kind::string:
        if (!a.escaped && !b.escaped) return raw(a) == raw(b);
        return string_of<CharBuffer>(raw(a)) == string_of<CharBuffer>(raw(b));
      case Kind::list:
      case Kind::vector:
        return equal_in_order(left, right);
      case Kind::tagged:
        return equal_tagged(left, right);
      case Kind::map:
        return equal_in_any_order(left, right, true);
      case Kind::set:
        return equal_in_any_order(left, right, false);
    }
    return false;
  }

 private:
  [[nodiscard]] constexpr std::string_view raw(Node const& node) const noexcept {
    return text_.substr(node.begin, node.end - node.begin);
  }

  [[nodiscard]] constexpr bool equal_in_order(std::uint32_t left, std::uint32_t right) const {
    std::uint32_t a = left + 1;
    std::uint32_t b = right + 1;
    for (std::uint32_t i = 0; i != nodes_[left].children; ++i) {
      if (!equal(a, b)) return false;
      a = nodes_[a].next;
      b = nodes_[b].next;
    }
    return true;
  }

  /// Instants and UUIDs are what they mean; the reader has checked that they mean something.
  [[nodiscard]] constexpr bool equal_tagged(std::uint32_t left, std::uint32_t right) const {
    if (!equal(left + 1, right + 1)) return false;
    std::string_view const tag = raw(nodes_[left + 1]);
    auto const content = [&](std::uint32_t index) {
      std::string_view const quoted = raw(nodes_[nodes_[index + 1].next]);
      return quoted.substr(1, quoted.size() - 2);
    };
    if (tag == "inst") return parse_instant(content(left)) == parse_instant(content(right));
    if (tag == "uuid") return parse_uuid(content(left)) == parse_uuid(content(right));
    return equal_in_order(left, right);
  }

  [[nodiscard]] constexpr std::vector<std::uint32_t> entries_by_hash(std::uint32_t index, bool map) const {
    std::vector<std::uint32_t> entries;
    std::uint32_t child = index + 1;
    while (child != nodes_[index].next) {
      entries.push_back(child);
      child = nodes_[child].next;
      if (map) child = nodes_[child].next;
    }
    std::sort(entries.begin(), entries.end(), [&](std::uint32_t a, std::uint32_t b) {
      return std::pair{nodes_[a].hash, a} < std::pair{nodes_[b].hash, b};
    });
    return entries;
  }

  [[nodiscard]] constexpr bool equal_in_any_order(std::uint32_t left, std::uint32_t right, bool map) const {
    std::vector<std::uint32_t> const a = entries_by_hash(left, map);
    std::vector<std::uint32_t> const b = entries_by_hash(right, map);
    // Neither holds an element twice, so each element has at most one partner, and it stands in the same run of hashes.
    std::size_t run_begin = 0;
    for (std::size_t i = 0; i != a.size(); ++i) {
      if (i == 0 || nodes_[a[i]].hash != nodes_[a[i - 1]].hash) run_begin = i;
      bool found = false;
      for (std::size_t j = run_begin; j != b.size() && !found && nodes_[b[j]].hash == nodes_[a[i]].hash; ++j) {
        found = equal(a[i], b[j]) && (!map || equal(nodes_[a[i]].next, nodes_[b[j]].next));
      }
      if (!found) return false;
    }
    return true;
  }

  std::string_view text_;
  std::vector<Node> const& nodes_;
};

constexpr bool equal_nodes(std::string_view text, std::vector<Node> const& nodes, std::uint32_t left,
                           std::uint32_t right) {
  return NodeEquality{text, nodes}.equal(left, right);
}

}  // namespace cairn::notation::detail
