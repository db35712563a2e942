"""Makes archives as Mastodon gives them to people who leave: the same members in the same shapes."""

import datetime
import io
import json
import tarfile
import zipfile

PUBLIC = "https://www.w3.org/ns/activitystreams#Public"
CONTEXT = ["https://www.w3.org/ns/activitystreams", "https://w3id.org/security/v1", {
    "ostatus": "http://ostatus.org#", "atomUri": "ostatus:atomUri",
    "inReplyToAtomUri": "ostatus:inReplyToAtomUri", "conversation": "ostatus:conversation",
    "sensitive": "as:sensitive", "toot": "http://joinmastodon.org/ns#",
    "votersCount": "toot:votersCount", "blurhash": "toot:blurhash", "Hashtag": "as:Hashtag",
    "focalPoint": {"@container": "@list", "@id": "toot:focalPoint"},
    "manuallyApprovesFollowers": "as:manuallyApprovesFollowers",
    "featured": {"@id": "toot:featured", "@type": "@id"},
    "discoverable": "toot:discoverable"}]
# The smallest pictures that are some.
PNG = bytes.fromhex("89504e470d0a1a0a0000000d4948445200000001000000010806000000"
                    "1f15c4890000000d49444154789c6360000002000001e221bc33"
                    "0000000049454e44ae426082")
FIRST = datetime.datetime(2018, 3, 1, 12, 0, 0)


class Archive:
    """What is in an archive, and how it is written."""

    def __init__(self, host="https://old.example", name="alice", posts=50, other="https://far.example"):
        self.host, self.name, self.posts, self.other = host, name, posts, other
        self.actor = f"{host}/users/{name}"
        self.likes = [f"{other}/users/bob/statuses/{number}" for number in range(5)]
        self.bookmarks = [f"{other}/users/carol/statuses/{number}" for number in range(3)]
        self.media = {"media_attachments/files/109/001/original/cat.png": PNG + b"cat",
                      "avatar.png": PNG + b"avatar", "header.png": PNG + b"header"}
        self.extra = []  # items of the outbox besides

    def status(self, number):
        return f"{self.actor}/statuses/{109000000000000000 + number}"

    def actor_document(self):
        return {"@context": CONTEXT, "id": self.actor, "type": "Person",
                "following": f"{self.actor}/following", "followers": f"{self.actor}/followers",
                "inbox": f"{self.actor}/inbox", "outbox": "outbox.json",
                "featured": f"{self.actor}/collections/featured", "preferredUsername": self.name,
                "name": self.name.title(), "summary": "<p>on the move</p>",
                "url": f"{self.host}/@{self.name}", "manuallyApprovesFollowers": False,
                "discoverable": True, "published": "2018-02-01T00:00:00Z",
                "publicKey": {"id": f"{self.actor}#main-key", "owner": self.actor,
                              "publicKeyPem": "-----BEGIN PUBLIC KEY-----\nAAAA\n"
                                              "-----END PUBLIC KEY-----\n"},
                "tag": [], "attachment": [{"type": "PropertyValue", "name": "home",
                                           "value": "<a href=\"https://alice.example\">me</a>"}],
                "endpoints": {"sharedInbox": f"{self.host}/inbox"},
                "icon": {"type": "Image", "mediaType": "image/png", "url": "avatar.png"},
                "image": {"type": "Image", "mediaType": "image/png", "url": "header.png"},
                "likes": "likes.json", "bookmarks": "bookmarks.json"}

    def published(self, number):
        return (FIRST + datetime.timedelta(hours=number)).isoformat() + "Z"

    def note(self, number):
        iri, when = self.status(number), self.published(number)
        followers = f"{self.actor}/followers"
        # One in ten is for followers only, one in fifty for one person.
        to, cc = [PUBLIC], [followers]
        if number % 10 == 3:
            to, cc = [followers], []
        if number % 50 == 7:
            to, cc = [f"{self.other}/users/bob"], []
        content = f"<p>post number {number}, with some words to fill it like a real one would</p>"
        note = {"id": iri, "type": "Note", "summary": None, "inReplyTo": None, "published": when,
                "url": f"{self.host}/@{self.name}/{number}", "attributedTo": self.actor, "to": to,
                "cc": cc, "sensitive": False, "atomUri": iri, "inReplyToAtomUri": None,
                "conversation": f"tag:old.example,2018-03-01:objectId={number}:objectType=Conversation",
                "content": content, "contentMap": {"en": content}, "attachment": [], "tag": [],
                "replies": {"id": f"{iri}/replies", "type": "Collection",
                            "first": {"type": "CollectionPage", "partOf": f"{iri}/replies",
                                      "next": f"{iri}/replies?only_other_accounts=true&page=true",
                                      "items": []}}}
        if number % 7 == 2:  # a thread with oneself
            note["inReplyTo"] = note["inReplyToAtomUri"] = self.status(number - 1)
        if number % 20 == 5:
            path = next(iter(self.media))
            note["attachment"] = [{"type": "Document", "mediaType": "image/png", "url": path,
                                   "name": "a cat", "blurhash": "UAR{#[D,R.WW",
                                   "focalPoint": [0.0, -0.5], "width": 1, "height": 1}]
        if number % 5 == 1:
            note["tag"] = [{"type": "Hashtag", "href": f"{self.host}/tags/cats", "name": "#cats"},
                           {"type": "Mention", "href": f"{self.other}/users/bob", "name": "@bob"}]
        return note

    def item(self, number):
        if number % 13 == 12:
            iri = self.status(number)
            return {"id": f"{iri}/activity", "type": "Announce", "actor": self.actor,
                    "published": self.published(number), "to": [PUBLIC],
                    "cc": [f"{self.other}/users/bob", f"{self.actor}/followers"],
                    "object": f"{self.other}/users/bob/statuses/{number}"}
        note = self.note(number)
        return {"id": f"{note['id']}/activity", "type": "Create", "actor": self.actor,
                "published": note["published"], "to": note["to"], "cc": note["cc"], "object": note}

    def outbox(self):
        """The text of outbox.json, oldest first as Mastodon writes it, in pieces."""
        head = {"@context": CONTEXT, "id": "outbox.json", "type": "OrderedCollection",
                "totalItems": self.posts + len(self.extra)}
        yield json.dumps(head)[:-1] + ',"orderedItems":['
        for number in range(self.posts):
            yield ("," if number else "") + json.dumps(self.item(number))
        for item in self.extra:
            yield "," + (item if isinstance(item, str) else json.dumps(item))
        yield "]}"

    def members(self):
        """(name, bytes), in the order of a Mastodon archive: the actor comes last."""
        def collection(name, items):
            return json.dumps({"@context": CONTEXT[0], "id": f"{name}.json",
                               "type": "OrderedCollection", "orderedItems": items}).encode()
        yield from self.media.items()
        yield "outbox.json", "".join(self.outbox()).encode()
        yield "likes.json", collection("likes", self.likes)
        yield "bookmarks.json", collection("bookmarks", self.bookmarks)
        yield "actor.json", json.dumps(self.actor_document()).encode()

    def write(self, path):
        """By the name: .zip, .tar.gz, or a folder."""
        if str(path).endswith(".zip"):
            with zipfile.ZipFile(path, "w", zipfile.ZIP_DEFLATED) as out:
                for name, data in self.members():
                    out.writestr(name, data)
        elif str(path).endswith(".tar.gz"):
            with tarfile.open(path, "w:gz", compresslevel=1) as out:
                for name, data in self.members():
                    info = tarfile.TarInfo(name)
                    info.size = len(data)
                    out.addfile(info, io.BytesIO(data))
        else:
            for name, data in self.members():
                (path / name).parent.mkdir(parents=True, exist_ok=True)
                (path / name).write_bytes(data)
        return path
