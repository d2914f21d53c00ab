#!/usr/bin/env python3
# Copyright the Cairn authors
# SPDX-License-Identifier: BSL-1.0
"""check_prometheus.py FILE NAME...: the file is a page in Prometheus' text format 0.0.4 and has metrics of these names.

By the rules of https://prometheus.io/docs/instrumenting/exposition_formats/, and by Prometheus' own parser for Python where that is installed."""
import math, re, sys

SAMPLE = re.compile(r'([a-zA-Z_:][a-zA-Z0-9_:]*)(?:\{((?:[a-zA-Z_][a-zA-Z0-9_]*="(?:[^"\\\n]|\\[\\n"])*",?)*)\})? (\S+)')
LABEL = re.compile(r'([a-zA-Z_][a-zA-Z0-9_]*)="((?:[^"\\\n]|\\[\\n"])*)"')

def fault(line, reason): raise SystemExit(f"{reason}: {line}")

def parse(text):
    """{family: (type, [(name, labels, value)])}"""
    if not text.endswith("\n"): fault(text[-80:], "the last line has no end")
    families, family, seen = {}, None, set()
    for line in text[:-1].split("\n"):
        if line.startswith("# HELP "):
            family = line.split(" ", 3)[2]
            if family in families: fault(line, "a family comes twice")
            families[family] = [None, []]
        elif line.startswith("# TYPE "):
            _, _, name, kind = line.split(" ")
            if name != family or families[family] != [None, []]: fault(line, "a type that is not behind its help")
            if kind not in ("counter", "gauge", "histogram"): fault(line, "an unknown type")
            families[family][0] = kind
        else:
            found = SAMPLE.fullmatch(line)
            if not found: fault(line, "no sample")
            name, labels, value = found.groups()
            kind = families[family][0]
            allowed = {family + suffix for suffix in ("_bucket", "_sum", "_count")} if kind == "histogram" else {family}
            if name not in allowed: fault(line, f"a sample among those of {family}")
            if kind == "counter" and not name.endswith("_total"): fault(line, "a counter without _total")
            unescape = {"\\\\": "\\", '\\"': '"', "\\n": "\n"}
            pairs = [(k, re.sub(r'\\[\\n"]', lambda m: unescape[m[0]], v)) for k, v in LABEL.findall(labels or "")]
            key = name, frozenset(pairs)
            if key in seen or len(dict(pairs)) != len(pairs): fault(line, "a sample or a label comes twice")
            seen.add(key)
            families[family][1].append((name, dict(pairs), float(value)))
    for family, (kind, samples) in families.items():
        if not samples: fault(family, "no samples")
        if kind == "histogram": check_histogram(family, samples)
        elif any(not math.isfinite(v) or v < 0 for _, _, v in samples): fault(family, "not a count")
    return families

def check_histogram(family, samples):
    series = {}
    for name, labels, value in samples:
        own = frozenset((k, v) for k, v in labels.items() if k != "le")
        series.setdefault(own, []).append((name[len(family):], labels.get("le"), value))
    for own, found in series.items():
        buckets = [(float(le), value) for suffix, le, value in found if suffix == "_bucket"]
        if buckets != sorted(buckets) or [v for _, v in buckets] != sorted(v for _, v in buckets): fault(own, "buckets that do not ascend")
        if [suffix for suffix, _, _ in found[-2:]] != ["_sum", "_count"]: fault(own, "no sum and count")
        if buckets[-1] != (math.inf, found[-1][2]): fault(own, "the last bucket does not hold all")

def official(text):
    try:
        import prometheus_client.parser as parser
    except ImportError:
        sys.path.append("/usr/lib/python3/dist-packages")  # Debian's, where another Python than Debian's is found first
        try:
            import prometheus_client.parser as parser
        except ImportError:
            return None
    return {sample for family in parser.text_string_to_metric_families(text) for sample in
            ((s.name, frozenset(s.labels.items()), s.value) for s in family.samples)}

with open(sys.argv[1], encoding="utf-8", newline="") as file: text = file.read()
families = parse(text)
missing = [name for name in sys.argv[2:] if name not in families]
if missing: raise SystemExit(f"no {', '.join(missing)} among {', '.join(families)}")
samples = {(name, frozenset(labels.items()), value) for _, found in families.values() for name, labels, value in found}
theirs = official(text)
if theirs is not None and theirs != samples: raise SystemExit(f"Prometheus' parser reads\n{sorted(map(str, theirs ^ samples))}")
print(f"{len(samples)} samples in {len(families)} families" + ("" if theirs is None else ", as Prometheus' parser has it"))
