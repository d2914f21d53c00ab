// Copyright the Cairn authors
// SPDX-License-Identifier: BSL-1.0
// Keywords and symbols: interned names.
#pragma once

#include <algorithm>
#include <array>
#include <atomic>
#include <compare>
#include <cstddef>
#include <cstdint>
#include <cstring>
#include <functional>
#include <memory>
#include <mutex>
#include <shared_mutex>
#include <string>
#include <string_view>
#include <unordered_map>

namespace cairn {

namespace detail {

/// The text of a name and where its namespace ends. Lives for ever.
struct InternedName {
  std::string text;             // `person/name` or `name`
  std::size_t namespace_size{};  // 0 where there is none
};

/// The process-wide table of names. It only grows, as Clojure's does while a keyword is referred to: a name that is in a
/// database is used again, and equality is a comparison of pointers for it.
class NameTable {
 public:
  [[nodiscard]] InternedName const* intern(std::string_view text) {
    // Programs use few names again and again: most are found without a lock.
    auto& recent = recent_[place_of(text)];
    if (auto const* name = recent.load(std::memory_order_acquire); name != nullptr && name->text == text) return name;
    auto const* name = find_or_add(text);
    recent.store(name, std::memory_order_release);
    return name;
  }

  [[nodiscard]] static NameTable& instance() {
    static auto* table = new NameTable;  // never destroyed: static objects of a user's program may hold keywords
    return *table;
  }

 private:
  static constexpr std::size_t recent_size = 256;

  /// By the length and the bytes at both ends.
  [[nodiscard]] static std::size_t place_of(std::string_view text) noexcept {
    std::uint64_t head = text.size();
    std::uint64_t tail = 0;
    auto const length = (std::min)(text.size(), sizeof tail);
    if (length != 0) {
      std::uint64_t bytes = 0;
      std::memcpy(&bytes, text.data(), length);
      head += bytes;
      std::memcpy(&tail, text.data() + (text.size() - length), length);
    }
    return static_cast<std::size_t>(((head * 0x9E3779B97F4A7C15U) ^ (tail * 0xC2B2AE3D27D4EB4FU)) >> 56U);
  }

  [[nodiscard]] InternedName const* find_or_add(std::string_view text) {
    {
      std::shared_lock lock{mutex_};
      if (auto found = names_.find(text); found != names_.end()) return found->second.get();
    }
    std::unique_lock lock{mutex_};
    if (auto found = names_.find(text); found != names_.end()) return found->second.get();
    auto name = std::make_unique<InternedName>();
    name->text = text;
    // The first slash separates; a lone `/` is a name.
    auto slash = text.size() > 1 ? text.find('/') : std::string_view::npos;
    name->namespace_size = slash == std::string_view::npos ? 0 : slash;
    auto const* kept = name.get();
    names_.emplace(std::string_view{kept->text}, std::move(name));
    return kept;
  }

  std::array<std::atomic<InternedName const*>, recent_size> recent_{};
  std::shared_mutex mutex_;
  std::unordered_map<std::string_view, std::unique_ptr<InternedName>> names_;
};

/// What keywords and symbols have in common; `Self` keeps the two apart.
template <class Self>
class Name {
 public:
  /// The namespace, empty where there is none.
  [[nodiscard]] std::string_view ns() const noexcept {
    return std::string_view{name_->text}.substr(0, name_->namespace_size);
  }
  [[nodiscard]] std::string_view name() const noexcept {
    return std::string_view{name_->text}.substr(name_->namespace_size == 0 ? 0 : name_->namespace_size + 1);
  }
  /// Namespace and name, without a colon.
  [[nodiscard]] std::string_view text() const noexcept { return name_->text; }

  /// O(1): names are interned.
  friend bool operator==(Self left, Self right) noexcept { return left.name_ == right.name_; }
  /// By namespace, then name, in UTF-8 bytes; no namespace before any.
  friend std::strong_ordering operator<=>(Self left, Self right) noexcept {
    if (left.name_ == right.name_) return std::strong_ordering::equal;
    if (auto by_namespace = left.ns() <=> right.ns(); by_namespace != 0) return by_namespace;
    return left.name() <=> right.name();
  }

  /// For the value that holds it: the interned text itself.
  [[nodiscard]] InternedName const* interned() const noexcept { return name_; }

 protected:
  Name() : name_{empty()} {}
  explicit Name(InternedName const* name) : name_{name} {}
  explicit Name(std::string_view text) : name_{NameTable::instance().intern(text)} {}

 private:
  static InternedName const* empty() {
    static auto const* name = NameTable::instance().intern({});
    return name;
  }

  InternedName const* name_;
};

}  // namespace detail

/// A keyword such as `:person/name`. Trivially copyable; comparing for equality is O(1).
/// Thread safety: may be made and used on any thread.
class Keyword : public detail::Name<Keyword> {
 public:
  /// The empty keyword, which EDN cannot write: what a field is before it is given one.
  Keyword() = default;
  /// From its text, with or without the leading colon. O(length). Any text is taken: reading EDN is what checks names.
  explicit Keyword(std::string_view text) : Name{text.starts_with(':') ? text.substr(1) : text} {}
  explicit Keyword(detail::InternedName const* interned) : Name{interned} {}
};

/// A symbol such as `inc`. As `Keyword`.
class Symbol : public detail::Name<Symbol> {
 public:
  Symbol() = default;
  explicit Symbol(std::string_view text) : Name{text} {}
  explicit Symbol(detail::InternedName const* interned) : Name{interned} {}
};

/// A keyword, in the words of a query's or a transaction's arguments: `kw(":male")`.
[[nodiscard]] inline Keyword kw(std::string_view text) { return Keyword{text}; }

}  // namespace cairn

template <>
struct std::hash<cairn::Keyword> {
  std::size_t operator()(cairn::Keyword keyword) const noexcept { return std::hash<void const*>{}(keyword.interned()); }
};
template <>
struct std::hash<cairn::Symbol> {
  std::size_t operator()(cairn::Symbol symbol) const noexcept { return std::hash<void const*>{}(symbol.interned()); }
};
