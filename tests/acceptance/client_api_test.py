"""The client API as ActivityPub has it: items 1-44 of spec/activitypub-checklist.md, a test named for
each that no other file has a test for (8, 10, 11, 14, 18, 19, 43 are in reading and endpoints)."""

import json
import unittest

import requests

from harness import AS2, AS2_TYPE, LD_TYPE, PUBLIC, AcceptanceCase, Server, id_of, stays, wait_until
from remote import Peer


class ClientApi(AcceptanceCase):
    @classmethod
    def setUpClass(cls):
        cls.server = Server(host="127.0.0.1")
        cls.addClassCleanup(cls.server.close)
        cls.alice = cls.server.account("alice")
        cls.bob = cls.server.account("bob")
        cls.peer = Peer()
        cls.addClassCleanup(cls.peer.close)
        cls.remote = cls.peer.actor("remote")
        cls.server.start()

    def public_note(self, account=None, **more):
        account = account or self.alice
        return account.create({"type": "Note", "content": "public", **more}, to=[PUBLIC])

    def refused(self, activity, status, words, account=None):
        response = (account or self.alice).post(activity)
        self.assert_status(response, status)
        self.assertIn(words, response.json()["error"])

    def follow(self, actor, account):
        """`actor` of the peer follows `account`."""
        self.assert_status(actor.deliver(account.inbox, actor.activity("Follow", account.actor)), 202)
        wait_until(lambda: actor.id in account.ids(account.document["followers"]), "it follows")

    def delivered(self, kind, to=None, **members):
        """The first delivery of that kind to an actor of the peer."""
        path = f"/users/{(to or self.remote).id.rsplit('/', 1)[1]}/inbox"
        return wait_until(lambda: next((
            d for d in self.peer.received(kind) if d.path == path and
            all(d.activity.get(name) == value for name, value in members.items())), None),
            f"{kind} is delivered to {path}")

    # 3: objects and identifiers

    def test_AP1_every_document_carries_the_context_and_others_beside_it(self):
        extra = {"ex": "https://example.org/ns#", "mood": "ex:mood"}
        activity, thing = self.alice.create({"type": "Note", "content": "x", "mood": "fine"},
                                            context=[AS2, extra], to=[PUBLIC, self.remote.id])
        _, deleted = self.public_note()
        self.alice.submit({"type": "Delete", "object": deleted, "to": PUBLIC})
        collections = [self.alice.document[name] for name in
                       ("outbox", "followers", "following", "liked", "featured")]
        for url in (activity, thing, deleted, self.alice.actor, thing + "/likes", *collections,
                    *(url + "?page=first" for url in collections)):
            context = self.server.get(url).json()["@context"]
            self.assertEqual(context if isinstance(context, str) else context[0], AS2, url)
        self.assertIn(extra, self.server.get(thing).json()["@context"])
        self.assertIn(extra, self.delivered("Create", id=activity).activity["@context"])

    def test_AP2_what_a_sender_says_of_others_is_not_believed(self):
        other = Peer()
        self.addCleanup(other.close)
        victim = f"{other.url}/notes/1"
        for actor in (self.remote.id, f"{other.url}/users/victim"):
            forged = self.remote.activity("Create", {
                "id": victim, "type": "Note", "content": "forged words", "attributedTo": actor},
                to=[self.alice.actor])
            self.remote.deliver(self.alice.inbox, forged)
        self.assertNotEqual(self.server.run("show", victim).returncode, 0)
        claim = self.remote.activity("Update", {"id": self.alice.actor, "type": "Person",
                                                "name": "Mallory"}, to=[self.alice.actor])
        self.remote.deliver(self.alice.inbox, claim)
        self.assertNotIn("Mallory", self.server.get(self.alice.actor).text)

    def test_AP3_ids_are_unique_dereferenceable_and_of_the_servers_origin(self):
        seen = set()
        for _ in range(3):
            for url in self.public_note():
                self.assertTrue(url.startswith(self.server.url + "/"))
                self.assertEqual(self.server.get(url).json()["id"], url)
                self.assertNotIn(url, seen)
                seen.add(url)
        _, anonymous = self.alice.create(
            {"type": "Note", "attachment": [{"id": None, "type": "PropertyValue", "name": "part"}]},
            to=[PUBLIC])
        part = self.server.get(anonymous).json()["attachment"][0]
        self.assertIsNone(part.get("id"))
        self.assertEqual(part["name"], "part")

    def test_AP4_activities_between_servers_have_an_id(self):
        activity, _ = self.alice.create({"type": "Note", "content": "x"}, to=[self.remote.id])
        self.assertEqual(self.delivered("Create", id=activity).activity["id"], activity)
        nameless = self.remote.activity("Create", {"type": "Note"}, to=[self.alice.actor])
        del nameless["id"]
        self.assert_status(self.remote.deliver(self.alice.inbox, nameless), 400)

    def test_AP5_what_comes_without_an_id_gets_one_of_the_actors_server(self):
        for body in ({"type": "Note", "content": "x"}, {"type": "Like", "object": self.bob.actor}):
            location = self.alice.submit(body)
            self.assertTrue(location.startswith(self.server.url + "/activities/"))

    def test_AP6_whatever_is_posted_has_a_type(self):
        self.refused({"content": "x", "to": PUBLIC}, 400, "type")
        self.refused({"type": "Create", "object": {"content": "x"}}, 400, "type")
        self.refused({"type": [], "content": "x"}, 400, "type")
        activity, thing = self.public_note()
        for none in (None, []):
            self.refused({"type": "Update", "object": {"id": thing, "type": none}}, 400, "type")
        for url in (activity, thing, self.alice.actor, self.alice.outbox):
            self.assertTrue(self.server.get(url).json()["type"])

    def test_AP7_the_source_is_stored_and_returned(self):
        source = {"content": "I *really* like strawberries!", "mediaType": "text/markdown"}
        _, thing = self.public_note(source=source)
        self.assertEqual(self.server.get(thing).json()["source"], source)

    # 3.2: retrieval

    def test_AP9_fetches_ask_for_activitystreams_with_its_profile(self):
        note = self.peer.publish("/notes/asked", {"type": "Note", "content": "x"})
        answer = requests.post(self.alice.document["endpoints"]["proxyUrl"], data={"id": note},
                               headers=self.alice.headers, timeout=30)
        self.assert_status(answer, 200)
        self.assertIn(LD_TYPE, self.peer.accepts["/notes/asked"])

    def test_AP12_what_may_be_cached_and_by_whom_is_said(self):
        _, thing = self.public_note()
        public = self.server.get(thing)
        self.assertIn("public", public.headers["Cache-Control"])
        self.assertTrue(public.headers["ETag"])
        again = self.server.get(thing, headers={"Accept": AS2_TYPE,
                                                "If-None-Match": public.headers["ETag"]})
        self.assert_status(again, 304)
        self.assertIn("public", again.headers["Cache-Control"])
        self.assertIn("private", self.alice.get(thing).headers["Cache-Control"])
        listing = self.server.get(self.alice.outbox)
        self.assertEqual(listing.headers["Cache-Control"], "public, no-cache")
        self.assert_status(self.server.get(self.alice.outbox, headers={
            "Accept": AS2_TYPE, "If-None-Match": listing.headers["ETag"]}), 304)
        self.assertIn("private", self.alice.get(self.alice.inbox).headers["Cache-Control"])
        # As a client: what the other server lets be kept is asked for once.
        note = self.peer.publish("/notes/kept", {"type": "Note", "content": "x"})
        self.peer.cache_control["/notes/kept"] = "max-age=60"
        for account in (self.alice, self.alice):
            answer = requests.post(account.document["endpoints"]["proxyUrl"], data={"id": note},
                                   headers=account.headers, timeout=30)
            self.assert_status(answer, 200)
        self.assertEqual(self.peer.requests.count(("GET", "/notes/kept")), 1)

    # 4: actors

    def test_AP13_an_actor_names_its_collections_and_each_is_there(self):
        for name in ("inbox", "outbox", "followers", "following", "liked", "streams"):
            named = self.alice.document[name]
            response = self.alice.get(id_of(named[0] if name == "streams" else named))
            self.assert_status(response, 200)
            self.assertIn(response.json()["type"], ("OrderedCollection", "Collection"))
        self.assertEqual(self.alice.document["preferredUsername"], "alice")

    def test_AP15_an_id_that_a_person_typed_gets_its_scheme(self):
        def proxied(address):
            return requests.post(self.alice.document["endpoints"]["proxyUrl"],
                                 data={"id": address}, headers=self.alice.headers, timeout=30)
        _, thing = self.public_note()
        for typed in (thing, thing.split("://")[1], f"  {thing} "):
            self.assertEqual(proxied(typed).json()["id"], thing, typed)
        for typed in ("", "nonsense", "not an id", "//", "file:///etc/passwd", "javascript:1",
                      "http://", "https:///x", "mailto:a@b.example"):
            self.assert_status(proxied(typed), 400)
        # https is tried there, and this one speaks no TLS.
        self.assert_status(proxied(self.peer.host + "/users/remote"), 502)
        self.assertEqual(proxied(self.remote.id).json()["id"], self.remote.id)

    def test_AP16_an_actor_may_be_of_any_type(self):
        robot = self.peer.actor("robot")
        document = self.peer.documents["/users/robot"]
        document["type"] = "https://example.org/ns#Robot"
        self.follow(robot, self.alice)
        self.delivered("Accept", robot)
        self.alice.submit({"type": "Follow", "object": robot.id})
        self.assertEqual(self.delivered("Follow", robot).activity["object"], robot.id)

    # 5: collections

    def test_AP17_the_shared_inbox_is_readable_and_holds_what_is_public_only(self):
        shared = self.alice.document["endpoints"]["sharedInbox"]
        def deliver(inbox, name, **addressing):
            create = self.remote.activity("Create", {
                "id": f"{self.peer.url}/notes/{name}", "type": "Note", "content": name,
                "attributedTo": self.remote.id, **addressing}, **addressing)
            self.assert_status(self.remote.deliver(inbox, create), 202)
            return create["id"]
        public = deliver(shared, "shared-public", to=[PUBLIC])
        deliver(shared, "shared-direct", to=[self.alice.actor])
        deliver(shared, "shared-followers", to=[f"{self.remote.id}/followers"])
        deliver(self.alice.inbox, "own-public", to=[PUBLIC], cc=[self.alice.actor])
        for reader in (self.server.get, self.alice.get, self.bob.get):
            collection = reader(shared).json()
            self.assertEqual((collection["id"], collection["type"]), (shared, "OrderedCollection"))
            page = reader(collection["first"]).json()
            self.assertEqual([one["id"] for one in page["orderedItems"]], [public])
            self.assertEqual(collection["totalItems"], 1)
        self.assertEqual(self.server.get(shared, headers={"Accept": "text/html"}).status_code, 200)

    def test_AP20_an_outbox_shows_to_each_what_each_may_see(self):
        writer = self.server.account("ap20")
        fan = self.server.account("ap20fan")
        fan.submit({"type": "Follow", "object": writer.actor})
        public = writer.submit({"type": "Note", "content": "p", "to": PUBLIC})
        fans = writer.submit({"type": "Note", "content": "f",
                              "to": writer.document["followers"]})
        nobody = writer.submit({"type": "Note", "content": "n"})
        collection = self.server.get(writer.outbox).json()
        self.assertEqual((collection["type"], collection["totalItems"]), ("OrderedCollection", 1))
        def shown(ids):
            return [one for one in ids if one in (public, fans, nobody)]
        self.assertEqual(shown(self.bob.ids(writer.outbox)), [public])
        self.assertEqual(shown(fan.ids(writer.outbox)), [fans, public])
        self.assertEqual(shown(writer.ids(writer.outbox)), [nobody, fans, public])

    def test_AP21_an_inbox_holds_each_activity_once_for_its_owner(self):
        create = self.remote.activity("Create", {
            "id": f"{self.peer.url}/notes/ap21", "type": "Note", "content": "x",
            "attributedTo": self.remote.id}, to=[self.alice.actor], cc=[PUBLIC])
        for inbox in (self.alice.inbox, self.server.url + "/inbox", self.alice.inbox):
            self.assert_status(self.remote.deliver(inbox, create), 202)
        self.assertEqual(self.alice.get(self.alice.inbox).json()["type"], "OrderedCollection")
        self.assertEqual(self.alice.ids(self.alice.inbox).count(create["id"]), 1)
        self.assert_status(self.bob.get(self.alice.inbox), 403)

    def test_AP22_followers_and_following_are_collections_for_all_readers(self):
        fan = self.server.account("ap22")
        fan.submit({"type": "Follow", "object": self.bob.actor})
        for url, member in ((self.bob.document["followers"], fan.actor),
                            (fan.document["following"], self.bob.actor)):
            self.assertEqual(self.server.get(url).json()["type"], "OrderedCollection")
            self.assertIn(member, self.alice.ids(url))

    def test_AP23_likes_shares_and_replies_count_what_the_reader_may_see(self):
        _, thing = self.public_note()
        self.bob.submit({"type": "Like", "object": thing, "to": [PUBLIC]})
        self.bob.submit({"type": "Announce", "object": thing, "to": [PUBLIC]})
        self.public_note(self.bob, inReplyTo=thing)
        self.bob.create({"type": "Note", "inReplyTo": thing}, to=[self.alice.actor])
        def totals(reader):
            shown = reader(thing).json()
            return [shown[name]["totalItems"] for name in ("likes", "shares", "replies")]
        self.assertEqual(totals(self.server.get), [1, 1, 1])
        self.assertEqual(totals(self.alice.get), [1, 1, 2])
        for name, total in (("likes", 1), ("shares", 1), ("replies", 1)):
            self.assertEqual(self.server.get(f"{thing}/{name}").json()["totalItems"], total)
        self.assertEqual(len(self.alice.ids(thing + "/replies")), 2)

    def test_AP23_replies_embed_their_first_page_and_featured_its_items(self):
        """Mastodon looks for replies on an embedded page; GoToSocial for pinned posts inside."""
        _, thing = self.public_note()
        replies = [self.public_note(self.bob, inReplyTo=thing)[1] for _ in range(22)][::-1]
        collection = self.server.get(thing + "/replies").json()
        first = collection["first"]
        self.assertEqual(first["type"], "OrderedCollectionPage")
        self.assertEqual(first["partOf"], thing + "/replies")
        self.assertEqual(first["orderedItems"], replies[:20])
        self.assertNotIn("@context", first)
        self.assertEqual(self.server.get(first["next"]).json()["orderedItems"], replies[20:])
        self.assertEqual(self.bob.ids(thing + "/replies"), replies)
        featured = self.alice.document["featured"]
        self.alice.submit({"type": "Add", "object": thing, "target": featured, "to": PUBLIC})
        pinned = self.server.get(featured).json()
        self.assertEqual((pinned["orderedItems"], pinned["totalItems"]), ([thing], 1))
        self.assertNotIn("first", pinned)
        self.assertEqual(self.bob.ids(featured), [thing])
        self.alice.submit({"type": "Remove", "object": thing, "target": featured, "to": PUBLIC})
        self.assertEqual(self.bob.ids(featured), [])

    def test_AP24_public_has_three_spellings_and_nothing_is_delivered_to_it(self):
        for spelling in (PUBLIC, "as:Public", "Public"):
            for member in ("to", "cc", "bto", "bcc", "audience"):
                _, thing = self.alice.create({"type": "Note", "content": "x"},
                                             **{member: spelling})
                self.assert_status(self.server.get(thing), 200)
                self.assert_status(self.bob.get(thing), 200)
        _, thing = self.alice.create({"type": "Note", "content": "x"}, to="as:Public")
        self.assertEqual(self.server.get(thing).json()["to"], PUBLIC)
        queued = self.server.cli("queue", "list", "--json")
        self.assertNotIn("w3.org", queued)

    def test_AP25_what_takes_no_post_says_405_and_what_it_takes(self):
        _, thing = self.public_note()
        for url in (self.alice.document["followers"], self.alice.document["liked"],
                    self.alice.document["featured"], thing, self.alice.actor):
            response = self.alice.post({"type": "Note", "content": "x"}, url=url)
            self.assert_status(response, 405)
            self.assertIn("GET", response.headers["Allow"])
        for url in (self.alice.inbox, self.alice.outbox, self.server.url + "/inbox"):
            for method in ("PUT", "DELETE", "PATCH"):
                self.assert_status(requests.request(method, url, headers=self.alice.headers,
                                                    timeout=20), 405)

    # 6: client to server

    def test_AP26_the_outbox_of_the_profile_takes_both_media_types(self):
        for content_type in (LD_TYPE, AS2_TYPE, AS2_TYPE + "; charset=utf-8"):
            self.assert_status(self.alice.post({"@context": AS2, "type": "Note", "content": "x"},
                                               content_type=content_type), 201)
        for content_type in ("text/plain", "text/html", "multipart/form-data", ""):
            self.assert_status(self.alice.post({"type": "Note"}, content_type=content_type), 415)

    def test_AP27_only_the_owner_posts_to_an_outbox(self):
        body = json.dumps({"type": "Note", "content": "x"})
        def post(**headers):
            return requests.post(self.alice.outbox, data=body, timeout=20,
                                 headers={"Content-Type": AS2_TYPE, **headers})
        self.assert_status(post(), 401)
        self.assert_status(post(Authorization="Bearer nonsense"), 401)
        self.assert_status(post(Authorization=f"Basic {self.alice.token}"), 401)
        self.assert_status(post(Authorization=f"Bearer {self.bob.token}"), 403)
        before = self.alice.get(self.alice.outbox).json()["totalItems"]
        self.assert_status(self.remote.deliver(self.alice.outbox, self.remote.activity(
            "Create", {"type": "Note"})), 401, 403)
        self.assertEqual(self.alice.get(self.alice.outbox).json()["totalItems"], before)

    def test_AP28_a_bare_object_is_wrapped_with_its_recipients_and_both_have_ids(self):
        sent = {"to": [PUBLIC], "cc": [self.bob.actor], "bto": [self.remote.id],
                "bcc": [self.remote.id], "audience": [self.bob.document["followers"]]}
        location = self.alice.submit({"@context": AS2, "type": "Article", "name": "bare", **sent})
        create = self.alice.get(location).json()
        thing = self.alice.get(id_of(create["object"])).json()
        self.assertEqual((create["type"], create["id"]), ("Create", location))
        self.assertEqual(thing["type"], "Article")
        for member, recipients in sent.items():
            self.assertEqual((create[member], thing[member]), (recipients, recipients), member)

    def test_AP28_a_body_that_is_not_one_thing_is_refused(self):
        for body in ([], "text", 1, None, [{"type": "Note"}], {},
                     {"@context": AS2, "@graph": [{"type": "Note"}, {"type": "Note"}]},
                     {"type": "Create", "object": [{"type": "Note"}, {"type": "Note"}]},
                     {"type": "Create", "object": "https://example.org/1"}):
            self.assert_status(self.alice.post(json.dumps(body)), 400)

    def test_AP29_ids_of_the_client_are_replaced(self):
        _, existing = self.public_note(self.bob)
        for chosen in (existing, f"{self.server.url}/activities/mine", "https://a.example/1",
                       self.alice.actor, self.alice.outbox, "nonsense", None, ""):
            for spelling in ("id", "@id"):
                answer = self.alice.post({"type": "Create", spelling: chosen, "to": PUBLIC,
                                          "object": {"type": "Note", spelling: chosen,
                                                     "content": "replaced"}})
                self.assert_status(answer, 201)
                shown = answer.json()
                self.assertNotEqual(shown["id"], chosen)
                self.assertNotEqual(id_of(shown["object"]), chosen)
        self.assertEqual(self.server.get(existing).json()["content"], "public")
        self.assertEqual(self.server.get(self.alice.actor).json()["type"], "Person")

    def test_AP30_the_answer_is_201_with_the_activitys_location(self):
        answer = self.alice.post({"type": "Like", "object": self.bob.actor, "to": PUBLIC})
        self.assert_status(answer, 201)
        self.assertEqual(self.server.get(answer.headers["Location"]).json()["type"], "Like")

    def test_AP31_bto_and_bcc_are_delivered_to_and_not_told(self):
        activity, thing = self.alice.create({"type": "Note", "content": "x"}, to=[PUBLIC],
                                            bcc=[self.remote.id], bto=[self.bob.actor])
        sent = self.delivered("Create", id=activity)
        self.assertNotIn(b'"bcc"', sent.body)
        self.assertNotIn(b'"bto"', sent.body)
        self.assertIn(activity, self.bob.ids(self.bob.inbox))
        for url in (activity, thing):
            self.assertNotIn('"bcc"', self.bob.get(url).text)

    def test_AP32_each_activity_is_in_the_outbox(self):
        posted = [self.alice.submit(body) for body in (
            {"type": "Note", "content": "x"}, {"type": "Like", "object": self.bob.actor},
            {"type": "https://example.org/ns#Wave", "actor": self.alice.actor})]
        self.assertEqual(self.alice.ids(self.alice.outbox)[:3], posted[::-1])

    def test_AP33_what_an_activity_needs_is_named_when_it_is_missing(self):
        for kind in ("Create", "Update", "Delete", "Follow", "Add", "Remove", "Like", "Block",
                     "Undo"):
            self.refused({"type": kind}, 400, f'{kind} needs a member "object"')
        for kind in ("Add", "Remove"):
            self.refused({"type": kind, "object": self.bob.actor}, 400,
                         f'{kind} needs a member "target"')
        for empty in (None, [], {}):
            self.assert_status(self.alice.post({"type": "Like", "object": empty}), 400)

    def test_AP34_a_create_names_the_author_and_both_have_all_recipients(self):
        answer = self.alice.post({
            "type": "Create", "to": [PUBLIC], "cc": [self.bob.actor],
            "object": {"type": "Note", "content": "x", "cc": [self.remote.id],
                       "audience": [self.bob.document["followers"]]}})
        create = answer.json()
        thing = self.alice.get(id_of(create["object"])).json()
        self.assertEqual(thing["attributedTo"], self.alice.actor)
        for member in ("to", "cc", "audience"):
            self.assertEqual(sorted(create[member]), sorted(thing[member]), member)
        self.assertEqual(sorted(create["cc"]), sorted([self.bob.actor, self.remote.id]))
        self.refused({"type": "Create", "object": {"type": "Note",
                                                   "attributedTo": self.bob.actor}},
                     403, "attributedTo is not the owner of this outbox")

    def test_AP35_an_update_is_partial_here_and_whole_for_others(self):
        _, thing = self.alice.create({"type": "Note", "content": "old", "summary": "goes",
                                      "name": "stays"}, to=[PUBLIC, self.remote.id])
        update = self.alice.submit({"type": "Update", "to": [PUBLIC, self.remote.id], "object": {
            "id": thing, "content": "new", "summary": None}})
        shown = self.server.get(thing).json()
        self.assertEqual((shown["content"], shown["name"]), ("new", "stays"))
        self.assertNotIn("summary", shown)
        self.assertTrue(shown["updated"])
        sent = self.delivered("Update", id=update).activity["object"]
        self.assertEqual((sent["id"], sent["type"], sent["content"], sent["name"]),
                         (thing, "Note", "new", "stays"))
        self.assertNotIn("summary", sent)
        self.refused({"type": "Update", "object": {"id": thing, "content": "x"}}, 403,
                     "the object is not yours", self.bob)
        self.refused({"type": "Update", "object": thing}, 400, "embedded object")
        self.refused({"type": "Update", "object": {"content": "x"}}, 400, "id")
        self.assertEqual(self.server.get(thing).json()["content"], "new")

    def test_AP36_a_deleted_object_is_a_tombstone_and_others_learn_of_it(self):
        _, thing = self.alice.create({"type": "Note", "content": "x"},
                                     to=[PUBLIC, self.remote.id])
        self.refused({"type": "Delete", "object": thing}, 403, "the object is not yours", self.bob)
        delete = self.alice.submit({"type": "Delete", "object": thing})
        gone = self.server.get(thing)
        self.assert_status(gone, 410)
        tombstone = gone.json()
        self.assertEqual((tombstone["type"], tombstone["formerType"]), ("Tombstone", "Note"))
        self.assertTrue(tombstone["deleted"])
        self.assertEqual(id_of(self.delivered("Delete", id=delete).activity["object"]), thing)
        self.refused({"type": "Delete", "object": thing}, 410, "deleted already")
        self.refused({"type": "Update", "object": {"id": thing, "content": "y"}}, 410, "deleted")

    def test_AP37_following_begins_with_the_accept(self):
        quiet = self.peer.actor("ap37")
        follow = self.alice.submit({"type": "Follow", "object": quiet.id})
        self.delivered("Follow", quiet, id=follow)
        self.assertNotIn(quiet.id, self.alice.ids(self.alice.document["following"]))
        self.assertIn(follow, self.alice.ids(self.alice.document["pendingFollowing"]))
        other = self.peer.actor("ap37other")
        other.deliver(self.alice.inbox, other.activity("Accept", follow))
        self.assertNotIn(quiet.id, self.alice.ids(self.alice.document["following"]))
        quiet.deliver(self.alice.inbox, quiet.activity("Accept", follow))
        self.assertIn(quiet.id, self.alice.ids(self.alice.document["following"]))
        self.assertNotIn(follow, self.alice.ids(self.alice.document["pendingFollowing"]))
        self.refused({"type": "Follow", "object": self.alice.actor}, 403, "yourself")

    def test_AP38_add_and_remove_change_what_is_the_actors_own(self):
        _, shelf = self.alice.create({"type": "OrderedCollection", "name": "shelf"}, to=[PUBLIC])
        _, thing = self.public_note()
        add = {"type": "Add", "object": thing, "target": shelf, "to": PUBLIC}
        self.alice.submit(add)
        self.alice.submit(add)
        self.assertEqual(self.bob.ids(shelf), [thing])
        self.refused(add, 403, "not a collection of yours", self.bob)
        self.refused({**add, "type": "Remove"}, 403, "not a collection of yours", self.bob)
        self.refused({**add, "target": self.alice.document["followers"]}, 403, "by the server")
        self.refused({**add, "target": self.server.url + "/collections/none"}, 404, "no such")
        self.refused({**add, "target": "https://a.example/list"}, 403, "not a collection of yours")
        self.alice.submit({**add, "type": "Remove"})
        self.assertEqual(self.bob.ids(shelf), [])
        self.assertIn(shelf, self.alice.ids(self.alice.document["streams"][0]))

    def test_AP39_what_is_liked_is_in_liked_and_the_like_in_likes(self):
        _, thing = self.public_note(self.bob)
        like = self.alice.submit({"type": "Like", "object": thing, "to": [PUBLIC]})
        self.assertEqual(self.alice.ids(self.alice.document["liked"])[0], thing)
        self.assertEqual(self.alice.ids(thing + "/likes"), [like])
        self.alice.submit({"type": "Like", "object": thing, "to": [PUBLIC]})
        self.assertEqual(self.server.get(thing).json()["likes"]["totalItems"], 1)

    def test_AP40_who_is_blocked_reaches_nothing_and_is_not_told(self):
        mallory = self.peer.actor("ap40")
        _, thing = self.public_note()
        self.alice.submit({"type": "Block", "object": mallory.id, "to": [mallory.id]})
        self.assertIn(mallory.id, [id_of(one) for one in
                                   self.alice.items(self.alice.document["blocked"])])
        for activity in (mallory.activity("Like", thing), mallory.activity("Follow",
                                                                            self.alice.actor),
                         mallory.activity("Create", {
                             "id": f"{self.peer.url}/notes/ap40", "type": "Note", "content": "y",
                             "attributedTo": mallory.id, "inReplyTo": thing},
                             to=[self.alice.actor, PUBLIC])):
            self.assert_status(mallory.deliver(self.alice.inbox, activity), 202, 403)
            self.assertNotIn(activity["id"], self.alice.ids(self.alice.inbox))
        shown = self.server.get(thing).json()
        self.assertEqual([shown[name]["totalItems"] for name in ("likes", "replies")], [0, 0])
        self.assertNotIn(mallory.id, self.alice.ids(self.alice.document["followers"]))
        stays(lambda: not self.peer.received("Block"), "the Block is not delivered")
        self.assert_status(self.server.get(self.alice.document["blocked"]), 404)
        self.assert_status(self.bob.get(self.alice.document["blocked"]), 404)

    def test_AP41_undo_takes_back_what_the_same_actor_did(self):
        _, thing = self.public_note(self.bob)
        like = self.alice.submit({"type": "Like", "object": thing, "to": PUBLIC})
        self.refused({"type": "Undo", "object": like}, 403, "that activity is not yours", self.bob)
        self.alice.submit({"type": "Undo", "object": like})
        self.assertEqual(self.server.get(thing).json()["likes"]["totalItems"], 0)
        self.assertNotIn(thing, self.alice.ids(self.alice.document["liked"]))
        create, _ = self.public_note()
        self.refused({"type": "Undo", "object": create}, 400, "Delete")
        fan = self.server.account("ap41")
        follow = fan.submit({"type": "Follow", "object": self.bob.actor})
        self.assertIn(fan.actor, self.bob.ids(self.bob.document["followers"]))
        fan.submit({"type": "Undo", "object": {"type": "Follow", "id": follow,
                                               "actor": fan.actor, "object": self.bob.actor}})
        self.assertNotIn(fan.actor, self.bob.ids(self.bob.document["followers"]))
        self.assertEqual(fan.ids(fan.document["following"]), [])

    def test_AP42_whatever_is_posted_is_delivered_to_whom_it_is_addressed(self):
        fan = self.peer.actor("ap42")
        writer = self.server.account("ap42w")
        self.follow(fan, writer)
        for member, recipient in (("to", fan.id), ("cc", fan.id), ("bto", fan.id),
                                  ("audience", fan.id), ("to", writer.document["followers"])):
            for body in ({"type": "Note", "content": "x"}, {"type": "Like", "object": fan.id},
                         {"type": "https://example.org/ns#Wave", "object": fan.id}):
                activity = writer.submit({**body, member: [recipient]})
                self.delivered(None, fan, id=activity)

    def test_AP44_whom_an_activity_is_for_need_not_be_written(self):
        """Where nobody is named: the followed, the asker, the author of what is liked."""
        writer = self.peer.actor("ap44")
        note = {"id": f"{self.peer.url}/notes/ap44", "type": "Note", "content": "x",
                "attributedTo": writer.id}
        writer.deliver(self.alice.inbox, writer.activity("Create", note, to=[PUBLIC],
                                                         cc=[self.alice.actor]))
        follow = self.alice.submit({"type": "Follow", "object": writer.id})
        self.delivered("Follow", writer, id=follow)
        undo = self.alice.submit({"type": "Undo", "object": follow})
        self.delivered("Undo", writer, id=undo)
        like = self.alice.submit({"type": "Like", "object": note["id"]})
        self.assertEqual(self.delivered("Like", writer, id=like).activity["to"], [writer.id])
        # Nothing else is sent to anybody who is not named.
        self.alice.submit({"type": "Note", "content": "mine", "inReplyTo": note["id"]})
        stays(lambda: not [d for d in self.peer.received("Create") if "mine" in str(d.activity)],
              "a note for nobody goes nowhere")


if __name__ == "__main__":
    unittest.main()
