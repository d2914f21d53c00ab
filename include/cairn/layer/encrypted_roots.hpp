// Copyright the Cairn authors
// SPDX-License-Identifier: BSL-1.0
// States and frames of encrypted roots, each bound to its root and to what is before it.
#pragma once

#include <cairn/concepts/root.hpp>
#include <cairn/layer/sealed_box.hpp>

#include <cstddef>
#include <functional>
#include <map>
#include <mutex>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace cairn::layer {

/// Encrypts and decrypts roots. A state is bound to the name of its root, a frame besides to the nonce of the state or frame before it:
/// so none can be put into another root, moved, repeated, or left out but for the last ones.
///
/// Remembers the last nonce of each root at the version that was last seen, which is what the next append has to know.
/// Thread safety: every member may be called at once from any thread.
class EncryptedRoots {
 public:
  explicit EncryptedRoots(StoreKeys const& keys) noexcept : keys_{keys} {}

  /// A root as it was written. Errors: `store/corrupt`.
  [[nodiscard]] RootRecord open(std::string_view branch, RootRecord record) {
    Nonce last{};
    if (record.state.empty()) {
      // An append began it, which left the state empty. Without a frame nobody did.
      if (record.tail.empty()) raise_tampered("The root " + quoted(branch));
    } else {
      last = opened(KeyPurpose::state, branch, std::string{branch}, record.state);
    }
    for (auto& frame : record.tail) last = opened(KeyPurpose::frame, branch, frame_place(branch, last), frame);
    remember(branch, record.version, last);
    return record;
  }

  struct Sealed {
    std::vector<std::byte> box;
    Nonce nonce;
  };
  [[nodiscard]] Sealed seal_state(std::string_view branch, std::span<std::byte const> state) const {
    auto const nonce = random_nonce();
    return {seal(keys_[KeyPurpose::state], branch, nonce, state), nonce};
  }
  [[nodiscard]] Sealed seal_frame(std::string_view branch, Nonce const& before, std::span<std::byte const> frame) const {
    auto const nonce = random_nonce();
    return {seal(keys_[KeyPurpose::frame], frame_place(branch, before), nonce, frame), nonce};
  }

  void remember(std::string_view branch, Version const& version, Nonce const& last) {
    std::lock_guard const guard{mutex_};
    known_.insert_or_assign(std::string{branch}, Known{version, last});
  }
  void forget(std::string_view branch) {
    std::lock_guard const guard{mutex_};
    if (auto const found = known_.find(branch); found != known_.end()) known_.erase(found);
  }
  /// The last nonce of a root at that version; nothing where another was seen last.
  [[nodiscard]] std::optional<Nonce> last_at(std::string_view branch, Version const& version) const {
    std::lock_guard const guard{mutex_};
    auto const found = known_.find(branch);
    if (found == known_.end() || found->second.version != version) return std::nullopt;
    return found->second.last;
  }

 private:
  struct Known {
    Version version;
    Nonce last;
  };

  [[nodiscard]] static std::string frame_place(std::string_view branch, Nonce const& before) {
    std::string place{reinterpret_cast<char const*>(before.data()), before.size()};
    return place.append(branch);
  }
  [[nodiscard]] static std::string quoted(std::string_view branch) { return "\"" + std::string{branch} + "\""; }

  Nonce opened(KeyPurpose purpose, std::string_view branch, std::string const& place, Bytes& box) const {
    auto bytes = open_box(keys_[purpose], place, box);
    if (!bytes.has_value()) {
      raise_tampered((purpose == KeyPurpose::state ? "The state of the root " : "A frame of the root ") + quoted(branch));
    }
    auto const nonce = *nonce_of(box);
    box = *std::move(bytes);
    return nonce;
  }

  StoreKeys const& keys_;
  mutable std::mutex mutex_;
  std::map<std::string, Known, std::less<>> known_;
};

}  // namespace cairn::layer
