"""OAuth pages and flows over plain requests: issue 6 point 4 and security.md 1.7.

What a real browser and a real client library make of them is in chromium_test.py and npm_oauth.
"""

import base64
import hashlib
import html
import http.server
import json
import re
import secrets
import threading
import time
import unittest
import urllib.parse

import requests

from harness import AS2, AS2_TYPE, PASSWORD, PUBLIC, AcceptanceCase, Server, id_of, in_threads

REDIRECT = "https://app.example/back"
NAME_WITH_MARKUP = "<script>alert(1)</script>\"><img src=x onerror=alert(2)>"


def pkce():
    verifier = secrets.token_urlsafe(48)
    digest = hashlib.sha256(verifier.encode()).digest()
    return verifier, base64.urlsafe_b64encode(digest).rstrip(b"=").decode()


def query_of(url):
    return dict(urllib.parse.parse_qsl(urllib.parse.urlsplit(url).query))


def fields_of(page, action=None):
    """The inputs of the page's first form, or of the first one with that action."""
    for form in re.findall(r"<form[^>]*>.*?</form>", page, re.S):
        if action is not None and f'action="{action}"' not in form:
            continue
        found = {}
        for tag in re.findall(r"<input[^>]*>", form):
            attributes = dict(re.findall(r'([a-z]+)="([^"]*)"', tag))
            if attributes.get("type") == "radio" and " checked" not in tag:
                continue
            if "name" in attributes:
                found[attributes["name"]] = html.unescape(attributes.get("value", ""))
        return found
    raise AssertionError(f"no form for {action} in:\n{page}")


class Person:
    """Somebody with a browser that keeps cookies and says where its forms come from."""

    def __init__(self, server):
        self.server = server
        self.session = requests.Session()
        self.session.headers["Connection"] = "close"

    def get(self, path, **options):
        return self.session.get(self.address(path), allow_redirects=False, timeout=20, **options)

    def post(self, path, form, origin=True, **headers):
        if origin:
            headers.setdefault("Origin", self.server.url)
        return self.session.post(self.address(path), data=form, headers=headers,
                                 allow_redirects=False, timeout=20)

    def address(self, path):
        return path if "://" in path else self.server.url + path

    def sign_in(self, name, password=PASSWORD, next_page="/o/account"):
        page = self.get(f"/o/sign_in?next={urllib.parse.quote(next_page, safe='')}")
        fields = fields_of(page.text, "/o/sign_in")
        return self.post("/o/sign_in", {**fields, "username": name, "password": password})


class OauthCase(AcceptanceCase):
    @classmethod
    def set_up_data(cls):
        cls.alice = cls.server.account("alice")
        cls.second = cls.server.cli_json("actor", "add", "alice2", "--user", "alice", "--name",
                                         NAME_WITH_MARKUP)["actor"]
        cls.bob = cls.server.account("bob")
        cls.client = cls.server.cli_json("client", "add", NAME_WITH_MARKUP, "--public",
                                         "--grant", "authorization_code",
                                         "--redirect-uri", REDIRECT,
                                         "--redirect-uri", "http://127.0.0.1/cb")
        cls.other = cls.server.cli_json("client", "add", "Other", "--public",
                                        "--grant", "authorization_code",
                                        "--redirect-uri", REDIRECT)

    def setUp(self):
        self.person = Person(self.server)
        self.verifier, self.challenge = pkce()

    def request(self, **changes):
        query = {"response_type": "code", "client_id": self.client["client_id"],
                 "redirect_uri": REDIRECT, "state": "st<a>&te", "code_challenge": self.challenge,
                 "code_challenge_method": "S256", "scope": "read write", **changes}
        query = {key: value for key, value in query.items() if value is not None}
        return "/o/authorize/?" + urllib.parse.urlencode(query)

    def consent_page(self, person=None, **changes):
        person = person or self.person
        answer = person.sign_in("alice", next_page=self.request(**changes))
        self.assert_status(answer, 303)
        page = person.get(answer.headers["Location"])
        self.assert_status(page, 200)
        return page.text

    def allow(self, actor=None, person=None, **changes):
        """Signs in and consents; the query of the address that the browser is sent to."""
        person = person or self.person
        fields = fields_of(self.consent_page(person, **changes), "/o/authorize/")
        answer = person.post("/o/authorize/", {
            **fields, "actor": self.alice.actor if actor is None else actor, "decision": "allow"})
        self.assert_status(answer, 303)
        return query_of(answer.headers["Location"])

    def redeem(self, code, **changes):
        form = {"grant_type": "authorization_code", "code": code, "redirect_uri": REDIRECT,
                "client_id": self.client["client_id"], "code_verifier": self.verifier, **changes}
        return requests.post(self.server.url + "/o/token/", data=form, timeout=20)

    def opens(self, token):
        return requests.get(self.server.url + "/api/actors", timeout=20,
                            headers={"Authorization": f"Bearer {token}"}).status_code == 200


class Flow(OauthCase):
    def test_sign_in_consent_code_token_post(self):
        back = self.allow()
        self.assertEqual(back["state"], "st<a>&te")
        self.assertEqual(back["iss"], self.server.url)
        answer = self.redeem(back["code"])
        self.assert_status(answer, 200)
        token = answer.json()
        self.assertEqual(token["activitypub_actor_id"], self.alice.actor)
        self.assertEqual(token["scope"], "read write")
        posted = requests.post(self.alice.outbox, timeout=20,
                               json={"@context": AS2, "type": "Note", "content": "x",
                                     "to": [PUBLIC]},
                               headers={"Authorization": f"Bearer {token['access_token']}",
                                        "Content-Type": AS2_TYPE})
        self.assert_status(posted, 201)

    def test_the_token_is_for_the_actor_that_was_chosen(self):
        token = self.redeem(self.allow(actor=self.second)["code"]).json()
        self.assertEqual(token["activitypub_actor_id"], self.second)
        bearer = {"Authorization": f"Bearer {token['access_token']}", "Content-Type": AS2_TYPE}
        listed = requests.get(self.server.url + "/api/actors", headers=bearer, timeout=20).json()
        self.assertEqual([actor["actor_uri"] for actor in listed], [self.second])
        self.assert_status(requests.post(self.alice.outbox, headers=bearer, timeout=20,
                                         json={"type": "Note", "content": "x"}), 403)

    def test_all_actors_may_be_chosen_and_the_answer_still_says_who(self):
        token = self.redeem(self.allow(actor="")["code"]).json()
        self.assertEqual(token["activitypub_actor_id"], self.alice.actor)
        listed = requests.get(self.server.url + "/api/actors", timeout=20, headers={
            "Authorization": f"Bearer {token['access_token']}"}).json()
        self.assertEqual({actor["actor_uri"] for actor in listed},
                         {self.alice.actor, self.second})

    def test_denying_goes_back_with_access_denied(self):
        fields = fields_of(self.consent_page(), "/o/authorize/")
        answer = self.person.post("/o/authorize/", {**fields, "decision": "deny"})
        self.assert_status(answer, 303)
        self.assertTrue(answer.headers["Location"].startswith(REDIRECT + "?"))
        back = query_of(answer.headers["Location"])
        self.assertEqual((back["error"], back["state"], back["iss"]),
                         ("access_denied", "st<a>&te", self.server.url))
        self.assertNotIn("code", back)

    def test_somebody_who_signed_in_is_still_asked(self):
        self.allow()
        page = self.person.get(self.request())
        self.assert_status(page, 200)
        self.assertIn('value="allow"', page.text)

    def test_a_login_hint_chooses_the_actor_beforehand(self):
        page = self.consent_page(login_hint=self.second)
        self.assertEqual(fields_of(page, "/o/authorize/")["actor"], self.second)
        self.assertEqual(fields_of(self.person.get(self.request()).text, "/o/authorize/")["actor"],
                         self.alice.actor)

    def test_a_loopback_redirect_may_have_any_port(self):
        uri = "http://127.0.0.1:49152/cb"
        back = self.allow(redirect_uri=uri)
        self.assert_status(self.redeem(back["code"], redirect_uri=uri), 200)

    def test_refreshing_rotates_and_a_reused_token_ends_the_family(self):
        first = self.redeem(self.allow()["code"]).json()
        form = {"grant_type": "refresh_token", "client_id": self.client["client_id"],
                "refresh_token": first["refresh_token"]}
        second = requests.post(self.server.url + "/o/token/", data=form, timeout=20)
        self.assert_status(second, 200)
        self.assertEqual(second.json()["activitypub_actor_id"], self.alice.actor)
        again = requests.post(self.server.url + "/o/token/", data=form, timeout=20)
        self.assert_status(again, 400)
        self.assertEqual(again.json()["error"], "invalid_grant")
        self.assertFalse(self.opens(second.json()["access_token"]))

    def test_the_pages_need_no_script_and_read_on_a_phone(self):
        page = self.consent_page()
        self.assertNotIn("<script", page)
        self.assertIn('name="viewport"', page)


class Hostile(OauthCase):
    """security.md 1.7."""

    def test_a_code_is_good_once_and_its_reuse_ends_what_it_gave(self):
        code = self.allow()["code"]
        token = self.redeem(code).json()["access_token"]
        self.assertTrue(self.opens(token))
        self.assert_status(self.redeem(code), 400)
        self.assertFalse(self.opens(token))

    def test_a_code_is_for_its_client_verifier_and_redirect(self):
        code = self.allow()["code"]
        for changes in ({"client_id": self.other["client_id"]},
                        {"code_verifier": secrets.token_urlsafe(48)},
                        {"redirect_uri": "http://127.0.0.1/cb"}):
            answer = self.redeem(code, **changes)
            self.assert_status(answer, 400)
            self.assertEqual(answer.json()["error"], "invalid_grant")
        self.assert_status(self.redeem(code), 200)

    def test_no_browser_is_sent_to_an_address_that_is_not_exactly_registered(self):
        self.person.sign_in("alice")
        for uri in (REDIRECT + "/", REDIRECT + "?x=1", REDIRECT + "#x", "https://app.example",
                    "https://app.example/back/../evil", "https://app.example@evil.example/back",
                    "https://APP.example/back", "http://app.example/back",
                    "https://app.example/back%2f", "javascript:alert(1)",
                    "http://127.0.0.1:x/cb", "http://127.0.0.1.evil.example/cb",
                    "http://localhost/cb", "http://127.0.0.1:80@evil.example/cb"):
            answer = self.person.get(self.request(redirect_uri=uri))
            self.assert_status(answer, 400)
            self.assertNotIn("Location", answer.headers)
        self.assert_status(self.person.get(self.request(client_id="nobody")), 400)
        twice = self.request() + "&redirect_uri=" + urllib.parse.quote("https://evil.example/")
        self.assert_status(self.person.get(twice), 400)

    def test_pkce_with_s256_is_required(self):
        for changes in ({"code_challenge": None}, {"code_challenge_method": "plain"},
                        {"code_challenge_method": None}, {"code_challenge": "x"}):
            answer = self.person.get(self.request(**changes))
            self.assert_status(answer, 303)
            self.assertEqual(query_of(answer.headers["Location"])["error"], "invalid_request")

    def test_markup_in_the_names_of_clients_and_actors_stays_text(self):
        page = self.consent_page()
        self.assertNotIn("<script>alert", page)
        self.assertNotIn("<img", page)
        self.assertIn(html.escape(NAME_WITH_MARKUP).replace("&#x27;", "&#39;"), page)

    def test_the_pages_are_in_no_frame_and_load_nothing(self):
        self.person.sign_in("alice")
        for path in (self.request(), "/o/sign_in", "/o/account"):
            answer = self.person.get(path)
            policy = answer.headers.get("Content-Security-Policy", "")
            if answer.status_code == 303:
                continue
            self.assertIn("default-src 'none'", policy)
            self.assertIn("frame-ancestors 'none'", policy)
            self.assertEqual(answer.headers["X-Frame-Options"], "DENY")
            self.assertEqual(answer.headers["X-Content-Type-Options"], "nosniff")
            self.assertIn("no-store", answer.headers["Cache-Control"])
            self.assertNotIn("Access-Control-Allow-Origin", answer.headers)

    def test_a_form_of_another_site_is_refused(self):
        fields = {**fields_of(self.consent_page(), "/o/authorize/"), "decision": "allow"}
        for origin in ("https://evil.example", "null", self.server.url + ".evil.example",
                       self.server.url.replace("http:", "https:")):
            answer = self.person.post("/o/authorize/", fields, Origin=origin)
            self.assert_status(answer, 403)
            self.assertNotIn("Location", answer.headers)
        answer = self.person.post("/o/authorize/", fields, **{"Sec-Fetch-Site": "cross-site"})
        self.assert_status(answer, 403)
        self.assert_status(self.person.post("/o/authorize/", fields), 303)

    def test_a_form_without_the_token_of_this_session_is_refused(self):
        fields = {**fields_of(self.consent_page(), "/o/authorize/"), "decision": "allow"}
        mallory = Person(self.server)
        mallory.sign_in("bob")
        foreign = fields_of(mallory.get(self.request()).text, "/o/authorize/")["form_token"]
        for token in ("", "x", foreign):
            answer = self.person.post("/o/authorize/", {**fields, "form_token": token})
            self.assert_status(answer, 403)
        fields.pop("form_token")
        self.assert_status(self.person.post("/o/authorize/", fields, origin=False), 403)

    def test_an_actor_that_was_deleted_meanwhile_gets_no_code(self):
        token = self.server.cli_json("token", "add", "--user", "alice")["access_token"]
        made = requests.post(self.server.url + "/api/actors", json={"preferred_username": "brief"},
                             headers={"Authorization": f"Bearer {token}"}, timeout=20).json()
        page = self.consent_page()
        self.assertIn(made["actor_uri"], page)
        deleted = requests.post(made["outbox"], timeout=20, headers={
            "Authorization": f"Bearer {token}", "Content-Type": AS2_TYPE},
            json={"@context": AS2, "type": "Delete", "object": made["actor_uri"]})
        self.assert_status(deleted, 201)
        answer = self.person.post("/o/authorize/", {
            **fields_of(page, "/o/authorize/"), "actor": made["actor_uri"], "decision": "allow"})
        self.assert_status(answer, 410)
        self.assertNotIn("Location", answer.headers)
        self.assertNotIn(made["actor_uri"], self.person.get(self.request()).text)

    def test_another_one_s_actor_cannot_be_chosen(self):
        fields = fields_of(self.consent_page(), "/o/authorize/")
        for actor in (self.bob.actor, "https://remote.example/x", "x"):
            answer = self.person.post("/o/authorize/",
                                      {**fields, "actor": actor, "decision": "allow"})
            self.assert_status(answer, 403)

    def test_signing_in_needs_a_form_of_this_browser(self):
        fields = fields_of(self.person.get("/o/sign_in").text, "/o/sign_in")
        form = {**fields, "username": "alice", "password": PASSWORD}
        self.assert_status(Person(self.server).post("/o/sign_in", form), 403)
        self.assert_status(self.person.post("/o/sign_in", {**form, "form_token": ""}), 403)
        self.assert_status(self.person.post("/o/sign_in", form, Origin="https://evil.example"), 403)
        self.assert_status(self.person.post("/o/sign_in", form), 303)

    def test_signing_in_changes_the_cookie_and_it_is_out_of_reach_of_scripts(self):
        page = self.person.get("/o/sign_in")
        before = page.headers["Set-Cookie"]
        after = self.person.sign_in("alice").headers["Set-Cookie"]
        self.assertNotEqual(before.split(";")[0], after.split(";")[0])
        for cookie in (before, after):
            for part in ("; HttpOnly", "; SameSite=Lax", "; Path=/"):
                self.assertIn(part, cookie)
            self.assertNotIn("Domain", cookie)

    def test_after_signing_in_nobody_is_sent_elsewhere(self):
        for page in ("https://evil.example/", "//evil.example/", "/\\evil.example", "/o/token/",
                     "javascript:alert(1)", "/o/account\r\nX: y", ""):
            answer = Person(self.server).sign_in("alice", next_page=page)
            self.assert_status(answer, 303)
            self.assertEqual(answer.headers["Location"], "/o/account")

    def test_signing_out_ends_the_session_on_the_server(self):
        self.person.sign_in("alice")
        cookies = self.person.session.cookies.copy()
        account = self.person.get("/o/account")
        self.assert_status(account, 200)
        form = fields_of(account.text, "/o/sign_out")
        self.assert_status(self.person.post("/o/sign_out", form), 303)
        self.person.session.cookies = cookies
        self.assert_status(self.person.get("/o/account"), 303)

    def test_signing_out_everywhere_ends_tokens_and_sessions(self):
        other = Person(self.server)
        token = self.redeem(self.allow(person=other)["code"]).json()["access_token"]
        self.person.sign_in("alice")
        form = fields_of(self.person.get("/o/account").text, "/o/sign_out")
        self.assert_status(self.person.post("/o/sign_out", {**form, "everywhere": "1"}), 303)
        self.assertFalse(self.opens(token))
        self.assert_status(other.get("/o/account"), 303)
        self.alice.token = self.alice.new_token()

    def test_an_app_can_be_taken_back_on_the_account_page(self):
        token = self.redeem(self.allow()["code"]).json()["access_token"]
        page = self.person.get("/o/account").text
        self.assertNotIn("<script>alert", page)
        form = {**fields_of(page, "/o/account"), "client": self.client["client_id"]}
        self.assert_status(self.person.post("/o/account", form), 303)
        self.assertFalse(self.opens(token))

    def test_a_new_password_ends_sessions(self):
        self.server.add_user("carol")
        self.person.sign_in("carol")
        self.assert_status(self.person.get("/o/account"), 200)
        self.server.cli("user", "passwd", "carol", "--password", "another one entirely")
        self.assert_status(self.person.get("/o/account"), 303)

    def test_a_session_opens_no_api(self):
        self.person.sign_in("alice")
        self.assert_status(self.person.get("/api/actors"), 401)
        self.assert_status(self.person.get(self.alice.inbox, headers={"Accept": AS2_TYPE}), 401)

    def test_state_never_becomes_a_header(self):
        back = self.allow(state="a\r\nSet-Cookie: x=y")
        self.assertEqual(back["state"], "a\r\nSet-Cookie: x=y")

    def test_sessions_and_codes_are_not_stored_readable(self):
        code = self.allow()["code"]
        secrets_seen = [code, *self.person.session.cookies.values()]
        for path in self.server.data.rglob("*"):
            if path.is_file():
                held = path.read_bytes()
                for secret in secrets_seen:
                    self.assertNotIn(secret.encode(), held)

    def test_errors_for_people_are_pages(self):
        answer = self.person.post("/o/authorize/", {"decision": "allow"}, Accept="text/html")
        self.assert_status(answer, 403)
        self.assertIn("text/html", answer.headers["Content-Type"])


class HttpsCookie(unittest.TestCase):
    def test_behind_tls_the_cookie_is_bound_to_the_host_and_secure(self):
        server = Server()
        self.addCleanup(server.close)
        server.cli("init", "--url", "https://social.example")
        server.start()
        page = requests.get(f"http://127.0.0.1:{server.port}/o/sign_in", timeout=20,
                            headers={"Host": "social.example"})
        self.assertEqual(page.status_code, 200, page.text)
        self.assertRegex(page.headers["Set-Cookie"], r"^__Host-quadpub=qpv_")
        self.assertIn("; Secure", page.headers["Set-Cookie"])


class SignInLimits(unittest.TestCase):
    def test_failed_sign_ins_are_limited_and_say_when_to_come_back(self):
        server = Server()
        self.addCleanup(server.close)
        server.add_user("alice")
        # A trusted proxy, so that the address is not the exempt one.
        server.serve_args = ["--trusted-proxy", "127.0.0.1"]
        server.start()
        person = Person(server)
        fields = fields_of(person.get("/o/sign_in").text, "/o/sign_in")
        def attempt(password, address):
            return person.post("/o/sign_in", {**fields, "username": "alice", "password": password},
                               **{"X-Forwarded-For": address})
        codes = []
        # All at once: the limit fills up again while time passes.
        in_threads(24, lambda _: codes.append(attempt("wrong", "198.51.100.7").status_code))
        self.assertGreaterEqual(codes.count(401), 10)
        self.assertGreaterEqual(codes.count(429), 1, codes)
        limited = attempt(PASSWORD, "198.51.100.7")
        self.assertEqual(limited.status_code, 429)
        self.assertGreaterEqual(int(limited.headers["Retry-After"]), 1)
        self.assertEqual(attempt(PASSWORD, "198.51.100.8").status_code, 303)


class AppHandler(http.server.BaseHTTPRequestHandler):
    documents = {}
    requests_seen = []

    def do_GET(self):
        self.requests_seen.append(self.path)
        found = self.documents.get(self.path)
        if callable(found):
            found(self)
            return
        status, content_type, body = found or (404, "text/plain", b"")
        self.send_response(status)
        self.send_header("Content-Type", content_type)
        self.send_header("Content-Length", str(len(body)))
        if status == 302:
            self.send_header("Location", self.documents["redirect"])
        self.end_headers()
        self.wfile.write(body)

    def log_message(self, *args):
        pass


REDIRECT_URI = {"@id": "https://purl.archive.org/socialweb/oauth#redirectURI", "@type": "@id"}


class ClientDocuments(OauthCase):
    """Client id metadata documents and FEP-d8c2 objects."""

    @classmethod
    def set_up_data(cls):
        super().set_up_data()
        cls.app = http.server.ThreadingHTTPServer(("127.0.0.1", 0), AppHandler)
        cls.addClassCleanup(cls.app.server_close)
        cls.addClassCleanup(cls.app.shutdown)
        threading.Thread(target=cls.app.serve_forever, daemon=True).start()
        cls.base = f"http://127.0.0.1:{cls.app.server_port}"
        cls.back = cls.base + "/back"

    def serve(self, path, body, content_type="application/json", status=200):
        AppHandler.documents[path] = (status, content_type,
                                      body if isinstance(body, bytes) else json.dumps(body).encode())
        return self.base + path

    def serve_metadata(self, path, **changes):
        document = {"client_id": self.base + path, "client_name": "Paper <b>Plane</b>",
                    "redirect_uris": [self.back], "token_endpoint_auth_method": "none",
                    "grant_types": ["authorization_code", "refresh_token"],
                    "response_types": ["code"], "scope": "read write something:else", **changes}
        return self.serve(path, document)

    def try_to_authorize(self, client_id, **changes):
        if not self.person.session.cookies:
            self.person.sign_in("alice")
        changes.setdefault("redirect_uri", self.back)
        return self.person.get(self.request(client_id=client_id, **changes))

    def test_a_metadata_document_is_a_client(self):
        client_id = self.serve_metadata("/cimd.json")
        back = self.allow(client_id=client_id, redirect_uri=self.back)
        token = self.redeem(back["code"], client_id=client_id, redirect_uri=self.back)
        self.assert_status(token, 200)
        refreshed = requests.post(self.server.url + "/o/token/", timeout=20, data={
            "grant_type": "refresh_token", "client_id": client_id,
            "client_secret": "ignored", "refresh_token": token.json()["refresh_token"]})
        self.assert_status(refreshed, 200)
        self.assertTrue(self.opens(refreshed.json()["access_token"]))

    def test_the_page_says_whose_app_it_is_and_its_name_stays_text(self):
        page = self.consent_page(client_id=self.serve_metadata("/named.json"),
                                 redirect_uri=self.back)
        self.assertIn(f"127.0.0.1:{self.app.server_port}", page)
        self.assertIn("Paper &lt;b&gt;Plane&lt;/b&gt;", page)

    def test_an_activitystreams_object_is_a_client(self):
        client_id = self.base + "/d8c2.jsonld"
        self.serve("/d8c2.jsonld", {
            "@context": [AS2, "https://purl.archive.org/socialweb/oauth"], "id": client_id,
            "type": "Application", "name": "Kite", "redirectURI": self.back},
            content_type="application/activity+json")
        back = self.allow(client_id=client_id, redirect_uri=self.back)
        token = self.redeem(back["code"], client_id=client_id, redirect_uri=self.back)
        self.assert_status(token, 200)
        # FEP-d8c2: what is posted with it names it, unless it names something else itself.
        def posted(**more):
            answer = requests.post(self.alice.outbox, timeout=20, data=json.dumps(
                {"type": "Like", "object": self.alice.actor, **more}), headers={
                    "Authorization": f"Bearer {token.json()['access_token']}",
                    "Content-Type": AS2_TYPE})
            self.assert_status(answer, 201)
            return answer.json().get("instrument")
        self.assertEqual(posted(), client_id)
        self.assertEqual(posted(instrument="https://other.example/app"),
                         "https://other.example/app")
        self.assertNotIn("instrument", self.alice.post({"type": "Note", "content": "x"}).json())

    def local_app(self, **changes):
        return id_of(self.bob.post({
            "@context": [AS2, {"redirectURI": REDIRECT_URI}],
            "type": "Application", "name": "Official mobile app", "redirectURI": self.back,
            "to": PUBLIC, **changes}).json()["object"])

    def test_an_app_that_somebody_posted_here_says_who(self):
        client_id = self.local_app()
        before = self.person.get(self.request(client_id=client_id, redirect_uri=self.back)).text
        self.assertIn("an app that somebody made here", before)
        self.assertNotIn("an app of", before)
        page = self.consent_page(client_id=client_id, redirect_uri=self.back)
        self.assertIn("made by <strong>", page)
        self.assertRegex(page, r"@bob@localhost:\d+")
        self.assertNotIn("This app of", page)
        for other in (self.local_app(type="Note", content="x"), self.local_app(to=[])):
            self.assert_status(self.try_to_authorize(other), 400)

    def test_an_app_that_is_none_any_more_loses_its_tokens(self):
        for kind, change in (("Delete", None), ("Update", {"redirectURI": None})):
            client_id, person = self.local_app(), Person(self.server)
            back = self.allow(person=person, client_id=client_id, redirect_uri=self.back)
            token = self.redeem(back["code"], client_id=client_id, redirect_uri=self.back).json()
            self.assertTrue(self.opens(token["access_token"]))
            self.bob.submit({"@context": [AS2, {"redirectURI": REDIRECT_URI}], "type": kind,
                             "object": {"id": client_id, **change} if change else client_id})
            refreshed = requests.post(self.server.url + "/o/token/", timeout=20, data={
                "grant_type": "refresh_token", "client_id": client_id,
                "refresh_token": token["refresh_token"]})
            self.assert_status(refreshed, 400, 401)
            self.assertFalse(self.opens(token["access_token"]))
            self.assert_status(person.get(self.request(client_id=client_id, redirect_uri=self.back)),
                               400)

    def test_nothing_is_fetched_for_somebody_who_has_not_signed_in(self):
        client_id = self.serve_metadata("/anonymous.json")
        page = self.person.get(self.request(client_id=client_id, redirect_uri=self.back))
        self.assert_status(page, 200)
        self.assertIn("/o/sign_in", page.text)
        self.assertNotIn("/anonymous.json", AppHandler.requests_seen)

    def test_documents_that_do_not_hold_are_refused_without_a_redirect(self):
        cases = {
            "another id": self.serve_metadata("/a.json", client_id=self.base + "/b.json"),
            "another redirect": self.serve_metadata("/c.json", redirect_uris=[self.back + "/x"]),
            "no redirect": self.serve_metadata("/d.json", redirect_uris=[]),
            "a script": self.serve_metadata("/e.json", redirect_uris=["javascript:alert(1)"]),
            "a secret": self.serve_metadata("/f.json", client_secret="x"),
            "a method": self.serve_metadata("/g.json",
                                            token_endpoint_auth_method="client_secret_basic"),
            "no JSON": self.serve("/h.json", b"<html>"),
            "a list": self.serve("/i.json", []),
            "HTML": self.serve("/j.json", {"client_id": self.base + "/j.json",
                                           "redirect_uris": [self.back]}, content_type="text/html"),
            "404": self.base + "/missing.json",
            "too large": self.serve("/k.json", b" " * 100_000 + b"{}"),
            "deep": self.serve("/l.json", b"[" * 10_000),
            "wrong types": self.serve("/m.json", {"client_id": self.base + "/m.json",
                                                  "client_name": 7, "redirect_uris": {"a": 1}}),
            "private address": "http://10.0.0.1/client.json",
            "no path": self.base + "/",
            "dots": self.base + "/x/../cimd.json",
            "fragment": self.base + "/cimd.json#x",
        }
        for what, client_id in cases.items():
            answer = self.try_to_authorize(client_id)
            self.assertEqual(answer.status_code, 400, f"{what}: {answer.text}")
            self.assertNotIn("Location", answer.headers, what)

    def test_a_redirect_of_the_document_is_not_followed(self):
        AppHandler.documents["redirect"] = self.serve_metadata("/target.json")
        client_id = self.serve("/moved.json", b"", status=302)
        self.assert_status(self.try_to_authorize(client_id), 400)
        self.assertNotIn("/target.json", AppHandler.requests_seen)

    def test_slow_documents_block_nobody_else(self):
        def slow(handler):
            time.sleep(3)
            handler.send_error(404)
        people = []
        for number in range(6):
            AppHandler.documents[f"/slow{number}.json"] = slow
            person = Person(self.server)
            person.sign_in("alice")
            url = self.request(client_id=f"{self.base}/slow{number}.json", redirect_uri=self.back)
            people.append(threading.Thread(target=person.get, args=(url,)))
        for one in people:
            one.start()
        time.sleep(0.3)
        for _ in range(10):
            self.assert_status(self.person.get("/o/sign_in"), 200)
        self.assertTrue(any(one.is_alive() for one in people))
        for one in people:
            one.join()


class Registration(unittest.TestCase):
    def test_open_registration_makes_clients_that_work_and_closed_does_not(self):
        for mode, status in (("open", 201), ("authenticated", 401), ("disabled", 403)):
            server = Server(config=f'[oauth]\nregistration = "{mode}"\n')
            self.addCleanup(server.close)
            server.start()
            answer = requests.post(server.url + "/o/register/", timeout=20, json={
                "client_name": "App", "redirect_uris": [REDIRECT],
                "token_endpoint_auth_method": "none"})
            self.assertEqual(answer.status_code, status, answer.text)
            metadata = server.get("/.well-known/oauth-authorization-server").json()
            self.assertEqual("registration_endpoint" in metadata, mode != "disabled")
            server.stop()

    def test_open_registration_is_limited_per_address(self):
        server = Server(config='[oauth]\nregistration = "open"\n')
        self.addCleanup(server.close)
        server.serve_args = ["--trusted-proxy", "127.0.0.1"]
        server.start()
        codes = [requests.post(server.url + "/o/register/", timeout=20,
                               headers={"X-Forwarded-For": "198.51.100.7"},
                               json={"redirect_uris": [REDIRECT]}).status_code
                 for _ in range(12)]
        self.assertEqual(codes[:10], [201] * 10)
        self.assertEqual(codes[-1], 429)


class PasswordGrant(unittest.TestCase):
    def test_the_password_grant_is_off_for_loopback_or_on(self):
        for mode, from_here, from_there in (("off", 400, 400), ("loopback", 200, 400),
                                            ("on", 200, 200)):
            server = Server(config=f'[oauth]\npassword_grant = "{mode}"\n')
            self.addCleanup(server.close)
            server.add_user("alice")
            client = server.add_client()
            server.serve_args = ["--trusted-proxy", "127.0.0.1"]
            server.start()
            form = {"grant_type": "password", "username": "alice", "password": PASSWORD, **client}
            for headers, status in (({}, from_here),
                                    ({"X-Forwarded-For": "198.51.100.7"}, from_there)):
                answer = requests.post(server.url + "/o/token/", data=form, headers=headers,
                                       timeout=20)
                self.assertEqual(answer.status_code, status, f"{mode}: {answer.text}")
                if status == 400:
                    self.assertEqual(answer.json()["error"], "unsupported_grant_type")
            metadata = server.get("/.well-known/oauth-authorization-server").json()
            self.assertEqual("password" in metadata["grant_types_supported"], mode == "on")
            server.stop()


class ClientCredentials(AcceptanceCase):
    def test_a_client_s_own_token_acts_for_its_maker_and_is_not_refreshed(self):
        alice = self.server.account("alice")
        client = self.server.cli_json("client", "add", "Bot", "--confidential", "--user", "alice",
                                      "--grant", "client_credentials")
        form = {"grant_type": "client_credentials", "scope": "read",
                "client_id": client["client_id"], "client_secret": client["client_secret"]}
        answer = requests.post(self.server.url + "/o/token/", data=form, timeout=20)
        self.assert_status(answer, 200)
        self.assertNotIn("refresh_token", answer.json())
        bearer = {"Authorization": f"Bearer {answer.json()['access_token']}"}
        self.assert_status(requests.get(alice.inbox, headers={**bearer, "Accept": AS2_TYPE},
                                        timeout=20), 200)
        posted = requests.post(alice.outbox, timeout=20, json={"type": "Note", "content": "x"},
                               headers={**bearer, "Content-Type": AS2_TYPE})
        self.assert_status(posted, 403)


class Metadata(AcceptanceCase):
    def test_the_metadata_says_what_there_is(self):
        answer = self.server.get("/.well-known/oauth-authorization-server")
        metadata = answer.json()
        self.assertEqual(metadata["issuer"], self.server.url)
        self.assertEqual(metadata["code_challenge_methods_supported"], ["S256"])
        for flag in ("authorization_response_iss_parameter_supported",
                     "client_id_metadata_document_supported",
                     "activitypub_object_id_as_client_id"):
            self.assertIs(metadata[flag], True)
        self.assertEqual(metadata["scopes_supported"][:3], ["read", "write", "follow"])
        self.assertEqual(answer.headers["Access-Control-Allow-Origin"], "*")

    def test_the_protected_resource_names_its_authorization_server(self):
        metadata = self.server.get("/.well-known/oauth-protected-resource").json()
        self.assertEqual(metadata["resource"], self.server.url)
        self.assertEqual(metadata["authorization_servers"], [self.server.url])
        self.assertEqual(metadata["bearer_methods_supported"], ["header"])


if __name__ == "__main__":
    unittest.main()
