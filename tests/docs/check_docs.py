#!/usr/bin/env python3
# Copyright the Cairn authors
# SPDX-License-Identifier: BSL-1.0
"""Checks that documents say what the code says.

- Each code block in README.md and docs/ that follows a line `<!-- cut from FILE [NAME] -->` is the part of FILE between
  `// [NAME]` and `// [/NAME]`, or the comments of another language. With --fix it is made so.
- The table of the suite's tests in docs/backend-development.md has each test of tests/laws/backend_suite.cpp.in that is not about audits, and no other.
- README.md's table of backends has a row for each folder in backends/ that says what the type's `capabilities` say, whether or not its library is here;
  of layers over one of them, rows that differ from its row in nothing but what it needs; and no other. What is built is asked for the whole row by the
  command's own test.
- docs/reliability.md's table of planted mistakes has as many rows as tests/crash/mutate.py makes, README.md says as many, and tests/crash/CMakeLists.txt
  tries each of them.
- A link from one document to another leads to a file that is there, and to a heading of it; README.md and docs/README.md have one to each document in docs/.
- docs/errors.md names every code of errc.hpp, docs/operations.md every event of log.hpp and every figure of stats.hpp.
"""
import pathlib
import re
import sys
import textwrap

root = pathlib.Path(__file__).resolve().parents[2]
block = re.compile(r"(<!-- cut from (\S+) \[([\w-]+)\] -->\n```\w*\n)(.*?)(^```$)", re.DOTALL | re.MULTILINE)


def cut(file, name):
    text = (root / file).read_text()
    found = re.search(rf"^[ \t]*(?://|#|;;) \[{re.escape(name)}\]\n(.*?)^[ \t]*(?://|#|;;) \[/{re.escape(name)}\]$", text, re.DOTALL | re.MULTILINE)
    if not found:
        raise SystemExit(f"{file} has no part [{name}]")
    inside = re.sub(r"^[ \t]*(?://|#|;;) \[/?[\w-]+\]\n", "", found[1], flags=re.MULTILINE)  # parts of this part
    return textwrap.dedent(inside).strip("\n") + "\n"


def rows_of_backends():
    """By its id, the row of each backend as its header has it. Capabilities that are left out are the struct's: no, and none."""
    yes_no = {"true": "yes", "false": "no", None: "no"}
    rows = {}
    for header in sorted((root / "backends/cairn/backends").glob("*/backend.hpp")):
        text = header.read_text()
        name = re.search(r'backend_id = "([^"]+)";', text)[1]
        given = dict(re.findall(r"\.(\w+) = ([^,}]+)", re.search(r"Capabilities capabilities\{(.*?)\};", text, re.DOTALL)[1]))
        unknown = set(given) - {"durable", "fence", "sharing", "zero_copy_reads", "durable_append", "needs"}
        if unknown:
            raise SystemExit(f"{header} has capabilities that {sys.argv[0]} does not know: {unknown}")
        word = {key: value.strip().split("::")[-1].strip('"') for key, value in given.items()}
        fence = {"compare_and_swap": "compare-and-swap", "lock": "lock", None: "none"}[word.get("fence")]
        rows[name] = [yes_no[word.get("durable")], fence, word.get("sharing", "connection"), yes_no[word.get("zero_copy_reads")],
                      yes_no[word.get("durable_append")], word.get("needs", "nothing")]
    return rows


def check_backends():
    rows = rows_of_backends()
    table = re.search(r"^\| id \|.*?\n\|(?:-+\|)+\n((?:\|.*\n)+)", (root / "README.md").read_text(), re.MULTILINE)[1].splitlines()
    faults, told = [], []
    for line in table:
        first, *cells = [cell.strip() for cell in line.strip("|").split("|")]
        name = re.fullmatch(r"\[`:([\w.-]+)`\]\(backends/cairn/backends/\1/README\.md\)|`:([\w-]+)\.([\w-]+)`", first)
        if not name:
            faults.append(f"README.md's table of backends has a row that names none: {line}")
        elif name[1] in rows:
            told.append(name[1])
            if cells != rows[name[1]]:
                faults.append(f"README.md says of :{name[1]} {cells}, its type {rows[name[1]]}")
        elif name[1] or name[3] not in rows or not (root / f"include/cairn/layer/{name[2]}.hpp").exists():
            faults.append(f"README.md's table of backends has a row of one that is not there: {line}")
        else:
            needs = re.search(r'\bneeds = "([^"]+)"', (root / f"include/cairn/layer/{name[2]}.hpp").read_text())
            expected = rows[name[3]][:-1] + [needs[1] if needs else rows[name[3]][-1]]
            if cells != expected:
                faults.append(f"README.md says of :{name[2]}.{name[3]} {cells}, its parts {expected}")
    faults += [f"README.md's table of backends has no row of :{name}" for name in rows if name not in told]
    faults += [f"README.md's table of backends has :{name} more than once" for name in rows if told.count(name) > 1]
    return faults


def headings(text):
    titles = re.findall(r"^#+ (.*)$", re.sub(r"^```.*?^```", "", text, flags=re.DOTALL | re.MULTILINE), re.MULTILINE)
    return {re.sub(r"[^\w\- ]", "", title.lower()).replace(" ", "-") for title in titles}


def check_links():
    faults = []
    documents = [root / "README.md", root / "CONTRIBUTING.md", *sorted((root / "docs").glob("*.md")), *sorted((root / "backends").rglob("*.md")),
                 *sorted((root / "include").rglob("*.md"))]
    for document in documents:
        prose = re.sub(r"^```.*?^```", "", document.read_text(), flags=re.DOTALL | re.MULTILINE)
        linked = set()
        for link in re.findall(r"\]\(([^)\s]+)\)", prose):
            if re.match(r"https?:", link):
                continue
            path, _, heading = link.partition("#")
            target = (document.parent / path).resolve() if path else document
            linked.add(target)
            if not target.exists() or (heading and heading not in headings(target.read_text())):
                faults.append(f"{document.relative_to(root)} links to {link}, which is not there")
        if document in (root / "README.md", root / "docs/README.md"):
            faults += [f"{document.relative_to(root)} has no link to docs/{guide.name}" for guide in sorted((root / "docs").glob("*.md"))
                       if guide.name != "README.md" and guide not in linked]
    return faults


def check_mistakes():
    made = re.findall(r"@(\w+)@", re.search(r"^CHANGES = \[\n(.*?)^\]", (root / "tests/crash/mutate.py").read_text(), re.DOTALL | re.MULTILINE)[1])
    tried = re.findall(r'"(\w+) \w+"', re.search(r"pair IN\s+ITEMS(.*?)\)", (root / "tests/crash/CMakeLists.txt").read_text(), re.DOTALL)[1])
    table = re.search(r"^\| mistake \| caught by \|\n\|(?:-+\|)+\n((?:\|.*\n)+)", (root / "docs/reliability.md").read_text(), re.MULTILINE)[1]
    said = re.search(r"(\d+) planted mistakes", (root / "README.md").read_text())[1]
    faults = [] if sorted(made) == sorted(tried) else [f"tests/crash makes and tries different mistakes: {sorted(set(made) ^ set(tried))}"]
    for document, number in ("docs/reliability.md", len(table.splitlines())), ("README.md", int(said)):
        if number != len(made):
            faults.append(f"{document} has {number} planted mistakes, tests/crash/mutate.py makes {len(made)}")
    return faults


def main():
    faults, blocks = [], 0
    for document in [root / "README.md", root / "CONTRIBUTING.md", *sorted((root / "docs").rglob("*.md"))]:
        text = document.read_text()
        blocks += len(block.findall(text))
        fixed = block.sub(lambda m: m[1] + cut(m[2], m[3]) + m[5], text)
        if fixed != text:
            if "--fix" in sys.argv:
                document.write_text(fixed)
            else:
                faults.append(f"{document.relative_to(root)} differs from the file that it is cut from; run {sys.argv[0]} --fix")
    if blocks == 0:
        faults.append("no document has a part that is cut from a file")
    suite = (root / "tests/laws/backend_suite.cpp.in").read_text().split("#ifdef CAIRN_LAWS_OF_AUDIT\nTEST_CASE")[0]
    tests = re.findall(r'^TEST_CASE\("([^"]+)"', suite, re.MULTILINE)
    told = re.findall(r"^\| `backend_shelf\.([^`]+)`", (root / "docs/backend-development.md").read_text(), re.MULTILINE)
    if len(tests) < 10:
        faults.append("backend_suite.cpp.in has fewer tests than there should be")
    faults += [f"docs/backend-development.md does not name the test {name}" for name in tests if name not in told]
    faults += [f"docs/backend-development.md names a test that is not there: {name}" for name in told if name not in tests]
    errors = (root / "docs/errors.md").read_text()
    codes = re.findall(r'std::string_view\{"([^"]+)"\}', (root / "include/cairn/error/errc.hpp").read_text())
    if len(codes) < 30:
        faults.append("errc.hpp has fewer codes than there should be")
    faults += [f"docs/errors.md does not name {code}" for code in codes if f"`{code}`" not in errors]
    operations = (root / "docs/operations.md").read_text()
    events = re.findall(r'"([a-z]+/[a-z-]+)"', (root / "include/cairn/error/log.hpp").read_text())
    struct = re.search(r"struct ConnectionStats \{(.*?)^};", (root / "include/cairn/store/stats.hpp").read_text(), re.DOTALL | re.MULTILINE)[1]
    figures = [name.replace("_", "-") for name in re.findall(r"^  (?:std::[\w:<>]+) (\w+)(?: = 0|\{\});", struct, re.MULTILINE)]
    if len(events) < 10 or len(figures) < 30:
        faults.append("log.hpp or stats.hpp has less than there should be")
    faults += [f"docs/operations.md does not name {name}" for name in events + figures if f"`{name}`" not in operations]
    faults += check_backends() + check_links() + check_mistakes()
    for fault in faults:
        print(fault)
    return 1 if faults else 0


if __name__ == "__main__":
    sys.exit(main())
