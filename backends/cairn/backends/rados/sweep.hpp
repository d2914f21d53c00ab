// Copyright the Cairn authors
// SPDX-License-Identifier: BSL-1.0
// Removing blobs that nothing names any more.
#pragma once

#include <cairn/backends/common/encoding.hpp>
#include <cairn/backends/common/pack.hpp>
#include <cairn/backends/common/timed_key.hpp>
#include <cairn/backends/rados/errors.hpp>
#include <cairn/backends/rados/names.hpp>
#include <cairn/backends/rados/operation.hpp>
#include <cairn/backends/rados/root_body.hpp>
#include <cairn/backends/rados/shared_store.hpp>
#include <cairn/concepts/bytes.hpp>
#include <cairn/concepts/root.hpp>
#include <cairn/error/error.hpp>

#include <algorithm>
#include <cerrno>
#include <chrono>
#include <cstddef>
#include <cstdint>
#include <set>
#include <span>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace cairn::backends::rados::details {

/// One sweep of a store. A pack whose blobs are all dead is removed; one of which a third is dead gives the room of those back, and the others
/// stay where they are.
class Sweep {
 public:
  Sweep(SharedStore& store, LiveSet<Address> const& live, TimePoint cutoff)
      : store_{store}, live_{live}, before_{std::chrono::floor<std::chrono::milliseconds>(cutoff.time_since_epoch()).count()} {}

  /// `roots` are the names of all.
  void run(std::vector<std::string> const& roots) {
    for (auto const& name : roots) {
      auto const root = store_.look(name);
      if (!root) continue;
      for (auto const& record : root->records()) keep(record);
    }
    std::vector<Old> old;
    store_.cluster().list([&](std::string_view name) {
      auto const key = store_.names().pack_in(name);
      if (key && key->put_at() < before_) old.push_back({std::string{name}, *key});
    });
    for (std::size_t at = 0; at < old.size(); at += at_a_time) look_into(std::span{old}.subspan(at, (std::min)(at_a_time, old.size() - at)));
  }

 private:
  static constexpr std::size_t at_a_time = 256;
  struct Old {
    std::string object;
    common::TimedKey key;
  };
  struct Hole {
    std::uint64_t from;
    std::uint64_t to;
  };
  struct Holed {
    std::string object;
    std::vector<Hole> holes;
    Buffer contents;  ///< without what is dead
  };

  /// Large states and tails are blobs that no tree names, and those of records name others.
  void keep(Record const& record) {
    if (record.kind == Record::Kind::here) return;
    auto const address = record.address();
    parts_.insert(address);
    if (record.kind != Record::Kind::records) return;
    store_.read_many(std::span{&address, 1}, [&](std::size_t, Bytes const& bytes) {
      for (auto const& inner : decode(bytes, 0)) {
        if (inner.kind != Record::Kind::here) parts_.insert(inner.address());
      }
    });
  }
  [[nodiscard]] bool is_live(Address const& address) const { return parts_.contains(address) || live_(address); }

  void look_into(std::span<Old const> old) {
    std::vector<Buffer> tables(old.size());
    std::vector<std::string> dead;
    std::vector<Holed> holed;
    store_.cluster().each(
        old.size(),
        [&](std::size_t i, Completion& completion) {
          tables[i].resize(largest_contents);
          store_.cluster().begin_read(old[i].object, contents_attribute, tables[i], completion);
        },
        [&](std::size_t i, int answer) {
          if (answer == -ENOENT) return;  // somebody else has removed it
          if (answer < 0 && answer != -ENODATA) raise_answer(answer, "read a pack's contents");
          auto table = std::exchange(tables[i], {});
          table.resize(answer < 0 ? 0 : static_cast<std::size_t>(answer));
          auto const contents = common::read_contents(old[i].key, table);
          if (!contents) {
            raise(Errc::store_corrupt, "The contents of a pack of blobs are damaged: restore " + old[i].object + " from a backup.", "{:object \"" + old[i].object + "\"}");
          }
          if (contents->sealed_at < before_) sort_out(old[i].object, *contents, dead, holed);
        });
    store_.cluster().remove(dead);
    give_back(holed);
  }

  void sort_out(std::string const& object, common::Contents const& contents, std::vector<std::string>& dead, std::vector<Holed>& holed) const {
    std::vector<Address> kept;
    std::vector<Hole> holes;
    std::uint64_t kept_bytes = 0;
    std::uint64_t dead_bytes = 0;
    for (auto const& blob : contents.blobs) {
      auto const size = common::stored_size(blob.size());
      if (is_live(blob)) {
        kept.push_back(blob);
        kept_bytes += size;
        continue;
      }
      dead_bytes += size;
      if (!holes.empty() && holes.back().to == blob.offset()) {
        holes.back().to += size;
      } else {
        holes.push_back({blob.offset(), blob.offset() + size});
      }
    }
    if (kept.empty()) {
      dead.push_back(object);
    } else if (dead_bytes * 2 >= kept_bytes) {
      holed.push_back({object, std::move(holes), common::contents_of(kept, contents.sealed_at)});
    }
  }

  void give_back(std::vector<Holed> const& holed) const {
    store_.cluster().each(
        holed.size(),
        [&](std::size_t i, Completion& completion) {
          WriteOperation operation;
          // Another sweep may have removed it: it does not come back.
          operation.require();
          for (auto const& hole : holed[i].holes) operation.zero(hole.from, hole.to - hole.from);
          operation.set(contents_attribute, holed[i].contents);
          store_.cluster().begin(holed[i].object, operation, completion);
        },
        [](std::size_t, int answer) {
          if (answer < 0 && answer != -ENOENT) raise_answer(answer, "give back the room of blobs");
        });
  }

  SharedStore& store_;
  LiveSet<Address> const& live_;
  std::int64_t before_;
  std::set<Address> parts_{};
};

}  // namespace cairn::backends::rados::details
