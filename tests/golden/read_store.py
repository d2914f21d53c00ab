#!/usr/bin/env python3
# Copyright the Cairn authors
# SPDX-License-Identifier: BSL-1.0
"""Lists the datoms of a store of the file backend: read_store.py DIRECTORY [history|current] [BRANCH]

Written from docs/format.md alone, to show that the page is enough: what it lacks is missing here too. Needs libxxhash for the checksums.
Nothing is written, so the store may be in use; what others commit meanwhile may be missing."""
import base64, ctypes, ctypes.util, datetime, decimal, os, struct, sys, uuid

XXH = ctypes.CDLL(ctypes.util.find_library("xxhash") or "libxxhash.so.0").XXH3_64bits_withSeed
XXH.restype, XXH.argtypes = ctypes.c_uint64, (ctypes.c_char_p, ctypes.c_size_t, ctypes.c_uint64)
MASK, FIRST_TX = (1 << 64) - 1, (1 << 48) + 1
BUILT_IN = ("db/ident db/valueType db/cardinality db/unique db/index db/isComponent db/noHistory db/doc db/txInstant db/tupleAttrs "
            "db/tupleType db/tupleTypes db.attr/preds db.entity/attrs db.entity/preds").split()

def xxh3(data, seed=0): return XXH(data, len(data), seed & MASK)
def signed(n): return (n & MASK) - ((n & MASK) >> 63 << 64)
def zigzag(n): return signed(n >> 1 ^ -(n & 1))

def need(what, reason):
    if not what: raise SystemExit(f"read_store.py: {reason}")

class Reader:
    """Bytes that are read from the beginning on."""
    def __init__(self, data): self.data, self.at = data, 0
    def __bool__(self): return self.at < len(self.data)

    def take(self, size):
        need(self.at + size <= len(self.data), "a field goes beyond its block")
        self.at += size
        return self.data[self.at - size:self.at]

    def byte(self): return self.take(1)[0]
    def fixed(self, form): return struct.unpack("<" + form, self.take(struct.calcsize("<" + form)))

    def varint(self):
        n = shift = 0
        while True:
            b = self.byte()
            n |= (b & 127) << shift
            shift += 7
            if b < 128: return n & MASK

    def svarint(self): return zigzag(self.varint())
    def text(self): return self.take(self.varint())

    def value(self, kind=None):
        kind = self.byte() if kind is None else kind
        if kind == 0: return kind, None
        if kind == 1: return kind, self.byte()
        if kind in (2, 7): return kind, self.svarint()
        if kind in (3, 4): return kind, self.fixed("fd"[kind - 3])[0]
        if kind == 8: return kind, self.take(16)
        if kind == 13: return kind, tuple(self.value() for _ in range(self.varint()))
        return kind, self.text()

    def bits(self, count, width):
        n = int.from_bytes(self.take((count * width + 7) // 8), "little")
        return [n >> i * width & (1 << width) - 1 for i in range(count)]

    def integers(self, count):
        head = self.byte()
        coding, width = head >> 6, head & 63
        width = 64 if width == 63 else width
        base = self.svarint()
        step = self.svarint() if coding & 1 else 0
        own = [1] * (count - 1) if coding < 2 else self.bits(count - 1, 1)
        stored = iter(self.bits(sum(own) + 1 - (coding & 1), width))
        values = [base if coding & 1 else base + next(stored)]
        for is_own in own:
            values.append(values[-1] if not is_own else values[-1] + step + next(stored) if coding & 1 else base + next(stored))
        return [signed(v) for v in values]

    def front_coded(self, count):
        shared, more = self.integers(count), self.integers(count)
        texts = [b""]
        for s, m in zip(shared, more): texts.append(texts[-1][:s] + self.take(m))
        return texts[1:]

    def texts(self, count):
        if self.byte() == 0: return self.front_coded(count)
        words = self.front_coded(self.varint())
        return [words[i] for i in self.integers(count)]

    def addresses(self, count, size):
        if self.byte() == 0: return [self.take(size) for _ in range(count)]
        columns = [self.integers(count) for _ in range(size // 4)]
        return [b"".join(struct.pack("<I", c[i]) for c in columns) for i in range(count)]

    def column(self, kind, count):
        if kind == 0: return [(kind, None)] * count
        if kind in (1, 2, 7): return [(kind, n) for n in self.integers(count)]
        if kind in (3, 4):
            size, form = (4, "f") if kind == 3 else (8, "d")
            return [(kind, struct.unpack("<" + form, (n & MASK).to_bytes(8, "little")[:size])[0]) for n in self.integers(count)]
        texts = self.texts(count)
        return [Reader(t).value() for t in texts] if kind == 13 else [(kind, t) for t in texts]

    def rows(self, count):
        classes, attribute = [], 0
        for _ in range(self.varint()):
            attribute += self.varint()
            classes.append((attribute, self.byte()))
        of = self.bits(count, (len(classes) - 1).bit_length())
        entities, transactions = self.integers(count), self.integers(count)
        added = self.byte()
        added = self.bits(count, 1) if added == 2 else [added] * count
        values = [iter(self.column(kind, of.count(i))) for i, (_, kind) in enumerate(classes)]
        return [(e, classes[c][0], next(values[c]), t, bool(x)) for e, c, t, x in zip(entities, of, transactions, added)]

    def rows_of_format_1(self, count):
        rows, e, a, t, v = [], 0, 0, 0, (0, None)
        for _ in range(count):
            flags = self.byte()
            if not flags & 2: e = signed(e + self.svarint())
            if not flags & 4: a = self.varint()
            if not flags & 8: t = signed(t + self.svarint())
            if flags & 32: v = (2, signed(v[1] + self.svarint()))
            elif flags & 64: v = (9, v[1][:self.varint()] + self.text())
            elif not flags & 16: v = self.value()
            rows.append((e, a, v, t, bool(flags & 1)))
        return rows

def checked(data, what):
    need(xxh3(data[:-8]) == int.from_bytes(data[-8:], "little"), f"{what}: wrong checksum")
    return Reader(data[:-8])

class Log:
    """The segments of a store, and its roots: name -> address of the state's frame, addresses of the tail's frames."""
    def __init__(self, directory):
        need(not os.path.exists(os.path.join(directory, "deleted")), "the store is deleted")
        self.directory, self.segments, self.roots = directory, {}, {}
        names = sorted(n for n in os.listdir(directory) if n.startswith("seg-") and n.endswith(".clog"))
        need(names, "there is no store")
        for name in names: self.open(os.path.join(directory, name))
        self.scan(max(self.segments))

    def open(self, path):
        with open(path, "rb") as file: data = file.read()
        header = Reader(data[:80])
        magic, version, segment, self.store = header.fixed("8sII16s")
        last_sequence, _, _, _, self.layout, runs, header_hash = header.fixed("QQQQIIQ")
        need(magic == b"CAIRNLOG", f"{path} is no segment")
        need(version <= 2, f"{path} is of a newer format")
        need(xxh3(data[:72]) == header_hash, f"{path}: wrong header")
        table = data[80:80 + 8 * runs]
        need(not runs or xxh3(table, header_hash) == int.from_bytes(data[80 + 8 * runs:88 + 8 * runs], "little"), f"{path}: wrong runs")
        pairs = list(struct.iter_unpack("<II", table)) if runs else [(10, 10)]
        self.segments[segment] = data, [(was * 8, now * 8) for was, now in pairs], last_sequence, header_hash

    def frame(self, segment, offset, data=None):
        """Type, payload, sequence number and checksum of the frame before, checksum; nothing where there is no frame."""
        at = 0
        if data is None:
            data, runs = self.segments[segment][:2]
            was, now = max((r for r in runs if r[0] <= offset), default=(0, 0))
            at = offset - was + now
        head = data[at:at + 32]
        if len(head) < 32 or head[5:8] != b"CRN": return None
        length, kind, _, sequence, before, checksum = struct.unpack("<IB3sQQQ", head)
        payload = data[at + 32:at + 32 + length]
        key = xxh3(self.store + struct.pack("<I", segment))
        if len(payload) < length or xxh3(payload, xxh3(head[:24], key + offset)) != checksum: return None
        return kind, payload, sequence, before, checksum

    def at(self, address):
        segment, offset, length, low = struct.unpack("<IIII", address)
        path = os.path.join(self.directory, "blobs", "%08x%08x%08x%08x.blob" % (segment, offset, length, low))
        if self.layout == 1 and os.path.exists(path):
            with open(path, "rb") as file: found = self.frame(segment, offset * 8, file.read())
        else:
            need(segment in self.segments, f"segment {segment} is missing")
            found = self.frame(segment, offset * 8)
        need(found and len(found[1]) == length and found[4] & 0xFFFFFFFF == low, f"segment {segment}, offset {offset * 8}: damaged")
        return found[1]

    def scan(self, segment):
        _, _, sequence, before = self.segments[segment]
        offset = 80
        while found := self.frame(segment, offset):
            kind, payload, number, chained, checksum = found
            if number != sequence + 1 or chained != before: break
            address = struct.pack("<IIII", segment, offset // 8, len(payload), checksum & 0xFFFFFFFF)
            payload = Reader(payload)
            if kind == 5:
                for _ in range(payload.fixed("I")[0]):
                    name = payload.take(payload.fixed("I")[0])
                    payload.take(16)
                    state = payload.take(16)
                    self.roots[name] = (state, [payload.take(16) for _ in range(payload.fixed("I")[0])])
            elif kind != 1:
                payload.take(8)
                name = payload.take(payload.fixed("I")[0])
                state, tail = self.roots.get(name, (bytes(16), []))
                if kind == 2: self.roots[name] = (address, [])
                if kind == 3: self.roots[name] = (state, tail + [address])
                if kind == 4: del self.roots[name]
            sequence, before = number, checksum
            offset += (32 + len(payload.data) + 7) // 8 * 8

    def content(self, address):
        """What a commit or append frame has behind the branch's name."""
        payload = Reader(self.at(address))
        payload.take(8)
        payload.take(payload.fixed("I")[0])
        return payload.data[payload.at:]

def numeric(kind, v):
    """What orders numbers: NaN, the value, the kind."""
    v = decimal.Decimal(v.decode() if isinstance(v, bytes) else v)
    return v.is_nan(), decimal.Decimal(0) if v.is_nan() else v

def value_key(value):
    kind, v = value
    if kind in (2, 3, 4, 5, 6): return 2, *numeric(kind, v), kind
    if kind in (10, 11):
        space, _, name = v.partition(b"/") if len(v) > 1 else (b"", b"", v)
        return (kind, space, name) if name else (kind, b"", space)
    return (kind, tuple(map(value_key, v))) if kind == 13 else (kind, v) if v is not None else (kind,)

KEYS = (lambda d: (d[0], d[1], value_key(d[2]), d[3], d[4]), lambda d: (d[1], d[0], value_key(d[2]), d[3], d[4]),
        lambda d: (d[1], value_key(d[2]), d[0], d[3], d[4]))

def datoms_below(log, address, order, level=None):
    """The datoms of a node and of all below it, by their key."""
    r = checked(log.at(address), "a node")
    form, its_order, its_level, count = r.byte(), r.byte(), r.byte(), r.varint()
    need(form <= 3, "a node is of a newer format")
    need(its_order == order and level in (None, its_level), "a node is not what its parent names")
    rows_of = r.rows_of_format_1 if form == 1 else r.rows
    if its_level == 0:
        rows = rows_of(count)
        need(not r, "something follows a leaf's rows")
        return {KEYS[order](d): d for d in rows}
    size = r.byte()
    if form == 1: numbers, children = zip(*((r.varint(), r.take(size)) for _ in range(count)))
    else: numbers, children = r.integers(count), r.addresses(count, size)
    rows_of(count - 1)
    lengths, operations = r.integers(count) if form == 3 else [0] * count, []
    for done in range(0, sum(lengths), 128):
        rows = r.rows(min(128, sum(lengths) - done))
        operations += zip(rows, r.bits(len(rows), 2))
    need(not r, "something follows a node")
    found = {}
    for i, child in enumerate(children):
        below = datoms_below(log, child, order, its_level - 1)
        run, operations = operations[:lengths[i]], operations[lengths[i]:]
        for datom, what in run:
            key = KEYS[order](datom)
            need((key in below) == (what != 1), "an operation changes nothing")
            if what == 0: del below[key]
            else: below[key] = datom
        need(len(below) == numbers[i], "a child has not as many datoms as its parent says")
        found |= dict(sorted(below.items()))
    need(list(found) == sorted(found), "datoms are out of order")
    return found

class Database:
    """What a root says: its state, and what the transactions of its tail made of it."""
    def __init__(self, log, branch):
        need(branch in log.roots, "there is no such branch")
        state, tail = log.roots[branch]
        r = checked(log.content(state), "the root")
        need(r.take(8) == b"cairn.db", "the root is no database's")
        form = r.byte()
        need(form <= 2, "the root is of a newer format")
        r.take(16 * r.varint())
        if form > 1:
            for _ in range(r.varint()): r.take(16 + 16)
            r.svarint()
        r.text()
        self.keeps_history = r.byte() & 1
        r.varint(), r.varint(), r.svarint()
        self.schema(r)
        self.current, self.temporal = ([self.index(log, r, order) for order in range(3)] for _ in range(2))
        need(not r, "something follows the root")
        for frame in tail:
            r = checked(log.content(frame), "a frame of the tail")
            while r:
                r.take(16)
                self.transaction(r)

    def index(self, log, r, order):
        count = r.varint()
        found = datoms_below(log, r.take(16), order) if count else {}
        need(len(found) == count, "an index has not as many datoms as the root says")
        return found

    def schema(self, r):
        self.names, self.described, self.forgets = dict(enumerate(BUILT_IN, 1)), {}, set()
        for number in range(64, 64 + r.varint()):
            self.names[number] = r.text().decode()
            self.described[r.svarint()] = number
            r.byte(), r.byte()
            if r.byte() & 8: self.forgets.add(number)
            r.text()
            for _ in range(r.varint()): r.text()
            r.byte()
            r.take(r.varint())
        for _ in range(r.varint()): r.svarint(), r.text()

    def transaction(self, r):
        need(r.byte() == 1, "the tail has an unknown kind of entry")
        number = r.varint() + FIRST_TX
        r.svarint(), r.varint()
        for _ in range(r.varint()):
            attribute = r.varint()
            self.names[attribute] = r.text().decode()
        entity, of_schema = 0, set()
        for _ in range(r.varint()):
            entity = signed(entity + r.svarint())
            attribute = r.varint()
            self.apply((entity, attribute >> 1, r.value(), number, bool(attribute & 1)))
            if attribute >> 1 < 64: of_schema.add(entity)
        for entity in of_schema: self.describe({d[1]: d[2][1] for d in self.current[0].values() if d[0] == entity}, entity)

    def describe(self, facts, entity):
        ident = facts[1].decode() if 1 in facts else None
        number = self.described.get(entity) or next((n for n, name in self.names.items() if name == ident), 0)
        if number < 64: return
        if ident: self.names[number], self.described[entity] = ident, number
        else: self.described.pop(entity, None)
        (self.forgets.add if facts.get(7) else self.forgets.discard)(number)

    def apply(self, datom):
        e, a, v, _, added = datom
        eavt = self.current[0]
        if added: eavt[KEYS[0](datom)] = datom
        else:
            old = next(k for k in eavt if k[:3] == (e, a, value_key(v)))
            if self.keeps_history and a not in self.forgets:
                for d in (eavt[old], datom): self.temporal[0][KEYS[0](d)] = d
            del eavt[old]

    def lines(self, history):
        found = self.current[0] | self.temporal[0] if history else self.current[0]
        return (f"[{e} :{self.names[a]} {edn(v)} {t} {str(x).lower()}]" for _, (e, a, v, t, x) in sorted(found.items()))

def edn(value):
    kind, v = value
    if kind == 0: return "nil"
    if kind == 1: return "true" if v else "false"
    if kind == 2: return str(v)
    if kind in (3, 4):
        if v != v: return "##NaN"
        if abs(v) == float("inf"): return "##Inf" if v > 0 else "##-Inf"
        text = repr(v if kind == 4 else next(f for p in range(1, 10) if struct.pack("<f", f := float(f"{v:.{p}g}")) == struct.pack("<f", v)))
        digits, e, exponent = text.partition("e")
        return (digits if "." in digits else digits + ".0") + e + exponent
    if kind in (5, 6): return v.decode() + "NM"[kind - 5]
    if kind == 7:
        when = datetime.datetime(1970, 1, 1) + datetime.timedelta(milliseconds=v)
        return f'#inst "{when.isoformat(timespec="milliseconds")}Z"'
    if kind == 8: return f'#uuid "{uuid.UUID(bytes=v)}"'
    if kind == 9: return '"' + "".join({'"': '\\"', "\\": "\\\\", "\n": "\\n", "\t": "\\t", "\r": "\\r"}.get(c, c) for c in v.decode()) + '"'
    if kind == 12: return f'#bytes "{base64.b64encode(v).decode()}"'
    if kind == 13: return "[" + " ".join(map(edn, v)) + "]"
    return ":" * (kind == 10) + v.decode()

if __name__ == "__main__":
    need(len(sys.argv) in (2, 3, 4), "usage: read_store.py DIRECTORY [history|current] [BRANCH]")
    database = Database(Log(sys.argv[1]), (sys.argv[3] if len(sys.argv) > 3 else "db").encode())
    for line in database.lines(sys.argv[2:3] != ["current"]): print(line)
