// Copyright the Cairn authors
// SPDX-License-Identifier: BSL-1.0
// Requests with patience: what passes is tried again, what doesn't is an error in words.
#pragma once

#include <cairn/backends/s3/answers.hpp>
#include <cairn/backends/s3/endpoint.hpp>
#include <cairn/backends/s3/transfer.hpp>
#include <cairn/error/error.hpp>
#include <cairn/error/log.hpp>
#include <cairn/random/pause.hpp>

#include <algorithm>
#include <chrono>
#include <cstddef>
#include <cstdint>
#include <functional>
#include <memory>
#include <mutex>
#include <span>
#include <string>
#include <string_view>
#include <sys/types.h>
#include <thread>
#include <unistd.h>
#include <utility>
#include <vector>

namespace cairn::backends::s3::details {

/// A request, how its answer is judged, and what came of it.
struct Call {
  Request request{};
  /// Whether a successful answer is whole and right; another is asked for again.
  std::function<bool(Answer const&)> is_right{};

  Answer answer{};
  /// The last answer was no answer to what was asked: damaged, or a fault that should have passed.
  bool is_exhausted = false;
  /// A request has gone out.
  bool was_begun = false;
  /// An attempt before the last may have done its work without that anybody knows.
  bool may_have_landed = false;

  std::uint32_t tries = 0;
  std::chrono::steady_clock::time_point due{};
};

/// What can become of an answer.
enum class Verdict : std::uint8_t {
  final,      ///< it is the server's word
  not_done,   ///< a fault that passes, and nothing was done
  uncertain,  ///< a fault that passes; whether something was done is not known
  slow_down,  ///< the server has too much to do
};

inline Verdict judge(Call const& call) {
  auto const& answer = call.answer;
  switch (answer.result) {
    case CURLE_OK: break;
    case CURLE_COULDNT_RESOLVE_HOST:
    case CURLE_COULDNT_CONNECT: return Verdict::not_done;
    case CURLE_PEER_FAILED_VERIFICATION:
    case CURLE_SSL_CACERT_BADFILE:
    case CURLE_SSL_ISSUER_ERROR:
    case CURLE_URL_MALFORMAT:
    case CURLE_UNSUPPORTED_PROTOCOL:
    case CURLE_NOT_BUILT_IN:
    case CURLE_BAD_FUNCTION_ARGUMENT:
    case CURLE_AUTH_ERROR: return Verdict::final;
    default: return Verdict::uncertain;
  }
  switch (answer.status) {
    case 409: return Verdict::not_done;  // somebody else's write was under way
    case 429:
    case 503: return Verdict::slow_down;
    case 408:
    case 500:
    case 502:
    case 504: return Verdict::uncertain;
    case 400: {
      auto const code = read_refusal(answer.body).code;
      return code == "RequestTimeout" || code == "IncompleteBody" || code == "BadDigest" ? Verdict::not_done : Verdict::final;
    }
    default: break;
  }
  if (answer.is_success() && call.is_right && !call.is_right(answer)) return Verdict::uncertain;
  return Verdict::final;
}

/// The longest that is waited for before a call is made again that was made `tries` times: doubles, up to 5 s.
[[nodiscard]] inline std::chrono::milliseconds longest_pause(std::uint32_t tries, Verdict verdict) {
  std::int64_t const first = verdict == Verdict::slow_down ? 400 : 50;
  return std::chrono::milliseconds{(std::min)(first << (std::min)(tries - 1, 10U), std::int64_t{5'000})};
}
/// A random time below that, so that those who failed together don't come back together; what the server asks for at least.
[[nodiscard]] inline std::chrono::milliseconds pause(std::uint32_t tries, Verdict verdict, std::chrono::milliseconds retry_after) {
  return (std::max)(std::chrono::duration_cast<std::chrono::milliseconds>(random::pause(longest_pause(tries, verdict))), retry_after);
}

/// Throws what a refusal means; `what` completes "S3 could not".
[[noreturn]] inline void raise_answer(Call const& call, std::string const& what) {
  auto const& answer = call.answer;
  auto const begin = "S3 could not " + what + ": ";
  if (answer.result != CURLE_OK) {
    auto const hint = judge(call) == Verdict::final ? " Look at the :endpoint and its certificates." : " Look at the :endpoint and the network.";
    raise(Errc::io_error, begin + answer.fault + "." + hint, "{:curl " + std::to_string(static_cast<int>(answer.result)) + "}");
  }
  if (answer.is_success()) {
    raise(Errc::store_corrupt, begin + "what came is not what was written, " + std::to_string(call.tries) + " times. Restore it from a backup.",
          "{:key \"" + path_encoded(call.request.key) + "\"}");
  }
  auto const refusal = read_refusal(answer.body);
  auto const& code = refusal.code;
  struct Hint {
    std::string_view code;
    std::string_view text;
  };
  static constexpr Hint hints[] = {
      {"InvalidAccessKeyId", "The server does not know the :access-key."},
      {"SignatureDoesNotMatch", "The :secret-key or the :region is not the right one."},
      {"AccessDenied", "This :access-key may not do that here: look at the bucket's policy."},
      {"RequestTimeTooSkewed", "This machine's clock is wrong: set it, and keep it right (NTP)."},
      {"ExpiredToken", "The :session-token has expired: get new temporary keys."},
      {"InvalidToken", "The :session-token does not belong to the :access-key; for keys that are not temporary leave it out."},
      {"NoSuchBucket", "There is no such :bucket at the :endpoint: create it, or mend its name."},
      {"PermanentRedirect", "The bucket is in another :region, or answers at another :endpoint."},
      {"AuthorizationHeaderMalformed", "The :region is not the bucket's."},
      {"NotImplemented", "The server lacks conditional writes, which commits rest on: use another."},
      {"QuotaExceeded", "Make room, or have the quota raised."},
  };
  std::string_view hint = "Look at the server's log.";
  for (auto const& known : hints) {
    if (known.code == code) hint = known.text;
  }
  bool const is_full = answer.status == 507 || code == "QuotaExceeded";
  // An answer to HEAD has no words.
  bool const is_denied = code == "AccessDenied" || (answer.status == 403 && code.empty());
  auto const errc = is_full ? Errc::io_full : is_denied ? Errc::io_denied : Errc::io_error;
  auto text = begin + "HTTP " + std::to_string(answer.status);
  if (!code.empty()) text += " " + code;
  if (!refusal.message.empty()) text += ", " + refusal.message;
  raise(errc, text + ". " + std::string{hint}, "{:status " + std::to_string(answer.status) + (code.empty() ? "" : " :code \"" + code + "\"") + "}");
}

/// Asks the server of one bucket. Thread safety: every member may be called at once from any thread.
class Client {
 public:
  explicit Client(Config config) : endpoint_{std::move(config)} { use_curl(); }
  Client(Client const&) = delete;
  Client& operator=(Client const&) = delete;
  ~Client() {
    if (!is_foreign_process()) return;
    // A child of a fork must not end what its parent says.
    for (auto& session : idle_) static_cast<void>(session.release());
  }

  [[nodiscard]] Endpoint const& endpoint() const noexcept { return endpoint_; }
  [[nodiscard]] bool is_foreign_process() const noexcept { return ::getpid() != process_; }
  void check_process() const {
    if (is_foreign_process())
      raise(Errc::store_poisoned, "This connection was opened before a fork and belongs to the parent: connect in the child.");
  }

  /// Makes all calls, `:parallel` of them at once, each until the server has given its word or the patience is at its end. `done(i)` is
  /// called, in any order, with the place of each; what it throws ends the rest.
  template <class Done>
  void perform(std::span<Call> calls, Done done) const {
    check_process();
    using Clock = std::chrono::steady_clock;
    auto session = lease();
    std::vector<std::size_t> later;
    std::size_t fresh = 0;
    std::size_t finished = 0;
    auto const parallel = (std::max)(std::size_t{1}, std::size_t{endpoint_.config().parallel});
    try {
      while (finished != calls.size()) {
        auto const now = Clock::now();
        auto next_due = now + std::chrono::seconds{1};
        for (std::size_t i = 0; i != later.size() && session->running() < parallel;) {
          if (calls[later[i]].due > now) {
            next_due = (std::min)(next_due, calls[later[i]].due);
            ++i;
            continue;
          }
          session->begin(calls[later[i]].request, endpoint_, later[i]);
          later[i] = later.back();
          later.pop_back();
        }
        for (; fresh != calls.size() && session->running() < parallel; ++fresh) {
          session->begin(calls[fresh].request, endpoint_, fresh);
          calls[fresh].was_begun = true;
        }
        if (session->running() == 0) {
          std::this_thread::sleep_until(next_due);
          continue;
        }
        session->move_on();
        std::size_t place = 0;
        bool has_any = false;
        for (Answer answer; session->next_done(place, answer);) {
          has_any = true;
          auto& call = calls[place];
          call.answer = std::move(answer);
          ++call.tries;
          if (call.answer.was_sent_again) call.may_have_landed = true;
          auto const verdict = judge(call);
          if (verdict != Verdict::final && call.tries <= endpoint_.config().retries) {
            if (verdict != Verdict::not_done) call.may_have_landed = true;
            call.due = Clock::now() + pause(call.tries, verdict, call.answer.retry_after);
            log(LogLevel::warning, LogEvent::store_retry, [&] {
              auto const tries = std::to_string(call.tries);
              auto const status = std::to_string(call.answer.status);
              return std::pair{"A request to the object store failed (HTTP status " + status + ") and is made again, after " + tries + " of them.",
                               "{:attempt " + tries + " :status " + status + "}"};
            });
            later.push_back(place);
            continue;
          }
          call.is_exhausted = verdict != Verdict::final;
          if (call.is_exhausted && verdict != Verdict::not_done) call.may_have_landed = true;
          ++finished;
          done(place);
        }
        if (has_any || session->running() == 0) continue;
        auto const most = std::chrono::ceil<std::chrono::milliseconds>(next_due - Clock::now());
        session->wait((std::clamp)(most, std::chrono::milliseconds{1}, std::chrono::milliseconds{1000}));
      }
    } catch (...) {
      session->abandon();
      give_back(std::move(session));
      throw;
    }
    give_back(std::move(session));
  }
  void perform(Call& call) const {
    perform(std::span{&call, 1}, [](std::size_t) {});
  }

  // ---- what most calls are

  [[nodiscard]] static Call get(std::string key, std::size_t longest) {
    Call call;
    call.request.key = std::move(key);
    call.request.longest_answer = longest;
    return call;
  }
  [[nodiscard]] static Call put(std::string key, ByteSpan body, std::vector<std::string> headers) {
    Call call;
    call.request.method = Request::Method::put;
    call.request.key = std::move(key);
    call.request.body = body;
    call.request.headers = std::move(headers);
    return call;
  }
  /// Removes objects; one that is not there is none less. A thousand at a time would be one request where servers wanted no MD5.
  void remove(std::vector<std::string> keys) const {
    std::vector<Call> calls(keys.size());
    for (std::size_t i = 0; i != keys.size(); ++i) {
      calls[i].request.method = Request::Method::remove;
      calls[i].request.key = std::move(keys[i]);
    }
    perform(calls, [&](std::size_t i) {
      if (!calls[i].answer.is_success() && calls[i].answer.status != 404) raise_answer(calls[i], "remove an object");
    });
  }
  /// Calls `visit(Listed const&)` for each object whose key begins with `prefix`, in the order of their keys, until it says false.
  template <class Visit>
  void list(std::string_view prefix, Visit visit) const {
    std::string from;
    do {
      Page page;
      Call call;
      call.request.longest_answer = std::size_t{16} << 20U;
      if (!from.empty()) call.request.query = "continuation-token=" + percent_encoded(from) + "&";
      call.request.query += "encoding-type=url&list-type=2&max-keys=1000&prefix=" + percent_encoded(prefix);
      call.is_right = [&](Answer const& answer) {
        auto read = read_page(answer.body);
        if (read) page = *std::move(read);
        return read.has_value();
      };
      perform(call);
      if (!call.answer.is_success() || call.is_exhausted) raise_answer(call, "list objects");
      for (auto const& object : page.objects) {
        if (!object.key.starts_with(prefix)) raise_answer(call, "list objects");
        if (!visit(object)) return;
      }
      if (page.next == from && !from.empty()) raise_answer(call, "list objects");
      from = std::move(page.next);
    } while (!from.empty());
  }

 private:
  [[nodiscard]] std::unique_ptr<Session> lease() const {
    {
      std::lock_guard const guard{mutex_};
      if (!idle_.empty()) {
        auto session = std::move(idle_.back());
        idle_.pop_back();
        return session;
      }
    }
    return std::make_unique<Session>();
  }
  void give_back(std::unique_ptr<Session> session) const {
    std::lock_guard const guard{mutex_};
    idle_.push_back(std::move(session));
  }

  Endpoint endpoint_;
  pid_t process_ = ::getpid();
  mutable std::mutex mutex_;
  mutable std::vector<std::unique_ptr<Session>> idle_{};
};

}  // namespace cairn::backends::s3::details
