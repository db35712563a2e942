"""The tutorial, as written: its curls and its Python client against a live server."""

import json
import os
import re
import subprocess
import unittest

import requests

from harness import AS2_TYPE, PASSWORD, AcceptanceCase, id_of, shared_file

TUTORIAL = shared_file("tutorial.txt")


def curl_commands(text):
    """Each curl of the tutorial with its continuation lines, exactly as written."""
    commands, current = [], None
    for line in text.splitlines():
        if current is None and not line.startswith("curl "):
            continue
        current = line if current is None else f"{current}\n{line}"
        # A command ends where no quote is open and the line does not go on.
        if current.count("'") % 2 == 0 and not line.endswith("\\"):
            commands.append(current)
            current = None
    return commands


def python_client(text):
    """The client program of the tutorial, from its import to its last line."""
    return re.search(r"^import requests\n\nclass ActivityPubClient.*?^client\.post_note\(.*?\)$",
                     text, re.MULTILINE | re.DOTALL).group(0)


@unittest.skipIf(TUTORIAL is None, "SKIPPED: ../shared/spec/tutorial.txt is not here "
                                   "(readme_test.py runs the same requests from the README)")
class TutorialAsWritten(AcceptanceCase):
    """Ids, credentials and the port are filled in; the text of each command stays."""

    @classmethod
    def set_up_data(cls):
        cls.text = TUTORIAL.read_text(encoding="utf-8")
        cls.server.add_user("yourusername")
        cls.client = cls.server.add_client()

    def curl(self, command, values):
        """Runs one command; returns status, headers and body. Options are in a .curlrc."""
        for placeholder, value in values.items():
            command = command.replace(placeholder, value)
        head = self.server.folder / "head"
        (self.server.folder / ".curlrc").write_text(f'silent\nshow-error\ndump-header = "{head}"\n')
        done = subprocess.run(["bash", "-c", command], capture_output=True, text=True, timeout=60,
                              env={**os.environ, "CURL_HOME": str(self.server.folder)},
                              check=False)
        self.assertEqual(done.returncode, 0, f"{command}\n{done.stderr}")
        lines = head.read_text().strip().splitlines()
        headers = dict(line.lower().split(": ", 1) for line in lines[1:] if ": " in line)
        return int(lines[0].split()[1]), headers, done.stdout

    def test_every_curl_of_the_tutorial_in_its_order(self):
        commands = curl_commands(self.text)
        self.assertEqual(len(commands), 6, commands)
        token, create_actor, post, get_actor, get_outbox, deliver = commands
        values = {"http://localhost:8000": self.server.url, "yourpassword": PASSWORD,
                  "YOUR_CLIENT_ID": self.client["client_id"],
                  "YOUR_CLIENT_SECRET": self.client["client_secret"]}

        status, _, body = self.curl(token, values)
        self.assertEqual(status, 200, body)
        values["YOUR_ACCESS_TOKEN"] = json.loads(body)["access_token"]

        status, _, body = self.curl(create_actor, values)
        self.assertEqual(status, 201, body)
        actor = json.loads(body)
        self.assertIsInstance(actor["id"], int)
        self.assertEqual(actor["preferred_username"], "alice")
        self.assertEqual(actor["display_name"], "Alice Smith")
        # These before the address alone, which is the beginning of each.
        values = {"http://localhost:8000/collections/outbox-uuid-here": actor["outbox"],
                  "http://localhost:8000/collections/inbox-uuid-here": actor["inbox"],
                  "http://localhost:8000/actors/uuid-here": actor["actor_uri"], **values}

        status, headers, body = self.curl(post, values)
        self.assertEqual(status, 201, body)
        self.assertTrue(headers["location"].startswith(self.server.url + "/activities/"))
        activity_id = headers["location"]

        status, headers, body = self.curl(get_actor, values)
        self.assertEqual(status, 200, body)
        self.assertIn(AS2_TYPE, headers["content-type"])
        document = json.loads(body)
        self.assertEqual(document["id"], actor["actor_uri"])
        self.assertEqual((document["inbox"], document["outbox"]),
                         (actor["inbox"], actor["outbox"]))

        status, _, body = self.curl(get_outbox, values)
        self.assertEqual(status, 200, body)
        # The tutorial's Note is addressed to nobody: only its owner may see it.
        owner = {"Authorization": f"Bearer {values['YOUR_ACCESS_TOKEN']}", "Accept": AS2_TYPE}
        page = requests.get(id_of(requests.get(actor["outbox"], headers=owner,
                                               timeout=20).json()["first"]),
                            headers=owner, timeout=20).json()
        self.assertEqual([id_of(item) for item in page["orderedItems"]], [activity_id])

        status, headers, body = self.curl(deliver, values)
        self.assertEqual(status, 401, body)
        self.assertIn("error", json.loads(body))

    def test_the_python_client_unmodified_but_for_address_and_token(self):
        self.server.add_user("clientuser")
        token = self.server.cli_json("token", "add", "--user", "clientuser")["access_token"]
        program = (python_client(self.text).replace("http://localhost:8000", self.server.url)
                   .replace("your-access-token", token))
        program += "\nimport json\nprint(json.dumps(actor))\n"
        done = subprocess.run(["/usr/bin/python3", "-c", program], capture_output=True, text=True,
                              timeout=60, check=False)
        self.assertEqual(done.returncode, 0, done.stderr)
        actor = json.loads(done.stdout)
        self.assertEqual(actor["preferred_username"], "testuser")
        owner = {"Authorization": f"Bearer {token}", "Accept": AS2_TYPE}
        outbox = requests.get(actor["outbox"], headers=owner, timeout=20).json()
        self.assertEqual(outbox["totalItems"], 1)
        page = requests.get(id_of(outbox["first"]), headers=owner, timeout=20).json()
        activity = requests.get(id_of(page["orderedItems"][0]), headers=owner, timeout=20).json()
        note = requests.get(id_of(activity["object"]), headers=owner, timeout=20).json()
        self.assertEqual(note["content"], "Hello, Fediverse!")


if __name__ == "__main__":
    unittest.main()
