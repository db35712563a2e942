"""A remote server, small and obedient: it serves actor documents and remembers what it was sent."""

import http.server
import json
import threading
import uuid

import requests
from requests.structures import CaseInsensitiveDict

import sign
from harness import AS2, AS2_TYPE


class Delivery:
    """One POST that reached an inbox of the peer."""

    def __init__(self, path, url, headers, body):
        self.path, self.url, self.headers, self.body = path, url, headers, body
        self.activity = json.loads(body)


class Peer:
    """An HTTP server on 127.0.0.1 with actors of its own. close() it."""

    def __init__(self):
        self.documents = {}
        self.deliveries = []
        self.requests = []
        self.answer_inbox = 202
        self.gone = set()  # paths that answer 410
        self.accepts = {}  # path: the Accept that it was asked with last
        self.cache_control = {}  # path: how long its answer may be kept
        self._lock = threading.Lock()
        self._http = http.server.ThreadingHTTPServer(("127.0.0.1", 0), _handler(self))
        self._http.daemon_threads = True
        self.port = self._http.server_address[1]
        self.host = f"127.0.0.1:{self.port}"
        self.url = f"http://{self.host}"
        threading.Thread(target=self._http.serve_forever, daemon=True).start()

    def close(self):
        self._http.shutdown()
        self._http.server_close()

    def actor(self, name, key=None):
        return RemoteActor(self, name, key)

    def publish(self, path, document):
        """Makes `document` readable at `path`; gives it that id and returns it."""
        document = {"@context": AS2, "id": self.url + path, **document}
        self.documents[path] = document
        return document["id"]

    def received(self, kind=None):
        with self._lock:
            return [d for d in self.deliveries if kind is None or d.activity.get("type") == kind]

    def note(self, method, path, delivery=None):
        with self._lock:
            self.requests.append((method, path))
            if delivery is not None:
                self.deliveries.append(delivery)


def _handler(peer):
    class Handler(http.server.BaseHTTPRequestHandler):
        protocol_version = "HTTP/1.1"

        def do_GET(self):
            path = self.path.split("?")[0]
            peer.note("GET", path)
            peer.accepts[path] = self.headers.get("Accept", "")
            document = peer.documents.get(path)
            if path in peer.gone:
                self._answer(410, b"")
                return
            self._answer(404 if document is None else 200,
                         b"" if document is None else json.dumps(document).encode())

        def do_POST(self):
            body = self.rfile.read(int(self.headers.get("Content-Length", 0)))
            peer.note("POST", self.path,
                      Delivery(self.path, peer.url + self.path,
                               CaseInsensitiveDict(self.headers.items()), body))
            self._answer(peer.answer_inbox, b"")

        def _answer(self, status, body):
            self.send_response(status)
            self.send_header("Content-Type", AS2_TYPE)
            self.send_header("Content-Length", str(len(body)))
            if self.path in peer.cache_control:
                self.send_header("Cache-Control", peer.cache_control[self.path])
            self.end_headers()
            self.wfile.write(body)

        def log_message(self, *_):
            pass

    return Handler


class RemoteActor:
    """An actor on a peer, who can sign."""

    def __init__(self, peer, name, key=None):
        self.peer = peer
        self.key = key or sign.Key()
        self.id = f"{peer.url}/users/{name}"
        self.key_id = f"{self.id}#main-key"
        peer.publish(f"/users/{name}", {
            "@context": [AS2, "https://w3id.org/security/v1"],
            "type": "Person", "preferredUsername": name, "name": name,
            "inbox": f"{self.id}/inbox", "outbox": f"{self.id}/outbox",
            "followers": f"{self.id}/followers", "following": f"{self.id}/following",
            "publicKey": {"id": self.key_id, "owner": self.id,
                          "publicKeyPem": self.key.public_pem}})
        for name_of in ("outbox", "followers", "following"):
            peer.publish(f"/users/{name}/{name_of}",
                         {"type": "OrderedCollection", "totalItems": 0, "orderedItems": []})

    def activity(self, kind, thing, **more):
        return {"@context": AS2, "id": f"{self.peer.url}/activities/{uuid.uuid4()}",
                "type": kind, "actor": self.id, "object": thing, **more}

    def deliver(self, inbox, activity, make=sign.cavage_headers, sent_body=None, **options):
        """POSTs `activity`, signed; `sent_body` is sent instead of what was signed, if given."""
        body = activity if isinstance(activity, bytes) else json.dumps(activity).encode()
        headers = make(self.key, options.pop("key_id", self.key_id), "POST", inbox, body,
                       **options)
        return requests.post(inbox, data=body if sent_body is None else sent_body,
                             headers=headers, timeout=30)
