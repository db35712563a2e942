"""quadpub import, show --received and context add: what the operator brings in comes back."""

import functools
import json
import unittest

from harness import AS2, AS2_TYPE, PUBLIC, AcceptanceCase, Server
from mastodon import Archive

DOCUMENTS = [
    {"@context": AS2, "id": "https://a.example/1", "type": "Note", "content": "one", "to": ["Public"],
     "tag": [], "inReplyTo": None, "width": 1.0},
    {"@context": AS2, "id": "https://a.example/1", "type": "Note", "content": "two", "name": "x"},
    {"@context": AS2, "type": "Note", "content": "without an id", "mood": ["a", {"b": [[]]}]},
    {"@context": [AS2, {"broken": 5}], "id": None, "type": "Delete",
     "object": {"type": "Audio", "id": ["https://a.example/2", "https://a.example/3"]}},
    {"@context": AS2, "@graph": [{"type": "Note", "name": "in a graph"}], "name": "beside it"},
]


def same(left, right):
    return json.dumps(left, sort_keys=True) == json.dumps(right, sort_keys=True)


class Import(unittest.TestCase):
    def setUp(self):
        self.server = Server()
        self.addCleanup(self.server.close)

    def records(self, *arguments, stdin=None):
        done = self.server.run("import", "--json", *arguments, stdin=stdin)
        return done, [json.loads(line) for line in done.stdout.splitlines()]

    def received(self, document):
        return json.loads(self.server.cli("show", document, "--received"))

    def test_documents_of_a_folder_come_back_as_they_were(self):
        folder = self.server.folder / "dump"
        folder.mkdir()
        for number, document in enumerate(DOCUMENTS):
            (folder / f"{number}.json").write_text(json.dumps(document))
        done, records = self.records(str(folder))
        self.assertEqual(done.returncode, 0, done.stderr)
        self.assertEqual(len(records), len(DOCUMENTS))
        for record, document in zip(records, DOCUMENTS):
            self.assertTrue(same(self.received(record["document"]), document))
        # The newer source is what the resource says; the older one can still be rebuilt.
        self.assertEqual(json.loads(self.server.cli("show", "https://a.example/1"))["content"], "two")

    def test_a_bad_record_is_reported_and_the_rest_goes_on(self):
        done, records = self.records("-", stdin='[{"type": "Note", "content": "x"}, 5, {"a": 1}]')
        self.assertEqual(done.returncode, 1)
        self.assertIn("1 of 3", done.stderr)
        self.assertEqual([sorted(set(record) & {"document", "error"}) for record in records],
                         [["document"], ["error"], ["document"]])
        self.assertEqual(records[1]["position"], "standard input#2")

    def test_a_path_that_is_not_there_is_named(self):
        done, _ = self.records("/no/such/file.json")
        self.assertEqual(done.returncode, 1)
        self.assertIn("/no/such/file.json", done.stderr)


class MastodonArchive(AcceptanceCase):
    """An archive becomes what a local actor posted."""

    POSTS = 130

    @classmethod
    def set_up_data(cls):
        cls.alice = cls.server.account("alice")
        cls.archive = Archive(posts=cls.POSTS)
        cls.path = cls.archive.write(cls.server.folder / "archive.tar.gz")
        cls.done = cls.server.run("import", cls.path, "--actor", cls.alice.actor)

    @functools.cached_property
    def items(self):
        return self.alice.items(self.alice.outbox)

    def create_of(self, number):
        content = self.archive.note(number)["content"]
        return next(item for item in self.items
                    if item["type"] == "Create" and item["object"].get("content") == content)

    def test_everything_is_in_the_outbox_newest_first_with_its_date(self):
        self.assertEqual(self.done.returncode, 0, self.done.stderr)
        self.assertEqual([item["published"] for item in self.items],
                         [self.archive.published(number) for number in reversed(range(self.POSTS))])
        self.assertEqual(self.alice.get(self.alice.outbox).json()["totalItems"], self.POSTS)

    def test_ids_are_of_this_server_and_the_former_ones_are_kept(self):
        item = self.create_of(5)
        self.assertTrue(item["id"].startswith(self.server.url + "/activities/"))
        self.assertEqual(item["actor"], self.alice.actor)
        self.assertEqual(item["object"]["attributedTo"], self.alice.actor)
        self.assertEqual(item["alsoKnownAs"], self.archive.item(5)["id"])
        note = self.server.get(item["object"]["id"]).json()
        self.assertEqual(note["alsoKnownAs"], self.archive.status(5))
        self.assertEqual(note["published"], self.archive.published(5))
        self.assertEqual(self.server.get(self.alice.actor).json()["alsoKnownAs"],
                         [self.archive.actor])
        shown = json.loads(self.server.cli("show", self.archive.status(5)))
        self.assertEqual(shown["id"], note["id"])

    def test_replies_point_at_the_new_ids(self):
        reply, parent = self.create_of(9), self.create_of(8)
        self.assertEqual(reply["object"]["inReplyTo"], parent["object"]["id"])
        replies = self.alice.items(parent["object"]["id"] + "/replies")
        self.assertEqual(set(replies), {reply["object"]["id"]})

    def test_who_may_read_a_post_stays_as_it_was(self):
        public = self.server.get(self.alice.outbox + "?page=first").json()
        hidden = [number for number in range(self.POSTS)
                  if number % 13 != 12 and (number % 10 == 3 or number % 50 == 7)]
        self.assertEqual(public["totalItems"], self.POSTS - len(hidden))
        note = self.create_of(3)["object"]
        self.assertEqual(note["to"], [self.alice.document["followers"]]
                         if isinstance(note["to"], list) else self.alice.document["followers"])
        self.assertEqual(self.server.get(note["id"]).status_code, 404)

    def test_files_are_in_the_media_store(self):
        url = self.create_of(5)["object"]["attachment"][0]["url"]
        answer = self.server.get(url)
        self.assertEqual((answer.status_code, answer.headers["Content-Type"]), (200, "image/png"))
        self.assertEqual(answer.content, next(iter(self.archive.media.values())))

    def test_likes_and_bookmarks_land_as_collections_for_their_owner(self):
        self.assertEqual(self.alice.items(self.alice.document["liked"]), self.archive.likes[::-1])
        bookmarks = self.alice.actor + "/bookmarks"
        self.assertEqual(self.alice.items(bookmarks), self.archive.bookmarks[::-1])
        self.assertEqual(self.server.get(bookmarks).status_code, 404)

    def test_nothing_is_delivered(self):
        self.assertEqual(self.server.cli_json("queue", "list"), [])

    def test_running_twice_changes_nothing(self):
        before = self.server.cli_json("stats")
        again = self.server.run("import", self.path, "--actor", self.alice.actor)
        self.assertEqual(again.returncode, 0, again.stderr)
        after = self.server.cli_json("stats")
        for name in ("quads", "terms", "graphs", "documents"):
            self.assertEqual(after[name], before[name], name)
        self.assertEqual(len(self.alice.items(self.alice.outbox)), self.POSTS)


class AddContext(AcceptanceCase):
    @classmethod
    def set_up_data(cls):
        cls.alice = cls.server.account("alice")

    def test_a_context_is_used_by_the_running_server_and_for_what_came_before(self):
        url = "https://moods.example/ns"
        thing = {"type": "Note", "content": "x", "mood": "curious"}
        before, _ = self.alice.create(thing, context=[AS2, url], to=[PUBLIC])
        file = self.server.folder / "moods.json"
        file.write_text(json.dumps({"@context": {"mood": "https://moods.example/mood"}}))
        added = json.loads(self.server.cli("context", "add", url, str(file), "--json"))
        self.assertEqual(added["documents_read_again"], 1)
        after, _ = self.alice.create(thing, context=[AS2, url], to=[PUBLIC])
        for activity in (before, after):
            shown = self.server.cli("show", activity, "--received")
            self.assertEqual(json.loads(shown)["object"]["mood"], "curious")
            thing_id = json.loads(shown)["object"]["id"]
            quads = self.server.cli("show", thing_id, "--format", "nquads")
            self.assertIn("<https://moods.example/mood>", quads)
            self.assertNotIn("urn:quadpub:undefined:mood", quads)


if __name__ == "__main__":
    unittest.main()
