"""The edge: TLS of the server's own, and what tools/deploy puts in front of it."""

import json
import pathlib
import re
import shutil
import signal
import socket
import ssl
import subprocess
import tempfile
import time
import unittest

import requests
from requests.adapters import HTTPAdapter

from edge import DEPLOY, Caddy, Certificate, Nginx, deployed
from harness import AS2, AS2_TYPE, AcceptanceCase, Server, binary, free_port, wait_until


def resident(pid):
    """KiB of memory that a process has."""
    status = pathlib.Path(f"/proc/{pid}/status").read_text(encoding="ascii")
    return int(re.search(r"VmRSS:\s+(\d+)", status).group(1))


class From(HTTPAdapter):
    """Requests that leave from another loopback address."""

    def __init__(self, address):
        self.address = address
        super().__init__()

    def init_poolmanager(self, *args, **kwargs):
        super().init_poolmanager(*args, source_address=(self.address, 0), **kwargs)


def session_from(address):
    session = requests.Session()
    session.mount("https://", From(address))
    session.mount("http://", From(address))
    return session


def peers_in_log(server, mark):
    """As whom the requests for `mark` came."""
    lines = [json.loads(line) for line in server.log().splitlines() if line.startswith("{")]
    return [line["peer"] for line in lines if mark in line.get("path", "")]


class NativeTls(unittest.TestCase):
    @classmethod
    def setUpClass(cls):
        cls.server = Server(edge="tls")
        cls.addClassCleanup(cls.server.close)
        cls.alice = cls.server.account("alice")
        cls.server.start()
        cls.certificate = cls.server.certificate

    def tearDown(self):
        self.assertTrue(self.server.alive(), self.server.log()[-4000:])

    def context(self, least=None, most=None):
        context = ssl.create_default_context(cafile=self.certificate.cert)
        if least:
            context.set_ciphers("ALL:@SECLEVEL=0")
            context.minimum_version = least
        if most:
            context.maximum_version = most
        return context

    def plain(self):
        return socket.create_connection(("127.0.0.1", self.server.port), timeout=20)

    def link(self, context=None, **options):
        return (context or self.context()).wrap_socket(self.plain(), server_hostname="localhost",
                                                       **options)

    def request(self, path="/healthz", *lines):
        named = [f"GET {path} HTTP/1.1", f"Host: localhost:{self.server.port}", *lines]
        return ("\r\n".join(named) + "\r\n\r\n").encode()

    def answer(self, link, path="/healthz", *lines):
        """The head and the body that come back, by Content-Length."""
        link.sendall(self.request(path, *lines))
        received = b""
        while b"\r\n\r\n" not in received:
            piece = link.recv(65536)
            self.assertNotEqual(piece, b"", received)
            received += piece
        head, _, body = received.partition(b"\r\n\r\n")
        length = int(re.search(rb"Content-Length: (\d+)", head).group(1))
        while len(body) < length:
            body += link.recv(65536)
        return head, body

    def alive(self):
        with self.link() as link:
            self.assertTrue(self.answer(link)[0].startswith(b"HTTP/1.1 200 "))

    def test_versions_1_2_and_1_3_are_spoken_and_no_older_ones(self):
        for version in (ssl.TLSVersion.TLSv1_2, ssl.TLSVersion.TLSv1_3):
            with self.link(self.context(version, version)) as link:
                self.assertTrue(self.answer(link)[0].startswith(b"HTTP/1.1 200 "))
        for version in (ssl.TLSVersion.TLSv1, ssl.TLSVersion.TLSv1_1):
            with self.assertRaises((ssl.SSLError, ConnectionError)):
                self.link(self.context(version, version)).close()
        self.alive()

    def test_the_whole_client_api_works_over_it(self):
        self.assertTrue(self.alice.actor.startswith("https://"))
        activity, note = self.alice.create({"type": "Note", "content": "x" * 200_000},
                                           to=["https://www.w3.org/ns/activitystreams#Public"])
        self.assertEqual(len(self.server.get(note).json()["content"]), 200_000)
        self.assertIn(activity, self.alice.ids(self.alice.outbox))

    def test_a_connection_is_kept_and_pipelined_requests_are_answered_in_order(self):
        with self.link() as link:
            for _ in range(5):
                self.assertTrue(self.answer(link)[0].startswith(b"HTTP/1.1 200 "))
            link.sendall(self.request() + self.request("/nowhere") +
                         self.request("/healthz", "Connection: close"))
            received = b""
            while piece := link.recv(65536):
                received += piece
            self.assertEqual(re.findall(rb"HTTP/1\.1 (\d+) ", received), [b"200", b"404", b"200"])

    def test_the_end_is_told_so_that_nothing_can_be_cut_off(self):
        with self.link(suppress_ragged_eofs=False) as link:
            self.answer(link, "/healthz", "Connection: close")
            self.assertEqual(link.recv(10), b"")

    def test_a_session_is_resumed(self):
        context = self.context(ssl.TLSVersion.TLSv1_2, ssl.TLSVersion.TLSv1_2)
        with self.link(context) as link:
            self.answer(link)
            session = link.session
        with self.link(context, session=session) as link:
            self.answer(link)
            self.assertTrue(link.session_reused)

    def test_only_http_1_1_is_negotiated(self):
        context = self.context()
        context.set_alpn_protocols(["h2", "http/1.1"])
        with self.link(context) as link:
            self.assertEqual(link.selected_alpn_protocol(), "http/1.1")
        context.set_alpn_protocols(["h2"])
        with self.assertRaises((ssl.SSLError, ConnectionError)):
            self.link(context).close()

    def test_a_new_certificate_is_taken_on_sighup_and_no_connection_dropped(self):
        with self.link() as old:
            before = self.answer(old)
            seen = old.getpeercert(binary_form=True)
            self.certificate.renew()
            self.server.process.send_signal(signal.SIGHUP)

            def is_new():
                with self.link() as link:
                    return link.getpeercert(binary_form=True) != seen
            wait_until(self.renewed(is_new), "the new certificate is served")
            self.assertEqual(self.answer(old)[1], before[1])

    @staticmethod
    def renewed(check):
        """Until the server has read it, its certificate is one that nobody trusts."""
        def attempt():
            try:
                return check()
            except ssl.SSLError:
                return False
        return attempt

    def test_files_that_are_no_good_leave_the_old_certificate(self):
        text = self.certificate.cert.read_bytes()
        try:
            self.certificate.cert.write_bytes(text[: len(text) // 2])
            self.server.process.send_signal(signal.SIGHUP)
            wait_until(lambda: "certificate_not_reloaded" in self.server.log(), "it is logged")
        finally:
            self.certificate.cert.write_bytes(text)
        self.alive()

    def test_what_is_no_handshake_is_dropped(self):
        hello = self.client_hello()
        for data in (b"GET / HTTP/1.1\r\nHost: localhost\r\n\r\n", b"\0" * 1000,
                     b"\x16\x03\x01\xff\xff" + b"x" * 70_000, b"\x80\x2e\x01\x00\x02",
                     hello[:5] + b"\xff" * (len(hello) - 5), hello + b"\x17\x03\x03\x00\x10" + b"x" * 16,
                     hello + hello, b"\x15\x03\x01\x00\x02\x02\x28"):
            with self.subTest(data=data[:20]), self.plain() as link:
                try:
                    link.sendall(data)
                    link.shutdown(socket.SHUT_WR)
                    link.settimeout(15)
                    while link.recv(65536):
                        pass
                except TimeoutError:
                    raise
                except OSError:
                    pass  # dropped already
        self.alive()

    def client_hello(self):
        incoming, outgoing = ssl.MemoryBIO(), ssl.MemoryBIO()
        client = self.context().wrap_bio(incoming, outgoing, server_hostname="localhost")
        with self.assertRaises(ssl.SSLWantReadError):
            client.do_handshake()
        return outgoing.read()

    def test_silent_and_half_done_handshakes_stop_nobody_and_are_given_up(self):
        hello = self.client_hello()
        links = [self.plain() for _ in range(300)]
        try:
            for number, link in enumerate(links):
                if number % 3 == 1:
                    link.sendall(hello[: len(hello) // 2])
                if number % 3 == 2:
                    link.sendall(hello)  # and never the second half of it
            begun = time.monotonic()
            for _ in range(20):
                self.alive()
            self.assertLess(time.monotonic() - begun, 10)
            for link in links[:3]:
                link.settimeout(20)
                try:
                    while link.recv(65536):
                        pass
                except ConnectionError:
                    pass
            self.assertLess(time.monotonic() - begun, 18, "10 s is their time")
        finally:
            for link in links:
                link.close()

    def test_an_idle_connection_takes_little_memory(self):
        links = []
        try:
            for _ in range(50):  # what is allocated once
                links.append(self.link())
                self.answer(links[-1])
            before = resident(self.server.process.pid)
            for _ in range(400):
                links.append(self.link())
                self.answer(links[-1])
            each = (resident(self.server.process.pid) - before) / 400
            self.assertLess(each, 24, "KiB a connection; bench/connections prints it")
        finally:
            for link in links:
                link.close()

    def test_a_renegotiation_is_refused(self):
        done = subprocess.run(
            ["openssl", "s_client", "-connect", f"127.0.0.1:{self.server.port}", "-tls1_2",
             "-CAfile", str(self.certificate.cert)], input="R\n", text=True, timeout=20,
            capture_output=True, check=False)
        self.assertIn("no renegotiation", done.stdout + done.stderr)
        self.alive()

    def test_it_stops_in_order_with_connections_open(self):
        server = Server(edge="tls")
        self.addCleanup(server.close)
        server.start()
        context = self.context()
        link = context.wrap_socket(socket.create_connection(("127.0.0.1", server.port)),
                                   server_hostname="localhost", suppress_ragged_eofs=False)
        with link:
            link.sendall(self.request())
            link.recv(65536)
            self.assertEqual(server.stop(), 0)
            self.assertEqual(link.recv(10), b"")


class TlsSettings(unittest.TestCase):
    def setUp(self):
        self.server = Server(edge="tls")
        self.addCleanup(self.server.close)

    def serve(self, *options):
        done = self.server.run("serve", "--listen", "127.0.0.1:0", *options, timeout=20)
        self.assertEqual(done.returncode, 1, done.stderr)
        self.assertEqual(len(done.stderr.strip().splitlines()), 1, done.stderr)
        return done.stderr

    def test_what_cannot_be_used_is_said_before_anything_listens(self):
        cert, key = self.server.certificate.cert, self.server.certificate.key
        other = Certificate(self.server.folder, "other")
        self.assertIn("both", self.serve("--tls-cert", cert))
        self.assertIn("both", self.serve("--tls-key", key))
        self.assertIn("/nowhere", self.serve("--tls-cert", "/nowhere", "--tls-key", key))
        self.assertIn("key", self.serve("--tls-cert", cert, "--tls-key", other.key))
        self.assertIn("key", self.serve("--tls-cert", cert, "--tls-key", cert))
        locked = self.server.folder / "locked.key"
        subprocess.run(["openssl", "rsa", "-aes256", "-passout", "pass:x", "-in", key, "-out",
                        locked], check=True, capture_output=True)
        self.assertIn("key", self.serve("--tls-cert", cert, "--tls-key", locked))

    def test_the_configuration_file_may_name_them(self):
        config = self.server.folder / "quadpub.toml"
        config.write_text(f'[tls]\ncert = "{self.server.certificate.cert}"\n'
                          f'key = "{self.server.certificate.key}"\n', encoding="utf-8")
        self.server.serve_args, self.server.config = [], config
        self.server.start()
        self.assertEqual(self.server.get("/healthz").status_code, 200)
        self.assertIn(f"listening on https://127.0.0.1:{self.server.port}", self.server.log())


class BehindProxy:
    """What holds behind any of the proxies; `proxy` is its class."""

    proxy = None

    @classmethod
    def setUpClass(cls):
        if not cls.proxy.is_there():
            raise unittest.SkipTest(f"{cls.proxy.__name__} is not there (tools/setup --test)")
        cls.server = Server(host="127.0.0.1", edge="tls")
        cls.addClassCleanup(cls.server.close)
        server = cls.server
        server.serve_args = ["--trusted-proxy", "127.0.0.1"]  # and plain text
        server.listen_port = free_port()
        cls.alice = server.account("alice")
        cls.plain_port = free_port()
        server.proxy = cls.proxy(server.port, server.listen_port, server.certificate,
                                 cls.plain_port)
        server.start()

    def tearDown(self):
        self.assertTrue(self.server.alive(), self.server.log()[-4000:])

    def test_what_a_client_does_works_through_it(self):
        activity, note = self.alice.create({"type": "Note", "content": "through a proxy"},
                                           to=["https://www.w3.org/ns/activitystreams#Public"])
        self.assertEqual(self.server.get(note).json()["content"], "through a proxy")
        self.assertIn(activity, self.alice.ids(self.alice.outbox))
        found = self.server.get("/.well-known/webfinger", headers={}, params={
            "resource": f"acct:alice@127.0.0.1:{self.server.port}"})
        self.assertEqual(found.status_code, 200, found.text)

    def test_http_2_to_the_proxy_works(self):
        done = subprocess.run(
            ["curl", "-sS", "--http2", "--cacert", str(self.server.certificate.cert), "-o",
             "/dev/null", "-w", "%{http_version} %{http_code}", "-H", f"Accept: {AS2_TYPE}",
             self.alice.actor], capture_output=True, text=True, timeout=30, check=False)
        self.assertEqual(done.stdout, "2 200", done.stderr)

    def seen_as(self, mark, url=None, address="127.0.0.2", **headers):
        path = f"/inbox/{mark}"
        session_from(address).post((url or self.server.url) + path, data=b"{}", timeout=20,
                                   headers={name.replace("_", "-"): value
                                            for name, value in headers.items()})
        return wait_until(lambda: peers_in_log(self.server, mark), "the request is logged")

    def test_the_client_is_known_by_its_own_address(self):
        self.assertEqual(self.seen_as("own"), ["127.0.0.2"])

    def test_what_a_client_says_about_itself_does_not_count(self):
        for number, value in enumerate(("6.6.6.6", "", "127.0.0.1", "6.6.6.6, 127.0.0.1", ",,,")):
            with self.subTest(value=value):
                self.assertEqual(self.seen_as(f"liar{number}", X_Forwarded_For=value),
                                 ["127.0.0.2"])

    def test_who_goes_round_the_proxy_is_not_believed(self):
        direct = f"http://127.0.0.1:{self.server.listen_port}"
        host = f"127.0.0.1:{self.server.port}"
        self.assertEqual(self.seen_as("round", direct, "127.0.0.3", Host=host,
                                      X_Forwarded_For="6.6.6.6"), ["127.0.0.3"])

    def test_a_header_that_names_nobody_is_the_proxys_and_harms_nothing(self):
        direct = f"http://127.0.0.1:{self.server.listen_port}"
        host = f"127.0.0.1:{self.server.port}"
        for number, value in enumerate(("", "nobody", ",", "[::1]", "9.9.9.9:1", "," * 7000)):
            with self.subTest(value=value[:20]):
                self.assertEqual(self.seen_as(f"odd{number}", direct, "127.0.0.1", Host=host,
                                              X_Forwarded_For=value), ["127.0.0.1"])
                # /metrics is for this machine alone; who cannot be named is not it.
                answer = requests.get(f"{direct}/metrics", timeout=20,
                                      headers={"X-Forwarded-For": value})
                self.assertEqual(answer.status_code, 404)


class BehindNginx(BehindProxy, unittest.TestCase):
    proxy = Nginx

    def test_plain_http_is_sent_to_https(self):
        answer = requests.get(f"http://127.0.0.1:{self.plain_port}/actors/x?y", timeout=20,
                              allow_redirects=False)
        self.assertEqual((answer.status_code, answer.headers["Location"]),
                         (308, "https://127.0.0.1/actors/x?y"))


class BehindCaddy(BehindProxy, unittest.TestCase):
    proxy = Caddy


class SystemdUnit(unittest.TestCase):
    """tools/deploy/quadpub.service, as far as systemd can tell without running it."""

    def setUp(self):
        if not shutil.which("systemd-analyze"):
            self.skipTest("systemd-analyze is not there")
        folder = pathlib.Path(tempfile.mkdtemp(prefix="quadpub-unit-"))
        self.addCleanup(shutil.rmtree, folder)
        self.unit = folder / "quadpub.service"
        self.unit.write_text(deployed("quadpub.service", [("/usr/local/bin/quadpub ",
                                                           f"{binary()} ")]), encoding="utf-8")

    def analyze(self, *arguments):
        done = subprocess.run(["systemd-analyze", *arguments, str(self.unit)], text=True,
                              capture_output=True, timeout=60, check=False)
        return done.returncode, done.stdout + done.stderr

    def test_it_is_valid(self):
        status, said = self.analyze("verify")
        self.assertEqual(status, 0, said)
        self.assertNotIn("Unknown", said)

    def test_it_gives_the_server_little_to_misuse(self):
        status, said = self.analyze("security", "--offline=true", "--threshold=25")
        self.assertEqual(status, 0, said[-400:])

    def test_its_command_is_one_that_quadpub_has(self):
        line = re.search(r"^ExecStart=\S+ (.*)$", (DEPLOY / "quadpub.service").read_text(), re.M)
        helped = subprocess.run([binary(), "serve", "--help"], capture_output=True, text=True,
                                check=True).stdout
        for flag in re.findall(r"--[a-z-]+", line.group(1)):
            if flag not in ("--data", "--config"):
                self.assertIn(flag, helped)


class Process(AcceptanceCase):
    """What serve does whatever it was started with."""

    def limits(self, server):
        text = pathlib.Path(f"/proc/{server.process.pid}/limits").read_text(encoding="ascii")
        return int(re.search(r"Max open files\s+(\d+)", text).group(1))

    def start_with(self, limit):
        server = Server()
        self.addCleanup(server.close)
        alice = server.account("alice")
        shell = server.folder / "quadpub"
        shell.write_text(f'#!/bin/sh\n{limit}\nexec {server.binary} "$@"\n', encoding="utf-8")
        shell.chmod(0o755)
        server.binary = str(shell)
        server.start()
        return server, alice

    def test_a_low_limit_of_descriptors_is_raised(self):
        server, _ = self.start_with("ulimit -S -n 256")
        self.assertGreaterEqual(self.limits(server), 8192)

    def test_a_small_stack_limit_does_not_reach_the_workers(self):
        for limit in ("ulimit -S -s 256", "ulimit -s unlimited"):
            server, alice = self.start_with(limit)
            nested = {"type": "Note", "content": "deep"}
            for _ in range(24):
                nested = {"type": "Note", "content": "x", "attachment": [nested]}
            self.assertEqual(alice.post({"@context": AS2, **nested}).status_code, 201)
            for depth in (60, 64, 65, 100_000):
                alice.post(b'{"type":"Note","x":' + b"[" * depth + b"]" * depth + b"}")
            self.assertTrue(server.alive(), server.log()[-2000:])

    def test_sighup_without_a_certificate_does_no_harm(self):
        self.server.process.send_signal(signal.SIGHUP)
        time.sleep(0.3)
        self.assertEqual(self.server.get("/healthz").status_code, 200)


if __name__ == "__main__":
    unittest.main()
