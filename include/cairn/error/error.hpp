// Copyright the Cairn authors
// SPDX-License-Identifier: BSL-1.0
// The one exception type.
#pragma once

#include <cairn/error/errc.hpp>

#include <exception>
#include <memory>
#include <string>
#include <utility>

namespace cairn {

/// The one exception that Cairn throws for what a user, a configuration or a store did; programming errors inside a
/// backend pass through as they are. Whoever catches it finds the database as it was: a call that throws has no effect,
/// but for `Errc::commit_unknown`, whose message says how to find out.
///
/// Copying shares the text and does not throw.
class Error : public std::exception {
 public:
  /// `message` says what is wrong and what to do. `data` is EDN text, a map: what a program may want to look at (`{:attribute :name}`).
  explicit Error(Errc code, std::string message, std::string data = "{}")
      : code_{code}, text_{std::make_shared<Text const>(Text{std::move(message), std::move(data)})} {}

  [[nodiscard]] Errc code() const noexcept { return code_; }
  [[nodiscard]] char const* what() const noexcept override { return text_->message.c_str(); }
  [[nodiscard]] std::string const& message() const noexcept { return text_->message; }
  /// The details, as the text of an EDN map.
  [[nodiscard]] std::string const& data() const noexcept { return text_->data; }

 private:
  struct Text {
    std::string message;
    std::string data;
  };

  Errc code_;
  std::shared_ptr<Text const> text_;
};

/// Throws `Error`; one out-of-line place, so that the paths that cannot fail stay small.
[[noreturn]] inline void raise(Errc code, std::string message, std::string data = "{}") {
  throw Error{code, std::move(message), std::move(data)};
}

/// What a blob store throws for an address where nothing is, and where it would be of no use to look again: `io/error` with `:absent true` in
/// its data, a map to which that is added. So the engine knows it from an error that passes.
[[noreturn]] inline void raise_absent_blob(std::string message, std::string const& data = "{}") {
  raise(Errc::io_error, std::move(message), "{:absent true" + (data == "{}" ? data.substr(1) : " " + data.substr(1)));
}
[[nodiscard]] inline bool is_absent_blob(Error const& error) noexcept {
  return error.code() == Errc::io_error && error.data().starts_with("{:absent true");
}

}  // namespace cairn
