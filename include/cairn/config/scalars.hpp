// Copyright the Cairn authors
// SPDX-License-Identifier: BSL-1.0
// Fields that are one value: booleans, numbers, text, paths, secrets, enumerations, keywords, EDN.
#pragma once

#include <cairn/concepts/config_vocabulary.hpp>
#include <cairn/config/codec.hpp>
#include <cairn/config/edn_text.hpp>
#include <cairn/config/nearest.hpp>
#include <cairn/datom/keyword.hpp>
#include <cairn/edn/node.hpp>
#include <cairn/edn/reader.hpp>
#include <cairn/edn/uuid.hpp>
#include <cairn/meta/enum_names.hpp>
#include <cairn/meta/lazy.hpp>

#include <charconv>
#include <cmath>
#include <concepts>
#include <cstdint>
#include <filesystem>
#include <limits>
#include <optional>
#include <string>
#include <string_view>
#include <system_error>
#include <type_traits>
#include <utility>
#include <vector>

namespace cairn::config {

namespace detail {

/// Whether all of a text is a number that fits; what does not fit is told from what is no number.
template <class Number>
[[nodiscard]] std::errc parse_number(std::string_view text, Number& value) noexcept {
  auto const [end, error] = std::from_chars(text.data(), text.data() + text.size(), value);
  if (error == std::errc::invalid_argument || end != text.data() + text.size()) return std::errc::invalid_argument;
  return error;
}

template <class Type>
inline constexpr bool is_character =
    std::same_as<Type, char> || std::same_as<Type, wchar_t> || std::same_as<Type, char8_t> ||
    std::same_as<Type, char16_t> || std::same_as<Type, char32_t>;

/// A number that counts; a single character does not.
template <class Type>
concept IntegerField = std::integral<Type> && !std::same_as<Type, bool> && !is_character<Type> && sizeof(Type) <= 8;

template <class Type>
concept RealField = std::same_as<Type, float> || std::same_as<Type, double>;

/// Fields of these names hold a name, which may be written as a string, a keyword or a UUID.
[[nodiscard]] constexpr bool is_name_field(std::string_view key) noexcept { return key == "id" || key == "branch"; }

/// The text of a name, a keyword's without its colon; nothing of other forms.
template <meta::Lazy = {}>
[[nodiscard]] inline std::optional<std::string> read_name(notation::Form form) {
  if (form.is(notation::Kind::string)) return form.string();
  if (form.is(notation::Kind::keyword)) return std::string{form.name()};
  if (auto const uuid = form.uuid()) return notation::format_uuid(*uuid);
  return std::nullopt;
}

}  // namespace detail

template <>
struct FieldCodec<bool> {
  static std::string type_words() { return "boolean"; }
  static void read(notation::Form form, bool& value, Place const& place) {
    if (!form.is(notation::Kind::boolean)) return place.report_type("true or false", form);
    value = form.boolean();
  }
  static void read_text(std::string_view text, bool& value, Place const& place) {
    if (text != "true" && text != "false") return place.report_text("true or false");
    value = text == "true";
  }
  static void write(bool value, std::string& out) { out += value ? "true" : "false"; }
};

template <detail::IntegerField Type>
struct FieldCodec<Type> {
  static std::string type_words() { return "integer"; }
  static void read(notation::Form form, Type& value, Place const& place) {
    using notation::Kind;
    if (form.is(Kind::integer)) {
      if (!std::in_range<Type>(form.integer())) return report_range(place);
      value = static_cast<Type>(form.integer());
    } else if (form.is(Kind::bigint)) {
      read_text(form.digits(), value, place);  // the upper half of an unsigned one, or out of range
    } else {
      place.report_type("an integer", form);
    }
  }
  static void read_text(std::string_view text, Type& value, Place const& place) {
    Type parsed{};
    auto const error = detail::parse_number(text, parsed);
    if (error == std::errc{}) {
      value = parsed;
    } else if (error == std::errc::result_out_of_range || is_negative_integer(text)) {
      report_range(place);
    } else {
      place.report_text("an integer");
    }
  }
  static void write(Type value, std::string& out) {
    out += std::to_string(value);
    if (!std::in_range<std::int64_t>(value)) out += 'N';
  }

 private:
  /// An unsigned field takes no sign at all, yet `-1` is an integer, out of range.
  static bool is_negative_integer(std::string_view text) noexcept {
    return text.size() > 1 && text.front() == '-' && text.find_first_not_of("0123456789", 1) == std::string_view::npos;
  }
  static void report_range(Place const& place) {
    place.report(Errc::config_range, "must be an integer from " + std::to_string(std::numeric_limits<Type>::min()) +
                                         " to " + std::to_string(std::numeric_limits<Type>::max()));
  }
};

template <detail::RealField Type>
struct FieldCodec<Type> {
  static std::string type_words() { return "number"; }
  static void read(notation::Form form, Type& value, Place const& place) {
    if (form.is(notation::Kind::real)) {
      store(form.real(), value, place);
    } else if (form.is(notation::Kind::integer)) {
      store(static_cast<double>(form.integer()), value, place);
    } else {
      place.report_type("a number", form);
    }
  }
  static void read_text(std::string_view text, Type& value, Place const& place) {
    double parsed = 0;
    auto const error = detail::parse_number(text, parsed);
    if (error == std::errc::invalid_argument) return place.report_text("a number");
    store(error == std::errc{} ? parsed : std::numeric_limits<double>::infinity(), value, place);
  }
  static void write(Type value, std::string& out) {
    if (!std::isfinite(value)) {
      out += std::isnan(value) ? "##NaN" : value > 0 ? "##Inf" : "##-Inf";
      return;
    }
    char digits[64];
    std::string_view const text{digits, std::to_chars(digits, digits + sizeof digits, value).ptr};
    out += text;
    if (text.find_first_of(".e") == std::string_view::npos) out += ".0";
  }

 private:
  static void store(double parsed, Type& value, Place const& place) {
    if (!std::isfinite(parsed) || std::fabs(parsed) > static_cast<double>(std::numeric_limits<Type>::max())) {
      return place.report(Errc::config_range, "must be a finite number");
    }
    value = static_cast<Type>(parsed);
  }
};

template <>
struct FieldCodec<std::string> {
  static std::string type_words() { return "string"; }
  static void read(notation::Form form, std::string& value, Place const& place) {
    if (form.is(notation::Kind::string)) {
      value = form.string();
    } else if (!detail::is_name_field(place.key())) {
      place.report_type("a string", form);
    } else if (auto found = detail::read_name(form)) {
      value = *std::move(found);
    } else {
      place.report_type("a name: a string, a keyword or a UUID", form);
    }
  }
  static void read_text(std::string_view text, std::string& value, Place const&) { value = text; }
  static void write(std::string const& value, std::string& out) { out += edn_string(value); }
};

template <>
struct FieldCodec<std::filesystem::path> {
  static std::string type_words() { return "path"; }
  static void read(notation::Form form, std::filesystem::path& value, Place const& place) {
    if (!form.is(notation::Kind::string)) return place.report_type("a path in a string", form);
    read_text(form.string(), value, place);
  }
  static void read_text(std::string_view text, std::filesystem::path& value, Place const& place) {
    // The system would read a path only up to its first NUL.
    if (text.find('\0') != std::string_view::npos)
      return place.report(Errc::config_range, "must be a path without NUL characters");
    value = text;
  }
  static void write(std::filesystem::path const& value, std::string& out) { out += edn_string(value.native()); }
};

template <>
struct FieldCodec<Secret> {
  static std::string type_words() { return "secret"; }
  static void read(notation::Form form, Secret& value, Place const& place) {
    if (!form.is(notation::Kind::string)) return place.report_type("a secret in a string", form);
    value = Secret{form.string()};
  }
  static void read_text(std::string_view text, Secret& value, Place const&) { value = Secret{std::string{text}}; }
  static void write(Secret const&, std::string& out) { out += "\"****\""; }
};

template <>
struct FieldCodec<Keyword> {
  static std::string type_words() { return "keyword"; }
  static void read(notation::Form form, Keyword& value, Place const& place) {
    if (!form.is(notation::Kind::keyword)) return place.report_type("a keyword", form);
    value = Keyword{form.name()};
  }
  static void read_text(std::string_view text, Keyword& value, Place const& place) {
    std::string const spelled = text.starts_with(':') ? std::string{text} : ":" + std::string{text};
    std::vector<notation::Node> nodes;
    auto const result = notation::read_one(spelled, nodes);
    if (result.status != notation::ReadStatus::form) return place.report_text("a keyword");
    notation::Form const form{spelled, nodes.data(), result.root};
    if (!form.is(notation::Kind::keyword)) return place.report_text("a keyword");
    value = Keyword{form.name()};
  }
  static void write(Keyword value, std::string& out) { out.append(":").append(value.text()); }
};

template <meta::ReflectableEnum Enum>
struct FieldCodec<Enum> {
  static std::string type_words() {
    std::string words = "enum: ";
    for (auto const& [value, word] : meta::enumerators<Enum>) words.append(words.size() == 6 ? "" : "|").append(word);
    return words;
  }
  static void read(notation::Form form, Enum& value, Place const& place) {
    if (!form.is(notation::Kind::keyword)) return place.report_type("one of " + choices(), form);
    read_text(form.name(), value, place);
  }
  static void read_text(std::string_view text, Enum& value, Place const& place) {
    if (text.starts_with(':')) text.remove_prefix(1);
    if (auto const found = meta::enumerator_of<Enum>(text)) {
      value = *found;
      return;
    }
    std::vector<std::string_view> words;
    for (auto const& [known, word] : meta::enumerators<Enum>) words.push_back(word);
    std::string message = "must be one of " + choices();
    if (auto const near = nearest(text, words); !near.empty())
      message.append("; did you mean :").append(near).append("?");
    place.report(Errc::config_range, std::move(message));
  }
  static void write(Enum value, std::string& out) {
    auto const word = meta::enumerator_name(value);
    if (word.empty()) {
      out += std::to_string(static_cast<std::underlying_type_t<Enum>>(value));
    } else {
      out.append(":").append(word);
    }
  }

 private:
  static std::string choices() {
    std::string words;
    for (auto const& [value, word] : meta::enumerators<Enum>) words.append(words.empty() ? ":" : ", :").append(word);
    return words;
  }
};

template <>
struct FieldCodec<EdnText> {
  static std::string type_words() { return "edn"; }
  static void read(notation::Form form, EdnText& value, Place const&) {
    value = form.is(notation::Kind::nil) ? EdnText{} : EdnText{std::string{form.raw()}};
  }
  static void read_text(std::string_view text, EdnText& value, Place const& place) {
    std::vector<notation::Node> nodes;
    auto const result = notation::read_one(text, nodes);
    if (result.status != notation::ReadStatus::form) return place.report_text("EDN");
    read(notation::Form{text, nodes.data(), result.root}, value, place);
  }
  /// Text from C++ may be no EDN; then it is written as a string, so that the whole stays EDN.
  static void write(EdnText const& value, std::string& out) {
    std::vector<notation::Node> nodes;
    auto const result = notation::read_one(value.text(), nodes);
    if (value.empty()) {
      out += "nil";
    } else if (result.status == notation::ReadStatus::form) {
      out += notation::Form{value.text(), nodes.data(), result.root}.raw();
    } else {
      out += edn_string(value.text());
    }
  }
};

}  // namespace cairn::config
