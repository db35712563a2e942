"""quadpub import, show --received and context add: what the operator brings in comes back."""

import base64
import contextlib
import fcntl
import functools
import gzip
import hashlib
import io
import itertools
import json
import os
import pathlib
import pty
import random
import re
import shutil
import subprocess
import tarfile
import time
import unittest
import zipfile

import requests

import sign
from harness import AS2, AS2_TYPE, LD_TYPE, PUBLIC, AcceptanceCase, Server, id_of, wait_until
from mastodon import PNG, Archive
from remote import Peer

DOCUMENTS = [
    {"@context": AS2, "id": "https://a.example/1", "type": "Note", "content": "one", "to": ["Public"],
     "tag": [], "inReplyTo": None, "width": 1.0},
    {"@context": AS2, "id": "https://a.example/1", "type": "Note", "content": "two", "name": "x"},
    {"@context": AS2, "type": "Note", "content": "without an id", "mood": ["a", {"b": [[]]}]},
    {"@context": [AS2, {"broken": 5}], "id": None, "type": "Delete",
     "object": {"type": "Audio", "id": ["https://a.example/2", "https://a.example/3"]}},
    {"@context": AS2, "@graph": [{"type": "Note", "name": "in a graph"}], "name": "beside it"},
]

PAGE = 4096  # the least that a pipe holds

MEDIA = re.compile(r"(?<=/media/)[\w-]{24}(?=\.)")
BLANK = re.compile(r"(?:(?<=^)|(?<= ))_:\w+(?= )")


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

    def test_a_folder_with_new_files_below_is_another_import(self):
        folder = self.server.folder / "years"
        def write(name):
            path = folder / name
            path.parent.mkdir(parents=True, exist_ok=True)
            path.write_text(json.dumps({"@context": AS2, "type": "Note",
                                        "id": "https://a.example/" + name, "content": name}))
        write("2019/b.json")
        write("2020/c.json")
        self.assertEqual(len(self.records(folder)[1]), 2)
        self.assertEqual(len(self.records(folder, "--resume")[1]), 0)
        write("2019/a.json")
        done, _ = self.records(folder, "--resume")
        self.assertEqual(done.returncode, 0)
        self.assertIn("2019/a.json", self.server.cli("show", "https://a.example/2019/a.json"))

    def test_a_large_file_named_like_an_actor_is_one_record(self):
        folder = self.server.folder / "odd"
        folder.mkdir()
        (folder / "account.json").write_text('{"a": "%s"' % ("x" * (2 << 20)))
        (folder / "note.json").write_text(json.dumps(DOCUMENTS[0]))
        done, lines = self.records(folder)
        self.assertEqual(done.returncode, 1)
        self.assertEqual(sorted("error" in line for line in lines), [False, True])

    def test_a_name_does_not_command_a_terminal(self):
        folder = self.server.folder / "names"
        folder.mkdir()
        (folder / "a\x1b]0;pwned\x07\u009b.json").write_text("{")
        done = self.server.run("import", folder)
        self.assertEqual(done.returncode, 1)
        self.assertIn("pwned", done.stdout)
        self.assertNotRegex(done.stdout + done.stderr, "[\x00-\x08\x0b-\x1f\x7f\x80-\x9f]")

    def test_what_is_shown_does_not_command_a_terminal(self):
        evil = "\x1b]0;pwned\x07\u009b1m\u202edlrow"
        note = {"@context": AS2, "id": "https://a.example/evil", "type": "Note", "content": evil}
        self.records("-", stdin=json.dumps(note, ensure_ascii=False).replace("\x1b", "\\u001b")
                     .replace("\x07", "\\u0007"))
        for form in (["--format", name] for name in ("jsonld", "nquads", "turtle", "trig")):
            ours, theirs = pty.openpty()
            with subprocess.Popen([self.server.binary, "show", note["id"], *form, "--data",
                                   self.server.data], stdout=theirs):
                os.close(theirs)
                shown = b""
                with contextlib.suppress(OSError):  # the other end is closed
                    while piece := os.read(ours, 65536):
                        shown += piece
            os.close(ours)
            self.assertIn("pwned", shown.decode())
            self.assertNotRegex(shown.decode(), "[\x00-\x08\x0b\x0c\x0e-\x1f\x7f\x80-\x9f\u202e]")
        self.assertIn("\u009b1m\u202e", self.server.cli("show", note["id"]))

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

    def test_a_document_is_taken_as_json_ld_from_a_file_and_from_standard_input(self):
        for number, where in enumerate(("file", "input")):
            iri = f"https://a.example/{where}"
            document = {"@context": [AS2, {"mood": "https://moods.example/mood"}], "id": iri,
                        "type": "Note", "content": "x", "mood": {"@value": "curious"}}
            path = self.server.folder / "note.txt"  # the name says nothing
            path.write_text(json.dumps(document))
            done, records = self.records("--format", "jsonld", "-" if number else str(path),
                                         stdin=path.read_text() if number else None)
            self.assertEqual(done.returncode, 0, done.stderr)
            self.assertEqual([record["root"] for record in records], [iri])
            self.assertTrue(same(self.received(records[0]["document"]), document))
            self.assertIn("<https://moods.example/mood> \"curious\"",
                          self.server.cli("show", iri, "--format", "nquads"))

    def test_a_path_that_is_not_there_is_named(self):
        done, _ = self.records("/no/such/file.json")
        self.assertEqual(done.returncode, 1)
        self.assertIn("/no/such/file.json", done.stderr)


def many_documents(count):
    """Of several shapes; the last ones speak of the first again, and one is broken."""
    documents = []
    for number in range(count):
        host = f"https://h{number % 7}.example"
        note = {"@context": AS2, "id": f"{host}/{number}", "type": "Note", "content": f"<p>{number}</p>" * 20,
                "attributedTo": f"{host}/u", "to": [PUBLIC, f"{host}/u/followers"],
                "tag": [{"type": "Mention", "name": f"@b{number}"}, {"type": "Mention", "name": "@a"}]}
        if number % 5 == 1:
            note["to"] = [f"{host}/x", f"{host}/w"]
        if number % 5 == 2:
            note = {"@context": AS2, "id": f"{host}/{number}/create", "type": "Create",
                    "actor": f"{host}/u", "to": [PUBLIC], "object": note}
        if number % 5 == 3:
            del note["id"]
        documents.append(json.dumps(note))
    documents += [json.dumps({**json.loads(documents[number]), "summary": "again"})
                  for number in range(0, count, 50)]
    documents.insert(17, '{"broken')
    return "\n".join(documents) + "\n"


def peak_memory(command):
    """MiB: the most that is the process's own, and the most of all, with the files that it has mapped."""
    own = total = 0
    with subprocess.Popen(list(map(str, command)), stdout=subprocess.DEVNULL,
                          stderr=subprocess.DEVNULL) as process:
        while process.poll() is None:
            lines = pathlib.Path(f"/proc/{process.pid}/status").read_text().splitlines()
            of = {line.split(":")[0]: line.split()[1] for line in lines if line.endswith("kB")}
            own = max(own, int(of.get("RssAnon", 0)) / 1024)
            total = max(total, int(of.get("VmHWM", 0)) / 1024)
            time.sleep(0.01)
    return own, total


class ManyDocuments(unittest.TestCase):
    """A large file goes through a bulk load; it is the same store as one after the other."""

    def setUp(self):
        self.servers = [Server(), Server()]
        self.addCleanup(lambda: [server.close() for server in self.servers])
        for server in self.servers:
            shutil.rmtree(server.data)
            server.cli("init", "--url", "http://localhost:8000")
        self.file = self.servers[0].folder / "many.ndjson"
        self.file.write_text(many_documents(9000))
        self.assertGreater(self.file.stat().st_size, 4 << 20)

    def problems(self, server):
        return json.loads(server.cli("verify", "--json"))["problems"]

    def test_sorted_outside_or_one_after_the_other_is_the_same(self):
        bulk, slow = self.servers
        done = bulk.run("import", self.file)
        self.assertEqual(done.returncode, 1)
        self.assertIn(f"{self.file}#18\tnot imported", done.stdout)
        slow.run("import", "--format", "ndjson", "-", stdin=self.file.read_text())
        self.assertEqual(quads_of(bulk), quads_of(slow))
        for name in ("quads", "graphs", "documents"):
            self.assertEqual(bulk.cli_json("stats")[name], slow.cli_json("stats")[name], name)
        self.assertEqual(self.problems(bulk), [])
        again = bulk.run("import", self.file)
        self.assertEqual(sorted(again.stdout.splitlines()), sorted(done.stdout.splitlines()))
        self.assertEqual(quads_of(bulk), quads_of(slow))
        iri = "https://h0.example/0"
        self.assertEqual(bulk.cli("show", iri, "--received"), slow.cli("show", iri, "--received"))

    def test_in_parts_and_with_little_memory_it_is_the_same(self):
        parts, whole = self.servers
        store, files = parts.data / "quads.mdb", []
        # A part's lines come when it is in place, and fit into no pipe of a page: it waits for us.
        with subprocess.Popen([parts.binary, "import", self.file, "--memory", "1", "--part", "500",
                               "--data", parts.data],
                              stdout=subprocess.PIPE) as process:
            fcntl.fcntl(process.stdout, fcntl.F_SETPIPE_SZ, PAGE)
            files.append(store.stat().st_ino)
            output = b""
            while part := os.read(process.stdout.fileno(), PAGE):
                files.append(store.stat().st_ino)
                output += part
        output = output.decode()
        self.assertIn(f"{self.file}#18\tnot imported", output)
        # Each part that is put in place is a new file, which may have the number of an older one.
        self.assertGreater(sum(one != other for one, other in itertools.pairwise(files)), 3)
        whole.run("import", self.file)
        self.assertEqual(quads_of(parts), quads_of(whole))
        for name in ("quads", "graphs", "documents", "terms"):
            self.assertEqual(parts.cli_json("stats")[name], whole.cli_json("stats")[name], name)
        self.assertEqual(self.problems(parts), [])

    def test_five_times_as_many_documents_take_no_more_memory_in_or_out(self):
        peaks = []
        for server, count in zip(self.servers, (9_000, 45_000)):
            file = server.folder / "new.ndjson"
            file.write_text("\n".join(many_documents(count).splitlines()[:count]))
            command = [server.binary, "import", file, "--memory", "4", "--data", server.data]
            export = [server.binary, "export", server.folder / "all.nq", "--data", server.data]
            peaks.append(peak_memory(command) + peak_memory(export))
            self.assertEqual(server.cli_json("stats")["documents"], count - 1)
        for few, many in zip(*peaks):
            self.assertLess(many, few + 12, peaks)
            self.assertLess(many, 80, peaks)

    def test_killed_and_resumed_it_is_the_same_too(self):
        broken, whole = self.servers
        began = time.monotonic()
        whole.run("import", self.file)
        seconds = time.monotonic() - began
        for part in range(1, 6):
            process = subprocess.Popen(
                [broken.binary, "import", str(self.file), "--resume", "--data", str(broken.data)],
                stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
            try:
                process.wait(timeout=seconds * part / 5)
            except subprocess.TimeoutExpired:
                process.kill()
                process.wait()
            self.assertEqual(self.problems(broken), [])
        broken.run("import", self.file, "--resume")
        self.assertEqual(quads_of(broken), quads_of(whole))

    def test_beside_a_server_it_waits_for_nobody(self):
        server = self.servers[0]
        server.start()
        done = server.run("import", self.file)
        self.assertIn("#18\tnot imported", done.stdout)
        self.assertIn("1 of ", done.stderr)


class ProgressBar(unittest.TestCase):
    """For who sits before a terminal; a file or a pipe gets none of it."""

    BAR = re.compile(r"\r\x1b\[K\[=*>? *\] +\d{1,3} %  \d+ (records|quads)  \d+/s  (\d+:)?\d+:\d\d left")

    def setUp(self):
        self.server = Server()
        self.addCleanup(self.server.close)
        self.files = {"records": Archive(posts=40).write(self.server.folder / "archive.tar.gz"),
                      "quads": self.server.folder / "a.nq"}
        self.files["quads"].write_text("".join(
            f"<http://a.example/{n}> <http://a.example/p> \"{n}\" .\n" for n in range(30000)))

    def at_a_terminal(self, path):
        """Exit status, standard output (a pipe), and what the terminal got as standard error."""
        master, slave = pty.openpty()
        with subprocess.Popen([self.server.binary, "import", str(path), "--data",
                               str(self.server.data)], stdin=slave, stdout=subprocess.PIPE,
                              stderr=slave) as process:
            os.close(slave)
            seen = b""
            try:
                while some := os.read(master, 65536):
                    seen += some
            except OSError:  # the other side is closed
                pass
            os.close(master)
            output = process.stdout.read()
            return process.wait(timeout=60), output.decode(), seen.decode()

    def test_a_terminal_shows_rate_and_time_left_and_then_only_the_result(self):
        for unit, path in self.files.items():
            status, output, seen = self.at_a_terminal(path)
            self.assertEqual(status, 0, seen)
            self.assertEqual({found[0] for found in self.BAR.findall(seen)}, {unit}, seen)
            last_line = seen.split("\r\x1b[K")[-1]
            self.assertTrue(last_line.startswith("imported "), seen)
            self.assertNotRegex(output, r"\d/s")

    def test_what_is_piped_shows_nothing_of_it(self):
        for path in self.files.values():
            done = self.server.run("import", path)
            self.assertEqual(done.returncode, 0, done.stderr)
            for text in (done.stdout, done.stderr):
                self.assertNotIn("\r", text)
                self.assertNotRegex(text, r"\d/s")
                self.assertNotIn("left", text)


class RdfFiles(unittest.TestCase):
    """RDF as it is given; twice is once."""

    FILES = {"a.nq": '_:b <http://a.example/p> "1" <http://a.example/g> .\n'
                     '<http://a.example/s> <http://a.example/p> _:b <http://a.example/g> .\n'
                     '_:b <http://a.example/q> _:c .\n',
             "a.nt": "_:x <http://a.example/p> _:y .\n_:y <http://a.example/p> _:x .\n",
             "a.ttl": "@prefix : <http://a.example/> . :s :r [ :p 1 ], 2, ( 1 [] ) .",
             "a.trig": "@prefix : <http://a.example/> . :g { :s :p [ :q [] ] } :h { [] :p :o }"
                       " :s :p :default ."}

    def setUp(self):
        self.server = Server()
        self.addCleanup(self.server.close)

    def quads(self):
        return [line for line in quads_of(self.server)
                if "a.example" in line or "unnamed-graph" in line]

    def load(self):
        for name, text in self.FILES.items():
            path = self.server.folder / name
            path.write_text(text)
            self.server.cli("import", path)

    def test_all_files_of_an_archive_are_read(self):
        path = self.server.folder / "two.tar.gz"
        with tarfile.open(path, "w:gz") as archive:
            for name in ("one.nq", "two.nq"):
                text = f'_:b <http://a.example/p> "{name}" .\n'.encode()
                info = tarfile.TarInfo(name)
                info.size = len(text)
                archive.addfile(info, io.BytesIO(text))
        for _ in range(2):  # twice is once
            done = self.server.run("import", "--format", "nquads", path)
            self.assertEqual(done.returncode, 0, done.stderr)
            self.assertIn("imported 2 quads", done.stderr)
            rows = json.loads(self.server.cli("query", "--format", "json", "--default-graph", "unnamed",
                                              "SELECT ?s ?o { ?s <http://a.example/p> ?o }"))
            found = {(row["s"]["value"], row["o"]["value"]) for row in rows["results"]["bindings"]}
            self.assertEqual(sorted(o for _, o in found), ["one.nq", "two.nq"])
            self.assertEqual(len({s for s, _ in found}), 2)

    def test_every_syntax_twice_changes_nothing_alone_and_beside_a_server(self):
        self.load()
        once = self.quads()
        self.assertEqual(len(once), 3 + 2 + 8 + 4, once)
        self.load()
        self.assertEqual(self.quads(), once)
        self.server.start()
        self.load()
        self.assertEqual(self.quads(), once)
        self.assertEqual(json.loads(self.server.cli("verify", "--json"))["problems"], [])

    def test_beside_a_server_first_and_by_standard_input(self):
        self.server.start()
        self.load()
        once = self.quads()
        for name, text in self.FILES.items():
            if name.endswith((".nq", ".nt")):  # the others have a base of their own
                kind = {".nq": "nquads", ".nt": "ntriples"}[name[1:]]
                self.server.cli("import", "--format", kind, "-", stdin=text)
        self.assertEqual(self.quads(), once)
        self.server.stop()
        self.load()
        self.assertEqual(self.quads(), once)

    def test_other_files_have_other_blank_nodes(self):
        for number in range(2):
            path = self.server.folder / f"{number}.nt"
            path.write_text(f'_:b <http://a.example/p> "{number}" .\n')
            self.server.cli("import", path)
        subjects = {line.split()[0] for line in self.quads()}
        self.assertEqual(len(subjects), 2)

    def test_graphs_of_trig_and_what_has_none(self):
        self.load()
        graphs = {line.split()[-2].strip("<>") for line in self.quads()}
        self.assertEqual(graphs, {"http://a.example/g", "http://a.example/h",
                                  "urn:quadpub:unnamed-graph"})


class WhatLivesHere(unittest.TestCase):
    """Neither RDF nor documents change what the server keeps, and that is told."""

    def setUp(self):
        self.server = Server()
        self.addCleanup(self.server.close)
        self.alice, self.bob = self.server.account("alice"), self.server.account("bob")
        self.server.start()
        _, self.note = self.alice.create(
            {"type": "Note", "content": "hello", "tag": [{"type": "Hashtag", "name": "#a"}],
             "attachment": [{"type": "Document", "name": "a", "url": "https://x.example/1.png"}]},
            to=PUBLIC)
        self.alice.create({"type": "Note", "content": "private"}, to=self.bob.actor)
        self.bob.submit({"@context": AS2, "type": "Follow", "object": self.alice.actor})
        self.bob.submit({"@context": AS2, "type": "Like", "object": self.note, "to": [PUBLIC]})

    def seen(self):
        followers = self.alice.document["followers"]
        return {url: (answer.status_code, answer.text) for url in
                (self.alice.actor, self.note, self.note + "/likes", self.alice.outbox, followers,
                 self.alice.outbox + "?page=first", followers + "?page=first")
                for answer in [self.server.get(url)]}

    def restart(self):
        self.server.stop()
        self.server.start()

    def test_ones_own_nquads_change_nothing_beside_a_server_and_alone(self):
        before, stats = self.seen(), self.server.cli_json("stats")
        file = self.server.folder / "all.nq"
        self.server.cli("export", file)
        for is_alone in (False, True):
            if is_alone:
                self.server.stop()
            done = self.server.run("import", file)
            self.assertEqual((done.returncode, done.stdout), (0, ""), done.stderr)
            self.assertIn("stay as they are", done.stderr)
            if is_alone:
                self.server.start()
            else:
                self.restart()
            self.assertEqual(self.seen(), before)
            after = self.server.cli_json("stats")
            for name in ("quads", "graphs", "documents"):
                self.assertEqual(after[name], stats[name], name)
        self.server.stop()
        self.assertEqual(json.loads(self.server.cli("verify", "--json"))["problems"], [])

    def test_rdf_changes_no_key_no_member_and_nothing_that_a_document_says(self):
        before = self.seen()
        actor, sec = self.alice.actor, "https://w3id.org/security#"
        items = "https://www.w3.org/ns/activitystreams#items"
        refused = [f"<{actor}> <http://www.w3.org/ns/ldp#inbox> <https://evil.example/> <{actor}> .",
                   f"<{actor}> <{sec}publicKey> <https://evil.example/key> .",
                   f'<{actor}#main-key> <{sec}publicKeyPem> "EVIL" <https://evil.example/> .',
                   f"<{self.alice.outbox}> <{items}> <https://evil.example/1> .",
                   f"<{self.note}/likes> <{items}> <https://evil.example/1> <https://evil.example/> .",
                   f'<{self.note}> <http://a.example/p> "x" <{self.note}> .']
        good = '<http://a.example/s> <http://a.example/p> "x" <http://a.example/g> .'
        file = self.server.folder / "evil.nq"
        file.write_text("\n".join([*refused, good]) + "\n")
        for is_alone in (False, True):
            if is_alone:
                self.server.stop()
            done = self.server.run("import", file)
            self.assertEqual(done.returncode, 1, done.stderr)
            self.assertEqual(done.stdout.count("not imported"), len(refused), done.stdout)
            for line in refused:
                self.assertIn(line[:-2], done.stdout)
            self.assertIn("imported 1 quads", done.stderr)
            if is_alone:
                self.server.start()
            else:
                self.restart()
            self.assertEqual(self.seen(), before)

    def test_documents_replace_nobody_and_raise_nothing_from_the_dead(self):
        _, gone = self.alice.create({"type": "Note", "content": "to go"}, to=PUBLIC)
        self.alice.submit({"@context": AS2, "type": "Delete", "object": gone, "to": [PUBLIC]})
        before = self.seen()
        actor, followers = self.alice.actor, self.alice.document["followers"]
        documents = [
            {"id": actor, "type": "Person", "preferredUsername": "mallory",
             "inbox": "https://evil.example/inbox", "outbox": "https://evil.example/outbox",
             "publicKey": {"id": actor + "#main-key", "owner": actor, "publicKeyPem": "EVIL"}},
            {"id": actor + "#main-key", "type": "Key", "owner": actor, "publicKeyPem": "EVIL"},
            {"id": self.note, "type": "Note", "content": "changed", "attributedTo": actor, "to": PUBLIC},
            {"id": followers, "type": "OrderedCollection", "orderedItems": ["https://x.example/1"]},
            {"id": gone, "type": "Note", "content": "risen", "attributedTo": actor, "to": PUBLIC}]
        file = self.server.folder / "docs.ndjson"
        file.write_text("".join(json.dumps({"@context": AS2, **one}) + "\n" for one in documents))
        done = self.server.run("import", file)
        self.assertEqual(done.returncode, 1, done.stderr)
        self.assertEqual(done.stdout.count("what is here already is left as it is"), 4, done.stdout)
        self.assertIn("docs.ndjson#5\tnot imported: it was deleted here", done.stdout)
        lines = [json.loads(line) for line in
                 self.server.run("import", "--json", file).stdout.splitlines()]
        self.assertEqual([line.get("left_as_it_is") for line in lines],
                         [*[one["id"] for one in documents[:4]], None])
        self.restart()
        self.assertEqual(self.seen(), before)
        self.assertEqual(self.server.get(gone).status_code, 410)
        self.assertEqual(self.alice.create({"type": "Note", "content": "again"}, to=PUBLIC)[0]
                         .startswith(self.server.url), True)


class ShapesOfFiles(AcceptanceCase):
    """What is written in another way is read, or refused with a reason."""

    @classmethod
    def set_up_data(cls):
        cls.alice = cls.server.account("alice")
        cls.bob = cls.server.account("bob")

    def write(self, name, *documents):
        file = self.server.folder / name
        file.write_text("".join(json.dumps(one) + "\n" for one in documents))
        return file

    def test_private_keys_and_passwords_of_another_server_are_refused(self):
        pem = "https://w3id.org/security#privateKeyPem"
        file = self.write(
            "backup.ndjson",
            {"type": "account", "uri": "https://g.example/u", "privateKey": "SECRET"},
            {"type": "user", "email": "a@b.example", "encryptedPassword": "$2y$10$SECRET"},
            {"@context": {"pk": pem}, "id": "https://g.example/k", "pk": "SECRET"},
            {"@context": AS2, "id": "https://g.example/1", "type": "Person",
             "publicKey": [{"sec:privateKeyPem": "SECRET"}]},
            {"@context": [AS2, {"privateKeyPem": pem}], "id": "https://g.example/2", "type": "Note"})
        done = self.server.run("import", file)
        self.assertEqual(done.returncode, 1)
        self.assertEqual(done.stdout.count("it has a secret in it"), 4, done.stdout)
        self.assertIn("imported 1 documents", done.stderr)
        self.assertNotIn("SECRET", self.server.cli("export", "-"))
        self.assertNotIn("SECRET", self.server.cli(
            "query", "--claims", "SELECT ?o { GRAPH ?g { ?s ?p ?o } }"))

    def test_posts_are_found_however_the_outbox_lists_them(self):
        archive = Archive(posts=8)
        first = {"type": "OrderedCollectionPage", "orderedItems": [archive.item(2)], "next": {
            "type": "OrderedCollectionPage", "partOf": {"items": "x"}, "items": archive.item(3)}}
        shapes = [{"orderedItems": archive.item(0)}, {"orderedItems": {"@list": [archive.item(1)]}},
                  {"first": first, "attributedTo": archive.actor}, {"items": {"@set": []},
                   "orderedItems": [archive.item(4)]}]
        for number, shape in enumerate(shapes):
            text = json.dumps({"@context": archive.actor_document()["@context"],
                               "type": "OrderedCollection", **shape})
            archive.outbox = lambda text=text: [text]
            path = archive.write(self.server.folder / f"shape{number}.zip")
            done = self.server.run("import", path, "--actor", "alice")
            self.assertEqual(done.returncode, 0, done.stdout + done.stderr)
        dates = {item["published"] for item in self.alice.items(self.alice.outbox)}
        self.assertLessEqual({archive.published(number) for number in range(5)}, dates)

    def test_an_outbox_that_should_have_items_and_has_none_is_told(self):
        for number, shape in enumerate(({"totalItems": 7}, {"totalItems": 7, "first": "https://x/1"},
                                        {"totalItems": 7, "orderedItems": []}, {"first": "https://x/1"})):
            archive = Archive(posts=1, name="nobody")
            archive.outbox = lambda shape=shape: [json.dumps({"type": "OrderedCollection", **shape})]
            path = archive.write(self.server.folder / f"none{number}.zip")
            done = self.server.run("import", path)
            self.assertEqual(done.returncode, 1, done.stdout + done.stderr)
            self.assertIn("outbox.json\tnot imported: " + (
                "it says that it has 7 items" if "totalItems" in shape else "there is no list"), done.stdout)
            self.assertEqual(done.stdout.count("not imported"), 1)

    def test_a_graph_of_several_things_is_a_document_of_each(self):
        def note(number, **more):
            return {"id": f"https://graph.example/{number}", "type": "Note", "content": f"n{number}",
                    "to": PUBLIC, **more}
        file = self.write("graph.jsonld", {"@context": AS2, "@graph": [
            note(1), note(2, **{"@context": {"mood": "https://graph.example/mood"}, "mood": "good"})]})
        lines = [json.loads(line) for line in self.server.cli("import", "--json", file).splitlines()]
        self.assertEqual([(line["position"], line["root"]) for line in lines],
                         [(f"{file}#{number}", f"https://graph.example/{number}") for number in (1, 2)])
        self.assertEqual(json.loads(self.server.cli("show", "https://graph.example/1"))["content"], "n1")
        found = self.server.cli("query", "--format", "csv",
                                "SELECT ?c ?m { ?s <https://graph.example/mood> ?m ; as:content ?c }")
        self.assertEqual(found.split()[1:], ["n2,good"])
        one = {"@context": AS2, "@graph": [note(3), {"id": "_:b", "type": "Note"}]}
        line = json.loads(self.server.cli("import", "--json", self.write("one.jsonld", one)))
        self.assertTrue(same(one, json.loads(
            self.server.cli("show", "--received", line["document"]))))

    def test_files_that_are_only_compressed_and_rdf_in_a_folder_are_read(self):
        folder = self.server.folder / "compressed"
        folder.mkdir()
        def quad(name):
            return f"<https://zip.example/{name}> <https://zip.example/p> \"x\" <https://zip.example/g> .\n"
        (folder / "a.nq").write_text(quad("a"))
        self.server.cli("import", folder)
        lines = "".join(json.dumps({"@context": AS2, "id": f"https://zip.example/{number}",
                                    "type": "Note"}) + "\n" for number in range(3))
        for name, text in (("b.ndjson.gz", lines), ("c.nq.gz", quad("c"))):
            (self.server.folder / name).write_bytes(gzip.compress(text.encode()))
            self.server.cli("import", self.server.folder / name)
        self.assertEqual(json.loads(self.server.cli("show", "https://zip.example/2"))["type"], "Note")
        found = self.server.cli("query", "--format", "csv", "SELECT ?s { ?s <https://zip.example/p> ?o }")
        self.assertEqual(set(found.split()[1:]), {"https://zip.example/a", "https://zip.example/c"})
        (self.server.folder / "d.tar.gz").write_bytes(gzip.compress(b"no archive" * 99))
        done = self.server.run("import", self.server.folder / "d.tar.gz")
        self.assertEqual(done.returncode, 1)
        self.assertIn("no format of an archive", done.stdout)

    def test_what_its_actor_deleted_or_likes_by_an_activity_is_so_here(self):
        archive = Archive(posts=3, name="undone")
        def activity(kind, thing):
            return {"id": f"{archive.actor}/{kind}", "type": kind, "actor": archive.actor,
                    "to": [PUBLIC], "object": thing, "published": "2019-01-01T00:00:00Z"}
        archive.extra = [activity("Delete", {"id": archive.status(1), "type": "Tombstone"})]
        archive.likes = [activity("Like", "https://far.example/liked")]
        path = archive.write(self.server.folder / "undone.zip")
        for arguments, post in (((), archive.status(1)), (("--actor", "carl"), None)):
            if post is None:
                carl = self.server.account("carl")
            done = self.server.run("import", path, *arguments)
            self.assertEqual(done.returncode, 0, done.stdout + done.stderr)
            if post is not None:
                self.assertIn("Tombstone", self.server.cli("show", post))
        gone = next(item["object"]["id"] for item in carl.items(carl.outbox)
                    if item.get("alsoKnownAs") == archive.item(1)["id"])
        self.assertEqual(self.server.get(gone).status_code, 410)
        self.assertEqual(carl.items(carl.document["liked"]), ["https://far.example/liked"])

    def test_what_came_along_names_its_likes_shares_and_replies(self):
        archive = Archive(posts=1, name="pl")
        note = archive.note(1)
        note.update(attributedTo=[archive.actor], replies={"type": "Collection", "items": []},
                    likes={"id": note["id"] + "/likes", "type": "Collection", "totalItems": 7})
        archive.extra = [{"id": note["id"] + "/activity", "type": "Create", "actor": [archive.actor],
                          "published": note["published"], "to": [PUBLIC], "object": note}]
        done = self.server.run("import", archive.write(self.server.folder / "pl.zip"), "--actor", "bob")
        self.assertEqual(done.returncode, 0, done.stdout + done.stderr)
        post = self.bob.items(self.bob.outbox)[0]["object"]
        self.assertEqual(post["attributedTo"], [self.bob.actor])
        self.alice.submit({"@context": AS2, "type": "Like", "object": post["id"], "to": [PUBLIC]})
        self.alice.create({"type": "Note", "content": "answer", "inReplyTo": post["id"]}, to=[PUBLIC])
        seen = self.server.get(post["id"]).json()
        self.assertEqual({key: (seen[key]["id"], seen[key]["totalItems"])
                          for key in ("likes", "shares", "replies")},
                         {"likes": (post["id"] + "/likes", 1), "shares": (post["id"] + "/shares", 0),
                          "replies": (post["id"] + "/replies", 1)})


class Unwritable(unittest.TestCase):
    """What cannot be written down is no success."""

    def setUp(self):
        self.server = Server()
        self.addCleanup(self.server.close)

    def run_into(self, target, *arguments):
        with open(target, "w") as out:
            return subprocess.run([self.server.binary, *map(str, arguments), "--data",
                                   str(self.server.data)], stdout=out, stderr=subprocess.PIPE, text=True)

    def test_a_full_disk_behind_standard_output(self):
        note = self.server.folder / "1.json"
        note.write_text(json.dumps(DOCUMENTS[0]))
        for command in (("query", "SELECT * { ?s ?p ?o }"), ("stats",), ("import", note),
                        ("import", "--json", note), ("show", DOCUMENTS[0]["id"]), ("export", "-")):
            done = self.run_into("/dev/full", *command)
            self.assertEqual(done.returncode, 1, (command, done.stderr))
            self.assertIn("cannot be written", done.stderr, command)

    def test_an_export_takes_no_devices_place_and_leaves_no_half_file(self):
        pipe = self.server.folder / "pipe"
        os.mkfifo(pipe)
        done = self.server.run("export", "--format", "as2", pipe)
        self.assertEqual(done.returncode, 1)
        self.assertIn("is there and no file", done.stderr)
        self.assertTrue(pipe.is_fifo())
        whole = self.server.folder / "all.nq"
        whole.write_text("as it was")
        done = self.server.run("export", "--actor", "https://nobody.example/", whole)
        self.assertEqual((done.returncode, whole.read_text()), (1, "as it was"))
        self.server.cli("export", whole)
        self.assertEqual(oct(whole.stat().st_mode & 0o777), "0o600")
        self.assertEqual([one.name for one in self.server.folder.glob("*.part")], [])


class ActorNames(unittest.TestCase):
    """--actor takes what people call an actor."""

    def test_a_name_with_or_without_its_host_is_the_actor_and_others_are_nobody(self):
        server = Server()
        self.addCleanup(server.close)
        alice = server.account("alice")
        server.cli("actor", "add", "robot", "--user", "alice")
        path = Archive(posts=3).write(server.folder / "archive.tar.gz")
        server.start()
        host = server.url.split("//")[1]
        for name in (alice.username, f"@{alice.username}", f"@{alice.username}@{host}",
                     f"acct:{alice.username}@{host}", alice.actor):
            server.cli("import", path, "--actor", name)
        self.assertEqual(len(alice.items(alice.outbox)), 3)
        self.assertEqual(quads_of(server, "--actor", alice.username),
                         quads_of(server, "--actor", alice.actor))
        server.cli("export", "--format", "as2", "--actor", "robot", server.folder / "robot.zip")
        for nobody in ("nobody", "alice@far.example", "http://localhost:1/actors/x"):
            done = server.run("import", path, "--actor", nobody)
            self.assertEqual(done.returncode, 1)
            self.assertIn(f"no actor {nobody} lives here", done.stderr)


def pixelfed_status(number, **more):
    """As Pixelfed's export has it: an entity of the client API, not ActivityStreams."""
    url = f"https://pix.example/p/alice/{number}"
    return {"id": str(number), "uri": url, "url": url, "in_reply_to_id": None, "reblog": None,
            "content": f"<p>picture {number}</p>", "created_at": f"2021-03-0{number}T10:00:00.000Z",
            "sensitive": False, "spoiler_text": "", "visibility": "public", "mentions": [],
            "tags": [{"name": "cats", "url": "https://pix.example/discover/tags/cats"}],
            "account": {"id": "1", "username": "alice", "acct": "alice"},
            "media_attachments": [{"id": "7", "type": "image", "mime": "image/jpeg",
                                   "url": f"https://pix.example/storage/{number}.jpg",
                                   "description": "a cat", "blurhash": "UAR{#[D,R.WW"}], **more}


class OtherServersFormats(AcceptanceCase):
    """Lists as CSV (Mastodon, GoToSocial) and Pixelfed's JSON."""

    @classmethod
    def set_up_data(cls):
        cls.alice, cls.bob = cls.server.account("alice"), cls.server.account("bob")

    def write(self, name, text):
        path = self.server.folder / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text if isinstance(text, str) else json.dumps(text))
        return path

    def listed(self, title):
        """Members of the list of that name that the owner has."""
        rows = self.server.cli_json("query", "SELECT ?m { ?l as:name ?n ; as:items ?m . "
                                             f"FILTER(STRSTARTS(?n, '{title}')) }}")
        return sorted(row["m"]["value"] for row in rows["results"]["bindings"])

    def test_csv_lists_become_lists_and_blocks_of_known_actors_block(self):
        following = self.write("following_accounts.csv", "Account address,Show boosts,Notify on new posts,"
                               "Languages\ncarol@far.example,true,false,\n\"dave@far.example\",true,false,en\n")
        done = self.server.run("import", following, "--actor", "alice")
        self.assertEqual(done.returncode, 0, done.stderr)
        self.assertEqual(self.listed("following of " + self.alice.actor),
                         ["acct:carol@far.example", "acct:dave@far.example"])
        self.assertEqual(self.alice.items(self.alice.document["following"]), [])
        bookmarks = self.write("bookmarks.csv", "https://far.example/1\nhttps://far.example/2\n")
        self.server.cli("import", bookmarks, "--actor", "alice")
        self.assertEqual(self.alice.items(self.alice.actor + "/bookmarks"),
                         ["https://far.example/2", "https://far.example/1"])
        host = self.server.url.split("//")[1]
        blocks = self.write("blocks.csv", f"bob@{host}\nstranger@far.example\nno address\n")
        done = self.server.run("import", "--json", blocks, "--actor", "alice")
        self.assertEqual(done.returncode, 1)
        errors = {line["position"].rsplit("#")[-1]: line["error"]
                  for line in map(json.loads, done.stdout.splitlines()) if "error" in line}
        self.assertEqual(sorted(errors), ["2", "3"])
        self.assertIn("nobody is known here as @stranger@far.example", errors["2"])
        self.assertIn("neither an IRI nor an address", errors["3"])
        self.assertEqual(self.alice.items(self.alice.actor + "/blocked"), [self.bob.actor])

    def test_a_folder_of_csv_lists_and_the_second_download_of_one_are_read(self):
        carol = self.server.account("carol")
        self.write("lists/following (2).csv", "Account address,Show boosts\neve@Far.Example,true\n")
        self.write("lists/blocking-2024-05-06-10-20-30.csv", "nobody@far.example\n")
        self.write("lists/bookmarks.csv", "https://far.example/5\n")
        self.write("lists/mutes.csv", "Account address,Hide notifications\nx@far.example,false\n")
        with zipfile.ZipFile(self.server.folder / "lists.zip", "w") as out:
            out.writestr("followers.csv", "Account address\nfay@far.example\n")
        done = self.server.run("import", self.server.folder / "lists", self.server.folder / "lists.zip",
                               "--actor", "carol")
        self.assertEqual(done.returncode, 1)
        self.assertIn("mutes.csv\tnot imported: whom somebody mutes", done.stdout)
        self.assertIn("2024-05-06-10-20-30.csv#1\tnot imported: nobody is known here", done.stdout)
        self.assertIn("2 of 5 records", done.stderr)
        self.assertEqual(carol.items(carol.actor + "/bookmarks"), ["https://far.example/5"])
        self.assertLessEqual({"acct:eve@far.example"}, set(self.listed("following of " + carol.actor)))
        self.assertEqual(self.listed("followers of " + carol.actor), ["acct:fay@far.example"])

    def test_lists_of_accounts_become_collections_of_those_names(self):
        gus = self.server.account("gus")
        path = self.write("lists.csv", 'Best friends,carol@far.example\r\n"a, ""b""",dave@far.example\r\n'
                                       "Best friends,erin@far.example\r\n,no@far.example\r\nalone\r\n")
        for _ in range(2):
            done = self.server.run("import", path, "--actor", "gus")
            self.assertEqual(done.returncode, 1)
            self.assertIn("lists.csv#4\tnot imported: a list without a name", done.stdout)
            self.assertIn("lists.csv#5\tnot imported: neither", done.stdout)
            self.assertIn("2 of 5", done.stderr)
        self.assertEqual(self.listed("Best"), ["acct:carol@far.example", "acct:erin@far.example"])
        self.assertEqual(self.listed('a, "b"'), ["acct:dave@far.example"])
        rows = self.server.cli_json("query", "SELECT ?l { ?l as:name 'Best friends' }")
        [listing] = [row["l"]["value"] for row in rows["results"]["bindings"]]
        self.assertEqual(self.server.get(listing).status_code, 404)
        self.assertEqual(gus.get(listing).json()["attributedTo"], gus.actor)
        self.assertEqual(len(gus.items(listing)), 2)

    def test_lists_that_are_not_kept_here_are_refused_by_name(self):
        for name, words in (("mutes.csv", "whom somebody mutes is not kept here"),
                            ("blocked_domains.csv", "quadpub domain block")):
            done = self.server.run("import", self.write(name, "x@far.example\n"), "--actor", "alice")
            self.assertEqual(done.returncode, 1)
            self.assertIn(words, done.stdout)
        done = self.server.run("import", self.write("what.csv", "x\n"), "--actor", "alice")
        self.assertIn("what.csv is no list that is known here", done.stderr)
        done = self.server.run("import", self.write("following.csv", "x@far.example\n"))
        self.assertIn("--actor says whose list it is", done.stderr)
        done = self.server.run("import", self.write("pixelfed-statuses.json", [pixelfed_status(1)]))
        self.assertEqual(done.returncode, 1)
        self.assertIn("account.json", done.stderr)

    def test_older_archives_of_pixelfed_have_posts_and_lists_with_nothing_around_them(self):
        for name, around in (("dora", lambda posts: posts), ("erin", lambda posts: {"data": posts})):
            owner, actor = self.server.account(name), f"https://pix.example/users/{name}"
            def note(number, **more):
                url = f"https://pix.example/p/{name}/{number}"
                return {"@context": [AS2, {"featured": {"https://pixelfed.org/ns#featured": {}}}],
                        "id": url, "type": "Note", "summary": None, "content": f"<p>{number}</p>",
                        "published": f"2020-03-0{number}T10:00:00+00:00", "url": url,
                        "attributedTo": actor, "to": [PUBLIC], "cc": [f"{actor}/followers"],
                        "sensitive": False, "attachment": [], "tag": [], "location": None, **more}
            self.write(f"{name}/account.json", {
                "@context": AS2, "id": actor, "type": "Person", "inbox": f"{actor}/inbox",
                "outbox": f"{actor}/outbox", "followers": f"{actor}/followers", "preferredUsername": name})
            self.write(f"{name}/outbox.json", json.dumps(
                around([note(1), note(2, to=[f"{actor}/followers"], cc=[])]), indent=4))
            self.write(f"{name}/following.json", [f"https://far.example/{name}"])
            self.write(f"{name}/followers.json", [])
            done = self.server.run("import", self.server.folder / name, "--actor", name)
            self.assertEqual((done.returncode, done.stdout), (0, ""), done.stderr)
            items = owner.items(owner.outbox)
            self.assertEqual([(item["type"], item["actor"], item["published"]) for item in items], [
                ("Create", owner.actor, f"2020-03-0{number}T10:00:00+00:00") for number in (2, 1)])
            self.assertEqual(items[1]["object"]["alsoKnownAs"], f"https://pix.example/p/{name}/1")
            self.assertEqual([self.server.get(item["object"]["id"]).status_code for item in items],
                             [404, 200])
            self.assertEqual(self.listed(f"following of {actor}"), [f"https://far.example/{name}"])

    def test_videos_of_peertube_come_with_the_files_that_lie_beside_their_documents(self):
        host = "https://tube.example"
        actor, channel = f"{host}/accounts/ann", f"{host}/video-channels/ann"
        video = f"{host}/videos/watch/1"
        to = {"to": [PUBLIC], "cc": [f"{actor}/followers"]}
        def collection(name, items):
            return {"@context": [AS2], "id": name, "type": "OrderedCollection",
                    "totalItems": len(items), "orderedItems": items}
        documents = {
            "activity-pub/actor.json": {
                "@context": AS2, "type": "Person", "id": actor, "inbox": f"{actor}/inbox",
                "outbox": "outbox.json", "likes": "likes.json", "dislikes": "dislikes.json",
                "following": "following.json", "followers": f"{actor}/followers",
                "preferredUsername": "ann", "icon": [{"type": "Image", "mediaType": "image/png",
                                                      "url": "../files/account/avatars/ann.png"}]},
            "activity-pub/outbox.json": collection("outbox.json", [
                {"type": "Create", "id": f"{video}/activity", "actor": actor, **to,
                 "published": "2022-01-01T00:00:00.000Z", "object": {
                    "type": "Video", "id": video, "name": "v", "published": "2022-01-01T00:00:00.000Z",
                    "attributedTo": [{"type": "Person", "id": actor}, {"type": "Group", "id": channel}],
                    "attachment": [{"type": "Video", "mediaType": "video/mp4",
                                    "url": "../files/videos/video-files/1.mp4"}], **to}}]),
            "activity-pub/likes.json": collection("likes.json", ["https://far.example/v/1"]),
            "activity-pub/dislikes.json": collection("dislikes.json", ["https://far.example/v/2"]),
            "activity-pub/following.json": collection("following.json", []),
            "peertube/account.json": {"url": actor, "name": "ann"},
            "peertube/videos.json": {"videos": [{"uuid": "1"}]}}
        files = {"files/account/avatars/ann.png": PNG, "files/secret.txt.png": PNG + b"not named",
                 "files/videos/video-files/1.mp4": b"\0\0\0\x18ftypmp42" + b"v" * 90}
        path = self.server.folder / "tube.zip"
        with zipfile.ZipFile(path, "w", zipfile.ZIP_DEFLATED) as out:
            for name, document in documents.items():
                out.writestr(name, json.dumps(document, indent=2))
            for name, data in files.items():
                out.writestr(name, data)
        ann = self.server.account("ann")
        done = self.server.run("import", path, "--actor", "ann")
        self.assertEqual(done.returncode, 1)
        self.assertEqual(done.stdout.count("\n"), 1, done.stdout)
        self.assertIn("dislikes.json\tnot imported: what somebody dislikes", done.stdout)
        self.assertIn("2 files", done.stderr)
        seen = ann.items(ann.outbox)[0]["object"]
        self.assertEqual((seen["name"], seen["attributedTo"]), ("v", [ann.actor, channel]))
        self.assertEqual(self.server.get(seen["attachment"][0]["url"]).content,
                         files["files/videos/video-files/1.mp4"])
        self.assertEqual(ann.items(ann.document["liked"]), ["https://far.example/v/1"])
        again = self.server.run("import", path)  # as it was
        self.assertEqual(again.stdout.count("\n"), 1, again.stdout)
        self.assertEqual(json.loads(self.server.cli("show", video))["attributedTo"], [actor, channel])

    def test_pixelfed_statuses_become_activities_with_their_ids_and_dates(self):
        actor = "https://pix.example/users/alice"
        self.write("pix/account.json", {"@context": AS2, "id": actor, "type": "Person",
                   "inbox": f"{actor}/inbox", "outbox": f"{actor}/outbox", "preferredUsername": "alice",
                   "followers": f"{actor}/followers", "following": f"{actor}/following"})
        boosted = pixelfed_status(4, reblog={"url": "https://far.example/9"}, media_attachments=[])
        self.write("pix/pixelfed-statuses.json",
                   [pixelfed_status(1), pixelfed_status(2, visibility="private"),
                    pixelfed_status(3, visibility="odd"), boosted, {"id": "5"},
                    pixelfed_status(6, in_reply_to_id="1", in_reply_to_account_id="1",
                                    edited_at="2021-04-01T00:00:00.000Z"),
                    pixelfed_status(7, in_reply_to_id="99", in_reply_to_account_id="2")])
        self.write("pix/pixelfed-following.json", ["https://far.example/carol"])
        self.write("pix/muted-and-blocked-accounts.json",
                   {"muted": ["https://far.example/m"], "blocked": ["https://far.example/b"]})
        done = self.server.run("import", "--json", self.server.folder / "pix", "--actor", "bob")
        self.assertEqual(done.returncode, 1)
        errors = sorted(line["error"] for line in map(json.loads, done.stdout.splitlines())
                        if "error" in line)
        self.assertEqual(errors, ["a status of unknown visibility", "a status without uri and url",
                                  "whom somebody mutes is not kept here"])
        items = self.bob.items(self.bob.outbox)
        self.assertEqual([item["type"] for item in items],
                         ["Create", "Create", "Announce", "Create", "Create"])
        other, answer, items = items[0]["object"], items[1]["object"], items[2:]
        first = items[2]
        self.assertEqual(answer["inReplyTo"], first["object"]["id"])
        self.assertEqual(answer["updated"], "2021-04-01T00:00:00.000Z")
        self.assertNotIn("inReplyTo", other)
        self.assertEqual(first["object"]["alsoKnownAs"], "https://pix.example/p/alice/1")
        self.assertEqual(first["published"], "2021-03-01T10:00:00.000Z")
        self.assertEqual(first["object"]["attributedTo"], self.bob.actor)
        self.assertEqual(first["object"]["attachment"][0]["mediaType"], "image/jpeg")
        self.assertEqual(self.server.get(items[1]["object"]["id"]).status_code, 404)
        self.assertEqual(self.server.get(first["object"]["id"]).status_code, 200)
        self.assertEqual(self.bob.items(self.bob.actor + "/blocked"), ["https://far.example/b"])


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

    def test_the_actor_shows_the_pictures_and_words_that_came_along_where_it_has_none(self):
        for document in (self.alice.document, json.loads(self.server.cli(
                "query", "--format", "jsonld", f"CONSTRUCT {{ ?s ?p ?o }} {{ GRAPH <{self.archive.actor}> "
                "{ ?s as:icon|as:image ?i . ?i ?p ?o } }"))):
            shown = re.findall(re.escape(self.server.url) + r"/media/[\w.-]+", json.dumps(document))
            self.assertEqual({self.server.get(url).content for url in shown},
                             {PNG + b"avatar", PNG + b"header"})
        self.assertEqual(self.alice.document["summary"], "<p>on the move</p>")
        self.assertEqual(self.alice.document["name"], "alice")

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


class UnpackedArchive(unittest.TestCase):
    """The folder that an archive was unpacked to is as good as the archive."""

    def test_an_unpacked_folder_is_imported_like_the_archive(self):
        archive = Archive(posts=60)
        stores = []
        for kind in ("archive.tar.gz", "unpacked"):
            server = Server()
            self.addCleanup(server.close)
            shutil.rmtree(server.data)
            server.cli("init", "--url", "http://localhost:8000")
            done = server.run("import", archive.write(server.folder / kind))
            self.assertEqual((done.returncode, done.stdout), (0, ""), done.stderr)
            stores.append((done.stderr, unlabelled(quads_of(server)), server.cli_json("stats")["documents"]))
        self.assertEqual(stores[0], stores[1])
        self.assertIn("imported 60 documents", stores[0][0])

    def test_its_posts_become_an_actors(self):
        server = Server()
        self.addCleanup(server.close)
        alice = server.account("alice")
        folder = Archive(posts=30).write(server.folder / "unpacked")
        part = server.run("import", folder / "outbox.json")
        self.assertEqual(part.returncode, 1)
        self.assertIn("give the folder, where actor.json is beside it", part.stderr)
        server.cli("import", folder, "--actor", "alice")
        server.start()
        items = alice.items(alice.outbox)
        self.assertEqual(len(items), 30)
        picture = next(item["object"]["attachment"][0] for item in items
                       if item["type"] == "Create" and item["object"].get("attachment"))
        self.assertEqual(server.get(picture["url"]).content, PNG + b"cat")


class FilesOfAFolder(unittest.TestCase):
    """Of the files in a folder those come along that the archive's documents show."""

    def setUp(self):
        self.server = Server(config="[limits]\nmedia_mib = 1\n")
        self.addCleanup(self.server.close)
        self.alice = self.server.account("alice")
        self.folder = self.server.folder / "Downloads"

    def take(self, archive, name="Downloads"):
        archive.write(self.server.folder / name)
        done = self.server.run("import", self.server.folder / name, "--actor", "alice")
        self.assertEqual(done.returncode, 0, done.stdout + done.stderr)
        return done

    def guessed(self, name, extension):
        """Where it would be if its address came from names that anybody knows."""
        key = hashlib.sha256(f"file\n{self.alice.actor}\n{name}".encode()).hexdigest()[:40]
        digest = hashlib.sha256(key.encode()).digest()[:18]
        return f"/media/{base64.urlsafe_b64encode(digest).decode()}.{extension}"

    def test_what_else_lies_there_is_not_taken_and_addresses_cannot_be_guessed(self):
        archive = Archive(posts=6)
        archive.media["pictures/dog.png"] = PNG + b"dog"
        note = archive.note(1)
        note.update(id=archive.status(99), attachment=[
            {"type": "Document", "mediaType": "image/png", "url": "/pictures/dog.png"}])
        archive.extra = [{"id": note["id"] + "/activity", "type": "Create", "actor": archive.actor,
                          "to": [PUBLIC], "object": note}]
        others = {"id_rsa": b"a key", ".netrc": b"a password", "private/tax.pdf": b"%PDF-1.4",
                  "media/.hidden.png": PNG}
        for name, data in others.items():
            (self.folder / name).parent.mkdir(parents=True, exist_ok=True)
            (self.folder / name).write_bytes(data)
        self.assertIn("4 files", self.take(archive).stderr)
        self.server.start()
        shown = {item["object"]["attachment"][0]["url"] for item in self.alice.items(self.alice.outbox)
                 if item["object"]["attachment"]}
        self.assertEqual({self.server.get(url).content for url in shown}, {PNG + b"dog", PNG + b"cat"})
        for name in [*others, *archive.media]:
            for extension in ("bin", "png", "pdf"):
                self.assert_not_found(self.guessed(name, extension))

    def assert_not_found(self, address):
        self.assertEqual(self.server.get(address).status_code, 404, address)

    def test_older_archives_of_mastodon_name_files_by_where_its_disk_had_them(self):
        archive = Archive(posts=6)
        [name] = [name for name in archive.media if "/" in name]
        write = archive.members
        archive.members = lambda: (("/srv/mastodon/public/system/" + one if one == name else one, data)
                                   for one, data in write())
        done = self.server.run("import", archive.write(self.server.folder / "old.tar.gz"), "--actor", "alice")
        self.assertEqual((done.returncode, done.stdout), (0, ""), done.stderr)
        self.server.start()
        shown = {item["object"]["attachment"][0]["url"] for item in self.alice.items(self.alice.outbox)
                 if item["object"]["attachment"]}
        self.assertEqual({self.server.get(url).content for url in shown}, {PNG + b"cat"})

    def test_names_of_files_in_an_archive_may_have_any_letters(self):
        archive = Archive(posts=6)
        archive.media = {"media_attachments/files/1/кот ü.png": PNG + b"cat", "pictures/my dög.png": PNG}
        note = archive.note(1)
        note.update(id=archive.status(99), attachment=[
            {"type": "Document", "mediaType": "image/png", "url": "pictures/my%20d%C3%B6g.png"}])
        archive.extra = [{"id": note["id"] + "/activity", "type": "Create", "actor": archive.actor,
                          "to": [PUBLIC], "object": note}]
        items = {"zip": archive.write(self.server.folder / "a.zip")}
        with tarfile.open(self.server.folder / "a.tar", "w", format=tarfile.PAX_FORMAT) as out:
            for name, data in archive.members():
                info = tarfile.TarInfo(name)
                info.size = len(data)
                out.addfile(info, io.BytesIO(data))
        items["pax"] = self.server.folder / "a.tar"
        for kind, path in items.items():
            self.server.account(kind)
            done = self.server.run("import", path, "--actor", kind)
            self.assertEqual((done.returncode, done.stdout), (0, ""), done.stderr)
            self.assertIn("2 files", done.stderr)
            shown = self.server.cli("query", "--format", "csv", "SELECT ?u { ?post as:attachment/as:url ?u }")
            self.assertIn(f"{self.server.url}/media/", shown)
            self.assertNotIn(archive.host, shown)

    def test_a_deleted_post_takes_its_files_along_and_uploads_have_their_room(self):
        archive = Archive(posts=6)
        archive.media = {"media_attachments/big.png": PNG + bytes(2 << 20), "media_attachments/2.png": PNG}
        note = archive.note(1)
        note.update(id=archive.status(99), attachment=[
            {"type": "Document", "url": name} for name in archive.media])
        archive.extra = [{"id": note["id"] + "/activity", "type": "Create", "actor": archive.actor,
                          "to": [PUBLIC], "object": note}]
        self.take(archive)
        self.server.start()
        upload = requests.post(
            self.alice.document["endpoints"]["uploadMedia"],
            headers={"Authorization": f"Bearer {self.alice.token}"},
            files={"file": ("x.png", PNG, "image/png"), "object": (None, '{"type": "Image"}')})
        self.assertEqual(upload.status_code, 201, upload.text)
        items = [item["object"] for item in self.alice.items(self.alice.outbox) if item["type"] == "Create"]
        two = next(one for one in items if len(one.get("attachment", [])) == 2)
        shared = next(one for one in items if len(one.get("attachment", [])) == 1)
        urls = [one["url"] for one in two["attachment"]]
        if shared["attachment"][0]["url"] in urls:  # the first picture, of two posts
            urls.remove(shared["attachment"][0]["url"])
        self.assertEqual({self.server.get(url).status_code for url in urls}, {200})
        self.alice.submit({"@context": AS2, "type": "Delete", "object": two["id"], "to": [PUBLIC]})
        for url in urls:
            self.assert_not_found(url)
        self.assertEqual(self.server.get(shared["attachment"][0]["url"]).status_code, 200)

    def test_a_later_archive_has_a_newer_picture(self):
        def seen():
            self.server.start()
            person = self.server.get(f"{self.server.url}/users/zoe").json()
            picture = self.server.get(person["icon"]["url"]).content
            self.server.stop()
            return person["name"], picture
        def take(number):
            archive = Archive(host=self.server.url, name="zoe", posts=1)
            archive.media["avatar.png"] = PNG + b"%d" % number
            document = archive.actor_document()
            archive.actor_document = lambda: {**document, "name": f"Zoe {number}"}
            done = self.server.run("import", archive.write(self.server.folder / f"{number}.zip"))
            self.assertEqual(done.returncode, 0, done.stderr)
        for number in (1, 2):
            take(number)
            self.assertEqual(seen(), (f"Zoe {number}", PNG + b"%d" % number))
        take(1)
        self.assertEqual(seen(), ("Zoe 2", PNG + b"2"))


class FormerAddresses(AcceptanceCase):
    """Who follows an old link to a host that now is a domain of this server comes to the new one."""

    BROWSER = "text/html,application/xhtml+xml,application/xml;q=0.9,*/*;q=0.8"

    @classmethod
    def set_up_data(cls):
        cls.alice = cls.server.account("alice")
        cls.old = cls.server.url.replace("localhost", "127.0.0.1")
        cls.server.cli("init", "--url", cls.old)
        cls.archive = Archive(host=cls.old, posts=20)
        cls.server.cli("import", cls.archive.write(cls.server.folder / "archive.tar.gz"),
                       "--actor", "alice")

    def ask(self, address, accept=AS2_TYPE, token=False):
        headers = {"Accept": accept, **({"Authorization": f"Bearer {self.alice.token}"} if token else {})}
        return self.server.get(address, headers=headers, allow_redirects=False)

    def test_posts_and_activities_redirect_for_good_whoever_asks(self):
        note = next(item for item in self.alice.items(self.alice.outbox)
                    if item.get("alsoKnownAs") == self.archive.item(5)["id"])
        for former, now in ((self.archive.status(5), note["object"]["id"]),
                            (self.archive.item(5)["id"], note["id"])):
            for accept in (self.BROWSER, AS2_TYPE, LD_TYPE):
                answer = self.ask(former, accept)
                self.assert_status(answer, 301)
                self.assertEqual(answer.headers["Location"], now)
                there = self.server.get(former, headers={"Accept": accept})
                self.assert_status(there, 200)
                self.assertEqual(there.url, now)
                self.assertEqual(there.headers["Content-Type"].split(";")[0],
                                 "text/html" if accept == self.BROWSER else accept.split(";")[0])
            self.assertEqual(self.server.get(former).json()["id"], now)

    def test_who_may_not_read_a_post_does_not_learn_where_it_is(self):
        hidden = self.archive.status(3)  # for followers only
        for accept in (self.BROWSER, AS2_TYPE):
            answer = self.ask(hidden, accept)
            self.assert_status(answer, 404)
            self.assertNotIn("Location", answer.headers)
        answer = self.ask(hidden, token=True)
        self.assert_status(answer, 301)
        self.assertEqual(self.alice.get(answer.headers["Location"]).json()["alsoKnownAs"], hidden)

    def test_a_signed_read_of_a_former_address_waits_for_its_key(self):
        peer = Peer()
        self.addCleanup(peer.close)
        known, unknown = peer.actor("known"), peer.actor("unknown")
        del peer.documents["/users/unknown"]
        for actor, status in ((unknown, 401), (known, 404)):
            url = self.archive.status(3)
            headers = sign.cavage_headers(actor.key, actor.key_id, "GET", url, b"",
                                          covered=("(request-target)", "host", "date"))
            self.assert_status(self.server.get(url, headers={**headers, "Accept": AS2_TYPE}), status)

    def test_webfinger_knows_the_actor_by_its_former_names(self):
        host = self.old.split("//")[1]
        for resource in (f"acct:alice@{host}", self.archive.actor):
            for base in (self.server.url, self.old):
                answer = self.server.get(f"{base}/.well-known/webfinger", params={"resource": resource})
                self.assert_status(answer, 200)
                self.assertEqual(answer.json()["aliases"], [self.alice.actor])
        for resource in (f"acct:bob@{host}", f"{self.old}/users/bob", "acct:alice@old.example",
                         self.archive.status(5)):
            answer = self.server.get("/.well-known/webfinger", params={"resource": resource})
            self.assert_status(answer, 404)

    def test_a_former_address_of_nothing_is_not_found(self):
        for accept in (self.BROWSER, AS2_TYPE):
            self.assert_status(self.ask(self.archive.status(999), accept), 404)


def quads_of(server, *arguments, timeout=120):
    """Everything, or one actor's, as sorted lines."""
    return sorted(server.cli("export", "-", *arguments, timeout=timeout).splitlines())


def unlabelled(lines):
    """Quads with blank nodes named by what is said of them: in RDF that was loaded their labels
    are the store's. A blank node is in one graph. Files have names by chance."""
    lines = [MEDIA.sub("NAME", line) for line in lines]
    colors = {}
    for _ in range(6):  # as deep as they lie in each other here
        said = {}
        for line in lines:
            for label in set(BLANK.findall(line)):
                said.setdefault(label, []).append(BLANK.sub(
                    lambda found, own=label: "_:self" if found[0] == own else colors.get(found[0], "_:"),
                    line))
        colors = {label: "_:" + hashlib.sha256("\n".join(sorted(what)).encode()).hexdigest()
                  for label, what in said.items()}
    return sorted(BLANK.sub(lambda found: colors[found[0]], line) for line in lines)


class Restored(unittest.TestCase):
    """A store, and empty ones at the same address."""

    def setUp(self):
        self.servers = []
        self.addCleanup(lambda: [server.close() for server in self.servers])

    def new_server(self, port=None):
        server = Server()
        if port:  # the same address
            server.port = server.listen_port = port
            server.url = f"http://localhost:{port}"
            shutil.rmtree(server.data)
            server.cli("init", "--url", server.url)
        self.servers.append(server)
        return server


class RoundTrip(Restored):
    """What is exported is imported into an empty store, and that is equal."""

    def test_an_archive_without_a_new_home_keeps_all_ids_and_comes_back_equal(self):
        first = self.new_server()
        archive = Archive(host=first.url, posts=120)
        path = archive.write(first.folder / "archive.zip")
        first.cli("import", path)
        first.start()
        page = first.get(f"{archive.actor}/outbox").json()
        hidden = [number for number in range(120)
                  if number % 13 != 12 and (number % 10 == 3 or number % 50 == 7)]
        self.assertEqual(page["totalItems"], 120 - len(hidden))
        newest = first.get(page["first"]).json()["orderedItems"][0]
        self.assertEqual(newest["id"], archive.item(119)["id"])
        self.assertEqual(first.get(archive.status(5)).json()["id"], archive.status(5))
        self.assertEqual(first.get(archive.status(3)).status_code, 404)
        first.cli("export", "--format", "as2", "--actor", archive.actor,
                  first.folder / "out.tar.gz")
        first.stop()
        second = self.new_server(first.port)
        second.cli("import", first.folder / "out.tar.gz")
        self.assertEqual(quads_of(second, "--actor", archive.actor),
                         quads_of(first, "--actor", archive.actor))
        second.start()
        self.assertEqual(second.get(f"{archive.actor}/outbox?page=first").json(),
                         {**first_page(first, archive)})

    def test_a_live_actor_comes_back_with_posts_files_and_collections(self):
        first = self.new_server()
        alice = first.account("alice")
        archive = Archive(posts=60)
        first.cli("import", archive.write(first.folder / "archive.tar.gz"), "--actor", alice.actor)
        first.start()
        alice.create({"type": "Note", "content": "written here"}, to=[PUBLIC])
        alice.submit({"@context": AS2, "type": "Like", "object": "https://far.example/1"})
        for path, actor in (("one.zip", ["--actor", alice.actor]), ("all.tar.gz", [])):
            out = first.folder / path
            first.cli("export", "--format", "as2", *actor, out)
            second = self.new_server(first.port)
            second.cli("import", out)
            self.assertEqual(quads_of(second, "--actor", alice.actor),
                             quads_of(first, "--actor", alice.actor))
            if not actor:
                self.assertEqual(quads_of(second), quads_of(first))

    def test_a_deleted_post_stays_deleted_for_those_who_might_have_read_it(self):
        first = self.new_server()
        alice = first.account("alice")
        first.start()
        public, public_note = alice.create({"type": "Note", "content": "to go"}, to=[PUBLIC])
        _, hidden_note = alice.create({"type": "Note", "content": "to go, too"},
                                      to=[alice.document["followers"]])
        _, kept_note = alice.create({"type": "Note", "content": "stays"}, to=[PUBLIC])
        boost = alice.submit({"@context": AS2, "type": "Announce", "object": "https://far.example/1",
                              "to": [PUBLIC]})
        _, listing = alice.create({"type": "Collection", "name": "a list", "items": [public_note]},
                                  to=[PUBLIC])
        first.cli("export", "--format", "as2", "--actor", "alice", first.folder / "before.zip")
        for thing in (public_note, hidden_note, boost, listing):
            alice.submit({"@context": AS2, "type": "Delete", "object": thing, "to": [PUBLIC]})
        gone = {thing: first.get(thing) for thing in (public_note, boost, listing)}
        self.assertEqual({answer.status_code for answer in gone.values()}, {410})
        self.assertEqual(first.get(hidden_note).status_code, 404)
        outbox = first.get(alice.outbox + "?page=first").json()
        first.stop()
        for actor in (["--actor", alice.actor], []):
            first.cli("export", "--format", "as2", *actor, first.folder / "some.zip")
            second = self.new_server(first.port)
            second.cli("import", first.folder / "some.zip")
            self.assertEqual(quads_of(second, *actor), quads_of(first, *actor))
            # An older archive does not bring it back.
            second.run("import", first.folder / "before.zip")
            second.start()
            for thing, tombstone in gone.items():
                again = second.get(thing)
                self.assertEqual((again.status_code, again.json()), (410, tombstone.json()))
                self.assertEqual(again.json()["type"], "Tombstone")
            self.assertEqual(second.get(public_note).json()["formerType"], "Note")
            page = second.get(public_note, headers={"Accept": "text/html"})
            self.assertEqual((page.status_code, "to go" in page.text), (410, False))
            self.assertEqual(second.get(hidden_note).status_code, 404)
            self.assertEqual(second.get(kept_note).json()["content"], "stays")
            self.assertEqual(second.get(public).status_code, 200)
            self.assertEqual(second.get(alice.outbox + "?page=first").json(), outbox)
            second.stop()
            self.assertEqual(json.loads(second.cli("verify", "--json"))["problems"], [])

    def test_what_a_later_archive_calls_deleted_is_deleted_with_its_words(self):
        first = self.new_server()
        alice = first.account("alice")
        first.start()
        _, note = alice.create({"type": "Note", "content": "to go"}, to=[PUBLIC])
        archives = [first.folder / "1.zip", first.folder / "2.zip"]
        first.cli("export", "--format", "as2", "--actor", "alice", archives[0])
        alice.submit({"@context": AS2, "type": "Delete", "object": note, "to": [PUBLIC]})
        first.cli("export", "--format", "as2", "--actor", "alice", archives[1])
        first.stop()
        second = self.new_server(first.port)
        for archive in archives * 2:
            second.run("import", archive)
        second.start()
        self.assertEqual(second.get(note).status_code, 410)
        self.assertNotIn("to go", second.cli("query", "--claims", "SELECT ?o { GRAPH ?g { ?s ?p ?o } }"))
        second.stop()
        self.assertEqual(json.loads(second.cli("verify", "--json"))["problems"], [])

    def test_lists_and_collections_come_back_in_order_for_those_who_may_see_them(self):
        first = self.new_server()
        alice, bob = first.account("alice"), first.account("bob")
        archive = Archive(posts=5)
        first.cli("import", archive.write(first.folder / "old.tar.gz"), "--actor", "alice")
        lists = first.folder / "following.csv"
        lists.write_text("carol@far.example\n")
        first.cli("import", lists, "--actor", "alice")
        first.start()
        _, public = alice.create({"type": "Note", "content": "for all"}, to=[PUBLIC])
        _, hidden = alice.create({"type": "Note", "content": "for few"},
                                 to=[alice.document["followers"]])
        far = "https://far.example/1"
        _, open_list = alice.create({"type": "OrderedCollection", "name": "what I like",
                                     "orderedItems": [hidden, far, public]}, to=[PUBLIC])
        _, private = alice.create({"type": "Collection", "name": "mine", "items": [public]})
        _, empty = alice.create({"type": "Collection", "name": "nothing yet"}, to=[PUBLIC])
        alice.submit({"@context": AS2, "type": "Add", "object": "https://far.example/2",
                      "target": open_list, "to": [PUBLIC]})
        alice.submit({"@context": AS2, "type": "Remove", "object": far, "target": open_list})
        alice.submit({"@context": AS2, "type": "Like", "object": public, "to": [PUBLIC]})
        bob.submit({"@context": AS2, "type": "Follow", "object": alice.actor})
        seen = [open_list, empty, alice.outbox, *(alice.document[name] for name in
                                                  ("liked", "followers", "following"))]
        def visible():
            heads = {iri: first.get(iri).json() for iri in seen}
            return heads, {iri: first.get(page).json() for iri, head in heads.items()
                           if isinstance(page := head.get("first"), str)}
        before = visible()
        self.assertEqual(before[0][open_list]["totalItems"], 2)
        for actor in (["--actor", alice.actor], []):
            out = first.folder / "some.tar.gz"
            first.cli("export", "--format", "as2", *actor, out)
            second = self.new_server(first.port)
            self.assertEqual(second.run("import", out).returncode, 0)
            self.assertEqual(quads_of(second, "--actor", alice.actor),
                             quads_of(first, "--actor", alice.actor))
            first.stop()
            second.start()
            self.assertEqual(visible(), before)
            self.assertEqual(second.get(private).status_code, 404)
            second.stop()
            self.assertEqual(json.loads(second.cli("verify", "--json"))["problems"], [])
            first.start()

    def test_what_others_answered_comes_back_for_those_who_may_see_it(self):
        first, far = self.new_server(), Server(host="127.0.0.1")
        self.servers.append(far)
        alice, bob = first.account("alice"), far.account("bob")
        first.start(), far.start()
        _, note = alice.create({"type": "Note", "content": "for all"}, to=[PUBLIC])
        _, answer = bob.create({"type": "Note", "content": "so", "inReplyTo": note}, to=[PUBLIC, alice.actor])
        bob.submit({"@context": AS2, "type": "Like", "object": note, "to": [alice.actor]})
        bob.submit({"@context": AS2, "type": "Announce", "object": note, "to": [PUBLIC, alice.actor]})
        lists = [f"{note}/{name}" for name in ("likes", "shares", "replies")]
        def ask(kind, names):
            return alice.create({"type": "Question", "content": "Which?", "votersCount": 0, kind: [
                {"type": "Note", "name": name} for name in names]}, to=[PUBLIC])[1]
        polls = {ask("oneOf", ["tea", "coffee"]): ["tea"],
                 ask("anyOf", ["red", "blue", "grün"]): ["red", "grün"]}
        def choose(voter, poll, names):
            for name in names:
                voter.create({"type": "Note", "name": name, "inReplyTo": poll}, to=[alice.actor])
        def counts(server, poll):
            question = server.get(poll).json()
            return question["votersCount"], {
                option["name"]: option["replies"]["totalItems"]
                for option in question.get("oneOf") or question["anyOf"]}
        for poll, names in polls.items():
            choose(bob, poll, names)
        wait_until(lambda: all(len(alice.ids(one)) == 1 for one in lists), "answers")
        wait_until(lambda: sum(sum(counts(first, poll)[1].values()) for poll in polls) == 3, "votes")
        def seen():
            return [(answer.status_code, answer.text) for url in (note, *lists, *polls)
                    for answer in [first.get(url)]]
        before = seen()
        first.stop()
        for actor in (["--actor", alice.actor], []):
            first.cli("export", "--format", "as2", *actor, first.folder / "all.zip")
            second = self.new_server(first.port)
            for _ in range(2):
                done = second.run("import", first.folder / "all.zip")
                self.assertEqual(done.returncode, 0, done.stdout + done.stderr)
                self.assertEqual(quads_of(second, *actor), quads_of(first, *actor))
        second.start()
        first = second
        self.assertEqual(seen(), before)

    def test_a_whole_store_comes_back_with_those_who_left_it(self):
        first = self.new_server()
        alice, bob, carol = (first.account(name) for name in ("alice", "bob", "carol"))
        first.start()
        question, options = {"type": "Question", "content": "Tea?", "votersCount": 0}, ["yes", "no"]
        _, poll = alice.create({**question, "oneOf": [{"type": "Note", "name": name}
                                                      for name in options]}, to=[PUBLIC])
        for voter, name in zip((bob, carol), options):
            voter.create({"type": "Note", "name": name, "inReplyTo": poll}, to=[alice.actor])
        # From now on the Question itself says how many there were.
        alice.submit({"@context": AS2, "type": "Update", "object": {"id": poll, "content": "Tea??"}})
        made, note = alice.create({"type": "Note", "content": "its Create is deleted"}, to=[PUBLIC])
        alice.submit({"@context": AS2, "type": "Delete", "object": made, "to": [PUBLIC]})
        bob.submit({"@context": AS2, "type": "Like", "object": alice.actor, "to": [PUBLIC]})
        _, mine = carol.create({"type": "Note", "content": "soon gone"}, to=[PUBLIC])
        bob.submit({"@context": AS2, "type": "Follow", "object": carol.actor})
        carol.submit({"@context": AS2, "type": "Delete", "object": carol.actor, "to": [PUBLIC]})
        wait_until(lambda: first.get(mine).status_code == 410 and not any(
            f"<{carol.document[name]}> <{AS2}#items>" in line
            for line in quads_of(first) for name in ("outbox", "inbox")), "carol's things are gone")
        seen = [poll, note, made, mine, carol.actor, alice.actor + "/likes"]
        def answers(server):
            return [(answer.status_code, answer.json()) for url in seen for answer in [server.get(url)]]
        before = answers(first)
        before[1][1]["to"] = PUBLIC  # how it was spelt went with the Create
        self.assertEqual([status for status, _ in before], [200, 200, 410, 410, 410, 200])
        self.assertEqual(before[-1][1]["totalItems"], 1)
        first.stop()
        first.cli("export", "--format", "as2", first.folder / "all.tar.gz")
        first.cli("export", "--format", "as2", "--actor", alice.actor, first.folder / "alice.zip")
        second = self.new_server(first.port)
        for _ in range(2):
            done = second.run("import", first.folder / "all.tar.gz")
            self.assertEqual(done.returncode, 0, done.stdout + done.stderr)
            self.assertEqual(quads_of(second), quads_of(first))
        second.start()
        self.assertEqual(answers(second), before)
        second.stop()
        alone = self.new_server(first.port)
        forged = [{"@context": AS2, "id": f"{note}/likes", "type": "OrderedCollection",
                   "orderedItems": ["https://far.example/like"]},
                  {"@context": AS2, "id": poll, "type": "Question", "oneOf": [
                      {"name": "yes", "replies": {"totalItems": 99}}]}]
        bobs = first.folder / "bob"
        first.cli("export", "--format", "as2", "--actor", bob.actor, first.folder / "bob.tar.gz")
        shutil.unpack_archive(first.folder / "bob.tar.gz", bobs)
        (bobs / "listings.ndjson").write_text("\n".join(map(json.dumps, forged)))
        for attempt in range(2):
            alone.cli("import", first.folder / "alice.zip")
            self.assertEqual(quads_of(alone, "--actor", alice.actor),
                             quads_of(first, "--actor", alice.actor))
            if attempt == 0:
                done = alone.run("import", bobs)
                self.assertEqual((done.returncode, done.stdout.count("is not the actor's")), (1, 2))

    def test_made_over_to_a_new_actor_lists_are_its_own(self):
        first = self.new_server()
        alice = first.account("alice")
        first.start()
        _, note = alice.create({"type": "Note", "content": "for all"}, to=[PUBLIC])
        _, listing = alice.create({"type": "Collection", "name": "good", "items": [note]}, to=[PUBLIC])
        first.cli("export", "--format", "as2", "--actor", alice.actor, first.folder / "a.zip")
        second = self.new_server()
        carol = second.account("carol")
        done = second.run("import", first.folder / "a.zip", "--actor", "carol")
        self.assertEqual(done.returncode, 0, done.stdout)
        second.start()
        items = {id_of(item["object"]): item["object"] for item in carol.items(carol.outbox)}
        moved = next(item for item in items.values() if item.get("alsoKnownAs") == listing)
        self.assertTrue(moved["id"].startswith(second.url + "/collections/"), moved)
        members = second.get(moved["id"]).json()
        self.assertEqual(members["totalItems"], 1)
        new_note = next(iri for iri, item in items.items() if item.get("alsoKnownAs") == note)
        self.assertEqual([id_of(item) for item in carol.items(moved["id"])], [new_note])

    def test_nquads_are_for_their_owner(self):
        server = self.new_server()
        path = server.folder / "all.nq"
        server.cli("export", path)
        self.assertEqual(path.stat().st_mode & 0o777, 0o600)
        folder = server.run("context", "add", "https://a.example/c", str(server.folder))
        self.assertEqual(folder.returncode, 1)
        self.assertIn(str(server.folder), folder.stderr)

    def test_nquads_come_back_with_their_graphs(self):
        first = self.new_server()
        lines = ['<http://a.example/s> <http://a.example/p> "x"@en <http://a.example/g> .',
                 '<http://a.example/s> <http://a.example/p> _:b .',
                 '_:b <http://a.example/p> "1"^^<http://www.w3.org/2001/XMLSchema#integer> .',
                 '<http://a.example/s> <http://a.example/p> broken .',
                 '<http://a.example/s> <http://a.example/q> <http://a.example/o> .']
        file = first.folder / "data.nq"
        file.write_text("\n".join(lines) + "\n")
        def count():
            return sum("a.example" in line for line in quads_of(first))
        done = first.run("import", file)
        self.assertEqual(done.returncode, 1)
        self.assertIn(f"{file}#4", done.stdout)
        self.assertNotIn("line 1", done.stdout)
        self.assertEqual(count(), 4)
        unnamed = first.cli("query", "--default-graph", "unnamed", "--format", "csv",
                            "SELECT ?p { <http://a.example/s> ?p ?o }").split()
        self.assertEqual(sorted(unnamed[1:]), ["http://a.example/p", "http://a.example/q"])
        first.start()  # and beside a server
        turtle = first.folder / "more.ttl"
        turtle.write_text("@prefix : <http://a.example/> . :s :r [ :p 1 ], 2 .")
        first.cli("import", turtle)
        self.assertEqual(count(), 7)


def first_page(server, archive):
    server.start()
    try:
        return server.get(f"{archive.actor}/outbox?page=first").json()
    finally:
        server.stop()


class Hostile(AcceptanceCase):
    """Archives that want more than they may."""

    @classmethod
    def set_up_data(cls):
        cls.alice = cls.server.account("alice")
        cls.bob = cls.server.account("bob")
        cls.carol = cls.server.account("carol")

    def run_import(self, archive, *arguments):
        path = archive.write(self.server.folder / f"{self.id()}.tar.gz")
        return self.server.run("import", "--json", path, *arguments)

    def test_what_is_not_the_actors_own_is_a_claim(self):
        before = len(self.bob.items(self.bob.outbox))
        note, _ = self.bob.create({"type": "Note", "content": "bob's"}, to=[PUBLIC])
        kept = self.server.get(note).json()
        archive = Archive(host="https://evil.example", name="mallory", posts=2)
        archive.extra = [
            {"id": note, "type": "Create", "actor": archive.actor, "to": [PUBLIC],
             "object": {"id": kept["object"]["id"], "type": "Note", "content": "taken over",
                        "attributedTo": self.bob.actor}},
            {"id": f"{archive.actor}/statuses/9/activity", "type": "Create", "actor": archive.actor,
             "to": [PUBLIC], "object": {"id": "https://bank.example/1", "type": "Note",
                                        "content": "not mine", "attributedTo": archive.actor}},
            {"id": "https://bank.example/2", "type": "Create", "actor": "https://bank.example/",
             "to": [PUBLIC], "object": {"id": "https://bank.example/3", "type": "Note",
                                        "attributedTo": "https://bank.example/"}}]
        done = self.run_import(archive)
        self.assertEqual(done.returncode, 0, done.stdout + done.stderr)
        self.assertEqual(self.server.get(note).json(), kept)
        for iri in ("https://bank.example/1", "https://bank.example/2", "https://bank.example/3"):
            self.assertNotEqual(self.server.run("show", iri).returncode, 0, iri)
        self.assertEqual(len(self.bob.items(self.bob.outbox)), before + 1)

    def test_it_neither_deletes_what_is_anothers_nor_puts_anything_into_anothers_lists(self):
        note = self.bob.create({"type": "Note", "content": "bob's"}, to=[PUBLIC])[1]
        listing = self.bob.create({"type": "Collection", "name": "bob's"}, to=[PUBLIC])[1]
        archive = Archive(host=self.server.url, name="mallory", posts=1)
        far, own = "https://bank.example/1", f"{archive.actor}/lists/1"
        members = dict(archive.members())
        members["deleted.json"] = json.dumps({"type": "OrderedCollection", "orderedItems": [
            {"@context": AS2, "id": iri, "type": "Tombstone", "to": [PUBLIC]}
            for iri in (note, far, self.bob.actor, own + "/gone")]}).encode()
        for number, iri in enumerate((listing, self.bob.document["followers"], far, note, own)):
            members[f"collections/{number}.json"] = json.dumps(
                {"@context": AS2, "id": iri, "type": "OrderedCollection", "name": "taken over",
                 "attributedTo": archive.actor, "to": [PUBLIC],
                 "orderedItems": ["https://evil.example/1"]}).encode()
        archive.members = lambda: list(members.items())
        done = self.run_import(archive)
        self.assertEqual(done.returncode, 1)
        errors = [json.loads(line) for line in done.stdout.splitlines() if '"error"' in line]
        self.assertEqual(len(errors), 4, errors)
        for one in errors:
            self.assertIn("is no collection of the actor's", one["error"])
        self.assertEqual(self.server.get(note).json()["content"], "bob's")
        self.assertEqual(self.server.get(self.bob.actor).status_code, 200)
        self.assertEqual(self.server.get(own + "/gone").status_code, 410)
        self.assertNotEqual(self.server.run("show", far).returncode, 0)
        for iri in (listing, self.bob.document["followers"]):
            head = self.server.get(iri).json()
            self.assertEqual((head["totalItems"], head["attributedTo"]), (0, self.bob.actor))
        self.assertEqual(self.server.get(own).json()["totalItems"], 1)

    def test_a_member_that_is_no_iri_puts_nothing_into_an_export(self):
        archive = Archive(host="https://inject.example", posts=1)
        evil = "https://inject.example/1> <https://p.example/> <https://evil.example/1> <https://g.example/"
        archive.likes = [evil, "https://inject.example/a b", "https://inject.example/\0",
                         "https://inject.example/ok"]
        document = archive.actor_document()
        archive.actor_document = lambda: {**document, "outbox": evil, "featured": evil}
        archive.extra = [{**archive.item(0), "id": evil + "/activity"},
                         {"id": archive.actor + "/like", "type": "Like", "actor": archive.actor,
                          "object": evil, "to": [evil]}]
        for arguments in ((), ("--actor", "bob")):
            done = self.run_import(archive, *arguments)
            self.assertEqual(done.returncode, 1)
            self.assertEqual(done.stdout.count("a member that is no IRI"), 3, done.stdout)
        name = self.server.folder / "following.csv"
        name.write_bytes(b"a\xff@far.example\nb c@far.example\nd\0@far.example\ne@far.example> <x\n")
        lists = self.server.folder / "lists.csv"
        lists.write_bytes(b"\xff,a@far.example\n" + b"x" * 2000 + b",a@far.example\n")
        done = self.server.run("import", name, lists, "--actor", "alice")
        self.assertIn("6 of 6 records could not be imported", done.stderr)
        export = self.server.cli("export", "-")
        self.assertNotIn("evil.example", re.sub('"[^"]*"', "", export))
        self.assertIn("<https://inject.example/ok>", export)
        other = Server()
        self.addCleanup(other.close)
        other.cli("import", "--format", "nquads", "-", stdin=export)

    def test_it_changes_nothing_that_another_archive_of_its_host_brought(self):
        archive = Archive(host="https://shared.example", posts=4)
        self.assertEqual(self.run_import(archive).returncode, 0)
        mallory = Archive(host="https://shared.example", name="mallory", posts=1)
        def taken(number, kind, activity):
            note = {**mallory.note(number), "id": archive.status(number), "content": "taken over",
                    "updated": "2030-01-01T00:00:00Z"}
            return {"id": activity, "type": kind, "actor": mallory.actor, "to": [PUBLIC], "object": note}
        mallory.extra = [
            taken(0, "Create", mallory.actor + "/1"), taken(1, "Update", mallory.actor + "/2"),
            taken(2, "Create", archive.item(2)["id"]),
            {**taken(3, "Delete", mallory.actor + "/3"), "object": archive.status(3)}]
        path = mallory.write(self.server.folder / "mallory.tar.gz")
        self.assertEqual(self.server.run("import", "--json", path).returncode, 0)
        for number in range(4):
            shown = json.loads(self.server.cli("show", archive.status(number)))
            self.assertEqual((shown.get("content"), shown["attributedTo"]),
                             (archive.note(number)["content"], archive.actor))
        self.assertEqual(json.loads(self.server.cli("show", archive.item(2)["id"]))["actor"], archive.actor)

    def test_an_archive_cannot_speak_for_an_actor_that_lives_here(self):
        before = self.server.get(self.carol.actor).json()
        archive = Archive(posts=1)
        archive.actor = self.carol.actor
        done = self.run_import(archive)
        self.assertEqual(self.server.get(self.carol.actor).json(), before, done.stderr)

    def test_names_that_lead_out_links_and_broken_items_are_told_and_the_rest_goes_on(self):
        archive = Archive(posts=3)
        archive.extra = ['{"id": "x", ', '"no IRI"']
        archive.media["../../escape.png"] = b"x"
        archive.media["/tmp/quadpub-escape.png"] = b"x"
        path = archive.write(self.server.folder / "bad.tar.gz")
        with tarfile.open(self.server.folder / "linked.tar.gz", "w:gz") as out:
            with tarfile.open(path) as members:
                for member in members:
                    out.addfile(member, members.extractfile(member))
            link = tarfile.TarInfo("media_attachments/files/passwd.png")
            link.type, link.linkname = tarfile.SYMTYPE, "/etc/passwd"
            out.addfile(link)
        done = self.server.run("import", "--json", self.server.folder / "linked.tar.gz",
                               "--actor", self.alice.actor)
        self.assertEqual(done.returncode, 1)
        errors = [json.loads(line) for line in done.stdout.splitlines()]
        errors = {line["position"]: line["error"] for line in errors if "error" in line}
        self.assertEqual(sum("leads out" in text for text in errors.values()), 2, errors)
        self.assertEqual(sum("link" in text for text in errors.values()), 1, errors)
        self.assertTrue(any(position.endswith("outbox.json#4") for position in errors), errors)
        self.assertEqual(len(self.alice.items(self.alice.outbox)), 3)

    def test_a_bomb_is_not_unpacked(self):
        path = self.server.folder / "bomb.tar.gz"
        with tarfile.open(path, "w:gz", compresslevel=9) as out:
            for number in range(5):
                info = tarfile.TarInfo(f"media_attachments/{number}.bin")
                info.size = 100 << 20
                out.addfile(info, Zeros(info.size))
            for name, data in Archive(posts=1).members():
                info = tarfile.TarInfo(name)
                info.size = len(data)
                out.addfile(info, io.BytesIO(data))
        done = self.server.run("import", path, "--actor", self.alice.actor)
        self.assertEqual(done.returncode, 1)
        self.assertIn("unpacks to more than", done.stdout + done.stderr)


def note_line(number, **more):
    return json.dumps({"@context": AS2, "id": f"https://a.example/{number}", "type": "Note",
                       "content": str(number), **more})


class BrokenFiles(AcceptanceCase):
    """Files that are not what they should be, beside a running server: each is named with its
    place and a reason, what else is there is imported, and the exit status is 1."""

    def setUp(self):
        self.folder = self.server.folder / self.id().split(".")[-1]
        self.folder.mkdir()

    def tearDown(self):
        super().tearDown()
        self.assertEqual(json.loads(self.server.cli("verify", "--json"))["problems"], [])
        self.assertEqual(self.server.get("/readyz").status_code, 200)

    def note(self, number, **more):
        return note_line(f"{self.id()}/{number}", **more)

    def write(self, name, data):
        path = self.folder / name
        path.write_bytes(data if isinstance(data, bytes) else data.encode())
        return path

    def check(self, path, errors, imported, *arguments):
        """`errors`: position below the folder -> what the reason says."""
        done = self.server.run("import", "--json", path, *arguments, timeout=20)
        self.assertEqual(done.returncode, 1, done.stderr)
        lines = [json.loads(line) for line in done.stdout.splitlines()]
        told = {line["position"].removeprefix(f"{self.folder}/"): line["error"]
                for line in lines if "error" in line}
        self.assertEqual(set(told), set(errors), told)
        for position, reason in errors.items():
            self.assertIn(reason, told[position])
        self.assertEqual([line["root"] for line in lines if "root" in line],
                         [f"https://a.example/{self.id()}/{number}" for number in imported])
        self.assertIn(f"{len(errors)} of {len(errors) + len(imported)} records", done.stderr)
        for number in imported:
            self.server.cli("show", f"https://a.example/{self.id()}/{number}")

    def zipped(self, change):
        """Three documents, and the central directory changed: `change(bytes, second_header)`."""
        file = io.BytesIO()
        with zipfile.ZipFile(file, "w", zipfile.ZIP_DEFLATED) as out:
            for number in range(3):
                out.writestr(f"{number}.json", self.note(number))
        data = bytearray(file.getvalue())
        header = b"PK\1\2"
        change(data, data.index(header, data.index(header) + 1))
        return bytes(data)

    def test_a_zip_whose_central_directory_points_nowhere(self):
        def beyond_the_end(data, header):
            data[header + 42:header + 46] = (10**8).to_bytes(4, "little")
        self.check(self.write("a.zip", self.zipped(beyond_the_end)), {"a.zip": "damaged archive"}, [0, 2])

    def test_a_zip_whose_central_directory_is_none(self):
        def overwritten(data, header):
            data[header:header + 4] = b"XXXX"
        self.check(self.write("a.zip", self.zipped(overwritten)), {"a.zip": "central directory"}, [])

    def test_a_zip_that_breaks_off_in_its_central_directory(self):
        whole = self.zipped(lambda data, header: None)
        self.check(self.write("a.zip", whole[:-30]), {"a.zip": "breaks off before its end"}, [0, 1, 2])

    def test_a_tar_gz_that_breaks_off(self):
        file = io.BytesIO()
        with tarfile.open(fileobj=file, mode="w:gz") as out:
            for number in range(3):
                data = self.note(number, name=os.urandom(30000).hex()).encode()
                info = tarfile.TarInfo(f"{number}.json")
                info.size = len(data)
                out.addfile(info, io.BytesIO(data))
        whole = file.getvalue()
        self.check(self.write("a.tar.gz", whole[:len(whole) // 2]),
                   {"a.tar.gz/1.json": "truncated", "a.tar.gz": "runcated"}, [0])

    def test_a_tar_with_a_hole_in_it(self):
        file = io.BytesIO()
        with tarfile.open(fileobj=file, mode="w") as out:
            for number in range(3):
                data = self.note(number, name="x" * 30000).encode()
                info = tarfile.TarInfo(f"{number}.json")
                info.size = len(data)
                out.addfile(info, io.BytesIO(data))
        whole = bytearray(file.getvalue())
        hole = whole.index(b"1.json")
        whole[hole:hole + 512] = b"\xff" * 512
        self.check(self.write("a.tar", bytes(whole)), {"a.tar": "Damaged tar archive"}, [0, 2])

    def test_an_archive_of_a_person_that_breaks_off(self):
        alice = self.server.account("alice")
        archive = Archive(posts=200)
        whole = archive.write(self.folder / "whole.tar.gz").read_bytes()
        path = self.write("a.tar.gz", whole[:len(whole) * 2 // 3])  # actor.json would be the last
        done = self.server.run("import", path, "--actor", "alice", timeout=20)
        self.assertEqual(done.returncode, 1)
        self.assertIn(f"{path} has no actor.json", done.stderr)
        self.assertIn("damaged archive: ", done.stderr)
        self.assertEqual(alice.items(alice.outbox), [])
        members = sorted(archive.members())  # actor.json is the first, outbox.json the last
        archive.members = lambda: members
        whole = archive.write(self.folder / "whole.tar.gz").read_bytes()
        path = self.write("a.tar.gz", whole[:len(whole) * 2 // 3])
        done = self.server.run("import", "--json", path, "--actor", "alice", timeout=20)
        self.assertEqual(done.returncode, 1)
        errors = [json.loads(line) for line in done.stdout.splitlines() if '"error"' in line]
        self.assertTrue(any("truncated" in line["error"] for line in errors), errors)
        self.assertTrue(all(line["position"].startswith(str(path)) for line in errors), errors)
        self.assertIn(len(alice.items(alice.outbox)), range(1, 200))

    def test_a_record_that_is_100_000_deep(self):
        deep = '{"a":' * 100_000 + "1" + "}" * 100_000
        lines = self.write("a.ndjson", "\n".join([self.note(0), deep, self.note(1)]))
        self.check(lines, {"a.ndjson#2": "nested deeper than"}, [0, 1])
        items = self.write("a.json", f"[{self.note(2)},{'[' * 100_000}{']' * 100_000},{self.note(3)}]")
        self.check(items, {"a.json#2": "nested deeper than"}, [2, 3])

    def test_a_line_that_is_longer_than_the_limit(self):
        lines = [self.note(0), self.note(1, name="x" * (17 << 20)), self.note(2)]
        self.check(self.write("a.ndjson", "\n".join(lines)), {"a.ndjson#2": "longer than 16 MiB"}, [0, 2])

    def test_bytes_that_are_no_utf_8(self):
        lines = [self.note(0).encode(), b'{"type": "Note", "content": "\xff\xfe"}', self.note(1).encode()]
        self.check(self.write("a.ndjson", b"\n".join(lines)), {"a.ndjson#2": "not UTF-8"}, [0, 1])

    def test_a_byte_order_mark_says_nothing(self):
        mark = b"\xef\xbb\xbf"
        lines = f"{self.note(0)}\r\n\r\n  \r\n{{broken\r\n{self.note(1)}".encode()
        self.check(self.write("a.ndjson", mark + lines), {"a.ndjson#4": "a member's name"}, [0, 1])
        self.check(self.write("b.json", mark), {"b.json": "nothing in it"}, [])
        dora = self.server.account("dora")
        archive = Archive(posts=4)
        members = [(name, mark + data if name.endswith(".json") else data)
                   for name, data in archive.members()]
        archive.members = lambda: members
        done = self.server.run("import", archive.write(self.folder / "a.zip"), "--actor", "dora")
        self.assertEqual((done.returncode, done.stdout), (0, ""), done.stderr)
        self.assertEqual(len(dora.items(dora.outbox)), 4)
        self.assertEqual(len(dora.items(dora.actor + "/bookmarks")), len(archive.bookmarks))

    def test_a_file_with_nothing_in_it(self):
        self.write("a.json", "")
        self.write("b.json", self.note(0))
        self.check(self.folder, {"a.json": "nothing in it"}, [0])
        self.check(self.write("empty.tar.gz", ""), {"empty.tar.gz": "nothing in it"}, [])

    def test_a_folder_named_like_a_file(self):
        (self.folder / "a.json").mkdir()
        self.write("a.json/c.json", self.note(0))
        self.write("b.json", self.note(1))
        self.check(self.folder, {"a.json": "a folder where a file is expected"}, [0, 1])
        for name, more in (("list.nq", []), ("following_accounts.csv", ["--actor", "bob"])):
            (self.folder / name).mkdir()
            if more:
                self.server.account("bob")
            done = self.server.run("import", self.folder / name, *more)
            self.assertEqual(done.returncode, 1)
            self.assertIn(f"{self.folder / name} is a folder", done.stderr)

    def test_the_folder_of_a_person_whose_likes_are_a_folder(self):
        carol = self.server.account("carol")
        path = Archive(posts=4).write(self.folder / "unpacked")
        (path / "likes.json").unlink()
        (path / "likes.json").mkdir()
        done = self.server.run("import", "--json", path, "--actor", "carol")
        self.assertEqual(done.returncode, 1)
        errors = [json.loads(line) for line in done.stdout.splitlines() if '"error"' in line]
        self.assertEqual(errors, [{"position": str(path / "likes.json"),
                                   "error": "a folder where a file is expected"}])
        self.assertEqual(len(carol.items(carol.outbox)), 4)

    def test_a_pipe_that_nobody_writes_to(self):
        os.mkfifo(self.folder / "a.json")
        self.write("b.json", self.note(0))
        self.check(self.folder, {"a.json": "a pipe or a device"}, [0])
        os.mkfifo(self.folder / "pipe")
        self.check(self.folder / "pipe", {"pipe": "a pipe or a device"}, [])
        os.mkfifo(self.folder / "a.nq")
        done = self.server.run("import", self.folder / "a.nq", timeout=20)
        self.assertEqual(done.returncode, 1)
        self.assertIn(f"{self.folder / 'a.nq'}: a pipe or a device", done.stderr)


class Zeros(io.RawIOBase):
    def __init__(self, size):
        super().__init__()
        self.left = size

    def read(self, size=-1):
        size = self.left if size < 0 else min(size, self.left)
        self.left -= size
        return bytes(size)


class Killed(unittest.TestCase):
    """kill -9 in the middle of an import, again and again; `--resume` goes on; nothing differs."""

    POSTS = int(os.environ.get("QUADPUB_IMPORT_POSTS", "1500"))
    KILLS = int(os.environ.get("QUADPUB_IMPORT_KILLS", "5"))

    def test_killed_and_resumed_equals_one_run(self):
        whole, broken = Server(), Server()
        self.addCleanup(whole.close)
        self.addCleanup(broken.close)
        shutil.rmtree(broken.data)
        broken.cli("init", "--url", whole.url)
        path = Archive(posts=self.POSTS).write(whole.folder / "archive.tar.gz")
        began = time.monotonic()
        whole.cli("import", path, timeout=3600)
        seconds = time.monotonic() - began
        killed = 0
        for _ in range(self.KILLS * 3):
            process = subprocess.Popen(
                [broken.binary, "import", str(path), "--resume", "--data", str(broken.data)],
                stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
            try:
                process.wait(timeout=random.uniform(0.02, 0.1 + 2 * seconds / self.KILLS))
                break
            except subprocess.TimeoutExpired:
                process.kill()
                process.wait()
                killed += 1
            if killed == self.KILLS:
                break
        broken.cli("import", path, "--resume", timeout=3600)
        print(f"killed {killed} times in {self.POSTS} posts; one run takes {seconds:.1f} s")
        self.assertGreater(killed, 0)
        self.assertEqual(unlabelled(quads_of(broken)), unlabelled(quads_of(whole)))
        self.assertEqual(json.loads(broken.cli("verify", "--json"))["problems"], [])


class AllTheWay(Restored):
    """Somebody's years of posts: in, read to the end, out again in both forms, in again."""

    POSTS = Killed.POSTS
    SECONDS = 3600

    def quads(self, server, *arguments):
        return quads_of(server, *arguments, timeout=self.SECONDS)

    def test_everything_is_served_and_taken_along_and_is_equal_elsewhere(self):
        first = self.new_server()
        archive = Archive(host=first.url, posts=self.POSTS)
        first.cli("import", archive.write(first.folder / "archive.tar.gz"), timeout=self.SECONDS)
        first.start()
        found = []
        page = first.get(first.get(f"{archive.actor}/outbox").json()["first"]).json()
        while True:
            found += [item["id"] for item in page["orderedItems"]]
            if "next" not in page:
                break
            page = first.get(page["next"]).json()
        public = [archive.item(number)["id"] for number in reversed(range(self.POSTS))
                  if number % 13 == 12 or not (number % 10 == 3 or number % 50 == 7)]
        self.assertEqual(found, public)
        self.assertEqual(first.get(f"{archive.actor}/outbox").json()["totalItems"], len(public))
        first.cli("export", "--format", "as2", first.folder / "out.tar.gz", timeout=self.SECONDS)
        first.cli("export", first.folder / "out.nq", timeout=self.SECONDS)
        first.stop()
        quads = self.quads(first)
        for name in ("out.tar.gz", "out.nq"):
            second = self.new_server(first.port)
            done = second.run("import", first.folder / name, timeout=self.SECONDS)
            self.assertEqual(done.returncode, 0, done.stdout[-2000:] + done.stderr)
            again = self.quads(second)
            if name == "out.nq":
                self.assertEqual(len(again), len(quads))
                self.assertEqual(unlabelled(again), unlabelled(quads))
            else:
                self.assertEqual(again, quads)
            self.assertEqual(json.loads(second.cli("verify", "--json", timeout=self.SECONDS))
                             ["problems"], [])
        verified = first.cli("verify", "--json", timeout=self.SECONDS)
        self.assertEqual(json.loads(verified)["problems"], [])


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
