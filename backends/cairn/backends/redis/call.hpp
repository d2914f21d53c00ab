// Copyright the Cairn authors
// SPDX-License-Identifier: BSL-1.0
// What a Redis server is asked, and how that is written.
#pragma once

#include <cairn/backends/redis/scripts.hpp>

#include <array>
#include <initializer_list>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace cairn::backends::redis::details {

/// The digests by which the server knows the scripts; empty where it didn't take one.
using Digests = std::array<std::string, script_texts.size()>;

/// A script with its keys and arguments, or a command of words. What it looks at must live as long as it does.
class Call {
 public:
  Call(std::initializer_list<std::string_view> words) : words_{words} {}
  explicit Call(std::vector<std::string_view> words) : words_{std::move(words)} {}
  Call(Script script, std::vector<std::string> keys, std::vector<std::string_view> words)
      : script_{script}, keys_{std::move(keys)}, words_{std::move(words)} {}

  [[nodiscard]] std::optional<Script> script() const noexcept { return script_; }

  /// Appends it to `out` as the protocol has it; a script by its digest, or with its text where that is empty. Linear in all of it.
  void write(std::string& out, std::string_view digest = {}) const {
    std::size_t size = 64;
    for (auto const& key : keys_) size += key.size() + 32;
    for (auto const word : words_) size += word.size() + 32;
    out.reserve(out.size() + size);
    begin(out, '*', words_.size() + (script_ ? keys_.size() + 3 : 0));
    if (script_) {
      add(out, digest.empty() ? "EVAL" : "EVALSHA");
      add(out, digest.empty() ? text_of(*script_) : digest);
      add(out, std::to_string(keys_.size()));
      for (auto const& key : keys_) add(out, key);
    }
    for (auto const word : words_) add(out, word);
  }

 private:
  static void begin(std::string& out, char kind, std::size_t number) {
    out += kind;
    out += std::to_string(number);
    out += "\r\n";
  }
  static void add(std::string& out, std::string_view word) {
    begin(out, '$', word.size());
    out += word;
    out += "\r\n";
  }

  std::optional<Script> script_{};
  std::vector<std::string> keys_{};
  std::vector<std::string_view> words_;
};

}  // namespace cairn::backends::redis::details
