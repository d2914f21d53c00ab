// Copyright the Cairn authors
// SPDX-License-Identifier: BSL-1.0
// What the laws of an index compare it with: random datoms, a std::set of them, and a place that keeps nodes in memory.
#pragma once

#include <cairn/datom/order.hpp>
#include <cairn/error/error.hpp>
#include <cairn/index/node_address.hpp>
#include <cairn/index/node_cache.hpp>

#include <atomic>
#include <cstddef>
#include <cstdint>
#include <initializer_list>
#include <iterator>
#include <limits>
#include <map>
#include <memory>
#include <mutex>
#include <optional>
#include <random>
#include <set>
#include <span>
#include <string>
#include <utility>
#include <vector>

namespace cairn::laws {

template <Order Sorted>
struct Before {
  bool operator()(RawDatom const& left, RawDatom const& right) const { return compare<Sorted>(left, right) < 0; }
};

template <Order Sorted>
using Model = std::set<RawDatom, Before<Sorted>>;

/// Random numbers, values, datoms and positions. `crowded`: from few choices, so that they meet each other again.
class RandomDatoms {
 public:
  RandomDatoms(std::uint64_t seed, bool crowded) : engine_{seed}, crowded_{crowded} {}

  std::uint64_t below(std::uint64_t limit) { return engine_() % limit; }
  bool one_in(std::uint64_t number) { return below(number) == 0; }

  Value value(int depth = 0) {
    if (crowded_ && !one_in(4)) return static_cast<std::int64_t>(below(5));
    switch (below(depth < 2 ? 15 : 14)) {
      case 0: return {};
      case 1: return one_in(2);
      case 2: return static_cast<std::int64_t>(engine_());
      case 3: return static_cast<std::int64_t>(below(100)) - 50;
      case 4: return pick({0.0, -0.0, 1.5, -1.5, 1e300, 0x1p63, std::numeric_limits<double>::quiet_NaN(),
                           std::numeric_limits<double>::infinity(), -std::numeric_limits<double>::infinity(), 3.0});
      case 5: return static_cast<float>(below(8)) / 2;
      case 6: return BigInt{pick<char const*>({"9223372036854775808", "-9223372036854775809", "3",
                                               "123456789012345678901234567890", "9007199254740993"})};
      case 7: return BigDecimal{pick<char const*>({"3", "3.00", "1E+3", "-2.5", "1e400", "-1e-400", "9007199254740992.5"})};
      case 8: return Instant{static_cast<std::int64_t>(engine_() >> below(64))};
      case 9: {
        Uuid uuid;
        for (auto& byte : uuid.bytes) byte = static_cast<std::byte>(below(3));
        return uuid;
      }
      case 10: return text("http://www.example.org/", 3);
      case 11: return text("", 12);
      case 12: return one_in(2) ? Value{Keyword{text("", 4) + "/" + text("", 3)}} : Value{Keyword{"k" + text("", 4)}};
      case 13: {
        auto const bytes = text("", 4);
        return std::as_bytes(std::span{bytes.data(), bytes.size()});
      }
      default: {
        std::vector<Value> elements(below(3));
        for (auto& element : elements) element = value(depth + 1);
        return elements;
      }
    }
  }

  RawDatom datom() {
    RawDatom datom;
    datom.e = static_cast<EntityId>(below(crowded_ ? 40 : 4000) + 1);
    datom.a = static_cast<AttributeId>(below(6));
    datom.tx = first_transaction + static_cast<EntityId>(below(3));
    datom.added = !one_in(4);
    datom.v = value();
    if (one_in(50)) datom.e = static_cast<EntityId>(engine_());
    if (one_in(50)) datom.a = static_cast<AttributeId>(engine_());
    if (one_in(50)) datom.tx = static_cast<EntityId>(engine_() >> below(40));
    return datom;
  }

  Position position(RawDatom const& near) {
    return {one_in(2) ? near : datom(), static_cast<std::uint8_t>(below(6)), one_in(2)};
  }

 private:
  template <class Type>
  Type pick(std::initializer_list<Type> choices) {
    return choices.begin()[below(choices.size())];
  }
  std::string text(std::string start, std::uint64_t longest) {
    for (auto left = below(longest + 1); left != 0; --left) start += static_cast<char>('a' + below(3));
    return start;
  }

  std::mt19937_64 engine_;
  bool crowded_;
};

/// Keeps nodes under numbers. `read_limit`, where set, is how many reads succeed before one fails.
class MemoryNodes {
 public:
  using Number = std::uint64_t;

  [[nodiscard]] NodeSink sink() {
    return {this, [](void* self, std::span<std::byte const> bytes) { return static_cast<MemoryNodes*>(self)->put(bytes); },
            sizeof(Number)};
  }
  /// Whatever is read from it can be read many at a time too. `cache`: what may unload it again.
  [[nodiscard]] std::shared_ptr<NodeSource const> source(std::shared_ptr<NodeCache> cache = nullptr) const {
    auto const get_one = [](void const* self, NodeAddress const& address) {
      return static_cast<MemoryNodes const*>(self)->get(address);
    };
    auto const get_many = [](void const* self, std::span<NodeAddress const> addresses, BytesSink sink) {
      auto const& nodes = *static_cast<MemoryNodes const*>(self);
      ++nodes.turns;
      nodes.turned += addresses.size();
      for (std::size_t i = addresses.size(); i-- != 0;) sink.put(sink.context, i, nodes.get(addresses[i]));
    };
    return std::make_shared<NodeSource const>(NodeSource{this, get_one, sizeof(Number), nullptr, get_many, std::move(cache)});
  }

  NodeAddress put(std::span<std::byte const> bytes) {
    std::lock_guard lock{mutex_};
    auto const number = ++last_;
    nodes_[number] = Bytes::copy(bytes);
    ++writes;
    return NodeAddress::of(number);
  }
  [[nodiscard]] Bytes get(NodeAddress const& address) const {
    if (read_limit && (*read_limit)-- == 0) {
      read_limit = 0;
      raise(Errc::io_error, "the test wants this read to fail");
    }
    ++reads;
    std::lock_guard lock{mutex_};
    auto const found = nodes_.find(address.to<Number>());
    if (found == nodes_.end()) raise(Errc::store_corrupt, "there is no node of this number");
    return found->second;
  }

  [[nodiscard]] std::size_t size() const { return nodes_.size(); }
  void keep_only(std::set<Number> const& numbers) {
    std::erase_if(nodes_, [&](auto const& entry) { return !numbers.contains(entry.first); });
  }
  [[nodiscard]] std::map<Number, Bytes>& nodes() { return nodes_; }

  std::size_t writes = 0;
  mutable std::atomic<std::size_t> reads = 0;
  mutable std::atomic<std::size_t> turns = 0;   // in which several were read
  mutable std::atomic<std::size_t> turned = 0;  // that were read in turns
  mutable std::optional<std::size_t> read_limit;

 private:
  mutable std::mutex mutex_;
  std::map<Number, Bytes> nodes_;
  Number last_ = 0;
};

}  // namespace cairn::laws
