"""The endpoints that an actor names: uploadMedia and proxyUrl."""

import json
import re
import unittest

import requests

import sign
from harness import AS2, AS2_TYPE, PUBLIC, AcceptanceCase, Server
from remote import Peer

PNG = b"\x89PNG\r\n\x1a\n" + b"not much of a picture"


class Endpoints(AcceptanceCase):

    @classmethod
    def set_up_data(cls):
        cls.alice = cls.server.account("alice")
        cls.bob = cls.server.account("bob")
        cls.peer = Peer()
        cls.addClassCleanup(cls.peer.close)

    def test_AP14_the_actor_names_its_endpoints(self):
        endpoints = self.alice.document["endpoints"]
        self.assertEqual(endpoints["sharedInbox"], self.server.url + "/inbox")
        for name in ("proxyUrl", "uploadMedia", "oauthAuthorizationEndpoint",
                     "oauthTokenEndpoint"):
            self.assertTrue(endpoints[name].startswith(self.server.url + "/"), name)

    # uploadMedia

    def upload(self, content, filename="a.png", declared="image/png", thing=None, token=None,
               **more):
        files = {"file": (filename, content, declared)}
        if thing is not None:
            files["object"] = (None, json.dumps(thing), "application/json")
        return requests.post(self.alice.document["endpoints"]["uploadMedia"], files=files,
                             timeout=30, **more,
                             headers={"Authorization": f"Bearer {token or self.alice.token}"})

    def test_AP43_an_upload_becomes_an_object_with_its_file(self):
        answer = self.upload(PNG, thing={"type": "Image", "name": "A picture", "to": [PUBLIC]})
        self.assert_status(answer, 201)
        image = self.server.get(answer.headers["Location"]).json()
        self.assertEqual((image["type"], image["name"]), ("Image", "A picture"))
        self.assertEqual(image["attributedTo"], self.alice.actor)
        link = image["url"][0]
        self.assertEqual(link["mediaType"], "image/png")
        self.assertTrue(link["href"].startswith(self.server.url + "/media/"))
        found = requests.get(link["href"], timeout=20)
        self.assert_status(found, 200)
        self.assertEqual(found.content, PNG)
        self.assertEqual(found.headers["Content-Type"], "image/png")
        self.assertEqual(found.headers["X-Content-Type-Options"], "nosniff")
        self.assertIn("sandbox", found.headers["Content-Security-Policy"])
        self.assertIn("inline", found.headers["Content-Disposition"])
        again = requests.get(link["href"], timeout=20,
                             headers={"If-None-Match": found.headers["ETag"]})
        self.assert_status(again, 304)

    def test_an_upload_without_addressing_is_private(self):
        answer = self.upload(PNG)
        self.assert_status(answer, 201)
        self.assert_status(self.server.get(answer.headers["Location"]), 404)
        self.assertEqual(answer.json()["type"], "Image")

    def test_what_a_browser_would_run_is_never_served_as_such(self):
        hostile = {
            "page.html": (b"<!doctype html><script>alert(1)</script>", "text/html"),
            "image.svg": (b"<svg xmlns='http://www.w3.org/2000/svg' onload='alert(1)'/>",
                          "image/svg+xml"),
            "actor.json": (json.dumps({"@context": AS2, "id": self.alice.actor,
                                       "type": "Person"}).encode(), AS2_TYPE),
            "script.js": (b"alert(1)", "text/javascript"),
            "sheet.css": (b"*{}", "text/css"),
            "late.png": (b"<html>" + PNG, "image/png"),
        }
        for name, (content, declared) in hostile.items():
            with self.subTest(name=name):
                answer = self.upload(content, name, declared, thing={"to": [PUBLIC]})
                self.assert_status(answer, 201)
                found = requests.get(answer.json()["url"][0]["href"], timeout=20,
                                     headers={"Accept": declared})
                self.assertEqual(found.headers["Content-Type"], "application/octet-stream")
                self.assertIn("attachment", found.headers["Content-Disposition"])
                self.assertIn("sandbox", found.headers["Content-Security-Policy"])
                self.assertEqual(found.headers["X-Content-Type-Options"], "nosniff")

    def test_uploads_need_a_token_that_writes_and_an_actor_of_ones_own(self):
        self.assert_status(self.upload(PNG, token="nonsense"), 401)
        self.assert_status(self.upload(PNG, token=self.alice.new_token("read")), 403)
        self.assert_status(self.upload(PNG, thing={"attributedTo": self.bob.actor}), 403)

    def test_an_upload_is_addressed_to_no_more_than_the_token_may(self):
        scopes = "https://swicg.github.io/activitypub-api/scopes#"
        token = self.alice.new_token(scopes + "uploadfiles")
        self.assert_status(self.upload(PNG, token=token), 201)
        for thing in ({"to": [PUBLIC]}, {"cc": [self.bob.actor]},
                      {"bto": [self.alice.document["followers"]]}):
            self.assert_status(self.upload(PNG, token=token, thing=thing), 403)
        both = self.alice.new_token(f"{scopes}uploadfiles {scopes}addresspublic")
        self.assert_status(self.upload(PNG, token=both, thing={"to": [PUBLIC]}), 201)

    def test_the_object_of_an_upload_is_no_activity(self):
        before = self.alice.get(self.alice.outbox).json()["totalItems"]
        for thing in ({"type": "Like", "object": self.bob.actor}, {"type": ["Delete"]},
                      [], "text", 1,
                      {"@type": "as:Follow", "as:object": self.bob.actor},
                      {"@type": "Create", "object": {"type": "Note"}}, {"@type": "as:Delete"},
                      {"@context": [AS2, {"Foo": "as:Like", "what": {"@id": "as:object"}}],
                       "type": "Foo", "what": self.bob.actor}):
            with self.subTest(thing=thing):
                self.assert_status(self.upload(PNG, thing=thing), 400)
        self.assertEqual(self.alice.get(self.alice.outbox).json()["totalItems"], before)

    def test_a_file_goes_with_its_object_and_with_nothing_else(self):
        answer = self.upload(PNG, thing={"to": [PUBLIC]})
        image, file = answer.headers["Location"], answer.json()["url"][0]["href"]
        _, other = self.bob.create({"type": "Image", "url": file}, to=[PUBLIC])
        self.bob.submit({"type": "Delete", "object": other})
        self.assert_status(requests.get(file, timeout=20), 200)
        self.alice.submit({"type": "Delete", "object": image})
        self.assert_status(requests.get(file, timeout=20), 404)

    def test_a_file_is_read_in_parts_too(self):
        content = PNG + bytes(range(256)) * 8
        file = self.upload(content, thing={"to": [PUBLIC]}).json()["url"][0]["href"]
        whole = requests.get(file, timeout=20)
        self.assertEqual(whole.headers["Accept-Ranges"], "bytes")
        got = b""
        while len(got) < len(content):  # as a player does
            part = requests.get(file, timeout=20, headers={
                "Range": f"bytes={len(got)}-{len(got) + 999}", "If-Range": whole.headers["ETag"]})
            self.assert_status(part, 206)
            last = min(len(got) + 999, len(content) - 1)
            self.assertEqual(part.headers["Content-Range"], f"bytes {len(got)}-{last}/{len(content)}")
            self.assertEqual(part.headers["Content-Type"], "image/png")
            self.assertEqual(part.headers["ETag"], whole.headers["ETag"])
            got += part.content
        self.assertEqual(got, content)
        behind = requests.get(file, timeout=20, headers={"Range": f"bytes={len(content)}-"})
        self.assert_status(behind, 416)
        self.assertEqual(behind.headers["Content-Range"], f"bytes */{len(content)}")
        for fields in ({"Range": "bytes=1-2", "If-Range": '"other"'}, {"Range": "lines=1-2"}):
            answer = requests.get(file, timeout=20, headers=fields)
            self.assert_status(answer, 200)
            self.assertEqual(answer.content, content)
        head = requests.head(file, timeout=20, headers={"Range": "bytes=1-2"})
        self.assertEqual((head.status_code, head.headers["Content-Length"]), (200, str(len(content))))

    def test_a_file_may_have_8_mib(self):
        self.assert_status(self.upload(b"\x89PNG\r\n\x1a\n" + bytes(8 * 1024 * 1024 - 8)), 201)
        refused = self.upload(b"\x89PNG\r\n\x1a\n" + bytes(8 * 1024 * 1024))
        self.assert_status(refused, 413)
        self.assertIn("8 MiB", refused.json()["error"])

    def test_who_shows_no_token_is_not_let_upload_much(self):
        url = self.alice.document["endpoints"]["uploadMedia"]
        for size, status in ((1_000, 401), (100_000, 413)):
            self.assert_status(requests.post(url, data=bytes(size), timeout=20), status)

    def test_forms_that_are_none_are_refused(self):
        url = self.alice.document["endpoints"]["uploadMedia"]
        def post(body, content_type):
            return requests.post(url, data=body, timeout=20, headers={
                "Authorization": f"Bearer {self.alice.token}", "Content-Type": content_type})
        self.assert_status(post(b"{}", "application/json"), 415)
        self.assert_status(post(b"--x\r\n", "multipart/form-data; boundary=x"), 400)
        self.assert_status(post(b"", "multipart/form-data"), 400)
        self.assert_status(self.upload(b""), 400)
        self.assert_status(requests.get(self.server.url + "/media/nothing.png", timeout=20), 404)
        self.assert_status(requests.get(self.server.url + "/media/../quads.mdb", timeout=20), 404)

    # proxyUrl

    def proxy(self, address, account=None, **more):
        account = account or self.alice
        return requests.post(self.alice.document["endpoints"]["proxyUrl"], data={"id": address},
                             timeout=30, **more,
                             headers={"Authorization": f"Bearer {account.token}"})

    def test_AP18_the_proxy_fetches_signed_as_the_actor(self):
        note = self.peer.publish("/notes/1", {"type": "Note", "content": "from afar"})
        found = self.proxy(note)
        self.assert_status(found, 200)
        self.assertEqual(found.json()["content"], "from afar")
        self.assertIn(AS2_TYPE, found.headers["Content-Type"])
        self.assertIn("private", found.headers["Cache-Control"])

    def test_AP18_the_proxy_serves_local_things_with_the_readers_rights(self):
        _, thing = self.alice.create({"type": "Note", "content": "between us"},
                                     to=[self.bob.actor])
        carol = self.server.account("carol")
        self.assertEqual(self.proxy(thing).json()["content"], "between us")
        self.assertEqual(self.proxy(thing, self.bob).json()["content"], "between us")
        self.assert_status(self.proxy(thing, carol), 404)
        self.assert_status(self.proxy(self.bob.inbox, carol), 403)

    def test_AP18_the_proxy_serves_the_pages_of_local_collections(self):
        writer = self.server.account("writer")
        posted = [writer.submit({"type": "Note", "content": str(n), "to": PUBLIC})
                  for n in range(5)][::-1]
        page = self.proxy(writer.outbox + "?page=first&limit=2").json()
        following = self.proxy(page["next"]).json()
        self.assertEqual([item["id"] for item in page["orderedItems"] + following["orderedItems"]],
                         posted[:4])
        self.assertEqual(page["id"], writer.outbox + "?page=first&limit=2")

    def test_the_proxy_refuses_what_it_must(self):
        self.assert_status(self.proxy("http://10.0.0.1/x"), 403, 502)
        self.assert_status(self.proxy("file:///etc/passwd"), 400)
        self.assert_status(self.proxy("nonsense"), 400)
        self.assert_status(self.proxy(""), 400)
        self.assert_status(self.proxy(self.peer.url + "/not-there"), 404)
        forged = self.peer.publish("/forged", {"type": "Note"})
        self.peer.documents["/forged"]["id"] = "https://other.example/notes/1"
        self.assert_status(self.proxy(forged), 502)
        unsigned = requests.post(self.alice.document["endpoints"]["proxyUrl"],
                                 data={"id": forged}, timeout=20)
        self.assert_status(unsigned, 401)
        self.server.cli("domain", "block", self.peer.host)
        try:
            self.assert_status(self.proxy(self.peer.url + "/notes/2"), 403)
        finally:
            self.server.cli("domain", "unblock", self.peer.host)


class PeerLimits(AcceptanceCase):
    """What a stranger may do is limited by address."""

    @classmethod
    def setUpClass(cls):
        cls.server = Server(serve_args=["--trusted-proxy", "127.0.0.1"],
                            config="[limits]\ninbox_posts = 3\n")
        cls.addClassCleanup(cls.server.close)
        cls.server.start()

    def post(self, peer, path="/inbox"):
        return requests.post(self.server.url + path, data="{}", timeout=20, headers={
            "X-Forwarded-For": peer, "Content-Type": AS2_TYPE}).status_code

    def test_the_addresses_of_one_64_are_one_peer(self):
        statuses = [self.post(f"2001:db8:1:2::{n}") for n in range(1, 6)]
        self.assertEqual(statuses[:3], [401] * 3)
        self.assertEqual(statuses[3:], [429] * 2)
        self.assertEqual(self.post("2001:db8:1:3::1"), 401)

    def test_the_log_is_utf_8_whatever_was_asked_for(self):
        self.post("192.0.2.1", "/%ff%c3%28")
        log = self.server.log_path.read_bytes().decode()
        self.assertIn("\ufffd", log)


class AccountLimits(AcceptanceCase):
    """What an account may post and upload is limited whatever address it comes from, loopback too, and
    by keys of the configuration."""

    @classmethod
    def setUpClass(cls):
        cls.server = Server(config="[limits]\nposts = 12\nuploads = 3\nactors = 2\nproxied = 2\n"
                                   "media_mib = 1\n")
        cls.addClassCleanup(cls.server.close)
        cls.server.start()

    def refused(self, response, name, count):
        self.assert_status(response, 429)
        self.assertEqual(response.headers["RateLimit-Policy"], f'"{name}";q={count};w=300')
        self.assertRegex(response.headers["RateLimit"], rf'^"{name}";r=0;t=\d+$')
        self.assertGreaterEqual(int(response.headers["Retry-After"]), 1)
        self.assertEqual(response.headers["Content-Type"], "application/problem+json")
        self.assertIn("again", response.json()["error"])

    def test_AP68_posts_to_an_outbox_are_limited_by_account_and_say_how(self):
        alice, bob = self.server.account("alice"), self.server.account("bob")
        note = {"type": "Note", "content": "n"}
        for left in range(11, -1, -1):
            found = alice.post(note)
            self.assert_status(found, 201)
            self.assertEqual(found.headers["RateLimit-Policy"], '"outbox";q=12;w=300')
            self.assertIn(f'"outbox";r={left};', found.headers["RateLimit"])
        self.refused(alice.post(note), "outbox", 12)
        other = requests.post(alice.outbox, json=note, timeout=20, headers={
            "Authorization": f"Bearer {alice.new_token()}", "Content-Type": AS2_TYPE})
        self.refused(other, "outbox", 12)  # another token is the same account
        self.assertEqual(alice.get(alice.outbox).json()["totalItems"], 12)
        self.assert_status(bob.post(note), 201)
        # Who is not the owner takes nothing of the owner's.
        dave = self.server.account("dave")
        for _ in range(20):
            self.assert_status(bob.post(note, url=dave.outbox), 403)
        self.assert_status(dave.post(note), 201)
        self.assert_status(bob.post(note), 201)

    def upload(self, account, content=b"\x89PNG\r\n\x1a\nabc", thing=None):
        files = {"file": ("a", content)}
        if thing is not None:
            files["object"] = (None, json.dumps(thing))
        return requests.post(self.server.url + "/media", timeout=30, files=files,
                             headers=account.headers)

    def test_a_file_whose_object_is_refused_takes_no_room(self):
        grace = self.server.account("grace")
        large = b"x" * (700 << 10)
        for thing in ({"@type": "as:Wave", "as:object": grace.actor},
                      {"@type": "as:Undo", "as:object": "https://example.org/1"}):
            self.assert_status(self.upload(grace, large, thing), 400)
        self.assert_status(self.upload(grace, large), 201)

    def test_uploads_are_limited_by_account_in_number_and_size(self):
        carol = self.server.account("carol")
        self.assert_status(self.upload(carol, b"x" * (1 << 20)), 201)
        self.assert_status(self.upload(carol), 413)
        found = self.upload(carol)
        self.assert_status(found, 413)
        self.refused(self.upload(carol), "media", 3)
        self.assert_status(self.upload(self.server.account("erin")), 201)

    def test_making_actors_is_limited_by_account(self):
        self.server.add_user("harry")
        token = self.server.cli_json("token", "add", "--user", "harry")["access_token"]
        def make(name):
            return requests.post(self.server.url + "/api/actors", timeout=30,
                                 json={"preferred_username": name},
                                 headers={"Authorization": f"Bearer {token}"})
        self.assert_status(make("harry1"), 201)
        self.assert_status(make("harry1"), 400)  # costs no key
        self.assert_status(make("harry2"), 201)
        self.refused(make("harry3"), "actors", 2)

    def test_what_is_fetched_in_somebodys_name_is_limited_by_account(self):
        frank = self.server.account("frank")
        def ask():
            return requests.post(self.server.url + "/proxy", timeout=30, headers=frank.headers,
                                 data={"id": "http://127.0.0.1:9/nothing"})
        for _ in range(2):
            self.assertNotIn(ask().status_code, (200, 429))
        self.refused(ask(), "proxy", 2)


class Limits(AcceptanceCase):
    """Who asks too often is told so, and when to come back (RFC 6585; the RateLimit fields of the IETF
    draft). Loopback is exempt, so the clients here come through a trusted proxy."""

    serve_args = ("--trusted-proxy", "127.0.0.1")

    @classmethod
    def set_up_data(cls):
        cls.alice = cls.server.account("alice")

    def knock(self, session, address):
        return session.post(self.alice.inbox, data=b"{}", timeout=20, headers={
            "Content-Type": AS2_TYPE, "X-Forwarded-For": address})

    def budget(self, response):
        found = re.fullmatch(r'"inbox";r=(\d+);t=(\d+)', response.headers["RateLimit"])
        return int(found.group(1)), int(found.group(2))

    def test_posts_to_inboxes_are_limited_by_address_and_say_how(self):
        with requests.Session() as session:
            taken, refused = 0, self.knock(session, "203.0.113.7")
            while refused.status_code == 401 and taken < 1000:  # one more is let in each second
                taken, refused = taken + 1, self.knock(session, "203.0.113.7")
            self.assert_status(refused, 429)
            self.assertGreaterEqual(taken, 300)
            self.assertEqual(refused.headers["RateLimit-Policy"], '"inbox";q=300;w=300')
            left, full = self.budget(refused)
            self.assertEqual(left, 0)
            self.assertLessEqual(full, 300)
            self.assertGreaterEqual(int(refused.headers["Retry-After"]), 1)
            self.assertIn("again", refused.json()["error"])
            self.assertEqual(refused.headers["Content-Type"], "application/problem+json")
            # Another address has its own budget, and reading is not limited with it.
            self.assert_status(self.knock(session, "203.0.113.8"), 401)
            self.assert_status(self.server.get(self.alice.actor, headers={
                "X-Forwarded-For": "203.0.113.7"}), 200)

    def test_a_browser_client_may_read_the_fields(self):
        shown = self.server.get(self.alice.actor, headers={"Origin": "https://app.example"})
        exposed = shown.headers["Access-Control-Expose-Headers"]
        for field in ("RateLimit", "RateLimit-Policy", "Retry-After"):
            self.assertIn(field, exposed)


class ServersLimits(AcceptanceCase):
    """What one server signs is limited too, from however many addresses it comes."""

    serve_args = ("--trusted-proxy", "127.0.0.1")

    @classmethod
    def setUpClass(cls):
        cls.server = Server(config="[limits]\norigin_posts = 5\n", serve_args=cls.serve_args)
        cls.addClassCleanup(cls.server.close)
        cls.server.start()
        cls.alice = cls.server.account("alice")

    def test_a_server_that_signs_too_much_is_told_to_come_again(self):
        peers = [Peer(), Peer()]
        for peer in peers:
            self.addCleanup(peer.close)
        many, other = peers[0].actor("many"), peers[1].actor("other")

        def send(actor, address):
            like = actor.activity("Like", self.alice.actor)
            body = json.dumps(like).encode()
            headers = sign.cavage_headers(actor.key, actor.key_id, "POST", self.alice.inbox, body)
            return requests.post(self.alice.inbox, data=body, timeout=30,
                                 headers={**headers, "X-Forwarded-For": address})

        answers = [send(many, f"203.0.113.{number}") for number in range(7)]
        self.assertEqual([answer.status_code for answer in answers[:5]], [202] * 5)
        self.assert_status(answers[-1], 429)
        self.assertGreater(int(answers[-1].headers["Retry-After"]), 0)
        self.assert_status(send(other, "203.0.113.1"), 202)
        self.assert_status(send(many, "127.0.0.1"), 202)  # no limit counts what is exempt


if __name__ == "__main__":
    unittest.main()
