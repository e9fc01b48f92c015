"""Write docs/libraries.md from the files in adapters/libraries: `python docs/make_libraries.py`."""

from __future__ import annotations

import sys
from collections import defaultdict
from pathlib import Path

from adapters._batteries.described import HEADER, Description, describe, files

DOCS = Path(__file__).parent
CONSTRAINTS = DOCS.parent / "tests" / "libraries" / "constraints.txt"
PAGE = DOCS / "libraries.md"

HEAD = """\
# Types that travel by themselves

{types} types of {packages} packages need no adapter of yours. `adapters.dumps`, `Executor`,
`share`, `task` and `explain` find the adapter when they meet the first object; nothing has to be
switched on:

```python
>>> import sqlite3
>>> import adapters
>>> connection = sqlite3.connect("words.db")
>>> _ = connection.execute("CREATE TABLE words (word TEXT)")
>>> twin = adapters.loads(adapters.dumps(connection))
>>> twin.execute("SELECT name FROM sqlite_master").fetchall()
[('words',)]

```

Plain pickle stays as it is, until you tell it: after `adapters.libraries.load()` it takes the types
of all packages that the process has imported, and so do joblib, a Pool and whatever else pickles;
`load("lxml", "h5py")` names packages.

- An adapter that you register for a type takes precedence over the one listed here, and over one
  that another package [brings](how-to/bring-adapters.md).
- `adapters.unregister(type)` leaves a type to pickle again. `ADAPTERS_BATTERIES=0` in the
  environment switches all of them off.
- The process that rebuilds an object needs the package, and the same `adapters`; it imports both by
  itself. Versions other than the tested ones usually do, too.
- What is large and expensive, as a model, is best [shared](how-to/expensive-objects.md): it is then
  rebuilt once in each process.
- A file or a database travels as its path and its settings, so both processes have to see the file.

## What is left out

Below each table stands what is left out, and why; `adapters.explain` says it, too. Often an object
cannot tell how it was made, as a parser or a compressor with options. Then send how to make it, and
make it there:

```python
>>> import functools
>>> import zlib
>>> compressor = functools.partial(zlib.compressobj, level=9)
>>> adapters.loads(adapters.dumps(compressor))().compress(b"")
b'x\\xda'

```

Of some packages nothing is served, or these types are not:

| package | why |
|---|---|
| brotli, lz4, msgpack, snappy, webrtcvad, zlib | options or progress cannot be read back |
| contourpy | the data of a generator cannot be read back |
| grpc, ssl (`SSLContext`) | credentials, or certificates that were loaded, cannot be read back |
| lupa, quickjs | a runtime is all that has run in it |
| rocksdict | the access type and the functions of a database cannot be read back |
| safetensors | the path of an opened file cannot be read back; what was read are arrays |
| scipy (`SuperLU`) | a matrix that is factorized anew has other permutations |
| tiktoken (`CoreBPE`) | its pattern cannot be read back; an `Encoding` pickles by itself |

## All names

{names}
"""


def page() -> str:
    """The text of the page."""
    found = [describe(file) for file in files()]
    sections = "\n".join(map(_section, found))
    count = sum(len(each.types) for each in found)
    head = HEAD.format(types=count, packages=len(found), names=_names(found))
    return f"{head}\n{sections}"


def _names(found: list[Description]) -> str:
    """All names, each with a link to its package, by their first letters."""
    by_letter: dict[str, dict[str, set[str]]] = defaultdict(lambda: defaultdict(set))
    for each in found:
        for name in each.types:
            last = name.rpartition(".")[2]
            by_letter[last.strip("_")[0].upper()][last].add(each.file)
    lines = []
    for letter, names in sorted(by_letter.items()):
        links = (
            f"[{name}](#{file.lower()})"
            for name in sorted(names, key=str.lower)
            for file in sorted(names[name])
        )
        lines.append(f"- **{letter}**: {', '.join(links)}")
    return "\n".join(lines)


def _section(each: Description) -> str:
    rows = [
        f"| {', '.join(f'`{name}`' for name in row.types)} | {row.kept} | {row.lost or '-'} |"
        for row in each.rows
    ]
    table = "\n".join([HEADER, "|---|---|---|", *rows])
    summary = each.summary[:1].upper() + each.summary[1:]
    parts = [f"## {each.file}", f"{summary} {_tested(each.file)}", each.text, table, each.more]
    return "\n\n".join(filter(None, parts)) + "\n"


def _tested(file: str) -> str:
    """With which versions the adapters are tested."""
    versions = []
    for line in CONSTRAINTS.read_text(encoding="utf-8").splitlines():
        requirement, _, of = line.partition("#")
        if file in of.replace(",", " ").split():
            versions.append(requirement.strip().replace("==", " "))
    return f"Tested with {', '.join(versions)}." if versions else "It comes with Python."


if __name__ == "__main__":
    PAGE.write_text(page(), encoding="utf-8")
    sys.stdout.write(f"{PAGE}\n")
