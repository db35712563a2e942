"""kill -9 under load: what was acknowledged is there, whole, and once.

QUADPUB_KILLS sets how often (3 unless told; tools/test --long asks for 500).
"""

import os
import threading
import time
import unittest

import requests

from harness import PUBLIC, AcceptanceCase, id_of, in_threads

KILLS = int(os.environ.get("QUADPUB_KILLS", "3"))
POSTS = max(1000, KILLS * 20)
WRITERS = 8


class KillUnderLoad(AcceptanceCase):
    @classmethod
    def set_up_data(cls):
        cls.alice = cls.server.account("alice")

    def setUp(self):
        self.acknowledged = {}
        self.attempts = 0
        self.lock = threading.Lock()
        self.done = threading.Event()

    def take_number(self):
        with self.lock:
            self.attempts += 1
            return self.attempts

    def write(self, _):
        """Posts until enough are acknowledged; an unanswered post is neither lost nor kept."""
        while len(self.acknowledged) < POSTS:
            number = self.take_number()
            try:
                response = self.alice.post({"type": "Note", "content": f"post {number}",
                                            "to": [PUBLIC]}, timeout=20)
            except requests.RequestException:
                time.sleep(0.05)
                continue
            self.assert_status(response, 201)
            with self.lock:
                self.acknowledged[response.headers["Location"]] = f"post {number}"

    def kill_now_and_then(self):
        for round_number in range(1, KILLS + 1):
            while len(self.acknowledged) < POSTS * round_number // (KILLS + 1):
                if self.done.wait(0.002):
                    return
            self.server.kill()
            self.server.start()

    def test_nothing_acknowledged_is_lost_and_nothing_is_half_there(self):
        self.assertTrue(self.alice.outbox)  # read before the first kill
        killer_trouble = []

        def killer():
            try:
                self.kill_now_and_then()
            except AssertionError as problem:
                killer_trouble.append(problem)

        killing = threading.Thread(target=killer)
        killing.start()
        try:
            in_threads(WRITERS, self.write)
        finally:
            self.done.set()
            killing.join()
        self.assertEqual(killer_trouble, [])
        self.server.kill()
        self.server.start()

        listed = self.alice.ids(self.alice.outbox)
        self.assertEqual(len(listed), len(set(listed)), "an item is listed twice")
        missing = set(self.acknowledged) - set(listed)
        self.assertEqual(missing, set(), f"{len(missing)} acknowledged posts are not listed")
        self.assertEqual(self.alice.get(self.alice.outbox).json()["totalItems"], len(listed))
        self.check_each_is_whole(listed)

        verified = self.server.run("verify")
        self.assertEqual(verified.returncode, 0, verified.stdout + verified.stderr)
        print(f"{KILLS + 1} kills, {self.attempts} posts sent, {len(self.acknowledged)} "
              f"acknowledged, {len(listed)} listed, 0 lost")

    def check_each_is_whole(self, listed):
        """Every listed activity and its object can be read, and says what was posted."""
        def check(part):
            for activity_id in listed[part::WRITERS]:
                response = self.alice.get(activity_id)
                self.assert_status(response, 200)
                thing = self.alice.get(id_of(response.json()["object"]))
                self.assert_status(thing, 200)
                expected = self.acknowledged.get(activity_id)
                if expected is not None:
                    self.assertEqual(thing.json()["content"], expected)
        in_threads(WRITERS, check)


if __name__ == "__main__":
    unittest.main()
