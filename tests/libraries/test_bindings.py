"""Suggested adapters for a class of each binding tool: they work as pasted into a module.

Nothing of `adapters` names these classes, other than that of jiter. `bindings/` holds their sources
and what a new Python runs; they are built once, into a temporary folder.
"""

from __future__ import annotations

import importlib
import json
import os
import pickle
import shutil
import subprocess
import sys
from collections.abc import Iterator
from importlib.util import find_spec
from pathlib import Path
from typing import Any

import pytest

import adapters

MODULES = "Cython", "jiter", "pybind11", "setuptools", "swig"
MISSING = [
    *(name for name in MODULES if not find_spec(name)),
    *(name for name in ("cc", "c++") if not shutil.which(name)),
]
pytestmark = pytest.mark.skipif(bool(MISSING), reason=f"not installed: {', '.join(MISSING)}")
suggests = pytest.mark.skipif(not hasattr(adapters, "suggest"), reason="there is no suggest")

SOURCES = Path(__file__).parent / "bindings"
SUGGESTED = "Camera", "Table", "Motor", "LosslessFloat"
LIMIT = 60  # seconds for one suggestion


def run(script: Path, *arguments: str, roots: tuple[Path, ...] = ()) -> str:
    """What a new Python prints, in the folder of the script."""
    done = subprocess.run(
        [sys.executable, "-W", "ignore", str(script), *arguments],
        cwd=script.parent,
        env={**os.environ, "PYTHONPATH": os.pathsep.join(map(str, roots))},
        capture_output=True,
        text=True,
        timeout=140,
    )
    assert done.returncode == 0, done.stdout[-2000:] + done.stderr[-2000:]
    return done.stdout


@pytest.fixture(scope="session")
def built(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A folder with the extension modules."""
    folder = tmp_path_factory.mktemp("bindings") / "built"
    shutil.copytree(SOURCES, folder, ignore=shutil.ignore_patterns("__pycache__"))
    run(folder / "build.py")
    return folder


@pytest.fixture(scope="session")
def examples(built: Path) -> Iterator[Any]:
    """The module of examples, with the extension modules on the path of this process."""
    with pytest.MonkeyPatch.context() as patch:
        patch.syspath_prepend(str(built))
        yield importlib.import_module("examples")


def suggestions_for(examples: Any, name: str) -> Any:
    objects = [make() for make in examples.EXAMPLES[name]]
    return adapters.suggest(*objects, timeout=LIMIT, batteries=False)


def travelled(code: str, folder: Path, built: Path, name: str) -> list[list[str]]:
    """What can be read of the examples, where they arrive and after they came back."""
    (folder / "pasted_adapter.py").write_text(code, encoding="utf-8")
    roots = Path(adapters.__file__).parents[1], built, folder
    printed = run(built / "journey.py", "pasted_adapter", name, roots=roots)
    found: list[list[str]] = json.loads(printed.splitlines()[-1])
    return found


def expected(examples: Any, name: str) -> list[list[str]]:
    return [[examples.read(name, make())] * 2 for make in examples.EXAMPLES[name]]


@pytest.fixture(scope="module", params=SUGGESTED)
def best(request: Any, examples: Any) -> tuple[str, Any]:
    """(name of a class, the best candidate)."""
    name = request.param
    suggestions = suggestions_for(examples, name)
    assert suggestions.type == f"{type(examples.EXAMPLES[name][0]()).__module__}.{name}"
    assert len(suggestions) > 0, str(suggestions)
    return name, suggestions[0]


def assert_does_not_pickle(examples: Any, name: str) -> None:
    for make in examples.EXAMPLES[name]:
        with pytest.raises(TypeError):
            pickle.dumps(make())


@pytest.mark.parametrize("name", [*SUGGESTED, "Ruler", "Meter"])
def test_does_not_pickle(examples: Any, name: str) -> None:
    assert_does_not_pickle(examples, name)


@suggests
def test_kit(best: tuple[str, Any]) -> None:
    """What is proven has passed the kit."""
    assert (best[1].proven, best[1].broken) == (True, ())


@suggests
def test_works_as_pasted(best: tuple[str, Any], tmp_path: Path, built: Path, examples: Any) -> None:
    name, candidate = best
    assert travelled(candidate.code, tmp_path, built, name) == expected(examples, name)


@suggests
def test_registers_nothing_here(best: tuple[str, Any], examples: Any) -> None:
    assert_does_not_pickle(examples, best[0])


@suggests
def test_errors_tell_the_parameters(tmp_path: Path, built: Path, examples: Any) -> None:
    first = suggestions_for(examples, "Ruler")[0]
    assert travelled(first.code, tmp_path, built, "Ruler") == expected(examples, "Ruler")


@suggests
def test_what_cannot_be_read_is_named(examples: Any) -> None:
    suggestions = suggestions_for(examples, "Meter")
    assert [each.code for each in suggestions if each.proven] == []
    for each in suggestions:
        for hidden in ("offset", "trim"):
            assert any(hidden in text for text in (*each.doubts, *each.unread))
