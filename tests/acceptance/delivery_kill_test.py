"""kill -9 while deliveries are queued: each arrives at least once, with the same id; none is lost.

QUADPUB_KILLS sets how often (3 unless told; tools/test --long asks for 500: here at most 50).
"""

import collections
import http.server
import json
import os
import threading
import time
import unittest

from harness import PUBLIC, Server, wait_until

KILLS = min(50, int(os.environ.get("QUADPUB_KILLS", "3")))
HOSTS = 20
FOLLOWERS = 200 if KILLS > 3 else 40
POSTS = 50 if KILLS > 3 else 20


class Sink:
    """Inboxes of one host: counts what arrives by inbox and id."""

    def __init__(self):
        self.arrived = collections.Counter()
        self.lock = threading.Lock()
        self.is_open = True
        sink = self

        class Handler(http.server.BaseHTTPRequestHandler):
            protocol_version = "HTTP/1.1"

            def do_POST(self):
                body = self.rfile.read(int(self.headers["Content-Length"]))
                if sink.is_open:
                    with sink.lock:
                        sink.arrived[(self.path, json.loads(body)["id"])] += 1
                    self.send_response(202)
                else:
                    self.send_response(503)
                    self.send_header("Retry-After", "1")
                self.send_header("Content-Length", "0")
                self.end_headers()

            def log_message(self, *_):
                pass

        self._http = http.server.ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        self._http.daemon_threads = True
        self._http.handle_error = lambda *_: None  # a killed client is what this is about
        self.url = f"http://127.0.0.1:{self._http.server_address[1]}"
        threading.Thread(target=self._http.serve_forever, daemon=True).start()

    def posts(self):
        with self.lock:
            return sum(self.arrived.values())

    def close(self):
        self._http.shutdown()
        self._http.server_close()


class KillWhileDelivering(unittest.TestCase):
    def test_each_delivery_arrives_at_least_once_and_none_is_lost(self):
        server = Server(host="127.0.0.1")
        self.addCleanup(server.close)
        alice = server.account("alice")
        sinks = [Sink() for _ in range(HOSTS)]
        for sink in sinks:
            self.addCleanup(sink.close)
        recipients = self.known_recipients(server, sinks)
        server.start()
        self.assertTrue(alice.outbox)
        for sink in sinks:
            sink.is_open = False
        wanted = set()
        for number in range(POSTS):
            activity, _ = alice.create({"type": "Note", "content": f"post {number}"},
                                       to=[PUBLIC], cc=recipients)
            wanted |= {(path, activity) for path in self.inbox_paths}
        self.assertEqual(self.queued(server), len(wanted))
        for sink in sinks:
            sink.is_open = True
        begin = time.monotonic()
        for kills in range(KILLS):
            wait_until(lambda before=self.arrived(sinks): self.arrived(sinks) > before,
                       "something is delivered between two kills")
            self.assertGreater(self.queued(server), 0, f"all was delivered after {kills} kills")
            server.kill()
            server.start()
        wait_until(lambda: not server.cli_json("queue", "list"), "the queue is empty", seconds=300)
        arrived = collections.Counter()
        for sink in sinks:
            arrived += sink.arrived
        self.assertEqual(wanted - set(arrived), set(), "deliveries were lost")
        self.assertEqual(set(arrived) - wanted, set(), "something else was delivered")
        twice = sum(count - 1 for count in arrived.values())
        print(f"{KILLS} kills, {len(wanted)} deliveries, all arrived, {twice} more than once, "
              f"{time.monotonic() - begin:.1f} s to empty the queue")
        self.assertLess(twice, 20 * KILLS)
        self.assertEqual(server.run("verify").returncode, 0)

    @staticmethod
    def queued(server):
        return server.cli_json("stats")["queued"]

    @staticmethod
    def arrived(sinks):
        return sum(sink.posts() for sink in sinks)

    def known_recipients(self, server, sinks):
        """Actors that the server knows: made known by a document of theirs that names an inbox."""
        recipients, self.inbox_paths = [], []
        for number in range(FOLLOWERS):
            sink = sinks[number % HOSTS]
            actor = f"{sink.url}/users/u{number}"
            recipients.append(actor)
            self.inbox_paths.append(f"/users/u{number}/inbox")
        self.serve_actors(sinks, recipients)
        return recipients

    def serve_actors(self, sinks, recipients):
        """Their documents, from the sinks themselves."""
        documents = {}
        for actor in recipients:
            path = actor.split("/", 3)[3]
            documents["/" + path] = json.dumps({
                "@context": "https://www.w3.org/ns/activitystreams", "id": actor,
                "type": "Person", "inbox": f"{actor}/inbox", "outbox": f"{actor}/outbox"}).encode()

        def do_get(handler):
            body = documents.get(handler.path, b"")
            handler.send_response(200 if body else 404)
            handler.send_header("Content-Type", "application/activity+json")
            handler.send_header("Content-Length", str(len(body)))
            handler.end_headers()
            handler.wfile.write(body)

        for sink in sinks:
            sink._http.RequestHandlerClass.do_GET = do_get  # pylint: disable=protected-access


if __name__ == "__main__":
    unittest.main()
