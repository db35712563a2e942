"""Domains, users, tokens and actors: T1-T10, T28, T30-T32 of the tutorial's acceptance table."""

import json
import textwrap
import time
import unittest

import requests

import sign
from harness import AS2_TYPE, PASSWORD, AcceptanceCase, Server


def token_form(client, **changes):
    form = {"grant_type": "password", "username": "yourusername", "password": PASSWORD,
            "client_id": client["client_id"], "client_secret": client["client_secret"]}
    return {name: value for name, value in {**form, **changes}.items() if value is not None}


class SetUpRows(unittest.TestCase):
    """T1-T3: what the tutorial does with management commands."""

    def setUp(self):
        self.server = Server()
        self.addCleanup(self.server.close)

    def data_folder_holds(self, text):
        return any(text.encode() in path.read_bytes()
                   for path in self.server.data.rglob("*") if path.is_file())

    def test_T1_init_twice_is_fine_and_says_so(self):
        again = self.server.run("init", "--url", self.server.url)
        self.assertEqual(again.returncode, 0, again.stderr)
        self.assertIn("exist", again.stdout + again.stderr)

    def test_T1_init_refuses_plain_http_on_a_public_name_unless_forced(self):
        refused = self.server.run("init", "--url", "http://social.example")
        self.assertEqual(refused.returncode, 1, refused.stdout)
        self.assertNotEqual(refused.stderr.strip(), "")
        forced = self.server.run("init", "--url", "http://social.example", "--insecure")
        self.assertEqual(forced.returncode, 0, forced.stderr)

    def test_T2_a_password_is_never_stored_readable(self):
        self.server.add_user("carol", "a-very-recognisable-password")
        self.assertIn("carol", self.server.cli("user", "list"))
        self.assertFalse(self.data_folder_holds("a-very-recognisable-password"))

    def test_T3_a_client_secret_is_shown_once_and_not_stored(self):
        client = self.server.add_client("Test Client")
        self.assertTrue(client["client_id"])
        self.assertGreaterEqual(len(client["client_secret"]), 32)
        self.assertFalse(self.data_folder_holds(client["client_secret"]))


class TokenRows(AcceptanceCase):
    """T4: the token endpoint."""

    @classmethod
    def set_up_data(cls):
        cls.server.add_user("yourusername")
        cls.client = cls.server.add_client()

    def ask(self, path="/o/token/", auth=None, **changes):
        return requests.post(self.server.url + path, data=token_form(self.client, **changes),
                             auth=auth, timeout=20)

    def test_T4_a_password_is_exchanged_for_a_token(self):
        response = self.ask()
        self.assert_status(response, 200)
        token = response.json()
        self.assertEqual(token["token_type"], "Bearer")
        self.assertEqual(token["expires_in"], 36000)
        self.assertLessEqual({"read", "write", "follow"}, set(token["scope"].split()))
        self.assertTrue(token["access_token"] and token["refresh_token"])
        self.assertIn("no-store", response.headers["Cache-Control"])

    def test_T4_the_last_slash_may_be_missing(self):
        self.assert_status(self.ask(path="/o/token"), 200)

    def test_T4_the_client_may_use_http_basic(self):
        basic = (self.client["client_id"], self.client["client_secret"])
        self.assert_status(self.ask(auth=basic, client_id=None, client_secret=None), 200)

    def test_T4_a_wrong_password_is_invalid_grant(self):
        for changes in ({"password": "wrong"}, {"username": "nobody"}):
            response = self.ask(**changes)
            self.assert_status(response, 400)
            self.assertEqual(response.json()["error"], "invalid_grant")

    def test_T4_a_wrong_client_is_invalid_client(self):
        for changes in ({"client_secret": "wrong"}, {"client_id": "nobody"}):
            response = self.ask(**changes)
            self.assert_status(response, 401)
            self.assertEqual(response.json()["error"], "invalid_client")

    def test_T4_an_unknown_grant_is_unsupported(self):
        response = self.ask(grant_type="telepathy")
        self.assert_status(response, 400)
        self.assertEqual(response.json()["error"], "unsupported_grant_type")

    def test_T4_a_refresh_token_is_good_once(self):
        first = self.ask().json()
        refresh = {"grant_type": "refresh_token", "refresh_token": first["refresh_token"],
                   "username": None, "password": None}
        second = self.ask(**refresh)
        self.assert_status(second, 200)
        self.assertNotEqual(second.json()["refresh_token"], first["refresh_token"])
        self.assert_status(self.ask(**refresh), 400)

    def test_T4_a_revoked_token_opens_nothing(self):
        token = self.ask().json()["access_token"]
        bearer = {"Authorization": f"Bearer {token}"}
        self.assert_status(requests.get(self.server.url + "/api/actors", headers=bearer,
                                        timeout=20), 200)
        revoked = requests.post(self.server.url + "/o/revoke_token/", timeout=20,
                                data={"token": token, "client_id": self.client["client_id"],
                                      "client_secret": self.client["client_secret"]})
        self.assert_status(revoked, 200)
        self.assert_status(requests.get(self.server.url + "/api/actors", headers=bearer,
                                        timeout=20), 401)

    def test_T4_metadata_names_the_endpoints(self):
        response = self.server.get("/.well-known/oauth-authorization-server")
        self.assert_status(response, 200)
        metadata = response.json()
        self.assertEqual(metadata["issuer"], self.server.url)
        self.assertTrue(metadata["token_endpoint"].startswith(self.server.url + "/o/token"))

    def test_T4_tokens_and_passwords_never_reach_the_log(self):
        token = self.ask().json()
        self.server.get(f"/api/actors?access_token={token['access_token']}")
        time.sleep(0.3)
        for secret in (PASSWORD, token["access_token"], token["refresh_token"],
                       self.client["client_secret"]):
            self.assertNotIn(secret, self.server.log())


class ActorRows(AcceptanceCase):
    """T5-T10, T28 and T30: actors and who manages them."""

    @classmethod
    def set_up_data(cls):
        cls.server.add_user("manager")
        cls.server.add_user("other")
        cls.tokens = {name: cls.server.cli_json("token", "add", "--user", name)["access_token"]
                      for name in ("manager", "other")}

    def api(self, method, body=None, user="manager", content_type="application/json"):
        headers = {"Content-Type": content_type}
        if user is not None:
            headers["Authorization"] = f"Bearer {self.tokens.get(user, user)}"
        return requests.request(method, self.server.url + "/api/actors", headers=headers,
                                data=None if body is None else json.dumps(body), timeout=20)

    def create(self, username, **more):
        response = self.api("POST", {"preferred_username": username, **more})
        self.assert_status(response, 201)
        return response.json()

    def test_T5_no_token_or_a_bad_one_is_401(self):
        for user in (None, "not-a-token"):
            response = self.api("GET", user=user)
            self.assert_status(response, 401)
            self.assertIn("Bearer", response.headers["WWW-Authenticate"])
            self.assertIn('realm="api"', response.headers["WWW-Authenticate"])
            self.assertIn("detail", response.json())

    def test_a_token_that_does_not_hold_is_told_so(self):
        token = self.server.cli_json("token", "add", "--user", "other")["access_token"]
        self.server.cli("token", "revoke", "--token-stdin", stdin=token)
        missing = self.api("GET", user=None).json()["detail"]
        self.assertEqual(missing, "Authentication credentials were not provided.")
        for bad in (token, "not-a-token"):
            answer = self.api("GET", user=bad)
            self.assert_status(answer, 401)
            self.assertNotEqual(answer.json()["detail"], missing)
            self.assertIn('error="invalid_token"', answer.headers["WWW-Authenticate"])

    def test_a_token_for_one_actor_makes_no_others(self):
        own = self.create("bound")
        bound = self.server.cli_json("token", "add", "--user", "manager", "--actor",
                                     own["actor_uri"])["access_token"]
        self.assert_status(self.api("POST", {"preferred_username": "more"}, user=bound), 403)
        self.assertEqual([actor["preferred_username"] for actor in self.api("GET", user=bound).json()],
                         ["bound"])

    def test_T6_an_actor_is_created(self):
        response = self.api("POST", {"preferred_username": "t6", "display_name": "Tee Six",
                                     "type": "Person"})
        self.assert_status(response, 201)
        actor = response.json()
        self.assertIsInstance(actor["id"], int)
        self.assertEqual((actor["preferred_username"], actor["display_name"]), ("t6", "Tee Six"))
        self.assertRegex(actor["actor_uri"], rf"^{self.server.url}/actors/[0-9a-f-]{{36}}$")
        for box in ("inbox", "outbox"):
            self.assertRegex(actor[box], rf"^{self.server.url}/collections/[0-9a-f-]{{36}}$")
        self.assertEqual(response.headers["Location"], actor["actor_uri"])

    def test_T6_name_and_type_have_defaults_and_activity_json_is_taken(self):
        response = self.api("POST", {"preferred_username": "t6plain"}, content_type=AS2_TYPE)
        self.assert_status(response, 201)
        self.assertEqual(response.json()["display_name"], "t6plain")
        document = self.server.get(response.json()["actor_uri"]).json()
        self.assertEqual((document["type"], document["name"]), ("Person", "t6plain"))

    def test_T6_each_actor_type_is_kept(self):
        for kind in ("Service", "Application", "Group", "Organization"):
            actor = self.create(f"t6{kind.lower()}", type=kind)
            self.assertEqual(self.server.get(actor["actor_uri"]).json()["type"], kind)

    def test_T6_a_username_that_cannot_be_an_account_is_refused(self):
        for name in ("with space", "a@b", "a/b", "", "x" * 300, 7, None):
            self.assert_status(self.api("POST", {"preferred_username": name}), 400)

    def test_T7_a_username_is_required(self):
        response = self.api("POST", {"display_name": "No Name"})
        self.assert_status(response, 400)
        self.assertEqual(response.json()["error"], "preferred_username is required")

    def test_T8_a_username_is_given_out_once_whatever_its_case(self):
        self.create("t8taken")
        for name in ("t8taken", "T8Taken"):
            response = self.api("POST", {"preferred_username": name})
            self.assert_status(response, 400)
            self.assertEqual(response.json()["error"], "Username already taken")

    def test_T9_and_T28_a_user_lists_own_actors_only(self):
        mine = {self.create(name)["actor_uri"] for name in ("t9first", "t9second")}
        response = self.api("GET")
        self.assert_status(response, 200)
        listed = {actor["actor_uri"]: actor for actor in response.json()}
        self.assertLessEqual(mine, set(listed))
        for actor in listed.values():
            self.assertLessEqual({"id", "actor_uri", "preferred_username", "display_name", "type",
                                  "inbox", "outbox"}, set(actor))
        others = {actor["actor_uri"] for actor in self.api("GET", user="other").json()}
        self.assertFalse(others & set(listed))

    def test_T10_an_actor_has_its_collections_and_keys(self):
        document = self.server.get(self.create("t10")["actor_uri"]).json()
        for name in ("inbox", "outbox", "followers", "following", "liked"):
            self.assertIsInstance(document[name], str, name)
        for name in ("followers", "following"):
            collection = self.server.get(document[name])
            self.assert_status(collection, 200)
            self.assertEqual(collection.json()["type"], "OrderedCollection")
        key = document["publicKey"]
        self.assertEqual(key["id"], document["id"] + "#main-key")
        self.assertEqual(key["owner"], document["id"])
        described = sign.openssl("pkey", "-pubin", "-noout", "-text",
                                 stdin=key["publicKeyPem"].encode()).decode()
        self.assertIn("2048 bit", described)
        self.assertEqual(document["endpoints"]["sharedInbox"], self.server.url + "/inbox")
        methods = document["assertionMethod"]
        self.assertIsInstance(methods, list)
        self.assertEqual(methods[0]["type"], "Multikey")
        self.assertTrue(methods[0]["publicKeyMultibase"].startswith("z6Mk"))

    def test_T30_the_operator_lists_all_actors(self):
        self.create("t30")
        listed = self.server.cli_json("actor", "list")
        self.assertIn("t30", json.dumps(listed))
        self.assertIn("manager", json.dumps(listed))


class ConfigurationRows(unittest.TestCase):
    """T31, T32: the tutorial's settings, and what its production list asks for."""

    def test_T31_the_settings_keep_their_names(self):
        server = Server(config=textwrap.dedent("""\
            [FEDERATION]
            SOFTWARE_NAME = "GenericAP"
            SOFTWARE_VERSION = "1.0.0"
            """))
        self.addCleanup(server.close)
        server.start()
        software = server.get("/nodeinfo/2.0").json()["software"]
        self.assertEqual(software["name"].lower(), "genericap")
        self.assertEqual(software["version"], "1.0.0")

    def test_T32_health_readiness_and_metrics_are_there(self):
        server = Server()
        self.addCleanup(server.close)
        server.start()
        for path in ("/healthz", "/readyz"):
            self.assertEqual(server.get(path).status_code, 200)
        metrics = server.get("/metrics", headers={})
        self.assertEqual(metrics.status_code, 200)
        self.assertIn("# TYPE quadpub_", metrics.text)


if __name__ == "__main__":
    unittest.main()
