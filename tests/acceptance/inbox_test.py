"""What other servers send and ask: rows T17-T20 and T22-T25 of the tutorial's acceptance table."""

import json
import unittest

import sign
from harness import AS2_TYPE, AcceptanceCase, id_of, stays, wait_until
from remote import Peer


class InboxRows(AcceptanceCase):
    """T17-T20: what other servers send."""

    @classmethod
    def set_up_data(cls):
        cls.alice = cls.server.account("alice")
        cls.peer = Peer()
        cls.addClassCleanup(cls.peer.close)

    def accepts_for(self, follow):
        return [d for d in self.peer.received("Accept")
                if id_of(d.activity["object"]) == follow["id"]]

    def test_T17_a_signed_follow_is_202_and_answered_with_a_signed_accept(self):
        bob = self.peer.actor("t17")
        follow = bob.activity("Follow", self.alice.actor)
        self.assert_status(bob.deliver(self.alice.inbox, follow, algorithm=None), 202)
        accept = wait_until(lambda: self.accepts_for(follow), "an Accept is delivered")[0]
        self.assertEqual(accept.activity["actor"], self.alice.actor)
        key = self.server.get(sign.key_id_of(accept.headers)).json()["publicKey"]
        self.assertTrue(sign.request_is_signed(key["publicKeyPem"], "POST", accept.url,
                                               accept.headers, accept.body))
        self.assertIn(bob.id, self.alice.ids(self.alice.document["followers"]))
        self.assertIn(follow["id"], self.alice.ids(self.alice.inbox))

    def test_T17_a_signature_that_covers_no_digest_is_401(self):
        bob = self.peer.actor("t17nodigest")
        response = bob.deliver(self.alice.inbox, bob.activity("Follow", self.alice.actor),
                               covered=("(request-target)", "host", "date"), algorithm=None)
        self.assert_status(response, 401)
        self.assertIn("error", response.json())

    def test_T17_an_rfc9421_signature_is_as_good(self):
        bob = self.peer.actor("t17new")
        follow = bob.activity("Follow", self.alice.actor)
        self.assert_status(bob.deliver(self.alice.inbox, follow, make=sign.rfc9421_headers), 202)
        wait_until(lambda: self.accepts_for(follow), "an Accept is delivered")

    def test_T18_a_replay_is_202_without_a_second_effect(self):
        bob = self.peer.actor("t18")
        follow = bob.activity("Follow", self.alice.actor)
        for _ in range(3):
            self.assert_status(bob.deliver(self.alice.inbox, follow), 202)
        wait_until(lambda: self.accepts_for(follow), "an Accept is delivered")
        stays(lambda: len(self.accepts_for(follow)) == 1, "one Accept only")
        self.assertEqual(self.alice.ids(self.alice.document["followers"]).count(bob.id), 1)
        self.assertEqual(self.alice.ids(self.alice.inbox).count(follow["id"]), 1)

    def test_T19_a_wrong_digest_is_400(self):
        bob = self.peer.actor("t19digest")
        follow = bob.activity("Follow", self.alice.actor)
        response = bob.deliver(self.alice.inbox, follow,
                               sent_body=json.dumps({**follow, "x": 1}).encode())
        self.assert_status(response, 400)
        self.assertIn("error", response.json())

    def test_T19_an_actor_of_another_domain_is_403(self):
        other = Peer()
        self.addCleanup(other.close)
        victim, bob = other.actor("victim"), self.peer.actor("t19other")
        follow = {**bob.activity("Follow", self.alice.actor), "actor": victim.id}
        self.assert_status(bob.deliver(self.alice.inbox, follow), 403)

    def test_T19_no_actor_is_400(self):
        bob = self.peer.actor("t19none")
        follow = bob.activity("Follow", self.alice.actor)
        del follow["actor"]
        self.assert_status(bob.deliver(self.alice.inbox, follow), 400)

    def test_T19_a_body_that_names_a_local_actor_is_403(self):
        bob = self.peer.actor("t19local")
        local_id = f"{self.server.url}/activities/01890000-0000-7000-8000-000000000000"
        for change in ({"actor": self.alice.actor}, {"id": local_id}):
            activity = {**bob.activity("Follow", self.alice.actor), **change}
            self.assert_status(bob.deliver(self.alice.inbox, activity), 403)

    def test_T20_another_actor_of_the_same_server_is_403(self):
        bob, eve = self.peer.actor("t20bob"), self.peer.actor("t20eve")
        follow = {**eve.activity("Follow", self.alice.actor), "actor": bob.id}
        self.assert_status(eve.deliver(self.alice.inbox, follow), 403)

    def test_T20_a_key_that_its_actor_does_not_list_is_refused(self):
        bob, eve = self.peer.actor("t20owner"), self.peer.actor("t20thief")
        self.peer.publish("/keys/stolen", {"type": "Key", "owner": bob.id,
                                           "publicKeyPem": eve.key.public_pem})
        follow = {**eve.activity("Follow", self.alice.actor), "actor": bob.id}
        response = eve.deliver(self.alice.inbox, follow, key_id=f"{self.peer.url}/keys/stolen")
        self.assert_status(response, 401, 403)

    def test_T19_a_blocked_domain_is_403(self):
        blocked = Peer()
        self.addCleanup(blocked.close)
        self.server.cli("domain", "block", blocked.host)
        self.addCleanup(self.server.cli, "domain", "unblock", blocked.host)
        bob = blocked.actor("t19blocked")
        wait_until(lambda: bob.deliver(
            self.alice.inbox, bob.activity("Follow", self.alice.actor)).status_code == 403,
            "the block is in force", seconds=10)


class DiscoveryRows(AcceptanceCase):
    """T22-T25: webfinger, nodeinfo, host-meta."""

    @classmethod
    def set_up_data(cls):
        cls.alice = cls.server.account("alice")

    def finger(self, resource, **more):
        return self.server.get("/.well-known/webfinger", headers={},
                               params={"resource": resource, **more})

    def test_T22_an_account_is_found(self):
        response = self.finger(f"acct:alice@localhost:{self.server.port}")
        self.assert_status(response, 200)
        self.assertIn("application/jrd+json", response.headers["Content-Type"])
        self.assertEqual(response.headers["Access-Control-Allow-Origin"], "*")
        found = response.json()
        self.assertEqual(found["subject"], f"acct:alice@localhost:{self.server.port}")
        self.assertIn(self.alice.actor, found["aliases"])
        itself = [link for link in found["links"] if link["rel"] == "self"]
        self.assertEqual([(link["type"], link["href"]) for link in itself],
                         [(AS2_TYPE, self.alice.actor)])

    def test_T22_case_does_not_matter_and_the_subject_is_canonical(self):
        found = self.finger(f"acct:Alice@LOCALHOST:{self.server.port}").json()
        self.assertEqual(found["subject"], f"acct:alice@localhost:{self.server.port}")

    def test_T22_the_actor_url_is_a_resource_too(self):
        found = self.finger(self.alice.actor).json()
        self.assertEqual(found["subject"], f"acct:alice@localhost:{self.server.port}")

    def test_T22_rel_filters_the_links(self):
        resource = f"acct:alice@localhost:{self.server.port}"
        links = self.finger(resource, rel="self").json()["links"]
        self.assertEqual([link["rel"] for link in links], ["self"])
        self.assertEqual(self.finger(resource, rel="urn:none").json()["links"], [])

    def test_T22_the_domain_must_be_one_that_is_served(self):
        self.assert_status(self.finger("acct:alice@evil.example"), 404)

    def test_T23_what_cannot_be_answered(self):
        for resource, status in ((None, 400), ("mailto:alice@localhost", 400), ("alice", 400),
                                 (f"acct:nobody@localhost:{self.server.port}", 404),
                                 ("acct:alice", 404), ("acct:a@b@c", 404)):
            with self.subTest(resource=resource):
                response = self.server.get("/.well-known/webfinger", headers={},
                                           params={"resource": resource} if resource else {})
                self.assert_status(response, status)
                self.assertIn("error", response.json())

    def test_T24_nodeinfo_links_to_documents_that_exist(self):
        links = self.server.get("/.well-known/nodeinfo").json()["links"]
        versions = {}
        for link in links:
            if "nodeinfo.diaspora.software" in link["rel"]:
                response = self.server.get(link["href"])
                self.assert_status(response, 200)
                versions[response.json()["version"]] = response.json()
        self.assertEqual(set(versions), {"2.0", "2.1"})
        for version, info in versions.items():
            self.assertTrue(info["software"]["name"] and info["software"]["version"], version)
            self.assertRegex(info["software"]["name"], r"^[a-z0-9-]+$")
            self.assertIn("activitypub", info["protocols"])
            self.assertIs(type(info["usage"]["users"]["total"]), int)
            self.assertGreaterEqual(info["usage"]["users"]["total"], 1)
            self.assertIs(type(info["openRegistrations"]), bool)

    def test_T25_host_meta_in_both_forms(self):
        xml = self.server.get("/.well-known/host-meta", headers={})
        self.assert_status(xml, 200)
        self.assertIn("application/xrd+xml", xml.headers["Content-Type"])
        self.assertIn("lrdd", xml.text)
        self.assertIn(f"{self.server.url}/.well-known/webfinger?resource={{uri}}", xml.text)
        as_json = self.server.get("/.well-known/host-meta.json", headers={})
        self.assert_status(as_json, 200)
        self.assertEqual(as_json.json()["links"][0]["rel"], "lrdd")


if __name__ == "__main__":
    unittest.main()
