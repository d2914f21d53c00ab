// Copyright the Cairn authors
// SPDX-License-Identifier: BSL-1.0
// How values come to be, and what their accessors find.
#pragma once

#include <cairn/edn/name.hpp>
#include <cairn/edn/number.hpp>
#include <cairn/edn/utf8.hpp>
#include <cairn/edn/value_class.hpp>
#include <cairn/edn/value_compare.hpp>
#include <cairn/error/error.hpp>
#include <cairn/meta/lazy.hpp>

#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace cairn::notation {

namespace detail {

/// Throws where `text`, with that suffix, is not a number of one of the two kinds.
template <meta::Lazy = {}>
inline void check_number(std::string_view text, char suffix, char const* message) {
  std::string token{text};
  if (token.empty() || token.back() != suffix) token += suffix;
  std::size_t const first_digit = token[0] == '-' || token[0] == '+' ? 1 : 0;
  bool const begins_like_one = first_digit < token.size() && is_digit(token[first_digit]);
  if (!begins_like_one || scan_number(token).error != nullptr) raise(Errc::edn_syntax, message);
}

template <meta::Lazy = {}>
inline void check_name(std::string_view text, bool keyword) {
  if (char const* const error = any_name_error(text, keyword)) {
    raise(Errc::edn_syntax, std::string{keyword ? "not a keyword: " : "not a symbol: "} + error);
  }
}

constexpr std::string_view without_colon(std::string_view text) noexcept {
  return !text.empty() && text[0] == ':' ? text.substr(1) : text;
}

}  // namespace detail

template <meta::Lazy>
inline Value Value::bigint(std::string_view digits) {
  detail::check_number(digits, 'N', "a bigint is an optional sign and digits without leading zeros");
  return {Kind::bigint, detail::canonical_bigint<std::string>(digits)};
}

template <meta::Lazy>
inline Value Value::decimal(std::string_view digits) {
  detail::check_number(digits, 'M', "a decimal is an optional sign, digits, and optionally a fraction and an exponent");
  return {Kind::decimal, detail::canonical_decimal<std::string>(digits)};
}

template <meta::Lazy>
inline Value Value::character(char32_t point) {
  if (!utf8::is_scalar(point)) raise(Errc::edn_syntax, "a character is a Unicode scalar value");
  return {Kind::character, point};
}

template <meta::Lazy>
inline Value Value::string(std::string text) {
  if (!utf8::is_valid(text)) raise(Errc::edn_syntax, "a string must be UTF-8");
  return {Kind::string, std::move(text)};
}

template <meta::Lazy>
inline Value Value::symbol(std::string_view text) {
  detail::check_name(text, false);
  return {Kind::symbol, std::string{text}};
}

template <meta::Lazy>
inline Value Value::keyword(std::string_view text) {
  text = detail::without_colon(text);
  detail::check_name(text, true);
  return {Kind::keyword, std::string{text}};
}

// A compound that goes takes those along that only it holds, and those theirs. What is deeper than a few of them waits until they
// are gone.
template <meta::Lazy>
inline void Value::take_apart(std::vector<Value>& items) noexcept {
  constexpr int most_nested = 32;
  constinit static thread_local int nested = 0;
  constinit static thread_local std::vector<std::vector<Value>>* waiting = nullptr;
  if (nested == 0) {
    std::vector<std::vector<Value>> all;
    waiting = &all;
    nested = 1;
    items.clear();
    while (!all.empty()) {
      auto next = std::move(all.back());
      all.pop_back();
      next.clear();
    }
    nested = 0;
    waiting = nullptr;
    return;
  }
  if (nested == most_nested) {
    try {
      waiting->push_back(std::move(items));
      return;
    } catch (...) {  // no memory for it: on with recursion
    }
  }
  ++nested;
  items.clear();
  --nested;
}

template <meta::Lazy>
inline Value Value::make_compound(Kind kind, std::vector<Value> items) {
  return {kind, std::make_shared<Compound const>(std::move(items), std::vector<std::uint32_t>{})};
}

template <meta::Lazy>
inline bool Value::sort_entries(std::vector<Value> const& items, std::vector<std::uint32_t>& order, std::uint32_t stride) {
  order.resize(items.size() / stride);
  for (std::size_t i = 0; i != order.size(); ++i) order[i] = static_cast<std::uint32_t>(i) * stride;
  std::sort(order.begin(), order.end(),
            [&](std::uint32_t a, std::uint32_t b) { return compare(items[a], items[b]) < 0; });
  return std::adjacent_find(order.begin(), order.end(),
                            [&](std::uint32_t a, std::uint32_t b) { return items[a] == items[b]; }) == order.end();
}

template <meta::Lazy>
inline Value Value::make_entries(Kind kind, std::vector<Value> items) {
  std::vector<std::uint32_t> order;
  if (!sort_entries(items, order, kind == Kind::map ? 2 : 1)) {
    raise(Errc::edn_syntax,
          kind == Kind::map ? "a key occurs twice in this map" : "an element occurs twice in this set");
  }
  return {kind, std::make_shared<Compound const>(std::move(items), std::move(order))};
}

template <meta::Lazy>
inline Value Value::list(std::vector<Value> items) { return make_compound(Kind::list, std::move(items)); }
template <meta::Lazy>
inline Value Value::vector(std::vector<Value> items) { return make_compound(Kind::vector, std::move(items)); }
template <meta::Lazy>
inline Value Value::set(std::vector<Value> items) { return make_entries(Kind::set, std::move(items)); }

template <meta::Lazy>
inline Value Value::map(std::vector<std::pair<Value, Value>> entries) {
  std::vector<Value> items;
  items.reserve(entries.size() * 2);
  for (auto& [key, value] : entries) {
    items.push_back(std::move(key));
    items.push_back(std::move(value));
  }
  return make_entries(Kind::map, std::move(items));
}

template <meta::Lazy>
inline Value Value::map_of(std::vector<Value> items, std::vector<std::uint32_t> order) {
  return {Kind::map, std::make_shared<Compound const>(std::move(items), std::move(order))};
}

template <meta::Lazy>
inline Value Value::tagged(std::string_view tag, Value value) {
  detail::check_name(tag, false);
  if (tag[0] == '_') raise(Errc::edn_syntax, "a tag must not begin with '_', which discards what follows");
  bool const is_instant = tag == "inst";
  if (is_instant || tag == "uuid") {
    bool const sound = value.is_string() &&
                       (is_instant ? parse_instant(value.text()).has_value() : parse_uuid(value.text()).has_value());
    if (!sound) raise(Errc::edn_syntax, is_instant ? "#inst needs an RFC 3339 string" : "#uuid needs a UUID's string");
    value = string(is_instant ? format_instant(*parse_instant(value.text())) : format_uuid(*parse_uuid(value.text())));
  }
  return make_compound(Kind::tagged, {Value{Kind::symbol, std::string{tag}}, std::move(value)});
}

template <meta::Lazy>
inline Value Value::instant(std::int64_t milliseconds) { return tagged("inst", string(format_instant(milliseconds))); }
template <meta::Lazy>
inline Value Value::uuid(UuidBytes const& bytes) { return tagged("uuid", string(format_uuid(bytes))); }

template <meta::Lazy>
inline Value Value::of(Form form) {
  switch (form.kind()) {
    case Kind::nil:
      return {};
    case Kind::boolean:
      return boolean(form.boolean());
    case Kind::integer:
      return integer(form.integer());
    case Kind::real:
      return real(form.real());
    case Kind::bigint:
    case Kind::decimal:
      return {form.kind(), form.digits()};
    case Kind::character:
      return {Kind::character, form.character()};
    case Kind::string:
      return {Kind::string, form.string()};
    case Kind::symbol:
    case Kind::keyword:
      return {form.kind(), std::string{form.name()}};
    default:
      break;
  }
  std::vector<Value> items;
  items.reserve(form.size());
  for (Form const child : form) items.push_back(of(child));
  switch (form.kind()) {
    case Kind::set:
    case Kind::map:
      return make_entries(form.kind(), std::move(items));
    case Kind::tagged:
      return tagged(items[0].text(), std::move(items[1]));
    default:
      return make_compound(form.kind(), std::move(items));
  }
}

template <meta::Lazy>
inline bool Value::is_keyword(std::string_view text) const noexcept {
  return is_keyword() && this->text() == detail::without_colon(text);
}

template <meta::Lazy>
inline std::optional<std::int64_t> Value::instant() const {
  return is_tagged() && tag() == "inst" ? parse_instant(tagged_value().text()) : std::nullopt;
}

template <meta::Lazy>
inline std::optional<UuidBytes> Value::uuid() const {
  return is_tagged() && tag() == "uuid" ? parse_uuid(tagged_value().text()) : std::nullopt;
}

template <meta::Lazy>
inline std::span<Value const> Value::items() const noexcept {
  auto const* const shared = std::get_if<std::shared_ptr<Compound const>>(&data_);
  return shared == nullptr ? std::span<Value const>{} : std::span<Value const>{(*shared)->items};
}

template <meta::Lazy>
inline std::span<std::uint32_t const> Value::order() const noexcept {
  auto const* const shared = std::get_if<std::shared_ptr<Compound const>>(&data_);
  return shared == nullptr ? std::span<std::uint32_t const>{} : std::span<std::uint32_t const>{(*shared)->order};
}

template <meta::Lazy>
inline Value const& Value::operator[](std::size_t i) const {
  if (!is_sequence()) refuse(Kind::vector);
  if (i >= items().size()) {
    raise(Errc::edn_syntax,
          "expected an item at place " + std::to_string(i) + ", found " + std::to_string(items().size()) + " items");
  }
  return items()[i];
}

template <meta::Lazy>
inline Value const* Value::entry_of(Value const& key) const {
  auto const places = order();
  auto const all = items();
  auto const found = std::lower_bound(places.begin(), places.end(), key, [&](std::uint32_t place, Value const& wanted) {
    return compare(all[place], wanted) < 0;
  });
  return found == places.end() || !(all[*found] == key) ? nullptr : &all[*found];
}

template <meta::Lazy>
inline Value const* Value::find(Value const& key) const {
  Value const* const entry = is_map() ? entry_of(key) : nullptr;
  return entry == nullptr ? nullptr : entry + 1;
}

template <meta::Lazy>
inline Value const* Value::find(std::string_view keyword) const noexcept {
  if (!is_map()) return nullptr;
  keyword = detail::without_colon(keyword);
  auto const places = order();
  auto const all = items();
  // Where a key of this rank and name would stand, without making one of the text.
  auto const found = std::partition_point(places.begin(), places.end(), [&](std::uint32_t place) {
    int const key_rank = detail::rank(all[place].kind());
    int const keyword_rank = detail::rank(Kind::keyword);
    if (key_rank != keyword_rank) return key_rank < keyword_rank;
    return detail::compare_names(all[place].text(), keyword) < 0;
  });
  if (found == places.end() || !all[*found].is_keyword() || all[*found].text() != keyword) return nullptr;
  return &all[*found + 1];
}

template <meta::Lazy>
inline Value const& Value::at(std::string_view keyword) const {
  if (!is_map()) refuse(Kind::map);
  if (Value const* const found = find(keyword)) return *found;
  raise(Errc::edn_syntax, "the key :" + std::string{detail::without_colon(keyword)} + " is missing in this map");
}

template <meta::Lazy>
inline void Value::refuse(Kind expected) const {
  raise(Errc::edn_syntax, "expected " + std::string{name(expected)} + ", found " + std::string{name(kind_)});
}

}  // namespace cairn::notation
