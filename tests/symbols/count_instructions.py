#!/usr/bin/env python3
# Copyright the Cairn authors
# SPDX-License-Identifier: BSL-1.0
"""Counts the instructions of dispatch_cost by callgrind, and fails where there are too many.

Each figure is the difference of two runs over what they repeat, so that starting the program is not in it. Instructions are
the same in every run on a machine, whatever else it does. Where valgrind is not found the test is skipped (status 77).

usage: count_instructions.py PROGRAM
"""
import re
import shutil
import subprocess
import sys

REPETITIONS = 10000
MOST_TO_CHOOSE = 100
MOST_OVER_BACKEND = 1.02
CHOICES = [("names", "mem"), ("names", ":memory"), ("names", ":etcd"), ("alike", ":store-of-kind-00"),
           ("alike", ":store-of-kind-09"), ("alike", ":store-of-kind-15")]


def collected(program, what, name, count):
    run = subprocess.run(["valgrind", "--tool=callgrind", "--callgrind-out-file=/dev/null", program, what, name, str(count)],
                         check=True, capture_output=True, text=True)
    return int(re.search(r"Collected : (\d+)", run.stderr).group(1))


def instructions(program, what, name="-"):
    return (collected(program, what, name, REPETITIONS) - collected(program, what, name, 0)) / REPETITIONS


def main():
    program = sys.argv[1]
    if not shutil.which("valgrind"):
        print("valgrind is not installed")
        return 77
    failed = False
    for what, name in CHOICES:
        figure = instructions(program, what, name)
        failed |= not 1 < figure < MOST_TO_CHOOSE
        print(f"choosing {name} out of 16 ({what}): {figure:.1f} instructions, fewer than {MOST_TO_CHOOSE} allowed")
    directly, connected = instructions(program, "directly"), instructions(program, "connected")
    failed |= not 1 < directly * MOST_OVER_BACKEND >= connected
    print(f"reading a blob of 4 KiB: {directly:.1f} instructions by the backend, {connected:.1f} as an index does "
          f"({100 * (connected / directly - 1):+.1f} %), {100 * (MOST_OVER_BACKEND - 1):.0f} % more allowed")
    return 1 if failed else 0


if __name__ == "__main__":
    sys.exit(main())
