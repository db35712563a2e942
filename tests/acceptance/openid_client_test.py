"""The OAuth flows as openid-client, a certified client library from npm, goes through them."""

import subprocess
import unittest

from harness import NODE, NPM, PASSWORD, AcceptanceCase, Server, main_with


class OpenidClient(AcceptanceCase):
    @classmethod
    def setUpClass(cls):
        cls.server = Server(config='[oauth]\nregistration = "open"\n')
        cls.addClassCleanup(cls.server.close)
        cls.server.account("alice")
        cls.server.start()

    def test_the_library_goes_through_all_flows(self):
        done = subprocess.run(
            [str(NODE), str(NPM / "oauth_client.mjs"), self.server.url, "alice", PASSWORD],
            capture_output=True, text=True, timeout=120, check=False)
        self.assertEqual(done.returncode, 0, done.stdout + done.stderr)
        self.assertEqual(done.stdout.count("ok "), 12, done.stdout)


if __name__ == "__main__":
    main_with("openid-client")
