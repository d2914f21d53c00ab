#!/usr/bin/env python3
# Copyright the Cairn authors
# SPDX-License-Identifier: BSL-1.0
"""One Markdown table of what the benchmarks said, and the same as JSON.

usage: table.py RESULTS.JSON FACT=VALUE... -- FILE...

A FILE is what a benchmark wrote: a row of JSON a line, or the JSON of Google Benchmark. Facts are of the machine; they
go into RESULTS.JSON with the rows.
"""
import json
import pathlib
import sys

# What is compared in the index benchmark: Cairn's benchmark, the peer's, what to call it. In nanoseconds a datom.
PEER_OF_INDEX = "absl::btree_set, 24-byte tuples"
INDEX_ROWS = [
    ("insert_cairn", "insert_absl", "index: random insert, transient"),
    ("insert_in_order_cairn", "insert_in_order_absl", "index: insert in order, transient"),
    ("build_cairn", "insert_in_order_absl", "index: build from sorted"),
    ("insert_a_version_each_cairn", None, "index: random insert, a version each"),
    ("lookup_cairn", "lookup_absl", "index: lookup"),
    ("seek_cairn", "lookup_absl", "index: seek by cursor (peer: lookup)"),
    ("scan_cursor_cairn", "scan_absl", "index: scan by cursor"),
    ("scan_block_cairn", "scan_absl", "index: scan by block"),
]


def rows_of_index(report):
    """From the medians of items a second, which are by processor time."""
    medians = {run["run_name"].split("/")[0]: 1e9 / run["items_per_second"]
               for run in report["benchmarks"] if run.get("aggregate_name") == "median"}
    for cairn, peer, what in INDEX_ROWS:
        if cairn in medians:
            yield {"what": what, "unit": "ns", "better": "less", "cairn": medians[cairn],
                   "peer": PEER_OF_INDEX if peer else None, "of_peer": medians.get(peer)}


def rows_of(path):
    text = pathlib.Path(path).read_text()
    if '"benchmarks"' in text:
        return list(rows_of_index(json.loads(text)))
    return [json.loads(line) for line in text.splitlines()]


def figure(value, unit):
    if value is None:
        return "-"
    text = f"{value:,.0f}" if abs(value) >= 100 else f"{value:.3g}"
    return f"{text}{unit}" if unit == "/s" else f"{text} {unit}"


def ratio(row):
    """How many times better Cairn's figure is."""
    if not row["of_peer"] or not row["cairn"] or not row.get("compare", True):
        return "-"
    better = row["cairn"] / row["of_peer"]
    return f"{better if row['better'] == 'more' else 1 / better:.2f}"


def asked(row):
    """What Cairn's figure should reach, and whether it does."""
    limit = row.get("asked")
    if not limit:
        return "", ""
    less = row["better"] == "less"
    reached = row["cairn"] <= limit if less else row["cairn"] >= limit
    return f"{'<=' if less else '>='} {figure(limit, row['unit'])}", "yes" if reached else "no"


def main():
    end_of_facts = sys.argv.index("--")
    facts = dict(fact.split("=", 1) for fact in sys.argv[2:end_of_facts])
    rows = [row for path in sys.argv[end_of_facts + 1:] for row in rows_of(path)]
    table = [("what", "cairn", "peer", "", "ratio", "asked", "got"), ("---", "---:", "---:", "---", "---:", "---:", "---")]
    for row in rows:
        table.append((row["what"], figure(row["cairn"], row["unit"]), figure(row["of_peer"], row["unit"]),
                      row["peer"] or "", ratio(row), *asked(row)))
    if not any(row.get("asked") for row in rows):
        table = [line[:5] for line in table]
    columns = len(table[0])
    widths = [max(len(line[column]) for line in table) for column in range(columns)]
    for number, line in enumerate(table):
        right = [number != 1 and column in (1, 2, 4, 5) for column in range(columns)]
        print("| " + " | ".join(text.rjust(width) if at_right else text.ljust(width)
                                for text, width, at_right in zip(line, widths, right)) + " |")
    pathlib.Path(sys.argv[1]).write_text(json.dumps({**facts, "results": rows}, indent=2) + "\n")


if __name__ == "__main__":
    main()
