"""What holds for the adapters of each package: it is described, has examples, and travels."""

from __future__ import annotations

import importlib
import json
import os
import subprocess
import sys
from importlib.util import find_spec
from pathlib import Path
from typing import Any

import pytest
from travel import made_by

import adapters
from adapters._batteries.described import describe, files
from adapters._batteries.finder import modules_for, package_of
from adapters._batteries.packages import FILES, PREFIX
from adapters._wire.rebuild import registry

HERE = Path(__file__).parent
FOUND = files()


@pytest.mark.parametrize("file", FOUND)
def test_knows_the_file(file: str) -> None:
    assert file in FILES.values()


def module_of(file: str) -> Any:
    """The test module of a file; the test is skipped where its package is not installed."""
    packages = [package for package, name in FILES.items() if name == file]
    if not any(find_spec(package.partition(".")[0]) for package in packages):
        pytest.skip(f"{file} is not installed")
    return importlib.import_module(f"test_{file}")


@pytest.mark.parametrize("file", FOUND)
def test_has_examples(file: str) -> None:
    assert set(module_of(file).TYPES) == set(describe(file).types)


@pytest.mark.filterwarnings("ignore", "ignore::pytest.PytestUnraisableExceptionWarning")  # of files
@pytest.mark.parametrize("file", FOUND)
def test_finds_each_type(file: str) -> None:
    module = module_of(file)
    importlib.import_module(PREFIX + file)
    lost = {
        adapter.name: package_of(adapter.target)
        for adapter in registry.libraries.by_place.values()
        if adapter.module == PREFIX + file
        and PREFIX + file not in modules_for(package_of(adapter.target))
    }
    assert lost == {}
    made = made_by(module).items()
    assert [name for name, obj in made if registry.serving(type(obj)) is None] == []


@pytest.mark.parametrize("file", FOUND)
def test_travels(file: str) -> None:
    module_of(file)
    roots = [str(Path(adapters.__file__).parents[1]), str(HERE.parent), str(HERE)]
    done = subprocess.run(
        [sys.executable, "-W", "ignore", str(HERE / "travel.py"), f"test_{file}"],
        capture_output=True,
        text=True,
        timeout=140,
        env={**os.environ, "PYTHONPATH": os.pathsep.join(roots)},
    )
    assert done.returncode == 0, done.stderr[-2000:]
    assert json.loads(done.stdout.splitlines()[-1]) == []
