"""What activities do, where the wire matters: forwarding, actors that are gone, moderation, many at once."""

import json
import unittest

from harness import PUBLIC, AcceptanceCase, Server, in_threads, stays, wait_until
from remote import Peer


class Effects(AcceptanceCase):
    @classmethod
    def setUpClass(cls):
        cls.server = Server(host="127.0.0.1")
        cls.addClassCleanup(cls.server.close)
        cls.alice = cls.server.account("alice")
        cls.peer, cls.other = Peer(), Peer()
        cls.addClassCleanup(cls.peer.close)
        cls.addClassCleanup(cls.other.close)
        cls.server.start()
        cls.note = cls.alice.create({"type": "Note", "content": "x"}, to=[PUBLIC])[1]

    def follow(self, actor):
        self.assert_status(actor.deliver(self.alice.inbox,
                                         actor.activity("Follow", self.alice.actor)), 202)
        wait_until(lambda: actor.id in self.alice.ids(self.alice.document["followers"]),
                   "the follower is listed")

    def test_item_51_an_answer_is_forwarded_to_followers_byte_for_byte(self):
        bob, dave = self.peer.actor("fwd"), self.other.actor("fwd")
        self.follow(dave)
        create = bob.activity("Create", {
            "id": f"{self.peer.url}/notes/fwd", "type": "Note", "content": "näh",
            "attributedTo": bob.id, "inReplyTo": self.note}, to=[self.alice.actor],
            cc=[self.alice.document["followers"]])
        body = json.dumps(create, indent=1).encode()
        self.assert_status(bob.deliver(self.alice.inbox, body), 202)
        arrived = wait_until(lambda: self.other.received("Create"), "the answer is forwarded")
        self.assertEqual(arrived[0].body, body)
        self.assert_status(bob.deliver(self.alice.inbox, body), 202)
        stays(lambda: len(self.other.received("Create")) == 1, "it is forwarded once")
        stays(lambda: not self.peer.received("Create"), "not to where it came from", 0.3)

    def test_item_59_likes_of_sixteen_at_once_are_all_counted(self):
        note = self.alice.create({"type": "Note", "content": "y"}, to=[PUBLIC])[1]
        actors = [self.peer.actor(f"many{n}") for n in range(16)]

        def like(number):
            for _ in range(3):
                actor = actors[number]
                answer = actor.deliver(self.alice.inbox, actor.activity("Like", note))
                self.assert_status(answer, 202)

        in_threads(16, like)
        self.assertEqual(self.server.get(note).json()["likes"]["totalItems"], 16)
        self.assertEqual(len(self.alice.ids(note + "/likes")), 16)

    def test_item_38_sixteen_clients_add_to_one_collection(self):
        shelf = self.alice.create({"type": "Collection", "name": "shelf"}, to=[PUBLIC])[1]

        def add(number):
            for step in range(4):
                self.alice.submit({"type": "Add", "target": shelf, "to": PUBLIC,
                                   "object": f"https://a.example/{number * 3 + step}"})

        in_threads(16, add)
        self.assertEqual(self.server.get(shelf).json()["totalItems"], 16 * 3 + 1)

    def test_I11_a_delete_by_an_actor_that_answers_410(self):
        bob = self.peer.actor("gone")
        unknown = self.peer.actor("never-seen")
        self.follow(bob)
        self.server.restart()  # keys that were fetched are forgotten
        for actor in (bob, unknown):
            self.peer.gone.add(f"/users/{actor.id.rsplit('/', 1)[1]}")
        self.assert_status(bob.deliver(self.alice.inbox, bob.activity("Delete", bob.id)), 202)
        self.assertNotIn(bob.id, self.alice.ids(self.alice.document["followers"]))
        before = len(self.peer.requests)
        answer = unknown.deliver(self.alice.inbox, unknown.activity("Delete", unknown.id))
        self.assert_status(answer, 202)
        self.assertEqual([r for r in self.peer.requests[before:] if r[0] == "GET"], [])

    def test_pending_requests_are_their_owners_to_read(self):
        locked = self.server.account("locked")
        locked.submit({"type": "Update", "object": {"id": locked.actor,
                                                    "manuallyApprovesFollowers": True}})
        bob = self.peer.actor("asks")
        follow = bob.activity("Follow", locked.actor)
        self.assert_status(bob.deliver(locked.inbox, follow), 202)
        pending = locked.document["pendingFollowers"]
        self.assertEqual(locked.ids(pending), [follow["id"]])
        self.assertEqual(locked.ids(locked.document["followers"]), [])
        for response in (self.server.get(pending), self.alice.get(pending),
                         self.server.get(locked.document["blocked"])):
            self.assert_status(response, 404)
        locked.submit({"type": "Accept", "object": follow["id"]})
        self.assertEqual(locked.ids(locked.document["followers"]), [bob.id])
        wait_until(lambda: [d for d in self.peer.received("Accept")
                            if d.path.startswith("/users/asks/")], "the Accept arrives")

    def test_only_allowed_hosts_once_one_is_allowed(self):
        bob = self.peer.actor("allow")
        self.server.cli("domain", "allow", "friend.example")
        self.addCleanup(self.server.run, "domain", "disallow", "friend.example")
        like = bob.activity("Like", self.note)
        self.assert_status(bob.deliver(self.alice.inbox, like), 403)
        self.assertIn("friend.example", self.server.cli("domain", "list"))
        self.server.cli("domain", "disallow", "friend.example")
        self.assert_status(bob.deliver(self.alice.inbox, like), 202)

    def test_why_says_what_an_activity_caused_and_where_it_went(self):
        bob = self.peer.actor("why")
        self.follow(bob)
        activity, thing = self.alice.create({"type": "Note", "content": "w"}, to=[bob.id])
        wait_until(lambda: [d for d in self.peer.received("Create")
                            if d.activity["id"] == activity], "the note arrives")
        said = wait_until(lambda: self.server.cli_json("why", thing)["deliveries"],
                          "the delivery is known")
        self.assertEqual((said[0]["activity"], said[0]["result"]), (activity, "202"))
        like = bob.activity("Like", thing)
        self.assert_status(bob.deliver(self.alice.inbox, like), 202)
        why = self.server.cli_json("why", like["id"])["documents"][0]
        self.assertEqual(why["attested_by"], bob.key_id)
        self.assertEqual(why["caused"], [f"added {like['id']} to {thing}/likes"])

    def test_a_disabled_users_actors_answer_410(self):
        mallory = self.server.account("disabled")
        inbox = mallory.inbox
        self.server.cli("user", "disable", "disabled")
        self.assert_status(self.server.get(mallory.actor), 410)
        self.assert_status(mallory.post({"type": "Note"}, url=mallory.outbox), 401)
        bob = self.peer.actor("writes")
        self.assert_status(bob.deliver(inbox, bob.activity("Follow", mallory.actor)), 410, 202)


if __name__ == "__main__":
    unittest.main()
