"""Two quadpub servers on loopback, and what an inbox does with the mail of strangers."""

import json
import time
import unittest

import requests

import sign
from harness import (AS2, PUBLIC, AcceptanceCase, Server, id_of, stays, wait_until)
from remote import Peer


class TwoServers(unittest.TestCase):
    """Alice lives on one server, Bob on the other."""

    def setUp(self):
        self.here, self.there = Server(host="127.0.0.1"), Server(host="127.0.0.1")
        self.addCleanup(self.here.close)
        self.addCleanup(self.there.close)
        self.alice, self.bob = self.here.account("alice"), self.there.account("bob")
        self.here.start()
        self.there.start()

    def tearDown(self):
        for server in (self.here, self.there):
            self.assertTrue(server.alive(), server.log()[-4000:])

    def followers(self):
        return self.alice.ids(self.alice.document["followers"])

    def following(self):
        return self.bob.ids(self.bob.document["following"])

    def follow(self):
        """Bob follows Alice, and both servers know; returns the id of the Follow."""
        follow = self.bob.submit({"@context": AS2, "type": "Follow", "object": self.alice.actor,
                                  "to": [self.alice.actor]})
        wait_until(lambda: self.bob.actor in self.followers(), "Bob is a follower of Alice")
        wait_until(lambda: self.alice.actor in self.following(), "Bob's server has the Accept")
        return follow

    def note(self, content):
        activity, _ = self.alice.create({"type": "Note", "content": content}, to=[PUBLIC],
                                        cc=[self.alice.document["followers"]])
        return activity

    def inbox_ids(self):
        return self.bob.ids(self.bob.inbox)

    def test_webfinger_leads_to_the_other_actor(self):
        found = self.here.get("/.well-known/webfinger", headers={},
                              params={"resource": f"acct:alice@127.0.0.1:{self.here.port}"})
        self.assertEqual(found.status_code, 200, found.text)
        itself = [link["href"] for link in found.json()["links"] if link["rel"] == "self"]
        self.assertEqual(itself, [self.alice.actor])
        self.assertEqual(self.there.get(itself[0]).json()["preferredUsername"], "alice")

    def test_follow_accept_post_inbox_unfollow(self):
        follow = self.follow()
        self.assertEqual(self.followers(), [self.bob.actor])
        self.assertEqual(self.following(), [self.alice.actor])

        first = self.note("for my followers")
        wait_until(lambda: first in self.inbox_ids(), "the note is in Bob's inbox")
        stays(lambda: self.inbox_ids().count(first) == 1, "the note is there once")
        received = [item for item in self.bob.items(self.bob.inbox) if id_of(item) == first]
        self.assertEqual(len(received), 1)

        self.bob.submit({"@context": AS2, "type": "Undo", "to": [self.alice.actor],
                         "object": {"id": follow, "type": "Follow", "actor": self.bob.actor,
                                    "object": self.alice.actor}})
        wait_until(lambda: not self.followers(), "Alice has no follower any more")
        self.assertEqual(self.following(), [])
        second = self.note("after the parting")
        stays(lambda: second not in self.inbox_ids(), "Bob gets no more notes", seconds=2)

    def test_a_mention_reaches_who_does_not_follow(self):
        activity, _ = self.alice.create({"type": "Note", "content": "hi"}, to=[self.bob.actor])
        wait_until(lambda: activity in self.inbox_ids(), "the note is in Bob's inbox")

    def test_the_receiver_may_be_away_for_a_while(self):
        self.follow()
        self.assertEqual(self.there.stop(), 0)
        sent = [self.note(f"while you were out {n}") for n in range(5)]
        time.sleep(0.5)
        self.there.start()
        wait_until(lambda: set(sent) <= set(self.inbox_ids()), "all notes arrive", seconds=60)
        stays(lambda: all(self.inbox_ids().count(one) == 1 for one in sent), "and once each")

    def test_the_sender_may_be_restarted_with_mail_in_its_queue(self):
        self.follow()
        self.assertEqual(self.there.stop(), 0)
        sent = [self.note(f"queued {n}") for n in range(5)]
        self.here.kill()
        self.here.start()
        self.there.start()
        wait_until(lambda: set(sent) <= set(self.inbox_ids()), "all notes arrive", seconds=60)
        stays(lambda: all(self.inbox_ids().count(one) == 1 for one in sent), "and once each")
        self.assertEqual(self.followers(), [self.bob.actor])

    def test_restarts_between_all_steps_lose_nothing(self):
        follow = self.follow()
        self.here.restart()
        self.there.restart()
        first = self.note("after the restart")
        wait_until(lambda: first in self.inbox_ids(), "the note is in Bob's inbox")
        self.there.restart()
        self.assertEqual(self.inbox_ids().count(first), 1)
        self.here.restart()
        self.assertEqual(self.alice.ids(self.alice.outbox).count(first), 1)
        self.bob.submit({"@context": AS2, "type": "Undo", "to": [self.alice.actor],
                         "object": follow})
        wait_until(lambda: not self.followers(), "Alice has no follower any more")
        for server in (self.here, self.there):
            self.assertEqual(server.run("verify").returncode, 0)


class InboxRefusals(AcceptanceCase):
    """Each refusal has its own 4xx, and none leaves anything behind."""

    @classmethod
    def setUpClass(cls):
        cls.server = Server(host="127.0.0.1")
        cls.addClassCleanup(cls.server.close)
        cls.alice = cls.server.account("alice")
        cls.peer, cls.elsewhere = Peer(), Peer()
        cls.addClassCleanup(cls.peer.close)
        cls.addClassCleanup(cls.elsewhere.close)
        cls.bob, cls.carol = cls.peer.actor("bob"), cls.elsewhere.actor("carol")
        cls.server.start()

    def refused(self, response, activity, *expected):
        self.assert_status(response, *expected)
        self.assertIn("error", response.json())
        self.assertNotIn(activity["id"], self.alice.ids(self.alice.inbox))

    def follow(self):
        return self.bob.activity("Follow", self.alice.actor)

    def test_no_signature_is_401(self):
        activity = self.follow()
        response = self.alice.post(activity, url=self.alice.inbox)
        self.refused(response, activity, 401)

    def test_a_wrong_digest_is_400(self):
        activity = self.follow()
        changed = json.dumps({**activity, "summary": "changed"}).encode()
        self.refused(self.bob.deliver(self.alice.inbox, activity, sent_body=changed),
                     activity, 400)

    def test_a_wrong_content_digest_is_400(self):
        activity = self.follow()
        changed = json.dumps({**activity, "summary": "changed"}).encode()
        self.refused(self.bob.deliver(self.alice.inbox, activity, make=sign.rfc9421_headers,
                                      sent_body=changed), activity, 400)

    def test_an_old_or_a_future_date_is_401(self):
        for shift in (-2 * 3600, -13 * 3600, 2 * 3600):
            activity = self.follow()
            self.refused(self.bob.deliver(self.alice.inbox, activity, date=time.time() + shift),
                         activity, 401)

    def test_an_old_created_is_401(self):
        activity = self.follow()
        self.refused(self.bob.deliver(self.alice.inbox, activity, make=sign.rfc9421_headers,
                                      created=time.time() - 2 * 3600), activity, 401)

    def test_a_signature_of_another_key_is_401(self):
        activity = self.follow()
        self.refused(self.carol.deliver(self.alice.inbox, activity, key_id=self.bob.key_id),
                     activity, 401)

    def test_a_signature_that_covers_too_little_is_401(self):
        for covered in (("date",), ("host", "date", "digest"),
                        ("(request-target)", "date", "digest"),
                        ("(request-target)", "host", "digest")):
            activity = self.follow()
            self.refused(self.bob.deliver(self.alice.inbox, activity, covered=covered),
                         activity, 401)
        for covered in (("@method", "content-digest"), ("@target-uri", "content-digest"),
                        ("@method", "@target-uri")):
            activity = self.follow()
            self.refused(self.bob.deliver(self.alice.inbox, activity, covered=covered,
                                          make=sign.rfc9421_headers), activity, 401)

    def test_a_signature_for_another_inbox_is_401(self):
        activity = self.follow()
        body = json.dumps(activity).encode()
        headers = sign.cavage_headers(self.bob.key, self.bob.key_id, "POST",
                                      f"{self.server.url}/inbox", body)
        self.refused(requests.post(self.alice.inbox, data=body, headers=headers, timeout=20),
                     activity, 401)

    def test_a_foreign_actor_is_403(self):
        activity = {**self.follow(), "actor": self.carol.id}
        self.refused(self.bob.deliver(self.alice.inbox, activity), activity, 403)

    def test_a_body_that_names_a_local_actor_is_403(self):
        activity = {**self.follow(), "actor": self.alice.actor}
        self.refused(self.bob.deliver(self.alice.inbox, activity), activity, 403)

    def test_an_activity_id_of_another_origin_is_403(self):
        activity = {**self.follow(), "id": f"{self.elsewhere.url}/activities/1"}
        self.refused(self.bob.deliver(self.alice.inbox, activity), activity, 403)

    def test_a_key_nobody_can_fetch_is_401(self):
        activity = self.follow()
        self.refused(self.bob.deliver(self.alice.inbox, activity,
                                      key_id=f"{self.peer.url}/users/nobody#main-key"),
                     activity, 401)


class Authority(AcceptanceCase):
    """A document changes only what its signer may speak for."""

    @classmethod
    def setUpClass(cls):
        InboxRefusals.setUpClass.__func__(cls)

    def test_an_embedded_object_of_another_origin_changes_nothing(self):
        note_id = self.elsewhere.publish("/notes/1", {
            "type": "Note", "attributedTo": self.carol.id, "content": "Carol's own words",
            "to": [PUBLIC]})
        mine = self.carol.activity("Create", self.elsewhere.documents["/notes/1"], to=[PUBLIC],
                                   cc=[self.alice.actor])
        self.assert_status(self.carol.deliver(self.alice.inbox, mine), 202)
        wait_until(lambda: mine["id"] in self.alice.ids(self.alice.inbox), "Carol's note arrives")
        before = self.server.cli("show", note_id)
        self.assertIn("Carol's own words", before)

        forged = {"id": note_id, "type": "Note", "attributedTo": self.bob.id,
                  "content": "words put in her mouth", "to": [PUBLIC]}
        for kind in ("Create", "Update", "Announce"):
            answer = self.bob.deliver(self.alice.inbox, self.bob.activity(
                kind, forged, to=[PUBLIC], cc=[self.alice.actor]))
            self.assert_status(answer, 202, 403)
        stays(lambda: self.server.cli("show", note_id) == before, "the note is as Carol wrote it")

    def test_an_embedded_stub_does_not_wipe_a_local_actor(self):
        before = self.server.get(self.alice.actor).json()
        create = self.bob.activity("Create", {
            "id": f"{self.peer.url}/notes/stub", "type": "Note", "content": "x",
            "attributedTo": self.bob.id, "to": [PUBLIC],
            "tag": [{"id": self.alice.actor, "type": "Person", "name": "Not Alice",
                     "inbox": self.bob.id + "/inbox"}]}, to=[PUBLIC], cc=[self.alice.actor])
        self.assert_status(self.bob.deliver(self.alice.inbox, create), 202)
        wait_until(lambda: create["id"] in self.alice.ids(self.alice.inbox), "the note arrives")
        self.assertEqual(self.server.get(self.alice.actor).json(), before)

    def test_somebody_else_cannot_undo_a_follow(self):
        follow = self.carol.activity("Follow", self.alice.actor)
        self.assert_status(self.carol.deliver(self.alice.inbox, follow), 202)
        followers = self.alice.document["followers"]
        wait_until(lambda: self.carol.id in self.alice.ids(followers), "Carol follows")
        self.assert_status(self.bob.deliver(self.alice.inbox,
                                            self.bob.activity("Undo", follow)), 202, 403)
        stays(lambda: self.carol.id in self.alice.ids(followers), "Carol still follows")

    def test_a_replay_is_202_without_a_second_effect(self):
        create = self.bob.activity("Create", {
            "id": f"{self.peer.url}/notes/replay", "type": "Note", "content": "once",
            "attributedTo": self.bob.id, "to": [PUBLIC]}, to=[PUBLIC], cc=[self.alice.actor])
        for _ in range(3):
            self.assert_status(self.bob.deliver(self.alice.inbox, create), 202)
        wait_until(lambda: create["id"] in self.alice.ids(self.alice.inbox), "the note arrives")
        stays(lambda: self.alice.ids(self.alice.inbox).count(create["id"]) == 1, "once")

    def test_the_shared_inbox_reaches_who_is_addressed(self):
        create = self.bob.activity("Create", {
            "id": f"{self.peer.url}/notes/shared", "type": "Note", "content": "x",
            "attributedTo": self.bob.id, "to": [self.alice.actor]}, to=[self.alice.actor])
        self.assert_status(self.bob.deliver(f"{self.server.url}/inbox", create), 202)
        wait_until(lambda: create["id"] in self.alice.ids(self.alice.inbox), "the note arrives")

    def test_what_a_sender_wrote_is_kept_and_explained(self):
        create = self.bob.activity("Create", {
            "id": f"{self.peer.url}/notes/why", "type": "Note", "content": "why",
            "attributedTo": self.bob.id, "to": [PUBLIC]}, to=[PUBLIC], cc=[self.alice.actor])
        self.assert_status(self.bob.deliver(self.alice.inbox, create), 202)
        wait_until(lambda: create["id"] in self.alice.ids(self.alice.inbox), "the note arrives")
        why = self.server.cli("why", f"{self.peer.url}/notes/why")
        self.assertIn(self.bob.key_id, why)
        self.assertEqual(json.loads(self.server.cli("show", create["id"], "--received")), create)


if __name__ == "__main__":
    unittest.main()
