"""/sparql: the SPARQL 1.1 Protocol for a signed-in local actor, over exactly what it may see; updates
with a scope of their own; limits, hostile requests, and that what an update makes stale is gone."""

import csv
import io
import json
import socket
import threading
import time
import unittest
import xml.etree.ElementTree as ElementTree

import requests

from harness import AcceptanceCase, PUBLIC, Server, id_of, in_threads

CONFIG = "[sparql]\nenabled = true\n"
SELECT = "SELECT ?c { ?n a as:Note ; as:content ?c } ORDER BY ?c"
CONSTRUCT = "CONSTRUCT { ?n as:content ?c } { ?n a as:Note ; as:content ?c }"
PRODUCT = "SELECT (COUNT(*) AS ?n) { ?a ?b ?c . ?d ?e ?f . ?g ?h ?i . ?j ?k ?l . ?m ?n0 ?o }"
RESULTS = "{http://www.w3.org/2005/sparql-results#}"


class SparqlCase(AcceptanceCase):
    @classmethod
    def setUpClass(cls):
        cls.server = Server(config=CONFIG)
        cls.addClassCleanup(cls.server.close)
        cls.server.start()
        cls.url = cls.server.url + "/sparql"
        cls.alice, cls.bob = cls.server.account("alice"), cls.server.account("bob")
        cls.public = cls.note(cls.alice, "for all", [PUBLIC])
        cls.secret = cls.note(cls.alice, "for alice", [])
        cls.letter = cls.note(cls.alice, "for bob", [cls.bob.actor])

    @classmethod
    def note(cls, account, content, to):
        return account.create({"type": "Note", "content": content, "to": to}, to=to)[1]

    def headers(self, account=None, token=None, **more):
        token = token or (account or self.alice).token
        return {"Authorization": f"Bearer {token}", **more}

    def ask(self, query, account=None, accept="application/sparql-results+json", **params):
        return requests.get(self.url, params={"query": query, **params}, timeout=30,
                            headers=self.headers(account, Accept=accept))

    def column(self, query, account=None, **params):
        """The values of an answer of one column."""
        response = self.ask(query, account, **params)
        self.assert_status(response, 200)
        body = response.json()
        name = body["head"]["vars"][0]
        return [row[name]["value"] for row in body["results"]["bindings"]]

    def update(self, text, token):
        return requests.post(self.url, data=text.encode(), timeout=30, headers=self.headers(
            token=token, **{"Content-Type": "application/sparql-update"}))


class ProtocolTest(SparqlCase):
    def test_a_query_comes_by_get_as_a_form_and_as_a_body(self):
        headers = self.headers(Accept="text/csv")
        answers = [
            requests.get(self.url, params={"query": SELECT}, headers=headers, timeout=20),
            requests.get(self.url + "/", params={"query": SELECT}, headers=headers, timeout=20),
            requests.post(self.url, data={"query": SELECT}, headers=headers, timeout=20),
            requests.post(self.url, data=SELECT, timeout=20, headers={
                **headers, "Content-Type": "application/sparql-query; charset=utf-8"}),
        ]
        for answer in answers:
            self.assert_status(answer, 200)
            self.assertEqual(answer.text, "c\r\nfor alice\r\nfor all\r\nfor bob\r\n")
            self.assertIn("no-store", answer.headers["Cache-Control"])
        head = requests.head(self.url, params={"query": SELECT}, headers=headers, timeout=20)
        self.assertEqual((head.status_code, head.content), (200, b""))

    def test_a_table_is_written_as_the_client_accepts_it(self):
        for accept, written in [
                ("", "application/sparql-results+json"), ("*/*", "application/sparql-results+json"),
                ("application/sparql-results+json", "application/sparql-results+json"),
                ("application/json", "application/sparql-results+json"),
                ("application/sparql-results+xml", "application/sparql-results+xml"),
                ("application/xml", "application/sparql-results+xml"),
                ("text/csv", "text/csv"), ("text/tab-separated-values", "text/tab-separated-values"),
                ("text/html, text/csv;q=0.5, application/sparql-results+xml;q=0.9",
                 "application/sparql-results+xml"),
                ("application/sparql-results+xml;q=0, text/csv;q=0.1", "text/csv"),
                ("TEXT/CSV", "text/csv"),
                # The most exact range decides about a type, wherever it stands.
                ("*/*, application/sparql-results+json;q=0", "application/sparql-results+xml"),
                ("*/*;q=0.1, text/tab-separated-values;q=0.2", "text/tab-separated-values"),
                ("text/*", "text/csv"), ("text/*, text/csv;q=0", "text/tab-separated-values"),
                ("application/*;Q=0.3, text/csv ; Q=0.4", "text/csv"),
                ("text/csv, application/sparql-results+json", "text/csv"),
                ("application/json; charset=utf-8", "application/sparql-results+json")]:
            with self.subTest(accept=accept):
                answer = self.ask(SELECT, accept=accept)
                self.assert_status(answer, 200)
                self.assertEqual(answer.headers["Content-Type"].split(";")[0], written)
                self.assertEqual(self.contents(answer.text, written),
                                 ["for alice", "for all", "for bob"])
                self.assertIn("Accept", answer.headers["Vary"])
        for accept in ("text/turtle", "image/png", "application/ld+json", "text/csv;q=0", "*/*;q=0"):
            self.assert_status(self.ask(SELECT, accept=accept), 406)

    @staticmethod
    def contents(text, written):
        if written == "text/csv":
            return [row["c"] for row in csv.DictReader(io.StringIO(text))]
        if written == "text/tab-separated-values":
            return [line.strip('"') for line in text.split("\n")[1:-1]]
        if written.endswith("+xml"):
            tree = ElementTree.fromstring(text)
            return [literal.text for literal in tree.iter(RESULTS + "literal")]
        return [row["c"]["value"] for row in json.loads(text)["results"]["bindings"]]

    def test_an_ask_is_answered_in_json_and_xml(self):
        self.assertIs(self.ask("ASK { ?n a as:Note }").json()["boolean"], True)
        xml = self.ask("ASK { ?n a as:Nothing }", accept="application/sparql-results+xml").text
        self.assertEqual(ElementTree.fromstring(xml).find(RESULTS + "boolean").text, "false")

    def test_triples_are_written_as_turtle_n_triples_and_json_ld(self):
        for accept, written in [("text/turtle", "text/turtle"),
                                ("application/n-triples", "application/n-triples"),
                                ("application/ld+json", "application/ld+json"),
                                ("*/*", "application/ld+json"),
                                ("application/json", "application/ld+json")]:
            with self.subTest(accept=accept):
                answer = self.ask(CONSTRUCT, accept=accept)
                self.assert_status(answer, 200)
                self.assertEqual(answer.headers["Content-Type"].split(";")[0], written)
                for content in ("for all", "for alice", "for bob"):
                    self.assertIn(content, answer.text)
        self.assertEqual(len(self.ask(CONSTRUCT, accept="application/n-triples").text.splitlines()), 3)
        self.assertEqual(len(self.ask(CONSTRUCT, accept="*/*").json()["@graph"]), 3)
        self.assert_status(self.ask(CONSTRUCT, accept="text/csv"), 406)
        described = self.ask(f"DESCRIBE <{self.public}>", accept="text/turtle")
        self.assertIn('"for all"', described.text)

    def test_the_request_names_the_dataset_before_the_query_does(self):
        everything = "SELECT ?c { ?n as:content ?c } ORDER BY ?c"
        one = {"default-graph-uri": self.public}
        self.assertEqual(self.column(everything, **one), ["for all"])
        both = {"default-graph-uri": [self.public, self.letter]}
        self.assertEqual(self.column(everything, **both), ["for all", "for bob"])
        named = "SELECT ?c { GRAPH ?g { ?n as:content ?c } }"
        self.assertEqual(self.column(named, **{"named-graph-uri": self.letter}), ["for bob"])
        self.assertEqual(self.column(everything, **{"named-graph-uri": self.letter}), [])
        own = f"SELECT ?c FROM <{self.secret}> {{ ?n as:content ?c }}"
        self.assertEqual(self.column(own), ["for alice"])
        self.assertEqual(self.column(own, **one), ["for all"])
        body = requests.post(self.url, params=one, data=everything, timeout=20, headers=self.headers(
            Accept="text/csv", **{"Content-Type": "application/sparql-query"}))
        self.assertEqual(body.text, "c\r\nfor all\r\n")
        # A graph that the reader may not see is empty, and so is one that is not there.
        for graph in (self.secret, "http://nowhere.example/"):
            self.assertEqual(self.column(everything, self.bob, **{"default-graph-uri": graph}), [])

    def test_mistakes_are_told_with_their_place(self):
        answer = self.ask("SELECT ?x {\n  ?x foo:bar ?y }")
        self.assert_status(answer, 400)
        self.assertEqual(answer.headers["Content-Type"], "application/problem+json")
        self.assertIn("line 2, column 6", answer.json()["detail"])
        self.assertIn("PREFIX foo:", answer.json()["detail"])
        for query in ("", "SELECT", "SELECT * { ?s ?p ?o", "INSERT DATA { <http://x/> a 1 }",
                      "SELECT * { SERVICE <http://x/> { ?s ?p ?o } }"):
            with self.subTest(query=query):
                self.assert_status(self.ask(query), 400, 403)
        self.assert_status(requests.get(self.url + "?limit=1", headers=self.headers(), timeout=20), 400)
        for name in ("default-graph-uri", "named-graph-uri"):
            for value in ("", "relative", "no iri <>"):
                self.assert_status(self.ask(SELECT, **{name: value}), 400)
        twice = {"query": [SELECT, SELECT]}
        self.assert_status(requests.get(self.url, params=twice, headers=self.headers(), timeout=20),
                           400)
        self.assert_status(requests.post(self.url, data=twice, headers=self.headers(), timeout=20),
                           400)
        mixed = {"query": SELECT, "update": "CLEAR ALL"}
        self.assert_status(requests.post(self.url, data=mixed, headers=self.headers(), timeout=20),
                           400)

    def test_without_a_query_the_service_describes_itself(self):
        sd = "http://www.w3.org/ns/sparql-service-description#"
        for accept, written in [("application/n-triples", "application/n-triples"),
                                ("text/turtle", "text/turtle"), ("*/*", "application/ld+json")]:
            answer = requests.get(self.url, headers=self.headers(Accept=accept), timeout=20)
            self.assert_status(answer, 200)
            self.assertEqual(answer.headers["Content-Type"].split(";")[0], written)
            self.assertIn(self.url, answer.text)
            if written == "application/n-triples":
                lines = answer.text.splitlines()
                self.assertIn(f"<{self.url}> <{sd}endpoint> <{self.url}> .", lines)
                self.assertIn(f"<{self.url}> <{sd}supportedLanguage> <{sd}SPARQL11Query> .", lines)
        head = requests.head(self.url, headers=self.headers(), timeout=20)
        self.assertEqual((head.status_code, head.content), (200, b""))
        self.assert_status(requests.get(self.url, timeout=20), 401)
        self.assert_status(requests.get(self.url, headers=self.headers(Accept="text/csv"), timeout=20), 406)

    def test_texts_are_utf_8_and_say_so(self):
        query = "SELECT ('caf\u00e9' AS ?v) {}"
        for charset, status in [("utf-8", 200), ('"UTF-8"', 200), ("iso-8859-1", 415), ("utf-16", 415)]:
            answer = requests.post(self.url, data=query.encode(), timeout=20, headers=self.headers(
                Accept="text/csv", **{"Content-Type": f"application/sparql-query; Charset={charset}"}))
            self.assert_status(answer, status)
        for accept in ("text/csv", "text/tab-separated-values"):
            answer = self.ask(query, accept=accept)
            self.assertEqual(answer.headers["Content-Type"], accept + "; charset=utf-8")
            self.assertIn("caf\u00e9", answer.text)

    def test_other_methods_and_media_types_are_refused(self):
        for method in ("PUT", "DELETE", "PATCH"):
            answer = requests.request(method, self.url, data=SELECT, timeout=20, headers=self.headers())
            self.assert_status(answer, 405)
            self.assertEqual(answer.headers["Allow"], "GET, HEAD, POST, OPTIONS")
        for kind in ("text/plain", "application/json", "", "application/sparql"):
            answer = requests.post(self.url, data=SELECT, timeout=20,
                                   headers=self.headers(**{"Content-Type": kind}))
            self.assert_status(answer, 415)
        self.assert_status(requests.get(self.url, params={"update": "CLEAR ALL"}, timeout=20,
                                        headers=self.headers()), 400)

    def test_who_is_not_signed_in_or_may_not_read_is_refused(self):
        for headers in ({}, {"Authorization": "Bearer wrong"}, {"Authorization": "Basic YTpi"}):
            answer = requests.get(self.url, params={"query": SELECT}, headers=headers, timeout=20)
            self.assert_status(answer, 401)
            self.assertIn("Bearer", answer.headers["WWW-Authenticate"])
            # Nothing is read, so nothing is told of mistakes.
            answer = requests.get(self.url, params={"query": "nonsense"}, headers=headers, timeout=20)
            self.assert_status(answer, 401)
        writer = self.alice.new_token("write follow")
        answer = requests.get(self.url, params={"query": SELECT}, timeout=20,
                              headers=self.headers(token=writer))
        self.assert_status(answer, 403)
        self.assertIn('scope="read"', answer.headers["WWW-Authenticate"])
        query_token = requests.get(self.url, timeout=20, params={
            "query": SELECT, "access_token": self.alice.token})
        self.assert_status(query_token, 400, 401)

    def test_it_is_not_there_unless_configured(self):
        other = Server()
        self.addCleanup(other.close)
        other.start()
        account = other.account("carol")
        for method in ("GET", "POST"):
            answer = requests.request(method, other.url + "/sparql", params={"query": SELECT},
                                      headers=account.headers, timeout=20)
            self.assert_status(answer, 404)
        # What may be done at it is what may be done at any address that is nothing.
        at_it, elsewhere = (requests.options(other.url + path, timeout=20)
                            for path in ("/sparql", "/nothing"))
        self.assertEqual((at_it.status_code, at_it.headers.get("Allow")),
                         (elsewhere.status_code, elsewhere.headers.get("Allow")))


class VisibilityTest(SparqlCase):
    def test_each_actor_asks_of_exactly_what_it_may_see(self):
        self.assertEqual(self.column(SELECT), ["for alice", "for all", "for bob"])
        self.assertEqual(self.column(SELECT, self.bob), ["for all", "for bob"])
        count = "SELECT (COUNT(?n) AS ?c) { ?n a as:Note }"
        self.assertEqual(self.column(count), ["3"])
        self.assertEqual(self.column(count, self.bob), ["2"])
        hidden = f"<{self.secret}>"
        for query in (f"ASK {{ {hidden} ?p ?o }}", f"ASK {{ GRAPH {hidden} {{ ?s ?p ?o }} }}",
                      f"ASK {{ ?s (as:object|as:items)+ {hidden} }}",
                      f"ASK {{ ?a a as:Person FILTER EXISTS {{ {hidden} as:attributedTo ?a }} }}"):
            with self.subTest(query=query):
                self.assertIs(self.ask(query, self.alice).json()["boolean"], True)
                self.assertIs(self.ask(query, self.bob).json()["boolean"], False)
        described = self.ask(f"DESCRIBE {hidden}", self.bob, accept="application/n-triples")
        self.assertEqual(described.text, "")

    def test_no_query_reads_bto_keys_tokens_or_claims(self):
        sent = self.alice.create({"type": "Note", "content": "whispered", "to": [PUBLIC],
                                  "bto": [self.bob.actor]}, to=[PUBLIC], bto=[self.bob.actor])[1]
        self.assertEqual(self.column(f"SELECT ?o {{ <{sent}> as:bto|as:bcc ?o }}"), [])
        everything = self.ask("SELECT ?s ?p ?o { GRAPH ?g { ?s ?p ?o } }", accept="text/csv").text
        for word in ("PRIVATE KEY", self.alice.token, "argon2", "#claims"):
            self.assertNotIn(word, everything)

    def test_a_token_of_one_actor_asks_as_that_actor(self):
        token = self.server.cli_json("token", "add", "--user", "bob", "--actor", self.bob.actor,
                                     "--scope", "read")["access_token"]
        answer = requests.get(self.url, params={"query": SELECT}, timeout=20,
                              headers=self.headers(token=token, Accept="text/csv"))
        self.assertEqual(answer.text, "c\r\nfor all\r\nfor bob\r\n")


class UpdateTest(SparqlCase):
    def setUp(self):
        self.writer = self.alice.new_token("read sparql-update")
        self.own = self.note(self.alice, "before", [PUBLIC])

    def edit(self, graph, content="after"):
        return (f"WITH <{graph}> DELETE {{ ?s as:content ?c }} INSERT {{ ?s as:content '{content}' }} "
                f"WHERE {{ ?s as:content ?c }}")

    def contents(self, iri):
        return self.alice.get(iri).json().get("content"), self.server.get(iri).json().get("content")

    def test_an_update_needs_its_own_scope(self):
        for scope in ("read write follow", "sparql-update", "read"):
            self.assert_status(self.update(self.edit(self.own), self.alice.new_token(scope)), 403)
        self.assertEqual(self.contents(self.own), ("before", "before"))
        answer = self.update(self.edit(self.own), self.writer)
        self.assert_status(answer, 200)
        self.assertEqual(answer.json(), {"inserted": 1, "deleted": 1})
        self.assertEqual(self.contents(self.own), ("after", "after"))
        form = requests.post(self.url, data={"update": self.edit(self.own, "again")}, timeout=20,
                             headers=self.headers(token=self.writer))
        self.assert_status(form, 200)
        self.assertEqual(self.contents(self.own), ("again", "again"))

    def test_what_an_update_makes_stale_is_seen_nowhere(self):
        activity, note = self.alice.create({"type": "Note", "content": "stale", "to": [PUBLIC]},
                                           to=[PUBLIC])
        page = id_of(self.alice.get(self.alice.outbox).json()["first"])
        where = (note, activity, page)
        for address in where:  # rendered, or in a cache
            self.assertIn("stale", self.alice.get(address).text)
            self.assertIn("stale", self.server.get(address).text)
        self.server.cli("query", "--update", self.edit(note, "fresh"))
        for address in where:
            for answer in (self.alice.get(address), self.server.get(address)):
                self.assertNotIn("stale", answer.text, address)
                self.assertIn("fresh", answer.text, address)
        # Its sender's words are still known, and who changed them.
        documents = self.server.cli_json("why", note)["documents"]
        self.assertEqual([(one["attested_by"], one["attested_how"]) for one in documents][0],
                         ("operator", "update"))
        created = next(one["document"] for one in documents if one["attested_how"] == "token")
        self.assertIn("stale", self.server.cli("show", created, "--received"))
        self.assertIn("stale", self.server.cli("show", created, "--bytes"))
        self.assertIn("problems: []", self.server.cli("verify"))

    def test_who_may_read_it_follows_an_update_of_whom_it_is_addressed_to(self):
        activity, note = self.alice.create({"type": "Note", "content": "private soon", "to": [PUBLIC]},
                                           to=[PUBLIC])
        self.assert_status(self.server.get(note), 200)
        self.server.cli("query", "--update", f"""
            WITH <{note}> DELETE {{ ?n as:to ?who }} WHERE {{ ?n as:to ?who }} ;
            WITH <{activity}> DELETE {{ ?n as:to ?who }} WHERE {{ ?n as:to ?who }}""")
        self.assert_status(self.server.get(note), 404)
        self.assert_status(self.server.get(activity), 404)
        self.assert_status(self.alice.get(note), 200)
        self.assertNotIn(activity, self.server.get(self.alice.outbox + "?page=first").text)
        self.assertIn(activity, self.alice.get(self.alice.outbox + "?page=first").text)

    def test_an_actor_changes_nothing_but_what_it_wrote(self):
        note, actor, bob = self.own, self.alice.actor, self.bob.actor
        theirs = self.note(self.bob, "bob's", [PUBLIC])
        follow = self.alice.submit({"type": "Like", "actor": actor, "object": theirs, "to": [PUBLIC]})
        before = self.server.cli("query", "--format", "csv",
                                 "SELECT * { GRAPH ?g { ?s ?p ?o } } ORDER BY ?g ?s ?p ?o")
        for text in (self.edit(theirs), "INSERT DATA { GRAPH <http://x/new> { <http://x/new> a 1 } }",
                     "INSERT DATA { <http://x/s> <http://x/p> 1 }", "CLEAR ALL", "DROP ALL",
                     f"CLEAR GRAPH <{theirs}>", f"MOVE <{note}> TO <{theirs}>",
                     f"COPY <{theirs}> TO <{note}>", f"CLEAR GRAPH <{note}>",
                     f"INSERT DATA {{ GRAPH <{note}> {{ <{bob}> as:name 'forged' }} }}",
                     f"INSERT DATA {{ GRAPH <{note}> {{ <{note}> as:attributedTo <{bob}> }} }}",
                     f"INSERT DATA {{ GRAPH <{note}> {{ <{note}> as:to <{bob}> }} }}",
                     f"DELETE WHERE {{ GRAPH <{actor}> {{ ?s ldp:inbox ?o }} }}",
                     f"INSERT DATA {{ GRAPH <{actor}> {{ <{actor}> ldp:inbox <{bob}> }} }}",
                     f"INSERT DATA {{ GRAPH <{actor}> {{ <{actor}#main-key> sec:publicKeyPem 'x' }} }}",
                     f"DELETE WHERE {{ GRAPH <{follow}> {{ ?s as:object ?o }} }}",
                     f"INSERT DATA {{ GRAPH <{self.alice.outbox}> {{ <{self.alice.outbox}> as:items "
                     f"<{theirs}> }} }}",
                     "LOAD <http://localhost/>", self.edit(theirs) + " ; " + self.edit(note)):
            with self.subTest(update=text):
                answer = self.update(text, self.writer)
                self.assert_status(answer, 403)
                self.assertTrue(answer.json()["detail"])
        self.assertEqual(before, self.server.cli(
            "query", "--format", "csv", "SELECT * { GRAPH ?g { ?s ?p ?o } } ORDER BY ?g ?s ?p ?o"))
        profile = f"INSERT DATA {{ GRAPH <{actor}> {{ <{actor}> as:summary 'By SPARQL' }} }}"
        self.assert_status(self.update(profile, self.writer), 200)
        self.assertEqual(self.server.get(actor).json()["summary"], "By SPARQL")

    def test_the_operator_too_leaves_keys_and_sequences_alone(self):
        actor, outbox = self.alice.actor, self.alice.outbox
        for text in (f"DELETE WHERE {{ GRAPH <{actor}> {{ ?s sec:publicKey ?o }} }}",
                     f"CLEAR GRAPH <{actor}>", f"CLEAR GRAPH <{outbox}>",
                     f"DELETE WHERE {{ GRAPH <{outbox}> {{ <{outbox}> as:items ?o }} }}",
                     f"INSERT DATA {{ GRAPH <{outbox}> {{ <{outbox}> as:items <http://x/> }} }}"):
            with self.subTest(update=text):
                done = self.server.run("query", "--update", text)
                self.assertEqual(done.returncode, 1, done.stdout)
                self.assertIn("kept by the server" if "items" in text or outbox in text else "keys",
                              done.stderr)

        liked = id_of(self.bob.get(self.bob.actor).json()["liked"])
        for empty in (liked, actor + "/blocked"):  # nothing is in these yet
            done = self.server.run("query", "--update",
                                   f"INSERT DATA {{ GRAPH <{empty}> {{ <{empty}> as:items <http://x/> }} }}")
            self.assertEqual(done.returncode, 1, done.stdout)
            self.assertIn("kept by the server", done.stderr)

    def test_an_update_counts_what_its_actor_may_see_and_tells_of_nothing_else(self):
        secret = self.note(self.bob, "the password is hunter2", [])
        theirs = self.note(self.bob, "bob's", [PUBLIC])
        for graph in (self.own, secret, theirs, self.bob.actor + "/blocked"):
            for words in ("the password is hunter2", "no such words anywhere"):
                for text in (f"DELETE DATA {{ GRAPH <{graph}> {{ <{graph}> as:content '{words}' }} }}",
                             f"DELETE DATA {{ GRAPH <{graph}> {{ <{graph}> as:items <{secret}> }} }}"):
                    answer = self.update(text, self.writer)
                    self.assert_status(answer, 200)
                    self.assertEqual(answer.json(), {"inserted": 0, "deleted": 0}, text)
        said = f"INSERT DATA {{ GRAPH <{self.own}> {{ <{self.own}> as:summary 'said', 'said' }} }}"
        self.assertEqual(self.update(said, self.writer).json(), {"inserted": 1, "deleted": 0})
        self.assertEqual(self.update(said, self.writer).json(), {"inserted": 0, "deleted": 0})
        gone = said.replace("INSERT", "DELETE")
        self.assertEqual(self.update(gone, self.writer).json(), {"inserted": 0, "deleted": 1})
        self.assertEqual(self.update(gone, self.writer).json(), {"inserted": 0, "deleted": 0})

    def test_an_update_makes_no_more_than_a_document_holds(self):
        def insert(objects):
            return self.update(f"INSERT DATA {{ GRAPH <{self.own}> {{ <{self.own}> "
                               f"<http://x/p> {objects} }} }}", self.writer)
        self.assert_status(insert(", ".join(map(str, range(5_001)))), 413)
        self.assert_status(insert("'%s'" % ("x" * (512 * 1024 + 1))), 413)
        many = (f"INSERT {{ GRAPH <{self.own}> {{ <{self.own}> <http://x/p> ?t }} }} WHERE {{ "
                f"VALUES ?i {{ 1 2 3 }} BIND(CONCAT(STR(?i), '{'x' * 400_000}') AS ?t) }}")
        self.assert_status(self.update(many, self.writer), 413)
        self.assert_status(insert(", ".join(map(str, range(1_000)))), 200)
        self.assertEqual(self.contents(self.own), ("before", "before"))

    def test_the_votes_of_a_poll_are_counted_by_the_server(self):
        poll = self.alice.create({
            "type": "Question", "content": "Which?", "to": [PUBLIC], "oneOf": [
                {"type": "Note", "name": name, "replies": {"type": "Collection", "totalItems": 0}}
                for name in ("this", "that")]}, to=[PUBLIC])[1]
        for text in ("DELETE { ?r as:totalItems ?n } INSERT { ?r as:totalItems 999 } "
                     "WHERE { ?r as:totalItems ?n }",
                     f"INSERT {{ <{poll}> toot:votersCount 999 }} WHERE {{}}",
                     f"DELETE {{ <{poll}> as:oneOf ?o }} WHERE {{ <{poll}> as:oneOf ?o }}",
                     "DELETE { ?o as:name ?n } INSERT { ?o as:name 'other' } "
                     f"WHERE {{ <{poll}> as:oneOf ?o . ?o as:name ?n }}"):
            answer = self.update(f"WITH <{poll}> " + text, self.writer)
            self.assert_status(answer, 403)
        self.assertEqual([one["name"] for one in self.alice.get(poll).json()["oneOf"]],
                         ["this", "that"])

    def test_the_where_of_an_update_sees_what_its_actor_may_see(self):
        secret = self.note(self.bob, "bob alone", [])
        text = (f"INSERT {{ GRAPH <{self.own}> {{ <{self.own}> as:summary ?c }} }} "
                f"WHERE {{ GRAPH <{secret}> {{ ?s as:content ?c }} }}")
        answer = self.update(text, self.writer)
        self.assertEqual(answer.json(), {"inserted": 0, "deleted": 0})
        self.assertNotIn("bob alone", self.alice.get(self.own).text)

    def test_the_request_names_the_graphs_of_where(self):
        text = (f"INSERT {{ GRAPH <{self.own}> {{ <{self.own}> as:summary ?c }} }} "
                "WHERE { ?s as:content ?c }")
        for params, status in [({"using-graph-uri": self.own}, 200),
                               ({"default-graph-uri": self.own}, 400)]:
            answer = requests.post(self.url, params=params, data=text, timeout=20,
                                   headers=self.headers(token=self.writer, **{
                                       "Content-Type": "application/sparql-update"}))
            self.assert_status(answer, status)
        self.assertEqual(self.alice.get(self.own).json()["summary"], "before")
        conflict = requests.post(self.url, timeout=20, headers=self.headers(token=self.writer), data={
            "update": self.edit(self.own), "using-graph-uri": self.own})
        self.assert_status(conflict, 400)
        for text in ("", "INSERT", "SELECT * {}", "DELETE DATA { ?s ?p ?o }"):
            answer = self.update(text, self.writer)
            self.assert_status(answer, *((200, 400) if not text else (400,)))


class LimitsTest(SparqlCase):
    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        quads = " ".join(f"<http://x/s{i}> <http://x/p{i % 7}> {i}, 'x{i}' ." for i in range(300))
        cls.server.cli("query", "--update", f"INSERT DATA {{ GRAPH <{cls.public}> {{ {quads} }} }}")

    def test_rows_bytes_and_memory_have_limits(self):
        answer = self.ask("SELECT (1 AS ?one) { ?a ?b ?c . ?d ?e ?f }", accept="text/csv")
        self.assert_status(answer, 413)
        self.assertIn("100000 rows", answer.json()["detail"])
        answer = self.ask("SELECT * { ?a ?b ?c . ?d ?e ?f }")
        self.assert_status(answer, 413)
        self.assertIn("too long", answer.json()["detail"])
        long = "SELECT (CONCAT(?l, ?l, ?l, ?l) AS ?v) { ?s ?p ?o BIND(\"%s\" AS ?l) }" % ("x" * 9000)
        answer = requests.post(self.url, data=long, timeout=30, headers=self.headers(
            **{"Content-Type": "application/sparql-query"}))
        self.assert_status(answer, 413)
        answer = self.ask("SELECT (GROUP_CONCAT(CONCAT(STR(?a), STR(?d))) AS ?v) "
                          "{ ?a ?b ?c . ?d ?e ?f . ?g ?h ?i }")
        self.assert_status(answer, 413, 503)

    def test_few_run_at_once_each_for_its_time_and_the_server_answers_meanwhile(self):
        answers = []

        def asks():
            begin = time.monotonic()
            answer = self.ask(PRODUCT)
            answers.append((time.monotonic() - begin, answer))

        threads = [threading.Thread(target=asks) for _ in range(4)]
        for thread in threads:
            thread.start()
        busy = self.ask(SELECT)
        while busy.status_code == 200 and any(thread.is_alive() for thread in threads):
            busy = self.ask(SELECT)
        self.assert_status(busy, 503)
        self.assertIn("Retry-After", busy.headers)
        for _ in range(20):
            begin = time.monotonic()
            self.assert_status(self.server.get(self.alice.actor), 200)
            self.assertLess(time.monotonic() - begin, 1)
        for thread in threads:
            thread.join()
        for took, answer in answers:
            self.assert_status(answer, 503)
            self.assertIn("longer than its limit of 10000 ms", answer.json()["detail"])
            self.assertTrue(9.5 < took < 12, took)
        self.assert_status(self.ask(SELECT), 200)

    def test_hostile_queries_do_no_harm(self):
        deep = "SELECT * { " + "{ " * 5000 + "?s ?p ?o" + " }" * 5000 + " }"
        parens = "SELECT * { ?s ?p ?o FILTER" + "(" * 5000 + "1" + ")" * 5000 + " }"
        many = "SELECT * { ?s ?p ?o FILTER(?o IN (" + ",".join(map(str, range(100_000))) + ")) }"
        values = "SELECT * { VALUES ?o { " + " ".join(map(str, range(150_000))) + " } ?s ?p ?o }"
        unions = "SELECT * { " + " UNION ".join(["{ ?s ?p ?o }"] * 20_000) + " }"
        paths = "SELECT * { ?s " + "/".join(["(a|^a)*"] * 500) + " ?o }"
        bombs = ["(a+)+$", "(a|aa)+$", "(.*){1,32000}", "((a{0,100}){0,100}){0,100}", "a{1,1000}{1,1000}"]
        bodies = [deep, parens, many, values, unions, paths]
        bodies += [f'SELECT * {{ ?s ?p ?o FILTER(REGEX("{"a" * 5000}!", "{bomb}")) }}' for bomb in bombs]
        bodies += ['SELECT ("' + "x" * 900_000 + '" AS ?v) {}', "SELECT ?" + "v" * 900_000 + " {}"]
        for body in bodies:
            with self.subTest(body=body[:40]):
                begin = time.monotonic()
                answer = requests.post(self.url, data=body, timeout=30, headers=self.headers(
                    **{"Content-Type": "application/sparql-query", "Accept": "text/csv"}))
                self.assert_status(answer, 200, 400, 413, 503)
                self.assertLess(time.monotonic() - begin, 12)
        too_long = "SELECT * { ?s ?p '" + "x" * (1 << 20) + "' }"
        answer = requests.post(self.url, data=too_long, timeout=30, headers=self.headers(
            **{"Content-Type": "application/sparql-query"}))
        self.assert_status(answer, 413)

    def test_broken_bytes_are_refused(self):
        for body in (b"SELECT * { ?s ?p '\xff\xfe' }", b"SELECT * { ?s ?p '\xed\xa0\x80' }",
                     b"\x00\x01\x02", b"SELECT * { ?s ?p ?o }\x00", b"\xef\xbb\xbf\xff"):
            answer = requests.post(self.url, data=body, timeout=20, headers=self.headers(
                **{"Content-Type": "application/sparql-query"}))
            self.assert_status(answer, 400)
        for encoded in ("query=%ff%fe", "query=SELECT%20*%20%7B%00%7D", "query=%", "query=%zz"):
            answer = requests.get(self.url + "?" + encoded, headers=self.headers(), timeout=20)
            self.assert_status(answer, 400)

    def test_a_client_that_goes_away_does_no_harm(self):
        for _ in range(3):
            with socket.create_connection(("127.0.0.1", self.server.port)) as connection:
                connection.sendall((f"POST /sparql HTTP/1.1\r\nHost: localhost:{self.server.port}\r\n"
                                    f"Authorization: Bearer {self.alice.token}\r\nContent-Type: "
                                    "application/sparql-query\r\nContent-Length: 500\r\n\r\nSELECT")
                                   .encode())
        self.assert_status(self.ask(SELECT), 200)


class ConcurrencyTest(SparqlCase):
    def test_queries_and_writes_at_once_each_see_whole_commits(self):
        writer = self.alice.new_token("read sparql-update")
        note = self.note(self.alice, "0", [PUBLIC])
        self.update(f"INSERT DATA {{ GRAPH <{note}> {{ <{note}> as:summary '0' }} }}", writer)
        done = threading.Event()
        seen = set()

        def reads():
            while not done.is_set():
                answer = self.ask(f"SELECT ?c ?s {{ <{note}> as:content ?c ; as:summary ?s }}")
                if answer.status_code == 503:
                    continue
                rows = answer.json()["results"]["bindings"]
                self.assertEqual(len(rows), 1, answer.text)
                self.assertEqual(rows[0]["c"]["value"], rows[0]["s"]["value"])
                seen.add(rows[0]["c"]["value"])

        def work(number):
            if number:
                reads()
                return
            try:
                for i in range(1, 60):
                    answer = self.update(f"""WITH <{note}> DELETE {{ ?n as:content ?c ; as:summary ?s }}
                        INSERT {{ ?n as:content '{i}' ; as:summary '{i}' }}
                        WHERE {{ ?n as:content ?c ; as:summary ?s }}""", writer)
                    self.assertIn(answer.status_code, (200, 503), answer.text)
            finally:
                done.set()

        in_threads(4, work)
        self.assertGreater(len(seen), 3)
        self.assertIn("problems: []", self.server.cli("verify"))


if __name__ == "__main__":
    unittest.main()
