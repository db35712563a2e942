"""Requests that nobody polite would send. The server refuses each, and goes on answering."""

import json
import random
import resource
import socket
import threading
import time
import unittest

import requests

from harness import AS2, AS2_TYPE, AcceptanceCase

# 1,000 connections and some room; the server raises its own limit, this is for the test.
_SOFT, _HARD = resource.getrlimit(resource.RLIMIT_NOFILE)
resource.setrlimit(resource.RLIMIT_NOFILE, (min(8192, _HARD), _HARD))


class HostileBodies(AcceptanceCase):
    @classmethod
    def set_up_data(cls):
        cls.alice = cls.server.account("alice")

    def setUp(self):
        self.before = self.alice.get(self.alice.outbox).json()["totalItems"]

    def tearDown(self):
        super().tearDown()
        after = self.alice.get(self.alice.outbox).json()["totalItems"]
        self.assertEqual(after, self.before, "a refused body left something behind")

    def refuse(self, body, *expected, content_type=AS2_TYPE):
        response = self.alice.post(body, content_type=content_type)
        self.assert_status(response, *(expected or (400,)))
        self.assertIn("error", response.json())

    def test_what_is_no_json_is_400(self):
        for body in (b"", b"{", b"nonsense", b'{"type": "Note"', b"{'type': 'Note'}",
                     b'{"type": "Note",}', b'{"type": "Note"} trailing', b'{"a": 01}',
                     b'{"a": NaN}', b'{"a": "\\u12"}', b'{"a": "\n"}', b"\x00",
                     b'{"type": "Note"}\x00', b'\xef\xbb\xbf{"type": "Note"}',
                     b'{"type": "Note", "a": 1e99999}'):
            with self.subTest(body=body[:40]):
                self.refuse(body)

    def test_a_number_of_a_million_digits_is_refused(self):
        self.refuse(b'{"a": ' + b"9" * 1_000_000 + b"}", 400, 413)

    def test_json_that_is_no_object_is_400(self):
        for body in (b"null", b"true", b"7", b'"text"', b"[]", b'[{"type": "Note"}]'):
            with self.subTest(body=body):
                self.refuse(body)

    def test_invalid_utf8_is_400(self):
        for bad in (b"\xff", b"\xc3", b"\xc0\xaf", b"\xed\xa0\x80", b"\xf5\x80\x80\x80"):
            with self.subTest(bad=bad):
                self.refuse(b'{"type": "Note", "content": "' + bad + b'"}')

    def test_a_lone_surrogate_is_400(self):
        self.refuse(b'{"type": "Note", "content": "\\ud800"}')

    def test_a_key_twice_is_400(self):
        self.refuse(b'{"type": "Note", "content": "a", "content": "b"}')
        self.refuse(b'{"type": "Note", "x": {"y": 1, "y": 2}}')

    def test_a_hundred_thousand_deep_is_4xx(self):
        deep = 100_000
        for body in (b"[" * deep + b"]" * deep, b'{"a":' * deep + b"1" + b"}" * deep,
                     b'{"type":"Note","x":' + b"[" * deep + b"]" * deep + b"}", b"[" * deep):
            self.refuse(body, 400, 413)

    def test_more_than_a_mebibyte_is_413(self):
        self.refuse(b'{"type":"Note","content":"' + b"x" * (1024 * 1024) + b'"}', 413)

    def test_more_than_a_mebibyte_in_chunks_is_413(self):
        def chunks():
            for _ in range(32):
                yield b"x" * 65536
        try:
            response = requests.post(self.alice.outbox, data=chunks(), timeout=20,
                                     headers={**self.alice.headers, "Content-Type": AS2_TYPE})
            self.assert_status(response, 413)
        except requests.ConnectionError:
            pass  # answered and closed before all was sent: as good

    def test_too_many_members_are_4xx(self):
        self.refuse(json.dumps({"type": "Note", **{f"k{n}": n for n in range(25_000)}}), 400, 413)

    def test_other_content_types_are_415(self):
        body = json.dumps({"@context": AS2, "type": "Note", "content": "x"})
        for content_type in ("text/plain", "text/html", "application/xml", "image/png",
                             "application/x-www-form-urlencoded", "nonsense"):
            with self.subTest(content_type=content_type):
                self.refuse(body, 415, content_type=content_type)

    def test_context_tricks_are_4xx(self):
        for document in (
                {"@context": "http://127.0.0.1:1/context", "@graph": []},
                {"@context": AS2, "type": "Note", "@included": [{"type": "Note"}]},
                {"@context": AS2, "type": "Note", "@reverse": {"object": {"type": "Like"}}},
                {"@context": AS2, "type": "Note", "@graph": [{"type": "Note"}]}):
            with self.subTest(document=document):
                self.refuse(json.dumps(document), 400, 422)

    def test_too_many_contexts_are_413(self):
        for context in ([{}] * 40, {"x": {"@id": "http://x/", "@context": [{}] * 40}},
                        [{f"t{n}": "http://t/" for n in range(100)}]):
            with self.subTest(context=context):
                document = {"@context": [AS2, context] if isinstance(context, dict) else context,
                            "type": "Note", "x": 1}
                self.refuse(json.dumps(document), 413)

    def test_things_of_the_wrong_kind_are_400(self):
        for document in ({"type": 7}, {"type": {}}, {"type": "Create", "object": 7},
                         {"type": "Create", "object": []}, {"type": "Note", "id": []}):
            with self.subTest(document=document):
                self.refuse(json.dumps({"@context": AS2, **document}))

    def test_random_changes_to_a_good_body_never_give_5xx(self):
        chance = random.Random(20)
        good = json.dumps({"@context": AS2, "type": "Like", "object": "https://example.org/1",
                           "nested": {"a": [1, 2.5, None, True, "text"]}}).encode()
        for _ in range(200):
            body = bytearray(good)
            for _ in range(chance.randint(1, 4)):
                body[chance.randrange(len(body))] = chance.randrange(256)
            response = self.alice.post(bytes(body))
            self.assertLess(response.status_code, 500, bytes(body))
        # Some of them were good after all.
        self.before = self.alice.get(self.alice.outbox).json()["totalItems"]


class HostileFraming(AcceptanceCase):
    """RFC 9112, as spec/http.md A3 lists it."""

    @classmethod
    def set_up_data(cls):
        cls.alice = cls.server.account("alice")

    def raw(self, data, seconds=8):
        """Sends bytes as they are; returns all that comes back until the server closes or waits."""
        with socket.create_connection(("127.0.0.1", self.server.port), timeout=seconds) as link:
            try:
                link.sendall(data)
            except (BrokenPipeError, ConnectionResetError):
                pass
            link.settimeout(seconds)
            received = b""
            try:
                while piece := link.recv(65536):
                    received += piece
            except (socket.timeout, ConnectionResetError):
                pass
            return received

    def head(self, *lines, start="GET /healthz HTTP/1.1", host=True):
        named = [f"Host: localhost:{self.server.port}"] if host else []
        return ("\r\n".join([start, *named, *lines]) + "\r\n\r\n").encode("latin-1")

    def refused(self, data, *expected):
        """The answer has one of these statuses, and the connection is closed after it."""
        begun = time.monotonic()
        answer = self.raw(data)
        self.assertRegex(answer, rb"^HTTP/1\.1 \d{3} ", data[:200])
        self.assertIn(int(answer[9:12]), expected, data[:200])
        self.assertLess(time.monotonic() - begun, 6, "the connection was not closed")

    POST = "POST /inbox HTTP/1.1"

    def test_bodies_of_unclear_length_are_refused(self):
        body = b"5\r\nhello\r\n0\r\n\r\n"
        cases = {
            ("Content-Length: 5", "Transfer-Encoding: chunked"): (400,),
            ("Content-Length: 3", "Content-Length: 30"): (400,),
            ("Content-Length: +3",): (400,), ("Content-Length: 3abc",): (400,),
            ("Content-Length: -1",): (400,), ("Content-Length: 3, 4",): (400,),
            ("Content-Length: 100000000000000000000",): (400, 413),
            ("Content-Length: 2000000",): (413,),
            ("Transfer-Encoding : chunked",): (400,), ("Transfer-Encoding: xchunked",): (400, 501),
            ("Transfer-Encoding: chunked, identity",): (400, 501),
            ("Transfer-Encoding: gzip, chunked",): (400, 501), (): (411,)}
        for lines, expected in cases.items():
            with self.subTest(lines=lines):
                self.refused(self.head(*lines, start=self.POST) + body, *expected)

    def test_wrong_chunk_sizes_are_400(self):
        for body in (b"-2\r\nxx\r\n0\r\n\r\n", b"0x3\r\nabc\r\n0\r\n\r\n", b"zz\r\n",
                     b"fffffffffffffffff\r\n", b"3\r\nabcd\r\n0\r\n\r\n"):
            with self.subTest(body=body):
                self.refused(self.head("Transfer-Encoding: chunked", start=self.POST) + body,
                             400, 413)

    def test_wrong_heads_are_400(self):
        port = self.server.port
        cases = (
            self.head("X: a\0b"), self.head("X: a", " folded"), self.head("X : a"),
            self.head(": a"), self.head("no colon"), self.head(host=False),
            self.head(f"Host: localhost:{port}"), self.head(start="GET  /healthz HTTP/1.1"),
            self.head(start="GET /healthz"), self.head(start="GET /%00 HTTP/1.1"),
            self.head(start="GET /%zz HTTP/1.1"), self.head(start="GET /a b HTTP/1.1"),
            b"GET /healthz HTTP/1.1\nHost: localhost\n\n",
            b"\x16\x03\x01\x02\x00\x01\x00\x01\xfc\r\n\r\n")
        for data in cases:
            with self.subTest(data=data[:60]):
                self.refused(data, 400)

    def test_heads_that_are_too_large_are_431_or_414(self):
        self.refused(self.head("X: " + "a" * 100_000), 431)
        self.refused(self.head(*[f"X{n}: a" for n in range(300)]), 431)
        self.refused(self.head(start=f"GET /{'a' * 9000} HTTP/1.1"), 414, 431)

    def test_an_unknown_expectation_is_417(self):
        self.refused(self.head("Expect: 200-ok", "Content-Length: 2", start=self.POST) + b"{}", 417)

    def test_a_known_expectation_is_answered_first(self):
        head = self.head("Expect: 100-continue", "Content-Length: 2",
                         "Content-Type: application/activity+json",
                         "Connection: close", start=self.POST)
        # RFC 9110 10.1.1: it may be left out where the body has come already.
        with socket.create_connection(("127.0.0.1", self.server.port), timeout=8) as link:
            link.sendall(head)
            self.assertTrue(link.recv(4096).startswith(b"HTTP/1.1 100 "))
            link.sendall(b"{}")
            self.assertTrue(link.recv(4096).startswith(b"HTTP/1.1 401 "))

    def test_an_unsupported_version_is_refused(self):
        self.refused(self.head(start="GET /healthz HTTP/3.0"), 400, 505)

    def test_an_absolute_target_is_served(self):
        answer = self.raw(self.head("Connection: close",
                                    start=f"GET {self.server.url}/healthz HTTP/1.1"))
        self.assertTrue(answer.startswith(b"HTTP/1.1 200 "), answer[:200])

    def test_pipelined_requests_are_answered_in_their_order(self):
        port = self.server.port
        paths = [f"/.well-known/webfinger?resource=acct:alice@localhost:{port}", "/healthz",
                 "/nowhere-at-all", "/.well-known/host-meta", "/healthz"]
        data = b"".join(self.head(start=f"GET {path} HTTP/1.1") for path in paths[:-1])
        data += self.head("Connection: close", start=f"GET {paths[-1]} HTTP/1.1")
        answer = self.raw(data)
        self.assertEqual(answer.count(b"HTTP/1.1 "), 5, answer)
        order = [answer.index(part) for part in (b"jrd+json", b"HTTP/1.1 404 ", b"xrd+xml")]
        self.assertEqual(order, sorted(order))

    def test_a_chunked_body_is_read(self):
        answer = self.raw(self.head("Transfer-Encoding: chunked", "Connection: close",
                                    "Content-Type: application/activity+json", start=self.POST)
                          + b"1\r\n{\r\n1;ext=1\r\n}\r\n0\r\n\r\n")
        self.assertTrue(answer.startswith(b"HTTP/1.1 401 "), answer[:200])

    def test_paths_that_climb_reach_nothing(self):
        for path in ("/../etc/passwd", "/actors/../../etc/passwd", "/%2e%2e/etc/passwd",
                     "/..%2fetc/passwd", "/..\\etc"):
            answer = self.raw(self.head("Connection: close", start=f"GET {path} HTTP/1.1"))
            self.assertIn(int(answer[9:12]), (400, 404), path)
            self.assertNotIn(b"root:", answer)

    def test_a_host_that_is_not_served_gets_nothing_of_ours(self):
        path = self.alice.actor.removeprefix(self.server.url)
        answer = self.raw(f"GET {path} HTTP/1.1\r\nHost: evil.example\r\n"
                          f"Accept: {AS2_TYPE}\r\nConnection: close\r\n\r\n".encode())
        self.assertIn(int(answer[9:12]), (400, 404, 421))


class HostileConnections(AcceptanceCase):
    SILENT, SLOW_HEADS, SLOW_BODIES, GETS = 1000, 40, 40, 100

    @classmethod
    def set_up_data(cls):
        cls.alice = cls.server.account("alice")

    def connect(self):
        return socket.create_connection(("127.0.0.1", self.server.port), timeout=10)

    def drip(self, links, stop):
        """One byte a second on each of them."""
        while not stop.wait(1):
            for link in links:
                try:
                    link.send(b"x")
                except OSError:
                    pass  # the server gave up on it: its right

    def test_silent_and_slow_connections_do_not_stop_a_live_get(self):
        actor = self.alice.document["id"]
        links, stop = [], threading.Event()
        try:
            links += [self.connect() for _ in range(self.SILENT)]
            slow = [self.connect() for _ in range(self.SLOW_HEADS + self.SLOW_BODIES)]
            links += slow
            head = f"POST /inbox HTTP/1.1\r\nHost: localhost:{self.server.port}\r\n".encode()
            for link in slow[:self.SLOW_HEADS]:
                link.sendall(head + b"X-Slow: ")
            for link in slow[self.SLOW_HEADS:]:
                link.sendall(head + b"Content-Type: application/activity+json\r\n"
                                    b"Content-Length: 10000\r\n\r\n{")
            threading.Thread(target=self.drip, args=(slow, stop), daemon=True).start()
            times = []
            for _ in range(self.GETS):
                begun = time.monotonic()
                self.assert_status(self.server.get(actor), 200)
                times.append(time.monotonic() - begun)
                time.sleep(0.02)
            location = self.alice.submit({"@context": AS2, "type": "Note", "content": "live"})
            self.assert_status(self.alice.get(location), 200)
        finally:
            stop.set()
            for link in links:
                link.close()
        # bench/connections measures; here only that nobody waits for the others, on any machine.
        self.assertLess(max(times), 5)

    def test_health_and_reads_are_answered_while_all_workers_are_busy(self):
        stop, answers = threading.Event(), []

        def flood(_):
            session = requests.Session()
            while not stop.is_set():
                body = json.dumps({"@context": AS2, "type": "Note", "content": "x" * 20_000})
                answers.append(session.post(self.alice.outbox, data=body, timeout=60, headers={
                    **self.alice.headers, "Content-Type": AS2_TYPE}).status_code)

        actor = self.alice.document["id"]
        threads = [threading.Thread(target=flood, args=(n,)) for n in range(24)]
        for thread in threads:
            thread.start()
        try:
            for _ in range(40):
                begun = time.monotonic()
                self.assert_status(self.server.get("/healthz"), 200)
                self.assert_status(self.server.get(actor), 200)
                self.assertLess(time.monotonic() - begun, 5)
                time.sleep(0.05)
        finally:
            stop.set()
            for thread in threads:
                thread.join()
        self.assertLessEqual(set(answers), {201, 429, 503})
        self.assertIn(201, answers)

    def test_a_slow_head_is_given_up_on(self):
        with self.connect() as link:
            link.sendall(b"GET /healthz HTTP/1.1\r\n")
            link.settimeout(20)
            begun = time.monotonic()
            answer = link.recv(4096)
            self.assertTrue(answer == b"" or answer.startswith(b"HTTP/1.1 408 "), answer)
            self.assertLess(time.monotonic() - begun, 15)


if __name__ == "__main__":
    unittest.main()
