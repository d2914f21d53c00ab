// Copyright the Cairn authors
// SPDX-License-Identifier: BSL-1.0
// What a Redis server answers, and what its errors mean.
#pragma once

#include <cairn/concepts/bytes.hpp>
#include <cairn/error/error.hpp>

#include <hiredis/hiredis.h>

#include <cstddef>
#include <cstdint>
#include <memory>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <utility>

namespace cairn::backends::redis::details {

/// A part of a reply, valid as long as the reply is.
class ReplyView {
 public:
  explicit ReplyView(redisReply const* reply) noexcept : reply_{reply} {}

  [[nodiscard]] bool is_nothing() const noexcept { return reply_->type == REDIS_REPLY_NIL; }
  [[nodiscard]] bool is_error() const noexcept { return reply_->type == REDIS_REPLY_ERROR; }
  [[nodiscard]] bool is_array() const noexcept { return reply_->type == REDIS_REPLY_ARRAY; }
  [[nodiscard]] bool is_text() const noexcept {
    return reply_->type == REDIS_REPLY_STRING || reply_->type == REDIS_REPLY_STATUS || reply_->type == REDIS_REPLY_ERROR;
  }
  /// Empty where it is no text.
  [[nodiscard]] std::string_view text() const noexcept { return is_text() ? std::string_view{reply_->str, reply_->len} : std::string_view{}; }
  [[nodiscard]] std::span<std::byte const> bytes() const noexcept { return std::as_bytes(std::span{text()}); }
  /// 0 where it is no array.
  [[nodiscard]] std::size_t size() const noexcept { return is_array() ? reply_->elements : 0; }
  [[nodiscard]] ReplyView operator[](std::size_t place) const noexcept { return ReplyView{reply_->element[place]}; }

 private:
  redisReply const* reply_;
};

/// A reply, shared by whoever holds a part of it.
class Reply : public ReplyView {
 public:
  explicit Reply(redisReply* reply) : Reply{std::shared_ptr<redisReply const>{reply, [](redisReply* last) { freeReplyObject(last); }}} {}
  /// The text without a copy.
  [[nodiscard]] Bytes shared_bytes() const { return Bytes{owner_, bytes()}; }

 private:
  explicit Reply(std::shared_ptr<redisReply const> owner) noexcept : ReplyView{owner.get()}, owner_{std::move(owner)} {}
  std::shared_ptr<redisReply const> owner_;
};

/// Whether an error's text begins with that word.
[[nodiscard]] inline bool says(std::string_view error, std::string_view word) noexcept {
  return error.starts_with(word) && (error.size() == word.size() || error[word.size()] == ' ');
}

/// Whether the server asks for patience: it is loading, a script of another runs for long, a cluster is choosing a new node or moving
/// the slot. Nothing has changed.
[[nodiscard]] inline bool is_passing(std::string_view error) noexcept {
  for (std::string_view const word : {"LOADING", "BUSY", "TRYAGAIN", "CLUSTERDOWN", "MASTERDOWN"})
    if (says(error, word)) return true;
  return false;
}

/// Where a cluster says that a slot is.
struct Redirection {
  std::string host;  ///< empty where it is the one that answered
  std::uint16_t port = 0;
  bool is_for_once = false;  ///< ASK: the slot is on its way there, and this node still answers for it
};
[[nodiscard]] inline std::optional<std::pair<std::string, std::uint16_t>> host_and_port(std::string_view text) {
  auto const colon = text.rfind(':');
  if (colon == std::string_view::npos || text.size() - colon > 6 || text.size() - colon < 2) return std::nullopt;
  unsigned port = 0;
  for (char const digit : text.substr(colon + 1)) {
    if (digit < '0' || digit > '9') return std::nullopt;
    port = port * 10 + static_cast<unsigned>(digit - '0');
  }
  if (port == 0 || port > 65535) return std::nullopt;
  return std::pair{std::string{text.substr(0, colon)}, static_cast<std::uint16_t>(port)};
}
/// `MOVED 3999 127.0.0.1:6381` and `ASK ...`.
[[nodiscard]] inline std::optional<Redirection> redirection_of(std::string_view error) {
  bool const is_for_once = says(error, "ASK");
  if (!is_for_once && !says(error, "MOVED")) return std::nullopt;
  auto place = host_and_port(error.substr(error.rfind(' ') + 1));
  if (!place) return std::nullopt;
  return Redirection{std::move(place->first), place->second, is_for_once};
}

/// The first word of an error, where it is one: a message may have anything in it.
[[nodiscard]] inline std::string word_of(std::string_view error) {
  auto const word = error.substr(0, error.find(' '));
  bool const is_word = !word.empty() && word.size() <= 16 && word.find_first_not_of("ABCDEFGHIJKLMNOPQRSTUVWXYZ") == std::string_view::npos;
  return std::string{is_word ? word : std::string_view{"ERR"}};
}

/// Throws what an error of the server means.
[[noreturn]] inline void raise_error(std::string_view error, std::string_view what) {
  auto code = Errc::io_error;
  std::string_view advice = "Look at the server's log.";
  if (says(error, "OOM")) {
    code = Errc::io_full;
    advice = "The server's memory is used up: raise its maxmemory, or remove what is not needed.";
  } else if (says(error, "MISCONF")) {
    code = Errc::io_full;
    advice = "The server can't write to its disk: make room there.";
  } else if (says(error, "NOAUTH") || says(error, "WRONGPASS") || error.find("invalid password") != std::string_view::npos ||
             error.find("without any password") != std::string_view::npos) {
    advice = "Look at :user and :password.";
  } else if (says(error, "NOPERM") || error.find("The user executing the script can't") != std::string_view::npos) {
    code = Errc::io_denied;
    advice = "The server's access list must let this user run scripts, and read and write the keys of :prefix.";
  } else if (says(error, "READONLY")) {
    code = Errc::io_read_only;
    advice = "That server is a replica: name the one that it follows.";
  } else if (says(error, "WRONGTYPE")) {
    code = Errc::store_format;
    advice = "Another program uses keys of this :prefix: choose another one.";
  } else if (says(error, "MOVED") || says(error, "ASK")) {
    advice = "The cluster sends from node to node: look at its state.";
  } else if (is_passing(error)) {
    advice = "It said so for as long as :timeout: try again when it is ready.";
  }
  auto const word = word_of(error);
  raise(code, "Redis could not " + std::string{what} + ": " + std::string{error} + ". " + std::string{advice}, "{:redis/error \"" + word + "\"}");
}

}  // namespace cairn::backends::redis::details
