// Copyright the Cairn authors
// SPDX-License-Identifier: BSL-1.0
// The directory that Datahike exports to.
#pragma once

#include <cairn/dump/file.hpp>

#include <fcntl.h>
#include <sys/stat.h>

#include <functional>
#include <memory>
#include <span>
#include <string>
#include <string_view>
#include <utility>

namespace cairn {

/// A directory that Datahike's `export-db` wrote: a manifest and chunks, as files and nothing else (no links, no pipes). `interrupted` is
/// that of `read_from`. Errors: `store/format` where there is no manifest; `io/error`.
class DatahikeDirectory {
 public:
  explicit DatahikeDirectory(std::string path, std::function<void()> interrupted = {}) : path_{std::move(path)}, interrupted_{std::move(interrupted)} {
    struct ::stat found {};
    if (::lstat(place_of("manifest.edn").c_str(), &found) != 0) {
      raise(Errc::store_format, "The directory " + path_ + " is no export of Datahike's: it has no manifest.edn, which is written when all else is there.");
    }
  }

  /// A file of it. Requires: a name without a slash.
  [[nodiscard]] ByteSource open(std::string const& name) const {
    // What is no file must not be waited for.
    auto file = std::make_shared<detail::OpenFile const>(place_of(name), O_RDONLY | O_NOFOLLOW | O_NONBLOCK);
    struct ::stat found {};
    if (::fstat(file->number(), &found) != 0) detail::raise_file(file->name(), "looked at", errno);
    if (!S_ISREG(found.st_mode)) raise(Errc::io_error, "The export's " + file->name() + " is no file.");
    return [file, source = read_from(file->number(), file->name(), interrupted_)](std::span<std::byte> room) { return source(room); };
  }

 private:
  [[nodiscard]] std::string place_of(std::string_view name) const { return path_ + "/" + std::string{name}; }

  std::string path_;
  std::function<void()> interrupted_;
};

}  // namespace cairn
