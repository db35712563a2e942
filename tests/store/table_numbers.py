"""No two tables of the store have one number: each layer names its own, and nothing else compares them."""

import collections
import pathlib
import re
import sys

ROOT = pathlib.Path(__file__).resolve().parents[2]
TABLE = re.compile(r"store::Table (k\w+)\{\s*(\d+)\}")


def main():
    names = collections.defaultdict(list)
    for file in sorted((ROOT / "src").rglob("*.[ch]pp")):
        for name, number in TABLE.findall(file.read_text()):
            names[int(number)].append(f"{file.relative_to(ROOT)}: {name}")
    shared = {number: who for number, who in names.items() if len(who) > 1}
    for number, who in shared.items():
        print(f"table {number} is shared by {', '.join(who)}")
    print(f"{len(names)} tables")
    return 1 if shared or not names else 0


sys.exit(main())
