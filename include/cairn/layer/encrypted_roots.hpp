// Copyright the Cairn authors
// SPDX-License-Identifier: BSL-1.0
// States and frames of encrypted roots, each bound to its root and to what is before it.
#pragma once

#include <cairn/concepts/root.hpp>
#include <cairn/layer/known_links.hpp>
#include <cairn/layer/sealed_box.hpp>

#include <cstddef>
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
    ends_.remember(branch, record.version, last);
    return record;
  }
  /// The last nonce of each root.
  [[nodiscard]] KnownLinks<Nonce>& ends() noexcept { return ends_; }

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

 private:
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
  KnownLinks<Nonce> ends_;
};

}  // namespace cairn::layer
