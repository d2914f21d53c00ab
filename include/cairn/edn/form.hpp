// Copyright the Cairn authors
// SPDX-License-Identifier: BSL-1.0
// A form as seen through its nodes: what parsers walk, in the compiler and at run time.
#pragma once

#include <cairn/edn/instant.hpp>
#include <cairn/edn/name.hpp>
#include <cairn/edn/node.hpp>
#include <cairn/edn/node_equality.hpp>
#include <cairn/edn/number.hpp>
#include <cairn/edn/scan_text.hpp>
#include <cairn/edn/uuid.hpp>

#include <cstddef>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

namespace cairn::notation {

/// One form: a text, its nodes and an index. Small, copied freely; valid as long as the text and the nodes are.
/// The accessors that name a kind require it; `is` asks for it.
class Form {
 public:
  constexpr Form() noexcept = default;
  constexpr Form(std::string_view text, Node const* nodes, std::uint32_t index) noexcept
      : text_{text}, nodes_{nodes}, index_{index} {}

  [[nodiscard]] constexpr Node const& node() const noexcept { return nodes_[index_]; }
  [[nodiscard]] constexpr std::uint32_t index() const noexcept { return index_; }
  [[nodiscard]] constexpr Kind kind() const noexcept { return nodes_[index_].kind; }
  [[nodiscard]] constexpr bool is(Kind kind) const noexcept { return nodes_[index_].kind == kind; }
  [[nodiscard]] constexpr bool is_sequence() const noexcept { return is(Kind::list) || is(Kind::vector); }
  [[nodiscard]] constexpr bool is_symbol(std::string_view text) const noexcept {
    return is(Kind::symbol) && detail::are_same(name(), text);
  }
  /// `text` without a colon.
  [[nodiscard]] constexpr bool is_keyword(std::string_view text) const noexcept {
    return is(Kind::keyword) && detail::are_same(name(), text);
  }

  /// The form as it was written.
  [[nodiscard]] constexpr std::string_view raw() const noexcept {
    Node const& node = nodes_[index_];
    return {text_.data() + node.begin, node.end - node.begin};
  }
  /// The text that all offsets count in.
  [[nodiscard]] constexpr std::string_view whole_text() const noexcept { return text_; }
  [[nodiscard]] constexpr std::size_t offset() const noexcept { return node().begin; }

  // ---- atoms

  [[nodiscard]] constexpr bool boolean() const noexcept { return raw() == "true"; }
  [[nodiscard]] constexpr std::int64_t integer() const noexcept { return *detail::to_integer(raw()); }
  [[nodiscard]] constexpr double real() const noexcept { return detail::real_of(raw()); }
  /// Of a bigint or a decimal: its canonical text, without suffix.
  template <class Text = std::string>
  [[nodiscard]] constexpr Text digits() const {
    // Two returns: g++ 12 destroys a conditional expression's text twice in a constant expression.
    if (is(Kind::bigint)) return detail::canonical_bigint<Text>(raw());
    return detail::canonical_decimal<Text>(raw());
  }
  [[nodiscard]] constexpr char32_t character() const noexcept { return detail::scan_character(raw().substr(1)).point; }
  /// `string<CharBuffer>()` in constant expressions.
  template <class Text = std::string>
  [[nodiscard]] constexpr Text string() const {
    return detail::string_of<Text>(raw());
  }
  /// Of a symbol or keyword: `ns/name`, no colon.
  [[nodiscard]] constexpr std::string_view name() const noexcept { return detail::name_of(raw()); }

  /// The instant of an `#inst`, the bytes of a `#uuid`; nothing of any other form.
  [[nodiscard]] constexpr std::optional<std::int64_t> instant() const noexcept {
    return is(Kind::tagged) && tag() == "inst" ? parse_instant(tagged_content()) : std::nullopt;
  }
  [[nodiscard]] constexpr std::optional<UuidBytes> uuid() const noexcept {
    return is(Kind::tagged) && tag() == "uuid" ? parse_uuid(tagged_content()) : std::nullopt;
  }

  // ---- compounds

  /// Number of children; a map of n entries has 2n, a tagged value has 2, an atom none.
  [[nodiscard]] constexpr std::size_t size() const noexcept { return node().children; }
  /// Linear in `i`. Requires: `i < size()`.
  [[nodiscard]] constexpr Form operator[](std::size_t i) const noexcept {
    std::uint32_t child = index_ + 1;
    for (; i != 0; --i) child = nodes_[child].next;
    return {text_, nodes_, child};
  }
  [[nodiscard]] constexpr std::string_view tag() const noexcept { return (*this)[0].name(); }
  [[nodiscard]] constexpr Form tagged_value() const noexcept { return (*this)[1]; }
  /// The form behind this one, inside the same parent. Requires: there is one.
  [[nodiscard]] constexpr Form next() const noexcept { return {text_, nodes_, nodes_[index_].next}; }

  /// The form of another node of the same text.
  [[nodiscard]] constexpr Form at(std::uint32_t index) const noexcept { return {text_, nodes_, index}; }

  /// Of a map: the value of that keyword (without a colon). Linear.
  [[nodiscard]] constexpr std::optional<Form> find(std::string_view keyword) const noexcept {
    for (std::uint32_t key = index_ + 1; key != node().next;) {
      Form const found{text_, nodes_, key};
      Form const value = found.next();
      if (found.is_keyword(keyword)) return value;
      key = value.node().next;
    }
    return std::nullopt;
  }

  class Iterator;
  [[nodiscard]] constexpr Iterator begin() const noexcept;
  [[nodiscard]] constexpr Iterator end() const noexcept;

 private:
  constexpr std::string_view tagged_content() const noexcept {
    std::string_view const quoted = tagged_value().raw();
    return quoted.substr(1, quoted.size() - 2);
  }

  std::string_view text_;
  Node const* nodes_ = nullptr;
  std::uint32_t index_ = 0;
};

/// Walks the children of a form; a forward iterator that yields values.
class Form::Iterator {
 public:
  using value_type = Form;
  using difference_type = std::ptrdiff_t;
  constexpr Iterator() noexcept = default;
  constexpr explicit Iterator(Form at) noexcept : at_{at} {}
  constexpr Form operator*() const noexcept { return at_; }
  constexpr Iterator& operator++() noexcept {
    at_ = at_.next();
    return *this;
  }
  constexpr Iterator operator++(int) noexcept {
    Iterator const before = *this;
    ++*this;
    return before;
  }
  friend constexpr bool operator==(Iterator const& a, Iterator const& b) noexcept {
    return a.at_.index() == b.at_.index();
  }

 private:
  Form at_;
};

constexpr Form::Iterator Form::begin() const noexcept { return Iterator{Form{text_, nodes_, index_ + 1}}; }
constexpr Form::Iterator Form::end() const noexcept { return Iterator{Form{text_, nodes_, node().next}}; }

}  // namespace cairn::notation
