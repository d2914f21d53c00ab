#!/usr/bin/env python3
# Copyright the Cairn authors
# SPDX-License-Identifier: BSL-1.0
"""Checks that includes run down the floors of the house.

usage: check_floors.py ROOT | --self-test

An area is a folder: `concepts`, those of include/cairn/, each backend, what backends have in common, tools, examples. An include of Cairn's own may go to the
same area, to a floor below, or sideways where SIDEWAYS says so. On top of that: `concepts` includes standard headers only, a
backend `concepts`, `error`, `random` and what is common only, no header includes itself through others, every header that is named exists.
"""
import os
import re
import sys
import tempfile

FLOORS = [
    ["concepts", "error", "meta"],
    ["random"],
    ["datom", "edn", "common"],
    ["backend", "layer"],
    ["index", "config"],
    ["db"],
    ["store", "query"],
    ["dump"],
    ["umbrella"],  # include/cairn/*.hpp
    ["tools", "examples"],
]
FLOOR = {area: number for number, areas in enumerate(FLOORS) for area in areas}

# Arrows that stay on their floor. Together with the floors they must leave no circle, which is checked too.
SIDEWAYS = {
    ("edn", "datom"),  # values at run time are datom's
}

# Stricter than the floors.
ONLY = {
    "concepts": {"concepts"},
    "common": {"common", "concepts", "error", "random"},
    "backend": {"backend", "common", "concepts", "error", "random"},
    "layer": {"layer", "concepts", "error", "meta", "random"},
}

BASES = ["concepts", "include", "backends"]
INCLUDE = re.compile(r'^[ \t]*#[ \t]*include[ \t]*([<"])([^>"]+)[>"]', re.MULTILINE)
# At the end of a header, what declares `extern template` what that header declares, or defines it. It leads back there, and finds it read.
ENGINE = re.compile(r"^#ifdef CAIRN_ENGINE\n#include <cairn/(?:\w+/)?engine\.hpp>\n(?:#else\n#include <[^>]+>\n)?#endif$|"
                    r"^#ifndef CAIRN_ENGINE\n(?:#include <[^>]+>\n)+#endif$", re.MULTILINE)
STANDARD = re.compile(r"^[a-z_0-9]+$")


def area_of(path):
    """(area, backend's name) of a path below the root, or None for what has no floor."""
    parts = path.split("/")
    if parts[:2] == ["concepts", "cairn"]:
        return ("concepts", "") if parts[2] == "concepts" else None
    if parts[:2] == ["include", "cairn"]:
        return ("umbrella" if len(parts) == 3 else parts[2], "")
    if parts[:3] == ["backends", "cairn", "backends"] and len(parts) > 4:
        return ("common", "") if parts[3] == "common" else ("backend", parts[3])
    if parts[0] in ("tools", "examples"):
        return (parts[0], "")
    return None


def sources(root):
    for base in BASES + ["tools", "examples"]:
        for folder, _, names in os.walk(os.path.join(root, base)):
            for name in sorted(names):
                if name.endswith((".hpp", ".cpp")):
                    yield os.path.relpath(os.path.join(folder, name), root).replace(os.sep, "/")


def without_comments(text):
    return re.sub(r"//[^\n]*|/\*.*?\*/", lambda match: "\n" * match.group().count("\n"), text, flags=re.DOTALL)


def circle(graph):
    """A circle in a graph {node: [node]} as a list that begins and ends with the same node, or None."""
    done, path = set(), []

    def visit(node):
        if node in path:
            return path[path.index(node):] + [node]
        if node in done:
            return None
        path.append(node)
        for target in sorted(graph.get(node, ())):
            found = visit(target)
            if found:
                return found
        path.pop()
        done.add(node)
        return None

    for node in sorted(graph):
        found = visit(node)
        if found:
            return found
    return None


def check(root):
    """The faults of a tree, each one a line; and the number of files that were read."""
    faults, files, headers, areas = [], 0, {}, {}
    for path in sources(root):
        files += 1
        area = area_of(path)
        if area is None or area[0] not in FLOOR:
            faults.append(f"{path}: this folder has no floor; give it one in tests/floors/check_floors.py")
            continue
        with open(os.path.join(root, path), encoding="utf-8") as file:
            text = without_comments(file.read())
        for match in INCLUDE.finditer(text):
            line = text.count("\n", 0, match.start(2)) + 1
            where = f"{path}:{line}"
            quote, name = match.groups()
            if not name.startswith("cairn/"):
                if area[0] == "concepts" and not (quote == "<" and STANDARD.match(name)):
                    faults.append(f"{where}: concepts includes standard headers only, and this is {name}")
                continue
            if quote == '"':
                faults.append(f"{where}: write <{name}>")
            target = next((f"{base}/{name}" for base in BASES if os.path.isfile(os.path.join(root, base, name))), None)
            if target is None:
                faults.append(f"{where}: there is no {name}")
                continue
            if not any(at.start() < match.start() < at.end() for at in ENGINE.finditer(text)):
                headers.setdefault(path, set()).add(target)
            to = area_of(target)
            if to is None or to[0] not in FLOOR:
                continue  # reported at the header itself
            if to == area:
                continue
            areas.setdefault(area[0], set()).add(to[0])
            if area[0] in ONLY and to[0] not in ONLY[area[0]]:
                faults.append(f"{where}: {area[0]} includes {' and '.join(sorted(ONLY[area[0]]))} only, and this is {name}")
            elif area[0] == "backend" and to[0] == "backend":
                faults.append(f"{where}: the backend {area[1]} includes the backend {to[1]}")
            elif FLOOR[to[0]] > FLOOR[area[0]]:
                faults.append(f"{where}: {area[0]} stands below {to[0]} and includes {name}")
            elif FLOOR[to[0]] == FLOOR[area[0]] and (area[0], to[0]) not in SIDEWAYS:
                faults.append(f"{where}: {area[0]} and {to[0]} share a floor and don't know each other, but this is {name}")
    for name, graph in (("headers", headers), ("areas", {a: t - {a} for a, t in areas.items()})):
        found = circle(graph)
        if found:
            faults.append(f"{name} in a circle: {' -> '.join(found)}")
    return faults, files


def self_test():
    """Each broken tree must be found broken for its own reason, and the sound one sound."""
    sound = {
        "concepts/cairn/concepts/bytes.hpp": "#include <vector>\n",
        "include/cairn/error/error.hpp": "#include <string>\n",
        "include/cairn/datom/value.hpp": "#include <cairn/error/error.hpp>\n#include <boost/hana.hpp>\n",
        "include/cairn/edn/reader.hpp": "#include <cairn/datom/value.hpp>\n// #include <cairn/store/store.hpp>\n",
        "include/cairn/db/db.hpp": "#include <cairn/datom/value.hpp>\n#include <cairn/db/schema.hpp>\n",
        "include/cairn/db/schema.hpp": "#ifdef CAIRN_ENGINE\n#include <cairn/db/engine.hpp>\n#endif\n",
        "include/cairn/db/engine.hpp": "#include <cairn/db/db.hpp>\n",
        "include/cairn/db/pull.hpp": "#ifdef CAIRN_ENGINE\n#include <cairn/db/engine.hpp>\n#else\n#include <cairn/db/pull_run.hpp>\n#endif\n",
        "include/cairn/db/pull_run.hpp": "#include <cairn/db/pull.hpp>\n",
        "include/cairn/db/apply.hpp": "#ifndef CAIRN_ENGINE\n#include <cairn/db/editor.hpp>\n#endif\n",
        "include/cairn/db/editor.hpp": "#include <cairn/db/apply.hpp>\n",
        "include/cairn/store/store.hpp": "#include <cairn/db/db.hpp>\n",
        "include/cairn/query/parse.hpp": "#include <cairn/db/db.hpp>\n",
        "include/cairn/cairn.hpp": "#include <cairn/store/store.hpp>\n#include <cairn/query/parse.hpp>\n",
        "backends/cairn/backends/mem/backend.hpp": "#include <cairn/concepts/bytes.hpp>\n#include <cairn/error/error.hpp>\n",
        "backends/cairn/backends/file/backend.hpp": "#include <cairn/backends/file/log.hpp>\n#include <fcntl.h>\n",
        "backends/cairn/backends/file/log.hpp": "",
        "examples/first.cpp": "#include <cairn/cairn.hpp>\n#include <cairn/backends/mem/backend.hpp>\n",
    }
    broken = [
        ("stands below store", {"include/cairn/datom/value.hpp": "#include <cairn/store/store.hpp>\n"}),
        ("stands below umbrella", {"include/cairn/db/schema.hpp": "#include <cairn/cairn.hpp>\n"}),
        ("share a floor", {"include/cairn/query/parse.hpp": "#include <cairn/store/store.hpp>\n"}),
        ("share a floor", {"include/cairn/error/error.hpp": "#include <cairn/concepts/bytes.hpp>\n"}),
        ("standard headers only", {"concepts/cairn/concepts/bytes.hpp": "#include <boost/hana.hpp>\n"}),
        ("standard headers only", {"concepts/cairn/concepts/bytes.hpp": "#include <fcntl.h>\n"}),
        ("concepts includes concepts only", {"concepts/cairn/concepts/bytes.hpp": "#include <cairn/error/error.hpp>\n"}),
        ("backend includes", {"backends/cairn/backends/mem/backend.hpp": "#include <cairn/datom/value.hpp>\n"}),
        ("includes the backend file", {"backends/cairn/backends/mem/backend.hpp": "#include <cairn/backends/file/log.hpp>\n"}),
        ("headers in a circle", {"include/cairn/db/schema.hpp": "  #  include <cairn/db/db.hpp>\n"}),
        ("there is no", {"include/cairn/db/schema.hpp": "#include <cairn/db/no_such.hpp>\n"}),
        ("write <cairn", {"include/cairn/db/schema.hpp": '#include "cairn/datom/value.hpp"\n'}),
        ("has no floor", {"include/cairn/elsewhere/new.hpp": ""}),
    ]
    failures = 0
    for expected, change in [(None, {})] + broken:
        with tempfile.TemporaryDirectory() as root:
            for path, text in {**sound, **change}.items():
                os.makedirs(os.path.dirname(os.path.join(root, path)), exist_ok=True)
                with open(os.path.join(root, path), "w", encoding="utf-8") as file:
                    file.write(text)
            faults, _ = check(root)
        if (not faults) if expected is None else any(expected in fault for fault in faults):
            continue
        failures += 1
        print(f"expected {expected or 'no fault'} for {change}, and got {faults}")
    print(f"{len(broken) + 1 - failures} of {len(broken) + 1} trees judged rightly")
    return failures == 0


def main(arguments):
    if len(arguments) != 1:
        print(__doc__)
        return 2
    if arguments[0] == "--self-test":
        return 0 if self_test() else 1
    faults, files = check(arguments[0])
    for fault in faults:
        print(fault)
    print(f"{files} files, {len(faults)} faults")
    if files == 0:
        print("nothing was read: is this the root of the project?")
    return 0 if files and not faults else 1


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
