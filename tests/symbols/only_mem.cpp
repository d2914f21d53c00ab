// Copyright the Cairn authors
// SPDX-License-Identifier: BSL-1.0
// A program that has the headers of two backends, and one of them in its list.
#include <cairn/backends/file/backend.hpp>
#include <cairn/backends/mem/backend.hpp>
#include <cairn/store/any_connection.hpp>

#include <cstdio>

using Backends = cairn::BackendList<cairn::backends::mem::Backend>;

int main(int count, char const* const* arguments) {
  char const* const config = count > 1 ? arguments[1] : "{:store {:backend :mem :id \"t\"}}";
  cairn::create<Backends>(config);
  auto connection = cairn::connect<Backends>(config);
  connection.checkpoint();
  connection.release();
  std::printf("%d\n", cairn::exists<Backends>(config));
  cairn::destroy<Backends>(config);
}
