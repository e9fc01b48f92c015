"""Modules that are imported for a search, in a child process: those that may hold what loads."""

from __future__ import annotations

import importlib
import pkgutil
import sys
import time
import warnings
from typing import TYPE_CHECKING

from adapters._child import progress
from adapters._suggest.names import name_of, package_names
from adapters._suggest.words import words
from adapters.errors import suppress_failures

if TYPE_CHECKING:
    from collections.abc import Iterator

_TELLING = frozenset(
    [
        "serialization",
        "serialize",
        "serializer",
        "io",
        "json",
        "wkb",
        "wkt",
        "geojson",
        "load",
        "loads",
        "loader",
        "dump",
        "codec",
        "codecs",
        "format",
        "formats",
        "pickle",
        "parse",
        "parser",
        "reader",
        "writer",
        "binary",
        "marshal",
    ]
)
_NOT = frozenset(["test", "tests", "testing", "conftest", "benchmarks", "examples", "setup"])
_MOST = 400  # modules whose names are looked at
_SECONDS = 3.0  # for all imports


def import_around(cls: type) -> None:
    """Import the public modules around a type whose names say that they save and load."""
    end = time.perf_counter() + _SECONDS
    for name in list(_near(cls)):
        if name not in sys.modules and time.perf_counter() < end:
            progress(f"to import {name}")
            with suppress_failures(), warnings.catch_warnings():
                warnings.simplefilter("ignore")
                importlib.import_module(name)


def _near(cls: type) -> Iterator[str]:
    named = name_of(cls)
    tops = package_names(cls, named.module if named else "")
    seen = 0
    for top in tops:
        if top in sys.stdlib_module_names:
            continue
        todo = [top]
        while todo:
            package = todo.pop(0)
            path = getattr(sys.modules.get(package), "__path__", None) or _path_of(package)
            for found in pkgutil.iter_modules(path, f"{package}."):
                last = found.name.rpartition(".")[2]
                seen += 1
                if seen > _MOST:
                    return
                if last.startswith("_") or last in _NOT:
                    continue
                if not _TELLING.isdisjoint(words(last)):
                    yield found.name
                if found.ispkg:
                    todo.append(found.name)


def _path_of(package: str) -> list[str]:
    """The folders of a package that is not imported, if its parent is."""
    parent, _, last = package.rpartition(".")
    folders = getattr(sys.modules.get(parent), "__path__", None) or (
        [] if not parent else _path_of(parent)
    )
    return [f"{folder}/{last}" for folder in folders]
