// Copyright the Cairn authors
// SPDX-License-Identifier: BSL-1.0
// How a field of some type is read and written.
#pragma once

#include <cairn/config/place.hpp>
#include <cairn/edn/form.hpp>

#include <concepts>
#include <string>
#include <string_view>

namespace cairn::config {

/// How fields of a type are read and written. Specialise it for a type of your own:
///
/// ```cpp
/// template <>
/// struct cairn::config::FieldCodec<Colour> {
///   static std::string type_words();                                              // "colour", for tables
///   static void read(notation::Form form, Colour& value, Place const& place);     // out of an EDN map
///   static void read_text(std::string_view text, Colour& value, Place const&);    // out of a variable or a URI
///   static void write(Colour const& value, std::string& out);                     // as EDN
/// };
/// ```
///
/// Reading reports what is wrong to `place` and then leaves the value as it was; it does not throw.
template <class Type>
struct FieldCodec;

/// A type that a field of a configuration may have.
template <class Type>
concept ConfigField = requires(notation::Form form, std::string_view text, Type& value, Type const& constant,
                               Place const& place, std::string& out) {
  { FieldCodec<Type>::type_words() } -> std::convertible_to<std::string>;
  FieldCodec<Type>::read(form, value, place);
  FieldCodec<Type>::read_text(text, value, place);
  FieldCodec<Type>::write(constant, out);
};

/// A value as EDN; secrets as `"****"`.
template <ConfigField Type>
[[nodiscard]] std::string to_text(Type const& value) {
  std::string text;
  FieldCodec<Type>::write(value, text);
  return text;
}

}  // namespace cairn::config
