"""Servers that quadpub has not met: each sends what its software sends, and gets what it expects.

Mastodon, Pleroma, GoToSocial, Misskey, Lemmy, PeerTube and WordPress differ in what they leave out,
embed, or put in a list of one; all of it is ActivityPub.
"""

import json
import time
import unittest

import sign
from harness import AS2, AS2_TYPE, PUBLIC, id_of, wait_until
from remote import Peer
from wire_test import WireCase


class PeerCase(WireCase):
    def peers_actor(self, name, changes=None):
        """An actor of the peer with Bob's key: making one takes longer than most tests."""
        actor = self.peer.actor(name, key=self.bob.key)
        document = self.peer.documents[f"/users/{name}"]
        document.update(changes or {})
        for missing in [member for member, value in document.items() if value is None]:
            del document[missing]
        return actor

    def delivered(self, actor, activity, **options):
        self.assert_status(actor.deliver(self.alice.inbox, activity, **options), 202)

    def followers(self):
        return self.alice.ids(self.alice.document["followers"])

    def following(self):
        return self.alice.ids(self.alice.document["following"])

    def total(self, thing, collection):
        return self.alice.get(thing).json()[collection]["totalItems"]

    def public_note(self, **members):
        _, note = self.alice.create({"type": "Note", "content": "x", **members}, to=[PUBLIC])
        return note


class Actors(PeerCase):
    def test_actors_of_any_type_and_with_any_optional_member_missing_may_follow(self):
        for number, changes in enumerate((
                {"type": "Service"}, {"type": "Group"}, {"type": "Organization"},
                {"type": "Application"}, {"type": ["Person", "foaf:Agent"]}, {"type": ["Person"]},
                {"outbox": None, "followers": None, "following": None, "name": None,
                 "preferredUsername": None},
                {"@context": AS2},  # the key's words are not defined
                {"@context": ["https://join-lemmy.org/context.json", AS2]},
                {"@context": [AS2, "https://unknown.example/context.jsonld", {"@language": "und"}]},
                {"icon": [], "tag": [], "attachment": [], "summary": None, "endpoints": {}})):
            with self.subTest(changes=changes):
                actor = self.peers_actor(f"kind{number}", changes)
                self.delivered(actor, actor.activity("Follow", self.alice.actor))
                self.assertIn(actor.id, self.followers())

    def test_lists_of_one_and_embedded_stubs_say_what_a_bare_value_says(self):
        for number, shape in enumerate((
                lambda one: {"actor": [one.id]},
                lambda one: {"actor": {"id": one.id, "type": "Person"}},
                lambda one: {"object": [self.alice.actor], "type": ["Follow"]},
                lambda one: {"object": {"id": self.alice.actor, "type": "Person"}})):
            actor = self.peers_actor(f"shape{number}")
            document = self.peer.documents[f"/users/shape{number}"]
            for member in ("inbox", "type", "publicKey"):
                document[member] = [document[member]]
            self.delivered(actor,
                           {**actor.activity("Follow", self.alice.actor), **shape(actor)})
            self.assertIn(actor.id, self.followers())


    def test_a_key_is_found_however_it_is_written(self):
        for number, change in enumerate((
                lambda key: {"publicKeyPem": f"\n  {key['publicKeyPem']}  \n"},
                lambda key: {"publicKeyPem": key["publicKeyPem"].replace("\n", "\r\n")},
                lambda key: {"type": "Key", "controller": key["owner"], "owner": None})):
            actor = self.peers_actor(f"spelling{number}")
            key = self.peer.documents[f"/users/spelling{number}"]["publicKey"]
            key.update(change(dict(key)))
            self.delivered(actor, actor.activity("Follow", self.alice.actor))
            self.assertIn(actor.id, self.followers())

    def test_what_is_left_of_an_actor_does_not_follow(self):
        actor = self.peers_actor("left", {"type": "Tombstone", "inbox": None})
        self.assert_status(
            actor.deliver(self.alice.inbox, actor.activity("Follow", self.alice.actor)), 401)
        self.assertNotIn(actor.id, self.followers())


class FirstContact(WireCase):
    """Of each of these actors the server has never heard before its first activity."""

    def actor(self, name):
        return self.peer.actor(name, key=self.bob.key)

    def test_the_first_create_of_a_new_peer_may_only_name_its_object(self):
        for make in (sign.cavage_headers, sign.rfc9421_headers):
            actor = self.actor(f"names-{make.__name__}")
            note = self.peer.publish(f"/notes/{make.__name__}", {
                "type": "Note", "content": "by name", "attributedTo": actor.id, "to": PUBLIC})
            create = actor.activity("Create", note, to=[PUBLIC])
            self.assert_status(actor.deliver(self.alice.inbox, create, make=make), 202)
            self.assertIn("by name", self.server.cli("show", note))

    def test_the_first_word_of_a_new_peer_may_be_what_another_one_said(self):
        bringer, author = self.actor("bringer"), self.actor("author")
        note = self.peer.publish("/notes/brought", {
            "type": "Note", "content": "brought", "attributedTo": author.id, "to": [PUBLIC]})
        self.peer.publish("/activities/brought", {
            "type": "Create", "actor": author.id, "to": [PUBLIC],
            "object": self.peer.documents["/notes/brought"]})
        forwarded = {**self.peer.documents["/activities/brought"],
                     "signature": {"type": "RsaSignature2017", "signatureValue": "x"}}
        self.assert_status(bringer.deliver(self.alice.inbox, forwarded), 202)
        self.assertIn("brought", self.server.cli("show", note))

    def test_of_several_signatures_that_of_the_actor_counts(self):
        def signed_twice(key, key_id, method, url, body, **options):
            proxy = sign.rfc9421_headers(key, "https://proxy.example/key", method, url, body)
            own = sign.rfc9421_headers(key, key_id, method, url, body, **options)
            for field in ("Signature-Input", "Signature"):
                own[field] = proxy[field].replace("sig1", "proxy") + ", " + own[field]
            return own
        actor = self.actor("twice")
        self.assert_status(actor.deliver(self.alice.inbox,
                                         actor.activity("Like", self.alice.actor),
                                         make=signed_twice), 202)


class Signatures(PeerCase):
    def test_every_legal_choice_of_rfc9421_components_is_taken(self):
        for covered in (("content-digest", "@target-uri", "@method"),
                        ("@method", "@authority", "@path", "content-digest"),
                        ("@method", "@authority", "@request-target", "content-digest"),
                        ("@method", "@scheme", "@authority", "@path", "@query", "content-digest"),
                        ("@method", "@target-uri", "content-type", "content-digest")):
            with self.subTest(covered=covered):
                self.delivered(self.bob, self.bob.activity("Like", self.alice.actor),
                               make=sign.rfc9421_headers, covered=covered)

    def test_a_query_that_is_not_covered_is_refused(self):
        like = self.bob.activity("Like", self.alice.actor)
        for covered, status in ((("@method", "@authority", "@path", "content-digest"), 401),
                                (("@method", "@authority", "@request-target", "content-digest"),
                                 202)):
            answer = self.bob.deliver(self.alice.inbox + "?a=b", like,
                                      make=sign.rfc9421_headers, covered=covered)
            self.assert_status(answer, status)


class Discovery(PeerCase):
    def test_an_account_is_found_without_its_scheme(self):
        host = self.server.url.split("/")[2]
        for resource in (f"alice@{host}", f"@alice@{host}"):
            answer = self.server.get("/.well-known/webfinger", headers={},
                                     params={"resource": resource})
            self.assertEqual(answer.json()["links"][0]["href"], self.alice.actor)

    def test_the_first_link_of_nodeinfo_is_one_of_nodeinfo(self):
        links = self.server.get("/.well-known/nodeinfo", headers={}).json()["links"]
        self.assertTrue(links[0]["rel"].startswith("http://nodeinfo.diaspora.software/ns/schema/"))


class Follows(PeerCase):
    def test_accepts_of_every_shape_are_understood(self):
        shapes = {
            "iri": lambda follow, one: follow,
            "embedded": lambda follow, one: {"id": follow, **one},
            "without-id": lambda follow, one: one,
            "list": lambda follow, one: [follow],
            "id-only": lambda follow, one: {"id": follow},
            "other-id": lambda follow, one: {"id": self.alice.actor + "#follows/1", **one},
            "pleroma": lambda follow, one: {"id": follow, **one, "state": "pending", "cc": []}}
        for name, shape in shapes.items():
            with self.subTest(shape=name):
                actor = self.peers_actor(f"accepts-{name}")
                follow = self.alice.submit({"@context": AS2, "type": "Follow",
                                            "object": actor.id})
                one = {"type": "Follow", "actor": self.alice.actor, "object": actor.id}
                self.delivered(actor, {**actor.activity("Accept", shape(follow, one)),
                                       "id": f"{actor.id}#accepts/follows/{name}"})
                self.assertIn(actor.id, self.following())

    def test_undos_of_every_shape_are_understood(self):
        shapes = {
            "iri": lambda follow: follow["id"], "embedded": lambda follow: follow,
            "list": lambda follow: [follow["id"]],
            "without-id": lambda follow: {key: follow[key] for key in ("type", "actor", "object")},
            "other-id": lambda follow: {**follow, "id": follow["actor"] + "#follows/9/undo"}}
        for name, shape in shapes.items():
            with self.subTest(shape=name):
                actor = self.peers_actor(f"undoes-{name}")
                follow = actor.activity("Follow", self.alice.actor)
                self.delivered(actor, follow)
                self.assertIn(actor.id, self.followers())
                self.delivered(actor, actor.activity("Undo", shape(follow)))
                self.assertNotIn(actor.id, self.followers())


class Objects(PeerCase):
    def note(self, name, **members):
        """A Note of Bob's that can be fetched; its document."""
        path = f"/notes/{name}"
        self.peer.publish(path, {"type": "Note", "attributedTo": self.bob.id, "content": name,
                                 "to": [PUBLIC], **members})
        return self.peer.documents[path]

    def test_deletes_of_every_shape_are_understood(self):
        parent = self.public_note()
        for name, shape in {"iri": lambda one: one["id"], "list": lambda one: [one["id"]],
                            "tombstone": lambda one: {"id": one["id"], "type": "Tombstone"},
                            "whole": lambda one: one}.items():
            with self.subTest(shape=name):
                note = self.note(f"deleted-{name}", inReplyTo=parent)
                self.delivered(self.bob, self.bob.activity("Create", note, to=[PUBLIC]))
                self.assertEqual(self.total(parent, "replies"), 1)
                self.delivered(self.bob, self.bob.activity("Delete", shape(note), to=[PUBLIC]))
                self.assertEqual(self.total(parent, "replies"), 0)

    def test_an_object_that_is_only_named_is_fetched_from_its_origin(self):
        parent = self.public_note()
        note = self.note("named", inReplyTo=parent, cc=[self.alice.actor])
        create = self.bob.activity("Create", note["id"], to=[PUBLIC], cc=[self.alice.actor])
        self.delivered(self.bob, create)
        self.assertEqual(self.alice.ids(parent + "/replies"), [note["id"]])
        listed = [item for item in self.alice.items(self.alice.inbox)
                  if item["id"] == create["id"]]
        self.assertEqual(listed[0]["object"]["content"], "named")
        self.assertIn("fetched", self.server.cli("why", note["id"]))
        # What came is kept as it came.
        self.assertEqual(json.loads(self.server.cli("show", create["id"], "--received"))["object"],
                         note["id"])
        note["content"] = "named anew"
        time.sleep(1.1)  # what was fetched less than a second ago is not asked for again
        self.delivered(self.bob, self.bob.activity("Update", note["id"], to=[PUBLIC]))
        self.assertIn("named anew", self.server.cli("show", note["id"]))

    def test_an_object_that_is_only_named_counts_as_its_origin_says(self):
        parent = self.public_note()
        elsewhere = Peer()
        self.addCleanup(elsewhere.close)
        theirs = elsewhere.publish("/n", {"type": "Note", "attributedTo": self.bob.id,
                                          "inReplyTo": parent, "to": [PUBLIC]})
        named = (self.note("of-carol", inReplyTo=parent,
                           attributedTo=f"{self.peer.url}/users/carol")["id"],
                 self.note("other-id", inReplyTo=parent, id=self.peer.url + "/notes/x")["id"],
                 self.peer.url + "/notes/missing", theirs, self.alice.actor, "urn:x:y")
        for thing in named:
            self.delivered(self.bob, self.bob.activity("Create", thing, to=[PUBLIC]))
            self.assertEqual(self.total(parent, "replies"), 0)
        self.assertNotIn(("GET", "/n"), elsewhere.requests)

    def test_a_private_object_that_is_only_named_is_read_by_whom_it_is_for(self):
        note = self.note("whispered", to=[self.alice.actor])
        self.delivered(self.bob, self.bob.activity("Create", note["id"], to=[self.alice.actor]))
        self.assertIn("whispered", self.server.cli("show", note["id"], "--as", self.alice.actor))
        other = self.server.account("eve")
        self.assertNotEqual(
            self.server.run("show", note["id"], "--as", other.actor).returncode, 0)

    def test_a_vote_of_mastodons_counts(self):
        _, question = self.alice.create(
            {"type": "Question", "content": "?", "oneOf": [{"type": "Note", "name": "yes"},
                                                           {"type": "Note", "name": "no"}]},
            to=[PUBLIC])
        vote = f"{self.bob.id}#votes/1"
        self.delivered(self.bob, {
            "@context": AS2, "id": f"{vote}/activity", "type": "Create", "actor": self.bob.id,
            "to": self.alice.actor,
            "object": {"id": vote, "type": "Note", "name": "yes", "attributedTo": self.bob.id,
                       "to": self.alice.actor, "inReplyTo": question}})
        listed = [item for item in self.alice.items(self.alice.inbox)
                  if item["id"] == f"{vote}/activity"]
        self.assertEqual(listed[0]["object"]["name"], "yes")
        options = self.alice.get(question).json()["oneOf"]
        self.assertEqual([one["replies"]["totalItems"] for one in options], [1, 0])

    def test_reactions_of_pleroma_and_misskey_are_likes(self):
        note = self.public_note()
        pleroma, misskey = self.peers_actor("pleroma"), self.peers_actor("misskey")
        self.delivered(pleroma, pleroma.activity("EmojiReact", note, content="🐱"))
        self.delivered(misskey, misskey.activity("Like", note, content=":blobcat:",
                                                 _misskey_reaction=":blobcat:"))
        self.assertEqual(self.total(note, "likes"), 2)

    def test_a_groups_announce_of_an_activity_is_listed_and_claims_nothing(self):
        group = self.peers_actor("group", {"type": "Group"})
        elsewhere = Peer()
        self.addCleanup(elsewhere.close)
        author = f"{elsewhere.url}/users/author"
        page = {"id": f"{elsewhere.url}/post/1", "type": "Page", "attributedTo": author,
                "to": [group.id, PUBLIC], "name": "Title", "audience": group.id}
        announce = group.activity(
            "Announce", {"id": f"{elsewhere.url}/activities/1", "type": "Create", "actor": author,
                         "object": page, "to": [PUBLIC], "cc": [group.id]},
            to=[PUBLIC], cc=[self.alice.actor])
        self.delivered(group, announce)
        listed = [item for item in self.alice.items(self.alice.inbox)
                  if item["id"] == announce["id"]]
        self.assertEqual(id_of(listed[0]["object"]), f"{elsewhere.url}/activities/1")
        self.assertNotEqual(self.server.run("show", page["id"]).returncode, 0)
        self.assertEqual(
            json.loads(self.server.cli("show", announce["id"], "--received")), announce)


class Sent(PeerCase):
    """What goes out is what the strictest of them want."""

    def test_undo_and_accept_embed_what_they_are_about(self):
        follow = self.alice.submit({"@context": AS2, "type": "Follow", "object": self.bob.id})
        self.alice.submit({"@context": AS2, "type": "Undo", "object": follow})
        undo = wait_until(lambda: self.peer.received("Undo"), "the Undo arrives")[0].activity
        self.assertEqual(
            {key: undo["object"][key] for key in ("id", "type", "actor", "object")},
            {"id": follow, "type": "Follow", "actor": self.alice.actor, "object": self.bob.id})
        asked = self.bob.activity("Follow", self.alice.actor)
        self.delivered(self.bob, asked)
        accept = wait_until(lambda: self.peer.received("Accept"), "the Accept arrives")[0]
        self.assertEqual(accept.activity["object"]["id"], asked["id"])
        self.assertEqual(accept.headers["Content-Type"], AS2_TYPE)


if __name__ == "__main__":
    unittest.main()
