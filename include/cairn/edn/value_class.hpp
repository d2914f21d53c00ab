// Copyright the Cairn authors
// SPDX-License-Identifier: BSL-1.0
// The class of EDN values; include value.hpp, which also has its functions.
#pragma once

#include <cairn/edn/form.hpp>
#include <cairn/edn/instant.hpp>
#include <cairn/edn/name.hpp>
#include <cairn/edn/node.hpp>
#include <cairn/edn/uuid.hpp>
#include <cairn/meta/lazy.hpp>

#include <compare>
#include <cstddef>
#include <cstdint>
#include <memory>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <utility>
#include <variant>
#include <vector>

namespace cairn::notation {

class Value;
template <meta::Lazy = {}>
std::weak_ordering compare(Value const& left, Value const& right);
template <meta::Lazy = {}>
bool operator==(Value const& left, Value const& right);

/// An immutable EDN value. Copies share compounds; the same value may be read from many threads. It may be nested as deep
/// as memory allows: nothing here recurses as deep as that, but `of`.
/// The factories make values that a writer can write and a reader reads back; they throw `Errc::edn_syntax` for text
/// that is not (a keyword with a space, a string that is not UTF-8, a key that is in the map already). The `as_...`
/// accessors throw `Errc::edn_syntax` for another kind, and say what was found.
class Value {
 public:
  Value() noexcept = default;  ///< nil

  [[nodiscard]] static Value nil() noexcept { return {}; }
  [[nodiscard]] static Value boolean(bool value) noexcept { return {Kind::boolean, value}; }
  [[nodiscard]] static Value integer(std::int64_t value) noexcept { return {Kind::integer, value}; }
  [[nodiscard]] static Value real(double value) noexcept { return {Kind::real, value}; }
  /// `[+-] digits`, with or without `N`.
  template <meta::Lazy = {}>
  [[nodiscard]] static Value bigint(std::string_view digits);
  /// `[+-] digits [. digits] [e [+-] digits]`, with or without `M`.
  template <meta::Lazy = {}>
  [[nodiscard]] static Value decimal(std::string_view digits);
  template <meta::Lazy = {}>
  [[nodiscard]] static Value character(char32_t point);
  template <meta::Lazy = {}>
  [[nodiscard]] static Value string(std::string text);
  template <meta::Lazy = {}>
  [[nodiscard]] static Value symbol(std::string_view text);
  /// With or without its colon.
  template <meta::Lazy = {}>
  [[nodiscard]] static Value keyword(std::string_view text);
  template <meta::Lazy = {}>
  [[nodiscard]] static Value list(std::vector<Value> items);
  template <meta::Lazy = {}>
  [[nodiscard]] static Value vector(std::vector<Value> items);
  template <meta::Lazy = {}>
  [[nodiscard]] static Value set(std::vector<Value> items);
  template <meta::Lazy = {}>
  [[nodiscard]] static Value map(std::vector<std::pair<Value, Value>> entries);
  /// Of keys and values in turn, and the places of the keys among them in the order of `compare`: O(n), where `map` has
  /// to sort. Requires: that is their order, and none is there twice.
  template <meta::Lazy = {}>
  [[nodiscard]] static Value map_of(std::vector<Value> items, std::vector<std::uint32_t> order);
  template <meta::Lazy = {}>
  [[nodiscard]] static Value tagged(std::string_view tag, Value value);
  /// `#inst`, of milliseconds since 1970.
  template <meta::Lazy = {}>
  [[nodiscard]] static Value instant(std::int64_t milliseconds);
  template <meta::Lazy = {}>
  [[nodiscard]] static Value uuid(UuidBytes const& bytes);
  /// What a reader saw. Linear, but for the sorting of maps and sets; recurses as deep as the form is nested.
  template <meta::Lazy = {}>
  [[nodiscard]] static Value of(Form form);

  [[nodiscard]] Kind kind() const noexcept { return kind_; }
  [[nodiscard]] bool is(Kind kind) const noexcept { return kind_ == kind; }
  [[nodiscard]] bool is_nil() const noexcept { return kind_ == Kind::nil; }
  [[nodiscard]] bool is_boolean() const noexcept { return kind_ == Kind::boolean; }
  [[nodiscard]] bool is_integer() const noexcept { return kind_ == Kind::integer; }
  [[nodiscard]] bool is_bigint() const noexcept { return kind_ == Kind::bigint; }
  [[nodiscard]] bool is_real() const noexcept { return kind_ == Kind::real; }
  [[nodiscard]] bool is_decimal() const noexcept { return kind_ == Kind::decimal; }
  [[nodiscard]] bool is_character() const noexcept { return kind_ == Kind::character; }
  [[nodiscard]] bool is_string() const noexcept { return kind_ == Kind::string; }
  [[nodiscard]] bool is_symbol() const noexcept { return kind_ == Kind::symbol; }
  [[nodiscard]] bool is_keyword() const noexcept { return kind_ == Kind::keyword; }
  [[nodiscard]] bool is_list() const noexcept { return kind_ == Kind::list; }
  [[nodiscard]] bool is_vector() const noexcept { return kind_ == Kind::vector; }
  [[nodiscard]] bool is_sequence() const noexcept { return is_list() || is_vector(); }
  [[nodiscard]] bool is_map() const noexcept { return kind_ == Kind::map; }
  [[nodiscard]] bool is_set() const noexcept { return kind_ == Kind::set; }
  [[nodiscard]] bool is_tagged() const noexcept { return kind_ == Kind::tagged; }
  /// Symbol or keyword of that text; a keyword's `text` begins with its colon.
  [[nodiscard]] bool is_symbol(std::string_view text) const noexcept { return is_symbol() && this->text() == text; }
  template <meta::Lazy = {}>
  [[nodiscard]] bool is_keyword(std::string_view text) const noexcept;
  /// Neither nil nor false.
  [[nodiscard]] bool is_truthy() const noexcept { return !is_nil() && !(is_boolean() && !std::get<bool>(data_)); }

  [[nodiscard]] bool as_boolean() const { return get<bool>(Kind::boolean); }
  [[nodiscard]] std::int64_t as_integer() const { return get<std::int64_t>(Kind::integer); }
  [[nodiscard]] double as_real() const { return get<double>(Kind::real); }
  [[nodiscard]] char32_t as_character() const { return get<char32_t>(Kind::character); }
  [[nodiscard]] std::string const& as_string() const { return get<std::string>(Kind::string); }
  /// `ns/name`.
  [[nodiscard]] std::string const& as_symbol() const { return get<std::string>(Kind::symbol); }
  /// `ns/name`, no colon.
  [[nodiscard]] std::string const& as_keyword() const { return get<std::string>(Kind::keyword); }
  /// Digits without `N` or `M`.
  [[nodiscard]] std::string const& as_bigint() const { return get<std::string>(Kind::bigint); }
  [[nodiscard]] std::string const& as_decimal() const { return get<std::string>(Kind::decimal); }
  /// The parts of a symbol or keyword; empty where there is no namespace.
  [[nodiscard]] std::string_view namespace_part() const { return notation::namespace_part(named()); }
  [[nodiscard]] std::string_view name_part() const { return notation::name_part(named()); }
  /// An `#inst`'s milliseconds, a `#uuid`'s bytes; nothing of any other value.
  template <meta::Lazy = {}>
  [[nodiscard]] std::optional<std::int64_t> instant() const;
  template <meta::Lazy = {}>
  [[nodiscard]] std::optional<UuidBytes> uuid() const;

  /// Children as they were written: the items of a list, vector or set; a map's keys and values in turn; a tagged
  /// value's tag (a symbol) and value. Empty for atoms.
  template <meta::Lazy = {}>
  [[nodiscard]] std::span<Value const> items() const noexcept;
  /// Items of a list, vector or set, entries of a map. 0 for atoms.
  [[nodiscard]] std::size_t size() const noexcept { return is_map() ? items().size() / 2 : items().size(); }
  [[nodiscard]] bool empty() const noexcept { return items().empty(); }
  /// Of a list or vector. Throws `Errc::edn_syntax` where there is no such item.
  template <meta::Lazy = {}>
  [[nodiscard]] Value const& operator[](std::size_t i) const;
  /// Of a map: entry `i` in the order of the text. Requires: `i < size()`.
  [[nodiscard]] Value const& key(std::size_t i) const noexcept { return items()[2 * i]; }
  [[nodiscard]] Value const& value(std::size_t i) const noexcept { return items()[2 * i + 1]; }
  [[nodiscard]] std::string const& tag() const { return compound(Kind::tagged).items[0].as_symbol(); }
  [[nodiscard]] Value const& tagged_value() const { return compound(Kind::tagged).items[1]; }

  /// A map's value of that key, or null. Null too where this is no map. O(log n).
  template <meta::Lazy = {}>
  [[nodiscard]] Value const* find(Value const& key) const;
  /// By keyword, with or without its colon. O(log n).
  template <meta::Lazy = {}>
  [[nodiscard]] Value const* find(std::string_view keyword) const noexcept;
  /// Whether a set has the element or a map the key. O(log n).
  [[nodiscard]] bool contains(Value const& key) const { return entry_of(key) != nullptr; }
  /// As `find`. Throws `Errc::edn_syntax`, naming the key, where it isn't there.
  template <meta::Lazy = {}>
  [[nodiscard]] Value const& at(std::string_view keyword) const;

  /// Of a map or set: the places of its keys or elements within `items()`, in the order of `compare`.
  template <meta::Lazy = {}>
  [[nodiscard]] std::span<std::uint32_t const> order() const noexcept;

  /// A total order: nil, booleans, numbers, characters, strings, symbols, keywords, sequences, sets, maps, tagged
  /// values. Numbers by value, then by kind (integer, bigint, double, decimal); the zeros are equal, NaN equals itself
  /// and follows all numbers. Strings by UTF-8 bytes, names by namespace then name, sequences and (sorted) sets and
  /// maps item by item, instants by time.
  template <meta::Lazy>
  friend std::weak_ordering compare(Value const& left, Value const& right);

  /// Lists equal vectors of the same items, order doesn't matter to maps and sets, 1 and 1.0 and 1N and 1M are four
  /// values, as are 1.0M and 1.00M.
  template <meta::Lazy>
  friend bool operator==(Value const& left, Value const& right);

 private:
  struct Compound {
    Compound(std::vector<Value> children, std::vector<std::uint32_t> places) noexcept
        : items{std::move(children)}, order{std::move(places)} {}
    Compound(Compound const&) = delete;
    Compound& operator=(Compound const&) = delete;
    ~Compound() { take_apart(items); }

    std::vector<Value> items;
    std::vector<std::uint32_t> order;  // maps and sets only
  };
  using Data =
      std::variant<std::monostate, bool, std::int64_t, double, char32_t, std::string, std::shared_ptr<Compound const>>;

  Value(Kind kind, Data data) noexcept : kind_{kind}, data_{std::move(data)} {}

  /// Destroys values that may be nested deeper than the stack would bear.
  template <meta::Lazy = {}>
  static void take_apart(std::vector<Value>& items) noexcept;
  /// The keys or elements of a map or set in order. False where one occurs twice.
  template <meta::Lazy = {}>
  static bool sort_entries(std::vector<Value> const& items, std::vector<std::uint32_t>& order, std::uint32_t stride);
  template <meta::Lazy = {}>
  static Value make_entries(Kind kind, std::vector<Value> items);
  template <meta::Lazy = {}>
  static Value make_compound(Kind kind, std::vector<Value> items);
  template <meta::Lazy = {}>
  static std::weak_ordering compare_compounds(Value const& left, Value const& right);
  template <meta::Lazy = {}>
  [[noreturn]] void refuse(Kind expected) const;
  template <meta::Lazy = {}>
  [[nodiscard]] Value const* entry_of(Value const& key) const;

  template <class T>
  [[nodiscard]] T const& get(Kind expected) const {
    if (kind_ != expected) refuse(expected);
    return *std::get_if<T>(&data_);
  }
  [[nodiscard]] Compound const& compound(Kind expected) const {
    return *get<std::shared_ptr<Compound const>>(expected);
  }
  [[nodiscard]] std::string const& text() const noexcept { return *std::get_if<std::string>(&data_); }
  [[nodiscard]] std::string const& named() const { return is_symbol() ? text() : as_keyword(); }

  Kind kind_ = Kind::nil;
  Data data_{};
};

using Values = std::vector<Value>;

}  // namespace cairn::notation
