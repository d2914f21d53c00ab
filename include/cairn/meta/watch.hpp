// Copyright the Cairn authors
// SPDX-License-Identifier: BSL-1.0
// Whoever may end what takes long.
#pragma once

#include <memory>

namespace cairn::meta {

/// Asked now and then by what may work much and give little. By default nobody, who never ends anything.
class Watch {
 public:
  Watch() = default;
  /// `watcher.poll()` says whether no more is wanted, or throws. It must live as long as its copies.
  template <class Watcher>
  [[nodiscard]] static Watch of(Watcher& watcher) noexcept {
    Watch watch;
    watch.watcher_ = std::addressof(watcher);
    watch.ask_ = [](void const* known) { return static_cast<Watcher*>(const_cast<void*>(known))->poll(); };
    return watch;
  }

  /// Whether no more is wanted. Errors: those of the watcher.
  [[nodiscard]] constexpr bool poll() const { return ask_ != nullptr && ask_(watcher_); }

 private:
  void const* watcher_ = nullptr;
  bool (*ask_)(void const*) = nullptr;
};

}  // namespace cairn::meta
