"""Posting and reading: rows T11-T16, T21, T26, T27, T29 of the tutorial's acceptance table."""

import json
import unittest

import requests

from harness import AS2, AS2_TYPE, LD_TYPE, PUBLIC, AcceptanceCase, id_of


class PostingRows(AcceptanceCase):
    """T11-T16, T21, T29: the outbox, and reading."""

    @classmethod
    def set_up_data(cls):
        cls.alice = cls.server.account("alice")
        cls.mallory = cls.server.account("mallory")

    def note(self, content="hello", **more):
        return {"@context": AS2, "type": "Create", "actor": self.alice.actor,
                "object": {"type": "Note", "content": content}, **more}

    def test_T11_a_create_gets_ids_a_location_and_a_body(self):
        response = self.alice.post(self.note("T11", to=[PUBLIC]))
        self.assert_status(response, 201)
        activity = response.json()
        self.assertEqual(activity["id"], response.headers["Location"])
        self.assertTrue(activity["id"].startswith(self.server.url + "/activities/"))
        thing_id = id_of(activity["object"])
        self.assertTrue(thing_id.startswith(self.server.url + "/objects/"))
        thing = self.server.get(thing_id)
        self.assert_status(thing, 200)
        note = thing.json()
        self.assertEqual((note["type"], note["content"]), ("Note", "T11"))
        self.assertEqual(note["attributedTo"], self.alice.actor)
        self.assertRegex(note["published"], r"^\d{4}-\d\d-\d\dT[\d:.]+Z$")
        self.assertEqual(note["to"], [PUBLIC])

    def test_T11_an_id_chosen_by_the_client_is_replaced(self):
        response = self.alice.post(self.note(id=f"{self.server.url}/activities/mine"))
        self.assert_status(response, 201)
        self.assertNotIn("mine", response.headers["Location"])

    def test_T11_bto_and_bcc_are_never_shown(self):
        activity, thing = self.alice.create(
            {"type": "Note", "content": "psst", "bcc": [self.mallory.actor]},
            to=[PUBLIC], bto=[self.mallory.actor])
        for url in (activity, thing):
            for response in (self.server.get(url), self.mallory.get(url)):
                self.assertNotRegex(response.text, r"\bbto\b")
                self.assertNotRegex(response.text, r"\bbcc\b")

    def test_T12_the_actor_may_be_left_out(self):
        activity = self.note("T12")
        del activity["actor"]
        location = self.alice.submit(activity)
        self.assertEqual(id_of(self.alice.get(location).json()["actor"]), self.alice.actor)

    def test_T12_an_actor_other_than_the_owner_is_403(self):
        self.assert_status(self.alice.post(self.note(actor=self.mallory.actor)), 403)

    def test_T13_without_a_token_401(self):
        response = requests.post(self.alice.outbox, data=json.dumps(self.note()), timeout=20,
                                 headers={"Content-Type": AS2_TYPE})
        self.assert_status(response, 401)
        self.assertEqual(response.json()["error"], "Authentication required for outbox posting")
        self.assertIn("Bearer", response.headers["WWW-Authenticate"])

    def test_T13_a_foreign_outbox_is_403(self):
        response = self.mallory.post(self.note(), url=self.alice.outbox)
        self.assert_status(response, 403)
        self.assertEqual(response.json()["error"], "You do not own this outbox")

    def test_T13_what_is_no_outbox_is_404(self):
        nowhere = f"{self.server.url}/collections/01890000-0000-7000-8000-000000000000"
        response = self.alice.post(self.note(), url=nowhere)
        self.assert_status(response, 404)
        self.assertEqual(response.json()["error"], "Invalid outbox")

    def test_T13_a_token_for_reading_does_not_write(self):
        reading = self.alice.new_token("read")
        response = requests.post(self.alice.outbox, data=json.dumps(self.note()), timeout=20,
                                 headers={"Content-Type": AS2_TYPE,
                                          "Authorization": f"Bearer {reading}"})
        self.assert_status(response, 403)
        self.assertIn("insufficient_scope", response.headers["WWW-Authenticate"])

    def test_T14_a_bare_note_is_wrapped_in_create(self):
        location = self.alice.submit({"@context": AS2, "type": "Note", "content": "bare",
                                      "to": [PUBLIC], "cc": [self.mallory.actor]})
        activity = self.server.get(location).json()
        self.assertEqual(activity["type"], "Create")
        self.assertEqual(id_of(activity["actor"]), self.alice.actor)
        self.assertEqual((activity["to"], activity["cc"]), ([PUBLIC], [self.mallory.actor]))
        self.assertEqual(self.server.get(id_of(activity["object"])).json()["content"], "bare")

    def test_T14_an_activity_without_what_it_needs_is_400(self):
        for activity in ({"type": "Create"}, {"type": "Like"}, {"type": "Follow"},
                         {"type": "Add", "object": self.alice.actor}):
            self.assert_status(self.alice.post({"@context": AS2, **activity}), 400)

    def test_T15_the_actor_in_each_type_that_is_asked_for(self):
        expected = {AS2_TYPE: AS2_TYPE, LD_TYPE: "application/ld+json",
                    "application/ld+json": "application/ld+json",
                    "application/json": "json", "*/*": AS2_TYPE}
        for accept, answered in expected.items():
            with self.subTest(accept=accept):
                response = self.server.get(self.alice.actor, headers={"Accept": accept})
                self.assert_status(response, 200)
                self.assertIn(answered, response.headers["Content-Type"])
                self.assertIn("accept", response.headers["Vary"].lower())
                self.assertEqual(response.json()["id"], self.alice.actor)
        with_profile = self.server.get(self.alice.actor, headers={"Accept": LD_TYPE})
        self.assertIn('profile="https://www.w3.org/ns/activitystreams"',
                      with_profile.headers["Content-Type"])

    def test_T15_an_etag_saves_the_second_answer(self):
        first = self.server.get(self.alice.actor)
        again = self.server.get(self.alice.actor, headers={
            "Accept": AS2_TYPE, "If-None-Match": first.headers["ETag"]})
        self.assert_status(again, 304)
        self.assertEqual(again.content, b"")

    def test_T15_head_answers_like_get_without_a_body(self):
        head = requests.head(self.alice.actor, headers={"Accept": AS2_TYPE}, timeout=20)
        self.assert_status(head, 200)
        self.assertEqual(head.headers["ETag"], self.server.get(self.alice.actor).headers["ETag"])

    def test_T15_unknown_ids_are_404_with_a_json_error(self):
        for path in ("/actors/", "/objects/", "/activities/", "/collections/"):
            response = self.server.get(path + "01890000-0000-7000-8000-000000000000")
            self.assert_status(response, 404)
            self.assertIn("error", response.json())

    def test_T15_the_key_id_leads_to_the_key(self):
        document = self.server.get(self.alice.actor).json()
        found = self.server.get(document["publicKey"]["id"]).json()
        self.assertEqual(found["publicKey"], document["publicKey"])

    def test_T16_the_outbox_is_newest_first_and_shows_readers_what_they_may_see(self):
        writer = self.server.account("t16")
        public = [writer.submit({**self.note(f"public {n}", to=[PUBLIC]), "actor": writer.actor})
                  for n in range(3)]
        private = writer.submit({**self.note("private"), "actor": writer.actor})
        collection = self.server.get(writer.outbox).json()
        self.assertEqual(collection["type"], "OrderedCollection")
        self.assertEqual(collection["id"], writer.outbox)
        self.assertIs(type(collection["totalItems"]), int)
        self.assertEqual(collection["totalItems"], 3)
        self.assertIsInstance(collection["first"], str)
        page = self.server.get(collection["first"]).json()
        self.assertEqual(page["type"], "OrderedCollectionPage")
        self.assertEqual(id_of(page["partOf"]), writer.outbox)
        self.assertEqual([id_of(item) for item in page["orderedItems"]], public[::-1])
        self.assertEqual(writer.ids(writer.outbox), [private, *public[::-1]])

    def test_T16_pages_hold_every_item_once(self):
        writer = self.server.account("t16pages")
        posted = [writer.submit({"type": "Note", "content": str(n), "to": PUBLIC})
                  for n in range(45)]
        self.assertEqual(writer.ids(writer.outbox), posted[::-1])

    def test_T16_an_empty_page_and_a_single_item_are_arrays(self):
        writer = self.server.account("t16empty")
        writer.submit({"type": "Note", "content": "only", "to": PUBLIC})
        page = self.server.get(self.server.get(writer.outbox).json()["first"]).json()
        self.assertIsInstance(page["orderedItems"], list)
        self.assertEqual(len(page["orderedItems"]), 1)

    def test_T16_a_private_note_is_hidden_exactly_like_a_missing_one(self):
        activity, thing = self.alice.create({"type": "Note", "content": "for nobody"})
        missing = self.server.get("/objects/01890000-0000-7000-8000-000000000000")
        for url in (activity, thing):
            hidden = self.server.get(url)
            self.assertEqual(hidden.status_code, missing.status_code)
            self.assert_status(self.mallory.get(url), 403, 404)
            self.assert_status(self.alice.get(url), 200)

    def test_T21_the_inbox_is_for_its_owner(self):
        self.assert_status(self.server.get(self.alice.inbox), 401)
        self.assert_status(self.mallory.get(self.alice.inbox), 403)
        own = self.alice.get(self.alice.inbox)
        self.assert_status(own, 200)
        self.assertEqual(own.json()["type"], "OrderedCollection")
        self.assertIs(type(own.json()["totalItems"]), int)

    def test_T29_two_clients_of_one_actor_see_the_same(self):
        second = self.alice.new_token()
        location = self.alice.submit({"type": "Note", "content": "from the first client"})
        response = requests.get(location, timeout=20,
                                headers={"Authorization": f"Bearer {second}", "Accept": AS2_TYPE})
        self.assert_status(response, 200)

    def test_T26_an_event_keeps_its_place_inline(self):
        _, event_id = self.alice.create({
            "type": "Event", "name": "Federated Meetup", "startTime": "2025-02-01T19:00:00Z",
            "location": {"type": "Place", "name": "Community Center"}}, to=[PUBLIC])
        event = self.server.get(event_id).json()
        self.assertEqual((event["name"], event["startTime"]),
                         ("Federated Meetup", "2025-02-01T19:00:00Z"))
        self.assertEqual(event["location"], {"type": "Place", "name": "Community Center"})

    def test_T27_a_custom_type_with_its_own_context_comes_back(self):
        context = [AS2, {"ex": "https://example.org/ns#", "Recipe": "ex:Recipe",
                         "servings": "ex:servings"}]
        _, recipe_id = self.alice.create({"type": "Recipe", "name": "Soup", "servings": 4},
                                         context=context, to=[PUBLIC])
        recipe = self.server.get(recipe_id).json()
        self.assertEqual((recipe["type"], recipe["name"], recipe["servings"]),
                         ("Recipe", "Soup", 4))
        self.assertIn(context[1], recipe["@context"])


if __name__ == "__main__":
    unittest.main()
