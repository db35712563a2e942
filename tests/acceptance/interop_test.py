"""What deployed servers expect, and what hostile ones try, over HTTP.

I1-I26 are the rows of spec/interop.md, numbers after `checklist` the items of
spec/activitypub-checklist.md. What needs no HTTP is in tests/ap.
"""

import hashlib
import json
import time
import unittest

import requests

import sign
import federation_test
from harness import (AS2, AS2_TYPE, LD_TYPE, PUBLIC, AcceptanceCase, in_threads, stays, wait_until)
from remote import Peer
from wire_test import WireCase, send

SECURITY = "https://w3id.org/security/v1"


def answered(deliver):
    """What `deliver` is answered once it is not told to come again."""
    def attempt():
        answer = deliver()
        return None if answer.status_code == 503 else (answer,)
    return wait_until(attempt, "an answer that is not 503")[0]


class Inboxes(WireCase):
    def test_interop_I14_an_accepted_activity_is_answered_202_without_a_body(self):
        answer = self.bob.deliver(self.alice.inbox, self.bob.activity("Follow", self.alice.actor))
        self.assertEqual((answer.status_code, answer.content), (202, b""))

    def test_checklist_45_both_types_of_activitystreams_are_taken_and_sent_as_one(self):
        for kind in (AS2_TYPE, LD_TYPE, "application/activity+json; charset=utf-8"):
            follow = self.bob.activity("Follow", self.alice.actor)
            self.assert_status(self.bob.deliver(self.alice.inbox, follow, content_type=kind), 202)
        sent = wait_until(lambda: self.peer.received("Accept"), "the Accept arrives")[0]
        self.assertEqual(sent.headers["Content-Type"], AS2_TYPE)

    def test_checklist_49_what_is_no_inbox_answers_405_to_a_post(self):
        _, note = self.alice.create({"type": "Note", "content": "x"}, to=[PUBLIC])
        for target in (note, self.alice.actor, self.alice.document["followers"], note + "/likes"):
            answer = self.bob.deliver(target, self.bob.activity("Like", note))
            self.assertIn(answer.status_code, (404, 405), target)
            self.assertLess(answer.status_code, 500)
        answer = self.bob.deliver(self.alice.document["followers"],
                                  self.bob.activity("Like", note))
        self.assertEqual(answer.status_code, 405)

    def test_checklist_64_other_schemes_are_never_followed(self):
        for scheme in ("ftp", "file", "gopher", "data", "javascript", "ws"):
            where = f"{scheme}://{self.peer.host}/users/bob"
            follow = {**self.bob.activity("Follow", self.alice.actor), "actor": where,
                      "id": f"{where}/1"}
            self.assert_status(self.bob.deliver(self.alice.inbox, follow,
                                                key_id=f"{where}#main-key"), 400, 401)
        answer = self.server.get("/.well-known/webfinger", headers={},
                                 params={"resource": "file:///etc/passwd"})
        self.assertIn(answer.status_code, (400, 404))

    def test_checklist_69_pages_are_of_bounded_size_whatever_is_asked_for(self):
        erin = self.server.account("erin")
        for number in range(205):
            erin.create({"type": "Note", "content": str(number)}, to=[PUBLIC])
        page = self.server.get(f"{erin.outbox}?page=first&limit=1000000").json()
        self.assertEqual(page["totalItems"], 205)
        self.assertEqual(len(page["orderedItems"]), 200)
        self.assertEqual(len(self.server.get(page["next"]).json()["orderedItems"]), 5)

    def test_interop_I12_what_is_negotiated_or_signed_for_says_so_to_caches(self):
        for headers in ({"Accept": AS2_TYPE}, {"Accept": "text/html"}, {}):
            vary = self.server.get(self.alice.actor, headers=headers).headers["Vary"].lower()
            for name in ("accept", "signature", "authorization", "origin"):
                self.assertIn(name, [one.strip() for one in vary.split(",")], vary)


class ProxiedReads(WireCase):
    def test_what_one_actor_may_see_is_not_given_to_the_next(self):
        def answer(handler):
            asker = sign.key_id_of(handler.headers).split("#")[0]
            own = f"http://{handler.headers['Host']}{handler.path}"
            send(handler, json.dumps({"@context": AS2, "id": own, "type": "Note",
                                      "content": f"for {asker}"}).encode(),
                 Cache_Control="max-age=300", ETag='"x"')
        server = self.raw(answer)
        erin = self.server.account("erin")
        for account in (self.alice, erin, self.alice):
            found = requests.post(f"{self.server.url}/proxy", data={"id": f"{server.url}/n"},
                                  headers=account.headers, timeout=20)
            self.assertEqual(found.json()["content"], f"for {account.actor}")


class Vanished(WireCase):
    """Delete of an actor whose key is gone (interop I11)."""

    def delete(self, actor, key_id):
        activity = actor.activity("Delete", actor.id, to=[PUBLIC])
        return self.bob.deliver(self.alice.inbox, activity, key_id=key_id)

    def follower(self, name):
        actor = self.peer.actor(name)
        follow = actor.activity("Follow", self.alice.actor)
        self.assert_status(actor.deliver(self.alice.inbox, follow), 202)
        self.assertIn(actor.id, self.followers())
        return actor

    def followers(self):
        return self.alice.ids(self.alice.document["followers"])

    def test_interop_I11_a_tombstone_says_that_an_actor_is_gone_as_410_does(self):
        actor = self.peer.actor("entombed", key=self.bob.key)
        self.assert_status(actor.deliver(self.alice.inbox,
                                         actor.activity("Follow", self.alice.actor)), 202)
        self.assertIn(actor.id, self.alice.ids(self.alice.document["followers"]))
        self.server.restart()  # its key is not remembered
        self.peer.publish("/users/entombed", {"type": "Tombstone", "formerType": "Person"})
        answer = actor.deliver(self.alice.inbox, {
            "@context": AS2, "id": f"{actor.id}#delete", "type": "Delete", "actor": actor.id,
            "object": actor.id, "to": [PUBLIC]})
        self.assert_status(answer, 202)
        self.assertNotIn(actor.id, self.alice.ids(self.alice.document["followers"]))

    def test_interop_I11_what_else_is_gone_below_an_actor_does_not_delete_it(self):
        victim = self.follower("kept")
        for path in ("/statuses/1", "/main-key", "/../bob"):
            self.peer.gone.add(f"/users/kept{path}")
            for key_id in (f"{victim.id}{path}#main-key", f"{victim.id}{path}"):
                self.assert_status(answered(lambda key_id=key_id: self.delete(victim, key_id)),
                                   401)
        self.assertIn(victim.id, self.followers())

    def test_interop_I11_a_vanished_actor_is_deleted_by_whatever_key_it_had(self):
        for number, form in enumerate(("#main-key", "/main-key")):
            actor = self.follower(f"gone{number}")
            self.peer.gone |= {f"/users/gone{number}", f"/users/gone{number}/main-key"}
            time.sleep(1.1)  # what was fetched less than a second ago is not asked for again
            # The first attempt may be told to come again: two things are to be fetched.
            wait_until(lambda actor=actor, form=form: self.delete(
                actor, f"{actor.id}{form}").status_code == 202, "the Delete is taken")
            self.assertNotIn(actor.id, self.followers())


class Moves(WireCase):
    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.elsewhere = Peer()
        cls.addClassCleanup(cls.elsewhere.close)

    def followed(self, name):
        """An actor of the peer whom Alice follows."""
        actor = self.peer.actor(name)
        follow = self.alice.submit({"@context": AS2, "type": "Follow", "object": actor.id})
        self.assert_status(actor.deliver(self.alice.inbox, actor.activity("Accept", follow)), 202)
        wait_until(lambda: actor.id in self.following(), f"Alice follows {name}")
        return actor

    def following(self):
        return self.alice.ids(self.alice.document["following"])

    def moved(self, actor, target):
        return actor.deliver(self.alice.inbox, actor.activity("Move", actor.id, target=target))

    def test_interop_I23_a_move_to_an_actor_that_was_never_seen(self):
        old = self.followed("old")
        new = self.elsewhere.actor("new")
        self.elsewhere.documents["/users/new"]["alsoKnownAs"] = old.id
        self.assert_status(self.moved(old, new.id), 202)
        asked = wait_until(lambda: self.elsewhere.received("Follow"), "Alice asks the new one")
        self.assertEqual(asked[0].activity["object"], new.id)
        self.assertEqual(asked[0].activity["actor"], self.alice.actor)
        self.assertNotIn(old.id, self.following())
        wait_until(lambda: [one for one in self.peer.received("Undo")
                            if one.activity["actor"] == self.alice.actor],
                   "the old one is told")
        why = self.server.cli("why", new.id)
        self.assertIn("fetched", why)

    def test_interop_I23_a_target_that_does_not_agree_or_cannot_be_had_moves_nobody(self):
        old = self.followed("steady")
        asked = []

        def elsewhere(handler):
            asked.append(handler.path)
            own = f"http://{handler.headers['Host']}{handler.path}"
            known = {"/agrees": [old.id], "/other": [self.bob.id]}.get(handler.path, [])
            other_id = {"id": self.bob.id} if handler.path == "/lies" else {}
            kind = "text/html" if handler.path == "/html" else AS2_TYPE
            status = 404 if handler.path == "/gone" else 200
            send(handler, self.actor_document(own, alsoKnownAs=known, **other_id), kind, status)
        server = self.raw(elsewhere)
        for path in ("/none", "/other", "/lies", "/html", "/gone"):
            self.assert_status(self.moved(old, server.url + path), 202)
        inside = self.raw(elsewhere, "127.0.0.2")
        self.assert_status(self.moved(old, f"{inside.url}/agrees"), 202)
        for target in ("ftp://127.0.0.1/x", "urn:x", "http://[::1/x"):
            self.assertLess(self.moved(old, target).status_code, 500)
        stays(lambda: old.id in self.following(), "Alice follows where she did")
        # Where nobody follows, nobody is asked.
        lone = self.peer.actor("lone")
        before = len(asked)
        self.assert_status(self.moved(lone, f"{server.url}/agrees"), 202)
        self.assertEqual(len(asked), before)

    def test_interop_I23_a_client_moves_its_actor_to_one_that_was_never_seen(self):
        peer = Peer()
        self.addCleanup(peer.close)
        dora = self.server.account("dora")
        self.alice.submit({"@context": AS2, "type": "Follow", "object": dora.actor})
        new = peer.actor("dora")
        peer.documents["/users/dora"]["alsoKnownAs"] = [dora.actor]
        dora.submit({"@context": AS2, "type": "Move", "object": dora.actor, "target": new.id,
                     "to": dora.document["followers"]})
        asked = wait_until(lambda: peer.received("Follow"), "Alice asks the new one")[0].activity
        self.assertEqual((asked["actor"], asked["object"]), (self.alice.actor, new.id))
        self.assertNotIn(dora.actor, self.following())
        self.assertEqual(self.server.get(dora.actor).json()["movedTo"], new.id)

    def test_interop_I23_nobody_moves_another(self):
        old = self.followed("victim")
        mallory = self.peer.actor("mallory")
        self.peer.documents["/users/mallory"]["alsoKnownAs"] = [old.id]
        self.assert_status(mallory.deliver(self.alice.inbox, {
            **mallory.activity("Move", old.id), "target": mallory.id}), 202, 403)
        stays(lambda: old.id in self.following(), "Alice follows where she did")


class LinkedDataSignatures(WireCase):
    """RsaSignature2017 (interop I25): it never says who something is from."""

    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.elsewhere = Peer()
        cls.addClassCleanup(cls.elsewhere.close)
        cls.carol = cls.elsewhere.actor("carol")

    def canonical_hash(self, document):
        path = self.server.folder / "canon.json"
        path.write_text(json.dumps(document))
        return hashlib.sha256(self.server.cli("jsonld", "canon", str(path)).encode()).hexdigest()

    def signed(self, actor, activity):
        """`activity` with a linked-data signature of `actor` that holds."""
        options = {"creator": actor.key_id, "created": "2026-01-01T00:00:00Z"}
        text = (self.canonical_hash({"@context": SECURITY, **options})
                + self.canonical_hash(activity))
        return {**activity, "signature": {"type": "RsaSignature2017", **options,
                                          "signatureValue": actor.key.sign(text)}}

    def create(self, content, number):
        note = {"id": f"{self.peer.url}/notes/{number}", "type": "Note", "content": content,
                "attributedTo": self.bob.id, "to": [PUBLIC]}
        return {"@context": [AS2, SECURITY], "id": f"{self.peer.url}/activities/{number}",
                "type": "Create", "actor": self.bob.id, "to": [PUBLIC],
                "cc": [self.alice.actor], "object": note}

    def test_interop_I25_a_signature_that_holds_gives_no_authority(self):
        create = self.signed(self.bob, self.create("never served", "lds1"))
        self.assert_status(answered(lambda: self.carol.deliver(self.alice.inbox, create)), 403)
        follow = self.bob.activity("Follow", self.alice.actor)
        self.assert_status(self.bob.deliver(self.alice.inbox, follow), 202)
        delete = self.signed(self.bob, {"@context": [AS2, SECURITY], "actor": self.bob.id,
                                        "id": f"{self.peer.url}/activities/lds2",
                                        "type": "Delete", "object": self.bob.id})
        self.assert_status(self.carol.deliver(self.alice.inbox, delete), 403)
        self.assertIn(self.bob.id, self.alice.ids(self.alice.document["followers"]))
        self.assertNotIn(create["id"], self.alice.ids(self.alice.inbox))
        self.assertEqual(self.server.run("show", create["object"]["id"]).returncode, 1)

    def test_interop_I25_what_is_forwarded_is_asked_for_at_its_origin(self):
        create = self.create("as its origin serves it", "lds3")
        self.peer.documents["/activities/lds3"] = create
        forged = json.loads(json.dumps(create))
        forged["object"]["content"] = "as the forwarder has it"
        forged = self.signed(self.bob, forged)
        self.assert_status(answered(lambda: self.carol.deliver(self.alice.inbox, forged)), 202)
        self.assertIn(create["id"], self.alice.ids(self.alice.inbox))
        shown = self.server.cli("show", create["object"]["id"])
        self.assertIn("as its origin serves it", shown)
        self.assertNotIn("as the forwarder has it", shown)
        self.assertIn("fetched", self.server.cli("why", create["id"]))

    def test_interop_I25_an_origin_that_serves_another_activity_or_actor_is_not_believed(self):
        for number, change in enumerate((
                {"id": f"{self.peer.url}/activities/other"},
                {"actor": self.carol.id},
                {"actor": self.alice.actor},
                {"type": "Note"})):
            create = self.create("x", f"lds4{number}")
            self.peer.documents[f"/activities/lds4{number}"] = {**create, **change}
            create = self.signed(self.bob, create)
            answer = answered(lambda create=create: self.carol.deliver(self.alice.inbox, create))
            self.assertIn(answer.status_code, (400, 403), change)
            self.assertNotIn(create["id"], self.alice.ids(self.alice.inbox))


class Synchronization(federation_test.TwoServers):
    """FEP-8fcf between two servers of ours."""

    # The tests of the class above are not run again.
    for _name in [one for one in dir(federation_test.TwoServers) if one.startswith("test_")]:
        locals()[_name] = None
    del _name

    def setUp(self):
        super().setUp()
        self.carol = None

    def also_carol(self):
        """Carol, of Bob's server, follows Alice too."""
        self.there.stop()
        self.carol = self.there.account("carol")
        self.there.start()
        self.carol.submit({"@context": AS2, "type": "Follow", "object": self.alice.actor})
        wait_until(lambda: self.carol.actor in self.followers(), "Carol is a follower of Alice")

    def cut(self, server, other):
        """What `other` sends to `server` is refused and dropped."""
        host = f"127.0.0.1:{other.port}"
        server.cli("domain", "block", host)
        return host

    def test_interop_I26_a_lost_undo_is_made_good(self):
        self.follow()
        self.also_carol()
        host = self.cut(self.here, self.there)
        self.bob.submit({"@context": AS2, "type": "Undo", "object": {
            "type": "Follow", "actor": self.bob.actor, "object": self.alice.actor}})
        wait_until(lambda: not self.there.cli_json("queue", "list"), "the Undo is given up", 30)
        self.here.cli("domain", "unblock", host)
        self.assertIn(self.bob.actor, self.followers())
        self.note("who is still there?")
        wait_until(lambda: self.bob.actor not in self.followers(), "Bob's server told so", 30)
        self.assertIn(self.carol.actor, self.followers())

    def test_interop_I26_a_lost_reject_is_made_good(self):
        follow = self.follow()
        self.also_carol()
        host = self.cut(self.there, self.here)
        self.alice.submit({"@context": AS2, "type": "Reject", "object": follow})
        wait_until(lambda: not self.here.cli_json("queue", "list"), "the Reject is given up", 30)
        self.there.cli("domain", "unblock", host)
        self.assertEqual(self.following(), [self.alice.actor])
        self.note("for Carol")
        wait_until(lambda: not self.following(), "Bob does not follow Alice any more", 30)
        self.assertIn(self.alice.actor, self.carol.ids(self.carol.document["following"]))

    def test_interop_I26_the_part_of_a_server_is_for_that_server(self):
        self.follow()
        url = self.alice.document["followers"] + "/synchronization"
        self.assertEqual(requests.get(url, timeout=20, headers={"Accept": AS2_TYPE},
                                      verify=False).status_code, 401)
        self.assertEqual(self.alice.get(url).status_code, 401)
        peer = Peer()
        self.addCleanup(peer.close)
        dave = peer.actor("dave")
        headers = sign.cavage_headers(dave.key, dave.key_id, "GET", url,
                                      covered=("(request-target)", "host", "date"))
        answer = requests.get(url, headers={**headers, "Accept": AS2_TYPE}, timeout=20)
        self.assertEqual(answer.status_code, 200)
        self.assertEqual(answer.json()["orderedItems"], [])
        self.assertIn("private", answer.headers["Cache-Control"])


class Limits(AcceptanceCase):
    """What is counted by address, seen from behind a proxy that is trusted."""

    serve_args = ("--trusted-proxy", "127.0.0.1")

    @classmethod
    def set_up_data(cls):
        cls.alice = cls.server.account("alice")
        cls.client = cls.server.add_client()

    def test_checklist_67_a_peer_that_sends_too_much_is_told_when_to_come_again(self):
        with requests.Session() as session:
            def status(address):
                return session.post(f"{self.server.url}/inbox", data=b"{}", timeout=20, headers={
                    "Content-Type": AS2_TYPE, "X-Forwarded-For": address})
            answers = [status("203.0.113.7") for _ in range(310)]
            self.assertEqual({one.status_code for one in answers[:290]}, {401})
            self.assertEqual(answers[-1].status_code, 429)
            self.assertGreater(int(answers[-1].headers["Retry-After"]), 0)
            self.assertEqual(status("203.0.113.8").status_code, 401)

    def test_checklist_68_a_client_that_fetches_too_much_is_told_when_to_come_again(self):
        """By user; guessed passwords and registrations are limited too (oauth_test.py)."""
        erin = self.server.account("erin")
        answers = []

        def fetch(part):
            for number in range(45):
                answers.append(requests.post(
                    f"{self.server.url}/proxy", timeout=20, headers=erin.headers,
                    data={"id": f"https://127.0.0.1:1/{part}/{number}"}))
        in_threads(8, fetch)
        limited = [one for one in answers if one.status_code == 429]
        self.assertTrue(limited)
        self.assertGreaterEqual(len(answers) - len(limited), 300)
        self.assertGreater(int(limited[0].headers["Retry-After"]), 0)


if __name__ == "__main__":
    unittest.main()
