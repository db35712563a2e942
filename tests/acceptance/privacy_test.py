"""Who sees what, as a property: a town of actors, local and remote, lives at random, and after each
change every reader gets on every road exactly what a reference rule of a few lines shows.

Roads: object and activity (AS2, both its names, plain JSON, HTML, the three RDF syntaxes, HEAD,
If-None-Match), likes, shares and replies,
outbox and its pages in both directions, inbox, proxyUrl, /sparql, `show --as`, `query --as`.
Readers: nobody, local actors by token, remote ones by signature.
"""

import http.client
import json
import os
import random
import re
import unittest
import urllib.parse

import sign
from harness import AS2_TYPE, LD_TYPE, PUBLIC, AcceptanceCase, Server, id_of
from remote import Peer

TOWNS = 30 if os.environ.get("QUADPUB_LONG") else 2
STEPS = 40
FORMATS = (AS2_TYPE, LD_TYPE, "application/json", "text/html", "text/turtle", "application/trig",
           "application/n-quads")
ANYBODY = None  # the reader who does not say who it is


class Found:
    def __init__(self, response):
        self.status, self.headers = response.status, response.headers
        self.text = response.read().decode()

    def json(self):
        return json.loads(self.text)


class Link:
    """One connection that is kept: some ten thousand questions are asked."""

    def __init__(self, server):
        self.http = http.client.HTTPConnection("127.0.0.1", server.port, timeout=30)
        self.origin = server.url

    def request(self, method, url, headers, body=None):
        headers.setdefault("Host", urllib.parse.urlsplit(self.origin).netloc)
        self.http.request(method, url.removeprefix(self.origin), body, headers)
        return Found(self.http.getresponse())


class Thing:
    """A post, its Create, or a reaction: who wrote it and whom it is addressed to."""

    def __init__(self, iri, author, to, hidden=()):
        self.iri, self.author, self.to, self.hidden = iri, author, set(to), set(hidden)


class Post:
    def __init__(self, activity, note, words, parent=None):
        self.activity, self.note, self.words, self.parent = activity, note, words, parent
        self.likes, self.shares = [], []
        self.deleted = False


class Rule:
    """The reference: written from the issue, without regard to how the server finds it out."""

    def __init__(self):
        self.followers, self.blocked, self.posts = {}, {}, []

    def may_read(self, reader, thing):
        if PUBLIC in thing.to or reader == thing.author:
            return True
        if reader is ANYBODY or reader in self.blocked[thing.author]:
            return False
        follows = reader in self.followers[thing.author]
        return reader in thing.to | thing.hidden or (follows and "followers" in thing.to)

    def may_read_words(self, reader, post):
        return not post.deleted and self.may_read(reader, post.note)

    def replies_of(self, post):
        return [one for one in self.posts if one.parent is post and not one.deleted]


class Town:
    def __init__(self, server, peer, number):
        self.server, self.peer = server, peer
        self.random = random.Random(number)
        self.rule = Rule()
        self.number, self.words, self.asked = number, 0, 0
        self.local = {}
        for name in ("ann", "ben", "cat"):
            account = server.account(f"{name}{number}")
            self.local[account.actor] = account
        peers = [peer.actor(f"{name}{number}") for name in ("yan", "zoe")]
        self.remote = {one.id: one for one in peers}
        self.actors = [*self.local, *self.remote]
        for actor in self.actors:
            self.rule.followers[actor], self.rule.blocked[actor] = set(), set()
        self.follows, self.blocks = {}, {}
        self.links = {reader: Link(server) for reader in (ANYBODY, *self.actors)}
        self.locked = set()

    @property
    def readers(self):
        return [ANYBODY, *self.actors]

    def close(self):
        for link in self.links.values():
            link.http.close()

    # Asking

    def ask(self, reader, url, accept=AS2_TYPE, method="GET", **more):
        self.asked += 1
        headers = {}
        if reader in self.local:
            headers = dict(self.local[reader].headers)
        elif reader in self.remote:
            one = self.remote[reader]
            headers = sign.cavage_headers(one.key, one.key_id, method, url,
                                          covered=("(request-target)", "host", "date"))
        return self.links[reader].request(method, url, {**headers, "Accept": accept, **more})

    def post_form(self, reader, path, form, accept=AS2_TYPE):
        headers = {**self.local[reader].headers, "Accept": accept,
                   "Content-Type": "application/x-www-form-urlencoded"}
        return self.links[reader].request("POST", self.server.url + path, headers,
                                          urllib.parse.urlencode(form))

    def proxied(self, reader, url):
        return self.post_form(reader, "/proxy", {"id": url})

    def found_by_query(self, reader, query):
        found = self.post_form(reader, "/sparql", {"query": query},
                               "application/sparql-results+json")
        self.must(found.status == 200, found.text)
        return [row["x"]["value"] for row in found.json()["results"]["bindings"]]

    # Living

    def audience(self, author):
        """Recipients as the rule names them, and as the wire does."""
        chosen = set()
        if self.random.random() < 0.3:
            chosen.add(PUBLIC)
        if self.random.random() < 0.4:
            chosen.add("followers")
        hidden = set()
        for other in self.actors:
            if other != author and self.random.random() < 0.2:
                (hidden if self.random.random() < 0.3 else chosen).add(other)
        return chosen, hidden

    def on_wire(self, author, to):
        followers = self.local[author].document["followers"]
        return sorted(followers if one == "followers" else one for one in to)

    def step(self):
        """One change; what it may have changed is for the caller to check."""
        kinds = [self.post] * 8 + [self.react] * 4 + [self.follow] * 3 + [self.block] * 2
        kinds += [self.readdress, self.reword, self.delete, self.lock]
        return self.random.choice(kinds)()

    def some_post(self, may=lambda post: True):
        posts = [post for post in self.rule.posts if not post.deleted and may(post)]
        return self.random.choice(posts) if posts else None

    def post(self):
        author = self.random.choice(list(self.local))
        to, hidden = self.audience(author)
        self.words += 1
        words = f"words{self.number}x{self.words}end"
        body = {"type": "Note", "content": words, "to": self.on_wire(author, to)}
        if hidden:
            body["bcc"] = sorted(hidden)
        parent = None
        if self.random.random() < 0.4:
            parent = self.some_post(lambda one: self.rule.may_read(author, one.note) and
                                    author not in self.rule.blocked[one.note.author])
        if parent:
            body["inReplyTo"] = parent.note.iri
        account = self.local[author]
        activity = account.submit(body)
        note = id_of(account.get(activity).json()["object"])
        # What answers is for whom it answers too (AP44: a helper adds the parent's author).
        if parent:
            shown = account.get(note).json()
            wire = set(shown.get("to", [])) | set(shown.get("cc", []))
            if parent.note.author in wire:
                to = to | {parent.note.author}
        self.rule.posts.append(Post(Thing(activity, author, to, hidden),
                                    Thing(note, author, to, hidden), words, parent))

    def react(self):
        kind = self.random.choice(("likes", "shares"))
        who = self.random.choice(list(self.local))
        post = self.some_post(
            lambda one: self.rule.may_read(who, one.note)
            and who not in self.rule.blocked[one.note.author]
            and all(thing.author != who for thing in getattr(one, kind)))
        if not post:
            return
        to = {PUBLIC} if self.random.random() < 0.5 else {post.note.author}
        iri = self.local[who].submit({"type": "Like" if kind == "likes" else "Announce",
                                      "object": post.note.iri, "to": sorted(to)})
        getattr(post, kind).append(Thing(iri, who, to | {post.note.author}))

    def follow(self):
        whom = self.random.choice(list(self.local))
        who = self.random.choice([one for one in self.actors if one != whom])
        if whom in self.rule.blocked[who]:
            return
        followers, account = self.rule.followers[whom], self.local[whom]
        if who in followers and self.random.random() < 0.4:
            undo = {"type": "Undo", "object": self.follows[who, whom], "to": whom}
            self.speak(who, whom, undo)
            followers.discard(who)
            return
        if who in followers:
            return
        ask = {"type": "Follow", "object": whom, "to": whom}
        self.follows[who, whom] = self.speak(who, whom, ask)
        if who in self.rule.blocked[whom]:
            return
        if whom in self.locked:
            self.check_post_of(whom, who)  # asking is not following
            answer = self.random.choice(("Accept", "Reject"))
            account.submit({"type": answer, "object": self.follows[who, whom], "to": who})
            if answer == "Accept":
                followers.add(who)
        else:
            followers.add(who)

    def check_post_of(self, author, reader):
        for post in self.rule.posts[-6:]:
            if post.note.author == author:
                self.check_note(reader, post)

    def speak(self, who, whom, activity):
        """As a local actor to the outbox, as a remote one to the inbox."""
        if who in self.local:
            return self.local[who].submit(activity)
        one = self.remote[who]
        kind, thing = activity.pop("type"), activity.pop("object")
        if kind == "Undo":
            thing = {"id": thing, "type": "Follow", "actor": who, "object": whom}
        document = one.activity(kind, thing, **activity)
        found = one.deliver(self.local[whom].inbox, document)
        self.must(found.status_code == 202, found.text)
        return document["id"]

    def block(self):
        who = self.random.choice(list(self.local))
        whom = self.random.choice([one for one in self.actors if one != who])
        if whom in self.rule.blocked[who]:
            self.local[who].submit({"type": "Undo", "object": self.blocks[who, whom]})
            self.rule.blocked[who].discard(whom)
            return
        self.blocks[who, whom] = self.local[who].submit({"type": "Block", "object": whom})
        self.rule.blocked[who].add(whom)
        self.rule.followers[who].discard(whom)
        self.rule.followers[whom].discard(who)

    def readdress(self):
        """An Update of the addressing: of the note; its Create stays as it was sent."""
        post = self.some_post()
        if not post:
            return
        author = post.note.author
        to, _ = self.audience(author)
        self.local[author].submit({"type": "Update", "to": self.on_wire(author, to),
                                   "object": {"id": post.note.iri, "to": self.on_wire(author, to),
                                              "cc": None}})
        post.note.to = to

    def reword(self):
        post = self.some_post()
        if not post:
            return
        self.words += 1
        post.words = f"words{self.number}x{self.words}end"
        author = post.note.author
        self.local[author].submit({"type": "Update",
                                   "object": {"id": post.note.iri, "content": post.words}})

    def delete(self):
        post = self.some_post()
        if post:
            self.local[post.note.author].submit({"type": "Delete", "object": post.note.iri})
            post.deleted = True

    def lock(self):
        whom = self.random.choice(list(self.local))
        locked = whom not in self.locked
        self.local[whom].submit({"type": "Update", "to": PUBLIC, "object": {
            "id": whom, "manuallyApprovesFollowers": locked}})
        (self.locked.add if locked else self.locked.discard)(whom)

    # Checking

    def must(self, condition, *what):
        if not condition:
            raise AssertionError(" | ".join(str(one) for one in what))

    def check_form(self, reader, found, thing, expected, post, what):
        """Status, the words, and the hidden recipients of one answer."""
        self.must(found.status == expected, what, f"{found.status} for {expected}", reader,
                  thing.iri, vars(thing), found.text[:300])
        shows = expected == 200 and self.rule.may_read_words(reader, post)
        self.must((post.words in found.text) == shows, what, "words", reader, vars(thing),
                  found.text[:2000])
        if expected == 200 and not post.deleted:
            told = re.search(r"\bbcc\b", found.text)
            self.must(not told or reader == thing.author, what, "bcc", reader, vars(thing),
                      found.text[:2000])
            if reader == thing.author and thing.hidden:
                self.must(told, "its author sees bcc", found.text[:2000])

    def check_note(self, reader, post):
        self.check_thing(reader, post.note, post, 410 if post.deleted else 200)

    def check_thing(self, reader, thing, post, if_seen=200):
        expected = if_seen if self.rule.may_read(reader, thing) else 404
        some = self.random.sample(FORMATS, 3) if reader in self.remote else FORMATS
        for accept in some:  # each signature costs two processes
            found = self.ask(reader, thing.iri, accept)
            self.check_form(reader, found, thing, expected, post, accept)
        etag = self.ask(thing.author, thing.iri).headers.get("ETag", '"none"')
        found = self.ask(reader, thing.iri, **{"If-None-Match": etag + ', "other"'})
        if expected == 200:
            self.must(found.status in (200, 304), "If-None-Match", found.status)
        else:
            self.must(found.status == expected, "If-None-Match", found.status, reader)
        found = self.ask(reader, thing.iri, method="HEAD")
        self.must(found.status == expected, "HEAD", found.status, reader, vars(thing))
        if reader in self.local:
            self.check_form(reader, self.proxied(reader, thing.iri), thing, expected, post, "proxy")

    def check_counts(self, reader, post):
        if post.deleted:
            return
        shown = self.ask(reader, post.note.iri)
        for name, things in (("likes", post.likes), ("shares", post.shares),
                             ("replies", [one.note for one in self.rule.replies_of(post)])):
            url = f"{post.note.iri}/{name}"
            found = self.ask(reader, url)
            if not self.rule.may_read(reader, post.note):
                self.must(found.status == 404, name, found.status, reader)
                continue
            expected = [one.iri for one in things if self.rule.may_read(reader, one)][::-1]
            self.must(found.json()["totalItems"] == len(expected), name, found.text, expected, reader)
            members = [id_of(one) for one in self.items(reader, url)]
            self.must(members == expected, name, members, expected, reader)
            counted = shown.json()[name]
            if isinstance(counted, dict) and "totalItems" in counted:
                self.must(counted["totalItems"] == len(expected), name, "in the object", counted,
                          expected, reader)
            page = self.ask(reader, url, "text/html").text
            for one in things:
                self.must((one.iri in page) == (one.iri in expected), name, "page", one.iri, reader)

    def items(self, reader, collection, limit=20, way="next"):
        found, url = [], f"{collection}?page={'first' if way == 'next' else 'last'}&limit={limit}"
        while url:
            page = self.ask(reader, url).json()
            here = page.get("orderedItems", [])
            if way == "next" and "startIndex" in page:
                self.must(page["startIndex"] == len(found), "startIndex", page, len(found))
            found = found + here if way == "next" else here + found
            url = page.get(way)
        return found

    def check_outbox(self, reader, owner, limit=7):
        outbox = self.local[owner].outbox
        expected = [post.activity.iri for post in reversed(self.rule.posts)
                    if post.activity.author == owner and self.rule.may_read(reader, post.activity)]
        total = self.ask(reader, outbox).json()["totalItems"]
        forward = self.items(reader, outbox, limit)
        back = self.items(reader, outbox, limit, "prev")
        self.must(forward == back, "both ways", reader)
        self.must(len(forward) == total, "total", len(forward), total, reader)
        posts = {post.activity.iri: post for post in self.rule.posts}
        ids = [id_of(one) for one in forward if id_of(one) in posts]
        self.must(ids == expected, "outbox", ids, expected, reader, owner)
        reactions = {thing.iri: thing for post in self.rule.posts
                     for thing in post.likes + post.shares}
        for one in forward:
            thing = reactions.get(id_of(one))
            self.must(thing is None or self.rule.may_read(reader, thing), "reaction", one, reader)
        page = json.dumps(forward)
        html = self.ask(reader, outbox + "?page=first&limit=200", "text/html").text
        for post in posts.values():
            if post.activity.author == owner and self.rule.may_read(reader, post.activity):
                seen = self.rule.may_read_words(reader, post)
                self.must((post.words in page) == seen, "words in outbox", post.words, reader)
                self.must((post.words in html) == seen, "words on page", post.words, reader)
            else:
                for text in (page, html):
                    self.must(post.activity.iri not in text, "hidden in outbox", reader)
                if not self.rule.may_read_words(reader, post):
                    self.must(post.words not in page + html, "hidden words", post.words, reader)

    def check_inbox(self, owner):
        """What came stays listed; the words of what may not be read are not there."""
        text = json.dumps(self.items(owner, self.local[owner].inbox, 200))
        for post in self.rule.posts:
            if not self.rule.may_read_words(owner, post):
                self.must(post.words not in text, "inbox", post.words, owner)

    def expected_words(self, reader):
        return sorted(post.words for post in self.rule.posts
                      if self.rule.may_read_words(reader, post))

    def check_queries(self, reader):
        mine = f"words{self.number}x"
        query = ("SELECT ?x { ?n a as:Note ; as:content ?x . "
                 f'FILTER(STRSTARTS(?x, "{mine}")) }}')
        found = sorted(self.found_by_query(reader, query))
        self.must(found == self.expected_words(reader), "sparql", reader, found,
                  self.expected_words(reader))
        for owner in self.local:
            outbox = self.local[owner].outbox
            listed = self.found_by_query(reader, f"SELECT ?x {{ <{outbox}> as:items ?x }}")
            through = [id_of(one) for one in self.items(reader, outbox, 200)]
            self.must(sorted(listed) == sorted(through), "as:items", reader, owner)
        hidden = self.found_by_query(
            reader, f'SELECT ?x {{ ?x as:bcc ?y ; as:content ?c FILTER(STRSTARTS(?c, "{mine}")) }}')
        for iri in hidden:
            authors = [post.note.author for post in self.rule.posts if post.note.iri == iri]
            self.must(authors == [reader], "bcc by sparql", reader, iri)

    def check_command_line(self, reader):
        mine = f"words{self.number}x"
        found = self.server.cli("query", f'SELECT ?x {{ ?n a as:Note ; as:content ?x . '
                                f'FILTER(STRSTARTS(?x, "{mine}")) }}', "--as", reader,
                                "--format", "json")
        found = sorted(row["x"]["value"] for row in json.loads(found)["results"]["bindings"])
        self.must(found == self.expected_words(reader), "query --as", reader, found)
        for post in self.random.sample(self.rule.posts, min(8, len(self.rule.posts))):
            shown = self.server.run("show", post.activity.iri, "--as", reader)
            seen = self.rule.may_read(reader, post.activity)
            self.must((shown.returncode == 0) == seen, "show --as", reader, shown.stderr)
            self.must((post.words in shown.stdout) ==
                      (seen and self.rule.may_read_words(reader, post)), "show --as", post.words)

    def check_a_little(self):
        """After each change: a few readers, so that an answer kept from before would show."""
        for reader in self.random.sample(self.readers, 3):
            for post in self.random.sample(self.rule.posts, min(2, len(self.rule.posts))):
                self.check_thing(reader, post.activity, post)
                self.check_note(reader, post)
                self.check_counts(reader, post)
            if reader not in self.remote:
                self.check_outbox(reader, self.random.choice(list(self.local)))

    def check_everything(self):
        for reader in self.readers:
            posts = self.rule.posts
            if reader in self.remote:  # each signature costs two processes
                posts = self.random.sample(posts, min(5, len(posts)))
            for post in posts:
                self.check_thing(reader, post.activity, post)
                self.check_note(reader, post)
                self.check_counts(reader, post)
            for owner in self.local:
                self.check_outbox(reader, owner, 3 if reader is ANYBODY else 20)
            if reader in self.local:
                self.check_inbox(reader)
                self.check_queries(reader)
            if reader is not ANYBODY:
                self.check_command_line(reader)


class Privacy(AcceptanceCase):
    """One filter for every reader and every road."""

    @classmethod
    def setUpClass(cls):
        cls.server = Server(config="[sparql]\nenabled = true\n")
        cls.addClassCleanup(cls.server.close)
        cls.server.start()
        cls.peer = Peer()
        cls.addClassCleanup(cls.peer.close)

    def test_every_reader_gets_on_every_road_what_the_rule_shows_and_nothing_else(self):
        first = int(os.environ.get("QUADPUB_SEED", "1"))
        for number in range(first, first + TOWNS):
            with self.subTest(town=number):
                town = Town(self.server, self.peer, number)
                self.addCleanup(town.close)
                for _ in range(STEPS):
                    town.step()
                    town.check_a_little()
                town.check_everything()
                self.assertGreater(len(town.rule.posts), 5)
                print(f"town {number}: {len(town.rule.posts)} posts, {town.asked} questions")


if __name__ == "__main__":
    unittest.main()
