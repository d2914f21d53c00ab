// Copyright the Cairn authors
// SPDX-License-Identifier: BSL-1.0
// A cluster that is connected to, and a namespace of one of its pools.
#pragma once

#include <cairn/backends/rados/config.hpp>
#include <cairn/backends/rados/errors.hpp>
#include <cairn/error/error.hpp>

#include <rados/librados.h>

#include <cerrno>
#include <chrono>
#include <cstddef>
#include <future>
#include <memory>
#include <string>
#include <string_view>
#include <sys/types.h>
#include <unistd.h>

namespace cairn::backends::rados::details {

/// librados has threads of its own, which a fork does not copy: a child leaves all as it is, and is refused by `check_process`.
class Handle {
 public:
  /// `store/does-not-exist` where there is no such pool; `config/mismatch` where it is erasure-coded; `config/range` and `config/missing`
  /// for what can't be asked with, `io/error` for a cluster that does not let us in. Ends within `:connect-timeout`, about.
  explicit Handle(Config const& config) {
    for (char const byte : config.namespace_) {
      // One of them means all namespaces.
      if (static_cast<unsigned char>(byte) < 32) raise(Errc::config_range, "The :namespace has control characters.", "{:key :namespace}");
    }
    // In a thread of its own: by a number that the calling thread draws the cluster tells clients apart, and forked children would all
    // draw what their parent would have drawn next.
    std::async(std::launch::async, [&] { connect(config); }).get();
  }
  Handle(Handle const&) = delete;
  Handle& operator=(Handle const&) = delete;
  ~Handle() {
    if (::getpid() == process_) return;
    static_cast<void>(place_.release());
    static_cast<void>(cluster_.release());
  }

  /// `store/poisoned` in a child of a fork.
  void check_process() const {
    if (::getpid() != process_)
      raise(Errc::store_poisoned, "This connection was opened before a fork and belongs to the parent: connect again in the child.");
  }
  /// Erasure-coded pools have no appends of any length, nor lists of entries.
  [[noreturn]] static void raise_coded(std::string const& pool) {
    raise(Errc::config_mismatch, "The Ceph pool \"" + pool + "\" is erasure-coded, and can't keep roots: name a replicated one.", "{:key :pool}");
  }
  [[nodiscard]] rados_ioctx_t place() const noexcept { return place_.get(); }

 private:
  void connect(Config const& config) {
    rados_t made = nullptr;
    auto const user = "client." + config.user;
    if (auto const answer = rados_create2(&made, "ceph", user.c_str(), 0); answer != 0) raise_answer(answer, "begin as " + user);
    cluster_.reset(made);
    configure(config);
    if (auto const answer = rados_connect(made); answer != 0) raise_unconnected(answer, user);
    rados_ioctx_t place = nullptr;
    auto const answer = rados_ioctx_create(made, config.pool.c_str(), &place);
    if (answer == -ENOENT) {
      raise(Errc::store_does_not_exist, "There is no pool \"" + config.pool + "\" in the Ceph cluster: name another, or create it (ceph osd pool create).",
            "{:key :pool}");
    }
    if (answer != 0) raise_answer(answer, "open the pool \"" + config.pool + "\"");
    place_.reset(place);
    int is_aligned = 0;
    if (rados_ioctx_pool_requires_alignment2(place, &is_aligned) == 0 && is_aligned != 0) raise_coded(config.pool);
    rados_ioctx_set_namespace(place, config.namespace_.c_str());
    // A full pool would be waited for otherwise.
    rados_set_pool_full_try(place);
  }
  void configure(Config const& config) const {
    // What it has to say comes as errors, unless Ceph's configuration wants it otherwise.
    set("log_to_stderr", "false");
    set("err_to_stderr", "false");
    if (!config.conf_file.empty()) {
      auto const path = config.conf_file.string();
      if (auto const answer = rados_conf_read_file(cluster_.get(), path.c_str()); answer != 0)
        raise(Errc::config_range, "Ceph's configuration " + path + " can't be read: " + words_of(answer) + ". Name another :conf-file, or the monitors as :mon-host.", "{:key :conf-file}");
    } else if (config.mon_host.empty() && rados_conf_read_file(cluster_.get(), nullptr) != 0) {
      raise(Errc::config_missing, "There is no configuration of Ceph's, neither where CEPH_CONF says nor in /etc/ceph/ceph.conf: name one as :conf-file, or the monitors as :mon-host.",
            "{:key :conf-file}");
    }
    if (!config.mon_host.empty()) set("mon_host", config.mon_host);
    if (!config.keyring.empty()) set("keyring", config.keyring.string());
    if (!config.key.empty()) set("key", config.key.reveal());
    auto const seconds = [](std::chrono::milliseconds time) { return std::to_string(std::chrono::ceil<std::chrono::seconds>(time).count()); };
    set("client_mount_timeout", seconds(config.connect_timeout));
    set("rados_osd_op_timeout", seconds(config.timeout));
    set("rados_mon_op_timeout", seconds(config.timeout));
    for (auto const& option : config.options) {
      auto const end = option.find('=');
      auto const name = option.substr(0, end);
      auto const answer = end == std::string::npos ? -EINVAL : rados_conf_set(cluster_.get(), name.c_str(), option.c_str() + end + 1);
      // Not the value, which may be a key.
      if (answer != 0)
        raise(Errc::config_range, "The option \"" + name + "\" is not one that Ceph takes (" + words_of(answer) + "): write it as name=value.", "{:key :options}");
    }
  }
  void set(char const* name, std::string const& value) const {
    auto const answer = rados_conf_set(cluster_.get(), name, value.c_str());
    if (answer != 0) raise(Errc::config_range, std::string{"Ceph does not take the value of its option "} + name + ": " + words_of(answer) + ".");
  }

  [[noreturn]] static void raise_unconnected(int answer, std::string const& user) {
    auto const data = "{:errno " + std::to_string(-answer) + "}";
    auto const why = [&]() -> std::string {
      switch (-answer) {
        case EACCES:
        case EPERM: return "the monitors refuse " + user + ": its key is not the one that they know, or there is none. Look at :user, and at :keyring or :key";
        case ETIMEDOUT: return "no monitor answered within :connect-timeout. Look at :mon-host or the configuration's mon_host, and the network";
        case ENOENT: return "it names no monitors, or there is no keyring. Look at :conf-file or :mon-host, and at :keyring";
        case EINVAL: return "an address of a monitor or the key of " + user + " is none. Look at :mon-host, and at :keyring or :key";
        default: return words_of(answer);
      }
    }();
    raise(Errc::io_error, "Can't connect to the Ceph cluster: " + why + ".", data);
  }

  struct Shutdown {
    void operator()(void* cluster) const noexcept { rados_shutdown(cluster); }
  };
  struct Close {
    void operator()(void* place) const noexcept { rados_ioctx_destroy(place); }
  };

  pid_t process_ = ::getpid();
  std::unique_ptr<void, Shutdown> cluster_;
  std::unique_ptr<void, Close> place_;
};

}  // namespace cairn::backends::rados::details
