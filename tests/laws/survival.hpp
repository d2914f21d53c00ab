// Copyright the Cairn authors
// SPDX-License-Identifier: BSL-1.0
// What a disaster leaves of what a durable blob store has acknowledged.
#pragma once

#include "laws/blob_words.hpp"
#include "laws/child.hpp"

#include <catch2/catch_get_random_seed.hpp>
#include <catch2/catch_test_macros.hpp>

#include <cstddef>
#include <cstdint>
#include <cstring>
#include <random>
#include <stdexcept>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace cairn::laws {

/// What a root says of one blob: its number, and where it is.
template <class Address>
struct BlobRecord {
  std::int64_t number = 0;
  Address address{};

  static constexpr std::size_t size = sizeof(number) + sizeof(address);

  [[nodiscard]] std::string to_text() const {
    std::string made(size, '\0');
    std::memcpy(made.data(), &number, sizeof number);
    std::memcpy(made.data() + sizeof number, &address, sizeof address);
    return made;
  }
  [[nodiscard]] static BlobRecord of(std::string_view text) {
    BlobRecord made;
    std::memcpy(&made.number, text.data(), sizeof number);
    std::memcpy(&made.address, text.data() + sizeof number, sizeof address);
    return made;
  }
  /// Of another size for each.
  [[nodiscard]] static std::string content_of(std::int64_t number) {
    return pattern(static_cast<std::size_t>(100 + number * 37 % 9000), static_cast<unsigned>(number));
  }
};

/// A process puts a blob with each commit and append, and says so when it is acknowledged, until `disaster(process)` ends it, in the middle
/// of whatever it does, and returns what it had said that nobody has heard. Afterwards all that it said is there, blobs included, at most
/// one more is, and each is there once. It is gone on from that.
template <BlobStoreHarness Harness, class Disaster>
void check_survival(int rounds, Disaster disaster) {
  using Backend = typename Harness::Backend;
  using Record = BlobRecord<typename ConnectionOf<Backend>::Address>;
  auto const seed = Catch::getSeed();
  CAPTURE(seed);
  std::mt19937 random{seed};
  Harness harness;
  auto const config = harness.config();
  Backend::empty_store(config);
  std::int64_t next = 0;
  for (int round = 0; round != rounds; ++round) {
    Child child{[&](int out) {
      auto connection = Backend::connect_store(config);
      std::string all;
      Version version;
      if (auto const root = connection.root("main")) {
        version = root->version;
        all = text(root->state);
        for (auto const& frame : root->tail) all += text(frame);
      }
      for (auto number = static_cast<std::int64_t>(all.size() / Record::size);; ++number) {
        auto writer = connection.begin();
        auto const record = Record{number, writer.put(bytes(Record::content_of(number)))}.to_text();
        all += record;
        auto const result = number % 8 == 7 ? writer.commit("main", version, bytes(all)) : writer.append("main", version, bytes(record));
        if (!(result == CommitResult::committed)) throw std::runtime_error{"it was not committed: " + result.reason};
        version = result.version;
        tell(out, number);
      }
    }};
    auto const first = child.hear();
    REQUIRE(first.has_value());
    CHECK(*first >= next);
    CHECK(*first <= next + 1);  // a server may have ended what it had begun for the one before only after it was looked at
    auto last = *first;
    for (auto more = random() % 40; more != 0; --more) {
      auto const number = child.hear();
      REQUIRE(number == last + 1);
      last = *number;
    }
    auto const told = disaster(child);
    auto const acknowledged = (told.empty() ? last : told.back()) + 1;
    auto const connection = Backend::connect_store(config);
    auto const root = connection.root("main");
    REQUIRE(root.has_value());
    std::string all = text(root->state);
    for (auto const& frame : root->tail) all += text(frame);
    REQUIRE(all.size() % Record::size == 0);
    next = static_cast<std::int64_t>(all.size() / Record::size);
    CHECK(next >= acknowledged);
    CHECK(next <= acknowledged + 1);
    for (std::int64_t number = 0; number != next; ++number) {
      auto const record = Record::of(std::string_view{all}.substr(static_cast<std::size_t>(number) * Record::size));
      CHECK(record.number == number);
      REQUIRE(difference(text(connection.read(record.address)), Record::content_of(number)) == "");
    }
  }
}

/// The disaster that is the end of the process itself.
inline std::vector<std::int64_t> kill_process(Child& child) {
  auto told = child.kill();
  CHECK(child.was_killed());  // it did not end by itself
  return told;
}

}  // namespace cairn::laws
