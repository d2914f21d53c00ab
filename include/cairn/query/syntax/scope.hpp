// Copyright the Cairn authors
// SPDX-License-Identifier: BSL-1.0
// Which variable a name is, where it stands.
#pragma once

#include <cairn/edn/form.hpp>

#include <cstddef>
#include <cstdint>
#include <string_view>

namespace cairn::query::syntax {

/// The most variables that a query or one branch of a rule has; names are looked up one by one.
inline constexpr std::size_t most_variables = 2048;

/// The names that can be seen, innermost scope last. A closed scope sees nothing of the scopes around it but what it is
/// given.
class Scope {
 public:
  using Variable = std::uint16_t;

  /// The variable of a name that this scope has, or null. Valid until another name is added.
  [[nodiscard]] constexpr Variable const* find(notation::Form name) const noexcept {
    auto const hash = name.node().hash;
    auto const* const entries = entries_.data();
    for (std::size_t i = begin_, end = entries_.size(); i != end; ++i) {
      if (entries[i].hash == hash && notation::detail::are_same(entries[i].text, name.raw()))
        return &entries[i].variable;
    }
    return nullptr;
  }
  constexpr void add(notation::Form name, Variable variable) {
    entries_.push_back({name.node().hash, name.raw(), variable});
  }

  /// Opens a scope that sees nothing; returns what `close` wants.
  [[nodiscard]] constexpr std::size_t open() noexcept {
    std::size_t const before = begin_;
    begin_ = entries_.size();
    return before;
  }
  constexpr void close(std::size_t before) {
    entries_.resize(begin_);
    begin_ = before;
  }

 private:
  struct Entry {
    std::uint32_t hash = 0;
    std::string_view text{};
    Variable variable = 0;
  };
  Pool<Entry> entries_{};
  std::size_t begin_ = 0;
};

}  // namespace cairn::query::syntax
