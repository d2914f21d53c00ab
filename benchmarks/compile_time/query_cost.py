#!/usr/bin/env python3
# Copyright the Cairn authors
# SPDX-License-Identifier: BSL-1.0
"""What a further static query of another shape costs a program that has one already.

The median, over units that ask one query and units that ask 21 different ones, of a twentieth of the difference: processor time of
`-fsyntax-only`, of `-O2 -c`, and bytes of machine code. The units are those of a program that links cairn::engine; in others what all
queries share is compiled, too, which is the same in both and takes a minute a unit. Prints rows for benchmarks/table.py, and on standard
error what each unit took.

usage: query_cost.py [--front-end] [COMPILER...]      of g++ unless told otherwise; --front-end: without -O2
"""
import json
import pathlib
import resource
import shutil
import statistics
import subprocess
import sys
import tempfile

from include_cost import FLAGS

ROUNDS = {"front end": 3, "-O2": 2}
# What it should be, with g++: seconds, and bytes of machine code.
ASKED = {"front end": 0.15, "-O2": 0.3}
ASKED_BYTES = 8000
UNIT = """#include <cairn/concepts/index_tag.hpp>
#include <cairn/index/persistent_set.hpp>
#include <cairn/query/compiled/q.hpp>
#include <cairn/query/engine.hpp>
#include <string>
#include <vector>
using Db = cairn::Db<cairn::persistent_set_tag>;
struct Person {{
  std::string name, last_name;
  std::int64_t age = 0, salary = 0;
  cairn::Keyword sex;
  std::vector<cairn::Ref<Person>> follows;
}};
using People = cairn::Schema<Person>;
{functions}
"""
# Each differs from all others in its clauses, in what it finds or in what it is given, as the queries of one program do.
QUERIES = [
    ('[:find ?e ?n :where [?e :name ?n]]', ""),
    ('[:find ?e :where [?e :name \\"Ivan\\"]]', ""),
    ('[:find ?e ?a :where [?e :name \\"Ivan\\"] [?e :age ?a]]', ""),
    ('[:find ?e ?l ?a :where [?e :name \\"Ivan\\"] [?e :last-name ?l] [?e :age ?a] [?e :sex :male]]', ""),
    ('[:find ?e1 ?l ?a :where [?e :name \\"Ivan\\"] [?e :age ?a] [?e1 :age ?a] [?e1 :last-name ?l]]', ""),
    ('[:find ?e ?s :in $ ?min :where [?e :salary ?s] [(> ?s ?min)]]', ", 50000"),
    ('[:find ?e ?a :where [?e :age ?a] (not [?e :sex :male])]', ""),
    ('[:find ?e ?a :where (or-join [?e] [?e :name \\"Ivan\\"] [?e :last-name \\"Petrov\\"]) [?e :age ?a]]', ""),
    ('[:find ?sex (count ?e) (avg ?a) :where [?e :sex ?sex] [?e :age ?a]]', ""),
    ('[:find (max ?s) . :where [?e :salary ?s]]', ""),
    ('[:find [?n ...] :in $ [?l ...] :where [?e :last-name ?l] [?e :name ?n]]', ", std::vector<std::string>{\"a\"}"),
    ('[:find [?n ?a] :in $ ?e :where [?e :name ?n] [?e :age ?a]]', ", 1000"),
    ('[:find ?n ?m :where [?e :follows ?f] [?f :follows ?g] [?e :name ?n] [?g :name ?m]]', ""),
    ('[:find ?e ?t :where [?e :age ?a] [(+ ?a 1) ?t] [(even? ?t)]]', ""),
    ('[:find ?e ?x :where [?e :name ?n] [(str ?n \\"!\\") ?x]]', ""),
    ('[:find ?e ?tx ?added :where [?e :age 42 ?tx ?added]]', ""),
    ('[:find ?n ?s :where [?e :name ?n] [?e :salary ?s] :order-by [?s :desc] :limit 10]', ""),
    ('[:find ?e ?x :where [?e :name] [(get-else $ ?e :age 0) ?x] [(missing? $ ?e :follows)]]', ""),
    ('[:find ?f :in $ % ?e :where (reach ?e ?f)]',
     ", cairn::rules<\"[[(reach ?x ?y) [?x :follows ?y]] [(reach ?x ?y) [?x :follows ?t] (reach ?t ?y)]]\">, 1000"),
    ('[:find ?l (sum ?s) :with ?e :where [?e :last-name ?l] [?e :salary ?s] :having [(> (sum ?s) 1000)]]', ""),
    ('[:find ?n ?k :in $ [[?n ?k]] :where [?e :name ?n] (not-join [?e] [?e :age ?a] [(< ?a 18)])]',
     ", std::vector<std::tuple<std::string, std::int64_t>>{{\"a\", 1}}"),
]
FUNCTION = """std::size_t ask_{number}(Db const& db) {{
  auto const found = cairn::q<"{text}", People>(db{inputs});
  {use}
}}"""
ROWS = "std::size_t count = 0;\n  for (auto const& row : found) count += sizeof(row);\n  return count;"
ONE = "return found.has_value() ? 1 : 0;"


def finds_one(text):
    """A tuple or a scalar, which is an optional."""
    return ". :where" in text or (text.startswith("[:find [") and "...]" not in text.split(":where")[0].split(":in")[0])


def unit_of(queries):
    return UNIT.format(functions="\n".join(
        FUNCTION.format(number=number, text=text, inputs=inputs, use=ONE if finds_one(text) else ROWS)
        for number, (text, inputs) in enumerate(queries)))


def compile_seconds(compiler, arguments):
    """Processor time of the compiler: the machine may be doing other things."""
    before = resource.getrusage(resource.RUSAGE_CHILDREN)
    subprocess.run([compiler, *FLAGS, "-DCAIRN_ENGINE=1", *arguments], check=True)
    after = resource.getrusage(resource.RUSAGE_CHILDREN)
    seconds = after.ru_utime + after.ru_stime - before.ru_utime - before.ru_stime
    print(f"{compiler} {arguments[0]} {pathlib.Path(arguments[-1]).stem}: {seconds:.1f} s", file=sys.stderr)
    return seconds


def code_bytes(object_file):
    """Of all sections that hold code, inline functions' among them."""
    lines = subprocess.run(["size", "-A", str(object_file)], check=True, capture_output=True, text=True).stdout.splitlines()
    return sum(int(line.split()[1]) for line in lines if line.startswith(".text"))


def measure(compiler, directory, front_end_only):
    one, many = directory / "one.cpp", directory / "many.cpp"
    further = len(QUERIES) - 1
    modes = {"front end": ["-fsyntax-only"]}
    if not front_end_only:
        modes["-O2"] = ["-O2", "-c", "-o", str(directory / "out.o")]
    for mode, arguments in modes.items():
        costs, sizes, whole = [], [], []
        for _ in range(ROUNDS[mode]):
            few = compile_seconds(compiler, [*arguments, str(one)])
            small = code_bytes(directory / "out.o") if mode == "-O2" else 0
            all_of_them = compile_seconds(compiler, [*arguments, str(many)])
            large = code_bytes(directory / "out.o") if mode == "-O2" else 0
            costs.append((all_of_them - few) / further)
            sizes.append((large - small) / further)
            whole.append(few)
        row = {"peer": "a unit with one query", "compare": False, "better": "less"}
        is_asked = compiler.startswith("g++")
        if is_asked:
            row["asked"] = ASKED[mode]
        print(json.dumps({"what": f"a further static query, {mode}, {compiler}", "cairn": statistics.median(costs),
                          "of_peer": statistics.median(whole), "unit": "s", **row}))
        if mode == "-O2":
            code = {"what": "... its machine code", "cairn": statistics.median(sizes), "peer": None, "of_peer": None,
                    "unit": "B", "better": "less", "compare": False}
            print(json.dumps({**code, "asked": ASKED_BYTES} if is_asked else code))
        sys.stdout.flush()


def main():
    given = [argument for argument in sys.argv[1:] if not argument.startswith("--")]
    front_end_only = "--front-end" in sys.argv[1:]
    found = [compiler for compiler in given or ["g++"] if shutil.which(compiler)]
    with tempfile.TemporaryDirectory() as name:
        directory = pathlib.Path(name)
        (directory / "one.cpp").write_text(unit_of(QUERIES[:1]))
        (directory / "many.cpp").write_text(unit_of(QUERIES))
        for compiler in found:
            measure(compiler, directory, front_end_only)


if __name__ == "__main__":
    main()
