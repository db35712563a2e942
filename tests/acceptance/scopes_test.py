"""What a token's scopes allow is judged by the activity itself (issue 6, point 4)."""

import unittest

import requests

from harness import AS2, AS2_TYPE, PUBLIC, AcceptanceCase, id_of

EMOJI_REACT = "http://litepub.social/ns#EmojiReact"
PROFILE = "https://swicg.github.io/activitypub-api/scopes#"


def scopes(*names):
    """Coarse names as they are, fine ones (with a #) by their address."""
    return " ".join(PROFILE + name[1:] if name.startswith("#") else name for name in names)


class Scopes(AcceptanceCase):
    @classmethod
    def set_up_data(cls):
        cls.alice = cls.server.account("alice")
        cls.bob = cls.server.account("bob")

    def post(self, activity, *names, account=None):
        account = account or self.alice
        token = account.new_token(scopes(*names))
        return requests.post(account.outbox, json={"@context": AS2, **activity}, timeout=60,
                             headers={"Authorization": f"Bearer {token}",
                                      "Content-Type": AS2_TYPE})

    def allowed(self, activity, *names, **options):
        response = self.post(activity, *names, **options)
        self.assert_status(response, 201)
        return response.headers["Location"]

    def refused(self, activity, *names, lacks, **options):
        response = self.post(activity, *names, **options)
        self.assert_status(response, 403)
        challenge = response.headers["WWW-Authenticate"]
        self.assertIn('error="insufficient_scope"', challenge)
        self.assertIn(f'scope="{scopes(lacks)}"', challenge)
        self.assertIn(scopes(lacks), response.json()["detail"])

    def note(self, account=None, **more):
        """A new public note; its id."""
        account = account or self.bob
        _, note = account.create({"type": "Note", "content": "x", **more}, to=PUBLIC)
        return note

    def test_the_coarse_scopes_are_enough_for_their_activities(self):
        self.allowed({"type": "Note", "content": "x", "to": [PUBLIC]}, "write")
        self.allowed({"type": "Like", "object": self.note(), "to": [self.bob.actor]}, "write")
        follow = self.allowed({"type": "Follow", "object": self.bob.actor,
                               "to": [self.bob.actor]}, "follow")
        self.allowed({"type": "Undo", "object": follow, "to": [self.bob.actor]}, "follow")

    def test_following_needs_follow_and_posting_needs_write(self):
        self.refused({"type": "Follow", "object": self.bob.actor}, "read", "write", lacks="#follow")
        self.refused({"type": "Block", "object": self.bob.actor}, "write", lacks="#block")
        self.refused({"type": "Note", "content": "x"}, "read", "follow", lacks="#createcontent")
        self.refused({"type": "Note", "content": "x"}, "read", lacks="write")

    def test_a_bare_object_counts_as_the_create_that_it_becomes(self):
        self.allowed({"type": "Note", "content": "x"}, "#createcontent")
        self.refused({"type": "Note", "content": "x"}, "#like", lacks="#createcontent")

    def test_every_addressee_needs_its_scope_on_the_object_too(self):
        create = {"type": "Create", "object": {"type": "Note", "content": "x", "cc": [PUBLIC]}}
        self.refused(create, "#createcontent", lacks="#addresspublic")
        self.allowed(create, "#createcontent", "#addresspublic")
        for key in ("to", "cc", "bto", "bcc", "audience"):
            note = {"type": "Note", "content": "x", key: [self.bob.actor]}
            self.refused(note, "#createcontent", "#addresspublic", lacks="#addressactor")
            self.allowed(note, "#createcontent", "#addressactor")
        followers = {"type": "Note", "content": "x", "to": [self.alice.document["followers"]]}
        self.refused(followers, "#createcontent", "#addressactor", lacks="#addressfollowers")
        self.allowed(followers, "#createcontent", "#addressall")

    def test_other_spellings_do_not_get_around_a_scope(self):
        as_public = {"type": "Note", "content": "x", "to": "as:Public"}
        self.refused(as_public, "#createcontent", lacks="#addresspublic")
        like = {"@type": "https://www.w3.org/ns/activitystreams#Like", "object": self.note()}
        self.refused(like, "#createcontent", lacks="#like")
        both = {"type": ["Like", "Follow"], "object": self.bob.actor}
        self.refused(both, "#like", lacks="#follow")

    def test_an_unknown_activity_needs_write(self):
        wave = {"@context": [AS2, {"Wave": "https://example.org/ns#Wave"}], "type": "Wave",
                "actor": self.alice.actor}
        self.refused(wave, "#createcontent", "#like", "follow", lacks="write")
        self.allowed(wave, "write")

    def test_a_reaction_is_allowed_where_its_object_is(self):
        local = self.note()
        remote = "https://remote.example/notes/1"
        for activity in ({"type": "Like", "object": local}, {"type": "Announce", "object": local},
                         {"type": "Note", "content": "x", "inReplyTo": local}):
            self.allowed(activity, "#reactlocal")
            self.allowed(activity, "#reactany")
        self.refused({"type": "Like", "object": remote}, "#reactlocal", "#reactown", lacks="#like")
        self.refused({"type": "Announce", "object": remote}, "#like", lacks="#share")
        self.refused({"type": "Note", "content": "x", "inReplyTo": [local, remote]},
                     "#reactlocal", lacks="#createcontent")
        self.refused({"type": "Note", "content": "x"}, "#reactany", lacks="#createcontent")

    def test_an_undo_needs_what_the_undone_activity_did_whatever_the_client_says_it_was(self):
        like = self.allowed({"type": "Like", "object": self.note()}, "#like")
        follow = self.allowed({"type": "Follow", "object": self.bob.actor}, "#follow")
        self.refused({"type": "Undo", "object": follow}, "#like", lacks="#follow")
        self.refused({"type": "Undo", "object": {"type": "Like", "id": follow}}, "#like",
                     lacks="#follow")
        self.allowed({"type": "Undo", "object": like}, "#like")
        self.allowed({"type": "Undo", "object": follow}, "#follow")

    def test_a_delete_of_an_activity_needs_what_the_activity_did(self):
        for activity, lacks in (({"type": "Follow", "object": self.bob.actor}, "#follow"),
                                ({"type": "Block", "object": self.bob.actor}, "#block"),
                                ({"type": "Flag", "object": self.bob.actor}, "#flag"),
                                ({"type": "Like", "object": self.note()}, "#like"),
                                ({"type": "Announce", "object": self.note()}, "#share"),
                                ({"type": "EmojiReact", "content": "x", "object": self.note()},
                                 "write")):
            with self.subTest(type=activity["type"]):
                done = self.alice.submit({"@context": [AS2, {"EmojiReact": EMOJI_REACT}],
                                          **activity})
                delete = {"type": "Delete", "object": done}
                self.refused(delete, "#deletecontent", lacks=lacks)
                self.refused({"type": "Delete", "object": {"type": "Note", "id": done}},
                             "#deletecontent", lacks=lacks)
                self.allowed(delete, "#deletecontent", lacks)
        block = self.alice.submit({"type": "Block", "object": self.bob.actor})
        self.refused({"type": "Delete", "object": block}, "read", "write", lacks="#block")
        self.allowed({"type": "Delete", "object": block}, "write", "follow")
        create, _ = self.alice.create({"type": "Note", "content": "x"})
        self.allowed({"type": "Delete", "object": create}, "#deletecontent")

    def test_content_and_profile_are_two_things(self):
        note = self.note(self.alice)
        change = {"type": "Update", "object": {"id": note, "type": "Note", "content": "y"}}
        self.refused(change, "#updateprofile", lacks="#updatecontent")
        self.allowed(change, "#updatecontent")
        rename = {"type": "Update", "object": {"id": self.alice.actor, "name": "Alice S."}}
        self.refused(rename, "#updatecontent", lacks="#updateprofile")
        self.allowed(rename, "#updateprofile")
        self.refused({"type": "Delete", "object": note}, "#updatecontent", lacks="#deletecontent")
        self.allowed({"type": "Delete", "object": note}, "#deletecontent")

    def test_each_collection_is_read_with_its_scope(self):
        def status(url, *names):
            headers = {"Authorization": f"Bearer {self.alice.new_token(scopes(*names))}",
                       "Accept": AS2_TYPE}
            return requests.get(url, headers=headers, timeout=20)
        inbox = self.alice.inbox
        self.assert_status(status(inbox, "#readinbox"), 200)
        self.assert_status(status(inbox, "#readall"), 200)
        self.assert_status(status(inbox, "read"), 200)
        for names in (("write",), ("#readoutbox", "#readlocal")):
            refused = status(inbox, *names)
            self.assert_status(refused, 403)
            self.assertIn(f'scope="{PROFILE}readinbox"', refused.headers["WWW-Authenticate"])
        # The outbox is everybody's: without the scope, what is public.
        private, _ = self.alice.create({"type": "Note", "content": "private"})
        def outbox(*names):
            first = status(self.alice.outbox, *names).json()["first"]
            page = first if isinstance(first, dict) else status(first, *names).json()
            return [id_of(item) for item in page.get("orderedItems", [])]
        self.assertIn(private, outbox("#readoutbox"))
        self.assertNotIn(private, outbox("#readinbox", "write"))

    def test_a_private_note_is_read_with_a_reading_scope_only(self):
        _, note = self.alice.create({"type": "Note", "content": "private"})
        def status(*names):
            token = self.alice.new_token(scopes(*names))
            return requests.get(note, timeout=20, headers={
                "Authorization": f"Bearer {token}", "Accept": AS2_TYPE}).status_code
        self.assertEqual(status("#readlocal"), 200)
        self.assertEqual(status("read"), 200)
        self.assertEqual(status("write"), 404)

    def test_a_token_in_the_address_is_refused(self):
        note = self.note(self.alice)
        for url in (note, self.alice.inbox, self.server.url + "/api/actors"):
            response = requests.get(f"{url}?access_token={self.alice.token}", timeout=20,
                                    headers={"Accept": AS2_TYPE})
            self.assert_status(response, 400)


if __name__ == "__main__":
    unittest.main()
