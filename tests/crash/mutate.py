#!/usr/bin/env python3
# Copyright the Cairn authors
# SPDX-License-Identifier: BSL-1.0
"""Copies headers of the file backend with mistakes in them, which the fault matrix must catch.

usage: mutate.py BACKENDS OUTPUT

BACKENDS is the folder that has cairn/backends/file; the copies go to the same place below OUTPUT, which an include path puts
before it, and OUTPUT/mutants.inc lists the mistakes. Each is made only while `cairn::test::mutant` is its number, so that one
program has them all. A text that is not found exactly once is an error: no mistake gets lost when a header changes.
"""
import pathlib
import re
import shutil
import sys

# A text in a header, and what is there instead; `@name@` is whether the mistake of that name is made.
CHANGES = [
    ("return count >= before_end && is_zero(ByteSpan{around}.first(count).subspan(before_end));",
     "return @end_not_looked_at@ || (count >= before_end && is_zero(ByteSpan{around}.first(count).subspan(before_end)));"),
    ("uninterrupted([&] { return Io::sync_directory(directory); });",
     "uninterrupted([&] { return @dropped_directory_sync@ ? 0 : Io::sync_directory(directory); });"),
    ("if (auto const result = file.try_sync(); result < 0)",
     "if (auto const result = @renamed_before_sync@ ? 0 : file.try_sync(); result < 0)"),
    ("return uninterrupted([&] { return Io::lock(file_.descriptor()); });",
     "return uninterrupted([&] { return @lock_not_taken@ ? 0 : Io::lock(file_.descriptor()); });"),
    ("if (known_.active().try_sync() == 0) return true;",
     "if (@dropped_sync@ || known_.active().try_sync() == 0 || (@sync_tried_again@ && known_.active().try_sync() == 0)) return true;"),
    ("if (auto const result = known_.active().try_sync(); result < 0) {",
     "if (auto const result = @rolled_without_sync@ ? 0 : known_.active().try_sync(); result < 0) {"),
    ("if (sync_ == Sync::durable) durable_ = {end_.segment, end_.offset};",
     "if (@relaxed_called_durable@ || sync_ == Sync::durable) durable_ = {end_.segment, end_.offset};"),
    ("return into.try_sync();",
     "return @compacted_without_sync@ ? 0 : into.try_sync();"),
    ("if (result == 0) result = file.try_sync();",
     "if (result == 0 && !@blob_file_without_sync@) result = file.try_sync();"),
    ("uninterrupted([&] { return Io::sync_directory(frames_.blobs().directory()); });",
     "uninterrupted([&] { return @blob_names_without_sync@ ? 0 : Io::sync_directory(frames_.blobs().directory()); });"),
    ("return std::binary_search(needed_.begin(), needed_.end(), Place{number, address.unit});",
     "return !@needed_frame_swept@ && std::binary_search(needed_.begin(), needed_.end(), Place{number, address.unit});"),
    ("write_again(durable_.offset, found.committed.offset);",
     "if (!@tail_not_written_again@) write_again(durable_.offset, found.committed.offset);"),
    ("if (is_claimed_durable(reader, found.reached.offset)) {",
     "if (!@damage_taken_for_a_torn_tail@ && is_claimed_durable(reader, found.reached.offset)) {"),
    ("bytes = bytes.subspan(static_cast<std::size_t>(result));",
     "bytes = bytes.subspan(@short_write_believed@ ? bytes.size() : static_cast<std::size_t>(result));"),
    ("if (frame_checksum(key_, offset, bytes.data(), payload) != header->checksum) return std::nullopt;",
     "if (!@torn_tail_accepted@ && frame_checksum(key_, offset, bytes.data(), payload) != header->checksum) return std::nullopt;"),
    ("frame_checksum(segment_key(store_, address.segment), address.offset(), bytes.data(), payload) !=",
     "!@unchecked_hash@ && frame_checksum(segment_key(store_, address.segment), address.offset(), bytes.data(), payload) !="),
    ("if (frame.header.type == FrameType::blob) return has_blobs && (LogPlace{number, frame.offset} >= old_end_ || live_(address));",
     "if (frame.header.type == FrameType::blob) return !@live_blob_swept@ && has_blobs && (LogPlace{number, frame.offset} >= old_end_ || live_(address));"),
    ("if (log_->version(branch) != expected) {",
     "if (!@unfenced_swap@ && log_->version(branch) != expected) {"),
    ("details::store(fixed.data(), log_->durable_offset());",
     "details::store(fixed.data(), @wrong_durable_upto@ ? position_.offset : log_->durable_offset());"),
]

PLACE = "cairn/backends/file"
DECLARATION = "#pragma once\n\nnamespace cairn::test {\nextern int mutant;\n}\n"


def main(backends, output):
    texts = {path.name: path.read_text() for path in sorted((backends / PLACE).glob("*.hpp"))}
    names = []
    changed_headers = set()
    for text, changed in CHANGES:
        places = [header for header, content in texts.items() for _ in range(content.count(text))]
        if len(places) != 1:
            sys.exit(f"mutate.py: this is there {len(places)} times in the headers of {backends / PLACE}, not once:\n  {text}\n"
                     "Say in CHANGES where the mistake can be made now.")
        for name in re.findall(r"@(\w+)@", changed):
            names.append(name)
            changed = changed.replace(f"@{name}@", f"(::cairn::test::mutant == {len(names)})")
        texts[places[0]] = texts[places[0]].replace(text, changed)
        changed_headers.add(places[0])
    shutil.rmtree(output, ignore_errors=True)
    (output / PLACE).mkdir(parents=True)
    for header in changed_headers:
        if texts[header].count("#pragma once\n") != 1:
            sys.exit(f"mutate.py: {header} does not begin as a header does")
        (output / PLACE / header).write_text(texts[header].replace("#pragma once\n", DECLARATION))
    (output / "mutants.inc").write_text("".join(f'"{name}",\n' for name in names))


if __name__ == "__main__":
    main(*map(pathlib.Path, sys.argv[1:]))
