// Copyright the Cairn authors
// SPDX-License-Identifier: BSL-1.0
// What RADOS answers, as errors.
#pragma once

#include <cairn/error/error.hpp>

#include <cerrno>
#include <string>
#include <string_view>
#include <system_error>

namespace cairn::backends::rados::details {

/// `answer` is a negative errno.
[[nodiscard]] inline std::string words_of(int answer) {
  switch (-answer) {
    case ETIMEDOUT: return "the cluster did not answer in time";
    case ESHUTDOWN: return "the cluster has put this client on its blocklist";
    case EPERM:
    case EACCES: return "the user may not: look at its capabilities (ceph auth get)";
    default: return std::system_category().message(-answer);
  }
}

/// `what` is what could not be done: "read a root".
[[noreturn]] inline void raise_answer(int answer, std::string_view what) {
  auto const data = "{:errno " + std::to_string(-answer) + "}";
  std::string text = "Ceph could not " + std::string{what} + ": " + words_of(answer) + ".";
  switch (-answer) {
    case ENOSPC:
    case EDQUOT:
      raise(Errc::io_full, "The Ceph pool is full, or has reached its quota: add room or raise it, then try again. It could not " + std::string{what} + ".", data);
    case ESHUTDOWN: raise(Errc::store_poisoned, text + " Connect again.", data);
    case ETIMEDOUT: raise(Errc::io_error, text + " Look at the cluster's health (ceph -s), the network and :timeout.", data);
    case EPERM:
    case EACCES: raise(Errc::io_denied, text, data);
    case EROFS: raise(Errc::io_read_only, text, data);
    default: raise(Errc::io_error, text, data);
  }
}

/// Whether an answer says that bytes are not those that were expected: below all errnos, by how many of them are.
[[nodiscard]] constexpr bool is_other_bytes(int answer) noexcept { return answer <= -4095; }

/// Whether an answer to a change says for certain that nothing has changed.
[[nodiscard]] constexpr bool is_refusal(int answer) noexcept {
  switch (-answer) {
    case EPERM:
    case EACCES:
    case ENOSPC:
    case EDQUOT:
    case EFBIG:
    case EMSGSIZE:
    case EINVAL:
    case ENAMETOOLONG:
    case EOPNOTSUPP:
    case EROFS: return true;
    default: return false;
  }
}

}  // namespace cairn::backends::rados::details
