"""quadpub query: formats, options, errors, updates, the cookbook; and /sparql."""

import json
import os
import re
import subprocess
import tempfile
import unittest
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]
BINARY = os.environ.get("QUADPUB_BINARY", str(ROOT / "build/release/quadpub"))
ALICE = "https://example.org/users/alice"

FIXTURE = """
INSERT DATA {
  GRAPH <https://example.org/users/alice> { <https://example.org/users/alice> a as:Person ;
    ldp:inbox <https://example.org/in> ; as:following <https://example.org/following> ;
    as:followers <https://example.org/followers> }
  GRAPH <https://example.org/following> { <https://example.org/following> as:items
    <https://other.example/bob>, <https://other.example/carol> }
  GRAPH <https://example.org/followers> { <https://example.org/followers> as:items
    <https://other.example/bob>, <https://third.example/dan> }
  GRAPH <https://other.example/bob> { <https://other.example/bob> a as:Person ;
    ldp:inbox <https://other.example/in> }
  GRAPH <https://example.org/notes/1> { <https://example.org/notes/1> a as:Note ;
    as:attributedTo <https://example.org/users/alice> ; as:content "Coffee, please" ; as:to as:Public ;
    as:published "2024-01-02T03:04:05Z"^^xsd:dateTime ; as:tag [ as:name "#cats" ] ;
    as:attachment [ a as:Document ] }
  GRAPH <https://example.org/notes/2> { <https://example.org/notes/2> a as:Note ;
    as:attributedTo <https://example.org/users/alice> ; as:content "secret" ;
    as:inReplyTo <https://other.example/n/9> ; as:published "2024-02-02T03:04:05Z"^^xsd:dateTime }
  GRAPH <https://other.example/n/1> { <https://other.example/n/1> a as:Note ;
    as:attributedTo <https://other.example/bob> ; as:inReplyTo <https://example.org/notes/1> ;
    as:content "Tea" ; as:published "2024-02-03T03:04:05Z"^^xsd:dateTime }
  GRAPH <https://example.org/notes/3> { <https://example.org/notes/3> a as:Note ; as:to as:Public ;
    as:attributedTo <https://example.org/users/alice> ; as:inReplyTo <https://other.example/n/1> ;
    as:published "2024-02-04T03:04:05Z"^^xsd:dateTime }
  GRAPH <https://other.example/n/2> { <https://other.example/n/2> a as:Note ;
    as:attributedTo <https://other.example/bob> ; as:inReplyTo <https://example.org/notes/3> ;
    as:published "2024-03-03T03:04:05Z"^^xsd:dateTime }
  GRAPH <https://other.example/l/1> { <https://other.example/l/1> a as:Like ;
    as:actor <https://other.example/bob> ; as:object <https://example.org/notes/1> }
  GRAPH <https://other.example/b/1> { <https://other.example/b/1> a as:Announce ;
    as:actor <https://other.example/bob> ; as:object <https://example.org/notes/1> }
}
"""

# Rows that the answer to each question of the cookbook has on the fixture.
COOKBOOK_ROWS = [1, 1, 1, 1, 1, 3, 5, 1, 1, 3, 1, 2, 1, 5, 1, 2, 1, 1, 2]


class QueryTest(unittest.TestCase):
    @classmethod
    def setUpClass(cls):
        cls.folder = tempfile.TemporaryDirectory()
        cls.data = os.path.join(cls.folder.name, "data")
        subprocess.run([BINARY, "--data", cls.data, "init", "--url", "http://localhost:8000"],
                       check=True, capture_output=True)
        cls.run_query("--update", FIXTURE)

    @classmethod
    def tearDownClass(cls):
        cls.folder.cleanup()

    @classmethod
    def run_query(cls, *args, stdin="", check=True):
        done = subprocess.run([BINARY, "--data", cls.data, "query", *args], input=stdin,
                              capture_output=True, text=True)
        if check and done.returncode != 0:
            raise AssertionError(done.stderr)
        return done

    def rows(self, query, *args):
        return json.loads(self.run_query(query, "--format", "json", *args).stdout)["results"]["bindings"]

    def test_each_question_of_the_cookbook_has_its_answer(self):
        blocks = re.findall(r"```sparql\n(.*?)```", (ROOT / "tools/cookbook.md").read_text(), re.S)
        self.assertEqual(len(blocks), 20)
        for number, (block, expected) in enumerate(zip(blocks, COOKBOOK_ROWS), 1):
            with self.subTest(question=number):
                self.assertEqual(len(self.rows(block)), expected, block)
        self.assertIn("as:content", self.run_query(blocks[19]).stdout)

    def test_a_table_has_heads_rows_and_a_count(self):
        out = self.run_query("SELECT ?n { ?n a as:Like }").stdout
        self.assertIn("?n", out)
        self.assertIn("<https://other.example/l/1>", out)
        self.assertRegex(out, r"1 row, [0-9.]+ ms")
        self.assertNotIn("\033", out)

    def test_each_format_is_written(self):
        select = "SELECT ?n { ?n a as:Like }"
        self.assertEqual(self.run_query(select, "--format", "csv").stdout,
                         "n\nhttps://other.example/l/1\n")
        self.assertEqual(self.run_query(select, "--format", "tsv").stdout,
                         "?n\n<https://other.example/l/1>\n")
        self.assertIn("<uri>https://other.example/l/1</uri>",
                      self.run_query(select, "--format", "xml").stdout)
        graph = "CONSTRUCT { ?n a as:Like } { ?n a as:Like }"
        self.assertIn("rdf:type as:Like", self.run_query(graph).stdout)
        self.assertIn("<https://other.example/l/1> <http://www.w3.org/1999/02/22-rdf-syntax-ns#type>",
                      self.run_query(graph, "--format", "ntriples").stdout)
        document = json.loads(self.run_query(graph, "--format", "jsonld").stdout)
        self.assertEqual((document["id"], document["type"]), ("https://other.example/l/1", "Like"))
        self.assertEqual(self.run_query(select, "--format", "turtle", check=False).returncode, 1)

    def test_a_query_comes_from_a_file_or_from_standard_input(self):
        path = os.path.join(self.folder.name, "q.rq")
        Path(path).write_text("ASK { ?n a as:Like }")
        self.assertEqual(self.run_query("-f", path).stdout, "yes\n")
        self.assertEqual(self.run_query(stdin="ASK { ?n a as:Nothing }").stdout, "no\n")

    def test_an_error_points_at_line_and_column(self):
        done = self.run_query("SELECT ?x {\n  ?x foo:bar ?y }", check=False)
        self.assertEqual(done.returncode, 1)
        self.assertIn("line 2, column 6", done.stderr)
        self.assertIn("PREFIX foo:", done.stderr)
        self.assertEqual(self.run_query("--check", "SELECT * { ?s ?p ?o }").returncode, 0)
        self.assertEqual(self.run_query("--check", "SELECT", check=False).returncode, 1)

    def test_explain_shows_estimates_and_what_was_done_but_no_estimates_to_readers(self):
        query = "SELECT ?n { ?n a as:Note ; as:content ?c }"
        out = self.run_query("--explain", query).stdout
        self.assertRegex(out, r"~\d+ rows")
        self.assertRegex(out, r"= \d+ rows in")
        self.assertNotIn("~", self.run_query("--explain", "--as", ALICE, query).stdout)

    def test_limit_timing_and_timeout(self):
        self.assertEqual(len(self.rows("SELECT * { ?s ?p ?o }", "--limit", "3")), 3)
        self.assertIn('"time_ms"', self.run_query("ASK {}", "--timing").stderr)
        slow = "SELECT (COUNT(*) AS ?n) { ?a ?b ?c . ?d ?e ?f . ?g ?h ?i . ?j ?k ?l . ?m ?n0 ?o }"
        done = self.run_query(slow, "--timeout", "0.2", "--timing", check=False)
        self.assertEqual(done.returncode, 1)
        self.assertIn("longer than its limit", done.stderr)

    def test_a_reader_sees_no_graph_that_is_not_its_own(self):
        self.assertEqual(self.rows("SELECT ?n { ?n a as:Like }", "--as", ALICE), [])

    def test_an_update_takes_effect_and_a_query_is_no_update(self):
        self.run_query("--update", "INSERT DATA { GRAPH <http://x/g> { <http://x/s> <http://x/p> 1 } }")
        self.assertEqual(len(self.rows("SELECT ?o { <http://x/s> <http://x/p> ?o }")), 1)
        self.run_query("--update", "DELETE WHERE { GRAPH ?g { <http://x/s> ?p ?o } }")
        self.assertEqual(self.rows("SELECT ?o { <http://x/s> <http://x/p> ?o }"), [])
        self.assertEqual(self.run_query("DROP ALL", check=False).returncode, 1)
        key = "INSERT DATA { <http://x/s> sec:publicKeyPem 'x' }"
        self.assertIn("keys", self.run_query("--update", key, check=False).stderr)
        load = "LOAD <http://x/>"
        self.assertIn("network", self.run_query("--update", load, check=False).stderr)


if __name__ == "__main__":
    unittest.main()
