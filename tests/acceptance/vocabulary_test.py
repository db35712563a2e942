"""ActivityStreams 2.0 as it is written and read: items 72-94 of spec/activitypub-checklist.md, a
test named for each."""

import json
import re
import unittest

import requests

from harness import AS2, LD_TYPE, PUBLIC, SOURCE, AcceptanceCase, id_of, wait_until
from remote import Peer

DATE_TIME = r"^\d{4}-\d\d-\d\dT\d\d:\d\d(:\d\d(\.\d+)?)?(Z|[+-]\d\d:\d\d)$"


class Vocabulary(AcceptanceCase):

    @classmethod
    def set_up_data(cls):
        cls.alice = cls.server.account("alice")
        cls.peer = Peer()
        cls.addClassCleanup(cls.peer.close)

    def shown(self, thing, context=AS2):
        """What everybody gets of `thing` once it is posted."""
        _, address = self.alice.create(thing, context=context, to=[PUBLIC])
        return self.server.get(address).json()

    def test_AS72_text_is_utf_8(self):
        words = "grüße 🦆 \u200f\u05e9\u05dc\u05d5\u05dd \U0010fffd"
        self.assertEqual(self.shown({"type": "Note", "content": words})["content"], words)
        answer = self.alice.post(b'{"type":"Note","content":"\xff\xfe"}')
        self.assert_status(answer, 400)

    def test_AS73_no_context_of_ours_overrides_a_word_of_activitystreams(self):
        core = json.loads((SOURCE / "vocab/contexts/activitystreams.jsonld").read_text())
        terms = set(core["@context"])
        for url in (self.alice.actor, self.alice.outbox, self.alice.outbox + "?page=true"):
            context = self.server.get(url).json()["@context"]
            context = context if isinstance(context, list) else [context]
            self.assertEqual(context[0], AS2)
            for inline in context[1:]:
                if isinstance(inline, dict):
                    self.assertEqual(set(inline) & terms, set())

    def test_AS73_a_context_that_renames_words_is_read_by_its_meaning(self):
        context = [AS2, {"words": "as:content", "kind": "@type"}]
        _, address = self.alice.create({"kind": "Note", "words": "meant"}, context=context,
                                       to=[PUBLIC])
        turtle = self.server.get(address, headers={"Accept": "text/turtle"}).text
        self.assertIn('as:content "meant"', turtle)
        self.assertIn("a as:Note", turtle)

    def test_AS74_no_array_of_ours_is_empty(self):
        writer = self.server.account("nothing")
        for url in (writer.actor, writer.outbox, writer.outbox + "?page=true",
                    writer.document["followers"], writer.document["followers"] + "?page=true"):
            text = self.server.get(url).text
            self.assertNotIn("[]", text)

    def test_AS75_a_missing_context_is_the_normative_one(self):
        answer = self.alice.post({"type": "Note", "content": "no context", "to": PUBLIC})
        self.assert_status(answer, 201)
        note = answer.json()["object"]
        self.assertEqual((note["type"], note["content"]), ("Note", "no context"))

    def test_AS76_every_document_carries_its_context(self):
        activity, note = self.alice.create({"type": "Note", "content": "x"}, to=[PUBLIC])
        for url in (self.alice.actor, activity, note, self.alice.outbox,
                    self.alice.outbox + "?page=true"):
            self.assertIn(AS2, json.dumps(self.server.get(url).json()["@context"]))

    def test_AS77_iris_stay_iris(self):
        iri = "https://example.com/räksmörgås/\u4f60\u597d"
        self.assertEqual(self.shown({"type": "Note", "inReplyTo": iri})["inReplyTo"], iri)

    def test_AS78_no_relative_iri_leaves_the_server(self):
        activity, note = self.alice.create({"type": "Note", "content": "x"}, to=[PUBLIC])
        for url in (self.alice.actor, activity, note, self.alice.outbox + "?page=true"):
            document = self.server.get(url).json()
            for key in ("id", "actor", "object", "attributedTo", "inbox", "outbox", "partOf"):
                if key in document:
                    self.assertRegex(id_of(document[key]), r"^https?://")

    def test_AS79_times_are_rfc_3339(self):
        activity, note = self.alice.create({"type": "Note", "content": "x",
                                            "endTime": "2024-05-06T07:08Z"}, to=[PUBLIC])
        self.assertRegex(self.server.get(activity).json()["published"], DATE_TIME)
        note = self.server.get(note).json()
        self.assertRegex(note["published"], DATE_TIME)
        self.assertEqual(note["endTime"], "2024-05-06T07:08Z")
        self.assertRegex(self.server.get(self.alice.actor).json()["published"], DATE_TIME)

    def test_AS80_an_extension_type_stands_beside_the_core_type(self):
        context = [AS2, {"ex": "https://ns.example/#", "Recipe": "ex:Recipe"}]
        self.assertEqual(self.shown({"type": ["Recipe", "Article"], "name": "x"}, context)["type"],
                         ["Recipe", "Article"])

    def test_AS81_a_name_is_plain_text(self):
        _, address = self.alice.create({"type": "Note", "name": "a <b>&amp; c</b>"}, to=[PUBLIC])
        self.assertEqual(self.server.get(address).json()["name"], "a <b>&amp; c</b>")
        page = self.server.get(address, headers={"Accept": "text/html"}).text
        self.assertIn("<h1>a &lt;b&gt;&amp;amp; c&lt;/b&gt;</h1>", page)

    def test_AS82_link_relations_are_kept(self):
        link = {"type": "Link", "href": "https://example.com/x", "rel": ["canonical", "preview"]}
        self.assertEqual(self.shown({"type": "Note", "url": link})["url"], link)
        for link in requests.get(f"{self.server.url}/.well-known/nodeinfo",
                                 timeout=20).json()["links"]:
            self.assertTrue(link["rel"].startswith("http"))

    def test_AS83_pages_of_ordered_collections_are_ordered(self):
        page = self.server.get(self.alice.outbox + "?page=true").json()
        self.assertEqual(page["type"], "OrderedCollectionPage")

    def test_AS84_language_maps_are_kept(self):
        words = {"en": "hello", "de-CH": "grüezi", "und": "?"}
        note = self.shown({"type": "Note", "contentMap": words, "nameMap": {"en": "title"}})
        self.assertEqual((note["contentMap"], note["nameMap"]), (words, {"en": "title"}))

    def test_AS85_the_language_of_a_document_is_kept(self):
        context = [AS2, {"@language": "de"}]
        note = self.shown({"type": "Note", "content": "hallo"}, context)
        self.assertEqual(note["content"], "hallo")
        self.assertIn({"@language": "de"}, note["@context"])

    def test_AS86_unknown_extensions_stop_nothing_and_compact_iris_are_expanded(self):
        context = [AS2, {"ex": "https://ns.example/#"}]
        _, address = self.alice.create({"type": "Note", "ex:doors": "18:30", "unheard": {"of": 1}},
                                       context=context, to=[PUBLIC])
        note = self.server.get(address).json()
        self.assertEqual((note["ex:doors"], note["unheard"]), ("18:30", {"of": 1}))
        quads = self.server.get(address, headers={"Accept": "application/n-quads"}).text
        self.assertIn('<https://ns.example/#doors> "18:30"', quads)

    def test_AS87_extensions_and_their_context_come_back(self):
        context = [AS2, {"ex": "https://ns.example/#", "doors": "ex:doors"}]
        note = self.shown({"type": "Note", "doors": "18:30"}, context)
        self.assertEqual(note["doors"], "18:30")
        self.assertIn(context[1], note["@context"])

    def test_AS88_all_properties_of_the_vocabulary_are_read_and_written(self):
        """The rest stands in tests/view/views_test.cpp, view by view."""
        thing = {"type": "Question", "name": "n", "content": "c", "duration": "PT5M",
                 "closed": "2024-01-01T00:00:00Z", "oneOf": [{"type": "Note", "name": "a"}],
                 "generator": {"type": "Application", "name": "g"}, "mediaType": "text/html",
                 "image": {"type": "Image", "url": "https://x.example/i", "width": 2, "height": 3},
                 "preview": {"type": "Note", "name": "p"}, "startTime": "2024-01-01T00:00:00Z",
                 "context": "https://x.example/c", "audience": "https://x.example/a",
                 "tag": [{"type": "Mention", "href": "https://x.example/m", "name": "@m"}]}
        shown = self.shown(thing)
        for choice in shown["oneOf"]:
            choice.pop("replies")  # where the server counts votes
        self.assertEqual({key: shown.get(key) for key in thing}, thing)

    def test_AS89_a_question_has_one_kind_of_answers(self):
        answer = self.alice.post({"type": "Question", "name": "q", "to": PUBLIC,
                                  "oneOf": [{"type": "Note", "name": "a"}],
                                  "anyOf": [{"type": "Note", "name": "b"}]})
        self.assert_status(answer, 400)
        self.assertIn("oneOf", answer.json()["error"])

    def test_AS90_a_duration_is_an_xsd_duration(self):
        _, address = self.alice.create({"type": "Audio", "duration": "PT2H30M"}, to=[PUBLIC])
        self.assertEqual(self.server.get(address).json()["duration"], "PT2H30M")
        turtle = self.server.get(address, headers={"Accept": "text/turtle"}).text
        self.assertIn('"PT2H30M"^^xsd:duration', turtle)

    def test_AS91_hidden_recipients_are_stripped_on_the_way_and_others_kept(self):
        remote, hidden = self.peer.actor("shown"), self.peer.actor("hidden")
        self.alice.create({"type": "Note", "content": "x"}, to=[remote.id], bcc=[hidden.id],
                          cc=[PUBLIC])
        wait_until(lambda: len(self.peer.received("Create")) == 2, "both get it")
        for delivery in self.peer.received("Create"):
            self.assertNotIn(b'"bcc"', delivery.body)
            self.assertEqual(delivery.activity["to"], [remote.id])
            self.assertEqual(delivery.activity["cc"], [PUBLIC])
            self.assertEqual(delivery.activity["object"]["to"], [remote.id])

    def test_AS92_what_is_known_of_people_is_said_and_nothing_is_public_unasked(self):
        page = requests.get(self.server.url + "/", timeout=20, headers={"Accept": "text/html"})
        self.assert_status(page, 200)
        for words in ("keeps", "password", "deleted"):
            self.assertIn(words, page.text)
        _, address = self.alice.create({"type": "Note", "content": "to nobody"})
        self.assert_status(self.server.get(address), 404)

    def test_AS93_the_profile_is_quoted(self):
        found = self.server.get(self.alice.actor, headers={"Accept": LD_TYPE})
        self.assertTrue(re.search(r'profile="https://www\.w3\.org/ns/activitystreams"',
                                  found.headers["Content-Type"]))
        self.assertEqual(found.json(), self.server.get(self.alice.actor).json())
        self.assert_status(self.alice.post({"type": "Note", "content": "x"},
                                           content_type=LD_TYPE), 201)

    def test_AS94_places_keep_their_numbers_and_version_1_is_not_spoken(self):
        place = {"type": "Place", "name": "p", "latitude": 40.7484, "longitude": -73.9857,
                 "altitude": 15, "accuracy": 94.5, "radius": 10, "units": "cm"}
        shown = self.shown(place)
        self.assertEqual({key: shown[key] for key in place}, place)
        old = self.alice.post({"type": "Note"}, content_type="application/stream+json")
        self.assert_status(old, 415)


if __name__ == "__main__":
    unittest.main()
