// Copyright the Cairn authors
// SPDX-License-Identifier: BSL-1.0
// The laws of a blob store, on the backends that every build has.
#include "laws/blob_store.hpp"

#include "laws/temporary_directory.hpp"
#include <cairn/backends/file/backend.hpp>
#include <cairn/backends/mem/backend.hpp>

#include <catch2/catch_test_macros.hpp>

#include <atomic>
#include <string>

namespace {

struct MemHarness {
  using Backend = cairn::backends::mem::Backend;
  static Backend::Config config() {
    static std::atomic<int> count = 0;
    return {.id = "laws-" + std::to_string(++count)};
  }
};

struct FileHarness {
  using Backend = cairn::backends::file::Backend;
  cairn::test::TemporaryDirectory directory;
  [[nodiscard]] Backend::Config config() const { return {.path = directory.path() / "a" / "store"}; }
};

/// So many segments that every law meets their borders.
struct SmallSegmentHarness {
  using Backend = cairn::backends::file::Backend;
  cairn::test::TemporaryDirectory directory;
  [[nodiscard]] Backend::Config config() const {
    return {.path = directory.path(),
            .sync = cairn::Sync::relaxed,
            .segment_size = cairn::backends::file::smallest_segment};
  }
};

/// A file a blob.
struct DirHarness {
  using Backend = cairn::backends::file::Backend;
  cairn::test::TemporaryDirectory directory;
  [[nodiscard]] Backend::Config config() const {
    return {.path = directory.path() / "store",
            .sync = cairn::Sync::relaxed,
            .segment_size = cairn::backends::file::smallest_segment,
            .layout = cairn::backends::file::Layout::dir};
  }
};

}  // namespace

TEST_CASE("the memory backend keeps the laws of a blob store") { cairn::laws::check_blob_store<MemHarness>(); }

TEST_CASE("the file backend keeps the laws of a blob store") { cairn::laws::check_blob_store<FileHarness>(); }

TEST_CASE("the file backend keeps the laws of a blob store over many small segments") {
  cairn::laws::check_blob_store<SmallSegmentHarness>();
}

TEST_CASE("the file backend keeps the laws of a blob store with a file a blob") {
  cairn::laws::check_blob_store<DirHarness>();
}
