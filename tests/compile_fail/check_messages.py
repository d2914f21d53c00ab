#!/usr/bin/env python3
# Copyright the Cairn authors
# SPDX-License-Identifier: BSL-1.0
"""Every message with which Cairn refuses to compile is expected by a file of this folder.

Messages are the texts of static assertions that have a tag (`cairn::StoreBackend [config]: ...`), and the functions that
are never defined as constant expressions so that their names are in the error. An expectation covers the messages that it
matches; one that names no more than the tag would cover them all, and is an error itself.

usage: check_messages.py SOURCE_DIRECTORY
"""
import pathlib
import re
import sys

# What no program can be made to say: it is about compilers that Cairn does not know.
UNREACHABLE = ("cairn::meta [field]: this compiler does not spell",)

LITERAL = r'"((?:[^"\\]|\\.)*)"'
TAGGED = re.compile(r"^cairn::[A-Za-z_:]+ \[[^\]]*\]:")
NEVER_CONSTANT = re.compile(r"^inline void (\w+)\(\) \{\}", re.MULTILINE)


def plain(text):
    """As the script that compares them has them: brackets and semicolons are others."""
    return text.replace("[", "(").replace("]", ")").replace(";", ",")


def messages_of(header):
    text = header.read_text()
    for found in re.finditer(LITERAL + r"(?:\s*" + LITERAL + ")*", text):
        message = "".join(re.findall(LITERAL, found.group(0))).replace('\\"', '"')
        if TAGGED.match(message):
            yield message
    yield from NEVER_CONSTANT.findall(text)


def main():
    root = pathlib.Path(sys.argv[1])
    expectations, faults = [], []
    for source in sorted((root / "tests/compile_fail").glob("*.cpp")):
        for expected in re.findall(r"^// EXPECT-ERROR(?:-AMONG)?: (.+)$", source.read_text(), re.MULTILINE):
            if re.fullmatch(r"cairn::[A-Za-z_:]+ \.[^.]*\.:? *", expected):
                faults.append(f"{source.name} expects no more than a tag: {expected}")
            expectations.append(re.compile(plain(expected)))
    messages = {}
    for base in ("concepts", "include", "backends"):
        for header in sorted((root / base).rglob("*.hpp")):
            for message in messages_of(header):
                messages.setdefault(message, header.relative_to(root))
    for message, header in messages.items():
        if not message.startswith(UNREACHABLE) and not any(known.search(plain(message)) for known in expectations):
            faults.append(f"{header}: no file of tests/compile_fail expects: {message}")
    print(f"{len(messages)} messages, {len(expectations)} expectations", *faults, sep="\n")
    if len(messages) < 100:
        faults.append("so few messages: this test looks at the wrong thing")
    return 1 if faults else 0


if __name__ == "__main__":
    sys.exit(main())
