"""store/FORMAT.md, byte by byte: a store that a server wrote, read by nothing but what that file says.

Through liblmdb and libxxhash only; each key and value has to come out whole, each checksum, sum and
count has to hold, and the tables there are those that the file has.
"""

import collections
import ctypes
import ctypes.util
import pathlib
import re
import struct
import unittest

from harness import PUBLIC, Server

ROOT = pathlib.Path(__file__).resolve().parents[2]
XXH = ctypes.CDLL("libxxhash.so.0")
LMDB = ctypes.CDLL("liblmdb.so.0")
NOSUBDIR, RDONLY, NOLOCK, NEXT, NOT_FOUND = 0x4000, 0x20000, 0x400000, 8, -30798
FIRST_TERM = 65536


class Value(ctypes.Structure):
    _fields_ = [("size", ctypes.c_size_t), ("data", ctypes.c_void_p)]


class Hash128(ctypes.Structure):
    _fields_ = [("low", ctypes.c_uint64), ("high", ctypes.c_uint64)]


XXH.XXH3_64bits_withSeed.restype = ctypes.c_uint64
XXH.XXH3_64bits_withSeed.argtypes = [ctypes.c_char_p, ctypes.c_size_t, ctypes.c_uint64]
XXH.XXH3_128bits.restype = Hash128
XXH.XXH3_128bits.argtypes = [ctypes.c_char_p, ctypes.c_size_t]


def hash64(data, seed=0):
    return XXH.XXH3_64bits_withSeed(data, len(data), seed)


def row_hash(key, value):
    return hash64(value, hash64(key))


def hash128(data):
    found = XXH.XXH3_128bits(data, len(data))
    return struct.pack(">QQ", found.high, found.low)


class Bytes:
    """Takes a key or value apart; whatever is not as the file says is an AssertionError."""

    def __init__(self, data):
        self.data = data

    def take(self, count):
        assert count <= len(self.data), "ends too early"
        taken, self.data = self.data[:count], self.data[count:]
        return taken

    def number(self, count):
        return int.from_bytes(self.take(count), "big")

    def id(self):
        """(class, payload)"""
        head = self.number(1)
        payload = self.take(head & 15)
        assert head & 15 <= 8 and not payload.startswith(b"\0"), "an id with leading zeros"
        return head >> 4, int.from_bytes(payload, "big")

    def text(self):
        return self.take(self.number(4)).decode()

    def end(self):
        assert self.data == b"", f"{self.data!r} is left"


def unsealed(key, value):
    plain, seal = value[:-8], value[-8:]
    assert int.from_bytes(seal, "big") == row_hash(key, plain), "checksum"
    return Bytes(plain)


def id_bytes(term):
    kind, payload = term
    data = payload.to_bytes((payload.bit_length() + 7) // 8, "big")
    return bytes([kind << 4 | len(data)]) + data


def text_bytes(text):
    return struct.pack(">I", len(text.encode())) + text.encode()


def read_all(file):
    """{database: [(key, value)]}"""
    env, txn = ctypes.c_void_p(), ctypes.c_void_p()
    assert LMDB.mdb_env_create(ctypes.byref(env)) == 0
    LMDB.mdb_env_set_maxdbs(env, 64)
    LMDB.mdb_env_set_mapsize(env, ctypes.c_size_t(1 << 30))
    assert LMDB.mdb_env_open(env, str(file).encode(), NOSUBDIR | RDONLY | NOLOCK, 0o600) == 0
    assert LMDB.mdb_txn_begin(env, None, RDONLY, ctypes.byref(txn)) == 0

    def rows(name):
        dbi, cursor = ctypes.c_uint(), ctypes.c_void_p()
        assert LMDB.mdb_dbi_open(txn, name, 0, ctypes.byref(dbi)) == 0
        assert LMDB.mdb_cursor_open(txn, dbi, ctypes.byref(cursor)) == 0
        key, value, found = Value(), Value(), []
        while (code := LMDB.mdb_cursor_get(cursor, ctypes.byref(key), ctypes.byref(value), NEXT)) == 0:
            found.append((ctypes.string_at(key.data, key.size),
                          ctypes.string_at(value.data, value.size)))
        assert code == NOT_FOUND
        LMDB.mdb_cursor_close(cursor)
        return found

    databases = {name.decode(): rows(name) for name, _ in rows(None)}
    LMDB.mdb_txn_abort(txn)
    LMDB.mdb_env_close(env)
    return databases


class Format(unittest.TestCase):
    @classmethod
    def setUpClass(cls):
        server = Server()
        cls.addClassCleanup(server.close)
        alice, bob = server.account("alice"), server.account("bob")
        server.start()
        for number in range(8):
            alice.post({"type": "Note", "content": f"note {number}", "contentMap": {"en": "x"},
                        "to": [PUBLIC] if number % 2 else [bob.actor], "sensitive": True,
                        "startTime": "2026-11-24T00:26:01.5Z", "x:n": number})
        # To nobody who is there: it stays in the queue.
        alice.post({"type": "Note", "content": "away", "to": ["http://127.0.0.1:1/nobody"]})
        for account in (alice, bob):
            server.get(account.actor)
            account.get(account.outbox)
        server.stop()
        nquads = server.folder / "more.nq"
        nquads.write_text('<http://e.example/s> <http://e.example/p> "chat"@fr <http://e.example/g> .\n'
                          '<http://e.example/s> <http://e.example/p> "1.5"^^<http://e.example/t> _:g .\n'
                          '<http://e.example/s> <http://e.example/p> "2.50"^^'
                          '<http://www.w3.org/2001/XMLSchema#decimal> <http://e.example/g> .\n')
        server.cli("import", str(nquads))
        cls.stats = server.cli_json("stats")
        cls.data = read_all(server.data / "quads.mdb")

    def rows(self, name):
        found = self.data[name]
        self.assertTrue(found, f"nothing in {name} to look at")
        return found

    def counters(self):
        key = b"counters"
        at = unsealed(key, dict(self.data["meta"])[key])
        names = ["commits", *(f"next{kind}" for kind in range(5)), "audience", "queue", "version",
                 "terms", "term_sum", "quads", "quad_sum", "ordinal_sum"]
        found = {name: at.number(8) for name in names}
        at.end()
        return found

    def words(self):
        """How many rows of terms.def the file knows."""
        key = b"format"
        at = unsealed(key, dict(self.data["meta"])[key])
        self.assertEqual(at.take(7), b"quadpub")
        self.assertEqual(at.number(4), 1)
        self.assertIn(at.take(1), b"lb")
        self.assertEqual(at.number(4), 4096)
        rows = at.number(4)
        at.end()
        return rows

    def terms(self):
        found = {}
        for key, value in self.rows("terms"):
            at, row = Bytes(key), Bytes(value)
            term = at.id()
            at.end()
            kind = term[0]
            self.assertGreaterEqual(term[1], FIRST_TERM)
            if kind in (0, 2):
                found[term] = bytes([kind]) + value
            elif kind == 3:
                language = row.take(row.number(1)).decode()
                found[term] = bytes([kind]) + text_bytes(language) + row.data
            else:
                self.assertEqual(kind, 4)
                found[term] = (row.id(), row.data)
        # The datatype is hashed by its IRI; of a word that is not in `terms`.
        for term, hashed in list(found.items()):
            if isinstance(hashed, tuple):
                datatype, text = hashed
                iri = found[datatype][1:].decode() if datatype in found else None
                found[term] = iri and bytes([4]) + text_bytes(iri) + text
        return found

    def check_known(self, *ids):
        terms, words = self.known, self.known_words
        for kind, payload in ids:
            if kind == 0 and payload < FIRST_TERM:
                self.assertTrue(0 < payload <= words)
            elif kind in (0, 2, 3, 4):
                self.assertIn((kind, payload), terms)
            elif kind == 1:
                self.assertTrue(FIRST_TERM <= payload < self.counted["next1"])
            else:
                self.assertIn(kind, (5, 6, 7, 8))

    def setUp(self):
        self.known, self.known_words, self.counted = self.terms(), self.words(), self.counters()

    def test_the_tables_of_the_text_are_those_of_the_file(self):
        text = (ROOT / "store/FORMAT.md").read_text()
        rows = text.split("| database | key | value |")[1].split("\n\n")[0]
        named = set(re.findall(r"^\| ([a-z_]+) \|", rows, re.M))
        self.assertEqual(named, set(self.data))

    def test_meta_counts_what_is_there(self):
        self.assertEqual(set(dict(self.rows("meta"))), {b"format", b"counters"})
        self.assertEqual(self.counted["quads"], self.stats["quads"])
        self.assertEqual(self.counted["terms"], len(self.rows("terms")))
        total = sum(row_hash(key, value) for key, value in self.rows("terms"))
        self.assertEqual(self.counted["term_sum"], total % 2**64)

    def test_terms_are_found_by_their_hashes(self):
        by_hash = {key: value for key, value in self.rows("term_ids")}
        self.assertEqual(len(by_hash), len(self.known))
        hashed = 0
        for term, text in self.known.items():
            if text is not None:
                self.assertEqual(by_hash[hash128(text)], id_bytes(term))
                hashed += 1
        self.assertGreater(hashed, 20)

    def test_the_four_indexes_have_the_same_quads(self):
        sums = collections.Counter()
        for name in ("gspo", "spog", "posg", "ospg"):
            for key, value in self.rows(name):
                at, ordinal, quad = Bytes(key), 0, {}
                for place in name:
                    if name == "gspo" and place == "o":
                        kind, ordinal = at.id()
                        self.assertEqual(kind, 0)
                    quad[place] = at.id()
                at.end()
                if name == "spog" and value:
                    ordinal = Bytes(value).number(4)
                    self.assertNotEqual(ordinal, 0)
                    self.assertEqual(len(value), 4)
                elif name != "spog":
                    self.assertEqual(value, b"")
                self.check_known(*quad.values())
                native = struct.pack("=4Q", *(quad[p][0] << 60 | quad[p][1] for p in "gspo"))
                sums[name] += hash64(native)
                sums[name + " ordinals"] += hash64(native, ordinal)
            self.assertEqual(len(self.rows(name)), self.counted["quads"])
            self.assertEqual(sums[name] % 2**64, self.counted["quad_sum"], name)
        for name in ("gspo ordinals", "spog ordinals"):
            self.assertEqual(sums[name] % 2**64, self.counted["ordinal_sum"], name)

    def test_graphs_statistics_and_documents(self):
        quads = 0
        for key, value in self.rows("graphs"):
            graph, at = Bytes(key), unsealed(key, value)
            self.check_known(graph.id())
            graph.end()
            at.id()
            at.number(4)
            self.assertIn(at.number(1), (0, 1, 2))
            self.assertLessEqual(at.number(8), self.counted["version"])
            quads += at.number(8)
            at.end()
        self.assertEqual(quads, self.counted["quads"])
        used = 0
        for key, value in self.rows("statistics"):
            which, at = Bytes(key), unsealed(key, value)
            is_class = which.number(1)
            self.check_known(which.id())
            which.end()
            numbers = [at.number(8) for _ in range(3)]
            at.end()
            self.assertNotEqual(numbers[0], 0)
            used += 0 if is_class else numbers[0]
        self.assertEqual(used, self.counted["quads"])
        for key, value in self.rows("documents"):
            at = unsealed(key, value)
            self.assertEqual(id_bytes(at.id()), key)
            at.text()
            self.assertEqual(len(at.take(32)), 32)
            for _ in range(4):
                at.text()
            at.number(8)
            at.id()
            for _ in range(at.number(4)):
                self.check_known(at.id())
            at.id()
            at.text()
            at.end()
        for key, value in self.rows("document_bytes"):
            self.assertIn(key, dict(self.rows("documents")))
            self.assertTrue(unsealed(key, value).data.startswith(b"\x28\xb5\x2f\xfd"))  # zstd

    def test_audiences_and_sequences(self):
        ids, members = dict(self.rows("audience_ids")), dict(self.rows("audience_members"))
        seen = 0
        for key, value in self.rows("audiences"):
            self.assertEqual(len(key), 4)
            at = unsealed(key, value)
            self.assertEqual(ids[hash128(at.data)], key)
            is_member = True
            while at.data:
                name = at.id()
                if name == (0, 0):
                    is_member = False
                    continue
                self.assertEqual(members[id_bytes(name) + key], b"" if is_member else b"-")
                seen += 1
        self.assertEqual(seen, len(members))
        by_audience, by_member = dict(self.rows("sequence_audience")), dict(self.rows("sequence_member"))
        counted, of_member = collections.Counter(), dict(self.rows("member_sequence"))
        for key, value in self.rows("sequence"):
            at, item = Bytes(key), Bytes(value)
            sequence, number = at.id(), at.take(8)
            audience, member = item.take(4), item.id()
            at.end()
            item.end()
            self.assertEqual(by_audience[id_bytes(sequence) + audience + number], id_bytes(member))
            self.assertEqual(by_member[id_bytes(sequence) + id_bytes(member)], number + audience)
            self.assertEqual(of_member[id_bytes(member) + id_bytes(sequence)], b"")
            counted[id_bytes(sequence) + audience] += 1
        self.assertEqual({key: int.from_bytes(value, "big") for key, value in
                          self.rows("sequence_count")}, dict(counted))
        for rows in (by_audience, by_member, of_member):
            self.assertEqual(len(rows), sum(counted.values()))

    def test_queue_rendered_and_tables(self):
        lanes, heads = dict(self.rows("queue_lane")), dict(self.rows("queue_head"))
        oldest = {}
        for key, value in self.rows("queue"):
            at = unsealed(key, value)
            due = at.number(8)
            at.number(4)
            lane = at.text().encode()
            at.text()
            self.assertEqual(lanes[struct.pack(">H", len(lane)) + lane + key], b"")
            oldest.setdefault(lane, struct.pack(">Q", due ^ 1 << 63) + key)
        self.assertEqual(set(oldest.values()), set(heads))
        for key, value in self.rows("rendered"):
            self.assertEqual(len(key), 17)
            at = unsealed(key, value)
            at.number(4)
            self.assertIn(at.number(2), (200, 410))
            self.assertEqual(hash128(at.text().encode()), key[:16])
            at.text()
            self.assertTrue(at.text().endswith('"'))
        for key, value in self.rows("tables"):
            self.assertGreater(key[0], 0)
            unsealed(key, value)


if __name__ == "__main__":
    unittest.main()
