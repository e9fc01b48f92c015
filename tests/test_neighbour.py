"""Another project, whose own packages are called as those of this one: its tests run beside it.

`.ci/run` runs them without this distribution, too, and with its wheel.
"""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
from importlib.metadata import PackageNotFoundError, distribution
from pathlib import Path

import pytest

PROJECT = Path(__file__).parent / "neighbour"


def test_its_tests_run(tmp_path: Path) -> None:
    folder = shutil.copytree(PROJECT, tmp_path / "neighbour")
    done = subprocess.run(
        [sys.executable, "-m", "pytest", "-q", "-p", "no:cacheprovider"],
        cwd=folder,
        env={name: value for name, value in os.environ.items() if name != "PYTHONPATH"},
        capture_output=True,
        text=True,
        timeout=60,
    )
    assert "3 passed" in done.stdout, done.stdout + done.stderr


def test_what_is_installed_is_the_package_and_its_command() -> None:
    try:
        installed = distribution("pickling-adapters")
    except PackageNotFoundError:
        pytest.skip("it is not installed")
    files = installed.files or []
    is_whole = any(str(file) == "adapters/__init__.py" for file in files)
    if not is_whole or installed.read_text("RECORD") is None:  # as that of an egg-info is
        pytest.skip("it is installed to be edited")
    assert {point.group for point in installed.entry_points} == {"console_scripts"}
    tops = {file.parts[0] for file in files if file.parts[0] != ".."}
    assert {top for top in tops if not top.endswith(".dist-info")} == {"adapters"}
