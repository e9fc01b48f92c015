"""What people read where another distribution has overwritten or removed files of this package."""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

import adapters

REMEDY = "run pip uninstall adapters pickling-adapters, then install one of the two"


@pytest.fixture
def package(tmp_path: Path) -> Path:
    """A copy of the package, in a folder of its own."""
    ignored = shutil.ignore_patterns("__pycache__")
    return shutil.copytree(Path(adapters.__file__).parent, tmp_path / "adapters", ignore=ignored)


def last_line(package: Path, *arguments: str) -> str:
    """The last line that a Python says which has this package alone, and fails."""
    done = subprocess.run(
        [sys.executable, "-S", *arguments],
        cwd=package.parent,
        env={**os.environ, "PYTHONPATH": str(package.parent)},
        capture_output=True,
        text=True,
        timeout=60,
    )
    assert done.returncode == 1, done.stdout + done.stderr
    return done.stderr.splitlines()[-1]


@pytest.mark.parametrize("root", ["__version__ = '1.3.0'\n", None], ids=["overwritten", "removed"])
def test_without_its_root_the_public_modules_and_the_command_say_so(
    package: Path, root: str | None
) -> None:
    (package / "__init__.py").unlink()
    if root:
        (package / "__init__.py").write_text(root)
    for name in ("testing", "stores", "libraries"):
        said = last_line(package, "-c", f"import adapters.{name}")
        assert said.startswith(f"ImportError: {package} is damaged: its __init__.py"), name
        assert said.endswith(REMEDY)
    said = last_line(package, "-m", "adapters")
    assert said.startswith(f"adapters: {package} is damaged: its __init__.py")
    assert said.endswith(REMEDY)


def test_the_root_says_what_is_missing(package: Path) -> None:
    shutil.rmtree(package / "_wire")
    said = last_line(package, "-c", "import adapters")
    missing = "No module named 'adapters._wire'"
    assert said.startswith(f"ImportError: {package} is damaged, {missing}: ")
    assert said.endswith(REMEDY)


def test_the_root_says_what_is_overwritten(package: Path) -> None:
    (package / "errors.py").write_text("class TheirError(Exception): ...\n")
    said = last_line(package, "-c", "import adapters")
    assert said.startswith(f"ImportError: {package} is damaged, cannot import name ")
    assert said.endswith(REMEDY)


def test_other_modules_that_are_missing_are_no_damage(package: Path) -> None:
    (package / "errors.py").write_text("import no_such_module\n")
    said = last_line(package, "-c", "import adapters")
    assert said == "ModuleNotFoundError: No module named 'no_such_module'"
