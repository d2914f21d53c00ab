// Copyright the Cairn authors
// SPDX-License-Identifier: BSL-1.0
// Any text for a configuration is read, or refused with everything that is wrong in it; the error's data is EDN, no
// secret shows, and what is read survives writing and reading.
#include <cairn/config/describe.hpp>
#include <cairn/config/load.hpp>
#include <cairn/db/options.hpp>
#include <cairn/edn/edn.hpp>

#include <chrono>
#include <cstddef>
#include <cstdint>
#include <cstdlib>
#include <filesystem>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace {

struct Part {
  std::string title;
  std::optional<int> depth = {};
};

struct Backend {
  static constexpr std::string_view backend_id = "b";
  struct Config {
    std::filesystem::path path = "x";
    std::string id = "i";
    cairn::Sync sync = cairn::Sync::durable;
    bool on = false;
    std::int8_t small = 0;
    std::uint64_t large = 0;
    double real = 0;
    float single = 0;
    std::chrono::milliseconds wait{0};
    cairn::ByteSize size{0};
    cairn::Secret secret = {};
    std::optional<Part> part = {};
    std::vector<Part> parts = {};
    std::optional<cairn::Keyword> word = {};
    cairn::EdnText any = {};
    std::string host = "h";
    std::uint16_t port = 0;
  };
  static constexpr auto config_spec =
      cairn::config_spec(cairn::range(&Config::small, -100, 100), cairn::non_empty(&Config::host));
};

void require(bool condition) {
  if (!condition) std::abort();
}

template <class Read>
void check(Read&& read) {
  try {
    std::string const text = cairn::config::to_edn(read());
    require(cairn::config::to_edn(cairn::load_config<Backend>(text)) == text);
  } catch (cairn::Error const& error) {
    std::string_view const code = cairn::name(error.code());
    require(code.starts_with("config/") || code.starts_with("edn/"));
    require(error.message().size() < 100'000);
    (void)cairn::edn::parse(error.data());
  }
}

/// Variables as lines, `NAME=text`, each name behind CAIRN_STORE_.
cairn::Environment lines(std::string_view text) {
  return cairn::Environment{[text](std::string_view name) -> std::optional<std::string> {
    constexpr std::string_view prefix = "CAIRN_STORE_";
    if (!name.starts_with(prefix)) return std::nullopt;
    name.remove_prefix(prefix.size());
    for (std::size_t at = 0; at < text.size();) {
      std::string_view const line = text.substr(at, text.find('\n', at) - at);
      if (line.size() > name.size() && line.starts_with(name) && line[name.size()] == '=')
        return std::string{line.substr(name.size() + 1)};
      at += line.size() + 1;
    }
    return std::nullopt;
  }};
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(std::uint8_t const* data, std::size_t size) {
  if (size == 0) return 0;
  std::string_view const text{reinterpret_cast<char const*>(data) + 1, size - 1};
  switch (data[0] % 4) {
    case 0:
      check([&] { return cairn::load_config<Backend>(text); });
      break;
    case 1:
      check([&] { return cairn::load_config<Backend>("cairn:" + std::string{text}); });
      break;
    case 2:
      check([&] { return cairn::load_config<Backend>("", lines(text)); });
      break;
    default:
      check([&] {
        auto const config = cairn::config::load_database_config<Backend>(text);
        (void)cairn::edn::parse(cairn::config::to_edn(config.options));
        return config.store;
      });
  }
  return 0;
}
