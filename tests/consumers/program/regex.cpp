// Copyright the Cairn authors
// SPDX-License-Identifier: BSL-1.0
// Asks a query with a regular expression, which the component `regex` provides.
#include <cairn/query/query.hpp>
#include <cairn/query/regex.hpp>

#include <array>
#include <cstdlib>
#include <string_view>

int main() {
  std::array const given{cairn::query::GivenInput{std::string_view{"cairns"}}};
  auto const found = cairn::query_with("[:find ?found . :in ?text :where [(re-find \"ai?r\" ?text) ?found]]", given);
  return found.value() == cairn::Value{std::string_view{"air"}} ? EXIT_SUCCESS : EXIT_FAILURE;
}
