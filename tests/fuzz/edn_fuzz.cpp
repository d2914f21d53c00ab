// Copyright the Cairn authors
// SPDX-License-Identifier: BSL-1.0
// Any bytes are read without harm, and what is read survives writing and reading.
#include <cairn/edn/edn.hpp>

#include <cstddef>
#include <cstdint>
#include <cstdlib>
#include <string>
#include <string_view>
#include <vector>

namespace {

using cairn::edn;

void require(bool condition) {
  if (!condition) std::abort();
}

void check_nodes(std::string_view text, std::vector<edn::Node> const& nodes) {
  for (std::size_t i = 0; i != nodes.size(); ++i) {
    require(nodes[i].begin < nodes[i].end && nodes[i].end <= text.size());
    require(nodes[i].next > i && nodes[i].next <= nodes.size());
  }
}

void check_value(edn::Value const& value) {
  edn::ReaderOptions deep;
  deep.max_depth = 1024;  // `'a` nests once and (quote a) does too, but a tag's symbol may add one
  for (bool const sorted : {false, true}) {
    std::string const text = edn::write(value, {.sorted = sorted});
    edn::Value const again = edn::parse(text, deep);
    require(again == value && edn::compare(again, value) == 0);
    require(edn::write(again, {.sorted = true}) == edn::write(value, {.sorted = true}));
  }
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(std::uint8_t const* data, std::size_t size) {
  std::string_view const text{reinterpret_cast<char const*>(data), size};
  edn::ReaderOptions options;
  options.shell_forms = size % 2 == 0;
  std::vector<edn::Node> nodes;
  for (std::size_t at = 0;;) {
    nodes.clear();
    edn::ReadResult const result = edn::read_next(text, at, nodes, options);
    require(result.end <= text.size() && result.begin >= at && result.offset <= text.size());
    if (result.status == edn::ReadStatus::end) break;
    require(result.end > at);
    at = result.end;
    if (result.status == edn::ReadStatus::form) {
      check_nodes(text, nodes);
      // Whatever the reader lets through makes a value: an exception here is a disagreement about keys that occur
      // twice.
      check_value(edn::Value::of(edn::Form{text, nodes.data(), result.root}));
    } else {
      require(nodes.empty() && !result.message.empty());
      cairn::Error const error = edn::error_of(text, result);
      require(edn::parse(error.data()).at(":offset").as_integer() == static_cast<std::int64_t>(result.offset));
      (void)edn::Value::string(error.message());
    }
  }
  return 0;
}
