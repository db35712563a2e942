#!/usr/bin/env python3
"""A client of the ActivityPub API in a few lines: the one of the tutorial, with a sign-in before it.

    pip install requests            (Debian: apt-get install python3-requests)
    tools/run                       (in another terminal; it writes data/first-run.txt)
    tools/examples/client.py data/first-run.txt "Hello, Fediverse!"

It signs in with the password grant, which a server answers to its own machine only. A client for
others sends people to the server's own page instead: see browser/index.html.
"""

import pathlib
import sys

import requests


def sign_in(settings):
    """An access token for the user that first-run.txt names."""
    response = requests.post(f"{settings['SERVER']}/o/token/", timeout=30, data={
        "grant_type": "password",
        "username": settings["ACCOUNT"],
        "password": settings["PASSWORD"],
        "client_id": settings["CLIENT_ID"],
        "client_secret": settings["CLIENT_SECRET"],
    })
    response.raise_for_status()
    return response.json()["access_token"]


class ActivityPubClient:
    def __init__(self, base_url, access_token):
        self.base_url = base_url
        self.headers = {
            "Authorization": f"Bearer {access_token}",
            "Content-Type": "application/activity+json",
            "Accept": "application/activity+json",
        }

    def actors(self):
        response = requests.get(f"{self.base_url}/api/actors", headers=self.headers, timeout=30)
        response.raise_for_status()
        return response.json()

    def create_actor(self, username, display_name):
        response = requests.post(f"{self.base_url}/api/actors", headers=self.headers, timeout=30,
                                 json={"preferred_username": username,
                                       "display_name": display_name})
        response.raise_for_status()
        return response.json()

    def post_note(self, outbox_url, content):
        activity = {
            "@context": "https://www.w3.org/ns/activitystreams",
            "type": "Create",
            "to": ["https://www.w3.org/ns/activitystreams#Public"],
            "object": {"type": "Note", "content": content},
        }
        response = requests.post(outbox_url, json=activity, headers=self.headers, timeout=30)
        response.raise_for_status()
        return response.json()

    def get(self, url):
        response = requests.get(url, headers=self.headers, timeout=30)
        response.raise_for_status()
        return response.json()

    def items(self, collection_url):
        """Everything in a collection, page after page, newest first."""
        page = self.get(collection_url).get("first")
        while page:
            if isinstance(page, str):
                page = self.get(page)
            yield from page.get("orderedItems", [])
            page = page.get("next")


def main():
    if len(sys.argv) != 3:
        sys.exit("usage: client.py data/first-run.txt TEXT")
    lines = pathlib.Path(sys.argv[1]).read_text(encoding="utf-8").splitlines()
    settings = dict(line.split("=", 1) for line in lines if "=" in line)
    client = ActivityPubClient(settings["SERVER"], sign_in(settings))
    mine = client.actors()
    actor = mine[0] if mine else client.create_actor("demo", "Demo")
    posted = client.post_note(actor["outbox"], sys.argv[2])
    print("posted", posted["id"])
    print("outbox:")
    for item in client.items(actor["outbox"]):
        print(" ", item["type"], item["id"])


if __name__ == "__main__":
    main()
