#!/usr/bin/env python3
# Copyright the Cairn authors
# SPDX-License-Identifier: BSL-1.0
"""check_backends.py COMMAND DIRECTORY [make]: stores of other backends that earlier versions wrote are read as they were written, and written on.

backends/NAME/store is a copy of a store that was open: it has a checkpoint, and transactions behind it. dump.edn is its history. `make` makes
those of this version, where there are none. 77: the command has none of the backends."""
import pathlib, shutil, subprocess, sys

here = pathlib.Path(__file__).parent / "backends"
command, directory = sys.argv[1], pathlib.Path(sys.argv[2])
FORMATS = ["sqlite-1", "lmdb-1", "rocksdb-1"]  # a backend, and which of its formats
SCHEMA = "".join(f"{{:db/ident :many/{t} :db/valueType :db.type/{t} :db/cardinality :db.cardinality/many}}"
                 for t in "bigdec bigint boolean bytes double float instant keyword long string symbol uuid".split())
SCHEMA += """{:db/ident :name :db/valueType :db.type/string :db/cardinality :db.cardinality/one :db/unique :db.unique/identity}
  {:db/ident :n :db/valueType :db.type/long :db/cardinality :db.cardinality/one :db/index true}"""
VALUES = """{:name "all" :many/bigdec [1.10M -7M] :many/bigint [123456789012345678901234567890N] :many/bytes [#bytes "" #bytes "AAEC/w=="]
  :many/double [##Inf ##NaN -0.1] :many/float [0.1 -2.5] :many/instant [#inst "1969-12-31T23:59:59.999Z"] :many/keyword [:b :a/b] :many/symbol [z a/b]
  :many/string ["" "пр"] :many/long [-1 9223372036854775807] :many/boolean [true false] :many/uuid [#uuid "ff112233-4455-6677-8899-aabbccddeeff"]}"""

def config(form, path):
    backend = form.split("-")[0]
    return f'{{:store {{:backend :{backend} :path "{path / "store.sqlite" if backend == "sqlite" else path}"}}}}'

def run(*arguments):
    done = subprocess.run([command, *map(str, arguments)], capture_output=True, encoding="utf-8")
    if done.returncode != 0: raise SystemExit(f"{' '.join(map(str, arguments))}\n{done.stdout}{done.stderr}")
    return done.stdout

def history(store): return run("dump", store, "-")

def shell(forms, then=lambda: None):
    with subprocess.Popen([command, "shell"], stdin=subprocess.PIPE, stdout=subprocess.PIPE, encoding="utf-8") as process:
        for form in forms:
            process.stdin.write(form + "\n")
            process.stdin.flush()
            answer = process.stdout.readline()
            if not answer or answer.startswith("#cairn/error"): raise SystemExit(f"{form}\n{answer}")
        then()

def make(form):
    made, kept = directory / form, here / form / "store"
    made.mkdir()
    shell([f"(def cfg {config(form, made)})", "(d/create-database cfg)", "(def conn (d/connect cfg))", f"(d/transact conn [{SCHEMA}])",
           f"(d/transact conn '[{VALUES}])", "(d/transact conn [" + "".join(f'{{:name "n{i}" :n {i * i}}}' for i in range(300)) + "])",
           "(d/release conn)", "(def conn (d/connect cfg))",  # a checkpoint
           '(d/transact conn [[:db/add [:name "all"] :many/bigdec 2.50M] [:db/retract [:name "all"] :many/keyword :a/b]])',
           '(d/transact conn [[:db/retractEntity [:name "n5"]] {:name "in the tail" :n -1}])'], then=lambda: shutil.copytree(made, kept))
    for pattern in ("LOCK", "LOG*", "lock.mdb", "*-shm"):
        for file in kept.glob(pattern): file.unlink()
    (here / form / "dump.edn").write_text(history(config(form, made)), encoding="utf-8")

shutil.rmtree(directory, ignore_errors=True)
directory.mkdir(parents=True)
there = run("backends")
for form in FORMATS:
    if sys.argv[3:] == ["make"] and not (here / form).exists(): make(form)
read = 0
for found in sorted(here.iterdir()):
    form = found.name
    if f":{form.split('-')[0]} " not in there:
        print(f"{form}: not built here")
        continue
    store = directory / ("opened-" + form)
    shutil.copytree(found / "store", store)
    expected = (found / "dump.edn").read_text(encoding="utf-8")
    written = history(config(form, store))
    if written != expected: raise SystemExit(f"{form}: another history")
    shell([f"(def conn (d/connect {config(form, store)}))", '(d/transact conn [{:name "written today" :n 1}])', "(d/release conn)"])
    after = history(config(form, store))
    if '"written today"' not in after or len(after.splitlines()) <= len(expected.splitlines()): raise SystemExit(f"{form}: not written on")
    run("verify", config(form, store))
    print(f"{form}: {len(expected.splitlines())} lines of history")
    read += 1
sys.exit(0 if read else 77)
