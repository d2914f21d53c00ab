// Copyright the Cairn authors
// SPDX-License-Identifier: BSL-1.0
// What the tests of the Redis backend share.
#pragma once

#include "laws/blob_store.hpp"
#include "laws/own_service.hpp"

#include <cairn/backends/redis/backend.hpp>

#include <cstdint>
#include <initializer_list>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace cairn::test {

namespace redis = backends::redis;
using laws::bytes;
using laws::text;

/// A script of tests/services.
inline std::string script(std::string_view name) { return std::string{CAIRN_TEST_SERVICES} + "/" + std::string{name}; }

inline redis::Config config_of(OwnService const& service, std::string prefix = "cairn") {
  redis::Config config;
  config.port = service.value<std::uint16_t>("port");
  config.prefix = std::move(prefix);
  return config;
}

/// Speaks to a node as an administrator; what it answers, an error's text included.
inline std::string tell(std::uint16_t port, std::initializer_list<std::string_view> words) {
  redis::Config config;
  config.sync = Sync::relaxed;
  redis::details::Session session{config, {config.host, port}};
  auto const reply = session.ask(redis::details::Call{words});
  return std::string{reply.text()};
}
inline std::vector<std::string> list(std::uint16_t port, std::initializer_list<std::string_view> words) {
  redis::Config config;
  config.sync = Sync::relaxed;
  redis::details::Session session{config, {config.host, port}};
  auto const reply = session.ask(redis::details::Call{words});
  std::vector<std::string> all;
  for (std::size_t i = 0; i != reply.size(); ++i) all.emplace_back(reply[i].text());
  return all;
}

/// The error that a call throws.
template <class Function>
std::optional<Error> error_of(Function function) {
  try {
    function();
  } catch (Error const& error) {
    return error;
  }
  return std::nullopt;
}
inline bool mentions(std::optional<Error> const& error, std::string_view word) {
  return error && error->message().find(word) != std::string::npos;
}

}  // namespace cairn::test
