"""What a client posts comes back as it was: order, types, shapes, and keys nobody declared."""

import json
import unittest

from harness import AS2, PUBLIC, AcceptanceCase, id_of

# What the server must or may set on an object that it takes in (spec: T11, ActivityPub 6.2).
SET_BY_SERVER = {"@context", "id", "attributedTo", "published", "to", "cc", "audience", "likes",
                 "shares", "replies"}


def same_json(left, right):
    """JSON equality: 1 is not 1.0 as text, true is not 1, and arrays keep their order."""
    return json.dumps(left, sort_keys=True) == json.dumps(right, sort_keys=True)


class RoundTrip(AcceptanceCase):
    @classmethod
    def set_up_data(cls):
        cls.alice = cls.server.account("alice")

    def round_trip(self, thing, context=AS2):
        """Posts a public `thing` and returns what an anonymous reader gets."""
        _, thing_id = self.alice.create(thing, context=context, to=[PUBLIC])
        response = self.server.get(thing_id)
        self.assert_status(response, 200)
        return response.json()

    def assert_comes_back(self, thing, context=AS2):
        back = self.round_trip(thing, context)
        for key, value in thing.items():
            self.assertIn(key, back)
            self.assertTrue(same_json(back[key], value),
                            f"{key}: sent {json.dumps(value)}, got {json.dumps(back[key])}")
        self.assertLessEqual(set(back) - set(thing), SET_BY_SERVER)
        return back

    # What the issue names

    def test_an_event_with_an_embedded_place(self):
        self.assert_comes_back({
            "type": "Event", "name": "Federated Meetup", "startTime": "2025-02-01T19:00:00Z",
            "endTime": "2025-02-01T22:00:00.500Z", "duration": "PT3H",
            "location": {"type": "Place", "name": "Community Center", "latitude": 40.7484,
                         "longitude": -73.9857, "radius": 10, "units": "m"}})

    def test_content_in_two_languages(self):
        self.assert_comes_back({"type": "Note", "contentMap": {"en": "Hello", "pt-BR": "Olá"}})

    def test_a_custom_type_with_its_own_context(self):
        context = [AS2, {"ex": "https://example.org/ns#", "Recipe": "ex:Recipe",
                         "servings": "ex:servings",
                         "steps": {"@id": "ex:steps", "@container": "@list"}}]
        back = self.assert_comes_back(
            {"type": "Recipe", "name": "Soup", "servings": 4,
             "steps": ["boil water", "add salt", "boil water"]}, context)
        self.assertIn(context[1], back["@context"])

    def test_tags_stay_in_their_order(self):
        self.assert_comes_back({"type": "Note", "content": "x", "tag": [
            {"type": "Hashtag", "name": "#zebra", "href": "https://example.org/tags/zebra"},
            {"type": "Mention", "name": "@bob@example.org", "href": "https://example.org/bob"},
            {"type": "Hashtag", "name": "#apple", "href": "https://example.org/tags/apple"}]})

    def test_sensitive_without_a_context_for_it(self):
        for value in (True, False):
            self.assert_comes_back({"type": "Note", "content": "x", "sensitive": value})

    def test_a_key_that_nobody_declared(self):
        self.assert_comes_back({"type": "Note", "content": "x", "mood": "curious",
                                "deep": {"mood": ["a", {"b": 2}], "on": False}})

    def test_all_of_it_at_once(self):
        context = [AS2, {"ex": "https://example.org/ns#", "Gig": "ex:Gig", "doors": "ex:doors"}]
        self.assert_comes_back({
            "type": ["Event", "Gig"], "nameMap": {"en": "Gig", "de": "Konzert"},
            "doors": "19:30", "sensitive": False, "vibe": "loud",
            "location": {"type": "Place", "name": "Cellar", "altitude": -3.5},
            "tag": [{"type": "Hashtag", "name": "#b"}, {"type": "Hashtag", "name": "#a"}]},
            context)

    def test_counts_are_numbers_and_public_is_written_in_full(self):
        activity, thing_id = self.alice.create({"type": "Note", "content": "x"},
                                               to=["as:Public"], cc=[self.alice.actor])
        for url in (activity, thing_id):
            document = self.server.get(url).json()
            self.assertEqual(document["to"], [PUBLIC])
        for collection in (self.alice.outbox, self.alice.document["followers"]):
            self.assertIs(type(self.server.get(collection).json()["totalItems"]), int)

    def test_the_activity_embeds_or_names_the_same_object(self):
        activity, thing_id = self.alice.create({"type": "Note", "content": "x"}, to=[PUBLIC])
        embedded = self.server.get(activity).json()["object"]
        self.assertEqual(id_of(embedded), thing_id)
        if isinstance(embedded, dict):
            self.assertEqual(embedded["content"], "x")

    # What has an address of its own

    EMOJI = {"id": "https://emoji.example/1", "type": "Emoji", "name": ":cat:",
             "icon": {"type": "Image", "mediaType": "image/png",
                      "url": "https://emoji.example/1.png"}}

    def test_parts_with_an_address_of_their_own(self):
        self.assert_comes_back({
            "type": "Event", "name": "x",
            "tag": [self.EMOJI, {"type": "Hashtag", "name": "#a"},
                    {"id": "https://emoji.example/2", "type": "Emoji", "name": ":dog:"}],
            "location": {"id": "https://geo.example/1", "type": "Place", "name": "Cellar",
                         "address": {"id": "https://geo.example/a", "type": "PostalAddress",
                                     "addressLocality": "Nantes", "postalCode": None}},
            "attachment": [{"id": "https://media.example/1", "type": "Image", "width": 10}],
            "crew": [{"id": "https://x.example/1", "type": "Person", "name": "A", "age": 30}]})

    def test_each_document_has_its_own_words_for_a_part(self):
        names = ["Cellar", "Attic"]
        things = [self.alice.create({"type": "Note", "content": "x", "location": {
            "id": "https://geo.example/2", "type": "Place", "name": name}}, to=[PUBLIC])[1]
                  for name in names]
        self.assertEqual([self.server.get(thing).json()["location"]["name"] for thing in things],
                         names)

    def test_what_is_only_referred_to_stays_an_address(self):
        forged = {"id": "https://other.example/notes/1", "type": "Note", "content": "forged",
                  "bto": "https://other.example/secret"}
        _, thing = self.alice.create({"type": "Note", "content": "x", "inReplyTo": forged,
                                      "context": forged, "preview": dict(forged, id=None)},
                                     to=[PUBLIC])
        back = self.server.get(thing).json()
        for key in ("inReplyTo", "context"):
            self.assertEqual(back[key], forged["id"])
        self.assertNotIn("secret", str(back))
        like = self.alice.submit({"type": "Like", "object": forged, "to": [PUBLIC]})
        self.assertEqual(self.server.get(like).json()["object"], forged["id"])

    # Shapes

    def test_parts_without_an_address_of_their_own(self):
        self.assert_comes_back({
            "type": "Note", "describes": {"id": "part", "name": "relative"},
            "context": {"id": "_:a", "type": "Note", "name": "labelled"},
            "tag": [{"id": "_:b", "type": "Mention", "context": {"id": "_:c", "context": "_:b"}},
                    {"id": "_:c", "name": "in a circle"}]})
        for part in ("part", "_:a"):
            back = self.round_trip({"type": "Note", "context": {
                "id": part, "name": "x", "bto": "https://other.example/secret"}})
            self.assertEqual(back["context"], {"id": part, "name": "x"})

    def test_nulls_and_empties(self):
        self.assert_comes_back({"type": "Note", "content": "", "summary": None, "inReplyTo": None,
                                "tag": [], "attachment": [], "custom": None, "nothing": {}})

    def test_arrays_of_one_and_single_values_stay_what_they_were(self):
        self.assert_comes_back({"type": "Note", "content": "x",
                                "tag": [{"type": "Hashtag", "name": "#one"}],
                                "attachment": [{"type": "Image", "url": "https://example.org/i"}]})

    def test_types_may_be_an_array_of_one(self):
        self.assert_comes_back({"type": ["Note"], "content": "x"})

    def test_repeated_entries_are_kept(self):
        self.assert_comes_back({"type": "Note", "content": "x", "ratings": [3, 3, 1, 3],
                                "tag": [{"type": "Hashtag", "name": "#a"},
                                        {"type": "Hashtag", "name": "#a"}]})

    def test_nested_objects_three_deep(self):
        self.assert_comes_back({
            "type": "Note", "content": "x",
            "generator": {"type": "Application", "name": "App",
                          "attachment": [{"type": "PropertyValue", "name": "Site",
                                          "value": "<a href='https://example.org'>x</a>"}],
                          "location": {"type": "Place", "name": "Here",
                                       "image": {"type": "Image",
                                                 "url": "https://example.org/map.png"}}}})

    # Numbers and text

    def test_numbers_keep_their_kind(self):
        self.assert_comes_back({
            "type": "Image", "name": "x", "url": "https://example.org/i.png", "width": 640,
            "height": 480, "zero": 0, "float": 1.5, "whole": 1.0, "small": 1e-7, "minus": -1,
            "big": 9223372036854775807, "least": -9223372036854775808})

    def test_a_float_is_written_as_it_was_sent(self):
        text = '{"type":"Note","content":"x","score":1.0,"ratio":0.10,"large":1.5E10}'
        location = self.alice.submit(text)
        thing = self.alice.get(id_of(self.alice.get(location).json()["object"])).text
        for lexical in ("1.0", "0.10", "1.5E10"):
            self.assertIn(lexical, thing)

    def test_text_of_every_kind(self):
        self.assert_comes_back({
            "type": "Note",
            "content": "<p>Olá \u4e16\u754c \U0001f600 \u202eabc\u202c \\ \" \n\t e\u0301 é</p>",
            "name": "line\r\nbreak", "summary": "\u0001\u007f"})

    def test_undeclared_text_that_looks_like_something_else(self):
        self.assert_comes_back({"type": "Note", "content": "x", "a": "5", "b": "true", "c": "null",
                                "d": "https://example.org/", "e": "2024-01-01T00:00:00Z",
                                "f": "@id", "g": "_:b0"})

    def test_dates_keep_their_spelling(self):
        self.assert_comes_back({"type": "Event", "name": "x",
                                "startTime": "2025-02-01T19:00:00+01:00",
                                "endTime": "2025-02-01T19:00Z"})

    # Documents as the fediverse writes them

    def test_a_question_with_its_options_in_order(self):
        """How many chose an option is counted by the server: what a client says of it is not taken."""
        self.assert_comes_back({
            "type": "Question", "content": "Tea?", "endTime": "2030-01-01T00:00:00Z",
            "votersCount": 0, "oneOf": [
                {"type": "Note", "name": name, "replies": {"type": "Collection", "totalItems": 0}}
                for name in ("yes", "no", "later")]})

    def test_an_image_with_size_focus_and_hash(self):
        context = [AS2, {"toot": "http://joinmastodon.org/ns#", "blurhash": "toot:blurhash",
                         "focalPoint": {"@container": "@list", "@id": "toot:focalPoint"}}]
        self.assert_comes_back({"type": "Note", "content": "x", "attachment": [{
            "type": "Document", "mediaType": "image/jpeg", "url": "https://example.org/i.jpg",
            "name": "alt text", "blurhash": "UBL_:rOpGG-oBUNG", "focalPoint": [0.0, -0.25],
            "width": 1200, "height": 800}]}, context)

    def test_source_and_generator(self):
        self.assert_comes_back({
            "type": "Article", "name": "Title", "content": "<p><em>x</em></p>",
            "mediaType": "text/html", "source": {"content": "*x*", "mediaType": "text/markdown"}})

    def test_a_link_object_as_url(self):
        self.assert_comes_back({"type": "Video", "name": "x", "url": [
            {"type": "Link", "href": "https://example.org/v.mp4", "mediaType": "video/mp4",
             "height": 720, "width": 1280, "rel": ["alternate"]},
            {"type": "Link", "href": "https://example.org/v", "mediaType": "text/html"}]})

    def test_language_maps_with_several_values_and_none(self):
        self.assert_comes_back({"type": "Note", "nameMap": {"en": "a", "und": "b"},
                                "summaryMap": {"fr": "résumé"}})

    def test_property_values_on_an_object(self):
        context = [AS2, {"schema": "http://schema.org#", "PropertyValue": "schema:PropertyValue",
                         "value": "schema:value"}]
        self.assert_comes_back({"type": "Page", "name": "x", "attachment": [
            {"type": "PropertyValue", "name": "Pronouns", "value": "they/them"},
            {"type": "PropertyValue", "name": "Site", "value": "https://example.org"}]}, context)

    def test_the_owner_reads_the_same_as_everybody(self):
        _, thing_id = self.alice.create({"type": "Note", "content": "x", "tag": []}, to=[PUBLIC])
        public, own = self.server.get(thing_id).json(), self.alice.get(thing_id).json()
        self.assertTrue(same_json(public, own))

    def test_the_same_after_a_restart(self):
        _, thing_id = self.alice.create({"type": "Note", "content": "x", "odd": [1, [], None]},
                                        to=[PUBLIC])
        before = self.server.get(thing_id).content
        self.server.restart()
        self.assertEqual(self.server.get(thing_id).content, before)


if __name__ == "__main__":
    unittest.main()
