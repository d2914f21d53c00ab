// Copyright the Cairn authors
// SPDX-License-Identifier: BSL-1.0
// What a connection and its writers share: the cluster, and what is known of roots.
#pragma once

#include <cairn/backends/common/encoding.hpp>
#include <cairn/backends/common/pack.hpp>
#include <cairn/backends/common/root_version.hpp>
#include <cairn/backends/common/run.hpp>
#include <cairn/backends/common/text.hpp>
#include <cairn/backends/common/timed_key.hpp>
#include <cairn/backends/rados/cluster.hpp>
#include <cairn/backends/rados/config.hpp>
#include <cairn/backends/rados/errors.hpp>
#include <cairn/backends/rados/known.hpp>
#include <cairn/backends/rados/names.hpp>
#include <cairn/backends/rados/operation.hpp>
#include <cairn/backends/rados/root_body.hpp>
#include <cairn/concepts/bytes.hpp>
#include <cairn/error/error.hpp>

#include <algorithm>
#include <cerrno>
#include <chrono>
#include <cstddef>
#include <cstdint>
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

namespace cairn::backends::rados::details {

/// The attribute of a pack's objects: the table of contents (common/pack.hpp).
inline constexpr char const* contents_attribute = "contents";
inline constexpr std::size_t largest_contents = std::size_t{20} << 10U;
/// What of a pack is in one object. A cluster takes no more than 128 MiB in one, nor 90 MiB in one step.
inline constexpr std::size_t piece_size = std::size_t{16} << 20U;

/// Thread safety: every member may be called at once from any thread.
class SharedStore {
 public:
  explicit SharedStore(Config const& config) : cluster_{config}, id_{find_store(cluster_, config)}, names_{id_} {}

  [[nodiscard]] Cluster const& cluster() const noexcept { return cluster_; }
  [[nodiscard]] Names const& names() const noexcept { return names_; }
  [[nodiscard]] common::Pack new_pack() { return {pack_keys_.next(), {}, {}, false}; }

  /// `store/does-not-exist` where the store that was connected to is gone.
  void require_store() const {
    if (Marker::read(cluster_) != id_) raise(Errc::store_does_not_exist, "The store in that Ceph pool and namespace was deleted: create it and connect again.");
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
    auto const found = known_.find(branch);
    if (found != known_.end()) {
      if (known) {
        found->second = std::move(known);
      } else {
        known_.erase(found);
      }
    } else if (known) {
      try {
        known_.emplace(branch, std::move(known));
      } catch (std::bad_alloc const&) {  // NOLINT(bugprone-empty-catch): as above
      }
    }
  }
  /// The root as it is now; nothing where there is none. One round trip, which brings what is new since it was last seen; another one
  /// where all is new, and one for all parts that are blobs.
  [[nodiscard]] KnownPtr look(std::string_view branch) const {
    constexpr int tries = 4;
    for (int number = 1;; ++number) {
      auto before = remembered(branch);
      auto seen = fetch(branch, before);
      if (!seen) {
        remember(branch, nullptr);
        return nullptr;
      }
      if (before && attribute_in(*seen) == attribute_of(before->version)) return before;
      try {
        auto known = complete(*std::move(seen), branch, before.get());
        remember(branch, known);
        return known;
      } catch (Error const&) {
        // Between the root and its blobs it may have been replaced, and they swept.
        if (number == tries) throw;
      }
    }
  }

  // ---- blobs

  /// Calls `sink(i, Bytes)` for each address, in any order.
  template <class Sink>
  void read_many(std::span<Address const> addresses, Sink&& sink) const {
    std::vector<std::size_t> places(addresses.size());
    for (std::size_t i = 0; i != places.size(); ++i) places[i] = i;
    auto const runs = common::runs_of(addresses, places);
    struct Part {
      std::size_t run;
      std::uint64_t at;
      std::size_t size;
    };
    std::vector<Part> parts;
    for (std::size_t run = 0; run != runs.size(); ++run) {
      for (auto at = runs[run].from; at != runs[run].to; at += parts.back().size)
        parts.push_back({run, at, static_cast<std::size_t>((std::min)(runs[run].to - at, piece_size - at % piece_size))});
    }
    std::vector<Buffer> buffers(runs.size());
    cluster_.each(
        parts.size(),
        [&](std::size_t i, Completion& completion) {
          auto const& [number, at, size] = parts[i];
          auto const& run = runs[number];
          auto& buffer = buffers[number];
          buffer.resize(static_cast<std::size_t>(run.to - run.from));
          auto const object = names_.pack(addresses[run.places.front()].pack(), static_cast<std::size_t>(at / piece_size));
          cluster_.begin_read(object, at % piece_size, std::span{buffer}.subspan(static_cast<std::size_t>(at - run.from), size), completion);
        },
        [&](std::size_t i, int answer) {
          auto const& run = runs[parts[i].run];
          if (answer == -ENOENT) raise_missing(addresses[run.places.front()]);
          if (answer < 0) raise_answer(answer, "read a blob");
          auto const here = std::span{buffers[parts[i].run]}.subspan(static_cast<std::size_t>(parts[i].at - run.from), parts[i].size);
          std::ranges::fill(here.subspan(static_cast<std::size_t>(answer)), std::byte{});
          if (i + 1 == parts.size() || parts[i + 1].run != parts[i].run) deliver(run, addresses, std::exchange(buffers[parts[i].run], {}), sink);
        });
  }

  /// Writes packs, all at once; they are there when it returns. Once more does no harm.
  void write(std::span<common::Pack> packs) const {
    struct Piece {
      common::Pack const* pack;
      std::size_t number;
      Buffer const* contents;
    };
    auto const now = std::chrono::duration_cast<std::chrono::milliseconds>(std::chrono::system_clock::now().time_since_epoch());
    std::vector<Buffer> tables;
    tables.reserve(packs.size());
    std::vector<Piece> pieces;
    for (auto& pack : packs) {
      pack.is_sealed = true;
      tables.push_back(common::contents_of(pack.blobs, now.count()));
      for (std::size_t at = 0; at < pack.bytes.size(); at += piece_size) pieces.push_back({&pack, at / piece_size, &tables.back()});
    }
    cluster_.each(
        pieces.size(),
        [&](std::size_t i, Completion& completion) {
          auto const& [pack, number, contents] = pieces[i];
          auto const rest = ByteSpan{pack->bytes}.subspan(number * piece_size);
          WriteOperation operation;
          operation.replace(rest.first((std::min)(rest.size(), piece_size))).set(contents_attribute, *contents);
          cluster_.begin(names_.pack(pack->key, number), operation, completion);
        },
        [](std::size_t, int answer) {
          if (answer < 0) raise_answer(answer, "write blobs");
        });
  }

 private:
  static StoreId find_store(Cluster const& cluster, Config const& config) {
    auto const id = Marker::read(cluster);
    if (!id) raise(Errc::store_does_not_exist, "There is no store in the namespace \"" + config.namespace_ + "\" of the Ceph pool " + config.pool + ": create it first.");
    return *id;
  }

  [[noreturn]] static void raise_missing(Address const& address) {
    auto const place = common::hexadecimal(address.bytes);
    raise_absent_blob("There is no blob " + place + " in this store: it was never committed, or swept.",
                      "{:address \"" + place + "\"}");
  }
  [[noreturn]] static void raise_damaged(Address const& address) {
    auto const place = common::hexadecimal(address.bytes);
    raise(Errc::store_corrupt, "The blob " + place + " is damaged: restore the store from a backup.", "{:address \"" + place + "\"}");
  }
  /// What a sweep took out of a pack reads as zeros, and at the pack's end as nothing; so may what is damaged. The table of contents, which is
  /// read for that, has the one no more, and the other.
  [[noreturn]] void raise_unreadable(Address const& address) const {
    Buffer table(largest_contents);
    Completion completion;
    cluster_.begin_read(names_.pack(address.pack(), 0), contents_attribute, table, completion);
    auto const answer = completion.wait();
    if (answer == -ENOENT) raise_missing(address);
    if (answer < 0 && answer != -ENODATA) raise_answer(answer, "read a pack's contents");
    table.resize(answer < 0 ? 0 : static_cast<std::size_t>(answer));
    auto const contents = common::read_contents(address.pack(), table);
    if (contents && std::ranges::find(contents->blobs, address) == contents->blobs.end()) raise_missing(address);
    raise_damaged(address);
  }
  template <class Sink>
  void deliver(common::Run const& run, std::span<Address const> addresses, Buffer buffer, Sink& sink) const {
    for (auto const place : run.places) {
      if (!common::blob_of(addresses[place], run.stored(addresses[place], buffer))) raise_unreadable(addresses[place]);
    }
    if (run.places.size() == 1) {
      auto const size = addresses[run.places.front()].size();
      sink(run.places.front(), Bytes{std::move(buffer)}.slice(common::checksum_size, size));
      return;
    }
    // Copies: whoever keeps one must not keep all.
    for (auto const place : run.places) sink(place, Bytes::copy(run.stored(addresses[place], buffer).subspan(common::checksum_size)));
  }

  /// What the root's object has behind what it had `before`; all where it has no longer begun with that, and then `before` becomes nothing.
  /// Nothing where there is no such object.
  [[nodiscard]] std::optional<Cluster::Seen> fetch(std::string_view branch, KnownPtr& before) const {
    constexpr std::size_t at_first = std::size_t{64} << 10U;
    auto const object = names_.root(branch);
    for (std::size_t size = at_first;;) {
      Cluster::Seen seen;
      seen.bytes.resize(size);
      auto const offset = before ? before->size : 0;
      auto const answer = before ? cluster_.look(object, offset, seen, Cluster::Expected{before->place_of_last(), text_of(before->last().lot)}) : cluster_.look(object, offset, seen);
      if (answer == -ENOENT) return std::nullopt;
      // Another lot in that place, or a state that is still there while its frames were moved out.
      if (before && (is_other_bytes(answer) || (answer >= 0 && base_of(seen, branch) != before->base))) {
        before = nullptr;
        continue;
      }
      if (answer < 0) raise_answer(answer, "read a root");
      if (seen.size <= offset + size) return seen;
      size = static_cast<std::size_t>(seen.size - offset) + at_first;  // it grows meanwhile
    }
  }
  static std::string const& attribute_in(Cluster::Seen const& seen) {
    auto const found = seen.attributes.find(version_attribute);
    if (found == seen.attributes.end() || found->second.size() != version_attribute_size) raise(Errc::store_corrupt, "A root of the Ceph store has no version: restore it from a backup.");
    return found->second;
  }
  static std::string base_of(Cluster::Seen const& seen, std::string_view branch) {
    auto const name = seen.attributes.find(name_attribute);
    if (name == seen.attributes.end() || name->second != branch)
      raise(Errc::store_corrupt, "The object of the root " + common::escaped(branch, "-_") + " is another root's: restore it from a backup.");
    return attribute_in(seen).substr(0, common::epoch_size);
  }

  /// `before` is what the object had when it was shorter. Reads the blobs that it names, but for those.
  [[nodiscard]] KnownPtr complete(Cluster::Seen seen, std::string_view branch, Known const* before) const {
    bool const is_whole = before == nullptr;
    auto made = is_whole ? std::make_shared<Known>() : std::make_shared<Known>(*before);
    made->base = base_of(seen, branch);
    made->size = static_cast<std::size_t>(seen.size);
    auto const attribute = attribute_in(seen);
    auto const damaged = [] { raise(Errc::store_corrupt, "A root of the Ceph store is damaged: restore it from a backup."); };
    if (is_whole && !common::text_of(seen.bytes).starts_with(root_magic)) damaged();
    auto records = decode(Bytes{std::move(seen.bytes)}, is_whole ? root_magic.size() : 0);
    if (is_whole && records.empty()) damaged();

    auto const contents = read_contents_of(records);
    auto moved_frames = *made->moved_frames;
    std::vector<Frame> frames;
    for (std::size_t i = 0; i != records.size(); ++i) {
      if (is_whole && i == 0) {
        made->state = {std::move(records[i]), contents[i]};
      } else if (records[i].kind != Record::Kind::records) {
        frames.push_back({std::move(records[i]), contents[i]});
      } else {
        auto const inner = decode(contents[i], 0);
        auto more = read_contents_of(inner);
        moved_frames.insert(moved_frames.end(), more.begin(), more.end());
        made->moved.push_back(std::move(records[i]));
      }
    }
    if (!made->moved.empty()) made->moved_frames = std::make_shared<std::vector<Bytes> const>(std::move(moved_frames));
    made->frames.add(std::move(frames));
    if (common::root_version(made->base, made->frame_count()).token() != attribute) damaged();
    made->version = version_of(attribute, made->last().lot);
    return made;
  }
  /// What the records are: their own bytes, or the blobs that they name.
  [[nodiscard]] std::vector<Bytes> read_contents_of(Records const& records) const {
    std::vector<Bytes> made(records.size());
    std::vector<std::size_t> places;
    std::vector<Address> wanted;
    for (std::size_t i = 0; i != records.size(); ++i) {
      if (records[i].kind == Record::Kind::here) {
        made[i] = records[i].bytes;
      } else {
        places.push_back(i);
        wanted.push_back(records[i].address());
      }
    }
    read_many(std::span<Address const>{wanted}, [&](std::size_t i, Bytes bytes) { made[places[i]] = std::move(bytes); });
    return made;
  }

  Cluster cluster_;
  StoreId id_;
  Names names_;
  common::TimedKeys pack_keys_;
  mutable std::mutex mutex_;
  mutable std::map<std::string, KnownPtr, std::less<>> known_{};
};

}  // namespace cairn::backends::rados::details
