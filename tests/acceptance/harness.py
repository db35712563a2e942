"""Starts quadpub servers on loopback and speaks to them the way a stranger would.

Every test here is a black-box test: the binary comes from $QUADPUB_BINARY, data folders are
temporary, ports are free ones, and nothing is read from a data folder but what a test names.
"""

import contextlib
import json
import os
import pathlib
import random
import shutil
import signal
import socket
import subprocess
import sys
import tempfile
import threading
import time
import unittest

import requests

from edge import Nginx, shared_certificate

if os.environ.get("QUADPUB_EDGE") == "nginx" and not Nginx.is_there():
    print("SKIPPED: nginx is not there (tools/setup --test)")
    sys.exit(77)

SOURCE = pathlib.Path(__file__).resolve().parents[2]
NPM = SOURCE / "tests/npm"
NODE = next(iter(NPM.glob("node_modules/node-linux-*/bin/node")), None)  # Debian's is too old
PUBLIC = "https://www.w3.org/ns/activitystreams#Public"
AS2 = "https://www.w3.org/ns/activitystreams"
AS2_TYPE = "application/activity+json"
LD_TYPE = 'application/ld+json; profile="https://www.w3.org/ns/activitystreams"'
PASSWORD = "correct horse battery staple"
START_SECONDS = 20


def main_with(package):
    """unittest.main(), or exit code 77 where Node or that package of tests/npm is missing."""
    if NODE is None or not (NPM / "node_modules" / package).is_dir():
        print(f"SKIPPED: no Node 22 with {package} in tests/npm (tools/setup --test)")
        sys.exit(77)
    unittest.main()


def binary():
    """The quadpub binary under test."""
    path = os.environ.get("QUADPUB_BINARY", str(SOURCE / "build/release/quadpub"))
    if not os.access(path, os.X_OK):
        raise FileNotFoundError(f"no quadpub binary at {path}; set QUADPUB_BINARY")
    return path


def shared_file(name):
    """A file of the specification folder beside the checkout, or None where there is none."""
    path = SOURCE.parent / "shared" / "spec" / name
    return path if path.exists() else None


def free_port():
    """Not one of those that connections go out from: any of these may be taken before it is bound."""
    while True:
        with socket.socket() as probe, contextlib.suppress(OSError):
            probe.bind(("127.0.0.1", random.randrange(10_000, 32_000)))
            return probe.getsockname()[1]


def wait_until(condition, what, seconds=20.0):
    """Polls `condition` until it returns something true, and returns that."""
    deadline = time.monotonic() + seconds
    while True:
        value = condition()
        if value:
            return value
        if time.monotonic() > deadline:
            raise AssertionError(f"after {seconds:g} s still not so: {what}")
        time.sleep(0.05)


def stays(condition, what, seconds=1.0):
    """Checks that `condition` holds and goes on holding for a while."""
    deadline = time.monotonic() + seconds
    while time.monotonic() < deadline:
        if not condition():
            raise AssertionError(f"did not stay so: {what}")
        time.sleep(0.1)


def id_of(value):
    """The id of something that may be embedded or only named."""
    return value.get("id") if isinstance(value, dict) else value


class Server:
    """One quadpub server with a data folder of its own. Not started until start().

    `edge` is how it is reached: "plain", "tls" (its own), or "nginx" (which speaks TLS for it).
    """

    def __init__(self, host="localhost", serve_args=(), config=None,
                 edge=os.environ.get("QUADPUB_EDGE", "plain")):
        self.binary = binary()
        self.folder = pathlib.Path(tempfile.mkdtemp(prefix="quadpub-test-"))
        self.data = self.folder / "data"
        self.host = host
        self.port = free_port()
        self.url = f"http://{host}:{self.port}"
        self.serve_args = list(serve_args)
        self.listen_port, self.proxy, self.certificate = self.port, None, None
        if edge != "plain":
            self.certificate = shared_certificate()
            self.url = f"https://{host}:{self.port}"
        if edge == "tls":
            self.serve_args += ["--tls-cert", str(self.certificate.cert),
                                "--tls-key", str(self.certificate.key)]
        if edge == "nginx":
            self.listen_port = free_port()
            self.serve_args += ["--trusted-proxy", "127.0.0.1"]
            self.proxy = Nginx(self.port, self.listen_port, self.certificate)
        self.config = None
        if config is not None:
            self.config = self.folder / "quadpub.toml"
            self.config.write_text(config, encoding="utf-8")
        self.process = None
        self.cli("init", "--url", self.url)

    # The command line

    def run(self, *args, stdin=None, env=None, timeout=120):
        """Runs a subcommand on this server's data folder and returns the finished process."""
        command = [self.binary, *map(str, args), "--data", str(self.data)]
        return subprocess.run(command, input=stdin, text=True, capture_output=True,
                              timeout=timeout, env={**os.environ, **(env or {})}, check=False)

    def cli(self, *args, stdin=None, timeout=120):
        """run(), and the command must succeed; returns what it printed."""
        done = self.run(*args, stdin=stdin, timeout=timeout)
        if done.returncode != 0:
            raise AssertionError(f"quadpub {' '.join(map(str, args))}: exit {done.returncode}\n"
                                 f"{done.stdout}{done.stderr}")
        return done.stdout

    def cli_json(self, *args, stdin=None):
        return json.loads(self.cli(*args, "--json", stdin=stdin))

    def add_user(self, name, password=PASSWORD):
        self.cli("user", "add", name, "--password", password)

    def add_client(self, name="Test Client"):
        return self.cli_json("client", "add", name, "--confidential", "--grant", "password")

    # The process

    @property
    def log_path(self):
        return self.folder / "serve.log"

    def log(self):
        return self.log_path.read_text(errors="replace") if self.log_path.exists() else ""

    def start(self):
        command = [self.binary, "serve", "--data", str(self.data), "--url", self.url,
                   "--listen", f"127.0.0.1:{self.listen_port}", "--allow-private", "127.0.0.1",
                   "--delivery-retry-base", "200", *self.serve_args]
        if self.config:
            command += ["--config", str(self.config)]
        with open(self.log_path, "ab") as log:
            self.process = subprocess.Popen(command, stdout=log, stderr=log,
                                            stdin=subprocess.DEVNULL)
        deadline = time.monotonic() + START_SECONDS
        while not self._answers():
            if self.process.poll() is not None or time.monotonic() > deadline:
                raise AssertionError(f"quadpub serve did not come up:\n{self.log()[-4000:]}")
            time.sleep(0.02)
        return self

    def _answers(self):
        try:
            scheme = self.url.split(":")[0]
            return requests.get(f"{scheme}://127.0.0.1:{self.port}/readyz", timeout=2,
                                headers={"Host": f"{self.host}:{self.port}"}).status_code == 200
        except requests.RequestException:
            return False

    def alive(self):
        return self.process is not None and self.process.poll() is None

    def stop(self):
        """Stops the server the polite way; returns its exit status."""
        self.process.send_signal(signal.SIGTERM)
        try:
            return self.process.wait(timeout=30)
        finally:
            if self.process.poll() is None:
                self.process.kill()
                self.process.wait()

    def kill(self):
        """kill -9."""
        self.process.kill()
        self.process.wait()

    def restart(self):
        status = self.stop()
        if status != 0:
            raise AssertionError(f"serve ended with {status} on SIGTERM:\n{self.log()[-4000:]}")
        return self.start()

    def close(self):
        if self.alive():
            self.kill()
        if self.proxy:
            self.proxy.close()
        shutil.rmtree(self.folder, ignore_errors=True)

    # Requests that need no account

    def get(self, path, **options):
        options.setdefault("timeout", 20)
        options.setdefault("headers", {"Accept": AS2_TYPE})
        return requests.get(path if "://" in path else self.url + path, **options)

    def account(self, username):
        return Account(self, username)


class Account:
    """A user of `server` with one actor of the same name and a token for it."""

    def __init__(self, server, username):
        self.server = server
        self.username = username
        server.add_user(username)
        self.actor = server.cli_json("actor", "add", username, "--user", username)["actor"]
        self.token = self.new_token()
        self._document = None

    def new_token(self, scope="read write follow"):
        return self.server.cli_json("token", "add", "--user", self.username,
                                    "--scope", scope)["access_token"]

    @property
    def headers(self):
        return {"Authorization": f"Bearer {self.token}", "Accept": AS2_TYPE}

    @property
    def document(self):
        """The actor document, read once from the running server."""
        if self._document is None:
            response = self.server.get(self.actor)
            response.raise_for_status()
            self._document = response.json()
        return self._document

    @property
    def inbox(self):
        return self.document["inbox"]

    @property
    def outbox(self):
        return self.document["outbox"]

    def get(self, url, **options):
        return requests.get(url, headers=self.headers, timeout=20, **options)

    def post(self, body, url=None, content_type=AS2_TYPE, timeout=60):
        """POSTs to the outbox; `body` is text, bytes, or something to write as JSON."""
        if not isinstance(body, (str, bytes)):
            body = json.dumps(body, ensure_ascii=False)
        if isinstance(body, str):
            body = body.encode("utf-8")
        return requests.post(url or self.outbox, data=body, timeout=timeout,
                             headers={**self.headers, "Content-Type": content_type})

    def submit(self, activity):
        """post(), must be 201; returns the activity's id."""
        response = self.post(activity)
        if response.status_code != 201:
            raise AssertionError(f"outbox answered {response.status_code}: {response.text}")
        return response.headers["Location"]

    def create(self, thing, context=AS2, **addressing):
        """Submits a Create of `thing`; returns the ids of the activity and the object."""
        activity = self.submit({"@context": context, "type": "Create", "actor": self.actor,
                                "object": thing, **addressing})
        return activity, id_of(self.get(activity).json()["object"])

    def items(self, collection):
        """Every item of a collection, page after page, as this account sees it."""
        page = self.get(collection).json()
        found = list(page.get("orderedItems") or page.get("items") or [])
        following = id_of(page.get("first"))
        if isinstance(page.get("first"), dict) and "next" in page["first"]:
            first = page["first"]
            found += first.get("orderedItems") or first.get("items") or []
            following = first.get("next")
        while following:
            page = self.get(following).json()
            found += page.get("orderedItems") or page.get("items") or []
            following = id_of(page.get("next"))
        return found

    def ids(self, collection):
        return [id_of(item) for item in self.items(collection)]


class AcceptanceCase(unittest.TestCase):
    """A test with one running server; says what the server logged when a test fails."""

    longMessage = True
    server = None
    serve_args = ()

    @classmethod
    def setUpClass(cls):
        cls.server = Server(serve_args=cls.serve_args)
        cls.addClassCleanup(cls.server.close)
        cls.set_up_data()
        cls.server.start()

    @classmethod
    def set_up_data(cls):
        """What must be there before the server starts; for subclasses."""

    def tearDown(self):
        if self.server is not None:
            self.assertTrue(self.server.alive(),
                            f"the server is gone:\n{self.server.log()[-4000:]}")

    def assert_status(self, response, *expected):
        self.assertIn(response.status_code, expected,
                      f"{response.request.method} {response.url}: {response.text[:600]}")


def in_threads(count, work):
    """Runs work(number) in `count` threads; the first exception is raised here."""
    trouble = []

    def guarded(number):
        try:
            work(number)
        except BaseException as problem:  # pylint: disable=broad-except
            trouble.append(problem)

    threads = [threading.Thread(target=guarded, args=(n,)) for n in range(count)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    if trouble:
        raise trouble[0]
