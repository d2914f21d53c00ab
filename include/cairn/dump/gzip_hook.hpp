// Copyright the Cairn authors
// SPDX-License-Identifier: BSL-1.0
// The place of the library that reads gzip: exports whose chunks are compressed ask here.
#pragma once

#include <cairn/dump/format.hpp>
#include <cairn/error/error.hpp>

#include <atomic>
#include <string>

namespace cairn::detail {

/// Makes a source of what is compressed in another. What it makes throws `BadRecord` for bytes that are no gzip.
using Decompressor = ByteSource (*)(ByteSource);

/// Set by `cairn/dump/gzip.hpp` before `main`, where any unit of the program includes it.
inline constinit std::atomic<Decompressor> decompressor{nullptr};

/// `open`: the file of that name as a `ByteSource`. Errors: `store/format` where there is no library, before the file is opened; those of `open`.
template <class Open>
[[nodiscard]] ByteSource open_compressed(Open const& open, std::string const& file) {
  if (auto const with = decompressor.load(std::memory_order_acquire)) return with(open(file));
  raise(Errc::store_format,
        "The export's " + file +
            " is compressed with gzip, which this program cannot read. Let one of its units include <cairn/dump/gzip.hpp>, and link cairn::gzip "
            "(find_package(cairn COMPONENTS gzip)), which needs zlib. Or decompress the chunks (gunzip datoms-*.gz), and say so in the export's manifest.edn: "
            ":compression :none, and names without .gz.",
        "{:file \"" + file + "\"}");
}

}  // namespace cairn::detail
