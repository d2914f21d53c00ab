#!/usr/bin/env python3
# Copyright the Cairn authors
# SPDX-License-Identifier: BSL-1.0
"""Does what docs/backend-development.md says, with the blocks that stand there and nothing else, and leaves a folder to build.

usage: follow_guide.py FOLDER

FOLDER is made; the backend is in FOLDER/shelf. What the page tells to do is looked for in its text, so that it can't change without this.
"""
import pathlib
import re
import subprocess
import sys

root = pathlib.Path(__file__).resolve().parents[2]
page = (root / "docs/backend-development.md").read_text()


def told(words):
    """What the page tells a reader to do, for which the code here is."""
    if words not in re.sub(r"\s+", " ", page):
        raise SystemExit(f"docs/backend-development.md does not say any more: {words}")


def block(language, name):
    found = re.search(rf"^<!-- cut from \S+ \[{name}\] -->\n```{language}\n(.*?)^```$", page, re.DOTALL | re.MULTILINE)
    if not found:
        raise SystemExit(f"docs/backend-development.md has no block [{name}]")
    return found[1]


def replace(pattern, by, text):
    made, count = re.subn(pattern, lambda _: by, text, flags=re.DOTALL | re.MULTILINE)
    if count != 1:
        raise SystemExit(f"{pattern} is {count} times in what scripts/new-backend writes")
    return made


def main():
    folder = pathlib.Path(sys.argv[1])
    folder.mkdir(parents=True)
    commands = re.findall(r"^```sh\n((?:scripts/new-backend|cp) .*?)\n```$", page, re.MULTILINE)
    if len(commands) != 2:
        raise SystemExit(f"docs/backend-development.md begins with other commands: {commands}")
    for command in commands:
        command = re.sub(r"(^|(?<= ))(scripts|examples)/", rf"{root}/\2/", command)
        subprocess.run(["sh", "-ec", command], cwd=folder, check=True, stdout=subprocess.DEVNULL)

    header = folder / "shelf/shelf/backend.hpp"
    text = header.read_text()
    told("include it in `shelf/shelf/backend.hpp`, below what is included there,")
    last = text.rindex("\n#include ") + 1
    end = text.index("\n", last) + 1
    text = text[:end] + "\n" + block("cpp", "place") + text[end:]
    told("and write two names in the place of `blank` and `Address`, which nothing needs any more:")
    comment = r"^(?:///[^\n]*\n)*"
    text = replace(comment + r"struct Address \{.*?^\};\n\n", "", text)
    text = replace(comment + r"\[\[noreturn\]\] inline void blank\(.*?^\}\n", block("cpp", "names"), text)
    told("Then put each `struct` and `class` of sections 3 and 4 in the place of the one of its name,")
    sections = page[page.index("\n## 3. ") : page.index("\n## 5. ")]
    pieces = re.findall(r"^```cpp\n((?:struct|class) \w+ \{)\n(.*?)^```$", sections, re.DOTALL | re.MULTILINE)
    for first, rest in pieces:
        text = replace(rf"^{re.escape(first)}\n.*?^\}};\n", f"{first}\n{rest}", text)
    if len(pieces) != len(re.findall(r"^```cpp$", sections, re.MULTILINE)) or "blank(" in text:
        raise SystemExit("sections 3 and 4 of docs/backend-development.md do not have every struct and class that scripts/new-backend writes, and these alone")
    header.write_text(text)

    told("and the line of section 7 in the place of the one in `shelf/CMakeLists.txt`.")
    lists = folder / "shelf/CMakeLists.txt"
    lists.write_text(replace(r"^cairn_test_backend\(.*?\)\n", block("cmake", "suite"), lists.read_text()))


if __name__ == "__main__":
    main()
