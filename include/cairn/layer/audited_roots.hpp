// Copyright the Cairn authors
// SPDX-License-Identifier: BSL-1.0
// States and frames of audited roots, each chained to what is before it, and signed.
#pragma once

#include <cairn/concepts/root.hpp>
#include <cairn/error/error.hpp>
#include <cairn/layer/audit_hash.hpp>
#include <cairn/layer/audit_keys.hpp>

#include <algorithm>
#include <array>
#include <cstddef>
#include <cstdint>
#include <memory>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace cairn::layer {

/// A hash of a state with the name of its root, or of a frame with the link before it: it stands for all of the root up to there.
using Link = std::array<std::byte, 32>;

[[nodiscard]] inline Link link_of_state(std::string_view branch, std::span<std::byte const> state) noexcept {
  std::array<std::byte, 8> length;
  for (std::size_t i = 0; i != length.size(); ++i) length[i] = static_cast<std::byte>(std::uint64_t{branch.size()} >> (8 * i));
  return audit_hash<sizeof(Link)>(HashPurpose::state, length, std::as_bytes(std::span{branch.data(), branch.size()}), state);
}
[[nodiscard]] inline Link link_of_frame(Link const& before, std::span<std::byte const> frame) noexcept {
  return audit_hash<sizeof(Link)>(HashPurpose::frame, before, frame);
}

/// Whether all signatures of a root are looked at, or the last one, which stands for the others.
enum class Signatures : std::uint8_t { last, all };

/// Links, signs and checks roots. Behind each state and frame come its link and, in a signed store, the signature of that.
class AuditedRoots {
 public:
  /// `key`: that of a signed store, nothing in another. `signer`: null in who only reads a signed store.
  AuditedRoots(std::optional<PublicKey> const& key, std::unique_ptr<Signer const> signer) : key_{key}, signer_{std::move(signer)} {}

  [[nodiscard]] std::optional<PublicKey> const& key() const noexcept { return key_; }

  struct Closed {
    std::vector<std::byte> bytes;
    Link link;
  };
  /// Errors: `config/missing` where the store is signed and this has no key to sign with.
  [[nodiscard]] Closed close_state(std::string_view branch, std::span<std::byte const> state) const { return closed(state, link_of_state(branch, state)); }
  [[nodiscard]] Closed close_frame(Link const& before, std::span<std::byte const> frame) const { return closed(frame, link_of_frame(before, frame)); }

  /// A root as it was written, and the link at its end. Errors: `store/corrupt`, which says what of the root it is.
  struct Opened {
    RootRecord record;
    Link last;
  };
  [[nodiscard]] Opened open(std::string_view branch, RootRecord record, Signatures looked_at) const {
    Link last = link_of_state(branch, {});
    std::vector<Seal> seals;
    seals.reserve(record.tail.size() + 1);
    // An append that began a root left the state empty. Without a frame nobody did.
    if (record.state.empty() && record.tail.empty()) raise_changed(branch, 0);
    if (!record.state.empty()) {
      seals.push_back(taken_off(branch, 0, record.state));
      last = link_of_state(branch, record.state);
      if (seals.back().link != last) raise_changed(branch, 0);
    }
    for (std::size_t i = 0; i != record.tail.size(); ++i) {
      seals.push_back(taken_off(branch, i + 1, record.tail[i]));
      last = link_of_frame(last, record.tail[i]);
      if (seals.back().link != last) raise_changed(branch, i + 1);
    }
    if (key_ && (looked_at == Signatures::all || !is_good(seals.back()))) {
      auto const bad = std::ranges::find_if(seals, [&](Seal const& seal) { return !is_good(seal); });
      if (bad != seals.end()) raise_unsigned(branch, static_cast<std::size_t>(bad - seals.begin()) + record.tail.size() + 1 - seals.size());
    }
    return {std::move(record), last};
  }

 private:
  struct Seal {
    Link link;
    Signature signature;
  };

  /// What is signed: so that no signature that the key gives for something else is one of a link.
  [[nodiscard]] static std::vector<std::byte> message_of(Link const& link) {
    constexpr std::string_view context = "cairn.audit.link";
    std::vector<std::byte> message;
    for (char const letter : context) message.push_back(static_cast<std::byte>(letter));
    message.insert(message.end(), link.begin(), link.end());
    return message;
  }

  [[nodiscard]] Closed closed(std::span<std::byte const> content, Link const& link) const {
    Closed made{{content.begin(), content.end()}, link};
    made.bytes.insert(made.bytes.end(), link.begin(), link.end());
    if (!key_) return made;
    if (!signer_) {
      raise(Errc::config_missing,
            "This store is signed, and without the secret key it can only be read: give :key, 64 hexadecimal digits, in the configuration or in "
            "CAIRN_AUDIT_KEY, or name a variable that has it with :key-variable.",
            "{:key :key}");
    }
    auto const signature = signer_->sign(message_of(link));
    made.bytes.insert(made.bytes.end(), signature.begin(), signature.end());
    return made;
  }

  /// Takes link and signature off the end. `number`: 0 for the state, else of the frame.
  [[nodiscard]] Seal taken_off(std::string_view branch, std::size_t number, Bytes& bytes) const {
    Seal seal{};
    auto const size = sizeof(Link) + (key_ ? sizeof(Signature) : 0);
    if (bytes.size() < size) raise_changed(branch, number);
    auto const end = bytes.view().last(size);
    std::ranges::copy(end.first(sizeof(Link)), seal.link.begin());
    std::ranges::copy(end.subspan(sizeof(Link)), seal.signature.begin());
    bytes = bytes.slice(0, bytes.size() - size);
    return seal;
  }
  [[nodiscard]] bool is_good(Seal const& seal) const { return is_signed_by(*key_, message_of(seal.link), seal.signature); }

  [[nodiscard]] static std::string name_of(std::string_view branch, std::size_t number) {
    return (number == 0 ? "The state" : "Frame " + std::to_string(number) + " in the tail") + " of the root \"" + std::string{branch} + "\"";
  }
  [[noreturn]] static void raise_corrupt(std::string_view branch, std::size_t number, std::string const& why) {
    raise(Errc::store_corrupt, name_of(branch, number) + why + " Restore the store from a backup, and ask who can write to it.",
          number == 0 ? std::string{"{}"} : "{:frame " + std::to_string(number) + "}");
  }
  [[noreturn]] static void raise_changed(std::string_view branch, std::size_t number) {
    raise_corrupt(branch, number, number == 0 ? " is not what was committed there: it has been changed, or is another root's."
                                              : " is not what was appended there: it has been changed, or what was before it is not there any more.");
  }
  [[noreturn]] void raise_unsigned(std::string_view branch, std::size_t number) const {
    raise_corrupt(branch, number, " is not signed with the key " + to_hex(*key_) + ": somebody else wrote it.");
  }

  std::optional<PublicKey> key_;
  std::unique_ptr<Signer const> signer_;
};

}  // namespace cairn::layer
