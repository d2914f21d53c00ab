#!/usr/bin/env python3
# Copyright the Cairn authors
# SPDX-License-Identifier: BSL-1.0
"""Lists the datoms of a store of the file backend: read_store.py DIRECTORY [history|current] [BRANCH]

Written from docs/format.md alone, to show that the page is enough. Writes nothing; needs libxxhash."""
import ctypes, ctypes.util, decimal, io, itertools, pathlib, struct, sys

XXH = ctypes.CDLL(ctypes.util.find_library("xxhash") or "libxxhash.so.0").XXH3_64bits_withSeed
XXH.restype, XXH.argtypes = ctypes.c_uint64, (ctypes.c_char_p, ctypes.c_size_t, ctypes.c_uint64)
MASK, FIRST_TX, IDENT, NO_HISTORY = (1 << 64) - 1, (1 << 48) + 1, 1, 7
BUILT_IN = ("db/ident db/valueType db/cardinality db/unique db/index db/isComponent db/noHistory db/doc db/txInstant "
            "db/tupleAttrs db/tupleType db/tupleTypes db.attr/preds db.entity/attrs db.entity/preds").split()
def xxh3(data, seed=0): return XXH(data, len(data), seed & MASK)
def signed(n): return (n & MASK) - ((n & MASK) >> 63 << 64)
def need(what, reason): what or sys.exit(f"read_store.py: {reason}")

class Reader(io.BytesIO):
    """Bytes that are read from the beginning on: single fields, then columns, and the rows that are made of them."""
    def take(self, size):
        data = self.read(size)
        need(len(data) == size, "a field goes beyond its block")
        return data
    def fixed(self, form): return struct.unpack("<" + form, self.take(struct.calcsize("<" + form)))
    def number(self, form): return self.fixed(form)[0]
    def byte(self): return self.number("B")
    def varint(self): return b if (b := self.byte()) < 128 else (b & 127 | self.varint() << 7) & MASK
    def svarint(self): return signed((n := self.varint()) >> 1 ^ -(n & 1))
    def text(self): return self.take(self.varint())
    def many(self, read): return [read(self) for _ in range(self.varint())]
    def value(self): return (kind := self.byte()), READ.get(kind, Reader.text)(self)
    def checked(self):
        data = self.read()
        need(xxh3(data[:-8]) == int.from_bytes(data[-8:], "little"), "a node, a root or a tail is damaged")
        return Reader(data[:-8])
    def bits(self, count, width):
        n = int.from_bytes(self.take((count * width + 7) // 8), "little")
        return [n >> i * width & (1 << width) - 1 for i in range(count)]
    def integers(self, count):
        coding, width = divmod(self.byte(), 64)
        runs, steps = divmod(coding, 2)
        base, step = self.svarint(), self.svarint() if steps else 0
        own = [1] + (self.bits(count - 1, 1) if runs else [1] * (count - 1))
        values, stored = [base], iter([-step] * steps + self.bits(sum(own) - steps, width + (width == 63)))
        for new in own: values.append(next(stored) + (values[-1] + step if steps else base) if new else values[-1])
        return [signed(v) for v in values[1:]]
    def texts(self, count):
        words, size = [b""], self.varint() if self.byte() else 0
        lengths = [*zip(self.integers(size or count), self.integers(size or count))]
        for shared, more in lengths: words.append(words[-1][:shared] + self.take(more))
        return [words[1 + i] for i in (self.integers(count) if size else range(count))]
    def addresses(self, count, size):
        if self.byte() == 0: return [self.take(size) for _ in range(count)]
        return [struct.pack(f"<{size // 4}I", *w) for w in zip(*(self.integers(count) for _ in range(size // 4)))]
    def column(self, kind, count):
        if kind == 0: return [None] * count
        if kind in (1, 2, 7): return self.integers(count)
        if kind in (3, 4): return [READ[kind](Reader(struct.pack("<q", bits))) for bits in self.integers(count)]
        return [Reader(t).value()[1] for t in self.texts(count)] if kind == 13 else self.texts(count)
    def rows(self, count):
        steps, kinds = zip(*self.many(lambda r: (r.varint(), r.byte())))
        attributes, of = [*itertools.accumulate(steps)], self.bits(count, (len(kinds) - 1).bit_length())
        entities, txs, flag = self.integers(count), self.integers(count), self.byte()
        added = self.bits(count, 1) if flag == 2 else [flag] * count
        values = [iter(self.column(kind, of.count(c))) for c, kind in enumerate(kinds)]
        return [(e, attributes[c], (kinds[c], next(values[c])), t, x) for e, c, t, x in zip(entities, of, txs, added)]
    def rows_of_format_1(self, count):
        e, a, v, t = 0, 0, (0, None), 0
        for _ in range(count):
            flags = self.byte()
            if not flags & 2: e = signed(e + self.svarint())
            if not flags & 4: a = self.varint()
            if not flags & 8: t = signed(t + self.svarint())
            if flags & 32: v = (2, signed(v[1] + self.svarint()))
            elif flags & 64: v = (9, v[1][:self.varint()] + self.text())
            elif not flags & 16: v = self.value()
            yield e, a, v, t, flags & 1
READ = {0: lambda r: None, 1: Reader.byte, 2: Reader.svarint, 3: lambda r: r.number("f"), 4: lambda r: r.number("d"),
        7: Reader.svarint, 8: lambda r: r.take(16), 13: lambda r: tuple(r.many(Reader.value))}  # others: Reader.text

class Log:
    """The segments of a store, and its roots: name -> the addresses of the state's frame and of the tail's."""
    def __init__(self, directory):
        self.directory, self.segments, self.roots = directory, {}, {}
        for path in sorted(directory.glob("seg-*.clog")):
            r = Reader(data := path.read_bytes())
            magic, form, segment, self.store, sequence, _, _, _, self.layout, runs, check = r.fixed("8sII16sQQQQIIQ")
            need(magic == b"CAIRNLOG" and form <= 2 and xxh3(data[:72]) == check, f"{path} is no segment, or newer")
            self.segments[segment] = data, [r.fixed("II") for _ in range(runs)] or [(10, 10)]
            need(not runs or xxh3(data[80:r.tell()], check) == r.number("Q"), f"{path}: wrong runs")
        need(self.segments and not (directory / "deleted").exists(), "there is no store")
        self.scan(segment, data, sequence, check)
    def frame(self, segment, offset, data, at):
        """Type, payload, sequence number, checksum of the frame before, checksum; nothing where there is no frame."""
        if len(data) < at + 32 or data[at + 5:at + 8] != b"CRN": return None
        length, kind, _, sequence, before, checksum = struct.unpack("<IB3sQQQ", data[at:at + 32])
        payload, key = data[at + 32:at + 32 + length], xxh3(self.store + struct.pack("<I", segment))
        is_whole = len(payload) == length and xxh3(payload, xxh3(data[at:at + 24], key + offset)) == checksum
        return (kind, payload, sequence, before, checksum) if is_whole else None
    def at(self, address):
        segment, place, length, low = struct.unpack("<IIII", address)
        data, runs = self.segments.get(segment, (b"", []))
        at = place + next((now - was for was, now in reversed(runs) if was <= place), 0)
        blob = self.directory / "blobs" / ("%08x%08x%08x%08x.blob" % (segment, place, length, low))
        if self.layout == 1 and blob.exists(): data, at = blob.read_bytes(), 0
        found = self.frame(segment, place * 8, data, at * 8)
        need(found and (len(found[1]), found[4] & 0xFFFFFFFF) == (length, low), f"segment {segment}: a damaged frame")
        return Reader(found[1])
    def scan(self, segment, data, sequence, before, at=80):
        while (found := self.frame(segment, at, data, at)) and found[2:4] == (sequence + 1, before):
            kind, payload, sequence, _, before = found
            address, r = struct.pack("<IIII", segment, at // 8, len(payload), before & 0xFFFFFFFF), Reader(payload)
            for _ in range(r.number("I") if kind == 5 else 0):
                name, _, state, frames = r.take(r.number("I")), r.take(16), r.take(16), r.number("I")
                self.roots[name] = [state, *(r.take(16) for _ in range(frames))]
            if kind in (2, 3, 4):
                _, name = r.take(8), r.take(r.number("I"))
                frames = self.roots.pop(name, [bytes(16)])
                if kind != 4: self.roots[name] = [address] if kind == 2 else [*frames, address]
            at += (32 + len(payload) + 7) // 8 * 8
    def content(self, address):
        r = self.at(address)
        return r.take(8) and r.take(r.number("I")) and r.checked()

def key(datom, order=0):
    e, a, v, t, added = datom
    return ((e, a, comparable(*v)), (a, e, comparable(*v)), (a, comparable(*v), e))[order] + (t, added)
def comparable(kind, v):
    if kind in (2, 3, 4, 5, 6):
        number = decimal.Decimal(v.decode() if isinstance(v, bytes) else v)
        return 2, number.is_nan(), 0 if number.is_nan() else number, kind
    if kind in (10, 11): return kind, *(v.split(b"/", 1) if b"/" in v and v != b"/" else (b"", v))
    return (kind, *itertools.starmap(comparable, v)) if kind == 13 else (kind, v)

def datoms_below(log, order, address, level=None):
    """The datoms of a node and of all below it, by their key."""
    r, found = log.at(address).checked(), {}
    form, its_order, its_level, count = *r.fixed("BBB"), r.varint()
    need(form <= 3 and its_order == order and level in (None, its_level), "a node is newer, or another's child")
    rows_of = r.rows_of_format_1 if form == 1 else r.rows
    if its_level == 0: return {key(d, order): d for d in rows_of(count)}
    size = r.byte()
    if form == 1: numbers, children = zip(*((r.varint(), r.take(size)) for _ in range(count)))
    else: numbers, children = r.integers(count), r.addresses(count, size)
    list(rows_of(count - 1))  # separators
    lengths = r.integers(count) if form == 3 else [0] * count
    sizes = [min(128, sum(lengths) - done) for done in range(0, sum(lengths), 128)]
    operations = iter([change for size in sizes for change in zip(r.rows(size), r.bits(size, 2))])
    for child, number, length in zip(children, numbers, lengths):
        below = datoms_below(log, order, child, its_level - 1)
        for datom, what in itertools.islice(operations, length):
            below.update({key(datom, order): datom}) if what else below.pop(key(datom, order))
        need(len(below) == number, "a child has not as many datoms as its parent says")
        found.update(sorted(below.items()))
    need(not r.read() and list(found) == sorted(found), "a node is out of order")
    return found

class Database:
    """What a root says: its state, and what the transactions of its tail made of it."""
    def __init__(self, log, branch):
        need(branch in log.roots, "there is no such branch")
        r, *tail = map(log.content, log.roots[branch])
        magic, form, _ = *r.fixed("8sB"), r.many(lambda r: r.take(16))
        need(magic == b"cairn.db" and form <= 2, "the root is no database's, or is newer")
        if form == 2: r.many(lambda r: r.take(32)), r.svarint()
        _, options, _, _, _ = r.text(), r.byte(), r.varint(), r.varint(), r.svarint()
        attribute = lambda r: (r.text(), r.svarint(), r.take(3), r.text(), r.many(Reader.text), r.byte(), r.text())
        names = BUILT_IN + [""] * 48 + [fields[0].decode() for fields in r.many(attribute)]
        self.names, self.attributes, _ = dict(enumerate(names, 1)), {}, r.many(lambda r: (r.svarint(), r.text()))
        indexes = [datoms_below(log, i % 3, r.take(16)) if r.varint() else {} for i in range(6)]
        self.current, self.past, self.keeps_history = {k[:3]: d for k, d in indexes[0].items()}, indexes[3], options & 1
        self.describe()
        for r in tail:
            while r.tell() < len(r.getvalue()): self.transaction(r)
    def transaction(self, r):
        _, t, _, _, e = r.take(17), FIRST_TX + r.varint(), r.svarint(), r.varint(), 0
        self.names.update(r.many(lambda r: (r.varint(), r.text().decode())))
        for _ in range(r.varint()):
            e, (a, added) = signed(e + r.svarint()), divmod(r.varint(), 2)
            datom = e, a, r.value(), t, added
            old = self.current.pop(key(datom)[:3], None)
            if added: self.current[key(datom)[:3]] = datom
            elif self.keeps_history and a not in self.forgets: self.past.update({key(d): d for d in (old, datom)})
        self.describe()
    def describe(self):
        """What the datoms say of attributes: their names, and which of them keep no history."""
        facts, numbers = self.current.values(), {name: number for number, name in self.names.items()}
        idents = {e: v.decode() for e, a, (_, v), _, _ in facts if a == IDENT}
        self.attributes = {e: self.attributes.get(e) or numbers.get(ident) for e, ident in idents.items()}
        self.names.update((number, idents[e]) for e, number in self.attributes.items() if number)
        self.forgets = {self.attributes.get(e) for e, a, (_, v), _, _ in facts if a == NO_HISTORY and v}
    def datoms(self, history):
        for e, a, v, t, x in sorted([*self.current.values(), *(self.past.values() if history else ())], key=key):
            yield e, self.names[a], v, t, bool(x)

if __name__ == "__main__":
    need(len(sys.argv) in (2, 3, 4), "usage: read_store.py DIRECTORY [history|current] [BRANCH]")
    database = Database(Log(pathlib.Path(sys.argv[1])), "".join(sys.argv[3:] or ["db"]).encode())
    for e, a, (_, v), t, added in database.datoms(sys.argv[2:3] != ["current"]):
        print(e, f":{a}", repr(v.decode(errors="replace") if isinstance(v, bytes) else v), t, added)
