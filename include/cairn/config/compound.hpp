// Copyright the Cairn authors
// SPDX-License-Identifier: BSL-1.0
// Fields that hold others: optionals, vectors, nested aggregates.
#pragma once

#include <cairn/config/codec.hpp>
#include <cairn/config/nearest.hpp>
#include <cairn/config/quantities.hpp>
#include <cairn/config/scalars.hpp>
#include <cairn/edn/node.hpp>
#include <cairn/edn/position.hpp>
#include <cairn/edn/reader.hpp>
#include <cairn/meta/field_names.hpp>
#include <cairn/meta/lazy.hpp>

#include <array>
#include <concepts>
#include <cstddef>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <type_traits>
#include <utility>
#include <vector>

namespace cairn::config {

namespace detail {

template <class Type>
inline constexpr bool is_std_array = false;
template <class Type, std::size_t Size>
inline constexpr bool is_std_array<std::array<Type, Size>> = true;

/// A struct of fields; its own fields are checked where it is reflected, so that a message can name them.
template <class Type>
concept NestedConfig =
    meta::Reflectable<Type> && std::default_initializable<Type> && std::copyable<Type> && !is_std_array<Type> &&
    !std::same_as<Type, ByteSize>;

/// A value to read into.
template <class Type>
[[nodiscard]] Type fresh() {
  if constexpr (std::default_initializable<Type>) {
    return Type{};
  } else {
    return Type{std::string_view{}};  // a keyword
  }
}

/// What is wrong with a text that is no EDN, without its words: there may be secrets among them.
template <meta::Lazy = {}>
[[nodiscard]] inline std::string fault_of(std::string_view text, notation::ReadResult const& result) {
  auto const at = notation::position(text, result.offset);
  return "line " + std::to_string(at.line) + ", column " + std::to_string(at.column) + ": " +
         std::string{result.message};
}

/// Reads a text that must be EDN, as that of a nested field in a variable, and hands the form on.
template <class Use>
void with_edn(std::string_view text, std::string_view expected, Place const& place, Use&& use) {
  std::vector<notation::Node> nodes;
  auto const result = notation::read_one(text, nodes);
  if (result.status == notation::ReadStatus::form) return use(notation::Form{text, nodes.data(), result.root});
  place.report(Errc::config_type, "must be " + std::string{expected} + " as EDN; " + fault_of(text, result));
}

/// A key that can be shown: a short keyword of plain letters. What comes from a URI or a variable may be anything at
/// all.
[[nodiscard]] constexpr bool is_showable(std::string_view key) noexcept {
  constexpr auto is_letter = [](char c) { return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z'); };
  if (key.empty() || key.size() > 64 || !is_letter(key.front())) return false;
  bool has_namespace = false;
  for (std::size_t i = 0; i != key.size(); ++i) {
    char const c = key[i];
    if (c == '/') {
      if (std::exchange(has_namespace, true) || i + 1 == key.size() || !is_letter(key[i + 1])) return false;
    } else if (!is_letter(c) && !(c >= '0' && c <= '9') &&
               std::string_view{"-_.?!*+"}.find(c) == std::string_view::npos) {
      return false;
    }
  }
  return true;
}

/// Reports a key that no field has. `known` are the names of all that may stand there.
template <meta::Lazy = {}>
inline void report_unknown_key(std::string_view key, std::span<std::string_view const> known, Place const& place) {
  std::string all = known.empty() ? "there are no keys here" : "the known keys are";
  for (auto const word : known) all.append(" :").append(word);
  if (!is_showable(key))
    return place.report(Errc::config_unknown_key, "has a key that is none of its own; " + std::move(all));
  auto const near = nearest(key.ends_with('?') ? key.substr(0, key.size() - 1) : key, known);
  if (!near.empty()) all = "did you mean :" + std::string{near} + "?";
  place.field(key).report(Errc::config_unknown_key, "is unknown; " + std::move(all));
}

}  // namespace detail

/// Which fields of an aggregate were given, and where: the words of the source, empty where nothing did.
template <class Aggregate>
using Origins = std::array<std::string, meta::field_count<Aggregate>>;

/// Calls `visit(std::integral_constant<std::size_t, i>{})` for the field that a key names: `:x`, for booleans `:x?`
/// too. Whether there is one.
template <class Aggregate, class Visit>
bool visit_field(std::string_view key, Visit&& visit) {
  bool found = false;
  meta::for_each_index<meta::field_count<Aggregate>>([&]<std::size_t Index>(
                                                         std::integral_constant<std::size_t, Index> index) {
    constexpr std::string_view known = meta::field_name<Aggregate, Index>;
    constexpr bool is_flag = std::same_as<meta::FieldType<Aggregate, Index>, bool>;
    if (key == known || (is_flag && key.size() == known.size() + 1 && key.ends_with('?') && key.starts_with(known))) {
      found = true;
      visit(index);
    }
  });
  return found;
}

/// Reads fields by their types alone.
struct ByType {
  template <std::size_t Index, class Aggregate>
  static void read(notation::Form form, Aggregate& object, Place const& place) {
    FieldCodec<meta::FieldType<Aggregate, Index>>::read(form, meta::field<Index>(object), place);
  }
  template <std::size_t Index, class Aggregate>
  static void read_text(std::string_view text, Aggregate& object, Place const& place) {
    FieldCodec<meta::FieldType<Aggregate, Index>>::read_text(text, meta::field<Index>(object), place);
  }
};

/// Reads an EDN map into an aggregate, field by field as `Reader` does: what is not in it stays as it is. `origins`, if
/// not null, notes what was given. `also(key, value)` is asked first about each key and says whether it took it;
/// `also_known` are the keys that it takes.
template <class Reader = ByType, class Aggregate, class Also>
void read_fields(notation::Form form, Aggregate& object, Place const& place, Origins<Aggregate>* origins,
                 std::span<std::string_view const> also_known, Also&& also) {
  if (!form.is(notation::Kind::map)) return place.report_type("a map", form);
  std::array<bool, meta::field_count<Aggregate> + 1> seen{};
  for (auto at = form.begin(); at != form.end(); ++at) {
    notation::Form const key = *at;
    notation::Form const value = *++at;
    if (!key.is(notation::Kind::keyword)) {
      place.report(Errc::config_unknown_key,
                   std::string{"has "}.append(name(key.kind())).append(" for a key, where keywords are expected"));
      continue;
    }
    if (also(key.name(), value)) continue;
    bool const known =
        visit_field<Aggregate>(key.name(), [&]<std::size_t Index>(std::integral_constant<std::size_t, Index>) {
          Place const here = place.field(key.name());
          if (std::exchange(seen[Index], true))
            return here.report(Errc::config_mismatch, "is given twice, with and without ?");
          Reader::template read<Index>(value, object, here);
          if (origins != nullptr) (*origins)[Index] = place.source();
        });
    if (known) continue;
    std::vector<std::string_view> words{meta::field_names<Aggregate>.begin(), meta::field_names<Aggregate>.end()};
    words.insert(words.end(), also_known.begin(), also_known.end());
    detail::report_unknown_key(key.name(), words, place);
  }
}

template <class Type>
struct FieldCodec<std::optional<Type>> {
  static std::string type_words() { return "optional " + FieldCodec<Type>::type_words(); }
  static void read(notation::Form form, std::optional<Type>& value, Place const& place) {
    if (form.is(notation::Kind::nil)) return value.reset();
    Type inner = value.has_value() ? *value : detail::fresh<Type>();
    FieldCodec<Type>::read(form, inner, place);
    value = std::move(inner);
  }
  static void read_text(std::string_view text, std::optional<Type>& value, Place const& place) {
    Type inner = value.has_value() ? *value : detail::fresh<Type>();
    FieldCodec<Type>::read_text(text, inner, place);
    value = std::move(inner);
  }
  static void write(std::optional<Type> const& value, std::string& out) {
    if (value.has_value()) {
      FieldCodec<Type>::write(*value, out);
    } else {
      out += "nil";
    }
  }
};

template <class Type, class Allocator>
struct FieldCodec<std::vector<Type, Allocator>> {
  static std::string type_words() { return "vector of " + FieldCodec<Type>::type_words(); }
  static void read(notation::Form form, std::vector<Type, Allocator>& value, Place const& place) {
    if (!form.is(notation::Kind::vector)) return place.report_type("a vector", form);
    std::vector<Type, Allocator> elements;
    std::size_t index = 0;
    for (notation::Form const element : form) {
      Type inner = detail::fresh<Type>();
      FieldCodec<Type>::read(element, inner, place.element(index++));
      elements.push_back(std::move(inner));
    }
    value = std::move(elements);
  }
  static void read_text(std::string_view text, std::vector<Type, Allocator>& value, Place const& place) {
    detail::with_edn(text, "a vector", place, [&](notation::Form form) { read(form, value, place); });
  }
  static void write(std::vector<Type, Allocator> const& value, std::string& out) {
    out += '[';
    bool first = true;
    for (auto const& element : value) {
      if (!std::exchange(first, false)) out += ' ';
      FieldCodec<Type>::write(element, out);
    }
    out += ']';
  }
};

/// A map in a map; what one source leaves out, an earlier one may have given.
template <detail::NestedConfig Aggregate>
struct FieldCodec<Aggregate> {
  static std::string type_words() { return "map"; }
  static void read(notation::Form form, Aggregate& value, Place const& place) {
    read_fields(form, value, place, nullptr, {}, [](std::string_view, notation::Form) { return false; });
  }
  static void read_text(std::string_view text, Aggregate& value, Place const& place) {
    detail::with_edn(text, "a map", place, [&](notation::Form form) { read(form, value, place); });
  }
  static void write(Aggregate const& value, std::string& out) {
    out += '{';
    bool first = true;
    meta::for_each_field(value, [&]<class Type>(std::string_view name, Type const& field) {
      if (!std::exchange(first, false)) out += ' ';
      out.append(":").append(name).append(" ");
      FieldCodec<Type>::write(field, out);
    });
    out += '}';
  }
};

}  // namespace cairn::config
