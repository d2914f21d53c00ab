// Copyright the Cairn authors
// SPDX-License-Identifier: BSL-1.0
// What a server makes of conditions, found out by trying.
#pragma once

#include <cairn/backends/common/root_version.hpp>
#include <cairn/backends/s3/client.hpp>
#include <cairn/backends/s3/keys.hpp>
#include <cairn/error/error.hpp>

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

namespace cairn::backends::s3::details {

/// How a server wants an ETag in If-Match.
enum class Quotes : std::uint8_t { with, without };

inline std::string if_match(std::string_view etag, Quotes quotes) {
  auto const quote = quotes == Quotes::with ? "\"" : "";
  return std::string{"If-Match: "} + quote + std::string{etag} + quote;
}
inline std::string if_absent() { return "If-None-Match: *"; }

[[noreturn]] inline void refuse_server(std::string const& what) {
  raise(Errc::io_error,
        "This S3 server " + what + ", so that two writers would overwrite each other's commits: its stores can be read, not written. "
        "Amazon S3, Ceph since Pacific and others keep conditions.",
        "{:conditional-writes false}");
}

/// Examines the server with an object of its own below the prefix, which is gone afterwards: an object must be created once only, replaced
/// only with the right ETag, and hold what was last accepted. Errors: `io/error` for a server that is not fit to be written.
inline Quotes probe(Client const& client, std::string const& prefix) {
  auto const key = prefix + "/probe-" + hexadecimal(common::random_epoch().substr(0, 8));
  struct Removal {
    Client const& client;
    std::string key;
    ~Removal() {
      try {
        client.remove({key});
      } catch (...) {  // NOLINT(bugprone-empty-catch): a few bytes that delete_store removes, too
      }
    }
  } const removal{client, key};
  std::string etag;
  auto const holds = [&](std::string_view body) {
    auto call = Client::get(key, 4096);
    client.perform(call);
    if (!call.answer.is_success() || call.is_exhausted) raise_answer(call, "read an object back");
    etag = call.answer.etag;
    return text_of(call.answer.body) == body;
  };
  auto const put = [&](std::string_view body, std::string condition) {
    auto call = Client::put(key, bytes_of(body), {std::move(condition)});
    client.perform(call);
    bool const is_refused = call.answer.status == 412 || call.answer.status == 404;
    if (call.answer.status == 501) refuse_server("has no conditional writes");
    if (call.is_exhausted || (!call.answer.is_success() && !is_refused)) raise_answer(call, "write an object to see what the server is like");
    // One that was repeated may be refused because it landed before.
    return !is_refused || (call.may_have_landed && holds(body));
  };
  if (!put("first", if_absent()) || !holds("first") || etag.empty()) refuse_server("did not keep an object that was new");
  if (put("again", if_absent())) refuse_server("ignores If-None-Match");
  for (auto const quotes : {Quotes::with, Quotes::without}) {
    if (put("stale", if_match("0123456789abcdef0123456789abcdef", quotes))) refuse_server("ignores If-Match");
  }
  if (!holds("first")) refuse_server("writes what it refuses");
  for (auto const quotes : {Quotes::with, Quotes::without}) {
    auto const stale = etag;
    if (!put("second", if_match(stale, quotes))) continue;
    if (put("third", if_match(stale, quotes)) || !holds("second")) refuse_server("ignores If-Match");
    return quotes;
  }
  refuse_server("refuses an If-Match with the right ETag");
}

}  // namespace cairn::backends::s3::details
