// Copyright the Cairn authors
// SPDX-License-Identifier: BSL-1.0
// What a call is refused with.
#pragma once

#include <cairn/error/error.hpp>

#include <catch2/catch_tostring.hpp>

#include <optional>
#include <string>

// How Catch2 shows them where a law is broken.
template <>
struct Catch::StringMaker<cairn::Errc> {
  static std::string convert(cairn::Errc code) { return ":" + std::string{cairn::name(code)}; }
};
template <>
struct Catch::StringMaker<std::optional<cairn::Errc>> {
  static std::string convert(std::optional<cairn::Errc> const& code) { return code ? Catch::Detail::stringify(*code) : "no error"; }
};

namespace cairn::laws {

/// The code of the error that a call throws; nothing where it throws none.
template <class Call>
std::optional<Errc> code_of(Call call) {
  try {
    call();
  } catch (Error const& error) {
    return error.code();
  }
  return std::nullopt;
}

}  // namespace cairn::laws
