"""Keys, fetches and discovery: what a peer may hand us, what we ask for, and what we never do."""

import gzip
import http.server
import json
import socket
import threading
import time
import unittest

import requests

import sign
from harness import AS2, AS2_TYPE, LD_TYPE, PUBLIC, AcceptanceCase, Server, stays, wait_until
from remote import Peer


class Raw:
    """A server on `address` that does with each GET what `answer(handler)` does. close() it."""

    def __init__(self, answer, address="127.0.0.1"):
        self.paths = []
        outer = self

        class Handler(http.server.BaseHTTPRequestHandler):
            protocol_version = "HTTP/1.1"

            def do_GET(self):
                outer.paths.append(self.path)
                answer(self)

            do_POST = do_GET

            def log_message(self, *_):
                pass

        self._http = http.server.ThreadingHTTPServer((address, 0), Handler)
        self._http.daemon_threads = True
        self.url = f"http://{address}:{self._http.server_address[1]}"
        threading.Thread(target=self._http.serve_forever, daemon=True).start()

    def close(self):
        self._http.shutdown()
        self._http.server_close()


def send(handler, body, content_type=AS2_TYPE, status=200, **headers):
    handler.send_response(status)
    handler.send_header("Content-Type", content_type)
    handler.send_header("Content-Length", str(len(body)))
    for name, value in headers.items():
        handler.send_header(name.replace("_", "-"), value)
    handler.end_headers()
    handler.wfile.write(body)


class WireCase(AcceptanceCase):
    @classmethod
    def setUpClass(cls):
        cls.server = Server(host="127.0.0.1")
        cls.addClassCleanup(cls.server.close)
        cls.alice = cls.server.account("alice")
        cls.peer = Peer()
        cls.addClassCleanup(cls.peer.close)
        cls.bob = cls.peer.actor("bob")
        cls.server.start()

    def raw(self, answer, address="127.0.0.1"):
        server = Raw(answer, address)
        self.addCleanup(server.close)
        return server

    def signed_with(self, key_id):
        """Bob's Follow, said to be signed with `key_id`; the response."""
        return self.bob.deliver(self.alice.inbox, self.bob.activity("Follow", self.alice.actor),
                                key_id=key_id)

    def actor_document(self, url, key=None, **changes):
        key = key or self.bob.key
        return json.dumps({
            "@context": [AS2, "https://w3id.org/security/v1"], "id": url, "type": "Person",
            "preferredUsername": "x", "inbox": f"{url}/inbox", "outbox": f"{url}/outbox",
            "publicKey": {"id": f"{url}#main-key", "owner": url,
                          "publicKeyPem": key.public_pem}, **changes}).encode()


    def follow_from(self, server):
        """The actor of a Raw server follows Alice, with Bob's key; the response."""
        actor = f"{server.url}/u"
        return self.bob.deliver(self.alice.inbox, {
            "@context": AS2, "id": f"{server.url}/follows/1", "type": "Follow", "actor": actor,
            "object": self.alice.actor}, key_id=f"{actor}#main-key")


class HostileKeys(WireCase):
    """Each play ends in 401 or 503, soon, and leaves the server able to take the next request."""

    def refused(self, key_id, *, within=15):
        begin = time.monotonic()
        self.assert_status(self.signed_with(key_id), 401, 503)
        self.assertLess(time.monotonic() - begin, within)

    def test_hostile_play_a_dead_host(self):
        with socket.socket() as taken:
            taken.bind(("127.0.0.1", 0))
            self.refused(f"http://127.0.0.1:{taken.getsockname()[1]}/u#main-key")

    def test_hostile_play_a_slow_host_holds_up_nobody(self):
        slow = self.raw(lambda handler: time.sleep(30))
        waiting = threading.Thread(
            target=lambda: self.signed_with(f"{slow.url}/u#main-key"), daemon=True)
        waiting.start()
        wait_until(lambda: slow.paths, "the slow host is asked")
        follow = self.bob.activity("Follow", self.alice.actor)
        begin = time.monotonic()
        self.assert_status(self.bob.deliver(self.alice.inbox, follow), 202)
        self.assertLess(time.monotonic() - begin, 7)
        waiting.join(timeout=30)
        self.assertFalse(waiting.is_alive())

    def test_hostile_play_an_endless_body(self):
        def endless(handler):
            handler.send_response(200)
            handler.send_header("Content-Type", AS2_TYPE)
            handler.end_headers()
            try:
                for _ in range(10_000):
                    handler.wfile.write(b" " * 65536)
            except OSError:
                pass
        self.refused(f"{self.raw(endless).url}/u#main-key")

    def test_hostile_play_a_gzip_bomb(self):
        bomb = gzip.compress(b" " * 50_000_000)
        server = self.raw(lambda handler: send(handler, bomb, Content_Encoding="gzip"))
        self.refused(f"{server.url}/u#main-key")

    def test_checklist_63_hostile_play_a_private_address_is_never_asked(self):
        inside = self.raw(lambda handler: send(handler, b"{}"), "127.0.0.2")
        self.refused(f"{inside.url}/u#main-key")
        outside = self.raw(lambda handler: send(handler, b"", status=302,
                                                Location=f"{inside.url}/secret"))
        self.refused(f"{outside.url}/u#main-key")
        self.assertEqual(inside.paths, [])
        self.assertLessEqual(len(outside.paths), 2)

    def test_hostile_play_a_redirect_loop(self):
        loop = self.raw(lambda handler: send(handler, b"", status=302, Location="/again"))
        self.refused(f"{loop.url}/u#main-key")
        self.assertLessEqual(len(loop.paths), 8)

    def test_interop_I6_other_content_types_are_not_actors(self):
        good = {AS2_TYPE, LD_TYPE, "application/activity+json; charset=utf-8"}
        for kind in (
                AS2_TYPE, LD_TYPE, "application/activity+json; charset=utf-8",
                "application/json", "application/ld+json", "text/html", "image/png",
                "application/octet-stream", "text/plain",
                'application/ld+json; profile="https://example.org/"'):
            with self.subTest(kind):
                server = self.raw(lambda handler, kind=kind: send(
                    handler, self.actor_document(f"http://{handler.headers['Host']}/u"), kind))
                self.assert_status(self.follow_from(server), 202 if kind in good else 401)

    def test_fe34_a_key_document_that_claims_another_id_is_refused(self):
        for changes in ({"id": "http://127.0.0.1:1/u"}, {"id": self.bob.id},
                        {"publicKey": {"id": "KEY", "owner": self.bob.id,
                                       "publicKeyPem": self.bob.key.public_pem}},
                        {"publicKey": []}, {"publicKey": {"id": "KEY", "owner": "OWN"}}):
            with self.subTest(str(changes)):
                def answer(handler, changes=changes):
                    own = f"http://{handler.headers['Host']}/u"
                    body = self.actor_document(own, **changes).decode()
                    send(handler, body.replace("KEY", own + "#main-key")
                         .replace("OWN", own).encode())
                self.refused(f"{self.raw(answer).url}/u#main-key")

    def test_interop_I4_a_key_with_a_path_of_its_own_is_accepted(self):
        """GoToSocial: the key's document is a stub of the actor."""
        def answer(handler):
            own = f"http://{handler.headers['Host']}/u"
            send(handler, self.actor_document(own, publicKey={
                "id": f"{own}/main-key", "owner": own, "publicKeyPem": self.bob.key.public_pem}))
        server = self.raw(answer)
        activity = {"@context": AS2, "id": f"{server.url}/follows/1", "type": "Follow",
                    "actor": f"{server.url}/u", "object": self.alice.actor}
        self.assert_status(self.bob.deliver(self.alice.inbox, activity,
                                            key_id=f"{server.url}/u/main-key"), 202)

    def test_amplification_keys_of_a_third_party_are_asked_for_only_so_often(self):
        victim = self.raw(lambda handler: send(handler, b"", status=404))
        for number in range(80):
            self.assert_status(self.signed_with(f"{victim.url}/u{number}#main-key"), 401, 503)
        self.assertLessEqual(len(victim.paths), 60)

    def test_negative_cache_a_missing_key_is_asked_for_once(self):
        empty = self.raw(lambda handler: send(handler, b"", status=404))
        for _ in range(5):
            self.assert_status(self.signed_with(f"{empty.url}/u#main-key"), 401)
        self.assertEqual(len(empty.paths), 1)


class Fetches(WireCase):
    def test_interop_I2_fetches_are_signed_by_the_application_and_it_is_readable_unsigned(self):
        seen = []

        def answer(handler):
            seen.append((handler.path, dict(handler.headers)))
            send(handler, self.actor_document(f"http://{handler.headers['Host']}/u"))
        server = self.raw(answer)
        self.assert_status(self.follow_from(server), 202)
        path, headers = seen[0]
        links = self.server.get("/.well-known/nodeinfo").json()["links"]
        application = [link["href"] for link in links if link["rel"] == f"{AS2}#Application"][0]
        headers = requests.structures.CaseInsensitiveDict(headers)
        self.assertEqual(sign.key_id_of(headers), f"{application}#main-key")
        document = self.server.get(application).json()
        self.assertEqual(document["type"], "Application")
        self.assertTrue(sign.request_is_signed(document["publicKey"]["publicKeyPem"], "GET",
                                               server.url + path, headers, b""))
        found = self.server.get("/.well-known/webfinger", headers={}, params={
            "resource": f"acct:{document['preferredUsername']}@127.0.0.1:{self.server.port}"})
        self.assertEqual([link["href"] for link in found.json()["links"]
                          if link["rel"] == "self"], [application])

    def test_interop_I10_a_host_that_reads_only_cavage_gets_it_for_fetches_too(self):
        forms = []

        def answer(handler):
            forms.append("Signature-Input" in handler.headers)
            if "Signature-Input" in handler.headers:
                send(handler, b"", status=401)
            else:
                send(handler, self.actor_document(f"http://{handler.headers['Host']}/u"))
        server = self.raw(answer)
        self.assert_status(self.follow_from(server), 202)
        self.assertEqual(forms[:2], [True, False])

    def test_checklist_45_fetches_ask_for_activitystreams(self):
        accepts = []

        def answer(handler):
            accepts.append(handler.headers["Accept"])
            send(handler, self.actor_document(f"http://{handler.headers['Host']}/u"))
        self.signed_with(f"{self.raw(answer).url}/u#main-key")
        self.assertIn("application/activity+json", accepts[0])
        self.assertIn(LD_TYPE, accepts[0])


class Keys(WireCase):
    def test_interop_I11_a_rotated_key_is_fetched_again_once(self):
        carol = self.peer.actor("carol")
        self.assert_status(carol.deliver(self.alice.inbox,
                                         carol.activity("Follow", self.alice.actor)), 202)
        carol.key = sign.Key()
        document = self.peer.documents["/users/carol"]
        document["publicKey"]["publicKeyPem"] = carol.key.public_pem
        time.sleep(1.1)  # what was fetched less than a second ago is not asked for again
        self.assert_status(carol.deliver(self.alice.inbox,
                                         carol.activity("Like", self.alice.actor)), 202)
        before = len([one for one in self.peer.requests if one == ("GET", "/users/carol")])
        for _ in range(3):
            self.assert_status(carol.deliver(
                self.alice.inbox, carol.activity("Like", self.alice.actor), date=time.time() - 1,
                make=lambda key, *rest, **options: sign.cavage_headers(self.bob.key, *rest,
                                                                       **options)), 401)
        after = len([one for one in self.peer.requests if one == ("GET", "/users/carol")])
        self.assertLessEqual(after - before, 1)

    def test_our_own_rotation_tells_followers_and_signs_with_the_new_key(self):
        follow = self.bob.activity("Follow", self.alice.actor)
        self.assert_status(self.bob.deliver(self.alice.inbox, follow), 202)
        wait_until(lambda: self.peer.received("Accept"), "the Accept arrives")
        old = self.server.get(self.alice.actor).json()["publicKey"]["publicKeyPem"]
        rotated = self.server.cli_json("actor", "rotate-key", self.alice.actor)
        self.assertEqual(rotated["key"], f"{self.alice.actor}#main-key")
        document = self.server.get(self.alice.actor).json()
        new = document["publicKey"]["publicKeyPem"]
        self.assertNotEqual(old, new)
        self.assertEqual(document["inbox"], self.alice.inbox)
        update = wait_until(lambda: self.peer.received("Update"), "followers are told")[0]
        self.assertEqual(update.activity["object"]["publicKey"]["publicKeyPem"], new)
        self.assertTrue(sign.request_is_signed(new, "POST", update.url, update.headers,
                                               update.body))
        self.assertEqual(self.server.run("actor", "rotate-key",
                                         f"{self.server.url}/actors/nobody").returncode, 1)
        self.assertEqual(self.server.run("verify").returncode, 0)

    def test_FEP_8b32_a_changed_document_with_a_proof_is_refused(self):
        """An Ed25519 proof that does not hold is refused, whoever signed the request."""
        _, note = self.alice.create({"type": "Note", "content": "proven"}, to=[PUBLIC])
        self.assertTrue(note)
        follow = {**self.bob.activity("Follow", self.alice.actor), "proof": {
            "type": "DataIntegrityProof", "cryptosuite": "eddsa-jcs-2022",
            "verificationMethod": f"{self.bob.id}#ed25519-key", "proofPurpose": "assertionMethod",
            "created": "2026-01-01T00:00:00Z", "proofValue": "z" + "1" * 10}}
        self.assert_status(self.bob.deliver(self.alice.inbox, follow), 400)
        future = {**follow, "proof": {**follow["proof"], "created": "2999-01-01T00:00:00Z",
                                      "proofValue": "z" + "1" * 64}}
        self.assert_status(self.bob.deliver(self.alice.inbox, future), 401)


class Discovery(WireCase):
    def test_interop_I1_the_actor_names_its_account_and_the_account_its_actor(self):
        document = self.server.get(self.alice.actor).json()
        account = f"alice@127.0.0.1:{self.server.port}"
        self.assertEqual(document["webfinger"], account)  # FEP-2c59
        for resource in (f"acct:{account}", self.alice.actor):
            found = self.server.get("/.well-known/webfinger", headers={},
                                    params={"resource": resource})
            self.assertEqual(found.headers["Content-Type"], "application/jrd+json")
            self.assertEqual(found.json()["subject"], f"acct:{account}")
            itself = [link for link in found.json()["links"] if link["rel"] == "self"]
            self.assertEqual([(link["type"], link["href"]) for link in itself],
                             [(AS2_TYPE, self.alice.actor)])

    def test_interop_I10_a_refused_post_says_which_signature_is_wanted(self):
        response = requests.post(self.alice.inbox, data=b"{}", timeout=20,
                                 headers={"Content-Type": AS2_TYPE})
        self.assertEqual(response.status_code, 401)
        self.assertIn('"content-digest"', response.headers["Accept-Signature"])

    def test_interop_I2_nodeinfo_counts_what_is_there(self):
        document = self.server.get("/nodeinfo/2.1", headers={}).json()
        before = document["usage"]["localPosts"]
        self.assertEqual(document["usage"]["users"]["total"], 1)
        self.alice.create({"type": "Note", "content": "one more"}, to=[PUBLIC])
        after = self.server.get("/nodeinfo/2.1", headers={}).json()
        self.assertEqual(after["usage"]["localPosts"], before + 1)


class Queue(WireCase):
    def test_the_queue_is_shown_and_steered(self):
        self.peer.answer_inbox = 503
        self.alice.create({"type": "Note", "content": "hi"}, to=[self.bob.id])
        row = wait_until(lambda: [one for one in self.server.cli_json("queue", "list")
                                  if one["last_result"] == "503"], "it is tried")[0]
        self.assertEqual(row["host"], self.peer.host)
        self.assertEqual(row["recipient"], self.bob.id)
        host = [one for one in self.server.cli_json("queue", "hosts")
                if one["host"] == self.peer.host][0]
        self.assertGreaterEqual(host["failures"], 1)
        self.server.cli("queue", "drop", row["id"])
        stays(lambda: row["id"] not in [one["id"] for one in
                                        self.server.cli_json("queue", "list")], "it is gone")
        for again in range(3):
            self.alice.create({"type": "Note", "content": f"again {again}"}, to=[self.bob.id])
        wait_until(lambda: len(self.server.cli_json("queue", "list")) == 3, "they wait")
        self.peer.answer_inbox = 202
        # One for each host: the others come after it.
        self.assertEqual(self.server.cli_json("queue", "retry")["due_now"], 1)
        wait_until(lambda: not self.server.cli_json("queue", "list"), "it is delivered")
        wait_until(lambda: not [one for one in self.server.cli_json("queue", "hosts")
                                if one["host"] == self.peer.host and one["failures"]],
                   "the host is back")


if __name__ == "__main__":
    unittest.main()
