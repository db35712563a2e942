"""tools/examples: what a newcomer runs, run as its comments say. (The browser client is in
browser_test.py.)"""

import subprocess
import sys
import unittest

from harness import PASSWORD, SOURCE, AcceptanceCase

EXAMPLES = SOURCE / "tools/examples"
TEXT = 'Hello from "an example"\\ & two\nlines'


class Examples(AcceptanceCase):
    @classmethod
    def set_up_data(cls):
        cls.server.add_user("demo")
        client = cls.server.add_client()
        cls.settings = cls.server.folder / "first-run.txt"
        cls.settings.write_text(
            f"SERVER={cls.server.url}\nACCOUNT=demo\nPASSWORD='{PASSWORD}'\n"
            f"CLIENT_ID={client['client_id']}\nCLIENT_SECRET={client['client_secret']}\n")
        # tools/run makes passwords without blanks; a shell needs quotes here, the other does not.
        cls.plain = cls.server.folder / "plain.txt"
        cls.plain.write_text(cls.settings.read_text().replace("'", ""))

    def run_example(self, *command):
        done = subprocess.run([str(part) for part in command], capture_output=True, text=True,
                              timeout=60, check=False)
        self.assertEqual(done.returncode, 0, done.stdout + done.stderr)
        posted = done.stdout.splitlines()[0].removeprefix("posted ")
        activity = self.server.get(posted).json()
        self.assertEqual(activity["object"]["content"], TEXT)
        self.assertIn(posted, done.stdout.split("\n", 1)[1])
        return done.stdout

    def test_the_tutorial_s_python_client_posts_and_lists(self):
        self.run_example(sys.executable, EXAMPLES / "client.py", self.plain, TEXT)
        again = self.run_example(sys.executable, EXAMPLES / "client.py", self.plain, TEXT)
        self.assertGreaterEqual(again.count("Create"), 2)

    def test_the_shell_client_posts_and_lists(self):
        self.run_example(EXAMPLES / "post.sh", self.settings, TEXT)
        self.run_example(EXAMPLES / "post.sh", self.settings, TEXT)


if __name__ == "__main__":
    unittest.main()
