// Copyright the Cairn authors
// SPDX-License-Identifier: BSL-1.0
// What a backend's Config is written in, beyond the standard types.
#pragma once

#include <compare>
#include <cstddef>
#include <cstdint>
#include <functional>
#include <optional>
#include <string>
#include <string_view>
#include <utility>

namespace cairn {

/// A number of bytes; in text `64MiB`, `10kB`, `512`.
struct ByteSize {
  std::uint64_t bytes = 0;
  friend constexpr auto operator<=>(ByteSize const&, ByteSize const&) = default;
};

namespace literals {
constexpr ByteSize operator""_KiB(unsigned long long count) { return {count << 10U}; }
constexpr ByteSize operator""_MiB(unsigned long long count) { return {count << 20U}; }
constexpr ByteSize operator""_GiB(unsigned long long count) { return {count << 30U}; }
}  // namespace literals

namespace detail {

/// Overwrites a text, the room behind its end included, and empties it. Through a volatile pointer: a compiler leaves
/// out what nobody reads before the memory is given back.
inline void wipe(std::string& text) noexcept {
  text.resize(text.capacity());
  char volatile* const bytes = text.data();
  for (std::size_t i = 0; i != text.size(); ++i) bytes[i] = '\0';
  text.clear();
}

}  // namespace detail

/// Text that is never printed: no error, no statistics and no writer of configurations shows more of it than `****`,
/// nothing converts it and no stream takes it. What it held is overwritten when it is destroyed, assigned to or moved
/// from; what it was made from (a variable, a map's text, an argument) is its owner's to keep or to wipe.
class Secret {
 public:
  Secret() = default;
  // Copied, not moved: what a short text is moved out of still has its letters.
  explicit Secret(std::string text) : text_{text} { detail::wipe(text); }
  Secret(Secret const&) = default;
  Secret(Secret&& other) noexcept : text_{std::move(other.text_)} { detail::wipe(other.text_); }
  Secret& operator=(Secret const& other) {
    if (this != &other) *this = Secret{other};
    return *this;
  }
  Secret& operator=(Secret&& other) noexcept {
    if (this != &other) {
      detail::wipe(text_);
      text_ = std::move(other.text_);
      detail::wipe(other.text_);
    }
    return *this;
  }
  ~Secret() { detail::wipe(text_); }

  /// The text itself, for the one call that needs it.
  [[nodiscard]] std::string const& reveal() const noexcept { return text_; }
  [[nodiscard]] bool empty() const noexcept { return text_.empty(); }
  friend bool operator==(Secret const&, Secret const&) = default;

 private:
  std::string text_;
};

/// When a commit is acknowledged.
enum class Sync : std::uint8_t {
  /// After it is on the medium (the default).
  durable,
  /// After it is with the operating system: a loss of power may lose the last commits, never leave half of one.
  relaxed,
};

/// The variables that a configuration may come from. A value, so that tests and embedders decide what is in it; nothing
/// in Cairn reads the process environment behind its user's back.
class Environment {
 public:
  using Lookup = std::function<std::optional<std::string>(std::string_view name)>;
  /// An environment without variables.
  Environment() = default;
  explicit Environment(Lookup lookup) : lookup_{std::move(lookup)} {}
  [[nodiscard]] std::optional<std::string> get(std::string_view name) const {
    return lookup_ ? lookup_(name) : std::nullopt;
  }
  [[nodiscard]] std::string get_or(std::string_view name, std::string fallback) const {
    auto found = get(name);
    return found ? *std::move(found) : std::move(fallback);
  }

 private:
  Lookup lookup_;
};

/// The environment of this process, read at each look-up.
[[nodiscard]] Environment process_environment();

}  // namespace cairn

#include <cstdlib>

namespace cairn {

inline Environment process_environment() {
  return Environment{[](std::string_view name) -> std::optional<std::string> {
    char const* value = std::getenv(std::string{name}.c_str());  // NOLINT(concurrency-mt-unsafe): reads only
    return value != nullptr ? std::optional<std::string>{value} : std::nullopt;
  }};
}

}  // namespace cairn
