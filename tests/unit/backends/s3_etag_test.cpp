// Copyright the Cairn authors
// SPDX-License-Identifier: BSL-1.0
// How ETags are written, with servers that take one form of If-Match and not the other. What else S3 is, the tests with real servers show.
#include "laws/blob_store.hpp"

#include <cairn/backends/s3/backend.hpp>

#include <catch2/catch_test_macros.hpp>
#include <catch2/generators/catch_generators.hpp>

#include <arpa/inet.h>
#include <netinet/in.h>
#include <sys/socket.h>
#include <unistd.h>

#include <cctype>
#include <cstddef>
#include <cstdint>
#include <map>
#include <mutex>
#include <stdexcept>
#include <string>
#include <string_view>
#include <thread>
#include <vector>

namespace cairn::s3_etag {
namespace {

namespace s3 = backends::s3;
using s3::details::Quotes;

/// Just enough of HTTP and S3 for one client: objects, and conditions whose ETags must have the form that it was told. One connection a request.
class PickyServer {
 public:
  explicit PickyServer(Quotes wanted) : wanted_{wanted}, listener_{::socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0)} {
    sockaddr_in address{};
    address.sin_family = AF_INET;
    address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
    socklen_t size = sizeof address;
    auto* const any = reinterpret_cast<sockaddr*>(&address);
    if (listener_ < 0 || ::bind(listener_, any, size) != 0 || ::listen(listener_, 64) != 0 || ::getsockname(listener_, any, &size) != 0)
      throw std::runtime_error{"the server can't listen"};
    port_ = ntohs(address.sin_port);
    thread_ = std::thread{[this] { serve(); }};
  }
  PickyServer(PickyServer const&) = delete;
  PickyServer& operator=(PickyServer const&) = delete;
  ~PickyServer() {
    ::shutdown(listener_, SHUT_RDWR);
    thread_.join();
    ::close(listener_);
  }
  [[nodiscard]] s3::Config config() const {
    return {.bucket = "b", .endpoint = "http://127.0.0.1:" + std::to_string(port_), .access_key = "key", .secret_key = Secret{"secret"}, .retries = 0};
  }
  /// All conditions on an ETag that came.
  [[nodiscard]] std::vector<std::string> conditions() const {
    std::lock_guard const guard{mutex_};
    return conditions_;
  }

 private:
  struct Object {
    std::string body;
    std::string etag;
  };

  void serve() {
    for (int client; (client = ::accept4(listener_, nullptr, nullptr, SOCK_CLOEXEC)) >= 0; ::close(client)) {
      std::string request;
      std::size_t head = std::string::npos;
      std::size_t whole = std::string::npos;
      while (request.size() < whole) {
        char part[4096];
        auto const size = ::recv(client, part, sizeof part, 0);
        if (size <= 0) break;
        request.append(part, static_cast<std::size_t>(size));
        if (head == std::string::npos && (head = request.find("\r\n\r\n")) != std::string::npos) {
          auto const length = header(std::string_view{request}.substr(0, head + 2), "content-length");
          whole = head + 4 + (length.empty() ? 0 : std::stoul(length));
        }
      }
      if (head == std::string::npos || request.size() < whole) continue;
      auto const answer = answer_to(std::string_view{request}.substr(0, head + 2), request.substr(head + 4));
      static_cast<void>(::send(client, answer.data(), answer.size(), MSG_NOSIGNAL));
    }
  }

  [[nodiscard]] static std::string header(std::string_view head, std::string_view name) {
    for (auto at = head.find("\r\n"); at + 2 < head.size();) {
      auto const end = head.find("\r\n", at + 2);
      auto const line = head.substr(at + 2, end - at - 2);
      auto const colon = line.find(':');
      bool is_it = colon == name.size();
      for (std::size_t i = 0; is_it && i != colon; ++i) is_it = std::tolower(static_cast<unsigned char>(line[i])) == name[i];
      if (is_it) return std::string{line.substr(line.find_first_not_of(' ', colon + 1))};
      at = end;
    }
    return {};
  }
  [[nodiscard]] static std::string reply(std::string_view status, std::string_view etag = {}, std::string_view body = {}) {
    std::string made = "HTTP/1.1 " + std::string{status} + "\r\nConnection: close\r\nContent-Length: " + std::to_string(body.size()) + "\r\n";
    if (!etag.empty()) made += "ETag: \"" + std::string{etag} + "\"\r\n";
    return (made += "\r\n") += body;
  }

  std::string answer_to(std::string_view head, std::string body) {
    auto const method = head.substr(0, head.find(' '));
    auto const path = std::string{head.substr(method.size() + 1, head.find(' ', method.size() + 1) - method.size() - 1)};
    auto const found = objects_.find(path);
    bool const is_there = found != objects_.end();
    if (method == "PUT") {
      if (header(head, "if-none-match") == "*" && is_there) return reply("412 Precondition Failed");
      if (auto const condition = header(head, "if-match"); !condition.empty()) {
        {
          std::lock_guard const guard{mutex_};
          conditions_.push_back(condition);
        }
        auto const etag = is_there ? found->second.etag : std::string{};
        if (condition != (wanted_ == Quotes::with ? '"' + etag + '"' : etag)) return reply("412 Precondition Failed");
      }
      auto const etag = "etag" + std::to_string(++count_);
      objects_.insert_or_assign(path, Object{std::move(body), etag});
      return reply("200 OK", etag);
    }
    if (method == "DELETE") {
      objects_.erase(path);
      return reply("204 No Content");
    }
    if (method != "GET" || path.find('?') != std::string::npos) return reply("501 Not Implemented");
    if (!is_there) return reply("404 Not Found", {}, "<Error><Code>NoSuchKey</Code><Message>m</Message></Error>");
    return reply("200 OK", found->second.etag, found->second.body);
  }

  Quotes wanted_;
  int listener_;
  std::uint16_t port_ = 0;
  std::map<std::string, Object> objects_;
  mutable std::mutex mutex_;
  std::vector<std::string> conditions_;
  int count_ = 0;
  std::thread thread_;
};

}  // namespace

TEST_CASE("s3: ETags are written as the server wants them, with quotes or without") {
  auto const wanted = GENERATE(Quotes::with, Quotes::without);
  CAPTURE(static_cast<int>(wanted));
  std::vector<std::string> conditions;
  std::size_t probing = 0;
  {
    PickyServer const server{wanted};
    auto const config = server.config();
    s3::Backend::empty_store(config);
    auto connection = s3::Backend::connect_store(config);
    probing = server.conditions().size();
    auto const first = laws::commit(connection, "main", {}, "state");
    auto const second = laws::append(connection, "main", first, "frame");
    auto const third = laws::append(connection, "main", second, "frame");
    // Whoever connects later knows it from the store, and asks nobody again.
    auto other = s3::Backend::connect_store(config);
    static_cast<void>(laws::append(other, "main", third, "other"));
    CHECK(connection.begin().append("main", third, laws::bytes("stale")) == CommitResult::conflict);
    CHECK(laws::tail_of(other, "main") == std::vector<std::string>{"frame", "frame", "other"});
    auto const now = connection.root("main")->version;
    CHECK(connection.begin().drop("main", {}) == CommitResult::conflict);
    CHECK(connection.begin().drop("main", now) == CommitResult::committed);
    CHECK(connection.begin().drop("main", {}) == CommitResult::committed);
    conditions = server.conditions();
  }
  CHECK(conditions.size() == probing + 5);
  for (std::size_t i = probing; i != conditions.size(); ++i) {
    CHECK(conditions[i].starts_with('"') == (wanted == Quotes::with));
    CHECK(conditions[i].find("etag") == (wanted == Quotes::with ? 1U : 0U));
  }
}

}  // namespace cairn::s3_etag
