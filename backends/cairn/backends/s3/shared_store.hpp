// Copyright the Cairn authors
// SPDX-License-Identifier: BSL-1.0
// What a connection and its writers share: the client, and what is known of roots.
#pragma once

#include <cairn/backends/common/timed_key.hpp>
#include <cairn/backends/s3/address.hpp>
#include <cairn/backends/s3/client.hpp>
#include <cairn/backends/s3/config.hpp>
#include <cairn/backends/s3/keys.hpp>
#include <cairn/backends/s3/marker.hpp>
#include <cairn/backends/common/pack.hpp>
#include <cairn/backends/s3/root_object.hpp>
#include <cairn/backends/common/run.hpp>
#include <cairn/concepts/bytes.hpp>
#include <cairn/concepts/root.hpp>
#include <cairn/error/error.hpp>

#include <algorithm>
#include <chrono>
#include <cstddef>
#include <map>
#include <memory>
#include <mutex>
#include <new>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace cairn::backends::s3::details {

/// A root as it was when it was last seen: the object, and what it says. Immutable.
struct Known {
  std::string etag;
  RootObject object;
  RootRecord record{};                              ///< nothing in it where the root was dropped
  std::vector<std::vector<Bytes>> packed_frames{};  ///< what `object.packed` names
};
using KnownPtr = std::shared_ptr<Known const>;

inline Version version_of(std::string const& id, std::string const& etag) { return Version{id + etag}; }

/// Thread safety: every member may be called at once from any thread.
class SharedStore {
 public:
  explicit SharedStore(Config const& config) : SharedStore{config, checked_prefix(config)} {}

  [[nodiscard]] Client const& client() const noexcept { return client_; }
  [[nodiscard]] Keys const& keys() const noexcept { return keys_; }
  [[nodiscard]] Pack new_pack() { return {pack_keys_.next(), {}, {}, false}; }

  /// How ETags are to be written here. A store that was copied to another server has that examined before the first commit.
  [[nodiscard]] Quotes quotes() {
    if (marker_.probed == client_.endpoint().base()) return marker_.quotes;
    std::lock_guard const guard{probing_};
    if (!probed_) probed_ = probe(client_, keys_.prefix());
    return *probed_;
  }

  /// `store/does-not-exist` where the store that was connected to is gone.
  void require_store() const {
    auto const marker = read_marker(client_, keys_.prefix());
    if (!marker || marker->id != marker_.id) {
      raise(Errc::store_does_not_exist,
            "The S3 store below " + path_encoded(keys_.prefix()) + " was deleted: create it and connect again.");
    }
  }

  // ---- roots

  /// What was last seen of a root; nothing where it was not.
  [[nodiscard]] KnownPtr remembered(std::string_view branch) const {
    std::lock_guard const guard{mutex_};
    auto const found = known_.find(branch);
    return found == known_.end() ? nullptr : found->second;
  }
  /// Where there is no memory for it, nothing is known, and the next look brings all.
  void remember(std::string_view branch, KnownPtr known) const noexcept {
    std::lock_guard const guard{mutex_};
    if (auto const found = known_.find(branch); found != known_.end()) {
      found->second = std::move(known);
      return;
    }
    try {
      known_.emplace(branch, std::move(known));
    } catch (std::bad_alloc const&) {  // NOLINT(bugprone-empty-catch): as above
    }
  }
  /// The root as it is now; nothing where there never was one. One request, and one for each part of it that is large and new.
  [[nodiscard]] KnownPtr look(std::string_view branch) const {
    constexpr int tries = 4;
    for (int number = 1;; ++number) {
      auto const before = remembered(branch);
      std::optional<RootObject> object;
      auto call = ask_for_root(keys_.root(branch), before ? before->etag : std::string{}, object);
      if (call.answer.status == 304 && before) return before;
      if (!object) return nullptr;
      if (!object->is_dropped && object->name != branch) raise_answer_of_other(branch);
      try {
        auto known = complete(*std::move(object), std::move(call.answer.etag), before.get());
        remember(branch, known);
        return known;
      } catch (Error const&) {
        // Between the root and its parts it may have been replaced, and they swept.
        if (number == tries) throw;
      }
    }
  }
  /// The root in an object; nothing where there is no such object.
  [[nodiscard]] std::optional<RootObject> root_in(std::string key) const {
    std::optional<RootObject> object;
    static_cast<void>(ask_for_root(std::move(key), {}, object));
    return object;
  }

  // ---- blobs

  /// A copy of the blob. One request; one more where a sweep has moved it.
  [[nodiscard]] Bytes read(Address const& address) const {
    Bytes found;
    read_many(std::span{&address, 1}, [&](std::size_t, Bytes bytes) { found = std::move(bytes); });
    return found;
  }
  /// Calls `sink(i, Bytes)` for each address, in any order.
  template <class Sink>
  void read_many(std::span<Address const> addresses, Sink&& sink) const {
    std::vector<std::size_t> places(addresses.size());
    for (std::size_t i = 0; i != places.size(); ++i) places[i] = i;
    auto missing = read_from(addresses, places, false, sink);
    if (!missing.empty()) missing = read_from(addresses, missing, true, sink);
    if (!missing.empty()) {
      auto const place = hexadecimal(addresses[missing.front()].bytes);
      raise_absent_blob("There is no blob " + place + " in this store: it was never committed, or swept.",
                        "{:address \"" + place + "\"}");
    }
  }
  /// Writes objects that nobody else writes, all at once; they are there when it returns.
  void create(std::span<std::pair<std::string, ByteSpan> const> objects) const {
    std::vector<Call> calls;
    calls.reserve(objects.size());
    for (auto const& [key, bytes] : objects) calls.push_back(Client::put(key, bytes, {if_absent()}));
    client_.perform(calls, [&](std::size_t i) {
      bool const is_done = calls[i].answer.is_success() && !calls[i].is_exhausted;
      if (!is_done && calls[i].answer.status != 412) raise_answer(calls[i], "write blobs");
    });
    // It is there: an attempt before this one landed, and its reply was lost.
    for (std::size_t i = 0; i != calls.size(); ++i) {
      if (calls[i].answer.status != 412) continue;
      auto there = Client::get(objects[i].first, objects[i].second.size());
      there.is_right = [&](Answer const& answer) { return text_of(answer.body) == text_of(objects[i].second); };
      client_.perform(there);
      if (!there.answer.is_success() || there.is_exhausted) raise_answer(there, "write blobs");
    }
  }

 private:
  SharedStore(Config const& config, std::string const& prefix)
      : client_{config}, marker_{find_marker(client_, prefix)}, keys_{prefix, marker_.id} {}

  static Marker find_marker(Client const& client, std::string const& prefix) {
    auto marker = read_marker(client, prefix);
    if (!marker)
      raise(Errc::store_does_not_exist, "There is no store below " + path_encoded(prefix) + " in the bucket " + client.endpoint().config().bucket + ": create it first.");
    return *std::move(marker);
  }
  [[noreturn]] static void raise_answer_of_other(std::string_view branch) {
    raise(Errc::store_corrupt, "The object of the root " + path_encoded(branch) + " is another root's: restore it from a backup.");
  }

  Call ask_for_root(std::string key, std::string const& etag, std::optional<RootObject>& object) const {
    auto call = Client::get(std::move(key), std::size_t{256} << 20U);
    if (!etag.empty()) call.request.headers.push_back("If-None-Match: \"" + etag + "\"");
    call.is_right = [&](Answer const& answer) {
      object = answer.etag.empty() ? std::nullopt : RootObject::decode(answer.body);
      return object.has_value();
    };
    client_.perform(call);
    if (call.is_exhausted) raise_answer(call, "read a root");
    if (call.answer.status == 404 && read_refusal(call.answer.body).code != "NoSuchBucket") return call;
    if (!call.answer.is_success() && (call.answer.status != 304 || etag.empty())) raise_answer(call, "read a root");
    return call;
  }

  /// Reads what the object only names, but for what is known from before.
  [[nodiscard]] KnownPtr complete(RootObject object, std::string etag, Known const* before) const {
    auto made = std::make_shared<Known>();
    made->etag = std::move(etag);
    made->object = std::move(object);
    auto const& root = made->object;
    if (root.is_dropped) return made;
    std::vector<Address> wanted;
    bool const has_state = before != nullptr && root.state.blob && before->object.state.blob == root.state.blob;
    if (root.state.blob && !has_state) wanted.push_back(*root.state.blob);
    std::size_t same = 0;
    if (before != nullptr) {
      auto const& old = before->object.packed;
      while (same != (std::min)(old.size(), root.packed.size()) && old[same] == root.packed[same]) ++same;
    }
    wanted.insert(wanted.end(), root.packed.begin() + static_cast<std::ptrdiff_t>(same), root.packed.end());
    std::vector<Bytes> found(wanted.size());
    if (!wanted.empty()) read_many(std::span<Address const>{wanted}, [&](std::size_t i, Bytes bytes) { found[i] = std::move(bytes); });

    made->record.version = version_of(root.id, made->etag);
    auto next = found.begin();
    made->record.state = !root.state.blob ? root.state.bytes : has_state ? before->record.state : *next++;
    for (std::size_t i = 0; i != root.packed.size(); ++i) {
      auto& frames = made->packed_frames.emplace_back();
      if (i < same) {
        frames = before->packed_frames[i];
      } else {
        Input in{*next++};
        if (!RootObject::read_frames(in, frames)) raise(Errc::store_corrupt, "A tail's frames can't be read: restore the store from a backup.");
      }
      made->record.tail.insert(made->record.tail.end(), frames.begin(), frames.end());
    }
    made->record.tail.insert(made->record.tail.end(), root.frames.begin(), root.frames.end());
    return made;
  }

  /// Of the addresses at `places` those that are not there.
  template <class Sink>
  [[nodiscard]] std::vector<std::size_t> read_from(std::span<Address const> addresses, std::span<std::size_t const> places, bool is_moved, Sink& sink) const {
    // What was moved is an object each.
    auto const runs = is_moved ? runs_of(addresses, places, 0) : runs_of(addresses, places);
    std::vector<Call> calls(runs.size());
    for (std::size_t i = 0; i != runs.size(); ++i) {
      auto const& run = runs[i];
      auto const& first = addresses[run.places.front()];
      auto const size = static_cast<std::size_t>(run.to - run.from);
      calls[i] = Client::get(is_moved ? keys_.moved(first) : keys_.pack(first.pack()), (std::max)(size, std::size_t{1} << 16U));
      if (!is_moved) calls[i].request.range = std::to_string(run.from) + "-" + std::to_string(run.to - 1);
      calls[i].is_right = [&run, size, addresses](Answer const& answer) {
        return answer.body.size() == size && std::all_of(run.places.begin(), run.places.end(), [&](std::size_t place) {
                 return blob_of(addresses[place], run.stored(addresses[place], answer.body)).has_value();
               });
      };
    }
    std::vector<std::size_t> missing;
    client_.perform(calls, [&](std::size_t i) {
      auto& call = calls[i];
      auto const& run = runs[i];
      if (call.answer.status == 404 && read_refusal(call.answer.body).code != "NoSuchBucket") {
        missing.insert(missing.end(), run.places.begin(), run.places.end());
        return;
      }
      if (call.answer.status == 416) {
        raise(Errc::store_corrupt, "A pack of blobs is shorter than it was: restore " + path_encoded(call.request.key) + " from a backup.",
              "{:address \"" + hexadecimal(addresses[run.places.front()].bytes) + "\"}");
      }
      if (!call.answer.is_success() || call.is_exhausted) raise_answer(call, "read a blob");
      if (run.places.size() == 1) {
        auto const place = run.places.front();
        sink(place, Bytes{std::move(call.answer.body)}.slice(checksum_size, addresses[place].size()));
        return;
      }
      // Copies: whoever keeps one must not keep all.
      for (auto const place : run.places) sink(place, Bytes::copy(run.stored(addresses[place], call.answer.body).subspan(checksum_size)));
    });
    return missing;
  }

  Client client_;
  Marker marker_;
  Keys keys_;
  common::TimedKeys pack_keys_;
  std::mutex probing_;
  std::optional<Quotes> probed_{};
  mutable std::mutex mutex_;
  mutable std::map<std::string, KnownPtr, std::less<>> known_{};
};

}  // namespace cairn::backends::s3::details
