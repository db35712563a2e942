"""What the client API does at its edges: with what it does not take, what a client must not change,
and what is spelled in another way. Written from the specifications alone, as a stranger's test."""

import json
import socket
import unittest

import requests

from harness import AS2, AS2_TYPE, PUBLIC, AcceptanceCase, Server, id_of, wait_until
from remote import Peer
from wire_test import Raw, send


class ClientEdges(AcceptanceCase):
    @classmethod
    def setUpClass(cls):
        cls.server = Server(host="127.0.0.1", config='[oauth]\nregistration = "open"\n')
        cls.addClassCleanup(cls.server.close)
        cls.alice = cls.server.account("alice")
        cls.bob = cls.server.account("bob")
        cls.carol = cls.server.account("carol")
        cls.peer = Peer()
        cls.addClassCleanup(cls.peer.close)
        cls.remote = cls.peer.actor("remote")
        cls.server.start()

    def refused(self, activity, status, words="", account=None):
        response = (account or self.alice).post(activity)
        self.assert_status(response, status)
        self.assertIn(words, response.json()["error"])

    def note(self, account=None, **more):
        return (account or self.alice).create({"type": "Note", "content": "words", **more},
                                              to=[PUBLIC])[1]

    def upload(self, parts):
        return requests.post(self.server.url + "/media", files=parts, headers=self.alice.headers,
                             timeout=20)

    def raw(self, text):
        """The answer to `text`, sent as it stands."""
        with socket.create_connection(("127.0.0.1", self.server.port), timeout=10) as connection:
            host = f"Host: 127.0.0.1:{self.server.port}\r\nConnection: close\r\n\r\n"
            connection.sendall((text + "\r\n" + host).encode())
            answer = b""
            while part := connection.recv(65536):
                answer += part
        return answer.decode()


class Requests(ClientEdges):
    def test_a_content_encoding_is_refused_with_415_on_every_road_that_takes_a_body(self):
        roads = [self.alice.outbox, self.alice.inbox] + [
            self.server.url + path for path in (
                "/inbox", "/proxy", "/media", "/api/actors", "/o/token/", "/o/register/",
                "/o/revoke_token/", "/o/introspect/", "/o/authorize/", "/o/sign_in", "/admin/users")]
        for url in roads:
            for coding in ("gzip", "br", "identity, gzip", "x-own"):
                answer = requests.post(url, data=b"{}", timeout=20, headers={
                    **self.alice.headers, "Content-Type": AS2_TYPE, "Content-Encoding": coding})
                self.assertEqual(answer.status_code, 415, url)
                self.assertEqual(answer.headers["Accept-Encoding"], "identity", url)
                self.assertEqual(answer.headers["Content-Type"], "application/problem+json")
        for coding in ("identity", "Identity", ""):
            answer = requests.post(self.alice.outbox, data='{"type": "Note"}', timeout=20, headers={
                **self.alice.headers, "Content-Type": AS2_TYPE, "Content-Encoding": coding})
            self.assert_status(answer, 201)

    def test_a_method_that_is_not_taken_is_405_with_Allow_whether_it_has_a_body_or_not(self):
        paths = [url.removeprefix(self.server.url) for url in
                 (self.alice.actor, self.alice.outbox, self.note())] + ["/o/token/", "/media", "/"]
        for path in paths:
            for method in ("PUT", "PATCH", "DELETE"):
                for length in ("", "\r\nContent-Length: 0"):
                    answer = self.raw(f"{method} {path} HTTP/1.1{length}")
                    self.assertIn(" 405 ", answer.split("\r\n")[0], f"{method} {path}")
                    self.assertIn("\r\nAllow: ", answer)

    def test_options_is_answered_for_the_server_and_for_addresses_of_any_form(self):
        answer = self.raw("OPTIONS * HTTP/1.1")
        self.assertIn(" 204 ", answer.split("\r\n")[0])
        asked = requests.options(self.server.url + "/users/imported/statuses/1", timeout=20,
                                 headers={"Origin": "https://app.example",
                                          "Access-Control-Request-Method": "GET",
                                          "Access-Control-Request-Headers": "authorization"})
        self.assert_status(asked, 204)
        self.assertEqual(asked.headers["Access-Control-Allow-Origin"], "https://app.example")
        self.assertIn("Authorization", asked.headers["Access-Control-Allow-Headers"])

    def test_what_the_front_refuses_says_what_to_do(self):
        answer = self.alice.post({"type": "Note", "content": "x" * (3 << 20)})
        self.assert_status(answer, 413)
        problem = answer.json()
        self.assertIn("larger", problem["detail"])
        self.assertEqual(problem["error"], problem["detail"])

    def test_an_upload_that_is_no_form_is_415_and_one_with_two_files_400(self):
        for content_type in ("image/png", "application/x-www-form-urlencoded", "multipart/mixed"):
            answer = requests.post(self.server.url + "/media", data=b"x", timeout=20, headers={
                **self.alice.headers, "Content-Type": content_type})
            self.assert_status(answer, 415)
        picture = ("a.gif", b"GIF89a" + bytes(20), "image/gif")
        self.assert_status(self.upload([("file", picture)]), 201)
        self.assert_status(self.upload([("file", picture), ("file", picture)]), 400)
        shell = (None, json.dumps({"type": "Image"}), AS2_TYPE)
        self.assert_status(self.upload([("file", picture), ("object", shell), ("object", shell)]), 400)

    def test_the_proxy_takes_one_id_and_hides_who_else_got_what_it_brings(self):
        far = Raw(lambda handler: send(handler, json.dumps({
            "@context": AS2, "id": f"{far.url}/note", "type": "Note", "bto": "http://hid.example/1",
            "attachment": [{"type": "Note", "bcc": ["http://hid.example/2"]}],
            "as:bcc": "http://hid.example/3"}).encode()))
        self.addCleanup(far.close)
        def proxied(form):
            return requests.post(self.server.url + "/proxy", data=form, headers=self.alice.headers,
                                 timeout=20)
        found = proxied({"id": far.url + "/note"})
        self.assert_status(found, 200)
        self.assertEqual(found.json()["type"], "Note")
        self.assertNotIn("hid.example", found.text)
        self.assert_status(proxied([("id", far.url + "/note"), ("id", far.url + "/x")]), 400)


if __name__ == "__main__":
    unittest.main()
