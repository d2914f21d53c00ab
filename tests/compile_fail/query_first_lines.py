#!/usr/bin/env python3
# Copyright the Cairn authors
# SPDX-License-Identifier: BSL-1.0
"""Of each mistake in query_first_lines.cpp, the first 25 lines that a compiler prints have the reason and the place; it prints no other
errors.

usage: query_first_lines.py SOURCE COMPILER FLAG...
"""
import pathlib
import re
import subprocess
import sys

FIRST_LINES = 25
# What an error begins with, or how the compiler came to it, and no part of the error before it.
BEGIN = re.compile(r"^In file included from |: In (instantiation|substitution|function|lambda)|error: ")

# Between the pieces of a reason, which are template arguments each.
PIECES = re.compile(r'"\}, (?:cairn::)?meta::fixed_string<\d+>\{"')


def mistakes_of(text):
    """What is expected of each, in the order of the source."""
    found = []
    for block in re.findall(r"((?:^// (?:REASON|PLACE): .*\n)+)", text, re.MULTILINE):
        found.append(re.findall(r"^// (?:REASON|PLACE): (.*)$", block, re.MULTILINE))
    return found


def messages_of(output):
    """The lines of each error, those about how the compiler came to it among them. Compilers choose their order."""
    messages, has_error = [[]], False
    for line in output.splitlines():
        if has_error and BEGIN.search(line):
            messages.append([])
            has_error = False
        messages[-1].append(line)
        has_error = has_error or "error: " in line
    return messages


def main():
    source, *command = sys.argv[1:]
    if "clang" in pathlib.Path(command[0]).name:
        command.append("-ferror-limit=0")
    run = subprocess.run([*command, "-fsyntax-only", source], capture_output=True, text=True)
    if run.returncode == 0:
        sys.exit(f"{source} compiles, and should not")
    shown = [PIECES.sub("", "\n".join(message[:FIRST_LINES])) for message in messages_of(run.stderr)]
    faults = []
    for expected in mistakes_of(pathlib.Path(source).read_text()):
        if not any(all(text in message for text in expected) for message in shown):
            faults.append(f"no error has this in its first {FIRST_LINES} lines: " + " ... ".join(expected))
    for message in shown:
        if "error: " in message and "cairn::q [" not in message:
            faults.append(f"an error that gives no reason:\n{message}")
    if faults:
        print(run.stderr)
    for fault in faults:
        print(fault)
    return 1 if faults else 0


if __name__ == "__main__":
    sys.exit(main())
