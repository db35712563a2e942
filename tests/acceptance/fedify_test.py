"""A real Fedify server on loopback: both sides must take each other's word, in both directions.

SKIPPED (exit 77) where tools/setup --test has not put Node 22 and Fedify into tests/npm.
"""

import json
import subprocess
import unittest

import requests

from harness import (AS2, AS2_TYPE, NODE, NPM, PUBLIC, AcceptanceCase, Server, free_port, id_of,
                     main_with, stays, wait_until)

CAVAGE = "draft-cavage-http-signatures-12"


class Fedify:
    """The server of tests/npm/fedify_peer.mjs. close() it."""

    def __init__(self, first_knock):
        self.port = free_port()
        self.url = f"http://127.0.0.1:{self.port}"
        self.process = subprocess.Popen(
            [str(NODE), str(NPM / "fedify_peer.mjs"), str(self.port), first_knock],
            stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True)
        line = self.process.stdout.readline()
        if "fedify serves" not in line:
            raise AssertionError(f"fedify did not start: {line}{self.process.stdout.read()}")

    def close(self):
        self.process.kill()
        self.process.wait()
        self.process.stdout.close()

    def ask(self, control, **question):
        response = requests.post(f"{self.url}/control/{control}", json=question, timeout=60)
        if response.status_code != 200:
            raise AssertionError(f"fedify {control}: {response.text}")
        return response.json()

    def received(self, activity_id):
        return [one for one in self.ask("received") if one["activity"].get("id") == activity_id]


class WithFedify:
    """The same story for both forms of signatures that Fedify may knock with first."""

    first_knock = ""

    @classmethod
    def setUpClass(cls):
        cls.server = Server(host="127.0.0.1")
        cls.addClassCleanup(cls.server.close)
        cls.alice = cls.server.account("alice")
        cls.server.start()
        cls.fedify = Fedify(cls.first_knock)
        cls.addClassCleanup(cls.fedify.close)
        cls.fay = cls.fedify.ask("actor")

    def accepted(self, activity_id):
        """Fedify took it: its inbox said 2xx, and both its verifiers agree who signed."""
        got = wait_until(lambda: self.fedify.received(activity_id), f"{activity_id} is delivered")
        self.assertEqual([one["status"] for one in got], [202], got)
        self.assertEqual(got[0]["signed"], f"{self.alice.actor}#main-key", got[0])
        self.assertTrue(got[0]["proven"], f"no proof that Fedify verifies: {got[0]['activity']}")
        return got[0]

    def sent(self, **activity):
        """Fedify sends it to Alice, and it is in her inbox."""
        activity_id = self.fedify.ask("send", to=self.alice.actor, activity=activity)["id"]
        wait_until(lambda: activity_id in self.alice.ids(self.alice.inbox),
                   f"{activity['type']} of Fedify is in the inbox")
        return activity_id

    def follow_each_other(self):
        self.sent(type="Follow", object=self.alice.actor)
        self.alice.submit({"@context": AS2, "type": "Follow", "object": self.fay,
                           "to": [self.fay]})
        wait_until(lambda: self.fay in self.alice.ids(self.alice.document["following"]),
                   "Fedify's Accept made Alice follow")

    def test_fedify_reads_the_actor(self):
        """By its id: handles it looks up over https only, which loopback has not."""
        found = self.fedify.ask("lookup", what=self.alice.actor)
        self.assertEqual(found["type"], "Person", found)
        self.assertEqual(found["document"]["id"], self.alice.actor)
        self.assertEqual(found["document"]["publicKey"]["id"], f"{self.alice.actor}#main-key")
        self.assertIn("assertionMethod", found["document"])

    def test_we_find_it_by_its_handle(self):
        found = self.server.run("actor", "find", f"@fay@127.0.0.1:{self.fedify.port}", "--json",
                                env={"QUADPUB_CONFIG": self.allow_loopback()})
        self.assertEqual(found.returncode, 0, found.stderr)
        self.assertEqual(json.loads(found.stdout),
                         {"actor": self.fay, "account": f"fay@127.0.0.1:{self.fedify.port}"})

    def allow_loopback(self):
        config = self.server.folder / "loopback.toml"
        config.write_text('allow_private = ["127.0.0.1"]\n', encoding="utf-8")
        return str(config)

    def test_it_follows_us_and_our_accept_arrives_and_verifies(self):
        follow = self.sent(type="Follow", object=self.alice.actor)
        followers = self.alice.document["followers"]
        wait_until(lambda: self.fay in self.alice.ids(followers), "Fay is a follower")
        accept = wait_until(lambda: [one for one in self.fedify.ask("received")
                                     if one["activity"]["type"] == "Accept"
                                     and id_of(one["activity"]["object"]) == follow],
                            "the Accept reaches Fedify")[0]
        self.accepted(accept["activity"]["id"])
        undo = self.sent(type="Undo", object={"type": "Follow", "id": follow, "actor": self.fay,
                                              "object": self.alice.actor})
        self.assertTrue(undo)
        wait_until(lambda: self.fay not in self.alice.ids(followers), "Fay left")

    def test_we_follow_it_and_undo(self):
        follow = self.alice.submit({"@context": AS2, "type": "Follow", "object": self.fay,
                                    "to": [self.fay]})
        self.accepted(follow)
        following = self.alice.document["following"]
        wait_until(lambda: self.fay in self.alice.ids(following), "its Accept arrived")
        self.assertIn(self.alice.actor, self.fedify.ask("followers"))
        undo = self.alice.submit({"@context": AS2, "type": "Undo", "to": [self.fay],
                                  "object": follow})
        self.accepted(undo)
        wait_until(lambda: self.alice.actor not in self.fedify.ask("followers"), "we left")
        self.assertNotIn(self.fay, self.alice.ids(following))

    def test_notes_likes_announces_updates_and_deletes_reach_it(self):
        self.follow_each_other()
        followers = self.alice.document["followers"]
        create, note = self.alice.create({"type": "Note", "content": "to Fedify"}, to=[PUBLIC],
                                         cc=[followers])
        got = self.accepted(create)
        self.assertEqual(got["activity"]["object"]["content"], "to Fedify")
        self.assertEqual(self.fedify.ask("lookup", what=note)["type"], "Note")
        update = self.alice.submit({"@context": AS2, "type": "Update", "to": [PUBLIC],
                                    "cc": [followers],
                                    "object": {"id": note, "content": "changed"}})
        self.assertEqual(self.accepted(update)["activity"]["object"]["content"], "changed")
        theirs = self.fedify.ask("note", content="likeable")["id"]
        for kind in ("Like", "Announce"):
            activity = self.alice.submit({"@context": AS2, "type": kind, "object": theirs,
                                          "to": [PUBLIC, self.fay]})
            self.accepted(activity)
            undo = self.alice.submit({"@context": AS2, "type": "Undo", "object": activity,
                                      "to": [PUBLIC, self.fay]})
            self.accepted(undo)
        delete = self.alice.submit({"@context": AS2, "type": "Delete", "object": note,
                                    "to": [PUBLIC], "cc": [followers]})
        self.accepted(delete)

    def test_its_notes_likes_announces_updates_and_deletes_reach_us(self):
        self.follow_each_other()
        note = self.fedify.ask("note", content="from Fedify")
        note.pop("@context")
        create = self.sent(type="Create", object=note, to=PUBLIC, cc=f"{self.fay}/followers")
        self.assertIn("from Fedify", self.server.cli("show", note["id"]))
        self.assertIn(self.fay, self.server.cli("why", create))
        self.sent(type="Update", object={**note, "content": "it changed"}, to=PUBLIC)
        wait_until(lambda: "it changed" in self.server.cli("show", note["id"]), "it is updated")
        _, ours = self.alice.create({"type": "Note", "content": "like me"}, to=[PUBLIC])
        for kind in ("Like", "Announce"):
            activity = self.sent(type=kind, object=ours, to=PUBLIC)
            self.sent(type="Undo", object={"type": kind, "id": activity, "actor": self.fay,
                                           "object": ours}, to=PUBLIC)
        self.sent(type="Delete", object=note["id"], to=PUBLIC)
        wait_until(lambda: "Tombstone" in self.server.cli("show", note["id"]), "it is deleted")

    def test_a_private_note_reaches_it_and_nobody_else(self):
        create, note = self.alice.create({"type": "Note", "content": "psst"}, to=[self.fay])
        self.accepted(create)
        self.assertEqual(requests.get(note, headers={"Accept": AS2_TYPE}, timeout=20).status_code,
                         404)

    def test_bcc_is_used_and_never_sent(self):
        create, _ = self.alice.create({"type": "Note", "content": "blind"}, bcc=[self.fay])
        got = self.accepted(create)
        self.assertNotRegex(str(got["activity"]), r"\bbcc\b")

    def test_we_verify_what_it_signs_under_the_form_it_chose(self):
        _, ours = self.alice.create({"type": "Note", "content": "how"}, to=[PUBLIC])
        like = self.sent(type="Like", object=ours, to=PUBLIC)
        how = self.server.cli("why", like)
        expected = "rfc9421" if self.first_knock == "rfc9421" else "cavage"
        self.assertIn(expected, how)
        stays(lambda: self.alice.ids(self.alice.inbox).count(like) == 1, "once", seconds=0.5)


class KnocksWithRfc9421(WithFedify, AcceptanceCase):
    first_knock = "rfc9421"


class KnocksWithCavage(WithFedify, AcceptanceCase):
    first_knock = CAVAGE


if __name__ == "__main__":
    main_with("@fedify/fedify")
