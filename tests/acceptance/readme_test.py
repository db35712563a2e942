"""The README's commands, run as they stand there, and tools/run, which they begin with.

A block fenced as ```sh runnable is run; a plain ```sh block is only shown. All runnable blocks
run in one shell, in order, in a folder with the server's ./data, so that each may use the
variables of those before it.
"""

import os
import pathlib
import re
import shutil
import subprocess
import tempfile
import time
import unittest

from harness import PASSWORD, SOURCE, binary, free_port, wait_until

README = SOURCE / "README.md"


def runnable_blocks(text):
    return re.findall(r"^```sh runnable\n(.*?)^```$", text, re.MULTILINE | re.DOTALL)


class ToolsRun(unittest.TestCase):
    """tools/run with a binary that is built already, in a folder of its own."""

    def setUp(self):
        self.folder = pathlib.Path(tempfile.mkdtemp(prefix="quadpub-run-"))
        self.addCleanup(shutil.rmtree, self.folder, ignore_errors=True)
        self.port = free_port()
        self.url = f"http://localhost:{self.port}"
        self.environment = {**os.environ, "QUADPUB_BINARY": binary(),
                            "QUADPUB_LISTEN": f"127.0.0.1:{self.port}",
                            "QUADPUB_URL": self.url}
        self.process = None

    def tearDown(self):
        self.stop()

    def start(self):
        """Runs tools/run until its server answers; returns the seconds it took."""
        begun = time.monotonic()
        with open(self.folder / "out", "wb") as out:
            self.process = subprocess.Popen([str(SOURCE / "tools/run")], cwd=self.folder,
                                            env=self.environment, stdout=out,
                                            stderr=subprocess.STDOUT)
        wait_until(self.answers, "tools/run serves", seconds=30)
        return time.monotonic() - begun

    def answers(self):
        self.assertIsNone(self.process.poll(), self.printed())
        return subprocess.run(["curl", "-sf", "-o", "/dev/null", f"{self.url}/readyz"],
                              check=False).returncode == 0

    def printed(self):
        return (self.folder / "out").read_text(errors="replace")

    def stop(self):
        if self.process is not None:
            self.process.terminate()
            self.assertEqual(self.process.wait(timeout=30), 0, self.printed())
            self.process = None

    def shell(self, script):
        return subprocess.run(["bash", "-euo", "pipefail", "-c", script], cwd=self.folder,
                              env=self.environment, capture_output=True, text=True, timeout=120,
                              check=False)

    def test_the_first_start_prints_a_curl_line_that_works_when_pasted(self):
        self.start()
        line = next(line.strip() for line in self.printed().splitlines()
                    if line.strip().startswith("curl "))
        done = self.shell(line)
        self.assertEqual(done.returncode, 0, done.stderr)
        self.assertIn("access_token", done.stdout)
        secrets = self.folder / "data/first-run.txt"
        self.assertEqual(secrets.stat().st_mode & 0o777, 0o600)

    def test_the_second_start_takes_less_than_five_seconds_and_makes_nothing_new(self):
        self.start()
        before = (self.folder / "data/first-run.txt").read_text()
        self.stop()
        seconds = self.start()
        self.assertLess(seconds, 5)
        self.assertEqual((self.folder / "data/first-run.txt").read_text(), before)
        self.assertIn("first-run.txt", self.printed())

    def test_the_commands_of_the_readme(self):
        blocks = runnable_blocks(README.read_text(encoding="utf-8"))
        self.assertGreaterEqual(len(blocks), 5)
        self.start()
        script = "\n".join(f"echo '--- block {number}'\n{block}"
                           for number, block in enumerate(blocks, 1))
        script = (script.replace("http://localhost:8000", self.url)
                  .replace("localhost:8000", f"localhost:{self.port}")
                  .replace("build/release/quadpub", binary()))
        # curl -f: an answer of 400 or more is a failure, as a reader would see it.
        (self.folder / ".curlrc").write_text("fail-with-body\nsilent\nshow-error\n")
        self.environment["CURL_HOME"] = str(self.folder)
        done = self.shell(script)
        self.assertEqual(done.returncode, 0, done.stdout + done.stderr)
        self.assertIn("Hello from a generic ActivityPub client!", done.stdout)


class ReadmeItself(unittest.TestCase):
    def test_every_folder_of_the_map_exists_and_every_folder_is_in_the_map(self):
        text = README.read_text(encoding="utf-8")
        mapped = set(re.findall(r"^([a-z]+)/ ", text, re.MULTILINE))
        there = {path.name for path in SOURCE.iterdir()
                 if path.is_dir() and not path.name.startswith(".")}
        there -= {"build", "data", "third_party"}
        self.assertEqual(mapped, there)

    def test_no_secret_of_the_tests_is_in_it(self):
        self.assertNotIn(PASSWORD, README.read_text(encoding="utf-8"))


if __name__ == "__main__":
    unittest.main()
