#!/usr/bin/env python3
# Copyright the Cairn authors
# SPDX-License-Identifier: BSL-1.0
"""What including Cairn costs a translation unit, over what the headers it includes of others cost by themselves.

For each compiler that is there: the best of five, taken in turn, of `-std=c++20 -fsyntax-only` on an empty unit; on one
that includes all that Cairn's headers include of the standard library and of third parties; and on one that includes
cairn.hpp and a backend, by itself and as in a program that links cairn::engine. Prints rows for benchmarks/table.py.

usage: include_cost.py [COMPILER...]
"""
import json
import pathlib
import re
import resource
import shutil
import subprocess
import sys
import tempfile

ROOT = pathlib.Path(__file__).resolve().parent.parent.parent
FLAGS = ["-std=c++20"] + [part for base in ("concepts", "include", "backends") for part in ("-I", str(ROOT / base))]
CAIRN = "#include <cairn/cairn.hpp>\n#include <cairn/backends/mem/backend.hpp>\n"
ROUNDS = 5


def dependencies(compiler, unit):
    """The headers that a unit includes, from the compiler."""
    rule = subprocess.run([compiler, *FLAGS, "-M", str(unit)], check=True, capture_output=True, text=True).stdout
    return {pathlib.Path(word).resolve() for word in rule.replace("\\\n", " ").split(":", 1)[1].split()} - {unit.resolve()}


def own(header):
    return any(header.is_relative_to(ROOT / base) for base in ("concepts", "include", "backends"))


def includes_of_others(headers):
    """What our headers include that is not ours, and the macros that they set for it, as a unit."""
    macros, names = set(), set()
    for header in headers:
        text = header.read_text()
        ours_or_not = re.findall(r"^\s*#\s*include\s*<([^>]+)>", text, re.MULTILINE)
        names.update(name for name in ours_or_not if not name.startswith("cairn/"))
        macros.update(re.findall(r"^#define (XXH_\w+)$", text, re.MULTILINE))
    lines = [f"#define {macro}" for macro in sorted(macros)]
    for name in sorted(names):  # a header under an #if may be another system's
        lines += [f"#if __has_include(<{name}>)", f"#include <{name}>", "#endif"]
    return "\n".join(lines) + "\n", len(names)


def seconds(compiler, unit, *more):
    """Processor time of the compiler: the machine may be doing other things."""
    before = resource.getrusage(resource.RUSAGE_CHILDREN)
    subprocess.run([compiler, *FLAGS, *more, "-fsyntax-only", str(unit)], check=True)
    after = resource.getrusage(resource.RUSAGE_CHILDREN)
    return after.ru_utime + after.ru_stime - before.ru_utime - before.ru_stime


def measure(compiler, directory):
    units = {name: directory / f"{name}.cpp" for name in ("empty", "others", "cairn")}
    units["empty"].write_text("")
    units["cairn"].write_text(CAIRN)
    all_headers = dependencies(compiler, units["cairn"])
    ours = {header for header in all_headers if own(header)}
    text, number = includes_of_others(ours)
    units["others"].write_text(text)
    baseline = dependencies(compiler, units["others"])
    astray = (all_headers - ours) ^ baseline
    if astray:
        print(f"{compiler}: {len(astray)} headers are in only one of the two units: "
              + ", ".join(sorted(str(header) for header in astray)[:5]), file=sys.stderr)
    best = {}
    for _ in range(ROUNDS):
        for name, unit in units.items():
            best[name] = min(best.get(name, float("inf")), seconds(compiler, unit))
        best["engine"] = min(best.get("engine", float("inf")), seconds(compiler, units["cairn"], "-DCAIRN_ENGINE=1"))
    row = {"unit": "s", "better": "less"}
    print(json.dumps({"what": f"including cairn.hpp and a backend, {compiler}", "cairn": best["cairn"],
                      "peer": f"the {number} headers of others in it", "of_peer": best["others"], **row}))
    print(json.dumps({"what": f"... over those headers ({len(ours)} headers of Cairn's)",
                      "cairn": best["cairn"] - best["others"], "peer": "an empty unit", "of_peer": best["empty"],
                      "compare": False, **({"asked": 1.0} if compiler.startswith("g++") else {}), **row}))
    print(json.dumps({"what": "... over those headers, in a program that links cairn::engine",
                      "cairn": best["engine"] - best["others"], "peer": "an empty unit", "of_peer": best["empty"],
                      "compare": False, **row}), flush=True)


def main():
    compilers = sys.argv[1:] or ["g++", *(f"clang++-{version}" for version in range(21, 15, -1))]
    found = [compiler for compiler in compilers if shutil.which(compiler)]
    if not sys.argv[1:]:
        found = found[:2]  # g++ and the newest clang
    with tempfile.TemporaryDirectory() as directory:
        for compiler in found:
            measure(compiler, pathlib.Path(directory))


if __name__ == "__main__":
    main()
