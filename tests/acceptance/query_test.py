"""quadpub query: formats, options, errors, updates, the cookbook; and /sparql."""

import fcntl
import json
import os
import pty
import re
import select
import signal
import subprocess
import tempfile
import termios
import time
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


class Terminal:
    """quadpub query at a terminal, as somebody sits before it."""

    def __init__(self, data, home, *args, columns=80):
        self.master, slave = pty.openpty()
        environment = {**os.environ, "HOME": home, "TERM": "xterm", "COLUMNS": str(columns)}
        environment.pop("NO_COLOR", None)
        self.process = subprocess.Popen([BINARY, "--data", data, "query", *args], stdin=slave,
                                        stdout=slave, stderr=slave, env=environment,
                                        start_new_session=True,
                                        preexec_fn=lambda: fcntl.ioctl(0, termios.TIOCSCTTY, 0))
        os.close(slave)
        self.seen = ""

    def types(self, text):
        os.write(self.master, text.encode())

    def shows(self, wanted, seconds=20):
        """Waits until `wanted` comes; returns what came up to there, and forgets it."""
        deadline = time.monotonic() + seconds
        while wanted not in self.seen:
            if time.monotonic() > deadline:
                raise AssertionError(f"{wanted!r} does not come: {self.seen!r}")
            if select.select([self.master], [], [], 0.1)[0]:
                try:
                    self.seen += os.read(self.master, 65536).decode(errors="replace")
                except OSError:
                    if wanted not in self.seen:
                        raise AssertionError(f"{wanted!r} does not come: {self.seen!r}") from None
        before, self.seen = self.seen.split(wanted, 1)
        return before

    def works(self, seconds):
        """Waits until the program has used `seconds` of a processor more than now."""
        def used():
            fields = Path(f"/proc/{self.process.pid}/stat").read_text().rsplit(")", 1)[1].split()
            return (int(fields[11]) + int(fields[12])) / os.sysconf("SC_CLK_TCK")
        begin, deadline = used(), time.monotonic() + 20
        while used() < begin + seconds:
            if time.monotonic() > deadline:
                raise AssertionError(f"it does not work: {self.seen!r}")
            time.sleep(0.05)

    def ends(self):
        deadline = time.monotonic() + 20
        while self.process.poll() is None and time.monotonic() < deadline:
            if select.select([self.master], [], [], 0.05)[0]:
                try:
                    os.read(self.master, 65536)
                except OSError:
                    break
        status = self.process.wait(timeout=20)
        os.close(self.master)
        return status


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
        self.assertIn(" a as:Like", self.run_query(graph).stdout)
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
        for args in (["-f", "-"], ["-"]):
            self.assertEqual(self.run_query(*args, stdin="ASK { ?n a as:Nothing }").stdout, "no\n")
        self.assertEqual(self.run_query(stdin="\ufeffASK {}").stdout, "yes\n")
        done = self.run_query("ASK {}", "--as", "alice", check=False)
        self.assertEqual((done.returncode, done.stderr),
                         (1, "quadpub: --as takes the IRI of an actor, not alice\n"))
        for name in (self.folder.name, path + ".none"):
            done = self.run_query("-f", name, check=False)
            self.assertEqual((done.returncode, done.stderr), (1, f"quadpub: cannot read {name}\n"))
        with open("/dev/zero", "rb") as endless:
            done = subprocess.run([BINARY, "--data", self.data, "query"], stdin=endless,
                                  capture_output=True, text=True, timeout=20)
        self.assertEqual((done.returncode, done.stderr),
                         (1, "quadpub: longer than 16777216 bytes\n"))
        for time in ("0", "-1", "nan", "inf"):
            self.assertEqual(self.run_query("ASK {}", "--timeout", time, check=False).returncode, 2)
        for limit in ("0", "-1", "x"):
            done = self.run_query("ASK {}", "--limit", limit, check=False)
            self.assertEqual(done.returncode, 2)
            self.assertLess(len(done.stderr), 100)

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

    def test_the_prompt_reads_queries_and_remembers_them(self):
        home = tempfile.mkdtemp(dir=self.folder.name)
        terminal = Terminal(self.data, home)
        terminal.shows("sparql> ")
        terminal.types("ASK { ?n a as:Like };\r")
        terminal.shows("yes")
        terminal.shows("sparql> ")
        terminal.types("SELECT ?n {\r")
        terminal.shows("> ")
        terminal.types("  ?n a as:Like }\r")
        terminal.shows("> ")
        terminal.types("\r")  # an empty line ends it
        self.assertIn("<https://other.example/l/1>", terminal.shows("1 row"))
        terminal.shows("sparql> ")
        for line in ("SELECT ?n { # {", "  ?n a as:Like ;", "     as:actor <https://other.example/bob> ;",
                     "     as:object ?o FILTER(STR(?o) != '{') };"):
            terminal.shows("> ") if line[0] == " " else None
            terminal.types(line + "\r")
        self.assertIn("<https://other.example/l/1>", terminal.shows("1 row"))
        terminal.shows("sparql> ")
        terminal.types(".help\r")
        self.assertIn(".quit", terminal.shows("sparql> ").split("\n", 1)[1])
        terminal.types("SELECT nonsense;\r")
        self.assertIn("line 1, column 8", terminal.shows("sparql> "))
        terminal.types("\x1b[A\x1b[A\x1b[A\x1b[A\r")  # four up: the first one
        terminal.shows("yes")
        terminal.shows("sparql> ")
        terminal.types("ASK { ?n a as:Nope }\x1b[D\x1b[D\x7f\x7f\x7f\x7fNote\x1b[F;\r")
        terminal.shows("yes")  # edited: as:Note
        terminal.shows("sparql> ")
        terminal.types(".quit\r")
        self.assertEqual(terminal.ends(), 0)
        # Another day.
        terminal = Terminal(self.data, home)
        terminal.shows("sparql> ")
        terminal.types("\x1b[A")
        terminal.shows("as:Note")
        terminal.types("\x15\x04")  # clear the line, end of input
        self.assertEqual(terminal.ends(), 0)
        mode = os.stat(os.path.join(home, ".quadpub_history")).st_mode & 0o777
        self.assertEqual(mode, 0o600)

    def test_ctrl_c_gives_up_what_is_typed_or_runs_and_the_prompt_stays(self):
        terminal = Terminal(self.data, tempfile.mkdtemp(dir=self.folder.name))
        terminal.shows("sparql> ")
        terminal.types("\x03")  # nothing to give up
        terminal.shows("sparql> ")
        terminal.types("SELECT ?n {\r")
        terminal.shows("      > ")
        terminal.types("  ?n a as:Li")
        terminal.shows("as:Li")
        terminal.types("\x03")
        terminal.shows("sparql> ")
        terminal.types("ASK {};\r")  # and nothing of the other
        terminal.shows("yes")
        terminal.shows("sparql> ")
        terminal.types("SELECT (COUNT(*) AS ?n) { ?a ?b ?c . ?d ?e ?f . ?g ?h ?i . ?j ?k ?l . "
                       "?m ?o ?p . ?q ?r ?s };\r")
        terminal.shows("};\r\n")
        terminal.works(0.2)
        begin = time.monotonic()
        terminal.types("\x03")
        terminal.shows("error: the query was interrupted")
        self.assertLess(time.monotonic() - begin, 2)
        terminal.shows("sparql> ")
        terminal.types("ASK {};\r")
        terminal.shows("yes")
        terminal.shows("sparql> ")
        terminal.types("\x04")
        self.assertEqual(terminal.ends(), 0)

    def test_the_prompt_takes_texts_of_many_lines_tabs_and_any_letters(self):
        home = tempfile.mkdtemp(dir=self.folder.name)
        terminal = Terminal(self.data, home)
        terminal.shows("sparql> ")
        terminal.types("SELECT (STRLEN(?x) AS ?n) ?x { # { one\r")
        terminal.shows("      > ")
        terminal.types("\tBIND(\"\"\"h\u00e9 {\r")
        terminal.shows("      > ")
        terminal.types("\r")  # inside of a text: no end
        terminal.shows("      > ")
        terminal.types("  \U0001f431 \\\"\"\"\" AS ?x)\r")
        terminal.shows("      > ")
        terminal.types("};  # done\r")
        shown = terminal.shows("1 row")
        self.assertIn("\u2502 11" if "\u2502" in shown else "11", shown)
        self.assertIn("\U0001f431", shown)
        terminal.shows("sparql> ")
        terminal.types("\x1b[A\r")  # the same again, in one line and without the comments
        self.assertIn("11", terminal.shows("1 row"))
        terminal.shows("sparql> ")
        terminal.types("SELECT ?n {\r")
        terminal.shows("      > ")
        terminal.types("\x04")  # leaves, whatever is typed
        self.assertEqual(terminal.ends(), 0)

    def test_a_table_on_a_terminal_has_colours_and_its_width(self):
        query = "SELECT ?n ?c { ?n as:content ?c }"
        terminal = Terminal(self.data, self.folder.name, query)
        shown = terminal.shows("rows, ")
        self.assertIn("\033[", shown)
        self.assertEqual(terminal.ends(), 0)
        self.assertNotIn("\033[", self.run_query(query).stdout)

    def test_nothing_in_an_answer_commands_the_terminal(self):
        named = "<http://x/evil> as:name"
        evil = "\\u001B[31mred\\u009B1m\\u202Edlrow\\u0007\\u0000end"
        self.run_query("--update", f"INSERT DATA {{ {named} '{evil}' }}")
        self.addCleanup(self.run_query, "--update", f"DELETE WHERE {{ {named} ?n }}")
        select, graph = f"SELECT ?n {{ {named} ?n }}", f"CONSTRUCT WHERE {{ {named} ?n }}"
        escaped = "\\u001B[31mred\\u009B1m\\u202Edlrow\\u0007\\u0000"
        for query, args, expected in [
                (select, (), " [31mred 1m dlrow"), (select, ("csv",), "\ufffd[31mred\ufffd1m"),
                (select, ("xml",), "[31mred\ufffd1m"), (select, ("tsv",), escaped),
                (select, ("json",), "\\u001b[31mred\\u009B1m"), (graph, ("turtle",), escaped),
                (graph, ("ntriples",), escaped), (graph, ("jsonld",), "\\u001b[31mred\\u009B1m")]:
            with self.subTest(args=args):
                terminal = Terminal(self.data, self.folder.name, query,
                                    *(("--format", *args) if args else ()))
                shown = terminal.shows("end")
                self.assertEqual(terminal.ends(), 0)
                self.assertIn(expected, shown)
                for character in ("\033[31m", "\u009b", "\u202e", "\a", "\0"):
                    self.assertNotIn(character, shown)
        # What goes to a file is as it is.
        self.assertIn("\033[31mred\u009b1m\u202e", self.run_query(select, "--format", "csv").stdout)

    def test_columns_are_as_wide_as_what_is_shown(self):
        out = self.run_query("""SELECT ?a ?b { VALUES (?a ?b) { ('abcdef' 'x') ('\u65e5\u672c\u8a9e' 'x')
            ('e\u0301e\u0301' 'x') ('\U0001f431' 'x') ('\U0001f1e9\U0001f1ea' 'x') } }""").stdout
        lines = out.splitlines()[2:7]
        self.assertEqual(lines[:2], ["abcdef  x", "\u65e5\u672c\u8a9e  x"])
        self.assertEqual(lines[2], "e\u0301e\u0301" + " " * 6 + "x")
        for line in lines[3:]:
            self.assertTrue(line.endswith(" " * 6 + "x") and line[-8] != " ", ascii(line))

    def test_a_reader_that_goes_away_is_no_error(self):
        three = "VALUES ?%s { " + " ".join(map(str, range(50))) + " }"
        body = " ".join(three % name for name in "abc")
        for args in ((f"SELECT * {{ {body} }}",), (f"SELECT * {{ {body} }}", "--format", "tsv"),
                     (f"CONSTRUCT {{ ?x <http://x/p> ?c }} {{ {body} BIND(IRI(CONCAT('http://x/', STR(?a), '-', STR(?b))) AS ?x) }}",)):
            process = subprocess.Popen([BINARY, "--data", self.data, "query", *args], text=True,
                                       stdout=subprocess.PIPE, stderr=subprocess.PIPE)
            process.stdout.readline()
            process.stdout.close()
            self.assertEqual(process.wait(timeout=20), -signal.SIGPIPE)
            self.assertEqual(process.stderr.read(), "")
            process.stderr.close()
        with open("/dev/full", "w") as full:
            done = subprocess.run([BINARY, "--data", self.data, "query", "ASK {}"], stdout=full,
                                  stderr=subprocess.PIPE, text=True)
        self.assertEqual((done.returncode, done.stderr),
                         (1, "quadpub: standard output cannot be written\n"))

    def test_a_hint_says_what_to_try(self):
        for query, said in [("SELECT * { ?s ?p ?o", "line 1, column 20"),
                            ("SELECT ?x { ?s ?p ?o } ORDER ?x", "BY"),
                            ("SELEC * {}", "line 1, column 1"),
                            ("SELECT * { ?s ?p <http://a b> }", "no IRI has a space"),
                            ("SELECT * { ?s \"" + "\u00e9" * 30 + "\" ?p }", "\u00e9'"),
                            ("SELECT * { ?s foo:bar 1 }", "PREFIX foo:"),
                            ("SELECT * { ?s ?p 'a\n' }", "line 1"),
                            ("SELECT (COUNT(*) AS ?n) ?s { ?s ?p ?o }", "GROUP BY"),
                            ("SELECT (COUNT(*) AS ?n)\n ?s { ?s ?p ?o }", "line 2, column 2"),
                            ("SELECT ?s\n  (1 AS ?o) { ?s ?p ?o }", "line 2, column 3"),
                            ("DROP ALL", "--update")]:
            with self.subTest(query=query):
                done = self.run_query(query, check=False)
                self.assertEqual(done.returncode, 1)
                self.assertIn(said, done.stderr)
                self.assertEqual(len(done.stderr.strip().splitlines()), 1)

    def test_explain_is_json_too_and_for_every_form(self):
        for query in ("SELECT ?n { ?n a as:Note ; as:content ?c OPTIONAL { ?n as:to ?t } }",
                      "ASK { ?s ?p ?o }", "CONSTRUCT WHERE { ?n a as:Note }", "DESCRIBE ?n { ?n a as:Note }"):
            plan = json.loads(self.run_query("--explain", "--json", query).stdout)
            self.assertTrue(plan)
            self.assertIn("rows in", self.run_query("--explain", query).stdout)

    def test_the_latest_come_from_the_end_of_an_index(self):
        notes = " ".join(f"<http://x/n{i}> a as:Note ; as:published '2020-01-01T00:{i // 60 % 60:02}:{i % 60:02}Z'^^xsd:dateTime ."
                         for i in range(3000))
        self.run_query("--update", stdin=f"INSERT DATA {{ GRAPH <http://x/many> {{ {notes} }} }}")
        query = ("SELECT ?n { ?n a as:Note ; as:published ?d FILTER(STRSTARTS(STR(?n), 'http://x/')) } "
                 "ORDER BY DESC(?d) LIMIT 3")
        self.assertEqual([row["n"]["value"] for row in self.rows(query)],
                         ["http://x/n2999", "http://x/n2998", "http://x/n2997"])
        plan = self.run_query("--explain", query).stdout
        self.assertIn("scan backwards", plan)
        read = int(re.search(r"scan backwards.*?= (\d+) rows", plan).group(1))
        self.assertLess(read, 200)
        self.run_query("--update", "CLEAR GRAPH <http://x/many>")

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
