// Copyright the Cairn authors
// SPDX-License-Identifier: BSL-1.0
// One request to a server and its answer, on libcurl's handles.
#pragma once

#include <cairn/backends/s3/endpoint.hpp>
#include <cairn/backends/s3/text.hpp>
#include <cairn/error/error.hpp>

#include <array>
#include <charconv>
#include <chrono>
#include <cstddef>
#include <cstdint>
#include <cstdio>
#include <cstring>
#include <curl/curl.h>
#include <memory>
#include <new>
#include <string>
#include <string_view>
#include <type_traits>
#include <utility>
#include <vector>

namespace cairn::backends::s3::details {

struct Request {
  enum class Method : std::uint8_t { get, put, remove };
  Method method = Method::get;
  std::string key{};                   ///< of the object; empty is the bucket itself
  std::string query{};                 ///< encoded, its parameters in the order of their names
  std::vector<std::string> headers{};  ///< `Name: value`
  std::string range{};                 ///< `first-last` of a get's bytes; empty is all
  ByteSpan body{};                     ///< of a put; outlives the request
  std::size_t longest_answer = std::size_t{1} << 20U;
};

struct Answer {
  CURLcode result = CURLE_OK;
  long status = 0;  ///< 0 where none came
  std::string etag{};  ///< without quotes
  std::vector<std::byte> body{};
  std::string fault{};  ///< libcurl's words for the result
  std::chrono::milliseconds retry_after{0};
  /// libcurl sent the body again, since a connection that was kept had died: the server may have done what it asks twice.
  bool was_sent_again = false;
  [[nodiscard]] bool is_success() const noexcept { return result == CURLE_OK && status >= 200 && status < 300; }
};

/// Of longer ones no more is taken.
inline constexpr std::size_t longest_etag = 256;

inline void use_curl() {
  static auto const result = curl_global_init(CURL_GLOBAL_DEFAULT);
  if (result != CURLE_OK) raise(Errc::io_error, std::string{"libcurl could not begin: "} + curl_easy_strerror(result) + ".");
}

/// A handle of libcurl's, used for one request after another.
class Transfer {
 public:
  Transfer() : handle_{curl_easy_init()} {
    if (!handle_) throw std::bad_alloc{};
  }
  Transfer(Transfer const&) = delete;
  Transfer& operator=(Transfer const&) = delete;

  [[nodiscard]] CURL* handle() const noexcept { return handle_.get(); }
  [[nodiscard]] Answer& answer() noexcept { return answer_; }

  /// Gets everything ready. Requires: `request` and `endpoint` outlive the transfer.
  void prepare(Request const& request, Endpoint const& endpoint) {
    answer_ = {};
    longest_ = request.longest_answer;
    body_ = request.body;
    sent_ = 0;
    error_[0] = '\0';
    curl_easy_reset(handle());
    auto const& config = endpoint.config();
    set(CURLOPT_URL, endpoint.url(request.key, request.query).c_str());
    set(CURLOPT_PATH_AS_IS, 1L);
    set(CURLOPT_PROTOCOLS_STR, "http,https");
    set(CURLOPT_HTTP_VERSION, static_cast<long>(CURL_HTTP_VERSION_1_1));
    set(CURLOPT_NOSIGNAL, 1L);
    set(CURLOPT_PROXY, "");  // nothing comes from the environment behind a user's back
    set(CURLOPT_TCP_KEEPALIVE, 1L);
    set(CURLOPT_CONNECTTIMEOUT_MS, static_cast<long>(config.connect_timeout.count()));
    set(CURLOPT_TIMEOUT_MS, static_cast<long>(config.request_timeout.count()));
    set(CURLOPT_ERRORBUFFER, error_.data());
    if (!config.ca_file.empty()) set(CURLOPT_CAINFO, config.ca_file.c_str());
    set(CURLOPT_AWS_SIGV4, endpoint.signature().c_str());
    set(CURLOPT_USERNAME, config.access_key.c_str());
    set(CURLOPT_PASSWORD, config.secret_key.reveal().c_str());
    headers_.reset();
    // libcurl takes the hash of the body from here, and signs all these headers.
    add_header("x-amz-content-sha256: " + sha256(body_));
    if (!config.session_token.empty()) add_header("x-amz-security-token: " + config.session_token.reveal());
    for (auto const& header : request.headers) add_header(header);
    if (request.method == Request::Method::put) add_header("Content-Type: application/octet-stream");
    set(CURLOPT_HTTPHEADER, headers_.get());
    set(CURLOPT_WRITEFUNCTION, &Transfer::take_body);
    set(CURLOPT_WRITEDATA, this);
    set(CURLOPT_HEADERFUNCTION, &Transfer::take_header);
    set(CURLOPT_HEADERDATA, this);
    switch (request.method) {
      case Request::Method::get:
        set(CURLOPT_HTTPGET, 1L);
        if (!request.range.empty()) set(CURLOPT_RANGE, request.range.c_str());
        break;
      case Request::Method::put:
        // As an upload libcurl would ask, and wait, before it sends the body (`Expect: 100-continue`), and to tell it not to would end up in
        // what it signs. Of what is posted it asks above 1 MiB only.
        set(CURLOPT_POST, 1L);
        set(CURLOPT_CUSTOMREQUEST, "PUT");
        set(CURLOPT_POSTFIELDSIZE_LARGE, static_cast<curl_off_t>(body_.size()));
        set(CURLOPT_READFUNCTION, &Transfer::give_body);
        set(CURLOPT_READDATA, this);
        set(CURLOPT_SEEKFUNCTION, &Transfer::seek_body);
        set(CURLOPT_SEEKDATA, this);
        break;
      case Request::Method::remove: set(CURLOPT_CUSTOMREQUEST, "DELETE"); break;
    }
  }

  /// Notes how it ended.
  void finish(CURLcode result) {
    answer_.result = result;
    if (result == CURLE_OUT_OF_MEMORY) throw std::bad_alloc{};
    if (result != CURLE_OK) answer_.fault = error_[0] != '\0' ? error_.data() : curl_easy_strerror(result);
    curl_easy_getinfo(handle(), CURLINFO_RESPONSE_CODE, &answer_.status);
    curl_off_t seconds = 0;
    if (curl_easy_getinfo(handle(), CURLINFO_RETRY_AFTER, &seconds) == CURLE_OK && seconds > 0)
      answer_.retry_after = std::chrono::seconds{(std::min)(seconds, curl_off_t{60})};
  }

 private:
  template <class Value>
  void set(CURLoption option, Value value) {
    auto const result = curl_easy_setopt(handle(), option, value);
    if (result == CURLE_OUT_OF_MEMORY) throw std::bad_alloc{};
    if (result != CURLE_OK)
      raise(Errc::io_error, std::string{"This libcurl lacks what the S3 backend needs: "} + curl_easy_strerror(result) + ". Install 7.88 or later.");
  }
  void add_header(std::string const& line) {
    auto* const longer = curl_slist_append(headers_.get(), line.c_str());
    if (longer == nullptr) throw std::bad_alloc{};
    static_cast<void>(headers_.release());
    headers_.reset(longer);
  }

  // libcurl is C: no exception goes through it, and a number other than what it gave ends the transfer.
  static std::size_t take_body(char* data, std::size_t one, std::size_t size, void* self) noexcept {
    auto& to = *static_cast<Transfer*>(self);
    size *= one;
    if (size > to.longest_ - (std::min)(to.longest_, to.answer_.body.size())) return 0;
    try {
      auto const bytes = std::as_bytes(std::span{data, size});
      to.answer_.body.insert(to.answer_.body.end(), bytes.begin(), bytes.end());
      return size;
    } catch (...) {
      return 0;
    }
  }
  static std::size_t take_header(char* data, std::size_t one, std::size_t size, void* self) noexcept {
    auto& to = *static_cast<Transfer*>(self);
    size *= one;
    try {
      std::string_view const line{data, size};
      constexpr std::string_view name = "etag:";
      if (line.starts_with("HTTP/")) to.answer_.etag.clear();
      if (line.size() > name.size() && curl_strnequal(line.data(), name.data(), name.size()) != 0) {
        for (char const c : line.substr(name.size())) {
          if (c > ' ' && c < '\x7f' && c != '"' && to.answer_.etag.size() != longest_etag) to.answer_.etag += c;
        }
      }
      return size;
    } catch (...) {
      return 0;
    }
  }
  static std::size_t give_body(char* data, std::size_t one, std::size_t size, void* self) noexcept {
    auto& from = *static_cast<Transfer*>(self);
    size = (std::min)(size * one, from.body_.size() - from.sent_);
    if (size != 0) std::memcpy(data, from.body_.data() + from.sent_, size);
    from.sent_ += size;
    return size;
  }
  static int seek_body(void* self, curl_off_t offset, int origin) noexcept {
    auto& from = *static_cast<Transfer*>(self);
    if (origin != SEEK_SET || offset < 0 || static_cast<std::size_t>(offset) > from.body_.size()) return CURL_SEEKFUNC_CANTSEEK;
    if (from.sent_ != 0) from.answer_.was_sent_again = true;
    from.sent_ = static_cast<std::size_t>(offset);
    return CURL_SEEKFUNC_OK;
  }

  struct FreeHandle {
    void operator()(CURL* handle) const noexcept { curl_easy_cleanup(handle); }
  };
  struct FreeList {
    void operator()(curl_slist* list) const noexcept { curl_slist_free_all(list); }
  };

  Answer answer_{};
  std::size_t longest_ = 0;
  ByteSpan body_{};
  std::size_t sent_ = 0;
  std::array<char, CURL_ERROR_SIZE> error_{};
  std::unique_ptr<curl_slist, FreeList> headers_{};
  std::unique_ptr<CURL, FreeHandle> handle_;
};

/// Transfers that are under way together, and the connections that they share: what one thread uses at a time.
class Session {
 public:
  Session() : multi_{curl_multi_init()} {
    if (!multi_) throw std::bad_alloc{};
    curl_multi_setopt(multi_.get(), CURLMOPT_MAXCONNECTS, 64L);
  }
  Session(Session const&) = delete;
  Session& operator=(Session const&) = delete;

  /// Begins a request; `place` comes back from `next_done`.
  void begin(Request const& request, Endpoint const& endpoint, std::size_t place) {
    if (idle_.empty()) idle_.push_back(std::make_unique<Transfer>());
    running_.reserve(running_.size() + 1);
    idle_.reserve(idle_.size() + running_.size() + 1);
    idle_.back()->prepare(request, endpoint);
    check(curl_multi_add_handle(multi_.get(), idle_.back()->handle()));
    running_.push_back({std::move(idle_.back()), place});
    idle_.pop_back();
  }
  [[nodiscard]] std::size_t running() const noexcept { return running_.size(); }

  /// Waits for the network, at most so long.
  void wait(std::chrono::milliseconds most) {
    check(curl_multi_poll(multi_.get(), nullptr, 0, static_cast<int>(most.count()), nullptr));
  }
  void move_on() {
    int still = 0;
    check(curl_multi_perform(multi_.get(), &still));
  }
  /// Whether a transfer has ended; then its place and its answer.
  bool next_done(std::size_t& place, Answer& answer) {
    int left = 0;
    while (auto const* message = curl_multi_info_read(multi_.get(), &left)) {
      if (message->msg != CURLMSG_DONE) continue;
      auto const result = message->data.result;
      auto const at = std::find_if(running_.begin(), running_.end(), [&](Running const& one) { return one.transfer->handle() == message->easy_handle; });
      auto transfer = take(at);
      place = transfer.place;
      transfer.transfer->finish(result);
      answer = std::move(transfer.transfer->answer());
      idle_.push_back(std::move(transfer.transfer));  // has room
      return true;
    }
    return false;
  }
  /// Ends what is under way; its connections are closed.
  void abandon() noexcept {
    while (!running_.empty()) static_cast<void>(take(running_.begin()));
  }
  ~Session() { abandon(); }

 private:
  struct Running {
    std::unique_ptr<Transfer> transfer;
    std::size_t place;
  };
  Running take(std::vector<Running>::iterator at) noexcept {
    auto taken = std::move(*at);
    running_.erase(at);
    curl_multi_remove_handle(multi_.get(), taken.transfer->handle());
    return taken;
  }
  static void check(CURLMcode result) {
    if (result == CURLM_OUT_OF_MEMORY) throw std::bad_alloc{};
    if (result != CURLM_OK) raise(Errc::io_error, std::string{"libcurl could not go on: "} + curl_multi_strerror(result) + ".");
  }
  struct FreeMulti {
    void operator()(CURLM* multi) const noexcept { curl_multi_cleanup(multi); }
  };

  std::unique_ptr<CURLM, FreeMulti> multi_;  // after the transfers
  std::vector<std::unique_ptr<Transfer>> idle_{};
  std::vector<Running> running_{};
};

}  // namespace cairn::backends::s3::details
