"""Modules that are imported for a search: those whose names say that they save and load."""

from __future__ import annotations

import email.message
import importlib
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from adapters._suggest.modules import import_around

FILES = {
    "__init__.py": "class Ring: pass",
    "io.py": "",
    "geo_json.py": "",
    "drawing.py": "",
    "_codecs.py": "",
    "tests.py": "",
    "reader.py": "raise SystemExit(3)",
    "parse.py": "raise ImportError('no')",
    "deep/__init__.py": "",
    "deep/serialization.py": "",
    "deep/plots.py": "",
}


@pytest.fixture
def wild(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Any]:
    """A package of this test."""
    for name, text in FILES.items():
        path = tmp_path / "wild_package" / name
        path.parent.mkdir(exist_ok=True)
        path.write_text(text, encoding="utf-8")
    monkeypatch.syspath_prepend(str(tmp_path))
    yield importlib.import_module("wild_package")
    for name in [name for name in sys.modules if name.startswith("wild_package")]:
        del sys.modules[name]


def test_what_is_imported(wild: Any) -> None:
    import_around(wild.Ring)
    found = {name.removeprefix("wild_package.") for name in sys.modules if "wild_package." in name}
    assert found == {"io", "geo_json", "deep", "deep.serialization"}


def test_nothing_for_the_standard_library(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delitem(sys.modules, "email.parser", raising=False)
    before = set(sys.modules)
    import_around(dict)
    import_around(email.message.Message)
    assert set(sys.modules) == before
