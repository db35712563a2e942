"""The command line: exit codes, --json, one clear line on stderr, and how serve starts and ends."""

import json
import os
import re
import socket
import subprocess
import unittest

import requests

from harness import AS2_TYPE, PASSWORD, PUBLIC, AcceptanceCase, Server, binary, wait_until


class CommandLine(unittest.TestCase):
    """Without a running server."""

    def setUp(self):
        self.server = Server()
        self.addCleanup(self.server.close)

    def assert_fails_clearly(self, done, code):
        """Exit `code`, nothing on stdout, and what is wrong on stderr without a stack of noise."""
        self.assertEqual(done.returncode, code, done.stdout + done.stderr)
        self.assertEqual(done.stdout, "")
        self.assertNotEqual(done.stderr.strip(), "")
        if code == 1:
            self.assertEqual(len(done.stderr.strip().splitlines()), 1, done.stderr)

    def test_usage_errors_are_2(self):
        for arguments in (["frobnicate"], ["user", "add"], ["init"], ["serve", "--listen"],
                          ["user", "add", "x", "--password", "y", "--no-such-flag"],
                          ["serve", "--listen", "8000"], ["serve", "--listen", "127.0.0.1:99999"],
                          ["serve", "--trusted-proxy", "127.0.0.0/8"],
                          ["serve", "--delivery-retry-base", "0"], ["queue", "retry", "-1"],
                          ["queue", "drop", "0"], ["client", "add", "x", "--grant", "implicit"],
                          ["client", "add", "x", "--confidential", "--public"]):
            with self.subTest(arguments=arguments):
                self.assert_fails_clearly(self.server.run(*arguments), 2)

    def test_a_proxy_in_the_configuration_is_an_address(self):
        file = self.server.folder / "proxy.toml"
        file.write_text('trusted_proxies = ["127.0.0.0/8"]', encoding="utf-8")
        self.assert_fails_clearly(self.server.run("stats", "--config", file), 1)

    def test_making_a_delivery_due_now_is_no_attempt(self):
        alice = self.server.account("alice")
        with socket.socket() as taken:  # nobody listens there
            taken.bind(("127.0.0.1", 0))
            self.server.start()
            alice.create({"type": "Note", "content": "x"},
                         to=[f"http://127.0.0.1:{taken.getsockname()[1]}/nobody"])
            wait_until(lambda: self.server.cli_json("queue", "list")[0]["attempts"] >= 2, "tried")
        self.server.stop()
        before = self.server.cli_json("queue", "list")
        self.assertEqual(self.server.cli_json("queue", "retry")["due_now"], 1)
        self.assertEqual(self.server.cli_json("queue", "retry", before[0]["id"])["due_now"], 1)
        after = self.server.cli_json("queue", "list")
        self.assertEqual(after, [{**before[0], "due": after[0]["due"]}])

    def test_help_and_version_are_0(self):
        for flag in ("--help", "--version"):
            done = subprocess.run([binary(), flag], capture_output=True, text=True, check=False)
            self.assertEqual(done.returncode, 0)
            self.assertNotEqual(done.stdout, "")

    def test_what_cannot_be_done_is_1_with_one_line(self):
        for arguments in (["actor", "add", "bob", "--user", "nobody"],
                          ["token", "add", "--user", "nobody"],
                          ["user", "passwd", "nobody", "--password", "x"],
                          ["show", "https://example.org/unknown"],
                          ["why", "https://example.org/unknown"]):
            with self.subTest(arguments=arguments):
                self.assert_fails_clearly(self.server.run(*arguments), 1)

    def test_a_folder_that_was_not_initialised_is_1(self):
        done = subprocess.run([binary(), "user", "list", "--data",
                               str(self.server.folder / "nothing")],
                              capture_output=True, text=True, check=False)
        self.assert_fails_clearly(done, 1)
        self.assertFalse((self.server.folder / "nothing").exists())

    def test_nothing_but_init_and_serve_with_a_url_makes_a_folder(self):
        nothing = self.server.folder / "nothing"
        for arguments in (["actor", "list"], ["domain", "list"], ["domain", "block", "a.example"],
                          ["client", "add", "x"], ["queue", "list"], ["show", "https://a.example"],
                          ["serve", "--listen", "127.0.0.1:0"], ["stats"], ["verify"],
                          ["token", "add", "--user", "x"], ["why", "https://a.example"]):
            with self.subTest(arguments=arguments):
                done = subprocess.run([binary(), *arguments, "--data", str(nothing)],
                                      capture_output=True, text=True, timeout=30, check=False)
                self.assert_fails_clearly(done, 1)
                self.assertFalse(nothing.exists())

    def test_a_user_is_added_once(self):
        self.server.add_user("alice")
        self.assert_fails_clearly(
            self.server.run("user", "add", "alice", "--password", PASSWORD), 1)

    def test_a_password_may_come_from_standard_input(self):
        self.server.cli("user", "add", "bob", "--password-stdin", stdin="s3cret and long\n")
        self.assertIn("bob", self.server.cli("user", "list"))

    def test_the_data_folder_may_come_from_the_environment(self):
        done = subprocess.run([binary(), "user", "list"], capture_output=True, text=True,
                              env={**os.environ, "QUADPUB_DATA": str(self.server.data)},
                              check=False)
        self.assertEqual(done.returncode, 0, done.stderr)

    def test_the_data_folder_is_private(self):
        self.assertEqual(self.server.data.stat().st_mode & 0o077, 0)

    def test_json_output_has_the_promised_keys(self):
        self.server.add_user("alice")
        actor = self.server.cli_json("actor", "add", "alice", "--user", "alice")
        self.assertTrue(actor["actor"].startswith(self.server.url + "/actors/"))
        token = self.server.cli_json("token", "add", "--user", "alice")
        self.assertTrue(token["access_token"])
        client = self.server.add_client()
        self.assertTrue(client["client_id"] and client["client_secret"])
        self.assertIsInstance(self.server.cli_json("user", "list"), list)
        self.assertIsInstance(self.server.cli_json("actor", "list"), list)
        self.assertIsInstance(self.server.cli_json("stats"), dict)

    def test_an_actor_may_have_a_name_and_a_type(self):
        self.server.add_user("alice")
        actor = self.server.cli_json("actor", "add", "robot", "--user", "alice", "--type",
                                     "Service", "--name", "A Robot")["actor"]
        document = json.loads(self.server.cli("show", actor))
        self.assertEqual((document["type"], document["name"]), ("Service", "A Robot"))

    def test_show_writes_the_formats_it_promises(self):
        self.server.add_user("alice")
        actor = self.server.cli_json("actor", "add", "alice", "--user", "alice")["actor"]
        for spelling in ("nquads", "turtle", "trig"):
            text = self.server.cli("show", actor, "--format", spelling)
            self.assertIn("preferredUsername", text)
        self.assertNotIn("PRIVATE KEY", self.server.cli("show", actor, "--format", "nquads"))

    def test_turtle_has_no_graphs_and_trig_has_one(self):
        self.server.add_user("alice")
        actor = self.server.cli_json("actor", "add", "alice", "--user", "alice")["actor"]
        quads = self.server.cli("show", actor, "--format", "nquads").splitlines()
        triples = [line.removesuffix(f" <{actor}> .") + " ." for line in quads]
        self.assertEqual(self.server.cli("show", actor, "--format", "turtle").splitlines(),
                         triples)
        self.assertEqual(self.server.cli("show", actor, "--format", "trig").splitlines(),
                         [f"<{actor}> {{", *triples, "}"])

    def test_a_blocked_host_is_listed_until_it_is_unblocked(self):
        self.server.cli("domain", "block", "Bad.Example")
        listed = self.server.cli_json("domain", "list")
        self.assertIn({"host": "bad.example", "status": "blocked"}, listed)
        self.server.cli("domain", "unblock", "bad.example")
        self.assertNotIn("bad.example", self.server.cli("domain", "list"))
        self.assert_fails_clearly(self.server.run("domain", "unblock", "bad.example"), 1)
        self.assert_fails_clearly(self.server.run("domain", "block", "https://bad.example/"), 1)

    def test_verify_of_a_good_store_is_0(self):
        self.server.account("alice")
        self.assertEqual(self.server.run("verify").returncode, 0)

    def test_a_second_domain_may_be_added(self):
        self.server.cli("init", "--url", "http://localhost:65000")
        listed = self.server.cli("domain", "list")
        self.assertIn("localhost:65000", listed)
        self.assertIn(f"localhost:{self.server.port}", listed)

    def test_serve_says_its_url_and_stops_cleanly(self):
        self.server.start()
        lines = [line for line in self.server.log().splitlines() if self.server.url in line]
        self.assertTrue(lines, self.server.log())
        self.assertEqual(self.server.stop(), 0)

    def test_serve_on_a_port_that_is_taken_is_1(self):
        self.server.start()
        done = self.server.run("serve", "--listen", f"127.0.0.1:{self.server.port}", timeout=20)
        self.assertEqual(done.returncode, 1, done.stdout + done.stderr)


class CommandLineBesideServer(AcceptanceCase):
    """The same folder, while the server runs on it."""

    @classmethod
    def set_up_data(cls):
        cls.alice = cls.server.account("alice")

    def test_what_the_command_line_adds_the_server_knows(self):
        late = self.server.account("late")
        self.assert_status(self.server.get(late.actor), 200)
        self.assert_status(late.post({"type": "Note", "content": "x"}), 201)

    def test_show_prints_what_the_server_serves(self):
        _, thing = self.alice.create({"type": "Note", "content": "x", "odd": [1, None]},
                                     to=[PUBLIC])
        self.assertEqual(json.loads(self.server.cli("show", thing)),
                         self.server.get(thing).json())

    def test_the_operator_sees_what_a_reader_does_not(self):
        _, secret = self.alice.create({"type": "Note", "content": "secret"}, bto=[self.alice.actor])
        self.assertEqual(json.loads(self.server.cli("show", secret))["content"], "secret")
        late = self.server.account("stranger")
        done = self.server.run("show", secret, "--as", late.actor)
        self.assertEqual((done.returncode, done.stdout), (1, ""))
        self.assertIn("secret", self.server.cli("show", secret, "--as", self.alice.actor))

    def test_a_document_is_shown_as_it_came(self):
        sent = {"@context": "https://www.w3.org/ns/activitystreams", "type": "Create",
                "actor": self.alice.actor, "to": [PUBLIC],
                "object": {"type": "Note", "content": "x", "odd": [1, None, 2.0]}}
        activity = self.alice.submit(sent)
        kept = json.loads(self.server.cli("show", activity, "--bytes"))
        self.assertEqual(json.loads(self.server.cli("show", activity, "--received")), kept)
        self.assertEqual(kept["object"]["odd"], [1, None, 2.0])
        document = self.server.cli_json("why", activity)["documents"][0]["document"]
        self.assertEqual(json.loads(self.server.cli("show", document, "--received")), kept)

    def test_a_revoked_token_is_refused(self):
        token = self.alice.new_token()
        headers = {"Authorization": f"Bearer {token}"}
        self.assert_status(self.server.get("/api/actors", headers=headers), 200)
        self.server.cli("token", "revoke", "--token-stdin", stdin=token + "\n")
        wait_until(lambda: self.server.get("/api/actors", headers=headers).status_code == 401,
                   "the token is refused", seconds=5)

    def test_a_token_has_an_end(self):
        token = self.server.cli_json("token", "add", "--user", "alice", "--ttl",
                                     "1")["access_token"]
        headers = {"Authorization": f"Bearer {token}"}
        wait_until(lambda: self.server.get("/api/actors", headers=headers).status_code == 401,
                   "the token has run out", seconds=5)

    def test_a_disabled_user_is_gone(self):
        mallory = self.server.account("mallory")
        self.assert_status(self.server.get(mallory.actor), 200)
        outbox = mallory.outbox
        self.server.cli("user", "disable", "mallory")
        wait_until(lambda: self.server.get(mallory.actor).status_code == 410,
                   "the actor is answered 410", seconds=5)
        self.assert_status(mallory.post({"type": "Note", "content": "x"}, url=outbox),
                           401, 403, 410)

    def test_verify_and_stats_work_beside_the_server(self):
        self.assertEqual(self.server.run("verify").returncode, 0)
        self.assertIsInstance(self.server.cli_json("stats"), dict)

    def test_logs_are_structured_and_carry_a_request_id(self):
        response = requests.get(self.alice.actor, headers={"Accept": AS2_TYPE}, timeout=20)
        self.assert_status(response, 200)
        self.alice.post(b"not json")
        entries = []
        for line in self.server.log().splitlines():
            if re.match(r"^\s*\{", line):
                entries.append(json.loads(line))
        self.assertTrue(any("request" in json.dumps(entry) for entry in entries),
                        self.server.log()[-2000:])


if __name__ == "__main__":
    unittest.main()
