// Copyright the Cairn authors
// SPDX-License-Identifier: BSL-1.0
// Everything that is wrong with a configuration, collected, and thrown as one error.
#pragma once

#include <cairn/edn/utf8.hpp>
#include <cairn/edn/write.hpp>
#include <cairn/error/error.hpp>
#include <cairn/meta/lazy.hpp>

#include <algorithm>
#include <array>
#include <cstddef>
#include <iterator>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace cairn::config {

/// One thing that is wrong. All text is for the user; nothing of a secret is in it.
struct Problem {
  Errc code;
  std::string path;     // the way to the key as EDN writes it: `:front :path`, `:hosts 2`; empty for the whole
  std::string source;   // `in the EDN map`, `from CAIRN_STORE_PATH`; empty where nothing gave it
  std::string message;  // what goes behind the path: `must be an integer, not a string`
};

namespace detail {

/// The order in which problems are reported: first what makes no sense here, then what lacks, then what does not fit.
[[nodiscard]] constexpr std::size_t rank(Errc code) noexcept {
  constexpr std::array order{Errc::config_unknown_backend, Errc::config_mismatch, Errc::config_unknown_key,
                             Errc::config_missing,         Errc::config_type,     Errc::config_range};
  return static_cast<std::size_t>(std::find(order.begin(), order.end(), code) - order.begin());
}

}  // namespace detail

/// Text as an EDN string. A path or a variable may be any bytes: what is not UTF-8 in it becomes U+FFFD.
template <meta::Lazy = {}>
[[nodiscard]] inline std::string edn_string(std::string_view text) {
  std::string result;
  if (notation::utf8::is_valid(text)) {
    notation::write_string_to(result, text);
    return result;
  }
  std::string repaired;
  for (std::size_t at = 0; at != text.size();) {
    std::size_t const size = notation::utf8::decode(text, at).size;
    repaired.append(size == 0 ? std::string_view{"\xEF\xBF\xBD"} : text.substr(at, size));
    at += size == 0 ? 1 : size;
  }
  notation::write_string_to(result, repaired);
  return result;
}

/// The problems found so far. Of each code the first thirty-two are kept, the rest are counted: a configuration may be
/// as long as its author likes, an error may not.
class Problems {
 public:
  template <meta::Lazy = {}>
  void add(Errc code, std::string path, std::string_view source, std::string message) {
    ++count_;
    auto const same =
        std::count_if(kept_.begin(), kept_.end(), [&](Problem const& known) { return known.code == code; });
    if (same < 32) kept_.push_back({code, std::move(path), std::string{source}, std::move(message)});
  }

  [[nodiscard]] bool empty() const noexcept { return count_ == 0; }
  [[nodiscard]] std::size_t size() const noexcept { return count_; }
  [[nodiscard]] std::vector<Problem> const& kept() const noexcept { return kept_; }

  /// Whether something is known to be wrong at a path or on the way to it: then that it lacks is no news.
  template <meta::Lazy = {}>
  [[nodiscard]] bool concerns(std::string_view path) const {
    return std::any_of(kept_.begin(), kept_.end(), [&](Problem const& known) {
      return known.code != Errc::config_unknown_key && path.starts_with(known.path) &&
             (path.size() == known.path.size() || known.path.empty() || path[known.path.size()] == ' ');
    });
  }

  /// Throws them all as one `Error`, if there are any. Its code is that of the first in the order of
  /// `config/unknown-backend`, `config/mismatch`, `config/unknown-key`, `config/missing`, `config/type`,
  /// `config/range`; its data
  /// `{:problems [{:code :config/type :path [:port] :source "in the EDN map" :message "..."} ...]}`.
  /// `subject` is what is configured: `the store :file`.
  template <meta::Lazy = {}>
  void raise_if_any(std::string_view subject) const {
    if (empty()) return;
    std::vector<Problem> sorted;
    for (std::size_t rank = 0; sorted.size() != kept_.size(); ++rank) {
      std::copy_if(kept_.begin(), kept_.end(), std::back_inserter(sorted),
                   [&](Problem const& problem) { return detail::rank(problem.code) == rank; });
    }
    std::string message = "configuration of ";
    message.append(subject);
    if (count_ > 1) message.append(": ").append(std::to_string(count_)).append(" problems");
    std::string data = "{:problems [";
    for (std::size_t i = 0; i != sorted.size(); ++i) {
      auto const& problem = sorted[i];
      message.append(i == 0 ? ": " : "; ");
      message.append(problem.path.empty() ? "it" : problem.path).append(" ");
      if (!problem.source.empty()) message.append("(").append(problem.source).append(") ");
      message.append(problem.message);
      data.append(i == 0 ? "{:code :" : " {:code :").append(name(problem.code)).append(" :path [").append(problem.path);
      if (!problem.source.empty())
        data.append("] :source ").append(edn_string(problem.source)).append(" :message ");
      else
        data.append("] :message ");
      data.append(edn_string(problem.message)).append("}");
    }
    if (count_ > sorted.size()) message.append("; and ").append(std::to_string(count_ - sorted.size())).append(" more");
    raise(sorted.front().code, std::move(message), data + "]}");
  }

 private:
  std::vector<Problem> kept_;
  std::size_t count_ = 0;
};

}  // namespace cairn::config
