// Copyright the Cairn authors
// SPDX-License-Identifier: BSL-1.0
// Bytes as tests write them.
#pragma once

#include <string>
#include <string_view>

namespace cairn::test {

/// Bytes out of hexadecimal digits, and of text in single quotes.
inline std::string bytes(std::string_view notation) {
  constexpr std::string_view digits = "0123456789abcdef";
  std::string made;
  int high = -1;
  bool in_text = false;
  for (char const c : notation) {
    if (c == '\'') {
      in_text = !in_text;
    } else if (in_text) {
      made += c;
    } else if (c != ' ' && c != '\n') {
      auto const digit = static_cast<int>(digits.find(c));
      if (high >= 0) made += static_cast<char>(high * 16 + digit);
      high = high < 0 ? digit : -1;
    }
  }
  return made;
}

}  // namespace cairn::test
