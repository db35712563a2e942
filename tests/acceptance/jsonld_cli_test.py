"""`quadpub jsonld`: the W3C suites through the command line, and input that means no good."""

import concurrent.futures
import itertools
import json
import os
import pathlib
import re
import subprocess
import tempfile
import time
import unittest

from harness import SOURCE, binary

TESTS = "https://w3c.github.io/{}/tests/"
JOBS = 2


def suite_folder(name):
    """As tests/spec/suite.cpp looks for it."""
    for place in (os.environ.get("QUADPUB_W3C"), SOURCE / "tests/spec/suites",
                  SOURCE.parent / "shared/w3c"):
        if place and (pathlib.Path(place) / name).exists():
            return pathlib.Path(place) / name
    return None


def jsonld(*arguments, stdin=b"", seconds=60):
    return subprocess.run([binary(), "jsonld", *map(str, arguments)], input=stdin,
                          capture_output=True, timeout=seconds, check=False)


def same_document(a, b, ordered=False):
    """Equal as JSON-LD: the order of arrays matters in lists only."""
    if isinstance(a, dict) and isinstance(b, dict):
        return a.keys() == b.keys() and all(
            same_document(a[key], b[key], key == "@list") for key in a)
    if isinstance(a, list) and isinstance(b, list):
        if len(a) != len(b):
            return False
        if ordered:
            return all(map(same_document, a, b))
        left = list(b)
        for item in a:
            found = next((i for i, other in enumerate(left) if same_document(item, other)), None)
            if found is None:
                return False
            del left[found]
        return True
    return isinstance(a, bool) == isinstance(b, bool) and a == b


TERM = re.compile(r'<[^>]*>|_:[^\s]+|"(?:[^"\\]|\\.)*"(?:@[\w-]+|\^\^<[^>]*>)?')
ESCAPE = re.compile(r'\\(?:u([0-9A-Fa-f]{4})|U([0-9A-Fa-f]{8})|(.))')
PLAIN = {"t": "\t", "b": "\b", "n": "\n", "r": "\r", "f": "\f"}


def read_quads(text):
    """A set of tuples of N-Quads terms, without escapes and with language tags in lower case."""
    def unescaped(match):
        code = match[1] or match[2]
        return chr(int(code, 16)) if code else PLAIN.get(match[3], match[3])

    def term(spelt):
        value, quote, tail = spelt.rpartition('"')
        tail = tail.lower() if tail.startswith("@") else tail
        return ESCAPE.sub(unescaped, value + quote + tail)

    lines = [line for line in text.split("\n") if line.strip() and not line.startswith("#")]
    return {tuple(term(found) for found in TERM.findall(line)) for line in lines}


def blanks(quads):
    return sorted({term for quad in quads for term in quad if term.startswith("_:")})


def colours(quads):
    """Blank nodes told apart by what is said of them, as far as that goes."""
    colour = {node: "" for node in blanks(quads)}
    for _ in range(4):
        said = {node: [] for node in colour}
        for quad in quads:
            shown = [colour.get(term, term) for term in quad]
            for place, term in enumerate(quad):
                if term in colour:
                    said[term].append((place, *shown))
        colour = {node: str(hash(str(sorted(all_of)))) for node, all_of in said.items()}
    return colour


def isomorphic(a, b):
    left, right = colours(a), colours(b)
    if len(a) != len(b) or sorted(left.values()) != sorted(right.values()):
        return False
    groups = {}
    for node, colour in right.items():
        groups.setdefault(colour, []).append(node)
    by_colour = {}
    for node, colour in left.items():
        by_colour.setdefault(colour, []).append(node)
    tried = (itertools.permutations(groups[colour]) for colour in by_colour)
    for choice in itertools.islice(itertools.product(*tried), 100000):
        renamed = {}
        for nodes, others in zip(by_colour.values(), choice):
            renamed.update(zip(nodes, others))
        if {tuple(renamed.get(term, term) for term in quad) for quad in a} == b:
            return True
    return False


class Suite:
    """One manifest, each case of it one run of the command."""

    def __init__(self, folder, name, action):
        self.folder, self.name, self.action = folder, name, action
        manifest = json.loads((folder / f"{name}-manifest.jsonld").read_text())
        self.cases = [case for case in manifest["sequence"]
                      if case.get("option", {}).get("specVersion") != "json-ld-1.0"]
        self.apart = len(manifest["sequence"]) - len(self.cases)
        self.base = TESTS.format(folder.name)

    def arguments(self, case):
        option = case.get("option", {})
        line = [self.action, self.folder / case["input"], "--map", f"{self.base}={self.folder}/",
                "--base", option.get("base", self.base + case["input"])]
        for key, flag in (("context", "--context"), ("frame", "--frame")):
            if key in case:
                line += [flag, self.folder / case[key]]
        for key, flag in (("processingMode", "--processing-mode"),
                          ("rdfDirection", "--rdf-direction")):
            if key in option:
                line += [flag, option[key]]
        if "expandContext" in option:
            line += ["--expand-context", self.folder / option["expandContext"]]
        if "omitGraph" in option:
            line += ["--omit-graph", str(option["omitGraph"]).lower()]
        for key, flag in (("useNativeTypes", "--use-native-types"), ("ordered", "--ordered"),
                          ("useRdfType", "--use-rdf-type"),
                          ("produceGeneralizedRdf", "--produce-generalized-rdf")):
            line += [flag] if option.get(key) else []
        for key, flag in (("compactArrays", "--no-compact-arrays"),
                          ("compactToRelative", "--no-compact-to-relative")):
            line += [flag] if option.get(key) is False else []
        return line

    def trouble(self, case):
        """Empty where the case passes."""
        done = jsonld(*self.arguments(case))
        errors = done.stderr.decode()
        if "expectErrorCode" in case:
            wanted = f"quadpub: {case['expectErrorCode']}"
            fine = done.returncode == 1 and errors.startswith(wanted) and errors.count("\n") == 1
            return "" if fine and not done.stdout else f"{done.returncode} {errors}; not {wanted}"
        if done.returncode != 0:
            return f"{done.returncode} {errors}"
        if "expect" not in case:
            return ""  # a syntax test
        text, expected = done.stdout.decode(), (self.folder / case["expect"]).read_text()
        if self.action == "to-rdf":
            fine = isomorphic(read_quads(text), read_quads(expected))
        else:
            fine = same_document(json.loads(text), json.loads(expected))
        return "" if fine else f"got {text[:2000]}"


class W3C(unittest.TestCase):
    def run_suite(self, folder_name, name, action, total):
        folder = suite_folder(folder_name)
        if folder is None:
            self.skipTest(f"no suite {folder_name}")
        suite = Suite(folder, name, action)
        with concurrent.futures.ThreadPoolExecutor(JOBS) as pool:
            troubles = list(pool.map(suite.trouble, suite.cases))
        failed = {case["@id"]: trouble for case, trouble in zip(suite.cases, troubles) if trouble}
        print(f"quadpub jsonld {action}: {len(troubles) - len(failed)}/{len(troubles)}"
              f" ({suite.apart} for 1.0 only not run)", flush=True)
        self.assertEqual(failed, {})
        self.assertEqual(len(troubles), total)

    def test_expand(self):
        self.run_suite("json-ld-api", "expand", "expand", 376)

    def test_compact(self):
        self.run_suite("json-ld-api", "compact", "compact", 244)

    def test_flatten(self):
        self.run_suite("json-ld-api", "flatten", "flatten", 55)

    def test_frame(self):
        self.run_suite("json-ld-framing", "frame", "frame", 91)

    def test_to_rdf(self):
        self.run_suite("json-ld-api", "toRdf", "to-rdf", 456)

    def test_from_rdf(self):
        self.run_suite("json-ld-api", "fromRdf", "from-rdf", 53)


    def test_canon(self):
        folder = suite_folder("rdf-canon")
        if folder is None:
            self.skipTest("no suite rdf-canon")

        def trouble(case):
            is_map = case["type"] == "rdfc:RDFC10MapTest"
            done = jsonld("canon", folder / case["action"], "--format", "nquads",
                          *(["--id-map"] if is_map else []),
                          "--hash", case.get("hashAlgorithm", "SHA256").lower())
            if case["type"] == "rdfc:RDFC10NegativeEvalTest":
                return "" if done.returncode == 1 and done.stderr else "canonicalized"
            expected = (folder / case["result"]).read_bytes()
            if is_map:
                fine = done.returncode == 0 and json.loads(done.stdout) == json.loads(expected)
            else:
                fine = done.returncode == 0 and done.stdout == expected
            return "" if fine else f"{done.returncode} {done.stderr} {done.stdout[:1000]}"

        cases = json.loads((folder / "manifest.jsonld").read_text())["entries"]
        troubles = {case["id"]: trouble(case) for case in cases}
        failed = {case: trouble for case, trouble in troubles.items() if trouble}
        print(f"quadpub jsonld canon: {len(cases) - len(failed)}/{len(cases)}", flush=True)
        self.assertEqual(failed, {})
        self.assertEqual(len(cases), 86)


class Files(unittest.TestCase):
    def setUp(self):
        folder = tempfile.TemporaryDirectory()
        self.addCleanup(folder.cleanup)
        self.folder = pathlib.Path(folder.name)

    def write(self, name, content):
        path = self.folder / name
        if isinstance(content, bytes):
            path.write_bytes(content)
        else:
            path.write_text(content if isinstance(content, str) else json.dumps(content))
        return path

    def printed(self, *arguments, stdin=b""):
        done = jsonld(*arguments, stdin=stdin)
        self.assertEqual((done.returncode, done.stderr), (0, b""))
        return done.stdout.decode()

    def assert_fails(self, code, says, *arguments, stdin=b""):
        """With that exit code, nothing on stdout, one line on stderr, and soon."""
        started = time.monotonic()
        done = jsonld(*arguments, stdin=stdin)
        self.assertEqual(done.returncode, code, done.stderr)
        self.assertEqual(done.stdout, b"")
        errors = done.stderr.decode()
        self.assertIn(says, errors)
        self.assertTrue(errors.startswith("quadpub: ") and errors.count("\n") == 1, errors)
        self.assertLess(time.monotonic() - started, 30)


class Reading(Files):
    DOCUMENT = {"@context": {"name": "http://schema.example/name"}, "@id": "a", "name": "A"}

    def test_a_dash_is_standard_input(self):
        text = self.printed("to-rdf", "-", "--base", "http://x.example/",
                            stdin=json.dumps(self.DOCUMENT).encode())
        self.assertEqual(text, '<http://x.example/a> <http://schema.example/name> "A" .\n')

    def test_a_file_may_be_named_by_its_address_which_is_its_base_then(self):
        self.write("doc.jsonld", self.DOCUMENT)
        text = self.printed("expand", "http://x.example/d/doc.jsonld",
                            "--map", f"http://x.example/d/={self.folder}/")
        self.assertEqual(json.loads(text)[0]["@id"], "http://x.example/d/a")

    def test_the_longest_prefix_counts(self):
        self.write("ctx.jsonld", {"@context": {"name": "http://outer.example/"}})
        (self.folder / "in").mkdir()
        self.write("in/ctx.jsonld", {"@context": {"name": "http://inner.example/"}})
        doc = self.write("doc.jsonld", {"@context": "http://x.example/in/ctx.jsonld", "name": 1})
        inner = ("--map", f"http://x.example/in/={self.folder}/in/")
        outer = ("--map", f"http://x.example/={self.folder}/")
        for maps in (inner + outer, outer + inner):
            self.assertIn("http://inner.example/", self.printed("expand", doc, *maps))

    def test_contexts_that_we_ship_need_no_map(self):
        note = {"@context": "https://www.w3.org/ns/activitystreams", "type": "Note",
                "content": "hello"}
        doc = self.write("note.json", note)
        self.assertIn("https://www.w3.org/ns/activitystreams#content", self.printed("expand", doc))
        text = self.printed("compact", doc, "--context", "https://www.w3.org/ns/activitystreams")
        self.assertEqual(json.loads(text), note)

    def test_with_a_format_the_input_is_rdf_for_every_action(self):
        turtle = self.write("a.ttl", "@prefix x: <http://x.example/> . x:a x:knows [ x:n 1 ] .")
        rdf = ("--format", "turtle")
        self.assertEqual(len(self.printed("to-rdf", turtle, *rdf).splitlines()), 2)
        canonical = self.printed("canon", turtle, *rdf)
        self.assertIn("<http://x.example/a> <http://x.example/knows> _:c14n0 .\n", canonical)
        for action in ("from-rdf", "expand", "flatten", "compact"):
            self.assertIn("http://x.example/knows", self.printed(action, turtle, *rdf))
        frame = self.write("frame.jsonld", {"http://x.example/knows": {}})
        framed = json.loads(self.printed("frame", turtle, *rdf, "--frame", frame))
        self.assertEqual(framed["http://x.example/knows"]["http://x.example/n"]["@value"], "1")

    def test_quads_are_printed_in_every_syntax(self):
        quads = (b'<http://x/a> <https://www.w3.org/ns/activitystreams#name> "n"@de .\n'
                 b'_:b <http://x/p> <http://x/a> .\n')
        named = quads.replace(b" .", b" <http://x/g> .")
        for syntax in ("nquads", "ntriples", "turtle", "trig"):
            for text in (quads, named):
                done = jsonld("to-rdf", "-", "--format", "nquads", "--to", syntax, stdin=text)
                if text is named and syntax in ("ntriples", "turtle"):
                    self.assertEqual(done.returncode, 1)
                    self.assertIn(b"<http://x/g>", done.stderr)
                    continue
                self.assertEqual(done.returncode, 0, done.stderr)
                again = jsonld("canon", "-", "--format", syntax, stdin=done.stdout)
                wanted = jsonld("canon", "-", "--format", "nquads", stdin=text)
                self.assertEqual(again.stdout, wanted.stdout)
                self.assertEqual(b"as:name" in done.stdout, syntax in ("turtle", "trig"))

    def test_json_prints_one_line_or_terms(self):
        doc = self.write("doc.jsonld", self.DOCUMENT)
        self.assertEqual(len(self.printed("expand", doc, "--json").splitlines()), 1)
        rows = json.loads(self.printed("to-rdf", doc, "--json", "--base", "http://x.example/"))
        self.assertEqual(rows, [{"s": "<http://x.example/a>", "p": "<http://schema.example/name>",
                                 "o": '"A"'}])

    def test_help_explains_every_option_the_codes_and_the_actions(self):
        text = self.printed("--help")
        for word in ("--hash", "--id-map", "canon  ", "--context", "--frame", "--expand-context", "--base", "--map", "--format",
                     "--processing-mode", "--ordered", "--use-native-types", "--use-rdf-type",
                     "--produce-generalized-rdf", "--no-compact-arrays", "--rdf-direction",
                     "--no-compact-to-relative", "--omit-graph", "EXAMPLES", "EXIT STATUS",
                     "from-rdf  "):
            self.assertIn(word, text)


class Hostile(Files):
    def test_usage_errors_are_2(self):
        doc = self.write("doc.jsonld", {})
        for arguments in ((), ("expand",), ("explode", doc), ("expand", doc, "--no-such-option"),
                          ("expand", doc, "--map", "nothing"), ("frame", doc),
                          ("expand", doc, "--map", "=x"), ("to-rdf", doc, "--format", "rdfxml"),
                          ("expand", doc, "--processing-mode", "json-ld-2.0"),
                          ("frame", doc, "--frame", doc, "--omit-graph", "maybe"),
                          ("to-rdf", doc, "--rdf-direction", "up"),
                          ("canon", doc, "--hash", "md5"), ("expand", doc, doc)):
            with self.subTest(arguments=arguments):
                self.assert_fails(2, "", *arguments)

    def test_what_is_not_there_or_not_json_cannot_be_loaded(self):
        deep = self.write("deep.json", "[" * 200000 + "]" * 200000)
        objects = self.write("objects.json", '{"http://x.example/p":' * 200000)
        latin = self.write("latin.json", b'{"@id": "http://x.example/\xe9"}')
        twice = self.write("twice.json", "{} {}")
        for path in (self.folder / "nothing.json", self.folder, deep, objects, latin, twice,
                     self.write("empty.json", ""), self.write("half.json", '{"a": ')):
            for action in ("expand", "to-rdf"):
                with self.subTest(path=path, action=action):
                    self.assert_fails(1, "loading document failed", action, path)
        self.assert_fails(1, "loading document failed", "expand", "-", stdin=b"\xff\xfe{")

    def test_a_context_or_frame_that_is_not_there_is_an_error(self):
        doc = self.write("doc.jsonld", {})
        for option in ("--context", "--expand-context"):
            self.assert_fails(1, "loading document failed", "compact", doc, option, "/nothing")
        self.assert_fails(1, "loading document failed", "frame", doc, "--frame", "/nothing")

    def test_there_is_no_network_and_no_way_out_of_a_folder(self):
        (self.folder / "in").mkdir()
        self.write("secret.jsonld", {"@context": {"name": "http://x.example/secret"}})
        for url in ("https://x.example/ctx", "http://127.0.0.1:1/ctx", "file:///etc/passwd",
                    "http://x.example/in/../secret.jsonld", "http://x.example/in//etc/passwd"):
            doc = self.write("doc.jsonld", {"@context": url, "name": 1})
            with self.subTest(url=url):
                self.assert_fails(1, "loading remote context failed", "expand", doc,
                                  "--map", f"http://x.example/in/={self.folder}/in/")

    def test_contexts_that_load_each_other_end(self):
        self.write("a.jsonld", {"@context": "http://x.example/b.jsonld"})
        self.write("b.jsonld", {"@context": "http://x.example/a.jsonld"})
        self.assert_fails(1, "context overflow", "expand", "http://x.example/a.jsonld",
                          "--map", f"http://x.example/={self.folder}/")

    def test_framing_is_bounded_in_depth_and_size(self):
        link = "http://x.example/next"
        chain = [{"@id": f"http://x.example/{i}", link: {"@id": f"http://x.example/{i + 1}"}}
                 for i in range(5000)]
        first = self.write("first.json", {"@id": "http://x.example/0"})
        self.assert_fails(1, "depth", "frame", self.write("chain.json", chain), "--frame", first)
        # Each node embeds the next one twice: 2^40 nodes.
        double = [{"@id": f"http://x.example/{i}", link: {"@id": f"http://x.example/{i + 1}"},
                   link + "2": {"@id": f"http://x.example/{i + 1}"}} for i in range(40)]
        always = self.write("always.json", {"@id": "http://x.example/0", "@embed": "@always"})
        self.assert_fails(1, "framed", "frame", self.write("double.json", double),
                          "--frame", always)

    def test_broken_rdf_is_an_error(self):
        for syntax, text in (("nquads", "<a> <b> <c> ."), ("ntriples", "nonsense"),
                             ("turtle", "<http://x.example/a> <http://x.example/b> (" * 100000),
                             ("trig", "{ <http://x.example/a> "), ("nquads", b"\xff\xff")):
            path = self.write("broken", text)
            with self.subTest(syntax=syntax):
                self.assert_fails(1, "", "from-rdf", path, "--format", syntax)


if __name__ == "__main__":
    unittest.main()
