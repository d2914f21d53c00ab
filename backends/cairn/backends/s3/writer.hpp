// Copyright the Cairn authors
// SPDX-License-Identifier: BSL-1.0
// The writer of the S3 backend.
#pragma once

#include <cairn/backends/common/gathered_packs.hpp>
#include <cairn/backends/s3/address.hpp>
#include <cairn/backends/s3/root_object.hpp>
#include <cairn/backends/s3/shared_store.hpp>
#include <cairn/concepts/bytes.hpp>
#include <cairn/concepts/root.hpp>
#include <cairn/error/error.hpp>

#include <array>
#include <chrono>
#include <cstddef>
#include <limits>
#include <memory>
#include <new>
#include <span>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace cairn::backends::s3 {

/// Gathers blobs into packs, and writes those before it swaps a root. After a conflict what was put is still there, for another
/// attempt; after a success it is empty and may be used again; destroyed without a commit it leaves nothing but garbage.
///
/// Not safe to share between threads; any number of writers may be used at once, each by its own thread.
class Writer {
 public:
  explicit Writer(std::shared_ptr<details::SharedStore> store) noexcept : store_{std::move(store)} {}

  /// Keeps a copy of `bytes`; others can read it after the commit. O(size). What is more than 32 MiB goes to the bucket at once.
  Address put(std::span<std::byte const> bytes) {
    store_->client().check_process();
    if (bytes.size() > std::numeric_limits<std::uint32_t>::max() / 2) raise(Errc::io_error, "A blob of more than 2 GiB is more than the S3 backend writes: it is one request.");
    auto const address = packs_.put(bytes, [&] { return store_->new_pack(); });
    if (packs_.bytes() > most_buffered) flush();
    return address;
  }

  /// Replaces the root's state and empties its tail. One request, and one for each 8 MiB that were put.
  CommitResult commit(std::string_view branch, Version const& expected, std::span<std::byte const> state) {
    return change(branch, expected, [&](details::Known& next) {
      clear(next);
      auto& root = next.object;
      next.record.state = Bytes::copy(state);
      if (state.size() > largest_state) {
        root.state.blob = put(state);
      } else {
        root.state.bytes = next.record.state;
      }
    });
  }
  /// Adds one frame to the root's tail; where there is no root and none is expected, one with an empty state begins.
  /// One request; one more when the frames in the root are to become a blob, or where something was put.
  CommitResult append(std::string_view branch, Version const& expected, std::span<std::byte const> frame) {
    return change(branch, expected, [&](details::Known& next) {
      auto& root = next.object;
      root.frames.push_back(Bytes::copy(frame));
      next.record.tail.push_back(root.frames.back());
      if (root.frame_bytes() <= most_frame_bytes) return;
      root.packed.push_back(put(details::RootObject::encode_frames(root.frames)));
      next.packed_frames.push_back(std::exchange(root.frames, {}));
    });
  }
  /// Removes the root.
  CommitResult drop(std::string_view branch, Version const& expected) {
    if (expected.absent()) {
      auto const known = store_->look(branch);
      return known && !known->object.is_dropped ? CommitResult::conflict : CommitResult{CommitResult::committed, Version{}};
    }
    return change(branch, expected, [](details::Known& next) {
      clear(next);
      next.object.is_dropped = true;
    });
  }

 private:
  static constexpr std::size_t pack_size = std::size_t{8} << 20U;
  static constexpr std::size_t most_buffered = std::size_t{32} << 20U;
  static constexpr std::size_t largest_state = std::size_t{64} << 10U;
  static constexpr std::size_t most_frame_bytes = std::size_t{128} << 10U;

  /// Leaves nothing of what a root said: the next change may begin with it.
  static void clear(details::Known& next) {
    next.record = {};
    next.packed_frames.clear();
    next.object.state = {};
    next.object.packed.clear();
    next.object.frames.clear();
  }

  /// Writes what was put, unnamed by any root yet. Where that fails it is still here, for another attempt.
  void flush() {
    if (packs_.empty()) return;
    auto const now = std::chrono::duration_cast<std::chrono::milliseconds>(std::chrono::system_clock::now().time_since_epoch());
    std::vector<std::pair<std::string, details::ByteSpan>> objects;
    for (auto& pack : packs_.packs()) {
      if (!pack.is_sealed) pack.seal(now.count());
      objects.emplace_back(store_->keys().pack(pack.key), pack.bytes);
    }
    store_->create(objects);
    packs_.clear();
  }

  /// The root at the expected version; `is_there` false where it is at another.
  details::KnownPtr root_at(std::string_view branch, Version const& expected, bool& is_there) const {
    is_there = true;
    if (expected.absent()) {
      store_->require_store();
      auto known = store_->look(branch);
      is_there = !known || known->object.is_dropped;
      return known;
    }
    auto known = store_->remembered(branch);
    if (known && known->record.version == expected) return known;
    known = store_->look(branch);
    is_there = known && known->record.version == expected;
    return known;
  }

  template <class Change>
  CommitResult change(std::string_view branch, Version const& expected, Change change) {
    store_->client().check_process();
    auto const quotes = store_->quotes();
    bool is_there = false;
    auto const known = root_at(branch, expected, is_there);
    if (!is_there) return CommitResult::conflict;
    auto next = std::make_shared<details::Known>();
    if (known) {
      next->object = known->object.successor();
      next->record = known->record;
      next->packed_frames = known->packed_frames;
    }
    next->object.name = branch;
    change(*next);
    flush();
    // From here on all that the root names is there.
    auto const bytes = next->object.encode();
    auto call = details::Client::put(store_->keys().root(branch), bytes, {known ? details::if_match(known->etag, quotes) : details::if_absent()});
    CommitResult open{CommitResult::unknown, std::string{"there was no memory to find out what became of the write of the root"}};
    auto tokens = begun_tokens(next->object.id);
    try {
      store_->client().perform(call);
      auto& answer = call.answer;
      if (answer.is_success() && !call.is_exhausted && !answer.etag.empty()) {
        next->etag = std::move(answer.etag);
        return finish(branch, std::move(next), std::move(tokens));
      }
      bool const is_refused = answer.status == 412 || answer.status == 404;
      if (!answer.is_success() && !is_refused && !call.may_have_landed && !call.is_exhausted) details::raise_answer(call, "write a root");
      return resolve(branch, call, is_refused, known ? known->object.id : std::string{}, std::move(next), std::move(tokens));
    } catch (std::bad_alloc const&) {
      if (!call.was_begun) throw;
      return open;
    }
  }

  /// Two tokens of the version that a swap makes, with room for what only its answer says: behind a swap that has landed nothing may
  /// need memory.
  using Tokens = std::array<std::string, 2>;
  static Tokens begun_tokens(std::string_view id) {
    Tokens tokens;
    for (auto& token : tokens) {
      token.reserve(id.size() + details::longest_etag);
      token = id;
    }
    return tokens;
  }
  CommitResult finish(std::string_view branch, std::shared_ptr<details::Known> next, Tokens tokens) const noexcept {
    CommitResult done{CommitResult::committed, Version{}};
    if (!next->object.is_dropped) {
      for (auto& token : tokens) token += next->etag;
      next->record.version = Version{std::move(tokens[0])};
      done.version = Version{std::move(tokens[1])};
    }
    store_->remember(branch, std::move(next));
    return done;
  }

  /// What became of a swap that was refused, perhaps only when it was repeated, or whose reply was lost: the root says it.
  CommitResult resolve(std::string_view branch, details::Call const& call, bool is_refused, std::string const& from,
                       std::shared_ptr<details::Known> next, Tokens tokens) const {
    using Fate = details::RootObject::Fate;
    details::KnownPtr now;
    try {
      now = store_->look(branch);
    } catch (Error const& error) {
      if (is_refused && !call.may_have_landed) return CommitResult::conflict;
      return {CommitResult::unknown, "the reply to the write of the root was lost, and then: " + error.message()};
    }
    // Nothing there: nobody has created it, or the store was deleted.
    auto const fate = now ? now->object.fate_of(next->object.id, from) : from.empty() ? Fate::open : Fate::overtaken;
    switch (fate) {
      case Fate::landed:
        // Others may have gone on from it: then its version is one that no root has any more.
        next->etag = now->object.id == next->object.id ? now->etag : "superseded";
        if (now->object.id == next->object.id) return finish(branch, std::move(next), std::move(tokens));
        return {CommitResult::committed, next->object.is_dropped ? Version{} : details::version_of(next->object.id, next->etag)};
      case Fate::overtaken: return CommitResult::conflict;
      case Fate::open: break;
    }
    if (!call.may_have_landed && !call.answer.is_success()) {
      if (!is_refused) return {CommitResult::failed, words_of(call)};
      // Not at what was expected, and too far from it to see what happened since.
      if (!now || now->object.id != from) return CommitResult::conflict;
      return {CommitResult::failed, std::string{"the server refuses to replace the root, though it is as expected"}};
    }
    return {CommitResult::unknown, "the reply to the write of the root was lost: " + words_of(call)};
  }
  static std::string words_of(details::Call const& call) {
    return call.answer.result != CURLE_OK ? call.answer.fault : "HTTP " + std::to_string(call.answer.status);
  }

  std::shared_ptr<details::SharedStore> store_;
  common::GatheredPacks packs_{pack_size};
};

}  // namespace cairn::backends::s3
