#!/usr/bin/env python3
# Copyright the Cairn authors
# SPDX-License-Identifier: BSL-1.0
"""What further backends in a program's list add to it, and whose code that is.

Both programs are of one source and of the same flags, one over a list of one backend and one over a list of all. Functions and data are
told apart by their symbols: one that names a backend, as everything does that is instantiated for it, is that backend's own. What the
larger program has besides is code that no backend is named in: of the standard library's and of ours, for types that several backends use.
Prints rows for benchmarks/table.py; fails where the smaller program has anything of a backend that is not in its list.

usage: backend_size.py PROGRAM_OF_ONE PROGRAM_OF_ALL
"""
import collections
import json
import re
import subprocess
import sys

BACKEND = re.compile(r"cairn::backends::(\w+)::")
SIZED = re.compile(r"[0-9a-f]+ ([0-9a-f]+) (\S) (.*)")


def symbols_of(program):
    """Bytes by demangled name."""
    said = subprocess.run(["nm", "-C", "-S", "--defined-only", program], check=True, capture_output=True, text=True).stdout
    sizes = collections.Counter()
    for line in said.splitlines():
        sized = SIZED.match(line)  # what has no size is a name only
        if sized and sized[2] not in "bB":  # those take no room in the file
            sizes[sized[3]] += int(sized[1], 16)
    return sizes


def loaded(program):
    """Bytes of code and data."""
    text, data = subprocess.run(["size", program], check=True, capture_output=True, text=True).stdout.splitlines()[1].split()[:2]
    return int(text) + int(data)


def owner(symbol):
    found = set(BACKEND.findall(symbol))
    backends = found - {"common"}
    if len(backends) == 1:
        return backends.pop()
    return "the list" if backends else "common" if found else None


def row(what, value, peer=None, of_peer=None):
    print(json.dumps({"what": what, "unit": "kB", "better": "less", "cairn": value / 1000, "peer": peer,
                      "of_peer": of_peer and of_peer / 1000, "compare": False}))


def main():
    one, all_of_them = (symbols_of(program) for program in sys.argv[1:])
    of_one, of_all = (loaded(program) for program in sys.argv[1:])
    owned = collections.Counter()
    rest = 0
    for symbol, size in all_of_them.items():
        whose = owner(symbol)
        if whose:
            owned[whose] += size
        else:
            rest += size - one.get(symbol, 0)
    rest -= sum(size for symbol, size in one.items() if not owner(symbol) and symbol not in all_of_them)
    backends = [name for name in owned if name not in ("common", "the list")]
    own_of_one = collections.Counter()
    for symbol, size in one.items():
        if owner(symbol):
            own_of_one[owner(symbol)] += size
    foreign = set(own_of_one) - {"mem", "common", "the list"}
    more = of_all - of_one
    named = sum(owned.values()) - sum(own_of_one.values())
    row(f"a program over {len(backends)} backends", of_all, "over one (mem)", of_one)
    for name in sorted(backends):
        row(f"... of which {name} and the engine on it", owned[name])
    row("... what the backends share, and the list", owned["common"] + owned["the list"])
    row("... code of nobody's that only the larger one has", rest)
    row("... tables of unwinding, names and alignment", more - named - rest)
    for name in sorted(foreign):
        print(f"The program over mem has {own_of_one[name]} bytes of {name}", file=sys.stderr)
    return 1 if foreign else 0


if __name__ == "__main__":
    sys.exit(main())
