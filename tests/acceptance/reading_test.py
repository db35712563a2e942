"""Reading: who sees what on every road, the media types, pages for people, caching.

Numbers in names (AP72, AS84) are items of spec/activitypub-checklist.md.
"""

import json
import re
import time
import unittest

import requests

import sign
from harness import AS2, AS2_TYPE, LD_TYPE, PUBLIC, AcceptanceCase, id_of
from remote import Peer

RDF_TYPES = ("text/turtle", "application/trig", "application/n-quads")
ALL_TYPES = (AS2_TYPE, LD_TYPE, "application/json", "text/html", *RDF_TYPES)
MISSING = "/objects/01890000-0000-7000-8000-000000000000"


def signed_get(actor, url, accept=AS2_TYPE, make=sign.cavage_headers, **options):
    if make is sign.cavage_headers:
        options.setdefault("covered", ("(request-target)", "host", "date"))
    headers = make(actor.key, options.pop("key_id", actor.key_id), "GET", url, b"", **options)
    return requests.get(url, headers={**headers, "Accept": accept}, timeout=30)


class Readers(AcceptanceCase):
    """Anonymous, by token, by signature; one filter for all."""

    @classmethod
    def set_up_data(cls):
        cls.alice = cls.server.account("alice")
        cls.bob = cls.server.account("bob")
        cls.carol = cls.server.account("carol")
        cls.peer = Peer()
        cls.addClassCleanup(cls.peer.close)
        cls.remote = cls.peer.actor("remote")
        cls.stranger = cls.peer.actor("stranger")

    def hidden(self, response):
        """What is hidden is answered like what is missing."""
        missing = self.server.get(MISSING)
        self.assert_status(response, 404)
        def neutral(text):
            return re.sub(r'"instance":"[^"]*"', "", text)
        self.assertEqual(neutral(response.text), neutral(missing.text))
        for field in ("Content-Type", "Cache-Control", "Vary"):
            self.assertEqual(response.headers.get(field), missing.headers.get(field), field)
        self.assertNotIn("ETag", response.headers)

    def test_a_signed_get_reads_what_is_addressed_to_the_signer(self):
        activity, thing = self.alice.create({"type": "Note", "content": "to the remote one"},
                                            to=[self.remote.id])
        for url in (activity, thing):
            for make in (sign.cavage_headers, sign.rfc9421_headers):
                found = signed_get(self.remote, url, make=make)
                self.assert_status(found, 200)
                self.assertIn("to the remote one", found.text)
                self.assertIn("private", found.headers["Cache-Control"])
            self.hidden(self.server.get(url))
            self.hidden(signed_get(self.stranger, url))
            self.hidden(self.bob.get(url))

    def test_a_signed_get_sees_its_share_of_the_outbox(self):
        writer = self.server.account("signedshare")
        public = writer.submit({"type": "Note", "content": "p", "to": PUBLIC})
        direct = writer.submit({"type": "Note", "content": "d", "to": self.remote.id})
        writer.submit({"type": "Note", "content": "other", "to": self.bob.actor})
        def seen(get):
            collection = get(writer.outbox).json()
            page = get(collection["first"]).json()
            return collection["totalItems"], [id_of(item) for item in page["orderedItems"]]
        self.assertEqual(seen(lambda url: signed_get(self.remote, url)), (2, [direct, public]))
        self.assertEqual(seen(lambda url: signed_get(self.stranger, url)), (1, [public]))
        self.assertEqual(seen(self.server.get), (1, [public]))

    def test_a_signature_that_does_not_hold_is_401(self):
        _, thing = self.alice.create({"type": "Note", "content": "x"}, to=[self.remote.id])
        self.assert_status(signed_get(self.remote, thing, key_id=self.stranger.key_id), 401)
        old = signed_get(self.remote, thing, date=time.time() - 86400)
        self.assert_status(old, 401)

    def test_what_is_public_needs_no_key(self):
        """Two servers that sign their reads of each other's keys must not wait for each other."""
        before = len(self.peer.requests)
        other = self.peer.actor("unasked")
        found = signed_get(other, self.alice.actor)
        self.assert_status(found, 200)
        self.assertNotIn(("GET", "/users/unasked"), self.peer.requests[before:])

    def test_followers_only_means_accepted_followers(self):
        author = self.server.account("locked")
        follower = self.server.account("fan")
        _, thing = author.create({"type": "Note", "content": "f"},
                                 to=[author.document["followers"]])
        self.hidden(follower.get(thing))
        follower.submit({"type": "Follow", "object": author.actor, "to": author.actor})
        self.assert_status(follower.get(thing), 200)
        self.hidden(self.server.get(thing))

    def test_AP71_bto_and_bcc_reach_only_the_author(self):
        activity, thing = self.alice.create({"type": "Note", "content": "b"}, to=[PUBLIC],
                                            bto=[self.bob.actor], bcc=[self.carol.actor])
        for url in (activity, thing):
            self.assertIn("bto", self.alice.get(url).json())
            self.assertIn("bcc", self.alice.get(url).json())
            for accept in ALL_TYPES:
                for reader in ({}, self.bob.headers):
                    text = requests.get(url, headers={**reader, "Accept": accept},
                                        timeout=20).text
                    self.assertNotRegex(text, r"\bbto\b")
                    self.assertNotRegex(text, r"\bbcc\b")
        page = self.server.get(self.alice.outbox + "?page=true").text
        self.assertNotRegex(page, r"\bbto\b")
        self.assertNotRegex(self.bob.get(self.bob.inbox + "?page=true").text, r"\bbcc\b")

    def test_a_hidden_resource_is_missing_in_every_form(self):
        activity, thing = self.alice.create({"type": "Note", "content": "secret words"},
                                            to=[self.bob.actor])
        etag = self.alice.get(thing).headers["ETag"]
        for url in (activity, thing):
            for accept in ALL_TYPES:
                for headers in ({}, self.carol.headers):
                    headers = {**headers, "Accept": accept, "If-None-Match": etag}
                    found = requests.get(url, headers=headers, timeout=20)
                    self.assert_status(found, 404)
                    self.assertNotIn("secret", found.text)
                    self.assert_status(requests.head(url, headers=headers, timeout=20), 404)
                found = requests.get(url, timeout=20, headers={**self.bob.headers,
                                                               "Accept": accept})
                self.assert_status(found, 200)
                self.assertIn("secret words", found.text)
                self.assertIn("private", found.headers["Cache-Control"])
        shown = self.server.run("show", thing, "--as", self.carol.actor)
        self.assertEqual(shown.returncode, 1)
        self.assertIn("secret words", self.server.cli("show", thing, "--as", self.bob.actor))

    def test_AP17_AP10_an_inbox_is_401_without_a_token_and_403_with_a_wrong_one(self):
        for accept in ALL_TYPES:
            self.assert_status(self.server.get(self.alice.inbox, headers={"Accept": accept}), 401)
        self.assert_status(self.bob.get(self.alice.inbox), 403)
        self.assert_status(signed_get(self.remote, self.alice.inbox), 403)
        self.assert_status(self.alice.get(self.alice.inbox + "?page=true"), 200)
        bad = requests.get(self.alice.inbox, headers={"Authorization": "Bearer nonsense"},
                           timeout=20)
        self.assert_status(bad, 401)
        self.assertIn("invalid_token", bad.headers["WWW-Authenticate"])

    def test_an_update_shows_in_what_carries_the_object(self):
        activity, thing = self.alice.create({"type": "Note", "content": "old words"}, to=[PUBLIC])
        self.alice.submit({"type": "Update", "object": {"id": thing, "content": "new words"},
                           "to": PUBLIC})
        for url in (activity, thing):
            self.assertIn("new words", self.server.get(url).text)
            self.assertNotIn("old words", self.server.get(url).text)

    def test_AP11_a_deleted_object_is_gone_from_what_carried_it(self):
        activity, thing = self.alice.create({"type": "Note", "content": "regretted"}, to=[PUBLIC])
        self.alice.submit({"type": "Delete", "object": thing, "to": PUBLIC})
        gone = self.server.get(thing)
        self.assert_status(gone, 410)
        self.assertEqual(gone.json()["type"], "Tombstone")
        self.assertNotIn("regretted", self.server.get(activity).text)
        self.assertNotIn("regretted", self.alice.get(activity).text)

    def test_who_is_blocked_reads_what_everybody_may(self):
        author = self.server.account("blocker")
        friend = self.server.account("former")
        friend.submit({"type": "Follow", "object": author.actor, "to": author.actor})
        _, direct = author.create({"type": "Note", "content": "d"}, to=[friend.actor])
        _, fans = author.create({"type": "Note", "content": "f"}, to=[author.document["followers"]])
        _, public = author.create({"type": "Note", "content": "p"}, to=[PUBLIC])
        remote_only = author.create({"type": "Note", "content": "r"}, to=[self.remote.id])[1]
        for url in (direct, fans, public):
            self.assert_status(friend.get(url), 200)
        self.assert_status(signed_get(self.remote, remote_only), 200)
        author.submit({"type": "Block", "object": friend.actor})
        author.submit({"type": "Block", "object": self.remote.id})
        self.hidden(friend.get(direct))
        self.hidden(friend.get(fans))
        self.hidden(signed_get(self.remote, remote_only))
        self.assert_status(friend.get(public), 200)
        self.assertEqual(friend.get(author.outbox).json()["totalItems"],
                         self.server.get(author.outbox).json()["totalItems"])

    def test_a_view_by_its_name(self):
        _, thing = self.alice.create({"type": "Note", "content": "v", "to": PUBLIC,
                                      "_unheard": 1})
        shown = json.loads(self.server.cli("show", thing, "--view", "Object"))
        self.assertEqual((shown["content"], shown["to"]), ("v", [PUBLIC]))
        self.assertNotIn("_unheard", json.dumps(shown))
        self.assertEqual(self.server.run("show", thing, "--view", "Nonsense").returncode, 2)

    def test_interop_I12_vary_names_what_the_answer_depends_on(self):
        vary = self.server.get(self.alice.actor).headers["Vary"].lower()
        for field in ("accept", "authorization", "signature", "signature-input", "origin"):
            self.assertIn(field, vary)
        self.assertIn("public", self.server.get(self.alice.actor).headers["Cache-Control"])
        self.assertIn("private", self.alice.get(self.alice.actor).headers["Cache-Control"])


class Formats(AcceptanceCase):
    """Media types, validators, pages."""

    @classmethod
    def set_up_data(cls):
        cls.alice = cls.server.account("alice")

    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.activity, cls.note = cls.alice.create({
            "type": "Note", "name": "A title", "content": "<p>hello <b>world</b></p>",
            "published": "2024-05-06T07:08:09Z"}, to=[PUBLIC])

    def fetch(self, url, accept, **headers):
        return requests.get(url, headers={"Accept": accept, **headers}, timeout=20)

    def test_AP8_AS93_the_profile_and_activity_json_are_the_same(self):
        for accept in (AS2_TYPE, LD_TYPE, "application/json", "application/ld+json",
                       "application/ld+json; profile='https://www.w3.org/ns/activitystreams'"):
            found = self.fetch(self.note, accept)
            self.assert_status(found, 200)
            self.assertEqual(found.json()["id"], self.note)
        self.assertIn('profile="https://www.w3.org/ns/activitystreams"',
                      self.fetch(self.note, LD_TYPE).headers["Content-Type"])

    def test_rdf_in_three_syntaxes_says_the_same(self):
        quads = self.fetch(self.note, "application/n-quads")
        self.assertIn("application/n-quads", quads.headers["Content-Type"])
        self.assertIn(f"<{self.note}> <https://www.w3.org/ns/activitystreams#content> ",
                      quads.text)
        self.assertTrue(all(line.endswith(f"<{self.note}> .")
                            for line in quads.text.strip().split("\n")))
        turtle = self.fetch(self.note, "text/turtle")
        self.assertIn("text/turtle", turtle.headers["Content-Type"])
        self.assertIn("@prefix as: <https://www.w3.org/ns/activitystreams#> .", turtle.text)
        self.assertIn("a as:Note", turtle.text)
        trig = self.fetch(self.note, "application/trig")
        self.assertIn(f"<{self.note}> {{", trig.text)

    def test_collections_in_every_type(self):
        for accept in ALL_TYPES:
            for url in (self.alice.outbox, self.alice.outbox + "?page=true"):
                found = self.fetch(url, accept)
                self.assert_status(found, 200)
                self.assertIn(accept.split(";")[0], found.headers["Content-Type"])

    def test_nothing_acceptable_is_406(self):
        self.assert_status(self.fetch(self.note, "image/png"), 406)
        self.assert_status(self.fetch(self.note, "*/*"), 200)
        self.assertIn(AS2_TYPE, self.fetch(self.note, "*/*").headers["Content-Type"])

    def test_every_form_has_its_own_strong_etag_and_304(self):
        tags = {}
        for accept in (AS2_TYPE, "text/html", *RDF_TYPES):
            first = self.fetch(self.note, accept)
            tag = first.headers["ETag"]
            self.assertRegex(tag, r'^"[^"]+"$')
            tags[tag] = accept
            again = self.fetch(self.note, accept, **{"If-None-Match": tag})
            self.assert_status(again, 304)
            self.assertEqual(again.content, b"")
            self.assertEqual(again.headers["ETag"], tag)
            self.assertIn("Vary", again.headers)
            head = requests.head(self.note, headers={"Accept": accept}, timeout=20)
            self.assertEqual(head.headers["ETag"], tag)
            self.assertEqual(int(head.headers["Content-Length"]), len(first.content))
            self.assertEqual(head.content, b"")
        self.assertEqual(len(tags), 5)

    def test_what_was_read_is_read_anew_after_a_change_by_whomever(self):
        """Answers are given again as they are: only to the same request, and until a commit."""
        carol = self.server.account("carol")
        _, thing = carol.create({"type": "Note", "content": "first"}, to=[PUBLIC])

        session = requests.Session()
        self.addCleanup(session.close)

        def read(url, method="GET", **headers):
            return [session.request(method, url, headers={"Accept": AS2_TYPE, **headers},
                                    timeout=20) for _ in range(3)]

        for url in (thing, carol.actor):
            first = read(url)
            self.assertEqual(len({answer.content for answer in first}), 1)
            self.assertEqual(len({answer.headers["X-Request-Id"] for answer in first}), 3)
            etag = first[0].headers["ETag"]
            for answer in read(url, **{"If-None-Match": etag}):
                self.assert_status(answer, 304)
            for answer in read(url, "HEAD"):
                self.assertEqual(answer.content, b"")
                self.assertEqual(answer.headers["Content-Length"],
                                 str(len(first[0].content)))
            for answer in read(url, Origin="https://client.example"):
                self.assertEqual(answer.headers["Access-Control-Allow-Origin"],
                                 "https://client.example")
            for answer in read(url):
                self.assertNotIn("Access-Control-Allow-Origin", answer.headers)
            for answer in read(url, Accept="text/html"):
                self.assertIn("text/html", answer.headers["Content-Type"])
            for answer in read(url, Host="elsewhere.example"):
                self.assert_status(answer, 421)
            for answer in read(url, Authorization="Bearer nobody"):
                self.assert_status(answer, 401)

        carol.submit({"@context": AS2, "type": "Update", "actor": carol.actor,
                      "object": {"id": thing, "content": "second"}})
        for answer in read(thing):
            self.assertEqual(answer.json()["content"], "second")
        read(carol.actor)
        self.server.cli("user", "disable", "carol")  # by another process
        for answer in read(carol.actor):
            self.assert_status(answer, 410)

    def test_a_browser_gets_a_page_that_runs_and_loads_nothing(self):
        browser = "text/html,application/xhtml+xml,application/xml;q=0.9,image/avif,*/*;q=0.8"
        for url in (self.alice.actor, self.note, self.activity, self.alice.outbox,
                    self.alice.outbox + "?page=first"):
            page = self.fetch(url, browser)
            self.assert_status(page, 200)
            self.assertIn("text/html", page.headers["Content-Type"])
            policy = page.headers["Content-Security-Policy"]
            self.assertIn("default-src 'none'", policy)
            self.assertNotIn("unsafe", policy)
            self.assertEqual(page.headers["X-Content-Type-Options"], "nosniff")
            self.assertNotIn("<script", page.text)
            self.assertIn("<h1>", page.text)
        self.assertIn("hello <b>world</b>", self.fetch(self.note, browser).text)
        self.assertIn("@alice@", self.fetch(self.alice.actor, browser).text)

    def test_AP70_AS92_markup_of_others_is_made_safe(self):
        hostile = ("<p onclick=alert(1)>x<script>alert(2)</script><img src=x onerror=alert(3)>"
                   "<a href='javascript:alert(4)'>a</a><svg onload=alert(5)></svg>"
                   "<iframe srcdoc='&lt;script>alert(6)&lt;/script>'></iframe>"
                   "<style>body{display:none}</style><math><mtext></mtext></math>"
                   "<a href='https://ok.example/?a=1&b=\"2'>link</a>" + "<div>" * 900)
        for member in ("content", "summary", "name"):
            _, thing = self.alice.create({"type": "Note", member: hostile}, to=[PUBLIC])
            page = self.fetch(thing, "text/html").text
            body = page.split("<main>")[1]
            self.assertNotIn("<script", body)
            self.assertNotIn("<img", body)
            self.assertNotIn("<svg", body)
            self.assertNotIn("<iframe", body)
            self.assertNotIn("<style", body)
            self.assertNotIn('href="javascript:', body)
            self.assertIsNone(re.search(r"<[a-z]+[^>]* on[a-z]+=", body))
            self.assertLess(page.count("<div"), 50)

    def test_a_type_that_nobody_knows_is_shown_whole(self):
        _, thing = self.alice.create(
            {"type": "Recipe", "name": "Soup", "servings": 4, "steps": [{"text": "boil water"}]},
            context=[AS2, {"ex": "https://e.example/#", "Recipe": "ex:Recipe",
                           "servings": "ex:servings", "steps": "ex:steps", "text": "ex:text"}],
            to=[PUBLIC])
        page = self.fetch(thing, "text/html").text
        for words in ("Soup", "Recipe", "servings", "4", "boil water"):
            self.assertIn(words, page)

    def test_cors_echoes_the_origin_and_exposes_what_clients_need(self):
        found = self.fetch(self.note, AS2_TYPE, Origin="https://client.example")
        self.assertEqual(found.headers["Access-Control-Allow-Origin"], "https://client.example")
        self.assertIn("origin", found.headers["Vary"].lower())
        self.assertIn("ETag", found.headers["Access-Control-Expose-Headers"])

    def test_errors_are_problems_with_the_tutorials_error_beside(self):
        for found in (self.server.get(MISSING), self.fetch(self.note, "image/png"),
                      self.server.get(self.alice.inbox),
                      self.server.get(self.alice.outbox + "?page=nonsense")):
            self.assertEqual(found.headers["Content-Type"], "application/problem+json")
            problem = found.json()
            self.assertEqual(problem["status"], found.status_code)
            self.assertEqual(problem["error"], problem["detail"])
            self.assertTrue(problem["title"])


class Collections(AcceptanceCase):
    """Pages: newest first, stable, every item once."""

    @classmethod
    def set_up_data(cls):
        cls.alice = cls.server.account("alice")

    def test_AP19_AS83_pages_link_both_ways_and_say_where_they_are(self):
        writer = self.server.account("pages")
        posted = [writer.submit({"type": "Note", "content": str(n), "to": PUBLIC})
                  for n in range(23)][::-1]
        collection = self.server.get(writer.outbox).json()
        self.assertEqual(collection["totalItems"], 23)
        url, seen, pages = id_of(collection["first"]), [], []
        while url:
            page = self.server.get(url + ("" if "limit=" in url else "&limit=5")).json()
            self.assertEqual(page["type"], "OrderedCollectionPage")
            self.assertEqual(page["partOf"], writer.outbox)
            self.assertEqual(page["totalItems"], 23)
            seen += [id_of(item) for item in page["orderedItems"]]
            pages.append(page)
            url = page.get("next")
        self.assertEqual(seen, posted)
        self.assertEqual(pages[0]["startIndex"], 0)
        self.assertNotIn("prev", pages[0])
        self.assertEqual(pages[-1]["startIndex"], 20)
        back, url = [], pages[-1]["prev"]
        while url:
            page = self.server.get(url).json()
            back = [id_of(item) for item in page["orderedItems"]] + back
            url = page.get("prev")
        self.assertEqual(back, posted[:20])
        last = self.server.get(id_of(collection["last"]) + "&limit=5").json()
        self.assertEqual([id_of(item) for item in last["orderedItems"]], posted[-5:])
        self.assertEqual(last["startIndex"], 18)

    def test_AP69_a_page_of_large_items_is_short_and_nothing_is_lost_between_pages(self):
        writer = self.server.account("large")
        posted = [writer.submit({"type": "Note", "content": str(n) * 450_000, "to": PUBLIC})
                  for n in range(9)][::-1]
        def walk(url, link):
            pages = []
            while url:
                answer = self.server.get(url)
                self.assert_status(answer, 200)
                self.assertLess(len(answer.content), 3 << 20)
                page = answer.json()
                self.assertEqual(page["totalItems"], 9)
                pages.append([id_of(item) for item in page["orderedItems"]])
                url = page.get(link)
            return pages
        onwards = walk(writer.outbox + "?page=first&limit=200", "next")
        self.assertEqual(sum(onwards, []), posted)
        self.assertGreater(min(len(page) for page in onwards[:-1]), 1)
        back = walk(writer.outbox + "?page=last&limit=200", "prev")
        self.assertEqual(sum(back[::-1], []), posted)
        last = self.server.get(writer.outbox + "?page=last&limit=200").json()
        self.assertEqual(last["startIndex"], 9 - len(last["orderedItems"]))
        self.assertNotIn("next", last)

    def test_a_page_stays_the_same_when_something_new_comes(self):
        writer = self.server.account("stable")
        for n in range(10):
            writer.submit({"type": "Note", "content": str(n), "to": PUBLIC})
        first = self.server.get(writer.outbox + "?page=true&limit=4").json()
        second = self.server.get(first["next"]).json()
        writer.submit({"type": "Note", "content": "new", "to": PUBLIC})
        again = self.server.get(first["next"]).json()
        self.assertEqual([id_of(i) for i in again["orderedItems"]],
                         [id_of(i) for i in second["orderedItems"]])

    def test_AS74_an_empty_collection_is_whole(self):
        writer = self.server.account("empty")
        collection = self.server.get(writer.document["followers"]).json()
        self.assertEqual(collection["totalItems"], 0)
        page = self.server.get(id_of(collection["first"])).json()
        self.assertNotIn("orderedItems", page)
        self.assertNotIn("next", page)
        self.assertNotIn("prev", page)


if __name__ == "__main__":
    unittest.main()
