"""quadpub import, show --received and context add: what the operator brings in comes back."""

import json
import unittest

from harness import AS2, PUBLIC, AcceptanceCase, Server

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
