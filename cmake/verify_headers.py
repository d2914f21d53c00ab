#!/usr/bin/env python3
# Copyright the Cairn authors
# SPDX-License-Identifier: BSL-1.0
"""Compiles every header when nothing was included before it, in fewer compilations than there are headers.

usage: verify_headers.py --headers FILE --stamps FOLDER [--jobs N] [--one-in N] -- COMPILER FLAG...
       verify_headers.py --self-test -- COMPILER FLAG...

One compilation of headers in the order a, b is the same check of both as two compilations, if b includes all that a does, a
among it: what is there before b's own text is then what b includes, and nothing else. So the headers are put into as few such
chains as there can be (Dilworth's theorem: a matching gives them). Where a chain does not compile, its headers are compiled one
by one, to say which.

What compiled is not compiled again before one of its headers, or the command, changes.

All of them take some seven minutes of a processor. With --one-in N, or CAIRN_HEADERS_ONE_IN, a chain is compiled with that chance.
"""
import argparse
import concurrent.futures
import hashlib
import os
import pathlib
import random
import re
import subprocess
import sys
import tempfile

DIRECTIVE = re.compile(r"^[ \t]*#[ \t]*(if|endif|include[ \t]*<([^>]+)>)", re.MULTILINE)


def includes(text):
    """The headers that are included whatever is defined."""
    depth, found = 0, []
    for match in DIRECTIVE.finditer(text):
        if match[1] == "if":
            depth += 1
        elif match[1] == "endif":
            depth -= 1
        elif depth == 0:
            found.append(match[2])
    return found


def closures(texts):
    """{header: the headers that are there when it was included, itself among them}; of those in `texts` only."""
    direct = {name: [other for other in includes(text) if other in texts] for name, text in texts.items()}
    done = {}

    def close(name, path):
        if name in path:
            raise SystemExit("headers include each other: " + " -> ".join([*path, name]))
        if name not in done:
            done[name] = {name}.union(*(close(other, [*path, name]) for other in direct[name]))
        return done[name]

    for name in texts:
        close(name, [])
    return done


def chains(closed):
    """The fewest lists in which each header includes all that those before it do."""
    below = {upper: sorted(closed[upper] - {upper}, key=lambda name: (-len(closed[name]), name)) for upper in closed}
    follower = {}

    def match(upper, tried):
        for lower in below[upper]:
            if lower in tried:
                continue
            tried.add(lower)
            if lower not in follower or match(follower[lower], tried):
                follower[lower] = upper
                return True
        return False

    for upper in sorted(closed, key=lambda name: (len(closed[name]), name)):
        match(upper, set())
    found = []
    for start in sorted(set(closed) - set(follower.values())):
        chain = [start]
        while chain[-1] in follower:
            chain.append(follower[chain[-1]])
        found.append(chain)
    return found


def compile_headers(command, names):
    flags = [flag for name in names for flag in ("-include", name)]
    return subprocess.run([*command, "-fsyntax-only", *flags, "-x", "c++", os.devnull], capture_output=True, text=True)


def verify_chain(command, texts, closed, chain, stamps):
    """The headers of a chain that do not compile alone, with what the compiler says."""
    digest = hashlib.sha256("\0".join([*command, *chain]).encode())
    for name in sorted(closed[chain[-1]]):
        digest.update(name.encode() + b"\0" + texts[name].encode() + b"\0")
    stamp = stamps / digest.hexdigest()
    if stamp.exists():
        return []
    together = compile_headers(command, chain)
    if together.returncode == 0:
        stamp.touch()
        return []
    alone = [(name, compile_headers(command, [name])) for name in chain]
    faults = [(name, result.stderr) for name, result in alone if result.returncode != 0]
    return faults or [(" and then ".join(chain), together.stderr)]


def run(command, texts, stamps, jobs, one_in=1):
    closed = closures(texts)
    work = sorted(chains(closed), key=lambda chain: -len(closed[chain[-1]]))  # the longest first
    work = [chain for chain in work if random.randrange(one_in) == 0]
    stamps.mkdir(parents=True, exist_ok=True)
    with concurrent.futures.ThreadPoolExecutor(jobs) as pool:
        results = pool.map(lambda chain: verify_chain(command, texts, closed, chain, stamps), work)
        return [fault for result in results for fault in result], work


def self_test(command):
    texts = {
        "sound.hpp": "#include <vector>\ninline std::vector<int> sound;\n",
        "above.hpp": "#include <sound.hpp>\ninline auto above = sound;\n",
        "beside.hpp": "#include <above.hpp>\n#ifdef NEVER\n#include <leans.hpp>\n#endif\n",
        "leans.hpp": "inline std::vector<int> leans;\n",
        "hides.hpp": "#include <sound.hpp>\n#include <leans.hpp>\n",
    }
    closed = closures(texts)
    found = chains(closed)
    for chain in found:
        for lower, upper in zip(chain, chain[1:]):
            assert closed[lower] < closed[upper], (lower, upper)
    assert sorted(name for chain in found for name in chain) == sorted(texts), found
    assert len(found) == 2, found
    with tempfile.TemporaryDirectory() as scratch:
        folder = pathlib.Path(scratch)
        for name, text in texts.items():
            (folder / name).write_text("#pragma once\n" + text)
        command = [*command, "-I", scratch]
        for _ in range(2):  # what failed fails again
            faults, _ = run(command, texts, folder / "stamps", 1)
            assert [name for name, _ in faults] == ["leans.hpp"], faults
        (folder / "leans.hpp").write_text("#pragma once\n#include <vector>\n" + texts["leans.hpp"])
        texts["leans.hpp"] = (folder / "leans.hpp").read_text()
        assert run(command, texts, folder / "stamps", 1)[0] == []
    return 0


def main():
    arguments = argparse.ArgumentParser()
    arguments.add_argument("--headers", type=pathlib.Path, help="a file with their paths, one a line")
    arguments.add_argument("--stamps", type=pathlib.Path)
    arguments.add_argument("--jobs", type=int, default=int(os.environ.get("CAIRN_JOBS", "0")) or os.cpu_count())
    arguments.add_argument("--one-in", type=int, default=int(os.environ.get("CAIRN_HEADERS_ONE_IN", "1")))
    arguments.add_argument("--self-test", action="store_true")
    arguments.add_argument("command", nargs="+")
    given = arguments.parse_args()
    if given.self_test:
        return self_test(given.command)
    texts = {}
    for path in given.headers.read_text().split("\n"):
        if path:
            texts[re.sub(r"^.*/(?:concepts|include|backends)/(?=cairn/)", "", path)] = pathlib.Path(path).read_text()
    faults, work = run(given.command, texts, given.stamps, given.jobs, given.one_in)
    for name, said in faults:
        print(f"{name} does not compile alone:\n{said}")
    tried = sum(len(chain) for chain in work)
    print(f"{tried} of {len(texts)} headers in {len(work)} compilations, {len(faults)} that do not compile alone")
    return 1 if faults else 0


if __name__ == "__main__":
    sys.exit(main())
