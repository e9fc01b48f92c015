"""The stub and the headers agree with the library, and includes go one way."""

from __future__ import annotations

import ast
import re
from pathlib import Path

from native import _build
from native._native import lib

CSRC = Path(_build.__file__).parent / "csrc"


def test_the_stub_declares_what_the_library_has() -> None:
    stub = ast.parse((Path(_build.__file__).parent / "_native.pyi").read_text(encoding="utf-8"))
    (library,) = (n for n in stub.body if isinstance(n, ast.ClassDef) and n.name == "Library")
    names = {n.name for n in library.body if isinstance(n, ast.FunctionDef)}
    names |= {n.target.id for n in library.body if isinstance(n, ast.AnnAssign)}  # type: ignore[union-attr]
    assert names == {name for name in dir(lib) if not name.startswith("_")}


def test_every_function_of_the_headers_is_declared_to_cffi() -> None:
    headers = [CSRC / name for name in _build._HEADERS]
    function = re.compile(r"\b((?:context|primes|sieve|words)_[a-z_]+)\(")
    declared = set(function.findall(_build.declarations()))
    everywhere = set()
    for header in headers:
        text = re.sub(r"/\*.*?\*/", "", header.read_text(encoding="utf-8"), flags=re.DOTALL)
        everywhere |= set(function.findall(text))
    assert len(headers) == 6
    assert everywhere <= declared


def test_includes_go_one_way() -> None:
    """The README of the C lists its files from the lowest: none includes one that comes later.

    A header and its source are one step, so that this also finds a cycle through a source.
    """
    readme = (CSRC / "README.md").read_text(encoding="utf-8")
    heads = re.findall(r"^\*\*(.+?)\*\*", readme, re.MULTILINE)
    steps = [name.split(".")[0] for head in heads for name in head.split(", ")]
    sources = {path for path in CSRC.iterdir() if path.suffix in (".c", ".h")}
    assert sorted(steps) == sorted({source.stem for source in sources})
    for source in sources:
        text = source.read_text(encoding="utf-8")
        for included in re.findall(r'^#include "(\w+)\.h"', text, re.MULTILINE):
            assert steps.index(included) <= steps.index(source.stem), (source.name, included)
