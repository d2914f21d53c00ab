#!/usr/bin/env python3
# Copyright the Cairn authors
# SPDX-License-Identifier: BSL-1.0
"""check_reader.py COMMAND DIRECTORY: read_store.py lists what the golden stores hold, and what the command lists of stores that it writes."""
import base64, datetime, decimal, json, pathlib, shutil, struct, subprocess, sys, uuid

sys.dont_write_bytecode = True  # nothing in the source tree
import read_store

here = pathlib.Path(__file__).parent
command, directory = sys.argv[1], pathlib.Path(sys.argv[2])

def floating(v, form):
    """The shortest digits that are this number, as the command writes it: those with an exponent where they are fewer."""
    if v - v != 0: return {"nan": "##NaN", "inf": "##Inf", "-inf": "##-Inf"}[str(v)]
    short = next(t for p in range(17) if struct.pack(form, float(t := f"{v:.{p}e}")) == struct.pack(form, v))
    digits, e, exponent = min(f"{decimal.Decimal(short):f}", short, key=len).partition("e")
    return digits + ".0" * ("." not in digits) + e + exponent

def instant(v): return (datetime.datetime(1970, 1, 1) + datetime.timedelta(milliseconds=v)).isoformat(timespec="milliseconds")

EDN = {0: lambda v: "nil", 1: lambda v: ("false", "true")[v], 2: str, 3: lambda v: floating(v, "f"), 4: lambda v: floating(v, "d"),
       5: lambda v: v.decode() + "N", 6: lambda v: v.decode() + "M", 7: lambda v: f'#inst "{instant(v)}Z"',
       8: lambda v: f'#uuid "{uuid.UUID(bytes=v)}"', 9: lambda v: json.dumps(v.decode(), ensure_ascii=False),
       10: lambda v: ":" + v.decode(), 11: bytes.decode, 12: lambda v: f'#bytes "{base64.b64encode(v).decode()}"',
       13: lambda v: "[" + " ".join(map(edn, v)) + "]"}

def edn(value): return EDN[value[0]](value[1])

def read(path, which="history", branch="db"):
    """What read_store.py lists, as EDN."""
    datoms = read_store.Database(read_store.Log(path), branch.encode()).datoms(which == "history")
    return "".join(f"[{e} :{a} {edn(v)} {t} {str(added).lower()}]\n" for e, a, v, t, added in datoms)

def same(what, found, expected):
    if found == expected: return print(f"{what}: {len(expected.splitlines())} datoms")
    pairs = zip(found.splitlines() + [""], expected.splitlines() + [""])
    raise SystemExit(f"{what}: the first difference is\n%s\ninstead of\n%s" % next((p for p in pairs if p[0] != p[1]), ("", "")))

class Shell:
    """The command's shell, a form at a time; the store stays open between them, so that it keeps its tail."""
    def __init__(self): self.process = subprocess.Popen([command, "shell"], stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True)
    def __enter__(self): return self
    def __exit__(self, *_):
        self.process.stdin.close()
        self.process.wait()

    def __call__(self, form):
        self.process.stdin.write(form + "\n")
        self.process.stdin.flush()
        answer = self.process.stdout.readline()
        if not answer or answer.startswith("#cairn/error"): raise SystemExit(f"{form}\n{answer}")
        return answer

    def datoms(self, form):
        listed = self(f"(d/datoms {form} :eavt)").strip()[1:-1]
        return listed.replace(" true] [", " true]\n[").replace(" false] [", " false]\n[") + "\n"

TYPES = "bigdec bigint boolean bytes double float instant keyword long string symbol uuid".split()
SCHEMA = "".join(f"{{:db/ident :many/{t} :db/valueType :db.type/{t} :db/cardinality :db.cardinality/many}}" for t in TYPES)
SCHEMA += """{:db/ident :name :db/valueType :db.type/string :db/cardinality :db.cardinality/one :db/unique :db.unique/identity}
  {:db/ident :n :db/valueType :db.type/long :db/cardinality :db.cardinality/one :db/index true}
  {:db/ident :x :db/valueType :db.type/float :db/cardinality :db.cardinality/one}
  {:db/ident :pair :db/valueType :db.type/tuple :db/tupleTypes [:db.type/long :db.type/string] :db/cardinality :db.cardinality/one}
  {:db/ident :seen :db/valueType :db.type/long :db/cardinality :db.cardinality/one :db/noHistory true}"""
VALUES = """{:name "all" :many/bigdec [1.10M 1E+3M -7M] :many/bigint [-5N 123456789012345678901234567890N] :many/bytes [#bytes "" #bytes "AAEC/w=="]
  :many/double [##Inf ##-Inf ##NaN 1.5e300 -0.1 3.0 1.0e-9] :many/float [0.1 -2.5] :many/instant [#inst "1969-12-31T23:59:59.999Z" #inst "2026-01-01"]
  :many/keyword [:b :a/b :a/a] :many/symbol [z a/b] :many/string ["" "\\"q\\"\\n" "пр"] :many/long [-1 0 9223372036854775807] :many/boolean [true false]
  :many/uuid [#uuid "ff112233-4455-6677-8899-aabbccddeeff" #uuid "00112233-4455-6677-8899-aabbccddeeff"]}"""

def entities(numbers, seen):
    return "[" + "".join(f'{{:name "n{i}" :n {i * i % 1000} :x {i / 7:.5} :seen {seen} :pair [{i} "p{i % 3}"]}}' for i in numbers) + "]"

def live(name, store, flexibility=":write"):
    """A store with history: what a checkpoint holds, then a tail with a bit of everything on top of it."""
    path = directory / name
    with Shell() as shell:
        shell(f'(def cfg {{:store {{:backend :file :path "{path}" {store}}} :schema-flexibility {flexibility}}})')
        shell("(d/create-database cfg)")
        shell("(def conn (d/connect cfg))")
        shell(f"(d/transact conn [{SCHEMA}])")
        shell(f"(d/transact conn '[{VALUES}])")
        shell(f"(d/transact conn {entities(range(700), 1)})")
        shell("(d/release conn)")  # a checkpoint
        shell("(def conn (d/connect cfg))")
        shell(f"(d/transact conn {entities(range(0, 700, 3), 2)})")
        shell("(d/transact conn [" + "".join(f'[:db/retractEntity [:name "n{i}"]]' for i in range(0, 300, 2)) + "])")
        shell("(d/release conn)")
        subprocess.run([command, "gc", "--keep-age", "0", f'{{:store {{:backend :file :path "{path}" {store}}}}}'],
                       check=True, stdout=subprocess.DEVNULL)
        shell("(def conn (d/connect cfg))")
        shell("(d/transact conn [[:db/add [:name \"all\"] :many/bigdec 2.50M] [:db/retract [:name \"all\"] :many/keyword :a/b]])")
        shell("(d/transact conn [[:db/add [:db/ident :n] :db/noHistory true] {:db/ident :late :db/valueType :db.type/string :db/cardinality :db.cardinality/one}])")
        shell("(d/transact conn [{:name \"n1\" :n -1 :late \"tail\"} [:db/add :x :db/ident :renamed] [:db/retractEntity [:name \"n5\"]]])")
        if flexibility == ":read":
            shell('(d/transact conn (quote [{:any 1} {:any "text"} {:any :key} {:any 1.5} {:any true} {:any #inst "2026-01-01"} {:any sym}]))')
        same(f"{name}, current", read(path, "current"), shell.datoms("@conn"))
        same(f"{name}, history", read(path, "history"), shell.datoms("(d/history @conn)"))
        history = shell.datoms("(d/history @conn)")
        shell("(d/branch! conn :db :other)")
        shell('(d/transact conn [{:name "after the branch"}])')
        shell("(d/release conn)")
        same(f"{name}, a branch", read(path, "history", "other"), history)

shutil.rmtree(directory, ignore_errors=True)
directory.mkdir(parents=True)
for history in sorted(here.glob("**/history.edn")):
    listed = subprocess.run([sys.executable, here / "read_store.py", history.parent / "store"], stdout=subprocess.PIPE, check=True).stdout
    if listed.count(b"\n") != history.read_bytes().count(b"\n"): raise SystemExit(f"{history}: read_store.py lists another number of datoms")
    same(str(history.parent.relative_to(here)), read(history.parent / "store"), history.read_text())
live("log", ":sync :relaxed :segment-size 8192 :compact-below 1.0")
live("files", ":sync :relaxed :segment-size 8192 :layout :dir", flexibility=":read")
