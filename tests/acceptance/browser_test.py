"""Sign-in, consent and administration in a real browser (issue 6, points 4 and 7)."""

import functools
import html
import http.server
import json
import threading
import unittest
import urllib.parse

import requests

import chromium
from chromium import DESK, PHONE, Chromium
from harness import AS2, AS2_TYPE, PASSWORD, PUBLIC, SOURCE, AcceptanceCase, Server
from oauth_test import NAME_WITH_MARKUP, pkce, query_of

EXAMPLE = SOURCE / "tools/examples/browser"


class Pages(http.server.SimpleHTTPRequestHandler):
    """The example client's folder, and pages that a test puts beside it."""

    extra = {}
    documents = {}  # path: JSON

    def do_GET(self):
        path = self.path.split("?")[0]
        if path in self.documents:
            self.send_response(200)
            self.send_header("Content-Type", "application/json")
            self.end_headers()
            self.wfile.write(json.dumps(self.documents[path]).encode())
            return
        body = self.extra.get(path)
        if body is None:
            super().do_GET()
            return
        self.send_response(200)
        self.send_header("Content-Type", "text/html; charset=utf-8")
        self.end_headers()
        self.wfile.write(body.encode())

    def log_message(self, *args):
        pass


class BrowserCase(AcceptanceCase):
    resting = {}

    @classmethod
    def set_up_data(cls):
        handler = functools.partial(Pages, directory=str(EXAMPLE))
        cls.site = http.server.ThreadingHTTPServer(("127.0.0.1", 0), handler)
        cls.addClassCleanup(cls.site.server_close)
        cls.addClassCleanup(cls.site.shutdown)
        threading.Thread(target=cls.site.serve_forever, daemon=True).start()
        cls.app = f"http://localhost:{cls.site.server_port}/"
        cls.elsewhere = f"http://127.0.0.1:{cls.site.server_port}/"  # another site for a browser
        cls.alice = cls.server.account("alice")
        cls.second = cls.server.cli_json("actor", "add", "garden", "--user", "alice", "--name",
                                         NAME_WITH_MARKUP)["actor"]
        cls.client = cls.server.cli_json(
            "client", "add", NAME_WITH_MARKUP, "--public", "--grant", "authorization_code",
            "--redirect-uri", cls.app)["client_id"]

    @classmethod
    def tearDownClass(cls):
        for browser in sum(cls.resting.values(), []):
            browser.close()
        cls.resting.clear()

    def browser(self, scripts=True):
        """One that keeps nothing of the tests before; starting a new one takes seconds."""
        resting = self.resting.setdefault(scripts, [])
        browser = resting.pop() if resting else Chromium(scripts=scripts)
        browser.forget()
        self.addCleanup(resting.append, browser)
        return browser

    def request(self, **changes):
        self.verifier, challenge = pkce()
        query = {"response_type": "code", "client_id": self.client, "redirect_uri": self.app,
                 "state": "st&te", "code_challenge": challenge, "code_challenge_method": "S256",
                 "scope": "read write", **changes}
        return f"{self.server.url}/o/authorize/?{urllib.parse.urlencode(query)}"


class WithoutScripts(BrowserCase):
    """The server's own pages; the browser runs no JavaScript at all."""

    def test_sign_in_choose_an_actor_consent_and_come_back(self):
        browser = self.browser(scripts=False)
        browser.open(self.request())
        browser.screenshot("sign-in-desk")
        browser.sign_in("alice", "not the password")
        self.assertIn("do not hold", browser.text())
        browser.complaints()  # that one was answered 401
        browser.sign_in("alice", PASSWORD)
        self.assertIn("asks to act for you", browser.text())
        self.assertIn(NAME_WITH_MARKUP, browser.text())
        for size, name in ((DESK, "desk"), (PHONE, "phone")):
            browser.resize(size)
            self.assertLessEqual(browser.overflow(), 0)
            browser.screenshot(f"consent-{name}")
        browser.resize(DESK)
        browser.find(f"input[value='{self.second}']").click()
        self.assertEqual(browser.complaints(), [])
        browser.click("button[value=allow]")
        back = query_of(browser.url)
        self.assertTrue(browser.url.startswith(self.app), browser.url)
        self.assertEqual((back["state"], back["iss"]), ("st&te", self.server.url))
        token = requests.post(self.server.url + "/o/token/", timeout=20, data={
            "grant_type": "authorization_code", "code": back["code"], "redirect_uri": self.app,
            "client_id": self.client, "code_verifier": self.verifier}).json()
        self.assertEqual(token["activitypub_actor_id"], self.second)

    def test_denying_comes_back_with_the_reason(self):
        browser = self.browser(scripts=False)
        browser.open(self.request())
        browser.sign_in("alice", PASSWORD)
        browser.click("button[value=deny]")
        self.assertEqual(query_of(browser.url)["error"], "access_denied")

    def test_a_client_document_s_app_gets_its_errors_and_denials_back(self):
        """Browsers hold the policy of the form against every redirect that follows it."""
        client = self.elsewhere + "app.json"
        Pages.documents["/app.json"] = {
            "client_id": client, "client_name": "Kite", "redirect_uris": [self.elsewhere],
            "token_endpoint_auth_method": "none"}
        for changes, error in (({"code_challenge_method": "plain"}, "invalid_request"),
                               ({"scope": "nonsense"}, "invalid_scope"),
                               ({"response_type": "token"}, "unsupported_response_type"),
                               ({}, "access_denied")):
            browser = self.browser(scripts=False)
            browser.open(self.request(client_id=client, redirect_uri=self.elsewhere, **changes))
            browser.sign_in("alice", PASSWORD)
            if not changes:
                browser.click("button[value=deny]")
            self.assertTrue(browser.url.startswith(self.elsewhere), browser.url)
            self.assertEqual(query_of(browser.url)["error"], error)
            self.assertEqual(browser.complaints(), [])
            browser.forget()

    def test_signing_out_on_the_account_page(self):
        browser = self.browser(scripts=False)
        browser.open(self.server.url + "/o/account")
        browser.sign_in("alice", PASSWORD)
        self.assertIn("Apps that may act for you", browser.text())
        browser.screenshot("account-desk")
        browser.click("form[action='/o/sign_out'] button")
        browser.open(self.server.url + "/o/account")
        self.assertTrue(browser.url.startswith(self.server.url + "/o/sign_in"), browser.url)


class OverTls(AcceptanceCase):
    """The server speaks TLS itself; the browser trusts its self-signed certificate, and no other."""

    @classmethod
    def setUpClass(cls):
        cls.server = Server(edge="tls")
        cls.addClassCleanup(cls.server.close)
        cls.server.add_user("alice")
        cls.server.start()

    def test_the_session_s_cookie_is_bound_to_the_host(self):
        browser = Chromium(scripts=True, trusted=self.server.certificate.pin())
        self.addCleanup(browser.close)
        account = self.server.url + "/o/account"
        browser.open(account)
        visit = browser.driver.get_cookies()[0]
        browser.sign_in("alice", PASSWORD)
        self.assertEqual(browser.url, account)
        cookies = browser.driver.get_cookies()
        self.assertEqual([one["name"] for one in cookies], ["__Host-quadpub"])
        cookie = cookies[0]
        self.assertEqual((cookie["secure"], cookie["httpOnly"], cookie["sameSite"], cookie["path"],
                          cookie["domain"]), (True, True, "Lax", "/", "localhost"))
        self.assertNotEqual(cookie["value"], visit["value"])
        self.assertEqual(browser.driver.execute_script("return document.cookie"), "")
        # A script of ours, were there one, could plant none of that name, nor could plain http.
        browser.driver.execute_script(
            "document.cookie = '__Host-quadpub=planted; path=/; domain=localhost';"
            "document.cookie = '__Host-quadpub=planted';")
        self.assertEqual(browser.driver.get_cookies(), cookies)
        browser.click("form[action='/o/sign_out'] button")
        browser.open(account)
        self.assertTrue(browser.url.startswith(self.server.url + "/o/sign_in"), browser.url)


class Hostile(BrowserCase):
    """security.md 1.7, as a browser sees it."""

    def test_markup_in_names_runs_nothing(self):
        browser = self.browser()
        browser.open(self.request())
        browser.sign_in("alice", PASSWORD)
        self.assertEqual(browser.all("main script, main img"), [])
        self.assertIn(NAME_WITH_MARKUP, browser.text())
        self.assertEqual(browser.complaints(), [])

    def test_the_pages_show_in_no_frame_of_another_site(self):
        browser = self.browser()
        browser.open(self.request())
        browser.sign_in("alice", PASSWORD)
        Pages.extra["/frame"] = (f"<!doctype html><iframe src=\"{html.escape(self.request())}\">"
                                 "</iframe>")
        for site in (self.app, self.elsewhere):
            browser.open(site + "frame")
            browser.driver.switch_to.frame(browser.find("iframe"))
            self.assertEqual(browser.all("button[value=allow], input[name=password]"), [])
            browser.driver.switch_to.default_content()
        self.assertTrue(any("frame-ancestors" in one or "X-Frame-Options" in one
                            for one in browser.complaints()))

    def test_a_form_of_another_site_gives_no_code(self):
        browser = self.browser()
        browser.open(self.request())
        browser.sign_in("alice", PASSWORD)
        fields = dict(urllib.parse.parse_qsl(urllib.parse.urlsplit(self.request()).query))
        inputs = "".join(f'<input name="{html.escape(name)}" value="{html.escape(value)}">'
                         for name, value in {**fields, "decision": "allow", "actor": ""}.items())
        Pages.extra["/forged"] = (
            f"<!doctype html><form method=post action='{self.server.url}/o/authorize/'>{inputs}"
            "<button>Win</button></form>")
        for site in (self.app, self.elsewhere):
            browser.open(site + "forged")
            browser.click("button")
            self.assertTrue(browser.url.startswith(self.server.url), browser.url)
            self.assertIn("another site", browser.text())


class ExampleClient(BrowserCase):
    """tools/examples/browser/index.html: sign in with PKCE, post, read the inbox."""

    def begin(self, browser):
        browser.open(self.app)
        browser.type("#server", self.server.url)
        browser.type("#client", self.client)
        browser.click("#sign-in button")

    def test_the_page_signs_in_posts_and_reads_the_inbox(self):
        bob = self.server.account("bob")
        bob.create({"type": "Note", "content": "hello <b>alice</b>"}, to=[self.alice.actor])
        browser = self.browser()
        self.begin(browser)
        browser.sign_in("alice", PASSWORD)
        browser.click("button[value=allow]")
        browser.wait(lambda: browser.find("#actor").text == self.alice.actor, "signed in")
        browser.wait(lambda: "hello <b>alice</b>" in browser.find("#inbox").text, "the inbox")
        browser.type("#content", "posted from a browser")
        browser.find("#post button").click()
        browser.wait(lambda: browser.find("#posted").text.startswith("posted http"), "posted")
        browser.screenshot("example-desk")
        activity = browser.find("#posted").text.removeprefix("posted ")
        seen = requests.get(activity, headers={"Accept": AS2_TYPE}, timeout=20).json()
        self.assertEqual(seen["object"]["content"], "posted from a browser")
        token = browser.driver.execute_script(
            "return JSON.parse(sessionStorage.getItem('session')).token")
        browser.find("#sign-out").click()
        browser.wait(lambda: browser.find("#sign-in").is_displayed(), "signed out")
        self.assertEqual(requests.get(self.server.url + "/api/actors", timeout=20, headers={
            "Authorization": f"Bearer {token}"}).status_code, 401)
        self.assertEqual(browser.find("#problem").text, "")

    def test_the_page_says_so_when_the_user_denies(self):
        browser = self.browser()
        self.begin(browser)
        browser.sign_in("alice", PASSWORD)
        browser.click("button[value=deny]")
        browser.wait(lambda: "access_denied" in browser.find("#problem").text, "the reason")


class Reading(BrowserCase):
    """What a person gets who opens an id: actors, posts and lists of every shape, at two widths."""

    LONG = "Donaudampfschifffahrtselektrizitätenhauptbetriebswerkbauunterbeamtengesellschaft" * 3
    HEBREW = "שלום עולם, זה פתק מימין לשמאל עם English באמצע."

    def pages(self):
        writer = self.server.account("reading")
        writer.submit({"type": "Update", "object": {
            "id": writer.actor, "name": self.LONG, "summary": f"<p>{self.LONG}</p>"}})
        def post(**note):
            return writer.create({"type": "Note", **note}, to=[PUBLIC])[1]
        yield "actor", writer.actor
        yield "empty", writer.document["followers"]
        yield "empty-page", writer.document["followers"] + "?page=first"
        yield "long", post(content=f"<p>{self.LONG}</p><pre>{self.LONG}</pre>", name=self.LONG,
                           tag=[{"type": "Hashtag", "name": "#" + self.LONG,
                                 "href": "https://a.example/" + self.LONG}])
        yield "right-to-left", post(content=f"<p>{self.HEBREW}</p>", name=self.HEBREW)
        yield "sensitive", post(content="hidden at first", summary=self.HEBREW, sensitive=True)
        yield "table", post(content="<ul>" + "<li>x" * 60 + "</ul><blockquote><p>q</blockquote>")
        yield "question", writer.create({"type": "Question", "content": "Which?", "oneOf": [
            {"type": "Note", "name": name} for name in ("this", "that", self.LONG)]},
            to=[PUBLIC])[1]
        yield "unknown", writer.create(
            {"type": "Recipe", "steps": [{"text": "boil", "deep": {"deeper": [1, 2.5, True]}}]},
            context=[AS2, {"ex": "https://e.example/#", "Recipe": "ex:Recipe", "steps": "ex:steps",
                           "text": "ex:text", "deep": "ex:deep", "deeper": "ex:deeper"}],
            to=[PUBLIC])[1]
        gone = post(content="gone")
        writer.submit({"type": "Delete", "object": gone})
        yield "tombstone", gone
        for number in range(25):
            post(content=f"one of many: {number}")
        yield "many", writer.outbox
        yield "many-page", writer.outbox + "?page=first"
        yield "missing", self.server.url + "/objects/none"
        yield "home", self.server.url + "/"

    def test_every_page_fits_at_two_widths_without_scripts(self):
        browser = self.browser(scripts=False)
        for name, url in self.pages():
            for size, width in ((DESK, "desk"), (PHONE, "phone")):
                browser.resize(size)
                browser.open(url)
                self.assertLessEqual(browser.overflow(), 0, f"{name} on a {width}")
                self.assertEqual(len(browser.all("h1")), 1, name)
                browser.screenshot(f"read-{name}-{width}")
            if name not in ("missing", "tombstone"):
                self.assertEqual(browser.complaints(), [], name)
            browser.complaints()

    def test_text_runs_as_it_is_written_and_lists_show_what_is_in_them(self):
        writer = self.server.account("direction")
        _, note = writer.create({"type": "Note", "content": f"<p>{self.HEBREW}</p>"}, to=[PUBLIC])
        browser = self.browser(scripts=False)
        browser.open(note)
        self.assertEqual(browser.find(".card p").value_of_css_property("direction"), "rtl")
        self.assertEqual(browser.find("h1").value_of_css_property("direction"), "ltr")
        browser.open(writer.outbox)
        self.assertIn("English", browser.text())
        _, question = writer.create({"type": "Question", "content": "Which?", "oneOf": [
            {"type": "Note", "name": name} for name in ("this", "that")]}, to=[PUBLIC])
        self.alice.submit({"type": "Like", "object": question, "to": [PUBLIC]})
        self.alice.create({"type": "Note", "name": "that", "inReplyTo": question},
                          to=[writer.actor])
        browser.open(question)
        self.assertIn("this 0 votes\nthat 1 vote", browser.text())
        self.assertIn("likes: 1", browser.text())


class Administration(BrowserCase):
    PAGES = ("", "actors", "users", "clients", "domains", "queue", "reports")

    @classmethod
    def set_up_data(cls):
        super().set_up_data()
        cls.server.cli("user", "add", "root", "--password", PASSWORD, "--admin")
        cls.server.cli("domain", "block", "bad.example")

    def sign_in(self, browser, name="root"):
        browser.open(self.server.url + "/admin/")
        browser.sign_in(name, PASSWORD)

    def test_every_page_reads_at_two_widths_without_scripts(self):
        self.alice.submit({"@context": AS2, "type": "Flag", "object": self.alice.actor,
                           "content": "<script>alert(1)</script> reported", "to": [PUBLIC]})
        self.alice.create({"type": "Note", "content": "x"},
                          to=["http://127.0.0.1:9/actors/nobody"])
        browser = self.browser(scripts=False)
        self.sign_in(browser)
        for page in self.PAGES:
            for size, name in ((DESK, "desk"), (PHONE, "phone")):
                browser.resize(size)
                browser.open(f"{self.server.url}/admin/{page}")
                self.assertLessEqual(browser.overflow(), 0, f"{page} on a {name}")
                self.assertNotEqual(browser.all("h1"), [])
                self.assertEqual(browser.all("main script"), [])
                self.assertEqual(browser.all("svg:not([aria-hidden])"), [], "beside its figures")
                browser.screenshot(f"admin-{page or 'overview'}-{name}")
            self.assertEqual(browser.complaints(), [], page)

    def test_the_actors_are_listed_searched_and_filtered(self):
        browser = self.browser(scripts=False)
        self.sign_in(browser)
        browser.open(self.server.url + "/admin/actors")
        head = [cell.text for cell in browser.all("th")]
        self.assertEqual(head, ["Display name", "Username", "User", "Type", "Created"])
        rows = lambda: [row.text for row in browser.all("tbody tr")]
        self.assertEqual(len(rows()), 2)
        self.assertTrue(any(NAME_WITH_MARKUP in row for row in rows()))
        browser.type("input[name=q]", "GARDEN")
        browser.click("main form button")
        self.assertEqual(len(rows()), 1)
        browser.type("input[name=q]", "")
        browser.find("select[name=type] option:nth-child(3)").click()
        browser.click("main form button")
        self.assertEqual(rows(), [])

    def test_long_lists_have_pages(self):
        for number in range(60):
            answer = requests.post(
                self.server.url + "/o/register/", timeout=20,
                headers={"Authorization": f"Bearer {self.alice.token}"},
                json={"client_name": f"registered {number}", "redirect_uris": [self.app]})
            self.assert_status(answer, 201)
        browser = self.browser(scripts=False)
        self.sign_in(browser)
        browser.open(self.server.url + "/admin/clients?q=REGISTERED")
        self.assertIn("1-50 of 60", browser.text())
        self.assertEqual(len(browser.all("tbody tr")), 50)
        browser.driver.find_element("link text", "Further").click()
        browser.wait(lambda: "51-60 of 60" in browser.text(), "the second page")
        self.assertEqual(len(browser.all("tbody tr")), 10)

    def test_a_client_is_added_and_its_secret_shown_once(self):
        browser = self.browser(scripts=False)
        self.sign_in(browser)
        browser.open(self.server.url + "/admin/clients")
        browser.type("input[name=name]", "Made <i>here</i>")
        browser.find("input[name=password]").click()
        browser.click("button[value=add]")
        client_id, secret = (code.text for code in browser.all("dd code"))
        answer = requests.post(self.server.url + "/o/token/", timeout=20, data={
            "grant_type": "password", "username": "alice", "password": PASSWORD,
            "client_id": client_id, "client_secret": secret})
        self.assertEqual(answer.status_code, 200, answer.text)
        browser.open(self.server.url + "/admin/clients")
        self.assertIn("Made <i>here</i>", browser.text())
        self.assertNotIn(secret, browser.driver.page_source)

    def test_a_host_is_blocked_and_unblocked(self):
        browser = self.browser(scripts=False)
        self.sign_in(browser)
        browser.open(self.server.url + "/admin/domains")
        self.assertIn("bad.example", browser.text())
        browser.type("input[name=host]", "Worse.Example")
        browser.click("button[value=block]")
        self.assertIn("worse.example\tblocked", self.server.cli("domain", "list"))
        browser.click("button[value=unblock]")
        browser.click("button[value=unblock]")
        self.assertNotIn("blocked", self.server.cli("domain", "list"))

    def test_a_user_is_disabled_and_signed_out_at_once(self):
        browser, other = self.browser(scripts=False), self.browser(scripts=False)
        self.server.add_user("zoe")
        other.open(self.server.url + "/o/account")
        other.sign_in("zoe", PASSWORD)
        self.sign_in(browser)
        browser.open(self.server.url + "/admin/users?q=zoe")
        browser.click("button[value=disable]")
        other.open(self.server.url + "/o/account")
        self.assertTrue(other.url.startswith(self.server.url + "/o/sign_in"))

    def test_a_report_is_read_as_text_and_closed(self):
        self.alice.submit({"@context": AS2, "type": "Flag", "object": self.alice.actor,
                           "content": "<img src=x onerror=alert(1)>", "to": [PUBLIC]})
        browser = self.browser()
        self.sign_in(browser)
        browser.open(self.server.url + "/admin/reports")
        self.assertIn("<img src=x onerror=alert(1)>", browser.text())
        before = len(browser.all(".card"))
        browser.click("button[value=close]")
        self.assertEqual(len(browser.all(".card")), before - 1)

    def test_others_do_not_get_in(self):
        browser = self.browser(scripts=False)
        self.sign_in(browser, "alice")
        self.assertIn("for administrators", browser.text())


if __name__ == "__main__":
    chromium.skip_if_missing()
    unittest.main()
