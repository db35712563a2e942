"""The OAuth flows as openid-client, a certified client library from npm, goes through them."""

import shutil
import subprocess
import sys
import unittest

from harness import PASSWORD, SOURCE, AcceptanceCase, Server

FOLDER = SOURCE / "tests/npm"
SKIPPED = 77


def missing():
    """Why this cannot be run here, or None."""
    node = shutil.which("node")
    if not node:
        return "there is no node"
    version = subprocess.run([node, "--version"], capture_output=True, text=True, check=True).stdout
    if int(version.strip().lstrip("v").split(".")[0]) < 20:
        return f"openid-client needs node 20, this is {version.strip()}"
    if not (FOLDER / "node_modules/openid-client").is_dir():
        return "openid-client is not installed (tools/fetch-npm)"
    return None


class OpenidClient(AcceptanceCase):
    @classmethod
    def setUpClass(cls):
        cls.server = Server(config='[oauth]\nregistration = "open"\n')
        cls.addClassCleanup(cls.server.close)
        cls.server.account("alice")
        cls.server.start()

    def test_the_library_goes_through_all_flows(self):
        done = subprocess.run(
            ["node", str(FOLDER / "oauth_client.mjs"), self.server.url, "alice", PASSWORD],
            capture_output=True, text=True, timeout=120, check=False)
        self.assertEqual(done.returncode, 0, done.stdout + done.stderr)
        self.assertEqual(done.stdout.count("ok "), 12, done.stdout)


if __name__ == "__main__":
    reason = missing()
    if reason:
        print("SKIPPED:", reason)
        sys.exit(SKIPPED)
    unittest.main()
