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

PEER_OF_INDEX = "absl::btree_set, 24-byte tuples"
# Of the index benchmark: Cairn's, the peer's, what to call it, and how much of the peer's time it should take at most.
INDEX_ROWS = [
    ("insert_cairn", "insert_absl", "index: random insert, transient", 0.7),
    ("insert_in_order_cairn", "insert_in_order_absl", "index: insert in order, transient", None),
    ("build_cairn", "insert_in_order_absl", "index: build from sorted", None),
    ("insert_a_version_each_cairn", "insert_absl", "index: random insert, a version each (peer: in place)", 2),
    ("insert_a_version_each_1000_kept_cairn", "insert_absl", "the same, the last 1,000 versions kept", 3),
    ("lookup_cairn", "lookup_absl", "index: lookup", 0.6),
    ("seek_cairn", "lookup_absl", "index: seek by cursor (peer: lookup)", None),
    ("scan_cursor_cairn", "scan_absl", "index: scan by cursor", 0.25),
    ("scan_block_cairn", "scan_absl", "index: scan by block", 0.1),
]
MEMORY_ASKED = {"random": 30, "bulk": 20}  # bytes a datom


def rows_of_index(report):
    """Medians: nanoseconds of processor time a datom, and bytes."""
    runs = {run["run_name"].split("/")[0]: run for run in report["benchmarks"] if run.get("aggregate_name") == "median"}
    took = {name: 1e9 / run["items_per_second"] for name, run in runs.items() if "items_per_second" in run}
    for cairn, peer, what, most in INDEX_ROWS:
        if cairn in took:
            row = {"what": what, "unit": "ns", "better": "less", "cairn": took[cairn], "peer": PEER_OF_INDEX, "of_peer": took.get(peer)}
            if most and peer in took:
                row["asked"] = most * took[peer]
            yield row
    for name, run in runs.items():
        if "bytes_per_datom" in run:
            _, order, how, _ = name.split("_")  # memory_eavt_random_cairn
            yield {"what": f"index: memory a datom, {order}, {how}", "unit": "B", "better": "less", "cairn": run["bytes_per_datom"],
                   "peer": None, "of_peer": None, "asked": MEMORY_ASKED[how]}


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
