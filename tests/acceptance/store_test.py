"""The store as its operator has it: stats, verify, backup, restore, compact, and what is refused."""

import json
import os
import random
import shutil
import signal
import subprocess
import threading
import time
import unittest

import requests

from harness import PUBLIC, AcceptanceCase, Server, binary, wait_until

WORDS = " ".join(f"word{i}" for i in range(300))


def post_notes(account, count, start=0):
    """Posts notes; returns their ids."""
    ids = []
    for number in range(start, start + count):
        answer = account.post({"type": "Note", "content": f"{number} {WORDS}", "to": [PUBLIC]})
        assert answer.status_code == 201, answer.text
        ids.append(answer.headers["Location"])
    return ids


class StoreCommands(AcceptanceCase):
    @classmethod
    def set_up_data(cls):
        cls.alice = cls.server.account("alice")

    @property
    def file(self):
        return self.server.data / "quads.mdb"

    def listed(self):
        return set(self.alice.ids(self.alice.outbox))

    def test_stats_says_how_large_everything_is(self):
        post_notes(self.alice, 3)
        stats = self.server.cli_json("stats")
        for name in ("quads", "terms", "graphs", "documents", "file_bytes", "used_pages"):
            self.assertGreater(stats[name], 0, name)
        for name in ("free_pages", "readers", "queued", "sequences"):
            self.assertGreaterEqual(stats[name], 0, name)
        for index in ("gspo", "spog", "posg", "ospg", "terms", "term_ids"):
            self.assertGreater(stats["index_bytes"][index], 0, index)
        self.assertEqual(stats["file_bytes"],
                         4096 * (stats["used_pages"] + stats["free_pages"]))
        shown = self.server.cli("stats")
        for word in ("quads: ", "terms: ", "graphs: ", "free_pages: ", "readers: ", "gspo"):
            self.assertIn(word, shown)

    def test_a_backup_made_beside_the_server_is_restored(self):
        before = set(post_notes(self.alice, 3))
        copy = self.server.folder / "copy.mdb"
        self.server.cli("backup", str(copy))
        self.assertEqual(copy.stat().st_mode & 0o777, 0o600)
        self.assertEqual(self.server.run("backup", str(copy)).returncode, 1)  # it is there
        later = set(post_notes(self.alice, 2, 10))
        refused = self.server.run("restore", str(copy))
        self.assertEqual(refused.returncode, 1)
        self.assertIn("open in another process", refused.stderr)
        self.assertEqual(self.server.stop(), 0)
        copy.chmod(0o644)
        self.server.cli("restore", str(copy))
        self.assertEqual((self.server.data / "quads.mdb").stat().st_mode & 0o777, 0o600)
        self.assertTrue((self.server.data / "quads.mdb.old").exists())
        self.assertEqual(self.server.run("verify").returncode, 0)
        self.server.start()
        listed = self.listed()
        self.assertLessEqual(before, listed)
        self.assertFalse(later & listed)

    def test_compact_is_refused_beside_a_server_which_does_it_on_a_signal(self):
        doomed = post_notes(self.alice, 40)
        for activity in doomed:
            note = self.alice.get(activity).json()["object"]
            gone = self.alice.post({"type": "Delete",
                                    "object": note if isinstance(note, str) else note["id"]})
            self.assertEqual(gone.status_code, 201)
        refused = self.server.run("compact")
        self.assertEqual(refused.returncode, 1)
        self.assertEqual(len(refused.stderr.strip().splitlines()), 1)
        before = self.file.stat()
        done = threading.Event()
        failed, posted = [], []

        def go_on():
            number = 1000
            while not done.is_set():
                try:
                    posted.extend(post_notes(self.alice, 1, number))
                    if self.server.get(self.alice.actor).status_code != 200:
                        failed.append("GET")
                except (AssertionError, requests.RequestException) as problem:
                    failed.append(problem)
                number += 1

        going = threading.Thread(target=go_on)
        going.start()
        for _ in range(3):
            self.server.process.send_signal(signal.SIGUSR1)
            time.sleep(0.3)
        wait_until(lambda: "store_compacted" in self.server.log(), "the compaction")
        done.set()
        going.join()
        self.assertEqual(failed, [])
        self.assertNotEqual(self.file.stat().st_ino, before.st_ino)
        self.assertLessEqual(set(posted), self.listed())
        self.assertEqual(self.server.run("verify").returncode, 0)
        self.server.restart()
        self.assertLessEqual(set(posted), self.listed())

    def test_killed_while_it_compacts_under_load_it_has_all_that_was_acknowledged(self):
        rounds = int(os.environ.get("QUADPUB_KILLS", "3"))
        chance = random.Random(5)
        acknowledged = set()
        for number in range(min(rounds * 2, 60)):
            done = threading.Event()

            def go_on(first=10_000 * (number + 1), done=done):
                while not done.is_set():
                    try:
                        acknowledged.update(post_notes(self.alice, 1, first))
                    except (AssertionError, requests.RequestException):
                        return
                    first += 1

            going = [threading.Thread(target=go_on) for _ in range(3)]
            for thread in going:
                thread.start()
            time.sleep(0.1)
            self.server.process.send_signal(signal.SIGUSR1)
            time.sleep(chance.random() * 0.12)
            self.server.kill()
            done.set()
            for thread in going:
                thread.join()
            verified = self.server.run("verify")
            self.assertEqual(verified.returncode, 0, verified.stdout + verified.stderr)
            self.server.start()
        self.assertLessEqual(acknowledged, self.listed())
        self.assertGreater(len(acknowledged), rounds)

    def test_the_command_line_writes_while_the_server_does_and_both_see_it_all(self):
        ids, failed = [], []

        def go_on():
            try:
                ids.extend(post_notes(self.alice, 60, 500_000))
            except (AssertionError, requests.RequestException) as problem:
                failed.append(problem)

        going = threading.Thread(target=go_on)
        going.start()
        names = [f"user{number}" for number in range(12)]
        for name in names:
            self.server.add_user(name)
        going.join()
        self.assertEqual(failed, [])
        self.assertLessEqual(set(ids), self.listed())
        users = json.dumps(self.server.cli_json("user", "list"))
        for name in names:
            self.assertIn(f'"{name}"', users)
        self.assertEqual(self.server.run("verify").returncode, 0)

    def test_a_second_server_on_the_same_folder_is_refused(self):
        second = subprocess.run([binary(), "serve", "--data", str(self.server.data),
                                 "--listen", "127.0.0.1:0"],
                                capture_output=True, text=True, timeout=20, check=False)
        self.assertEqual(second.returncode, 1)
        self.assertIn("another server", second.stderr)
        self.assertEqual(self.server.get(self.alice.actor).status_code, 200)


class DamagedStore(unittest.TestCase):
    """Copies of one store, each damaged in a way of its own."""

    @classmethod
    def setUpClass(cls):
        cls.server = Server()
        cls.addClassCleanup(cls.server.close)
        account = cls.server.account("alice")
        cls.server.start()
        post_notes(account, 30)
        cls.server.stop()
        cls.good = (cls.server.data / "quads.mdb").read_bytes()

    def setUp(self):
        (self.server.data / "quads.mdb").write_bytes(self.good)

    def serve(self):
        return subprocess.run([binary(), "serve", "--data", str(self.server.data),
                               "--listen", "127.0.0.1:0"],
                              capture_output=True, text=True, timeout=20, check=False)

    def assert_refused(self, word):
        for done in (self.serve(), self.server.run("verify"), self.server.run("stats")):
            self.assertEqual(done.returncode, 1, done.stderr)
            last = [line for line in done.stderr.splitlines() if not line.startswith("{")]
            self.assertEqual(len(last), 1, done.stderr)
            self.assertIn(word, last[0])

    def test_a_truncated_file_is_refused_and_left_alone(self):
        for part in (len(self.good) // 2, 5000, 100, 0):
            with self.subTest(part=part):
                (self.server.data / "quads.mdb").write_bytes(self.good[:part])
                self.assert_refused("cut short")
                self.assertEqual((self.server.data / "quads.mdb").stat().st_size, part)

    def test_what_is_no_store_is_refused(self):
        (self.server.data / "quads.mdb").write_bytes(b"x" * 200_000)
        self.assert_refused("is no store")

    def test_verify_says_what_a_flipped_byte_changed(self):
        # In a text: each copy of it that is live, whichever page it lies on.
        damaged = self.good.replace(b"word123", b"worX123")
        self.assertNotEqual(damaged, self.good)
        (self.server.data / "quads.mdb").write_bytes(damaged)
        done = self.server.run("verify", "--json")
        self.assertEqual(done.returncode, 1)
        self.assertTrue(json.loads(done.stdout)["problems"])
        self.assertIn("problems found", done.stderr)
        copy = self.server.folder / "damaged.mdb"
        shutil.copy(self.server.data / "quads.mdb", copy)
        (self.server.data / "quads.mdb").write_bytes(self.good)
        refused = self.server.run("restore", str(copy))
        self.assertEqual(refused.returncode, 1)
        self.assertIn("damaged", refused.stderr)
        self.assertEqual(self.server.run("verify").returncode, 0)

    def test_compact_and_restore_killed_at_any_moment_leave_a_whole_store(self):
        copy = self.server.folder / "copy.mdb"
        copy.write_bytes(self.good)
        quads = self.server.cli_json("stats")["quads"]
        rounds = int(os.environ.get("QUADPUB_KILLS", "3")) * 4
        chance = random.Random(8)
        for number in range(min(rounds, 200)):
            command = ["compact"] if number % 2 else ["restore", str(copy)]
            with subprocess.Popen([binary(), *command, "--data", str(self.server.data)],
                                  stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL) as running:
                time.sleep(chance.random() * 0.06)
                running.kill()
            self.assertEqual(self.server.run("verify").returncode, 0)
            self.assertEqual(self.server.cli_json("stats")["quads"], quads)
        left = {path.name for path in self.server.data.iterdir()}
        self.assertLessEqual(left, {"quads.mdb", "quads.mdb-lock", "quads.lock", "quads.mdb.old",
                                    "quads.mdb.new", "restore.new", "serve.lock", "media"})
        self.server.cli("compact")
        self.assertFalse((self.server.data / "quads.mdb.new").exists())


class ReadDeadline(unittest.TestCase):
    def test_a_request_that_reads_for_too_long_is_ended_with_503(self):
        server = Server(config="[sparql]\nenabled = true\n[store]\nread_seconds = 1\n")
        self.addCleanup(server.close)
        alice = server.account("alice")
        server.start()
        post_notes(alice, 60)
        query = ("SELECT (COUNT(*) AS ?n) { ?a ?b ?c . ?d ?e ?f . ?g ?h ?i . "
                 "FILTER(STRLEN(STR(?a)) + STRLEN(STR(?d)) + STRLEN(STR(?g)) = 1) }")
        began = time.monotonic()
        answer = requests.get(server.url + "/sparql", params={"query": query}, timeout=30,
                              headers=alice.headers | {"Accept": "application/json"})
        took = time.monotonic() - began
        self.assertEqual(answer.status_code, 503, answer.text)
        self.assertIn("too long", server.log() + answer.text)
        self.assertLess(took, 9)  # the query's own limit is 10 s
        self.assertEqual(server.cli_json("stats")["readers"], 0)
        self.assertEqual(server.get(alice.actor).status_code, 200)


if __name__ == "__main__":
    unittest.main()
