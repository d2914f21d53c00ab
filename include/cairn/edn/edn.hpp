// Copyright the Cairn authors
// SPDX-License-Identifier: BSL-1.0
// EDN under the one name that users type: `cairn::edn`.
#pragma once

#include <cairn/edn/document.hpp>
#include <cairn/edn/form.hpp>
#include <cairn/edn/instant.hpp>
#include <cairn/edn/node.hpp>
#include <cairn/edn/parse.hpp>
#include <cairn/edn/reader.hpp>
#include <cairn/edn/uuid.hpp>
#include <cairn/edn/value.hpp>
#include <cairn/edn/write.hpp>
#include <cairn/meta/fixed_string.hpp>
#include <cairn/meta/lazy.hpp>

#include <compare>
#include <cstddef>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace cairn {

/// A value written as EDN: `cairn::edn("[1 2]")` is that vector, where a plain string would be a string.
/// It is also where everything about EDN is found: `edn::Value`, `edn::parse(text)`, `edn::document<"...">`.
/// A class and no namespace since C++ lets no namespace be called; the parts live in `cairn::notation`.
struct edn : notation::Value {
  /// Throws as `parse` does.
  template <meta::Lazy = {}>
  explicit edn(std::string_view text) : notation::Value{notation::parse(text)} {}

  using Value = notation::Value;
  using Kind = notation::Kind;
  using Node = notation::Node;
  using Form = notation::Form;
  using Document = notation::Document;
  using ReaderOptions = notation::ReaderOptions;
  using ReadStatus = notation::ReadStatus;
  using ReadResult = notation::ReadResult;
  using WriterOptions = notation::WriterOptions;
  using UuidBytes = notation::UuidBytes;

  template <meta::fixed_string Text, ReaderOptions Options = ReaderOptions{}>
  static constexpr notation::StaticDocument<Text, Options> document{};

  template <meta::Lazy = {}>
  static Value parse(std::string_view text, ReaderOptions const& options = {}) {
    return notation::parse(text, options);
  }
  template <meta::Lazy = {}>
  static std::vector<Value> parse_all(std::string_view text, ReaderOptions const& options = {}) {
    return notation::parse_all(text, options);
  }
  template <meta::Lazy = {}>
  static Document read(std::string text, ReaderOptions const& options = {}) {
    return notation::read(std::move(text), options);
  }
  static constexpr ReadResult read_next(std::string_view text, std::size_t offset, std::vector<Node>& nodes,
                                        ReaderOptions const& options = {}) {
    return notation::read_next(text, offset, nodes, options);
  }
  static constexpr ReadResult read_one(std::string_view text, std::vector<Node>& nodes,
                                       ReaderOptions const& options = {}) {
    return notation::read_one(text, nodes, options);
  }
  template <meta::Lazy = {}>
  static Error error_of(std::string_view text, ReadResult const& result) { return notation::error_of(text, result); }
  template <meta::Lazy = {}>
  static std::string write(Value const& value, WriterOptions const& options = {}) {
    return notation::write(value, options);
  }
  template <meta::Lazy = {}>
  static bool write_to(std::string& out, Value const& value, WriterOptions const& options = {}) {
    return notation::write_to(out, value, options);
  }
  template <meta::Lazy = {}>
  static std::weak_ordering compare(Value const& left, Value const& right) { return notation::compare(left, right); }
  static constexpr std::optional<std::int64_t> parse_instant(std::string_view text) noexcept {
    return notation::parse_instant(text);
  }
  template <meta::Lazy = {}>
  static std::string format_instant(std::int64_t milliseconds) { return notation::format_instant(milliseconds); }
  static constexpr std::optional<UuidBytes> parse_uuid(std::string_view text) noexcept {
    return notation::parse_uuid(text);
  }
  template <meta::Lazy = {}>
  static std::string format_uuid(UuidBytes const& bytes) { return notation::format_uuid(bytes); }
};

}  // namespace cairn
