"""What the client API does at its edges: with what it does not take, what a client must not change,
and what is spelled in another way. Written from the specifications alone, as a stranger's test."""

import json
import re
import socket
import unittest
import urllib.parse

import requests

from harness import (AS2, AS2_TYPE, PASSWORD, PUBLIC, AcceptanceCase, Server, id_of, stays,
                     wait_until)
from oauth_test import Person
from remote import Peer
from wire_test import Raw, send


class ClientEdges(AcceptanceCase):
    @classmethod
    def setUpClass(cls):
        cls.server = Server(host="127.0.0.1", config='[oauth]\nregistration = "open"\n')
        cls.addClassCleanup(cls.server.close)
        cls.alice = cls.server.account("alice")
        cls.bob = cls.server.account("bob")
        cls.carol = cls.server.account("carol")
        cls.peer = Peer()
        cls.addClassCleanup(cls.peer.close)
        cls.remote = cls.peer.actor("remote")
        cls.server.start()

    def refused(self, activity, status, words="", account=None):
        response = (account or self.alice).post(activity)
        self.assert_status(response, status)
        self.assertIn(words, response.json()["error"])

    def note(self, account=None, **more):
        return (account or self.alice).create({"type": "Note", "content": "words", **more},
                                              to=[PUBLIC])[1]

    def upload(self, parts):
        return requests.post(self.server.url + "/media", files=parts, headers=self.alice.headers,
                             timeout=20)

    def raw(self, text):
        """The answer to `text`, sent as it stands."""
        with socket.create_connection(("127.0.0.1", self.server.port), timeout=10) as connection:
            host = f"Host: 127.0.0.1:{self.server.port}\r\nConnection: close\r\n\r\n"
            connection.sendall((text + "\r\n" + host).encode())
            answer = b""
            while part := connection.recv(65536):
                answer += part
        return answer.decode()


class Operators(ClientEdges):
    """What whoever runs the server types: hosts to block, and what to look for."""

    def proxied(self, host):
        return requests.post(self.server.url + "/proxy", timeout=30, headers=self.alice.headers,
                             data={"id": f"https://{host}/users/x"})

    def test_AP66_a_host_is_blocked_in_whatever_form_it_was_typed(self):
        for typed, kept in (("münchen.example", "xn--mnchen-3ya.example"),
                            (" *.Wild.example ", "wild.example"), ("dot.example.", "dot.example"),
                            ("plain.example:8443", "plain.example:8443")):
            self.assertEqual(self.server.cli_json("domain", "block", typed)["blocked"], kept)
            self.assert_status(self.proxied(kept), 403)
        for host in ("münchen.example", "a.wild.example", "b.xn--mnchen-3ya.example"):
            self.assert_status(self.proxied(host), 403)
        self.server.cli("domain", "unblock", "münchen.example")
        self.assertNotIn("xn--mnchen", self.server.cli("domain", "list"))

    def test_AP66_what_is_no_host_or_one_of_its_own_is_not_blocked(self):
        before = self.server.cli("domain", "list")
        for typed in ("", "a b.example", "<script>", "*", "https://x.example/", "a..example",
                      "@x.example", "a" * 300, "x.example:99999"):
            done = self.server.run("domain", "block", typed)
            self.assertNotEqual(done.returncode, 0, typed)
            self.assertIn("HOST is the name of a host", done.stderr, typed)
        for own in (f"127.0.0.1:{self.server.port}", "127.0.0.1"):
            done = self.server.run("domain", "block", own)
            self.assertNotEqual(done.returncode, 0, own)
            self.assertIn("would block itself", done.stderr)
        self.assertEqual(self.server.cli("domain", "list"), before)

    def administrator(self):
        self.server.run("user", "add", "root", "--password", PASSWORD, "--admin")
        person = Person(self.server)
        self.assert_status(person.sign_in("root"), 303)
        return person

    def test_T30_actors_are_found_by_address_and_in_any_case(self):
        self.server.cli("actor", "add", "sought", "--user", "bob", "--name", "Zoë Ünï")
        root = self.administrator()
        def found(wanted):
            page = root.get("/admin/actors?" + urllib.parse.urlencode({"q": wanted})).text
            return set(re.findall(r">@(\w+)@", page))
        for wanted in ("sought", "@sought", "SOUGHT", f"sought@127.0.0.1:{self.server.port}",
                       f"@sought@127.0.0.1", "zoë", "ZOË", "ünÏ"):
            self.assertEqual(found(wanted), {"sought"}, wanted)
        self.assertEqual(found("nobody"), set())

    def test_T30_deleted_actors_are_marked(self):
        dora = self.server.account("dora")
        root = self.administrator()
        self.assertNotIn("deleted", root.get("/admin/actors?q=@dora").text)
        dora.submit({"type": "Delete", "object": dora.actor})
        self.assertIn("deleted", root.get("/admin/actors?q=@dora").text)

    def test_an_administrator_does_not_lock_out_itself_in_another_case(self):
        root = self.administrator()
        page = root.get("/admin/users").text
        token = re.search(r'name="form_token" value="([^"]*)"', page).group(1)
        for name in ("root", "Root", "ROOT"):
            answer = root.post("/admin/users", {"form_token": token, "action": "disable",
                                                "user": name})
            self.assert_status(answer, 409)
        self.assert_status(root.get("/admin/users"), 200)

    def test_an_app_without_a_name_is_called_by_where_it_sends_people_back(self):
        client = requests.post(self.server.url + "/o/register/", timeout=20, json={
            "redirect_uris": ["https://app.example/back"],
            "token_endpoint_auth_method": "none"}).json()
        query = urllib.parse.urlencode({
            "response_type": "code", "client_id": client["client_id"], "state": "s",
            "redirect_uri": "https://app.example/back", "code_challenge": "A" * 43,
            "code_challenge_method": "S256"})
        person = Person(self.server)
        self.assertIn("to go on to <bdi>app.example", person.get("/o/authorize/?" + query).text)
        person.sign_in("alice")
        self.assertRegex(person.get("/o/authorize/?" + query).text, "<h1><bdi>app.example")


class HiddenRecipients(ClientEdges):
    def test_a_term_of_ones_own_for_bto_and_bcc_is_refused_at_any_depth(self):
        term = {"still": {"@id": "as:bcc", "@type": "@id"}, "p": AS2 + "#"}
        hides = {"still": self.bob.actor}
        for note in ({"still": [self.bob.actor]}, {"p:bto": self.bob.actor},
                     {"still": self.bob.actor, "bcc": self.bob.actor},
                     {"attachment": {"type": "Document", "name": "x", **hides}},
                     {"tag": [{"type": "Note", "tag": {"type": "Note", **hides}}]}):
            self.refused({"@context": [AS2, term], "type": "Note", "content": "x", "to": [PUBLIC],
                          **note}, 400, "bto and bcc")
            self.refused({"@context": [AS2, term], "type": "Create", "to": [PUBLIC],
                          "object": {"type": "Note", "content": "x", **note}}, 400, "bto and bcc")
        untyped = {"@context": [AS2, {"still": "as:bto"}], "type": "Note", "still": self.bob.actor}
        self.refused(untyped, 400, "bto and bcc")

    def test_whoever_is_hidden_is_seen_nowhere_under_any_name_of_theirs(self):
        for name in ("bto", "bcc", "as:bto", "as:bcc", AS2 + "#bto", AS2 + "#bcc"):
            response = self.alice.post({
                "@context": AS2, "type": "Note", "content": "x", "to": [PUBLIC, self.remote.id],
                name: self.bob.actor})
            self.assert_status(response, 201)
            activity = response.headers["Location"]
            note = id_of(self.alice.get(activity).json()["object"])
            for url in (activity, note):
                for accept in (AS2_TYPE, "application/n-quads", "text/html"):
                    answer = self.server.get(url, headers={"Accept": accept})
                    self.assert_status(answer, 200)
                    self.assertNotIn(self.bob.actor, answer.text, name)
            sent = wait_until(lambda id=activity: [one for one in self.peer.received("Create")
                                                   if one.activity["id"] == id], "the delivery")
            self.assertNotIn(self.bob.actor, json.dumps(sent[0].activity), name)


class Requests(ClientEdges):
    def test_a_content_encoding_is_refused_with_415_on_every_road_that_takes_a_body(self):
        roads = [self.alice.outbox, self.alice.inbox] + [
            self.server.url + path for path in (
                "/inbox", "/proxy", "/media", "/api/actors", "/o/token/", "/o/register/",
                "/o/revoke_token/", "/o/introspect/", "/o/authorize/", "/o/sign_in", "/admin/users")]
        for url in roads:
            for coding in ("gzip", "br", "identity, gzip", "x-own"):
                answer = requests.post(url, data=b"{}", timeout=20, headers={
                    **self.alice.headers, "Content-Type": AS2_TYPE, "Content-Encoding": coding})
                self.assertEqual(answer.status_code, 415, url)
                self.assertEqual(answer.headers["Accept-Encoding"], "identity", url)
                self.assertEqual(answer.headers["Content-Type"], "application/problem+json")
        for coding in ("identity", "Identity", ""):
            answer = requests.post(self.alice.outbox, data='{"type": "Note"}', timeout=20, headers={
                **self.alice.headers, "Content-Type": AS2_TYPE, "Content-Encoding": coding})
            self.assert_status(answer, 201)

    def test_a_method_that_is_not_taken_is_405_with_Allow_whether_it_has_a_body_or_not(self):
        paths = [url.removeprefix(self.server.url) for url in
                 (self.alice.actor, self.alice.outbox, self.note())] + ["/o/token/", "/media", "/"]
        for path in paths:
            for method in ("PUT", "PATCH", "DELETE"):
                for length in ("", "\r\nContent-Length: 0"):
                    answer = self.raw(f"{method} {path} HTTP/1.1{length}")
                    self.assertIn(" 405 ", answer.split("\r\n")[0], f"{method} {path}")
                    self.assertIn("\r\nAllow: ", answer)

    def test_options_is_answered_for_the_server_and_for_addresses_of_any_form(self):
        answer = self.raw("OPTIONS * HTTP/1.1")
        self.assertIn(" 204 ", answer.split("\r\n")[0])
        asked = requests.options(self.server.url + "/users/imported/statuses/1", timeout=20,
                                 headers={"Origin": "https://app.example",
                                          "Access-Control-Request-Method": "GET",
                                          "Access-Control-Request-Headers": "authorization"})
        self.assert_status(asked, 204)
        self.assertEqual(asked.headers["Access-Control-Allow-Origin"], "https://app.example")
        self.assertIn("Authorization", asked.headers["Access-Control-Allow-Headers"])

    def test_fields_that_come_twice_are_one_list(self):
        path = self.alice.actor[len(self.server.url):]
        etag = self.server.get(self.alice.actor).headers["ETag"]
        again = f'GET {path} HTTP/1.1\r\nIf-None-Match: "other"\r\nIf-None-Match: {etag}'
        self.assertTrue(self.raw(again).startswith("HTTP/1.1 304 "))
        both = f"GET {path} HTTP/1.1\r\nAccept: image/png\r\nAccept: {AS2_TYPE}"
        self.assertTrue(self.raw(both).startswith("HTTP/1.1 200 "))

    def test_a_401_names_its_scheme_on_a_page_too(self):
        for accept in ("text/html", AS2_TYPE):
            answer = self.server.get(self.alice.inbox, headers={"Accept": accept})
            self.assert_status(answer, 401)
            self.assertIn("Bearer", answer.headers["WWW-Authenticate"], accept)

    def test_the_shared_inbox_is_read_with_and_without_its_last_slash(self):
        for path in ("/inbox", "/inbox/"):
            answer = self.server.get(self.server.url + path)
            self.assert_status(answer, 200)
            self.assertEqual(answer.json()["id"], self.server.url + "/inbox")

    def test_that_another_server_does_not_answer_is_no_error_of_this_one(self):
        answer = requests.post(self.server.url + "/proxy", timeout=30, headers=self.alice.headers,
                               data={"id": "http://127.0.0.1:9/nothing"})
        self.assert_status(answer, 502)
        lines = [line for line in self.server.log().splitlines() if "request_failed" in line]
        self.assertTrue(lines)
        self.assertFalse([line for line in lines if '"error"' in line], lines)

    def test_what_the_front_refuses_says_what_to_do(self):
        answer = self.alice.post({"type": "Note", "content": "x" * (3 << 20)})
        self.assert_status(answer, 413)
        problem = answer.json()
        self.assertIn("larger", problem["detail"])
        self.assertEqual(problem["error"], problem["detail"])

    def test_an_upload_that_is_no_form_is_415_and_one_with_two_files_400(self):
        for content_type in ("image/png", "application/x-www-form-urlencoded", "multipart/mixed"):
            answer = requests.post(self.server.url + "/media", data=b"x", timeout=20, headers={
                **self.alice.headers, "Content-Type": content_type})
            self.assert_status(answer, 415)
        picture = ("a.gif", b"GIF89a" + bytes(20), "image/gif")
        self.assert_status(self.upload([("file", picture)]), 201)
        self.assert_status(self.upload([("file", picture), ("file", picture)]), 400)
        shell = (None, json.dumps({"type": "Image"}), AS2_TYPE)
        self.assert_status(self.upload([("file", picture), ("object", shell), ("object", shell)]), 400)

    def test_the_proxy_takes_one_id_and_hides_who_else_got_what_it_brings(self):
        far = Raw(lambda handler: send(handler, json.dumps({
            "@context": AS2, "id": f"{far.url}/note", "type": "Note", "bto": "http://hid.example/1",
            "attachment": [{"type": "Note", "bcc": ["http://hid.example/2"]}],
            "as:bcc": "http://hid.example/3"}).encode()))
        self.addCleanup(far.close)
        def proxied(form):
            return requests.post(self.server.url + "/proxy", data=form, headers=self.alice.headers,
                                 timeout=20)
        found = proxied({"id": far.url + "/note"})
        self.assert_status(found, 200)
        self.assertEqual(found.json()["type"], "Note")
        self.assertNotIn("hid.example", found.text)
        self.assert_status(proxied([("id", far.url + "/note"), ("id", far.url + "/x")]), 400)


class Submissions(ClientEdges):
    def test_AP33_the_object_of_an_activity_is_an_IRI_or_an_object_never_a_text(self):
        for kind in ("Update", "Delete", "Follow", "Like", "Block", "Undo", "Accept", "Reject",
                     "Announce", "Dislike", "Flag"):
            for thing in (5, True, "", "/relative", "two words", [self.bob.actor, 5]):
                response = self.alice.post({"type": kind, "object": thing})
                self.assertEqual(response.status_code, 400, f"{kind} {thing}: {response.text}")
        for kind in ("Add", "Remove", "Move"):
            self.refused({"type": kind, "object": "/x", "target": self.alice.document["featured"]}, 400)
        for kind in ("Follow", "Block"):
            for thing in ("javascript:alert(1)", "urn:x:y", "acct:bob@localhost"):
                self.refused({"type": kind, "object": thing}, 400, "address of an actor")
        self.assertEqual(self.alice.ids(self.alice.document["liked"]), [])
        self.assertEqual(self.alice.items(self.alice.document["pendingFollowing"]), [])
        self.assertEqual(self.alice.items(self.alice.document["blocked"]), [])

    def test_recipients_are_IRIs_or_the_client_learns_that_they_are_not(self):
        for member in ("to", "cc", "bto", "bcc", "audience"):
            for wrong in ("bob@example.org", "everybody", "", 5, [self.bob.actor, "/actors/x"]):
                self.refused({"type": "Note", "content": "x", member: wrong}, 400, f'"{member}"')
                self.refused({"type": "Like", "object": self.bob.actor, member: wrong}, 400, member)
            for none in (None, [], [None]):
                self.assert_status(self.alice.post({"type": "Note", member: none}), 201)

    def test_undo_accept_and_reject_take_one_thing_and_it_is_an_activity(self):
        likes = [self.alice.submit({"type": "Like", "object": self.note(self.bob)}) for _ in "ab"]
        for kind in ("Undo", "Accept", "Reject"):
            self.refused({"type": kind, "object": likes}, 400, "one object at a time")
        for thing in (self.bob.actor, self.note(), self.note(self.bob),
                      {"id": self.bob.actor, "type": "Person"}):
            self.assert_status(self.alice.post({"type": "Undo", "object": thing}), 400, 403, 404)
        self.alice.submit({"type": "Undo", "object": likes[0]})

    def test_an_actor_that_is_not_here_is_not_followed(self):
        missing = self.server.url + "/actors/01900000-0000-7000-8000-000000000000"
        self.refused({"type": "Follow", "object": missing}, 404, "no such actor")
        self.refused({"type": "Follow", "object": self.note(self.bob)}, 404, "no such actor")

    def test_what_was_done_is_not_changed_by_an_update(self):
        like = self.alice.submit({"type": "Like", "object": self.note(self.bob), "to": PUBLIC})
        before = self.server.get(like).json()
        for change in ({"actor": self.bob.actor}, {"object": self.bob.actor}, {"type": "Follow"},
                       {"type": "Note", "actor": None, "object": None}, {"summary": "other words"}):
            self.refused({"type": "Update", "object": {"id": like, **change}}, 400, "not changed")
        self.assertEqual(self.server.get(like).json(), before)
        create, _ = self.alice.create({"type": "Note"}, to=PUBLIC)
        self.refused({"type": "Update", "object": {"id": create, "actor": self.bob.actor}}, 400)

    def test_nothing_says_that_another_actor_did_it(self):
        for spelled in ({"actor": self.bob.actor}, {"as:actor": {"id": self.bob.actor}}):
            self.refused({"@context": AS2, "type": "Create", "to": PUBLIC, "object": {
                "type": "Like", "object": self.note(), **spelled}}, 403, "actor")
            self.refused({"@context": AS2, "type": "Update", "object": {
                "id": self.note(), **spelled}}, 400, "actor")

    def test_an_update_does_not_make_another_kind_of_thing(self):
        mine = id_of(self.alice.post({"type": "Create", "to": PUBLIC, "object": {
            "type": "Collection", "name": "mine"}}).json()["object"])
        for thing, kind in ((self.alice.actor, "Note"), (self.alice.actor, "Collection"),
                            (mine, "Note"), (self.note(), "OrderedCollection"),
                            (self.note(), "Person"), (self.note(), "Like")):
            self.refused({"type": "Update", "object": {"id": thing, "type": kind}}, 400, "kind")
        for thing, kind in ((self.alice.actor, "Service"), (self.alice.actor, "Person"),
                            (mine, "OrderedCollection"), (self.note(), "Article"),
                            (self.note(), ["Note", "http://example.org/Recipe"])):
            self.assert_status(self.alice.post({"type": "Update", "object": {
                "id": thing, "type": kind}}), 201)

    def test_the_collections_of_the_server_stay_as_visible_as_they_are(self):
        document = self.alice.document
        kept = [document[name] for name in ("inbox", "outbox", "followers", "following", "liked",
                                            "featured", "blocked", "pendingFollowers")]
        kept += [self.note() + "/likes", self.note() + "/replies"]
        for url in kept:
            for change in ({"name": "Mine"}, {"to": []}, {"to": PUBLIC}):
                self.refused({"type": "Update", "object": {"id": url, **change}}, 403,
                             "kept by the server")
            self.refused({"type": "Update", "object": {"id": url, "name": "x"}}, 403, "not yours",
                         self.bob)
        for name in ("outbox", "followers", "following", "liked", "featured"):
            self.assert_status(self.server.get(document[name]), 200)

    def test_an_update_gives_no_other_meaning_to_what_it_does_not_name(self):
        def context(iri):
            return [AS2, {"mood": "https://one.example/mood", "extra": iri}]
        _, note = self.alice.create({"type": "Note", "content": "x", "mood": "calm", "extra": "1"},
                                    to=[PUBLIC], context=context("https://one.example/extra"))
        before = self.alice.get(note).json()
        change = {"type": "Update", "object": {"id": note, "content": "y"}}
        self.refused({"@context": context("https://two.example/extra"), **change}, 400,
                     "another meaning")
        change["object"]["@context"] = {"mood": "https://two.example/mood"}
        self.refused({"@context": AS2, **change}, 400, "another meaning")
        self.assertEqual(self.alice.get(note).json(), before)
        # What is named may change its meaning, and other terms may come.
        self.alice.submit({"@context": [AS2, {"more": "https://three.example/more"}], "type": "Update",
                           "object": {"id": note, "more": "2"}})
        self.alice.submit({"@context": context("https://two.example/extra"), "type": "Update",
                           "object": {"id": note, "extra": "3"}})
        after = self.alice.get(note).json()
        self.assertEqual((after["mood"], after["extra"], after["more"]), ("calm", "3", "2"))

    def test_members_spelled_in_json_ld_are_what_they_mean(self):
        create = self.alice.submit({"@context": AS2, "@type": "Note", "as:content": "x",
                                    "as:to": {"@id": PUBLIC},
                                    AS2 + "#cc": [{"@id": self.bob.actor}]})
        shown = self.server.get(create).json()
        thing = shown["object"]
        for part in (shown, thing):
            self.assertIn(PUBLIC, part["to"])
            self.assertIn(self.bob.actor, part["cc"])
        self.assertEqual((shown["type"], thing["type"]), ("Create", "Note"))
        self.assertIn(create, self.bob.ids(self.bob.inbox))
        for change in ({"@type": "Article"}, {"as:name": "named"}, {AS2 + "#name": "renamed"}):
            self.alice.submit({"@context": AS2, "type": "Update",
                               "object": {"id": thing["id"], **change}})
        shown = self.server.get(thing["id"]).json()
        self.assertEqual((shown["type"], shown["name"]), ("Article", "renamed"))
        self.assertNotIn("@type", shown)
        self.alice.submit({"@context": AS2, "type": "Update",
                           "object": {"id": thing["id"], "as:name": None}})
        self.assertNotIn("name", self.server.get(thing["id"]).json())
        self.refused({"type": "Update", "object": {"id": thing["id"], "@type": None, "type": None}},
                     400, "type")

    def test_a_published_of_null_is_none(self):
        create = self.alice.submit({"type": "Note", "published": None, "to": PUBLIC})
        shown = self.server.get(create).json()
        self.assertTrue(shown["published"] and shown["object"]["published"])

    def test_AP40_whom_the_author_has_blocked_is_sent_nothing_to_read(self):
        dave, erin = self.server.account("dave"), self.server.account("erin")
        for who in (erin.actor, self.remote.id):
            dave.submit({"type": "Block", "object": who})
        named = {"to": [erin.actor, self.remote.id, self.bob.actor], "bcc": self.remote.id}
        note, _ = dave.create({"type": "Note", "content": "not for the blocked"}, **named)
        dave.submit({"type": "Announce", "object": self.note(dave), **named})
        wait_until(lambda: note in self.bob.ids(self.bob.inbox), "bob has it")
        self.assertEqual(erin.items(erin.inbox), [])
        stays(lambda: not self.peer.received("Create") and not self.peer.received("Announce"),
              "nothing goes to the blocked one's server")
        delete = dave.submit({"type": "Delete", "object": id_of(dave.get(note).json()["object"]),
                              **named})
        wait_until(lambda: any(one.activity["id"] == delete for one in self.peer.received("Delete")),
                   "what takes back goes on arriving")

    def test_what_a_deleted_actor_said_goes_with_it(self):
        frank, note = self.server.account("frank"), self.note(self.bob)
        frank.submit({"type": "Follow", "object": self.bob.actor})
        frank.submit({"type": "Like", "object": note, "to": PUBLIC})
        made = [frank.create({"type": "Note", "content": f"last words {number}"},
                             to=[PUBLIC, self.remote.id]) for number in range(60)]
        made.append(frank.create({"type": "Collection", "name": "mine", "items": [note]}, to=PUBLIC))
        answer = frank.create({"type": "Note", "content": "last answer", "inReplyTo": note}, to=PUBLIC)
        wait_until(lambda: len(self.peer.received("Create")) >= 60, "the posts are delivered", 40)
        gone = frank.submit({"type": "Delete", "object": frank.actor, "to": [PUBLIC, self.remote.id]})
        document = frank.document
        for name in ("outbox", "followers", "following", "liked", "featured"):
            self.assert_status(self.server.get(document[name]), 410)
        for url in (made[0][1], made[0][0], made[-1][1], answer[1], answer[0]):
            wait_until(lambda url=url: self.server.get(url).status_code == 410, f"{url} is gone", 30)
        for create, thing in made:
            self.assertEqual(self.server.get(create).status_code, 410, create)
            self.assertEqual(self.server.get(thing).json()["type"], "Tombstone")
        shown = self.server.get(note).json()
        self.assertEqual((shown["likes"]["totalItems"], shown["replies"]["totalItems"]), (0, 0))
        self.assertNotIn("last", json.dumps(self.bob.items(self.bob.inbox)))
        wait_until(lambda: any(one.activity["id"] == gone for one in self.peer.received("Delete")),
                   "the Delete is told")
        self.assertEqual(self.server.get(document["id"]).json()["type"], "Tombstone")
        self.assertEqual(self.server.run("verify").returncode, 0)

    def test_pages_for_people_name_who_wrote_and_who_is_listed(self):
        domain = self.server.url.removeprefix("http://")
        create, note = self.alice.create({"type": "Note", "content": "x"}, to=[PUBLIC])
        self.bob.submit({"type": "Follow", "object": self.carol.actor})
        for url, name in ((note, "alice"), (create, "alice"), (self.alice.outbox, "alice"),
                          (self.carol.document["followers"], "bob")):
            page = self.server.get(url, headers={"Accept": "text/html"}).text
            self.assertIn(f">@{name}@{domain}</a>", page, url)


class Polls(ClientEdges):
    def ask(self, **more):
        question = {"type": "Question", "content": "?", "oneOf": [
            {"type": "Note", "name": name} for name in ("tea", "coffee")], "to": PUBLIC, **more}
        return id_of(self.server.get(self.alice.submit(question)).json()["object"])

    def vote(self, account, question, name):
        account.submit({"type": "Note", "name": name, "inReplyTo": question, "to": self.alice.actor})

    def counts(self, question):
        shown = self.server.get(question).json()
        options = shown.get("oneOf") or shown.get("anyOf")
        return {one["name"]: one["replies"]["totalItems"] for one in
                (options if isinstance(options, list) else [options])}

    def test_a_question_with_its_actor_is_a_question(self):
        question = self.ask(actor=self.alice.actor)
        self.vote(self.bob, question, "tea")
        self.assertEqual(self.counts(question), {"tea": 1, "coffee": 0})
        self.refused({"type": "Question", "actor": self.bob.actor, "oneOf": [{"name": "x"}]}, 403)

    def test_votes_are_for_the_server_to_count(self):
        forged = {"type": "Collection", "totalItems": 99}
        question = self.ask(votersCount=99, oneOf=[{"type": "Note", "name": name, "replies": forged}
                                                   for name in ("tea", "coffee")])
        self.assertEqual(self.counts(question), {"tea": 0, "coffee": 0})
        self.vote(self.bob, question, "tea")
        self.vote(self.carol, question, "tea")
        self.alice.submit({"type": "Update", "object": {"id": question, "votersCount": 99, "oneOf": [
            {"type": "Note", "name": "tea", "replies": forged},
            {"type": "Note", "name": "water", "replies": forged}]}})
        self.assertEqual(self.counts(question), {"tea": 2, "water": 0})
        self.assertNotRegex(self.server.get(question).text, r":99\b")  # ids may have it
        self.alice.submit({"type": "Update", "object": {"id": question, "content": "??"}})
        self.assertEqual(self.counts(question), {"tea": 2, "water": 0})
        self.refused({"type": "Update", "object": {"id": question, "anyOf": [{"name": "x"}]}}, 400,
                     "not both")
        self.vote(self.bob, question, "water")  # oneOf: bob has voted
        self.assertEqual(self.counts(question), {"tea": 2, "water": 0})


class Disabled(ClientEdges):
    def test_the_actor_of_a_disabled_user_takes_nothing_in_and_is_not_found(self):
        gone = self.server.account("gone")
        before = self.remote.activity("Follow", gone.actor)
        self.assert_status(self.remote.deliver(gone.inbox, before), 202)
        followers = gone.document["followers"]
        wait_until(lambda: self.remote.id in gone.ids(followers), "the follower is listed")
        name = {"resource": f"acct:gone@127.0.0.1:{self.server.port}"}
        finger = self.server.url + "/.well-known/webfinger"
        self.assert_status(requests.get(finger, params=name, timeout=20), 200)
        self.server.cli("user", "disable", "gone")
        self.assert_status(self.server.get(gone.actor), 410)
        self.assert_status(requests.get(finger, params=name, timeout=20), 404)
        self.assert_status(self.remote.deliver(
            gone.inbox, self.remote.activity("Create", {"type": "Note", "content": "x"})), 410)
        self.refused({"type": "Follow", "object": gone.actor}, 410)
        shared = self.remote.activity("Follow", gone.actor)
        self.assert_status(self.remote.deliver(self.server.url + "/inbox", shared), 202)
        stays(lambda: len(self.peer.received("Accept")) == 1, "the second Follow is not accepted")


if __name__ == "__main__":
    unittest.main()
