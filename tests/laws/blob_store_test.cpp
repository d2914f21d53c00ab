// Copyright the Cairn authors
// SPDX-License-Identifier: BSL-1.0
// The laws of a blob store, on the file backend in the forms that users choose less often.
#include "laws/blob_store.hpp"

#include "laws/temporary_directory.hpp"
#include <cairn/backends/file/backend.hpp>

#include <catch2/catch_test_macros.hpp>

namespace {

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

TEST_CASE("the file backend keeps the laws of a blob store over many small segments", "[threads]") {
  cairn::laws::check_blob_store<SmallSegmentHarness>();
}

TEST_CASE("the file backend keeps the laws of a blob store with a file a blob") {
  cairn::laws::check_blob_store<DirHarness>();
}
