// Copyright the Cairn authors
// SPDX-License-Identifier: BSL-1.0
// What choosing a backend and reading a blob cost, as loops whose instructions can be counted.
//
// dispatch_cost names|alike ID COUNT      chooses that backend COUNT times, out of sixteen
// dispatch_cost directly|connected - COUNT  reads a blob of 4 KiB COUNT times: from the backend, as an index does
#include <cairn/backends/mem/backend.hpp>
#include <cairn/index/node_address.hpp>
#include <cairn/meta/fixed_string.hpp>
#include <cairn/store/backend_handle.hpp>
#include <cairn/store/backend_list.hpp>

#include <array>
#include <cstddef>
#include <cstdio>
#include <cstdlib>
#include <memory>
#include <string_view>
#include <type_traits>

namespace mem = cairn::backends::mem;

namespace {

/// The memory backend under another name: what a list does depends on nothing else.
template <cairn::meta::fixed_string Id>
struct Named : mem::Backend {
  static constexpr std::string_view backend_id = Id.view();
};

using Names =
    cairn::BackendList<mem::Backend, Named<"sqlite">, Named<"lmdb">, Named<"rocksdb">, Named<"redis">,
                       Named<"postgres">, Named<"mariadb">, Named<"s3">, Named<"gcs">, Named<"azure">, Named<"rados">,
                       Named<"leveldb">, Named<"foundationdb">, Named<"cassandra">, Named<"dynamodb">, Named<"etcd">>;

/// All of one length, and alike but for the end.
using Alike = cairn::BackendList<
    Named<"store-of-kind-00">, Named<"store-of-kind-01">, Named<"store-of-kind-02">, Named<"store-of-kind-03">,
    Named<"store-of-kind-04">, Named<"store-of-kind-05">, Named<"store-of-kind-06">, Named<"store-of-kind-07">,
    Named<"store-of-kind-08">, Named<"store-of-kind-09">, Named<"store-of-kind-10">, Named<"store-of-kind-11">,
    Named<"store-of-kind-12">, Named<"store-of-kind-13">, Named<"store-of-kind-14">, Named<"store-of-kind-15">>;
static_assert(Names::size == 16 && Alike::size == 16);

/// Something of which the compiler cannot leave out a repetition.
void keep(std::size_t& sum) { asm volatile("" : "+m"(sum)::"memory"); }

template <class List>
[[gnu::noinline]] void choose(std::string_view id, std::size_t& sum) {
  List::dispatch(id, [&]<class Backend>(std::type_identity<Backend>) {
    sum += Backend::backend_id.size();
    keep(sum);
  });
}

template <class List>
void choose_often(std::string_view id, long count, std::size_t& sum) {
  for (long i = 0; i != count; ++i) choose<List>(id, sum);
}

[[gnu::noinline]] cairn::Bytes read(mem::Connection const& connection, mem::Address address) {
  return connection.read(address);
}

[[gnu::noinline]] void read_directly(mem::Connection const& connection, mem::Address address, long count,
                                     std::size_t& sum) {
  for (long i = 0; i != count; ++i) {
    sum += read(connection, address).size();
    keep(sum);
  }
}

[[gnu::noinline]] void read_connected(cairn::NodeSource const& source, cairn::NodeAddress const& address, long count,
                                      std::size_t& sum) {
  for (long i = 0; i != count; ++i) {
    sum += source.read(source.context, address).size();
    keep(sum);
  }
}

void read_often(bool directly, long count, std::size_t& sum) {
  mem::Config const config{"blobs"};
  mem::Backend::empty_store(config);
  auto const handle = std::make_shared<cairn::BackendHandle<mem::Backend>>(config);
  auto writer = handle->blobs().begin();
  auto const address = writer.put(std::array<std::byte, 4096>{});
  if (!(writer.commit("db", {}, {}) == cairn::CommitResult::committed)) std::abort();
  auto const source = cairn::BackendHandle<mem::Backend>::node_source(handle);
  if (directly) {
    read_directly(handle->blobs(), address, count, sum);
  } else {
    read_connected(*source, cairn::NodeAddress::of(address), count, sum);
  }
}

}  // namespace

int main(int count_of_arguments, char const* const* arguments) {
  if (count_of_arguments != 4) return 2;
  std::string_view const what = arguments[1];
  std::string_view const id = arguments[2];
  long const count = std::strtol(arguments[3], nullptr, 10);
  std::size_t sum = 0;
  if (what == "names") {
    choose_often<Names>(id, count, sum);
  } else if (what == "alike") {
    choose_often<Alike>(id, count, sum);
  } else if (what == "directly" || what == "connected") {
    read_often(what == "directly", count, sum);
  } else {
    return 2;
  }
  std::printf("%zu\n", sum);
}
