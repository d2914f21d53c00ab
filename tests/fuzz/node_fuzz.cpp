// Copyright the Cairn authors
// SPDX-License-Identifier: BSL-1.0
// Whatever bytes a store has for a node: an answer or a coded error, and what was read can be written and read again.
//
// The input's first byte chooses the order, the next two the expected size; the rest is a node's content, which gets a right
// checksum, or nothing would come past it.
#include <cairn/index/persistent_set.hpp>

#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <cstdlib>
#include <memory>
#include <span>
#include <vector>

namespace {

using namespace cairn;

/// Every address reads the same node, so that a tree which could be endless would be.
template <Order Sorted>
void run(std::vector<std::byte> const& block, std::uint64_t size) {
  auto const source = std::make_shared<NodeSource const>(NodeSource{
      &block, [](void const* bytes, NodeAddress const&) { return Bytes::copy(*static_cast<std::vector<std::byte> const*>(bytes)); },
      2, nullptr});
  try {
    auto const address = NodeAddress::of(std::uint16_t{1});
    auto const set = PersistentSet<Sorted>::open(address, size, source);
    NodeSink const sink{nullptr, [](void*, std::span<std::byte const>) { return NodeAddress::of(std::uint16_t{1}); }, 2};
    if (set.flush(sink) != address) std::abort();
    auto const node = detail::decode_node<Sorted, DefaultNodeShape>(block, {size, std::nullopt, 2});
    auto const again = detail::encode_node<Sorted, DefaultNodeShape>(*node.get(), 2, [&](std::size_t child) {
      return detail::as_inner<DefaultNodeShape>(node.get())->addresses[child];
    });
    auto const reread = detail::decode_node<Sorted, DefaultNodeShape>(again, {size, std::nullopt, 2});
    if (reread.get()->count != node.get()->count) std::abort();
    for (std::size_t i = 0; node.get()->level == 0 && i != node.get()->count; ++i) {
      auto const row = [i](auto const& of) {
        return detail::as_leaf<DefaultNodeShape>(of.get())->template view<Sorted>(i);
      };
      if (!(row(reread) == row(node))) std::abort();
    }
    auto const once_more = detail::encode_node<Sorted, DefaultNodeShape>(*reread.get(), 2, [&](std::size_t child) {
      return detail::as_inner<DefaultNodeShape>(reread.get())->addresses[child];
    });
    if (!std::equal(once_more.begin(), once_more.end(), again.begin(), again.end())) std::abort();
    if (node.get()->level == 0) {
      set.verify();
      std::uint64_t seen = 0;
      for (auto const& datom : set) {
        if (!set.contains(datom)) std::abort();
        ++seen;
      }
      if (seen != size) std::abort();
      auto edited = set.edit();
      for (auto const& datom : set) {
        if (!edited.erase(datom)) std::abort();
      }
      if (!edited.empty()) std::abort();
    } else {
      set.verify();  // cannot succeed: the node is not its own child
      std::abort();
    }
  } catch (Error const& error) {
    if (error.code() != Errc::store_corrupt && error.code() != Errc::store_format) std::abort();
  }
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(std::uint8_t const* data, std::size_t size) {
  if (size < 3) return 0;
  ByteWriter out;
  out.raw(std::as_bytes(std::span{data + 3, size - 3}));
  seal(out);
  auto const block = std::move(out).take();
  auto const expected = static_cast<std::uint64_t>(data[1]) | static_cast<std::uint64_t>(data[2]) << 8U;
  switch (data[0] % 3) {
    case 0: run<Order::eavt>(block, expected); break;
    case 1: run<Order::aevt>(block, expected); break;
    default: run<Order::avet>(block, expected); break;
  }
  return 0;
}
