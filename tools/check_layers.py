#!/usr/bin/env python3
"""Checks every #include "..." against the layers that CMakeLists.txt declares.

A file of a layer may include its own folder and the folders of the layers that its layer USES,
and what those use in turn. A file of a test program may include what its test_program(...) USES.
Nothing outside tests/ includes tests/, nothing outside bench/ bench/. What is in no layer
(src/main.cpp, the programs of bench/) is at the top and may include every layer.

    tools/check_layers.py               check; exit 1 and a line per forbidden include
    tools/check_layers.py --self-test   check that a forbidden include is caught
"""

import pathlib
import re
import sys
import tempfile

CODE = {".hpp", ".cpp"}
INCLUDE = re.compile(r'^\s*#\s*include\s+"([^"]+)"')
KEYWORDS = {"DIR", "FILES", "USES", "LIBS"}


class Layer:
    def __init__(self, name, folder, uses):
        self.name, self.folder, self.uses = name, folder, uses


def read_calls(text, function):
    """The calls of `function` in a CMakeLists.txt: name and keyword arguments, no comments."""
    text = re.sub(r"#.*", "", text)
    for call in re.finditer(rf"^\s*{function}\(([^)]*)\)", text, re.MULTILINE):
        name, *rest = call.group(1).split()
        parts, key = {}, None
        for word in rest:
            if word in KEYWORDS:
                key = word
                parts[key] = []
            elif key:
                parts[key].append(word)
        yield name, parts


def read_layers(text):
    """The layer(...) calls, by name."""
    return {name: Layer(name, parts["DIR"][0], parts.get("USES", []))
            for name, parts in read_calls(text, "layer") if "DIR" in parts}


def read_tests(text):
    """For each file of a test_program(...), the layers that its programs use."""
    uses = {}
    for _, parts in read_calls(text, "test_program"):
        for file in parts.get("FILES", []):
            uses.setdefault(f"tests/{file}", set()).update(parts.get("USES", []))
    return uses


def reachable(layers, name):
    """A layer and everything that it uses, directly or not."""
    found, waiting = set(), [name]
    while waiting:
        current = waiting.pop()
        if current not in found:
            found.add(current)
            waiting += layers[current].uses
    return found


def layer_of(layers, path):
    """The layer that a path relative to the root belongs to, or None. Longest folder wins."""
    inside = [layer for layer in layers.values() if path.startswith(layer.folder + "/")]
    return max(inside, key=lambda layer: len(layer.folder), default=None)


def resolve(root, including, name):
    """The file that an include means, relative to the root, or None when it is not ours."""
    for folder in (root, root / "src", including.parent):
        candidate = (folder / name).resolve()
        if candidate.is_file() and candidate.is_relative_to(root):
            return candidate.relative_to(root).as_posix()
    return None


def code_files(root):
    for folder in ("vocab", "store", "src", "tools", "tests", "bench"):
        yield from sorted(path for path in (root / folder).rglob("*") if path.suffix in CODE)


def problem_of(layers, tests, including, included):
    """Why `including` may not include `included`, or None."""
    target = layer_of(layers, included)
    if including in tests and target is not None:
        allowed = set().union(*(reachable(layers, use) for use in tests[including]))
        return None if target.name in allowed else f"its test_program does not use {target.name}"
    if included.split("/")[0] in ("tests", "bench"):
        same = included.split("/")[0] == including.split("/")[0]
        return None if same else "nothing but the tests includes tests, nothing but bench bench"
    source = layer_of(layers, including)
    if source is None or target is None:
        if source is not None:
            return f"layer {source.name} includes what belongs to no layer"
        return None
    if target.name in reachable(layers, source.name):
        return None
    return f"layer {source.name} does not use layer {target.name}"


def check(root):
    """Every offending include, as text."""
    root = root.resolve()
    layers = read_layers((root / "CMakeLists.txt").read_text())
    tests = read_tests((root / "tests/CMakeLists.txt").read_text())
    used = {use for layer in layers.values() for use in layer.uses}.union(*tests.values())
    problems = [f"CMakeLists.txt: {use} is used and is not a layer"
                for use in sorted(used - set(layers))]
    if problems:
        return problems
    for path in code_files(root):
        name = path.relative_to(root).as_posix()
        if name.startswith("src/") and name != "src/main.cpp" and not layer_of(layers, name):
            problems.append(f"{name}: belongs to no layer of CMakeLists.txt")
        for number, line in enumerate(path.read_text(errors="replace").splitlines(), 1):
            found = INCLUDE.match(line)
            included = found and resolve(root, path, found.group(1))
            problem = included and problem_of(layers, tests, name, included)
            if problem:
                problems.append(f"{name}:{number}: {line.strip()}: {problem}")
    return problems


def self_test():
    """Builds a small tree, clean and then with each kind of forbidden include."""
    with tempfile.TemporaryDirectory() as folder:
        root = pathlib.Path(folder)
        write = lambda name, text="": ((root / name).parent.mkdir(parents=True, exist_ok=True),
                                       (root / name).write_text(text))
        write("CMakeLists.txt", "layer(base DIR src/base FILES a.cpp)  # layer(x DIR y)\n"
                                "layer(rdf DIR src/rdf FILES b.cpp\n  USES base LIBS z)\n"
                                "layer(net DIR src/net FILES c.cpp USES base)\n"
                                "layer(web DIR src/web FILES d.cpp USES rdf)\n")
        for name in ("base/a", "rdf/b", "net/c", "web/d"):
            write(f"src/{name}.hpp")
        write("src/web/d.cpp", '#include "web/d.hpp"\n#include <vector>\n#include "base/a.hpp"\n')
        write("tests/CMakeLists.txt", "test_program(net FILES net/c_test.cpp USES net)\n")
        write("tests/x.hpp")
        write("tests/net/c_test.cpp", '#include "tests/x.hpp"\n#include "net/c.hpp"\n')
        assert check(root) == [], check(root)
        for name, line in (("src/base/up.cpp", "rdf/b.hpp"), ("src/rdf/side.cpp", "net/c.hpp"),
                           ("src/web/far.cpp", "../net/c.hpp"), ("src/net/t.cpp", "tests/x.hpp"),
                           ("src/lost/l.cpp", "base/a.hpp")):
            write(name, f'#include "{line}"\n')
            found = check(root)
            assert len(found) == 1 and found[0].startswith(name), (name, found)
            (root / name).unlink()
        write("tests/net/c_test.cpp", '#include "web/d.hpp"\n')
        assert len(check(root)) == 1, check(root)


def main():
    if sys.argv[1:] == ["--self-test"]:
        self_test()
        print("check_layers: every forbidden include was caught")
        return 0
    problems = check(pathlib.Path(__file__).resolve().parents[1])
    print("\n".join(problems) if problems else "check_layers: every include goes downwards")
    return 1 if problems else 0


if __name__ == "__main__":
    sys.exit(main())
